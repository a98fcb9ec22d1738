/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of which parts are private: plain ones, paths, JSON, command lines. */

#include "base/ascii.h"
#include "base/base64.h"
#include "base/num.h"
#include "collect/anonymise.h"
#include "format/nd-listing.h"

enum { BASE64_MIN = 12, DEPTH_MAX = 4 };

/* Words that lend, the kernel and QEMU give a meaning, and folders that every system has. */
/* clang-format off */
const char lend_anon_kept[] =
	"nvdimm virtio-pmem virtio-pmem-pci vmware-nvdimm memory-backend-file "
	"memory-backend-memfd memory-backend-ram nvme vfio-pci slots size maxmem slot "
	"memdev memory backend file device object share pmem align label offset "
	"readonly node addr on off true false null return error desc class type data "
	"driver id path name guest vm host hostname qemu kvm tcg pc q35 i440fx unix tcp "
	"socket server wait nowait stdio mon monitor qmp qga hmp control chardev serial "
	"pci pcie bus block drive disk raw qcow2 vmdk fsdax devdax sector btt pfn dax "
	"region namespace nfit acpi net user tap virtio scsi usb vga none default auto "
	"cpu max ram rom mem system machine version package major minor micro "
	"capabilities oob exited exitcode pid handle count eof deleted heap stack vdso "
	"vvar vsyscall mnt root cwd exe self fd proc sys dev etc run var lib lib64 tmp "
	"usr bin sbin home opt srv shm local log cache spool libvirt libexec images "
	"boot media mapper by-id by-path by-uuid by-label hugepages vfio netns "
	"qemu-system-x86_64 qemu-kvm anon_inode memfd zero objects ndctl unknown linux "
	"debian intel vmware virtual platform devices sh ndctl list none udev tmpfs "
	"devtmpfs sysfs ramfs rootfs overlay ext2 ext3 ext4 xfs btrfs f2fs vfat exfat ntfs3 "
	"iso9660 udf squashfs erofs nfs nfs4 efi disk "
	"by-partuuid by-partlabel fstab crypttab mdadm mdadm.conf lvm system.devices zfs multipath wwids bindings "
	"zpool zpool.cache firmware efivars cmdline UUID LABEL PARTUUID PARTLABEL ID ARRAY "
	"vmfs volumes vmimages "
	"mirror raidz defaults sw nofail noauto luks discard PVID DEVNAME IDTYPE IDNAME ";
/* clang-format on */

static bool is_one_of(const char *const *list, size_t n, const char *text, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(list[i]) == len && memcmp(list[i], text, len) == 0)
			return true;
	}
	return false;
}

bool lend_anon_is_secret_key(const char *key, size_t len)
{
	static const char *const keys[] = {
		"serial",         "wwn",          "wwid",           "nguid",        "eui",
		"eui64",          "uuid",         "user",           "username",     "password",
		"passwd",         "secret",       "hostname",       "asset",        "sku",
		"unique_id",      "vpd_pg80",     "vpd_pg83",       "data",         "keyid",
		"subsysnqn",      "hostnqn",      "hostid",         "dm-name",      "dm_name",
		"product_serial", "board_serial", "chassis_serial", "product_uuid", "alt_name",
		"label",          "backing_file",
	};

	return is_one_of(keys, LEND_COUNT(keys), key, len);
}

/* ---- words ---- */

static bool is_word(char c)
{
	return lend_ascii_is_alpha(c) || lend_ascii_is_digit(c) || (c & 0x80) != 0 ||
	       (c != '\0' && strchr("_-.+@~%", c) != NULL);
}

static bool is_escape_body(const char *text, size_t len)
{
	if (len < 3)
		return false;
	if (text[0] == 'x')
		return lend_ascii_is_xdigit(text[1]) && lend_ascii_is_xdigit(text[2]);
	return text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' &&
	       text[2] >= '0' && text[2] <= '7';
}

