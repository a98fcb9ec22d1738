/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the records of VMs that do not run name is theirs all the same. */

#include "apply/claims.h"

#include <sys/stat.h>
#include <unistd.h>

#include "apply/apply.h"
#include "tests/must.h"
#include "tests/step-rig.h"

static const char rvb[] = "vm: rvb\npmem:\n"
			  "  - {name: log, size: 128 MiB, backing: %s/log.img}\n"
			  "  - {name: one, size: 128 MiB, backing: %s/other.img}\n"
			  "disk:\n  - {path: %s/root.img}\n";

static void put_record(struct lend_arena *arena, const char *vm, const char *text)
{
	const char *folder = lend_arena_printf(arena, "%s/vms/%s", rig_folder(), vm);

	must(mkdir(folder, 0700) == 0);
	rig_write(lend_arena_printf(arena, "%s/wish.yaml", folder), text, strlen(text), 0);
}

static void remove_record(struct lend_arena *arena, const char *vm)
{
	const char *folder = lend_arena_printf(arena, "%s/vms/%s", rig_folder(), vm);

	must(unlink(lend_arena_printf(arena, "%s/wish.yaml", folder)) == 0);
	must(rmdir(folder) == 0);
}

static void must_claim(struct lend_arena *arena, const char *path, const char *want)
{
	struct lend_places places = { .state = rig_folder(), .run = "/r" };
	lend_auto_buf text = { 0 };
	struct lend_claim *claims;
	size_t n;

	must(lend_claims_read(&places, &path, 1, arena, &claims, &n, NULL) == 0);
	for (size_t i = 0; i < n; i++) {
		must_str(claims[i].path, path);
		lend_buf_printf(&text, "%s%s:%s", i > 0 ? " " : "", claims[i].vm, claims[i].as);
	}
	must_str(lend_buf_text(&text), want);
}

/* A blank backing goes back, but not when another VM would miss it. */
static void keeps_a_backing(struct rig *rig, const char *path)
{
	struct lend_places places = { .state = rig_folder(), .run = "/r" };
	struct lend_plan plan = { .vm = "db1" };
	const char *discard[] = { path };

	rig_name(rig, path);
	rig_arg(rig, "label-size", "0");
	rig_states(rig, "absent", "size=1048576");
	must(rig_do(rig) == 0);
	rig->doing.places = &places;
	rig->doing.plan = &plan;
	must(rig_back(rig) == LEND_KEEP);
	must_str(rig->why, "is recorded for the VM rvb, as log");
	must(rig_is_after(rig));
	rig->consent.discard = discard;
	rig->consent.n_discard = 1;
	must(rig_back(rig) == 0);
	must(rig_is_before(rig));

	/* Its own VM goes back with it. */
	rig->consent.n_discard = 0;
	must(rig_do(rig) == 0);
	plan.vm = "rvb";
	must(rig_back(rig) == 0);
}

int main(void)
{
	const char *here = rig_folder();
	struct rig rig;
	const char *log, *vms, *link;

	rig_start(&rig, "backing", NULL);
	log = rig_path(&rig, "log.img");
	vms = rig_path(&rig, "vms");
	link = rig_path(&rig, "link");
	must_claim(&rig.arena, log, "");
	must(mkdir(vms, 0700) == 0);
	put_record(&rig.arena, "bad", "vm: [\n");
	put_record(&rig.arena, "rvb", lend_arena_printf(&rig.arena, rvb, here, here, here));
	put_record(&rig.arena, "aaa",
		   "vm: aaa\npmem:\n  - {name: x, size: 128 MiB, backing: /no/log.img}\n");
	must(mkdir(rig_path(&rig, "vms/empty"), 0700) == 0);

	must_claim(&rig.arena, log, "rvb:log");
	must_claim(&rig.arena, rig_path(&rig, "root.img"), "rvb:a disk");
	must_claim(&rig.arena, rig_path(&rig, "none.img"), "");
	/* By another way, once it is there. */
	must(symlink(here, link) == 0);
	must_claim(&rig.arena, rig_path(&rig, "link/log.img"), "");
	rig_write(log, "", 1, 0);
	must_claim(&rig.arena, rig_path(&rig, "link/log.img"), "rvb:log");
	must(unlink(log) == 0 && unlink(link) == 0);
	keeps_a_backing(&rig, log);

	remove_record(&rig.arena, "bad");
	remove_record(&rig.arena, "rvb");
	remove_record(&rig.arena, "aaa");
	must(rmdir(rig_path(&rig, "vms/empty")) == 0 && rmdir(vms) == 0);
	rig_done(&rig);
	return 0;
}
