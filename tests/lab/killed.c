/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kill -9 of lend and of QEMU at many points of apply and attach: what is left
 * can be taken back or gone on with, and then all is as before.  Two lends at
 * once; a terminal that goes away.
 *
 * The machines have no disk and sit in their firmware, which cannot be shut
 * down: their plans say that nobody waits for that.
 */

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "lent.h"

enum {
	CUTS = 20, /* of lend, spread over the time it takes */
	ENDS = 10, /* of QEMU */
	PAIRS = 6, /* of lends at once */
	DATA_AT = 3 * 1024 * 1024,
	SETTLE_MS = 10000,
};

struct killed {
	struct lent l;
	char stop[32], kill[32];
	char apply_plan[LAB_PATH_MAX], attach_plan[LAB_PATH_MAX];
	int64_t apply_us, attach_us, undo_us; /* how long they take */
	unsigned int n, nothing, half, ran;
};

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void sleep_us(int64_t us)
{
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	(void)nanosleep(&t, NULL);
}

/* ---- plans ---- */

/* A guest that has no system is not waited for: patience-s in each step that may stop it. */
static int write_plan(struct killed *k, const struct lend_buf *plan, const char *name,
		      struct lend_err *err)
{
	static const char word[] = "[\"word\",";
	lend_auto_buf out = { 0 };
	const char *from = lend_buf_text(plan);
	const char *at;

	while ((at = strstr(from, word)) != NULL) {
		lend_buf_put(&out, from, (size_t)(at - from));
		lend_buf_puts(&out, "[\"patience-s\",\"0\"],\n    [\"word\",");
		from = at + strlen(word);
	}
	lend_buf_puts(&out, from);
	return lent_write(&k->l, name, &out, err);
}

static int plan_apply(struct killed *k, struct lend_err *err)
{
	lend_auto_buf wish = { 0 };
	lend_auto_buf plan = { 0 };
	int status;

	lend_buf_printf(&wish,
			"vm: %s\nmemory: 64 MiB\naccel: %s\nroom: {slots: 1, memory: 256 MiB}\n"
			"pmem:\n  - name: log\n    size: 128 MiB\n    backing: %s\n",
			k->l.name, k->l.lab->accel, lent_path(&k->l, "log.img"));
	if (lent_write(&k->l, "vm.yaml", &wish, err) < 0 ||
	    lab_lend(k->l.lab,
		     (const char *const[]){ "plan", "--json", "--state-dir", k->l.state,
					    lent_path(&k->l, "vm.yaml"), NULL },
		     &plan, &status, err) != 0)
		return lend_where(err, "lend plan");
	(void)snprintf(k->apply_plan, sizeof(k->apply_plan), "%s",
		       lent_path(&k->l, "apply.plan"));
	return write_plan(k, &plan, "apply.plan", err);
}

/* While the VM runs. */
static int plan_attach(struct killed *k, struct lend_err *err)
{
	lend_auto_buf plan = { 0 };
	char pmem[LAB_PATH_MAX + 64];
	int status;

	(void)snprintf(pmem, sizeof(pmem), "name=more,size=128MiB,backing=%s",
		       lent_path(&k->l, "more.img"));
	if (lab_lend(k->l.lab,
		     (const char *const[]){ "attach", k->l.name, "--pmem", pmem, "--plan",
					    "--json", "--state-dir", k->l.state, NULL },
		     &plan, &status, err) != 0)
		return lend_where(err, "lend attach --plan");
	(void)snprintf(k->attach_plan, sizeof(k->attach_plan), "%s",
		       lent_path(&k->l, "attach.plan"));
	return write_plan(k, &plan, "attach.plan", err);
}

/* ---- back ---- */

/* One that is only just being started holds the lock until it is executed. */
static int back(struct killed *k, struct lend_err *err)
{
	int64_t deadline = lab_in(SETTLE_MS);
	int r;

	do {
		r = lent_run(&k->l, err, "undo", k->l.name, "--accept", k->stop, "--accept",
			     k->kill);
	} while (r == 1 && lend_now_ms() < deadline &&
		 strstr(lend_buf_text(&k->l.said), "another lend is at work") != NULL);
	return r;
}

