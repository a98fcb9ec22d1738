/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes and addresses, and what a guest makes of them (model/predict-effects.c). */

#include <inttypes.h>

#include "base/num.h"
#include "model/kind-backend.h"
#include "model/kind-backing.h"
#include "model/kind-device.h"
#include "rules/rules.h"

static const uint64_t label_min = (uint64_t)128 << 10;
static const uint64_t section = (uint64_t)2 << 20;
static const uint64_t step = (uint64_t)16 << 20;
static const uint64_t block = (uint64_t)128 << 20;
static const uint64_t page = 4096;

static void label_minimum(const struct lend_view *view, const struct lend_node *node,
			  struct lend_findings *out)
{
	const struct lend_fact *label = &lend_as_device(node)->label_bytes;

	(void)view;
	if (label->known == LEND_KNOWN && label->v.u64 < label_min)
		lend_violated(out, node, "its label-size is %s",
			      lend_size_words(out, label->v.u64));
}

/* ndctl asks for its step where a label describes the namespace, the kernel for sections. */
static uint64_t base_step(const struct lend_device *d)
{
	return d->label_bytes.known == LEND_ABSENT ? section : step;
}

static void base_on_step(const struct lend_view *view, const struct lend_node *node,
			 struct lend_findings *out)
{
	const struct lend_fact *base = &lend_as_device(node)->address;

	(void)view;
	if (base->known == LEND_KNOWN && base->v.u64 % base_step(lend_as_device(node)) != 0)
		lend_violated(out, node, "it begins at 0x%" PRIx64, base->v.u64);
}

static void size_on_step(const struct lend_view *view, const struct lend_node *node,
			 struct lend_findings *out)
{
	const struct lend_fact *size = &lend_as_device(node)->size_bytes;
	const struct lend_fact *label = &lend_as_device(node)->label_bytes;
	uint64_t good;

	(void)view;
	if (size->known != LEND_KNOWN || size->v.u64 % step == 0)
		return;
	lend_violated(out, node, "the guest gets %s of it", lend_size_words(out, size->v.u64));
	if (lend_align_up(size->v.u64, block, &good) && label->known == LEND_KNOWN &&
	    lend_add_u64(good, label->v.u64, &good))
		lend_cure(out,
			  "size=%" PRIu64 " of the backend: whole 128 MiB, then the label area",
			  good);
}

static void base_on_block(const struct lend_view *view, const struct lend_node *node,
			  struct lend_findings *out)
{
	const struct lend_fact *base = &lend_as_device(node)->address;

	(void)view;
	if (base->known == LEND_KNOWN && base->v.u64 % base_step(lend_as_device(node)) == 0 &&
	    base->v.u64 % block != 0)
		lend_violated(out, node, "it begins at 0x%" PRIx64, base->v.u64);
}

static void size_on_block(const struct lend_view *view, const struct lend_node *node,
			  struct lend_findings *out)
{
	const struct lend_fact *size = &lend_as_device(node)->size_bytes;

	(void)view;
	if (size->known == LEND_KNOWN && size->v.u64 % step == 0 && size->v.u64 % block != 0)
		lend_violated(out, node, "the guest gets %s of it",
			      lend_size_words(out, size->v.u64));
}

static bool is_file_backend(const struct lend_view *view, const struct lend_node *node)
{
	(void)view;
	return lend_is_text(&lend_as_backend(node)->type, "memory-backend-file") &&
	       lend_user_of_kind(view->inv, node, LEND_KIND_DEVICE) != NULL;
}

static void whole_pages(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	const struct lend_fact *size = &lend_as_backend(node)->size_bytes;

	(void)view;
	if (size->known == LEND_KNOWN && size->v.u64 % page != 0)
		lend_violated(out, node, "its size is %" PRIu64 " bytes", size->v.u64);
}

static void large_enough(const struct lend_view *view, const struct lend_node *node,
			 struct lend_findings *out)
{
	const struct lend_backend *backend = lend_as_backend(node);
	const struct lend_node *backing = lend_used_of(view->inv, node, LEND_KIND_BACKING);
	const struct lend_fact *offset = &backend->offset_bytes;
	uint64_t end = offset->known == LEND_KNOWN ? offset->v.u64 : 0;
	const struct lend_fact *size;

