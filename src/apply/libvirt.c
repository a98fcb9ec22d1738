/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/libvirt.h"

#include <poll.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/json.h"
#include "io/io.h"

enum {
	ASK_MS = 30000,
	CHANGE_MS = 300000, /* it fills memory in advance, at each start and when plugged in */
	PATIENCE_S = 60,
	ASK_AGAIN_MS = 10000, /* a guest that still boots does not hear the button */
	TICK_MS = 50,
	END_MS = 5000,
};

static int64_t deadline_of(const struct lend_doing *doing, int64_t ms)
{
	int64_t deadline = lend_now_ms() + ms;

	return doing->deadline != 0 && doing->deadline < deadline ? doing->deadline : deadline;
}

/* {"execute":"look","arguments":{"domain":"db1"}} */
static const char *make_request(struct lend_doing *doing, const char *request,
				const char *domain, const char *xml, const char *where)
{
	lend_auto_buf text = { 0 };
	struct lend_jsonw w = { .out = &text };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "execute", request);
	lend_jsonw_open(&w, "arguments", '{');
	lend_jsonw_str(&w, "domain", domain);
	if (where != NULL)
		lend_jsonw_str(&w, "where", where);
	if (xml != NULL)
		lend_jsonw_str(&w, "xml", xml);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
	return lend_arena_strdup(doing->arena, text.text);
}

/* ---- looking ---- */

static int read_xml(struct lend_doing *doing, const struct lend_json *json, const char *key,
		    const char *name, bool *ret_has, struct lend_domain *ret,
		    struct lend_err *err)
{
	size_t len;
	const char *xml = lend_json_strn(lend_json_get(json, key), &len);

	*ret_has = xml != NULL;
	return xml == NULL ? 0 : lend_domain_parse(doing->arena, name, xml, len, ret, err);
}

static int take(struct lend_doing *doing, const struct lend_json *reply,
		struct lend_libvirt *ret, struct lend_err *err)
{
	const struct lend_json *json = lend_json_get(reply, "domain");
	const char *uuid = lend_json_str(lend_json_get(json, "uuid"));
	const char *state = lend_json_str(lend_json_get(json, "state"));
	const char *failed = lend_json_str(lend_json_get(json, "failed"));

	ret->there = json != NULL;
	if (!ret->there)
		return 0;
	if (failed != NULL)
		return lend_fail(err, LEND_E_REMOTE, "libvirt did not tell all of %s: %.150s",
				 ret->name, failed);
	if (uuid == NULL || state == NULL)
		return lend_fail(err, LEND_E_FORMAT, "libvirt's reply about %s is not whole",
				 ret->name);
	ret->uuid = lend_arena_strdup(doing->arena, uuid);
	ret->runs = strcmp(state, "off") != 0;
	(void)lend_json_bool(lend_json_get(json, "persistent"), &ret->persistent);
	(void)lend_json_bool(lend_json_get(reply, "saved"), &ret->saved);
	if (read_xml(doing, json, "live", ret->name, &ret->has_live, &ret->live, err) < 0)
		return -1;
	return read_xml(doing, json, "defined", ret->name, &ret->has_defined, &ret->defined,
			err);
}

static int look(struct lend_doing *doing, struct lend_libvirt *domain, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	lend_auto_buf reply = { 0 };

	domain->there = domain->runs = domain->persistent = domain->saved = false;
	if (lend_write_tell(doing->writer, domain->socket,
			    make_request(doing, "look", domain->name, NULL, NULL), false,
			    deadline_of(doing, ASK_MS), &reply, err) < 0 ||
	    lend_json_parse(lend_buf_text(&reply), reply.len, &doc, err) < 0)
		return -1;
	return take(doing, lend_json_get(doc, "return"), domain, err);
}

int lend_libvirt_look(struct lend_doing *doing, const struct lend_step *step,
		      struct lend_libvirt *ret, struct lend_err *err)
{
	const char *vm = lend_pairs_get(&step->args, "vm");
	const char *uuid = lend_pairs_get(&step->args, "uuid");
	struct lend_libvirt domain = { .name = vm != NULL ? vm : step->name,
				       .patience_s = PATIENCE_S };
	const char *uri;

