/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels that do not lie where size= and label-size= put them now: somebody
 * changed one of the two since they were written.
 *
 * Some places are looked at: those that people's sizes lead to, and the edges
 * of what is written, since a file that grew has a hole behind its old end.
 * Of them only where index blocks begin is read, some 3 MiB in all;
 * lend pmem inspect looks at more.
 */

#include <inttypes.h>

#include "base/num.h"
#include "collect/labels.h"
#include "format/nd-label.h"

enum {
	KIB = 1024,
	MIB = 1024 * KIB,
	TAIL = 2 * MIB, /* is read of an end: what is usual begins there */
	BEHIND = 256 * KIB,
	END = 64 * KIB, /* of what is written: index blocks of 2 MiB take less */
	PROBE = 4096,
	ENDS_MAX = 16,
	SIZES_MAX = 16,
	PLACES_MAX = 512,
};

static const struct lend_ask ask_content = { .via = LEND_VIA_CONTENT,
					     .key = "",
					     .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_range = { .via = LEND_VIA_RANGE,
					   .key = "",
					   .limit_bytes = LEND_ND_HEAD_MAX,
					   .flags = LEND_ASK_MAY_HANG };

struct look {
	struct lend_scan *scan;
	const struct lend_labels_window *window;
	struct lend_content holes;
	bool has_holes;
	const char *found; /* NULL: nothing yet */
	const char *why;   /* it could not be looked for; NULL: it could */
	bool not_asked;    /* the capture does not have it */
};

/* false, and the reason is kept, when that place was not seen. */
static bool is_seen(struct look *l, const struct lend_answer *answer)
{
	if (answer->known == LEND_NOT_ASKED)
		l->not_asked = true;
	else if (answer->known != LEND_KNOWN && l->why == NULL)
		l->why = answer->known == LEND_ABSENT ? "it is gone" : answer->why;
	return answer->known == LEND_KNOWN;
}

static bool is_over(const struct look *l)
{
	return l->found != NULL || l->why != NULL || l->not_asked;
}

static bool is_hole(const struct look *l, uint64_t at, uint64_t bytes)
{
	if (!l->has_holes || !l->holes.extents_whole)
		return false;
	for (size_t i = 0; i < l->holes.n_extents; i++) {
		const struct lend_extent *extent = &l->holes.extents[i];

		if (extent->at < at + bytes && at < extent->at + extent->bytes)
			return false;
	}
	return true;
}

/* An index block stands there: of labels that are in use, for which size=? */
static void judge(struct look *l, uint64_t at)
{
	const struct lend_labels_window *w = l->window;
	const struct lend_answer *answer =
		lend_io_ask_range(l->scan->io, &ask_range, w->path, at, 72);
	uint64_t before, area, head, end;
	struct lend_nd_index index;

	if (!is_seen(l, answer) ||
	    !lend_nd_index_place((const uint8_t *)answer->bytes, answer->len, &before, &area) ||
	    before > at || at - before < w->offset || !lend_add_u64(at - before, area, &end) ||
	    end > w->file_bytes)
		return;
	head = lend_nd_head_bytes(area);
	if (head == 0 || head > LEND_ND_HEAD_MAX ||
	    (end == w->offset + w->size_bytes && area == w->label_bytes))
		return;
	answer = lend_io_ask_range(l->scan->io, &ask_range, w->path, at - before, head);
	if (!is_seen(l, answer) ||
	    lend_nd_index_read((const uint8_t *)answer->bytes, answer->len, area, &index,
			       NULL) < 0 ||
	    (index.state != LEND_LABEL_VALID && index.state != LEND_LABEL_ONE_TORN) ||
	    lend_nd_index_used_count(&index) == 0)
		return;
	l->found = lend_arena_printf(&l->scan->memory, "size=%" PRIu64 ", label-size=%" PRIu64,
				     end - w->offset, area);
}

/* All of that range for the text that index blocks begin with. */
static void search(struct look *l, uint64_t at, uint64_t bytes, uint64_t budget)
{
	struct lend_content_want want = {
		.offset = at, .bytes = bytes, .budget = budget, .find = lend_nd_signature
	};
	struct lend_content content;

	if (is_over(l) || at < l->window->offset || at >= l->window->file_bytes)
		return;
	if (want.bytes > l->window->file_bytes - at)
		want.bytes = l->window->file_bytes - at;
	if (is_hole(l, at, want.bytes) ||
	    !is_seen(l, lend_io_ask_content(l->scan->io, &ask_content, l->window->path, &want,
					    &content)))
		return;
	for (size_t i = 0; i < content.n_found && !is_over(l); i++)
		judge(l, content.found[i]);
}

static void search_end(struct look *l, uint64_t end)
{
	uint64_t from = end - l->window->offset > TAIL ? end - TAIL : l->window->offset;

	search(l, from, end - from, TAIL);
}

/* ---- places that are no end of now ---- */

struct places {
	uint64_t at[PLACES_MAX]; /* in the file; the likely ones first */
	size_t n;
};

static void add_place(const struct look *l, struct places *places, uint64_t at)
{
	if (at < l->window->offset || at >= l->window->file_bytes)
		return;
	for (size_t i = 0; i < places->n; i++) {
		if (places->at[i] == at)
			return;
	}
	if (places->n < PLACES_MAX)
		places->at[places->n++] = at;
}

/* A size= that ended there, of whatever label-size=. */
static void add_end(const struct look *l, struct places *places, uint64_t end)
{
	for (uint64_t label = 128 * KIB; label <= 32 * MIB; label *= 2) {
		if (label <= end)
			add_place(l, places, end - label);
	}
}

/* A size that people say: of the DIMM with a label area behind it, or of both together. */
static void add_size(const struct look *l, struct places *places, uint64_t bytes)
{
	uint64_t at = l->window->offset + bytes; /* both are within the file */

	add_place(l, places, at);
	add_place(l, places, at - 2 * MIB);
	add_place(l, places, at - 128 * KIB);
}

/*
 * What a file was before it grew: a hole follows.  And an area stands alone where the guest
 * wrote nothing in front of it.
 */
static void search_extents(struct look *l, struct places *places)
{
	size_t first = l->holes.n_extents > ENDS_MAX ? l->holes.n_extents - ENDS_MAX : 0;

	for (size_t i = l->holes.n_extents; l->has_holes && i-- > first;) {
		const struct lend_extent *extent = &l->holes.extents[i];
		uint64_t end = extent->at + extent->bytes; /* of a file that is there */
		uint64_t from = extent->bytes > END ? end - END : extent->at;

		search(l, from, end - from, END);
		add_place(l, places, extent->at);
		add_end(l, places, end);
	}
}

static void search_places(struct look *l)
{
	const struct lend_labels_window *w = l->window;
	uint64_t bytes = w->file_bytes - w->offset;
	uint64_t top = lend_align_down(bytes, 128 * MIB);
	struct places places = { .n = 0 };

	add_end(l, &places, w->file_bytes);
	search_extents(l, &places);
	for (uint64_t end = 2 * MIB; end <= bytes && end <= UINT64_MAX / 4; end *= 2)
		add_size(l, &places, end);
	for (unsigned int n = 0; n < SIZES_MAX && top >= 128 * MIB; n++, top -= 128 * MIB)
		add_size(l, &places, top);
	for (uint64_t n = 1; n <= SIZES_MAX && n * 128 * MIB <= bytes; n++)
		add_size(l, &places, n * 128 * MIB);
	for (uint64_t n = 1; n <= SIZES_MAX && n * 16 * MIB <= bytes; n++)
		add_size(l, &places, n * 16 * MIB);
	for (uint64_t n = 1; n <= SIZES_MAX && n * 1024 * MIB <= bytes; n++)
		add_size(l, &places, n * 1024 * MIB);
	for (size_t i = 0; i < places.n && !is_over(l); i++)
		search(l, places.at[i], PROBE, PROBE);
}

static const char *find(struct lend_scan *scan, const struct lend_labels_window *window,
			enum lend_known *ret_known)
{
	struct look l = { .scan = scan, .window = window };
	struct lend_content_want holes = { .offset = 0, .bytes = window->file_bytes };
	uint64_t end;

	*ret_known = LEND_NOT_ASKED;
	if (!lend_add_u64(window->offset, window->size_bytes, &end) ||
	    end > window->file_bytes || window->size_bytes == 0)
		return NULL;
	l.has_holes = is_seen(&l, lend_io_ask_content(scan->io, &ask_content, window->path,
						      &holes, &l.holes));
	search_end(&l, window->file_bytes);
	if (end != window->file_bytes) {
		search_end(&l, end);
		search(&l, end, window->file_bytes - end, BEHIND);
	}
	/* Without a label area there is none that was meant to be found. */
	if (window->label_bytes != 0)
		search_places(&l);
	if (l.found == NULL && l.not_asked)
		return NULL;
	*ret_known = l.found != NULL ? LEND_KNOWN
		     : l.why != NULL ? LEND_UNREADABLE
				     : LEND_ABSENT;
	return l.found != NULL ? l.found : l.why;
}

void lend_labels_put_found(struct lend_scan *scan, struct lend_node *node,
			   struct lend_fact *fact, uint32_t by,
			   const struct lend_labels_window *window)
{
	enum lend_known known;
	const char *text = find(scan, window, &known);

	if (known == LEND_KNOWN)
		lend_build_text(&scan->build, node, fact, by, text);
	else if (known == LEND_UNREADABLE)
		lend_build_unreadable(&scan->build, node, fact, by, text);
	else if (known == LEND_ABSENT)
		lend_build_absent(&scan->build, node, fact, by);
}
