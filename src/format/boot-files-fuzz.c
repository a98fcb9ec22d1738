/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/boot-files.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is text, and together no longer than the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_span rest = { (const char *)data, size };
	struct lend_crypttab_line c;
	struct lend_mdadm_array m;
	struct lend_lvm_device l;
	struct lend_kernel_word k;
	struct lend_multipath_binding b;
	const char *wwid;
	size_t n = 0;

	while (lend_crypttab_line_next(&rest, &arena, &c) == 0)
		n += strlen(c.name) + strlen(c.source) + strlen(c.key) + strlen(c.options);
	if (n > size)
		abort();
	rest = (struct lend_span){ (const char *)data, size };
	for (n = 0; lend_mdadm_array_next(&rest, &arena, &m) == 0;)
		n += strlen(m.device) + strlen(m.uuid) + strlen(m.container) + strlen(m.name);
	if (n > size)
		abort();
	rest = (struct lend_span){ (const char *)data, size };
	for (n = 0; lend_lvm_device_next(&rest, &arena, &l) == 0;)
		n += strlen(l.id_type) + strlen(l.id) + strlen(l.device) + strlen(l.pv) +
		     strlen(l.part);
	if (n > size)
		abort();
	rest = (struct lend_span){ (const char *)data, size };
	for (n = 0; lend_kernel_word_next(&rest, &arena, &k) == 0;)
		n += strlen(k.key) + (k.value == NULL ? 0 : strlen(k.value));
	if (n > size)
		abort();
	rest = (struct lend_span){ (const char *)data, size };
	for (n = 0; lend_multipath_binding_next(&rest, &arena, &b) == 0;)
		n += strlen(b.name) + strlen(b.wwid);
	if (n > size)
		abort();
	rest = (struct lend_span){ (const char *)data, size };
	for (n = 0; lend_multipath_alias_next(&rest, &arena, &b) == 0;)
		n += strlen(b.name) + strlen(b.wwid);
	if (n > size)
		abort();
	rest = (struct lend_span){ (const char *)data, size };
	for (n = 0; lend_multipath_wwid_next(&rest, &arena, &wwid) == 0;)
		n += strlen(wwid);
	if (n > size)
		abort();
	lend_arena_done(&arena);
	return 0;
}
