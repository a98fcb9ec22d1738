/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/dm-status.h"

#include "base/num.h"
#include "format/mountinfo.h"

/* The next word, and whether it ends its line; false at the end of the text. */
static bool next_word(struct lend_span *rest, struct lend_span *ret, bool *ret_ends)
{
	size_t n = 0;

	while (rest->len > 0 && lend_ascii_is_space(*rest->at)) {
		rest->at++;
		rest->len--;
	}
	while (n < rest->len && !lend_ascii_is_space(rest->at[n]))
		n++;
	*ret = (struct lend_span){ rest->at, n };
	rest->at += n;
	rest->len -= n;
	*ret_ends = rest->len == 0 || *rest->at == '\n';
	return n > 0;
}

bool lend_dm_path_next(struct lend_span *rest, struct lend_dm_path *ret)
{
	struct lend_dm_path path = { 0 };
	struct lend_span word;
	bool named = false, ends;

	while (next_word(rest, &word, &ends)) {
		bool state = word.len == 1 && (*word.at == 'A' || *word.at == 'F');

		if (named && state) {
			path.failed = *word.at == 'F';
			*ret = path;
			return true;
		}
		named = !ends &&
			lend_device_number_parse(word.at, word.len, &path.major, &path.minor);
	}
	return false;
}

static bool is_word(struct lend_span word, const char *text)
{
	return word.len == strlen(text) && memcmp(word.at, text, word.len) == 0;
}

/* "NAME: START LENGTH multipath N FEATURE... M HANDLER... GROUPS ..." */
static bool take_map(struct lend_span line, struct lend_dm_map *ret)
{
	struct lend_span word;
	const char *colon = NULL;
	uint64_t n = 0;
	bool ends;

	for (size_t i = 0; i + 1 < line.len && colon == NULL; i++) {
		if (line.at[i] == ':' && line.at[i + 1] == ' ')
			colon = line.at + i;
	}
	if (colon == NULL)
		return false;
	*ret = (struct lend_dm_map){ .name = { line.at, (size_t)(colon - line.at) } };
	line.len -= ret->name.len + 1;
	line.at = colon + 1;
	for (int i = 0; i < 3; i++) {
		if (!next_word(&line, &word, &ends))
			return false;
	}
	if (!is_word(word, "multipath") || !next_word(&line, &word, &ends) ||
	    !lend_parse_u64n(word.at, word.len, 10, &n))
		return false;
	for (; n > 0 && next_word(&line, &word, &ends); n--)
		ret->queues = ret->queues || is_word(word, "queue_if_no_path");
	return n == 0;
}

bool lend_dm_map_next(struct lend_span *rest, struct lend_dm_map *ret)
{
	struct lend_span line;

	while (lend_span_next_line(rest, &line)) {
		if (take_map(line, ret))
			return true;
	}
	return false;
}

bool lend_dm_is_name(struct lend_span said, const char *name)
{
	while (said.len > 0 && *name != '\0') {
		uint64_t byte = (unsigned char)*said.at;
		size_t n = 1;

		if (said.len >= 4 && said.at[0] == '\\' && said.at[1] == 'x' &&
		    lend_parse_u64n(said.at + 2, 2, 16, &byte))
			n = 4;
		if ((unsigned char)*name++ != byte)
			return false;
		said = (struct lend_span){ said.at + n, said.len - n };
	}
	return said.len == 0 && *name == '\0';
}
