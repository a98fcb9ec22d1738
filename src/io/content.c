/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/content.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/num.h"

enum { AT_ONCE = 256 * 1024 };

/* ---- reading ---- */

/* Whole units of the device are mapped, for as long as it takes to copy. */
static ssize_t read_mapped(const struct lend_reader *reader, void *to, size_t len,
			   uint64_t offset)
{
	uint64_t start = lend_align_down(offset, reader->dax_align);
	uint64_t end;
	char *map;

	if (offset >= reader->dax_bytes)
		return 0;
	if (len > reader->dax_bytes - offset)
		len = reader->dax_bytes - offset;
	if (!lend_align_up(offset + len, reader->dax_align, &end)) {
		errno = EOVERFLOW;
		return -1;
	}
	map = mmap(NULL, end - start, PROT_READ, MAP_SHARED, reader->fd, (off_t)start);
	if (map == MAP_FAILED)
		return -1;
	memcpy(to, map + (offset - start), len);
	(void)munmap(map, end - start);
	return (ssize_t)len;
}

ssize_t lend_reader_read(const struct lend_reader *reader, void *to, size_t len,
			 uint64_t offset)
{
	size_t done = 0;

	if (reader->dax_align > 0)
		return read_mapped(reader, to, len, offset);
	if (offset > INT64_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	while (done < len) {
		ssize_t n = pread(reader->fd, (char *)to + done, len - done,
				  (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* ---- holes ---- */

/* 1 with the next extent at or behind *at, 0 when there is none before end, -1. */
static int next_extent(const struct lend_reader *reader, uint64_t at, uint64_t end,
		       struct lend_extent *ret)
{
	off_t data, hole;

	data = reader->dax_align > 0 ? -1 : lseek(reader->fd, (off_t)at, SEEK_DATA);
	if (data < 0 && reader->dax_align == 0 && errno == ENXIO)
		return 0;
	/* Devices, and file systems that cannot tell. */
	if (data < 0 && (reader->dax_align > 0 || errno == EINVAL || errno == EOPNOTSUPP)) {
		*ret = (struct lend_extent){ .at = at, .bytes = end - at };
		return at < end;
	}
	if (data < 0)
		return -1;
	if ((uint64_t)data >= end)
		return 0;
	hole = lseek(reader->fd, data, SEEK_HOLE);
	if (hole < 0 && errno == ENXIO)
		return 0; /* it was cut in between */
	if (hole < 0)
		return -1;
	if ((uint64_t)hole > end || hole <= data)
		hole = (off_t)end;
	*ret = (struct lend_extent){ .at = (uint64_t)data, .bytes = (uint64_t)(hole - data) };
	return 1;
}

static int map_extents(const struct lend_reader *reader, uint64_t start, uint64_t end,
		       struct lend_content *content)
{
	size_t n = 0;

	content->extents_whole = content->counted = true;
	for (uint64_t at = start; at < end; n++) {
		struct lend_extent extent;
		int r = next_extent(reader, at, end, &extent);

		if (r < 0)
			return -1;
		if (r == 0)
			break;
		if (n == LEND_EXTENTS_COUNTED) {
			content->counted = false;
			break;
		}
		content->data_bytes += extent.bytes;
		if (content->n_extents < LEND_EXTENTS_MAX)
			content->extents[content->n_extents++] = extent;
		else
			content->extents_whole = false;
		at = extent.at + extent.bytes;
	}
	return 0;
}

/* ---- looking ---- */

struct look {
	const struct lend_reader *reader;
	const char *find;
	size_t find_len;
	uint64_t left; /* of the budget */
	char *room;    /* the end of the bytes before, then those just read */
	size_t kept;
	uint64_t kept_end; /* where in the file they end */
	struct lend_content *content;
};

static bool is_zero(const char *bytes, size_t len)
{
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

static void note_data(struct lend_content *content, const char *bytes, size_t len, uint64_t at)
{
	size_t i = 0;

	if (content->has_data || is_zero(bytes, len))
		return;
	while (bytes[i] == 0)
		i++;
	content->has_data = true;
	content->first = at + i;
}

/* bytes[0] is at that place of the file. */
static void search(struct look *look, const char *bytes, size_t len, uint64_t at)
{
	struct lend_content *content = look->content;
	const char *from = bytes;
	const char *hit;

	while (content->n_found < LEND_FOUND_MAX &&
	       (hit = memmem(from, len - (size_t)(from - bytes), look->find, look->find_len)) !=
		       NULL) {
		content->found[content->n_found++] = at + (uint64_t)(hit - bytes);
		from = hit + 1;
	}
}

/* Reads len bytes; a file that became shorter is a hole from there on. */
static int look_at(struct look *look, uint64_t at, size_t len)
{
	ssize_t n;

	if (look->kept_end != at)
		look->kept = 0;
	n = lend_reader_read(look->reader, look->room + look->kept, len, at);
	if (n < 0)
		return -1;
	look->content->read_bytes += (uint64_t)n;
	note_data(look->content, look->room + look->kept, (size_t)n, at);
	if (look->find_len > 0) {
		size_t have = look->kept + (size_t)n;
		size_t keep = have < look->find_len - 1 ? have : look->find_len - 1;

		search(look, look->room, have, at - look->kept);
		memmove(look->room, look->room + have - keep, keep);
		look->kept = keep;
		look->kept_end = at + (uint64_t)n;
	}
	return 0;
}

/* 1: the end was reached, 0: enough was seen or the budget is spent, -1. */
static int look_on(struct look *look, uint64_t start, uint64_t end)
{
	for (uint64_t at = start; at < end;) {
		struct lend_extent extent;
		int r = next_extent(look->reader, at, end, &extent);

		if (r <= 0)
			return r < 0 ? -1 : 1;
		at = extent.at;
		while (at < extent.at + extent.bytes) {
			uint64_t len = extent.at + extent.bytes - at;

			if (look->left == 0)
				return 0;
			if (len > AT_ONCE)
				len = AT_ONCE;
			if (len > look->left)
				len = look->left;
			if (look_at(look, at, len) < 0)
				return -1;
			look->left -= len;
			at += len;
			if (look->content->has_data && look->find_len == 0)
				return 0;
		}
	}
	return 1;
}

int lend_content_look(const struct lend_reader *reader, const struct lend_content_want *want,
		      struct lend_content *ret)
{
	struct lend_content content = { 0 };
	struct look look = { .reader = reader,
			     .left = want->budget,
			     .content = &content,
			     .find = want->find,
			     .find_len = want->find == NULL ? 0 : strlen(want->find) + 1 };
	uint64_t end;
	int r;

	if (!lend_add_u64(want->offset, want->bytes, &end) || end > INT64_MAX ||
	    look.find_len > LEND_FIND_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (map_extents(reader, want->offset, end, &content) < 0)
		return -1;
	look.room = lend_xrealloc(NULL, AT_ONCE + LEND_FIND_MAX);
	r = look_on(&look, want->offset, end);
	free(look.room);
	if (r < 0)
		return -1;
	content.searched = r == 1;
	content.seen = r == 1 || content.has_data;
	*ret = content;
	return 0;
}

/* ---- as text ---- */

void lend_content_put(struct lend_buf *out, const struct lend_content *content)
{
	struct lend_jsonw w = { .out = out };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_open(&w, "extents", '[');
	for (size_t i = 0; i < content->n_extents; i++) {
		lend_jsonw_u64(&w, NULL, content->extents[i].at);
		lend_jsonw_u64(&w, NULL, content->extents[i].bytes);
	}
	lend_jsonw_close(&w, ']');
	lend_jsonw_bool(&w, "extents_whole", content->extents_whole);
	if (content->counted)
		lend_jsonw_u64(&w, "data_bytes", content->data_bytes);
	lend_jsonw_u64(&w, "read_bytes", content->read_bytes);
	if (content->has_data)
		lend_jsonw_u64(&w, "first", content->first);
	lend_jsonw_bool(&w, "seen", content->seen);
	lend_jsonw_open(&w, "found", '[');
	for (size_t i = 0; i < content->n_found; i++)
		lend_jsonw_u64(&w, NULL, content->found[i]);
	lend_jsonw_close(&w, ']');
	lend_jsonw_bool(&w, "searched", content->searched);
	lend_jsonw_close(&w, '}');
}

static bool take_lists(const struct lend_json *doc, struct lend_content *content)
{
	const struct lend_json *extents = lend_json_get(doc, "extents");
	const struct lend_json *found = lend_json_get(doc, "found");

	if (lend_json_count(extents) > 2 * LEND_EXTENTS_MAX ||
	    lend_json_count(found) > LEND_FOUND_MAX)
		return false;
	for (size_t i = 0; i + 1 < lend_json_count(extents); i += 2) {
		struct lend_extent *extent = &content->extents[content->n_extents++];

		if (!lend_json_u64(lend_json_at(extents, i), &extent->at) ||
		    !lend_json_u64(lend_json_at(extents, i + 1), &extent->bytes) ||
		    extent->at > INT64_MAX || extent->bytes > INT64_MAX)
			return false;
	}
	for (size_t i = 0; i < lend_json_count(found); i++) {
		if (!lend_json_u64(lend_json_at(found, i), &content->found[content->n_found++]))
			return false;
	}
	return true;
}

bool lend_content_parse(const char *text, size_t len, struct lend_content *ret)
{
	lend_auto_json struct lend_json *doc = NULL;
	struct lend_content content = { 0 };

	if (lend_json_parse(text, len, &doc, NULL) < 0 || !take_lists(doc, &content) ||
	    !lend_json_bool(lend_json_get(doc, "extents_whole"), &content.extents_whole) ||
	    !lend_json_u64(lend_json_get(doc, "read_bytes"), &content.read_bytes) ||
	    !lend_json_bool(lend_json_get(doc, "seen"), &content.seen) ||
	    !lend_json_bool(lend_json_get(doc, "searched"), &content.searched))
		return false;
	content.counted = lend_json_u64(lend_json_get(doc, "data_bytes"), &content.data_bytes);
	content.has_data = lend_json_u64(lend_json_get(doc, "first"), &content.first);
	*ret = content;
	return true;
}
