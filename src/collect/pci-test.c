/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The saved host of PCI functions: facts, edges, and what a damaged tree makes of them. */

#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "model/kind-pci.h"
#include "tests/must.h"
#include "tests/seen.h"

static struct lend_inventory *look_at(const char *tree, const char *const *devices, size_t n)
{
	struct lend_inventory *inv = NULL;
	struct lend_err err = { 0 };

	must(lend_scan(&LEND_SCAN_OPTIONS(.sources = &tree, .n_sources = 1, .devices = devices,
					  .n_devices = n),
		       &inv, &err) == 0);
	return inv;
}

static const struct lend_pci *find(const struct lend_inventory *inv, const char *id)
{
	const struct lend_node *node = lend_find(inv, id);

	must_in(id);
	must(node != NULL);
	return lend_as_pci(node);
}

static void usual(const char *host)
{
	struct lend_inventory *inv = look_at(host, NULL, 0);
	const struct lend_node *vm = lend_find(inv, "vm/web1");

	must_say(inv, "pci/0000:01:00.0", "class", "0x10802");
	must_say(inv, "pci/0000:01:00.0", "vendor_id", "0x144d");
	must_say(inv, "pci/0000:01:00.0", "product", "NVMe SSD Controller PM9A1/PM9A3/980PRO");
	must_say(inv, "pci/0000:01:00.0", "parent", "0000:00:1c.0");
	must_say(inv, "pci/0000:01:00.0", "slot", "1");
	must_say(inv, "pci/0000:01:00.0", "serial", "");
	must_say(inv, "pci/0000:00:1c.0", "subsystem_vendor", "-");
	must_say(inv, "pci/0000:00:1c.0", "parent", "-");
	must_say(inv, "pci/0000:61:00.0", "driver", "-");
	must_say(inv, "pci/0000:61:00.0", "used_by", "");
	must_say(inv, "pci/0000:03:02.0", "used_by", "?");
	must_say(inv, "pci/0000:41:02.1", "used_by", "VM web1");
	must_say(inv, "pci/0000:41:00.0", "sriov_totalvfs", "");
	/* Below a VMD the domain is another one. */
	must_say(inv, "pci/10000:01:00.0", "parent", "10000:00:02.0");
	must_say(inv, "pci/10000:00:02.0", "parent", "0000:62:00.5");
	must(lend_used_by(inv, &find(inv, "pci/10000:00:02.0")->node, 0) ==
	     &find(inv, "pci/0000:62:00.5")->node);
	must(vm != NULL &&
	     lend_used_of(inv, vm, LEND_KIND_PCI) == &find(inv, "pci/0000:41:02.1")->node);
	lend_inventory_free(inv);
}

static void closely(const char *host)
{
	static const char *const devices[] = { "41:00.0", "0000:62:00.5", "41:02.1", "1:0:0" };
	struct lend_inventory *inv = look_at(host, devices, 3);
	struct lend_err err = { 0 };

	must_say(inv, "pci/0000:41:00.0", "sriov_totalvfs", "64");
	must_say(inv, "pci/0000:41:00.0", "virtfns", "0000:41:02.0 0000:41:02.1");
	must_say(inv, "pci/0000:41:00.0", "serial", "0x3cfdfeffff9e7a10");
	must_say(inv, "pci/0000:41:00.0", "vmd_shadow", "");
	must_say(inv, "pci/0000:41:00.0", "physfn", "");
	must_say(inv, "pci/0000:41:02.1", "physfn", "0000:41:00.0");
	must_say(inv, "pci/0000:41:02.1", "serial", "?");
	must_say(inv, "pci/0000:62:00.5", "vmd_shadow", "true");
	must_say(inv, "pci/0000:62:00.5", "numa_node", "-");
	must_say(inv, "pci/0000:62:00.5", "reset_method", "-");
	must_say(inv, "pci/0000:01:00.0", "serial", "");
	lend_inventory_free(inv);
	must(lend_scan(&LEND_SCAN_OPTIONS(.sources = &host, .n_sources = 1, .devices = devices,
					  .n_devices = 4),
		       &inv, &err) < 0);
	must(err.code == LEND_E_USAGE);
}

