/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of disks, volumes and mounts: each keeps the form that says what it is. */

#include "base/ascii.h"
#include "base/num.h"
#include "collect/anonymise.h"
#include "format/pci-config.h"
#include "model/kind-block.h"

enum { WWID_VENDOR = 8, SERIAL_MAX = 64, VPD_HEAD = 4, LVM_ID = 32 };

static bool begins(const char *text, size_t len, const char *with)
{
	return len > strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static size_t hex_digits(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && lend_ascii_is_xdigit(text[n]))
		n++;
	return n;
}

/* Two digits that are some. */
static uint8_t hex_byte(const char *digits)
{
	uint64_t byte = 0;

	return lend_parse_u64n(digits, 2, 16, &byte) ? (uint8_t)byte : 0;
}

/* ---- WWIDs ---- */

/* Digits that are text: the same serial as elsewhere. */
static void put_hex_text(struct lend_anonymise *a, const char *digits, size_t len,
			 struct lend_buf *out)
{
	lend_auto_buf plain = { 0 };
	lend_auto_buf other = { 0 };

	for (size_t i = 0; i + 2 <= len; i += 2)
		lend_buf_putc(&plain, (char)hex_byte(digits + i));
	lend_anon_all(a, LEND_ANON_FORCE, lend_buf_text(&plain), plain.len, &other);
	for (size_t i = 0; i < other.len; i++)
		lend_buf_printf(out, "%02x", (uint8_t)other.text[i]);
}

/*
 * "nvme.VVVV-SERIAL-MODEL-NAMESPACE", all in hexadecimal (wwid_show() of
 * drivers/nvme/host/sysfs.c): the two in the middle are text.
 */
static bool put_nvme(struct lend_anonymise *a, const char *word, size_t len,
		     struct lend_buf *out)
{
	static const char head[] = "nvme.";
	size_t at = sizeof(head) - 1;
	size_t start[4], n[4];

	for (size_t i = 0; i < 4; i++) {
		start[i] = at;
		n[i] = at < len ? hex_digits(word + at, len - at) : 0;
		at += n[i];
		if (n[i] == 0 || (i < 3 ? at >= len || word[at] != '-' : at != len))
			return false;
		at++;
	}
	if (n[0] != 4 || n[1] % 2 != 0 || n[1] > SERIAL_MAX)
		return false;
	lend_buf_put(out, word, start[1]);
	put_hex_text(a, word + start[1], n[1], out);
	lend_buf_put(out, word + start[1] + n[1], len - start[1] - n[1]);
	return true;
}

bool lend_anon_wwid_word(struct lend_anonymise *a, const char *word, size_t len,
			 struct lend_buf *out)
{
	if (begins(word, len, "nvme."))
		return put_nvme(a, word, len, out);
	if ((!begins(word, len, "eui.") && !begins(word, len, "naa.")) ||
	    hex_digits(word + 4, len - 4) != len - 4)
		return false;
	lend_buf_put(out, word, 4);
	lend_anon_word(a, LEND_ANON_FORCE, word + 4, len - 4, out);
	return true;
}

/* "t10.VENDOR  PRODUCT   SERIAL", with blanks between (SPC-4, 7.8.6.4). */
static void put_t10(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out)
{
	size_t end = len, start;

	while (end > 0 && lend_ascii_is_space(text[end - 1]))
		end--;
	start = end;
	while (start > 4 && !lend_ascii_is_space(text[start - 1]))
		start--;
	if (start == 4) { /* no blanks: what is behind the vendor */
		start = end < 4 + WWID_VENDOR ? 4 : 4 + WWID_VENDOR;
	}
	lend_anon_all(a, LEND_ANON_LOOKUP, text, start, out);
	lend_anon_all(a, LEND_ANON_FORCE, text + start, end - start, out);
	lend_buf_put(out, text + end, len - end);
}

