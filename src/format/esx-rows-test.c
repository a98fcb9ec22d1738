/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/esx-rows.h"

#include "base/err.h"
#include "tests/must.h"

/* "[heading] name=value;name=value|name=value" */
static void put(struct lend_buf *out, const struct lend_esx_rows *rows)
{
	for (size_t i = 0; i < rows->n_rows; i++) {
		const struct lend_esx_row *row = &rows->rows[i];

		if (i > 0)
			lend_buf_putc(out, '|');
		if (row->heading != NULL)
			lend_buf_printf(out, "[%s] ", row->heading);
		for (size_t j = 0; j < row->n_cells; j++)
			lend_buf_printf(out, "%s%s=%s", j > 0 ? ";" : "", row->cells[j].name,
					row->cells[j].value);
	}
}

static int parse(const char *text, struct lend_arena *arena, struct lend_esx_rows *ret,
		 struct lend_err *err)
{
	/* A block of just the right size, for the sanitizer. */
	size_t len = strlen(text);
	char *exact = lend_arena_alloc(arena, len > 0 ? len : 1);

	memcpy(exact, text, len);
	return lend_esx_rows_parse(exact, len, arena, ret, err);
}

#define XML                                                                                    \
	"<?xml version=\"1.0\" ?>\n<output xmlns=\"http://www.vmware.com/Products/ESX/5.0/esxcli/\">"
#define HEAD "Device ID     Enabled\n------------  -------\n"

