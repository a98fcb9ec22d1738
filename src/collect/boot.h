/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What boot*.c share: wants of the next boot, and the devices they mean. */

#ifndef LEND_COLLECT_BOOT_H
#define LEND_COLLECT_BOOT_H

#include "collect/block-find.h"
#include "model/kind-boot.h"

struct lend_boot {
	struct lend_scan *scan;
	struct lend_block_index blocks;
	uint32_t by;
	const char *source;    /* of the wants to come, as people call it: "/etc/fstab" */
	enum lend_known links; /* of the folder /dev/disk; LEND_NOT_ASKED before it was */
	bool links_named;      /* udev made some by what lies on disks */
	/* Of boot-names.c. */
	struct lend_boot_name *names;
	size_t n_names, cap_names;
	bool names_read;
	const char *names_why; /* NULL: nothing stayed hidden */
};

void lend_boot_init(struct lend_scan *scan, const char *collector, const char *ask,
		    struct lend_boot *ret);

/*
 * "UUID=...", "LABEL=...", "PARTUUID=...", "PARTLABEL=...", "ID=..." (quotes around the value
 * are no part of it), a path below /dev, or MAJOR:MINOR.  LEND_ABSENT: nothing is called so;
 * LEND_UNREADABLE: it cannot be told, *ret_why says why; LEND_NOT_ASKED: that is no name of a
 * block device.
 */
enum lend_known lend_boot_find(struct lend_boot *l, const char *needs, struct lend_block **ret,
			       const char **ret_why);

/* By a name in one of the folders of /dev/disk: "by-uuid". */
enum lend_known lend_boot_find_link(struct lend_boot *l, const char *folder, const char *name,
				    struct lend_block **ret, const char **ret_why);

/*
 * The same without a link, by what lies on the disks (boot-names.c); is it a name of that
 * kind?  name is as udev would write it into a link.
 */
bool lend_boot_is_name(const char *folder, const char *name);
enum lend_known lend_boot_find_name(struct lend_boot *l, const char *folder, const char *name,
				    struct lend_block **ret, const char **ret_why);

/* A new node, with "#2" behind the name when it is not the first of that name. */
struct lend_boot_want *lend_boot_want(struct lend_boot *l, const char *name, const char *needs,
				      bool required);

/* What was found, or that it was not. */
void lend_boot_settle(struct lend_boot *l, struct lend_boot_want *want, enum lend_known known,
		      const struct lend_block *block, const char *why);

/* A file that was not saved, or is not for us; false when there is nothing to read. */
bool lend_boot_has(struct lend_boot *l, const struct lend_answer *answer);

/* boot-multipath.c: maps that are not there; the one that "/dev/mapper/NAME" will be of, or
 * NULL.
 */
void lend_boot_read_multipath(struct lend_boot *l);
const struct lend_node *lend_boot_multipath_of(struct lend_boot *l, const char *needs);

/* The entries of UEFI firmware. */
void lend_boot_read_efi(struct lend_boot *l);

#endif
