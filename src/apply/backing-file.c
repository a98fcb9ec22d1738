/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backing files: opened, made, named, removed.  What is inside: backing-look.c. */

#include "apply/backing-file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/statvfs.h>

#include "apply/claims.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/num.h"
#include "format/size.h"
#include "io/io.h"

enum {
	SECTOR = 512 /* of st_blocks */,
	NAME_KEPT = 200,
	LET_GO_MS = 2000,
	LET_GO_TICK_MS = 10,
};

static int pass_on(struct lend_err *err, const struct lend_err *why)
{
	if (err != NULL && err->code == LEND_OK)
		*err = *why;
	return -1;
}

/* ---- opened ---- */

int lend_backing_open(struct lend_writer *w, const char *path, int flags,
		      struct lend_backing *ret_backing, struct lend_err *err)
{
	struct lend_backing backing = { .path = path, .fd = -1 };
	struct lend_err why = { 0 };

	/* O_NONBLOCK: a pipe of that name shall not hold us. */
	if (lend_write_open(w, path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, &backing.fd,
			    &why) < 0) {
		if (why.os_errno == ENOENT || why.os_errno == ENOTDIR)
			return 1;
		if (why.os_errno == ELOOP)
			return lend_fail(err, LEND_E_REFUSED, "'%s' is a symbolic link", path);
		return pass_on(err, &why);
	}
	if (fstat(backing.fd, &backing.st) < 0)
		(void)lend_fail_errno(&why, "asking about '%s'", path);
	else if (!S_ISREG(backing.st.st_mode))
		(void)lend_fail(&why, LEND_E_REFUSED, "'%s' is no regular file", path);
	else if (lend_file_id_of(backing.fd, &backing.id, &why) == 0) {
		*ret_backing = backing;
		return 0;
	}
	lend_backing_close(&backing);
	return pass_on(err, &why);
}

int lend_backing_need(struct lend_writer *w, const char *path, int flags,
		      struct lend_backing *ret_backing, struct lend_err *err)
{
	int r = lend_backing_open(w, path, flags, ret_backing, err);

	if (r > 0)
		return lend_fail(err, LEND_E_STALE, "'%s' is gone", path);
	return r;
}

void lend_backing_close(struct lend_backing *backing)
{
	lend_close_fd(&backing->fd);
}

bool lend_backing_is_id(const struct lend_pairs *pairs, const char *key,
			const struct lend_backing *backing)
{
	const char *id = lend_pairs_get(pairs, key);

	return id == NULL || lend_file_id_same(id, backing->id.text);
}

const char *lend_backing_id_text(const struct lend_pairs *pairs, const char *key,
				 const struct lend_backing *backing)
{
	const char *id = lend_pairs_get(pairs, key);

	return id != NULL && lend_backing_is_id(pairs, key, backing) ? id : backing->id.text;
}

int lend_backing_need_id(const struct lend_pairs *pairs, const char *key,
			 const struct lend_backing *backing, struct lend_err *err)
{
	if (lend_backing_is_id(pairs, key, backing))
		return 0;
	lend_hint(err, "make the plan again");
	return lend_fail(err, LEND_E_STALE, "'%s' is another file than the one it was",
			 backing->path);
}

int lend_backing_hold(const struct lend_backing *backing, struct lend_alone *ret_alone,
		      struct lend_err *err)
{
	lend_auto_buf who = { 0 };
	int r = lend_alone_hold(backing->fd, ret_alone, &who, err);

	if (r != LEND_ALONE_TAKEN)
		return r;
	lend_hint(err, "stop what uses it first");
	return lend_fail(err, LEND_E_REFUSED, "'%s' is in use by %s", backing->path,
			 lend_buf_text(&who));
}

/* ---- made ---- */

const char *lend_backing_temporary(const struct lend_doing *doing, const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash == NULL ? 0 : (int)(slash + 1 - path);

	/* A name that long would be too long with more; the numbers are what counts. */
	return lend_arena_printf(doing->arena, "%.*s.%.*s.lend-%s-%zu", folder, path, NAME_KEPT,
				 path + folder, doing->journal, doing->index);
}

