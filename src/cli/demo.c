/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend demo: becomes the program lend-demo, which boots a guest. */

#include <errno.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/command.h"
#include "io/libexec.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_FLAG, "keep", '\0', keep, NULL,
		    "leave the guest running until Enter is pressed"),
	LEND_OPTION(LEND_OPTION_TEXT, "timeout", '\0', timeout, "SECONDS",
		    "give up after so long"),
	LEND_OPTION(LEND_OPTION_TEXT, "accel", '\0', accel, "tcg|kvm",
		    "emulate, or use KVM without trying it first"),
	LEND_OPTION_COMMON,
};

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_buf path = { 0 };
	char *argv[8];
	int argc = 0;

	if (!lend_libexec_find("lend-demo", &path)) {
		lend_hint(err, "install the package with the demo, or build with -Dlab=true");
		return lend_fail_errno(err, "the program '%s' cannot be run", path.text);
	}
	argv[argc++] = path.text;
	if (args->keep)
		argv[argc++] = (char *)"--keep";
	if (args->timeout != NULL) {
		argv[argc++] = (char *)"--timeout";
		argv[argc++] = (char *)args->timeout;
	}
	if (args->accel != NULL) {
		argv[argc++] = (char *)"--accel";
		argv[argc++] = (char *)args->accel;
	}
	if (args->no_hints)
		argv[argc++] = (char *)"--no-hints";
	argv[argc] = NULL;
	(void)execv(path.text, argv);
	return lend_fail_errno(err, "starting '%s'", path.text);
}

const struct lend_command lend_command_demo = {
	.name = "demo",
	.synopsis = "[--keep] [--timeout SECONDS] [--accel tcg|kvm]",
	.summary = "boot a real guest on this machine, and map its three NVDIMMs",
	.about = "Works in a folder of its own under $TMPDIR; leaves no process and no file.\n",
	.examples = "  lend demo --keep              look at its guest from another terminal\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.run = run,
};
