/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is inside a backing file: its label area, and whether it holds data. */

#include <errno.h>
#include <unistd.h>

#include "apply/backing-file.h"
#include "base/err.h"
#include "format/size.h"

int lend_backing_read(struct lend_doing *doing, const struct lend_backing *backing, void *bytes,
		      size_t len, uint64_t offset, struct lend_err *err)
{
	size_t got;

	if (lend_write_pread(doing->writer, backing->fd, backing->path, bytes, len, offset,
			     &got, err) < 0)
		return -1;
	if (got != len)
		return lend_fail(err, LEND_E_STALE, "'%s' has become shorter", backing->path);
	return 0;
}

int lend_label_area_read(struct lend_doing *doing, const struct lend_backing *backing,
			 uint64_t end, uint64_t bytes, struct lend_label_area *ret_area,
			 struct lend_err *err)
{
	struct lend_label_area area = { .bytes = bytes };

	if (bytes > LEND_BACKING_LABEL_MAX || bytes > end)
		return lend_fail(err, LEND_E_USAGE, "'%s' has no room for a label area of %llu",
				 backing->path, (unsigned long long)bytes);
	area.offset = end - bytes;
	area.head_len = (size_t)lend_nd_head_bytes(bytes);
	if (area.head_len == 0)
		return lend_fail(err, LEND_E_USAGE, "%llu bytes are too few for labels",
				 (unsigned long long)bytes);
	area.head = lend_arena_alloc(doing->arena, area.head_len);
	if (lend_backing_read(doing, backing, area.head, area.head_len, area.offset, err) < 0 ||
	    lend_nd_index_read(area.head, area.head_len, bytes, &area.index, err) < 0)
		return -1;
	*ret_area = area;
	return 0;
}

bool lend_label_area_is_valid(const struct lend_label_area *area)
{
	return area->index.block != NULL && area->index.major == 1;
}

int lend_label_area_label(struct lend_doing *doing, const struct lend_backing *backing,
			  const struct lend_label_area *area, uint32_t slot,
			  struct lend_nd_label *ret_label, struct lend_err *err)
{
	uint8_t bytes[LEND_ND_LABEL_MAX];
	size_t len = area->index.label_bytes;

	if (lend_backing_read(doing, backing, bytes, len,
			      area->offset + lend_nd_index_slot_offset(&area->index, slot),
			      err) < 0)
		return -1;
	if (lend_nd_label_read(bytes, len, slot, area->index.label_bytes, ret_label, err) < 0)
		return lend_where(err, "'%s'", backing->path);
	return 0;
}

static bool first_non_zero(const uint8_t *bytes, size_t len, size_t *ret_at)
{
	if (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0)
		return false;
	for (*ret_at = 0; bytes[*ret_at] == 0; (*ret_at)++)
		;
	return true;
}

int lend_backing_is_zero(struct lend_doing *doing, const struct lend_backing *backing,
			 uint64_t start, uint64_t end, bool *ret_is_zero, uint64_t *ret_at,
			 struct lend_err *err)
{
	uint8_t *chunk = lend_arena_alloc(doing->arena, LEND_BACKING_CHUNK);
	uint64_t at = start;

	while (at < end) {
		off_t data = lseek(backing->fd, (off_t)at, SEEK_DATA);
		size_t len, where;

		if (data < 0 && errno == ENXIO)
			break; /* nothing but a hole */
		if (data > (off_t)at)
			at = (uint64_t)data;
		if (at >= end)
			break;
		/* Where the file system cannot tell, all of it is data. */
		len = end - at < LEND_BACKING_CHUNK ? end - at : LEND_BACKING_CHUNK;
		if (lend_backing_read(doing, backing, chunk, len, at, err) < 0)
			return -1;
		if (first_non_zero(chunk, len, &where)) {
			*ret_is_zero = false;
			*ret_at = at + where;
			return 0;
		}
		at += len;
	}
	*ret_is_zero = true;
	return 0;
}

/* "holds 2 namespaces: fsdax, 62 MiB, log, and others" */
static int say_labels(struct lend_doing *doing, const struct lend_backing *backing,
		      const struct lend_label_area *area, uint32_t used, const char **ret_why)
{
	lend_auto_buf why = { 0 };
	struct lend_nd_label label;
	uint32_t slot = 0;

	lend_buf_printf(&why, "holds %u namespace%s", used, used == 1 ? "" : "s");
	while (slot + 1 < area->index.nslot && !lend_nd_index_slot_used(&area->index, slot))
		slot++;
	if (lend_label_area_label(doing, backing, area, slot, &label, NULL) == 0) {
		const char *mode = lend_nd_mode_text(label.mode);

		lend_buf_puts(&why, ": ");
		if (mode != NULL)
			lend_buf_printf(&why, "%s, ", mode);
		lend_size_format(&why, label.rawsize);
		if (label.name[0] != '\0')
			lend_buf_printf(&why, ", %s", label.name);
		if (used > 1)
			lend_buf_puts(&why, ", ...");
	}
	*ret_why = lend_arena_strdup(doing->arena, lend_buf_text(&why));
	return LEND_KEEP;
}

static int label_holds(struct lend_doing *doing, const struct lend_backing *backing,
		       uint64_t bytes, const char **ret_why, struct lend_err *err)
{
	struct lend_label_area area;
	bool is_zero = true;
	uint64_t at = 0;
	uint32_t used;

	if (lend_label_area_read(doing, backing, (uint64_t)backing->st.st_size, bytes, &area,
				 err) < 0)
		return -1;
	if (lend_label_area_is_valid(&area)) {
		used = lend_nd_index_used_count(&area.index);
		return used == 0 ? 0 : say_labels(doing, backing, &area, used, ret_why);
	}
	if (area.index.state != LEND_LABEL_NONE) {
		*ret_why = "holds damaged labels";
		return LEND_KEEP;
	}
	/* Nobody's labels: then what the area has must be nothing, too. */
	if (lend_backing_is_zero(doing, backing, area.offset, area.offset + bytes, &is_zero,
				 &at, err) < 0)
		return -1;
	if (is_zero)
		return 0;
	*ret_why = lend_arena_printf(doing->arena, "holds data at offset %llu",
				     (unsigned long long)at);
	return LEND_KEEP;
}

int lend_backing_holds(struct lend_doing *doing, const struct lend_backing *backing,
		       uint64_t label_bytes, const char **ret_why, struct lend_err *err)
{
	uint64_t size = (uint64_t)backing->st.st_size;
	bool is_zero = true;
	uint64_t at = 0;

	/* First where one read tells most. */
	if (label_bytes > size)
		label_bytes = 0;
	if (label_bytes > 0) {
		int r = label_holds(doing, backing, label_bytes, ret_why, err);

		if (r != 0)
			return r;
	}
	if (lend_backing_is_zero(doing, backing, 0, size - label_bytes, &is_zero, &at, err) < 0)
		return -1;
	if (is_zero)
		return 0;
	*ret_why = lend_arena_printf(doing->arena, "holds data at offset %llu",
				     (unsigned long long)at);
	return LEND_KEEP;
}
