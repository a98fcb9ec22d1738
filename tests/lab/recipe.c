/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The recipe of the QEMU vNVDIMM guide, in small: sizes that include the
 * label, label areas left blank, a third DIMM without share=on.  Each thing
 * that model/predict says of its command line is tried here.
 */

#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "model/predict.h"
#include "prove.h"

enum { PRIVATE = 4 /* its slot, and place in the list */ };

static const struct lab_dimm wish[] = {
	/* Good sizes first, so that what stands behind them is where they end. */
	{ .id = "blank", .slot = 0, .pmem_bytes = LAB_UNIT, .label_bytes = 2 * LAB_MIB },
	{ .id = "none", .slot = 1, .pmem_bytes = LAB_UNIT },
	/* The guide's. */
	{ .id = "mem1",
	  .slot = 2,
	  .pmem_bytes = LAB_UNIT - 2 * LAB_MIB,
	  .label_bytes = 2 * LAB_MIB },
	{ .id = "mem2",
	  .slot = 3,
	  .pmem_bytes = LAB_UNIT - 2 * LAB_MIB,
	  .label_bytes = 2 * LAB_MIB },
	{ .id = "private", .slot = PRIVATE, .pmem_bytes = LAB_UNIT, .is_private = true },
	{ .id = "pushed", .slot = 5, .pmem_bytes = LAB_UNIT, .label_bytes = 2 * LAB_MIB },
	{ .id = "odd", .slot = 6, .pmem_bytes = 16 * LAB_MIB + 128 * 1024 },
	{ .id = "off", .slot = 7, .pmem_bytes = 16 * LAB_MIB },
};

/* The number of the region of a slot; regions are not numbered by slot. */
static int region_of(struct lab *lab, struct lab_vm *vm, unsigned int slot, char *ret_number,
		     size_t size, struct lend_err *err)
{
	lend_auto_json struct lend_json *list = NULL;
	const char *name;

	if (lab_guest_list(lab, vm, &list, err) < 0)
		return -1;
	name = lend_json_str(lend_json_get(
		lab_guest_region(list, lend_json_str(lend_json_get(
					       lab_guest_dimm(list, slot + 1), "dev"))),
		"dev"));
	if (name == NULL || strncmp(name, "region", 6) != 0)
		return lend_fail(err, LEND_E_REMOTE, "no region for slot %u", slot);
	(void)snprintf(ret_number, size, "%s", name + 6);
	return 0;
}

/* what is "-e namespace%s.0 -f" or "-r region%s".  0: ndctl made it; 1: it did not. */
static int make_fsdax(struct lab *lab, struct lab_vm *vm, unsigned int slot, const char *what,
		      struct lend_err *err)
{
	struct lend_err said = { 0 };
	lend_auto_buf out = { 0 };
	lend_auto_buf script = { 0 };
	char number[16];

	if (region_of(lab, vm, slot, number, sizeof(number), err) < 0)
		return -1;
	lend_buf_puts(&script, "ndctl create-namespace -m fsdax ");
	lend_buf_printf(&script, what, number);
	if (lab_sh(lab, vm, lend_buf_text(&script), &out, &said) == 0)
		return 0;
	lab_note("slot %u: %s", slot, said.what);
	return 1;
}

static int init_labels(struct lab *lab, struct lab_vm *vm, unsigned int slot,
		       struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	char number[16];
	char script[192];

	if (region_of(lab, vm, slot, number, sizeof(number), err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script),
		       "r=region%s; d=$(cut -d, -f1 /sys/bus/nd/devices/$r/mapping0); "
		       "ndctl disable-region $r && ndctl init-labels -f $d && "
		       "ndctl enable-region $r",
		       number);
	return lab_sh(lab, vm, script, &out, err);
}

/* What model/predict says of the command line of vm. */
static void forecast(struct lend_arena *arena, const struct lab_vm *vm,
		     struct lend_predict *ret)
{
	static const struct lend_predict_options options = { .n_started = SIZE_MAX,
							     .new_files = true };
	struct lend_qemu_args *args = LEND_NEW(arena, struct lend_qemu_args);
	lend_auto_buf words = { 0 };
	lend_auto_buf lines = { 0 };

