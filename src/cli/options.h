/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options of the commands: a table of rows, from which a command line is read
 * and the help text is printed.
 */

#ifndef LEND_CLI_OPTIONS_H
#define LEND_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/near.h"
#include "lend/lend.h"

/* A list of arguments; the items are those of argv. */
struct lend_words {
	const char **items;
	size_t n;
};

/* What a command line can say; every option of every command has its place here. */
struct lend_args {
	bool help;
	bool json;
	bool no_hints;
	bool no_guests;
	bool no_monitors; /* set by commands */
	bool no_headings;
	bool fields;
	bool keys;
	bool verbose;
	bool keep;
	bool anonymise;
	bool yes;
	bool go_on; /* --continue */
	bool only_plan;
	bool hmp;
	bool xml;
	bool live;
	bool config;
	bool no_wait;
	bool abort;
	bool thorough;
	bool sparse;
	bool markdown;
	bool all;
	const char *timeout;
	const char *table;
	const char *columns;
	const char *guest_device;
	const char *backing;
	const char *to;
	const char *accel;
	const char *state_dir;
	const char *of, *name; /* of the command, and its words as they were typed */
	char **argv;
	int argc;
	struct lend_words pmem;   /* "name=log,size=4GiB,..." */
	struct lend_words accept; /* names of consequences */
	const char *patience;
	const char *connect;       /* URI of a libvirt */
	struct lend_words discard; /* names of backings */
	const char *offset;        /* of a backing, as QEMU has it; so are the next two */
	const char *size;
	const char *label_size;
	const char *mode; /* of a namespace; so are the next two */
	const char *fs;
	const char *mount;
	const char *from;
	const char *chdir;
	const char *output;
	const char *label_version;
	const char *align;
	const char *slot;
	const char *wish;
	const char *fail_on;
	struct lend_words only, skip; /* rules */
	struct lend_words guests;     /* "VM=SOURCE" */
	struct lend_words devices;    /* PCI addresses */
	struct lend_words sources;    /* the arguments that are no options */
};

enum lend_option_type {
	LEND_OPTION_FLAG, /* bool */
	LEND_OPTION_TEXT, /* const char *; the last one counts */
	LEND_OPTION_ONE,  /* the same, of which there can be only one */
	LEND_OPTION_LIST, /* struct lend_words */
};

struct lend_option {
	const char *name; /* without the dashes */
	char letter;      /* '\0' when there is no short form */
	uint8_t type;     /* enum lend_option_type */
	uint16_t offset;  /* in struct lend_args */
	const char *arg;  /* name of its argument in the help; NULL for a flag */
	const char *help;
};

#define LEND_OPTION(type_, name_, letter_, member_, arg_, help_)                               \
	{                                                                                      \
		.name = (name_), .letter = (letter_), .type = (type_),                         \
		.offset = offsetof(struct lend_args, member_), .arg = (arg_), .help = (help_)  \
	}

/* Rows that several commands have. */
#define LEND_OPTION_GUEST                                                                      \
	LEND_OPTION(LEND_OPTION_LIST, "guest", 'g', guests, "VM=SOURCE",                       \
		    "look at the guest of VM in SOURCE: a file with what\n"                    \
		    "ndctl list -DRNiv prints, qga:PATH, or libvirt:URI,\n"                    \
		    "which taints the domain; may be repeated")
#define LEND_OPTION_DEVICE                                                                     \
	LEND_OPTION(LEND_OPTION_LIST, "device", 'D', devices, "ADDRESS",                       \
		    "look closely at this PCI function, such as 62:00.5,\n"                    \
		    "which may wake it; may be repeated")
#define LEND_OPTION_NO_GUESTS                                                                  \
	LEND_OPTION(LEND_OPTION_FLAG, "no-guests", '\0', no_guests, NULL,                      \
		    "do not ask guest agents")
#define LEND_OPTION_JSON LEND_OPTION(LEND_OPTION_FLAG, "json", 'j', json, NULL, "print JSON")
#define LEND_OPTION_NO_HEADINGS                                                                \
	LEND_OPTION(LEND_OPTION_FLAG, "no-headings", 'n', no_headings, NULL,                   \
		    "nothing but the rows of a table")
#define LEND_OPTION_TIMEOUT                                                                    \
	LEND_OPTION(LEND_OPTION_TEXT, "timeout", 't', timeout, "SECONDS",                      \
		    "give every conversation so long; decimals are fine")
#define LEND_OPTION_COMMON                                                                     \
	LEND_OPTION(LEND_OPTION_FLAG, "no-hints", '\0', no_hints, NULL,                        \
		    "do not say what to try"),                                                 \
		LEND_OPTION(LEND_OPTION_FLAG, "help", 'h', help, NULL, "print this text")

/*
 * Options and arguments in any order, "--name VALUE" or "--name=VALUE", short
 * ones in groups, "--" ends the options.  n is the number of rows.
 */
int lend_args_parse(struct lend_args *args, const struct lend_option *options, size_t n,
		    int argc, char **argv, struct lend_err *err) LEND_MUST_CHECK;
void lend_args_done(struct lend_args *args);

/* The rows as help text. */
void lend_options_help(struct lend_buf *out, const struct lend_option *options, size_t n);

/* SECONDS, decimals allowed, above 0 and at most a day. */
int lend_parse_seconds(const char *text, unsigned int *ret_ms,
		       struct lend_err *err) LEND_MUST_CHECK;

/* Hints at the name that typed could have meant; nothing when there is none. */
void lend_hint_near(struct lend_err *err, const char *before, const char *typed,
		    lend_name_at *at, const void *context);

/* "a,b" into names; each must be one of those that "at" gives. */
enum { LEND_COLUMNS_MAX = 32 };
struct lend_columns {
	const char *items[LEND_COLUMNS_MAX];
	size_t n;
};
int lend_parse_columns(const char *list, lend_name_at *at, const void *context,
		       struct lend_columns *ret_columns, struct lend_err *err) LEND_MUST_CHECK;

#endif
