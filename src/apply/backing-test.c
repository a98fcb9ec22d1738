/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backing files and disks: made, kept when they hold something, removed when not. */

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/err.h"
#include "format/nd-label.h"
#include "tests/must.h"
#include "tests/step-rig.h"

enum { KIB = 1024, SIZE = 1024 * KIB, LABEL = 128 * KIB };

static void start(struct rig *rig, const struct lend_write_hooks *hooks, const char *folder)
{
	rig_start(rig, "backing", hooks);
	rig_name(rig, lend_arena_printf(&rig->arena, "%s/log.img", folder));
	rig_arg(rig, "label-size", "131072");
	rig_arg(rig, "label-version", "1.2");
	rig_states(rig, "absent", "size=1048576 label-size=131072");
}

static void check_file(const struct rig *rig, unsigned int minor)
{
	static uint8_t label[LABEL];
	struct lend_err err = { 0 };
	struct lend_nd_index index;
	struct stat st;

	must(lstat(rig->step.name, &st) == 0);
	must_u64(st.st_size, SIZE);
	must_u64(st.st_mode, S_IFREG | 0600);
	must(st.st_blocks * 512 >= SIZE);
	rig_read(rig->step.name, label, LABEL, SIZE - LABEL);
	must(lend_nd_index_read(label, LABEL, LABEL, &index, &err) == 0);
	must_u64(index.state, LEND_LABEL_VALID);
	must_u64(index.minor, minor);
	must_u64(lend_nd_index_used_count(&index), 0);
}

static void there_and_back(void)
{
	struct rig rig;

	for (unsigned int minor = 1; minor <= 2; minor++) {
		rig_start(&rig, "backing", NULL);
		rig_name(&rig, rig_path(&rig, "log.img"));
		rig_arg(&rig, "label-size", "131072");
		rig_arg(&rig, "label-version", minor == 1 ? "1.1" : "1.2");
		rig_states(&rig, "absent", "size=1048576 label-size=131072");
		must(rig_do(&rig) == 0);
		check_file(&rig, minor);
		must_u64(rig_names(rig_folder()), 1);
		must(rig_back(&rig) == 0);
		must_u64(rig_names(rig_folder()), 0);
		rig_done(&rig);
	}
}

static void without_labels(void)
{
	struct rig rig;
	struct stat st;

	rig_start(&rig, "backing", NULL);
	rig_name(&rig, rig_path(&rig, "raw.img"));
	rig_arg(&rig, "label-size", "0");
	rig_arg(&rig, "blocks", "sparse");
	rig_states(&rig, "absent", "size=1048576");
	must(rig_do(&rig) == 0);
	must(lstat(rig.step.name, &st) == 0);
	must_u64(st.st_blocks, 0);
	rig_write(rig.step.name, "x", 1, SIZE - 1);
	must(rig_back(&rig) == LEND_KEEP);
	must_str(rig.why, "holds data at offset 1048575");
	rig_write(rig.step.name, "", 1, SIZE - 1);
	must(rig_back(&rig) == 0);
	rig_done(&rig);
}

