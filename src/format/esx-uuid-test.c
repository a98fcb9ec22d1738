/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/esx-uuid.h"

#include "base/buf.h"
#include "tests/must.h"

/* The disks of the vPMem mapping article. */
#define A "60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0c"
#define B "60 00 C2 9d 90 45 42 66-d7 cf ed f7 a2 eb f2 60"

static const struct {
	const char *text;
	const char *prints; /* NULL: no UUID */
} texts[] = {
	{ A, A },
	{ "60 00 c2 98 42 C7 54 F8-02 C2 D4 9B 20 6B 08 0C", A },
	{ "aa 00 c2 98 42 C7 54 F8-02 C2 D4 9B 20 6B 08 0C",
	  "aa 00 c2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0c" },
	{ "", NULL },
	{ "60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08", NULL },
	{ "60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0c 00", NULL },
	{ "60 00 C2 98 42 c7 54 f8 02 c2 d4 9b 20 6b 08 0c", NULL },
	{ "60-00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0c", NULL },
	{ "60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0g", NULL },
	{ "60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0", NULL },
	{ "6000C29842c754f802c2d49b206b080c", NULL },
	{ " 60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 c", NULL },
};

static void reads_one(void)
{
	for (size_t i = 0; i < LEND_COUNT(texts); i++) {
		uint8_t uuid[16] = { 0xee };
		char back[LEND_ESX_UUID_TEXT];

		must_in(texts[i].text);
		must(lend_esx_uuid_parse(texts[i].text, strlen(texts[i].text), uuid) ==
		     (texts[i].prints != NULL));
		if (texts[i].prints == NULL) {
			must_u64(uuid[0], 0xee);
			continue;
		}
		lend_esx_uuid_format(uuid, back);
		must_str(back, texts[i].prints);
	}
	must_in("");
}

/*
 * got: one line for each UUID, "[dir: ]file: last four bytes", then one for
 * each failed command, "!file[: why]"; "?" is an unknown file.
 */
