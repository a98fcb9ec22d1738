/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/shell-words.h"

#include <stdbool.h>

#include "base/ascii.h"
#include "base/err.h"

struct reader {
	const char *text;
	size_t len;
	size_t at;
	struct lend_buf *words; /* a NUL behind each */
	bool in_word;
	size_t expands; /* bytes at expands_at that a shell would replace; 0: none so far */
	size_t expands_at;
};

enum { EXPANDS_MAX = 60 /* bytes of it that are told */ };

static int here(const struct reader *r, size_t ahead)
{
	return r->at + ahead < r->len ? (unsigned char)r->text[r->at + ahead] : -1;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool starts(const struct reader *r, size_t from, const char *word)
{
	const size_t n = strlen(word);

	return r->len - from >= n && memcmp(r->text + from, word, n) == 0;
}

static void skip_line(struct reader *r)
{
	while (r->at < r->len && r->text[r->at] != '\n')
		r->at++;
}

/* Is the # here what a root shell puts in front, and not a comment? */
static bool is_root_prompt(const struct reader *r)
{
	size_t i = r->at + 1;

	if (!is_blank(here(r, 1)))
		return false;
	while (i < r->len && is_blank(r->text[i]))
		i++;
	return starts(r, i, "sudo ") || starts(r, i, "/") || starts(r, i, "qemu");
}

/* White space, comments and prompts before a command. */
static void skip_to_command(struct reader *r)
{
	for (;;) {
		int c = here(r, 0);

		if (is_blank(c) || c == '\n' || c == ';' || c == '|' || c == '&')
			r->at++;
		else if (c == '#' && !is_root_prompt(r))
			skip_line(r);
		else if (c == '#' || (c == '$' && is_blank(here(r, 1))))
			r->at++;
		else
			return;
	}
}

static void end_word(struct reader *r)
{
	if (r->in_word)
		lend_buf_putc(r->words, '\0');
	r->in_word = false;
}

static void add(struct reader *r, char c)
{
	r->in_word = true;
	lend_buf_putc(r->words, c);
}

/* Behind the backslash at *at: the end of a line vanishes, everything else stands for itself.
 */
static void escape(struct reader *r)
{
	r->at++;
	if (here(r, 0) == '\r' && here(r, 1) == '\n')
		r->at++;
	if (here(r, 0) > 0 && here(r, 0) != '\n')
		add(r, r->text[r->at]);
	r->at += here(r, 0) > 0;
}

static int nul_byte(const struct reader *r, struct lend_err *err)
{
	return lend_fail(err, LEND_E_FORMAT, "byte %zu is NUL, which no typed command has",
			 r->at);
}

/* The shell's own signs: $NAME, ${...}, $(...), $1, $@, and `...`. */
static void note_expansion(struct reader *r)
{
	const int next = here(r, 1);
	size_t n = 1;

	if (r->expands > 0 ||
	    !(here(r, 0) == '`' ||
	      (here(r, 0) == '$' &&
	       (lend_ascii_is_alpha((char)next) || lend_ascii_is_digit((char)next) ||
		(next > 0 && strchr("_{(@*#?!$", next) != NULL)))))
		return;
	while (n < EXPANDS_MAX && here(r, n) > ' ' && strchr(",;&|\"'", here(r, n)) == NULL)
		n++;
	r->expands = n;
	r->expands_at = r->at;
}

/* From the opening quote to behind the closing one. */
static int quoted(struct reader *r, struct lend_err *err)
{
	const size_t start = r->at;
	const char quote = r->text[r->at++];

	r->in_word = true;
	for (; r->at < r->len; r->at++) {
		char c = r->text[r->at];
		int next = here(r, 1);

		if (c == quote) {
			r->at++;
			return 0;
		}
		if (quote == '"')
			note_expansion(r);
		if (quote == '"' && c == '\\' && next == '\n') {
			r->at++;
			continue;
		}
		if (quote == '"' && c == '\\' &&
		    (next == '"' || next == '\\' || next == '$' || next == '`'))
			c = r->text[++r->at];
		if (c == '\0')
			return nul_byte(r, err);
		lend_buf_putc(r->words, c);
	}
	return lend_fail(err, LEND_E_FORMAT, "the quote at byte %zu is not closed", start);
}

/* "2>" and what follows it, up to the end of the command. */
static void redirection(struct reader *r, size_t word_start)
{
	const size_t digits = r->words->len - word_start;
	int c;

	if (digits > 0 && strspn(r->words->text + word_start, "0123456789") == digits) {
		r->words->len = word_start;
		r->in_word = false;
	}
	end_word(r);
	r->at++;
	while ((c = here(r, 0)) >= 0 && c != '\n' && c != ';' && c != '|' &&
	       !(c == '&' && r->text[r->at - 1] != '>'))
		r->at++;
}

static int read_command(struct reader *r, struct lend_err *err)
{
	size_t word_start = 0;
	int c;

	while ((c = here(r, 0)) >= 0 && c != '\n' && c != ';' && c != '|' && c != '&') {
		if (!r->in_word)
			word_start = r->words->len;
		if (c == '\'' || c == '"') {
			if (quoted(r, err) < 0)
				return -1;
		} else if (c == '\\') {
			escape(r);
		} else if (c == '<' || c == '>') {
			redirection(r, word_start);
		} else if (c == '#' && !r->in_word) {
			skip_line(r);
		} else if (c == '\0') {
			return nul_byte(r, err);
		} else if (is_blank(c)) {
			end_word(r);
			r->at++;
		} else {
			note_expansion(r);
			add(r, (char)c);
			r->at++;
		}
	}
	end_word(r);
	return 0;
}

int lend_shell_words_of(struct lend_arena *arena, const char *text, size_t len, size_t *at,
			const char **ret_bytes, size_t *ret_len, const char **ret_expands,
			struct lend_err *err)
{
	lend_auto_buf words = { 0 };
	struct reader r = { .text = text, .len = len, .at = *at, .words = &words };

	while (words.len == 0) {
		skip_to_command(&r);
		if (r.at >= len) {
			*at = len;
			return 1;
		}
		if (read_command(&r, err) < 0)
			return -1;
	}
	*at = r.at;
	*ret_bytes = lend_arena_strndup(arena, words.text, words.len);
	*ret_len = words.len;
	*ret_expands = r.expands == 0
			       ? NULL
			       : lend_arena_strndup(arena, text + r.expands_at, r.expands);
	return 0;
}

int lend_shell_words(struct lend_arena *arena, const char *text, size_t len, size_t *at,
		     const char **ret_bytes, size_t *ret_len, struct lend_err *err)
{
	const char *expands;

	return lend_shell_words_of(arena, text, len, at, ret_bytes, ret_len, &expands, err);
}

void lend_shell_quote(struct lend_buf *out, const char *bytes, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./:=,@%+-";

	for (size_t i = 0; i < len;) {
		const size_t n = strnlen(bytes + i, len - i);
		size_t ok = 0;

		while (ok < n && strchr(plain, bytes[i + ok]) != NULL)
			ok++;
		if (i > 0)
			lend_buf_putc(out, ' ');
		if (n > 0 && ok == n) {
			lend_buf_put(out, bytes + i, n);
		} else {
			lend_buf_putc(out, '\'');
			for (size_t k = i; k < i + n; k++) {
				if (bytes[k] == '\'')
					lend_buf_puts(out, "'\\''");
				else
					lend_buf_putc(out, bytes[k]);
			}
			lend_buf_putc(out, '\'');
		}
		i += n + 1;
	}
}
