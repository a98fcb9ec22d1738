/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What provisioning asks for, and what it refuses. */

#include "plan/plan-provision.h"

#include "base/err.h"
#include "tests/must.h"
#include "tests/sketch.h"

#define DIMM "nd-dimm nmem0 available_slots=5\n"
#define REGION                                                                                 \
	"nd-region region0 size_bytes=536870912 available_bytes=536870912 "                    \
	"align_bytes=16777216 resource=4294967296 type=pmem read_only=0 >nd-dimm/nmem0"
#define UUID "0b1e6c2a-7d1f-4a52-9c0e-3f5a0c1d2e3f"

static const struct row {
	const char *inventory;
	struct lend_provision_request request;
	const char *said;  /* in one of the remarks; NULL: no refusal */
	const char *kinds; /* of the steps */
} rows[] = {
	{ DIMM REGION,
	  { .fs = "ext4", .mount = "/mnt/p" },
	  NULL,
	  "nd-namespace file-system mount" },
	{ DIMM REGION, { .devdax = true, .region = "region0" }, NULL, "nd-namespace" },
	{ DIMM REGION, { .region = "region1" }, "no region 'region1'", "" },
	{ DIMM REGION " state=disabled", { 0 }, "is disabled", "" },
	{ "nd-dimm nmem0 flags=map_fail\n" REGION, { 0 }, "map_fail", "" },
	{ "nd-dimm nmem0 available_slots=0\n" REGION, { 0 }, "another label", "" },
	{ DIMM REGION,
	  { .has_size = true, .size_bytes = 1 << 20 },
	  "no multiple of 16 MiB",
	  "" },
	{ DIMM REGION, { .has_size = true, .size_bytes = 1 << 30 }, "512 MiB free", "" },
	{ "nd-region region0 available_bytes=0\n"
	  "nd-namespace namespace0.0 region=region0 uuid=1 mode=fsdax size_bytes=1048576\n",
	  { 0 },
	  "no room: namespace0.0 (fsdax, 1 MiB)",
	  "" },
	{ "nd-region region0 available_bytes=0\n"
	  "nd-namespace namespace0.0 region=region0 !uuid mode=raw size_bytes=1048576\n",
	  { 0 },
	  "no labels that the kernel can use",
	  "" },
	{ "nd-region region0 available_bytes=33554432 read_only=1\n", { 0 }, "read-only", "" },
	{ "nd-region region0 !available_bytes\n", { 0 }, "cannot be told", "" },
	{ "nd-region region0 available_bytes=33554432 align_bytes=16777216 "
	  "resource=4297064448\n",
	  { 0 },
	  "begin and end",
	  "" },
	{ "nd-region region0\nnd-region region1\n", { 0 }, "region0, region1", "" },
	{ DIMM REGION "\nmount m path=/mnt/p\n",
	  { .fs = "xfs", .mount = "/mnt/p" },
	  "mounted at /mnt/p already",
	  "" },
	{ DIMM REGION, { .fs = "xfs" }, "too little for XFS", "" },
	{ DIMM, { 0 }, NULL, "manual" },
	{ "host host\n", { 0 }, "no persistent memory", "" },
	{ "@db1 nd-region region0 available_bytes=33554432\n",
	  { 0 },
	  "no persistent memory",
	  "" },
};

static void one(const struct row *row)
{
	struct lend_inventory *inv = sketch(row->inventory);
	struct lend_provision_request request = row->request;
	lend_auto_plan *plan = NULL;
	lend_auto_buf kinds = { 0 };
	lend_auto_buf said = { 0 };
	struct lend_err err = { 0 };

	request.inventory = inv;
	request.namespace_uuid = UUID;
	request.fs_uuid = UUID;
	must_u64(lend_plan_provision(&request, &plan, &err), 0);
	for (size_t i = 0; i < plan->n_steps; i++)
		lend_buf_printf(&kinds, "%s%s", i > 0 ? " " : "", plan->steps[i].kind);
	must_str(lend_buf_text(&kinds), row->kinds);
	for (size_t i = 0; i < plan->n_remarks; i++)
		lend_buf_printf(&said, "%s\n", plan->remarks[i].text);
	must_in(lend_buf_text(&said));
	must(lend_plan_is_refused(plan) == (row->said != NULL));
	must(row->said == NULL || strstr(lend_buf_text(&said), row->said) != NULL);
	lend_inventory_free(inv);
}

static void nonsense(const struct lend_provision_request *request)
{
	lend_auto_plan *plan = NULL;
	struct lend_err err = { 0 };

	must(lend_plan_provision(request, &plan, &err) < 0);
	must(err.code == LEND_E_USAGE);
}

int main(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		must_in(rows[i].inventory);
		one(&rows[i]);
	}
	nonsense(&(struct lend_provision_request){ .devdax = true, .fs = "ext4" });
	nonsense(&(struct lend_provision_request){ .mount = "/mnt/p" });
	nonsense(&(struct lend_provision_request){ .fs = "btrfs" });
	nonsense(&(struct lend_provision_request){ .fs = "xfs", .mount = "mnt" });
	nonsense(&(struct lend_provision_request){ .has_align = true, .align_bytes = 3 });
	return 0;
}
