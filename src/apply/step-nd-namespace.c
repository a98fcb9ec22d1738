/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nd-namespace: a namespace of the host's own persistent memory, by ndctl.
 *
 * lend chooses its UUID, so that it is known again whatever its number became.
 * ndctl makes it by many writes to sysfs and can be cut between them; what is
 * left then has the UUID but is no fsdax or devdax yet.  It counts as absent,
 * and goes before the next try, and with an undo, when it holds nothing.
 */

#include <errno.h>
#include <fcntl.h>

#include "apply/backing-file.h"
#include "apply/nd.h"
#include "base/auto.h"
#include "base/err.h"
#include "io/alone.h"
#include "io/content.h"

/* A namespace that is what was asked for, or was. */
static bool is_whole(const struct lend_nd *nd)
{
	return nd->enabled && strcmp(nd->mode, "raw") != 0;
}

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	struct lend_nd nd;
	int r = lend_nd_find(doing, step, &nd, err);

	if (r < 0)
		return -1;
	*ret_state = (struct lend_state){ .absent = r > 0 || !is_whole(&nd) };
	if (ret_state->absent)
		return 0;
	lend_pairs_add(doing->arena, &ret_state->pairs, "mode", nd.mode);
	lend_pairs_add(doing->arena, &ret_state->pairs, "uuid",
		       lend_pairs_get(&step->args, "namespace"));
	return 0;
}

/* ---- what it holds ---- */

/* A plan that made a file system looks at that one first, and has wiped it. */
static bool has_file_system(const struct lend_doing *doing, const struct lend_step *step)
{
	const char *uuid = lend_pairs_get(&step->args, "namespace");

	for (size_t i = 0; doing->plan != NULL && i < doing->plan->n_steps; i++) {
		const struct lend_step *other = &doing->plan->steps[i];
		const char *of = lend_pairs_get(&other->args, "namespace");

		if (strcmp(other->kind, "file-system") == 0 && of != NULL && uuid != NULL &&
		    strcmp(of, uuid) == 0)
			return true;
	}
	return false;
}

/* Memory is not cleared when a namespace goes: a new one shows what the last one left. */
static int holds_bytes(struct lend_doing *doing, const struct lend_step *step,
		       const struct lend_reader *reader, uint64_t bytes, const char *device,
		       const char **ret_why, struct lend_err *err)
{
	const struct lend_content_want want = { .bytes = bytes, .budget = bytes };
	struct lend_content content;

	if (lend_content_look(reader, &want, &content) < 0)
		return lend_fail_errno(err, "read '%s'", device);
	if (lend_content_is_blank(&content))
		return 0;
	*ret_why = content.has_data
			   ? lend_arena_printf(doing->arena,
					       "holds data at offset %llu, be it from before; "
					       "--discard %s gives it up",
					       (unsigned long long)content.first, step->name)
			   : "what it holds could not be read";
	return LEND_KEEP;
}

static int block_holds(struct lend_doing *doing, const struct lend_step *step,
		       const struct lend_nd *nd, const char **ret_why, struct lend_err *err)
{
	const char *block = nd->block;
	bool discarded = lend_backing_is_discarded(doing, step);
	lend_auto_fd int fd = -1;
	struct lend_reader reader;
	struct lend_fs fs;
	off_t end;
	int r = lend_nd_open(doing, block, O_RDONLY, &fd, err);

	if (r == LEND_WAIT)
		*ret_why = lend_arena_printf(doing->arena, "%s is mounted, or in use", block);
	if (r != 0 || discarded)
		return r;
	r = lend_nd_probe(doing, fd, block, &fs, err);
	if (r < 0)
		return -1;
	if (r == 0) {
		*ret_why = lend_arena_printf(doing->arena, "%s holds %s %s", block,
					     lend_fs_class_text(fs.class), fs.type);
		return LEND_KEEP;
	}
	if (!is_whole(nd))
		return 0; /* nobody was ever told that it is there */
	end = lseek(fd, 0, SEEK_END);
	if (end < 0)
		return lend_fail_errno(err, "ask for the size of '%s'", block);
	if (end > LEND_ND_WIPE && has_file_system(doing, step))
		end = LEND_ND_WIPE;
	reader = (struct lend_reader){ .fd = fd };
	return holds_bytes(doing, step, &reader, (uint64_t)end, block, ret_why, err);
}

static int dax_holds(struct lend_doing *doing, const struct lend_step *step,
		     const struct lend_nd *nd, const char **ret_why, struct lend_err *err)
{
	const struct lend_reader device = { .dax_align = nd->dax_align,
					    .dax_bytes = nd->dax_bytes };
	lend_auto_fd int fd = -1;
	lend_auto_buf who = { 0 };
	struct lend_reader reader = device;
	struct lend_err failed = { 0 };
	struct lend_alone alone;
	int r;

	if (lend_write_open(doing->writer, nd->dax, O_RDONLY, &fd, &failed) < 0) {
		if (failed.os_errno == ENOENT || failed.os_errno == ENXIO) {
			*ret_why = "is used as memory of the host";
			return LEND_WAIT;
		}
		if (err != NULL)
			*err = failed;
		return -1;
	}
	r = lend_alone_hold(fd, &alone, &who, err);
	if (r == LEND_ALONE_TAKEN) {
		*ret_why = lend_arena_printf(doing->arena, "%s is in use by %s", nd->dax,
					     lend_buf_text(&who));
		return LEND_WAIT;
	}
	if (r < 0 || lend_backing_is_discarded(doing, step))
		return r;
	if (nd->dax_align == 0) {
		*ret_why = "what it holds could not be read";
		return LEND_KEEP;
	}
	reader.fd = fd;
	return holds_bytes(doing, step, &reader, nd->dax_bytes, nd->dax, ret_why, err);
}

