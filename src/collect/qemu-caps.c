/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a QEMU program can do, by asking it.
 *
 * Asks  the program itself, without a guest: over QMP on its standard input
 *       and output; a trial guest of firmware alone, which reboots as it finds
 *       nothing to boot, and so ends its QEMU
 * Adds  qemu/PROGRAM
 *
 * It takes a tenth of a second, so this host's answers are kept for as long as
 * the program stays the same file; that KVM works, for as long as the host runs.
 */

#include <inttypes.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/num.h"
#include "collect/collect.h"
#include "io/cache.h"
#include "model/kind-qemu.h"
#include "model/qemu-caps.h"

static const struct lend_ask ask_stat = { .via = LEND_VIA_STAT, .key = "%p" };
static const struct lend_ask ask_changed = { .via = LEND_VIA_SPACE,
					     .key = "%p",
					     .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask ask_boot = { .via = LEND_VIA_FILE,
					  .key = "proc/sys/kernel/random/boot_id" };
static const struct lend_ask ask_program = {
	.via = LEND_VIA_RUN,
	.key = "%s -machine none -nodefaults -display none -qmp stdio",
	.limit_bytes = 4 << 20,
	.input = "{\"execute\":\"qmp_capabilities\"}\n"
		 "{\"execute\":\"query-version\",\"id\":\"version\"}\n"
		 "{\"execute\":\"qom-list-properties\",\"id\":\"backend\","
		 "\"arguments\":{\"typename\":\"memory-backend-file\"}}\n"
		 "{\"execute\":\"device-list-properties\",\"id\":\"device\","
		 "\"arguments\":{\"typename\":\"nvdimm\"}}\n"
		 "{\"execute\":\"query-machines\",\"id\":\"machines\"}\n"
		 "{\"execute\":\"query-cpu-definitions\",\"id\":\"cpus\"}\n"
		 "{\"execute\":\"quit\"}\n"
};
/* The properties of a machine belong to one that is there. */
static const struct lend_ask ask_machine = {
	.via = LEND_VIA_RUN,
	.key = "%s -machine %s,accel=tcg:kvm -S -m 128 -nodefaults -display none -qmp stdio",
	.limit_bytes = 1 << 20,
	.input = "{\"execute\":\"qmp_capabilities\"}\n"
		 "{\"execute\":\"qom-list\",\"id\":\"machine\","
		 "\"arguments\":{\"path\":\"/machine\"}}\n"
		 "{\"execute\":\"qom-get\",\"id\":\"type\","
		 "\"arguments\":{\"path\":\"/machine\",\"property\":\"type\"}}\n"
		 "{\"execute\":\"quit\"}\n"
};
/* Nobody is there at port 1: it fails either way, and says how. */
static const struct lend_ask ask_http = {
	.via = LEND_VIA_RUN,
	.key = "%s -machine none -nodefaults -display none -drive "
	       "if=none,file=http://127.0.0.1:1/x,format=raw,readonly=on",
};
static const struct lend_ask ask_kvm = {
	.via = LEND_VIA_RUN,
	.key = "%s -machine pc,accel=kvm -m 16 -nodefaults -display none "
	       "-boot reboot-timeout=1 -no-reboot",
	.deadline_ms = 3000,
};

/* Where io/run.c looks for programs. */
static const char *const folders[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
				       "/usr/bin",        "/sbin",          "/bin" };

/* ---- what QEMU said ---- */

static enum lend_tri has_property(const struct lend_json *list, const char *name)
{
	for (size_t i = 0; i < lend_json_count(list); i++) {
		const char *is = lend_json_str(lend_json_get(lend_json_at(list, i), "name"));

		if (is != NULL && strcmp(is, name) == 0)
			return LEND_TRI_ON;
	}
	return list == NULL ? LEND_TRI_UNSET : LEND_TRI_OFF;
}

static void add_name(struct lend_buf *out, const char *name)
{
	if (name == NULL || strchr(name, ',') != NULL || strchr(name, '\n') != NULL)
		return;
	if (out->len > 0)
		lend_buf_putc(out, ',');
	lend_buf_puts(out, name);
}

/* "alias", too: "q35" is one. */
static const char *names(struct lend_arena *arena, const struct lend_json *list)
{
	lend_auto_buf text = { 0 };

	for (size_t i = 0; i < lend_json_count(list); i++) {
		add_name(&text, lend_json_str(lend_json_get(lend_json_at(list, i), "name")));
		add_name(&text, lend_json_str(lend_json_get(lend_json_at(list, i), "alias")));
	}
	return text.len == 0 ? NULL : lend_arena_strdup(arena, text.text);
}

static const char *version(struct lend_arena *arena, const struct lend_json *value)
{
	const struct lend_json *q = lend_json_get(value, "qemu");
	uint64_t major, minor, micro;

	if (!lend_json_u64(lend_json_get(q, "major"), &major) ||
	    !lend_json_u64(lend_json_get(q, "minor"), &minor) ||
	    !lend_json_u64(lend_json_get(q, "micro"), &micro))
		return NULL;
	return lend_arena_printf(arena, "%" PRIu64 ".%" PRIu64 ".%" PRIu64, major, minor,
				 micro);
}

static void take_reply(struct lend_arena *arena, const struct lend_json *doc,
		       struct lend_qemu_caps *c)
{
	const char *id = lend_json_str(lend_json_get(doc, "id"));
	const struct lend_json *v = lend_json_get(doc, "return");

	if (id == NULL || v == NULL)
		return;
	if (strcmp(id, "version") == 0) {
		c->version = version(arena, v);
	} else if (strcmp(id, "backend") == 0) {
		c->backend_pmem = has_property(v, "pmem");
		c->backend_readonly = has_property(v, "readonly");
		c->backend_rom = has_property(v, "rom");
		c->backend_offset = has_property(v, "offset");
		c->backend_align = has_property(v, "align");
	} else if (strcmp(id, "device") == 0) {
		c->device_label = has_property(v, "label-size");
		c->device_unarmed = has_property(v, "unarmed");
	} else if (strcmp(id, "machines") == 0) {
		c->machines = names(arena, v);
	} else if (strcmp(id, "cpus") == 0) {
		c->cpus = names(arena, v);
	} else if (strcmp(id, "machine") == 0) {
		c->machine_nvdimm = has_property(v, "nvdimm");
		c->machine_persistence = has_property(v, "nvdimm-persistence");
	} else if (strcmp(id, "type") == 0 && lend_json_str(v) != NULL) {
		const char *type = lend_json_str(v);
		const char *end = strstr(type, "-machine");

		c->machine = lend_arena_strndup(
			arena, type, end != NULL ? (size_t)(end - type) : strlen(type));
	}
}

static void take_replies(struct lend_arena *arena, const struct lend_answer *answer,
			 struct lend_qemu_caps *c)
{
	const char *at = answer->bytes;

	while (*at != '\0') {
		lend_auto_json struct lend_json *doc = NULL;
		size_t len = strcspn(at, "\n");

		if (lend_json_parse_large(at, len, LEND_JSON_VALUES_MAX, &doc, NULL) == 0)
			take_reply(arena, doc, c);
		at += len + (at[len] == '\n');
	}
}

/* ---- kept answers ---- */

#define ROW(member) offsetof(struct lend_qemu_caps, member)

static const struct {
	const char *name;
	size_t offset;
	bool is_text;
} rows[] = {
	{ "version", ROW(version), true },
	{ "machine", ROW(machine), true },
	{ "pmem", ROW(backend_pmem), false },
	{ "readonly", ROW(backend_readonly), false },
	{ "rom", ROW(backend_rom), false },
	{ "offset", ROW(backend_offset), false },
	{ "align", ROW(backend_align), false },
	{ "label", ROW(device_label), false },
	{ "unarmed", ROW(device_unarmed), false },
	{ "nvdimm", ROW(machine_nvdimm), false },
	{ "persistence", ROW(machine_persistence), false },
	{ "http", ROW(http), false },
	{ "kvm", ROW(kvm), false },
	{ "kvm-why", ROW(kvm_why), true },
	{ "machines", ROW(machines), true },
	{ "cpus", ROW(cpus), true },
};

static const char **text_row(struct lend_qemu_caps *c, size_t i)
{
	return (const char **)(void *)((char *)c + rows[i].offset);
}

static enum lend_tri *tri_row(struct lend_qemu_caps *c, size_t i)
{
	return (enum lend_tri *)(void *)((char *)c + rows[i].offset);
}

static void save(const char *dir, const char *name, const char *key, struct lend_qemu_caps *c)
{
	lend_auto_buf text = { 0 };

	lend_buf_printf(&text, "%s\n", key);
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		if (!rows[i].is_text)
			lend_buf_printf(&text, "%s=%d\n", rows[i].name, (int)*tri_row(c, i));
		else if (*text_row(c, i) != NULL)
			lend_buf_printf(&text, "%s=%s\n", rows[i].name, *text_row(c, i));
	}
	lend_buf_puts(&text, "end\n");
	lend_cache_write(dir, name, text.text, text.len);
}

