/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which file is it, and does somebody else use it?
 *
 * QEMU takes no lock on its backing files.  The kernel knows all the same: it
 * grants a write lease (fcntl(2), F_SETLEASE) only on what nobody else has
 * open, in whichever container, and be it the kernel itself (a loop device).
 * /proc says who that is.
 */

#ifndef LEND_IO_ALONE_H
#define LEND_IO_ALONE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "lend/lend.h"

/* ---- which file ---- */

enum { LEND_FILE_ID_MAX = 96 };

/*
 * What tells a file from every other one: "8:1/131" and, when the file system
 * keeps it, when it was made: "8:1/131@1790000000.123456789".
 */
struct lend_file_id {
	char text[LEND_FILE_ID_MAX];
};

int lend_file_id_of(int fd, struct lend_file_id *ret_id, struct lend_err *err) LEND_MUST_CHECK;

/* The same of what a path leads to, which has to be a regular file. */
int lend_file_id_at(const char *path, struct lend_file_id *ret_id,
		    struct lend_err *err) LEND_MUST_CHECK;

/*
 * Numbers of devices change when the host boots, so that with the same inode
 * and the same time the device is not compared.
 */
bool lend_file_id_same(const char *a, const char *b) LEND_MUST_CHECK;

/* ---- who uses it ---- */

enum { LEND_ALONE_TAKEN = 1 };

/* Ends when fd is closed. */
struct lend_alone {
	int fd;
	bool leased; /* whoever opens the file waits until then, for 45 s at most */
};

/*
 * 0: nobody else has the file open or mapped.  LEND_ALONE_TAKEN: by whom is
 * in who: "process 4711 (qemu-system-x86)".  fd is the only one that this
 * process has of the file.  There is no lease where the file system has none,
 * or the file is somebody else's.  Of a device every node counts: containers
 * have their own.
 */
int lend_alone_hold(int fd, struct lend_alone *ret_alone, struct lend_buf *who,
		    struct lend_err *err) LEND_MUST_CHECK;

/*
 * Both of a path, for those who only want to know: 0, LEND_ALONE_TAKEN (who
 * has it, and the id, too), -1: also when it is no regular file.
 */
int lend_alone_look(const char *path, struct lend_file_id *ret_id, struct lend_buf *who,
		    struct lend_err *err) LEND_MUST_CHECK;

/* The same for what a link leads to. */
int lend_alone_look_through(const char *path, struct lend_file_id *ret_id, struct lend_buf *who,
			    struct lend_err *err) LEND_MUST_CHECK;

/*
 * The same for a file system that is mounted at path: LEND_ALONE_TAKEN when a
 * process has a file of it open or mapped, or is in a folder of it.
 */
int lend_alone_below(const char *path, struct lend_buf *who,
		     struct lend_err *err) LEND_MUST_CHECK;

/*
 * As the kernel alone says it at once, and let go of again.  false: somebody
 * has it, or it cannot be told that way.
 */
bool lend_alone_is(int fd) LEND_MUST_CHECK;

/* false: somebody is waiting to open it. */
bool lend_alone_still(const struct lend_alone *alone) LEND_MUST_CHECK;

#endif