static bool nothing_to_take_back(const struct killed *k)
{
	return strstr(lend_buf_text(&k->l.said), "there is nothing of") != NULL;
}

/* Taken back, or nothing was there; then all is as before. */
static int check_back(struct killed *k, bool *ret_good, struct lend_err *err)
{
	int r = back(k, err);

	if (r < 0)
		return -1;
	*ret_good = r == 0 || (r == 2 && nothing_to_take_back(k));
	if (!*ret_good)
		lab_note("lend undo: %d, %s", r, lend_buf_text(&k->l.said));
	*ret_good = lent_is_clean(&k->l) && *ret_good;
	lent_kill(&k->l);
	return 0;
}

static int go_on(struct killed *k, bool *ret_good, struct lend_err *err)
{
	int64_t deadline = lab_in(SETTLE_MS);
	int r;

	do {
		r = lent_run(&k->l, err, "apply", "--continue");
	} while (r == 1 && lend_now_ms() < deadline &&
		 strstr(lend_buf_text(&k->l.said), "another lend is at work") != NULL);
	if (r < 0)
		return -1;
	*ret_good = r == 0;
	if (r == 2 && strstr(lend_buf_text(&k->l.said), "no journal has stopped") != NULL) {
		*ret_good = true;
		return 0;
	}
	if (r != 0) {
		lab_note("lend apply --continue: %d, %s", r, lend_buf_text(&k->l.said));
		return 0;
	}
	k->half++;
	r = lent_run(&k->l, err, "status");
	if (r != 0)
		lab_note("lend status after --continue: %d, %s", r, lend_buf_text(&k->l.said));
	*ret_good = r == 0;
	return r < 0 ? -1 : 0;
}

/* ---- lend is killed ---- */

static int timed(struct killed *k, const char *plan, int64_t *ret_us, struct lend_err *err)
{
	int64_t began = now_us();
	int r = lent_run(&k->l, err, "apply", "--yes", plan);

	*ret_us = now_us() - began;
	if (r > 0)
		return lend_fail(err, LEND_E_REMOTE, "%s could not be done: %.300s", plan,
				 lend_buf_text(&k->l.said));
	return r;
}

static int cut(struct killed *k, const char *const *words, int64_t us, struct lend_err *err)
{
	struct lab_child child;

	if (lent_start(&k->l, words, "said", &child, err) < 0)
		return -1;
	sleep_us(us);
	lab_child_stop(&child, 0);
	k->n++;
	k->ran += lent_find(&k->l, &(pid_t){ 0 }, 1) > 0;
	return 0;
}

/* Denser at the beginning: the machine may be less busy now than when it was timed. */
static int64_t when(int64_t whole, unsigned int i)
{
	return whole * i * i / ((CUTS - 1) * (CUTS - 1));
}

static int cut_once(struct killed *k, bool attach, unsigned int i, bool *ret_good,
		    struct lend_err *err)
{
	const char *plan = attach ? k->attach_plan : k->apply_plan;
	const char *const words[] = { "apply", "--yes", plan, NULL };
	int64_t whole = attach ? k->attach_us : k->apply_us;
	bool went_on = true;
	int64_t us;

	if (attach && timed(k, k->apply_plan, &us, err) < 0)
		return -1;
	if (cut(k, words, when(whole, i), err) < 0)
		return -1;
	if (i % 2 == 1 && go_on(k, &went_on, err) < 0)
		return -1;
	if (check_back(k, ret_good, err) < 0)
		return -1;
	k->nothing += !attach && nothing_to_take_back(k);
	*ret_good = *ret_good && went_on;
	return 0;
}

static int cut_all(struct killed *k, bool attach, struct lend_err *err)
{
	const char *what = attach ? "attach" : "apply";
	int64_t whole = attach ? k->attach_us : k->apply_us;

	k->n = k->nothing = k->half = k->ran = 0;
	for (unsigned int i = 0; i < CUTS; i++) {
		bool good = false;

		if (cut_once(k, attach, i, &good, err) < 0)
			return lend_where(err, "lend %s killed after %lld us", what,
					  (long long)(when(whole, i)));
		if (!lab_ok(k->l.tap, good, "lend %s killed at %u of %u: as before", what,
			    i + 1, CUTS))
			return lend_fail(err, LEND_E_REMOTE, "what is left is in the way");
	}
	lab_note("%s takes %lld us; killed %u times: %u before its journal, %u with a QEMU "
		 "that ran, %u gone on with",
		 what, (long long)whole, k->n, k->nothing, k->ran, k->half);
	return 0;
}

