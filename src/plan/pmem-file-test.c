/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans for files that are there: which steps, with which words, and what is refused. */

#include "plan/pmem-file.h"

#include "tests/must.h"

#define MIB ((uint64_t)1 << 20)

static struct lend_inside_namespace spaces[2];
static struct lend_inside_area area;
static struct lend_inside inside;
static struct lend_pmem_file file;
static const struct lend_pmem_place same = { "/b.img", .same_system = true };
static const struct lend_pmem_place far = { "/srv/b.img" };
static const struct lend_pmem_place stays = { "/a.img", .is_taken = true, .same_system = true };

/* 128 MiB with two namespaces of these slots; -1: of no slot of QEMU. */
static void make(int first, int second)
{
	const int of[] = { first, second };

	for (size_t i = 0; i < 2; i++)
		spaces[i] = (struct lend_inside_namespace){ .has_qemu_slot = of[i] >= 0,
							    .qemu_slot = (uint32_t)of[i] };
	area = (struct lend_inside_area){ .label_bytes = 2 * MIB,
					  .used = 2,
					  .namespaces = spaces,
					  .n_namespaces = 2,
					  .index = { .major = 1, .minor = 2 } };
	inside = (struct lend_inside){ .path = "/a.img",
				       .file_bytes = 130 * MIB,
				       .verdict = LEND_INSIDE_LABELLED,
				       .labels = &area };
	file = (struct lend_pmem_file){ .inside = &inside, .id = "8:1/131" };
}

/* "kind name (before -> after)", one after the other. */
static const char *steps_of(const struct lend_plan *plan)
{
	static char text[1024];
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct lend_step *step = &plan->steps[i];
		const char *slot = lend_pairs_get(&step->args, "slot");

		lend_buf_printf(&out, "%s%s %s (", i > 0 ? "; " : "", step->kind, step->name);
		lend_state_text(&out, &step->before);
		lend_buf_puts(&out, " -> ");
		lend_state_text(&out, &step->after);
		lend_buf_printf(&out, ")%s%s", slot != NULL ? " slot " : "",
				slot != NULL ? slot : "");
	}
	(void)snprintf(text, sizeof(text), "%s", lend_buf_text(&out));
	return text;
}

static const char *refusal_of(const struct lend_plan *plan)
{
	static char text[256];

	for (size_t i = 0; i < plan->n_remarks; i++) {
		if (plan->remarks[i].level != LEND_REMARK_REFUSE)
			continue;
		(void)snprintf(text, sizeof(text), "%s", plan->remarks[i].text);
		must_u64(plan->n_steps, 0);
		must_u64(plan->n_after, 0);
		return text;
	}
	return "";
}

static void check(int r, struct lend_plan *plan, const char *steps, const char *refusal)
{
	must(r == 0);
	must_str(refusal_of(plan), refusal);
	must_str(steps_of(plan), steps);
	lend_plan_free(plan);
}

static void grow(uint64_t bytes, const char *steps, const char *refusal)
{
	struct lend_plan *plan = NULL;
	struct lend_err err = { 0 };
	int r = lend_plan_pmem_grow(&file, bytes, &plan, &err);

	check(r, plan, steps, refusal);
}

static void copy(const struct lend_pmem_place *to, struct lend_opt_u64 slot, const char *steps,
		 const char *refusal)
{
	struct lend_plan *plan = NULL;
	struct lend_err err = { 0 };
	int r = lend_plan_pmem_copy(&file, to, slot, &plan, &err);

	check(r, plan, steps, refusal);
}

static void move(const struct lend_pmem_place *to, struct lend_opt_u64 slot, const char *steps,
		 const char *refusal)
{
	struct lend_plan *plan = NULL;
	struct lend_err err = { 0 };
	int r = lend_plan_pmem_move(&file, to, slot, &plan, &err);

	check(r, plan, steps, refusal);
}

#define SIZES "size=136314880, label-size=2097152"

