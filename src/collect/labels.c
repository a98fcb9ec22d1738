/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Namespace labels, read from the end of the backing.
 *
 * The area lies at [offset + size - label-size, offset + size) of the file
 * (facts/qemu.md, 0.2): the end of size=, not of the file.  Only the index
 * blocks and the labels in use are read.
 */

#include "collect/labels.h"

#include <errno.h>

#include "base/num.h"
#include "base/uuid.h"
#include "format/nd-id.h"
#include "format/nd-label.h"
#include "model/kind-label.h"

enum { LABELS_MAX = 1024, READ_MAX = 4 * 1024 * 1024 };

const char *lend_label_state_name(const struct lend_nd_index *index)
{
	switch (index->state) {
	case LEND_LABEL_VALID:
		return "valid";
	case LEND_LABEL_ONE_TORN:
		return "one index torn";
	case LEND_LABEL_DAMAGED:
		return "damaged";
	case LEND_LABEL_NONE:
		break;
	}
	return index->head_blank ? "none" : "none, other data";
}

static const struct lend_ask ask_range = { .via = LEND_VIA_RANGE,
					   .key = "",
					   .limit_bytes = LEND_ND_HEAD_MAX,
					   .flags = LEND_ASK_MAY_HANG };

static const struct lend_ask ask_content = { .via = LEND_VIA_CONTENT,
					     .key = "",
					     .flags = LEND_ASK_MAY_HANG };

struct area {
	struct lend_scan *scan;
	struct lend_device *device;
	const char *reach;
	uint64_t start;
	uint64_t bytes;
	uint32_t by;
};

static void add_label(struct area *a, uint32_t slot, const struct lend_nd_label *l)
{
	struct lend_build *b = &a->scan->build;
	const char *mode = lend_nd_mode_text(l->mode);
	struct lend_label *label;
	struct lend_node *node;
	char uuid[LEND_UUID_TEXT];
	uint32_t qemu_slot;
	unsigned int minor;

	node = lend_build_node(b, LEND_KIND_LABEL, NULL,
			       lend_build_internf(b, "%s:%u", a->device->node.name, slot));
	label = (struct lend_label *)node;
	lend_build_edge(b, node, &a->device->node);
	lend_build_text(b, node, &label->vm, a->by, a->device->vm.v.str);
	if (a->device->device_id.known == LEND_KNOWN)
		lend_build_text(b, node, &label->device_id, a->by, a->device->device_id.v.str);
	lend_build_u64(b, node, &label->index, a->by, slot);
	if (l->name[0] != '\0')
		lend_build_text(b, node, &label->label_name, a->by, l->name);
	lend_uuid_format(l->uuid, uuid);
	lend_build_text(b, node, &label->uuid, a->by, uuid);
	if (mode != NULL)
		lend_build_text(b, node, &label->mode, a->by, mode);
	lend_build_u64(b, node, &label->dpa, a->by, l->dpa);
	lend_build_u64(b, node, &label->size_bytes, a->by, l->rawsize);
	lend_build_u64(b, node, &label->cookie, a->by, l->isetcookie);
	if (lend_nd_cookie_qemu_slot(l->isetcookie, &qemu_slot, &minor))
		lend_build_u64(b, &a->device->node, &a->device->label_slot, a->by, qemu_slot);
}

static void read_labels(struct area *a, const struct lend_nd_index *index)
{
	uint32_t read = 0;

	for (uint32_t slot = 0; slot < index->nslot && read < LABELS_MAX; slot++) {
		const struct lend_answer *answer;
		struct lend_nd_label label;
		uint64_t at;

		if (!lend_nd_index_slot_used(index, slot))
			continue;
		read++;
		if (!lend_add_u64(a->start, lend_nd_index_slot_offset(index, slot), &at))
			return;
		answer = lend_io_ask_range(a->scan->io, &ask_range, a->reach, at,
					   index->label_bytes);
		if (answer->os_errno == ETIMEDOUT) {
			lend_build_gap(&a->scan->build, a->device->node.id, true, "",
				       "the labels of %s cannot be read: %s",
				       a->device->node.name, answer->why);
			return; /* each further one would wait as long */
		}
		if (answer->known == LEND_KNOWN &&
		    lend_nd_label_read((const uint8_t *)answer->bytes, answer->len, slot,
				       index->label_bytes, &label, NULL) == 0)
			add_label(a, slot, &label);
		else
			lend_build_gap(&a->scan->build, a->device->node.id, false, "",
				       "label %u of %s is damaged or cannot be read", slot,
				       a->device->node.name);
	}
}

