/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-datastore.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_datastore, uuid, LEND_HIDE_UUID,
		"its UUID"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_datastore, type, "VMFS-6, VMFS-L, VFFS, vfat, PMEM, NFS"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_datastore, role, "what the host itself has on it: bootbank, bank, osdata, locker"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_datastore, mount, LEND_HIDE_PATH,
		"where it is mounted; absent: nowhere"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_datastore, mounted, "false: VMs have files on it, and the host does not have it"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_datastore, size_bytes, "its size"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_datastore, free_bytes, "free on it"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_datastore, server, LEND_HIDE_NAME,
		"of NFS: who serves it"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_datastore, guess, "why it is taken to be on what it uses, when the host does not say so"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_datastore;
const struct lend_kind_info lend_kind_datastore = {
	.name = "datastore",
	.help = "volumes of an ESXi host",
	.size = sizeof(struct lend_datastore),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
