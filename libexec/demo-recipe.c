/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "libexec/demo-recipe.h"

#include "base/err.h"
#include "model/predict.h"

/* As the guide has them; its backing files are made by QEMU, so they are new. */
static const char boot[] =
	"sudo qemu-system-x86_64"
	" -drive file=/virtual-machines/qemu/fedora27.raw,format=raw,index=0,media=disk"
	" -m 4G,slots=4,maxmem=32G"
	" -smp 4"
	" -machine pc,accel=kvm,nvdimm=on"
	" -enable-kvm"
	" -vnc :0"
	" -net nic"
	" -net user,hostfwd=tcp::2222-:22"
	" -object memory-backend-file,id=mem1,share,"
	"mem-path=/virtual-machines/qemu/f27nvdimm0,size=4G"
	" -device nvdimm,memdev=mem1,id=nv1,label-size=2M"
	" -object memory-backend-file,id=mem2,share,"
	"mem-path=/virtual-machines/qemu/f27nvdimm1,size=4G"
	" -device nvdimm,memdev=mem2,id=nv2,label-size=2M";

/* Typed at the monitor later; object_add and device_add take what -object and -device take. */
static const char plug[] = " -object memory-backend-file,id=mem3,share=on,"
			   "mem-path=/virtual-machines/qemu/f27nvdimm2,size=4G"
			   " -device nvdimm,id=nvdimm2,memdev=mem3";

static int parse(struct lend_arena *arena, const char *text, struct lend_qemu_args *ret,
		 struct lend_err *err)
{
	return lend_qemu_args_parse_text(arena, text, strlen(text), ret, err);
}

static int forecast(struct lend_arena *arena, struct lend_buf *out, struct lend_err *err)
{
	const char *all = lend_arena_printf(arena, "%s%s", boot, plug);
	struct lend_predict_options options = { .new_files = true };
	struct lend_qemu_args args;
	struct lend_predict p;

	if (parse(arena, boot, &args, err) < 0)
		return -1;
	options.n_started = args.n_devices;
	if (parse(arena, all, &args, err) < 0)
		return -1;
	lend_predict_args(arena, &args, &options, &p);
	lend_predict_lines(&p, out);
	return 0;
}

int demo_recipe(struct lend_buf *out, struct lend_err *err)
{
	struct lend_arena arena = { 0 };
	int r = forecast(&arena, out, err);

	lend_arena_done(&arena);
	return r;
}
