/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many of the things it stands on a thing needs. */

#include "base/ascii.h"
#include "model/impact-inside.h"
#include "model/kind-block.h"
#include "model/kind-boot.h"
#include "model/kind-mount.h"
#include "model/kind-net.h"
#include "model/kind-vmnic.h"

static bool begins(const struct lend_fact *fact, const char *with)
{
	return fact->known == LEND_KNOWN && strncmp(fact->v.str, with, strlen(with)) == 0;
}

/* md(4): how many members an array can miss; raid10 with luck more. */
static bool spare_of(const char *level, uint32_t disks, uint32_t *ret)
{
	static const struct {
		const char *level;
		uint32_t spare;
	} levels[] = {
		{ "linear", 0 }, { "raid0", 0 }, { "raid4", 1 },
		{ "raid5", 1 },  { "raid6", 2 }, { "raid10", 1 },
	};

	if (strcmp(level, "raid1") == 0 || strcmp(level, "multipath") == 0) {
		*ret = disks > 0 ? disks - 1 : 0;
		return true;
	}
	for (size_t i = 0; i < LEND_COUNT(levels); i++) {
		if (strcmp(levels[i].level, level) == 0) {
			*ret = levels[i].spare < disks ? levels[i].spare : 0;
			return true;
		}
	}
	return false;
}

/* What is missing already is missing from the spare ones. */
static uint32_t md_needs(const struct lend_block *block, uint32_t legs,
			 const char **ret_unknown)
{
	uint32_t disks, spare, missing, absent;

	if (block->md_level.known != LEND_KNOWN) {
		*ret_unknown = "its RAID level is not known: taken to need all of its disks";
		return legs;
	}
	if (strcmp(block->md_level.v.str, "linear") == 0 ||
	    strcmp(block->md_level.v.str, "raid0") == 0 ||
	    strcmp(block->md_level.v.str, "container") == 0)
		return legs;
	if (block->md_disks.known != LEND_KNOWN || block->md_missing.known != LEND_KNOWN ||
	    block->md_disks.v.u64 > UINT32_MAX ||
	    block->md_missing.v.u64 > block->md_disks.v.u64) {
		*ret_unknown =
			"whether a disk of it is missing is not known: taken to need all";
		return legs;
	}
	disks = (uint32_t)block->md_disks.v.u64;
	if (!spare_of(block->md_level.v.str, disks, &spare)) {
		*ret_unknown = "its RAID level is unknown: taken to need all of its disks";
		return legs;
	}
	/* An array notices at its next write only that a disk is gone. */
	missing = (uint32_t)block->md_missing.v.u64;
	absent = disks > legs ? disks - legs : 0;
	missing = missing > absent ? missing : absent;
	return missing < spare && legs > spare - missing ? legs - (spare - missing) : legs;
}

bool lend_impact_is_multipath(const struct lend_node *node)
{
	const struct lend_block *block = lend_as_block(node);

	return node->kind == LEND_KIND_BLOCK && block->type.known == LEND_KNOWN &&
	       (strcmp(block->type.v.str, "nvme-head") == 0 ||
		begins(&block->dm_uuid, "mpath-"));
}

static uint32_t block_needs(const struct lend_block *block, uint32_t legs,
			    const char **ret_unknown)
{
	if (block->type.known != LEND_KNOWN)
		return legs;
	if (lend_impact_is_multipath(&block->node))
		return legs > 0 ? 1 : 0;
	if (strcmp(block->type.v.str, "md") == 0 && legs > 1)
		return md_needs(block, legs, ret_unknown);
	return legs;
}

static uint32_t spared(const struct lend_fact *spare, uint32_t legs)
{
	if (spare->known != LEND_KNOWN)
		return legs;
	return spare->v.u64 < legs ? legs - (uint32_t)spare->v.u64 : legs > 0;
}

static bool is_type(const struct lend_net *net, const char *type)
{
	return net->type.known == LEND_KNOWN && strcmp(net->type.v.str, type) == 0;
}

/*
 * Linux Documentation/networking/bonding.rst: whatever its mode, a bond works
 * as long as min_links of its interfaces do, and one at least.
 */
static uint32_t net_needs(const struct lend_net *net, uint32_t legs, const char **ret_unknown)
{
	uint64_t min = net->bond_min_links.known == LEND_KNOWN ? net->bond_min_links.v.u64 : 1;

	if (legs <= 1)
		return legs;
	if (is_type(net, "bond"))
		return min < 1 ? 1 : min < legs ? (uint32_t)min : legs;
	if (is_type(net, "team") || is_type(net, "vrf"))
		return 1;
	if (is_type(net, "bridge") || is_type(net, "openvswitch")) {
		*ret_unknown = "where its other ports lead to is not known";
		return 1;
	}
	return legs;
}

