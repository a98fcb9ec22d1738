/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend impact: what stops working if a device is given away. */

#include "base/err.h"
#include "base/json.h"
#include "cli/command.h"
#include "model/impact-give.h"
#include "model/kind-pci.h"
#include "model/viable.h"
#include "render/grid.h"
#include "render/impact-text.h"

enum { OTHERS_MAX = 3, CANDIDATES_MAX = 8 };

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_FLAG, "all", 'a', all, NULL,
		    "PCI functions and what else is used; without DEVICE"),
	LEND_OPTION_DEVICE,
	LEND_OPTION_JSON,
	LEND_OPTION_NO_HEADINGS,
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_COMMON,
};

struct impact {
	const struct lend_args *args;
	struct lend_arena arena;
	struct lend_buf out;
	struct lend_jsonw json;
	bool hit, blind;
};

static void impact_done(struct impact *m)
{
	lend_buf_done(&m->out);
	lend_arena_done(&m->arena);
}

/* A user that nobody could see makes the answer incomplete. */
static bool has_gap(const struct lend_inventory *inv)
{
	for (size_t i = 0; i < inv->n_gaps; i++) {
		if (inv->gaps[i].matters || strcmp(inv->gaps[i].about, "block") == 0 ||
		    strcmp(inv->gaps[i].about, "net") == 0)
			return true;
	}
	return false;
}

static void note(struct impact *m, const struct lend_impact *impact)
{
	m->hit = m->hit || impact->now != LEND_IMPACT_NONE || impact->boot != LEND_IMPACT_NONE;
	m->blind = m->blind || impact->n_unknown > 0;
}

/* ---- one device ---- */

static int ambiguous(const char *name, const struct lend_impact_target *target,
		     struct lend_err *err)
{
	lend_auto_buf list = { 0 };

	for (size_t i = 0; i < target->n && i < CANDIDATES_MAX; i++)
		lend_buf_printf(&list, "%s%s", i > 0 ? ", " : "", target->nodes[i]->id);
	if (target->n > CANDIDATES_MAX)
		lend_buf_printf(&list, " and %zu more", target->n - CANDIDATES_MAX);
	lend_hint(err, "name one of them");
	return lend_fail(err, LEND_E_USAGE, "'%.60s' may be %.120s", name,
			 lend_buf_text(&list));
}

/* The host that has it; NULL and *err when none or several do. */
static const struct lend_inventory *find(struct impact *m, const struct lend_inventory *first,
					 const char *name, struct lend_impact_target *ret,
					 struct lend_err *err)
{
	const struct lend_inventory *found = NULL;

	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv)) {
		struct lend_impact_target target;

		lend_impact_find(&m->arena, inv, name, &target);
		if (target.n == 0)
			continue;
		if (found != NULL) {
			lend_hint(err, "name one SOURCE");
			(void)lend_fail(err, LEND_E_USAGE, "more than one host has '%.60s'",
					name);
			return NULL;
		}
		found = inv;
		*ret = target;
	}
	if (found == NULL) {
		lend_hint(err,
			  "lend show --table pci, --table block or --table net lists them");
		(void)lend_fail(err, LEND_E_USAGE, "there is no device '%.60s'", name);
		return NULL;
	}
	if (ret->n > 1 && !ret->together) {
		(void)ambiguous(name, ret, err);
		return NULL;
	}
	return found;
}

static int one(struct impact *m, const struct lend_inventory *first, const char *name,
	       struct lend_err *err)
{
	struct lend_impact_target target = { 0 };
	const struct lend_inventory *inv = find(m, first, name, &target, err);
	const struct lend_node *others[OTHERS_MAX];
	lend_auto_impact_graph *graph = NULL;
	lend_auto_impact impact = { 0 };
	struct lend_style style;
	struct lend_give give;
	size_t n = 0;

	if (inv == NULL)
		return -1;
	graph = lend_impact_graph_new(inv);
	lend_impact_of(graph, target.nodes, target.n, &impact);
	note(m, &impact);
	if (m->hit)
		n = lend_impact_others(graph, &impact, others, OTHERS_MAX);
	m->blind = m->blind || has_gap(inv);
	lend_give_of(&impact, &give);
	if (m->args->json) {
		lend_impact_save_json(&impact, &give, others, n, &m->json, NULL);
		return 0;
	}
	style = lend_args_style(m->args, inv->beyond_ascii);
	lend_render_impact(&m->out, &impact, &give, others, m->args->no_hints ? 0 : n, &style);
	return 0;
}

