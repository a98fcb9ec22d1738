/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program of a stranger: it has lend.h and liblend.so, nothing else.
 *
 * usage: api FOLDER; a capture of a host with two NVDIMMs
 */

#include <lend/lend.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MUST(expr)                                                                             \
	do {                                                                                   \
		if (!(expr)) {                                                                 \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #expr);       \
			exit(1);                                                               \
		}                                                                              \
	} while (0)

static bool is(const char *text, const char *want)
{
	return text != NULL && strcmp(text, want) == 0;
}

static struct lend_inventory *look(const char *host, const char *guest)
{
	struct lend_guest_source in_db1 = { .vm = "db1", .source = guest };
	struct lend_scan_options options = LEND_SCAN_OPTIONS(.sources = &host, .n_sources = 1,
							     .guests = &in_db1, .n_guests = 1);
	struct lend_inventory *inv = NULL;
	struct lend_err err = { 0 };

	if (lend_scan(&options, &inv, &err) < 0)
		(void)fprintf(stderr, "%s: %s (%s)\n", err.where, err.what, err.hint);
	MUST(inv != NULL && lend_next_host(inv) == NULL);
	return inv;
}

static void options_have_a_size(const char *host)
{
	struct {
		struct lend_scan_options known;
		char later[8];
	} larger = { .known = { .size = sizeof(larger), .sources = &host, .n_sources = 1 } };
	struct lend_scan_options none = { .sources = &host, .n_sources = 1 };
	struct lend_inventory *inv = NULL;
	struct lend_err err = { 0 };

	MUST(lend_scan(&none, &inv, &err) == -1 && err.code == LEND_E_USAGE);
	MUST(lend_scan(&larger.known, &inv, NULL) == 0);
	lend_inventory_free(inv);
	larger.later[7] = 1;
	MUST(lend_scan(&larger.known, &inv, NULL) == -1);
}

static void kinds(void)
{
	const char *name = NULL;
	const char *help = NULL;
	size_t n = 0;

	while (lend_kind(n, &name, &help)) {
		MUST(name[0] != '\0' && help[0] != '\0');
		MUST(lend_field(name, 0, NULL, NULL));
		n++;
	}
	MUST(n > 5 && lend_kind(0, NULL, NULL));
	MUST(lend_field("device", 0, &name, &help) && is(name, "vm"));
	MUST(!lend_field("device", 1000, &name, &help) && !lend_field("no", 0, &name, &help));
}

/* Every node, every field, by every way in. */
static void walk(const struct lend_inventory *inv)
{
	const struct lend_node *node = NULL;
	size_t nodes = 0;
	size_t known = 0;

	while ((node = lend_next(inv, node)) != NULL) {
		const char *kind = lend_node_kind(node);
		const char *field;

		nodes++;
		MUST(lend_find(inv, lend_node_id(node)) == node);
		MUST(strstr(lend_node_id(node), lend_node_name(node)) != NULL);
		for (size_t i = 0; lend_field(kind, i, &field, NULL); i++) {
			size_t size = lend_text_size(inv, node, field);
			char *text = calloc(1, size + 1);
			enum lend_known got = lend_get_text(inv, node, field, text, size);
			const char *by = NULL;

			MUST(text != NULL && (got == LEND_KNOWN) == (size > 0));
			MUST(size == 0 || strlen(text) == size - 1);
			MUST(lend_get_source(inv, node, field, NULL, &by, NULL, NULL) ==
			     (got != LEND_NOT_ASKED));
			MUST((lend_get_reason(inv, node, field) != NULL) ==
			     (got == LEND_UNREADABLE));
			known += got == LEND_KNOWN;
			free(text);
		}
	}
	MUST(nodes > 10 && known > 30);
}

