/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "played.h"

#include <unistd.h>

bool played_has_lend(struct lab *lab, struct lab_tap *tap, char *ret_path, size_t size)
{
	lab_find_lend(lab, ret_path, size);
	if (access(ret_path, X_OK) == 0)
		return true;
	lab_skip(tap, "no lend program", "lend runs in a guest that plays a host");
	return false;
}

static void add_lend(struct lab_vm *vm, const char *lend)
{
	const struct lab_file *rest = vm->files;
	struct lab_file *files;
	size_t n = 0;

	while (rest != NULL && rest[n].from != NULL)
		n++;
	files = lend_arena_array(&vm->arena, n + 2, sizeof(*files));
	files[0] = (struct lab_file){ lend, "usr/bin/lend" };
	for (size_t i = 0; i < n; i++)
		files[i + 1] = rest[i];
	vm->files = files;
}

int played_host(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		int (*compose)(struct lab *lab, struct lab_vm *vm, struct lend_err *err),
		int (*prove)(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			     struct lend_err *err),
		struct lend_err *err)
{
	char lend[LAB_PATH_MAX + 32];
	int r;

	if (!played_has_lend(lab, tap, lend, sizeof(lend)))
		return 0;
	vm->is_host = true;
	add_lend(vm, lend);
	r = lab_host_image(lab, err);
	if (r == 0 && compose != NULL)
		r = compose(lab, vm, err);
	if (r == 0)
		r = lab_boot(lab, vm, err);
	if (r == 0)
		r = prove(lab, tap, vm, err);
	lab_vm_stop(vm);
	return r;
}
