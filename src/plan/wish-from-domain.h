/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a domain of libvirt to the wish that asks for the same: a wish with
 * hypervisor: libvirt.  What no key can say is a note, never silent.
 */

#ifndef LEND_PLAN_WISH_FROM_DOMAIN_H
#define LEND_PLAN_WISH_FROM_DOMAIN_H

#include "format/domain-xml.h"
#include "plan/wish-from-args.h"

/* Texts live as long as arena and domain; ret->options stays empty.  LEND_E_FORMAT: more than
 * a wish can hold. */
int lend_wish_from_domain(struct lend_arena *arena, const struct lend_domain *domain,
			  struct lend_wish_made *ret, struct lend_err *err) LEND_MUST_CHECK;

#endif
