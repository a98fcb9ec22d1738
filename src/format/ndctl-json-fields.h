/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fields of each class in "ndctl list", for reading and for writing. */

#ifndef LEND_FORMAT_NDCTL_JSON_FIELDS_H
#define LEND_FORMAT_NDCTL_JSON_FIELDS_H

#include <stddef.h>

enum lend_ndctl_field_type {
	LEND_NDCTL_TEXT,     /* const char *, NULL when not there */
	LEND_NDCTL_NUMBER,   /* lend_opt_u64: a number, or text such as "0x1" and "512" */
	LEND_NDCTL_SIZE,     /* lend_opt_u64: a number, or text as ndctl -u writes sizes */
	LEND_NDCTL_FLAG,     /* lend_tri: true or false */
	LEND_NDCTL_DISABLED, /* bool: the text is "disabled" */
};

struct lend_ndctl_field {
	const char *key;
	enum lend_ndctl_field_type type;
	size_t offset;
};

struct lend_ndctl_fields {
	const struct lend_ndctl_field *field;
	size_t n;
};

extern const struct lend_ndctl_fields lend_ndctl_bus_fields;
extern const struct lend_ndctl_fields lend_ndctl_dimm_fields;
extern const struct lend_ndctl_fields lend_ndctl_mapping_fields;
extern const struct lend_ndctl_fields lend_ndctl_region_fields;
extern const struct lend_ndctl_fields lend_ndctl_namespace_fields;

#endif
