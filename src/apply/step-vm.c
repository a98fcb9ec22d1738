/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vm: a QEMU that runs, found by one word of its command line.
 *
 * Cut while it starts, it runs or it does not: it is executed by one call.
 * Its folder and old sockets may be left; the next start, or forget, takes
 * them away.  A QEMU that does not come up is ended, with what it said.
 *
 * Its logs stay when there is a word in them: who asks why a guest crashed asks
 * later.  But for the one line that the error has told already.
 */

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "apply/hold.h"
#include "apply/qemu-said.h"
#include "apply/vm.h"
#include "base/auto.h"
#include "base/err.h"
#include "format/qemu-opts.h"
#include "io/io.h"

enum {
	START_MS = 300000, /* it may have to fill its memory first */
	TICK_MS = 10,
	END_MS = 5000,
	LOG_TAIL = 4096,
	WORDS_MAX = 4096,
};

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	struct lend_vm_at vm;
	int r;

	if (lend_vm_of_step(doing, step, &vm, err) < 0)
		return -1;
	if (vm.word == NULL)
		return lend_fail(err, LEND_E_FORMAT, "the step does not say 'word'");
	r = lend_write_find(doing->writer, vm.word, &vm.pid, err);
	if (r < 0)
		return -1;
	*ret_state = (struct lend_state){ .absent = r == 1 };
	if (r == 0)
		lend_pairs_add(doing->arena, &ret_state->pairs, "runs", "yes");
	return 0;
}

/* ---- starting ---- */

struct start {
	struct lend_doing *doing;
	struct lend_vm_at vm;
	const char *log;
	uint64_t log_from; /* what stood there before is of another one */
	bool said_all;     /* the log has nothing but what the error says */
};

static const char *folder_of(struct lend_doing *doing, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return "/";
	return lend_arena_strndup(doing->arena, path, (size_t)(slash - path));
}

static int make_room(struct start *s, struct lend_err *err)
{
	struct lend_writer *w = s->doing->writer;
	struct stat st;
	int r;

	/* What an earlier one left, that was killed. */
	if (lend_vm_clean(s->doing, &s->vm, err) < 0)
		return -1;
	if (s->vm.folder != NULL && lend_write_mkdir(w, s->vm.folder, err) < 0)
		return -1;
	if (lend_write_mkdir(w, folder_of(s->doing, s->log), err) < 0)
		return -1;
	r = lend_write_stat(w, s->log, &st, err);
	s->log_from = r == 0 ? (uint64_t)st.st_size : 0;
	return r < 0 ? -1 : 0;
}

/* The end of what it wrote since it was started. */
static void read_log(struct start *s, struct lend_buf *out)
{
	struct lend_writer *w = s->doing->writer;
	uint64_t from = s->log_from;
	lend_auto_fd int fd = -1;
	struct stat st;
	char *room;
	size_t len;

	if (lend_write_stat(w, s->log, &st, NULL) != 0 ||
	    lend_write_open(w, s->log, O_RDONLY | O_NONBLOCK, &fd, NULL) < 0)
		return;
	if ((uint64_t)st.st_size > from + LOG_TAIL)
		from = (uint64_t)st.st_size - LOG_TAIL;
	room = lend_buf_room(out, LOG_TAIL + 1);
	if (lend_write_pread(w, fd, s->log, room, LOG_TAIL, from, &len, NULL) == 0) {
		out->len = len;
		room[len] = '\0';
	}
}

static bool is_one_line(const struct lend_buf *log)
{
	const char *end = strchr(lend_buf_text(log), '\n');

	return log->len < LOG_TAIL && end != NULL && end[1] == '\0';
}

static int say_why(struct start *s, struct lend_err *err)
{
	lend_auto_buf log = { 0 };
	lend_auto_buf line = { 0 };
	const char *hint;

	read_log(s, &log);
	if (!lend_qemu_last_word(lend_buf_text(&log), log.len, &line))
		return lend_fail(err, LEND_E_REMOTE,
				 "QEMU ended at once, and said nothing of why in '%s'", s->log);
	hint = lend_qemu_hint(line.text);
	s->said_all = s->log_from == 0 && is_one_line(&log);
	if (hint != NULL)
		lend_hint(err, "%s", hint);
	else if (!s->said_all)
		lend_hint(err, "all it said is in %s", s->log);
	return lend_fail(err, LEND_E_REMOTE, "QEMU says: %s", line.text);
}

/* Until its monitor answers: then all its devices are made. */
static int wait_until_up(struct start *s, struct lend_err *err)
{
	struct lend_writer *w = s->doing->writer;
	int64_t deadline = lend_vm_deadline(s->doing, START_MS);
	int r = lend_write_find(w, s->vm.word, &s->vm.pid, err);

	if (r != 0)
		return r < 0 ? -1 : say_why(s, err);
	for (;;) {
		struct lend_err failed = { 0 };

		if (lend_vm_reach(s->doing, &s->vm, &failed) == 0)
			return 0;
		if (lend_write_wait(w, s->vm.pid, s->vm.word, lend_now_ms() + TICK_MS))
			return say_why(s, err);
		if (lend_now_ms() >= deadline)
			return lend_fail(err, LEND_E_REMOTE,
					 "QEMU runs, but its monitor does not answer: %s",
					 failed.what);
	}
}

