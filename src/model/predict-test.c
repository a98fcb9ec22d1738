/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bases, slots and addresses are what query-memory-devices of QEMU 7.2.22 said
 * of guests started with these very options, and so are most refusals; the
 * others (range of addresses, label-size=, alignment, readonly=, memdev=,
 * maxmem=) are from facts/qemu.md.
 */

#include <inttypes.h>

#include "model/build.h"
#include "model/kind-device.h"
#include "model/kind-vm.h"
#include "model/predict.h"
#include "tests/must.h"
#include "tests/sketch.h"

/* A backend and its device, as most rows want them. */
#define ON(n, size, object, device)                                                            \
	" -object memory-backend-file,id=m" n ",mem-path=/p/f" n ",share=on,size=" size object \
	" -device nvdimm,id=n" n ",memdev=m" n device

#define PC  "qemu-system-x86_64 -machine pc,nvdimm=on "
#define Q35 "qemu-system-x86_64 -machine q35,nvdimm=on "
#define M   "-m 256M,slots=4,maxmem=32G"
#define TWO ON("1", "256M", "", ",label-size=2M") ON("2", "256M", "", "")

struct row {
	const char *command;
	const char *want; /* "ID SLOT ADDRESS SIZE", one a line; "-" where it is unset */
	const char *says; /* part of lend_predict_lines, or NULL */
};

