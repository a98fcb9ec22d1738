/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/line.h"

#include <stdlib.h>

#include "io/inside.h"
#include "io/line-inside.h"

struct lend_line *lend_line_begin(const char *name)
{
	int fd = lend_via_is(name) ? lend_connect_via(name) : -1;
	struct lend_line *line;

	if (fd < 0)
		return NULL;
	line = lend_xrealloc(NULL, sizeof(*line));
	*line = (struct lend_line){ .wire = { .fd = fd } };
	line->socket = lend_arena_strdup(&line->memory, name);
	return line;
}

int64_t lend_line_at(const struct lend_line *line)
{
	return line == NULL ? 0 : line->at;
}

void lend_line_free(struct lend_line *line)
{
	if (line == NULL)
		return;
	lend_wire_done(&line->wire);
	lend_arena_done(&line->memory);
	free(line);
}
