/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * By which connection over SSH the caller works on this host.
 *
 * Asks  the environment of lend itself and of the processes above it, for
 *       SSH_CONNECTION (sshd(8)): sudo clears the former; what an sshd above
 *       has open, when there is none; /proc/net/tcp and tcp6, whether the
 *       connection is there
 * Adds  session nodes, edges to the route to the client
 *
 * A terminal multiplexer keeps the environment of a session that is gone.
 * Then every connection to the same port may be the caller's.
 *
 * Of all that, a capture has the connections alone, in the place of the
 * environment: whose host it is, is told by no more than that.
 */

#include "collect/net.h"

#include <inttypes.h>

#include "base/num.h"
#include "collect/open-files.h"
#include "format/proc-net.h"
#include "model/kind-session.h"

enum { ABOVE_MAX = 64, SESSIONS_MAX = 64, CONNECTIONS_MAX = 65536, ENVIRONMENT_MAX = 4 << 20 };

static const struct lend_ask look_own = { .via = LEND_VIA_FILE,
					  .key = "proc/self/environ",
					  .limit_bytes = ENVIRONMENT_MAX,
					  .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask look_environ = { .via = LEND_VIA_FILE,
					      .key = "proc/%s/environ",
					      .limit_bytes = ENVIRONMENT_MAX,
					      .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask look_stat = { .via = LEND_VIA_FILE,
					   .key = "proc/%s/stat",
					   .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask look_table = { .via = LEND_VIA_FILE,
					    .key = "proc/self/net/%s",
					    .limit_bytes = 64 << 20,
					    .flags = LEND_ASK_NOT_RECORDED };

struct found {
	const char *client, *server; /* addresses; a zone may be behind them */
	uint16_t client_port, server_port;
	bool established;
	const char *by;
};

struct look {
	struct lend_net_look *net;
	struct lend_scan *scan;
	struct lend_tcp_connection *connections;
	size_t n, cap;
	struct found *found;
	size_t n_found, cap_found;
	bool hidden; /* an sshd is above, but not what it has open */
};

/* ---- texts ---- */

/* The value of a variable; NULL when there is none. */
static const char *variable_of(const char *environ, size_t len, const char *name)
{
	size_t n = strlen(name);

	for (size_t at = 0; at < len; at += strlen(environ + at) + 1) {
		if (strncmp(environ + at, name, n) == 0 && environ[at + n] == '=')
			return environ + at + n + 1;
	}
	return NULL;
}

static bool next_word(const char **at, struct lend_span *ret)
{
	*at += strspn(*at, " ");
	*ret = (struct lend_span){ *at, strcspn(*at, " ") };
	*at += ret->len;
	return ret->len > 0;
}

static bool port_of(struct lend_span word, uint16_t *ret)
{
	uint64_t port;

	if (!lend_parse_u64n(word.at, word.len, 10, &port) || port == 0 || port > UINT16_MAX)
		return false;
	*ret = (uint16_t)port;
	return true;
}

/* "CLIENT PORT SERVER PORT" */
static bool parse(struct lend_arena *memory, const char *text, struct found *ret)
{
	struct lend_span words[4];
	struct found found = { 0 };

	for (size_t i = 0; i < LEND_COUNT(words); i++) {
		if (!next_word(&text, &words[i]))
			return false;
	}
	if (!port_of(words[1], &found.client_port) || !port_of(words[3], &found.server_port))
		return false;
	found.client = lend_arena_strndup(memory, words[0].at, words[0].len);
	found.server = lend_arena_strndup(memory, words[2].at, words[2].len);
	*ret = found;
	return true;
}

/* ---- connections ---- */

static void read_table(struct look *l, const char *table)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &look_table, table);
	struct lend_span rest = { answer->bytes, answer->len };
	struct lend_tcp_connection c;

	while (answer->known == LEND_KNOWN && l->n < CONNECTIONS_MAX &&
	       lend_tcp_connection_next(&rest, &c))
		*LEND_PUSH(&l->scan->memory, l->connections, l->n, l->cap) = c;
}

static void add(struct look *l, const struct found *found)
{
	for (size_t i = 0; i < l->n_found; i++) {
		if (strcmp(l->found[i].client, found->client) == 0 &&
		    l->found[i].client_port == found->client_port)
			return;
	}
	if (l->n_found < SESSIONS_MAX)
		*LEND_PUSH(&l->scan->memory, l->found, l->n_found, l->cap_found) = *found;
}

static const char *text_of(struct look *l, const struct lend_ip *ip)
{
	char text[LEND_IP_TEXT];

	lend_ip_format(ip, text);
	return lend_arena_strdup(&l->scan->memory, text);
}

static void add_connection(struct look *l, const struct lend_tcp_connection *c, const char *by)
{
	const struct found found = {
		.client = text_of(l, &c->remote),
		.server = text_of(l, &c->local),
		.client_port = c->remote_port,
		.server_port = c->local_port,
		.established = true,
		.by = by,
	};

	add(l, &found);
}

static bool is_at(const struct found *found, const struct lend_tcp_connection *c)
{
	struct lend_ip ip;

	return c->remote_port == found->client_port && c->local_port == found->server_port &&
	       lend_ip_parse(found->client, strcspn(found->client, "%"), &ip) &&
	       lend_ip_is(&ip, &c->remote);
}

/* What a variable said, or what is there in its place. */
static void check(struct look *l, struct found *found)
{
	for (size_t i = 0; i < l->n && !found->established; i++)
		found->established = is_at(found, &l->connections[i]);
	for (size_t i = 0; i < l->n && !found->established; i++) {
		if (l->connections[i].local_port == found->server_port)
			add_connection(l, &l->connections[i],
				       "the port of a session that is gone");
	}
	if (found->established || l->n_found == 0)
		add(l, found);
}

/* ---- processes above ---- */

struct process {
	const char *pid, *parent;
	bool is_sshd;
};

/* "PID (NAME) STATE PARENT ...": a name may have anything in it. */
static bool read_process(struct look *l, const char *pid, struct process *ret)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &look_stat, pid);
	const char *open = answer->known == LEND_KNOWN ? strchr(answer->bytes, '(') : NULL;
	const char *close = open != NULL ? strrchr(answer->bytes, ')') : NULL;
	struct lend_span word;
	uint64_t parent;

	if (close == NULL || close < open)
		return false;
	ret->is_sshd = strncmp(open + 1, "sshd", 4) == 0;
	close++;
	if (!next_word(&close, &word) || !next_word(&close, &word) ||
	    !lend_parse_u64n(word.at, word.len, 10, &parent))
		return false;
	ret->pid = pid;
	ret->parent = lend_arena_printf(&l->scan->memory, "%" PRIu64, parent);
	return true;
}

