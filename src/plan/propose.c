/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plan/propose.h"

#include "base/num.h"
#include "model/copy.h"
#include "model/kind-backing.h"
#include "model/kind-block.h"
#include "model/kind-label.h"
#include "model/kind-qemu.h"
#include "model/kind-wanted.h"
#include "model/persistence.h"
#include "model/predict.h"
#include "model/vm-args.h"

struct look {
	const struct lend_inventory *now;
	const struct lend_proposal *proposal;
	struct lend_build build;
	struct lend_arena memory;
	struct lend_vm *vm;
	uint32_t by;
};

/* ---- what has to be looked at ---- */

static const char *absolute(struct lend_arena *arena, const struct lend_proposal *proposal,
			    const char *path)
{
	return path[0] == '/' || proposal->cwd == NULL
		       ? path
		       : lend_arena_printf(arena, "%s/%s", proposal->cwd, path);
}

static uint64_t label_bytes_of(const struct lend_qemu_args *args, const char *backend)
{
	for (size_t i = 0; i < args->n_devices; i++) {
		const struct lend_qemu_device *d = &args->devices[i];

		if (d->memdev != NULL && backend != NULL && strcmp(d->memdev, backend) == 0)
			return d->label_bytes.has ? d->label_bytes.v : 0;
	}
	return 0;
}

void lend_propose_wants(struct lend_arena *arena, const struct lend_proposal *proposal,
			struct lend_scan_options *options)
{
	static const char *const kinds[] = { "vm",    "device",    "backend",     "backing",
					     "block", "mount",     "swap",        "wanted",
					     "qemu",  "numa",      "host",        "label",
					     "dax",   "nd-region", "nd-namespace" };
	const struct lend_qemu_args *args = proposal->args;
	struct lend_wanted *wanted =
		lend_arena_array(arena, args->n_backends + 1, sizeof(*wanted));
	size_t n = 0;

	for (size_t i = 0; i < args->n_backends; i++) {
		const struct lend_qemu_backend *b = &args->backends[i];
		uint64_t end = b->offset.has ? b->offset.v : 0;

		if (b->path == NULL || !lend_add_u64(end, b->size.has ? b->size.v : 0, &end))
			continue;
		wanted[n++] = (struct lend_wanted){
			.path = absolute(arena, proposal, b->path),
			.size_bytes = end,
			.label_bytes = label_bytes_of(args, b->id),
		};
	}
	options->kinds = kinds;
	options->n_kinds = LEND_COUNT(kinds);
	options->wanted = wanted;
	options->n_wanted = n;
	options->no_guests = true;
}

/* ---- the rest of the host ---- */

static bool is_of(const struct lend_fact *vm, const char *name)
{
	return vm->known == LEND_KNOWN && strcmp(vm->v.str, name) == 0;
}

static bool stays(const void *context, const struct lend_node *node)
{
	const char *vm = context;

	if (node->guest != NULL)
		return strcmp(node->guest, vm) != 0;
	switch (node->kind) {
	case LEND_KIND_VM:
		return strcmp(node->name, vm) != 0;
	case LEND_KIND_DEVICE:
		return !is_of(&lend_as_device(node)->vm, vm);
	case LEND_KIND_BACKEND:
		return !is_of(&lend_as_backend(node)->vm, vm);
	case LEND_KIND_LABEL:
		return !is_of(&lend_as_label(node)->vm, vm);
	default:
		return true;
	}
}

/* ---- its backings ---- */

static const struct lend_wanted_node *seen_at(const struct look *l, const char *path)
{
	const char *id = lend_arena_printf((struct lend_arena *)&l->memory, "wanted/%s", path);
	const struct lend_node *node = lend_find(l->now, id);

	return node == NULL ? NULL : lend_as_wanted(node);
}

/* The step that makes the file at that path; NULL: none does. */
static const struct lend_step *maker_of(const struct look *l, const char *path)
{
	const struct lend_plan *plan = l->proposal->plan;

	for (size_t i = 0; plan != NULL && i < plan->n_steps; i++) {
		if (strcmp(plan->steps[i].kind, "backing") == 0 &&
		    strcmp(plan->steps[i].name, path) == 0)
			return &plan->steps[i];
	}
	return NULL;
}

static void copy(struct look *l, struct lend_node *node, struct lend_fact *fact,
		 const char *field, const struct lend_wanted_node *from)
{
	const struct lend_field *f = lend_kind_field(LEND_KIND_WANTED, field);

	lend_build_copy_fact(&l->build, node, fact, f->type, l->now,
			     lend_fact_at(&from->node, f));
}

