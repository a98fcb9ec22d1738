/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the guest's CPUs and its persistent memory are on one side of the machine. */

#include <inttypes.h>

#include "base/num.h"
#include "model/kind-backend.h"
#include "model/kind-backing.h"
#include "model/kind-block.h"
#include "model/kind-dax.h"
#include "model/kind-device.h"
#include "model/kind-nd-region.h"
#include "rules/rules.h"

/* A file system on a partition of a volume of persistent memory ... */
enum { DEPTH_MAX = 4 };

static const struct lend_fact *node_of_region(const struct lend_view *view,
					      const struct lend_node *namespace)
{
	const struct lend_node *region =
		lend_used_of(view->inv, namespace, LEND_KIND_ND_REGION);

	return region == NULL
		       ? NULL
		       : &((const struct lend_nd_region *)(const void *)region)->numa_node;
}

static const struct lend_fact *node_of_dax(const struct lend_view *view, const char *number)
{
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(view->inv, LEND_KIND_DAX, n)) != NULL;) {
		const struct lend_dax *dax = (const struct lend_dax *)(const void *)n;
		const struct lend_node *namespace =
			lend_used_of(view->inv, n, LEND_KIND_ND_NAMESPACE);

		if (lend_is_text(&dax->dev, number))
			return node_of_region(view, namespace != NULL ? namespace : n);
	}
	return NULL;
}

static const struct lend_fact *node_of_block(const struct lend_view *view, const char *number)
{
	const struct lend_node *block = NULL;

	for (const struct lend_node *n = NULL;
	     block == NULL && (n = lend_next_of(view->inv, LEND_KIND_BLOCK, n)) != NULL;) {
		if (lend_is_text(&lend_as_block(n)->dev, number))
			block = n;
	}
	for (size_t i = 0; i < DEPTH_MAX && block != NULL; i++) {
		const struct lend_node *namespace =
			lend_used_of(view->inv, block, LEND_KIND_ND_NAMESPACE);

		if (namespace != NULL)
			return node_of_region(view, namespace);
		block = lend_used_of(view->inv, block, LEND_KIND_BLOCK);
	}
	return NULL;
}

/* Of the persistent memory that it lies on; NULL when it lies on none, or that was not seen. */
static const struct lend_fact *node_of(const struct lend_view *view,
				       const struct lend_backing *backing)
{
	if (backing->rdev.known != LEND_KNOWN)
		return backing->dev.known == LEND_KNOWN
			       ? node_of_block(view, backing->dev.v.str)
			       : NULL;
	return lend_is_text(&backing->type, "block device")
		       ? node_of_block(view, backing->rdev.v.str)
		       : node_of_dax(view, backing->rdev.v.str);
}

/* "0-1,3" */
static bool has(const char *nodes, uint64_t number)
{
	while (*nodes != '\0') {
		size_t len = strcspn(nodes, ",");
		size_t first_len = strcspn(nodes, ",-");
		uint64_t first, last;

		if (lend_parse_u64n(nodes, first_len, 10, &first)) {
			last = first;
			if ((first_len == len ||
			     lend_parse_u64n(nodes + first_len + 1, len - first_len - 1, 10,
					     &last)) &&
			    number >= first && number <= last)
				return true;
		}
		nodes += len + (nodes[len] == ',');
	}
	return false;
}

static bool is_bound(const struct lend_view *view, const struct lend_node *node)
{
	(void)view;
	return lend_as_device(node)->host_nodes.known == LEND_KNOWN;
}

static void same_node(const struct lend_view *view, const struct lend_node *node,
		      struct lend_findings *out)
{
	const struct lend_device *d = lend_as_device(node);
	const struct lend_node *backend = lend_used_of(view->inv, node, LEND_KIND_BACKEND);
	const struct lend_node *backing =
		backend == NULL ? NULL : lend_used_of(view->inv, backend, LEND_KIND_BACKING);
	const struct lend_fact *pmem =
		backing == NULL ? NULL : node_of(view, lend_as_backing(backing));

	if (pmem == NULL || pmem->known != LEND_KNOWN || has(d->host_nodes.v.str, pmem->v.u64))
		return;
	lend_violated(out, node,
		      "%s is on node %" PRIu64 " of the host, and the memory of guest node "
		      "%" PRIu64 " is on %s",
		      backing->name, pmem->v.u64,
		      d->numa_node.known == LEND_KNOWN ? d->numa_node.v.u64 : 0,
		      d->host_nodes.v.str);
}

static const struct lend_rule rules[] = {
	{
		.id = "numa-node-of-backing",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "An NVDIMM is in the guest's node whose memory is on the host's node of "
			"the backing",
		.why = "the guest takes it for near and runs there what uses it: each access "
		       "crosses from one socket to the other, for half the bandwidth or less",
		.hint = "node=N of the guest's node that is bound there, or a backing on this "
			"one",
		.proof = LEND_PROOF_DOCS,
		.evidence = "NUMA memory policy, admin guide of Linux; numa_node of "
			    "Documentation/ABI/testing/sysfs-bus-nd",
		.unproven = "the memory of an emulated machine is as far from one of its nodes "
			    "as from the other",
		.applies = is_bound,
		.check = same_node,
	},
};

extern const struct lend_rules lend_rules_numa;
const struct lend_rules lend_rules_numa = {
	.subject = "numa",
	.title = "Near and far memory",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
