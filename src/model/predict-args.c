/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a QEMU command line to the question, and from the answer to facts. */

#include "model/predict.h"

#include "base/num.h"
#include "model/build.h"
#include "model/kind-device.h"
#include "model/kind-vm.h"

static const uint64_t default_ram_bytes = 128 << 20;
static const uint64_t page_bytes = 4096;
/* QEMU asks for huge pages under anonymous memory (QEMU_VMALLOC_ALIGN). */
static const uint64_t anonymous_align = 2 << 20;
/* -m is rounded up to this. */
static const uint64_t ram_unit = 8192;

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* "pc", "pc-i440fx-7.2", "q35", "pc-q35-rhel9.2.0"; those before 3.0 place memory differently.
 */
enum lend_predict_board lend_predict_board_of(const char *machine)
{
	static const struct {
		const char *start;
		enum lend_predict_board board;
	} families[] = {
		{ "pc-i440fx-", LEND_BOARD_PC },
		{ "pc-q35-", LEND_BOARD_Q35 },
	};

	/* Without -machine, qemu-system-x86_64 takes pc. */
	if (machine == NULL || strcmp(machine, "pc") == 0)
		return LEND_BOARD_PC;
	if (strcmp(machine, "q35") == 0)
		return LEND_BOARD_Q35;
	for (size_t i = 0; i < LEND_COUNT(families); i++) {
		const char *version = machine + strlen(families[i].start);

		if (starts_with(machine, families[i].start) &&
		    !((version[0] == '1' || version[0] == '2') && version[1] == '.'))
			return families[i].board;
	}
	return LEND_BOARD_UNKNOWN;
}

static struct lend_opt_u64 ram_of(const struct lend_qemu_args *args)
{
	const struct lend_qemu_backend *backend =
		lend_qemu_args_backend(args, args->memory_backend);
	struct lend_opt_u64 ram = lend_opt(default_ram_bytes);

	if (args->ram_bytes.has)
		ram = args->ram_bytes;
	else if (args->memory_backend != NULL)
		ram = backend == NULL ? (struct lend_opt_u64){ 0 } : backend->size;
	if (!lend_align_up(ram.v, ram_unit, &ram.v))
		ram.has = false;
	return ram;
}

static bool is_about_memory(const char *option)
{
	static const char *const options[] = { "-machine", "-M",      "-m",
					       "-object",  "-device", "-set" };

	for (size_t i = 0; i < LEND_COUNT(options); i++) {
		if (strcmp(option, options[i]) == 0)
			return true;
	}
	return false;
}

static const char *why_not(const struct lend_qemu_args *args)
{
	if (!lend_qemu_args_is_x86(args))
		return "only x86 machines are known";
	if (args->has_readconfig)
		return "a config file says more than the command line";
	if (args->moves_memory)
		return "the machine has options that move its memory";
	for (size_t i = 0; i < args->n_remarks; i++) {
		if (args->remarks[i].kind != LEND_QEMU_OLD_SPELLING &&
		    is_about_memory(args->remarks[i].option))
			return "some of the command line was not understood";
	}
	return NULL;
}

static struct lend_opt_u64 align_of(const struct lend_qemu_backend *b)
{
	bool file = strcmp(b->type, "memory-backend-file") == 0;

	if (strcmp(b->type, "memory-backend-ram") == 0)
		return lend_opt(anonymous_align);
	if (file && b->path != NULL && strstr(b->path, "huge") != NULL)
		return (struct lend_opt_u64){
			0
		}; /* likely hugetlbfs; its pages are not known */
	if (file)
		return lend_opt(b->align.has && b->align.v != 0 ? b->align.v : page_bytes);
	if (strcmp(b->type, "memory-backend-memfd") == 0 && b->hugetlb != LEND_TRI_ON)
		return lend_opt(page_bytes);
	return (struct lend_opt_u64){ 0 };
}

static bool driver_of(const char *driver, enum lend_predict_driver *ret)
{
	*ret = LEND_PREDICT_OTHER;
	if (driver == NULL)
		return false;
	if (strcmp(driver, "nvdimm") == 0)
		*ret = LEND_PREDICT_NVDIMM;
	else if (strcmp(driver, "pc-dimm") == 0)
		*ret = LEND_PREDICT_PC_DIMM;
	else if (starts_with(driver, "virtio-pmem"))
		*ret = LEND_PREDICT_VIRTIO_PMEM;
	else
		return starts_with(driver, "virtio-mem") || strcmp(driver, "hv-balloon") == 0;
	return true;
}