/* Index blocks stand at its start; what somebody else wrote stands anywhere. */
static bool has_other_data(const struct area *a, uint64_t head)
{
	struct lend_content_want want = { .offset = a->start + head,
					  .bytes = a->bytes - head,
					  .budget = READ_MAX };
	struct lend_content content;

	/* It takes a child: only for those who judge it. */
	return a->bytes > head && (a->scan->wants & LEND_ADDS(LEND_KIND_BACKING)) != 0 &&
	       lend_io_ask_content(a->scan->io, &ask_content, a->reach, &want, &content)
			       ->known == LEND_KNOWN &&
	       content.has_data;
}

static void read_area(struct area *a)
{
	struct lend_build *b = &a->scan->build;
	struct lend_node *node = &a->device->node;
	uint64_t head = lend_nd_head_bytes(a->bytes);
	const struct lend_answer *answer;
	struct lend_nd_index index;

	if (head == 0 || head > LEND_ND_HEAD_MAX)
		return;
	answer = lend_io_ask_range(a->scan->io, &ask_range, a->reach, a->start, head);
	if (answer->known != LEND_KNOWN || answer->len < head) {
		if (answer->known != LEND_NOT_ASKED)
			lend_build_unreadable(b, node, &a->device->label_state, a->by,
					      answer->known == LEND_KNOWN
						      ? "the backing is shorter than size="
						      : answer->why);
		return;
	}
	if (lend_nd_index_read((const uint8_t *)answer->bytes, answer->len, a->bytes, &index,
			       NULL) < 0)
		return;
	if (index.state == LEND_LABEL_NONE && index.head_blank && has_other_data(a, head))
		index.head_blank = false;
	lend_build_text(b, node, &a->device->label_state, a->by, lend_label_state_name(&index));
	if (index.state != LEND_LABEL_VALID && index.state != LEND_LABEL_ONE_TORN)
		return;
	lend_build_text(b, node, &a->device->label_version, a->by,
			lend_build_internf(b, "%u.%u", index.major, index.minor));
	lend_build_u64(b, node, &a->device->label_count, a->by,
		       lend_nd_index_used_count(&index));
	if (index.major == 1)
		read_labels(a, &index);
}

/* Where nothing is, the labels may be elsewhere. */
static void find_elsewhere(struct area *a, const struct lend_labels_window *window)
{
	struct lend_device *d = a->device;

	if (window->file_bytes == 0 || (a->scan->wants & LEND_ADDS(LEND_KIND_BACKING)) == 0 ||
	    !(d->driver.known == LEND_KNOWN && strcmp(d->driver.v.str, "nvdimm") == 0) ||
	    (a->bytes != 0 && !(d->label_state.known == LEND_KNOWN &&
				strncmp(d->label_state.v.str, "none", 4) == 0)))
		return;
	lend_labels_put_found(a->scan, &d->node, &d->label_elsewhere, a->by, window);
}

void lend_collect_labels(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			 struct lend_backend *backend, const char *reach, uint64_t file_bytes)
{
	struct lend_inventory *inv = scan->build.inv;
	uint64_t offset =
		backend->offset_bytes.known == LEND_KNOWN ? backend->offset_bytes.v.u64 : 0;

	if (backend->size_bytes.known != LEND_KNOWN)
		return;
	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_device *device = (struct lend_device *)inv->nodes[i];
		struct area a = { .scan = scan, .device = device, .reach = reach };
		uint64_t size;

		if (inv->nodes[i]->kind != LEND_KIND_DEVICE ||
		    (device->label_bytes.known != LEND_KNOWN &&
		     device->label_bytes.known != LEND_ABSENT) ||
		    device->memdev.known != LEND_KNOWN ||
		    device->vm.v.str != backend->vm.v.str ||
		    device->memdev.v.str != backend->object_id.v.str)
			continue;
		a.bytes =
			device->label_bytes.known == LEND_KNOWN ? device->label_bytes.v.u64 : 0;
		if (a.bytes >= backend->size_bytes.v.u64 ||
		    !lend_add_u64(offset, backend->size_bytes.v.u64, &size))
			continue;
		a.start = size - a.bytes;
		a.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "backing",
					   "label area", qemu->vm->node.id);
		if (a.bytes != 0)
			read_area(&a);
		find_elsewhere(&a, &(struct lend_labels_window){
					   .path = reach,
					   .file_bytes = file_bytes,
					   .offset = offset,
					   .size_bytes = backend->size_bytes.v.u64,
					   .label_bytes = a.bytes,
				   });
	}
}