/* What guest and others may do to it, and whether it is blank then. */
static void blank_or_not(void)
{
	static uint8_t label[LABEL];
	struct lend_nd_label namespace = {
		.name = "log", .nlabel = 1, .has_v12 = true, .rawsize = 64 * KIB
	};
	struct lend_err err = { 0 };
	uint32_t slot;
	struct rig rig;

	start(&rig, NULL, rig_folder());
	must(rig_do(&rig) == 0);

	must_in("ndctl init-labels in the guest");
	must(lend_nd_area_init(label, LABEL, 1, &err) == 0);
	rig_write(rig.step.name, label, LABEL, SIZE - LABEL);
	must(rig_back(&rig) == 0);
	must(rig_do(&rig) == 0);

	must_in("ndctl zero-labels");
	memset(label, 0, LABEL);
	rig_write(rig.step.name, label, LABEL, SIZE - LABEL);
	must(rig_back(&rig) == 0);
	must(rig_do(&rig) == 0);

	must_in("a namespace");
	memcpy(namespace.type_guid, lend_nd_type_pmem, 16);
	memcpy(namespace.abstraction_guid, lend_nd_mode_guid(LEND_ND_MODE_PFN), 16);
	must(lend_nd_area_init(label, LABEL, 2, &err) == 0);
	must(lend_nd_area_add(label, LABEL, &namespace, &slot, &err) == 0);
	rig_write(rig.step.name, label, LABEL, SIZE - LABEL);
	must(rig_back(&rig) == LEND_KEEP);
	must_str(rig.why, "holds 1 namespace: fsdax, 64 KiB, log");
	must(lend_nd_area_add(label, LABEL, &namespace, &slot, &err) == 0);
	rig_write(rig.step.name, label, LABEL, SIZE - LABEL);
	must(rig_back(&rig) == LEND_KEEP);
	must_str(rig.why, "holds 2 namespaces: fsdax, 64 KiB, log, ...");

	must_in("damaged labels");
	label[70] ^= 1;
	label[256 + 70] ^= 1;
	rig_write(rig.step.name, label, LABEL, SIZE - LABEL);
	must(rig_back(&rig) == LEND_KEEP);
	must_str(rig.why, "holds damaged labels");

	must_in("data");
	must(lend_nd_area_init(label, LABEL, 2, &err) == 0);
	rig_write(rig.step.name, label, LABEL, SIZE - LABEL);
	rig_write(rig.step.name, "x", 1, 77777);
	must(rig_back(&rig) == LEND_KEEP);
	must_str(rig.why, "holds data at offset 77777");
	must(rig_is_there(rig.step.name));

	must_in("--discard");
	rig_arg(&rig, "vm", "db1");
	rig_arg(&rig, "pmem", "log");
	rig.consent.discard = (const char *const[]){ "db1:other" };
	rig.consent.n_discard = 1;
	must(rig_back(&rig) == LEND_KEEP);
	rig.consent.discard = (const char *const[]){ "db1:log" };
	must(rig_back(&rig) == 0);
	must(!rig_is_there(rig.step.name));
	rig_done(&rig);
}

static void is_in_use(void)
{
	struct rig rig;
	char who[64];
	pid_t pid;

	start(&rig, NULL, rig_folder());
	must(rig_do(&rig) == 0);
	pid = rig_use(rig.step.name);
	must(rig_back(&rig) == LEND_WAIT);
	(void)snprintf(who, sizeof(who), "is in use by process %d (", (int)pid);
	must(strncmp(rig.why, who, strlen(who)) == 0);
	/* Also for set alone, and for what was given up. */
	rig.consent.discard = &rig.step.name;
	rig.consent.n_discard = 1;
	must(rig_back(&rig) == LEND_WAIT);
	must(rig.kind->set(&rig.doing, &rig.step, &rig.step.after, &rig.step.before,
			   &rig.err) == -1);
	must_u64(rig.err.code, LEND_E_REFUSED);
	must(rig_is_there(rig.step.name));
	rig_release(pid);
	must(rig_back(&rig) == 0);
	rig_done(&rig);
}

/* Same name, same size, same labels, and not ours. */
static void is_another_file(void)
{
	static char bytes[SIZE];
	const char *aside;
	struct rig rig;

	start(&rig, NULL, rig_folder());
	aside = rig_path(&rig, "aside");
	must(rig_do(&rig) == 0);
	rig_read(rig.step.name, bytes, SIZE, 0);
	must(rename(rig.step.name, aside) == 0);
	rig_write(rig.step.name, bytes, SIZE, 0);
	must(!rig_is_after(&rig));
	must(rig_back(&rig) == LEND_KEEP);
	must_str(rig.why, "is another file than the one that was made");
	must(rig.kind->set(&rig.doing, &rig.step, &rig.step.after, &rig.step.before,
			   &rig.err) == -1);
	must(rename(aside, rig.step.name) == 0);
	must(rig_is_after(&rig));
	must(rig_back(&rig) == 0);
	must_u64(rig_names(rig_folder()), 0);
	rig_done(&rig);
}

