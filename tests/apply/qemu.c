/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kinds vm, plug-backend and plug-device on a real QEMU, which need not
 * boot anything: it stands at its first instruction (-S).
 */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply/step.h"
#include "base/err.h"
#include "io/io.h"
#include "tests/must.h"

enum { SKIP = 77, SIZE = 130 << 20, WORDS = 64 };

struct bench {
	struct lend_arena arena;
	char dir[64];
	struct lend_writer *writer;
	struct lend_consent consent;
	struct lend_err err;
	const char *word;
	struct lend_step vm, backend, device;
};

static const char *in_dir(struct bench *b, const char *before, const char *name,
			  const char *after)
{
	return lend_arena_printf(&b->arena, "%s%s/%s%s", before, b->dir, name, after);
}

static void arg(struct bench *b, struct lend_step *step, const char *key, const char *value)
{
	lend_pairs_add(&b->arena, &step->args, key, value);
}

static void wants(struct bench *b, struct lend_step *step, const char *key, const char *value)
{
	lend_pairs_add(&b->arena, &step->after.pairs, key, value);
}

/* What all three know of the VM. */
static struct lend_step step_of(struct bench *b, const char *kind, const char *name)
{
	struct lend_step step = { .kind = kind, .name = name, .before.absent = true };

	arg(b, &step, "vm", "db1");
	arg(b, &step, "word", b->word);
	arg(b, &step, "monitor", in_dir(b, "", "run/db1/qmp.sock", ""));
	arg(b, &step, "agent", in_dir(b, "", "run/db1/qga.sock", ""));
	arg(b, &step, "folder", in_dir(b, "", "run/db1", ""));
	arg(b, &step, "patience-s", "0");
	return step;
}

static void vm_step(struct bench *b, const char *memory, const char *extra)
{
	const char *const words[] = {
		"qemu-system-x86_64",
		"-S",
		"-nodefaults",
		"-display",
		"none",
		"-machine",
		"q35,nvdimm=on,accel=tcg",
		"-m",
		memory,
		"-chardev",
		b->word,
		"-mon",
		"chardev=lend-qmp,mode=control",
		"-chardev",
		in_dir(b, "socket,id=lend-qga,path=", "run/db1/qga.sock",
		       ",server=on,wait=off"),
		"-device",
		"virtio-serial",
		"-device",
		"virtserialport,chardev=lend-qga,name=org.qemu.guest_agent.0",
		extra
	};

	b->vm = step_of(b, "vm", "db1");
	wants(b, &b->vm, "runs", "yes");
	arg(b, &b->vm, "log", in_dir(b, "", "vms/db1/qemu.log", ""));
	for (size_t i = 0; i < LEND_COUNT(words) && words[i] != NULL; i++)
		arg(b, &b->vm, "argv", words[i]);
}

static const char *make_file(struct bench *b, const char *name)
{
	const char *file = in_dir(b, "", name, "");
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	must(fd >= 0 && ftruncate(fd, SIZE) == 0 && close(fd) == 0);
	return file;
}

static void want_file(struct bench *b, struct lend_step *backend, const char *file)
{
	wants(b, backend, "qom-type", "memory-backend-file");
	wants(b, backend, "mem-path", file);
	wants(b, backend, "size", lend_arena_printf(&b->arena, "%d", SIZE));
	wants(b, backend, "share", "on");
	wants(b, backend, "pmem", "off");
}

