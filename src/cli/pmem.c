/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend pmem: backings of virtual NVDIMMs, and what they lie on.  Each verb is pmem-VERB.c. */

#include "cli/command.h"

const struct lend_command lend_command_pmem = {
	.name = "pmem",
	.synopsis = "VERB [OPTION...] FILE...",
	.summary = "backings of virtual NVDIMMs: make, look into, grow, copy, move one",
	.about = "A backing is the file or device that mem-path= of QEMU names.\n",
	.verbs = lend_pmem_verbs,
};
