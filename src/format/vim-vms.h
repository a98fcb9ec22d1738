/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "vim-cmd vmsvc/getallvms": the VMs that are registered on an ESXi host.
 *	Vmid    Name    File                   Guest OS     Version  Annotation
 *	1       web     [ds1] web/web.vmx      otherGuest   vmx-14   any text,
 *	over several lines
 * Names and files may contain blanks, so a row is found by its file.
 */

#ifndef LEND_FORMAT_VIM_VMS_H
#define LEND_FORMAT_VIM_VMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lend/lend.h"

enum {
	LEND_VIM_VMS_MAX_BYTES = 16 << 20,
	LEND_VIM_VMS_MAX = 16384,
};

struct lend_vim_vm {
	uint64_t id;
	const char *name;
	const char *datastore; /* without its brackets */
	const char *path;      /* inside the datastore */
	const char *guest_os;  /* NULL when the row has none; so are the next two */
	const char *version;
	const char *annotation; /* the first line of it */
	unsigned int line;
};

struct lend_vim_vms {
	struct lend_vim_vm *vms;
	size_t n_vms;
	size_t cap_vms;
	/* Rows that begin as a VM does and could be read in two ways or none, as hidden VMs. */
	size_t n_odd;
	unsigned int first_odd; /* its line; 0: there is none */
};

/* Text with the head of this list in it. */
bool lend_vim_vms_recognise(const char *text, size_t len);

/* -1: too long, too many, NUL bytes, or without the head: another command, another language. */
int lend_vim_vms_parse(const char *text, size_t len, struct lend_arena *arena,
		       struct lend_vim_vms *ret_vms, struct lend_err *err) LEND_MUST_CHECK;

/* "/vmfs/volumes/DATASTORE/PATH" */
void lend_vim_vm_put_path(const struct lend_vim_vm *vm, struct lend_buf *out);

/* As the host prints it, for hosts that are made up. */
void lend_vim_vms_write(const struct lend_vim_vms *vms, struct lend_buf *out);

#endif
