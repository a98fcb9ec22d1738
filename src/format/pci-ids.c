/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/pci-ids.h"

#include <stdbool.h>
#include <string.h>

#include "base/num.h"

static size_t place(const struct lend_pci_ids *ids, uint32_t level, uint64_t id)
{
	uint64_t hash = (id + level) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(hash >> 32) & (ids->size - 1);

	while (ids->items[at].level != 0 &&
	       (ids->items[at].level != level || ids->items[at].id != id))
		at = (at + 1) & (ids->size - 1);
	return at;
}

static void grow(struct lend_pci_ids *ids)
{
	struct lend_pci_ids bigger = { .arena = ids->arena,
				       .size = ids->size == 0 ? 256 : ids->size * 2,
				       .n = ids->n };

	bigger.items = lend_arena_array(ids->arena, bigger.size, sizeof(*bigger.items));
	for (size_t i = 0; i < ids->size; i++) {
		const struct lend_pci_id *item = &ids->items[i];

		if (item->level != 0)
			bigger.items[place(&bigger, item->level, item->id)] = *item;
	}
	*ids = bigger;
}

/* Above it in the file; the highest is above itself. */
static uint64_t above(enum lend_pci_id_level *level, uint64_t id)
{
	switch (*level) {
	case LEND_PCI_ID_DEVICE:
		*level = LEND_PCI_ID_VENDOR;
		return id >> 16;
	case LEND_PCI_ID_SUBSYSTEM:
		*level = LEND_PCI_ID_DEVICE;
		return id >> 32;
	case LEND_PCI_ID_SUBCLASS:
		*level = LEND_PCI_ID_CLASS;
		return id >> 8;
	case LEND_PCI_ID_INTERFACE:
		*level = LEND_PCI_ID_SUBCLASS;
		return id >> 8;
	default:
		return id;
	}
}

void lend_pci_ids_want(struct lend_pci_ids *ids, enum lend_pci_id_level level, uint64_t id)
{
	for (;;) {
		struct lend_pci_id *item;

		if (ids->n * 2 >= ids->size)
			grow(ids);
		item = &ids->items[place(ids, level, id)];
		if (item->level != 0)
			return; /* and so is what stands above it */
		*item = (struct lend_pci_id){ .level = level, .id = id };
		ids->n++;
		id = above(&level, id);
	}
}

struct lend_span lend_pci_ids_name(const struct lend_pci_ids *ids, enum lend_pci_id_level level,
				   uint64_t id)
{
	if (ids->size == 0)
		return (struct lend_span){ 0 };
	return ids->items[place(ids, level, id)].name;
}

/* Where the reading is: of each depth the id, when it is one that is wanted. */
struct cursor {
	const struct lend_pci_ids *ids;
	bool classes; /* below a "C" line */
	bool wanted[3];
	uint64_t id[3];
};

/* Exactly so many hexadecimal digits. */
static bool take_hex(struct lend_span *rest, size_t digits, uint64_t *ret)
{
	if (rest->len < digits || !lend_parse_u64n(rest->at, digits, 16, ret))
		return false;
	rest->at += digits;
	rest->len -= digits;
	return true;
}

static bool take_blank(struct lend_span *rest)
{
	if (rest->len == 0 || rest->at[0] != ' ')
		return false;
	rest->at++;
	rest->len--;
	return true;
}

/* The id at the start of a line, below those of the lines above; *rest is what follows. */
static bool take_id(const struct cursor *c, size_t depth, struct lend_span *rest,
		    uint64_t *ret_id)
{
	uint64_t id, more;

	if (!take_hex(rest, c->classes ? 2 : 4, &id))
		return false;
	if (depth > 0)
		id |= c->id[depth - 1] << (c->classes ? 8 : 16);
	if (depth == 2 && !c->classes) {
		if (!take_blank(rest) || !take_hex(rest, 4, &more))
			return false;
		id = id << 16 | more;
	}
	*ret_id = id;
	return take_blank(rest);
}

/* The item that the line names; NULL when it is not wanted. */
static struct lend_pci_id *take_line(struct cursor *c, struct lend_span line,
				     struct lend_span *ret_name)
{
	struct lend_pci_id *item;
	size_t depth = 0;

	/* These stand between the lines of one vendor, too. */
	if (line.len == 0 || line.at[0] == '#' || line.at[0] == '\r')
		return NULL;
	while (depth < line.len && depth < 3 && line.at[depth] == '\t')
		depth++;
	if (depth == 3 || (depth > 0 && !c->wanted[depth - 1]))
		return NULL;
	for (size_t i = depth; i < LEND_COUNT(c->wanted); i++)
		c->wanted[i] = false;
	line.at += depth;
	line.len -= depth;
	if (depth == 0) {
		c->classes = line.len > 2 && line.at[0] == 'C' && line.at[1] == ' ';
		line.at += c->classes ? 2 : 0;
		line.len -= c->classes ? 2 : 0;
	}
	if (!take_id(c, depth, &line, &c->id[depth]))
		return NULL;
	item = &c->ids->items[place(
		c->ids, (c->classes ? LEND_PCI_ID_CLASS : LEND_PCI_ID_VENDOR) + (uint32_t)depth,
		c->id[depth])];
	*ret_name = lend_span_trim(line);
	c->wanted[depth] = item->level != 0;
	return item->level == 0 ? NULL : item;
}

/* The next line; false at the end of the text. */
static bool next_line(const char **at, const char *end, struct lend_span *ret)
{
	const char *stop;

	if (*at == end)
		return false;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	if (stop == NULL)
		stop = end;
	*ret = (struct lend_span){ *at, (size_t)(stop - *at) };
	*at = stop == end ? end : stop + 1;
	return true;
}

/* The first of two lines with one id counts. */
void lend_pci_ids_read(struct lend_pci_ids *ids, const char *text, size_t len)
{
	struct cursor c = { .ids = ids };
	const char *end = text + len;
	struct lend_span line, name;

	while (ids->n > 0 && next_line(&text, end, &line)) {
		struct lend_pci_id *item = take_line(&c, line, &name);

		if (item != NULL && item->name.at == NULL && name.len > 0 &&
		    name.len <= LEND_PCI_ID_NAME_MAX)
			item->name = name;
	}
}

void lend_pci_ids_cut(const struct lend_pci_ids *ids, const char *text, size_t len,
		      struct lend_buf *out)
{
	struct cursor c = { .ids = ids };
	const char *end = text + len;
	struct lend_span line, name;

	while (ids->n > 0 && next_line(&text, end, &line)) {
		if (take_line(&c, line, &name) != NULL) {
			lend_buf_put(out, line.at, line.len);
			lend_buf_putc(out, '\n');
		}
	}
}
