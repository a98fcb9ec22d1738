/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NVDIMMs of a command line, and those plugged in later.
 *
 * The slot is an NVDIMM's identity and the label area is found from the end of
 * its backend: both stay as they are, or the NVDIMM stays in qemu-args.
 */

#include <inttypes.h>

#include "base/num.h"
#include "format/nd-id.h"
#include "format/wish-yaml-rows.h"
#include "model/predict.h"
#include "plan/wish-from-parts.h"

static const char device_keys[] = "driver id memdev slot label-size node unarmed uuid addr";
static const char backend_keys[] =
	"qom-type id mem-path size align offset share pmem readonly prealloc discard-data merge "
	"dump reserve prealloc-threads";

static const uint64_t page_bytes = 4096;

/* The slot of each device of the command line, as QEMU chose or would choose it. */
struct slots {
	struct lend_opt_u64 *of; /* by index of args->devices */
};

static struct slots predict_slots(struct lend_wish_maker *m)
{
	const struct lend_predict_options options = { .n_started = SIZE_MAX };
	struct lend_qemu_args args = *m->args;
	struct lend_predict p;
	struct slots slots = { .of = lend_arena_array(m->arena, args.n_devices + 1,
						      sizeof(*slots.of)) };
	size_t k = 0;

	/* What makes a newer QEMU stop here, and where memory lies, does not choose the slots.
	 */
	args.nvdimm = LEND_TRI_ON;
	args.nvdimm_is_bare = false;
	args.machine = "q35";
	args.moves_memory = false;
	lend_predict_args(m->arena, &args, &options, &p);
	/* In its own order, which is that of the command line but for JSON. */
	for (int json = 0; json < 2; json++) {
		for (size_t i = 0; i < args.n_devices; i++) {
			const struct lend_qemu_device *d = &args.devices[i];

			while (k < p.n_devices && p.devices[k].memdev == NULL)
				k++;
			if (k < p.n_devices && d->json == (json == 1) &&
			    d->memdev == p.devices[k].memdev)
				slots.of[i] = p.devices[k++].slot;
		}
	}
	return slots;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const struct lend_wish_seen *seen_of(const struct lend_wish_maker *m,
					    const struct lend_qemu_device *d)
{
	for (size_t i = 0; i < m->from->n_seen; i++) {
		const struct lend_wish_seen *seen = &m->from->seen[i];

		if (d->id != NULL ? same_text(seen->id, d->id)
				  : seen->id == NULL && same_text(seen->memdev, d->memdev))
			return seen;
	}
	return NULL;
}

/* A value that is there but was not understood. */
static bool is_lost(const struct lend_wish_item *item, const char *key, bool has)
{
	const char *value = lend_wish_get(item, key);

	return value != NULL && !has && strcmp(value, "-1") != 0;
}

static bool is_lost_switch(const struct lend_wish_item *item, const char *key)
{
	return is_lost(item, key, lend_wish_switch(item, key) != LEND_TRI_UNSET);
}

/* Why a wish cannot say it; NULL when it can. */
static const char *why_not(const struct lend_wish_item *item,
			   const struct lend_wish_item *object,
			   const struct lend_qemu_backend *b)
{
	const struct lend_qemu_device *d = item->device;
	const uint64_t label = d->label_bytes.has ? d->label_bytes.v : 0;
	const uint64_t align =
		b != NULL && b->align.has && b->align.v > page_bytes ? b->align.v : page_bytes;

	if (object == NULL || b == NULL)
		return "its backend is not clear";
	if (strcmp(b->type, "memory-backend-file") != 0)
		return "its backend is no file";
	if (!lend_wish_has_only(item, device_keys) ||
	    !lend_wish_has_only(object, backend_keys) || is_lost(item, "slot", d->slot.has) ||
	    is_lost(item, "label-size", d->label_bytes.has) ||
	    is_lost(item, "node", d->node.has) || is_lost_switch(item, "unarmed") ||
	    is_lost(object, "align", b->align.has) || is_lost_switch(object, "share") ||
	    is_lost_switch(object, "pmem") || is_lost_switch(object, "readonly"))
		return "it has properties that no key can say";
	if (is_lost(object, "offset", b->offset.has) || (b->offset.has && b->offset.v != 0))
		return "its data does not begin where the file begins (offset=)";
	if (!b->size.has || b->size.v <= label || b->size.v > LEND_WISH_SIZE_MAX)
		return "its size is not clear";
	if (d->label_bytes.has && label < 128 << 10)
		return "its label area is too small";
	if (align > LEND_WISH_SIZE_MAX || (d->node.has && d->node.v >= LEND_WISH_ITEMS_MAX))
		return "its alignment or node is out of range";
	if (d->slot.has && d->slot.v >= LEND_ND_QEMU_SLOTS)
		return "its slot is out of range";
	if ((b->size.v - label) % align != 0)
		return "its size is no multiple of its alignment, which says where its labels are";
	return NULL;
}

static bool is_name_taken(const struct lend_wish *wish, const char *name)
{
	for (size_t i = 0; i < wish->n_pmem; i++) {
		if (strcmp(wish->pmem[i].name, name) == 0)
			return true;
	}
	return false;
}

/* The id where that is a name for a wish: guests count pmem devices in an order that depends on
 * ids. */
static const char *name_of(struct lend_wish_maker *m, const char *id, const char *memdev)
{
	const char *name = id;

	if (id != NULL && lend_wish_check_id(m->arena, &name, NULL) == 0 &&
	    !is_name_taken(m->wish, name))
		return name;
	name = memdev;
	if (id != NULL || lend_wish_check_id(m->arena, &name, NULL) < 0 ||
	    is_name_taken(m->wish, name))
		name = lend_arena_printf(m->arena, "nvdimm-%zu", m->wish->n_pmem);
	if (id == NULL)
		lend_wish_note(m, "the NVDIMM on %s has no id: it is called %s here", memdev,
			       name);
	else
		lend_wish_note(m, "the id '%s' is not one for a wish: it became %s", id, name);
	return name;
}

/* What lend decides by itself, and what is not the guest's business. */
static void note_left_out(struct lend_wish_maker *m, const struct lend_wish_item *item,
			  const struct lend_wish_item *object, const char *name)
{
	static const char device_other[] = "uuid addr";
	static const char backend_other[] =
		"prealloc discard-data merge dump reserve prealloc-threads";

	for (size_t i = 0; i < item->opts.n; i++) {
		const struct lend_qemu_pair *pair = &item->opts.pairs[i];

		if (lend_wish_is_one_of(pair->key, device_other))
			lend_wish_note(m, "left out: %s=%s of %s", pair->key, pair->value,
				       name);
	}
	for (size_t i = 0; i < object->opts.n; i++) {
		const struct lend_qemu_pair *pair = &object->opts.pairs[i];

		if (lend_wish_is_one_of(pair->key, backend_other) &&
		    strcmp(pair->value, "off") != 0)
			lend_wish_note(m, "left out: %s=%s of %s", pair->key, pair->value,
				       name);
	}
}

static void note_share(struct lend_wish_maker *m, const struct lend_wish_pmem *pmem, bool given)
{
	if (pmem->share == LEND_TRI_OFF && pmem->readonly != LEND_TRI_ON)
		lend_wish_note(
			m, "%s is not shared%s: what the guest writes is lost when it stops",
			pmem->name, given ? "" : " (QEMU's default)");
}

static struct lend_wish_pmem *add(struct lend_wish_maker *m, const char *id, const char *memdev)
{
	struct lend_wish *wish = m->wish;
	const char *name = name_of(m, id, memdev);
	struct lend_wish_pmem *pmem =
		LEND_PUSH(m->arena, wish->pmem, wish->n_pmem, wish->cap_pmem);