static const struct {
	const char *row;
	const char *text;
	const char *got;
} sessions[] = {
	{ "article",
	  "esxi_host>$ vmkfstools -J getuuid pmem-guest-001.vmdk\nUUID is " A "\n\n"
	  "esxi_host>$ vmkfstools -J getuuid pmem-guest-001_1.vmdk\nUUID is " B "\n",
	  "pmem-guest-001.vmdk: 206b080c\npmem-guest-001_1.vmdk: a2ebf260\n" },
	{ "output alone", "UUID is " A "\n", "?: 206b080c\n" },
	{ "output alone, no end of line", "UUID is " A, "?: 206b080c\n" },
	{ "UUID alone", A "\r\n", "?: 206b080c\n" },
	{ "CRLF and tabs",
	  "# vmkfstools\t-J getuuid\ta.vmdk\r\n\tUUID is\t60 00\tC2 98 42 c7 54 f8-02 c2 d4 9b "
	  "20 6b  08 0c \r\n",
	  "a.vmdk: 206b080c\n" },
	{ "ESXi's prompt",
	  "[root@esx01:/vmfs/volumes/PMemDS-1/vm] vmkfstools -J getuuid vm.vmdk\nUUID is " A
	  "\n[root@esx01:~] ls\n[root@esx01:~] vmkfstools -J getuuid /x/vm.vmdk\nUUID is " B,
	  "/vmfs/volumes/PMemDS-1/vm: vm.vmdk: 206b080c\n/x/vm.vmdk: a2ebf260\n" },
	{ "prompt, but somewhere else",
	  "[root@esx01:/a] cd /b && vmkfstools -J getuuid vm.vmdk\nUUID is " A,
	  "vm.vmdk: 206b080c\n" },
	{ "path of the tool", "$ /sbin/vmkfstools -J getuuid a.vmdk\nUUID is " A,
	  "a.vmdk: 206b080c\n" },
	{ "no prompt", "vmkfstools -J getuuid a.vmdk\nUUID is " A, "a.vmdk: 206b080c\n" },
	{ "file first", "$ vmkfstools a.vmdk -J getuuid\nUUID is " A, "a.vmdk: 206b080c\n" },
	{ "file without .vmdk", "$ vmkfstools -J getuuid disk0\nUUID is " A,
	  "disk0: 206b080c\n" },
	{ "verbose", "$ vmkfstools -J getuuid -v 1 a.vmdk\nUUID is " A, "a.vmdk: 206b080c\n" },
	{ "verbose, other spelling", "$ vmkfstools --verbose 1 -Jgetuuid disk\nUUID is " A,
	  "disk: 206b080c\n" },
	{ "long option", "$ vmkfstools --uuid=getuuid a.vmdk\nUUID is " A,
	  "a.vmdk: 206b080c\n" },
	{ "double quotes", "$ vmkfstools -J getuuid \"/v/my \\\"vm\\\".vmdk\"\nUUID is " A,
	  "/v/my \"vm\".vmdk: 206b080c\n" },
	{ "single quotes", "$ vmkfstools -J getuuid '/v/my $vm*.vmdk'\nUUID is " A,
	  "/v/my $vm*.vmdk: 206b080c\n" },
	{ "backslashes", "$ vmkfstools -J getuuid /v/my\\ vm\\$.vmdk\nUUID is " A,
	  "/v/my vm$.vmdk: 206b080c\n" },
	{ "over ssh", "$ ssh root@esx \"vmkfstools -J getuuid /v/a.vmdk\"\nUUID is " A,
	  "/v/a.vmdk: 206b080c\n" },
	{ "redirected", "$ vmkfstools -J getuuid a.vmdk 2>&1 | tee log\nUUID is " A,
	  "a.vmdk: 206b080c\n" },
	{ "commented", "$ vmkfstools -J getuuid a.vmdk # not b.vmdk\nUUID is " A,
	  "a.vmdk: 206b080c\n" },
	{ "glob: no name", "$ vmkfstools -J getuuid *.vmdk\nUUID is " A, "?: 206b080c\n" },
	{ "variable: no name", "$ vmkfstools -J getuuid \"$f\"\nUUID is " A, "?: 206b080c\n" },
	{ "two names: none", "$ vmkfstools -J getuuid a.vmdk b.vmdk\nUUID is " A,
	  "?: 206b080c\n" },
	{ "loop",
	  "$ for f in *.vmdk; do vmkfstools -J getuuid $f; done\nUUID is " A "\nUUID is " B,
	  "?: 206b080c\n?: a2ebf260\n" },
	{ "loop with names",
	  "$ for f in *.vmdk; do echo $f; vmkfstools -J getuuid $f; done\na.vmdk\nUUID is " A
	  "\n/v/b.vmdk:\nUUID is " B,
	  "a.vmdk: 206b080c\n/v/b.vmdk: a2ebf260\n" },
	{ "names in front", "a.vmdk: UUID is " A "\nb.vmdk UUID is " B "\nthe UUID is " A,
	  "a.vmdk: 206b080c\nb.vmdk: a2ebf260\n?: 206b080c\n" },
	{ "a name two lines before is none", "a.vmdk\nls\nUUID is " A, "?: 206b080c\n" },
	{ "failure between",
	  "$ vmkfstools -J getuuid a.vmdk\nUUID is " A "\n$ vmkfstools -J getuuid no.vmdk\n"
	  "Failed to open virtual disk 'no.vmdk': The system cannot find the file (25).\n"
	  "Error: 25\n$ vmkfstools -J getuuid b.vmdk\nUUID is " B,
	  "a.vmdk: 206b080c\nb.vmdk: a2ebf260\n"
	  "!no.vmdk: Failed to open virtual disk 'no.vmdk': The system cannot find the file "
	  "(25).\n" },
	{ "no answer",
	  "$ vmkfstools -J getuuid a.vmdk\n$ vmkfstools -J getuuid b.vmdk\nUUID is " B,
	  "b.vmdk: a2ebf260\n!a.vmdk\n" },
	{ "only a failure", "$ vmkfstools -J getuuid a.vmdk\nsh: vmkfstools: not found\n",
	  "!a.vmdk: sh: vmkfstools: not found\n" },
	{ "two answers to one: neither is named",
	  "$ vmkfstools -J getuuid a.vmdk\nUUID is " A "\nUUID is " B,
	  "?: 206b080c\n?: a2ebf260\n!a.vmdk\n" },
	{ "two on one line",
	  "$ vmkfstools -J getuuid a.vmdk; vmkfstools -J getuuid b.vmdk\nUUID is " A
	  "\nUUID is " B "\nError: something later",
	  "a.vmdk: 206b080c\nb.vmdk: a2ebf260\n" },
	{ "two on one line, one fails",
	  "$ vmkfstools -J getuuid a.vmdk; vmkfstools -J getuuid b.vmdk\nFailed\nUUID is " B,
	  "b.vmdk: a2ebf260\n!a.vmdk: Failed\n" },
	{ "two on one line, one silent",
	  "$ vmkfstools -J getuuid a.vmdk; vmkfstools -J getuuid b.vmdk\nUUID is " B,
	  "?: a2ebf260\n!a.vmdk\n!b.vmdk\n" },
	{ "another mode is no getuuid",
	  "$ vmkfstools -J setuuid a.vmdk\n$ vmkfstools -J getuuid b.vmdk\nUUID is " B,
	  "b.vmdk: a2ebf260\n" },
	{ "another tool", "$ myvmkfstools -J getuuid a.vmdk\nUUID is " A, "?: 206b080c\n" },
	{ "cut UUID", "$ vmkfstools -J getuuid a.vmdk\nUUID is 60 00 C2 98 42\n", NULL },
	{ "no UUID", "UUID is \n", NULL },
	{ "nothing", "", NULL },
	{ "prose", "UUIDs are nice\nnobody said vmkfstools\n", NULL },
};

