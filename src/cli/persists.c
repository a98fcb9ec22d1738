/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/persists.h"

#include "collect/sources.h"
#include "model/kind-device.h"
#include "model/kind-vm.h"

/* What is told of a device that is not seen: a monitor that is busy, a libvirt that is away. */
static const char not_seen_id[] = "not-seen";
static const char not_seen_text[] = "it could not be looked at";

void lend_persists_done(struct lend_persists_look *look)
{
	lend_inventory_free(look->inventory);
	lend_arena_done(&look->arena);
}

static bool is_kind(const struct lend_step *step, const char *kind)
{
	return strcmp(step->kind, kind) == 0;
}

static bool is_whole_vm(const struct lend_step *step)
{
	return is_kind(step, "vm") || is_kind(step, "libvirt-start");
}

/* What is defined for the next start has no guest yet. */
static bool is_live_attach(const struct lend_step *step)
{
	const char *where = lend_pairs_get(&step->args, "where");

	return is_kind(step, "libvirt-attach") && where != NULL && strcmp(where, "live") == 0;
}

bool lend_persists_is_asked(const struct lend_journal_view *view, size_t i)
{
	const struct lend_step *step = &view->plan->steps[i];
	const struct lend_journal_step *now = &view->steps[i];

	if (!is_whole_vm(step) && !is_kind(step, "plug-device") && !is_live_attach(step))
		return false;
	if (view->phase == LEND_JOURNAL_KEPT || !now->intended)
		return false;
	return now->phase == LEND_STEP_DONE || now->phase == LEND_STEP_CHANGED_BY ||
	       now->phase == LEND_STEP_CANNOT_TELL;
}

static bool is_asked_of(const struct lend_journal_view *view, size_t i)
{
	return view->broken == NULL && view->phase != LEND_JOURNAL_UNDONE &&
	       view->phase != LEND_JOURNAL_PASSED && lend_persists_is_asked(view, i);
}

/* ---- the look ---- */

struct sources {
	const char **items;
	size_t n, cap;
};

static void add_source(struct lend_arena *arena, struct sources *all, const char *how,
		       const char *where)
{
	const char *source = lend_arena_printf(arena, "%s:%s", how, where);

	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->items[i], source) == 0)
			return;
	}
	*LEND_PUSH(arena, all->items, all->n, all->cap) = source;
}

/* Of what runs: a socket that nobody has any more would be an error. */
static void add_sources(struct lend_arena *arena, struct sources *all,
			const struct lend_journal_view *view)
{
	for (size_t i = 0; i < view->plan->n_steps; i++) {
		const struct lend_pairs *args = &view->plan->steps[i].args;
		const char *monitor = lend_pairs_get(args, "monitor");
		const char *uri = lend_pairs_get(args, "uri");

		if (!is_asked_of(view, i) || view->steps[i].phase == LEND_STEP_CANNOT_TELL)
			continue;
		if (uri != NULL && !lend_libvirt_is_remote(uri))
			add_source(arena, all, "libvirt", uri);
		else if (uri == NULL && monitor != NULL)
			add_source(arena, all, "qmp", monitor);
	}
}

void lend_persists_look_at(const struct lend_journals *all, bool no_hints,
			   struct lend_persists_look *ret)
{
	static const char *const kinds[] = { "vm", "device", "backend", "backing", "qemu" };
	struct lend_scan_options options =
		LEND_SCAN_OPTIONS(.kinds = kinds, .n_kinds = LEND_COUNT(kinds),
				  .no_guests = true, .no_label_sizes = true);
	struct sources sources = { 0 };
	struct lend_err err = { 0 };

	*ret = (struct lend_persists_look){ 0 };
	for (size_t i = 0; i < all->n; i++) {
		if (all->items[i].broken == NULL)
			add_sources(&ret->arena, &sources, &all->items[i]);
	}
	if (sources.n == 0)
		return;
	options.sources = sources.items;
	options.n_sources = sources.n;
	/* The journals are told of all the same. */
	if (lend_scan(&options, &ret->inventory, &err) < 0)
		lend_note(lend_arena_printf(&ret->arena,
					    "whether writes persist was not seen: %s",
					    err.what),
			  no_hints || err.hint[0] == '\0' ? NULL : err.hint);
}

/* ---- from a row to its devices ---- */

static bool is_text(const struct lend_fact *fact, const char *text)
{
	return text != NULL && fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}

static const char *vm_of(const struct lend_step *step)
{
	const char *name = lend_pairs_get(&step->args, "vm");

	return name != NULL ? name : step->name;
}

/* By its monitor, as several may have one name. */
static const struct lend_node *find_vm(const struct lend_inventory *inv,
				       const struct lend_step *step)
{
	const char *monitor = lend_pairs_get(&step->args, "monitor");
	const char *uri = lend_pairs_get(&step->args, "uri");
	const struct lend_node *named = NULL;

	for (const struct lend_node *node = NULL;
	     inv != NULL && (node = lend_next_of(inv, LEND_KIND_VM, node)) != NULL;) {
		const struct lend_vm *vm = lend_as_vm(node);

		if (is_text(&vm->monitor, monitor))
			return node;
		if (strcmp(node->name, vm_of(step)) == 0 &&
		    (uri == NULL || is_text(&vm->libvirt, uri)))
			named = node;
	}
	return named;
}

