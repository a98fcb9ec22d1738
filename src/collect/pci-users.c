/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which VM has which PCI function, by the command lines of the QEMUs.
 *
 * A function with a driver of VFIO that no command line names is in nobody's
 * hands, or in those of somebody who got it later or is no QEMU: that cannot
 * be told, and it is never called free.
 */

#include <stdlib.h>

#include "collect/pci.h"

struct use {
	struct lend_pci *pci;
	struct lend_vm *vm;
};

struct uses {
	struct use *items;
	size_t n, cap;
};

static int compare_uses(const void *pa, const void *pb)
{
	const struct use *a = pa;
	const struct use *b = pb;

	if (a->pci != b->pci)
		return a->pci->node.index < b->pci->node.index ? -1 : 1;
	if (a->vm == b->vm)
		return 0;
	return a->vm->node.index < b->vm->node.index ? -1 : 1;
}

/* vfio-pci,host=ADDRESS or sysfsdev=PATH/ADDRESS; a mediated device ends in its UUID. */
static bool address_of(const struct lend_qemu_device *device, struct lend_pci_address *ret)
{
	const char *text = device->host;
	const char *slash;

	if (strncmp(device->driver, "vfio-pci", strlen("vfio-pci")) != 0)
		return false;
	if (text == NULL && device->sysfsdev != NULL) {
		slash = strrchr(device->sysfsdev, '/');
		text = slash == NULL ? NULL : slash + 1;
	}
	return text != NULL && lend_pci_address_parse(text, strlen(text), ret);
}

static void find_uses(struct lend_scan *scan, struct uses *uses)
{
	for (size_t i = 0; i < scan->n_qemus; i++) {
		const struct lend_qemu_args *args = &scan->qemus[i].args;

		for (size_t j = 0; j < args->n_devices; j++) {
			struct lend_pci_address address;
			char name[LEND_PCI_ADDRESS_TEXT];
			struct lend_node *node;

			if (!address_of(&args->devices[j], &address))
				continue;
			lend_pci_address_format(&address, name);
			node = lend_build_find(&scan->build, LEND_KIND_PCI, NULL, name);
			if (node == NULL)
				continue;
			*LEND_PUSH(&scan->memory, uses->items, uses->n, uses->cap) =
				(struct use){ lend_as_pci(node), scan->qemus[i].vm };
		}
	}
	if (uses->n > 0)
		qsort(uses->items, uses->n, sizeof(*uses->items), compare_uses);
}

/* Those of one function stand together; the first use is at i.  Returns where the next's are.
 */
static size_t put_use(struct lend_scan *scan, const struct uses *uses, size_t i, uint32_t by)
{
	struct lend_pci *pci = uses->items[i].pci;
	const struct lend_vm *last = NULL;
	lend_auto_buf names = { 0 };

	for (; i < uses->n && uses->items[i].pci == pci; i++) {
		const struct lend_vm *vm = uses->items[i].vm;

		if (vm == last)
			continue;
		last = vm;
		lend_build_edge(&scan->build, &vm->node, &pci->node);
		lend_buf_puts(&names, names.len > 0 ? ", VM " : "VM ");
		lend_buf_puts(&names, vm->node.name);
	}
	lend_build_text(&scan->build, &pci->node, &pci->used_by, by, names.text);
	return i;
}

void lend_pci_put_users(struct lend_scan *scan)
{
	struct uses uses = { 0 };
	struct lend_pci *pci;
	uint32_t by;

	by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "pci",
				 "proc/%s/cmdline", "");
	find_uses(scan, &uses);
	for (size_t i = 0; i < uses.n;)
		i = put_use(scan, &uses, i, by);
	for (size_t at = 0; (pci = lend_pci_next(scan, &at)) != NULL;) {
		if (pci->used_by.known == LEND_NOT_ASKED && pci->driver.known == LEND_KNOWN &&
		    strstr(pci->driver.v.str, "vfio") != NULL)
			lend_build_unreadable(
				&scan->build, &pci->node, &pci->used_by, by,
				"cannot tell: no command line of a VM that was seen names it");
	}
}
