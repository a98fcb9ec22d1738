/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A capture of a saved host of ESXi with other names.
 *
 * Its files are read as the collectors read them, and written again with
 * other values: what a value means is told by its label or key.  Of those
 * that no collector asks for every word is replaced, or the line is left out.
 * What cannot be read and written again in the same way is replaced word by
 * word: it is broken then, and was not harmless before.
 */

#include "base/ascii.h"
#include "base/uuid.h"
#include "collect/anonymise.h"
#include "collect/esx-tree.h"
#include "collect/sources.h"
#include "format/esx-conf.h"
#include "format/esx-rows.h"
#include "format/esx-uuid.h"
#include "format/shell-words.h"
#include "format/vim-vms.h"
#include "format/vm-inventory.h"
#include "format/vmdk.h"
#include "format/vmx.h"
#include "format/xml-tree.h"

/* Names that every host has; those with numbers are made below. */
static const char kept[] = "Management Network VM VMkernel PMemDS- OSDATA- LOCKER- BOOTBANK1 "
			   "BOOTBANK2 defaultTcpipStack N/A";

void lend_anon_esx(struct lend_anonymise *a)
{
	static const struct {
		const char *head;
		unsigned int n;
	} numbered[] = { { "vmhba", 256 }, { "vmnic", 256 }, { "vmk", 64 }, { "vSwitch", 64 } };

	for (const char *word = kept; *word != '\0'; word += strspn(word, " ")) {
		size_t len = strcspn(word, " ");

		lend_anon_keep(a, word, len);
		word += len;
	}
	for (size_t i = 0; i < LEND_COUNT(numbered); i++) {
		for (unsigned int n = 0; n < numbered[i].n; n++) {
			char word[32];

			lend_anon_keep(a, word,
				       (size_t)snprintf(word, sizeof(word), "%s%u",
							numbered[i].head, n));
		}
	}
}

static bool has_end(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && lend_ascii_casecmp(text + len - n, end) == 0;
}

/* ---- values ---- */

static bool is_one_of(const char *const *words, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++) {
		if (lend_esx_name_is(words[i], text))
			return true;
	}
	return false;
}

/* Something that has a name, wherever it stands: path, volume, VM, UUID, address. */
static void put_name(struct lend_anonymise *a, const char *text, struct lend_buf *out)
{
	char other_text[LEND_ESX_UUID_TEXT];
	size_t len = strlen(text);
	uint8_t uuid[16], other[16];

	if (lend_esx_uuid_parse(text, len, uuid)) {
		lend_anon_uuid(a, uuid, other);
		lend_esx_uuid_format(other, other_text);
		lend_buf_puts(out, other_text);
	} else if (lend_anon_is_mac(text, len)) {
		lend_anon_text(a, text, len, out);
	} else if (strncmp(text, "mpx.", 4) == 0) {
		lend_buf_puts(out, text); /* of its adapter and place */
	} else if (lend_anon_is_wwid(text)) {
		lend_anon_wwid(a, text, len, out);
	} else {
		lend_anon_all(a, LEND_ANON_PATH, text, len, out);
	}
}

/* "filer.example.org": of a VM it is the first part. */
static void put_server(struct lend_anonymise *a, const char *text, struct lend_buf *out)
{
	if (lend_anon_is_ip(text)) {
		put_name(a, text, out);
		return;
	}
	while (*text != '\0') {
		size_t len = strcspn(text, ".");

		lend_anon_all(a, LEND_ANON_PATH, text, len, out);
		text += len;
		if (*text == '.')
			lend_buf_putc(out, *text++);
	}
}

static const char *name_of(struct lend_anonymise *a, struct lend_arena *arena, const char *text)
{
	lend_auto_buf out = { 0 };

	if (text == NULL)
		return NULL;
	put_name(a, text, &out);
	return lend_arena_strdup(arena, lend_buf_text(&out));
}

static void put_all(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out)
{
	lend_anon_all(a, LEND_ANON_FORCE, text, len, out);
}

/* ---- lists ---- */