static void add_backend(const struct lend_qemu_args *args,
			const struct lend_predict_options *options,
			struct lend_predict_device *d)
{
	const struct lend_qemu_backend *b = lend_qemu_args_backend(args, d->memdev);

	if (b == NULL)
		return;
	d->has_backend = true;
	d->is_memory = strcmp(b->type, "memory-backend-file") != 0;
	d->is_devdax = b->path != NULL && starts_with(b->path, "/dev/dax");
	d->backend_bytes = b->size;
	d->align_bytes = align_of(b);
	d->share = b->share == LEND_TRI_ON;
	d->pmem = b->pmem == LEND_TRI_ON;
	d->readonly = b->readonly == LEND_TRI_ON;
	d->discard_data = b->discard_data == LEND_TRI_ON;
	if (options->new_files && !d->is_devdax && d->label_bytes.has)
		d->labels = LEND_LABELS_BLANK;
}

static void add_device(struct lend_arena *arena, const struct lend_qemu_args *args, size_t i,
		       const struct lend_predict_options *options, struct lend_predict *p)
{
	const struct lend_qemu_device *from = &args->devices[i];
	struct lend_predict_device *d;
	enum lend_predict_driver driver;

	if (!driver_of(from->driver, &driver))
		return;
	d = LEND_PUSH(arena, p->devices, p->n_devices, p->cap_devices);
	*d = (struct lend_predict_device){
		.id = from->id,
		.memdev = from->memdev,
		.driver = driver,
		.later = i >= options->n_started,
		.want_slot = from->slot,
		.want_address = from->address,
		.label_bytes = from->label_bytes,
		.unarmed = from->unarmed == LEND_TRI_ON,
	};
	add_backend(args, options, d);
}

void lend_predict_args(struct lend_arena *arena, const struct lend_qemu_args *args,
		       const struct lend_predict_options *options, struct lend_predict *ret)
{
	struct lend_predict *p = ret;

	*p = (struct lend_predict){
		.machine = {
			.board = lend_predict_board_of(args->machine),
			.nvdimm = args->nvdimm == LEND_TRI_ON,
			.nvdimm_is_bare = args->nvdimm_is_bare,
			.ram_bytes = ram_of(args),
			.slots = args->slots,
			.maxmem_bytes = args->maxmem_bytes,
		},
		.cannot_tell = why_not(args),
	};
	for (int json = 0; json < 2; json++) {
		for (size_t i = 0; i < args->n_devices; i++) {
			if (args->devices[i].json == (json == 1))
				add_device(arena, args, i, options, p);
		}
	}
	lend_predict_layout(arena, p);
}

static void put(struct lend_build *build, const struct lend_vm *vm, struct lend_node *node,
		struct lend_fact *fact, struct lend_opt_u64 value)
{
	/* A dispute between those who saw it is not for us to settle. */
	if (value.has && fact->known == LEND_NOT_ASKED)
		lend_build_u64(build, node, fact,
			       lend_build_sighting(build, LEND_PREDICTED, "predict", "cmdline",
						   vm->node.id),
			       value.v);
}

void lend_predict_vm(struct lend_build *build, const struct lend_vm *vm,
		     const struct lend_qemu_args *args)
{
	const struct lend_predict_options options = { .n_started = SIZE_MAX };
	struct lend_arena memory = { 0 };
	struct lend_predict p;

	lend_predict_args(&memory, args, &options, &p);
	for (size_t i = 0; i < p.n_devices && !p.refused; i++) {
		const struct lend_predict_device *d = &p.devices[i];
		struct lend_node *node = NULL;
		struct lend_device *device;

		if (d->id != NULL)
			node = lend_build_find(
				build, LEND_KIND_DEVICE, NULL,
				lend_arena_printf(&memory, "%s:%s", vm->node.name, d->id));
		else if (d->memdev != NULL)
			node = lend_build_find(
				build, LEND_KIND_DEVICE, NULL,
				lend_arena_printf(&memory, "%s:@%s", vm->node.name, d->memdev));
		if (node == NULL)
			continue;
		device = (struct lend_device *)node;
		put(build, vm, node, &device->slot, d->slot);
		put(build, vm, node, &device->address, d->address);
		put(build, vm, node, &device->size_bytes, d->guest_bytes);
	}
	lend_arena_done(&memory);
}
