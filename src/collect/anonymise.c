/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes what. */

#include "collect/anonymise.h"

#include <inttypes.h>

#include "base/ascii.h"
#include "base/num.h"
#include "base/uuid.h"
#include "collect/anonymise-table.h"
#include "format/nd-id.h"
#include "io/out.h"
#include "model/kind-label.h"
#include "model/kind-nd-dimm.h"
#include "model/kind-nd-region.h"
#include "model/kind-vm.h"

enum {
	TRIES = 400,
	PART_MIN = 3, /* shorter names are not looked for inside of words */
	NUMBER_MIN = 5,
};

enum { KEEP = 1, PRIVATE = 2, NAME = 4 };

struct lend_anonymise {
	struct lend_arena memory;
	struct lend_rewrite rewrite;
	struct lend_anon_table words;  /* text */
	struct lend_anon_table forced; /* words that are kept elsewhere */
	struct lend_anon_table taken;  /* replacements that were given */
	struct lend_anon_table uuids;  /* 16 bytes */
	struct lend_anon_table tails;  /* 8 small hexadecimal digits */
	struct lend_anon_table cookies;
	struct lend_anon_file file;
	uint8_t random[256];
	size_t random_left;
};

/* ---- replacements ---- */

static unsigned int draw(struct lend_anonymise *a, unsigned int below)
{
	unsigned int limit = 256 - 256 % below;
	unsigned int got;

	do {
		if (a->random_left == 0) {
			lend_random_bytes(a->random, sizeof(a->random));
			a->random_left = sizeof(a->random);
		}
		got = a->random[--a->random_left];
	} while (got >= limit);
	return got % below;
}

static bool is_number(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!lend_ascii_is_digit(word[i]))
			return false;
	}
	return len > 0;
}

/* A serial or a WWN in hexadecimal stays one. */
static bool looks_hex(const char *text, size_t len)
{
	bool digit = false;

	for (size_t i = 0; i < len; i++) {
		if (!lend_ascii_is_xdigit(text[i]))
			return false;
		digit = digit || lend_ascii_is_digit(text[i]);
	}
	return digit && len >= 8;
}

/* One character, or more bytes of one, at word + i: how many there were. */
static size_t put_other(struct lend_anonymise *a, const char *word, size_t len, size_t i,
			bool hex, bool any, struct lend_buf *out)
{
	static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = (uint8_t)word[i] < 0x80 ? 1 : lend_utf8_len(word + i, len - i);
	char c = word[i];

	if (n == 2) { /* among U+00E0 to U+00F6 */
		lend_buf_putc(out, '\xc3');
		lend_buf_putc(out, (char)(0xa0 + draw(a, 23)));
	} else if (n > 2) { /* among the CJK ideographs, or the last plane but one */
		lend_buf_puts(out, n == 3 ? "\xe4\xb8" : "\xf0\xa0\x80");
		lend_buf_putc(out, (char)(0x80 + draw(a, 64)));
	} else if (any && (lend_ascii_is_digit(c) || lend_ascii_is_alpha(c))) {
		lend_buf_putc(out, all[draw(a, 36)]);
	} else if (lend_ascii_is_digit(c) || (hex && lend_ascii_is_alpha(c))) {
		unsigned int d = hex ? draw(a, 16) : draw(a, 10);

		/* A number keeps its length, read as one, too. */
		if (!hex && d == 0 && c != '0')
			d = 1 + draw(a, 9);
		lend_buf_putc(out, d < 10                              ? (char)('0' + d)
				   : c < 'a' && lend_ascii_is_alpha(c) ? (char)('A' + d - 10)
								       : (char)('a' + d - 10));
	} else if (lend_ascii_is_alpha(c)) {
		lend_buf_putc(out, (char)((c >= 'a' ? 'a' : 'A') + draw(a, 26)));
	} else {
		lend_buf_putc(out, c);
	}
	return n == 0 ? 1 : n;
}

static void put_entry(struct lend_anonymise *a, struct lend_anon_entry *entry,
		      struct lend_buf *out);

/* "db1.vmdk" is called as "db1" is, where that is a name. */
static bool make_of_stem(struct lend_anonymise *a, struct lend_anon_entry *entry, size_t body)
{
	struct lend_anon_entry *stem =
		body == entry->len ? NULL : lend_anon_find(&a->words, entry->from, body);
	lend_auto_buf out = { 0 };

	if (stem == NULL || (stem->flags & PRIVATE) == 0)
		return false;
	put_entry(a, stem, &out);
	lend_buf_put(&out, entry->from + body, entry->len - body);
	(void)lend_anon_add(&a->memory, &a->taken, out.text, out.len);
	entry->to = lend_arena_strndup(&a->memory, lend_buf_text(&out), out.len);
	entry->to_len = out.len;
	return true;
}

