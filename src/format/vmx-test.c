/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vmx.h"

#include "tests/must.h"

static const char whole[] = "#!/usr/bin/vmware\n"
			    ".encoding = \"UTF-8\"\n"
			    "config.version = \"8\"\n"
			    "virtualHW.version = \"14\"\n"
			    "displayName = \"pmem guest |22one|22 |7C |C3|A9\"\n"
			    "uuid.bios = \"56 4d 1e 2b 53 9a 33 61-2c 0b 7e 44 1a 5f 0d 11\"\n"
			    "memSize = \"16384\"\n"
			    "sched.mem.min = 16384\n"
			    "\n"
			    "nvdimm0.present = \"TRUE\"\n"
			    "NVDIMM0:10.filename = \"/vmfs/volumes/PMemDS-1/vm/vm_10.vmdk\"\n"
			    "nvdimm0:1.present = \"FALSE\"\n"
			    "nvdimm0:1.fileName = \"/vmfs/volumes/PMemDS-1/vm/vm_1.vmdk\"\n"
			    "nvdimm0:0.present = \"true\" # the first\n"
			    "nvdimm0:0.fileName = \"/vmfs/volumes/PMemDS-1/vm/vm.vmdk\"\n"
			    "strange.key = \"kept\"";

static int parse(const char *text, struct lend_arena *arena, struct lend_vmx *ret_vmx,
		 struct lend_err *err)
{
	/* A block of just the right size, for the sanitizer. */
	size_t len = strlen(text);
	char *exact = lend_arena_alloc(arena, len > 0 ? len : 1);

	memcpy(exact, text, len);
	return lend_vmx_parse(exact, len, arena, ret_vmx, err);
}

static void reads_a_whole_one(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_vmx_nvdimm *dimms;
	struct lend_vmx vmx;
	size_t n;

	must(lend_vmx_recognise(whole, sizeof(whole) - 1));
	must(parse(whole, &arena, &vmx, &err) == 0);
	must_str(lend_vmx_get(&vmx, "displayName"), "pmem guest \"one\" | \xc3\xa9");
	must_str(lend_vmx_get(&vmx, "DISPLAYNAME"), "pmem guest \"one\" | \xc3\xa9");
	must_str(lend_vmx_get(&vmx, "sched.mem.min"), "16384");
	must_str(lend_vmx_get(&vmx, ".encoding"), "UTF-8");
	must_str(lend_vmx_get(&vmx, "strange.key"), "kept");
	must(lend_vmx_get(&vmx, "strange") == NULL);
	must_u64(vmx.n_unquoted, 1);
	must_u64(vmx.lines[7].remark, LEND_VMX_UNQUOTED);
	must_u64(vmx.lines[7].number, 8);
	must_u64(vmx.n_duplicates, 0);
	must_u64(vmx.n_junk, 0);

	lend_vmx_nvdimms(&vmx, &arena, &dimms, &n);
	must_u64(n, 3);
	must_u64(dimms[0].unit, 0);
	must(dimms[0].present);
	must_str(dimms[0].file, "/vmfs/volumes/PMemDS-1/vm/vm.vmdk");
	must_u64(dimms[1].unit, 1);
	must(!dimms[1].present);
	must_u64(dimms[2].unit, 10);
	must(dimms[2].present);

	lend_vmx_write(&vmx, &out);
	must_str(lend_buf_text(&out), whole);
	lend_arena_done(&arena);
}

