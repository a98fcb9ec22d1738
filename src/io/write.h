/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that change something outside the process.  For apply alone
 * (src/LAYERS); each is counted, can be made to fail and can be the last one
 * (tests/apply).
 *
 * Errors are LEND_E_SYSTEM with what the kernel said, LEND_E_REMOTE from a
 * peer.  Paths are absolute and are looked up as they are: whoever applies a
 * plan may open what it names.
 */

#ifndef LEND_IO_WRITE_H
#define LEND_IO_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/buf.h"
#include "lend/lend.h"

struct lend_writer;

/* What tests put around the calls, and instead of those that need a host.  NULL: nothing. */
struct lend_write_hooks {
	void *context;
	/* Before a call: -1 and *err: it fails, and nothing is done; 1, of "sync" and
	 * "sync-folder": it is left out. */
	int (*before)(void *context, const char *call, const char *what, struct lend_err *err);
	/* When it was done: -1 and *err: it is said to have failed. */
	int (*after)(void *context, const char *call, const char *what, struct lend_err *err);
	/* Instead of programs; as lend_write_run. */
	int (*run)(void *context, const char *const *argv, struct lend_buf *out,
		   struct lend_err *err);
	/*
	 * Instead of monitors and agents: reply is the whole object, with "return"
	 * or "error"; -1 is a conversation that broke.  And who listens there: as
	 * lend_write_peer.
	 */
	int (*tell)(void *context, const char *socket, const char *request,
		    struct lend_buf *reply, struct lend_err *err);
	int (*peer)(void *context, const char *socket, pid_t *ret_pid, struct lend_err *err);
	/* Instead of starting a program that stays, of finding it, of sending it a signal. */
	int (*start)(void *context, const char *const *argv, const char *log,
		     struct lend_err *err);
	int (*find)(void *context, const char *word, pid_t *ret_pid, struct lend_err *err);
	int (*signal)(void *context, pid_t pid, int signal, struct lend_err *err);
};

struct lend_writer *lend_writer_new(const struct lend_write_hooks *hooks); /* NULL: none */
void lend_writer_free(struct lend_writer *writer);                         /* NULL is fine */

/* ---- files ---- */

/* Reads that steps need to look; not counted.  0, 1: not there, -1. */
struct stat;
int lend_write_stat(struct lend_writer *w, const char *path, struct stat *ret,
		    struct lend_err *err) LEND_MUST_CHECK;
int lend_write_read(struct lend_writer *w, const char *path, size_t limit, struct lend_buf *out,
		    struct lend_err *err) LEND_MUST_CHECK;
/* The same for a byte range of an open file; short at its end. */
int lend_write_pread(struct lend_writer *w, int fd, const char *what, void *bytes, size_t len,
		     uint64_t offset, size_t *ret_len, struct lend_err *err) LEND_MUST_CHECK;

/* A descriptor that stays the caller's.  flags as for open(2), O_CLOEXEC is added; mode 0600.
 */
int lend_write_open(struct lend_writer *w, const char *path, int flags, int *ret_fd,
		    struct lend_err *err) LEND_MUST_CHECK;

/*
 * A new file that has no name yet, mode 0600, in the folder of path.  Where
 * the file system has no such files it gets the name temporary, which must
 * not be there, and *ret_named is true.
 */
int lend_write_unnamed(struct lend_writer *w, const char *path, const char *temporary,
		       int *ret_fd, bool *ret_named, struct lend_err *err) LEND_MUST_CHECK;
/* Gives it its name; never over something that is there.  temporary: NULL, or the name it has.
 */
int lend_write_name(struct lend_writer *w, int fd, const char *temporary, const char *path,
		    struct lend_err *err) LEND_MUST_CHECK;

/*
 * Real blocks for that range, which becomes part of the file; what is in it
 * stays.  Where the file system cannot reserve them they are written.
 */
int lend_write_allocate(struct lend_writer *w, int fd, const char *what, uint64_t offset,
			uint64_t len, struct lend_err *err) LEND_MUST_CHECK;
