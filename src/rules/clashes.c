/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands twice on a command line, or is wanted and not there: QEMU does not start. */

#include <inttypes.h>

#include "model/kind-device.h"
#include "model/kind-vm.h"
#include "rules/rules.h"

static bool is_qemu(const struct lend_view *view, const struct lend_node *node)
{
	(void)view;
	return lend_is_text(&lend_as_vm(node)->hypervisor, "qemu");
}

static void ids_once(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	const struct lend_fact *ids = &lend_as_vm(node)->double_ids;

	(void)view;
	if (ids->known == LEND_KNOWN)
		lend_violated(out, node, "more than one has the id %s", ids->v.str);
}

static void memdev_once(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	const struct lend_fact *memdevs = &lend_as_vm(node)->double_memdevs;

	(void)view;
	if (memdevs->known == LEND_KNOWN)
		lend_violated(out, node, "more than one device has the backend %s",
			      memdevs->v.str);
}

static void memdev_there(const struct lend_view *view, const struct lend_node *node,
			 struct lend_findings *out)
{
	const struct lend_fact *memdevs = &lend_as_vm(node)->missing_memdevs;

	(void)view;
	if (memdevs->known == LEND_KNOWN)
		lend_violated(out, node, "no -object makes the backend %s", memdevs->v.str);
}

/* Told of the later one, which is the one that QEMU says it of. */
static void slot_once(const struct lend_view *view, const struct lend_node *node,
		      struct lend_findings *out)
{
	const struct lend_device *device = lend_as_device(node);

	if (device->slot.known != LEND_KNOWN || device->vm.known != LEND_KNOWN)
		return;
	for (const struct lend_node *at = NULL;
	     (at = lend_next_of(view->inv, LEND_KIND_DEVICE, at)) != NULL && at != node;) {
		const struct lend_device *other = lend_as_device(at);

		if (other->slot.known != LEND_KNOWN ||
		    other->slot.v.u64 != device->slot.v.u64 ||
		    !lend_is_text(&other->vm, device->vm.v.str))
			continue;
		lend_violated(out, node, "%s has slot %" PRIu64 ", too", other->node.name,
			      device->slot.v.u64);
		return;
	}
}

static const struct lend_rule rules[] = {
	{
		.id = "slot-used-once",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "No two NVDIMMs of a VM have the same slot",
		.why = "QEMU does not start: \"slot 1 is busy\"",
		.hint = "another slot=, or none: then QEMU takes the first that is free",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.applies = lend_rule_is_nvdimm,
		.check = slot_once,
	},
	{
		.id = "memdev-used-once",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_VM,
		.must = "No two devices have the same memory backend",
		.why = "QEMU does not start: \"can't use already busy memdev\"",
		.hint = "an -object of its own for each device",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.applies = is_qemu,
		.check = memdev_once,
	},
	{
		.id = "memdev-there",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_VM,
		.must = "Each memory device has a backend that is made",
		.why = "QEMU does not start: \"not found\"",
		.hint = "-object memory-backend-file,id=... with that id",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.applies = is_qemu,
		.check = memdev_there,
	},
	{
		.id = "ids-used-once",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_VM,
		.must = "No two devices, and no two backends have the same id",
		.why = "QEMU does not start: \"Duplicate ID\", \"attempt to add duplicate "
		       "property\"",
		.hint = "another id=",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.applies = is_qemu,
		.check = ids_once,
	},
};

extern const struct lend_rules lend_rules_clashes;
const struct lend_rules lend_rules_clashes = {
	.subject = "clashes",
	.title = "What stands twice, or nowhere",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
