/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line with the verdict, then a line for each thing, its parts indented:
 * what a label says, what its info block says, what lies in it.
 */

#include <inttypes.h>

#include "base/uuid.h"
#include "format/size.h"
#include "model/inside.h"
#include "render/render.h"

static void put_line(struct lend_buf *out, const char *key)
{
	lend_buf_printf(out, "\n  %-12s ", key);
}

static void put_uuid(struct lend_buf *out, const uint8_t uuid[16])
{
	char text[LEND_UUID_TEXT];

	lend_uuid_format(uuid, text);
	lend_buf_puts(out, text);
}

static void put_quoted(struct lend_buf *out, const char *text)
{
	lend_buf_puts(out, "\"");
	lend_buf_put_safe(out, text, strlen(text));
	lend_buf_puts(out, "\"");
}

/* ---- the verdict ---- */

/* Beside the labels. */
static void put_rest(struct lend_buf *out, const struct lend_inside *inside)
{
	lend_buf_puts(out, ", no namespace");
	if (inside->first.has)
		lend_buf_printf(out, ", but data from 0x%" PRIx64 " on", inside->first.v);
	else if (inside->has_content && inside->content_seen)
		lend_buf_puts(out, ", the rest is blank");
}

static void put_labelled(struct lend_buf *out, const struct lend_inside *inside)
{
	const struct lend_inside_area *area = inside->labels;

	lend_buf_puts(out, "labelled");
	if (area->index.state == LEND_LABEL_ONE_TORN)
		lend_buf_puts(out, ", one index block torn");
	if (area->used == 0)
		put_rest(out, inside);
	else
		lend_buf_printf(out, ", %" PRIu32 " namespace%s", area->used,
				area->used == 1 ? "" : "s");
	for (size_t i = 1; i < area->n_namespaces; i++) {
		if (area->namespaces[i].label.isetcookie !=
		    area->namespaces[0].label.isetcookie)
			return;
	}
	if (area->n_namespaces > 0 && area->namespaces[0].has_qemu_slot)
		lend_buf_printf(out, ", written in slot %" PRIu32,
				area->namespaces[0].qemu_slot);
	else if (area->n_namespaces > 0)
		lend_buf_puts(out, ", written by another platform");
}

static void put_elsewhere(struct lend_buf *out, const struct lend_inside *inside)
{
	const struct lend_inside_area *area = inside->others[0];

	lend_buf_puts(out, "labelled, for size=");
	lend_size_format(out, area->size_bytes);
	lend_buf_puts(out, " with label-size=");
	lend_size_format(out, area->label_bytes);
	lend_buf_puts(out, ": not found with size=");
	lend_size_format(out, inside->size_bytes);
	if (inside->label_given) {
		lend_buf_puts(out, " and label-size=");
		lend_size_format(out, inside->label_bytes);
	}
}

static void put_hidden(struct lend_buf *out, const struct lend_inside *inside)
{
	lend_buf_puts(out, "a label of ");
	lend_size_format(out, inside->label_bytes);
	if (inside->hides_fs)
		lend_buf_printf(out, " would hide the end of the %s", inside->raw.fs.type);
	else
		lend_buf_printf(out, " would hide data, from 0x%" PRIx64 " on",
				inside->hidden_at.v);
}

static void put_data(struct lend_buf *out, const struct lend_inside *inside)
{
	lend_buf_puts(out, "data, no labels");
	if (!inside->has_hidden)
		return;
	lend_buf_puts(out, "; a label of ");
	lend_size_format(out, inside->label_bytes);
	lend_buf_puts(out, " would hide none of it");
}

