/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Merging of facts, sealing, and the JSON form both ways. */

#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/build.h"
#include "model/kind-backend.h"
#include "model/kind-device.h"
#include "model/kind-nd-dimm.h"
#include "model/kind-vm.h"
#include "tests/must.h"

static struct lend_device *device(struct lend_build *b, const char *name)
{
	return (struct lend_device *)lend_build_node(b, LEND_KIND_DEVICE, NULL, name);
}

static void merges(void)
{
	struct lend_build b;
	struct lend_device *d;
	uint32_t qmp, args, guess;

	lend_build_init(&b);
	d = device(&b, "db1:nv0");
	must(device(&b, "db1:nv0") == d);
	qmp = lend_build_sighting(&b, LEND_SEEN, "qmp", "query-memory-devices", "vm/db1");
	args = lend_build_sighting(&b, LEND_SEEN, "qemu-args", "cmdline", "vm/db1");
	guess = lend_build_sighting(&b, LEND_PREDICTED, "predict", "", "");
	must(lend_build_sighting(&b, LEND_SEEN, "qmp", "query-memory-devices", "vm/db1") ==
	     qmp);

	must(d->slot.known == LEND_NOT_ASKED);
	lend_build_absent(&b, &d->node, &d->slot, args);
	must(d->slot.known == LEND_ABSENT);
	lend_build_u64(&b, &d->node, &d->slot, guess, 7);
	must(d->slot.known == LEND_KNOWN && d->slot.trust == LEND_PREDICTED);
	lend_build_u64(&b, &d->node, &d->slot, qmp, 3);
	must(d->slot.known == LEND_KNOWN && d->slot.v.u64 == 3 && d->slot.trust == LEND_SEEN);
	lend_build_u64(&b, &d->node, &d->slot, guess, 7);
	lend_build_unreadable(&b, &d->node, &d->slot, args, "no");
	lend_build_u64(&b, &d->node, &d->slot, args, 3);
	must(d->slot.known == LEND_KNOWN && d->slot.v.u64 == 3);
	lend_build_u64(&b, &d->node, &d->slot, args, 4);
	must(d->slot.known == LEND_DISPUTED && d->slot.v.u64 == 3 && b.inv->n_disputes == 1);
	lend_build_u64(&b, &d->node, &d->slot, args, 4);
	must(b.inv->n_disputes == 1);
	lend_build_done(&b);
}

static void sorts_names(void)
{
	must(lend_name_compare("nmem2", "nmem10") < 0);
	must(lend_name_compare("nmem10", "nmem2") > 0);
	must(lend_name_compare("region1.0", "region1.0") == 0);
	must(lend_name_compare("a", "b") < 0);
	must(lend_name_compare("a", "a1") < 0);
	must(lend_name_compare("99999999999999999999999", "100000000000000000000000") < 0);
	must(lend_hex_name_compare("0000:0a:00.0", "0000:10:00.0") < 0);
	must(lend_hex_name_compare("0000:1a:00.0", "0000:10:00.0") > 0);
	must(lend_hex_name_compare("10000:00:00.0", "ffff:00:00.0") > 0);
}

static void fill(struct lend_build *b)
{
	struct lend_vm *vm =
		(struct lend_vm *)lend_build_node(b, LEND_KIND_VM, NULL, "a/b %\x1b");
	struct lend_device *d2 = device(b, "a/b:nv10");
	struct lend_device *d1 = device(b, "a/b:nv2");
	struct lend_node *dimm = lend_build_node(b, LEND_KIND_ND_DIMM, "a/b %\x1b", "nmem0");
	uint32_t s =
		lend_build_sighting(b, LEND_SEEN, "qmp", "query-memory-devices", vm->node.id);
	uint32_t claimed =
		lend_build_sighting(b, LEND_CLAIMED, "guest-agent", "ndctl list", vm->node.id);

	lend_build_edge(b, &vm->node, &d2->node);
	lend_build_edge(b, &vm->node, &d1->node);
	lend_build_edge(b, &vm->node, &d1->node);
	lend_build_u64(b, &d1->node, &d1->slot, s, 0);
	lend_build_u64(b, &d1->node, &d1->address, s, UINT64_MAX);
	lend_build_absent(b, &d1->node, &d1->label_bytes, s);
	lend_build_unreadable(b, &d1->node, &d1->size_bytes, s, "Permission denied");
	lend_build_u64(b, &d2->node, &d2->slot, s, 1);
	lend_build_u64(b, &d2->node, &d2->slot, s, 2);
	lend_build_u64(b, &d2->node, &d2->unarmed, s, 1);
	lend_build_text(b, &vm->node, &vm->uuid, s, "not \xff utf-8 \"\n");
	lend_build_text(b, dimm, &((struct lend_nd_dimm *)dimm)->nfit_id, claimed,
			"8680-56341200");
	lend_build_gap(b, vm->node.id, true, "run as root", "the agent of %s is silent", "db1");
}

