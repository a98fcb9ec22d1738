/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend pmem create: a new backing, that plain ndctl in the guest can use. */

#include "base/err.h"
#include "cli/pmem-file.h"

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

static int take_options(const struct lend_args *args, struct lend_pmem_new *ret,
			struct lend_err *err)
{
	if (args->sources.n != 1 || args->size == NULL) {
		lend_hint(err, "lend pmem create --size 4GiB FILE");
		return lend_fail(err, LEND_E_USAGE, "one file and its size have to be said");
	}
	ret->sparse = args->sparse;
	ret->label_minor = 2;
	if (args->label_version != NULL && strcmp(args->label_version, "1.1") == 0)
		ret->label_minor = 1;
	else if (args->label_version != NULL && strcmp(args->label_version, "1.2") != 0)
		return lend_fail(err, LEND_E_USAGE,
				 "labels of version '%.20s' are not written, but 1.1 and 1.2",
				 args->label_version);
	if (lend_pmem_size("size", args->size, &ret->guest_bytes, err) < 0 ||
	    take_size("label-size", args->label_size, &ret->label_bytes, err) < 0 ||
	    take_size("align", args->align, &ret->align_bytes, err) < 0)
		return -1;
	return 0;
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	struct lend_pmem_new wanted = { 0 };
	struct lend_pmem_place place;
	lend_auto_change change;
	lend_auto_plan *plan = NULL;

	if (lend_change_init(&change, args, err) < 0 || take_options(args, &wanted, err) < 0 ||
	    lend_pmem_see_place(&change, NULL, args->sources.items[0], &place, err) < 0 ||
	    lend_plan_pmem_new(&wanted, &place, &plan, err) < 0)
		return -1;
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
	.run = run,
};