/*
 * "\040" as in mountinfo, "\x2d" as udev writes it, both also with "\134" for
 * the backslash: what is escaped stands between words, and so does the escape.
 */
static bool in_escape(const char *text, size_t len, size_t at)
{
	for (size_t n = 1; n <= 3 && n <= at; n++) {
		const char *body = text + at - n + 1;

		if (body[-1] == '\\' && is_escape_body(body, len - (at - n + 1)))
			return true;
		if (at >= n + 3 && memcmp(body - 4, "\\134", 4) == 0 &&
		    is_escape_body(body, len - (at - n + 1)))
			return true;
	}
	return false;
}

size_t lend_anon_word_length(const char *text, size_t len, size_t at)
{
	size_t n = 0;

	while (at + n < len && is_word(text[at + n]) && !in_escape(text, len, at + n))
		n++;
	return n;
}

/* Behind the last dot of a file's name: what it is, not whose. */
static const char *const endings[] = {
	".img", ".raw",  ".qcow2",  ".vmdk",    ".vmx",    ".iso", ".qmp",
	".qga", ".sock", ".socket", ".monitor", ".serial", ".log", ".pid",
	".so",  ".bin",  ".fd",     ".json",    ".conf",
};

size_t lend_anon_stem_length(const char *word, size_t len)
{
	for (size_t i = 0; i < LEND_COUNT(endings); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && memcmp(word + len - n, endings[i], n) == 0)
			return len - n;
	}
	return len;
}

bool lend_anon_is_own_tcp(const char *text)
{
	static const char *const hosts[] = {
		"tcp:127.", "tcp:localhost:", "tcp:[::", "tcp:::", "tcp:0.0.0.0:", "tcp::",
	};

	for (size_t i = 0; i < LEND_COUNT(hosts); i++) {
		if (strncmp(text, hosts[i], strlen(hosts[i])) == 0)
			return true;
	}
	return false;
}

static bool starts_word(const char *text, size_t at)
{
	return at == 0 || (!is_word(text[at - 1]) && text[at - 1] != ':');
}

/* Every word of it in one way; what stands between words stays. */
void lend_anon_all(struct lend_anonymise *a, enum lend_anon_how how, const char *text,
		   size_t len, struct lend_buf *out)
{
	for (size_t i = 0; i < len;) {
		size_t n = how != LEND_ANON_KERNEL && starts_word(text, i)
				   ? lend_anon_ip(a, text + i, len - i, out)
				   : 0;

		i += n;
		if (n > 0)
			continue;
		n = lend_anon_word_length(text, len, i);
		if (n > 0)
			lend_anon_word(a, how, text + i, n, out);
		else
			lend_buf_putc(out, text[i]);
		i += n > 0 ? n : 1;
	}
}

/* ---- paths ---- */

/* Of a path in /dev, the rest of which begins at "at": /dev/pmem0, but not /dev/mapper/NAME. */
static size_t dev_part(const char *path, size_t len, size_t at)
{
	/* Folders of /dev in which the kernel, or udev as it says, gives the names. */
	static const char *const devs[] = { "net", "pts",   "vfio", "block", "char",  "bus",
					    "cpu", "cciss", "ida",  "rd",    "input", "dri" };
	size_t end = at;

	while (at < len && path[at] == '/')
		at++;
	for (size_t i = 0; i < LEND_COUNT(devs); i++) {
		size_t dev = strlen(devs[i]);

		if (len - at > dev && memcmp(path + at, devs[i], dev) == 0 &&
		    path[at + dev] == '/')
			return len;
	}
	return memchr(path + at, '/', len - at) == NULL ? len : end;
}

