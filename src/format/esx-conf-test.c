/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/esx-conf.h"

#include "base/err.h"
#include "tests/must.h"

static const char whole[] = "# kept\n"
			    "/adv/Misc/HostName = \"esx1\"\n"
			    "/device/000:31.2/device = \"3b25\"\n"
			    "/device/000:31.2/owner = \"passthru\"\n"
			    "/device/000:31.2/vendor = \"8086\"\n"
			    "/device/000:31.2/vmkname = \"vmhba0\"\n"
			    "/device/00000:002:00.0/vmkname = \"vmnic0\"\n"
			    "/device/00000:031.2/owner = \"vmkernel\"\n"
			    "/device/0000:0b:00.0/owner = \"passthru\"\n"
			    "/device/strange/owner = \"passthru\"\n"
			    "/device/none = \"x\"\n"
			    "\n"
			    "what is this\n"
			    "/net/pnic/child[0000]/mac = \"00:50:56:00:00:01\"\n"
			    "/net/pnic/child[0000]/name = \"vmnic0\"\n"
			    "/net/pnic/child[0001]/name = \"vmnic1\"\n"
			    "/net/vmkernelnic/child[0000]/ipv4address = \"192.0.2.7\"\n"
			    "/net/vmkernelnic/child[0000]/name = \"vmk0\"\n"
			    "/system/uuid = \"\"";

static int parse(const char *text, struct lend_arena *arena, struct lend_esx_conf *ret,
		 struct lend_err *err)
{
	/* A block of just the right size, for the sanitizer. */
	size_t len = strlen(text);
	char *exact = lend_arena_alloc(arena, len > 0 ? len : 1);

	memcpy(exact, text, len);
	return lend_esx_conf_parse(exact, len, arena, ret, err);
}

static void reads_a_whole_one(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_esx_conf conf;

	must(lend_esx_conf_recognise(whole, sizeof(whole) - 1));
	must(parse(whole, &arena, &conf, &err) == 0);
	must_str(lend_esx_conf_get(&conf, "/adv/Misc/HostName"), "esx1");
	must_str(lend_esx_conf_get(&conf, "/system/uuid"), "");
	must(lend_esx_conf_get(&conf, "/adv/misc/hostname") == NULL);
	must_u64(conf.n_junk, 1);
	must_u64(conf.first_junk, 13);
	must_u64(lend_esx_conf_find(&conf, "/system/uuid")->number, 19);
	lend_esx_conf_write(&conf, &out);
	must_str(lend_buf_text(&out), whole);
	lend_arena_done(&arena);
}

static void lists_devices(void)
{
	struct lend_arena arena = { 0 };
	struct lend_esx_conf_device *d;
	struct lend_esx_conf conf;
	size_t n;

	must(parse(whole, &arena, &conf, NULL) == 0);
	lend_esx_conf_devices(&conf, &arena, &d, &n);
	must_u64(n, 5);
	must_str(d[0].address, "00000:002:00.0");
	must_u64(d[0].spelling, LEND_ESX_CONF_HOST);
	must_u64(d[0].at.bus, 2);
	must(d[0].owner == NULL);
	must_str(d[0].vmkname, "vmnic0");
	must_str(d[1].address, "00000:031.2");
	must_u64(d[1].spelling, LEND_ESX_CONF_UNSURE);
	must_str(d[2].address, "0000:0b:00.0");
	must_u64(d[2].spelling, LEND_ESX_CONF_HEX);
	must_str(d[3].address, "000:31.2");
	must_u64(d[3].spelling, LEND_ESX_CONF_HOST);
	must_u64(d[3].at.slot, 31);
	must_u64(lend_pci_of_decimal(&d[3].at).device, 0x1f);
	must_str(d[3].owner, "passthru");
	must_u64(d[3].owner_line, 4);
	must_str(d[3].vendor, "8086");
	must_str(d[3].device, "3b25");
	must_u64(d[4].spelling, LEND_ESX_CONF_ODD);
	lend_arena_done(&arena);
}

static const struct {
	const char *address;
	enum lend_esx_conf_spelling spelling;
} addresses[] = {
	{ "000:26.7", LEND_ESX_CONF_HOST },       { "0000:098:00.5", LEND_ESX_CONF_HOST },
	{ "00000:098:00.5", LEND_ESX_CONF_HOST }, { "0000:00:31.2", LEND_ESX_CONF_UNSURE },
	{ "00000:031.2", LEND_ESX_CONF_UNSURE },  { "00:31.2", LEND_ESX_CONF_UNSURE },
	{ "000:031.2", LEND_ESX_CONF_UNSURE },    { "0000:0b:00.0", LEND_ESX_CONF_HEX },
	{ "000:32.0", LEND_ESX_CONF_ODD },        { "256:00.0", LEND_ESX_CONF_ODD },
	{ "000:00.8", LEND_ESX_CONF_ODD },        { "vmhba0", LEND_ESX_CONF_ODD },
	{ "0:000:31.2", LEND_ESX_CONF_UNSURE },
};

static void tells_spellings(void)
{
	for (size_t i = 0; i < LEND_COUNT(addresses); i++) {
		struct lend_arena arena = { 0 };
		lend_auto_buf text = { 0 };
		struct lend_esx_conf_device *d;
		struct lend_esx_conf conf;
		size_t n;

		must_in(addresses[i].address);
		lend_buf_printf(&text, "/device/%s/owner = \"passthru\"\n",
				addresses[i].address);
		must(parse(text.text, &arena, &conf, NULL) == 0);
		lend_esx_conf_devices(&conf, &arena, &d, &n);
		must_u64(n, 1);
		must_u64(d[0].spelling, addresses[i].spelling);
		lend_arena_done(&arena);
	}
	must_in("");
}

