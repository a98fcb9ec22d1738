/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NUMA nodes.
 *
 * Asks  /sys/devices/system/node: possible, online, nodeN/{cpulist,meminfo,distance}
 * Adds  numa nodes: those online, and of those that are only possible the ones
 *       that the memory of a DAX device would become
 *
 * (Linux Documentation/ABI/stable/sysfs-devices-node; drivers/base/node.c.)
 */

#include <inttypes.h>

#include "base/num.h"
#include "collect/collect.h"
#include "model/kind-dax.h"
#include "model/kind-numa.h"

/* MAX_NUMNODES of the kernels that distributions build */
enum { NODES_MAX = 1024 };

#define ROOT "sys/devices/system/node"
static const struct lend_ask ask_possible = { .via = LEND_VIA_FILE, .key = ROOT "/possible" };
static const struct lend_ask ask_online = { .via = LEND_VIA_FILE, .key = ROOT "/online" };
static const struct lend_ask ask_cpus = { .via = LEND_VIA_FILE, .key = ROOT "/node%s/cpulist" };
static const struct lend_ask ask_meminfo = { .via = LEND_VIA_FILE,
					     .key = ROOT "/node%s/meminfo" };
static const struct lend_ask ask_distance = { .via = LEND_VIA_FILE,
					      .key = ROOT "/node%s/distance" };

/* The next range of "0-3,8"; false at the end, and where it is none. */
static bool next_range(const char **at, uint64_t *ret_first, uint64_t *ret_last)
{
	size_t len = strcspn(*at, ",\n");
	const char *dash = memchr(*at, '-', len);
	size_t first = dash == NULL ? len : (size_t)(dash - *at);

	if (!lend_parse_u64n(*at, first, 10, ret_first))
		return false;
	*ret_last = *ret_first;
	if (dash != NULL && !lend_parse_u64n(dash + 1, len - first - 1, 10, ret_last))
		return false;
	*at += len + ((*at)[len] == ',');
	return true;
}

/* "Node 0 MemTotal:   24684092 kB" */
static void put_memory(struct lend_scan *scan, struct lend_numa *numa, uint32_t by,
		       const struct lend_answer *answer)
{
	static const char key[] = " MemTotal:";
	const char *at = answer->known == LEND_KNOWN ? strstr(answer->bytes, key) : NULL;
	uint64_t bytes;

	if (answer->known != LEND_KNOWN) {
		lend_collect_text(scan, &numa->node, &numa->memory_bytes, by, answer);
		return;
	}
	if (at != NULL) {
		at += strlen(key);
		at += strspn(at, " ");
	}
	if (at != NULL && lend_parse_u64n(at, strcspn(at, " \n"), 10, &bytes) &&
	    lend_mul_u64(bytes, 1024, &bytes))
		lend_build_u64(&scan->build, &numa->node, &numa->memory_bytes, by, bytes);
	else
		lend_build_unreadable(&scan->build, &numa->node, &numa->memory_bytes, by,
				      "meminfo has no total");
}

static void put_text(struct lend_scan *scan, struct lend_numa *numa, struct lend_fact *fact,
		     uint32_t by, const struct lend_answer *answer)
{
	const char *text = lend_collect_text_of(scan, answer);

	if (text != NULL && *text == '\0')
		lend_build_absent(&scan->build, &numa->node, fact, by);
	else
		lend_collect_text(scan, &numa->node, fact, by, answer);
}

static struct lend_numa *node_of(struct lend_scan *scan, uint64_t n)
{
	return (struct lend_numa *)lend_build_node(
		&scan->build, LEND_KIND_NUMA, NULL,
		lend_build_internf(&scan->build, "%" PRIu64, n));
}

static void put_online(struct lend_scan *scan, uint32_t by, const char *list)
{
	uint64_t first, last;
	bool cut = false;
	uint64_t n = 0; /* the kernel's lists ascend: none is looked at twice */

	while (next_range(&list, &first, &last)) {
		cut = cut || last >= NODES_MAX;
		for (n = n > first ? n : first; n <= last && n < NODES_MAX; n++) {
			struct lend_numa *numa = node_of(scan, n);
			const char *name = numa->node.name;

			lend_build_absent(&scan->build, &numa->node, &numa->state, by);
			put_text(scan, numa, &numa->cpus, by,
				 lend_io_ask(scan->io, &ask_cpus, name));
			put_memory(scan, numa, by, lend_io_ask(scan->io, &ask_meminfo, name));
			put_text(scan, numa, &numa->distances, by,
				 lend_io_ask(scan->io, &ask_distance, name));
		}
	}
	if (cut)
		lend_build_gap(&scan->build, "numa", true, "",
			       "NUMA nodes from number %d on were not looked at", NODES_MAX);
}

/* Some firmware makes a hundred nodes possible: only those are kept that memory waits for. */
static void put_possible(struct lend_scan *scan, uint32_t by, const char *list)
{
	const struct lend_inventory *inv = scan->build.inv;
	bool possible[NODES_MAX] = { false };
	uint64_t first, last;
	uint64_t n = 0;

	while (next_range(&list, &first, &last)) {
		for (n = n > first ? n : first; n <= last && n < NODES_MAX; n++)
			possible[n] = true;
	}
	for (size_t i = 0; i < inv->n_nodes; i++) {
		const struct lend_dax *dax = lend_as_dax(inv->nodes[i]);
		struct lend_numa *numa;

		if (dax->node.kind != LEND_KIND_DAX || dax->node.guest != NULL ||
		    dax->target_node.known != LEND_KNOWN ||
		    dax->target_node.v.u64 >= NODES_MAX || !possible[dax->target_node.v.u64])
			continue;
		numa = node_of(scan, dax->target_node.v.u64);
		if (numa->state.known == LEND_NOT_ASKED)
			lend_build_text(&scan->build, &numa->node, &numa->state, by, "offline");
	}
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	const struct lend_answer *online, *possible;
	uint32_t by;

	(void)err;
	if (lend_scan_is_named(scan))
		return 0; /* their QEMUs are all that was asked for */
	online = lend_io_ask(scan->io, &ask_online);
	possible = lend_io_ask(scan->io, &ask_possible);
	if (online->known == LEND_UNREADABLE)
		lend_build_gap(&scan->build, "numa", false, "",
			       "the NUMA nodes of the host cannot be listed: %s", online->why);
	if (online->known != LEND_KNOWN)
		return 0;
	by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "numa", ROOT, "");
	put_online(scan, by, online->bytes);
	if (possible->known == LEND_KNOWN)
		put_possible(scan, by, possible->bytes);
	return 0;
}

extern const struct lend_collector lend_collector_numa;
const struct lend_collector lend_collector_numa = {
	.id = "numa",
	.sees = "NUMA nodes of this host",
	.adds = LEND_ADDS(LEND_KIND_NUMA),
	.collect = collect,
};