static const struct row rows[] = {
	/* Where the range begins. */
	{ PC "-m 256M,slots=4,maxmem=32G" TWO,
	  "n1 0 0x100000000 0xfe00000\nn2 1 0x10fe00000 0x10000000\n" },
	{ PC "-m 3583M,slots=4,maxmem=32G" TWO,
	  "n1 0 0x100000000 0xfe00000\nn2 1 0x10fe00000 0x10000000\n" },
	{ PC "-m 3584M,slots=4,maxmem=32G" TWO,
	  "n1 0 0x140000000 0xfe00000\nn2 1 0x14fe00000 0x10000000\n" },
	{ PC "-m 4G,slots=4,maxmem=32G" TWO,
	  "n1 0 0x140000000 0xfe00000\nn2 1 0x14fe00000 0x10000000\n" },
	{ PC "-m 5G,slots=4,maxmem=32G" TWO,
	  "n1 0 0x180000000 0xfe00000\nn2 1 0x18fe00000 0x10000000\n" },
	{ Q35 "-m 2815M,slots=4,maxmem=32G" TWO,
	  "n1 0 0x100000000 0xfe00000\nn2 1 0x10fe00000 0x10000000\n" },
	{ Q35 "-m 2816M,slots=4,maxmem=32G" TWO,
	  "n1 0 0x140000000 0xfe00000\nn2 1 0x14fe00000 0x10000000\n" },
	{ Q35 "-m 3583M,slots=4,maxmem=32G" TWO,
	  "n1 0 0x180000000 0xfe00000\nn2 1 0x18fe00000 0x10000000\n" },
	{ Q35 "-m 5G,slots=4,maxmem=32G" TWO,
	  "n1 0 0x1c0000000 0xfe00000\nn2 1 0x1cfe00000 0x10000000\n" },
	{ "qemu-system-x86_64 -machine pc-q35-7.2,nvdimm=on " M ON("1", "64M", "", ""),
	  "n1 0 0x100000000 0x4000000\n" },
	/* Sizes, gaps, slots. */
	{ Q35 M ON("1", "130M", ",align=16M", ",label-size=2M") ON("2", "64M", "", ""),
	  "n1 0 0x100000000 0x8000000\nn2 1 0x108000000 0x4000000\n" },
	{ Q35 M ON("1", "33554433", "", ",label-size=2M"), "n1 0 0x100000000 0x1e00000\n" },
	{ Q35 M ON("1", "256M", "", ",slot=2") ON("2", "64M", "", ""),
	  "n1 2 0x100000000 0x10000000\nn2 0 0x110000000 0x4000000\n" },
	{ Q35 M ON("1", "255M", "", ",addr=0x110000000") ON("2", "64M", "", "")
		  ON("3", "64M", "", ""),
	  "n1 0 0x110000000 0xff00000\nn2 1 0x100000000 0x4000000\n"
	  "n3 2 0x104000000 0x4000000\n" },
	{ Q35 M " -object memory-backend-ram,id=r,size=64M "
		"-device nvdimm,id=n1,memdev=r,label-size=128K "
		"-object memory-backend-ram,id=s,size=64M -device nvdimm,id=n2,memdev=s",
	  "n1 0 0x100000000 0x3e00000\nn2 1 0x103e00000 0x4000000\n",
	  "n1, n2: the backend is memory" },
	{ Q35 M " -object memory-backend-memfd,id=r,size=64M "
		"-device nvdimm,id=n1,memdev=r,label-size=128K" ON("2", "64M", "", ""),
	  "n1 0 0x100000000 0x3fe0000\nn2 1 0x103fe0000 0x4000000\n" },
	{ Q35 M ON("1", "256M", "", ",label-size=128K") " -object memory-backend-ram,id=s,size=64M -device pc-dimm,id=d,memdev=s" ON(
		  "2", "64M", "", ""),
	  "n1 0 0x100000000 0xffe0000\nd 1 0x110000000 0x4000000\n"
	  "n2 2 0x114000000 0x4000000\n" },
	{ Q35 M ON(
		  "1", "256M", "",
		  ",label-size=128K") " -object memory-backend-file,id=s,size=64M,share=on,mem-path=/p/v "
				      "-device virtio-pmem-pci,id=d,memdev=s" ON("2", "64M", "",
										 ""),
	  "n1 0 0x100000000 0xffe0000\nd - 0x10ffe0000 0x4000000\n"
	  "n2 1 0x113fe0000 0x4000000\n" },
	{ Q35 M " -object memory-backend-file,id=j,mem-path=/p/j,size=64M,share=on "
		"-device '{\"driver\":\"nvdimm\",\"id\":\"j1\",\"memdev\":\"j\"}'" ON(
			"2", "64M", "", ""),
	  "n2 0 0x100000000 0x4000000\nj1 1 0x104000000 0x4000000\n" },
	{ "qemu-system-x86_64 -machine q35 -m 256M,maxmem=32G "
	  "-object memory-backend-file,id=s,size=64M,share=on,mem-path=/p/v "
	  "-device virtio-pmem-pci,id=d,memdev=s",
	  "d - 0x100000000 0x4000000\n" },
	{ Q35 "-m 256M,slots=2,maxmem=512M" ON("1", "200M", "", "") ON("2", "56M", "", ""),
	  "n1 0 0x100000000 0xc800000\nn2 1 0x10c800000 0x3800000\n" },
	/* Refused. */
	{ Q35 "-m 256M,slots=2,maxmem=512M" ON("1", "200M", "", "") ON("2", "57M", "", ""),
	  "n1 0 0x100000000 0xc800000\nn2 - - -\n",
	  "n2: QEMU refuses: maxmem= leaves no room" },
	{ Q35 M ON("1", "256M", "", "") ON("2", "64M", "", ",slot=0"),
	  "n1 0 0x100000000 0x10000000\nn2 - - -\n", "n2 (slot 0): QEMU refuses: the slot is" },
	{ Q35 M ON("1", "64M", "", ",slot=4"), "n1 - - -\n", "slots= has no such slot" },
	{ Q35 M ON("1", "255M", "", ",addr=0x108000000")
		  ON("2", "64M", "", ",addr=0x108100000"),
	  "n1 0 0x108000000 0xff00000\nn2 - - -\n", "n2 (0x108100000): QEMU refuses" },
	{ Q35 M ON("1", "255M", "", ",addr=0x10"), "n1 - - -\n", "n1 (0x10): QEMU refuses" },
	{ Q35 M ON("1", "255M", "", ",addr=0x100000800"), "n1 - - -\n", "misaligned" },
	{ Q35 "-m 256M,slots=1,maxmem=32G" ON("1", "64M", "", "") ON("2", "64M", "", ""),
	  "n1 0 0x100000000 0x4000000\nn2 - - -\n", "n2: QEMU refuses: slots= is used up" },
	{ "qemu-system-x86_64 -machine q35 " M ON("1", "64M", "", ""), "n1 - - -\n",
	  "no \"nvdimm=on\"" },
	{ Q35 "-m 256M" ON("1", "64M", "", ""), "n1 - - -\n", "there is no slots=" },
	{ Q35 "-m 256M,maxmem=1G" ON("1", "64M", "", ""), "n1 - - -\n", "there is no slots=" },
	{ Q35 "-m 256M,slots=2" ON("1", "64M", "", ""), "n1 - - -\n", "there is no maxmem=" },
	{ Q35 "-m 256M,slots=2,maxmem=256M" ON("1", "64M", "", ""), "n1 - - -\n",
	  "no room above" },
	{ Q35 "-m 256M,slots=257,maxmem=1G" ON("1", "64M", "", ""), "n1 - - -\n",
	  "more than 256" },
	{ Q35 M ON("1", "4M", "", ",label-size=4M"), "n1 - - -\n", "n1 (4 MiB): QEMU refuses" },
	{ Q35 M ON("1", "4M", "", ",label-size=64K"), "n1 - - -\n", "below 128 KiB" },
	{ Q35 M ON("1", "4M", "", ",label-size=0"), "n1 - - -\n", "below 128 KiB" },
	{ Q35 M ON("1", "4M", ",align=3M", ""), "n1 - - -\n", "power of two" },
	{ Q35 M ON("1", "4M", ",align=2K", ""), "n1 - - -\n", "power of two" },
	{ Q35 M ON("1", "64M", ",readonly=on", ""), "n1 - - -\n", "unarmed=on" },
	{ Q35 M ON("1", "64M", "", "") " -device nvdimm,id=n2,memdev=m1",
	  "n1 0 0x100000000 0x4000000\nn2 - - -\n", "n2: QEMU refuses: another device" },
	{ Q35 M " -device nvdimm,id=n1,memdev=zzz", "n1 - - -\n", "memdev= is not there" },
	/* Not told. */
	{ "qemu-system-x86_64 -machine microvm " M ON("1", "64M", "", ""), "n1 - - -\n",
	  "cannot tell more: what this machine" },
	{ "qemu-system-x86_64 -machine pc-i440fx-2.1,nvdimm=on " M ON("1", "64M", "", ""),
	  "n1 - - -\n", "cannot tell more" },
	{ "qemu-system-aarch64 -machine virt,nvdimm=on " M ON("1", "64M", "", ""), "n1 - - -\n",
	  "cannot tell more: only x86" },
	{ Q35 M " -readconfig /etc/q.cfg" ON("1", "64M", "", ""), "n1 - - -\n", "config file" },
	{ "qemu-system-x86_64 -machine q35,nvdimm=on,max-ram-below-4g=1G " M ON("1", "64M", "",
										""),
	  "n1 - - -\n", "move its memory" },
	{ Q35 "-m 256M,slots=4,maxmem=1T" ON("1", "64M", "", ",label-size=2M"),
	  "n1 0 - 0x3e00000\n", "depend on the CPU model" },
	{ Q35 M " -object memory-backend-file,id=h,mem-path=/dev/hugepages/x,size=64M "
		"-device nvdimm,id=n1,memdev=h" ON("2", "64M", "", ""),
	  "n1 0 - -\nn2 1 - 0x4000000\n", "page size" },
	{ Q35 M
	  " -object memory-backend-ram,id=v,size=1G -device virtio-mem-pci,id=vm,memdev=v" ON(
		  "2", "64M", "", ""),
	  "vm - - -\nn2 0 - 0x4000000\n", "other memory devices" },
	{ Q35 "-m 16E,slots=4,maxmem=17E" ON("1", "64M", "", ""), "n1 - - -\n", "cannot tell" },
};