/* The devices that the row of that step alone tells of; not those of whole VMs. */
static bool is_of_step(const struct lend_step *step, const struct lend_device *device)
{
	const char *colon = strrchr(step->name, ':');
	uint64_t slot;

	if (is_kind(step, "plug-device"))
		return colon != NULL && is_text(&device->device_id, colon + 1);
	return lend_pairs_u64(&step->args, "slot", &slot) && device->slot.known == LEND_KNOWN &&
	       device->slot.v.u64 == slot;
}

/* Another row tells of it, of this journal or of a newer one. */
static bool is_told(const struct lend_journals *all, const struct lend_step *whole,
		    const struct lend_device *device)
{
	for (size_t k = 0; k < all->n; k++) {
		const struct lend_journal_view *view = &all->items[k];

		for (size_t i = 0; view->broken == NULL && i < view->plan->n_steps; i++) {
			const struct lend_step *step = &view->plan->steps[i];

			if (is_asked_of(view, i) && !is_whole_vm(step) &&
			    strcmp(vm_of(step), vm_of(whole)) == 0 && is_of_step(step, device))
				return true;
		}
	}
	return false;
}

struct told {
	const char *device; /* NULL: it was not seen */
	struct lend_persistence persists;
};

struct tolds {
	struct told *items;
	size_t n, cap;
};

static struct tolds tell(struct lend_persists_look *look, const struct lend_journals *all,
			 const struct lend_step *step)
{
	const struct lend_inventory *inv = look->inventory;
	const struct lend_node *vm = find_vm(inv, step);
	struct tolds ret = { 0 };

	for (const struct lend_node *node = NULL;
	     vm != NULL && (node = lend_next_of(inv, LEND_KIND_DEVICE, node)) != NULL;) {
		const struct lend_device *device = lend_as_device(node);
		struct lend_persistence p;

		if (!is_text(&device->vm, vm->name) ||
		    (is_whole_vm(step) ? is_told(all, step, device)
				       : !is_of_step(step, device)))
			continue;
		p = lend_persistence_of(inv, device);
		if (p.why != LEND_PERSISTS_NOT_QEMU)
			*LEND_PUSH(&look->arena, ret.items, ret.n, ret.cap) = (struct told){
				.device = device->device_id.known == LEND_KNOWN
						  ? device->device_id.v.str
						  : node->name,
				.persists = p,
			};
	}
	if (ret.n == 0 && (vm == NULL || !is_whole_vm(step)))
		*LEND_PUSH(&look->arena, ret.items, ret.n, ret.cap) = (struct told){ 0 };
	return ret;
}

/* ---- in words ---- */

static const char *verdict_of(const struct told *told)
{
	return lend_persists_name(told->device == NULL ? LEND_PERSISTS_CANNOT_TELL
						       : told->persists.verdict);
}

void lend_persists_text(struct lend_persists_look *look, const struct lend_journals *all,
			const struct lend_journal_view *view, size_t i, struct lend_buf *out)
{
	struct tolds tolds;

	if (!lend_persists_is_asked(view, i))
		return;
	tolds = tell(look, all, &view->plan->steps[i]);
	for (size_t n = 0; n < tolds.n; n++) {
		const struct told *told = &tolds.items[n];

		lend_buf_puts(out, n > 0 ? ", " : "");
		if (tolds.n > 1) {
			lend_buf_put_safe(out, told->device, strlen(told->device));
			lend_buf_puts(out, " ");
		}
		lend_buf_puts(out, verdict_of(told));
		if (told->device == NULL)
			lend_buf_printf(out, " (%s)", not_seen_id);
		else if (told->persists.verdict != LEND_PERSISTS_GUARANTEED)
			lend_buf_printf(out, " (%s)", lend_persistence_id(told->persists.why));
	}
}

void lend_persists_json(struct lend_persists_look *look, const struct lend_journals *all,
			const struct lend_journal_view *view, size_t i, struct lend_jsonw *w)
{
	struct tolds tolds;

	if (!lend_persists_is_asked(view, i)) {
		lend_jsonw_null(w, "persistence");
		return;
	}
	tolds = tell(look, all, &view->plan->steps[i]);
	lend_jsonw_open(w, "persistence", '[');
	for (size_t n = 0; n < tolds.n; n++) {
		const struct told *told = &tolds.items[n];
		bool seen = told->device != NULL;

		lend_jsonw_open(w, NULL, '{');
		lend_jsonw_str(w, "device", told->device);
		lend_jsonw_str(w, "verdict", verdict_of(told));
		lend_jsonw_str(w, "why",
			       seen ? lend_persistence_id(told->persists.why) : not_seen_id);
		lend_jsonw_str(w, "text",
			       seen ? lend_persistence_text(told->persists.why)
				    : not_seen_text);
		lend_jsonw_close(w, '}');
	}
	lend_jsonw_close(w, ']');
}
