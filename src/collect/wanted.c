/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a wish names: is it there, could it be made there, what is in it.
 *
 * Asks  stat, statfs and space of each path, or of its folder when it is not
 *       there; a trial mapping; for devices /sys/dev; the label area that it
 *       shall have
 * Adds  wanted/PATH
 */

#include <inttypes.h>
#include <sys/stat.h>

#include "base/num.h"
#include "collect/labels.h"
#include "collect/mappable.h"
#include "collect/stat-names.h"
#include "collect/wanted.h"
#include "format/nd-id.h"
#include "format/nd-label.h"

/* HEAD_MAX holds both index blocks of an area, and the labels that are written first. */
enum { LABELS_MAX = 64, WANTED_MAX = 4096, AREA_MAX = 4 << 20, HEAD_MAX = 16 << 10 };

/* It may lie on a network file system that died. */
static const struct lend_ask ask_stat = { .via = LEND_VIA_STAT,
					  .key = "%p",
					  .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_link = { .via = LEND_VIA_LINK,
					  .key = "%p",
					  .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_space = { .via = LEND_VIA_SPACE,
					   .key = "%p",
					   .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_range = {
	.via = LEND_VIA_RANGE, .key = "", .limit_bytes = AREA_MAX, .flags = LEND_ASK_MAY_HANG
};
static const struct lend_ask ask_sectors = { .via = LEND_VIA_FILE,
					     .key = "sys/dev/block/%s/size" };
static const struct lend_ask ask_dax = { .via = LEND_VIA_FILE,
					 .key = "sys/dev/block/%s/queue/dax" };
static const struct lend_ask ask_disk_dax = { .via = LEND_VIA_FILE,
					      .key = "sys/dev/block/%s/../queue/dax" };
static const struct lend_ask ask_subsystem = { .via = LEND_VIA_LINK,
					       .key = "sys/dev/char/%s/subsystem" };
static const struct lend_ask ask_dax_size = { .via = LEND_VIA_FILE,
					      .key = "sys/dev/char/%s/size" };
static const struct lend_ask ask_dax_align = { .via = LEND_VIA_FILE,
					       .key = "sys/dev/char/%s/align" };

static const struct lend_ask ask_alone = { .via = LEND_VIA_ALONE,
					   .key = "%p",
					   .flags = LEND_ASK_MAY_HANG };

struct look {
	struct lend_scan *scan;
	const struct lend_wanted *wanted;
	struct lend_wanted_node *node;
	uint32_t by;
};

static void put_u64(struct look *l, struct lend_fact *fact, uint64_t value)
{
	lend_build_u64(&l->scan->build, &l->node->node, fact, l->by, value);
}

static void put_text(struct look *l, struct lend_fact *fact, const char *value)
{
	lend_build_text(&l->scan->build, &l->node->node, fact, l->by, value);
}

static const char *number(struct look *l, uint32_t major, uint32_t minor)
{
	return lend_build_internf(&l->scan->build, "%" PRIu32 ":%" PRIu32, major, minor);
}

static void put_space(struct look *l, const char *path)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_space, path);
	uint64_t v;

	if (lend_collect_number_of(answer, "free", &v))
		put_u64(l, &l->node->free_bytes, v);
	if (lend_collect_number_of(answer, "block", &v))
		put_u64(l, &l->node->block_bytes, v);
	if (lend_collect_number_of(answer, "ro", &v))
		put_u64(l, &l->node->read_only, v);
	if (lend_collect_number_of(answer, "writable", &v))
		put_u64(l, &l->node->writable, v);
}

/* A partition has the queue of its disk. */
static void put_fs_dax(struct look *l, const struct lend_stat *st)
{
	const char *fs_dev = number(l, st->dev_major, st->dev_minor);
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_dax, fs_dev);

	if (answer->known == LEND_ABSENT)
		answer = lend_io_ask(l->scan->io, &ask_disk_dax, fs_dev);
	if (answer->known == LEND_KNOWN)
		lend_collect_u64(l->scan, &l->node->node, &l->node->fs_dax, l->by, answer);
}

static void put_fs(struct look *l, const struct lend_stat *st)
{
	put_text(l, &l->node->fs, lend_stat_fs(&l->scan->build, st->fs_magic));
	put_text(l, &l->node->fs_dev, number(l, st->dev_major, st->dev_minor));
}

/* ---- a label area ---- */

