/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lend says of the shape "machine", held against what the guest's own
 * sysfs and tools say: each thing there, and no other of its kind.
 */

#include "machine.h"

#include "base/num.h"

/* A word of a line of machine-say, and the fact that must say the same. */
struct pair {
	unsigned int word;
	const char *field;
};

/* A kind of thing; the second word of its lines is its name. */
struct thing {
	const char *line; /* their first word */
	const char *kind;
	struct pair pairs[10];
};

static const struct thing things[] = {
	{ "host", "host", { { 2, "hostname" }, { 3, "kernel" } } },
	{ "dimm", "nd-dimm", { { 2, "handle" }, { 3, "phys_id" } } },
	{ "region", "nd-region", { { 2, "size_bytes" }, { 3, "resource" } } },
	{ "pci",
	  "pci",
	  { { 2, "vendor_id" },
	    { 3, "device_id" },
	    { 4, "subsystem_vendor" },
	    { 5, "subsystem_device" },
	    { 6, "class" },
	    { 7, "driver" },
	    { 8, "iommu_group" },
	    { 10, "parent" } } },
	{ "block", "block", { { 2, "dev" }, { 3, "size_bytes" }, { 4, "read_only" } } },
	{ "mount", "mount", { { 2, "source" }, { 3, "fs" }, { 4, "dev" } } },
	{ "swap", "swap", { { 0 } } },
	{ "net", "net", { { 2, "mac" }, { 3, "state" }, { 4, "function" } } },
	{ "dax", "dax", { { 2, "size_bytes" } } },
	{ "numa", "numa", { { 2, "cpus" } } },
};

static const struct thing close_look = {
	"close",
	"pci",
	{ { 2, "numa_node" }, { 3, "sriov_totalvfs" }, { 4, "sriov_numvfs" }, { 5, "physfn" } }
};

/* Lines that say who uses whom, and the kinds of the two. */
static const struct {
	const char *line;
	const char *user;
	const char *used;
} uses[] = {
	{ "holder", "block", "block" },
	{ "path", "block", "pci" },
};

/* Uses that are not in those lines. */
static const char *const edges[][2] = {
	{ "mount//srv/data", "block/nvme0n1p1" }, { "swap//dev/nvme0n1p2", "block/nvme0n1p2" },
	{ "mount//srv/lv", "block/dm-0" },        { "mount//srv/image", "block/loop0" },
	{ "block/loop0", "mount//srv/lv" },       { "block/nvme0n1", "pci/0000:01:00.0" },
	{ "block/sda", "pci/0000:00:1f.2" },      { "dax/dax0.0", "nd-namespace/namespace0.0" },
};

static bool has_edge(const struct lend_json *show, const char *user, const char *used)
{
	const struct lend_json *all = lend_json_get(show, "edges");

	for (size_t i = 0; i < lend_json_count(all); i++) {
		const struct lend_json *edge = lend_json_at(all, i);
		const char *from = lend_json_str(lend_json_at(edge, 0));
		const char *to = lend_json_str(lend_json_at(edge, 1));

		if (from != NULL && to != NULL && strcmp(from, user) == 0 &&
		    strcmp(to, used) == 0)
			return true;
	}
	lab_note("lend has no edge from %s to %s", user, used);
	return false;
}

static const struct lend_json *facts_of(const struct lend_json *show, const char *kind,
					const char *name)
{
	const struct lend_json *nodes = lend_json_get(show, "nodes");
	char id[300];

	(void)snprintf(id, sizeof(id), "%s/%s", kind, name);
	for (size_t i = 0; i < lend_json_count(nodes); i++) {
		const struct lend_json *node = lend_json_at(nodes, i);
		const char *got = lend_json_str(lend_json_get(node, "id"));

		if (got != NULL && strcmp(got, id) == 0)
			return lend_json_get(node, "facts");
	}
	return NULL;
}

static size_t count_of(const struct lend_json *show, const char *kind)
{
	const struct lend_json *nodes = lend_json_get(show, "nodes");
	size_t len = strlen(kind);
	size_t n = 0;

	for (size_t i = 0; i < lend_json_count(nodes); i++) {
		const char *id = lend_json_str(lend_json_get(lend_json_at(nodes, i), "id"));

		n += id != NULL && strncmp(id, kind, len) == 0 && id[len] == '/';
	}
	return n;
}

/* The guest writes numbers as the kernel does, yes and no as 1 and 0; nothing there is "-". */
static bool same_number(const char *word, uint64_t got)
{
	bool hex = strncmp(word, "0x", 2) == 0;
	uint64_t want;

	return lend_parse_u64(hex ? word + 2 : word, hex ? 16 : 10, &want) && want == got;
}

