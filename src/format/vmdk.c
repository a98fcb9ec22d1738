/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vmdk.h"

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"
#include "format/esx-uuid.h"
#include "format/span.h"

static const char heading[] = "# Disk DescriptorFile";

/* A sparse disk ("hosted sparse extent"), little-endian: where its descriptor lies, in sectors.
 */
enum { SPARSE_HEADER = 512, SPARSE_DESC_OFFSET = 28, SPARSE_DESC_SIZE = 36 };

static struct lend_span skip(struct lend_span s, size_t len)
{
	return (struct lend_span){ s.at + len, s.len - len };
}

/* The next word; *rest moves behind it and the blanks that follow. */
static struct lend_span take_word(struct lend_span *rest)
{
	struct lend_span word = { rest->at, 0 };

	while (word.len < rest->len && !lend_ascii_is_space(word.at[word.len]))
		word.len++;
	*rest = lend_span_trim(skip(*rest, word.len));
	return word;
}

static const char *copy(struct lend_arena *arena, struct lend_span s)
{
	return lend_arena_strndup(arena, s.at, s.len);
}

/* ---- what kind of file ---- */

static bool begins_as_descriptor(struct lend_span s)
{
	if (lend_ascii_has_prefix(s.at, s.len, "\xef\xbb\xbf"))
		s = skip(s, 3);
	while (s.len > 0 && (lend_ascii_is_space(s.at[0]) || s.at[0] == '\n'))
		s = skip(s, 1);
	return lend_ascii_has_prefix(s.at, s.len, heading);
}

bool lend_vmdk_is_descriptor(const void *bytes, size_t len)
{
	return begins_as_descriptor((struct lend_span){ bytes, len });
}

static int no_descriptor(struct lend_err *err, const char *what)
{
	lend_hint(err, "give the small text file that names it, mostly NAME.vmdk beside "
		       "NAME-flat.vmdk");
	return lend_fail(err, LEND_E_FORMAT, "this is the disk's data (%s), not its descriptor",
			 what);
}

/* The descriptor inside a sparse disk. */
static int find_embedded(struct lend_span file, struct lend_span *ret_text,
			 struct lend_err *err)
{
	const uint8_t *header = (const uint8_t *)file.at;
	uint64_t offset;
	uint64_t size;
	uint64_t end;

	if (file.len < SPARSE_HEADER)
		return no_descriptor(err, "KDMV");
	offset = lend_get_le64(header + SPARSE_DESC_OFFSET);
	size = lend_get_le64(header + SPARSE_DESC_SIZE);
	if (offset == 0 || size == 0 || size > LEND_VMDK_MAX / LEND_VMDK_SECTOR ||
	    !lend_mul_u64(offset, LEND_VMDK_SECTOR, &offset))
		return no_descriptor(err, "KDMV");
	size *= LEND_VMDK_SECTOR;
	if (!lend_add_u64(offset, size, &end) || end > file.len)
		return lend_fail(err, LEND_E_FORMAT,
				 "the descriptor inside this sparse disk (KDMV) lies beyond "
				 "the %zu bytes that were read",
				 file.len);
	*ret_text = (struct lend_span){ file.at + offset, size };
	if (!begins_as_descriptor(*ret_text))
		return no_descriptor(err, "KDMV");
	return 0;
}

static int find_text(struct lend_span file, struct lend_span *ret_text, bool *ret_embedded,
		     struct lend_err *err)
{
	*ret_embedded = false;
	if (file.len >= 4 && memcmp(file.at, "KDMV", 4) == 0) {
		*ret_embedded = true;
		return find_embedded(file, ret_text, err);
	}
	if (file.len >= 4 && memcmp(file.at, "COWD", 4) == 0)
		return no_descriptor(err, "COWD");
	if (!begins_as_descriptor(file)) {
		if (file.len > 0 && memchr(file.at, '\0', file.len) != NULL)
			return no_descriptor(err, "binary");
		return lend_fail(err, LEND_E_FORMAT,
				 "this is no disk descriptor: it does not begin with \"%s\"",
				 heading);
	}
	if (file.len > LEND_VMDK_MAX)
		return lend_fail(err, LEND_E_FORMAT, "a descriptor of %zu bytes is too long",
				 file.len);
	*ret_text = file;
	return 0;
}

