/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/tcp-holder.h"

#include <errno.h>
#include <inttypes.h>

#include "base/num.h"
#include "collect/open-files.h"

enum { TABLES = 2, LISTENERS_MAX = 65536 };

#define LOOK_TABLE(name_, file_)                                                               \
	static const struct lend_ask name_ = { .via = LEND_VIA_FILE,                           \
					       .key = "proc/%s/net/" file_,                    \
					       .limit_bytes = 64 << 20,                        \
					       .flags = LEND_ASK_NOT_RECORDED }
LOOK_TABLE(look_tcp, "tcp");
LOOK_TABLE(look_tcp6, "tcp6");
static const struct lend_ask look_processes = { .via = LEND_VIA_DIR,
						.key = "proc",
						.flags = LEND_ASK_NOT_RECORDED };

struct listener {
	struct lend_tcp_listener at;
	bool held; /* by the process at hand */
};

/* All that listens on the ports of a name. */
struct look {
	struct lend_scan *scan;
	struct lend_tcp_name name;
	struct listener *items;
	size_t n, cap;
	bool whole; /* the tables could be read */
};

static const char prefix[] = "tcp:";

bool lend_is_tcp(const char *socket)
{
	return strncmp(socket, prefix, strlen(prefix)) == 0;
}

static bool parse(const char *socket, struct lend_tcp_name *ret)
{
	const char *text = socket + strlen(prefix);

	return lend_is_tcp(socket) && lend_tcp_name_parse(text, strlen(text), ret);
}

const char *lend_tcp_of_chardev(struct lend_scan *scan, const struct lend_qemu_chardev *c)
{
	lend_auto_buf out = { 0 };
	struct lend_tcp_name name;

	if (c->kind != LEND_QEMU_CHARDEV_SOCKET || c->host == NULL || !c->port.has ||
	    c->wrapped)
		return NULL;
	lend_buf_puts(&out, prefix);
	lend_tcp_name_put(&out, c->host, c->port.v,
			  c->last_port.has ? c->last_port.v : c->port.v);
	return parse(out.text, &name) ? lend_arena_strdup(&scan->memory, out.text) : NULL;
}

/* What a gdb stub is made of gets "server" by QEMU itself. */
static bool is_server(const struct lend_qemu_chardev *c)
{
	return c->host != NULL &&
	       (c->server == LEND_TRI_ON || strcmp(c->implied, "-gdb") == 0 ||
		strcmp(c->implied, "-s") == 0);
}

/* ---- the kernel's tables ---- */

static void add_listeners(struct look *l, const char *table)
{
	struct lend_tcp_listener at;

	while (lend_tcp_table_next(&table, &at) && l->n < LISTENERS_MAX) {
		if (at.port >= l->name.port && at.port <= l->name.last)
			LEND_PUSH(&l->scan->memory, l->items, l->n, l->cap)->at = at;
	}
}

/* As the network namespace of whom ("self" or a process) has them. */
static void list(struct look *l, const char *whom)
{
	static const struct lend_ask *const asks[TABLES] = { &look_tcp, &look_tcp6 };

	l->n = 0;
	for (size_t i = 0; i < TABLES; i++) {
		const struct lend_answer *table = lend_io_ask(l->scan->io, asks[i], whom);

		/* Without IPv6 in the kernel there is one table. */
		if (i == 0)
			l->whole = table->known == LEND_KNOWN;
		if (table->known == LEND_KNOWN)
			add_listeners(l, table->bytes);
	}
}

static bool socket_inode(const char *link, uint64_t *ret)
{
	static const char start[] = "socket:[";
	size_t len = strlen(link);

	return len > strlen(start) && strncmp(link, start, strlen(start)) == 0 &&
	       lend_parse_u64n(link + strlen(start), len - strlen(start) - 1, 10, ret);
}

/* false when what the process holds cannot be listed. */
static bool mark_held(struct look *l, const char *pid, bool record)
{
	const struct lend_open_files *open = lend_open_files(l->scan, pid, record);

	for (size_t n = 0; n < l->n; n++)
		l->items[n].held = false;
	for (size_t i = 0; i < open->n && l->n > 0; i++) {
		uint64_t inode;

		if (!socket_inode(lend_open_link(l->scan, i), &inode))
			continue;
		for (size_t n = 0; n < l->n; n++)
			l->items[n].held = l->items[n].held || l->items[n].at.inode == inode;
	}
	return open->listed;
}

