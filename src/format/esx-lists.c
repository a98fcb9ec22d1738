/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/esx-lists.h"

#include <stddef.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"

const char *const lend_esx_command_names[LEND_ESX_COMMANDS] = {
	[LEND_ESX_PCI_LIST] = "hardware pci list",
	[LEND_ESX_PASSTHRU_LIST] = "hardware pci pcipassthru list",
	[LEND_ESX_ADAPTER_LIST] = "storage core adapter list",
	[LEND_ESX_PATH_LIST] = "storage core path list",
	[LEND_ESX_DEVICE_LIST] = "storage core device list",
	[LEND_ESX_EXTENT_LIST] = "storage vmfs extent list",
	[LEND_ESX_FILESYSTEM_LIST] = "storage filesystem list",
	[LEND_ESX_BOOT_GET] = "system boot device get",
	[LEND_ESX_COREDUMP_GET] = "system coredump get",
	[LEND_ESX_NIC_LIST] = "network nic list",
	[LEND_ESX_VMKNIC_LIST] = "network ip interface list",
	[LEND_ESX_PROCESS_LIST] = "vm process list",
	[LEND_ESX_VSWITCH_LIST] = "network vswitch standard list",
	[LEND_ESX_NFS_LIST] = "storage nfs list",
};

/* ---- which label is which field ---- */

enum field_type { TEXT, U64, ID, TRI, OWNER, PCI, PCI_COLONS };
enum need { MAY, MUST, HEADING /* must; in blocks it is the heading */ };

struct field {
	const char *label;
	enum field_type type;
	enum need need;
	size_t offset;
};

/* clang-format off */
#define F(label, type, need, kind, member) { label, type, need, offsetof(struct lend_esx_##kind, member) }

