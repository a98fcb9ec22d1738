/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's own NVDIMMs, as the nd bus of sysfs has them; and what that
 * means when it is a guest's.
 *
 * Asks  /sys/bus/nd/devices: ndbusN, nmemN, regionN, namespaceN.M, and the
 *       btt, pfn or dax device that holds a namespace
 * Adds  nd-bus, nd-dimm, nd-region and nd-namespace nodes with the meanings
 *       that ndctl gives them: what a holder says of size and uuid counts, the
 *       namespace's own uuid is raw_uuid
 *
 * (Linux Documentation/ABI/testing/sysfs-bus-nvdimm; drivers/nvdimm: bus.c,
 * dimm_devs.c, region_devs.c, namespace_devs.c, pfn_devs.c, btt_devs.c.)
 */

#include "collect/nd-sysfs.h"

#include <errno.h>

#include "base/ascii.h"
#include "base/num.h"
#include "model/kind-nd-bus.h"
#include "model/kind-nd-dimm.h"
#include "model/kind-nd-namespace.h"
#include "model/kind-nd-region.h"

/* ND_MAX_MAPPINGS of drivers/nvdimm: more DIMMs than that have no attribute. */
enum { MAPPINGS_MAX = 32, NAME_MAX_ND = 64 /* longer ones are made up */ };

#define ROOT "sys/bus/nd/devices"
#define DEV  ROOT "/%s"

static const struct lend_ask ask_names = { .via = LEND_VIA_DIR, .key = ROOT };
static const struct lend_ask ask_path = { .via = LEND_VIA_LINK, .key = DEV };
static const struct lend_ask ask_driver = { .via = LEND_VIA_LINK, .key = DEV "/driver" };
static const struct lend_ask ask_inside = { .via = LEND_VIA_DIR, .key = DEV };
static const struct lend_ask ask_block = { .via = LEND_VIA_DIR, .key = DEV "/block" };

#define FILE_ASK(name_, file_)                                                                 \
	static const struct lend_ask name_ = { .via = LEND_VIA_FILE, .key = DEV "/" file_ }
FILE_ASK(ask_provider, "provider");
FILE_ASK(ask_id, "nfit/id");
FILE_ASK(ask_handle, "nfit/handle");
FILE_ASK(ask_phys_id, "nfit/phys_id");
FILE_ASK(ask_flags, "nfit/flags");
FILE_ASK(ask_available_slots, "available_slots");
FILE_ASK(ask_size, "size");
FILE_ASK(ask_align, "align");
FILE_ASK(ask_available_size, "available_size");
FILE_ASK(ask_nstype, "nstype");
FILE_ASK(ask_devtype, "devtype");
FILE_ASK(ask_set_cookie, "set_cookie");
FILE_ASK(ask_persistence, "persistence_domain");
FILE_ASK(ask_read_only, "read_only");
FILE_ASK(ask_numa_node, "numa_node");
FILE_ASK(ask_mapping, "mapping%s");
FILE_ASK(ask_mode, "mode");
FILE_ASK(ask_uuid, "uuid");
FILE_ASK(ask_alt_name, "alt_name");
FILE_ASK(ask_holder, "holder");
FILE_ASK(ask_sector_size, "sector_size");
static const struct lend_ask ask_resource = { .via = LEND_VIA_FILE, .key = DEV "/resource" };

struct look {
	struct lend_scan *scan;
	const struct lend_nd_source *source; /* NULL: the host's sysfs */
	const char *guest;
	uint32_t by;
	bool refused;     /* something is for root alone */
	const char *name; /* of the device at hand */
	struct lend_node *node;
};

/* ---- one attribute ---- */

/* What another source than the host's sysfs has: without the part that all keys have. */
static const struct lend_answer *other_answer(struct look *l, const struct lend_ask *ask,
					      const char *name, const char *number)
{
	const char *rest = ask->key + strlen(DEV);
	size_t len = strcspn(rest, "%");

	return l->source->get(
		l->source->arg, ask->via,
		lend_arena_printf(&l->scan->memory, "%s%.*s%s", name, (int)len, rest, number));
}

static const struct lend_answer *answer_of(struct look *l, const struct lend_ask *ask,
					   const char *name)
{
	const struct lend_answer *answer = l->source != NULL
						   ? other_answer(l, ask, name, "")
						   : lend_io_ask(l->scan->io, ask, name);

	if (answer->known == LEND_UNREADABLE &&
	    (answer->os_errno == EACCES || answer->os_errno == EPERM))
		l->refused = true;
	return answer;
}

