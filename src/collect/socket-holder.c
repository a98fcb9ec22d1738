/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/socket-holder.h"

#include <inttypes.h>

#include "base/num.h"
#include "collect/open-files.h"

enum { ACCEPTS = 0x10000 }; /* __SO_ACCEPTCON in net/unix/af_unix.c of Linux */

/* A look at all processes is not for a capture; what it found is asked again. */
static const struct lend_ask look_sockets = { .via = LEND_VIA_FILE,
					      .key = "proc/%s/net/unix",
					      .limit_bytes = 16 << 20,
					      .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask ask_processes = { .via = LEND_VIA_DIR, .key = "proc" };
static const struct lend_ask ask_sockets = { .via = LEND_VIA_FILE,
					     .key = "proc/%s/net/unix",
					     .limit_bytes = 16 << 20 };
static const struct lend_ask ask_socket = { .via = LEND_VIA_STAT,
					    .key = "%p",
					    .flags = LEND_ASK_MAY_HANG };

/* "socket:[N]" of a listener, and the path as it was bound. */
struct listener {
	const char *link;
	const char *bound;
};

struct holder {
	struct lend_scan *scan;
	struct lend_stat wanted;
	struct listener *listeners;
	size_t n, cap;
};

/* "Num: RefCount Protocol Flags Type St Inode Path" (proc(5)) */
static void add_listener(struct holder *h, const char *line, size_t len, const char *name)
{
	char *text = lend_arena_strndup(&h->scan->memory, line, len);
	const char *field[7];
	char *rest = text;
	uint64_t flags;

	for (size_t i = 0; i < LEND_COUNT(field); i++) {
		rest += strspn(rest, " ");
		field[i] = rest;
		rest += strcspn(rest, " ");
		if (*rest == '\0')
			return; /* without a path */
		*rest++ = '\0';
	}
	if (!lend_parse_u64n(field[3], strlen(field[3]), 16, &flags) ||
	    (flags & ACCEPTS) == 0 || strcmp(basename(rest), name) != 0)
		return;
	*LEND_PUSH(&h->scan->memory, h->listeners, h->n, h->cap) = (struct listener){
		.link = lend_arena_printf(&h->scan->memory, "socket:[%s]", field[6]),
		.bound = rest,
	};
}

static void add_listeners(struct holder *h, const char *table, const char *name)
{
	while (*table != '\0') {
		size_t len = strcspn(table, "\n");

		if (memmem(table, len, name, strlen(name)) != NULL)
			add_listener(h, table, len, name);
		table += len + (table[len] == '\n');
	}
}

static bool is_wanted_stat(const struct holder *h, const struct lend_stat *st)
{
	return st->inode == h->wanted.inode && st->dev_major == h->wanted.dev_major &&
	       st->dev_minor == h->wanted.dev_minor;
}

/* Does what the process bound lead to the file? */
static bool is_wanted(struct holder *h, const char *pid, const char *bound)
{
	const struct lend_answer *answer =
		lend_io_ask(h->scan->io, &ask_socket,
			    lend_arena_printf(&h->scan->memory, "/proc/%s/%s/%s", pid,
					      bound[0] == '/' ? "root" : "cwd", bound));

	return answer->known == LEND_KNOWN && is_wanted_stat(h, &answer->stat);
}

/* The very socket of that process, or one whose file was removed and made anew by another? */
static bool is_alone(struct holder *h, size_t mine)
{
	for (size_t i = 0; i < h->n; i++) {
		const char *bound = h->listeners[i].bound;
		const struct lend_answer *answer;

		if (i == mine)
			continue;
		if (bound[0] != '/' || strcmp(bound, h->listeners[mine].bound) == 0)
			return false;
		answer = lend_io_ask(h->scan->io, &ask_socket, bound);
		if (answer->known == LEND_KNOWN && is_wanted_stat(h, &answer->stat))
			return false;
	}
	return true;
}

static enum lend_holding holds(struct holder *h, const char *pid, bool record)
{
	const struct lend_open_files *open = lend_open_files(h->scan, pid, record);

	for (size_t i = 0; i < open->n; i++) {
		for (size_t n = 0; n < h->n; n++) {
			if (strcmp(lend_open_link(h->scan, i), h->listeners[n].link) == 0 &&
			    is_wanted(h, pid, h->listeners[n].bound))
				return is_alone(h, n) ? LEND_HOLDS : LEND_HOLDS_CANNOT_TELL;
		}
	}
	return open->listed ? LEND_HOLDS_NOT : LEND_HOLDS_CANNOT_TELL;
}

/* Of a named socket as it was found a moment ago. */
static bool find_stat(struct lend_scan *scan, const char *path, struct lend_stat *ret)
{
	const struct lend_answer *answer;

	for (size_t i = 0; i < scan->n_sockets; i++) {
		if (scan->sockets[i].has_stat && strcmp(scan->sockets[i].path, path) == 0) {
			*ret = scan->sockets[i].stat;
			return true;
		}
	}
	answer = lend_io_ask(scan->io, &ask_socket, path);
	*ret = answer->stat;
	return answer->known == LEND_KNOWN;
}

/* Who listens by that name, as the network namespace of the process has it. */
static bool list_listeners(struct holder *h, const char *pid, const char *path)
{
	const struct lend_answer *table;

	if (!find_stat(h->scan, path, &h->wanted))
		return false;
	table = lend_io_ask(h->scan->io, &look_sockets, pid);
	if (table->known != LEND_KNOWN)
		return false;
	add_listeners(h, table->bytes, basename(path));
	return true;
}

enum lend_holding lend_socket_holds(struct lend_scan *scan, const char *pid, const char *path)
{
	struct holder h = { .scan = scan };
	enum lend_holding holding = LEND_HOLDS_CANNOT_TELL;

	if (lend_io_is_remote(scan->io))
		return holding; /* nobody will ask it */
	if (scan->last_holding.pid != NULL && strcmp(scan->last_holding.pid, pid) == 0 &&
	    strcmp(scan->last_holding.path, path) == 0)
		return scan->last_holding.holding;
	if (list_listeners(&h, pid, path))
		holding = holds(&h, pid, true);
	scan->last_holding.pid = lend_arena_strdup(&scan->memory, pid);
	scan->last_holding.path = lend_arena_strdup(&scan->memory, path);
	scan->last_holding.holding = holding;
	return holding;
}

const char *lend_socket_holder(struct lend_scan *scan, const char *path)
{
	struct holder h = { .scan = scan };
	const struct lend_answer *processes;

	if (!list_listeners(&h, "self", path) || h.n == 0)
		return NULL;
	processes = lend_io_ask(scan->io, &ask_processes);
	for (size_t i = 0; i < processes->n_names; i++) {
		const char *pid = processes->names[i];

		if (pid[0] < '1' || pid[0] > '9' || holds(&h, pid, false) != LEND_HOLDS)
			continue;
		/* A replay finds it by the same questions. */
		(void)lend_io_ask(scan->io, &ask_sockets, "self");
		(void)lend_open_files(scan, pid, true);
		return lend_arena_strdup(&scan->memory, pid);
	}
	return NULL;
}

bool lend_socket_is_recorded(struct lend_scan *scan, enum lend_via via, const char *path)
{
	const struct lend_answer *answer;
	struct lend_talk *talk = lend_talk_open(scan->io, via, path, NULL, &answer);

	lend_talk_close(&talk);
	return answer->known != LEND_NOT_ASKED;
}

bool lend_socket_may_ask(struct lend_scan *scan, const struct lend_scan_socket *socket,
			 const char *pid)
{
	const char *name = lend_build_intern(&scan->build, socket->path);

	if (pid != NULL && !scan->some_wait &&
	    (!lend_io_is_replay(scan->io) ||
	     lend_socket_is_recorded(scan, socket->via, socket->path)))
		return true;
	if (pid == NULL)
		lend_build_gap(
			&scan->build, name, true,
			"as root lend sees all processes; a socket that a QEMU left behind can be removed",
			"nobody is seen to listen on %s: it was not asked, because a QEMU that waits for its first client would start",
			name);
	else
		lend_build_gap(
			&scan->build, name, true,
			"start the VM that waits, or name the socket of the QEMU itself",
			"behind %s could be a QEMU that waits for its first client: it was not asked, because that could start it",
			name);
	return false;
}

/* Its own, or nothing around that a connect could start. */
static bool is_safe(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
		    enum lend_via via, const char *path)
{
	const char *pid = lend_arena_printf(&scan->memory, "%" PRIu64, qemu->pid);

	if (lend_io_is_replay(scan->io))
		return lend_socket_is_recorded(scan, via, path);
	if (!qemu->has_pid)
		return true; /* who listens was looked at before (lend_socket_may_ask) */
	switch (lend_socket_holds(scan, pid, path)) {
	case LEND_HOLDS:
		return true;
	case LEND_HOLDS_NOT:
		return false;
	case LEND_HOLDS_CANNOT_TELL:
		break;
	}
	return !scan->some_wait;
}

bool lend_socket_may_ask_qemu(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			      enum lend_via via, const char *path)
{
	if (is_safe(scan, qemu, via, path))
		return true;
	lend_build_gap(
		&scan->build, qemu->vm->node.id, true,
		"as root lend sees whose a socket is; or name the one that is its own: qmp:PATH",
		"VM %s was not asked: its socket is in other hands, gone, or whose it is cannot be told",
		qemu->vm->node.name);
	return false;
}

bool lend_socket_is_peer(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			 const struct lend_talk *talk)
{
	uint64_t peer = lend_talk_peer(talk);

	for (size_t i = 0; i < scan->n_qemus && peer != 0; i++) {
		if (scan->qemus[i].has_pid && scan->qemus[i].pid == peer &&
		    &scan->qemus[i] != qemu) {
			lend_build_gap(&scan->build, qemu->vm->node.id, true,
				       "give each VM a socket of its own",
				       "the socket of VM %s is that of VM %s by now",
				       qemu->vm->node.name, scan->qemus[i].vm->node.name);
			return false;
		}
	}
	return true;
}
