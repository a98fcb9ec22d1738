/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a tree of texts to a wish, by the rows of wish-yaml-rows.c. */

#include "format/wish-yaml.h"

#include <inttypes.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/near.h"
#include "format/wish-yaml-rows.h"
#include "format/yaml-tree.h"

enum { QUOTE_MAX = 40, WORD_MAX = 24 };

struct reader {
	struct lend_arena *arena;
	const char *file;
	bool all_required; /* false: what lend attach may leave out is not asked for */
	struct lend_err *err;
};

static int at_node(struct reader *r, const struct lend_yaml_node *node)
{
	return lend_yaml_where(r->err, r->file, node->line, node->column);
}

/* "label: ...": a failure of the value of a key, and where it stands. */
static int at_value(struct reader *r, const struct lend_wish_row *row,
		    const struct lend_yaml_node *node)
{
	(void)lend_where(r->err, "%s", row->key);
	return at_node(r, node);
}

static struct lend_wish_at place_of(const struct lend_yaml_node *node)
{
	return (struct lend_wish_at){ .line = node->line, .column = node->column };
}

/* ---- one text ---- */

static const char *kind_name(const struct lend_yaml_node *node)
{
	switch (node->kind) {
	case LEND_YAML_LIST:
		return "a list";
	case LEND_YAML_MAP:
		return "a mapping";
	default:
		return "a text";
	}
}

/* Nothing, or what YAML calls null. */
static bool is_nothing(const struct lend_yaml_node *node)
{
	return node->kind == LEND_YAML_TEXT && !node->quoted &&
	       (*node->text == '\0' || strcmp(node->text, "~") == 0 ||
		lend_ascii_casecmp(node->text, "null") == 0);
}

static int hint_example(struct reader *r, const struct lend_wish_row *row)
{
	if (row->example != NULL)
		lend_hint(r->err, "write '%s: %s'", row->key, row->example);
	return -1;
}

/* NULL after a failure. */
static const char *text_of(struct reader *r, const struct lend_wish_row *row,
			   const struct lend_yaml_node *node)
{
	if (is_nothing(node)) {
		lend_hint(r->err, "leave the line out, or write a value behind '%s:'",
			  row->key);
		(void)lend_fail(r->err, LEND_E_FORMAT, "there is no value");
	} else if (node->kind != LEND_YAML_TEXT) {
		(void)hint_example(r, row);
		(void)lend_fail(r->err, LEND_E_FORMAT, "this is %s; one value belongs here",
				kind_name(node));
	} else if (*node->text == '\0') {
		lend_hint(r->err, "leave the line out");
		(void)lend_fail(r->err, LEND_E_FORMAT, "the text is empty");
	} else {
		return node->text;
	}
	(void)at_value(r, row, node);
	return NULL;
}

static int read_value(struct reader *r, const struct lend_wish_row *row,
		      const struct lend_yaml_node *node, void *object)
{
	const char *text = text_of(r, row, node);

	if (text == NULL)
		return -1;
	if (lend_wish_set(r->arena, row, text, object, r->err) < 0)
		return at_value(r, row, node);
	if (row->at_offset != LEND_WISH_NOWHERE)
		*(struct lend_wish_at *)((char *)object + row->at_offset) = place_of(node);
	return 0;
}

/* ---- lists ---- */

/* One more element, zeroed. */
static void *push(struct reader *r, const struct lend_wish_row *row, void *object, size_t size)
{
	char *base = object;
	size_t *n = (size_t *)(base + row->n_offset);
	void *items;

	memcpy(&items, base + row->offset, sizeof(items));
	items = lend_arena_grow(r->arena, items, *n, (size_t *)(base + row->cap_offset), size);
	memcpy(base + row->offset, &items, sizeof(items));
	return (char *)items + size * (*n)++;
}

