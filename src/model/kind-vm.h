/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A virtual machine.  Its name is -name, else -uuid, else its monitor path, else pid-N
 * (unstable). */

#ifndef LEND_MODEL_KIND_VM_H
#define LEND_MODEL_KIND_VM_H

#include "model/inventory.h"

struct lend_vm {
	struct lend_node node;
	struct lend_fact hypervisor;
	struct lend_fact pid;
	struct lend_fact unstable_name;
	struct lend_fact uuid;
	struct lend_fact machine;
	struct lend_fact qemu_version;
	struct lend_fact nvdimm;
	struct lend_fact persistence;
	struct lend_fact acpi;
	struct lend_fact cpu;
	struct lend_fact ram_bytes;
	struct lend_fact slots;
	struct lend_fact maxmem_bytes;
	struct lend_fact double_ids;
	struct lend_fact double_memdevs;
	struct lend_fact missing_memdevs;
	struct lend_fact open_vnc;
	struct lend_fact open_monitors;
	struct lend_fact open_ports;
	struct lend_fact incoming;
	struct lend_fact rollback;
	struct lend_fact waiting;
	struct lend_fact state;
	struct lend_fact libvirt;
	struct lend_fact defined;
	struct lend_fact next_slots;
	struct lend_fact config;
	struct lend_fact registered;
	struct lend_fact passthru_other;
	struct lend_fact monitor;
	struct lend_fact agent;
};

static inline const struct lend_vm *lend_as_vm(const struct lend_node *node)
{
	return (const struct lend_vm *)(const void *)node;
}

#endif
