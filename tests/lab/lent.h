/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VMs that lend itself starts, for shapes of the lab.
 *
 * They are daemons, which outlive lend and would outlive the lab: a child of
 * the lab ends them by the word that names them as soon as the lab is gone or
 * done, however it ended, and removes the folder.
 */

#ifndef LEND_TESTS_LAB_LENT_H
#define LEND_TESTS_LAB_LENT_H

#include "case.h"

enum {
	LENT_ARGS_MAX = 20,
	LENT_MS = 120 * 1000, /* lend waits a minute for a guest to shut down */
};

struct lent {
	struct lab *lab;
	struct lab_tap *tap;
	char dir[LAB_PATH_MAX - 64]; /* on a disk: state, backings, wishes */
	char name[16];               /* of the VM; no other on this host is called so */
	char state[LAB_PATH_MAX];
	char word[LAB_PATH_MAX]; /* how every command line of them has it */
	char lend[LAB_PATH_MAX + 32];
	struct lend_buf said; /* by the last lend: stdout and stderr */
	int guard_fd;
	pid_t guard;
};

/* 1: there is no place on a disk, or no lend. */
int lent_open(struct lent *l, struct lab *lab, struct lab_tap *tap,
	      struct lend_err *err) LEND_MUST_CHECK;
/* All of its QEMUs are gone when it returns. */
void lent_close(struct lent *l);

/* Runs lend with these words and --state-dir; its exit status, -1 when the lab failed. */
#define lent_run(l, err, ...) lent_run_((l), (const char *const[]){ __VA_ARGS__, NULL }, (err))
int lent_run_(struct lent *l, const char *const *words, struct lend_err *err) LEND_MUST_CHECK;

/* As lent_run, but only starts it; what it says goes to the file said ("said"). */
int lent_start(struct lent *l, const char *const *words, const char *said,
	       struct lab_child *ret_child, struct lend_err *err) LEND_MUST_CHECK;
/* Until it has ended: its status as of waitpid(); l->said is what is in that file. */
int lent_wait(struct lent *l, struct lab_child *child, const char *said, int *ret_status,
	      struct lend_err *err) LEND_MUST_CHECK;

/* A check: lend ended with that status, and said that (NULL: whatever). */
bool lent_ok(struct lent *l, int got, int want, const char *said, const char *fmt, ...)
	LEND_PRINTF(5, 6);

/* Process numbers of its QEMUs; how many there are. */
size_t lent_find(const struct lent *l, pid_t *ret_pids, size_t max);
/* SIGKILL to each, and until they are gone. */
void lent_kill(const struct lent *l);

/* A file in the folder. */
const char *lent_path(struct lent *l, const char *name);
int lent_write(struct lent *l, const char *name, const struct lend_buf *text,
	       struct lend_err *err) LEND_MUST_CHECK;

/* Is nothing of a VM there any more?  Notes what is; logs may stay. */
bool lent_is_clean(struct lent *l);

/* A shell at a terminal of its own, as after a login; it is the caller's to wait for. */
int lent_log_in(const char *script, pid_t *ret_pid, int *ret_fd,
		struct lend_err *err) LEND_MUST_CHECK;
/* What the terminal shows, until mark came. */
int lent_read_until(struct lent *l, int fd, const char *mark,
		    struct lend_err *err) LEND_MUST_CHECK;
bool lent_has_terminal(pid_t pid);

/* vm as far as lab_vm_run and its like need it, once it runs. */
int lent_vm(struct lent *l, struct lab_vm *vm, struct lend_err *err) LEND_MUST_CHECK;
void lent_vm_done(struct lab_vm *vm);

#endif
