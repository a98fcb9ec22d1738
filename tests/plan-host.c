/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A capture of this host with all that plans for some wishes ask:
 * plan-host PLACE STATE WISH...
 *
 * lend capture asks what is there; a plan asks what could be, too.
 */

#include <stdio.h>

#include "apply/apply.h"
#include "base/auto.h"
#include "base/err.h"
#include "io/io.h"
#include "io/out.h"
#include "plan/plan-qemu.h"

enum { WANTED_MAX = 256 };

static int add(struct lend_arena *arena, const char *path, const struct lend_places *places,
	       struct lend_scan_options *options, struct lend_wanted *all, struct lend_err *err)
{
	struct lend_scan_options one = { 0 };
	struct lend_wish *wish = LEND_NEW(arena, struct lend_wish);
	lend_auto_buf text = { 0 };

	if (lend_in_file(path, LEND_WISH_BYTES_MAX, &text, err) < 0 ||
	    lend_wish_parse(arena, path, lend_buf_text(&text), text.len, wish, err) < 0)
		return -1;
	lend_plan_wants(arena, wish, places, &one);
	for (size_t i = 0; i < one.n_wanted && options->n_wanted < WANTED_MAX; i++)
		all[options->n_wanted++] = one.wanted[i];
	one.wanted = options->wanted;
	one.n_wanted = options->n_wanted;
	one.record_to = options->record_to;
	one.room_in = NULL; /* everything of every VM: one of the wishes will want it */
	*options = one;
	return 0;
}

int main(int argc, char **argv)
{
	struct lend_wanted all[WANTED_MAX];
	struct lend_scan_options options = { .wanted = all };
	struct lend_inventory *inventory = NULL;
	struct lend_arena arena = { 0 };
	struct lend_places places;
	struct lend_err err = { 0 };
	int r = 0;

	if (argc < 4) {
		(void)fprintf(stderr, "usage: plan-host PLACE STATE WISH...\n");
		return 2;
	}
	options.record_to = argv[1];
	r = lend_places_find(&arena, argv[2], NULL, NULL, NULL, &places, &err);
	for (int i = 3; i < argc && r == 0; i++)
		r = add(&arena, argv[i], &places, &options, all, &err);
	options.size = sizeof(options);
	if (r == 0)
		r = lend_scan(&options, &inventory, &err);
	if (r < 0)
		(void)fprintf(stderr, "plan-host: %s\n", err.what);
	lend_inventory_free(inventory);
	lend_arena_done(&arena);
	return r < 0 ? 1 : 0;
}
