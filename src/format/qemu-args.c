/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks the words of a QEMU command line; machine, memory, objects and devices. */

#include "format/qemu-args.h"

#include "base/num.h"
#include "format/qemu-args-parse.h"

enum { ACCEL_MAX = 256 /* bytes; real ones are "kvm:tcg" */ };

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Keeps what an earlier option said when this one does not say it: QEMU merges them. */
static void merge_text(const char **old, const char *new)
{
	if (new != NULL)
		*old = new;
}

static void merge_tri(enum lend_tri *old, enum lend_tri new)
{
	if (new != LEND_TRI_UNSET)
		*old = new;
}

static void merge_u64(struct lend_opt_u64 *old, struct lend_opt_u64 new)
{
	if (new.has)
		*old = new;
}

static void add_accel(struct lend_qemu_parser *p, const char *option, const char *accel)
{
	const char *old = p->out->accel;

	if (accel == NULL)
		return;
	if (strlen(accel) + (old != NULL ? strlen(old) : 0) > ACCEL_MAX)
		lend_qemu_remark(p, LEND_QEMU_CUT, option, "too many accelerators");
	else
		p->out->accel =
			old == NULL ? accel : lend_arena_printf(p->arena, "%s:%s", old, accel);
}

static void take_accel(struct lend_qemu_parser *p, const char *option, const char *value)
{
	struct lend_qemu_opts opts;

	if (lend_qemu_pairs(p, option, value, "accel", &opts))
		add_accel(p, option, lend_qemu_opts_get(&opts, "accel"));
}

static void take_machine(struct lend_qemu_parser *p, const char *option, const char *value)
{
	struct lend_qemu_args *out = p->out;
	struct lend_qemu_opts opts;

	if (!lend_qemu_pairs(p, option, value, "type", &opts))
		return;
	merge_text(&out->machine, lend_qemu_opts_get(&opts, "type"));
	merge_text(&out->nvdimm_persistence, lend_qemu_opts_get(&opts, "nvdimm-persistence"));
	merge_text(&out->memory_backend, lend_qemu_opts_get(&opts, "memory-backend"));
	add_accel(p, option, lend_qemu_opts_get(&opts, "accel"));
	merge_tri(&out->nvdimm, lend_qemu_tri(p, option, &opts, "nvdimm"));
	merge_tri(&out->acpi, lend_qemu_tri(p, option, &opts, "acpi"));
	for (size_t i = 0; i < opts.n; i++) {
		const struct lend_qemu_pair *pair = &opts.pairs[i];

		if (strcmp(pair->key, "nvdimm") == 0 && pair->bare != NULL)
			out->nvdimm_is_bare = true;
		if (strcmp(pair->key, "max-ram-below-4g") == 0 ||
		    starts_with(pair->key, "sgx-epc"))
			out->moves_memory = true;
	}
	/* The machine's own names for what -m says, since QEMU 7.1. */
	merge_u64(&out->ram_bytes, lend_qemu_size(p, option, &opts, "memory.size"));
	merge_u64(&out->slots, lend_qemu_number(p, option, &opts, "memory.slots"));
	merge_u64(&out->maxmem_bytes, lend_qemu_size(p, option, &opts, "memory.max-size"));
}

static void take_memory(struct lend_qemu_parser *p, const char *option, const char *value)
{
	struct lend_qemu_args *out = p->out;
	struct lend_qemu_opts opts;

	if (!lend_qemu_pairs(p, option, value, "size", &opts))
		return;
	merge_u64(&out->ram_bytes, lend_qemu_size_mib(p, option, &opts, "size"));
	merge_u64(&out->slots, lend_qemu_number(p, option, &opts, "slots"));
	merge_u64(&out->maxmem_bytes, lend_qemu_size(p, option, &opts, "maxmem"));
}

