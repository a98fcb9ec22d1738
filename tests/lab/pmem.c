/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pmem.h"

enum { WORDS_MAX = 10 };

int lab_pmem(struct lab *lab, struct lab_tap *tap, int want_exit, const char *const *words,
	     struct lend_err *err)
{
	const char *argv[WORDS_MAX + 3] = { NULL };
	lend_auto_buf out = { 0 };
	char state[LAB_PATH_MAX];
	char line[256] = "";
	size_t n = 0;
	int status = -1;

	if (lab_path(lab, state, sizeof(state), "state", err) < 0)
		return -1;
	for (; n < WORDS_MAX && words[n] != NULL; n++) {
		size_t len = strlen(line);
		const char *slash = strrchr(words[n], '/');

		argv[n] = words[n];
		(void)snprintf(line + len, sizeof(line) - len, " %s",
			       slash != NULL ? slash + 1 : words[n]);
	}
	argv[n++] = "--state-dir";
	argv[n++] = state;
	if (lab_lend(lab, argv, &out, &status, err) < 0)
		return -1;
	if (!lab_ok(tap, status == want_exit, "lend%s ends with %d", line, want_exit))
		lab_note("it was %d: %s", status, lend_buf_text(&out));
	return 0;
}

int lab_pmem_create(struct lab *lab, struct lab_tap *tap, struct lab_dimm *dimm,
		    struct lend_err *err)
{
	char size[32], label[32], name[64];
	const char *words[] = { "pmem",
				"create",
				"--size",
				size,
				"--label-size",
				label,
				"--label-version",
				dimm->label_minor == 1 ? "1.1" : "1.2",
				dimm->path,
				NULL };

	(void)snprintf(name, sizeof(name), "%s.img", dimm->id);
	(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)dimm->pmem_bytes);
	(void)snprintf(label, sizeof(label), "%llu", (unsigned long long)dimm->label_bytes);
	if (lab_path(lab, dimm->path, sizeof(dimm->path), name, err) < 0)
		return -1;
	return lab_pmem(lab, tap, 0, words, err);
}
