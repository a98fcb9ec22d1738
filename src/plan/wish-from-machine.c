/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine of a command line: board, accelerator, processors, RAM, kernel. */

#include "base/num.h"
#include "format/nd-id.h"
#include "format/size.h"
#include "format/wish-yaml-rows.h"
#include "plan/wish-from-parts.h"

static const uint64_t default_ram_bytes = 128 << 20;

/* What QEMU takes for granted depends on what it is called (configure_accelerators). */
static const char *default_accel(const struct lend_qemu_args *args)
{
	const size_t len = args->argv0 == NULL ? 0 : strlen(args->argv0);

	return len >= 3 && strcmp(args->argv0 + len - 3, "kvm") == 0 ? "auto" : "tcg";
}

/* The wish's word for "kvm:tcg"; NULL when it has none. */
static const char *accel_word(const char *accel)
{
	bool kvm = false, tcg = false;

	for (size_t len; *accel != '\0'; accel += len + (accel[len] == ':')) {
		len = strcspn(accel, ":");
		if (len == 3 && memcmp(accel, "kvm", 3) == 0)
			kvm = true;
		else if (len == 3 && memcmp(accel, "tcg", 3) == 0)
			tcg = true;
		else
			return NULL;
	}
	if (kvm && tcg)
		return "auto";
	return kvm ? "kvm" : "tcg";
}

/* Several -accel are tried in turn: with a further one behind lend's own nothing is gained. */
static void take_accel(struct lend_wish_maker *m)
{
	if (m->args->accel == NULL) {
		m->wish->accel = default_accel(m->args);
		return;
	}
	m->wish->accel = accel_word(m->args->accel);
	if (m->wish->accel == NULL)
		return;
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (item->part != LEND_WISH_PART_ACCEL)
			continue;
		lend_wish_say(m, item, "accel thread");
		if (item->out->rest != NULL)
			lend_wish_note(m, "left out: %s of -accel %s", item->out->rest,
				       m->wish->accel);
		item->out->rest = NULL;
	}
}

static void take_machine(struct lend_wish_maker *m)
{
	const struct lend_qemu_args *args = m->args;
	const bool nvdimm = m->wish->n_pmem > 0;
	const char *machine = args->machine;
	bool type_said =
		machine == NULL || lend_wish_check_machine(m->arena, &machine, NULL) == 0;

	if (type_said)
		m->wish->machine =
			machine == NULL && lend_qemu_args_is_x86(args) ? "pc" : machine;
	if (args->nvdimm_persistence != NULL &&
	    lend_wish_is_one_of(args->nvdimm_persistence, "cpu mem-ctrl"))
		m->wish->nvdimm_persistence = args->nvdimm_persistence;
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		lend_auto_buf keys = { 0 };

		if (item->part != LEND_WISH_PART_MACHINE)
			continue;
		lend_buf_puts(&keys,
			      m->memory_said ? "memory.size memory.slots memory.max-size" : "");
		lend_buf_puts(&keys, type_said ? " type" : "");
		lend_buf_puts(&keys, m->wish->accel != NULL ? " accel" : "");
		lend_buf_puts(&keys,
			      m->wish->nvdimm_persistence != NULL ? " nvdimm-persistence" : "");
		lend_buf_puts(&keys, m->ram_said ? " memory-backend" : "");
		lend_buf_puts(&keys, m->pflash_said ? " pflash0 pflash1" : "");
		/* lend says it where the wish has an NVDIMM. */
		if (nvdimm || args->nvdimm == LEND_TRI_OFF)
			lend_buf_puts(&keys, " nvdimm");
		if (nvdimm && lend_wish_switch(item, "acpi") == LEND_TRI_OFF) {
			lend_buf_puts(&keys, " acpi");
			lend_wish_note(m,
				       "left out: acpi=off, with which QEMU refuses NVDIMMs");
		}
		if (item->is_pairs)
			lend_wish_say(m, item, keys.text);
	}
}

/* RAM that is nothing but RAM: QEMU makes the same without a word. */
static void take_plain_ram(struct lend_wish_maker *m, struct lend_opt_u64 size)
{
	struct lend_wish_item *ram = lend_wish_find(&m->objects, m->args->memory_backend);

	if (ram == NULL || !lend_wish_has_only(ram, "qom-type id size") ||
	    strcmp(lend_wish_get(ram, "qom-type"), "memory-backend-ram") != 0 || !size.has ||
	    size.v != m->wish->memory_bytes.v)
		return;
	m->ram_said = true;
	lend_wish_say(m, ram, NULL);
}

/* As much as a wish can ask for; -m 0 means the usual to QEMU. */
static bool is_memory(struct lend_opt_u64 size)
{
	return !size.has || (size.v >= 1 << 20 && size.v <= LEND_WISH_SIZE_MAX);
}

/* One that says something else than what was understood of it. */
static bool is_lost(const struct lend_wish_item *item)
{
	static const char *const keys[] = { "size", "maxmem", "slots" };

	if (item->part != LEND_WISH_PART_MEMORY)
		return false;
	for (size_t i = 0; i < LEND_COUNT(keys); i++) {
		const char *value = lend_wish_get(item, keys[i]);
		uint64_t number;

		if (value == NULL)
			continue;
		if (strcmp(keys[i], "slots") == 0
			    ? !lend_parse_u64(value, 0, &number)
			    : lend_size_parse(value, LEND_SIZE_QEMU_MIB, &number, NULL) < 0)
			return true;
	}
	return item->out->option.cut || !item->is_pairs;
}

static bool is_any_lost(struct lend_wish_maker *m)
{
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (is_lost(item))
			return true;
	}
	return false;
}