static void load_line(struct lend_arena *arena, const char *line, size_t len,
		      struct lend_qemu_caps *c)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		size_t n = strlen(rows[i].name);
		uint64_t value;

		if (len <= n || strncmp(line, rows[i].name, n) != 0 || line[n] != '=')
			continue;
		if (rows[i].is_text)
			*text_row(c, i) = lend_arena_strndup(arena, line + n + 1, len - n - 1);
		else if (lend_parse_u64n(line + n + 1, len - n - 1, 10, &value) &&
			 value <= LEND_TRI_ON)
			*tri_row(c, i) = (enum lend_tri)value;
	}
}

static bool load(struct lend_arena *arena, const char *dir, const char *name, const char *key,
		 struct lend_qemu_caps *c)
{
	lend_auto_buf text = { 0 };
	const char *at;

	if (!lend_cache_read(dir, name, &text) || text.len < strlen(key) + 5 ||
	    strncmp(text.text, key, strlen(key)) != 0 || text.text[strlen(key)] != '\n' ||
	    strcmp(text.text + text.len - 5, "\nend\n") != 0)
		return false;
	at = text.text + strlen(key) + 1;
	while (*at != '\0') {
		size_t len = strcspn(at, "\n");

		load_line(arena, at, len, c);
		at += len + (at[len] == '\n');
	}
	return true;
}

