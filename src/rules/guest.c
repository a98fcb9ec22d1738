/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest does with its persistent memory. */

#include "model/kind-guest.h"
#include "rules/rules.h"

/* Nobody asks a guest that was only given as a file, or a capture. */
static bool was_asked(const struct lend_view *view, const struct lend_node *node)
{
	const struct lend_guest *guest = lend_as_guest(node);

	(void)view;
	return guest->fstab_pmem.known != LEND_NOT_ASKED ||
	       guest->scripts_pmem.known != LEND_NOT_ASKED;
}

static void by_uuid(const struct lend_view *view, const struct lend_node *node,
		    struct lend_findings *out)
{
	const struct lend_fact *mounted = &lend_as_guest(node)->fstab_pmem;
	const struct lend_fact *scripts = &lend_as_guest(node)->scripts_pmem;

	(void)view;
	if (mounted->known == LEND_KNOWN)
		lend_violated(out, node, "its /etc/fstab mounts %s", mounted->v.str);
	if (scripts->known == LEND_KNOWN) {
		lend_violated(out, node, "its own files name %s", scripts->v.str);
		lend_cure(out, "/dev/disk/by-uuid/UUID or UUID= of blkid instead");
	}
	if (mounted->known == LEND_KNOWN || scripts->known == LEND_KNOWN)
		return;
	if (mounted->known == LEND_UNREADABLE)
		lend_untold(out, node, "what its /etc/fstab mounts is not known: %s",
			    mounted->v.str);
	else if (scripts->known == LEND_UNREADABLE)
		lend_untold(out, node, "what its scripts name is not known: %s",
			    scripts->v.str);
}

static const struct lend_rule rules[] = {
	{
		.id = "guest-mounts-by-uuid",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_GUEST,
		.must = "A guest names persistent memory by UUID, not as /dev/pmemN",
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
