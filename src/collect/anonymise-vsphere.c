/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lend-via-vsphere told of a server (docs/design/vsphere.md), with other
 * names.
 *
 * It is known which key holds what, so what is kept is listed, and all other
 * text is replaced: a key that is not known here hides its value.  Equal words
 * stay equal, so "[DATASTORE] DIR/FILE" still names its datastore, and extents
 * their disks.  Of what went wrong on the server only our own words stay.
 */

#include "base/ascii.h"
#include "base/json.h"
#include "base/num.h"
#include "collect/anonymise.h"
#include "format/vim-url.h"

enum { VALUES_MAX = 400 * 1000, REF_DIGITS_MAX = 6 };

static const char question[] = "lend-via-vsphere read ";
static const char nowhere[] = "vsphere://reader@vsphere.invalid";

struct walk {
	struct lend_anonymise *a;
	struct lend_jsonw w;
	const struct lend_vim_url *url; /* NULL: it is none that can be read */
	struct lend_buf text;
};

static bool is_one_of(const char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i], text) == 0)
			return true;
	}
	return false;
}

/* ---- the question ---- */

bool lend_anon_asks_vsphere(const char *text)
{
	return lend_vim_url_is(text) || strncmp(text, question, strlen(question)) == 0;
}

static const char *url_of(const char *text)
{
	return lend_vim_url_is(text) ? text : text + strlen(question);
}

void lend_anon_vsphere_url(struct lend_anonymise *a, const char *text, struct lend_buf *out)
{
	struct lend_arena memory = { 0 };
	struct lend_vim_url url;

	lend_buf_put(out, text, (size_t)(url_of(text) - text));
	lend_buf_puts(out, nowhere);
	if (lend_vim_url_parse(&memory, url_of(text), &url, NULL) == 0 && url.only != NULL) {
		lend_buf_puts(out, "?host=");
		lend_anon_all(a, LEND_ANON_FORCE, url.only, strlen(url.only), out);
	}
	lend_arena_done(&memory);
}

/* ---- values ---- */

/* "host-9", "42": the server counts them; others are made of UUIDs, or of who knows what. */
static bool is_counted(const char *ref)
{
	size_t letters = strspn(ref, "abcdefghijklmnopqrstuvwxyz-");
	size_t digits = strspn(ref + letters, "0123456789");

	return strcmp(ref, "ha-host") == 0 || strcmp(ref, "ha-datacenter") == 0 ||
	       (ref[letters + digits] == '\0' && digits > 0 && digits <= REF_DIGITS_MAX &&
		(letters == 0 || ref[letters - 1] == '-'));
}

/* 32 digits, with blanks and dashes anywhere, which stay; false when it is no UUID. */
static bool put_uuid(struct walk *k, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t uuid[16], other[16];
	size_t n = 0;

	for (const char *c = text; *c != '\0'; c++) {
		uint64_t digit;

		if (*c == '-' || *c == ' ')
			continue;
		if (n == 32 || !lend_parse_u64n(c, 1, 16, &digit))
			return false;
		uuid[n / 2] = (uint8_t)(n % 2 == 0 ? digit << 4 : uuid[n / 2] | digit);
		n++;
	}
	if (n != 32)
		return false;
	lend_anon_uuid(k->a, uuid, other);
	n = 0;
	for (const char *c = text; *c != '\0'; c++) {
		bool between = *c == '-' || *c == ' ';
		uint8_t byte = between ? 0 : other[n / 2];

		lend_buf_putc(&k->text,
			      between ? *c : digits[n % 2 == 0 ? byte >> 4 : byte & 15]);
		n += !between;
	}
	return true;
}

static void force(struct walk *k, const char *text)
{
	lend_anon_all(k->a, LEND_ANON_FORCE, text, strlen(text), &k->text);
}

/* "ds:///vmfs/volumes/FOLDER/": all but what every host has. */
static void put_folder(struct walk *k, const char *text)
{
	static const char volumes[] = "/vmfs/volumes/";
	const char *at = strstr(text, volumes);
	size_t head = at == NULL ? 0 : (size_t)(at - text) + strlen(volumes);

	if (at != NULL && (at == text || strncmp(text, "ds://", 5) == 0))
		lend_buf_put(&k->text, text, head);
	else
		head = 0;
	force(k, text + head);
}

/* Our own words about it, without the server's, and with another host. */
static void put_failure(struct walk *k, const char *text)
{
	const char *says = strstr(text, "the server says ");
	const char *host = k->url == NULL ? NULL : k->url->host;
	const char *end = says == NULL ? text + strlen(text) : says + strlen("the server says");
	lend_auto_buf plain = { 0 };

	while (text < end) {
		if (host != NULL && strncmp(text, host, strlen(host)) == 0) {
			lend_buf_puts(&plain, "vsphere.invalid");
			text += strlen(host);
		} else {
			lend_buf_putc(&plain, *text++);
		}
	}
	lend_anon_text(k->a, lend_buf_text(&plain), plain.len, &k->text);
}