/* In the way back: the next one finds the rest. */
static int cut_undo(struct killed *k, struct lend_err *err)
{
	const char *const words[] = { "undo",     k->l.name, "--accept", k->stop,
				      "--accept", k->kill,   NULL };

	k->n = k->ran = 0;
	for (unsigned int i = 0; i < CUTS; i += 2) {
		bool good = false;
		int64_t us;

		if (timed(k, k->apply_plan, &us, err) < 0 ||
		    timed(k, k->attach_plan, &us, err) < 0 ||
		    cut(k, words, when(k->undo_us, i), err) < 0 ||
		    check_back(k, &good, err) < 0)
			return lend_where(err, "lend undo killed");
		if (!lab_ok(k->l.tap, good, "lend undo killed at %u of %u: as before",
			    i / 2 + 1, CUTS / 2))
			return lend_fail(err, LEND_E_REMOTE, "what is left is in the way");
	}
	lab_note("undo takes %lld us; killed %u times, %u with a QEMU that ran",
		 (long long)k->undo_us, k->n, k->ran);
	return 0;
}

/* ---- QEMU is killed ---- */

/* While it is attached to: an error or done, then stopped, then all back. */
static int end_in_attach(struct killed *k, unsigned int i, bool *ret_good, struct lend_err *err)
{
	const char *const words[] = { "apply", "--yes", k->attach_plan, NULL };
	struct lab_child child;
	int64_t us;
	int status, r;

	if (timed(k, k->apply_plan, &us, err) < 0 ||
	    lent_start(&k->l, words, "said", &child, err) < 0)
		return -1;
	sleep_us(k->attach_us * i * i / (ENDS * ENDS));
	lent_kill(&k->l);
	if (lent_wait(&k->l, &child, "said", &status, err) < 0)
		return -1;
	r = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	*ret_good = r >= 0 && r <= 3;
	k->half += r == 2 || r == 3;
	k->n++;
	if (r < 0 || r == 1)
		lab_note("lend attach: %d, %s", r, lend_buf_text(&k->l.said));
	if (r > 0 && strstr(lend_buf_text(&k->l.said), "lend: ") == NULL)
		*ret_good = false;
	r = lent_run(&k->l, err, "status");
	if (r < 0)
		return -1;
	if (r != 1 || strstr(lend_buf_text(&k->l.said), "stopped") == NULL) {
		lab_note("lend status: %d, %s", r, lend_buf_text(&k->l.said));
		*ret_good = false;
	}
	r = lent_run(&k->l, err, "undo", k->l.name);
	if (r != 0)
		lab_note("lend undo: %d, %s", r, lend_buf_text(&k->l.said));
	*ret_good = *ret_good && r == 0 && lent_is_clean(&k->l);
	return r < 0 ? -1 : 0;
}

/* As soon as it is there, or a little later: lend says so and takes back, or was done. */
static int end_in_apply(struct killed *k, unsigned int i, bool *ret_good, struct lend_err *err)
{
	const char *const words[] = { "apply", "--yes", k->apply_plan, NULL };
	int64_t deadline = lab_in(SETTLE_MS);
	struct lab_child child;
	pid_t pid;
	int status, r;

	if (lent_start(&k->l, words, "said", &child, err) < 0)
		return -1;
	while (lent_find(&k->l, &pid, 1) == 0 && lend_now_ms() < deadline)
		sleep_us(500);
	sleep_us((int64_t)i * k->apply_us / ENDS / 2);
	lent_kill(&k->l);
	if (lent_wait(&k->l, &child, "said", &status, err) < 0)
		return -1;
	r = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	k->n++;
	k->half += r == 2;
	*ret_good = r == 0 || (r == 2 && lent_is_clean(&k->l));
	if (!*ret_good)
		lab_note("lend apply: %d, %s", r, lend_buf_text(&k->l.said));
	if (r == 2)
		return 0;
	r = lent_run(&k->l, err, "undo", k->l.name);
	*ret_good = *ret_good && r == 0 && lent_is_clean(&k->l);
	return r < 0 ? -1 : 0;
}

