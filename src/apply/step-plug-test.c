/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backends and devices of a QEMU that runs, and what is said when they cannot be. */

#include "apply/step.h"
#include "base/err.h"
#include "tests/fakehost/fakehost.h"
#include "tests/must.h"

#define MONITOR "/run/lend/db1/qmp.sock"
#define WORD    "socket,id=lend-qmp,path=" MONITOR ",server=on,wait=off"

static const char *const argv[] = { "qemu", "-chardev", WORD, NULL };

struct bench {
	struct lend_arena arena;
	struct fakehost *host;
	struct lend_write_hooks hooks;
	struct lend_doing doing;
	struct lend_consent consent;
	struct lend_step backend, device;
	struct lend_err err;
	const char *why;
};

static void put(struct bench *b, struct lend_state *state, const char *key, const char *value)
{
	state->absent = false;
	lend_pairs_add(&b->arena, &state->pairs, key, value);
}

static struct lend_step step_of(struct bench *b, const char *kind, const char *name)
{
	struct lend_step step = { .kind = kind, .name = name, .before = { .absent = true } };

	lend_pairs_add(&b->arena, &step.args, "vm", "db1");
	lend_pairs_add(&b->arena, &step.args, "monitor", MONITOR);
	lend_pairs_add(&b->arena, &step.args, "word", WORD);
	lend_pairs_add(&b->arena, &step.args, "patience-s", "0");
	return step;
}

static void bench_new(struct bench *b)
{
	*b = (struct bench){ .host = fakehost_new() };
	fakehost_hooks(b->host, &b->hooks);
	b->doing = (struct lend_doing){ .arena = &b->arena,
					.writer = lend_writer_new(&b->hooks),
					.consent = &b->consent,
					.journal = "1" };
	fakehost_vm(b->host, argv);
	b->backend = step_of(b, "plug-backend", "db1:mem-log");
	put(b, &b->backend.after, "qom-type", "memory-backend-file");
	put(b, &b->backend.after, "mem-path", "/mnt/log \"1\".img");
	put(b, &b->backend.after, "size", "4294967296");
	put(b, &b->backend.after, "share", "on");
	b->device = step_of(b, "plug-device", "db1:log");
	put(b, &b->device.after, "driver", "nvdimm");
	put(b, &b->device.after, "memdev", "mem-log");
	put(b, &b->device.after, "slot", "2");
	put(b, &b->device.after, "label-size", "131072");
	put(b, &b->device.after, "unarmed", "off");
}

static void bench_done(struct bench *b)
{
	lend_writer_free(b->doing.writer);
	fakehost_free(b->host);
	lend_arena_done(&b->arena);
}

static int go(struct bench *b, const struct lend_step *step, bool back)
{
	b->err = (struct lend_err){ 0 };
	return lend_step_kind(step->kind)
		->set(&b->doing, step, back ? &step->after : &step->before,
		      back ? &step->before : &step->after, &b->err);
}

static int may(struct bench *b, const struct lend_step *step)
{
	b->err = (struct lend_err){ 0 };
	return lend_step_kind(step->kind)
		->may(&b->doing, step, &step->after, &step->before, &b->why, &b->err);
}

/* 'b' before, 'a' after, 'y' not yet, 'e' an error, 'o' something else */
static char look(struct bench *b, const struct lend_step *step)
{
	struct lend_state now = { 0 };
	int r;

	b->err = (struct lend_err){ 0 };
	r = lend_step_kind(step->kind)->look(&b->doing, step, &now, &b->err);
	if (r != 0)
		return r == LEND_LOOK_NOT_YET ? 'y' : 'e';
	if (lend_state_is(&now, &step->before))
		return 'b';
	return lend_state_is(&now, &step->after) ? 'a' : 'o';
}

