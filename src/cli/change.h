/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands share that change something: consent, places, a plan shown and applied. */

#ifndef LEND_CLI_CHANGE_H
#define LEND_CLI_CHANGE_H

#include "apply/apply.h"
#include "cli/command.h"

/* One call of such a command. */
struct lend_change {
	struct lend_arena arena;
	struct lend_apply_options options;
	const char *state_dir; /* of --state-dir; NULL: the usual one */
	bool is_terminal;      /* somebody can be asked */
	bool json;             /* the plan alone goes to stdout */
};

#define lend_auto_change LEND_CLEANUP(lend_change_done) struct lend_change
void lend_change_done(struct lend_change *change);

/* Places from --state-dir or the environment, consent from --yes, --accept, --discard. */
int lend_change_init(struct lend_change *change, const struct lend_args *args,
		     struct lend_err *err) LEND_MUST_CHECK;

/* The user says yes, by --yes or at the terminal; 1: no.  question without "?". */
int lend_change_agreed(const struct lend_change *change, const struct lend_args *args,
		       const char *question, struct lend_err *err) LEND_MUST_CHECK;

/* The plan for people on stdout, its remarks on stderr; or as JSON. */
int lend_change_show(const struct lend_plan *plan, const struct lend_args *args,
		     struct lend_err *err) LEND_MUST_CHECK;

/*
 * Shows it, asks unless it is harmless (nobody is asked about what one undo
 * takes back without a trace), does it, and says what came of it.  The exit
 * status, or -1.
 */
int lend_change_apply(struct lend_change *change, const struct lend_plan *plan,
		      const struct lend_args *args, bool harmless,
		      struct lend_err *err) LEND_MUST_CHECK;

/* Lines for people: a result, or talk when the plan was printed as JSON. */
int lend_change_tell(const struct lend_change *change, const struct lend_buf *lines,
		     struct lend_err *err) LEND_MUST_CHECK;

/* What the engine said, for people; the exit status. */
int lend_change_report(const struct lend_change *change, const struct lend_outcome *outcome,
		       const struct lend_plan *plan, int r,
		       struct lend_err *err) LEND_MUST_CHECK;

/* Rows that these commands have. */
#define LEND_OPTION_STATE_DIR                                                                  \
	LEND_OPTION(LEND_OPTION_TEXT, "state-dir", '\0', state_dir, "DIR",                     \
		    "where lend keeps journals and VMs, instead of\n"                          \
		    "/var/lib/lend (root) or ~/.local/state/lend")
#define LEND_OPTION_PATIENCE                                                                   \
	LEND_OPTION(LEND_OPTION_TEXT, "patience", '\0', patience, "SECONDS",                   \
		    "how long a guest has to shut down; 60 by default")
#define LEND_OPTION_CONNECT                                                                    \
	LEND_OPTION(LEND_OPTION_TEXT, "connect", 'c', connect, "URI",                          \
		    "the libvirt that has the VM, qemu:///system for wishes\n"                 \
		    "with hypervisor: libvirt")
#define LEND_OPTION_CHANGE                                                                     \
	LEND_OPTION(LEND_OPTION_FLAG, "yes", 'y', yes, NULL, "do not ask"),                    \
		LEND_OPTION(LEND_OPTION_LIST, "accept", '\0', accept, "THING",                 \
			    "agree to a consequence by its name, such as\n"                    \
			    "stop:db1; may be repeated"),                                      \
		LEND_OPTION_STATE_DIR

/* What is to be said of it, on standard error. */
void lend_change_remarks(const struct lend_plan *plan, const struct lend_args *args);

#endif
