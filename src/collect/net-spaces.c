/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Interfaces in other network namespaces: of cards that were moved there, and
 * those that stand on an interface of ours (macvlan, ipvlan, VLAN).
 *
 * Asks  of each network function that has a driver and no interface here,
 *       whether sysfs has a folder for one: it does, and it looks empty, when
 *       the interface is elsewhere (drivers/base/core.c, class_dir_child_ns_type).
 *       For these, and when somebody asks for the network: /run/netns, and of
 *       each name there "ip"; /proc/PID/ns/net, and of one process of each
 *       namespace "ip", by nsenter(1)
 * Adds  net nodes that are in another namespace, with their addresses
 *
 * Nothing that can be seen from here tells that an interface elsewhere stands
 * on one of ours: a namespace that cannot be looked into is a gap.
 *
 * (ip-netns(8), network_namespaces(7); "parentdev" since Linux 5.14.)
 */

#include "collect/net.h"

#include <inttypes.h>

#include "base/err.h"
#include "collect/pid-space.h"
#include "collect/processes.h"
#include "model/kind-address.h"
#include "model/kind-pci.h"

enum { SPACES_MAX = 64, NETWORK = 0x02 };

#define FUNCTION "sys/bus/pci/devices/%s"

static const struct lend_ask ask_net = { .via = LEND_VIA_DIR, .key = FUNCTION "/net" };
static const struct lend_ask ask_named = { .via = LEND_VIA_DIR, .key = "run/netns" };
static const struct lend_ask ask_number = { .via = LEND_VIA_STAT, .key = "run/netns/%s" };
static const struct lend_ask ask_inside_named = {
	.via = LEND_VIA_RUN,
	.key = "ip -n %s -json -details address show",
	.limit_bytes = 16 << 20,
};
static const struct lend_ask ask_inside = {
	.via = LEND_VIA_RUN,
	.key = "nsenter --target %s --net ip -json -details address show",
	.limit_bytes = 16 << 20,
};
static const struct lend_ask ask_own = { .via = LEND_VIA_MAGIC, .key = "proc/self/ns/net" };
static const struct lend_ask ask_space = { .via = LEND_VIA_MAGIC, .key = "proc/%s/ns/net" };
static const struct lend_ask look_space = { .via = LEND_VIA_MAGIC,
					    .key = "proc/%s/ns/net",
					    .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask ask_command = { .via = LEND_VIA_FILE, .key = "proc/%s/comm" };

struct missing {
	struct lend_pci *pci;
	bool empty; /* it has an interface, which nobody here can see */
	bool found;
};

struct spaces {
	struct lend_net_look *look;
	struct lend_scan *scan;
	struct missing *items;
	size_t n, cap, left;
	const char **seen; /* namespaces of processes, our own first */
	size_t n_seen, cap_seen;
	uint32_t by;
	bool all;      /* also those in which no missing card is left to be found */
	bool only_ask; /* these are for a capture: what it is asked for later */
	bool hidden;   /* a process that does not say which one it is in */
	bool dark;     /* one that could not be looked into */
	bool too_many;
};

/* ---- which are missing ---- */

/* These make no interface of a card: it is in the hands of a program, or of nobody. */
static bool makes_interfaces(const char *driver)
{
	static const char *const none[] = { "vfio", "uio", "pci-stub", "pciback" };

	for (size_t i = 0; i < LEND_COUNT(none); i++) {
		if (strstr(driver, none[i]) != NULL)
			return false;
	}
	return true;
}

static void find_missing(struct spaces *s)
{
	const struct lend_inventory *inv = s->scan->build.inv;
	size_t n = inv->n_nodes;
	bool *here = lend_arena_array(&s->scan->memory, n + 1, sizeof(*here));

	for (size_t i = 0; i < n; i++) {
		const struct lend_net *net = lend_as_net(inv->nodes[i]);
		const struct lend_node *pci;

		if (net->node.kind != LEND_KIND_NET || net->function.known != LEND_KNOWN)
			continue;
		pci = lend_build_find(&s->scan->build, LEND_KIND_PCI, NULL,
				      net->function.v.str);
		if (pci != NULL)
			here[pci->index] = true;
	}
	for (size_t i = 0; i < n; i++) {
		struct lend_pci *pci = (struct lend_pci *)inv->nodes[i];

		if (pci->node.kind == LEND_KIND_PCI && pci->node.guest == NULL && !here[i] &&
		    pci->class.known == LEND_KNOWN && pci->class.v.u64 >> 16 == NETWORK &&
		    pci->driver.known == LEND_KNOWN && makes_interfaces(pci->driver.v.str))
			*LEND_PUSH(&s->scan->memory, s->items, s->n, s->cap) =
				(struct missing){ .pci = pci };
	}
	s->left = s->n;
}

static void ask_folders(struct spaces *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct lend_answer *answer =
			lend_io_ask(s->scan->io, &ask_net, s->items[i].pci->node.name);

		s->items[i].empty = answer->known == LEND_KNOWN && answer->n_names == 0;
	}
}

/* ---- what is in another one ---- */

