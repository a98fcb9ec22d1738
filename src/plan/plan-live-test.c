/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One more NVDIMM for a VM, now and for its next start: neither takes what the other has. */

#include "plan/plan-qemu.h"
#include "tests/must.h"
#include "tests/plan-rig.h"
#include "tests/sketch.h"

#define HOST QEMU NEW("/p/new") NEW("/p/e1") NEW("/p/web")
/* As it was started: without what the record got since. */
#define RUNS                                                                                   \
	"vm db1 monitor=/r/db1/qmp.sock pid=42 machine=q35 nvdimm=1 ram_bytes=1073741824 "     \
	"slots=3 maxmem_bytes=5502926848\n"                                                    \
	"device db1:log vm=db1 device_id=log driver=nvdimm slot=0 address=4294967296 "         \
	"size_bytes=134217728 label_bytes=2097152\n"
#define DIMM(name, path, slot)                                                                 \
	"  - {name: " name ", size: 128 MiB, backing: " path ", label: 2 MiB, slot: " slot "}\n"
#define VM_PMEM VM "pmem:\n"
#define RECORD  VM_PMEM DIMM("log", "/p/log", "0")
#define LATER   RECORD DIMM("later", "/p/e1", "1")

struct row {
	const char *what;
	const char *host; /* besides QEMU and files */
	const char *record;
	const char *pmem;    /* NULL: new, and nothing else said */
	bool live, config;   /* none: both where they can be */
	const char *refused; /* NULL: not */
	const char *slot;    /* that is plugged in; NULL: nothing is */
	const char *records; /* a line of the new record; NULL: not looked at */
};

#define PMEM(name, path, more) "name=" name ",size=128MiB,backing=" path more

static const struct row rows[] = {
	{ "the lowest slot", RUNS, RECORD, .slot = "1", .records = "    slot: 1\n" },
	{ "one that is free later, too", RUNS, LATER, .slot = "2", .records = "    slot: 2\n" },
	{ "now alone", RUNS, LATER, .live = true, .slot = "1" },
	{ "later alone", RUNS, LATER, .config = true, .records = "    slot: 2\n" },
	{ "none is free in both", RUNS, LATER DIMM("more", "/p/e2", "2"),
	  .refused = "new: all 3 slots are taken" },
	{ "a slot of the record", RUNS, LATER, PMEM("new", "/p/new", ",slot=1"),
	  .refused = "new: slot 1 is taken by later" },
	{ "a slot of the VM", RUNS, LATER, PMEM("new", "/p/new", ",slot=0"),
	  .refused = "new: slot 0 is taken by db1:log" },
	{ "a slot of the record, now alone", RUNS, LATER, PMEM("new", "/p/new", ",slot=1"),
	  .live = true, .slot = "1" },
	{ "a backing of the record", RUNS, LATER, PMEM("new", "/p/e1", ""),
	  .refused = "new: its backing is that of later" },
	{ "by another way", RUNS, LATER, PMEM("new", "/q/e1", ""),
	  .refused = "new: its backing is that of later" },
	{ "the same, later alone", "", LATER, PMEM("new", "/p/e1", ""), .config = true,
	  .refused = "new: its backing is that of later" },

	{ "a node that is not there", RUNS, RECORD, PMEM("new", "/p/new", ",node=1"),
	  .refused = "new: the guest has 1 NUMA node, and no node 1" },
	{ "the first node", RUNS, RECORD, PMEM("new", "/p/new", ",node=0"), .slot = "1" },

	{ "a name of the VM", RUNS, RECORD, PMEM("log", "/p/new", ""),
	  .refused = "db1 has an NVDIMM of the name log" },
	{ "the same, later alone", RUNS, RECORD, PMEM("log", "/p/new", ""), .config = true,
	  .refused = "db1 has an NVDIMM of the name log" },
	{ "a name of the VM alone", RUNS, VM_PMEM DIMM("web", "/p/web", "0"),
	  PMEM("log", "/p/new", ""), .config = true,
	  .refused = "db1 has an NVDIMM of the name log" },
	{ "a name of a VM that is off", "", RECORD, PMEM("log", "/p/new", ""), .config = true,
	  .refused = "db1 has an NVDIMM of the name log" },
	{ "a name of the record", RUNS, LATER, PMEM("later", "/p/new", ""),
	  .refused = "db1 has an NVDIMM of the name later" },
	{ "what the record has, now", RUNS, LATER, PMEM("later", "/p/e1", ""), .live = true,
	  .slot = "1" },
};

