/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules of subjects machine and geometry, ignored and heeded.  Where QEMU
 * itself says no, no guest is booted: each row is a command line that lend
 * check is asked about, that QEMU then does not start; with the words of the
 * cure instead, lend finds nothing, and QEMU answers at its monitor.
 *
 * Two boots: what only a guest shows.
 */

#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "io/out.h"
#include "prove.h"

#define BACKEND(n) "-object memory-backend-file,id=b" n ",mem-path=@/" n ".img,share=on,size="
#define DIMM(n)    "-device nvdimm,id=d" n ",memdev=b" n
#define ONE        BACKEND("1") "128M " DIMM("1")
#define SECOND     BACKEND("2") "128M " DIMM("2")
#define TWO        ONE " " SECOND
#define HARDLY     "-S -nodefaults -no-user-config -display none "
#define ON         "-machine q35,accel=tcg,nvdimm=on "
#define CPU        "-cpu max "
#define MEMORY     "-m 64M,slots=4,maxmem=1G "

struct row {
	const char *rule;
	const char *node;
	const char *broken;
	const char *says; /* QEMU's stderr has one of these, with '|' between */
	const char *heeded;
};

static const struct row rows[] = {
	{ "machine-nvdimm-on", "vm/rules", CPU "-machine q35,accel=tcg " MEMORY ONE,
	  "nvdimm is not enabled|nvdimm=on", CPU ON MEMORY ONE },
	{ "machine-nvdimm-on", "vm/rules", CPU "-machine pc,accel=tcg,nvdimm=off " MEMORY ONE,
	  "nvdimm is not enabled|nvdimm=on",
	  CPU "-machine pc,accel=tcg,nvdimm=on " MEMORY ONE },
	{ "machine-acpi-on", "vm/rules",
	  CPU "-machine q35,accel=tcg,nvdimm=on,acpi=off " MEMORY ONE,
	  "missing acpi device or acpi disabled", CPU ON MEMORY ONE },
	{ "machine-acpi-on", "vm/rules", CPU ON "-no-acpi " MEMORY ONE,
	  "missing acpi device or acpi disabled|-no-acpi", CPU ON MEMORY ONE },
	{ "machine-slots-enough", "vm/rules", CPU ON "-m 64M,slots=1,maxmem=1G " TWO,
	  "no free slots available", CPU ON "-m 64M,slots=3,maxmem=1G " TWO },
	{ "machine-slots-enough", "vm/rules", CPU ON "-m 64M,maxmem=1G " ONE,
	  "no slots where allocated|not prepared for memory devices", CPU ON MEMORY ONE },
	{ "machine-slots-enough", "vm/rules", CPU ON MEMORY ONE ",slot=4",
	  "invalid slot number 4, valid range is [0-3]", CPU ON MEMORY ONE ",slot=3" },
	{ "machine-maxmem-enough", "vm/rules", CPU ON "-m 64M,slots=4,maxmem=191M " ONE,
	  "not enough space", CPU ON "-m 64M,slots=4,maxmem=192M " ONE },
	{ "machine-maxmem-enough", "vm/rules", CPU ON "-m 64M,slots=4,maxmem=64M " ONE,
	  "invalid value of maxmem", CPU ON "-m 64M,slots=4,maxmem=192M " ONE },
	{ "slot-used-once", "device/rules:d2", CPU ON MEMORY ONE ",slot=1 " SECOND ",slot=1",
	  "slot 1 is busy", CPU ON MEMORY ONE ",slot=1 " SECOND ",slot=2" },
	{ "memdev-used-once", "vm/rules", CPU ON MEMORY ONE " -device nvdimm,id=d2,memdev=b1",
	  "can't use already busy memdev", CPU ON MEMORY TWO },
	{ "memdev-used-once", "vm/rules",
	  CPU ON MEMORY BACKEND("1") "128M -device nvdimm,memdev=b1 -device nvdimm,memdev=b1",
	  "can't use already busy memdev", CPU ON MEMORY TWO },
	{ "memdev-there", "vm/rules", CPU ON MEMORY ONE " -device nvdimm,id=d2,memdev=none",
	  "not found", CPU ON MEMORY TWO },
	{ "ids-used-once", "vm/rules",
	  CPU ON MEMORY ONE " " BACKEND("2") "128M -device nvdimm,id=d1,memdev=b2",
	  "Duplicate ID|add duplicate property", CPU ON MEMORY TWO },
	{ "ids-used-once", "vm/rules", CPU ON MEMORY ONE " " BACKEND("1") "128M",
	  "Duplicate ID|add duplicate property", CPU ON MEMORY ONE },
	{ "label-size-minimum", "device/rules:d1", CPU ON MEMORY ONE ",label-size=64K",
	  "is required at least 0x20000",
	  CPU ON MEMORY BACKEND("1") "131200K " DIMM("1") ",label-size=128K" },
	{ "label-size-minimum", "device/rules:d1", CPU ON MEMORY ONE ",label-size=0",
	  "is required at least 0x20000", CPU ON MEMORY ONE },
	{ "backing-large-enough", "backend/rules:b1",
	  CPU ON MEMORY BACKEND("1") "256M " DIMM("1"),
	  "does not match 'size' option|is too small for 'size' option", CPU ON MEMORY ONE },
	{ "readonly-is-unarmed", "device/rules:d1",
	  CPU ON MEMORY BACKEND("1") "128M,readonly=on " DIMM("1"),
	  "'unarmed' property must be 'o",
	  CPU ON MEMORY BACKEND("1") "128M,readonly=on " DIMM("1") ",unarmed=on" },
};