static const struct {
	const char *text;
	enum lend_esx_form form;
	const char *rows;
	size_t odd;
} good[] = {
	{ "", LEND_ESX_EMPTY, "", 0 },
	{ " \r\n\n", LEND_ESX_EMPTY, "", 0 },
	{ "[]", LEND_ESX_JSON, "", 0 },
	{ "[{\"Vendor ID\": 32902, \"On\": true, \"L\": [\"a\", \"b\"], \"N\": null}]",
	  LEND_ESX_JSON, "Vendor ID=32902;On=true;L=a, b", 0 },
	{ "{\"Boot NIC\": \"\"}", LEND_ESX_JSON, "Boot NIC=", 0 },
	{ "[ {\"a\": -1, \"b\": 1}, 7 ]", LEND_ESX_JSON, "b=1", 2 },
	{ XML "<root><list type=\"structure\"><structure typeName=\"Nic\"><field "
	      "name=\"MTU\"><integer>1500</integer></field><field name=\"Up\"><list "
	      "type=\"string\"><string>a</string><string>b</string></list></field></structure>"
	      "<structure/></list></root></output>",
	  LEND_ESX_XML, "MTU=1500;Up=a, b|", 0 },
	{ XML "<structure typeName=\"result\"><field name=\"s\"><string/></field></structure>"
	      "</output>",
	  LEND_ESX_XML, "s=", 0 },
	{ "A,B,\r\n1,2,\r\n", LEND_ESX_CSV, "A=1;B=2", 0 },
	{ "A,B,\n\"1,\"\"2\",,\n", LEND_ESX_CSV, "A=1,\"2;B=", 0 },
	{ "A,B,\n1,2,3,4,\n1\n\"5,6,\n", LEND_ESX_CSV, "A=1;B=", 2 },
	{ "structure[0].Nic.Name.string=vmnic0\nstructure[0].Nic.MTU.integer=1500\n"
	  "structure[1].Nic.Name.string=a=b\n",
	  LEND_ESX_KEYVALUE, "Name=vmnic0;MTU=1500|Name=a=b", 0 },
	{ "VersionGet.Version.string=8.0.2\nVersionGet.Update.string=\n", LEND_ESX_KEYVALUE,
	  "Version=8.0.2;Update=", 0 },
	{ "structure[0].S.U.string[0].string=a\nstructure[0].S.U.string[1].string=b\n"
	  "structure[0].S.V.string[] = \nstructure[5].S.V.string=x\njunk\n",
	  LEND_ESX_KEYVALUE, "U=a, b;V=", 2 },
	{ "0000:00:1f.2\n   Address: 0000:00:1f.2\n   Parent Device: PCI 0:0:2:0\n\n"
	  "0000:01:00.0\n   Address: 0000:01:00.0\n",
	  LEND_ESX_BLOCKS,
	  "[0000:00:1f.2] Address=0000:00:1f.2;Parent Device=PCI 0:0:2:0|[0000:01:00.0] "
	  "Address=0000:01:00.0",
	  0 },
	{ "   Boot Filesystem UUID: 5c8e\n   Boot NIC: \n", LEND_ESX_BLOCKS,
	  "Boot Filesystem UUID=5c8e;Boot NIC=", 0 },
	{ "Boot Filesystem UUID: 5c8e\nBoot NIC:\n\nBoot NIC: x\nA: b", LEND_ESX_BLOCKS,
	  "Boot Filesystem UUID=5c8e;Boot NIC=|Boot NIC=x;A=b", 0 },
	{ "[root@esx1:~] esxcli system boot device get\n   Boot NIC: x\n", LEND_ESX_BLOCKS,
	  "[[root@esx1:~] esxcli system boot device get] Boot NIC=x", 0 },
	{ "[root@esx1:~] esxcli vm process list\nvm\n   World ID: 1\n", LEND_ESX_BLOCKS,
	  "[vm] World ID=1", 1 },
	{ "web, old\n   World ID: 1\n", LEND_ESX_BLOCKS, "[web, old] World ID=1", 0 },
	{ "vm:\n   A: 1\n   B:\n      x\n      y\n   C: z\n      more\n   no pair\n",
	  LEND_ESX_BLOCKS, "[vm] A=1;B=x, y;C=z, more", 1 },
	{ HEAD "0000:42:00.0     true\n", LEND_ESX_TABLE, "Device ID=0000:42:00.0;Enabled=true",
	  0 },
	{ HEAD "0000:42:00.0  true\r\n0000:43:00.0  false\n\nlater\n", LEND_ESX_TABLE,
	  "Device ID=0000:42:00.0;Enabled=true|Device ID=0000:43:00.0;Enabled=false", 1 },
	{ HEAD, LEND_ESX_TABLE, "", 0 },
	{ "Volume Name  No\n-----------  --\nmy data 1     0\n              1\n",
	  LEND_ESX_TABLE, "Volume Name=my data 1;No=0|Volume Name=;No=1", 0 },
	{ "Name  No\n----  --\n\xc3\xa4\xc3\xb6    7\n\xc3\xa4\xc3\xb6  7\nabcdefg 7\n",
	  LEND_ESX_TABLE, "Name=\xc3\xa4\xc3\xb6;No=7|Name=\xc3\xa4\xc3\xb6;No=7", 1 },
	{ "$ cmd\nA   B\n--  --\n1   2", LEND_ESX_TABLE, "A=1;B=2", 1 },
};

static void reads(void)
{
	for (size_t i = 0; i < LEND_COUNT(good); i++) {
		struct lend_arena arena = { 0 };
		struct lend_esx_rows rows = { 0 };
		lend_auto_buf out = { 0 };

		must_in(good[i].text);
		must(parse(good[i].text, &arena, &rows, NULL) == 0);
		must_u64(rows.form, good[i].form);
		put(&out, &rows);
		must_str(lend_buf_text(&out), good[i].rows);
		must_u64(rows.n_odd, good[i].odd);
		must((rows.first_odd > 0) == (good[i].odd > 0));
		lend_arena_done(&arena);
	}
	must_in("");
}

