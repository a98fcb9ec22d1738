/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests, as somebody saved them: what "ndctl list" printed there, also in
 * the middle of a terminal session, or the guest's own "lend show --json".
 *
 * Asks  nothing: the files were named by the user
 * Adds  guest, nd-dimm, nd-region and nd-namespace nodes, trust "claimed"
 */

#include "base/buf.h"
#include "base/err.h"
#include "collect/guest-ndctl.h"
#include "collect/sources.h"
#include "format/shell-words.h"
#include "io/out.h"
#include "model/kind-nd-dimm.h"

enum { FILE_MAX = 64 << 20 };

static bool is_nd(uint32_t kind)
{
	return kind == LEND_KIND_ND_BUS || kind == LEND_KIND_ND_DIMM ||
	       kind == LEND_KIND_ND_REGION || kind == LEND_KIND_ND_NAMESPACE;
}

static void copy_facts(struct lend_build *b, const struct lend_node *from, const char *guest,
		       uint32_t by)
{
	struct lend_node *to = lend_build_node(b, from->kind, guest, from->name);
	const struct lend_kind_info *kind = lend_kinds[from->kind];

	for (size_t i = 0; i < kind->n_fields; i++) {
		const struct lend_fact *fact = lend_fact_at(from, &kind->fields[i]);
		struct lend_fact *at =
			(struct lend_fact *)(void *)((char *)to + kind->fields[i].offset);

		if (fact->known == LEND_KNOWN && kind->fields[i].type == LEND_FIELD_TEXT)
			lend_build_text(b, to, at, by, fact->v.str);
		else if (fact->known == LEND_KNOWN)
			lend_build_u64(b, to, at, by, fact->v.u64);
		else if (fact->known == LEND_ABSENT)
			lend_build_absent(b, to, at, by);
		else if (fact->known == LEND_UNREADABLE)
			lend_build_unreadable(b, to, at, by, fact->v.str);
		else if (fact->known == LEND_DISPUTED)
			lend_build_unreadable(b, to, at, by, "disputed in the guest");
	}
}

/* What a guest says of itself is what this host knows of the guest. */
static void add_inventory(struct lend_scan *scan, const char *vm,
			  const struct lend_inventory *guest, uint32_t by)
{
	for (size_t i = 0; i < guest->n_nodes; i++) {
		if (guest->nodes[i]->guest == NULL && is_nd(guest->nodes[i]->kind))
			copy_facts(&scan->build, guest->nodes[i], vm, by);
	}
	for (size_t i = 0; i < guest->n_edges; i++) {
		const struct lend_node *user = guest->nodes[guest->edges[i].user];
		const struct lend_node *used = guest->nodes[guest->edges[i].used];

		if (user->guest == NULL && used->guest == NULL && is_nd(user->kind) &&
		    is_nd(used->kind))
			lend_build_edge(
				&scan->build,
				lend_build_node(&scan->build, user->kind, vm, user->name),
				lend_build_node(&scan->build, used->kind, vm, used->name));
	}
}

static int add_guest(struct lend_scan *scan, const char *vm, const char *name, const char *text,
		     size_t len, struct lend_err *err)
{
	const char *of = lend_build_internf(&scan->build, "guest/%s", vm);
	struct lend_arena memory = { 0 }; /* for this guest: there may be a thousand */
	struct lend_inventory *inv = NULL;
	struct lend_ndctl nd;
	uint32_t by;

	if (lend_source_is_inventory(text, len)) {
		if (lend_load(text, len, &inv, err) < 0)
			return -1;
		by = lend_build_sighting(&scan->build, LEND_CLAIMED, "guest-file",
					 "lend show --json", of);
		lend_collect_guest(scan, vm, "inventory", name, by);
		add_inventory(scan, vm, inv, by);
		lend_inventory_free(inv);
		return 0;
	}
	if (lend_ndctl_parse_transcript(&memory, text, len, &nd, err) < 0) {
		lend_arena_done(&memory);
		return -1;
	}
	by = lend_build_sighting(&scan->build, LEND_CLAIMED, "guest-file", "ndctl list", of);
	lend_collect_guest(scan, vm, "file", name, by);
	lend_collect_ndctl(scan, vm, &nd, by);
	lend_arena_done(&memory);
	return 0;
}

/* The same file may lie in the folder that is looked at. */
static void mark_taken(struct lend_scan *scan, const struct lend_buf *text)
{
	for (size_t i = 0; i < scan->n_files; i++) {
		if (scan->files[i].len == text->len &&
		    memcmp(scan->files[i].bytes, text->text, text->len) == 0)
			scan->files[i].taken = true;
	}
}

static int add_given(struct lend_scan *scan, const struct lend_guest_source *guest,
		     struct lend_err *err)
{
	struct lend_scan_socket socket;
	lend_auto_buf text = { 0 };

	if (lend_source_socket(&scan->memory, guest->source, &socket) ||
	    lend_source_libvirt(guest->source) != NULL ||
	    lend_source_ssh(guest->source) != NULL)
		return 0; /* another collector asks it */
	if (lend_in_file(guest->source, FILE_MAX, &text, err) < 0)
		return -1;
	lend_buf_puts(&text, "");
	mark_taken(scan, &text);
	if (add_guest(scan, guest->vm, guest->source, text.text, text.len, err) < 0) {
		lend_hint(err, "a guest's file is the output of ndctl list -DRNiv, or of lend "
			       "show --json in the guest");
		return lend_where(err, "%.150s", guest->source);
	}
	return 0;
}