static bool is_zero(const char *bytes, size_t len)
{
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

/*
 * The slot that the first good label was written in: the same for all that a
 * guest sees.  false: it may be in a label behind what was read.
 */
static bool put_slot(struct look *l, const char *bytes, size_t len,
		     const struct lend_nd_index *index)
{
	uint32_t read = 0;
	bool cut = false;

	for (uint32_t slot = 0; slot < index->nslot && read < LABELS_MAX; slot++) {
		uint64_t at = lend_nd_index_slot_offset(index, slot);
		struct lend_nd_label label;
		uint32_t qemu_slot;
		unsigned int minor;

		if (!lend_nd_index_slot_used(index, slot))
			continue;
		read++;
		cut = cut || at + index->label_bytes > len;
		if (at + index->label_bytes <= len &&
		    lend_nd_label_read((const uint8_t *)bytes + at, len - at, slot,
				       index->label_bytes, &label, NULL) == 0 &&
		    lend_nd_cookie_qemu_slot(label.isetcookie, &qemu_slot, &minor)) {
			put_u64(l, &l->node->label_slot, qemu_slot);
			return true;
		}
	}
	return !cut;
}

static void put_unread(struct look *l, const char *why)
{
	put_u64(l, &l->node->label_bytes, l->wanted->label_bytes);
	lend_build_unreadable(&l->scan->build, &l->node->node, &l->node->label_state, l->by,
			      why);
}

/* false: the first len bytes of the area do not tell. */
static bool put_head(struct look *l, const char *bytes, size_t len)
{
	const struct lend_wanted *w = l->wanted;
	bool whole = len == w->label_bytes;
	struct lend_nd_index index;

	if (lend_nd_index_read((const uint8_t *)bytes, len, w->label_bytes, &index, NULL) < 0) {
		put_unread(l, "it is shorter than it says");
		return true;
	}
	/* Whether there is nothing but zeros only the whole of it tells. */
	if (!whole && index.block == NULL)
		return false;
	if (index.block != NULL && index.major == 1 && !put_slot(l, bytes, len, &index) &&
	    !whole)
		return false;
	put_u64(l, &l->node->label_bytes, w->label_bytes);
	put_text(l, &l->node->label_state, lend_label_state_name(&index));
	put_text(l, &l->node->tail, is_zero(bytes, len) ? "zero" : "data");
	if (index.block != NULL)
		put_text(
			l, &l->node->label_version,
			lend_build_internf(&l->scan->build, "%u.%u", index.major, index.minor));
	return true;
}

void lend_wanted_put_area(struct lend_scan *scan, struct lend_wanted_node *node, uint32_t by,
			  const struct lend_wanted *wanted, const char *bytes, size_t len,
			  const char *why)
{
	struct look l = { .scan = scan, .wanted = wanted, .node = node, .by = by };

	if (bytes != NULL && len == wanted->label_bytes)
		(void)put_head(&l, bytes, len);
	else
		put_unread(&l, bytes != NULL ? "it is shorter than it says" : why);
}

/* false: the first len bytes of the area do not tell. */
static bool look_at_head(struct look *l, uint64_t len)
{
	const struct lend_wanted *w = l->wanted;
	const struct lend_answer *answer = lend_io_ask_range(
		l->scan->io, &ask_range, w->path, w->size_bytes - w->label_bytes, len);

	if (answer->known == LEND_NOT_ASKED)
		return true;
	if (answer->known == LEND_KNOWN && answer->len >= len)
		return put_head(l, answer->bytes, answer->len);
	put_unread(l, answer->known == LEND_KNOWN ? "it is shorter than it says" : answer->why);
	return true;
}

static void look_at_area(struct look *l, uint64_t bytes)
{
	const struct lend_wanted *w = l->wanted;
	struct lend_fact *state = &l->node->label_state;

	if (w->label_bytes > AREA_MAX || w->label_bytes >= w->size_bytes ||
	    w->size_bytes > bytes)
		return;
	if (w->label_bytes != 0 && (w->label_bytes <= HEAD_MAX || !look_at_head(l, HEAD_MAX)))
		(void)look_at_head(l, w->label_bytes);
	if (w->label_bytes == 0 ||
	    (state->known == LEND_KNOWN && strncmp(state->v.str, "none", 4) == 0))
		lend_labels_put_found(l->scan, &l->node->node, &l->node->label_elsewhere, l->by,
				      &(struct lend_labels_window){
					      .path = w->path,
					      .file_bytes = bytes,
					      .size_bytes = w->size_bytes,
					      .label_bytes = w->label_bytes,
				      });
}

/* ---- the thing itself ---- */

static bool number_from(struct look *l, const struct lend_ask *ask, const char *of,
			uint64_t *ret)
{
	const char *text = lend_collect_text_of(l->scan, lend_io_ask(l->scan->io, ask, of));

	return text != NULL && lend_parse_u64(text, 10, ret);
}

static bool is_dax(struct look *l, const char *rdev)
{
	const char *link =
		lend_collect_text_of(l->scan, lend_io_ask(l->scan->io, &ask_subsystem, rdev));
	const char *slash = link == NULL ? NULL : strrchr(link, '/');

	return slash != NULL && strcmp(slash, "/dax") == 0;
}

static uint64_t put_device(struct look *l, const struct lend_stat *st)
{
	const char *rdev = number(l, st->rdev_major, st->rdev_minor);
	uint64_t bytes = 0, align;

	put_text(l, &l->node->rdev, rdev);
	if (S_ISBLK(st->mode)) {
		if (!number_from(l, &ask_sectors, rdev, &bytes) ||
		    !lend_mul_u64(bytes, 512, &bytes))
			return 0;
	} else if (S_ISCHR(st->mode) && is_dax(l, rdev)) {
		if (number_from(l, &ask_dax_align, rdev, &align))
			put_u64(l, &l->node->align_bytes, align);
		if (!number_from(l, &ask_dax_size, rdev, &bytes))
			return 0;
		put_text(l, &l->node->type, "dax device");
	}
	if (bytes > 0)
		put_u64(l, &l->node->size_bytes, bytes);
	return bytes;
}

static void put_mappable(struct look *l, const struct lend_stat *st)
{
	struct lend_wanted_node *node = l->node;
	const struct lend_mappable facts = { .node = &node->node,
					     .dax = &node->dax,
					     .map_sync = &node->map_sync,
					     .dax_driver = &node->dax_driver,
					     .dax_region = &node->dax_region,
					     .format = &node->format };

	lend_collect_mappable(l->scan, &facts, l->by, l->wanted->path, st);
}

static void put_users(struct look *l)
{
	const struct lend_answer *answer =
		lend_io_ask(l->scan->io, &ask_alone, l->wanted->path);

	if (answer->known == LEND_KNOWN && answer->len == 0)
		lend_build_absent(&l->scan->build, &l->node->node, &l->node->users, l->by);
	else if (answer->known == LEND_KNOWN)
		put_text(l, &l->node->users,
			 lend_build_internf(&l->scan->build, "%s", answer->bytes));
}

static void put_there(struct look *l, const struct lend_stat *st)
{
	bool device = S_ISBLK(st->mode) || S_ISCHR(st->mode);
	uint64_t bytes = st->size_bytes;

	put_text(l, &l->node->dev, number(l, st->dev_major, st->dev_minor));
	put_u64(l, &l->node->inode, st->inode);
	put_space(l, l->wanted->path);
	if (device) {
		bytes = put_device(l, st);
	} else {
		put_fs(l, st);
		put_u64(l, &l->node->size_bytes, st->size_bytes);
		put_u64(l, &l->node->allocated_bytes, st->allocated_bytes);
	}
	if (l->node->type.known == LEND_NOT_ASKED)
		put_text(l, &l->node->type, lend_stat_type(st->mode));
	put_mappable(l, st);
	if (S_ISREG(st->mode) || device)
		look_at_area(l, bytes);
	if (S_ISREG(st->mode))
		put_users(l);
}

static void put_folder(struct look *l)
{
	const char *path = l->wanted->path;
	const char *slash = strrchr(path, '/');
	const char *folder;
	const struct lend_answer *answer;
	struct lend_build *b = &l->scan->build;

	if (slash == NULL)
		return;
	folder = slash == path
			 ? "/"
			 : lend_arena_strndup(&l->scan->memory, path, (size_t)(slash - path));
	answer = lend_io_ask(l->scan->io, &ask_stat, folder);
	if (answer->known == LEND_ABSENT)
		lend_build_absent(b, &l->node->node, &l->node->folder, l->by);
	if (answer->known == LEND_UNREADABLE)
		lend_build_unreadable(b, &l->node->node, &l->node->folder, l->by, answer->why);
	if (answer->known != LEND_KNOWN)
		return;
	put_text(l, &l->node->folder, lend_stat_type(answer->stat.mode));
	put_fs(l, &answer->stat);
	put_u64(l, &l->node->folder_inode, answer->stat.inode);
	put_fs_dax(l, &answer->stat);
	put_space(l, folder);
}

static void look_at(struct lend_scan *scan, const struct lend_wanted *wanted)
{
	const struct lend_answer *answer = lend_io_ask(scan->io, &ask_stat, wanted->path);
	struct lend_build *b = &scan->build;
	struct look l = { .scan = scan, .wanted = wanted };

	if (answer->known == LEND_NOT_ASKED)
		return;
	l.node = (struct lend_wanted_node *)lend_build_node(b, LEND_KIND_WANTED, NULL,
							    wanted->path);
	l.by = lend_build_sighting(b, lend_collect_trust(scan), "wanted", "stat", "");
	put_text(&l, &l.node->path, wanted->path);
	switch (answer->known) {
	case LEND_KNOWN:
		put_there(&l, &answer->stat);
		break;
	case LEND_ABSENT:
		/* One that leads to nothing: what is made is not put at its end. */
		if (lend_io_ask(scan->io, &ask_link, wanted->path)->known == LEND_KNOWN)
			put_text(&l, &l.node->type, "symbolic link");
		else
			lend_build_absent(b, &l.node->node, &l.node->type, l.by);
		put_folder(&l);
		break;
	default:
		lend_build_unreadable(b, &l.node->node, &l.node->type, l.by, answer->why);
	}
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	const struct lend_scan_options *o = scan->options;

	(void)err;
	for (size_t i = 0; i < o->n_wanted && i < WANTED_MAX; i++) {
		if (o->wanted[i].path != NULL && o->wanted[i].path[0] == '/')
			look_at(scan, &o->wanted[i]);
	}
	return 0;
}

extern const struct lend_collector lend_collector_wanted;
const struct lend_collector lend_collector_wanted = {
	.id = "wanted",
	.sees = "files, folders and devices that a wish names",
	.adds = LEND_ADDS(LEND_KIND_WANTED),
	.needs_no_vm = true,
	.collect = collect,
};
