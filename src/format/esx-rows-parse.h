/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between esx-rows.c and the readers of the forms. */

#ifndef LEND_FORMAT_ESX_ROWS_PARSE_H
#define LEND_FORMAT_ESX_ROWS_PARSE_H

#include "format/esx-rows.h"
#include "format/span.h"

struct lend_esx_reader {
	struct lend_arena *arena;
	struct lend_esx_rows *rows;
	struct lend_err *err;
	bool full; /* more rows than there may be: LEND_ESX_ROWS_MAX */
};

/* NULL when there is no room; then full is set, which is an error in the end. */
struct lend_esx_row *lend_esx_add_row(struct lend_esx_reader *r, unsigned int line);

/* The last row gets a cell; one too many is odd. */
void lend_esx_add_cell(struct lend_esx_reader *r, struct lend_span name,
		       struct lend_span value);

void lend_esx_odd(struct lend_esx_reader *r, unsigned int line);

int lend_esx_read_json(struct lend_esx_reader *r, struct lend_span text);
int lend_esx_read_xml(struct lend_esx_reader *r, struct lend_span text);
void lend_esx_read_csv(struct lend_esx_reader *r, struct lend_span text);
void lend_esx_read_keyvalue(struct lend_esx_reader *r, struct lend_span text);
void lend_esx_read_blocks(struct lend_esx_reader *r, struct lend_span text);
void lend_esx_read_table(struct lend_esx_reader *r, struct lend_span text);

/* A line of dashes with blanks between, as below the head of a table. */
bool lend_esx_is_rule(struct lend_span line);

#endif
