/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The start of a namespace: the info block that Linux goes by, and the file
 * system where the data begins.
 */

#include "base/num.h"
#include "base/uuid.h"
#include "collect/inside-look.h"
#include "format/size.h"

static void find_info(struct lend_inside_work *look, uint64_t base, uint64_t bytes,
		      const uint8_t *uuid, struct lend_inside_holds *holds)
{
	static const uint8_t nobody[16];
	uint64_t len = bytes < LEND_ND_INFO_WINDOW ? bytes : LEND_ND_INFO_WINDOW;
	const uint8_t *start;
	size_t got;

	start = lend_inside_read(look, base, len, true, &got);
	if (start == NULL)
		return;
	holds->looked = true;
	holds->has_info = lend_nd_info_find(start, got, &holds->info);
	holds->info_counts =
		holds->has_info && holds->info.checksum_ok &&
		memcmp(holds->info.parent, uuid == NULL ? nobody : uuid, sizeof(nobody)) == 0;
}

/* Where the data begins, when it lies in order. */
static void find_data(uint64_t base, uint64_t bytes, struct lend_inside_holds *holds)
{
	uint64_t offset = 0, len = bytes;

	if (holds->info_counts && !lend_nd_info_data(&holds->info, bytes, &offset, &len))
		return;
	holds->has_data = lend_add_u64(base, offset, &holds->data_at);
	holds->data_bytes = len;
}

void lend_inside_holds(struct lend_inside_work *look, uint64_t base, uint64_t bytes,
		       const uint8_t *uuid, struct lend_inside_holds *ret)
{
	struct lend_inside_holds holds = { 0 };
	struct lend_fs_bytes parts = { 0 };

	find_info(look, base, bytes, uuid, &holds);
	if (holds.looked)
		find_data(base, bytes, &holds);
	for (size_t i = 0; holds.has_data && i < LEND_FS_PARTS; i++) {
		uint64_t at = lend_fs_parts[i].at, len = lend_fs_parts[i].len;

		if (at >= holds.data_bytes)
			break;
		if (len > holds.data_bytes - at)
			len = holds.data_bytes - at;
		if (!lend_add_u64(at, holds.data_at, &at))
			break;
		parts.part[i].bytes = lend_inside_read(look, at, len, true, &parts.part[i].len);
	}
	holds.has_fs = lend_fs_probe(&parts, &holds.fs);
	*ret = holds;
}

void lend_inside_judge_fs(struct lend_inside_work *look, const struct lend_inside_holds *holds,
			  const char *window, struct lend_inside_notes *notes)
{
	const struct lend_fs *fs = &holds->fs;
	lend_auto_buf text = { 0 };

	if (holds->has_info && !holds->info.checksum_ok)
		lend_inside_note(look->arena, notes, true,
				 "the checksum of the info block (%s) is wrong",
				 lend_nd_info_mode(holds->info.kind));
	else if (holds->has_info && !holds->info_counts)
		lend_inside_note(look->arena, notes, false,
				 "there is an info block (%s) of another namespace, which is "
				 "not used",
				 lend_nd_info_mode(holds->info.kind));
	else if (holds->info_counts && !holds->has_data && holds->info.kind != LEND_ND_INFO_BTT)
		lend_inside_note(look->arena, notes, true,
				 "the info block (%s) says that the data begins behind the end",
				 lend_nd_info_mode(holds->info.kind));
	if (!holds->has_fs)
		return;
	if (fs->class == LEND_FS_IMAGE)
		lend_inside_note(
			look->arena, notes, true,
			"QEMU maps the %s as it is: the guest sees its header, not the "
			"disk in it",
			fs->type);
	else if (fs->has_size && fs->size_bytes > holds->data_bytes) {
		lend_buf_printf(&text, "the %s is ", fs->type);
		lend_size_format(&text, fs->size_bytes);
		lend_buf_printf(&text, " long, and %s has only ", window);
		lend_size_format(&text, holds->data_bytes);
		lend_inside_note(look->arena, notes, true, "%s", text.text);
	}
}
