/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The PCI functions of the host.
 *
 * Asks  /sys/bus/pci/devices; of each function its link there (what stands
 *       above it), its uevent (ids, class, driver) and its iommu_group: three
 *       questions, because there may be ten thousand functions; reset_method
 *       and physfn, when groups are wanted; single attributes only where a
 *       saved tree has no uevent
 *       /sys/bus/pci/slots, once
 *       more of the functions that were named (pci-closely.c), pci.ids once
 *       (pci-names.c)
 * Adds  pci nodes, edges to the bridge above and from the VM that has one
 *       (pci-users.c)
 */

#include "collect/pci.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/num.h"
#include "format/uevent.h"

/* A large machine has some thousands of functions, and some hundred slots. */
enum { FUNCTIONS_MAX = 200000, SLOTS_MAX = 4096 };

#define DEV LEND_PCI_DEVICES "/%s"

static const struct lend_ask ask_names = { .via = LEND_VIA_DIR, .key = LEND_PCI_DEVICES };
static const struct lend_ask ask_link = { .via = LEND_VIA_LINK, .key = DEV };
static const struct lend_ask ask_uevent = { .via = LEND_VIA_FILE, .key = DEV "/uevent" };
static const struct lend_ask ask_group = { .via = LEND_VIA_LINK, .key = DEV "/iommu_group" };
static const struct lend_ask ask_class = { .via = LEND_VIA_FILE, .key = DEV "/class" };
static const struct lend_ask ask_vendor = { .via = LEND_VIA_FILE, .key = DEV "/vendor" };
static const struct lend_ask ask_device = { .via = LEND_VIA_FILE, .key = DEV "/device" };
static const struct lend_ask ask_sub_vendor = { .via = LEND_VIA_FILE,
						.key = DEV "/subsystem_vendor" };
static const struct lend_ask ask_sub_device = { .via = LEND_VIA_FILE,
						.key = DEV "/subsystem_device" };
static const struct lend_ask ask_driver = { .via = LEND_VIA_LINK, .key = DEV "/driver" };
static const struct lend_ask ask_slots = { .via = LEND_VIA_DIR, .key = "sys/bus/pci/slots" };
static const struct lend_ask ask_slot = { .via = LEND_VIA_FILE,
					  .key = "sys/bus/pci/slots/%s/address" };

static bool is_refused(const struct lend_answer *answer)
{
	return answer->known == LEND_UNREADABLE &&
	       (answer->os_errno == EACCES || answer->os_errno == EPERM);
}

const struct lend_answer *lend_pci_noted(struct lend_pci_look *look, const char *name,
					 const struct lend_answer *answer)
{
	if (answer->known != LEND_UNREADABLE)
		return answer;
	if (is_refused(answer)) {
		look->refused = true;
		return answer;
	}
	if (look->last == NULL || strcmp(look->last, name) != 0)
		look->n_failed++;
	look->last = name;
	if (look->first == NULL) {
		look->first = name;
		look->why = lend_arena_strdup(&look->scan->memory, answer->why);
	}
	return answer;
}

struct lend_pci *lend_pci_next(const struct lend_scan *scan, size_t *at)
{
	const struct lend_inventory *inv = scan->build.inv;

	while (*at < inv->n_nodes) {
		struct lend_node *node = inv->nodes[(*at)++];

		if (node->kind == LEND_KIND_PCI && node->guest == NULL)
			return lend_as_pci(node);
	}
	return NULL;
}

/* ---- one function ---- */

/* As sysfs writes it, and in no other way. */
static bool is_address(const char *text, size_t len)
{
	struct lend_pci_address address;
	char again[LEND_PCI_ADDRESS_TEXT];

	if (!lend_pci_address_parse(text, len, &address))
		return false;
	lend_pci_address_format(&address, again);
	return strlen(again) == len && memcmp(again, text, len) == 0;
}

/*
 * ".../pci0000:b2/0000:b2:05.5/pci10000:00/10000:00:02.0": the last address
 * before its own.  What is below a VMD has it above, though its domain is another.
 */
static void put_parent(struct lend_pci_look *look, struct lend_pci *pci,
		       const struct lend_answer *link)
{
	struct lend_build *build = &look->scan->build;
	size_t end = link->len;

	if (link->known == LEND_UNREADABLE)
		lend_build_unreadable(build, &pci->node, &pci->parent, look->by_link,
				      link->why);
	if (link->known != LEND_KNOWN)
		return;
	for (bool own = true; end > 0; own = false) {
		size_t start = end;

		while (start > 0 && link->bytes[start - 1] != '/')
			start--;
		if (!own && is_address(link->bytes + start, end - start)) {
			lend_build_text(build, &pci->node, &pci->parent, look->by_link,
					lend_arena_strndup(&look->scan->memory,
							   link->bytes + start, end - start));
			return;
		}
		end = start > 0 ? start - 1 : 0;
	}
	lend_build_absent(build, &pci->node, &pci->parent, look->by_link);
}