/* With MAP_SYNC where its step goes no further without; without DAX where its disk has none. */
static void put_made_dax(struct look *l, struct lend_backing *backing,
			 const struct lend_step *step, const struct lend_wanted_node *seen)
{
	bool tried = lend_pairs_get(&step->args, "map-sync") != NULL;

	if (!tried &&
	    (seen == NULL || seen->fs_dax.known != LEND_KNOWN || seen->fs_dax.v.u64 != 0))
		return;
	lend_build_u64(&l->build, &backing->node, &backing->dax, l->by, tried);
	lend_build_u64(&l->build, &backing->node, &backing->map_sync, l->by, tried);
}

/* A file with real blocks, on the file system that its folder is on. */
static void put_made(struct look *l, struct lend_backing *backing, const struct lend_step *step,
		     const struct lend_wanted_node *seen)
{
	const char *blocks = lend_pairs_get(&step->args, "blocks");
	uint64_t bytes;

	lend_build_text(&l->build, &backing->node, &backing->type, l->by, "file");
	lend_build_absent(&l->build, &backing->node, &backing->inode, l->by);
	if (lend_pairs_u64(&step->after.pairs, "size", &bytes)) {
		lend_build_u64(&l->build, &backing->node, &backing->size_bytes, l->by, bytes);
		lend_build_u64(&l->build, &backing->node, &backing->allocated_bytes, l->by,
			       blocks != NULL && strcmp(blocks, "sparse") == 0 ? 0 : bytes);
	}
	lend_build_text(&l->build, &backing->node, &backing->format, l->by, "raw");
	put_made_dax(l, backing, step, seen);
	if (seen != NULL) {
		copy(l, &backing->node, &backing->fs, "fs", seen);
		copy(l, &backing->node, &backing->dev, "fs_dev", seen);
		copy(l, &backing->node, &backing->free_bytes, "free_bytes", seen);
	}
}

/* What a VM that runs has is known by it, and may have changed between two looks. */
static void put_seen(struct look *l, struct lend_backing *backing,
		     const struct lend_wanted_node *seen)
{
	const struct {
		struct lend_fact *fact;
		const char *field;
	} facts[] = {
		{ &backing->type, "type" },
		{ &backing->dev, "dev" },
		{ &backing->inode, "inode" },
		{ &backing->rdev, "rdev" },
		{ &backing->size_bytes, "size_bytes" },
		{ &backing->allocated_bytes, "allocated_bytes" },
		{ &backing->fs, "fs" },
		{ &backing->free_bytes, "free_bytes" },
		{ &backing->dax, "dax" },
		{ &backing->map_sync, "map_sync" },
		{ &backing->dax_driver, "dax_driver" },
		{ &backing->dax_region, "dax_region" },
		{ &backing->align_bytes, "align_bytes" },
		{ &backing->format, "format" },
	};

	for (size_t i = 0; i < LEND_COUNT(facts); i++) {
		if (facts[i].fact->known != LEND_KNOWN)
			copy(l, &backing->node, facts[i].fact, facts[i].field, seen);
	}
}

static struct lend_device *device_of(struct look *l, const struct lend_backend *backend)
{
	const struct lend_qemu_args *args = l->proposal->args;

	for (size_t i = 0; i < args->n_devices; i++) {
		const struct lend_qemu_device *d = &args->devices[i];

		if (d->memdev != NULL && strcmp(d->memdev, backend->object_id.v.str) == 0 &&
		    d->driver != NULL && strcmp(d->driver, "nvdimm") == 0)
			return lend_build_device(&l->build, l->vm, LEND_PREDICTED, d->id,
						 d->memdev);
	}
	return NULL;
}

static bool is_words(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}

static bool is_other_area(const struct lend_device *device, const struct lend_wanted_node *seen)
{
	return seen->label_bytes.known == LEND_KNOWN &&
	       device->label_bytes.known == LEND_KNOWN &&
	       seen->label_bytes.v.u64 != device->label_bytes.v.u64;
}

