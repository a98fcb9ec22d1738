/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/passthru-map.h"

#include "base/err.h"
#include "base/num.h"
#include "format/span.h"

const char *const lend_passthru_reset_names[LEND_PASSTHRU_RESETS] = {
	[LEND_PASSTHRU_DEFAULT] = "default", [LEND_PASSTHRU_FLR] = "flr",
	[LEND_PASSTHRU_D3D0] = "d3d0",       [LEND_PASSTHRU_LINK] = "link",
	[LEND_PASSTHRU_BRIDGE] = "bridge",
};

const char *const lend_passthru_share_names[LEND_PASSTHRU_SHARES] = {
	[LEND_PASSTHRU_SHARE_DEFAULT] = "default",
	[LEND_PASSTHRU_SHARE_TRUE] = "true",
	[LEND_PASSTHRU_SHARE_FALSE] = "false",
};

static struct lend_span take_word(struct lend_span *rest)
{
	struct lend_span word = { rest->at, 0 };

	while (word.len < rest->len && !lend_ascii_is_space(word.at[word.len]))
		word.len++;
	*rest = lend_span_trim((struct lend_span){ rest->at + word.len, rest->len - word.len });
	return word;
}

/* Four hex digits, no 0x. */
static bool read_id(struct lend_span word, uint16_t *ret)
{
	uint64_t id;

	for (size_t i = 0; i < word.len; i++) {
		if (!lend_ascii_is_xdigit(word.at[i]))
			return false;
	}
	if (word.len != 4 || !lend_parse_u64n(word.at, word.len, 16, &id))
		return false;
	*ret = (uint16_t)id;
	return true;
}

