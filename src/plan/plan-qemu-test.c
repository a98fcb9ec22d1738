/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wishes on hosts of a few lines: what is refused and why, which steps come, what they say. */

#include "plan/plan-qemu.h"

#include "tests/must.h"
#include "tests/plan-rig.h"

/* Everything a good plan needs. */
struct row {
	const char *what;
	const char *wish;
	const char *host;    /* besides QEMU */
	const char *refused; /* the first refusal; NULL: none */
	const char *hint;    /* NULL: not looked at */
	const char *says;    /* a note or warning that has to be there; NULL */
	const char *steps;   /* "backing record vm" */
	const char *argv;    /* a word that has to be there; NULL */
};

static const struct row rows[] = {
	{ "a new backing", VM LOG, NEW("/p/log"), .steps = "backing record vm",
	  .argv = "memory-backend-file,id=mem-log,mem-path=/p/log,size=130M,share=on" },
	{ "its device", VM LOG, NEW("/p/log"), .steps = "backing record vm",
	  .argv = "nvdimm,id=log,memdev=mem-log,slot=0,label-size=2M" },
	{ "slots and room", VM LOG, NEW("/p/log"), .steps = "backing record vm",
	  .argv = "size=1024M,slots=5,maxmem=5248M" },
	{ "KVM", VM LOG, NEW("/p/log"), .steps = "backing record vm",
	  .argv = "q35,nvdimm=on,accel=kvm" },
	{ "no NVDIMMs", VM, "", .steps = "record vm",
	  .argv = "size=1024M,slots=4,maxmem=5120M" },
	{ "TCG", VM "accel: tcg\n", "", .steps = "record vm", .argv = "max" },
	{ "what QEMU lacks", VM "machine: virt\n", "",
	  .refused = "this QEMU has no machine virt" },
	{ "a CPU model that is not there", VM "cpu: Pentium9,+x\n", "",
	  .refused = "this QEMU has no CPU model Pentium9" },
	{ "the host's CPU without KVM", VM "accel: tcg\ncpu: host\n", "",
	  .refused = "the CPU model host needs KVM" },
	{ "an image of another size", VM LOG, FILE_OF("/p/log", "268435456", ""),
	  .refused = "log: /p/log has 256 MiB, and a DIMM of 128 MiB needs 130 MiB with its "
		     "label area",
	  .hint = "name another backing" },
	{ "an image of a larger DIMM", VM LOG, FILE_OF("/p/log", "270532608", ""),
	  .refused = "log: /p/log has 258 MiB, and a DIMM of 128 MiB needs 130 MiB with its "
		     "label area",
	  .hint = "size: 256 MiB is what it is made for" },
	{ "labels of another slot, said", VM LOG "    slot: 1\n",
	  FILE_OF("/p/log", MIB130, "label_state=valid tail=data label_slot=3"),
	  .refused = "log: the labels of /p/log were written in slot 3, in slot 1 the guest "
		     "would not see its namespaces",
	  .hint = "slot: 3" },
	{ "labels of another slot, not said", VM LOG,
	  FILE_OF("/p/log", MIB130, "label_state=valid tail=data label_slot=3"),
	  .says = "log: slot 3, in which the labels of /p/log were written",
	  .steps = "record vm", .argv = "nvdimm,id=log,memdev=mem-log,slot=3,label-size=2M" },
	{ "data where the labels shall be", VM LOG,
	  FILE_OF("/p/log", MIB130, "label_state=none !label_elsewhere tail=data"),
	  .refused = "log: a label area of 2 MiB would hide data at the end of /p/log",
	  .hint = "label: 0, or name another backing" },
	{ "damaged labels", VM LOG, FILE_OF("/p/log", MIB130, "label_state=damaged tail=data"),
	  .refused = "log: the label area of /p/log is damaged",
	  .hint = "look at it: lend pmem inspect /p/log" },
	{ "no labels yet", VM LOG,
	  FILE_OF("/p/log", MIB130, "label_state=none !label_elsewhere tail=zero"),
	  .says = "log: the label area of /p/log is blank, and ndctl create-namespace fails "
		  "until it has index blocks",
	  .steps = "record vm" },
	{ "labels nobody may read", VM LOG, FILE_OF("/p/log", MIB130, ""),
	  .refused = "log: the labels of /p/log cannot be read" },
	{ "no label area wanted",
	  VM "pmem:\n  - {name: log, size: 130 MiB, backing: /p/log, label: 0}\n",
	  FILE_OF("/p/log", MIB130, "tail=data"),
	  .refused = "log: 130 MiB is no multiple of 16 MiB: ndctl in the guest would make "
		     "neither fsdax nor devdax of it",
	  .hint = "size: 128 MiB or 256 MiB" },
	{ "another VM's", VM LOG,
	  FILE_OF("/p/log", MIB130,
		  "label_state=valid tail=data") "vm web\nbackend web:m vm=web >backing//p/other\n"
						 "backing /p/other dev=254:0 inode=77\n",
	  .refused = "log: /p/log is in use by the VM web" },
	{ "a loop device's", VM LOG,
	  FILE_OF("/p/log", MIB130,
		  "label_state=valid tail=data") "block loop0 backing_file=/p/log\n",
	  .refused = "log: /p/log is what loop0 is made of" },
	{ "swap space by another path", VM LOG,
	  FILE_OF("/p/log", MIB130,
		  "label_state=valid tail=data") "swap s path=/q file_dev=254:0 file_inode=77\n",
	  .refused = "log: /p/log is swap space" },
	{ "a mounted disk", VM "pmem:\n  - {name: log, size: 128 MiB, backing: /dev/sdb}\n",
	  "wanted /dev/sdb path=/dev/sdb type=block\\x20device rdev=8:16 size_bytes=" MIB130
	  " writable=1 label_state=none !label_elsewhere tail=zero\n"
	  "block sdb dev=8:16\nmount /srv path=/srv >block/sdb\n",
	  .refused = "log: /dev/sdb is mounted at /srv" },
	{ "no folder", VM LOG, "wanted /p/log path=/p/log !type !folder\n",
	  .refused = "log: there is no folder /p", .hint = "mkdir -p /p" },
	{ "no room", VM LOG,
	  "wanted /p/log path=/p/log !type folder=directory fs_dev=1:1 free_bytes=1048576 "
	  "read_only=0 writable=1\n",
	  .refused = "log: /p has 1 MiB free, and 130 MiB are wanted" },
	{ "room for one of two", VM LOG "  - {name: data, size: 128 MiB, backing: /p/data}\n",
	  "wanted /p/log path=/p/log !type folder=directory fs_dev=1:1 free_bytes=209715200 "
	  "read_only=0 writable=1\n"
	  "wanted /p/data path=/p/data !type folder=directory fs_dev=1:1 free_bytes=209715200 "
	  "read_only=0 writable=1\n",
	  .refused = "data: /p has 200 MiB free, and 260 MiB are wanted" },
	{ "read-only", VM LOG,
	  "wanted /p/log path=/p/log !type folder=directory fs_dev=1:1 free_bytes=1 "
	  "read_only=1 writable=0\n",
	  .refused = "log: /p is mounted read-only" },
	{ "a device that is not there",
	  VM "pmem:\n  - {name: log, size: 128 MiB, backing: /dev/dax7.0}\n",
	  NEW("/dev/dax7.0"), .refused = "log: there is no device /dev/dax7.0" },
	{ "a folder", VM LOG, "wanted /p/log path=/p/log type=directory\n",
	  .refused = "log: /p/log is a directory", .hint = "name a file in it" },
	{ "one file twice", VM LOG "  - {name: data, size: 128 MiB, backing: /p/link}\n",
	  FILE_OF("/p/log", MIB130, "label_state=valid tail=data")
		  FILE_OF("/p/link", MIB130, "label_state=valid tail=data"),
	  .refused = "data: its backing is that of log" },
	{ "two names of one new file",
	  VM LOG "  - {name: data, size: 128 MiB, backing: /p/../p/log}\n",
	  "wanted /p/log path=/p/log !type folder=directory folder_inode=7 " FS
	  "\nwanted /p/../p/log path=/p/../p/log !type folder=directory folder_inode=7 " FS
	  "\n",
	  .refused = "data: its backing is that of log" },
	{ "nobody looked", VM LOG, "", .refused = "log: whether /p/log is there is not known" },
	{ "a DAX device",
	  VM "pmem:\n  - {name: log, size: 128 MiB, backing: /dev/dax0.0, persistence: "
	     "required}\n",
	  "wanted /dev/dax0.0 path=/dev/dax0.0 type=dax\\x20device rdev=252:1 "
	  "size_bytes=268435456 align_bytes=2097152 writable=1 label_state=none !label_elsewhere "
	  "tail=zero dax=1 map_sync=1 dax_driver=device_dax\n",
	  .says = "log: 126 MiB of /dev/dax0.0 are not used", .steps = "record vm",
	  .argv = "memory-backend-file,id=mem-log,mem-path=/dev/dax0.0,size=130M,share=on,"
		  "pmem=on,align=2M" },
	{ "DAX for the host alone",
	  VM "pmem:\n  - {name: log, size: 128 MiB, backing: /dev/dax0.0, persistence: "
	     "required}\n",
	  "wanted /dev/dax0.0 path=/dev/dax0.0 type=dax\\x20device rdev=252:1 "
	  "size_bytes=268435456 align_bytes=2097152 writable=1 label_state=none !label_elsewhere "
	  "tail=zero dax_driver=kmem\n",
	  .refused = "log: persistence is required, but the host uses that DAX device as its "
		     "own memory (kmem)" },
	{ "DAX, a file that is there", VM LOG "    persistence: required\n",
	  FILE_OF("/p/log", MIB130, "label_state=valid tail=data fs=ext4 dax=1 map_sync=1"),
	  .steps = "record vm",
	  .argv = "memory-backend-file,id=mem-log,mem-path=/p/log,size=130M,share=on,pmem=on" },
	{ "no DAX, whatever the mount says", VM LOG "    persistence: required\n",
	  FILE_OF("/p/log", MIB130,
		  "label_state=valid tail=data fs=ext4 dax=0 map_sync=0") "mount /p path=/p dev=254:0 options=rw,relatime,dax=always\n",
	  .refused = "log: persistence is required, but it is not on DAX but in the page cache",
	  .hint = "a file on DAX, a DAX device, or persistence: best-effort" },
	{ "DAX without MAP_SYNC", VM LOG "    persistence: required\n",
	  FILE_OF("/p/log", MIB130, "label_state=valid tail=data fs=ext4 dax=1 map_sync=0"),
	  .refused = "log: persistence is required, but the kernel grants no MAP_SYNC for it" },
	{ "DAX, not tried", VM LOG "    persistence: required\n",
	  FILE_OF("/p/log", MIB130, "label_state=valid tail=data fs=ext4"),
	  .refused = "log: persistence is required, but whether it is on DAX is not known" },
	{ "DAX, a file to be made", VM LOG "    persistence: required\n",
	  NEW_ON("/p/log", "fs_dax=1"),
	  .says = "log: whether /p/log is on DAX shows when it is made: without, nothing more "
		  "is done",
	  .steps = "backing record vm",
	  .argv = "memory-backend-file,id=mem-log,mem-path=/p/log,size=130M,share=on,pmem=on" },
	{ "no DAX where it is made", VM LOG "    persistence: required\n",
	  NEW_ON("/p/log", "fs_dax=0"),
	  .refused =
		  "log: persistence is required, but it is not on DAX but in the page cache" },
	{ "DAX where it is made, not told", VM LOG "    persistence: required\n",
	  NEW_ON("/p/log", "fs=overlay"),
	  .refused = "log: persistence is required, and whether /p/log would be on DAX cannot "
		     "be told before it is there",
	  .hint = "make it first: lend pmem create; or persistence: best-effort" },
	{ "DAX without pmem", VM LOG "    persistence: required\n    pmem: off\n",
	  NEW_ON("/p/log", "fs_dax=1"),
	  .refused = "log: persistence is required, but without pmem=on QEMU does not ask for "
		     "MAP_SYNC: blocks that are only reserved are lost" },
	{ "page cache", VM LOG, NEW_ON("/p/log", "fs_dax=0"),
	  .says = "log: when the host crashes, what the guest has flushed can be lost: it is "
		  "not on DAX but in the page cache",
	  .steps = "backing record vm" },
	{ "not persistent", VM LOG "    persistence: none\n", NEW("/p/log"),
	  .says = "log: persistence: none is told to the guest, whose Linux then makes it "
		  "read-only",
	  .steps = "backing record vm",
	  .argv = "nvdimm,id=log,memdev=mem-log,slot=0,label-size=2M,unarmed=on" },
	{ "private", VM LOG "    share: off\n", NEW("/p/log"),
	  .says = "log: share: off: what the guest writes is lost when it stops",
	  .steps = "backing record vm" },
	{ "read-only backing", VM LOG "    readonly: on\n",
	  FILE_OF("/p/log", MIB130, "label_state=valid tail=data"), .steps = "record vm",
	  .argv = "memory-backend-file,id=mem-log,mem-path=/p/log,size=130M,share=on,"
		  "readonly=on" },
	{ "read-only, and not there", VM LOG "    readonly: on\n", NEW("/p/log"),
	  .refused = "log: /p/log is to be read-only, and is not there" },
	{ "a node the guest has not", VM LOG "    node: 1\n", NEW("/p/log"),
	  .refused = "log: the guest has 1 NUMA node, and no node 1" },
	{ "a remote ISO", VM "install: http://example.org/a.iso\n", "",
	  .refused = "this QEMU cannot read http://example.org/a.iso: it has no part for URLs",
	  .hint = "apt-get install qemu-block-extra (Debian), or download it first" },
	{ "no ISO", VM "install: /i/a.iso\n", NEW("/i/a.iso"),
	  .refused = "there is no /i/a.iso to install from" },
	{ "a disk", VM "disk:\n  - {path: /d/a, size: 1 GiB}\n", NEW("/d/a"),
	  .steps = "disk record vm", .argv = "virtio-blk-pci,drive=disk0,bootindex=1" },
	{ "a disk with a comma", VM "disk:\n  - {path: \"/d/a,b\", size: 1 GiB}\n",
	  NEW("/d/a,b"), .steps = "disk record vm",
	  .argv = "if=none,id=disk0,file=/d/a,,b,format=raw" },
	{ "no disk", VM "disk:\n  - {path: /d/a}\n", NEW("/d/a"),
	  .refused = "there is no disk /d/a", .hint = "say a size, and lend makes it" },
	{ "no qcow2", VM "disk:\n  - {path: /d/a, size: 1 GiB, format: qcow2}\n", NEW("/d/a"),
	  .refused = "there is no disk /d/a, and lend makes raw ones alone",
	  .hint = "qemu-img create -f qcow2 /d/a 1073741824" },
	{ "ssh", VM "network: user\nssh: 2222\n", "", .steps = "record vm",
	  .argv = "user,id=net0,hostfwd=tcp:127.0.0.1:2222-:22" },
	{ "UEFI", VM "firmware: uefi\n",
	  "wanted /usr/share/OVMF/OVMF_CODE_4M.fd type=file\n"
	  "wanted /usr/share/OVMF/OVMF_VARS_4M.fd type=file dev=254:0 inode=8 "
	  "size_bytes=540672\n",
	  .steps = "record copy vm", .argv = "if=pflash,format=raw,file=/s/vms/db1/vars.fd" },
	{ "no UEFI", VM "firmware: uefi\n", "",
	  .refused = "there is no UEFI firmware for QEMU on this host" },
	{ "PCI", VM "pci:\n  - {device: \"0000:01:00.0\"}\n", "",
	  .refused = "giving PCI devices away is not there yet" },
	{ "ESXi", VM "hypervisor: esxi\n", "",
	  .refused = "lend applies wishes to QEMU and libvirt; ESXi is not there yet" },
	{ "libvirt", VM "hypervisor: libvirt\n", "", .steps = "libvirt-define libvirt-start" },
	{ "a backing for libvirt", VM "hypervisor: libvirt\n" LOG, NEW("/p/log"),
	  .steps = "backing libvirt-define libvirt-start",
	  .says = "log: libvirt touches every page of /p/log at each start" },
	{ "a label that libvirt would move",
	  VM "hypervisor: libvirt\npmem:\n  - {name: log, size: 128 MiB, backing: /p/log, "
	     "label: 128 KiB}\n",
	  NEW("/p/log"),
	  .refused = "log: libvirt makes whole 2 MiB of size and label together, so the label "
		     "area would move, and the guest would get another size" },
	{ "what XML cannot say", VM "hypervisor: libvirt\nnvdimm-persistence: cpu\n" LOG,
	  NEW("/p/log"), .steps = "backing libvirt-define libvirt-start",
	  .says = "libvirt has no word for nvdimm-persistence: it is left out, and ndctl in "
		  "the guest says \"unknown\"" },
	{ "forwards", VM "hypervisor: libvirt\nssh: 2222\n", "",
	  .steps = "libvirt-define libvirt-start",
	  .says = "libvirt has no word for forwarded ports of a user network: they are left "
		  "out" },
	{ "a domain of that name", VM "hypervisor: libvirt\n",
	  "vm db1 libvirt=qemu:///system state=off\n",
	  .refused = "libvirt has a domain of the name db1 already",
	  .hint = "lend attach db1 --connect qemu:///system adds to it" },
	{ "a QEMU of that name", VM "hypervisor: libvirt\n", "vm db1 pid=7\n",
	  .refused = "a VM of the name db1 runs, and it is none of libvirt's" },
	{ "a VM of that name", VM, "vm db1 monitor=/tmp/qmp\n",
	  .refused = "a VM of the name db1 runs, and lend did not start it",
	  .hint = "lend attach db1 --pmem ... plugs into it" },
	{ "more arguments", VM "qemu-args: [-snapshot]\n", "", .steps = "record vm",
	  .argv = "-snapshot" },
};

