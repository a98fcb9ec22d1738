/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * More about a PCI function that was named: what takes a question each, or
 * reaches the device itself.
 *
 * Asks  /sys/bus/pci/devices/ADDRESS: numa_node, reset_method, sriov_*, the
 *       links physfn and virtfnN; config, which wakes a sleeping device and
 *       hangs on a dead one: in a child with a deadline; that of the bridges
 *       above it, which are awake when it is
 *
 * (Linux Documentation/ABI/testing/sysfs-bus-pci)
 */

#include <errno.h>

#include "base/ascii.h"
#include "collect/pci.h"
#include "format/pci-config.h"
#include "model/kind-vmd.h"
#include "model/viable.h"

enum { VIRTFNS_MAX = 4096 };

#define DEV LEND_PCI_DEVICES "/%s"

static const struct lend_ask ask_inside = { .via = LEND_VIA_DIR, .key = DEV };
static const struct lend_ask ask_numa = { .via = LEND_VIA_FILE, .key = DEV "/numa_node" };
static const struct lend_ask ask_reset = { .via = LEND_VIA_FILE, .key = DEV "/reset_method" };
static const struct lend_ask ask_total = { .via = LEND_VIA_FILE, .key = DEV "/sriov_totalvfs" };
static const struct lend_ask ask_num = { .via = LEND_VIA_FILE, .key = DEV "/sriov_numvfs" };
static const struct lend_ask ask_physfn = { .via = LEND_VIA_LINK, .key = DEV "/physfn" };
static const struct lend_ask ask_virtfn = { .via = LEND_VIA_LINK, .key = DEV "/%s" };
static const struct lend_ask ask_config = { .via = LEND_VIA_FILE,
					    .key = DEV "/config",
					    .limit_bytes = LEND_PCI_CONFIG_MAX,
					    .flags = LEND_ASK_MAY_HANG };

struct close_look {
	struct lend_pci_look *look;
	struct lend_pci *pci;
	uint32_t by;
};

static const struct lend_answer *answer_of(const struct close_look *c,
					   const struct lend_ask *ask)
{
	const char *name = c->pci->node.name;

	return lend_pci_noted(c->look, name, lend_io_ask(c->look->scan->io, ask, name));
}

/* -1 where there is no NUMA. */
static void put_numa(const struct close_look *c)
{
	struct lend_scan *scan = c->look->scan;
	const struct lend_answer *answer = answer_of(c, &ask_numa);
	const char *text = lend_collect_text_of(scan, answer);

	if (text != NULL && strcmp(text, "-1") == 0)
		lend_build_absent(&scan->build, &c->pci->node, &c->pci->numa_node, c->by);
	else
		lend_collect_u64(scan, &c->pci->node, &c->pci->numa_node, c->by, answer);
}

static void put_reset(const struct close_look *c)
{
	struct lend_scan *scan = c->look->scan;
	const struct lend_answer *answer = answer_of(c, &ask_reset);
	const char *text = lend_collect_text_of(scan, answer);

	if (text != NULL && *text == '\0')
		lend_build_absent(&scan->build, &c->pci->node, &c->pci->reset_method, c->by);
	else
		lend_collect_text(scan, &c->pci->node, &c->pci->reset_method, c->by, answer);
}

/* "../0000:01:00.0" */
static const char *address_in(struct lend_scan *scan, const struct lend_answer *answer)
{
	struct lend_pci_address address;
	char text[LEND_PCI_ADDRESS_TEXT];

	if (answer->known != LEND_KNOWN || !lend_pci_address_in_path(answer->bytes, &address))
		return NULL;
	lend_pci_address_format(&address, text);
	return lend_arena_strdup(&scan->memory, text);
}

static void put_physfn(const struct close_look *c)
{
	struct lend_scan *scan = c->look->scan;
	const struct lend_answer *answer = answer_of(c, &ask_physfn);
	const char *address = address_in(scan, answer);

	if (address != NULL)
		lend_build_text(&scan->build, &c->pci->node, &c->pci->physfn, c->by, address);
	else if (answer->known == LEND_KNOWN)
		lend_build_unreadable(&scan->build, &c->pci->node, &c->pci->physfn, c->by,
				      "not a link to a function");
	else
		lend_collect_text(scan, &c->pci->node, &c->pci->physfn, c->by, answer);
}

