/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A TCP port of this very machine: the only kind that is ever connected to. */

#ifndef LEND_BASE_LOOPBACK_H
#define LEND_BASE_LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>

struct lend_loopback {
	bool v6;       /* ::1 */
	uint8_t v4[4]; /* else 127.x.y.z */
	uint16_t port;
};

#endif
