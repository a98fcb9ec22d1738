/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-route.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_route, to, LEND_HIDE_NAME,
		"default, or what it leads to"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_route, via, LEND_HIDE_NAME,
		"the next host"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_route, dev, "interface, or several that share the traffic"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_route, table, "routing table; those of a VRF are tables, too"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_route, metric, "of several routes to one place, the lowest counts"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_route, origin, "who made it: kernel, static, dhcp ..."),
	LEND_FIELD(LEND_FIELD_TEXT, lend_route, rule, "the first rule that leads to its table; without one the route is not in use"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_route;
const struct lend_kind_info lend_kind_route = {
	.name = "route",
	.help = "routes of the host",
	.size = sizeof(struct lend_route),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
