/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend demo: becomes the program lend-demo, which boots a guest. */

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/command.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_FLAG, "keep", '\0', keep, NULL,
		    "leave the guest running until Enter is pressed"),
	LEND_OPTION(LEND_OPTION_TEXT, "timeout", '\0', timeout, "SECONDS",
		    "give up after so long"),
	LEND_OPTION(LEND_OPTION_TEXT, "accel", '\0', accel, "tcg|kvm",
		    "emulate, or use KVM without trying it first"),
	LEND_OPTION_COMMON,
};

/* Folders of helper programs, best first: asked for, beside this program's build, installed. */
static bool find_program(struct lend_buf *path)
{
	const char *asked = secure_getenv("LEND_LIBEXEC");
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self));

	if (asked != NULL && asked[0] != '\0') {
		lend_buf_printf(path, "%s/lend-demo", asked);
		return access(path->text, X_OK) == 0;
	}
	if (len > 0 && (size_t)len < sizeof(self)) {
		while (len > 0 && self[len - 1] != '/')
			len--;
		lend_buf_printf(path, "%.*s../../libexec/lend-demo", (int)len, self);
		if (access(path->text, X_OK) == 0)
			return true;
	}
	lend_buf_reset(path);
	lend_buf_puts(path, LEND_LIBEXECDIR "/lend-demo");
	return access(path->text, X_OK) == 0;
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_buf path = { 0 };
	char *argv[8];
	int argc = 0;

	if (!find_program(&path)) {
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
