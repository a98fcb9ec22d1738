/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One question to the outside world, and its answer.
 *
 * Asks are const tables beside the collector that sends them; each "%s" in a
 * key is replaced by an argument.  In paths an argument must be a single name
 * ("%s") or may be a whole path ("%p"); in commands it is one word that is no
 * option; in QMP and agent requests it becomes the inside of a JSON string.  Only reading
 * questions exist here: what changes something lives behind io/write.h, for apply alone.
 */

#ifndef LEND_IO_ASK_H
#define LEND_IO_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "lend/lend.h"

enum lend_via {
	LEND_VIA_FILE,    /* a whole file; key is a path without leading slash */
	LEND_VIA_RANGE,   /* bytes of a file, block device or DAX device, at an offset */
	LEND_VIA_CONTENT, /* what such a range holds, without its bytes; see io/content.h */
	LEND_VIA_DIR,     /* the names in a folder, short ones first */
	LEND_VIA_LINK,    /* what a symbolic link says */
	LEND_VIA_MAGIC,   /* the same for /proc magic links: fd/N, cwd, root, exe, ns/mnt */
	LEND_VIA_STAT,    /* stat and statfs, following links; /proc/PID/root/... too */
	LEND_VIA_SPACE,   /* of the file system there, one line: "free=BYTES block=BYTES ro=0
			     writable=1 changed=NANOSECONDS": what is free for us, may we write
			     to the thing, when was it changed last (ctime) */
	LEND_VIA_PROBE,   /* what a file or device can be mapped as, tried without touching it;
			     one   line, what is not known left out: "dax=1 map_sync=1 format=raw"
			   */
	LEND_VIA_ALONE, /* who has that file open, or mapped, in whichever container: "process 7
			   (cat)"; empty: nobody; unreadable: it cannot be told */
	LEND_VIA_MAPPED, /* "proc/PID@MAJOR:MINOR:INODE": how that process has mapped that file:
			    "shared=1 sync=1"; absent: not at all */
	LEND_VIA_RUN,    /* what a program prints; key is its words, one space between them */
	LEND_VIA_QMP,    /* a request on a conversation with a QEMU monitor */
	LEND_VIA_QGA,    /* a request on a conversation with a guest agent */
	LEND_VIA_COUNT
};

enum {
	LEND_ASK_MAY_HANG = 1 << 0,     /* asked in a child, left behind at the deadline */
	LEND_ASK_NOT_RECORDED = 1 << 1, /* a look around: what matters is asked
					   again, or recorded in part */
	LEND_ASK_NO_LINK = 1 << 2,      /* of a folder of a tree: a link to one is none */
};

struct lend_ask {
	enum lend_via via;
	const char *key;
	uint32_t limit_bytes; /* 0: 64 KiB, for conversations 16 MiB */
	uint32_t deadline_ms; /* 0: 1 s, for the guest agent 3 s, for programs 10 s */
	uint32_t flags;
	/* Of RUN: what its standard input says; NULL: nothing.  Recordings know the question by
	 * its key alone. */
	const char *input;
};

struct lend_stat {
	uint32_t mode; /* st_mode */
	uint32_t dev_major, dev_minor;
	uint32_t rdev_major, rdev_minor;
	uint64_t inode;
	uint64_t size_bytes;
	uint64_t allocated_bytes;
	uint64_t fs_magic; /* statfs f_type */
};

/*
 * known is KNOWN, ABSENT (there is no such thing), UNREADABLE (os_errno and
 * why say the reason) or NOT_ASKED (a saved host has no answer to this).
 */
struct lend_answer {
	enum lend_known known;
	int os_errno;
	const char *why;   /* a reason for people, "" when known */
	const char *bytes; /* content, link text, reply; NUL behind it */
	size_t len;
	const char **names; /* of DIR */
	size_t n_names;
	struct lend_stat stat; /* of STAT */
};

#endif