static const char *const subjects[] = { "machine", "geometry", NULL };

static bool says_one_of(const char *text, const char *choices)
{
	while (*choices != '\0') {
		size_t len = strcspn(choices, "|");

		if (memmem(text, strlen(text), choices, len) != NULL)
			return true;
		choices += len + (choices[len] == '|');
	}
	return false;
}

/* What lend says of the line goes to found; 1 when QEMU fails on it, with *said. */
static int try_line(struct lab *lab, const char *rule, const char *line, struct lend_buf *found,
		    struct lend_buf *said, struct lend_err *err)
{
	const char *const only[] = { "machine", "geometry", rule, NULL };
	struct lab_vm vm = { .name = "rules" };
	char text[1024];
	int r;

	(void)snprintf(text, sizeof(text), HARDLY "%s", line);
	r = lab_argv(lab, &vm, text, err);
	if (r == 0)
		r = lab_check_argv(lab, &vm, only, found, err);
	if (r == 0)
		r = lab_argv_start(lab, &vm, err);
	if (r == 0)
		r = lab_argv_fails(lab, &vm, err);
	if (r >= 0 && lab_argv_said(&vm, said, err) < 0)
		r = -1;
	lab_vm_stop(&vm);
	return r;
}

static int prove_row(struct lab *lab, struct lab_tap *tap, const struct row *row,
		     struct lend_err *err)
{
	lend_auto_buf found = { 0 };
	lend_auto_buf said = { 0 };
	lend_auto_buf still = { 0 };
	char want[160];
	bool exact, fails;
	int r = try_line(lab, row->rule, row->broken, &found, &said, err);

	if (r < 0)
		return -1;
	(void)snprintf(want, sizeof(want), "%s %s\n", row->rule, row->node);
	exact = strcmp(lend_buf_text(&found), want) == 0;
	fails = r == 1 && says_one_of(lend_buf_text(&said), row->says);
	lab_note("%s", lend_buf_text(&said));
	if (!exact || !fails)
		lab_note("QEMU %s; lend found:\n%s", r == 1 ? "failed" : "started",
			 lend_buf_text(&found));
	lend_buf_reset(&said);
	r = try_line(lab, row->rule, row->heeded, &still, &said, err);
	if (r < 0)
		return -1;
	if (r != 0 || still.len > 0)
		lab_note("heeded: %s\n%s", lend_buf_text(&said), lend_buf_text(&still));
	(void)lab_ok(tap, exact && fails && r == 0 && still.len == 0,
		     "%s: ignored, QEMU says \"%.*s\"; heeded, it starts", row->rule,
		     (int)strcspn(row->says, "|"), row->says);
	return 0;
}

