/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files for guests, and records of VMs. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "format/nd-label.h"
#include "tests/apply/example.h"
#include "tests/must.h"

static struct lend_plan *plan_files(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("files", "db1", "vm-db1");
	struct lend_step *step;

	ex_add_backing(plan, world, "log.img");
	step = ex_add(plan, "disk", ex_in(plan, world->things, "disk.img"),
		      LEND_BACK_IF_UNUSED);
	lend_plan_arg(plan, step, "format", "raw");
	lend_pairs_add_u64(&plan->arena, &step->after.pairs, "size", 1 << 20);
	ex_add_record(plan, world, NULL, "vm: db1\n");
	return plan;
}

/* One record after the other: the second finds what the first has left. */
static struct lend_plan *plan_records(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("records", "db1", "vm-db1");

	ex_add_record(plan, world, NULL, "vm: db1\n");
	ex_add_record(plan, world, "vm: db1\n", "vm: db1\nslots: 4\n");
	return plan;
}

/* ---- what holds data ---- */

static void write_at(int fd, const void *bytes, size_t len, off_t offset)
{
	must(pwrite(fd, bytes, len, offset) == (ssize_t)len);
}

/* A file with a label area, and data that has to outlive everything. */
static void before_data(struct world *world)
{
	static uint8_t label[LABEL];
	char path[300];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/log.img", world->things);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd >= 0);
	must(lend_nd_area_init(label, LABEL, 2, NULL) == 0);
	write_at(fd, "data", 4, 4096);
	write_at(fd, label, LABEL, SMALL - LABEL);
	(void)close(fd);
}

static struct lend_plan *plan_grow(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("grow", NULL, "host");
	struct lend_step *step =
		ex_add(plan, "grow", ex_in(plan, world->things, "log.img"), LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "label-size", "131072");
	step->before.absent = false;
	ex_put_sizes(plan, &step->before, SMALL);
	ex_put_sizes(plan, &step->after, LARGE);
	return plan;
}

static void add_copy(struct lend_plan *plan, const struct world *world)
{
	struct lend_step *step =
		ex_add(plan, "copy", ex_in(plan, world->things, "copy.img"), LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "from", ex_in(plan, world->things, "log.img"));
	lend_plan_arg(plan, step, "label-size", "131072");
	ex_put_sizes(plan, &step->after, SMALL);
}

static struct lend_plan *plan_copy(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("copy", NULL, "host");

	add_copy(plan, world);
	return plan;
}

/* As from one file system to another. */
static struct lend_plan *plan_move_far(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("move far", NULL, "host");
	struct lend_step *step;

	add_copy(plan, world);
	step = ex_add(plan, "remove", ex_in(plan, world->things, "log.img"), LEND_BACK_EXACT);
	lend_plan_arg(plan, step, "copy", ex_in(plan, world->things, "copy.img"));
	lend_plan_arg(plan, step, "label-size", "131072");
	step->before.absent = false;
	ex_put_sizes(plan, &step->before, SMALL);
	step->after.absent = true;
	return plan;
}

static struct lend_plan *plan_move(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("move", NULL, "host");
	const char *from = ex_in(plan, world->things, "log.img");
	const char *to = ex_in(plan, world->things, "new.img");
	struct lend_step *step = ex_add(plan, "move", to, LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "from", from);
	step->before.absent = false;
	ex_put(plan, &step->before, "at", from);
	ex_put(plan, &step->after, "at", to);
	return plan;
}

static struct lend_plan *plan_relabel(const struct world *world)
{
	struct lend_plan *plan = lend_plan_new("relabel", NULL, "host");
	struct lend_step *step = ex_add(plan, "relabel", ex_in(plan, world->things, "slot.img"),
					LEND_BACK_EXACT);

	lend_plan_arg(plan, step, "label-size", "131072");
	step->before.absent = false;
	ex_put(plan, &step->before, "slot", "0");
	ex_put(plan, &step->after, "slot", "3");
	return plan;
}

/* Two namespaces of slot 0, so that there is a moment with one of each slot. */
static void before_relabel(struct world *world)
{
	static uint8_t label[LABEL];
	char path[300];
	int fd;

	must(lend_nd_area_init(label, LABEL, 2, NULL) == 0);
	for (int i = 0; i < 2; i++) {
		/* v1.2 cookie of slot 0: facts of QEMU's NFIT. */
		struct lend_nd_label ns = { .nlabel = 1,
					    .has_v12 = true,
					    .rawsize = 32 << 10,
					    .dpa = (uint64_t)i * (32 << 10),
					    .isetcookie = 0xba90120012b4dc };
		uint32_t place;

		memcpy(ns.type_guid, lend_nd_type_pmem, sizeof(ns.type_guid));
		must(lend_nd_area_add(label, LABEL, &ns, &place, NULL) == 0);
	}
	(void)snprintf(path, sizeof(path), "%s/slot.img", world->things);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd >= 0);
	write_at(fd, label, LABEL, SMALL - LABEL);
	(void)close(fd);
}

/* Labels are never put over labels, so going back makes other bytes that say the same. */
static void see_labels(const struct world *world, struct lend_buf *out)
{
	char path[300];
	struct lend_nd_index index;
	size_t len;
	uint8_t *bytes;

	(void)snprintf(path, sizeof(path), "%s/slot.img", world->things);
	bytes = (uint8_t *)must_read(path, &len);
	must_u64(len, SMALL);
	must(lend_nd_index_read(bytes + SMALL - LABEL, LABEL, LABEL, &index, NULL) == 0);
	for (uint32_t i = 0; i < index.nslot; i++) {
		struct lend_nd_label ns;

		if (!lend_nd_index_slot_used(&index, i))
			continue;
		must(lend_nd_label_read(
			     bytes + SMALL - LABEL + lend_nd_index_slot_offset(&index, i),
			     index.label_bytes, i, index.label_bytes, &ns, NULL) == 0);
		lend_buf_printf(out, "%llu %llx\n", (unsigned long long)ns.dpa,
				(unsigned long long)ns.isetcookie);
	}
	free(bytes);
}

const struct example *const examples_files[] = {
	&(const struct example){
		.name = "files", .kinds = "backing disk record", .plan = plan_files },
	&(const struct example){ .name = "records", .kinds = "record", .plan = plan_records },
	&(const struct example){
		.name = "grow", .kinds = "grow", .before = before_data, .plan = plan_grow },
	&(const struct example){
		.name = "copy", .kinds = "copy", .before = before_data, .plan = plan_copy },
	&(const struct example){ .name = "move far",
				 .kinds = "copy remove",
				 .before = before_data,
				 .plan = plan_move_far },
	&(const struct example){
		.name = "move", .kinds = "move", .before = before_data, .plan = plan_move },
	&(const struct example){ .name = "relabel",
				 .kinds = "relabel",
				 .before = before_relabel,
				 .see = see_labels,
				 .plan = plan_relabel },
	NULL,
};
