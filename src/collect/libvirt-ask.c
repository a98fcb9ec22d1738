/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Domains of libvirt, before the processes are looked at: which of those are
 * meant is told by the domains.
 *
 * Asks  libexec/lend-via-libvirt, for each "libvirt:URI" that was named; for
 *       who changes something next, on a connection that stays open
 * Adds  nothing; scan->domains for the collectors behind
 */

#include "base/ascii.h"
#include "base/err.h"
#include "base/json.h"
#include "collect/libvirt.h"

enum { ANSWER_MAX = 128 << 20, DEADLINE_MS = 20 * 1000, DOMAINS_MAX = 16384 };

static const struct lend_ask ask_domains = { .via = LEND_VIA_RUN,
					     .key = "lend-via-libvirt read %s",
					     .limit_bytes = ANSWER_MAX,
					     .deadline_ms = DEADLINE_MS };

static const struct lend_ask ask_again = { .via = LEND_VIA_QMP,
					   .key = "{\"execute\":\"read\"}" };

/* A line, while it is read. */
struct line {
	struct lend_scan *scan;
	const char *uri;
	const struct lend_json *json;
	const char *name;
};

static const char *text_of(const struct line *l, const char *key)
{
	const char *text = lend_json_str(lend_json_get(l->json, key));

	return text == NULL ? NULL : lend_arena_strdup(&l->scan->memory, text);
}

static bool read_xml(const struct line *l, const char *key, struct lend_domain *ret)
{
	struct lend_err err = { 0 };
	size_t len;
	const char *xml = lend_json_strn(lend_json_get(l->json, key), &len);

	if (xml == NULL)
		return false;
	if (lend_domain_parse(&l->scan->memory, l->name, xml, len, ret, &err) == 0)
		return true;
	lend_build_gap(&l->scan->build, l->name, true, "",
		       "what libvirt says of domain %s cannot be read: %s: %s", l->name,
		       err.where, err.what);
	return false;
}

static void take_domain(const struct line *l)
{
	const char *failed = lend_json_str(lend_json_get(l->json, "failed"));
	struct lend_scan_domain d = {
		.uri = l->uri,
		.name = l->name,
		.uuid = text_of(l, "uuid"),
		.state = text_of(l, "state"),
	};

	(void)lend_json_bool(lend_json_get(l->json, "persistent"), &d.persistent);
	d.has_live = read_xml(l, "live", &d.live);
	d.has_defined = read_xml(l, "defined", &d.defined);
	if (failed != NULL)
		lend_build_gap(&l->scan->build, l->name, true, "look again",
			       "libvirt did not tell all of domain %s: %s", l->name, failed);
	if (d.has_live || d.has_defined)
		*LEND_PUSH(&l->scan->memory, l->scan->domains, l->scan->n_domains,
			   l->scan->cap_domains) = d;
}

/* false for a line that is none of ours. */
static bool take_line(struct lend_scan *scan, const char *uri, const char *text, size_t len,
		      bool *ret_end)
{
	lend_auto_json struct lend_json *doc = NULL;
	struct line l = { .scan = scan, .uri = uri };
	uint64_t n, of;

	if (lend_json_parse(text, len, &doc, NULL) < 0)
		return false;
	l.json = doc;
	if (lend_json_u64(lend_json_get(doc, "end"), &n) &&
	    lend_json_u64(lend_json_get(doc, "of"), &of)) {
		*ret_end = n == of;
		return true;
	}
	l.name = text_of(&l, "name");
	if (l.name != NULL && scan->n_domains < DOMAINS_MAX)
		take_domain(&l);
	return true;
}

static void not_whole(struct lend_scan *scan, const char *uri)
{
	lend_build_gap(&scan->build, lend_build_internf(&scan->build, "libvirt:%s", uri), true,
		       "", "libvirt %s did not tell all of its domains", uri);
}

static void cannot_ask(struct lend_scan *scan, const char *uri,
		       const struct lend_answer *answer)
{
	const char *about = lend_build_internf(&scan->build, "libvirt:%s", uri);

	if (answer->known == LEND_ABSENT)
		lend_build_gap(
			&scan->build, about, true,
			"install the part of lend that asks libvirt, or build lend with "
			"libvirt-dev",
			"the program lend-via-libvirt is not there: libvirt is not asked");
	else
		lend_build_gap(&scan->build, about, true,
			       "virsh -c URI list --all says more; who may ask is libvirt's to "
			       "decide: run as root",
			       "libvirt %s is not asked: %s", uri,
			       answer->known == LEND_NOT_ASKED ? "the capture does not have it"
							       : answer->why);
}

