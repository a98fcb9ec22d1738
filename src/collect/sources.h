/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SOURCE arguments, sorted by the host they are about.
 *
 * "qmp:", "qga:" and a local "libvirt:" belong to the host of the call; a
 * remote libvirt, a capture, a tree and a saved inventory are a host each;
 * loose files and folders of such make one together.  In the order in which
 * they were named.
 */

#ifndef LEND_COLLECT_SOURCES_H
#define LEND_COLLECT_SOURCES_H

#include "collect/collect.h"

enum lend_source_kind {
	LEND_SOURCE_HERE,    /* this host, whole or the named sockets of it */
	LEND_SOURCE_TREE,    /* a capture or a saved tree */
	LEND_SOURCE_REMOTE,  /* a libvirt on another host */
	LEND_SOURCE_SSH,     /* another host itself */
	LEND_SOURCE_VSPHERE, /* the hosts of an ESXi or vCenter */
	LEND_SOURCE_LOOSE,   /* known files */
	LEND_SOURCE_ESXI,    /* a saved host of ESXi: files, too, but all of one host */
	LEND_SOURCE_SAVED,   /* inventories as JSON */
};

struct lend_source_host {
	enum lend_source_kind kind;
	const char *name;             /* SAVED, SSH, VSPHERE: the argument; REMOTE: the URI */
	struct lend_io *io;           /* HERE, TREE and SSH; whoever scans it takes it */
	struct lend_buf text;         /* SAVED */
	struct lend_scan_file *files; /* ESXI */
	size_t n_files;
};

struct lend_sources {
	struct lend_arena memory;
	struct lend_source_host *hosts;
	size_t n_hosts, cap_hosts;
	struct lend_scan_socket *sockets; /* of HERE */
	size_t n_sockets, cap_sockets;
	const char **libvirts; /* of HERE */
	size_t n_libvirts, cap_libvirts;
	struct lend_scan_file *files; /* of LOOSE */
	size_t n_files, cap_files;
	size_t files_bytes; /* in all of them */
};

/* No argument at all is this host.  -1 for what is not there or is no source. */
int lend_sources_open(const struct lend_scan_options *options, struct lend_sources *ret,
		      struct lend_err *err) LEND_MUST_CHECK;
void lend_sources_close(struct lend_sources *sources);

/*
 * "qmp:PATH" or "qga:PATH"; false when it is neither.  The path is made
 * absolute; one that begins with "tcp:" is no path (collect/tcp-holder.h).
 */
bool lend_source_socket(struct lend_arena *arena, const char *source,
			struct lend_scan_socket *ret);

/* The URI of "libvirt:URI"; NULL when it is something else. */
const char *lend_source_libvirt(const char *source);

/* What stands behind "ssh://"; NULL when it is something else. */
const char *lend_source_ssh(const char *source);

/* Such as "qemu:///system": it becomes one word of a command. */
bool lend_libvirt_is_uri(const char *uri);

/* libvirt's "driver[+transport]://host/path": it has a host. */
bool lend_libvirt_is_remote(const char *uri);

/* What a capture of a saved host of ESXi has as its source: files are all there is. */
#define LEND_SOURCE_ESXI_FILES "esxi:files"

/* Text that begins as a saved inventory does. */
bool lend_source_is_inventory(const char *text, size_t len);

/* Text with a name that only ndctl's lists have; the list itself may be damaged. */
bool lend_source_names_nd(const char *text, size_t len);

#endif
