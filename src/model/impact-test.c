/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What loss of one thing does to those above it, on graphs in a line. */

#include <stdlib.h>

#include "base/num.h"
#include "model/build.h"
#include "model/impact.h"
#include "tests/must.h"

#define PCI(n_, more_) "pci/0000:0" n_ ":00.0 class=0x010802 " more_ ";"
#define DISK(n_)       PCI(n_, "") "block/d" n_ " type=disk > pci/0000:0" n_ ":00.0;"
#define MD(level_, missing_)                                                                   \
	DISK("1")                                                                              \
	DISK("2")                                                                              \
	DISK("3")                                                                              \
	"block/md0 type=md md_level=" level_ " md_disks=3 md_missing=" missing_                \
	" > block/d1 > block/d2 > block/d3;"                                                   \
	"mount/m path=/srv > block/md0;"

#define NIC(n_, name_) PCI(n_, "") "net/" name_ " state=up > pci/0000:0" n_ ":00.0;"
#define BOND(other_)                                                                           \
	NIC("1", "e0")                                                                         \
	PCI("2", "")                                                                           \
	"net/e1 state=" other_ " > pci/0000:02:00.0;"                                          \
	"net/b0 type=bond > net/e0 > net/e1;"

/*
 * graph: nodes with ';' behind, each "ID field=value... > used...", '~' is a
 * blank in a value.  give: what is asked for.  want: what is given, then the
 * hits "ID now next_boot", in their order.
 */