bool lend_anon_is_wwid(const char *text)
{
	static const char *const heads[] = { "eui.", "naa.", "nvme.", "uuid.", "t10." };

	for (size_t i = 0; i < LEND_COUNT(heads); i++) {
		if (begins(text, strlen(text), heads[i]))
			return true;
	}
	return false;
}

void lend_anon_wwid(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out)
{
	if (begins(text, len, "t10.")) {
		put_t10(a, text, len, out);
		return;
	}
	if (begins(text, len, "uuid.")) {
		lend_buf_put(out, text, 5);
		text += 5;
		len -= 5;
	}
	lend_anon_all(a, LEND_ANON_FORCE, text, len, out);
}

/* device/vpd_pg80: a head, and the serial number with blanks (format/scsi-vpd.h). */
void lend_anon_vpd80(struct lend_anonymise *a, const char *bytes, size_t len,
		     struct lend_buf *out)
{
	size_t head = len < VPD_HEAD ? len : VPD_HEAD;

	lend_buf_put(out, bytes, head);
	lend_anon_all(a, LEND_ANON_FORCE, bytes + head, len - head, out);
}

/* ---- device mapper ---- */

/* "vg0-my--data": the group and the volume, as /dev/vg0/my-data has them. */
void lend_anon_dm_name(struct lend_anonymise *a, const char *name, size_t len,
		       struct lend_buf *out)
{
	lend_auto_buf plain = { 0 };
	lend_auto_buf other = { 0 };

	for (size_t i = 0; i <= len; i++) {
		bool twice = i + 1 < len && name[i] == '-' && name[i + 1] == '-';

		if (i < len && (twice || name[i] != '-')) {
			lend_buf_putc(&plain, name[i]);
			i += twice;
			continue;
		}
		lend_buf_reset(&other);
		lend_anon_all(a, LEND_ANON_PATH, lend_buf_text(&plain), plain.len, &other);
		for (size_t j = 0; j < other.len; j++) {
			if (other.text[j] == '-')
				lend_buf_putc(out, '-');
			lend_buf_putc(out, other.text[j]);
		}
		lend_buf_reset(&plain);
		if (i < len)
			lend_buf_putc(out, '-');
	}
}

/* What cryptsetup, LVM and kpartx put before an id, and LVM behind it. */
static bool is_dm_sort(const char *part, size_t len)
{
	static const char sorts[] =
		" LVM CRYPT LUKS1 LUKS2 PLAIN TCRYPT LOOPAES VERITY INTEGRITY BITLK FVAULT2 "
		"SUBDEV TEMP DMRAID mpath real cow pool tpool tdata tmeta cdata cmeta cvol "
		"vdata vpool imeta iorig ";
	const char *at = sorts;

	if (begins(part, len, "part") && lend_ascii_is_digit(part[len - 1]))
		return true;
	while ((at = strchr(at, ' ')) != NULL && *++at != '\0') {
		if (strcspn(at, " ") == len && memcmp(at, part, len) == 0)
			return true;
	}
	return false;
}

static bool put_plain_uuid(struct lend_anonymise *a, const char *part, size_t len,
			   struct lend_buf *out)
{
	uint8_t uuid[16], other[16];

	if (len != 32 || hex_digits(part, len) != len)
		return false;
	for (size_t i = 0; i < sizeof(uuid); i++)
		uuid[i] = hex_byte(part + 2 * i);
	lend_anon_uuid(a, uuid, other);
	for (size_t i = 0; i < sizeof(other); i++)
		lend_buf_printf(out, "%02x", other[i]);
	return true;
}

/* "LVM-" and the ids of group and volume, "CRYPT-LUKS2-UUID-name", "mpath-WWID". */
void lend_anon_dm_uuid(struct lend_anonymise *a, const char *text, size_t len,
		       struct lend_buf *out)
{
	bool uuid = false;

