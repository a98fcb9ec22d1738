/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's side of the map: labels, shared files, and what is predicted without a guest. */

#include "tests/map-expect.h"

#define AT0 "0x100000000"
#define AT1 "0x108000000"

#define VM(vm)     "vm " vm " hypervisor=qemu\n"
#define LOOKED(vm) "guest " vm " vm=" vm "\n"
#define DIMM(vm, id, more)                                                                     \
	"device " vm ":" id " <vm/" vm " vm=" vm " device_id=" id " driver=nvdimm " more "\n"
#define ON(vm, id, path, more)                                                                 \
	"backend " vm ":m-" id " <device/" vm ":" id " path=" path "\n"                        \
	"backing " path " <backend/" vm ":m-" id " path=" path " " more "\n"
#define LABEL(device, n, uuid)                                                                 \
	"label " device ":" n " >device/" device " mode=fsdax uuid=" uuid "\n"
#define REGION(vm, n, more) "@" vm " nd-region region" n " " more "\n"
#define PMEM(vm, n, more)                                                                      \
	"@" vm " nd-namespace namespace" n ".0 >nd-region/region" n " " more "\n"

/* One VM with a label, and what its guest has. */
#define LABELLED(more, namespace)                                                              \
	VM("db1")                                                                              \
	LOOKED("db1")                                                                          \
	DIMM("db1", "nv0", "slot=0 address=" AT0 " " more)                                     \
	LABEL("db1:nv0", "0", "AAAA")                                                          \
	LABEL("db1:nv0", "1", "bbbb")                                                          \
	REGION("db1", "0", "resource=" AT0) PMEM("db1", "0", namespace)

static const struct map_expect labels[] = {
	{
		"a namespace by the UUID of its label",
		LABELLED("", "raw_uuid=aaaa uuid=info"),
		"db1:nv0 -/region0 [namespace0.0 - info -] matched\n",
		{ "namespace0.0 of the guest is a label in the backing" },
		{ "AGAINST", "none of the labels" },
	},
	{
		"a raw namespace shows it as its own",
		LABELLED("", "uuid=aaaa"),
		"db1:nv0 -/region0 [namespace0.0 - aaaa -] matched\n",
		{ "namespace0.0 of the guest is a label in the backing" },
		{ NULL },
	},
	{
		"none of the labels is there: a note, no lie",
		LABELLED("label_count=2", "raw_uuid=cccc"),
		"db1:nv0 -/region0 [namespace0.0 - - -] matched\n",
		{ "none of the labels in the backing is in the guest" },
		{ "AGAINST" },
	},
	{
		"each namespace by its label, and one that is none",
		LABELLED("label_count=2", "raw_uuid=aaaa uuid=info") PMEM(
			"db1", "1",
			"") "@db1 nd-namespace namespace0.1 >nd-region/region0 mode=raw uuid=BBBB\n"
			    "@db1 nd-namespace namespace0.2 >nd-region/region0 mode=fsdax uuid=x "
			    "raw_uuid=dddd\n"
			    "@db1 nd-namespace namespace0.3 >nd-region/region0 state=idle "
			    "mode=raw uuid=0\n",
		"db1:nv0 -/region0 [namespace0.0 - info -, namespace0.1 raw BBBB -, "
		"namespace0.2 fsdax x -] matched\n"
		"- -/region1 [namespace1.0 - - -] unmatched\n",
		{ "db1:nv0: namespace0.0 of the guest is a label in the backing",
		  "db1:nv0: namespace0.1 of the guest is a label in the backing",
		  "db1:nv0: namespace0.2 of the guest is none of the 2 labels in the backing" },
		{ "AGAINST", "namespace0.3", "none of the labels" },
	},
	{
		"the UUID of an info block is no label's",
		LABELLED("label_count=2", "mode=fsdax uuid=cccc"),
		"db1:nv0 -/region0 [namespace0.0 fsdax cccc -] matched\n",
		{ NULL },
		{ "label" },
	},
	{
		"a label that was not read may be the one",
		LABELLED("label_count=3", "raw_uuid=cccc"),
		"db1:nv0 -/region0 [namespace0.0 - - -] matched\n",
		{ NULL },
		{ "label" },
	},
	{
		"a guest without UUIDs says nothing",
		LABELLED("", "mode=raw"),
		"db1:nv0 -/region0 [namespace0.0 raw - -] matched\n",
		{ NULL },
		{ "label" },
	},
	{
		"labels written in another slot",
		LABELLED("label_slot=3", "raw_uuid=cccc"),
		"db1:nv0 -/region0 [namespace0.0 - - -] matched\n",
		{ "the labels in the backing were written in slot 3: a guest ignores them in "
		  "slot 0" },
		{ "AGAINST" },
	},
	{
		"labels of this slot",
		LABELLED("label_slot=0", "raw_uuid=aaaa"),
		"db1:nv0 -/region0 [namespace0.0 - - -] matched\n",
		{ "is a label in the backing" },
		{ "written in slot" },
	},
};

