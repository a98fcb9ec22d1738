/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting and stopping, with guests that obey and guests that do not. */

#include <sys/stat.h>
#include <unistd.h>

#include "apply/step.h"
#include "base/err.h"
#include "io/io.h"
#include "tests/fakehost/fakehost.h"
#include "tests/must.h"

struct bench {
	struct lend_arena arena;
	char dir[64];
	struct fakehost *host;
	struct lend_write_hooks hooks;
	struct lend_doing doing;
	struct lend_consent consent;
	struct lend_step step;
	struct lend_err err;
};

static const char *in_dir(struct bench *b, const char *before, const char *name,
			  const char *after)
{
	return lend_arena_printf(&b->arena, "%s%s/%s%s", before, b->dir, name, after);
}

static void arg(struct bench *b, const char *key, const char *value)
{
	lend_pairs_add(&b->arena, &b->step.args, key, value);
}

static void bench_new(struct bench *b)
{
	const char *word;

	*b = (struct bench){ .host = fakehost_new(), .dir = "/tmp/lend-step-vm-test-XXXXXX" };
	must(mkdtemp(b->dir) != NULL);
	fakehost_hooks(b->host, &b->hooks);
	b->doing = (struct lend_doing){ .arena = &b->arena,
					.writer = lend_writer_new(&b->hooks),
					.consent = &b->consent };
	b->step = (struct lend_step){ .kind = "vm", .name = "db1", .before.absent = true };
	lend_pairs_add(&b->arena, &b->step.after.pairs, "runs", "yes");
	word = in_dir(b, "socket,id=lend-qmp,path=", "run/db1/qmp.sock", ",server=on");
	arg(b, "argv", "qemu-system-x86_64");
	arg(b, "argv", "-chardev");
	arg(b, "argv", word);
	arg(b, "argv", "-chardev");
	arg(b, "argv", in_dir(b, "socket,id=lend-qga,path=", "run/db1/qga.sock", ",server=on"));
	arg(b, "word", word);
	arg(b, "monitor", in_dir(b, "", "run/db1/qmp.sock", ""));
	arg(b, "agent", in_dir(b, "", "run/db1/qga.sock", ""));
	arg(b, "folder", in_dir(b, "", "run/db1", ""));
	arg(b, "log", in_dir(b, "", "vms/db1/qemu.log", ""));
	arg(b, "patience-s", "0");
}

/* Nothing but the folders above those of the VM. */
static void bench_done(struct bench *b)
{
	must(access(in_dir(b, "", "run/db1", ""), F_OK) != 0);
	(void)rmdir(in_dir(b, "", "run", ""));
	(void)rmdir(in_dir(b, "", "vms/db1", ""));
	(void)rmdir(in_dir(b, "", "vms", ""));
	must(rmdir(b->dir) == 0);
	lend_writer_free(b->doing.writer);
	fakehost_free(b->host);
	lend_arena_done(&b->arena);
}

static int go(struct bench *b, bool back)
{
	b->err = (struct lend_err){ 0 };
	return lend_step_kind("vm")->set(&b->doing, &b->step,
					 back ? &b->step.after : &b->step.before,
					 back ? &b->step.before : &b->step.after, &b->err);
}

static bool runs(struct bench *b)
{
	struct lend_state now = { 0 };

	must(lend_step_kind("vm")->look(&b->doing, &b->step, &now, NULL) == 0);
	must(lend_state_is(&now, now.absent ? &b->step.before : &b->step.after));
	return !now.absent;
}