static const struct field pci_fields[] = {
	F("Address", PCI, HEADING, pci, address),
	F("VMkernel Name", TEXT, MAY, pci, vmkernel_name),
	F("Vendor Name", TEXT, MAY, pci, vendor_name),
	F("Device Name", TEXT, MAY, pci, device_name),
	F("Configured Owner", OWNER, MUST, pci, configured),
	F("Current Owner", OWNER, MUST, pci, current),
	F("Vendor ID", ID, MAY, pci, vendor),
	F("Device ID", ID, MAY, pci, device),
	F("SubVendor ID", ID, MAY, pci, subvendor),
	F("SubDevice ID", ID, MAY, pci, subdevice),
	F("Device Class", ID, MAY, pci, class),
	F("Module Name", TEXT, MAY, pci, module),
	F("Physical Slot", TEXT, MAY, pci, slot),
	F("Passthru Capable", TRI, MAY, pci, capable),
	F("Parent Device", PCI_COLONS, MAY, pci, parent),
	F("Dependent Device", PCI_COLONS, MAY, pci, dependent),
	F("Reset Method", TEXT, MAY, pci, reset_method),
	F("FPT Sharable", TRI, MAY, pci, sharable),
};
static const struct field passthru_fields[] = {
	F("Device ID", PCI, MUST, passthru, address),
	F("Enabled", TRI, MUST, passthru, enabled),
};
static const struct field adapter_fields[] = {
	F("HBA Name", TEXT, MUST, adapter, name),
	F("Driver", TEXT, MAY, adapter, driver),
	F("Link State", TEXT, MAY, adapter, link_state),
	F("UID", TEXT, MAY, adapter, uid),
	F("Description", TEXT, MUST, adapter, description),
};
static const struct field path_fields[] = {
	F("Runtime Name", TEXT, MUST, path, runtime_name),
	F("Device", TEXT, MUST, path, device),
	F("Adapter", TEXT, MUST, path, adapter),
	F("Channel", U64, MAY, path, channel),
	F("Target", U64, MAY, path, target),
	F("LUN", U64, MAY, path, lun),
	F("State", TEXT, MAY, path, state),
	F("Transport", TEXT, MAY, path, transport),
};
static const struct field device_fields[] = {
	F("Device", TEXT, HEADING, device, name),
	F("Display Name", TEXT, MAY, device, display_name),
	F("Size", U64, MAY, device, size_mb),
	F("Devfs Path", TEXT, MUST, device, path),
	F("Vendor", TEXT, MAY, device, vendor),
	F("Model", TEXT, MAY, device, model),
	F("Status", TEXT, MAY, device, status),
	F("Is Local", TRI, MAY, device, is_local),
	F("Is SSD", TRI, MAY, device, is_ssd),
	F("Is Offline", TRI, MAY, device, is_offline),
	F("Is Boot USB Device", TRI, MAY, device, is_boot_usb),
	F("Is Boot Device", TRI, MAY, device, is_boot),
};
static const struct field extent_fields[] = {
	F("Volume Name", TEXT, MUST, extent, volume),
	F("VMFS UUID", TEXT, MUST, extent, uuid),
	F("Extent Number", U64, MAY, extent, number),
	F("Device Name", TEXT, MUST, extent, device),
	F("Partition", U64, MAY, extent, partition),
};
static const struct field filesystem_fields[] = {
	F("Mount Point", TEXT, MUST, filesystem, mount),
	F("Volume Name", TEXT, MAY, filesystem, volume),
	F("UUID", TEXT, MUST, filesystem, uuid),
	F("Mounted", TRI, MAY, filesystem, mounted),
	F("Type", TEXT, MUST, filesystem, type),
	F("Size", U64, MAY, filesystem, size_bytes),
	F("Free", U64, MAY, filesystem, free_bytes),
};
static const struct field boot_fields[] = {
	F("Boot Filesystem UUID", TEXT, MUST, boot, filesystem_uuid),
	F("Boot NIC", TEXT, MAY, boot, nic),
	F("Stateless Boot NIC", TEXT, MAY, boot, stateless_nic),
};
/* UNVERIFIED: both labels */
static const struct field coredump_fields[] = {
	F("Active", TEXT, MUST, coredump, active),
	F("Configured", TEXT, MUST, coredump, configured),
};
static const struct field nic_fields[] = {
	F("Name", TEXT, MUST, nic, name),
	F("PCI Device", PCI, MUST, nic, address),
	F("Driver", TEXT, MAY, nic, driver),
	F("Admin Status", TEXT, MAY, nic, admin_status),
	F("Link Status", TEXT, MAY, nic, link_status),
	F("MAC Address", TEXT, MAY, nic, mac),
	F("MTU", U64, MAY, nic, mtu),
	F("Description", TEXT, MAY, nic, description),
};
/* UNVERIFIED: all labels but Name and MAC Address */
static const struct field vmknic_fields[] = {
	F("Name", TEXT, HEADING, vmknic, name),
	F("MAC Address", TEXT, MAY, vmknic, mac),
	F("Enabled", TRI, MAY, vmknic, enabled),
	F("Portset", TEXT, MUST, vmknic, portset),
	F("Portgroup", TEXT, MAY, vmknic, portgroup),
	F("Netstack Instance", TEXT, MAY, vmknic, netstack),
};
static const struct field process_fields[] = {
	F("Display Name", TEXT, HEADING, process, name),
	F("World ID", U64, MUST, process, world),
	F("VMX Cartel ID", U64, MAY, process, cartel),
	F("UUID", TEXT, MAY, process, uuid),
	F("Config File", TEXT, MUST, process, config_file),
};
/* UNVERIFIED: all labels but Name */
static const struct field vswitch_fields[] = {
	F("Name", TEXT, HEADING, vswitch, name),
	F("Uplinks", TEXT, MUST, vswitch, uplinks),
	F("Portgroups", TEXT, MUST, vswitch, portgroups),
};
/* UNVERIFIED: all labels */
static const struct field nfs_fields[] = {
	F("Volume Name", TEXT, MUST, nfs, volume),
	F("Host", TEXT, MUST, nfs, host),
	F("Share", TEXT, MUST, nfs, share),
	F("Accessible", TRI, MAY, nfs, accessible),
	F("Mounted", TRI, MAY, nfs, mounted),
};

#define C(kind) { sizeof(struct lend_esx_##kind), kind##_fields, LEND_COUNT(kind##_fields) }

static const struct command {
	size_t size;
	const struct field *fields;
	size_t n;
} commands[LEND_ESX_COMMANDS] = {
	[LEND_ESX_PCI_LIST] = C(pci),
	[LEND_ESX_PASSTHRU_LIST] = C(passthru),
	[LEND_ESX_ADAPTER_LIST] = C(adapter),
	[LEND_ESX_PATH_LIST] = C(path),
	[LEND_ESX_DEVICE_LIST] = C(device),
	[LEND_ESX_EXTENT_LIST] = C(extent),
	[LEND_ESX_FILESYSTEM_LIST] = C(filesystem),
	[LEND_ESX_BOOT_GET] = C(boot),
	[LEND_ESX_COREDUMP_GET] = C(coredump),
	[LEND_ESX_NIC_LIST] = C(nic),
	[LEND_ESX_VMKNIC_LIST] = C(vmknic),
	[LEND_ESX_PROCESS_LIST] = C(process),
	[LEND_ESX_VSWITCH_LIST] = C(vswitch),
	[LEND_ESX_NFS_LIST] = C(nfs),
};
/* clang-format on */

