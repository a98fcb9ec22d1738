/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64 (RFC 4648, section 4), as the guest agent wraps bytes. */

#ifndef LEND_BASE_BASE64_H
#define LEND_BASE_BASE64_H

#include <stdbool.h>

#include "base/buf.h"

/* Adds the bytes; false when the text is no base64 (out may then hold some of it). */
void lend_base64_encode(const void *bytes, size_t len, struct lend_buf *out);

bool lend_base64_decode(const char *text, size_t len, struct lend_buf *out) LEND_MUST_CHECK;

#endif
