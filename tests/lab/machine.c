/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that plays a host: lend runs inside it, over the sysfs of a real
 * kernel, and what it captures there is looked at here.
 *
 * One machine with all that can be lent: functions in IOMMU groups of their
 * own, two cards in one group behind a PCI bridge, the AHCI controller in the
 * group of the LPC bridge, a disk with two controllers, virtual functions, a
 * second NUMA node, DIMMs as a character device and as a mapped disk.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "case.h"
#include "machine.h"
#include "played.h"

/* Without the last, the PCI bridge has 31 slots whose names clash with those of the ports. */
static const char kernel_args[] = "intel_iommu=on iommu=pt initcall_blacklist=shpcd_init";

static const struct {
	const char *name;
	unsigned int mib;
} disks[] = {
	{ "first", 64 }, { "second", 64 }, { "shared", 32 }, { "virtual", 32 }, { "sata", 32 }
};

/* Ports in order, so that what hangs on port N is on bus N. */
static const char *const parts[] = {
	"-cpu",
	"max,-la57", /* five levels of page tables would slow every access down */
	/* So that the slots are those of the ports, by their numbers. */
	"-global",
	"ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
	"-object",
	"memory-backend-ram,id=ram0,size=384M",
	"-object",
	"memory-backend-ram,id=ram1,size=384M",
	"-numa",
	"node,nodeid=0,cpus=0,memdev=ram0",
	"-numa",
	"node,nodeid=1,cpus=1,memdev=ram1",
	"-numa",
	"dist,src=0,dst=1,val=21",
	/* One wire for two cards, at whose end QEMU itself answers a ping, and nothing else. */
	"-netdev",
	"user,id=end,restrict=on,net=192.0.2.0/24,host=192.0.2.1",
	"-netdev",
	"hubport,id=wire0,hubid=0,netdev=end",
	"-netdev",
	"hubport,id=wire1,hubid=0",
	"-netdev",
	"hubport,id=wire2,hubid=0",
	"-device",
	"intel-iommu,intremap=on,caching-mode=on",
	"-device",
	"pcie-root-port,id=port1,chassis=1,slot=1,addr=2.0,multifunction=on",
	"-device",
	"pcie-root-port,id=port2,chassis=2,slot=2,addr=2.1",
	"-device",
	"pcie-root-port,id=port3,chassis=3,slot=3,addr=2.2",
	"-device",
	"pcie-root-port,id=port4,chassis=4,slot=4,addr=2.3",
	"-device",
	"pcie-root-port,id=port5,chassis=5,slot=5,addr=2.4",
	"-device",
	"pcie-root-port,id=port6,chassis=6,slot=6,addr=2.5",
	"-device",
	"nvme,serial=lab-first,drive=first,bus=port1",
	"-device",
	"nvme,serial=lab-second,drive=second,bus=port2",
	"-device",
	"nvme-subsys,id=shared,nqn=shared",
	"-device",
	"nvme,id=path1,serial=lab-shared,subsys=shared,bus=port3",
	"-device",
	"nvme,id=path2,serial=lab-shared,subsys=shared,bus=port4",
	"-device",
	"nvme-ns,drive=shared,nsid=1,shared=on,bus=path1",
	"-device",
	"nvme-subsys,id=virtual,nqn=virtual",
	"-device",
	"nvme,id=pf,serial=lab-virtual,subsys=virtual,sriov_max_vfs=4,"
	"sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=12,msix_qsize=8,bus=port5",
	"-device",
	"nvme-ns,drive=virtual,nsid=1,bus=pf",
	"-device",
	"pcie-pci-bridge,id=bridge,bus=port6",
	"-device",
	"e1000,bus=bridge,addr=1,mac=52:54:00:12:34:01",
	"-device",
	"e1000,bus=bridge,addr=2,mac=52:54:00:12:34:02,netdev=wire1",
	"-device",
	"pxb-pcie,id=far,bus_nr=128,bus=pcie.0,numa_node=1",
	"-device",
	"pcie-root-port,id=port7,chassis=7,slot=7,bus=far",
	"-device",
	"e1000e,bus=port7,mac=52:54:00:12:34:03,netdev=wire2",
	"-device",
	"ide-hd,bus=ide.0,drive=sata,serial=lab-sata",
};

