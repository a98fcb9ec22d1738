/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/sketch.h"

#include "base/buf.h"
#include "base/num.h"
#include "tests/must.h"

struct line {
	struct lend_build *build;
	const char *guest; /* NULL: the host's own */
	struct lend_node *node;
	uint32_t by, predicted;
};

/* The next word, "" at the end of the line; *at moves behind it. */
static void next_word(const char **at, struct lend_buf *ret_word)
{
	size_t len;

	lend_buf_reset(ret_word);
	*at += strspn(*at, " \t");
	len = strcspn(*at, " \t\n");
	for (size_t i = 0; i < len; i++) {
		uint64_t byte;

		if (i + 3 < len && (*at)[i] == '\\' && (*at)[i + 1] == 'x' &&
		    lend_parse_u64n(*at + i + 2, 2, 16, &byte)) {
			lend_buf_putc(ret_word, (char)byte);
			i += 3;
		} else {
			lend_buf_putc(ret_word, (*at)[i]);
		}
	}
	*at += len;
}

static struct lend_fact *fact_of(struct line *l, const char *name, size_t len,
				 const struct lend_field **ret_field)
{
	lend_auto_buf text = { 0 };

	lend_buf_put(&text, name, len);
	*ret_field = lend_kind_field(l->node->kind, lend_buf_text(&text));
	if (*ret_field == NULL)
		must_str(lend_buf_text(&text), "a field of that kind");
	return (struct lend_fact *)(void *)((char *)l->node + (*ret_field)->offset);
}

static void put_value(struct line *l, const char *word)
{
	size_t len = strcspn(word, "=~");
	const struct lend_field *field;
	struct lend_fact *fact = fact_of(l, word, len, &field);
	uint32_t by = word[len] == '~' ? l->predicted : l->by;
	const char *value = word + len + 1;
	uint64_t number;

	must(word[len] != '\0');
	if (field->type == LEND_FIELD_TEXT) {
		lend_build_text(l->build, l->node, fact, by, value);
		return;
	}
	must(lend_parse_u64(value, 0, &number));
	lend_build_u64(l->build, l->node, fact, by, number);
}

static struct lend_node *node_of(struct line *l, const char *id)
{
	const char *slash = strchr(id, '/');
	uint32_t kind =
		slash == NULL ? LEND_KIND_COUNT : lend_kind_of_name(id, (size_t)(slash - id));

	if (kind == LEND_KIND_COUNT)
		must_str(id, "KIND/NAME");
	return lend_build_node(l->build, kind, l->guest, slash + 1);
}

static void put_word(struct line *l, const char *word)
{
	const struct lend_field *field;

	if (word[0] == '>')
		lend_build_edge(l->build, l->node, node_of(l, word + 1));
	else if (word[0] == '<')
		lend_build_edge(l->build, node_of(l, word + 1), l->node);
	else if (word[0] == '!')
		lend_build_absent(l->build, l->node,
				  fact_of(l, word + 1, strlen(word + 1), &field), l->by);
	else
		put_value(l, word);
}

static void put_line(struct lend_build *build, const char *at)
{
	struct line l = { .build = build };
	lend_auto_buf guest = { 0 };
	lend_auto_buf kind = { 0 };
	lend_auto_buf word = { 0 };
	uint32_t number;

	next_word(&at, &kind);
	if (kind.len == 0 || kind.text[0] == '#')
		return;
	if (kind.text[0] == '@') {
		lend_buf_puts(&guest, kind.text + 1);
		l.guest = lend_buf_text(&guest);
		next_word(&at, &kind);
	}
	number = lend_kind_of_name(lend_buf_text(&kind), kind.len);
	if (number == LEND_KIND_COUNT)
		must_str(lend_buf_text(&kind), "a kind of node");
	next_word(&at, &word);
	must(word.len > 0);
	l.node = lend_build_node(build, number, l.guest, lend_buf_text(&word));
	l.by = lend_build_sighting(build, l.guest == NULL ? LEND_SEEN : LEND_CLAIMED, "sketch",
				   "", "");
	l.predicted = lend_build_sighting(build, LEND_PREDICTED, "sketch", "", "");
	for (next_word(&at, &word); word.len > 0; next_word(&at, &word))
		put_word(&l, lend_buf_text(&word));
}

void sketch_add(struct lend_build *build, const char *text)
{
	while (*text != '\0') {
		put_line(build, text);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

struct lend_inventory *sketch(const char *text)
{
	struct lend_build build;

	lend_build_init(&build);
	sketch_add(&build, text);
	return lend_build_seal(&build);
}