static const char *const names[] = {
	"Volume Name",
	"Mount Point",
	"UUID",
	"VMFS UUID",
	"Boot Filesystem UUID",
	"Boot NIC",
	"Active",
	"Configured",
	"Stateless Boot NIC",
	"Device",
	"Display Name",
	"Device Display Name",
	"Devfs Path",
	"MAC Address",
	"Portset",
	"Portgroup",
	"Portgroups",
	"Uplinks",
	"Netstack Instance",
	"Config File",
	"Share",
};
/* Of the list of disks and of extents they mean a disk. */
static const char *const plain[] = {
	"HBA Name",
	"Driver",
	"Link State",
	"Description",
	"Runtime Name",
	"Adapter",
	"Channel",
	"Target",
	"LUN",
	"State",
	"Transport",
	"Plugin",
	"Size",
	"Device Type",
	"Multipath Plugin",
	"Vendor",
	"Model",
	"Revision",
	"SCSI Level",
	"Status",
	"Drive Type",
	"Extent Number",
	"Partition",
	"Mounted",
	"Type",
	"Free",
	"PCI Device",
	"Admin Status",
	"Link Status",
	"Link",
	"Speed",
	"Duplex",
	"MTU",
	"Enabled",
	"TSO MSS",
	"World ID",
	"Process ID",
	"VMX Cartel ID",
	"Num Ports",
	"Used Ports",
	"Configured Ports",
	"CDP Status",
	"Accessible",
	"Read-Only",
	"isPE",
	"Hardware Acceleration",
};

static void put_cell(struct lend_anonymise *a, enum lend_esx_command command, const char *label,
		     const char *value, struct lend_buf *out)
{
	if (lend_esx_name_is(label, "Host"))
		put_server(a, value, out);
	else if (lend_esx_name_is(label, "Name") || lend_esx_name_is(label, "Device Name") ||
		 is_one_of(names, LEND_COUNT(names), label))
		put_name(a, value, out);
	else if (is_one_of(plain, LEND_COUNT(plain), label) || strcmp(value, "true") == 0 ||
		 strcmp(value, "false") == 0 || command == LEND_ESX_PCI_LIST ||
		 command == LEND_ESX_PASSTHRU_LIST)
		lend_buf_puts(out, value);
	else
		put_all(a, value, strlen(value), out);
}

static bool same_shape(const struct lend_esx_rows *rows, const struct lend_buf *text,
		       struct lend_arena *arena)
{
	struct lend_esx_rows again;

	if (lend_esx_rows_parse(lend_buf_text(text), text->len, arena, &again, NULL) < 0 ||
	    again.n_rows != rows->n_rows || again.n_odd != rows->n_odd)
		return false;
	for (size_t i = 0; i < rows->n_rows; i++) {
		if (again.rows[i].n_cells != rows->rows[i].n_cells)
			return false;
	}
	return true;
}

static bool put_rows(struct lend_anonymise *a, const char *key, const char *text, size_t len,
		     struct lend_arena *arena, struct lend_buf *out)
{
	enum lend_esx_command command = lend_esx_command_of_file(key);
	lend_auto_buf written = { 0 };
	struct lend_esx_rows rows;

	if (lend_esx_rows_parse(text, len, arena, &rows, NULL) < 0)
		return false;
	if (command == LEND_ESX_COMMANDS)
		command = lend_esx_list_guess(&rows);
	if (command == LEND_ESX_COMMANDS)
		return false;
	/* Nothing of it is private, and its numbers have types. */
	if (command == LEND_ESX_PCI_LIST || command == LEND_ESX_PASSTHRU_LIST) {
		if (rows.n_odd > 0)
			return false;
		lend_buf_put(out, text, len);
		return true;
	}
	for (size_t i = 0; i < rows.n_rows; i++) {
		struct lend_esx_row *row = &rows.rows[i];

		row->heading = name_of(a, arena, row->heading);
		for (size_t j = 0; j < row->n_cells; j++) {
			lend_auto_buf value = { 0 };

			put_cell(a, command, row->cells[j].name, row->cells[j].value, &value);
			row->cells[j].value = lend_arena_strdup(arena, lend_buf_text(&value));
		}
	}
	lend_esx_rows_write(&rows, rows.form, &written);
	if (!same_shape(&rows, &written, arena))
		return false;
	lend_buf_put(out, lend_buf_text(&written), written.len);
	return true;
}