/* list: the one that it is in; NULL at the top. */
static bool is_kept(const char *list, const char *key, const char *text)
{
	static const char *const always[] = {
		"about", "api",    "version",  "product", "connection",  "state",
		"kind",  "type",   "backing",  "vendor",  "vendor_name", "device_name",
		"model", "driver", "function", "with",    "parent",      "fault",
	};
	static const char *const ids[] = { "pci", "passthru", "devices" };
	static const char *const named[] = { "adapters", "nics" };
	static const char *const refs[] = { "host", "vm", "datastore", "datacenter",
					    "datastores" };

	if (is_one_of(always, LEND_COUNT(always), key) || text[0] == '\0')
		return true;
	if (list != NULL && strcmp(key, "id") == 0)
		return is_one_of(ids, LEND_COUNT(ids), list);
	if (list != NULL && strcmp(key, "name") == 0)
		return is_one_of(named, LEND_COUNT(named), list);
	if (list != NULL && strcmp(key, "path") == 0)
		return strcmp(list, "missing") == 0;
	if (is_one_of(refs, LEND_COUNT(refs), key))
		return is_counted(text);
	/* A disk by its port, which has no number of its own. */
	return strncmp(text, "mpx.vmhba", 9) == 0 &&
	       text[9 + strspn(text + 9, "0123456789:CTL")] == '\0';
}

static void put_string(struct walk *k, const char *list, const char *name, const char *key,
		       const char *text)
{
	lend_buf_reset(&k->text);
	if (is_kept(list, key, text))
		lend_buf_puts(&k->text, text);
	else if (strcmp(key, "failed") == 0 || strcmp(key, "hint") == 0)
		put_failure(k, text);
	else if (strcmp(key, "path") == 0 || strcmp(key, "url") == 0)
		put_folder(k, text);
	else if (strcmp(key, "uuid") != 0 || !put_uuid(k, text))
		force(k, text);
	lend_jsonw_strn(&k->w, name, lend_buf_text(&k->text), k->text.len);
}

static void put_value(struct walk *k, const char *list, const char *name, const char *key,
		      const struct lend_json *value);

static void put_members(struct walk *k, const char *list, const struct lend_json *object)
{
	struct lend_json_member member = { 0 };

	while (lend_json_next(object, &member))
		put_value(k, list, member.key, member.key, member.value);
}

/* name is NULL inside of an array; key is that of the array then. */
static void put_value(struct walk *k, const char *list, const char *name, const char *key,
		      const struct lend_json *value)
{
	const char *text = lend_json_str(value);
	uint64_t number;
	bool is;

	if (text != NULL) {
		put_string(k, list, name, key, text);
	} else if (lend_json_u64(value, &number)) {
		lend_jsonw_u64(&k->w, name, number);
	} else if (lend_json_bool(value, &is)) {
		lend_jsonw_bool(&k->w, name, is);
	} else if (lend_json_kind(value) == LEND_JSON_ARRAY) {
		lend_jsonw_open(&k->w, name, '[');
		for (size_t i = 0; i < lend_json_count(value); i++)
			put_value(k, key, NULL, key, lend_json_at(value, i));
		lend_jsonw_close(&k->w, ']');
	} else if (lend_json_kind(value) == LEND_JSON_OBJECT) {
		lend_jsonw_open(&k->w, name, '{');
		put_members(k, list, value);
		lend_jsonw_close(&k->w, '}');
	} else {
		lend_jsonw_null(&k->w, name);
	}
}

/* What is no JSON ends the reading, and says nothing. */
static void put_line(struct walk *k, const char *line, size_t len)
{
	lend_auto_json struct lend_json *doc = NULL;

	k->w.depth = 0;
	if (lend_json_parse_large(line, len, VALUES_MAX, &doc, NULL) < 0)
		lend_buf_puts(k->w.out, "{}");
	else
		put_value(k, NULL, NULL, "", doc);
}

void lend_anon_vsphere(struct lend_anonymise *a, const char *key, const char *bytes, size_t len,
		       struct lend_buf *out)
{
	struct lend_arena memory = { 0 };
	struct lend_vim_url url;
	struct walk k = { .a = a };

	if (lend_vim_url_parse(&memory, url_of(key), &url, NULL) == 0)
		k.url = &url;
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - bytes);

		k.w = (struct lend_jsonw){ .out = out };
		put_line(&k, bytes, n);
		if (end != NULL)
			lend_buf_putc(out, '\n');
		n += end != NULL;
		bytes += n;
		len -= n;
	}
	lend_buf_done(&k.text);
	lend_arena_done(&memory);
}
