/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes, as a command line and as text; what is written reads back and is written again. */

#include "format/qemu-args-numa.h"
#include "format/qemu-args-ports.h"
#include "format/qemu-args-taps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void back(struct lend_arena *arena, const struct lend_qemu_args *args)
{
	lend_auto_buf first = { 0 };
	lend_auto_buf second = { 0 };
	struct lend_qemu_args again;
	struct lend_qemu_option option;
	struct lend_qemu_ports ports;
	struct lend_qemu_taps taps;
	size_t bytes = 0;

	for (size_t at = 0; lend_qemu_args_next(args, &at, &option);) {
		bytes += option.name != NULL ? strlen(option.name) + 1 : 0;
		bytes += option.value != NULL ? strlen(option.value) + 1 : 0;
		if (option.name == NULL && option.value == NULL)
			abort();
	}
	/* A dash of "--name" may be gone, and the last NUL may not be there. */
	if (bytes > args->words_len + 1)
		abort();
	(void)lend_qemu_args_host_nodes(arena, args, 0);
	lend_qemu_args_taps(arena, args, &taps);
	if (taps.n > LEND_QEMU_ARGS_MAX)
		abort();
	lend_qemu_args_ports(arena, args, &ports);
	for (size_t i = 0; i < ports.n; i++) {
		if (strchr(ports.items[i].text, ' ') == NULL)
			abort();
	}
	for (size_t i = 0; i < args->n_monitors; i++) {
		if (args->monitors[i].has_chardev &&
		    args->monitors[i].chardev >= args->n_chardevs)
			abort();
	}
	lend_qemu_args_write(&first, args);
	lend_qemu_args_parse(arena, first.text, first.len, &again);
	lend_qemu_args_write(&second, &again);
	if (first.len != second.len || memcmp(first.text, second.text, first.len) != 0 ||
	    again.n_backends != args->n_backends || again.slots.has != args->slots.has ||
	    again.slots.v != args->slots.v || again.nvdimm != args->nvdimm ||
	    again.ram_bytes.v != args->ram_bytes.v)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_qemu_args args;
	struct lend_err err = { 0 };

	lend_qemu_args_parse(&arena, (const char *)data, size, &args);
	back(&arena, &args);
	if (lend_qemu_args_parse_text(&arena, (const char *)data, size, &args, &err) == 0)
		back(&arena, &args);
	else if (err.code == LEND_OK)
		abort();
	lend_arena_done(&arena);
	return 0;
}
