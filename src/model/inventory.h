/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inventory: a graph of what was seen, one host with its VMs and guests.
 *
 * Every node starts with struct lend_node and is followed by facts; the field
 * table of its kind says which (src/model/kind-NAME.c).  Nodes live in the
 * inventory's arena and never move; they refer to each other by index.  It is
 * written through model/build.h, sealed once, and const from then on.
 */

#ifndef LEND_MODEL_INVENTORY_H
#define LEND_MODEL_INVENTORY_H

#include <stddef.h>

#include "base/arena.h"
#include "base/fact.h"
#include "model/kinds.h"

enum { LEND_NO_NODE = UINT32_MAX };

struct lend_node {
	uint32_t index;
	uint32_t kind; /* enum lend_kind */
	const char
		*guest; /* name of the VM inside which this is seen; NULL for the host's own */
	const char *name;
	const char *id;    /* "[guest/]kind/name" */
	uint32_t disputes; /* index + 1 of the node's first dispute; 0: there is none */
};

enum lend_field_type {
	LEND_FIELD_TEXT,
	LEND_FIELD_COUNT,
	LEND_FIELD_BYTES, /* a size; shown for people with a unit */
	LEND_FIELD_HEX,   /* addresses, handles, cookies */
	LEND_FIELD_BOOL,
};

/* What an anonymised capture does with the value; a number that is hidden is a cookie, made of
 * serials. */
enum lend_hide { LEND_SHOW, LEND_HIDE_NAME, LEND_HIDE_UUID, LEND_HIDE_PATH, LEND_HIDE_SERIAL };

struct lend_field {
	const char *name; /* in JSON, in tables, for the public getters */
	const char *help; /* one line, with the unit or the source */
	uint16_t offset;  /* of the struct lend_fact in the node */
	uint8_t type;     /* enum lend_field_type */
	uint8_t hide;     /* enum lend_hide */
};

struct lend_kind_info {
	const char *name;
	const char *help;
	size_t size; /* of the node struct */
	const struct lend_field *fields;
	size_t n_fields;
	bool hex_names; /* numbers in names are hexadecimal */
};

extern const struct lend_kind_info *const lend_kinds[LEND_KIND_COUNT];

/* A row of a field table. */
#define LEND_FIELD(type_, struct_, member_, help_)                                             \
	{                                                                                      \
		.name = #member_, .help = (help_),                                             \
		.offset = offsetof(struct struct_, member_), .type = (type_)                   \
	}
#define LEND_FIELD_HIDE(type_, struct_, member_, hide_, help_)                                 \
	{                                                                                      \
		.name = #member_, .help = (help_),                                             \
		.offset = offsetof(struct struct_, member_), .type = (type_), .hide = (hide_)  \
	}

/* Who said it, by which ask. */
struct lend_sighting {
	const char *by;  /* collector */
	const char *ask; /* its question, as the ask table has it */
	const char *of;  /* id of the node that was asked, "" for the host itself */
	uint8_t trust;   /* enum lend_trust */
};

/* user uses used. */
struct lend_edge {
	uint32_t user;
	uint32_t used;
};

/* Beyond these the other values of a fact are not kept: that they differ is said. */
enum { LEND_VALUES_MAX = 64 };

/* One more value of a disputed fact.  Those of a node are a chain, in the order they came. */
struct lend_dispute {
	uint32_t next;   /* index + 1; 0 is the end */
	uint16_t offset; /* of the fact in the node */
	struct lend_fact fact;
};

struct lend_gap {
	const char *about; /* node id or a name of what was looked at */
	const char *what;
	const char *hint; /* "" when there is nothing to try */
	bool matters;
};

/* The command line of a running QEMU.  It may hold secrets: it is never saved. */
struct lend_cmdline {
	const struct lend_node *vm;
	const char *bytes; /* as format/qemu-args.h reads it */
	size_t len;
	const char *cwd; /* the directory QEMU is in; NULL when unknown */
};

/* The hash beside it saves a look at the node for most of those that are passed over. */
struct lend_id_slot {
	uint32_t index; /* LEND_NO_NODE: free */
	uint32_t hash;
};

struct lend_inventory {
	struct lend_arena arena;
	struct lend_node **nodes; /* by index; after seal sorted by id order */
	size_t n_nodes, cap_nodes;
	struct lend_edge *edges; /* after seal sorted by user, then used */
	size_t n_edges, cap_edges;
	struct lend_edge *edges_by_used; /* made by seal */
	struct lend_sighting *sightings;
	size_t n_sightings, cap_sightings;
	struct lend_dispute *disputes; /* some may be in no chain any more */
	size_t n_disputes, cap_disputes;
	bool beyond_ascii; /* some of the text */
	struct lend_gap *gaps;
	size_t n_gaps, cap_gaps;
	struct lend_cmdline *cmdlines; /* when vm nodes were asked for by name */
	size_t n_cmdlines, cap_cmdlines;
	struct lend_id_slot *by_id; /* open hash */
	size_t by_id_size;
	/* After seal, indexes: LEND_NO_NODE behind the last one. */
	uint32_t first_of[LEND_KIND_COUNT]; /* by kind */
	uint32_t *next_of;                  /* by node, the next one of its kind */
	bool sealed;
	struct lend_inventory *next; /* another host */
};

static inline const struct lend_fact *lend_fact_at(const struct lend_node *node,
						   const struct lend_field *field)
{
	return (const struct lend_fact *)(const void *)((const char *)node + field->offset);
}

/*
 * The other values of a disputed fact:
 *	for (const struct lend_dispute *d = NULL;
 *	     (d = lend_next_dispute(inv, node, field, d)) != NULL;)
 */
const struct lend_dispute *lend_next_dispute(const struct lend_inventory *inv,
					     const struct lend_node *node,
					     const struct lend_field *field,
					     const struct lend_dispute *after);

/* The field of that name, NULL when the kind has none. */
const struct lend_field *lend_kind_field(uint32_t kind, const char *name);

/* LEND_KIND_COUNT when there is no such kind. */
uint32_t lend_kind_of_name(const char *name, size_t len);

/*
 * Nodes of a kind, in order of listing:
 *	for (const struct lend_node *n = NULL; (n = lend_next_of(inv, KIND, n)) != NULL;)
 */
const struct lend_node *lend_next_of(const struct lend_inventory *inv, uint32_t kind,
				     const struct lend_node *after);

/* The first node of that kind which node uses, or which uses node; NULL when there is none. */
const struct lend_node *lend_used_of(const struct lend_inventory *inv,
				     const struct lend_node *node, uint32_t kind);
const struct lend_node *lend_user_of_kind(const struct lend_inventory *inv,
					  const struct lend_node *node, uint32_t kind);

/* NULL when it was not seen, or the inventory was loaded from a file. */
const struct lend_cmdline *lend_cmdline_of(const struct lend_inventory *inv,
					   const struct lend_node *vm);

/* A fact's value as people read it: 0x form, true/false, plain numbers, text; "" unless known
 * or disputed. */
struct lend_buf;
void lend_fact_text(struct lend_buf *out, const struct lend_field *field,
		    const struct lend_fact *fact);

/* a < b as people sort names: digits by value; the second, hexadecimal ones. */
int lend_name_compare(const char *a, const char *b);
int lend_hex_name_compare(const char *a, const char *b);

uint32_t lend_hash_text(const char *text);
/* Much faster for long texts; it may be another one tomorrow, so nothing is named by it. */
uint32_t lend_hash_quickly(const char *text);

#endif