/* ---- one more NVDIMM ---- */

static int plug(struct lab *lab, struct lab_vm *vm, struct lend_err *ret_why,
		struct lend_err *err)
{
	char add[LAB_PATH_MAX + 256];
	lend_auto_json struct lend_json *backend = NULL;
	lend_auto_json struct lend_json *device = NULL;

	(void)snprintf(add, sizeof(add),
		       "{\"execute\":\"object-add\",\"arguments\":{\"qom-type\":"
		       "\"memory-backend-file\",\"id\":\"b2\",\"mem-path\":\"%s/2.img\","
		       "\"share\":true,\"size\":134217728}}",
		       lab->dir);
	if (lab_vm_qmp(lab, vm, add, &backend, err) < 0)
		return -1;
	return lab_vm_qmp(lab, vm,
			  "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"nvdimm\","
			  "\"id\":\"d2\",\"memdev\":\"b2\"}}",
			  &device, ret_why) == 0
		       ? 0
		       : 1;
}

/* found: of the running VM.  As plug. */
static int plug_into(struct lab *lab, const char *line, struct lend_buf *found,
		     struct lend_err *ret_why, struct lend_err *err)
{
	struct lab_vm vm = { .name = "rules" };
	int r = lab_argv(lab, &vm, line, err);

	if (r == 0)
		r = lab_argv_start(lab, &vm, err);
	if (r == 0)
		r = lab_argv_fails(lab, &vm, err);
	if (r == 1)
		r = lend_fail(err, LEND_E_REMOTE, "QEMU did not start");
	if (r == 0)
		r = lab_check_vm(lab, &vm, subjects, found, err);
	if (r == 0)
		r = plug(lab, &vm, ret_why, err);
	lab_vm_stop(&vm);
	return r;
}

static int prove_room(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	lend_auto_buf found = { 0 };
	struct lend_err why = { 0 };
	int r = plug_into(lab, HARDLY CPU ON "-m 64M,slots=1,maxmem=1G " ONE, &found, &why,
			  err);

	if (r < 0)
		return -1;
	lab_note("%s", why.what);
	(void)lab_found_ok(tap, &found, "machine-room-left vm/rules\n",
			   "machine-room-left: found in the running VM");
	(void)lab_ok(tap, r == 1 && strstr(why.what, "no free slots available") != NULL,
		     "machine-room-left: ignored, no NVDIMM can be plugged in");
	r = plug_into(lab, HARDLY CPU ON "-m 64M,slots=2,maxmem=1G " ONE, &found, &why, err);
	if (r < 0)
		return -1;
	(void)lab_ok(tap, r == 0 && found.len == 0,
		     "machine-room-left: heeded, one can be plugged in");
	return 0;
}

/* ---- what only a guest shows ---- */

/* Without a PIT the kernel of a microvm cannot always tell how fast its TSC is. */
#define GUEST                                                                                                  \
	"-nodefaults -no-user-config -no-reboot -display none -m 256M,slots=8,maxmem=2G " ONE                  \
	" -kernel @/kernel -initrd @/initrd -append console=ttyS0\tloglevel=5\tpanic=-1\t"                     \
	"cryptomgr.notests\tlend.noagent\ttsc_early_khz=2000000 -fw_cfg name=opt/lend/run,file=@/run -serial " \
	"file:@/rules.serial "

/* Whether the guest takes ordinary memory that is plugged in shows in its blocks. */
static const char script[] =
	"#!/bin/sh\n"
	"for w in $(grep -m1 ^flags /proc/cpuinfo); do\n"
	"	case $w in clflushopt|clwb) echo \"lab: flush $w\" ;; esac\n"
	"done\n"
	"for d in /sys/bus/nd/devices/*; do\n"
	"	[ ! -e $d ] || echo \"lab: nd ${d##*/}\"\n"
	"done\n"
	"blocks() { set -- /sys/devices/system/memory/memory*; echo $#; }\n"
	"n=$(blocks)\n"
	"{\n"
	"	while [ $(blocks) = $n ]; do usleep 50000; done\n"
	"	echo \"lab: more memory\"\n"
	"} &\n";

