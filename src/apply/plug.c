/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Few questions, short ones, and those together: QEMU 7.2 reads its monitor
 * one byte at a time, so that a property costs a third of a millisecond.  A
 * list of all backends or devices is shorter to ask for than one property of
 * one of them.
 */

#include "apply/plug.h"

#include "apply/qemu-said.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"

enum { KEYS_MAX = 64 };

static const char memdev_folder[] = "/objects/";

int lend_plug_of_step(struct lend_doing *doing, const struct lend_step *step,
		      const struct lend_plug_kind *kind, struct lend_plug *ret,
		      struct lend_err *err)
{
	const char *colon = strrchr(step->name, ':');
	struct lend_plug plug = { .kind = kind };

	if (lend_vm_of_step(doing, step, &plug.vm, err) < 0)
		return -1;
	if (colon == NULL || colon[1] == '\0')
		return lend_fail(err, LEND_E_FORMAT, "'%s' is not VM:ID", step->name);
	plug.id = colon + 1;
	plug.path = lend_arena_printf(doing->arena, "%s/%s", kind->folder, plug.id);
	*ret = plug;
	return 0;
}

/* ---- looking ---- */

struct keys {
	const char *names[KEYS_MAX];
	size_t n;
};

static int take_keys(const struct lend_plug_kind *kind, const struct lend_pairs *pairs,
		     struct keys *keys, struct lend_err *err)
{
	for (size_t i = 0; i < pairs->n; i++) {
		const char *key = pairs->items[i].key;
		bool known = strcmp(key, kind->type) == 0;

		for (size_t k = 0; k < keys->n && !known; k++)
			known = strcmp(keys->names[k], key) == 0;
		if (known)
			continue;
		if (keys->n == KEYS_MAX)
			return lend_fail(err, LEND_E_FORMAT, "more than %d properties",
					 KEYS_MAX);
		keys->names[keys->n++] = key;
	}
	return 0;
}

static const char *ask_for(struct lend_doing *doing, const struct lend_plug *plug,
			   const char *property)
{
	lend_auto_buf text = { 0 };
	struct lend_jsonw w = { .out = &text };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "execute", "qom-get");
	lend_jsonw_open(&w, "arguments", '{');
	lend_jsonw_str(&w, "path", plug->path);
	lend_jsonw_str(&w, "property", property);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
	return lend_arena_strdup(doing->arena, text.text);
}

/* Numbers with commas between: host-nodes. */
static const char *list_text(struct lend_doing *doing, const struct lend_json *list)
{
	lend_auto_buf text = { 0 };

	for (size_t i = 0; i < lend_json_count(list); i++) {
		uint64_t n;

		if (!lend_json_u64(lend_json_at(list, i), &n))
			return NULL;
		if (i > 0)
			lend_buf_putc(&text, ',');
		lend_buf_put_u64(&text, n, 10);
	}
	return lend_arena_strdup(doing->arena, lend_buf_text(&text));
}

/* As a command line has it; NULL for what steps do not use. */
static const char *value_text(struct lend_doing *doing, const char *key,
			      const struct lend_json *value)
{
	const char *text;
	uint64_t n;
	bool on;

	switch (lend_json_kind(value)) {
	case LEND_JSON_BOOL:
		return lend_json_bool(value, &on) && on ? "on" : "off";
	case LEND_JSON_NUMBER:
		return lend_json_u64(value, &n)
			       ? lend_arena_printf(doing->arena, "%llu", (unsigned long long)n)
			       : NULL;
	case LEND_JSON_STRING:
		text = lend_json_str(value);
		if (text != NULL && strcmp(key, "memdev") == 0 &&
		    strncmp(text, memdev_folder, strlen(memdev_folder)) == 0)
			text += strlen(memdev_folder);
		return text != NULL ? lend_arena_strdup(doing->arena, text) : NULL;
	case LEND_JSON_ARRAY:
		return list_text(doing, value);
	default:
		return NULL;
	}
}

