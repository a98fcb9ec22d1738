/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's side of QEMU devices: what is found, what speaks against it, what is left over.
 */

#include "tests/map-expect.h"

#define SLOT0 "8680-56341200"
#define SLOT1 "8680-57341200"
#define SLOT3 "8680-59341200"

#define AT0 "0x100000000"
#define AT1 "0x108000000"

#define COOKIE1 "0xba901c0012b4dd"

#define VM     "vm db1 hypervisor=qemu\n"
#define LOOKED "guest db1 vm=db1\n"
#define DIMM(id, more)                                                                         \
	"device db1:" id " <vm/db1 vm=db1 device_id=" id " driver=nvdimm " more "\n"
#define NMEM(n, handle, id) "@db1 nd-dimm nmem" n " handle=" handle " nfit_id=" id "\n"
#define REGION(n, more)     "@db1 nd-region region" n " " more "\n"
#define PMEM(n, more)                                                                          \
	"@db1 nd-namespace namespace" n ".0 >nd-region/region" n " blockdev=pmem" n " " more   \
	"\n"

static const struct map_expect cases[] = {
	{
		"found by address",
		VM LOOKED DIMM("nv0", "slot=0 size_bytes=134217728 address=" AT0) NMEM(
			"0", "1", SLOT0) REGION("0", "resource=" AT0 " size_bytes=134217728 "
						     "cookie=0xba90120012b4dc >nd-dimm/nmem0")
			PMEM("0", "mode=fsdax uuid=u0"),
		"db1:nv0 nmem0/region0 [namespace0.0 fsdax u0 pmem0] matched\n",
		{ "region0 of the guest lies at 0x100000000, as the device does",
		  "nmem0 has handle 0x1, that of slot 0",
		  "has id 8680-56341200, that of slot 0",
		  "region0 is 134217728 bytes, as the device is", "cookie 0xba90120012b4dc" },
		{ "AGAINST" },
	},
	{
		"slots out of order: nmemN and regionN are no evidence",
		VM LOOKED DIMM("n1", "slot=3 address=" AT0) DIMM("n2", "slot=0 address=" AT1)
			NMEM("0", "1", SLOT0) NMEM("1", "4", SLOT3)
				REGION("0", "resource=" AT1 " >nd-dimm/nmem0")
					REGION("1", "resource=" AT0 " >nd-dimm/nmem1"),
		"db1:n1 nmem1/region1 [] matched\n"
		"db1:n2 nmem0/region0 [] matched\n",
		{ "db1:n1: nmem1 has id 8680-59341200, that of slot 3" },
		{ "AGAINST" },
	},
	{
		"found by handle where the list has no resources",
		VM LOOKED DIMM("nv0", "slot=3 address=" AT0) NMEM("0", "4", SLOT3)
			REGION("0", ">nd-dimm/nmem0") NMEM("1", "1", SLOT0)
				REGION("1", ">nd-dimm/nmem1"),
		"db1:nv0 nmem0/region0 [] matched\n"
		"- nmem1/region1 [] unmatched\n",
		{ "db1:nv0: nmem0 has handle 0x4, that of slot 3\ndb1:nv0: nmem0 has id",
		  "no device of the host explains it" },
		{ "AGAINST" },
	},
	{
		"no mappings: the cookie tells the region",
		VM LOOKED DIMM("nv0", "slot=0") DIMM("nv1", "slot=3") NMEM("0", "1", SLOT0)
			NMEM("1", "4", SLOT3) REGION("0", "cookie=0xba90300012b4df")
				REGION("1", "cookie=0x2468ac00123456"),
		"db1:nv0 nmem0/region1 [] matched\n"
		"db1:nv1 nmem1/region0 [] matched\n",
		{ "db1:nv0: region1 has cookie 0x2468ac00123456, that of slot 0" },
		{ "AGAINST" },
	},
	{
		"only regions: the cookie tells the device",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0) DIMM("nv1", "slot=3")
			DIMM("nv2", "slot~1") REGION("0", "cookie=0xba90300012b4df")
				REGION("1", "cookie=0x2468ac00123456")
					REGION("2", "cookie=" COOKIE1) PMEM("0", ""),
		"db1:nv0 -/region1 [] matched\n"
		"db1:nv1 -/region0 [namespace0.0 - - pmem0] matched\n"
		"db1:nv2 -/region2 [] matched\n",
		{ "db1:nv1: region0 has cookie 0xba90300012b4df, that of slot 3\n",
		  "db1:nv2: region2 has cookie " COOKIE1
		  ", that of slot 1, which was computed, not seen" },
		{ "AGAINST", "found" },
	},
	{
		"the cookie of a region that lies elsewhere, or has a DIMM, finds nothing",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0) DIMM("nv1", "slot=3")
			REGION("0", "resource=" AT1 " cookie=0x2468ac00123456")
				REGION("1", "cookie=0xba90300012b4df >nd-dimm/nmem9")
					NMEM("9", "9", SLOT1),
		"db1:nv0 -/- [] unmatched\n"
		"db1:nv1 -/- [] unmatched\n"
		"- nmem9/region1 [] unmatched\n"
		"- -/region0 [] unmatched\n",
		{ "" },
		{ "has cookie" },
	},
	{
		"only namespaces",
		VM LOOKED DIMM(
			"nv0",
			"slot=0 address=" AT0) "@db1 nd-namespace namespace0.0 mode=fsdax uuid=u0 blockdev=pmem0\n"
					       "@db1 nd-namespace namespace0.1 state=idle\n",
		"db1:nv0 -/- [] unmatched\n"
		"- -/- [namespace0.0 fsdax u0 pmem0] unmatched\n",
		{ "db1:nv0: the guest's list has neither DIMMs nor regions: "
		  "\"ndctl list -DRNiv\" shows them",
		  "which region namespace0.0 is on: \"ndctl list -DRNiv\" does" },
		{ "explains", "lie" },
	},
	{
		"no mappings, no cookies: regions stay alone",
		VM LOOKED DIMM("nv0", "slot=0") DIMM("nv1", "slot=3") NMEM("0", "1", SLOT0)
			NMEM("1", "4", SLOT3) REGION("0", "cookie=0") REGION("1", ""),
		"db1:nv0 nmem0/- [] matched\n"
		"db1:nv1 nmem1/- [] matched\n"
		"- -/region0 [] unmatched\n"
		"- -/region1 [] unmatched\n",
		{ "does not say which region belongs to nmem0: \"ndctl list -DRNiv\" does" },
		{ "AGAINST" },
	},
	{
		"no mappings, one of each: equal numbers and sizes are no evidence",
		VM LOOKED DIMM("nv0", "slot=0 size_bytes=134217728") NMEM("0", "1", SLOT0)
			REGION("5", "size_bytes=134217728") PMEM("5", "mode=raw"),
		"db1:nv0 nmem0/- [] matched\n"
		"- -/region5 [namespace5.0 raw - pmem5] unmatched\n",
		{ "does not say which region belongs to nmem0" },
		{ "AGAINST" },
	},
	{
		"no mappings, but addresses: the handle tells the DIMM",
		VM LOOKED DIMM("nv0", "slot=3 address=" AT0) DIMM("nv1", "slot=0 address=" AT1)
			NMEM("0", "1", SLOT0) NMEM("1", "4", SLOT3) REGION("0", "resource=" AT0)
				REGION("1", "resource=" AT1),
		"db1:nv0 nmem1/region0 [] matched\n"
		"db1:nv1 nmem0/region1 [] matched\n",
		{ NULL },
		{ "AGAINST" },
	},
	{
		"a region that names its DIMM is not another's by cookie",
		VM LOOKED DIMM("nv0", "slot=0") NMEM("0", "1", SLOT3) NMEM("1", "4", SLOT3)
			REGION("0", "cookie=0xba90300012b4df >nd-dimm/nmem1"),
		"db1:nv0 nmem0/- [] contradicted\n"
		"- nmem1/region0 [] unmatched\n",
		{ "does not say which region belongs to nmem0" },
		{ NULL },
	},
	{
		"virtio-pmem has no DIMM and no slot",
		VM LOOKED DIMM(
			"nv0",
			"slot=0 address=" AT0) "device db1:vp0 <vm/db1 device_id=vp0 driver=virtio-pmem !slot "
					       "!label_bytes address=" AT1
					       "\n" NMEM("0", "1", SLOT0)
						       REGION("0", "resource=" AT1)
							       REGION("1", "resource=" AT0
									   " >nd-dimm/nmem0")
								       PMEM("0", "mode=fsdax"),
		"db1:nv0 nmem0/region1 [] matched\n"
		"db1:vp0 -/region0 [namespace0.0 fsdax - pmem0] matched\n",
		{ "db1:vp0: region0 of the guest lies at 0x108000000" },
		{ "AGAINST", "slot 1" },
	},
	{
		"two regions at one address",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0) NMEM("0", "1", SLOT0)
			NMEM("1", "2", SLOT1) REGION("0", "resource=" AT0 " >nd-dimm/nmem0")
				REGION("1", "resource=" AT0 " >nd-dimm/nmem1"),
		"db1:nv0 -/- [] ambiguous {nmem0/region0} {nmem1/region1}\n",
		{ "2 regions of the guest lie at 0x100000000" },
		{ "AGAINST" },
	},
	{
		"two DIMMs with one handle",
		VM LOOKED DIMM("nv0", "slot=0") NMEM("0", "1", SLOT0) NMEM("1", "1", SLOT0),
		"db1:nv0 -/- [] ambiguous {nmem0/-} {nmem1/-}\n",
		{ "2 DIMMs of the guest have handle 0x1" },
		{ NULL },
	},
	{
		"a guest that lies about the serial",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0) NMEM("0", "1", SLOT3)
			REGION("0", "resource=" AT0 " >nd-dimm/nmem0"),
		"db1:nv0 nmem0/region0 [] contradicted\n",
		{ "db1:nv0: AGAINST: nmem0 has id 8680-59341200, that of slot 3; the device "
		  "is in slot 0" },
		{ NULL },
	},
	{
		"an id that no QEMU makes",
		VM LOOKED DIMM("nv0", "slot=0") NMEM("0", "1", "8902-206b080c"),
		"db1:nv0 nmem0/- [] contradicted\n",
		{ "AGAINST: nmem0 has id 8902-206b080c, which no QEMU makes" },
		{ NULL },
	},
	{
		"a guest that lies about the handle",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0) NMEM("0", "7", SLOT0)
			REGION("0", "resource=" AT0 " >nd-dimm/nmem0"),
		"db1:nv0 nmem0/region0 [] contradicted\n",
		{ "AGAINST: nmem0 has handle 0x7" },
		{ NULL },
	},
	{
		"a guest that lies about the size; it is shown all the same",
		VM LOOKED DIMM("nv0", "slot=0 size_bytes=1000 address=" AT0)
			REGION("0", "resource=" AT0 " size_bytes=999") PMEM("0", "mode=raw"),
		"db1:nv0 -/region0 [namespace0.0 raw - pmem0] contradicted\n",
		{ "AGAINST: region0 is 999 bytes, the device 1000" },
		{ NULL },
	},
	{
		"a guest whose region lies elsewhere",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0) NMEM("0", "1", SLOT0)
			REGION("0", "resource=" AT1 " >nd-dimm/nmem0"),
		"db1:nv0 nmem0/region0 [] contradicted\n",
		{ "AGAINST: region0 lies at 0x108000000, the device at 0x100000000" },
		{ NULL },
	},
	{
		"a cookie of another slot",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0)
			REGION("0", "resource=" AT0 " cookie=0xba90300012b4df"),
		"db1:nv0 -/region0 [] contradicted\n",
		{ "AGAINST: region0 has cookie 0xba90300012b4df, that of slot 3" },
		{ NULL },
	},
	{
		"a cookie of no slot is silent",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0)
			REGION("0", "resource=" AT0 " cookie=0x123"),
		"db1:nv0 -/region0 [] matched\n",
		{ NULL },
		{ "cookie", "AGAINST" },
	},
	{
		"a disputed slot is no evidence",
		VM LOOKED DIMM("nv0", "slot=0 slot=3") NMEM("0", "1", SLOT0),
		"db1:nv0 -/- [] unmatched\n"
		"- nmem0/- [] unmatched\n",
		{ "db1:nv0: slot is disputed: ", "says 0, ", "says 3" },
		{ "AGAINST" },
	},
	{
		"a disputed address is none either: the slot is",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0 " address=" AT1)
			NMEM("0", "1", SLOT0) REGION("0", "resource=" AT0 " >nd-dimm/nmem0"),
		"db1:nv0 nmem0/region0 [] matched\n",
		{ "address is disputed: ", "nmem0 has handle 0x1, that of slot 0" },
		{ "AGAINST" },
	},
	{
		"a computed slot finds, but never speaks against",
		VM LOOKED DIMM("nv0", "slot~0 address~" AT1 " size_bytes~5")
			NMEM("0", "1", SLOT3)
				REGION("0", "resource=" AT0 " size_bytes=7 >nd-dimm/nmem0"),
		"db1:nv0 nmem0/region0 [] matched\n",
		{ "that of slot 0, which was computed, not seen" },
		{ "AGAINST" },
	},
	{
		"two devices at one address",
		VM LOOKED DIMM("nv0", "address=" AT0) DIMM("nv1", "address=" AT0)
			REGION("0", "resource=" AT0),
		"db1:nv0 -/- [] ambiguous {-/region0}\n"
		"db1:nv1 -/- [] ambiguous {-/region0}\n",
		{ "db1:nv0: region0 of the guest fits db1:nv1 as well" },
		{ NULL },
	},
	{
		"two devices, one of them lying, claim one DIMM",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0) DIMM("nv1", "slot=0 address=" AT1)
			NMEM("0", "1", SLOT0) REGION("0", "resource=" AT0 " >nd-dimm/nmem0"),
		"db1:nv0 -/- [] ambiguous {nmem0/region0}\n"
		"db1:nv1 nmem0/region0 [] contradicted\n",
		{ "db1:nv1: AGAINST: region0 lies at 0x100000000", "fits db1:nv0 as well" },
		{ NULL },
	},
	{
		"looked at, nothing there",
		VM LOOKED DIMM("nv0", "slot=0 address=" AT0) "guest other\n@other nd-dimm "
							     "nmem0 handle=1\n",
		"db1:nv0 -/- [] unmatched\n"
		"- nmem0/- [] unmatched\n",
		{ "nothing in the guest has the device's address or slot" },
		{ NULL },
	},
	{
		"looked at with ndctl alone: no addresses",
		VM LOOKED "device db1:vp0 <vm/db1 driver=virtio-pmem !slot address=" AT0
			  "\n" REGION("0", ""),
		"db1:vp0 -/- [] unmatched\n"
		"- -/region0 [] unmatched\n",
		{ "does not say where its regions lie" },
		{ NULL },
	},
	{
		"idle placeholders are no namespaces",
		VM LOOKED DIMM("nv0", "address=" AT0)
			REGION("0", "resource=" AT0) "@db1 nd-namespace namespace0.1 >nd-region/region0 state=idle\n" PMEM(
				"0", "state=disabled"),
		"db1:nv0 -/region0 [namespace0.0 - - pmem0] matched\n",
		{ NULL },
		{ NULL },
	},
	{
		"DIMMs of the host are nobody's guest devices",
		VM LOOKED DIMM(
			"nv0",
			"slot=0 address=" AT0) "nd-dimm nmem0 handle=1\nnd-region region0 resource=" AT0
					       "\n",
		"db1:nv0 -/- [] unmatched\n",
		{ NULL },
		{ NULL },
	},
	{
		"no devices",
		VM,
		"",
		{ NULL },
		{ NULL },
	},
};

int main(void)
{
	map_must(cases, LEND_COUNT(cases));
	return 0;
}
