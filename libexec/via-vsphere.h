/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lend-via-vsphere share; nobody else includes it. */

#ifndef LEND_VIA_VSPHERE_H
#define LEND_VIA_VSPHERE_H

#include "base/arena.h"
#include "base/auto.h"
#include "base/buf.h"
#include "base/err.h"
#include "format/vim-reply.h"
#include "format/vim-url.h"

/* A connection that remembers its session. */
struct via_server;

struct via_server *via_server_new(const struct lend_vim_url *url, struct lend_err *err);
void via_server_free(struct via_server *server); /* NULL is fine */

/*
 * One request; ret_reply lives until the next one.  A fault is no error here:
 * the caller looks at it.  take as in format/vim-reply.h; NULL: no objects.
 */
int via_server_ask(struct via_server *server, const struct lend_buf *request,
		   lend_vim_take *take, void *context, struct lend_vim_reply *ret_reply,
		   struct lend_err *err) LEND_MUST_CHECK;

static inline void via_server_drop(struct via_server **server)
{
	via_server_free(*server);
}

#define auto_server LEND_CLEANUP(via_server_drop) struct via_server *

#endif