static const struct row {
	const char *what, *graph, *give, *want;
} rows[] = {
	{ "nothing on it", PCI("1", ""), "01:00.0", "pci/0000:01:00.0" },
	{ "a VM on a tap of a bridge",
	  NIC("1",
	      "e0") "net/br0 type=bridge > net/e0 > net/t0; net/t0 type=tun > net/br0; vm/a > net/t0;",
	  "01:00.0",
	  "pci/0000:01:00.0; vm/a lost none; net/br0 lost lost; net/e0 none none; net/t0 none none" },
	{ "a card in another network namespace",
	  PCI("1", "") "net/e0 space=blue > pci/0000:01:00.0;", "01:00.0",
	  "pci/0000:01:00.0; net/e0 lost lost" },
	{ "a mount", DISK("1") "mount/m path=/srv > block/d1;", "d1",
	  "pci/0000:01:00.0; mount/m lost none; block/d1 none none" },
	{ "the root", DISK("1") "mount/m path=/ > block/d1;", "01:00.0",
	  "pci/0000:01:00.0; mount/m lost unbootable; block/d1 none none" },
	{ "swap", DISK("1") "swap/s > block/d1;", "01:00.0",
	  "pci/0000:01:00.0; swap/s lost none; block/d1 none none" },
	{ "two functions of a group",
	  PCI("1", "iommu_group=7") PCI("2", "iommu_group=7") PCI("3", "iommu_group=8"),
	  "01:00.0", "pci/0000:01:00.0; pci/0000:02:00.0 same IOMMU group 7" },
	{ "the group by its number", PCI("1", "iommu_group=7") PCI("2", "iommu_group=7"),
	  "group:7", "pci/0000:01:00.0; pci/0000:02:00.0" },
	{ "a bridge of the group stays",
	  PCI("1", "iommu_group=7") "pci/0000:00:1c.0 class=0x060400 iommu_group=7;", "01:00.0",
	  "pci/0000:01:00.0" },
	{ "behind a bridge", "pci/0000:00:1c.0 class=0x060400;" PCI("1", "> pci/0000:00:1c.0"),
	  "00:1c.0", "pci/0000:00:1c.0; pci/0000:01:00.0 behind it" },
	{ "a drive of a VMD goes with all of it",
	  "pci/0000:b2:05.5 class=0x010400;"
	  "pci/10000:00:02.0 class=0x060400 parent=0000:b2:05.5 > pci/0000:b2:05.5;"
	  "pci/10000:01:00.0 class=0x010802 parent=10000:00:02.0 > pci/10000:00:02.0;"
	  "pci/10000:02:00.0 class=0x010802 parent=0000:b2:05.5 > pci/0000:b2:05.5;"
	  "block/d1 type=disk serial=S1 > pci/10000:01:00.0;"
	  "block/d2 type=disk > pci/10000:02:00.0;"
	  " mount/m path=/x > block/d2;",
	  "S1",
	  "pci/10000:01:00.0; pci/0000:b2:05.5 the controller it is behind;"
	  " pci/10000:00:02.0 behind it; pci/10000:02:00.0 behind it;"
	  " mount/m lost none; block/d1 none none; block/d2 none none" },
	{ "virtual functions", PCI("1", "") PCI("2", "physfn=0000:01:00.0"), "01:00.0",
	  "pci/0000:01:00.0; pci/0000:02:00.0 its virtual function" },
	{ "a slot that is reset as one",
	  PCI("1", "reset_method=pm~bus") "pci/0000:01:00.1 class=0x020000;"
					  "pci/0000:01:01.0 class=0x020000;",
	  "01:00.0", "pci/0000:01:00.0; pci/0000:01:00.1 same slot, and reset with it" },
	{ "a slot whose functions are reset one by one",
	  PCI("1", "reset_method=flr~bus") "pci/0000:01:00.1 class=0x020000;", "01:00.0",
	  "pci/0000:01:00.0" },
	{ "one that cannot be reset", PCI("1", "") "pci/0000:01:00.1 class=0x020000;",
	  "01:00.0", "pci/0000:01:00.0" },
	{ "bridges in a circle",
	  "pci/0000:00:01.0 class=0x060400 parent=0000:00:02.0 > pci/0000:00:02.0;"
	  "pci/0000:00:02.0 class=0x060400 parent=0000:00:01.0 > pci/0000:00:01.0;" PCI(
		  "1", "> pci/0000:00:01.0"),
	  "0000:01:00.0", "pci/0000:01:00.0" },
	{ "one path of two",
	  PCI("1", "") PCI("2", "") "block/a type=nvme-path > pci/0000:01:00.0;"
				    "block/b type=nvme-path > pci/0000:02:00.0;"
				    "block/h type=nvme-head > block/a > block/b;"
				    "mount/m path=/srv > block/h;",
	  "a",
	  "pci/0000:01:00.0; block/h degraded none; mount/m degraded none; block/a none none" },
	{ "one path of two, when the other is gone",
	  PCI("1", "") "block/a type=disk > pci/0000:01:00.0; block/b state=gone;"
		       "block/m type=dm dm_uuid=mpath-x > block/a > block/b;"
		       "mount/m path=/srv > block/m;",
	  "a", "pci/0000:01:00.0; mount/m lost none; block/a none none; block/m none none" },
	{ "a head whose paths nobody saw",
	  PCI("1", "")
		  PCI("2", "") "block/h type=nvme-head > pci/0000:01:00.0 > pci/0000:02:00.0;",
	  "01:00.0", "pci/0000:01:00.0; block/h none none" },
	{ "raid5 with one less", MD("raid5", "0"), "01:00.0",
	  "pci/0000:01:00.0; block/md0 degraded none;"
	  " mount/m degraded none; block/d1 none none" },
	{ "raid5 that lacks one already", MD("raid5", "1"), "01:00.0",
	  "pci/0000:01:00.0; mount/m lost none; block/d1 none none; block/md0 none none" },
	{ "raid1 of three that lacks one", MD("raid1", "1"), "01:00.0",
	  "pci/0000:01:00.0; block/md0 degraded none;"
	  " mount/m degraded none; block/d1 none none" },
	{ "raid1 of three that has not noticed yet that one is gone",
	  DISK("1") DISK("2") "block/d3 state=gone;"
			      "block/md0 type=md md_level=raid1 md_disks=3 md_missing=0"
			      " > block/d1 > block/d2 > block/d3;"
			      "mount/m path=/x > block/md0;",
	  "01:00.0",
	  "pci/0000:01:00.0; block/md0 degraded none;"
	  " mount/m degraded none; block/d1 none none" },
	{ "raid1 that has not noticed yet that one is gone",
	  DISK("1") "block/d3 state=gone;"
		    "block/md0 type=md md_level=raid1 md_disks=2 md_missing=0"
		    " > block/d1 > block/d3; mount/m path=/x > block/md0;",
	  "01:00.0",
	  "pci/0000:01:00.0; mount/m lost none; block/d1 none none; block/md0 none none" },
	{ "raid0", MD("raid0", "0"), "01:00.0",
	  "pci/0000:01:00.0; mount/m lost none; block/d1 none none; block/md0 none none" },
	{ "an array of which nobody knows",
	  DISK("1") DISK(
		  "2") "block/md0 type=md > block/d1 > block/d2; mount/m path=/x > block/md0;",
	  "01:00.0",
	  "pci/0000:01:00.0; mount/m lost none; block/d1 none none;"
	  " block/md0 none none; ?block/md0" },
	{ "a swap on what is degraded only",
	  DISK("1") DISK(
		  "2") "block/md0 type=md md_level=raid1 md_disks=2 md_missing=0 > block/d1 > block/d2;"
		       " swap/s > block/md0;",
	  "01:00.0",
	  "pci/0000:01:00.0; block/md0 degraded none; swap/s degraded none;"
	  " block/d1 none none" },
	{ "a loop in what was saved",
	  DISK("1") "block/x type=dm > block/d1 > block/y; block/y type=dm > block/x;",
	  "01:00.0",
	  "pci/0000:01:00.0; block/d1 none none; block/x none none; block/y none none" },
	{ "root of the next boot", DISK("1") "boot/root= required=1 > block/d1;", "01:00.0",
	  "pci/0000:01:00.0; boot/root= none unbootable; block/d1 none none" },
	{ "a line that says nofail", DISK("1") "boot/x required=0 > block/d1;", "01:00.0",
	  "pci/0000:01:00.0; boot/x none lost; block/d1 none none" },
	{ "what the next boot opens first",
	  DISK("1") "boot/c required=0 > block/d1; boot/f required=1 > boot/c;", "01:00.0",
	  "pci/0000:01:00.0; boot/f none unbootable; boot/c none lost; block/d1 none none" },
	{ "root on a mirror",
	  DISK("1") DISK(
		  "2") "block/md0 type=md md_level=raid1 md_disks=2 md_missing=0 > block/d1 > block/d2;"
		       " boot/root= required=1 > block/md0;",
	  "01:00.0",
	  "pci/0000:01:00.0; block/md0 degraded none; boot/root= none degraded;"
	  " block/d1 none none" },
	{ "a disk of a pool's mirror",
	  DISK("1") DISK("2") DISK("3") "boot/p; boot/a spare=1 > block/d1 > block/d2;"
					" boot/b spare=0 > block/d3; boot/p > boot/a > boot/b;"
					" mount/m path=/tank > boot/p;",
	  "01:00.0",
	  "pci/0000:01:00.0; mount/m degraded none; boot/a none degraded;"
	  " boot/p none degraded; block/d1 none none" },
	{ "the part of a pool without a spare",
	  DISK("1") DISK("2") DISK("3") "boot/p; boot/a spare=1 > block/d1 > block/d2;"
					" boot/b spare=0 > block/d3; boot/p > boot/a > boot/b;"
					" mount/m path=/tank > boot/p;",
	  "03:00.0",
	  "pci/0000:03:00.0; mount/m lost none; boot/b none lost; boot/p none lost;"
	  " block/d3 none none" },
	{ "a btrfs that can miss one",
	  DISK("1") DISK("2") "mount/m path=/srv fs=btrfs spare=1 > block/d1 > block/d2;",
	  "01:00.0", "pci/0000:01:00.0; mount/m degraded none; block/d1 none none" },
	{ "the root of a container",
	  DISK("1") "mount/m path=/ space=of~process~7~sh > block/d1;", "01:00.0",
	  "pci/0000:01:00.0; mount/m lost none; block/d1 none none" },
	{ "the watchdog next to the disks",
	  PCI("1", "iommu_group=3")
		  PCI("2", "iommu_group=3") "role/watchdog0 role=watchdog > pci/0000:02:00.0;",
	  "01:00.0",
	  "pci/0000:01:00.0; pci/0000:02:00.0 same IOMMU group 3; role/watchdog0 lost lost" },
	{ "what others use", DISK("1") "export/e > block/d1; process/7 command=db > block/d1;",
	  "01:00.0",
	  "pci/0000:01:00.0; export/e lost none; process/7 lost none; block/d1 none none" },
	{ "an address",
	  NIC("1", "e0") "address/a scope=global > net/e0; address/l scope=link > net/e0;"
			 "route/r origin=static > net/e0; route/k origin=kernel > net/e0;",
	  "e0",
	  "pci/0000:01:00.0; address/a lost lost; route/r lost lost; net/e0 none none;"
	  " address/l none none; route/k none none" },
	{ "by its MAC address", PCI("1", "") "net/e0 mac=52:54:00:00:00:0a > pci/0000:01:00.0;",
	  "52:54:00:00:00:0A", "pci/0000:01:00.0; net/e0 none none" },
	{ "the session of the caller",
	  NIC("1", "e0") "route/r origin=kernel > net/e0; session/s > route/r;", "e0",
	  "pci/0000:01:00.0; session/s locked-out locked-out; net/e0 none none; route/r none none" },
	{ "a port of a bridge that has the address",
	  NIC("1", "e0") "net/tap0 type=tun;"
			 "net/br0 type=bridge > net/e0 > net/tap0; session/s > net/br0;",
	  "01:00.0",
	  "pci/0000:01:00.0; session/s locked-out locked-out; net/br0 lost lost; net/e0 none none" },
	{ "a port of a bridge with two",
	  NIC("1", "e0") NIC("2", "e1") "net/br0 type=bridge > net/e0 > net/e1;"
					"session/s > net/br0;",
	  "01:00.0",
	  "pci/0000:01:00.0; net/br0 degraded degraded; session/s degraded degraded;"
	  " net/e0 none none; ?net/br0" },
	{ "one leg of a bond", BOND("up") "session/s > net/b0;", "01:00.0",
	  "pci/0000:01:00.0; net/b0 degraded degraded; session/s degraded degraded; net/e0 none none" },
	{ "one leg of a bond whose other one is down", BOND("down") "session/s > net/b0;",
	  "01:00.0",
	  "pci/0000:01:00.0; session/s locked-out locked-out; net/b0 none none; net/e0 none none" },
	{ "the leg of a bond that is down", BOND("down") "session/s > net/b0;", "02:00.0",
	  "pci/0000:02:00.0; net/e1 none none" },
	{ "a bond that needs two",
	  NIC("1", "e0") NIC("2", "e1") "net/b0 type=bond bond_min_links=2 > net/e0 > net/e1;"
					"session/s > net/b0;",
	  "01:00.0",
	  "pci/0000:01:00.0; session/s locked-out locked-out; net/b0 none none; net/e0 none none" },
	{ "both legs on functions of one group",
	  PCI("1", "iommu_group=7") PCI(
		  "2",
		  "iommu_group=7") "net/e0 > pci/0000:01:00.0; net/e1 > pci/0000:02:00.0;"
				   "net/b0 type=bond > net/e0 > net/e1; session/s > net/b0;",
	  "e0",
	  "pci/0000:01:00.0; pci/0000:02:00.0 same IOMMU group 7;"
	  " session/s locked-out locked-out; net/b0 none none; net/e0 none none; net/e1 none none" },
	{ "a vlan on a bond, and a bridge on that",
	  BOND("up") "net/v5 type=vlan > net/b0; net/br0 type=bridge > net/v5;"
		     "address/a scope=global > net/br0;",
	  "01:00.0",
	  "pci/0000:01:00.0; net/b0 degraded degraded; address/a degraded degraded;"
	  " net/br0 none none; net/e0 none none; net/v5 none none" },
	{ "a route of two hops",
	  NIC("1", "e0") NIC("2", "e1") "route/r origin=static > net/e0 > net/e1;", "01:00.0",
	  "pci/0000:01:00.0; route/r degraded degraded; net/e0 none none" },
	{ "a mount from the network",
	  NIC("1", "e0") "route/k origin=kernel > net/e0; mount/m path=/home > route/k;",
	  "01:00.0",
	  "pci/0000:01:00.0; mount/m lost none; net/e0 none none; route/k none none" },
	{ "two paths to a disk over the network",
	  NIC("1", "e0")
		  NIC("2", "e1") "block/sda type=disk > net/e0; block/sdb type=disk > net/e1;"
				 "block/dm-0 type=dm dm_uuid=mpath-x > block/sda > block/sdb;"
				 "mount/m path=/srv > block/dm-0;",
	  "e0",
	  "pci/0000:01:00.0; block/dm-0 degraded none; mount/m degraded none;"
	  " block/sda none none; net/e0 none none" },
	{ "a disk whose other path has failed",
	  DISK("1") DISK("2") "block/d2 state=failed;"
			      "block/dm-0 type=dm dm_uuid=mpath-x > block/d1 > block/d2;"
			      "mount/m path=/srv > block/dm-0;",
	  "01:00.0",
	  "pci/0000:01:00.0; mount/m lost none; block/d1 none none; block/dm-0 none none" },
	{ "a path that has failed already",
	  DISK("1") DISK("2") "block/d2 state=failed;"
			      "block/dm-0 type=dm dm_uuid=mpath-x > block/d1 > block/d2;"
			      "mount/m path=/srv > block/dm-0;",
	  "02:00.0", "pci/0000:02:00.0; block/d2 none none" },
	{ "a name that two have",
	  PCI("1", "")
		  PCI("2", "") "block/h type=nvme-head > pci/0000:01:00.0 > pci/0000:02:00.0;",
	  "h", "2 candidates" },
	{ "a volume of ESXi and the VM on it",
	  PCI("1", "owner=VMkernel") "adapter/vmhba0 > pci/0000:01:00.0;"
				     "disk/a > adapter/vmhba0; datastore/ds > disk/a;"
				     "vm/w hypervisor=esxi > datastore/ds;",
	  "vmhba0",
	  "pci/0000:01:00.0; vm/w lost lost; datastore/ds lost lost;"
	  " adapter/vmhba0 none none; disk/a none none" },
	{ "a disk of ESXi with two paths",
	  PCI("1", "") PCI("2", "") "adapter/vmhba0 > pci/0000:01:00.0;"
				    "adapter/vmhba1 > pci/0000:02:00.0;"
				    "disk/a > adapter/vmhba0 > adapter/vmhba1;"
				    "datastore/ds > disk/a;",
	  "vmhba1",
	  "pci/0000:02:00.0; datastore/ds degraded degraded;"
	  " adapter/vmhba1 none none; disk/a none none" },
	{ "a bank of ESXi, the only storage",
	  PCI("1", "") "adapter/vmhba0 > pci/0000:01:00.0; disk/a > adapter/vmhba0;"
		       "datastore/b role=bootbank > disk/a; system/storage > adapter/vmhba0;",
	  "01:00.0",
	  "pci/0000:01:00.0; datastore/b lost unbootable; system/storage lost unbootable;"
	  " adapter/vmhba0 none none; disk/a none none" },
	{ "one adapter of two is no loss",
	  PCI("1", "") PCI("2", "") "adapter/vmhba0 > pci/0000:01:00.0;"
				    "adapter/vmhba1 > pci/0000:02:00.0;"
				    "system/storage > adapter/vmhba0 > adapter/vmhba1;",
	  "vmhba0", "pci/0000:01:00.0; adapter/vmhba0 none none; system/storage none none" },
	{ "the way to a host of ESXi",
	  PCI("1", "") "vmnic/vmnic0 > pci/0000:01:00.0;"
		       "vmk/vmk0 management=1 > vmnic/vmnic0; vmk/vmk1 > vmnic/vmnic0;",
	  "vmnic0",
	  "pci/0000:01:00.0; vmk/vmk0 locked-out locked-out; vmk/vmk1 lost lost;"
	  " vmnic/vmnic0 none none" },
	{ "one NIC of two is a way still",
	  PCI("1", "") PCI("2", "") "vmnic/vmnic0 > pci/0000:01:00.0;"
				    "vmnic/vmnic1 > pci/0000:02:00.0;"
				    "vmk/vmk0 management=1 > vmnic/vmnic0 > vmnic/vmnic1;",
	  "vmnic0", "pci/0000:01:00.0; vmk/vmk0 degraded degraded; vmnic/vmnic0 none none" },
	{ "what depends on a bridge goes with all behind it",
	  "pci/0000:00:1c.0 class=0x060400;"
	  "pci/0000:03:00.0 class=0x010700 dependent=0000:00:1c.0 > pci/0000:00:1c.0;"
	  "pci/0000:03:00.1 class=0x020000 dependent=0000:00:1c.0 > pci/0000:00:1c.0;",
	  "03:00.0",
	  "pci/0000:03:00.0; pci/0000:00:1c.0 it depends on this one;"
	  " pci/0000:03:00.1 behind it" },
	{ "a guess is told",
	  PCI("1", "owner=VM~Passthru") "datastore/ds guess=gone > pci/0000:01:00.0;",
	  "01:00.0", "pci/0000:01:00.0; datastore/ds lost lost; ?datastore/ds" },
	{ "a loop of a VM that serves its own volume",
	  PCI("1", "") "vm/f hypervisor=esxi > pci/0000:01:00.0 > datastore/n;"
		       "datastore/n > vm/f;",
	  "01:00.0", "pci/0000:01:00.0; vm/f lost lost; datastore/n lost lost" },
	{ "none of that name", PCI("1", ""), "09:00.0", "0 candidates" },
};