/* ---- asking ---- */

struct look {
	struct lend_scan *scan;
	const char *program, *machine;
	const char *path;
	struct lend_stat stat;
	bool looked; /* somebody could say whether it is there */
	struct lend_qemu_caps caps;
};

static bool find_at(struct look *l, const char *path)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_stat, path);

	l->looked |= answer->known != LEND_NOT_ASKED;
	if (answer->known != LEND_KNOWN || !S_ISREG(answer->stat.mode))
		return false;
	l->path = path;
	l->stat = answer->stat;
	return true;
}

static bool find(struct look *l)
{
	if (strchr(l->program, '/') != NULL)
		return find_at(l, l->program);
	for (size_t i = 0; i < LEND_COUNT(folders); i++) {
		if (find_at(l, lend_arena_printf(&l->scan->memory, "%s/%s", folders[i],
						 l->program)))
			return true;
	}
	return false;
}

static void ask_version(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_program, l->program);
	struct lend_arena *arena = &l->scan->memory;

	if (answer->known == LEND_KNOWN)
		take_replies(arena, answer, &l->caps);
	if (answer->known == LEND_UNREADABLE)
		l->caps.why = lend_arena_strdup(arena, answer->why);
	else if (answer->known == LEND_KNOWN && l->caps.version == NULL)
		l->caps.why = "it does not talk QMP";
	if (l->caps.version == NULL)
		return;
	answer = lend_io_ask(l->scan->io, &ask_machine, l->program, l->machine);
	if (answer->known == LEND_KNOWN)
		take_replies(arena, answer, &l->caps);
}

