/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plug-backend: host memory that a running QEMU gets, for a device to use.
 *
 * One command, so there is nothing in between to be cut in.
 */

#include "apply/hold.h"
#include "apply/plug.h"
#include "base/err.h"
#include "base/json.h"

/* No other backend has a mem-path. */
static const char *tells_type(const struct lend_json *entry, const struct lend_state *state)
{
	(void)entry;
	return lend_pairs_get(&state->pairs, "mem-path") != NULL ? "memory-backend-file" : NULL;
}

static const struct lend_plug_kind backend = { .folder = "/objects",
					       .list = "query-memdev",
					       .type = "qom-type",
					       .add = "object-add",
					       .tells_type = tells_type };

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	return lend_plug_look(doing, step, &backend, ret_state, err);
}

static void ready(struct lend_doing *doing, const struct lend_step *step)
{
	lend_plug_ready(doing, step, &backend);
}

static int add(struct lend_doing *doing, const struct lend_plug *plug,
	       const struct lend_state *to, struct lend_err *err)
{
	const char *path = lend_pairs_get(&to->pairs, "mem-path");
	lend_auto_held held = { 0 };

	if (path != NULL && lend_hold(doing, path, &held, err) < 0)
		return -1;
	return lend_plug_add(doing, plug, to, err);
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	struct lend_plug plug;

	if (lend_plug_of_step(doing, step, &backend, &plug, err) < 0)
		return -1;
	if (from->absent == to->absent)
		return lend_fail(err, LEND_E_USAGE, "%s cannot be changed while it is there",
				 step->name);
	if (lend_plug_reach(doing, &plug, err) < 0)
		return -1;
	return to->absent ? lend_plug_tell(doing, &plug, "object-del", err)
			  : add(doing, &plug, to, err);
}

/* The id of the device that uses it, in the arena; NULL when none does. */
static int find_user(struct lend_doing *doing, const struct lend_plug *plug,
		     const char **ret_user, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	lend_auto_buf reply = { 0 };
	const struct lend_json *list;

	*ret_user = NULL;
	if (lend_write_tell(doing->writer, plug->vm.monitor,
			    "{\"execute\":\"query-memory-devices\"}", false,
			    lend_vm_deadline(doing, LEND_VM_ASK_MS), &reply, err) < 0 ||
	    lend_json_parse(lend_buf_text(&reply), reply.len, &doc, err) < 0)
		return -1;
	list = lend_json_get(doc, "return");
	for (size_t i = 0; i < lend_json_count(list); i++) {
		const struct lend_json *data = lend_json_get(lend_json_at(list, i), "data");
		const char *memdev = lend_json_str(lend_json_get(data, "memdev"));
		const char *id = lend_json_str(lend_json_get(data, "id"));

		if (memdev != NULL && strcmp(memdev, plug->path) == 0)
			*ret_user =
				lend_arena_strdup(doing->arena, id != NULL ? id : "a device");
	}
	return 0;
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	struct lend_plug plug;
	const char *user;

	(void)from;
	if (!to->absent)
		return 0;
	if (lend_plug_of_step(doing, step, &backend, &plug, err) < 0 ||
	    lend_plug_reach(doing, &plug, err) < 0 || find_user(doing, &plug, &user, err) < 0)
		return -1;
	if (user == NULL)
		return 0;
	*ret_why =
		lend_arena_printf(doing->arena, "%s of %s still uses it", user, plug.vm.name);
	return LEND_WAIT;
}

const struct lend_step_kind lend_step_plug_backend = {
	.name = "plug-backend",
	.does = "give a running QEMU a memory backend",
	.answers = true,
	.look = look,
	.set = set,
	.ready = ready,
	.may = may,
};
