/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks and volumes of a host of a vSphere server: adapters on their functions,
 * disks on adapters, volumes on disks, VMs on volumes.
 *
 * A volume has the name that the server gives it, so that "[NAME] DIR/FILE" of
 * a VM finds it.  What the host boots from is in none of these properties.
 */

#include <stdlib.h>

#include "collect/vsphere-inside.h"
#include "model/kind-adapter.h"
#include "model/kind-datastore.h"
#include "model/kind-disk.h"
#include "model/kind-system.h"

/* Adapters and disks by the keys that they have in each other. */
struct key {
	const char *key;
	struct lend_node *node;
};

struct keys {
	struct key *items;
	size_t n, cap;
};

struct storage {
	struct lend_far_host *h;
	struct keys adapters, disks;
	size_t *n_paths; /* of each of the disks */
};

static struct lend_node *node_of(struct storage *s, uint32_t kind, const char *name)
{
	return lend_build_node(s->h->build, kind, NULL, name);
}

static bool is_named(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* ---- keys ---- */

static int by_key(const void *pa, const void *pb)
{
	return strcmp(((const struct key *)pa)->key, ((const struct key *)pb)->key);
}

static void add_key(struct storage *s, struct keys *keys, const char *key,
		    struct lend_node *node)
{
	if (is_named(key))
		*LEND_PUSH(&s->h->scan->memory, keys->items, keys->n, keys->cap) =
			(struct key){ key, node };
}

static void sort_keys(struct keys *keys)
{
	if (keys->n > 1)
		qsort(keys->items, keys->n, sizeof(*keys->items), by_key);
}

static struct key *find_key(const struct keys *keys, const char *key)
{
	struct key want = { .key = key };

	return key == NULL || keys->n == 0
		       ? NULL
		       : bsearch(&want, keys->items, keys->n, sizeof(want), by_key);
}

/* ---- adapters ---- */

static void put_adapters(struct storage *s, const struct lend_json *list)
{
	for (size_t i = 0; i < lend_json_count(list); i++) {
		const struct lend_json *doc = lend_json_at(list, i);
		const char *name = lend_far_str(doc, "name");
		struct lend_pci *pci =
			lend_far_find_pci(s->h, lend_far_str(doc, "function"), false);
		struct lend_adapter *a;

		if (!is_named(name))
			continue;
		a = (struct lend_adapter *)node_of(s, LEND_KIND_ADAPTER, name);
		add_key(s, &s->adapters, lend_far_str(doc, "key"), &a->node);
		lend_far_put_text(s->h, &a->node, &a->driver, lend_far_str(doc, "driver"));
		if (pci != NULL) {
			lend_build_text(s->h->build, &a->node, &a->pci, s->h->by,
					pci->node.name);
			lend_build_edge(s->h->build, &a->node, &pci->node);
		} else if (!is_named(lend_far_str(doc, "function"))) {
			/* iSCSI and its like are made of software. */
			lend_build_absent(s->h->build, &a->node, &a->pci, s->h->by);
		} else if (lend_far_may_say(s->h)) {
			lend_build_gap(s->h->build, a->node.id, true, "",
				       "on which PCI function %s is cannot be told: '%s'", name,
				       lend_far_str(doc, "function"));
		}
	}
	sort_keys(&s->adapters);
}

/* Any of them will do, but one it needs. */
static void put_need(struct storage *s)
{
	struct lend_system *need = NULL;

	for (size_t i = 0; i < s->adapters.n; i++) {
		struct lend_node *node = s->adapters.items[i].node;
		const struct lend_fact *at = &lend_as_adapter(node)->pci;
		struct lend_pci *pci = at->known == LEND_KNOWN
					       ? lend_far_find_pci(s->h, at->v.str, false)
					       : NULL;

		if (pci != NULL && pci->owner.known == LEND_KNOWN &&
		    strcmp(pci->owner.v.str, "VM Passthru") == 0)
			continue;
		if (need == NULL) {
			need = (struct lend_system *)node_of(s, LEND_KIND_SYSTEM, "storage");
			lend_build_text(s->h->build, &need->node, &need->is, s->h->by,
					"any storage adapter");
		}
		lend_build_edge(s->h->build, &need->node, node);
	}
}

/* ---- disks ---- */

static void put_disks(struct storage *s, const struct lend_json *list)
{
	for (size_t i = 0; i < lend_json_count(list); i++) {
		const struct lend_json *doc = lend_json_at(list, i);
		const char *name = lend_far_str(doc, "name");
		struct lend_disk *disk;
		bool local;

		if (!is_named(name))
			continue;
		disk = (struct lend_disk *)node_of(s, LEND_KIND_DISK, name);
		add_key(s, &s->disks, lend_far_str(doc, "key"), &disk->node);
		lend_far_put_text(s->h, &disk->node, &disk->display_name,
				  lend_far_str(doc, "display"));
		lend_far_put_text(s->h, &disk->node, &disk->vendor,
				  lend_far_str(doc, "vendor"));
		lend_far_put_text(s->h, &disk->node, &disk->model, lend_far_str(doc, "model"));
		lend_far_put_text(s->h, &disk->node, &disk->status, lend_far_str(doc, "state"));
		lend_far_put_u64(s->h, &disk->node, &disk->size_bytes,
				 lend_json_get(doc, "bytes"));
		if (lend_json_bool(lend_json_get(doc, "local"), &local))
			lend_build_u64(s->h->build, &disk->node, &disk->local, s->h->by, local);
	}
	sort_keys(&s->disks);
	s->n_paths = lend_arena_array(&s->h->scan->memory, s->disks.n + 1, sizeof(*s->n_paths));
}

/* A dead path carries nothing; "disabled" is one that somebody switched off. */
static bool is_dead(const char *state)
{
	return state != NULL && (strcmp(state, "dead") == 0 || strcmp(state, "disabled") == 0);
}

static void put_path(struct storage *s, const struct lend_json *doc)
{
	struct key *adapter = find_key(&s->adapters, lend_far_str(doc, "adapter"));
	struct key *disk = find_key(&s->disks, lend_far_str(doc, "disk"));

	if (adapter == NULL || disk == NULL || is_dead(lend_far_str(doc, "state")))
		return;
	s->n_paths[disk - s->disks.items]++;
	lend_build_edge(s->h->build, disk->node, adapter->node);
}

/* What is behind an adapter counts where nothing is told of paths. */
static void put_paths(struct storage *s, const struct lend_json *doc)
{
	const struct lend_json *paths = lend_json_get(doc, "paths");
	const struct lend_json *behind = lend_json_get(doc, "behind");
	const struct lend_json *list = lend_json_count(paths) > 0 ? paths : behind;

	for (size_t i = 0; i < lend_json_count(list); i++)
		put_path(s, lend_json_at(list, i));
	for (size_t i = 0; i < s->disks.n; i++) {
		struct lend_disk *disk = (struct lend_disk *)s->disks.items[i].node;

		if (s->n_paths[i] > 0)
			lend_build_u64(s->h->build, &disk->node, &disk->paths, s->h->by,
				       s->n_paths[i]);
		else if (lend_far_may_say(s->h))
			lend_build_gap(s->h->build, disk->node.id, true,
				       "esxcli storage core path list on the host shows it",
				       "on which adapter %s is, is not told", disk->node.name);
	}
}

/* ---- volumes ---- */

static struct lend_datastore *new_volume(struct storage *s, const struct lend_json *doc)
{
	struct lend_arena *memory = &s->h->scan->memory;
	const char *folder = lend_vsphere_volume(memory, lend_far_str(doc, "path"));
	const char *name =
		folder == NULL ? NULL : lend_vsphere_datastore_name(s->h->vsphere, folder);

	if (name == NULL)
		name = lend_far_str(doc, "name");
	/* Two of one name: the second by the folder that it has. */
	if (!is_named(name) ||
	    lend_build_find(s->h->build, LEND_KIND_DATASTORE, NULL, name) != NULL)
		name = folder;
	return is_named(name) ? (struct lend_datastore *)node_of(s, LEND_KIND_DATASTORE, name)
			      : NULL;
}

static void put_type(struct storage *s, struct lend_datastore *ds, const struct lend_json *doc)
{
	const char *type = lend_far_str(doc, "type");
	const char *version = lend_far_str(doc, "version");

	if (is_named(type) && is_named(version))
		type = lend_build_internf(s->h->build, "%s-%s", type, version);
	lend_far_put_text(s->h, &ds->node, &ds->type, type);
}

/* On disks, over the network, or in persistent memory: else it is not told where. */
static void put_place(struct storage *s, struct lend_datastore *ds, const struct lend_json *doc)
{
	const struct lend_json *disks = lend_json_get(doc, "disks");
	const char *type = lend_far_str(doc, "type");

	for (size_t i = 0; i < lend_json_count(disks); i++) {
		const char *name = lend_json_str(lend_json_at(disks, i));

		if (is_named(name))
			lend_build_edge(s->h->build, &ds->node,
					node_of(s, LEND_KIND_DISK, name));
	}
	lend_far_put_text(s->h, &ds->node, &ds->server, lend_far_str(doc, "server"));
	if (lend_json_count(disks) > 0 || is_named(lend_far_str(doc, "server")) ||
	    (type != NULL && strcmp(type, "PMEM") == 0) || !lend_far_may_say(s->h))
		return;
	lend_build_gap(s->h->build, ds->node.id, true,
		       "look at the host itself for that: esxcli there, or a saved host",
		       "on which disks datastore %s is, is not told", ds->node.name);
}

static void put_volumes(struct storage *s, const struct lend_json *list)
{
	for (size_t i = 0; i < lend_json_count(list); i++) {
		const struct lend_json *doc = lend_json_at(list, i);
		struct lend_datastore *ds = new_volume(s, doc);
		bool accessible;

		if (ds == NULL)
			continue;
		lend_far_put_text(s->h, &ds->node, &ds->uuid, lend_far_str(doc, "uuid"));
		lend_far_put_text(s->h, &ds->node, &ds->mount, lend_far_str(doc, "path"));
		lend_far_put_u64(s->h, &ds->node, &ds->size_bytes, lend_json_get(doc, "bytes"));
		if (lend_json_bool(lend_json_get(doc, "accessible"), &accessible))
			lend_build_u64(s->h->build, &ds->node, &ds->mounted, s->h->by,
				       accessible);
		put_type(s, ds, doc);
		put_place(s, ds, doc);
	}
}

static void put_coredump(struct storage *s, const char *name)
{
	struct lend_system *dump;

	if (!is_named(name))
		return;
	dump = (struct lend_system *)node_of(s, LEND_KIND_SYSTEM, "coredump");
	lend_build_text(s->h->build, &dump->node, &dump->is, s->h->by,
			"where it dumps its core");
	lend_far_put_text(s->h, &dump->node, &dump->where, name);
	lend_build_edge(s->h->build, &dump->node, node_of(s, LEND_KIND_DISK, name));
}

static void tell_missing(struct storage *s, const struct lend_json *doc)
{
	static const char *const lists[] = { "adapters", "disks", "volumes" };
	lend_auto_buf names = { 0 };

	for (size_t i = 0; i < LEND_COUNT(lists); i++) {
		if (!lend_far_is_list(lend_json_get(doc, lists[i])))
			lend_buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", lists[i]);
	}
	if (names.len > 0 && lend_far_may_say(s->h))
		lend_build_gap(s->h->build, s->h->about, true,
			       "it shows them when it is connected, to who may read",
			       "what storage %s has is not told: %s", s->h->about, names.text);
}

void lend_far_put_storage(struct lend_far_host *h, const struct lend_json *doc)
{
	static const uint64_t kinds = LEND_ADDS(LEND_KIND_ADAPTER) | LEND_ADDS(LEND_KIND_DISK) |
				      LEND_ADDS(LEND_KIND_DATASTORE) |
				      LEND_ADDS(LEND_KIND_SYSTEM);
	struct storage s = { .h = h };

	h->has_storage = (h->scan->wants & kinds) != 0;
	if (!h->has_storage)
		return;
	h->has_volumes = lend_far_is_list(lend_json_get(doc, "volumes"));
	tell_missing(&s, doc);
	put_adapters(&s, lend_json_get(doc, "adapters"));
	put_disks(&s, lend_json_get(doc, "disks"));
	put_paths(&s, doc);
	put_volumes(&s, lend_json_get(doc, "volumes"));
	put_need(&s);
	put_coredump(&s, lend_far_str(doc, "coredump"));
}

void lend_far_put_home(struct lend_far_host *h, struct lend_vm *vm, const char *file)
{
	const char *close = file == NULL || file[0] != '[' ? NULL : strstr(file, "] ");
	struct lend_datastore *ds;
	const char *name;

	if (!h->has_storage || close == NULL || close == file + 1)
		return;
	name = lend_build_internf(h->build, "%.*s", (int)(close - file) - 1, file + 1);
	ds = (struct lend_datastore *)lend_build_find(h->build, LEND_KIND_DATASTORE, NULL,
						      name);
	if (ds == NULL) {
		ds = (struct lend_datastore *)lend_build_node(h->build, LEND_KIND_DATASTORE,
							      NULL, name);
		if (h->has_volumes && lend_far_may_say(h))
			lend_build_gap(h->build, ds->node.id, true,
				       "look at the host itself for that: esxcli there, or a "
				       "saved host",
				       "on which disks datastore %s is, is not told", name);
	}
	lend_build_edge(h->build, &vm->node, &ds->node);
}