static int put_files(struct lab *lab, struct lend_err *err)
{
	static const char *const names[][2] = { { "vmlinuz", "kernel" },
						{ "initramfs", "initrd" } };
	char from[LAB_PATH_MAX + 64], to[LAB_PATH_MAX];
	lend_auto_fd int fd = -1;

	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		(void)snprintf(from, sizeof(from), "%s/%s", lab->image, names[i][0]);
		if (lab_path(lab, to, sizeof(to), names[i][1], err) < 0)
			return -1;
		if (symlink(from, to) < 0)
			return lend_fail_errno(err, "make '%s'", to);
	}
	if (lab_path(lab, to, sizeof(to), "run", err) < 0)
		return -1;
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, script, sizeof(script) - 1) != (ssize_t)sizeof(script) - 1)
		return lend_fail_errno(err, "write '%s'", to);
	return 0;
}

static int start_guest(struct lab *lab, struct lab_vm *vm, const char *more,
		       struct lend_buf *found, struct lend_err *err)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), GUEST "%s", more);
	if (lab_argv(lab, vm, text, err) < 0)
		return -1;
	for (size_t i = 0; vm->argv[i] != NULL; i++) {
		/* The words of -append are one. */
		if (strncmp(vm->argv[i], "console=", 8) == 0)
			for (char *p = (char *)vm->argv[i]; *p != '\0'; p++)
				*p = *p == '\t' ? ' ' : *p;
	}
	(void)unlink(vm->serial);
	if (lab_check_argv(lab, vm, subjects, found, err) < 0 ||
	    lab_argv_start(lab, vm, err) < 0)
		return -1;
	return lab_vm_wait_up(lab, vm, lab_in(LAB_BOOT_MS), err);
}

/* Until it was said on the console: 1; 0: it was not. */
static int console_has(struct lab *lab, const struct lab_vm *vm, const char *mark,
		       struct lend_err *err)
{
	int64_t deadline = lab_in(LAB_STEP_MS);

	for (;;) {
		struct pollfd p = { .fd = vm->child.pidfd, .events = POLLIN };
		lend_auto_buf console = { 0 };

		if (lend_in_file(vm->serial, 1 << 20, &console, err) < 0)
			return -1;
		if (strstr(lend_buf_text(&console), mark) != NULL)
			return 1;
		if (lend_now_ms() >= deadline)
			return 0;
		if (lab_poll(lab, &p, 1, lab_in(50), err) < 0)
			return -1;
	}
}

static int prove_ignored(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			 struct lend_err *err)
{
	lend_auto_buf found = { 0 };
	lend_auto_buf console = { 0 };
	const char *text;

	if (start_guest(lab, vm, "-machine microvm,accel=tcg -cpu qemu64", &found, err) < 0 ||
	    lend_in_file(vm->serial, 1 << 20, &console, err) < 0)
		return -1;
	text = lend_buf_text(&console);
	(void)lab_ok(tap,
		     lab_finds(&found, "machine-has-nfit", "vm/rules") &&
			     strstr(text, "lab: nd ") == NULL,
		     "machine-has-nfit: ignored, the guest has no NVDIMM");
	(void)lab_ok(tap,
		     lab_finds(&found, "cpu-flushes-well", "vm/rules") &&
			     strstr(text, "lab: flush ") == NULL,
		     "cpu-flushes-well: ignored, the guest has only clflush");
	return 0;
}

static int ask(struct lab *lab, struct lab_vm *vm, const char *request, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;

	return lab_vm_qmp(lab, vm, request, &doc, err);
}

static int plug_memory(struct lab *lab, struct lab_vm *vm, unsigned int n, struct lend_err *err)
{
	char request[256];

	(void)snprintf(request, sizeof(request),
		       "{\"execute\":\"object-add\",\"arguments\":{\"qom-type\":"
		       "\"memory-backend-ram\",\"id\":\"ram%u\",\"size\":134217728}}",
		       n);
	if (ask(lab, vm, request, err) < 0)
		return -1;
	(void)snprintf(request, sizeof(request),
		       "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"pc-dimm\","
		       "\"id\":\"dimm%u\",\"memdev\":\"ram%u\"}}",
		       n, n);
	return ask(lab, vm, request, err);
}

