/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that speaks VMware's web service, as lend-via-vsphere told of it:
 * an ESXi host, or a vCenter with many.  Asked once (vsphere-ask.c); then each
 * of its hosts is an inventory of its own (vsphere.c).
 */

#ifndef LEND_COLLECT_VSPHERE_H
#define LEND_COLLECT_VSPHERE_H

#include "base/arena.h"
#include "io/io.h"

/* Lines of JSON, in the answer. */
struct lend_vsphere_line {
	const char *text;
	size_t len;
};

struct lend_vsphere_host {
	const char *ref, *name;
	struct lend_vsphere_line line;
	size_t first_vm, n_vms; /* in vms */
};

struct lend_vsphere_vm {
	const char *host, *name; /* host: its ref; "" when that is not told */
	struct lend_vsphere_line line;
};

/* What is known of the UUID of an NVDIMM's disk. */
struct lend_vsphere_disk {
	const char *file, *datastore;
	const char *uuid, *fault; /* one of them, or none */
};

/* Its name on this server; volume is the folder that it is below /vmfs/volumes. */
struct lend_vsphere_datastore {
	const char *volume, *name;
};

struct lend_vsphere {
	struct lend_arena memory;
	const char *source;
	struct lend_vsphere_host *hosts; /* by ref */
	size_t n_hosts, cap_hosts;
	struct lend_vsphere_vm *vms; /* by host, then name */
	size_t n_vms, cap_vms;
	struct lend_vsphere_disk *disks; /* by file, then datastore */
	size_t n_disks, cap_disks;
	struct lend_vsphere_datastore *datastores; /* by volume */
	size_t n_datastores, cap_datastores;
	const char *failed, *hint; /* it stopped there; NULL: it did not */
	size_t n_homeless;         /* VMs on none of the hosts */
	bool whole;
};

/* The "vsphere://..." of a capture; NULL when it is of something else. */
const char *lend_vsphere_of_capture(const struct lend_io *io);

/*
 * Asks; what it says lives as long as io and *ret do.  -1 when there is
 * nothing to be shown at all: nobody answers, the password is wrong.
 */
int lend_vsphere_ask(struct lend_io *io, const struct lend_scan_options *options,
		     const char *source, struct lend_vsphere *ret,
		     struct lend_err *err) LEND_MUST_CHECK;
void lend_vsphere_done(struct lend_vsphere *vsphere);

/* NULL when nothing is known of it. */
const struct lend_vsphere_disk *lend_vsphere_disk(const struct lend_vsphere *vsphere,
						  const char *file, const char *datastore);

/* The folder of "ds:///vmfs/volumes/FOLDER/" or "/vmfs/volumes/FOLDER"; NULL: it is no such. */
const char *lend_vsphere_volume(struct lend_arena *arena, const char *path);

/* What the server calls it; NULL when nothing is known of it. */
const char *lend_vsphere_datastore_name(const struct lend_vsphere *vsphere, const char *volume);

/* The host that has a VM of that name; n_hosts when none has. */
size_t lend_vsphere_host_of(const struct lend_vsphere *vsphere, const char *vm);

#endif
