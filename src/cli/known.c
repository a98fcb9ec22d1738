/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/known.h"

#include "base/err.h"

struct found {
	bool known;      /* some journal is about it */
	bool is_lends;   /* lend defined it */
	const char *uri; /* of its libvirt, by the newest of them; NULL: none */
};

static void look_at(const struct lend_journal_view *view, struct found *f)
{
	f->known = true;
	if (view->phase == LEND_JOURNAL_UNDONE)
		return;
	for (size_t i = 0; i < view->plan->n_steps; i++) {
		const struct lend_step *step = &view->plan->steps[i];

		if (strncmp(step->kind, "libvirt-", strlen("libvirt-")) != 0)
			continue;
		f->uri = lend_pairs_get(&step->args, "uri");
		f->is_lends = f->is_lends || strcmp(step->kind, "libvirt-define") == 0;
	}
}

static int find(const struct lend_change *change, const char *vm, const char *how,
		struct found *f, struct lend_err *err)
{
	struct lend_journals all;
	int r = lend_journals_read(&change->options, false, &all, err);

	for (size_t i = 0; r == 0 && i < all.n; i++) {
		const struct lend_journal_view *view = &all.items[i];

		if (view->broken != NULL)
			f->known = true; /* it may be about any */
		else if (view->plan->vm != NULL && strcmp(view->plan->vm, vm) == 0)
			look_at(view, f);
	}
	if (r == 0 && f->uri != NULL)
		r = lend_fail(err, LEND_E_USAGE,
			      "%.60s is a domain of libvirt: virsh -c '%.60s' %s %.40s%s%.40s",
			      vm, f->uri, how, vm, f->is_lends ? ", or lend undo " : "",
			      f->is_lends ? vm : "");
	lend_journals_done(&all);
	return r;
}

int lend_known_domain(const struct lend_change *change, const char *vm, const char *how,
		      struct lend_err *err)
{
	struct found f = { 0 };

	return find(change, vm, how, &f, err);
}

int lend_known_vm(const struct lend_change *change, const char *vm, const char *how,
		  struct lend_err *err)
{
	struct found f = { 0 };

	if (find(change, vm, how, &f, err) < 0)
		return -1;
	if (f.known)
		return 0;
	lend_hint(err, "lend status lists them");
	return lend_fail(err, LEND_E_USAGE, "lend knows no VM '%.60s'", vm);
}
