/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host of ESXi, as its saved files and lists tell of it.
 *
 * Asks  nothing: the scan has the files
 * Adds  host/this; what esx-pci.c, esx-net.c and esx-storage.c add; the VMs
 *       follow behind esx-files.c, in esx-vms.c
 */

#include <stdarg.h>

#include "base/err.h"
#include "base/num.h"
#include "collect/esx-tree.h"
#include "collect/esx.h"
#include "collect/sources.h"
#include "format/esx-uuid.h"
#include "format/passthru-map.h"
#include "format/vmdk.h"
#include "model/kind-host.h"

enum { GAPS_MAX = 64 };

struct lend_esx_host *lend_esx_host_of(struct lend_scan *scan)
{
	if (scan->esx == NULL) {
		scan->esx = LEND_NEW(&scan->memory, struct lend_esx_host);
		scan->esx->scan = scan;
	}
	return scan->esx;
}

bool lend_esx_is_host(const struct lend_esx_host *esx)
{
	for (size_t c = 0; esx != NULL && c < LEND_ESX_COMMANDS; c++) {
		if (esx->lists[c].seen)
			return true;
	}
	return esx != NULL && esx->has_conf;
}

/* ---- what the other files use ---- */

void lend_esx_put_text(struct lend_esx_host *esx, struct lend_node *node,
		       struct lend_fact *fact, uint32_t by, const char *text)
{
	if (text != NULL && text[0] != '\0')
		lend_build_text(&esx->scan->build, node, fact, by, text);
}

void lend_esx_put_tri(struct lend_esx_host *esx, struct lend_node *node, struct lend_fact *fact,
		      uint32_t by, enum lend_tri value)
{
	if (value != LEND_TRI_UNSET)
		lend_build_u64(&esx->scan->build, node, fact, by, value == LEND_TRI_ON);
}

void lend_esx_put_u64(struct lend_esx_host *esx, struct lend_node *node, struct lend_fact *fact,
		      uint32_t by, struct lend_opt_u64 value)
{
	if (value.has)
		lend_build_u64(&esx->scan->build, node, fact, by, value.v);
}

void lend_esx_gap(struct lend_esx_host *esx, const char *about, const char *hint,
		  const char *fmt, ...)
{
	lend_auto_buf text = { 0 };
	va_list ap;

	if (esx->n_gaps++ > GAPS_MAX)
		return;
	if (esx->n_gaps > GAPS_MAX) {
		lend_build_gap(&esx->scan->build, "esxi", true, "",
			       "more of the host could not be read than is listed here");
		return;
	}
	va_start(ap, fmt);
	lend_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	lend_build_gap(&esx->scan->build, about, true, hint, "%s", lend_buf_text(&text));
}

/* ---- files ---- */

static uint32_t sighting(struct lend_esx_host *esx, const struct lend_scan_file *file,
			 const char *what)
{
	return lend_build_sighting(
		&esx->scan->build, LEND_RECORDED, "esx-host",
		lend_build_internf(&esx->scan->build, "%s: %s", file->name, what), "");
}

static void tell_broken(struct lend_esx_host *esx, const struct lend_scan_file *file,
			const char *what, const struct lend_err *err)
{
	lend_esx_gap(esx, file->name,
		     err->hint[0] != '\0' ? err->hint : "copy it from the host again",
		     "%s, %s: %s", file->name, what, err->what);
}

static void take_conf(struct lend_esx_host *esx, struct lend_scan_file *file)
{
	struct lend_err err = { 0 };

	file->taken = true;
	if (esx->has_conf)
		return;
	if (lend_esx_conf_parse(file->bytes, file->len, &esx->scan->memory, &esx->conf, &err) <
	    0) {
		tell_broken(esx, file, "the configuration of a host", &err);
		return;
	}
	esx->has_conf = true;
	esx->by_conf = sighting(esx, file, "configuration");
	if (esx->conf.n_junk > 0)
		lend_esx_gap(esx, file->name, "copy it from the host again",
			     "%s: %zu lines are no settings, the first of them line %u",
			     file->name, esx->conf.n_junk, esx->conf.first_junk);
}

