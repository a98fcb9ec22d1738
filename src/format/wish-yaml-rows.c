/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/wish-yaml-rows.h"

#include "format/nd-id.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)

#define AT(object_, member_) .offset = offsetof(struct object_, member_), AT_NOWHERE
#define AT_NOWHERE           .at_offset = LEND_WISH_NOWHERE
#define LIST_AT(member_)                                                                       \
	.offset = offsetof(struct lend_wish, member_),                                         \
	.n_offset = offsetof(struct lend_wish, n_##member_),                                   \
	.cap_offset = offsetof(struct lend_wish, cap_##member_), AT_NOWHERE
#define WITH_AT(member_)                                                                       \
	.offset = offsetof(struct lend_wish, member_),                                         \
	.at_offset = offsetof(struct lend_wish, member_##_at)
#define BYTES_AT(member_)                                                                      \
	.offset = offsetof(struct lend_wish, member_##_bytes),                                 \
	.at_offset = offsetof(struct lend_wish, member_##_at)
#define ROWS(name_, rows_) .name = (name_), .rows = (rows_), .n = LEND_COUNT(rows_)

static const char *const hypervisors[] = { "qemu", "libvirt", "esxi", NULL };
static const char *const accels[] = { "kvm", "tcg", "auto", NULL };
static const char *const boots[] = { "disk", "install", "network", NULL };
static const char *const formats[] = { "raw", "qcow2", NULL };
static const char *const buses[] = { "virtio", "nvme", "ide", "scsi", NULL };
static const char *const domains[] = { "cpu", "mem-ctrl", NULL };
static const char *const persistences[] = { "", "required", "best-effort", "none", NULL };

/* clang-format off */
static const struct lend_wish_row room_rows[] = {
	{ .key = "slots", .type = LEND_WISH_NUMBER, AT(lend_wish, room_slots),
	  .max = LEND_ND_QEMU_SLOTS, .zero_is_fine = true, .min = 1,
	  .example = "2", .help = "how many more pmem devices" },
	{ .key = "memory", .type = LEND_WISH_SIZE, AT(lend_wish, room_bytes),
	  .max = LEND_WISH_SIZE_MAX, .zero_is_fine = true, .min = 1, .also = "size ram",
	  .example = "8 GiB", .help = "how large they may be together" },
};

static const struct lend_wish_row kernel_rows[] = {
	{ .key = "image", .type = LEND_WISH_TEXT, AT(lend_wish, kernel), .required = true,
	  .check = lend_wish_check_path, .also = "path file kernel",
	  .example = "/boot/vmlinuz", .help = "the kernel to start" },
	{ .key = "initrd", .type = LEND_WISH_TEXT, AT(lend_wish, initrd),
	  .check = lend_wish_check_path, .also = "initramfs",
	  .example = "/boot/initrd.img", .help = "its initial RAM disk" },
	{ .key = "append", .type = LEND_WISH_TEXT, AT(lend_wish, append),
	  .also = "cmdline args arguments",
	  .example = "console=ttyS0", .help = "its command line" },
};

static const struct lend_wish_row disk_rows[] = {
	{ .key = "path", .type = LEND_WISH_TEXT, AT(lend_wish_disk, path), .required = true,
	  .check = lend_wish_check_path, .also = "file image backing",
	  .example = "/var/lib/vm/db1.qcow2", .help = "a file or block device of the host" },
	{ .key = "size", .type = LEND_WISH_SIZE, AT(lend_wish_disk, size_bytes),
	  .min = 512, .max = LEND_WISH_SIZE_MAX,
	  .example = "20 GiB", .help = "it is made of that size when it is not there" },
	{ .key = "format", .type = LEND_WISH_WORD, AT(lend_wish_disk, format), .words = formats,
	  .also = "type", .example = "qcow2", .help = "raw (default) or qcow2" },
	{ .key = "bus", .type = LEND_WISH_WORD, AT(lend_wish_disk, bus), .words = buses,
	  .also = "interface if", .example = "nvme",
	  .help = "how the guest sees it: virtio (default), nvme, ide or scsi" },
	{ .key = "readonly", .type = LEND_WISH_SWITCH, AT(lend_wish_disk, readonly),
	  .example = "true", .help = "the guest cannot write" },
};

static const struct lend_wish_row pmem_rows[] = {
	{ .key = "name", .type = LEND_WISH_TEXT, AT(lend_wish_pmem, name), .required = true,
	  .check = lend_wish_check_id, .also = "id",
	  .example = "log", .help = "what it is called; also the id of the device" },
	{ .key = "size", .type = LEND_WISH_SIZE, AT(lend_wish_pmem, size_bytes),
	  .required = true, .min = 1, .max = LEND_WISH_SIZE_MAX,
	  .example = "4 GiB", .help = "what the guest gets, without the label area" },
	{ .key = "backing", .type = LEND_WISH_TEXT, AT(lend_wish_pmem, backing),
	  .required = true, .check = lend_wish_check_path, .also = "path file mem-path device",
	  .example = "/mnt/pmem0/db1-log.img", .help = "a file or DAX device of the host" },
	{ .key = "label", .type = LEND_WISH_SIZE, AT(lend_wish_pmem, label_bytes),
	  .min = 128 * KIB, .max = LEND_WISH_SIZE_MAX, .zero_is_fine = true,
	  .also = "label-size labels", .example = "2 MiB",
	  .help = "size of the label area; 0 for none" },
	{ .key = "slot", .type = LEND_WISH_NUMBER, AT(lend_wish_pmem, slot),
	  .max = LEND_ND_QEMU_SLOTS - 1, .example = "0", .help = "its place, 0 to 255" },
	{ .key = "node", .type = LEND_WISH_NUMBER, AT(lend_wish_pmem, node),
	  .max = LEND_WISH_ITEMS_MAX - 1, .also = "numa numa-node", .example = "0",
	  .help = "NUMA node of the guest" },
	{ .key = "align", .type = LEND_WISH_SIZE, AT(lend_wish_pmem, align_bytes),
	  .min = 4 * KIB, .max = LEND_WISH_SIZE_MAX, .also = "alignment", .example = "2 MiB",
	  .help = "alignment in the guest and of the mapping" },
	{ .key = "persistence", .type = LEND_WISH_CHOICE, AT(lend_wish_pmem, persistence),
	  .words = persistences, .also = "persistent", .example = "required",
	  .help = "required, best-effort (default), or none: the guest is told so" },
	{ .key = "readonly", .type = LEND_WISH_SWITCH, AT(lend_wish_pmem, readonly),
	  .example = "true", .help = "the guest cannot write" },
	{ .key = "pmem", .type = LEND_WISH_SWITCH, AT(lend_wish_pmem, pmem),
	  .example = "true", .help = "pmem=on of the backend; default: where it is of use" },
	{ .key = "share", .type = LEND_WISH_SWITCH, AT(lend_wish_pmem, share),
	  .also = "shared", .example = "true",
	  .help = "false: what the guest writes is lost (default true)" },
};

static const struct lend_wish_row pci_rows[] = {
	{ .key = "device", .type = LEND_WISH_TEXT, AT(lend_wish_pci, device),
	  .check = lend_wish_check_pci, .also = "address bdf host",
	  .example = "\"0000:3b:00.0\"", .help = "the function at this address" },
	{ .key = "serial", .type = LEND_WISH_TEXT, AT(lend_wish_pci, serial),
	  .check = lend_wish_check_serial,
	  .example = "S4YNNE0N800001", .help = "the controller of the NVMe drive with it" },
	{ .key = "vmd", .type = LEND_WISH_TEXT, AT(lend_wish_pci, vmd),
	  .check = lend_wish_check_pci,
	  .example = "\"0000:62:00.5\"", .help = "an Intel VMD controller with its drives" },
	{ .key = "expect", .type = LEND_WISH_TEXT, AT(lend_wish_pci, expect),
	  .check = lend_wish_check_expect, .also = "id ids",
	  .example = "8086:28c0", .help = "vendor and device that must be there" },
};

static const struct lend_wish_row numa_rows[] = {
	{ .key = "memory", .type = LEND_WISH_SIZE, AT(lend_wish_numa, memory_bytes),
	  .min = 1 * MIB, .max = LEND_WISH_SIZE_MAX, .zero_is_fine = true, .also = "size mem ram",
	  .example = "8 GiB", .help = "its part of the memory" },
	{ .key = "cpus", .type = LEND_WISH_TEXT, AT(lend_wish_numa, cpus),
	  .check = lend_wish_check_cpus, .example = "0-3", .help = "its processors" },
};
/* clang-format on */

static const struct lend_wish_rows room = { ROWS("room", room_rows) };
static const struct lend_wish_rows kernel = { ROWS("kernel", kernel_rows) };
static const struct lend_wish_rows disk = { ROWS("disk", disk_rows),
					    .item_size = sizeof(struct lend_wish_disk),
					    .short_form = true };
const struct lend_wish_rows lend_wish_rows_pmem = { ROWS("pmem", pmem_rows),
						    .item_size =
							    sizeof(struct lend_wish_pmem) };
static const struct lend_wish_rows pci = { ROWS("pci", pci_rows),
					   .item_size = sizeof(struct lend_wish_pci) };
static const struct lend_wish_rows numa = { ROWS("numa", numa_rows),
					    .item_size = sizeof(struct lend_wish_numa) };

/* In the order in which a wish is written. */
/* clang-format off */
static const struct lend_wish_row top_rows[] = {
	{ .key = "vm", .type = LEND_WISH_TEXT, WITH_AT(vm), .required = true,
	  .check = lend_wish_check_vm, .also = "name",
	  .example = "db1", .help = "what it is called" },
	{ .key = "hypervisor", .type = LEND_WISH_CHOICE, AT(lend_wish, hypervisor),
	  .words = hypervisors,
	  .example = "qemu", .help = "qemu (default), libvirt or esxi" },
	{ .key = "uuid", .type = LEND_WISH_TEXT, AT(lend_wish, uuid),
	  .check = lend_wish_check_uuid,
	  .example = "2f1cf0ff-8a2e-4b64-a0c3-0e8f21c4d7e5", .help = "of the machine" },
	{ .key = "machine", .type = LEND_WISH_TEXT, AT(lend_wish, machine),
	  .check = lend_wish_check_machine, .also = "chipset type",
	  .example = "q35", .help = "the model of the board: q35, pc" },
	{ .key = "accel", .type = LEND_WISH_WORD, AT(lend_wish, accel), .words = accels,
	  .also = "accelerator", .example = "auto",
	  .help = "kvm, tcg, or auto (default): kvm where it works" },
	{ .key = "cpu", .type = LEND_WISH_TEXT, AT(lend_wish, cpu),
	  .example = "host", .help = "the model of the processor, as QEMU's -cpu takes it" },
	{ .key = "cpus", .type = LEND_WISH_NUMBER, AT(lend_wish, cpus), .min = 1,
	  .max = LEND_WISH_CPUS_MAX, .also = "vcpu smp cores",
	  .example = "4", .help = "how many processors" },
	{ .key = "memory", .type = LEND_WISH_SIZE, BYTES_AT(memory), .min = 1 * MIB,
	  .max = LEND_WISH_SIZE_MAX, .also = "ram", .example = "16 GiB", .help = "its RAM" },
	{ .key = "max-memory", .type = LEND_WISH_SIZE, BYTES_AT(max_memory), .min = 1 * MIB,
	  .max = LEND_WISH_SIZE_MAX,
	  .example = "64 GiB", .help = "RAM and all devices; default: what is needed" },
	{ .key = "slots", .type = LEND_WISH_NUMBER, WITH_AT(slots), .min = 1,
	  .max = LEND_ND_QEMU_SLOTS,
	  .example = "4", .help = "places for pmem devices; default: what is needed" },
	{ .key = "room", .type = LEND_WISH_PART, AT(lend_wish, room_slots), .inside = &room,
	  .also = "hotplug", .help = "what may be plugged in while it runs" },
	{ .key = "firmware", .type = LEND_WISH_TEXT, AT(lend_wish, firmware),
	  .check = lend_wish_check_firmware, .also = "bios efi",
	  .example = "uefi", .help = "bios, uefi, or the path of a code image" },
	{ .key = "firmware-vars", .type = LEND_WISH_TEXT, AT(lend_wish, firmware_vars),
	  .check = lend_wish_check_path, .also = "nvram",
	  .example = "/var/lib/vm/db1-vars.fd", .help = "where UEFI keeps its variables" },
	{ .key = "kernel", .type = LEND_WISH_PART, AT(lend_wish, kernel), .inside = &kernel,
	  .help = "boot this kernel directly" },
	{ .key = "disk", .type = LEND_WISH_ITEMS, LIST_AT(disks), .inside = &disk,
	  .also = "drive hd", .help = "a path, a disk, or a list of them" },
	{ .key = "install", .type = LEND_WISH_TEXT, WITH_AT(install),
	  .check = lend_wish_check_install, .also = "iso cdrom cd",
	  .example = "/iso/debian-12.iso", .help = "a medium to install from; or a URL" },
	{ .key = "boot", .type = LEND_WISH_WORD, AT(lend_wish, boot), .words = boots,
	  .example = "disk", .help = "what to boot first: disk, install or network" },
	{ .key = "network", .type = LEND_WISH_NETWORK, AT(lend_wish, network),
	  .also = "net nic bridge tap", .example = "user",
	  .help = "none, user, {bridge: NAME} or {tap: NAME}" },
	{ .key = "mac", .type = LEND_WISH_TEXT, AT(lend_wish, mac),
	  .check = lend_wish_check_mac,
	  .example = "52:54:00:a1:b2:c3", .help = "address of its network card" },
	{ .key = "ssh", .type = LEND_WISH_SSH, LIST_AT(forwards), .example = "2222",
	  .help = "[ADDRESS:]PORT of the host that leads to port 22" },
	{ .key = "forward", .type = LEND_WISH_FORWARDS, LIST_AT(forwards),
	  .also = "hostfwd ports", .example = "\"8080:80\"",
	  .help = "list of [ADDRESS:]HOSTPORT:GUESTPORT" },
	{ .key = "vnc", .type = LEND_WISH_TEXT, WITH_AT(vnc),
	  .check = lend_wish_check_vnc, .also = "display graphics",
	  .example = "\"127.0.0.1:0\"", .help = "ADDRESS:DISPLAY, :DISPLAY or unix:PATH" },
	{ .key = "agent", .type = LEND_WISH_SWITCH, AT(lend_wish, agent), .also = "qga",
	  .example = "true", .help = "channel of a guest agent (default true)" },
	{ .key = "nvdimm-persistence", .type = LEND_WISH_WORD,
	  AT(lend_wish, nvdimm_persistence), .words = domains, .example = "mem-ctrl",
	  .help = "what ACPI says survives a loss of power: cpu or mem-ctrl" },
	{ .key = "pmem", .type = LEND_WISH_ITEMS, LIST_AT(pmem), .inside = &lend_wish_rows_pmem,
	  .also = "nvdimm vpmem", .help = "its virtual NVDIMMs" },
	{ .key = "pci", .type = LEND_WISH_ITEMS, LIST_AT(pci), .inside = &pci,
	  .also = "hostdev vfio passthrough", .help = "devices of the host that it gets" },
	{ .key = "numa", .type = LEND_WISH_ITEMS, LIST_AT(numa), .inside = &numa,
	  .help = "its NUMA nodes" },
	{ .key = "qemu", .type = LEND_WISH_TEXT, AT(lend_wish, qemu),
	  .check = lend_wish_check_program, .also = "emulator binary",
	  .example = "qemu-system-x86_64", .help = "the program" },
	{ .key = "qemu-args", .type = LEND_WISH_TEXTS, LIST_AT(qemu_args),
	  .also = "args extra-args", .example = "[-device, edu]",
	  .help = "further arguments, word for word" },
};
/* clang-format on */

_Static_assert(LEND_COUNT(top_rows) <= LEND_WISH_KEYS_MAX &&
		       LEND_COUNT(pmem_rows) < LEND_WISH_KEYS_MAX,
	       "readers have room for each key");
/* Enums are read and written as such. */
_Static_assert(sizeof(enum lend_wish_persistence) == sizeof(unsigned int), "enums are int");

const struct lend_wish_rows lend_wish_rows_top = { ROWS("", top_rows) };

const struct lend_wish_rows *const lend_wish_rows_all[] = {
	&lend_wish_rows_top, &room, &kernel, &disk, &lend_wish_rows_pmem, &pci, &numa, NULL,
};
