/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether what a guest writes gets into its backing, and outlives a crash of
 * the host: model/persistence.h has the verdict, each rule one of its reasons.
 */

#include "model/persistence.h"
#include "model/kind-vm.h"
#include "rules/rules.h"

/* ---- of a device: its backend and backing ---- */

enum { PAGE_BYTES = 4096, MIB = 1 << 20 };

static const struct lend_backend *backend_of(const struct lend_view *view,
					     const struct lend_node *node)
{
	const struct lend_node *b = lend_used_of(view->inv, node, LEND_KIND_BACKEND);

	return b == NULL ? NULL : lend_as_backend(b);
}

static const struct lend_backing *backing_of(const struct lend_view *view,
					     const struct lend_node *node)
{
	const struct lend_backend *backend = backend_of(view, node);
	const struct lend_node *b =
		backend == NULL ? NULL
				: lend_used_of(view->inv, &backend->node, LEND_KIND_BACKING);

	return b == NULL ? NULL : lend_as_backing(b);
}

static bool has_backend(const struct lend_view *view, const struct lend_node *node)
{
	return backend_of(view, node) != NULL;
}

static bool is_backed_nvdimm(const struct lend_view *view, const struct lend_node *node)
{
	return lend_rule_is_nvdimm(view, node) && has_backend(view, node);
}

static enum lend_persists_why why_of(const struct lend_view *view, const struct lend_node *node)
{
	return lend_persistence_of(view->inv, lend_as_device(node)).why;
}

/* ---- does it get into the file? ---- */

static void shared(const struct lend_view *view, const struct lend_node *node,
		   struct lend_findings *out)
{
	const struct lend_backend *b = backend_of(view, node);
	const struct lend_fact *share;

	if (lend_is_on(&b->readonly) ||
	    (b->type.known == LEND_KNOWN && !lend_is_text(&b->type, "memory-backend-file")))
		return;
	share = lend_needed(out, node, &b->node, "share");
	if (share == NULL)
		return;
	if (!lend_is_on(share))
		lend_violated(out, node, "its backend has share=off");
	else if (lend_is_off(&b->mapped_shared))
		lend_violated(out, node, "QEMU has mapped a copy of its file");
}

static void pmem_with_share(const struct lend_view *view, const struct lend_node *node,
			    struct lend_findings *out)
{
	const struct lend_backend *b = backend_of(view, node);

	if (lend_is_on(&b->pmem) && lend_is_off(&b->share))
		lend_violated(out, node, "its backend has pmem=on without share=on");
}

static void no_discard(const struct lend_view *view, const struct lend_node *node,
		       struct lend_findings *out)
{
	if (lend_is_on(&backend_of(view, node)->discard_data))
		lend_violated(out, node, "its backend has discard-data=on");
}

static void is_raw(const struct lend_view *view, const struct lend_node *node,
		   struct lend_findings *out)
{
	const struct lend_backing *b = backing_of(view, node);

	if (b != NULL && b->format.known == LEND_KNOWN && !lend_is_text(&b->format, "raw"))
		lend_violated(out, node, "its backing is a disk image: %s", b->format.v.str);
}

static void libpmem(const struct lend_view *view, const struct lend_node *node,
		    struct lend_findings *out)
{
	const struct lend_node *vm = lend_user_of_kind(view->inv, node, LEND_KIND_VM);
	const struct lend_qemu *qemu = lend_persistence_qemu(view->inv);

	/* One that runs has it. */
	if (!lend_is_on(&backend_of(view, node)->pmem) || qemu == NULL ||
	    (vm != NULL && lend_as_vm(vm)->pid.known == LEND_KNOWN))
		return;
	if (lend_is_off(&qemu->pmem))
		lend_violated(
			out, node,
			"its backend has pmem=on, and this QEMU was built without libpmem");
	else if (!lend_is_on(&qemu->pmem))
		lend_untold(out, node,
			    "its backend has pmem=on, and whether its QEMU has libpmem could "
			    "not be asked");
}

static bool is_dax_device(const struct lend_backing *b)
{
	return lend_is_text(&b->type, "dax device") ||
	       (lend_is_text(&b->type, "character device") && lend_is_on(&b->dax));
}

