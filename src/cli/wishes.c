/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/wishes.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "collect/scan.h"
#include "collect/sources.h"
#include "io/out.h"
#include "model/kind-vm.h"

/* What stop and detach look at. */
static const char *const kinds[] = { "vm", "device", "backend", "memory" };

void lend_look_done(struct lend_look *look)
{
	lend_line_free(look->line);
	lend_inventory_free(look->inventory);
	lend_arena_done(&look->arena);
	lend_buf_done(&look->record);
	*look = (struct lend_look){ 0 };
}

/* What QEMUs said of themselves is kept there: its loss costs a moment. */
static const char *cache_dir(struct lend_arena *arena)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (geteuid() == 0)
		return "/var/cache/lend";
	if (cache != NULL && cache[0] == '/')
		return lend_arena_printf(arena, "%s/lend", cache);
	return home != NULL && home[0] == '/' ? lend_arena_printf(arena, "%s/.cache/lend", home)
					      : NULL;
}

int lend_look_record(struct lend_change *change, struct lend_look *look, const char *vm,
		     struct lend_err *err)
{
	const struct lend_places *places = &change->options.places;
	const char *path = lend_plan_record_path(&look->arena, places, vm);

	look->request.places = *places;
	lend_buf_reset(&look->record);
	if (access(path, F_OK) < 0)
		return 0;
	if (lend_in_file(path, LEND_WISH_BYTES_MAX, &look->record, err) < 0)
		return -1;
	look->request.record = lend_buf_text(&look->record);
	return 0;
}

void lend_look_begin(struct lend_look *look, const struct lend_args *args)
{
	look->keeps_line = true;
	if (args->connect != NULL)
		look->line = lend_line_begin(
			lend_arena_printf(&look->arena, "libvirt:%s", args->connect));
}

/* Records are of this host.  Of those that cannot be read nothing is said. */
static void take_claims(struct lend_look *look, const struct lend_scan_options *options)
{
	struct lend_err ignored = { 0 };
	struct lend_claim *claims;
	const char **paths;
	size_t n;

	if (options->n_sources > 0 || look->request.places.state == NULL)
		return;
	paths = lend_arena_array(&look->arena, options->n_wanted + 1, sizeof(*paths));
	for (size_t i = 0; i < options->n_wanted; i++)
		paths[i] = options->wanted[i].path;
	if (lend_claims_read(&look->request.places, paths, options->n_wanted, &look->arena,
			     &claims, &n, &ignored) < 0)
		return;
	look->request.claims = claims;
	look->request.n_claims = n;
}

/* Another host is all that is looked at; what is recorded here is of VMs of this one. */
static void go_there(struct lend_look *look, const char *uri, struct lend_scan_options *options)
{
	const char **source = lend_arena_array(&look->arena, 1, sizeof(*source));

	source[0] = lend_arena_printf(&look->arena, "libvirt:%s", uri);
	options->sources = source;
	options->n_sources = 1;
	look->request.remote = true;
	look->request.record = NULL;
}

/* Who names a libvirt means that one and nothing else. */
static int check_uri(const struct lend_args *args, struct lend_err *err)
{
	if (args->connect == NULL || lend_libvirt_is_uri(args->connect))
		return 0;
	lend_hint(err, "-c qemu:///system");
	return lend_fail(err, LEND_E_USAGE, "--connect: '%.100s' is no URI of a libvirt",
			 args->connect);
}

static int check_asked(const struct lend_look *look, const struct lend_args *args,
		       struct lend_err *err)
{
	const struct lend_inventory *inv = look->inventory;

	for (size_t i = 0; args->connect != NULL && i < inv->n_gaps; i++) {
		const struct lend_gap *gap = &inv->gaps[i];

		if (!gap->matters || strncmp(gap->about, "libvirt:", strlen("libvirt:")) != 0)
			continue;
		lend_hint(err, "%s", gap->hint);
		return lend_fail(err, LEND_E_REMOTE, "%s", gap->what);
	}
	return 0;
}

int lend_look_domain(const struct lend_look *look, const struct lend_args *args, const char *vm,
		     struct lend_err *err)
{
	lend_auto_buf id = { 0 };
	const struct lend_node *node;

