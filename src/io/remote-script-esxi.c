/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is sent to a host of ESXi: always the same (remote/esxi.sh). */

#include "io/remote.h"

void lend_remote_script_esxi(struct lend_buf *out)
{
	lend_remote_prologue(out);
	lend_buf_puts(out, lend_remote_esxi_sh);
}