/* What was seen in the label area counts when it was looked for where the device has it. */
static void put_labels(struct look *l, struct lend_device *device,
		       const struct lend_step *maker, const struct lend_wanted_node *seen,
		       bool is_window)
{
	struct lend_node *node = &device->node;
	const char *version;

	if (maker != NULL)
		lend_build_absent(&l->build, node, &device->label_elsewhere, l->by);
	else if (seen != NULL && !is_window && !is_other_area(device, seen))
		copy(l, node, &device->label_elsewhere, "label_elsewhere", seen);
	if (device->label_bytes.known != LEND_KNOWN)
		return;
	if (maker != NULL) {
		version = lend_pairs_get(&maker->args, "label-version");
		lend_build_text(&l->build, node, &device->label_state, l->by, "valid");
		lend_build_text(&l->build, node, &device->label_version, l->by,
				version != NULL ? version : "1.2");
		lend_build_absent(&l->build, node, &device->label_slot, l->by);
		return;
	}
	if (seen == NULL || is_other_area(device, seen))
		return;
	/* Only the head of the area is blank. */
	if (is_words(&seen->label_state, "none") && is_words(&seen->tail, "data"))
		lend_build_text(&l->build, node, &device->label_state, l->by,
				"none, other data");
	else
		copy(l, node, &device->label_state, "label_state", seen);
	copy(l, node, &device->label_version, "label_version", seen);
	copy(l, node, &device->label_slot, "label_slot", seen);
	if (device->label_slot.known == LEND_NOT_ASKED &&
	    device->label_state.known == LEND_KNOWN)
		lend_build_absent(&l->build, node, &device->label_slot, l->by);
}

static void put_backing(struct look *l, const struct lend_qemu_backend *b)
{
	const char *path = absolute(&l->memory, l->proposal, b->path);
	const struct lend_wanted_node *seen = seen_at(l, path);
	const struct lend_step *maker = maker_of(l, path);
	struct lend_backend *backend =
		lend_build_backend(&l->build, l->vm, LEND_PREDICTED, b->id);
	struct lend_backing *backing = (struct lend_backing *)lend_build_node(
		&l->build, LEND_KIND_BACKING, NULL, path);
	struct lend_device *device = device_of(l, backend);

	lend_build_text(&l->build, &backing->node, &backing->path, l->by, path);
	lend_build_edge(&l->build, &backend->node, &backing->node);
	if (maker != NULL)
		put_made(l, backing, maker, seen);
	else if (seen != NULL)
		put_seen(l, backing, seen);
	if (device != NULL)
		put_labels(l, device, maker, seen, b->offset.has && b->offset.v != 0);
}

static void put_backings(struct look *l)
{
	const struct lend_qemu_args *args = l->proposal->args;

	for (size_t i = 0; i < args->n_backends; i++) {
		if (args->backends[i].path != NULL && args->backends[i].id != NULL)
			put_backing(l, &args->backends[i]);
	}
}

void lend_propose(const struct lend_inventory *now, const struct lend_proposal *proposal,
		  struct lend_inventory **ret_then)
{
	struct look l = { .now = now, .proposal = proposal };

	lend_build_init(&l.build);
	lend_build_copy(&l.build, now, stays, proposal->vm);
	l.vm = (struct lend_vm *)lend_build_node(&l.build, LEND_KIND_VM, NULL, proposal->vm);
	l.by = lend_build_sighting(&l.build, LEND_PREDICTED, "wish", "its command line",
				   l.vm->node.id);
	lend_build_vm_args(&l.build, l.vm, LEND_PREDICTED, l.by, "qemu", proposal->args);
	lend_build_vm_ways(&l.build, l.vm, LEND_PREDICTED, l.by, proposal->args);
	lend_build_vm_clashes(&l.build, l.vm, l.by, proposal->args);
	put_backings(&l);
	lend_predict_vm(&l.build, l.vm, proposal->args);
	*ret_then = lend_build_seal(&l.build);
	lend_arena_done(&l.memory);
}

/* ---- of a VM that runs ---- */

/* What it is plugged in from, of which there are few. */
struct plugged {
	const struct lend_inventory *now;
	const struct lend_wanted_node **seen;
	size_t n;
	bool device; /* one of them at least is no file */
};

static bool both_known(const struct lend_fact *a, const struct lend_fact *b)
{
	return a->known == LEND_KNOWN && b->known == LEND_KNOWN;
}

/* False: the numbers say that it is not.  A device has none of a file system. */
static bool may_be(const struct lend_wanted_node *w, const struct lend_fact *dev,
		   const struct lend_fact *inode)
{
	if (w->type.known == LEND_ABSENT)
		return false;
	if (both_known(&w->inode, inode) && w->inode.v.u64 != inode->v.u64)
		return w->rdev.known == LEND_KNOWN;
	if (both_known(&w->dev, dev) && strcmp(w->dev.v.str, dev->v.str) != 0)
		return w->rdev.known == LEND_KNOWN;
	return true;
}

static bool touches(const struct plugged *p, const struct lend_fact *dev,
		    const struct lend_fact *inode)
{
	for (size_t i = 0; i < p->n; i++) {
		if (may_be(p->seen[i], dev, inode))
			return true;
	}
	return false;
}

