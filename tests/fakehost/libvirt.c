/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libvirt as lend-via-libvirt tells it: domains that are defined, started,
 * get memory devices.  What it refuses it refuses in the words of libvirt 9.0.
 */

#include <stdarg.h>

#include "base/auto.h"
#include "base/json.h"
#include "tests/fakehost/inside.h"
#include "tests/must.h"

struct request {
	struct fakehost *host;
	const struct lend_json *arguments;
	struct lend_buf *reply;
};

static const char *argument(const struct request *r, const char *key)
{
	const char *text = lend_json_str(lend_json_get(r->arguments, key));

	return text != NULL ? text : "";
}

static void agree(const struct request *r)
{
	lend_buf_puts(r->reply, "{\"return\":{}}");
}

LEND_PRINTF(2, 3) static void refuse(const struct request *r, const char *fmt, ...)
{
	struct lend_jsonw w = { .out = r->reply };
	char text[FAKE_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_open(&w, "error", '{');
	lend_jsonw_str(&w, "desc", text);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
}

static struct fake_domain *find(struct fakehost *host, const char *name)
{
	for (size_t i = 0; i < FAKE_VMS; i++) {
		if (host->domains[i].there && strcmp(host->domains[i].name, name) == 0)
			return &host->domains[i];
	}
	return NULL;
}

static struct fake_domain *need(const struct request *r)
{
	struct fake_domain *d = find(r->host, argument(r, "domain"));

	if (d == NULL)
		refuse(r, "Domain not found: no domain with matching name '%.60s'",
		       argument(r, "domain"));
	return d;
}

/* Between the tags, with no blanks around. */
static void take_text(const char *xml, const char *tag, char *out, size_t size)
{
	const char *at = strstr(xml, tag);

	must(at != NULL);
	at += strlen(tag);
	(void)snprintf(out, size, "%.*s", (int)strcspn(at, "<"), at);
}

void fakehost_domain(struct fakehost *host, const char *xml, bool runs)
{
	struct fake_domain *d = host->domains;

	while (d->there)
		d++;
	must(d < host->domains + FAKE_VMS && strlen(xml) < FAKE_XML);
	*d = (struct fake_domain){ .runs = runs };
	take_text(xml, "<name>", d->name, sizeof(d->name));
	take_text(xml, "<uuid>", d->uuid, sizeof(d->uuid));
	(void)snprintf(d->defined, sizeof(d->defined), "%s", xml);
	(void)snprintf(d->live, sizeof(d->live), "%s", runs ? xml : "");
	d->there = true; /* last: who dies in the middle has defined nothing */
}

static void look(const struct request *r)
{
	const struct fake_domain *d = find(r->host, argument(r, "domain"));
	struct lend_jsonw w = { .out = r->reply };

	if (d == NULL) {
		lend_buf_puts(r->reply, "{\"return\":null}");
		return;
	}
	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_open(&w, "return", '{');
	lend_jsonw_bool(&w, "saved", false);
	lend_jsonw_open(&w, "domain", '{');
	lend_jsonw_str(&w, "name", d->name);
	lend_jsonw_str(&w, "uuid", d->uuid);
	lend_jsonw_str(&w, "state", d->runs ? "running" : "off");
	lend_jsonw_bool(&w, "persistent", true);
	if (d->runs)
		lend_jsonw_str(&w, "live", d->live);
	lend_jsonw_str(&w, "defined", d->defined);
	for (int i = 0; i < 3; i++)
		lend_jsonw_close(&w, '}');
}

static void define(const struct request *r)
{
	char name[FAKE_NAME];

	take_text(argument(r, "xml"), "<name>", name, sizeof(name));
	if (find(r->host, name) != NULL) {
		refuse(r, "operation failed: domain '%.60s' already exists with uuid x", name);
		return;
	}
	fakehost_domain(r->host, argument(r, "xml"), false);
	agree(r);
}

static void undefine(const struct request *r)
{
	struct fake_domain *d = need(r);

	if (d == NULL)
		return;
	d->there = false;
	agree(r);
}

static void start(const struct request *r)
{
	struct fake_domain *d = need(r);

	if (d == NULL)
		return;
	if (d->runs) {
		refuse(r, "Requested operation is not valid: domain is already running");
		return;
	}
	memcpy(d->live, d->defined, sizeof(d->live));
	d->runs = true;
	agree(r);
}

static void end(const struct request *r, bool obeys)
{
	struct fake_domain *d = need(r);

	if (d == NULL)
		return;
	if (!d->runs) {
		refuse(r, "Requested operation is not valid: domain is not running");
		return;
	}
	d->runs = !obeys;
	agree(r);
}

static void shut_down(const struct request *r)
{
	end(r, !r->host->disobeys);
}

static void destroy(const struct request *r)
{
	end(r, true);
}

/* NULL when there is none, or when the guest would have to run. */
static char *part(const struct request *r)
{
	struct fake_domain *d = need(r);

	if (d == NULL || strcmp(argument(r, "where"), "config") == 0)
		return d == NULL ? NULL : d->defined;
	if (d->runs)
		return d->live;
	refuse(r, "Requested operation is not valid: domain is not running");
	return NULL;
}

static void attach(const struct request *r)
{
	const char *what = argument(r, "xml");
	char *xml = part(r);
	const char *slot = strstr(what, " slot=");
	char word[FAKE_NAME], next[FAKE_XML];
	const char *at;

	if (xml == NULL)
		return;
	must(slot != NULL);
	(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(slot + 1, " /"), slot);
	if (strstr(xml, word) != NULL) {
		refuse(r, "unsupported configuration: memory device slot %s is already used",
		       word);
		return;
	}
	at = strstr(xml, "</devices>");
	must(at != NULL && strlen(xml) + strlen(what) < FAKE_XML);
	(void)snprintf(next, sizeof(next), "%.*s%s%s", (int)(at - xml), xml, what, at);
	memcpy(xml, next, sizeof(next));
	agree(r);
}

static void detach(const struct request *r)
{
	const char *what = argument(r, "xml");
	char *xml = part(r);
	char *at;

	if (xml == NULL)
		return;
	if (strcmp(argument(r, "where"), "live") == 0) {
		refuse(r, "internal error: unable to execute QEMU command 'device_del': "
			  "nvdimm device hot unplug is not supported yet.");
		return;
	}
	at = strstr(xml, what);
	if (at == NULL) {
		refuse(r, "device not found: matching memory device was not found");
		return;
	}
	memmove(at, at + strlen(what), strlen(at + strlen(what)) + 1);
	agree(r);
}

static const struct {
	const char *name;
	void (*answer)(const struct request *r);
} requests[] = {
	{ "attach", attach }, { "define", define },     { "destroy", destroy },
	{ "detach", detach }, { "look", look },         { "shutdown", shut_down },
	{ "start", start },   { "undefine", undefine },
};

void fake_libvirt(struct fakehost *host, const char *request, struct lend_buf *reply)
{
	lend_auto_json struct lend_json *doc = NULL;
	struct request r = { .host = host, .reply = reply };
	const char *name;

	must(lend_json_parse(request, strlen(request), &doc, NULL) == 0);
	name = lend_json_str(lend_json_get(doc, "execute"));
	must(name != NULL);
	r.arguments = lend_json_get(doc, "arguments");
	fake_count(host, name);
	if (strcmp(host->fails, name) == 0) {
		refuse(&r, "%s", host->why);
		return;
	}
	for (size_t i = 0; i < LEND_COUNT(requests); i++) {
		if (strcmp(requests[i].name, name) == 0)
			requests[i].answer(&r);
	}
	must(reply->len > 0);
}

/* Without its UUID: that is another one each time. */
static void put_xml(struct lend_buf *out, const char *xml)
{
	const char *at = strstr(xml, "<uuid>");
	const char *end = at == NULL ? NULL : strstr(at, "</uuid>");

	if (end == NULL)
		lend_buf_puts(out, xml);
	else
		lend_buf_printf(out, "%.*s%s", (int)(at - xml), xml, end);
}

void fake_libvirt_text(const struct fakehost *host, struct lend_buf *out)
{
	for (size_t i = 0; i < FAKE_VMS; i++) {
		const struct fake_domain *d = &host->domains[i];

		if (!d->there)
			continue;
		lend_buf_printf(out, "domain %s\n", d->name);
		put_xml(out, d->defined);
		if (d->runs) {
			lend_buf_puts(out, "runs\n");
			put_xml(out, d->live);
		}
	}
}
