/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A wish: what a virtual machine shall be, as people write it (YAML, one file
 * per VM; lend-wish(5)).
 *
 * Nothing is filled in here: what was not written is unset (NULL, has = false,
 * LEND_TRI_UNSET, an enum's zero), and whoever plans chooses.  What contradicts
 * itself within one file is an error here, with its line and column; what
 * contradicts the host is for the plan to say, which finds the line in "at".
 */

#ifndef LEND_FORMAT_WISH_YAML_H
#define LEND_FORMAT_WISH_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "format/opt.h"
#include "lend/lend.h"

enum {
	LEND_WISH_BYTES_MAX = 1 << 20,
	LEND_WISH_ITEMS_MAX = 256, /* of each list: as many slots as QEMU has */
	LEND_WISH_ARGS_MAX = 4096, /* of qemu-args: libvirt gives QEMU hundreds */
};

/* Where something was written; line 0: nowhere. */
struct lend_wish_at {
	uint32_t line, column;
};

enum lend_wish_hypervisor { LEND_WISH_QEMU, LEND_WISH_LIBVIRT, LEND_WISH_ESXI };

enum lend_wish_persistence {
	LEND_WISH_PERSISTENCE_UNSET, /* best effort */
	LEND_WISH_PERSISTENCE_REQUIRED,
	LEND_WISH_PERSISTENCE_BEST_EFFORT,
	LEND_WISH_PERSISTENCE_NONE, /* the guest shall be told so: unarmed */
};

/* pmem: a virtual NVDIMM */
struct lend_wish_pmem {
	struct lend_wish_at at;
	const char *name;                /* always; also the id of the device */
	struct lend_opt_u64 size_bytes;  /* what the guest gets, without the label area; always
					    from YAML */
	const char *backing;             /* absolute path; always */
	struct lend_opt_u64 label_bytes; /* 0: no label area */
	struct lend_opt_u64 slot;
	struct lend_opt_u64 node; /* NUMA node of the guest */
	struct lend_opt_u64 align_bytes;
	enum lend_wish_persistence persistence;
	enum lend_tri readonly;
	enum lend_tri pmem;  /* pmem=on of the backend; unset: when it is of use */
	enum lend_tri share; /* unset: on.  "share: off": what the guest writes is lost */
};

/* pci: a device of the host; one of device, serial, vmd */
struct lend_wish_pci {
	struct lend_wish_at at;
	const char *device; /* PCI address */
	const char *serial; /* of an NVMe drive, which names its controller */
	const char *vmd;    /* PCI address of a VMD controller */
	const char *expect; /* "8086:28c0" */
};

/* disk: */
struct lend_wish_disk {
	struct lend_wish_at at;
	const char *path;               /* absolute; always */
	struct lend_opt_u64 size_bytes; /* made of that size when it is not there */
	const char *format;             /* "raw", "qcow2"; NULL: raw */
	const char *bus;                /* "virtio", "nvme", "ide", "scsi"; NULL: virtio */
	enum lend_tri readonly;
};

/* forward: a TCP port of the host to one of the guest */
struct lend_wish_forward {
	struct lend_wish_at at;
	const char *address; /* of the host, IPv4 or IPv6 without brackets; NULL: 127.0.0.1 */
	uint16_t host_port, guest_port;
};

enum lend_wish_network {
	LEND_WISH_NETWORK_UNSET, /* user when there are forwards, else none */
	LEND_WISH_NETWORK_NONE,
	LEND_WISH_NETWORK_USER,
	LEND_WISH_NETWORK_BRIDGE, /* network_name is the bridge */
	LEND_WISH_NETWORK_TAP,    /* network_name is the tap device */
};

/* numa: a node of the guest */
struct lend_wish_numa {
	struct lend_wish_at at;
	struct lend_opt_u64 memory_bytes;
	const char *cpus; /* "0-3,8"; NULL: none */
};

struct lend_wish {
	const char *vm; /* always: letters, digits, "-", "_", ".", at most 63, begins with a
			   letter or digit */
	struct lend_wish_at vm_at;
	enum lend_wish_hypervisor hypervisor;
	const char *uuid;
	const char *machine; /* "q35", "pc" */
	const char *accel;   /* "kvm", "tcg", "auto"; NULL: auto */
	const char *cpu;     /* model, as QEMU's -cpu takes it */
	struct lend_opt_u64 cpus;
	struct lend_opt_u64 memory_bytes;
	struct lend_wish_at memory_at;
	struct lend_opt_u64 max_memory_bytes; /* RAM and all devices */
	struct lend_wish_at max_memory_at;
	struct lend_opt_u64 slots;
	struct lend_wish_at slots_at;
	/* room: what may be plugged in while it runs */
	struct lend_opt_u64 room_slots;
	struct lend_opt_u64 room_bytes;

	const char *firmware;                 /* "bios", "uefi", or the path of a code image */
	const char *firmware_vars;            /* path of its variables */
	const char *kernel, *initrd, *append; /* kernel: boot this kernel directly */
	const char *install;                  /* an ISO: absolute path, or http(s)://, ftp:// */
	struct lend_wish_at install_at;
	const char *boot; /* "disk", "install", "network" */

	enum lend_wish_network network;
	const char *network_name;
	const char *mac;
	struct lend_wish_forward *forwards; /* "ssh: 2222" is the first, to port 22 */
	size_t n_forwards, cap_forwards;
	const char *vnc; /* "127.0.0.1:0", ":0" (all addresses), "unix:PATH"; NULL: none */
	struct lend_wish_at vnc_at;
	enum lend_tri agent; /* channel of a guest agent; unset: on */

	const char *nvdimm_persistence; /* "cpu", "mem-ctrl" */
	struct lend_wish_pmem *pmem;
	size_t n_pmem, cap_pmem;
	struct lend_wish_pci *pci;
	size_t n_pci, cap_pci;
	struct lend_wish_disk *disks;
	size_t n_disks, cap_disks;
	struct lend_wish_numa *numa;
	size_t n_numa, cap_numa;

	const char *qemu;       /* the program; NULL: qemu-system-x86_64 */
	const char **qemu_args; /* further arguments, word for word */
	size_t n_qemu_args, cap_qemu_args;
};

/*
 * file is what messages call it ("db1.yaml").  All texts are copies in the
 * arena, UUIDs, MAC addresses and PCI ids in small letters, PCI addresses as
 * sysfs has them.  No size is above 2^52, so that sums of them stay in 64
 * bits.  LEND_E_FORMAT: "db1.yaml:7:3: unknown key 'lable'" (the place is
 * err->where), with the near one as hint.
 */
int lend_wish_parse(struct lend_arena *arena, const char *file, const char *text, size_t len,
		    struct lend_wish *ret_wish, struct lend_err *err) LEND_MUST_CHECK;

/* As a person would write it; reads back to the same wish.  comment: lines before it, without
 * "# ", or NULL. */
void lend_wish_write(struct lend_buf *out, const struct lend_wish *wish, const char *comment);

/*
 * One pmem of lend attach: "name=log,size=4GiB,backing=/mnt/log.img", keys as
 * in YAML, "," doubled inside a value.
 */
int lend_wish_parse_pmem(struct lend_arena *arena, const char *text,
			 struct lend_wish_pmem *ret_pmem, struct lend_err *err) LEND_MUST_CHECK;

/*
 * What contradicts itself in the wish as a whole: names, slots, paths, ports
 * that are there twice, parts that are more than all.  Parse calls it; who
 * adds to a wish calls it again.
 */
int lend_wish_check(const struct lend_wish *wish, const char *file,
		    struct lend_err *err) LEND_MUST_CHECK;

/* Everything but the places. */
bool lend_wish_same(const struct lend_wish *a, const struct lend_wish *b);

/* NULL when there is none of that name. */
const struct lend_wish_pmem *lend_wish_find_pmem(const struct lend_wish *wish,
						 const char *name);

/* For those who list what may be written: the i-th key; false at the end.  All valid for ever.
 */
struct lend_wish_key {
	const char *below; /* the key whose mapping it belongs to, "" for the top */
	const char *key;
	const char *example; /* NULL when its value is a mapping or a list of them */
	const char *help;
};
bool lend_wish_key(size_t i, struct lend_wish_key *ret);

#endif