	if (backing == NULL || backend->size_bytes.known != LEND_KNOWN ||
	    !lend_is_text(&lend_as_backing(backing)->type, "file"))
		return;
	size = lend_needed(out, node, backing, "size_bytes");
	if (size == NULL || size->known != LEND_KNOWN ||
	    !lend_add_u64(end, backend->size_bytes.v.u64, &end) || size->v.u64 >= end ||
	    size->v.u64 == 0)
		return;
	lend_violated(out, node, "%s has %" PRIu64 " bytes, and %" PRIu64 " are asked for",
		      backing->name, size->v.u64, end);
	lend_cure(out, "truncate -s %" PRIu64 " %s, or a smaller size=", end, backing->name);
}

static const struct lend_rule rules[] = {
	{
		.id = "label-size-minimum",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "A label area has at least 128 KiB",
		.why = "QEMU does not start: label-size \"is required at least 0x20000\"; 0 is "
		       "refused, too",
		.hint = "label-size=2M, or leave label-size out",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.needs = "label_bytes",
		.applies = lend_rule_is_nvdimm,
		.check = label_minimum,
	},
	{
		.id = "dimm-base-aligned",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "An NVDIMM with labels begins at a multiple of 16 MiB of the guest's "
			"memory, one without at one of 2 MiB",
		.why = "ndctl in the guest cannot make fsdax or devdax namespaces on it: "
		       "\"misaligned to 16M, adjust region alignment and retry\"; QEMU puts one "
		       "DIMM right behind the other without its label area",
		.hint = "size= of the DIMM in front: whole 128 MiB and its label area; or addr=",
		.proof = LEND_PROOF_LAB,
		.evidence = "recipe, guide",
		.needs = "address label_bytes",
		.applies = lend_rule_is_nvdimm,
		.check = base_on_step,
	},
	{
		.id = "dimm-size-aligned",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "What the guest gets of an NVDIMM is a multiple of 16 MiB",
		.why = "ndctl in the guest cannot make fsdax or devdax namespaces on it, and the "
		       "DIMM behind it begins where none can be made, either",
		.hint = "size= of the backend: whole 128 MiB and the label area",
		.proof = LEND_PROOF_LAB,
		.evidence = "recipe, guide",
		.needs = "size_bytes label_bytes",
		.applies = lend_rule_is_nvdimm,
		.check = size_on_step,
	},
	{
		.id = "dimm-base-whole-block",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "An NVDIMM begins at a multiple of 128 MiB of the guest's memory",
		.why = "Linux on x86 adds memory in blocks of 128 MiB: a DIMM of ordinary memory "
		       "that is plugged in behind it is refused",
		.hint = "sizes of whole 128 MiB and the label area",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.needs = "address label_bytes",
		.applies = lend_rule_is_nvdimm,
		.check = base_on_block,
	},
	{
		.id = "dimm-size-whole-block",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "What the guest gets of an NVDIMM is a multiple of 128 MiB",
		.why = "what is plugged in behind it begins at no block of 128 MiB, and Linux "
		       "adds ordinary memory in such blocks alone",
		.hint = "size= of the backend: whole 128 MiB and the label area",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.needs = "size_bytes",
		.applies = lend_rule_is_nvdimm,
		.check = size_on_block,
	},
	{
		.id = "backend-whole-pages",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_BACKEND,
		.must = "The size of a backend is a multiple of 4 KiB",
		.why = "QEMU 9.1 and newer do not start: \"memory size must be multiple of 4 "
		       "KiB\"",
		.hint = "round size= up, and the file with it",
		.proof = LEND_PROOF_DOCS,
		.evidence = "backends/hostmem.c of QEMU 9.1 (5d9a9a6170)",
		.unproven = "the QEMU of Debian 12 is 7.2, which takes any size",
		.needs = "size_bytes",
		.applies = is_file_backend,
		.check = whole_pages,
	},
	{
		.id = "backing-large-enough",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_BACKEND,
		.must = "The file of a backend has as many bytes as size= and offset= ask for",
		.why = "QEMU does not start; when the file was cut short while it runs, the guest "
		       "that touches what is missing kills its VM",
		.hint = "truncate -s SIZE FILE",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.needs = "size_bytes",
		.applies = is_file_backend,
		.check = large_enough,
	},
};

extern const struct lend_rules lend_rules_geometry;
const struct lend_rules lend_rules_geometry = {
	.subject = "geometry",
	.title = "Sizes and addresses",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
