/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One text into one member of a wish, by the type of its row. */

#include "base/ascii.h"
#include "base/err.h"
#include "base/near.h"
#include "base/num.h"
#include "format/size.h"
#include "format/wish-yaml-rows.h"

enum { QUOTE_MAX = 40 };

int lend_wish_fail_text(const char *text, const char *why, struct lend_err *err)
{
	return lend_fail(err, LEND_E_FORMAT, "'%.*s%s' %s", QUOTE_MAX, text,
			 strlen(text) > QUOTE_MAX ? "..." : "", why);
}

static void put_amount(struct lend_buf *out, const struct lend_wish_row *row, uint64_t n)
{
	if (row->type == LEND_WISH_SIZE)
		lend_size_format(out, n);
	else
		lend_buf_put_u64(out, n, 10);
}

static int check_range(const struct lend_wish_row *row, const char *text, uint64_t n,
		       struct lend_err *err)
{
	bool small = n < row->min;
	lend_auto_buf limit = { 0 };

	if ((!small || (n == 0 && row->zero_is_fine)) && n <= row->max)
		return 0;
	if (n == 0)
		return lend_fail(err, LEND_E_FORMAT, "0 makes no sense here");
	put_amount(&limit, row, small ? row->min : row->max);
	return lend_fail(err, LEND_E_FORMAT, "'%.*s' is too %s: at %s %s%s", QUOTE_MAX, text,
			 small ? "small" : "large", small ? "least" : "most", limit.text,
			 small && row->zero_is_fine ? ", or 0" : "");
}

/* Digits and nothing else, or 0x and digits. */
static bool is_bare(const char *text)
{
	uint64_t n;

	return lend_parse_u64(text, 0, &n) || strspn(text, "0123456789_") == strlen(text);
}

static int parse_size(const struct lend_wish_row *row, const char *text, uint64_t *ret,
		      struct lend_err *err)
{
	if (is_bare(text) && strspn(text, "0") != strlen(text)) {
		if (strspn(text, "0123456789") == strlen(text) && strlen(text) < QUOTE_MAX)
			lend_hint(err, "write the unit: '%s MiB', '%s GiB' or '%s B'", text,
				  text, text);
		lend_hint(err, "write decimal digits and the unit, as in 4 GiB");
		return lend_wish_fail_text(text, "is no size: it has no unit", err);
	}
	if (lend_size_parse(text, LEND_SIZE_UNITS, ret, err) < 0) {
		if (strchr(text, ',') != NULL)
			lend_hint(err, "write decimals with a point, as in 1.5 GiB");
		lend_hint(err, "write it as 4 GiB, 512 MiB, or 4 GB for 4000000000 bytes");
		return -1;
	}
	return check_range(row, text, *ret, err);
}

static int parse_number(const struct lend_wish_row *row, const char *text, uint64_t *ret,
			struct lend_err *err)
{
	size_t digits = strspn(text, "0123456789");
	size_t zeros = strspn(text, "0");

	if (*text == '-')
		return lend_wish_fail_text(text, "is negative", err);
	if (zeros > 0 && digits > 1 && text[digits] == '\0') {
		zeros -= zeros == digits;
		lend_hint(err, "write '%.*s', or '0x...' for hexadecimal", QUOTE_MAX,
			  text + zeros);
		return lend_wish_fail_text(text, "begins with 0, which is octal to some", err);
	}
	if (!lend_parse_u64(text, 0, ret)) {
		if (digits > 0 && text[digits] == '\0')
			return lend_wish_fail_text(text, "is beyond 64 bits", err);
		lend_hint(err, "write digits only, or 0x and hexadecimal digits");
		return lend_wish_fail_text(text, "is no whole number", err);
	}
	return check_range(row, text, *ret, err);
}

static int parse_switch(const char *text, enum lend_tri *ret, struct lend_err *err)
{
	static const char *const words[] = { "true", "on", "yes", "false", "off", "no" };

	for (size_t i = 0; i < LEND_COUNT(words); i++) {
		if (lend_ascii_casecmp(text, words[i]) == 0) {
			*ret = i < LEND_COUNT(words) / 2 ? LEND_TRI_ON : LEND_TRI_OFF;
			return 0;
		}
	}
	lend_hint(err, "write true or false");
	return lend_wish_fail_text(text, "is neither true nor false", err);
}

int lend_wish_find_word(const char *const *words, const char *text, size_t *ret_i,
			struct lend_err *err)
{
	lend_auto_buf list = { 0 };
	const char *near;

	for (size_t i = 0; words[i] != NULL; i++) {
		if (*words[i] == '\0')
			continue;
		if (strcmp(words[i], text) == 0) {
			*ret_i = i;
			return 0;
		}
		lend_buf_printf(&list, "%s%s", list.len > 0 ? ", " : "", words[i]);
	}
	near = lend_near_word(text, words);
	if (near != NULL)
		lend_hint(err, "did you mean '%s'?", near);
	lend_hint(err, "write one of %s", lend_buf_text(&list));
	return lend_wish_fail_text(text, "is none of the words for this", err);
}

static int check_text(struct lend_arena *arena, const struct lend_wish_row *row,
		      const char *text, const char **ret, struct lend_err *err)
{
	*ret = lend_arena_strdup(arena, text);
	return row->check == NULL ? 0 : row->check(arena, ret, err);
}

int lend_wish_set(struct lend_arena *arena, const struct lend_wish_row *row, const char *text,
		  void *object, struct lend_err *err)
{
	void *member = (char *)object + row->offset;
	uint64_t n = 0;
	size_t i = 0;

	switch ((enum lend_wish_type)row->type) {
	case LEND_WISH_SIZE:
		if (parse_size(row, text, &n, err) < 0)
			return -1;
		*(struct lend_opt_u64 *)member = lend_opt(n);
		return 0;
	case LEND_WISH_NUMBER:
		if (parse_number(row, text, &n, err) < 0)
			return -1;
		*(struct lend_opt_u64 *)member = lend_opt(n);
		return 0;
	case LEND_WISH_SWITCH:
		return parse_switch(text, member, err);
	case LEND_WISH_WORD:
		if (lend_wish_find_word(row->words, text, &i, err) < 0)
			return -1;
		*(const char **)member = row->words[i];
		return 0;
	case LEND_WISH_CHOICE:
		if (lend_wish_find_word(row->words, text, &i, err) < 0)
			return -1;
		*(unsigned int *)member = (unsigned int)i;
		return 0;
	default:
		return check_text(arena, row, text, member, err);
	}
}