/* What would fail half way is refused before. */
static void no_room(void)
{
	static const struct lend_pmem_place ro = {
		"/b.img", .system = { .read_only = "its file system is mounted read-only" }
	};
	static const struct lend_pmem_place full = {
		"/b.img", .system = { .free_bytes = { .has = true, .v = 129 * MIB } }
	};
	const struct lend_opt_u64 no = { 0 };

	make(0, 0);
	copy(&ro, no, "", "/b.img cannot be changed: its file system is mounted read-only");
	move(&ro, no, "", "/b.img cannot be changed: its file system is mounted read-only");
	copy(&full, no, "", "there are 129 MiB free for /b.img, and 130 MiB are wanted");
	move(&full, no, "", "there are 129 MiB free for /b.img, and 130 MiB are wanted");
	file.system.free_bytes = lend_opt(127 * MIB);
	grow(256 * MIB, "", "there are 127 MiB free for /a.img, and 128 MiB are wanted");
	file.system.read_only = "you may not write there";
	grow(256 * MIB, "", "/a.img cannot be changed: you may not write there");
	move(&far, no, "", "/a.img cannot be changed: you may not write there");
	make(0, 0);
	inside.labels = NULL;
	inside.label_given = true;
	inside.label_bytes = MIB;
	copy(&far, no, "", "/a.img has no labels in an area of 1 MiB at its end");
}

static void grows(void)
{
	make(0, 0);
	grow(256 * MIB, "grow /a.img (" SIZES " -> size=270532608, label-size=2097152)", "");
	grow(128 * MIB, "",
	     "/a.img gives 128 MiB to the guest already, and is never made smaller");
	grow(200 * MIB, "",
	     "200 MiB is no multiple of 16 MiB: ndctl in the guest would make neither fsdax nor "
	     "devdax of it");
	file.user = "process 7 (qemu)";
	grow(256 * MIB, "", "/a.img is in use by process 7 (qemu)");
	make(0, 0);
	inside.verdict = LEND_INSIDE_ELSEWHERE;
	inside.labels = NULL;
	grow(256 * MIB, "",
	     "/a.img has labels, but not at its end: they are of another size= or label-size=");
	make(0, 0);
	area.label_bytes = 64 * MIB;
	inside.file_bytes = 192 * MIB;
	grow(144 * MIB, "",
	     "/a.img has to grow by 64 MiB at least, the size of its label area");
	make(0, 0);
	inside.labels = NULL;
	inside.verdict = LEND_INSIDE_DATA;
	inside.file_bytes = 128 * MIB;
	grow(256 * MIB, "grow /a.img (size=134217728 -> size=268435456)", "");
	inside.raw.has_info = inside.raw.info_counts = true;
	grow(256 * MIB, "",
	     "/a.img is one namespace without labels, whose info block says how large it is");
}

static void copies(void)
{
	const struct lend_opt_u64 none = { 0 };
	struct lend_plan *plan = NULL;
	struct lend_err err = { 0 };

	make(0, 0);
	copy(&same, none, "copy /b.img (absent -> " SIZES ")", "");
	copy(&far, lend_opt(3), "copy /srv/b.img (absent -> " SIZES ") slot 3", "");
	copy(&same, lend_opt(0), "copy /b.img (absent -> " SIZES ")", "");
	copy(&stays, none, "", "/a.img is there already");
	must(lend_plan_pmem_copy(&file, &same, lend_opt(256), &plan, &err) == -1);
	make(0, 3);
	copy(&same, none, "copy /b.img (absent -> " SIZES ")", "");
	copy(&same, lend_opt(3), "", "the labels of /a.img are not all of one slot of QEMU");
	make(-1, -1);
	copy(&same, lend_opt(3), "", "the labels of /a.img are not all of one slot of QEMU");
	area.n_namespaces = area.used = 0;
	copy(&same, lend_opt(3), "copy /b.img (absent -> " SIZES ")", "");
}

static void moves(void)
{
	const struct lend_opt_u64 none = { 0 };
	struct lend_plan *plan = NULL;
	struct lend_err err = { 0 };

	make(0, 0);
	move(&same, none, "move /b.img (at=/a.img -> at=/b.img)", "");
	move(&same, lend_opt(3),
	     "relabel /a.img (slot=0 -> slot=3); move /b.img (at=/a.img -> at=/b.img)", "");
	move(&stays, lend_opt(3), "relabel /a.img (slot=0 -> slot=3)", "");
	move(&stays, lend_opt(0), "", "");
	move(&far, lend_opt(3),
	     "copy /srv/b.img (absent -> " SIZES ") slot 3; remove /a.img (" SIZES
	     " -> absent) slot 0",
	     "");
	must(lend_plan_pmem_move(&file, &stays, none, &plan, &err) == -1);
}

int main(void)
{
	grows();
	no_room();
	copies();
	moves();
	return 0;
}
