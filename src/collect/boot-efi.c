/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which partition UEFI firmware starts from. */

#include "collect/boot.h"
#include "format/efi-boot.h"

#define EFIVARS "sys/firmware/efi/efivars"
#define GLOBAL  "8be4df61-93ca-11d2-aa0d-00e098032b8c"
static const struct lend_ask ask_current = { .via = LEND_VIA_FILE,
					     .key = EFIVARS "/BootCurrent-" GLOBAL };
static const struct lend_ask ask_order = { .via = LEND_VIA_FILE,
					   .key = EFIVARS "/BootOrder-" GLOBAL };
static const struct lend_ask ask_option = { .via = LEND_VIA_FILE,
					    .key = EFIVARS "/%s-" GLOBAL };

static void put_option(struct lend_boot *l, uint16_t number, bool current)
{
	const char *name = lend_arena_printf(&l->scan->memory, "Boot%04X", number);
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_option, name);
	struct lend_efi_option option;
	struct lend_boot_want *want;
	struct lend_block *block;
	const char *needs, *why;
	enum lend_known known;

	if (answer->known != LEND_KNOWN ||
	    !lend_efi_option_parse(answer->bytes, answer->len, &option) || *option.part == '\0')
		return;
	if (!option.active && !current)
		return;
	needs = lend_arena_printf(&l->scan->memory, "PARTUUID=%s", option.part);
	want = lend_boot_want(l, lend_arena_printf(&l->scan->memory, "EFI %s", name), needs,
			      current);
	lend_build_text(&l->scan->build, &want->node, &want->title, l->by, option.title);
	known = lend_boot_find(l, needs, &block, &why);
	lend_boot_settle(l, want, known, block, why);
}

void lend_boot_read_efi(struct lend_boot *l)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_current);
	uint16_t order[LEND_EFI_ORDER_MAX];
	uint16_t current = 0;
	bool has_current = answer->known == LEND_KNOWN &&
			   lend_efi_current_parse(answer->bytes, answer->len, &current);
	size_t n = 0;

	l->source = "the firmware's list of what to boot";
	if (has_current)
		put_option(l, current, true);
	answer = lend_io_ask(l->scan->io, &ask_order);
	if (!lend_boot_has(l, answer) ||
	    !lend_efi_order_parse(answer->bytes, answer->len, order, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		bool again = has_current && order[i] == current;

		for (size_t j = 0; j < i; j++)
			again = again || order[j] == order[i];
		/* Without a word on what was booted, it was the first. */
		if (!again)
			put_option(l, order[i], !has_current && i == 0);
	}
}
