/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/tgz.h"

#include <zlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"

enum { BLOCK = 512, OUT_BYTES = 64 << 10, LONG_MAX_BYTES = 64 << 10 };

enum state { HEADER, DATA, SKIP, END };

/* What the data of a member is for. */
enum use { PASS, KEEP, LONG_NAME, PAX };

struct reader {
	const struct lend_tgz_taker *taker;
	struct lend_err *err;
	char block[BLOCK];
	size_t n_block; /* bytes of it that are there */
	enum state state;
	enum use use;
	uint64_t left; /* bytes of the member that are to come */
	uint64_t pad;  /* and zeros behind it */
	struct lend_buf data;
	char path[LEND_TGZ_PATH_MAX];
	bool has_path; /* of a long name: it is of the next member */
	uint64_t total;
	size_t n_members;
	const char *cut;
	bool failed; /* the taker ended it */
};

bool lend_tgz_recognise(const char *bytes, size_t len)
{
	return (len >= 3 && memcmp(bytes, "\x1f\x8b\x08", 3) == 0) ||
	       (len >= BLOCK && memcmp(bytes + 257, "ustar", 5) == 0) ||
	       (len >= BLOCK && memcmp(bytes + 257, "visor", 5) == 0);
}

/* ---- headers ---- */

/* Octal digits with blanks or NUL around; or base 256 with the top bit set (GNU). */
static bool read_number(const char *at, size_t len, uint64_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;

	if (((uint8_t)at[0] & 0x80) != 0) {
		for (i = 1; i < len; i++) {
			if (n >> 56 != 0)
				return false;
			n = n << 8 | (uint8_t)at[i];
		}
		*ret = n;
		return ((uint8_t)at[0] & 0x7f) == 0;
	}
	while (i < len && at[i] == ' ')
		i++;
	for (; i < len && at[i] >= '0' && at[i] <= '7'; i++) {
		if (n >> 60 != 0)
			return false;
		n = n << 3 | (uint64_t)(at[i] - '0');
	}
	*ret = n;
	return i == len || at[i] == ' ' || at[i] == '\0';
}

/* The sum of all bytes, with blanks for its own. */
static bool is_header(const char block[BLOCK])
{
	uint64_t sum = 0, want;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : (uint8_t)block[i];
	return read_number(block + 148, 8, &want) && sum == want;
}

static bool is_zero(const char block[BLOCK])
{
	for (size_t i = 0; i < BLOCK; i++) {
		if (block[i] != '\0')
			return false;
	}
	return true;
}

/* Out of "./" and "/" in front; false for ".." and for what is too long. */
static bool set_path(struct reader *r, const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		size_t end = i;

		while (end < len && text[end] != '/')
			end++;
		if (end - i == 2 && text[i] == '.' && text[i + 1] == '.')
			return false;
		if (end > i && !(end - i == 1 && text[i] == '.')) {
			if (n + (end - i) + 2 > sizeof(r->path))
				return false;
			if (n > 0)
				r->path[n++] = '/';
			memcpy(r->path + n, text + i, end - i);
			n += end - i;
		}
		i = end + 1;
	}
	r->path[n] = '\0';
	return n > 0;
}

static bool path_of_header(struct reader *r)
{
	char text[LEND_TGZ_PATH_MAX];
	size_t prefix = strnlen(r->block + 345, 155);
	size_t name = strnlen(r->block, 100);
	size_t n = 0;

	/* GNU's own headers have other things where ustar has the prefix. */
	if (memcmp(r->block + 257, "ustar\0", 6) == 0 && prefix > 0) {
		memcpy(text, r->block + 345, prefix);
		n = prefix;
		text[n++] = '/';
	}
	memcpy(text + n, r->block, name);
	return set_path(r, text, n + name);
}

static void take_header(struct reader *r)
{
	char type = r->block[156];
	uint64_t size;

	if (is_zero(r->block)) {
		r->state = END;
		return;
	}
	if (!is_header(r->block) || !read_number(r->block + 124, 12, &size) ||
	    memcmp(r->block + 257, "visor", 5) == 0 || r->n_members++ == LEND_TGZ_MEMBERS_MAX) {
		r->cut = "something in it is no header of tar";
		return;
	}
	lend_buf_reset(&r->data);
	r->left = size;
	r->pad = (BLOCK - size % BLOCK) % BLOCK;
	r->use = PASS;
	if (type == 'L' && size <= LONG_MAX_BYTES) {
		r->use = LONG_NAME;
	} else if (type == 'x' && size <= LONG_MAX_BYTES) {
		r->use = PAX;
	} else if (type != 'g' && type != 'K') {
		bool named = r->has_path || path_of_header(r);

		if ((type == '0' || type == '\0') && named && size <= LEND_TGZ_MEMBER_MAX &&
		    r->taker->wants(r->taker->context, r->path))
			r->use = KEEP;
		r->has_path = false;
		/* Links and folders have no data, whatever their size says. */
		if (type >= '1' && type <= '6')
			r->left = r->pad = 0;
	}
	r->state = DATA;
}

