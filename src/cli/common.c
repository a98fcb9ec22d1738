/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/secret.h"
#include "model/kind-host.h"
#include "render/render.h"

enum { GAP_LINES_MAX = 5, GAPS_COMPARED_MAX = 200 };

int lend_out(const struct lend_buf *out, struct lend_err *err)
{
	size_t done = 0;

	while (done < out->len) {
		ssize_t n = write(STDOUT_FILENO, out->text + done, out->len - done);

		if (n < 0 && errno != EINTR)
			return lend_fail_errno(err, "writing the output");
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

struct lend_style lend_args_style(const struct lend_args *args, bool beyond_ascii)
{
	struct lend_style style = { .no_headings = args->no_headings,
				    .verbose = args->verbose };

	if (beyond_ascii) {
		(void)setlocale(LC_CTYPE, "");
		style.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	}
	return style;
}

static int split_guest(struct lend_arena *arena, const char *word,
		       struct lend_guest_source *ret_guest, struct lend_err *err)
{
	const char *equals = strchr(word, '=');

	if (equals == NULL || equals == word || equals[1] == '\0') {
		lend_hint(
			err,
			"write --guest VM=FILE, VM=qga:SOCKET, VM=ssh://GUEST or VM=libvirt:URI; "
			"lend show prints the VMs");
		return lend_fail(err, LEND_E_USAGE, "--guest '%.100s' is not VM=SOURCE", word);
	}
	ret_guest->vm = lend_arena_strndup(arena, word, (size_t)(equals - word));
	ret_guest->source = equals + 1;
	return 0;
}

static int scan(struct lend_arena *arena, const struct lend_args *args,
		const char *const *kinds, struct lend_inventory **ret_inventory,
		struct lend_err *err)
{
	struct lend_guest_source *guests =
		lend_arena_array(arena, args->guests.n + 1, sizeof(*guests));
	struct lend_scan_options options =
		LEND_SCAN_OPTIONS(.sources = args->sources.items, .n_sources = args->sources.n,
				  .guests = guests, .n_guests = args->guests.n,
				  .record_to = args->to, .no_guests = args->no_guests,
				  .anonymise = args->anonymise, .kinds = kinds,
				  .devices = args->devices.items, .n_devices = args->devices.n,
				  .secret = lend_cli_secret, .no_monitors = args->no_monitors);

	while (kinds != NULL && kinds[options.n_kinds] != NULL)
		options.n_kinds++;
	for (size_t i = 0; i < args->guests.n; i++) {
		if (split_guest(arena, args->guests.items[i], &guests[i], err) < 0)
			return -1;
	}
	if (args->timeout != NULL &&
	    lend_parse_seconds(args->timeout, &options.timeout_ms, err) < 0)
		return -1;
	return lend_scan(&options, ret_inventory, err);
}

int lend_args_scan(const struct lend_args *args, const char *const *kinds,
		   struct lend_inventory **ret_inventory, struct lend_err *err)
{
	struct lend_arena arena = { 0 };
	int r = scan(&arena, args, kinds, ret_inventory, err);

	lend_arena_done(&arena);
	return r;
}

static void print_line(const char *word, const char *text)
{
	lend_auto_buf line = { 0 };

	lend_buf_puts(&line, word);
	lend_buf_puts(&line, ": ");
	lend_buf_put_safe(&line, text, strlen(text));
	(void)fprintf(stderr, "%s\n", lend_buf_text(&line));
}

void lend_note(const char *text, const char *hint)
{
	print_line("note", text);
	if (hint != NULL)
		print_line("hint", hint);
}

int lend_print_error(const struct lend_err *err, bool hints)
{
	lend_auto_buf text = { 0 };

	lend_buf_puts(&text, "lend: ");
	lend_err_put(err, hints, &text);
	(void)fprintf(stderr, "%s\n", text.text);
	if (err->code == LEND_E_HALF)
		return LEND_EXIT_HALF;
	return err->code == LEND_E_REFUSED ? LEND_EXIT_FINDINGS : LEND_EXIT_ERROR;
}

/* Lines that were printed already, to say nothing twice. */
struct said {
	const char *text[GAPS_COMPARED_MAX];
	size_t n;
};

static bool is_new(struct said *said, const char *text)
{
	for (size_t i = 0; i < said->n; i++) {
		if (strcmp(said->text[i], text) == 0)
			return false;
	}
	if (said->n < GAPS_COMPARED_MAX)
		said->text[said->n++] = text;
	return true;
}

void lend_print_gaps(const struct lend_inventory *first, bool hints)
{
	struct said notes = { 0 }, tips = { 0 };
	size_t lines = 0;

	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv)) {
		for (size_t i = 0; i < inv->n_gaps; i++) {
			if (is_new(&notes, inv->gaps[i].what) && lines++ < GAP_LINES_MAX)
				lend_note(inv->gaps[i].what, NULL);
			if (inv->gaps[i].hint[0] != '\0')
				(void)is_new(&tips, inv->gaps[i].hint);
		}
	}
	if (lines > GAP_LINES_MAX)
		(void)fprintf(stderr,
			      "note: %zu more could not be seen; lend show --json has all\n",
			      lines - GAP_LINES_MAX);
	for (size_t i = 0; hints && i < tips.n && i < GAP_LINES_MAX; i++)
		print_line("hint", tips.text[i]);
}

void lend_put_host(struct lend_buf *out, const struct lend_inventory *first,
		   const struct lend_inventory *inv)
{
	const struct lend_node *host = lend_next_of(inv, LEND_KIND_HOST, NULL);
	const struct lend_fact *name;

	if (lend_next_host(first) == NULL)
		return;
	if (out->len > 0)
		lend_buf_putc(out, '\n');
	name = host == NULL ? NULL : &lend_as_host(host)->hostname;
	if (name != NULL && name->known == LEND_KNOWN)
		lend_buf_put_safe(out, name->v.str, strlen(name->v.str));
	else
		lend_buf_puts(out, host == NULL ? "files" : "a host");
	lend_buf_puts(out, ":\n");
}
