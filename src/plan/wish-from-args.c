/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes a command line apart, lets each part say what it can, and gathers
 * what nobody took.
 */

#include "plan/wish-from-args.h"

#include <stdarg.h>

#include "base/ascii.h"
#include "base/err.h"
#include "format/wish-yaml-rows.h"
#include "plan/wish-from-parts.h"

enum {
	OPTIONS_MAX = 16384,
	NOTES_MAX = 64,
	VM_NAME_MAX = 63,
};

/* What is read here.  implied: the key of a value without one; "" where a value is no pairs. */
static const struct row {
	const char *name;
	enum lend_wish_part part;
	const char *implied;
} rows[] = {
	{ "-M", LEND_WISH_PART_MACHINE, "type" },
	{ "-S", LEND_WISH_PART_OWN, "" },
	{ "-accel", LEND_WISH_PART_ACCEL, "accel" },
	{ "-append", LEND_WISH_PART_SINGLE, "" },
	{ "-bios", LEND_WISH_PART_SINGLE, "" },
	{ "-blockdev", LEND_WISH_PART_BLOCKDEV, "driver" },
	{ "-boot", LEND_WISH_PART_BOOT, "order" },
	{ "-cdrom", LEND_WISH_PART_IMAGE, "" },
	{ "-chardev", LEND_WISH_PART_CHARDEV, "backend" },
	{ "-cpu", LEND_WISH_PART_SINGLE, "" },
	{ "-daemonize", LEND_WISH_PART_OWN, "" },
	{ "-device", LEND_WISH_PART_DEVICE, "driver" },
	{ "-display", LEND_WISH_PART_OWN, "" },
	{ "-drive", LEND_WISH_PART_DRIVE, NULL },
	{ "-enable-kvm", LEND_WISH_PART_ACCEL, "" },
	{ "-hda", LEND_WISH_PART_IMAGE, "" },
	{ "-hdb", LEND_WISH_PART_IMAGE, "" },
	{ "-hdc", LEND_WISH_PART_IMAGE, "" },
	{ "-hdd", LEND_WISH_PART_IMAGE, "" },
	{ "-incoming", LEND_WISH_PART_OWN, "" },
	{ "-initrd", LEND_WISH_PART_SINGLE, "" },
	{ "-kernel", LEND_WISH_PART_SINGLE, "" },
	{ "-m", LEND_WISH_PART_MEMORY, "size" },
	{ "-machine", LEND_WISH_PART_MACHINE, "type" },
	{ "-mon", LEND_WISH_PART_MONITOR, "chardev" },
	{ "-monitor", LEND_WISH_PART_MONITOR, "" },
	{ "-name", LEND_WISH_PART_NAME, "guest" },
	{ "-net", LEND_WISH_PART_NET, "type" },
	{ "-netdev", LEND_WISH_PART_NET, "type" },
	{ "-nic", LEND_WISH_PART_NET, "type" },
	{ "-no-acpi", LEND_WISH_PART_OWN, "" },
	{ "-no-user-config", LEND_WISH_PART_OWN, "" },
	{ "-nodefaults", LEND_WISH_PART_OWN, "" },
	{ "-nographic", LEND_WISH_PART_OWN, "" },
	{ "-numa", LEND_WISH_PART_NUMA, "type" },
	{ "-object", LEND_WISH_PART_OBJECT, "qom-type" },
	{ "-parallel", LEND_WISH_PART_SERIAL, "" },
	{ "-pidfile", LEND_WISH_PART_OWN, "" },
	{ "-preconfig", LEND_WISH_PART_OWN, "" },
	{ "-qmp", LEND_WISH_PART_MONITOR, "" },
	{ "-qmp-pretty", LEND_WISH_PART_MONITOR, "" },
	{ "-serial", LEND_WISH_PART_SERIAL, "" },
	{ "-smp", LEND_WISH_PART_SMP, "cpus" },
	{ "-uuid", LEND_WISH_PART_SINGLE, "" },
	{ "-vnc", LEND_WISH_PART_SINGLE, "" },
};

static int compare_row(const void *name, const void *row)
{
	return strcmp(name, ((const struct row *)row)->name);
}

static const struct row *row_of(const char *name)
{
	return bsearch(name, rows, LEND_COUNT(rows), sizeof(*rows), compare_row);
}