static bool socket_of(const char *link, uint64_t *ret)
{
	static const char start[] = "socket:[";
	size_t len = strlen(link);

	return len > strlen(start) && strncmp(link, start, strlen(start)) == 0 &&
	       lend_parse_u64n(link + strlen(start), len - strlen(start) - 1, 10, ret);
}

static void look_at_sshd(struct look *l, const char *pid)
{
	const struct lend_open_files *open = lend_open_files(l->scan, pid, false);

	l->hidden = l->hidden || !open->listed;
	for (size_t i = 0; i < open->n; i++) {
		uint64_t inode;

		if (!socket_of(lend_open_link(l->scan, i), &inode) || inode == 0)
			continue;
		for (size_t n = 0; n < l->n; n++) {
			if (l->connections[n].inode == inode)
				add_connection(l, &l->connections[n], "a socket of sshd");
		}
	}
}

static bool take_variable(struct look *l, const struct lend_answer *answer, const char *by)
{
	const char *text = answer->known == LEND_KNOWN
				   ? variable_of(answer->bytes, answer->len, "SSH_CONNECTION")
				   : NULL;
	struct found found;

	if (text == NULL || !parse(&l->scan->memory, text, &found))
		return false;
	found.by = by;
	check(l, &found);
	return true;
}

static void look_above(struct look *l)
{
	struct process process;
	const char *pid = "self";

	for (size_t i = 0; i < ABOVE_MAX && read_process(l, pid, &process); i++) {
		if (i > 0 && take_variable(l, lend_io_ask(l->scan->io, &look_environ, pid),
					   "SSH_CONNECTION of a process above"))
			return;
		if (process.is_sshd)
			look_at_sshd(l, pid);
		if (l->n_found > 0 || strcmp(process.parent, "0") == 0)
			return;
		pid = process.parent;
	}
}

