/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does what the guest has flushed outlive a crash of the host?  Told by
 * model/persistence.h from what a trial mapping of the backing gave.  A file
 * that has yet to be made cannot be tried: where its file system may have
 * DAX, the step that makes it tries, and goes no further when it has not.
 */

#include "model/persistence.h"
#include "plan/qemu.h"

enum dax { NO_DAX, DAX, DAX_WHEN_MADE, DAX_UNKNOWN };

static bool is_memory(const struct lend_wanted_node *w)
{
	return lend_fact_is(&w->fs, "tmpfs") || lend_fact_is(&w->fs, "ramfs") ||
	       lend_fact_is(&w->fs, "hugetlbfs");
}

static enum dax dax_of(const struct lend_wanted_node *w)
{
	if (lend_fact_is(&w->type, "dax device") || lend_fact_on(&w->map_sync))
		return DAX;
	if (is_memory(w) || lend_fact_off(&w->dax) || lend_fact_off(&w->map_sync) ||
	    lend_fact_is(&w->type, "block device"))
		return NO_DAX;
	if (w->type.known != LEND_ABSENT || w->fs_dax.known != LEND_KNOWN)
		return DAX_UNKNOWN;
	return lend_fact_on(&w->fs_dax) ? DAX_WHEN_MADE : NO_DAX;
}

/*
 * With pmem=on where the wish leaves it to us: then a reason not to have it is
 * the reason.  Of a file to be made, by what is known of its file system: as
 * if it were there.
 */
static struct lend_persistence judge(const struct lend_planning *p,
				     const struct lend_planned_pmem *m, enum dax dax)
{
	const struct lend_fact on = { .v.u64 = 1, .known = LEND_KNOWN };
	const struct lend_fact off = { .known = LEND_KNOWN };
	const struct lend_fact file = { .v.str = "file", .known = LEND_KNOWN };
	const struct lend_wanted_node *w = m->seen;
	struct lend_persistence_facts f = {
		.driver = "nvdimm",
		.backend_type = "memory-backend-file",
		.share = m->share ? &on : &off,
		.pmem = m->wish.pmem == LEND_TRI_OFF ? &off : &on,
		.readonly = m->readonly ? &on : &off,
		.type = &w->type,
		.fs = &w->fs,
		.dax = &w->dax,
		.map_sync = &w->map_sync,
		.dax_driver = &w->dax_driver,
		.dax_region = &w->dax_region,
	};

	if (p->caps->backend_pmem != LEND_TRI_UNSET)
		f.libpmem = p->caps->backend_pmem == LEND_TRI_ON ? &on : &off;
	if (w->type.known == LEND_ABSENT) {
		f.type = &file;
		if (dax != DAX_UNKNOWN)
			f.dax = f.map_sync = dax == DAX_WHEN_MADE ? &on : &off;
	}
	return lend_persistence_judge(&f);
}

static void choose_pmem(struct lend_planning *p, struct lend_planned_pmem *m, enum dax dax)
{
	bool has = p->caps->backend_pmem == LEND_TRI_ON;

	if (m->wish.pmem == LEND_TRI_OFF || m->readonly)
		return;
	if (m->wish.pmem != LEND_TRI_ON) {
		m->with_pmem = has && (dax == DAX || dax == DAX_WHEN_MADE) && m->share;
		return;
	}
	m->with_pmem = true;
	if (!has) {
		lend_planning_refuse(
			p, "pmem: off",
			p->caps->backend_pmem == LEND_TRI_OFF
				? "%s: this QEMU was built without libpmem and has "
				  "no pmem=on"
				: "%s: whether this QEMU has pmem=on is not known",
			m->wish.name);
		lend_plan_by_rule(p->plan, "libpmem-for-pmem");
	}
	if (has && dax == NO_DAX)
		lend_planning_warn(p, "leave pmem out: lend chooses it where it is of use",
				   "%s: pmem=on without DAX: QEMU warns and goes on without "
				   "persistence",
				   m->wish.name);
	if (m->share)
		return;
	lend_planning_warn(p, NULL, "%s: pmem=on without share=on does nothing", m->wish.name);
	lend_plan_by_rule(p->plan, "pmem-with-share");
}