static void there_and_back(void)
{
	static const char *const stop[] = { "stop:db1" };
	lend_auto_buf before = { 0 };
	lend_auto_buf after = { 0 };
	struct bench b;

	bench_new(&b);
	fakehost_text(b.host, &before);
	must(look(&b, &b.backend) == 'b' && look(&b, &b.device) == 'b');
	must_u64(fakehost_count(b.host, "qom-get"), 0); /* one short question each */
	must_u64(fakehost_count(b.host, "query-memdev"), 1);
	must(go(&b, &b.backend, false) == 0 && look(&b, &b.backend) == 'a');
	must(may(&b, &b.backend) == 0);
	must(go(&b, &b.device, false) == 0 && look(&b, &b.device) == 'a');

	must_in("back, while it runs");
	must(may(&b, &b.backend) == LEND_WAIT);
	must_str(b.why, "log of db1 still uses it");
	must(go(&b, &b.backend, true) == -1);
	must_str(b.err.what,
		 "the monitor says: object 'mem-log' is in use, can not be deleted");
	must_str(b.err.hint, "a device still uses it");
	must(may(&b, &b.device) == LEND_WAIT);
	must_str(b.why, "QEMU cannot unplug an NVDIMM: it goes when db1 stops");
	must(go(&b, &b.device, true) == LEND_WAIT && look(&b, &b.device) == 'a');

	must_in("back, by consent");
	b.consent.accept = stop;
	b.consent.n_accept = 1;
	must(may(&b, &b.device) == 0 && go(&b, &b.device, true) == 0);
	must(look(&b, &b.device) == 'b' && look(&b, &b.backend) == 'b');
	fakehost_text(b.host, &after);
	must_str(lend_buf_text(&after), "");

	must_in("it does not run");
	must(go(&b, &b.backend, false) == -1 && b.err.code == LEND_E_STALE);
	must_str(b.err.what, "db1 does not run");
	b.doing.journal = NULL; /* nothing was begun */
	must(look(&b, &b.backend) == 'y');
	bench_done(&b);
	must_in("");
}

static void refused(void)
{
	struct bench b;

	bench_new(&b);
	must(go(&b, &b.device, false) == -1 && b.err.code == LEND_E_REMOTE);
	must(go(&b, &b.backend, false) == 0);
	must(go(&b, &b.backend, false) == -1);
	must_str(b.err.hint, "the VM has a backend of that name: take another one");
	fakehost_fail(b.host, "device_add", "not enough space, currently 0x1 in use");
	must(go(&b, &b.device, false) == -1);
	must_str(b.err.what, "the monitor says: not enough space, currently 0x1 in use");
	must_str(b.err.hint, "wish more max-memory (or room), and start the VM anew");
	must(look(&b, &b.device) == 'b' && look(&b, &b.backend) == 'a');
	must(may(&b, &b.backend) == 0 && go(&b, &b.backend, true) == 0);
	must(look(&b, &b.backend) == 'b');
	bench_done(&b);
}

static void somebody_elses(void)
{
	static const char *const other[] = {
		"qemu",
		"-chardev",
		WORD,
		"-object",
		"memory-backend-file,id=mem-log,mem-path=/mnt/other.img,size=4294967296,share=on",
		NULL
	};
	struct bench b;

	bench_new(&b);
	fakehost_end_all(b.host);
	fakehost_vm(b.host, other);
	must(look(&b, &b.backend) == 'o');
	bench_done(&b);

	must_in("known by its number");
	bench_new(&b);
	b.backend.args.items[2].key = "pid";
	b.backend.args.items[2].value = "16777217"; /* of the first one of a fake host */
	must(look(&b, &b.backend) == 'b');
	b.backend.args.items[2].value = "4711";
	b.doing.journal = NULL;
	must(look(&b, &b.backend) == 'y'); /* that one has ended */
	b.backend.args.items[2].value = "0";
	must(look(&b, &b.backend) == 'e' && b.err.code == LEND_E_FORMAT);
	bench_done(&b);
	must_in("");
}

static void bad_values(void)
{
	static const struct {
		const char *key, *value;
	} bad[] = {
		{ "slot", "first" },       { "slot", "-1" },        { "unarmed", "yes" },
		{ "label-size", "2 MiB" }, { "host-nodes", "0,x" }, { "addr", "0x100" },
	};
	struct bench b;

	bench_new(&b);
	must(go(&b, &b.backend, false) == 0);
	for (size_t i = 0; i < LEND_COUNT(bad); i++) {
		struct lend_step step = step_of(&b, "plug-device", "db1:bad");

		must_in(bad[i].key);
		put(&b, &step.after, "driver", "nvdimm");
		put(&b, &step.after, "memdev", "mem-log");
		put(&b, &step.after, bad[i].key, bad[i].value);
		must(go(&b, &step, false) == -1 && b.err.code == LEND_E_FORMAT);
	}
	must_u64(fakehost_count(b.host, "device_add"), 0);
	b.device.name = "no-colon";
	must(go(&b, &b.device, false) == -1 && b.err.code == LEND_E_FORMAT);
	bench_done(&b);
	must_in("");
}

int main(void)
{
	there_and_back();
	refused();
	somebody_elses();
	bad_values();
	return 0;
}