static bool put_vms(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_arena *arena, struct lend_buf *out)
{
	struct lend_vim_vms vms;

	if (lend_vim_vms_parse(text, len, arena, &vms, NULL) < 0 || vms.n_odd > 0)
		return false;
	for (size_t i = 0; i < vms.n_vms; i++) {
		struct lend_vim_vm *vm = &vms.vms[i];

		vm->name = name_of(a, arena, vm->name);
		vm->datastore = name_of(a, arena, vm->datastore);
		vm->path = name_of(a, arena, vm->path);
		vm->annotation = NULL; /* whatever somebody wrote */
	}
	lend_vim_vms_write(&vms, out);
	return true;
}

/* ---- files ---- */

/* The line stays, so that those behind it have their numbers. */
static bool put_conf(struct lend_anonymise *a, const char *text, size_t len,
		     struct lend_arena *arena, struct lend_buf *out)
{
	static const char *const heads[] = {
		"/net/pnic/",     "/net/vmkernelnic/",   "/net/vswitch/",
		"/adv/Misc/Host", "/adv/ScratchConfig/", "/system/uuid",
	};
	struct lend_esx_conf conf;

	if (lend_esx_conf_parse(text, len, arena, &conf, NULL) < 0)
		return false;
	for (size_t i = 0; i < conf.n_lines; i++) {
		const struct lend_esx_conf_line *line = &conf.lines[i];
		bool device = line->key != NULL && strncmp(line->key, "/device/", 8) == 0;
		bool known = device;

		for (size_t h = 0; line->key != NULL && h < LEND_COUNT(heads); h++)
			known = known || strncmp(line->key, heads[h], strlen(heads[h])) == 0;
		if (!known) {
			lend_buf_puts(out, line->junk ? "junk\n" : "#\n");
			continue;
		}
		lend_buf_printf(out, "%s = \"", line->key);
		if (device)
			lend_buf_puts(out, line->value);
		else
			put_name(a, line->value, out);
		lend_buf_puts(out, "\"\n");
	}
	return true;
}

static bool begins(const char *text, const char *head)
{
	return lend_ascii_has_prefix(text, strlen(text), head);
}

static void put_vmx_value(struct lend_anonymise *a, const char *key, const char *value,
			  struct lend_buf *out)
{
	static const char *const plain_heads[] = {
		".encoding",  "config.version", "virtualHW.", "memSize", "numvcpus",
		"sched.mem.", "firmware",       "guestOS",    "iavmd.",  "uefi.",
		"pciBridge",  "pciPassthru",    "cpuid.",
	};
	bool is_plain = false, yes;

	for (size_t i = 0; i < LEND_COUNT(plain_heads); i++)
		is_plain = is_plain || begins(key, plain_heads[i]);
	if (has_end(key, strlen(key), ".systemId") || has_end(key, strlen(key), ".fileName") ||
	    begins(key, "displayName") || begins(key, "uuid."))
		put_name(a, value, out);
	else if (is_plain || lend_vmx_bool(value, &yes) ||
		 has_end(key, strlen(key), ".virtualDev"))
		lend_buf_puts(out, value);
	else
		put_all(a, value, strlen(value), out);
}

static void put_escaped(const char *value, struct lend_buf *out)
{
	for (; *value != '\0'; value++) {
		if ((uint8_t)*value < 0x20 || *value == '"' || *value == '|' || *value == 0x7f)
			lend_buf_printf(out, "|%02X", (uint8_t)*value);
		else
			lend_buf_putc(out, *value);
	}
}

static bool put_vmx(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_arena *arena, struct lend_buf *out)
{
	struct lend_vmx vmx;

	if (lend_vmx_parse(text, len, arena, &vmx, NULL) < 0)
		return false;
	for (size_t i = 0; i < vmx.n_lines; i++) {
		const struct lend_vmx_line *line = &vmx.lines[i];
		const char *quote = line->remark == LEND_VMX_UNQUOTED ? "" : "\"";
		lend_auto_buf value = { 0 };

		if (line->key == NULL) {
			lend_buf_puts(out, line->remark == LEND_VMX_JUNK ? "junk\n" : "#\n");
			continue;
		}
		put_vmx_value(a, line->key, line->value, &value);
		lend_anon_all(a, LEND_ANON_LOOKUP, line->key, strlen(line->key), out);
		lend_buf_printf(out, " = %s", quote);
		put_escaped(lend_buf_text(&value), out);
		lend_buf_printf(out, "%s\n", quote);
	}
	return true;
}

