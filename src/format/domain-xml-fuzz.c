/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: what reads as a domain can be written, and reads back to the same writing. */

#include "format/domain-xml.h"
#include "format/xml-tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_domain d = { 0 }, back = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };
	lend_auto_buf again = { 0 };

	(void)lend_domain_recognise((const char *)data, size);
	if (lend_domain_parse(&arena, "f", (const char *)data, size, &d, &err) < 0) {
		if (err.code != LEND_E_FORMAT || err.what[0] == '\0')
			abort();
	} else {
		lend_domain_write(&out, &d);
		if (!lend_domain_recognise(out.text, out.len))
			abort();
		/* Escapes may make it longer than a file may be. */
		if (out.len <= LEND_XML_BYTES_MAX) {
			if (lend_domain_parse(&arena, "f", out.text, out.len, &back, NULL) < 0)
				abort();
			lend_domain_write(&again, &back);
			if (again.len != out.len || memcmp(again.text, out.text, out.len) != 0)
				abort();
		}
	}
	lend_arena_done(&arena);
	return 0;
}
