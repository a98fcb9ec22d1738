/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Captures with other names.
 *
 * What is private is told by the field tables (the hide column) and, for what
 * is recorded and no fact, by its form: paths, UUIDs, MAC addresses, ids of
 * NVDIMMs, values of keys such as "serial".  The same original becomes the
 * same replacement of the same length and characters wherever it stands:
 * questions, answers, texts inside JSON inside base64, labels.  Replacements
 * are random and not kept, so nothing leads back.
 */

#ifndef LEND_COLLECT_ANONYMISE_H
#define LEND_COLLECT_ANONYMISE_H

#include "base/buf.h"
#include "io/io.h"
#include "model/inventory.h"

struct lend_anonymise;

struct lend_anonymise *lend_anonymise_new(void);
void lend_anonymise_free(struct lend_anonymise *anonymise); /* NULL is fine */

/* For lend_io_record_rewritten(); lives as long as anonymise. */
const struct lend_rewrite *lend_anonymise_rewrite(struct lend_anonymise *anonymise);

/* The capture is of a saved host of ESXi, whose files are read in their own way. */
void lend_anonymise_is_esx(struct lend_anonymise *anonymise);

/* What the inventory knows to be private; before the recording ends. */
void lend_anonymise_take(struct lend_anonymise *anonymise, const struct lend_inventory *inv);

/* ---- among the files anonymise*.c ---- */

enum lend_anon_how {
	LEND_ANON_KERNEL, /* UUIDs and ids alone: a VM may be called like a device */
	LEND_ANON_LOOKUP, /* what is known to be private, and what has its form */
	LEND_ANON_PATH,   /* all but the names of a system's own folders */
	LEND_ANON_FORCE,  /* all but short numbers */
};

/* Words that are no names, with blanks between them. */
extern const char lend_anon_kept[];

/* One word, without a separator that ends it. */
void lend_anon_word(struct lend_anonymise *a, enum lend_anon_how how, const char *word,
		    size_t len, struct lend_buf *out);

/* How many bytes from text + at on are one word; 0 for what stands between words. */
size_t lend_anon_word_length(const char *text, size_t len, size_t at);
/* Without an ending that says what it is, not whose: ".img". */
size_t lend_anon_stem_length(const char *word, size_t len);

/* The address of IP that begins at text, replaced: how long it was; 0 when there is none. */
size_t lend_anon_ip(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out);
/* An address, a network, or a list of these. */
bool lend_anon_is_ip(const char *text);
/* "52:54:00:12:34:56", and nothing of that form behind it. */
bool lend_anon_is_mac(const char *text, size_t len);
/* Tables of /proc/net that have addresses as hexadecimal digits. */
bool lend_anon_is_net_table(const char *key);
void lend_anon_net_table(struct lend_anonymise *a, const char *text, size_t len,
			 struct lend_buf *out);

/* "tcp:127.0.0.1:4444": every machine's own, with a port that says nothing. */
bool lend_anon_is_own_tcp(const char *text);

/* That word is no name. */
void lend_anon_keep(struct lend_anonymise *a, const char *word, size_t len);

/* Files of a host of ESXi: the words that stay, and what becomes of the rest. */
void lend_anon_esx(struct lend_anonymise *a);
void lend_anon_esx_rewrite(void *anonymise, enum lend_recorded what, enum lend_via via,
			   const char *key, const char *bytes, size_t len,
			   struct lend_buf *out);

/* That word becomes this, wherever it stands. */
void lend_anon_fix(struct lend_anonymise *a, const char *from, size_t len, const char *to);

/* 16 bytes in text order; 64-bit cookies that are known. */
void lend_anon_uuid(struct lend_anonymise *a, const uint8_t uuid[16], uint8_t ret[16]);
bool lend_anon_cookie(struct lend_anonymise *a, uint64_t cookie, uint64_t *ret);
/* Of PCI functions; known from now on.  false for what QEMU makes of a slot, which stays. */
bool lend_anon_serial64(struct lend_anonymise *a, uint64_t serial, uint64_t *ret);

/* Text of any kind; a path; a JSON document; a command line with NULs; a VM's or host's name.
 */
void lend_anon_text(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out);
void lend_anon_path(struct lend_anonymise *a, const char *path, size_t len,
		    struct lend_buf *out);
void lend_anon_json(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out);
void lend_anon_cmdline(struct lend_anonymise *a, const char *text, size_t len,
		       struct lend_buf *out);
