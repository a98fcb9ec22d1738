/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/zpool-cache.h"

#include <string.h>

enum {
	XDR = 1,
	HEAD = 4,
	TYPE_STRING = 9,
	TYPE_U64 = 8,
	TYPE_LIST = 19,
	TYPE_LISTS = 20,
	DEPTH_MAX = 16, /* pool, tree, part, device; some wrap them in "replacing" */
	PARTS_MAX = 4096,
	PATHS_MAX = 65536,
};

struct reader {
	struct lend_arena *arena;
	const uint8_t *at;
	size_t len;
	size_t n_parts, n_paths;
};

/* What is told by one nvlist and the ones below it. */
struct vdev {
	const char *type, *path;
	uint64_t parity;
	uint32_t n;                   /* children */
	struct lend_zpool_part *part; /* where the paths below go; NULL above the parts */
	struct lend_zpool *pool;
};

static bool take(struct reader *r, size_t n, const uint8_t **ret)
{
	if (n > r->len)
		return false;
	*ret = r->at;
	r->at += n;
	r->len -= n;
	return true;
}

static bool take_u32(struct reader *r, uint32_t *ret)
{
	const uint8_t *p;

	if (!take(r, 4, &p))
		return false;
	*ret = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return true;
}

/* Filled up to four bytes. */
static bool take_text(struct reader *r, const char **ret)
{
	const uint8_t *p;
	uint32_t n;

	if (!take_u32(r, &n) || n > r->len || !take(r, ((size_t)n + 3) & ~(size_t)3, &p) ||
	    memchr(p, '\0', n) != NULL)
		return false;
	*ret = lend_arena_strndup(r->arena, (const char *)p, n);
	return true;
}

/* A pair: its name, and a reader of nothing but its value. */
static bool take_pair(struct reader *r, const char **ret_name, uint32_t *ret_type,
		      uint32_t *ret_n, struct reader *ret_value, bool *ret_end)
{
	struct reader pair = *r;
	uint32_t size, decoded;

	if (!take_u32(r, &size) || !take_u32(r, &decoded))
		return false;
	*ret_end = size == 0 && decoded == 0;
	if (*ret_end)
		return true;
	if (size < 8 || size > pair.len)
		return false;
	r->at = pair.at + size;
	r->len = pair.len - size;
	pair.at += 8;
	pair.len = size - 8;
	if (!take_text(&pair, ret_name) || !take_u32(&pair, ret_type) ||
	    !take_u32(&pair, ret_n))
		return false;
	*ret_value = pair;
	return true;
}

static bool read_list(struct reader *r, struct vdev *v, unsigned int depth);

static bool read_u64(struct reader *value, uint64_t *ret)
{
	uint32_t high, low;

	if (!take_u32(value, &high) || !take_u32(value, &low))
		return false;
	*ret = (uint64_t)high << 32 | low;
	return true;
}

static bool add_path(struct reader *r, struct lend_zpool_part *part, const char *path)
{
	if (r->n_paths++ >= PATHS_MAX)
		return false;
	*LEND_PUSH(r->arena, part->paths, part->n, part->cap) = path;
	return true;
}

static bool is_redundant(const char *type)
{
	return strcmp(type, "mirror") == 0 || strcmp(type, "raidz") == 0 ||
	       strcmp(type, "draid") == 0;
}

/* How many of n disks it can miss; two of which one replaces the other count as one. */
static uint32_t spare_of(const struct vdev *v, size_t n)
{
	if (v->type == NULL || !is_redundant(v->type) || n == 0)
		return 0;
	if (strcmp(v->type, "mirror") == 0)
		return v->n > 0 && v->n <= n ? v->n - 1 : 0;
	return v->parity < n ? (uint32_t)v->parity : 0;
}

/* The children of the root are the parts. */
static bool read_part(struct reader *r, struct lend_zpool *pool, unsigned int depth)
{
	struct lend_zpool_part part = { 0 };
	struct vdev v = { .part = &part };

	if (r->n_parts++ >= PARTS_MAX || !read_list(r, &v, depth))
		return false;
	if (v.type != NULL && (strcmp(v.type, "hole") == 0 || strcmp(v.type, "missing") == 0 ||
			       strcmp(v.type, "indirect") == 0))
		return true;
	part.type = v.type == NULL ? "" : v.type;
	if (v.path != NULL && part.n == 0 && !add_path(r, &part, v.path))
		return false;
	part.spare = spare_of(&v, part.n);
	*LEND_PUSH(r->arena, pool->parts, pool->n, pool->cap) = part;
	return true;
}