static const struct lend_claim claims[] = { { "/q/e1", "db1", "later" },
					    { "/p/web", "web", "log" },
					    { "/p/web", "www", "a disk" },
					    { "/p/log", "db1", "log" } };

static const struct lend_step *step_of(const struct lend_plan *plan, const char *kind)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		if (strcmp(plan->steps[i].kind, kind) == 0)
			return &plan->steps[i];
	}
	return NULL;
}

static void plan_of(const struct row *r, struct lend_plan **ret)
{
	const char *said = r->pmem != NULL ? r->pmem : PMEM("new", "/p/new", "");
	struct lend_arena arena = { 0 };
	lend_auto_buf text = { 0 };
	struct lend_inventory *inv;
	struct lend_qemu_caps caps;
	struct lend_wish_pmem pmem;
	struct lend_plan_request request = { .caps = &caps,
					     .record = r->record,
					     .places = { .state = "/s", .run = "/r" },
					     .claims = claims,
					     .n_claims = LEND_COUNT(claims),
					     .live = r->live,
					     .config = r->config };

	lend_buf_printf(&text, "%s%s", HOST, r->host);
	inv = sketch(lend_buf_text(&text));
	must(lend_qemu_caps_of(inv, &caps));
	request.inventory = inv;
	must(lend_wish_parse_pmem(&arena, said, &pmem, NULL) == 0);
	must(lend_plan_attach(&request, "db1", &pmem, 1, ret, NULL) == 0);
	lend_inventory_free(inv);
	lend_arena_done(&arena);
}

/* What attach writes lend reads again: two of one slot would be the end of the VM. */
static void must_record(const struct lend_step *record, const char *line)
{
	const char *text = record == NULL ? "" : lend_pairs_get(&record->after.pairs, "text");
	struct lend_arena arena = { 0 };
	struct lend_wish wish;

	if (record != NULL)
		must(lend_wish_parse(&arena, "w", text, strlen(text), &wish, NULL) == 0);
	must(line == NULL || strstr(text, line) != NULL);
	lend_arena_done(&arena);
}

/* Of a VM that is stopped nothing is seen but its record. */
static void warns_of_others(void)
{
	static const struct row one = { .host = RUNS,
					.record = LATER,
					.pmem = PMEM("new", "/p/web", "") };
	static const char *const want[] = {
		"new: /p/web is recorded for the VM web, too, as log",
		"new: /p/web is recorded for the VM www, too, as a "
		"disk"
	};
	lend_auto_plan *plan = NULL;
	size_t n = 0;

	must_in("of a VM that is stopped");
	plan_of(&one, &plan);
	must(rig_refusal(plan) == NULL && step_of(plan, "plug-device") != NULL);
	for (size_t i = 0; i < plan->n_remarks; i++) {
		if (plan->remarks[i].level == LEND_REMARK_WARN &&
		    strstr(plan->remarks[i].text, "recorded") != NULL) {
			must(n < LEND_COUNT(want));
			must_str(plan->remarks[i].text, want[n++]);
		}
	}
	must_u64(n, LEND_COUNT(want));
}

int main(void)
{
	warns_of_others();
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		lend_auto_plan *plan = NULL;
		const struct lend_step *device;

		must_in(r->what);
		plan_of(r, &plan);
		must_str(rig_refusal(plan) == NULL ? NULL : rig_refusal(plan)->text,
			 r->refused);
		device = step_of(plan, "plug-device");
		must_str(device == NULL ? NULL : lend_pairs_get(&device->after.pairs, "slot"),
			 r->slot);
		must_record(step_of(plan, "record"), r->records);
	}
	return 0;
}
