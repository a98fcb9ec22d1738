/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain of libvirt as a step names it: what it is now, told what to do,
 * stopped.  All by lend-via-libvirt, which keeps one connection.
 */

#ifndef LEND_APPLY_LIBVIRT_H
#define LEND_APPLY_LIBVIRT_H

#include "apply/step.h"
#include "format/domain-xml.h"

struct lend_libvirt {
	const char *socket; /* "libvirt:URI" */
	const char *name;
	uint64_t patience_s;
	bool there, runs;
	bool persistent; /* it stays when it is off */
	bool saved;      /* its state lies in a file, and goes on at the next start */
	const char *uuid;
	bool has_live, has_defined;
	struct lend_domain live, defined;
};

/*
 * By the arguments "uri" and "vm" (else the step's name); looks.  With "uuid"
 * it is that one: LEND_E_STALE when another one has its name.
 */
int lend_libvirt_look(struct lend_doing *doing, const struct lend_step *step,
		      struct lend_libvirt *ret, struct lend_err *err) LEND_MUST_CHECK;

/* "attach" and its like; xml and where may be NULL.  doing->refused: libvirt said no. */
int lend_libvirt_tell(struct lend_doing *doing, const struct lend_libvirt *domain,
		      const char *request, const char *xml, const char *where,
		      struct lend_err *err) LEND_MUST_CHECK;

/* ---- step-libvirt-attach.c ---- */
/* What the slot of the step has, and the domain. */
int lend_libvirt_slot(struct lend_doing *doing, const struct lend_step *step,
		      struct lend_libvirt *domain, struct lend_state *ret,
		      struct lend_err *err) LEND_MUST_CHECK;
/* "attach" or "detach", so that the slot is as in to. */
int lend_libvirt_device(struct lend_doing *doing, const struct lend_step *step,
			const struct lend_state *to, const char *request, const char *xml,
			struct lend_err *err) LEND_MUST_CHECK;

/* ---- libvirt.c ---- */
/* Agreed to beforehand, and it would still be there afterwards. */
bool lend_libvirt_may_stop(const struct lend_doing *doing, const struct lend_libvirt *domain);

/* As lend_vm_stop. */
int lend_libvirt_stop(struct lend_doing *doing, struct lend_libvirt *domain,
		      struct lend_err *err) LEND_MUST_CHECK;

#endif