/* ---- all of them ---- */

/* What is said of a function, and of all that go together with it. */
struct row {
	const char *now, *boot, *what;
};

static const struct row *make_row(struct impact *m, const struct lend_impact *impact)
{
	struct row *row = LEND_NEW(&m->arena, struct row);
	lend_auto_buf what = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < impact->n_hits; i++) {
		const struct lend_impact_hit *hit = &impact->hits[i];

		if (!hit->shown || n++ > 0)
			continue;
		lend_buf_printf(&what, "%s ", lend_node_kind(hit->node));
		lend_buf_put_safe(&what, hit->node->name, strlen(hit->node->name));
	}
	if (n > 1)
		lend_buf_printf(&what, " and %zu more", n - 1);
	/* No row that reads as harmless, and is not known to be so. */
	if (n == 0 && impact->n_unknown > 0) {
		lend_buf_puts(&what, "cannot tell: ");
		lend_buf_put_safe(&what, impact->unknown[0], strlen(impact->unknown[0]));
	}
	*row = (struct row){ .now = lend_impact_level_text(impact->now),
			     .boot = lend_impact_level_text(impact->boot),
			     .what = lend_arena_strdup(&m->arena, lend_buf_text(&what)) };
	return row;
}

/* Whoever of a group is asked for, the same goes away: so it is told once. */
static void keep_row(const struct lend_impact *impact, const struct lend_pci *pci,
		     const struct row *row, const struct row **rows)
{
	if (pci->iommu_group.known != LEND_KNOWN || lend_viable_is_bridge(pci))
		return;
	for (size_t i = 0; i < impact->n_members; i++) {
		const struct lend_pci *other = lend_as_pci(impact->members[i].node);

		if (other->node.kind == LEND_KIND_PCI && !lend_viable_is_bridge(other) &&
		    other->iommu_group.known == LEND_KNOWN &&
		    other->iommu_group.v.u64 == pci->iommu_group.v.u64)
			rows[other->node.index] = row;
	}
}

static void put_row(struct lend_grid *grid, const struct lend_node *node, const struct row *row)
{
	lend_grid_cell(grid, node->name);
	lend_grid_cell(grid, row->now);
	lend_grid_cell(grid, row->boot);
	lend_grid_cell(grid, row->what);
}

/* A disk or an interface of no function: of another bus, or of none (a VM, a platform). */
static bool is_by_itself(const struct lend_inventory *inv, const struct lend_node *node)
{
	return (node->kind == LEND_KIND_BLOCK || node->kind == LEND_KIND_NET) &&
	       node->guest == NULL && lend_used_by(inv, node, 0) == NULL;
}

/* Those that nothing stands on are no news: each host has some that wait in numbers. */
static void put_others(struct impact *m, struct lend_impact_graph *graph,
		       const struct lend_inventory *inv, struct lend_grid *grid)
{
	for (const struct lend_node *node = NULL; (node = lend_next(inv, node)) != NULL;) {
		lend_auto_impact impact = { 0 };

		if (!is_by_itself(inv, node))
			continue;
		lend_impact_of(graph, &node, 1, &impact);
		note(m, &impact);
		if (impact.now == LEND_IMPACT_NONE && impact.boot == LEND_IMPACT_NONE)
			continue;
		if (m->args->json)
			lend_impact_save_json(&impact, NULL, NULL, 0, &m->json, NULL);
		else
			put_row(grid, node, make_row(m, &impact));
	}
}

static void all_of(struct impact *m, const struct lend_inventory *inv)
{
	lend_auto_impact_graph *graph = lend_impact_graph_new(inv);
	struct lend_style style = lend_args_style(m->args, inv->beyond_ascii);
	lend_auto_grid struct lend_grid grid = { 0 };
	const struct row **rows = lend_arena_array(&m->arena, inv->n_nodes + 1, sizeof(*rows));

	lend_grid_column(&grid, "device", false);
	lend_grid_column(&grid, "now", false);
	lend_grid_column(&grid, "next_boot", false);
	lend_grid_column(&grid, "what", false);
	for (const struct lend_node *node = NULL;
	     (node = lend_next_of(inv, LEND_KIND_PCI, node)) != NULL;) {
		lend_auto_impact impact = { 0 };
		const struct row *row = rows[node->index];

		if (row == NULL || m->args->json) {
			lend_impact_of(graph, &node, 1, &impact);
			note(m, &impact);
		}
		if (m->args->json) {
			lend_impact_save_json(&impact, NULL, NULL, 0, &m->json, NULL);
			continue;
		}
		if (row == NULL) {
			row = make_row(m, &impact);
			keep_row(&impact, lend_as_pci(node), row, rows);
		}
		put_row(&grid, node, row);
	}
	put_others(m, graph, inv, &grid);
	m->blind = m->blind || has_gap(inv);
	if (!m->args->json)
		lend_grid_print(&grid, &style, &m->out);
}