static bool read_name(struct lend_span word, const char *const *names, unsigned int n,
		      unsigned int *ret)
{
	for (unsigned int i = 0; i < n; i++) {
		if (word.len == strlen(names[i]) &&
		    lend_ascii_has_prefix(word.at, word.len, names[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static void read_line(struct lend_span text, struct lend_passthru_line *line)
{
	const char *comment = text.len == 0 ? NULL : memchr(text.at, '#', text.len);
	struct lend_span vendor, device, reset_word, share_word;
	unsigned int reset, share;

	if (comment != NULL)
		text.len = (size_t)(comment - text.at);
	text = lend_span_trim(text);
	if (text.len == 0)
		return;
	line->remark = LEND_PASSTHRU_JUNK;
	vendor = take_word(&text);
	device = take_word(&text);
	reset_word = take_word(&text);
	share_word = take_word(&text);
	if (!read_id(vendor, &line->vendor) || !read_id(device, &line->device) ||
	    !read_name(reset_word, lend_passthru_reset_names, LEND_PASSTHRU_RESETS, &reset) ||
	    !read_name(share_word, lend_passthru_share_names, LEND_PASSTHRU_SHARES, &share) ||
	    text.len > 0)
		return;
	line->reset = (enum lend_passthru_reset)reset;
	line->share = (enum lend_passthru_share)share;
	line->remark = LEND_PASSTHRU_FINE;
	line->is_row = true;
}

bool lend_passthru_map_recognise(const char *text, size_t len)
{
	struct lend_span rest = { text, len };
	struct lend_span raw;

	if (len > LEND_PASSTHRU_MAP_MAX)
		return false;
	while (lend_span_next_line(&rest, &raw)) {
		struct lend_passthru_line line = { 0 };

		read_line(raw, &line);
		if (line.is_row)
			return true;
	}
	return false;
}

static int by_ids(const void *a, const void *b)
{
	const struct lend_passthru_line *x = *(struct lend_passthru_line *const *)a;
	const struct lend_passthru_line *y = *(struct lend_passthru_line *const *)b;
	uint32_t i = (uint32_t)x->vendor << 16 | x->device;
	uint32_t j = (uint32_t)y->vendor << 16 | y->device;

	if (i != j)
		return i < j ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void mark_duplicates(struct lend_passthru_map *map)
{
	struct lend_passthru_line **rows =
		lend_arena_array(map->arena, map->n_rows, sizeof(struct lend_passthru_line *));
	size_t n = 0;

	for (size_t i = 0; i < map->n_lines; i++) {
		if (map->lines[i].is_row)
			rows[n++] = &map->lines[i];
	}
	qsort(rows, n, sizeof(struct lend_passthru_line *), by_ids);
	for (size_t i = 1; i < n; i++) {
		if (rows[i]->vendor != rows[i - 1]->vendor ||
		    rows[i]->device != rows[i - 1]->device)
			continue;
		rows[i]->remark = LEND_PASSTHRU_DUPLICATE;
		map->n_duplicates++;
	}
}

int lend_passthru_map_parse(const char *text, size_t len, struct lend_arena *arena,
			    struct lend_passthru_map *ret_map, struct lend_err *err)
{
	struct lend_passthru_map map = { .arena = arena, .eol = "\n" };
	struct lend_span rest = { 0 };
	struct lend_span raw;

	if (lend_span_check("a passthru.map", text, len, LEND_PASSTHRU_MAP_MAX, err) < 0)
		return -1;
	if (len > 0)
		rest = (struct lend_span){ lend_arena_strndup(arena, text, len), len };
	while (lend_span_next_line(&rest, &raw)) {
		struct lend_passthru_line *line =
			LEND_PUSH(arena, map.lines, map.n_lines, map.cap_lines);

		if (map.n_lines == 1 && raw.len >= 2 && raw.at[raw.len - 2] == '\r')
			map.eol = "\r\n";
		line->raw = raw.at;
		line->raw_len = raw.len;
		line->number = (unsigned int)map.n_lines;
		read_line(raw, line);
		map.n_rows += line->is_row;
		map.n_junk += line->remark == LEND_PASSTHRU_JUNK;
	}
	/* A map without any row is a good one. */
	if (map.n_junk > map.n_rows)
		return lend_fail(err, LEND_E_FORMAT,
				 "this is no passthru.map: most lines are not of the form "
				 "VENDOR DEVICE RESET SHARE");
	mark_duplicates(&map);
	*ret_map = map;
	return 0;
}

static bool has_ids(const struct lend_passthru_line *line, uint16_t vendor, uint16_t device)
{
	return line->is_row && line->vendor == vendor && line->device == device;
}

const struct lend_passthru_line *lend_passthru_map_find(const struct lend_passthru_map *map,
							uint16_t vendor, uint16_t device,
							const struct lend_passthru_line *from)
{
	for (size_t i = from == NULL ? 0 : (size_t)(from - map->lines) + 1; i < map->n_lines;
	     i++) {
		const struct lend_passthru_line *line = &map->lines[i];

		if (line->is_row &&
		    (line->vendor == vendor || line->vendor == LEND_PASSTHRU_ANY) &&
		    (line->device == device || line->device == LEND_PASSTHRU_ANY))
			return line;
	}
	return NULL;
}

int lend_passthru_map_add(struct lend_passthru_map *map, uint16_t vendor, uint16_t device,
			  enum lend_passthru_reset reset, enum lend_passthru_share share,
			  struct lend_err *err)
{
	struct lend_passthru_line *line;

	for (size_t i = 0; i < map->n_lines; i++) {
		if (has_ids(&map->lines[i], vendor, device))
			return lend_fail(
				err, LEND_E_USAGE,
				"passthru.map has a row for %04x %04x already, line %u", vendor,
				device, map->lines[i].number);
	}
	line = LEND_PUSH(map->arena, map->lines, map->n_lines, map->cap_lines);
	*line = (struct lend_passthru_line){ .is_row = true,
					     .vendor = vendor,
					     .device = device,
					     .reset = reset,
					     .share = share };
	map->n_rows++;
	return 0;
}

size_t lend_passthru_map_remove(struct lend_passthru_map *map, uint16_t vendor, uint16_t device)
{
	size_t kept = 0;
	size_t removed;

	for (size_t i = 0; i < map->n_lines; i++) {
		if (has_ids(&map->lines[i], vendor, device))
			map->n_duplicates -= map->lines[i].remark == LEND_PASSTHRU_DUPLICATE;
		else
			map->lines[kept++] = map->lines[i];
	}
	removed = map->n_lines - kept;
	map->n_lines = kept;
	map->n_rows -= removed;
	return removed;
}

void lend_passthru_map_write(const struct lend_passthru_map *map, struct lend_buf *out)
{
	for (size_t i = 0; i < map->n_lines; i++) {
		const struct lend_passthru_line *line = &map->lines[i];

		/* The last line of the file may have had no end. */
		if (i > 0 && out->text[out->len - 1] != '\n')
			lend_buf_puts(out, map->eol);
		if (line->raw != NULL)
			lend_buf_put(out, line->raw, line->raw_len);
		else
			lend_buf_printf(out, "%04x  %04x  %-7s  %s%s", line->vendor,
					line->device, lend_passthru_reset_names[line->reset],
					lend_passthru_share_names[line->share], map->eol);
	}
}