static void fields(const struct lend_inventory *inv)
{
	const struct lend_node *device = lend_find(inv, "device/db1:db-log");
	const struct lend_node *dimm = lend_find(inv, "db1/nd-dimm/nmem1");
	enum lend_trust trust = LEND_PREDICTED;
	const char *by, *ask, *of;
	char text[4] = "";
	uint64_t n = 7;

	MUST(device != NULL && dimm != NULL && lend_find(inv, "device/no") == NULL);
	MUST(is(lend_node_kind(lend_user_of(inv, device, 0)), "vm"));
	MUST(is(lend_node_kind(lend_used_by(inv, device, 0)), "backend"));
	MUST(lend_used_by(inv, device, 1) == NULL);
	MUST(lend_get_u64(inv, device, "slot", &n) == LEND_KNOWN && n == 3);
	MUST(lend_get_u64(inv, device, "no", &n) == LEND_NOT_ASKED && n == 3);
	MUST(lend_get_text(inv, device, "address", NULL, 0) == LEND_KNOWN);
	MUST(lend_get_text(inv, device, "address", text, sizeof(text)) == LEND_KNOWN);
	MUST(is(text, "0x1") && lend_text_size(inv, device, "address") == 12);
	MUST(lend_text_size(inv, device, "no") == 0 &&
	     lend_get_reason(inv, device, "no") == NULL);
	MUST(lend_get_source(inv, dimm, "handle", &trust, &by, &ask, &of));
	MUST(trust == LEND_CLAIMED && by[0] != '\0' && ask != NULL && of != NULL);
	MUST(!lend_get_source(inv, dimm, "no", &trust, &by, &ask, &of));
}

static void rows(const struct lend_inventory *inv)
{
	struct lend_map *map = NULL;
	struct stat nothing = { .st_mode = S_IFREG };
	char *text = NULL;
	size_t len = 0;
	size_t n = 0;

	MUST(lend_map_make(inv, &map, NULL) == 0);
	MUST(lend_map_count(map) == 2 && lend_map_outcome(map) == LEND_MAP_CLEAR);
	MUST(is(lend_map_text(map, 1, "device"), "db-log"));
	MUST(is(lend_map_text(map, 1, "blockdev"), "pmem1"));
	MUST(is(lend_map_text(map, 1, "mode"), "fsdax"));
	MUST(is(lend_map_text(map, 1, "address"), "0x100000000"));
	MUST(is(lend_map_text(map, 1, "size_bytes"), "134217728"));
	MUST(is(lend_map_text(map, 1, "nfit_id"), "8680-59341200"));
	MUST(is(lend_map_text(map, 1, "handle"), "0x4"));
	MUST(is(lend_map_text(map, 0, "chardev"), "dax0.0"));
	MUST(lend_map_text(map, 0, "blockdev") == NULL);
	MUST(lend_map_text(map, 0, "no") == NULL && lend_map_text(map, 9, "vm") == NULL);
	while (lend_map_column(n) != NULL)
		n++;
	MUST(n == 21 && is(lend_map_column(0), "vm"));
	n = 0;
	while (lend_map_evidence(map, 1, n) != NULL)
		n++;
	MUST(n >= 3 && lend_map_evidence(map, 9, 0) == NULL);
	MUST(lend_map_candidate(map, 1, 0) == NULL);
	MUST(lend_map_save(map, &text, &len, NULL) == 0 && strlen(text) == len);
	free(text);

	lend_map_filter(map, NULL, NULL, "/dev/pmem1");
	MUST(lend_map_count(map) == 1 && lend_map_verdict(map, 0) == LEND_MATCHED);
	MUST(lend_map_verdict(map, 1) == LEND_UNMATCHED);
	lend_map_filter(map, "/no/such/file", &nothing, NULL);
	MUST(lend_map_count(map) == 0);
	lend_map_free(map);
}

static void saved(const struct lend_inventory *inv)
{
	struct lend_inventory *again = NULL;
	char *first = NULL;
	char *second = NULL;
	size_t len;

	MUST(lend_save(inv, &first, &len, NULL) == 0);
	MUST(lend_load(first, len, &again, NULL) == 0);
	MUST(lend_save(again, &second, &len, NULL) == 0 && is(first, second));
	MUST(lend_load(first, 1, &again, NULL) == -1);
	lend_inventory_free(again);
	free(first);
	free(second);
}

