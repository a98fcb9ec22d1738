/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a crash of the host leaves of what a guest has flushed, and whether
 * lend said so before.
 *
 * A first-level guest plays the host: its NVDIMMs are files of this machine,
 * so what its processor stores there stays when it is killed, as on real
 * pmem, and all else that it had is gone.  In it a second-level QEMU has six
 * NVDIMMs, each backed in another way (crash-host), and a guest that writes
 * and flushes 1024 pages of each (crash-guest.s).  lend is asked; then the first level is
 * killed, started anew, and the pages that are there are counted.
 */

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "inner.h"
#include "played.h"
#include "prove.h"

enum { FILES = 4, VARIANTS = 6, PAGES = 1024 };

static const struct {
	const char *about;
	const char *verdict;
	const char *why;
	uint64_t pages; /* that outlive the crash */
} variants[VARIANTS] = {
	{ "page cache", "not guaranteed", "no-dax", 0 },
	{ "DAX, blocks reserved, without MAP_SYNC", "not guaranteed", "pmem-off", 0 },
	{ "DAX, blocks written before, without MAP_SYNC", "not guaranteed", "pmem-off", PAGES },
	{ "DAX, blocks reserved, with MAP_SYNC", "guaranteed", "mapped-sync", PAGES },
	{ "backing-no-block-device: ignored", "not guaranteed", "block-device", 0 },
	{ "backing-no-block-device: heeded, the DAX device", "guaranteed", "dax-device",
	  PAGES },
};

/* ---- what lend says, and what is left ---- */

static const char *member(const struct lend_json *map, const char *id, const char *key)
{
	const struct lend_json *pair = lab_pair(map, "crash", id);
	const char *text =
		lend_json_str(lend_json_get(lend_json_get(pair, "persistence"), key));

	return text == NULL ? "nothing" : text;
}

/* The rules of those that a crash can empty; of the one with MAP_SYNC none. */
static int check_rules(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		       struct lend_err *err)
{
	static const char want[] = "backing-no-block-device device/crash:v4\n"
				   "backing-on-dax device/crash:v0\n"
				   "dax-with-map-sync device/crash:v1\n"
				   "dax-with-map-sync device/crash:v2\n";
	lend_auto_buf out = { 0 };
	lend_auto_buf found = { 0 };

	if (lab_inner_run(lab, vm,
			  "lend check --json --only backing-on-dax --only dax-with-map-sync "
			  "--only backing-no-block-device; true",
			  &out, err) < 0 ||
	    lab_findings(&out, &found, err) < 0)
		return -1;
	(void)lab_found_ok(tap, &found, want, "lend check finds those that a crash can empty");
	return 0;
}

static int check_verdicts(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			  struct lend_err *err)
{
	lend_auto_json struct lend_json *map = NULL;
	lend_auto_buf out = { 0 };

	if (lab_inner_run(lab, vm, "lend map --json", &out, err) < 0 ||
	    lend_json_parse(lend_buf_text(&out), out.len, &map, err) < 0)
		return lend_where(err, "asking lend");
	for (size_t i = 0; i < VARIANTS; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "v%zu", i);
		if (!lab_ok(tap,
			    strcmp(member(map, id, "verdict"), variants[i].verdict) == 0 &&
				    strcmp(member(map, id, "why"), variants[i].why) == 0,
			    "%s: %s (%s)", variants[i].about, variants[i].verdict,
			    variants[i].why))
			lab_note("lend says: %s (%s)", member(map, id, "verdict"),
				 member(map, id, "why"));
	}
	return 0;
}

/* dax-device-aligned: heeded is the one with align=2M that runs. */
static int check_step(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		      struct lend_err *err)
{
	lend_auto_buf said = { 0 };
	lend_auto_buf out = { 0 };
	lend_auto_buf found = { 0 };

	if (lab_inner_run(lab, vm, "crash-host misaligned", &said, err) < 0 ||
	    lab_inner_run(lab, vm,
			  "lend check --json --only dax-device-aligned "
			  "--wish /run/misaligned.sh; true",
			  &out, err) < 0 ||
	    lab_findings(&out, &found, err) < 0)
		return -1;
	lab_note("%s", lend_buf_text(&said));
	(void)lab_ok(tap, strncmp(lend_buf_text(&said), "ended with 1: ", 14) == 0,
		     "dax-device-aligned: ignored, QEMU does not start");
	(void)lab_found_ok(tap, &found, "dax-device-aligned device/step:v5\n",
			   "dax-device-aligned: lend check --wish says so before");
	return 0;
}

