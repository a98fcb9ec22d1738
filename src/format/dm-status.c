/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/dm-status.h"

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