static void try_http(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_http, l->program);

	if (answer->known == LEND_UNREADABLE)
		l->caps.http = strstr(answer->why, "not found") != NULL ||
					       strstr(answer->why, "Unknown") != NULL
				       ? LEND_TRI_OFF
				       : LEND_TRI_ON;
}

static void try_kvm(struct look *l)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_stat, "/dev/kvm");

	if (answer->known == LEND_NOT_ASKED)
		return;
	l->caps.kvm = LEND_TRI_OFF;
	if (answer->known != LEND_KNOWN) {
		l->caps.kvm_why = "there is no /dev/kvm";
		return;
	}
	answer = lend_io_ask(l->scan->io, &ask_kvm, l->program);
	if (answer->known == LEND_KNOWN)
		l->caps.kvm = LEND_TRI_ON;
	else if (answer->known == LEND_NOT_ASKED)
		l->caps.kvm = LEND_TRI_UNSET;
	else
		l->caps.kvm_why = lend_arena_printf(
			&l->scan->memory, "a trial guest did not run: %s", answer->why);
}

/* Everything by which the answers could become others. */
static const char *cache_key(struct look *l)
{
	const struct lend_scan_options *o = l->scan->options;
	const struct lend_answer *changed = lend_io_ask(l->scan->io, &ask_changed, l->path);
	const char *since = strstr(changed->bytes, "changed=");
	/* A new start of the host can give or take KVM, and nothing else. */
	const char *boot =
		o->qemu_try_kvm
			? lend_collect_text_of(l->scan, lend_io_ask(l->scan->io, &ask_boot))
			: "any";

	if (since == NULL || boot == NULL)
		return NULL;
	return lend_arena_printf(&l->scan->memory,
				 "lend " LEND_VERSION " qemu %s %s %" PRIu32 ":%" PRIu32
				 "/%" PRIu64 " %" PRIu64 " %s kvm=%d http=%d boot=%s",
				 l->path, l->machine, l->stat.dev_major, l->stat.dev_minor,
				 l->stat.inode, l->stat.size_bytes, since, o->qemu_try_kvm,
				 o->qemu_try_http, boot);
}

static void ask_all(struct look *l)
{
	const struct lend_scan_options *o = l->scan->options;

	ask_version(l);
	if (o->qemu_try_http && l->caps.version != NULL)
		try_http(l);
}

/* That it took too long is no answer that a second try would change; a missing right is. */
static bool is_lasting(const struct lend_qemu_caps *c)
{
	return c->kvm == LEND_TRI_ON ||
	       (c->kvm_why != NULL && strstr(c->kvm_why, "did not end") != NULL);
}

/* One file for each question, whatever became of the answer. */
static const char *name_of(struct look *l)
{
	return lend_arena_printf(&l->scan->memory, "%s %s %d %d", l->path, l->machine,
				 l->scan->options->qemu_try_kvm,
				 l->scan->options->qemu_try_http);
}

static void ask_or_remember(struct look *l)
{
	const struct lend_scan_options *o = l->scan->options;
	const char *key = NULL;
	struct lend_qemu_caps kept;
	char name[40] = "";

	/* What is recorded has to be asked. */
	if (o->cache_dir != NULL && lend_io_is_live(l->scan->io) &&
	    !lend_io_is_recording(l->scan->io))
		key = cache_key(l);
	if (key != NULL)
		(void)snprintf(name, sizeof(name), "qemu-%08" PRIx32,
			       lend_hash_text(name_of(l)));
	if (key == NULL || !load(&l->scan->memory, o->cache_dir, name, key, &l->caps))
		ask_all(l);
	else if (!o->qemu_try_kvm || l->caps.kvm != LEND_TRI_UNSET)
		return;
	if (o->qemu_try_kvm && l->caps.version != NULL)
		try_kvm(l);
	if (key == NULL || l->caps.version == NULL)
		return;
	kept = l->caps;
	if (!is_lasting(&kept)) {
		kept.kvm = LEND_TRI_UNSET;
		kept.kvm_why = NULL;
	}
	save(o->cache_dir, name, key, &kept);
}

