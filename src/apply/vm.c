/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A QEMU of lend is known by a word of its command line, any other by its
 * process number and the socket it listens on.  Whatever is done with it,
 * it is first made sure that it is that one: numbers and paths are used again.
 */

#include "apply/vm.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/json.h"
#include "io/io.h"

enum { END_MS = 5000, PATIENCE_S = 60, ENDING_MS = 1000, ASK_AGAIN_MS = 1000, TICK_MS = 5 };

static const char *arg(const struct lend_step *step, const char *key)
{
	return lend_pairs_get(&step->args, key);
}

int64_t lend_vm_deadline(const struct lend_doing *doing, int64_t ms)
{
	int64_t deadline = lend_now_ms() + ms;

	return doing->deadline != 0 && doing->deadline < deadline ? doing->deadline : deadline;
}

int lend_vm_of_step(struct lend_doing *doing, const struct lend_step *step,
		    struct lend_vm_at *ret, struct lend_err *err)
{
	struct lend_vm_at vm = { .name = arg(step, "vm"),
				 .word = arg(step, "word"),
				 .agent = arg(step, "agent"),
				 .folder = arg(step, "folder"),
				 .patience_s = PATIENCE_S };
	uint64_t pid;

	if (vm.name == NULL)
		vm.name = step->name;
	if (lend_step_need(step, "monitor", &vm.monitor, err) < 0)
		return -1;
	if (arg(step, "patience-s") != NULL &&
	    lend_step_need_u64(step, "patience-s", &vm.patience_s, err) < 0)
		return -1;
	if (doing->consent != NULL && doing->consent->has_patience)
		vm.patience_s = doing->consent->patience_s;
	if (vm.word == NULL) {
		if (lend_step_need_u64(step, "pid", &pid, err) < 0)
			return -1;
		if (pid == 0 || pid > INT32_MAX)
			return lend_fail(err, LEND_E_FORMAT, "'pid' of the step is none");
		vm.pid = (pid_t)pid;
	} else if (vm.word[0] == '\0') {
		return lend_fail(err, LEND_E_FORMAT, "'word' of the step is empty");
	}
	*ret = vm;
	return 0;
}

/* Its process, as far as that is told without its monitor.  1: there is none. */
static int find(struct lend_doing *doing, struct lend_vm_at *vm, struct lend_err *err)
{
	if (vm->word != NULL)
		return lend_write_find(doing->writer, vm->word, &vm->pid, err);
	return lend_write_has_word(doing->writer, vm->pid, NULL) ? 0 : 1;
}

/* Nobody listens, or somebody else does: then it is not running, or something is wrong. */
static int not_there(struct lend_doing *doing, struct lend_vm_at *vm, pid_t peer,
		     struct lend_err *err)
{
	int r = find(doing, vm, err);

	if (r != 0)
		return r;
	if (peer != 0)
		return lend_fail(err, LEND_E_STALE,
				 "%s is process %ld, but process %ld listens at '%s'", vm->name,
				 (long)vm->pid, (long)peer, vm->monitor);
	return lend_fail(err, LEND_E_REMOTE, "%s runs, but nobody listens at its monitor '%s'",
			 vm->name, vm->monitor);
}

/* A port does not tell who listens. */
static int prove_tcp(struct lend_doing *doing, struct lend_vm_at *vm, struct lend_err *err)
{
	int r = find(doing, vm, err);

	if (r != 0)
		return r;
	r = lend_vm_holds_port(doing, vm->pid, vm->monitor, err);
	return r <= 0 ? r
		      : lend_fail(err, LEND_E_STALE,
				  "%s is process %ld, but another one listens at '%s'",
				  vm->name, (long)vm->pid, vm->monitor);
}

static int prove(struct lend_doing *doing, struct lend_vm_at *vm, pid_t peer,
		 struct lend_err *err)
{
	if (vm->word != NULL ? !lend_write_has_word(doing->writer, peer, vm->word)
			     : peer != vm->pid)
		return not_there(doing, vm, peer, err);
	vm->pid = peer;
	return 0;
}

/* It is connected to, or was to be.  One that is just ending still takes connections. */
static int broke(struct lend_doing *doing, struct lend_vm_at *vm, const struct lend_err *failed,
		 struct lend_err *err)
{
	if (find(doing, vm, NULL) == 1)
		return 1;
	if (err != NULL)
		*err = *failed;
	return -1;
}

