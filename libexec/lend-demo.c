/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "lend demo": a real guest on this machine, and which host file is which
 * guest device.
 *
 * Three NVDIMMs: two are there from the start, in slots 0 and 3, the third is
 * plugged into the running guest, in slot 1.  So nmem1 is not in slot 1, which
 * is what the map is for.  Everything lies in a temporary folder; no process
 * and no file is left.
 *
 * Results on stdout, talk on stderr.
 */

#include "libexec/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "libexec/demo-recipe.h"

enum { TIMEOUT_S = 60, TIMEOUT_MAX_S = 3600 };

struct demo {
	struct lab lab;
	struct lab_vm vm;
	struct lab_dimm dimms[3];
	int64_t deadline;
	uint64_t timeout_s;
	const char *accel;
	bool keep;
	bool no_hints;

	/* What the terminal shows. */
	bool terminal;
	bool open_line;
	int64_t step_began;
};

static const struct lab_dimm dimms[3] = {
	{ .id = "db-data",
	  .slot = 0,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
	{ .id = "db-log",
	  .slot = 3,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
	{ .id = "scratch",
	  .slot = 1,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2,
	  .later = true },
};

/* ---- progress: a step is announced on a terminal, and timed when it is done ---- */

static void step_end(struct demo *demo)
{
	if (!demo->open_line)
		return;
	(void)fprintf(stderr, " %.1f s\n", (double)(lend_now_ms() - demo->step_began) / 1000.0);
	demo->open_line = false;
}

/* The image's own lines come between: then the line is over. */
static void step_break(struct demo *demo)
{
	if (demo->open_line)
		(void)fputc('\n', stderr);
	demo->open_line = false;
}

static void step(struct demo *demo, const char *text)
{
	step_end(demo);
	demo->step_began = lend_now_ms();
	(void)fprintf(stderr, demo->terminal ? "%s ..." : "%s\n", text);
	demo->open_line = demo->terminal;
}

static void say(void *arg, const char *line)
{
	step(arg, line);
}

/* ---- the guest ---- */

static int in_guest(struct demo *demo, const char *const *argv, struct lend_buf *out,
		    struct lend_err *err)
{
	lend_auto_buf errors = { 0 };
	int status = 0;
	int r = lab_vm_run(&demo->lab, &demo->vm, argv, demo->deadline, out, &errors, &status,
			   err);

	if (r < 0)
		return -1;
	if (r == 1)
		return lend_fail(err, LEND_E_REMOTE, "%s did not end in time in the guest",
				 argv[0]);
	if (status != 0)
		return lend_fail(err, LEND_E_REMOTE, "%s failed in the guest: %.120s", argv[0],
				 lend_buf_text(&errors));
	return 0;
}

/* Hot-plug has no event and no answer: the guest is looked at until it has the DIMM. */
static int wait_seen(struct demo *demo, size_t n, struct lend_err *err)
{
	static const char *const argv[] = { "/bin/ls", "/sys/bus/nd/drivers/nd_region", NULL };

	for (;;) {
		lend_auto_buf out = { 0 };
		struct pollfd p = { .fd = demo->vm.child.pidfd, .events = POLLIN };
		size_t seen = 0;

		if (in_guest(demo, argv, &out, err) < 0)
			return -1;
		for (const char *s = lend_buf_text(&out); (s = strstr(s, "region")) != NULL;
		     s++)
			seen++;
		if (seen >= n)
			return 0;
		if (lend_now_ms() >= demo->deadline)
			return lend_fail(err, LEND_E_REMOTE,
					 "the guest sees %zu of %zu NVDIMMs", seen, n);
		if (lab_poll(&demo->lab, &p, 1, lab_in(50), err) < 0)
			return -1;
	}
}

static int make_namespaces(struct demo *demo, struct lend_err *err)
{
	/* One each, as a user would type it; ndctl takes the next region with room. */
	static const char *const argv[] = { "/usr/bin/ndctl", "create-namespace", NULL };

	for (size_t i = 0; i < LEND_COUNT(dimms); i++) {
		lend_auto_buf out = { 0 };

		if (in_guest(demo, argv, &out, err) < 0)
			return -1;
	}
	return 0;
}

static int bring_up(struct demo *demo, struct lend_err *err)
{
	step(demo, "making backing files");
	memcpy(demo->dimms, dimms, sizeof(dimms));
	demo->vm = (struct lab_vm){
		.name = "demo",
		.dimms = demo->dimms,
		.n_dimms = LEND_COUNT(dimms),
	};
	for (size_t i = 0; i < LEND_COUNT(dimms); i++)
		if (lab_dimm_make(&demo->lab, &demo->dimms[i], err) < 0)
			return -1;
	step(demo, strcmp(demo->lab.accel, "kvm") == 0 ? "starting a guest (KVM)"
						       : "starting a guest (emulated)");
	if (lab_vm_start(&demo->lab, &demo->vm, err) < 0 ||
	    lab_vm_wait_agent(&demo->lab, &demo->vm, demo->deadline, err) < 0)
		return -1;
	step(demo, "plugging in the third NVDIMM");
	if (lab_vm_plug(&demo->lab, &demo->vm, &demo->dimms[2], err) < 0 ||
	    wait_seen(demo, LEND_COUNT(dimms), err) < 0)
		return -1;
	step(demo, "making a namespace on each, in the guest");
	return make_namespaces(demo, err);
}

/* ---- the results ---- */

static int print_map(struct demo *demo, struct lend_err *err)
{
	char lend[LAB_PATH_MAX + 32];
	char qmp[LAB_SOURCE_MAX];
	char guest[LAB_SOURCE_MAX];
	const char *const argv[] = { lend, "map", qmp, "--guest", guest, NULL };
	int status = 0;

	lab_find_lend(&demo->lab, lend, sizeof(lend));
	(void)snprintf(qmp, sizeof(qmp), "qmp:%s", demo->vm.qmp[0]);
	(void)snprintf(guest, sizeof(guest), "%s=qga:%s", demo->vm.name, demo->vm.qga);
	step(demo, "looking: lend map");
	step_break(demo);
	if (lab_run(&demo->lab, argv, demo->deadline, NULL, &status, err) < 0)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return lend_fail(err, LEND_E_SYSTEM, "lend map did not succeed");
	return 0;
}

static int print_recipe_forecast(struct lend_err *err)
{
	lend_auto_buf lines = { 0 };

	if (demo_recipe(&lines, err) < 0)
		return lend_where(err, "computing the guide's recipe");
	(void)fputs("\nThe recipe of the QEMU vNVDIMM guide, computed, not run:\n", stdout);
	for (const char *at = lend_buf_text(&lines); *at != '\0';) {
		int len = (int)strcspn(at, "\n");

		(void)printf("- %.*s\n", len, at);
		at += len + (at[len] == '\n');
	}
	(void)fflush(stdout);
	return 0;
}

static int keep_running(struct demo *demo, struct lend_err *err)
{
	lend_auto_buf command = { 0 };
	struct pollfd p[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = demo->vm.child.pidfd, .events = POLLIN },
	};

	lab_vm_command(&demo->vm, &command);
	(void)fprintf(stderr,
		      "\nThe guest keeps running.  It was started with\n%s\n"
		      "  lend map qmp:%s --guest %s=qga:%s\n\nEnter ends it.\n",
		      lend_buf_text(&command), demo->vm.qmp[0], demo->vm.name, demo->vm.qga);
	if (lab_poll(&demo->lab, p, 2, INT64_MAX, err) < 0 && demo->lab.caught == 0)
		return -1;
	demo->lab.caught = 0;
	return 0;
}

static int run(struct demo *demo, struct lend_err *err)
{
	const struct lab_options options = {
		.accel = demo->accel,
		.say = say,
		.say_arg = demo,
	};
	int r;

	if (lab_open(&demo->lab, &options, err) < 0)
		return -1;
	r = lab_image(&demo->lab, err);
	step_end(demo);
	demo->deadline = lab_in((int64_t)demo->timeout_s * 1000);
	if (r == 0)
		r = bring_up(demo, err);
	if (r == 0)
		r = print_map(demo, err);
	if (r == 0)
		r = print_recipe_forecast(err);
	if (r < 0 && lend_now_ms() >= demo->deadline)
		lend_hint(err, "is this machine busy? try: lend demo --timeout %llu",
			  (unsigned long long)demo->timeout_s * 2);
	if (r == 0 && demo->keep)
		r = keep_running(demo, err);
	step_end(demo);
	lab_vm_stop(&demo->vm);
	lab_close(&demo->lab);
	return r;
}

/* ---- argv ---- */

static void usage(void)
{
	(void)fputs("usage: lend demo [--keep] [--timeout SECONDS] [--accel tcg|kvm]\n"
		    "\n"
		    "Boots a small Linux with two NVDIMMs, plugs in a third, and prints which\n"
		    "host file is which device in the guest.  Leaves nothing behind.\n"
		    "\n"
		    "  --keep             leave the guest running until Enter is pressed\n"
		    "  --timeout SECONDS  give up after so long (60)\n"
		    "  --accel tcg|kvm    emulate, or use KVM without trying it first\n"
		    "  --no-hints         do not say what to try\n",
		    stdout);
}

/* 0: go on; else exit with the value minus 1. */
static int parse(struct demo *demo, int argc, char **argv)
{
	static const struct option options[] = {
		{ "keep", no_argument, NULL, 'k' },
		{ "timeout", required_argument, NULL, 't' },
		{ "accel", required_argument, NULL, 'a' },
		{ "no-hints", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			usage();
			return 1;
		}
		if (c == 'k') {
			demo->keep = true;
		} else if (c == 'n') {
			demo->no_hints = true;
		} else if (c == 'a' &&
			   (strcmp(optarg, "tcg") == 0 || strcmp(optarg, "kvm") == 0)) {
			demo->accel = optarg;
		} else if (c != 't' || !lend_parse_u64(optarg, 10, &demo->timeout_s) ||
			   demo->timeout_s == 0 || demo->timeout_s > TIMEOUT_MAX_S) {
			if (c != '?')
				(void)fprintf(stderr, "lend demo: '%s' is no good value\n",
					      optarg);
			return 3;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "lend demo: unexpected argument '%s'\n", argv[optind]);
		return 3;
	}
	return 0;
}

static void print_error(const struct lend_err *err, bool hints)
{
	lend_auto_buf line = { 0 };

	lend_buf_puts(&line, "lend demo: ");
	lend_err_put(err, hints, &line);
	(void)fprintf(stderr, "%s\n", lend_buf_text(&line));
}

int main(int argc, char **argv)
{
	struct demo demo = { .timeout_s = TIMEOUT_S, .terminal = isatty(STDERR_FILENO) == 1 };
	struct lend_err err = { 0 };
	int r = parse(&demo, argc, argv);

	if (r != 0)
		return r - 1;
	if (run(&demo, &err) == 0)
		return 0;
	step_break(&demo);
	if (demo.lab.caught != 0)
		return 128 + demo.lab.caught;
	print_error(&err, !demo.no_hints);
	return 2;
}