static void take_vms(struct lend_esx_host *esx, struct lend_scan_file *file)
{
	struct lend_err err = { 0 };

	file->taken = true;
	if (esx->has_vms)
		return;
	if (lend_vim_vms_parse(file->bytes, file->len, &esx->scan->memory, &esx->vms, &err) <
	    0) {
		tell_broken(esx, file, "a list of VMs", &err);
		return;
	}
	esx->has_vms = true;
	esx->by_vms = sighting(esx, file, "vim-cmd vmsvc/getallvms");
	if (esx->vms.n_odd > 0)
		lend_esx_gap(esx, file->name, "look at the list yourself",
			     "%s: %zu rows could not be read, the first of them line %u",
			     file->name, esx->vms.n_odd, esx->vms.first_odd);
}

static void take_inventory(struct lend_esx_host *esx, struct lend_scan_file *file)
{
	struct lend_err err = { 0 };

	file->taken = true;
	if (lend_vm_inventory_parse(file->bytes, file->len, &esx->scan->memory, &esx->inventory,
				    &err) < 0) {
		tell_broken(esx, file, "registered VMs", &err);
		return;
	}
	esx->has_inventory = true;
	esx->by_inventory = sighting(esx, file, "registered VMs (format not confirmed)");
	if (esx->inventory.n_odd > 0)
		lend_esx_gap(esx, file->name, "look at the file yourself",
			     "%s: %zu VMs have no full path, the first of them in line %u",
			     file->name, esx->inventory.n_odd, esx->inventory.first_odd);
}

static void tell_lack(struct lend_esx_host *esx, const struct lend_scan_file *file,
		      const struct lend_esx_rows *rows, const struct lend_esx_lack *lack)
{
	static const char hint[] = "save it again with esxcli --formatter=json";

	if (rows->n_odd > 0)
		lend_esx_gap(esx, file->name, hint,
			     "%s: %zu lines could not be read, the first of them line %u",
			     file->name, rows->n_odd, rows->first_odd);
	if (lack->n_bad > 0)
		lend_esx_gap(esx, file->name, hint,
			     "%s: %zu values could not be read, the first of them %s",
			     file->name, lack->n_bad, lack->bad);
}

/* The place of a list; NULL when the same was read from another file, and not in vain. */
static struct lend_esx_list *place_of(struct lend_esx_host *esx, enum lend_esx_command command)
{
	if (!esx->lists[command].seen ||
	    (esx->lists[command].silent && command != LEND_ESX_COREDUMP_GET))
		return &esx->lists[command];
	if (command == LEND_ESX_COREDUMP_GET && !esx->coredump_file.seen)
		return &esx->coredump_file;
	return NULL;
}

/* The same list from two files: one is read, and more or less rows in the other one are told.
 */
static void tell_other(struct lend_esx_host *esx, const struct lend_scan_file *file,
		       enum lend_esx_command command, const struct lend_esx_rows *rows)
{
	struct lend_esx_lack lack;
	void *items;
	size_t n;

	if (command == LEND_ESX_COREDUMP_GET || rows->form == LEND_ESX_EMPTY ||
	    lend_esx_list_read(command, rows, &esx->scan->memory, &items, &n, &lack, NULL) < 0)
		return;
	if (n != esx->lists[command].n)
		lend_esx_gap(esx, file->name, "leave the newer one of the two",
			     "esxcli %s is there twice: the first one has %zu rows, and %s %zu",
			     lend_esx_command_names[command], esx->lists[command].n, file->name,
			     n);
}

static void take_rows(struct lend_esx_host *esx, struct lend_scan_file *file,
		      enum lend_esx_command command, const struct lend_esx_rows *rows)
{
	struct lend_esx_list *list = place_of(esx, command);
	struct lend_esx_lack lack;
	struct lend_err err = { 0 };

	file->taken = true;
	if (list == NULL || (list->seen && rows->form == LEND_ESX_EMPTY)) {
		tell_other(esx, file, command, rows);
		return;
	}
	if (lend_esx_list_read(command, rows, &esx->scan->memory, &list->items, &list->n, &lack,
			       &err) < 0) {
		tell_broken(esx, file, lend_esx_command_names[command], &err);
		return;
	}
	list->seen = true;
	list->silent = rows->form == LEND_ESX_EMPTY;
	list->by = sighting(esx, file,
			    lend_arena_printf(&esx->scan->memory, "esxcli %s",
					      lend_esx_command_names[command]));
	tell_lack(esx, file, rows, &lack);
}