static const struct {
	const char *text;
	const char *what;
} bad[] = {
	{ "Unknown command or namespace hardware pci pcipassthru list\n",
	  "no list of esxcli: it begins 'Unknown command or namespace hardware pci "
	  "pcipassthru list'" },
	{ "\n-sh: esxcli: not found\n",
	  "no list of esxcli: it begins '-sh: esxcli: not found'" },
	{ "[{\"a\": 1}", NULL },
	{ "[{\"a\": 1}]]", NULL },
	{ "<output><list>", NULL },
	{ "<domain/>", "no list of esxcli: its outermost element is <domain>, not <output>" },
};

static void refuses(void)
{
	struct lend_arena arena = { 0 };
	struct lend_esx_rows rows;
	lend_auto_buf text = { 0 };
	struct lend_err err = { 0 };

	for (size_t i = 0; i < LEND_COUNT(bad); i++) {
		err = (struct lend_err){ 0 };
		must_in(bad[i].text);
		must(parse(bad[i].text, &arena, &rows, &err) == -1);
		must(err.code == LEND_E_FORMAT);
		if (bad[i].what != NULL)
			must_str(err.what, bad[i].what);
	}
	must_in("");
	must(lend_esx_rows_parse("a\0b", 3, &arena, &rows, NULL) == -1);
	err = (struct lend_err){ 0 };
	lend_buf_puts(&text, "A,\n");
	for (int i = 0; i <= LEND_ESX_ROWS_MAX; i++)
		lend_buf_puts(&text, "1,\n");
	must(lend_esx_rows_parse(text.text, text.len, &arena, &rows, &err) == -1);
	must_str(err.what, "more than 65536 rows of esxcli output");
	while (text.len <= LEND_ESX_ROWS_MAX_BYTES)
		lend_buf_puts(&text, "1234567890123456789012345678901234567890\n");
	must(lend_esx_rows_parse(text.text, text.len, &arena, &rows, NULL) == -1);
	lend_arena_done(&arena);
}

static void finds_names(void)
{
	struct lend_arena arena = { 0 };
	struct lend_esx_rows rows;

	must(parse("VMkernelName,VendorID,SubVendorID,\nvmhba0,1,2,\n", &arena, &rows, NULL) ==
	     0);
	must_str(lend_esx_row_get(&rows.rows[0], "VMkernel Name"), "vmhba0");
	must_str(lend_esx_row_get(&rows.rows[0], "vendor id"), "1");
	must_str(lend_esx_row_get(&rows.rows[0], "SubVendor ID"), "2");
	must(lend_esx_row_get(&rows.rows[0], "Vendor") == NULL);
	lend_arena_done(&arena);
}

/* What is written in a form reads back the same. */
static void writes(void)
{
	static const char text[] = "one\n   Name: a, \"b\" <c>\n   No: 7\n   Empty: \n\n"
				   "two\n   Name: \xc3\xa4 = b\n   No: 8\n   Empty: x\n";
	struct lend_arena arena = { 0 };
	struct lend_esx_rows rows, back;

	must(parse(text, &arena, &rows, NULL) == 0);
	for (enum lend_esx_form form = LEND_ESX_JSON; form < LEND_ESX_FORMS; form++) {
		lend_auto_buf out = { 0 };
		lend_auto_buf one = { 0 };
		lend_auto_buf two = { 0 };

		must_in(lend_esx_form_names[form]);
		lend_esx_rows_write(&rows, form, &out);
		must(parse(out.text, &arena, &back, NULL) == 0);
		must_u64(back.form, form);
		must_u64(back.n_odd, 0);
		if (form == LEND_ESX_BLOCKS)
			must_str(out.text, text);
		for (size_t i = 0; i < rows.n_rows && form != LEND_ESX_BLOCKS; i++)
			back.rows[i].heading = rows.rows[i].heading;
		put(&one, &rows);
		put(&two, &back);
		must_str(two.text, one.text);
	}
	must_in("");
	lend_arena_done(&arena);
}

int main(void)
{
	reads();
	refuses();
	finds_names();
	writes();
	return 0;
}
