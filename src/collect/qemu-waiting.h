/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does a QEMU wait for its first client?
 *
 * A chardev with "server" and without wait=off makes QEMU wait for a client
 * before it builds the machine, and a mere connect() then starts the guest
 * (facts/qemu.md, 12).  Chardevs are made before guest RAM and memory
 * backends are mapped, so a QEMU with neither mapped may still be waiting.
 * Told by evidence, never by trying.
 */

#ifndef LEND_COLLECT_QEMU_WAITING_H
#define LEND_COLLECT_QEMU_WAITING_H

#include "collect/collect.h"

/* Whether the memory map is needed to tell: it is long, and the kernel is slow to write it. */
bool lend_qemu_may_wait(const struct lend_qemu_args *args);

/*
 * Pure: from the arguments, the text of /proc/PID/maps and QEMU's folder
 * (each NULL when it could not be read).
 */
enum lend_waiting lend_qemu_waiting(const struct lend_qemu_args *args, const char *maps,
				    const char *cwd);

#endif