static void print(struct lend_buf *out, const struct lend_esx_uuids *uuids)
{
	for (size_t i = 0; i < uuids->n_found; i++) {
		const struct lend_esx_uuid *e = &uuids->found[i];

		if (e->dir != NULL)
			lend_buf_printf(out, "%s: ", e->dir);
		lend_buf_printf(out, "%s: %02x%02x%02x%02x\n", e->file == NULL ? "?" : e->file,
				e->uuid[12], e->uuid[13], e->uuid[14], e->uuid[15]);
	}
	for (size_t i = 0; i < uuids->n_failed; i++) {
		const struct lend_esx_uuid_failed *e = &uuids->failed[i];

		lend_buf_printf(out, "!%s%s%s\n", e->file == NULL ? "?" : e->file,
				e->why == NULL ? "" : ": ", e->why == NULL ? "" : e->why);
	}
}

static void reads_sessions(void)
{
	for (size_t i = 0; i < LEND_COUNT(sessions); i++) {
		struct lend_arena arena = { 0 };
		struct lend_err err = { 0 };
		struct lend_esx_uuids uuids;
		size_t len = strlen(sessions[i].text);
		lend_auto_buf got = { 0 };

		must_in(sessions[i].row);
		if (sessions[i].got == NULL) {
			must(lend_esx_uuids_parse(sessions[i].text, len, &arena, &uuids,
						  &err) == -1);
			must(err.code == LEND_E_FORMAT);
		} else {
			must(lend_esx_uuids_recognise(sessions[i].text, len));
			must(lend_esx_uuids_parse(sessions[i].text, len, &arena, &uuids,
						  &err) == 0);
			print(&got, &uuids);
			must_str(lend_buf_text(&got), sessions[i].got);
		}
		lend_arena_done(&arena);
	}
	must_in("");
}

#define ONE "UUID is " A "\n"

static void tells_lines(void)
{
	static const char text[] = "$ vmkfstools -J getuuid a.vmdk\n\nUUID is " A "\n"
				   "$ vmkfstools -J getuuid b.vmdk\n";
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	struct lend_esx_uuids uuids;

	must(lend_esx_uuids_parse(text, sizeof(text) - 1, &arena, &uuids, &err) == 0);
	must_u64(uuids.found[0].line, 3);
	must_u64(uuids.failed[0].line, 4);
	must(lend_esx_uuids_parse("\nUUID is 60", 11, &arena, &uuids, &err) == -1);
	must_str(err.what, "line 2: \"UUID is\" without 16 bytes of two hex digits");
	err = (struct lend_err){ 0 };
	must(lend_esx_uuids_parse(text, sizeof(text), &arena, &uuids, &err) == -1);
	must_str(err.what, "this is not text");
	must(lend_esx_uuids_recognise(text, sizeof(text) - 1));
	must(!lend_esx_uuids_recognise(text, sizeof(text)));
	must(!lend_esx_uuids_recognise("\x01\n" ONE, sizeof(ONE) + 1));
	must(lend_esx_uuids_recognise("\033[1m\n" ONE, sizeof(ONE) + 4));
	must(!lend_esx_uuids_recognise("vmkfstools -P /x\n", 17));
	must(lend_esx_uuids_recognise("\nUUID is 60 00\n", 15));
	must(!lend_esx_uuids_recognise("UUID is unknown\n", 16));
	must(!lend_esx_uuids_recognise("", 0));
	lend_arena_done(&arena);
}

/* A megabyte of one line must not take a square of it. */
static void long_lines(void)
{
	struct lend_arena arena = { 0 };
	struct lend_esx_uuids uuids;
	lend_auto_buf text = { 0 };

	while (text.len < 1 << 20)
		lend_buf_puts(&text, " vmkfstools -J getuuid a;");
	must(lend_esx_uuids_parse(text.text, text.len, &arena, &uuids, NULL) == 0);
	must(uuids.n_failed > 40000);
	lend_arena_done(&arena);
}

int main(void)
{
	reads_one();
	reads_sessions();
	tells_lines();
	long_lines();
	return 0;
}
