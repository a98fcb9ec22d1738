/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of qemu-args share while they read one command line. */

#ifndef LEND_FORMAT_QEMU_ARGS_PARSE_H
#define LEND_FORMAT_QEMU_ARGS_PARSE_H

#include "format/qemu-args.h"
#include "format/qemu-opts.h"

/* Words with a NUL behind each, as in /proc/PID/cmdline. */
struct lend_qemu_words {
	const char *at;
	const char *end; /* a NUL stands there */
};

/* NULL: that was the last one. */
static inline const char *lend_qemu_next_word(struct lend_qemu_words *w)
{
	const char *word = w->at;

	if (word >= w->end)
		return NULL;
	w->at += strlen(word) + 1;
	return word;
}

struct lend_qemu_parser {
	struct lend_arena *arena;
	struct lend_qemu_args *out;
	/* QEMU numbers what these options make, in the order of the command line. */
	unsigned int n_monitor, n_serial, n_parallel;
};

/* One option with its value; option is the table's own "-name" and lives for ever. */
typedef void lend_qemu_handler(struct lend_qemu_parser *p, const char *option,
			       const char *value);

/* qemu-args-chardev.c */
lend_qemu_handler lend_qemu_take_chardev;
lend_qemu_handler lend_qemu_take_gdb;
lend_qemu_handler lend_qemu_take_mon;
lend_qemu_handler lend_qemu_take_monitor; /* -monitor, -qmp, -qmp-pretty */
lend_qemu_handler lend_qemu_take_parallel;
lend_qemu_handler lend_qemu_take_serial;
/* Last: a monitor may stand in front of its chardev. */
void lend_qemu_resolve_chardevs(struct lend_qemu_parser *p);

/* qemu-args-value.c */
void lend_qemu_remark(struct lend_qemu_parser *p, enum lend_qemu_remark_kind kind,
		      const char *option, const char *fmt, ...) LEND_PRINTF(4, 5);

/* false, with a remark, when an array of n elements is full. */
bool lend_qemu_has_room(struct lend_qemu_parser *p, size_t n, const char *option);

/* The value as pairs, with a remark for each old spelling; false, with a remark, when not. */
bool lend_qemu_pairs(struct lend_qemu_parser *p, const char *option, const char *value,
		     const char *implied, struct lend_qemu_opts *ret);

/* Of one key; unset when it is not there, with a remark when it is not understood. */
enum lend_tri lend_qemu_tri(struct lend_qemu_parser *p, const char *option,
			    const struct lend_qemu_opts *opts, const char *key);
struct lend_opt_u64 lend_qemu_number(struct lend_qemu_parser *p, const char *option,
				     const struct lend_qemu_opts *opts, const char *key);
struct lend_opt_u64 lend_qemu_size(struct lend_qemu_parser *p, const char *option,
				   const struct lend_qemu_opts *opts, const char *key);
/* The same, no suffix is MiB. */
struct lend_opt_u64 lend_qemu_size_mib(struct lend_qemu_parser *p, const char *option,
				       const struct lend_qemu_opts *opts, const char *key);

/* Sits in a memory slot; its addr= is a guest address. */
bool lend_qemu_is_dimm(const char *driver);

#endif
