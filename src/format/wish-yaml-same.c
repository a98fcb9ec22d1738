/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wishes that are there: compared, looked into, and what may be in one listed. */

#include "format/wish-yaml-rows.h"

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_map(const struct lend_wish_rows *rows, const char *a, const char *b);

static bool same_list(const struct lend_wish_row *row, const char *a, const char *b)
{
	size_t n = *(const size_t *)(a + row->n_offset);
	const char *x;
	const char *y;

	if (n != *(const size_t *)(b + row->n_offset))
		return false;
	memcpy(&x, a + row->offset, sizeof(x));
	memcpy(&y, b + row->offset, sizeof(y));
	for (size_t i = 0; i < n; i++) {
		const struct lend_wish_rows *inside = row->inside;

		if (row->type == LEND_WISH_TEXTS ? !same_text(((const char *const *)x)[i],
							      ((const char *const *)y)[i])
						 : !same_map(inside, x + i * inside->item_size,
							     y + i * inside->item_size))
			return false;
	}
	return true;
}

static bool same_forwards(const struct lend_wish *a, const struct lend_wish *b)
{
	if (a->n_forwards != b->n_forwards)
		return false;
	for (size_t i = 0; i < a->n_forwards; i++) {
		const struct lend_wish_forward *x = &a->forwards[i];
		const struct lend_wish_forward *y = &b->forwards[i];

		if (x->host_port != y->host_port || x->guest_port != y->guest_port ||
		    !same_text(x->address, y->address))
			return false;
	}
	return true;
}

static bool same_row(const struct lend_wish_row *row, const char *a, const char *b)
{
	const char *x = a + row->offset;
	const char *y = b + row->offset;
	const struct lend_opt_u64 *m = (const struct lend_opt_u64 *)x;
	const struct lend_opt_u64 *n = (const struct lend_opt_u64 *)y;

	switch ((enum lend_wish_type)row->type) {
	case LEND_WISH_SIZE:
	case LEND_WISH_NUMBER:
		return m->has == n->has && (!m->has || m->v == n->v);
	case LEND_WISH_SWITCH:
	case LEND_WISH_CHOICE:
		return *(const unsigned int *)x == *(const unsigned int *)y;
	case LEND_WISH_TEXTS:
	case LEND_WISH_ITEMS:
		return same_list(row, a, b);
	case LEND_WISH_PART:
		return same_map(row->inside, a, b);
	case LEND_WISH_NETWORK:
		return *(const unsigned int *)x == *(const unsigned int *)y &&
		       same_text(((const struct lend_wish *)a)->network_name,
				 ((const struct lend_wish *)b)->network_name);
	case LEND_WISH_SSH:
	case LEND_WISH_FORWARDS:
		return same_forwards((const struct lend_wish *)a, (const struct lend_wish *)b);
	default:
		return same_text(*(const char *const *)x, *(const char *const *)y);
	}
}

static bool same_map(const struct lend_wish_rows *rows, const char *a, const char *b)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (!same_row(&rows->rows[i], a, b))
			return false;
	}
	return true;
}

bool lend_wish_same(const struct lend_wish *a, const struct lend_wish *b)
{
	return same_map(&lend_wish_rows_top, (const char *)a, (const char *)b);
}

const struct lend_wish_pmem *lend_wish_find_pmem(const struct lend_wish *wish, const char *name)
{
	for (size_t i = 0; i < wish->n_pmem; i++) {
		if (strcmp(wish->pmem[i].name, name) == 0)
			return &wish->pmem[i];
	}
	return NULL;
}

bool lend_wish_key(size_t i, struct lend_wish_key *ret)
{
	for (size_t m = 0; lend_wish_rows_all[m] != NULL; m++) {
		const struct lend_wish_rows *rows = lend_wish_rows_all[m];

		if (i < rows->n) {
			*ret = (struct lend_wish_key){ .below = rows->name,
						       .key = rows->rows[i].key,
						       .example = rows->rows[i].example,
						       .help = rows->rows[i].help };
			return true;
		}
		i -= rows->n;
	}
	return false;
}
