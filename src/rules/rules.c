/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rules/rules.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/near.h"
#include "format/size.h"
#include "model/kind-device.h"
#include "model/kind-pci.h"

static const char *const level_names[] = {
	[LEND_LEVEL_NOTE] = "note",
	[LEND_LEVEL_WARN] = "warn",
	[LEND_LEVEL_REFUSE] = "refuse",
};

const char *lend_level_name(enum lend_level level)
{
	return level_names[level];
}

bool lend_level_of_name(const char *name, enum lend_level *ret)
{
	for (size_t i = 0; i < LEND_COUNT(level_names); i++) {
		if (strcmp(level_names[i], name) == 0) {
			*ret = (enum lend_level)i;
			return true;
		}
	}
	return false;
}

const struct lend_rule *lend_rule_of(const char *id)
{
	for (size_t s = 0; s < lend_n_rules_all; s++) {
		for (size_t i = 0; i < lend_rules_all[s]->n; i++) {
			if (strcmp(lend_rules_all[s]->rules[i].id, id) == 0)
				return &lend_rules_all[s]->rules[i];
		}
	}
	return NULL;
}

/* ---- for rules ---- */

struct lend_arena *lend_findings_arena(struct lend_findings *out)
{
	return &out->arena;
}

LEND_PRINTF(4, 0)
static void add(struct lend_findings *out, const struct lend_node *node, bool untold,
		const char *fmt, va_list ap)
{
	lend_auto_buf text = { 0 };

	lend_buf_vprintf(&text, fmt, ap);
	*LEND_PUSH(&out->arena, out->items, out->n, out->cap) = (struct lend_finding){
		.rule = out->rule,
		.node = node,
		.untold = untold,
		.text = lend_arena_strdup(&out->arena, lend_buf_text(&text)),
		.hint = untold ? NULL : out->rule->hint,
		.order = out->n,
	};
}

void lend_violated(struct lend_findings *out, const struct lend_node *node, const char *fmt,
		   ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(out, node, false, fmt, ap);
	va_end(ap);
}

void lend_untold(struct lend_findings *out, const struct lend_node *node, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(out, node, true, fmt, ap);
	va_end(ap);
}

void lend_cure(struct lend_findings *out, const char *fmt, ...)
{
	lend_auto_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	lend_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	out->items[out->n - 1].hint = lend_arena_strdup(&out->arena, lend_buf_text(&text));
}

const char *lend_size_words(struct lend_findings *out, uint64_t bytes)
{
	lend_auto_buf text = { 0 };

	lend_size_format(&text, bytes);
	return lend_arena_strdup(&out->arena, lend_buf_text(&text));
}

bool lend_rule_is_nvdimm(const struct lend_view *view, const struct lend_node *node)
{
	(void)view;
	return lend_is_text(&lend_as_device(node)->driver, "nvdimm");
}

bool lend_rule_is_given(const struct lend_view *view, const struct lend_node *node)
{
	const struct lend_pci *pci = lend_as_pci(node);

	(void)view;
	return node->guest == NULL && !lend_pci_is_of_esxi(pci) &&
	       (pci->used_by.known == LEND_KNOWN ||
		(pci->driver.known == LEND_KNOWN && strstr(pci->driver.v.str, "vfio") != NULL));
}

/* "label_state" to people; a size is "size", not "size bytes". */
static const char *words_of(struct lend_findings *out, const char *field)
{
	static const char unit[] = "_bytes";
	size_t len = strlen(field);
	char *words;

	if (len > strlen(unit) && strcmp(field + len - strlen(unit), unit) == 0)
		len -= strlen(unit);
	words = lend_arena_strndup(&out->arena, field, len);
	for (char *c = words; *c != '\0'; c++) {
		if (*c == '_')
			*c = ' ';
	}
	return words;
}

static void tell_unknown(struct lend_findings *out, const struct lend_node *node,
			 const struct lend_node *of, const char *field,
			 const struct lend_fact *fact)
{
	const char *words = words_of(out, field);
	const char *what =
		of == NULL || of == node
			? lend_arena_printf(&out->arena, "its %s", words)
			: lend_arena_printf(&out->arena, "the %s of %s", words, of->name);

	if (fact != NULL && fact->known == LEND_UNREADABLE)
		lend_untold(out, node, "%s cannot be read: %s", what, fact->v.str);
	else if (fact != NULL && fact->known == LEND_DISPUTED)
		lend_untold(out, node, "two sources differ about %s", what);
	else
		lend_untold(out, node, "%s is not known", what);
}

static bool is_told(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN || fact->known == LEND_ABSENT;
}

const struct lend_fact *lend_needed(struct lend_findings *out, const struct lend_node *node,
				    const struct lend_node *of, const char *field)
{
	const struct lend_fact *fact = NULL;

	if (of != NULL) {
		const struct lend_field *f = lend_kind_field(of->kind, field);

		assert(f != NULL);
		fact = lend_fact_at(of, f);
	}
	if (fact != NULL && is_told(fact))
		return fact;
	tell_unknown(out, node, of, field, fact);
	return NULL;
}

/* ---- running them ---- */