	if (lend_step_need(step, "uri", &uri, err) < 0)
		return -1;
	if (lend_pairs_get(&step->args, "patience-s") != NULL &&
	    lend_step_need_u64(step, "patience-s", &domain.patience_s, err) < 0)
		return -1;
	if (doing->consent != NULL && doing->consent->has_patience)
		domain.patience_s = doing->consent->patience_s;
	domain.socket = lend_arena_printf(doing->arena, "libvirt:%s", uri);
	if (look(doing, &domain, err) < 0)
		return -1;
	if (domain.there && uuid != NULL && lend_ascii_casecmp(uuid, domain.uuid) != 0) {
		lend_hint(err, "make the plan again");
		return lend_fail(err, LEND_E_STALE,
				 "domain %s is another one now: its UUID is %s", domain.name,
				 domain.uuid);
	}
	*ret = domain;
	return 0;
}

/* ---- changing ---- */

int lend_libvirt_tell(struct lend_doing *doing, const struct lend_libvirt *domain,
		      const char *request, const char *xml, const char *where,
		      struct lend_err *err)
{
	const char *text = make_request(doing, request, domain->name, xml, where);

	if (lend_write_tell(doing->writer, domain->socket, text, true,
			    deadline_of(doing, CHANGE_MS), NULL, err) == 0)
		return 0;
	doing->refused = lend_write_was_refused(doing->writer);
	return -1;
}

/* ---- stopping ---- */

bool lend_libvirt_may_stop(const struct lend_doing *doing, const struct lend_libvirt *domain)
{
	const struct lend_consent *consent = doing->consent;
	const char *name = lend_arena_printf(doing->arena, "stop:%s", domain->name);

	for (size_t i = 0; consent != NULL && i < consent->n_accept; i++) {
		if (strcmp(consent->accept[i], name) == 0)
			return domain->persistent;
	}
	return false;
}

/* 0: it is off; 1: it runs on. */
static int wait_until_off(struct lend_doing *doing, struct lend_libvirt *domain,
			  int64_t deadline, struct lend_err *err)
{
	for (;;) {
		if (look(doing, domain, err) < 0)
			return -1;
		if (!domain->runs)
			return 0;
		if (lend_now_ms() >= deadline)
			return 1;
		(void)poll(NULL, 0, TICK_MS);
	}
}

static int shut_down(struct lend_doing *doing, struct lend_libvirt *domain,
		     struct lend_err *err)
{
	uint64_t ms =
		domain->patience_s > INT32_MAX / 1000 ? INT32_MAX : domain->patience_s * 1000;
	int64_t end = deadline_of(doing, (int64_t)ms);
	int r;

	do {
		int64_t again = lend_now_ms() + ASK_AGAIN_MS;

		/* It may have ended by itself, or hears no button. */
		if (lend_libvirt_tell(doing, domain, "shutdown", NULL, NULL, err) < 0)
			return look(doing, domain, NULL) == 0 && !domain->runs ? 0 : -1;
		r = wait_until_off(doing, domain, again < end ? again : end, err);
	} while (r == 1 && lend_now_ms() < end);
	return r;
}

static int destroy(struct lend_doing *doing, struct lend_libvirt *domain, struct lend_err *err)
{
	int r;

	if (lend_libvirt_tell(doing, domain, "destroy", NULL, NULL, err) < 0)
		return look(doing, domain, NULL) == 0 && !domain->runs ? 0 : -1;
	r = wait_until_off(doing, domain, deadline_of(doing, END_MS), err);
	return r == 1 ? lend_fail(err, LEND_E_SYSTEM, "%s does not end", domain->name) : r;
}

int lend_libvirt_stop(struct lend_doing *doing, struct lend_libvirt *domain,
		      struct lend_err *err)
{
	const char *consent = lend_arena_printf(doing->arena, "kill:%s", domain->name);
	struct lend_err why = { 0 };
	int r;

	if (!domain->runs)
		return 0;
	r = shut_down(doing, domain, &why);
	doing->refused = false;
	if (r == 0)
		return 0;
	if (lend_consent_given(doing, consent,
			       lend_arena_printf(doing->arena,
						 "%s does not shut down: end it, as if its "
						 "power failed",
						 domain->name),
			       NULL) == 0)
		return destroy(doing, domain, err);
	lend_hint(err,
		  "shut it down from inside, or end it as if its power failed: --accept %s",
		  consent);
	if (r < 0)
		return lend_fail(err, LEND_E_REFUSED, "%s cannot be asked to shut down: %s",
				 domain->name, why.what);
	return lend_fail(err, LEND_E_REFUSED, "%s did not shut down within %llu s, and runs on",
			 domain->name, (unsigned long long)domain->patience_s);
}
