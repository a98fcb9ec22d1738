/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of wish-from-args share while they make one wish. */

#ifndef LEND_PLAN_WISH_FROM_PARTS_H
#define LEND_PLAN_WISH_FROM_PARTS_H

#include "format/qemu-opts.h"
#include "plan/wish-from-args.h"

/* What an option is about; every option is looked at by one file alone. */
enum lend_wish_part {
	LEND_WISH_PART_OTHER, /* nothing here reads it */
	LEND_WISH_PART_ACCEL,
	LEND_WISH_PART_BLOCKDEV,
	LEND_WISH_PART_BOOT,
	LEND_WISH_PART_CHARDEV,
	LEND_WISH_PART_DEVICE,
	LEND_WISH_PART_DRIVE,
	LEND_WISH_PART_IMAGE, /* -hda, -cdrom, -fda and words without an option */
	LEND_WISH_PART_MACHINE,
	LEND_WISH_PART_MEMORY,
	LEND_WISH_PART_NAME,
	LEND_WISH_PART_NET, /* -net, -netdev, -nic */
	LEND_WISH_PART_NUMA,
	LEND_WISH_PART_MONITOR, /* -qmp, -monitor, -mon */
	LEND_WISH_PART_OBJECT,
	LEND_WISH_PART_OWN,    /* how QEMU is started */
	LEND_WISH_PART_SERIAL, /* -serial, -parallel */
	LEND_WISH_PART_SINGLE, /* one value, the last one counts */
	LEND_WISH_PART_SMP,
};

struct lend_wish_item {
	const char *name;  /* as in lend_qemu_option */
	const char *value; /* never NULL: "" */
	enum lend_wish_part part;
	struct lend_qemu_opts opts; /* empty when the value is no list of pairs, or is broken */
	bool is_pairs;              /* the value is understood as pairs, all of it */
	bool old_spelling;          /* of one of them */
	const struct lend_qemu_device *device; /* of -device; NULL when there is none */
	struct lend_wish_option *out;
};

/* Ids and the options that have or name them, sorted. */
struct lend_wish_ids {
	struct lend_wish_id {
		const char *id;
		struct lend_wish_item *item;
	} * rows;
	size_t n, cap;
};

struct lend_wish_maker {
	struct lend_arena *arena;
	const struct lend_qemu_args *args;
	const struct lend_wish_from *from;
	struct lend_wish_made *out;
	struct lend_wish *wish; /* that of out */
	struct lend_wish_item *items;
	size_t n_items;
	struct lend_wish_ids objects; /* -object by id= */
	struct lend_wish_ids blocks;  /* -blockdev by node-name=, -drive by id= */
	bool dir_used;                /* there were relative paths */
	bool has_other_disks;         /* some stay in qemu-args */
	bool memory_said;             /* keys say what -m says */
	bool ram_said;                /* a key says what the machine's memory-backend= says */
	bool pflash_said;     /* the machine's pflash0= and pflash1= are keys of the wish */
	const char *relative; /* a path that could not be made absolute */
};

/* ---- the parts, in this order ---- */
void lend_wish_from_firmware(struct lend_wish_maker *m);
void lend_wish_from_numa(struct lend_wish_maker *m);
void lend_wish_from_pmem(struct lend_wish_maker *m);
void lend_wish_from_machine(struct lend_wish_maker *m); /* and CPU, RAM, kernel */
void lend_wish_from_disks(struct lend_wish_maker *m);
void lend_wish_from_network(struct lend_wish_maker *m);
void lend_wish_from_boot(struct lend_wish_maker *m);
void lend_wish_from_pci(struct lend_wish_maker *m);
void lend_wish_from_sockets(struct lend_wish_maker *m); /* monitors, consoles, the agent */

/* ---- tools ---- */
/* for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) */
static inline struct lend_wish_item *lend_wish_next(const struct lend_wish_maker *m,
						    struct lend_wish_item *item)
{
	item = item == NULL ? m->items : item + 1;
	return item < m->items + m->n_items ? item : NULL;
}

/* Its value of a key, NULL when it has none. */
const char *lend_wish_get(const struct lend_wish_item *item, const char *key);

/* Its pairs were all understood, and have no other keys than these (blanks between them). */
bool lend_wish_has_only(const struct lend_wish_item *item, const char *keys);

/* key is one of them. */
bool lend_wish_is_one_of(const char *key, const char *keys);

/* Keys say it; but for the pairs with other keys than these, which stay (NULL: none stay). */
void lend_wish_say(struct lend_wish_maker *m, struct lend_wish_item *item, const char *keys);
void lend_wish_leave_out(struct lend_wish_item *item);
bool lend_wish_is_open(const struct lend_wish_item *item); /* nobody has taken it so far */

/* One line at the head of the wish; values in it may be any bytes. */
void lend_wish_note(struct lend_wish_maker *m, const char *fmt, ...) LEND_PRINTF(2, 3);

/* It is UTF-8. */
bool lend_wish_is_text(const char *text);

/* A path as it may stand in a wish; NULL when it is none: empty, a URL, or a folder.  One that
 * cannot be made absolute is kept in m->relative. */
const char *lend_wish_path(struct lend_wish_maker *m, const char *path);

/* The item of an option that has one value, the last one as QEMU does; NULL when there is none.
 */
struct lend_wish_item *lend_wish_last(struct lend_wish_maker *m, const char *name);

/* Understood as on or off; UNSET when it is not there or is something else. */
enum lend_tri lend_wish_switch(const struct lend_wish_item *item, const char *key);

/* The open item of that id; NULL when there is none or there are several. */
struct lend_wish_item *lend_wish_find(const struct lend_wish_ids *ids, const char *id);

void lend_wish_sort_ids(struct lend_wish_ids *ids);
bool lend_wish_has_id(const struct lend_wish_ids *ids, const char *id);

/* What a drive or a chain of block nodes is about. */
struct lend_wish_block {
	const char *path;
	const char *format; /* NULL: QEMU guesses */
	enum lend_tri readonly;
	struct lend_wish_item *items[2]; /* NULL where there is only one */
};

/* A -drive that has a file, and no other keys than these. */
bool lend_wish_drive_of(struct lend_wish_maker *m, struct lend_wish_item *drive,
			const char *keys, struct lend_wish_block *ret);

/* The -blockdev of that name with the one below it, when all is understood; also: keys that do
 * not matter. */
bool lend_wish_blockdev_of(struct lend_wish_maker *m, const char *node, const char *also,
			   struct lend_wish_block *ret);

void lend_wish_say_block(struct lend_wish_maker *m, const struct lend_wish_block *block);

#endif
