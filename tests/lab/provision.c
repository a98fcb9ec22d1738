/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The persistent memory of a host: lend pmem provision, run in a guest that
 * plays one, with a real kernel and ndctl.  The guest's own words say what it
 * came to.
 */

#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "case.h"
#include "played.h"

/* What stays of a guest's initramfs is a matter of its memory: journals are on a disk. */
#define STATE     " --state-dir /srv/state"
#define PROVISION "lend pmem provision region0 --yes --size 128M" STATE
#define FSDAX     PROVISION " --mode fsdax --mount /mnt/pmem0"
#define DEVDAX    PROVISION " --mode devdax"
#define NONE      "test -z \"$(ndctl list -N 2>/dev/null | tr -d '[]\\n ')\""
#define MOUNTED   "grep -q ' /mnt/pmem0 .* - ext4 .*dax=always' /proc/self/mountinfo"

/* Ends lend with SIGKILL as soon as that program runs; ndctl and mkfs end with it. */
#define CUT_AT(program)                                                                        \
	FSDAX " >/dev/null 2>&1 & lend=$!; n=0; "                                              \
	      "until pidof " program " >/dev/null || [ $n -gt 2000 ]; do n=$((n+1)); done; "   \
	      "kill -9 $lend; wait $lend; [ $n -le 2000 ]"

static const struct {
	const char *about;
	const char *script;
} steps[] = {
	{ "there is a place for journals",
	  "mkfs.ext4 -q /dev/nvme0n1 && mkdir -p /srv && mount -t ext4 /dev/nvme0n1 /srv" },

	{ "a region of this host becomes a device", DEVDAX " && [ -c /dev/dax* ]" },
	{ "lend show has it", "lend show --table dax | grep -q 'dax0[.]'" },
	{ "undo waits while somebody has it open",
	  "sleep 60 <$(echo /dev/dax*) & p=$!; sleep 1; lend undo --yes 1" STATE
	  "; r=$?; kill $p; [ $r = 3 ] && [ -c /dev/dax* ]" },
	{ "undo takes it back", "lend undo --yes 1" STATE " && " NONE },

	{ "a plan changes nothing", FSDAX " --plan && " NONE },
	{ "it becomes a file system", FSDAX },
	{ "it is mounted with DAX", MOUNTED },
	{ "lend status finds it as it was made", "lend status" STATE },
	{ "lend show has the namespace",
	  "lend show --table nd-namespace | grep -q 'fsdax.*lend-'" },
	{ "a size that is none of the region is refused",
	  "lend pmem provision --yes --size 1000M" STATE "; [ $? = 1 ]" },
	{ "undo waits while somebody is in it",
	  "( cd /mnt/pmem0 && exec sleep 60 ) & p=$!; sleep 1; lend undo --yes 2" STATE
	  "; r=$?; kill $p; [ $r = 3 ] && " MOUNTED },
	{ "undo takes it back, folder and all",
	  "lend undo --yes 2" STATE " && " NONE " && [ ! -e /mnt/pmem0 ]" },

	{ "it can be had again", FSDAX },
	{ "a backing lies on it",
	  "lend pmem create --size 16M /mnt/pmem0/a.img" STATE " && [ -s /mnt/pmem0/a.img ]" },
	{ "what holds a file is kept, and named",
	  "lend undo --yes 3" STATE " 2>&1 | grep 'kept: file-system.*file'" },
	{ "the file is still there",
	  "mount -t ext4 -o dax /dev/pmem* /mnt && [ -s /mnt/a.img ]" },
	{ "without it the rest goes",
	  "rm /mnt/a.img && umount /mnt && lend undo --yes 3" STATE " && " NONE },

	{ "a device over used memory cannot be told from one that holds data",
	  DEVDAX " && lend undo --yes 5" STATE " 2>&1 | grep 'kept: nd-namespace.*--discard'" },
	{ "it goes when it is given up by name",
	  "lend undo --yes 5 --discard region0:$(ndctl list -N | grep -o 'lend-[0-9a-f]*')" STATE
	  " && " NONE },

	{ "lend is killed while ndctl works", CUT_AT("ndctl") },
	{ "undo takes back what is there", "lend undo --yes 6" STATE " && " NONE },
	{ "lend is killed again", CUT_AT("ndctl") },
	{ "it goes on to the end", "lend apply --continue 7" STATE " && " MOUNTED },
	{ "and back", "lend undo --yes 7" STATE " && " NONE },
	{ "lend is killed while the file system is made", CUT_AT("mkfs.ext4") },
	{ "it goes on from there", "lend apply --continue 8" STATE " && " MOUNTED },
	{ "and back again", "lend undo --yes 8" STATE " && " NONE },
};

static int prove(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	for (size_t i = 0; i < LEND_COUNT(steps); i++) {
		const char *const argv[] = { "/bin/sh", "-c", steps[i].script, NULL };
		lend_auto_buf out = { 0 };
		lend_auto_buf errors = { 0 };
		int status = 0;

		if (lab_vm_run(lab, vm, argv, lab_in(3 * LAB_STEP_MS), &out, &errors, &status,
			       err) != 0)
			return lend_where(err, "%s", steps[i].about);
		if (!lab_ok(tap, status == 0, "%s", steps[i].about))
			lab_note("%s\nended with %d: %s%s", steps[i].script, status,
				 lend_buf_text(&out), lend_buf_text(&errors));
	}
	return 0;
}

static int make_disk(struct lab *lab, struct lab_vm *vm, struct lend_err *err)
{
	const char **more = lend_arena_array(&vm->arena, 5, sizeof(*more));
	char path[LAB_PATH_MAX];
	lend_auto_fd int fd = -1;

	if (lab_path(lab, path, sizeof(path), "disk", err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)(64 * LAB_MIB)) < 0)
		return lend_fail_errno(err, "make '%s'", path);
	more[0] = "-drive";
	more[1] = lend_arena_printf(&vm->arena, "if=none,id=disk,format=raw,file=%s", path);
	more[2] = "-device";
	more[3] = "nvme,serial=lab-disk,drive=disk";
	more[4] = NULL;
	vm->more = more;
	return 0;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimm = { .id = "pmem",
				 .pmem_bytes = 2 * LAB_UNIT,
				 .label_bytes = 2 * LAB_MIB,
				 .label_minor = 2 };
	struct lab_vm vm = {
		.name = "provision", .ram_bytes = 512 * LAB_MIB, .dimms = &dimm, .n_dimms = 1
	};

	return played_host(lab, tap, &vm, make_disk, prove, err);
}

const struct lab_shape lab_shape_provision = {
	.name = "provision",
	.about = "persistent memory of a host: namespace, file system, DAX mount, and back",
	.run = run,
};
