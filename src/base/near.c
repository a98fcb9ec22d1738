/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/near.h"

#include <stdint.h>

#include "base/ascii.h"
#include "base/attr.h"

/* What is compared of a word. */
struct folded {
	char text[LEND_NEAR_MAX + 1];
	size_t len;
};

/* len is 0 for a word that is near to nothing. */
static struct folded fold(const char *word)
{
	struct folded f = { 0 };

	if (strnlen(word, LEND_NEAR_MAX + 1) > LEND_NEAR_MAX)
		return f;
	for (; *word != '\0'; word++) {
		if (*word != '-' && *word != '_')
			f.text[f.len++] = lend_ascii_lower(*word);
	}
	return f;
}

static size_t edits(const struct folded *a, const struct folded *b)
{
	size_t row[3][LEND_NEAR_MAX + 1];
	size_t *before = row[0], *last = row[1], *now = row[2];

	for (size_t j = 0; j <= b->len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a->len; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b->len; j++) {
			size_t best = last[j - 1] + (a->text[i - 1] != b->text[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a->text[i - 1] == b->text[j - 2] &&
			    a->text[i - 2] == b->text[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b->len];
}

/* SIZE_MAX: too many. */
static size_t distance(const struct folded *typed, const char *name)
{
	struct folded f = fold(name);
	size_t n;

	if (typed->len == 0 || f.len == 0)
		return SIZE_MAX;
	n = edits(typed, &f);
	if (n <= (f.len < 5 ? 1 : 2))
		return n;
	/* The beginning of a name counts as its worst near miss. */
	if (typed->len >= 3 && memcmp(typed->text, f.text, typed->len) == 0)
		return 2;
	return SIZE_MAX;
}

const char *lend_near(const char *typed, lend_name_at *at, const void *context)
{
	struct folded f = fold(typed);
	const char *best = NULL;
	size_t least = SIZE_MAX;
	const char *name;

	for (size_t i = 0; (name = at(context, i)) != NULL; i++) {
		size_t n = distance(&f, name);

		if (n < least) {
			least = n;
			best = name;
		}
	}
	return best;
}

static const char *word_at(const void *context, size_t i)
{
	return ((const char *const *)context)[i];
}

const char *lend_near_word(const char *typed, const char *const *words)
{
	return lend_near(typed, word_at, words);
}
