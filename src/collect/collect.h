/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What collectors share: the scan they work for, and short ways from an
 * answer to a fact.
 *
 * A collector looks at one kind of thing through one kind of question and
 * writes what it saw into the build.  What is missing is a fact, what could
 * not be seen is a gap; only a request that makes no sense is an error.
 */

#ifndef LEND_COLLECT_COLLECT_H
#define LEND_COLLECT_COLLECT_H

#include "format/domain-xml.h"
#include "format/qemu-args.h"
#include "io/io.h"
#include "model/build.h"
#include "model/kind-backend.h"
#include "model/kind-device.h"
#include "model/kind-vm.h"

enum lend_waiting { LEND_NOT_WAITING, LEND_WAITING, LEND_WAITING_CANNOT_TELL };

enum { LEND_MAPS_MAX = 2 << 20 }; /* of /proc/PID/maps: some 20,000 mappings */

/* See collect/open-files.h. */
struct lend_open_file {
	const char *fd;
	const char *link; /* "/PATH", "/PATH (deleted)", "socket:[N]" ...; NULL before it is
			     asked */
	uint64_t inode;
	bool has_inode;
};

struct lend_open_files {
	const char *pid; /* NULL: nobody was looked at yet */
	bool recorded;
	bool listed; /* false: its folder could not be read */
	struct lend_open_file *items;
	size_t n;
};

/* A running QEMU, while the scan lasts. */
struct lend_scan_qemu {
	uint64_t pid;
	bool has_pid; /* false: only its monitor is known */
	struct lend_vm *vm;
	struct lend_qemu_args args;
	enum lend_waiting waiting;
	bool foreign; /* its /proc is closed to us: another user's */
	const struct lend_scan_domain
		*domain;     /* libvirt told of it; NULL: it did not, so far */
	const char *name;    /* as it calls itself; another one may, too */
	const char *cwd;     /* NULL when unknown */
	const char *monitor; /* socket as we reach it, or "tcp:..."; NULL when it has none */
	const char *agent;   /* the same for the guest agent */
	const char *maps;    /* see lend_collect_maps */
	bool maps_asked;
};

/* A socket of this host that was named as SOURCE. */
struct lend_scan_socket {
	enum lend_via via;  /* QMP or QGA */
	const char *path;   /* absolute, or "tcp:HOST:PORT" */
	const char *holder; /* process whose command line has it; NULL: none so far */
	bool has_stat;
	struct lend_stat stat;
};

enum lend_holding { LEND_HOLDS, LEND_HOLDS_NOT, LEND_HOLDS_CANNOT_TELL };

/* A domain of libvirt; all texts live as long as the scan. */
struct lend_scan_domain {
	const char *uri; /* of the connection that told it */
	const char *name, *uuid;
	const char *state; /* "running", "paused", "off" */
	bool persistent;   /* it stays when it is off */
	bool has_live, has_defined;
	struct lend_domain live, defined;
	bool taken; /* its process was seen */
};

/* A loose known file: one that was named as SOURCE, or that lies in a folder of such. */
struct lend_scan_file {
	const char *name; /* as the user knows it: the argument, or the name in the folder */
	const char *path; /* as it is typed: the argument, or one with the folder in front */
	const char *bytes;
	size_t len;
	const char *on_host; /* its path on the host it was copied from; NULL: not known */
	const char *broken;  /* why it is not what its name says; then bytes is empty */
	bool named;          /* as an argument, not only by its folder */
	bool taken;          /* some collector knew what it is */
};