	for (size_t i = 0; i < len;) {
		size_t n = 0;

		while (i + n < len && text[i + n] != '-' && text[i + n] != '\n')
			n++;
		if (uuid) { /* the name behind it */
			n = len - i;
			lend_anon_dm_name(a, text + i, n, out);
		} else if (is_dm_sort(text + i, n)) {
			lend_buf_put(out, text + i, n);
			if (n == 5 && memcmp(text + i, "mpath", 5) == 0 && i + n < len) {
				lend_buf_putc(out, text[i + n]);
				i += n + 1;
				n = len - i;
				lend_anon_all(a, LEND_ANON_FORCE, text + i, n, out);
			}
		} else if (put_plain_uuid(a, text + i, n, out)) {
			uuid = true;
		} else if (n == 2 * (size_t)LVM_ID) {
			lend_anon_all(a, LEND_ANON_FORCE, text + i, LVM_ID, out);
			lend_anon_all(a, LEND_ANON_FORCE, text + i + LVM_ID, LVM_ID, out);
		} else {
			lend_anon_all(a, LEND_ANON_FORCE, text + i, n, out);
		}
		i += n;
		if (i < len)
			lend_buf_putc(out, text[i++]);
	}
}

void lend_anon_take_wwid(struct lend_anonymise *a, const struct lend_node *node)
{
	static const struct {
		const char *prefix, *kind;
	} kinds[] = { { "naa.", "3" }, { "eui.", "2" } };
	const struct lend_fact *wwid = &lend_as_block(node)->wwid;
	const char *text = wwid->known == LEND_KNOWN ? wwid->v.str : "";
	lend_auto_buf from = { 0 };
	lend_auto_buf other = { 0 };
	lend_auto_buf to = { 0 };

	for (size_t i = 0; i < LEND_COUNT(kinds); i++) {
		if (strncmp(text, kinds[i].prefix, 4) != 0 ||
		    !lend_anon_wwid_word(a, text, strlen(text), &other) || other.len < 4)
			continue;
		lend_buf_printf(&from, "%s%s", kinds[i].kind, text + 4);
		lend_buf_printf(&to, "%s%s", kinds[i].kind, lend_buf_text(&other) + 4);
		lend_anon_fix(a, from.text, from.len, to.text);
		return;
	}
}

void lend_anon_take_block(struct lend_anonymise *a, const struct lend_node *node)
{
	const struct lend_block *block = lend_as_block(node);
	const struct lend_fact *facts[] = { &block->dm_name, &block->dm_uuid };

	for (size_t f = 0; f < LEND_COUNT(facts); f++) {
		const char *text = facts[f]->known == LEND_KNOWN ? facts[f]->v.str : "";
		size_t len = strlen(text);

		for (size_t i = 0; i < len; i++) {
			size_t n = lend_anon_word_length(text, len, i);
			lend_auto_buf other = { 0 };

			if (n == 0)
				continue;
			if (f == 0)
				lend_anon_dm_name(a, text + i, n, &other);
			else
				lend_anon_dm_uuid(a, text + i, n, &other);
			if (other.len != n || memcmp(other.text, text + i, n) != 0)
				lend_anon_fix(a, text + i, n, lend_buf_text(&other));
			i += n - 1;
		}
	}
}

/* ---- mounts and swap ---- */

static bool is(const char *text, size_t len, const char *other)
{
	return strlen(other) == len && memcmp(text, other, len) == 0;
}

static void put_place(struct lend_anonymise *a, const char *text, size_t len,
		      struct lend_buf *out)
{
	if (len > 0 && text[0] == '/')
		lend_anon_path(a, text, len, out);
	else
		lend_anon_all(a, LEND_ANON_PATH, text, len, out);
}

/* Options of a file system; addresses are those of servers. */
static void put_options(struct lend_anonymise *a, const char *text, size_t len,
			struct lend_buf *out)
{
	static const char *const addresses[] = { "addr=",    "mountaddr=", "clientaddr=", "ip=",
						 "srcaddr=", "domain=",    "mon_addr=" };