static const struct map_expect predicted[] = {
	{
		"nobody looked: id, handle and namespaces are computed",
		VM("db1") DIMM("db1", "nv0", "slot=3 address=" AT0)
			LABEL("db1:nv0", "0", "aaaa") LABEL("db1:nv0", "1", "bbbb"),
		"db1:nv0 '8680-59341200' [- fsdax aaaa -, - fsdax bbbb -] predicted\n",
		{ "nobody looked into the guest: by slot 3 its DIMM has handle 0x4, id 8680-59341200" },
		{ "AGAINST" },
	},
	{
		"labels of another slot predict no namespace",
		VM("db1") DIMM("db1", "nv0", "slot=3 label_slot=0") LABEL("db1:nv0", "0", "aa"),
		"db1:nv0 '8680-59341200' [] predicted\n",
		{ "written in slot 0: a guest ignores them in slot 3" },
		{ NULL },
	},
	{
		"a computed slot will do",
		VM("db1") DIMM("db1", "nv0", "slot~170 address~" AT0),
		"db1:nv0 '8680-00351200' [] predicted\n",
		{ "by slot 170, computed itself, its DIMM has handle 0xab, id 8680-00351200" },
		{ NULL },
	},
	{
		"virtio-pmem: only where it lies",
		VM("db1") "device db1:vp0 <vm/db1 driver=virtio-pmem !slot address=" AT1 "\n",
		"db1:vp0 -/- [] predicted\n",
		{ "its region would lie at 0x108000000" },
		{ NULL },
	},
	{
		"neither slot nor address",
		VM("db1") DIMM("db1", "nv0", ""),
		"db1:nv0 -/- [] unmatched\n",
		{ "neither slot nor address of the device is known" },
		{ NULL },
	},
	{
		"a disputed slot predicts nothing",
		VM("db1") DIMM("db1", "nv0", "slot=1 slot=2"),
		"db1:nv0 -/- [] unmatched\n",
		{ "slot is disputed" },
		{ NULL },
	},
	{
		"another VM's guest is not this one's",
		VM("db1") VM("db2") LOOKED("db2")
			DIMM("db1", "nv0", "slot=0") "@db2 nd-dimm nmem0 handle=1\n",
		"db1:nv0 '8680-56341200' [] predicted\n"
		"- nmem0/- [] unmatched\n",
		{ NULL },
		{ NULL },
	},
};

