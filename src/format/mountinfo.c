/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/mountinfo.h"

#include <string.h>

#include "base/num.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* "\040" is a blank.  A NUL cannot be in a name: its escape stays as it is. */
static char *decode(struct lend_arena *arena, struct lend_span word)
{
	char *text = lend_arena_strndup(arena, word.at, word.len);
	size_t n = 0;

	for (size_t i = 0; i < word.len; i++) {
		const char *c = word.at + i;
		unsigned int value;

		text[n++] = *c;
		if (*c != '\\' || word.len - i < 4 || c[1] > '3' || !is_octal(c[1]) ||
		    !is_octal(c[2]) || !is_octal(c[3]))
			continue;
		value = (unsigned int)((c[1] - '0') << 6 | (c[2] - '0') << 3 | (c[3] - '0'));
		if (value == 0)
			continue;
		text[n - 1] = (char)value;
		i += 3;
	}
	text[n] = '\0';
	return text;
}

static bool next_line(struct lend_span *rest, struct lend_span *ret)
{
	const char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->at, '\n', rest->len);
	*ret = (struct lend_span){ rest->at,
				   end == NULL ? rest->len : (size_t)(end - rest->at) };
	rest->at += ret->len + (end != NULL);
	rest->len -= ret->len + (end != NULL);
	return true;
}

/* Words stand between blanks or tabs; one of a NUL is none. */
static bool next_word(struct lend_span *line, struct lend_span *ret)
{
	size_t n = 0;

	while (line->len > 0 && (*line->at == ' ' || *line->at == '\t')) {
		line->at++;
		line->len--;
	}
	while (n < line->len && line->at[n] != ' ' && line->at[n] != '\t')
		n++;
	*ret = (struct lend_span){ line->at, n };
	line->at += n;
	line->len -= n;
	return n > 0 && memchr(ret->at, '\0', n) == NULL;
}

static bool next_number(struct lend_span *line, uint64_t *ret)
{
	struct lend_span word;

	return next_word(line, &word) && lend_parse_u64n(word.at, word.len, 10, ret);
}

bool lend_device_number_parse(const char *text, size_t len, uint32_t *ret_major,
			      uint32_t *ret_minor)
{
	const char *colon = memchr(text, ':', len);
	uint64_t major, minor;

	if (colon == NULL || !lend_parse_u64n(text, (size_t)(colon - text), 10, &major) ||
	    !lend_parse_u64n(colon + 1, len - (size_t)(colon - text) - 1, 10, &minor) ||
	    major > UINT32_MAX || minor > UINT32_MAX)
		return false;
	*ret_major = (uint32_t)major;
	*ret_minor = (uint32_t)minor;
	return true;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static bool read_mount(struct lend_span line, struct lend_arena *arena,
		       struct lend_mount_line *ret)
{
	struct lend_mount_line m;
	struct lend_span dev, root, point, options, word, fs, source, super;

	if (!next_number(&line, &m.id) || !next_number(&line, &m.parent) ||
	    !next_word(&line, &dev) || !next_word(&line, &root) || !next_word(&line, &point) ||
	    !next_word(&line, &options) ||
	    !lend_device_number_parse(dev.at, dev.len, &m.major, &m.minor))
		return false;
	do {
		if (!next_word(&line, &word))
			return false;
	} while (word.len != 1 || *word.at != '-');
	if (!next_word(&line, &fs))
		return false;
	/* An empty source is nothing at all between two blanks; then the options are last. */
	if (!next_word(&line, &source))
		return false;
	if (!next_word(&line, &super)) {
		super = source;
		source = (struct lend_span){ "", 0 };
	}
	m.root = decode(arena, root);
	m.point = decode(arena, point);
	m.options = decode(arena, options);
	m.fs = decode(arena, fs);
	m.source = decode(arena, source);
	m.super = decode(arena, super);
	*ret = m;
	return true;
}

int lend_mount_line_next(struct lend_span *rest, struct lend_arena *arena,
			 struct lend_mount_line *ret)
{
	struct lend_span line;

	if (!next_line(rest, &line))
		return 1;
	return read_mount(line, arena, ret) ? 0 : 2;
}

/* "/dev/nvme1n1\040(deleted)    partition    524284    0    -2", sizes in KiB */
static bool read_swap(struct lend_span line, struct lend_arena *arena,
		      struct lend_swap_line *ret)
{
	static const char gone[] = " (deleted)";
	struct lend_swap_line s = { 0 };
	struct lend_span path, type, priority;
	size_t len;
	char *text;

	if (!next_word(&line, &path) || !next_word(&line, &type) ||
	    !next_number(&line, &s.size_bytes) || !next_number(&line, &s.used_bytes) ||
	    !next_word(&line, &priority) || !lend_mul_u64(s.size_bytes, 1024, &s.size_bytes) ||
	    !lend_mul_u64(s.used_bytes, 1024, &s.used_bytes))
		return false;
	text = decode(arena, path);
	len = strlen(text);
	if (len > strlen(gone) && strcmp(text + len - strlen(gone), gone) == 0) {
		text[len - strlen(gone)] = '\0';
		s.deleted = true;
	}
	s.path = text;
	s.type = decode(arena, type);
	s.priority = decode(arena, priority);
	*ret = s;
	return true;
}

int lend_swap_line_next(struct lend_span *rest, struct lend_arena *arena,
			struct lend_swap_line *ret)
{
	struct lend_span line, word;
	struct lend_span words;

	do {
		if (!next_line(rest, &line))
			return 1;
		words = line;
	} while (next_word(&words, &word) && word.len == strlen("Filename") &&
		 memcmp(word.at, "Filename", word.len) == 0);
	return read_swap(line, arena, ret) ? 0 : 2;
}

int lend_fstab_line_next(struct lend_span *rest, struct lend_arena *arena,
			 struct lend_fstab_line *ret)
{
	static const struct lend_span nothing = { "", 0 };
	struct lend_span line, source, point, fs, options;

	do {
		if (!next_line(rest, &line))
			return 1;
	} while (!next_word(&line, &source) || source.at[0] == '#');
	if (!next_word(&line, &point))
		return 2;
	if (!next_word(&line, &fs))
		fs = options = nothing;
	else if (!next_word(&line, &options))
		options = nothing;
	ret->source = decode(arena, source);
	ret->point = decode(arena, point);
	ret->fs = decode(arena, fs);
	ret->options = decode(arena, options);
	return 0;
}

const char *lend_mount_option(struct lend_arena *arena, const char *options, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = options; *at != '\0';) {
		size_t len = strcspn(at, ",");

		if (len > n && at[n] == '=' && memcmp(at, name, n) == 0)
			return lend_arena_strndup(arena, at + n + 1, len - n - 1);
		at += len + (at[len] == ',');
	}
	return NULL;
}

bool lend_mount_has_option(const char *options, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = options; *at != '\0';) {
		size_t len = strcspn(at, ",");

		if (len == n && memcmp(at, name, n) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}
