/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * YAML as people write it, as a tree: mappings, lists, texts.
 *
 * libyaml behind this file, with limits.  What makes YAML surprising is
 * refused by name: anchors and aliases, tags, several documents, keys that
 * are no texts, bytes that are no text.  Nothing is converted: 010, yes and
 * 12:30 are texts here, and whoever asks for a number reads one.
 */

#ifndef LEND_FORMAT_YAML_TREE_H
#define LEND_FORMAT_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "lend/lend.h"

enum {
	LEND_YAML_DEPTH_MAX = 16,
	LEND_YAML_NODES_MAX = 40 * 1000,
};

enum lend_yaml_kind { LEND_YAML_TEXT, LEND_YAML_LIST, LEND_YAML_MAP };

/* Lines and columns count from 1, columns in characters; line 0: nowhere. */
struct lend_yaml_node {
	enum lend_yaml_kind kind;
	bool quoted; /* not plain: "", '', | or > */
	uint32_t line, column;
	uint32_t key_line, key_column;
	const char *text;                    /* never NULL of a TEXT, and without NUL bytes */
	const char *key;                     /* of a value in a mapping, else NULL */
	struct lend_yaml_node *first, *next; /* items, or values of a mapping */
	size_t n;
};

/*
 * One document; the tree lives in the arena.  NULL: nothing but comments.
 * file is what errors call it.
 */
int lend_yaml_parse(struct lend_arena *arena, const char *file, const char *text, size_t len,
		    struct lend_yaml_node **ret_root, struct lend_err *err) LEND_MUST_CHECK;

/* As lend_where: "db1.yaml:7:3"; nothing for line 0.  Returns -1. */
int lend_yaml_where(struct lend_err *err, const char *file, uint32_t line, uint32_t column);

/*
 * The length of the character at text if a YAML file can hold it as it is, or
 * 0.  Stricter than YAML: lines end in "\n" or "\r\n" only, so that they are
 * the lines of every editor.
 */
size_t lend_yaml_char(const char *text, size_t len);

#endif
