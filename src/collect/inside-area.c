/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A label area of a backing: its index blocks, the labels in use, and the
 * namespace of each.
 */

#include <inttypes.h>

#include "base/num.h"
#include "collect/inside-look.h"
#include "format/nd-id.h"

/* A hostile area can have 16,000 labels, each with a namespace of its own. */
enum { LABELS_MAX = 256, PROBED_MAX = 32 };

struct reading {
	struct lend_inside_work *look;
	struct lend_inside_area *area;
	uint64_t pmem_bytes; /* what the guest gets, from offset on */
};

static void note(struct reading *r, struct lend_inside_namespace *ns, bool bad,
		 const char *text)
{
	lend_inside_note(r->look->arena, &ns->notes, bad, "%s", text);
}

/* As Linux will take it: v1.1 labels do not say, and the info block decides anyway. */
static const char *mode_of(const struct lend_inside_namespace *ns)
{
	if (ns->holds.info_counts)
		return lend_nd_info_mode(ns->holds.info.kind);
	if (ns->label.mode != LEND_ND_MODE_UNKNOWN)
		return lend_nd_mode_text(ns->label.mode);
	return ns->holds.looked && !ns->label.has_v12 ? "raw" : NULL;
}

static bool wants_info(const struct lend_nd_label *label)
{
	return label->mode != LEND_ND_MODE_UNKNOWN && label->mode != LEND_ND_MODE_RAW;
}

static bool is_inside(const struct reading *r, const struct lend_nd_label *label)
{
	uint64_t end;

	return lend_add_u64(label->dpa, label->rawsize, &end) && end <= r->pmem_bytes;
}

static void check_place(struct reading *r, struct lend_inside_namespace *ns)
{
	const struct lend_nd_label *label = &ns->label;

	if (!is_inside(r, label))
		note(r, ns, true, "it reaches beyond what the guest gets");
	for (size_t i = 0; i + 1 < r->area->n_namespaces; i++) {
		const struct lend_nd_label *other = &r->area->namespaces[i].label;

		if (is_inside(r, label) && is_inside(r, other) &&
		    label->dpa < other->dpa + other->rawsize &&
		    other->dpa < label->dpa + label->rawsize)
			lend_inside_note(r->look->arena, &ns->notes, true,
					 "it overlaps with label %u", other->slot);
	}
}

static void check_label(struct reading *r, struct lend_inside_namespace *ns)
{
	const struct lend_nd_label *label = &ns->label;

	if ((label->flags & LEND_ND_LABEL_UPDATING) != 0)
		note(r, ns, true, "writing it was cut short: the guest will not use it");
	if (label->nlabel != 1)
		note(r, ns, false,
		     "it is spread over several DIMMs: its data is not looked at");
	check_place(r, ns);
}

static void look_into(struct reading *r, struct lend_inside_namespace *ns)
{
	const struct lend_nd_label *label = &ns->label;
	uint64_t base;

	if (label->nlabel != 1 || !is_inside(r, label) || label->rawsize == 0 ||
	    !lend_add_u64(r->look->inside->offset, label->dpa, &base))
		return;
	lend_inside_holds(r->look, base, label->rawsize, label->uuid, &ns->holds);
	lend_inside_judge_fs(r->look, &ns->holds, "its place", &ns->notes);
	if (ns->holds.looked && !ns->holds.info_counts && wants_info(label))
		lend_inside_note(
			r->look->arena, &ns->notes, true,
			"the label says %s, and there is no info block that makes it so",
			lend_nd_mode_text(label->mode));
}

static void add_namespace(struct reading *r, const struct lend_nd_label *label)
{
	struct lend_inside_area *area = r->area;
	struct lend_inside_namespace *ns = LEND_PUSH(r->look->arena, area->namespaces,
						     area->n_namespaces, area->cap_namespaces);
	unsigned int minor;

	ns->label = *label;
	ns->has_qemu_slot = lend_nd_cookie_qemu_slot(label->isetcookie, &ns->qemu_slot, &minor);
	check_label(r, ns);
	if (area->n_namespaces <= PROBED_MAX)
		look_into(r, ns);
	ns->mode = mode_of(ns);
}

/* false: it cannot be read, and nor can the others. */
static bool read_label(struct reading *r, uint32_t slot)
{
	const struct lend_nd_index *index = &r->area->index;
	uint64_t at = r->area->start + lend_nd_index_slot_offset(index, slot);
	struct lend_nd_label label;
	const uint8_t *bytes;
	size_t len;

	bytes = lend_inside_read(r->look, at, index->label_bytes, false, &len);
	if (bytes == NULL)
		return false;
	if (lend_nd_label_read(bytes, len, slot, index->label_bytes, &label, NULL) == 0)
		add_namespace(r, &label);
	else
		lend_inside_note(r->look->arena, &r->look->inside->notes, true,
				 "label %" PRIu32 " is in use and damaged", slot);
	return true;
}

static void read_labels(struct lend_inside_work *look, struct lend_inside_area *area)
{
	struct reading r = { .look = look,
			     .area = area,
			     .pmem_bytes = area->size_bytes - area->label_bytes };
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < area->index.nslot; slot++) {
		if (!lend_nd_index_slot_used(&area->index, slot))
			continue;
		if (n++ == LABELS_MAX) {
			lend_inside_unseen(look, "%" PRIu32 " labels, of which %d were read",
					   area->used, LABELS_MAX);
			return;
		}
		if (!read_label(&r, slot))
			return;
	}
	if (area->n_namespaces > PROBED_MAX)
		lend_inside_unseen(look, "%zu namespaces, of which %d were looked into",
				   area->n_namespaces, PROBED_MAX);
}

/* Only where a signature stands: other data is nobody's business. */
static bool has_signature(struct lend_inside_work *look, uint64_t start, uint64_t head)
{
	struct lend_content_want want = {
		.offset = start, .bytes = head, .budget = head, .find = lend_nd_signature
	};
	struct lend_content content;

	return !lend_inside_is_hole(look, start, head) &&
	       lend_inside_content(look, &want, &content) && content.n_found > 0;
}

struct lend_inside_area *lend_inside_area(struct lend_inside_work *look, uint64_t start,
					  uint64_t label_bytes, struct lend_nd_index *ret_index)
{
	uint64_t head = lend_nd_head_bytes(label_bytes);
	struct lend_inside_area *area;
	struct lend_nd_index index;
	const uint8_t *bytes;
	size_t len;

	if (head == 0 || head > LEND_ND_HEAD_MAX || start < look->inside->offset ||
	    !has_signature(look, start, head))
		return NULL;
	bytes = lend_inside_read(look, start, head, false, &len);
	if (bytes == NULL || lend_nd_index_read(bytes, len, label_bytes, &index, NULL) < 0)
		return NULL;
	if (ret_index != NULL)
		*ret_index = index;
	if (index.block == NULL)
		return NULL;
	index.block = (const uint8_t *)lend_arena_strndup(
		look->arena, (const char *)index.block, index.index_bytes);
	area = LEND_NEW(look->arena, struct lend_inside_area);
	*area = (struct lend_inside_area){ .start = start,
					   .label_bytes = label_bytes,
					   .size_bytes =
						   start + label_bytes - look->inside->offset,
					   .index = index,
					   .used = lend_nd_index_used_count(&index) };
	if (index.major == 1)
		read_labels(look, area);
	else
		lend_inside_unseen(look, "labels of version %u.%u are not read", index.major,
				   index.minor);
	return area;
}