/* ---- lines ---- */

struct reader {
	struct lend_arena *arena;
	struct lend_vmdk *vmdk;
	size_t cap_extents;
	unsigned int line;
};

static bool is_access(struct lend_span word)
{
	static const char *const known[] = { "RW", "RDONLY", "NOACCESS" };

	for (size_t i = 0; i < LEND_COUNT(known); i++) {
		if (word.len == strlen(known[i]) &&
		    lend_ascii_has_prefix(word.at, word.len, known[i]))
			return true;
	}
	return false;
}

/* RW 2097152 VMFS "name-flat.vmdk" 0 */
static int read_extent(struct reader *r, struct lend_span access, struct lend_span rest,
		       struct lend_err *err)
{
	struct lend_vmdk *vmdk = r->vmdk;
	struct lend_vmdk_extent *e =
		LEND_PUSH(r->arena, vmdk->extents, vmdk->n_extents, r->cap_extents);
	struct lend_span number = take_word(&rest);
	struct lend_span type = take_word(&rest);
	uint64_t bytes;

	if (!lend_parse_u64n(number.at, number.len, 10, &e->sectors) || type.len == 0 ||
	    type.at[0] == '"')
		return lend_fail(err, LEND_E_FORMAT, "line %u is no extent", r->line);
	if (!lend_mul_u64(e->sectors, LEND_VMDK_SECTOR, &bytes) ||
	    !lend_add_u64(vmdk->size_bytes, bytes, &vmdk->size_bytes))
		return lend_fail(err, LEND_E_FORMAT,
				 "line %u: the disk is larger than 64 bits can say", r->line);
	vmdk->has_size = true;
	e->access = copy(r->arena, access);
	e->type = copy(r->arena, type);
	if (rest.len > 0) {
		const char *close;

		if (rest.at[0] != '"' ||
		    (close = memchr(rest.at + 1, '"', rest.len - 1)) == NULL)
			return lend_fail(err, LEND_E_FORMAT,
					 "line %u: the extent's file has no quotes", r->line);
		e->file = lend_arena_strndup(r->arena, rest.at + 1,
					     (size_t)(close - rest.at) - 1);
		rest = lend_span_trim(skip(rest, (size_t)(close - rest.at) + 1));
	}
	/* Raw disks of VMware Workstation have more words behind the offset. */
	number = take_word(&rest);
	if (number.len > 0) {
		e->has_offset = lend_parse_u64n(number.at, number.len, 10, &e->offset);
		if (!e->has_offset)
			return lend_fail(err, LEND_E_FORMAT,
					 "line %u: the extent's offset is no number", r->line);
	}
	return 0;
}

static void note_uuid(struct lend_vmdk *vmdk, const char *value, bool *seen)
{
	uint8_t uuid[16];

	if (!lend_esx_uuid_parse(value, strlen(value), uuid)) {
		vmdk->uuid_unreadable = true;
	} else if (*seen && memcmp(uuid, vmdk->uuid, sizeof(uuid)) != 0) {
		vmdk->uuid_ambiguous = true;
	} else {
		memcpy(vmdk->uuid, uuid, sizeof(uuid));
		*seen = true;
	}
	vmdk->has_uuid = *seen && !vmdk->uuid_ambiguous && !vmdk->uuid_unreadable;
}

