/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vmx.h"

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"
#include "format/span.h"

/* ---- values ---- */

/* "|22" is a quote: two hex digits behind a bar.  "|00" is none, text ends there. */
static char *unescape(struct lend_arena *arena, struct lend_span s)
{
	char *text = lend_arena_alloc(arena, s.len + 1);
	char *out = text;

	for (size_t i = 0; i < s.len; i++) {
		uint64_t byte;

		if (s.at[i] == '|' && s.len - i > 2 &&
		    lend_parse_u64n(s.at + i + 1, 2, 16, &byte) && byte != 0) {
			*out++ = (char)byte;
			i += 2;
		} else {
			*out++ = s.at[i];
		}
	}
	return text;
}

static void write_value(const char *value, struct lend_buf *out)
{
	for (const char *p = value; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 || c == '"' || c == '|' || c == 0x7f)
			lend_buf_printf(out, "|%02X", c);
		else
			lend_buf_putc(out, *p);
	}
}

/* ---- lines ---- */

/* What a line says; key.len is 0 when it is no assignment. */
struct parts {
	struct lend_span key;
	struct lend_span value;
	enum lend_vmx_remark remark;
};

/* The value from its first quote on, a comment behind it taken off; false: open or followed by
 * more. */
static bool take_quoted(struct lend_span s, struct lend_span *ret_value)
{
	const char *close = memchr(s.at + 1, '"', s.len - 1);
	struct lend_span behind;

	if (close == NULL)
		return false;
	*ret_value = (struct lend_span){ s.at + 1, (size_t)(close - s.at) - 1 };
	behind = lend_span_trim((struct lend_span){ close + 1, s.len - ret_value->len - 2 });
	return behind.len == 0 || behind.at[0] == '#';
}

/* Names are plain ASCII; anything else is no key that could be written back safely. */
static bool is_key(struct lend_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < ' ' || s.at[i] > '~')
			return false;
	}
	return s.len > 0;
}

static struct lend_span without_bom(struct lend_span s)
{
	if (lend_ascii_has_prefix(s.at, s.len, "\xef\xbb\xbf"))
		return (struct lend_span){ s.at + 3, s.len - 3 };
	return s;
}

static struct parts split(struct lend_span line)
{
	struct parts parts = { .remark = LEND_VMX_FINE };
	struct lend_span key;
	const char *equals;
	const char *comment;

	line = lend_span_trim(line);
	if (line.len == 0 || line.at[0] == '#')
		return parts;
	equals = memchr(line.at, '=', line.len);
	parts.remark = LEND_VMX_JUNK;
	if (equals == NULL)
		return parts;
	key = lend_span_trim((struct lend_span){ line.at, (size_t)(equals - line.at) });
	if (!is_key(key))
		return parts;
	parts.value = lend_span_trim(
		(struct lend_span){ equals + 1, line.len - (size_t)(equals - line.at) - 1 });
	if (parts.value.len > 0 && parts.value.at[0] == '"') {
		if (!take_quoted(parts.value, &parts.value))
			return parts;
		parts.remark = LEND_VMX_FINE;
	} else {
		comment = parts.value.len == 0 ? NULL
					       : memchr(parts.value.at, '#', parts.value.len);
		if (comment != NULL)
			parts.value.len = (size_t)(comment - parts.value.at);
		parts.value = lend_span_trim(parts.value);
		parts.remark = LEND_VMX_UNQUOTED;
	}
	parts.key = key;
	return parts;
}

bool lend_vmx_recognise(const char *text, size_t len)
{
	static const char *const known[] = { "config.version", "virtualHW.version",
					     "displayName", "guestOS", "memSize" };
	struct lend_span rest = without_bom((struct lend_span){ text, len });
	struct lend_span line;

	if (len > LEND_VMX_MAX)
		return false;
	while (lend_span_next_line(&rest, &line)) {
		struct lend_span key = split(line).key;

		for (size_t i = 0; i < LEND_COUNT(known); i++) {
			if (key.len == strlen(known[i]) &&
			    lend_ascii_has_prefix(key.at, key.len, known[i]))
				return true;
		}
	}
	return false;
}

static int by_key(const void *a, const void *b, void *arg)
{
	const struct lend_vmx_line *lines = arg;
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	int r = lend_ascii_casecmp(lines[x].key, lines[y].key);

	if (r != 0)
		return r;
	return x < y ? -1 : x > y;
}

/* Makes the index over the keys anew. */
static void sort_lines(struct lend_vmx *vmx)
{
	vmx->sorted = lend_arena_array(vmx->arena, vmx->n_lines, sizeof(*vmx->sorted));
	vmx->n_sorted = 0;
	for (size_t i = 0; i < vmx->n_lines; i++) {
		if (vmx->lines[i].key != NULL)
			vmx->sorted[vmx->n_sorted++] = (uint32_t)i;
	}
	qsort_r(vmx->sorted, vmx->n_sorted, sizeof(*vmx->sorted), by_key, vmx->lines);
}

static void mark_duplicates(struct lend_vmx *vmx)
{
	for (size_t i = 1; i < vmx->n_sorted; i++) {
		struct lend_vmx_line *line = &vmx->lines[vmx->sorted[i]];

		if (lend_ascii_casecmp(vmx->lines[vmx->sorted[i - 1]].key, line->key) != 0)
			continue;
		line->remark = LEND_VMX_DUPLICATE;
		vmx->n_duplicates++;
	}
}

int lend_vmx_parse(const char *text, size_t len, struct lend_arena *arena,
		   struct lend_vmx *ret_vmx, struct lend_err *err)
{
	struct lend_vmx vmx = { .arena = arena, .eol = "\n" };
	struct lend_span rest = { 0 };
	struct lend_span raw;