	pmem->name = name;
	return pmem;
}

static void say(struct lend_wish_maker *m, struct lend_wish_item *item,
		struct lend_wish_item *object, const struct lend_qemu_backend *b,
		const char *path, struct lend_opt_u64 slot)
{
	const struct lend_qemu_device *d = item->device;
	const uint64_t label = d->label_bytes.has ? d->label_bytes.v : 0;
	struct lend_wish_pmem *pmem = add(m, d->id, d->memdev);

	pmem->backing = path;
	pmem->size_bytes = lend_opt(b->size.v - label);
	pmem->label_bytes = lend_opt(label);
	/* One that QEMU refuses was asked for all the same. */
	if (d->slot.has)
		slot = d->slot;
	if (slot.has && slot.v < LEND_ND_QEMU_SLOTS)
		pmem->slot = slot;
	pmem->node = d->node;
	if (b->align.has && b->align.v >= page_bytes)
		pmem->align_bytes = b->align;
	if (d->unarmed == LEND_TRI_ON)
		pmem->persistence = LEND_WISH_PERSISTENCE_NONE;
	if (b->readonly == LEND_TRI_ON)
		pmem->readonly = LEND_TRI_ON;
	pmem->pmem = b->pmem;
	if (b->share != LEND_TRI_ON)
		pmem->share = LEND_TRI_OFF;
	note_share(m, pmem, b->share == LEND_TRI_OFF);
	note_left_out(m, item, object, pmem->name);
	if (!pmem->slot.has)
		lend_wish_note(m, "the slot of %s cannot be told", pmem->name);
	lend_wish_say(m, item, NULL);
	lend_wish_say(m, object, NULL);
}

/* Behind other devices than before, QEMU would choose another slot. */
static void pin_slot(struct lend_wish_maker *m, struct lend_wish_item *item,
		     struct lend_opt_u64 slot)
{
	size_t len = strlen(item->value);
	lend_auto_buf out = { 0 };