static bool has_word(const struct lend_plan *plan, const char *word)
{
	const struct lend_step *vm = &plan->steps[plan->n_steps - 1];
	const char *is;

	for (size_t i = 0; (is = lend_pairs_nth(&vm->args, "argv", i)) != NULL; i++) {
		if (strcmp(is, word) == 0)
			return true;
	}
	return false;
}

/* What is not there is refused once: rules that would want to look into it add nothing. */
static void missing(void)
{
	static const char *const lacks[] = {
		"!folder",
		"folder=directory fs_dev=1:1 free_bytes=1048576 read_only=0 writable=1",
		"folder=directory fs_dev=1:1 free_bytes=1 read_only=1 writable=0",
	};
	static const char *const names[] = { "log", "data" };

	for (size_t i = 0; i < LEND_COUNT(lacks); i++) {
		struct lend_arena arena = { 0 };
		lend_auto_plan *plan = NULL;
		lend_auto_buf host = { 0 };
		size_t n = 0;

		must_in(lacks[i]);
		for (size_t k = 0; k < LEND_COUNT(names); k++)
			lend_buf_printf(&host, "wanted /p/%s path=/p/%s !type %s\n", names[k],
					names[k], lacks[i]);
		rig_plan(&arena, VM LOG "  - {name: data, size: 128 MiB, backing: /p/data}\n",
			 lend_buf_text(&host), NULL, &plan);
		for (size_t k = 0; k < plan->n_remarks; k++) {
			n += plan->remarks[k].level == LEND_REMARK_REFUSE;
			must(strstr(plan->remarks[k].text, "the host crashes") == NULL);
		}
		must_u64(n, i == 0 ? 1 : 2); /* one folder, or room for each */
		lend_arena_done(&arena);
	}
	must_in("");
}