/* A property that this QEMU does not have gives no pair, and neither does no label area. */
static int take_value(struct lend_doing *doing, const char *key, const struct lend_buf *reply,
		      struct lend_state *state, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	const char *text;

	if (lend_json_parse(lend_buf_text(reply), reply->len, &doc, err) < 0)
		return -1;
	text = value_text(doing, key, lend_json_get(doc, "return"));
	if (text != NULL && !(strcmp(key, "label-size") == 0 && strcmp(text, "0") == 0))
		lend_pairs_add(doing->arena, &state->pairs, key, text);
	return 0;
}

/* The names in keys, asked for as the properties of that. */
static int ask_all(struct lend_doing *doing, const struct lend_plug *plug,
		   const struct keys *keys, struct lend_state *state, struct lend_err *err)
{
	const char *requests[KEYS_MAX];
	struct lend_buf replies[KEYS_MAX] = { { 0 } };
	int r;

	for (size_t i = 0; i < keys->n; i++)
		requests[i] = ask_for(doing, plug, keys->names[i]);
	r = lend_write_ask(doing->writer, plug->vm.monitor, requests, keys->n,
			   lend_vm_deadline(doing, LEND_VM_ASK_MS), replies, err);
	for (size_t i = 0; i < keys->n; i++) {
		if (r == 0)
			r = take_value(doing, keys->names[i], &replies[i], state, err);
		lend_buf_done(&replies[i]);
	}
	return r;
}

/* NULL when it is not in the list. */
static const struct lend_json *find_entry(const struct lend_json *list, const char *id,
					  const struct lend_json **ret_data)
{
	for (size_t i = 0; i < lend_json_count(list); i++) {
		const struct lend_json *entry = lend_json_at(list, i);
		const struct lend_json *data = lend_json_get(entry, "data");
		const char *name;

		if (data == NULL)
			data = entry;
		name = lend_json_str(lend_json_get(data, "id"));
		if (name == NULL || strcmp(name, id) != 0)
			continue;
		*ret_data = data;
		return entry;
	}
	return NULL;
}

/* Parsing a long list takes longer than asking for it, and mostly the name is new. */
static bool is_mentioned(const struct lend_buf *reply, const char *id)
{
	lend_auto_buf quoted = { 0 };

	lend_buf_printf(&quoted, "\"%s\"", id);
	return strstr(lend_buf_text(reply), lend_buf_text(&quoted)) != NULL;
}

static int ask_list(struct lend_doing *doing, const struct lend_plug *plug,
		    struct lend_json **ret_doc, struct lend_err *err)
{
	const char *request =
		lend_arena_printf(doing->arena, "{\"execute\":\"%s\"}", plug->kind->list);
	lend_auto_buf reply = { 0 };

	if (lend_write_tell(doing->writer, plug->vm.monitor, request, false,
			    lend_vm_deadline(doing, LEND_VM_ASK_MS), &reply, err) < 0)
		return -1;
	if (!is_mentioned(&reply, plug->id))
		return 0;
	return lend_json_parse(lend_buf_text(&reply), reply.len, ret_doc, err);
}

/* One question for all of them, and one for each property that the list does not have. */
static int ask_properties(struct lend_doing *doing, const struct lend_plug *plug,
			  const struct keys *keys, struct lend_state *state,
			  struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	const struct lend_json *entry, *data;
	struct keys left = { .n = 0 };
	struct keys type = { .names = { "type" }, .n = 1 };
	struct lend_state asked = { 0 };
	const char *text;

	if (ask_list(doing, plug, &doc, err) < 0)
		return -1;
	entry = find_entry(lend_json_get(doc, "return"), plug->id, &data);
	state->absent = entry == NULL;
	if (entry == NULL)
		return 0;
	for (size_t i = 0; i < keys->n; i++) {
		text = value_text(doing, keys->names[i], lend_json_get(data, keys->names[i]));
		if (text != NULL)
			lend_pairs_add(doing->arena, &state->pairs, keys->names[i], text);
		else
			left.names[left.n++] = keys->names[i];
	}
	if (left.n > 0 && ask_all(doing, plug, &left, state, err) < 0)
		return -1;
	text = plug->kind->tells_type(entry, state);
	if (text == NULL && ask_all(doing, plug, &type, &asked, err) < 0)
		return -1;
	if (text == NULL)
		text = lend_pairs_get(&asked.pairs, "type");
	if (text != NULL)
		lend_pairs_add(doing->arena, &state->pairs, plug->kind->type, text);
	return 0;
}

