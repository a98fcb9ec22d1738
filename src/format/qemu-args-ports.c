/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/qemu-args-ports.h"

#include "base/json.h"
#include "format/qemu-opts.h"

struct look {
	struct lend_arena *arena;
	const struct lend_qemu_args *args;
	struct lend_qemu_ports *out;
	size_t n_looked_up;
};

/* Credentials are looked up so often: each is a way through the whole command line. */
enum { LOOKED_UP_MAX = 16 };

/* ui/vnc.c, net/slirp.c, util/qemu-sockets.c: no address is all of them. */
static enum lend_qemu_reach reach_of(const char *host, size_t len)
{
	static const char *const all[] = { "", "0", "0.0.0.0", "::", "[::]", "*" };
	static const char *const self[] = { "localhost", "ip6-localhost", "::1", "[::1]" };

	if (len > 4 && strncmp(host, "127.", 4) == 0)
		return LEND_QEMU_REACH_SELF;
	for (size_t i = 0; i < LEND_COUNT(all); i++) {
		if (strlen(all[i]) == len && strncmp(host, all[i], len) == 0)
			return LEND_QEMU_REACH_ALL;
	}
	for (size_t i = 0; i < LEND_COUNT(self); i++) {
		if (strlen(self[i]) == len && strncmp(host, self[i], len) == 0)
			return LEND_QEMU_REACH_SELF;
	}
	return LEND_QEMU_REACH_ONE;
}

/* The host of "HOST:PORT", "[HOST]:PORT", ":PORT". */
static enum lend_qemu_reach reach_in(const char *text)
{
	const char *end = text[0] == '[' ? strchr(text, ']') : NULL;

	return reach_of(text, end != NULL ? (size_t)(end + 1 - text) : strcspn(text, ":"));
}

static void add(struct look *l, enum lend_qemu_port_kind kind, enum lend_qemu_reach reach,
		bool locked, const char *what, const char *value)
{
	if (l->out->n == LEND_QEMU_ARGS_MAX) {
		l->out->partial = true;
		return;
	}
	*LEND_PUSH(l->arena, l->out->items, l->out->n, l->out->cap) = (struct lend_qemu_port){
		.kind = kind,
		.reach = reach,
		.locked = locked,
		.text = lend_arena_printf(l->arena, "%s %s", what, value),
	};
}

static bool parse(struct look *l, const char *value, const char *implied,
		  struct lend_qemu_opts *ret)
{
	struct lend_err ignored = { 0 };

	if (lend_qemu_opts_parse(l->arena, value, implied, ret, &ignored) == 0)
		return true;
	l->out->partial = true;
	return false;
}

static bool is_on(const struct lend_qemu_opts *opts, const char *key)
{
	const char *value = lend_qemu_opts_get(opts, key);

	return value != NULL && (strcmp(value, "on") == 0 || strcmp(value, "yes") == 0 ||
				 strcmp(value, "true") == 0 || *value == '\0');
}

/* ---- consoles ---- */

/*
 * Credentials that let in those alone who have a certificate or a key.  With
 * verify-peer=off, and with tls-creds-anon, the line is encrypted, and open to all.
 */
static bool tls_asks(struct look *l, const char *id)
{
	struct lend_qemu_option option;

	if (id != NULL && l->n_looked_up++ >= LOOKED_UP_MAX) {
		l->out->partial = true;
		return false;
	}
	for (size_t at = 0; id != NULL && lend_qemu_args_next(l->args, &at, &option);) {
		struct lend_qemu_opts opts;
		struct lend_err ignored = { 0 };
		const char *type, *verify, *own;

		if (option.name == NULL || option.value == NULL ||
		    strcmp(option.name, "-object") != 0 ||
		    lend_qemu_opts_parse(l->arena, option.value, "qom-type", &opts, &ignored) <
			    0)
			continue;
		type = lend_qemu_opts_get(&opts, "qom-type");
		own = lend_qemu_opts_get(&opts, "id");
		verify = lend_qemu_opts_get(&opts, "verify-peer");
		if (type == NULL || own == NULL || strcmp(own, id) != 0)
			continue;
		return strcmp(type, "tls-creds-psk") == 0 ||
		       (strcmp(type, "tls-creds-x509") == 0 &&
			(verify == NULL || is_on(&opts, "verify-peer")));
	}
	return false;
}

/*
 * "HOST:DISPLAY,...", "unix:PATH", "none"; with reverse it calls, and does not listen.
 * No QEMU so far takes JSON there (7.2 reads it as an address and ends): if one does, it
 * is not known what it says.
 */
static void take_vnc(struct look *l, const char *what, const char *value)
{
	struct lend_qemu_opts opts;
	const char *at;

	if (value[0] == '{') {
		l->out->partial = true;
		return;
	}
	if (!parse(l, value, "vnc", &opts))
		return;
	at = lend_qemu_opts_get(&opts, "vnc");
	if (at == NULL || strcmp(at, "none") == 0 || strncmp(at, "unix:", 5) == 0 ||
	    is_on(&opts, "reverse"))
		return;
	add(l, LEND_QEMU_PORT_VNC, reach_in(at),
	    is_on(&opts, "password") || is_on(&opts, "sasl") ||
		    lend_qemu_opts_get(&opts, "password-secret") != NULL ||
		    tls_asks(l, lend_qemu_opts_get(&opts, "tls-creds")),
	    what, at);
}

