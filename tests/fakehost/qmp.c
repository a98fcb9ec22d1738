/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a QEMU of the fake host answers; errors in the words of QEMU 7.2. */

#include <inttypes.h>
#include <stdarg.h>

#include "base/ascii.h"
#include "base/json.h"
#include "base/num.h"
#include "tests/fakehost/inside.h"
#include "tests/must.h"

struct conversation {
	struct fakehost *host;
	struct fake_vm *vm;
	const struct lend_json *arguments;
	struct lend_buf *reply;
};

static void refuse(struct conversation *c, const char *class, const char *text)
{
	struct lend_jsonw w = { .out = c->reply };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_open(&w, "error", '{');
	lend_jsonw_str(&w, "class", class);
	lend_jsonw_str(&w, "desc", text);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
}

LEND_PRINTF(2, 3)
static void refuse_by(struct conversation *c, const char *fmt, ...)
{
	char text[FAKE_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	refuse(c, "GenericError", text);
}

static void agree(struct conversation *c)
{
	lend_buf_puts(c->reply, "{\"return\":{}}");
}

static const char *argument(const struct conversation *c, const char *key)
{
	const char *text = lend_json_str(lend_json_get(c->arguments, key));

	return text != NULL ? text : "";
}

/* ---- things ---- */

const char *fake_property(const struct fake_thing *thing, const char *key)
{
	for (size_t i = 0; i < thing->n; i++) {
		if (strcmp(thing->properties[i].key, key) == 0)
			return thing->properties[i].json;
	}
	return NULL;
}

static void set(struct fake_thing *thing, const char *key, const char *json)
{
	struct fake_property *p = &thing->properties[thing->n];

	if (fake_property(thing, key) != NULL)
		return;
	must(thing->n < FAKE_PROPERTIES && strlen(json) < FAKE_TEXT);
	(void)snprintf(p->key, sizeof(p->key), "%s", key);
	(void)snprintf(p->json, sizeof(p->json), "%s", json);
	thing->n++;
}

static struct fake_thing *find(struct fake_vm *vm, bool is_device, const char *id)
{
	for (size_t i = 0; i < FAKE_THINGS; i++) {
		struct fake_thing *thing = &vm->things[i];

		if (thing->there && thing->is_device == is_device && strcmp(thing->id, id) == 0)
			return thing;
	}
	return NULL;
}

static struct fake_thing *make(struct fake_vm *vm, bool is_device, const char *id,
			       const char *type)
{
	struct fake_thing *thing = vm->things;

	while (thing->there)
		thing++;
	must(thing < vm->things + FAKE_THINGS);
	*thing = (struct fake_thing){ .is_device = is_device };
	(void)snprintf(thing->id, sizeof(thing->id), "%s", id);
	(void)snprintf(thing->type, sizeof(thing->type), "%.*s", (int)sizeof(thing->type) - 1,
		       type);
	return thing;
}

static const struct fake_thing *user_of(struct fake_vm *vm, const char *backend)
{
	char json[FAKE_TEXT];

	(void)snprintf(json, sizeof(json), "\"/objects/%s\"", backend);
	for (size_t i = 0; i < FAKE_THINGS; i++) {
		const struct fake_thing *thing = &vm->things[i];
		const char *memdev = fake_property(thing, "memdev");

		if (thing->there && memdev != NULL && strcmp(memdev, json) == 0)
			return thing;
	}
	return NULL;
}

static bool is_slot_taken(struct fake_vm *vm, const char *slot)
{
	for (size_t i = 0; i < FAKE_THINGS; i++) {
		const char *taken = fake_property(&vm->things[i], "slot");

		if (vm->things[i].there && taken != NULL && strcmp(taken, slot) == 0)
			return true;
	}
	return false;
}

static void set_defaults(struct fake_vm *vm, struct fake_thing *thing)
{
	char slot[FAKE_NAME] = "0";

	if (!thing->is_device) {
		set(thing, "share", "false");
		return;
	}
	for (unsigned int n = 0; n < FAKE_SLOTS && is_slot_taken(vm, slot);)
		(void)snprintf(slot, sizeof(slot), "%u", ++n);
	set(thing, "slot", slot);
	set(thing, "node", "0");
	set(thing, "unarmed", "false");
	set(thing, "label-size", "0");
}

/* ---- the command line ---- */

static void set_option(struct fake_thing *thing, const char *key, const char *value)
{
	char json[FAKE_TEXT];
	uint64_t n;

	if (strcmp(key, "memdev") == 0)
		(void)snprintf(json, sizeof(json), "\"/objects/%s\"", value);
	else if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)
		(void)snprintf(json, sizeof(json), "%s", value[1] == 'n' ? "true" : "false");
	else if (lend_parse_u64(value, 10, &n))
		(void)snprintf(json, sizeof(json), "%s", value);
	else
		(void)snprintf(json, sizeof(json), "\"%s\"", value);
	set(thing, key, json);
}