/* Who else may have the same bytes; devices and mounts count only for those of devices. */
static bool matters(const void *context, const struct lend_node *node)
{
	const struct plugged *p = context;
	const struct lend_node *below;

	if (node->guest != NULL)
		return false;
	switch (node->kind) {
	case LEND_KIND_BACKING:
		return touches(p, &lend_as_backing(node)->dev, &lend_as_backing(node)->inode);
	case LEND_KIND_BACKEND:
		below = lend_used_of(p->now, node, LEND_KIND_BACKING);
		return below != NULL && matters(p, below);
	case LEND_KIND_DEVICE:
		below = lend_used_of(p->now, node, LEND_KIND_BACKEND);
		return below != NULL && matters(p, below);
	case LEND_KIND_BLOCK:
		return p->device || (lend_as_block(node)->backing_file.known == LEND_KNOWN &&
				     touches(p, &lend_as_block(node)->file_dev,
					     &lend_as_block(node)->file_inode));
	case LEND_KIND_MOUNT:
	case LEND_KIND_VM:
		return p->device;
	case LEND_KIND_SWAP:
		return true;
	default:
		return false;
	}
}

static void find_plugged(struct look *l, struct plugged *p)
{
	const struct lend_qemu_args *args = l->proposal->args;

	p->now = l->now;
	p->seen = lend_arena_array(&l->memory, args->n_backends + 1,
				   sizeof(const struct lend_wanted_node *));
	for (size_t i = 0; i < args->n_backends; i++) {
		const struct lend_wanted_node *seen =
			args->backends[i].path == NULL
				? NULL
				: seen_at(l, absolute(&l->memory, l->proposal,
						      args->backends[i].path));

		if (seen == NULL)
			continue;
		p->seen[p->n++] = seen;
		p->device |= seen->rdev.known == LEND_KNOWN;
	}
}

/* Of a node that is left out but for some facts. */
static void copy_facts(struct look *l, struct lend_node *node, const struct lend_node *from,
		       const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct lend_field *f = lend_kind_field(node->kind, names[i]);
		struct lend_fact *fact = (struct lend_fact *)(void *)((char *)node + f->offset);

		if (fact->known == LEND_NOT_ASKED)
			lend_build_copy_fact(&l->build, node, fact, f->type, l->now,
					     lend_fact_at(from, f));
	}
}

static void put_vm(struct look *l)
{
	static const char *const of_vm[] = { "pid", "hypervisor", "persistence" };
	static const char *const of_qemu[] = { "pmem" };
	const struct lend_node *from =
		lend_find(l->now, lend_arena_printf(&l->memory, "vm/%s", l->proposal->vm));
	const struct lend_qemu *qemu = lend_persistence_qemu(l->now);

	l->vm = (struct lend_vm *)lend_build_node(&l->build, LEND_KIND_VM, NULL,
						  l->proposal->vm);
	if (from != NULL)
		copy_facts(l, &l->vm->node, from, of_vm, LEND_COUNT(of_vm));
	if (qemu != NULL)
		copy_facts(l, lend_build_node(&l->build, LEND_KIND_QEMU, NULL, qemu->node.name),
			   &qemu->node, of_qemu, LEND_COUNT(of_qemu));
}

static void put_place(struct look *l, const struct lend_place *place)
{
	struct lend_device *device =
		lend_build_device(&l->build, l->vm, LEND_PREDICTED, place->device, NULL);

	if (place->address.has)
		lend_build_u64(&l->build, &device->node, &device->address, l->by,
			       place->address.v);
	else
		lend_build_absent(&l->build, &device->node, &device->address, l->by);
	if (place->size_bytes.has)
		lend_build_u64(&l->build, &device->node, &device->size_bytes, l->by,
			       place->size_bytes.v);
}

void lend_propose_more(const struct lend_inventory *now, const struct lend_proposal *proposal,
		       struct lend_inventory **ret_then)
{
	struct look l = { .now = now, .proposal = proposal };
	struct plugged plugged = { .n = 0 };

	lend_build_init(&l.build);
	find_plugged(&l, &plugged);
	lend_build_copy(&l.build, now, matters, &plugged);
	put_vm(&l);
	l.by = lend_build_sighting(&l.build, LEND_PREDICTED, "wish", "what is plugged in",
				   l.vm->node.id);
	lend_build_vm_more(&l.build, l.vm, LEND_PREDICTED, l.by, proposal->args);
	put_backings(&l);
	for (size_t i = 0; i < proposal->n_places; i++)
		put_place(&l, &proposal->places[i]);
	*ret_then = lend_build_seal(&l.build);
	lend_arena_done(&l.memory);
}
