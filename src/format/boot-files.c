/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/boot-files.h"

#include "base/ascii.h"
#include "base/attr.h"

static bool has_nul(struct lend_span s)
{
	return memchr(s.at, '\0', s.len) != NULL;
}

/* The next word of a line; false at its end.  With quotes, blanks between them count. */
static bool next_word(struct lend_span *line, bool quotes, struct lend_span *ret)
{
	bool quoted = false;
	size_t n = 0;

	while (line->len > 0 && lend_ascii_is_space(*line->at)) {
		line->at++;
		line->len--;
	}
	while (n < line->len && (quoted || !lend_ascii_is_space(line->at[n]))) {
		if (quotes && line->at[n] == '"')
			quoted = !quoted;
		n++;
	}
	*ret = (struct lend_span){ line->at, n };
	line->at += n;
	line->len -= n;
	return n > 0;
}

static const char *copy(struct lend_arena *arena, struct lend_span s)
{
	return lend_arena_strndup(arena, s.at, s.len);
}

/* Without any quotes. */
static const char *unquote(struct lend_arena *arena, struct lend_span s)
{
	char *text = lend_arena_strndup(arena, s.at, s.len);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] != '"')
			text[n++] = s.at[i];
	}
	text[n] = '\0';
	return text;
}

/* "KEY=VALUE", the key in any case: the value, NULL when it is another key. */
static bool value_of(struct lend_span word, const char *key, struct lend_span *ret)
{
	size_t n = strlen(key);

	if (word.len <= n || word.at[n] != '=' ||
	    !lend_ascii_has_prefix(word.at, word.len, key))
		return false;
	*ret = (struct lend_span){ word.at + n + 1, word.len - n - 1 };
	return true;
}

/* ---- crypttab ---- */

int lend_crypttab_line_next(struct lend_span *rest, struct lend_arena *arena,
			    struct lend_crypttab_line *ret)
{
	struct lend_span line;

	while (lend_span_next_line(rest, &line)) {
		struct lend_span name, source;
		struct lend_span key = { "", 0 };
		struct lend_span options = { "", 0 };

		if (has_nul(line) || !next_word(&line, false, &name) || *name.at == '#' ||
		    !next_word(&line, false, &source))
			continue;
		if (next_word(&line, false, &key))
			(void)next_word(&line, false, &options);
		ret->name = copy(arena, name);
		ret->source = unquote(arena, source);
		ret->key = copy(arena, key);
		ret->options = copy(arena, options);
		return 0;
	}
	return 1;
}

/* ---- mdadm.conf ---- */

/* Some letters of a keyword are enough, and they may be small. */
static bool is_array(struct lend_span word)
{
	static const char array[] = "array";

	if (word.len < 3 || word.len > strlen(array))
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (lend_ascii_lower(word.at[i]) != array[i])
			return false;
	}
	return true;
}

static void take_array_word(struct lend_span word, struct lend_arena *arena,
			    struct lend_mdadm_array *ret)
{
	struct lend_span value;

	if (value_of(word, "uuid", &value))
		ret->uuid = unquote(arena, value);
	else if (value_of(word, "container", &value))
		ret->container = unquote(arena, value);
	else if (value_of(word, "name", &value))
		ret->name = unquote(arena, value);
	else if (memchr(word.at, '=', word.len) == NULL && *ret->device == '\0')
		ret->device = unquote(arena, word);
}

/* A comment goes to the end of its line. */
static void take_array_words(struct lend_span line, struct lend_arena *arena,
			     struct lend_mdadm_array *ret)
{
	struct lend_span word;

	while (!has_nul(line) && next_word(&line, true, &word) && *word.at != '#')
		take_array_word(word, arena, ret);
}

static bool goes_on(const struct lend_span *rest)
{
	return rest->len > 0 && (*rest->at == ' ' || *rest->at == '\t');
}

int lend_mdadm_array_next(struct lend_span *rest, struct lend_arena *arena,
			  struct lend_mdadm_array *ret)
{
	struct lend_span line, word;

	while (lend_span_next_line(rest, &line)) {
		if (has_nul(line) || !next_word(&line, true, &word) || !is_array(word))
			continue;
		*ret = (struct lend_mdadm_array){ "", "", "", "" };
		take_array_words(line, arena, ret);
		while (goes_on(rest) && lend_span_next_line(rest, &line))
			take_array_words(line, arena, ret);
		return 0;
	}
	return 1;
}

/* ---- LVM ---- */

int lend_lvm_device_next(struct lend_span *rest, struct lend_arena *arena,
			 struct lend_lvm_device *ret)
{
	struct lend_span line;

