/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the next boot wants: the names by which it calls devices. */

#include "base/ascii.h"
#include "base/uuid.h"
#include "collect/anonymise.h"
#include "format/disk-names.h"
#include "format/efi-boot.h"
#include "model/kind-boot.h"

enum { PV_LEN = 32, PV_LINK = 38 };

static bool begins(const char *text, size_t len, const char *with)
{
	return len > strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* The id of a physical volume without its dashes. */
static void put_pv(struct lend_anonymise *a, const char *link, struct lend_buf *out)
{
	lend_auto_buf other = { 0 };
	char pv[PV_LEN];
	size_t n = 0;

	for (size_t i = 0; i < PV_LINK; i++) {
		if (link[i] != '-' && n < PV_LEN)
			pv[n++] = link[i];
	}
	lend_anon_word(a, LEND_ANON_FORCE, pv, n, &other);
	n = 0;
	for (size_t i = 0; i < PV_LINK; i++)
		lend_buf_putc(out,
			      link[i] == '-' || n >= other.len ? link[i] : other.text[n++]);
}

bool lend_anon_link_word(struct lend_anonymise *a, const char *word, size_t len,
			 struct lend_buf *out)
{
	static const char md[] = "md-uuid-", pv[] = "lvm-pv-uuid-";

	if (begins(word, len, md)) {
		lend_buf_puts(out, md);
		lend_anon_word(a, LEND_ANON_FORCE, word + strlen(md), len - strlen(md), out);
		return true;
	}
	if (!begins(word, len, pv) || len != strlen(pv) + PV_LINK)
		return false;
	lend_buf_puts(out, pv);
	put_pv(a, word + strlen(pv), out);
	return true;
}

static void fix_mapped(struct lend_anonymise *a, const char *name, size_t len, size_t part)
{
	lend_auto_buf other = { 0 };

	lend_anon_dm_name(a, name, len, &other);
	lend_buf_put(&other, name + len, part);
	if (other.len != len + part || memcmp(other.text, name, len + part) != 0)
		lend_anon_fix(a, name, len + part, lend_buf_text(&other));
}

/* What is not open yet is called so in fstab: the same name as below /dev/mapper. */
static void take_mapped(struct lend_anonymise *a, const char *name)
{
	static const char *const prefixes[] = { "crypttab ", "multipath " };

	for (size_t p = 0; p < LEND_COUNT(prefixes); p++) {
		size_t len = strlen(name);

		if (!begins(name, len, prefixes[p]))
			continue;
		name += strlen(prefixes[p]);
		len -= strlen(prefixes[p]);
		for (size_t i = 0; i < len; i++) {
			size_t n = lend_anon_word_length(name, len, i);

			if (n == 0)
				continue;
			fix_mapped(a, name + i, n, 0);
			i += n - 1;
		}
		return;
	}
}

/* "/dev/mapper/mpatha-part1": the number stays. */
static void take_part(struct lend_anonymise *a, const char *needs)
{
	static const char mapper[] = "/dev/mapper/", part[] = "-part";
	size_t len = strlen(needs), digits = 0;

	if (!begins(needs, len, mapper))
		return;
	needs += strlen(mapper);
	len -= strlen(mapper);
	while (digits < len && lend_ascii_is_digit(needs[len - digits - 1]))
		digits++;
	if (digits == 0 || len - digits <= strlen(part) ||
	    memcmp(needs + len - digits - strlen(part), part, strlen(part)) != 0)
		return;
	digits += strlen(part);
	fix_mapped(a, needs, len - digits, digits);
}

/* "UUID=1A2B-3C4D", "LABEL=\"old photos\"": paths, and long UUIDs, are known by their form. */
void lend_anon_take_boot(struct lend_anonymise *a, const struct lend_node *node)
{
	const struct lend_fact *needs = &lend_as_boot(node)->needs;
	const char *text = needs->known == LEND_KNOWN ? needs->v.str : "";
	const char *equals = strchr(text, '=');
	size_t len;

	take_mapped(a, node->name);
	take_part(a, text);
	text = equals != NULL ? equals + 1 : text;
	len = strlen(text);
	if (strchr(text, '/') != NULL || len == LEND_UUID_TEXT - 1)
		return;
	for (size_t i = 0; i < len; i++) {
		size_t n = lend_anon_word_length(text, len, i);
		lend_auto_buf other = { 0 };

		if (n == 0)
			continue;
		lend_anon_word(a, LEND_ANON_FORCE, text + i, n, &other);
		if (other.len == n && memcmp(other.text, text + i, n) != 0)
			lend_anon_fix(a, text + i, n, lend_buf_text(&other));
		i += n - 1;
	}
}

/* Numbers stay; of a load option nothing does but the partition, under another name. */
void lend_anon_efi(struct lend_anonymise *a, const char *bytes, size_t len,
		   struct lend_buf *out)
{
	uint8_t uuid[LEND_UUID_BYTES];
	size_t at = out->len;
	uint8_t *guid;

	lend_buf_put(out, bytes, len);
	if (!lend_efi_option_mask((uint8_t *)out->text + at, len, &guid) || guid == NULL)
		return;
	lend_uuid_swap_guid(guid, uuid);
	lend_anon_uuid(a, uuid, uuid);
	lend_uuid_swap_guid(uuid, guid);
}

static size_t printable(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] > ' ' && text[n] < 0x7f)
		n++;
	return n;
}

