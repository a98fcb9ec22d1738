/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMs that are there: what is changed, attached, detached, started and stopped by which steps.
 */

#include "plan/plan-qemu.h"

#include "tests/must.h"
#include "tests/plan-rig.h"
#include "tests/sketch.h"

#define RUNS                                                                                   \
	"vm db1 monitor=/r/db1/qmp.sock pid=42 machine=q35 nvdimm=1 ram_bytes=1073741824 "     \
	"slots=5 maxmem_bytes=5502926848\n"                                                    \
	"device db1:log vm=db1 device_id=log driver=nvdimm slot=0 address=4294967296 "         \
	"size_bytes=134217728 label_bytes=2097152\n"
#define RECORD VM LOG "    label: 2 MiB\n    slot: 0\n"

static void change(const char *what, const char *yaml, const char *steps, const char *said)
{
	struct lend_arena arena = { 0 };
	lend_auto_plan *plan = NULL;

	must_in(what);
	rig_plan(&arena, yaml, RUNS NEW("/p/new"), RECORD, &plan);
	must_str(rig_refusal(plan) == NULL ? NULL : rig_refusal(plan)->text, NULL);
	rig_must_steps(plan, steps);
	must(said == NULL || rig_says(plan, said));
	lend_arena_done(&arena);
}

static void changes(void)
{
	static const char one_more[] =
		VM LOG "  - {name: new, size: 128 MiB, backing: /p/new, label: 0}\n";
	struct lend_arena arena = { 0 };
	lend_auto_plan *plan = NULL;
	const struct lend_step *device;

	/* The record is written anew, and is the same but for its first line. */
	change("the same", VM LOG, "record", NULL);
	change("more memory", "vm: db1\nmemory: 2 GiB\n" LOG, "record",
	       "takes effect at the next start: memory");
	change("one less", VM, "record",
	       "log stays in the guest until db1 has stopped: QEMU cannot unplug an NVDIMM");
	change("one more", one_more, "backing plug-backend plug-device record", NULL);
	must_in("what is typed");
	rig_plan(&arena, one_more, RUNS NEW("/p/new"), RECORD, &plan);
	must_str(plan->steps[1].typed[0],
		 "{\"execute\":\"object-add\",\"arguments\":{\"id\":\"mem-new\","
		 "\"qom-type\":\"memory-backend-file\",\"mem-path\":\"/p/new\","
		 "\"size\":134217728,\"share\":true}}");
	device = &plan->steps[2];
	must_str(device->typed[0],
		 "{\"execute\":\"device_add\",\"arguments\":{\"id\":\"new\",\"driver\":"
		 "\"nvdimm\",\"memdev\":\"mem-new\",\"slot\":1}}");
	must_str(lend_plan_hmp(&arena, device),
		 "device_add nvdimm,id=new,memdev=mem-new,slot=1");
	must_str(lend_plan_hmp(&arena, &plan->steps[1]),
		 "object_add memory-backend-file,id=mem-new,mem-path=/p/new,size=134217728,"
		 "share=on");
	must(lend_plan_hmp(&arena, &plan->steps[0]) == NULL);
	lend_plan_type_hmp(plan);
	must_str(plan->steps[2].typed[0], "device_add nvdimm,id=new,memdev=mem-new,slot=1");
	must(plan->steps[0].n_typed > 0 && plan->steps[2].n_typed == 1);
	must(device->back == LEND_BACK_NEXT_START);
	must_str(lend_pairs_get(&device->args, "monitor"), "/r/db1/qmp.sock");
	must_str(lend_pairs_get(&device->args, "word"),
		 "socket,id=lend-qmp,path=/r/db1/qmp.sock,server=on,wait=off");
	lend_arena_done(&arena);
	must_in("");
}

/* Applied once more after it was done, nothing is left to do. */
static void settled(void)
{
	struct lend_arena arena = { 0 };
	lend_auto_plan *first = NULL;
	lend_auto_plan *again = NULL;
	const char *record;

	rig_plan(&arena, VM LOG, NEW("/p/log"), NULL, &first);
	record = lend_pairs_get(&first->steps[1].after.pairs, "text");
	rig_plan(&arena, VM LOG, RUNS, record, &again);
	rig_must_steps(again, "");
	must(rig_refusal(again) == NULL);
	lend_arena_done(&arena);
}

