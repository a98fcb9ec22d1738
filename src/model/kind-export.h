/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk or file that the kernel gives to other machines. */

#ifndef LEND_MODEL_KIND_EXPORT_H
#define LEND_MODEL_KIND_EXPORT_H

#include "model/inventory.h"

struct lend_export {
	struct lend_node node;
	struct lend_fact type;
	struct lend_fact target;
	struct lend_fact path;
	struct lend_fact enabled;
};

#endif
