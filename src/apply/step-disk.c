/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* disk: an empty raw image, sparse; it goes again while it holds no data. */

#include "apply/backing-file.h"
#include "base/err.h"

static int prepare(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	const char *format = lend_pairs_get(&step->args, "format");
	struct lend_err ignored = { 0 };
	uint64_t size;

	if (format != NULL && strcmp(format, "raw") != 0)
		return lend_fail(err, LEND_E_FORMAT, "no disks of format '%.20s' are made",
				 format);
	if (!lend_pairs_u64(&step->after.pairs, "size", &size) || size == 0)
		return lend_fail(err, LEND_E_FORMAT, "the step says no size");
	if (lend_backing_make(doing, step->name, size, false, err) < 0)
		return -1;
	if (lend_write_sync(doing->writer, doing->made.fd, step->name, err) == 0)
		return 0;
	(void)!lend_backing_forget(doing, step->name, &ignored);
	return -1;
}

const struct lend_step_kind lend_step_disk = {
	.name = "disk",
	.does = "makes an empty raw disk image; it goes again while it holds no data",
	.look = lend_backing_look,
	.set = lend_backing_set,
	.prepare = prepare,
	.forget = lend_backing_forget_step,
	.may = lend_backing_may,
};
