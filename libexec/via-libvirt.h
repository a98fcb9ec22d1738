/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lend-via-libvirt share; nobody else includes it. */

#ifndef LEND_VIA_LIBVIRT_H
#define LEND_VIA_LIBVIRT_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/json.h"

static inline void via_close(virConnectPtr *connection)
{
	if (*connection != NULL)
		(void)virConnectClose(*connection);
}

static inline void via_drop(virDomainPtr *domain)
{
	if (*domain != NULL)
		(void)virDomainFree(*domain);
}

#define auto_connection LEND_CLEANUP(via_close) virConnectPtr
#define auto_domain     LEND_CLEANUP(via_drop) virDomainPtr

/* Connecting would start libvirt's daemon: systemd does. */
bool via_would_start_daemon(const char *uri);

/* An object with name, uuid, state, persistent, live and defined XML; the bytes of these. */
size_t via_put_domain(struct lend_jsonw *w, const char *key, virDomainPtr domain, bool paused,
		      bool persistent);

struct via_list {
	virDomainPtr *items;
	int n;
};
void via_free_list(struct via_list *list);

/*
 * "domains" as an array, with "of": how many there are.  They are in *seen then.
 * -1: libvirt has said why.
 */
int via_put_domains(struct lend_jsonw *w, virConnectPtr connection, struct via_list *seen);

/* ---- via-libvirt-talk.c: status for exit() ---- */

/* Requests on standard input, which is a socket, until it is closed. */
int via_serve(const char *uri);
/* The same for the guest agent of a domain. */
int via_agent(const char *uri, const char *name);

/* ---- via-libvirt-volume.c: status for exit() ---- */
int via_volume(const char *uri, const char *word, const char *end, const char *bytes);

#endif
