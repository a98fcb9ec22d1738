/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A QEMU command line: what it says about memory, persistent memory, devices
 * and the sockets QEMU can be talked to.
 *
 * Reads the NUL-separated bytes of /proc/PID/cmdline, or what somebody typed
 * or saved.  Options come as key=value or as JSON.  A running process can have
 * any command line at all, so a bad option does not fail: what was not
 * understood is a remark, and a value that was not given (or not understood)
 * is unset.
 *
 * QEMU changes after the start (hot-plug) are not on the command line, and
 * what a config file adds is not either: see has_readconfig.
 */

#ifndef LEND_FORMAT_QEMU_ARGS_H
#define LEND_FORMAT_QEMU_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "format/opt.h"
#include "lend/lend.h"

/* What lies beyond is left out, with a remark. */
enum {
	LEND_QEMU_ARGS_BYTES_MAX = 4 << 20,
	LEND_QEMU_ARGS_MAX = 4096, /* of each array; remarks: 64 */
};

/* -object memory-backend-* */
struct lend_qemu_backend {
	const char *id;
	const char *type; /* "memory-backend-file" ... */
	const char *path; /* mem-path= as given, may be relative to QEMU's directory */
	struct lend_opt_u64 size;
	struct lend_opt_u64 written; /* by who defined a domain; not of a command line */
	struct lend_opt_u64 align;
	struct lend_opt_u64 offset;
	enum lend_tri share;
	enum lend_tri pmem;
	enum lend_tri readonly;
	enum lend_tri prealloc;
	enum lend_tri discard_data;
	enum lend_tri hugetlb; /* of memory-backend-memfd */
};

/* -device, all of them */
struct lend_qemu_device {
	const char *driver; /* "nvdimm", "virtio-pmem-pci", "vfio-pci" ... */
	const char *id;
	const char *memdev; /* id of a backend */
	const char *bus;
	const char *addr; /* as given: "0x1.0x2" for PCI, a number for DIMMs */
	struct lend_opt_u64
		address; /* guest address of a DIMM (addr=) or virtio-pmem (memaddr=) */
	struct lend_opt_u64 slot;        /* unset for slot=-1, QEMU's "choose one" */
	struct lend_opt_u64 label_bytes; /* label-size= */
	struct lend_opt_u64 node;
	enum lend_tri unarmed;
	const char *uuid;
	const char *host;     /* of vfio-pci: the PCI address on the host */
	const char *sysfsdev; /* the same as a path below /sys; or a mediated device */
	const char *chardev;  /* id */
	const char *name;     /* of a virtserialport */
	bool json;            /* QEMU makes those after all that are key=value */
};

enum lend_qemu_chardev_kind {
	LEND_QEMU_CHARDEV_OTHER,
	LEND_QEMU_CHARDEV_SOCKET, /* path set: unix; host set: tcp; fd set: inherited */
	LEND_QEMU_CHARDEV_PIPE,
	LEND_QEMU_CHARDEV_STDIO,
	LEND_QEMU_CHARDEV_PTY,
	LEND_QEMU_CHARDEV_FILE,
	LEND_QEMU_CHARDEV_NULL,
	LEND_QEMU_CHARDEV_VC,
};

/* -chardev, and those that -qmp, -monitor, -serial ... make by themselves */
struct lend_qemu_chardev {
	const char *id; /* QEMU's own name for implied ones: "compat_monitor0", "serial0" */
	const char *implied; /* the option it came from: "-chardev", "-qmp" ... never NULL */
	enum lend_qemu_chardev_kind kind;
	const char *backend; /* kind as given: "socket", "spicevmc" ... */
	const char *path;    /* as given, may be relative; the name when abstract */
	enum lend_tri abstract;
	const char *host; /* "" in "tcp::4444" */
	struct lend_opt_u64 port;
	struct lend_opt_u64 last_port; /* to=: the first free one up to it */
	bool wrapped;                  /* in telnet, WebSocket or TLS: no plain bytes */
	const char *tls_creds;         /* id of the credentials; NULL: no TLS */
	struct lend_opt_u64 fd;
	enum lend_tri server;
	enum lend_tri wait; /* unset means on, for a server */
};

/* -mon, -qmp, -qmp-pretty, -monitor, and the mon: of -serial mon:... */
struct lend_qemu_monitor {
	const char *chardev_id;
	size_t chardev; /* index, meant only when has_chardev */
	bool has_chardev;
	bool control; /* QMP; else the human monitor */
	enum lend_tri pretty;
};

