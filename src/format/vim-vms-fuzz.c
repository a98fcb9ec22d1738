/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: what was written of it reads back as as many VMs of the same ids, unless a text
 * has what begins a file: the list quotes nothing, so then it may be read in two ways. */

#include <string.h>

#include "format/vim-vms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_plain(const char *text)
{
	return text == NULL || strpbrk(text, "[]") == NULL;
}

static bool are_plain(const struct lend_vim_vms *vms)
{
	for (size_t i = 0; i < vms->n_vms; i++) {
		const struct lend_vim_vm *vm = &vms->vms[i];

		if (!is_plain(vm->name) || !is_plain(vm->datastore) || !is_plain(vm->path) ||
		    !is_plain(vm->guest_os) || !is_plain(vm->version) ||
		    !is_plain(vm->annotation))
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_vim_vms vms, back;
	lend_auto_buf out = { 0 };

	(void)lend_vim_vms_recognise((const char *)data, size);
	if (lend_vim_vms_parse((const char *)data, size, &arena, &vms, NULL) == 0) {
		lend_vim_vms_write(&vms, &out);
		if (out.len <= LEND_VIM_VMS_MAX_BYTES && are_plain(&vms)) {
			if (lend_vim_vms_parse(out.text, out.len, &arena, &back, NULL) < 0 ||
			    back.n_vms != vms.n_vms)
				abort();
			for (size_t i = 0; i < vms.n_vms; i++) {
				if (back.vms[i].id != vms.vms[i].id)
					abort();
			}
		}
	}
	lend_arena_done(&arena);
	return 0;
}