	for (size_t i = 0; vm->argv[i] != NULL; i++)
		lend_buf_put(&words, vm->argv[i], strlen(vm->argv[i]) + 1);
	lend_qemu_args_parse(arena, lend_buf_text(&words), words.len, args);
	lend_predict_args(arena, args, &options, ret);
	lend_predict_lines(ret, &lines);
	lab_note("%s", lend_buf_text(&lines));
}

static bool is_u64(const struct lend_json *object, const char *key, struct lend_opt_u64 want)
{
	uint64_t value;

	return want.has && lend_json_u64(lend_json_get(object, key), &value) && value == want.v;
}

/* QEMU's own list. */
static int check_layout(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			const struct lend_predict *p, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	const struct lend_json *list;

	if (lab_vm_qmp(lab, vm, "{\"execute\":\"query-memory-devices\"}", &doc, err) < 0)
		return -1;
	list = lend_json_get(doc, "return");
	(void)lab_ok(tap, lend_json_count(list) == p->n_devices && p->cannot_tell == NULL,
		     "forecast: so many devices");
	for (size_t i = 0; i < p->n_devices && i < lend_json_count(list); i++) {
		const struct lend_predict_device *d = &p->devices[i];
		const struct lend_json *data = lend_json_get(lend_json_at(list, i), "data");
		const char *id = lend_json_str(lend_json_get(data, "id"));

		(void)lab_ok(tap,
			     id != NULL && strcmp(id, d->id) == 0 &&
				     is_u64(data, "slot", d->slot) &&
				     is_u64(data, "addr", d->address) &&
				     is_u64(data, "size", d->guest_bytes),
			     "forecast: slot, address, size of %s as in QEMU", d->id);
	}
	return 0;
}

/* One raw namespace over the whole region, which is what missing or blank labels give. */
static bool is_filled(const struct lend_json *region, const struct lend_predict_device *d)
{
	const struct lend_json *list = lend_json_get(region, "namespaces");
	const struct lend_json *namespace = lend_json_at(list, 0);
	const char *mode = lend_json_str(lend_json_get(namespace, "mode"));

	return lend_json_count(list) == 1 && mode != NULL && strcmp(mode, "raw") == 0 &&
	       is_u64(namespace, "size", d->guest_bytes);
}

/* ndctl does not list it. */
static int check_address(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			 const struct lend_predict_device *d, struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	char number[16];
	char script[96];
	uint64_t at = 0;

	if (region_of(lab, vm, (unsigned int)d->slot.v, number, sizeof(number), err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script), "cat /sys/bus/nd/devices/region%s/resource",
		       number);
	if (lab_sh(lab, vm, script, &out, err) < 0)
		return -1;
	(void)lab_ok(tap,
		     lend_parse_u64n(lend_buf_text(&out), strcspn(lend_buf_text(&out), "\n"), 0,
				     &at) &&
			     d->address.has && at == d->address.v,
		     "forecast: address of %s as in the guest", d->id);
	return 0;
}