void fake_plug_option(struct fake_vm *vm, bool is_device, const char *option)
{
	char text[1024];
	char *at = text;
	struct fake_thing *thing;

	(void)snprintf(text, sizeof(text), "%s", option);
	at += strcspn(at, ",");
	if (*at == '\0')
		return;
	*at++ = '\0';
	thing = make(vm, is_device, "", text);
	while (*at != '\0') {
		char *value = at + strcspn(at, "=,");
		char *end = value + strcspn(value, ",");
		bool last = *end == '\0';

		*end = '\0';
		if (*value == '=')
			*value++ = '\0';
		if (strcmp(at, "id") == 0)
			(void)snprintf(thing->id, sizeof(thing->id), "%s", value);
		else
			set_option(thing, at, value);
		at = last ? end : end + 1;
	}
	set_defaults(vm, thing);
	thing->there = true;
}

/* ---- commands ---- */

static void set_arguments(struct conversation *c, struct fake_thing *thing, const char *type)
{
	struct lend_json_member member = { 0 };

	while (lend_json_next(c->arguments, &member)) {
		lend_auto_buf json = { 0 };
		struct lend_jsonw w = { .out = &json };
		const char *text = lend_json_str(member.value);
		uint64_t n;
		bool on;

		if (strcmp(member.key, "id") == 0 || strcmp(member.key, type) == 0)
			continue;
		if (text != NULL && strcmp(member.key, "memdev") == 0)
			lend_buf_printf(&json, "\"/objects/%s\"", text);
		else if (text != NULL)
			lend_jsonw_str(&w, NULL, text);
		else if (lend_json_bool(member.value, &on))
			lend_jsonw_bool(&w, NULL, on);
		else if (lend_json_u64(member.value, &n))
			lend_jsonw_u64(&w, NULL, n);
		else
			lend_buf_puts(&json, "null");
		set(thing, member.key, json.text);
	}
}

static void object_add(struct conversation *c)
{
	const char *id = argument(c, "id");
	struct fake_thing *thing;

	if (find(c->vm, false, id) != NULL) {
		refuse_by(c,
			  "attempt to add duplicate property '%.60s' to object (type "
			  "'container')",
			  id);
		return;
	}
	thing = make(c->vm, false, id, argument(c, "qom-type"));
	set_arguments(c, thing, "qom-type");
	set_defaults(c->vm, thing);
	thing->there = true;
	agree(c);
}

static void object_del(struct conversation *c)
{
	const char *id = argument(c, "id");
	struct fake_thing *thing = find(c->vm, false, id);

	if (thing == NULL) {
		refuse_by(c, "object '%.60s' not found", id);
	} else if (user_of(c->vm, id) != NULL) {
		refuse_by(c, "object '%.60s' is in use, can not be deleted", id);
	} else {
		thing->there = false;
		agree(c);
	}
}

static void device_add(struct conversation *c)
{
	const char *id = argument(c, "id");
	const char *memdev = argument(c, "memdev");
	const struct lend_json *slot_value = lend_json_get(c->arguments, "slot");
	struct fake_thing *thing;
	char slot_text[FAKE_NAME];
	uint64_t slot;

	if (find(c->vm, true, id) != NULL) {
		refuse_by(c, "Duplicate device ID '%.60s'", id);
		return;
	}
	if (find(c->vm, false, memdev) == NULL) {
		refuse(c, "DeviceNotFound", "Device 'mem' not found");
		return;
	}
	if (user_of(c->vm, memdev) != NULL) {
		refuse_by(c, "can't use already busy memdev: %.60s", memdev);
		return;
	}
	if (slot_value != NULL && !lend_json_u64(slot_value, &slot)) {
		refuse_by(c, "Invalid parameter type for 'slot', expected: integer");
		return;
	}
	(void)snprintf(slot_text, sizeof(slot_text), "%" PRIu64, slot_value ? slot : 99);
	if (is_slot_taken(c->vm, slot_text)) {
		refuse_by(c, "slot %s is busy", slot_text);
		return;
	}
	thing = make(c->vm, true, id, argument(c, "driver"));
	set_arguments(c, thing, "driver");
	set_defaults(c->vm, thing);
	thing->there = true;
	agree(c);
}

