/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps of dm-multipath that are not there now, and would be at the next boot.
 *
 * Asks  /etc/multipath/wwids, where multipathd keeps what it has made maps of,
 *       and bindings, what it called them; /etc/multipath.conf and
 *       /etc/multipath/conf.d, what it shall call them
 * Adds  a boot node for each that disks of this host belong to, with edges to
 *       these: one of them is enough
 *
 * (multipath(8), multipath.conf(5): a WWID is 3 and what is behind "naa.", 2
 * and what is behind "eui."; of NVMe it is as sysfs has it.)
 */

#include "collect/boot.h"
#include "format/boot-files.h"

static const struct lend_ask ask_wwids = { .via = LEND_VIA_FILE,
					   .key = "etc/multipath/wwids",
					   .limit_bytes = 256 * 1024 };
static const struct lend_ask ask_bindings = { .via = LEND_VIA_FILE,
					      .key = "etc/multipath/bindings",
					      .limit_bytes = 256 * 1024 };

static const struct lend_ask ask_conf = { .via = LEND_VIA_FILE,
					  .key = "etc/multipath.conf",
					  .limit_bytes = 256 * 1024 };
static const struct lend_ask ask_folder = { .via = LEND_VIA_DIR,
					    .key = "etc/multipath/conf.d" };
static const struct lend_ask ask_more = { .via = LEND_VIA_FILE,
					  .key = "etc/multipath/conf.d/%s",
					  .limit_bytes = 256 * 1024 };

enum { MAPS_MAX = 4096, NAMES_MAX = 4096 };

/* What is read later goes before what was read earlier. */
struct names {
	struct lend_multipath_binding *items;
	size_t n, cap;
};

typedef int next_name(struct lend_span *rest, struct lend_arena *arena,
		      struct lend_multipath_binding *ret);

static void read_names(struct lend_boot *l, const struct lend_answer *answer, next_name *next,
		       struct names *names)
{
	struct lend_span rest = { answer->bytes, answer->len };
	struct lend_arena *arena = &l->scan->memory;
	struct lend_multipath_binding name;

	while (answer->known == LEND_KNOWN && names->n < NAMES_MAX &&
	       next(&rest, arena, &name) == 0)
		*LEND_PUSH(arena, names->items, names->n, names->cap) = name;
}

/* multipath.conf(5): those of the folder are read in the order of their names. */
static struct names all_names(struct lend_boot *l)
{
	struct lend_io *io = l->scan->io;
	const struct lend_answer *folder;
	struct names names = { 0 };

	read_names(l, lend_io_ask(io, &ask_bindings), lend_multipath_binding_next, &names);
	read_names(l, lend_io_ask(io, &ask_conf), lend_multipath_alias_next, &names);
	folder = lend_io_ask(io, &ask_folder);
	for (size_t i = 0; folder->known == LEND_KNOWN && i < folder->n_names; i++) {
		size_t len = strlen(folder->names[i]);

		if (len > strlen(".conf") &&
		    strcmp(folder->names[i] + len - strlen(".conf"), ".conf") == 0)
			read_names(l, lend_io_ask(io, &ask_more, folder->names[i]),
				   lend_multipath_alias_next, &names);
	}
	return names;
}

/* As it is called, or by its WWID. */
static const char *name_of(const struct names *names, const char *wwid)
{
	for (size_t i = names->n; i > 0; i--) {
		if (strcmp(names->items[i - 1].wwid, wwid) == 0)
			return names->items[i - 1].name;
	}
	return wwid;
}

static const char wwids[] = "/etc/multipath/wwids";

static bool is_map_of(const struct lend_block *block, const char *wwid)
{
	static const char prefix[] = "mpath-";

	return block->dm_uuid.known == LEND_KNOWN &&
	       strncmp(block->dm_uuid.v.str, prefix, strlen(prefix)) == 0 &&
	       strcmp(block->dm_uuid.v.str + strlen(prefix), wwid) == 0;
}

static bool is_path_of(const struct lend_block *block, const char *wwid)
{
	const char *own = block->wwid.known == LEND_KNOWN ? block->wwid.v.str : "";

	if (strcmp(own, wwid) == 0)
		return *own != '\0';
	if (strncmp(own, "naa.", 4) == 0)
		return *wwid == '3' && strcmp(own + 4, wwid + 1) == 0;
	return strncmp(own, "eui.", 4) == 0 && *wwid == '2' && strcmp(own + 4, wwid + 1) == 0;
}

static void put_map(struct lend_boot *l, const struct names *names, const char *wwid)
{
	struct lend_inventory *inv = l->scan->build.inv;
	struct lend_boot_want *want = NULL;
	uint64_t n = 0;

	for (size_t i = 0; i < inv->n_nodes; i++) {
		const struct lend_node *node = inv->nodes[i];

		if (node->kind == LEND_KIND_BLOCK && node->guest == NULL &&
		    is_map_of(lend_as_block(node), wwid))
			return; /* its edges say all */
	}
	for (size_t i = 0; i < inv->n_nodes; i++) {
		const struct lend_node *node = inv->nodes[i];

		if (node->kind != LEND_KIND_BLOCK || node->guest != NULL ||
		    !is_path_of(lend_as_block(node), wwid))
			continue;
		if (want == NULL)
			want = lend_boot_want(l,
					      lend_arena_printf(&l->scan->memory,
								"multipath %s",
								name_of(names, wwid)),
					      wwid, false);
		lend_build_edge(&l->scan->build, &want->node, node);
		n++;
	}
	if (want != NULL)
		lend_build_u64(&l->scan->build, &want->node, &want->spare, l->by, n - 1);
}

void lend_boot_read_multipath(struct lend_boot *l)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_wwids);
	struct lend_span rest = { answer->bytes, answer->len };
	struct names names;
	const char *wwid;

	l->source = wwids;
	if (!lend_boot_has(l, answer))
		return;
	names = all_names(l);
	for (int i = 0;
	     i < MAPS_MAX && lend_multipath_wwid_next(&rest, &l->scan->memory, &wwid) == 0; i++)
		put_map(l, &names, wwid);
}

/* Without the partition behind its name: "mpatha-part1". */
static const char *without_part(struct lend_boot *l, const char *name)
{
	static const char part[] = "-part";
	size_t len = strlen(name), digits = 0;

	while (digits < len && lend_ascii_is_digit(name[len - digits - 1]))
		digits++;
	if (digits == 0 || len - digits <= strlen(part) ||
	    strncmp(name + len - digits - strlen(part), part, strlen(part)) != 0)
		return name;
	return lend_arena_strndup(&l->scan->memory, name, len - digits - strlen(part));
}

const struct lend_node *lend_boot_multipath_of(struct lend_boot *l, const char *needs)
{
	static const char mapper[] = "/dev/mapper/";
	const struct lend_inventory *inv = l->scan->build.inv;
	const char *name;

	if (strncmp(needs, mapper, strlen(mapper)) != 0)
		return NULL;
	name = without_part(l, needs + strlen(mapper));
	for (size_t i = 0; i < inv->n_nodes; i++) {
		const struct lend_boot_want *want = lend_as_boot(inv->nodes[i]);

		if (inv->nodes[i]->kind != LEND_KIND_BOOT || want->source.known != LEND_KNOWN ||
		    strcmp(want->source.v.str, wwids) != 0)
			continue;
		if (strcmp(want->needs.v.str, name) == 0 ||
		    strcmp(want->node.name + strlen("multipath "), name) == 0)
			return &want->node;
	}
	return NULL;
}
