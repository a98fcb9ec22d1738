/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a remote host answered, section by section (remote-script.c).
 *
 * It is another host's word: whatever it says, nothing here is longer than
 * what came in, and what cannot be understood is an answer that is missing.
 */

#include <errno.h>
#include <inttypes.h>
#include <sys/sysmacros.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/num.h"
#include "io/remote.h"

enum { ERRNOS = 134, LATE_STATUS = 124, MISSING_STATUS = 127 };

struct take {
	struct lend_remote *remote;
	const char *at, *end;
	struct lend_buf bytes; /* of the section, unpacked; NUL behind both */
	struct lend_buf said;
};

/* ---- framing ---- */

static bool next_line(struct take *t, const char **ret, size_t *ret_len)
{
	const char *stop;

	if (t->at >= t->end)
		return false;
	stop = memchr(t->at, '\n', (size_t)(t->end - t->at));
	if (stop == NULL)
		stop = t->end;
	*ret = t->at;
	*ret_len = (size_t)(stop - t->at);
	t->at = stop < t->end ? stop + 1 : stop;
	return true;
}

/* Lines up to the one that is only stop. */
static bool unpack(struct take *t, char stop, struct lend_buf *out)
{
	lend_auto_buf packed = { 0 };
	const char *line;
	size_t len;
	bool first = true;

	lend_buf_reset(out);
	while (next_line(t, &line, &len)) {
		if (len == 1 && line[0] == stop) {
			bool ok = !t->remote->packed ||
				  lend_base64_decode(lend_buf_text(&packed), packed.len, out);

			lend_buf_puts(out, "");
			return ok;
		}
		if (t->remote->packed) {
			lend_buf_put(&packed, line, len);
			continue;
		}
		/* Without its blank it is the end of the line before. */
		if (!first)
			lend_buf_putc(out, '\n');
		first = false;
		if (len > 0)
			lend_buf_put(out, line + 1, len - 1);
	}
	return false;
}

/* ---- messages ---- */

static int errno_of(const char *text, size_t len)
{
	for (int i = 1; i < ERRNOS; i++) {
		const char *is = strerrordesc_np(i);

		if (is != NULL && strlen(is) == len && memcmp(is, text, len) == 0)
			return i;
	}
	return 0;
}

/* "lend: status N" */
static bool is_status(const char *line, size_t len, uint64_t *ret)
{
	static const char start[] = "lend: status ";
	size_t n = sizeof(start) - 1;

	return len > n && memcmp(line, start, n) == 0 &&
	       lend_parse_u64n(line + n, len - n, 10, ret);
}

/* Where the reason begins: behind the last ": ". */
static size_t reason_of(const char *line, size_t len)
{
	for (size_t i = len; i >= 2; i--) {
		if (line[i - 2] == ':' && line[i - 1] == ' ')
			return i;
	}
	return 0;
}

static void note_errno(struct lend_remote *remote, const char *path, size_t len,
		       enum lend_remote_what what, int os_errno)
{
	lend_auto_buf whole = { 0 };
	lend_auto_buf real = { 0 };
	struct lend_far_node *node;

	while (len > 0 && path[0] == '/')
		path++, len--;
	while (len > 0 && path[len - 1] == '/')
		len--;
	lend_buf_put(&whole, path, len);
	lend_far_real(&remote->tree, lend_buf_text(&whole), what != LEND_REMOTE_LINKS, &real);
	node = lend_far_node(&remote->tree, lend_buf_text(&real));
	if (what == LEND_REMOTE_LINKS) {
		node->link_errno = os_errno;
	} else if (what == LEND_REMOTE_HEADS || what == LEND_REMOTE_UEVENTS) {
		node->file_errno = os_errno;
	} else {
		node->dir_errno = os_errno;
		node->listed = node->links_seen = false;
	}
}

/* "find: 'PATH': REASON", "head: cannot open 'PATH' for reading: REASON" */
static void take_messages(struct take *t, enum lend_remote_what what)
{
	const char *at = lend_buf_text(&t->said);

	while (*at != '\0') {
		size_t len = strcspn(at, "\n");
		size_t reason = reason_of(at, len);
		const char *open = memchr(at, '\'', len);
		const char *close = memrchr(at, '\'', len);
		int os_errno = errno_of(at + reason, len - reason);

		if (open != NULL && close > open && os_errno != 0)
			note_errno(t->remote, open + 1, (size_t)(close - open - 1), what,
				   os_errno);
		at += len + (at[len] == '\n');
	}
}

