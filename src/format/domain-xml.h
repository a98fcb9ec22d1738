/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain of libvirt: what its XML says about memory, persistent memory, host
 * devices and the ways to talk to it.
 *
 * Reads what libvirt gives of a domain, defined or live, what somebody wrote
 * by hand, and libvirt's own state files (domstatus).  The rest is passed
 * over; which devices that were is in others.  Values that cannot be read make
 * the whole unreadable, for libvirt would not take it either.
 *
 * What was not said is unset.  Sizes are in bytes: libvirt counts in KiB where
 * no unit is given, "KB" is decimal, "k" and "KiB" are binary.
 */

#ifndef LEND_FORMAT_DOMAIN_XML_H
#define LEND_FORMAT_DOMAIN_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "format/opt.h"
#include "format/pci-address.h"
#include "lend/lend.h"

enum { LEND_DOMAIN_ITEMS_MAX = 4096 }; /* of each list */

struct lend_domain_cell {
	struct lend_opt_u64 id;
	struct lend_opt_u64 memory_bytes;
	const char *cpus;   /* "0-3"; NULL: none */
	const char *access; /* "shared", "private"; NULL: as the domain has it */
};

/* <memory> below <devices> */
struct lend_domain_memory {
	const char *model;  /* "nvdimm", "virtio-pmem", "dimm" ...; never NULL */
	const char *access; /* "shared", "private"; NULL: not said */
	const char *uuid;
	const char *alias;
	const char *path;
	struct lend_opt_u64 align_bytes;
	bool pmem;
	struct lend_opt_u64 size_bytes; /* of the backing, label area included */
	struct lend_opt_u64 node;
	struct lend_opt_u64 label_bytes;
	bool readonly;                  /* "unarmed" for QEMU; the backing stays writable */
	struct lend_opt_u64 slot, base; /* of an address of the type dimm */
	bool has_pci;
	struct lend_pci_address pci; /* in the guest */
	uint32_t line;
};

/* <hostdev mode='subsystem' type='pci'> */
struct lend_domain_hostdev {
	struct lend_pci_address host;
	const char *alias;
	enum lend_tri managed;
	bool unassigned; /* bound, but not given to the guest */
};

struct lend_domain_disk {
	const char *device; /* "disk", "cdrom" ...; NULL: disk */
	const char *type;   /* "file", "block", "network" ... */
	const char *path;   /* NULL: it is no file and no block device, or empty */
	const char *format; /* "raw", "qcow2"; NULL: not said */
	const char *target; /* "vda" */
	const char *bus;
	bool readonly;
};

struct lend_domain_interface {
	const char *type;   /* "network", "bridge", "user", "ethernet" ... */
	const char *source; /* the bridge, the network; of ethernet: the tap device */
	const char *mac;
	const char *model;
	bool unmanaged; /* of ethernet: the tap device is there already */
};

struct lend_domain_graphics {
	const char *type;   /* "vnc", "spice" ... */
	const char *listen; /* NULL: as libvirt's own configuration has it */
	const char *socket;
	struct lend_opt_u64 port; /* unset: libvirt's choice (-1) */
	bool has_password;
};

struct lend_domain {
	const char *type;       /* "kvm", "qemu", "test" ... */
	struct lend_opt_u64 id; /* of one that runs */
	const char *name;       /* never NULL */
	const char *uuid;
	struct lend_opt_u64 memory_bytes; /* with the DIMMs that are in it */
	struct lend_opt_u64 max_memory_bytes, slots;
	const char *access; /* memoryBacking */
	struct lend_opt_u64 vcpus;

	const char *os_type, *arch, *machine;
	const char *firmware; /* "efi", "bios" */
	const char *loader, *nvram;
	const char *kernel, *initrd, *cmdline;
	const char *boot; /* "hd", "cdrom", "network" */
	bool acpi;

	const char *cpu_mode, *cpu_model;
	struct lend_domain_cell *cells;
	size_t n_cells, cap_cells;

	const char *emulator;
	struct lend_domain_memory *memories;
	size_t n_memories, cap_memories;
	struct lend_domain_hostdev *hostdevs;
	size_t n_hostdevs, cap_hostdevs;
	struct lend_domain_disk *disks;
	size_t n_disks, cap_disks;
	struct lend_domain_interface *interfaces;
	size_t n_interfaces, cap_interfaces;
	struct lend_domain_graphics *graphics;
	size_t n_graphics, cap_graphics;
	bool console;
	bool agent; /* a channel for the guest agent */
	const char *agent_path;
	const char **qemu_args; /* of qemu:commandline */
	size_t n_qemu_args, cap_qemu_args;
	/* Devices nobody here reads, by the name of their element: "tpm", "filesystem". */
	const char **others;
	size_t n_others, cap_others;
};

/* Text that begins like a domain: for who sorts files by content. */
bool lend_domain_recognise(const char *text, size_t len);

/* file is what errors call it; texts live in the arena.  LEND_E_FORMAT with line. */
int lend_domain_parse(struct lend_arena *arena, const char *file, const char *text, size_t len,
		      struct lend_domain *ret, struct lend_err *err) LEND_MUST_CHECK;

/*
 * As XML that libvirt takes; what is not set is left to libvirt.  Reads back
 * to the same, but for others, ids, aliases and passwords.
 */
void lend_domain_write(struct lend_buf *out, const struct lend_domain *domain);

/* One <memory> or <hostdev>, as attach-device takes it. */
void lend_domain_write_memory(struct lend_buf *out, const struct lend_domain_memory *memory);
void lend_domain_write_hostdev(struct lend_buf *out, const struct lend_domain_hostdev *hostdev);

/* "512 with unit MiB": bytes, as libvirt reads it; unit NULL: KiB. */
int lend_domain_size(const char *number, const char *unit, uint64_t *ret_bytes,
		     struct lend_err *err) LEND_MUST_CHECK;

#endif
