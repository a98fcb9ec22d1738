/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/inside.h"

#include <stdarg.h>

const char *lend_inside_verdict_text(enum lend_inside_verdict verdict)
{
	static const char *const texts[] = {
		[LEND_INSIDE_UNKNOWN] = "unknown",
		[LEND_INSIDE_BLANK] = "blank",
		[LEND_INSIDE_LABELLED] = "labelled",
		[LEND_INSIDE_DAMAGED] = "damaged",
		[LEND_INSIDE_ELSEWHERE] = "labelled-elsewhere",
		[LEND_INSIDE_HIDDEN] = "label-would-hide-data",
		[LEND_INSIDE_DATA] = "data",
	};

	return texts[verdict];
}

const char *lend_inside_type_text(enum lend_inside_type type)
{
	static const char *const texts[] = {
		[LEND_INSIDE_FILE] = "file",
		[LEND_INSIDE_BLOCK] = "block device",
		[LEND_INSIDE_DAX] = "DAX device",
	};

	return texts[type];
}

const char *lend_inside_fault_text(enum lend_nd_fault fault)
{
	static const char *const texts[] = {
		[LEND_ND_FAULT_NONE] = "nothing",
		[LEND_ND_FAULT_SIGNATURE] = "the signature",
		[LEND_ND_FAULT_LABEL_SIZE] = "the label size",
		[LEND_ND_FAULT_CHECKSUM] = "the checksum",
		[LEND_ND_FAULT_SEQ] = "the sequence number",
		[LEND_ND_FAULT_OFFSETS] = "the offsets",
		[LEND_ND_FAULT_SIZE] = "the size",
		[LEND_ND_FAULT_NSLOT] = "the number of slots",
	};

	return texts[fault];
}

static bool any_bad(const struct lend_inside_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		if (notes->items[i].bad)
			return true;
	}
	return false;
}

bool lend_inside_is_bad(const struct lend_inside *inside)
{
	const struct lend_inside_area *labels = inside->labels;

	if (inside->verdict == LEND_INSIDE_DAMAGED || any_bad(&inside->notes))
		return true;
	for (size_t i = 0; labels != NULL && i < labels->n_namespaces; i++) {
		if (any_bad(&labels->namespaces[i].notes))
			return true;
	}
	return false;
}

void lend_inside_note(struct lend_arena *arena, struct lend_inside_notes *notes, bool bad,
		      const char *fmt, ...)
{
	struct lend_inside_note *note = LEND_PUSH(arena, notes->items, notes->n, notes->cap);
	lend_auto_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	lend_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	note->bad = bad;
	note->text = lend_arena_strdup(arena, text.text);
}
