/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands on disks, and is really lost with them: a guest that plays a
 * host, whose controllers are taken away one after the other.
 *
 * Before each, what people look at says nothing of the things that stand on
 * it, and lend impact names them.  The kernel lets go and reports success.
 * Then everything is used again: what was said to be lost is lost, what was
 * said to be degraded works with less behind it, and all the rest is as it was.
 */

#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "case.h"
#include "machine.h"
#include "played.h"

static const char kernel_args[] = "intel_iommu=on iommu=pt lend.storage";

/* Each on a function of its own, straight on the root bus: a group each. */
static const struct {
	const char *name;
	unsigned int mib;
	unsigned int slot; /* 0: not by itself */
} disks[] = {
	{ "plain", 64, 3 },    { "swap", 64, 4 },    { "near", 64, 5 },    { "far", 64, 6 },
	{ "md1", 64, 7 },      { "md2", 64, 8 },     { "luks", 64, 9 },    { "pool1", 900, 10 },
	{ "pool2", 1100, 11 }, { "images", 64, 12 }, { "export", 64, 17 }, { "cache", 64, 18 },
	{ "cached", 64, 19 },  { "pages", 64, 20 },  { "head", 64, 0 },    { "paths", 64, 0 },
	{ "sata", 64, 0 },
};

static const char *const parts[] = {
	"-cpu",    "max,-la57", /* as in "machine" */
	"-device", "intel-iommu,intremap=on,caching-mode=on",
	"-device", "nvme-subsys,id=sub,nqn=head",
	"-device", "nvme,id=path1,serial=lab-head,subsys=sub,addr=0d",
	"-device", "nvme,id=path2,serial=lab-head,subsys=sub,addr=0e",
	"-device", "nvme-ns,drive=head,nsid=1,shared=on,bus=path1",
	"-device", "virtio-scsi-pci,id=scsi1,addr=0f",
	"-device", "virtio-scsi-pci,id=scsi2,addr=10",
	"-device", "scsi-hd,bus=scsi1.0,drive=paths,serial=lab-paths,share-rw=on",
	"-device", "scsi-hd,bus=scsi2.0,drive=again,serial=lab-paths,share-rw=on",
	"-device", "ide-hd,bus=ide.0,drive=sata,serial=lab-sata",
};

static int make_disk(struct lab *lab, struct lend_arena *arena, size_t i, const char **more,
		     size_t *n, struct lend_err *err)
{
	const char *name = disks[i].name;
	char path[LAB_PATH_MAX];
	lend_auto_fd int fd = -1;

	if (lab_path(lab, path, sizeof(path), name, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)(disks[i].mib * LAB_MIB)) < 0)
		return lend_fail_errno(err, "make '%s'", path);
	/* One disk, two controllers: QEMU is told that the same file is meant twice. */
	more[(*n)++] = "-drive";
	more[(*n)++] = lend_arena_printf(
		arena, "if=none,id=%s,format=raw,file.locking=off,file=%s", name, path);
	if (strcmp(name, "paths") == 0) {
		more[(*n)++] = "-drive";
		more[(*n)++] = lend_arena_printf(
			arena, "if=none,id=again,format=raw,file.locking=off,file=%s", path);
	}
	if (disks[i].slot != 0) {
		more[(*n)++] = "-device";
		more[(*n)++] = lend_arena_printf(arena, "nvme,serial=lab-%s,drive=%s,addr=%x",
						 name, name, disks[i].slot);
	}
	return 0;
}

static int compose(struct lab *lab, struct lab_vm *vm, struct lend_err *err)
{
	const char **more = lend_arena_array(
		&vm->arena, LEND_COUNT(parts) + 6 * LEND_COUNT(disks) + 1, sizeof(*more));
	size_t n = 0;

	for (size_t i = 0; i < LEND_COUNT(disks); i++)
		if (make_disk(lab, &vm->arena, i, more, &n, err) < 0)
			return -1;
	for (size_t i = 0; i < LEND_COUNT(parts); i++)
		more[n++] = parts[i];
	more[n] = NULL;
	vm->more = more;
	return 0;
}

/* ---- the order of loss ---- */

