/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What vim-objects.c and vim-storage.c share; nobody else includes it. */

#ifndef LEND_FORMAT_VIM_INSIDE_H
#define LEND_FORMAT_VIM_INSIDE_H

#include "base/num.h"
#include "format/vim-reply.h"

/* Cut; NULL: there is none. */
static inline void put_text(struct lend_jsonw *w, const char *key, const char *text)
{
	size_t len = text == NULL ? 0 : strnlen(text, LEND_VIM_TEXT_MAX);

	if (text != NULL)
		lend_jsonw_strn(w, key, text, len);
}

static inline const char *text_of(const struct lend_xml_node *node, const char *child)
{
	const struct lend_xml_node *n = lend_xml_any(node, child);

	return n == NULL ? NULL : n->text;
}

static inline void put_child(struct lend_jsonw *w, const char *key,
			     const struct lend_xml_node *node, const char *child)
{
	put_text(w, key, text_of(node, child));
}

static inline bool bool_of(const char *text, bool *ret)
{
	if (text == NULL)
		return false;
	*ret = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	return *ret || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

static inline void put_bool(struct lend_jsonw *w, const char *key, const char *text)
{
	bool value;

	if (bool_of(text, &value))
		lend_jsonw_bool(w, key, value);
}

static inline void put_size(struct lend_jsonw *w, const char *key, const char *text,
			    unsigned int unit)
{
	uint64_t value;

	if (text != NULL && lend_parse_u64(text, 10, &value) &&
	    lend_mul_u64(value, unit, &value))
		lend_jsonw_u64(w, key, value);
}

/* Elements of an array, as far as they are passed on. */
static inline const struct lend_xml_node *next_of(const struct lend_xml_node *node, size_t *n)
{
	return (*n)++ < LEND_VIM_DEVICES_MAX ? lend_xml_any_again(node) : NULL;
}

/* Adapters, disks, the paths between them, volumes. */
void lend_vim_put_storage(struct lend_jsonw *w, const struct lend_xml_node *host);

#endif
