/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the next boot wants: the names by which it calls devices. */

#include "base/ascii.h"
#include "base/uuid.h"
#include "collect/anonymise.h"
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

/* "UUID=1A2B-3C4D", "LABEL=\"old photos\"": paths, and long UUIDs, are known by their form. */
void lend_anon_take_boot(struct lend_anonymise *a, const struct lend_node *node)
{
	const struct lend_fact *needs = &lend_as_boot(node)->needs;
	const char *text = needs->known == LEND_KNOWN ? needs->v.str : "";
	const char *equals = strchr(text, '=');
	size_t len;

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