struct loss {
	const char *function;
	const char *about;
	const char *look;    /* what people look at; NULL: the way in which one starts */
	const char *lost[4]; /* keys of machine-storage-do */
	const char *hurt[3];
};

static const struct loss losses[] = {
	{ "0000:00:03.0", "a disk with a file system", "opened", { "plain" }, { NULL } },
	{ "0000:00:04.0", "a disk for swap", "opened", { "swap" }, { NULL } },
	{ "0000:00:06.0", "the second disk of a volume group", "tables", { "wide" }, { NULL } },
	{ "0000:00:08.0", "a disk of two arrays", "tables", { "stripe" }, { "mirror" } },
	{ "0000:00:07.0", "the other disk of the mirror", "tables", { "mirror" }, { NULL } },
	{ "0000:00:05.0",
	  "the first disk of the volume group",
	  "tables",
	  { "near" },
	  { NULL } },
	{ "0000:00:09.0", "a disk below LUKS", "tables", { "luks" }, { NULL } },
	{ "0000:00:0b.0",
	  "the second disk of three btrfs",
	  "tables",
	  { "pool", "trio" },
	  { "pair" } },
	{ "0000:00:0a.0", "the first disk of these", "opened", { "pair" }, { NULL } },
	{ "0000:00:0c.0",
	  "a disk with images and a swap file",
	  "opened",
	  { "images", "image", "swapfile" },
	  { NULL } },
	{ "0000:00:0e.0", "one of two controllers of a disk", "tables", { NULL }, { "head" } },
	{ "0000:00:0d.0", "the other one", "opened", { "head" }, { NULL } },
	{ "0000:00:10.0", "one of two paths", "tables", { NULL }, { "mpath" } },
	{ "0000:00:0f.0", "the other path", "tables", { "mpath" }, { NULL } },
	{ "0000:00:12.0",
	  "a cache that was not written back",
	  "tables",
	  { "bcache" },
	  { NULL } },
	{ "0000:00:14.0", "a disk behind zram", "tables", { "zram" }, { NULL } },
	{ "0000:00:11.0", "a disk for another machine", "opened", { "export" }, { NULL } },
	{ "0000:00:1f.2",
	  "an AHCI controller in the group of the LPC bridge",
	  "tables",
	  { "box", "reader" },
	  { NULL } },
};

