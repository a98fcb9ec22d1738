/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/line.h"

#include <stdlib.h>

#include "io/line-inside.h"

void lend_line_free(struct lend_line *line)
{
	if (line == NULL)
		return;
	lend_wire_done(&line->wire);
	lend_arena_done(&line->memory);
	free(line);
}
