/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the node to the plain struct. */

#include "model/qemu-caps.h"

#include <string.h>

#include "model/kind-qemu.h"

static const char *text(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN ? fact->v.str : NULL;
}

static const char *reason(const struct lend_fact *fact)
{
	return fact->known == LEND_UNREADABLE ? fact->v.str : NULL;
}

static enum lend_tri tri(const struct lend_fact *fact)
{
	if (fact->known != LEND_KNOWN)
		return LEND_TRI_UNSET;
	return fact->v.u64 != 0 ? LEND_TRI_ON : LEND_TRI_OFF;
}

bool lend_qemu_caps_of(const struct lend_inventory *inventory, struct lend_qemu_caps *ret)
{
	const struct lend_node *node = lend_next_of(inventory, LEND_KIND_QEMU, NULL);
	const struct lend_qemu *q = lend_as_qemu(node);

	if (node == NULL)
		return false;
	*ret = (struct lend_qemu_caps){
		.program = node->name,
		.path = text(&q->path),
		.why = reason(&q->version),
		.version = text(&q->version),
		.machine = text(&q->machine),
		.backend_pmem = tri(&q->pmem),
		.backend_readonly = tri(&q->readonly),
		.backend_rom = tri(&q->rom),
		.backend_offset = tri(&q->offset),
		.backend_align = tri(&q->align),
		.device_label = tri(&q->label),
		.device_unarmed = tri(&q->unarmed),
		.machine_nvdimm = tri(&q->nvdimm),
		.machine_persistence = tri(&q->persistence),
		.http = tri(&q->http),
		.kvm = reason(&q->kvm) != NULL ? LEND_TRI_OFF : tri(&q->kvm),
		.kvm_why = reason(&q->kvm),
		.machines = text(&q->machines),
		.cpus = text(&q->cpus),
	};
	return true;
}

bool lend_qemu_caps_lists(const char *list, const char *name)
{
	size_t len = strlen(name);

	if (list == NULL)
		return true;
	for (const char *at = list; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0'))
			return true;
	}
	return false;
}