/* One that runs has what it needs.  Of the others all is known: what is not there is not given.
 */
static void dax_step(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	const struct lend_node *vm = lend_user_of_kind(view->inv, node, LEND_KIND_VM);
	const struct lend_backing *b = backing_of(view, node);
	const struct lend_fact *align = &backend_of(view, node)->align_bytes;
	const struct lend_fact *step;
	bool given = align->known == LEND_KNOWN;

	if (b == NULL || !is_dax_device(b) ||
	    (vm != NULL && lend_as_vm(vm)->pid.known == LEND_KNOWN))
		return;
	step = lend_needed(out, node, &b->node, "align_bytes");
	if (step == NULL || step->known != LEND_KNOWN || step->v.u64 <= PAGE_BYTES ||
	    (given && align->v.u64 >= step->v.u64))
		return;
	lend_violated(
		out, node, "its DAX device is mapped in steps of %s, and its backend has %s",
		lend_size_words(out, step->v.u64), given ? "a smaller align=" : "no align=");
	if (step->v.u64 % MIB == 0)
		lend_cure(out, "align=%lluM", (unsigned long long)(step->v.u64 / MIB));
}

/* ---- does it outlive a crash? ---- */

static void on_dax(const struct lend_view *view, const struct lend_node *node,
		   struct lend_findings *out)
{
	switch (why_of(view, node)) {
	case LEND_PERSISTS_NO_DAX:
		lend_violated(out, node, "its backing is not on DAX but in the page cache");
		break;
	case LEND_PERSISTS_PMEM_OFF:
		/* Of a file that nobody tried. */
		if (backing_of(view, node)->dax.known != LEND_KNOWN)
			lend_untold(out, node, "whether its backing is on DAX is not known");
		break;
	case LEND_PERSISTS_LACKS_BACKING:
	case LEND_PERSISTS_LACKS_DAX:
	case LEND_PERSISTS_LACKS_DRIVER:
		lend_untold(out, node, "%s", lend_persistence_text(why_of(view, node)));
		break;
	default:
		break;
	}
}

static void no_block_device(const struct lend_view *view, const struct lend_node *node,
			    struct lend_findings *out)
{
	const struct lend_backing *b = backing_of(view, node);

	if (b != NULL && lend_is_text(&b->type, "block device"))
		lend_violated(out, node, "its backing is a block device");
}

static void map_sync(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	enum lend_persists_why why = why_of(view, node);
	const struct lend_backing *b = backing_of(view, node);

	switch (why) {
	case LEND_PERSISTS_PMEM_OFF:
		if (!lend_is_on(&b->dax) && !lend_is_on(&b->map_sync))
			break;
		lend_violated(out, node, "its file is on DAX, and its backend has no pmem=on");
		break;
	case LEND_PERSISTS_MAPPED_WITHOUT_SYNC:
		lend_violated(out, node,
			      "its file is on DAX, and QEMU has mapped it without MAP_SYNC");
		break;
	case LEND_PERSISTS_NO_MAP_SYNC:
	case LEND_PERSISTS_NO_LIBPMEM:
		lend_violated(out, node, "its file is on DAX, and %s",
			      lend_persistence_text(why));
		lend_cure(out, "a DAX device, or unarmed=on");
		break;
	case LEND_PERSISTS_LACKS_MAPPING:
	case LEND_PERSISTS_LACKS_MAP_SYNC:
	case LEND_PERSISTS_LACKS_PMEM:
	case LEND_PERSISTS_LACKS_LIBPMEM:
		lend_untold(out, node, "%s", lend_persistence_text(why));
		break;
	default:
		break;
	}
}

static void not_volatile(const struct lend_view *view, const struct lend_node *node,
			 struct lend_findings *out)
{
	enum lend_persists_why why = why_of(view, node);

	if (lend_is_on(&lend_as_device(node)->unarmed))
		return;
	switch (why) {
	case LEND_PERSISTS_MEMORY_BACKEND:
	case LEND_PERSISTS_FOLDER:
	case LEND_PERSISTS_MEMORY_FS:
	case LEND_PERSISTS_MEMORY_DEVICE:
	case LEND_PERSISTS_KMEM:
		lend_violated(out, node, "%s", lend_persistence_text(why));
		break;
	default:
		break;
	}
}

