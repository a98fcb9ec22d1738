/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the start of a label area of 128 KiB (the rest is zero), and
 * as an area of their own size.  Labels in use are read; one that could be
 * read is written back the same.
 */

#include "format/nd-label.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_labels(const uint8_t *area, size_t len, const struct lend_nd_index *index)
{
	for (uint32_t slot = 0; slot < index->nslot; slot++) {
		const uint8_t *bytes = area + lend_nd_index_slot_offset(index, slot);
		struct lend_nd_label label;
		struct lend_nd_label again;
		uint8_t back[LEND_ND_LABEL_MAX];

		if (!lend_nd_index_slot_used(index, slot))
			continue;
		if (lend_nd_label_read(bytes, len - (size_t)(bytes - area), slot,
				       index->label_bytes, &label, NULL) < 0)
			continue;
		lend_nd_label_write(&label, index->label_bytes, back);
		if (lend_nd_label_read(back, sizeof(back), slot, index->label_bytes, &again,
				       NULL) < 0 ||
		    memcmp(&label, &again, sizeof(label)) != 0)
			abort();
	}
}

static void one_area(uint8_t *area, size_t len)
{
	struct lend_nd_label label = { .nlabel = 1, .has_v12 = true };
	struct lend_nd_index before;
	struct lend_nd_index after;
	uint32_t slot;
	uint32_t used;

	if (lend_nd_index_read(area, len, len, &before, NULL) < 0)
		return;
	if (before.block == NULL) {
		if (lend_nd_area_add(area, len, &label, &slot, NULL) == 0)
			abort();
		return;
	}
	read_labels(area, len, &before);
	used = lend_nd_index_used_count(&before);
	if (lend_nd_area_add(area, len, &label, &slot, NULL) < 0)
		return;
	if (lend_nd_index_read(area, len, len, &after, NULL) < 0 ||
	    after.state != LEND_LABEL_VALID || after.active == before.active ||
	    lend_nd_index_used_count(&after) != used + 1)
		abort();
	read_labels(area, len, &after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t padded[128 * 1024];
	uint8_t *exact = malloc(size > 0 ? size : 1);
	size_t len = size < sizeof(padded) ? size : sizeof(padded);

	uint64_t before, area_bytes;

	if (exact == NULL)
		abort();
	if (lend_nd_index_place(data, size, &before, &area_bytes) && before > area_bytes)
		abort();
	if (size > 0)
		memcpy(exact, data, size);
	one_area(exact, size);
	free(exact);

	if (len > 0)
		memcpy(padded, data, len);
	memset(padded + len, 0, sizeof(padded) - len);
	one_area(padded, sizeof(padded));
	return 0;
}
