/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of which parts are private: words, paths, what has neither form. */

#include "base/ascii.h"
#include "collect/anonymise.h"

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
	"by-partuuid by-partlabel fstab crypttab mdadm mdadm.conf lvm system.devices zfs multipath multipath.conf conf.d wwids "
	"bindings "
	"zpool zpool.cache firmware efivars cmdline UUID LABEL PARTUUID PARTLABEL ID ARRAY "
	"vmfs volumes vmimages "
	"mirror raidz defaults sw nofail noauto luks discard PVID DEVNAME IDTYPE IDNAME ";
/* clang-format on */

bool lend_anon_is_one_of(const char *const *list, size_t n, const char *text, size_t len)
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

	return lend_anon_is_one_of(keys, LEND_COUNT(keys), key, len);
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
	for (;;) {
		const char *slash = memchr(path + at, '/', len - at);
		size_t next = slash == NULL ? len : (size_t)(slash - path);

		if (slash == NULL)
			return len;
		/* "/dev/sda:/dev/sdb", a file system of several devices */
		if (next == at || path[next - 1] != ':' || len - next < 5 ||
		    memcmp(slash, "/dev/", 5) != 0)
			return end;
		at = next + 5;
	}
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
	if (!lend_anon_is_one_of(tops, LEND_COUNT(tops), path + start, n))
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