/* The same length and sort of characters; given to nobody else, and nobody's own name. */
static void make(struct lend_anonymise *a, struct lend_anon_entry *entry)
{
	lend_auto_buf out = { 0 };
	size_t body = lend_anon_stem_length(entry->from, entry->len);
	bool hex = looks_hex(entry->from, body);

	if (make_of_stem(a, entry, body))
		return;
	for (int i = 0; i < TRIES; i++) {
		lend_buf_reset(&out);
		for (size_t at = 0; at < body;)
			at += put_other(a, entry->from, body, at, hex, i > TRIES / 2, &out);
		lend_buf_put(&out, entry->from + body, entry->len - body);
		if (lend_anon_find(&a->words, out.text, out.len) == NULL &&
		    lend_anon_find(&a->taken, out.text, out.len) == NULL)
			break;
	}
	(void)lend_anon_add(&a->memory, &a->taken, out.text, out.len);
	entry->to = lend_arena_strndup(&a->memory, lend_buf_text(&out), out.len);
	entry->to_len = out.len;
}

static void put_entry(struct lend_anonymise *a, struct lend_anon_entry *entry,
		      struct lend_buf *out)
{
	if (entry->to == NULL)
		make(a, entry);
	if (entry->to != NULL)
		lend_buf_put(out, entry->to, entry->to_len);
}

void lend_anon_fix(struct lend_anonymise *a, const char *from, size_t len, const char *to)
{
	struct lend_anon_entry *entry = lend_anon_add(&a->memory, &a->words, from, len);

	entry->flags = PRIVATE;
	entry->to = lend_arena_strdup(&a->memory, to);
	entry->to_len = strlen(to);
}

/* ---- UUIDs, ids of NVDIMMs, cookies ---- */

/* Four bytes; equal ones stay equal, wherever they are the end of a UUID or a serial. */
static void other_tail(struct lend_anonymise *a, const uint8_t tail[4], uint8_t ret[4])
{
	struct lend_anon_entry *entry =
		lend_anon_add(&a->memory, &a->tails, (const char *)tail, 4);

	if (entry->to == NULL) {
		char other[4];

		do {
			lend_random_bytes(other, sizeof(other));
		} while (lend_anon_find(&a->taken, other, 4) != NULL ||
			 memcmp(other, tail, 4) == 0);
		(void)lend_anon_add(&a->memory, &a->taken, other, 4);
		entry->to = lend_arena_strndup(&a->memory, other, 4);
	}
	memcpy(ret, entry->to, 4);
}

void lend_anon_uuid(struct lend_anonymise *a, const uint8_t uuid[16], uint8_t ret[16])
{
	static const uint8_t nil[16];
	struct lend_anon_entry *entry;

	memcpy(ret, uuid, 16);
	if (memcmp(uuid, nil, 16) == 0)
		return;
	entry = lend_anon_add(&a->memory, &a->uuids, (const char *)uuid, 16);
	if (entry->to == NULL) {
		uint8_t other[16];

		lend_random_bytes(other, 12);
		/* Version and variant. */
		other[6] = (uint8_t)((other[6] & 0x0f) | (uuid[6] & 0xf0));
		other[8] = (uint8_t)((other[8] & 0x3f) | (uuid[8] & 0xc0));
		other_tail(a, uuid + 12, other + 12);
		entry->to = lend_arena_strndup(&a->memory, (const char *)other, 16);
	}
	memcpy(ret, entry->to, 16);
}

bool lend_anon_cookie(struct lend_anonymise *a, uint64_t cookie, uint64_t *ret)
{
	const struct lend_anon_entry *entry =
		lend_anon_find(&a->cookies, (const char *)&cookie, sizeof(cookie));

	if (entry != NULL)
		memcpy(ret, entry->to, sizeof(*ret));
	return entry != NULL;
}

static void take_cookie(struct lend_anonymise *a, uint64_t from, uint64_t to)
{
	struct lend_anon_entry *entry =
		lend_anon_find(&a->cookies, (const char *)&from, sizeof(from));
	char text[2][32];

	if (entry != NULL || from == 0)
		return;
	entry = lend_anon_add(&a->memory, &a->cookies, (const char *)&from, sizeof(from));
	entry->to = lend_arena_strndup(&a->memory, (const char *)&to, sizeof(to));
	(void)snprintf(text[0], sizeof(text[0]), "%" PRIu64, from);
	(void)snprintf(text[1], sizeof(text[1]), "%" PRIu64, to);
	lend_anon_fix(a, text[0], strlen(text[0]), text[1]);
	(void)snprintf(text[0], sizeof(text[0]), "0x%" PRIx64, from);
	(void)snprintf(text[1], sizeof(text[1]), "0x%" PRIx64, to);
	lend_anon_fix(a, text[0], strlen(text[0]), text[1]);
}

