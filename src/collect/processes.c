/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/processes.h"

#include <stdlib.h>

#include "base/num.h"

enum { KTHREADD = 2, CHILDREN_MAX = 1 << 20 };

static const struct lend_ask ask_processes = { .via = LEND_VIA_DIR, .key = "proc" };
static const struct lend_ask look_kthreadd = { .via = LEND_VIA_MAGIC,
					       .key = "proc/2/exe",
					       .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask look_children = { .via = LEND_VIA_FILE,
					       .key = "proc/2/task/2/children",
					       .limit_bytes = CHILDREN_MAX,
					       .flags = LEND_ASK_NOT_RECORDED };

struct threads {
	uint64_t *pids;
	size_t n, cap;
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * Mostly there are more of them than of all others, and to ask each what it
 * runs costs as much as the rest of a look.  They are the children of
 * kthreadd (kernel/kthread.c), which is process 2 and runs no program; in a
 * container, 2 is an ordinary one.  The list (fs/proc/array.c, children) may
 * lack some while others end.
 */
static void find_threads(struct lend_scan *scan, struct threads *ret)
{
	const struct lend_answer *exe = lend_io_ask(scan->io, &look_kthreadd);
	const struct lend_answer *list;
	struct threads threads = { 0 };
	uint64_t pid;

	*ret = threads;
	if (exe->known != LEND_ABSENT)
		return;
	list = lend_io_ask(scan->io, &look_children);
	if (list->known != LEND_KNOWN)
		return;
	*LEND_PUSH(&scan->memory, threads.pids, threads.n, threads.cap) = KTHREADD;
	for (const char *at = list->bytes; *at != '\0';) {
		size_t len = strcspn(at, " ");

		if (!lend_parse_u64n(at, len, 10, &pid))
			return; /* not what it was taken for */
		*LEND_PUSH(&scan->memory, threads.pids, threads.n, threads.cap) = pid;
		at += len + (at[len] == ' ');
	}
	qsort(threads.pids, threads.n, sizeof(*threads.pids), by_value);
	*ret = threads;
}

static bool is_thread(const struct threads *threads, const char *pid)
{
	uint64_t n;

	return threads->n > 0 && lend_parse_u64(pid, 10, &n) &&
	       bsearch(&n, threads->pids, threads->n, sizeof(n), by_value) != NULL;
}

const char **lend_list_processes(struct lend_scan *scan, bool no_threads, size_t *ret_n)
{
	const struct lend_answer *processes = lend_io_ask(scan->io, &ask_processes);
	const char **pids =
		lend_arena_array(&scan->memory, processes->n_names + 1, sizeof(*pids));
	struct threads threads = { 0 };
	size_t n = 0;

	if (processes->known == LEND_UNREADABLE)
		lend_build_gap(&scan->build, "proc", true, "",
			       "/proc cannot be listed (%s): running QEMUs stay hidden",
			       processes->why);
	if (processes->known == LEND_NOT_ASKED && !lend_io_is_copy(scan->io))
		lend_build_gap(&scan->build, "proc", true, "make it anew with lend capture",
			       "the capture has no list of processes: it is not whole");
	if (no_threads && processes->known == LEND_KNOWN)
		find_threads(scan, &threads);
	/* Short names come first, and so they are by value. */
	for (size_t i = 0; i < processes->n_names; i++) {
		const char *name = processes->names[i];

		if (name[0] >= '1' && name[0] <= '9' && !is_thread(&threads, name))
			pids[n++] = lend_arena_strdup(&scan->memory, name);
	}
	*ret_n = n;
	return pids;
}
