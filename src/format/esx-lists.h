/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the rows of certain esxcli commands mean (format/esx-rows.h).
 *
 * One table of fields a command; what a host does not print (older ones print
 * less) is "not given" (format/opt.h), and told.  Labels whose spelling has no
 * source are marked UNVERIFIED in esx-lists.c.
 */

#ifndef LEND_FORMAT_ESX_LISTS_H
#define LEND_FORMAT_ESX_LISTS_H

#include "base/arena.h"
#include "format/esx-rows.h"
#include "format/opt.h"
#include "format/pci-address.h"
#include "lend/lend.h"

struct lend_opt_pci {
	struct lend_pci_address v; /* meant only when has */
	bool has;
};

enum lend_esx_owner {
	LEND_ESX_OWNER_UNSET,
	LEND_ESX_OWNER_VMKERNEL,
	LEND_ESX_OWNER_PASSTHRU, /* "VM Passthru" */
	LEND_ESX_OWNER_UNKNOWN,  /* the host says "Unknown" */
	LEND_ESX_OWNER_OTHER     /* a word that has no source */
};

/* esxcli hardware pci list */
struct lend_esx_pci {
	struct lend_opt_pci address;
	const char *vmkernel_name; /* may stay after the device was given away */
	const char *vendor_name, *device_name;
	enum lend_esx_owner configured, current;
	struct lend_opt_u64 vendor, device, subvendor, subdevice, class;
	const char *module; /* "pciPassthru" when it is given away */
	const char *slot;
	enum lend_tri capable;
	struct lend_opt_pci parent, dependent; /* both decimal where they come from */
	const char *reset_method;
	enum lend_tri sharable;
};

/* A reboot changes the owner: ON.  UNSET when one of the two is not known. */
enum lend_tri lend_esx_pci_pending(const struct lend_esx_pci *pci);

/* esxcli hardware pci pcipassthru list: what is configured, not what is so now */
struct lend_esx_passthru {
	struct lend_opt_pci address;
	enum lend_tri enabled;
};

/* esxcli storage core adapter list */
struct lend_esx_adapter {
	const char *name, *driver, *link_state, *uid, *description;
	/* Out of the description, read as hex; ESXi 5.5 writes it decimal. */
	struct lend_opt_pci address;
	bool maybe_decimal; /* read as decimal it would be another one: look which exists */
};

/* esxcli storage core path list */
struct lend_esx_path {
	const char *runtime_name, *device, *adapter, *state, *transport;
	struct lend_opt_u64 channel, target, lun;
};

/* esxcli storage core device list */
struct lend_esx_device {
	const char *name; /* "mpx.vmhba1:C0:T0:L0" */
	const char *display_name, *path, *vendor, *model, *status;
	struct lend_opt_u64 size_mb;
	enum lend_tri is_local, is_ssd, is_offline, is_boot, is_boot_usb;
};

/* esxcli storage vmfs extent list */
struct lend_esx_extent {
	const char *volume, *uuid, *device;
	struct lend_opt_u64 number, partition;
};

/* esxcli storage filesystem list */
struct lend_esx_filesystem {
	const char *mount; /* "" when it is not mounted */
	const char *volume, *uuid, *type;
	enum lend_tri mounted;
	struct lend_opt_u64 size_bytes, free_bytes;
};

/* esxcli system boot device get */
struct lend_esx_boot {
	const char *filesystem_uuid; /* "": the host has lost its boot device */
	const char *nic, *stateless_nic;
};

/* esxcli system coredump partition get, esxcli system coredump file get */
struct lend_esx_coredump {
	const char *active, *configured;
};

/* esxcli network nic list */
struct lend_esx_nic {
	const char *name, *driver, *admin_status, *link_status, *mac, *description;
	struct lend_opt_pci address;
	struct lend_opt_u64 mtu;
};

/* esxcli network ip interface list */
struct lend_esx_vmknic {
	const char *name, *mac, *portset, *portgroup, *netstack;
	enum lend_tri enabled;
};

/* esxcli vm process list: running ones only */
struct lend_esx_process {
	const char *name, *uuid, *config_file;
	struct lend_opt_u64 world, cartel;
};

/* esxcli network vswitch standard list */
struct lend_esx_vswitch {
	const char *name, *uplinks, *portgroups; /* lists, ", " between their parts */
};

/* esxcli storage nfs list */
struct lend_esx_nfs {
	const char *volume, *host, *share;
	enum lend_tri accessible, mounted;
};

enum lend_esx_command {
	LEND_ESX_PCI_LIST,
	LEND_ESX_PASSTHRU_LIST,
	LEND_ESX_ADAPTER_LIST,
	LEND_ESX_PATH_LIST,
	LEND_ESX_DEVICE_LIST,
	LEND_ESX_EXTENT_LIST,
	LEND_ESX_FILESYSTEM_LIST,
	LEND_ESX_BOOT_GET,
	LEND_ESX_COREDUMP_GET, /* of a partition or a file: the same two fields */
	LEND_ESX_NIC_LIST,
	LEND_ESX_VMKNIC_LIST,
	LEND_ESX_PROCESS_LIST,
	LEND_ESX_VSWITCH_LIST,
	LEND_ESX_NFS_LIST,
	LEND_ESX_COMMANDS
};
/* "hardware pci list" */
extern const char *const lend_esx_command_names[LEND_ESX_COMMANDS];

/* What was read is true, but not all of it is here. */
struct lend_esx_lack {
	const char *missing;    /* labels that no row has: an older host; NULL: none */
	size_t n_bad;           /* values that are no address, number or truth value */
	const char *bad;        /* the first of them: "line 7: Address: x"; NULL: none */
	unsigned int by_labels; /* how many labels of this command the rows have */
};

/*
 * ret_items is an array of the command's struct above.  -1: rows without the
 * labels that make this list what it is: localized, or of another command.
 */
int lend_esx_list_read(enum lend_esx_command command, const struct lend_esx_rows *rows,
		       struct lend_arena *arena, void **ret_items, size_t *ret_n,
		       struct lend_esx_lack *ret_lack, struct lend_err *err) LEND_MUST_CHECK;

/* Which command printed these rows, by their labels; LEND_ESX_COMMANDS: none of these. */
enum lend_esx_command lend_esx_list_guess(const struct lend_esx_rows *rows);

#endif