static struct lend_node *node_of(struct lend_build *build, const char *id, size_t len)
{
	size_t kind = strcspn(id, "/");
	lend_auto_buf name = { 0 };

	lend_buf_printf(&name, "%.*s", (int)(len - kind - 1), id + kind + 1);
	return lend_build_node(build, lend_kind_of_name(id, kind), NULL, lend_buf_text(&name));
}

static uint64_t number_of(const char *text)
{
	bool hex = strncmp(text, "0x", 2) == 0;
	uint64_t number = 0;

	must(lend_parse_u64(hex ? text + 2 : text, hex ? 16 : 10, &number));
	return number;
}

static void put_fact(struct lend_build *build, uint32_t by, struct lend_node *node,
		     const char *word, size_t len)
{
	const struct lend_kind_info *info = lend_kinds[node->kind];
	size_t name = strcspn(word, "=");
	lend_auto_buf value = { 0 };

	for (size_t i = name + 1; i < len; i++)
		lend_buf_putc(&value, word[i] == '~' ? ' ' : word[i]);
	for (size_t i = 0; i < info->n_fields; i++) {
		const struct lend_field *field = &info->fields[i];
		struct lend_fact *fact =
			(struct lend_fact *)(void *)((char *)node + field->offset);

		if (strlen(field->name) != name || strncmp(field->name, word, name) != 0)
			continue;
		if (field->type == LEND_FIELD_TEXT)
			lend_build_text(build, node, fact, by, lend_buf_text(&value));
		else
			lend_build_u64(build, node, fact, by, number_of(lend_buf_text(&value)));
		return;
	}
	must(!"a field of that name");
}