/* ---- tools of the parts ---- */

const char *lend_wish_get(const struct lend_wish_item *item, const char *key)
{
	return lend_qemu_opts_get(&item->opts, key);
}

bool lend_wish_is_one_of(const char *key, const char *keys)
{
	const size_t len = strlen(key);

	while (*keys != '\0') {
		const size_t n = strcspn(keys, " ");

		if (n == len && memcmp(keys, key, len) == 0)
			return true;
		keys += n + strspn(keys + n, " ");
	}
	return false;
}

bool lend_wish_has_only(const struct lend_wish_item *item, const char *keys)
{
	for (size_t i = 0; i < item->opts.n; i++) {
		if (!lend_wish_is_one_of(item->opts.pairs[i].key, keys))
			return false;
	}
	return item->is_pairs;
}

/* The pairs whose keys are none of these, as a value; NULL when there are none. */
static const char *other_pairs(struct lend_wish_maker *m, const struct lend_wish_item *item,
			       const char *keys)
{
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < item->opts.n; i++) {
		const struct lend_qemu_pair *pair = &item->opts.pairs[i];

		if (!lend_wish_is_one_of(pair->key, keys))
			lend_qemu_opts_put(&out, pair->key, pair->value);
	}
	return out.len == 0 ? NULL : lend_arena_strdup(m->arena, out.text);
}

void lend_wish_say(struct lend_wish_maker *m, struct lend_wish_item *item, const char *keys)
{
	item->out->fate = LEND_WISH_SAID;
	item->out->rest = keys == NULL ? NULL : other_pairs(m, item, keys);
}

void lend_wish_leave_out(struct lend_wish_item *item)
{
	item->out->fate = LEND_WISH_LEFT_OUT;
}

bool lend_wish_is_open(const struct lend_wish_item *item)
{
	return item->out->fate == LEND_WISH_VERBATIM;
}

void lend_wish_note(struct lend_wish_maker *m, const char *fmt, ...)
{
	struct lend_wish_made *out = m->out;
	lend_auto_buf text = { 0 };
	lend_auto_buf safe = { 0 };
	va_list ap;

	if (out->n_notes == NOTES_MAX)
		return;
	va_start(ap, fmt);
	lend_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	lend_buf_put_safe(&safe, text.text, text.len);
	*LEND_PUSH(m->arena, out->notes, out->n_notes, out->cap_notes) =
		lend_arena_strdup(m->arena, safe.text);
}

bool lend_wish_is_text(const char *text)
{
	size_t len = strlen(text);

	for (size_t n; len > 0; text += n, len -= n) {
		n = lend_utf8_len(text, len);
		if (n == 0)
			return false;
	}
	return true;
}

/* "nbd:unix:/x", "json:{...}", "http://...": no file of that name. */
static bool has_protocol(const char *path)
{
	const size_t n = strcspn(path, ":/");

	return n > 0 && path[n] == ':';
}

const char *lend_wish_path(struct lend_wish_maker *m, const char *path)
{
	const char *whole = path;

	if (path == NULL || *path == '\0' || has_protocol(path) || !lend_wish_is_text(path))
		return NULL;
	if (*path != '/' && m->from->dir == NULL) {
		if (m->relative == NULL)
			m->relative = path;
		return NULL;
	}
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	if (*path != '/') {
		m->dir_used = true;
		whole = lend_arena_printf(
			m->arena, "%s%s%s", m->from->dir,
			m->from->dir[strlen(m->from->dir) - 1] == '/' ? "" : "/", path);
	}
	return lend_wish_check_path(m->arena, &whole, NULL) < 0 ? NULL : whole;
}

enum lend_tri lend_wish_switch(const struct lend_wish_item *item, const char *key)
{
	const char *value = lend_wish_get(item, key);

	if (value == NULL)
		return LEND_TRI_UNSET;
	if (lend_wish_is_one_of(value, "on yes true y"))
		return LEND_TRI_ON;
	return lend_wish_is_one_of(value, "off no false n") ? LEND_TRI_OFF : LEND_TRI_UNSET;
}

