/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/open-files.h"

#include <sys/stat.h>

#include "base/num.h"
#include "model/kind-wanted.h"

static const struct lend_ask look_fds = { .via = LEND_VIA_DIR,
					  .key = "proc/%s/fd",
					  .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask look_fd = { .via = LEND_VIA_MAGIC,
					 .key = "proc/%s/fd/%s",
					 .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask ask_fds = { .via = LEND_VIA_DIR, .key = "proc/%s/fd" };
static const struct lend_ask ask_fd = { .via = LEND_VIA_MAGIC, .key = "proc/%s/fd/%s" };
static const struct lend_ask ask_wanted = { .via = LEND_VIA_STAT,
					    .key = "%p",
					    .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_info = { .via = LEND_VIA_FILE, .key = "proc/%s/fdinfo/%s" };

const struct lend_open_files *lend_open_files(struct lend_scan *scan, const char *pid,
					      bool record)
{
	struct lend_open_files *open = &scan->open;
	const struct lend_answer *names;

	if (open->pid != NULL && strcmp(open->pid, pid) == 0 && (open->recorded || !record))
		return open;
	names = lend_io_ask(scan->io, record ? &ask_fds : &look_fds, pid);
	*open = (struct lend_open_files){
		.pid = lend_arena_strdup(&scan->memory, pid),
		.recorded = record,
		.listed = names->known == LEND_KNOWN,
		.items = lend_arena_array(&scan->memory, names->n_names, sizeof(*open->items)),
	};
	for (size_t i = 0; i < names->n_names; i++)
		open->items[open->n++].fd = lend_arena_strdup(&scan->memory, names->names[i]);
	return open;
}

const char *lend_open_link(struct lend_scan *scan, size_t i)
{
	struct lend_open_file *item = &scan->open.items[i];
	const struct lend_answer *link;

	if (item->link == NULL) {
		link = lend_io_ask(scan->io, scan->open.recorded ? &ask_fd : &look_fd,
				   scan->open.pid, item->fd);
		item->link = lend_arena_strdup(&scan->memory,
					       link->known == LEND_KNOWN ? link->bytes : "");
	}
	return item->link;
}

/* "ino:\t123" (proc(5), since Linux 5.14); 0 when it is not told. */
static uint64_t inode_of(struct lend_scan *scan, struct lend_open_file *item)
{
	static const char key[] = "\nino:\t";
	const struct lend_answer *info;
	const char *at;

	if (item->has_inode)
		return item->inode;
	item->has_inode = true;
	info = lend_io_ask(scan->io, &ask_info, scan->open.pid, item->fd);
	at = info->known == LEND_KNOWN ? strstr(info->bytes, key) : NULL;
	if (at == NULL)
		return 0;
	at += strlen(key);
	if (!lend_parse_u64n(at, strcspn(at, "\n"), 10, &item->inode))
		item->inode = 0;
	return item->inode;
}

void lend_read_open_files(struct lend_scan *scan, const char *pid)
{
	const struct lend_open_files *open = lend_open_files(scan, pid, true);

	for (size_t i = 0; i < open->n; i++) {
		const char *link = lend_open_link(scan, i);

		if (link[0] == '/' && strcmp(link, "/dev/null") != 0)
			(void)inode_of(scan, &open->items[i]);
	}
}

bool lend_has_open(struct lend_scan *scan, const char *pid, const char *path, uint64_t inode)
{
	const struct lend_open_files *open = lend_open_files(scan, pid, true);

	for (size_t i = 0; i < open->n && inode != 0; i++) {
		if (strcmp(lend_open_link(scan, i), path) == 0 &&
		    inode_of(scan, &open->items[i]) == inode)
			return true;
	}
	return false;
}

/* A file has one number there, however it is reached; ext4, xfs, tmpfs, hugetlbfs. */
static bool numbers_files(uint64_t magic)
{
	static const uint64_t magics[] = { 0xef53, 0x58465342, 0x01021994, 0x958458f6 };

	for (size_t i = 0; i < LEND_COUNT(magics); i++) {
		if (magics[i] == magic)
			return true;
	}
	return false;
}

static bool find_devices(struct lend_scan *scan)
{
	for (size_t w = 0; w < scan->options->n_wanted; w++) {
		const struct lend_answer *wanted =
			lend_io_ask(scan->io, &ask_wanted, scan->options->wanted[w].path);

		if (wanted->known != LEND_ABSENT &&
		    (wanted->known != LEND_KNOWN || !S_ISREG(wanted->stat.mode)))
			return true;
	}
	return false;
}

bool lend_wants_files_only(struct lend_scan *scan)
{
	if (scan->options->room_in == NULL)
		return false;
	if (scan->wants_devices == LEND_TRI_UNSET)
		scan->wants_devices = find_devices(scan) ? LEND_TRI_ON : LEND_TRI_OFF;
	return scan->wants_devices == LEND_TRI_OFF;
}

/* As the collector of what is wanted has found out. */
static bool find_open(struct lend_scan *scan)
{
	scan->wanted_inodes = lend_arena_array(&scan->memory, scan->options->n_wanted,
					       sizeof(*scan->wanted_inodes));
	for (size_t w = 0; w < scan->options->n_wanted; w++) {
		const struct lend_node *node = lend_build_find(
			&scan->build, LEND_KIND_WANTED, NULL, scan->options->wanted[w].path);
		const struct lend_wanted_node *wanted = lend_as_wanted(node);

		if (node != NULL && wanted->type.known == LEND_ABSENT)
			continue;
		if (node == NULL || wanted->users.known != LEND_ABSENT)
			return true;
		scan->wanted_inodes[w] = wanted->inode.v.u64;
	}
	return false;
}

/* The kernel knows, which is less to ask than every process for every descriptor. */
bool lend_wanted_is_free(struct lend_scan *scan)
{
	if (scan->options->room_in == NULL || !lend_io_is_live(scan->io))
		return false;
	if (scan->wants_open == LEND_TRI_UNSET)
		scan->wants_open = find_open(scan) ? LEND_TRI_ON : LEND_TRI_OFF;
	return scan->wants_open == LEND_TRI_OFF;
}

bool lend_is_beside(struct lend_scan *scan, const char *path, const struct lend_stat *st)
{
	if (!lend_wanted_is_free(scan))
		return false;
	for (size_t w = 0; w < scan->options->n_wanted; w++) {
		if (scan->wanted_inodes[w] == st->inode ||
		    strcmp(scan->options->wanted[w].path, path) == 0)
			return false;
	}
	return true;
}

bool lend_may_have_wanted(struct lend_scan *scan, const char *pid)
{
	const struct lend_open_files *open;

	if (lend_wanted_is_free(scan))
		return false;
	open = lend_open_files(scan, pid, true);
	for (size_t w = 0; w < scan->options->n_wanted; w++) {
		const struct lend_answer *wanted =
			lend_io_ask(scan->io, &ask_wanted, scan->options->wanted[w].path);

		if (wanted->known == LEND_ABSENT)
			continue;
		if (wanted->known != LEND_KNOWN || !S_ISREG(wanted->stat.mode) ||
		    !numbers_files(wanted->stat.fs_magic) || !open->listed)
			return true;
		for (size_t i = 0; i < open->n; i++) {
			const char *link = lend_open_link(scan, i);
			uint64_t inode;

			if (link[0] != '/' || strcmp(link, "/dev/null") == 0)
				continue;
			inode = inode_of(scan, &open->items[i]);
			if (inode == 0 || inode == wanted->stat.inode)
				return true;
		}
	}
	return false;
}