static struct lend_inventory *build_of(const char *graph)
{
	struct lend_build build;
	uint32_t by;

	lend_build_init(&build);
	by = lend_build_sighting(&build, LEND_SEEN, "test", "a line", "");
	for (const char *at = graph; *at != '\0';) {
		struct lend_node *node = NULL;
		bool used = false;

		for (; *at != ';'; at += strspn(at, " ")) {
			size_t len = strcspn(at, " ;");

			if (node == NULL)
				node = node_of(&build, at, len);
			else if (*at == '>')
				used = true;
			else if (used)
				lend_build_edge(&build, node, node_of(&build, at, len));
			else
				put_fact(&build, by, node, at, len);
			at += len;
		}
		at += 1 + strspn(at + 1, " ");
	}
	return lend_build_seal(&build);
}

static void say(const struct lend_impact *impact, struct lend_buf *out)
{
	for (size_t i = 0; i < impact->n_members; i++)
		lend_buf_printf(out, "%s%s%s%s", i > 0 ? "; " : "", impact->members[i].node->id,
				impact->members[i].why != NULL ? " " : "",
				impact->members[i].why != NULL ? impact->members[i].why : "");
	for (size_t i = 0; i < impact->n_hits; i++)
		lend_buf_printf(out, "; %s %s %s", impact->hits[i].node->id,
				lend_impact_level_name(impact->hits[i].now),
				lend_impact_level_name(impact->hits[i].boot));
	for (size_t i = 0; i < impact->n_unknown; i++)
		lend_buf_printf(out, "; ?%.*s", (int)strcspn(impact->unknown[i], ":"),
				impact->unknown[i]);
}

static void check(const struct row *row)
{
	struct lend_inventory *inv = build_of(row->graph);
	struct lend_impact_graph *graph = lend_impact_graph_new(inv);
	struct lend_arena arena = { 0 };
	struct lend_impact_target target;
	lend_auto_buf said = { 0 };

	lend_impact_find(&arena, inv, row->give, &target);
	/* Twice: the first one leaves nothing behind. */
	for (unsigned int i = 0; i < 2; i++) {
		lend_auto_impact impact = { 0 };

		lend_buf_reset(&said);
		if (target.n == 1 || target.together) {
			lend_impact_of(graph, target.nodes, target.n, &impact);
			say(&impact, &said);
		} else {
			lend_buf_printf(&said, "%zu candidates", target.n);
		}
		must_str(lend_buf_text(&said), row->want);
	}
	lend_arena_done(&arena);
	lend_impact_graph_free(graph);
	lend_inventory_free(inv);
}

int main(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		must_in(rows[i].what);
		check(&rows[i]);
	}
	return 0;
}
