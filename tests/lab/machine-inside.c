/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lend pmem inspect, held against what a real Linux made: the backings of the
 * two DIMMs from outside, with the namespaces that ndctl wrote into them; and
 * from inside the DAX device, which can only be mapped, and the disk.
 */

#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "machine.h"

/* A byte that is put into the backing of the DAX device, so far from its start. */
enum { MARK_AT = 3 * 1024 * 1024 + 12345 };

static const struct lend_json *get(const struct lend_json *value, const char *a, const char *b)
{
	return lend_json_get(lend_json_get(value, a), b);
}

static bool is_text(const struct lend_json *value, const char *want)
{
	const char *text = lend_json_str(value);

	return text != NULL && strcmp(text, want) == 0;
}

static bool is_number(const struct lend_json *value, uint64_t want)
{
	uint64_t got;

	return lend_json_u64(value, &got) && got == want;
}

static bool is_true(const struct lend_json *value)
{
	bool yes = false;

	return lend_json_bool(value, &yes) && yes;
}

static bool offset_of(const struct lend_json *value, uint64_t *ret)
{
	const char *text = lend_json_str(value);

	return text != NULL && lend_parse_u64(text, 0, ret);
}

/* The one namespace of a DIMM's backing; its data begins at *ret_data. */
static void check_backing(struct lab_tap *tap, const struct lab_dimm *dimm, const char *mode,
			  const struct lend_json *seen, uint64_t *ret_data)
{
	const struct lend_json *labels = lend_json_get(seen, "labels");
	const struct lend_json *ns = lend_json_at(lend_json_get(labels, "namespaces"), 0);
	const struct lend_json *holds = lend_json_get(ns, "holds");
	unsigned int before = tap->failed;

	(void)lab_ok(tap, is_text(lend_json_get(seen, "verdict"), "labelled"),
		     "the backing of %s is labelled", dimm->id);
	(void)lab_ok(
		tap,
		is_number(lend_json_get(labels, "used"), 1) &&
			is_number(lend_json_get(labels, "label_bytes"), dimm->label_bytes) &&
			is_text(lend_json_get(labels, "version"), "1.2"),
		"its label area has one namespace");
	(void)lab_ok(tap, is_number(lend_json_get(ns, "qemu_slot"), dimm->slot),
		     "its label was written in slot %u", dimm->slot);
	(void)lab_ok(tap,
		     is_text(lend_json_get(ns, "mode"), mode) &&
			     is_true(get(holds, "info_block", "counts")),
		     "its info block makes it %s", mode);
	(void)lab_ok(tap,
		     lend_json_count(lend_json_get(ns, "problems")) == 0 &&
			     lend_json_count(lend_json_get(seen, "problems")) == 0 &&
			     lend_json_count(lend_json_get(seen, "unseen")) == 0,
		     "nothing is wrong with it");
	(void)lab_ok(tap, offset_of(lend_json_get(holds, "data_at"), ret_data),
		     "its data lies in order");
	if (strcmp(mode, "fsdax") == 0)
		(void)lab_ok(tap,
			     is_text(get(holds, "content", "type"), "ext4") &&
				     is_text(get(holds, "content", "uuid"),
					     "6d0a1c5e-0005-4000-8000-000000000001"),
			     "its ext4 is found where its data begins");
	if (tap->failed != before)
		lab_note("%s of %s", mode, dimm->path);
}

static int inspect_backing(struct lab *lab, struct lab_tap *tap, const struct lab_dimm *dimm,
			   const char *mode, uint64_t *ret_data, struct lend_err *err)
{
	const char *const args[] = { "pmem", "inspect", "--json", dimm->path, NULL };
	lend_auto_json struct lend_json *seen = NULL;
	lend_auto_buf out = { 0 };
	int status = 0;

	if (lab_lend(lab, args, &out, &status, err) < 0 ||
	    lend_json_parse(lend_buf_text(&out), out.len, &seen, err) < 0)
		return lend_where(err, "looking into %s", dimm->path);
	(void)lab_ok(tap, status == 0, "lend looks into the backing of %s", dimm->id);
	check_backing(tap, dimm, mode, seen, ret_data);
	return 0;
}

/* What is put into the backing is what the device has. */
static int mark(const struct lab_dimm *dimm, uint64_t data, struct lend_err *err)
{
	lend_auto_fd int fd = open(dimm->path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, "x", 1, (off_t)(data + MARK_AT)) != 1)
		return lend_fail_errno(err, "write '%s'", dimm->path);
	return 0;
}

static int inspect_inside(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			  struct lend_err *err)
{
	lend_auto_json struct lend_json *dax = NULL;
	lend_auto_json struct lend_json *disk = NULL;
	lend_auto_buf said_dax = { 0 };
	lend_auto_buf said_disk = { 0 };
	uint64_t first = 0;
	bool is_dax;

	if (lab_sh(lab, vm, "lend pmem inspect --thorough --json /dev/dax0.0; [ $? -le 1 ]",
		   &said_dax, err) < 0 ||
	    lab_sh(lab, vm,
		   "lend pmem inspect --json $(sed -n 's,^\\([^ ]*\\) /srv/pmem .*,\\1,p' "
		   "/proc/mounts)",
		   &said_disk, err) < 0 ||
	    lend_json_parse(lend_buf_text(&said_dax), said_dax.len, &dax, err) < 0 ||
	    lend_json_parse(lend_buf_text(&said_disk), said_disk.len, &disk, err) < 0)
		return lend_where(err, "looking into the DIMMs from inside");
	is_dax = is_text(lend_json_get(dax, "type"), "DAX device");
	if (!lab_ok(tap,
		    is_dax && offset_of(lend_json_get(dax, "first_data"), &first) &&
			    first == MARK_AT,
		    "a DAX device is read to its one byte"))
		lab_note("%s", lend_buf_text(&said_dax));
	if (!lab_ok(tap,
		    is_text(lend_json_get(disk, "type"), "block device") &&
			    is_text(get(lend_json_get(disk, "holds"), "content", "type"),
				    "ext4"),
		    "a block device is looked into"))
		lab_note("%s", lend_buf_text(&said_disk));
	return 0;
}

int machine_inspect(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		    struct lend_err *err)
{
	uint64_t data = 0, unused = 0;

	if (inspect_backing(lab, tap, &vm->dimms[0], "devdax", &data, err) < 0 ||
	    inspect_backing(lab, tap, &vm->dimms[1], "fsdax", &unused, err) < 0 ||
	    mark(&vm->dimms[0], data, err) < 0)
		return -1;
	return inspect_inside(lab, tap, vm, err);
}