static int check_guest(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		       const struct lend_predict *p, struct lend_err *err)
{
	lend_auto_json struct lend_json *list = NULL;

	if (lab_guest_list(lab, vm, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n_devices; i++) {
		const struct lend_predict_device *d = &p->devices[i];
		const struct lend_json *dimm = lab_guest_dimm(list, d->handle.v);
		const char *id = lend_json_str(lend_json_get(dimm, "id"));
		const struct lend_json *region =
			lab_guest_region(list, lend_json_str(lend_json_get(dimm, "dev")));
		bool filled = lend_predict_has(p, LEND_EFFECT_BLANK_LABELS, i) ||
			      lend_predict_has(p, LEND_EFFECT_NO_LABELS, i);

		(void)lab_ok(tap,
			     id != NULL && strcmp(id, d->nfit_id) == 0 &&
				     is_u64(region, "size", d->guest_bytes),
			     "forecast: id, handle, size of %s as in the guest", d->id);
		(void)lab_ok(tap, is_filled(region, d) == filled,
			     "forecast: one raw namespace fills the region of %s", d->id);
		if (check_address(lab, tap, vm, d, err) < 0)
			return -1;
	}
	return 0;
}

/* The command that the guide's readers type first. */
static int check_create(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			const struct lend_predict *p, unsigned int slot, struct lend_err *err)
{
	bool full = lend_predict_has(p, LEND_EFFECT_NO_SPACE_LEFT, slot);
	lend_auto_buf out = { 0 };
	char number[16];
	char script[96];

	if (region_of(lab, vm, slot, number, sizeof(number), err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script), "ndctl create-namespace -r region%s 2>&1; true",
		       number);
	if (lab_sh(lab, vm, script, &out, err) < 0)
		return -1;
	lab_note("slot %u: %s", slot, lend_buf_text(&out));
	(void)lab_ok(tap,
		     (strstr(lend_buf_text(&out), "No space left on device") != NULL) == full,
		     "forecast: %s space left for ndctl create-namespace in slot %u",
		     full ? "no" : "says nothing of", slot);
	return 0;
}

/* Whether a DIMM can be fsdax: as it comes, and with labels. */
static int check_fsdax(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		       const struct lend_predict *p, unsigned int slot, struct lend_err *err)
{
	bool size = lend_predict_has(p, LEND_EFFECT_SIZE_MISALIGNED, slot);
	bool unmapped = lend_predict_has(p, LEND_EFFECT_BASE_UNMAPPED, slot);
	bool base = unmapped || lend_predict_has(p, LEND_EFFECT_BASE_MISALIGNED, slot);
	int made = make_fsdax(lab, vm, slot, "-f -e namespace%s.0", err);

	if (made < 0)
		return -1;
	(void)lab_ok(tap, (made == 1) == (size || unmapped),
		     "forecast: the raw namespace of slot %u %s be fsdax", slot,
		     size || unmapped ? "cannot" : "can");
	if (!lend_predict_has(p, LEND_EFFECT_BLANK_LABELS, slot))
		return 0;
	if (init_labels(lab, vm, slot, err) < 0)
		return -1;
	made = make_fsdax(lab, vm, slot, "-r region%s", err);
	if (made < 0)
		return -1;
	(void)lab_ok(tap, (made == 1) == base,
		     "forecast: after ndctl init-labels slot %u %s be fsdax", slot,
		     base ? "cannot" : "can");
	return 0;
}

/* What the rules find in the running VM is what is tried above. */
static int check_rules(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		       const struct lend_predict *p, struct lend_err *err)
{
	static const char *const subjects[] = { "geometry", "labels", NULL };
	static const struct {
		const char *rule;
		enum lend_effect_kind effect[2];
	} rows[] = {
		{ "dimm-base-aligned",
		  { LEND_EFFECT_BASE_MISALIGNED, LEND_EFFECT_BASE_UNMAPPED } },
		{ "dimm-size-aligned",
		  { LEND_EFFECT_SIZE_MISALIGNED, LEND_EFFECT_SIZE_MISALIGNED } },
		{ "labels-not-blank", { LEND_EFFECT_BLANK_LABELS, LEND_EFFECT_BLANK_LABELS } },
	};
	lend_auto_buf found = { 0 };

	if (lab_check_vm(lab, vm, subjects, &found, err) < 0)
		return -1;
	for (size_t r = 0; r < LEND_COUNT(rows); r++) {
		bool same = true;

		for (size_t i = 0; i < p->n_devices; i++) {
			char node[64];

			(void)snprintf(node, sizeof(node), "device/recipe:%s",
				       p->devices[i].id);
			same = same && lab_finds(&found, rows[r].rule, node) ==
					       (lend_predict_has(p, rows[r].effect[0], i) ||
						lend_predict_has(p, rows[r].effect[1], i));
		}
		(void)lab_ok(tap, same, "%s: found where it is ignored, nowhere else",
			     rows[r].rule);
	}
	return 0;
}

static int check_private(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			 const struct lend_predict *p, struct lend_err *err)
{
	static const char mark[] = "kept-or-lost";
	lend_auto_fd int fd = open(vm->dimms[PRIVATE].path, O_RDONLY | O_CLOEXEC);
	lend_auto_buf out = { 0 };
	char number[16];
	char script[192];
	char got[sizeof(mark)] = "";

	if (region_of(lab, vm, PRIVATE, number, sizeof(number), err) < 0)
		return -1;
	(void)snprintf(script, sizeof(script),
		       "echo %s >/dev/pmem%s; sync; head -c %zu /dev/pmem%s", mark, number,
		       sizeof(mark) - 1, number);
	if (lab_sh(lab, vm, script, &out, err) < 0)
		return -1;
	(void)lab_ok(tap,
		     lend_predict_has(p, LEND_EFFECT_PRIVATE, PRIVATE) &&
			     strcmp(lend_buf_text(&out), mark) == 0 &&
			     pread(fd, got, sizeof(mark) - 1, 0) == sizeof(mark) - 1 &&
			     strcmp(got, mark) != 0,
		     "forecast: without share=on a write reads back, never gets into the file");
	return 0;
}

/* RAM plugged in right behind the last DIMM. */
static int check_ram(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		     const struct lend_predict *p, struct lend_err *err)
{
	static const char *const requests[] = {
		"{\"execute\":\"object-add\",\"arguments\":{\"qom-type\":\"memory-backend-ram\","
		"\"id\":\"ram\",\"size\":134217728}}",
		"{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"pc-dimm\","
		"\"id\":\"dimm\",\"memdev\":\"ram\"}}",
	};
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < LEND_COUNT(requests); i++) {
		lend_auto_json struct lend_json *doc = NULL;

		if (lab_vm_qmp(lab, vm, requests[i], &doc, err) < 0)
			return -1;
	}
	if (lab_sh(lab, vm,
		   "for i in 1 2 3 4 5 6 7 8 9 10; do "
		   "dmesg | grep -i 'unaligned hotplug range' && break; sleep 0.5; done; true",
		   &out, err) < 0)
		return -1;
	lab_note("%s", lend_buf_text(&out));
	(void)lab_ok(tap,
		     lend_predict_has(p, LEND_EFFECT_END_MISALIGNED, p->n_devices - 1) ==
			     (out.len > 0),
		     "forecast: the guest refuses RAM that is plugged in behind");
	return 0;
}