static void put_number(struct lend_pci_look *look, struct lend_pci *pci, struct lend_fact *fact,
		       struct lend_opt_u64 value)
{
	if (value.has)
		lend_build_u64(&look->scan->build, &pci->node, fact, look->by_uevent, value.v);
	else
		lend_build_unreadable(&look->scan->build, &pci->node, fact, look->by_uevent,
				      "its uevent does not say it");
}

static void put_uevent(struct lend_pci_look *look, struct lend_pci *pci, const char *text,
		       size_t len)
{
	struct lend_build *build = &look->scan->build;
	struct lend_pci_uevent e;

	lend_pci_uevent_read(text, len, &e);
	put_number(look, pci, &pci->class, e.class);
	put_number(look, pci, &pci->vendor_id, e.vendor);
	put_number(look, pci, &pci->device_id, e.device);
	/* Bridges have none, and the kernel says 0000:0000. */
	if (e.subsystem_vendor.has && e.subsystem_vendor.v == 0 && e.subsystem_device.v == 0) {
		lend_build_absent(build, &pci->node, &pci->subsystem_vendor, look->by_uevent);
		lend_build_absent(build, &pci->node, &pci->subsystem_device, look->by_uevent);
	} else {
		put_number(look, pci, &pci->subsystem_vendor, e.subsystem_vendor);
		put_number(look, pci, &pci->subsystem_device, e.subsystem_device);
	}
	if (e.driver.at == NULL)
		lend_build_absent(build, &pci->node, &pci->driver, look->by_uevent);
	else
		lend_build_text(
			build, &pci->node, &pci->driver, look->by_uevent,
			lend_arena_strndup(&look->scan->memory, e.driver.at, e.driver.len));
}

/* The last component of what a link says; NULL unless it is known. */
static const char *base_of(struct lend_scan *scan, const struct lend_answer *answer)
{
	const char *text = lend_collect_text_of(scan, answer);
	const char *slash = text == NULL ? NULL : strrchr(text, '/');

	return slash == NULL ? text : slash + 1;
}

/* Attribute by attribute: a saved tree without uevent, or one that cannot be read. */
static void put_attributes(struct lend_pci_look *look, struct lend_pci *pci,
			   const struct lend_answer *uevent)
{
	const struct {
		const struct lend_ask *ask;
		struct lend_fact *fact;
	} rows[] = {
		{ &ask_class, &pci->class },
		{ &ask_vendor, &pci->vendor_id },
		{ &ask_device, &pci->device_id },
		{ &ask_sub_vendor, &pci->subsystem_vendor },
		{ &ask_sub_device, &pci->subsystem_device },
	};
	struct lend_scan *scan = look->scan;
	const char *name = pci->node.name;
	uint32_t by =
		lend_build_sighting(&scan->build, lend_collect_trust(scan), "pci", DEV, "");
	const struct lend_answer *driver;

	for (size_t i = 0; i < LEND_COUNT(rows); i++)
		lend_collect_u64(
			scan, &pci->node, rows[i].fact, by,
			lend_pci_noted(look, name, lend_io_ask(scan->io, rows[i].ask, name)));
	driver = lend_pci_noted(look, name, lend_io_ask(scan->io, &ask_driver, name));
	if (driver->known == LEND_KNOWN)
		lend_build_text(&scan->build, &pci->node, &pci->driver, by,
				base_of(scan, driver));
	else
		lend_collect_text(scan, &pci->node, &pci->driver, by, driver);
	if (uevent->known != LEND_UNREADABLE || pci->vendor_id.known == LEND_KNOWN)
		return;
	(void)lend_pci_noted(look, name, uevent);
	for (size_t i = 0; i < LEND_COUNT(rows); i++)
		lend_build_unreadable(&scan->build, &pci->node, rows[i].fact, look->by_uevent,
				      uevent->why);
	lend_build_unreadable(&scan->build, &pci->node, &pci->driver, look->by_uevent,
			      uevent->why);
}

static void put_group(struct lend_pci_look *look, struct lend_pci *pci)
{
	struct lend_scan *scan = look->scan;
	const struct lend_answer *answer = lend_pci_noted(
		look, pci->node.name, lend_io_ask(scan->io, &ask_group, pci->node.name));
	const char *slash = strrchr(answer->bytes, '/');
	uint64_t group;

	if (answer->known != LEND_KNOWN)
		lend_collect_u64(scan, &pci->node, &pci->iommu_group, look->by_group, answer);
	else if (slash != NULL && lend_parse_u64(slash + 1, 10, &group))
		lend_build_u64(&scan->build, &pci->node, &pci->iommu_group, look->by_group,
			       group);
	else
		lend_build_unreadable(&scan->build, &pci->node, &pci->iommu_group,
				      look->by_group, "not a number");
}