static void parse(struct lend_arena *arena, const char *command, struct lend_qemu_args *ret)
{
	struct lend_err err = { 0 };

	if (lend_qemu_args_parse_text(arena, command, strlen(command), ret, &err) < 0)
		must_str(err.what, command);
}

static void put(struct lend_buf *out, struct lend_opt_u64 value, const char *fmt)
{
	lend_buf_putc(out, ' ');
	if (value.has)
		lend_buf_printf(out, fmt, value.v);
	else
		lend_buf_putc(out, '-');
}

static void layouts(void)
{
	static const struct lend_predict_options options = { .n_started = SIZE_MAX };

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_arena arena = { 0 };
		struct lend_qemu_args args;
		struct lend_predict p;
		lend_auto_buf got = { 0 };
		lend_auto_buf lines = { 0 };

		must_in(rows[i].command);
		parse(&arena, rows[i].command, &args);
		lend_predict_args(&arena, &args, &options, &p);
		for (size_t j = 0; j < p.n_devices; j++) {
			lend_buf_puts(&got, p.devices[j].id);
			put(&got, p.devices[j].slot, "%" PRIu64);
			put(&got, p.devices[j].address, "0x%" PRIx64);
			put(&got, p.devices[j].guest_bytes, "0x%" PRIx64);
			lend_buf_putc(&got, '\n');
		}
		must_str(lend_buf_text(&got), rows[i].want);
		lend_predict_lines(&p, &lines);
		if (rows[i].says != NULL && strstr(lend_buf_text(&lines), rows[i].says) == NULL)
			must_str(lend_buf_text(&lines), rows[i].says);
		lend_arena_done(&arena);
	}
	must_in("");
}

