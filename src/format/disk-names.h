/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names that lie on a disk itself: UUID and label of what is on it, and
 * what the partition table calls it.  Two things print them in the same words:
 * "blkid -p -o udev", and udev's own record of a device, in which each line
 * begins with "E:".  Names are as udev puts them into links, with \xNN for
 * what it does not.
 *
 * (blkid(8); systemd src/udev/udev-builtin-blkid.c, rules.d/60-persistent-storage.rules.in)
 */

#ifndef LEND_FORMAT_DISK_NAMES_H
#define LEND_FORMAT_DISK_NAMES_H

#include "base/arena.h"
#include "format/span.h"

/* "" for what it does not have */
struct lend_disk_names {
	const char *type;  /* "ext4", "LVM2_member" */
	const char *usage; /* "filesystem", "crypto", "raid", "other" */
	const char *uuid, *label;
	const char *part_uuid, *part_label;
};

/* Of several lines with the same key the last one counts; copies are in the arena. */
void lend_disk_names_parse(struct lend_span text, struct lend_arena *arena,
			   struct lend_disk_names *ret);

/*
 * Would udev make the link NAME in that folder of /dev/disk: "by-uuid"?  What
 * an array or a volume group is made of has a UUID and no link of that kind,
 * but "by-id/lvm-pv-uuid-UUID"; "by-id/md-uuid-UUID" is the array, and here true of its
 * members.
 */
bool lend_disk_names_has(const struct lend_disk_names *names, const char *folder,
			 const char *name);

#endif
