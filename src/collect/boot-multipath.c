/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps of dm-multipath that are not there now, and would be at the next boot.
 *
 * Asks  /etc/multipath/wwids, where multipathd keeps what it has made maps of,
 *       and bindings, what it called them
 * Adds  a boot node for each that disks of this host belong to, with edges to
 *       these: one of them is enough
 *
 * An alias that multipath.conf gives is not known here: a name below
 * /dev/mapper that nobody has is said (boot.c).
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

enum { MAPS_MAX = 4096 };

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

/* As it was called, or by its WWID. */
static const char *name_of(struct lend_boot *l, const char *wwid)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_bindings);
	struct lend_span rest = { answer->bytes, answer->len };
	struct lend_multipath_binding binding;

	while (answer->known == LEND_KNOWN &&
	       lend_multipath_binding_next(&rest, &l->scan->memory, &binding) == 0) {
		if (strcmp(binding.wwid, wwid) == 0)
			return binding.name;
	}
	return wwid;
}

static void put_map(struct lend_boot *l, const char *wwid)
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
								name_of(l, wwid)),
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
	const char *wwid;

	l->source = wwids;
	if (!lend_boot_has(l, answer))
		return;
	for (int i = 0;
	     i < MAPS_MAX && lend_multipath_wwid_next(&rest, &l->scan->memory, &wwid) == 0; i++)
		put_map(l, wwid);
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