/* A cookie that follows from no single DIMM: a set of several. */
static void take_other_cookie(struct lend_anonymise *a, uint64_t cookie)
{
	uint64_t other;
	uint32_t slot;
	unsigned int minor;

	if (cookie == 0 || lend_nd_cookie_qemu_slot(cookie, &slot, &minor))
		return;
	do { /* as many digits */
		lend_random_bytes(&other, sizeof(other));
		other >>= __builtin_clzll(cookie) / 4 * 4;
	} while (other == 0 || __builtin_clzll(other) / 4 != __builtin_clzll(cookie) / 4);
	take_cookie(a, cookie, other);
}

bool lend_anon_serial64(struct lend_anonymise *a, uint64_t serial, uint64_t *ret)
{
	take_other_cookie(a, serial);
	return lend_anon_cookie(a, serial, ret);
}

/* QEMU makes its ids of the slot: they tell nothing.  false when it is no id. */
static bool other_id(struct lend_anonymise *a, const char *text, struct lend_nd_id *ret)
{
	uint8_t tail[4], other[4];
	struct lend_nd_id id;
	uint32_t slot;

	if (!lend_nd_id_parse(text, &id) || lend_nd_id_qemu_slot(&id, &slot))
		return false;
	lend_put_le32(tail, id.serial); /* in the order of the text */
	other_tail(a, tail, other);
	*ret = id;
	ret->serial = lend_get_le32(other);
	return true;
}

static void take_id(struct lend_anonymise *a, const char *text)
{
	struct lend_nd_id from, to;
	char other[LEND_ND_ID_TEXT];

	if (!other_id(a, text, &to) || !lend_nd_id_parse(text, &from))
		return;
	lend_nd_id_format(&to, other);
	lend_anon_fix(a, text, strlen(text), other);
	take_cookie(a, lend_nd_cookie_v11(&from), lend_nd_cookie_v11(&to));
	take_cookie(a, lend_nd_cookie_v12(&from), lend_nd_cookie_v12(&to));
}

/* ---- what is private ---- */

static void take_words(struct lend_anonymise *a, const char *text, unsigned int flags)
{
	size_t all = strlen(text);

	for (size_t i = 0; i < all; i++) {
		size_t len = lend_anon_word_length(text, all, i);

		if (len > 0 && !(is_number(text + i, len) && len < NUMBER_MIN)) {
			struct lend_anon_entry *entry =
				lend_anon_find(&a->words, text + i, len);

			if (entry == NULL)
				entry = lend_anon_add(&a->memory, &a->words, text + i, len);
			if ((entry->flags & KEEP) == 0)
				entry->flags |= flags;
		}
		i += len > 0 ? len - 1 : 0;
	}
}

/* Length of the UUID of a VMFS volume: "2ab23afe-ef87eb45-9e0d-8db94ea7740d". */
enum { VMFS_UUID = 35 };

static bool parse_uuid(const char *text, size_t len, uint8_t ret[16])
{
	size_t digits = 0;

	for (size_t i = 0; i < len && digits < 33; i++) {
		uint64_t digit;

		if (text[i] == '-' && (i == 8 || i == 13 || i == 18 || i == 23) && len == 36)
			continue;
		if (text[i] == '-' && (i == 8 || i == 17 || i == 22) && len == VMFS_UUID)
			continue;
		if (digits == 32 || !lend_parse_u64n(text + i, 1, 16, &digit))
			return false;
		ret[digits / 2] =
			(uint8_t)(digits % 2 == 0 ? digit << 4 : ret[digits / 2] | digit);
		digits++;
	}
	return digits == 32 && (len == 32 || len == VMFS_UUID || len == 36);
}

/* len: how long it was, which says where its dashes are */
static void put_uuid(struct lend_anonymise *a, const uint8_t uuid[16], bool capital, size_t len,
		     struct lend_buf *out)
{
	uint8_t other[16];
	char text[LEND_UUID_TEXT];

