/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network interfaces, as sysfs lists them.
 *
 * Asks  /sys/class/net; of each interface where its link leads, what its
 *       folder has (lower_NAME is what it is made of: net/core/dev.c,
 *       netdev_adjacent_sysfs_add), uevent, type, operstate, address, master
 *       and what a bond says (Linux Documentation/ABI/testing/sysfs-class-net)
 * Adds  net nodes, edges to lower interfaces and to PCI functions
 */

#include "collect/net.h"

#include <stdlib.h>

#include "format/pci-address.h"
#include "format/span.h"

enum { INTERFACES_MAX = 8192 };

#define NET LEND_NET_CLASS "/%s"

static const struct lend_ask ask_link = { .via = LEND_VIA_LINK, .key = NET };
static const struct lend_ask ask_inside = { .via = LEND_VIA_DIR, .key = NET };
static const struct lend_ask ask_uevent = { .via = LEND_VIA_FILE, .key = NET "/uevent" };
static const struct lend_ask ask_type = { .via = LEND_VIA_FILE, .key = NET "/type" };
static const struct lend_ask ask_state = { .via = LEND_VIA_FILE, .key = NET "/operstate" };
static const struct lend_ask ask_mac = { .via = LEND_VIA_FILE, .key = NET "/address" };
static const struct lend_ask ask_master = { .via = LEND_VIA_LINK, .key = NET "/master" };
static const struct lend_ask ask_mode = { .via = LEND_VIA_FILE, .key = NET "/bonding/mode" };
static const struct lend_ask ask_active = { .via = LEND_VIA_FILE,
					    .key = NET "/bonding/active_slave" };
static const struct lend_ask ask_min = { .via = LEND_VIA_FILE,
					 .key = NET "/bonding/min_links" };

struct interface {
	struct lend_net *net;
	const char *kind; /* as its folder tells; NULL: it does not */
	bool bond, has_master;
};

struct class
{
	struct lend_net_look *look;
	struct lend_scan *scan;
	uint32_t by, by_ip;
	struct interface *items;
	size_t n, cap;
};

static void put_text(struct class *c, struct lend_net *net, struct lend_fact *fact,
		     const char *text)
{
	if (text != NULL && *text != '\0')
		lend_build_text(&c->scan->build, &net->node, fact, c->by, text);
	else
		lend_build_absent(&c->scan->build, &net->node, fact, c->by);
}

/* ---- where it is ---- */

/* The last PCI address of ".../0000:00:03.0/virtio2/net/eth0": USB and virtio lie below one. */
static void put_function(struct class *c, struct lend_net *net, const struct lend_answer *link)
{
	struct lend_pci_address address;
	char text[LEND_PCI_ADDRESS_TEXT];
	struct lend_node *function;
	size_t end = link->len;

	while (link->known == LEND_KNOWN && end > 0) {
		size_t start = end;

		while (start > 0 && link->bytes[start - 1] != '/')
			start--;
		if (lend_pci_address_parse(link->bytes + start, end - start, &address)) {
			lend_pci_address_format(&address, text);
			put_text(c, net, &net->function, text);
			function = lend_build_find(&c->scan->build, LEND_KIND_PCI, NULL, text);
			if (function != NULL)
				lend_build_edge(&c->scan->build, &net->node, function);
			return;
		}
		end = start > 0 ? start - 1 : 0;
	}
	if (link->known == LEND_KNOWN)
		put_text(c, net, &net->function, NULL);
	else
		lend_collect_text(c->scan, &net->node, &net->function, c->by, link);
}

/* ---- what it is ---- */

static const char *devtype_of(struct class *c, const struct lend_net *net)
{
	static const char key[] = "DEVTYPE=";
	const struct lend_answer *uevent =
		lend_io_ask(c->scan->io, &ask_uevent, net->node.name);
	struct lend_span rest = { uevent->bytes, uevent->len };
	struct lend_span line;

	while (uevent->known == LEND_KNOWN && lend_span_next_line(&rest, &line)) {
		line = lend_span_trim(line);
		if (line.len > strlen(key) && memcmp(line.at, key, strlen(key)) == 0)
			return lend_arena_strndup(&c->scan->memory, line.at + strlen(key),
						  line.len - strlen(key));
	}
	return NULL;
}