/* "/saved/vm1.ndctl.json" -> "vm1" */
static const char *stem(struct lend_scan *scan, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash == NULL ? name : slash + 1;
	size_t len = strcspn(base, ".");

	return lend_arena_strndup(&scan->memory, base, len > 0 ? len : strlen(base));
}

/* One that was meant to hold a guest.  When it was named, it has to. */
static int tell_broken(struct lend_scan *scan, struct lend_scan_file *file,
		       const struct lend_err *why, struct lend_err *err)
{
	if (file->named) {
		if (err != NULL)
			*err = *why;
		return lend_where(err, "%.150s", file->name);
	}
	file->taken = true;
	lend_build_gap(&scan->build, file->name, true, why->hint, "%s: %s", file->name,
		       why->what);
	return 0;
}

enum { NAMES_MAX = 8 };

/* The VMs' names as a shell takes them; returns how many there are. */
static size_t list_vms(const struct lend_scan *scan, struct lend_buf *out)
{
	const struct lend_inventory *inv = scan->build.inv;
	size_t n = 0;

	for (size_t i = 0; i < inv->n_nodes; i++) {
		const char *name = inv->nodes[i]->name;

		if (inv->nodes[i]->kind != LEND_KIND_VM || n++ > NAMES_MAX)
			continue;
		lend_buf_puts(out, n > 1 ? ", " : "");
		if (n > NAMES_MAX)
			lend_buf_puts(out, "...");
		else
			lend_shell_quote(out, name, strlen(name));
	}
	return n;
}

/* A guest that has its file's name has no VM: the disks of none are its. */
static void tell_unplaced(struct lend_scan *scan, const struct lend_scan_file *file,
			  const char *guest)
{
	lend_auto_buf names = { 0 };
	lend_auto_buf hint = { 0 };
	size_t n;

	if (lend_build_find(&scan->build, LEND_KIND_VM, NULL, guest) != NULL)
		return;
	n = list_vms(scan, &names);
	if (n == 0)
		return;
	lend_buf_printf(&hint, "--guest %s=", n == 1 ? lend_buf_text(&names) : "VM");
	lend_shell_quote(&hint, file->path, strlen(file->path));
	if (n > 1)
		lend_buf_printf(&hint, ", where VM is one of %s", lend_buf_text(&names));
	lend_build_gap(&scan->build, file->name, true, lend_buf_text(&hint),
		       "%s is of a guest, but of which VM is not said", file->name);
}

/* Loose files that hold a guest: it gets the name of its file. */
static int add_loose(struct lend_scan *scan, struct lend_err *err)
{
	for (size_t i = 0; i < scan->n_files; i++) {
		struct lend_scan_file *file = &scan->files[i];
		const char *guest = stem(scan, file->name);
		struct lend_err why = { 0 };

		if (file->taken || file->broken != NULL)
			continue;
		if (add_guest(scan, guest, file->name, file->bytes, file->len, &why) == 0) {
			file->taken = true;
			tell_unplaced(scan, file, guest);
			continue;
		}
		if ((lend_source_names_nd(file->bytes, file->len) ||
		     lend_source_is_inventory(file->bytes, file->len)) &&
		    tell_broken(scan, file, &why, err) < 0)
			return -1;
	}
	return 0;
}

/* A name that is no VM's is a mistake, as long as VMs are known at all. */
static int check_name(struct lend_scan *scan, const char *vm, struct lend_err *err)
{
	const struct lend_inventory *inv = scan->build.inv;
	lend_auto_buf names = { 0 };
	size_t same = 0;

	for (size_t i = 0; i < scan->n_qemus; i++)
		same += strcmp(scan->qemus[i].name, vm) == 0;
	if (same > 1) {
		lend_hint(err, "name the one that is meant by its monitor: qmp:PATH");
		return lend_fail(err, LEND_E_USAGE, "--guest: %zu VMs call themselves '%.100s'",
				 same, vm);
	}
	if (lend_build_find(&scan->build, LEND_KIND_VM, NULL, vm) != NULL)
		return 0;
	for (size_t i = 0; i < inv->n_nodes; i++) {
		if (inv->nodes[i]->kind == LEND_KIND_VM)
			lend_buf_printf(&names, "%s%s", names.len > 0 ? ", " : "",
					inv->nodes[i]->name);
	}
	if (names.len == 0 && scan->files != NULL)
		return 0;
	lend_hint(err, names.len > 0 ? "VMs here: %.150s" : "lend show lists the VMs%s",
		  lend_buf_text(&names));
	return lend_fail(err, LEND_E_USAGE, "--guest: there is no VM '%.100s'", vm);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	for (size_t i = 0; i < scan->n_guests; i++) {
		if (check_name(scan, scan->guests[i].vm, err) < 0 ||
		    add_given(scan, &scan->guests[i], err) < 0)
			return -1;
	}
	return add_loose(scan, err);
}

extern const struct lend_collector lend_collector_guest_file;
const struct lend_collector lend_collector_guest_file = {
	.id = "guest-file",
	.sees = "NVDIMMs inside guests, out of saved files",
	.of_files = true,
	.of_remote = true,
	.collect = collect,
};