/* The one that a connection gets to; NULL when there is none, or it cannot be told which. */
static struct listener *target_of(const struct look *l, const struct lend_loopback *to)
{
	struct listener *best = NULL;
	unsigned int score = 0;

	for (size_t i = 0; i < l->n; i++) {
		unsigned int s = lend_tcp_score(&l->items[i].at, to);

		if (s > score)
			best = &l->items[i];
		else if (s == score && s != 0)
			best = NULL;
		score = s > score ? s : score;
	}
	return best;
}

/* Where the user's name leads: localhost is 127.0.0.1, or ::1 when nobody is there. */
static struct listener *target_of_name(const struct look *l, struct lend_loopback *ret)
{
	struct listener *found;

	*ret = (struct lend_loopback){ .v4 = { 127, 0, 0, 1 }, .port = l->name.port };
	if (l->name.host == LEND_TCP_V4)
		memcpy(ret->v4, l->name.address, sizeof(ret->v4));
	ret->v6 = l->name.host == LEND_TCP_V6;
	found = target_of(l, ret);
	if (found == NULL && l->name.host == LEND_TCP_LOCALHOST) {
		ret->v6 = true;
		found = target_of(l, ret);
	}
	return found;
}

/* ---- whose it is ---- */

struct found {
	enum lend_holding holding;
	bool has_at;
	struct lend_loopback at; /* where to connect to */
	int os_errno;
	const char *why; /* when not */
};

static const char gone[] = "its port is closed, or in other hands";
static const char several[] = "which of several listeners it is cannot be told";
static const char distant[] = "it listens on an address that is not loopback";

/* Not in our tables: in another's? */
static void look_elsewhere(struct look *l, const char *pid, struct found *ret)
{
	list(l, pid);
	(void)mark_held(l, pid, true);
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].held)
			ret->why = "it is in another network namespace";
	}
}

/* What QEMU says of its own chardev: the address is chosen by what it holds. */
static void find_own(struct look *l, const char *pid, bool listed, struct found *ret)
{
	bool far = false;
	size_t held = 0;

	*ret = (struct found){ .holding = LEND_HOLDS_NOT, .why = gone };
	for (size_t i = 0; i < l->n; i++) {
		const struct lend_tcp_listener *own = &l->items[i].at;
		struct lend_loopback at;

		if (!l->items[i].held)
			continue;
		held++;
		if (!lend_tcp_name_fits(&l->name, own))
			continue;
		if (!lend_tcp_reach(own, &at)) {
			far = true;
			continue;
		}
		if (far || target_of(l, &at) != &l->items[i] ||
		    (ret->has_at && ret->at.port != at.port)) {
			*ret = (struct found){ .holding = LEND_HOLDS_CANNOT_TELL,
					       .why = several };
			return;
		}
		if (!ret->has_at)
			ret->at = at;
		ret->has_at = true;
		ret->holding = LEND_HOLDS;
	}
	if (far)
		*ret = (struct found){ .holding = LEND_HOLDS_CANNOT_TELL,
				       .why = ret->has_at ? several : distant };
	if (held == 0 && listed && l->whole)
		look_elsewhere(l, pid, ret);
}

/* Its descriptors are closed to us: good only where nothing could be started. */
static void find_unproven(struct look *l, struct found *ret)
{
	*ret = (struct found){ .holding = LEND_HOLDS_CANNOT_TELL,
			       .os_errno = EACCES,
			       .why = "whose its port is cannot be told" };
	ret->has_at = !l->scan->some_wait && lend_tcp_name_is_loopback(&l->name) &&
		      target_of_name(l, &ret->at) != NULL;
}

/* Of a name that the user gave; QEMU's command line has another for the same. */
static void find_named(struct look *l, struct found *ret)
{
	const struct listener *at = target_of_name(l, &ret->at);

	ret->has_at = at != NULL && at->held;
	ret->holding = ret->has_at ? LEND_HOLDS : LEND_HOLDS_NOT;
	ret->why = gone;
}

/* of_user: the name says where to connect to, not what QEMU was told. */
static void find(struct lend_scan *scan, const char *pid, const char *socket, bool of_user,
		 bool record, struct found *ret)
{
	struct look l = { .scan = scan };
	bool listed;

	*ret = (struct found){ .holding = LEND_HOLDS_CANNOT_TELL, .why = gone };
	if (!parse(socket, &l.name))
		return;
	list(&l, "self");
	listed = mark_held(&l, pid, record);
	if (!listed || !l.whole)
		find_unproven(&l, ret);
	else if (of_user)
		find_named(&l, ret);
	else
		find_own(&l, pid, listed, ret);
}