/* ---- links and listings ---- */

static bool next_text(const struct take *t, size_t *at, const char **ret)
{
	size_t len = strnlen(t->bytes.text + *at, t->bytes.len - *at);

	if (*at + len >= t->bytes.len)
		return false;
	*ret = t->bytes.text + *at;
	*at += len + 1;
	return true;
}

/* A folder that is listed; false: it was before. */
static bool begin_list(struct lend_remote *remote, const char *path)
{
	lend_auto_buf whole = { 0 };
	lend_auto_buf real = { 0 };
	struct lend_far_node *node;
	bool is_new;

	lend_buf_puts(&whole, path);
	while (whole.len > 0 && whole.text[whole.len - 1] == '/')
		whole.text[--whole.len] = '\0';
	lend_far_real(&remote->tree, lend_buf_text(&whole), true, &real);
	node = lend_far_node(&remote->tree, lend_buf_text(&real));
	is_new = !node->listed;
	node->seen = node->listed = true;
	return is_new;
}

static void take_records(struct take *t, bool lists)
{
	size_t at = 0;
	const char *path, *type, *link;
	bool listing = false;

	while (next_text(t, &at, &path) && next_text(t, &at, &type) &&
	       next_text(t, &at, &link)) {
		size_t len = strlen(path);

		if (path[0] != '/')
			continue;
		path += strspn(path, "/");
		if (lists && len > 1 && path[strlen(path) - (*path != '\0')] == '/')
			listing = begin_list(t->remote, path);
		else if (*path != '\0' && (!lists || listing))
			(void)lend_far_add(&t->remote->tree, path, type[0], link, lists);
	}
}

static void take_kids(struct take *t, const struct lend_remote_section *section)
{
	struct lend_far_tree *tree = &t->remote->tree;
	struct lend_far_node *folder = lend_far_node(tree, section->folder);

	take_records(t, false);
	for (size_t i = 0; i < folder->n_names; i++) {
		lend_auto_buf path = { 0 };
		lend_auto_buf real = { 0 };

		lend_buf_printf(&path, "%s/%s", section->folder, folder->names[i]);
		lend_far_real(tree, path.text, true, &real);
		lend_far_node(tree, lend_buf_text(&real))->links_seen = true;
	}
	take_messages(t, LEND_REMOTE_KIDS);
}

/* ---- contents of several files: "==> /PATH <==\n" before each, "\n" between them ---- */

struct header {
	const char *at, *content;
	const char *path;
	size_t path_len;
	size_t place; /* of its entry in the section */
};

static bool is_uevent(const struct lend_remote_section *section, const struct header *h)
{
	static const char name[] = "/uevent";
	size_t n = strlen(section->folder), end = sizeof(name) - 1;

	return h->path_len > n + 1 + end && memcmp(h->path, section->folder, n) == 0 &&
	       h->path[n] == '/' && memcmp(h->path + h->path_len - end, name, end) == 0 &&
	       memchr(h->path + n + 1, '/', h->path_len - n - 1 - end) == NULL;
}

/* Of what was asked, and behind what came already. */
static bool is_next(const struct take *t, const struct lend_remote_section *section,
		    size_t place, struct header *h)
{
	const struct lend_remote_entry *entry;
	lend_auto_buf key = { 0 };

	if (section->what == LEND_REMOTE_UEVENTS)
		return is_uevent(section, h);
	lend_buf_put(&key, h->path, h->path_len);
	entry = lend_remote_find(t->remote, LEND_VIA_FILE, lend_buf_text(&key));
	if (entry == NULL || entry->place <= place || entry->place > section->n ||
	    section->entries[entry->place - 1] != entry)
		return false;
	h->place = entry->place;
	return true;
}

