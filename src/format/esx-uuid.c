/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A transcript is read in blocks: a line with getuuid commands opens one, and
 * what follows up to the next such line are its answers.  Names are given to
 * answers only where there is no doubt: an unknown name is better than a
 * wrong one.
 */

#include "format/esx-uuid.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "format/span.h"

enum { UUID_LEN = LEND_ESX_UUID_TEXT - 1 };

/* ---- one UUID ---- */

bool lend_esx_uuid_parse(const char *text, size_t len, uint8_t ret_uuid[16])
{
	uint8_t uuid[16];

	if (len != UUID_LEN)
		return false;
	for (size_t i = 0; i < 16; i++, text += 3) {
		uint64_t byte;

		if (!lend_parse_u64n(text, 2, 16, &byte))
			return false;
		if (i < 15 && text[2] != (i == 7 ? '-' : ' '))
			return false;
		uuid[i] = (uint8_t)byte;
	}
	memcpy(ret_uuid, uuid, sizeof(uuid));
	return true;
}

void lend_esx_uuid_format(const uint8_t uuid[16], char ret_text[LEND_ESX_UUID_TEXT])
{
	static const uint8_t prefix[] = { 0x60, 0x00, 0xc2 };
	static const char lower[] = "0123456789abcdef";
	static const char upper[] = "0123456789ABCDEF";
	bool vmware = memcmp(uuid, prefix, sizeof(prefix)) == 0;

	for (size_t i = 0; i < 16; i++) {
		const char *digits = vmware && i < sizeof(prefix) ? upper : lower;

		ret_text[i * 3] = digits[uuid[i] >> 4];
		ret_text[i * 3 + 1] = digits[uuid[i] & 15];
		ret_text[i * 3 + 2] = i == 7 ? '-' : ' ';
	}
	ret_text[UUID_LEN] = '\0';
}

/* ---- pieces of text ---- */

static bool ends_with(struct lend_span s, const char *tail)
{
	size_t len = strlen(tail);

	return s.len >= len && memcmp(s.at + s.len - len, tail, len) == 0;
}

/* NULL, or where needle begins; len 0 means "from the end". */
static const char *find(struct lend_span s, const char *needle)
{
	return memmem(s.at, s.len, needle, strlen(needle));
}

static struct lend_span after(struct lend_span s, const char *at)
{
	return (struct lend_span){ at, s.len - (size_t)(at - s.at) };
}

/* The next line without its end; false when there is none left. */
static bool next_line(struct lend_span *rest, struct lend_span *ret_line)
{
	const char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->at, '\n', rest->len);
	ret_line->at = rest->at;
	ret_line->len = end == NULL ? rest->len : (size_t)(end - rest->at);
	*rest = after(*rest, end == NULL ? rest->at + rest->len : end + 1);
	return true;
}

/* Of a terminal, with what moves its cursor, or of a file; programs and disks say such things,
 * too. */
static bool is_text(const char *text, size_t len)
{
	static const char moves[] = "\a\b\t\n\v\f\r\016\017\033";

	for (size_t i = 0; i < len; i++) {
		if ((uint8_t)text[i] < ' ' &&
		    (text[i] == '\0' || strchr(moves, text[i]) == NULL))
			return false;
	}
	return true;
}

/* ---- command lines ---- */

struct word {
	const char *text;
	bool literal; /* nothing in it that the shell would replace */
};

enum { WORDS_MAX = 32 };

/*
 * One word by the rules of the shell, quoting undone, into text; false at the
 * end of the command.  *at moves behind it.
 */
static bool next_word(const char **at, const char *end, struct lend_buf *text,
		      bool *ret_literal)
{
	const char *p = *at;
	char quote = '\0';

	while (p < end && lend_ascii_is_space(*p))
		p++;
	*at = p;
	if (p == end || strchr(";&|()<>#\n", *p) != NULL)
		return false;
	lend_buf_reset(text);
	*ret_literal = true;
	for (; p < end; p++) {
		if (quote == '\0' && (lend_ascii_is_space(*p) || strchr(";&|()<>", *p) != NULL))
			break;
		if (quote == '\0' ? *p == '\'' || *p == '"' : *p == quote) {
			quote = (char)(quote == '\0' ? *p : '\0');
			continue;
		}
		if (*p == '\\' && quote != '\'' && p + 1 < end &&
		    (quote == '\0' || strchr("\"\\$`", p[1]) != NULL))
			p++;
		else if (quote != '\'' && strchr(quote == '"' ? "$`" : "$`*?[", *p) != NULL)
			*ret_literal = false;
		lend_buf_putc(text, *p);
	}
	*at = p;
	return true;
}

