/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks, volumes and descriptors of a host: lost boot devices, dead paths, volumes that are
 * gone. */

#include "tests/esx-test.h"

#define FS(rows) "[" rows "]"
#define ROW(name, uuid, mounted, type)                                                         \
	"{\"Mount Point\": \"/vmfs/volumes/" uuid "\", \"Volume Name\": \"" name               \
	"\", \"UUID\": \"" uuid "\", \"Mounted\": " mounted ", \"Type\": \"" type "\"}"

/* Two adapters, and a disk that nobody tells the adapter of. */
static void no_paths(void)
{
	static const struct esx_file files[] = {
		{ "commands/localcli_storage-core-adapter-list.json",
		  "[{\"HBA Name\": \"vmhba0\", \"Description\": \"x\"}, "
		  "{\"HBA Name\": \"vmhba1\", \"Description\": \"x\"}]" },
		{ "commands/localcli_storage-core-device-list.json",
		  "[{\"Device\": \"naa.1\", \"Devfs Path\": \"/d\", \"Is Boot Device\": true}, "
		  "{\"Device\": \"mpx.vmhba1:C0:T0:L0\", \"Devfs Path\": \"/e\"}]" },
		{ "commands/localcli_storage-core-path-list.json",
		  "[{\"Runtime Name\": \"vmhba0:C0:T0:L0\", \"Device\": \"naa.1\", \"Adapter\": "
		  "\"vmhba0\", \"State\": \"dead\"}]" },
	};
	struct lend_inventory *inv = ESX_SCAN(files);

	must(esx_told(inv, "on which adapter naa.1 is, is not known"));
	must(!esx_edge(inv, "disk/naa.1", "adapter/vmhba0"));
	must(esx_edge(inv, "disk/mpx.vmhba1:C0:T0:L0", "adapter/vmhba1"));
	must(esx_edge(inv, "system/boot", "disk/naa.1"));
	lend_inventory_free(inv);
}

/* The VM's volume is not in the list: it is there, not mounted, and not dropped. */
static void volume_missing(void)
{
	static const struct esx_file files[] = {
		{ "commands/localcli_storage-filesystem-list.json",
		  FS(ROW("same", "5f000000-00000001-0001-000000000001", "true",
			 "VMFS-6") ", " ROW("same", "5f000000-00000002-0001-000000000002",
					    "true", "VMFS-6")) },
		{ "commands/vim-cmd_vmsvc_getallvms.txt",
		  "Vmid   Name   File   Guest OS   Version   Annotation\n"
		  "1      a   [gone] a/a.vmx   otherGuest   vmx-14\n" },
		{ "commands/localcli_system-boot-device-get.json",
		  "[{\"Boot Filesystem UUID\": \"\", \"Boot NIC\": \"\"}]" },
	};
	struct lend_inventory *inv = ESX_SCAN(files);

	must_str(esx_fact(inv, "datastore/gone", "mounted"), "false");
	must(esx_edge(inv, "vm/a", "datastore/gone"));
	/* Two volumes of one name are two. */
	must(lend_find(inv, "datastore/same") != NULL);
	must(lend_find(inv, "datastore/5f000000-00000002-0001-000000000002") != NULL);
	must(lend_find(inv, "system/boot") != NULL);
	lend_inventory_free(inv);
}

#define HOME "vmfs/volumes/5f000000-00000001-0001-000000000001/a/"
#define PMEM "vmfs/volumes/PMemDS-2ab23afe-ef87-eb45-9e0d-8db94ea7740d/a/"
#define DISK(uuid)                                                                             \
	"# Disk DescriptorFile\nversion=1\ncreateType=\"vmfs\"\nRW 2048 VMFS \"f\"\n" uuid

/* A descriptor without a UUID, one that was cut, and a vPMemDisk, on the PMem volume. */
static void disks(void)
{
	static const struct esx_file files[] = {
		{ "etc/vmware/esx.conf", "/adv/Misc/HostName = \"esx\"\n" },
		{ HOME "a.vmx",
		  "config.version = \"8\"\ndisplayName = \"a\"\nmemSize = \"64\"\n"
		  "nvdimm0:0.fileName = \"/" PMEM "a_0.vmdk\"\n"
		  "nvdimm0:1.fileName = \"/" PMEM "a_1.vmdk\"\n"
		  "scsi0:1.fileName = \"/" PMEM "a_d.vmdk\"\n"
		  "scsi0:2.fileName = \"[bad\"\n" },
		{ PMEM "a_0.vmdk", DISK("") },
		{ PMEM "a_1.vmdk", "# Disk DescriptorFile\nRW much VMFS \"f\"\n" },
		{ PMEM "a_d.vmdk",
		  DISK("ddb.uuid = \"60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0c\"\n") },
	};
	struct lend_inventory *inv = ESX_SCAN(files);

	must_str(esx_fact(inv, "backing//" PMEM "a_0.vmdk", "uuid"), "-");
	must(esx_told(inv, "a_1.vmdk, a disk descriptor: line 2"));
	must_str(esx_fact(inv, "backing//" PMEM "a_1.vmdk", "uuid"), "?");
	must_str(esx_fact(inv, "backing//" PMEM "a_0.vmdk", "type"), "vmdk");
	must_str(esx_fact(inv, "backing//" PMEM "a_d.vmdk", "type"), "vpmem disk");
	lend_inventory_free(inv);
}

#define EXTENT(number, device)                                                                 \
	"{\"Volume Name\": \"ds\", \"VMFS UUID\": \"5f000000-00000001-0001-000000000001\", "   \
	"\"Extent Number\": " number ", \"Device Name\": \"" device "\", \"Partition\": 1}"

/* Without the list of file systems; a volume of two parts, one of them nowhere. */
static void extents_alone(void)
{
	static const struct esx_file files[] = {
		{ "commands/localcli_storage-vmfs-extent-list.json",
		  "[" EXTENT("0", "naa.1") ", " EXTENT("1", "") "]" },
		{ "commands/vim-cmd_vmsvc_getallvms.txt",
		  "Vmid   Name   File   Guest OS   Version   Annotation\n"
		  "1      a   [ds] a/a.vmx   otherGuest   vmx-14\n" },
		{ "vmfs/volumes/5F000000-00000001-0001-000000000001/a/a.vmx",
		  "displayName = \"a\"\n" },
	};
	struct lend_inventory *inv = ESX_SCAN(files);

	must(esx_told(inv, "a part of volume ds is on a disk"));
	must(esx_edge(inv, "datastore/ds", "disk/naa.1"));
	must(esx_edge(inv, "vm/a", "datastore/ds"));
	must(lend_find(inv, "datastore/5f000000-00000001-0001-000000000001") == NULL);
	/* The same VM by both of its paths. */
	must_str(esx_fact(inv, "vm/a", "registered"), "true");
	must(lend_next_of(inv, LEND_KIND_VM, lend_find(inv, "vm/a")) == NULL);
	lend_inventory_free(inv);
}

int main(void)
{
	extents_alone();
	no_paths();
	volume_missing();
	disks();
	return 0;
}
