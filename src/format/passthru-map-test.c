/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/passthru-map.h"

#include "base/err.h"
#include "tests/must.h"

static const char whole[] = "# PCI passthrough devices \xe2\x80\x90 not ASCII\n"
			    "\n"
			    "# Intel 82579LM Gig NIC can be reset with d3d0\n"
			    "8086  1502  d3d0     default\n"
			    "10de  ffff  bridge   false\n"
			    "8086 8D62 d3d0 false  #vmhba0\n"
			    "8086 1502 link true\n"
			    "8086 zzzz d3d0 false";

static int parse(const char *text, struct lend_arena *arena, struct lend_passthru_map *ret,
		 struct lend_err *err)
{
	/* A block of just the right size, for the sanitizer. */
	size_t len = strlen(text);
	char *exact = lend_arena_alloc(arena, len > 0 ? len : 1);

	memcpy(exact, text, len);
	return lend_passthru_map_parse(exact, len, arena, ret, err);
}

static void reads_a_whole_one(void)
{
	struct lend_arena arena = { 0 };
	const struct lend_passthru_line *line;
	struct lend_passthru_map map;
	lend_auto_buf out = { 0 };

	must(lend_passthru_map_recognise(whole, sizeof(whole) - 1));
	must(parse(whole, &arena, &map, NULL) == 0);
	must_u64(map.n_rows, 4);
	must_u64(map.n_duplicates, 1);
	must_u64(map.n_junk, 1);
	line = lend_passthru_map_find(&map, 0x8086, 0x8d62, NULL);
	must_u64(line->reset, LEND_PASSTHRU_D3D0);
	must_u64(line->share, LEND_PASSTHRU_SHARE_FALSE);
	must_u64(line->number, 6);
	must(lend_passthru_map_find(&map, 0x8086, 0x8d62, line) == NULL);
	line = lend_passthru_map_find(&map, 0x10de, 0x2803, NULL);
	must_u64(line->reset, LEND_PASSTHRU_BRIDGE);
	line = lend_passthru_map_find(&map, 0x8086, 0x1502, NULL);
	must_u64(line->remark, LEND_PASSTHRU_FINE);
	line = lend_passthru_map_find(&map, 0x8086, 0x1502, line);
	must_u64(line->remark, LEND_PASSTHRU_DUPLICATE);
	must_u64(line->share, LEND_PASSTHRU_SHARE_TRUE);
	must(lend_passthru_map_find(&map, 0x8086, 0x28c0, NULL) == NULL);
	lend_passthru_map_write(&map, &out);
	must_str(lend_buf_text(&out), whole);
	lend_arena_done(&arena);
}

static const struct {
	const char *line;
	bool row;
	enum lend_passthru_remark remark;
} lines[] = {
	{ "8086 28c0 d3d0 default", true, LEND_PASSTHRU_FINE },
	{ "\t8086\t28C0\tFLR\tTRUE\r\n", true, LEND_PASSTHRU_FINE },
	{ "ffff ffff default false#x", true, LEND_PASSTHRU_FINE },
	{ "0x8086 28c0 d3d0 default", false, LEND_PASSTHRU_JUNK },
	{ "808 28c0 d3d0 default", false, LEND_PASSTHRU_JUNK },
	{ "8086 28c0 d3d0", false, LEND_PASSTHRU_JUNK },
	{ "8086 28c0 d3d0 default x", false, LEND_PASSTHRU_JUNK },
	{ "8086 28c0 d3 default", false, LEND_PASSTHRU_JUNK },
	{ "8086 28c0 d3d0 maybe", false, LEND_PASSTHRU_JUNK },
	{ "8086:28c0 d3d0 default", false, LEND_PASSTHRU_JUNK },
	{ "  # 8086 28c0 d3d0 default", false, LEND_PASSTHRU_FINE },
	{ " \t\r\n", false, LEND_PASSTHRU_FINE },
};

static void reads_lines(void)
{
	for (size_t i = 0; i < LEND_COUNT(lines); i++) {
		struct lend_arena arena = { 0 };
		struct lend_passthru_map map;
		lend_auto_buf text = { 0 };
		lend_auto_buf out = { 0 };

		must_in(lines[i].line);
		lend_buf_printf(&text, "1000 0056 d3d0 default\n%s", lines[i].line);
		must(parse(text.text, &arena, &map, NULL) == 0);
		must_u64(map.n_lines, 2);
		must(map.lines[1].is_row == lines[i].row);
		must_u64(map.lines[1].remark, lines[i].remark);
		lend_passthru_map_write(&map, &out);
		must_str(lend_buf_text(&out), text.text);
		lend_arena_done(&arena);
	}
	must_in("");
}

static void changes_rows(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	struct lend_passthru_map map;
	lend_auto_buf out = { 0 };

	must(parse("# c\r\n8086 201d d3d0 default\r\n8086 201d link false\r\n10de ffff bridge false",
		   &arena, &map, NULL) == 0);
	must(lend_passthru_map_add(&map, 0x8086, 0x201d, LEND_PASSTHRU_D3D0,
				   LEND_PASSTHRU_SHARE_DEFAULT, &err) == -1);
	must_str(err.what, "passthru.map has a row for 8086 201d already, line 2");
	must_u64(lend_passthru_map_remove(&map, 0x8086, 0x201d), 2);
	must_u64(lend_passthru_map_remove(&map, 0x8086, 0x201d), 0);
	must_u64(map.n_duplicates, 0);
	/* A wildcard is another row. */
	must(lend_passthru_map_add(&map, 0x10de, 0x2803, LEND_PASSTHRU_LINK,
				   LEND_PASSTHRU_SHARE_FALSE, NULL) == 0);
	must(lend_passthru_map_add(&map, 0x8086, 0x28c0, LEND_PASSTHRU_D3D0,
				   LEND_PASSTHRU_SHARE_DEFAULT, NULL) == 0);
	must_u64(map.n_rows, 3);
	lend_passthru_map_write(&map, &out);
	must_str(lend_buf_text(&out), "# c\r\n10de ffff bridge false\r\n"
				      "10de  2803  link     false\r\n"
				      "8086  28c0  d3d0     default\r\n");
	lend_arena_done(&arena);
}

static void refuses(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	struct lend_passthru_map map;
	lend_auto_buf text = { 0 };

	must(parse("", &arena, &map, NULL) == 0);
	must_u64(map.n_rows, 0);
	must(parse("# only\n", &arena, &map, NULL) == 0);
	must(parse("a b c d\n", &arena, &map, &err) == -1);
	must(err.code == LEND_E_FORMAT);
	must(lend_passthru_map_parse("\0", 1, &arena, &map, NULL) == -1);
	while (text.len <= LEND_PASSTHRU_MAP_MAX)
		lend_buf_puts(&text, "8086 28c0 d3d0 default\n");
	must(lend_passthru_map_parse(text.text, text.len, &arena, &map, NULL) == -1);
	must(!lend_passthru_map_recognise(text.text, text.len));
	must(!lend_passthru_map_recognise("", 0));
	lend_arena_done(&arena);
}

int main(void)
{
	reads_a_whole_one();
	reads_lines();
	changes_rows();
	refuses();
	return 0;
}
