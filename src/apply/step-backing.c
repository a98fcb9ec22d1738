/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * backing: the file behind a virtual NVDIMM.
 *
 * Made without a name, with its blocks and the index blocks of its label
 * area, and then named: by one call it is there, whole.  Where MAP_SYNC is
 * required it is tried before that.  It goes only while
 * it is blank, and nobody has it open.
 */

#include "apply/backing-file.h"
#include "base/err.h"
#include "io/probe.h"

struct wanted {
	uint64_t size, label_bytes;
	unsigned int label_minor;
	bool blocks;
	bool map_sync; /* required */
};

static int read_step(const struct lend_step *step, struct wanted *ret, struct lend_err *err)
{
	const char *version = lend_pairs_get(&step->args, "label-version");
	const char *blocks = lend_pairs_get(&step->args, "blocks");
	const char *map_sync = lend_pairs_get(&step->args, "map-sync");
	struct wanted wanted = { .label_minor = 2, .blocks = true };

	if (!lend_pairs_u64(&step->after.pairs, "size", &wanted.size) || wanted.size == 0)
		return lend_fail(err, LEND_E_FORMAT, "the step says no size");
	if (lend_backing_arg(step, "label-size", &wanted.label_bytes, err) < 0)
		return -1;
	if (wanted.label_bytes > LEND_BACKING_LABEL_MAX || wanted.label_bytes >= wanted.size)
		return lend_fail(err, LEND_E_FORMAT,
				 "a label area of %llu bytes does not fit into %llu",
				 (unsigned long long)wanted.label_bytes,
				 (unsigned long long)wanted.size);
	if (version != NULL && strcmp(version, "1.1") == 0)
		wanted.label_minor = 1;
	else if (version != NULL && strcmp(version, "1.2") != 0)
		return lend_fail(err, LEND_E_FORMAT, "labels of version '%.20s' are not known",
				 version);
	if (blocks != NULL && strcmp(blocks, "sparse") == 0)
		wanted.blocks = false;
	else if (blocks != NULL && strcmp(blocks, "real") != 0)
		return lend_fail(err, LEND_E_FORMAT, "blocks are real or sparse, not '%.20s'",
				 blocks);
	if (map_sync != NULL && strcmp(map_sync, "required") != 0)
		return lend_fail(err, LEND_E_FORMAT,
				 "map-sync is required or left out, not "
				 "'%.20s'",
				 map_sync);
	wanted.map_sync = map_sync != NULL;
	*ret = wanted;
	return 0;
}

static int write_label(struct lend_doing *doing, const char *path, const struct wanted *wanted,
		       struct lend_err *err)
{
	size_t room = (size_t)lend_nd_head_bytes(wanted->label_bytes);
	uint8_t *head = lend_arena_alloc(doing->arena, room);
	size_t len;

	if (lend_nd_area_write_head(head, room, wanted->label_bytes, wanted->label_minor, &len,
				    err) < 0)
		return -1;
	return lend_write_bytes(doing->writer, doing->made.fd, path, head, len,
				wanted->size - wanted->label_bytes, err);
}

/* While it has no name: a file that does not keep what is flushed is never there. */
static int try_map_sync(struct lend_doing *doing, const char *path, struct lend_err *err)
{
	if (lend_file_maps_sync(doing->made.fd))
		return 0;
	lend_hint(err, "a folder on DAX, or persistence: best-effort");
	return lend_fail(err, LEND_E_REFUSED,
			 "'%.150s' would not be on DAX: the kernel grants no MAP_SYNC", path);
}

static int prepare(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	struct lend_err ignored = { 0 };
	struct wanted wanted = { 0 };

	if (read_step(step, &wanted, err) < 0 ||
	    lend_backing_make(doing, step->name, wanted.size, wanted.blocks, err) < 0)
		return -1;
	if ((!wanted.map_sync || try_map_sync(doing, step->name, err) == 0) &&
	    (wanted.label_bytes == 0 || write_label(doing, step->name, &wanted, err) == 0) &&
	    lend_write_sync(doing->writer, doing->made.fd, step->name, err) == 0)
		return 0;
	(void)!lend_backing_forget(doing, step->name, &ignored);
	return -1;
}

const struct lend_step_kind lend_step_backing = {
	.name = "backing",
	.does = "makes the file behind a virtual NVDIMM; it goes again while it holds no data",
	.look = lend_backing_look,
	.set = lend_backing_set,
	.prepare = prepare,
	.forget = lend_backing_forget_step,
	.may = lend_backing_may,
};