static int no_room(int fd, const char *path, uint64_t len, struct lend_err *err)
{
	lend_auto_buf need = { 0 }, missing = { 0 };
	struct statvfs fs;
	uint64_t room;

	lend_size_format(&need, len);
	if (fstatvfs(fd, &fs) < 0 || !lend_mul_u64(fs.f_bavail, fs.f_frsize, &room) ||
	    room >= len)
		return lend_fail(err, LEND_E_SYSTEM, "no room for %s at '%s'",
				 lend_buf_text(&need), path);
	lend_size_format(&missing, len - room);
	return lend_fail(err, LEND_E_SYSTEM, "no room for %s at '%s': %s are missing",
			 lend_buf_text(&need), path, lend_buf_text(&missing));
}

int lend_backing_reserve(struct lend_doing *doing, int fd, const char *path, uint64_t offset,
			 uint64_t len, struct lend_err *err)
{
	struct lend_err why = { 0 }, ignored = { 0 };
	struct stat st;

	if (lend_write_allocate(doing->writer, fd, path, offset, len, &why) < 0) {
		/* What is missing shows once that which was got is given back. */
		if (why.os_errno == ENOSPC &&
		    lend_write_truncate(doing->writer, fd, path, offset, &ignored) == 0)
			return no_room(fd, path, len, err);
		return pass_on(err, &why);
	}
	if (fstat(fd, &st) < 0)
		return lend_fail_errno(err, "asking about '%s'", path);
	/* 0: a file system that does not say. */
	if (st.st_blocks != 0 && (uint64_t)st.st_blocks * SECTOR < (offset + len) / 2) {
		lend_hint(err, "turn its compression off, or take another file system");
		return lend_fail(err, LEND_E_REFUSED,
				 "the file system of '%s' reserves no room for zeros", path);
	}
	return 0;
}

static int make(struct lend_doing *doing, const char *path, uint64_t size, bool blocks,
		struct lend_err *err)
{
	struct lend_file_id id;

	if (lend_write_unnamed(doing->writer, path, lend_backing_temporary(doing, path),
			       &doing->made.fd, &doing->made.named, err) < 0)
		return -1;
	doing->made.is = true;
	if (blocks && size > 0) {
		if (lend_backing_reserve(doing, doing->made.fd, path, 0, size, err) < 0)
			return -1;
	} else if (lend_write_truncate(doing->writer, doing->made.fd, path, size, err) < 0) {
		return -1;
	}
	if (lend_file_id_of(doing->made.fd, &id, err) < 0)
		return -1;
	lend_pairs_add(doing->arena, &doing->learned, "file", id.text);
	return 0;
}

int lend_backing_make(struct lend_doing *doing, const char *path, uint64_t size, bool blocks,
		      struct lend_err *err)
{
	struct lend_err why = { 0 }, ignored = { 0 };

	if (make(doing, path, size, blocks, &why) == 0)
		return 0;
	/* One that was there before is not ours to remove. */
	if (why.os_errno != EEXIST || doing->made.is)
		(void)!lend_backing_forget(doing, path, &ignored);
	return pass_on(err, &why);
}

int lend_backing_name(struct lend_doing *doing, const char *path, struct lend_err *err)
{
	struct lend_err why = { 0 };
	int r;

	if (!doing->made.is)
		return lend_fail(err, LEND_E_STALE, "'%s' was not prepared", path);
	r = lend_write_name(doing->writer, doing->made.fd,
			    doing->made.named ? lend_backing_temporary(doing, path) : NULL,
			    path, &why);
	if (r < 0) {
		/* Somebody else was faster: that file is theirs. */
		doing->refused = why.os_errno == EEXIST;
		return pass_on(err, &why);
	}
	r = lend_write_sync_folder(doing->writer, path, err);
	lend_made_close(&doing->made);
	return r;
}

