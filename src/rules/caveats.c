/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is not wrong, and takes people by surprise. */

#include "base/num.h"
#include "model/kind-device.h"
#include "model/kind-vm.h"
#include "rules/rules.h"

static const struct lend_device *next_nvdimm(const struct lend_view *view,
					     const struct lend_node *vm,
					     const struct lend_node **at)
{
	while ((*at = lend_next_of(view->inv, LEND_KIND_DEVICE, *at)) != NULL) {
		const struct lend_device *d = lend_as_device(*at);

		if (lend_is_text(&d->vm, vm->name) && lend_is_text(&d->driver, "nvdimm"))
			return d;
	}
	return NULL;
}

static bool has_nvdimms(const struct lend_view *view, const struct lend_node *vm)
{
	const struct lend_node *at = NULL;

	return lend_is_text(&lend_as_vm(vm)->hypervisor, "qemu") &&
	       next_nvdimm(view, vm, &at) != NULL;
}

/* "2 GiB of NVDIMMs"; without a number where one is not known. */
static const char *all_of(const struct lend_view *view, const struct lend_node *vm,
			  struct lend_findings *out)
{
	const struct lend_node *at = NULL;
	const struct lend_device *d;
	uint64_t sum = 0;

	while ((d = next_nvdimm(view, vm, &at)) != NULL) {
		if (d->size_bytes.known != LEND_KNOWN ||
		    !lend_add_u64(sum, d->size_bytes.v.u64, &sum))
			return "all of its NVDIMMs";
	}
	return lend_arena_printf(lend_findings_arena(out), "%s of NVDIMMs",
				 lend_size_words(out, sum));
}

static const char untold[] = "how it was started is not known";

static bool is_unknown(const struct lend_fact *fact)
{
	return fact->known != LEND_KNOWN && fact->known != LEND_ABSENT;
}

static void migration(const struct lend_view *view, const struct lend_node *node,
		      struct lend_findings *out)
{
	const struct lend_fact *incoming = &lend_as_vm(node)->incoming;

	if (is_unknown(incoming))
		lend_untold(out, node, "%s", untold);
	if (incoming->known == LEND_KNOWN)
		lend_violated(out, node,
			      "it waits for a migration (-incoming %s), which copies %s",
			      incoming->v.str, all_of(view, node, out));
}

static void rollback(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	const struct lend_fact *words = &lend_as_vm(node)->rollback;

	if (is_unknown(words))
		lend_untold(out, node, "%s", untold);
	if (lend_is_text(words, "-loadvm"))
		lend_violated(out, node, "-loadvm writes what was saved over %s",
			      all_of(view, node, out));
	else if (words->known == LEND_KNOWN)
		lend_violated(out, node,
			      "%s forgets what is written to disks, and not what is written to "
			      "%s",
			      words->v.str, all_of(view, node, out));
}

static const struct lend_rule rules[] = {
	{
		.id = "pmem-not-migrated",
		.level = LEND_LEVEL_NOTE,
		.on = LEND_KIND_VM,
		.must = "A VM with NVDIMMs is not migrated without a thought for them",
		.why = "an NVDIMM is memory to QEMU: all of it is read, and sent but for "
		       "zeros, labels too; on the other host a backing that is missing is made, "
		       "empty, and where both hosts see one file both write to it",
		.hint = "stop the guest and copy its backings; or have them there, and accept "
			"the time that it takes",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-copies",
		.applies = has_nvdimms,
		.check = migration,
	},
	{
		.id = "pmem-not-rolled-back",
		.level = LEND_LEVEL_NOTE,
		.on = LEND_KIND_VM,
		.must = "Disks and NVDIMMs of a VM go back to an older state together",
		.why = "savevm saves NVDIMMs as memory, and loadvm writes them back over what is "
		       "in the backing; -snapshot and snapshots of disks leave NVDIMMs out, and "
		       "the two sides of the guest's data are then of different times",
		.hint = "stop the guest, and copy its backings together with its disks",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-copies",
		.applies = has_nvdimms,
		.check = rollback,
	},
};

extern const struct lend_rules lend_rules_caveats;
const struct lend_rules lend_rules_caveats = {
	.subject = "caveats",
	.title = "Copies and snapshots",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
