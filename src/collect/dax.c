/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DAX devices.
 *
 * Asks  /sys/bus/dax/devices; on kernels before 5.1 /sys/class/dax
 * Adds  dax nodes; edges to the namespace, else to the region they lie on
 *
 * (Linux Documentation/ABI/testing/sysfs-bus-dax; drivers/dax/bus.c, hmem.)
 */

#include "collect/mappable.h"
#include "model/kind-dax.h"
#include "model/kind-nd-namespace.h"

static const struct lend_ask ask_bus = { .via = LEND_VIA_DIR, .key = "sys/bus/dax/devices" };
static const struct lend_ask ask_class = { .via = LEND_VIA_DIR, .key = "sys/class/dax" };
static const struct lend_ask ask_path = { .via = LEND_VIA_LINK, .key = "%p" };
static const struct lend_ask ask_driver = { .via = LEND_VIA_LINK, .key = "%p/driver" };
static const struct lend_ask ask_size = { .via = LEND_VIA_FILE, .key = "%p/size" };
static const struct lend_ask ask_align = { .via = LEND_VIA_FILE, .key = "%p/align" };
static const struct lend_ask ask_node = { .via = LEND_VIA_FILE, .key = "%p/target_node" };
static const struct lend_ask ask_dev = { .via = LEND_VIA_FILE, .key = "%p/dev" };

static void put_driver(struct lend_scan *scan, struct lend_dax *dax, uint32_t by,
		       const struct lend_answer *answer)
{
	const char *text = lend_collect_text_of(scan, answer);
	const char *slash = text == NULL ? NULL : strrchr(text, '/');

	if (slash != NULL)
		lend_build_text(&scan->build, &dax->node, &dax->driver, by, slash + 1);
	else
		lend_collect_text(scan, &dax->node, &dax->driver, by, answer);
}

/* -1 where its memory belongs to no node. */
static void put_node(struct lend_scan *scan, struct lend_dax *dax, uint32_t by,
		     const struct lend_answer *answer)
{
	const char *text = lend_collect_text_of(scan, answer);

	if (text != NULL && strcmp(text, "-1") == 0)
		lend_build_absent(&scan->build, &dax->node, &dax->target_node, by);
	else
		lend_collect_u64(scan, &dax->node, &dax->target_node, by, answer);
}

static void put_region(struct lend_scan *scan, struct lend_dax *dax, uint32_t by,
		       const char *path)
{
	const char *region = lend_dax_region(scan, path);

	if (region != NULL)
		lend_build_text(&scan->build, &dax->node, &dax->region, by, region);
}

static void look_at(struct lend_scan *scan, uint32_t by, const char *folder, const char *name)
{
	struct lend_dax *dax =
		(struct lend_dax *)lend_build_node(&scan->build, LEND_KIND_DAX, NULL, name);
	const char *at = lend_arena_printf(&scan->memory, "%s/%s", folder, name);

	lend_collect_u64(scan, &dax->node, &dax->size_bytes, by,
			 lend_io_ask(scan->io, &ask_size, at));
	lend_collect_u64(scan, &dax->node, &dax->align, by,
			 lend_io_ask(scan->io, &ask_align, at));
	put_node(scan, dax, by, lend_io_ask(scan->io, &ask_node, at));
	put_driver(scan, dax, by, lend_io_ask(scan->io, &ask_driver, at));
	lend_collect_text(scan, &dax->node, &dax->dev, by, lend_io_ask(scan->io, &ask_dev, at));
	put_region(scan, dax, by,
		   lend_collect_text_of(scan, lend_io_ask(scan->io, &ask_path, at)));
}

/* The namespace says which device it became; without one, the region is all there is. */
static void put_edges(struct lend_scan *scan)
{
	struct lend_build *b = &scan->build;
	size_t n = b->inv->n_nodes;
	bool *claimed = lend_arena_array(&scan->memory, n + 1, sizeof(*claimed));

	for (size_t i = 0; i < n; i++) {
		const struct lend_nd_namespace *ns = lend_as_nd_namespace(b->inv->nodes[i]);
		struct lend_node *dax;

		if (ns->node.kind != LEND_KIND_ND_NAMESPACE || ns->node.guest != NULL ||
		    ns->chardev.known != LEND_KNOWN)
			continue;
		dax = lend_build_find(b, LEND_KIND_DAX, NULL, ns->chardev.v.str);
		if (dax == NULL)
			continue;
		lend_build_edge(b, dax, &ns->node);
		claimed[dax->index] = true;
	}
	for (size_t i = 0; i < n; i++) {
		const struct lend_dax *dax = lend_as_dax(b->inv->nodes[i]);
		struct lend_node *region;

		if (dax->node.kind != LEND_KIND_DAX || dax->node.guest != NULL || claimed[i] ||
		    dax->region.known != LEND_KNOWN)
			continue;
		region = lend_build_find(b, LEND_KIND_ND_REGION, NULL, dax->region.v.str);
		if (region != NULL)
			lend_build_edge(b, &dax->node, region);
	}
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	const struct lend_answer *names;
	const char *folder = ask_bus.key;
	uint32_t by;

	(void)err;
	if (lend_scan_is_named(scan))
		return 0; /* their QEMUs are all that was asked for */
	names = lend_io_ask(scan->io, &ask_bus);
	if (names->known != LEND_KNOWN) {
		folder = ask_class.key;
		names = lend_io_ask(scan->io, &ask_class);
	}
	if (names->known == LEND_UNREADABLE)
		lend_build_gap(&scan->build, "dax", false, "",
			       "the DAX devices of the host cannot be listed: %s", names->why);
	if (names->known != LEND_KNOWN || names->n_names == 0)
		return 0;
	by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "dax", folder, "");
	for (size_t i = 0; i < names->n_names; i++)
		look_at(scan, by, folder, names->names[i]);
	put_edges(scan);
	return 0;
}

extern const struct lend_collector lend_collector_dax;
const struct lend_collector lend_collector_dax = {
	.id = "dax",
	.sees = "DAX devices of this host",
	.adds = LEND_ADDS(LEND_KIND_DAX),
	.collect = collect,
};
