/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that need a host of one's own: file systems that are full or in use
 * there, addresses that others reach, persistent memory that is touched.  A
 * guest plays that host; the script rules-host runs QEMUs inside it.
 *
 * Nothing here listens on an address of this machine.
 */

#include "base/err.h"
#include "inner.h"
#include "played.h"
#include "prove.h"

static const char *const rules[] = { "backing-unused-by-host", "backing-has-blocks",
				     "backing-room-left",      "no-prealloc-on-pmem",
				     "vnc-has-password",       "monitor-not-open",
				     "ports-not-open" };

static const char found_open[] = "backing-has-blocks backend/open:m2\n"
				 "backing-unused-by-host backend/open:m1\n"
				 "monitor-not-open vm/open\n"
				 "no-prealloc-on-pmem device/open:d3\n"
				 "ports-not-open vm/open\n"
				 "vnc-has-password vm/open\n";

/* QEMU ends by that signal, which its shell says so. */
static const char killed[] = "ended 135\n";

struct host {
	struct lab *lab;
	struct lab_tap *tap;
	struct lab_vm *vm;
};

static int tell(struct host *h, const char *script, struct lend_buf *out, struct lend_err *err)
{
	lend_buf_reset(out);
	return lab_inner_run(h->lab, h->vm, script, out, err);
}

/* Starts a VM and holds against each other what lend finds of it. */
static int start(struct host *h, const char *name, const char *want, struct lend_err *err)
{
	lend_auto_buf script = { 0 };
	lend_auto_buf out = { 0 };
	lend_auto_buf found = { 0 };

	lend_buf_printf(&script, "rules-host start %s; lend check --json", name);
	for (size_t i = 0; i < LEND_COUNT(rules); i++)
		lend_buf_printf(&script, " --only %s", rules[i]);
	lend_buf_puts(&script, " || [ $? != 2 ]");
	if (tell(h, lend_buf_text(&script), &out, err) < 0 ||
	    lab_findings(&out, &found, err) < 0)
		return -1;
	(void)lab_found_ok(h->tap, &found, want, "what lend check says of '%s'", name);
	return 0;
}

static bool has(const struct lend_buf *said, const char *line)
{
	return strstr(lend_buf_text(said), line) != NULL;
}

static void check_open(struct host *h, const struct lend_buf *open, const struct lend_buf *good)
{
	(void)lab_ok(h->tap, has(open, "screen yes\n") && has(good, "screen no\n"),
		     "vnc-has-password: ignored, who connects has the screen; heeded, nobody "
		     "answers");
	(void)lab_ok(h->tap, has(open, "program yes\n") && has(good, "program no\n"),
		     "monitor-not-open: ignored, who connects runs a program; heeded, nobody "
		     "answers");
	(void)lab_ok(h->tap, has(open, "forward yes\n") && has(good, "forward no\n"),
		     "ports-not-open: ignored, the port is open to others; heeded, it is not");
	(void)lab_ok(
		h->tap, has(open, "touched open 16777216\n") && has(good, "touched good 0\n"),
		"no-prealloc-on-pmem: ignored, QEMU has touched all of it before the guest "
		"runs; heeded, nothing");
}

static int ignore(struct host *h, struct lend_buf *ret_probe, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (start(h, "open", found_open, err) < 0 ||
	    tell(h, "rules-host probe", ret_probe, err) < 0 ||
	    tell(h, "rules-host fill; rules-host cont", &out, err) < 0)
		return -1;
	(void)lab_ok(h->tap, has(&out, killed),
		     "backing-has-blocks: ignored, others fill the file system, and the VM is "
		     "killed: %s",
		     lend_buf_text(&out));
	if (tell(h, "rules-host look", &out, err) < 0)
		return -1;
	(void)lab_ok(h->tap, has(&out, "file gone\n"),
		     "backing-unused-by-host: ignored, the file system is destroyed");
	if (start(h, "full", "backing-room-left backend/full:m1\n", err) < 0 ||
	    tell(h, "rules-host cont", &out, err) < 0)
		return -1;
	(void)lab_ok(h->tap, has(&out, killed),
		     "backing-room-left: ignored, the VM is killed: %s", lend_buf_text(&out));
	return 0;
}

static int heed(struct host *h, struct lend_buf *ret_probe, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (tell(h, "rules-host look anew", &out, err) < 0 || start(h, "good", "", err) < 0 ||
	    tell(h, "rules-host probe", ret_probe, err) < 0 ||
	    tell(h, "rules-host cont", &out, err) < 0)
		return -1;
	(void)lab_ok(h->tap, has(&out, "runs\n"),
		     "backing-has-blocks, backing-room-left: heeded, it runs when all is full");
	if (tell(h, "rules-host written", &out, err) < 0)
		return -1;
	(void)lab_ok(h->tap, has(&out, "others 0\n"),
		     "backing-unused-by-host: heeded, only the guest has written");
	return 0;
}

static int prove(struct host *h, struct lend_err *err)
{
	lend_auto_buf open = { 0 };
	lend_auto_buf good = { 0 };
	lend_auto_buf out = { 0 };

	if (lab_boot(h->lab, h->vm, err) < 0 || tell(h, "rules-host prepare", &out, err) < 0 ||
	    ignore(h, &open, err) < 0 || heed(h, &good, err) < 0)
		return -1;
	check_open(h, &open, &good);
	return 0;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimms[] = {
		{ .id = "mounted",
		  .slot = 0,
		  .pmem_bytes = LAB_UNIT,
		  .label_bytes = 2 * LAB_MIB,
		  .label_minor = 2 },
		{ .id = "dax",
		  .slot = 1,
		  .pmem_bytes = LAB_UNIT,
		  .label_bytes = 2 * LAB_MIB,
		  .label_minor = 2 },
	};
	struct lab_file files[LAB_INNER_FILES] = { { 0 } };
	struct lab_vm vm = { .name = "rules-host",
			     .ram_bytes = 768 * LAB_MIB,
			     .dimms = dimms,
			     .n_dimms = LEND_COUNT(dimms),
			     .files = files };
	struct host h = { .lab = lab, .tap = tap, .vm = &vm };
	char lend[LAB_PATH_MAX + 32];
	struct lend_arena arena = { 0 };
	size_t n = 0;
	int r;

	if (!played_has_lend(lab, tap, lend, sizeof(lend)))
		return 0;
	files[n++] = (struct lab_file){ lend, "usr/bin/lend" };
	files[n++] = (struct lab_file){ LEND_LAB_FILES "/rules-host", "usr/bin/rules-host" };
	files[n++] =
		(struct lab_file){ LEND_LAB_BUILT "/crash-guest.bin", "lend/crash-guest.bin" };
	files[n++] = (struct lab_file){ "/usr/share/qemu/keymaps/en-us", "lend/en-us" };
	r = lab_inner_files(lab, &arena, files, &n, err);
	if (r > 0)
		lab_skip(tap, "no /usr/bin/qemu-system-x86_64", "a QEMU runs in a guest");
	if (r == 0)
		r = prove(&h, err);
	lab_vm_stop(&vm);
	lend_arena_done(&arena);
	return r < 0 ? -1 : 0;
}

const struct lab_shape lab_shape_rules_host = {
	.name = "rules-host",
	.about = "rules of a host's files and addresses, ignored and heeded",
	.run = run,
};