static bool is_getuuid(const char *word)
{
	size_t len = strlen(word);

	return strcmp(word, "getuuid") == 0 || strcmp(word, "-Jgetuuid") == 0 ||
	       (word[0] == '-' && len > 8 && strcmp(word + len - 8, "=getuuid") == 0);
}

static bool is_number(const char *word)
{
	uint64_t n;

	return lend_parse_u64(word, 10, &n);
}

/* The words behind "vmkfstools"; false when they are no getuuid command. */
static bool read_command(const struct word *words, size_t n, const char **ret_file)
{
	const struct word *names[WORDS_MAX];
	const struct word *disk = NULL;
	size_t n_names = 0;
	size_t n_disks = 0;
	bool getuuid = false;

	for (size_t i = 0; i < n; i++) {
		const char *text = words[i].text;
		const char *before = i > 0 ? words[i - 1].text : "";

		if (is_getuuid(text))
			getuuid = true;
		else if (is_number(text) &&
			 (strcmp(before, "-v") == 0 || strcmp(before, "--verbose") == 0))
			continue;
		else if (text[0] != '-')
			names[n_names++] = &words[i];
	}
	if (!getuuid)
		return false;
	for (size_t i = 0; i < n_names; i++) {
		if (ends_with((struct lend_span){ names[i]->text, strlen(names[i]->text) },
			      ".vmdk")) {
			disk = names[i];
			n_disks++;
		}
	}
	if (n_disks != 1)
		disk = n_names == 1 ? names[0] : NULL;
	*ret_file = disk != NULL && disk->literal && n < WORDS_MAX ? disk->text : NULL;
	return true;
}

/* "vmkfstools" as a word of its own, perhaps with a path in front. */
static const char *find_tool(struct lend_span s)
{
	static const char tool[] = "vmkfstools";
	const char *line = s.at;
	const char *at;

	while ((at = find(s, tool)) != NULL) {
		const char *behind = at + sizeof(tool) - 1;

		s = after(s, behind);
		if ((at == line || strchr(" \t/$#>];&|(\"'`", at[-1]) != NULL) && s.len > 0 &&
		    lend_ascii_is_space(*behind))
			return behind;
	}
	return NULL;
}

/* The directory in a prompt "[user@host:/dir] "; NULL when the line goes elsewhere first. */
static const char *prompt_dir(struct lend_arena *arena, struct lend_span line, const char *tool)
{
	struct lend_span prompt =
		lend_span_trim((struct lend_span){ line.at, (size_t)(tool - line.at) });
	const char *colon;
	const char *close = NULL;

	if (prompt.len == 0 || prompt.at[0] != '[' || find(line, "cd ") != NULL)
		return NULL;
	colon = find(prompt, ":/");
	for (const char *p = prompt.at; p < prompt.at + prompt.len; p++) {
		if (*p == ']')
			close = p;
	}
	if (colon == NULL || close == NULL || close < colon)
		return NULL;
	return lend_arena_strndup(arena, colon + 1, (size_t)(close - colon) - 1);
}

/* ---- blocks ---- */

/* A UUID or a failure, in the order they came. */
struct answer {
	bool is_uuid;
	uint8_t uuid[16];
	const char *named; /* by the text around it */
	const char *why;
	unsigned int line;
};

struct command {
	const char *file;
	const char *dir;
};

struct reader {
	struct lend_arena *arena;
	struct lend_esx_uuids *out;
	size_t cap_found;
	size_t cap_failed;
	unsigned int line;
	bool any_command;

	/* The block that is open. */
	struct command *commands;
	size_t n_commands;
	size_t cap_commands;
	unsigned int commands_line;
	struct answer *answers;
	size_t n_answers;
	size_t cap_answers;
	const char *name; /* the line before was nothing but this file name */
};

static void put_found(struct reader *r, const struct answer *answer,
		      const struct command *command)
{
	struct lend_esx_uuid *e =
		LEND_PUSH(r->arena, r->out->found, r->out->n_found, r->cap_found);

	memcpy(e->uuid, answer->uuid, sizeof(e->uuid));
	e->line = answer->line;
	e->file = command != NULL && command->file != NULL ? command->file : answer->named;
	e->dir = e->file != NULL && command != NULL ? command->dir : NULL;
}