/* ---- attach, detach, start, stop, create ---- */

struct setting {
	struct lend_arena arena;
	struct lend_inventory *inv;
	struct lend_qemu_caps caps;
	struct lend_wish wish;
	struct lend_plan_request request;
};

static void set_up(struct setting *s, const char *host, const char *record)
{
	lend_auto_buf text = { 0 };

	*s = (struct setting){ 0 };
	lend_buf_printf(&text, "%s%s", QEMU, host);
	s->inv = sketch(lend_buf_text(&text));
	must(lend_qemu_caps_of(s->inv, &s->caps));
	must(lend_wish_parse(&s->arena, "w", VM LOG, strlen(VM LOG), &s->wish, NULL) == 0);
	s->request = (struct lend_plan_request){ .wish = &s->wish,
						 .inventory = s->inv,
						 .caps = &s->caps,
						 .record = record,
						 .places = { .state = "/s", .run = "/r" } };
}

static void tear_down(struct setting *s)
{
	lend_inventory_free(s->inv);
	lend_arena_done(&s->arena);
}

static void attach(const char *what, const char *host, const char *record, bool live,
		   bool config, const char *steps, const char *refused)
{
	struct setting s;
	struct lend_wish_pmem pmem;
	lend_auto_plan *plan = NULL;

	must_in(what);
	set_up(&s, host, record);
	s.request.live = live;
	s.request.config = config;
	must(lend_wish_parse_pmem(&s.arena, "name=new,size=128MiB,backing=/p/new", &pmem,
				  NULL) == 0);
	must(lend_plan_attach(&s.request, "db1", &pmem, 1, &plan, NULL) == 0);
	must_str(rig_refusal(plan) == NULL ? NULL : rig_refusal(plan)->text, refused);
	rig_must_steps(plan, steps);
	tear_down(&s);
}

static void detach(const char *what, const char *host, const char *record, const char *name,
		   const char *steps, const char *refused)
{
	struct setting s;
	lend_auto_plan *plan = NULL;

	must_in(what);
	set_up(&s, host, record);
	must(lend_plan_detach(&s.request, "db1", name, &plan, NULL) == 0);
	must_str(rig_refusal(plan) == NULL ? NULL : rig_refusal(plan)->text, refused);
	rig_must_steps(plan, steps);
	tear_down(&s);
}

/* What no remark of the planner says, a rule does: of what is plugged in, and of nothing else.
 */
static void attaches_by_rules(void)
{
	static const char there[] = "label_state=valid tail=data dax=0 map_sync=0";
	lend_auto_buf image = { 0 }, unseen = { 0 }, rest = { 0 };

	lend_buf_printf(&image, "%s" FILE_OF("/p/new", MIB130, "%s format=qcow2"), RUNS, there);
	attach("an image of QEMU", lend_buf_text(&image), RECORD, true, false, "",
	       "new: its backing is a disk image: qcow2");
	attach("an image, for the next start", lend_buf_text(&image), RECORD, false, true, "",
	       "new: its backing is a disk image: qcow2");
	lend_buf_printf(
		&unseen,
		"%s" FILE_OF(
			"/p/new", MIB130,
			"%s format=raw") "device web:d vm=web driver=nvdimm >backend/web:m\n"
					 "backend web:m vm=web type=memory-backend-file share=1 path=/q/x "
					 ">backing//q/x\nbacking /q/x path=/q/x\n",
		RUNS, there);
	attach("perhaps another VM's", lend_buf_text(&unseen), RECORD, true, false, "",
	       "new: whether /p/new and /q/x are one file is not known");
	/* What is wrong with others is for lend check. */
	lend_buf_printf(
		&rest,
		"%s" FILE_OF(
			"/p/new", MIB130,
			"%s format=raw") "device web:d vm=web driver=nvdimm label_state=damaged >backend/web:m\n"
					 "backend web:m vm=web type=memory-backend-file share=1 path=/q/x "
					 "discard_data=1 >backing//q/x\n"
					 "backing /q/x path=/q/x type=file dev=254:0 inode=78\n",
		RUNS, there);
	attach("others are not judged", lend_buf_text(&rest), RECORD, true, false,
	       "plug-backend plug-device", NULL);
	must_in("");
}