static bool is_pool_word(const char *word, size_t len)
{
	static const char *const kept[] = {
		"version", "name",  "state",     "txg",     "vdev_tree", "vdev_children",
		"type",    "id",    "children",  "root",    "disk",      "file",
		"mirror",  "raidz", "replacing", "nparity", "path",      "spare",
		"is_log",  "draid", "hole",
	};

	for (size_t i = 0; i < LEND_COUNT(kept); i++) {
		if (strlen(kept[i]) == len && memcmp(kept[i], word, len) == 0)
			return true;
	}
	return false;
}

/* zpool.cache: words between binary numbers; of these, the ids go. */
void lend_anon_pools(struct lend_anonymise *a, const char *bytes, size_t len,
		     struct lend_buf *out)
{
	enum { WORD_MIN = 3, VALUE_AT = 8, VALUE = 8 };

	for (size_t i = 0; i < len;) {
		size_t n = printable(bytes + i, len - i);
		size_t value;

		if (n < WORD_MIN) {
			lend_buf_put(out, bytes + i, n == 0 ? 1 : n);
			i += n == 0 ? 1 : n;
			continue;
		}
		if (bytes[i] == '/')
			lend_anon_path(a, bytes + i, n, out);
		else if (is_pool_word(bytes + i, n))
			lend_buf_put(out, bytes + i, n);
		else
			lend_anon_all(a, LEND_ANON_FORCE, bytes + i, n, out);
		value = ((i + n + 3) & ~(size_t)3) + VALUE_AT;
		if (n >= 4 && memcmp(bytes + i + n - 4, "guid", 4) == 0 &&
		    value + VALUE <= len) {
			lend_buf_put(out, bytes + i + n, value - i - n);
			for (size_t z = 0; z < VALUE; z++)
				lend_buf_putc(out, '\0');
			i = value + VALUE;
		} else {
			i += n;
		}
	}
}

/* ---- names of disks ---- */

/* The same as in a link: what is behind the last slash, without the prefix there. */
static void put_as_link(struct lend_anonymise *a, const char *prefix, const char *value,
			struct lend_buf *out)
{
	lend_auto_buf link = { 0 };
	lend_auto_buf other = { 0 };
	const char *slash;

	lend_buf_printf(&link, "/dev/disk/%s%s", prefix, value);
	lend_anon_path(a, link.text, link.len, &other);
	slash = strrchr(lend_buf_text(&other), '/');
	if (slash == NULL)
		return;
	prefix = strchr(prefix, '/') + 1;
	slash++;
	lend_buf_puts(out, strncmp(slash, prefix, strlen(prefix)) == 0 ? slash + strlen(prefix)
								       : slash);
}