/* /proc/PID/root/... and cwd are the process's files; at: behind "/proc". */
static size_t process_part(const char *path, size_t len, size_t at)
{
	static const char root[] = "/root/";
	static const char dev[] = "/root/dev/";

	while (at < len && path[at] == '/')
		at++;
	while (at < len && lend_ascii_is_digit(path[at]))
		at++;
	if (len - at >= sizeof(dev) - 1 && memcmp(path + at, dev, sizeof(dev) - 1) == 0)
		return dev_part(path, len, at + sizeof(dev) - 2);
	if (len - at >= sizeof(root) - 1 && memcmp(path + at, root, sizeof(root) - 1) == 0)
		return at + sizeof(root) - 1;
	return len - at >= 5 && memcmp(path + at, "/cwd/", 5) == 0 ? at + 5 : len;
}

/* How far a path leads through the kernel's own folders, whose names tell nothing. */
static size_t kernel_part(const char *path, size_t len)
{
	static const char *const tops[] = { "sys", "proc", "objects", "machine" };
	size_t start = strspn(path, "/");
	size_t n = start < len ? strcspn(path + start, "/") : 0;

	if (start >= len || start + n > len)
		n = start < len ? len - start : 0;
	if (n == 3 && memcmp(path + start, "dev", 3) == 0)
		return dev_part(path, len, start + n);
	if (!is_one_of(tops, LEND_COUNT(tops), path + start, n))
		return 0;
	return n == 4 ? process_part(path, len, start + n) : len;
}

/* Names of devices and attributes are there, nobody's. */
static bool is_sysfs(const char *path, size_t len)
{
	static const char *const tops[] = { "sys/bus/", "sys/class/", "sys/block/",
					    "sys/devices/" };
	size_t start = len > 0 && path[0] == '/';

	for (size_t i = 0; i < LEND_COUNT(tops); i++) {
		size_t n = strlen(tops[i]);

		if (len - start >= n && memcmp(path + start, tops[i], n) == 0)
			return true;
	}
	return false;
}

void lend_anon_path(struct lend_anonymise *a, const char *path, size_t len,
		    struct lend_buf *out)
{
	static const char gone[] = " (deleted)";
	size_t kernel = kernel_part(path, len);
	size_t end = len;

	if (len > sizeof(gone) - 1 &&
	    memcmp(path + len - (sizeof(gone) - 1), gone, sizeof(gone) - 1) == 0)
		end -= sizeof(gone) - 1;
	lend_anon_all(a, is_sysfs(path, len) ? LEND_ANON_KERNEL : LEND_ANON_LOOKUP, path,
		      kernel < end ? kernel : end, out);
	if (kernel < end)
		lend_anon_all(a, LEND_ANON_PATH, path + kernel, end - kernel, out);
	lend_buf_put(out, path + end, len - end);
}

/* ---- plain text ---- */

/* The maker stays, the number changes; as one word, so that the same is the same. */
static void put_mac(struct lend_anonymise *a, const char *mac, struct lend_buf *out)
{
	/* Six digits and letters are no serial: forced as eight, of which six are used. */
	char word[8] = { 0, 0, 0, 0, 0, 0, '0', 'a' };
	lend_auto_buf other = { 0 };

	/* An interface without one has zeros. */
	if (strspn(mac, "0:") >= 17)
		return lend_buf_put(out, mac, 17);
	for (size_t i = 0; i < 6; i++)
		word[i] = mac[9 + i / 2 * 3 + i % 2];
	lend_anon_word(a, LEND_ANON_FORCE, word, sizeof(word), &other);
	lend_buf_put(out, mac, 8);
	for (size_t i = 0; i < 6; i++) {
		if (i % 2 == 0)
			lend_buf_putc(out, ':');
		lend_buf_putc(out, lend_buf_text(&other)[i]);
	}
}

static bool ends_path(char c)
{
	return c == '\0' || strchr(" \t\r\n,:;\"'()<>|", c) != NULL;
}

static size_t line_length(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	return end == NULL ? len : (size_t)(end - text);
}

/* Where the path that begins here ends: with the text, when nothing but a scheme is before it.
 */
