/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does what the guest has flushed outlive a crash of the host?  Only with a
 * DAX device, or a file on a DAX file system with pmem=on and share=on
 * (MAP_SYNC); only what is known of the mount is told here.
 */

#include "model/kind-mount.h"
#include "plan/qemu.h"

enum dax { NO_DAX, DAX, DAX_UNKNOWN };

/* "rw,relatime,dax=always" has it, "dax=inode" may, per file. */
static enum dax of_options(const char *options)
{
	for (const char *at = options; at != NULL; at = strchr(at, ',')) {
		size_t len;

		at += *at == ',';
		len = strcspn(at, ",");
		if ((len == 3 && strncmp(at, "dax", 3) == 0) ||
		    (len == 10 && strncmp(at, "dax=always", 10) == 0))
			return DAX;
		if (len == 9 && strncmp(at, "dax=inode", 9) == 0)
			return DAX_UNKNOWN;
	}
	return NO_DAX;
}

static bool is_memory(const struct lend_wanted_node *w)
{
	return lend_fact_is(&w->fs, "tmpfs") || lend_fact_is(&w->fs, "ramfs") ||
	       lend_fact_is(&w->fs, "hugetlbfs");
}

static enum dax dax_of(const struct lend_planning *p, const struct lend_wanted_node *w)
{
	enum dax best = DAX_UNKNOWN;

	if (lend_fact_is(&w->type, "dax device"))
		return DAX;
	if (is_memory(w) || lend_fact_is(&w->type, "block device"))
		return NO_DAX;
	if (w->fs_dev.known != LEND_KNOWN)
		return DAX_UNKNOWN;
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(p->inv, LEND_KIND_MOUNT, n)) != NULL;) {
		const struct lend_mount *mount = lend_as_mount(n);

		if (mount->options.known == LEND_KNOWN &&
		    lend_fact_is(&mount->dev, w->fs_dev.v.str)) {
			best = of_options(mount->options.v.str);
			if (best == DAX)
				return DAX;
		}
	}
	return best;
}

/* Why it cannot be promised; NULL: it can. */
static const char *why_not(const struct lend_planning *p, const struct lend_planned_pmem *m,
			   enum dax dax)
{
	bool device = lend_fact_is(&m->seen->type, "dax device");

	if (is_memory(m->seen))
		return "it is memory, which is gone when the host restarts";
	if (!m->share)
		return "with share: off nothing gets into it at all";
	if (dax == NO_DAX)
		return "its file system is not mounted with DAX";
	if (dax == DAX_UNKNOWN)
		return "whether it is on DAX cannot be told";
	if (device)
		return NULL;
	if (m->wish.pmem == LEND_TRI_OFF)
		return "pmem: off leaves what the guest flushes in the host's caches";
	if (p->caps->backend_pmem == LEND_TRI_OFF)
		return "this QEMU was built without libpmem";
	if (p->caps->backend_pmem == LEND_TRI_UNSET)
		return "whether this QEMU has libpmem cannot be told";
	return NULL;
}

static void choose_pmem(struct lend_planning *p, struct lend_planned_pmem *m, enum dax dax)
{
	bool has = p->caps->backend_pmem == LEND_TRI_ON;

	if (m->wish.pmem == LEND_TRI_OFF || m->readonly)
		return;
	if (m->wish.pmem != LEND_TRI_ON) {
		m->with_pmem = has && dax == DAX && m->share;
		return;
	}
	m->with_pmem = true;
	if (!has)
		lend_planning_refuse(
			p, "pmem: off",
			p->caps->backend_pmem == LEND_TRI_OFF
				? "%s: this QEMU was built without libpmem and has "
				  "no pmem=on"
				: "%s: whether this QEMU has pmem=on is not known",
			m->wish.name);
	else if (dax == NO_DAX)
		lend_planning_warn(p, "leave pmem out: lend chooses it where it is of use",
				   "%s: pmem=on without DAX: QEMU warns and goes on without "
				   "persistence",
				   m->wish.name);
	if (!m->share)
		lend_planning_warn(p, NULL, "%s: pmem=on without share=on does nothing",
				   m->wish.name);
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

void lend_planning_persistence(struct lend_planning *p, size_t i)
{
	struct lend_planned_pmem *m = &p->pmem[i];
	enum dax dax;
	const char *why;

	if (m->seen == NULL)
		return; /* refused already */
	dax = dax_of(p, m->seen);
	choose_pmem(p, m, dax);
	choose_readonly(p, m);
	if (!m->share)
		lend_planning_warn(p, "share: on",
				   "%s: share: off: what the guest writes is lost when it "
				   "stops",
				   m->wish.name);
	if (m->readonly || m->wish.persistence == LEND_WISH_PERSISTENCE_NONE)
		return;
	why = why_not(p, m, dax);
	if (why != NULL && m->wish.persistence == LEND_WISH_PERSISTENCE_REQUIRED)
		lend_planning_refuse(p,
				     "a file system on pmem mounted with -o dax, a device DAX, "
				     "or persistence: best-effort",
				     "%s: persistence is required, but %s", m->wish.name, why);
	else if (why != NULL && is_memory(m->seen))
		lend_planning_warn(p, NULL, "%s: %s", m->wish.name, why);
	else if (why != NULL && m->share)
		lend_planning_note(p, NULL,
				   "%s: when the host crashes, what the guest has flushed can "
				   "be lost: %s",
				   m->wish.name, why);
}
