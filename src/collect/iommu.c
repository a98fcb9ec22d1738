/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the IOMMU keeps apart, and whether VFIO would take it.
 *
 * Asks  /sys/kernel/iommu_groups: which there are; of each its type and its
 *       members.  Neither the kernel's command line nor its log says whether
 *       an IOMMU is on: both are wrong both ways
 *       /sys/class/iommu; what handles interrupts (/sys/kernel/irq/N/chip_name);
 *       parameters of the VFIO modules; of /proc/cmdline one word alone
 * Adds  iommu-group nodes, edges from the functions in them, facts of host/this
 *
 * (Linux Documentation/ABI/testing/sysfs-kernel-iommu_groups, sysfs-kernel-irq,
 * sysfs-class-iommu; Documentation/driver-api/vfio.rst)
 */

#include <stdlib.h>

#include "base/num.h"
#include "collect/iommu-apart.h"
#include "collect/pci.h"
#include "model/kind-host.h"
#include "model/kind-iommu-group.h"
#include "model/viable.h"

enum { GROUPS_MAX = 200000, BLOCKERS_MAX = 16, IRQS_MAX = 64, OTHERS_MAX = 16 };

#define GROUPS "sys/kernel/iommu_groups"
#define TYPE1  "sys/module/vfio_iommu_type1/parameters/"

static const struct lend_ask ask_groups = { .via = LEND_VIA_DIR, .key = GROUPS };
static const struct lend_ask ask_type = { .via = LEND_VIA_FILE, .key = GROUPS "/%s/type" };
static const struct lend_ask ask_members = { .via = LEND_VIA_DIR, .key = GROUPS "/%s/devices" };
static const struct lend_ask ask_units = { .via = LEND_VIA_DIR, .key = "sys/class/iommu" };
static const struct lend_ask ask_irqs = { .via = LEND_VIA_DIR, .key = "sys/kernel/irq" };
static const struct lend_ask ask_chip = { .via = LEND_VIA_FILE,
					  .key = "sys/kernel/irq/%s/chip_name" };
static const struct lend_ask ask_unsafe = { .via = LEND_VIA_FILE,
					    .key = TYPE1 "allow_unsafe_interrupts" };
static const struct lend_ask ask_limit = { .via = LEND_VIA_FILE,
					   .key = TYPE1 "dma_entry_limit" };
static const struct lend_ask ask_cmdline = { .via = LEND_VIA_FILE,
					     .key = "proc/cmdline",
					     .flags = LEND_ASK_NOT_RECORDED };

struct member {
	uint64_t group;
	struct lend_pci *pci;
};

struct groups {
	struct lend_scan *scan;
	struct lend_host *host; /* NULL: nobody wanted it */
	const char *kernel;     /* NULL: not known */
	const char *override;   /* NULL: there is none */
	struct member *members;
	size_t n, cap;
	uint32_t by_group, by_driver;
};

/* ---- the host ---- */

static void put_names(struct groups *g, struct lend_fact *fact, const struct lend_ask *ask)
{
	struct lend_build *build = &g->scan->build;
	const struct lend_answer *answer = lend_io_ask(g->scan->io, ask);
	uint32_t by =
		lend_build_sighting(build, lend_collect_trust(g->scan), "iommu", ask->key, "");
	lend_auto_buf names = { 0 };

	if (answer->known != LEND_KNOWN) {
		lend_collect_text(g->scan, &g->host->node, fact, by, answer);
		return;
	}
	for (size_t i = 0; i < answer->n_names && i < OTHERS_MAX; i++) {
		lend_buf_puts(&names, i > 0 ? " " : "");
		lend_buf_puts(&names, answer->names[i]);
	}
	if (names.len == 0)
		lend_build_absent(build, &g->host->node, fact, by);
	else
		lend_build_text(build, &g->host->node, fact, by, names.text);
}

/*
 * With remapping the chip of an interrupt is called IR-IO-APIC or IR-PCI-MSI
 * (arch/x86, drivers/iommu), without it the same without IR-.  ITS: Arm's GICv3.
 */
static void put_interrupts(struct groups *g)
{
	struct lend_build *build = &g->scan->build;
	const struct lend_answer *irqs = lend_io_ask(g->scan->io, &ask_irqs);
	uint32_t by = lend_build_sighting(build, lend_collect_trust(g->scan), "iommu",
					  ask_chip.key, "");

	for (size_t i = 0; i < irqs->n_names && i < IRQS_MAX; i++) {
		const char *chip = lend_collect_text_of(
			g->scan, lend_io_ask(g->scan->io, &ask_chip, irqs->names[i]));
		bool on;

		if (chip == NULL)
			continue;
		on = strncmp(chip, "IR-", 3) == 0 || strncmp(chip, "ITS-", 4) == 0;
		if (!on && strncmp(chip, "PCI-MSI", 7) != 0 && strcmp(chip, "IO-APIC") != 0)
			continue;
		lend_build_u64(build, &g->host->node, &g->host->interrupts_isolated, by, on);
		return;
	}
}

