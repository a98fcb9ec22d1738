/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys of a wish: one row each, from which it is read, written and listed.
 *
 * An object is the struct that a mapping fills: the wish itself, or an item
 * of one of its lists.  Items begin with their struct lend_wish_at.
 */

#ifndef LEND_FORMAT_WISH_YAML_ROWS_H
#define LEND_FORMAT_WISH_YAML_ROWS_H

#include "format/wish-yaml.h"

/*
 * Looks at a text and says with lend_fail what is wrong with it; may put
 * another spelling of the same in its place.
 */
typedef int lend_wish_check_text(struct lend_arena *arena, const char **text,
				 struct lend_err *err);

enum lend_wish_type {
	LEND_WISH_TEXT,    /* const char * */
	LEND_WISH_SIZE,    /* struct lend_opt_u64 */
	LEND_WISH_NUMBER,  /* struct lend_opt_u64 */
	LEND_WISH_SWITCH,  /* enum lend_tri */
	LEND_WISH_WORD,    /* const char *, one of words */
	LEND_WISH_CHOICE,  /* an enum, whose value is the word's place */
	LEND_WISH_TEXTS,   /* list of texts */
	LEND_WISH_ITEMS,   /* list of mappings */
	LEND_WISH_PART,    /* a mapping, into the same object */
	LEND_WISH_NETWORK, /* these three are read and written by functions of their own */
	LEND_WISH_SSH,
	LEND_WISH_FORWARDS,

};

enum {
	LEND_WISH_KEYS_MAX = 40,       /* of one mapping */
	LEND_WISH_NOWHERE = UINT16_MAX /* no such member */
};

struct lend_wish_row {
	const char *key;
	const char *example;
	const char *help;
	const char *also;   /* other words that people write for it, separated by blanks */
	uint8_t type;       /* enum lend_wish_type */
	bool required;      /* a size: in YAML only */
	bool zero_is_fine;  /* although it is below min */
	uint16_t offset;    /* of the member in the object */
	uint16_t at_offset; /* of the struct lend_wish_at, or LEND_WISH_NOWHERE */
	uint16_t n_offset, cap_offset; /* of a list */
	uint64_t min, max;
	const char *const *words; /* ends with NULL; "" is a value that is not written */
	lend_wish_check_text *check;
	const struct lend_wish_rows *inside; /* of ITEMS, PART */
};

struct lend_wish_rows {
	const char *name; /* "pmem", "" for the top */
	const struct lend_wish_row *rows;
	size_t n;
	size_t item_size;
	bool short_form; /* a text alone means the first key, one item needs no list */
};

extern const struct lend_wish_rows lend_wish_rows_top;
extern const struct lend_wish_rows lend_wish_rows_pmem;

/* Every mapping there is, the top one first; NULL at the end. */
extern const struct lend_wish_rows *const lend_wish_rows_all[];

/* ---- values ---- */

/* The member of a row whose value is one text.  Failures say neither key nor place. */
int lend_wish_set(struct lend_arena *arena, const struct lend_wish_row *row, const char *text,
		  void *object, struct lend_err *err) LEND_MUST_CHECK;

/* words ends with NULL; "" is none of them. */
int lend_wish_find_word(const char *const *words, const char *text, size_t *ret_i,
			struct lend_err *err) LEND_MUST_CHECK;

/* "'text' is no ..."; returns -1. */
int lend_wish_fail_text(const char *text, const char *why, struct lend_err *err);

/* ---- texts ---- */

lend_wish_check_text lend_wish_check_vm, lend_wish_check_id, lend_wish_check_uuid,
	lend_wish_check_machine, lend_wish_check_path, lend_wish_check_program,
	lend_wish_check_firmware, lend_wish_check_install, lend_wish_check_mac,
	lend_wish_check_pci, lend_wish_check_expect, lend_wish_check_serial,
	lend_wish_check_cpus, lend_wish_check_interface;

/* The ranges of "0-3,8", from *at on; false at the end, and for what is none. */
bool lend_wish_cpu_range(const char **at, uint64_t *ret_first, uint64_t *ret_last);

/* "2222", "127.0.0.1:2222", "[::1]:2222" into address (NULL: none given) and port. */
int lend_wish_parse_endpoint(struct lend_arena *arena, const char *text, size_t len,
			     const char **ret_address, uint16_t *ret_port,
			     struct lend_err *err) LEND_MUST_CHECK;

/* "127.0.0.1:0", ":0", "unix:PATH"; NULL for "none". */
lend_wish_check_text lend_wish_check_vnc;

/* ---- one object ---- */

/* What contradicts itself within one pmem. */
int lend_wish_check_pmem(const struct lend_wish_pmem *pmem,
			 struct lend_err *err) LEND_MUST_CHECK;

enum {
	LEND_WISH_CPUS_MAX = 4096,
	LEND_WISH_SSH_PORT = 22,
};
/* What an x86 processor can address (52 bits): sums of so many items stay in 64 bits. */
#define LEND_WISH_SIZE_MAX (1ULL << 52)

#endif
