/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/vmware/esx.conf, the configuration of an ESXi host: lines of
 *	/path/to/key = "value"
 * Order, comments and lines that mean nothing are kept: what was read and not
 * changed is written back byte for byte.  Keys are told apart by case.
 *
 * What is known of the keys, and how well: docs/design/esxi-files.md.
 */

#ifndef LEND_FORMAT_ESX_CONF_H
#define LEND_FORMAT_ESX_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "format/pci-address.h"
#include "lend/lend.h"

enum { LEND_ESX_CONF_MAX = 4 << 20 }; /* a longer file is refused */

struct lend_esx_conf_line {
	const char *raw; /* the whole line with its end; NULL for one that was set here */
	size_t raw_len;
	const char *key;     /* NULL: comment, empty or junk */
	const char *value;   /* as it stands between the quotes: no escapes are known */
	bool junk;           /* neither an assignment nor a comment */
	unsigned int number; /* in the file, from 1; 0 for one that was added here */
};

struct lend_esx_conf {
	struct lend_arena *arena;
	struct lend_esx_conf_line *lines;
	size_t n_lines;
	size_t cap_lines;
	uint32_t *sorted; /* the lines with keys, by key */
	size_t n_sorted;
	size_t n_junk;
	unsigned int first_junk; /* its line number; 0: there is none */
	const char *eol;         /* of the first line */
};

/* Text with a line of that form; whoever wants to be sure parses it. */
bool lend_esx_conf_recognise(const char *text, size_t len);

/*
 * The struct keeps using arena.  Junk is counted and kept.  -1: NUL bytes, too
 * long, not one assignment, or a key that is there twice: nobody but the host
 * knows which of the two it takes, and they may differ.
 */
int lend_esx_conf_parse(const char *text, size_t len, struct lend_arena *arena,
			struct lend_esx_conf *ret_conf, struct lend_err *err) LEND_MUST_CHECK;

/* NULL when the key is not there. */
const struct lend_esx_conf_line *lend_esx_conf_find(const struct lend_esx_conf *conf,
						    const char *key);
const char *lend_esx_conf_get(const struct lend_esx_conf *conf, const char *key);

/* Changes the line in its place, or adds one at the end.  -1: no key, or a value with quotes,
 * backslashes or control characters: how the host escapes those is not known. */
int lend_esx_conf_set(struct lend_esx_conf *conf, const char *key, const char *value,
		      struct lend_err *err) LEND_MUST_CHECK;

/* Takes the whole line out; false when the key is not there. */
bool lend_esx_conf_remove(struct lend_esx_conf *conf, const char *key);

void lend_esx_conf_write(const struct lend_esx_conf *conf, struct lend_buf *out);

/* How sure it is which device "/device/ADDRESS/..." means. */
enum lend_esx_conf_spelling {
	LEND_ESX_CONF_HOST,   /* as the host writes it, decimal, the bus in three digits */
	LEND_ESX_CONF_UNSURE, /* decimal it would be at, but no host is known to write it so */
	LEND_ESX_CONF_HEX,    /* letters in it: wrong, and most likely without effect */
	LEND_ESX_CONF_ODD,    /* no address at all */
};

/* What /device/ADDRESS/ has; texts are NULL where the file does not say. */
struct lend_esx_conf_device {
	const char *address; /* as spelled */
	enum lend_esx_conf_spelling spelling;
	struct lend_pci_decimal at; /* of HOST and UNSURE */
	const char *owner;          /* "vmkernel", "passthru"; none at all counts as vmkernel */
	const char *vmkname;
	const char *vendor; /* hex digits, as is device: key names UNVERIFIED */
	const char *device;
	unsigned int owner_line; /* 0: no such line, or not from the file */
};

/* In the order of their spelled addresses. */
void lend_esx_conf_devices(const struct lend_esx_conf *conf, struct lend_arena *arena,
			   struct lend_esx_conf_device **ret_items, size_t *ret_n);

/* One "PREFIX/child[NNNN]/" of a list of network interfaces; texts are NULL when not said. */
struct lend_esx_conf_nic {
	const char *child; /* with the prefix, without a slash at its end */
	const char *name;  /* "vmnic0", "vmk0" */
	const char *mac;
	const char *virtual_mac; /* of physical ones */
	const char *ipv4;        /* of VMkernel ones, and so are the next three */
	const char *netmask;
	const char *dhcp;
	const char *portgroup; /* UNVERIFIED */
};

#define LEND_ESX_CONF_PNIC   "/net/pnic"
#define LEND_ESX_CONF_VMKNIC "/net/vmkernelnic"
void lend_esx_conf_nics(const struct lend_esx_conf *conf, const char *prefix,
			struct lend_arena *arena, struct lend_esx_conf_nic **ret_items,
			size_t *ret_n);

#endif
