/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the host is reached, when the lists lack something or a switch is of another kind. */

#include "tests/esx-test.h"

#define NIC(name) "{\"Name\": \"" name "\", \"PCI Device\": \"0000:04:00.0\"}"
#define VMK(portset)                                                                           \
	"[{\"Name\": \"vmk0\", \"Portset\": \"" portset                                        \
	"\", \"Portgroup\": \"Management Network\"}]"

static struct lend_inventory *scan_net(const char *nics, const char *vmks, const char *switches)
{
	const struct esx_file files[] = {
		{ "commands/localcli_network-nic-list.json", nics },
		{ "commands/localcli_network-ip-interface-list.json", vmks },
		{ "commands/localcli_network-vswitch-standard-list.json", switches },
	};

	return ESX_SCAN(files);
}

static void carried(void)
{
	struct lend_inventory *inv = scan_net(
		"[" NIC("vmnic1") ", " NIC("vmnic10") "]", VMK("vSwitch0"),
		"[{\"Name\": \"vSwitch0\", \"Uplinks\": [\"vmnic10\"], \"Portgroups\": [\"Management "
		"Network\"]}]");

	must(esx_edge(inv, "vmk/vmk0", "vmnic/vmnic10"));
	/* "vmnic1" is no part of "vmnic10". */
	must(!esx_edge(inv, "vmk/vmk0", "vmnic/vmnic1"));
	must_str(esx_fact(inv, "vmnic/vmnic10", "vswitch"), "vSwitch0");
	lend_inventory_free(inv);
}

/* A distributed switch is in no list: which NIC carries it is not known. */
static void distributed(void)
{
	struct lend_inventory *inv =
		scan_net("[" NIC("vmnic0") ", " NIC("vmnic1") "]", VMK("DvsPortset-0"),
			 "[{\"Name\": \"vSwitch0\", \"Uplinks\": [\"vmnic0\"]}]");

	must(!esx_edge(inv, "vmk/vmk0", "vmnic/vmnic0"));
	must(esx_told(inv, "vmk0"));
	lend_inventory_free(inv);
}

/* esx.conf alone, with more switches than a host has, and hostile names. */
static void conf_alone(void)
{
	static const struct esx_file files[] = {
		{ "etc/vmware/esx.conf",
		  "/net/pnic/child[0000]/name = \"vmnic0\"\n"
		  "/net/vmkernelnic/child[0000]/name = \"vmk1\"\n"
		  "/net/vmkernelnic/child[0000]/portgroup = \"a, b\\x1b[2J\"\n"
		  "/net/vmkernelnic/child[0000]/ipv4address = \"no address\"\n"
		  "/net/vswitch/child[000\n" },
	};
	struct lend_inventory *inv = ESX_SCAN(files);

	must_str(esx_fact(inv, "vmk/vmk1", "management"), "false");
	must(esx_told(inv, "1 lines are no settings"));
	must(lend_find(inv, "vmnic/vmnic0") == NULL); /* which switch has it was cut off */
	lend_inventory_free(inv);
}

int main(void)
{
	carried();
	distributed();
	conf_alone();
	return 0;
}
