/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An open hash. */

#include "collect/anonymise-table.h"

#include <string.h>

#include "io/out.h"

static struct lend_anon_entry *place(const struct lend_anon_table *t, const char *from,
				     size_t len)
{
	size_t at = lend_hash_bytes(from, len) & (t->size - 1);

	while (t->entries[at].from != NULL &&
	       (t->entries[at].len != len || memcmp(t->entries[at].from, from, len) != 0))
		at = (at + 1) & (t->size - 1);
	return &t->entries[at];
}

struct lend_anon_entry *lend_anon_find(const struct lend_anon_table *t, const char *from,
				       size_t len)
{
	struct lend_anon_entry *entry = t->size == 0 ? NULL : place(t, from, len);

	return entry == NULL || entry->from == NULL ? NULL : entry;
}

struct lend_anon_entry *lend_anon_add(struct lend_arena *arena, struct lend_anon_table *t,
				      const char *from, size_t len)
{
	struct lend_anon_entry *entry;

	if (t->n * 2 >= t->size) {
		struct lend_anon_table bigger = { .size = t->size == 0 ? 256 : t->size * 2,
						  .n = t->n };

		bigger.entries = lend_arena_array(arena, bigger.size, sizeof(*bigger.entries));
		for (size_t i = 0; i < t->size; i++) {
			entry = &t->entries[i];
			if (entry->from != NULL)
				*place(&bigger, entry->from, entry->len) = *entry;
		}
		*t = bigger;
	}
	entry = place(t, from, len);
	if (entry->from == NULL) {
		entry->from = lend_arena_strndup(arena, from, len);
		entry->len = len;
		t->n++;
	}
	return entry;
}
