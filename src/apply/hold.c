/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/hold.h"

#include <poll.h>

#include "base/err.h"
#include "io/alone.h"

/* Who only looks has it open for a moment. */
enum { LOOKS = 10, TICK_MS = 20 };

static int lock(struct lend_doing *doing, const char *path, const struct lend_file_id *id,
		int *ret_lock, struct lend_err *err)
{
	const char *name;
	int r;

	if (doing->places == NULL)
		return 0;
	/* "8:1/131@...": when it was made is no matter while nobody can remove it unnoticed. */
	name = lend_arena_printf(doing->arena, "%s/lock/file-%.*s-%.*s", doing->places->state,
				 (int)strcspn(id->text, "/"), id->text,
				 (int)strcspn(strchr(id->text, '/') + 1, "@"),
				 strchr(id->text, '/') + 1);
	r = lend_write_lock(doing->writer, name, false, ret_lock, err);
	if (r == 1) {
		lend_hint(err, "wait for it to end");
		return lend_fail(err, LEND_E_REFUSED, "another lend is giving '%.150s' away",
				 path);
	}
	return r;
}

int lend_hold(struct lend_doing *doing, const char *path, int *ret_lock, struct lend_err *err)
{
	struct lend_err ignored = { 0 };
	lend_auto_fd int held = -1;
	lend_auto_buf who = { 0 };
	struct lend_file_id id;

	*ret_lock = -1;
	/* What is wrong with a file that cannot be opened, QEMU says. */
	if (lend_alone_look_through(path, &id, &who, &ignored) < 0)
		return 0;
	if (lock(doing, path, &id, &held, err) < 0)
		return -1;
	for (int i = 0; i < LOOKS; i++) {
		lend_buf_reset(&who);
		if (lend_alone_look_through(path, &id, &who, &ignored) != LEND_ALONE_TAKEN) {
			*ret_lock = lend_steal_fd(&held);
			return 0;
		}
		(void)poll(NULL, 0, TICK_MS);
	}
	lend_hint(err, "name another backing");
	return lend_fail(err, LEND_E_REFUSED, "'%.150s' is in use by %.100s", path,
			 lend_buf_text(&who));
}