/* ---- what is said of it ---- */

static void readonly_unarmed(const struct lend_view *view, const struct lend_node *node,
			     struct lend_findings *out)
{
	if (lend_is_on(&backend_of(view, node)->readonly) &&
	    !lend_is_on(&lend_as_device(node)->unarmed))
		lend_violated(out, node, "its backend has readonly=on, and it is not unarmed");
}

static void unarmed_readonly(const struct lend_view *view, const struct lend_node *node,
			     struct lend_findings *out)
{
	if (lend_is_on(&lend_as_device(node)->unarmed) &&
	    lend_is_off(&backend_of(view, node)->readonly))
		lend_violated(out, node, "it is unarmed, and its backend has no readonly=on");
}

static void no_prealloc(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	const struct lend_backing *b = backing_of(view, node);

	if (lend_is_on(&backend_of(view, node)->prealloc) && b != NULL && lend_is_on(&b->dax))
		lend_violated(out, node,
			      "its backend has prealloc=on, and its backing is on DAX");
}

static const struct lend_fact *claim_of(const struct lend_view *view,
					const struct lend_node *node)
{
	const struct lend_node *vm = lend_user_of_kind(view->inv, node, LEND_KIND_VM);

	return vm == NULL ? NULL : &lend_as_vm(vm)->persistence;
}

static bool has_claim(const struct lend_view *view, const struct lend_node *node)
{
	const struct lend_fact *claimed = claim_of(view, node);

	return claimed != NULL && claimed->known == LEND_KNOWN &&
	       is_backed_nvdimm(view, node) && !lend_is_on(&lend_as_device(node)->unarmed);
}

static void claim(const struct lend_view *view, const struct lend_node *node,
		  struct lend_findings *out)
{
	const char *claimed = claim_of(view, node)->v.str;
	struct lend_persistence p = lend_persistence_of(view->inv, lend_as_device(node));

	if (p.verdict == LEND_PERSISTS_NOT)
		lend_violated(out, node,
			      "its VM has nvdimm-persistence=%s, which it does not keep: %s",
			      claimed, lend_persistence_text(p.why));
	else if (p.verdict == LEND_PERSISTS_CANNOT_TELL)
		lend_untold(out, node, "whether it keeps what nvdimm-persistence=%s says: %s",
			    claimed, lend_persistence_text(p.why));
}

