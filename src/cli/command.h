/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command of the program, and what all commands share.
 *
 * Results go to stdout, talk to stderr.  A command builds its output whole
 * and writes it once, so that a failure half way prints nothing that looks
 * like a result.
 */

#ifndef LEND_CLI_COMMAND_H
#define LEND_CLI_COMMAND_H

#include "cli/options.h"
#include "lend/lend.h"

/* Exit status, the same for every command. */
enum {
	LEND_EXIT_GOOD = 0,
	LEND_EXIT_FINDINGS = 1, /* what was asked for is not so, or not clear */
	LEND_EXIT_ERROR = 2,
	LEND_EXIT_HALF = 3,  /* stopped half way; undo and apply --continue know how to go on */
	LEND_EXIT_BLIND = 4, /* nothing found, but something that matters could not be seen */
};

struct lend_command {
	const char *name;
	const char *of;       /* the command that it is a verb of; NULL: none */
	const char *synopsis; /* behind "lend NAME " */
	const char *summary;  /* one line of lend --help */
	const char *about;    /* below the options of its help */
	const char *examples; /* lines for its help */
	const struct lend_option *options;
	size_t n_options;
	bool sources; /* takes SOURCE arguments */
	bool changes; /* the host or a guest: it can stop half way */
	bool files;   /* takes other arguments, which the synopsis names */

	/* The word behind the name is one of these; then there is no run.  NULL at the end. */
	const struct lend_command *const *verbs;

	/* The exit status, or -1 with the reason in *err. */
	int (*run)(const struct lend_args *args, struct lend_err *err);
};

/* In the order of src/cli/meson.build, NULL at the end. */
extern const struct lend_command *const lend_commands[];
extern const struct lend_command *const lend_pmem_verbs[];

/* All of it, or an error: a full disk is not silent. */
int lend_out(const struct lend_buf *out, struct lend_err *err) LEND_MUST_CHECK;

/* Runs lend_scan with what the options say.  kinds is what the command can use, up to a NULL;
 * NULL is all. */
int lend_args_scan(const struct lend_args *args, const char *const *kinds,
		   struct lend_inventory **ret_inventory, struct lend_err *err) LEND_MUST_CHECK;

/* What could not be seen on all hosts, on stderr: no line twice, a few at most, hints last. */
void lend_print_gaps(const struct lend_inventory *first, bool hints);

/* A line that names the host, and a blank one between hosts; nothing when there is only one. */
void lend_put_host(struct lend_buf *out, const struct lend_inventory *first,
		   const struct lend_inventory *inventory);

/* "note: TEXT" on stderr, escaped; then "hint: HINT" unless that is NULL. */
void lend_note(const char *text, const char *hint);

/* "lend: ..." on stderr; returns the exit status that the error has. */
int lend_print_error(const struct lend_err *err, bool hints);

struct lend_style;

/* The options, and the user's character set, which is taken over for what is printed: only when
 * that goes beyond ASCII, since loading it takes as long as the rest of the table. */
struct lend_style lend_args_style(const struct lend_args *args, bool beyond_ascii);

#define lend_auto_inventory LEND_CLEANUP(lend_inventory_done) struct lend_inventory

static inline void lend_inventory_done(struct lend_inventory **inventory)
{
	lend_inventory_free(*inventory);
}

#endif
