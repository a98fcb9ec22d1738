/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What two devices of a command line want, and what none of it makes: QEMU does not start. */

#include "base/buf.h"
#include "model/vm-args.h"

/* More than these many are not named. */
enum { NAMED_MAX = 16 };

struct names {
	struct lend_buf text;
	const char *named[NAMED_MAX];
	size_t n;
};

static bool is(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void add(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++) {
		if (is(names->named[i], name))
			return;
	}
	if (names->n == NAMED_MAX)
		return;
	lend_buf_printf(&names->text, "%s%s", names->n > 0 ? ", " : "", name);
	names->named[names->n++] = name;
}

static void put(struct lend_build *build, struct lend_vm *vm, struct lend_fact *fact,
		uint32_t by, struct names *names)
{
	if (names->n > 0)
		lend_build_text(build, &vm->node, fact, by, lend_buf_text(&names->text));
	else
		lend_build_absent(build, &vm->node, fact, by);
	lend_buf_done(&names->text);
}

static void find_double(const struct lend_qemu_args *args, struct names *ids,
			struct names *memdevs)
{
	for (size_t i = 0; i < args->n_devices; i++) {
		for (size_t k = 0; k < i; k++) {
			if (is(args->devices[i].id, args->devices[k].id))
				add(ids, args->devices[i].id);
			if (is(args->devices[i].memdev, args->devices[k].memdev))
				add(memdevs, args->devices[i].memdev);
		}
	}
	for (size_t i = 0; i < args->n_backends; i++) {
		for (size_t k = 0; k < i; k++) {
			if (is(args->backends[i].id, args->backends[k].id))
				add(ids, args->backends[i].id);
		}
	}
}

void lend_build_vm_clashes(struct lend_build *build, struct lend_vm *vm, uint32_t by,
			   const struct lend_qemu_args *args)
{
	struct names ids = { .n = 0 }, memdevs = { .n = 0 }, missing = { .n = 0 };

	find_double(args, &ids, &memdevs);
	for (size_t i = 0; i < args->n_devices; i++) {
		const char *memdev = args->devices[i].memdev;

		if (memdev != NULL && lend_qemu_args_backend(args, memdev) == NULL)
			add(&missing, memdev);
	}
	put(build, vm, &vm->double_ids, by, &ids);
	put(build, vm, &vm->double_memdevs, by, &memdevs);
	/* A config file, or what was not understood, may make it. */
	if (args->has_readconfig || args->n_remarks > 0)
		lend_buf_done(&missing.text);
	else
		put(build, vm, &vm->missing_memdevs, by, &missing);
}