static void take_object(struct lend_qemu_parser *p, const char *option, const char *value)
{
	struct lend_qemu_args *out = p->out;
	struct lend_qemu_backend *b;
	struct lend_qemu_opts opts;
	const char *type;

	if (!lend_qemu_pairs(p, option, value, "qom-type", &opts))
		return;
	type = lend_qemu_opts_get(&opts, "qom-type");
	if (type == NULL)
		lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option, "there is no qom-type");
	if (type == NULL || !starts_with(type, "memory-backend-") ||
	    !lend_qemu_has_room(p, out->n_backends, option))
		return;
	b = LEND_PUSH(p->arena, out->backends, out->n_backends, out->cap_backends);
	b->type = type;
	b->id = lend_qemu_opts_get(&opts, "id");
	b->path = lend_qemu_opts_get(&opts, "mem-path");
	b->size = lend_qemu_size(p, option, &opts, "size");
	b->align = lend_qemu_size(p, option, &opts, "align");
	b->offset = lend_qemu_size(p, option, &opts, "offset");
	b->share = lend_qemu_tri(p, option, &opts, "share");
	b->pmem = lend_qemu_tri(p, option, &opts, "pmem");
	b->readonly = lend_qemu_tri(p, option, &opts, "readonly");
	b->prealloc = lend_qemu_tri(p, option, &opts, "prealloc");
	b->discard_data = lend_qemu_tri(p, option, &opts, "discard-data");
	b->hugetlb = lend_qemu_tri(p, option, &opts, "hugetlb");
}

/* addr= is a guest address for DIMMs only; for all others it is a place on their bus. */
static struct lend_opt_u64 guest_address(struct lend_qemu_parser *p, const char *option,
					 const struct lend_qemu_opts *opts, const char *driver)
{
	const char *key = lend_qemu_is_dimm(driver) ? "addr" : "memaddr";

	return lend_qemu_number(p, option, opts, key);
}

static void take_device(struct lend_qemu_parser *p, const char *option, const char *value)
{
	struct lend_qemu_args *out = p->out;
	struct lend_qemu_device *d;
	struct lend_qemu_opts opts;
	const char *driver;

	if (!lend_qemu_pairs(p, option, value, "driver", &opts))
		return;
	driver = lend_qemu_opts_get(&opts, "driver");
	if (driver == NULL)
		lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option, "there is no driver");
	if (driver == NULL || !lend_qemu_has_room(p, out->n_devices, option))
		return;
	d = LEND_PUSH(p->arena, out->devices, out->n_devices, out->cap_devices);
	d->driver = driver;
	d->json = value[0] == '{';
	d->id = lend_qemu_opts_get(&opts, "id");
	d->memdev = lend_qemu_opts_get(&opts, "memdev");
	d->bus = lend_qemu_opts_get(&opts, "bus");
	d->addr = lend_qemu_opts_get(&opts, "addr");
	d->uuid = lend_qemu_opts_get(&opts, "uuid");
	d->host = lend_qemu_opts_get(&opts, "host");
	d->sysfsdev = lend_qemu_opts_get(&opts, "sysfsdev");
	d->chardev = lend_qemu_opts_get(&opts, "chardev");
	d->name = lend_qemu_opts_get(&opts, "name");
	/* Other devices have numbers of other kinds under the same keys. */
	if (d->memdev == NULL)
		return;
	d->address = guest_address(p, option, &opts, driver);
	d->slot = lend_qemu_number(p, option, &opts, "slot");
	d->label_bytes = lend_qemu_size(p, option, &opts, "label-size");
	d->node = lend_qemu_number(p, option, &opts, "node");
	d->unarmed = lend_qemu_tri(p, option, &opts, "unarmed");
}

static void take_name(struct lend_qemu_parser *p, const char *option, const char *value)
{
	struct lend_qemu_opts opts;

	if (lend_qemu_pairs(p, option, value, "guest", &opts))
		merge_text(&p->out->name, lend_qemu_opts_get(&opts, "guest"));
}

static void take_cpu(struct lend_qemu_parser *p, const char *option, const char *value)
{
	(void)option;
	p->out->cpu = value;
}

static void take_uuid(struct lend_qemu_parser *p, const char *option, const char *value)
{
	(void)option;
	p->out->uuid = value;
}

static void take_readconfig(struct lend_qemu_parser *p, const char *option, const char *value)
{
	p->out->has_readconfig = true;
	lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option,
			 "what the file %.60s says is not looked at", value);
}

static void take_set(struct lend_qemu_parser *p, const char *option, const char *value)
{
	lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option,
			 "\"%.60s\" changes another option; that is not followed", value);
}

/* Nothing of a drive is kept, but recipes for old QEMUs are known by "readonly" in it. */
static void take_drive(struct lend_qemu_parser *p, const char *option, const char *value)
{
	struct lend_qemu_opts opts;

	(void)lend_qemu_pairs(p, option, value, NULL, &opts);
}

static void flag_nodefaults(struct lend_qemu_parser *p, const char *option, const char *value)
{
	(void)option;
	(void)value;
	p->out->nodefaults = true;
}

