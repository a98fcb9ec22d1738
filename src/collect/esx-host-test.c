/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists and files of a host that are cut, older, localized, doubled or empty: told, never
 * harmless. */

#include "tests/esx-test.h"

#define PCI(address, rest) address "\n   Address: " address "\n" rest

static const struct {
	const char *what;
	struct esx_file file;
	const char *told;
} bad[] = {
	{ "JSON that was cut",
	  { "commands/localcli_hardware-pci-list.txt", "[{\"Address\": \"0000:00:1f.2\"," },
	  "hardware pci list" },
	{ "a list in another language",
	  { "commands/localcli_hardware-pci-list.txt",
	    "0000:00:1f.2\n   Adresse: 0000:00:1f.2\n   Hersteller: Intel\n" },
	  "hardware pci list" },
	{ "an error instead of a list",
	  { "commands/localcli_storage-core-path-list.txt", "Connect to localhost failed.\n" },
	  "storage core path list" },
	{ "a list of nothing",
	  { "commands/localcli_storage-core-device-list.txt", "" },
	  "printed nothing, so there is none, or it failed: storage core device list" },
	{ "an address that is none",
	  { "commands/localcli_hardware-pci-list.txt",
	    PCI("0000:zz:1f.2",
		"   Configured Owner: VMkernel\n   Current Owner: VMkernel\n") },
	  "values could not be read" },
	{ "a key that is there twice",
	  { "etc/vmware/esx.conf", "/device/000:31.2/owner = \"vmkernel\"\n"
				   "/device/000:31.2/owner = \"passthru\"\n" },
	  "the configuration of a host" },
	{ "a configuration that was cut",
	  { "etc/vmware/esx.conf", "/adv/Misc/HostName = \"esx\"\n/device/000:31.2/ow" },
	  "1 lines are no settings, the first of them line 2" },
	{ "VMs in another language",
	  { "commands/vim-cmd_vmsvc_getallvms.txt",
	    "VM-ID  Name  Datei\n1  a  [ds] a/a.vmx\n" },
	  "vim-cmd vmsvc/getallvms" },
	{ "a registry that was cut",
	  { "etc/vmware/hostd/vmInventory.xml", "<ConfigRoot><ConfigEntry" },
	  "registered VMs" },
};

static void bad_input(void)
{
	for (size_t i = 0; i < LEND_COUNT(bad); i++) {
		const struct esx_file files[] = {
			bad[i].file,
			{ "commands/localcli_network-nic-list.json",
			  "[{\"Name\": \"vmnic0\", \"PCI Device\": \"0000:04:00.0\", \"Driver\": \"e1000\", \"MAC Address\": \"02:00:00:00:00:01\"}]" },
		};
		struct lend_inventory *inv = ESX_SCAN(files);

		must_in(bad[i].what);
		must(esx_told(inv, bad[i].told));
		/* The others still count. */
		must(lend_find(inv, "vmnic/vmnic0") != NULL);
		lend_inventory_free(inv);
	}
}

/* What nobody saved is named, so that no answer rests on it. */
static void missing(void)
{
	static const struct esx_file files[] = {
		{ "etc/vmware/esx.conf", "/adv/Misc/HostName = \"esx\"\n" },
	};
	struct lend_inventory *inv = ESX_SCAN(files);

	must(esx_told(inv, "not there: hardware pci list, storage core adapter list"));
	must(esx_told(inv, "vim-cmd vmsvc/getallvms"));
	must_str(esx_fact(inv, "host/this", "hostname"), "esx");
	lend_inventory_free(inv);
}

/* The first of two counts, and a ConfigStore leaves esx.conf alone untrue. */
static void store(void)
{
	static const struct esx_file conf[] = {
		{ "etc/vmware/configstore/current-store-1", "SQLite format 3" },
		{ "etc/vmware/esx.conf", "/device/000:31.2/owner = \"vmkernel\"\n" },
	};
	static const struct esx_file release[] = {
		{ "etc/vmware/esx.conf", "/resourceGroups/version = \"7.0.3\"\n" },
	};
	static const struct esx_file older[] = {
		{ "etc/vmware/esx.conf", "/resourceGroups/version = \"6.7.0\"\n" },
	};
	static const struct esx_file listed[] = {
		{ "commands/localcli_hardware-pci-list.txt",
		  PCI("0000:00:1f.2",
		      "   Configured Owner: VMkernel\n   Current Owner: VMkernel\n") },
		{ "etc/vmware/configstore/current-store-1", "SQLite format 3" },
	};
	struct lend_inventory *inv = ESX_SCAN(conf);

	must(esx_told(inv, "a ConfigStore, too (etc/vmware/configstore/current-store-1)"));
	lend_inventory_free(inv);
	inv = ESX_SCAN(release);
	must(esx_told(inv, "a ConfigStore, too (7.0.3)"));
	lend_inventory_free(inv);
	inv = ESX_SCAN(older);
	must(!esx_told(inv, "ConfigStore"));
	lend_inventory_free(inv);
	inv = ESX_SCAN(listed);
	must(!esx_told(inv, "ConfigStore"));
	lend_inventory_free(inv);
}

static void known(void)
{
	static const struct {
		const char *text;
		bool is;
	} texts[] = {
		{ "[{\"Address\": \"0000:00:1f.2\", \"VMkernel Name\": \"vmhba0\", "
		  "\"Configured Owner\": \"VMkernel\", \"Current Owner\": \"VMkernel\"}]",
		  true },
		{ "/device/000:31.2/owner = \"vmkernel\"\n", true },
		{ "Vmid   Name   File   Guest OS   Version   Annotation\n", true },
		{ "[{\"dev\":\"nmem0\"}]", false },
		{ "hello\n", false },
		{ "", false },
	};

	for (size_t i = 0; i < LEND_COUNT(texts); i++) {
		must_in(texts[i].text);
		must(lend_esx_is_host_file(texts[i].text, strlen(texts[i].text)) ==
		     texts[i].is);
	}
}

int main(void)
{
	bad_input();
	missing();
	store();
	known();
	return 0;
}