/* Files that are of other collectors, whatever else could be read into them. */
static bool is_of_others(const struct lend_scan_file *file)
{
	return lend_source_names_nd(file->bytes, file->len) ||
	       lend_vmdk_is_descriptor(file->bytes, file->len) ||
	       (file->len >= 4 && memcmp(file->bytes, "KDMV", 4) == 0) ||
	       lend_vmx_recognise(file->bytes, file->len) ||
	       lend_esx_uuids_recognise(file->bytes, file->len) ||
	       lend_source_is_inventory(file->bytes, file->len);
}

static void take_list(struct lend_esx_host *esx, struct lend_scan_file *file)
{
	enum lend_esx_command command = lend_esx_command_of_file(file->name);
	struct lend_esx_rows rows;
	struct lend_err err = { 0 };

	if (command == LEND_ESX_COMMANDS && is_of_others(file))
		return;
	if (lend_esx_rows_parse(file->bytes, file->len, &esx->scan->memory, &rows, &err) < 0) {
		if (command == LEND_ESX_COMMANDS)
			return;
		file->taken = true;
		tell_broken(esx, file, lend_esx_command_names[command], &err);
		return;
	}
	if (command == LEND_ESX_COMMANDS)
		command = lend_esx_list_guess(&rows);
	if (command != LEND_ESX_COMMANDS)
		take_rows(esx, file, command, &rows);
}

static bool is_called(const struct lend_scan_file *file, const char *name)
{
	const char *slash = strrchr(file->name, '/');

	return strcmp(slash == NULL ? file->name : slash + 1, name) == 0;
}

/*
 * Which of two lines with the same ids counts has no source.  No more than
 * that is asked of it: it tells how a device is reset, not who stands on it.
 */
static void take_passthru_map(struct lend_esx_host *esx, struct lend_scan_file *file)
{
	struct lend_passthru_map map;
	struct lend_err err = { 0 };

	file->taken = true;
	if (lend_passthru_map_parse(file->bytes, file->len, &esx->scan->memory, &map, &err) <
	    0) {
		lend_build_gap(&esx->scan->build, file->name, false,
			       "copy it from the host again", "%s: %s", file->name, err.what);
		return;
	}
	for (size_t i = 0; i < map.n_lines; i++) {
		const struct lend_passthru_line *line = &map.lines[i];

		if (line->remark != LEND_PASSTHRU_DUPLICATE)
			continue;
		lend_build_gap(&esx->scan->build, file->name, false,
			       "leave one line for each device",
			       "%s: line %u is for %04x:%04x, as a line before it: which one "
			       "counts is not known",
			       file->name, line->number, (unsigned int)line->vendor,
			       (unsigned int)line->device);
		return;
	}
}

static bool has_ending(const char *name, const char *end)
{
	size_t len = strlen(name);

	return len > strlen(end) && strcmp(name + len - strlen(end), end) == 0;
}

static void take_file(struct lend_esx_host *esx, struct lend_scan_file *file)
{
	/* Most files of a large host: not even looked into. */
	if (has_ending(file->name, ".vmx") || has_ending(file->name, ".vmdk"))
		return;
	/* A guest's list; the most of what is left. */
	if (has_ending(file->name, ".json") && lend_source_names_nd(file->bytes, file->len))
		return;
	if (lend_esx_is_store(file->name)) {
		file->taken = true;
		esx->store = file->name;
	} else if (is_called(file, "vmInventory.xml"))
		take_inventory(esx, file);
	else if (is_called(file, "passthru.map"))
		take_passthru_map(esx, file);
	else if (is_called(file, "esx.conf") || lend_esx_conf_recognise(file->bytes, file->len))
		take_conf(esx, file);
	else if (lend_vim_vms_recognise(file->bytes, file->len))
		take_vms(esx, file);
	else
		take_list(esx, file);
}

/* ---- the host ---- */

static void put_host(struct lend_esx_host *esx)
{
	struct lend_host *host = (struct lend_host *)lend_build_node(
		&esx->scan->build, LEND_KIND_HOST, NULL, "this");

	if (!esx->has_conf)
		return;
	lend_esx_put_text(esx, &host->node, &host->hostname, esx->by_conf,
			  lend_esx_conf_get(&esx->conf, "/adv/Misc/HostName"));
}

/* "7.0.3": ConfigStore came with 7.0, mostly with its first update. */
static bool has_store(const struct lend_esx_host *esx, const char **ret_why)
{
	const char *version =
		esx->has_conf ? lend_esx_conf_get(&esx->conf, "/resourceGroups/version") : NULL;
	uint64_t major = 0;

	*ret_why = esx->store;
	if (esx->store != NULL)
		return true;
	*ret_why = version;
	return version != NULL && lend_parse_u64n(version, strcspn(version, "."), 10, &major) &&
	       major >= 7;
}