static void start_and_stop(void)
{
	struct bench b;
	const char *why;
	struct stat st;

	bench_new(&b);
	must(!runs(&b) && go(&b, false) == 0 && runs(&b));
	must(stat(in_dir(&b, "", "run/db1", ""), &st) == 0 && (st.st_mode & 07777) == 0700);
	b.err = (struct lend_err){ 0 };
	must(lend_step_kind("vm")->may(&b.doing, &b.step, &b.step.after, &b.step.before, &why,
				       &b.err) == -1);
	must(b.err.code == LEND_E_REFUSED);
	must_str(b.err.hint, "agree to it with --accept stop:db1");
	must(go(&b, true) == 0 && !runs(&b));
	must_u64(fakehost_count(b.host, "guest-shutdown"), 1);
	must_u64(fakehost_count(b.host, "system_powerdown"), 0);
	bench_done(&b);

	must_in("a guest without an agent");
	bench_new(&b);
	fakehost_fail(b.host, "guest-shutdown", "");
	must(go(&b, false) == 0 && go(&b, true) == 0 && !runs(&b));
	must_u64(fakehost_count(b.host, "guest-shutdown"), 0); /* not even asked */
	must_u64(fakehost_count(b.host, "system_powerdown"), 1);
	bench_done(&b);
	must_in("");
}

static void does_not_obey(void)
{
	static const char *const kill[] = { "kill:db1" };
	struct bench b;

	bench_new(&b);
	fakehost_obeys(b.host, false);
	must(go(&b, false) == 0 && go(&b, true) == -1);
	must(b.err.code == LEND_E_REFUSED && runs(&b));
	must_str(b.err.what, "db1 did not shut down within 0 s, and runs on");
	must(strstr(b.err.hint, "--accept kill:db1") != NULL);
	must_u64(fakehost_count(b.host, "quit"), 0);
	b.consent.accept = kill;
	b.consent.n_accept = 1;
	must(go(&b, true) == 0 && !runs(&b));
	must_u64(fakehost_count(b.host, "quit"), 1);
	bench_done(&b);
}

static void does_not_start(void)
{
	struct bench b;
	size_t n;

	bench_new(&b);
	fakehost_fail(b.host, "start", "");
	must(go(&b, false) == -1 && !runs(&b) && b.err.code == LEND_E_SYSTEM);
	fakehost_fail(b.host, "", "");
	must_in("something in the way");
	must(mkdir(in_dir(&b, "", "run/db1", ""), 0700) == 0);
	must(mkdir(in_dir(&b, "", "run/db1/qmp.sock", ""), 0700) == 0);
	must(go(&b, false) == -1 && b.err.code == LEND_E_STALE);
	must_u64(fakehost_count(b.host, "start"), 1);
	must(rmdir(in_dir(&b, "", "run/db1/qmp.sock", "")) == 0);
	must_in("forgotten");
	must(lend_step_kind("vm")->forget(&b.doing, &b.step, NULL) == 0);
	must(access(in_dir(&b, "", "run/db1", ""), F_OK) != 0);
	must_in("a word that is not in the command line");
	for (n = 0; strcmp(b.step.args.items[n].key, "word") != 0;)
		n++;
	b.step.args.items[n].value = "another";
	must(go(&b, false) == -1 && b.err.code == LEND_E_FORMAT);
	bench_done(&b);
	must_in("");
}

/* A QEMU that ends at once: a shell that says what one would say. */
static void ends_at_once(void)
{
	static const char script[] =
		"echo 'qemu-system-x86_64: -device nvdimm: slot 0 is busy' >&2; exit 1";
	struct bench b;

	bench_new(&b);
	lend_writer_free(b.doing.writer);
	b.doing.writer = lend_writer_new(NULL);
	b.step.args.items[0].value = "sh";
	b.step.args.items[1].value = "-c";
	b.step.args.items[3].value = b.step.args.items[2].value; /* $0 */
	b.step.args.items[2].value = script;
	must(go(&b, false) == -1 && !runs(&b));
	must_str(b.err.what, "QEMU says: -device nvdimm: slot 0 is busy");
	must_str(b.err.hint, "take another slot");
	/* Once more: what stands in the log since then is of another one. */
	b.step.args.items[2].value = "exit 1";
	must(go(&b, false) == -1);
	must(strstr(b.err.what, "QEMU ended at once, and said nothing of why in '") != NULL);
	must(unlink(in_dir(&b, "", "vms/db1/qemu.log", "")) == 0);
	bench_done(&b);
}

int main(void)
{
	start_and_stop();
	does_not_obey();
	does_not_start();
	ends_at_once();
	return 0;
}
