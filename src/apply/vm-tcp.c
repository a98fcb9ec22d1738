/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose a TCP port of this machine is.  A Unix socket tells who listens; for
 * a port the kernel's table has the number of the listening socket, and the
 * process has to have it open.
 */

#include <inttypes.h>
#include <sys/stat.h>

#include "apply/vm.h"
#include "base/err.h"
#include "format/tcp-listen.h"

enum { TABLE_MAX = 16 << 20 };

/* The best match for a connection to that address; 0: nobody listens. */
static unsigned int best_of(const char *table, const struct lend_loopback *to,
			    uint64_t *ret_inode)
{
	struct lend_tcp_listener l;
	unsigned int best = 0;

	for (const char *at = table; lend_tcp_table_next(&at, &l);) {
		unsigned int score = lend_tcp_score(&l, to);

		if (score <= best)
			continue;
		best = score;
		*ret_inode = l.inode;
	}
	return best;
}

/* As lend_write_peer connects: "localhost" is ::1 only where nobody listens at 127.0.0.1. */
static bool find_listener(struct lend_doing *doing, const struct lend_tcp_name *name,
			  uint64_t *ret_inode)
{
	static const char *const tables[] = { "/proc/net/tcp", "/proc/net/tcp6" };
	struct lend_loopback to = { .v6 = name->host == LEND_TCP_V6, .port = name->port };
	unsigned int best = 0;
	uint64_t inode = 0;

	if (name->host == LEND_TCP_V4)
		memcpy(to.v4, name->address, sizeof(to.v4));
	else
		memcpy(to.v4, "\x7f\0\0\1", sizeof(to.v4));
	for (int round = 0; round < 2 && best == 0; round++) {
		for (size_t i = 0; i < LEND_COUNT(tables); i++) {
			lend_auto_buf table = { 0 };
			unsigned int score;

			if (lend_write_read(doing->writer, tables[i], TABLE_MAX, &table,
					    NULL) != 0)
				continue;
			score = best_of(lend_buf_text(&table), &to, &inode);
			if (score > best)
				*ret_inode = inode;
			best = score > best ? score : best;
		}
		if (name->host != LEND_TCP_LOCALHOST)
			break;
		to.v6 = true;
	}
	return best > 0;
}

int lend_vm_holds_port(struct lend_doing *doing, pid_t pid, const char *socket,
		       struct lend_err *err)
{
	const char *text = socket + strlen("tcp:");
	struct lend_tcp_name name;
	const char *folder, **names;
	uint64_t inode = 0;
	size_t n;

	if (!lend_tcp_name_parse(text, strlen(text), &name) ||
	    !lend_tcp_name_is_loopback(&name))
		return lend_fail(err, LEND_E_FORMAT, "'%s' is no port of this machine", socket);
	if (!find_listener(doing, &name, &inode))
		return 1;
	folder = lend_arena_printf(doing->arena, "/proc/%ld/fd", (long)pid);
	if (lend_write_names(doing->writer, folder, doing->arena, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *path = lend_arena_printf(doing->arena, "%s/%s", folder, names[i]);
		struct stat st;

		/* The number of a socket in the table is that of its inode. */
		if (lend_write_stat(doing->writer, path, &st, NULL) == 0 &&
		    S_ISSOCK(st.st_mode) && st.st_ino == inode)
			return 0;
	}
	return 1;
}
