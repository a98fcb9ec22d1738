/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/esx-lists.h"

#include "base/err.h"
#include "tests/must.h"

static struct lend_arena arena;
static struct lend_esx_lack lack;

static void *read_list(enum lend_esx_command command, const char *text, size_t *ret_n)
{
	struct lend_esx_rows rows;
	struct lend_err err = { 0 };
	void *items = NULL;

	must(lend_esx_rows_parse(text, strlen(text), &arena, &rows, &err) == 0);
	must_u64(lend_esx_list_guess(&rows), command);
	must(lend_esx_list_read(command, &rows, &arena, &items, ret_n, &lack, &err) == 0);
	return items;
}

static const char pci_blocks[] = "0000:00:1f.2\n"
				 "   Address: 0000:00:1f.2\n"
				 "   Segment: 0x0000\n"
				 "   VMkernel Name: vmhba0\n"
				 "   Vendor Name: Intel Corporation\n"
				 "   Device Name: Ibex Peak SATA\n"
				 "   Configured Owner: VM Passthru\n"
				 "   Current Owner: VMkernel\n"
				 "   Vendor ID: 0x8086\n"
				 "   Device ID: 0x3b25\n"
				 "   SubVendor ID: 0x1028\n"
				 "   Device Class: 0x0106\n"
				 "   Module Name: ahci\n"
				 "   Passthru Capable: true\n"
				 "   Parent Device: \n"
				 "   Dependent Device: PCI 0:0:31:2\n"
				 "   Reset Method: Bridge reset\n"
				 "   FPT Sharable: false\n"
				 "\n"
				 "0000:62:00.5\n"
				 "   Configured Owner: VM Passthru\n"
				 "   Current Owner: VM Passthru\n"
				 "   Vendor ID: 8086\n"
				 "   Parent Device: PCI 0:98:0:8\n";

static void reads_pci(void)
{
	struct lend_esx_pci *p;
	size_t n;

	p = read_list(LEND_ESX_PCI_LIST, pci_blocks, &n);
	must_u64(n, 2);
	must(p[0].address.has);
	must_u64(p[0].address.v.device, 0x1f);
	must_str(p[0].vmkernel_name, "vmhba0");
	must_u64(p[0].configured, LEND_ESX_OWNER_PASSTHRU);
	must_u64(p[0].current, LEND_ESX_OWNER_VMKERNEL);
	must_u64(lend_esx_pci_pending(&p[0]), LEND_TRI_ON);
	must_u64(p[0].vendor.v, 0x8086);
	must_u64(p[0].subvendor.v, 0x1028);
	must(!p[0].subdevice.has && !p[0].parent.has);
	must(p[0].dependent.has);
	must_u64(p[0].dependent.v.device, 0x1f);
	must_u64(p[0].capable, LEND_TRI_ON);
	must_u64(p[0].sharable, LEND_TRI_OFF);
	/* The heading stands for the address. */
	must_u64(p[1].address.v.bus, 0x62);
	must_u64(lend_esx_pci_pending(&p[1]), LEND_TRI_OFF);
	must_u64(p[1].capable, LEND_TRI_UNSET);
	/* Hex or decimal?  For people it is written with 0x. */
	must(!p[1].vendor.has && !p[1].parent.has);
	must_u64(lack.n_bad, 2);
	must_str(lack.bad, "line 20: Vendor ID: 8086");
	must_str(lack.missing, "SubDevice ID, Physical Slot");

	p = read_list(LEND_ESX_PCI_LIST,
		      "[{\"Address\": \"0000:0b:00.0\", \"Configured Owner\": \"Unknown\", "
		      "\"Current Owner\": \"Martian\", \"Vendor ID\": 32902, \"Device ID\": "
		      "70000}]",
		      &n);
	must_u64(p[0].vendor.v, 0x8086);
	must(!p[0].device.has);
	must_u64(p[0].configured, LEND_ESX_OWNER_UNKNOWN);
	must_u64(p[0].current, LEND_ESX_OWNER_OTHER);
	must_u64(lend_esx_pci_pending(&p[0]), LEND_TRI_UNSET);
	must_u64(lack.n_bad, 2);
}

