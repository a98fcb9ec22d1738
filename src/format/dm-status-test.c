/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/dm-status.h"

#include "base/buf.h"
#include "tests/must.h"

static const struct {
	const char *text, *paths;
} rows[] = {
	{ "", "" },
	{ "No devices found\n", "" },
	{ "mpatha: 0 2097152 multipath 2 0 0 0 2 1 A 0 1 2 8:16 A 0 0 1 E 0 1 2 8:32 F 1 0 1 \n",
	  "8:16 8:32F " },
	{ "a b: 0 8 multipath 2 0 0 0 1 1 E 0 3 0 8:0 F 4 65:16 F 0 259:7 A 0\n"
	  "c: 0 8 multipath 2 0 0 0 1 1 A 0 1 2 8:48 A 0 0 1",
	  "8:0F 65:16F 259:7 8:48 " },
	{ "8:0: 0 8 multipath 2 0 0 0 0 0\n", "" },
	{ "x: 0 8 multipath 1 1 8:0\nA: 0 8 multipath 8:16 AF 8:32\n", "" },
	{ "x: 8:0 A", "8:0 " },
};

static void maps(void)
{
	static const char table[] =
		"mpatha: 0 2097152 multipath 1 queue_if_no_path 0 2 1 service-time 0 1 2 8:16 1 1\n"
		"a b: 0 8 multipath 0 1 alua 1 1 service-time 0 1 2 8:32 1 1\n"
		"no map\nx: 0 8 linear 8:0 0\ny: 0 8 multipath 3 queue_if_no_path\n"
		"z: 0 8 multipath 3 pg_init_retries 50 queue_if_no_path 0";
	struct lend_span rest = { table, strlen(table) };
	struct lend_dm_map map;
	lend_auto_buf out = { 0 };

	while (lend_dm_map_next(&rest, &map))
		lend_buf_printf(&out, "%.*s=%d ", (int)map.name.len, map.name.at, map.queues);
	must_str(lend_buf_text(&out), "mpatha=1 a b=0 z=1 ");
	must(lend_dm_is_name((struct lend_span){ "a\\x20b", 6 }, "a b"));
	must(!lend_dm_is_name((struct lend_span){ "a\\x20b", 6 }, "a c"));
	must(!lend_dm_is_name((struct lend_span){ "a", 1 }, "ab"));
	must(!lend_dm_is_name((struct lend_span){ "ab", 2 }, "a"));
}

int main(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_span rest = { rows[i].text, strlen(rows[i].text) };
		struct lend_dm_path path;
		lend_auto_buf out = { 0 };

		must_in(rows[i].text);
		while (lend_dm_path_next(&rest, &path))
			lend_buf_printf(&out, "%u:%u%s ", path.major, path.minor,
					path.failed ? "F" : "");
		must_str(lend_buf_text(&out), rows[i].paths);
	}
	maps();
	return 0;
}