static void read_entry(struct reader *r, struct lend_span line)
{
	const char *equals = memchr(line.at, '=', line.len);
	struct lend_vmdk_entry *e;
	struct lend_span key;
	struct lend_span value;
	bool quoted;

	if (equals == NULL) {
		r->vmdk->n_odd++;
		return;
	}
	key = lend_span_trim((struct lend_span){ line.at, (size_t)(equals - line.at) });
	value = lend_span_trim(skip(line, (size_t)(equals - line.at) + 1));
	quoted = value.len > 0 && value.at[0] == '"';
	if (key.len == 0 || (quoted && (value.len < 2 || value.at[value.len - 1] != '"'))) {
		r->vmdk->n_odd++;
		return;
	}
	if (quoted)
		value = (struct lend_span){ value.at + 1, value.len - 2 };
	e = LEND_PUSH(r->arena, r->vmdk->entries, r->vmdk->n_entries, r->vmdk->cap_entries);
	e->key = copy(r->arena, key);
	e->value = copy(r->arena, value);
	e->quoted = quoted;
	r->vmdk->lines[r->vmdk->n_lines - 1].entry = r->vmdk->n_entries;
}

static int read_lines(struct reader *r, struct lend_span rest, struct lend_err *err)
{
	struct lend_vmdk *vmdk = r->vmdk;
	struct lend_span raw;

	while (lend_span_next_line(&rest, &raw)) {
		struct lend_vmdk_line *kept =
			LEND_PUSH(r->arena, vmdk->lines, vmdk->n_lines, vmdk->cap_lines);
		struct lend_span line, behind, word;

		r->line++;
		*kept = (struct lend_vmdk_line){ .raw = raw.at,
						 .raw_len = raw.len,
						 .number = r->line };
		if (r->line == 1 && raw.len >= 2 && raw.at[raw.len - 2] == '\r')
			vmdk->eol = "\r\n";
		if (r->line == 1 && lend_ascii_has_prefix(raw.at, raw.len, "\xef\xbb\xbf"))
			raw = skip(raw, 3);
		line = lend_span_trim(raw);
		behind = line;
		word = take_word(&behind);
		if (line.len == 0 || line.at[0] == '#')
			continue;
		if (!is_access(word))
			read_entry(r, line);
		else if (read_extent(r, word, behind, err) < 0)
			return -1;
	}
	return 0;
}

/* What the entries say of the disk. */
static void sum_up(struct lend_vmdk *vmdk)
{
	bool uuid_seen = false;

	vmdk->has_uuid = vmdk->uuid_ambiguous = vmdk->uuid_unreadable = false;
	for (size_t i = 0; i < vmdk->n_entries; i++) {
		if (lend_ascii_casecmp(vmdk->entries[i].key, "ddb.uuid") == 0)
			note_uuid(vmdk, vmdk->entries[i].value, &uuid_seen);
	}
	vmdk->create_type = lend_vmdk_get(vmdk, "createType");
	vmdk->cid = lend_vmdk_get(vmdk, "CID");
	vmdk->parent_cid = lend_vmdk_get(vmdk, "parentCID");
	vmdk->adapter_type = lend_vmdk_get(vmdk, "ddb.adapterType");
	vmdk->long_content_id = lend_vmdk_get(vmdk, "ddb.longContentID");
}

int lend_vmdk_parse(const void *bytes, size_t len, struct lend_arena *arena,
		    struct lend_vmdk *ret_vmdk, struct lend_err *err)
{
	struct lend_vmdk vmdk = { .arena = arena, .eol = "\n" };
	struct reader r = { .arena = arena, .vmdk = &vmdk };
	struct lend_span text = { "", 0 };
	size_t text_len;

	if (find_text((struct lend_span){ bytes, len }, &text, &vmdk.embedded, err) < 0)
		return -1;
	/* The room around an embedded one is filled up with NUL. */
	text_len = strnlen(text.at, text.len);
	for (size_t i = text_len; i < text.len && !vmdk.embedded; i++) {
		if (text.at[i] != '\0')
			return lend_fail(err, LEND_E_FORMAT,
					 "the descriptor has a NUL byte at %zu", text_len);
	}
	text = (struct lend_span){ lend_arena_strndup(arena, text.at, text_len), text_len };
	if (read_lines(&r, text, err) < 0)
		return -1;
	sum_up(&vmdk);
	*ret_vmdk = vmdk;
	return 0;
}