static int holds(struct lend_doing *doing, const struct lend_step *step,
		 const struct lend_nd *nd, const char **ret_why, struct lend_err *err)
{
	if (nd->bad_blocks && !lend_backing_is_discarded(doing, step)) {
		*ret_why = "has bad blocks, so that what it holds cannot be read";
		return LEND_KEEP;
	}
	if (nd->dax != NULL)
		return dax_holds(doing, step, nd, ret_why, err);
	if (nd->block != NULL)
		return block_holds(doing, step, nd, ret_why, err);
	*ret_why = "what it holds could not be read";
	return LEND_KEEP;
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	struct lend_nd nd;
	int r;

	if (from->absent || !to->absent)
		return 0;
	r = lend_nd_find(doing, step, &nd, err);
	return r != 0 ? (r < 0 ? -1 : 0) : holds(doing, step, &nd, ret_why, err);
}

/* ---- making, destroying ---- */

/* Holds nothing, and goes; what holds something is an error. */
static int destroy(struct lend_doing *doing, const struct lend_step *step,
		   const struct lend_nd *nd, struct lend_err *err)
{
	/* Without -f ndctl takes none that is enabled; one that is mounted it never takes. */
	const char *const argv[] = { "ndctl", "destroy-namespace", "-f", nd->name, NULL };
	const char *why = NULL;
	int r = holds(doing, step, nd, &why, err);

	if (r < 0)
		return -1;
	if (r != 0)
		return lend_fail(err, LEND_E_REFUSED, "%s %s", nd->name, why);
	return lend_nd_run(doing, argv, NULL, err);
}

/*
 * What an ndctl that was cut has left.  One that no driver has is enabled
 * first: it may be a whole one that somebody disabled, which stays.
 */
static int clear_unfinished(struct lend_doing *doing, const struct lend_step *step,
			    struct lend_err *err)
{
	struct lend_nd nd;
	int r = lend_nd_find(doing, step, &nd, err);

	if (r == 0 && !nd.enabled) {
		const char *const argv[] = { "ndctl", "enable-namespace", nd.name, NULL };

		if (lend_nd_run(doing, argv, NULL, err) < 0)
			return -1;
		r = lend_nd_find(doing, step, &nd, err);
	}
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (!is_whole(&nd))
		return destroy(doing, step, &nd, err);
	lend_hint(err, "try again");
	return lend_fail(err, LEND_E_STALE, "%s was disabled; it is enabled again", nd.name);
}

/* An option and its value, when the step has it. */
static size_t add_option(const char **argv, size_t n, const struct lend_step *step,
			 const char *option, const char *key)
{
	const char *value = lend_pairs_get(&step->args, key);

	if (value == NULL)
		return n;
	argv[n++] = option;
	argv[n++] = value;
	return n;
}

static int create(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	static const char *const options[][2] = { { "-r", "region" }, { "-m", "mode" },
						  { "-s", "size" },   { "-a", "align" },
						  { "-n", "label" },  { "-u", "namespace" } };
	const char *argv[2 + 2 * LEND_COUNT(options) + 1] = { "ndctl", "create-namespace" };
	struct lend_err second = { 0 };
	const char *text;
	size_t n = 2;

	if (lend_step_need(step, "region", &text, err) < 0 ||
	    lend_step_need(step, "mode", &text, err) < 0 ||
	    clear_unfinished(doing, step, err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(options); i++)
		n = add_option(argv, n, step, options[i][0], options[i][1]);
	if (lend_nd_run(doing, argv, NULL, err) == 0)
		return 0;
	(void)!clear_unfinished(doing, step, &second);
	return -1;
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	struct lend_nd nd;
	int r;

	if (from->absent && !to->absent)
		return create(doing, step, err);
	if (!to->absent)
		return lend_fail(err, LEND_E_USAGE,
				 "'%s' cannot be changed, only made and destroyed", step->name);
	r = lend_nd_find(doing, step, &nd, err);
	return r != 0 ? (r < 0 ? -1 : 0) : destroy(doing, step, &nd, err);
}

static int forget(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	struct lend_nd nd;
	int r = lend_nd_find(doing, step, &nd, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	/* What is kept is whole. */
	return is_whole(&nd) ? 0 : clear_unfinished(doing, step, err);
}

const struct lend_step_kind lend_step_nd_namespace = {
	.name = "nd-namespace",
	.does = "makes a namespace of persistent memory; it goes again while it holds no data",
	.look = look,
	.set = set,
	.forget = forget,
	.may = may,
};
