/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is recorded, by what it is: the question says how its answer is read. */

#include "base/num.h"
#include "collect/anonymise.h"
#include "format/nd-id.h"
#include "format/nd-label.h"
#include "format/span.h"

/* Linux drivers/nvdimm/label.h: struct nd_namespace_label, struct nd_namespace_index. */
enum {
	LABEL_V11 = 128,
	LABEL_V12 = 256,
	LABEL_NAME = 16,
	LABEL_COOKIE = 88,
	LABEL_CHECKSUM = 248,
	INDEX_LABELS = 48,
};

static const char signature[] = "NAMESPACE_INDEX";

/* ---- bytes of a backing ---- */

/* A label keeps all but who it is; its checksum follows. */
static void put_label(struct lend_anonymise *a, const char *bytes, size_t len,
		      struct lend_buf *out)
{
	uint8_t label[LABEL_V12];
	lend_auto_buf name = { 0 };
	size_t name_len = strnlen(bytes + LABEL_NAME, LEND_ND_NAME_MAX);
	uint64_t cookie;

	memcpy(label, bytes, len);
	lend_anon_uuid(a, (const uint8_t *)bytes, label);
	lend_anon_all(a, LEND_ANON_FORCE, bytes + LABEL_NAME, name_len, &name);
	memset(label + LABEL_NAME, 0, LEND_ND_NAME_MAX);
	if (name.len > 0 && name.len <= LEND_ND_NAME_MAX)
		memcpy(label + LABEL_NAME, name.text, name.len);
	if (lend_anon_cookie(a, lend_get_le64(label + LABEL_COOKIE), &cookie))
		lend_put_le64(label + LABEL_COOKIE, cookie);
	if (len == LABEL_V12 && lend_fletcher64_hole(bytes, len, LABEL_CHECKSUM) ==
					lend_get_le64((const uint8_t *)bytes + LABEL_CHECKSUM))
		lend_put_le64(label + LABEL_CHECKSUM,
			      lend_fletcher64_hole(label, len, LABEL_CHECKSUM));
	lend_buf_put(out, label, len);
}

static bool is_label(const char *bytes, size_t len)
{
	static const char nothing[16];

	return (len == LABEL_V11 || len == LABEL_V12) && memcmp(bytes, nothing, 16) != 0;
}

/* Where the labels begin, which are asked one by one: 0 when no index block says it. */
static size_t labels_of(const char *bytes, size_t len)
{
	for (size_t i = 0; i + INDEX_LABELS + 8 <= len; i += LABEL_V12) {
		uint64_t at;

		if (memcmp(bytes + i, signature, sizeof(signature)) != 0)
			continue;
		at = lend_get_le64((const uint8_t *)bytes + i + INDEX_LABELS);
		if (at >= 2 * LABEL_V12 && at % LABEL_V12 == 0)
			return at < len ? (size_t)at : len;
	}
	return 0;
}

void lend_anon_range(struct lend_anonymise *a, const char *bytes, size_t len,
		     struct lend_buf *out)
{
	size_t labels = labels_of(bytes, len);

	if (labels == 0 && is_label(bytes, len)) {
		put_label(a, bytes, len, out);
		return;
	}
	/* Index blocks say nothing; other data is somebody's: that there is some stays. */
	lend_buf_put(out, bytes, labels);
	for (size_t i = labels; i < len; i++)
		lend_buf_putc(out, bytes[i] == '\0' ? '\0' : '.');
}

/* ---- which bytes are what ---- */

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);

	return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

/* Lines of /proc/PID/maps: the path is what stands behind the first slash. */
static void put_maps(struct lend_anonymise *a, const char *text, size_t len,
		     struct lend_buf *out)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - text);
		const char *slash = memchr(text, '/', n);
		size_t head = slash == NULL ? n : (size_t)(slash - text);

		lend_buf_put(out, text, head);
		if (slash != NULL)
			lend_anon_path(a, slash, n - head, out);
		if (end != NULL)
			lend_buf_putc(out, '\n');
		n += end != NULL;
		text += n;
		len -= n;
	}
}

/* The same for everybody, and asked by its name. */
static bool is_pci_ids(const char *key)
{
	return strcmp(key, "usr/share/misc/pci.ids") == 0 ||
	       strcmp(key, "usr/share/hwdata/pci.ids") == 0 ||
	       strcmp(key, "var/lib/pciutils/pci.ids") == 0;
}

