/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kinds of steps share. */

#include "apply/step.h"

#include "base/err.h"

const struct lend_step_kind *lend_step_kind(const char *name)
{
	for (const struct lend_step_kind *const *kind = lend_step_kinds; *kind != NULL;
	     kind++) {
		if (strcmp((*kind)->name, name) == 0)
			return *kind;
	}
	return NULL;
}

int lend_step_need(const struct lend_step *step, const char *key, const char **ret_value,
		   struct lend_err *err)
{
	const char *value = lend_pairs_get(&step->args, key);

	if (value == NULL)
		return lend_fail(err, LEND_E_FORMAT, "the step does not say '%s'", key);
	*ret_value = value;
	return 0;
}

int lend_step_need_u64(const struct lend_step *step, const char *key, uint64_t *ret_value,
		       struct lend_err *err)
{
	if (lend_pairs_get(&step->args, key) == NULL)
		return lend_fail(err, LEND_E_FORMAT, "the step does not say '%s'", key);
	if (!lend_pairs_u64(&step->args, key, ret_value))
		return lend_fail(err, LEND_E_FORMAT, "'%s' of the step is no number", key);
	return 0;
}

int lend_consent_given(const struct lend_doing *doing, const char *name, const char *question,
		       struct lend_err *err)
{
	const struct lend_consent *consent = doing->consent;

	for (size_t i = 0; i < consent->n_accept; i++) {
		if (strcmp(consent->accept[i], name) == 0)
			return 0;
		/* Who agrees to a power cut agrees to being asked first. */
		if (strncmp(name, "stop:", 5) == 0 &&
		    strncmp(consent->accept[i], "kill:", 5) == 0 &&
		    strcmp(consent->accept[i] + 5, name + 5) == 0)
			return 0;
	}
	if (consent->ask != NULL && question != NULL &&
	    consent->ask(consent->context, question))
		return 0;
	lend_hint(err, "agree to it with --accept %s", name);
	return lend_fail(err, LEND_E_REFUSED, "%s: nobody agreed to that",
			 question != NULL ? question : name);
}

bool lend_step_is_called(const struct lend_step *step, const char *name)
{
	const char *pmem = lend_pairs_get(&step->args, "pmem");
	const char *vm = lend_pairs_get(&step->args, "vm");
	size_t len = vm != NULL ? strlen(vm) : 0;

	if (strcmp(name, step->name) == 0)
		return true;
	if (pmem == NULL)
		return false;
	return strcmp(name, pmem) == 0 ||
	       (len > 0 && strncmp(name, vm, len) == 0 && name[len] == ':' &&
		strcmp(name + len + 1, pmem) == 0);
}