static void put_text(struct spaces *s, struct lend_node *node, struct lend_fact *fact,
		     const char *text)
{
	if (text != NULL)
		lend_build_text(&s->scan->build, node, fact, s->by, text);
	else
		lend_build_absent(&s->scan->build, node, fact, s->by);
}

static void put_addresses(struct spaces *s, const struct lend_ip_json *said,
			  const struct lend_ip_link *link, const struct lend_net *net)
{
	struct lend_build *b = &s->scan->build;

	for (size_t i = 0; i < said->n_addresses; i++) {
		const struct lend_ip_address *from = &said->addresses[i];
		struct lend_address *address;

		if (strcmp(from->dev, link->name) != 0)
			continue;
		address = (struct lend_address *)lend_build_node(
			b, LEND_KIND_ADDRESS, NULL,
			lend_build_internf(b, "%s dev %s", from->local, net->node.name));
		put_text(s, &address->node, &address->address, from->local);
		if (from->bits.has)
			lend_build_u64(b, &address->node, &address->prefix, s->by,
				       from->bits.v);
		if (from->scope != NULL)
			put_text(s, &address->node, &address->scope, from->scope);
		put_text(s, &address->node, &address->net, net->node.name);
		lend_build_edge(b, &address->node, &net->node);
	}
}

/* space: as the name of the interface has it; whose: as people are told. */
static struct lend_net *put_net(struct spaces *s, const struct lend_ip_json *said,
				const struct lend_ip_link *link, const char *space,
				const char *whose, const struct lend_node *below)
{
	struct lend_build *b = &s->scan->build;
	struct lend_net *net = (struct lend_net *)lend_build_node(
		b, LEND_KIND_NET, NULL, lend_build_internf(b, "%s in %s", link->name, space));

	put_text(s, &net->node, &net->type, link->kind != NULL ? link->kind : "ethernet");
	put_text(s, &net->node, &net->state, link->state);
	put_text(s, &net->node, &net->mac, link->mac);
	put_text(s, &net->node, &net->space, whose);
	lend_build_edge(b, &net->node, below);
	put_addresses(s, said, link, net);
	return net;
}

static void put_link(struct spaces *s, const struct lend_ip_json *said,
		     const struct lend_ip_link *link, const char *space, const char *whose)
{
	struct missing *item = NULL;
	struct lend_net *net;

	for (size_t i = 0; i < s->n && item == NULL; i++) {
		if (strcmp(s->items[i].pci->node.name, link->parent) == 0)
			item = &s->items[i];
	}
	if (item == NULL)
		return;
	s->left -= !item->found;
	item->found = true;
	net = put_net(s, said, link, space, whose, &item->pci->node);
	put_text(s, &net->node, &net->function, link->parent);
	put_text(s, &item->pci->node, &item->pci->net_space, whose);
}

/*
 * One that stands on an interface of another namespace knows that by a number
 * of its own, and only by asking in ours could it be told to be ours: where it
 * is a third one, too much is said.  A veth has its peer there, not its card.
 */
static void put_stacked(struct spaces *s, const struct lend_ip_json *said,
			const struct lend_ip_link *link, const char *space, const char *whose)
{
	const struct lend_ip_json *own = &s->look->ip;

	if (link->kind == NULL || strcmp(link->kind, "veth") == 0 ||
	    strcmp(link->kind, "netkit") == 0)
		return;
	for (size_t i = 0; i < own->n_links; i++) {
		struct lend_node *below = lend_net_find(s->look, own->links[i].name);

		if (below == NULL || !own->links[i].index.has ||
		    own->links[i].index.v != link->below_index.v)
			continue;
		(void)put_net(s, said, link, space, whose, below);
		return;
	}
	s->dark = s->dark || !s->look->has_ip;
}

static void look_into(struct spaces *s, const struct lend_answer *answer, const char *space,
		      const char *whose)
{
	struct lend_ip_json said = { 0 };
	struct lend_err err = { 0 };

	if (s->only_ask && s->left == 0)
		return;
	if (answer->known != LEND_KNOWN ||
	    lend_ip_json_parse(&s->scan->memory, answer->bytes, answer->len, &said, &err) < 0) {
		s->dark = s->dark || answer->known != LEND_NOT_ASKED;
		return;
	}
	s->dark = s->dark || said.cut;
	for (size_t i = 0; i < said.n_links; i++) {
		if (said.links[i].parent != NULL)
			put_link(s, &said, &said.links[i], space, whose);
		else if (!s->only_ask && said.links[i].below_index.has &&
			 said.links[i].below_space.has)
			put_stacked(s, &said, &said.links[i], space, whose);
	}
}

static bool is_new(struct spaces *s, const char *space)
{
	for (size_t i = 0; i < s->n_seen; i++) {
		if (strcmp(s->seen[i], space) == 0)
			return false;
	}
	*LEND_PUSH(&s->scan->memory, s->seen, s->n_seen, s->cap_seen) =
		lend_arena_strdup(&s->scan->memory, space);
	return true;
}

