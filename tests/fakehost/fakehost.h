/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host for the hooks of io/write.h: QEMUs that start, answer QMP, get memory
 * backends and NVDIMMs, and end.  It lies in memory that forked children
 * share, so it lives on when one of them dies in the middle.
 *
 * What a QEMU refuses it refuses in the words of QEMU 7.2.
 */

#ifndef LEND_TESTS_FAKEHOST_H
#define LEND_TESTS_FAKEHOST_H

#include "io/write.h"

struct fakehost;

struct fakehost *fakehost_new(void);
void fakehost_free(struct fakehost *host);

/* The hooks of struct lend_write_hooks, less their context. */
int fakehost_run(struct fakehost *host, const char *const *argv, struct lend_buf *out,
		 struct lend_err *err);
int fakehost_tell(struct fakehost *host, const char *socket, const char *request,
		  struct lend_buf *reply, struct lend_err *err);
int fakehost_peer(struct fakehost *host, const char *socket, pid_t *ret_pid,
		  struct lend_err *err);
int fakehost_start(struct fakehost *host, const char *const *argv, const char *log,
		   struct lend_err *err);
int fakehost_find(struct fakehost *host, const char *word, pid_t *ret_pid,
		  struct lend_err *err);
int fakehost_signal(struct fakehost *host, pid_t pid, int signal, struct lend_err *err);

/* All of them, with host as their context; before and after are the caller's. */
void fakehost_hooks(struct fakehost *host, struct lend_write_hooks *ret);

/* A QEMU that runs already: as fakehost_start of such a command line. */
void fakehost_vm(struct fakehost *host, const char *const *argv);

/* A domain of libvirt, with <name> and <uuid>; any "libvirt:URI" has it. */
void fakehost_domain(struct fakehost *host, const char *xml, bool runs);

/*
 * Persistent memory: "sys", "dev" and "mounts" in folder, which is empty, and
 * the programs for it.  begin: a namespace that ndctl has only begun to make.
 */
void fakehost_nd(struct fakehost *host, const char *folder);
void fakehost_nd_begin(struct fakehost *host, const char *uuid);

/* From now on a command of that name ("device_add"; "start") fails; "": all are done. */
void fakehost_fail(struct fakehost *host, const char *command, const char *text);

/* Whether guests shut down when they are asked to; at first they do. */
void fakehost_obeys(struct fakehost *host, bool obeys);

/* The power of all QEMUs fails; only that a person shuts them down. */
void fakehost_end_all(struct fakehost *host);

/* How often a command of that name came. */
unsigned int fakehost_count(const struct fakehost *host, const char *command);

/* What runs, with all that is plugged in, as lines. */
void fakehost_text(const struct fakehost *host, struct lend_buf *out);

#endif
