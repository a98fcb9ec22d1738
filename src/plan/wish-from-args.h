/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a QEMU command line, or a QEMU that runs, to the wish that asks for the
 * same.
 *
 * Nothing is lost: what a wish can say becomes a key, what lend does by itself
 * is left out, and everything else goes word for word into qemu-args.  What
 * became of each option is in the answer, and every change is a note.
 */

#ifndef LEND_PLAN_WISH_FROM_ARGS_H
#define LEND_PLAN_WISH_FROM_ARGS_H

#include "format/qemu-args.h"
#include "format/wish-yaml.h"

struct lend_inventory;
struct lend_node;

enum lend_wish_fate {
	LEND_WISH_VERBATIM, /* in qemu-args; all of it */
	LEND_WISH_SAID,     /* keys of the wish say it; rest is in qemu-args, too */
	LEND_WISH_LEFT_OUT, /* lend does that by itself, or it does not go together with lend */
};

/* An option of the command line, and what became of it. */
struct lend_wish_option {
	struct lend_qemu_option option;
	enum lend_wish_fate fate;
	const char *rest; /* SAID: what no key can say, as a value of the same option; or NULL.
			     VERBATIM: the value in today's spelling, NULL when it is that
			     already */
};

/* A memory device as the running QEMU has it. */
struct lend_wish_seen {
	const char *id;     /* of the device; NULL: it has none */
	const char *memdev; /* id of its backend */
	bool is_nvdimm;
	const char *path; /* NULL: not seen */
	struct lend_opt_u64 slot, node;
	struct lend_opt_u64 size_bytes; /* what the guest has */
	struct lend_opt_u64 label_bytes;
	struct lend_opt_u64 backend_bytes;
	enum lend_tri share, pmem, readonly, unarmed;
};

struct lend_wish_from {
	const char *name; /* of the VM, where the command line does not say it */
	const char *
		dir; /* in which QEMU was started; NULL: unknown, relative paths are an error */
	const struct lend_wish_seen
		*seen; /* those not on the command line were plugged in later */
	size_t n_seen;
};

struct lend_wish_made {
	struct lend_wish wish;
	struct lend_wish_option *options; /* in the order of the command line */
	size_t n_options;
	const char **notes; /* one line each, without control characters */
	size_t n_notes, cap_notes;
	bool unread; /* some of it was not understood: the notes say what */
};

/*
 * Texts of the answer live as long as arena and args.  LEND_E_USAGE: a path
 * cannot be made absolute; LEND_E_FORMAT: more than a wish can hold.
 */
int lend_wish_from_args(struct lend_arena *arena, const struct lend_qemu_args *args,
			const struct lend_wish_from *from, struct lend_wish_made *ret,
			struct lend_err *err) LEND_MUST_CHECK;

/*
 * The same for a VM node of an inventory that was made with VMs asked for by
 * name; dir as above, NULL takes what was seen.  LEND_E_USAGE: it is no QEMU,
 * or its command line was not seen.
 */
int lend_wish_from_vm(struct lend_arena *arena, const struct lend_inventory *inv,
		      const struct lend_node *vm, const char *dir, struct lend_wish_made *ret,
		      struct lend_err *err) LEND_MUST_CHECK;

#endif
