/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes, as a document and as a transcript; what is written reads back the same. */

#include "format/ndctl-json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void back(struct lend_arena *arena, const struct lend_ndctl *nd)
{
	lend_auto_buf first = { 0 };
	lend_auto_buf second = { 0 };
	struct lend_ndctl again;

	lend_ndctl_write(&first, nd);
	if (lend_ndctl_parse(arena, first.text, first.len, &again, NULL) < 0 ||
	    again.n_buses != nd->n_buses || again.n_dimms != nd->n_dimms ||
	    again.n_regions != nd->n_regions || again.n_namespaces != nd->n_namespaces ||
	    again.has_buses != nd->has_buses || again.has_dimms != nd->has_dimms ||
	    again.has_regions != nd->has_regions || again.has_namespaces != nd->has_namespaces)
		abort();
	lend_ndctl_write(&second, &again);
	if (first.len != second.len || memcmp(first.text, second.text, first.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	struct lend_err err2 = { 0 };
	struct lend_ndctl nd;

	if (lend_ndctl_parse(&arena, (const char *)data, size, &nd, &err) == 0)
		back(&arena, &nd);
	else if (err.code == LEND_OK)
		abort();
	if (lend_ndctl_parse_transcript(&arena, (const char *)data, size, &nd, &err2) == 0)
		back(&arena, &nd);
	else if (err2.code == LEND_OK)
		abort();
	lend_arena_done(&arena);
	return 0;
}