static void put_u64(struct look *l, struct lend_fact *fact, const struct lend_ask *ask,
		    const char *name)
{
	lend_collect_u64(l->scan, l->node, fact, l->by, answer_of(l, ask, name));
}

/* An empty line is how libnvdimm says "none". */
static void put_text(struct look *l, struct lend_fact *fact, const struct lend_ask *ask,
		     const char *name)
{
	const struct lend_answer *answer = answer_of(l, ask, name);
	const char *text = lend_collect_text_of(l->scan, answer);

	if (text != NULL && *text == '\0')
		lend_build_absent(&l->scan->build, l->node, fact, l->by);
	else
		lend_collect_text(l->scan, l->node, fact, l->by, answer);
}

static struct lend_node *node_of(struct look *l, uint32_t kind, const char *name)
{
	return lend_build_node(&l->scan->build, kind, l->guest, name);
}

static void put_word(struct look *l, struct lend_fact *fact, const char *word)
{
	lend_build_text(&l->scan->build, l->node, fact, l->by, word);
}

/* ---- buses and DIMMs ---- */

static void add_bus(struct look *l)
{
	l->node = node_of(l, LEND_KIND_ND_BUS, l->name);
	put_text(l, &((struct lend_nd_bus *)l->node)->provider, &ask_provider, l->name);
}

/* Out of ".../ndbus0/nmem1", where the link on the bus leads. */
static void put_bus(struct look *l, struct lend_fact *fact)
{
	const char *path = lend_collect_text_of(l->scan, answer_of(l, &ask_path, l->name));
	const char *bus = path == NULL ? NULL : strstr(path, "/ndbus");
	size_t len;

	if (bus == NULL)
		return;
	len = strcspn(++bus, "/");
	if (len > strlen("ndbus"))
		put_word(l, fact, lend_arena_strndup(&l->scan->memory, bus, len));
}

static void add_dimm(struct look *l)
{
	struct lend_nd_dimm *dimm;

	l->node = node_of(l, LEND_KIND_ND_DIMM, l->name);
	dimm = (struct lend_nd_dimm *)l->node;
	put_text(l, &dimm->nfit_id, &ask_id, l->name);
	put_u64(l, &dimm->handle, &ask_handle, l->name);
	put_u64(l, &dimm->phys_id, &ask_phys_id, l->name);
	put_text(l, &dimm->flags, &ask_flags, l->name);
	put_u64(l, &dimm->available_slots, &ask_available_slots, l->name);
	put_bus(l, &dimm->bus);
}

/* ---- regions ---- */

/* "nmem0,0,536608768,0" */
static void add_mappings(struct look *l)
{
	for (unsigned int i = 0; i < MAPPINGS_MAX; i++) {
		char number[12];
		const struct lend_answer *answer;
		const char *text;
		size_t len;

		(void)snprintf(number, sizeof(number), "%u", i);
		answer = l->source != NULL
				 ? other_answer(l, &ask_mapping, l->name, number)
				 : lend_io_ask(l->scan->io, &ask_mapping, l->name, number);
		text = lend_collect_text_of(l->scan, answer);
		if (text == NULL)
			return;
		len = strcspn(text, ",");
		if (len > strlen("nmem") && lend_ascii_has_prefix(text, len, "nmem"))
			lend_build_edge(
				&l->scan->build, l->node,
				node_of(l, LEND_KIND_ND_DIMM,
					lend_arena_strndup(&l->scan->memory, text, len)));
	}
}

/* Without labels (ND_DEVICE_NAMESPACE_IO, 4) no namespace can be made, whatever the size says.
 */
static void put_available(struct look *l, struct lend_fact *fact)
{
	const char *nstype = lend_collect_text_of(l->scan, answer_of(l, &ask_nstype, l->name));

	if (nstype != NULL && strcmp(nstype, "4") == 0)
		lend_build_u64(&l->scan->build, l->node, fact, l->by, 0);
	else
		put_u64(l, fact, &ask_available_size, l->name);
}

static void put_type(struct look *l, struct lend_fact *fact)
{
	const char *type = lend_collect_text_of(l->scan, answer_of(l, &ask_devtype, l->name));

	if (type != NULL && lend_ascii_has_prefix(type, strlen(type), "nd_"))
		put_word(l, fact, type + strlen("nd_"));
}

/* The attribute is hidden where the platform promises nothing; ndctl calls that unknown. */
static void put_persistence(struct look *l, struct lend_fact *fact)
{
	const struct lend_answer *answer = answer_of(l, &ask_persistence, l->name);
	const char *text = lend_collect_text_of(l->scan, answer);

	if (answer->known == LEND_ABSENT || (text != NULL && *text == '\0'))
		put_word(l, fact, "unknown");
	else
		lend_collect_text(l->scan, l->node, fact, l->by, answer);
}

