/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Label areas that do not lie where the window ends: the backing had another
 * size= or label-size= when they were written.  Where all data was searched
 * for the text of an index block, its places are known; else those ends are
 * tried that people and tools use.
 */

#include "base/num.h"
#include "collect/inside-look.h"
#include "format/size.h"

enum {
	KIB = 1024,
	MIB = 1024 * KIB,
	PROBE = 4096,       /* both index blocks of what is usual begin in so many bytes */
	BEHIND = 256 * KIB, /* are read of what lies behind the window */
	PLACES_MAX = 320,
	OTHERS_MAX = 8,
};

struct places {
	uint64_t at[PLACES_MAX];
	size_t n;
};

static void add_place(struct places *places, uint64_t at)
{
	for (size_t i = 0; i < places->n; i++) {
		if (places->at[i] == at)
			return;
	}
	if (places->n < PLACES_MAX)
		places->at[places->n++] = at;
}

/* Where the area of any usual label size would begin that ends there. */
static void add_end(struct places *places, uint64_t end)
{
	for (uint64_t bytes = 128 * KIB; bytes <= 32 * MIB; bytes *= 2) {
		if (bytes < end)
			add_place(places, end - bytes);
	}
}

/* file is how long the backing is, from offset on. */
static void guess(struct places *places, uint64_t file)
{
	static const uint64_t units[] = { 2 * MIB, 16 * MIB, 128 * MIB, 1024ull * MIB };

	add_end(places, file);
	for (size_t i = 0; i < LEND_COUNT(units); i++) {
		uint64_t down = lend_align_down(file, units[i]);

		add_end(places, down);
		if (down != file && down <= UINT64_MAX / 4) /* it was cut */
			add_end(places, down + units[i]);
	}
	/* A whole number of 128 MiB for the guest, and the label behind it. */
	for (uint64_t i = 0, at = lend_align_down(file, 128 * MIB); at > 0 && i < 8;
	     i++, at -= 128 * MIB)
		add_place(places, at);
	for (uint64_t at = 64 * MIB; at <= file && at <= UINT64_MAX / 4; at *= 2) {
		add_place(places, at);
		add_place(places, at - 2 * MIB);
	}
}

static bool is_known(const struct lend_inside *inside, uint64_t start, uint64_t label_bytes)
{
	if (inside->labels != NULL && inside->labels->start == start &&
	    inside->labels->label_bytes == label_bytes)
		return true;
	for (size_t i = 0; i < inside->n_others; i++) {
		if (inside->others[i]->start == start &&
		    inside->others[i]->label_bytes == label_bytes)
			return true;
	}
	return false;
}

static void note_cut(struct lend_inside_work *look, uint64_t bytes)
{
	lend_auto_buf size = { 0 };

	lend_size_format(&size, bytes);
	lend_inside_note(look->arena, &look->inside->notes, true,
			 "it ends %s before its labels do: it was cut", lend_buf_text(&size));
}

void lend_inside_try(struct lend_inside_work *look, uint64_t at)
{
	struct lend_inside *inside = look->inside;
	uint64_t before, label_bytes, end;
	struct lend_inside_area *area;
	const uint8_t *bytes;
	size_t len;

	bytes = lend_inside_read(look, at, 72, false, &len);
	if (bytes == NULL || !lend_nd_index_place(bytes, len, &before, &label_bytes) ||
	    before > at || !lend_add_u64(at - before, label_bytes, &end) ||
	    inside->n_others == OTHERS_MAX || is_known(inside, at - before, label_bytes))
		return;
	area = lend_inside_area(look, at - before, label_bytes, NULL);
	if (area != NULL && end > look->end)
		note_cut(look, end - look->end);
	if (area != NULL)
		*LEND_PUSH(look->arena, inside->others, inside->n_others, inside->cap_others) =
			area;
}

static void try_all(struct lend_inside_work *look, const struct lend_content *content)
{
	for (size_t i = 0; i < content->n_found; i++)
		lend_inside_try(look, content->found[i]);
}

static void try_places(struct lend_inside_work *look, const struct places *places)
{
	for (size_t i = 0; i < places->n && !look->dead; i++) {
		struct lend_content_want want = { .offset =
							  look->inside->offset + places->at[i],
						  .bytes = PROBE,
						  .budget = PROBE,
						  .find = lend_nd_signature };
		struct lend_content content;

		if (want.offset < look->end &&
		    !lend_inside_is_hole(look, want.offset, want.bytes) &&
		    lend_inside_content(look, &want, &content))
			try_all(look, &content);
	}
}

/* What lies behind the window: with a smaller size= than before, the labels. */
static bool search_behind(struct lend_inside_work *look)
{
	uint64_t window_end = look->inside->offset + look->inside->size_bytes;
	struct lend_content_want want = { .offset = window_end,
					  .budget = BEHIND,
					  .find = lend_nd_signature };
	struct lend_content content;

	if (window_end >= look->end)
		return true;
	want.bytes = look->end - window_end;
	if (!lend_inside_content(look, &want, &content))
		return false;
	try_all(look, &content);
	return content.searched;
}

void lend_inside_find(struct lend_inside_work *look)
{
	struct places places = { 0 };
	bool searched = search_behind(look);

	try_all(look, &look->content);
	if (searched && look->content.searched && look->content.n_found < LEND_FOUND_MAX)
		return;
	guess(&places, look->end - look->inside->offset);
	guess(&places, look->inside->size_bytes);
	try_places(look, &places);
}