static void put_vmdk_line(struct lend_anonymise *a, const char *line, size_t len,
			  struct lend_buf *out)
{
	static const char *const plain_heads[] = {
		"version",
		"encoding",
		"createType",
		"isNativeSnapshot",
		"ddb.adapterType",
		"ddb.virtualHWVersion",
		"# Disk DescriptorFile",
		"CID",
		"parentCID",
	};
	const char *quote = memchr(line, '"', len);
	size_t head = quote == NULL ? len : (size_t)(quote - line) + 1;
	size_t behind;

	for (size_t i = 0; i < LEND_COUNT(plain_heads); i++) {
		if (lend_ascii_has_prefix(line, len, plain_heads[i])) {
			lend_buf_put(out, line, len);
			return;
		}
	}
	if (len == 0 || line[0] == '#') {
		lend_buf_puts(out, len == 0 ? "" : "#");
		return;
	}
	if (quote == NULL) {
		put_all(a, line, len, out);
		return;
	}
	lend_buf_put(out, line, head);
	quote = memchr(line + head, '"', len - head);
	behind = quote == NULL ? len : (size_t)(quote - line);
	{
		lend_auto_buf value = { 0 };

		lend_buf_put(&value, line + head, behind - head);
		put_name(a, lend_buf_text(&value), out);
	}
	lend_buf_put(out, line + behind, len - behind);
}

static void put_vmdk(struct lend_anonymise *a, const char *text, size_t len,
		     struct lend_buf *out)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t all = end == NULL ? len : (size_t)(end - text);
		size_t n = all > 0 && text[all - 1] == '\r' ? all - 1 : all;

		put_vmdk_line(a, text, n, out);
		lend_buf_put(out, text + n, all - n + (end != NULL));
		text += all + (end != NULL);
		len -= all + (end != NULL);
	}
}

static void put_uuid_command(struct lend_anonymise *a, const char *dir, const char *file,
			     struct lend_buf *out)
{
	lend_auto_buf name = { 0 };

	if (file == NULL)
		return;
	if (dir != NULL) {
		lend_buf_puts(out, "[root@esx:");
		put_name(a, dir, out);
		lend_buf_puts(out, "] ");
	} else {
		lend_buf_puts(out, "# ");
	}
	put_name(a, file, &name);
	lend_buf_puts(out, "vmkfstools -J getuuid ");
	lend_shell_quote(out, lend_buf_text(&name), name.len);
	lend_buf_putc(out, '\n');
}

/* What was understood of it, in one form. */
static bool put_uuids(struct lend_anonymise *a, const char *text, size_t len,
		      struct lend_arena *arena, struct lend_buf *out)
{
	struct lend_esx_uuids uuids;
	char line[LEND_ESX_UUID_TEXT];
	uint8_t other[16];

	if (lend_esx_uuids_parse(text, len, arena, &uuids, NULL) < 0)
		return false;
	for (size_t i = 0; i < uuids.n_found; i++) {
		put_uuid_command(a, uuids.found[i].dir, uuids.found[i].file, out);
		lend_anon_uuid(a, uuids.found[i].uuid, other);
		lend_esx_uuid_format(other, line);
		lend_buf_printf(out, "UUID is %s\n\n", line);
	}
	for (size_t i = 0; i < uuids.n_failed; i++) {
		if (uuids.failed[i].file == NULL)
			lend_buf_puts(out, "# vmkfstools -J getuuid\n");
		put_uuid_command(a, uuids.failed[i].dir, uuids.failed[i].file, out);
		lend_buf_puts(out, "Failed\n\n");
	}
	return true;
}

/* No more of it than is read. */
static bool put_inventory(struct lend_anonymise *a, const char *text, size_t len,
			  struct lend_arena *arena, struct lend_buf *out)
{
	struct lend_vm_inventory vms;