static bool next_header(const struct take *t, const struct lend_remote_section *section,
			const char *from, size_t place, struct header *ret)
{
	static const char start[] = "==> /", stop[] = " <==";
	const size_t around = sizeof(start) + sizeof(stop) - 2;
	const char *end = t->bytes.text + t->bytes.len;

	for (const char *line = from; line < end;) {
		const char *stops = memchr(line, '\n', (size_t)(end - line));
		size_t len = stops == NULL ? 0 : (size_t)(stops - line);

		if (stops == NULL)
			break;
		if (len > around && memcmp(line, start, sizeof(start) - 1) == 0 &&
		    memcmp(stops - (sizeof(stop) - 1), stop, sizeof(stop) - 1) == 0) {
			*ret = (struct header){ .at = line,
						.content = stops + 1,
						.path = line + sizeof(start) - 1,
						.path_len = len - around,
						.place = place };
			if (is_next(t, section, place, ret))
				return true;
		}
		line = stops + 1;
	}
	return false;
}

static void put_head(struct take *t, const struct header *h, const char *end)
{
	struct lend_answer answer = { .why = "" };
	lend_auto_buf path = { 0 };

	lend_buf_put(&path, h->path, h->path_len);
	if (end >= h->content && end - h->content <= LEND_REMOTE_HEAD_MAX &&
	    !lend_far_tree_answer(&t->remote->tree, LEND_VIA_FILE, lend_buf_text(&path),
				  &answer))
		lend_far_put_bytes(&t->remote->tree, path.text, h->content,
				   (size_t)(end - h->content));
}

/* In order, so that a content that looks like a header deceives nobody but in its own place. */
static void take_heads(struct take *t, const struct lend_remote_section *section)
{
	struct header now = { .at = NULL }, next;
	const char *from = t->bytes.text;

	while (next_header(t, section, from, now.place, &next)) {
		/* A line end of head's own is in front of all but the first. */
		if (now.at != NULL)
			put_head(t, &now, next.at - 1);
		now = next;
		from = next.content;
	}
	if (now.at != NULL)
		put_head(t, &now, t->bytes.text + t->bytes.len);
}

/* ---- one answer ---- */

static bool take_stat(struct take *t, struct lend_stat *ret)
{
	static const int bases[] = { 16, 10, 10, 10, 10, 10, 16, 16, 16 };
	uint64_t v[LEND_COUNT(bases)];
	const char *at = t->bytes.text;

	for (size_t i = 0; i < LEND_COUNT(bases); i++) {
		size_t len = strcspn(at, " \n");

		if (!lend_parse_u64n(at, len, bases[i], &v[i]))
			return false;
		at += len + (at[len] != '\0');
	}
	*ret = (struct lend_stat){
		.mode = (uint32_t)v[0],
		.dev_major = major(v[1]),
		.dev_minor = minor(v[1]),
		.rdev_major = (uint32_t)v[6],
		.rdev_minor = (uint32_t)v[7],
		.inode = v[2],
		.size_bytes = v[3],
		.allocated_bytes = v[4] * v[5],
		.fs_magic = v[8] & UINT32_MAX,
	};
	return true;
}

/* As root.c says it, without what no program tells. */
static bool take_space(struct take *t, struct lend_answer *answer)
{
	const char *at = t->bytes.text;
	uint64_t v[4], bytes;

	for (size_t i = 0; i < LEND_COUNT(v); i++) {
		size_t len = strcspn(at, " \n");

		if (!lend_parse_u64n(at, len, 10, &v[i]))
			return false;
		at += len + (at[len] != '\0');
	}
	if (!lend_mul_u64(v[0], v[1], &bytes))
		return false;
	answer->bytes = lend_arena_printf(
		&t->remote->memory, "free=%" PRIu64 " block=%" PRIu64 " writable=%" PRIu64,
		bytes, v[2], v[3]);
	answer->len = strlen(answer->bytes);
	answer->known = LEND_KNOWN;
	return true;
}

static void say(struct take *t, struct lend_answer *answer, const char *text, size_t len)
{
	answer->known = LEND_UNREADABLE;
	answer->why = lend_arena_strndup(&t->remote->memory, text, len < 150 ? len : 150);
}

