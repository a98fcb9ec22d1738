/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/mountinfo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every line ends, what was read has text everywhere and none is longer than the line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_span rest = { (const char *)data, size };
	struct lend_mount_line m = { 0 };
	struct lend_swap_line s = { 0 };
	struct lend_fstab_line f = { 0 };
	int r;

	while ((r = lend_mount_line_next(&rest, &arena, &m)) != 1) {
		if (r == 0 && strlen(m.root) + strlen(m.point) + strlen(m.options) +
					      strlen(m.fs) + strlen(m.source) +
					      strlen(m.super) >
				      size)
			abort();
		if (r == 0)
			(void)lend_mount_option(&arena, m.super, "logdev");
	}
	rest = (struct lend_span){ (const char *)data, size };
	while ((r = lend_swap_line_next(&rest, &arena, &s)) != 1) {
		if (r == 0 && strlen(s.path) + strlen(s.type) + strlen(s.priority) > size)
			abort();
	}
	rest = (struct lend_span){ (const char *)data, size };
	while ((r = lend_fstab_line_next(&rest, &arena, &f)) != 1) {
		if (r == 0 &&
		    strlen(f.source) + strlen(f.point) + strlen(f.fs) + strlen(f.options) >
			    size)
			abort();
		if (r == 0)
			(void)lend_mount_has_option(f.options, "nofail");
	}
	lend_arena_done(&arena);
	return 0;
}
