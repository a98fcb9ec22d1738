/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/esx-conf.h"

#include "base/err.h"
#include "format/span.h"

/* ---- lines ---- */

static bool is_key(struct lend_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < ' ' || s.at[i] > '~' || s.at[i] == '=' || s.at[i] == '"')
			return false;
	}
	return s.len > 1 && s.at[0] == '/' && s.at[s.len - 1] != ' ';
}

/* false: no assignment.  *ret_junk tells whether it is nothing else either. */
static bool split(struct lend_span line, struct lend_span *ret_key, struct lend_span *ret_value,
		  bool *ret_junk)
{
	const char *equals;
	struct lend_span value;

	line = lend_span_trim(line);
	*ret_junk = line.len > 0 && line.at[0] != '#';
	equals = line.len == 0 ? NULL : memchr(line.at, '=', line.len);
	if (!*ret_junk || equals == NULL)
		return false;
	*ret_key = lend_span_trim((struct lend_span){ line.at, (size_t)(equals - line.at) });
	value = lend_span_trim(
		(struct lend_span){ equals + 1, line.len - (size_t)(equals - line.at) - 1 });
	if (!is_key(*ret_key) || value.len < 2 || value.at[0] != '"' ||
	    value.at[value.len - 1] != '"')
		return false;
	*ret_value = (struct lend_span){ value.at + 1, value.len - 2 };
	*ret_junk = false;
	return true;
}

bool lend_esx_conf_recognise(const char *text, size_t len)
{
	struct lend_span rest = { text, len };
	struct lend_span line, key, value;
	bool junk;

	if (len > LEND_ESX_CONF_MAX)
		return false;
	while (lend_span_next_line(&rest, &line)) {
		if (split(line, &key, &value, &junk))
			return true;
	}
	return false;
}

static int by_key(const void *a, const void *b, void *arg)
{
	const struct lend_esx_conf_line *lines = arg;
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	int r = strcmp(lines[x].key, lines[y].key);

	if (r != 0)
		return r;
	return x < y ? -1 : x > y;
}

static void sort_lines(struct lend_esx_conf *conf)
{
	conf->sorted = lend_arena_array(conf->arena, conf->n_lines, sizeof(*conf->sorted));
	conf->n_sorted = 0;
	for (size_t i = 0; i < conf->n_lines; i++) {
		if (conf->lines[i].key != NULL)
			conf->sorted[conf->n_sorted++] = (uint32_t)i;
	}
	qsort_r(conf->sorted, conf->n_sorted, sizeof(*conf->sorted), by_key, conf->lines);
}

static int refuse_duplicates(const struct lend_esx_conf *conf, struct lend_err *err)
{
	for (size_t i = 1; i < conf->n_sorted; i++) {
		const struct lend_esx_conf_line *a = &conf->lines[conf->sorted[i - 1]];
		const struct lend_esx_conf_line *b = &conf->lines[conf->sorted[i]];

		if (strcmp(a->key, b->key) != 0)
			continue;
		lend_hint(err, "leave the line that is meant");
		return lend_fail(err, LEND_E_FORMAT, "lines %u and %u give the same key: %s",
				 a->number, b->number, a->key);
	}
	return 0;
}

static void read_line(struct lend_esx_conf *conf, struct lend_span raw)
{
	struct lend_esx_conf_line *line =
		LEND_PUSH(conf->arena, conf->lines, conf->n_lines, conf->cap_lines);
	struct lend_span key = { 0 };
	struct lend_span value = { 0 };

	line->raw = raw.at;
	line->raw_len = raw.len;
	line->number = (unsigned int)conf->n_lines;
	if (split(raw, &key, &value, &line->junk)) {
		line->key = lend_arena_strndup(conf->arena, key.at, key.len);
		line->value = lend_arena_strndup(conf->arena, value.at, value.len);
	} else if (line->junk && conf->n_junk++ == 0) {
		conf->first_junk = line->number;
	}
}

int lend_esx_conf_parse(const char *text, size_t len, struct lend_arena *arena,
			struct lend_esx_conf *ret_conf, struct lend_err *err)
{
	struct lend_esx_conf conf = { .arena = arena, .eol = "\n" };
	struct lend_span rest = { 0 };
	struct lend_span raw;

