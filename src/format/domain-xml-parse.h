/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the readers of domain XML share; nobody else includes it. */

#ifndef LEND_FORMAT_DOMAIN_XML_PARSE_H
#define LEND_FORMAT_DOMAIN_XML_PARSE_H

#include "format/domain-xml.h"
#include "format/span.h"
#include "format/xml-tree.h"

struct lend_domain_reader {
	struct lend_arena *arena;
	const char *file;
};

/* Adds where to an error that is there; -1. */
int lend_domain_fail(const struct lend_domain_reader *r, const struct lend_xml_node *node,
		     struct lend_err *err);

const char *lend_domain_text(const char *text); /* NULL for "" */

/* Nothing when there is no such child. */
int lend_domain_get_size(const struct lend_domain_reader *r, const struct lend_xml_node *parent,
			 const char *name, struct lend_opt_u64 *ret,
			 struct lend_err *err) LEND_MUST_CHECK;

/* Decimal or 0x; nothing for NULL.  node is where it stands. */
int lend_domain_number(const struct lend_domain_reader *r, const struct lend_xml_node *node,
		       const char *text, struct lend_opt_u64 *ret,
		       struct lend_err *err) LEND_MUST_CHECK;

/* -1 when there are LEND_DOMAIN_ITEMS_MAX already. */
int lend_domain_many(const struct lend_domain_reader *r, const struct lend_xml_node *node,
		     size_t n, struct lend_err *err) LEND_MUST_CHECK;

int lend_domain_devices(const struct lend_domain_reader *r, const struct lend_xml_node *devices,
			struct lend_domain *d, struct lend_err *err) LEND_MUST_CHECK;

#endif
