/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plug-device: a device that a running guest gets.
 *
 * One command.  QEMU sends no event when an NVDIMM was plugged in, and has no
 * way to unplug one: going back is stopping the VM, when that was agreed to,
 * and waiting for it else.
 */

#include "apply/plug.h"
#include "base/err.h"
#include "base/json.h"

static const char *tells_type(const struct lend_json *entry, const struct lend_state *state)
{
	const char *type = lend_json_str(lend_json_get(entry, "type"));

	(void)state;
	return type != NULL && strcmp(type, "nvdimm") == 0 ? "nvdimm" : NULL;
}

static const struct lend_plug_kind device = { .folder = "/machine/peripheral",
					      .list = "query-memory-devices",
					      .type = "driver",
					      .add = "device_add",
					      .tells_type = tells_type };

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	return lend_plug_look(doing, step, &device, ret_state, err);
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	struct lend_plug plug;

	if (lend_plug_of_step(doing, step, &device, &plug, err) < 0)
		return -1;
	if (from->absent == to->absent)
		return lend_fail(err, LEND_E_USAGE, "%s cannot be changed while it is there",
				 step->name);
	if (!to->absent)
		return lend_plug_reach(doing, &plug, err) < 0
			       ? -1
			       : lend_plug_add(doing, &plug, to, err);
	if (!lend_vm_may_stop(doing, &plug.vm))
		return LEND_WAIT;
	return lend_vm_stop(doing, &plug.vm, err);
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	const char *driver = lend_pairs_get(&from->pairs, "driver");
	struct lend_plug plug;

	if (!to->absent)
		return 0;
	if (lend_plug_of_step(doing, step, &device, &plug, err) < 0)
		return -1;
	if (lend_vm_may_stop(doing, &plug.vm))
		return 0;
	*ret_why = lend_arena_printf(
		doing->arena, "QEMU cannot unplug %s: it goes when %s stops",
		driver != NULL && strcmp(driver, "nvdimm") == 0 ? "an NVDIMM" : "it",
		plug.vm.name);
	return LEND_WAIT;
}

static bool same_text(const struct lend_state *a, const struct lend_state *b, const char *key)
{
	const char *x = lend_pairs_get(&a->pairs, key);
	const char *y = lend_pairs_get(&b->pairs, key);

	return x != NULL && y != NULL && strcmp(x, y) == 0;
}

/* The step that gave the VM what this device is made of. */
static const struct lend_step *backend_of(struct lend_doing *doing,
					  const struct lend_step *step)
{
	const char *memdev = lend_pairs_get(&step->after.pairs, "memdev");
	size_t len = (size_t)(strrchr(step->name, ':') - step->name);
	const char *name;

	if (memdev == NULL || doing->plan == NULL)
		return NULL;
	name = lend_arena_printf(doing->arena, "%.*s:%s", (int)len, step->name, memdev);
	for (size_t i = 0; i < doing->plan->n_steps; i++) {
		const struct lend_step *other = &doing->plan->steps[i];

		if (strcmp(other->kind, "plug-backend") == 0 && strcmp(other->name, name) == 0)
			return other;
	}
	return NULL;
}

/*
 * A VM that was started anew has it from its command line, perhaps at another
 * address and in another slot: by its name, on the same file.
 */
static int is_own(struct lend_doing *doing, const struct lend_step *step,
		  const struct lend_state *now, struct lend_err *err)
{
	const struct lend_step *other;
	struct lend_state backend = { 0 };

	if (now->absent || !same_text(now, &step->after, "driver") ||
	    !same_text(now, &step->after, "memdev"))
		return 1;
	other = backend_of(doing, step);
	if (other == NULL)
		return 1;
	if (lend_step_kind(other->kind)->look(doing, other, &backend, err) < 0)
		return -1;
	return !backend.absent && same_text(&backend, &other->after, "qom-type") &&
			       same_text(&backend, &other->after, "mem-path")
		       ? 0
		       : 1;
}

const struct lend_step_kind lend_step_plug_device = {
	.name = "plug-device",
	.does = "plug a device into a running guest",
	.answers = true,
	.look = look,
	.set = set,
	.may = may,
	.is_own = is_own,
};
