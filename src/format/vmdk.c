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
	size_t cap_entries;
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

static void read_entry(struct reader *r, struct lend_span line, bool *uuid_seen)
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
	e = LEND_PUSH(r->arena, r->vmdk->entries, r->vmdk->n_entries, r->cap_entries);
	e->key = copy(r->arena, key);
	e->value = copy(r->arena, value);
	e->quoted = quoted;
	if (lend_ascii_casecmp(e->key, "ddb.uuid") == 0)
		note_uuid(r->vmdk, e->value, uuid_seen);
}

static int read_lines(struct reader *r, struct lend_span rest, struct lend_err *err)
{
	bool uuid_seen = false;

	if (lend_ascii_has_prefix(rest.at, rest.len, "\xef\xbb\xbf"))
		rest = skip(rest, 3);
	while (rest.len > 0) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t len = end == NULL ? rest.len : (size_t)(end - rest.at);
		struct lend_span line = lend_span_trim((struct lend_span){ rest.at, len });
		struct lend_span behind = line;
		struct lend_span word = take_word(&behind);

		r->line++;
		rest = skip(rest, end == NULL ? len : len + 1);
		if (line.len == 0 || line.at[0] == '#')
			continue;
		if (!is_access(word))
			read_entry(r, line, &uuid_seen);
		else if (read_extent(r, word, behind, err) < 0)
			return -1;
	}
	return 0;
}

int lend_vmdk_parse(const void *bytes, size_t len, struct lend_arena *arena,
		    struct lend_vmdk *ret_vmdk, struct lend_err *err)
{
	struct lend_vmdk vmdk = { 0 };
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
	text.len = text_len;
	if (read_lines(&r, text, err) < 0)
		return -1;
	vmdk.create_type = lend_vmdk_get(&vmdk, "createType");
	vmdk.cid = lend_vmdk_get(&vmdk, "CID");
	vmdk.parent_cid = lend_vmdk_get(&vmdk, "parentCID");
	vmdk.adapter_type = lend_vmdk_get(&vmdk, "ddb.adapterType");
	vmdk.long_content_id = lend_vmdk_get(&vmdk, "ddb.longContentID");
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

/* ---- writing ---- */

static bool is_ddb(const struct lend_vmdk_entry *e)
{
	return lend_ascii_has_prefix(e->key, strlen(e->key), "ddb.");
}

static void write_entries(const struct lend_vmdk *vmdk, bool ddb, struct lend_buf *out)
{
	for (size_t i = 0; i < vmdk->n_entries; i++) {
		const struct lend_vmdk_entry *e = &vmdk->entries[i];
		const char *quote = e->quoted ? "\"" : "";

		if (is_ddb(e) == ddb)
			lend_buf_printf(out, "%s%s%s%s%s\n", e->key, ddb ? " = " : "=", quote,
					e->value, quote);
	}
}

void lend_vmdk_write(const struct lend_vmdk *vmdk, struct lend_buf *out)
{
	lend_buf_printf(out, "%s\n", heading);
	write_entries(vmdk, false, out);
	lend_buf_puts(out, "\n# Extent description\n");
	for (size_t i = 0; i < vmdk->n_extents; i++) {
		const struct lend_vmdk_extent *e = &vmdk->extents[i];

		lend_buf_printf(out, "%s %llu %s", e->access, (unsigned long long)e->sectors,
				e->type);
		if (e->file != NULL)
			lend_buf_printf(out, " \"%s\"", e->file);
		if (e->has_offset)
			lend_buf_printf(out, " %llu", (unsigned long long)e->offset);
		lend_buf_putc(out, '\n');
	}
	lend_buf_puts(out, "\n# The Disk Data Base\n#DDB\n\n");
	write_entries(vmdk, true, out);
}