static void all(struct impact *m, const struct lend_inventory *first)
{
	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv)) {
		if (!m->args->json)
			lend_put_host(&m->out, first, inv);
		all_of(m, inv);
	}
}

static int look(struct impact *m, struct lend_args *args, struct lend_inventory **ret,
		struct lend_err *err)
{
	/* Functions, everything that may stand on them, and what VFIO says of one. */
	static const char *const kinds[] = {
		"adapter", "address", "block",       "boot",    "datastore", "disk",
		"export",  "host",    "iommu-group", "mount",   "net",       "pci",
		"process", "role",    "route",       "session", "swap",      "system",
		"vm",      "vmd",     "vmk",         "vmnic",   NULL,
	};
	/* The groups' own facts take a question each, and are of use for one device only. */
	static const char *const all_kinds[] = {
		"adapter", "address", "block",   "boot", "datastore", "disk",
		"export",  "host",    "mount",   "net",  "pci",       "process",
		"role",    "route",   "session", "swap", "system",    "vm",
		"vmd",     "vmk",     "vmnic",   NULL,
	};
	const char *name = args->all ? NULL : args->sources.items[0];
	int r = 0;

	args->no_guests = true;
	if (!args->all) {
		args->sources.items++;
		args->sources.n--;
	}
	if (lend_args_scan(args, args->all ? all_kinds : kinds, ret, err) < 0)
		return -1;
	if (args->json) {
		m->json.out = &m->out;
		lend_jsonw_open(&m->json, NULL, '{');
		lend_jsonw_str(&m->json, "lend", "impact");
		lend_jsonw_u64(&m->json, "version", 1);
		lend_jsonw_open(&m->json, "impacts", '[');
	}
	if (args->all)
		all(m, *ret);
	else
		r = one(m, *ret, name, err);
	if (args->json) {
		lend_jsonw_close(&m->json, ']');
		lend_jsonw_bool(&m->json, "complete", !m->blind);
		lend_jsonw_close(&m->json, '}');
		lend_buf_putc(&m->out, '\n');
	}
	return r;
}

static int run(const struct lend_args *given, struct lend_err *err)
{
	struct lend_args args = *given;
	struct impact m = { .args = &args };
	lend_auto_inventory *first = NULL;
	int r;

	if (!args.all && args.sources.n == 0) {
		lend_hint(err, "lend impact 0000:01:00.0, or lend impact --all");
		return lend_fail(err, LEND_E_USAGE, "which device?");
	}
	r = look(&m, &args, &first, err);
	if (r == 0)
		r = lend_out(&m.out, err);
	if (r == 0 && !args.json)
		lend_print_gaps(first, !args.no_hints);
	if (r == 0)
		r = m.hit ? LEND_EXIT_FINDINGS : m.blind ? LEND_EXIT_BLIND : LEND_EXIT_GOOD;
	impact_done(&m);
	return r;
}

const struct lend_command lend_command_impact = {
	.name = "impact",
	.synopsis = "[OPTION...] DEVICE [SOURCE...]",
	.summary = "what stops working if a device is given away",
	.about =
		"DEVICE is a PCI address (62:00.5), a name of the kernel (nvme0n1, sda, eth0),\n"
		"a serial number, a MAC address, a slot, group:N (an IOMMU group); of ESXi\n"
		"vmhba1, vmnic0 or a disk, too.  What has to go along is added first.  Nothing\n"
		"is changed.\n\n"
		"Exit status: 1 when something stands on it; 4 when nothing does, but something\n"
		"that matters could not be seen.\n",
	.examples = "  lend impact 0000:01:00.0\n"
		    "  lend impact nvme0n1\n"
		    "  lend impact --all\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.run = run,
};
