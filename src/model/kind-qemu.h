/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A QEMU program, by its own word; there is one when it was asked for. */

#ifndef LEND_MODEL_KIND_QEMU_H
#define LEND_MODEL_KIND_QEMU_H

#include "model/inventory.h"

struct lend_qemu {
	struct lend_node node;
	struct lend_fact path;
	struct lend_fact version; /* unreadable: it could not be asked */
	struct lend_fact machine;
	struct lend_fact nvdimm;
	struct lend_fact persistence;
	struct lend_fact pmem;
	struct lend_fact readonly;
	struct lend_fact rom;
	struct lend_fact offset;
	struct lend_fact align;
	struct lend_fact label;
	struct lend_fact unarmed;
	struct lend_fact http;
	struct lend_fact kvm; /* unreadable: the trial guest did not run, and why */
	struct lend_fact machines;
	struct lend_fact cpus;
};

static inline const struct lend_qemu *lend_as_qemu(const struct lend_node *node)
{
	return (const struct lend_qemu *)(const void *)node;
}

#endif