/* One line: what becomes of it.  key NULL: no assignment. */
static const struct {
	const char *line;
	const char *key;
	const char *value;
	enum lend_vmx_remark remark;
} lines[] = {
	{ "a = \"b\"", "a", "b", LEND_VMX_FINE },
	{ "a=\"b\"\r\n", "a", "b", LEND_VMX_FINE },
	{ "\t a.b:c \t=\t\" b \"  \n", "a.b:c", " b ", LEND_VMX_FINE },
	{ "a = \"\"", "a", "", LEND_VMX_FINE },
	{ "a = \"b\" # c", "a", "b", LEND_VMX_FINE },
	{ "a = \"b # c = d\"", "a", "b # c = d", LEND_VMX_FINE },
	{ "a = \"|22|7c|0A|23\"", "a", "\"|\n#", LEND_VMX_FINE },
	{ "a = \"|2|zz|00|\"", "a", "|2|zz|00|", LEND_VMX_FINE },
	{ "a = \"\xff\"", "a", "\xff", LEND_VMX_FINE },
	{ "\xef\xbb\xbf"
	  "a = \"b\"",
	  NULL, NULL, LEND_VMX_JUNK }, /* only the file may begin so */
	{ "\xc3\xa4 = \"b\"", NULL, NULL, LEND_VMX_JUNK },
	{ "a = b c # d", "a", "b c", LEND_VMX_UNQUOTED },
	{ "a =", "a", "", LEND_VMX_UNQUOTED },
	{ "a = b\"", "a", "b\"", LEND_VMX_UNQUOTED },
	{ "a b = c", "a b", "c", LEND_VMX_UNQUOTED },
	{ "", NULL, NULL, LEND_VMX_FINE },
	{ "  \t\r\n", NULL, NULL, LEND_VMX_FINE },
	{ "# a = \"b\"", NULL, NULL, LEND_VMX_FINE },
	{ "  # a", NULL, NULL, LEND_VMX_FINE },
	{ "a", NULL, NULL, LEND_VMX_JUNK },
	{ "= \"b\"", NULL, NULL, LEND_VMX_JUNK },
	{ "a = \"b", NULL, NULL, LEND_VMX_JUNK },
	{ "a = \"", NULL, NULL, LEND_VMX_JUNK },
	{ "a = \"b\" c", NULL, NULL, LEND_VMX_JUNK },
	{ "a = \"b\"c\"", NULL, NULL, LEND_VMX_JUNK },
};

static void reads_lines(void)
{
	for (size_t i = 0; i < LEND_COUNT(lines); i++) {
		struct lend_arena arena = { 0 };
		struct lend_err err = { 0 };
		lend_auto_buf text = { 0 };
		lend_auto_buf out = { 0 };
		struct lend_vmx vmx;
		const struct lend_vmx_line *line;

		must_in(lines[i].line);
		lend_buf_printf(&text, "first = \"1\"\n%s", lines[i].line);
		must(parse(text.text, &arena, &vmx, &err) == 0);
		must_u64(vmx.n_lines, lines[i].line[0] == '\0' ? 1 : 2);
		lend_vmx_write(&vmx, &out);
		must_str(lend_buf_text(&out), text.text);
		if (vmx.n_lines == 2) {
			line = &vmx.lines[1];
			must((line->key == NULL) == (lines[i].key == NULL));
			must_u64(line->remark, lines[i].remark);
			must_u64(vmx.n_junk, lines[i].remark == LEND_VMX_JUNK);
			must_u64(vmx.n_unquoted, lines[i].remark == LEND_VMX_UNQUOTED);
			if (line->key != NULL) {
				must_str(line->key, lines[i].key);
				must_str(line->value, lines[i].value);
			}
		}
		lend_arena_done(&arena);
	}
	must_in("");
}

static void tells_duplicates(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	struct lend_vmx_nvdimm *dimms;
	struct lend_vmx vmx;
	size_t n;

	must(parse("k = \"1\"\nnvdimm0:0.fileName = \"a\"\nK = \"2\"\nnvdimm0:0.filename = "
		   "\"b\"\nk = 3\n",
		   &arena, &vmx, &err) == 0);
	must_u64(vmx.n_duplicates, 3);
	must_str(lend_vmx_get(&vmx, "k"), "1");
	must_u64(vmx.lines[0].remark, LEND_VMX_FINE);
	must_u64(vmx.lines[2].remark, LEND_VMX_DUPLICATE);
	must_u64(vmx.lines[4].remark, LEND_VMX_DUPLICATE);
	lend_vmx_nvdimms(&vmx, &arena, &dimms, &n);
	must_u64(n, 1);
	must_str(dimms[0].file, "a");
	lend_arena_done(&arena);
}

static const struct {
	const char *text;
	size_t n;
	bool present; /* of the first */
} nvdimms[] = {
	{ "nvdimm0:0.fileName = \"a\"", 1, true },
	{ "nvdimm0:0.fileName = \"a\"\nnvdimm0.present = \"FALSE\"", 1, false },
	{ "nvdimm0:0.fileName = \"a\"\nnvdimm0:0.present = \"0\"", 1, false },
	{ "nvdimm0:0.fileName = \"a\"\nnvdimm0:0.present = \"maybe\"", 1, true },
	{ "nvdimm0:0.fileName = \"a\"\nnvdimm1.present = \"FALSE\"", 1, true },
	{ "nvdimm0:0.present = \"TRUE\"", 0, false },
	{ "nvdimm00:0.fileName = \"a\"", 0, false },
	{ "nvdimm0:00.fileName = \"a\"", 0, false },
	{ "nvdimm:0.fileName = \"a\"", 0, false },
	{ "nvdimm0:.fileName = \"a\"", 0, false },
	{ "nvdimm0.fileName = \"a\"", 0, false },
	{ "nvdimm0:0.fileNames = \"a\"", 0, false },
	{ "nvdimm4294967295:4294967295.fileName = \"a\"", 1, true },
	{ "nvdimm4294967296:0.fileName = \"a\"", 0, false },
	{ "scsi0:0.fileName = \"a\"", 0, false },
};

