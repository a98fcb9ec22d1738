/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One guest, looked at in every way: by its ndctl, by its sysfs when ndctl is
 * gone, by single files when its agent may run nothing.  The map must be the
 * same.  In between its ndctl lies, and nothing may be matched by that.
 */

#include <stdlib.h>

#include "base/err.h"
#include "case.h"

static const struct lab_dimm wish[] = {
	{ .id = "fsdax",
	  .slot = 2,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
	{ .id = "devdax",
	  .slot = 0,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
	{ .id = "sector",
	  .slot = 1,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
	{ .id = "raw", .slot = 4, .pmem_bytes = LAB_UNIT },
	{ .id = "virtio", .kind = LAB_VIRTIO_PMEM, .pmem_bytes = LAB_UNIT },
};

/* Each slot with labels gets the namespace that its device is called after. */
static const char make_namespaces[] =
	"for d in /sys/bus/nd/devices/region*; do\n"
	"  n=${d##*/}\n"
	"  m=$(cut -d, -f1 $d/mapping0 2>/dev/null) || continue\n"
	"  case $(cat /sys/bus/nd/devices/$m/nfit/handle 2>/dev/null) in\n"
	"  0x1) ndctl create-namespace -m devdax -r $n ;;\n"
	"  0x2) ndctl create-namespace -m sector -r $n ;;\n"
	"  0x3) ndctl create-namespace -m fsdax -n log -r $n ;;\n"
	"  esac || exit 1\n"
	"done";

#define LIE(body)                                                                              \
	"[ -e /usr/bin/ndctl.true ] || mv /usr/bin/ndctl /usr/bin/ndctl.true\n"                \
	"rm -f /usr/bin/ndctl\n"                                                               \
	"cat >/usr/bin/ndctl <<'END'\n"                                                        \
	"#!/bin/sh\n" body "\n"                                                                \
	"END\n"                                                                                \
	"chmod 755 /usr/bin/ndctl"

static const struct lie {
	const char *text;
	const char *script;
	const char
		*never; /* no pair may say matched, or only this one may not; NULL: none may */
	int exit;
} lies[] = {
	{ "handles and ids changed places",
	  LIE("/usr/bin/ndctl.true \"$@\" | sed 's/\"handle\":1,/\"handle\":A,/; "
	      "s/\"handle\":3,/\"handle\":1,/; s/\"handle\":A,/\"handle\":3,/; "
	      "s/8680-56341200/ID-A/; s/8680-58341200/8680-56341200/; s/ID-A/8680-58341200/'"),
	  "devdax", 1 },
	{ "all DIMMs are one",
	  LIE("/usr/bin/ndctl.true \"$@\" | sed 's/\"handle\":[0-9]*/\"handle\":1/; "
	      "s/8680-5[0-9a-f]*/8680-56341200/'"),
	  "fsdax", 1 },
	{ "regions have other DIMMs and sizes",
	  LIE("/usr/bin/ndctl.true \"$@\" | sed 's/\"size\":134217728/\"size\":1/; "
	      "s/\"dimm\":\"nmem[0-9]*\"/\"dimm\":\"nmem0\"/'"),
	  "fsdax", 1 },
	{ "what it prints is cut off", LIE("/usr/bin/ndctl.true \"$@\" | head -c 900"), NULL,
	  4 },
	{ "what it prints has no end of brackets",
	  LIE("head -c 1000000 /dev/zero | tr '\\0' '['"), NULL, 4 },
};

static const char truth[] = "rm -f /usr/bin/ndctl && mv /usr/bin/ndctl.true /usr/bin/ndctl";
static const char removal[] = "rm -f /usr/bin/ndctl /usr/bin/daxctl";

/* The agent ends itself, and begins anew without guest-exec. */
static const char restart[] =
	"pid=$(pidof qemu-ga) && port=$(tr '\\0' '\\n' </proc/$pid/cmdline | grep ^/dev/) && "
	"(setsid sh -c \"sleep 1; kill $pid; sleep 0.2; "
	"exec qemu-ga -m virtio-serial -p $port -t /run -b guest-exec\" "
	">/dev/null 2>&1 </dev/null &)";

static int about(struct lab *lab, struct lab_vm *vm, const char *const words[3],
		 struct lend_buf *out, int *ret_status, struct lend_err *err)
{
	char qmp[LAB_SOURCE_MAX];
	char guest[LAB_SOURCE_MAX];
	const char *const args[] = { words[0], words[1],  words[2], "--timeout=20",
				     qmp,      "--guest", guest,    NULL };

	(void)snprintf(qmp, sizeof(qmp), "qmp:%s", vm->qmp[0]);
	(void)snprintf(guest, sizeof(guest), "%s=qga:%s", vm->name, vm->qga);
	return lab_lend(lab, args, out, ret_status, err);
}

static int map(struct lab *lab, struct lab_vm *vm, struct lend_buf *out, int *ret_status,
	       struct lend_err *err)
{
	return about(lab, vm, (const char *const[]){ "map", "--json", "--no-hints" }, out,
		     ret_status, err);
}

static int check_lie(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		     const struct lie *lie, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	lend_auto_buf unused = { 0 };
	lend_auto_buf out = { 0 };
	bool matched = false;
	int status = 0;

	if (lab_sh(lab, vm, lie->script, &unused, err) < 0 ||
	    map(lab, vm, &out, &status, err) < 0)
		return -1;
	if (lend_json_parse(lend_buf_text(&out), out.len, &doc, err) < 0)
		return lend_where(err, "reading what lend map printed");
	for (size_t i = 0; i < vm->n_dimms; i++) {
		const char *id = vm->dimms[i].id;
		const char *verdict =
			lend_json_str(lend_json_get(lab_pair(doc, vm->name, id), "verdict"));

		lab_note("%s: %s is %s", lie->text, id, verdict == NULL ? "?" : verdict);
		if (lie->never == NULL || strcmp(lie->never, id) == 0)
			matched = matched || verdict == NULL || strcmp(verdict, "matched") == 0;
	}
	if (!lab_ok(tap, !matched && status == lie->exit,
		    "a lie, %s: status %d, and not matched", lie->text, lie->exit))
		lab_note("status %d: %s", status, lend_buf_text(&out));
	return 0;
}

/* sysfs has the cookie of a DIMM without labels, which ndctl does not print: more evidence. */
static void drop_evidence(struct lend_buf *map)
{
	static const char key[] = "\"evidence\":[";
	char *at = map->text;

	while ((at = strstr(at, key)) != NULL) {
		char *end;

		at += strlen(key);
		end = strchr(at, ']');
		if (end != NULL)
			memmove(at, end, strlen(end) + 1);
	}
}

/* As tests/hosts/remake keeps it. */
static int check_capture(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			 const char *via, const struct lend_buf *want, struct lend_err *err)
{
	const char *keep = getenv("LEND_LAB_KEEP");
	lend_auto_buf unused = { 0 };
	lend_auto_buf out = { 0 };
	char dir[LAB_PATH_MAX + 64];
	int status = 0;

	(void)snprintf(dir, sizeof(dir), "%s/guest-ways-%s", keep != NULL ? keep : lab->dir,
		       via);
	if (about(lab, vm, (const char *const[]){ "capture", "--to", dir }, &unused, &status,
		  err) < 0 ||
	    lab_lend(lab, (const char *[]){ "map", "--json", dir, NULL }, &out, &status, err) <
		    0)
		return -1;
	lend_buf_puts(&out, "");
	drop_evidence(&out);
	(void)lab_ok(tap, strcmp(out.text, want->text) == 0,
		     "a capture by %s gives the same map", via);
	return 0;
}

/* The map as before, and how the guest was seen. */
static int check_way(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, const char *via,
		     const struct lend_buf *want, struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	lend_auto_buf shown = { 0 };
	char key[64];
	size_t same = 0;
	int status = 0;

	if (map(lab, vm, &out, &status, err) < 0 ||
	    about(lab, vm, (const char *const[]){ "show", "--json", "--no-hints" }, &shown,
		  &status, err) < 0)
		return -1;
	lend_buf_puts(&out, "");
	(void)snprintf(key, sizeof(key), "\"via\":\"%s\"", via);
	(void)lab_ok(tap, strstr(lend_buf_text(&shown), key) != NULL, "the guest is seen by %s",
		     via);
	drop_evidence(&out);
	while (out.text[same] != '\0' && out.text[same] == want->text[same])
		same++;
	if (!lab_ok(tap, strcmp(out.text, want->text) == 0, "the map by %s is the one by ndctl",
		    via))
		lab_note("by ndctl: %.300s\nby %s: %.300s",
			 want->text + (same > 100 ? same - 100 : 0), via,
			 out.text + (same > 100 ? same - 100 : 0));
	return check_capture(lab, tap, vm, via, want, err);
}

static int prove(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, struct lend_err *err)
{
	lend_auto_buf unused = { 0 };
	lend_auto_buf want = { 0 };
	int status = 0;
	int r;

	if (lab_sh(lab, vm, make_namespaces, &unused, err) < 0)
		return -1;
	r = map(lab, vm, &want, &status, err);
	if (r == 1)
		lab_skip(tap, "no lend program", "a guest in every way");
	if (r != 0)
		return r == 1 ? 0 : -1;
	(void)lab_ok(tap, status == 0 && strstr(want.text, "\"chardev\":\"dax") != NULL,
		     "lend maps all of it by ndctl");
	drop_evidence(&want);
	if (check_way(lab, tap, vm, "agent", &want, err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(lies); i++) {
		if (check_lie(lab, tap, vm, &lies[i], err) < 0)
			return -1;
	}
	if (lab_sh(lab, vm, truth, &unused, err) < 0 ||
	    lab_check_map(lab, tap, &vm, 1, err) < 0 ||
	    lab_sh(lab, vm, removal, &unused, err) < 0 ||
	    check_way(lab, tap, vm, "agent-sysfs", &want, err) < 0 ||
	    lab_sh(lab, vm, restart, &unused, err) < 0)
		return -1;
	/* Until the old one is gone, it answers. */
	if (lab_poll(lab, NULL, 0, lab_in(2500), err) < 0 ||
	    lab_vm_wait_agent(lab, vm, lab_in(LAB_STEP_MS), err) < 0)
		return -1;
	return check_way(lab, tap, vm, "agent-files", &want, err);
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimms[LEND_COUNT(wish)];
	struct lab_vm vm = { .name = "ways", .dimms = dimms, .n_dimms = LEND_COUNT(wish) };
	int r;

	memcpy(dimms, wish, sizeof(dimms));
	r = lab_boot(lab, &vm, err);
	if (r == 0)
		r = prove(lab, tap, &vm, err);
	lab_vm_stop(&vm);
	return r;
}

const struct lab_shape lab_shape_guest_ways = {
	.name = "guest-ways",
	.about = "a guest by ndctl, by sysfs, by files, and lying",
	.run = run,
};
