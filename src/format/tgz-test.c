/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The corpus is made by tar and gzip themselves; the archives here are damaged or odd. */

#include "format/tgz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "tests/must.h"

struct seen {
	struct lend_buf text; /* "path=bytes;..." */
	bool refuse;
};

static bool wants(void *context, const char *path)
{
	(void)context;
	return strcmp(path, "unwanted") != 0;
}

static int take(void *context, const char *path, const char *bytes, size_t len,
		struct lend_err *err)
{
	struct seen *seen = context;

	if (seen->refuse)
		return lend_fail(err, LEND_E_FORMAT, "too much");
	lend_buf_printf(&seen->text, "%.40s%s=%zu:%.10s;", path, strlen(path) > 40 ? "..." : "",
			len, len == 0 ? "" : bytes);
	return 0;
}

static void put(struct lend_buf *out, const char *name, char type, const char *text)
{
	char block[512] = { 0 };
	unsigned int sum = 0;

	(void)snprintf(block, 100, "%s", name);
	(void)snprintf(block + 124, 12, "%011o", (unsigned int)strlen(text));
	block[156] = type;
	memcpy(block + 257,
	       "ustar\0"
	       "00",
	       8);
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(block); i++)
		sum += (uint8_t)block[i];
	(void)snprintf(block + 148, 8, "%06o", sum);
	lend_buf_put(out, block, sizeof(block));
	lend_buf_put(out, text, strlen(text));
	while (out->len % 512 != 0)
		lend_buf_putc(out, '\0');
}

static void end(struct lend_buf *out)
{
	for (size_t i = 0; i < 1024; i++)
		lend_buf_putc(out, '\0');
}

static void must_give(const struct lend_buf *archive, const char *want, const char *want_cut)
{
	struct seen seen = { .refuse = false };
	const struct lend_tgz_taker taker = { &seen, wants, take };
	const char *cut = NULL;

	must(lend_tgz_read(archive->text, archive->len, &taker, &cut, NULL) == 0);
	must_str(lend_buf_text(&seen.text), want);
	must_str(cut == NULL ? "" : cut, want_cut);
	lend_buf_done(&seen.text);
}

static void reads_plain(void)
{
	lend_auto_buf a = { 0 };

	put(&a, "./etc/x", '0', "hello");
	put(&a, "etc/", '5', "");
	put(&a, "/abs", '0', "");
	put(&a, "../out", '0', "no");
	put(&a, "a/../../out", '0', "no");
	put(&a, "unwanted", '0', "no");
	put(&a, "link", '2', "");
	put(&a, "ignored", 'x', "19 path=b/c/../d/e\n12 path=f/g\n");
	put(&a, "not this", '0', "pax");
	put(&a, "ignored", 'L', "long/name");
	put(&a, "not this", '0', "gnu");
	put(&a, "after", '0', "1");
	end(&a);
	must_give(&a, "etc/x=5:hello;abs=0:;f/g=3:pax;long/name=3:gnu;after=1:1;", "");
}

static void says_what_is_cut(void)
{
	lend_auto_buf a = { 0 };
	struct seen seen = { .refuse = true };
	const struct lend_tgz_taker taker = { &seen, wants, take };
	struct lend_err err = { 0 };
	const char *cut;

	put(&a, "one", '0', "1");
	must_give(&a, "one=1:1;", "it is cut off");
	put(&a, "two", '0', "2");
	a.len -= 100;
	must_give(&a, "one=1:1;two=1:2;", "it is cut off");
	a.text[520 + 512] = 'X';
	must_give(&a, "one=1:1;", "something in it is no header of tar");
	must(lend_tgz_read(a.text, a.len, &taker, &cut, &err) == -1);
	must_str(err.what, "too much");
	must(lend_tgz_read("hello", 5, &taker, &cut, NULL) == -1);
	must(lend_tgz_read("\x1f\x8b\x08\0", 4, &taker, &cut, NULL) == -1);
	memcpy(a.text + 257, "visor  ", 7);
	must(lend_tgz_read(a.text, a.len, &taker, &cut, NULL) == -1);
}

static void read_archive(const char *path, struct lend_buf *out)
{
	FILE *file = fopen(path, "re");

	must(file != NULL);
	out->len += fread(lend_buf_room(out, 1 << 20), 1, 1 << 20, file);
	must(fclose(file) == 0);
}

static void reads_corpus(const char *dir)
{
	static const struct {
		const char *file, *want, *cut;
	} rows[] = {
		{ "gnu.tgz",
		  "etc/x=6:hello\n;deep/deeper-deeper-deeper-deeper-deeper-...=2:y\n;", "" },
		{ "pax.tgz",
		  "etc/x=6:hello\n;deep/deeper-deeper-deeper-deeper-deeper-...=2:y\n;", "" },
		{ "ustar.tar",
		  "etc/x=6:hello\n;deep/deeper-deeper-deeper-deeper-deeper-...=2:y\n;", "" },
		{ "cut.tgz", "etc/x=6:hello\n;", "it is cut off" },
	};

	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		lend_auto_buf archive = { 0 };
		char path[512];

		must_in(rows[i].file);
		(void)snprintf(path, sizeof(path), "%s/%s", dir, rows[i].file);
		read_archive(path, &archive);
		must_give(&archive, rows[i].want, rows[i].cut);
		must_in("");
	}
}

int main(int argc, char **argv)
{
	must(argc == 2);
	reads_plain();
	says_what_is_cut();
	reads_corpus(argv[1]);
	return 0;
}