static bool is_of_user(const struct lend_scan *scan, const char *socket)
{
	for (size_t i = 0; i < scan->n_sockets; i++) {
		if (strcmp(scan->sockets[i].path, socket) == 0)
			return true;
	}
	return false;
}

enum lend_holding lend_tcp_holds(struct lend_scan *scan, const char *pid, const char *socket)
{
	struct found found;

	if (!lend_io_is_live(scan->io))
		return LEND_HOLDS_CANNOT_TELL;
	find(scan, pid, socket, is_of_user(scan, socket), false, &found);
	return found.holding;
}

bool lend_tcp_is_chardev(struct lend_scan *scan, const char *pid,
			 const struct lend_qemu_chardev *c, const char *socket)
{
	struct lend_qemu_chardev plain = *c;
	struct lend_tcp_name name, wanted;
	const char *own;

	plain.wrapped = false;
	own = is_server(c) ? lend_tcp_of_chardev(scan, &plain) : NULL;
	return own != NULL && parse(own, &name) && parse(socket, &wanted) &&
	       lend_tcp_name_covers(&name, &wanted) &&
	       lend_tcp_holds(scan, pid, socket) != LEND_HOLDS_NOT;
}

bool lend_tcp_is_closed(struct lend_scan *scan, const char *socket)
{
	struct look l = { .scan = scan };

	if (!lend_io_is_live(scan->io) || !parse(socket, &l.name))
		return false;
	list(&l, "self");
	return l.whole && l.n == 0;
}

const char *lend_tcp_holder(struct lend_scan *scan, const char *socket)
{
	struct look l = { .scan = scan };
	const struct lend_answer *processes;
	struct lend_loopback at;
	const struct listener *target;

	if (!lend_io_is_live(scan->io) || !parse(socket, &l.name))
		return NULL;
	list(&l, "self");
	target = target_of_name(&l, &at);
	if (target == NULL)
		return NULL;
	processes = lend_io_ask(scan->io, &look_processes);
	for (size_t i = 0; i < processes->n_names; i++) {
		const char *pid = processes->names[i];

		if (pid[0] < '1' || pid[0] > '9')
			continue;
		(void)mark_held(&l, pid, false);
		if (target->held)
			return lend_arena_strdup(&scan->memory, pid);
	}
	return NULL;
}

/* Another one of the same ports, by whatever address: a gdb stub would stop the guest. */
static bool has_several(const struct lend_scan_qemu *qemu, const char *socket)
{
	struct lend_tcp_name name;
	size_t n = 0;

	for (size_t i = 0; parse(socket, &name) && i < qemu->args.n_chardevs; i++) {
		const struct lend_qemu_chardev *c = &qemu->args.chardevs[i];

		if (!is_server(c))
			continue;
		n += !c->port.has ||
		     (c->port.v <= name.last &&
		      (c->last_port.has ? c->last_port.v : c->port.v) >= name.port);
	}
	return n > 1;
}

struct lend_talk *lend_tcp_talk(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
				const struct lend_ask *const *first,
				const struct lend_answer **ret_answer)
{
	const char *socket = qemu->monitor;
	struct found found = { .why = gone };

	if (!lend_io_is_live(scan->io))
		return lend_talk_open_tcp(scan->io, socket, NULL, NULL, ret_answer);
	if (has_several(qemu, socket)) {
		found.why = several;
	} else if (qemu->has_pid) {
		find(scan, lend_arena_printf(&scan->memory, "%" PRIu64, qemu->pid), socket,
		     is_of_user(scan, socket), true, &found);
	} else {
		struct look l = { .scan = scan };

		/* Who listens was looked at before. */
		if (parse(socket, &l.name)) {
			list(&l, "self");
			found.has_at = target_of_name(&l, &found.at) != NULL;
		}
	}
	if (found.has_at)
		return lend_talk_open_tcp(scan->io, socket, &found.at,
					  found.holding == LEND_HOLDS ? first : NULL,
					  ret_answer);
	*ret_answer =
		lend_talk_refuse(scan->io, LEND_VIA_QMP, socket, found.os_errno, found.why);
	return NULL;
}
