/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What agents tell of a guest's sysfs: the attribute says how its text is read. */

#include "base/num.h"
#include "collect/anonymise.h"

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(text + len - n, end, n) == 0;
}

/* Attributes whose text somebody chose. */
static bool is_chosen(const char *path, size_t len)
{
	return ends_with(path, len, "/alt_name") || ends_with(path, len, "/uuid");
}

/* ---- listings (format/nd-listing.h) ---- */

bool lend_anon_is_listing(const char *text, size_t len)
{
	return len > 2 && strchr("lfuen", text[0]) != NULL && text[1] == ' ' &&
	       (ends_with(text, len, "\nend\n") || ends_with(text, len, "\nend"));
}

static void put_line(struct lend_anonymise *a, const char *line, size_t len,
		     struct lend_buf *out)
{
	const char *blank = len < 2 || line[0] != 'f' ? NULL : memchr(line + 2, ' ', len - 2);
	size_t head = blank == NULL ? len : (size_t)(blank - line) + 1;

	lend_buf_put(out, line, head);
	if (head < len && is_chosen(line, head - 1))
		lend_anon_all(a, LEND_ANON_FORCE, line + head, len - head, out);
	else if (head < len &&
		 (ends_with(line, head - 1, "/id") || ends_with(line, head - 1, "/set_cookie")))
		lend_anon_text(a, line + head, len - head, out);
	else
		lend_buf_put(out, line + head, len - head);
}

void lend_anon_listing(struct lend_anonymise *a, const char *text, size_t len,
		       struct lend_buf *out)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - text);

		put_line(a, text, n, out);
		if (end != NULL)
			lend_buf_putc(out, '\n');
		n += end != NULL;
		text += n;
		len -= n;
	}
}

/* ---- single files ---- */

/* The number behind a key of a short JSON text. */
static bool get_number(const char *text, const char *key, uint64_t *ret)
{
	const char *at = strstr(text, key);

	if (at == NULL)
		return false;
	at += strlen(key);
	at += strspn(at, "\": ");
	return lend_parse_u64n(at, strspn(at, "0123456789"), 10, ret);
}

/* A file is read by its handle, directly behind being opened by its path. */
void lend_anon_see_file(struct lend_anon_file *file, const char *key, const char *answer,
			size_t len)
{
	static const char before_path[] = "\"path\":\"";
	const char *path = strstr(key, before_path);
	lend_auto_buf text = { 0 };
	uint64_t handle;

	file->reading = file->chosen && strstr(key, "\"guest-file-read\"") != NULL &&
			get_number(key, "\"handle\"", &handle) && handle == file->handle;
	if (strstr(key, "\"guest-file-open\"") == NULL || path == NULL)
		return;
	path += sizeof(before_path) - 1;
	lend_buf_put(&text, answer, len);
	file->chosen = is_chosen(path, strcspn(path, "\"")) &&
		       get_number(lend_buf_text(&text), "\"return\"", &file->handle);
}
