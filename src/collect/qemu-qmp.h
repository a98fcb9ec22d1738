/* SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef LEND_COLLECT_QEMU_QMP_H
#define LEND_COLLECT_QEMU_QMP_H

#include "collect/collect.h"

/* With the VM whose line is kept, so that it works while other things are looked at. */
void lend_qmp_begin(struct lend_scan *scan);

#endif