/* linux/if_arp.h */
static const char *hardware_of(struct class *c, const struct lend_net *net)
{
	static const struct {
		const char *number, *name;
	} types[] = { { "1", "ethernet" }, { "32", "infiniband" }, { "772", "loopback" } };
	const struct lend_answer *answer = lend_io_ask(c->scan->io, &ask_type, net->node.name);
	const char *number = lend_collect_text_of(c->scan, answer);

	for (size_t i = 0; number != NULL && i < LEND_COUNT(types); i++) {
		if (strcmp(types[i].number, number) == 0)
			return types[i].name;
	}
	return number == NULL ? NULL
			      : lend_arena_printf(&c->scan->memory, "hardware %s", number);
}

static int by_name(const void *pa, const void *pb)
{
	const struct lend_ip_link *a = pa;
	const struct lend_ip_link *b = pb;

	return strcmp(a->name, b->name);
}

static const struct lend_ip_link *said_of(const struct class *c, const char *name)
{
	const struct lend_ip_link key = { .name = name };

	return c->look->ip.n_links == 0 ? NULL
					: bsearch(&key, c->look->ip.links, c->look->ip.n_links,
						  sizeof(key), by_name);
}

/* "ip" knows each kind by the name of its driver; sysfs some of them by other signs. */
static void put_type(struct class *c, const struct interface *item)
{
	const struct lend_ip_link *said = said_of(c, item->net->node.name);
	struct lend_net *net = item->net;
	const char *type = said != NULL ? said->kind : NULL;

	if (type != NULL) {
		lend_build_text(&c->scan->build, &net->node, &net->type, c->by_ip, type);
		return;
	}
	type = item->kind != NULL ? item->kind : devtype_of(c, net);
	if (type == NULL)
		type = hardware_of(c, net);
	if (type != NULL)
		put_text(c, net, &net->type, type);
}

static void put_mac(struct class *c, struct lend_net *net)
{
	const struct lend_answer *answer = lend_io_ask(c->scan->io, &ask_mac, net->node.name);
	const char *mac = lend_collect_text_of(c->scan, answer);

	if (mac != NULL && strspn(mac, "0:") == strlen(mac))
		put_text(c, net, &net->mac, NULL);
	else
		lend_collect_text(c->scan, &net->node, &net->mac, c->by, answer);
}

/* "active-backup 1": the word, and its number. */
static void put_bond(struct class *c, struct lend_net *net)
{
	const struct lend_answer *answer = lend_io_ask(c->scan->io, &ask_mode, net->node.name);
	const char *mode = lend_collect_text_of(c->scan, answer);

	if (mode != NULL)
		put_text(c, net, &net->bond_mode,
			 lend_arena_strndup(&c->scan->memory, mode, strcspn(mode, " ")));
	answer = lend_io_ask(c->scan->io, &ask_active, net->node.name);
	if (answer->known == LEND_KNOWN)
		put_text(c, net, &net->bond_active, lend_collect_text_of(c->scan, answer));
	lend_collect_u64(c->scan, &net->node, &net->bond_min_links, c->by,
			 lend_io_ask(c->scan->io, &ask_min, net->node.name));
}

static void put_master(struct class *c, const struct interface *item)
{
	struct lend_net *net = item->net;
	const struct lend_answer *answer;
	const char *text, *slash;

	if (!item->has_master) {
		put_text(c, net, &net->master, NULL);
		return;
	}
	answer = lend_io_ask(c->scan->io, &ask_master, net->node.name);
	text = lend_collect_text_of(c->scan, answer);
	slash = text == NULL ? NULL : strrchr(text, '/');
	if (text != NULL)
		put_text(c, net, &net->master, slash == NULL ? text : slash + 1);
	else
		lend_collect_text(c->scan, &net->node, &net->master, c->by, answer);
}

