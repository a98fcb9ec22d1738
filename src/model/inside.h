/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is inside the backing of a virtual NVDIMM: its label area, the
 * namespaces in it with their info blocks and file systems, and the verdict
 * on the whole.  collect/inside.c fills it; everything lives in the arena of
 * the one who asked.
 *
 * All offsets are those of the file, whatever offset= the window has.
 */

#ifndef LEND_MODEL_INSIDE_H
#define LEND_MODEL_INSIDE_H

#include "base/arena.h"
#include "base/buf.h"
#include "format/fs-magic.h"
#include "format/nd-infoblock.h"
#include "format/nd-label.h"
#include "format/opt.h"
#include "model/persistence.h"

enum lend_inside_type {
	LEND_INSIDE_FILE,
	LEND_INSIDE_BLOCK,
	LEND_INSIDE_DAX,
};

enum lend_inside_verdict {
	LEND_INSIDE_UNKNOWN,   /* zero as far as it was looked at, which is not all */
	LEND_INSIDE_BLANK,     /* nothing but zeros, for sure */
	LEND_INSIDE_LABELLED,  /* with labels where they belong */
	LEND_INSIDE_DAMAGED,   /* there are labels, and no index block is good */
	LEND_INSIDE_ELSEWHERE, /* good labels, but of another size= or label-size= */
	LEND_INSIDE_HIDDEN,    /* data that a label of label_bytes would hide */
	LEND_INSIDE_DATA,      /* data that it would not hide, and no labels */
};

/* A sentence for people; bad: something is wrong, not only worth knowing. */
struct lend_inside_note {
	bool bad;
	const char *text;
};

struct lend_inside_notes {
	struct lend_inside_note *items;
	size_t n, cap;
};

/* What stands at the start of a namespace, or of a backing without labels. */
struct lend_inside_holds {
	bool looked; /* false: its bytes were not seen */
	bool has_info;
	struct lend_nd_info info;
	bool info_counts; /* Linux goes by it: the checksum is good, and it is of this namespace
			   */
	bool has_data;    /* false: BTT scatters its sectors, or the place makes no sense */
	uint64_t data_at;
	uint64_t data_bytes;
	bool has_fs;
	struct lend_fs fs;
};

struct lend_inside_namespace {
	struct lend_nd_label label;
	const char *mode; /* as the guest will see it: "raw", "fsdax" ...; NULL: not known */
	bool has_qemu_slot;
	uint32_t qemu_slot; /* in which its label was written */
	struct lend_inside_holds holds;
	struct lend_inside_notes notes;
};

struct lend_inside_area {
	uint64_t start;
	uint64_t label_bytes; /* label-size= */
	uint64_t size_bytes;  /* the size= that it belongs to */
	struct lend_nd_index index;
	uint32_t used;
	struct lend_inside_namespace *namespaces; /* as many as were looked at */
	size_t n_namespaces, cap_namespaces;
};

struct lend_inside {
	const char *path;
	enum lend_inside_type type;
	enum lend_inside_verdict verdict;
	uint32_t dev_major, dev_minor;
	uint32_t rdev_major, rdev_minor; /* of devices */
	uint64_t inode;
	uint64_t file_bytes;
	struct lend_opt_u64 allocated_bytes; /* of files */
	struct lend_opt_u64 data_bytes;      /* what is no hole; not of devices */

	/* The window that QEMU maps. */
	uint64_t offset;
	uint64_t size_bytes;
	uint64_t label_bytes; /* that was asked for, else what is usual */
	bool size_given;
	bool label_given;

	/* Of the window without its label area; not looked for where there are namespaces. */
	bool has_content;
	bool content_seen;         /* every byte up to first, or up to the end */
	struct lend_opt_u64 first; /* the first byte that is not zero */
	uint64_t read_bytes;       /* to find that out */

	struct lend_opt_u64 hidden_at; /* the first byte that a label would hide */
	bool has_hidden;               /* that was asked */
	bool hides_fs;                 /* the file system, by its own words, reaches there */

	struct lend_inside_area *labels;  /* NULL: none where they belong */
	struct lend_inside_area **others; /* for another size= or label-size= */
	size_t n_others, cap_others;
	struct lend_inside_holds raw; /* at the start, when there are no namespaces */

	struct lend_inside_notes notes;
	/* As an NVDIMM with share=on,pmem=on, of a QEMU that has libpmem. */
	bool has_persistence;
	struct lend_persistence persistence;
	const char **unseen; /* what could not be looked at */
	size_t n_unseen, cap_unseen;
};

/* "blank", "labelled", ... as JSON has it. */
const char *lend_inside_verdict_text(enum lend_inside_verdict verdict);
const char *lend_inside_type_text(enum lend_inside_type type);

/* What is wrong with an index block, as the end of a sentence; "nothing" without a fault. */
const char *lend_inside_fault_text(enum lend_nd_fault fault);

/* Something is wrong: in the whole, or in a namespace. */
bool lend_inside_is_bad(const struct lend_inside *inside);

void lend_inside_note(struct lend_arena *arena, struct lend_inside_notes *notes, bool bad,
		      const char *fmt, ...) LEND_PRINTF(4, 5);

/* As docs/pmem-inspect-json.md describes it, on one line. */
void lend_inside_put_json(struct lend_buf *out, const struct lend_inside *inside);

#endif