int lend_vm_reach(struct lend_doing *doing, struct lend_vm_at *vm, struct lend_err *err)
{
	int64_t deadline = lend_vm_deadline(doing, LEND_VM_ASK_MS);
	struct lend_err failed = { 0 };
	pid_t peer = 0;
	int r = lend_write_peer(doing->writer, vm->monitor, deadline, &peer, &failed);

	if (r < 0 && (failed.os_errno == ENOENT || failed.os_errno == ECONNREFUSED))
		return not_there(doing, vm, 0, err);
	if (r < 0)
		return broke(doing, vm, &failed, err);
	/* Before a byte is said: who else listens there may not be meant for it. */
	r = r > 0 ? prove_tcp(doing, vm, err) : prove(doing, vm, peer, err);
	if (r != 0) {
		lend_write_hang_up(doing->writer);
		return r;
	}
	return lend_write_greet(doing->writer, vm->monitor, deadline, &failed) < 0
		       ? broke(doing, vm, &failed, err)
		       : 0;
}

bool lend_vm_may_stop(const struct lend_doing *doing, const struct lend_vm_at *vm)
{
	const struct lend_consent *consent = doing->consent;
	const char *name = lend_arena_printf(doing->arena, "stop:%s", vm->name);

	for (size_t i = 0; consent != NULL && i < consent->n_accept; i++) {
		if (strcmp(consent->accept[i], name) == 0)
			return true;
	}
	return false;
}

/* ---- stopping ---- */

/*
 * A channel that nobody in the guest has opened leads nowhere, and asking
 * would take seconds to find that out.
 */
static bool may_have_agent(struct lend_doing *doing, const struct lend_vm_at *vm)
{
	lend_auto_json struct lend_json *doc = NULL;
	lend_auto_buf reply = { 0 };
	const struct lend_json *list;

	if (vm->agent == NULL)
		return false;
	if (lend_write_tell(doing->writer, vm->monitor, "{\"execute\":\"query-chardev\"}",
			    false, lend_vm_deadline(doing, LEND_VM_ASK_MS), &reply, NULL) < 0 ||
	    lend_json_parse(lend_buf_text(&reply), reply.len, &doc, NULL) < 0)
		return true;
	list = lend_json_get(doc, "return");
	for (size_t i = 0; i < lend_json_count(list); i++) {
		const struct lend_json *chardev = lend_json_at(list, i);
		const char *file = lend_json_str(lend_json_get(chardev, "filename"));
		bool open;

		if (file != NULL && strstr(file, vm->agent) != NULL &&
		    lend_json_bool(lend_json_get(chardev, "frontend-open"), &open))
			return open;
	}
	return true;
}

static bool ask_agent(struct lend_doing *doing, const struct lend_vm_at *vm)
{
	struct lend_err ignored = { 0 };

	return may_have_agent(doing, vm) &&
	       lend_write_tell_agent(doing->writer, vm->agent, vm->pid,
				     "{\"execute\":\"guest-shutdown\"}",
				     lend_vm_deadline(doing, LEND_VM_ASK_MS), &ignored) == 0;
}

static int press_button(struct lend_doing *doing, const struct lend_vm_at *vm,
			struct lend_err *err)
{
	return lend_write_tell(doing->writer, vm->monitor, "{\"execute\":\"system_powerdown\"}",
			       true, lend_vm_deadline(doing, LEND_VM_ASK_MS), NULL, err);
}

static bool is_gone(struct lend_doing *doing, const struct lend_vm_at *vm, uint64_t ms)
{
	return lend_write_wait(doing->writer, vm->pid, vm->word,
			       lend_vm_deadline(doing, (int64_t)ms));
}

/*
 * By the agent, which also works where nobody listens to the power button;
 * when that is not there yet it is looked for again, since a guest that still
 * boots does not hear the button.  When half the time has passed, by the
 * button in any case.  0: it has ended, 1: it runs on.
 */
static int shut_down(struct lend_doing *doing, const struct lend_vm_at *vm,
		     struct lend_err *err)
{
	uint64_t ms = vm->patience_s > INT32_MAX / 1000 ? INT32_MAX : vm->patience_s * 1000;
	int64_t half = lend_vm_deadline(doing, (int64_t)ms / 2);
	int64_t end = lend_vm_deadline(doing, (int64_t)ms);
	bool asked = false, pressed = false;

	for (;;) {
		int64_t left, tick;

		asked = asked || ask_agent(doing, vm);
		if (asked && is_gone(doing, vm, 0))
			return 0;
		if (!pressed && (!asked || lend_now_ms() >= half)) {
			if (press_button(doing, vm, err) < 0)
				/* It may have ended by itself. */
				return is_gone(doing, vm, 0) ? 0 : -1;
			pressed = true;
		}
		left = end - lend_now_ms();
		tick = left < ASK_AGAIN_MS ? left : ASK_AGAIN_MS;
		if (is_gone(doing, vm, tick > 0 ? (uint64_t)tick : 0))
			return 0;
		if (left <= 0)
			return 1;
	}
}

