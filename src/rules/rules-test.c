/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every rule both ways: the files NAME-cases.inc of the subjects are tables of
 * sketches (tests/sketch.h) in which a rule fires, cannot tell, or is silent.
 * A rule without a row of each of the first and the last kind fails the test.
 */

#include "rules/rules.h"

#include "base/err.h"
#include "tests/must.h"
#include "tests/sketch.h"

/* A VM with one good NVDIMM; rows change it by what they add. */
#define VM                                                                                          \
	"vm db1 hypervisor=qemu machine=q35 nvdimm=1 acpi=1 cpu=max ram_bytes=1073741824 "          \
	"slots=4 maxmem_bytes=8589934592 !incoming !rollback !open_vnc !open_monitors !open_ports " \
	">device/db1:log\n"
#define DIMM                                                                                   \
	"device db1:log vm=db1 driver=nvdimm slot=0 address=4294967296 size_bytes=134217728 "  \
	"label_bytes=2097152 memdev=m label_state=valid !label_slot unarmed=0 "                \
	">backend/db1:m\n"
#define BACKEND                                                                                \
	"backend db1:m vm=db1 object_id=m type=memory-backend-file path=/p/log "               \
	"size_bytes=136314880 !offset_bytes share=1 pmem=0 readonly=0 prealloc=0 "             \
	"discard_data=0 >backing//p/log\n"
#define BACKING                                                                                \
	"backing /p/log path=/p/log type=file dev=254:0 inode=7 size_bytes=136314880 "         \
	"allocated_bytes=136314880 fs=ext4\n"

static const struct row {
	const char *rule;
	const char *sketch;
	const char *text;   /* of the finding; NULL: none */
	const char *hint;   /* NULL: whatever */
	const char *untold; /* of what cannot be told; NULL: none */
} rows[] = {
#define FIRES(rule_, text_, ...)                                                               \
	{                                                                                      \
		.rule = (rule_), .text = (text_), .sketch = __VA_ARGS__                        \
	}
#define CURED(rule_, text_, hint_, ...)                                                        \
	{                                                                                      \
		.rule = (rule_), .text = (text_), .hint = (hint_), .sketch = __VA_ARGS__       \
	}
#define UNTOLD(rule_, text_, ...)                                                              \
	{                                                                                      \
		.rule = (rule_), .untold = (text_), .sketch = __VA_ARGS__                      \
	}
#define SILENT(rule_, ...)                                                                     \
	{                                                                                      \
		.rule = (rule_), .sketch = __VA_ARGS__                                         \
	}
#include "rules/backing-cases.inc"
#include "rules/caveats-cases.inc"
#include "rules/clashes-cases.inc"
#include "rules/esxi-cases.inc"
#include "rules/exposure-cases.inc"
#include "rules/geometry-cases.inc"
#include "rules/guest-cases.inc"
#include "rules/iommu-cases.inc"
#include "rules/labels-cases.inc"
#include "rules/libvirt-cases.inc"
#include "rules/machine-cases.inc"
#include "rules/numa-cases.inc"
#include "rules/persistence-cases.inc"
#include "rules/vmd-cases.inc"
};

static void check_row(const struct row *row)
{
	struct lend_rules_options only = { .only = &row->rule, .n_only = 1 };
	struct lend_inventory *inv = sketch(row->sketch);
	struct lend_view view = { .inv = inv };
	lend_auto_findings findings = { .n = 0 };
	const char *text = NULL, *hint = NULL, *untold = NULL;

	must_in(row->rule);
	must(lend_rules_run(&view, &only, &findings, NULL) == 0);
	for (size_t i = 0; i < findings.n; i++) {
		const struct lend_finding *f = &findings.items[i];

		if (f->untold && untold == NULL)
			untold = f->text;
		if (!f->untold && text == NULL) {
			text = f->text;
			hint = f->hint;
		}
	}
	must_str(text != NULL ? text : "", row->text != NULL ? row->text : "");
	must_str(untold != NULL ? untold : "", row->untold != NULL ? row->untold : "");
	if (row->hint != NULL)
		must_str(hint, row->hint);
	lend_inventory_free(inv);
	must_in("");
}

static bool has_row(const char *id, bool fires)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		if (strcmp(rows[i].rule, id) == 0 && rows[i].untold == NULL &&
		    (rows[i].text != NULL) == fires)
			return true;
	}
	return false;
}

/* What people read of it is there; no id twice. */
static void check_rule(const struct lend_rule *rule)
{
	must_in(rule->id);
	must(lend_rule_of(rule->id) == rule);
	must(rule->must != NULL && rule->why != NULL && rule->evidence != NULL);
	must((rule->unproven != NULL) == (rule->proof == LEND_PROOF_DOCS));
	must(rule->must[strlen(rule->must) - 1] != '.' &&
	     rule->why[strlen(rule->why) - 1] != '.');
	must(has_row(rule->id, true));
	must(has_row(rule->id, false));
	must_in("");
}

static void check_names(void)
{
	static const char *const subject[] = { "geometry" };
	static const char *const wrong[] = { "no-such-rule" };
	struct lend_rules_options o = { .only = subject, .n_only = 1 };
	struct lend_inventory *inv = sketch(VM);
	struct lend_view view = { .inv = inv };
	lend_auto_findings findings = { .n = 0 };
	struct lend_err err = { 0 };

	must(lend_rules_run(&view, &o, &findings, NULL) == 0 && findings.n == 0);
	o = (struct lend_rules_options){ .skip = wrong, .n_skip = 1 };
	must(lend_rules_run(&view, &o, &findings, &err) == -1);
	must(err.code == LEND_E_USAGE);
	must_str(err.what, "there is no rule 'no-such-rule'");
	lend_inventory_free(inv);
}

/* A good VM has nothing wrong. */
static void check_good(void)
{
	struct lend_inventory *inv = sketch(VM DIMM BACKEND BACKING);
	struct lend_view view = { .inv = inv };
	lend_auto_findings findings = { .n = 0 };

	must(lend_rules_run(&view, NULL, &findings, NULL) == 0);
	for (size_t i = 0; i < findings.n; i++) {
		if (findings.items[i].rule->level > LEND_LEVEL_NOTE)
			must_str(findings.items[i].rule->id, "");
	}
	lend_inventory_free(inv);
}

int main(void)
{
	size_t n = 0;

	for (size_t i = 0; i < LEND_COUNT(rows); i++)
		check_row(&rows[i]);
	for (size_t s = 0; s < lend_n_rules_all; s++) {
		for (size_t i = 0; i < lend_rules_all[s]->n; i++, n++)
			check_rule(&lend_rules_all[s]->rules[i]);
	}
	check_names();
	check_good();
	(void)printf("%zu rules, %zu cases\n", n, LEND_COUNT(rows));
	return 0;
}