static void add_function(struct lend_pci_look *look, const char *name)
{
	struct lend_scan *scan = look->scan;
	const struct lend_answer *answer =
		lend_pci_noted(look, name, lend_io_ask(scan->io, &ask_link, name));
	struct lend_pci *pci;

	if (answer->known == LEND_ABSENT)
		return; /* unplugged since it was listed */
	pci = lend_as_pci(lend_build_node(&scan->build, LEND_KIND_PCI, NULL, name));
	put_parent(look, pci, answer);
	answer = lend_io_ask(scan->io, &ask_uevent, name);
	if (answer->known == LEND_KNOWN)
		put_uevent(look, pci, answer->bytes, answer->len);
	else
		put_attributes(look, pci, answer);
	put_group(look, pci);
	if ((scan->wants & LEND_ADDS(LEND_KIND_IOMMU_GROUP)) != 0)
		lend_pci_put_lending(look, pci, look->by_dev);
}

/* ---- slots ---- */

struct slot {
	uint64_t place; /* the address of its function 0 */
	const char *name;
};

struct slots {
	bool known; /* all of them */
	uint32_t by;
	struct slot *items;
	size_t n, cap;
};

static uint64_t place_of(const struct lend_pci_address *a)
{
	return (uint64_t)a->domain << 16 | (uint64_t)a->bus << 8 | a->device;
}

