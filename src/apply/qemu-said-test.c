/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/qemu-said.h"

#include "tests/must.h"

static const struct row {
	const char *what;
	const char *log;
	const char *word; /* NULL: none */
	const char *hint; /* a part of it; NULL: none */
} rows[] = {
	{ "nothing", "", NULL, NULL },
	{ "blank lines", "\n\n", NULL, NULL },
	{ "only a warning", "qemu-system-x86_64: warning: dbind: Couldn't\n", NULL, NULL },
	{ "one line", "qemu-system-x86_64: slot 0 is busy\n", "slot 0 is busy",
	  "take another slot" },
	{ "with an option in front",
	  "qemu-system-x86_64: -device nvdimm,id=n,memdev=m: nvdimm is not enabled: missing "
	  "'nvdimm' in '-M'\n",
	  "-device nvdimm,id=n,memdev=m: nvdimm is not enabled: missing 'nvdimm' in '-M'",
	  "nvdimm=on" },
	{ "the last one, before a warning",
	  "Could not access KVM kernel module: Permission denied\n"
	  "qemu-system-x86_64: failed to initialize kvm: Permission denied\n"
	  "qemu-system-x86_64: warning: something else\n",
	  "failed to initialize kvm: Permission denied", "group kvm" },
	{ "no newline, of a shell", "sh: 1: qemu: not found", "sh: 1: qemu: not found", NULL },
	{ "a carriage return", "qemu-system-x86_64: oops\r\n", "oops", NULL },
	{ "a name and nothing else", "qemu-system-x86_64:\n", "qemu-system-x86_64:", NULL },
	{ "forwarding",
	  "qemu-system-x86_64: -netdev user,id=n: Could not set up host forwarding rule "
	  "'tcp:127.0.0.1:22-:22'\n",
	  "-netdev user,id=n: Could not set up host forwarding rule 'tcp:127.0.0.1:22-:22'",
	  "forward another one" },
};

int main(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		lend_auto_buf word = { 0 };
		const char *hint;

		must_in(rows[i].what);
		must(lend_qemu_last_word(rows[i].log, strlen(rows[i].log), &word) ==
		     (rows[i].word != NULL));
		if (rows[i].word == NULL)
			continue;
		must_str(lend_buf_text(&word), rows[i].word);
		hint = lend_qemu_hint(word.text);
		must((hint != NULL) == (rows[i].hint != NULL));
		must(hint == NULL || strstr(hint, rows[i].hint) != NULL);
	}
	return 0;
}
