/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/qemu-opts.h"

#include "tests/must.h"

/* want: the pairs as key=value; "!" behind those with an old spelling; "~": partial; NULL:
 * refused. */
static const struct {
	const char *text;
	const char *implied;
	const char *want;
} rows[] = {
	{ "nvdimm,id=n0,memdev=m0", "driver", "driver=nvdimm|id=n0|memdev=m0|" },
	{ "driver=nvdimm,id=n0", "driver", "driver=nvdimm|id=n0|" },
	{ "pc,nvdimm", "type", "type=pc|nvdimm=on!|" },
	{ "pc,nonvdimm", "type", "type=pc|nvdimm=off!|" },
	{ "a,no", "type", "type=a|no=on!|" },
	{ "x,path=/a,,b,c=1", "k", "k=x|path=/a,b|c=1|" },
	{ "path=/a,,,c=1", NULL, "path=/a,|c=1|" },
	{ "/a,,b", "k", "k=/a,b|" },
	{ "a=", NULL, "a=|" },
	{ "a=b=c", NULL, "a=b=c|" },
	{ "a=1,a=2", NULL, "a=1|a=2|" },
	{ "a=1,", NULL, "a=1|" },
	{ "server,nowait", NULL, "server=on!|wait=off!|" },
	{ "", "k", "" },
	{ ",id=x", "k", "k=|id=x|" },
	{ "=x", NULL, NULL },
	{ "a=1,=2", NULL, NULL },
	{ "{\"driver\":\"nvdimm\",\"slot\":0,\"unarmed\":true,\"x\":false}", "driver",
	  "driver=nvdimm|slot=0|unarmed=on|x=off|" },
	{ "{\"a\":{\"b\":\"c,d\",\"e\":[1]},\"n\":null,\"m\":-1}", NULL, "a.b=c,d|~" },
	{ "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":1}}}}}}", NULL, "~" },
	{ "{}", NULL, "" },
	{ "{\"a\":", NULL, NULL },
	{ "{\"a\":1}x", NULL, NULL },
};

static void show(const struct lend_qemu_opts *opts, struct lend_buf *out)
{
	for (size_t i = 0; i < opts->n; i++)
		lend_buf_printf(out, "%s=%s%s|", opts->pairs[i].key, opts->pairs[i].value,
				opts->pairs[i].bare != NULL ? "!" : "");
	lend_buf_puts(out, opts->partial ? "~" : "");
}

static void parses(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_arena arena = { 0 };
		struct lend_qemu_opts opts = { 0 };
		struct lend_err err = { 0 };
		lend_auto_buf out = { 0 };
		int r = lend_qemu_opts_parse(&arena, rows[i].text, rows[i].implied, &opts,
					     &err);

		must_in(rows[i].text);
		must((r == 0) == (rows[i].want != NULL));
		must((err.code == LEND_OK) == (r == 0));
		show(&opts, &out);
		must_str(lend_buf_text(&out), rows[i].want != NULL ? rows[i].want : "");
		lend_arena_done(&arena);
	}
	must_in("");
}

static void gets(void)
{
	struct lend_arena arena = { 0 };
	struct lend_qemu_opts opts;

	must(lend_qemu_opts_parse(&arena, "a=1,b=2,a=3,nowait", NULL, &opts, NULL) == 0);
	must_str(lend_qemu_opts_get(&opts, "a"), "3");
	must_str(lend_qemu_opts_get(&opts, "b"), "2");
	must_str(lend_qemu_opts_get(&opts, "wait"), "off");
	must_str(lend_qemu_opts_get(&opts, "nowait"), NULL);
	must_str(opts.pairs[3].bare, "nowait");
	lend_arena_done(&arena);
}

static void writes(void)
{
	lend_auto_buf out = { 0 };

	lend_buf_put(&out, "-device", 8);
	lend_qemu_opts_put(&out, NULL, "nvdimm");
	lend_qemu_opts_put(&out, "id", "a,b,");
	must_u64(out.len, 8 + strlen("nvdimm,id=a,,b,,"));
	must_str(out.text + 8, "nvdimm,id=a,,b,,");
}

static void too_many(void)
{
	struct lend_arena arena = { 0 };
	struct lend_qemu_opts opts;
	struct lend_err err = { 0 };
	lend_auto_buf text = { 0 };

	for (int i = 0; i <= LEND_QEMU_OPTS_MAX; i++)
		lend_qemu_opts_put(&text, "a", "1");
	must(lend_qemu_opts_parse(&arena, text.text, NULL, &opts, &err) < 0);
	must_str(err.what, "more than 1024 values in one option");
	lend_arena_done(&arena);
}

int main(void)
{
	parses();
	gets();
	writes();
	too_many();
	return 0;
}
