/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An Intel VMD controller, which hides drives in a PCI domain of its own.  Its name is the
 * address of its function, which it uses. */

#ifndef LEND_MODEL_KIND_VMD_H
#define LEND_MODEL_KIND_VMD_H

#include "model/inventory.h"

struct lend_vmd {
	struct lend_node node;
	struct lend_fact generation;
	struct lend_fact guest_offsets;
	struct lend_fact domain;
	struct lend_fact bays;
	struct lend_fact drives;
	struct lend_fact empty;
};

static inline struct lend_vmd *lend_as_vmd(const struct lend_node *node)
{
	return (struct lend_vmd *)(uintptr_t)node;
}

/*
 * By its id (drivers/pci/controller/vmd.c).  What a guest needs to know is
 * where the host has the windows: "shadow" registers of the controller, or a
 * capability that "qemu" adds (hw/vfio/pci-quirks.c), or "none".
 */
struct lend_vmd_model {
	uint16_t device;
	const char *generation;
	const char *guest_offsets;
};

/* NULL when that is no VMD; 8086:09ab, which is called one, is only a place left empty. */
const struct lend_vmd_model *lend_vmd_model_of(uint64_t vendor, uint64_t device);

enum { LEND_VMD_PLACEHOLDER = 0x09ab };

#endif
