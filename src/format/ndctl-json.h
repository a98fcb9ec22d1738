/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What "ndctl list" prints, in all its shapes.
 *
 * One class listed is an array, or a bare object (-u, one element); several
 * are an object of arrays, with namespaces inside their regions; with -B they
 * lie inside an array of buses; nothing is [].  -u makes strings of sizes and
 * handles.  All of it becomes four flat arrays here.
 *
 * A value of the wrong type is a value that was not given.
 */

#ifndef LEND_FORMAT_NDCTL_JSON_H
#define LEND_FORMAT_NDCTL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "format/opt.h"
#include "lend/lend.h"

/* Of each class; a document with more is refused. */
enum { LEND_NDCTL_MAX = 4096 };

struct lend_ndctl_bus {
	const char *dev; /* "ndbus0"; never NULL, as in all classes */
	const char *provider;
};

struct lend_ndctl_dimm {
	const char *dev; /* "nmem0" */
	const char *id;  /* "8680-56341200" */
	struct lend_opt_u64 handle;
	struct lend_opt_u64 phys_id;
	bool state_disabled; /* "state":"disabled" was there */
	enum lend_tri flag_failed_map;
	enum lend_tri flag_failed_save;
	enum lend_tri flag_failed_arm;
	enum lend_tri flag_failed_restore;
	enum lend_tri flag_failed_flush;
	const char *security;
	const char *bus; /* dev of the bus it was nested in, else NULL */
};

struct lend_ndctl_mapping {
	const char *dimm; /* dev; never NULL */
	struct lend_opt_u64 offset;
	struct lend_opt_u64 length;
	struct lend_opt_u64 position;
};

struct lend_ndctl_region {
	const char *dev; /* "region0" */
	struct lend_opt_u64 size;
	/* Where it lies.  ndctl 76 prints it at no level of -v; sysfs has it, and so may
	 * others. */
	struct lend_opt_u64 resource;
	struct lend_opt_u64 align;
	struct lend_opt_u64 available_size;
	struct lend_opt_u64 max_available_extent;
	bool size_rounded; /* the sizes are ndctl -u's: two decimals of a unit */
	const char *type;  /* "pmem" */
	struct lend_opt_u64 numa_node;
	struct lend_opt_u64 target_node;
	struct lend_opt_u64 iset_id;
	bool state_disabled;
	const char *persistence_domain;
	bool has_mappings; /* false: not listed, which says nothing */
	struct lend_ndctl_mapping *mappings;
	size_t n_mappings, cap_mappings;
	const char *bus;
};

struct lend_ndctl_namespace {
	const char *dev;        /* "namespace0.0" */
	const char *mode;       /* "raw" "fsdax" "devdax" "sector", today's word */
	const char *mode_given; /* the word that stood there */
	const char *map;        /* "dev" "mem" */
	struct lend_opt_u64 size;
	bool size_rounded;
	const char *uuid;
	const char *raw_uuid;
	struct lend_opt_u64 sector_size;
	struct lend_opt_u64 align;
	const char *blockdev; /* "pmem0" */
	const char *chardev;  /* "dax0.0", also out of daxregion.devices */
	bool state_disabled;
	const char *name;
	struct lend_opt_u64 numa_node;
	struct lend_opt_u64 target_node;
	bool idle;          /* a placeholder: size 0 and no uuid */
	const char *region; /* dev of the region it was nested in, else NULL */
	const char *bus;
};

struct lend_ndctl {
	/* The class was listed.  false with an empty array: nobody knows. */
	bool has_buses, has_dimms, has_regions, has_namespaces;
	bool empty_list; /* "[]": what was asked for is not there, but not what that was */
	struct lend_ndctl_bus *buses;
	size_t n_buses, cap_buses;
	struct lend_ndctl_dimm *dimms;
	size_t n_dimms, cap_dimms;
	struct lend_ndctl_region *regions;
	size_t n_regions, cap_regions;
	struct lend_ndctl_namespace *namespaces;
	size_t n_namespaces, cap_namespaces;
};

/*
 * One document, nothing else around it.  Fails when it is not JSON (also when
 * it is empty), is cut off ("ends in the middle"), or is JSON of something
 * else.  *ret is written on success only.
 */
int lend_ndctl_parse(struct lend_arena *arena, const char *text, size_t len,
		     struct lend_ndctl *ret, struct lend_err *err) LEND_MUST_CHECK;

/*
 * Documents after each other, with prompts, commands and log lines between
 * them.  A later document replaces the classes it lists.  JSON of other
 * programs is passed over, and so is the one object that create-namespace
 * prints, as long as a list of namespaces is there.  Fails when no document
 * of ndctl is there, or the end or the beginning of one is missing.
 */
int lend_ndctl_parse_transcript(struct lend_arena *arena, const char *text, size_t len,
				struct lend_ndctl *ret, struct lend_err *err) LEND_MUST_CHECK;

/*
 * One document in the shape of "ndctl list -DRN" (-BDRN when there are
 * buses).  Reads back to the same struct when nested things name a bus and
 * region that are there.
 */
void lend_ndctl_write(struct lend_buf *out, const struct lend_ndctl *nd);

#endif
