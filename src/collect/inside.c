/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks  stat; of devices their size in sysfs; where the file has holes; label
 *       areas; the start of each namespace; what a label would hide
 */

#include "collect/inside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/num.h"
#include "collect/inside-look.h"
#include "format/size.h"

enum { KIB = 1024, MIB = 1024 * KIB, BUDGET = 3 * MIB / 2, HOUR_MS = 60 * 60 * 1000 };

static const struct lend_ask ask_stat = { .via = LEND_VIA_STAT,
					  .key = "%p",
					  .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_label = { .via = LEND_VIA_RANGE,
					   .key = "",
					   .limit_bytes = LEND_ND_HEAD_MAX,
					   .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_data = { .via = LEND_VIA_RANGE,
					  .key = "",
					  .flags = LEND_ASK_MAY_HANG | LEND_ASK_NOT_RECORDED };
static const struct lend_ask ask_content = {
	.via = LEND_VIA_CONTENT, .key = "", .deadline_ms = 10000, .flags = LEND_ASK_MAY_HANG
};
/* As long as it takes to read a backing. */
static const struct lend_ask ask_all = { .via = LEND_VIA_CONTENT,
					 .key = "",
					 .deadline_ms = 24 * HOUR_MS,
					 .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_sectors = { .via = LEND_VIA_FILE,
					     .key = "sys/dev/block/%s/size" };
static const struct lend_ask ask_bus = { .via = LEND_VIA_LINK,
					 .key = "sys/dev/char/%s/subsystem" };
static const struct lend_ask ask_dax_size = { .via = LEND_VIA_FILE,
					      .key = "sys/dev/char/%s/size" };

/* ---- asking ---- */

void lend_inside_unseen(struct lend_inside_work *look, const char *fmt, ...)
{
	struct lend_inside *inside = look->inside;
	lend_auto_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	lend_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	*LEND_PUSH(look->arena, inside->unseen, inside->n_unseen, inside->cap_unseen) =
		lend_arena_strdup(look->arena, text.text);
}

/* true when it is; what was not recorded is said once. */
static bool is_seen(struct lend_inside_work *look, const struct lend_answer *answer,
		    uint64_t at)
{
	if (answer->known == LEND_KNOWN)
		return true;
	if (answer->os_errno == ETIMEDOUT)
		look->dead = true;
	if (answer->os_errno == EACCES || answer->os_errno == EPERM) {
		look->dead = true;
		look->denied = answer->why;
	}
	if (answer->known == LEND_NOT_ASKED)
		lend_inside_unseen(look, "the capture does not have what lies at 0x%" PRIx64,
				   at);
	else
		lend_inside_unseen(look, "what lies at 0x%" PRIx64 " cannot be read: %s", at,
				   answer->known == LEND_ABSENT ? "it is gone" : answer->why);
	return false;
}

bool lend_inside_is_hole(const struct lend_inside_work *look, uint64_t at, uint64_t bytes)
{
	uint64_t end;

	if (!look->has_map || !look->map.extents_whole || !lend_add_u64(at, bytes, &end))
		return false;
	for (size_t i = 0; i < look->map.n_extents; i++) {
		const struct lend_extent *extent = &look->map.extents[i];

		if (at < extent->at + extent->bytes && extent->at < end)
			return false;
	}
	return true;
}

const uint8_t *lend_inside_read(struct lend_inside_work *look, uint64_t at, uint64_t len,
				bool data, size_t *ret_len)
{
	const struct lend_answer *answer;

	*ret_len = 0;
	if (at >= look->end || look->dead || (data && lend_io_is_replay(look->io)))
		return NULL;
	if (len > look->end - at)
		len = look->end - at;
	if (lend_inside_is_hole(look, at, len)) {
		*ret_len = len;
		return lend_arena_alloc(look->arena, len);
	}
	answer =
		lend_io_ask_range(look->io, data ? &ask_data : &ask_label, look->path, at, len);
	if (!is_seen(look, answer, at))
		return NULL;
	*ret_len = answer->len;
	return (const uint8_t *)answer->bytes;
}

static bool ask_for(struct lend_inside_work *look, const struct lend_ask *ask,
		    const struct lend_content_want *want, struct lend_content *ret)
{
	return !look->dead &&
	       is_seen(look, lend_io_ask_content(look->io, ask, look->path, want, ret),
		       want->offset);
}

bool lend_inside_content(struct lend_inside_work *look, const struct lend_content_want *want,
			 struct lend_content *ret)
{
	return ask_for(look, &ask_content, want, ret);
}

/* ---- what it is ---- */

static bool number_of(const struct lend_answer *answer, uint64_t *ret)
{
	return answer->known == LEND_KNOWN &&
	       lend_parse_u64n(answer->bytes, strcspn(answer->bytes, "\n"), 10, ret);
}

static bool is_dax(const struct lend_answer *answer)
{
	static const char bus[] = "/dax";

	return answer->known == LEND_KNOWN && answer->len >= strlen(bus) &&
	       strcmp(answer->bytes + answer->len - strlen(bus), bus) == 0;
}

static int take_device(struct lend_inside_work *look, const struct lend_stat *st,
		       struct lend_err *err)
{
	struct lend_inside *inside = look->inside;
	bool is_block = S_ISBLK(st->mode);
	uint64_t units;
	char number[32];

	(void)snprintf(number, sizeof(number), "%" PRIu32 ":%" PRIu32, st->rdev_major,
		       st->rdev_minor);
	if (!is_block && !is_dax(lend_io_ask(look->io, &ask_bus, number))) {
		lend_hint(err, "give a file, a block device such as /dev/pmem0, or a DAX "
			       "device such as /dev/dax0.0");
		return lend_fail(err, LEND_E_USAGE,
				 "'%.150s' is a character device, and no DAX device",
				 look->path);
	}
	inside->type = is_block ? LEND_INSIDE_BLOCK : LEND_INSIDE_DAX;
	inside->rdev_major = st->rdev_major;
	inside->rdev_minor = st->rdev_minor;
	if (!number_of(lend_io_ask(look->io, is_block ? &ask_sectors : &ask_dax_size, number),
		       &units) ||
	    !lend_mul_u64(units, is_block ? 512 : 1, &inside->file_bytes))
		return lend_fail(err, LEND_E_SYSTEM, "the size of '%.150s' cannot be read",
				 look->path);
	return 0;
}

static int take_stat(struct lend_inside_work *look, struct lend_err *err)
{
	const struct lend_answer *answer = lend_io_ask(look->io, &ask_stat, look->path);
	struct lend_inside *inside = look->inside;
	const struct lend_stat *st = &answer->stat;

	if (answer->known == LEND_ABSENT)
		return lend_fail(err, LEND_E_USAGE, "there is no '%.150s'", look->path);
	if (answer->known != LEND_KNOWN)
		return lend_fail(
			err, LEND_E_SYSTEM, "'%.150s' cannot be looked at: %s", look->path,
			answer->known == LEND_NOT_ASKED ? "the capture lacks it" : answer->why);
	inside->dev_major = st->dev_major;
	inside->dev_minor = st->dev_minor;
	inside->inode = st->inode;
	if (S_ISBLK(st->mode) || S_ISCHR(st->mode))
		return take_device(look, st, err);
	if (!S_ISREG(st->mode)) {
		lend_hint(err, "give the file or device that mem-path= names");
		return lend_fail(err, LEND_E_USAGE, "'%.150s' is %s, and no backing",
				 look->path, S_ISDIR(st->mode) ? "a folder" : "no file");
	}
	inside->file_bytes = st->size_bytes;
	inside->allocated_bytes = lend_opt(st->allocated_bytes);
	return 0;
}

static int take_window(struct lend_inside_work *look, const struct lend_inside_options *options,
		       struct lend_err *err)
{
	struct lend_inside *inside = look->inside;
	uint64_t end;

	look->end = inside->file_bytes;
	inside->offset = options->offset_bytes.has ? options->offset_bytes.v : 0;
	inside->size_given = options->size_bytes.has;
	inside->label_given = options->label_bytes.has;
	inside->label_bytes =
		options->label_bytes.has ? options->label_bytes.v : LEND_INSIDE_LABEL_BYTES;
	if (inside->offset > look->end)
		return lend_fail(err, LEND_E_USAGE, "'%.150s' ends before that offset",
				 look->path);
	inside->size_bytes =
		options->size_bytes.has ? options->size_bytes.v : look->end - inside->offset;
	if (!lend_add_u64(inside->offset, inside->size_bytes, &end) || end > INT64_MAX)
		return lend_fail(err, LEND_E_USAGE, "offset and size are too large");
	if (inside->label_given && inside->label_bytes < 128 * KIB)
		return lend_fail(err, LEND_E_USAGE, "QEMU has no label-size= below 128 KiB");
	if (inside->label_given && (inside->label_bytes > UINT32_MAX ||
				    lend_nd_head_bytes(inside->label_bytes) > LEND_ND_HEAD_MAX))
		return lend_fail(err, LEND_E_USAGE,
				 "label areas of more than 63 MiB are not read");
	if (inside->label_given && inside->size_bytes > 0 &&
	    inside->label_bytes >= inside->size_bytes)
		return lend_fail(err, LEND_E_USAGE,
				 "the label area would be larger than the backing");
	if (end > look->end)
		lend_inside_note(look->arena, &inside->notes, true,
				 "it is shorter than size=: QEMU will not start with it");
	return 0;
}

static void take_map(struct lend_inside_work *look)
{
	struct lend_content_want want = { .bytes = look->end };

	if (look->inside->type != LEND_INSIDE_FILE || look->end == 0)
		return;
	look->has_map = lend_inside_content(look, &want, &look->map);
	if (look->has_map && look->map.counted)
		look->inside->data_bytes = lend_opt(look->map.data_bytes);
}

/* ---- labels ---- */

/* One of several that are good: that which is used, else the larger one. */
static bool is_better(const struct lend_inside_area *a, const struct lend_inside_area *b)
{
	if ((a->used > 0) != (b->used > 0))
		return a->used > 0;
	return a->label_bytes > b->label_bytes;
}

static void add_other(struct lend_inside_work *look, struct lend_inside_area *area)
{
	struct lend_inside *inside = look->inside;

	*LEND_PUSH(look->arena, inside->others, inside->n_others, inside->cap_others) = area;
}

static void add_labels(struct lend_inside_work *look, struct lend_inside_area *area)
{
	struct lend_inside *inside = look->inside;

	if (inside->labels == NULL) {
		inside->labels = area;
		return;
	}
	lend_inside_note(look->arena, &inside->notes, false,
			 "there are good index blocks for several label sizes: which of them "
			 "count depends on label-size=");
	if (is_better(area, inside->labels)) {
		add_other(look, inside->labels);
		inside->labels = area;
	} else {
		add_other(look, area);
	}
}

static bool is_of_another(const struct lend_inside *inside, uint64_t start)
{
	for (size_t i = 0; i < inside->n_others; i++) {
		if (inside->others[i]->start == start)
			return true;
	}
	return false;
}

/* Index blocks that are not good in an area of that size; they may be in another. */
static bool note_damaged(struct lend_inside_work *look, const struct lend_nd_index *index,
			 uint64_t start, uint64_t label_bytes)
{
	lend_auto_buf size = { 0 };

	lend_inside_try(look, start);
	if (is_of_another(look->inside, start))
		return false;
	lend_size_format(&size, label_bytes);
	lend_inside_note(look->arena, &look->inside->notes, true,
			 "neither index block of the label area of %s is good: wrong is %s of "
			 "the first, %s of the second",
			 size.text, lend_inside_fault_text(index->fault[0]),
			 lend_inside_fault_text(index->fault[1]));
	return true;
}

/* The area at the end of the window, of the size asked for or of any that is usual. */
static void look_for_labels(struct lend_inside_work *look, bool *ret_damaged)
{
	struct lend_inside *inside = look->inside;
	uint64_t from = inside->label_given ? inside->label_bytes : 128 * KIB;
	uint64_t to = inside->label_given ? from : 32 * MIB;
	uint64_t end = inside->offset + inside->size_bytes;

	for (uint64_t bytes = from; bytes <= to && bytes < inside->size_bytes; bytes *= 2) {
		struct lend_nd_index index = { 0 };
		struct lend_inside_area *area =
			lend_inside_area(look, end - bytes, bytes, &index);

		if (area != NULL)
			add_labels(look, area);
		else if (index.state == LEND_LABEL_DAMAGED &&
			 note_damaged(look, &index, end - bytes, bytes))
			*ret_damaged = true;
	}
}

static void check_slots(struct lend_inside_work *look)
{
	const struct lend_inside_area *area = look->inside->labels;

	for (size_t i = 1; i < area->n_namespaces; i++) {
		if (area->namespaces[i].label.isetcookie !=
		    area->namespaces[0].label.isetcookie) {
			lend_inside_note(look->arena, &look->inside->notes, true,
					 "its labels were written in different slots: a guest "
					 "uses those of one");
			return;
		}
	}
}

/* ---- the rest ---- */

/* Of the window, but not of the label area that is in it. */
static void take_content(struct lend_inside_work *look, bool thorough)
{
	struct lend_inside *inside = look->inside;
	struct lend_content_want want = { .offset = inside->offset,
					  .bytes = inside->size_bytes,
					  .budget = thorough ? UINT64_MAX : BUDGET,
					  .find = lend_nd_signature };

	if (inside->labels != NULL)
		want.bytes = inside->labels->start - inside->offset;
	if (!ask_for(look, thorough ? &ask_all : &ask_content, &want, &look->content))
		return;
	inside->has_content = true;
	inside->content_seen = look->content.seen;
	inside->read_bytes = look->content.read_bytes;
	if (look->content.has_data)
		inside->first = lend_opt(look->content.first);
}

/* What lies where the label area would. */
static void take_hidden(struct lend_inside_work *look)
{
	struct lend_inside *inside = look->inside;
	uint64_t end = inside->offset + inside->size_bytes;
	struct lend_content_want want = { .offset = end - inside->label_bytes,
					  .bytes = inside->label_bytes,
					  .budget = inside->label_bytes };
	struct lend_content content;

	if (inside->label_bytes >= inside->size_bytes ||
	    !lend_inside_content(look, &want, &content))
		return;
	inside->has_hidden = true;
	if (content.has_data)
		inside->hidden_at = lend_opt(content.first);
	/* Its blocks there may be holes still. */
	inside->hides_fs = inside->raw.has_fs && inside->raw.fs.has_size &&
			   inside->raw.fs.class != LEND_FS_IMAGE &&
			   inside->raw.fs.size_bytes > inside->size_bytes - inside->label_bytes;
	if (inside->hides_fs && !content.has_data)
		inside->hidden_at = lend_opt(want.offset);
	/* Larger labels than QEMU is told mostly: more was read than the budget. */
	if (content.has_data && !inside->first.has)
		inside->first = inside->hidden_at;
}

/* The second copy of a partition table is written at the end of what was all of it. */
static void check_end(struct lend_inside_work *look)
{
	struct lend_inside *inside = look->inside;
	uint64_t len = inside->size_bytes < 4096 ? inside->size_bytes : 4096;
	const uint8_t *bytes;
	size_t got;

	bytes = lend_inside_read(look, inside->offset + inside->size_bytes - len, len, true,
				 &got);
	if (bytes != NULL && lend_fs_is_gpt_end(bytes, got))
		lend_inside_note(
			look->arena, &inside->notes, false,
			"the second copy of a partition table lies at its end, where a "
			"label area would");
}

static void look_at_start(struct lend_inside_work *look)
{
	struct lend_inside *inside = look->inside;
	uint64_t bytes = inside->size_bytes;

	if (inside->labels != NULL)
		bytes -= inside->labels->label_bytes;
	lend_inside_holds(look, inside->offset, bytes, NULL, &inside->raw);
	lend_inside_judge_fs(look, &inside->raw,
			     inside->labels != NULL ? "what the guest gets" : "the backing",
			     &inside->notes);
}

static enum lend_inside_verdict judge(const struct lend_inside_work *look, bool damaged)
{
	const struct lend_inside *inside = look->inside;

	if (inside->labels != NULL)
		return LEND_INSIDE_LABELLED;
	if (damaged)
		return LEND_INSIDE_DAMAGED;
	if (inside->n_others > 0)
		return LEND_INSIDE_ELSEWHERE;
	if (inside->hidden_at.has)
		return LEND_INSIDE_HIDDEN;
	if (inside->first.has)
		return LEND_INSIDE_DATA;
	return inside->has_content && inside->content_seen ? LEND_INSIDE_BLANK
							   : LEND_INSIDE_UNKNOWN;
}

static void look_inside(struct lend_inside_work *look,
			const struct lend_inside_options *options)
{
	struct lend_inside *inside = look->inside;
	bool damaged = false;

	take_map(look);
	look_for_labels(look, &damaged);
	if (inside->labels != NULL)
		check_slots(look);
	if (inside->labels == NULL || inside->labels->used == 0) {
		take_content(look, options->thorough);
		look_at_start(look);
	}
	if (inside->labels == NULL) {
		lend_inside_find(look);
		check_end(look);
		take_hidden(look);
	}
	inside->verdict = judge(look, damaged);
}

int lend_inside_look(struct lend_io *io, struct lend_arena *arena, const char *path,
		     const struct lend_inside_options *options, struct lend_inside *ret,
		     struct lend_err *err)
{
	struct lend_inside inside = { .path = lend_arena_strdup(arena, path) };
	struct lend_inside_work *look = LEND_NEW(arena, struct lend_inside_work);

	*look = (struct lend_inside_work){
		.io = io, .arena = arena, .inside = &inside, .path = inside.path
	};
	if (take_stat(look, err) < 0 || take_window(look, options, err) < 0)
		return -1;
	look_inside(look, options);
	if (look->denied != NULL) {
		lend_hint(err, "run as root");
		return lend_fail(err, LEND_E_SYSTEM, "'%.150s' cannot be read: %s", path,
				 look->denied);
	}
	*ret = inside;
	return 0;
}
