/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the loss of a thing means for the host. */

#include "model/impact-inside.h"
#include "model/kind-address.h"
#include "model/kind-block.h"
#include "model/kind-boot.h"
#include "model/kind-mount.h"
#include "model/kind-net.h"
#include "model/kind-route.h"
#include "model/kind-vm.h"

/* Without these a host does not come up (file-hierarchy(7)). */
static bool is_needed_to_boot(const char *path)
{
	static const char *const paths[] = { "/",     "/usr", "/etc",     "/var",
					     "/boot", "/efi", "/boot/efi" };

	for (size_t i = 0; i < LEND_COUNT(paths); i++) {
		if (strcmp(paths[i], path) == 0)
			return true;
	}
	return false;
}

static void mount_stake(const struct lend_mount *mount, struct lend_impact_hit *hit,
			enum lend_impact_level level)
{
	hit->shown = true;
	hit->now = level;
	if (mount->space.known == LEND_KNOWN)
		return; /* the root of a container */
	if (mount->path.known == LEND_KNOWN && is_needed_to_boot(mount->path.v.str))
		hit->boot = level == LEND_IMPACT_LOST ? LEND_IMPACT_UNBOOTABLE : level;
}

/* Nothing happens before the host boots; a part of a pool is not worth a line when the pool is.
 */
static void boot_stake(const struct lend_boot_want *want, struct lend_impact_hit *hit,
		       enum lend_impact_level level)
{
	bool required = want->required.known == LEND_KNOWN && want->required.v.u64 != 0;

	hit->shown = want->spare.known != LEND_KNOWN;
	hit->boot = required && level == LEND_IMPACT_LOST ? LEND_IMPACT_UNBOOTABLE : level;
}

/* A disk that nobody uses is no loss; what lies on it is not there any more, and that is said.
 */
static bool has_users(const struct lend_inventory *inv, const struct lend_node *node)
{
	return lend_user_of(inv, node, 0) != NULL;
}

/* There it outlives a boot that a device was given away. */
static bool is_of_esxi(const struct lend_vm *vm)
{
	return vm->hypervisor.known == LEND_KNOWN && strcmp(vm->hypervisor.v.str, "esxi") == 0;
}

static bool is_text(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}

/* Each interface has an address and a route to its own wire, made by the kernel: no loss. */
static bool is_of_the_wire(const struct lend_node *node)
{
	const struct lend_fact *scope = &lend_as_address(node)->scope;

	if (node->kind == LEND_KIND_ROUTE)
		return is_text(&lend_as_route(node)->origin, "kernel");
	return is_text(scope, "link") || is_text(scope, "host");
}

/* The rules are known, and none of them leads to its table. */
static bool is_in_no_use(const struct lend_node *node)
{
	return node->kind == LEND_KIND_ROUTE && lend_as_route(node)->rule.known == LEND_ABSENT;
}

/* Ports that carry nothing are those of VMs and containers. */
static bool has_guests(const struct lend_inventory *inv, const struct lend_impact_hit *hit)
{
	const struct lend_fact *type = &lend_as_net(hit->node)->type;
	const struct lend_node *used;
	uint32_t n = 0;

	if (is_text(type, "macvtap") || is_text(type, "ipvtap"))
		return true;
	if (!is_text(type, "bridge") && !is_text(type, "openvswitch"))
		return false;
	for (size_t i = 0; (used = lend_used_by(inv, hit->node, i)) != NULL; i++)
		n += used->kind == LEND_KIND_NET &&
		     lend_impact_is_guest_port(inv, hit->node, used);
	return n > 0;
}

static void net_stake(const struct lend_inventory *inv, struct lend_impact_hit *hit,
		      enum lend_impact_level level)
{
	if (lend_as_net(hit->node)->space.known == LEND_KNOWN) {
		/* Nothing is there by itself: somebody has moved it. */
		hit->shown = true;
		hit->now = hit->boot = level;
		return;
	}
	hit->shown = level == LEND_IMPACT_DEGRADED ? hit->lost > 0 && has_users(inv, hit->node)
						   : has_guests(inv, hit);
	hit->now = hit->boot = hit->shown ? level : LEND_IMPACT_NONE;
}

void lend_impact_stake(const struct lend_inventory *inv, struct lend_impact_hit *hit,
		       enum lend_impact_level level)
{
	switch (hit->node->kind) {
	case LEND_KIND_MOUNT:
		mount_stake(lend_as_mount(hit->node), hit, level);
		break;
	case LEND_KIND_BOOT:
		boot_stake(lend_as_boot(hit->node), hit, level);
		break;
	case LEND_KIND_ROLE:
		hit->shown = true;
		hit->now = hit->boot = level;
		break;
	case LEND_KIND_EXPORT:
	case LEND_KIND_PROCESS:
	case LEND_KIND_SWAP:
		hit->shown = true;
		hit->now = level;
		break;
	case LEND_KIND_VM:
		hit->shown = true;
		hit->now = level;
		if (is_of_esxi(lend_as_vm(hit->node)))
			hit->boot = level;
		break;
	case LEND_KIND_DATASTORE:
	case LEND_KIND_SYSTEM:
	case LEND_KIND_VMK:
		lend_impact_esx_stake(hit, level);
		break;
	case LEND_KIND_VMNIC:
		lend_impact_vmnic_stake(hit, level);
		break;
	case LEND_KIND_BLOCK:
		/* What lies on an array or a pool tells more than the array. */
		hit->shown = level == LEND_IMPACT_DEGRADED && hit->lost > 0 &&
			     has_users(inv, hit->node);
		hit->now = hit->shown ? level : LEND_IMPACT_NONE;
		/* Nothing stops, and the data are gone from here. */
		hit->shown = hit->shown || lend_as_block(hit->node)->holds.known == LEND_KNOWN;
		break;
	case LEND_KIND_NET:
		net_stake(inv, hit, level);
		break;
	case LEND_KIND_ADDRESS:
	case LEND_KIND_ROUTE:
		/* What is there now is expected then, and its interface is still away. */
		hit->shown = !is_of_the_wire(hit->node) && !is_in_no_use(hit->node);
		hit->now = hit->boot = hit->shown ? level : LEND_IMPACT_NONE;
		break;
	case LEND_KIND_SESSION:
		hit->shown = true;
		hit->now = level == LEND_IMPACT_LOST ? LEND_IMPACT_LOCKS_OUT : level;
		hit->boot = hit->now; /* nor can you come back in this way */
		break;
	default:
		break;
	}
}
