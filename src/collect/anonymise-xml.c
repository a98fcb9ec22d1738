/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * XML with other names: tags stay as they are, texts and values are rewritten.
 * What people wrote down about a domain (title, description, metadata) goes.
 */

#include "collect/anonymise.h"

enum { ELEMENT_MAX = 32 };

/* Elements with nothing but somebody's own words inside. */
static const char *const notes[] = { "title", "description", "metadata" };

static size_t up_to(const char *text, size_t len, const char *end)
{
	const char *found = memmem(text, len, end, strlen(end));

	return found == NULL ? len : (size_t)(found - text) + strlen(end);
}

/* The values in a tag. */
static void put_tag(struct lend_anonymise *a, const char *tag, size_t len, struct lend_buf *out)
{
	for (size_t i = 0; i < len;) {
		const char *end;
		size_t n;

		lend_buf_putc(out, tag[i]);
		if (tag[i] != '\'' && tag[i] != '"') {
			i++;
			continue;
		}
		end = memchr(tag + i + 1, tag[i], len - i - 1);
		n = end == NULL ? len - i - 1 : (size_t)(end - tag) - i - 1;
		lend_anon_text(a, tag + i + 1, n, out);
		i += 1 + n;
		if (end != NULL)
			lend_buf_putc(out, tag[i++]);
	}
}

/* The end of a tag is no '>' in a value. */
static size_t tag_length(const char *text, size_t len)
{
	char quote = '\0';

	for (size_t i = 1; i < len; i++) {
		if (quote != '\0') {
			quote = text[i] == quote ? '\0' : quote;
		} else if (text[i] == '\'' || text[i] == '"') {
			quote = text[i];
		} else if (text[i] == '>') {
			return i + 1;
		}
	}
	return len;
}

static size_t name_length(const char *tag, size_t len)
{
	size_t n = 1;

	while (n < len && strchr(" \t\r\n/>", tag[n]) == NULL)
		n++;
	return n - 1;
}

/* The bytes of the whole element when it is one of the notes; else 0. */
static size_t note_length(const char *text, size_t len)
{
	size_t tag = tag_length(text, len);
	size_t n = name_length(text, tag);

	for (size_t i = 0; i < LEND_COUNT(notes); i++) {
		char end[ELEMENT_MAX];

		if (strlen(notes[i]) != n || memcmp(text + 1, notes[i], n) != 0)
			continue;
		if (tag > 1 && text[tag - 2] == '/')
			return tag;
		(void)snprintf(end, sizeof(end), "</%s>", notes[i]);
		return up_to(text, len, end);
	}
	return 0;
}

void lend_anon_xml(struct lend_anonymise *a, const char *text, size_t len, struct lend_buf *out)
{
	bool is_name = false;

	while (len > 0) {
		bool tag = text[0] == '<';
		const char *next = tag ? NULL : memchr(text, '<', len);
		size_t n = tag ? note_length(text, len) : 0;

		if (n > 0) {
			text += n;
			len -= n;
			continue;
		}
		if (tag)
			n = len > 3 && memcmp(text, "<!--", 4) == 0 ? up_to(text, len, "-->")
								    : tag_length(text, len);
		else
			n = next == NULL ? len : (size_t)(next - text);
		if (!tag && is_name)
			lend_anon_name(a, text, n, out);
		else if (!tag)
			lend_anon_text(a, text, n, out);
		else if (text[1] != '!')
			put_tag(a, text, n, out);
		is_name = tag && n == strlen("<name>") && memcmp(text, "<name>", n) == 0;
		text += n;
		len -= n;
	}
}