static bool starts_with(const char *text, size_t len, const char *start)
{
	return len >= strlen(start) && memcmp(text, start, strlen(start)) == 0;
}

/* Names that UEFI has, and no ids. */
static bool is_efi(const char *key)
{
	return strncmp(key, "sys/firmware/efi/efivars/", 25) == 0;
}

/* Named by numbers of devices. */
static bool is_udev(const char *key)
{
	return strncmp(key, "run/udev/data/", 14) == 0;
}

/* Words that stand by themselves: a path ends where the word does. */
static void put_words(struct lend_anonymise *a, const char *text, size_t len,
		      struct lend_buf *out)
{
	for (size_t i = 0; i < len;) {
		size_t n = 0;

		while (i + n < len && !lend_ascii_is_space(text[i + n]))
			n++;
		if (n > 0)
			lend_anon_text(a, text + i, n, out);
		else
			lend_buf_putc(out, text[i]);
		i += n > 0 ? n : 1;
	}
}

static void put_file(struct lend_anonymise *a, const char *key, const char *bytes, size_t len,
		     struct lend_buf *out)
{
	const char *base = strrchr(key, '/');

	base = base == NULL ? key : base + 1;
	if (is_pci_ids(key))
		lend_buf_put(out, bytes, len);
	else if (strncmp(key, "proc/", 5) == 0 && key[5] >= '0' && key[5] <= '9' &&
		 ends_with(key, "/cmdline"))
		lend_anon_cmdline(a, bytes, len, out);
	else if (ends_with(key, "/maps"))
		put_maps(a, bytes, len, out);
	else if (strcmp(base, "hostname") == 0)
		lend_anon_name(a, bytes, len, out);
	else if (strcmp(base, "mountinfo") == 0 || strcmp(key, "proc/swaps") == 0)
		lend_anon_mounts(a, base[0] == 's', bytes, len, out);
	else if (strcmp(base, "wwid") == 0)
		lend_anon_wwid(a, bytes, len, out);
	else if (strcmp(base, "vpd_pg80") == 0)
		lend_anon_vpd80(a, bytes, len, out);
	else if (ends_with(key, "/dm/name"))
		lend_anon_all(a, LEND_ANON_LOOKUP, bytes, len, out);
	else if (ends_with(key, "/dm/uuid"))
		lend_anon_dm_uuid(a, bytes, len, out);
	else if (strcmp(base, "config") == 0)
		lend_anon_config(a, bytes, len, out);
	else if (strcmp(base, "vpd") == 0) /* serial numbers in another form */
		for (size_t i = 0; i < len; i++)
			lend_buf_putc(out, '\0');
	else if (is_udev(key))
		lend_anon_disk_names(a, bytes, len, out);
	else if (is_efi(key))
		lend_anon_efi(a, bytes, len, out);
	else if (strcmp(base, "zpool.cache") == 0)
		lend_anon_pools(a, bytes, len, out);
	else if (strcmp(key, "etc/multipath.conf") == 0 ||
		 strncmp(key, "etc/multipath/conf.d/", 21) == 0)
		lend_anon_multipath_conf(a, bytes, len, out);
	else if (strncmp(key, "etc/multipath/", 14) == 0)
		lend_anon_all(a, LEND_ANON_FORCE, bytes, len, out);
	else if (strncmp(key, "etc/", 4) == 0)
		put_words(a, bytes, len, out);
	else if (lend_anon_is_net_table(key))
		lend_anon_net_table(a, bytes, len, out);
	else if (strcmp(key, "proc/self/environ") == 0)
		lend_anon_text(a, bytes, len, out);
	else if (memchr(bytes, '\0', len) != NULL)
		lend_buf_put(out, bytes, len); /* registers */
	else if (lend_anon_is_secret_key(base, strlen(base)) && bytes[0] != '/')
		lend_anon_all(a, LEND_ANON_FORCE, bytes, len, out);
	else
		lend_anon_text(a, bytes, len, out);
}

/* A URI of this host's libvirt says nothing of it; others are not anonymised (scan.c). */
static bool asks_libvirt(const char *text, size_t len)
{
	return starts_with(text, len, "lend-via-libvirt ") ||
	       starts_with(text, len, "libvirt:");
}

/* Of a device by the kernel's name. */
static bool asks_blkid(const char *key)
{
	return strncmp(key, "blkid ", 6) == 0;
}