static const struct lab_dimm wish[] = {
	{ .id = "chars",
	  .slot = 0,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
	{ .id = "mapped",
	  .slot = 1,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
};

/* An empty disk, and its -drive. */
static int make_disk(struct lab *lab, struct lend_arena *arena, size_t i,
		     const char **ret_drive, struct lend_err *err)
{
	char path[LAB_PATH_MAX];
	lend_auto_fd int fd = -1;

	if (lab_path(lab, path, sizeof(path), disks[i].name, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)(disks[i].mib * LAB_MIB)) < 0)
		return lend_fail_errno(err, "make '%s'", path);
	*ret_drive = lend_arena_printf(arena, "if=none,id=%s,format=raw,file=%s", disks[i].name,
				       path);
	return 0;
}

static int compose(struct lab *lab, struct lab_vm *vm, struct lend_err *err)
{
	const char **more = lend_arena_array(
		&vm->arena, LEND_COUNT(parts) + 2 * LEND_COUNT(disks) + 1, sizeof(*more));
	size_t n = 0;

	for (size_t i = 0; i < LEND_COUNT(disks); i++) {
		more[n++] = "-drive";
		if (make_disk(lab, &vm->arena, i, &more[n++], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < LEND_COUNT(parts); i++)
		more[n++] = parts[i];
	more[n] = NULL;
	vm->more = more;
	return 0;
}

/* ---- what it must have become, by what the guest says itself ---- */

/* Lines that machine-say must print; a word may end with '*'. */
static const struct {
	const char *line;
	const char *about;
} must[] = {
	{ "pci 0000:01:00.0 0x1b36 0x0010 0x1af4 0x1100 0x010802 nvme * -1 0000:00:02.0",
	  "a disk below the first port" },
	{ "pci 0000:00:1f.2 0x8086 0x2922 * * 0x010601 ahci * -1 -", "an AHCI controller" },
	{ "pci 0000:07:01.0 0x8086 0x100e * * 0x020000 vfio-pci * -1 0000:06:00.0",
	  "a card on vfio-pci behind the PCI bridge" },
	{ "pci 0000:07:02.0 0x8086 0x100e * * 0x020000 - * -1 0000:06:00.0",
	  "its neighbour without a driver" },
	{ "pci 0000:81:00.0 0x8086 0x10d3 * * 0x020000 e1000e * 1 0000:80:00.0",
	  "a card at the second NUMA node" },
	{ "vf 0000:05:00.1 0000:05:00.0", "a virtual function" },
	{ "vf 0000:05:00.2 0000:05:00.0", "another virtual function" },
	{ "path * 0000:03:00.0", "a disk with a first path" },
	{ "path * 0000:04:00.0", "a disk with a second path" },
	{ "mount /srv/data /dev/nvme0n1p1 ext4 *", "a mounted partition" },
	{ "mount /srv/lv /dev/mapper/vg0-data ext4 *", "a mounted volume" },
	{ "mount /srv/shared * ext4 *", "a mounted disk with two paths" },
	{ "mount /srv/image /dev/loop0 ext4 *", "a mounted image" },
	{ "mount /srv/pmem /dev/pmem* ext4 *", "a mounted DIMM" },
	{ "holder dm-0 nvme1n1", "a volume on the second disk" },
	{ "holder md127 sda", "a mirror on the AHCI disk" },
	{ "swap /dev/nvme0n1p2", "a partition for swap" },
	{ "dax dax0.0 *", "a DIMM as a character device" },
	{ "numa 1 1", "a second NUMA node" },
	{ "net * 52:54:00:12:34:03 up 0000:81:00.0", "a card with an interface" },
};

static size_t word_len(const char *at)
{
	return strcspn(at, " \n");
}

/* Word for word; '*' at the end of a word stands for the rest of it. */
static bool line_fits(const char *line, const char *want)
{
	for (;;) {
		size_t n = word_len(line);
		size_t m = word_len(want);
		bool rest = m > 0 && want[m - 1] == '*';
		size_t same = rest ? m - 1 : m;

		if ((rest ? n < same : n != m) || memcmp(line, want, same) != 0)
			return false;
		line += n;
		want += m;
		if (*want == '\0' || *line == '\n' || *line == '\0')
			return *want == '\0' && (*line == '\n' || *line == '\0');
		line++;
		want++;
	}
}

const char *machine_line(const char *said, const char *want)
{
	for (const char *line = said; *line != '\0';) {
		if (line_fits(line, want))
			return line;
		line = machine_next(line);
	}
	return NULL;
}

const char *machine_next(const char *line)
{
	line += strcspn(line, "\n");
	return *line == '\n' ? line + 1 : line;
}

bool machine_word(const char *line, size_t at, char *ret_word, size_t size)
{
	size_t n;

	while (at > 0 && line[word_len(line)] == ' ') {
		line += word_len(line) + 1;
		at--;
	}
	n = word_len(line);
	if (at > 0 || n >= size)
		return false;
	memcpy(ret_word, line, n);
	ret_word[n] = '\0';
	return true;
}

/* The IOMMU group that the guest says, "" when it says none. */
static void group_of(const char *said, const char *address, char *ret_group, size_t size)
{
	char want[80];
	const char *line;

	(void)snprintf(want, sizeof(want), "pci %s * * * * * * * * *", address);
	line = machine_line(said, want);
	if (line == NULL || !machine_word(line, 8, ret_group, size) ||
	    strcmp(ret_group, "-") == 0)
		ret_group[0] = '\0';
}

static bool same_group(const char *said, const char *a, const char *b)
{
	char of_a[16];
	char of_b[16];

	group_of(said, a, of_a, sizeof(of_a));
	group_of(said, b, of_b, sizeof(of_b));
	return of_a[0] != '\0' && strcmp(of_a, of_b) == 0;
}

static void check_machine(struct lab_tap *tap, const char *said)
{
	unsigned int before = tap->failed;

	for (size_t i = 0; i < LEND_COUNT(must); i++)
		(void)lab_ok(tap, machine_line(said, must[i].line) != NULL,
			     "the machine has %s", must[i].about);
	(void)lab_ok(tap, same_group(said, "0000:07:01.0", "0000:07:02.0"),
		     "the cards behind the bridge share a group");
	(void)lab_ok(tap, same_group(said, "0000:00:1f.0", "0000:00:1f.2"),
		     "the AHCI controller is in the group of the LPC bridge");
	(void)lab_ok(tap,
		     same_group(said, "0000:05:00.1", "0000:05:00.1") &&
			     !same_group(said, "0000:05:00.0", "0000:05:00.1") &&
			     !same_group(said, "0000:05:00.2", "0000:05:00.1"),
		     "each virtual function has a group of its own");
	if (tap->failed != before)
		lab_note("%s", said);
}

/* ---- lend inside ---- */

/* Those of which machine-say says more, too. */
#define CLOSE " -D 0000:05:00.0 -D 0000:05:00.1 -D 0000:07:01.0 -D 0000:81:00.0"

/* What lend shows of a folder, held against what the guest said. */
static int check_folder(struct lab *lab, struct lab_tap *tap, const char *folder,
			const char *about, bool whole, const char *said, struct lend_buf *out,
			struct lend_err *err)
{
	const char *const all[] = { "show", "--json", folder, NULL };
	const char *const some[] = { "show", "--json",       "-D",   "0000:05:00.0",
				     "-D",   "0000:05:00.1", "-D",   "0000:07:01.0",
				     "-D",   "0000:81:00.0", folder, NULL };
	lend_auto_json struct lend_json *shown = NULL;
	lend_auto_json struct lend_json *closely = NULL;
	lend_auto_buf close = { 0 };
	int status[2] = { 0, 0 };

	if (lab_lend(lab, all, out, &status[0], err) < 0 ||
	    lab_lend(lab, some, &close, &status[1], err) < 0)
		return -1;
	(void)lab_ok(tap, status[0] == 0 && status[1] == 0, "lend shows %s", about);
	if (lend_json_parse(lend_buf_text(out), out->len, &shown, err) < 0 ||
	    lend_json_parse(lend_buf_text(&close), close.len, &closely, err) < 0)
		return lend_where(err, "reading what lend show printed");
	machine_check(tap, shown, about, whole, said);
	machine_check_close(tap, closely, about, whole, said);
	return 0;
}

static int check_inside(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			const char *said, struct lend_err *err)
{
	char capture[LAB_PATH_MAX + 64];
	char tree[LAB_PATH_MAX + 64];
	lend_auto_buf live = { 0 };
	lend_auto_buf again = { 0 };
	lend_auto_buf unused = { 0 };

	lab_kept(lab, "machine", capture, sizeof(capture));
	lab_kept(lab, "machine-tree", tree, sizeof(tree));
	if (lab_sh(lab, vm, "lend show --json", &live, err) < 0 ||
	    lab_sh(lab, vm, "lend capture --to /run/capture" CLOSE, &unused, err) < 0 ||
	    lab_sh(lab, vm, "machine-copy /run/tree", &unused, err) < 0 ||
	    lab_bring_out(lab, vm, "/run/capture", capture, err) < 0 ||
	    lab_bring_out(lab, vm, "/run/tree", tree, err) < 0 ||
	    check_folder(lab, tap, capture, "a capture", true, said, &again, err) < 0)
		return -1;
	if (!lab_ok(tap, strcmp(lend_buf_text(&live), lend_buf_text(&again)) == 0,
		    "a capture made inside shows the same outside"))
		lab_note("live: %s\ncapture: %s", lend_buf_text(&live), lend_buf_text(&again));
	lend_buf_reset(&again);
	return check_folder(lab, tap, tree, "a plain copy", false, said, &again, err);
}

static int prove(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	lend_auto_buf said = { 0 };

	/* One call, one deadline. */
	if (lab_sh(lab, vm, "machine-prepare", &said, err) < 0 ||
	    lab_sh(lab, vm, "machine-say", &said, err) < 0)
		return -1;
	check_machine(tap, lend_buf_text(&said));
	if (check_inside(lab, tap, vm, lend_buf_text(&said), err) < 0)
		return -1;
	if (machine_inspect(lab, tap, vm, err) < 0)
		return -1;
	return machine_network(lab, tap, vm, err); /* takes cards away: last */
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimms[LEND_COUNT(wish)];
	const struct lab_file files[] = {
		{ LEND_LAB_FILES "/machine-prepare", "usr/bin/machine-prepare" },
		{ LEND_LAB_FILES "/machine-say", "usr/bin/machine-say" },
		{ LEND_LAB_FILES "/machine-copy", "usr/bin/machine-copy" },
		{ LEND_LAB_FILES "/machine-net", "usr/bin/machine-net" },
		{ 0 },
	};
	struct lab_vm vm = { .name = "machine",
			     .machine = "q35,kernel-irqchip=split",
			     .ram_bytes = 768 * LAB_MIB,
			     .cpus = 2,
			     .dimms = dimms,
			     .n_dimms = LEND_COUNT(wish),
			     .kernel_args = kernel_args,
			     .files = files };

	memcpy(dimms, wish, sizeof(dimms));
	return played_host(lab, tap, &vm, compose, prove, err);
}

const struct lab_shape lab_shape_machine = {
	.name = "machine",
	.about = "a guest that plays a host: PCI, disks, DIMMs, with lend inside",
	.run = run,
};
