/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers out of a capture.  Only the folder's own asks.jsonl, root/ and
 * blobs/ are opened, links never followed.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "io/inside.h"
#include "io/out.h"

/* The second: JSON values in one answer, of which the longest lists the names in a folder. */
enum { ASKS_MAX = 256 * 1024 * 1024, VALUES_MAX = LEND_LIMIT_NAMES + 1000 };

struct line {
	const char *key; /* "via of key n" */
	const char *json;
	size_t len;
};

struct lend_replay {
	int dir_fd;
	struct lend_arena memory;
	struct lend_buf text;
	struct line *lines; /* open hash */
	size_t size;
	struct lend_scan_options request;
	bool copy;
};

static bool get_bytes(struct lend_arena *arena, const struct lend_json *value, const char **ret,
		      size_t *ret_len)
{
	const char *hex = lend_json_str(lend_json_get(value, "hex"));
	const char *text = lend_json_strn(value, ret_len);
	char *bytes;

	if (text != NULL) {
		*ret = lend_arena_strndup(arena, text, *ret_len);
		return true;
	}
	if (hex == NULL || strlen(hex) % 2 != 0)
		return false;
	*ret_len = strlen(hex) / 2;
	bytes = lend_arena_alloc(arena, *ret_len + 1);
	for (size_t i = 0; i < *ret_len; i++) {
		uint64_t byte;

		if (!lend_parse_u64n(hex + 2 * i, 2, 16, &byte))
			return false;
		bytes[i] = (char)byte;
	}
	*ret = bytes;
	return true;
}

static void line_key(struct lend_buf *out, const char *via, const char *of, const char *key,
		     uint64_t n)
{
	lend_buf_printf(out, "%s %" PRIu64 " %zu %s %s", via, n, strlen(of), of, key);
}

static struct line *line_place(struct lend_replay *replay, const char *key)
{
	size_t at = lend_hash_bytes(key, strlen(key)) & (replay->size - 1);

	while (replay->lines[at].key != NULL && strcmp(replay->lines[at].key, key) != 0)
		at = (at + 1) & (replay->size - 1);
	return &replay->lines[at];
}

static int add_line(struct lend_replay *replay, const char *json, size_t len,
		    struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	lend_auto_buf full = { 0 };
	const char *of = "";
	const char *key = NULL;
	const char *via;
	struct line *line;
	uint64_t n = 0;
	size_t unused;

	if (lend_json_parse_large(json, len, VALUES_MAX, &doc, err) < 0)
		return -1;
	via = lend_json_str(lend_json_get(doc, "via"));
	if (via == NULL ||
	    !get_bytes(&replay->memory, lend_json_get(doc, "key"), &key, &unused) ||
	    (lend_json_has(doc, "of") &&
	     !get_bytes(&replay->memory, lend_json_get(doc, "of"), &of, &unused)) ||
	    (lend_json_has(doc, "n") && !lend_json_u64(lend_json_get(doc, "n"), &n)))
		return lend_fail(err, LEND_E_FORMAT, "an ask without via or key");
	line_key(&full, via, of, key, n);
	line = line_place(replay, full.text);
	line->key = lend_arena_strdup(&replay->memory, full.text);
	line->json = json;
	line->len = len;
	return 0;
}

static int parse_asks(struct lend_replay *replay, struct lend_err *err)
{
	size_t lines = 1;
	size_t number = 0;

	for (size_t i = 0; i < replay->text.len; i++)
		lines += replay->text.text[i] == '\n';
	for (replay->size = 64; replay->size < lines * 2;)
		replay->size *= 2;
	replay->lines = lend_arena_array(&replay->memory, replay->size, sizeof(*replay->lines));

	for (size_t at = 0; at < replay->text.len;) {
		const char *start = replay->text.text + at;
		const char *end = memchr(start, '\n', replay->text.len - at);
		size_t len = end == NULL ? replay->text.len - at : (size_t)(end - start);

		number++;
		if (len > 0 && add_line(replay, start, len, err) < 0)
			return lend_where(err, "line %zu of 'asks.jsonl'", number);
		at += len + 1;
	}
	return 0;
}