static void put_zero(struct lend_buf *out, const struct lend_inside *inside)
{
	bool blank = inside->verdict == LEND_INSIDE_BLANK;

	if (blank && inside->size_bytes == 0)
		lend_buf_puts(out, "blank: empty");
	else if (blank && inside->data_bytes.has && inside->data_bytes.v == 0)
		lend_buf_puts(out, "blank: nothing was ever written");
	else if (blank)
		lend_buf_puts(out, "blank: nothing but zeros");
	else
		lend_buf_puts(out, "not known: zero as far as it was read, which is ");
	if (blank)
		return;
	lend_size_format(out, inside->read_bytes);
	lend_buf_puts(out, " of ");
	lend_size_format(out,
			 inside->data_bytes.has ? inside->data_bytes.v : inside->size_bytes);
}

static void put_verdict(struct lend_buf *out, const struct lend_inside *inside)
{
	lend_buf_put_safe(out, inside->path, strlen(inside->path));
	lend_buf_puts(out, ": ");
	switch (inside->verdict) {
	case LEND_INSIDE_LABELLED:
		put_labelled(out, inside);
		break;
	case LEND_INSIDE_DAMAGED:
		lend_buf_puts(out, "damaged labels");
		break;
	case LEND_INSIDE_ELSEWHERE:
		put_elsewhere(out, inside);
		break;
	case LEND_INSIDE_HIDDEN:
		put_hidden(out, inside);
		break;
	case LEND_INSIDE_DATA:
		put_data(out, inside);
		break;
	case LEND_INSIDE_BLANK:
	case LEND_INSIDE_UNKNOWN:
		put_zero(out, inside);
	}
}

/* ---- the parts ---- */

static void put_identity(struct lend_buf *out, const struct lend_inside *inside)
{
	put_line(out, lend_inside_type_text(inside->type));
	lend_size_format(out, inside->file_bytes);
	if (inside->allocated_bytes.has) {
		lend_buf_puts(out, ", ");
		lend_size_format(out, inside->allocated_bytes.v);
		lend_buf_puts(out, " allocated");
	}
	if (inside->type == LEND_INSIDE_FILE)
		lend_buf_printf(out, "; inode %" PRIu64 " of device %" PRIu32 ":%" PRIu32,
				inside->inode, inside->dev_major, inside->dev_minor);
	else
		lend_buf_printf(out, "; device %" PRIu32 ":%" PRIu32, inside->rdev_major,
				inside->rdev_minor);
	if (inside->offset == 0 && inside->size_bytes == inside->file_bytes)
		return;
	put_line(out, "window");
	lend_size_format(out, inside->size_bytes);
	lend_buf_printf(out, " at 0x%" PRIx64, inside->offset);
}

static void put_fs(struct lend_buf *out, const char *key, const struct lend_inside_holds *holds)
{
	const struct lend_fs *fs = &holds->fs;

	if (!holds->has_fs)
		return;
	put_line(out, key);
	lend_buf_puts(out, fs->type);
	if (fs->label[0] != '\0') {
		lend_buf_putc(out, ' ');
		put_quoted(out, fs->label);
	}
	if (fs->uuid[0] != '\0') {
		lend_buf_putc(out, ' ');
		lend_buf_put_safe(out, fs->uuid, strlen(fs->uuid));
	}
	if (fs->has_size) {
		lend_buf_puts(out, ", ");
		lend_size_format(out, fs->size_bytes);
	}
	lend_buf_printf(out, ", at 0x%" PRIx64, holds->data_at);
}

static void put_info(struct lend_buf *out, const char *key,
		     const struct lend_inside_holds *holds)
{
	const struct lend_nd_info *info = &holds->info;

	if (!holds->has_info)
		return;
	put_line(out, key);
	lend_buf_printf(out, "info block %s %u.%u ", lend_nd_info_mode(info->kind), info->major,
			info->minor);
	put_uuid(out, info->uuid);
	if (!holds->info_counts) {
		lend_buf_puts(out, info->checksum_ok ? ", not used" : ", damaged");
	} else if (info->kind == LEND_ND_INFO_BTT) {
		lend_buf_printf(out, ", %" PRIu32 " sectors of %" PRIu32 " B",
				info->external_nlba, info->external_lbasize);
	} else if (holds->has_data) {
		lend_buf_puts(out, ", ");
		lend_size_format(out, holds->data_bytes);
		lend_buf_printf(out, " from 0x%" PRIx64 " on", holds->data_at);
	}
}