/* ---- values; each returns false for what it is not ---- */

/* People see 0x8086, programs 32902; bare digits for people could be either. */
static bool read_id(const char *value, bool for_people, struct lend_opt_u64 *ret)
{
	uint64_t id;

	if ((for_people && !lend_ascii_has_prefix(value, strlen(value), "0x")) ||
	    !lend_parse_u64(value, 0, &id) || id > 0xffff)
		return false;
	*ret = lend_opt(id);
	return true;
}

static bool read_u64(const char *value, struct lend_opt_u64 *ret)
{
	uint64_t n;

	if (!lend_parse_u64(value, 10, &n))
		return false;
	*ret = lend_opt(n);
	return true;
}

static bool read_tri(const char *value, enum lend_tri *ret)
{
	if (lend_ascii_casecmp(value, "true") == 0)
		*ret = LEND_TRI_ON;
	else if (lend_ascii_casecmp(value, "false") == 0)
		*ret = LEND_TRI_OFF;
	else
		return false;
	return true;
}

static bool read_owner(const char *value, enum lend_esx_owner *ret)
{
	*ret = LEND_ESX_OWNER_OTHER;
	if (lend_ascii_casecmp(value, "VMkernel") == 0)
		*ret = LEND_ESX_OWNER_VMKERNEL;
	else if (lend_ascii_casecmp(value, "VM Passthru") == 0)
		*ret = LEND_ESX_OWNER_PASSTHRU;
	else if (lend_ascii_casecmp(value, "Unknown") == 0)
		*ret = LEND_ESX_OWNER_UNKNOWN;
	return *ret != LEND_ESX_OWNER_OTHER;
}

static bool read_pci(const char *value, struct lend_opt_pci *ret)
{
	ret->has = lend_pci_address_parse(value, strlen(value), &ret->v);
	return ret->has;
}

/* "PCI 0:4:0:0": decimal, with a colon before the function. */
static bool read_pci_colons(const char *value, struct lend_opt_pci *ret)
{
	static const uint64_t most[] = { UINT32_MAX, 255, 31, 7 };
	uint64_t part[4];

	if (lend_ascii_has_prefix(value, strlen(value), "PCI "))
		value += 4;
	for (size_t i = 0; i < 4; i++) {
		size_t len = strcspn(value, ":");

		if (!lend_parse_u64n(value, len, 10, &part[i]) || part[i] > most[i] ||
		    (value[len] == ':') != (i < 3))
			return false;
		value += len + (i < 3);
	}
	ret->v = (struct lend_pci_address){ .domain = (uint32_t)part[0],
					    .bus = (uint8_t)part[1],
					    .device = (uint8_t)part[2],
					    .function = (uint8_t)part[3] };
	ret->has = true;
	return true;
}

static bool read_value(const struct field *field, const char *value, bool for_people, void *at)
{
	switch (field->type) {
	case TEXT:
		*(const char **)at = value;
		return true;
	case U64:
		return read_u64(value, at);
	case ID:
		return read_id(value, for_people, at);
	case TRI:
		return read_tri(value, at);
	case OWNER:
		return read_owner(value, at);
	case PCI:
		return read_pci(value, at);
	case PCI_COLONS:
		return read_pci_colons(value, at);
	}
	return false;
}

/* ---- rows ---- */

struct list {
	struct lend_arena *arena;
	const struct lend_esx_rows *rows;
	const struct command *command;
	uint32_t seen; /* bit n: some row has field n */
	struct lend_esx_lack *lack;
};

static const char *value_of(const struct lend_esx_row *row, const struct field *field)
{
	const char *value = lend_esx_row_get(row, field->label);

	return value == NULL && field->need == HEADING ? row->heading : value;
}

static void read_row(struct list *list, const struct lend_esx_row *row, void *item)
{
	bool for_people =
		list->rows->form == LEND_ESX_BLOCKS || list->rows->form == LEND_ESX_TABLE;

	for (size_t i = 0; i < list->command->n; i++) {
		const struct field *field = &list->command->fields[i];
		const char *value = value_of(row, field);

		if (value == NULL)
			continue;
		list->seen |= UINT32_C(1) << i;
		/* An empty number is not given; an empty text may mean something. */
		if ((value[0] == '\0' && field->type != TEXT) ||
		    read_value(field, value, for_people, (char *)item + field->offset))
			continue;
		if (list->lack->n_bad++ == 0)
			list->lack->bad = lend_arena_printf(list->arena, "line %u: %s: %.80s",
							    row->line, field->label, value);
	}
}

