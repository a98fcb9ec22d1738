/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Character devices of QEMU and the monitors on them.
 *
 * -chardev names one; -qmp, -monitor, -serial, -parallel and -gdb make one
 * from an older language ("unix:/path,server=on", "tcp:host:port") and give
 * it an id of QEMU's choice.
 */

#include "base/num.h"
#include "format/qemu-args-parse.h"

enum { SHOWN_MAX = 60 /* bytes of a value in a remark */ };

static enum lend_qemu_chardev_kind kind_of(const char *backend)
{
	static const struct {
		const char *backend;
		enum lend_qemu_chardev_kind kind;
	} kinds[] = {
		{ "socket", LEND_QEMU_CHARDEV_SOCKET }, { "pipe", LEND_QEMU_CHARDEV_PIPE },
		{ "stdio", LEND_QEMU_CHARDEV_STDIO },   { "pty", LEND_QEMU_CHARDEV_PTY },
		{ "file", LEND_QEMU_CHARDEV_FILE },     { "null", LEND_QEMU_CHARDEV_NULL },
		{ "vc", LEND_QEMU_CHARDEV_VC },
	};

	for (size_t i = 0; i < LEND_COUNT(kinds); i++) {
		if (strcmp(backend, kinds[i].backend) == 0)
			return kinds[i].kind;
	}
	return LEND_QEMU_CHARDEV_OTHER;
}

/* A name of a service is not looked up. */
static struct lend_opt_u64 port_of(const char *text)
{
	struct lend_opt_u64 port = { .has = false };

	port.has = text != NULL && lend_parse_u64(text, 10, &port.v);
	return port;
}

static bool is_wrapped(const struct lend_qemu_opts *opts)
{
	static const char *const keys[] = { "telnet", "tn3270", "websocket" };

	for (size_t i = 0; i < LEND_COUNT(keys); i++) {
		const char *value = lend_qemu_opts_get(opts, keys[i]);

		if (value != NULL && strcmp(value, "off") != 0)
			return true;
	}
	return false;
}

/* Adds a chardev and fills it from what pairs there are; NULL when there is no room. */
static struct lend_qemu_chardev *add(struct lend_qemu_parser *p, const char *option,
				     const char *id, const char *backend,
				     const struct lend_qemu_opts *opts)
{
	struct lend_qemu_args *out = p->out;
	struct lend_qemu_chardev *c;

	if (!lend_qemu_has_room(p, out->n_chardevs, option))
		return NULL;
	c = LEND_PUSH(p->arena, out->chardevs, out->n_chardevs, out->cap_chardevs);
	c->id = id;
	c->implied = option;
	c->backend = backend;
	c->kind = kind_of(backend);
	c->path = lend_qemu_opts_get(opts, "path");
	c->abstract = lend_qemu_tri(p, option, opts, "abstract");
	c->host = lend_qemu_opts_get(opts, "host");
	c->fd = lend_qemu_number(p, option, opts, "fd");
	c->port = port_of(lend_qemu_opts_get(opts, "port"));
	c->last_port = port_of(lend_qemu_opts_get(opts, "to"));
	c->tls_creds = lend_qemu_opts_get(opts, "tls-creds");
	c->wrapped = c->tls_creds != NULL || is_wrapped(opts);
	c->server = lend_qemu_tri(p, option, opts, "server");
	c->wait = lend_qemu_tri(p, option, opts, "wait");
	return c;
}

void lend_qemu_take_chardev(struct lend_qemu_parser *p, const char *option, const char *value)
{
	struct lend_qemu_opts opts;
	const char *backend;

	if (!lend_qemu_pairs(p, option, value, "backend", &opts))
		return;
	backend = lend_qemu_opts_get(&opts, "backend");
	if (backend == NULL)
		lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option, "there is no backend");
	else
		(void)add(p, option, lend_qemu_opts_get(&opts, "id"), backend, &opts);
}

/* "host:port" and "[::1]:port"; *text then stands behind. */
static bool host_port(struct lend_arena *arena, const char **text, const char **ret_host,
		      struct lend_opt_u64 *ret_port)
{
	const char *host = *text;
	const char *host_end;
	const char *colon;
	size_t port_len;

	if (*host == '[') {
		host_end = strchr(++host, ']');
		if (host_end == NULL)
			return false;
		colon = host_end + 1;
	} else {
		host_end = colon = host + strcspn(host, ":,");
	}
	if (*colon != ':')
		return false;
	port_len = strcspn(colon + 1, ",");
	*ret_host = lend_arena_strndup(arena, host, (size_t)(host_end - host));
	*ret_port = port_of(lend_arena_strndup(arena, colon + 1, port_len));
	*text = colon + 1 + port_len;
	return port_len > 0;
}

