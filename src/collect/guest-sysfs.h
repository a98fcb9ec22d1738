/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nd bus in a guest's sysfs, over its agent. */

#ifndef LEND_COLLECT_GUEST_SYSFS_H
#define LEND_COLLECT_GUEST_SYSFS_H

#include "collect/guest-exec.h"

/* As its shell lists it: guest, via "agent-sysfs".  false with agent->why; *ret_exec as there.
 */
bool lend_guest_list_sysfs(struct lend_agent *agent, const char *socket, const char *of,
			   enum lend_exec *ret_exec);

/* Single files of it, by the names they usually have: via "agent-files". */
bool lend_guest_read_sysfs(struct lend_agent *agent, const char *socket, const char *of);

#endif