static void lists_nics(void)
{
	struct lend_arena arena = { 0 };
	struct lend_esx_conf_nic *nics;
	struct lend_esx_conf conf;
	size_t n;

	must(parse(whole, &arena, &conf, NULL) == 0);
	lend_esx_conf_nics(&conf, LEND_ESX_CONF_PNIC, &arena, &nics, &n);
	must_u64(n, 2);
	must_str(nics[0].child, "/net/pnic/child[0000]");
	must_str(nics[0].mac, "00:50:56:00:00:01");
	must_str(nics[1].name, "vmnic1");
	must(nics[1].mac == NULL);
	lend_esx_conf_nics(&conf, LEND_ESX_CONF_VMKNIC, &arena, &nics, &n);
	must_u64(n, 1);
	must_str(nics[0].name, "vmk0");
	must_str(nics[0].ipv4, "192.0.2.7");
	lend_arena_done(&arena);
}

/* One line, what becomes of it.  value NULL: no assignment. */
static const struct {
	const char *line;
	const char *value;
	bool junk;
} lines[] = {
	{ "/a = \"b\"", "b", false },
	{ "/a=\"b\"\r\n", "b", false },
	{ "  /a  =  \" b \" \n", " b ", false },
	{ "/a = \"b = c\"", "b = c", false },
	{ "/a = \"b\\\"c\"", "b\\\"c", false },
	{ "/a = \"\xff\"", "\xff", false },
	{ "/a = b", NULL, true },
	{ "/a = \"", NULL, true },
	{ "/a = \"b", NULL, true },
	{ "/a = \"b\" # c", NULL, true },
	{ "/ = \"b\"", NULL, true },
	{ "a = \"b\"", NULL, true },
	{ "/\xc3\xa4 = \"b\"", NULL, true },
	{ "/a", NULL, true },
	{ "# /a = \"b\"", NULL, false },
	{ " \t\r\n", NULL, false },
};

static void reads_lines(void)
{
	for (size_t i = 0; i < LEND_COUNT(lines); i++) {
		struct lend_arena arena = { 0 };
		lend_auto_buf text = { 0 };
		lend_auto_buf out = { 0 };
		struct lend_esx_conf conf;

		must_in(lines[i].line);
		lend_buf_printf(&text, "/first = \"1\"\n%s", lines[i].line);
		must(parse(text.text, &arena, &conf, NULL) == 0);
		must_u64(conf.n_lines, 2);
		must(conf.lines[1].junk == lines[i].junk);
		must((conf.lines[1].key == NULL) == (lines[i].value == NULL));
		if (lines[i].value != NULL)
			must_str(conf.lines[1].value, lines[i].value);
		lend_esx_conf_write(&conf, &out);
		must_str(lend_buf_text(&out), text.text);
		lend_arena_done(&arena);
	}
	must_in("");
}

static void changes_one_key(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_esx_conf conf;

	must(parse("# c\r\n/b  =  \"1\"\r\n/a = \"2\"\r\n/c = \"3\"", &arena, &conf, &err) ==
	     0);
	must(lend_esx_conf_set(&conf, "/b", "1", &err) == 0); /* no change: as it was written */
	must(lend_esx_conf_set(&conf, "/a", "x", &err) == 0);
	must(lend_esx_conf_set(&conf, "/d/e", "new", &err) == 0);
	must(lend_esx_conf_remove(&conf, "/c"));
	must(!lend_esx_conf_remove(&conf, "/c"));
	must_str(lend_esx_conf_get(&conf, "/d/e"), "new");
	must(lend_esx_conf_set(&conf, "/a", "\"", &err) == -1);
	must(err.code == LEND_E_USAGE);
	must(lend_esx_conf_set(&conf, "/a", "x\n/b", NULL) == -1);
	must(lend_esx_conf_set(&conf, "/a", "\\", NULL) == -1);
	must(lend_esx_conf_set(&conf, "no", "x", NULL) == -1);
	must(lend_esx_conf_set(&conf, "/a=\"b\"\n/c", "x", NULL) == -1);
	lend_esx_conf_write(&conf, &out);
	must_str(lend_buf_text(&out),
		 "# c\r\n/b  =  \"1\"\r\n/a = \"x\"\r\n/d/e = \"new\"\r\n");
	lend_arena_done(&arena);
}

static void refuses(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf text = { 0 };
	struct lend_esx_conf conf;

	must(parse("/a = \"1\"\n# x\n/b = \"2\"\n/a = \"3\"\n", &arena, &conf, &err) == -1);
	must_str(err.what, "lines 1 and 4 give the same key: /a");
	err = (struct lend_err){ 0 };
	must(parse("words\n", &arena, &conf, &err) == -1);
	must(parse("", &arena, &conf, NULL) == -1);
	err = (struct lend_err){ 0 };
	must(lend_esx_conf_parse("/a = \"\0\"\n", 9, &arena, &conf, &err) == -1);
	must_str(err.what, "this is not text");
	while (text.len <= LEND_ESX_CONF_MAX)
		lend_buf_puts(&text, "/again/and/again/and/again/and/again = \"and again\"\n");
	must(lend_esx_conf_parse(text.text, text.len, &arena, &conf, NULL) == -1);
	must(!lend_esx_conf_recognise(text.text, text.len));
	must(!lend_esx_conf_recognise("memSize = \"1\"\n", 14));
	must(!lend_esx_conf_recognise("", 0));
	lend_arena_done(&arena);
}

int main(void)
{
	reads_a_whole_one();
	lists_devices();
	tells_spellings();
	lists_nics();
	reads_lines();
	changes_one_key();
	refuses();
	return 0;
}
