/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the recipe of the QEMU vNVDIMM guide does to its guest, computed. */

#ifndef LEND_LIBEXEC_DEMO_RECIPE_H
#define LEND_LIBEXEC_DEMO_RECIPE_H

#include "base/buf.h"
#include "lend/lend.h"

/* One line for each thing that happens. */
int demo_recipe(struct lend_buf *out, struct lend_err *err) __attribute__((warn_unused_result));

#endif
