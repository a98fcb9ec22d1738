/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A QEMU inside a guest: this machine's own, with the libraries that ldd lists. */

#include "inner.h"

#include <unistd.h>

#include "base/err.h"

static void add_file(struct lend_arena *arena, struct lab_file *files, size_t *n,
		     const char *from, const char *folder)
{
	const char *slash = strrchr(from, '/');

	if (*n + 1 < LAB_INNER_FILES && slash != NULL)
		files[(*n)++] = (struct lab_file){ .from = lend_arena_strdup(arena, from),
						   .to = lend_arena_printf(arena, "%s/%s",
									   folder, slash + 1) };
}

/* The libraries that ldd lists: "NAME => PATH (0x...)". */
static int add_libraries(struct lab *lab, struct lend_arena *arena, const char *program,
			 struct lab_file *files, size_t *n, struct lend_err *err)
{
	const char *const argv[] = { "ldd", program, NULL };
	lend_auto_buf out = { 0 };
	int status = 0;

	if (lab_run(lab, argv, lab_in(LAB_STEP_MS), &out, &status, err) < 0)
		return -1;
	if (status != 0)
		return lend_fail(err, LEND_E_SYSTEM, "ldd does not know '%s'", program);
	for (const char *line = lend_buf_text(&out); *line != '\0';) {
		size_t len = strcspn(line, "\n");
		const char *path = memmem(line, len, "=> /", 4);

		if (path != NULL)
			add_file(arena, files, n,
				 lend_arena_strndup(arena, path + 3, strcspn(path + 3, " \n")),
				 "usr/lib/x86_64-linux-gnu");
		line += len + (line[len] == '\n');
	}
	return 0;
}

int lab_inner_files(struct lab *lab, struct lend_arena *arena, struct lab_file *files,
		    size_t *n, struct lend_err *err)
{
	/* One of Debian's modules; the scripts put it where QEMU finds it. */
	static const char tcg[] = "/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so";
	static const char program[] = "/usr/bin/qemu-system-x86_64";

	if (access(program, X_OK) < 0)
		return 1;
	add_file(arena, files, n, program, "usr/bin");
	if (access(tcg, R_OK) == 0) {
		add_file(arena, files, n, tcg, "lend");
		if (add_libraries(lab, arena, tcg, files, n, err) < 0)
			return -1;
	}
	return add_libraries(lab, arena, program, files, n, err);
}

int lab_inner_run(struct lab *lab, struct lab_vm *vm, const char *script, struct lend_buf *out,
		  struct lend_err *err)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	lend_auto_buf errors = { 0 };
	int status = 0;

	if (lab_vm_run(lab, vm, argv, lab_in(4 * LAB_STEP_MS), out, &errors, &status, err) != 0)
		return lend_where(err, "'%s' in the guest", script);
	if (status != 0)
		return lend_fail(err, LEND_E_SYSTEM, "'%.100s' ended with %d: %.300s", script,
				 status, lend_buf_text(&errors));
	return 0;
}
