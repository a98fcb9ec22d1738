/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * layout FILE: the memory layout that a QEMU command line or a domain of
 * libvirt means, one line for each NVDIMM by slot.  For tests/lab/libvirt-oracle.
 */

#include <inttypes.h>

#include "base/err.h"
#include "io/out.h"
#include "model/domain-args.h"
#include "model/predict.h"

static int read_args(struct lend_arena *arena, const char *path, struct lend_qemu_args *ret,
		     struct lend_err *err)
{
	struct lend_domain domain;
	lend_auto_buf text = { 0 };

	if (lend_in_file(path, LEND_QEMU_ARGS_BYTES_MAX, &text, err) < 0)
		return -1;
	if (!lend_domain_recognise(lend_buf_text(&text), text.len))
		return lend_qemu_args_parse_text(arena, lend_buf_text(&text), text.len, ret,
						 err);
	if (lend_domain_parse(arena, path, text.text, text.len, &domain, err) < 0)
		return -1;
	lend_domain_args(arena, &domain, false, ret);
	return 0;
}

static void put_device(const struct lend_predict_device *d, const struct lend_qemu_args *args)
{
	const struct lend_qemu_backend *b = lend_qemu_args_backend(args, d->memdev);

	if (d->driver != LEND_PREDICT_NVDIMM && d->driver != LEND_PREDICT_VIRTIO_PMEM)
		return;
	(void)printf("slot %" PRIu64 " at 0x%" PRIx64 " guest %" PRIu64 " backing %" PRIu64
		     " label %" PRIu64 " align %" PRIu64 "%s%s%s%s %s\n",
		     d->slot.v, d->address.v, d->guest_bytes.v, d->backend_bytes.v,
		     d->label_bytes.v, d->align_bytes.v, d->share ? " share" : "",
		     d->pmem ? " pmem" : "", d->unarmed ? " unarmed" : "",
		     d->readonly ? " readonly" : "",
		     b != NULL && b->path != NULL ? b->path : "?");
}

int main(int argc, char **argv)
{
	const struct lend_predict_options options = { .n_started = SIZE_MAX };
	struct lend_arena arena = { 0 };
	struct lend_qemu_args args;
	struct lend_predict p;
	struct lend_err err = { 0 };
	lend_auto_buf text = { 0 };

	if (argc != 2 || read_args(&arena, argv[1], &args, &err) < 0) {
		lend_err_put(&err, true, &text);
		(void)fputs(lend_buf_text(&text), stderr);
		return 2;
	}
	lend_predict_args(&arena, &args, &options, &p);
	(void)printf("ram %" PRIu64 " slots %" PRIu64 " maxmem %" PRIu64 " nvdimm %d%s\n",
		     args.ram_bytes.v, args.slots.v, args.maxmem_bytes.v,
		     args.nvdimm == LEND_TRI_ON, p.refused ? " refused" : "");
	for (uint64_t slot = 0; slot < 256; slot++) {
		for (size_t i = 0; i < p.n_devices; i++) {
			if (p.devices[i].slot.has && p.devices[i].slot.v == slot)
				put_device(&p.devices[i], &args);
		}
	}
	for (size_t i = 0; i < p.n_devices; i++) {
		if (!p.devices[i].slot.has)
			put_device(&p.devices[i], &args);
	}
	lend_arena_done(&arena);
	return 0;
}
