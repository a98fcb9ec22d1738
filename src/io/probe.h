/* SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef LEND_IO_PROBE_H
#define LEND_IO_PROBE_H

#include <stdbool.h>

/* Does the kernel grant MAP_SYNC for a file that is open?  Nothing is touched (io/probe.c). */
bool lend_file_maps_sync(int fd);

#endif
