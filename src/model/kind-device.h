/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An NVDIMM or virtio-pmem device of a VM, as the hypervisor has it. */

#ifndef LEND_MODEL_KIND_DEVICE_H
#define LEND_MODEL_KIND_DEVICE_H

#include "model/inventory.h"

struct lend_device {
	struct lend_node node;
	struct lend_fact vm;
	struct lend_fact device_id;
	struct lend_fact driver;
	struct lend_fact slot;
	struct lend_fact address;
	struct lend_fact size_bytes;
	struct lend_fact label_bytes;
	struct lend_fact numa_node;
	struct lend_fact host_nodes;
	struct lend_fact unarmed;
	struct lend_fact hotplugged;
	struct lend_fact memdev;
	struct lend_fact label_state;
	struct lend_fact label_version;
	struct lend_fact label_count;
	struct lend_fact label_slot;
	struct lend_fact label_elsewhere;
};

static inline const struct lend_device *lend_as_device(const struct lend_node *node)
{
	return (const struct lend_device *)(const void *)node;
}

#endif