struct lend_scan {
	struct lend_build build;
	struct lend_io *io;
	const struct lend_scan_options *options;
	uint64_t wants;                   /* kinds, by LEND_ADDS */
	struct lend_scan_socket *sockets; /* when there are any, only their QEMUs are meant */
	size_t n_sockets;
	const char *const *libvirts; /* URIs; as with sockets, only their domains are meant */
	size_t n_libvirts;
	bool libvirt_besides; /* but those of options->libvirt are not all that is meant */
	bool draft;           /* of another host, which is asked once more after it */
	bool remote;          /* they are of another host: nothing of this one is looked at */
	const struct lend_vsphere *vsphere; /* NULL, or the host is one of these */
	size_t vsphere_host;
	struct lend_scan_domain *domains;
	size_t n_domains, cap_domains;
	struct lend_guest_source *guests; /* of --guest, and what a capture was told */
	size_t n_guests, cap_guests;
	struct lend_scan_file *files; /* loose ones, instead of a host */
	size_t n_files;
	bool esx_files;            /* and they are all of one host of ESXi */
	struct lend_esx_host *esx; /* of esx-host.c; NULL: before it ran, or no host of ESXi */
	struct lend_arena memory;
	struct lend_scan_qemu *qemus;
	size_t n_qemus, cap_qemus;
	struct {
		const char *pid, *path;
		enum lend_holding holding;
	} last_holding;              /* of socket-holder.c: the same is asked again and again */
	struct lend_open_files open; /* of the last process */
	struct lend_scan_options request; /* what a capture tells of it */
	struct lend_anonymise *anonymise; /* NULL: names stay */
	/* Of open-files.c; unset: not found out yet. */
	enum lend_tri wants_devices, wants_open;
	uint64_t *wanted_inodes;     /* when nothing wanted is open; 0: it is not there */
	bool some_wait;              /* a QEMU on this host waits for a client, or may */
	struct lend_line **ret_line; /* NULL, or: the one to room_in goes there */
	struct lend_line *line;      /* begun by who looks; NULL */
	struct lend_talk *begun;     /* NULL, or with begun_with (qemu-qmp.c) */
	const struct lend_scan_qemu *begun_with;
};

#define LEND_ADDS(kind) (UINT64_C(1) << (kind))
_Static_assert(LEND_KIND_COUNT <= 64, "kinds are bits of a uint64_t");

struct lend_collector {
	const char *id;   /* "by" of its sightings */
	const char *sees; /* one line for people */
	uint64_t adds;    /* runs only when one of these kinds is wanted; 0: always */
	bool of_files;    /* reads the loose files; all others look at a host */
	bool of_remote;   /* runs for another host, too */
	bool needs_no_vm; /* can be read while libvirt is still asked */
	int (*collect)(struct lend_scan *scan, struct lend_err *err);
};

/* Sockets or connections were named as SOURCE, so their VMs are all that is asked for. */
static inline bool lend_scan_is_named(const struct lend_scan *scan)
{
	return scan->n_sockets > 0 || (scan->n_libvirts > 0 && !scan->libvirt_besides);
}

/* In the order of src/collect/meson.build. */
extern const struct lend_collector *const lend_collectors[];
extern const size_t lend_n_collectors;

/* SEEN of this host or a capture of one; RECORDED in a tree that somebody else copied. */
enum lend_trust lend_collect_trust(const struct lend_scan *scan);

/* An answer without the white space at its ends, kept as long as the scan; NULL unless known.
 */
const char *lend_collect_text_of(struct lend_scan *scan, const struct lend_answer *answer);

/* known, absent or unreadable from an answer that is text (one line, its end trimmed). */
void lend_collect_text(struct lend_scan *scan, struct lend_node *node, struct lend_fact *fact,
		       uint32_t by, const struct lend_answer *answer);
/* The same for a number, decimal or 0x; one that does not parse is unreadable. */
void lend_collect_u64(struct lend_scan *scan, struct lend_node *node, struct lend_fact *fact,
		      uint32_t by, const struct lend_answer *answer);

/* "return" of a monitor's or agent's reply, which dies with *ret_doc; NULL and a reason when
 * there is none. */
struct lend_json;
const struct lend_json *lend_collect_returned(const struct lend_answer *answer,
					      struct lend_json **ret_doc, const char **ret_why);

/* The node "VM:ID" of a device or backend, with an edge from its user. */
struct lend_device *lend_collect_device(struct lend_scan *scan, struct lend_vm *vm,
					const char *id, const char *memdev);
struct lend_backend *lend_collect_backend(struct lend_scan *scan, struct lend_vm *vm,
					  const char *id);

/* A new vm; the name is made unique. */
struct lend_vm *lend_collect_vm(struct lend_scan *scan, const char *name);

/* Makes vm for a QEMU; the name is made unique. */
struct lend_scan_qemu *lend_collect_qemu(struct lend_scan *scan, const char *name);

/* /proc/PID/maps, NULL when it cannot be read.  Long, and slow to write for the kernel: read
 * once, and only when it is needed. */
const char *lend_collect_maps(struct lend_scan *scan, struct lend_scan_qemu *qemu);

/* What the user gave as guest of the VM; NULL when nothing. */
const struct lend_guest_source *lend_collect_guest_source(const struct lend_scan *scan,
							  const char *vm);

/* A path of the QEMU's world as we reach it: below /proc/PID/root or /proc/PID/cwd. */
const char *lend_collect_reach(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			       const char *path);

#endif
