/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMs of a host: registered or not, running or not told, with functions that are none. */

#include "tests/esx-test.h"

#define V "vmfs/volumes/5f000000-00000001-0001-000000000001/"
#define VMX(name, rest)                                                                        \
	"config.version = \"8\"\ndisplayName = \"" name "\"\nmemSize = \"64\"\n" rest
#define HEAD "Vmid   Name   File   Guest OS   Version   Annotation\n"
#define LIST "commands/vim-cmd_vmsvc_getallvms.txt"
#define FS                                                                                     \
	{                                                                                      \
		"commands/localcli_storage-filesystem-list.json",                              \
			"[{\"Mount Point\": \"/vmfs/volumes/5f000000-00000001-0001-"           \
			"000000000001\", \"Volume Name\": \"ds\", \"UUID\": "                  \
			"\"5f000000-00000001-0001-000000000001\", \"Mounted\": true, "         \
			"\"Type\": \"VMFS-6\"}]"                                               \
	}

static void registered(void)
{
	static const struct esx_file files[] = {
		FS,
		{ LIST, HEAD "1      a   [ds] a/a.vmx   otherGuest   vmx-14\n" },
		{ V "a/a.vmx", VMX("a", "") },
		{ V "b/b.vmx", VMX("b", "") },
		{ "etc/vmware/hostd/vmInventory.xml",
		  "<ConfigRoot><vmxCfgPath>/" V "c/c.vmx</vmxCfgPath></ConfigRoot>" },
	};
	struct lend_inventory *inv = ESX_SCAN(files);

	must_str(esx_fact(inv, "vm/a", "registered"), "true");
	must_str(esx_fact(inv, "vm/b", "registered"), "false");
	must_str(esx_fact(inv, "vm/c", "registered"), "true");
	/* Its state nobody told. */
	must_str(esx_fact(inv, "vm/a", "state"), "?");
	must(esx_edge(inv, "vm/c", "datastore/ds"));
	lend_inventory_free(inv);
}

/* A list with a row that could be anything tells of nobody that he is not in it. */
static void cut(void)
{
	static const struct esx_file files[] = {
		FS,
		{ LIST,
		  HEAD "1      a   [ds] a/a.vmx   otherGuest   vmx-14\n2      b   [ds\n" },
		{ V "b/b.vmx", VMX("b", "") },
		{ "commands/localcli_vm-process-list.txt", "" },
	};
	struct lend_inventory *inv = ESX_SCAN(files);

	must(esx_told(inv, "1 rows could not be read"));
	must_str(esx_fact(inv, "vm/b", "registered"), "?");
	/* Nothing was printed: none runs, or the command failed. */
	must_str(esx_fact(inv, "vm/a", "state"), "?");
	lend_inventory_free(inv);
}

static void functions(void)
{
	static const struct esx_file files[] = {
		FS,
		{ "commands/localcli_hardware-pci-list.txt",
		  "0000:1f:00.0\n   Address: 0000:1f:00.0\n   Vendor ID: 0x10de\n"
		  "   Device ID: 0x1b38\n   Configured Owner: VM Passthru\n   Current Owner: VM Passthru\n" },
		{ V "a/a.vmx",
		  VMX("a",
		      "pciPassthru0.present = \"TRUE\"\npciPassthru0.id = \"00000:031:00.0\"\n"
		      "pciPassthru0.vendorId = \"0x8086\"\npciPassthru0.deviceId = \"0x1\"\n"
		      "pciPassthru1.present = \"TRUE\"\npciPassthru1.id = \"0000:1f:00.0\"\n") },
		{ V "b\x1b[31m/b.vmx", VMX("b\x1b[31m\xff", "") },
	};
	struct lend_inventory *inv = ESX_SCAN(files);

	must(esx_edge(inv, "vm/a", "pci/0000:1f:00.0"));
	must_str(esx_fact(inv, "pci/0000:1f:00.0", "used_by"), "a");
	must_str(esx_fact(inv, "vm/a", "passthru_other"),
		 "at 0000:1f:00.0 is 10de:1b38, and it was made for 8086:0001");
	/* In hex it finds nothing, and that is said. */
	must(esx_told(inv, "is no address that ESXi finds"));
	must(lend_find(inv, "vm/b\x1b[31m\\xff") != NULL);
	lend_inventory_free(inv);
}

#define GIVEN                                                                                  \
	{                                                                                      \
		"commands/localcli_hardware-pci-list.txt",                                     \
			"0000:1f:00.0\n   Address: 0000:1f:00.0\n   Vendor ID: 0x10de\n"       \
			"   Device ID: 0x1b38\n   Configured Owner: VM Passthru\n"             \
			"   Current Owner: VM Passthru\n"                                      \
	}

static enum lend_known used_by(const struct lend_inventory *inv)
{
	char text[64];

	return lend_get_text(inv, lend_find(inv, "pci/0000:1f:00.0"), "used_by", text,
			     sizeof(text));
}

/* Whose it is could be told by a .vmx that is not here; when all are, it is nobody's. */
static void owner_unread(void)
{
	static const struct esx_file files[] = {
		FS,
		GIVEN,
		{ LIST, HEAD "1      a   [ds] a/a.vmx   otherGuest   vmx-14\n" },
		{ V "a/a.vmx", VMX("a", "") },
	};
	struct lend_inventory *inv = esx_scan(files, 3);

	must(used_by(inv) == LEND_UNREADABLE);
	lend_inventory_free(inv);
	inv = ESX_SCAN(files);
	must(used_by(inv) != LEND_UNREADABLE);
	lend_inventory_free(inv);
}

int main(void)
{
	owner_unread();
	registered();
	cut();
	functions();
	return 0;
}