struct lend_wish_item *lend_wish_last(struct lend_wish_maker *m, const char *name)
{
	struct lend_wish_item *last = NULL;

	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (item->part != LEND_WISH_PART_SINGLE || strcmp(item->name, name) != 0)
			continue;
		if (last != NULL) {
			lend_wish_note(m, "left out: %s %s, because another one comes later",
				       name, last->value);
			lend_wish_leave_out(last);
		}
		last = item;
	}
	return last;
}

/* ---- ids ---- */

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct lend_wish_id *)a)->id,
		      ((const struct lend_wish_id *)b)->id);
}

static void add_id(struct lend_wish_maker *m, struct lend_wish_ids *ids, const char *id,
		   struct lend_wish_item *item)
{
	if (id != NULL)
		*LEND_PUSH(m->arena, ids->rows, ids->n, ids->cap) =
			(struct lend_wish_id){ .id = id, .item = item };
}

void lend_wish_sort_ids(struct lend_wish_ids *ids)
{
	if (ids->n > 0)
		qsort(ids->rows, ids->n, sizeof(*ids->rows), compare_ids);
}

bool lend_wish_has_id(const struct lend_wish_ids *ids, const char *id)
{
	const struct lend_wish_id key = { .id = id };

	return ids->n > 0 &&
	       bsearch(&key, ids->rows, ids->n, sizeof(*ids->rows), compare_ids) != NULL;
}

struct lend_wish_item *lend_wish_find(const struct lend_wish_ids *ids, const char *id)
{
	const struct lend_wish_id key = { .id = id };
	const struct lend_wish_id *row;

	if (id == NULL || ids->n == 0)
		return NULL;
	row = bsearch(&key, ids->rows, ids->n, sizeof(*ids->rows), compare_ids);
	if (row == NULL || !lend_wish_is_open(row->item) ||
	    (row > ids->rows && strcmp(row[-1].id, id) == 0) ||
	    (row + 1 < ids->rows + ids->n && strcmp(row[1].id, id) == 0))
		return NULL;
	return row->item;
}

static void index_ids(struct lend_wish_maker *m)
{
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (item->part == LEND_WISH_PART_OBJECT)
			add_id(m, &m->objects, lend_wish_get(item, "id"), item);
		else if (item->part == LEND_WISH_PART_BLOCKDEV)
			add_id(m, &m->blocks, lend_wish_get(item, "node-name"), item);
		else if (item->part == LEND_WISH_PART_DRIVE)
			add_id(m, &m->blocks, lend_wish_get(item, "id"), item);
	}
	lend_wish_sort_ids(&m->objects);
	lend_wish_sort_ids(&m->blocks);
}

/* ---- taking apart ---- */

static void read_pairs(struct lend_wish_maker *m, struct lend_wish_item *item,
		       const char *implied)
{
	if (implied != NULL && *implied == '\0')
		return;
	if (lend_qemu_opts_parse(m->arena, item->value, implied, &item->opts, NULL) < 0)
		return;
	item->is_pairs = !item->opts.partial;
	for (size_t i = 0; i < item->opts.n; i++)
		item->old_spelling |= item->opts.pairs[i].bare != NULL;
}

static int take_apart(struct lend_wish_maker *m, struct lend_err *err)
{
	const struct lend_qemu_args *args = m->args;
	struct lend_wish_made *out = m->out;
	struct lend_qemu_option option;
	size_t n = 0, n_devices = 0;

	for (size_t at = 0; lend_qemu_args_next(args, &at, &option);)
		n++;
	if (n > OPTIONS_MAX)
		return lend_fail(err, LEND_E_FORMAT,
				 "the command line has %zu options, more than %d", n,
				 OPTIONS_MAX);
	out->options = lend_arena_array(m->arena, n + 1, sizeof(*out->options));
	m->items = lend_arena_array(m->arena, n + 1, sizeof(*m->items));
	for (size_t at = 0; lend_qemu_args_next(args, &at, &option);) {
		struct lend_wish_item *item = &m->items[m->n_items++];
		const struct row *row = option.name == NULL ? NULL : row_of(option.name);

		item->out = &out->options[out->n_options++];
		item->out->option = option;
		item->name = option.name != NULL ? option.name : "";
		item->value = option.value != NULL ? option.value : "";
		if (option.name == NULL)
			item->part = LEND_WISH_PART_IMAGE;
		if (row == NULL || option.cut)
			continue;
		item->part = row->part;
		read_pairs(m, item, row->implied);
		/* As the parser counts them. */
		if (row->part == LEND_WISH_PART_DEVICE &&
		    lend_wish_get(item, "driver") != NULL && n_devices < args->n_devices)
			item->device = &args->devices[n_devices++];
	}
	index_ids(m);
	return 0;
}

