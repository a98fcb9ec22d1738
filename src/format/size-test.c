/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/size.h"

#include "tests/must.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static const struct {
	const char *text;
	enum lend_size_style style;
	int r;
	uint64_t bytes;
} sizes[] = {
	{ "4 GiB", LEND_SIZE_UNITS, 0, 4 * GIB },
	{ "4GiB", LEND_SIZE_UNITS, 0, 4 * GIB },
	{ "4gib", LEND_SIZE_UNITS, 0, 4 * GIB },
	{ "4 GB", LEND_SIZE_UNITS, 0, 4000000000 },
	{ "4G", LEND_SIZE_UNITS, 0, 4 * GIB },
	{ "514M", LEND_SIZE_UNITS, 0, 514 * MIB },
	{ "514 MB", LEND_SIZE_UNITS, 0, 514000000 },
	{ "1.5 GiB", LEND_SIZE_UNITS, 0, 1536 * MIB },
	{ "65408 KiB", LEND_SIZE_UNITS, 0, 66977792 },
	{ "66977792", LEND_SIZE_UNITS, 0, 66977792 },
	{ "66977792 B", LEND_SIZE_UNITS, 0, 66977792 },
	{ "18446744073709551615", LEND_SIZE_UNITS, 0, UINT64_MAX },
	{ "0x1ffe00000", LEND_SIZE_UNITS, 0, 0x1ffe00000 },
	{ "0", LEND_SIZE_UNITS, 0, 0 },
	{ "18446744073709551616", LEND_SIZE_UNITS, -1, 0 },
	{ "16 EiB", LEND_SIZE_UNITS, -1, 0 },
	{ "0.1 GiB", LEND_SIZE_UNITS, -1, 0 },
	{ "4 GiB ", LEND_SIZE_UNITS, -1, 0 },
	{ " 4 GiB", LEND_SIZE_UNITS, -1, 0 },
	{ "4 Gi", LEND_SIZE_UNITS, -1, 0 },
	{ "4 GiBs", LEND_SIZE_UNITS, -1, 0 },
	{ "4 GiB (4.29 GB)", LEND_SIZE_UNITS, -1, 0 },
	{ "-1", LEND_SIZE_UNITS, -1, 0 },
	{ "+1", LEND_SIZE_UNITS, -1, 0 },
	{ "1.", LEND_SIZE_UNITS, -1, 0 },
	{ ".5G", LEND_SIZE_UNITS, -1, 0 },
	{ "1.0000000000000000000 GiB", LEND_SIZE_UNITS, -1, 0 },
	{ "", LEND_SIZE_UNITS, -1, 0 },
	{ "G", LEND_SIZE_UNITS, -1, 0 },
	{ "4,5G", LEND_SIZE_UNITS, -1, 0 },

	{ "4G", LEND_SIZE_QEMU, 0, 4 * GIB },
	{ "4g", LEND_SIZE_QEMU, 0, 4 * GIB },
	{ "1.5G", LEND_SIZE_QEMU, 0, 1536 * MIB },
	{ "524288k", LEND_SIZE_QEMU, 0, 512 * MIB },
	{ "128K", LEND_SIZE_QEMU, 0, 128 * KIB },
	{ "512", LEND_SIZE_QEMU, 0, 512 },
	{ "512b", LEND_SIZE_QEMU, 0, 512 },
	{ "15E", LEND_SIZE_QEMU, 0, 15ULL << 60 },
	{ "16E", LEND_SIZE_QEMU, -1, 0 },
	{ "4 G", LEND_SIZE_QEMU, -1, 0 },
	{ "4GiB", LEND_SIZE_QEMU, -1, 0 },
	{ "4GB", LEND_SIZE_QEMU, -1, 0 },
	{ "1.3G", LEND_SIZE_QEMU, -1, 0 },
	{ "-1", LEND_SIZE_QEMU, -1, 0 },
	{ "0x", LEND_SIZE_QEMU, -1, 0 },
	{ "0x1k", LEND_SIZE_QEMU, -1, 0 },
	{ "512", LEND_SIZE_QEMU_MIB, 0, 512 * MIB },
	{ "0x10", LEND_SIZE_QEMU_MIB, 0, 16 * MIB },
	{ "512b", LEND_SIZE_QEMU_MIB, 0, 512 },
	{ "4G", LEND_SIZE_QEMU_MIB, 0, 4 * GIB },
	{ "17592186044416", LEND_SIZE_QEMU_MIB, -1, 0 },

	{ "62.00 MiB (65.01 MB)", LEND_SIZE_NDCTL, LEND_SIZE_ROUNDED, 62 * MIB },
	{ "62.91 MiB (65.97 MB)", LEND_SIZE_NDCTL, LEND_SIZE_ROUNDED, 65965916 },
	{ "15.75 GiB", LEND_SIZE_NDCTL, LEND_SIZE_ROUNDED, 15 * GIB + 768 * MIB },
	{ "4096", LEND_SIZE_NDCTL, 0, 4096 },
	{ "0", LEND_SIZE_NDCTL, 0, 0 },
	{ "62.00 MiB (65.01 MB", LEND_SIZE_NDCTL, -1, 0 },
	{ "62.00 MiB (x)", LEND_SIZE_NDCTL, -1, 0 },
	{ "62.00 MiB and more", LEND_SIZE_NDCTL, -1, 0 },
	{ "all of it", LEND_SIZE_NDCTL, -1, 0 },
};