static void put_run(struct lend_anonymise *a, const char *key, const char *bytes, size_t len,
		    struct lend_buf *out)
{
	if (lend_anon_asks_vsphere(key)) {
		lend_anon_vsphere(a, key, bytes, len, out);
		return;
	}
	if (asks_blkid(key)) {
		lend_anon_disk_names(a, bytes, len, out);
		return;
	}
	if (!asks_libvirt(key, strlen(key))) {
		lend_anon_text(a, bytes, len, out);
		return;
	}
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - bytes) + 1;

		lend_anon_json(a, bytes, n, out);
		bytes += n;
		len -= n;
	}
}

static void put_content(struct lend_anonymise *a, enum lend_via via, const char *key,
			const char *bytes, size_t len, struct lend_buf *out)
{
	switch (via) {
	case LEND_VIA_FILE:
		put_file(a, key, bytes, len, out);
		break;
	case LEND_VIA_RANGE:
		lend_anon_range(a, bytes, len, out);
		break;
	case LEND_VIA_CONTENT: /* numbers alone */
		lend_buf_put(out, bytes, len);
		break;
	case LEND_VIA_QGA:
		lend_anon_see_file(lend_anon_last_file(a), key, bytes, len);
		lend_anon_json(a, bytes, len, out);
		lend_anon_last_file(a)->reading = false;
		break;
	case LEND_VIA_QMP:
		lend_anon_json(a, bytes, len, out);
		break;
	case LEND_VIA_RUN:
		put_run(a, key, bytes, len, out);
		break;
	case LEND_VIA_LINK:
		if (strncmp(key, "sys/", 4) == 0) {
			lend_anon_all(a, LEND_ANON_KERNEL, bytes, len, out);
			break;
		}
		lend_anon_text(a, bytes, len, out);
		break;
	default: /* a link that is a path is known by its slash */
		lend_anon_text(a, bytes, len, out);
	}
}

static void put_key(struct lend_anonymise *a, enum lend_via via, const char *key, size_t len,
		    struct lend_buf *out)
{
	size_t path = len;

	if (via == LEND_VIA_QMP || via == LEND_VIA_QGA) {
		lend_anon_json(a, key, len, out);
		return;
	}
	if (via == LEND_VIA_FILE && (is_pci_ids(key) || is_efi(key) || is_udev(key))) {
		lend_buf_put(out, key, len);
		return;
	}
	if (asks_libvirt(key, len) || (via == LEND_VIA_RUN && asks_blkid(key))) {
		lend_buf_put(out, key, len);
		return;
	}
	if (lend_anon_asks_vsphere(key)) {
		lend_anon_vsphere_url(a, key, out);
		return;
	}
	if (via == LEND_VIA_RUN) {
		lend_anon_text(a, key, len, out);
		return;
	}
	while ((via == LEND_VIA_RANGE || via == LEND_VIA_CONTENT) && path > 0 &&
	       key[path - 1] != '@')
		path--;
	if (path == 0)
		path = len;
	else if (path < len)
		path--; /* not the @ */
	lend_anon_path(a, key, path, out);
	lend_buf_put(out, key + path, len - path);
}

void lend_anon_rewrite(void *anonymise, enum lend_recorded what, enum lend_via via,
		       const char *key, const char *bytes, size_t len, struct lend_buf *out)
{
	struct lend_anonymise *a = anonymise;

	switch (what) {
	case LEND_RECORDED_KEY:
		put_key(a, via, bytes, len, out);
		break;
	case LEND_RECORDED_CONTENT:
		put_content(a, via, key, bytes, len, out);
		break;
	case LEND_RECORDED_NAME: {
		/* A folder's entry is what the path of the folder makes of it. */
		lend_auto_buf whole = { 0 };
		lend_auto_buf other = { 0 };
		const char *slash;

		lend_buf_printf(&whole, "%s/", key);
		lend_buf_put(&whole, bytes, len);
		lend_anon_path(a, whole.text, whole.len, &other);
		slash = strrchr(lend_buf_text(&other), '/');
		lend_buf_puts(out, slash == NULL ? "" : slash + 1);
		break;
	}
	case LEND_RECORDED_SOURCE:
		if (asks_libvirt(bytes, len))
			lend_buf_put(out, bytes, len);
		else if (lend_anon_asks_vsphere(bytes))
			lend_anon_vsphere_url(a, bytes, out);
		else
			lend_anon_text(a, bytes, len, out);
		break;
	case LEND_RECORDED_VM:
		lend_anon_name(a, bytes, len, out);
		break;
	default:
		lend_anon_text(a, bytes, len, out);
	}
}
