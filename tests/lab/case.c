/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lab cases share: TAP, the guest's own view, lend held against it. */

#include "case.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

/* ---- TAP ---- */

static void put_text(struct lend_buf *out, const char *fmt, va_list ap)
{
	char text[400];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	/* '#' would begin a directive. */
	for (char *p = text; *p != '\0'; p++)
		if (*p == '#' || *p == '\n')
			*p = ' ';
	lend_buf_puts(out, text);
}

bool lab_ok(struct lab_tap *tap, bool ok, const char *fmt, ...)
{
	lend_auto_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	put_text(&text, fmt, ap);
	va_end(ap);
	tap->n++;
	tap->failed += !ok;
	(void)printf("%s %u - %s: %s\n", ok ? "ok" : "not ok", tap->n, tap->shape,
		     lend_buf_text(&text));
	(void)fflush(stdout);
	return ok;
}

void lab_skip(struct lab_tap *tap, const char *why, const char *fmt, ...)
{
	lend_auto_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	put_text(&text, fmt, ap);
	va_end(ap);
	tap->n++;
	(void)printf("ok %u - %s: %s # SKIP %s\n", tap->n, tap->shape, lend_buf_text(&text),
		     why);
	(void)fflush(stdout);
}

void lab_note(const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (const char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		(void)printf("# %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	(void)fflush(stdout);
}

bool lab_did(int r, const struct lend_err *err)
{
	if (r == 0)
		return true;
	lab_note("%s%s%s", err->where, err->where[0] != '\0' ? ": " : "", err->what);
	if (err->hint[0] != '\0')
		lab_note("%s", err->hint);
	return false;
}

/* ---- the guest ---- */

int lab_boot(struct lab *lab, struct lab_vm *vm, struct lend_err *err)
{
	if (lab_vm_start(lab, vm, err) < 0)
		return -1;
	return lab_vm_wait_agent(lab, vm, lab_in(LAB_BOOT_MS), err);
}

int lab_sh_(struct lab *lab, struct lab_vm *vm, const char *const *argv, struct lend_buf *out,
	    struct lend_err *err)
{
	lend_auto_buf errors = { 0 };
	int status = 0;
	int r = lab_vm_run(lab, vm, argv, lab_in(LAB_STEP_MS), out, &errors, &status, err);

	if (r == 1)
		return lend_fail(err, LEND_E_REMOTE, "still running: %s", argv[2]);
	if (r < 0)
		return -1;
	if (status != 0)
		return lend_fail(err, LEND_E_REMOTE, "status %d of %.60s: %.120s", status,
				 argv[2], lend_buf_text(&errors));
	return 0;
}

int lab_guest_list(struct lab *lab, struct lab_vm *vm, struct lend_json **ret_doc,
		   struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (lab_sh(lab, vm, "ndctl list -DRNiv", &out, err) < 0)
		return -1;
	return lend_json_parse(lend_buf_text(&out), out.len, ret_doc, err);
}

const struct lend_json *lab_guest_dimm(const struct lend_json *list, uint64_t handle)
{
	const struct lend_json *dimms = lend_json_get(list, "dimms");

	for (size_t i = 0; i < lend_json_count(dimms); i++) {
		const struct lend_json *dimm = lend_json_at(dimms, i);
		uint64_t got;

		if (lend_json_u64(lend_json_get(dimm, "handle"), &got) && got == handle)
			return dimm;
	}
	return NULL;
}

const struct lend_json *lab_guest_region(const struct lend_json *list, const char *dimm)
{
	const struct lend_json *regions = lend_json_get(list, "regions");

	for (size_t i = 0; i < lend_json_count(regions); i++) {
		const struct lend_json *region = lend_json_at(regions, i);
		const struct lend_json *mappings = lend_json_get(region, "mappings");
		const char *name =
			lend_json_str(lend_json_get(lend_json_at(mappings, 0), "dimm"));

		if (dimm == NULL ? lend_json_count(mappings) == 0
				 : name != NULL && strcmp(name, dimm) == 0)
			return region;
	}
	return NULL;
}

int lab_guest_wait_regions(struct lab *lab, struct lab_vm *vm, size_t n, struct lend_err *err)
{
	int64_t deadline = lab_in(LAB_STEP_MS);

	for (;;) {
		struct pollfd p = { .fd = vm->child.pidfd, .events = POLLIN };
		lend_auto_json struct lend_json *list = NULL;

		if (lab_guest_list(lab, vm, &list, err) < 0)
			return -1;
		if (lend_json_count(lend_json_get(list, "regions")) >= n)
			return 0;
		if (lend_now_ms() >= deadline)
			return lend_fail(err, LEND_E_REMOTE, "not %zu regions in the guest %s",
					 n, vm->name);
		if (lab_poll(lab, &p, 1, lab_in(50), err) < 0)
			return -1;
	}
}

/* ---- lend ---- */

enum { ARGS_MAX = 24 };

int lab_lend(struct lab *lab, const char *const *args, struct lend_buf *out, int *ret_exit,
	     struct lend_err *err)
{
	char lend[LAB_PATH_MAX + 32];
	const char *argv[ARGS_MAX + 2] = { lend };
	int status = 0;

	lab_find_lend(lab, lend, sizeof(lend));
	if (access(lend, X_OK) < 0)
		return 1;
	for (size_t i = 0; i < ARGS_MAX && args[i] != NULL; i++)
		argv[i + 1] = args[i];
	if (lab_run(lab, argv, lab_in(LAB_STEP_MS), out, &status, err) < 0)
		return -1;
	if (!WIFEXITED(status))
		return lend_fail(err, LEND_E_REMOTE, "lend %s died of signal %d", args[0],
				 WTERMSIG(status));
	*ret_exit = WEXITSTATUS(status);
	return 0;
}

const struct lend_json *lab_pair(const struct lend_json *map, const char *vm, const char *id)
{
	const struct lend_json *pairs = lend_json_get(map, "pairs");

	for (size_t i = 0; i < lend_json_count(pairs); i++) {
		const struct lend_json *pair = lend_json_at(pairs, i);
		const char *got_vm = lend_json_str(lend_json_get(pair, "vm"));
		const char *got_id =
			lend_json_str(lend_json_get(lend_json_get(pair, "device"), "id"));

		if (got_vm != NULL && got_id != NULL && strcmp(got_vm, vm) == 0 &&
		    strcmp(got_id, id) == 0)
			return pair;
	}
	return NULL;
}

static bool same_text(const struct lend_json *a, const char *key, const char *want)
{
	const char *got = lend_json_str(lend_json_get(a, key));

	if (got != NULL && want != NULL && strcmp(got, want) == 0)
		return true;
	lab_note("\"%s\" is %s, want %s", key, got == NULL ? "not there" : got,
		 want == NULL ? "something" : want);
	return false;
}

static bool pair_is_right(const struct lend_json *map, const struct lend_json *list,
			  const struct lab_vm *vm, const struct lab_dimm *dimm)
{
	const struct lend_json *pair = lab_pair(map, vm->name, dimm->id);
	const struct lend_json *guest = lend_json_get(pair, "guest");
	const struct lend_json *seen = lab_guest_dimm(list, dimm->slot + 1);
	const char *name = lend_json_str(lend_json_get(seen, "dev"));
	bool has_dimm = dimm->kind == LAB_NVDIMM;
	const struct lend_json *region = lab_guest_region(list, has_dimm ? name : NULL);

	if (pair == NULL) {
		lab_note("the map has no pair for %s of %s", dimm->id, vm->name);
		return false;
	}
	return same_text(lend_json_get(pair, "backing"), "path", dimm->path) &&
	       same_text(guest, "region", lend_json_str(lend_json_get(region, "dev"))) &&
	       (!has_dimm || same_text(guest, "dimm", name)) &&
	       same_text(pair, "verdict", "matched");
}

/* lend's words, then what names these VMs and their guests. */
static int lend_about(struct lab *lab, const char *const *words, struct lab_vm *const *vms,
		      size_t n, struct lend_buf *out, int *ret_exit, struct lend_err *err)
{
	char text[ARGS_MAX][LAB_SOURCE_MAX];
	const char *args[ARGS_MAX + 1] = { NULL };
	size_t at = 0;

	while (words[at] != NULL) {
		args[at] = words[at];
		at++;
	}
	for (size_t i = 0; i < n && at + 3 < ARGS_MAX; i++) {
		(void)snprintf(text[at], sizeof(text[at]), "qmp:%s", vms[i]->qmp[0]);
		args[at] = text[at];
		at++;
		if (vms[i]->no_agent)
			continue;
		args[at++] = "--guest";
		(void)snprintf(text[at], sizeof(text[at]), "%s=qga:%s", vms[i]->name,
			       vms[i]->qga);
		args[at] = text[at];
		at++;
	}
	return lab_lend(lab, args, out, ret_exit, err);
}

static int map_of(struct lab *lab, struct lab_vm *const *vms, size_t n, struct lend_buf *out,
		  struct lend_err *err)
{
	int status = 0;
	int r = lend_about(lab, (const char *[]){ "map", "--json", NULL }, vms, n, out, &status,
			   err);

	if (r == 0 && status != 0)
		lab_note("lend map ended with status %d", status);
	return r;
}

/* What a capture of it says is what it said. */
static int check_capture(struct lab *lab, struct lab_tap *tap, struct lab_vm *const *vms,
			 size_t n, const struct lend_buf *live, struct lend_err *err)
{
	const char *keep = getenv("LEND_LAB_KEEP");
	lend_auto_buf unused = { 0 };
	lend_auto_buf again = { 0 };
	char dir[LAB_PATH_MAX + 64];
	int status = 0;

	(void)snprintf(dir, sizeof(dir), "%s/%s", keep != NULL ? keep : lab->dir, tap->shape);
	if (lend_about(lab, (const char *[]){ "capture", "--to", dir, NULL }, vms, n, &unused,
		       &status, err) < 0 ||
	    lab_lend(lab, (const char *[]){ "map", "--json", dir, NULL }, &again, &status,
		     err) < 0)
		return -1;
	if (!lab_ok(tap, strcmp(lend_buf_text(&again), lend_buf_text(live)) == 0,
		    "a capture of it gives the same map"))
		lab_note("live: %s\ncapture: %s", lend_buf_text(live), lend_buf_text(&again));
	return 0;
}

int lab_check_map(struct lab *lab, struct lab_tap *tap, struct lab_vm *const *vms, size_t n,
		  struct lend_err *err)
{
	lend_auto_json struct lend_json *map = NULL;
	lend_auto_buf out = { 0 };
	int r = map_of(lab, vms, n, &out, err);

	if (r < 0)
		return -1;
	if (r == 0 && lend_json_parse(lend_buf_text(&out), out.len, &map, err) < 0)
		return lend_where(err, "reading what lend map printed");
	for (size_t i = 0; i < n; i++) {
		lend_auto_json struct lend_json *list = NULL;

		if (lab_guest_list(lab, vms[i], &list, err) < 0)
			return -1;
		for (size_t d = 0; d < vms[i]->n_dimms; d++) {
			const struct lab_dimm *dimm = &vms[i]->dimms[d];

			if (r == 1)
				lab_skip(tap, "no lend program", "lend maps %s of %s", dimm->id,
					 vms[i]->name);
			else
				(void)lab_ok(tap, pair_is_right(map, list, vms[i], dimm),
					     "lend maps %s of %s", dimm->id, vms[i]->name);
		}
	}
	return r == 1 ? 0 : check_capture(lab, tap, vms, n, &out, err);
}

/* ---- what a guest that plays a host saw ---- */

int lab_bring_out(struct lab *lab, struct lab_vm *vm, const char *dir, const char *to,
		  struct lend_err *err)
{
	char tar[LAB_PATH_MAX];
	char script[LAB_PATH_MAX];
	const char *const unpack[] = { "tar", "-xzf", tar, "-C", to, "--no-same-owner", NULL };
	lend_auto_buf out = { 0 };
	lend_auto_fd int fd = -1;
	int status = 0;

	(void)snprintf(script, sizeof(script), "tar -cz -C %s .", dir);
	if (lab_path(lab, tar, sizeof(tar), "out.tar.gz", err) < 0 ||
	    lab_sh(lab, vm, script, &out, err) < 0)
		return lend_where(err, "getting %s out of the guest", dir);
	fd = open(tar, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, lend_buf_text(&out), out.len) != (ssize_t)out.len)
		return lend_fail_errno(err, "write '%s'", tar);
	if (mkdir(to, 0755) < 0)
		return lend_fail_errno(err, "make '%s'", to);
	if (lab_run(lab, unpack, lab_in(LAB_STEP_MS), NULL, &status, err) < 0)
		return -1;
	return status == 0 ? 0 : lend_fail(err, LEND_E_SYSTEM, "cannot unpack '%s'", tar);
}

void lab_kept(const struct lab *lab, const char *name, char *ret_path, size_t size)
{
	const char *keep = getenv("LEND_LAB_KEEP");

	(void)snprintf(ret_path, size, "%s/%s", keep != NULL ? keep : lab->dir, name);
}
