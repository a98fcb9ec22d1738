/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: what was written of it reads back as as many VMs of the same ids. */

#include "format/vim-vms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_vim_vms vms, back;
	lend_auto_buf out = { 0 };

	(void)lend_vim_vms_recognise((const char *)data, size);
	if (lend_vim_vms_parse((const char *)data, size, &arena, &vms, NULL) == 0) {
		lend_vim_vms_write(&vms, &out);
		if (out.len <= LEND_VIM_VMS_MAX_BYTES) {
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
