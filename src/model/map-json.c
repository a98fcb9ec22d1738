/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map as JSON; docs/map-json.md is the contract. */

#include "base/json.h"
#include "model/map.h"
#include "model/persistence.h"

static void put_number(struct lend_jsonw *w, const char *key, const struct lend_fact *fact)
{
	if (fact->known == LEND_KNOWN)
		lend_jsonw_u64(w, key, fact->v.u64);
	else
		lend_jsonw_null(w, key);
}

static void put_hex(struct lend_jsonw *w, const char *key, const struct lend_fact *fact)
{
	if (fact->known == LEND_KNOWN)
		lend_jsonw_hex(w, key, fact->v.u64);
	else
		lend_jsonw_null(w, key);
}

static void put_backing(struct lend_jsonw *w, const struct lend_pair *pair)
{
	static const struct lend_backing nothing; /* only a path is known */
	const struct lend_backing *backing = pair->backing;
	const char *path = lend_map_path(pair);

	if (path == NULL) {
		lend_jsonw_null(w, "backing");
		return;
	}
	if (backing == NULL)
		backing = &nothing;
	lend_jsonw_open(w, "backing", '{');
	lend_jsonw_str(w, "path", path);
	lend_jsonw_str(w, "dev", lend_map_text_of(&backing->dev));
	put_number(w, "inode", &backing->inode);
	put_number(w, "size_bytes", &backing->size_bytes);
	lend_jsonw_str(w, "uuid", lend_map_text_of(&backing->uuid));
	lend_jsonw_close(w, '}');
}

static void put_device(struct lend_jsonw *w, const struct lend_pair *pair)
{
	const struct lend_device *device = pair->device;

	if (device == NULL) {
		lend_jsonw_null(w, "device");
		return;
	}
	lend_jsonw_open(w, "device", '{');
	lend_jsonw_str(w, "id", lend_map_text_of(&device->device_id));
	put_number(w, "slot", &device->slot);
	put_hex(w, "address", &device->address);
	put_number(w, "size_bytes", &device->size_bytes);
	put_number(w, "label_bytes", &device->label_bytes);
	lend_jsonw_close(w, '}');
}

static void put_dimm(struct lend_jsonw *w, const struct lend_nd_dimm *dimm)
{
	lend_jsonw_str(w, "dimm", dimm == NULL ? NULL : dimm->node.name);
	lend_jsonw_str(w, "id", dimm == NULL ? NULL : lend_map_text_of(&dimm->nfit_id));
	if (dimm == NULL)
		lend_jsonw_null(w, "handle");
	else
		put_hex(w, "handle", &dimm->handle);
}

static void put_predicted_dimm(struct lend_jsonw *w, const struct lend_pair *pair)
{
	lend_jsonw_null(w, "dimm");
	lend_jsonw_str(w, "id", pair->predicted_id);
	if (pair->has_predicted_handle)
		lend_jsonw_hex(w, "handle", pair->predicted_handle);
	else
		lend_jsonw_null(w, "handle");
}

static void put_guest(struct lend_jsonw *w, const struct lend_pair *pair)
{
	bool predicted = pair->predicted_id != NULL || pair->has_predicted_handle;

	if (pair->dimm == NULL && pair->region == NULL && pair->n_namespaces == 0 &&
	    !predicted) {
		lend_jsonw_null(w, "guest");
		return;
	}
	lend_jsonw_open(w, "guest", '{');
	if (predicted)
		put_predicted_dimm(w, pair);
	else
		put_dimm(w, pair->dimm);
	lend_jsonw_str(w, "region", pair->region == NULL ? NULL : pair->region->node.name);
	lend_jsonw_open(w, "namespaces", '[');
	for (size_t i = 0; i < pair->n_namespaces; i++) {
		const struct lend_map_namespace *ns = &pair->namespaces[i];

		lend_jsonw_open(w, NULL, '{');
		lend_jsonw_str(w, "dev", ns->dev);
		lend_jsonw_str(w, "mode", ns->mode);
		lend_jsonw_str(w, "uuid", ns->uuid);
		lend_jsonw_str(w, "blockdev", ns->blockdev);
		lend_jsonw_str(w, "chardev", ns->chardev);
		lend_jsonw_close(w, '}');
	}
	lend_jsonw_close(w, ']');
	lend_jsonw_close(w, '}');
}