/* Behind 128 MiB the guest takes ordinary memory, behind 16 MiB it does not. */
static int prove_blocks(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			struct lend_err *err)
{
	static const char want[] = "dimm-base-whole-block device/rules:behind\n"
				   "dimm-size-whole-block device/rules:behind\n"
				   "dimm-size-whole-block device/rules:half\n";
	static const char *const geometry[] = { "geometry", NULL };
	struct lab_dimm dimms[] = {
		{ .id = "half", .slot = 4, .pmem_bytes = 16 * LAB_MIB },
		{ .id = "behind", .slot = 5, .pmem_bytes = 16 * LAB_MIB },
	};
	lend_auto_buf found = { 0 };
	int r = plug_memory(lab, vm, 1, err);

	if (r == 0)
		r = console_has(lab, vm, "lab: more memory", err);
	if (r < 0)
		return -1;
	(void)lab_ok(tap, r == 1,
		     "dimm-base-whole-block, dimm-size-whole-block: heeded, the guest takes "
		     "memory that is plugged in behind");
	for (size_t i = 0; i < LEND_COUNT(dimms); i++) {
		if (lab_dimm_make(lab, &dimms[i], err) < 0 ||
		    lab_vm_plug(lab, vm, &dimms[i], err) < 0)
			return -1;
	}
	if (lab_check_vm(lab, vm, geometry, &found, err) < 0 ||
	    plug_memory(lab, vm, 2, err) < 0)
		return -1;
	(void)lab_found_ok(tap, &found, want,
			   "dimm-base-whole-block, dimm-size-whole-block: found");
	r = console_has(lab, vm, "unaligned hotplug range", err);
	if (r < 0)
		return -1;
	(void)lab_ok(tap, r == 1,
		     "dimm-base-whole-block, dimm-size-whole-block: ignored, the guest refuses "
		     "memory that is plugged in behind");
	return 0;
}

static int prove_heeded(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			struct lend_err *err)
{
	lend_auto_buf found = { 0 };
	lend_auto_buf console = { 0 };
	const char *text;

	if (start_guest(lab, vm, ON CPU, &found, err) < 0 ||
	    lend_in_file(vm->serial, 1 << 20, &console, err) < 0)
		return -1;
	text = lend_buf_text(&console);
	(void)lab_found_ok(tap, &found, "", "heeded, lend finds nothing");
	(void)lab_ok(tap, strstr(text, "lab: nd nmem0") != NULL,
		     "machine-has-nfit: heeded, it has");
	(void)lab_ok(tap, strstr(text, "lab: flush ") != NULL,
		     "cpu-flushes-well: heeded, it has a better one");
	return prove_blocks(lab, tap, vm, err);
}

static int prove_guest(struct lab *lab, struct lab_tap *tap,
		       int (*prove)(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
				    struct lend_err *err),
		       struct lend_err *err)
{
	struct lab_vm vm = { .name = "rules" };
	int r = prove(lab, tap, &vm, err);

	lab_vm_stop(&vm);
	return r;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	if (lab_sparse(lab, "1.img", LAB_UNIT + LAB_MIB / 8, err) < 0 ||
	    lab_sparse(lab, "2.img", LAB_UNIT, err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		if (prove_row(lab, tap, &rows[i], err) < 0)
			return lend_where(err, "%s", rows[i].rule);
	}
	if (prove_room(lab, tap, err) < 0 || put_files(lab, err) < 0 ||
	    prove_guest(lab, tap, prove_ignored, err) < 0)
		return -1;
	return prove_guest(lab, tap, prove_heeded, err);
}

const struct lab_shape lab_shape_rules_machine = {
	.name = "rules-machine",
	.about = "rules of a machine, ignored and heeded",
	.run = run,
};
