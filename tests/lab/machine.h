/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the shape "machine": the machine itself, and lend held against it. */

#ifndef LEND_TESTS_LAB_MACHINE_H
#define LEND_TESTS_LAB_MACHINE_H

#include "case.h"

/*
 * A line of what machine-say printed, from one on; NULL when none fits.  In
 * want a word that ends with '*' fits every word that begins like it.
 */
const char *machine_line(const char *said, const char *want);
/* The line after that one, "" at the end. */
const char *machine_next(const char *line);
/* The word number at of a line; false when there is none. */
bool machine_word(const char *line, size_t at, char *ret_word, size_t size);

/*
 * What "lend show --json" says of about, held against what the guest says.
 * whole: what is missing was looked for.
 */
void machine_check(struct lab_tap *tap, const struct lend_json *show, const char *about,
		   bool whole, const char *said);
/* The same for "lend show --json --device" of some functions. */
void machine_check_close(struct lab_tap *tap, const struct lend_json *show, const char *about,
			 bool whole, const char *said);

/* lend pmem inspect of its DIMMs, from outside and from inside. */
int machine_inspect(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		    struct lend_err *err) LEND_MUST_CHECK;

/* What the loss of a card does to bridges and bonds, told before and seen afterwards. */
int machine_network(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		    struct lend_err *err) LEND_MUST_CHECK;

/* What "now" is of the thing with that id in "lend impact --json"; "" when it was not hit. */
const char *machine_now_of(const struct lend_json *said, const char *id);
/* The same of another key: "next_boot". */
const char *machine_hit_of(const struct lend_json *said, const char *id, const char *key);

#endif
