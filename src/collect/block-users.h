/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fact used_by of block devices, out of the edges that are there. */

#ifndef LEND_COLLECT_BLOCK_USERS_H
#define LEND_COLLECT_BLOCK_USERS_H

#include "collect/collect.h"

struct lend_block_user {
	uint32_t block; /* index of its node */
	const char *text;
};

struct lend_block_users {
	struct lend_block_user
		*items; /* users that are no nodes; the edges are added to them */
	size_t n, cap;
	const char *blind; /* why users may be there that were not seen; NULL: they were */
	const char *hint;
};

/* When somebody may be unseen, a device without a user is one whose users cannot be told, and
 * one with users may have others. */
void lend_block_put_users(struct lend_scan *scan, struct lend_block_users *users, uint32_t by);

#endif