static void put_failed(struct reader *r, const char *why, const struct command *command)
{
	struct lend_esx_uuid_failed *e =
		LEND_PUSH(r->arena, r->out->failed, r->out->n_failed, r->cap_failed);

	e->file = command->file;
	e->dir = command->dir;
	e->why = why;
	e->line = r->commands_line;
}

/* Several commands on one line: their answers come in order, if each gave one. */
static void match_many(struct reader *r)
{
	bool sure = r->n_answers == r->n_commands;

	for (size_t i = 0; i < r->n_answers; i++) {
		const struct answer *answer = &r->answers[i];

		if (answer->is_uuid)
			put_found(r, answer, sure ? &r->commands[i] : NULL);
		else if (sure)
			put_failed(r, answer->why, &r->commands[i]);
	}
	for (size_t i = 0; !sure && i < r->n_commands; i++)
		put_failed(r, NULL, &r->commands[i]);
}

/* One command: a named disk has one UUID, so with several none is its own for sure. */
static void match_one(struct reader *r)
{
	const struct command *command = &r->commands[0];
	const char *why = NULL;
	size_t n_uuids = 0;

	for (size_t i = 0; i < r->n_answers; i++)
		n_uuids += r->answers[i].is_uuid;
	for (size_t i = 0; i < r->n_answers; i++) {
		const struct answer *answer = &r->answers[i];

		if (answer->is_uuid)
			put_found(r, answer,
				  n_uuids == 1 || command->file == NULL ? command : NULL);
		else if (why == NULL)
			why = answer->why;
	}
	if (n_uuids != 1 && (n_uuids == 0 || command->file != NULL))
		put_failed(r, why, command);
}

static void close_block(struct reader *r)
{
	if (r->n_commands == 0) {
		for (size_t i = 0; i < r->n_answers; i++) {
			if (r->answers[i].is_uuid)
				put_found(r, &r->answers[i], NULL);
		}
	} else if (r->n_commands == 1) {
		match_one(r);
	} else {
		match_many(r);
	}
	r->n_commands = 0;
	r->n_answers = 0;
	r->name = NULL;
}

/* ---- lines ---- */

/* All getuuid commands of the line; false when there is none. */
static bool read_commands(struct reader *r, struct lend_span line)
{
	const char *end = line.at + line.len;
	const char *at = find_tool(line);
	const char *dir = NULL;
	lend_auto_buf text = { 0 };
	bool any = false;

	if (at != NULL && find(line, "getuuid") != NULL)
		dir = prompt_dir(r->arena, line, at);
	while (at != NULL) {
		struct word words[WORDS_MAX];
		struct command *command;
		const char *file;
		size_t n = 0;

		while (n < WORDS_MAX && next_word(&at, end, &text, &words[n].literal))
			words[n++].text = lend_arena_strdup(r->arena, lend_buf_text(&text));
		if (read_command(words, n, &file)) {
			if (!any)
				close_block(r);
			any = true;
			command = LEND_PUSH(r->arena, r->commands, r->n_commands,
					    r->cap_commands);
			*command = (struct command){ .file = file, .dir = dir };
			r->commands_line = r->line;
		}
		at = find_tool(after(line, at));
	}
	r->any_command = r->any_command || any;
	return any;
}

/* Runs of blanks count as one, so that tabs and pasted columns do no harm. */
static bool parse_loose(struct lend_span s, uint8_t ret_uuid[16])
{
	char text[UUID_LEN];
	size_t n = 0;

	s = lend_span_trim(s);
	for (size_t i = 0; i < s.len; i++) {
		if (lend_ascii_is_space(s.at[i]) && i > 0 && lend_ascii_is_space(s.at[i - 1]))
			continue;
		if (n == sizeof(text))
			return false;
		text[n++] = (char)(lend_ascii_is_space(s.at[i]) ? ' ' : s.at[i]);
	}
	return lend_esx_uuid_parse(text, n, ret_uuid);
}

/* A file name that somebody echoed.  With blanks in it, it could be a command as well. */
static const char *disk_name(struct lend_arena *arena, struct lend_span s)
{
	s = lend_span_trim(s);
	if (s.len > 0 && s.at[s.len - 1] == ':')
		s.len--;
	for (size_t i = 0; i < s.len; i++) {
		if (lend_ascii_is_space(s.at[i]))
			return NULL;
	}
	return ends_with(s, ".vmdk") ? lend_arena_strndup(arena, s.at, s.len) : NULL;
}