/* Two equal tails among disks: candidates. */
static void candidates(const char *disks, const char *guest)
{
	struct lend_inventory *inv = look(disks, guest);
	struct lend_map *map = NULL;

	MUST(lend_map_make(inv, &map, NULL) == 0);
	MUST(lend_map_outcome(map) == LEND_MAP_UNCLEAR);
	for (size_t i = 0; i < lend_map_count(map); i++)
		MUST((lend_map_candidate(map, i, 0) != NULL) ==
		     (lend_map_verdict(map, i) == LEND_AMBIGUOUS));
	lend_map_free(map);
	lend_inventory_free(inv);
}

/* A host without anything: what was not seen is said. */
static void gaps(const char *host)
{
	struct lend_scan_options options = LEND_SCAN_OPTIONS(.sources = &host, .n_sources = 1);
	struct lend_inventory *inv = NULL;
	const char *what = NULL, *hint = NULL, *about = NULL;
	bool matters = false;

	MUST(lend_scan(&options, &inv, NULL) == 0);
	MUST(lend_gap(inv, 0, &what, &hint, &about, &matters));
	MUST(what[0] != '\0' && hint != NULL && about != NULL);
	MUST(lend_gap(inv, 0, NULL, NULL, NULL, NULL));
	MUST(!lend_gap(inv, 1000, &what, &hint, &about, &matters));
	lend_inventory_free(inv);
}

static const struct lend_node *first_of(const struct lend_inventory *inv, const char *kind)
{
	const struct lend_node *node = NULL;

	while ((node = lend_next(inv, node)) != NULL && !is(lend_node_kind(node), kind))
		;
	return node;
}

/* Of a host with PCI functions: only what is wanted, and more of one that is named. */
static void wants(const char *host)
{
	const char *const none[] = { "no-such-kind" }, *const vms[] = { "vm" };
	const char *const vmd[] = { "62:00.5" }, *const absent[] = { "ffff:00:00.0" };
	struct lend_scan_options options = LEND_SCAN_OPTIONS(.sources = &host, .n_sources = 1);
	struct lend_inventory *inv = NULL;
	struct lend_err err = { 0 };
	uint64_t on = 0;

	MUST(lend_scan(&options, &inv, NULL) == 0 && first_of(inv, "pci") != NULL);
	MUST(lend_get_u64(inv, lend_find(inv, "pci/0000:62:00.5"), "vmd_shadow", &on) ==
	     LEND_NOT_ASKED);
	lend_inventory_free(inv);
	options.kinds = vms;
	options.n_kinds = 1;
	MUST(lend_scan(&options, &inv, NULL) == 0);
	MUST(first_of(inv, "vm") != NULL && first_of(inv, "pci") == NULL);
	lend_inventory_free(inv);
	options.kinds = none;
	MUST(lend_scan(&options, &inv, &err) == -1 && err.code == LEND_E_USAGE);
	options.n_kinds = 0;
	options.devices = vmd;
	options.n_devices = 1;
	MUST(lend_scan(&options, &inv, NULL) == 0);
	MUST(lend_get_u64(inv, lend_find(inv, "pci/0000:62:00.5"), "vmd_shadow", &on) ==
	     LEND_KNOWN);
	lend_inventory_free(inv);
	options.devices = absent;
	MUST(lend_scan(&options, &inv, NULL) == -1);
}

int main(int argc, char **argv)
{
	struct lend_inventory *inv;

	MUST(argc == 7 && strchr(lend_version(), '.') != NULL);
	inv = look(argv[1], argv[2]);
	options_have_a_size(argv[1]);
	kinds();
	walk(inv);
	fields(inv);
	rows(inv);
	saved(inv);
	lend_inventory_free(inv);
	candidates(argv[3], argv[4]);
	gaps(argv[5]);
	wants(argv[6]);
	lend_inventory_free(NULL);
	lend_map_free(NULL);
	return 0;
}