/* ---- captures ---- */

/* SSH_CONNECTION as it was found, and behind it what else was known of it. */
static void record(struct look *l)
{
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < l->n_found; i++) {
		const struct found *f = &l->found[i];

		lend_buf_printf(&out, "SSH_CONNECTION=%s %u %s %u", f->client, f->client_port,
				f->server, f->server_port);
		lend_buf_putc(&out, '\0');
		lend_buf_printf(&out, "%s=%s", f->established ? "established" : "gone", f->by);
		lend_buf_putc(&out, '\0');
	}
	lend_io_record_part(l->scan->io, &look_own, lend_buf_text(&out), out.len);
}

static void replay(struct look *l, const struct lend_answer *answer)
{
	for (size_t at = 0; at < answer->len;) {
		const char *text = answer->bytes + at;
		size_t len = answer->len - at;
		const char *value = variable_of(text, strlen(text) + 1, "SSH_CONNECTION");
		size_t next = strlen(text) + 1;
		struct found found;

		at += next;
		if (value == NULL || !parse(&l->scan->memory, value, &found))
			continue;
		text = next < len ? answer->bytes + at : "";
		found.established = strncmp(text, "established=", 12) == 0;
		found.by = strchr(text, '=') != NULL ? strchr(text, '=') + 1 : "SSH_CONNECTION";
		found.by = lend_arena_strdup(&l->scan->memory, found.by);
		add(l, &found);
	}
}

/* ---- all of it ---- */

static void put(struct look *l, const struct found *found, uint32_t by)
{
	struct lend_build *b = &l->scan->build;
	bool wrap = strchr(found->client, ':') != NULL;
	struct lend_session *session = (struct lend_session *)lend_build_node(
		b, LEND_KIND_SESSION, NULL,
		lend_build_internf(b, "%s%s%s:%u", wrap ? "[" : "", found->client,
				   wrap ? "]" : "", found->client_port));

	lend_build_text(b, &session->node, &session->client, by, found->client);
	lend_build_text(b, &session->node, &session->server, by, found->server);
	lend_build_u64(b, &session->node, &session->established, by, found->established);
	lend_build_text(b, &session->node, &session->by, by, found->by);
	lend_net_put_way(l->net, &session->node, found->client, strlen(found->client));
	lend_net_put_own(l->net, &session->node, found->server, strcspn(found->server, "%"));
}

void lend_net_put_sessions(struct lend_net_look *net)
{
	struct lend_scan *scan = net->scan;
	struct look l = { .net = net, .scan = scan };
	const struct lend_answer *own;
	uint32_t by;

	/* A copied tree does not say who copied it, and from where. */
	if (lend_io_is_copy(scan->io))
		return;
	own = lend_io_ask(scan->io, &look_own);
	if (lend_io_is_replay(scan->io)) {
		if (own->known == LEND_KNOWN)
			replay(&l, own);
	} else {
		read_table(&l, "tcp");
		read_table(&l, "tcp6");
		if (!take_variable(&l, own, "SSH_CONNECTION"))
			look_above(&l);
		if (lend_io_is_recording(scan->io))
			record(&l);
	}
	if (l.n_found == 0 && l.hidden)
		lend_build_gap(&scan->build, "net", false, "run as root",
			       "by which connection you came is not known: what sshd has "
			       "open is hidden");
	by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "net",
				 "proc/self/environ", "");
	for (size_t i = 0; i < l.n_found; i++)
		put(&l, &l.found[i], by);
}