enum lend_qemu_remark_kind {
	LEND_QEMU_OLD_SPELLING, /* understood, but newer QEMU refuses or warns */
	LEND_QEMU_NOT_UNDERSTOOD,
	LEND_QEMU_CUT, /* a limit was reached; there was more */
};

struct lend_qemu_remark {
	enum lend_qemu_remark_kind kind;
	const char *option; /* "-object" */
	const char *text;   /* one line; may hold bytes of the command line: escape it */
};

/* As it stood on the command line; "--name" is "-name". */
struct lend_qemu_option {
	const char *name;  /* NULL: the word is no option but a disk image */
	const char *value; /* NULL: it has none */
	bool cut;          /* it should have one, but the command line ends */
};

struct lend_qemu_args {
	const char *argv0; /* NULL when empty (kernel threads, zombies) */
	const char *words; /* behind argv0, each with a NUL: for lend_qemu_args_next */
	size_t words_len;

	const char *name; /* -name */
	const char *uuid; /* -uuid, as given */
	const char *machine;
	const char *accel; /* all of -accel and accel=, in order, joined by ':' */
	enum lend_tri nvdimm;
	bool nvdimm_is_bare; /* "nvdimm" without "=on": QEMU 6.2 and newer do not start */
	bool moves_memory;   /* machine options that put RAM or devices at other addresses */
	enum lend_tri acpi;  /* acpi= of the machine, -no-acpi */
	const char *cpu;     /* -cpu, as given */
	const char *nvdimm_persistence;
	const char *memory_backend; /* machine's memory-backend=: guest RAM is that object */

	struct lend_opt_u64 ram_bytes;
	struct lend_opt_u64 slots;
	struct lend_opt_u64 maxmem_bytes;

	bool nodefaults;
	bool has_readconfig; /* a config file may hold more of everything */

	struct lend_qemu_backend *backends;
	size_t n_backends, cap_backends;
	struct lend_qemu_device *devices;
	size_t n_devices, cap_devices;
	struct lend_qemu_chardev *chardevs;
	size_t n_chardevs, cap_chardevs;
	struct lend_qemu_monitor *monitors;
	size_t n_monitors, cap_monitors;
	size_t *agents; /* indexes of chardevs: ports named org.qemu.guest_agent.0 */
	size_t n_agents, cap_agents;
	struct lend_qemu_remark *remarks;
	size_t n_remarks, cap_remarks;
};

/*
 * Is it a system emulator by its name: an argv0, or what /proc/PID/exe says?
 * Proxmox VE calls it "kvm", RHEL "qemu-kvm"; tools such as qemu-nbd are none.
 */
bool lend_qemu_is_program(const char *path);

/* By its name an emulator of x86, or one that does not say what it is of. */
bool lend_qemu_args_is_x86(const struct lend_qemu_args *args);

/* Overwrites *ret.  All texts are copies in the arena. */
void lend_qemu_args_parse(struct lend_arena *arena, const char *bytes, size_t len,
			  struct lend_qemu_args *ret);

/*
 * The first QEMU command in a text as people keep it: a saved command line, a
 * script, a shell's transcript (format/shell-words.h).  Assignments, sudo and
 * its like in front of QEMU are left out.  Fails when there is no such command.
 */
int lend_qemu_args_parse_text(struct lend_arena *arena, const char *text, size_t len,
			      struct lend_qemu_args *ret, struct lend_err *err) LEND_MUST_CHECK;

/*
 * Every word of the command line in order, those that nobody here reads, too:
 *	for (size_t at = 0; lend_qemu_args_next(args, &at, &option);)
 */
bool lend_qemu_args_next(const struct lend_qemu_args *args, size_t *at,
			 struct lend_qemu_option *ret);

/* NULL when there is none of that id (or id is NULL). */
const struct lend_qemu_backend *lend_qemu_args_backend(const struct lend_qemu_args *args,
						       const char *id);

/*
 * argv0, then the memory part (-machine, -m, -object for every backend,
 * -device for every device with a memdev) as key=value, each argument with a
 * NUL behind it, as parse reads it.
 */
void lend_qemu_args_write(struct lend_buf *out, const struct lend_qemu_args *args);

#endif
