/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/options.h"

#include <assert.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"

enum {
	HELP_COLUMN = 26, /* where the help of an option begins */
	DAY_MS = 24 * 60 * 60 * 1000,
};

void lend_args_done(struct lend_args *args)
{
	free(args->pmem.items);
	free(args->accept.items);
	free(args->discard.items);
	free(args->only.items);
	free(args->skip.items);
	free(args->guests.items);
	free(args->devices.items);
	free(args->sources.items);
	*args = (struct lend_args){ 0 };
}

static void words_push(struct lend_words *words, const char *word)
{
	words->items = lend_xrealloc(words->items, (words->n + 1) * sizeof(*words->items));
	words->items[words->n++] = word;
}

void lend_hint_near(struct lend_err *err, const char *before, const char *typed,
		    lend_name_at *at, const void *context)
{
	const char *name = lend_near(typed, at, context);

	if (name != NULL)
		lend_hint(err, "did you mean '%s%s'?", before, name);
}

/* The rows of options end with the one for --help. */
static const char *option_name(const void *context, size_t i)
{
	const struct lend_option *options = context;

	return i > 0 && strcmp(options[i - 1].name, "help") == 0 ? NULL : options[i].name;
}

static int unknown_option(const struct lend_option *options, const char *word, const char *name,
			  struct lend_err *err)
{
	lend_hint_near(err, "--", name, option_name, options);
	lend_hint(err, "--help lists the options");
	return lend_fail(err, LEND_E_USAGE, "unknown option '%.100s'", word);
}

/* value is NULL for a flag */
static int set_option(struct lend_args *args, const struct lend_option *option,
		      const char *value, struct lend_err *err)
{
	void *at = (char *)args + option->offset;
	const char *old;

	switch ((enum lend_option_type)option->type) {
	case LEND_OPTION_FLAG:
		*(bool *)at = true;
		break;
	case LEND_OPTION_TEXT:
		*(const char **)at = value;
		break;
	case LEND_OPTION_ONE:
		old = *(const char **)at;
		if (old != NULL && strcmp(old, value) != 0)
			return lend_fail(err, LEND_E_USAGE,
					 "--%s is '%.100s' and '%.100s': which of them?",
					 option->name, old, value);
		*(const char **)at = value;
		break;
	case LEND_OPTION_LIST:
		words_push(at, value);
		break;
	}
	return 0;
}

/* "--name", "--name=value"; *next is the word behind it, set to NULL when it was used up. */
static int parse_long(struct lend_args *args, const struct lend_option *options, size_t n,
		      const char *word, const char **next, struct lend_err *err)
{
	size_t len = strcspn(word + 2, "=");
	const char *value = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;
	char name[LEND_NEAR_MAX + 1];
	size_t i = 0;

	(void)snprintf(name, sizeof(name), "%.*s",
		       (int)(len < LEND_NEAR_MAX ? len : LEND_NEAR_MAX), word + 2);
	while (i < n && (len > LEND_NEAR_MAX || strcmp(options[i].name, name) != 0))
		i++;
	if (i == n)
		return unknown_option(options, word, name, err);
	if (options[i].type == LEND_OPTION_FLAG && value != NULL) {
		lend_hint(err, "--help lists the options");
		return lend_fail(err, LEND_E_USAGE, "option '--%s' takes no value", name);
	}
	if (options[i].type != LEND_OPTION_FLAG && value == NULL) {
		if (*next == NULL) {
			lend_hint(err, "write --%s %s", name, options[i].arg);
			return lend_fail(err, LEND_E_USAGE, "option '--%s' needs a value",
					 name);
		}
		value = *next;
		*next = NULL;
	}
	return set_option(args, &options[i], value, err);
}

/* "-abc", "-tVALUE", "-t VALUE" */
static int parse_short(struct lend_args *args, const struct lend_option *options, size_t n,
		       const char *word, const char **next, struct lend_err *err)
{
	for (const char *p = word + 1; *p != '\0'; p++) {
		const char *value = NULL;
		size_t i = 0;

		while (i < n && options[i].letter != *p)
			i++;
		if (i == n)
			return unknown_option(options, (const char[]){ '-', *p, '\0' }, "",
					      err);
		if (options[i].type != LEND_OPTION_FLAG) {
			value = p[1] != '\0' ? p + 1 : *next;
			if (value == NULL) {
				lend_hint(err, "write -%c %s", *p, options[i].arg);
				return lend_fail(err, LEND_E_USAGE,
						 "option '-%c' needs a value", *p);
			}
			if (p[1] == '\0')
				*next = NULL;
		}
		if (set_option(args, &options[i], value, err) < 0)
			return -1;
		if (value != NULL)
			break;
	}
	return 0;
}