/* QEMU writes back what it has cached when it is told to quit, or terminated. */
static int end(struct lend_doing *doing, const struct lend_vm_at *vm, struct lend_err *err)
{
	static const int signals[] = { SIGTERM, SIGKILL };
	struct lend_err ignored = { 0 };

	(void)!lend_write_tell(doing->writer, vm->monitor, "{\"execute\":\"quit\"}", true,
			       lend_vm_deadline(doing, END_MS), NULL, &ignored);
	for (size_t i = 0; i < LEND_COUNT(signals) && !is_gone(doing, vm, END_MS); i++) {
		if (vm->word == NULL)
			break;
		if (lend_write_signal(doing->writer, vm->pid, vm->word, signals[i], err) < 0)
			return -1;
	}
	if (is_gone(doing, vm, END_MS))
		return 0;
	return lend_fail(err, LEND_E_SYSTEM, "%s (process %ld) does not end", vm->name,
			 (long)vm->pid);
}

static int stop(struct lend_doing *doing, struct lend_vm_at *vm, struct lend_err *err)
{
	const char *consent = lend_arena_printf(doing->arena, "kill:%s", vm->name);
	struct lend_err why = { 0 };
	int r = lend_vm_reach(doing, vm, &why);

	if (r < 0 && why.code == LEND_E_STALE) {
		*err = why;
		return -1;
	}
	/* A monitor that does not answer can be somebody else's, or QEMU hangs. */
	if (r < 0)
		r = find(doing, vm, err) == 1 ? 1 : -1;
	if (r == 1)
		return 0;
	if (r == 0) {
		r = shut_down(doing, vm, &why);
		if (r == 0)
			return 0;
	}
	if (lend_consent_given(doing, consent,
			       lend_arena_printf(doing->arena,
						 "%s does not shut down: end QEMU, as if "
						 "its power failed",
						 vm->name),
			       NULL) == 0)
		return end(doing, vm, err);
	lend_hint(err,
		  "shut it down from inside, or end it as if its power failed: "
		  "--accept %s",
		  consent);
	if (r < 0)
		return lend_fail(err, LEND_E_REFUSED, "%s cannot be asked to shut down: %s",
				 vm->name, why.what);
	return lend_fail(err, LEND_E_REFUSED, "%s did not shut down within %llu s, and runs on",
			 vm->name, (unsigned long long)vm->patience_s);
}

int lend_vm_stop(struct lend_doing *doing, struct lend_vm_at *vm, struct lend_err *err)
{
	if (stop(doing, vm, err) < 0)
		return -1;
	lend_write_hang_up(doing->writer);
	return lend_vm_clean(doing, vm, err);
}

/* ---- cleaning up ---- */

/* A process that is just ending listens until its last moment. */
static bool somebody_listens(struct lend_doing *doing, const char *path)
{
	int64_t deadline = lend_now_ms() + ENDING_MS;

	while (lend_write_listens(doing->writer, path)) {
		if (lend_now_ms() >= deadline)
			return true;
		(void)poll(NULL, 0, TICK_MS);
	}
	return false;
}

static int remove_socket(struct lend_doing *doing, const char *path, struct lend_err *err)
{
	struct stat st;
	int r;

	if (path == NULL || path[0] != '/')
		return 0;
	r = lend_write_stat(doing->writer, path, &st, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (!S_ISSOCK(st.st_mode))
		return lend_fail(err, LEND_E_STALE, "'%s' is there, and is no socket", path);
	if (somebody_listens(doing, path))
		return lend_fail(err, LEND_E_STALE, "somebody listens on '%s'", path);
	return lend_write_unlink(doing->writer, path, err) < 0 ? -1 : 0;
}

/* Sockets for people: a console, a second monitor. */
static int remove_others(struct lend_doing *doing, const char *folder, struct lend_err *err)
{
	const char **names;
	size_t n;

	if (lend_write_names(doing->writer, folder, doing->arena, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *path = lend_arena_printf(doing->arena, "%s/%s", folder, names[i]);
		struct stat st;

		if (lend_write_stat(doing->writer, path, &st, NULL) == 0 &&
		    S_ISSOCK(st.st_mode) && remove_socket(doing, path, err) < 0)
			return -1;
	}
	return 0;
}

int lend_vm_clean(struct lend_doing *doing, const struct lend_vm_at *vm, struct lend_err *err)
{
	struct stat st;

	/* Those of others are none of ours. */
	if (vm->folder == NULL || lend_write_stat(doing->writer, vm->folder, &st, NULL) != 0)
		return 0;
	if (remove_socket(doing, vm->monitor, err) < 0 ||
	    remove_socket(doing, vm->agent, err) < 0 ||
	    remove_others(doing, vm->folder, err) < 0)
		return -1;
	return lend_write_rmdir(doing->writer, vm->folder, err) < 0 ? -1 : 0;
}