int lend_plug_look(struct lend_doing *doing, const struct lend_step *step,
		   const struct lend_plug_kind *kind, struct lend_state *ret_state,
		   struct lend_err *err)
{
	struct lend_state state = { .absent = true };
	struct keys keys = { .n = 0 };
	struct lend_plug plug;
	int r;

	if (lend_plug_of_step(doing, step, kind, &plug, err) < 0 ||
	    take_keys(kind, &step->before.pairs, &keys, err) < 0 ||
	    take_keys(kind, &step->after.pairs, &keys, err) < 0)
		return -1;
	r = lend_vm_reach(doing, &plug.vm, err);
	if (r < 0)
		return -1;
	if (r == 1) {
		*ret_state = state;
		/* What was plugged in is gone; what shall be plugged in cannot be yet. */
		return doing->journal == NULL ? LEND_LOOK_NOT_YET : 0;
	}
	if (ask_properties(doing, &plug, &keys, &state, err) < 0)
		return -1;
	*ret_state = state;
	return 0;
}

/* ---- changing ---- */

enum type { TEXT, NUMBER, SWITCH, NUMBERS };

/* Of the properties that are no text (qapi/qom.json of QEMU; hw/mem/nvdimm.c, pc-dimm.c). */
static enum type type_of(const char *key, const char *driver)
{
	static const char *const numbers[] = { "size",        "offset",
					       "align",       "slot",
					       "node",        "label-size",
					       "hugetlbsize", "prealloc-threads" };
	static const char *const switches[] = { "share",    "prealloc",     "pmem",
						"readonly", "merge",        "dump",
						"reserve",  "discard-data", "unarmed",
						"seal",     "hugetlb" };

	for (size_t i = 0; i < LEND_COUNT(numbers); i++) {
		if (strcmp(key, numbers[i]) == 0)
			return NUMBER;
	}
	for (size_t i = 0; i < LEND_COUNT(switches); i++) {
		if (strcmp(key, switches[i]) == 0)
			return SWITCH;
	}
	if (strcmp(key, "host-nodes") == 0)
		return NUMBERS;
	/* The address of memory; that of a PCI device is a text. */
	if (strcmp(key, "addr") == 0 && strncmp(driver, "virtio", strlen("virtio")) != 0)
		return NUMBER;
	return TEXT;
}

static int bad_value(const struct lend_setting *pair, const char *what, struct lend_err *err)
{
	return lend_fail(err, LEND_E_FORMAT, "%s=%s is no %s", pair->key, pair->value, what);
}

static int put_numbers(struct lend_jsonw *w, const struct lend_setting *pair,
		       struct lend_err *err)
{
	lend_jsonw_open(w, pair->key, '[');
	for (const char *at = pair->value; *at != '\0';) {
		size_t len = strcspn(at, ",");
		uint64_t n;

		if (!lend_parse_u64n(at, len, 10, &n))
			return bad_value(pair, "list of numbers", err);
		lend_jsonw_u64(w, NULL, n);
		at += len + (at[len] == ',');
	}
	lend_jsonw_close(w, ']');
	return 0;
}

static int put_pair(struct lend_jsonw *w, const struct lend_setting *pair, const char *driver,
		    struct lend_err *err)
{
	bool on = strcmp(pair->value, "on") == 0;
	uint64_t n;

