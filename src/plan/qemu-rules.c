/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the rules say of the VM that a plan would start, or of what it would
 * plug in: a refusal blocks it, and so does a rule of that level that cannot
 * tell.
 */

#include "plan/propose.h"
#include "plan/qemu.h"
#include "rules/rules.h"

/* By the same rule, or in the same words: several rules may lack the same fact. */
static bool is_said(const struct lend_plan *plan, const struct lend_finding *f,
		    const char *name)
{
	enum lend_remark_level level =
		f->rule->level == LEND_LEVEL_REFUSE ? LEND_REMARK_REFUSE : LEND_REMARK_WARN;
	size_t len = strlen(name);

	for (size_t i = 0; i < plan->n_remarks; i++) {
		const struct lend_remark *r = &plan->remarks[i];
		bool same_rule = r->rule != NULL && strcmp(r->rule, f->rule->id) == 0;

		if (strncmp(r->text, name, len) != 0)
			continue;
		if (same_rule || (r->level >= level && strncmp(r->text + len, ": ", 2) == 0 &&
				  strcmp(r->text + len + 2, f->text) == 0))
			return true;
	}
	return false;
}

/* "db1:log" is "log" to those who made the wish, and its backend, too. */
static const char *name_of(const struct lend_planning *p, const struct lend_inventory *then,
			   const struct lend_node *node)
{
	const struct lend_node *device =
		node->kind == LEND_KIND_BACKEND
			? lend_user_of_kind(then, node, LEND_KIND_DEVICE)
			: NULL;
	size_t len = strlen(p->vm_name);

	if (device != NULL)
		node = device;

	return strncmp(node->name, p->vm_name, len) == 0 && node->name[len] == ':'
		       ? node->name + len + 1
		       : node->name;
}

/* Of a file on another host: of which of them, its device or backend tells. */
static void put_unseen(struct lend_planning *p, const char *name, const struct lend_finding *f)
{
	bool found = false;

	for (size_t i = 0; i < p->n_pmem; i++) {
		const struct lend_wish_pmem *w = &p->pmem[i].wish;

		if (strcmp(w->name, name) != 0 && strcmp(w->backing, name) != 0)
			continue;
		lend_planning_unseen(p, i, f->hint, f->text);
		found = true;
	}
	if (!found)
		lend_planning_refuse(p, f->hint, "%s: %s", name, f->text);
}

/* Of what is not there nothing is known: that it cannot be made was said. */
static bool is_moot(const struct lend_planning *p, const struct lend_finding *f,
		    const char *name)
{
	if (!f->untold && strcmp(f->rule->id, "backing-there") != 0)
		return false;
	for (size_t i = 0; i < p->n_pmem; i++) {
		if (p->pmem[i].has_no_backing && strcmp(p->pmem[i].wish.name, name) == 0)
			return true;
	}
	return false;
}

/* All that lend itself opens was said, one by one, and with the key of the wish. */
static bool is_of_forwards(const struct lend_planning *p, const struct lend_finding *f)
{
	return strcmp(f->rule->id, "ports-not-open") == 0 && p->n_ports > 0 &&
	       p->wish.n_qemu_args == 0;
}

static void put(struct lend_planning *p, const struct lend_inventory *then,
		const struct lend_finding *f)
{
	const char *name = name_of(p, then, f->node);

	if (f->rule->level < LEND_LEVEL_WARN || is_said(p->plan, f, name) ||
	    is_moot(p, f, name) || is_of_forwards(p, f))
		return;
	if (f->untold && f->rule->level < LEND_LEVEL_REFUSE)
		return;
	if (f->untold && p->request->remote)
		put_unseen(p, name, f);
	else if (f->rule->level == LEND_LEVEL_REFUSE)
		lend_planning_refuse(p, f->hint, "%s: %s", name, f->text);
	else
		lend_planning_warn(p, f->hint, "%s: %s", name, f->text);
	lend_plan_by_rule(p->plan, f->rule->id);
}

/* Of a wish there is nothing to skip: rules are for all alike. */
static void judge(struct lend_planning *p, const struct lend_view *view)
{
	struct lend_findings findings = { .n = 0 };

	if (lend_rules_run(view, NULL, &findings, NULL) == 0) {
		for (size_t i = 0; i < findings.n; i++)
			put(p, view->inv, &findings.items[i]);
	}
	lend_findings_done(&findings);
}