static void ask(struct lend_scan *scan, const char *uri)
{
	const struct lend_answer *answer = lend_io_ask(scan->io, &ask_domains, uri);
	bool whole = false, good = true;
	const char *at;

	if (answer->known != LEND_KNOWN) {
		cannot_ask(scan, uri, answer);
		return;
	}
	for (at = answer->bytes; *at != '\0' && good;) {
		size_t len = strcspn(at, "\n");

		good = take_line(scan, uri, at, len, &whole);
		at += len + (at[len] == '\n');
	}
	if (!whole)
		not_whole(scan, uri);
}

/* ---- for who goes on talking ---- */

static void take_reply(struct lend_scan *scan, const char *uri,
		       const struct lend_answer *answer)
{
	const char *about = lend_build_internf(&scan->build, "libvirt:%s", uri);
	lend_auto_json struct lend_json *doc = NULL;
	const char *why = NULL;
	const struct lend_json *reply = lend_collect_returned(answer, &doc, &why);
	const struct lend_json *domains = lend_json_get(reply, "domains");
	uint64_t of = 0;

	if (reply == NULL) {
		lend_build_gap(&scan->build, about, true,
			       "virsh -c URI list --all says more; who may ask is libvirt's to "
			       "decide: run as root",
			       "libvirt %s is not asked: %s", uri, why);
		return;
	}
	for (size_t i = 0; i < lend_json_count(domains); i++) {
		struct line l = { .scan = scan, .uri = uri, .json = lend_json_at(domains, i) };

		l.name = text_of(&l, "name");
		if (l.name != NULL && scan->n_domains < DOMAINS_MAX)
			take_domain(&l);
	}
	if (!lend_json_u64(lend_json_get(reply, "of"), &of) || of != lend_json_count(domains))
		not_whole(scan, uri);
}

/* The VM that something is about is one of its domains. */
static bool has_subject(const struct lend_scan *scan)
{
	const char *name = scan->options->room_in;

	for (size_t i = 0; i < scan->n_domains && name != NULL; i++) {
		if (strcmp(scan->domains[i].name, name) == 0)
			return true;
	}
	return false;
}

/* false: as every other one. */
static bool ask_and_stay(struct lend_scan *scan, const char *uri)
{
	const char *name = lend_arena_printf(&scan->memory, "libvirt:%s", uri);
	static const struct lend_ask *const first[] = { &ask_again, NULL };
	const struct lend_answer *answer;
	struct lend_talk *talk;

	if (scan->ret_line == NULL || *scan->ret_line != NULL || scan->n_libvirts != 1 ||
	    scan->options->record_to != NULL || scan->options->room_in == NULL)
		return false;
	talk = lend_talk_open_line(scan->io, scan->line, name, first, &answer);
	if (talk == NULL)
		return false; /* the other way tells why */
	take_reply(scan, uri, lend_talk_ask(talk, &ask_again));
	if (has_subject(scan))
		*scan->ret_line = lend_talk_hand_over(&talk, name);
	lend_talk_close(&talk);
	return true;
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	(void)err;
	for (size_t i = 0; i < scan->n_libvirts; i++) {
		if (!ask_and_stay(scan, scan->libvirts[i]))
			ask(scan, scan->libvirts[i]);
		lend_io_forget(scan->io);
	}
	return 0;
}

/* ---- for the others ---- */

struct lend_scan_domain *lend_domain_of(struct lend_scan *scan, const char *uuid)
{
	for (size_t i = 0; i < scan->n_domains && uuid != NULL; i++) {
		struct lend_scan_domain *d = &scan->domains[i];

		if (d->has_live && !d->taken && d->uuid != NULL &&
		    lend_ascii_casecmp(d->uuid, uuid) == 0)
			return d;
	}
	return NULL;
}

void lend_domain_take(struct lend_scan *scan, struct lend_scan_qemu *qemu)
{
	struct lend_scan_domain *d = lend_domain_of(scan, qemu->args.uuid);

	if (d == NULL)
		return;
	d->taken = true;
	qemu->domain = d;
}

bool lend_is_libvirts(const struct lend_qemu_args *args)
{
	for (size_t i = 0; i < args->n_chardevs; i++) {
		const char *id = args->chardevs[i].id;

		if (id != NULL && strcmp(id, "charmonitor") == 0)
			return true;
	}
	return false;
}

extern const struct lend_collector lend_collector_libvirt_ask;
const struct lend_collector lend_collector_libvirt_ask = {
	.id = "libvirt-ask",
	.sees = "domains of libvirt",
	.of_remote = true,
	.collect = collect,
};
