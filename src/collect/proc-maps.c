/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/proc-maps.h"

#include <string.h>

#include "base/num.h"

/* The word that starts at *at, which moves behind it and the spaces that follow. */
static size_t word(const char **at, const char *end, const char **ret)
{
	const char *p = *at;

	*ret = p;
	while (p < end && *p != ' ')
		p++;
	*at = p;
	while (*at < end && **at == ' ')
		(*at)++;
	return (size_t)(p - *ret);
}

static bool read_line(const char *line, const char *end, struct lend_mapping *ret)
{
	static const char deleted[] = " (deleted)";
	const char *range, *perms, *text;
	const char *dash;
	uint64_t start, stop;
	size_t len = word(&line, end, &range);

	dash = memchr(range, '-', len);
	if (dash == NULL || !lend_parse_u64n(range, (size_t)(dash - range), 16, &start) ||
	    !lend_parse_u64n(dash + 1, (size_t)(range + len - dash - 1), 16, &stop) ||
	    stop < start || word(&line, end, &perms) != sizeof(ret->perms))
		return false;
	(void)word(&line, end, &text); /* offset */
	(void)word(&line, end, &text); /* device */
	len = word(&line, end, &text);
	*ret = (struct lend_mapping){ .bytes = stop - start, .path = line };
	memcpy(ret->perms, perms, sizeof(ret->perms));
	if (!lend_parse_u64n(text, len, 10, &ret->inode))
		return false;
	ret->path_len = (size_t)(end - line);
	len = sizeof(deleted) - 1;
	if (ret->path_len > len && memcmp(end - len, deleted, len) == 0) {
		ret->deleted = true;
		ret->path_len -= len;
	}
	return true;
}

bool lend_mapping_next(const char **at, struct lend_mapping *ret)
{
	while (**at != '\0') {
		const char *line = *at;
		const char *end = line + strcspn(line, "\n");

		*at = end + (*end == '\n');
		if (read_line(line, end, ret))
			return true;
	}
	return false;
}

bool lend_mapping_is_of(const struct lend_mapping *m, const char *path)
{
	return m->path_len == strlen(path) && memcmp(m->path, path, m->path_len) == 0;
}
