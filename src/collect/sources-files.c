/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and folders as SOURCE: what they are is told by what is in them. */

#include <errno.h>

#include "base/ascii.h"
#include "base/err.h"
#include "collect/esx-tree.h"
#include "collect/esx.h"
#include "collect/sources-inside.h"
#include "format/esx-uuid.h"
#include "format/ndctl-json.h"
#include "format/tgz.h"
#include "format/vmdk.h"
#include "format/vmx.h"
#include "io/out.h"

enum {
	FILE_MAX = 4 << 20,  /* bytes of a loose file */
	DISK_HEAD = 1 << 20, /* of a .vmdk that may be the disk itself */
	SNIFF = 4096,        /* of any file in a folder, before it is read */
	FILES_MAX = 4096,
	FILES_BYTES_MAX = 64 << 20, /* of all loose files together */
	SAVED_MAX = 64 << 20,
	ARCHIVE_MAX = 1 << 30, /* of a vm-support bundle */
};

static const struct lend_ask ask_names = { .via = LEND_VIA_DIR, .key = "." };
static const struct lend_ask ask_file = { .via = LEND_VIA_FILE,
					  .key = "%s",
					  .limit_bytes = FILE_MAX };
static const struct lend_ask ask_head = { .via = LEND_VIA_RANGE,
					  .key = "%s",
					  .limit_bytes = DISK_HEAD };

bool lend_source_is_inventory(const char *text, size_t len)
{
	static const char want[] = "{\"lend\":\"inventory\"";
	size_t w = 0;

	for (size_t i = 0; i < len && w < sizeof(want) - 1; i++) {
		if (lend_ascii_is_space(text[i]))
			continue;
		if (text[i] != want[w++])
			return false;
	}
	return w == sizeof(want) - 1;
}

bool lend_source_names_nd(const char *text, size_t len)
{
	static const char *const names[] = { "\"nmem", "\"region", "\"namespace", "\"ndbus" };

	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		if (memmem(text, len, names[i], strlen(names[i])) != NULL)
			return memmem(text, len, "\"dev\"", 5) != NULL;
	}
	return false;
}

/* ---- loose files ---- */

static struct lend_scan_file *add_loose(struct lend_sources *s, const char *name,
					const char *path)
{
	struct lend_scan_file *file = LEND_PUSH(&s->memory, s->files, s->n_files, s->cap_files);

	file->name = lend_arena_strdup(&s->memory, name);
	file->path = lend_arena_strdup(&s->memory, path);
	file->bytes = "";
	return file;
}

static int put_bytes(struct lend_sources *s, struct lend_scan_file *file, const char *bytes,
		     size_t len, struct lend_err *err)
{
	s->files_bytes += len;
	if (s->files_bytes > FILES_BYTES_MAX) {
		lend_hint(err, "give fewer files at a time");
		return lend_fail(err, LEND_E_USAGE,
				 "the files up to '%.150s' have more than %d MiB", file->path,
				 FILES_BYTES_MAX >> 20);
	}
	file->bytes = lend_arena_strndup(&s->memory, bytes, len);
	file->len = len;
	return 0;
}

static bool has_end(const char *name, const char *end)
{
	size_t len = strlen(name);

	return len > strlen(end) && lend_ascii_casecmp(name + len - strlen(end), end) == 0;
}

static bool is_archive_name(const char *path)
{
	return has_end(path, ".tgz") || has_end(path, ".tar.gz") || has_end(path, ".tar");
}

/* A vm-support bundle as it came. */
static int add_archive(struct lend_sources *s, const char *path, const struct lend_buf *bytes,
		       struct lend_err *err)
{
	struct lend_esx_bag bag = { .memory = &s->memory, .source = path };
	struct lend_source_host *host;

	if (lend_esx_archive_read(bytes->text, bytes->len, &bag, err) < 0)
		return lend_where(err, "%.150s", path);
	if (bag.n == 0) {
		lend_hint(err,
			  "known is what vm-support makes, or an archive of etc/ and vmfs/");
		return lend_fail(err, LEND_E_FORMAT, "'%.150s' is of no host of ESXi", path);
	}
	host = lend_sources_host(s, LEND_SOURCE_ESXI, false);
	host->files = bag.files;
	host->n_files = bag.n;
	return 0;
}

int lend_sources_add_file(struct lend_sources *s, const char *path, struct lend_err *err)
{
	struct lend_scan_file *file;
	lend_auto_buf text = { 0 };

	if (lend_in_file(path, is_archive_name(path) ? ARCHIVE_MAX : SAVED_MAX, &text, err) < 0)
		return -1;
	if (lend_tgz_recognise(lend_buf_text(&text), text.len))
		return add_archive(s, path, &text, err);
	lend_buf_puts(&text, "");
	if (lend_source_is_inventory(text.text, text.len)) {
		struct lend_source_host *host = lend_sources_host(s, LEND_SOURCE_SAVED, false);

		host->name = path;
		host->text = text;
		text = (struct lend_buf){ 0 };
		return 0;
	}
	if (text.len > FILE_MAX)
		return lend_fail(err, LEND_E_FORMAT, "'%.150s' is longer than %d bytes", path,
				 FILE_MAX);
	(void)lend_sources_host(s, LEND_SOURCE_LOOSE, true);
	file = add_loose(s, path, path);
	file->named = true;
	return put_bytes(s, file, text.text, text.len, err);
}