static bool is_virtfn(const char *name)
{
	size_t len = strlen("virtfn");

	return strncmp(name, "virtfn", len) == 0 && lend_ascii_is_digit(name[len]) &&
	       name[len + strspn(name + len, "0123456789")] == '\0';
}

/*
 * virtfn0, virtfn1 ...: short names come first, and so they are by number.  A
 * tree that somebody else copied may lack them.
 */
static void put_virtfns(const struct close_look *c)
{
	struct lend_scan *scan = c->look->scan;
	const struct lend_answer *inside = answer_of(c, &ask_inside);
	lend_auto_buf all = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < inside->n_names && n < VIRTFNS_MAX; i++) {
		const char *address;

		if (!is_virtfn(inside->names[i]))
			continue;
		n++;
		address = address_in(scan, lend_io_ask(scan->io, &ask_virtfn, c->pci->node.name,
						       inside->names[i]));
		if (address == NULL)
			continue;
		if (all.len > 0)
			lend_buf_putc(&all, ' ');
		lend_buf_puts(&all, address);
	}
	if (all.len > 0)
		lend_build_text(&scan->build, &c->pci->node, &c->pci->virtfns, c->by, all.text);
	else if (inside->known == LEND_KNOWN && lend_collect_trust(scan) == LEND_SEEN)
		lend_build_absent(&scan->build, &c->pci->node, &c->pci->virtfns, c->by);
}

/* ---- configuration space ---- */

static void put_from_config(const struct close_look *c, struct lend_fact *fact,
			    enum lend_pci_config_has has, uint64_t value)
{
	struct lend_build *build = &c->look->scan->build;

	switch (has) {
	case LEND_PCI_CONFIG_HAS:
		lend_build_u64(build, &c->pci->node, fact, c->by, value);
		break;
	case LEND_PCI_CONFIG_HAS_NOT:
		lend_build_absent(build, &c->pci->node, fact, c->by);
		break;
	case LEND_PCI_CONFIG_NOT_SHOWN:
		c->look->refused = true;
		lend_build_unreadable(build, &c->pci->node, fact, c->by,
				      "only root sees so much of its config");
		break;
	}
}

/* One that tells a guest by registers where the host has its windows. */
static bool is_vmd(const struct lend_pci *pci)
{
	const struct lend_vmd_model *model =
		pci->vendor_id.known == LEND_KNOWN && pci->device_id.known == LEND_KNOWN
			? lend_vmd_model_of(pci->vendor_id.v.u64, pci->device_id.v.u64)
			: NULL;

	return model != NULL && strcmp(model->guest_offsets, "shadow") == 0;
}

static void put_no_config(const struct close_look *c, const char *why)
{
	struct lend_build *build = &c->look->scan->build;

	lend_build_unreadable(build, &c->pci->node, &c->pci->acs, c->by, why);
	lend_build_unreadable(build, &c->pci->node, &c->pci->serial, c->by, why);
	if (is_vmd(c->pci))
		lend_build_unreadable(build, &c->pci->node, &c->pci->vmd_shadow, c->by, why);
	lend_build_gap(build, c->pci->node.id, true, "",
		       "the configuration space of PCI function %s: %s", c->pci->node.name,
		       why);
}

static void put_acs(const struct close_look *c, const struct lend_answer *answer)
{
	static const char *const texts[] = {
		[LEND_PCI_ACS_NOT_NEEDED] = "not needed",
		[LEND_PCI_ACS_ON] = "on",
		[LEND_PCI_ACS_OFF] = "off",
		[LEND_PCI_ACS_NONE] = "none",
		[LEND_PCI_ACS_CONVENTIONAL] = "conventional",
	};
	struct lend_build *build = &c->look->scan->build;
	enum lend_pci_acs acs =
		lend_pci_config_acs((const uint8_t *)answer->bytes, answer->len);

	if (acs != LEND_PCI_ACS_NOT_SHOWN) {
		lend_build_text(build, &c->pci->node, &c->pci->acs, c->by, texts[acs]);
		return;
	}
	c->look->refused = c->look->refused || answer->len < LEND_PCI_CONFIG_BASIC;
	lend_build_unreadable(build, &c->pci->node, &c->pci->acs, c->by,
			      answer->len < LEND_PCI_CONFIG_BASIC
				      ? "only root sees so much of its config"
				      : "the kernel has no way to the rest of its config");
}

