/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A conversation with who looks and then changes, over one connection: the
 * library takes longer to load, and a connection to make, than most changes.
 *
 * Requests and replies are lines of JSON as a QEMU monitor has them, greeting
 * included, so that lend talks to both in one way:
 *
 *	{"execute":"attach","arguments":{"domain":"db1","where":"live","xml":"..."}}
 *	{"return":{}}     {"error":{"class":"GenericError","desc":"..."}}
 *
 * read gives all domains; look one, null when there is none; define, undefine,
 * start, shutdown, destroy, attach, detach change one.  What comes in on the
 * socket is from lend alone.  It ends with the socket, and never in the middle
 * of a change.
 */

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <libvirt/libvirt-qemu.h>
#include <sys/socket.h>
#include <unistd.h>

#include "via-libvirt.h"

enum { LINE_BYTES = 8 << 20, READ_BYTES = 65536, AGENT_S = 5 };

typedef __typeof__(virDomainQemuAgentCommand) ask_function;

struct talk {
	virConnectPtr connection;
	const char *uri;
	const char *agent; /* the domain whose agent is asked; NULL */
	ask_function *ask;
	const struct lend_json *arguments;
	struct lend_buf *reply;
	struct via_list seen; /* by the last "read" */
};

/* ---- replies ---- */

static void put_error(struct talk *t, const char *text)
{
	struct lend_jsonw w = { .out = t->reply };

	lend_buf_reset(t->reply);
	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_open(&w, "error", '{');
	lend_jsonw_str(&w, "class", "GenericError");
	lend_jsonw_str(&w, "desc", text);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
}

static void put_libvirts(struct talk *t)
{
	const char *text = virGetLastErrorMessage();

	put_error(t, text != NULL ? text : "libvirt did not say why");
}

/* r as libvirt's functions have it. */
static void put_outcome(struct talk *t, int r)
{
	if (r < 0)
		put_libvirts(t);
	else
		lend_buf_puts(t->reply, "{\"return\":{}}");
}

static const char *argument(const struct talk *t, const char *key)
{
	const char *text = lend_json_str(lend_json_get(t->arguments, key));

	return text != NULL ? text : "";
}

/* NULL: the reply says why. */
static virDomainPtr find(struct talk *t)
{
	const char *name = argument(t, "domain");
	virDomainPtr domain;

	/* By its UUID, then: one that was made anew under that name since is not meant. */
	for (int i = 0; i < t->seen.n; i++) {
		domain = t->seen.items[i];
		if (strcmp(virDomainGetName(domain), name) == 0 && virDomainRef(domain) == 0)
			return domain;
	}
	domain = virDomainLookupByName(t->connection, name);
	if (domain == NULL)
		put_libvirts(t);
	return domain;
}

/* ---- requests ---- */

static void answer_read(struct talk *t)
{
	struct lend_jsonw w = { .out = t->reply };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_open(&w, "return", '{');
	if (via_put_domains(&w, t->connection, &t->seen) < 0) {
		put_libvirts(t);
		return;
	}
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
}

static void answer_look(struct talk *t)
{
	auto_domain domain = virDomainLookupByName(t->connection, argument(t, "domain"));
	struct lend_jsonw w = { .out = t->reply };
	int state = VIR_DOMAIN_NOSTATE;

	if (domain == NULL && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN) {
		put_libvirts(t);
		return;
	}
	lend_jsonw_open(&w, NULL, '{');
	if (domain == NULL) {
		lend_jsonw_null(&w, "return");
	} else {
		(void)virDomainGetState(domain, &state, NULL, 0);
		lend_jsonw_open(&w, "return", '{');
		lend_jsonw_bool(&w, "saved", virDomainHasManagedSaveImage(domain, 0) == 1);
		(void)via_put_domain(&w, "domain", domain, state == VIR_DOMAIN_PAUSED,
				     virDomainIsPersistent(domain) == 1);
		lend_jsonw_close(&w, '}');
	}
	lend_jsonw_close(&w, '}');
}

static void answer_define(struct talk *t)
{
	auto_domain domain = virDomainDefineXMLFlags(t->connection, argument(t, "xml"),
						     VIR_DOMAIN_DEFINE_VALIDATE);

	via_free_list(&t->seen); /* it may have been another one by that name */
	put_outcome(t, domain != NULL ? 0 : -1);
}

/* The variables of UEFI are data: they stay.  A saved guest makes libvirt refuse. */
static void answer_undefine(struct talk *t)
{
	auto_domain domain = find(t);

	if (domain != NULL)
		put_outcome(t, virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM));
}

static void answer_start(struct talk *t)
{
	auto_domain domain = find(t);

	if (domain != NULL)
		put_outcome(t, virDomainCreate(domain));
}

static void answer_shutdown(struct talk *t)
{
	auto_domain domain = find(t);

	if (domain != NULL)
		put_outcome(t, virDomainShutdown(domain));
}

static void answer_destroy(struct talk *t)
{
	auto_domain domain = find(t);

	if (domain != NULL)
		put_outcome(t, virDomainDestroy(domain));
}

static unsigned int where(const struct talk *t)
{
	return strcmp(argument(t, "where"), "live") == 0 ? VIR_DOMAIN_AFFECT_LIVE
							 : VIR_DOMAIN_AFFECT_CONFIG;
}

static void answer_attach(struct talk *t)
{
	auto_domain domain = find(t);

	if (domain != NULL)
		put_outcome(t,
			    virDomainAttachDeviceFlags(domain, argument(t, "xml"), where(t)));
}