/* One "cannot tell" for a rule and a node is enough. */
static bool has_needs(struct lend_findings *out, const struct lend_rule *rule,
		      const struct lend_node *node)
{
	for (const char *at = rule->needs; at != NULL && *at != '\0';) {
		size_t len = strcspn(at, " ");
		const char *name = lend_arena_strndup(&out->arena, at, len);

		if (lend_needed(out, node, node, name) == NULL)
			return false;
		at += len + strspn(at + len, " ");
	}
	return true;
}

static const struct lend_fact *vm_of(const struct lend_node *node)
{
	const struct lend_field *field = lend_kind_field(node->kind, "vm");

	return field == NULL ? NULL : lend_fact_at(node, field);
}

bool lend_view_has(const struct lend_view *view, const struct lend_node *node)
{
	const struct lend_fact *vm = vm_of(node);

	if (view->vm == NULL)
		return true;
	if (node->guest != NULL)
		return strcmp(node->guest, view->vm) == 0;
	if (node->kind == LEND_KIND_VM)
		return strcmp(node->name, view->vm) == 0;
	if (vm != NULL)
		return lend_is_text(vm, view->vm);
	/* A backing, and what else one of its own uses. */
	for (size_t n = 0;; n++) {
		const struct lend_node *user = lend_user_of(view->inv, node, n);

		if (user == NULL)
			return false;
		vm = vm_of(user);
		if (vm != NULL && lend_is_text(vm, view->vm))
			return true;
	}
}

static void run_on(const struct lend_view *view, const struct lend_rule *rule,
		   const struct lend_node *node, struct lend_findings *out)
{
	if ((rule->applies == NULL || rule->applies(view, node)) && has_needs(out, rule, node))
		rule->check(view, node, out);
}

static void run_one(const struct lend_view *view, const struct lend_rule *rule,
		    struct lend_findings *out)
{
	out->rule = rule;
	for (size_t i = 0; i < view->n_about; i++) {
		if (view->about[i]->kind == rule->on)
			run_on(view, rule, view->about[i], out);
	}
	if (view->about != NULL)
		return;
	for (const struct lend_node *node = NULL;
	     (node = lend_next_of(view->inv, rule->on, node)) != NULL;) {
		if (lend_view_has(view, node))
			run_on(view, rule, node, out);
	}
}

static bool is_in(const char *const *names, size_t n, const char *id, const char *subject)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], id) == 0 || strcmp(names[i], subject) == 0)
			return true;
	}
	return false;
}

static bool is_subject(const char *name)
{
	for (size_t s = 0; s < lend_n_rules_all; s++) {
		if (strcmp(lend_rules_all[s]->subject, name) == 0)
			return true;
	}
	return false;
}

/* Rules, one after the other, then subjects. */
static const char *name_at(const void *context, size_t n)
{
	(void)context;
	for (size_t s = 0; s < lend_n_rules_all; s++) {
		if (n < lend_rules_all[s]->n)
			return lend_rules_all[s]->rules[n].id;
		n -= lend_rules_all[s]->n;
	}
	return n < lend_n_rules_all ? lend_rules_all[n]->subject : NULL;
}

static int check_names(const char *const *names, size_t n, struct lend_err *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *near;

		if (lend_rule_of(names[i]) != NULL || is_subject(names[i]))
			continue;
		near = lend_near(names[i], name_at, NULL);
		lend_hint(err, near != NULL ? "%s?" : "lend explain lists them", near);
		return lend_fail(err, LEND_E_USAGE, "there is no rule '%.60s'", names[i]);
	}
	return 0;
}

/* As nodes are listed; those of one node as the rules are. */
static int by_node(const void *a, const void *b)
{
	const struct lend_finding *x = a;
	const struct lend_finding *y = b;

	if (x->node->index != y->node->index)
		return x->node->index < y->node->index ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

int lend_rules_run(const struct lend_view *view, const struct lend_rules_options *options,
		   struct lend_findings *ret_findings, struct lend_err *err)
{
	static const struct lend_rules_options all = { .n_only = 0 };
	const struct lend_rules_options *o = options != NULL ? options : &all;
	struct lend_findings out = { .n = 0 };

	if (check_names(o->only, o->n_only, err) < 0 ||
	    check_names(o->skip, o->n_skip, err) < 0)
		return -1;
	for (size_t s = 0; s < lend_n_rules_all; s++) {
		const struct lend_rules *subject = lend_rules_all[s];

		for (size_t i = 0; i < subject->n; i++) {
			const char *id = subject->rules[i].id;

			if ((o->n_only == 0 ||
			     is_in(o->only, o->n_only, id, subject->subject)) &&
			    !is_in(o->skip, o->n_skip, id, subject->subject))
				run_one(view, &subject->rules[i], &out);
		}
	}
	if (out.n > 1)
		qsort(out.items, out.n, sizeof(*out.items), by_node);
	*ret_findings = out;
	return 0;
}

void lend_findings_done(struct lend_findings *findings)
{
	lend_arena_done(&findings->arena);
	*findings = (struct lend_findings){ .n = 0 };
}
