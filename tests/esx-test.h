/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the tests of esx-*.c: files in, an inventory out; each test is a program of its own. */

#ifndef LEND_TESTS_ESX_TEST_H
#define LEND_TESTS_ESX_TEST_H

#include "collect/esx.h"
#include "tests/must.h"

extern const struct lend_collector lend_collector_esx_host;
extern const struct lend_collector lend_collector_esx_files;
extern const struct lend_collector lend_collector_esx_vms;

struct esx_file {
	const char *name; /* in the tree */
	const char *text;
};

#define ESX_SCAN(files) esx_scan((files), LEND_COUNT(files))

static inline struct lend_inventory *esx_scan(const struct esx_file *files, size_t n)
{
	struct lend_scan_file scan_files[16];
	struct lend_scan scan = { .files = scan_files, .n_files = n, .wants = UINT64_MAX };
	struct lend_inventory *inv;

	must(n <= LEND_COUNT(scan_files));
	lend_build_init(&scan.build);
	for (size_t i = 0; i < n; i++) {
		const char *name = files[i].name;
		bool placed = strncmp(name, "commands/", 9) != 0 && strchr(name, '/') != NULL;

		scan_files[i] = (struct lend_scan_file){
			.name = name,
			.path = name,
			.bytes = files[i].text,
			.len = strlen(files[i].text),
			.on_host = placed ? lend_arena_printf(&scan.memory, "/%s", name) : NULL,
		};
	}
	must(lend_collector_esx_host.collect(&scan, NULL) == 0);
	must(lend_collector_esx_files.collect(&scan, NULL) == 0);
	must(lend_collector_esx_vms.collect(&scan, NULL) == 0);
	inv = lend_build_seal(&scan.build);
	lend_arena_done(&scan.memory);
	return inv;
}

/* Is it told, as something that makes an answer incomplete? */
static inline bool esx_told(const struct lend_inventory *inv, const char *text)
{
	for (size_t i = 0; i < inv->n_gaps; i++) {
		if (strstr(inv->gaps[i].what, text) != NULL)
			return inv->gaps[i].matters;
	}
	return false;
}

/* The fact as text; "-": absent, "?": not known. */
static inline const char *esx_fact(const struct lend_inventory *inv, const char *id,
				   const char *field)
{
	static char text[512];
	const struct lend_node *node = lend_find(inv, id);
	uint64_t number;
	enum lend_known known;

	must_in(id);
	must(node != NULL);
	known = lend_get_text(inv, node, field, text, sizeof(text));
	if (known == LEND_ABSENT)
		return "-";
	if (known == LEND_KNOWN)
		return text;
	if (lend_get_u64(inv, node, field, &number) != LEND_KNOWN)
		return "?";
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return text;
}

static inline bool esx_edge(const struct lend_inventory *inv, const char *user,
			    const char *used)
{
	const struct lend_node *a = lend_find(inv, user);
	const struct lend_node *b = lend_find(inv, used);

	for (size_t i = 0; a != NULL && b != NULL && i < inv->n_edges; i++) {
		if (inv->edges[i].user == a->index && inv->edges[i].used == b->index)
			return true;
	}
	return false;
}

#endif
