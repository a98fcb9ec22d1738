/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small text files that say what a host wants when it boots: /etc/crypttab,
 * mdadm.conf, the devices file of LVM, what multipath has written down, and
 * the command line of the kernel.
 * (/etc/fstab is read by format/mountinfo.h.)
 *
 * (crypttab(5); mdadm.conf(5); lvmdevices(8); multipath.conf(5); Linux
 * Documentation/admin-guide/kernel-parameters.rst, lib/cmdline.c.)
 */

#ifndef LEND_FORMAT_BOOT_FILES_H
#define LEND_FORMAT_BOOT_FILES_H

#include "base/arena.h"
#include "format/span.h"

/*
 * Each of them reads on from *rest, which then lies behind what was read:
 *	0  *ret is filled, with copies in the arena
 *	1  that was the end
 * Comments, and what is none of these, are passed over.
 */
struct lend_crypttab_line {
	const char *name, *source;
	const char *key, *options; /* "" when they are not there */
};
int lend_crypttab_line_next(struct lend_span *rest, struct lend_arena *arena,
			    struct lend_crypttab_line *ret);

/* An ARRAY line; lines that begin with a blank belong to it. */
struct lend_mdadm_array {
	const char *device;           /* "/dev/md0", "<ignore>"; "" when it has none */
	const char *uuid;             /* "a1b2c3d4:...", "" when it is not told */
	const char *container, *name; /* the same */
};
int lend_mdadm_array_next(struct lend_span *rest, struct lend_arena *arena,
			  struct lend_mdadm_array *ret);

/* Texts are "" when they are not there, or ".", which LVM writes for that. */
struct lend_lvm_device {
	const char *id_type, *id, *device, *pv, *part;
};
int lend_lvm_device_next(struct lend_span *rest, struct lend_arena *arena,
			 struct lend_lvm_device *ret);

/* Of /etc/multipath/wwids: "/3600.../"; without the slashes. */
int lend_multipath_wwid_next(struct lend_span *rest, struct lend_arena *arena,
			     const char **ret_wwid);

/* Of /etc/multipath/bindings. */
struct lend_multipath_binding {
	const char *name, *wwid;
};
int lend_multipath_binding_next(struct lend_span *rest, struct lend_arena *arena,
				struct lend_multipath_binding *ret);

/*
 * Of multipath.conf(5): the blocks "multipath { wwid X alias Y }" that have
 * both.  What one is called there goes before /etc/multipath/bindings.
 */
int lend_multipath_alias_next(struct lend_span *rest, struct lend_arena *arena,
			      struct lend_multipath_binding *ret);

struct lend_kernel_word {
	const char *key;
	const char *value; /* NULL when there is no '=' */
};
int lend_kernel_word_next(struct lend_span *rest, struct lend_arena *arena,
			  struct lend_kernel_word *ret);

#endif
