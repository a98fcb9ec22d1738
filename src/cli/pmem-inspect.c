/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend pmem inspect: labels, namespaces and data of a backing.  Never writes. */

#include "base/err.h"
#include "cli/command.h"
#include "collect/inside.h"
#include "format/size.h"
#include "io/out.h"
#include "model/kind-wanted.h"
#include "render/render.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_TEXT, "size", 's', size, "SIZE",
		    "size= of the memory backend; without, the file's"),
	LEND_OPTION(LEND_OPTION_TEXT, "label-size", 'l', label_size, "SIZE",
		    "label-size= of the device; without, all usual ones\n"
		    "are looked for, and 2M is checked"),
	LEND_OPTION(LEND_OPTION_TEXT, "offset", 'O', offset, "SIZE",
		    "offset= of the memory backend, where it begins"),
	LEND_OPTION(LEND_OPTION_FLAG, "thorough", '\0', thorough, NULL,
		    "read all of it before it is called blank"),
	LEND_OPTION_JSON,
	LEND_OPTION_COMMON,
};

static int take_size(const char *name, const char *text, struct lend_opt_u64 *ret,
		     struct lend_err *err)
{
	uint64_t bytes;

	if (text == NULL)
		return 0;
	if (lend_size_parse(text, LEND_SIZE_UNITS, &bytes, err) < 0) {
		lend_hint(err, "write 512M, 514 MiB, or a number of bytes");
		return lend_where(err, "option '--%s'", name);
	}
	*ret = lend_opt(bytes);
	return 0;
}

static int take_options(const struct lend_args *args, struct lend_inside_options *ret,
			struct lend_err *err)
{
	ret->thorough = args->thorough;
	if (take_size("offset", args->offset, &ret->offset_bytes, err) < 0 ||
	    take_size("size", args->size, &ret->size_bytes, err) < 0 ||
	    take_size("label-size", args->label_size, &ret->label_bytes, err) < 0)
		return -1;
	if (args->sources.n == 0) {
		lend_hint(err, "write lend pmem inspect FILE");
		return lend_fail(err, LEND_E_USAGE, "what to look into is not said");
	}
	return 0;
}

/* What was asked for by an option, and is not so. */
static bool is_refused(const struct lend_inside *inside)
{
	bool asked = inside->size_given || inside->label_given;

	if (inside->verdict == LEND_INSIDE_ELSEWHERE)
		return asked;
	return inside->verdict == LEND_INSIDE_HIDDEN && inside->label_given;
}

static int status_of(const struct lend_inside *inside)
{
	if (lend_inside_is_bad(inside) || is_refused(inside))
		return LEND_EXIT_FINDINGS;
	if (inside->verdict == LEND_INSIDE_UNKNOWN || inside->n_unseen > 0)
		return LEND_EXIT_BLIND;
	return LEND_EXIT_GOOD;
}

static void print_hints(const struct lend_inside *inside)
{
	if (inside->verdict == LEND_INSIDE_UNKNOWN && inside->n_unseen == 0)
		lend_note("not all of it was read", "--thorough reads it all");
}

/* By a trial mapping, which changes nothing; what could not be tried is told as such. */
static void judge(struct lend_inside *inside, const char *path)
{
	static const char *const kinds[] = { "wanted" };
	const struct lend_wanted wanted = { .path = path };
	const struct lend_scan_options scan = { .size = sizeof(scan),
						.kinds = kinds,
						.n_kinds = LEND_COUNT(kinds),
						.wanted = &wanted,
						.n_wanted = 1,
						.no_guests = true };
	lend_auto_inventory *inv = NULL;
	lend_auto_buf id = { 0 };
	const struct lend_node *node;
	struct lend_err ignored = { 0 };

	if (lend_scan(&scan, &inv, &ignored) < 0)
		return;
	lend_buf_printf(&id, "wanted/%s", path);
	node = lend_find(inv, lend_buf_text(&id));
	inside->has_persistence = node != NULL;
	if (node != NULL)
		inside->persistence = lend_persistence_of_path(lend_as_wanted(node));
}

/* What is worse: an error, then a finding, then what could not be seen. */
static int worse(int one, int other)
{
	static const int worst_first[] = { LEND_EXIT_ERROR, LEND_EXIT_FINDINGS,
					   LEND_EXIT_BLIND };

	for (size_t i = 0; i < LEND_COUNT(worst_first); i++) {
		if (one == worst_first[i] || other == worst_first[i])
			return worst_first[i];
	}
	return LEND_EXIT_GOOD;
}

static int look_at(struct lend_io *io, struct lend_arena *arena, const struct lend_args *args,
		   const struct lend_inside_options *wanted, const char *given,
		   struct lend_buf *out)
{
	const char *path = lend_in_absolute(arena, given);
	struct lend_inside inside;
	struct lend_err err = { 0 };

	if (lend_inside_look(io, arena, path, wanted, &inside, &err) < 0)
		return lend_print_error(&err, !args->no_hints);
	judge(&inside, path);
	if (args->json) {
		lend_inside_put_json(out, &inside);
	} else {
		inside.path = given;
		if (out->len > 0)
			lend_buf_putc(out, '\n');
		lend_render_inside(out, &inside);
		if (!args->no_hints)
			print_hints(&inside);
	}
	return status_of(&inside);
}

/* One that cannot be looked into takes nothing from the others. */
static int look(struct lend_io *io, struct lend_arena *arena, const struct lend_args *args,
		const struct lend_inside_options *wanted, struct lend_buf *out)
{
	int status = LEND_EXIT_GOOD;

	for (size_t i = 0; i < args->sources.n; i++) {
		status = worse(status,
			       look_at(io, arena, args, wanted, args->sources.items[i], out));
		lend_io_forget(io);
	}
	return status;
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	struct lend_inside_options wanted = { 0 };
	struct lend_arena arena = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_io *io;
	int r;

	if (take_options(args, &wanted, err) < 0)
		return -1;
	io = lend_io_live();
	r = look(io, &arena, args, &wanted, &out);
	lend_io_free(io);
	lend_arena_done(&arena);
	return lend_out(&out, err) < 0 ? -1 : r;
}

const struct lend_command lend_command_pmem_inspect = {
	.name = "inspect",
	.of = "pmem",
	.synopsis = "[OPTION...] FILE|DEVICE...",
	.summary = "what is inside: labels, namespaces, file systems, or nothing",
	.about =
		"Never writes.  A file, a block device such as /dev/pmem0, or a DAX device such\n"
		"as /dev/dax0.0.  SIZE is 512M, 514 MiB or a number of bytes.\n",
	.examples = "  lend pmem inspect log.img\n"
		    "  lend pmem inspect --size 514M --label-size 2M log.img\n"
		    "  lend pmem inspect --thorough /dev/dax0.0\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.run = run,
};