static int read_asks(struct lend_replay *replay, struct lend_err *err)
{
	lend_auto_fd int fd = openat(replay->dir_fd, "asks.jsonl",
				     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return lend_fail_errno(err, "open 'asks.jsonl'");
	if (!S_ISREG(st.st_mode) || st.st_size > ASKS_MAX)
		return lend_fail(err, LEND_E_FORMAT,
				 "'asks.jsonl' is no file, or longer than %d bytes", ASKS_MAX);
	for (;;) {
		char *room = lend_buf_room(&replay->text, 65536);
		ssize_t n = read(fd, room, 65536);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lend_fail_errno(err, "read 'asks.jsonl'");
		if (n == 0)
			break;
		replay->text.len += (size_t)n;
		if (replay->text.len > ASKS_MAX)
			return lend_fail(err, LEND_E_FORMAT,
					 "'asks.jsonl' is longer than %d bytes", ASKS_MAX);
	}
	/* Every scan asks something: this was cut. */
	if (strspn(lend_buf_text(&replay->text), "\n") == replay->text.len)
		return lend_fail(err, LEND_E_FORMAT, "'asks.jsonl' is empty");
	return parse_asks(replay, err);
}

/* As put_text of record.c wrote it; NULL when it is none. */
static const char *get_text(struct lend_arena *arena, const struct lend_json *value)
{
	const char *text;
	size_t len;

	return get_bytes(arena, value, &text, &len) && strlen(text) == len ? text : NULL;
}

static void take_request(struct lend_replay *replay, const struct lend_json *doc)
{
	const struct lend_json *sources = lend_json_get(doc, "sources");
	const struct lend_json *guests = lend_json_get(doc, "guests");
	size_t n_sources = lend_json_count(sources), n_guests = lend_json_count(guests);
	struct lend_guest_source *guest =
		lend_arena_array(&replay->memory, n_guests + 1, sizeof(*guest));
	const char **source = lend_arena_array(&replay->memory, n_sources + 1, sizeof(*source));

	replay->request = (struct lend_scan_options){ .sources = source, .guests = guest };
	for (size_t i = 0; i < n_sources; i++) {
		const char *text = get_text(&replay->memory, lend_json_at(sources, i));

		if (text != NULL)
			source[replay->request.n_sources++] = text;
	}
	for (size_t i = 0; i < n_guests; i++) {
		const struct lend_json *one = lend_json_at(guests, i);
		const char *vm = get_text(&replay->memory, lend_json_get(one, "vm"));
		const char *text = get_text(&replay->memory, lend_json_get(one, "source"));

		if (vm != NULL && text != NULL)
			guest[replay->request.n_guests++] = (struct lend_guest_source){
				.vm = vm,
				.source = text,
			};
	}
}

static int read_head(struct lend_replay *replay, struct lend_err *err)
{
	lend_auto_fd int fd = openat(replay->dir_fd, "lend-capture.json",
				     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	lend_auto_json struct lend_json *doc = NULL;
	char text[LEND_LIMIT_FILE];
	uint64_t version;
	const char *what;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (n < 0)
		return lend_fail_errno(err, "read 'lend-capture.json'");
	if (lend_json_parse(text, (size_t)n, &doc, err) < 0)
		return lend_where(err, "'lend-capture.json'");
	what = lend_json_str(lend_json_get(doc, "lend"));
	if (what == NULL || strcmp(what, "capture") != 0 ||
	    !lend_json_u64(lend_json_get(doc, "version"), &version) || version != 1)
		return lend_fail(err, LEND_E_FORMAT, "not a capture of version 1");
	(void)lend_json_bool(lend_json_get(doc, "copy"), &replay->copy);
	take_request(replay, doc);
	return 0;
}

struct lend_replay *lend_replay_new(int dir_fd, const char *dir, struct lend_err *err)
{
	struct lend_replay *replay = lend_xrealloc(NULL, sizeof(*replay));

	*replay = (struct lend_replay){ .dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3) };
	if (replay->dir_fd < 0 || read_head(replay, err) < 0 || read_asks(replay, err) < 0) {
		(void)lend_fail_errno(err, "read '%s'", dir);
		lend_replay_free(replay);
		return NULL;
	}
	return replay;
}

const struct lend_scan_options *lend_replay_request(const struct lend_replay *replay)
{
	return &replay->request;
}

bool lend_replay_is_copy(const struct lend_replay *replay)
{
	return replay->copy;
}

struct lend_replay *lend_replay_of_text(int dir_fd, const char *text, size_t len,
					struct lend_err *err)
{
	struct lend_replay *replay = lend_xrealloc(NULL, sizeof(*replay));

	*replay = (struct lend_replay){ .dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3) };
	lend_buf_put(&replay->text, text, len);
	if (parse_asks(replay, err) == 0)
		return replay;
	lend_replay_free(replay);
	return NULL;
}