	if (lend_span_check("an esx.conf", text, len, LEND_ESX_CONF_MAX, err) < 0)
		return -1;
	if (len > 0)
		rest = (struct lend_span){ lend_arena_strndup(arena, text, len), len };
	while (lend_span_next_line(&rest, &raw)) {
		if (conf.n_lines == 0 && raw.len >= 2 && raw.at[raw.len - 2] == '\r')
			conf.eol = "\r\n";
		read_line(&conf, raw);
	}
	sort_lines(&conf);
	if (conf.n_sorted == 0)
		return lend_fail(err, LEND_E_FORMAT,
				 "this is no esx.conf: not one line of the form "
				 "/key = \"value\"");
	if (refuse_duplicates(&conf, err) < 0)
		return -1;
	*ret_conf = conf;
	return 0;
}

/* ---- looking up, changing, writing ---- */

/* The place in sorted of the first key that is not before this one. */
static size_t first_from(const struct lend_esx_conf *conf, const char *key)
{
	size_t from = 0;
	size_t to = conf->n_sorted;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(conf->lines[conf->sorted[middle]].key, key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

const struct lend_esx_conf_line *lend_esx_conf_find(const struct lend_esx_conf *conf,
						    const char *key)
{
	size_t at = first_from(conf, key);

	if (at == conf->n_sorted || strcmp(conf->lines[conf->sorted[at]].key, key) != 0)
		return NULL;
	return &conf->lines[conf->sorted[at]];
}

const char *lend_esx_conf_get(const struct lend_esx_conf *conf, const char *key)
{
	const struct lend_esx_conf_line *line = lend_esx_conf_find(conf, key);

	return line == NULL ? NULL : line->value;
}

static bool is_value(const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
			return false;
	}
	return true;
}

int lend_esx_conf_set(struct lend_esx_conf *conf, const char *key, const char *value,
		      struct lend_err *err)
{
	const struct lend_esx_conf_line *found = lend_esx_conf_find(conf, key);
	struct lend_esx_conf_line *line;

	if (!is_key((struct lend_span){ key, strlen(key) }))
		return lend_fail(err, LEND_E_USAGE, "'%s' is no key of esx.conf", key);
	if (!is_value(value))
		return lend_fail(err, LEND_E_USAGE,
				 "esx.conf cannot hold this value of %s: quotes, backslashes "
				 "or control characters",
				 key);
	if (found != NULL) {
		line = &conf->lines[found - conf->lines];
		if (strcmp(line->value, value) == 0)
			return 0;
		line->value = lend_arena_strdup(conf->arena, value);
		line->raw = NULL;
		return 0;
	}
	line = LEND_PUSH(conf->arena, conf->lines, conf->n_lines, conf->cap_lines);
	line->key = lend_arena_strdup(conf->arena, key);
	line->value = lend_arena_strdup(conf->arena, value);
	sort_lines(conf);
	return 0;
}

bool lend_esx_conf_remove(struct lend_esx_conf *conf, const char *key)
{
	const struct lend_esx_conf_line *found = lend_esx_conf_find(conf, key);
	size_t at;

	if (found == NULL)
		return false;
	at = (size_t)(found - conf->lines);
	conf->n_lines--;
	memmove(&conf->lines[at], &conf->lines[at + 1],
		(conf->n_lines - at) * sizeof(*conf->lines));
	sort_lines(conf);
	return true;
}

void lend_esx_conf_write(const struct lend_esx_conf *conf, struct lend_buf *out)
{
	for (size_t i = 0; i < conf->n_lines; i++) {
		const struct lend_esx_conf_line *line = &conf->lines[i];

		/* The last line of the file may have had no end. */
		if (i > 0 && out->text[out->len - 1] != '\n')
			lend_buf_puts(out, conf->eol);
		if (line->raw != NULL)
			lend_buf_put(out, line->raw, line->raw_len);
		else
			lend_buf_printf(out, "%s = \"%s\"%s", line->key, line->value,
					conf->eol);
	}
}

/* ---- devices ---- */

/* What stands between the prefix and the next slash; false for keys of another place. */
static bool take_part(const char *key, const char *prefix, struct lend_span *ret_part)
{
	size_t len = strlen(prefix);
	const char *slash;

	if (strncmp(key, prefix, len) != 0)
		return false;
	slash = strchr(key + len, '/');
	if (slash == NULL || slash == key + len)
		return false;
	*ret_part = (struct lend_span){ key + len, (size_t)(slash - key) - len };
	return true;
}

static size_t digits(const char *at)
{
	size_t n = 0;

	while (lend_ascii_is_digit(at[n]))
		n++;
	return n;
}

static enum lend_esx_conf_spelling spelling_of(const char *text, struct lend_pci_decimal *ret)
{
	struct lend_pci_address hex;
	const char *bus = strrchr(text, ':');

	if (!lend_pci_decimal_parse(text, strlen(text), ret))
		return lend_pci_address_parse(text, strlen(text), &hex) ? LEND_ESX_CONF_HEX
									: LEND_ESX_CONF_ODD;
	/* "0000:00:31.2" is how people write it, and "00000:031.2" could mean bus 31. */
	if (digits(bus + 1) > 2)
		return LEND_ESX_CONF_UNSURE;
	while (bus > text && bus[-1] != ':')
		bus--;
	return digits(bus) == 3 && (bus == text || digits(text) >= 4) ? LEND_ESX_CONF_HOST
								      : LEND_ESX_CONF_UNSURE;
}

static void note(struct lend_esx_conf_device *device, const struct lend_esx_conf_line *line)
{
	const char *leaf = strrchr(line->key, '/') + 1;

	if (strlen("/device/") + strlen(device->address) + 1 != (size_t)(leaf - line->key))
		return;
	if (strcmp(leaf, "owner") == 0) {
		device->owner = line->value;
		device->owner_line = line->number;
	} else if (strcmp(leaf, "vmkname") == 0) {
		device->vmkname = line->value;
	} else if (strcmp(leaf, "vendor") == 0) {
		device->vendor = line->value;
	} else if (strcmp(leaf, "device") == 0) {
		device->device = line->value;
	}
}

void lend_esx_conf_devices(const struct lend_esx_conf *conf, struct lend_arena *arena,
			   struct lend_esx_conf_device **ret_items, size_t *ret_n)
{
	static const char prefix[] = "/device/";
	struct lend_esx_conf_device *items = NULL;
	size_t n = 0;
	size_t cap = 0;
	struct lend_span last = { "", 0 };

	for (size_t i = first_from(conf, prefix); i < conf->n_sorted; i++) {
		const struct lend_esx_conf_line *line = &conf->lines[conf->sorted[i]];
		struct lend_span part = { "", 0 };

		if (strncmp(line->key, prefix, sizeof(prefix) - 1) != 0)
			break;
		if (!take_part(line->key, prefix, &part))
			continue;
		/* All keys of one device stand together: they are sorted. */
		if (n == 0 || part.len != last.len || memcmp(part.at, last.at, part.len) != 0) {
			struct lend_esx_conf_device *d = LEND_PUSH(arena, items, n, cap);

			d->address = lend_arena_strndup(arena, part.at, part.len);
			d->spelling = spelling_of(d->address, &d->at);
			last = part;
		}
		note(&items[n - 1], line);
	}
	*ret_items = items;
	*ret_n = n;
}

/* ---- network interfaces ---- */

static const char *leaf_of(const struct lend_esx_conf *conf, const char *child,
			   const char *leaf)
{
	lend_auto_buf key = { 0 };

	lend_buf_printf(&key, "%s/%s", child, leaf);
	return lend_esx_conf_get(conf, key.text);
}

void lend_esx_conf_nics(const struct lend_esx_conf *conf, const char *prefix,
			struct lend_arena *arena, struct lend_esx_conf_nic **ret_items,
			size_t *ret_n)
{
	const char *start = lend_arena_printf(arena, "%s/child[", prefix);
	struct lend_esx_conf_nic *items = NULL;
	struct lend_span last = { "", 0 };
	size_t n = 0;
	size_t cap = 0;

	for (size_t i = first_from(conf, start); i < conf->n_sorted; i++) {
		const char *key = conf->lines[conf->sorted[i]].key;
		struct lend_esx_conf_nic *nic;
		struct lend_span part = { "", 0 };

		if (strncmp(key, start, strlen(start)) != 0)
			break;
		if (!take_part(key, start, &part) ||
		    (n > 0 && part.len == last.len && memcmp(part.at, last.at, part.len) == 0))
			continue;
		last = part;
		nic = LEND_PUSH(arena, items, n, cap);
		nic->child = lend_arena_printf(arena, "%s%.*s", start, (int)part.len, part.at);
		nic->name = leaf_of(conf, nic->child, "name");
		nic->mac = leaf_of(conf, nic->child, "mac");
		nic->virtual_mac = leaf_of(conf, nic->child, "virtualMac");
		nic->ipv4 = leaf_of(conf, nic->child, "ipv4address");
		nic->netmask = leaf_of(conf, nic->child, "ipv4netmask");
		nic->dhcp = leaf_of(conf, nic->child, "dhcp");
		nic->portgroup = leaf_of(conf, nic->child, "portgroup");
	}
	*ret_items = items;
	*ret_n = n;
}
