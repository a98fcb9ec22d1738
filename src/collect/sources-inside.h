/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sources.c and sources-files.c share; nobody else includes it. */

#ifndef LEND_COLLECT_SOURCES_INSIDE_H
#define LEND_COLLECT_SOURCES_INSIDE_H

#include "collect/sources.h"

/* A new one; shared: the one of that kind, when there is one. */
struct lend_source_host *lend_sources_host(struct lend_sources *s, enum lend_source_kind kind,
					   bool shared);

int lend_sources_add_file(struct lend_sources *s, const char *path,
			  struct lend_err *err) LEND_MUST_CHECK;
int lend_sources_add_dir(struct lend_sources *s, const char *dir,
			 struct lend_err *err) LEND_MUST_CHECK;

#endif
