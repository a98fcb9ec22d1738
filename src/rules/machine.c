/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a QEMU machine needs before any NVDIMM can be in it. */

#include <inttypes.h>

#include "base/num.h"
#include "model/kind-backend.h"
#include "model/kind-device.h"
#include "model/kind-vm.h"
#include "rules/rules.h"

static const struct lend_device *next_device(const struct lend_view *view,
					     const struct lend_node *vm,
					     const struct lend_node **at, bool nvdimm)
{
	while ((*at = lend_next_of(view->inv, LEND_KIND_DEVICE, *at)) != NULL) {
		const struct lend_device *d = lend_as_device(*at);

		if (lend_is_text(&d->vm, vm->name) &&
		    (!nvdimm || lend_rule_is_nvdimm(view, *at)))
			return d;
	}
	return NULL;
}

static bool has_nvdimms(const struct lend_view *view, const struct lend_node *vm)
{
	const struct lend_node *at = NULL;

	return lend_is_text(&lend_as_vm(vm)->hypervisor, "qemu") &&
	       next_device(view, vm, &at, true) != NULL;
}

static void nvdimm_on(const struct lend_view *view, const struct lend_node *node,
		      struct lend_findings *out)
{
	(void)view;
	if (lend_is_off(&lend_as_vm(node)->nvdimm))
		lend_violated(out, node, "it has an NVDIMM, and its machine is not nvdimm=on");
}

/* hw/i386/microvm.c, hw/i386/pc.c: no NFIT is made, and none of them says so. */
static void has_nfit(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	static const char *const without[] = { "microvm", "isapc", "none" };
	const struct lend_vm *vm = lend_as_vm(node);

	(void)view;
	for (size_t i = 0; i < LEND_COUNT(without); i++) {
		if (lend_is_text(&vm->machine, without[i]))
			lend_violated(out, node,
				      "a machine of type %s has no table that tells the guest "
				      "of NVDIMMs",
				      without[i]);
	}
}

static void acpi_on(const struct lend_view *view, const struct lend_node *node,
		    struct lend_findings *out)
{
	(void)view;
	if (lend_is_off(&lend_as_vm(node)->acpi))
		lend_violated(out, node, "ACPI is off");
}

static void slots_enough(const struct lend_view *view, const struct lend_node *node,
			 struct lend_findings *out)
{
	const struct lend_vm *vm = lend_as_vm(node);
	const struct lend_node *at = NULL;
	uint64_t slots = vm->slots.known == LEND_KNOWN ? vm->slots.v.u64 : 0;
	const struct lend_device *d;
	uint64_t n = 0, most = 0;

	while ((d = next_device(view, node, &at, true)) != NULL) {
		n++;
		if (d->slot.known == LEND_KNOWN && d->slot.v.u64 >= most)
			most = d->slot.v.u64 + 1;
	}
	most = n > most ? n : most;
	if (slots >= most)
		return;
	lend_violated(out, node,
		      "it has %" PRIu64 " slots, and its NVDIMMs need %" PRIu64 " of them",
		      slots, most);
	lend_cure(out, "-m slots=%" PRIu64 " or more; slots: in a wish", most);
}

/*
 * What is missing may be why it is not known: QEMU would not start.  Then it
 * is what the backend leaves beside the label area; false: not known, and told.
 */
static bool guest_bytes(const struct lend_view *view, const struct lend_node *node,
			const struct lend_device *d, struct lend_findings *out, uint64_t *ret)
{
	const struct lend_node *backend = lend_used_of(view->inv, &d->node, LEND_KIND_BACKEND);
	const struct lend_fact *size = &d->size_bytes;
	uint64_t label = d->label_bytes.known == LEND_KNOWN ? d->label_bytes.v.u64 : 0;

	if (size->known != LEND_KNOWN && size->known != LEND_ABSENT && backend != NULL &&
	    lend_as_backend(backend)->size_bytes.known == LEND_KNOWN &&
	    lend_as_backend(backend)->size_bytes.v.u64 >= label) {
		*ret = lend_as_backend(backend)->size_bytes.v.u64 - label;
		return true;
	}
	size = lend_needed(out, node, &d->node, "size_bytes");
	if (size != NULL)
		*ret = size->known == LEND_KNOWN ? size->v.u64 : 0;
	return size != NULL;
}

static void maxmem_enough(const struct lend_view *view, const struct lend_node *node,
			  struct lend_findings *out)
{
	const struct lend_vm *vm = lend_as_vm(node);
	const struct lend_node *at = NULL;
	uint64_t sum = vm->ram_bytes.v.u64;
	const struct lend_device *d;

	if (vm->ram_bytes.known != LEND_KNOWN)
		return;
	while ((d = next_device(view, node, &at, false)) != NULL) {
		uint64_t size;

		if (!guest_bytes(view, node, d, out, &size) || !lend_add_u64(sum, size, &sum))
			return;
	}
	if (vm->maxmem_bytes.known == LEND_KNOWN && vm->maxmem_bytes.v.u64 >= sum)
		return;
	lend_violated(out, node, "its memory and its NVDIMMs are %s, and maxmem is %s",
		      lend_size_words(out, sum),
		      lend_size_words(out, vm->maxmem_bytes.known == LEND_KNOWN
						   ? vm->maxmem_bytes.v.u64
						   : 0));
	lend_cure(out, "-m maxmem=%" PRIu64 "M or more; max-memory: in a wish",
		  (sum + (1 << 20) - 1) >> 20);
}