static void reads_passthru(void)
{
	struct lend_esx_passthru *p;
	size_t n;

	p = read_list(LEND_ESX_PASSTHRU_LIST,
		      "Device ID     Enabled\n------------  -------\n0000:42:00.0     true\n"
		      "0000:43:00.0    false\nnonsense       maybe\n",
		      &n);
	must_u64(n, 3);
	must_u64(p[0].address.v.bus, 0x42);
	must_u64(p[0].enabled, LEND_TRI_ON);
	must_u64(p[1].enabled, LEND_TRI_OFF);
	must(!p[2].address.has);
	must_u64(p[2].enabled, LEND_TRI_UNSET);
	must_u64(lack.n_bad, 2);
	must(lack.missing == NULL);
}

static void reads_storage(void)
{
	struct lend_esx_adapter *a;
	struct lend_esx_path *p;
	struct lend_esx_device *d;
	struct lend_esx_extent *e;
	struct lend_esx_filesystem *f;
	size_t n;

	a = read_list(LEND_ESX_ADAPTER_LIST,
		      "HBAName,Description,\nvmhba0,(0000:00:1f.2) Intel,\n"
		      "vmhba1,(0000:00:31.2) Intel,\nvmhba2,(0000:05:00.0) LSI,\n"
		      "vmhba3,(0000:10:00.0) LSI,\nvmhba64,iSCSI Software Adapter,\n",
		      &n);
	must_u64(n, 5);
	must(a[0].address.has && !a[0].maybe_decimal);
	must(!a[1].address.has && a[1].maybe_decimal);
	must(a[2].address.has && !a[2].maybe_decimal);
	must(a[3].address.has && a[3].maybe_decimal);
	must(!a[4].address.has && !a[4].maybe_decimal);
	must_str(lack.missing, "Driver, Link State, UID");
	p = read_list(
		LEND_ESX_PATH_LIST,
		"sas.5-naa.5\n   UID: sas.5-naa.5\n   Runtime Name: vmhba2:C0:T1:L0\n"
		"   Device: naa.5\n   Device Display Name: x (naa.5)\n   Adapter: vmhba2\n"
		"   Channel: 0\n   Target: 1\n   LUN: 0\n   State: active\n",
		&n);
	must_str(p[0].device, "naa.5");
	must_u64(p[0].target.v, 1);
	must(p[0].lun.has);
	d = read_list(LEND_ESX_DEVICE_LIST,
		      "mpx.vmhba1:C0:T0:L0\n   Display Name: Local Disk\n   Size: 953869\n"
		      "   Devfs Path: /vmfs/devices/disks/mpx.vmhba1:C0:T0:L0\n"
		      "   Is Boot Device: true\n",
		      &n);
	must_str(d[0].name, "mpx.vmhba1:C0:T0:L0");
	must_u64(d[0].size_mb.v, 953869);
	must_u64(d[0].is_boot, LEND_TRI_ON);
	must_u64(d[0].is_local, LEND_TRI_UNSET);
	e = read_list(LEND_ESX_EXTENT_LIST,
		      "Volume Name  VMFS UUID  Extent Number  Device Name  Partition\n"
		      "-----------  ---------  -------------  -----------  ---------\n"
		      "my data      5c8e                   0  mpx.vmhba1           3\n",
		      &n);
	must_str(e[0].volume, "my data");
	must_u64(e[0].partition.v, 3);
	f = read_list(LEND_ESX_FILESYSTEM_LIST,
		      "Mount Point       Volume Name  UUID  Mounted  Type    Size  Free\n"
		      "----------------  -----------  ----  -------  ------  ----  ----\n"
		      "/vmfs/volumes/5c  my data      5c       true  VMFS-6   100    50\n"
		      "                               5d      false  vfat       0     0\n",
		      &n);
	must_str(f[0].mount, "/vmfs/volumes/5c");
	must_u64(f[0].size_bytes.v, 100);
	must_str(f[1].mount, "");
	must_u64(f[1].mounted, LEND_TRI_OFF);
}

