/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMDKs and the guests of ESXi: four bytes of a UUID are all that joins them. */

#include "tests/map-expect.h"

/* Their last four bytes: 206b080c, a2ebf260, 206b080c again. */
#define UUID_A "60002c44d5a2f5a27e3bd1d1206b080c"
#define UUID_B "60002c4427ec5d05b26bb55fa2ebf260"
#define UUID_C "6000295a1111111122222222206b080c"

#define DISK(path, uuid, more)                                                                 \
	"backing " path " type=vmdk path=" path " uuid=" uuid " " more "\n"
/* As a .vmx says. */
#define PINNED(vm, path)                                                                       \
	"vm " vm " hypervisor=esxi\n"                                                          \
	"device " vm ":nvdimm0 <vm/" vm " vm=" vm " driver=vmware-nvdimm >backing/" path "\n"
#define LOOKED(vm)              "guest " vm " vm=" vm "\n"
#define NMEM(vm, n, handle, id) "@" vm " nd-dimm nmem" n " handle=" handle " nfit_id=" id "\n"
#define REGION(vm, n, more)     "@" vm " nd-region region" n " " more "\n"

static const struct map_expect cases[] = {
	{
		"one tail each, listed the other way round",
		DISK("a.vmdk", UUID_A, "size_bytes=1000") DISK("b.vmdk", UUID_B, "")
			LOOKED("vm1") NMEM("vm1", "0", "0", "8902-a2ebf260")
				NMEM("vm1", "1", "1", "8902-206b080c") REGION(
					"vm1", "0", ">nd-dimm/nmem0 size_bytes=4")
					REGION("vm1", "1", ">nd-dimm/nmem1 size_bytes=1000"),
		"a.vmdk nmem1/region1 [] matched\n"
		"b.vmdk nmem0/region0 [] matched\n",
		{ "a.vmdk: nmem1 has id 8902-206b080c, the last four bytes of the disk's UUID",
		  "a.vmdk: region1 is 1000 bytes, as the disk is",
		  "no .vmx was seen: the VM is that of the guest" },
		{ "AGAINST" },
	},
	{
		"equal tails stay ambiguous, whatever the order says",
		DISK("a.vmdk", UUID_A, "") DISK("c.vmdk", UUID_C, "") LOOKED("vm1")
			NMEM("vm1", "0", "0", "8902-206b080c")
				NMEM("vm1", "1", "1", "8902-206b080c"),
		"a.vmdk -/- [] ambiguous {c.vmdk} {nmem0/-} {nmem1/-}\n"
		"c.vmdk -/- [] ambiguous {a.vmdk} {nmem0/-} {nmem1/-}\n",
		{ "2 DIMMs have the same id",
		  "a.vmdk: the UUID of c.vmdk has the same last four bytes" },
		{ NULL },
	},
	{
		"equal tails with only one of them in the guest",
		DISK("a.vmdk", UUID_A, "") DISK("c.vmdk", UUID_C, "") LOOKED("vm1")
			NMEM("vm1", "0", "0", "8902-206b080c"),
		"a.vmdk -/- [] ambiguous {c.vmdk} {nmem0/-}\n"
		"c.vmdk -/- [] ambiguous {a.vmdk} {nmem0/-}\n",
		{ NULL },
		{ NULL },
	},
	{
		"equal tails in different VMs, as their .vmx say",
		DISK("a.vmdk", UUID_A, "") DISK("c.vmdk", UUID_C, "") PINNED("vm1", "a.vmdk")
			PINNED("vm2", "c.vmdk") LOOKED("vm1") LOOKED("vm2")
				NMEM("vm1", "0", "0", "8902-206b080c")
					NMEM("vm2", "0", "0", "8902-206b080c"),
		"vm1:nvdimm0 nmem0/- [] matched\n"
		"vm2:nvdimm0 nmem0/- [] matched\n",
		{ NULL },
		{ "AGAINST", "no .vmx", "same last four" },
	},
	{
		"equal tails in different VMs, and no .vmx",
		DISK("a.vmdk", UUID_A, "") LOOKED("vm1") LOOKED("vm2")
			NMEM("vm1", "0", "0", "8902-206b080c")
				NMEM("vm2", "0", "0", "8902-206b080c"),
		"a.vmdk -/- [] ambiguous {nmem0/-} {nmem0/-}\n",
		{ NULL },
		{ NULL },
	},
	{
		"one disk under two names is one disk",
		DISK("a.vmdk", UUID_A, "dev=0:1 inode=5")
			DISK("b.vmdk", UUID_A, "dev=0:1 inode=5") LOOKED("vm1")
				NMEM("vm1", "0", "0", "8902-206b080c"),
		"a.vmdk nmem0/- [] matched\n"
		"b.vmdk nmem0/- [] matched\n",
		{ "a.vmdk: SHARED: the same file is also b.vmdk",
		  "b.vmdk: SHARED: the same file is also a.vmdk" },
		{ "fits" },
	},
	{
		"a size that differs",
		DISK("a.vmdk", UUID_A, "size_bytes=1000") LOOKED("vm1")
			NMEM("vm1", "0", "0", "8902-206b080c")
				REGION("vm1", "0", ">nd-dimm/nmem0 size_bytes=999"),
		"a.vmdk nmem0/region0 [] contradicted\n",
		{ "AGAINST: region0 is 999 bytes, the disk 1000" },
		{ NULL },
	},
	{
		"no ddb.uuid",
		"backing a.vmdk type=vmdk path=a.vmdk !uuid\n" LOOKED("vm1")
			NMEM("vm1", "0", "0", "8902-206b080c"),
		"a.vmdk -/- [] unmatched\n"
		"- nmem0/- [] unmatched\n",
		{ "no ddb.uuid: no serial can be predicted" },
		{ NULL },
	},
	{
		"a UUID that is none",
		DISK("a.vmdk", "60002c44", "") DISK("b.vmdk", UUID_B "00", "")
			DISK("c.vmdk", "zz", ""),
		"a.vmdk -/- [] unmatched\n"
		"b.vmdk -/- [] unmatched\n"
		"c.vmdk -/- [] unmatched\n",
		{ "the UUID is not 32 hex digits" },
		{ NULL },
	},
	{
		"nobody looked: the id is computed",
		DISK("a.vmdk", UUID_A, "") PINNED("vm1", "a.vmdk") DISK("b.vmdk", UUID_B, ""),
		"vm1:nvdimm0 '8902-206b080c' [] predicted\n"
		"b.vmdk '8902-a2ebf260' [] predicted\n",
		{ "by the disk's UUID its DIMM has id" },
		{ NULL },
	},
	{
		"looked at, another DIMM there; the same serial of another vendor is none",
		DISK("a.vmdk", UUID_A, "") LOOKED("vm1") NMEM("vm1", "0", "0", "8902-00000000")
			NMEM("vm1", "1", "0", "8680-206b080c"),
		"a.vmdk -/- [] unmatched\n"
		"- nmem0/- [] unmatched\n"
		"- nmem1/- [] unmatched\n",
		{ "no DIMM of a guest has the last four bytes" },
		{ NULL },
	},
	{
		"a .vmx whose disk was not seen",
		"vm vm1 hypervisor=esxi\ndevice vm1:nvdimm0 <vm/vm1 driver=vmware-nvdimm\n",
		"vm1:nvdimm0 -/- [] unmatched\n",
		{ "its VMDK was not seen" },
		{ NULL },
	},
	{
		"the backing of a QEMU is no VMDK",
		"vm q hypervisor=qemu\ndevice q:nv0 <vm/q driver=nvdimm slot=0\n"
		"backend q:m0 <device/q:nv0\nbacking f <backend/q:m0 path=f !uuid\n",
		"q:nv0 '8680-56341200' [] predicted\n",
		{ NULL },
		{ NULL },
	},
};

int main(void)
{
	map_must(cases, LEND_COUNT(cases));
	return 0;
}