/* Of what was tried there a capture has the answers: elsewhere it is judged as there. */
static int check_capture(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			 struct lend_err *err)
{
	static const char *const commands[] = { "map", "check" };
	char capture[LAB_PATH_MAX + 64];
	lend_auto_buf unused = { 0 };

	lab_kept(lab, tap->shape, capture, sizeof(capture));
	if (lab_inner_run(lab, vm, "lend capture --no-guests --to /run/capture >/dev/null",
			  &unused, err) < 0 ||
	    lab_bring_out(lab, vm, "/run/capture", capture, err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(commands); i++) {
		const char *const args[] = { commands[i], "--json", "--no-guests", capture,
					     NULL };
		lend_auto_buf live = { 0 };
		lend_auto_buf again = { 0 };
		char script[64];
		int status = 0;

		(void)snprintf(script, sizeof(script), "lend %s --json --no-guests; true",
			       commands[i]);
		if (lab_inner_run(lab, vm, script, &live, err) < 0 ||
		    lab_lend(lab, args, &again, &status, err) < 0)
			return -1;
		if (!lab_ok(tap, strcmp(lend_buf_text(&live), lend_buf_text(&again)) == 0,
			    "lend %s says of a capture what it says there", commands[i]))
			lab_note("there: %s\ncapture: %s", lend_buf_text(&live),
				 lend_buf_text(&again));
	}
	return 0;
}

/* "v0 0\nv1 0\n..." */
static bool count_of(const char *text, size_t i, uint64_t *ret)
{
	char key[8];
	const char *at;

	(void)snprintf(key, sizeof(key), "v%zu ", i);
	at = strstr(text, key);
	return at != NULL &&
	       lend_parse_u64n(at + strlen(key), strcspn(at + strlen(key), "\n"), 10, ret);
}

/* Pages of an NVDIMM that the second-level guest has written, wherever they lie. */
static uint64_t count_outside(const struct lab_dimm *dimm)
{
	lend_auto_fd int fd = open(dimm->path, O_RDONLY | O_CLOEXEC);
	uint64_t pages = 0;
	char page[4096];

	while (fd >= 0 && read(fd, page, sizeof(page)) == sizeof(page))
		pages += page[0] == 'L' && memcmp(page, page + 1, sizeof(page) - 1) == 0;
	return pages;
}

/* Files are looked for in their file systems; devices can be seen from here alone. */
static int check_counts(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (lab_inner_run(lab, vm, "crash-host count", &out, err) < 0)
		return -1;
	for (size_t i = 0; i < VARIANTS; i++) {
		uint64_t pages = UINT64_MAX;

		if (i < FILES)
			(void)count_of(lend_buf_text(&out), i, &pages);
		else
			pages = count_outside(&vm->dimms[i]);
		(void)lab_ok(tap, pages == variants[i].pages, "%s: %llu of %d pages are there",
			     variants[i].about, (unsigned long long)pages, PAGES);
	}
	return 0;
}

/* ---- the wish ---- */

#define WISH(v, more)                                                                          \
	"printf '%s\\n' 'vm: w' 'memory: 64 MiB' 'accel: tcg' 'pmem:' "                        \
	"'  - {name: log, size: 16 MiB, label: 0, backing: /v" v more                          \
	", persistence: required}' >/run/w.yaml; "
#define STATE " --state-dir /v2/state"

/* Before anything runs: what is wished is judged by trial, too. */
static const struct {
	const char *about;
	const char *script;
} wishes[] = {
	{ "a file on DAX fulfils 'required'",
	  WISH("3", "/img") "lend plan" STATE " /run/w.yaml 2>/run/err | grep -q 'pmem=on'" },
	{ "a DAX device does, too",
	  WISH("3", "/img") "sed -i \"s,/v3/img,$(echo /dev/dax*),\" /run/w.yaml; "
			    "lend plan" STATE " /run/w.yaml 2>/run/err | "
			    "grep -q 'mem-path=/dev/dax[^ ]*pmem=on'" },
	{ "a file in the page cache does not",
	  WISH("0", "/img") "lend plan" STATE " /run/w.yaml 2>&1 | "
			    "grep -q 'persistence is required, but it is not on DAX'" },
	{ "a file to be made is tried when it is made",
	  WISH("0", "/new") "lend plan" STATE " /run/w.yaml 2>&1 | "
			    "grep -q 'whether /v0/new is on DAX shows when it is made'" },
	{ "without DAX it never gets its name",
	  "lend apply --yes" STATE " /run/w.yaml >/run/out 2>&1; r=$?; "
	  "grep -q 'would not be on DAX' /run/out && [ $r != 0 ] && [ ! -e /v0/new ]" },
	{ "on DAX the plan says that it is tried",
	  WISH("3", "/new") "lend plan" STATE " -o /run/plan /run/w.yaml >/run/out 2>&1 && "
			    "grep -q map-sync /run/plan" },
	{ "a trial changes nothing",
	  "a=$(stat -c '%s %b %X %Y %Z' /v3/img); lend plan" STATE
	  " /run/w.yaml >/dev/null 2>&1; [ \"$a\" = \"$(stat -c '%s %b %X %Y %Z' /v3/img)\" ]" },
};

static int check_wishes(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			struct lend_err *err)
{
	for (size_t i = 0; i < LEND_COUNT(wishes); i++) {
		const char *const argv[] = { "/bin/sh", "-c", wishes[i].script, NULL };
		lend_auto_buf out = { 0 };
		lend_auto_buf errors = { 0 };
		int status = 0;

		if (lab_vm_run(lab, vm, argv, lab_in(4 * LAB_STEP_MS), &out, &errors, &status,
			       err) != 0)
			return lend_where(err, "%s", wishes[i].about);
		if (!lab_ok(tap, status == 0, "%s", wishes[i].about)) {
			lend_buf_reset(&out);
			(void)!lab_inner_run(lab, vm,
					     "cat /run/out /run/err 2>&1; lend plan" STATE
					     " /run/w.yaml 2>&1; true",
					     &out, err);
			lab_note("%s\n%s%s", wishes[i].script, lend_buf_text(&out),
				 lend_buf_text(&errors));
		}
	}
	return 0;
}

static int before(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (lab_boot(lab, vm, err) < 0 ||
	    lab_inner_run(lab, vm, "crash-host prepare", &out, err) < 0 ||
	    check_wishes(lab, tap, vm, err) < 0 || check_step(lab, tap, vm, err) < 0 ||
	    lab_inner_run(lab, vm, "sync; crash-host start", &out, err) < 0)
		return -1;
	if (check_rules(lab, tap, vm, err) < 0 || check_verdicts(lab, tap, vm, err) < 0)
		return -1;
	return check_capture(lab, tap, vm, err);
}

static int prove(struct lab *lab, struct lab_tap *tap, const struct lab_file *files,
		 struct lend_err *err)
{
	struct lab_dimm dimms[VARIANTS] = { 0 };
	static const char *const ids[VARIANTS] = { "n0", "n1", "n2", "n3", "n4", "n5" };
	struct lab_vm first = { .name = "before",
				.ram_bytes = 768 * LAB_MIB,
				.dimms = dimms,
				.n_dimms = VARIANTS,
				.files = files };
	struct lab_vm second = { .name = "after",
				 .ram_bytes = 768 * LAB_MIB,
				 .dimms = dimms,
				 .n_dimms = VARIANTS,
				 .files = files };
	int r;

	for (unsigned int i = 0; i < VARIANTS; i++)
		dimms[i] = (struct lab_dimm){ .id = ids[i],
					      .slot = i,
					      .pmem_bytes = LAB_UNIT,
					      .label_bytes = 2 * LAB_MIB,
					      .label_minor = 2 };
	r = before(lab, tap, &first, err);
	/* As a power cut: no signal that it could answer. */
	if (first.child.pid > 0)
		(void)kill(first.child.pid, SIGKILL);
	lab_vm_stop(&first);
	if (r == 0)
		r = lab_boot(lab, &second, err);
	if (r == 0)
		r = check_counts(lab, tap, &second, err);
	lab_vm_stop(&second);
	return r;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_file files[LAB_INNER_FILES] = { { 0 } };
	char lend[LAB_PATH_MAX + 32];
	struct lend_arena arena = { 0 };
	size_t n = 0;
	int r;

	if (!played_has_lend(lab, tap, lend, sizeof(lend)))
		return 0;
	files[n++] = (struct lab_file){ lend, "usr/bin/lend" };
	files[n++] = (struct lab_file){ LEND_LAB_FILES "/crash-host", "usr/bin/crash-host" };
	files[n++] =
		(struct lab_file){ LEND_LAB_BUILT "/crash-guest.bin", "lend/crash-guest.bin" };
	r = lab_inner_files(lab, &arena, files, &n, err);
	if (r == 0)
		r = prove(lab, tap, files, err);
	else if (r > 0)
		lab_skip(tap, "no /usr/bin/qemu-system-x86_64", "a QEMU runs in a guest");
	lend_arena_done(&arena);
	return r < 0 ? -1 : 0;
}

const struct lab_shape lab_shape_crash_proof = {
	.name = "crash-proof",
	.about = "what a crash of the host leaves, held against lend's verdict",
	.run = run,
};