/* blkid has "-" where mdadm has ":" between its eights. */
static void put_array(struct lend_anonymise *a, const char *uuid, struct lend_buf *out)
{
	lend_auto_buf colons = { 0 };
	lend_auto_buf other = { 0 };
	size_t n = 0;

	for (const char *c = uuid; *c != '\0'; c++) {
		if (*c == '-')
			continue;
		lend_buf_puts(&colons, n > 0 && n % 8 == 0 ? ":" : "");
		lend_buf_putc(&colons, *c);
		n++;
	}
	put_as_link(a, "by-id/md-uuid-", lend_buf_text(&colons), &other);
	n = 0;
	for (const char *c = lend_buf_text(&other); *c != '\0'; c++) {
		if (*c == ':')
			continue;
		lend_buf_puts(out, n == 8 || n == 12 || n == 16 || n == 20 ? "-" : "");
		lend_buf_putc(out, *c);
		n++;
	}
}

static void put_name(struct lend_anonymise *a, const char *key, const char *value,
		     const struct lend_disk_names *names, struct lend_buf *out)
{
	lend_buf_puts(out, key);
	if (strcmp(key, "ID_FS_LABEL_ENC=") == 0)
		put_as_link(a, "by-label/", value, out);
	else if (strcmp(key, "ID_PART_ENTRY_NAME=") == 0)
		put_as_link(a, "by-partlabel/", value, out);
	else if (strcmp(key, "ID_PART_ENTRY_UUID=") == 0)
		put_as_link(a, "by-partuuid/", value, out);
	else if (strcmp(names->type, "LVM2_member") == 0)
		put_as_link(a, "by-id/lvm-pv-uuid-", value, out);
	else if (strcmp(names->type, "linux_raid_member") == 0)
		put_array(a, value, out);
	else
		put_as_link(a, "by-uuid/", value, out);
}

static bool put_line(struct lend_anonymise *a, const char *line,
		     const struct lend_disk_names *names, struct lend_buf *out)
{
	static const char *const kept[] = { "ID_FS_TYPE=", "ID_FS_USAGE=",
					    "ID_PART_TABLE_TYPE=" };
	static const char *const named[] = { "ID_FS_UUID_ENC=", "ID_FS_LABEL_ENC=",
					     "ID_PART_ENTRY_UUID=", "ID_PART_ENTRY_NAME=" };

	if (strncmp(line, "E:", 2) == 0) {
		lend_buf_puts(out, "E:");
		line += 2;
	}
	for (size_t i = 0; i < LEND_COUNT(kept); i++) {
		if (strncmp(line, kept[i], strlen(kept[i])) == 0) {
			lend_buf_puts(out, line);
			return true;
		}
	}
	for (size_t i = 0; i < LEND_COUNT(named); i++) {
		if (strncmp(line, named[i], strlen(named[i])) == 0) {
			put_name(a, named[i], line + strlen(named[i]), names, out);
			return true;
		}
	}
	return false;
}

void lend_anon_disk_names(struct lend_anonymise *a, const char *text, size_t len,
			  struct lend_buf *out)
{
	struct lend_span rest = { text, len };
	struct lend_arena arena = { 0 };
	struct lend_disk_names names;
	struct lend_span line;

	lend_disk_names_parse(rest, &arena, &names);
	while (lend_span_next_line(&rest, &line)) {
		lend_auto_buf other = { 0 };
		bool ends = line.len > 0 && line.at[line.len - 1] == '\n';

		line.len -= ends;
		if (put_line(a, lend_arena_strndup(&arena, line.at, line.len), &names, &other))
			lend_buf_put(out, lend_buf_text(&other), other.len);
		else
			for (size_t i = 0; i < line.len; i++)
				lend_buf_putc(out, '#');
		lend_buf_puts(out, ends ? "\n" : "");
	}
	lend_arena_done(&arena);
}

void lend_anon_multipath_conf(struct lend_anonymise *a, const char *text, size_t len,
			      struct lend_buf *out)
{
	static const char *const kept[] = { "multipaths", "multipath", "wwid", "alias" };

	for (size_t i = 0; i < len;) {
		size_t n = lend_anon_word_length(text, len, i);

		if (n == 0 || lend_anon_is_one_of(kept, LEND_COUNT(kept), text + i, n))
			lend_buf_put(out, text + i, n > 0 ? n : 1);
		else
			lend_anon_word(a, LEND_ANON_FORCE, text + i, n, out);
		i += n > 0 ? n : 1;
	}
}
