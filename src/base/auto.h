/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles that are closed when their scope ends. */

#ifndef LEND_BASE_AUTO_H
#define LEND_BASE_AUTO_H

#include <dirent.h>
#include <unistd.h>

#include "base/attr.h"

static inline void lend_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static inline void lend_close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
	*dir = NULL;
}

static inline void lend_close_file(FILE **file)
{
	if (*file != NULL)
		(void)fclose(*file);
	*file = NULL;
}

#define lend_auto_fd   LEND_CLEANUP(lend_close_fd)
#define lend_auto_dir  LEND_CLEANUP(lend_close_dir)
#define lend_auto_file LEND_CLEANUP(lend_close_file)

/* The handle, which the scope then no longer owns. */
static inline int lend_steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
