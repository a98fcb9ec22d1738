/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Children that were killed.  One is a moment from its end, unless it hangs
 * in the kernel: then it is not waited for, but looked after once more when
 * the connection ends, so that a program that lives long collects no zombies.
 */

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "io/inside.h"

enum { REAP_MS = 50, LOOK_MS = 5 };

static bool is_gone(pid_t pid)
{
	pid_t r;

	do
		r = waitpid(pid, NULL, WNOHANG);
	while (r < 0 && errno == EINTR);
	return r != 0;
}

void lend_reap_left(struct lend_reaper *reaper)
{
	size_t kept = 0;

	for (size_t i = 0; i < reaper->n; i++) {
		if (!is_gone(reaper->left[i]))
			reaper->left[kept++] = reaper->left[i];
	}
	reaper->n = kept;
}

void lend_reap(struct lend_reaper *reaper, pid_t pid)
{
	/* None before Linux 5.3; then it is looked after now and then. */
	lend_auto_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int64_t deadline = lend_now_ms() + REAP_MS;

	while (!is_gone(pid)) {
		struct pollfd p = { .fd = pidfd, .events = POLLIN };
		int left = lend_ms_left(deadline);

		if (left == 0) {
			lend_reap_left(reaper);
			if (reaper->n < LEND_COUNT(reaper->left))
				reaper->left[reaper->n++] = pid;
			return;
		}
		(void)poll(&p, 1, pidfd < 0 && left > LOOK_MS ? LOOK_MS : left);
	}
}
