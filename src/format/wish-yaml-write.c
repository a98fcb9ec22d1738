/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A wish as a person would write it, by the rows of wish-yaml-rows.c. */

#include <inttypes.h>

#include "base/ascii.h"
#include "format/size.h"
#include "format/tcp-listen.h"
#include "format/wish-yaml-rows.h"
#include "format/yaml-tree.h"

#define MIB (UINT64_C(1) << 20)
#define MB  (UINT64_C(1000) * 1000)
#define GB  (1000 * MB)

struct writer {
	struct lend_buf *out;
	unsigned int indent;
	bool item; /* the next line is the first one of a list item */
};

/* ---- texts ---- */

/* Words that some reader of YAML takes for something else (YAML 1.1 and 1.2). */
static bool is_special(const char *text)
{
	static const char *const words[] = { "y",   "n",    "yes",   "no",  "on",
					     "off", "true", "false", "null" };

	for (size_t i = 0; i < LEND_COUNT(words); i++) {
		if (lend_ascii_casecmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* So does a number, a time (12:30:00), a date, an octal. */
static bool is_like_number(const char *text)
{
	if (!lend_ascii_is_digit(*text))
		return false;
	if (*text == '0' && lend_ascii_is_alpha(text[1]))
		return true;
	for (; *text != '\0'; text++) {
		if (lend_ascii_is_alpha(*text) && lend_ascii_lower(*text) != 'e')
			return false;
	}
	return true;
}

/* Means the same with and without quotes, to everybody. */
static bool is_plain(const char *text)
{
	size_t len = strlen(text);

	if (is_special(text) || is_like_number(text))
		return false;
	if (!lend_ascii_is_alpha(*text) && !lend_ascii_is_digit(*text) && *text != '/')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == ' ' && (text[i + 1] == ' ' || text[i + 1] == '\0'))
			return false;
		if (c == ':' && (text[i + 1] == ' ' || text[i + 1] == '\0'))
			return false;
		if (!lend_ascii_is_alpha(c) && !lend_ascii_is_digit(c) &&
		    strchr(" -_./:=+@,%~()", c) == NULL)
			return false;
	}
	return true;
}

static void put_text(struct lend_buf *out, const char *text)
{
	size_t len = strlen(text);

	if (is_plain(text)) {
		lend_buf_puts(out, text);
		return;
	}
	/* The escapes of JSON are escapes of YAML. */
	lend_buf_putc(out, '"');
	for (size_t i = 0; i < len;) {
		size_t n = lend_utf8_len(text + i, len - i);

		if (n == 3 && lend_yaml_char(text + i, n) == 0 && (uint8_t)text[i + 1] == 0xbf)
			lend_buf_puts(out, (uint8_t)text[i + 2] == 0xbe   ? "\\ufffe"
					   : (uint8_t)text[i + 2] == 0xbf ? "\\uffff"
									  : "\\ufeff");
		else
			lend_buf_put_json(out, text + i, n == 0 ? 1 : n);
		i += n == 0 ? 1 : n;
	}
	lend_buf_putc(out, '"');
}

/* ---- lines ---- */

/* Indented; the first line of an item has its dash. */
static void begin(struct writer *w)
{
	unsigned int blanks = w->indent;

	if (w->item)
		blanks -= 2;
	for (unsigned int i = 0; i < blanks; i++)
		lend_buf_putc(w->out, ' ');
	if (w->item)
		lend_buf_puts(w->out, "- ");
	w->item = false;
}

static void put_key(struct writer *w, const char *key)
{
	begin(w);
	lend_buf_puts(w->out, key);
	lend_buf_putc(w->out, ':');
}

static void line_text(struct writer *w, const char *key, const char *text)
{
	put_key(w, key);
	lend_buf_putc(w->out, ' ');
	put_text(w->out, text);
	lend_buf_putc(w->out, '\n');
}

static void line_number(struct writer *w, const char *key, uint64_t n)
{
	put_key(w, key);
	lend_buf_printf(w->out, " %" PRIu64 "\n", n);
}

static void line_size(struct writer *w, const char *key, uint64_t bytes)
{
	put_key(w, key);
	lend_buf_putc(w->out, ' ');
	/* Who thinks in decimal units shall find them again. */
	if (bytes == 0)
		lend_buf_putc(w->out, '0');
	else if (bytes % MIB != 0 && bytes % GB == 0)
		lend_buf_printf(w->out, "%" PRIu64 " GB", bytes / GB);
	else if (bytes % MIB != 0 && bytes % MB == 0)
		lend_buf_printf(w->out, "%" PRIu64 " MB", bytes / MB);
	else
		lend_size_format(w->out, bytes);
	lend_buf_putc(w->out, '\n');
}

/* "key:", and what follows is indented. */
static void begin_inside(struct writer *w, const char *key)
{
	put_key(w, key);
	lend_buf_putc(w->out, '\n');
	w->indent += 2;
}

static void item_text(struct writer *w, const char *text)
{
	begin(w);
	lend_buf_puts(w->out, "- ");
	put_text(w->out, text);
	lend_buf_putc(w->out, '\n');
}

/* ---- rows ---- */

static void write_map(struct writer *w, const struct lend_wish_rows *rows, const void *object);

static bool is_written(const struct lend_wish_row *row, const char *object)
{
	const char *member = object + row->offset;

	switch ((enum lend_wish_type)row->type) {
	case LEND_WISH_SIZE:
	case LEND_WISH_NUMBER:
		return ((const struct lend_opt_u64 *)member)->has;
	case LEND_WISH_SWITCH:
		return *(const enum lend_tri *)member != LEND_TRI_UNSET;
	case LEND_WISH_CHOICE:
	case LEND_WISH_NETWORK:
		return *(const unsigned int *)member != 0;
	case LEND_WISH_TEXTS:
	case LEND_WISH_ITEMS:
	case LEND_WISH_SSH:
	case LEND_WISH_FORWARDS:
		return *(const size_t *)(object + row->n_offset) > 0;
	case LEND_WISH_PART:
		for (size_t i = 0; i < row->inside->n; i++) {
			if (is_written(&row->inside->rows[i], object))
				return true;
		}
		return false;
	default:
		return *(const char *const *)member != NULL;
	}
}

/* A disk of nothing but its path needs no mapping. */
static bool is_short(const struct lend_wish_rows *rows, const char *item)
{
	for (size_t i = 1; i < rows->n; i++) {
		if (is_written(&rows->rows[i], item))
			return false;
	}
	return rows->short_form;
}

static void write_items(struct writer *w, const struct lend_wish_row *row, const char *object)
{
	const struct lend_wish_rows *rows = row->inside;
	size_t n = *(const size_t *)(object + row->n_offset);
	const char *items;

	memcpy(&items, object + row->offset, sizeof(items));
	if (n == 1 && is_short(rows, items)) {
		line_text(w, row->key, *(const char *const *)(items + rows->rows[0].offset));
		return;
	}
	begin_inside(w, row->key);
	for (size_t i = 0; i < n; i++, items += rows->item_size) {
		if (is_short(rows, items)) {
			item_text(w, *(const char *const *)(items + rows->rows[0].offset));
			continue;
		}
		w->indent += 2;
		w->item = true;
		write_map(w, rows, items);
		if (w->item) { /* an item in which nothing is set */
			begin(w);
			lend_buf_puts(w->out, "{}\n");
		}
		w->indent -= 2;
	}
	w->indent -= 2;
}

static void write_texts(struct writer *w, const struct lend_wish_row *row, const char *object)
{
	size_t n = *(const size_t *)(object + row->n_offset);
	const char *const *items;

	memcpy(&items, object + row->offset, sizeof(items));
	begin_inside(w, row->key);
	for (size_t i = 0; i < n; i++)
		item_text(w, items[i]);
	w->indent -= 2;
}

static void write_network(struct writer *w, const struct lend_wish *wish)
{
	static const char *const words[] = { "", "none", "user", "bridge", "tap" };
	const char *name = wish->network_name == NULL ? "" : wish->network_name;

	if (wish->network < LEND_WISH_NETWORK_BRIDGE) {
		line_text(w, "network", words[wish->network]);
		return;
	}
	begin_inside(w, "network");
	line_text(w, words[wish->network], name);
	w->indent -= 2;
}

static bool is_ssh(const struct lend_wish *wish)
{
	return wish->n_forwards > 0 && wish->forwards[0].guest_port == LEND_WISH_SSH_PORT;
}

/* "2222" or "127.0.0.1:2222" */
static void put_host_side(struct lend_buf *out, const struct lend_wish_forward *f)
{
	if (f->address == NULL)
		lend_buf_put_u64(out, f->host_port, 10);
	else
		lend_tcp_name_put(out, f->address, f->host_port, f->host_port);
}

static void write_ssh(struct writer *w, const struct lend_wish *wish)
{
	const struct lend_wish_forward *f = &wish->forwards[0];
	lend_auto_buf text = { 0 };

	if (!is_ssh(wish))
		return;
	put_host_side(&text, f);
	if (f->address == NULL)
		line_number(w, "ssh", f->host_port);
	else
		line_text(w, "ssh", text.text);
}

static void write_forwards(struct writer *w, const struct lend_wish *wish)
{
	size_t first = is_ssh(wish) ? 1 : 0;

	if (wish->n_forwards == first)
		return;
	begin_inside(w, "forward");
	for (size_t i = first; i < wish->n_forwards; i++) {
		lend_auto_buf text = { 0 };

		put_host_side(&text, &wish->forwards[i]);
		lend_buf_printf(&text, ":%u", wish->forwards[i].guest_port);
		item_text(w, text.text);
	}
	w->indent -= 2;
}

static void write_row(struct writer *w, const struct lend_wish_row *row, const char *object)
{
	const char *member = object + row->offset;

	switch ((enum lend_wish_type)row->type) {
	case LEND_WISH_SIZE:
		line_size(w, row->key, ((const struct lend_opt_u64 *)member)->v);
		break;
	case LEND_WISH_NUMBER:
		line_number(w, row->key, ((const struct lend_opt_u64 *)member)->v);
		break;
	case LEND_WISH_SWITCH:
		put_key(w, row->key);
		lend_buf_puts(w->out, *(const enum lend_tri *)member == LEND_TRI_ON
					      ? " true\n"
					      : " false\n");
		break;
	case LEND_WISH_CHOICE:
		line_text(w, row->key, row->words[*(const unsigned int *)member]);
		break;
	case LEND_WISH_TEXTS:
		write_texts(w, row, object);
		break;
	case LEND_WISH_ITEMS:
		write_items(w, row, object);
		break;
	case LEND_WISH_PART:
		begin_inside(w, row->key);
		write_map(w, row->inside, object);
		w->indent -= 2;
		break;
	case LEND_WISH_NETWORK:
		write_network(w, (const struct lend_wish *)object);
		break;
	case LEND_WISH_SSH:
		write_ssh(w, (const struct lend_wish *)object);
		break;
	case LEND_WISH_FORWARDS:
		write_forwards(w, (const struct lend_wish *)object);
		break;
	default:
		line_text(w, row->key, *(const char *const *)member);
		break;
	}
}

static void write_map(struct writer *w, const struct lend_wish_rows *rows, const void *object)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (is_written(&rows->rows[i], object))
			write_row(w, &rows->rows[i], object);
	}
}

static void write_comment(struct lend_buf *out, const char *comment)
{
	while (*comment != '\0') {
		size_t len = strcspn(comment, "\n");

		lend_buf_puts(out, len > 0 ? "# " : "#");
		for (size_t i = 0; i < len;) {
			size_t n = lend_utf8_len(comment + i, len - i);

			if (lend_yaml_char(comment + i, len - i) > 0)
				lend_buf_put(out, comment + i, n);
			else
				lend_buf_putc(out, '?');
			i += n == 0 ? 1 : n;
		}
		lend_buf_putc(out, '\n');
		comment += len + (comment[len] == '\n');
	}
}

void lend_wish_write(struct lend_buf *out, const struct lend_wish *wish, const char *comment)
{
	struct writer w = { .out = out };

	if (comment != NULL)
		write_comment(out, comment);
	write_map(&w, &lend_wish_rows_top, wish);
}