/* ---- putting together ---- */

static int push_arg(struct lend_wish_maker *m, const char *word, struct lend_err *err)
{
	struct lend_wish *wish = m->wish;

	if (wish->n_qemu_args == LEND_WISH_ARGS_MAX)
		return lend_fail(err, LEND_E_FORMAT,
				 "more than %d arguments are left for qemu-args",
				 LEND_WISH_ARGS_MAX);
	/* YAML has no other bytes. */
	if (!lend_wish_is_text(word))
		return lend_fail(err, LEND_E_FORMAT, "the argument '%.120s' is no UTF-8", word);
	*LEND_PUSH(m->arena, wish->qemu_args, wish->n_qemu_args, wish->cap_qemu_args) = word;
	return 0;
}

/* Which keys of it are paths of files; "" when none is. */
static const char *path_keys(const struct lend_wish_item *item)
{
	switch (item->part) {
	case LEND_WISH_PART_DRIVE:
		return "file";
	case LEND_WISH_PART_BLOCKDEV:
		return "filename file.filename";
	case LEND_WISH_PART_OBJECT:
		return "mem-path";
	case LEND_WISH_PART_CHARDEV:
		return lend_wish_get(item, "abstract") == NULL ? "path" : "";
	default:
		return "";
	}
}

/* lend starts QEMU elsewhere. */
static bool make_absolute(struct lend_wish_maker *m, struct lend_wish_item *item)
{
	const char *keys = path_keys(item);
	bool changed = false;

	for (size_t i = 0; i < item->opts.n; i++) {
		struct lend_qemu_pair *pair = &item->opts.pairs[i];
		const char *path;

		if (*pair->value == '/' || !lend_wish_is_one_of(pair->key, keys))
			continue;
		path = lend_wish_path(m, pair->value);
		if (path == NULL)
			continue;
		pair->value = path;
		changed = true;
	}
	return changed;
}

/* An old spelling in today's words, since QEMU refuses some of them; relative paths. */
static void respell(struct lend_wish_maker *m, struct lend_wish_item *item)
{
	const char *path;
	bool moved;

	if (item->out->rest != NULL)
		return;
	if (item->part == LEND_WISH_PART_IMAGE && *item->value != '/') {
		path = lend_wish_path(m, item->value);
		item->out->rest = path;
		return;
	}
	moved = make_absolute(m, item);
	if (!moved && !item->old_spelling)
		return;
	if (*item->value == '{') {
		lend_wish_note(m, "%s %s has a path that is relative to %s", item->name,
			       item->value, m->from->dir);
		return;
	}
	item->out->rest = other_pairs(m, item, "");
	for (size_t i = 0; i < item->opts.n; i++) {
		const struct lend_qemu_pair *pair = &item->opts.pairs[i];

		if (pair->bare != NULL)
			lend_wish_note(m, "%s: '%.60s' is an old spelling, now %.60s=%s",
				       item->name, pair->bare, pair->key, pair->value);
	}
}

static int gather(struct lend_wish_maker *m, struct lend_err *err)
{
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		const char *value = item->out->option.value;

		if (item->out->fate == LEND_WISH_LEFT_OUT ||
		    (item->out->fate == LEND_WISH_SAID && item->out->rest == NULL))
			continue;
		respell(m, item);
		if (item->out->rest != NULL)
			value = item->out->rest;
		if (*item->name != '\0' && push_arg(m, item->name, err) < 0)
			return -1;
		if (value != NULL && push_arg(m, value, err) < 0)
			return -1;
	}
	return 0;
}