int lend_backing_forget(struct lend_doing *doing, const char *path, struct lend_err *err)
{
	lend_made_close(&doing->made);
	if (lend_write_unlink(doing->writer, lend_backing_temporary(doing, path), err) < 0)
		return -1;
	return 0;
}

/* ---- steps ---- */

int lend_backing_arg(const struct lend_step *step, const char *key, uint64_t *ret_value,
		     struct lend_err *err)
{
	*ret_value = 0;
	if (lend_pairs_get(&step->args, key) == NULL)
		return 0;
	return lend_step_need_u64(step, key, ret_value, err);
}

bool lend_backing_is_discarded(const struct lend_doing *doing, const struct lend_step *step)
{
	for (size_t i = 0; i < doing->consent->n_discard; i++) {
		if (lend_step_is_called(step, doing->consent->discard[i]))
			return true;
	}
	return false;
}

int lend_backing_look(struct lend_doing *doing, const struct lend_step *step,
		      struct lend_state *ret_state, struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	struct lend_state state = { 0 };
	struct lend_label_area area;
	uint64_t label_bytes, size;
	int r;

	if (lend_backing_arg(step, "label-size", &label_bytes, err) < 0)
		return -1;
	r = lend_backing_open(doing->writer, step->name, O_RDONLY, &backing, err);
	if (r < 0)
		return -1;
	state.absent = r > 0;
	if (state.absent) {
		*ret_state = state;
		return 0;
	}
	size = (uint64_t)backing.st.st_size;
	lend_pairs_add_u64(doing->arena, &state.pairs, "size", size);
	if (label_bytes > 0 && label_bytes < size) {
		if (lend_label_area_read(doing, &backing, size, label_bytes, &area, err) < 0)
			return -1;
		if (lend_label_area_is_valid(&area))
			lend_pairs_add_u64(doing->arena, &state.pairs, "label-size",
					   label_bytes);
	}
	lend_pairs_add(doing->arena, &state.pairs, "file",
		       lend_backing_id_text(&doing->learned, "file", &backing));
	*ret_state = state;
	return 0;
}

int lend_backing_may_change(struct lend_doing *doing, const struct lend_step *step,
			    const struct lend_state *from, const struct lend_state *to,
			    const char **ret_why, struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	lend_auto_buf who = { 0 };
	struct lend_alone alone;
	int r;

	(void)from;
	(void)to;
	r = lend_backing_open(doing->writer, step->name, O_RDONLY, &backing, err);
	if (r != 0)
		return r > 0 ? 0 : -1;
	r = lend_alone_hold(backing.fd, &alone, &who, err);
	if (r != LEND_ALONE_TAKEN)
		return r;
	*ret_why = lend_arena_printf(doing->arena, "is in use by %s", lend_buf_text(&who));
	return LEND_WAIT;
}

int lend_backing_step_holds(struct lend_doing *doing, const struct lend_step *step,
			    const struct lend_backing *backing, const char **ret_why,
			    struct lend_err *err)
{
	uint64_t label_bytes;

	if (lend_backing_arg(step, "label-size", &label_bytes, err) < 0)
		return -1;
	return lend_backing_holds(doing, backing, label_bytes, ret_why, err);
}

/* QEMU says that a backend is gone, and closes its file a moment later (RCU). */
static int hold_alone(const struct lend_doing *doing, int fd, struct lend_alone *alone,
		      struct lend_buf *who, struct lend_err *err)
{
	int64_t deadline = lend_now_ms() + (doing->went_back ? LET_GO_MS : 0);
	int r;

	for (;;) {
		lend_buf_reset(who);
		r = lend_alone_hold(fd, alone, who, err);
		if (r != LEND_ALONE_TAKEN || lend_now_ms() >= deadline)
			return r;
		(void)poll(NULL, 0, LET_GO_TICK_MS);
	}
}