static void put_unsafe(struct groups *g)
{
	struct lend_build *build = &g->scan->build;
	const struct lend_answer *answer = lend_io_ask(g->scan->io, &ask_unsafe);
	uint32_t by = lend_build_sighting(build, lend_collect_trust(g->scan), "iommu",
					  ask_unsafe.key, "");
	const char *text = lend_collect_text_of(g->scan, answer);

	if (text != NULL && (*text == 'Y' || *text == 'N'))
		lend_build_u64(build, &g->host->node, &g->host->unsafe_interrupts, by,
			       *text == 'Y');
	else if (text == NULL)
		lend_collect_text(g->scan, &g->host->node, &g->host->unsafe_interrupts, by,
				  answer);
	lend_collect_u64(g->scan, &g->host->node, &g->host->dma_entry_limit, by,
			 lend_io_ask(g->scan->io, &ask_limit));
}

/* The rest of the command line is nobody's business, and no capture has it. */
static void put_override(struct groups *g)
{
	static const char word[] = "pcie_acs_override=";
	struct lend_build *build = &g->scan->build;
	const struct lend_answer *answer = lend_io_ask(g->scan->io, &ask_cmdline);
	uint32_t by = lend_build_sighting(build, lend_collect_trust(g->scan), "iommu",
					  ask_cmdline.key, "");
	const char *at = answer->known == LEND_KNOWN ? answer->bytes : NULL;

	while (at != NULL && (at = strstr(at, word)) != NULL) {
		if (at == answer->bytes || at[-1] == ' ')
			break;
		at++;
	}
	if (at != NULL)
		g->override = lend_arena_strndup(&g->scan->memory, at, strcspn(at, " \n"));
	if (answer->known == LEND_KNOWN && lend_io_is_recording(g->scan->io))
		lend_io_record_part(g->scan->io, &ask_cmdline,
				    g->override != NULL ? g->override : "",
				    g->override != NULL ? strlen(g->override) : 0);
	if (g->host == NULL)
		return;
	if (g->override != NULL)
		lend_build_text(build, &g->host->node, &g->host->acs_override, by,
				g->override + strlen(word));
	else if (answer->known == LEND_KNOWN)
		lend_build_absent(build, &g->host->node, &g->host->acs_override, by);
	else
		lend_collect_text(g->scan, &g->host->node, &g->host->acs_override, by, answer);
}

/* Groups without a PCI function in them do not matter here; how many there are does. */
static void put_count(struct groups *g)
{
	const struct lend_answer *answer = lend_io_ask(g->scan->io, &ask_groups);
	uint32_t by = lend_build_sighting(&g->scan->build, lend_collect_trust(g->scan), "iommu",
					  ask_groups.key, "");

	if (answer->known == LEND_KNOWN)
		lend_build_u64(&g->scan->build, &g->host->node, &g->host->iommu_groups, by,
			       answer->n_names);
	else if (answer->known == LEND_ABSENT) /* a kernel without support for IOMMUs */
		lend_build_u64(&g->scan->build, &g->host->node, &g->host->iommu_groups, by, 0);
	else
		lend_collect_u64(g->scan, &g->host->node, &g->host->iommu_groups, by, answer);
}

/* ---- groups ---- */

static int by_group(const void *pa, const void *pb)
{
	const struct member *a = pa;
	const struct member *b = pb;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return a->pci->node.index < b->pci->node.index ? -1 : 1;
}

static void find_members(struct groups *g)
{
	struct lend_pci *pci;

	for (size_t at = 0; (pci = lend_pci_next(g->scan, &at)) != NULL;) {
		if (pci->iommu_group.known == LEND_KNOWN)
			*LEND_PUSH(&g->scan->memory, g->members, g->n, g->cap) =
				(struct member){ pci->iommu_group.v.u64, pci };
	}
	if (g->n > 1)
		qsort(g->members, g->n, sizeof(*g->members), by_group);
}

/* Members that are no PCI functions: of a platform, of ACPI. */
static const char *put_others(struct groups *g, struct lend_iommu_group *group, size_t n_pci)
{
	const struct lend_answer *answer =
		lend_io_ask(g->scan->io, &ask_members, group->node.name);
	lend_auto_buf names = { 0 };
	size_t n = 0;

	if (answer->known != LEND_KNOWN)
		return NULL;
	for (size_t i = 0; answer->n_names != n_pci && i < answer->n_names; i++) {
		if (lend_build_find(&g->scan->build, LEND_KIND_PCI, NULL, answer->names[i]) !=
		    NULL)
			continue;
		if (n++ >= OTHERS_MAX)
			continue;
		lend_buf_puts(&names, names.len > 0 ? " " : "");
		lend_buf_puts(&names, answer->names[i]);
	}
	if (names.len == 0) {
		lend_build_absent(&g->scan->build, &group->node, &group->others, g->by_group);
		return NULL;
	}
	lend_build_text(&g->scan->build, &group->node, &group->others, g->by_group, names.text);
	return group->others.v.str;
}

