/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers from outside: parsed as a whole or not at all, combined without overflow. */

#ifndef LEND_BASE_NUM_H
#define LEND_BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/* false on overflow; then *ret is not written. */
static inline LEND_MUST_CHECK bool lend_add_u64(uint64_t a, uint64_t b, uint64_t *ret)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*ret = sum;
	return true;
}

static inline LEND_MUST_CHECK bool lend_mul_u64(uint64_t a, uint64_t b, uint64_t *ret)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*ret = product;
	return true;
}

static inline bool lend_is_pow2(uint64_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* align > 0; need not be a power of two. */
static inline uint64_t lend_align_down(uint64_t n, uint64_t align)
{
	return n - n % align;
}

static inline LEND_MUST_CHECK bool lend_align_up(uint64_t n, uint64_t align, uint64_t *ret)
{
	uint64_t rest = n % align;

	return lend_add_u64(n, rest == 0 ? 0 : align - rest, ret);
}

/* Little-endian bytes, as ACPI NFIT and the label area have them. */
static inline uint16_t lend_get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t lend_get_le32(const uint8_t *p)
{
	return (uint32_t)lend_get_le16(p) | (uint32_t)lend_get_le16(p + 2) << 16;
}

static inline uint64_t lend_get_le64(const uint8_t *p)
{
	return (uint64_t)lend_get_le32(p) | (uint64_t)lend_get_le32(p + 4) << 32;
}

static inline void lend_put_le16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void lend_put_le32(uint8_t *p, uint32_t v)
{
	lend_put_le16(p, (uint16_t)v);
	lend_put_le16(p + 2, (uint16_t)(v >> 16));
}

static inline void lend_put_le64(uint8_t *p, uint64_t v)
{
	lend_put_le32(p, (uint32_t)v);
	lend_put_le32(p + 4, (uint32_t)(v >> 32));
}

/*
 * The whole string is one number: decimal, or hexadecimal with 0x (base 0),
 * or of the base given (2 to 36, no prefix).  No sign, no blanks, no
 * suffix.  false when it is not, or does not fit; then *ret is not written.
 */
bool lend_parse_u64(const char *text, int base, uint64_t *ret) LEND_MUST_CHECK;

/* The same for the first len bytes of text. */
bool lend_parse_u64n(const char *text, size_t len, int base, uint64_t *ret) LEND_MUST_CHECK;

#endif