	lend_anon_uuid(a, uuid, other);
	lend_uuid_format(other, text);
	for (const char *p = text; *p != '\0'; p++) {
		bool dash = len == 36 || (len == VMFS_UUID && p != text + 13);

		if (dash || *p != '-')
			lend_buf_putc(out, capital ? lend_ascii_upper(*p) : *p);
	}
}

static bool has_capital(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= 'A' && text[i] <= 'F')
			return true;
	}
	return false;
}

static void take_text(struct lend_anonymise *a, enum lend_hide hide, const char *text)
{
	lend_auto_buf other = { 0 };
	uint8_t uuid[16];

	switch (hide) {
	case LEND_SHOW:
		break;
	case LEND_HIDE_NAME:
		if (lend_anon_is_ip(text))
			break; /* known by its form */
		if (strchr(text, '/') == NULL && strncmp(text, "pid-", 4) != 0 &&
		    !parse_uuid(text, strlen(text), uuid))
			take_words(a, text, PRIVATE | NAME);
		break;
	case LEND_HIDE_PATH:
		if (lend_anon_is_own_tcp(text))
			break;
		/* An absolute one is known by its form; so that its words are given to nobody:
		 */
		take_words(a, text, text[0] == '/' ? 0 : PRIVATE);
		break;
	case LEND_HIDE_UUID:
		if (!parse_uuid(text, strlen(text), uuid)) {
			take_words(a, text, PRIVATE);
		} else if (strlen(text) == 32) {
			put_uuid(a, uuid, has_capital(text, 32), 32, &other);
			lend_anon_fix(a, text, strlen(text), lend_buf_text(&other));
		}
		break;
	case LEND_HIDE_SERIAL:
		if (lend_anon_is_wwid(text) || lend_anon_is_mac(text, strlen(text)))
			break; /* known by its form */
		take_id(a, text);
		if (lend_anon_find(&a->words, text, strlen(text)) == NULL &&
		    strncmp(text, "8680-", 5) != 0)
			take_words(a, text, PRIVATE | NAME);
		break;
	}
}

static void take_fact(struct lend_anonymise *a, const struct lend_field *field,
		      const struct lend_fact *fact)
{
	if (fact->known != LEND_KNOWN && fact->known != LEND_DISPUTED)
		return;
	if (field->type == LEND_FIELD_TEXT)
		take_text(a, field->hide, fact->v.str);
	else if (field->hide == LEND_HIDE_SERIAL)
		take_other_cookie(a, fact->v.u64);
}

void lend_anonymise_take(struct lend_anonymise *a, const struct lend_inventory *inv)
{
	for (size_t i = 0; i < inv->n_nodes; i++) {
		if (inv->nodes[i]->kind == LEND_KIND_BLOCK)
			lend_anon_take_wwid(a, inv->nodes[i]);
	}
	/* Text first: cookies that follow from ids are known then. */
	for (int numbers = 0; numbers < 2; numbers++) {
		for (size_t i = 0; i < inv->n_nodes; i++) {
			const struct lend_node *node = inv->nodes[i];
			const struct lend_kind_info *kind = lend_kinds[node->kind];

			for (size_t f = 0; f < kind->n_fields; f++) {
				const struct lend_field *field = &kind->fields[f];
				const struct lend_dispute *d = NULL;

				if (field->hide == LEND_SHOW ||
				    (field->type != LEND_FIELD_TEXT) != (numbers == 1))
					continue;
				take_fact(a, field, lend_fact_at(node, field));
				while ((d = lend_next_dispute(inv, node, field, d)) != NULL)
					take_fact(a, field, &d->fact);
			}
			if (node->kind == LEND_KIND_BLOCK && numbers == 0)
				lend_anon_take_block(a, node);
			if (node->kind == LEND_KIND_BOOT && numbers == 0)
				lend_anon_take_boot(a, node);
			if (node->kind == LEND_KIND_VM && numbers == 0)
				take_text(a, LEND_HIDE_NAME, node->name);
		}
	}
}

/* ---- a word of a text ---- */

/* Names inside of a longer word: "db1" of "db1-disk". */
static void put_parts(struct lend_anonymise *a, const char *word, size_t len,
		      struct lend_buf *out)
{
	for (size_t i = 0; i < len;) {
		struct lend_anon_entry *entry = NULL;
		size_t n = 0;

		while (i + n < len &&
		       (word[i + n] == '_' || (word[i + n] & 0x80) != 0 ||
			lend_ascii_is_alpha(word[i + n]) || lend_ascii_is_digit(word[i + n])))
			n++;
		if (n >= PART_MIN)
			entry = lend_anon_find(&a->words, word + i, n);
		if (entry != NULL && (entry->flags & NAME) != 0)
			put_entry(a, entry, out);
		else
			lend_buf_put(out, word + i, n == 0 ? 1 : n);
		i += n == 0 ? 1 : n;
	}
}