int lend_args_parse(struct lend_args *args, const struct lend_option *options, size_t n,
		    int argc, char **argv, struct lend_err *err)
{
	bool only_words = false;

	for (int i = 0; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		bool had_next = next != NULL;
		const char *word = argv[i];
		int r = 0;

		assert(word != NULL);
		if (only_words || word[0] != '-' || word[1] == '\0')
			words_push(&args->sources, word);
		else if (strcmp(word, "--") == 0)
			only_words = true;
		else if (word[1] == '-')
			r = parse_long(args, options, n, word, &next, err);
		else
			r = parse_short(args, options, n, word, &next, err);
		if (r < 0)
			return -1;
		if (had_next && next == NULL)
			i++;
	}
	return 0;
}

void lend_options_help(struct lend_buf *out, const struct lend_option *options, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t start = out->len;

		if (options[i].letter != '\0')
			lend_buf_printf(out, "  -%c, --%s", options[i].letter, options[i].name);
		else
			lend_buf_printf(out, "      --%s", options[i].name);
		if (options[i].arg != NULL)
			lend_buf_printf(out, " %s", options[i].arg);
		if (out->len - start + 2 > HELP_COLUMN) {
			lend_buf_putc(out, '\n');
			start = out->len;
		}
		for (const char *line = options[i].help;;) {
			size_t len = strcspn(line, "\n");

			lend_buf_printf(out, "%*s%.*s\n",
					(int)(HELP_COLUMN - (out->len - start)), "", (int)len,
					line);
			if (line[len] == '\0')
				break;
			line += len + 1;
			start = out->len;
		}
	}
}

int lend_parse_seconds(const char *text, unsigned int *ret_ms, struct lend_err *err)
{
	size_t whole_len = strcspn(text, ".");
	const char *rest = text + whole_len;
	uint64_t whole = 0, ms = 0, scale = 100;
	bool good = whole_len == 0 ? lend_ascii_is_digit(rest[0] == '.' ? rest[1] : '\0')
				   : lend_ascii_is_digit(text[0]) &&
					     lend_parse_u64n(text, whole_len, 10, &whole);

	if (*rest == '.')
		rest++;
	for (; good && *rest != '\0'; rest++, scale /= 10) {
		good = lend_ascii_is_digit(*rest);
		ms += scale * (uint64_t)(*rest - '0');
	}
	if (good && (!lend_mul_u64(whole, 1000, &whole) || !lend_add_u64(ms, whole, &ms)))
		good = false;
	if (!good || ms == 0 || ms > DAY_MS) {
		lend_hint(err, "write a number of seconds, such as 5 or 0.5");
		return lend_fail(err, LEND_E_USAGE, "--timeout '%.60s' is no time", text);
	}
	*ret_ms = (unsigned int)ms;
	return 0;
}

int lend_parse_columns(const char *list, lend_name_at *at, const void *context,
		       struct lend_columns *ret_columns, struct lend_err *err)
{
	for (;;) {
		size_t len = strcspn(list, ",");
		const char *name;
		size_t i = 0;

		while ((name = at(context, i)) != NULL &&
		       (strlen(name) != len || memcmp(name, list, len) != 0))
			i++;
		if (name == NULL) {
			char typed[LEND_NEAR_MAX + 1];

			(void)snprintf(typed, sizeof(typed), "%.*s",
				       (int)(len < LEND_NEAR_MAX ? len : LEND_NEAR_MAX), list);
			lend_hint_near(err, "", typed, at, context);
			return lend_fail(err, LEND_E_USAGE, "there is no column '%s'", typed);
		}
		if (ret_columns->n == LEND_COLUMNS_MAX)
			return lend_fail(err, LEND_E_USAGE, "more than %d columns",
					 LEND_COLUMNS_MAX);
		ret_columns->items[ret_columns->n++] = name;
		if (list[len] == '\0')
			return 0;
		list += len + 1;
	}
}
