/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a running QEMU has as an object with properties: its memory backends
 * and its devices.  A step names one as VM:ID, and its properties as on a
 * command line: texts, sizes in bytes, switches "on" and "off".
 */

#ifndef LEND_APPLY_PLUG_H
#define LEND_APPLY_PLUG_H

#include "apply/vm.h"

struct lend_json;

struct lend_plug_kind {
	const char *folder; /* of QOM: "/objects" */
	const char *list;   /* the command that lists what is there, "query-memdev" */
	const char *type;   /* the key that says what it is: "qom-type" */
	const char *add;    /* the command, "object-add" */
	/* What it is, as far as the list or its other properties tell; NULL: has to be asked.
	 */
	const char *(*tells_type)(const struct lend_json *entry,
				  const struct lend_state *state);
};

/* A plug that a step is about. */
struct lend_plug {
	const struct lend_plug_kind *kind;
	struct lend_vm_at vm;
	const char *id;
	const char *path; /* of QOM */
};

int lend_plug_of_step(struct lend_doing *doing, const struct lend_step *step,
		      const struct lend_plug_kind *kind, struct lend_plug *ret,
		      struct lend_err *err) LEND_MUST_CHECK;

/* The properties that before or after name.  In a VM that does not run nothing is plugged in.
 */
int lend_plug_look(struct lend_doing *doing, const struct lend_step *step,
		   const struct lend_plug_kind *kind, struct lend_state *ret_state,
		   struct lend_err *err) LEND_MUST_CHECK;

int lend_plug_add(struct lend_doing *doing, const struct lend_plug *plug,
		  const struct lend_state *to, struct lend_err *err) LEND_MUST_CHECK;

/* As much of lend_plug_add as does nothing by itself. */
void lend_plug_ready(struct lend_doing *doing, const struct lend_step *step,
		     const struct lend_plug_kind *kind);

/* The same, reached; an error when the VM does not run. */
int lend_plug_reach(struct lend_doing *doing, struct lend_plug *plug,
		    struct lend_err *err) LEND_MUST_CHECK;

/* A command with one argument that changes something: "object-del", "id" and the id. */
int lend_plug_tell(struct lend_doing *doing, const struct lend_plug *plug, const char *command,
		   struct lend_err *err) LEND_MUST_CHECK;

#endif