static void ids(void)
{
	static const struct lend_predict_options options = { .n_started = SIZE_MAX };
	struct lend_arena arena = { 0 };
	struct lend_qemu_args args;
	struct lend_predict p;

	parse(&arena, Q35 M ON("1", "64M", "", ",slot=3"), &args);
	lend_predict_args(&arena, &args, &options, &p);
	must_str(p.devices[0].nfit_id, "8680-59341200");
	must(p.devices[0].handle.has && p.devices[0].handle.v == 4);
	lend_arena_done(&arena);
}

/* Effects one by one: what is added to a device that has none. */
static const struct {
	const char *object, *device;
	enum lend_effect_kind kind;
	bool happens;
} effects[] = {
	{ "", ",label-size=2M", LEND_EFFECT_BLANK_LABELS, true },
	{ "", ",label-size=2M", LEND_EFFECT_NO_LABELS, false },
	{ "", "", LEND_EFFECT_BLANK_LABELS, false },
	{ "", "", LEND_EFFECT_NO_LABELS, true },
	{ "", "", LEND_EFFECT_NOT_SYNCED, true },
	{ "", "", LEND_EFFECT_BASE_MISALIGNED, false },
	{ "", "", LEND_EFFECT_SIZE_MISALIGNED, false },
	{ "", "", LEND_EFFECT_END_MISALIGNED, false },
	{ "", ",label-size=2M", LEND_EFFECT_SIZE_MISALIGNED, true },
	{ "", ",label-size=16M", LEND_EFFECT_SIZE_MISALIGNED, false },
	{ "", ",label-size=16M", LEND_EFFECT_END_MISALIGNED, true },
	{ "", ",addr=0x100200000,label-size=2M", LEND_EFFECT_BASE_MISALIGNED, true },
	{ "", ",addr=0x100200000", LEND_EFFECT_BASE_MISALIGNED, false },
	{ "", ",addr=0x100200000", LEND_EFFECT_BASE_UNMAPPED, false },
	{ "", ",addr=0x100100000", LEND_EFFECT_BASE_UNMAPPED, true },
	{ "", "", LEND_EFFECT_NO_SPACE_LEFT, true },
	{ "", ",label-size=16M", LEND_EFFECT_NO_SPACE_LEFT, true },
	{ "", ",label-size=2M", LEND_EFFECT_NO_SPACE_LEFT, false },
	{ ",share=off", "", LEND_EFFECT_PRIVATE, true },
	{ "", "", LEND_EFFECT_PRIVATE, false },
	{ ",share=off", "", LEND_EFFECT_NOT_SYNCED, false },
	{ ",pmem=on", "", LEND_EFFECT_NOT_SYNCED, false },
	{ ",pmem=on", "", LEND_EFFECT_PMEM_ASKS, true },
	{ ",pmem=on,share=off", "", LEND_EFFECT_PMEM_PRIVATE, true },
	{ ",mem-path=/dev/dax0.0", "", LEND_EFFECT_NOT_SYNCED, false },
	{ ",discard-data=on", "", LEND_EFFECT_DISCARDED, true },
	{ ",readonly=on", ",unarmed=on", LEND_EFFECT_NOT_UNARMED, false },
	{ "", "", LEND_EFFECT_PLUGGED, false },
};

static void each_effect(void)
{
	static const struct lend_predict_options options = { .n_started = SIZE_MAX,
							     .new_files = true };

	for (size_t i = 0; i < LEND_COUNT(effects); i++) {
		struct lend_arena arena = { 0 };
		lend_auto_buf command = { 0 };
		struct lend_qemu_args args;
		struct lend_predict p;

		lend_buf_printf(&command,
				Q35 M " -object memory-backend-file,id=m,mem-path=/p/f,"
				      "size=128M,share=on%s -device nvdimm,memdev=m%s",
				effects[i].object, effects[i].device);
		must_in(lend_buf_text(&command));
		parse(&arena, lend_buf_text(&command), &args);
		lend_predict_args(&arena, &args, &options, &p);
		must(lend_predict_has(&p, effects[i].kind, 0) == effects[i].happens);
		lend_arena_done(&arena);
	}
	must_in("");
}