/* >0: a UUID line. */
static int read_uuid_line(struct reader *r, struct lend_span line, struct lend_err *err)
{
	static const char says[] = "UUID is";
	const char *at = find(line, says);
	const char *named = r->name;
	struct answer *answer;
	uint8_t uuid[16];

	if (at != NULL && at != line.at)
		named = disk_name(r->arena,
				  (struct lend_span){ line.at, (size_t)(at - line.at) });
	if (!parse_loose(at == NULL ? line : after(line, at + sizeof(says) - 1), uuid)) {
		if (at != line.at)
			return 0;
		return lend_fail(err, LEND_E_FORMAT,
				 "line %u: \"UUID is\" without 16 bytes of two hex digits",
				 r->line);
	}
	answer = LEND_PUSH(r->arena, r->answers, r->n_answers, r->cap_answers);
	*answer = (struct answer){ .is_uuid = true, .named = named, .line = r->line };
	memcpy(answer->uuid, uuid, sizeof(uuid));
	return 1;
}

static bool is_failure(struct lend_span line)
{
	static const char *const signs[] = { "Failed",    "failed",  "Error",
					     "error:",    "Cannot",  "cannot",
					     "not found", "No such", "denied" };

	for (size_t i = 0; i < LEND_COUNT(signs); i++) {
		if (find(line, signs[i]) != NULL)
			return true;
	}
	return false;
}

static int read_line(struct reader *r, struct lend_span line, struct lend_err *err)
{
	int got;

	line = lend_span_trim(line);
	if (line.len == 0 || read_commands(r, line))
		return 0;
	got = read_uuid_line(r, line, err);
	if (got < 0)
		return -1;
	r->name = got > 0 ? NULL : disk_name(r->arena, line);
	if (got == 0 && r->n_answers < r->n_commands && is_failure(line)) {
		struct answer *answer =
			LEND_PUSH(r->arena, r->answers, r->n_answers, r->cap_answers);

		*answer = (struct answer){
			.why = lend_arena_strndup(r->arena, line.at, line.len),
			.line = r->line,
		};
	}
	return 0;
}

int lend_esx_uuids_parse(const char *text, size_t len, struct lend_arena *arena,
			 struct lend_esx_uuids *ret_uuids, struct lend_err *err)
{
	struct lend_esx_uuids uuids = { 0 };
	struct reader r = { .arena = arena, .out = &uuids };
	struct lend_span rest = { text, len };
	struct lend_span line;

	if (!is_text(text, len))
		return lend_fail(err, LEND_E_FORMAT, "this is not text");
	while (next_line(&rest, &line)) {
		r.line++;
		if (read_line(&r, line, err) < 0)
			return -1;
	}
	close_block(&r);
	if (uuids.n_found == 0 && !r.any_command) {
		lend_hint(err,
			  "save what \"vmkfstools -J getuuid DISK.vmdk\" prints on the host");
		return lend_fail(err, LEND_E_FORMAT, "there is no \"UUID is\" line in it");
	}
	*ret_uuids = uuids;
	return 0;
}

/* "UUID is 60 00", cut off or mistyped: it is told what is wrong with it. */
static bool begins_uuid_line(struct lend_span line)
{
	static const char says[] = "UUID is ";
	const size_t len = sizeof(says) - 1;
	uint64_t byte;

	line = lend_span_trim(line);
	return line.len >= len + 2 && memcmp(line.at, says, len) == 0 &&
	       lend_parse_u64n(line.at + len, 2, 16, &byte) &&
	       (line.len == len + 2 || lend_ascii_is_space(line.at[len + 2]));
}

bool lend_esx_uuids_recognise(const char *text, size_t len)
{
	struct lend_span rest = { text, len };
	struct lend_span line;
	uint8_t uuid[16];

	if (!is_text(text, len))
		return false;
	while (next_line(&rest, &line)) {
		const char *at = find(line, "UUID is");

		if (parse_loose(at == NULL ? line : after(line, at + 7), uuid))
			return true;
		if (begins_uuid_line(line) ||
		    (find_tool(line) != NULL && find(line, "getuuid") != NULL))
			return true;
	}
	return false;
}