static void parses(void)
{
	for (size_t i = 0; i < LEND_COUNT(sizes); i++) {
		struct lend_err err = { 0 };
		uint64_t bytes = 0;

		must_in(sizes[i].text);
		must(lend_size_parse(sizes[i].text, sizes[i].style, &bytes, &err) ==
		     sizes[i].r);
		must_u64(bytes, sizes[i].bytes);
		must((err.code == LEND_OK) == (sizes[i].r >= 0));
	}
	must_in("");
}

static const struct {
	uint64_t bytes;
	const char *text;
} formats[] = {
	{ 0, "0 B" },
	{ 1, "1 B" },
	{ 1000, "1000 B" },
	{ KIB, "1 KiB" },
	{ KIB + KIB / 2, "1.5 KiB" },
	{ 514 * MIB, "514 MiB" },
	{ 4 * GIB, "4 GiB" },
	{ 1536 * MIB, "1.5 GiB" },
	{ 536608768, "511.75 MiB" },
	{ 66977792, "65408 KiB" },
	{ 66977793, "66977793 B" },
	{ UINT64_MAX, "18446744073709551615 B" },
	{ 15ULL << 60, "15 EiB" },
};

static void prints(void)
{
	for (size_t i = 0; i < LEND_COUNT(formats); i++) {
		lend_auto_buf out = { 0 };
		uint64_t back = 1;

		must_in(formats[i].text);
		lend_size_format(&out, formats[i].bytes);
		must_str(out.text, formats[i].text);
		must(lend_size_parse(out.text, LEND_SIZE_UNITS, &back, NULL) == 0);
		must_u64(back, formats[i].bytes);
	}
	must_in("");
}

static void prints_as_ndctl(void)
{
	static const char *const texts[] = { "62.00 MiB (65.01 MB)", "512.00 MiB (536.87 MB)",
					     "62.91 MiB (65.97 MB)", "1.00 GiB (1.07 GB)",
					     "2.00 KiB (2.05 KB)",   "0.00 B" };

	for (size_t i = 0; i < LEND_COUNT(texts); i++) {
		lend_auto_buf out = { 0 };
		uint64_t bytes = 0;

		must(lend_size_parse(texts[i], LEND_SIZE_NDCTL, &bytes, NULL) ==
		     LEND_SIZE_ROUNDED);
		lend_size_format_ndctl(&out, bytes);
		must_str(out.text, texts[i]);
	}
}

/* An error is one bounded line that shows what was refused. */
static void quotes(void)
{
	struct lend_err err = { 0 };
	char text[300];
	uint64_t bytes;

	must(lend_size_parse("4 parsecs", LEND_SIZE_UNITS, &bytes, &err) < 0);
	must_str(err.what, "\"4 parsecs\" is not a size: no such unit");
	memset(text, '9', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err = (struct lend_err){ 0 };
	must(lend_size_parse(text, LEND_SIZE_QEMU, &bytes, &err) < 0);
	must_str(err.what, "\"9999999999999999999999999999999999999999...\" is not a size: "
			   "it is beyond 64 bits");
}

int main(void)
{
	parses();
	prints();
	prints_as_ndctl();
	quotes();
	return 0;
}