static int check_forecast(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			  struct lend_err *err)
{
	struct lend_arena arena = { 0 };
	struct lend_predict p;
	int r;

	forecast(&arena, vm, &p);
	r = check_layout(lab, tap, vm, &p, err);
	if (r == 0)
		r = check_guest(lab, tap, vm, &p, err);
	if (r == 0)
		r = check_rules(lab, tap, vm, &p, err);
	if (r == 0)
		r = check_private(lab, tap, vm, &p, err);
	if (r == 0)
		r = check_ram(lab, tap, vm, &p, err);
	for (unsigned int slot = 0; r == 0 && slot < LEND_COUNT(wish); slot++) {
		r = check_create(lab, tap, vm, &p, slot, err);
		if (r == 0)
			r = check_fsdax(lab, tap, vm, &p, slot, err);
	}
	lend_arena_done(&arena);
	return r;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct lab_dimm dimms[LEND_COUNT(wish)];
	struct lab_vm vm = { .name = "recipe",
			     .machine = "pc",
			     .slots = 9,
			     .dimms = dimms,
			     .n_dimms = LEND_COUNT(wish) };
	int r;

	memcpy(dimms, wish, sizeof(dimms));
	r = lab_boot(lab, &vm, err);
	if (r == 0)
		r = lab_check_map(lab, tap, (struct lab_vm *[]){ &vm }, 1, err);
	if (r == 0)
		r = check_forecast(lab, tap, &vm, err);
	lab_vm_stop(&vm);
	return r;
}

const struct lab_shape lab_shape_recipe = {
	.name = "recipe",
	.about = "what the recipe of the QEMU vNVDIMM guide does",
	.run = run,
};