static void attaches(void)
{
	static const char foreign[] =
		"vm db1 monitor=/q/m pid=42 machine=q35 nvdimm=1 ram_bytes=1073741824 "
		"slots=2 maxmem_bytes=2147483648\n" NEW("/p/new");

	attach("ours", RUNS NEW("/p/new"), RECORD, false, false,
	       "backing plug-backend plug-device record", NULL);
	attach("ours, live alone", RUNS NEW("/p/new"), RECORD, true, false,
	       "backing plug-backend plug-device", NULL);
	attach("ours, for the next start", RUNS NEW("/p/new"), RECORD, false, true,
	       "backing record", NULL);
	attach("not running", NEW("/p/new"), RECORD, false, false, "backing record", NULL);
	attach("not running, live", NEW("/p/new"), RECORD, true, false, "", "db1 does not run");
	attach("another's", foreign, NULL, false, false, "backing plug-backend plug-device",
	       NULL);
	attach("another's, for the next start", foreign, NULL, false, true, "",
	       "lend has no record of db1 that it could change");
	attach("nobody", NEW("/p/new"), NULL, false, false, "", "there is no VM db1");
	attach("without NVDIMMs",
	       "vm db1 monitor=/q/m pid=42 machine=q35 nvdimm=0 ram_bytes=1 slots=2 "
	       "maxmem_bytes=2147483648\n" NEW("/p/new"),
	       NULL, false, false, "", "db1 was started without nvdimm=on");
	attach("no slots", "vm db1 monitor=/q/m pid=42 machine=q35 nvdimm=1\n" NEW("/p/new"),
	       NULL, false, false, "", "db1 has no free slots, or they are not known");
	attach("no monitor", "vm db1 pid=42 !monitor nvdimm=1\n" NEW("/p/new"), NULL, false,
	       false, "", "db1 has no monitor that can be asked");
	attach("there already", RUNS "device db1:new vm=db1 device_id=new driver=nvdimm\n",
	       RECORD, false, false, "", "db1 has an NVDIMM of the name new");

	detach("from the record", "", RECORD, "log", "record", NULL);
	detach("of one that runs", RUNS, RECORD, "log", "record", NULL);
	detach("none of that name", RUNS, RECORD, "other", "", "db1 has no NVDIMM other");
	detach("another's", RUNS, NULL, "log", "",
	       "lend did not start db1, and has no record of it");
	must_in("");
}

static void starts_and_stops(void)
{
	struct setting s;
	lend_auto_plan *start = NULL;
	lend_auto_plan *lost = NULL;
	lend_auto_plan *stop = NULL;
	lend_auto_plan *none = NULL;
	lend_auto_plan *create = NULL;

	set_up(&s, FILE_OF("/p/log", MIB130, "label_state=valid tail=data"), RECORD);
	must(lend_plan_start(&s.request, &start, NULL) == 0);
	rig_must_steps(start, "vm");
	must(start->passing);
	must(lend_plan_stop(&s.request, "db1", &none, NULL) == 0);
	rig_must_steps(none, "");
	tear_down(&s);

	set_up(&s, NEW("/p/log"), RECORD);
	must(lend_plan_start(&s.request, &lost, NULL) == 0);
	must_str(rig_refusal(lost)->text, "/p/log is not there any more");
	rig_must_steps(lost, "");
	must(lend_plan_pmem_create(&s.request, &s.wish.pmem[0], &create, NULL) == 0);
	rig_must_steps(create, "backing");
	must(create->vm == NULL);
	must_str(create->lock, "host");
	must_str(lend_pairs_nth(&create->steps[0].args, "pmem", 0), "log");
	must(lend_pairs_nth(&create->steps[0].args, "pmem", 1) == NULL);
	tear_down(&s);

	set_up(&s, RUNS, RECORD);
	must(lend_plan_stop(&s.request, "db1", &stop, NULL) == 0);
	rig_must_steps(stop, "vm");
	must(stop->steps[0].after.absent && stop->passing);
	tear_down(&s);
}

int main(void)
{
	changes();
	settled();
	attaches();
	attaches_by_rules();
	starts_and_stops();
	return 0;
}