/* Three rules need the state of the labels; the user needs it once. */
static void must_say_once(const struct lend_plan *plan)
{
	for (size_t i = 0; i < plan->n_remarks; i++) {
		for (size_t k = 0; k < i; k++)
			must(strcmp(plan->remarks[i].text, plan->remarks[k].text) != 0);
	}
}

static void starts(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct lend_arena arena = { 0 };
		lend_auto_plan *plan = NULL;
		const struct lend_remark *why;

		must_in(r->what);
		rig_plan(&arena, r->wish, r->host, NULL, &plan);
		why = rig_refusal(plan);
		must_str(why == NULL ? NULL : why->text, r->refused);
		if (r->hint != NULL)
			must_str(why == NULL ? NULL : why->hint, r->hint);
		rig_must_steps(plan, r->steps == NULL ? "" : r->steps);
		must_say_once(plan);
		must(r->says == NULL || rig_says(plan, r->says));
		must(r->argv == NULL || has_word(plan, r->argv));
		lend_arena_done(&arena);
	}
	must_in("");
}

/* Ports next to each other are one range, the lower one first. */
static void firewall(void)
{
	struct lend_arena arena = { 0 };
	lend_auto_plan *plan = NULL;
	lend_auto_buf lines = { 0 };

	rig_plan(&arena,
		 VM "network: user\nvnc: \":3\"\nforward:\n  - \"0.0.0.0:5904:80\"\n"
		    "  - \"0.0.0.0:2222:22\"\n",
		 "", NULL, &plan);
	for (size_t i = 0; i < plan->n_after; i++) {
		if (strstr(plan->after[i], "add-port") != NULL)
			lend_buf_printf(&lines, "%s;", plan->after[i]);
	}
	must_str(lend_buf_text(&lines), "  firewall-cmd --permanent --add-port=2222/tcp;"
					"  firewall-cmd --permanent --add-port=5903-5904/tcp;");
	/* Each once. */
	must(rig_says(plan, "db1: its screen is open to the network: -vnc :3"));
	must(!rig_says(plan, "VNC has no password, and can be reached from outside"));
	must(rig_says(plan, "port 80 of the guest can be reached from outside, at port 5904 of "
			    "this host"));
	for (size_t i = 0; i < plan->n_remarks; i++) {
		const struct lend_remark *r = &plan->remarks[i];

		must(r->rule == NULL || strcmp(r->rule, "ports-not-open") != 0);
		if (r->rule != NULL && strcmp(r->rule, "vnc-has-password") == 0)
			must_str(r->hint, "vnc: 127.0.0.1:3, and ssh -L to it");
	}
	lend_arena_done(&arena);
}

/* That another VM has it is one refusal, by the rule. */
static void told_once(void)
{
	struct lend_arena arena = { 0 };
	lend_auto_plan *plan = NULL;
	size_t n = 0;

	rig_plan(
		&arena, VM LOG,
		FILE_OF("/p/log", MIB130,
			"label_state=valid tail=data") "vm web\n"
						       "device web:d vm=web driver=nvdimm >backend/web:m\n"
						       "backend web:m vm=web type=memory-backend-file path=/p/log >backing//p/log\n"
						       "backing /p/log path=/p/log type=file dev=254:0 inode=77\n",
		NULL, &plan);
	for (size_t i = 0; i < plan->n_remarks; i++) {
		const struct lend_remark *r = &plan->remarks[i];

		if (r->level != LEND_REMARK_REFUSE || strstr(r->text, "/p/log") == NULL)
			continue;
		must_str(r->text, "log: /p/log is in use by the VM web");
		must_str(r->rule, "backing-used-once");
		n++;
	}
	must_u64(n, 1);
	lend_arena_done(&arena);
}

int main(void)
{
	told_once();
	starts();
	missing();
	firewall();
	return 0;
}