static const char *after(const char *text, const char *prefix)
{
	const size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

/* unix:, tcp: and the protocols spoken over tcp; false when it is none of them. */
static bool legacy_socket(struct lend_qemu_parser *p, const char *option, const char *id,
			  const char *text)
{
	static const char *const schemes[] = { "tcp:", "telnet:", "tn3270:", "websocket:" };
	struct lend_qemu_opts opts = { 0 };
	struct lend_qemu_chardev *c;
	const char *rest = after(text, "unix:");
	struct lend_opt_u64 port;
	const char *host;

	if (rest != NULL) {
		if (lend_qemu_pairs(p, option, rest, "path", &opts))
			(void)add(p, option, id, "socket", &opts);
		return true;
	}
	for (size_t i = 0; i < LEND_COUNT(schemes); i++) {
		rest = after(text, schemes[i]);
		if (rest == NULL)
			continue;
		if (!host_port(p->arena, &rest, &host, &port))
			return false;
		rest += *rest == ',';
		if (!lend_qemu_pairs(p, option, rest, NULL, &opts))
			return true;
		c = add(p, option, id, "socket", &opts);
		if (c == NULL)
			return true;
		c->host = host;
		c->port = port;
		c->wrapped = c->wrapped || i > 0;
		return true;
	}
	return false;
}

static bool legacy_other(struct lend_qemu_parser *p, const char *option, const char *id,
			 const char *text)
{
	static const char *const words[] = { "stdio", "pty", "null", "vc" };
	static const char *const prefixes[] = { "file:", "pipe:", "pty:", "vc:", "udp:" };
	const struct lend_qemu_opts none = { 0 };
	struct lend_qemu_chardev *c = NULL;

	for (size_t i = 0; i < LEND_COUNT(words); i++) {
		if (strcmp(text, words[i]) == 0) {
			(void)add(p, option, id, words[i], &none);
			return true;
		}
	}
	if (*text == '/') {
		c = add(p, option, id, "serial", &none);
		if (c != NULL)
			c->path = text;
		return true;
	}
	for (size_t i = 0; i < LEND_COUNT(prefixes); i++) {
		const char *rest = after(text, prefixes[i]);
		const size_t n = strlen(prefixes[i]) - 1;

		if (rest == NULL)
			continue;
		c = add(p, option, id, lend_arena_strndup(p->arena, prefixes[i], n), &none);
		if (c != NULL && i < 3)
			c->path = rest;
		return true;
	}
	return false;
}

static void add_monitor(struct lend_qemu_parser *p, const char *option, const char *chardev_id,
			bool control, enum lend_tri pretty)
{
	struct lend_qemu_args *out = p->out;
	struct lend_qemu_monitor *m;

	if (!lend_qemu_has_room(p, out->n_monitors, option))
		return;
	m = LEND_PUSH(p->arena, out->monitors, out->n_monitors, out->cap_monitors);
	m->chardev_id = chardev_id;
	m->control = control;
	m->pretty = pretty;
}

/* The older language.  The id of the chardev meant, NULL when there is none. */
static const char *legacy(struct lend_qemu_parser *p, const char *option, const char *id,
			  const char *text)
{
	const size_t before = p->out->n_chardevs;
	const char *named = after(text, "chardev:");
	const char *muxed = after(text, "mon:");

	if (named != NULL)
		return named;
	if (strcmp(text, "none") == 0)
		return NULL;
	if (muxed != NULL)
		text = muxed;
	if (!legacy_socket(p, option, id, text) && !legacy_other(p, option, id, text))
		lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option,
				 "\"%.*s\" is no known character device", SHOWN_MAX, text);
	if (p->out->n_chardevs == before)
		return NULL;
	if (muxed != NULL)
		add_monitor(p, option, id, false, LEND_TRI_UNSET);
	return id;
}

void lend_qemu_take_monitor(struct lend_qemu_parser *p, const char *option, const char *value)
{
	const bool control = strcmp(option, "-monitor") != 0;
	const char *id = lend_arena_printf(p->arena, "compat_monitor%u", p->n_monitor);

	if (strcmp(value, "none") == 0)
		return;
	p->n_monitor++;
	id = legacy(p, option, id, value);
	if (id != NULL)
		add_monitor(p, option, id, control,
			    strcmp(option, "-qmp-pretty") == 0 ? LEND_TRI_ON : LEND_TRI_UNSET);
}

void lend_qemu_take_serial(struct lend_qemu_parser *p, const char *option, const char *value)
{
	const char *id = lend_arena_printf(p->arena, "serial%u", p->n_serial++);

	(void)legacy(p, option, id, value);
}

void lend_qemu_take_parallel(struct lend_qemu_parser *p, const char *option, const char *value)
{
	const char *id = lend_arena_printf(p->arena, "parallel%u", p->n_parallel++);

	(void)legacy(p, option, id, value);
}

void lend_qemu_take_gdb(struct lend_qemu_parser *p, const char *option, const char *value)
{
	(void)legacy(p, option, "gdb", value);
}

void lend_qemu_take_mon(struct lend_qemu_parser *p, const char *option, const char *value)
{
	struct lend_qemu_opts opts;
	const char *mode;

	if (!lend_qemu_pairs(p, option, value, "chardev", &opts))
		return;
	mode = lend_qemu_opts_get(&opts, "mode");
	add_monitor(p, option, lend_qemu_opts_get(&opts, "chardev"),
		    mode != NULL && strcmp(mode, "control") == 0,
		    lend_qemu_tri(p, option, &opts, "pretty"));
}

static bool find(const struct lend_qemu_args *args, const char *id, size_t *ret_index)
{
	if (id == NULL)
		return false;
	for (size_t i = 0; i < args->n_chardevs; i++) {
		if (args->chardevs[i].id != NULL && strcmp(args->chardevs[i].id, id) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

static bool is_agent_port(const struct lend_qemu_device *d)
{
	return strcmp(d->driver, "virtserialport") == 0 && d->name != NULL &&
	       strcmp(d->name, "org.qemu.guest_agent.0") == 0;
}

void lend_qemu_resolve_chardevs(struct lend_qemu_parser *p)
{
	struct lend_qemu_args *out = p->out;
	size_t at;

	for (size_t i = 0; i < out->n_monitors; i++) {
		struct lend_qemu_monitor *m = &out->monitors[i];

		m->has_chardev = find(out, m->chardev_id, &m->chardev);
	}
	for (size_t i = 0; i < out->n_devices; i++) {
		const struct lend_qemu_device *d = &out->devices[i];

		if (is_agent_port(d) && find(out, d->chardev, &at))
			*LEND_PUSH(p->arena, out->agents, out->n_agents, out->cap_agents) = at;
	}
}
