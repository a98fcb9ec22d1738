/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt-start: a domain that runs.  libvirt starts it, or it does not; back
 * is shutting it down, which somebody has to agree to.
 */

#include "apply/libvirt.h"
#include "base/err.h"

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	struct lend_libvirt domain;

	if (lend_libvirt_look(doing, step, &domain, err) < 0)
		return -1;
	*ret_state = (struct lend_state){ 0 };
	lend_pairs_add(doing->arena, &ret_state->pairs, "runs", domain.runs ? "yes" : "no");
	/* An earlier step defines it. */
	return !domain.there && doing->journal == NULL ? LEND_LOOK_NOT_YET : 0;
}

static bool runs(const struct lend_state *state)
{
	const char *value = lend_pairs_get(&state->pairs, "runs");

	return value != NULL && strcmp(value, "yes") == 0;
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	struct lend_libvirt domain;

	(void)from;
	if (lend_libvirt_look(doing, step, &domain, err) < 0)
		return -1;
	return runs(to) ? lend_libvirt_tell(doing, &domain, "start", NULL, NULL, err)
			: lend_libvirt_stop(doing, &domain, err);
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	const char *vm = lend_pairs_get(&step->args, "vm");

	(void)from;
	(void)ret_why;
	if (runs(to))
		return 0;
	vm = vm != NULL ? vm : step->name;
	return lend_consent_given(doing, lend_arena_printf(doing->arena, "stop:%s", vm),
				  lend_arena_printf(doing->arena, "stop %s, which runs", vm),
				  err);
}

const struct lend_step_kind lend_step_libvirt_start = {
	.name = "libvirt-start",
	.does = "start or stop a domain of libvirt",
	.look = look,
	.set = set,
	.may = may,
};