void lend_replay_free(struct lend_replay *replay)
{
	if (replay == NULL)
		return;
	lend_close_fd(&replay->dir_fd);
	lend_buf_done(&replay->text);
	lend_arena_done(&replay->memory);
	free(replay);
}

/* Does a name in the capture lead out of it? */
static bool leads_out(const char *name)
{
	for (const char *p = name; *p != '\0'; p += strcspn(p, "/"), p += *p == '/') {
		if (strcspn(p, "/") == 2 && p[0] == '.' && p[1] == '.')
			return true;
	}
	return name[0] == '/';
}

/*
 * The folder of a content, reached without any link, when there is a regular
 * file of that name in it.  -1 and errno; ELOOP or ENOTDIR for anything else.
 */
static int open_folder(int dir_fd, const char *name, const char **ret_base)
{
	lend_auto_fd int here = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	const char *slash;
	struct stat st;

	while (here >= 0 && (slash = strchr(name, '/')) != NULL) {
		char part[256] = ".";
		size_t len = (size_t)(slash - name);
		int deeper;

		if (len >= sizeof(part)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (len > 0) {
			memcpy(part, name, len);
			part[len] = '\0';
		}
		deeper = openat(here, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (deeper < 0)
			return -1;
		lend_close_fd(&here);
		here = deeper;
		name = slash + 1;
	}
	if (here < 0 || fstatat(here, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	*ret_base = name;
	if (S_ISREG(st.st_mode))
		return lend_steal_fd(&here);
	errno = ELOOP;
	return -1;
}

static void say_no_content(struct lend_io *io, struct lend_answer *answer, const char *name,
			   int os_errno)
{
	if (os_errno == ELOOP || os_errno == ENOTDIR)
		lend_answer_why(io, answer, "the capture's file '%s' is no regular file", name);
	else if (os_errno == ENOENT)
		lend_answer_why(io, answer, "the capture lacks '%s'", name);
	else
		lend_answer_why(io, answer, "the capture's file '%s' cannot be read: %s", name,
				strerrordesc_np(os_errno));
}

static void take_content(struct lend_io *io, const char *name, struct lend_answer *answer)
{
	struct lend_answer content = { .why = "", .bytes = "" };
	lend_auto_fd int folder = -1;
	const char *base = NULL;
	/* A connection of its own, with the folder as its root. */
	struct lend_io tree = { 0 };

	if (leads_out(name)) {
		lend_answer_why(io, answer, "the capture's file '%s' is outside of it", name);
		return;
	}
	folder = open_folder(io->replay->dir_fd, name, &base);
	if (folder < 0) {
		say_no_content(io, answer, name, errno);
		return;
	}
	tree.root_fd = folder;
	lend_root_ask(&tree,
		      &(struct lend_root_ask){
			      .via = LEND_VIA_FILE, .path = base, .limit = LEND_LIMIT_TALK },
		      &content);
	if (content.known == LEND_KNOWN)
		lend_answer_bytes(io, answer, content.bytes, content.len);
	else
		lend_answer_why(io, answer, "the capture's file '%s' cannot be read: %s", name,
				content.why);
	lend_arena_done(&tree.answers);
}

static bool take_stat(const struct lend_json *doc, struct lend_stat *st)
{
	const char *magic = lend_json_str(lend_json_get(doc, "fs_magic"));
	uint64_t v[6];
	static const char *const names[6] = { "mode",       "dev_major",  "dev_minor",
					      "rdev_major", "rdev_minor", "inode" };

	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		if (!lend_json_u64(lend_json_get(doc, names[i]), &v[i]) ||
		    (i < 5 && v[i] > UINT32_MAX))
			return false;
	}
	*st = (struct lend_stat){
		.mode = (uint32_t)v[0],
		.dev_major = (uint32_t)v[1],
		.dev_minor = (uint32_t)v[2],
		.rdev_major = (uint32_t)v[3],
		.rdev_minor = (uint32_t)v[4],
		.inode = v[5],
	};
	return lend_json_u64(lend_json_get(doc, "size_bytes"), &st->size_bytes) &&
	       lend_json_u64(lend_json_get(doc, "allocated_bytes"), &st->allocated_bytes) &&
	       magic != NULL && lend_parse_u64(magic, 0, &st->fs_magic);
}

static bool take_names(struct lend_io *io, const struct lend_json *array,
		       struct lend_answer *answer)
{
	answer->n_names = lend_json_count(array);
	answer->names =
		lend_arena_array(&io->answers, answer->n_names + 1, sizeof(*answer->names));
	for (size_t i = 0; i < answer->n_names; i++) {
		size_t len;

		if (!get_bytes(&io->answers, lend_json_at(array, i), &answer->names[i], &len))
			return false;
	}
	return true;
}

static void take_answer(struct lend_io *io, const struct lend_json *doc,
			struct lend_answer *answer)
{
	const char *why = lend_json_str(lend_json_get(doc, "why"));
	const char *in = lend_json_str(lend_json_get(doc, "in"));
	const char *bytes = NULL;
	bool absent = false;
	size_t len;

	if (lend_json_bool(lend_json_get(doc, "absent"), &absent) && absent) {
		answer->known = LEND_ABSENT;
	} else if (why != NULL) {
		uint64_t os_errno = 0;

		lend_answer_why(io, answer, "%s", why);
		if (lend_json_u64(lend_json_get(doc, "errno"), &os_errno) && os_errno < 4096)
			answer->os_errno = (int)os_errno;
	} else if (in != NULL) {
		take_content(io, in, answer);
	} else if (lend_json_has(doc, "stat") &&
		   take_stat(lend_json_get(doc, "stat"), &answer->stat)) {
		answer->known = LEND_KNOWN;
	} else if (lend_json_has(doc, "names") &&
		   take_names(io, lend_json_get(doc, "names"), answer)) {
		answer->known = LEND_KNOWN;
	} else if (get_bytes(&io->answers, lend_json_get(doc, "text"), &bytes, &len)) {
		lend_answer_bytes(io, answer, bytes, len);
	} else {
		lend_answer_why(io, answer, "the capture's line for it is damaged");
	}
}

void lend_replay_answer(struct lend_io *io, enum lend_via via, const char *of, const char *key,
			uint64_t n, struct lend_answer *answer)
{
	struct lend_replay *replay = io->replay;
	lend_auto_json struct lend_json *doc = NULL;
	lend_auto_buf full = { 0 };
	const struct line *line;

	answer->known = LEND_NOT_ASKED;
	line_key(&full, lend_via_name(via), of, key, n);
	line = line_place(replay, full.text);
	if (line->key == NULL)
		return;
	if (lend_json_parse_large(line->json, line->len, VALUES_MAX, &doc, NULL) < 0)
		abort(); /* it was parsed when the capture was opened */
	take_answer(io, doc, answer);
}

const char *lend_replay_next_file(struct lend_replay *replay, size_t *at)
{
	static const char head[] = "file 0 0  "; /* as line_key() writes it */

	while (*at < replay->size) {
		const char *key = replay->lines[(*at)++].key;

		if (key != NULL && strncmp(key, head, sizeof(head) - 1) == 0)
			return key + sizeof(head) - 1;
	}
	return NULL;
}