/* What it said instead of an answer; false: nothing. */
static bool take_failure(struct take *t, const struct lend_remote_entry *entry,
			 struct lend_answer *answer)
{
	const char *line = lend_buf_text(&t->said);
	const char *first = line, *last = line;
	size_t last_len = 0, reason;
	uint64_t status = 0;
	int os_errno;

	for (; *line != '\0'; line += last_len + (line[last_len] == '\n')) {
		last_len = strcspn(line, "\n");
		if (is_status(line, last_len, &status))
			break;
		last = line;
	}
	last_len = strcspn(last, "\n");
	if (status == 0 && (last_len == 0 || entry->via == LEND_VIA_RUN))
		return false;
	if (status == LATE_STATUS) {
		say(t, answer, "it did not answer in time", 25);
		answer->os_errno = ETIMEDOUT;
		return true;
	}
	if (entry->via == LEND_VIA_RUN) {
		lend_auto_buf why = { 0 };

		lend_buf_printf(&why, "%.40s ended with status %u%s%.*s", entry->key,
				(unsigned int)status,
				last_len > 0 && *first != '\0' ? ": " : "",
				last_len > 0 ? (int)strcspn(first, "\n") : 0, first);
		say(t, answer, why.text, why.len);
		if (status == MISSING_STATUS)
			answer->known = LEND_ABSENT;
		return true;
	}
	reason = reason_of(last, last_len);
	os_errno = errno_of(last + reason, last_len - reason);
	if (os_errno == EINVAL && (entry->via == LEND_VIA_LINK || entry->via == LEND_VIA_MAGIC))
		os_errno = ENOENT; /* a file where a link was asked for */
	if (os_errno != 0)
		lend_answer_errno(answer, os_errno);
	else
		say(t, answer, last + reason, last_len - reason);
	return true;
}

static void take_names(struct take *t, const struct lend_remote_entry *entry,
		       struct lend_answer *answer)
{
	size_t prefix = strlen(entry->path) + 2; /* "/PATH/" */
	size_t cap = 0, at = 0;
	const char *path;

	while (next_text(t, &at, &path)) {
		if (strlen(path) <= prefix || strchr(path + prefix, '/') != NULL)
			continue;
		*LEND_PUSH(&t->remote->memory, answer->names, answer->n_names, cap) =
			lend_arena_strdup(&t->remote->memory, path + prefix);
	}
	lend_far_sort(answer->names, answer->n_names);
	answer->known = LEND_KNOWN;
}

static void take_one(struct take *t, struct lend_remote_entry *entry)
{
	struct lend_answer *answer = &entry->answer;
	size_t limit = entry->via == LEND_VIA_DIR ? LEND_REMOTE_SECTION_MAX : entry->limit;

	entry->state = LEND_REMOTE_DONE;
	if (t->bytes.len > limit) {
		say(t, answer, "longer than what is read of another host", 40);
		return;
	}
	if (take_failure(t, entry, answer))
		return;
	if (entry->via == LEND_VIA_DIR) {
		take_names(t, entry, answer);
	} else if (entry->via == LEND_VIA_STAT) {
		if (take_stat(t, &answer->stat))
			answer->known = LEND_KNOWN;
		else
			say(t, answer, "the host's stat says something else", 35);
	} else if (entry->via == LEND_VIA_SPACE) {
		if (!take_space(t, answer))
			say(t, answer, "the host's stat says something else", 35);
	} else {
		answer->known = LEND_KNOWN;
		answer->bytes =
			lend_arena_strndup(&t->remote->memory, t->bytes.text, t->bytes.len);
		answer->len = t->bytes.len;
	}
}

/* What was asked in a batch and has no answer is unreadable, not unasked. */
static void close_entries(struct take *t, const struct lend_remote_section *section)
{
	for (size_t i = 0; i < section->n; i++) {
		struct lend_remote_entry *entry = section->entries[i];

		entry->state = LEND_REMOTE_DONE;
		say(t, &entry->answer, "the host did not say", 20);
	}
}

