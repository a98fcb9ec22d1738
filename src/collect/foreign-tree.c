/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a copied tree cannot tell.
 *
 * Asks  whether the folders are there from which the other collectors start
 * Adds  one gap for all that are not
 *
 * Whoever copied a tree chose what to copy: what is missing in it may be on
 * the host.  A capture says by itself what was missing, a live host has all.
 */

#include "base/buf.h"
#include "collect/collect.h"

static const struct lend_ask ask_top = { .via = LEND_VIA_DIR, .key = "" };
static const struct lend_ask ask_folder = { .via = LEND_VIA_DIR, .key = "%p" };

/* Where the looking starts.  One row for what is named by a line of "lend show". */
static const struct {
	const char *folder;
	const char *older; /* where older kernels have it, or NULL */
	const char *what;
	uint64_t adds;  /* matters when one of these kinds is wanted; 0: always */
	bool processes; /* only entries that are numbers count */
} starts[] = {
	{ "proc", NULL, "processes", 0, true },
	{ "sys/bus/nd/devices", NULL, "NVDIMMs", 0, false },
	{ "sys/bus/pci/devices", NULL, "PCI functions", LEND_ADDS(LEND_KIND_PCI), false },
	{ "sys/class/net", NULL, "network interfaces", LEND_ADDS(LEND_KIND_NET), false },
	{ "sys/class/block", "sys/block", "block devices", LEND_ADDS(LEND_KIND_BLOCK), false },
};

static bool has_entries(struct lend_scan *scan, const char *folder, bool numbers)
{
	const struct lend_answer *names = lend_io_ask(scan->io, &ask_folder, folder);

	/* Unreadable is not missing: the collector itself says so. */
	if (names->known != LEND_KNOWN)
		return names->known != LEND_NOT_ASKED;
	for (size_t i = 0; i < names->n_names; i++) {
		if (!numbers || (names->names[i][0] >= '1' && names->names[i][0] <= '9'))
			return true;
	}
	return false;
}

static const char *kind_of(const struct lend_answer *top)
{
	if (top->known != LEND_KNOWN)
		return "a copy of /sys";
	for (size_t i = 0; i < top->n_names; i++) {
		if (strcmp(top->names[i], "sos_commands") == 0)
			return "a sosreport";
	}
	return "a copied tree";
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	lend_auto_buf missing = { 0 };
	const char *kind;

	(void)err;
	if (!lend_io_is_copy(scan->io) || scan->files != NULL)
		return 0;
	kind = kind_of(lend_io_ask(scan->io, &ask_top));
	for (size_t i = 0; i < LEND_COUNT(starts); i++) {
		if ((starts[i].adds != 0 && (starts[i].adds & scan->wants) == 0) ||
		    has_entries(scan, starts[i].folder, starts[i].processes) ||
		    (starts[i].older != NULL &&
		     has_entries(scan, starts[i].older, starts[i].processes)))
			continue;
		lend_buf_printf(&missing, "%s%s", missing.len > 0 ? ", " : "", starts[i].what);
	}
	if (missing.len > 0)
		lend_build_gap(&scan->build, "tree", true,
			       "lend capture, on the host itself, saves all that is asked",
			       "%s without %s: what nobody copied is not known", kind,
			       missing.text);
	return 0;
}

extern const struct lend_collector lend_collector_foreign_tree;
const struct lend_collector lend_collector_foreign_tree = {
	.id = "foreign-tree",
	.sees = "what a copied tree lacks",
	.needs_no_vm = true,
	.collect = collect,
};
