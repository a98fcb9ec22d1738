/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/claims.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "apply/apply.h"
#include "base/err.h"

struct finding {
	struct lend_writer *writer;
	struct lend_arena *arena;
	const char *const *paths;
	size_t n_paths;
	const char *vm; /* whose record is read */
	struct lend_claim *items;
	size_t n, cap;
};

static const char *last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/*
 * A folder has many paths.  Of other names nothing is looked at: the file
 * system of a VM that has nothing to do with this may not answer.
 */
static bool is_same(struct lend_writer *w, const char *a, const char *b)
{
	struct lend_err ignored = { 0 };
	struct stat x, y;

	if (strcmp(a, b) == 0)
		return true;
	if (strcmp(last_of(a), last_of(b)) != 0 || lend_write_stat(w, a, &x, &ignored) != 0 ||
	    lend_write_stat(w, b, &y, &ignored) != 0)
		return false;
	if (S_ISBLK(x.st_mode) || S_ISCHR(x.st_mode))
		return (x.st_mode & S_IFMT) == (y.st_mode & S_IFMT) && x.st_rdev == y.st_rdev;
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void add(struct finding *f, const char *path, const char *as)
{
	for (size_t i = 0; path != NULL && i < f->n_paths; i++) {
		if (is_same(f->writer, f->paths[i], path))
			*LEND_PUSH(f->arena, f->items, f->n, f->cap) = (struct lend_claim){
				.path = f->paths[i], .vm = f->vm, .as = as
			};
	}
}

static void read_record(struct finding *f, const struct lend_places *places)
{
	const char *path = lend_plan_record_path(f->arena, places, f->vm);
	struct lend_err ignored = { 0 };
	lend_auto_buf text = { 0 };
	struct lend_wish wish;

	if (lend_write_read(f->writer, path, LEND_WISH_BYTES_MAX, &text, &ignored) != 0 ||
	    lend_wish_parse(f->arena, path, lend_buf_text(&text), text.len, &wish, &ignored) <
		    0)
		return;
	for (size_t i = 0; i < wish.n_pmem; i++)
		add(f, wish.pmem[i].backing, wish.pmem[i].name);
	for (size_t i = 0; i < wish.n_disks; i++)
		add(f, wish.disks[i].path, "a disk");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int lend_claims_find(struct lend_writer *w, const struct lend_places *places,
		     const char *const *paths, size_t n_paths, struct lend_arena *arena,
		     struct lend_claim **ret, size_t *ret_n, struct lend_err *err)
{
	struct finding f = { .writer = w, .arena = arena, .paths = paths, .n_paths = n_paths };
	const char **vms;
	size_t n = 0;

	if (n_paths > 0 &&
	    lend_write_names(w, lend_arena_printf(arena, "%s/vms", places->state), arena, &vms,
			     &n, err) < 0)
		return -1;
	if (n > 1)
		qsort(vms, n, sizeof(*vms), by_name);
	for (size_t i = 0; i < n; i++) {
		f.vm = vms[i];
		read_record(&f, places);
	}
	*ret = f.items;
	*ret_n = f.n;
	return 0;
}

int lend_claims_read(const struct lend_places *places, const char *const *paths, size_t n_paths,
		     struct lend_arena *arena, struct lend_claim **ret, size_t *ret_n,
		     struct lend_err *err)
{
	struct lend_writer *w = lend_writer_new(NULL);
	int r = lend_claims_find(w, places, paths, n_paths, arena, ret, ret_n, err);

	lend_writer_free(w);
	return r;
}