static void lists_nvdimms(void)
{
	for (size_t i = 0; i < LEND_COUNT(nvdimms); i++) {
		struct lend_arena arena = { 0 };
		struct lend_err err = { 0 };
		struct lend_vmx_nvdimm *dimms;
		struct lend_vmx vmx;
		size_t n;

		must_in(nvdimms[i].text);
		must(parse(nvdimms[i].text, &arena, &vmx, &err) == 0);
		lend_vmx_nvdimms(&vmx, &arena, &dimms, &n);
		must_u64(n, nvdimms[i].n);
		if (n > 0)
			must(dimms[0].present == nvdimms[i].present);
		lend_arena_done(&arena);
	}
	must_in("");
}

static void changes_lines(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_vmx vmx;

	must(parse("# c\r\na  =  \"1\"\r\nb = 2\r\nc = \"3\"", &arena, &vmx, &err) == 0);
	lend_vmx_set(&vmx, "A", "1"); /* no change: stays as it was written */
	lend_vmx_set(&vmx, "B", "2");
	must_u64(vmx.n_unquoted, 0);
	lend_vmx_set(&vmx, "new", "a \"b\"|\n");
	lend_vmx_set(&vmx, "aa", "x");
	lend_vmx_set(&vmx, "aa", "y");
	must_str(lend_vmx_get(&vmx, "NEW"), "a \"b\"|\n");
	must_str(lend_vmx_get(&vmx, "aa"), "y");
	must_str(lend_vmx_get(&vmx, "c"), "3");
	lend_vmx_write(&vmx, &out);
	must_str(lend_buf_text(&out), "# c\r\na  =  \"1\"\r\nb = \"2\"\r\nc = \"3\"\r\n"
				      "new = \"a |22b|22|7C|0A\"\r\naa = \"y\"\r\n");
	lend_arena_done(&arena);
}

static void refuses_what_is_none(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf text = { 0 };
	struct lend_vmx vmx;

	must(parse("", &arena, &vmx, &err) == -1);
	must_str(err.what, "this is no .vmx: not one line of the form key = \"value\"");
	must(parse("# only\nwords\n", &arena, &vmx, NULL) == -1);
	err = (struct lend_err){ 0 };
	must(lend_vmx_parse("a = \"b\"\0", 8, &arena, &vmx, &err) == -1);
	must_str(err.what, "this is not text");
	err = (struct lend_err){ 0 };
	while (text.len <= LEND_VMX_MAX)
		lend_buf_puts(&text, "displayName = \"again and again and again and again\"\n");
	must(lend_vmx_parse(text.text, text.len, &arena, &vmx, &err) == -1);
	must(err.code == LEND_E_FORMAT);
	must(!lend_vmx_recognise(text.text, text.len));
	/* As many duplicates as fit take no time worth naming. */
	must(lend_vmx_parse(text.text, LEND_VMX_MAX, &arena, &vmx, &err) == 0);
	must(vmx.n_duplicates > 10000);
	must(!lend_vmx_recognise("/adv/x = \"1\"\n", 13));
	must(!lend_vmx_recognise("", 0));
	must(lend_vmx_recognise("\xef\xbb\xbfmemsize = 1", 14));
	must(lend_vmx_parse("\xef\xbb\xbfmemsize = 1", 14, &arena, &vmx, &err) == 0);
	must_str(lend_vmx_get(&vmx, "memSize"), "1");
	must(lend_vmx_recognise("GUESTOS = \"other\"", 17));
	lend_arena_done(&arena);
}

static void knows_truth(void)
{
	bool b = false;

	must(lend_vmx_bool("TRUE", &b) && b);
	must(lend_vmx_bool("False", &b) && !b);
	must(lend_vmx_bool("1", &b) && b);
	must(!lend_vmx_bool("", &b) && b);
	must(!lend_vmx_bool("truely", &b) && b);
}

int main(void)
{
	reads_a_whole_one();
	reads_lines();
	tells_duplicates();
	lists_nvdimms();
	changes_lines();
	refuses_what_is_none();
	knows_truth();
	return 0;
}
