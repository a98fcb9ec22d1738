/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-session.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_session, client, LEND_HIDE_NAME,
		"where it comes from"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_session, server, LEND_HIDE_NAME,
		"the address of the host that it uses"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_session, established, "the kernel has that connection now"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_session, by, "how it was found"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_session;
const struct lend_kind_info lend_kind_session = {
	.name = "session",
	.help = "sessions over the network",
	.size = sizeof(struct lend_session),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