uint32_t lend_impact_needs(const struct lend_inventory *inv, const struct lend_node *node,
			   uint32_t legs, const char **ret_unknown)
{
	(void)inv;
	*ret_unknown = NULL;
	if (node->kind == LEND_KIND_BOOT)
		return spared(&lend_as_boot(node)->spare, legs);
	if (node->kind == LEND_KIND_MOUNT && legs > 1 &&
	    lend_as_mount(node)->spare.known == LEND_UNREADABLE)
		*ret_unknown =
			"whether a device of it is missing is not known: taken to need all";
	if (node->kind == LEND_KIND_MOUNT)
		return spared(&lend_as_mount(node)->spare, legs);
	if (node->kind == LEND_KIND_BLOCK)
		return block_needs(lend_as_block(node), legs, ret_unknown);
	if (node->kind == LEND_KIND_NET)
		return net_needs(lend_as_net(node), legs, ret_unknown);
	/* A route over several interfaces goes on with those that are left. */
	if (node->kind == LEND_KIND_ROUTE)
		return legs > 0 ? 1 : 0;
	return lend_impact_esx_needs(node, legs);
}

bool lend_impact_is_guest_port(const struct lend_inventory *inv, const struct lend_node *bridge,
			       const struct lend_node *port)
{
	const struct lend_node *used;

	for (size_t i = 0; (used = lend_used_by(inv, port, i)) != NULL; i++) {
		if (used != bridge)
			return false;
	}
	return true;
}

/*
 * An interface that is down carries nothing, and one of a bridge that stands
 * on nothing of this host belongs to a VM or a container.
 */
static bool net_carries(const struct lend_inventory *inv, const struct lend_net *net,
			const struct lend_node *used)
{
	const struct lend_net *port = lend_as_net(used);

	if (used->kind != LEND_KIND_NET)
		return true;
	if ((is_type(net, "bond") || is_type(net, "team") || is_type(net, "bridge") ||
	     is_type(net, "openvswitch") || is_type(net, "vrf")) &&
	    port->state.known == LEND_KNOWN && strcmp(port->state.v.str, "down") == 0)
		return false;
	return !(is_type(net, "bridge") || is_type(net, "openvswitch")) ||
	       !lend_impact_is_guest_port(inv, &net->node, used);
}

/* Others name it still, but it was taken away before. */
static bool is_gone(const struct lend_node *used)
{
	const struct lend_fact *state;

	if (used->kind != LEND_KIND_BLOCK)
		return false;
	state = &lend_as_block(used)->state;
	return state->known == LEND_KNOWN && strcmp(state->v.str, "gone") == 0;
}

/* An uplink of a VMkernel NIC without a link carries nothing. */
static bool is_vmnic_down(const struct lend_node *node, const struct lend_node *used)
{
	const struct lend_fact *link = &lend_as_vmnic(used)->link;

	return node->kind == LEND_KIND_VMK && used->kind == LEND_KIND_VMNIC &&
	       link->known == LEND_KNOWN && lend_ascii_casecmp(link->v.str, "down") == 0;
}

/* A head of NVMe multipath stands on its paths; the functions are theirs. */
bool lend_impact_carries(const struct lend_inventory *inv, const struct lend_node *node,
			 const struct lend_node *used)
{
	const struct lend_block *block = lend_as_block(node);

	if (is_gone(used) || is_vmnic_down(node, used))
		return false;
	if (node->kind == LEND_KIND_NET)
		return net_carries(inv, lend_as_net(node), used);
	/* Gone, failed, offline: one that works has no state. */
	if (lend_impact_is_multipath(node) && used->kind == LEND_KIND_BLOCK)
		return lend_as_block(used)->state.known != LEND_KNOWN;
	if (node->kind != LEND_KIND_BLOCK || used->kind != LEND_KIND_PCI ||
	    block->type.known != LEND_KNOWN)
		return true;
	return strcmp(block->type.v.str, "nvme-head") != 0;
}

bool lend_impact_is_blind(const struct lend_node *node)
{
	switch (node->kind) {
	case LEND_KIND_FLAG:
	case LEND_KIND_IOMMU_GROUP:
	case LEND_KIND_LABEL:
	case LEND_KIND_NUMA:
	case LEND_KIND_QEMU:
	case LEND_KIND_VMD:
	case LEND_KIND_WANTED:
		return true;
	default:
		return node->guest != NULL;
	}
}
