/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/mount-list.h"

enum { MOUNTS_MAX = 4 << 20, PATH_LONGEST = 4096 };

static const struct lend_ask ask_mounts = { .via = LEND_VIA_FILE,
					    .key = "proc/self/mountinfo",
					    .limit_bytes = MOUNTS_MAX };
/* A copied tree may have the link without the folder it leads to. */
static const struct lend_ask ask_first = { .via = LEND_VIA_FILE,
					   .key = "proc/1/mountinfo",
					   .limit_bytes = MOUNTS_MAX };

static int compare_points(const void *a, const void *b)
{
	const struct lend_mounted *x = *(struct lend_mounted *const *)a;
	const struct lend_mounted *y = *(struct lend_mounted *const *)b;
	int r = strcmp(x->line.point, y->line.point);

	return r != 0 ? r : (x->order > y->order) - (x->order < y->order);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct lend_mount_line *x = &(*(struct lend_mounted *const *)a)->line;
	const struct lend_mount_line *y = &(*(struct lend_mounted *const *)b)->line;

	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	return (x->minor > y->minor) - (x->minor < y->minor);
}

static void sort(struct lend_scan *scan, struct lend_mount_list *list)
{
	size_t n = list->n;

	list->by_point = lend_arena_array(&scan->memory, n + 1, sizeof(struct lend_mounted *));
	list->by_number = lend_arena_array(&scan->memory, n + 1, sizeof(struct lend_mounted *));
	for (size_t i = 0; i < n; i++)
		list->by_point[i] = list->by_number[i] = &list->items[i];
	if (n > 1) {
		qsort(list->by_point, n, sizeof(*list->by_point), compare_points);
		qsort(list->by_number, n, sizeof(*list->by_number), compare_numbers);
	}
	for (size_t i = 0; i < n; i++) {
		struct lend_mounted *m = list->by_point[i];

		if (i + 1 < n && strcmp(m->line.point, list->by_point[i + 1]->line.point) == 0)
			m->covered = true;
		else
			list->by_point[list->n_points++] = m;
	}
}

void lend_mount_list_read(struct lend_scan *scan, struct lend_mount_list *ret)
{
	const struct lend_answer *answer = lend_io_ask(scan->io, &ask_mounts);
	struct lend_mount_list list = { 0 };
	struct lend_mount_line line;
	struct lend_span rest;
	int r;

	if (answer->known == LEND_NOT_ASKED)
		answer = lend_io_ask(scan->io, &ask_first);
	list.known = answer->known;
	rest = (struct lend_span){ answer->bytes, answer->len };
	while (answer->known == LEND_KNOWN &&
	       (r = lend_mount_line_next(&rest, &scan->memory, &line)) != 1) {
		struct lend_mounted *m;

		if (r != 0)
			continue;
		m = LEND_PUSH(&scan->memory, list.items, list.n, list.cap);
		*m = (struct lend_mounted){ .line = line, .order = list.n };
	}
	sort(scan, &list);
	*ret = list;
}

static struct lend_mounted *at_point(const struct lend_mount_list *list, const char *point)
{
	size_t low = 0, high = list->n_points;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = strcmp(list->by_point[middle]->line.point, point);

		if (r == 0)
			return list->by_point[middle];
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct lend_mounted *lend_mount_of_path(const struct lend_mount_list *list, const char *path)
{
	char above[PATH_LONGEST];
	size_t len = strlen(path);

	if (path[0] != '/' || len >= sizeof(above))
		return NULL;
	memcpy(above, path, len + 1);
	while (len > 1) {
		struct lend_mounted *m = at_point(list, above);

		if (m != NULL)
			return m;
		while (len > 0 && above[len - 1] != '/')
			len--;
		while (len > 0 && above[len - 1] == '/')
			len--;
		above[len] = '\0';
	}
	return at_point(list, "/");
}

static bool is_above(const char *point, const char *path)
{
	size_t len = strlen(point);

	return strncmp(point, path, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/' || (len > 0 && point[len - 1] == '/'));
}

static bool is_better(const struct lend_mounted *m, const struct lend_mounted *than,
		      const char *path)
{
	bool above = is_above(m->line.point, path);

	if (than == NULL || above != is_above(than->line.point, path))
		return than == NULL || above;
	return above && strlen(m->line.point) >= strlen(than->line.point);
}

struct lend_mounted *lend_mount_of_number(const struct lend_mount_list *list, uint32_t major,
					  uint32_t minor, const char *path)
{
	struct lend_mounted key = { .line = { .major = major, .minor = minor } };
	const struct lend_mounted *wanted = &key;
	struct lend_mounted *best = NULL;
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_numbers(&list->by_number[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < list->n && compare_numbers(&list->by_number[low], &wanted) == 0; low++) {
		if (is_better(list->by_number[low], best, path))
			best = list->by_number[low];
	}
	return best;
}

bool *lend_mounted_nodes(struct lend_scan *scan, size_t *ret_n)
{
	const struct lend_inventory *inv = scan->build.inv;
	bool *mounted = lend_arena_array(&scan->memory, inv->n_nodes + 1, sizeof(*mounted));

	for (size_t i = 0; i < inv->n_edges; i++) {
		if (inv->nodes[inv->edges[i].user]->kind == LEND_KIND_MOUNT)
			mounted[inv->edges[i].used] = true;
	}
	*ret_n = inv->n_nodes;
	return mounted;
}
