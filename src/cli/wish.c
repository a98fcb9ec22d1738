/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend wish: makes a wish of what runs or of a command line; checks one that is written. */

#include <fcntl.h>
#include <sys/stat.h>

#include "base/err.h"
#include "cli/command.h"
#include "io/out.h"
#include "model/inventory.h"
#include "plan/wish-from-domain.h"

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_ONE, "from", 'f', from, "VM|FILE|-",
		    "make one of a VM that runs, of a QEMU command line, or\n"
		    "of a domain of libvirt, in a file or on standard input"),
	LEND_OPTION(LEND_OPTION_TEXT, "chdir", 'C', chdir, "DIR",
		    "QEMU was started in DIR: relative paths begin there"),
	LEND_OPTION(LEND_OPTION_TEXT, "output", 'o', output, "FILE",
		    "write it to FILE, which must not exist"),
	LEND_OPTION(LEND_OPTION_FLAG, "keys", '\0', keys, NULL,
		    "list the keys of a wish, each with an example"),
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_COMMON,
};

/* "key: EXAMPLE", and behind it what it is for */
static int print_keys(struct lend_err *err)
{
	const char *below = "";
	lend_auto_buf out = { 0 };
	struct lend_wish_key key;

	for (size_t i = 0; lend_wish_key(i, &key); i++) {
		lend_auto_buf pair = { 0 };

		if (strcmp(key.below, below) != 0)
			lend_buf_printf(&out, "\n# below %s\n", key.below);
		below = key.below;
		lend_buf_printf(&pair, "%s:%s%s", key.key, key.example != NULL ? " " : "",
				key.example != NULL ? key.example : "");
		lend_buf_printf(&out, "%-40s # %s\n", pair.text, key.help);
	}
	return lend_out(&out, err) < 0 ? -1 : LEND_EXIT_GOOD;
}

/* To where the user wants it. */
static int put(const struct lend_args *args, const struct lend_wish *wish, const char *comment,
	       struct lend_err *err)
{
	lend_auto_buf text = { 0 };
	lend_auto_buf line = { 0 };

	lend_wish_write(&text, wish, comment);
	if (args->output == NULL)
		return lend_out(&text, err);
	if (lend_out_file_at(AT_FDCWD, args->output, text.text, text.len, err) < 0)
		return -1;
	lend_buf_puts(&line, "saved to ");
	lend_buf_put_safe(&line, args->output, strlen(args->output));
	lend_buf_putc(&line, '\n');
	return lend_out(&line, err);
}

/* ---- a wish that is there already ---- */

static int check(struct lend_arena *arena, const struct lend_args *args, struct lend_err *err)
{
	const char *file = args->sources.n > 0 ? args->sources.items[0] : NULL;
	lend_auto_buf text = { 0 };
	struct lend_wish wish;

	if (args->sources.n != 1) {
		lend_hint(err, "write lend wish FILE, or lend wish --from VM");
		return lend_fail(err, LEND_E_USAGE, "%s",
				 file == NULL ? "no wish is named" : "more than one wish");
	}
	if (lend_in_file(file, LEND_WISH_BYTES_MAX, &text, err) < 0 ||
	    lend_wish_parse(arena, strcmp(file, "-") == 0 ? "standard input" : file,
			    lend_buf_text(&text), text.len, &wish, err) < 0)
		return -1;
	return put(args, &wish, NULL, err) < 0 ? -1 : LEND_EXIT_GOOD;
}

/* ---- one that is made ---- */

/* db1 of "/tmp/db1.sh" */
static const char *stem(struct lend_arena *arena, const char *path)
{
	const char *name = basename(path);
	const size_t n = strcspn(name + (*name == '.'), ".") + (*name == '.');

	return n == 0 ? NULL : lend_arena_strndup(arena, name, n);
}

static int from_file(struct lend_arena *arena, const struct lend_args *args,
		     struct lend_wish_made *ret, struct lend_err *err)
{
	const bool in = strcmp(args->from, "-") == 0;
	const struct lend_wish_from from = { .name = in ? NULL : stem(arena, args->from),
					     .dir = args->chdir };
	struct lend_domain domain;
	struct lend_qemu_args qemu;
	lend_auto_buf text = { 0 };

	if (lend_in_file(args->from, LEND_QEMU_ARGS_BYTES_MAX, &text, err) < 0)
		return -1;
	if (lend_domain_recognise(lend_buf_text(&text), text.len)) {
		if (lend_domain_parse(arena, in ? "standard input" : args->from, text.text,
				      text.len, &domain, err) < 0)
			return -1;
		return lend_wish_from_domain(arena, &domain, ret, err);
	}
	/* As the kernel has it, or as people write it. */
	if (text.len > 0 && memchr(text.text, '\0', text.len) != NULL &&
	    lend_qemu_is_program(text.text))
		lend_qemu_args_parse(arena, text.text, text.len, &qemu);
	else if (lend_qemu_args_parse_text(arena, lend_buf_text(&text), text.len, &qemu, err) <
		 0)
		return lend_where(err, "%s", in ? "standard input" : args->from);
	return lend_wish_from_args(arena, &qemu, &from, ret, err);
}

struct found {
	const struct lend_inventory *inv;
	const struct lend_node *vm;
	bool several;
};

static struct found find_vm(const struct lend_inventory *first, const char *name)
{
	struct found found = { 0 };

	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv)) {
		for (const struct lend_node *node = NULL;
		     (node = lend_next_of(inv, LEND_KIND_VM, node)) != NULL;) {
			if (strcmp(node->name, name) != 0 && strcmp(node->id, name) != 0)
				continue;
			found.several = found.vm != NULL;
			found.vm = node;
			found.inv = inv;
		}
	}
	return found;
}