/* Its password may be in the value: only the port is kept. */
static void take_spice(struct look *l, const char *value)
{
	struct lend_qemu_opts opts;
	const char *port, *host;

	if (!parse(l, value, NULL, &opts))
		return;
	port = lend_qemu_opts_get(&opts, "port");
	if (port == NULL)
		port = lend_qemu_opts_get(&opts, "tls-port");
	host = lend_qemu_opts_get(&opts, "addr");
	if (port == NULL || is_on(&opts, "unix"))
		return;
	add(l, LEND_QEMU_PORT_SPICE,
	    host == NULL ? LEND_QEMU_REACH_ALL : reach_of(host, strlen(host)),
	    !is_on(&opts, "disable-ticketing"), "-spice",
	    lend_arena_printf(l->arena, "%s:%s", host == NULL ? "" : host, port));
}

/* ---- the network ---- */

/* "tcp:ADDRESS:PORT-GUEST:PORT" */
static void take_forward(struct look *l, const char *value)
{
	const char *colon = strchr(value, ':');

	if (colon == NULL || strncmp(value, "unix:", 5) == 0)
		return;
	add(l, LEND_QEMU_PORT_OTHER, reach_in(colon + 1), false, "hostfwd", value);
}

/* {"type":"user","hostfwd":[{"str":"tcp::2222-:22"}]} */
static void take_forwards(struct look *l, const char *value)
{
	lend_auto_json struct lend_json *doc = NULL;
	struct lend_err ignored = { 0 };
	const struct lend_json *list;

	if (lend_json_parse(value, strlen(value), &doc, &ignored) < 0) {
		l->out->partial = true;
		return;
	}
	list = lend_json_get(doc, "hostfwd");
	for (size_t i = 0; i < lend_json_count(list); i++) {
		const char *text = lend_json_str(lend_json_get(lend_json_at(list, i), "str"));

		if (text == NULL || strchr(text, ':') == NULL)
			l->out->partial = true;
		else
			take_forward(l, text);
	}
}

static void take_net(struct look *l, const char *option, const char *value)
{
	struct lend_qemu_opts opts;
	const char *type;

	if (!parse(l, value, "type", &opts))
		return;
	type = lend_qemu_opts_get(&opts, "type");
	for (size_t i = 0; i < opts.n; i++) {
		const struct lend_qemu_pair *pair = &opts.pairs[i];

		if (strcmp(pair->key, "hostfwd") == 0)
			take_forward(l, pair->value);
		if (strcmp(pair->key, "listen") == 0)
			add(l, LEND_QEMU_PORT_OTHER, reach_in(pair->value), false, option,
			    lend_arena_printf(l->arena, "listen=%s", pair->value));
	}
	/* Forwards of the JSON form are an array. */
	if (opts.partial && type != NULL && strcmp(type, "user") == 0)
		take_forwards(l, value);
}

/* ---- character devices ---- */

static bool is_monitor(const struct lend_qemu_args *args, size_t chardev)
{
	for (size_t i = 0; i < args->n_monitors; i++) {
		if (args->monitors[i].has_chardev && args->monitors[i].chardev == chardev)
			return true;
	}
	return false;
}

static void take_chardev(struct look *l, size_t i)
{
	const struct lend_qemu_chardev *c = &l->args->chardevs[i];
	bool gdb = strcmp(c->implied, "-gdb") == 0 || strcmp(c->implied, "-s") == 0;
	const char *host = c->host == NULL ? "" : c->host;

	/* gdbstub.c makes it a server by itself. */
	if (c->kind != LEND_QEMU_CHARDEV_SOCKET || c->path != NULL || c->fd.has ||
	    (c->host == NULL && !c->port.has) || (!gdb && c->server != LEND_TRI_ON))
		return;
	add(l, gdb || is_monitor(l->args, i) ? LEND_QEMU_PORT_MONITOR : LEND_QEMU_PORT_OTHER,
	    reach_of(host, strlen(host)), tls_asks(l, c->tls_creds), c->implied,
	    c->port.has ? lend_arena_printf(l->arena, "%s:%llu", host,
					    (unsigned long long)c->port.v)
			: host);
}

/* JSON names what is shown in a window or in none, but VNC (DisplayType in qapi/ui.json). */
static void take_display(struct look *l, const char *value)
{
	struct lend_qemu_opts opts;
	const char *type;

	if (strncmp(value, "vnc=", 4) == 0) {
		take_vnc(l, "-display vnc", value + 4);
		return;
	}
	if (value[0] != '{' || !parse(l, value, NULL, &opts))
		return;
	type = lend_qemu_opts_get(&opts, "type");
	if (type == NULL || strcmp(type, "vnc") == 0)
		l->out->partial = true;
}

static void take(struct look *l, const struct lend_qemu_option *option)
{
	if (option->name == NULL || option->value == NULL)
		return;
	if (strcmp(option->name, "-vnc") == 0)
		take_vnc(l, option->name, option->value);
	else if (strcmp(option->name, "-display") == 0)
		take_display(l, option->value);
	else if (strcmp(option->name, "-spice") == 0)
		take_spice(l, option->value);
	else if (strcmp(option->name, "-netdev") == 0 || strcmp(option->name, "-nic") == 0 ||
		 strcmp(option->name, "-net") == 0)
		take_net(l, option->name, option->value);
	else if (strcmp(option->name, "-incoming") == 0 &&
		 strncmp(option->value, "tcp:", 4) == 0)
		add(l, LEND_QEMU_PORT_OTHER, reach_in(option->value + 4), false, option->name,
		    option->value);
}

void lend_qemu_args_ports(struct lend_arena *arena, const struct lend_qemu_args *args,
			  struct lend_qemu_ports *ret)
{
	struct look l = { .arena = arena, .args = args, .out = ret };
	struct lend_qemu_option option;

	*ret = (struct lend_qemu_ports){ .partial = args->has_readconfig };
	for (size_t at = 0; lend_qemu_args_next(args, &at, &option);)
		take(&l, &option);
	for (size_t i = 0; i < args->n_chardevs; i++)
		take_chardev(&l, i);
}