/* "(0000:00:1f.2) Intel ..." */
static void read_description(struct lend_esx_adapter *a)
{
	struct lend_pci_decimal decimal;
	struct lend_pci_address other;
	const char *text = a->description;
	size_t len;

	if (text == NULL || text[0] != '(')
		return;
	text++;
	len = strcspn(text, ")");
	a->address.has = text[len] == ')' && lend_pci_address_parse(text, len, &a->address.v);
	if (text[len] != ')' || !lend_pci_decimal_parse(text, len, &decimal))
		return;
	other = lend_pci_of_decimal(&decimal);
	a->maybe_decimal =
		!a->address.has || lend_pci_address_compare(&other, &a->address.v) != 0;
}

/* A label that every row must have and that one has not. */
static const struct field *lacking(const struct list *list)
{
	for (size_t i = 0; i < list->command->n; i++) {
		if (list->command->fields[i].need != MAY && (list->seen >> i & 1) == 0)
			return &list->command->fields[i];
	}
	return NULL;
}

static const char *missing_labels(const struct list *list)
{
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < list->command->n; i++) {
		if ((list->seen >> i & 1) == 0)
			lend_buf_printf(&out, "%s%s", out.len > 0 ? ", " : "",
					list->command->fields[i].label);
	}
	return out.len == 0 ? NULL : lend_arena_strdup(list->arena, out.text);
}

static int is_another(const struct list *list, enum lend_esx_command command,
		      struct lend_err *err)
{
	lend_hint(err, "save it again with esxcli --formatter=json");
	if (list->seen == 0)
		return lend_fail(err, LEND_E_FORMAT,
				 "not the output of esxcli %s: none of its labels is there "
				 "(in another language, or of another command)",
				 lend_esx_command_names[command]);
	return lend_fail(err, LEND_E_FORMAT,
			 "not the output of esxcli %s: no '%s' in it (an older host, in "
			 "another language, or of another command)",
			 lend_esx_command_names[command], lacking(list)->label);
}

int lend_esx_list_read(enum lend_esx_command command, const struct lend_esx_rows *rows,
		       struct lend_arena *arena, void **ret_items, size_t *ret_n,
		       struct lend_esx_lack *ret_lack, struct lend_err *err)
{
	struct lend_esx_lack lack = { 0 };
	struct list list = {
		.arena = arena, .rows = rows, .command = &commands[command], .lack = &lack
	};
	char *items = lend_arena_array(arena, rows->n_rows, list.command->size);

	for (size_t i = 0; i < rows->n_rows; i++)
		read_row(&list, &rows->rows[i], items + i * list.command->size);
	if (rows->n_rows > 0 && lacking(&list) != NULL)
		return is_another(&list, command, err);
	if (command == LEND_ESX_ADAPTER_LIST) {
		for (size_t i = 0; i < rows->n_rows; i++)
			read_description((struct lend_esx_adapter *)(void *)items + i);
	}
	lack.by_labels = (unsigned int)__builtin_popcount(list.seen);
	if (rows->n_rows > 0)
		lack.missing = missing_labels(&list);
	*ret_items = items;
	*ret_n = rows->n_rows;
	*ret_lack = lack;
	return 0;
}

enum lend_esx_command lend_esx_list_guess(const struct lend_esx_rows *rows)
{
	enum lend_esx_command best = LEND_ESX_COMMANDS;
	unsigned int most = 0;

	/* The first row tells; they are all alike. */
	for (enum lend_esx_command c = 0; rows->n_rows > 0 && c < LEND_ESX_COMMANDS; c++) {
		unsigned int have = 0;
		bool whole = true;

		for (size_t i = 0; i < commands[c].n; i++) {
			bool is_there =
				value_of(&rows->rows[0], &commands[c].fields[i]) != NULL;

			have += is_there;
			whole = whole && (is_there || commands[c].fields[i].need == MAY);
		}
		if (whole && have > most) {
			most = have;
			best = c;
		}
	}
	return best;
}

enum lend_tri lend_esx_pci_pending(const struct lend_esx_pci *pci)
{
	if ((pci->configured != LEND_ESX_OWNER_VMKERNEL &&
	     pci->configured != LEND_ESX_OWNER_PASSTHRU) ||
	    (pci->current != LEND_ESX_OWNER_VMKERNEL &&
	     pci->current != LEND_ESX_OWNER_PASSTHRU))
		return LEND_TRI_UNSET;
	return pci->configured == pci->current ? LEND_TRI_OFF : LEND_TRI_ON;
}