/* What could not be seen of it, or of all when vm is NULL: how many lines. */
static size_t print_gaps_of(const struct lend_inventory *inv, const char *about, bool hints)
{
	size_t n = 0;

	for (size_t i = 0; i < inv->n_gaps; i++) {
		const struct lend_gap *gap = &inv->gaps[i];

		if (!gap->matters || strcmp(gap->about, about) != 0)
			continue;
		n++;
		lend_note(gap->what, hints && gap->hint[0] != '\0' ? gap->hint : NULL);
	}
	return n;
}

static int not_found(const struct lend_inventory *first, const struct lend_args *args,
		     struct lend_err *err)
{
	size_t n = 0;

	for (const struct lend_inventory *inv = first; inv != NULL; inv = lend_next_host(inv))
		n += print_gaps_of(inv, "proc", !args->no_hints);
	if (n > 0) {
		lend_auto_buf line = { 0 };

		lend_buf_printf(&line, "a VM %s is not seen", args->from);
		lend_note(line.text, NULL);
		return LEND_EXIT_BLIND;
	}
	lend_hint(err, "lend show lists the VMs");
	return lend_fail(err, LEND_E_USAGE, "there is no VM and no file '%.120s'", args->from);
}

/* A regular file, a pipe: something to read from. */
static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode) && !S_ISSOCK(st.st_mode);
}

static int say(const struct lend_args *args, const char *origin,
	       const struct lend_wish_made *made, struct lend_err *err)
{
	struct lend_err why = { 0 };
	lend_auto_buf comment = { 0 };
	lend_auto_buf bad = { 0 };

	lend_buf_puts(&comment, "made from ");
	lend_buf_put_safe(&comment, origin, strlen(origin));
	for (size_t i = 0; i < made->n_notes; i++) {
		lend_buf_printf(&comment, "\n- %s", made->notes[i]);
		if (args->output != NULL)
			lend_note(made->notes[i], NULL);
	}
	if (put(args, &made->wish, comment.text, err) < 0)
		return -1;
	if (lend_wish_check(&made->wish, "it", &why) == 0)
		return made->unread ? LEND_EXIT_BLIND : LEND_EXIT_GOOD;
	lend_buf_printf(&bad, "the wish contradicts itself: %s", why.what);
	lend_note(bad.text, NULL);
	return LEND_EXIT_FINDINGS;
}

static int from_vm(struct lend_arena *arena, const struct lend_args *args,
		   const struct found *found, struct lend_err *err)
{
	const char *origin = lend_arena_printf(arena, "the running VM %s", found->vm->name);
	struct lend_wish_made made;
	int r;

	if (lend_wish_from_vm(arena, found->inv, found->vm, args->chdir, &made, err) < 0)
		return -1;
	r = say(args, origin, &made, err);
	if (r < 0)
		return -1;
	if (print_gaps_of(found->inv, found->vm->id, !args->no_hints) > 0)
		return LEND_EXIT_BLIND;
	return r;
}

/* On standard input. */
static const char *what_it_was(const struct lend_wish_made *made)
{
	return made->wish.hypervisor == LEND_WISH_LIBVIRT ? "a domain" : "a command line";
}

static int make(struct lend_arena *arena, const struct lend_args *args, struct lend_err *err)
{
	static const char *const kinds[] = { "vm", "device", "backend", NULL };
	const bool in = strcmp(args->from, "-") == 0;
	const bool file = in || is_file(args->from);
	lend_auto_inventory *first = NULL;
	struct lend_args looking = *args;
	struct lend_wish_made made;
	struct found found = { 0 };

	/* With a "/" it can be no name.  Of a file only whether a VM is called so matters. */
	looking.no_monitors = file;
	if (!file || (!in && strchr(args->from, '/') == NULL)) {
		if (lend_args_scan(&looking, kinds, &first, err) < 0)
			return -1;
		found = find_vm(first, args->from);
	}
	if (found.several)
		return lend_fail(err, LEND_E_USAGE, "several hosts have a VM '%.120s'",
				 args->from);
	if (found.vm != NULL && file) {
		lend_hint(err, "write ./%.60s for the file, %.60s for the VM", args->from,
			  found.vm->id);
		return lend_fail(err, LEND_E_USAGE, "'%.120s' is a VM, and a file, too",
				 args->from);
	}
	if (found.vm != NULL)
		return from_vm(arena, args, &found, err);
	if (!file)
		return not_found(first, args, err);
	if (from_file(arena, args, &made, err) < 0)
		return -1;
	return say(args, in ? what_it_was(&made) : args->from, &made, err);
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	struct lend_arena arena = { 0 };
	int r;

	if (args->chdir != NULL && args->chdir[0] != '/') {
		lend_hint(err, "write it from / on");
		return lend_fail(err, LEND_E_USAGE, "--chdir '%.120s' is no absolute path",
				 args->chdir);
	}
	if (args->keys)
		return print_keys(err);
	r = args->from == NULL ? check(&arena, args, err) : make(&arena, args, err);
	lend_arena_done(&arena);
	return r;
}

const struct lend_command lend_command_wish = {
	.name = "wish",
	.synopsis = "--from VM|FILE|- [OPTION...] [SOURCE...]\n       lend wish FILE",
	.summary = "write down what a VM is, as a wish; or check one that is written",
	.about =
		"Without --from, FILE is a wish: mistakes are told with line and column, and a\n"
		"good one is printed as lend writes it.  With --from, what no key can say goes\n"
		"word for word into qemu-args; what was left out or changed is said in comments.\n",
	.examples = "  lend wish --from db1\n"
		    "  lend wish --from start-db1.sh -o db1.yaml\n"
		    "  lend wish db1.yaml\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.sources = true,
	.run = run,
};
