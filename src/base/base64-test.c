/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/base64.h"

#include "tests/must.h"

static const struct {
	const char *text;
	const char *bytes; /* NULL: it is none */
} rows[] = {
	/* RFC 4648, section 10 */
	{ "", "" },
	{ "Zg==", "f" },
	{ "Zm8=", "fo" },
	{ "Zm9v", "foo" },
	{ "Zm9vYg==", "foob" },
	{ "Zm9vYmE=", "fooba" },
	{ "Zm9vYmFy", "foobar" },
	{ "+/+/", "\xfb\xff\xbf" },
	{ "Z", NULL },
	{ "Zg", NULL },
	{ "Zg=", NULL },
	{ "Zg===", NULL },
	{ "Z===", NULL },
	{ "====", NULL },
	{ "=Zm9", NULL },
	{ "Zg=v", NULL },
	{ "Zg==Zg==", NULL },
	{ "Zm9v\n", NULL },
	{ "Zm\n9v===", NULL },
	{ "-_-_", NULL },
	{ "Zm9\xff", NULL },
};

static void decodes(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		lend_auto_buf out = { 0 };

		must_in(rows[i].text);
		must(lend_base64_decode(rows[i].text, strlen(rows[i].text), &out) ==
		     (rows[i].bytes != NULL));
		if (rows[i].bytes != NULL) {
			lend_auto_buf again = { 0 };

			must_str(lend_buf_text(&out), rows[i].bytes);
			lend_base64_encode(lend_buf_text(&out), out.len, &again);
			must_str(lend_buf_text(&again), rows[i].text);
		}
	}
	must_in("");
}

/* Behind what was there, with NUL bytes; a NUL in the text is no digit. */
static void bytes(void)
{
	lend_auto_buf out = { 0 };

	lend_buf_puts(&out, "x");
	must(lend_base64_decode("AGEA", 4, &out));
	must(out.len == 4 && memcmp(out.text, "x\0a\0", 5) == 0);
	must(!lend_base64_decode("AG\0A", 4, &out));
}

int main(void)
{
	decodes();
	bytes();
	return 0;
}