/*
 * What the host says of its functions counts more than both.  Without that,
 * esx.conf alone does not tell who has them after the next boot.
 */
static void tell_store(struct lend_esx_host *esx)
{
	const char *why;

	if (!has_store(esx, &why) || esx->lists[LEND_ESX_PCI_LIST].n > 0)
		return;
	lend_esx_gap(
		esx, "esxi",
		"save esxcli hardware pci list, and look at configstorecli config current "
		"get -c esx -g hardware -k pci_devices on the host",
		"the host keeps settings in a ConfigStore, too (%s), which is not read: who "
		"has which function from its next boot on is not told by esx.conf alone",
		why);
}

/* Where it dumps, or that it does so to neither a partition nor a file. */
static bool has_coredump(const struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_COREDUMP_GET];
	const struct lend_esx_coredump *get =
		LEND_ESX_ITEMS(esx, LEND_ESX_COREDUMP_GET, struct lend_esx_coredump);

	if (list->n > 0 && get->active != NULL && get->active[0] != '\0')
		return true;
	return list->seen && !list->silent && esx->coredump_file.seen &&
	       !esx->coredump_file.silent;
}

/* What is needed to tell what stands on a device. */
static void tell_missing(struct lend_esx_host *esx)
{
	static const enum lend_esx_command needed[] = {
		LEND_ESX_PCI_LIST,     LEND_ESX_ADAPTER_LIST, LEND_ESX_PATH_LIST,
		LEND_ESX_DEVICE_LIST,  LEND_ESX_EXTENT_LIST,  LEND_ESX_FILESYSTEM_LIST,
		LEND_ESX_NIC_LIST,     LEND_ESX_VMKNIC_LIST,  LEND_ESX_BOOT_GET,
		LEND_ESX_PROCESS_LIST,
	};
	lend_auto_buf missing = { 0 };
	lend_auto_buf silent = { 0 };

	for (size_t i = 0; i < LEND_COUNT(needed); i++) {
		const struct lend_esx_list *list = &esx->lists[needed[i]];
		struct lend_buf *out = list->silent ? &silent : &missing;

		/* While no VM runs, it prints nothing. */
		if (list->silent && needed[i] == LEND_ESX_PROCESS_LIST)
			continue;
		if (!list->seen || list->silent)
			lend_buf_printf(out, "%s%s", out->len > 0 ? ", " : "",
					lend_esx_command_names[needed[i]]);
	}
	if (!has_coredump(esx))
		lend_buf_printf(&missing,
				"%ssystem coredump partition get, system coredump file get",
				missing.len > 0 ? ", " : "");
	if (!esx->has_vms)
		lend_buf_printf(&missing, "%svim-cmd vmsvc/getallvms",
				missing.len > 0 ? ", " : "");
	if (missing.len > 0)
		lend_esx_gap(esx, "esxi", "save what these print, too: esxcli --formatter=json",
			     "not there: %s: what only they tell is not known", missing.text);
	if (silent.len > 0)
		lend_esx_gap(esx, "esxi", "run it again on the host",
			     "printed nothing, so there is none, or it failed: %s",
			     silent.text);
}

/* By its name: that nothing was printed says something. */
static bool is_list(const struct lend_scan_file *file)
{
	return !file->named && lend_esx_command_of_file(file->name) != LEND_ESX_COMMANDS;
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct lend_esx_host *esx = lend_esx_host_of(scan);

	(void)err;
	for (size_t i = 0; i < scan->n_files; i++) {
		if (!scan->files[i].taken && scan->files[i].broken == NULL &&
		    (scan->files[i].len > 0 || is_list(&scan->files[i])))
			take_file(esx, &scan->files[i]);
	}
	if (!lend_esx_is_host(esx))
		return 0;
	put_host(esx);
	lend_esx_put_pci(esx);
	lend_esx_put_nics(esx);
	lend_esx_put_storage(esx);
	if ((scan->wants & LEND_ADDS(LEND_KIND_PCI)) != 0) {
		tell_missing(esx);
		tell_store(esx);
	}
	return 0;
}

extern const struct lend_collector lend_collector_esx_host;
const struct lend_collector lend_collector_esx_host = {
	.id = "esx-host",
	.sees = "devices, volumes and NICs of a host of ESXi, out of saved files",
	.of_files = true,
	.collect = collect,
};
