/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether what guests write into lent NVDIMMs outlives a crash of the host, of those that
 * journals in force are about and that run.
 *
 * They are looked at once, for all rows together, and only when one of them needs it.  A QEMU
 * that waits for a client is not woken, a monitor that is busy costs its deadline of a second.
 */

#ifndef LEND_CLI_PERSISTS_H
#define LEND_CLI_PERSISTS_H

#include "apply/apply.h"
#include "base/json.h"
#include "cli/command.h"
#include "model/persistence.h"

struct lend_persists_look {
	struct lend_arena arena;
	struct lend_inventory *inventory; /* NULL: nothing was looked at */
};

#define lend_auto_persists LEND_CLEANUP(lend_persists_done) struct lend_persists_look
void lend_persists_done(struct lend_persists_look *look);

/* Looks at the VMs of all journals, when there is a row that lend_persists_put can tell of. */
void lend_persists_look_at(const struct lend_journals *all, bool no_hints,
			   struct lend_persists_look *ret_look);

/* Is the row about NVDIMMs of a guest that runs? */
bool lend_persists_is_asked(const struct lend_journal_view *view, size_t step);

/* "guaranteed", "not guaranteed (no-dax)"; with a name for each when there are several.
 * Nothing when the VM has no NVDIMM that other rows do not tell of. */
void lend_persists_text(struct lend_persists_look *look, const struct lend_journals *all,
			const struct lend_journal_view *view, size_t step,
			struct lend_buf *out);

/* The same as an array "persistence". */
void lend_persists_json(struct lend_persists_look *look, const struct lend_journals *all,
			const struct lend_journal_view *view, size_t step,
			struct lend_jsonw *w);

#endif