/* ---- facts ---- */

static void put_tri(struct look *l, struct lend_qemu *q, uint32_t by, struct lend_fact *fact,
		    enum lend_tri value)
{
	if (value != LEND_TRI_UNSET)
		lend_build_u64(&l->scan->build, &q->node, fact, by, value == LEND_TRI_ON);
}

static void put_text(struct look *l, struct lend_qemu *q, uint32_t by, struct lend_fact *fact,
		     const char *value)
{
	if (value != NULL)
		lend_build_text(&l->scan->build, &q->node, fact, by, value);
}

static void put(struct look *l, struct lend_qemu *q, uint32_t by)
{
	const struct lend_qemu_caps *c = &l->caps;

	if (c->why != NULL)
		lend_build_unreadable(&l->scan->build, &q->node, &q->version, by, c->why);
	put_text(l, q, by, &q->version, c->version);
	put_text(l, q, by, &q->machine, c->machine);
	put_text(l, q, by, &q->machines, c->machines);
	put_text(l, q, by, &q->cpus, c->cpus);
	put_tri(l, q, by, &q->nvdimm, c->machine_nvdimm);
	put_tri(l, q, by, &q->persistence, c->machine_persistence);
	put_tri(l, q, by, &q->pmem, c->backend_pmem);
	put_tri(l, q, by, &q->readonly, c->backend_readonly);
	put_tri(l, q, by, &q->rom, c->backend_rom);
	put_tri(l, q, by, &q->offset, c->backend_offset);
	put_tri(l, q, by, &q->align, c->backend_align);
	put_tri(l, q, by, &q->label, c->device_label);
	put_tri(l, q, by, &q->unarmed, c->device_unarmed);
	put_tri(l, q, by, &q->http, c->http);
	if (c->kvm == LEND_TRI_OFF)
		lend_build_unreadable(&l->scan->build, &q->node, &q->kvm, by,
				      c->kvm_why != NULL ? c->kvm_why : "");
	else
		put_tri(l, q, by, &q->kvm, c->kvm);
}

/* As a machine type is written; it stands in front of a comma. */
static bool is_plain(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
						    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						    "0123456789-_.")] == '\0';
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	const struct lend_scan_options *o = scan->options;
	struct look l = { .scan = scan, .program = o->qemu };
	struct lend_qemu *q;
	uint32_t by;

	(void)err;
	if (o->qemu == NULL)
		return 0;
	l.machine =
		o->qemu_machine != NULL && is_plain(o->qemu_machine) ? o->qemu_machine : "q35";
	q = (struct lend_qemu *)lend_build_node(&scan->build, LEND_KIND_QEMU, NULL, o->qemu);
	by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "qemu-caps", "run",
				 "");
	if (!find(&l)) {
		if (l.looked)
			lend_build_absent(&scan->build, &q->node, &q->path, by);
		return 0;
	}
	lend_build_text(&scan->build, &q->node, &q->path, by, l.path);
	ask_or_remember(&l);
	put(&l, q, by);
	return 0;
}

extern const struct lend_collector lend_collector_qemu_caps;
const struct lend_collector lend_collector_qemu_caps = {
	.id = "qemu-caps",
	.sees = "what a QEMU program can do, when a plan asks",
	.adds = LEND_ADDS(LEND_KIND_QEMU),
	.needs_no_vm = true,
	.collect = collect,
};