/* The inside of a domain of libvirt, as XML. */
void lend_anon_xml(struct lend_anonymise *a, const char *text, size_t len,
		   struct lend_buf *out);
void lend_anon_name(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out);
void lend_anon_all(struct lend_anonymise *a, enum lend_anon_how how, const char *text,
		   size_t len, struct lend_buf *out);
/* "key=value,key=value" with names for QEMU's words. */
void lend_anon_properties(struct lend_anonymise *a, const char *text, size_t len,
			  struct lend_buf *out);
/* Names in /dev/disk/by-id that have an id in them; false when it is none of these. */
bool lend_anon_link_word(struct lend_anonymise *a, const char *word, size_t len,
			 struct lend_buf *out);
void lend_anon_take_boot(struct lend_anonymise *a, const struct lend_node *node);
/* What blkid or udev's record says of a device: the kinds of data, and names as links have
 * them.
 */
void lend_anon_disk_names(struct lend_anonymise *a, const char *text, size_t len,
			  struct lend_buf *out);
/* Pools of ZFS, in their cache file. */
void lend_anon_pools(struct lend_anonymise *a, const char *bytes, size_t len,
		     struct lend_buf *out);
/* multipath.conf: the words that lend reads stay. */
void lend_anon_multipath_conf(struct lend_anonymise *a, const char *text, size_t len,
			      struct lend_buf *out);
/* A variable of UEFI firmware that says what to boot. */
void lend_anon_efi(struct lend_anonymise *a, const char *bytes, size_t len,
		   struct lend_buf *out);
bool lend_anon_is_one_of(const char *const *list, size_t n, const char *text, size_t len);
/* Is this a key behind which a secret stands: "serial", "password"? */
bool lend_anon_is_secret_key(const char *key, size_t len);

/* Bytes of a backing: labels, index blocks, other data. */
void lend_anon_range(struct lend_anonymise *a, const char *bytes, size_t len,
		     struct lend_buf *out);

/* Words of WWIDs that have their own form: false for all others. */
bool lend_anon_wwid_word(struct lend_anonymise *a, const char *word, size_t len,
			 struct lend_buf *out);
bool lend_anon_is_wwid(const char *text);
void lend_anon_wwid(struct lend_anonymise *a, const char *text, size_t len,
		    struct lend_buf *out);
void lend_anon_vpd80(struct lend_anonymise *a, const char *bytes, size_t len,
		     struct lend_buf *out);
void lend_anon_dm_name(struct lend_anonymise *a, const char *name, size_t len,
		       struct lend_buf *out);
void lend_anon_dm_uuid(struct lend_anonymise *a, const char *text, size_t len,
		       struct lend_buf *out);
/* What is named by its parts is known as a whole from now on. */
void lend_anon_take_block(struct lend_anonymise *a, const struct lend_node *node);
/* As multipath calls a disk: "3" and what is behind "naa."; before all that may have it in a
 * name.
 */
void lend_anon_take_wwid(struct lend_anonymise *a, const struct lend_node *node);
/* /proc/PID/mountinfo, or /proc/swaps. */
void lend_anon_mounts(struct lend_anonymise *a, bool swaps, const char *text, size_t len,
		      struct lend_buf *out);
void lend_anon_config(struct lend_anonymise *a, const char *bytes, size_t len,
		      struct lend_buf *out);

/* A question to lend-via-vsphere, or its URL; what it becomes, and the answer. */
bool lend_anon_asks_vsphere(const char *text);
void lend_anon_vsphere_url(struct lend_anonymise *a, const char *text, struct lend_buf *out);
void lend_anon_vsphere(struct lend_anonymise *a, const char *key, const char *bytes, size_t len,
		       struct lend_buf *out);

bool lend_anon_is_listing(const char *text, size_t len);
void lend_anon_listing(struct lend_anonymise *a, const char *text, size_t len,
		       struct lend_buf *out);

/* The file that was opened last by an agent. */
struct lend_anon_file {
	uint64_t handle;
	bool chosen;  /* its text is a name or a UUID */
	bool reading; /* the answer at hand is this text */
};

struct lend_anon_file *lend_anon_last_file(struct lend_anonymise *a);
/* The answer to key: sets what was opened, and whether it is read. */
void lend_anon_see_file(struct lend_anon_file *file, const char *key, const char *answer,
			size_t len);

/* The function of lend_anonymise_rewrite(). */
void lend_anon_rewrite(void *anonymise, enum lend_recorded what, enum lend_via via,
		       const char *key, const char *bytes, size_t len, struct lend_buf *out);

#endif
