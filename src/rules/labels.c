/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Label areas, and whether the guest finds its namespaces by them. */

#include <inttypes.h>

#include "model/kind-device.h"
#include "rules/rules.h"

static bool has_area(const struct lend_view *view, const struct lend_node *node)
{
	const struct lend_device *d = lend_as_device(node);

	(void)view;
	return lend_is_text(&d->driver, "nvdimm") && d->label_bytes.known != LEND_ABSENT;
}

static void of_this_slot(const struct lend_view *view, const struct lend_node *node,
			 struct lend_findings *out)
{
	const struct lend_device *d = lend_as_device(node);

	(void)view;
	if (d->label_slot.known != LEND_KNOWN || d->slot.known != LEND_KNOWN ||
	    d->label_slot.v.u64 == d->slot.v.u64)
		return;
	lend_violated(out, node,
		      "its labels were written in slot %" PRIu64 ", and it is in slot %" PRIu64,
		      d->label_slot.v.u64, d->slot.v.u64);
	lend_cure(out, "slot=%" PRIu64, d->label_slot.v.u64);
}

static void of_this_size(const struct lend_view *view, const struct lend_node *node,
			 struct lend_findings *out)
{
	const struct lend_device *d = lend_as_device(node);
	const struct lend_fact *elsewhere = &d->label_elsewhere;

	(void)view;
	if (elsewhere->known == LEND_KNOWN) {
		lend_violated(out, node, "there are labels in it, of a DIMM with %s",
			      elsewhere->v.str);
		lend_cure(out, "%s", elsewhere->v.str);
	} else if (elsewhere->known == LEND_UNREADABLE) {
		lend_untold(out, node, "whether there are labels of another size in it: %s",
			    elsewhere->v.str);
	} else if (elsewhere->known != LEND_ABSENT && d->label_state.known == LEND_KNOWN &&
		   strncmp(d->label_state.v.str, "none", 4) == 0) {
		lend_untold(out, node,
			    "whether there are labels of another size in it is not known");
	}
}

static void not_blank(const struct lend_view *view, const struct lend_node *node,
		      struct lend_findings *out)
{
	(void)view;
	/* Index blocks would be the end of labels that are elsewhere: another rule. */
	if (lend_is_text(&lend_as_device(node)->label_state, "none") &&
	    lend_as_device(node)->label_elsewhere.known != LEND_KNOWN)
		lend_violated(out, node, "its label area is blank");
}

static void not_data(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	(void)view;
	if (lend_is_text(&lend_as_device(node)->label_state, "none, other data"))
		lend_violated(
			out, node,
			"where its label area is to be there are other data, and no labels");
}

static void not_damaged(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	(void)view;
	if (lend_is_text(&lend_as_device(node)->label_state, "damaged"))
		lend_violated(out, node, "neither of its two index blocks is valid");
}

static void not_torn(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	(void)view;
	if (lend_is_text(&lend_as_device(node)->label_state, "one index torn"))
		lend_violated(out, node, "one of its two index blocks is not valid");
}

static const struct lend_rule rules[] = {
	{
		.id = "labels-of-this-slot",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "An NVDIMM is in the slot in which its labels were written",
		.why = "QEMU makes the serial number from the slot, and Linux ignores all labels "
		       "of another one: the namespaces are gone, and the next mkfs takes what "
		       "was in them",
		.hint = "slot=N",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-labels",
		.needs = "label_state",
		.applies = has_area,
		.check = of_this_slot,
	},
	{
		.id = "labels-of-this-size",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "size= and label-size= of an NVDIMM are those that its labels were "
			"written with",
		.why = "the label area is the last of size=, not of the file: with another size= "
		       "or label-size= the guest does not find it, and shows one raw namespace "
		       "over all; the next mkfs takes what was there",
		.hint = "size= and label-size= as before; lend pmem grow moves the labels",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-labels",
		.applies = lend_rule_is_nvdimm,
		.check = of_this_size,
	},
	{
		.id = "labels-not-blank",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "A label area has index blocks before the guest uses it",
		.why = "one raw namespace fills the region, and plain ndctl create-namespace says "
		       "\"No space left on device\"",
		.hint = "lend pmem create makes them; or ndctl init-labels in the guest, once",
		.proof = LEND_PROOF_LAB,
		.evidence = "recipe, rules-labels",
		.needs = "label_state",
		.applies = has_area,
		.check = not_blank,
	},
	{
		.id = "labels-hide-nothing",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "Where the label area is to be there is nothing, or labels",
		.why = "the guest does not see those bytes any more, and the first ndctl "
		       "init-labels or create-namespace writes over them",
		.hint = "leave label-size out, or make the backing larger by the label area",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-labels",
		.needs = "label_state",
		.applies = has_area,
		.check = not_data,
	},
	{
		.id = "labels-valid",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "At least one of the two index blocks is valid",
		.why = "the guest finds none of its namespaces, and shows one raw namespace over "
		       "all of them",
		.hint = "lend pmem inspect FILE, before anything writes to it",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-labels",
		.needs = "label_state",
		.applies = has_area,
		.check = not_damaged,
	},
	{
		.id = "labels-both-valid",
		.level = LEND_LEVEL_NOTE,
		.on = LEND_KIND_DEVICE,
		.must = "Both index blocks are valid",
		.why = "the guest uses the valid one and writes the other anew; a crash in the "
		       "middle of that leaves none",
		.hint = "make or rename a namespace in the guest: it writes the other one",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-labels",
		.needs = "label_state",
		.applies = has_area,
		.check = not_torn,
	},
};

extern const struct lend_rules lend_rules_labels;
const struct lend_rules lend_rules_labels = {
	.subject = "labels",
	.title = "Labels",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
