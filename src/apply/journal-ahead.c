/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/journal-ahead.h"

#include <fcntl.h>
#include <inttypes.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/num.h"

enum {
	AHEAD = 8, /* made together, so that few changes wait, and one sync of the folder serves
		      all */
	BLANK = 16384, /* room for three steps, see journal.c */
};

static const char prefix[] = ".ahead-";

bool lend_ahead_is(const char *name)
{
	return strncmp(name, prefix, sizeof(prefix) - 1) == 0;
}

/* ---- those that were written ---- */

static bool is_written(struct lend_writer *w, const char *path)
{
	lend_auto_fd int fd = -1;
	size_t len = 0;
	char first = '\0';

	return lend_write_open(w, path, O_RDONLY | O_NOFOLLOW, &fd, NULL) == 0 &&
	       lend_write_pread(w, fd, path, &first, 1, 0, &len, NULL) == 0 && len == 1 &&
	       first != '\0';
}

static int rescue(struct lend_writer *w, const char *path, struct lend_err *err)
{
	lend_auto_journal journal = { .fd = -1 };
	lend_auto_buf text = { 0 };
	uint64_t number;
	size_t len;

	if (lend_write_read(w, path, LEND_JOURNAL_BYTES_MAX, &text, err) != 0)
		return -1;
	len = lend_journal_whole_lines(lend_buf_text(&text), text.len);
	if (len == 0)
		return lend_write_unlink(w, path, err) < 0 ? -1 : 0;
	if (lend_journal_parse(lend_buf_text(&text), len, &journal, err) < 0)
		return lend_where(err, "the journal '%.200s'", path);
	if (!lend_parse_u64(journal.id, 10, &number))
		return lend_fail(err, LEND_E_FORMAT, "the journal '%.200s' has no number",
				 path);
	return lend_write_rename(w, path,
				 lend_arena_printf(&journal.arena, "%.*s/%" PRIu64 ".jsonl",
						   (int)(strrchr(path, '/') - path), path,
						   number),
				 false, err);
}

int lend_ahead_rescue(struct lend_writer *w, const struct lend_places *places, bool locked,
		      const char *const *paths, size_t n, struct lend_err *err)
{
	lend_auto_fd int lock = -1;
	int found = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_written(w, paths[i]))
			continue;
		/* Who is about to rename it has the lock. */
		if (!locked && lock < 0 && lend_journal_lock(w, places, &lock, err) < 0)
			return -1;
		if (is_written(w, paths[i]) && rescue(w, paths[i], err) < 0)
			return -1;
		found = 1;
	}
	return found;
}

/* ---- blank ones ---- */

static int make(struct lend_writer *w, const char *path, const char *temporary,
		struct lend_err *err)
{
	static const char zeros[BLANK];
	lend_auto_fd int fd = -1;
	bool named = false;

	if (lend_write_unnamed(w, path, temporary, &fd, &named, err) < 0)
		return -1;
	if (lend_write_bytes(w, fd, path, zeros, sizeof(zeros), 0, err) < 0 ||
	    lend_write_sync(w, fd, path, err) < 0 ||
	    lend_write_name(w, fd, named ? temporary : NULL, path, err) < 0) {
		if (named)
			(void)!lend_write_unlink(w, temporary, NULL);
		return -1;
	}
	return 0;
}

/* One is needed; that there are more of them is a matter of speed. */
static int make_some(struct lend_writer *w, const struct lend_places *places, uint64_t next,
		     struct lend_arena *arena, const char **ret_path, struct lend_err *err)
{
	/* One lend makes them at a time, so the name is free. */
	const char *temporary = lend_arena_printf(arena, "%s/journal/.new", places->state);

	*ret_path =
		lend_arena_printf(arena, "%s/journal/%s%" PRIu64, places->state, prefix, next);
	if (lend_write_unlink(w, temporary, err) < 0 || make(w, *ret_path, temporary, err) < 0)
		return -1;
	for (uint64_t i = 1; i < AHEAD; i++) {
		const char *path = lend_arena_printf(arena, "%s/journal/%s%" PRIu64,
						     places->state, prefix, next + i);

		if (make(w, path, temporary, NULL) < 0)
			break;
	}
	return lend_write_sync_folder(w, *ret_path, err);
}

/* As it was made: what a power cut left half written is in nobody's way. */
static bool is_blank(struct lend_writer *w, int fd, const char *path)
{
	char bytes[BLANK];
	size_t len = 0;

	if (lend_write_pread(w, fd, path, bytes, sizeof(bytes), 0, &len, NULL) < 0 ||
	    len != sizeof(bytes))
		return false;
	return bytes[0] == '\0' && memcmp(bytes, bytes + 1, sizeof(bytes) - 1) == 0;
}

static int open_blank(struct lend_writer *w, const char *path, int *ret_fd,
		      struct lend_err *err)
{
	if (lend_write_open(w, path, O_RDWR | O_NOFOLLOW, ret_fd, err) < 0)
		return -1;
	if (is_blank(w, *ret_fd, path))
		return 0;
	lend_close_fd(ret_fd);
	return 1;
}

int lend_ahead_take(struct lend_writer *w, const struct lend_places *places,
		    const char *const *paths, size_t n, uint64_t next, uint64_t room,
		    struct lend_arena *arena, const char **ret_path, int *ret_fd,
		    struct lend_err *err)
{
	lend_auto_fd int fd = -1;

	for (size_t i = 0; i < n && fd < 0; i++) {
		int r = open_blank(w, paths[i], &fd, err);

		if (r < 0 || (r > 0 && lend_write_unlink(w, paths[i], err) < 0))
			return -1;
		*ret_path = paths[i];
	}
	if (fd < 0 && (make_some(w, places, next, arena, ret_path, err) < 0 ||
		       lend_write_open(w, *ret_path, O_RDWR | O_NOFOLLOW, &fd, err) < 0))
		return -1;
	if (room > BLANK && lend_write_allocate(w, fd, *ret_path, 0, room, err) < 0)
		return -1;
	*ret_fd = lend_steal_fd(&fd);
	return 0;
}
