/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces and file systems that are half made, in the way, or hold something. */

#include <sys/stat.h>

#include "base/err.h"
#include "base/num.h"
#include "tests/fakehost/fakehost.h"
#include "tests/must.h"
#include "tests/step-rig.h"

#define NAMESPACE "0b1e6c2a-7d1f-4a52-9c0e-3f5a0c1d2e3f"
#define FS_UUID   "5d3c2b1a-0f9e-4d8c-b7a6-958473625140"

static struct fakehost *host;
static unsigned int worlds;
static const char *world; /* the folder of the one at hand */

static void start(struct rig *rig, const char *kind, bool anew)
{
	static char folder[300];
	struct lend_write_hooks hooks;

	if (anew) {
		host = fakehost_new();
		(void)snprintf(folder, sizeof(folder), "%s/%u", rig_folder(), worlds++);
		must(mkdir(folder, 0700) == 0);
		fakehost_nd(host, folder);
		world = folder;
	}
	fakehost_hooks(host, &hooks);
	rig_start(rig, kind, &hooks);
	rig_name(rig, "region0:lend");
	rig_arg(rig, "namespace", NAMESPACE);
	rig_arg(rig, "region", "region0");
	rig_arg(rig, "mode", "fsdax");
	rig_arg(rig, "sys", lend_arena_printf(&rig->arena, "%s/sys", world));
	rig_arg(rig, "dev", lend_arena_printf(&rig->arena, "%s/dev", world));
	rig_arg(rig, "mounts", lend_arena_printf(&rig->arena, "%s/mounts", world));
	if (strcmp(kind, "nd-namespace") == 0)
		rig_states(rig, "absent", "mode=fsdax uuid=" NAMESPACE);
	else
		rig_states(rig, "absent", "type=ext4 uuid=" FS_UUID);
}

static const char *block(struct rig *rig)
{
	return lend_arena_printf(&rig->arena, "%s/dev/pmem0", world);
}

static bool is_namespace_there(struct rig *rig)
{
	return rig_is_there(
		lend_arena_printf(&rig->arena, "%s/sys/bus/nd/devices/namespace0.1", world));
}

/* What an ndctl that was killed has left goes, with the next try and with an undo. */
static void half_made(void)
{
	struct rig rig;

	must_in("half made");
	start(&rig, "nd-namespace", true);
	fakehost_nd_begin(host, NAMESPACE);
	must(rig_is_before(&rig));
	must(rig_do(&rig) == 0);
	must_u64(fakehost_count(host, "enable-namespace"), 1);
	must(rig_back(&rig) == 0);
	fakehost_nd_begin(host, NAMESPACE);
	must(rig.kind->forget(&rig.doing, &rig.step, &rig.err) == 0);
	must(!is_namespace_there(&rig));
	rig_done(&rig);
	fakehost_free(host);
}

/* ndctl fails after it has begun. */
static void failed(void)
{
	struct rig rig;

	must_in("ndctl fails");
	start(&rig, "nd-namespace", true);
	fakehost_fail(host, "create-namespace", "was cut");
	must(rig_do(&rig) < 0);
	must(strstr(rig.err.what, "was cut") != NULL);
	must(!is_namespace_there(&rig));
	rig_done(&rig);
	fakehost_free(host);
}

static void holds_data(void)
{
	struct rig rig;

	must_in("a namespace with data");
	start(&rig, "nd-namespace", true);
	must(rig_do(&rig) == 0);
	rig_write(block(&rig), "x", 1, 5 << 20);
	must_u64(rig_back(&rig), LEND_KEEP);
	must(strstr(rig.why, "offset 5242880") != NULL);
	must(is_namespace_there(&rig));
	rig.consent.discard = (const char *const[]){ "region0:lend" };
	rig.consent.n_discard = 1;
	must(rig_back(&rig) == 0);
	must(!is_namespace_there(&rig));
	rig_done(&rig);
	fakehost_free(host);
}

/* Of the superblock: so many inodes are free; is it mounted since. */
static int back_with(uint32_t free_inodes, uint16_t folders, uint32_t incompat)
{
	struct rig ns, fs;
	uint8_t bytes[4];
	int r;

	start(&ns, "nd-namespace", true);
	must(rig_do(&ns) == 0);
	start(&fs, "file-system", false);
	must(rig_do(&fs) == 0);
	lend_put_le32(bytes, free_inodes);
	rig_write(block(&fs), bytes, 4, 1024 + 0x10);
	lend_put_le32(bytes, incompat);
	rig_write(block(&fs), bytes, 4, 1024 + 0x60);
	lend_put_le16(bytes, folders);
	rig_write(block(&fs), bytes, 2, 4096 + 0x10);
	r = rig_back(&fs);
	/* And what it lies on stays with it. */
	must(r == 0 || rig_back(&ns) == LEND_KEEP);
	rig_done(&fs);
	rig_done(&ns);
	fakehost_free(host);
	return r;
}

static void file_systems(void)
{
	must_in("lost+found and nothing else");
	must_u64(back_with(21, 2, 0x40), 0);
	must_in("not even that");
	must_u64(back_with(22, 1, 0x40), 0);
	must_in("a file");
	must_u64(back_with(20, 2, 0x40), LEND_KEEP);
	must_in("a file, and lost+found was removed");
	must_u64(back_with(21, 1, 0x40), LEND_KEEP);
	must_in("a folder");
	must_u64(back_with(20, 3, 0x40), LEND_KEEP);
	must_in("its journal is not empty");
	must_u64(back_with(21, 2, 0x44), LEND_KEEP);
	must_in("groups are elsewhere");
	must_u64(back_with(21, 2, 0x50), LEND_KEEP);
}

static void in_the_way(void)
{
	struct lend_state state = { 0 };
	struct lend_err err = { 0 };
	struct rig ns, fs;

	must_in("something is there already");
	start(&ns, "nd-namespace", true);
	start(&fs, "file-system", false);
	must_u64(fs.kind->look(&fs.doing, &fs.step, &state, &err), LEND_LOOK_NOT_YET);
	must(rig_do(&ns) == 0);
	rig_write(block(&fs), "XFSB", 4, 0);
	must(rig_is_before(&fs)); /* no more than a name */
	rig_write(block(&fs), "LABELONE", 8, 512);
	rig_write(block(&fs), "LVM2 001", 8, 512 + 24);
	must(!rig_is_before(&fs));
	must(fs.kind->set(&fs.doing, &fs.step, &fs.step.before, &fs.step.after, &err) < 0);
	must(err.code == LEND_E_STALE);
	must_u64(fakehost_count(host, "mkfs.ext4"), 0);
	rig_done(&fs);
	rig_done(&ns);
	fakehost_free(host);
}

int main(void)
{
	half_made();
	failed();
	holds_data();
	file_systems();
	in_the_way();
	return 0;
}