int lend_write_truncate(struct lend_writer *w, int fd, const char *what, uint64_t len,
			struct lend_err *err) LEND_MUST_CHECK;
int lend_write_bytes(struct lend_writer *w, int fd, const char *what, const void *bytes,
		     size_t len, uint64_t offset, struct lend_err *err) LEND_MUST_CHECK;
int lend_write_sync(struct lend_writer *w, int fd, const char *what,
		    struct lend_err *err) LEND_MUST_CHECK;
/* The folder that path is in, so that a name in it lasts. */
int lend_write_sync_folder(struct lend_writer *w, const char *path,
			   struct lend_err *err) LEND_MUST_CHECK;

/* Whole, by way of temporary (which goes, if it is there) and a rename; synced.  mode as for
 * open(2). */
int lend_write_file(struct lend_writer *w, const char *path, const char *temporary,
		    const void *bytes, size_t len, mode_t mode,
		    struct lend_err *err) LEND_MUST_CHECK;
/* over: what is at to goes; else it must not be there. */
int lend_write_rename(struct lend_writer *w, const char *from, const char *to, bool over,
		      struct lend_err *err) LEND_MUST_CHECK;
int lend_write_unlink(struct lend_writer *w, const char *path,
		      struct lend_err *err) LEND_MUST_CHECK; /* 1: it is not there */
/* Mode 0700, with those above it; 1: it is there. */
int lend_write_mkdir(struct lend_writer *w, const char *path,
		     struct lend_err *err) LEND_MUST_CHECK;
int lend_write_rmdir(struct lend_writer *w, const char *path,
		     struct lend_err *err) LEND_MUST_CHECK; /* 1: not there, or not empty */

/* Names in a folder, in any order, in the arena; none when it is not there. */
enum { LEND_WRITE_NAMES_MAX = 1000000 };
struct lend_arena;
int lend_write_names(struct lend_writer *w, const char *folder, struct lend_arena *arena,
		     const char ***ret_names, size_t *ret_n,
		     struct lend_err *err) LEND_MUST_CHECK;
/* Its file system loses everything when the host ends: tmpfs, ramfs.  path is there. */
int lend_write_is_volatile(struct lend_writer *w, const char *path, bool *ret,
			   struct lend_err *err) LEND_MUST_CHECK;

/*
 * An advisory lock that ends with the descriptor; a program that is being
 * started holds it until it is executed.  wait: until it is free; else 1 when
 * somebody else has it.
 */
int lend_write_lock(struct lend_writer *w, const char *path, bool wait, int *ret_fd,
		    struct lend_err *err) LEND_MUST_CHECK;

/* ---- programs ---- */

/*
 * Runs to its end, with our rights and no shell.  out (or NULL) takes what it
 * prints, at most 1 MiB.  -1 when it cannot be run, ends with another status
 * than 0 (then with the first line it said), or has not ended at the deadline.
 */
int lend_write_run(struct lend_writer *w, const char *const *argv, struct lend_buf *out,
		   int64_t deadline, struct lend_err *err) LEND_MUST_CHECK;

/*
 * Starts a program that outlives us: a session of its own, no standard input,
 * what it says goes to the end of log (0600), "/" as its folder, umask 077, no
 * signal ignored, no descriptor of ours, LC_ALL=C and of our environment only
 * PATH, HOME, USER, LOGNAME, TMPDIR, XDG_RUNTIME_DIR, and what a window needs:
 * DISPLAY, WAYLAND_DISPLAY, XAUTHORITY.  0 once it is executed.
 *
 * Where systemd-logind has KillUserProcesses=yes, it ends with the last
 * session of a user who does not linger, like everything else.
 */
int lend_write_start(struct lend_writer *w, const char *const *argv, const char *log,
		     struct lend_err *err) LEND_MUST_CHECK;

/*
 * A process of this user (for root: of anybody, its own first) that has word as
 * one whole argument; 1: there is none.  Looks at every process.
 */
int lend_write_find(struct lend_writer *w, const char *word, pid_t *ret_pid,
		    struct lend_err *err) LEND_MUST_CHECK;