static void answer_detach(struct talk *t)
{
	auto_domain domain = find(t);

	if (domain != NULL)
		put_outcome(t,
			    virDomainDetachDeviceFlags(domain, argument(t, "xml"), where(t)));
}

static const struct request {
	const char *name;
	void (*answer)(struct talk *t);
} requests[] = {
	{ "attach", answer_attach },     { "define", answer_define },
	{ "destroy", answer_destroy },   { "detach", answer_detach },
	{ "look", answer_look },         { "read", answer_read },
	{ "shutdown", answer_shutdown }, { "start", answer_start },
	{ "undefine", answer_undefine },
};

/* Opened by the first request: what is wrong with it is the reply to that. */
static bool connect_first(struct talk *t)
{
	if (t->connection == NULL)
		t->connection = virConnectOpen(t->uri);
	if (t->connection == NULL)
		put_libvirts(t);
	return t->connection != NULL;
}

static void answer(struct talk *t, const char *name)
{
	if (strcmp(name, "qmp_capabilities") == 0) {
		put_outcome(t, 0);
		return;
	}
	if (!connect_first(t))
		return;
	for (size_t i = 0; i < LEND_COUNT(requests); i++) {
		if (strcmp(requests[i].name, name) == 0) {
			requests[i].answer(t);
			return;
		}
	}
	put_error(t, "no such request");
}

/* ---- the agent of a guest ---- */

/* NULL when the library is not there, which is a part of libvirt's. */
static ask_function *load_agent(void)
{
	void *library = dlopen("libvirt-qemu.so.0", RTLD_NOW | RTLD_LOCAL);

	return library == NULL
		       ? NULL
		       : (ask_function *)(uintptr_t)dlsym(library, "virDomainQemuAgentCommand");
}

/* libvirt does this with the agent by itself; here it tells lend that we are there. */
static void answer_sync(struct talk *t)
{
	uint64_t id = 0;

	(void)!lend_json_u64(lend_json_get(t->arguments, "id"), &id);
	lend_buf_printf(t->reply, "\xff{\"return\":%" PRIu64 "}", id);
}

static void answer_agent(struct talk *t, const char *name, const char *text)
{
	auto_domain domain = NULL;
	char *reply;

	if (strcmp(name, "guest-sync-delimited") == 0) {
		answer_sync(t);
		return;
	}
	if (t->connection == NULL && via_would_start_daemon(t->uri)) {
		put_error(t, "libvirt's daemon does not run");
		return;
	}
	if (!connect_first(t))
		return;
	domain = virDomainLookupByName(t->connection, t->agent);
	if (domain == NULL) {
		put_libvirts(t);
		return;
	}
	if (t->ask == NULL)
		t->ask = load_agent();
	if (t->ask == NULL) {
		put_error(t, "libvirt-qemu.so.0 is not there");
		return;
	}
	reply = t->ask(domain, text, AGENT_S, 0);
	if (reply == NULL)
		put_libvirts(t);
	else
		lend_buf_puts(t->reply, reply);
	free(reply);
}

/* ---- lines ---- */

static bool send_all(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(STDOUT_FILENO, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static bool take_line(struct talk *t, const char *text, size_t len)
{
	lend_auto_json struct lend_json *doc = NULL;
	lend_auto_buf line = { 0 };
	lend_auto_buf reply = { 0 };
	const char *name;

	/* Puts an end to half a request of somebody before; here there is none. */
	while (len > 0 && *text == '\xff') {
		text++;
		len--;
	}
	lend_buf_put(&line, text, len);
	t->reply = &reply;
	if (lend_json_parse(lend_buf_text(&line), line.len, &doc, NULL) < 0)
		name = "";
	else
		name = lend_json_str(lend_json_get(doc, "execute"));
	t->arguments = lend_json_get(doc, "arguments");
	if (t->agent == NULL)
		answer(t, name != NULL ? name : "");
	else
		answer_agent(t, name != NULL ? name : "", lend_buf_text(&line));
	lend_buf_putc(&reply, '\n');
	t->reply = NULL;
	return send_all(reply.text, reply.len);
}

/* All whole lines of it; false when nobody listens any more. */
static bool take_lines(struct talk *t, struct lend_buf *in)
{
	char *end;

	while (in->len > 0 && (end = memchr(in->text, '\n', in->len)) != NULL) {
		size_t len = (size_t)(end - in->text);

		if (len > 0 && !take_line(t, in->text, len))
			return false;
		memmove(in->text, end + 1, in->len - len - 1);
		in->len -= len + 1;
	}
	return in->len <= LINE_BYTES;
}

static int serve(struct talk *t)
{
	lend_auto_buf in = { 0 };

	for (;;) {
		char *room = lend_buf_room(&in, READ_BYTES);
		ssize_t n = read(STDIN_FILENO, room, READ_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		in.len += (size_t)n;
		room[n] = '\0';
		if (!take_lines(t, &in))
			break;
	}
	via_free_list(&t->seen);
	via_close(&t->connection);
	return 0;
}

int via_serve(const char *uri)
{
	static const char greeting[] = "{\"QMP\":{\"version\":{},\"capabilities\":[]}}\n";
	struct talk t = { .uri = uri };

	return send_all(greeting, strlen(greeting)) ? serve(&t) : 1;
}

int via_agent(const char *uri, const char *name)
{
	struct talk t = { .uri = uri, .agent = name };

	return serve(&t);
}