static void put_word(struct lend_anonymise *a, enum lend_anon_how how, const char *word,
		     size_t len, struct lend_buf *out)
{
	struct lend_anon_entry *entry = lend_anon_find(&a->words, word, len);
	bool short_number = is_number(word, len) && len < NUMBER_MIN;
	char id[LEND_ND_ID_TEXT];
	struct lend_nd_id other;

	if (len < sizeof(id)) {
		memcpy(id, word, len);
		id[len] = '\0';
		if (entry == NULL && other_id(a, id, &other)) {
			lend_nd_id_format(&other, id);
			lend_buf_puts(out, id);
			return;
		}
	}
	if (entry == NULL &&
	    (lend_anon_wwid_word(a, word, len, out) || lend_anon_link_word(a, word, len, out)))
		return;
	if (how == LEND_ANON_KERNEL) {
		lend_buf_put(out, word, len);
	} else if (entry != NULL && (entry->flags & PRIVATE) != 0) {
		put_entry(a, entry, out);
	} else if (how == LEND_ANON_FORCE && !short_number) {
		if (entry != NULL && (entry->flags & KEEP) != 0)
			entry = lend_anon_add(&a->memory, &a->forced, word, len);
		else if (entry == NULL)
			entry = lend_anon_add(&a->memory, &a->words, word, len);
		put_entry(a, entry, out);
	} else if (how == LEND_ANON_PATH && !is_number(word, len) && strspn(word, ".-") < len &&
		   (entry == NULL || (entry->flags & KEEP) == 0)) {
		put_entry(a,
			  entry != NULL ? entry
					: lend_anon_add(&a->memory, &a->words, word, len),
			  out);
	} else {
		put_parts(a, word, len, out);
	}
}

/* How long the UUID is that begins at word + i; 0 when none does. */
static size_t uuid_at(const char *word, size_t len, size_t i, uint8_t ret[16])
{
	static const size_t lengths[] = { 36, VMFS_UUID };

	if (i > 0 && lend_ascii_is_xdigit(word[i - 1]))
		return 0;
	for (size_t l = 0; l < LEND_COUNT(lengths); l++) {
		size_t n = lengths[l];

		if (i + n <= len && (i + n == len || !lend_ascii_is_xdigit(word[i + n])) &&
		    parse_uuid(word + i, n, ret))
			return n;
	}
	return 0;
}

/* A UUID that is the whole word or a part of it, as in "domain-UUID". */
void lend_anon_word(struct lend_anonymise *a, enum lend_anon_how how, const char *word,
		    size_t len, struct lend_buf *out)
{
	size_t done = 0;
	uint8_t uuid[16];

	for (size_t i = 0; i + VMFS_UUID <= len; i++) {
		size_t n = uuid_at(word, len, i, uuid);

		if (n == 0)
			continue;
		if (i > done)
			put_word(a, how, word + done, i - done, out);
		put_uuid(a, uuid, has_capital(word + i, n), n, out);
		done = i + n;
		i = done - 1;
	}
	if (done < len)
		put_word(a, how, word + done, len - done, out);
}

void lend_anon_keep(struct lend_anonymise *a, const char *word, size_t len)
{
	lend_anon_add(&a->memory, &a->words, word, len)->flags = KEEP;
}

void lend_anonymise_is_esx(struct lend_anonymise *a)
{
	a->rewrite.rewrite = lend_anon_esx_rewrite;
	lend_anon_esx(a);
}

struct lend_anonymise *lend_anonymise_new(void)
{
	struct lend_anonymise *a = lend_xrealloc(NULL, sizeof(*a));

	*a = (struct lend_anonymise){ 0 };
	a->rewrite = (struct lend_rewrite){ .context = a, .rewrite = lend_anon_rewrite };
	for (const char *word = lend_anon_kept; *word != '\0'; word += strspn(word, " ")) {
		size_t len = strcspn(word, " ");

		lend_anon_keep(a, word, len);
		word += len;
	}
	return a;
}

void lend_anonymise_free(struct lend_anonymise *a)
{
	if (a == NULL)
		return;
	lend_arena_done(&a->memory);
	free(a);
}

struct lend_anon_file *lend_anon_last_file(struct lend_anonymise *a)
{
	return &a->file;
}

const struct lend_rewrite *lend_anonymise_rewrite(struct lend_anonymise *a)
{
	return &a->rewrite;
}
