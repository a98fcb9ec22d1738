/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What esxcli (and localcli) printed, in any of its forms: rows of names and
 * values.  What a row means is for format/esx-lists.h.
 *
 * Names differ between the forms ("VMkernel Name" in JSON and for people,
 * "VMkernelName" in the others), so they are compared without blanks,
 * punctuation and case.  A value that spans several lines or is a list
 * becomes one text with ", " between its parts.
 */

#ifndef LEND_FORMAT_ESX_ROWS_H
#define LEND_FORMAT_ESX_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lend/lend.h"

enum {
	LEND_ESX_ROWS_MAX_BYTES = 16 << 20,
	LEND_ESX_ROWS_MAX = 65536,
	LEND_ESX_CELLS_MAX = 128, /* in one row */
};

enum lend_esx_form {
	LEND_ESX_EMPTY,    /* nothing was printed: no such thing on the host, or it failed */
	LEND_ESX_JSON,     /* --formatter=json */
	LEND_ESX_XML,      /* --formatter=xml */
	LEND_ESX_CSV,      /* --formatter=csv */
	LEND_ESX_KEYVALUE, /* --formatter=keyvalue */
	LEND_ESX_BLOCKS,   /* a heading, below it "   Name: value" */
	LEND_ESX_TABLE,    /* columns, a line of dashes below their names */
	LEND_ESX_FORMS
};
extern const char *const lend_esx_form_names[LEND_ESX_FORMS];

struct lend_esx_cell {
	const char *name;
	const char *value;
};

struct lend_esx_row {
	const char *heading; /* of a block; NULL when it has none, and in all other forms */
	struct lend_esx_cell *cells;
	size_t n_cells;
	size_t cap_cells;
	unsigned int line; /* where it begins; in JSON and XML its place among the rows */
};

struct lend_esx_rows {
	enum lend_esx_form form;
	struct lend_esx_row *rows;
	size_t n_rows;
	size_t cap_rows;
	/* Lines, rows and values that could not be read: not known, rather than not there. */
	size_t n_odd;
	unsigned int first_odd; /* its line, or its row; 0: there is none */
};

/*
 * -1: damaged, too large, or text that is none of the forms, as an error
 * message is.  What a person or a script put around the output (prompts, the
 * command itself) is passed over as odd.
 */
int lend_esx_rows_parse(const char *text, size_t len, struct lend_arena *arena,
			struct lend_esx_rows *ret_rows, struct lend_err *err) LEND_MUST_CHECK;

/* NULL when the row has none of that name; of several the first. */
const char *lend_esx_row_get(const struct lend_esx_row *row, const char *name);

/* The same name, as names are compared here. */
bool lend_esx_name_is(const char *a, const char *b);

/*
 * Writes rows as a host would print them, for hosts that are made up.  All
 * values are texts.  What a form cannot hold is left out: names and line ends
 * that would be taken for something else become blanks, TABLE and CSV take the
 * columns of the first row, and only BLOCKS knows headings.
 */
void lend_esx_rows_write(const struct lend_esx_rows *rows, enum lend_esx_form form,
			 struct lend_buf *out);

#endif