/* Nothing has run in that guest yet. */
static void end(struct start *s)
{
	struct lend_writer *w = s->doing->writer;
	struct lend_err ignored = { 0 };

	lend_write_hang_up(w);
	if (lend_write_find(w, s->vm.word, &s->vm.pid, &ignored) == 0 &&
	    lend_write_signal(w, s->vm.pid, s->vm.word, SIGKILL, &ignored) == 0)
		(void)lend_write_wait(w, s->vm.pid, s->vm.word, lend_now_ms() + END_MS);
	(void)!lend_vm_clean(s->doing, &s->vm, &ignored);
	if (s->said_all)
		(void)!lend_write_unlink(w, s->log, &ignored);
}

static const char **words_of(struct lend_doing *doing, const struct lend_step *step)
{
	const char **words = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < step->args.n && n < WORDS_MAX; i++) {
		if (strcmp(step->args.items[i].key, "argv") == 0)
			*LEND_PUSH(doing->arena, words, n, cap) = step->args.items[i].value;
	}
	if (n == 0)
		return NULL;
	*LEND_PUSH(doing->arena, words, n, cap) = NULL;
	return words;
}

/* One that is not found again could be started, but never be stopped. */
static bool has_word(const char *const *words, const char *word)
{
	for (; *words != NULL; words++) {
		if (strcmp(*words, word) == 0)
			return true;
	}
	return false;
}

/* Of -object memory-backend-file,...; NULL: it is none, or has no file. */
static const char *backing_of(struct lend_doing *doing, const char *option, const char *value)
{
	struct lend_qemu_opts opts;

	if (strcmp(option, "-object") != 0 ||
	    lend_qemu_opts_parse(doing->arena, value, "qom-type", &opts, NULL) < 0)
		return NULL;
	return lend_qemu_opts_get(&opts, "mem-path");
}

static int hold_all(struct lend_doing *doing, const char *const *words, struct lend_held *held,
		    struct lend_err *err)
{
	for (; words[0] != NULL && words[1] != NULL; words++) {
		const char *path = backing_of(doing, words[0], words[1]);

		if (path != NULL && lend_hold(doing, path, held, err) < 0)
			return -1;
	}
	return 0;
}

static int start(struct lend_doing *doing, const struct lend_step *step,
		 const struct lend_vm_at *vm, struct lend_err *err)
{
	lend_auto_held held = { 0 };
	struct start s = { .doing = doing, .vm = *vm };
	const char **words = words_of(doing, step);

	if (words == NULL)
		return lend_fail(err, LEND_E_FORMAT, "the step does not say 'argv'");
	if (!has_word(words, vm->word))
		return lend_fail(err, LEND_E_FORMAT, "'word' is not in the command line");
	if (lend_step_need(step, "log", &s.log, err) < 0)
		return -1;
	if (hold_all(doing, words, &held, err) < 0)
		return -1;
	if (make_room(&s, err) == 0 &&
	    lend_write_start(doing->writer, words, s.log, err) == 0 &&
	    wait_until_up(&s, err) == 0)
		return 0;
	end(&s);
	return -1;
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	struct lend_vm_at vm;

	if (lend_vm_of_step(doing, step, &vm, err) < 0)
		return -1;
	if (from->absent == to->absent)
		return 0;
	return to->absent ? lend_vm_stop(doing, &vm, err) : start(doing, step, &vm, err);
}

static bool is_log(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".log") == 0;
}

/* That of QEMU, and that of its guest's console. */
static int remove_blank_logs(struct lend_doing *doing, const struct lend_step *step,
			     struct lend_err *err)
{
	const char *log = lend_pairs_get(&step->args, "log");
	const char **names = NULL;
	const char *folder;
	size_t n = 0;

	if (log == NULL)
		return 0;
	folder = folder_of(doing, log);
	if (lend_write_names(doing->writer, folder, doing->arena, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *path = lend_arena_printf(doing->arena, "%s/%s", folder, names[i]);
		struct stat st;

		if (is_log(names[i]) && lend_write_stat(doing->writer, path, &st, NULL) == 0 &&
		    S_ISREG(st.st_mode) && st.st_size == 0 &&
		    lend_write_unlink(doing->writer, path, err) < 0)
			return -1;
	}
	return 0;
}

static int forget(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	struct lend_vm_at vm;
	int r;

	if (lend_vm_of_step(doing, step, &vm, err) < 0)
		return -1;
	r = lend_write_find(doing->writer, vm.word, &vm.pid, err);
	if (r == 1 && lend_vm_clean(doing, &vm, err) == 0)
		return remove_blank_logs(doing, step, err);
	return r == 0 ? 0 : -1;
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	struct lend_vm_at vm;

	(void)from;
	(void)ret_why;
	if (!to->absent)
		return 0;
	if (lend_vm_of_step(doing, step, &vm, err) < 0)
		return -1;
	return lend_consent_given(
		doing, lend_arena_printf(doing->arena, "stop:%s", vm.name),
		lend_arena_printf(doing->arena, "stop %s, which runs", vm.name), err);
}

const struct lend_step_kind lend_step_vm = {
	.name = "vm",
	.does = "start or stop the QEMU of a VM",
	.look = look,
	.set = set,
	.forget = forget,
	.may = may,
};
