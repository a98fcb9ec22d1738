/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether /proc has the programs of the whole host. */

#ifndef LEND_COLLECT_PID_SPACE_H
#define LEND_COLLECT_PID_SPACE_H

#include "collect/collect.h"

/* true: there are others, outside of the PID namespace that /proc is of.  Asks one question. */
bool lend_hides_processes(struct lend_scan *scan);

#endif