	for (size_t i = 0; i < len;) {
		const char *comma = memchr(text + i, ',', len - i);
		size_t n = comma == NULL ? len - i : (size_t)(comma - text) - i;
		size_t key = 0;

		for (size_t j = 0; key == 0 && j < LEND_COUNT(addresses); j++) {
			if (begins(text + i, n, addresses[j]))
				key = strlen(addresses[j]);
		}
		if (key > 0) {
			lend_buf_put(out, text + i, key);
			lend_anon_all(a, LEND_ANON_FORCE, text + i + key, n - key, out);
		} else {
			lend_anon_properties(a, text + i, n, out);
		}
		i += n;
		if (i < len)
			lend_buf_putc(out, text[i++]);
	}
}

/*
 * /proc/PID/mountinfo (proc(5)): root and mount point are the fourth and fifth
 * field; behind a lone dash are type, source, and options of the file system.
 */
static void put_mount_field(struct lend_anonymise *a, size_t field, size_t dash,
			    const char *text, size_t len, const char *fs, size_t fs_len,
			    struct lend_buf *out)
{
	bool place = dash == 0 ? field == 3 || field == 4 : field == dash + 2;

	if (dash > 0 && field == dash + 3)
		put_options(a, text, len, out);
	else if (place && !(dash > 0 && len == fs_len && memcmp(text, fs, len) == 0))
		put_place(a, text, len, out);
	else
		lend_buf_put(out, text, len);
}

static void put_mount(struct lend_anonymise *a, const char *line, size_t len,
		      struct lend_buf *out)
{
	size_t field = 0, dash = 0, fs_len = 0;
	const char *fs = line;

	for (size_t i = 0; i < len; field++) {
		const char *blank = memchr(line + i, ' ', len - i);
		size_t n = blank == NULL ? len - i : (size_t)(blank - line) - i;

		if (dash == 0 && field > 5 && is(line + i, n, "-"))
			dash = field;
		if (dash > 0 && field == dash + 1) {
			fs = line + i;
			fs_len = n;
		}
		put_mount_field(a, field, dash, line + i, n, fs, fs_len, out);
		i += n;
		if (i < len)
			lend_buf_putc(out, line[i++]);
	}
}

static void put_swap(struct lend_anonymise *a, const char *line, size_t len,
		     struct lend_buf *out)
{
	size_t n = 0;

	while (n < len && line[n] != ' ' && line[n] != '\t')
		n++;
	if (len > 0 && line[0] == '/')
		lend_anon_path(a, line, n, out);
	else
		n = 0;
	lend_buf_put(out, line + n, len - n);
}

void lend_anon_mounts(struct lend_anonymise *a, bool swaps, const char *text, size_t len,
		      struct lend_buf *out)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - text);

		if (swaps)
			put_swap(a, text, n, out);
		else
			put_mount(a, text, n, out);
		if (end != NULL)
			lend_buf_putc(out, '\n');
		n += end != NULL;
		text += n;
		len -= n;
	}
}

/* ---- PCI ---- */

/* Nothing in configuration space is private but the serial number. */
void lend_anon_config(struct lend_anonymise *a, const char *bytes, size_t len,
		      struct lend_buf *out)
{
	uint64_t serial = 0, other;
	size_t at = LEND_PCI_CONFIG_BASIC;

	if (lend_pci_config_serial((const uint8_t *)bytes, len, &serial) !=
		    LEND_PCI_CONFIG_HAS ||
	    !lend_anon_serial64(a, serial, &other)) {
		lend_buf_put(out, bytes, len);
		return;
	}
	lend_buf_put(out, bytes, at);
	while (at < len) {
		uint8_t le[8];
		bool here =
			at + 8 <= len && lend_get_le64((const uint8_t *)bytes + at) == serial;
		size_t n = here ? 8 : len - at < 4 ? len - at : 4;

		lend_put_le64(le, other);
		lend_buf_put(out, here ? (const char *)le : bytes + at, n);
		at += n;
	}
}