static int end_all(struct killed *k, bool attach, struct lend_err *err)
{
	const char *what = attach ? "attach" : "apply";

	k->n = k->half = 0;
	for (unsigned int i = 0; i < ENDS; i++) {
		bool good = false;

		if ((attach ? end_in_attach : end_in_apply)(k, i, &good, err) < 0)
			return lend_where(err, "QEMU killed while lend %s", what);
		if (!lab_ok(k->l.tap, good,
			    "QEMU killed at %u of %u of lend %s: said, taken back", i + 1, ENDS,
			    what))
			return lend_fail(err, LEND_E_REMOTE, "what is left is in the way");
	}
	lab_note("QEMU killed %u times in lend %s: %u times that failed", k->n, what, k->half);
	return 0;
}

static const char data[] = "what somebody wrote";

/* Closed at once: lend takes no file away that somebody has open. */
static int write_data(struct killed *k, struct lend_err *err)
{
	lend_auto_fd int fd = open(lent_path(&k->l, "log.img"), O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, data, sizeof(data), DATA_AT) != sizeof(data))
		return lend_fail_errno(err, "write into the backing");
	return 0;
}

static bool has_data(struct killed *k)
{
	lend_auto_fd int fd = open(lent_path(&k->l, "log.img"), O_RDONLY | O_CLOEXEC);
	char found[sizeof(data)] = "";

	return fd >= 0 && pread(fd, found, sizeof(found), DATA_AT) == sizeof(found) &&
	       memcmp(found, data, sizeof(data)) == 0;
}

/* A power cut, as far as its data is concerned. */
static int end_with_data(struct killed *k, struct lend_err *err)
{
	int64_t us;
	int r;

	if (timed(k, k->apply_plan, &us, err) < 0 || write_data(k, err) < 0)
		return -1;
	lent_kill(&k->l);
	r = lent_run(&k->l, err, "status");
	if (r < 0)
		return -1;
	(void)lent_ok(&k->l, r, 1, "stopped", "QEMU killed: lend status says that it stopped");
	r = lent_run(&k->l, err, "start", k->l.name);
	if (r < 0)
		return -1;
	(void)lent_ok(&k->l, r, 0, NULL, "lend start starts it again");
	lent_kill(&k->l);
	r = lent_run(&k->l, err, "undo", k->l.name);
	if (r < 0)
		return -1;
	(void)lent_ok(&k->l, r, 0, "log.img", "lend undo names what holds data");
	(void)lab_ok(k->l.tap, has_data(k), "the data is there");
	r = lent_run(&k->l, err, "undo", k->l.name, "--discard", "log");
	if (r < 0)
		return -1;
	(void)lent_ok(&k->l, r, 0, NULL, "lend undo --discard drops it");
	(void)lab_ok(k->l.tap, lent_is_clean(&k->l), "nothing is left of it");
	return 0;
}

/* ---- two at once ---- */

static int two_at_once(struct killed *k, unsigned int *locked, bool *ret_good,
		       struct lend_err *err)
{
	static const char *const said[] = { "said", "said2" };
	const char *const words[] = { "apply", "--yes", k->apply_plan, NULL };
	struct lab_child child[2];
	unsigned int done = 0;
	int status;

	for (size_t i = 0; i < 2; i++) {
		if (lent_start(&k->l, words, said[i], &child[i], err) < 0)
			return -1;
	}
	*ret_good = true;
	for (size_t i = 0; i < 2; i++) {
		int r;

		if (lent_wait(&k->l, &child[i], said[i], &status, err) < 0)
			return -1;
		r = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		done += r == 0;
		*locked += strstr(lend_buf_text(&k->l.said), "another lend is at work") != NULL;
		if (r != 0 && r != 1 && r != 2)
			*ret_good = false;
	}
	*ret_good = *ret_good && done == 1 && lent_find(&k->l, (pid_t[2]){ 0 }, 2) == 1;
	if (lent_run(&k->l, err, "status") != 0) {
		lab_note("lend status: %s", lend_buf_text(&k->l.said));
		*ret_good = false;
	}
	return 0;
}

