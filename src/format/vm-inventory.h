/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/vmware/hostd/vmInventory.xml: the VMs that an ESXi host has registered.
 *
 * UNVERIFIED: that the host keeps them there is known, and no public sample of
 * the file.  Any element called vmxCfgPath with the full path of a .vmx is
 * taken for a VM; one with something else in it is counted as odd.
 */

#ifndef LEND_FORMAT_VM_INVENTORY_H
#define LEND_FORMAT_VM_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "lend/lend.h"

enum { LEND_VM_INVENTORY_MAX = 16384 };

struct lend_vm_inventory {
	const char **paths; /* "/vmfs/volumes/VOLUME/DIR/VM.vmx" */
	size_t n_paths, cap_paths;
	size_t n_odd;
	unsigned int first_odd; /* its line; 0: there is none */
};

/* -1: no XML, too many, or without its root: another file. */
int lend_vm_inventory_parse(const char *text, size_t len, struct lend_arena *arena,
			    struct lend_vm_inventory *ret,
			    struct lend_err *err) LEND_MUST_CHECK;

#endif