static void put_notes(struct lend_buf *out, const struct lend_inside_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		put_line(out, notes->items[i].bad ? "problem" : "note");
		lend_buf_puts(out, notes->items[i].text);
	}
}

static void put_namespace(struct lend_buf *out, const struct lend_inside *inside,
			  const struct lend_inside_namespace *ns)
{
	const struct lend_nd_label *label = &ns->label;

	put_line(out, ns->mode == NULL ? "namespace" : ns->mode);
	if (label->name[0] != '\0') {
		put_quoted(out, label->name);
		lend_buf_putc(out, ' ');
	}
	put_uuid(out, label->uuid);
	lend_buf_puts(out, ", ");
	lend_size_format(out, label->rawsize);
	/* Hostile numbers wrap; then it is noted that they make no sense. */
	lend_buf_printf(out, " at 0x%" PRIx64 ", label %" PRIu32, inside->offset + label->dpa,
			label->slot);
	put_line(out, "");
	if (ns->has_qemu_slot)
		lend_buf_printf(out, "written in slot %" PRIu32, ns->qemu_slot);
	else
		lend_buf_puts(out, "written in no slot of a QEMU");
	lend_buf_printf(out, " (cookie 0x%" PRIx64 ")", label->isetcookie);
	if ((label->flags & LEND_ND_LABEL_RO) != 0)
		lend_buf_puts(out, ", read-only");
	put_info(out, "", &ns->holds);
	put_fs(out, "", &ns->holds);
	put_notes(out, &ns->notes);
}

static void put_area(struct lend_buf *out, const char *key, const struct lend_inside *inside,
		     const struct lend_inside_area *area)
{
	const struct lend_nd_index *index = &area->index;

	put_line(out, key);
	lend_size_format(out, area->label_bytes);
	lend_buf_printf(
		out, " at 0x%" PRIx64 ", version %u.%u, %" PRIu32 " of %" PRIu32 " slots used",
		area->start, index->major, index->minor, area->used, index->nslot);
	if (area->size_bytes != inside->size_bytes) {
		lend_buf_puts(out, ", for size=");
		lend_size_format(out, area->size_bytes);
	}
	for (unsigned int i = 0; i < 2; i++) {
		put_line(out, "");
		lend_buf_printf(out, "index block %u: ", i);
		if (index->fault[i] != LEND_ND_FAULT_NONE)
			lend_buf_printf(out, "torn (%s)",
					lend_inside_fault_text(index->fault[i]));
		else
			lend_buf_printf(out, "good, sequence %u%s", index->seqs[i],
					i == index->active ? ", the newer one" : "");
	}
	for (size_t i = 0; i < area->n_namespaces; i++)
		put_namespace(out, inside, &area->namespaces[i]);
}

void lend_render_inside(struct lend_buf *out, const struct lend_inside *inside)
{
	put_verdict(out, inside);
	put_identity(out, inside);
	if (inside->labels != NULL)
		put_area(out, "labels", inside, inside->labels);
	for (size_t i = 0; i < inside->n_others; i++)
		put_area(out, "other labels", inside, inside->others[i]);
	put_info(out, "at its start", &inside->raw);
	put_fs(out, inside->raw.has_info ? "" : "at its start", &inside->raw);
	put_notes(out, &inside->notes);
	if (inside->has_persistence) {
		put_line(out, "persistence");
		lend_buf_printf(out, "%s as an NVDIMM: %s",
				lend_persists_name(inside->persistence.verdict),
				lend_persistence_text(inside->persistence.why));
	}
	for (size_t i = 0; i < inside->n_unseen; i++) {
		put_line(out, "not seen");
		lend_buf_put_safe(out, inside->unseen[i], strlen(inside->unseen[i]));
	}
	lend_buf_putc(out, '\n');
}
