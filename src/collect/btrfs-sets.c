/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Linux fs/btrfs/sysfs.c: a folder of each that is mounted, and in it its devices. */

#include "collect/btrfs-sets.h"

static const struct lend_ask ask_sets = { .via = LEND_VIA_DIR, .key = "sys/fs/btrfs" };
static const struct lend_ask ask_devices = { .via = LEND_VIA_DIR,
					     .key = "sys/fs/btrfs/%s/devices" };

void lend_btrfs_sets_read(struct lend_scan *scan, struct lend_btrfs_sets *ret)
{
	const struct lend_answer *sets = lend_io_ask(scan->io, &ask_sets);

	*ret = (struct lend_btrfs_sets){ 0 };
	for (size_t i = 0; sets->known == LEND_KNOWN && i < sets->n_names; i++) {
		const struct lend_answer *devices;

		if (strlen(sets->names[i]) != 36)
			continue; /* "features" */
		devices = lend_io_ask(scan->io, &ask_devices, sets->names[i]);
		ret->n_sets++;
		for (size_t d = 0; devices->known == LEND_KNOWN && d < devices->n_names; d++) {
			struct lend_block *block = lend_block_by_name(scan, devices->names[d]);

			if (block != NULL)
				*LEND_PUSH(&scan->memory, ret->members, ret->n, ret->cap) =
					(struct lend_btrfs_member){ block, ret->n_sets };
		}
	}
}

size_t lend_btrfs_set_of(const struct lend_btrfs_sets *sets, const struct lend_block *block)
{
	for (size_t i = 0; block != NULL && i < sets->n; i++) {
		if (sets->members[i].block == block)
			return sets->members[i].set;
	}
	return 0;
}
