/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: written unchanged they are the same; every value set again reads back as itself.
 */

#include "format/vmx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void set_all_again(struct lend_vmx *vmx, struct lend_arena *arena)
{
	lend_auto_buf out = { 0 };
	struct lend_vmx back;

	for (size_t i = 0; i < vmx->n_lines; i++) {
		/* As if it had been changed here, so that the writer makes the line. */
		if (vmx->lines[i].key != NULL && vmx->lines[i].remark != LEND_VMX_DUPLICATE)
			vmx->lines[i].raw = NULL;
	}
	lend_vmx_set(vmx, "lend.fuzz", "\"|\n#");
	lend_vmx_write(vmx, &out);
	if (out.len > LEND_VMX_MAX)
		return;
	if (lend_vmx_parse(out.text, out.len, arena, &back, NULL) < 0 ||
	    back.n_sorted != vmx->n_sorted || back.n_duplicates != vmx->n_duplicates)
		abort();
	for (size_t i = 0; i < vmx->n_lines; i++) {
		const struct lend_vmx_line *line = &vmx->lines[i];
		const char *value = line->key == NULL ? NULL : lend_vmx_get(&back, line->key);

		if (line->key != NULL && line->remark != LEND_VMX_DUPLICATE &&
		    (value == NULL || strcmp(value, line->value) != 0))
			abort();
	}
}

/* One device more, and all of it taken out again. */
static void change_passthru(struct lend_vmx *vmx, struct lend_arena *arena)
{
	static const struct lend_pci_address vmd = { .bus = 0x62, .function = 5 };
	struct lend_vmx_passthru *items;
	size_t n_keys, n, i;

	(void)lend_vmx_remove_all(vmx, "pciPassthru7.");
	n_keys = vmx->n_sorted;
	lend_vmx_set_passthru(vmx, 7, &vmd, 0x8086, 0x28c0, "x");
	lend_vmx_passthrus(vmx, arena, &items, &n);
	for (i = 0; i < n && items[i].number != 7; i++)
		;
	if (i == n || items[i].at.bus != 98 || items[i].spelling != LEND_VMX_ID_HOST ||
	    lend_vmx_remove_all(vmx, "PCIPASSTHRU7.") != 5 || vmx->n_sorted != n_keys)
		abort();
	if ((lend_vmx_check(vmx, NULL) == 0) != (vmx->n_duplicates == 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_vmx_nvdimm *dimms;
	struct lend_vmx_passthru *passthrus;
	struct lend_vmx vmx;
	size_t n;

	(void)lend_vmx_recognise((const char *)data, size);
	if (lend_vmx_parse((const char *)data, size, &arena, &vmx, NULL) == 0) {
		lend_vmx_write(&vmx, &out);
		if (out.len != size || memcmp(out.text, data, size) != 0)
			abort();
		lend_vmx_nvdimms(&vmx, &arena, &dimms, &n);
		lend_vmx_passthrus(&vmx, &arena, &passthrus, &n);
		set_all_again(&vmx, &arena);
		change_passthru(&vmx, &arena);
	}
	lend_arena_done(&arena);
	return 0;
}