/* "LENGTH path=VALUE\n" among others. */
static void take_pax(struct reader *r)
{
	const char *at = lend_buf_text(&r->data);
	size_t len = r->data.len;

	while (len > 0) {
		size_t digits = 0;
		uint64_t n;

		while (digits < len && at[digits] >= '0' && at[digits] <= '9')
			digits++;
		if (!lend_parse_u64n(at, digits, 10, &n) || n > len || n < digits + 3 ||
		    at[digits] != ' ')
			return;
		if (n > digits + 7 && memcmp(at + digits + 1, "path=", 5) == 0)
			r->has_path = set_path(r, at + digits + 6, (size_t)n - digits - 7);
		at += n;
		len -= (size_t)n;
	}
}

static void take_member(struct reader *r)
{
	const char *bytes = lend_buf_text(&r->data);

	if (r->use == KEEP &&
	    r->taker->take(r->taker->context, r->path, bytes, r->data.len, r->err) < 0)
		r->failed = true;
	else if (r->use == LONG_NAME)
		r->has_path = set_path(r, bytes, strnlen(bytes, r->data.len));
	else if (r->use == PAX)
		take_pax(r);
	r->state = SKIP;
}

/* ---- bytes ---- */

static size_t at_most(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

static void feed(struct reader *r, const char *bytes, size_t len)
{
	while (r->state != END && r->cut == NULL && !r->failed) {
		size_t n = 0;

		if (r->state == HEADER) {
			n = at_most(BLOCK - r->n_block, len);
			memcpy(r->block + r->n_block, bytes, n);
			r->n_block += n;
			if (r->n_block < BLOCK)
				return;
			r->n_block = 0;
			take_header(r);
		} else if (r->state == DATA) {
			n = at_most(r->left, len);
			if (r->use != PASS)
				lend_buf_put(&r->data, bytes, n);
			r->left -= n;
			if (r->left > 0)
				return;
			take_member(r);
		} else {
			n = at_most(r->pad, len);
			r->pad -= n;
			if (r->pad > 0)
				return;
			r->state = HEADER;
		}
		bytes += n;
		len -= n;
	}
}

static bool is_done(const struct reader *r)
{
	return r->state == END || r->cut != NULL || r->failed;
}

/* One gzip member after the other, as gzip itself reads them. */
static void inflate_all(struct reader *r, const char *bytes, size_t len)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)bytes };
	uint8_t *out = lend_xrealloc(NULL, OUT_BYTES);
	int status = inflateInit2(&z, 15 + 16);

	while (status == Z_OK && !is_done(r)) {
		if (z.avail_in == 0) {
			z.avail_in = (uInt)at_most(len, 1 << 30);
			len -= z.avail_in;
		}
		z.next_out = out;
		z.avail_out = OUT_BYTES;
		status = inflate(&z, Z_NO_FLUSH);
		r->total += OUT_BYTES - z.avail_out;
		if (r->total > LEND_TGZ_BYTES_MAX)
			r->cut = "more comes out of it than is read";
		else
			feed(r, (const char *)out, OUT_BYTES - z.avail_out);
		if (status == Z_STREAM_END && (z.avail_in > 0 || len > 0))
			status = inflateReset(&z);
	}
	(void)inflateEnd(&z);
	free(out);
	if (!is_done(r))
		r->cut =
			status == Z_DATA_ERROR ? "its compression is damaged" : "it is cut off";
}

int lend_tgz_read(const char *bytes, size_t len, const struct lend_tgz_taker *taker,
		  const char **ret_cut, struct lend_err *err)
{
	struct reader *r;
	bool failed, nothing;

	if (!lend_tgz_recognise(bytes, len))
		return lend_fail(err, LEND_E_FORMAT, "neither gzip nor tar");
	r = lend_xrealloc(NULL, sizeof(*r));
	*r = (struct reader){ .taker = taker, .err = err };
	if (memcmp(bytes, "\x1f\x8b", 2) == 0)
		inflate_all(r, bytes, len);
	else
		feed(r, bytes, len);
	if (!is_done(r) && r->cut == NULL)
		r->cut = "it is cut off";
	*ret_cut = r->cut;
	failed = r->failed;
	nothing = r->n_members == 0;
	lend_buf_done(&r->data);
	free(r);
	if (failed)
		return -1;
	if (nothing)
		return lend_fail(err, LEND_E_FORMAT, "no archive of tar is in it");
	return 0;
}