static void room_left(const struct lend_view *view, const struct lend_node *node,
		      struct lend_findings *out)
{
	const struct lend_vm *vm = lend_as_vm(node);
	const struct lend_node *at = NULL;
	uint64_t n = 0;

	while (next_device(view, node, &at, true) != NULL)
		n++;
	if (vm->slots.known == LEND_KNOWN && vm->slots.v.u64 == n)
		lend_violated(out, node, "all %" PRIu64 " slots are taken", n);
}

/* Models of target/i386/cpu.c without clflushopt and clwb. */
static void cpu_flushes(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	static const char *const old[] = {
		"qemu64",    "qemu32",     "kvm64",       "kvm32",      "core2duo",
		"coreduo",   "pentium",    "pentium2",    "pentium3",   "486",
		"n270",      "athlon",     "phenom",      "Conroe",     "Penryn",
		"Nehalem",   "Westmere",   "SandyBridge", "IvyBridge",  "Haswell",
		"Broadwell", "Opteron_G1", "Opteron_G2",  "Opteron_G3", "Opteron_G4",
		"Opteron_G5"
	};
	const char *cpu = lend_as_vm(node)->cpu.known == LEND_KNOWN
				  ? lend_as_vm(node)->cpu.v.str
				  : "qemu64";
	size_t len = strcspn(cpu, ",");

	(void)view;
	if (strstr(cpu, "clwb") != NULL || strstr(cpu, "clflushopt") != NULL)
		return;
	for (size_t i = 0; i < LEND_COUNT(old); i++) {
		if (strlen(old[i]) == len && strncmp(cpu, old[i], len) == 0)
			lend_violated(
				out, node, "the CPU model %s has only clflush%s", old[i],
				lend_as_vm(node)->cpu.known == LEND_KNOWN
					? ""
					: ", and it is what QEMU takes when none is said");
	}
}

static const struct lend_rule rules[] = {
	{
		.id = "machine-nvdimm-on",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_VM,
		.must = "A VM with an NVDIMM has a machine with nvdimm=on",
		.why = "QEMU does not start; in a VM that was started without it no NVDIMM can "
		       "be plugged in, either",
		.hint = "-machine q35,nvdimm=on",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.needs = "nvdimm",
		.applies = has_nvdimms,
		.check = nvdimm_on,
	},
	{
		.id = "machine-has-nfit",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_VM,
		.must = "The type of machine makes an NFIT, by which a guest finds NVDIMMs",
		.why = "such a machine takes the device without an error, and its guest never "
		       "sees it",
		.hint = "-machine q35,nvdimm=on",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.needs = "machine",
		.applies = has_nvdimms,
		.check = has_nfit,
	},
	{
		.id = "machine-acpi-on",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_VM,
		.must = "A VM with an NVDIMM has ACPI",
		.why = "QEMU does not start: \"memory hotplug is not enabled\"",
		.hint = "leave acpi=off and -no-acpi out; <features><acpi/></features> in libvirt",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.needs = "acpi",
		.applies = has_nvdimms,
		.check = acpi_on,
	},
	{
		.id = "machine-slots-enough",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_VM,
		.must = "A VM has a memory slot for each of its NVDIMMs",
		.why = "QEMU does not start, or does not take the one that is plugged in",
		.hint = "-m slots=N",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.applies = has_nvdimms,
		.check = slots_enough,
	},
	{
		.id = "machine-maxmem-enough",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_VM,
		.must = "maxmem is no less than memory, NVDIMMs and virtio-pmem together",
		.why = "QEMU does not start: \"not enough space\"",
		.hint = "-m maxmem=SIZE",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.applies = has_nvdimms,
		.check = maxmem_enough,
	},
	{
		.id = "machine-room-left",
		.level = LEND_LEVEL_NOTE,
		.on = LEND_KIND_VM,
		.must = "A VM with NVDIMMs has a slot free for one more",
		.why = "slots are given at the start: without one, the next NVDIMM needs a "
		       "restart",
		.hint = "more slots and maxmem; room: in a wish",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.applies = has_nvdimms,
		.check = room_left,
	},
	{
		.id = "cpu-flushes-well",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_VM,
		.must = "The guest's CPU has clwb or clflushopt",
		.why = "with clflush alone each flush of a cache line waits for the one before, "
		       "and persistent writes are several times slower",
		.hint = "-cpu host with KVM, -cpu max without",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-machine",
		.applies = has_nvdimms,
		.check = cpu_flushes,
	},
};

extern const struct lend_rules lend_rules_machine;
const struct lend_rules lend_rules_machine = {
	.subject = "machine",
	.title = "What a machine needs",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