static void take_section(struct take *t, struct lend_remote_section *section)
{
	section->taken = true;
	if (section->what == LEND_REMOTE_ONE) {
		take_one(t, section->entries[0]);
		return;
	}
	close_entries(t, section);
	if (t->bytes.len > LEND_REMOTE_SECTION_MAX)
		return; /* cut: it says nothing about what is missing */
	if (section->what == LEND_REMOTE_KIDS) {
		take_kids(t, section);
		return;
	}
	if (section->what == LEND_REMOTE_LISTS || section->what == LEND_REMOTE_LINKS)
		take_records(t, section->what == LEND_REMOTE_LISTS);
	take_messages(t, section->what);
	if (section->what == LEND_REMOTE_HEADS || section->what == LEND_REMOTE_UEVENTS)
		take_heads(t, section);
}

static bool has_failed(const struct take *t)
{
	const char *at = lend_buf_text(&t->said);
	uint64_t status;

	while (*at != '\0') {
		size_t len = strcspn(at, "\n");

		if (is_status(at, len, &status))
			return true;
		at += len + (at[len] == '\n');
	}
	return false;
}

static void put_file(struct take *t, const char *path, size_t path_len, const char *bytes,
		     size_t len)
{
	lend_auto_buf key = { 0 };

	while (path_len > 0 && path[0] == '/')
		path++, path_len--;
	lend_buf_put(&key, path, path_len);
	if (path_len == 0 || strlen(lend_buf_text(&key)) != path_len)
		return;
	if (t->remote->esxi)
		lend_far_put_whole(&t->remote->tree, key.text, bytes, len);
	else
		lend_far_put_bytes(&t->remote->tree, key.text, bytes, len);
}

/* "LENGTH\nPATH\nCONTENT" */
static void take_file(struct take *t)
{
	const char *text = t->bytes.text;
	const char *end = memchr(text, '\n', t->bytes.len);
	size_t head;
	uint64_t len;

	if (end == NULL || !lend_parse_u64n(text, (size_t)(end - text), 10, &len))
		return;
	head = (size_t)(end + 1 - text);
	if (len >= t->bytes.len - head || end[1 + len] != '\n')
		return;
	put_file(t, end + 1, len, end + 2 + len, t->bytes.len - head - len - 1);
}

/* "/PATH": a content that nobody had asked for yet; ":links", ":list", ":file": as it says. */
static void take_unasked(struct take *t, const char *id, size_t id_len)
{
	bool lists = id_len == 5 && memcmp(id, ":list", 5) == 0;
	bool links = id_len == 6 && memcmp(id, ":links", 6) == 0;

	if (lists || links) {
		take_records(t, lists);
		take_messages(t, lists ? LEND_REMOTE_LISTS : LEND_REMOTE_LINKS);
	} else if (!has_failed(t) && t->bytes.len <= LEND_REMOTE_COMMAND_MAX) {
		if (id[0] == '/')
			put_file(t, id, id_len, t->bytes.text, t->bytes.len);
		else
			take_file(t);
	}
}

static bool take_next(struct take *t, const char *id, size_t len)
{
	uint64_t n;

	if (len < 2 || id[0] != '+' || !unpack(t, '=', &t->bytes) || !unpack(t, '-', &t->said))
		return false;
	if (id[1] == '/' || id[1] == ':')
		take_unasked(t, id + 1, len - 1);
	else if (lend_parse_u64n(id + 1, len - 1, 10, &n) && n < t->remote->n_sections &&
		 !t->remote->sections[n].taken)
		take_section(t, &t->remote->sections[n]);
	else
		return false;
	return true;
}

int lend_remote_take(struct lend_remote *remote, const char *text, size_t len,
		     struct lend_err *err)
{
	struct take t = { .remote = remote, .at = text, .end = text + len };
	const char *line;
	size_t line_len;
	int r = 0;

	while (r == 0 && next_line(&t, &line, &line_len)) {
		if (line_len == 6 && memcmp(line, "packed", 6) == 0)
			remote->packed = true;
		else if (line_len == 5 && memcmp(line, "plain", 5) == 0)
			remote->packed = false;
		else if (!take_next(&t, line, line_len))
			r = lend_fail(err, LEND_E_REMOTE,
				      "%.80s does not answer as a shell does",
				      remote->target.name);
	}
	lend_buf_done(&t.bytes);
	lend_buf_done(&t.said);
	return r;
}