static void reads_system(void)
{
	struct lend_esx_boot *b;
	struct lend_esx_coredump *c;
	struct lend_esx_nic *nic;
	struct lend_esx_vmknic *vmk;
	struct lend_esx_process *p;
	size_t n;

	b = read_list(LEND_ESX_BOOT_GET,
		      "   Boot Filesystem UUID: \n   Boot NIC: \n   Stateless Boot NIC: \n",
		      &n);
	must_str(b[0].filesystem_uuid, "");
	c = read_list(LEND_ESX_COREDUMP_GET, "   Active: mpx.x:7\n   Configured: mpx.x:7\n",
		      &n);
	must_str(c[0].active, "mpx.x:7");
	nic = read_list(LEND_ESX_NIC_LIST,
			"structure[0].Nic.AdminStatus.string=Up\n"
			"structure[0].Nic.MTU.integer=1500\n"
			"structure[0].Nic.Name.string=vmnic0\n"
			"structure[0].Nic.PCIDevice.string=0000:18:00.0\n",
			&n);
	must_u64(nic[0].address.v.bus, 0x18);
	must_u64(nic[0].mtu.v, 1500);
	must_str(nic[0].admin_status, "Up");
	vmk = read_list(LEND_ESX_VMKNIC_LIST,
			"vmk0\n   Name: vmk0\n   Enabled: true\n   Portset: vSwitch0\n", &n);
	must_str(vmk[0].portset, "vSwitch0");
	p = read_list(LEND_ESX_PROCESS_LIST,
		      "a, b [c]\n   World ID: 68762\n   VMX Cartel ID: 68761\n"
		      "   UUID: 56 4d 70 ad 43 f1 5e 25-8a 12 a0 e2 18 2e 38 ec\n"
		      "   Display Name: a, b [c]\n   Config File: /vmfs/volumes/x/a/a.vmx\n",
		      &n);
	must_str(p[0].name, "a, b [c]");
	must_u64(p[0].world.v, 68762);
	must_str(p[0].config_file, "/vmfs/volumes/x/a/a.vmx");
}

static void refuses_others(void)
{
	static const char german[] = "0000:00:1f.2\n   Adresse: 0000:00:1f.2\n"
				     "   Besitzer: VMkernel\n";
	static const char older[] = "0000:00:1f.2\n   Address: 0000:00:1f.2\n";
	struct lend_esx_rows rows;
	struct lend_err err = { 0 };
	void *items;
	size_t n;

	must(lend_esx_rows_parse(german, strlen(german), &arena, &rows, NULL) == 0);
	must_u64(lend_esx_list_guess(&rows), LEND_ESX_COMMANDS);
	must(lend_esx_list_read(LEND_ESX_EXTENT_LIST, &rows, &arena, &items, &n, &lack, &err) ==
	     -1);
	must_str(err.what,
		 "not the output of esxcli storage vmfs extent list: none of its labels "
		 "is there (in another language, or of another command)");
	err = (struct lend_err){ 0 };
	must(lend_esx_rows_parse(older, strlen(older), &arena, &rows, NULL) == 0);
	must(lend_esx_list_read(LEND_ESX_PCI_LIST, &rows, &arena, &items, &n, &lack, &err) ==
	     -1);
	must_str(err.what,
		 "not the output of esxcli hardware pci list: no 'Configured Owner' in "
		 "it (an older host, in another language, or of another command)");
	/* Nothing printed is nothing there. */
	must(lend_esx_rows_parse("", 0, &arena, &rows, NULL) == 0);
	must_u64(lend_esx_list_guess(&rows), LEND_ESX_COMMANDS);
	must(lend_esx_list_read(LEND_ESX_PROCESS_LIST, &rows, &arena, &items, &n, &lack,
				NULL) == 0);
	must_u64(n, 0);
	must(lack.missing == NULL);
}

static void reads_switches(void)
{
	const struct lend_esx_vswitch *s;
	size_t n;

	s = read_list(LEND_ESX_VSWITCH_LIST,
		      "vSwitch0\n"
		      "   Name: vSwitch0\n"
		      "   Class: etherswitch\n"
		      "   Uplinks: vmnic1, vmnic0\n"
		      "   Portgroups: VM Network, Management Network\n",
		      &n);
	must_u64(n, 1);
	must_str(s[0].uplinks, "vmnic1, vmnic0");
	must_str(s[0].portgroups, "VM Network, Management Network");
}

static void reads_nfs(void)
{
	const struct lend_esx_nfs *v;
	size_t n;

	v = read_list(LEND_ESX_NFS_LIST,
		      "Volume Name  Host      Share      Accessible  Mounted\n"
		      "-----------  --------  ---------  ----------  -------\n"
		      "nfs1         filer     /mnt/tank       true     true\n",
		      &n);
	must_u64(n, 1);
	must_str(v[0].host, "filer");
	must_u64(v[0].accessible, LEND_TRI_ON);
}

int main(void)
{
	reads_pci();
	reads_passthru();
	reads_storage();
	reads_system();
	reads_switches();
	reads_nfs();
	refuses_others();
	lend_arena_done(&arena);
	return 0;
}