static void flag_no_acpi(struct lend_qemu_parser *p, const char *option, const char *value)
{
	(void)option;
	(void)value;
	p->out->acpi = LEND_TRI_OFF;
}

static void flag_kvm(struct lend_qemu_parser *p, const char *option, const char *value)
{
	(void)value;
	add_accel(p, option, "kvm");
}

static void flag_s(struct lend_qemu_parser *p, const char *option, const char *value)
{
	(void)value;
	lend_qemu_take_gdb(p, option, "tcp::1234");
}

/*
 * Options without a value.  Everything that is not here takes the next word,
 * as nearly all of QEMU's options do (qemu-options.hx, without HAS_ARG);
 * those that left QEMU years ago are still on old command lines.
 */
static const struct option {
	const char *name;
	lend_qemu_handler *take; /* NULL: nothing to see */
} flags[] = {
	{ "-S", NULL },
	{ "-alt-grab", NULL },
	{ "-audio-help", NULL },
	{ "-ctrl-grab", NULL },
	{ "-curses", NULL },
	{ "-daemonize", NULL },
	{ "-disable-kvm", NULL },
	{ "-enable-fips", NULL },
	{ "-enable-hax", NULL },
	{ "-enable-kvm", flag_kvm },
	{ "-enable-nesting", NULL },
	{ "-enable-sync-profile", NULL },
	{ "-full-screen", NULL },
	{ "-h", NULL },
	{ "-help", NULL },
	{ "-jitdump", NULL },
	{ "-kernel-kqemu", NULL },
	{ "-localtime", NULL },
	{ "-mem-prealloc", NULL },
	{ "-no-acpi", flag_no_acpi },
	{ "-no-fd-bootchk", NULL },
	{ "-no-frame", NULL },
	{ "-no-hpet", NULL },
	{ "-no-kqemu", NULL },
	{ "-no-kvm", NULL },
	{ "-no-kvm-irqchip", NULL },
	{ "-no-kvm-pit", NULL },
	{ "-no-kvm-pit-reinjection", NULL },
	{ "-no-quit", NULL },
	{ "-no-reboot", NULL },
	{ "-no-shutdown", NULL },
	{ "-no-user-config", NULL },
	{ "-nodefaults", flag_nodefaults },
	{ "-nodefconfig", NULL },
	{ "-nographic", NULL },
	{ "-old-param", NULL },
	{ "-only-migratable", NULL },
	{ "-perfmap", NULL },
	{ "-portrait", NULL },
	{ "-preconfig", NULL },
	{ "-rtc-td-hack", NULL },
	{ "-s", flag_s },
	{ "-sdl", NULL },
	{ "-semihosting", NULL },
	{ "-show-cursor", NULL },
	{ "-singlestep", NULL },
	{ "-snapshot", NULL },
	{ "-std-vga", NULL },
	{ "-tdf", NULL },
	{ "-usb", NULL },
	{ "-version", NULL },
	{ "-win2k-hack", NULL },
	{ "-xen-attach", NULL },
	{ "-xen-domid-restrict", NULL },
};

/* Those that are read, and those whose value may well start with a dash. */
static const struct option options[] = {
	{ "-M", take_machine },
	{ "-accel", take_accel },
	{ "-append", NULL },
	{ "-bios", NULL },
	{ "-cdrom", NULL },
	{ "-chardev", lend_qemu_take_chardev },
	{ "-cpu", take_cpu },
	{ "-device", take_device },
	{ "-drive", take_drive },
	{ "-dtb", NULL },
	{ "-fw_cfg", NULL },
	{ "-gdb", lend_qemu_take_gdb },
	{ "-hda", NULL },
	{ "-initrd", NULL },
	{ "-kernel", NULL },
	{ "-m", take_memory },
	{ "-machine", take_machine },
	{ "-mon", lend_qemu_take_mon },
	{ "-monitor", lend_qemu_take_monitor },
	{ "-name", take_name },
	{ "-object", take_object },
	{ "-parallel", lend_qemu_take_parallel },
	{ "-pidfile", NULL },
	{ "-prom-env", NULL },
	{ "-qmp", lend_qemu_take_monitor },
	{ "-qmp-pretty", lend_qemu_take_monitor },
	{ "-readconfig", take_readconfig },
	{ "-serial", lend_qemu_take_serial },
	{ "-set", take_set },
	{ "-uuid", take_uuid },
};