/* -1 where there is no NUMA. */
static void put_numa(struct look *l, struct lend_fact *fact)
{
	const struct lend_answer *answer = answer_of(l, &ask_numa_node, l->name);
	const char *text = lend_collect_text_of(l->scan, answer);

	if (text != NULL && strcmp(text, "-1") == 0)
		lend_build_absent(&l->scan->build, l->node, fact, l->by);
	else
		lend_collect_u64(l->scan, l->node, fact, l->by, answer);
}

/* A flag of the field table is 0 or 1, whatever a made-up tree says. */
static void put_bool(struct look *l, struct lend_fact *fact, const struct lend_ask *ask)
{
	const struct lend_answer *answer = answer_of(l, ask, l->name);
	const char *text = lend_collect_text_of(l->scan, answer);

	if (text != NULL && strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
		lend_build_unreadable(&l->scan->build, l->node, fact, l->by, "neither 0 nor 1");
	else
		lend_collect_u64(l->scan, l->node, fact, l->by, answer);
}

static void add_region(struct look *l)
{
	struct lend_nd_region *region;

	l->node = node_of(l, LEND_KIND_ND_REGION, l->name);
	region = (struct lend_nd_region *)l->node;
	put_u64(l, &region->resource, &ask_resource, l->name);
	put_u64(l, &region->size_bytes, &ask_size, l->name);
	put_u64(l, &region->align_bytes, &ask_align, l->name);
	put_available(l, &region->available_bytes);
	put_type(l, &region->type);
	put_u64(l, &region->cookie, &ask_set_cookie, l->name);
	put_persistence(l, &region->persistence_domain);
	put_bool(l, &region->read_only, &ask_read_only);
	put_numa(l, &region->numa_node);
	if (answer_of(l, &ask_driver, l->name)->known == LEND_ABSENT)
		put_word(l, &region->state, "disabled");
	add_mappings(l);
}

/* ---- namespaces ---- */

/* "PREFIX" and digits, with dots between them when has_dots. */
static bool is_name(const char *name, const char *prefix, bool has_dots)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) == 0 && lend_ascii_is_digit(name[len]) &&
	       name[len + strspn(name + len, has_dots ? "0123456789." : "0123456789")] == '\0';
}

/* The device that has the namespace; NULL when there is none. */
static const char *holder_of(struct look *l)
{
	static const char *const kinds[] = { "btt", "pfn", "dax" };
	const char *holder = lend_collect_text_of(l->scan, answer_of(l, &ask_holder, l->name));

	for (size_t i = 0; holder != NULL && i < LEND_COUNT(kinds); i++) {
		if (is_name(holder, kinds[i], true))
			return holder;
	}
	return NULL;
}

/* The words of sysfs and those of ndctl. */
static void put_mode(struct look *l, struct lend_fact *fact)
{
	static const char *const words[][2] = { { "memory", "fsdax" },
						{ "dax", "devdax" },
						{ "safe", "sector" } };
	const struct lend_answer *answer = answer_of(l, &ask_mode, l->name);
	const char *text = lend_collect_text_of(l->scan, answer);

	for (size_t i = 0; text != NULL && i < LEND_COUNT(words); i++) {
		if (strcmp(text, words[i][0]) == 0) {
			put_word(l, fact, words[i][1]);
			return;
		}
	}
	lend_collect_text(l->scan, l->node, fact, l->by, answer);
}

/* "512 [4096]": what stands in brackets. */
static void put_sector_size(struct look *l, struct lend_fact *fact, const char *name)
{
	const char *text = lend_collect_text_of(l->scan, answer_of(l, &ask_sector_size, name));
	const char *open = text == NULL ? NULL : strchr(text, '[');
	const char *close = open == NULL ? NULL : strchr(open, ']');
	uint64_t bytes;

	if (close != NULL && lend_parse_u64n(open + 1, (size_t)(close - open) - 1, 10, &bytes))
		lend_build_u64(&l->scan->build, l->node, fact, l->by, bytes);
}

/* pmemN below the device that the block driver runs. */
static void put_blockdev(struct look *l, struct lend_fact *fact, const char *name)
{
	const struct lend_answer *answer = answer_of(l, &ask_block, name);

	if (answer->known == LEND_KNOWN && answer->n_names == 1)
		put_word(l, fact, answer->names[0]);
}

