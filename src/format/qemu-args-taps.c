/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/qemu-args-taps.h"

#include <string.h>

#include "base/err.h"
#include "format/qemu-opts.h"

/* net/tap.c: the bridge of the helper when none is named */
#define BRIDGE "br0"

static bool is_net(const char *name)
{
	return strcmp(name, "-netdev") == 0 || strcmp(name, "-nic") == 0 ||
	       strcmp(name, "-net") == 0;
}

static void take(struct lend_arena *arena, const struct lend_qemu_opts *opts,
		 struct lend_qemu_taps *ret)
{
	const char *type = lend_qemu_opts_get(opts, "type");
	bool bridge = type != NULL && strcmp(type, "bridge") == 0;
	bool tap = type != NULL && strcmp(type, "tap") == 0;
	struct lend_qemu_tap found = { .ifname = lend_qemu_opts_get(opts, "ifname"),
				       .bridge = lend_qemu_opts_get(opts, "br") };

	if (!bridge && !tap && (type == NULL || strcmp(type, "af-xdp") != 0))
		return;
	if (bridge && found.bridge == NULL)
		found.bridge = BRIDGE;
	/* A tap is put into a bridge by a helper that was asked for, and else by a script. */
	if (tap && lend_qemu_opts_get(opts, "helper") == NULL)
		found.bridge = NULL;
	if (ret->n == LEND_QEMU_ARGS_MAX) {
		ret->partial = true;
		return;
	}
	*LEND_PUSH(arena, ret->items, ret->n, ret->cap) = found;
}

void lend_qemu_args_taps(struct lend_arena *arena, const struct lend_qemu_args *args,
			 struct lend_qemu_taps *ret)
{
	struct lend_qemu_option option;

	*ret = (struct lend_qemu_taps){ .partial = args->has_readconfig };
	for (size_t at = 0; lend_qemu_args_next(args, &at, &option);) {
		struct lend_qemu_opts opts = { 0 };
		struct lend_err err = { 0 };

		if (option.name == NULL || option.value == NULL || !is_net(option.name))
			continue;
		if (lend_qemu_opts_parse(arena, option.value, "type", &opts, &err) < 0)
			ret->partial = true;
		else
			take(arena, &opts, ret);
	}
}