/* The number of a namespace is that of its file (ip-netns(8): it is mounted there). */
static bool is_new_name(struct spaces *s, const char *name)
{
	const struct lend_answer *answer = lend_io_ask(s->scan->io, &ask_number, name);

	return answer->known != LEND_KNOWN ||
	       is_new(s, lend_arena_printf(&s->scan->memory, "net:[%" PRIu64 "]",
					   answer->stat.inode));
}

static void look_into_named(struct spaces *s)
{
	const struct lend_answer *names = lend_io_ask(s->scan->io, &ask_named);
	size_t n = names->known != LEND_KNOWN    ? 0
		   : names->n_names < SPACES_MAX ? names->n_names
						 : SPACES_MAX;
	const char **kept = lend_arena_array(&s->scan->memory, n + 1, sizeof(*kept));

	s->dark = s->dark || names->known == LEND_UNREADABLE;
	s->too_many = names->known == LEND_KNOWN && names->n_names > n;
	for (size_t i = 0; i < n; i++)
		kept[i] = lend_arena_strdup(&s->scan->memory, names->names[i]);
	for (size_t i = 0; i < n && (s->left > 0 || s->all); i++) {
		if (is_new_name(s, kept[i]))
			look_into(s, lend_io_ask(s->scan->io, &ask_inside_named, kept[i]),
				  kept[i], kept[i]);
	}
}

static void look_into_process(struct spaces *s, const char *pid)
{
	bool replay = lend_io_is_replay(s->scan->io);
	const struct lend_answer *answer =
		lend_io_ask(s->scan->io, replay ? &ask_space : &look_space, pid);
	const char *space, *command;

	s->hidden = s->hidden || answer->known == LEND_UNREADABLE;
	if (answer->known != LEND_KNOWN)
		return;
	if (s->n_seen >= SPACES_MAX) {
		s->too_many = true;
		return;
	}
	if (!is_new(s, answer->bytes))
		return;
	space = s->seen[s->n_seen - 1];
	if (!replay)
		(void)lend_io_ask(s->scan->io, &ask_space, pid);
	command = lend_collect_text_of(s->scan, lend_io_ask(s->scan->io, &ask_command, pid));
	look_into(s, lend_io_ask(s->scan->io, &ask_inside, pid), space,
		  lend_arena_printf(&s->scan->memory, "of process %s%s%s", pid,
				    command != NULL ? " " : "",
				    command != NULL ? command : ""));
}

static void look_into_processes(struct spaces *s)
{
	const char **pids;
	size_t n;

	pids = lend_list_processes(s->scan, true, &n);
	for (size_t i = 0; i < n && (s->left > 0 || s->all); i++)
		look_into_process(s, pids[i]);
}

static void put_gaps(struct spaces *s)
{
	struct lend_build *b = &s->scan->build;
	const char *what = "whose interfaces may stand on those of this host";

	if (s->too_many)
		lend_build_gap(
			b, "net", true, "",
			"more than %d network namespaces, %s: the others were not looked "
			"into",
			SPACES_MAX, what);
	if (s->dark)
		lend_build_gap(
			b, "net", true, "",
			"there are network namespaces, %s, that could not be looked into",
			what);
	if (s->hidden || lend_hides_processes(s->scan))
		lend_build_gap(b, "net", true, "run as root, outside of any container",
			       "there may be network namespaces of other programs, %s", what);
}

static bool wants_all(const struct lend_scan *scan)
{
	return scan->options->n_kinds > 0 || lend_io_is_recording(scan->io);
}

/* Of another host there are three exchanges, and what follows takes the other two. */
void lend_net_draft_spaces(struct lend_scan *scan)
{
	if (!scan->draft || !wants_all(scan))
		return;
	(void)lend_io_ask(scan->io, &ask_own);
	(void)lend_io_ask(scan->io, &ask_named);
}

void lend_net_put_spaces(struct lend_net_look *look)
{
	struct spaces s = { .look = look, .scan = look->scan };

	const struct lend_answer *own;

	find_missing(&s);
	s.all = wants_all(look->scan);
	s.only_ask = look->scan->options->n_kinds == 0;
	if (s.n == 0 && !s.all)
		return;
	if (s.n > 0 || !s.only_ask)
		s.by = lend_build_sighting(&s.scan->build, lend_collect_trust(s.scan), "net",
					   ask_net.key, "");
	ask_folders(&s);
	own = lend_io_ask(s.scan->io, &ask_own);
	if (own->known == LEND_KNOWN)
		(void)is_new(&s, own->bytes);
	look_into_named(&s);
	if (own->known == LEND_KNOWN && (s.left > 0 || s.all))
		look_into_processes(&s);
	if (s.only_ask)
		(void)lend_hides_processes(s.scan);
	else
		put_gaps(&s);
	for (size_t i = 0; i < s.n; i++) {
		struct lend_pci *pci = s.items[i].pci;

		if (!s.items[i].found)
			lend_build_unreadable(
				&s.scan->build, &pci->node, &pci->net_space, s.by,
				s.items[i].empty
					? "its interface is in another network namespace, and "
					  "who uses it there is not known"
					: "it has a driver and no interface here: perhaps it is "
					  "in another network namespace");
	}
}