static int compare_slots(const void *pa, const void *pb)
{
	const struct slot *a = pa;
	const struct slot *b = pb;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* "0000:03:00"; a slot that stands for a whole bus has no device in it, and tells nothing. */
static void add_slot(struct lend_pci_look *look, struct slots *slots, const char *name)
{
	struct lend_scan *scan = look->scan;
	const struct lend_answer *answer = lend_io_ask(scan->io, &ask_slot, name);
	const char *text = lend_collect_text_of(scan, answer);
	struct lend_pci_address address;
	lend_auto_buf whole = { 0 };

	if (answer->known != LEND_KNOWN && answer->known != LEND_ABSENT)
		slots->known = false;
	if (text == NULL)
		return;
	lend_buf_puts(&whole, text);
	lend_buf_puts(&whole, ".0");
	if (lend_pci_address_parse(whole.text, whole.len, &address))
		*LEND_PUSH(&scan->memory, slots->items, slots->n, slots->cap) =
			(struct slot){ place_of(&address), name };
}

static const char **copy_names(struct lend_scan *scan, const struct lend_answer *answer,
			       size_t max, size_t *ret_n)
{
	size_t n = answer->n_names < max ? answer->n_names : max;
	const char **names = lend_arena_array(&scan->memory, n + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = lend_arena_strdup(&scan->memory, answer->names[i]);
	*ret_n = n;
	lend_io_forget(scan->io);
	return names;
}

static void read_slots(struct lend_pci_look *look, struct slots *slots)
{
	struct lend_scan *scan = look->scan;
	const struct lend_answer *answer = lend_io_ask(scan->io, &ask_slots);
	const char **names;
	size_t n;

	slots->by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "pci",
					ask_slot.key, "");
	/* A tree that somebody else copied may lack some. */
	slots->known = lend_collect_trust(scan) == LEND_SEEN &&
		       ((answer->known == LEND_KNOWN && answer->n_names <= SLOTS_MAX) ||
			answer->known == LEND_ABSENT);
	names = copy_names(scan, answer, SLOTS_MAX, &n);
	for (size_t i = 0; i < n; i++) {
		add_slot(look, slots, names[i]);
		lend_io_forget(scan->io);
	}
	if (slots->n > 0)
		qsort(slots->items, slots->n, sizeof(*slots->items), compare_slots);
}

static const struct slot *find_slot(const struct slots *slots, uint64_t place)
{
	size_t low = 0, high = slots->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slots->items[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < slots->n && slots->items[low].place == place ? &slots->items[low] : NULL;
}

/* ---- all of it ---- */

static void put_places(struct lend_pci_look *look, const struct slots *slots)
{
	struct lend_build *build = &look->scan->build;
	struct lend_pci *pci;

	for (size_t at = 0; (pci = lend_pci_next(look->scan, &at)) != NULL;) {
		struct lend_pci_address address;
		const struct slot *slot = NULL;
		struct lend_node *parent;

		if (lend_pci_address_parse(pci->node.name, strlen(pci->node.name), &address))
			slot = find_slot(slots, place_of(&address));
		if (slot != NULL)
			lend_build_text(build, &pci->node, &pci->slot, slots->by, slot->name);
		else if (slots->known)
			lend_build_absent(build, &pci->node, &pci->slot, slots->by);
		if (pci->parent.known != LEND_KNOWN)
			continue;
		parent = lend_build_find(build, LEND_KIND_PCI, NULL, pci->parent.v.str);
		if (parent != NULL)
			lend_build_edge(build, &pci->node, parent);
	}
}

/* unlisted: why nobody could say which functions there are; NULL when that is known. */
static int look_at_named(struct lend_pci_look *look, const char *unlisted, struct lend_err *err)
{
	const struct lend_scan_options *options = look->scan->options;

	for (size_t i = 0; i < options->n_devices; i++) {
		const char *text = options->devices[i];
		struct lend_pci_address address;
		char name[LEND_PCI_ADDRESS_TEXT];
		struct lend_node *node;

		if (!lend_pci_address_parse(text, strlen(text), &address)) {
			lend_hint(err, "write 0000:62:00.5, or 62:00.5 in domain 0");
			return lend_fail(err, LEND_E_USAGE, "'%.60s' is no PCI address", text);
		}
		lend_pci_address_format(&address, name);
		node = lend_build_find(&look->scan->build, LEND_KIND_PCI, NULL, name);
		if (node == NULL && unlisted != NULL) {
			lend_build_gap(&look->scan->build, "pci", true, "",
				       "whether there is a PCI function %s cannot be told: %s",
				       name, unlisted);
			continue;
		}
		if (node == NULL) {
			lend_hint(err, "lend show --table pci lists them");
			return lend_fail(err, LEND_E_USAGE, "there is no PCI function %s",
					 name);
		}
		lend_pci_look_closely(look, lend_as_pci(node));
		lend_io_forget(look->scan->io);
	}
	return 0;
}

/* Said once, whatever the number of functions. */
static void put_gaps(struct lend_pci_look *look)
{
	struct lend_build *build = &look->scan->build;

	if (look->refused)
		lend_build_gap(build, "pci", false, "run as root",
			       "some of what PCI functions are is told to root only");
	if (look->n_failed == 1)
		lend_build_gap(build, "pci", false, "",
			       "PCI function %s could not be read whole: %s", look->first,
			       look->why);
	else if (look->n_failed > 1)
		lend_build_gap(build, "pci", false, "",
			       "%zu PCI functions could not be read whole; the first is %s: %s",
			       look->n_failed, look->first, look->why);
}

static void add_functions(struct lend_pci_look *look, const struct lend_answer *answer)
{
	struct lend_scan *scan = look->scan;
	enum lend_trust trust = lend_collect_trust(scan);
	size_t n_listed = answer->n_names;
	struct slots slots = { 0 };
	const char **names;
	size_t n;

	look->by_link = lend_build_sighting(&scan->build, trust, "pci", ask_link.key, "");
	look->by_uevent = lend_build_sighting(&scan->build, trust, "pci", ask_uevent.key, "");
	look->by_group = lend_build_sighting(&scan->build, trust, "pci", ask_group.key, "");
	look->by_dev = lend_build_sighting(&scan->build, trust, "pci", DEV, "");
	names = copy_names(scan, answer, FUNCTIONS_MAX, &n);
	if (n < n_listed)
		lend_build_gap(&scan->build, "pci", true, "",
			       "more than %d PCI functions: the others were not looked at",
			       FUNCTIONS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (is_address(names[i], strlen(names[i])))
			add_function(look, names[i]);
		lend_io_forget(scan->io);
	}
	read_slots(look, &slots);
	put_places(look, &slots);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct lend_pci_look look = { .scan = scan };
	const struct lend_answer *names;
	const char *unlisted = NULL;

	if (lend_scan_is_named(scan) && scan->options->n_devices == 0)
		return 0; /* their QEMUs are all that was asked for */
	names = lend_io_ask(scan->io, &ask_names);
	if (names->known == LEND_UNREADABLE)
		lend_build_gap(
			&scan->build, "pci", true, is_refused(names) ? "run as root" : "",
			"the PCI functions of the host cannot be listed: %s", names->why);
	if (names->known == LEND_UNREADABLE)
		unlisted = names->why;
	else if (names->known == LEND_NOT_ASKED)
		unlisted = "nobody saved the list";
	if (unlisted != NULL)
		unlisted = lend_arena_strdup(&scan->memory, unlisted);
	if (names->known == LEND_KNOWN && names->n_names > 0)
		add_functions(&look, names);
	if (look_at_named(&look, unlisted, err) < 0)
		return -1;
	if (lend_pci_next(scan, &(size_t){ 0 }) != NULL) {
		lend_pci_put_names(scan);
		lend_pci_put_users(scan);
	}
	put_gaps(&look);
	return 0;
}

extern const struct lend_collector lend_collector_pci;
const struct lend_collector lend_collector_pci = {
	.id = "pci",
	.sees = "the PCI functions of this host",
	.adds = LEND_ADDS(LEND_KIND_PCI),
	.collect = collect,
};