static void never_over_another(void)
{
	struct rig rig;
	struct lend_step *step = &rig.step;
	char byte;

	start(&rig, NULL, rig_folder());
	must(rig.kind->prepare(&rig.doing, step, &rig.err) == 0);
	must_u64(rig_names(rig_folder()), 0);
	rig_write(step->name, "x", 1, 0);
	must(rig.kind->set(&rig.doing, step, &step->before, &step->after, &rig.err) == -1);
	must_u64(rig.err.os_errno, EEXIST);
	must(rig.doing.refused); /* it is not of this step */
	rig_read(step->name, &byte, 1, 0);
	must(byte == 'x');
	must(!rig_is_before(&rig) && !rig_is_after(&rig));
	must(unlink(step->name) == 0);
	/* A link to nowhere is something, too. */
	must(symlink("nowhere", step->name) == 0);
	must(rig.kind->look(&rig.doing, step, &step->before, &rig.err) == -1);
	must(unlink(step->name) == 0);
	must_u64(rig_names(rig_folder()), 0);
	rig_done(&rig);
}

/* ---- file systems that lack something ---- */

static int lacks(void *context, const char *call, const char *what, struct lend_err *err)
{
	(void)what;
	if (strcmp(call, context) != 0)
		return 0;
	errno = EOPNOTSUPP;
	return lend_fail_errno(err, "no %s here", call);
}

static void simple_file_systems(void)
{
	static char calls[][16] = { "create", "allocate" };

	for (size_t i = 0; i < LEND_COUNT(calls); i++) {
		struct lend_write_hooks hooks = { .context = calls[i], .before = lacks };
		struct rig rig;

		must_in(calls[i]);
		start(&rig, &hooks, rig_folder());
		must(rig_do(&rig) == 0);
		check_file(&rig, 2);
		must_u64(rig_names(rig_folder()), 1);
		must(rig_back(&rig) == 0);
		must_u64(rig_names(rig_folder()), 0);
		rig_done(&rig);
	}
}

/* With a temporary name: seen by that, and removed. */
static void is_cut_with_a_name(void)
{
	struct lend_write_hooks hooks = { .context = (char[]){ "create" }, .before = lacks };
	struct rig rig;

	start(&rig, &hooks, rig_folder());
	must(rig.kind->prepare(&rig.doing, &rig.step, &rig.err) == 0);
	must(rig_is_there(rig_path(&rig, ".log.img.lend-7-0")));
	must(rig_is_before(&rig));
	lend_made_close(&rig.doing.made);
	must(rig.kind->forget(&rig.doing, &rig.step, &rig.err) == 0);
	must_u64(rig_names(rig_folder()), 0);
	rig_done(&rig);
}

