/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest does with its persistent memory. */

#include "model/kind-guest.h"
#include "rules/rules.h"

/* Nobody asks a guest that was only given as a file, or a capture. */
static bool was_asked(const struct lend_view *view, const struct lend_node *node)
{
	(void)view;
	return lend_as_guest(node)->fstab_pmem.known != LEND_NOT_ASKED;
}

static void by_uuid(const struct lend_view *view, const struct lend_node *node,
		    struct lend_findings *out)
{
	const struct lend_fact *named = &lend_as_guest(node)->fstab_pmem;

	(void)view;
	if (named->known == LEND_KNOWN)
		lend_violated(out, node, "its /etc/fstab mounts %s", named->v.str);
	else if (named->known == LEND_UNREADABLE)
		lend_untold(out, node, "what its /etc/fstab mounts is not known: %s",
			    named->v.str);
}

static const struct lend_rule rules[] = {
	{
		.id = "guest-mounts-by-uuid",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_GUEST,
		.must = "A guest mounts persistent memory by UUID, not as /dev/pmemN",
		.why = "N counts regions in the order in which Linux finds them: after one more "
		       "NVDIMM, another slot or another id= the same name is another one, and "
		       "what was to go into one file system goes into another",
		.hint = "UUID= of blkid instead of /dev/pmemN, in the guest's /etc/fstab",
		.proof = LEND_PROOF_LAB,
		.evidence = "swapped-ids",
		.applies = was_asked,
		.check = by_uuid,
	},
};

extern const struct lend_rules lend_rules_guest;
const struct lend_rules lend_rules_guest = {
	.subject = "guest",
	.title = "In the guest",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