/* daxN.M below daxN.M: the one on the nd bus has one on the dax bus. */
static void put_chardev(struct look *l, struct lend_fact *fact, const char *name)
{
	const struct lend_answer *answer = answer_of(l, &ask_inside, name);

	for (size_t i = 0; answer->known == LEND_KNOWN && i < answer->n_names; i++) {
		if (is_name(answer->names[i], "dax", true)) {
			put_word(l, fact, answer->names[i]);
			return;
		}
	}
}

/* "namespace1.0" is in region1. */
static void put_region(struct look *l, struct lend_fact *fact)
{
	const char *number = l->name + strlen("namespace");
	const char *region = lend_build_internf(&l->scan->build, "region%.*s",
						(int)strcspn(number, "."), number);

	put_word(l, fact, region);
	lend_build_edge(&l->scan->build, l->node, node_of(l, LEND_KIND_ND_REGION, region));
}

static void put_state(struct look *l, struct lend_nd_namespace *ns, const char *holder)
{
	if (holder == NULL && ns->size_bytes.known == LEND_KNOWN && ns->size_bytes.v.u64 == 0)
		put_word(l, &ns->state, "idle");
	else if (answer_of(l, &ask_driver, l->name)->known == LEND_ABSENT &&
		 (holder == NULL || answer_of(l, &ask_driver, holder)->known == LEND_ABSENT))
		put_word(l, &ns->state, "disabled");
}

static void add_namespace(struct look *l)
{
	const char *holder = holder_of(l);
	const char *user = holder != NULL ? holder : l->name;
	struct lend_nd_namespace *ns;

	l->node = node_of(l, LEND_KIND_ND_NAMESPACE, l->name);
	ns = (struct lend_nd_namespace *)l->node;
	put_mode(l, &ns->mode);
	put_u64(l, &ns->size_bytes, &ask_size, user);
	put_text(l, &ns->uuid, &ask_uuid, user);
	if (holder != NULL)
		put_text(l, &ns->raw_uuid, &ask_uuid, l->name);
	put_text(l, &ns->label_name, &ask_alt_name, l->name);
	if (holder != NULL && strncmp(holder, "dax", 3) == 0) {
		put_chardev(l, &ns->chardev, holder);
	} else {
		/* A pfn device has none of its own. */
		put_sector_size(l, &ns->sector_size,
				holder != NULL && strncmp(holder, "btt", 3) == 0 ? holder
										 : l->name);
		put_blockdev(l, &ns->blockdev, user);
	}
	put_region(l, &ns->region);
	put_state(l, ns, holder);
}

/* ---- all of it ---- */

static void add_device(struct look *l)
{
	static const struct {
		const char *prefix;
		bool has_dots;
		void (*add)(struct look *l);
	} kinds[] = {
		{ "ndbus", false, add_bus },
		{ "nmem", false, add_dimm },
		{ "region", false, add_region },
		{ "namespace", true, add_namespace },
	};

	for (size_t i = 0; i < LEND_COUNT(kinds); i++) {
		if (is_name(l->name, kinds[i].prefix, kinds[i].has_dots)) {
			kinds[i].add(l);
			return;
		}
	}
}

void lend_collect_nd(struct lend_scan *scan, const char *guest,
		     const struct lend_nd_source *source, uint32_t by)
{
	struct look l = { .scan = scan, .source = source, .guest = guest, .by = by };

	for (size_t i = 0; i < source->n_names; i++) {
		l.name = source->names[i];
		if (strlen(l.name) < NAME_MAX_ND)
			add_device(&l);
	}
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct look l = { .scan = scan };
	const struct lend_answer *names;

	(void)err;
	if (lend_scan_is_named(scan))
		return 0; /* their QEMUs are all that was asked for */
	names = lend_io_ask(scan->io, &ask_names);
	if (names->known == LEND_UNREADABLE)
		lend_build_gap(&scan->build, "nd-sysfs", false, "",
			       "the NVDIMMs of the host cannot be listed: %s", names->why);
	if (names->known != LEND_KNOWN || names->n_names == 0)
		return 0;
	l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "nd-sysfs", ROOT,
				   "");
	for (size_t i = 0; i < names->n_names; i++) {
		l.name = names->names[i];
		add_device(&l);
	}
	if (l.refused)
		lend_build_gap(&scan->build, "nd-sysfs", false, "run as root",
			       "where the host's NVDIMMs lie is told to root only");
	return 0;
}

extern const struct lend_collector lend_collector_nd_sysfs;
const struct lend_collector lend_collector_nd_sysfs = {
	.id = "nd-sysfs",
	.sees = "the NVDIMM bus of this host",
	.needs_no_vm = true,
	.collect = collect,
};
