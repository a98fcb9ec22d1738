/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a QEMU command line says of a VM, as nodes: of one that runs, or of one
 * that a wish would start.
 */

#ifndef LEND_MODEL_VM_ARGS_H
#define LEND_MODEL_VM_ARGS_H

#include "format/qemu-args.h"
#include "model/build.h"
#include "model/kind-backend.h"
#include "model/kind-device.h"
#include "model/kind-vm.h"

/* The node "VM:ID" ("VM:@MEMDEV" without an id), with an edge from its VM. */
struct lend_device *lend_build_device(struct lend_build *build, struct lend_vm *vm,
				      enum lend_trust trust, const char *id,
				      const char *memdev);
struct lend_backend *lend_build_backend(struct lend_build *build, struct lend_vm *vm,
					enum lend_trust trust, const char *id);

/*
 * Facts of the VM, its backends and its devices with memory; what is off by
 * default (QEMU's qapi/qom.json, hw/mem/nvdimm.c) is off when it is not given.
 * by is a sighting of that trust; hypervisor: "qemu", or what runs such a VM instead.
 */
void lend_build_vm_args(struct lend_build *build, struct lend_vm *vm, enum lend_trust trust,
			uint32_t by, const char *hypervisor, const struct lend_qemu_args *args);

/* Where the VM listens, and how its memory comes and goes: each is a way through all words. */
void lend_build_vm_ways(struct lend_build *build, struct lend_vm *vm, enum lend_trust trust,
			uint32_t by, const struct lend_qemu_args *args);

/* The same for backends and devices that a VM gets while it runs: nothing of the VM itself. */
void lend_build_vm_more(struct lend_build *build, struct lend_vm *vm, enum lend_trust trust,
			uint32_t by, const struct lend_qemu_args *args);

/* The same, of a VM that would be: what QEMU refuses in it, since it stands there twice or not
 * at all. */
void lend_build_vm_clashes(struct lend_build *build, struct lend_vm *vm, uint32_t by,
			   const struct lend_qemu_args *args);

#endif
