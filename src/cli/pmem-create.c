/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend pmem create: a new backing, that plain ndctl in the guest can use. */

#include "base/err.h"
#include "cli/pmem-file.h"
#include "io/out.h"
#include "plan/plan-qemu.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_TEXT, "size", 's', size, "SIZE",
		    "what the guest shall get; the label area comes on\ntop"),
	LEND_OPTION(LEND_OPTION_TEXT, "label-size", 'l', label_size, "SIZE",
		    "of the label area, instead of 2 MiB; 0: none"),
	LEND_OPTION(LEND_OPTION_TEXT, "label-version", '\0', label_version, "1.1|1.2",
		    "1.1 for what is older than Linux 4.13"),
	LEND_OPTION(LEND_OPTION_TEXT, "align", '\0', align, "SIZE",
		    "of the backend, when it is not that of its pages"),
	LEND_OPTION(LEND_OPTION_FLAG, "sparse", '\0', sparse, NULL,
		    "reserve no blocks: the guest is killed when the\nfile system is full"),
	LEND_OPTION_PLAN,
	LEND_OPTION_STATE_DIR,
	LEND_OPTION_JSON,
	LEND_OPTION_COMMON,
};

static int take_size(const char *name, const char *text, struct lend_opt_u64 *ret,
		     struct lend_err *err)
{
	uint64_t bytes;

	if (text == NULL)
		return 0;
	if (lend_pmem_size(name, text, &bytes, err) < 0)
		return -1;
	*ret = lend_opt(bytes);
	return 0;
}

static int take_options(const struct lend_args *args, struct lend_wish_pmem *ret,
			struct lend_err *err)
{
	const char *version = args->label_version;

	if (args->sources.n != 1 || args->size == NULL) {
		lend_hint(err, "lend pmem create --size 4GiB FILE");
		return lend_fail(err, LEND_E_USAGE, "one file and its size have to be said");
	}
	if (version != NULL && strcmp(version, "1.1") != 0 && strcmp(version, "1.2") != 0)
		return lend_fail(err, LEND_E_USAGE,
				 "labels of version '%.20s' are not written, but 1.1 and 1.2",
				 version);
	if (take_size("size", args->size, &ret->size_bytes, err) < 0 ||
	    take_size("label-size", args->label_size, &ret->label_bytes, err) < 0 ||
	    take_size("align", args->align, &ret->align_bytes, err) < 0)
		return -1;
	return 0;
}

/* Whose it was, by the path that was said and by the real one; else nothing is said of it. */
static void take_claims(struct lend_change *change, const char *path,
			struct lend_plan_request *request)
{
	struct lend_err ignored = { 0 };
	struct lend_pmem_place place = { .path = path };
	const char *paths[] = { path, path };
	struct lend_claim *claims = NULL;
	size_t n = 0;

	if (lend_pmem_see_place(change, NULL, path, &place, &ignored) == 0)
		paths[1] = place.path;
	if (lend_claims_read(&request->places, paths, strcmp(path, paths[1]) == 0 ? 1 : 2,
			     &change->arena, &claims, &n, &ignored) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		claims[i].path = path;
	request->claims = claims;
	request->n_claims = n;
}

static int make_plan(struct lend_change *change, const struct lend_wish_pmem *pmem, bool sparse,
		     struct lend_plan **ret_plan, struct lend_err *err)
{
	/* Nobody can use what is not there yet: no VM is asked. */
	static const char *const kinds[] = { "wanted" };
	struct lend_scan_options scan = LEND_SCAN_OPTIONS(.no_guests = true);
	struct lend_plan_request request = { .places = change->options.places,
					     .sparse = sparse };
	lend_auto_inventory *inventory = NULL;

	lend_plan_wants_pmem(&change->arena, pmem, 1, &scan);
	scan.kinds = kinds;
	scan.n_kinds = LEND_COUNT(kinds);
	scan.qemu = NULL;
	if (lend_scan(&scan, &inventory, err) < 0)
		return -1;
	request.inventory = inventory;
	take_claims(change, pmem->backing, &request);
	return lend_plan_pmem_create(&request, pmem, ret_plan, err);
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	struct lend_wish_pmem pmem = { 0 };
	lend_auto_change change;
	lend_auto_plan *plan = NULL;
	const char *slash;

	if (lend_change_init(&change, args, err) < 0 || take_options(args, &pmem, err) < 0)
		return -1;
	pmem.backing = lend_in_absolute(&change.arena, args->sources.items[0]);
	slash = strrchr(pmem.backing, '/');
	if (slash == NULL || slash[1] == '\0')
		return lend_fail(err, LEND_E_USAGE, "'%.150s' is no name of a file",
				 args->sources.items[0]);
	pmem.name = slash + 1;
	if (make_plan(&change, &pmem, args->sparse, &plan, err) < 0)
		return -1;
	lend_plan_pmem_vary(plan, &pmem,
			    args->label_version != NULL &&
				    strcmp(args->label_version, "1.1") == 0,
			    args->sparse);
	return lend_pmem_apply(&change, plan, args, true, err);
}

const struct lend_command lend_command_pmem_create = {
	.name = "create",
	.of = "pmem",
	.synopsis = "--size SIZE [OPTION...] FILE",
	.summary = "make a backing, ready for plain ndctl in the guest",
	.about =
		"Never over something that is there.  lend undo removes it while it is blank.\n",
	.examples = "  lend pmem create --size 4GiB /mnt/log.img\n"
		    "  lend pmem create --size 4GiB --label-size 0 --plan /mnt/log.img\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
