/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A saved ESXi host as a bag of files: a copied tree, or a vm-support bundle,
 * whose folder is laid out as the host is, with what commands printed below
 * commands/.  Only files that some collector reads are kept.
 */

#ifndef LEND_COLLECT_ESX_TREE_H
#define LEND_COLLECT_ESX_TREE_H

#include "collect/collect.h"
#include "format/esx-lists.h"

struct lend_esx_bag {
	struct lend_arena *memory;
	const char *source; /* as the user named it */
	struct lend_scan_file *files;
	size_t n, cap;
	size_t bytes, entries;
};

/* A path inside the tree: does some collector read such a file? */
bool lend_esx_is_wanted(const char *path);

/* The ConfigStore of 7.0 and later, of which only the first bytes are kept. */
bool lend_esx_is_store(const char *path);

/* By its name alone: "localcli_hardware-pci-list.txt"; LEND_ESX_COMMANDS: by none of these. */
enum lend_esx_command lend_esx_command_of_file(const char *path);

/* Bytes are copied.  -1: more of it than can be the saved host of anybody. */
int lend_esx_bag_put(struct lend_esx_bag *bag, const char *path, const char *bytes, size_t len,
		     struct lend_err *err) LEND_MUST_CHECK;

/* Joins what a bundle has in parts, and sorts. */
void lend_esx_bag_end(struct lend_esx_bag *bag);

/*
 * The folder of the tree that is the host's root, "" for its top; NULL when it
 * is no host of ESXi.  names are those at the top.
 */
const char *lend_esx_top(struct lend_io *io, const struct lend_answer *names,
			 struct lend_arena *memory);
/* The same out of an archive; what is cut off is told as a broken file. */
int lend_esx_archive_read(const char *bytes, size_t len, struct lend_esx_bag *bag,
			  struct lend_err *err) LEND_MUST_CHECK;
int lend_esx_tree_read(struct lend_io *io, const char *top, struct lend_esx_bag *bag,
		       struct lend_err *err) LEND_MUST_CHECK;

#endif
