/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of another host's file system: links, listings and contents,
 * each with "not known yet" as a state of its own.
 *
 * Paths have no leading slash, as keys of questions.  A path is followed
 * through the links that are known, so that a listing that was read by one
 * name answers for all others.  What a complete listing lacks is absent.
 */

#ifndef LEND_IO_FAR_TREE_H
#define LEND_IO_FAR_TREE_H

#include <stdbool.h>

#include "io/inside.h"

struct lend_far_node {
	const char *path;
	const char *link; /* what it says; NULL: it is none, or not known */
	bool seen;        /* it is there, and what sort of thing it is */
	bool listed;      /* names is all that is in it */
	bool links_seen;  /* all links in it are known */
	bool sorted;
	bool has_bytes;
	/* Not 0: why it could not be told, as a link, a folder, a file. */
	int link_errno, dir_errno, file_errno;
	const char **names;
	size_t n_names, cap_names;
	const char *bytes;
	size_t len;
};

struct lend_far_tree {
	struct lend_arena memory;
	struct lend_far_node **nodes; /* open hash */
	size_t size, n;
};

void lend_far_tree_done(struct lend_far_tree *tree);

/* Made when it is not there; the path is taken as it is. */
struct lend_far_node *lend_far_node(struct lend_far_tree *tree, const char *path);

/* The path behind all links that are known but, unless last, the one it ends in. */
void lend_far_real(const struct lend_far_tree *tree, const char *path, bool last,
		   struct lend_buf *ret);

/* An entry of a folder that is being listed: in_list, else one that was asked for alone. */
struct lend_far_node *lend_far_add(struct lend_far_tree *tree, const char *path, char type,
				   const char *link, bool in_list);
void lend_far_put_bytes(struct lend_far_tree *tree, const char *path, const char *bytes,
			size_t len);
/* The same with all folders above it, each of which then has in it what was put there. */
void lend_far_put_whole(struct lend_far_tree *tree, const char *path, const char *bytes,
			size_t len);

/* As a listing has them: short ones first. */
void lend_far_sort(const char **names, size_t n);

/* false: it does not know. */
bool lend_far_tree_answer(struct lend_far_tree *tree, enum lend_via via, const char *path,
			  struct lend_answer *answer);

#endif
