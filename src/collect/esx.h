/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host of ESXi while the scan lasts: its lists and files, read once
 * (esx-host.c), and what the files of the subject make of them.  Nothing of
 * it is asked: the scan has the files.  What is known of ESXi, and how well:
 * docs/design/esxi-files.md.
 */

#ifndef LEND_COLLECT_ESX_H
#define LEND_COLLECT_ESX_H

#include "collect/collect.h"
#include "format/esx-conf.h"
#include "format/esx-lists.h"
#include "format/vim-vms.h"
#include "format/vm-inventory.h"
#include "format/vmx.h"
#include "model/kind-datastore.h"
#include "model/kind-pci.h"

struct lend_esx_list {
	void *items; /* of the command's struct */
	size_t n;
	bool seen;
	bool silent; /* nothing was printed: none there, or the command failed */
	uint32_t by;
};

/* A name of a volume: its own, its UUID. */
struct lend_esx_alias {
	const char *name;
	struct lend_datastore *datastore;
};

/* A VM whose .vmx was read. */
struct lend_esx_config {
	struct lend_vm *vm;
	const char *path; /* on the host; NULL: not known */
	const struct lend_vmx *vmx;
	uint32_t by;
};

struct lend_esx_host {
	struct lend_scan *scan;
	struct lend_esx_list lists[LEND_ESX_COMMANDS];
	struct lend_esx_list coredump_file; /* the other command of LEND_ESX_COREDUMP_GET */
	bool has_conf, has_vms, has_inventory;
	const char *store; /* the file of its ConfigStore; NULL: none was seen */
	struct lend_esx_conf conf;
	struct lend_vim_vms vms;
	struct lend_vm_inventory inventory;
	uint32_t by_conf, by_vms, by_inventory;
	struct lend_esx_alias *aliases; /* by name, once the volumes are known */
	size_t n_aliases, cap_aliases;
	struct lend_esx_config *configs;
	size_t n_configs, cap_configs;
	size_t n_gaps;
};

/* A list or file of the host itself, by its content. */
bool lend_esx_is_host_file(const char *bytes, size_t len);

/* scan->esx, made when it is not there. */
struct lend_esx_host *lend_esx_host_of(struct lend_scan *scan);

/* Any list or esx.conf was read: the host itself is meant, not only its VMs. */
bool lend_esx_is_host(const struct lend_esx_host *esx);

/* Items of a list: LEND_ESX_ITEMS(esx, LEND_ESX_PCI_LIST, struct lend_esx_pci) */
#define LEND_ESX_ITEMS(esx_, command_, type_)                                                  \
	((const type_ *)(const void *)(esx_)->lists[command_].items)

/* One of those that were seen in its place in a fact; NULL and "" are not given. */
void lend_esx_put_text(struct lend_esx_host *esx, struct lend_node *node,
		       struct lend_fact *fact, uint32_t by, const char *text);
void lend_esx_put_tri(struct lend_esx_host *esx, struct lend_node *node, struct lend_fact *fact,
		      uint32_t by, enum lend_tri value);
void lend_esx_put_u64(struct lend_esx_host *esx, struct lend_node *node, struct lend_fact *fact,
		      uint32_t by, struct lend_opt_u64 value);

/* A gap, as long as there is room for more of them. */
void lend_esx_gap(struct lend_esx_host *esx, const char *about, const char *hint,
		  const char *fmt, ...) LEND_PRINTF(4, 5);

/* NULL when there is none. */
struct lend_pci *lend_esx_find_pci(struct lend_esx_host *esx,
				   const struct lend_pci_address *address);

/* The parts; in this order. */
void lend_esx_put_pci(struct lend_esx_host *esx);
void lend_esx_put_nics(struct lend_esx_host *esx);
void lend_esx_put_storage(struct lend_esx_host *esx);

/*
 * The volume of "/vmfs/volumes/NAME/REST", made when nobody knows it; *ret_rest
 * is REST.  NULL when the path is no such.
 */
struct lend_datastore *lend_esx_volume_of(struct lend_esx_host *esx, const char *path,
					  const char **ret_rest);
bool lend_esx_is_pmem(const struct lend_datastore *datastore);

/* The same path with the volume's own name in it, so that equal files have equal paths. */
const char *lend_esx_tidy_path(struct lend_esx_host *esx, const char *path);

/* esx-places.c: the name of a volume in a path; a path without "..". */
const char *lend_esx_volume_name(struct lend_arena *arena, const char *path, size_t len);
const char *lend_esx_flat_path(struct lend_arena *arena, const char *path);

/* The volumes that a .vmx names beside those of its disks. */
void lend_esx_put_places(struct lend_esx_host *esx, const struct lend_esx_config *config);

#endif
