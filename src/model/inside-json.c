/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is inside a backing as JSON; docs/pmem-inspect-json.md is the contract. */

#include <inttypes.h>

#include "base/json.h"
#include "base/uuid.h"
#include "format/nd-id.h"
#include "model/inside.h"

static void put_opt(struct lend_jsonw *w, const char *key, struct lend_opt_u64 value)
{
	if (value.has)
		lend_jsonw_u64(w, key, value.v);
	else
		lend_jsonw_null(w, key);
}

static void put_opt_hex(struct lend_jsonw *w, const char *key, struct lend_opt_u64 value)
{
	if (value.has)
		lend_jsonw_hex(w, key, value.v);
	else
		lend_jsonw_null(w, key);
}

static void put_uuid(struct lend_jsonw *w, const char *key, const uint8_t uuid[16])
{
	static const uint8_t none[16];
	char text[LEND_UUID_TEXT];

	if (memcmp(uuid, none, sizeof(none)) == 0) {
		lend_jsonw_null(w, key);
		return;
	}
	lend_uuid_format(uuid, text);
	lend_jsonw_str(w, key, text);
}

static void put_pair(struct lend_jsonw *w, const char *key, const char *between, uint32_t a,
		     uint32_t b)
{
	lend_auto_buf text = { 0 };

	lend_buf_printf(&text, "%" PRIu32 "%s%" PRIu32, a, between, b);
	lend_jsonw_str(w, key, text.text);
}

static void put_notes(struct lend_jsonw *w, const struct lend_inside_notes *notes)
{
	for (unsigned int bad = 2; bad-- > 0;) {
		lend_jsonw_open(w, bad != 0 ? "problems" : "notes", '[');
		for (size_t i = 0; i < notes->n; i++) {
			if (notes->items[i].bad == (bad != 0))
				lend_jsonw_str(w, NULL, notes->items[i].text);
		}
		lend_jsonw_close(w, ']');
	}
}

static void put_info(struct lend_jsonw *w, const struct lend_inside_holds *holds)
{
	const struct lend_nd_info *info = &holds->info;
	bool is_btt = info->kind == LEND_ND_INFO_BTT;

	if (!holds->has_info) {
		lend_jsonw_null(w, "info_block");
		return;
	}
	lend_jsonw_open(w, "info_block", '{');
	lend_jsonw_str(w, "mode", lend_nd_info_mode(info->kind));
	put_pair(w, "version", ".", info->major, info->minor);
	lend_jsonw_bool(w, "checksum_ok", info->checksum_ok);
	lend_jsonw_bool(w, "counts", holds->info_counts);
	put_uuid(w, "uuid", info->uuid);
	put_uuid(w, "parent_uuid", info->parent);
	lend_jsonw_hex(w, "data_offset", info->dataoff);
	put_opt(w, "align_bytes", (struct lend_opt_u64){ info->align, info->align != 0 });
	put_opt(w, "page_bytes",
		(struct lend_opt_u64){ info->page_size, info->page_size != 0 });
	put_opt(w, "sector_bytes", (struct lend_opt_u64){ info->external_lbasize, is_btt });
	put_opt(w, "sectors", (struct lend_opt_u64){ info->external_nlba, is_btt });
	lend_jsonw_close(w, '}');
}

static void put_fs(struct lend_jsonw *w, const struct lend_inside_holds *holds)
{
	const struct lend_fs *fs = &holds->fs;

	if (!holds->has_fs) {
		lend_jsonw_null(w, "content");
		return;
	}
	lend_jsonw_open(w, "content", '{');
	lend_jsonw_str(w, "class", lend_fs_class_text(fs->class));
	lend_jsonw_str(w, "type", fs->type);
	lend_jsonw_str(w, "uuid", fs->uuid[0] == '\0' ? NULL : fs->uuid);
	lend_jsonw_str(w, "label", fs->label[0] == '\0' ? NULL : fs->label);
	put_opt(w, "size_bytes", (struct lend_opt_u64){ fs->size_bytes, fs->has_size });
	lend_jsonw_close(w, '}');
}

static void put_holds(struct lend_jsonw *w, const char *key,
		      const struct lend_inside_holds *holds)
{
	if (!holds->looked) {
		lend_jsonw_null(w, key);
		return;
	}
	lend_jsonw_open(w, key, '{');
	put_info(w, holds);
	put_opt_hex(w, "data_at", (struct lend_opt_u64){ holds->data_at, holds->has_data });
	put_opt(w, "data_bytes", (struct lend_opt_u64){ holds->data_bytes, holds->has_data });
	put_fs(w, holds);
	lend_jsonw_close(w, '}');
}

static void put_flags(struct lend_jsonw *w, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ LEND_ND_LABEL_RO, "ro" },
		{ LEND_ND_LABEL_LOCAL, "local" },
		{ LEND_ND_LABEL_BTT, "btt" },
		{ LEND_ND_LABEL_UPDATING, "updating" },
	};

	lend_jsonw_open(w, "flags", '[');
	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		if ((flags & names[i].flag) != 0)
			lend_jsonw_str(w, NULL, names[i].name);
	}
	lend_jsonw_close(w, ']');
}

