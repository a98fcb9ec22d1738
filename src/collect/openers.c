/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs that have a block device open, and mounts in other mount
 * namespaces: containers, and services with a world of their own.
 *
 * Asks  /proc/PID/fd of all programs; /proc/PID/ns/mnt, and mountinfo of one
 *       of each namespace
 * Adds  process nodes; mounts of devices that are not mounted in our own
 *       namespace
 *
 * This is much to read: it is done when processes are asked for, and for
 * captures, not to show all there is.  Of programs without a device nothing is
 * recorded.  QEMUs are mounts.c's.
 *
 * (proc(5), namespaces(7).)
 */

#include <inttypes.h>
#include <sys/stat.h>

#include "base/num.h"
#include "collect/block-find.h"
#include "collect/btrfs-sets.h"
#include "collect/mount-list.h"
#include "collect/open-files.h"
#include "collect/processes.h"
#include "format/mountinfo.h"
#include "model/kind-mount.h"
#include "model/kind-process.h"

enum { MOUNTS_MAX = 4 << 20, SPACES_MAX = 1024 };

static const struct lend_ask ask_open = { .via = LEND_VIA_STAT,
					  .key = "proc/%s/fd/%s",
					  .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask look_space = { .via = LEND_VIA_MAGIC,
					    .key = "proc/%s/ns/mnt",
					    .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask ask_space = { .via = LEND_VIA_MAGIC, .key = "proc/%s/ns/mnt" };
static const struct lend_ask ask_own_space = { .via = LEND_VIA_MAGIC,
					       .key = "proc/self/ns/mnt" };
static const struct lend_ask ask_mounts = { .via = LEND_VIA_FILE,
					    .key = "proc/%s/mountinfo",
					    .limit_bytes = MOUNTS_MAX };
static const struct lend_ask ask_command = { .via = LEND_VIA_FILE, .key = "proc/%s/comm" };

struct look {
	struct lend_scan *scan;
	uint32_t by;
	struct lend_block_index blocks;
	bool *mounted; /* by node index: in our own namespace, or told already */
	size_t n_mounted;
	const char **spaces; /* that were looked at, our own first */
	size_t n_spaces, cap_spaces;
	struct lend_btrfs_sets sets;
	bool replay;
	bool too_many; /* mount namespaces */
	bool only_ask; /* for a capture: what it is asked for later */
};

static const char *command_of(struct look *l, const char *pid)
{
	const char *text =
		lend_collect_text_of(l->scan, lend_io_ask(l->scan->io, &ask_command, pid));

	return text != NULL ? text : "";
}

/* ---- what is open ---- */

static bool is_qemu(const struct look *l, const char *pid)
{
	uint64_t number;

	if (!lend_parse_u64(pid, 10, &number))
		return true;
	for (size_t i = 0; i < l->scan->n_qemus; i++) {
		if (l->scan->qemus[i].has_pid && l->scan->qemus[i].pid == number)
			return true;
	}
	return false;
}

/* Most of what is open below /dev is no disk. */
static bool may_be_disk(const char *link)
{
	static const char *const none[] = { "null",    "zero",    "pts/",   "tty",  "ptmx",
					    "urandom", "random",  "shm/",   "kvm",  "vfio",
					    "vhost",   "net/",    "input/", "snd/", "dri/",
					    "fuse",    "console", "kmsg" };

	if (strncmp(link, "/dev/", 5) != 0)
		return false;
	for (size_t i = 0; i < LEND_COUNT(none); i++) {
		if (strncmp(link + 5, none[i], strlen(none[i])) == 0)
			return false;
	}
	return true;
}

static bool has_disk(struct look *l, const char *pid)
{
	const struct lend_open_files *open = lend_open_files(l->scan, pid, false);

	for (size_t i = 0; i < open->n; i++) {
		if (may_be_disk(lend_open_link(l->scan, i)))
			return true;
	}
	return false;
}

static void put_open(struct look *l, const char *pid)
{
	struct lend_build *b = &l->scan->build;
	const struct lend_open_files *open;
	struct lend_process *process = NULL;
	const char *command;

	if (!l->replay && !has_disk(l, pid))
		return;
	open = lend_open_files(l->scan, pid, true);
	command = open->n > 0 ? command_of(l, pid) : "";
	for (size_t i = 0; i < open->n; i++) {
		const struct lend_answer *answer;
		struct lend_block *block;

		if (!may_be_disk(lend_open_link(l->scan, i)))
			continue;
		answer = lend_io_ask(l->scan->io, &ask_open, pid, open->items[i].fd);
		if (answer->known != LEND_KNOWN || !S_ISBLK(answer->stat.mode))
			continue;
		block = lend_block_by_number(&l->blocks, answer->stat.rdev_major,
					     answer->stat.rdev_minor);
		if (block == NULL || l->only_ask)
			continue;
		if (process == NULL) {
			process = (struct lend_process *)lend_build_node(b, LEND_KIND_PROCESS,
									 NULL, pid);
			lend_build_text(b, &process->node, &process->command, l->by, command);
		}
		lend_build_edge(b, &process->node, &block->node);
	}
}

/* ---- other mount namespaces ---- */

static struct lend_block *block_of(struct look *l, const struct lend_mount_line *line)
{
	struct lend_block *block =
		line->major == 0 ? NULL
				 : lend_block_by_number(&l->blocks, line->major, line->minor);

	return block != NULL ? block : lend_block_by_path(l->scan, &l->blocks, line->source);
}

static void put_mount(struct look *l, const char *space, const char *pid,
		      const struct lend_mount_line *line)
{
	struct lend_build *b = &l->scan->build;
	struct lend_block *block = block_of(l, line);
	struct lend_mount *mount;
	size_t set;

	if (block == NULL || l->only_ask || block->node.index >= l->n_mounted ||
	    l->mounted[block->node.index])
		return;
	mount = (struct lend_mount *)lend_build_node(
		b, LEND_KIND_MOUNT, NULL,
		lend_build_internf(b, "%s in %s", line->point, space));
	lend_build_text(b, &mount->node, &mount->path, l->by, line->point);
	lend_build_text(b, &mount->node, &mount->source, l->by, line->source);
	lend_build_text(b, &mount->node, &mount->fs, l->by, line->fs);
	lend_build_text(b, &mount->node, &mount->root, l->by, line->root);
	lend_build_text(b, &mount->node, &mount->options, l->by, line->options);
	lend_build_text(b, &mount->node, &mount->space, l->by,
			lend_build_internf(b, "of process %s %s", pid, command_of(l, pid)));
	lend_build_edge(b, &mount->node, &block->node);
	/* Its line says one device of several. */
	set = lend_btrfs_set_of(&l->sets, block);
	for (size_t i = 0; set > 0 && i < l->sets.n; i++) {
		if (l->sets.members[i].set == set)
			lend_build_edge(b, &mount->node, &l->sets.members[i].block->node);
	}
}

static bool is_known_space(struct look *l, const char *space)
{
	for (size_t i = 0; i < l->n_spaces; i++) {
		if (strcmp(l->spaces[i], space) == 0)
			return true;
	}
	return false;
}

static void put_space(struct look *l, const char *pid)
{
	const struct lend_answer *answer =
		lend_io_ask(l->scan->io, l->replay ? &ask_space : &look_space, pid);
	struct lend_mount_line line;
	struct lend_span rest;
	const char *space;
	int r;

	if (answer->known != LEND_KNOWN || is_known_space(l, answer->bytes))
		return;
	if (l->n_spaces >= SPACES_MAX) {
		l->too_many = true;
		return;
	}
	space = lend_arena_strdup(&l->scan->memory, answer->bytes);
	*LEND_PUSH(&l->scan->memory, l->spaces, l->n_spaces, l->cap_spaces) = space;
	if (!l->replay)
		(void)lend_io_ask(l->scan->io, &ask_space, pid);
	if (l->only_ask)
		(void)command_of(l, pid);
	answer = lend_io_ask(l->scan->io, &ask_mounts, pid);
	rest = (struct lend_span){ answer->bytes, answer->len };
	while (answer->known == LEND_KNOWN &&
	       (r = lend_mount_line_next(&rest, &l->scan->memory, &line)) != 1) {
		if (r == 0)
			put_mount(l, space, pid, &line);
	}
}

/* ---- all of it ---- */

static bool is_asked(const struct lend_scan *scan)
{
	return scan->options->n_kinds > 0 || lend_io_is_recording(scan->io);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct look l = { .scan = scan, .replay = lend_io_is_replay(scan->io) };
	const struct lend_answer *own;
	const char **pids;
	size_t n;

	(void)err;
	if (lend_scan_is_named(scan) || scan->options->room_in != NULL || !is_asked(scan) ||
	    lend_collect_trust(scan) != LEND_SEEN)
		return 0;
	lend_block_index(scan, &l.blocks);
	if (l.blocks.n == 0)
		return 0;
	own = lend_io_ask(scan->io, &ask_own_space);
	l.only_ask = scan->options->n_kinds == 0;
	if (own->known != LEND_KNOWN && l.only_ask)
		return 0;
	if (own->known != LEND_KNOWN) {
		lend_build_gap(
			&scan->build, "block", true,
			own->known == LEND_NOT_ASKED ? "make it anew with lend capture" : "",
			"who has block devices open, or mounted elsewhere, is not known");
		return 0;
	}
	if (!l.only_ask)
		l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "openers",
					   "proc/%s/fd", "");
	*LEND_PUSH(&scan->memory, l.spaces, l.n_spaces, l.cap_spaces) =
		lend_arena_strdup(&scan->memory, own->bytes);
	l.mounted = lend_mounted_nodes(scan, &l.n_mounted);
	if (!l.only_ask)
		lend_btrfs_sets_read(scan, &l.sets); /* mounts.c asked for a capture */
	pids = lend_list_processes(scan, true, &n);
	for (size_t i = 0; i < n; i++) {
		if (!is_qemu(&l, pids[i]))
			put_open(&l, pids[i]);
		put_space(&l, pids[i]);
		lend_io_forget(scan->io);
	}
	if (l.too_many && !l.only_ask)
		lend_build_gap(
			&scan->build, "block", true, "",
			"more than %d mount namespaces: what is mounted in the others was "
			"not looked at",
			SPACES_MAX);
	return 0;
}

extern const struct lend_collector lend_collector_openers;
const struct lend_collector lend_collector_openers = {
	.id = "openers",
	.sees = "programs and containers on the block devices of this host",
	.adds = LEND_ADDS(LEND_KIND_PROCESS),
	.collect = collect,
};
