/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Blank journals, made ahead: .ahead-N, full of zeros, synced, with their names.
 *
 * A new file costs two commits of its file system, one for what is in it and
 * one for its name; writing over blocks that are there costs neither.  So a
 * journal is written into a blank one, synced, and then renamed.  That name is
 * not synced: after a power cut the journal may still be called .ahead-N, and
 * whoever lists journals gives it its name back.  One whose first line has no
 * end was never synced, so nothing was done for it, and it goes.
 */

#ifndef LEND_APPLY_JOURNAL_AHEAD_H
#define LEND_APPLY_JOURNAL_AHEAD_H

#include "apply/journal.h"

/* The name of one. */
bool lend_ahead_is(const char *name);

/*
 * Names the journals among these paths; the lock of journals is taken only
 * when there is one, and when the caller has it not.  1: the names in the
 * folder are no longer the same.
 */
int lend_ahead_rescue(struct lend_writer *w, const struct lend_places *places, bool locked,
		      const char *const *paths, size_t n, struct lend_err *err) LEND_MUST_CHECK;

/*
 * A blank one of these, open and with room for that many bytes; makes some
 * when there is none, numbered from next on.  Lock first.  The path is the
 * arena's, or one of paths.
 */
int lend_ahead_take(struct lend_writer *w, const struct lend_places *places,
		    const char *const *paths, size_t n, uint64_t next, uint64_t room,
		    struct lend_arena *arena, const char **ret_path, int *ret_fd,
		    struct lend_err *err) LEND_MUST_CHECK;

#endif