static size_t path_length(const char *text, size_t len, size_t at)
{
	size_t n = 0;

	for (size_t i = 0; i < at; i++) {
		if (!lend_ascii_is_alpha(text[i]) && !(text[i] == ':' && i + 1 == at))
			goto inside;
	}
	n = line_length(text + at, len - at);
	if (at + n + 1 >= len)
		return n; /* one line */
	n = 0;
inside:
	while (at + n < len && !ends_path(text[at + n]))
		n++;
	return n;
}

void lend_anon_text(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out)
{
	for (size_t i = 0; i < len;) {
		bool start = i == 0 || (!is_word(text[i - 1]) && text[i - 1] != '/');
		size_t n = 0;

		if (start && lend_anon_is_mac(text + i, len - i)) {
			put_mac(a, text + i, out);
			i += 17;
			continue;
		}
		n = starts_word(text, i) ? lend_anon_ip(a, text + i, len - i, out) : 0;
		if (n > 0) {
			i += n;
			continue;
		}
		if (start && text[i] == '/') {
			n = path_length(text, len, i);
			lend_anon_path(a, text + i, n, out);
			i += n;
			continue;
		}
		n = lend_anon_word_length(text, len, i);
		if (n > 0)
			lend_anon_word(a, LEND_ANON_LOOKUP, text + i, n, out);
		else
			lend_buf_putc(out, text[i]);
		i += n > 0 ? n : 1;
	}
}

void lend_anon_name(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out)
{
	bool pid = len > 4 && memcmp(text, "pid-", 4) == 0;

	if (pid || memchr(text, '/', len) != NULL)
		lend_anon_text(a, text, len, out);
	else
		lend_anon_all(a, LEND_ANON_FORCE, text, len, out);
}

/* ---- JSON ---- */

/* A string's end, behind the quote; 0 when there is none. */
static size_t string_length(const char *text, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"')
			return i + 1;
	}
	return 0;
}