/* A disk of a part; one that is being replaced has two below it. */
static bool read_child(struct reader *r, struct lend_zpool_part *part, unsigned int depth)
{
	size_t before = part->n;
	struct vdev v = { .part = part };

	if (!read_list(r, &v, depth))
		return false;
	return v.path == NULL || part->n > before || add_path(r, part, v.path);
}

static bool read_children(struct reader *value, uint32_t n, struct vdev *v, unsigned int depth)
{
	v->n = n;
	for (uint32_t i = 0; i < n; i++) {
		bool good = v->part != NULL ? read_child(value, v->part, depth)
					    : read_part(value, v->pool, depth);

		if (!good)
			return false;
	}
	return true;
}

static bool read_value(struct reader *value, const char *name, uint32_t type, uint32_t n,
		       struct vdev *v, unsigned int depth)
{
	if (type == TYPE_STRING && strcmp(name, "type") == 0)
		return take_text(value, &v->type);
	if (type == TYPE_STRING && strcmp(name, "path") == 0)
		return take_text(value, &v->path);
	if (type == TYPE_U64 && strcmp(name, "nparity") == 0)
		return read_u64(value, &v->parity);
	if (type == TYPE_LIST && strcmp(name, "vdev_tree") == 0)
		return read_list(value, v, depth);
	if (type == TYPE_LISTS && strcmp(name, "children") == 0 &&
	    (v->part != NULL || v->pool != NULL))
		return read_children(value, n, v, depth);
	return true;
}

static bool read_list(struct reader *r, struct vdev *v, unsigned int depth)
{
	const uint8_t *version_flags;
	const char *name = NULL;
	uint32_t type = 0, n = 0;
	bool end = false;

	if (depth >= DEPTH_MAX || !take(r, 8, &version_flags))
		return false;
	for (;;) {
		struct reader value;
		bool good;

		if (!take_pair(r, &name, &type, &n, &value, &end))
			return false;
		if (end)
			return true;
		value.n_parts = r->n_parts;
		value.n_paths = r->n_paths;
		good = read_value(&value, name, type, n, v, depth + 1);
		r->n_parts = value.n_parts;
		r->n_paths = value.n_paths;
		if (!good)
			return false;
	}
}

static bool read_pools(struct reader *r, struct lend_zpools *ret)
{
	const uint8_t *version_flags;
	const char *name = NULL;
	uint32_t type = 0, n = 0;
	bool end = false;

	if (!take(r, 8, &version_flags))
		return false;
	for (;;) {
		struct reader value;
		struct lend_zpool pool = { 0 };
		struct vdev v = { .pool = &pool };

		if (!take_pair(r, &name, &type, &n, &value, &end))
			return false;
		if (end)
			return true;
		if (type != TYPE_LIST)
			continue;
		value.n_parts = r->n_parts;
		value.n_paths = r->n_paths;
		if (!read_list(&value, &v, 0))
			return false;
		r->n_parts = value.n_parts;
		r->n_paths = value.n_paths;
		pool.name = name;
		*LEND_PUSH(r->arena, ret->items, ret->n, ret->cap) = pool;
	}
}

int lend_zpool_cache_parse(struct lend_arena *arena, const void *bytes, size_t len,
			   struct lend_zpools *ret, struct lend_err *err)
{
	struct reader r = { .arena = arena, .at = bytes, .len = len };
	struct lend_zpools pools = { 0 };
	const uint8_t *head;

	if (!take(&r, HEAD, &head) || head[0] != XDR)
		return lend_fail(err, LEND_E_FORMAT, "no nvlist in XDR");
	if (!read_pools(&r, &pools))
		return lend_fail(err, LEND_E_FORMAT,
				 "the nvlist ends too early, or is damaged");
	*ret = pools;
	return 0;
}