/* Above a function that was looked at; what nobody saved is no gap of its own. */
static void put_bridge(const struct close_look *c)
{
	const struct lend_answer *answer =
		lend_io_ask(c->look->scan->io, &ask_config, c->pci->node.name);
	const char *why = NULL;

	if (answer->known != LEND_KNOWN)
		why = answer->known == LEND_UNREADABLE ? answer->why
						       : "nobody saved its config";
	else if (lend_pci_config_is_silent((const uint8_t *)answer->bytes, answer->len))
		why = "the device does not answer";
	if (why == NULL)
		put_acs(c, answer);
	else
		lend_build_unreadable(&c->look->scan->build, &c->pci->node, &c->pci->acs, c->by,
				      why);
}

static void put_bridges(const struct close_look *c)
{
	struct lend_build *build = &c->look->scan->build;
	struct close_look above = *c;

	/* Each of them once, and so not for ever. */
	while (above.pci->parent.known == LEND_KNOWN) {
		struct lend_node *node =
			lend_build_find(build, LEND_KIND_PCI, NULL, above.pci->parent.v.str);

		if (node == NULL || lend_as_pci(node)->acs.known != LEND_NOT_ASKED ||
		    !lend_viable_is_bridge(lend_as_pci(node)))
			return;
		above.pci = lend_as_pci(node);
		put_bridge(&above);
	}
}

static void put_config(const struct close_look *c)
{
	const struct lend_answer *answer =
		lend_io_ask(c->look->scan->io, &ask_config, c->pci->node.name);
	const uint8_t *bytes = (const uint8_t *)answer->bytes;
	enum lend_pci_config_has has;
	uint64_t serial = 0;
	bool on = false;

	if (answer->known == LEND_UNREADABLE)
		put_no_config(c, answer->why);
	if (answer->known == LEND_NOT_ASKED)
		lend_build_gap(&c->look->scan->build, c->pci->node.id, true,
			       "lend capture --device ADDRESS saves it",
			       "the configuration space of PCI function %s was not saved",
			       c->pci->node.name);
	if (answer->known != LEND_KNOWN)
		return;
	if (answer->len < LEND_PCI_CONFIG_HEADER ||
	    lend_pci_config_is_silent(bytes, answer->len)) {
		put_no_config(c, "the device does not answer");
		return;
	}
	put_acs(c, answer);
	has = lend_pci_config_serial(bytes, answer->len, &serial);
	put_from_config(c, &c->pci->serial, has, serial);
	if (is_vmd(c->pci)) {
		has = lend_pci_config_vmd_shadow(bytes, answer->len, &on);
		put_from_config(c, &c->pci->vmd_shadow, has, on);
	}
}

void lend_pci_put_lending(struct lend_pci_look *look, struct lend_pci *pci, uint32_t by)
{
	struct close_look c = { .look = look, .pci = pci, .by = by };

	put_reset(&c);
	put_physfn(&c);
}

void lend_pci_look_closely(struct lend_pci_look *look, struct lend_pci *pci)
{
	struct lend_scan *scan = look->scan;
	struct close_look c = { .look = look, .pci = pci };

	c.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "pci", DEV, "");
	put_numa(&c);
	if (pci->reset_method.known == LEND_NOT_ASKED)
		lend_pci_put_lending(look, pci, c.by);
	lend_collect_u64(scan, &pci->node, &pci->sriov_totalvfs, c.by,
			 answer_of(&c, &ask_total));
	lend_collect_u64(scan, &pci->node, &pci->sriov_numvfs, c.by, answer_of(&c, &ask_num));
	put_virtfns(&c);
	put_config(&c);
	put_bridges(&c);
}