/* What the name says of the content, NULL when nothing. */
static const char *promise_of(const char *name)
{
	static const char *const ends[][2] = {
		{ ".vmx", "a VM's configuration" },
		{ ".vmdk", "a disk descriptor" },
		{ ".uuid", "output of vmkfstools" },
	};

	for (size_t i = 0; i < LEND_COUNT(ends); i++) {
		if (has_end(name, ends[i][0]))
			return ends[i][1];
	}
	return NULL;
}

static bool is_sparse_disk(const char *bytes, size_t len)
{
	return len >= 4 && memcmp(bytes, "KDMV", 4) == 0;
}

/* Would some collector of files take it, be it only to say what is wrong with it? */
static bool is_known(const char *bytes, size_t len)
{
	struct lend_arena memory = { 0 };
	struct lend_ndctl nd;
	bool is;

	if (is_sparse_disk(bytes, len) || lend_vmdk_is_descriptor(bytes, len) ||
	    lend_vmx_recognise(bytes, len) || lend_esx_uuids_recognise(bytes, len) ||
	    lend_source_is_inventory(bytes, len) || lend_source_names_nd(bytes, len) ||
	    lend_esx_is_host_file(bytes, len))
		return true;
	/* An empty list names nothing. */
	is = lend_ndctl_parse_transcript(&memory, bytes, len, &nd, NULL) == 0;
	lend_arena_done(&memory);
	return is;
}

static void add_broken(struct lend_sources *s, const char *name, const char *path,
		       const char *why)
{
	add_loose(s, name, path)->broken = lend_arena_strdup(&s->memory, why);
}

/* The begin of a file tells whether reading on is worth it: NULL when it is not. */
static const struct lend_answer *read_loose(struct lend_io *io, const char *name)
{
	const struct lend_answer *head = lend_io_ask_range(io, &ask_head, name, 0, SNIFF);
	bool disk = has_end(name, ".vmdk");
	bool text = head->known == LEND_KNOWN && memchr(head->bytes, '\0', head->len) == NULL;

	if (head->known != LEND_KNOWN)
		return head->os_errno == EISDIR ? NULL : head;
	if (disk && (text || lend_vmdk_is_descriptor(head->bytes, head->len) ||
		     is_sparse_disk(head->bytes, head->len)))
		return lend_io_ask_range(io, &ask_head, name, 0, DISK_HEAD);
	/* A disk's own data mostly has the descriptor's ending. */
	if (disk || (!text && promise_of(name) == NULL))
		return NULL;
	return text ? lend_io_ask(io, &ask_file, name) : head;
}

static int add_loose_file(struct lend_sources *s, struct lend_io *io, const char *name,
			  const char *path, struct lend_err *err)
{
	const struct lend_answer *answer = read_loose(io, name);
	const char *promise = promise_of(name);
	lend_auto_buf why = { 0 };

	if (answer == NULL)
		return 0;
	if (answer->known == LEND_KNOWN && is_known(answer->bytes, answer->len))
		return put_bytes(s, add_loose(s, name, path), answer->bytes, answer->len, err);
	if (promise == NULL)
		return 0;
	if (answer->known != LEND_KNOWN)
		lend_buf_printf(&why, "could not be read: %s",
				answer->known == LEND_NOT_ASKED ? "it is a link to nowhere"
								: answer->why);
	else
		lend_buf_printf(&why, "is called like %s, but %s", promise,
				answer->len == 0 ? "it is empty" : "does not read like one");
	add_broken(s, name, path, why.text);
	return 0;
}

static bool has_name(const struct lend_answer *names, const char *name)
{
	for (size_t i = 0; i < names->n_names; i++) {
		if (strcmp(names->names[i], name) == 0)
			return true;
	}
	return false;
}

/* A folder with none of a host's own is one of loose files. */
static bool is_tree(const struct lend_answer *names)
{
	static const char *const tops[] = { "proc", "sys", "etc", "sos_commands" };

	for (size_t t = 0; t < LEND_COUNT(tops); t++) {
		if (has_name(names, tops[t]))
			return true;
	}
	return false;
}

/* /sys itself, copied to a folder of another name. */
static bool is_sys(const struct lend_answer *names)
{
	return has_name(names, "devices") &&
	       (has_name(names, "bus") || has_name(names, "class"));
}