static const struct map_expect shared[] = {
	{
		"two VMs on one backing",
		VM("db1") VM("db2") DIMM("db1", "nv0", "slot=0") DIMM("db2", "x", "slot=1")
			ON("db1", "nv0", "/p/a.img", "") ON("db2", "x", "/p/a.img", ""),
		"db1:nv0 '8680-56341200' [] predicted\n"
		"db2:x '8680-57341200' [] predicted\n",
		{ "db1:nv0: SHARED: the same file is also x of VM db2 (/p/a.img)",
		  "db2:x: SHARED: the same file is also nv0 of VM db1 (/p/a.img)" },
		{ "AGAINST" },
	},
	{
		"one file by two paths, in one VM",
		VM("db1") DIMM("db1", "a", "slot=0") DIMM("db1", "b", "slot=1")
			ON("db1", "a", "/p/a.img", "dev=259:3 inode=7")
				ON("db1", "b", "/q/b.img", "dev=259:3 inode=7"),
		"db1:a '8680-56341200' [] predicted\n"
		"db1:b '8680-57341200' [] predicted\n",
		{ "db1:a: SHARED: the same file is also b of VM db1 (/q/b.img)",
		  "db1:b: SHARED: the same file is also a of VM db1 (/p/a.img)" },
		{ NULL },
	},
	{
		"equal inodes of two file systems are two files",
		VM("db1") DIMM("db1", "a", "slot=0") DIMM("db1", "b", "slot=1")
			ON("db1", "a", "/p/a.img", "dev=259:3 inode=7")
				ON("db1", "b", "/q/b.img", "dev=259:4 inode=7"),
		"db1:a '8680-56341200' [] predicted\n"
		"db1:b '8680-57341200' [] predicted\n",
		{ NULL },
		{ "SHARED" },
	},
	{
		"one device through two devtmpfs",
		VM("db1") DIMM("db1", "a", "slot=0") DIMM("db1", "b", "slot=1")
			ON("db1", "a", "/dev/dax0.0",
			   "type=character\\x20device dev=0:5 inode=7 rdev=251:4")
				ON("db1", "b", "/jail/dev/dax0.0",
				   "type=character\\x20device dev=0:61 inode=3 rdev=251:4"),
		"db1:a '8680-56341200' [] predicted\n"
		"db1:b '8680-57341200' [] predicted\n",
		{ "db1:a: SHARED: the same device is also b of VM db1 (/jail/dev/dax0.0)" },
		{ NULL },
	},
	{
		"a block device is no character device",
		VM("db1") DIMM("db1", "a", "slot=0") DIMM("db1", "b", "slot=1") ON(
			"db1", "a", "/dev/a", "type=block\\x20device dev=0:5 inode=7 rdev=9:4")
			ON("db1", "b", "/dev/b",
			   "type=character\\x20device dev=0:5 inode=7 rdev=9:4"),
		"db1:a '8680-56341200' [] predicted\n"
		"db1:b '8680-57341200' [] predicted\n",
		{ NULL },
		{ "SHARED" },
	},
	{
		"a device whose number is not known is its node",
		VM("db1") DIMM("db1", "a", "slot=0") DIMM("db1", "b", "slot=1") ON(
			"db1", "a", "/dev/a", "type=block\\x20device dev=0:5 inode=7")
			ON("db1", "b", "/x/a", "type=block\\x20device dev=0:5 inode=7 !rdev"),
		"db1:a '8680-56341200' [] predicted\n"
		"db1:b '8680-57341200' [] predicted\n",
		{ "db1:b: SHARED" },
		{ NULL },
	},
	{
		"unknown inodes are not equal ones",
		VM("db1") DIMM("db1", "a", "slot=0") DIMM("db1", "b", "slot=1")
			ON("db1", "a", "/p/a.img", "dev=259:3")
				ON("db1", "b", "/q/b.img", "dev=259:3"),
		"db1:a '8680-56341200' [] predicted\n"
		"db1:b '8680-57341200' [] predicted\n",
		{ NULL },
		{ "SHARED" },
	},
	{
		"a file replaced under a running QEMU",
		VM("db1") DIMM("db1", "a", "slot=0")
			ON("db1", "a", "/p/a.img", "dev=259:3 inode=7 inode=8"),
		"db1:a '8680-56341200' [] predicted\n",
		{ "/p/a.img was replaced: QEMU has another file open" },
		{ NULL },
	},
};

int main(void)
{
	map_must(labels, LEND_COUNT(labels));
	map_must(predicted, LEND_COUNT(predicted));
	map_must(shared, LEND_COUNT(shared));
	return 0;
}