	while (lend_span_next_line(rest, &line)) {
		struct lend_lvm_device d = { "", "", "", "", "" };
		const struct {
			const char *key;
			const char **to;
		} keys[] = { { "IDTYPE", &d.id_type },
			     { "IDNAME", &d.id },
			     { "DEVNAME", &d.device },
			     { "PVID", &d.pv },
			     { "PART", &d.part } };
		struct lend_span word, value;

		while (!has_nul(line) && next_word(&line, false, &word) && *word.at != '#') {
			for (size_t i = 0; i < LEND_COUNT(keys); i++) {
				if (value_of(word, keys[i].key, &value) &&
				    !(value.len == 1 && *value.at == '.'))
					*keys[i].to = copy(arena, value);
			}
		}
		if (*d.id_type == '\0')
			continue;
		*ret = d;
		return 0;
	}
	return 1;
}

/* ---- the kernel's command line ---- */

int lend_kernel_word_next(struct lend_span *rest, struct lend_arena *arena,
			  struct lend_kernel_word *ret)
{
	struct lend_span word;

	while (next_word(rest, true, &word)) {
		const char *text, *equals;

		if (has_nul(word))
			continue;
		text = unquote(arena, word);
		equals = strchr(text, '=');
		ret->key = equals == NULL
				   ? text
				   : lend_arena_strndup(arena, text, (size_t)(equals - text));
		ret->value = equals == NULL ? NULL : equals + 1;
		return 0;
	}
	return 1;
}

/* ---- multipath ---- */

int lend_multipath_wwid_next(struct lend_span *rest, struct lend_arena *arena,
			     const char **ret_wwid)
{
	struct lend_span line;

	while (lend_span_next_line(rest, &line)) {
		line = lend_span_trim(line);
		if (has_nul(line) || line.len < 3 || line.at[0] != '/' ||
		    line.at[line.len - 1] != '/')
			continue;
		*ret_wwid = copy(arena, (struct lend_span){ line.at + 1, line.len - 2 });
		return 0;
	}
	return 1;
}

int lend_multipath_binding_next(struct lend_span *rest, struct lend_arena *arena,
				struct lend_multipath_binding *ret)
{
	struct lend_span line;

	while (lend_span_next_line(rest, &line)) {
		struct lend_span name, wwid;

		if (has_nul(line) || !next_word(&line, false, &name) || *name.at == '#' ||
		    !next_word(&line, false, &wwid))
			continue;
		ret->name = copy(arena, name);
		ret->wwid = copy(arena, wwid);
		return 0;
	}
	return 1;
}

static void drop(struct lend_span *s, size_t n)
{
	s->at += n;
	s->len -= n;
}

static bool is_brace(char c)
{
	return c == '{' || c == '}';
}

static void drop_blanks_and_comments(struct lend_span *rest)
{
	while (rest->len > 0) {
		if (*rest->at == '#' || *rest->at == '!') {
			const char *end = memchr(rest->at, '\n', rest->len);

			drop(rest, end == NULL ? rest->len : (size_t)(end - rest->at));
		} else if (lend_ascii_is_space(*rest->at)) {
			drop(rest, 1);
		} else {
			return;
		}
	}
}

/* A word, a quoted text without its quotes, or a brace; where lines end means nothing. */
static bool next_conf_word(struct lend_span *rest, struct lend_span *ret)
{
	size_t n = 1;

	drop_blanks_and_comments(rest);
	if (rest->len == 0)
		return false;
	if (*rest->at == '"') {
		while (n < rest->len && rest->at[n] != '"')
			n++;
		*ret = (struct lend_span){ rest->at + 1, n - 1 };
		drop(rest, n + (n < rest->len));
		return true;
	}
	while (!is_brace(*rest->at) && n < rest->len && !lend_ascii_is_space(rest->at[n]) &&
	       !is_brace(rest->at[n]) && rest->at[n] != '"')
		n++;
	*ret = (struct lend_span){ rest->at, n };
	drop(rest, n);
	return true;
}

static bool is_word(struct lend_span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.at, word, s.len) == 0;
}

/* Up to the brace that ends the block. */
static void read_map(struct lend_span *rest, struct lend_span *wwid, struct lend_span *alias)
{
	struct lend_span key, value;

	while (next_conf_word(rest, &key) && !is_word(key, "}")) {
		if (!is_word(key, "wwid") && !is_word(key, "alias"))
			continue; /* its value, as a word, is no key either */
		if (!next_conf_word(rest, &value) || is_word(value, "}"))
			return;
		*(is_word(key, "wwid") ? wwid : alias) = value;
	}
}

int lend_multipath_alias_next(struct lend_span *rest, struct lend_arena *arena,
			      struct lend_multipath_binding *ret)
{
	struct lend_span word;
	bool opens = false;

	while (next_conf_word(rest, &word)) {
		struct lend_span wwid = { 0 }, alias = { 0 };

		if (!opens || !is_word(word, "{")) {
			opens = is_word(word, "multipath");
			continue;
		}
		opens = false;
		read_map(rest, &wwid, &alias);
		if (wwid.len == 0 || alias.len == 0 || has_nul(wwid) || has_nul(alias))
			continue;
		ret->name = copy(arena, alias);
		ret->wwid = copy(arena, wwid);
		return 0;
	}
	return 1;
}
