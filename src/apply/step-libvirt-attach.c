/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt-attach: a memory device of a domain, now ("where" is live) or from
 * its next start on (config).
 *
 * A slot has one device, so it is known by its slot, and is ours when backing
 * and sizes are.  libvirt takes an NVDIMM out of what is defined; out of a
 * guest that runs QEMU cannot.
 */

#include <inttypes.h>

#include "apply/libvirt.h"
#include "base/err.h"
#include "plan/libvirt-state.h"

static int is_live(const struct lend_step *step, bool *ret, struct lend_err *err)
{
	const char *where;

	if (lend_step_need(step, "where", &where, err) < 0)
		return -1;
	*ret = strcmp(where, "live") == 0;
	if (!*ret && strcmp(where, "config") != 0)
		return lend_fail(err, LEND_E_FORMAT, "'where' is neither live nor config");
	return 0;
}

/* What the slot has in one of its two domains. */
static void see(struct lend_doing *doing, const struct lend_domain *domain, bool live,
		const char *slot, struct lend_state *ret)
{
	struct lend_state all;
	const char *value;

	lend_libvirt_state(doing->arena, domain, live, &all);
	value = lend_pairs_get(&all.pairs, slot);
	*ret = (struct lend_state){ .absent = value == NULL };
	if (value != NULL)
		lend_pairs_add(doing->arena, &ret->pairs, slot, value);
}

int lend_libvirt_slot(struct lend_doing *doing, const struct lend_step *step,
		      struct lend_libvirt *domain, struct lend_state *ret, struct lend_err *err)
{
	uint64_t slot;
	const char *key;
	bool live;

	if (is_live(step, &live, err) < 0 || lend_step_need_u64(step, "slot", &slot, err) < 0 ||
	    lend_libvirt_look(doing, step, domain, err) < 0)
		return -1;
	key = lend_arena_printf(doing->arena, "slot-%" PRIu64, slot);
	/* In a guest that is off nothing is plugged in. */
	*ret = (struct lend_state){ .absent = true };
	if (live ? domain->has_live : domain->has_defined)
		see(doing, live ? &domain->live : &domain->defined, live, key, ret);
	return 0;
}

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	struct lend_libvirt domain;

	return lend_libvirt_slot(doing, step, &domain, ret_state, err);
}

/* libvirt said no; what is there all the same, as it was wanted, it did. */
int lend_libvirt_device(struct lend_doing *doing, const struct lend_step *step,
			const struct lend_state *to, const char *request, const char *xml,
			struct lend_err *err)
{
	struct lend_libvirt domain = { .name = lend_pairs_get(&step->args, "vm") };
	const char *where, *uri;
	struct lend_state now;

	if (domain.name == NULL)
		return lend_fail(err, LEND_E_FORMAT, "the step does not say 'vm'");
	if (lend_step_need(step, "uri", &uri, err) < 0 ||
	    lend_step_need(step, "where", &where, err) < 0)
		return -1;
	domain.socket = lend_arena_printf(doing->arena, "libvirt:%s", uri);
	if (lend_libvirt_tell(doing, &domain, request, xml, where, err) == 0)
		return 0;
	if (doing->refused && (look(doing, step, &now, NULL) < 0 || lend_state_is(&now, to)))
		doing->refused = false;
	return -1;
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	struct lend_libvirt domain;
	const char *xml;
	bool live;

	if (is_live(step, &live, err) < 0 || lend_step_need(step, "xml", &xml, err) < 0)
		return -1;
	if (from->absent == to->absent)
		return lend_fail(err, LEND_E_USAGE, "%s cannot be changed while it is there",
				 step->name);
	if (!to->absent || !live)
		return lend_libvirt_device(doing, step, to, to->absent ? "detach" : "attach",
					   xml, err);
	if (lend_libvirt_look(doing, step, &domain, err) < 0)
		return -1;
	if (!lend_libvirt_may_stop(doing, &domain))
		return LEND_WAIT;
	return lend_libvirt_stop(doing, &domain, err);
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	struct lend_libvirt domain;
	bool live;

	(void)from;
	if (is_live(step, &live, err) < 0)
		return -1;
	if (!to->absent || !live)
		return 0;
	if (lend_libvirt_look(doing, step, &domain, err) < 0)
		return -1;
	if (!domain.runs || lend_libvirt_may_stop(doing, &domain))
		return 0;
	*ret_why = lend_arena_printf(doing->arena,
				     "QEMU cannot unplug an NVDIMM: it goes when %s stops",
				     domain.name);
	return LEND_WAIT;
}

const struct lend_step_kind lend_step_libvirt_attach = {
	.name = "libvirt-attach",
	.does = "plug an NVDIMM into a domain of libvirt, now or from its next start on",
	.answers = true,
	.look = look,
	.set = set,
	.may = may,
};
