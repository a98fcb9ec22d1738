/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions and their owners, where the sources differ or say what nobody knows. */

#include "tests/esx-test.h"

#define LIST "commands/localcli_hardware-pci-list.txt"

static struct lend_inventory *scan_conf(const char *list, const char *conf)
{
	const struct esx_file files[] = { { LIST, list }, { "etc/vmware/esx.conf", conf } };

	return ESX_SCAN(files);
}

static void owners(void)
{
	struct lend_inventory *inv = scan_conf(
		"0000:1f:00.0\n   Address: 0000:1f:00.0\n   Configured Owner: VM Passthru\n"
		"   Current Owner: Besitzer\n   VMkernel Name: vmhba0, vmnic7\n",
		"/device/000:31.2/owner = \"passthru\"\n/device/031:00.0/owner = \"vmkernel\"\n");

	/* A word that nobody knows is not "VMkernel". */
	must(lend_as_pci(lend_find(inv, "pci/0000:1f:00.0"))->owner.known == LEND_UNREADABLE);
	must_str(esx_fact(inv, "pci/0000:1f:00.0", "next_owner"), "VM Passthru");
	must(esx_told(inv, "esx.conf says that VMkernel has it from the next boot on"));
	must(esx_edge(inv, "adapter/vmhba0", "pci/0000:1f:00.0"));
	must(esx_edge(inv, "vmnic/vmnic7", "pci/0000:1f:00.0"));
	/* A flag for an address where nothing is: for whatever is plugged in there. */
	must_str(esx_fact(inv, "flag/000:31.2", "address"), "0000:00:1f.2");
	must(lend_find(inv, "pci/0000:00:1f.2") == NULL);
	lend_inventory_free(inv);
}

/* 0x1a as decimal 1a: written in hex by hand, it means no device. */
static void spellings(void)
{
	struct lend_inventory *inv = scan_conf(
		"0000:1a:00.0\n   Address: 0000:1a:00.0\n   Configured Owner: Unbekannt\n   Current Owner: VMkernel\n",
		"/device/0000:1a:00.0/owner = \"passthru\"\n/device/hello/owner = \"passthru\"\n"
		"/device/\x1b[31m/owner = \"passthru\"\n");

	must_str(esx_fact(inv, "flag/0000:1a:00.0", "spelling"), "hex");
	must_str(esx_fact(inv, "flag/0000:1a:00.0", "address"), "-");
	must_str(esx_fact(inv, "flag/hello", "spelling"), "odd");
	must(lend_as_pci(lend_find(inv, "pci/0000:1a:00.0"))->next_owner.known ==
	     LEND_UNREADABLE);
	lend_inventory_free(inv);
}

/* ESXi 5.5 prints the adapter's address decimal: here it may be either. */
static void decimal_or_hex(void)
{
	static const struct esx_file files[] = {
		{ LIST,
		  "0000:00:11.0\n   Address: 0000:00:11.0\n   Configured Owner: VMkernel\n   Current Owner: VMkernel\n\n"
		  "0000:00:0b.0\n   Address: 0000:00:0b.0\n   Configured Owner: VMkernel\n   Current Owner: VMkernel\n" },
		{ "commands/localcli_storage-core-adapter-list.json",
		  "[{\"HBA Name\": \"vmhba9\", \"Driver\": \"ahci\", "
		  "\"Description\": \"(0000:00:11.0) Intel\"}]" },
	};
	struct lend_inventory *inv = ESX_SCAN(files);

	must(esx_told(inv, "its address may be decimal or hexadecimal"));
	must(!esx_edge(inv, "adapter/vmhba9", "pci/0000:00:11.0"));
	must(!esx_edge(inv, "adapter/vmhba9", "pci/0000:00:0b.0"));
	lend_inventory_free(inv);
}

int main(void)
{
	owners();
	spellings();
	decimal_or_hex();
	return 0;
}