static bool is_same(const struct lend_json *value, const char *word)
{
	const char *text = lend_json_str(value);
	uint64_t number;
	bool yes;

	/* The kernel's -1 is "no node". */
	if (strcmp(word, "-") == 0 || strcmp(word, "-1") == 0)
		return value == NULL;
	if (lend_json_bool(value, &yes))
		return strcmp(word, yes ? "1" : "0") == 0;
	if (lend_json_u64(value, &number))
		return same_number(word, number);
	if (text == NULL)
		return false;
	return strcmp(text, word) == 0 ||
	       (strncmp(text, "0x", 2) == 0 && lend_parse_u64(text + 2, 16, &number) &&
		same_number(word, number));
}

static bool line_is_shown(const struct lend_json *show, const char *kind, const char *line,
			  const struct pair *pairs, size_t n, bool whole)
{
	const struct lend_json *facts;
	char word[200];
	bool same = true;

	if (!machine_word(line, 1, word, sizeof(word)))
		return false;
	facts = facts_of(show, kind, word);
	if (facts == NULL) {
		lab_note("lend knows no %s/%s", kind, word);
		return false;
	}
	for (size_t i = 0; i < n && pairs[i].field != NULL; i++) {
		const char *field = pairs[i].field;

		if (!machine_word(line, pairs[i].word, word, sizeof(word)))
			return false;
		if (strcmp(word, "?") == 0)
			continue;
		/* What is not in a copy may have been left out: not asked. */
		if (((whole || strcmp(word, "-") != 0) && !lend_json_has(facts, field)) ||
		    !is_same(lend_json_get(facts, field), word)) {
			lab_note("\"%s\" is not %s: %.*s", field, word,
				 (int)strcspn(line, "\n"), line);
			same = false;
		}
	}
	return same;
}

/* Each line of one sort has its edge. */
static bool lines_are_edges(const struct lend_json *show, const char *said, const char *first,
			    const char *user, const char *used)
{
	size_t n = 0;

	for (const char *line = said; *line != '\0'; line = machine_next(line)) {
		char word[3][64];
		char from[80];
		char to[80];

		if (!machine_word(line, 0, word[0], sizeof(word[0])) ||
		    strcmp(word[0], first) != 0)
			continue;
		n++;
		if (!machine_word(line, 1, word[1], sizeof(word[1])) ||
		    !machine_word(line, 2, word[2], sizeof(word[2])))
			return false;
		(void)snprintf(from, sizeof(from), "%s/%s", user, word[1]);
		(void)snprintf(to, sizeof(to), "%s/%s", used, word[2]);
		if (!has_edge(show, from, to))
			return false;
	}
	return n > 0;
}

static void check_edges(struct lab_tap *tap, const struct lend_json *show, const char *about,
			const char *said)
{
	bool same = true;

	for (size_t i = 0; i < LEND_COUNT(uses); i++)
		(void)lab_ok(
			tap,
			lines_are_edges(show, said, uses[i].line, uses[i].user, uses[i].used),
			"in %s each %s is an edge", about, uses[i].line);
	for (size_t i = 0; i < LEND_COUNT(edges); i++)
		same = has_edge(show, edges[i][0], edges[i][1]) && same;
	(void)lab_ok(tap, same, "in %s mounts, swap, images and disks stand on each other",
		     about);
}

/* How many lines there are of a thing; *ret_same: lend says the same of all. */
static size_t check_lines(const struct lend_json *show, const struct thing *thing, bool whole,
			  const char *said, bool *ret_same)
{
	size_t n = 0;

	*ret_same = true;
	for (const char *line = said; *line != '\0'; line = machine_next(line)) {
		char first[16];

		if (!machine_word(line, 0, first, sizeof(first)) ||
		    strcmp(first, thing->line) != 0)
			continue;
		n++;
		if (!line_is_shown(show, thing->kind, line, thing->pairs,
				   LEND_COUNT(thing->pairs), whole))
			*ret_same = false;
	}
	return n;
}

void machine_check(struct lab_tap *tap, const struct lend_json *show, const char *about,
		   bool whole, const char *said)
{
	for (size_t i = 0; i < LEND_COUNT(things); i++) {
		bool same;
		size_t n = check_lines(show, &things[i], whole, said, &same);

		(void)lab_ok(tap, same && n > 0 && n == count_of(show, things[i].kind),
			     "in %s each %s is as the guest has it (%zu)", about,
			     things[i].kind, n);
	}
	check_edges(tap, show, about, said);
}

void machine_check_close(struct lab_tap *tap, const struct lend_json *show, const char *about,
			 bool whole, const char *said)
{
	bool same;
	size_t n = check_lines(show, &close_look, whole, said, &same);

	(void)lab_ok(tap, same && n > 0, "in %s a close look is as the guest has it (%zu)",
		     about, n);
}