static void choose_readonly(struct lend_planning *p, struct lend_planned_pmem *m)
{
	if (m->wish.persistence == LEND_WISH_PERSISTENCE_NONE || m->readonly)
		m->unarmed = true;
	if (!m->unarmed)
		return;
	if (p->caps->device_unarmed == LEND_TRI_OFF)
		lend_planning_refuse(p, "a newer QEMU has it",
				     "%s: this QEMU cannot tell the guest that an NVDIMM is "
				     "read-only or not persistent (unarmed)",
				     m->wish.name);
	if (m->readonly && p->caps->backend_readonly == LEND_TRI_OFF)
		lend_planning_refuse(p, "a newer QEMU has it",
				     "%s: this QEMU has no readonly=on", m->wish.name);
	if (!m->readonly)
		lend_planning_note(p, NULL,
				   "%s: persistence: none is told to the guest, whose Linux "
				   "then makes it read-only",
				   m->wish.name);
}

/* The step that makes it, behind which nothing came yet, has to try. */
static void want_map_sync(struct lend_planning *p, const struct lend_planned_pmem *m)
{
	struct lend_step *last =
		p->plan->n_steps == 0 ? NULL : &p->plan->steps[p->plan->n_steps - 1];

	if (last == NULL || strcmp(last->kind, "backing") != 0 ||
	    strcmp(last->name, m->wish.backing) != 0)
		return; /* refused */
	lend_plan_arg(p->plan, last, "map-sync", "required");
	lend_planning_note(p, NULL,
			   "%s: whether %s is on DAX shows when it is made: without, nothing "
			   "more is done",
			   m->wish.name, m->wish.backing);
}

/* Which rule says the same of what would be (rules/persistence.c); NULL: none. */
static const char *rule_of(enum lend_persists_why why)
{
	switch (why) {
	case LEND_PERSISTS_NO_DAX:
	case LEND_PERSISTS_LACKS_BACKING:
	case LEND_PERSISTS_LACKS_DAX:
		return "backing-on-dax";
	case LEND_PERSISTS_BLOCK_DEVICE:
		return "backing-no-block-device";
	case LEND_PERSISTS_PMEM_OFF:
	case LEND_PERSISTS_NO_MAP_SYNC:
	case LEND_PERSISTS_NO_LIBPMEM:
		return "dax-with-map-sync";
	case LEND_PERSISTS_MEMORY_FS:
	case LEND_PERSISTS_MEMORY_DEVICE:
	case LEND_PERSISTS_KMEM:
		return "volatile-is-unarmed";
	default:
		return NULL;
	}
}

/* What the wish's persistence makes of the verdict. */
static void say(struct lend_planning *p, struct lend_planned_pmem *m, enum dax dax)
{
	bool required = m->wish.persistence == LEND_WISH_PERSISTENCE_REQUIRED;
	struct lend_persistence judged = judge(p, m, dax);
	const char *why = lend_persistence_text(judged.why);

	if (judged.verdict == LEND_PERSISTS_GUARANTEED) {
		if (required && dax == DAX_WHEN_MADE)
			want_map_sync(p, m);
		return;
	}
	if (required && dax == DAX_UNKNOWN && m->seen->type.known == LEND_ABSENT)
		lend_planning_refuse(
			p, "make it first: lend pmem create; or persistence: best-effort",
			"%s: persistence is required, and whether %s would be on DAX cannot "
			"be told before it is there",
			m->wish.name, m->wish.backing);
	else if (required)
		lend_planning_refuse(p,
				     "a file on DAX, a DAX device, or persistence: best-effort",
				     "%s: persistence is required, but %s", m->wish.name, why);
	else if (judged.why == LEND_PERSISTS_MEMORY_FS)
		lend_planning_warn(p, "persistence: none tells it to the guest (unarmed=on)",
				   "%s: %s", m->wish.name, why);
	else if (m->share)
		lend_planning_note(p, "persistence: none tells it to the guest (unarmed=on)",
				   "%s: when the host crashes, what the guest has flushed can "
				   "be lost: %s",
				   m->wish.name, why);
	else
		return;
	if (!required && rule_of(judged.why) != NULL)
		lend_plan_by_rule(p->plan, rule_of(judged.why));
}

void lend_planning_persistence(struct lend_planning *p, size_t i)
{
	struct lend_planned_pmem *m = &p->pmem[i];
	enum dax dax;

	if (m->seen == NULL)
		return; /* refused already */
	dax = dax_of(m->seen);
	choose_pmem(p, m, dax);
	choose_readonly(p, m);
	if (!m->share)
		lend_planning_warn(p, "share: on",
				   "%s: share: off: what the guest writes is lost when it "
				   "stops",
				   m->wish.name);
	if (!m->share)
		lend_plan_by_rule(p->plan, "share-on");
	if (!m->readonly && !m->has_no_backing &&
	    m->wish.persistence != LEND_WISH_PERSISTENCE_NONE)
		say(p, m, dax);
}
