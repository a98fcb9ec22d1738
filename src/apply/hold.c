/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/hold.h"

#include <poll.h>

#include "base/err.h"
#include "base/num.h"
#include "io/alone.h"

/* Who only looks has it open for a moment. */
enum { LOOKS = 10, TICK_MS = 20 };

static unsigned int lock_of(const struct lend_file_id *id)
{
	const char *inode = strchr(id->text, '/') + 1;
	uint64_t number = 0;

	(void)!lend_parse_u64n(inode, strcspn(inode, "@"), 10, &number);
	return (unsigned int)(number % LEND_HOLD_LOCKS);
}

static int lock(struct lend_doing *doing, const char *path, const struct lend_file_id *id,
		struct lend_held *held, struct lend_err *err)
{
	unsigned int n = lock_of(id);
	int fd = -1, r = 1;

	if (doing->places == NULL || held->locks[n] != 0)
		return 0;
	for (int i = 0; i < LOOKS && r == 1; i++) {
		if (i > 0)
			(void)poll(NULL, 0, TICK_MS);
		r = lend_write_lock(doing->writer,
				    lend_arena_printf(doing->arena, "%s/lock/file-%u",
						      doing->places->state, n),
				    false, &fd, err);
	}
	if (r == 0)
		held->locks[n] = fd + 1;
	if (r == 1) {
		lend_hint(err, "wait for it to end");
		return lend_fail(err, LEND_E_REFUSED,
				 "another lend is giving '%.150s', or another file, away",
				 path);
	}
	return r;
}

void lend_held_done(struct lend_held *held)
{
	for (size_t i = 0; i < LEND_HOLD_LOCKS; i++) {
		int fd = held->locks[i] - 1;

		lend_close_fd(&fd);
		held->locks[i] = 0;
	}
}

int lend_hold(struct lend_doing *doing, const char *path, struct lend_held *held,
	      struct lend_err *err)
{
	struct lend_err ignored = { 0 };
	lend_auto_buf who = { 0 };
	struct lend_file_id id;

	if (lend_file_id_at(path, &id, &ignored) < 0)
		return 0;
	if (lock(doing, path, &id, held, err) < 0)
		return -1;
	for (int i = 0; i < LOOKS; i++) {
		lend_buf_reset(&who);
		if (lend_alone_look_through(path, &id, &who, &ignored) != LEND_ALONE_TAKEN)
			return 0;
		(void)poll(NULL, 0, TICK_MS);
	}
	lend_hint(err, "name another backing");
	return lend_fail(err, LEND_E_REFUSED, "'%.150s' is in use by %.100s", path,
			 lend_buf_text(&who));
}