/* ---- all of them ---- */

static void look_inside(struct class *c, struct interface *item)
{
	static const char lower[] = "lower_";
	static const struct {
		const char *name, *kind;
	} signs[] = { { "bonding", "bond" }, { "bridge", "bridge" }, { "tun_flags", "tun" } };
	const struct lend_answer *inside =
		lend_io_ask(c->scan->io, &ask_inside, item->net->node.name);

	for (size_t i = 0; inside->known == LEND_KNOWN && i < inside->n_names; i++) {
		const char *name = inside->names[i];

		if (strncmp(name, lower, strlen(lower)) == 0 && name[strlen(lower)] != '\0')
			lend_build_edge(&c->scan->build, &item->net->node,
					lend_build_node(&c->scan->build, LEND_KIND_NET, NULL,
							name + strlen(lower)));
		for (size_t s = 0; s < LEND_COUNT(signs); s++) {
			if (strcmp(name, signs[s].name) == 0)
				item->kind = signs[s].kind;
		}
		item->has_master = item->has_master || strcmp(name, "master") == 0;
	}
	item->bond = item->kind != NULL && strcmp(item->kind, "bond") == 0;
}

static void add(struct class *c, const char *name)
{
	const struct lend_answer *link = lend_io_ask(c->scan->io, &ask_link, name);
	struct interface item = { 0 };

	/* Gone since it was listed; or the file of the bonding driver, which is no link. */
	if (link->known == LEND_ABSENT || strcmp(name, "bonding_masters") == 0)
		return;
	item.net =
		(struct lend_net *)lend_build_node(&c->scan->build, LEND_KIND_NET, NULL, name);
	put_function(c, item.net, link);
	look_inside(c, &item);
	put_type(c, &item);
	lend_collect_text(c->scan, &item.net->node, &item.net->state, c->by,
			  lend_io_ask(c->scan->io, &ask_state, name));
	put_mac(c, item.net);
	put_master(c, &item);
	if (item.bond)
		put_bond(c, item.net);
	*LEND_PUSH(&c->scan->memory, c->items, c->n, c->cap) = item;
}

/*
 * Bridges of Open vSwitch are interfaces of their own, and nothing in sysfs
 * leads from them to the datapath that has the ports (vport-internal_dev.c).
 */
static void put_datapath(struct class *c)
{
	struct lend_node *datapath = lend_net_find(c->look, "ovs-system");

	for (size_t i = 0; datapath != NULL && i < c->n; i++) {
		const struct lend_net *net = c->items[i].net;

		if (net->type.known == LEND_KNOWN &&
		    strcmp(net->type.v.str, "openvswitch") == 0 && &net->node != datapath)
			lend_build_edge(&c->scan->build, &net->node, datapath);
	}
}

void lend_net_put_interfaces(struct lend_net_look *look, const struct lend_answer *names)
{
	struct lend_scan *scan = look->scan;
	enum lend_trust trust = lend_collect_trust(scan);
	struct class c = { .look = look, .scan = scan };
	size_t n = names->n_names < INTERFACES_MAX ? names->n_names : INTERFACES_MAX;

	c.by = lend_build_sighting(&scan->build, trust, "net", NET, "");
	c.by_ip = look->has_ip ? lend_build_sighting(&scan->build, trust, "net", "ip", "") : 0;
	if (n < names->n_names)
		lend_build_gap(&scan->build, "net", true, "",
			       "more than %d network interfaces: the others were not looked at",
			       INTERFACES_MAX);
	if (look->ip.n_links > 1)
		qsort(look->ip.links, look->ip.n_links, sizeof(*look->ip.links), by_name);
	for (size_t i = 0; i < n; i++)
		add(&c, names->names[i]);
	put_datapath(&c);
}