/* Labels of another slot: known from the backing, not from a command line. */
static void label_slots(void)
{
	struct lend_arena arena = { 0 };
	struct lend_predict_device d = {
		.id = "a",
		.memdev = "m",
		.has_backend = true,
		.share = true,
		.backend_bytes = lend_opt(130 << 20),
		.label_bytes = lend_opt(2 << 20),
		.align_bytes = lend_opt(4096),
		.labels = LEND_LABELS_VALID,
		.label_slot = lend_opt(3),
	};
	struct lend_predict p = {
		.machine = { .board = LEND_BOARD_PC,
			     .nvdimm = true,
			     .ram_bytes = lend_opt(1 << 30),
			     .slots = lend_opt(4),
			     .maxmem_bytes = lend_opt(4ull << 30) },
		.devices = &d,
		.n_devices = 1,
	};

	lend_predict_layout(&arena, &p);
	must(lend_predict_has(&p, LEND_EFFECT_LABELS_OF_OTHER_SLOT, 0));
	must(!lend_predict_has(&p, LEND_EFFECT_BLANK_LABELS, 0));
	must(p.cannot_tell == NULL && !p.refused);
	lend_arena_done(&arena);
}

/* A refused hot-plug leaves the guest running; the next one can still work. */
static void plugs(void)
{
	static const struct lend_predict_options options = { .n_started = 1 };
	struct lend_arena arena = { 0 };
	struct lend_qemu_args args;
	struct lend_predict p;

	parse(&arena,
	      Q35 M ON("1", "128M", "", "") ON("2", "128M", "", ",slot=0")
		      ON("3", "128M", "", ""),
	      &args);
	lend_predict_args(&arena, &args, &options, &p);
	must(!p.refused && p.devices[1].refused && !p.devices[2].refused);
	must_u64(p.devices[2].slot.v, 1);
	must_u64(p.devices[2].address.v, 0x108000000);
	must(lend_predict_has(&p, LEND_EFFECT_PLUGGED, 2) &&
	     !lend_predict_has(&p, LEND_EFFECT_PLUGGED, 1) &&
	     !lend_predict_has(&p, LEND_EFFECT_PLUGGED, 0));
	lend_arena_done(&arena);
}

static void facts(void)
{
	struct lend_arena arena = { 0 };
	struct lend_qemu_args args;
	struct lend_build b;
	struct lend_inventory *inv;
	const struct lend_device *n1, *n2, *anonymous;

	parse(&arena,
	      Q35 M ON("1", "130M", "", ",label-size=2M") ON(
		      "2", "128M", "",
		      ",slot=3") " -object memory-backend-file,id=x,mem-path=/p/x,share=on,size=128M "
				 "-device nvdimm,memdev=x",
	      &args);
	lend_build_init(&b);
	sketch_add(&b, "vm db1\n"
		       "device db1:n1 <vm/db1 driver=nvdimm\n"
		       "device db1:n2 <vm/db1 driver=nvdimm slot=7\n"
		       "device db1:@x <vm/db1 driver=nvdimm slot=1 slot=2\n");
	lend_predict_vm(&b,
			(const struct lend_vm *)lend_build_find(&b, LEND_KIND_VM, NULL, "db1"),
			&args);
	inv = lend_build_seal(&b);
	n1 = lend_as_device(lend_find(inv, "device/db1:n1"));
	n2 = lend_as_device(lend_find(inv, "device/db1:n2"));
	anonymous = lend_as_device(lend_find(inv, "device/db1:@x"));
	must(n1->slot.known == LEND_KNOWN && n1->slot.v.u64 == 0 &&
	     n1->slot.trust == LEND_PREDICTED);
	must(n1->address.v.u64 == 0x100000000 && n1->size_bytes.v.u64 == 128 << 20);
	must(n2->slot.v.u64 == 7 && n2->slot.trust == LEND_SEEN);
	must(n2->address.v.u64 == 0x108000000 && n2->address.trust == LEND_PREDICTED);
	must(anonymous->slot.known == LEND_DISPUTED);
	must(anonymous->address.v.u64 == 0x110000000);
	lend_inventory_free(inv);
	lend_arena_done(&arena);
}

int main(void)
{
	layouts();
	ids();
	each_effect();
	label_slots();
	plugs();
	facts();
	return 0;
}