static const struct lend_rule rules[] = {
	{
		.id = "share-on",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "A backend that the guest writes to has share=on",
		.why = "the guest writes and reads back what it wrote, and all of it is gone "
		       "when it is switched off: share is off when it is not said, in QEMU and "
		       "in libvirt",
		.hint = "share=on; <memory access='shared'> in libvirt",
		.proof = LEND_PROOF_LAB,
		.evidence = "backing-traps",
		.applies = has_backend,
		.check = shared,
	},
	{
		.id = "pmem-with-share",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "A backend with pmem=on has share=on, too",
		.why = "QEMU asks for MAP_SYNC only with both, and says nothing when one is "
		       "missing",
		.hint = "share=on",
		.proof = LEND_PROOF_LAB,
		.evidence = "backing-traps",
		.applies = has_backend,
		.check = pmem_with_share,
	},
	{
		.id = "no-discard-data",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "The backend of persistent memory has no discard-data=on",
		.why = "when QEMU ends, the whole file is zeroed",
		.hint = "leave discard-data out",
		.proof = LEND_PROOF_LAB,
		.evidence = "backing-traps",
		.applies = has_backend,
		.check = no_discard,
	},
	{
		.id = "backing-is-raw",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "What backs persistent memory is no disk image",
		.why = "it is mapped as it is: the guest sees the bytes of the format, and the "
		       "first that it writes make the image unreadable",
		.hint = "a raw file: lend pmem create, or qemu-img convert -O raw",
		.proof = LEND_PROOF_LAB,
		.evidence = "backing-traps",
		.applies = has_backend,
		.check = is_raw,
	},
	{
		.id = "libpmem-for-pmem",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "pmem=on is for a QEMU that was built with libpmem",
		.why = "another one does not know the option, and does not start",
		.hint = "leave pmem out, or take a QEMU with libpmem",
		.proof = LEND_PROOF_LAB,
		.evidence = "libpmem",
		.applies = has_backend,
		.check = libpmem,
	},
	{
		.id = "dax-device-aligned",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "A DAX device is mapped with an align= of its own step, mostly 2 MiB",
		.why = "the kernel maps it in whole steps at whole steps: QEMU, which takes pages "
		       "by itself, gets \"Invalid argument\" and does not start",
		.hint = "align=2M",
		.proof = LEND_PROOF_LAB,
		.evidence = "crash-proof",
		.applies = has_backend,
		.check = dax_step,
	},
	{
		.id = "backing-on-dax",
		.level = LEND_LEVEL_NOTE,
		.on = LEND_KIND_DEVICE,
		.must = "The backing of an NVDIMM is on DAX",
		.why = "what the guest flushes gets as far as the page cache of the host: a "
		       "crash of the host loses it, and the guest believed it safe",
		.hint = "a file on DAX, a DAX device, virtio-pmem, or unarmed=on",
		.proof = LEND_PROOF_LAB,
		.evidence = "crash-proof",
		.applies = is_backed_nvdimm,
		.check = on_dax,
	},
	{
		.id = "backing-no-block-device",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "The backing of an NVDIMM is no block device",
		.why = "a block device is mapped by the page cache, also one of pmem: MAP_SYNC "
		       "is impossible, and a crash of the host loses what was flushed",
		.hint = "the DAX device, or a file on a DAX file system",
		.proof = LEND_PROOF_LAB,
		.evidence = "crash-proof",
		.applies = is_backed_nvdimm,
		.check = no_block_device,
	},
	{
		.id = "dax-with-map-sync",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "A file on DAX is mapped with MAP_SYNC",
		.why = "blocks that are only reserved (fallocate) become the file's when they "
		       "are first written, and nothing makes that durable: a crash of the host "
		       "loses all that was flushed into them",
		.hint = "share=on,pmem=on",
		.proof = LEND_PROOF_LAB,
		.evidence = "crash-proof",
		.applies = is_backed_nvdimm,
		.check = map_sync,
	},
	{
		.id = "volatile-is-unarmed",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "An NVDIMM of ordinary memory is unarmed",
		.why = "the guest takes for persistent what is gone when the VM or the host "
		       "stops",
		.hint = "a file, or unarmed=on",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-labels",
		.applies = is_backed_nvdimm,
		.check = not_volatile,
	},
	{
		.id = "readonly-is-unarmed",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_DEVICE,
		.must = "An NVDIMM with a read-only backend is unarmed",
		.why = "QEMU does not start",
		.hint = "unarmed=on",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.applies = is_backed_nvdimm,
		.check = readonly_unarmed,
	},
	{
		.id = "unarmed-is-readonly",
		.level = LEND_LEVEL_NOTE,
		.on = LEND_KIND_DEVICE,
		.must = "What has to stay as it is has a read-only backend, not only unarmed=on",
		.why = "unarmed is a flag that the guest's driver honours: labels can be "
		       "written all the same, and QEMU has the file open for writing",
		.hint = "readonly=on, when nothing may be written",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-labels",
		.applies = is_backed_nvdimm,
		.check = unarmed_readonly,
	},
	{
		.id = "no-prealloc-on-pmem",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "On real persistent memory nothing is preallocated",
		.why = "QEMU touches every page at each start: it takes long, and wears the "
		       "medium",
		.hint = "leave prealloc out; reserve the blocks once with fallocate",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-host",
		.applies = has_backend,
		.check = no_prealloc,
	},
	{
		.id = "persistence-claim-holds",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_DEVICE,
		.must = "nvdimm-persistence says what the backings keep",
		.why = "it is only a claim to the guest, which QEMU holds against nothing",
		.hint = "leave nvdimm-persistence out, or unarmed=on for those that do not "
			"keep it",
		.proof = LEND_PROOF_LAB,
		.evidence = "backing-traps",
		.applies = has_claim,
		.check = claim,
	},
};

extern const struct lend_rules lend_rules_persistence;
const struct lend_rules lend_rules_persistence = {
	.subject = "persistence",
	.title = "Persistence",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