/* All begin with a dash.  Every word of every QEMU is looked up, mostly several times. */
static const struct option *look_up(const struct option *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (table[i].name[1] == name[1] && strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

/* The option that word begins, with its value taken from w; the row of a table when there is
 * one. */
static const struct option *split(const char *word, struct lend_qemu_words *w,
				  struct lend_qemu_option *ret)
{
	const char *name = starts_with(word, "--") ? word + 1 : word;
	const struct option *row = look_up(flags, LEND_COUNT(flags), name);

	*ret = (struct lend_qemu_option){ .name = row != NULL ? row->name : name };
	if (row != NULL)
		return row;
	row = look_up(options, LEND_COUNT(options), name);
	/* Of an option nobody knows: a word with a dash is rather the next option. */
	if (row != NULL)
		ret->name = row->name;
	else if (name[1] == '\0' || (w->at < w->end && *w->at == '-'))
		return NULL;
	ret->value = lend_qemu_next_word(w);
	ret->cut = ret->value == NULL;
	return row;
}

static void take_option(struct lend_qemu_parser *p, const char *word, struct lend_qemu_words *w)
{
	struct lend_qemu_option option;
	const struct option *row = split(word, w, &option);

	if (row == NULL || row->take == NULL)
		return;
	if (option.cut)
		lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option.name,
				 "the value is missing: the command line ends here");
	else
		row->take(p, option.name, option.value != NULL ? option.value : "");
}

bool lend_qemu_args_next(const struct lend_qemu_args *args, size_t *at,
			 struct lend_qemu_option *ret)
{
	struct lend_qemu_words w;
	const char *word;

	if (*at >= args->words_len) /* of a domain there may be no words at all */
		return false;
	w = (struct lend_qemu_words){ .at = args->words + *at,
				      .end = args->words + args->words_len };
	word = lend_qemu_next_word(&w);
	if (word == NULL)
		return false;
	if (*word == '-')
		(void)split(word, &w, ret);
	else
		*ret = (struct lend_qemu_option){ .value = word };
	*at = (size_t)(w.at - args->words);
	return true;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

bool lend_qemu_is_program(const char *path)
{
	static const char deleted[] = " (deleted)";
	const char *name = basename(path);
	size_t len = strlen(name);

	if (len > strlen(deleted) && strcmp(name + len - strlen(deleted), deleted) == 0)
		len -= strlen(deleted);
	/* Wrapped programs are hidden files in some distributions. */
	if (*name == '.') {
		name++;
		len--;
	}
	return starts_with(name, "qemu-system-") || is_word(name, len, "qemu-kvm") ||
	       is_word(name, len, "kvm") || is_word(name, len, "qemu");
}

bool lend_qemu_args_is_x86(const struct lend_qemu_args *args)
{
	const char *name = args->argv0 == NULL ? "" : basename(args->argv0);

	return !starts_with(name, "qemu-system-") || strstr(name, "x86_64") != NULL ||
	       strstr(name, "i386") != NULL;
}

void lend_qemu_args_parse(struct lend_arena *arena, const char *bytes, size_t len,
			  struct lend_qemu_args *ret)
{
	struct lend_qemu_parser p = { .arena = arena, .out = ret };
	struct lend_qemu_words w;
	const char *word;

	*ret = (struct lend_qemu_args){ 0 };
	if (len > LEND_QEMU_ARGS_BYTES_MAX) {
		len = LEND_QEMU_ARGS_BYTES_MAX;
		lend_qemu_remark(&p, LEND_QEMU_CUT, "", "the command line is too long");
	}
	w.at = lend_arena_strndup(arena, len > 0 ? bytes : "", len);
	w.end = w.at + len;
	word = lend_qemu_next_word(&w);
	if (word == NULL || *word == '\0') {
		w.end = w.at; /* no program, no options */
		word = NULL;
	}
	ret->argv0 = word;
	/* Behind a last word without its NUL is nothing, not even the end. */
	ret->words = w.at < w.end ? w.at : w.end;
	ret->words_len = (size_t)(w.end - ret->words);
	while ((word = lend_qemu_next_word(&w)) != NULL) {
		/* The others are disk images. */
		if (*word == '-')
			take_option(&p, word, &w);
	}
	lend_qemu_resolve_chardevs(&p);
}

const struct lend_qemu_backend *lend_qemu_args_backend(const struct lend_qemu_args *args,
						       const char *id)
{
	for (size_t i = 0; id != NULL && i < args->n_backends; i++) {
		if (args->backends[i].id != NULL && strcmp(args->backends[i].id, id) == 0)
			return &args->backends[i];
	}
	return NULL;
}