static int pairs(struct killed *k, struct lend_err *err)
{
	unsigned int locked = 0;

	for (unsigned int i = 0; i < PAIRS; i++) {
		bool good = false, clean = false;

		if (two_at_once(k, &locked, &good, err) < 0 || check_back(k, &clean, err) < 0)
			return lend_where(err, "two at once");
		(void)lab_ok(k->l.tap, good && clean, "two lends at once: one does it");
	}
	(void)lab_ok(k->l.tap, locked > 0, "the other says that another lend is at work");
	lab_note("%u of %u were held off by the lock", locked, PAIRS);
	return 0;
}

/* ---- a terminal that goes away ---- */

static int log_out(struct killed *k, struct lend_err *err)
{
	lend_auto_buf script = { 0 };
	bool clean = false;
	int status = 0;
	pid_t shell, pid = 0;
	int fd = -1;
	int r;

	lend_buf_printf(&script,
			"'%s' apply --yes '%s' --state-dir '%s'; echo \"ended:\"$?; read x",
			k->l.lend, k->apply_plan, k->l.state);
	if (lent_log_in(lend_buf_text(&script), &shell, &fd, err) < 0)
		return -1;
	r = lent_read_until(&k->l, fd, "ended:0", err);
	(void)close(fd); /* SIGHUP to all that is in the foreground */
	while (waitpid(shell, &status, 0) < 0)
		;
	if (r < 0)
		return -1;
	(void)lab_ok(k->l.tap, WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP,
		     "the terminal closes, and its shell ends by SIGHUP");
	(void)lab_ok(k->l.tap,
		     lent_find(&k->l, &pid, 1) == 1 && getsid(pid) != shell &&
			     !lent_has_terminal(pid),
		     "QEMU runs on, in a session of its own, without that terminal");
	r = lent_run(&k->l, err, "status");
	if (r < 0)
		return -1;
	(void)lent_ok(&k->l, r, 0, "runs", "lend status finds it");
	if (check_back(k, &clean, err) < 0)
		return -1;
	(void)lab_ok(k->l.tap, clean, "it is taken back");
	return 0;
}

/* ---- all of it ---- */

static int prepare(struct killed *k, struct lend_err *err)
{
	bool clean = false;

	(void)snprintf(k->stop, sizeof(k->stop), "stop:%s", k->l.name);
	(void)snprintf(k->kill, sizeof(k->kill), "kill:%s", k->l.name);
	if (plan_apply(k, err) < 0 || timed(k, k->apply_plan, &k->apply_us, err) < 0 ||
	    plan_attach(k, err) < 0 || timed(k, k->attach_plan, &k->attach_us, err) < 0)
		return -1;
	k->undo_us = now_us();
	if (check_back(k, &clean, err) < 0)
		return -1;
	k->undo_us = now_us() - k->undo_us;
	if (!lab_ok(k->l.tap, clean, "undone, all is as before"))
		return lend_fail(err, LEND_E_REMOTE, "what is left is in the way");
	return 0;
}

static int prove(struct killed *k, struct lend_err *err)
{
	if (prepare(k, err) < 0 || cut_all(k, false, err) < 0 || cut_all(k, true, err) < 0 ||
	    cut_undo(k, err) < 0 || end_all(k, false, err) < 0 || end_all(k, true, err) < 0 ||
	    end_with_data(k, err) < 0 || pairs(k, err) < 0)
		return -1;
	return log_out(k, err);
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct killed k = { 0 };
	int r = lent_open(&k.l, lab, tap, err);

	if (r == 0)
		r = prove(&k, err);
	else if (r == 1)
		r = 0;
	lent_close(&k.l);
	return r;
}

const struct lab_shape lab_shape_killed = {
	.name = "killed",
	.about = "lend and QEMU killed at many points, two lends, a terminal that closes",
	.run = run,
};