static int nothing_known(const char *dir, bool unfinished, struct lend_err *err)
{
	if (unfinished) {
		lend_hint(err, "make it again with \"lend capture\"");
		return lend_fail(err, LEND_E_FORMAT,
				 "'%.150s' is a capture that was not finished", dir);
	}
	lend_hint(err,
		  "a saved host has proc/ or sys/ in it; loose files are ndctl's JSON, .vmdk "
		  "descriptors, .vmx and getuuid transcripts");
	return lend_fail(err, LEND_E_FORMAT, "nothing in '%.150s' is known to lend", dir);
}

static int add_loose_dir(struct lend_sources *s, const char *dir, struct lend_io *io,
			 const struct lend_answer *answer, struct lend_err *err)
{
	bool unfinished = has_name(answer, "asks.jsonl");
	size_t n = answer->n_names;
	size_t before = s->n_files;
	size_t len = strlen(dir);
	const char **names;

	if (n > FILES_MAX) {
		lend_hint(err, "name the files themselves");
		return lend_fail(err, LEND_E_USAGE, "'%.150s' has more than %d entries", dir,
				 FILES_MAX);
	}
	while (len > 1 && dir[len - 1] == '/')
		len--;
	names = lend_arena_array(&s->memory, n, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = lend_arena_strdup(&s->memory, answer->names[i]);
	for (size_t i = 0; i < n && !unfinished; i++) {
		const char *path =
			lend_arena_printf(&s->memory, "%.*s/%s", (int)len, dir, names[i]);

		lend_io_forget(io);
		if (add_loose_file(s, io, names[i], path, err) < 0)
			return -1;
	}
	if (s->n_files == before)
		return nothing_known(dir, unfinished, err);
	(void)lend_sources_host(s, LEND_SOURCE_LOOSE, true);
	return 0;
}

static int add_esx(struct lend_sources *s, const char *dir, const char *top, struct lend_io *io,
		   struct lend_err *err)
{
	struct lend_esx_bag bag = { .memory = &s->memory, .source = dir };
	struct lend_source_host *host;

	if (lend_esx_tree_read(io, top, &bag, err) < 0)
		return -1;
	if (bag.n == 0)
		return nothing_known(dir, false, err);
	host = lend_sources_host(s, LEND_SOURCE_ESXI, false);
	host->files = bag.files;
	host->n_files = bag.n;
	return 0;
}

static bool is_esx_capture(const struct lend_io *io)
{
	const struct lend_scan_options *request = lend_io_request(io);

	for (size_t i = 0; request != NULL && i < request->n_sources; i++) {
		if (strcmp(request->sources[i], LEND_SOURCE_ESXI_FILES) == 0)
			return true;
	}
	return false;
}

/* The files as they were when they were read, also those that could not be. */
static int add_esx_capture(struct lend_sources *s, const char *dir, struct lend_io *io,
			   struct lend_err *err)
{
	struct lend_esx_bag bag = { .memory = &s->memory, .source = dir };
	const struct lend_answer *answer;
	struct lend_source_host *host;
	const char *path;

	for (size_t at = 0; lend_io_replay_file(io, &at, &path, &answer);) {
		bool known = answer->known == LEND_KNOWN;

		if (lend_esx_bag_put(&bag, path, known ? answer->bytes : "",
				     known ? answer->len : 0, err) < 0)
			return -1;
		if (!known)
			bag.files[bag.n - 1].broken =
				lend_arena_strdup(&s->memory, answer->why);
		lend_io_forget(io);
	}
	lend_esx_bag_end(&bag);
	host = lend_sources_host(s, LEND_SOURCE_ESXI, false);
	host->files = bag.files;
	host->n_files = bag.n;
	return 0;
}

int lend_sources_add_dir(struct lend_sources *s, const char *dir, struct lend_err *err)
{
	struct lend_io *io = NULL;
	const struct lend_answer *names;
	const char *esx;
	int r = 0;

	if (lend_io_open_tree(dir, &io, err) < 0)
		return -1;
	names = lend_io_ask(io, &ask_names);
	if (names->known == LEND_UNREADABLE) {
		r = lend_fail(err, LEND_E_SYSTEM, "read the folder '%.150s': %s", dir,
			      names->why);
		lend_io_free(io);
		return r;
	}
	if (is_esx_capture(io)) {
		r = add_esx_capture(s, dir, io, err);
		lend_io_free(io);
		return r;
	}
	esx = lend_io_is_replay(io) ? NULL : lend_esx_top(io, names, &s->memory);
	if (esx != NULL) {
		r = add_esx(s, dir, esx, io, err);
		lend_io_free(io);
		return r;
	}
	if (!lend_io_is_replay(io) && !is_tree(names) && is_sys(names))
		lend_io_tree_is_below(io, "sys");
	if (lend_io_is_replay(io) || is_tree(names) || is_sys(names)) {
		struct lend_source_host *host = lend_sources_host(s, LEND_SOURCE_TREE, false);

		host->io = io;
		return 0;
	}
	r = add_loose_dir(s, dir, io, names, err);
	lend_io_free(io);
	return r;
}