const char *lend_vmdk_get(const struct lend_vmdk *vmdk, const char *key)
{
	for (size_t i = 0; i < vmdk->n_entries; i++) {
		if (lend_ascii_casecmp(vmdk->entries[i].key, key) == 0)
			return vmdk->entries[i].value;
	}
	return NULL;
}

/* ---- changing, writing ---- */

/* The line of the first entry of that key, NULL for none; -1 when there are two. */
static int find_line(struct lend_vmdk *vmdk, const char *key, struct lend_vmdk_line **ret_line,
		     struct lend_err *err)
{
	*ret_line = NULL;
	for (size_t i = 0; i < vmdk->n_lines; i++) {
		struct lend_vmdk_line *line = &vmdk->lines[i];

		if (line->entry == 0 ||
		    lend_ascii_casecmp(vmdk->entries[line->entry - 1].key, key) != 0)
			continue;
		if (*ret_line != NULL)
			return lend_fail(err, LEND_E_FORMAT,
					 "lines %u and %u of the descriptor both give %s",
					 (*ret_line)->number, line->number, key);
		*ret_line = line;
	}
	return 0;
}

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f || *text == '"')
			return false;
	}
	return true;
}

int lend_vmdk_set(struct lend_vmdk *vmdk, const char *key, const char *value,
		  struct lend_err *err)
{
	struct lend_vmdk_line *line;
	struct lend_vmdk_entry *entry;

	if (!is_plain(key) || !is_plain(value) || strpbrk(key, "= #") != NULL)
		return lend_fail(err, LEND_E_USAGE, "a descriptor cannot hold this: %s = %s",
				 key, value);
	if (find_line(vmdk, key, &line, err) < 0)
		return -1;
	if (line != NULL) {
		entry = &vmdk->entries[line->entry - 1];
		if (strcmp(entry->value, value) == 0)
			return 0;
		/* What has no quotes is a number; other values need them. */
		entry->quoted = entry->quoted ||
				strspn(value, "0123456789abcdefABCDEF") != strlen(value) ||
				value[0] == '\0';
	} else if (lend_ascii_has_prefix(key, strlen(key), "ddb.")) {
		line = LEND_PUSH(vmdk->arena, vmdk->lines, vmdk->n_lines, vmdk->cap_lines);
		entry = LEND_PUSH(vmdk->arena, vmdk->entries, vmdk->n_entries,
				  vmdk->cap_entries);
		line->entry = vmdk->n_entries;
		entry->key = lend_arena_strdup(vmdk->arena, key);
		entry->quoted = true;
	} else {
		return lend_fail(err, LEND_E_USAGE, "the descriptor has no %s to change", key);
	}
	entry->value = lend_arena_strdup(vmdk->arena, value);
	line->raw = NULL;
	sum_up(vmdk);
	return 0;
}

void lend_vmdk_write(const struct lend_vmdk *vmdk, struct lend_buf *out)
{
	for (size_t i = 0; i < vmdk->n_lines; i++) {
		const struct lend_vmdk_line *line = &vmdk->lines[i];
		const struct lend_vmdk_entry *e;
		const char *quote;

		/* The last line of the file may have had no end. */
		if (i > 0 && out->text[out->len - 1] != '\n')
			lend_buf_puts(out, vmdk->eol);
		if (line->raw != NULL) {
			lend_buf_put(out, line->raw, line->raw_len);
			continue;
		}
		e = &vmdk->entries[line->entry - 1];
		quote = e->quoted ? "\"" : "";
		lend_buf_printf(out, "%s%s%s%s%s%s", e->key,
				lend_ascii_has_prefix(e->key, strlen(e->key), "ddb.") ? " = "
										      : "=",
				quote, e->value, quote, vmdk->eol);
	}
}
