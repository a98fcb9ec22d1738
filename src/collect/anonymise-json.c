/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON of which parts are private: by the key in front, also inside base64. */

#include "base/ascii.h"
#include "base/base64.h"
#include "base/num.h"
#include "collect/anonymise.h"
#include "format/nd-listing.h"

enum { BASE64_MIN = 12, DEPTH_MAX = 4 };

/* A string's end, behind the quote; 0 when there is none. */
static size_t string_length(const char *text, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"')
			return i + 1;
	}
	return 0;
}

static void put_utf8(struct lend_buf *out, uint32_t c)
{
	if (c < 0x80) {
		lend_buf_putc(out, (char)c);
	} else if (c < 0x800) {
		lend_buf_putc(out, (char)(0xc0 | c >> 6));
		lend_buf_putc(out, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		lend_buf_putc(out, (char)(0xe0 | c >> 12));
		lend_buf_putc(out, (char)(0x80 | (c >> 6 & 63)));
		lend_buf_putc(out, (char)(0x80 | (c & 63)));
	} else {
		lend_buf_putc(out, (char)(0xf0 | c >> 18));
		lend_buf_putc(out, (char)(0x80 | (c >> 12 & 63)));
		lend_buf_putc(out, (char)(0x80 | (c >> 6 & 63)));
		lend_buf_putc(out, (char)(0x80 | (c & 63)));
	}
}

/* The four digits behind \u at text + i; false when there are none. */
static bool get_unit(const char *text, size_t len, size_t i, uint32_t *ret)
{
	uint64_t unit;

	if (i + 6 > len || text[i] != '\\' || text[i + 1] != 'u' ||
	    !lend_parse_u64n(text + i + 2, 4, 16, &unit))
		return false;
	*ret = (uint32_t)unit;
	return true;
}

static void unescape(const char *text, size_t len, struct lend_buf *out)
{
	static const char names[] = "bfnrt";
	static const char values[] = "\b\f\n\r\t";

	for (size_t i = 0; i < len; i++) {
		uint32_t c, low;

		if (text[i] != '\\' || i + 1 >= len) {
			lend_buf_putc(out, text[i]);
		} else if (get_unit(text, len, i, &c)) {
			i += 5;
			if (c >= 0xd800 && c < 0xdc00 && get_unit(text, len, i + 1, &low) &&
			    low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i += 6;
			}
			put_utf8(out, c);
		} else {
			const char *name = strchr(names, text[++i]);

			lend_buf_putc(out, name != NULL && *name != '\0' ? values[name - names]
									 : text[i]);
		}
	}
}

static void put_json(struct lend_anonymise *a, int depth, const char *text, size_t len,
		     struct lend_buf *out);

/* Bytes that may be wrapped, or by their key are, by an agent; false when it is none. */
static bool put_base64(struct lend_anonymise *a, int depth, bool wrapped,
		       const struct lend_buf *text, struct lend_buf *out)
{
	lend_auto_buf inside = { 0 };
	lend_auto_buf other = { 0 };
	const char *p, *bytes;

	if ((text->len < BASE64_MIN && !wrapped) || text->len % 4 != 0 || depth == DEPTH_MAX ||
	    !lend_base64_decode(text->text, text->len, &inside))
		return false;
	bytes = lend_buf_text(&inside);
	p = bytes + strspn(bytes, " \t\r\n");
	if (wrapped && lend_anon_last_file(a)->reading)
		lend_anon_all(a, LEND_ANON_FORCE, bytes, inside.len, &other);
	else if (wrapped && lend_anon_is_listing(bytes, inside.len))
		lend_anon_listing(a, bytes, inside.len, &other);
	else if (*p == '{' || *p == '[')
		put_json(a, depth + 1, bytes, inside.len, &other);
	else if (memchr(bytes, '\0', inside.len) == NULL)
		lend_anon_text(a, bytes, inside.len, &other);
	else
		return false;
	if (other.len == inside.len && memcmp(lend_buf_text(&other), bytes, other.len) == 0)
		return false;
	lend_base64_encode(lend_buf_text(&other), other.len, out);
	return true;
}

/* A string that is a value; key is the one in front of it. */
static void put_string(struct lend_anonymise *a, int depth, const char *key, size_t key_len,
		       const char *text, size_t len, struct lend_buf *out)
{
	static const char *const wraps[] = { "out-data", "err-data", "buf-b64" };
	static const char *const words[] = { "driver", "qom-type", "type", "execute",
					     "property" };
	/* What ndctl calls a namespace: its label's. */
	static const char *const names[] = { "name" };
	/* Of lend-via-libvirt. */
	static const char *const xmls[] = { "live", "defined" };
	lend_auto_buf plain = { 0 };
	lend_auto_buf other = { 0 };

	unescape(text + 1, len - 2, &plain);
	lend_buf_puts(&plain, "");
	if (lend_anon_is_one_of(words, LEND_COUNT(words), key, key_len) ||
	    strcmp(plain.text, lend_nd_listing_script) == 0)
		lend_buf_put(&other, plain.text, plain.len);
	else if (depth > 0 && lend_anon_is_one_of(names, LEND_COUNT(names), key, key_len))
		lend_anon_all(a, LEND_ANON_FORCE, plain.text, plain.len, &other);
	else if (lend_anon_is_secret_key(key, key_len) && plain.text[0] != '/')
		lend_anon_all(a, LEND_ANON_FORCE, plain.text, plain.len, &other);
	else if (lend_anon_is_one_of(xmls, LEND_COUNT(xmls), key, key_len) &&
		 plain.text[0] == '<')
		lend_anon_xml(a, plain.text, plain.len, &other);
	else if (!put_base64(a, depth,
			     lend_anon_is_one_of(wraps, LEND_COUNT(wraps), key, key_len),
			     &plain, &other))
		lend_anon_text(a, plain.text, plain.len, &other);
	if (other.len == plain.len &&
	    (plain.len == 0 || memcmp(plain.text, other.text, plain.len) == 0)) {
		lend_buf_put(out, text, len); /* with the escapes it had */
		return;
	}
	lend_buf_putc(out, '"');
	lend_buf_put_json(out, lend_buf_text(&other), other.len);
	lend_buf_putc(out, '"');
}

static void put_json(struct lend_anonymise *a, int depth, const char *text, size_t len,
		     struct lend_buf *out)
{
	const char *key = "";
	size_t key_len = 0;

	for (size_t i = 0; i < len;) {
		size_t n = text[i] == '"' ? string_length(text + i, len - i) : 0;
		size_t behind = i + n;

		if (text[i] == '"' && n == 0) { /* cut, or no JSON at all */
			lend_anon_text(a, text + i, len - i, out);
			return;
		}
		while (n > 0 && behind < len && lend_ascii_is_space(text[behind]))
			behind++;
		if (n > 0 && behind < len && text[behind] == ':') {
			key = text + i + 1;
			key_len = n - 2;
			lend_buf_put(out, text + i, n);
		} else if (n > 0) {
			put_string(a, depth, key, key_len, text + i, n, out);
		} else {
			while (i + n < len && lend_ascii_is_digit(text[i + n]))
				n++;
			if (n > 0)
				lend_anon_word(a, LEND_ANON_LOOKUP, text + i, n, out);
			else
				lend_buf_putc(out, text[i]);
			n = n > 0 ? n : 1;
		}
		i += n;
	}
}

void lend_anon_json(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out)
{
	put_json(a, 0, text, len, out);
}