	if (lend_span_check("a .vmx", text, len, LEND_VMX_MAX, err) < 0)
		return -1;
	if (len > 0)
		rest = (struct lend_span){ lend_arena_strndup(arena, text, len), len };
	while (lend_span_next_line(&rest, &raw)) {
		struct lend_vmx_line *line =
			LEND_PUSH(arena, vmx.lines, vmx.n_lines, vmx.cap_lines);
		struct parts parts = split(vmx.n_lines == 1 ? without_bom(raw) : raw);

		if (vmx.n_lines == 1 && raw.len >= 2 && raw.at[raw.len - 2] == '\r')
			vmx.eol = "\r\n";
		line->raw = raw.at;
		line->raw_len = raw.len;
		line->number = (unsigned int)vmx.n_lines;
		line->remark = parts.remark;
		vmx.n_junk += parts.remark == LEND_VMX_JUNK;
		vmx.n_unquoted += parts.remark == LEND_VMX_UNQUOTED;
		if (parts.key.len == 0)
			continue;
		line->key = lend_arena_strndup(arena, parts.key.at, parts.key.len);
		line->value = unescape(arena, parts.value);
	}
	sort_lines(&vmx);
	if (vmx.n_sorted == 0)
		return lend_fail(err, LEND_E_FORMAT,
				 "this is no .vmx: not one line of the form key = \"value\"");
	mark_duplicates(&vmx);
	*ret_vmx = vmx;
	return 0;
}

/* ---- looking up, changing, writing ---- */

static struct lend_vmx_line *find(const struct lend_vmx *vmx, const char *key)
{
	size_t from = 0;
	size_t to = vmx->n_sorted;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (lend_ascii_casecmp(vmx->lines[vmx->sorted[middle]].key, key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == vmx->n_sorted ||
	    lend_ascii_casecmp(vmx->lines[vmx->sorted[from]].key, key) != 0)
		return NULL;
	return &vmx->lines[vmx->sorted[from]];
}

const char *lend_vmx_get(const struct lend_vmx *vmx, const char *key)
{
	const struct lend_vmx_line *line = find(vmx, key);

	return line == NULL ? NULL : line->value;
}

void lend_vmx_set(struct lend_vmx *vmx, const char *key, const char *value)
{
	struct lend_vmx_line *line = find(vmx, key);

	if (line == NULL) {
		line = LEND_PUSH(vmx->arena, vmx->lines, vmx->n_lines, vmx->cap_lines);
		line->key = lend_arena_strdup(vmx->arena, key);
		line->value = lend_arena_strdup(vmx->arena, value);
		sort_lines(vmx);
		return;
	}
	if (strcmp(line->value, value) == 0 && line->remark == LEND_VMX_FINE)
		return;
	vmx->n_unquoted -= line->remark == LEND_VMX_UNQUOTED;
	line->remark = LEND_VMX_FINE;
	line->value = lend_arena_strdup(vmx->arena, value);
	line->raw = NULL;
}

static size_t remove_lines(struct lend_vmx *vmx, const char *start, bool whole)
{
	size_t kept = 0;
	size_t removed;

	for (size_t i = 0; i < vmx->n_lines; i++) {
		const struct lend_vmx_line *line = &vmx->lines[i];

		if (line->key == NULL ||
		    !lend_ascii_has_prefix(line->key, strlen(line->key), start) ||
		    (whole && strlen(line->key) != strlen(start))) {
			vmx->lines[kept++] = *line;
			continue;
		}
		vmx->n_duplicates -= line->remark == LEND_VMX_DUPLICATE;
		vmx->n_unquoted -= line->remark == LEND_VMX_UNQUOTED;
	}
	removed = vmx->n_lines - kept;
	vmx->n_lines = kept;
	if (removed > 0)
		sort_lines(vmx);
	return removed;
}

size_t lend_vmx_remove(struct lend_vmx *vmx, const char *key)
{
	return remove_lines(vmx, key, true);
}

size_t lend_vmx_remove_all(struct lend_vmx *vmx, const char *prefix)
{
	return remove_lines(vmx, prefix, false);
}

int lend_vmx_check(const struct lend_vmx *vmx, struct lend_err *err)
{
	for (size_t i = 1; i < vmx->n_sorted; i++) {
		const struct lend_vmx_line *line = &vmx->lines[vmx->sorted[i]];

		if (line->remark != LEND_VMX_DUPLICATE)
			continue;
		lend_hint(err, "leave one line for each key");
		return lend_fail(err, LEND_E_FORMAT,
				 "lines %u and %u set the same key: %s; ESXi refuses the VM",
				 vmx->lines[vmx->sorted[i - 1]].number, line->number,
				 line->key);
	}
	return 0;
}

void lend_vmx_write(const struct lend_vmx *vmx, struct lend_buf *out)
{
	for (size_t i = 0; i < vmx->n_lines; i++) {
		const struct lend_vmx_line *line = &vmx->lines[i];

		/* The last line of the file may have had no end. */
		if (i > 0 && out->text[out->len - 1] != '\n')
			lend_buf_puts(out, vmx->eol);
		if (line->raw != NULL) {
			lend_buf_put(out, line->raw, line->raw_len);
			continue;
		}
		lend_buf_printf(out, "%s = \"", line->key);
		write_value(line->value, out);
		lend_buf_printf(out, "\"%s", vmx->eol);
	}
}

bool lend_vmx_bool(const char *value, bool *ret)
{
	static const char *const words[] = { "true",  "yes", "t", "y", "1",
					     "false", "no",  "f", "n", "0" };

	for (size_t i = 0; i < LEND_COUNT(words); i++) {
		if (lend_ascii_casecmp(value, words[i]) == 0) {
			*ret = i < LEND_COUNT(words) / 2;
			return true;
		}
	}
	return false;
}
