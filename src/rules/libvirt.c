/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt makes of a domain that somebody else wrote. */

#include "model/kind-backend.h"
#include "model/kind-backing.h"
#include "model/kind-device.h"
#include "model/kind-vm.h"
#include "rules/rules.h"

static bool has_written(const struct lend_view *view, const struct lend_node *node)
{
	(void)view;
	return lend_as_backend(node)->written_bytes.known == LEND_KNOWN;
}

static void whole(const struct lend_view *view, const struct lend_node *node,
		  struct lend_findings *out)
{
	const struct lend_backend *b = lend_as_backend(node);
	const struct lend_node *user = lend_user_of_kind(view->inv, node, LEND_KIND_DEVICE);
	const struct lend_fact *label =
		user == NULL ? NULL : &lend_as_device(user)->label_bytes;

	if (b->size_bytes.known != LEND_KNOWN || b->size_bytes.v.u64 == b->written_bytes.v.u64)
		return;
	lend_violated(out, node, "it is defined with %s, which become %s at its next start%s",
		      lend_size_words(out, b->written_bytes.v.u64),
		      lend_size_words(out, b->size_bytes.v.u64),
		      label != NULL && label->known == LEND_KNOWN && label->v.u64 != 0
			      ? ", with the label area behind that"
			      : "");
	lend_cure(out, "<size unit='KiB'>%llu</size>, and a backing of that length",
		  (unsigned long long)(b->size_bytes.v.u64 >> 10));
}

static const struct lend_vm *vm_of(const struct lend_view *view, const struct lend_node *node)
{
	const struct lend_node *at = NULL;

	while ((at = lend_next_of(view->inv, LEND_KIND_VM, at)) != NULL) {
		if (lend_is_text(&lend_as_backend(node)->vm, at->name))
			return lend_as_vm(at);
	}
	return NULL;
}

static bool is_filled(const struct lend_view *view, const struct lend_node *node)
{
	const struct lend_vm *vm = vm_of(view, node);

	return vm != NULL && vm->libvirt.known == LEND_KNOWN &&
	       lend_is_on(&lend_as_backend(node)->prealloc) &&
	       lend_used_of(view->inv, node, LEND_KIND_BACKING) != NULL;
}

static void no_holes(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	const struct lend_node *at = lend_used_of(view->inv, node, LEND_KIND_BACKING);
	const struct lend_backing *backing = lend_as_backing(at);
	const struct lend_fact *used;

	if (!lend_is_text(&backing->type, "file") || backing->size_bytes.known != LEND_KNOWN)
		return;
	used = lend_needed(out, node, at, "allocated_bytes");
	if (used != NULL && used->known == LEND_KNOWN &&
	    used->v.u64 < backing->size_bytes.v.u64)
		lend_violated(out, node,
			      "%s of %s are holes, which libvirt has filled when the "
			      "domain starts",
			      lend_size_words(out, backing->size_bytes.v.u64 - used->v.u64),
			      at->name);
}

static const struct lend_rule rules[] = {
	{
		.id = "libvirt-size-whole",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_BACKEND,
		.must = "An NVDIMM of a domain is a whole number of 2 MiB, labels included",
		.why = "libvirt rounds it up when the domain starts: a backing that is as long as "
		       "the definition says is too short then, and in a longer one the label "
		       "area is looked for at another place, so namespaces are gone",
		.hint = "a size that is a multiple of 2 MiB, and a backing of that length",
		.proof = LEND_PROOF_LAB,
		.evidence = "libvirt",
		.applies = has_written,
		.check = whole,
	},
	{
		.id = "libvirt-fills-nothing",
		.level = LEND_LEVEL_NOTE,
		.on = LEND_KIND_BACKEND,
		.must = "The backing of a domain's NVDIMM has its blocks before the first start",
		.why = "an NVDIMM without <pmem/> gets prealloc=on from libvirt, so QEMU touches "
		       "all of it: a sparse file is filled, the start takes that long, and fails "
		       "with \"Bad address\" where the file system is full by then",
		.hint = "fallocate -l SIZE FILE; <pmem/> where it is on DAX",
		.proof = LEND_PROOF_LAB,
		.evidence = "libvirt",
		.applies = is_filled,
		.check = no_holes,
	},
};

extern const struct lend_rules lend_rules_libvirt;
const struct lend_rules lend_rules_libvirt = {
	.subject = "libvirt",
	.title = "Domains of libvirt",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