static void mounts(void)
{
	char at[300];
	struct rig rig;

	(void)snprintf(at, sizeof(at), "%s/mnt", rig_folder());
	must(mkdir(at, 0700) == 0);
	if (mount("lend-test", at, "tmpfs", 0, "size=768k") < 0) {
		must(rmdir(at) == 0);
		return; /* not root */
	}
	must_in("full");
	start(&rig, NULL, at);
	must(rig_do(&rig) == -1);
	must_u64(rig.err.code, LEND_E_SYSTEM);
	must(strncmp(rig.err.what, "no room for 1 MiB at '", 22) == 0);
	must_str(strchr(rig.err.what + 22, ':'), ": 256 KiB are missing");
	must_u64(rig_names(at), 0);
	rig_done(&rig);

	must_in("tmpfs");
	must(mount("lend-test", at, "tmpfs", MS_REMOUNT, "size=2m") == 0);
	start(&rig, NULL, at);
	must(rig_do(&rig) == 0);
	check_file(&rig, 2);
	must(rig_back(&rig) == 0);
	rig_done(&rig);

	must_in("read-only");
	must(mount("lend-test", at, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=2m") == 0);
	start(&rig, NULL, at);
	must(rig_do(&rig) == -1);
	must_u64(rig.err.os_errno, EROFS);
	rig_done(&rig);
	must(umount(at) == 0 && rmdir(at) == 0);
}

/* Where this runs there is no DAX: then there is no file either. */
static void must_map_sync(void)
{
	struct rig rig;

	rig_start(&rig, "backing", NULL);
	rig_name(&rig, rig_path(&rig, "log.img"));
	rig_arg(&rig, "map-sync", "required");
	rig_states(&rig, "absent", "size=1048576");
	must(rig.kind->prepare(&rig.doing, &rig.step, &rig.err) == -1);
	must(rig.err.code == LEND_E_REFUSED);
	must(strstr(rig.err.what, "would not be on DAX: the kernel grants no MAP_SYNC") !=
	     NULL);
	rig_done(&rig);
	must_u64(rig_names(rig_folder()), 0);
}

static void bad_steps(void)
{
	static const char *const bad[][3] = {
		{ "label-size", "2097152",
		  "a label area of 2097152 bytes does not fit into "
		  "1048576" },
		{ "label-size", "many", "'label-size' of the step is no number" },
		{ "label-version", "2.0", "labels of version '2.0' are not known" },
		{ "blocks", "some", "blocks are real or sparse, not 'some'" },
		{ "map-sync", "yes", "map-sync is required or left out, not 'yes'" },
	};

	for (size_t i = 0; i < LEND_COUNT(bad); i++) {
		struct rig rig;

		rig_start(&rig, "backing", NULL);
		rig_name(&rig, rig_path(&rig, "log.img"));
		rig_arg(&rig, bad[i][0], bad[i][1]);
		rig_states(&rig, "absent", "size=1048576");
		must(rig.kind->prepare(&rig.doing, &rig.step, &rig.err) == -1);
		must_str(rig.err.what, bad[i][2]);
		rig_done(&rig);
	}
	must_u64(rig_names(rig_folder()), 0);
}

static void disks(void)
{
	struct rig rig;
	struct stat st;

	rig_start(&rig, "disk", NULL);
	rig_name(&rig, rig_path(&rig, "disk.img"));
	rig_arg(&rig, "format", "raw");
	rig_states(&rig, "absent", "size=10737418240");
	must(rig_do(&rig) == 0);
	must(lstat(rig.step.name, &st) == 0);
	must_u64(st.st_size, 10737418240);
	must(st.st_blocks < 64);
	must(rig_back(&rig) == 0);
	must(rig_do(&rig) == 0);
	rig_write(rig.step.name, "x", 1, 5000000000);
	must(rig_back(&rig) == LEND_KEEP);
	must_str(rig.why, "holds data at offset 5000000000");
	rig.consent.discard = &rig.step.name;
	rig.consent.n_discard = 1;
	must(rig_back(&rig) == 0);
	must_u64(rig_names(rig_folder()), 0);
	rig_done(&rig);
}

static void records(void)
{
	struct rig rig;
	struct stat st;

	rig_start(&rig, "record", NULL);
	rig_name(&rig, "db1");
	rig_arg(&rig, "path", rig_path(&rig, "vms/db1/wish.yaml"));
	rig_states(&rig, "absent", "text=vm:db1");
	must(rig_do(&rig) == 0);
	must(lstat(rig_path(&rig, "vms/db1/wish.yaml"), &st) == 0);
	must_u64(st.st_mode, S_IFREG | 0600);
	must_u64(rig_names(rig_path(&rig, "vms/db1")), 1);
	rig_states(&rig, "text=vm:db1", "text=vm:db2");
	must(rig_do(&rig) == 0);
	must_str(rig_look(&rig), "text=vm:db2");
	must(rig_back(&rig) == 0);
	must_str(rig_look(&rig), "text=vm:db1");
	rig_states(&rig, "text=vm:db1", "absent");
	must(rig_do(&rig) == 0);
	must(!rig_is_there(rig_path(&rig, "vms/db1")));
	must(rig_back(&rig) == 0);
	must_str(rig_look(&rig), "text=vm:db1");
	rig_done(&rig);
}

int main(void)
{
	there_and_back();
	without_labels();
	blank_or_not();
	is_in_use();
	is_another_file();
	never_over_another();
	simple_file_systems();
	is_cut_with_a_name();
	mounts();
	must_map_sync();
	bad_steps();
	disks();
	records();
	return 0;
}
