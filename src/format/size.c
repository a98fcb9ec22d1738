/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/size.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <strings.h>

#include "base/err.h"
#include "base/num.h"

/* Products of a 64-bit number and a unit: checked once, when all of it is there. */
__extension__ typedef unsigned __int128 u128;

enum {
	QUOTE_MAX = 40,    /* bytes of the text in an error */
	DECIMALS_MAX = 18, /* 10^18 times the largest unit still fits 128 bits */
};

static const struct {
	const char *suffix;
	uint64_t binary;
	uint64_t decimal;
} units[] = {
	{ "K", 1ULL << 10, 1000ULL },
	{ "M", 1ULL << 20, 1000ULL * 1000 },
	{ "G", 1ULL << 30, 1000ULL * 1000 * 1000 },
	{ "T", 1ULL << 40, 1000ULL * 1000 * 1000 * 1000 },
	{ "P", 1ULL << 50, 1000ULL * 1000 * 1000 * 1000 * 1000 },
	{ "E", 1ULL << 60, 1000ULL * 1000 * 1000 * 1000 * 1000 * 1000 },
};

/* A decimal number as it was written: whole.frac with frac over 10^decimals. */
struct figure {
	uint64_t whole;
	uint64_t frac;
	unsigned int decimals;
};

static int fail(struct lend_err *err, const char *text, const char *why)
{
	size_t len = strnlen(text, QUOTE_MAX + 1);

	return lend_fail(err, LEND_E_FORMAT, "\"%.*s%s\" is not a size: %s",
			 (int)(len > QUOTE_MAX ? QUOTE_MAX : len), text,
			 len > QUOTE_MAX ? "..." : "", why);
}

/* What is wrong with the number at *p, NULL when nothing is; *p then stands behind it. */
static const char *read_figure(const char **p, struct figure *ret)
{
	struct figure f = { 0 };
	const char *text = *p;
	size_t n = strspn(text, "0123456789");

	if (*text == '-')
		return "it is negative";
	if (*text == '\0')
		return "it is empty";
	if (n == 0)
		return "it does not start with a number";
	if (!lend_parse_u64n(text, n, 10, &f.whole))
		return "it is beyond 64 bits";
	text += n;
	if (*text == '.') {
		n = strspn(++text, "0123456789");
		if (n == 0)
			return "there are no digits behind the point";
		if (n > DECIMALS_MAX || !lend_parse_u64n(text, n, 10, &f.frac))
			return "it has too many decimals";
		f.decimals = (unsigned int)n;
		text += n;
	}
	*p = text;
	*ret = f;
	return NULL;
}

/* The number of bytes in one unit, 0 for a suffix that is none. */
static uint64_t unit_qemu(const char *suffix, size_t len, uint64_t bare)
{
	if (len == 0)
		return bare;
	if (len != 1)
		return 0;
	for (size_t i = 0; i < LEND_COUNT(units); i++) {
		if (toupper((unsigned char)suffix[0]) == units[i].suffix[0])
			return units[i].binary;
	}
	return toupper((unsigned char)suffix[0]) == 'B' ? 1 : 0;
}

/* "K" and "KiB" are binary, "KB" is decimal; in QEMU and ndctl, "K" is binary, too. */
static uint64_t unit_people(const char *suffix, size_t len)
{
	if (len == 0 || (len == 1 && strncasecmp(suffix, "B", 1) == 0))
		return 1;
	for (size_t i = 0; i < LEND_COUNT(units); i++) {
		if (strncasecmp(suffix, units[i].suffix, 1) != 0)
			continue;
		if (len == 1 || (len == 3 && strncasecmp(suffix + 1, "iB", 2) == 0))
			return units[i].binary;
		if (len == 2 && strncasecmp(suffix + 1, "B", 1) == 0)
			return units[i].decimal;
	}
	return 0;
}