	if (lend_vm_inventory_parse(text, len, arena, &vms, NULL) < 0)
		return false;
	lend_buf_puts(out, "<ConfigRoot>\n");
	for (size_t i = 0; i < vms.n_paths; i++) {
		lend_buf_puts(out, "<ConfigEntry><vmxCfgPath>");
		lend_xml_put(out, name_of(a, arena, vms.paths[i]));
		lend_buf_puts(out, "</vmxCfgPath></ConfigEntry>\n");
	}
	for (size_t i = 0; i < vms.n_odd; i++)
		lend_buf_puts(out, "<vmxCfgPath/>\n");
	lend_buf_puts(out, "</ConfigRoot>\n");
	return true;
}

/* In the order in which the collectors decide what a file is. */
static bool put_file(struct lend_anonymise *a, const char *key, const char *text, size_t len,
		     struct lend_arena *arena, struct lend_buf *out)
{
	size_t key_len = strlen(key);

	if (lend_esx_is_store(key)) {
		lend_buf_put(out, text, len);
		return true;
	}
	if (has_end(key, key_len, "/vmInventory.xml"))
		return put_inventory(a, text, len, arena, out);
	if (lend_vmdk_is_descriptor(text, len)) {
		put_vmdk(a, text, len, out);
		return true;
	}
	if (has_end(key, key_len, ".vmx"))
		return put_vmx(a, text, len, arena, out);
	if (lend_source_names_nd(text, len)) {
		if (text[0] == '{' || text[0] == '[')
			lend_anon_json(a, text, len, out);
		else
			lend_anon_text(a, text, len, out);
		return true;
	}
	if (has_end(key, key_len, "/esx.conf") || lend_esx_conf_recognise(text, len))
		return put_conf(a, text, len, arena, out);
	if (lend_vim_vms_recognise(text, len))
		return put_vms(a, text, len, arena, out);
	if (lend_esx_uuids_recognise(text, len))
		return put_uuids(a, text, len, arena, out);
	return put_rows(a, key, text, len, arena, out);
}

/* ---- keys ---- */

/* "guests/vm1.ndctl.json" is of the guest of vm1. */
static void put_last(struct lend_anonymise *a, const char *path, const char *base,
		     struct lend_buf *out)
{
	size_t len = strlen(base), stem = len;

	if (lend_esx_command_of_file(path) != LEND_ESX_COMMANDS) {
		lend_anon_all(a, LEND_ANON_LOOKUP, base, len, out);
		return;
	}
	if (has_end(base, len, ".uuid"))
		stem = len - strlen(".uuid");
	else if (has_end(base, len, ".json") || has_end(base, len, ".txt"))
		stem = strcspn(base, ".");
	lend_anon_all(a, LEND_ANON_PATH, base, stem, out);
	lend_anon_all(a, LEND_ANON_LOOKUP, base + stem, len - stem, out);
}

static void put_key(struct lend_anonymise *a, const char *path, struct lend_buf *out)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;

	if (strncmp(path, "etc/", 4) == 0 || strncmp(path, "commands/", 9) == 0 ||
	    strncmp(path, "var/", 4) == 0) {
		lend_buf_puts(out, path);
		return;
	}
	lend_anon_all(a, LEND_ANON_PATH, path, (size_t)(base - path), out);
	put_last(a, path, base, out);
}

void lend_anon_esx_rewrite(void *anonymise, enum lend_recorded what, enum lend_via via,
			   const char *key, const char *bytes, size_t len, struct lend_buf *out)
{
	struct lend_anonymise *a = anonymise;
	struct lend_arena memory = { 0 };
	lend_auto_buf other = { 0 };

	if (what == LEND_RECORDED_KEY) {
		put_key(a, bytes, out);
	} else if (what == LEND_RECORDED_SOURCE) {
		lend_buf_put(out, bytes, len);
	} else if (what == LEND_RECORDED_CONTENT && via == LEND_VIA_FILE) {
		if (put_file(a, key, bytes, len, &memory, &other))
			lend_buf_put(out, lend_buf_text(&other), other.len);
		else
			put_all(a, bytes, len, out);
	} else {
		lend_anon_rewrite(a, what, via, key, bytes, len, out);
	}
	lend_arena_done(&memory);
}