static void put_utf8(struct lend_buf *out, uint32_t c)
{
	if (c < 0x80) {
		lend_buf_putc(out, (char)c);
	} else if (c < 0x800) {
		lend_buf_putc(out, (char)(0xc0 | c >> 6));
		lend_buf_putc(out, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		lend_buf_putc(out, (char)(0xe0 | c >> 12));
		lend_buf_putc(out, (char)(0x80 | (c >> 6 & 63)));
		lend_buf_putc(out, (char)(0x80 | (c & 63)));
	} else {
		lend_buf_putc(out, (char)(0xf0 | c >> 18));
		lend_buf_putc(out, (char)(0x80 | (c >> 12 & 63)));
		lend_buf_putc(out, (char)(0x80 | (c >> 6 & 63)));
		lend_buf_putc(out, (char)(0x80 | (c & 63)));
	}
}

/* The four digits behind \u at text + i; false when there are none. */
static bool get_unit(const char *text, size_t len, size_t i, uint32_t *ret)
{
	uint64_t unit;

	if (i + 6 > len || text[i] != '\\' || text[i + 1] != 'u' ||
	    !lend_parse_u64n(text + i + 2, 4, 16, &unit))
		return false;
	*ret = (uint32_t)unit;
	return true;
}

static void unescape(const char *text, size_t len, struct lend_buf *out)
{
	static const char names[] = "bfnrt";
	static const char values[] = "\b\f\n\r\t";

	for (size_t i = 0; i < len; i++) {
		uint32_t c, low;

		if (text[i] != '\\' || i + 1 >= len) {
			lend_buf_putc(out, text[i]);
		} else if (get_unit(text, len, i, &c)) {
			i += 5;
			if (c >= 0xd800 && c < 0xdc00 && get_unit(text, len, i + 1, &low) &&
			    low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i += 6;
			}
			put_utf8(out, c);
		} else {
			const char *name = strchr(names, text[++i]);

			lend_buf_putc(out, name != NULL && *name != '\0' ? values[name - names]
									 : text[i]);
		}
	}
}

static void put_json(struct lend_anonymise *a, int depth, const char *text, size_t len,
		     struct lend_buf *out);

/* Bytes that may be wrapped, or by their key are, by an agent; false when it is none. */
static bool put_base64(struct lend_anonymise *a, int depth, bool wrapped,
		       const struct lend_buf *text, struct lend_buf *out)
{
	lend_auto_buf inside = { 0 };
	lend_auto_buf other = { 0 };
	const char *p, *bytes;

	if ((text->len < BASE64_MIN && !wrapped) || text->len % 4 != 0 || depth == DEPTH_MAX ||
	    !lend_base64_decode(text->text, text->len, &inside))
		return false;
	bytes = lend_buf_text(&inside);
	p = bytes + strspn(bytes, " \t\r\n");
	if (wrapped && lend_anon_last_file(a)->reading)
		lend_anon_all(a, LEND_ANON_FORCE, bytes, inside.len, &other);
	else if (wrapped && lend_anon_is_listing(bytes, inside.len))
		lend_anon_listing(a, bytes, inside.len, &other);
	else if (*p == '{' || *p == '[')
		put_json(a, depth + 1, bytes, inside.len, &other);
	else if (memchr(bytes, '\0', inside.len) == NULL)
		lend_anon_text(a, bytes, inside.len, &other);
	else
		return false;
	if (other.len == inside.len && memcmp(lend_buf_text(&other), bytes, other.len) == 0)
		return false;
	lend_base64_encode(lend_buf_text(&other), other.len, out);
	return true;
}

/* A string that is a value; key is the one in front of it. */
static void put_string(struct lend_anonymise *a, int depth, const char *key, size_t key_len,
		       const char *text, size_t len, struct lend_buf *out)
{
	static const char *const wraps[] = { "out-data", "err-data", "buf-b64" };
	static const char *const words[] = { "driver", "qom-type", "type", "execute",
					     "property" };
	/* What ndctl calls a namespace: its label's. */
	static const char *const names[] = { "name" };
	/* Of lend-via-libvirt. */
	static const char *const xmls[] = { "live", "defined" };
	lend_auto_buf plain = { 0 };
	lend_auto_buf other = { 0 };

	unescape(text + 1, len - 2, &plain);
	lend_buf_puts(&plain, "");
	if (is_one_of(words, LEND_COUNT(words), key, key_len) ||
	    strcmp(plain.text, lend_nd_listing_script) == 0)
		lend_buf_put(&other, plain.text, plain.len);
	else if (depth > 0 && is_one_of(names, LEND_COUNT(names), key, key_len))
		lend_anon_all(a, LEND_ANON_FORCE, plain.text, plain.len, &other);
	else if (lend_anon_is_secret_key(key, key_len) && plain.text[0] != '/')
		lend_anon_all(a, LEND_ANON_FORCE, plain.text, plain.len, &other);
	else if (is_one_of(xmls, LEND_COUNT(xmls), key, key_len) && plain.text[0] == '<')
		lend_anon_xml(a, plain.text, plain.len, &other);
	else if (!put_base64(a, depth, is_one_of(wraps, LEND_COUNT(wraps), key, key_len),
			     &plain, &other))
		lend_anon_text(a, plain.text, plain.len, &other);
	if (other.len == plain.len &&
	    (plain.len == 0 || memcmp(plain.text, other.text, plain.len) == 0)) {
		lend_buf_put(out, text, len); /* with the escapes it had */
		return;
	}
	lend_buf_putc(out, '"');
	lend_buf_put_json(out, lend_buf_text(&other), other.len);
	lend_buf_putc(out, '"');
}

static void put_json(struct lend_anonymise *a, int depth, const char *text, size_t len,
		     struct lend_buf *out)
{
	const char *key = "";
	size_t key_len = 0;

	for (size_t i = 0; i < len;) {
		size_t n = text[i] == '"' ? string_length(text + i, len - i) : 0;
		size_t behind = i + n;

		if (text[i] == '"' && n == 0) { /* cut, or no JSON at all */
			lend_anon_text(a, text + i, len - i, out);
			return;
		}
		while (n > 0 && behind < len && lend_ascii_is_space(text[behind]))
			behind++;
		if (n > 0 && behind < len && text[behind] == ':') {
			key = text + i + 1;
			key_len = n - 2;
			lend_buf_put(out, text + i, n);
		} else if (n > 0) {
			put_string(a, depth, key, key_len, text + i, n, out);
		} else {
			while (i + n < len && lend_ascii_is_digit(text[i + n]))
				n++;
			if (n > 0)
				lend_anon_word(a, LEND_ANON_LOOKUP, text + i, n, out);
			else
				lend_buf_putc(out, text[i]);
			n = n > 0 ? n : 1;
		}
		i += n;
	}
}

void lend_anon_json(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out)
{
	put_json(a, 0, text, len, out);
}

/* ---- command lines ---- */

/* "key=value,key=value": keys and what stands alone in front are QEMU's words. */
static void put_properties(struct lend_anonymise *a, bool name, const char *text, size_t len,
			   struct lend_buf *out)
{
	for (size_t i = 0; i <= len;) {
		size_t n = 0, key;

		/* ",," is a comma of the value. */
		while (i + n < len &&
		       (text[i + n] != ',' || (i + n + 1 < len && text[i + n + 1] == ',')))
			n += text[i + n] == ',' ? 2 : 1;
		for (key = 0; key < n && text[i + key] != '=';)
			key++;
		if (key == n && i == 0 && name)
			lend_anon_name(a, text + i, n, out);
		else if (key == n)
			lend_anon_text(a, text + i, n, out);
		else
			lend_buf_put(out, text + i, ++key);
		if (key < n) {
			const char *value = text + i + key;

			if (name && key == 6 && memcmp(text + i, "guest=", 6) == 0)
				lend_anon_name(a, value, n - key, out);
			else if (lend_anon_is_secret_key(text + i, key - 1) && value[0] != '/')
				lend_anon_all(a, LEND_ANON_FORCE, value, n - key, out);
			else
				lend_anon_text(a, value, n - key, out);
		}
		i += n + 1;
		if (i <= len)
			lend_buf_putc(out, ',');
	}
}

void lend_anon_properties(struct lend_anonymise *a, const char *text, size_t len,
			  struct lend_buf *out)
{
	put_properties(a, false, text, len, out);
}

void lend_anon_cmdline(struct lend_anonymise *a, const char *text, size_t len,
		       struct lend_buf *out)
{
	static const char *const secret[] = { "-append", "-fw_cfg", "-runas", "-smb", "-k" };
	const char *option = "";
	size_t option_len = 0;

	for (size_t i = 0; i < len;) {
		const char *word = text + i;
		size_t n = strnlen(word, len - i);
		/* "--name" is "-name". */
		bool double_dash = option_len > 2 && option[0] == '-' && option[1] == '-';
		const char *o = double_dash ? option + 1 : option;
		size_t o_len = double_dash ? option_len - 1 : option_len;

		if (n > 1 && word[0] == '-')
			lend_buf_put(out, word, n);
		else if (n > 0 && word[0] == '{')
			lend_anon_json(a, word, n, out);
		else if (is_one_of(secret, LEND_COUNT(secret), o, o_len))
			lend_anon_all(a, LEND_ANON_PATH, word, n, out);
		else
			put_properties(a, o_len == 5 && memcmp(o, "-name", 5) == 0, word, n,
				       out);
		option = word;
		option_len = n;
		i += n;
		if (i < len)
			lend_buf_putc(out, text[i++]);
	}
}