	if (args->connect == NULL)
		return 0;
	lend_buf_printf(&id, "vm/%s", vm);
	node = lend_find(look->inventory, lend_buf_text(&id));
	if (node != NULL && lend_as_vm(node)->libvirt.known == LEND_KNOWN)
		return 0;
	lend_hint(err, "virsh -c '%s' list --all", args->connect);
	return lend_fail(err, LEND_E_USAGE, "libvirt %.80s has no domain %.60s%s",
			 args->connect, vm,
			 node == NULL ? "" : "; the VM of that name is none of libvirt's");
}

int lend_look_at(struct lend_look *look, const struct lend_args *args,
		 struct lend_scan_options *options, struct lend_err *err)
{
	if (check_uri(args, err) < 0)
		return -1;
	options->size = sizeof(*options);
	if (options->n_kinds == 0) {
		options->kinds = kinds;
		options->n_kinds = LEND_COUNT(kinds);
	}
	options->no_guests = true;
	if (args->connect != NULL)
		options->libvirt = args->connect;
	look->request.libvirt = options->libvirt;
	if (args->connect != NULL && lend_libvirt_is_remote(args->connect))
		go_there(look, args->connect, options);
	options->cache_dir = cache_dir(&look->arena);
	if (args->timeout != NULL &&
	    lend_parse_seconds(args->timeout, &options->timeout_ms, err) < 0)
		return -1;
	if ((look->keeps_line ? lend_scan_with_line(options, &look->inventory, &look->line, err)
			      : lend_scan(options, &look->inventory, err)) < 0)
		return -1;
	look->request.inventory = look->inventory;
	if (check_asked(look, args, err) < 0)
		return -1;
	take_claims(look, options);
	if (lend_qemu_caps_of(look->inventory, &look->caps))
		look->request.caps = &look->caps;
	return 0;
}

int lend_look_wish(struct lend_change *change, const struct lend_args *args,
		   const char *const *sources, size_t n_sources, struct lend_look *look,
		   struct lend_err *err)
{
	struct lend_scan_options options = { .sources = sources, .n_sources = n_sources };

	look->request.wish = &look->wish;
	if (lend_look_record(change, look, look->wish.vm, err) < 0)
		return -1;
	lend_plan_wants(&look->arena, &look->wish, &change->options.places, &options);
	return lend_look_at(look, args, &options, err);
}

/* ---- files ---- */

static bool is_plan(const struct lend_buf *text)
{
	static const char *const keys[] = { "lend-plan" };

	return lend_json_find_key(lend_buf_text(text), text->len, keys, LEND_COUNT(keys)) <
	       LEND_COUNT(keys);
}

static int load_plan(const char *path, const struct lend_buf *text, bool others,
		     struct lend_plan **ret_plan, struct lend_err *err)
{
	if (others) {
		lend_hint(err, "chmod go-w %.150s; when it is not yours, make the plan again",
			  path);
		return lend_fail(err, LEND_E_REFUSED,
				 "others can write '%.100s', so it is not done", path);
	}
	if (lend_plan_load_text(lend_buf_text(text), text->len, ret_plan, err) < 0)
		return lend_where(err, "%.100s", path);
	return 0;
}

int lend_wish_or_plan(struct lend_change *change, const struct lend_args *args,
		      struct lend_plan **ret_plan, struct lend_err *err)
{
	lend_auto_look struct lend_look look = { 0 };
	const char *path = args->sources.items[0];
	lend_auto_buf text = { 0 };
	bool others;

	if (lend_in_file_whose(path, LEND_PLAN_BYTES_MAX, &text, &others, err) < 0)
		return -1;
	if (is_plan(&text))
		return load_plan(path, &text, others, ret_plan, err);
	if (lend_wish_parse(&look.arena, path, lend_buf_text(&text), text.len, &look.wish,
			    err) < 0 ||
	    lend_look_wish(change, args, args->sources.items + 1, args->sources.n - 1, &look,
			   err) < 0)
		return -1;
	return lend_plan_qemu(&look.request, ret_plan, err);
}
