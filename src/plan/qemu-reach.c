/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How to reach the guest once it runs, and what a firewall has to let through. */

#include <inttypes.h>

#include "base/num.h"
#include "plan/qemu.h"

enum { VNC_PORT = 5900, SSH_PORT = 22, DISPLAYS_MAX = 60000 };

static int compare(const void *pa, const void *pb)
{
	const uint64_t *a = pa;
	const uint64_t *b = pb;

	return *a < *b ? -1 : *a > *b;
}

/* One line for each run of ports, the lower one first. */
static void firewall(struct lend_planning *p)
{
	if (p->n_ports == 0)
		return;
	qsort(p->ports, p->n_ports, sizeof(p->ports[0]), compare);
	lend_plan_after(p->plan, "where firewalld is in the way:");
	for (size_t i = 0; i < p->n_ports;) {
		uint64_t first = p->ports[i];
		uint64_t last = first;

		while (i < p->n_ports && p->ports[i] <= last + 1)
			last = p->ports[i++];
		if (first == last)
			lend_plan_after(p->plan,
					"  firewall-cmd --permanent --add-port=%" PRIu64 "/tcp",
					first);
		else
			lend_plan_after(p->plan,
					"  firewall-cmd --permanent --add-port=%" PRIu64
					"-%" PRIu64 "/tcp",
					first, last);
	}
	lend_plan_after(p->plan, "  firewall-cmd --reload");
}

/* "HOST:DISPLAY" with an empty HOST for all addresses; false for sockets. */
static bool split_vnc(struct lend_planning *p, const char *vnc, const char **ret_host,
		      uint64_t *ret_display)
{
	const char *colon = strrchr(vnc, ':');

	if (strncmp(vnc, "unix:", 5) == 0 || colon == NULL ||
	    !lend_parse_u64n(colon + 1, strcspn(colon + 1, ","), 10, ret_display) ||
	    *ret_display > DISPLAYS_MAX)
		return false;
	*ret_host = lend_arena_strndup(p->arena, vnc, (size_t)(colon - vnc));
	return true;
}

/* The rule has said it, but not how a wish says it better. */
static void warn_vnc(struct lend_planning *p, uint64_t display)
{
	const char *hint =
		lend_planning_text(p, "vnc: 127.0.0.1:%" PRIu64 ", and ssh -L to it", display);

	for (size_t i = 0; i < p->plan->n_remarks; i++) {
		struct lend_remark *r = &p->plan->remarks[i];

		if (r->rule == NULL || strcmp(r->rule, "vnc-has-password") != 0)
			continue;
		r->hint = lend_arena_strdup(&p->plan->arena, hint);
		return;
	}
	lend_planning_warn(p, hint, "VNC has no password, and can be reached from outside");
}

static void vnc(struct lend_planning *p)
{
	const char *host;
	uint64_t display;

	if (p->wish.vnc == NULL)
		return;
	if (!split_vnc(p, p->wish.vnc, &host, &display)) {
		lend_plan_after(p->plan, "VNC: the socket %s", p->wish.vnc + 5);
		return;
	}
	if (strncmp(host, "127.", 4) != 0 && strcmp(host, "localhost") != 0 &&
	    strcmp(host, "[::1]") != 0 && strcmp(host, "::1") != 0) {
		p->ports[p->n_ports++] = VNC_PORT + display;
		warn_vnc(p, display);
	}
	lend_plan_after(p->plan, "VNC: vncviewer %s:%" PRIu64 " (port %" PRIu64 ")",
			host[0] == '\0' ? "HOST" : host, display, VNC_PORT + display);
}

static void ssh(struct lend_planning *p)
{
	for (size_t i = 0; i < p->wish.n_forwards; i++) {
		const struct lend_wish_forward *f = &p->wish.forwards[i];
		const char *host = f->address == NULL || strncmp(f->address, "127.", 4) == 0
					   ? "localhost"
					   : "HOST";

		if (f->guest_port == SSH_PORT)
			lend_plan_after(p->plan, "ssh: ssh -p %u USER@%s", f->host_port, host);
		else
			lend_plan_after(p->plan, "port %u of the guest: %s:%u", f->guest_port,
					host, f->host_port);
	}
}

void lend_planning_reach(struct lend_planning *p)
{
	ssh(p);
	vnc(p);
	lend_plan_after(p->plan,
			"console: socat -,raw,echo=0,escape=0x1d UNIX-CONNECT:%s "
			"(Ctrl-] ends it)",
			lend_planning_socket(p, "console.sock"));
	lend_plan_after(p->plan, "monitor: socat - UNIX-CONNECT:%s",
			lend_planning_socket(p, "monitor.sock"));
	lend_plan_after(p->plan, "what QEMU says: %s", lend_planning_state(p, "qemu.log"));
	firewall(p);
}