/* ---- a damaged tree ---- */

static void put_link(const char *root, const char *path, const char *text)
{
	char whole[400];

	(void)snprintf(whole, sizeof(whole), "%s/%s", root, path);
	must(symlink(text, whole) == 0);
}

#define PCI "sys/bus/pci/devices/"

/* Folders instead of links, no uevent, odd names, attributes that are none, links in a ring. */
static void damaged(void)
{
	char root[] = "/tmp/lend-pci-XXXXXX";
	struct lend_inventory *inv;
	char remove[80];

	must(mkdtemp(root) != NULL);
	put_file(root, PCI "0000:00:01.0/vendor", "0x8086\n");
	put_file(root, PCI "0000:00:01.0/device", "0xzz\n");
	put_file(root, PCI "0000:00:01.0/class", "0x060400\n");
	put_link(root, PCI "0000:00:01.0/driver", "../../drivers/pcieport");
	put_link(root, PCI "0000:00:01.0/iommu_group", "../../groups/none");
	put_file(root, PCI "0000:00:02.0/uevent", "PCI_CLASS=x\nPCI_ID=1:2\nDRIVER=a\x1b[2J\n");
	put_file(root, PCI "nonsense/uevent", "PCI_ID=1:2\n");
	put_file(root, PCI "00:03.0/uevent", "PCI_ID=1:2\n");
	put_file(root, PCI "0000:00:0A.0/uevent", "PCI_ID=1:2\n");
	put_link(root, PCI "0000:00:04.0", "../../../devices/0000:00:05.0/0000:00:04.0");
	put_link(root, PCI "0000:00:05.0", "../../../devices/0000:00:04.0/0000:00:05.0");
	put_link(root, PCI "0000:00:06.0", "0000:00:06.0");
	put_file(root, PCI "0000:00:07.0/uevent/folder", "");
	inv = look_at(root, NULL, 0);
	must_say(inv, "pci/0000:00:01.0", "vendor_id", "0x8086");
	must_say(inv, "pci/0000:00:01.0", "device_id", "?");
	must_say(inv, "pci/0000:00:01.0", "driver", "pcieport");
	must_say(inv, "pci/0000:00:01.0", "iommu_group", "?");
	must_say(inv, "pci/0000:00:01.0", "subsystem_vendor", "");
	must_say(inv, "pci/0000:00:01.0", "parent", "");
	must_say(inv, "pci/0000:00:01.0", "vendor", "");
	must_say(inv, "pci/0000:00:02.0", "class", "?");
	must_say(inv, "pci/0000:00:02.0", "device_id", "0x2");
	must_say(inv, "pci/0000:00:04.0", "parent", "0000:00:05.0");
	must_say(inv, "pci/0000:00:05.0", "parent", "0000:00:04.0");
	must_say(inv, "pci/0000:00:06.0", "vendor_id", "?");
	must_say(inv, "pci/0000:00:07.0", "vendor_id", "?");
	must_say(inv, "pci/0000:00:07.0", "driver", "?");
	must(lend_find(inv, "pci/nonsense") == NULL);
	must(lend_find(inv, "pci/00:03.0") == NULL);
	must(lend_find(inv, "pci/0000:00:0A.0") == NULL);
	must_u64(inv->n_gaps, 2); /* what PCI lacks, and what nobody copied at all */
	lend_inventory_free(inv);
	(void)snprintf(remove, sizeof(remove), "rm -r %s", root);
	must(system(remove) == 0);
}

int main(int argc, char **argv)
{
	must(argc == 2);
	usual(argv[1]);
	closely(argv[1]);
	damaged();
	return 0;
}