static void qom_get(struct conversation *c)
{
	static const char objects[] = "/objects/";
	static const char devices[] = "/machine/peripheral/";
	const char *path = argument(c, "path");
	const char *key = argument(c, "property");
	const struct fake_thing *thing = NULL;
	const char *json;

	if (strncmp(path, objects, strlen(objects)) == 0)
		thing = find(c->vm, false, path + strlen(objects));
	else if (strncmp(path, devices, strlen(devices)) == 0)
		thing = find(c->vm, true, path + strlen(devices));
	if (thing == NULL) {
		refuse(c, "DeviceNotFound", "Device 'x' not found");
		return;
	}
	if (strcmp(key, "type") == 0) {
		lend_buf_printf(c->reply, "{\"return\":\"%s\"}", thing->type);
		return;
	}
	json = fake_property(thing, key);
	if (json == NULL)
		refuse_by(c, "Property '%.60s.%.60s' not found", thing->type, key);
	else
		lend_buf_printf(c->reply, "{\"return\":%s}", json);
}

static void query_memdev(struct conversation *c)
{
	bool first = true;

	lend_buf_puts(c->reply, "{\"return\":[");
	for (size_t i = 0; i < FAKE_THINGS; i++) {
		const struct fake_thing *thing = &c->vm->things[i];

		if (!thing->there || thing->is_device || fake_property(thing, "size") == NULL)
			continue;
		lend_buf_printf(c->reply, "%s{\"id\":\"%s\",\"size\":%s,\"share\":%s}",
				first ? "" : ",", thing->id, fake_property(thing, "size"),
				fake_property(thing, "share"));
		first = false;
	}
	lend_buf_puts(c->reply, "]}");
}

static void query_memory_devices(struct conversation *c)
{
	bool first = true;

	lend_buf_puts(c->reply, "{\"return\":[");
	for (size_t i = 0; i < FAKE_THINGS; i++) {
		const struct fake_thing *thing = &c->vm->things[i];
		const char *memdev = fake_property(thing, "memdev");

		if (!thing->there || memdev == NULL)
			continue;
		lend_buf_printf(c->reply,
				"%s{\"type\":\"nvdimm\",\"data\":{\"memdev\":%s,\"id\":\"%s\","
				"\"slot\":%s}}",
				first ? "" : ",", memdev, thing->id,
				fake_property(thing, "slot"));
		first = false;
	}
	lend_buf_puts(c->reply, "]}");
}

static void device_del(struct conversation *c)
{
	refuse_by(c, "nvdimm device hot unplug is not supported yet.");
}

static void system_powerdown(struct conversation *c)
{
	agree(c);
	c->vm->runs = c->host->disobeys;
}

static void quit(struct conversation *c)
{
	agree(c);
	c->vm->runs = false;
}

static void query_chardev(struct conversation *c)
{
	lend_buf_printf(c->reply,
			"{\"return\":[{\"label\":\"lend-qga\",\"frontend-open\":%s,"
			"\"filename\":\"disconnected:unix:%s,server=on\"}]}",
			strcmp(c->host->fails, "guest-shutdown") == 0 ? "false" : "true",
			c->vm->agent);
}

static const struct command {
	const char *name;
	void (*answer)(struct conversation *c);
} commands[] = {
	{ "device_add", device_add },
	{ "device_del", device_del },
	{ "object-add", object_add },
	{ "object-del", object_del },
	{ "qom-get", qom_get },
	{ "query-chardev", query_chardev },
	{ "query-memdev", query_memdev },
	{ "query-memory-devices", query_memory_devices },
	{ "quit", quit },
	{ "system_powerdown", system_powerdown },
};

void fake_qmp(struct fakehost *host, struct fake_vm *vm, const char *request,
	      struct lend_buf *reply)
{
	lend_auto_json struct lend_json *doc = NULL;
	struct conversation c = { .host = host, .vm = vm, .reply = reply };
	const char *name;

	must(lend_json_parse(request, strlen(request), &doc, NULL) == 0);
	name = lend_json_str(lend_json_get(doc, "execute"));
	must(name != NULL);
	c.arguments = lend_json_get(doc, "arguments");
	fake_count(host, name);
	if (strcmp(host->fails, name) == 0) {
		refuse(&c, "GenericError", host->why);
		return;
	}
	for (size_t i = 0; i < LEND_COUNT(commands); i++) {
		if (strcmp(commands[i].name, name) == 0) {
			commands[i].answer(&c);
			return;
		}
	}
	refuse_by(&c, "The command %.60s has not been found", name);
}