/* The items of a list; the node itself where one item needs no list. */
static int list_of(struct reader *r, const struct lend_wish_row *row,
		   const struct lend_yaml_node *node, bool one_is_fine,
		   const struct lend_yaml_node **ret_first)
{
	const int max = row->type == LEND_WISH_TEXTS ? LEND_WISH_ARGS_MAX : LEND_WISH_ITEMS_MAX;

	*ret_first = node->first;
	if (node->kind == LEND_YAML_LIST) {
		if (node->n <= (size_t)max)
			return 0;
		(void)lend_fail(r->err, LEND_E_FORMAT, "%zu are too many: at most %d", node->n,
				max);
	} else if (is_nothing(node)) {
		return text_of(r, row, node) == NULL ? -1 : 0;
	} else if (one_is_fine) {
		*ret_first = node;
		return 0;
	} else {
		lend_hint(r->err, "begin each item in a line of its own with '- '");
		(void)lend_fail(r->err, LEND_E_FORMAT, "this is %s; a list belongs here",
				kind_name(node));
	}
	return at_value(r, row, node);
}

static int read_texts(struct reader *r, const struct lend_wish_row *row,
		      const struct lend_yaml_node *node, void *object)
{
	const struct lend_yaml_node *item;

	if (list_of(r, row, node, false, &item) < 0)
		return -1;
	for (; item != NULL; item = item->next) {
		/* An argument may be empty, but then it says so. */
		const char *text = item->kind == LEND_YAML_TEXT && item->quoted
					   ? item->text
					   : text_of(r, row, item);

		if (text == NULL)
			return -1;
		*(const char **)push(r, row, object, sizeof(text)) =
			lend_arena_strdup(r->arena, text);
	}
	return 0;
}

static int read_map(struct reader *r, const struct lend_wish_rows *rows,
		    const struct lend_yaml_node *map, void *object);