static bool has(const char *const *keys, size_t n, const char *key)
{
	for (size_t i = 0; i < n && keys[i] != NULL; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* What becomes of a thing by that loss: "lost", "degraded", or "" when nothing does. */
static const char *fate(const struct loss *loss, const char *key)
{
	if (has(loss->lost, LEND_COUNT(loss->lost), key))
		return "lost";
	return has(loss->hurt, LEND_COUNT(loss->hurt), key) ? "degraded" : "";
}

/* A line "KEY STATE ID": the third is the rest of it. */
struct seen {
	char key[32], state[32], id[120];
};

static bool seen_of(const char *line, struct seen *ret)
{
	size_t n;

	if (!machine_word(line, 0, ret->key, sizeof(ret->key)) ||
	    !machine_word(line, 1, ret->state, sizeof(ret->state)))
		return false;
	line += strlen(ret->key) + 1 + strlen(ret->state);
	line += *line == ' ';
	n = strcspn(line, "\n");
	if (n == 0 || n >= sizeof(ret->id))
		return false;
	memcpy(ret->id, line, n);
	ret->id[n] = '\0';
	return true;
}

/* ---- one loss ---- */

struct bed {
	struct lab *lab;
	struct lab_tap *tap;
	struct lab_vm *vm;
	struct lend_buf said; /* what machine-storage-do look said last */
};

/* Longer than a step: what prepare does takes 20 seconds of an emulated CPU. */
static int ask(const struct bed *bed, const char *verb, const char *function,
	       struct lend_buf *out, struct lend_err *err)
{
	const char *const argv[] = { "/usr/bin/machine-storage-do", verb, function, NULL };
	lend_auto_buf errors = { 0 };
	int status = 0;
	int r;

	lend_buf_reset(out);
	r = lab_vm_run(bed->lab, bed->vm, argv, lab_in(6 * LAB_STEP_MS), out, &errors, &status,
		       err);
	if (r == 0 && status == 0)
		return 0;
	if (r == 0)
		return lend_fail(err, LEND_E_REMOTE, "status %d of %s: %.120s", status, verb,
				 lend_buf_text(&errors));
	return r < 0 ? -1 : lend_fail(err, LEND_E_REMOTE, "still running: %s", verb);
}

/* The place or device of a thing, as tables would name it: behind the kind. */
static bool names(const char *table, const char *id)
{
	const char *name = strchr(id, '/');

	return name != NULL && strstr(table, name + 1) != NULL;
}

static int check_naive(const struct bed *bed, const struct loss *loss, struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	struct seen seen;
	bool named = false;

	if (ask(bed, loss->look, loss->function, &out, err) < 0)
		return -1;
	for (const char *line = lend_buf_text(&bed->said); seen_of(line, &seen);
	     line = machine_next(line))
		named = named || (fate(loss, seen.key)[0] != '\0' &&
				  names(lend_buf_text(&out), seen.id));
	if (!lab_ok(bed->tap, !named, "%s: %s do not tell", loss->about,
		    strcmp(loss->look, "tables") == 0 ? "mounts and swap of its disks"
						      : "programs that have its disks open"))
		lab_note("%s", lend_buf_text(&out));
	return 0;
}

/* What is lost already may be lost again. */
static int check_impact(const struct bed *bed, const struct loss *loss, struct lend_err *err)
{
	/* 1 is "something stands on it". */
	const char *const argv[] = { "/bin/sh", "-c", "lend impact --json \"$0\" || [ $? = 1 ]",
				     loss->function, NULL };
	lend_auto_json struct lend_json *said = NULL;
	lend_auto_buf out = { 0 };
	struct seen seen;
	bool same = true;

	if (lab_sh_(bed->lab, bed->vm, argv, &out, err) < 0 ||
	    lend_json_parse(lend_buf_text(&out), out.len, &said, err) < 0)
		return lend_where(err, "asking what stands on %s", loss->function);
	for (const char *line = lend_buf_text(&bed->said); seen_of(line, &seen);
	     line = machine_next(line)) {
		const char *want = fate(loss, seen.key);
		const char *now = machine_now_of(said, seen.id);

		if (strcmp(now, want) == 0 || strcmp(seen.state, "lost") == 0)
			continue;
		lab_note("%s is \"%s\", not \"%s\"", seen.id, now, want);
		same = false;
	}
	if (!lab_ok(bed->tap, same, "%s: lend impact says what is hit, and nothing else",
		    loss->about))
		lab_note("%s", lend_buf_text(&out));
	return 0;
}

static int check_gone(struct bed *bed, const struct loss *loss, struct lend_err *err)
{
	lend_auto_buf before = bed->said;
	lend_auto_buf out = { 0 };
	struct seen was, is;
	bool hit = true, rest = true;
	const char *line;

	bed->said = (struct lend_buf){ 0 };
	if (ask(bed, "gone", loss->function, &out, err) < 0)
		return lend_where(err, "taking %s away", loss->function);
	(void)lab_ok(bed->tap, strcmp(lend_buf_text(&out), "unbound\n") == 0,
		     "%s: the kernel lets go of it, and reports success", loss->about);
	if (ask(bed, "look", NULL, &bed->said, err) < 0)
		return lend_where(err, "looking after the loss of %s", loss->function);
	line = lend_buf_text(&bed->said);
	for (const char *old = lend_buf_text(&before); seen_of(old, &was);
	     old = machine_next(old), line = machine_next(line)) {
		const char *want = fate(loss, was.key);
		bool same;

		if (!seen_of(line, &is) || strcmp(is.key, was.key) != 0)
			return lend_fail(err, LEND_E_FORMAT, "'%s' has no second look",
					 was.key);
		same = strcmp(is.state, want[0] != '\0' ? want : was.state) == 0;
		hit = hit && (want[0] == '\0' || same);
		rest = rest && (want[0] != '\0' || same);
		if (!same)
			lab_note("%s was %s and is %s", was.id, was.state, is.state);
	}
	(void)lab_ok(bed->tap, hit, "%s: what was said came to be", loss->about);
	(void)lab_ok(bed->tap, rest, "%s: all the rest is as it was", loss->about);
	return 0;
}

/* ---- the next boot ---- */

/* Nobody made links of these names in the guest: there is no udev in it. */
static const struct {
	const char *function, *id, *boot;
} wants[] = {
	{ "0000:00:03.0", "boot/fstab /next/plain", "lost" },
	{ "0000:00:04.0", "boot/fstab swap LABEL=lab-swap", "lost" },
	{ "0000:00:05.0", "boot/fstab /next/near", "lost" },
	{ "0000:00:08.0", "boot/fstab /next/mirror", "degraded" },
	{ "0000:00:09.0", "boot/crypttab next", "lost" },
	{ "0000:00:0c.0", "boot/fstab /next/image", "lost" },
	{ "0000:00:0f.0", "boot/fstab /next/mpath", "degraded" },
	{ "0000:00:1f.2", "boot/fstab /next/box", "lost" },
};

/* The judge is another program that reads disks by itself: findfs of busybox. */
static int check_wants(const struct bed *bed, struct lend_err *err)
{
	static const char script[] = "lend impact --json \"$0\" || [ $? = 1 ]";
	lend_auto_buf out = { 0 };

	if (ask(bed, "names", NULL, &out, err) < 0)
		return -1;
	(void)lab_ok(bed->tap, strcmp(lend_buf_text(&out), "no links, and found\n") == 0,
		     "there is no /dev/disk, and findfs finds what fstab names");
	for (size_t i = 0; i < LEND_COUNT(wants); i++) {
		const char *const argv[] = { "/bin/sh", "-c", script, wants[i].function, NULL };
		lend_auto_json struct lend_json *said = NULL;

		lend_buf_reset(&out);
		if (lab_sh_(bed->lab, bed->vm, argv, &out, err) < 0 ||
		    lend_json_parse(lend_buf_text(&out), out.len, &said, err) < 0)
			return lend_where(err, "asking what wants %s", wants[i].function);
		if (!lab_ok(bed->tap,
			    strcmp(machine_hit_of(said, wants[i].id, "next_boot"),
				   wants[i].boot) == 0,
			    "%s is %s at the next boot without %s", wants[i].id, wants[i].boot,
			    wants[i].function))
			lab_note("%s", lend_buf_text(&out));
	}
	return 0;
}

static int check_unnamed(const struct bed *bed, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (ask(bed, "unnamed", NULL, &out, err) < 0)
		return -1;
	(void)lab_ok(bed->tap, strcmp(lend_buf_text(&out), "not found\n") == 0,
		     "nor does findfs find any of them when all is gone");
	return 0;
}

static int lose_all(struct bed *bed, struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	struct seen seen;
	size_t n = 0, ok = 0;

	if (ask(bed, "prepare", NULL, &out, err) < 0 ||
	    ask(bed, "look", NULL, &bed->said, err) < 0)
		return -1;
	for (const char *line = lend_buf_text(&bed->said); seen_of(line, &seen);
	     line = machine_next(line), n++)
		ok += strcmp(seen.state, "ok") == 0;
	if (!lab_ok(bed->tap, n > 0 && ok == n, "%zu things stand on disks and work", n))
		lab_note("%s", lend_buf_text(&bed->said));
	if (check_wants(bed, err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(losses); i++)
		if (check_naive(bed, &losses[i], err) < 0 ||
		    check_impact(bed, &losses[i], err) < 0 ||
		    check_gone(bed, &losses[i], err) < 0)
			return -1;
	return check_unnamed(bed, err);
}

static int prove(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	struct bed bed = { .lab = lab, .tap = tap, .vm = vm };
	int r = lose_all(&bed, err);

	lend_buf_done(&bed.said);
	return r;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	const struct lab_file files[] = {
		{ LEND_LAB_FILES "/machine-storage-do", "usr/bin/machine-storage-do" },
		{ 0 },
	};
	struct lab_vm vm = { .name = "machine-storage",
			     .machine = "q35,kernel-irqchip=split",
			     .ram_bytes = 768 * LAB_MIB,
			     .cpus = 2,
			     .kernel_args = kernel_args,
			     .files = files };

	return played_host(lab, tap, &vm, compose, prove, err);
}

const struct lab_shape lab_shape_machine_storage = {
	.name = "machine-storage",
	.about = "what stands on disks is lost with them, as lend impact said before",
	.run = run,
};
