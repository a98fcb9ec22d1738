/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs shapes of the lab by name, all without a name; speaks TAP. */

#include <inttypes.h>
#include <unistd.h>

#include "base/err.h"
#include "case.h"

extern const struct lab_shape *const lab_shapes[]; /* made by meson.build; NULL at the end */

static void say(void *arg, const char *line)
{
	(void)arg;
	lab_note("%s", line);
}

/* A signal that ended it, or 0. */
static int run_shape(const struct lab_shape *shape, const char *accel, struct lab_tap *tap)
{
	const struct lab_options options = { .accel = accel, .say = say };
	struct lend_err err = { 0 };
	int64_t began = lend_now_ms();
	struct lab lab;
	int r;

	tap->shape = shape->name;
	if (lab_open(&lab, &options, &err) < 0) {
		(void)lab_ok(tap, lab_did(-1, &err), "there is a place for the lab");
		return 0;
	}
	r = lab_image(&lab, &err);
	if (r == 0)
		r = shape->run(&lab, tap, &err);
	if (r < 0)
		(void)lab_ok(tap, lab_did(r, &err), "could be run to its end");
	lab_close(&lab);
	(void)lab_ok(tap, access(lab.dir, F_OK) < 0, "leaves no file");
	lab_note("%s: %" PRId64 " ms", shape->name, lend_now_ms() - began);
	return lab.caught;
}

static bool is_wanted(const struct lab_shape *shape, char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], shape->name) == 0)
			return true;
	return n == 0;
}

int main(int argc, char **argv)
{
	struct lab_tap tap = { 0 };
	int first = 1;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--list") == 0)) {
		(void)printf("usage: lend-lab [SHAPE...]\n\n");
		for (size_t i = 0; lab_shapes[i] != NULL; i++)
			(void)printf("  %-14s %s\n", lab_shapes[i]->name, lab_shapes[i]->about);
		return 0;
	}
	for (size_t i = 0; lab_shapes[i] != NULL; i++) {
		int caught = 0;

		if (is_wanted(lab_shapes[i], argv + first, argc - first))
			caught = run_shape(lab_shapes[i], getenv("LEND_LAB_ACCEL"), &tap);
		if (caught != 0) {
			(void)printf("Bail out! signal %d\n", caught);
			return 128 + caught;
		}
	}
	(void)printf("1..%u\n", tap.n);
	return tap.failed == 0 && tap.n > 0 ? 0 : 1;
}
