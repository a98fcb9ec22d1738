/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Another host, asked in few exchanges over one connection: three as a rule,
 * more when it has to be found out who has a device open.
 *
 * Collectors ask as they always do.  What is not known yet is put on a list,
 * and answered in the next exchange; then they are run again.  The first
 * exchange also brings what everything else hangs on: the links of sysfs and
 * what runs.  remote-script.c makes what is sent, remote-take.c reads what
 * comes back.
 */

#ifndef LEND_IO_REMOTE_H
#define LEND_IO_REMOTE_H

#include "io/far-tree.h"
#include "io/inside.h"
#include "io/ssh.h"

enum {
	LEND_REMOTE_ROUNDS = 6,
	LEND_REMOTE_ALL_MAX = 256 << 20,    /* bytes of one exchange, as they are sent */
	LEND_REMOTE_SECTION_MAX = 48 << 20, /* of one section, unpacked */
	LEND_REMOTE_FILE_MAX = 4 << 20,
	LEND_REMOTE_COMMAND_MAX = 16 << 20,
	LEND_REMOTE_HEAD_MAX = 65536,  /* of a file that is asked for with others */
	LEND_REMOTE_ASKS_MAX = 200000, /* of one exchange */
	LEND_REMOTE_BATCH = 400,       /* paths that one program is given */
	LEND_REMOTE_MS = 60000,
};

struct lend_remote_entry {
	enum lend_via via;
	const char *key;
	const char *path;
	uint64_t offset, len; /* of RANGE */
	size_t limit;
	const char *input; /* of RUN; NULL: nothing */
	size_t place;      /* in its section, from 1 on */
	bool may_hang;
	enum { LEND_REMOTE_NEW, LEND_REMOTE_SENT, LEND_REMOTE_DONE, LEND_REMOTE_NEVER } state;
	struct lend_answer answer;
};

/* What one "+N" of the script is about. */
struct lend_remote_section {
	enum lend_remote_what {
		LEND_REMOTE_ONE,     /* the answer to one entry */
		LEND_REMOTE_LISTS,   /* folders with what is in them */
		LEND_REMOTE_LINKS,   /* links, each alone */
		LEND_REMOTE_KIDS,    /* the links of all that is in one folder */
		LEND_REMOTE_HEADS,   /* contents of files */
		LEND_REMOTE_UEVENTS, /* of all that is in one folder */
	} what;
	struct lend_remote_entry **entries; /* of ONE and HEADS, in order */
	size_t n;
	const char *folder; /* of KIDS and UEVENTS */
	bool taken;         /* it was answered: what comes again is no answer */
};

struct lend_remote {
	struct lend_ssh_target target;
	struct lend_ssh *ssh;
	struct lend_arena memory;
	struct lend_far_tree tree;
	struct lend_remote_entry **entries; /* open hash of via and key */
	size_t size, n;
	struct lend_remote_entry **wanted; /* not sent yet */
	size_t n_wanted, cap_wanted;
	struct lend_remote_section *sections; /* of this exchange */
	size_t n_sections, cap_sections;
	unsigned int rounds;
	struct lend_far_node **files; /* of next_file */
	size_t n_files;
	bool packed; /* what comes is base64, else lines with a blank in front */
	bool esxi;
	char mark[40];
};

struct lend_remote *lend_remote_new(const struct lend_ssh_target *target);
void lend_remote_free(struct lend_remote *remote); /* NULL is fine */

/* NOT_ASKED: from the next exchange on it is, unless it cannot be asked over there. */
void lend_remote_answer(struct lend_io *io, const struct lend_ask *ask, const char *key,
			const struct lend_root_ask *what, struct lend_answer *answer);

/* NULL: it was not asked. */
struct lend_remote_entry *lend_remote_find(const struct lend_remote *remote, enum lend_via via,
					   const char *key);

/* 1: something was asked, look again; 0: there is nothing to ask, or no exchange left. */
int lend_remote_round(struct lend_remote *remote, uint32_t timeout_ms,
		      struct lend_err *err) LEND_MUST_CHECK;

/* Questions that the exchanges were not enough for. */
size_t lend_remote_left(const struct lend_remote *remote, const char **ret_first);

/* remote-script.c: for what is wanted; the entries are sent then. */
void lend_remote_script(struct lend_remote *remote, struct lend_buf *out);
void lend_remote_prologue(struct lend_buf *out);
extern const char lend_remote_common_sh[], lend_remote_linux_sh[], lend_remote_esxi_sh[];
/* remote-script-esxi.c */
void lend_remote_script_esxi(struct lend_buf *out);

/* A file that came; *at begins with 0, and the order is that of their paths.  false: no more.
 */
bool lend_remote_next_file(struct lend_remote *remote, size_t *at, const char **ret_path,
			   const char **ret_bytes, size_t *ret_len);

/* remote-take.c: -1 for what no such script prints. */
int lend_remote_take(struct lend_remote *remote, const char *text, size_t len,
		     struct lend_err *err) LEND_MUST_CHECK;

#endif