static void put_candidate(struct lend_jsonw *w, const struct lend_map_candidate *candidate)
{
	const struct lend_backing *backing = candidate->backing;

	lend_jsonw_open(w, NULL, '{');
	if (backing != NULL) {
		lend_jsonw_str(w, "path",
			       backing->path.known == LEND_KNOWN ? backing->path.v.str
								 : backing->node.name);
	} else {
		put_dimm(w, candidate->dimm);
		lend_jsonw_str(w, "region",
			       candidate->region == NULL ? NULL : candidate->region->node.name);
	}
	lend_jsonw_close(w, '}');
}

static void put_persistence(struct lend_jsonw *w, const struct lend_inventory *inv,
			    const struct lend_device *device)
{
	struct lend_persistence p = { .why = LEND_PERSISTS_NOT_QEMU };

	if (device != NULL)
		p = lend_persistence_of(inv, device);
	if (p.why == LEND_PERSISTS_NOT_QEMU) {
		lend_jsonw_null(w, "persistence");
		return;
	}
	lend_jsonw_open(w, "persistence", '{');
	lend_jsonw_str(w, "verdict", lend_persists_name(p.verdict));
	lend_jsonw_str(w, "why", lend_persistence_id(p.why));
	lend_jsonw_str(w, "text", lend_persistence_text(p.why));
	lend_jsonw_close(w, '}');
}

static void put_pair(struct lend_jsonw *w, const struct lend_inventory *inv,
		     const struct lend_pair *pair)
{
	lend_jsonw_open(w, NULL, '{');
	lend_jsonw_str(w, "vm", pair->vm_name);
	put_backing(w, pair);
	put_device(w, pair);
	put_guest(w, pair);
	lend_jsonw_str(w, "verdict", lend_verdict_name(pair->verdict));
	lend_jsonw_open(w, "evidence", '[');
	for (size_t i = 0; i < pair->n_evidence; i++)
		lend_jsonw_str(w, NULL, pair->evidence[i]);
	lend_jsonw_close(w, ']');
	lend_jsonw_open(w, "candidates", '[');
	for (size_t i = 0; i < pair->n_candidates; i++)
		put_candidate(w, &pair->candidates[i]);
	lend_jsonw_close(w, ']');
	lend_jsonw_open(w, "shared", '[');
	for (size_t i = 0; i < pair->n_shared; i++) {
		lend_jsonw_open(w, NULL, '{');
		lend_jsonw_str(w, "vm", pair->shared[i].vm);
		lend_jsonw_str(w, "device", pair->shared[i].device);
		lend_jsonw_str(w, "path", pair->shared[i].path);
		lend_jsonw_close(w, '}');
	}
	lend_jsonw_close(w, ']');
	put_persistence(w, inv, pair->device);
	lend_jsonw_close(w, '}');
}

int lend_map_save(const struct lend_map *map, char **ret_text, size_t *ret_len,
		  struct lend_err *err)
{
	struct lend_buf out = { 0 };
	struct lend_jsonw w = { .out = &out };

	(void)err; /* nothing can fail today; the signature leaves room */
	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_u64(&w, "version", 1);
	lend_jsonw_open(&w, "pairs", '[');
	for (size_t i = 0; i < map->n_pairs; i++)
		put_pair(&w, map->inv, &map->pairs[i]);
	lend_jsonw_close(&w, ']');
	lend_jsonw_close(&w, '}');
	lend_buf_putc(&out, '\n');
	*ret_text = out.text;
	*ret_len = out.len;
	return 0;
}
