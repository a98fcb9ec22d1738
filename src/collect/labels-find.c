/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels that do not lie where size= and label-size= put them now: somebody
 * changed one of the two since they were written.
 *
 * A few places are looked at, those that people's sizes lead to, and of
 * them only where index blocks begin; lend pmem inspect looks at more.
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
	PROBE = 4096,
	PLACES_MAX = 32,
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

/* Whole 128 MiB and the label behind it, the sizes that are powers of two, large labels. */
static void search_places(struct look *l)
{
	const struct lend_labels_window *w = l->window;
	uint64_t bytes = w->file_bytes - w->offset;
	size_t n = 0;

	for (uint64_t label = 4 * MIB; label <= 32 * MIB; label *= 2) {
		if (label < bytes)
			search(l, w->file_bytes - label, PROBE, PROBE);
	}
	for (uint64_t at = lend_align_down(bytes, 128 * MIB);
	     at > 0 && n < PLACES_MAX / 2 && !is_over(l); at -= 128 * MIB, n++)
		search(l, w->offset + at, PROBE, PROBE);
	for (uint64_t end = 64 * MIB; end <= bytes && end <= UINT64_MAX / 4 && !is_over(l);
	     end *= 2) {
		search(l, w->offset + end - 2 * MIB, PROBE, PROBE);
		search(l, w->offset + end - 128 * KIB, PROBE, PROBE);
	}
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