void lend_planning_rules(struct lend_planning *p)
{
	lend_auto_buf argv = { 0 };
	struct lend_qemu_args args;
	struct lend_proposal proposal = { .vm = p->vm_name, .args = &args, .plan = p->plan };
	struct lend_inventory *then = NULL;
	struct lend_view view = { .now = p->inv, .vm = p->vm_name };

	for (size_t i = 0; i < p->n_argv; i++)
		lend_buf_put(&argv, p->argv[i], strlen(p->argv[i]) + 1);
	lend_qemu_args_parse(&p->memory, lend_buf_text(&argv), argv.len, &args);
	lend_propose(p->inv, &proposal, &then);
	view.inv = then;
	judge(p, &view);
	lend_inventory_free(then);
}

/* Each device with its backend and backing; they are there. */
static size_t find_more(struct lend_planning *p, const struct lend_qemu_args *args,
			const struct lend_inventory *then, const struct lend_node **ret)
{
	static const uint32_t below[] = { LEND_KIND_BACKEND, LEND_KIND_BACKING };
	size_t n = 0;

	for (size_t i = 0; i < args->n_devices; i++) {
		const struct lend_node *node =
			lend_find(then, lend_arena_printf(&p->memory, "device/%s:%s",
							  p->vm_name, args->devices[i].id));

		for (size_t k = 0; node != NULL; k++) {
			ret[n++] = node;
			node = k < LEND_COUNT(below) ? lend_used_of(then, node, below[k])
						     : NULL;
		}
	}
	return n;
}

void lend_planning_rules_more(struct lend_planning *p, const struct lend_qemu_args *args)
{
	struct lend_proposal proposal = { .vm = p->vm_name, .args = args, .plan = p->plan };
	struct lend_place *places =
		lend_arena_array(&p->memory, p->n_pmem + 1, sizeof(*places));
	const struct lend_node **about = lend_arena_array(&p->memory, args->n_devices * 3 + 1,
							  sizeof(const struct lend_node *));
	struct lend_inventory *then = NULL;
	struct lend_view view = { .now = p->inv, .about = about };

	if (lend_plan_is_refused(p->plan))
		return;
	for (size_t i = 0; i < p->n_pmem; i++)
		places[i] = (struct lend_place){ p->pmem[i].wish.name, p->dimms[i].address,
						 lend_opt(p->dimms[i].guest_bytes) };
	proposal.places = places;
	proposal.n_places = p->n_pmem;
	lend_propose_more(p->inv, &proposal, &then);
	view.inv = then;
	view.n_about = find_more(p, args, then, about);
	judge(p, &view);
	lend_inventory_free(then);
}

/* ---- what QEMU is given for an NVDIMM, without the way over a command line ---- */

static enum lend_tri tri_of(const struct lend_pairs *pairs, const char *key)
{
	const char *value = lend_pairs_get(pairs, key);

	return value == NULL              ? LEND_TRI_UNSET
	       : strcmp(value, "on") == 0 ? LEND_TRI_ON
					  : LEND_TRI_OFF;
}

static struct lend_opt_u64 number_of(const struct lend_pairs *pairs, const char *key)
{
	struct lend_opt_u64 number = { 0 };

	number.has = lend_pairs_u64(pairs, key, &number.v);
	return number;
}

static void put_dimm(struct lend_planning *p, size_t i, struct lend_qemu_args *out)
{
	struct lend_pairs backend = { 0 };
	struct lend_pairs device = { 0 };

	lend_planning_backend_pairs(p, i, &backend);
	lend_planning_device_pairs(p, i, &device);
	out->backends[out->n_backends++] = (struct lend_qemu_backend){
		.id = lend_pairs_get(&device, "memdev"),
		.type = lend_pairs_get(&backend, "qom-type"),
		.path = lend_pairs_get(&backend, "mem-path"),
		.size = number_of(&backend, "size"),
		.align = number_of(&backend, "align"),
		.share = tri_of(&backend, "share"),
		.pmem = tri_of(&backend, "pmem"),
		.readonly = tri_of(&backend, "readonly"),
	};
	out->devices[out->n_devices++] = (struct lend_qemu_device){
		.driver = lend_pairs_get(&device, "driver"),
		.id = p->pmem[i].wish.name,
		.memdev = lend_pairs_get(&device, "memdev"),
		.address = number_of(&device, "addr"),
		.slot = number_of(&device, "slot"),
		.label_bytes = number_of(&device, "label-size"),
		.node = number_of(&device, "node"),
		.unarmed = tri_of(&device, "unarmed"),
	};
}

void lend_planning_rules_dimms(struct lend_planning *p)
{
	struct lend_qemu_args args = { 0 };

	if (lend_plan_is_refused(p->plan))
		return;
	args.backends = lend_arena_array(&p->memory, p->n_pmem + 1, sizeof(*args.backends));
	args.devices = lend_arena_array(&p->memory, p->n_pmem + 1, sizeof(*args.devices));
	for (size_t i = 0; i < p->n_pmem; i++)
		put_dimm(p, i, &args);
	lend_planning_rules_more(p, &args);
}