/* The record of another VM names it: without it that VM would not start again. */
static int find_claim(struct lend_doing *doing, const struct lend_step *step,
		      const char **ret_why, struct lend_err *err)
{
	const char *own = doing->plan == NULL ? NULL : doing->plan->vm;
	struct lend_claim *claims;
	size_t n;

	if (doing->places == NULL)
		return 0;
	if (lend_claims_find(doing->writer, doing->places, &step->name, 1, doing->arena,
			     &claims, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (own != NULL && strcmp(claims[i].vm, own) == 0)
			continue;
		*ret_why = lend_arena_printf(doing->arena, "is recorded for the VM %s, as %s",
					     claims[i].vm, claims[i].as);
		return LEND_KEEP;
	}
	return 0;
}

int lend_backing_may_go(struct lend_doing *doing, const struct lend_step *step,
			lend_step_holds *holds, const char **ret_why, struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	lend_auto_buf who = { 0 };
	struct lend_alone alone;
	int r;

	r = lend_backing_open(doing->writer, step->name, O_RDONLY, &backing, err);
	if (r != 0)
		return r > 0 ? 0 : -1;
	if (!lend_backing_is_id(&doing->learned, "file", &backing)) {
		*ret_why = "is another file than the one that was made";
		return LEND_KEEP;
	}
	r = hold_alone(doing, backing.fd, &alone, &who, err);
	if (r == LEND_ALONE_TAKEN) {
		*ret_why =
			lend_arena_printf(doing->arena, "is in use by %s", lend_buf_text(&who));
		return LEND_WAIT;
	}
	if (r < 0 || lend_backing_is_discarded(doing, step))
		return r;
	r = holds(doing, step, &backing, ret_why, err);
	return r != 0 ? r : find_claim(doing, step, ret_why, err);
}

int lend_backing_remove(struct lend_doing *doing, const struct lend_step *step,
			lend_step_holds *holds, struct lend_err *err)
{
	lend_auto_backing backing = { .fd = -1 };
	struct lend_alone alone;
	const char *why = NULL;
	int r;

	r = lend_backing_open(doing->writer, step->name, O_RDONLY, &backing, err);
	if (r != 0)
		return r > 0 ? 0 : -1;
	if (lend_backing_need_id(&doing->learned, "file", &backing, err) < 0 ||
	    lend_backing_hold(&backing, &alone, err) < 0)
		return -1;
	if (!lend_backing_is_discarded(doing, step)) {
		r = holds(doing, step, &backing, &why, err);
		if (r < 0)
			return -1;
		if (r == LEND_KEEP)
			return lend_fail(err, LEND_E_REFUSED, "'%s' %s", step->name, why);
	}
	if (!lend_alone_still(&alone))
		return lend_fail(err, LEND_E_REFUSED, "somebody is opening '%s'", step->name);
	if (lend_write_unlink(doing->writer, step->name, err) < 0)
		return -1;
	return lend_write_sync_folder(doing->writer, step->name, err);
}

int lend_backing_may(struct lend_doing *doing, const struct lend_step *step,
		     const struct lend_state *from, const struct lend_state *to,
		     const char **ret_why, struct lend_err *err)
{
	if (from->absent || !to->absent)
		return 0;
	return lend_backing_may_go(doing, step, lend_backing_step_holds, ret_why, err);
}

int lend_backing_set(struct lend_doing *doing, const struct lend_step *step,
		     const struct lend_state *from, const struct lend_state *to,
		     struct lend_err *err)
{
	if (from->absent && !to->absent)
		return lend_backing_name(doing, step->name, err);
	if (to->absent)
		return lend_backing_remove(doing, step, lend_backing_step_holds, err);
	return lend_fail(err, LEND_E_USAGE, "'%s' cannot be changed, only made and removed",
			 step->name);
}

int lend_backing_forget_step(struct lend_doing *doing, const struct lend_step *step,
			     struct lend_err *err)
{
	return lend_backing_forget(doing, step->name, err);
}