	if (!slot.has || item->device->slot.has)
		return;
	while (len > 0 && item->value[len - 1] != '}' && item->device->json)
		len--;
	if (item->device->json)
		lend_buf_printf(&out, "%.*s,\"slot\":%" PRIu64 "}", (int)len - 1, item->value,
				slot.v);
	else
		lend_buf_printf(&out, "%s,slot=%" PRIu64, item->value, slot.v);
	item->out->rest = lend_arena_strdup(m->arena, out.text);
	lend_wish_note(m, "slot %" PRIu64 " of -device %s is said, as QEMU chose it", slot.v,
		       item->value);
}

static void take(struct lend_wish_maker *m, struct lend_wish_item *item,
		 struct lend_opt_u64 slot)
{
	const struct lend_qemu_device *d = item->device;
	struct lend_wish_item *object = lend_wish_find(&m->objects, d->memdev);
	const struct lend_qemu_backend *b = lend_qemu_args_backend(m->args, d->memdev);
	const char *why = why_not(item, object, b);
	const char *path = NULL;

	if (why == NULL && m->wish->n_pmem == LEND_WISH_ITEMS_MAX)
		why = "there are too many";
	if (why == NULL) {
		path = lend_wish_path(m, b->path);
		why = path == NULL ? "its path cannot stand in a wish" : NULL;
	}
	if (why == NULL) {
		say(m, item, object, b, path, slot);
		return;
	}
	lend_wish_note(m, "the NVDIMM %s stays in qemu-args: %s",
		       d->id != NULL ? d->id : d->memdev, why);
	pin_slot(m, item, slot);
}

/* Why it cannot be in the wish; NULL when it can. */
static const char *why_not_plugged(const struct lend_wish_seen *seen, const char *path)
{
	const uint64_t label = seen->label_bytes.has ? seen->label_bytes.v : 0;
	uint64_t sum;

	if (!seen->is_nvdimm)
		return "it is no NVDIMM";
	if (path == NULL)
		return "its backing was not seen";
	if (!seen->size_bytes.has)
		return "its size was not seen";
	if (seen->size_bytes.v == 0 || seen->size_bytes.v > LEND_WISH_SIZE_MAX ||
	    (label != 0 && label < 128 << 10) || label > LEND_WISH_SIZE_MAX)
		return "its size is out of range";
	if (seen->backend_bytes.has &&
	    (!lend_add_u64(seen->size_bytes.v, label, &sum) || sum != seen->backend_bytes.v))
		return "its size is no multiple of its alignment, which says where its labels are";
	return NULL;
}

/* One that QEMU got by its monitor. */
static void take_plugged(struct lend_wish_maker *m, const struct lend_wish_seen *seen)
{
	const char *path = seen->path == NULL ? NULL : lend_wish_path(m, seen->path);
	const char *why = why_not_plugged(seen, path);
	struct lend_wish_pmem *pmem;

	if (why == NULL && m->wish->n_pmem == LEND_WISH_ITEMS_MAX)
		why = "there are too many";
	if (why != NULL) {
		lend_wish_note(m, "%s was plugged in later and is not here: %s",
			       seen->id != NULL ? seen->id : seen->memdev, why);
		return;
	}
	pmem = add(m, seen->id, seen->memdev);
	pmem->backing = path;
	pmem->size_bytes = seen->size_bytes;
	pmem->label_bytes = lend_opt(seen->label_bytes.has ? seen->label_bytes.v : 0);
	if (seen->slot.has && seen->slot.v < LEND_ND_QEMU_SLOTS)
		pmem->slot = seen->slot;
	/* QEMU says 0 where there are no nodes, too. */
	if (m->wish->n_numa > 0 && seen->node.v < LEND_WISH_ITEMS_MAX)
		pmem->node = seen->node;
	if (seen->unarmed == LEND_TRI_ON)
		pmem->persistence = LEND_WISH_PERSISTENCE_NONE;
	if (seen->readonly == LEND_TRI_ON)
		pmem->readonly = LEND_TRI_ON;
	pmem->pmem = seen->pmem;
	if (seen->share == LEND_TRI_OFF)
		pmem->share = LEND_TRI_OFF;
	note_share(m, pmem, true);
	lend_wish_note(
		m, "%s was plugged in later%s", pmem->name,
		seen->pmem != LEND_TRI_UNSET
			? ""
			: ": whether it has pmem=, align=, readonly=, unarmed= was not seen");
}

static bool is_on_command_line(const struct lend_wish_maker *m,
			       const struct lend_wish_seen *seen)
{
	for (size_t i = 0; i < m->args->n_devices; i++) {
		const struct lend_qemu_device *d = &m->args->devices[i];

		if (d->memdev != NULL &&
		    (seen->id != NULL ? same_text(seen->id, d->id)
				      : d->id == NULL && same_text(seen->memdev, d->memdev)))
			return true;
	}
	return false;
}

void lend_wish_from_pmem(struct lend_wish_maker *m)
{
	const struct slots slots = predict_slots(m);

	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		const struct lend_qemu_device *d = item->device;
		const struct lend_wish_seen *seen;
		struct lend_opt_u64 slot;

		if (d == NULL || d->memdev == NULL)
			continue;
		slot = slots.of[d - m->args->devices];
		seen = seen_of(m, d);
		if (seen != NULL && seen->slot.has)
			slot = seen->slot;
		if (strcmp(d->driver, "nvdimm") == 0)
			take(m, item, slot);
		else if (strcmp(d->driver, "pc-dimm") == 0)
			pin_slot(m, item, slot);
	}
	for (size_t i = 0; i < m->from->n_seen; i++) {
		if (!is_on_command_line(m, &m->from->seen[i]))
			take_plugged(m, &m->from->seen[i]);
	}
}