static void round_trip(void)
{
	struct lend_build b;
	struct lend_inventory *inv;
	struct lend_inventory *again = NULL;
	const struct lend_node *vm;
	const struct lend_node *d;
	struct lend_err err = { 0 };
	char *first = NULL, *second = NULL;
	size_t first_len, second_len;
	char text[40];
	uint64_t n;

	lend_build_init(&b);
	fill(&b);
	inv = lend_build_seal(&b);

	vm = lend_find(inv, "vm/a/b %\x1b");
	must(vm != NULL);
	must_str(lend_used_by(inv, vm, 0)->name, "a/b:nv2");
	must_str(lend_used_by(inv, vm, 1)->name, "a/b:nv10");
	must(lend_used_by(inv, vm, 2) == NULL);
	d = lend_find(inv, "device/a/b:nv2");
	must(lend_user_of(inv, d, 0) == vm && lend_user_of(inv, d, 1) == NULL);
	must(lend_get_u64(inv, d, "slot", &n) == LEND_KNOWN && n == 0);
	must(lend_get_u64(inv, d, "nosuch", &n) == LEND_NOT_ASKED);
	must(lend_get_u64(inv, d, "label_bytes", &n) == LEND_ABSENT);
	must(lend_get_u64(inv, d, "size_bytes", &n) == LEND_UNREADABLE);
	must(lend_get_text(inv, d, "address", text, sizeof(text)) == LEND_KNOWN);
	must_str(text, "0xffffffffffffffff");
	must(lend_find(inv, "a%2fb %25\x1b/nd-dimm/nmem0") != NULL);

	must(lend_save(inv, &first, &first_len, &err) == 0);
	if (lend_load(first, first_len, &again, &err) < 0)
		must_str(err.what, "");
	must(lend_save(again, &second, &second_len, &err) == 0);
	must_str(second, first);
	must(lend_get_u64(again, lend_find(again, "device/a/b:nv10"), "slot", &n) ==
	     LEND_DISPUTED);
	free(first);
	free(second);
	lend_inventory_free(inv);
	lend_inventory_free(again);
}

/* Saved and loaded again; both are freed. */
static void must_stay(struct lend_inventory *inv)
{
	struct lend_inventory *again = NULL;
	struct lend_err err = { 0 };
	char *first = NULL, *second = NULL;
	size_t first_len, second_len;

	must(lend_save(inv, &first, &first_len, &err) == 0);
	if (lend_load(first, first_len, &again, &err) < 0)
		must_str(err.what, "");
	must(lend_save(again, &second, &second_len, &err) == 0);
	must_str(second, first);
	free(first);
	free(second);
	lend_inventory_free(inv);
	lend_inventory_free(again);
}

/* A VM may have the name of a kind, or what such a name is written as. */
static void guests_named_like_kinds(void)
{
	struct lend_build b;
	struct lend_inventory *inv;
	const struct lend_node *node;

	lend_build_init(&b);
	for (uint32_t kind = 0; kind < LEND_KIND_COUNT; kind++) {
		const char *name = lend_kinds[kind]->name;

		(void)lend_build_node(&b, LEND_KIND_VM, NULL, name);
		(void)lend_build_node(&b, LEND_KIND_ND_DIMM, name, "nmem0");
		(void)lend_build_node(&b, LEND_KIND_ND_DIMM, name, "a/b/c");
		(void)lend_build_node(&b, kind, "%76m", name);
	}
	inv = lend_build_seal(&b);
	must(inv->n_nodes == 4 * LEND_KIND_COUNT);
	node = lend_find(inv, "%76m/nd-dimm/nmem0");
	must(node != NULL);
	must_str(node->guest, "vm");
	must_str(lend_find(inv, "%67uest/nd-dimm/nmem0")->guest, "guest");
	must_str(lend_find(inv, "%2576m/nd-dimm/nd-dimm")->guest, "%76m");
	must_stay(inv);
}

