/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend capture: saves what a scan saw, to be looked at again elsewhere. */

#include "base/err.h"
#include "cli/command.h"
#include "model/inventory.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_TEXT, "to", 'o', to, "DIR",
		    "the folder to make; must not exist"),
	LEND_OPTION(LEND_OPTION_FLAG, "anonymise", '\0', anonymise, NULL,
		    "replace names, paths, UUIDs, serials and MACs,\n"
		    "the same one by the same"),
	LEND_OPTION_GUEST,
	LEND_OPTION_DEVICE,
	LEND_OPTION_NO_GUESTS,
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_COMMON,
};

/* On all hosts. */
static size_t count(const struct lend_inventory *inv, uint32_t kind)
{
	size_t n = 0;

	for (; inv != NULL; inv = inv->next) {
		for (const struct lend_node *node = NULL;
		     (node = lend_next_of(inv, kind, node)) != NULL;)
			n++;
	}
	return n;
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_inventory *inv = NULL;
	lend_auto_buf out = { 0 };

	if (args->to == NULL) {
		lend_hint(err, "write lend capture --to DIR");
		return lend_fail(err, LEND_E_USAGE, "where to save is not said");
	}
	if (lend_args_scan(args, NULL, &inv, err) < 0)
		return -1;
	lend_buf_puts(&out, "saved to ");
	lend_buf_put_safe(&out, args->to, strlen(args->to));
	lend_buf_printf(
		&out,
		": VMs %zu, devices %zu, guests %zu, PCI functions %zu, block devices %zu\n",
		count(inv, LEND_KIND_VM), count(inv, LEND_KIND_DEVICE),
		count(inv, LEND_KIND_GUEST), count(inv, LEND_KIND_PCI),
		count(inv, LEND_KIND_BLOCK));
	lend_print_gaps(inv, !args->no_hints);
	return lend_out(&out, err);
}

const struct lend_command lend_command_capture = {
	.name = "capture",
	.synopsis = "--to DIR [SOURCE...]",
	.summary = "save exactly what was seen, to be given as SOURCE later",
	.about =
		"A capture holds names, paths, serials and UUIDs of the host, and the command\n"
		"lines of its QEMUs, unless they are replaced: --anonymise.\n",
	.examples = "  lend capture --to here              this host\n"
		    "  lend map here                       the same again, anywhere\n"
		    "  lend capture --anonymise --to mail  one to be given away\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.sources = true,
	.run = run,
};