static int read_items(struct reader *r, const struct lend_wish_row *row,
		      const struct lend_yaml_node *node, void *object)
{
	const struct lend_wish_rows *inside = row->inside;
	const struct lend_yaml_node *item;

	if (list_of(r, row, node, inside->short_form, &item) < 0)
		return -1;
	/* With one item alone, what follows it are the next keys. */
	for (; item != NULL; item = item == node ? NULL : item->next) {
		void *one = push(r, row, object, inside->item_size);

		*(struct lend_wish_at *)one = place_of(item);
		if (item->kind == LEND_YAML_TEXT && inside->short_form) {
			if (read_value(r, &inside->rows[0], item, one) < 0)
				return -1;
		} else if (item->kind != LEND_YAML_MAP) {
			lend_hint(r->err, "write '- %s: %s'", inside->rows[0].key,
				  inside->rows[0].example);
			(void)lend_fail(r->err, LEND_E_FORMAT,
					"this is %s; a mapping belongs here", kind_name(item));
			return at_value(r, row, item);
		} else if (read_map(r, inside, item, one) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- rows of their own kind ---- */

static int read_network(struct reader *r, const struct lend_wish_row *row,
			const struct lend_yaml_node *node, struct lend_wish *wish)
{
	static const char *const words[] = { "", "none", "user", "bridge", "tap", NULL };
	bool named = node->kind == LEND_YAML_MAP && node->n == 1;
	const char *name;
	size_t i;

	if (named) {
		name = text_of(r, row, node->first);
		if (name == NULL)
			return -1;
		if (lend_wish_find_word(words, node->first->key, &i, r->err) < 0 ||
		    lend_wish_check_interface(r->arena, &name, r->err) < 0)
			return at_value(r, row, node->first);
		wish->network_name = lend_arena_strdup(r->arena, name);
	} else {
		name = text_of(r, row, node);
		if (name == NULL)
			return -1;
		if (lend_wish_find_word(words, name, &i, r->err) < 0)
			return at_value(r, row, node);
	}
	if (named != (i >= LEND_WISH_NETWORK_BRIDGE)) {
		lend_hint(r->err, named ? "write 'network: %s'" : "write 'network: {%s: NAME}'",
			  words[i]);
		(void)lend_fail(r->err, LEND_E_FORMAT, named ? "'%s' has no name" : "which %s?",
				words[i]);
		return at_value(r, row, node);
	}
	wish->network = (enum lend_wish_network)i;
	return 0;
}

/* Becomes the first one, wherever it stands in the file. */
static int read_ssh(struct reader *r, const struct lend_wish_row *row,
		    const struct lend_yaml_node *node, struct lend_wish *wish)
{
	struct lend_wish_forward ssh = { .guest_port = LEND_WISH_SSH_PORT };
	const char *text = text_of(r, row, node);

	if (text == NULL)
		return -1;
	if (lend_wish_parse_endpoint(r->arena, text, strlen(text), &ssh.address, &ssh.host_port,
				     r->err) < 0)
		return at_value(r, row, node);
	ssh.at = place_of(node);
	(void)push(r, row, wish, sizeof(ssh));
	memmove(wish->forwards + 1, wish->forwards, (wish->n_forwards - 1) * sizeof(ssh));
	wish->forwards[0] = ssh;
	return 0;
}

static int read_forwards(struct reader *r, const struct lend_wish_row *row,
			 const struct lend_yaml_node *node, struct lend_wish *wish)
{
	const struct lend_yaml_node *item;

	if (list_of(r, row, node, node->kind == LEND_YAML_TEXT, &item) < 0)
		return -1;
	for (; item != NULL; item = item == node ? NULL : item->next) {
		const char *text = text_of(r, row, item);
		struct lend_wish_forward forward = { .at = place_of(item) };
		const char *none;
		const char *colon;

		if (text == NULL)
			return -1;
		colon = strrchr(text, ':');
		if (colon == NULL) {
			lend_hint(r->err, "write HOSTPORT:GUESTPORT, such as 8080:80");
			(void)lend_wish_fail_text(text, "names no port of the guest", r->err);
			return at_value(r, row, item);
		}
		if (lend_wish_parse_endpoint(r->arena, text, (size_t)(colon - text),
					     &forward.address, &forward.host_port,
					     r->err) < 0 ||
		    lend_wish_parse_endpoint(r->arena, colon + 1, strlen(colon + 1), &none,
					     &forward.guest_port, r->err) < 0)
			return at_value(r, row, item);
		*(struct lend_wish_forward *)push(r, row, wish, sizeof(forward)) = forward;
	}
	return 0;
}

/* ---- mappings ---- */

static bool is_among(const char *word, const char *list)
{
	size_t len = strlen(word);

	for (const char *p = list; p != NULL && len > 0; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (strncmp(p, word, len) == 0 && (p[len] == ' ' || p[len] == '\0'))
			return true;
	}
	return false;
}

static const char *key_at(const void *context, size_t i)
{
	const struct lend_wish_rows *rows = context;

	return i < rows->n ? rows->rows[i].key : NULL;
}

static const struct lend_wish_row *find_row(const struct lend_wish_rows *rows, const char *key)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (strcmp(rows->rows[i].key, key) == 0)
			return &rows->rows[i];
	}
	return NULL;
}

/* Where a key belongs that is right, or nearly, in another mapping. */
static void hint_elsewhere(struct reader *r, const struct lend_wish_rows *here, const char *key)
{
	const struct lend_wish_rows *const *all = lend_wish_rows_all;
	lend_auto_buf places = { 0 };

	if (find_row(all[0], key) != NULL)
		lend_hint(r->err, "'%s' belongs into the first column", key);
	for (size_t i = 1; all[i] != NULL; i++) {
		if (find_row(all[i], key) != NULL)
			lend_buf_printf(&places, "%s'%s'", places.len > 0 ? " or " : "",
					all[i]->name);
	}
	if (places.len > 0)
		lend_hint(r->err, "'%s' belongs below %s: indent it", key, places.text);
	for (size_t i = 0; all[i] != NULL; i++) {
		const char *near = all[i] == here ? NULL : lend_near(key, key_at, all[i]);

		if (near != NULL && i == 0)
			lend_hint(r->err, "did you mean '%s', in the first column?", near);
		else if (near != NULL)
			lend_hint(r->err, "did you mean '%s', below '%s'?", near, all[i]->name);
	}
}

static void hint_key(struct reader *r, const struct lend_wish_rows *rows, const char *key)
{
	const char *near = lend_near(key, key_at, rows);
	char lower[WORD_MAX] = "";

	for (size_t i = 0; i + 1 < sizeof(lower) && key[i] != '\0'; i++)
		lower[i] = lend_ascii_lower(key[i]);
	for (size_t i = 0; i < rows->n; i++) {
		if (near == NULL && is_among(lower, rows->rows[i].also))
			near = rows->rows[i].key;
	}
	if (near != NULL)
		lend_hint(r->err, "did you mean '%s'?", near);
	hint_elsewhere(r, rows, key);
	lend_hint(r->err, "lend-wish(5) lists the keys");
}

static int unknown_key(struct reader *r, const struct lend_wish_rows *rows,
		       const struct lend_yaml_node *value)
{
	hint_key(r, rows, value->key);
	(void)lend_fail(r->err, LEND_E_FORMAT, "unknown key '%.*s%s'", QUOTE_MAX, value->key,
			strlen(value->key) > QUOTE_MAX ? "..." : "");
	return lend_yaml_where(r->err, r->file, value->key_line, value->key_column);
}

static int twice(struct reader *r, const struct lend_yaml_node *first,
		 const struct lend_yaml_node *second)
{
	if (first->key_line == 0)
		return lend_fail(r->err, LEND_E_FORMAT, "'%s' is there twice", second->key);
	(void)lend_fail(r->err, LEND_E_FORMAT, "'%s' is there twice, first in line %" PRIu32,
			second->key, first->key_line);
	return lend_yaml_where(r->err, r->file, second->key_line, second->key_column);
}

static int read_row(struct reader *r, const struct lend_wish_row *row,
		    const struct lend_yaml_node *node, void *object)
{
	switch ((enum lend_wish_type)row->type) {
	case LEND_WISH_TEXTS:
		return read_texts(r, row, node, object);
	case LEND_WISH_ITEMS:
		return read_items(r, row, node, object);
	case LEND_WISH_PART:
		if (node->kind == LEND_YAML_MAP)
			return read_map(r, row->inside, node, object);
		if (is_nothing(node))
			return text_of(r, row, node) == NULL ? -1 : 0;
		lend_hint(r->err, "write '%s: {%s: %s}'", row->key, row->inside->rows[0].key,
			  row->inside->rows[0].example);
		(void)lend_fail(r->err, LEND_E_FORMAT, "this is %s; a mapping belongs here",
				kind_name(node));
		return at_value(r, row, node);
	case LEND_WISH_NETWORK:
		return read_network(r, row, node, object);
	case LEND_WISH_SSH:
		return read_ssh(r, row, node, object);
	case LEND_WISH_FORWARDS:
		return read_forwards(r, row, node, object);
	default:
		return read_value(r, row, node, object);
	}
}

static int read_map(struct reader *r, const struct lend_wish_rows *rows,
		    const struct lend_yaml_node *map, void *object)
{
	const struct lend_yaml_node *seen[LEND_WISH_KEYS_MAX] = { NULL };

	for (const struct lend_yaml_node *node = map->first; node != NULL; node = node->next) {
		const struct lend_wish_row *row = find_row(rows, node->key);
		size_t i;

		if (row == NULL)
			return unknown_key(r, rows, node);
		i = (size_t)(row - rows->rows);
		if (seen[i] != NULL)
			return twice(r, seen[i], node);
		seen[i] = node;
		if (read_row(r, row, node, object) < 0)
			return -1;
	}
	for (size_t i = 0; i < rows->n; i++) {
		const struct lend_wish_row *row = &rows->rows[i];

		if (!row->required || seen[i] != NULL ||
		    (!r->all_required && row->type == LEND_WISH_SIZE))
			continue;
		(void)hint_example(r, row);
		(void)lend_fail(r->err, LEND_E_FORMAT, "this %s has no '%s'",
				*rows->name == '\0' ? "wish" : rows->name, row->key);
		return at_node(r, map);
	}
	return 0;
}

/* ---- the whole ---- */

static int parse(struct reader *r, struct lend_arena *scratch, const char *text, size_t len,
		 struct lend_wish *wish)
{
	struct lend_yaml_node *root = NULL;

	if (lend_yaml_parse(scratch, r->file, text, len, &root, r->err) < 0)
		return -1;
	if (root == NULL || is_nothing(root)) {
		lend_hint(r->err, "begin with 'vm: NAME'");
		(void)lend_fail(r->err, LEND_E_FORMAT, "there is nothing in it");
		return lend_where(r->err, "%s", r->file);
	}
	if (root->kind != LEND_YAML_MAP) {
		lend_hint(r->err, "write 'vm: NAME', and each other key in a line of its own");
		(void)lend_fail(r->err, LEND_E_FORMAT, "this is %s, not a wish",
				kind_name(root));
		return at_node(r, root);
	}
	if (read_map(r, &lend_wish_rows_top, root, wish) < 0)
		return -1;
	return lend_wish_check(wish, r->file, r->err);
}

int lend_wish_parse(struct lend_arena *arena, const char *file, const char *text, size_t len,
		    struct lend_wish *ret_wish, struct lend_err *err)
{
	struct reader r = { .arena = arena, .file = file, .all_required = true, .err = err };
	struct lend_arena scratch = { 0 };
	struct lend_wish wish = { 0 };
	int result;

	if (len > LEND_WISH_BYTES_MAX) {
		(void)lend_fail(err, LEND_E_FORMAT, "%zu bytes are too many for a wish", len);
		return lend_where(err, "%s", file);
	}
	result = parse(&r, &scratch, text, len, &wish);
	lend_arena_done(&scratch);
	if (result == 0)
		*ret_wish = wish;
	return result;
}

/* ---- one pmem of a command line ---- */

/* The next "key=value" up to a single comma; false at the end. */
static bool next_pair(struct lend_arena *arena, const char **at, struct lend_yaml_node *ret)
{
	char *copy = lend_arena_strdup(arena, *at);
	const char *p = *at;
	char *out = copy;
	char *equals;

	if (*p == '\0')
		return false;
	for (; *p != '\0'; p++) {
		if (*p == ',' && *++p != ',')
			break;
		*out++ = *p;
	}
	*at = p;
	*out = '\0';
	equals = strchr(copy, '=');
	*ret = (struct lend_yaml_node){ .quoted = true, .key = copy };
	if (equals != NULL) {
		*equals = '\0';
		ret->text = equals + 1;
	}
	return true;
}

int lend_wish_parse_pmem(struct lend_arena *arena, const char *text,
			 struct lend_wish_pmem *ret_pmem, struct lend_err *err)
{
	const struct lend_wish_rows *rows = &lend_wish_rows_pmem;
	struct reader r = { .arena = arena, .err = err };
	struct lend_yaml_node map = { .kind = LEND_YAML_MAP };
	struct lend_yaml_node nodes[LEND_WISH_KEYS_MAX];
	struct lend_wish_pmem pmem = { 0 };
	const char *at = text;

	if (strlen(text) > LEND_WISH_BYTES_MAX)
		return lend_fail(err, LEND_E_USAGE, "this is too long for a pmem");
	while (map.n <= rows->n && next_pair(arena, &at, &nodes[map.n])) {
		if (nodes[map.n].text == NULL) {
			lend_hint(err, "write name=NAME,size=SIZE,backing=PATH");
			return lend_wish_fail_text(nodes[map.n].key, "has no '=' and no value",
						   err);
		}
		if (map.n > 0)
			nodes[map.n - 1].next = &nodes[map.n];
		map.n++;
	}
	map.first = map.n > 0 ? &nodes[0] : NULL;
	if (read_map(&r, rows, &map, &pmem) < 0 || lend_wish_check_pmem(&pmem, err) < 0)
		return -1;
	*ret_pmem = pmem;
	return 0;
}
