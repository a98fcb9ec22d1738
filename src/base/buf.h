/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text that grows, and the escapes for text that leaves the program.
 *
 * A zeroed struct is an empty buffer.  text is always NUL terminated once
 * something was put in; it may hold NUL bytes, len tells.
 */

#ifndef LEND_BASE_BUF_H
#define LEND_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct lend_buf {
	char *text;
	size_t len;
	size_t cap;
};

#define lend_auto_buf LEND_CLEANUP(lend_buf_done) struct lend_buf

void lend_buf_done(struct lend_buf *buf);
void lend_buf_reset(struct lend_buf *buf);            /* empty, memory kept */
void lend_buf_drop(struct lend_buf *buf, size_t len); /* its first len bytes */

void lend_buf_put(struct lend_buf *buf, const void *bytes, size_t len);
void lend_buf_puts(struct lend_buf *buf, const char *text);
void lend_buf_putc(struct lend_buf *buf, char c);
void lend_buf_put_u64(struct lend_buf *buf, uint64_t value, unsigned int base); /* 10 or 16 */
void lend_buf_printf(struct lend_buf *buf, const char *fmt, ...) LEND_PRINTF(2, 3);
void lend_buf_vprintf(struct lend_buf *buf, const char *fmt, va_list ap) LEND_PRINTF(2, 0);

/* Room for len more bytes behind text + len; the caller adds to len what it used. */
char *lend_buf_room(struct lend_buf *buf, size_t len);

/* The text, "" when nothing was put in. */
const char *lend_buf_text(const struct lend_buf *buf);

/*
 * The inside of a JSON string (no quotes).  Bytes that are not UTF-8 become
 * the four characters \xNN (so "\\xNN" in the file): what is written is
 * always valid JSON, and reading and writing it again changes nothing.  What
 * a terminal could obey is escaped, too.
 */
void lend_buf_put_json(struct lend_buf *buf, const char *text, size_t len);

/*
 * For a terminal: control characters, DEL, C1 controls, bytes that are not
 * UTF-8 and the bidirectional overrides as \xNN or \u{NNNN}; the rest as it is.
 */
void lend_buf_put_safe(struct lend_buf *buf, const char *text, size_t len);

/* Length in bytes (1 to 4) of the UTF-8 character at text, 0 when it is none. */
size_t lend_utf8_len(const char *text, size_t len);

#endif