	switch (type_of(pair->key, driver)) {
	case NUMBER:
		if (!lend_parse_u64(pair->value, 10, &n))
			return bad_value(pair, "number", err);
		lend_jsonw_u64(w, pair->key, n);
		return 0;
	case SWITCH:
		if (!on && strcmp(pair->value, "off") != 0)
			return bad_value(pair, "switch", err);
		lend_jsonw_bool(w, pair->key, on);
		return 0;
	case NUMBERS:
		return put_numbers(w, pair, err);
	case TEXT:
		break;
	}
	lend_jsonw_str(w, pair->key, pair->value);
	return 0;
}

/* A change, and what can be done when QEMU does not like it. */
static int change(struct lend_doing *doing, const struct lend_plug *plug, const char *request,
		  struct lend_err *err)
{
	struct lend_err failed = { 0 };
	const char *hint;

	if (lend_write_tell(doing->writer, plug->vm.monitor, request, true,
			    lend_vm_deadline(doing, LEND_VM_CHANGE_MS), NULL, &failed) == 0)
		return 0;
	doing->refused = lend_write_was_refused(doing->writer);
	hint = lend_qemu_hint(failed.what);
	if (hint != NULL)
		lend_hint(&failed, "%s", hint);
	if (err != NULL)
		*err = failed;
	return -1;
}

static int write_add(const struct lend_plug *plug, const struct lend_state *to,
		     struct lend_buf *request, struct lend_err *err)
{
	const char *type = lend_pairs_get(&to->pairs, plug->kind->type);
	struct lend_jsonw w = { .out = request };

	if (type == NULL)
		return lend_fail(err, LEND_E_FORMAT, "the step does not say '%s'",
				 plug->kind->type);
	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "execute", plug->kind->add);
	lend_jsonw_open(&w, "arguments", '{');
	lend_jsonw_str(&w, plug->kind->type, type);
	lend_jsonw_str(&w, "id", plug->id);
	for (size_t i = 0; i < to->pairs.n; i++) {
		const struct lend_setting *pair = &to->pairs.items[i];

		if (strcmp(pair->key, plug->kind->type) != 0 &&
		    put_pair(&w, pair, type, err) < 0)
			return -1;
	}
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
	return 0;
}

int lend_plug_add(struct lend_doing *doing, const struct lend_plug *plug,
		  const struct lend_state *to, struct lend_err *err)
{
	lend_auto_buf request = { 0 };

	if (write_add(plug, to, &request, err) < 0)
		return -1;
	return change(doing, plug, request.text, err);
}

void lend_plug_ready(struct lend_doing *doing, const struct lend_step *step,
		     const struct lend_plug_kind *kind)
{
	struct lend_err ignored = { 0 };
	lend_auto_buf request = { 0 };
	struct lend_plug plug;

	if (!step->after.absent && lend_plug_of_step(doing, step, kind, &plug, &ignored) == 0 &&
	    write_add(&plug, &step->after, &request, &ignored) == 0)
		lend_write_begin(doing->writer, plug.vm.monitor, request.text);
}

int lend_plug_reach(struct lend_doing *doing, struct lend_plug *plug, struct lend_err *err)
{
	int r = lend_vm_reach(doing, &plug->vm, err);

	if (r == 1) {
		lend_hint(err, "start it, or make the plan again");
		return lend_fail(err, LEND_E_STALE, "%s does not run", plug->vm.name);
	}
	return r;
}

int lend_plug_tell(struct lend_doing *doing, const struct lend_plug *plug, const char *command,
		   struct lend_err *err)
{
	lend_auto_buf request = { 0 };
	struct lend_jsonw w = { .out = &request };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "execute", command);
	lend_jsonw_open(&w, "arguments", '{');
	lend_jsonw_str(&w, "id", plug->id);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
	return change(doing, plug, request.text, err);
}
