/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-net.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_net, type, "ethernet, bond, team, bridge, vlan, macvlan, vrf, openvswitch, tun, loopback ..."),
	LEND_FIELD(LEND_FIELD_TEXT, lend_net, state, "up, down ..., as the kernel has it"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_net, mac, LEND_HIDE_SERIAL,
		"hardware address"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_net, master, "the bond, bridge, team or VRF it is a part of"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_net, function, "address of the PCI function it is of"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_net, bond_mode, "how a bond uses its interfaces"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_net, bond_active, "the one that a bond uses now"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_net, bond_min_links, "with fewer interfaces a bond is down"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_net, space, LEND_HIDE_NAME,
		"whose network namespace it is in, when it is not our own"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_net;
const struct lend_kind_info lend_kind_net = {
	.name = "net",
	.help = "network interfaces",
	.size = sizeof(struct lend_net),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