static bool take_sizes(struct lend_wish_maker *m)
{
	const struct lend_qemu_args *args = m->args;
	const struct lend_qemu_backend *ram =
		lend_qemu_args_backend(args, args->memory_backend);
	struct lend_opt_u64 size = args->ram_bytes;

	if (!size.has && ram != NULL)
		size = ram->size;
	else if ((!size.has && args->memory_backend == NULL) || (size.has && size.v == 0))
		size = lend_opt(default_ram_bytes);
	if (!is_memory(size) || !is_memory(args->maxmem_bytes) ||
	    (args->slots.has && args->slots.v > LEND_ND_QEMU_SLOTS))
		return false;
	m->wish->memory_bytes = size;
	m->wish->max_memory_bytes = args->maxmem_bytes;
	/* QEMU takes slots=0 for none. */
	if (args->slots.has && args->slots.v > 0)
		m->wish->slots = args->slots;
	if (ram != NULL)
		take_plain_ram(m, ram->size);
	return true;
}

static void take_memory(struct lend_wish_maker *m)
{
	if (is_any_lost(m)) {
		lend_wish_note(m, "the memory stays in qemu-args: -m is not understood");
		return;
	}
	m->memory_said = take_sizes(m);
	if (!m->memory_said) {
		lend_wish_note(
			m,
			"the memory stays in qemu-args: no wish can have so much, or so little");
		return;
	}
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (item->part == LEND_WISH_PART_MEMORY && item->is_pairs)
			lend_wish_say(m, item, "size slots maxmem");
	}
}

static struct lend_opt_u64 number_of(const struct lend_wish_item *item, const char *key)
{
	const char *value = lend_wish_get(item, key);
	struct lend_opt_u64 number = { 0 };

	number.has = value != NULL && lend_parse_u64(value, 0, &number.v);
	return number;
}

/* cpus=, or how many the topology makes. */
static struct lend_opt_u64 cpus_of(const struct lend_wish_item *item)
{
	static const char *const levels[] = { "sockets", "dies", "clusters", "cores",
					      "threads" };
	struct lend_opt_u64 cpus = number_of(item, "cpus");

	if (cpus.has || lend_wish_get(item, "cpus") != NULL ||
	    lend_wish_get(item, "maxcpus") != NULL)
		return cpus;
	cpus = lend_opt(1);
	for (size_t i = 0; i < LEND_COUNT(levels) && cpus.has; i++) {
		if (lend_wish_get(item, levels[i]) == NULL)
			continue;
		cpus.has = number_of(item, levels[i]).has &&
			   lend_mul_u64(cpus.v, number_of(item, levels[i]).v, &cpus.v);
	}
	return cpus;
}

/* QEMU merges several -smp: what no key says can stand in one of its own. */
static void take_smp(struct lend_wish_maker *m)
{
	m->wish->cpus = lend_opt(1);
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		struct lend_opt_u64 cpus;

		if (item->part != LEND_WISH_PART_SMP || !item->is_pairs)
			continue;
		cpus = cpus_of(item);
		if (!cpus.has || cpus.v == 0 || cpus.v > LEND_WISH_CPUS_MAX)
			continue;
		m->wish->cpus = cpus;
		lend_wish_say(m, item, "cpus");
		if (cpus.v == 1 && lend_wish_has_only(item, "cpus sockets cores threads"))
			lend_wish_say(m, item, NULL); /* one is one of each */
	}
}

/* A text that QEMU takes as it stands. */
static const char *take_single(struct lend_wish_maker *m, const char *name,
			       lend_wish_check_text *check)
{
	struct lend_wish_item *item = lend_wish_last(m, name);
	const char *text;

	if (item == NULL || item->out->option.cut || *item->value == '\0')
		return NULL;
	text = item->value;
	if ((check != NULL && check(m->arena, &text, NULL) < 0) || !lend_wish_is_text(text))
		return NULL;
	lend_wish_say(m, item, NULL);
	return text;
}

/* Without -cpu QEMU takes its own (target/i386/cpu.h), and lend would take another one. */
static void take_cpu(struct lend_wish_maker *m)
{
	const char *argv0 = m->args->argv0 == NULL ? "" : m->args->argv0;

	m->wish->cpu = take_single(m, "-cpu", NULL);
	if (m->args->cpu == NULL && lend_qemu_args_is_x86(m->args))
		m->wish->cpu = strstr(argv0, "i386") != NULL ? "qemu32" : "qemu64";
}

static void take_kernel(struct lend_wish_maker *m)
{
	struct lend_wish_item *kernel = lend_wish_last(m, "-kernel");
	struct lend_wish_item *initrd = lend_wish_last(m, "-initrd");
	const char *path;

	if (kernel == NULL)
		return;
	m->wish->kernel = lend_wish_path(m, kernel->value);
	if (m->wish->kernel == NULL)
		return;
	lend_wish_say(m, kernel, NULL);
	m->wish->append = take_single(m, "-append", NULL);
	/* "a,b" are two modules of multiboot. */
	path = initrd == NULL || strchr(initrd->value, ',') != NULL
		       ? NULL
		       : lend_wish_path(m, initrd->value);
	if (path != NULL) {
		m->wish->initrd = path;
		lend_wish_say(m, initrd, NULL);
	}
}

static void take_name(struct lend_wish_maker *m)
{
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (item->part == LEND_WISH_PART_NAME && item->is_pairs)
			lend_wish_say(m, item, "guest");
	}
}

void lend_wish_from_machine(struct lend_wish_maker *m)
{
	take_accel(m);
	take_memory(m);
	take_machine(m);
	take_smp(m);
	m->wish->uuid = take_single(m, "-uuid", lend_wish_check_uuid);
	take_cpu(m);
	take_kernel(m);
	take_name(m);
}