/* n disputed values, 50 for each VM and two of its fields. */
static void put_disputes(struct lend_buf *out, unsigned int n)
{
	static const char *const fields[] = { "pid", "ram_bytes" };

	lend_buf_puts(out, "{\"lend\":\"inventory\",\"version\":1,\"sightings\":[{\"by\":\"x\","
			   "\"ask\":\"\",\"of\":\"\",\"trust\":\"seen\"}],\"nodes\":[");
	for (unsigned int vm = 0; vm < n / 100; vm++) {
		lend_buf_printf(out, "%s{\"id\":\"vm/v%u\",\"facts\":{", vm == 0 ? "" : ",",
				vm);
		for (size_t f = 0; f < LEND_COUNT(fields); f++) {
			lend_buf_printf(out, "%s\"%s\":{\"disputed\":[", f == 0 ? "" : ",",
					fields[f]);
			for (unsigned int i = 0; i < 51; i++)
				lend_buf_printf(out, "%s{\"value\":%u,\"by\":0}",
						i == 0 ? "" : ",", i);
			lend_buf_puts(out, "]}");
		}
		lend_buf_puts(out, "},\"by\":{\"pid\":0,\"ram_bytes\":0}}");
	}
	lend_buf_puts(out, "],\"edges\":[],\"gaps\":[]}\n");
}

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What everybody disputes costs no more than what everybody agrees on. */
static void hostile_disputes(void)
{
	lend_auto_buf many = { 0 };
	lend_auto_buf too_many = { 0 };
	struct lend_inventory *inv = NULL;
	struct lend_err err = { 0 };
	double began = seconds();
	char *text = NULL;
	double took;
	size_t len;

	put_disputes(&many, 60000);
	put_disputes(&too_many, 100000);
	if (lend_load(many.text, many.len, &inv, &err) < 0)
		must_str(err.what, "");
	must(inv->n_disputes == 60000);
	must(lend_save(inv, &text, &len, &err) == 0);
	must_str(text, many.text);
	free(text);
	lend_inventory_free(inv);
	must(lend_load(too_many.text, too_many.len, &inv, &err) == -1);
	must_str(err.what, "more than 65536 disputed values");
	took = seconds() - began;
	(void)printf("disputes: %.1f ms\n", took * 1e3);
	must(took < 1.0 * must_patience());
}

/* One fact that everybody says differently keeps some of the values. */
static void endless_dispute(void)
{
	struct lend_build b;
	struct lend_device *d;
	uint32_t by;

	lend_build_init(&b);
	d = device(&b, "d");
	by = lend_build_sighting(&b, LEND_RECORDED, "x", "", "");
	for (uint64_t i = 0; i < 100000; i++)
		lend_build_u64(&b, &d->node, &d->slot, by, i);
	must(d->slot.known == LEND_DISPUTED && b.inv->n_disputes == LEND_VALUES_MAX - 1);
	lend_build_u64(&b, &d->node, &d->size_bytes, by, 1);
	lend_build_u64(&b, &d->node, &d->size_bytes, by, 2);
	by = lend_build_sighting(&b, LEND_SEEN, "x", "", "");
	lend_build_u64(&b, &d->node, &d->slot, by, 3);
	must(d->slot.known == LEND_KNOWN && d->size_bytes.known == LEND_DISPUTED);
	must(lend_next_dispute(b.inv, &d->node, lend_kind_field(LEND_KIND_DEVICE, "slot"),
			       NULL) == NULL);
	must(lend_next_dispute(b.inv, &d->node, lend_kind_field(LEND_KIND_DEVICE, "size_bytes"),
			       NULL)
		     ->fact.v.u64 == 2);
	must_stay(lend_build_seal(&b));
}

static const char *const bad[] = {
	"{\"lend\":\"inventory\",\"version\":1,\"nodes\":[{\"id\":\"vm/a\"},{\"id\":\"vm/a\"}]}",
	"{}",
	"{\"lend\":\"inventory\",\"version\":2}",
	"{\"lend\":\"inventory\",\"version\":1,\"nodes\":[{\"id\":\"novm\"}]}",
	"{\"lend\":\"inventory\",\"version\":1,\"nodes\":[{\"id\":\"vm/a\",\"facts\":{\"pid\":1}}]}",
	"{\"lend\":\"inventory\",\"version\":1,\"nodes\":[],\"edges\":[[\"vm/a\",\"vm/b\"]]}",
	"{\"lend\":\"inventory\",\"version\":1,\"sightings\":[{\"by\":\"x\",\"ask\":\"\",\"of\":\"\",\"trust\":\"seen\"}],"
	"\"nodes\":[{\"id\":\"vm/a\",\"facts\":{\"pid\":\"1\"},\"by\":{\"pid\":0}}]}",
};

static void refuses(void)
{
	for (size_t i = 0; i < LEND_COUNT(bad); i++) {
		struct lend_inventory *inv = NULL;
		struct lend_err err = { 0 };

		must_in(bad[i]);
		must(lend_load(bad[i], strlen(bad[i]), &inv, &err) == -1 &&
		     err.code == LEND_E_FORMAT && inv == NULL);
	}
	must_in("");
}

int main(void)
{
	merges();
	sorts_names();
	round_trip();
	guests_named_like_kinds();
	hostile_disputes();
	endless_dispute();
	refuses();
	return 0;
}