static u128 power_of_ten(unsigned int n)
{
	u128 p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

/* 0, LEND_SIZE_ROUNDED when the product is not whole, -1 beyond 64 bits. */
static int times(const struct figure *f, uint64_t unit, uint64_t *ret)
{
	u128 scale = power_of_ten(f->decimals);
	u128 frac = (u128)f->frac * unit;
	u128 sum = (u128)f->whole * unit + (frac + scale / 2) / scale;

	if (sum > UINT64_MAX)
		return -1;
	*ret = (uint64_t)sum;
	return frac % scale == 0 ? 0 : LEND_SIZE_ROUNDED;
}

/* " (65.01 MB)" at the end of what ndctl prints: the same size in the other kind of unit. */
static bool is_bracketed_size(const char *text)
{
	struct figure f;
	const char *p = text + strspn(text, " ");
	size_t n;

	if (*p++ != '(' || read_figure(&p, &f) != NULL)
		return false;
	p += strspn(p, " ");
	n = strcspn(p, " )");
	return unit_people(p, n) != 0 && strcmp(p + n, ")") == 0;
}

static int parse_hex(const char *text, uint64_t unit, uint64_t *ret_bytes, struct lend_err *err)
{
	uint64_t n;

	if (!lend_parse_u64(text, 0, &n))
		return fail(err, text, "not one hexadecimal number of 64 bits");
	if (!lend_mul_u64(n, unit, ret_bytes))
		return fail(err, text, "it is beyond 64 bits");
	return 0;
}

int lend_size_parse(const char *text, enum lend_size_style style, uint64_t *ret_bytes,
		    struct lend_err *err)
{
	const bool qemu = style == LEND_SIZE_QEMU || style == LEND_SIZE_QEMU_MIB;
	const uint64_t bare = style == LEND_SIZE_QEMU_MIB ? 1 << 20 : 1;
	struct figure f;
	const char *p = text;
	const char *why;
	uint64_t unit;
	uint64_t bytes;
	size_t n;
	int r;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return parse_hex(text, bare, ret_bytes, err);
	why = read_figure(&p, &f);
	if (why != NULL)
		return fail(err, text, why);
	if (!qemu)
		p += strspn(p, " ");
	n = strcspn(p, " (");
	unit = qemu ? unit_qemu(p, n, bare) : unit_people(p, n);
	if (unit == 0)
		return fail(err, text, "no such unit");
	p += n;
	if (*p != '\0' && !(style == LEND_SIZE_NDCTL && is_bracketed_size(p)))
		return fail(err, text, "there is more behind it");
	r = times(&f, unit, &bytes);
	if (r < 0)
		return fail(err, text, "it is beyond 64 bits");
	/* Two decimals of a unit are what ndctl rounds to, whether or not they make whole
	 * bytes. */
	if (style == LEND_SIZE_NDCTL)
		r = f.decimals > 0 ? LEND_SIZE_ROUNDED : 0;
	else if (r > 0)
		return fail(err, text, "it is not a whole number of bytes");
	*ret_bytes = bytes;
	return r;
}

static void put_hundredths(struct lend_buf *out, uint64_t hundredths, bool all)
{
	unsigned int frac = (unsigned int)(hundredths % 100);

	lend_buf_printf(out, "%" PRIu64, hundredths / 100);
	if (all || frac % 10 != 0)
		lend_buf_printf(out, ".%02u", frac);
	else if (frac != 0)
		lend_buf_printf(out, ".%u", frac / 10);
}

void lend_size_format(struct lend_buf *out, uint64_t bytes)
{
	for (size_t i = LEND_COUNT(units); i-- > 0;) {
		u128 hundredths = (u128)bytes * 100;

		if (bytes < units[i].binary || hundredths % units[i].binary != 0)
			continue;
		put_hundredths(out, (uint64_t)(hundredths / units[i].binary), false);
		lend_buf_printf(out, " %siB", units[i].suffix);
		return;
	}
	lend_buf_printf(out, "%" PRIu64 " B", bytes);
}

static uint64_t hundredths_of(uint64_t bytes, uint64_t unit)
{
	return (uint64_t)(((u128)bytes * 100 + unit / 2) / unit);
}

void lend_size_format_ndctl(struct lend_buf *out, uint64_t bytes)
{
	for (size_t i = LEND_COUNT(units); i-- > 0;) {
		uint64_t near = hundredths_of(bytes, units[i].binary);
		struct figure f = { near / 100, near % 100, 2 };
		uint64_t back;

		/* The first unit that does not lose anything; what parse gave always has one.
		 */
		if (near < 100 || times(&f, units[i].binary, &back) < 0 || back != bytes)
			continue;
		put_hundredths(out, near, true);
		lend_buf_printf(out, " %siB (", units[i].suffix);
		put_hundredths(out, hundredths_of(bytes, units[i].decimal), true);
		lend_buf_printf(out, " %sB)", units[i].suffix);
		return;
	}
	lend_buf_printf(out, "%" PRIu64 ".00 B", bytes);
}
