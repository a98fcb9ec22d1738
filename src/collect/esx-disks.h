/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which names in the saved files of an ESXi host mean the same disk.
 *
 * The files were gathered by hand, from anywhere: a descriptor lies in the
 * user's folder, a transcript has the path on the host or the bare name, a
 * .vmx a path or a name in its own folder.  Equal paths are one disk, and so
 * are all that have the same file name when nothing in the files says that
 * there are two of them.  A VM's first vPMem disk mostly has the file name of
 * its system disk, so in doubt nothing is joined.
 */

#ifndef LEND_COLLECT_ESX_DISKS_H
#define LEND_COLLECT_ESX_DISKS_H

#include "collect/collect.h"
#include "format/vmdk.h"

enum lend_esx_place {
	LEND_ESX_LOCAL, /* a file of the user, named as the scan has it */
	LEND_ESX_HOST,  /* a full path on the host */
	LEND_ESX_HOME,  /* beside a .vmx, named as if it lay there still */
	LEND_ESX_LOOSE, /* typed somewhere on the host */
	LEND_ESX_PLACES
};

enum lend_esx_says {
	LEND_ESX_DESCRIPTOR,
	LEND_ESX_UUID,
	LEND_ESX_NO_UUID,    /* getuuid failed */
	LEND_ESX_NVDIMM,     /* a .vmx attaches it as NVDIMM */
	LEND_ESX_ORDINARY,   /* a .vmx attaches it as anything else */
	LEND_ESX_VPMEM_DISK, /* that, and it lies on the PMem volume */
};

struct lend_backing;

struct lend_esx_mention {
	const char *path; /* tidied */
	const char *base; /* its last part */
	const char *key;  /* name of the backing; set early when nothing else can mean it */
	struct lend_backing *backing; /* once it is made */
	size_t order;
	enum lend_esx_place place;
	enum lend_esx_says says;
	uint32_t by;
	const char *home;             /* of HOME: the VM */
	const struct lend_vmdk *vmdk; /* of DESCRIPTOR */
	uint8_t uuid[16];             /* of UUID */
	const char *why;              /* of NO_UUID */
	struct lend_node *device;     /* of NVDIMM */
};

struct lend_esx_disks {
	struct lend_scan *scan;
	struct lend_esx_mention *mentions;
	size_t n_mentions, cap_mentions;
	size_t n_gaps;
};

/* The caller fills the rest, at once.  NULL when there are too many, which is told. */
struct lend_esx_mention *lend_esx_mention(struct lend_esx_disks *disks,
					  enum lend_esx_place place, const char *path);

/* Room for one more gap?  At the end of it that is told, once. */
bool lend_esx_may_say(struct lend_esx_disks *disks);

/* Makes the backings. */
void lend_esx_disks_put(struct lend_esx_disks *disks);

#endif
