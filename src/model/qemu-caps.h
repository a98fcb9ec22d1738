/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a QEMU program can do, by its own word: which properties its objects
 * have, not which version it is.
 */

#ifndef LEND_MODEL_QEMU_CAPS_H
#define LEND_MODEL_QEMU_CAPS_H

#include <stdbool.h>

#include "format/opt.h"

struct lend_inventory;

/* UNSET: it could not be asked. */
struct lend_qemu_caps {
	const char *program; /* as it was asked for */
	const char *path;    /* NULL: there is no such program */
	const char *why;     /* why it could not be asked; NULL: it was */
	const char *version; /* "7.2.22" */
	const char *machine; /* the type behind the name that was asked for: "pc-q35-7.2" */

	enum lend_tri backend_pmem; /* built with libpmem */
	enum lend_tri backend_readonly, backend_rom, backend_offset, backend_align;
	enum lend_tri device_label, device_unarmed;
	enum lend_tri machine_nvdimm, machine_persistence;
	enum lend_tri http; /* disks from URLs */

	enum lend_tri kvm;   /* a trial guest ran with it */
	const char *kvm_why; /* why not */

	const char *machines, *cpus; /* names with "," between them; NULL: not known */
};

/* Of a program that the scan asked ("qemu" of its options); false when it did not. */
bool lend_qemu_caps_of(const struct lend_inventory *inventory, struct lend_qemu_caps *ret);

/* Is name in a list?  True when there is no list: nothing is known against it. */
bool lend_qemu_caps_lists(const char *list, const char *name);

#endif