static void put_namespace(struct lend_jsonw *w, const struct lend_inside_namespace *ns)
{
	const struct lend_nd_label *label = &ns->label;

	lend_jsonw_open(w, NULL, '{');
	lend_jsonw_u64(w, "label", label->slot);
	lend_jsonw_str(w, "name", label->name[0] == '\0' ? NULL : label->name);
	put_uuid(w, "uuid", label->uuid);
	lend_jsonw_str(w, "mode", ns->mode);
	lend_jsonw_str(w, "label_mode", lend_nd_mode_text(label->mode));
	lend_jsonw_hex(w, "dpa", label->dpa);
	lend_jsonw_u64(w, "size_bytes", label->rawsize);
	lend_jsonw_u64(w, "sector_bytes", label->lbasize);
	put_flags(w, label->flags);
	lend_jsonw_u64(w, "dimms", label->nlabel);
	lend_jsonw_hex(w, "cookie", label->isetcookie);
	put_opt(w, "qemu_slot", (struct lend_opt_u64){ ns->qemu_slot, ns->has_qemu_slot });
	put_holds(w, "holds", &ns->holds);
	put_notes(w, &ns->notes);
	lend_jsonw_close(w, '}');
}

static void put_area(struct lend_jsonw *w, const char *key, const struct lend_inside_area *area)
{
	const struct lend_nd_index *index;

	if (area == NULL) {
		lend_jsonw_null(w, key);
		return;
	}
	index = &area->index;
	lend_jsonw_open(w, key, '{');
	lend_jsonw_hex(w, "at", area->start);
	lend_jsonw_u64(w, "label_bytes", area->label_bytes);
	lend_jsonw_u64(w, "size_bytes", area->size_bytes);
	put_pair(w, "version", ".", index->major, index->minor);
	lend_jsonw_open(w, "index_blocks", '[');
	for (unsigned int i = 0; i < 2; i++) {
		bool good = index->fault[i] == LEND_ND_FAULT_NONE;

		lend_jsonw_open(w, NULL, '{');
		lend_jsonw_bool(w, "good", good);
		lend_jsonw_bool(w, "counts", i == index->active);
		put_opt(w, "seq", (struct lend_opt_u64){ index->seqs[i], good });
		lend_jsonw_str(w, "fault",
			       good ? NULL : lend_inside_fault_text(index->fault[i]));
		lend_jsonw_close(w, '}');
	}
	lend_jsonw_close(w, ']');
	lend_jsonw_u64(w, "slots", index->nslot);
	lend_jsonw_u64(w, "used", area->used);
	lend_jsonw_open(w, "namespaces", '[');
	for (size_t i = 0; i < area->n_namespaces; i++)
		put_namespace(w, &area->namespaces[i]);
	lend_jsonw_close(w, ']');
	lend_jsonw_close(w, '}');
}

static void put_blank(struct lend_jsonw *w, const struct lend_inside *inside)
{
	bool seen = inside->has_content && inside->content_seen;

	if (inside->first.has)
		lend_jsonw_bool(w, "blank", false);
	else if (seen)
		lend_jsonw_bool(w, "blank", true);
	else
		lend_jsonw_null(w, "blank");
	put_opt_hex(w, "first_data", inside->first);
	put_opt(w, "read_bytes",
		(struct lend_opt_u64){ inside->read_bytes, inside->has_content });
	lend_jsonw_open(w, "label", '{');
	lend_jsonw_u64(w, "label_bytes", inside->label_bytes);
	if (inside->has_hidden)
		lend_jsonw_bool(w, "hides_data", inside->hidden_at.has);
	else
		lend_jsonw_null(w, "hides_data");
	put_opt_hex(w, "first_hidden", inside->hidden_at);
	lend_jsonw_close(w, '}');
}

static void put_identity(struct lend_jsonw *w, const struct lend_inside *inside)
{
	lend_jsonw_str(w, "path", inside->path);
	lend_jsonw_str(w, "type", lend_inside_type_text(inside->type));
	put_pair(w, "dev", ":", inside->dev_major, inside->dev_minor);
	lend_jsonw_u64(w, "inode", inside->inode);
	if (inside->type != LEND_INSIDE_FILE)
		put_pair(w, "rdev", ":", inside->rdev_major, inside->rdev_minor);
	else
		lend_jsonw_null(w, "rdev");
	lend_jsonw_u64(w, "file_bytes", inside->file_bytes);
	put_opt(w, "allocated_bytes", inside->allocated_bytes);
	put_opt(w, "data_bytes", inside->data_bytes);
	lend_jsonw_hex(w, "offset", inside->offset);
	lend_jsonw_u64(w, "size_bytes", inside->size_bytes);
}

static void put_persistence(struct lend_jsonw *w, const struct lend_persistence *p)
{
	lend_jsonw_open(w, "persistence", '{');
	lend_jsonw_str(w, "verdict", lend_persists_name(p->verdict));
	lend_jsonw_str(w, "why", lend_persistence_id(p->why));
	lend_jsonw_str(w, "text", lend_persistence_text(p->why));
	lend_jsonw_close(w, '}');
}

void lend_inside_put_json(struct lend_buf *out, const struct lend_inside *inside)
{
	struct lend_jsonw w = { .out = out };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "lend", "pmem-inspect");
	lend_jsonw_u64(&w, "version", 1);
	put_identity(&w, inside);
	lend_jsonw_str(&w, "verdict", lend_inside_verdict_text(inside->verdict));
	put_blank(&w, inside);
	put_area(&w, "labels", inside->labels);
	lend_jsonw_open(&w, "other_labels", '[');
	for (size_t i = 0; i < inside->n_others; i++)
		put_area(&w, NULL, inside->others[i]);
	lend_jsonw_close(&w, ']');
	put_holds(&w, "holds", &inside->raw);
	put_notes(&w, &inside->notes);
	if (inside->has_persistence)
		put_persistence(&w, &inside->persistence);
	else
		lend_jsonw_str(&w, "persistence", NULL);
	lend_jsonw_open(&w, "unseen", '[');
	for (size_t i = 0; i < inside->n_unseen; i++)
		lend_jsonw_str(&w, NULL, inside->unseen[i]);
	lend_jsonw_close(&w, ']');
	lend_jsonw_close(&w, '}');
	lend_buf_putc(out, '\n');
}