/* Whether that process has it; NULL: whether it is there at all. */
bool lend_write_has_word(struct lend_writer *w, pid_t pid, const char *word);

/* Sent to no other process than one that has word.  1: it is gone. */
int lend_write_signal(struct lend_writer *w, pid_t pid, const char *word, int signal,
		      struct lend_err *err) LEND_MUST_CHECK;
/* Until it has ended (true) or the deadline; word as for has_word.  Not counted. */
bool lend_write_wait(struct lend_writer *w, pid_t pid, const char *word, int64_t deadline);

/* ---- a monitor ---- */

/*
 * Sockets are paths, or "tcp:HOST:PORT" on this machine, or "libvirt:URI",
 * which is told by a program of ours in the same way (libexec/via-libvirt-talk.c).  A deadline
 * is met by the whole call; a monitor that greets nobody within two seconds of it is another
 * client's.
 */

/*
 * For who only looks, at many things: no answer is waited for longer than that,
 * and a monitor that gave none, or was busy, is not asked again.
 */
void lend_writer_ask_once(struct lend_writer *writer, uint32_t ms);

/* Does somebody listen on the socket at path?  Told without connecting. */
bool lend_write_listens(struct lend_writer *w, const char *path);

/*
 * Connects, and says nothing.  The process that listens there; 1: cannot be told
 * (TCP).  -1: nobody listens (os_errno is ENOENT or ECONNREFUSED), or another reason.
 */
int lend_write_peer(struct lend_writer *w, const char *socket, int64_t deadline, pid_t *ret_pid,
		    struct lend_err *err) LEND_MUST_CHECK;

/*
 * It is the right one: what it is asked and told from now on is for that process
 * alone, also when the connection is lost (LEND_E_STALE).  Waits until it answers.
 */
int lend_write_greet(struct lend_writer *w, const char *socket, int64_t deadline,
		     struct lend_err *err) LEND_MUST_CHECK;

/*
 * One request to the QMP monitor at socket, an object as text; the reply is
 * the object that has "return".  One with "error" is -1 (LEND_E_REMOTE) with
 * its text.  The connection stays open for the next one; changes says whether
 * the request changes something, and so counts.  A guest that waits for its
 * first client is started by this: the one who planned has seen that none does.
 */
int lend_write_tell(struct lend_writer *w, const char *socket, const char *request,
		    bool changes, int64_t deadline, struct lend_buf *reply,
		    struct lend_err *err) LEND_MUST_CHECK;

/*
 * Questions, which go out together: replies[i] becomes the reply to
 * requests[i], with "return" or with "error".
 */
int lend_write_ask(struct lend_writer *w, const char *socket, const char *const *requests,
		   size_t n, int64_t deadline, struct lend_buf *replies,
		   struct lend_err *err) LEND_MUST_CHECK;

/*
 * Says all of a request but its last bracket, which lend_write_tell says when it
 * is told just that: the peer does nothing before it.  QEMU 7.2 reads a byte at
 * a time (0.3 ms for a hundred), and that goes on while we do something else.
 * Whatever else is told or asked then hangs up first, which takes it back; so
 * does our death.  Only over an open connection, and never waits.
 */
void lend_write_begin(struct lend_writer *w, const char *socket, const char *request);

void lend_write_hang_up(struct lend_writer *w); /* closes the connection */

/*
 * The connection of one who asked before is used as if this writer had made
 * it, and what it was told within the last second is not asked again, once,
 * as long as nothing is changed.  line (NULL is fine) is empty then.
 */
struct lend_line;
void lend_writer_take_line(struct lend_writer *w, struct lend_line *line);

/* The last lend_write_tell failed because the peer said no: it did nothing. */
bool lend_write_was_refused(const struct lend_writer *w);

/*
 * One request to the guest agent at socket, which has to be process pid's, that
 * makes the guest end, and so has no reply; one with "error" is -1 all the same, when it comes
 * soon.
 */
int lend_write_tell_agent(struct lend_writer *w, const char *socket, pid_t pid,
			  const char *request, int64_t deadline,
			  struct lend_err *err) LEND_MUST_CHECK;

#endif