/* What nobody understood may be anything. */
static void tell_unread(struct lend_wish_maker *m)
{
	for (size_t i = 0; i < m->args->n_remarks; i++) {
		const struct lend_qemu_remark *remark = &m->args->remarks[i];

		if (remark->kind == LEND_QEMU_OLD_SPELLING)
			continue;
		m->out->unread = true;
		if (strcmp(remark->option, "-set") != 0 &&
		    strcmp(remark->option, "-readconfig") != 0)
			lend_wish_note(m, "not understood: %s%s%s", remark->option,
				       *remark->option != '\0' ? ": " : "", remark->text);
	}
}

/* What is not followed, and what will not work a second time. */
static void warn(struct lend_wish_maker *m)
{
	tell_unread(m);
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (!lend_wish_is_open(item))
			continue;
		if (strcmp(item->name, "-readconfig") == 0)
			lend_wish_note(m,
				       "what the file of -readconfig %s says is not looked at",
				       item->value);
		if (strcmp(item->name, "-set") == 0)
			lend_wish_note(m,
				       "-set %s changes another option; the keys do not know",
				       item->value);
		if (lend_wish_get(item, "fd") != NULL || lend_wish_get(item, "fds") != NULL ||
		    strcmp(item->name, "-add-fd") == 0)
			lend_wish_note(
				m, "%s %s has a file descriptor of who started it: change it",
				item->name, item->value);
	}
}

/* A name that a wish can have. */
static void name_vm(struct lend_wish_maker *m)
{
	const char *name = m->args->name;
	const char *clean;
	char *copy;

	if (name == NULL || *name == '\0')
		name = m->from->name;
	if (name == NULL || *name == '\0')
		name = "vm1";
	copy = lend_arena_strndup(m->arena, name, strnlen(name, VM_NAME_MAX));
	for (char *p = copy; *p != '\0'; p++) {
		if (!lend_ascii_is_alpha(*p) && !lend_ascii_is_digit(*p) &&
		    strchr("-_.", *p) == NULL)
			*p = '-';
	}
	if (!lend_ascii_is_alpha(*copy) && !lend_ascii_is_digit(*copy))
		*copy = 'x';
	clean = copy;
	m->wish->vm = clean;
	if (strcmp(clean, name) != 0)
		lend_wish_note(m, "the name '%s' is not one for a wish: it became %s", name,
			       clean);
	else if (m->args->name == NULL || *m->args->name == '\0')
		lend_wish_note(m, "the VM has no -name: it is called %s here", clean);
}

static void name_program(struct lend_wish_maker *m)
{
	const char *argv0 = m->args->argv0;
	const char *path = argv0;

	if (argv0 == NULL || strcmp(argv0, "qemu-system-x86_64") == 0 ||
	    strcmp(argv0, "/usr/bin/qemu-system-x86_64") == 0)
		return;
	if (strchr(argv0, '/') != NULL)
		path = lend_wish_path(m, argv0);
	if (path != NULL && lend_wish_is_text(path) &&
	    lend_wish_check_program(m->arena, &path, NULL) == 0)
		m->wish->qemu = path;
	else
		lend_wish_note(m, "the program %s is not one for a wish", argv0);
}

int lend_wish_from_args(struct lend_arena *arena, const struct lend_qemu_args *args,
			const struct lend_wish_from *from, struct lend_wish_made *ret,
			struct lend_err *err)
{
	static void (*const parts[])(struct lend_wish_maker *) = {
		name_vm,
		name_program,
		lend_wish_from_firmware,
		lend_wish_from_numa,
		lend_wish_from_pmem,
		lend_wish_from_machine,
		lend_wish_from_disks,
		lend_wish_from_network,
		lend_wish_from_boot,
		lend_wish_from_pci,
		lend_wish_from_sockets,
		warn,
	};
	struct lend_wish_made made = { 0 };
	struct lend_wish_maker m = {
		.arena = arena, .args = args, .from = from, .out = &made, .wish = &made.wish
	};

	if (take_apart(&m, err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(parts); i++)
		parts[i](&m);
	if (gather(&m, err) < 0)
		return -1;
	if (m.dir_used)
		lend_wish_note(&m, "relative paths begin at %s", from->dir);
	if (m.relative != NULL) {
		lend_hint(err, "say where it was started: --chdir DIR");
		return lend_fail(
			err, LEND_E_USAGE,
			"'%.120s' is relative to where QEMU was started, which is not known",
			m.relative);
	}
	*ret = made;
	return 0;
}