static void bench_new(struct bench *b)
{
	*b = (struct bench){ .dir = "/tmp/lend-apply-qemu-XXXXXX" };
	must(mkdtemp(b->dir) != NULL);
	b->writer = lend_writer_new(NULL);
	b->word = in_dir(b, "socket,id=lend-qmp,path=", "run/db1/qmp.sock",
			 ",server=on,wait=off");
	vm_step(b, "128M,slots=4,maxmem=2G", NULL);
	b->backend = step_of(b, "plug-backend", "db1:mem-log");
	want_file(b, &b->backend, make_file(b, "log.img"));
	b->device = step_of(b, "plug-device", "db1:log");
	wants(b, &b->device, "driver", "nvdimm");
	wants(b, &b->device, "memdev", "mem-log");
	wants(b, &b->device, "slot", "2");
	wants(b, &b->device, "label-size", "2097152");
	wants(b, &b->device, "node", "0");
	wants(b, &b->device, "unarmed", "off");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void bench_done(struct bench *b)
{
	lend_writer_free(b->writer);
	must(nftw(b->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	lend_arena_done(&b->arena);
}

static struct lend_doing doing_of(struct bench *b)
{
	b->err = (struct lend_err){ 0 };
	return (struct lend_doing){
		.arena = &b->arena, .writer = b->writer, .consent = &b->consent, .journal = "1"
	};
}

static int go(struct bench *b, const struct lend_step *step, bool back)
{
	struct lend_doing doing = doing_of(b);

	return lend_step_kind(step->kind)
		->set(&doing, step, back ? &step->after : &step->before,
		      back ? &step->before : &step->after, &b->err);
}

static int may(struct bench *b, const struct lend_step *step)
{
	struct lend_doing doing = doing_of(b);
	const char *why;

	return lend_step_kind(step->kind)
		->may(&doing, step, &step->after, &step->before, &why, &b->err);
}

static char look(struct bench *b, const struct lend_step *step)
{
	struct lend_doing doing = doing_of(b);
	struct lend_state now = { 0 };
	lend_auto_buf text = { 0 };

	if (lend_step_kind(step->kind)->look(&doing, step, &now, &b->err) != 0)
		return 'e';
	if (lend_state_is(&now, &step->before))
		return 'b';
	if (lend_state_is(&now, &step->after))
		return 'a';
	lend_state_text(&text, &now);
	(void)fprintf(stderr, "%s\n", text.text);
	return 'o';
}

static pid_t pid_of(struct bench *b)
{
	pid_t pid = 0;

	must(lend_write_find(b->writer, b->word, &pid, NULL) == 0);
	return pid;
}

/* By a process that ends right after, as every lend does. */
static void start_by_another(struct bench *b)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int r = go(b, &b->vm, false);

		if (r != 0)
			(void)fprintf(stderr, "%s: %s\n", b->err.what, b->err.hint);
		must_leave(r == 0 ? 0 : 1);
	}
	must(waitpid(pid, &status, 0) == pid && status == 0);
}

/* QEMU has all of it but the last bracket when lend dies, is asked something else, or goes on.
 */
static void half_said(struct bench *b)
{
	struct lend_doing doing;
	int status;
	pid_t pid;

	must_in("half said, and killed");
	lend_write_hang_up(b->writer); /* the connection is the child's own */
	pid = fork();
	if (pid == 0) {
		must(look(b, &b->backend) == 'b'); /* it is connected */
		doing = doing_of(b);
		lend_step_kind("plug-backend")->ready(&doing, &b->backend);
		(void)kill(getpid(), SIGKILL);
	}
	must(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	must(look(b, &b->backend) == 'b');

	must_in("half said, then asked");
	doing = doing_of(b);
	lend_step_kind("plug-backend")->ready(&doing, &b->backend);
	must(look(b, &b->backend) == 'b');

	must_in("half said, then the rest");
	doing = doing_of(b);
	lend_step_kind("plug-backend")->ready(&doing, &b->backend);
	must(go(b, &b->backend, false) == 0 && look(b, &b->backend) == 'a');
	must(go(b, &b->backend, true) == 0 && look(b, &b->backend) == 'b');
}

static void plug_in(struct bench *b)
{
	struct lend_step second = b->backend;

	must_in("plugged in");
	must(look(b, &b->backend) == 'b' && look(b, &b->device) == 'b');
	must(go(b, &b->backend, false) == 0 && look(b, &b->backend) == 'a');
	must(may(b, &b->backend) == 0 && go(b, &b->backend, true) == 0);
	must(look(b, &b->backend) == 'b');
	must(go(b, &b->backend, false) == 0 && go(b, &b->device, false) == 0);
	must(look(b, &b->backend) == 'a' && look(b, &b->device) == 'a');
	must(may(b, &b->backend) == LEND_WAIT && may(b, &b->device) == LEND_WAIT);
	must(go(b, &b->backend, true) == -1);
	must_str(b->err.hint, "a device still uses it");
	must(go(b, &b->device, false) == -1);
	must_str(b->err.hint, "the VM has a device of that name: take another one");

	must_in("the same file for a second one");
	second.name = "db1:mem-two";
	must(go(b, &second, false) == -1);
	must(b->err.code == LEND_E_REFUSED &&
	     strstr(b->err.what, "is in use by process") != NULL);

	must_in("a second one in the same slot");
	second = step_of(b, "plug-backend", "db1:mem-two");
	want_file(b, &second, make_file(b, "two.img"));
	must(go(b, &second, false) == 0);
	b->device.name = "db1:two";
	b->device.after.pairs.items[1].value = "mem-two";
	must(go(b, &b->device, false) == -1);
	must_str(b->err.hint, "take another slot");
	must(look(b, &b->device) == 'b');
	must(go(b, &second, true) == 0 && look(b, &second) == 'b');
	b->device.name = "db1:log";
	b->device.after.pairs.items[1].value = "mem-log";
	must_in("");
}

static void stop(struct bench *b)
{
	static const char *const accept[] = { "stop:db1", "kill:db1" };

	must_in("a guest that does not hear");
	must(go(b, &b->vm, true) == -1 && b->err.code == LEND_E_REFUSED);
	must(look(b, &b->vm) == 'a');
	b->consent.accept = accept;
	b->consent.n_accept = LEND_COUNT(accept);
	must(may(b, &b->device) == 0);
	must(go(b, &b->device, true) == 0);
	must(look(b, &b->device) == 'b' && look(b, &b->vm) == 'b');
	must(access(in_dir(b, "", "run/db1", ""), F_OK) != 0);
	must_in("");
}

static void killed(struct bench *b)
{
	struct stat st;

	must_in("killed, and started again");
	start_by_another(b);
	must(lend_write_signal(b->writer, pid_of(b), b->word, SIGKILL, NULL) == 0);
	while (look(b, &b->vm) != 'b')
		(void)usleep(1000);
	must(stat(in_dir(b, "", "run/db1/qmp.sock", ""), &st) == 0);
	must(look(b, &b->device) == 'b');
	start_by_another(b);
	must(look(b, &b->vm) == 'a' && look(b, &b->device) == 'b');
	must(go(b, &b->vm, true) == 0 && look(b, &b->vm) == 'b');
	must(access(in_dir(b, "", "run/db1", ""), F_OK) != 0);
	must_in("");
}

/* One that lend did not start, on a port; another one is not told anything. */
static void by_number(struct bench *b)
{
	struct lend_step ours = b->vm, foreign = b->backend;
	char port[32];
	pid_t pid;

	(void)snprintf(port, sizeof(port), "127.0.0.1:%d", 20000 + getpid() % 20000);
	must_in("a QEMU of others, on TCP");
	arg(b, &b->vm, "argv", "-qmp");
	arg(b, &b->vm, "argv", lend_arena_printf(&b->arena, "tcp:%s,server=on,wait=off", port));
	start_by_another(b);
	pid = pid_of(b);
	foreign.args = (struct lend_pairs){ 0 };
	arg(b, &foreign, "vm", "db1");
	arg(b, &foreign, "monitor", lend_arena_printf(&b->arena, "tcp:%s", port));
	arg(b, &foreign, "pid", lend_arena_printf(&b->arena, "%ld", (long)pid));
	must(look(b, &foreign) == 'b' && go(b, &foreign, false) == 0);
	must(look(b, &foreign) == 'a' && go(b, &foreign, true) == 0);
	foreign.args.items[2].value = lend_arena_printf(&b->arena, "%ld", (long)getpid());
	must(look(b, &foreign) == 'e' && b->err.code == LEND_E_STALE);
	foreign.args.items[2].value = "4194303";
	must(look(b, &foreign) == 'b');
	must(go(b, &b->vm, true) == 0);
	b->vm = ours;
	must_in("");
}

/* Takes one connection, and says by its status whether it was told a byte. */
static pid_t listen_instead(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	must(listener >= 0);
	must(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(listen(listener, 1) == 0);
	pid = fork();
	if (pid == 0) {
		int fd = accept(listener, NULL, NULL);
		char byte;

		must_leave(fd >= 0 && recv(fd, &byte, 1, 0) == 0 ? 0 : 1);
	}
	must(pid > 0 && close(listener) == 0);
	return pid;
}

/* It runs, and where its monitor was said to be somebody else listens: who is told nothing. */
static void not_its_monitor(struct bench *b)
{
	struct lend_step step = b->backend;
	const char *path = in_dir(b, "", "other.sock", "");
	int status;
	pid_t pid;

	must_in("another one listens");
	start_by_another(b);
	pid = listen_instead(path);
	step.args = (struct lend_pairs){ 0 };
	arg(b, &step, "vm", "db1");
	arg(b, &step, "monitor", path);
	arg(b, &step, "pid", lend_arena_printf(&b->arena, "%ld", (long)pid_of(b)));
	must(look(b, &step) == 'e' && b->err.code == LEND_E_STALE);
	must(waitpid(pid, &status, 0) == pid && status == 0);
	must(unlink(path) == 0 && go(b, &b->vm, true) == 0);
	must_in("");
}

static void does_not_come_up(struct bench *b)
{
	struct lend_step good = b->vm;

	must_in("arguments that QEMU does not like");
	vm_step(b, "128M,slots=4", NULL);
	must(go(b, &b->vm, false) == -1 && b->err.code == LEND_E_REMOTE);
	must(strstr(b->err.what, "QEMU says: ") != NULL);
	must(strstr(b->err.hint, "max-memory") != NULL);
	must(look(b, &b->vm) == 'b' && access(in_dir(b, "", "run/db1", ""), F_OK) != 0);
	vm_step(b, "128M,slots=4,maxmem=2G", "-no-such-option");
	must(go(b, &b->vm, false) == -1);
	must(strstr(b->err.what, "no-such-option") != NULL);
	must_str(b->err.hint, ""); /* that was all it said, */
	must(access(in_dir(b, "", "vms/db1/qemu.log", ""), F_OK) != 0);
	must(look(b, &b->vm) == 'b' && access(in_dir(b, "", "run/db1", ""), F_OK) != 0);
	b->vm = good;
	must_in("");
}

/* A test that fails leaves nothing running. */
static struct bench *to_end;

static void end_it(void)
{
	pid_t pid;

	if (to_end == NULL)
		return;
	if (lend_write_find(to_end->writer, to_end->word, &pid, NULL) == 0)
		(void)!lend_write_signal(to_end->writer, pid, to_end->word, SIGKILL, NULL);
}

static const char *second_monitor(struct bench *b)
{
	return in_dir(b, "", "second.sock", "");
}

/* Just before the command: somebody else gives the VM the very same backend. */
static int be_faster(void *context, const char *call, const char *what, struct lend_err *err)
{
	struct bench *b = context;
	struct lend_step same = b->backend;
	struct lend_doing doing = doing_of(b);

	(void)what, (void)err;
	if (strcmp(call, "object-add") != 0)
		return 0;
	same.args = (struct lend_pairs){ 0 };
	arg(b, &same, "vm", "db1");
	arg(b, &same, "word", b->word);
	arg(b, &same, "monitor", second_monitor(b));
	doing.writer = lend_writer_new(NULL);
	must(lend_step_kind(same.kind)->set(&doing, &same, &same.before, &same.after, NULL) ==
	     0);
	lend_writer_free(doing.writer);
	return 0;
}

/* What QEMU refused is not of this plan, and so is not taken back. */
static void somebody_was_faster(struct bench *b)
{
	struct lend_write_hooks hooks = { .context = b, .before = be_faster };
	struct lend_apply_options options = { .hooks = &hooks, .command = "test" };
	lend_auto_plan *plan = lend_plan_new("give db1 a backend", "db1", "vm-db1");
	struct lend_outcome outcome = { 0 };
	struct lend_err err = { 0 };
	struct lend_step *step;
	char at[100];

	must_in("somebody was faster");
	must(getcwd(at, sizeof(at)) != NULL);
	arg(b, &b->vm, "argv", "-qmp");
	arg(b, &b->vm, "argv", in_dir(b, "unix:", "second.sock", ",server=on,wait=off"));
	start_by_another(b);
	/* Not below /tmp, which may be in memory: a state folder is not. */
	options.places.state = lend_arena_printf(&b->arena, "%s/apply-qemu-%d", at, getpid());
	options.places.run = in_dir(b, "", "run", "");
	step = lend_plan_step(plan, "plug-backend", b->backend.name);
	step->args = b->backend.args;
	step->after = b->backend.after;
	step->before = b->backend.before;
	must(lend_apply_plan(plan, &options, &outcome, &err) == -1);
	must(err.code == LEND_E_REMOTE);
	must_str(err.hint, "the VM has a backend of that name: take another one");
	must_u64(outcome.n_left, 0);
	must(look(b, &b->backend) == 'a'); /* it is still there */
	lend_outcome_done(&outcome);
	options.hooks = NULL;
	err = (struct lend_err){ 0 };
	must(lend_undo_journal("1", &options, &outcome, &err) == -1);
	must_str(err.what, "journal 1 was taken back already");
	lend_outcome_done(&outcome);
	must(go(b, &b->vm, true) == 0);
	must(nftw(options.places.state, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	must_in("");
}

static void attach_many_times(struct bench *b)
{
	int64_t began;

	start_by_another(b);
	began = lend_now_ms();
	for (int i = 0; i < 100; i++) {
		must(go(b, &b->backend, false) == 0 && look(b, &b->backend) == 'a');
		must(go(b, &b->backend, true) == 0 && look(b, &b->backend) == 'b');
	}
	(void)printf("object-add, look, object-del, look: %.2f ms\n",
		     (double)(lend_now_ms() - began) / 100);
	must(go(b, &b->vm, true) == 0);
}

int main(void)
{
	struct bench b;

	if (system("qemu-system-x86_64 --version >/dev/null 2>&1") != 0)
		return SKIP;
	bench_new(&b);
	to_end = &b;
	must(atexit(end_it) == 0);
	must(look(&b, &b.vm) == 'b' && look(&b, &b.backend) == 'b');
	start_by_another(&b);
	must(look(&b, &b.vm) == 'a');
	half_said(&b);
	plug_in(&b);
	stop(&b);
	killed(&b);
	by_number(&b);
	not_its_monitor(&b);
	does_not_come_up(&b);
	attach_many_times(&b);
	somebody_was_faster(&b);
	end_it();
	to_end = NULL;
	bench_done(&b);
	return 0;
}