/* A driver of the host, or one of which that cannot be told. */
static void put_viable(struct groups *g, struct lend_iommu_group *group,
		       const struct member *members, size_t n)
{
	struct lend_build *build = &g->scan->build;
	lend_auto_buf why = { 0 };
	const char *untold = put_others(g, group, n);
	size_t more = 0, said = 0;

	for (size_t i = 0; i < n; i++) {
		const struct lend_pci *pci = members[i].pci;
		enum lend_tri in_way = lend_viable_is_in_way(pci, g->kernel);

		if (in_way == LEND_TRI_UNSET && untold == NULL)
			untold = pci->node.name;
		if (in_way != LEND_TRI_ON)
			continue;
		if (said++ >= BLOCKERS_MAX) {
			more++;
			continue;
		}
		lend_buf_printf(&why, "%s%s on %s", why.len > 0 ? ", " : "", pci->node.name,
				pci->driver.v.str);
	}
	if (more > 0)
		lend_buf_printf(&why, " and %zu more", more);
	if (why.len > 0) {
		lend_build_u64(build, &group->node, &group->viable, g->by_driver, 0);
		lend_build_text(build, &group->node, &group->why, g->by_driver, why.text);
	} else if (untold != NULL) {
		lend_buf_printf(&why, "whether the driver of %s is in the way is not known",
				untold);
		lend_build_unreadable(build, &group->node, &group->viable, g->by_driver,
				      why.text);
	} else {
		lend_build_u64(build, &group->node, &group->viable, g->by_driver, 1);
		lend_build_absent(build, &group->node, &group->why, g->by_driver);
	}
}

/* ---- groups that are apart by order ---- */

static void put_split(struct groups *g, struct lend_iommu_group *group,
		      const struct member *members, size_t n)
{
	struct lend_build *build = &g->scan->build;
	struct lend_apart apart = { .build = build,
				    .order = g->override,
				    .may_obey = lend_viable_has_override(g->kernel) };
	lend_auto_buf text = { 0 };

	for (size_t i = 0; i < n && text.len == 0; i++)
		lend_apart_say(&apart, members[i].pci, members[i].group, &text);
	if (text.len == 0 && apart.hidden != NULL) {
		const struct lend_fact *acs = &apart.hidden->acs;

		lend_buf_printf(&text, "the ACS of %s: %s", apart.hidden->node.name,
				acs->known == LEND_UNREADABLE ? acs->v.str : "nobody looked");
		lend_build_unreadable(build, &group->node, &group->split, g->by_group,
				      text.text);
		lend_build_gap(build, group->node.id, true, "",
			       "IOMMU group %s may be apart from others in name alone: that "
			       "cannot be told without %s",
			       group->node.name, text.text);
	} else if (text.len > 0) {
		lend_build_text(build, &group->node, &group->split, g->by_group, text.text);
	} else if (apart.n_kept > 0) {
		lend_build_absent(build, &group->node, &group->split, g->by_group);
	}
}

static void add_groups(struct groups *g)
{
	struct lend_scan *scan = g->scan;
	lend_auto_buf name = { 0 };

	for (size_t i = 0, end; i < g->n && i < GROUPS_MAX; i = end) {
		struct lend_iommu_group *group;

		lend_buf_reset(&name);
		lend_buf_printf(&name, "%llu", (unsigned long long)g->members[i].group);
		group = lend_as_iommu_group(lend_build_node(&scan->build, LEND_KIND_IOMMU_GROUP,
							    NULL, lend_buf_text(&name)));
		for (end = i; end < g->n && g->members[end].group == g->members[i].group; end++)
			lend_build_edge(&scan->build, &g->members[end].pci->node, &group->node);
		lend_collect_text(scan, &group->node, &group->type, g->by_group,
				  lend_io_ask(scan->io, &ask_type, group->node.name));
		put_viable(g, group, g->members + i, end - i);
		put_split(g, group, g->members + i, end - i);
		lend_io_forget(scan->io);
	}
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct groups g = { .scan = scan };
	struct lend_node *host = lend_build_find(&scan->build, LEND_KIND_HOST, NULL, "this");

	(void)err;
	if (lend_pci_next(scan, &(size_t){ 0 }) == NULL)
		return 0;
	g.host = host != NULL ? lend_as_host(host) : NULL;
	if (g.host != NULL && g.host->kernel.known == LEND_KNOWN)
		g.kernel = g.host->kernel.v.str;
	g.by_group = lend_build_sighting(&scan->build, lend_collect_trust(scan), "iommu",
					 GROUPS "/%s", "");
	g.by_driver = lend_build_sighting(&scan->build, lend_collect_trust(scan), "iommu",
					  LEND_PCI_DEVICES "/%s/uevent", "");
	put_override(&g);
	if (g.host != NULL) {
		put_names(&g, &g.host->iommu, &ask_units);
		put_count(&g);
		put_interrupts(&g);
		put_unsafe(&g);
	}
	lend_io_forget(scan->io);
	find_members(&g);
	add_groups(&g);
	return 0;
}

extern const struct lend_collector lend_collector_iommu;
const struct lend_collector lend_collector_iommu = {
	.id = "iommu",
	.sees = "IOMMU groups, and whether VFIO would take them",
	.adds = LEND_ADDS(LEND_KIND_IOMMU_GROUP),
	.collect = collect,
};
