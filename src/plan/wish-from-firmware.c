/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Firmware: -bios, and flash as a pair of drives or block nodes. */

#include "plan/wish-from-parts.h"

static const char flash_keys[] = "if file format unit readonly read-only";

static bool is_raw(const struct lend_wish_block *block)
{
	return block->format == NULL || strcmp(block->format, "raw") == 0;
}

/* Code that nobody writes to, variables that are written, or both are not what a wish means. */
static bool say_flash(struct lend_wish_maker *m, const struct lend_wish_block *code,
		      const struct lend_wish_block *vars)
{
	if (!is_raw(code) || code->readonly != LEND_TRI_ON ||
	    (vars != NULL && (!is_raw(vars) || vars->readonly == LEND_TRI_ON)))
		return false;
	m->wish->firmware = code->path;
	lend_wish_say_block(m, code);
	if (vars != NULL) {
		m->wish->firmware_vars = vars->path;
		lend_wish_say_block(m, vars);
	}
	return true;
}

/* -drive if=pflash, by unit= or in order */
static void take_drives(struct lend_wish_maker *m)
{
	struct lend_wish_item *drives[2] = { NULL };
	struct lend_wish_block blocks[2];
	size_t n = 0;

	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		const char *interface = lend_wish_get(item, "if");
		const char *unit = lend_wish_get(item, "unit");
		size_t at = n;

		if (item->part != LEND_WISH_PART_DRIVE || interface == NULL ||
		    strcmp(interface, "pflash") != 0)
			continue;
		if (unit != NULL)
			at = strcmp(unit, "0") == 0 ? 0 : strcmp(unit, "1") == 0 ? 1 : 2;
		if (at >= LEND_COUNT(drives) || drives[at] != NULL)
			return;
		drives[at] = item;
		n++;
	}
	if (drives[0] == NULL || !lend_wish_drive_of(m, drives[0], flash_keys, &blocks[0]) ||
	    (drives[1] != NULL && !lend_wish_drive_of(m, drives[1], flash_keys, &blocks[1])))
		return;
	(void)say_flash(m, &blocks[0], drives[1] != NULL ? &blocks[1] : NULL);
}

/* -machine pflash0=NODE,pflash1=NODE */
static void take_nodes(struct lend_wish_maker *m)
{
	const char *nodes[2] = { NULL };
	struct lend_wish_block blocks[2];

	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (item->part != LEND_WISH_PART_MACHINE)
			continue;
		if (lend_wish_get(item, "pflash0") != NULL)
			nodes[0] = lend_wish_get(item, "pflash0");
		if (lend_wish_get(item, "pflash1") != NULL)
			nodes[1] = lend_wish_get(item, "pflash1");
	}
	if (nodes[0] == NULL || !lend_wish_blockdev_of(m, nodes[0], "discard", &blocks[0]) ||
	    (nodes[1] != NULL && !lend_wish_blockdev_of(m, nodes[1], "discard", &blocks[1])))
		return;
	m->pflash_said = say_flash(m, &blocks[0], nodes[1] != NULL ? &blocks[1] : NULL);
}

/* A name alone is looked for among QEMU's own files. */
static void take_bios(struct lend_wish_maker *m)
{
	struct lend_wish_item *bios = lend_wish_last(m, "-bios");

	if (bios == NULL || strchr(bios->value, '/') == NULL || m->wish->firmware != NULL)
		return;
	m->wish->firmware = lend_wish_path(m, bios->value);
	if (m->wish->firmware != NULL)
		lend_wish_say(m, bios, NULL);
}

void lend_wish_from_firmware(struct lend_wish_maker *m)
{
	take_drives(m);
	if (m->wish->firmware == NULL)
		take_nodes(m);
	take_bios(m);
}
