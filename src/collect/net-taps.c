/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which interfaces the VMs of this host are connected to.
 *
 * Asks  of each QEMU its network namespace, what it has open, and of each
 *       descriptor of the tun driver the interface that it is of (proc(5);
 *       Linux drivers/net/tun.c, tun_chr_show_fdinfo); a macvtap is
 *       /dev/tapN by the index of its interface (drivers/net/macvtap.c)
 * Adds  edges from VMs to interfaces, and from a tap to its bridge
 *
 * So it is known however the tap was given to QEMU, and when it was plugged
 * in later.  What is hidden is told by the command line, as far as it names
 * an interface.  A QEMU in another network namespace has its interfaces
 * there; one of ours by the same name is another.
 */

#include "collect/net.h"

#include <inttypes.h>

#include "base/num.h"
#include "collect/open-files.h"
#include "format/proc-net.h"
#include "format/qemu-args-taps.h"

static const struct lend_ask ask_info = { .via = LEND_VIA_FILE, .key = "proc/%s/fdinfo/%s" };
static const struct lend_ask ask_space = { .via = LEND_VIA_MAGIC, .key = "proc/%s/ns/net" };
static const struct lend_ask ask_own_space = { .via = LEND_VIA_MAGIC,
					       .key = "proc/self/ns/net" };
static const struct lend_ask ask_uevent = { .via = LEND_VIA_FILE,
					    .key = LEND_NET_CLASS "/%s/uevent" };

struct taps {
	struct lend_net_look *look;
	struct lend_scan *scan;
	const char *space; /* our own; NULL: not known */
};

/* Frames of the guest leave by what the bridge leads to. */
static void put(struct taps *t, const struct lend_vm *vm, const char *name)
{
	struct lend_node *node = lend_net_find(t->look, name);
	struct lend_node *master;
	const struct lend_net *net;

	if (node == NULL)
		return;
	net = lend_as_net(node);
	lend_build_edge(&t->scan->build, &vm->node, node);
	if (net->master.known != LEND_KNOWN || net->type.known != LEND_KNOWN ||
	    strcmp(net->type.v.str, "tun") != 0)
		return;
	master = lend_net_find(t->look, net->master.v.str);
	if (master != NULL)
		lend_build_edge(&t->scan->build, node, master);
}

/* "/dev/tap12" is of the interface with that index. */
static void put_macvtap(struct taps *t, const struct lend_vm *vm, const char *link)
{
	static const char start[] = "/dev/tap", key[] = "\nIFINDEX=";
	uint64_t index, other;

	if (strncmp(link, start, strlen(start)) != 0 ||
	    !lend_parse_u64(link + strlen(start), 10, &index))
		return;
	for (size_t i = 0; i < t->scan->build.inv->n_nodes; i++) {
		const struct lend_node *node = t->scan->build.inv->nodes[i];
		const struct lend_net *net = lend_as_net(node);
		const struct lend_answer *answer;
		const char *at;

		if (node->kind != LEND_KIND_NET || net->type.known != LEND_KNOWN ||
		    strstr(net->type.v.str, "vtap") == NULL)
			continue;
		answer = lend_io_ask(t->scan->io, &ask_uevent, node->name);
		at = answer->known == LEND_KNOWN ? strstr(answer->bytes, key) : NULL;
		if (at != NULL &&
		    lend_parse_u64n(at + strlen(key), strcspn(at + strlen(key), "\n"), 10,
				    &other) &&
		    other == index)
			put(t, vm, node->name);
	}
}

/* false: what it has open was not told. */
static bool put_open(struct taps *t, const struct lend_vm *vm, const char *pid)
{
	const struct lend_open_files *open = lend_open_files(t->scan, pid, true);
	bool all = open->listed;

	for (size_t i = 0; i < open->n; i++) {
		const char *link = lend_open_link(t->scan, i);
		const struct lend_answer *info;
		struct lend_span name;

		put_macvtap(t, vm, link);
		if (strcmp(link, "/dev/net/tun") != 0)
			continue;
		info = lend_io_ask(t->scan->io, &ask_info, pid, open->items[i].fd);
		if (info->known != LEND_KNOWN)
			all = false;
		else if (lend_fdinfo_tun((struct lend_span){ info->bytes, info->len }, &name))
			put(t, vm, lend_arena_strndup(&t->scan->memory, name.at, name.len));
	}
	return all;
}

static void put_said(struct taps *t, const struct lend_scan_qemu *qemu)
{
	struct lend_qemu_taps said;
	bool all;

	lend_qemu_args_taps(&t->scan->memory, &qemu->args, &said);
	all = !said.partial;
	for (size_t i = 0; i < said.n; i++) {
		const struct lend_qemu_tap *tap = &said.items[i];
		const char *name = tap->ifname != NULL ? tap->ifname : tap->bridge;

		if (name != NULL)
			put(t, qemu->vm, name);
		all = all && name != NULL && lend_net_find(t->look, name) != NULL;
	}
	if (!all)
		lend_build_gap(&t->scan->build, "net", false,
			       qemu->foreign ? "run as root" : "",
			       "to which interfaces VM %s is connected is not known",
			       qemu->vm->node.name);
}

/* Named by its command line alone, it would be one of ours by chance. */
static bool is_elsewhere(struct taps *t, const char *pid)
{
	const struct lend_answer *answer;

	if (t->space == NULL)
		return false;
	answer = lend_io_ask(t->scan->io, &ask_space, pid);
	return answer->known == LEND_KNOWN && strcmp(answer->bytes, t->space) != 0;
}

void lend_net_put_taps(struct lend_net_look *look)
{
	struct lend_scan *scan = look->scan;
	struct taps t = { .look = look, .scan = scan };
	const struct lend_answer *own;

	if (scan->n_qemus == 0)
		return;
	own = lend_io_ask(scan->io, &ask_own_space);
	if (own->known == LEND_KNOWN)
		t.space = lend_arena_strdup(&scan->memory, own->bytes);
	for (size_t i = 0; i < scan->n_qemus; i++) {
		const struct lend_scan_qemu *qemu = &scan->qemus[i];
		const char *pid;

		if (!qemu->has_pid)
			continue;
		pid = lend_arena_printf(&scan->memory, "%" PRIu64, qemu->pid);
		if (is_elsewhere(&t, pid))
			lend_build_gap(&scan->build, qemu->vm->node.id, false, "",
				       "VM %s is in another network namespace: what it is "
				       "connected to there is not known",
				       qemu->vm->node.name);
		else if (!put_open(&t, qemu->vm, pid))
			put_said(&t, qemu);
	}
}
