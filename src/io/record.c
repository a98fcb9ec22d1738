/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A capture: DIR/lend-capture.json says what it is, DIR/root/ holds the
 * contents of files as they were, DIR/asks.jsonl every question with its
 * answer, one a line; docs/capture.md describes both.
 *
 * lend-capture.json comes last: a folder without it is no capture, so that one
 * that was not finished cannot be taken for whole.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"
#include "io/inside.h"
#include "io/out.h"

/* An answer that is written at the end. */
struct kept {
	enum lend_via via;
	const char *of;
	const char *key;
	uint64_t n;
	struct lend_answer answer;
};

struct lend_record {
	int dir_fd;
	const struct lend_scan_options *request;
	struct lend_rewrite rewrite; /* NULL inside: all is written at once, as it is */
	struct kept *kept;
	size_t n_kept, cap_kept;
	const char *dir;
	bool copy;            /* of a tree that somebody copied */
	struct lend_buf head; /* of lend-capture.json */
	FILE *asks;
	struct lend_arena memory;
	const char **seen; /* open hash of "via key" that are written once */
	size_t seen_size, n_seen;
	uint64_t blobs;
	struct lend_err err; /* the first failure; told at the end */
};

static bool is_text(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = bytes[i] == '\0' ? 0 : lend_utf8_len(bytes + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

/* Text as it is, other bytes as hex: a capture must give back exactly what was there. */
static void put_bytes(struct lend_jsonw *w, const char *key, const char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	lend_auto_buf hex = { 0 };

	if (is_text(bytes, len)) {
		lend_jsonw_strn(w, key, bytes, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		lend_buf_putc(&hex, digits[(uint8_t)bytes[i] >> 4]);
		lend_buf_putc(&hex, digits[(uint8_t)bytes[i] & 15]);
	}
	lend_jsonw_open(w, key, '{');
	lend_jsonw_str(w, "hex", lend_buf_text(&hex));
	lend_jsonw_close(w, '}');
}

static void put_text(struct lend_jsonw *w, const char *key, const char *text)
{
	put_bytes(w, key, text, strlen(text));
}

static void put_request(struct lend_record *record, struct lend_jsonw *w, const char *key,
			enum lend_recorded what, const char *text)
{
	lend_auto_buf other = { 0 };

	if (record->rewrite.rewrite == NULL) {
		put_text(w, key, text);
		return;
	}
	record->rewrite.rewrite(record->rewrite.context, what, LEND_VIA_COUNT, "", text,
				strlen(text), &other);
	put_bytes(w, key, lend_buf_text(&other), other.len);
}

static void put_head(struct lend_record *record)
{
	const struct lend_scan_options *request = record->request;
	struct lend_jsonw w = { .out = &record->head };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "lend", "capture");
	lend_jsonw_u64(&w, "version", 1);
	if (record->copy)
		lend_jsonw_bool(&w, "copy", true);
	lend_jsonw_open(&w, "sources", '[');
	for (size_t i = 0; request != NULL && i < request->n_sources; i++)
		put_request(record, &w, NULL, LEND_RECORDED_SOURCE, request->sources[i]);
	lend_jsonw_close(&w, ']');
	lend_jsonw_open(&w, "guests", '[');
	for (size_t i = 0; request != NULL && i < request->n_guests; i++) {
		lend_jsonw_open(&w, NULL, '{');
		put_request(record, &w, "vm", LEND_RECORDED_VM, request->guests[i].vm);
		put_request(record, &w, "source", LEND_RECORDED_SOURCE,
			    request->guests[i].source);
		lend_jsonw_close(&w, '}');
	}
	lend_jsonw_close(&w, ']');
	lend_jsonw_close(&w, '}');
	lend_buf_putc(&record->head, '\n');
}

struct lend_record *lend_record_new(const char *dir, const struct lend_scan_options *request,
				    bool copy, struct lend_err *err)
{
	lend_auto_fd int dir_fd = -1;
	lend_auto_fd int asks_fd = -1;
	struct lend_record *record;

	if (lend_out_new_dir(dir, &dir_fd, err) < 0)
		return NULL;
	asks_fd = openat(dir_fd, "asks.jsonl", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (asks_fd < 0) {
		(void)lend_fail_errno(err, "make 'asks.jsonl'");
		return NULL;
	}
	record = lend_xrealloc(NULL, sizeof(*record));
	*record = (struct lend_record){ .dir_fd = lend_steal_fd(&dir_fd) };
	record->dir = lend_arena_strdup(&record->memory, dir);
	record->request = request;
	record->copy = copy;
	put_head(record); /* now, as the caller may not keep it */
	record->asks = fdopen(lend_steal_fd(&asks_fd), "w");
	if (record->asks == NULL)
		abort(); /* only for a bad mode or no memory */
	return record;
}

/* true the first time. */
static bool is_new(struct lend_record *record, const char *text)
{
	size_t at = 0;

	if (record->n_seen * 2 >= record->seen_size) {
		size_t size = record->seen_size == 0 ? 1024 : record->seen_size * 2;
		const char **bigger = lend_xrealloc(NULL, size * sizeof(*bigger));

		memset(bigger, 0, size * sizeof(*bigger));
		for (size_t i = 0; i < record->seen_size; i++) {
			if (record->seen[i] == NULL)
				continue;
			at = lend_hash_bytes(record->seen[i], strlen(record->seen[i])) &
			     (size - 1);
			while (bigger[at] != NULL)
				at = (at + 1) & (size - 1);
			bigger[at] = record->seen[i];
		}
		free(record->seen);
		record->seen = bigger;
		record->seen_size = size;
	}
	at = lend_hash_bytes(text, strlen(text)) & (record->seen_size - 1);
	for (; record->seen[at] != NULL; at = (at + 1) & (record->seen_size - 1)) {
		if (strcmp(record->seen[at], text) == 0)
			return false;
	}
	record->seen[at] = lend_arena_strdup(&record->memory, text);
	record->n_seen++;
	return true;
}

/* A name below DIR for the content of key: its own path where that is a plain one, else
 * blobs/N. */
static void content_name(struct lend_record *record, enum lend_via via, const char *key,
			 struct lend_buf *out)
{
	bool plain = via == LEND_VIA_FILE && key[0] != '\0' && key[0] != '/' &&
		     strlen(key) < 1024 && is_text(key, strlen(key)) &&
		     strstr(key, "//") == NULL;

	for (const char *p = key; plain && *p != '\0'; p += strcspn(p, "/"), p += *p == '/') {
		size_t len = strcspn(p, "/");

		plain = len > 0 && len < 200 && p[0] != '.';
	}
	if (plain)
		lend_buf_printf(out, "root/%s", key);
	else
		lend_buf_printf(out, "blobs/%" PRIu64, ++record->blobs);
}

static void put_content(struct lend_record *record, struct lend_jsonw *w, enum lend_via via,
			const char *key, const struct lend_answer *answer)
{
	lend_auto_buf name = { 0 };

	content_name(record, via, key, &name);
	if (lend_out_deep_file_at(record->dir_fd, name.text, answer->bytes, answer->len,
				  &record->err) < 0)
		return;
	lend_jsonw_str(w, "in", name.text);
}

static void put_stat(struct lend_jsonw *w, const struct lend_stat *st)
{
	lend_jsonw_open(w, "stat", '{');
	lend_jsonw_u64(w, "mode", st->mode);
	lend_jsonw_u64(w, "dev_major", st->dev_major);
	lend_jsonw_u64(w, "dev_minor", st->dev_minor);
	lend_jsonw_u64(w, "rdev_major", st->rdev_major);
	lend_jsonw_u64(w, "rdev_minor", st->rdev_minor);
	lend_jsonw_u64(w, "inode", st->inode);
	lend_jsonw_u64(w, "size_bytes", st->size_bytes);
	lend_jsonw_u64(w, "allocated_bytes", st->allocated_bytes);
	lend_jsonw_hex(w, "fs_magic", st->fs_magic);
	lend_jsonw_close(w, '}');
}

static void put_known(struct lend_record *record, struct lend_jsonw *w, enum lend_via via,
		      const char *key, const struct lend_answer *answer)
{
	switch (via) {
	case LEND_VIA_FILE:
	case LEND_VIA_RANGE:
		put_content(record, w, via, key, answer);
		break;
	case LEND_VIA_DIR:
		lend_jsonw_open(w, "names", '[');
		for (size_t i = 0; i < answer->n_names; i++)
			put_bytes(w, NULL, answer->names[i], strlen(answer->names[i]));
		lend_jsonw_close(w, ']');
		break;
	case LEND_VIA_STAT:
		put_stat(w, &answer->stat);
		break;
	default:
		put_bytes(w, "text", answer->bytes, answer->len);
	}
}

static void write_answer(struct lend_record *record, enum lend_via via, const char *of,
			 const char *key, uint64_t n, const struct lend_answer *answer)
{
	lend_auto_buf line = { 0 };
	struct lend_jsonw w = { .out = &line };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "via", lend_via_name(via));
	if (of[0] != '\0')
		put_bytes(&w, "of", of, strlen(of));
	put_bytes(&w, "key", key, strlen(key));
	if (n > 0)
		lend_jsonw_u64(&w, "n", n);
	if (answer->known == LEND_KNOWN) {
		put_known(record, &w, via, key, answer);
	} else if (answer->known == LEND_ABSENT) {
		lend_jsonw_bool(&w, "absent", true);
	} else {
		lend_jsonw_str(&w, "why", answer->why);
		lend_jsonw_u64(&w, "errno", (uint64_t)answer->os_errno);
	}
	lend_jsonw_close(&w, '}');
	lend_buf_putc(&line, '\n');
	if (fwrite(line.text, 1, line.len, record->asks) != line.len)
		(void)lend_fail_errno(&record->err, "write 'asks.jsonl'");
}

/* Its bytes live no longer than its question. */
static void keep(struct lend_record *record, const struct kept *what)
{
	struct lend_arena *memory = &record->memory;
	struct kept *kept = LEND_PUSH(memory, record->kept, record->n_kept, record->cap_kept);
	const struct lend_answer *answer = &what->answer;

	*kept = *what;
	kept->of = lend_arena_strdup(memory, what->of);
	kept->key = lend_arena_strdup(memory, what->key);
	kept->answer.why = lend_arena_strdup(memory, answer->why);
	kept->answer.bytes = lend_arena_strndup(memory, answer->bytes, answer->len);
	kept->answer.names = lend_arena_array(memory, answer->n_names + 1, sizeof(char *));
	for (size_t i = 0; i < answer->n_names; i++)
		kept->answer.names[i] = lend_arena_strdup(memory, answer->names[i]);
}

void lend_record_answer(struct lend_record *record, enum lend_via via, const char *of,
			const char *key, uint64_t n, const struct lend_answer *answer)
{
	if (answer->known == LEND_NOT_ASKED)
		return; /* what a capture does not have is not asked again by itself */
	if (of[0] == '\0') {
		lend_auto_buf once = { 0 };

		lend_buf_printf(&once, "%s %s", lend_via_name(via), key);
		if (!is_new(record, once.text))
			return;
	}
	if (record->rewrite.rewrite == NULL)
		write_answer(record, via, of, key, n, answer);
	else
		keep(record, &(struct kept){ via, of, key, n, *answer });
}

void lend_record_rewritten(struct lend_record *record, const struct lend_rewrite *rewrite)
{
	record->rewrite = *rewrite;
}

static const char *rewritten(struct lend_record *record, const struct kept *kept,
			     enum lend_recorded what, const char *bytes, size_t len,
			     size_t *ret_len)
{
	lend_auto_buf out = { 0 };

	record->rewrite.rewrite(record->rewrite.context, what, kept->via, kept->key, bytes, len,
				&out);
	*ret_len = out.len;
	return lend_arena_strndup(&record->memory, lend_buf_text(&out), out.len);
}

static void write_kept(struct lend_record *record)
{
	lend_buf_reset(&record->head);
	put_head(record);
	for (size_t i = 0; i < record->n_kept; i++) {
		struct kept *kept = &record->kept[i];
		struct lend_answer *answer = &kept->answer;
		size_t unused;
		const char *of = rewritten(record, kept, LEND_RECORDED_PEER, kept->of,
					   strlen(kept->of), &unused);
		const char *key = rewritten(record, kept, LEND_RECORDED_KEY, kept->key,
					    strlen(kept->key), &unused);

		for (size_t j = 0; j < answer->n_names; j++)
			answer->names[j] =
				rewritten(record, kept, LEND_RECORDED_NAME, answer->names[j],
					  strlen(answer->names[j]), &unused);
		answer->bytes = rewritten(record, kept, LEND_RECORDED_CONTENT, answer->bytes,
					  answer->len, &answer->len);
		write_answer(record, kept->via, of, key, kept->n, answer);
	}
}

static void finish(struct lend_record *record)
{
	static const char name[] = "lend-capture.json";

	if (record->err.code == LEND_OK &&
	    lend_out_file_at(record->dir_fd, name, record->head.text, record->head.len,
			     &record->err) < 0)
		(void)unlinkat(record->dir_fd, name, 0);
}

int lend_record_end(struct lend_record *record, bool whole, struct lend_err *err)
{
	int r;

	if (whole && record->rewrite.rewrite != NULL)
		write_kept(record);
	if (fclose(record->asks) != 0)
		(void)lend_fail_errno(&record->err, "write 'asks.jsonl'");
	if (whole)
		finish(record);
	r = record->err.code == LEND_OK ? 0 : -1;
	if (r < 0 && err != NULL) {
		*err = record->err;
		lend_hint(err, "remove the folder, it is no whole capture");
		(void)lend_where(err, "the capture in '%.150s'", record->dir);
	}
	lend_close_fd(&record->dir_fd);
	lend_arena_done(&record->memory);
	lend_buf_done(&record->head);
	free(record->seen);
	free(record);
	return r;
}
