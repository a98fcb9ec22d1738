/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests, as their own ndctl lists them over the QEMU guest agent; without
 * ndctl, or where the agent may run nothing, as their sysfs has it.
 *
 * Asks  guest-exec "ndctl list", guest-exec-status; guest-file-read of what
 *       ndctl does not print: the physical address of each region.  Else what
 *       collect/guest-sysfs.c asks.  Besides, what collect/guest-names.c asks
 * Adds  guest, nd-dimm, nd-region and nd-namespace nodes, trust "claimed"
 *
 * The agent serves one client, so the conversation is short.  An agent's
 * socket can make QEMU wait for its first client, as a monitor's can: one
 * that may still wait is not connected to.
 *
 * An agent whose channel is libvirt's is asked by --guest VM=libvirt:URI alone,
 * since libvirt marks the domain as tainted for it (custom-ga-command).
 */

#include <errno.h>
#include <inttypes.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"
#include "collect/guest-names.h"
#include "collect/guest-ndctl.h"
#include "collect/guest-sysfs.h"
#include "collect/socket-holder.h"
#include "collect/sources.h"
#include "collect/tcp-holder.h"
#include "model/kind-guest.h"

enum {
	REGIONS_MAX = 1024, /* to ask addresses of */
};

static const struct lend_ask ask_socket = { .via = LEND_VIA_STAT,
					    .key = "%p",
					    .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_list = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"ndctl\","
	       "\"arg\":[\"list\",\"-DRNiv\"],\"capture-output\":true}}",
};
static void put_gap(struct lend_agent *a, const char *hint, const char *what)
{
	lend_build_gap(&a->scan->build, lend_build_internf(&a->scan->build, "guest/%s", a->vm),
		       true, hint, "the guest of VM %s was not seen: %s", a->vm, what);
}

/* The address of a region, which ndctl does not print: root alone may read it, and the agent is
 * root. */
static void add_resource(struct lend_agent *a, const char *region, uint32_t by)
{
	struct lend_nd_region *node = (struct lend_nd_region *)lend_build_find(
		&a->scan->build, LEND_KIND_ND_REGION, a->vm, region);
	const struct lend_answer answer = lend_agent_read(
		a,
		lend_arena_printf(&a->scan->memory, "/sys/bus/nd/devices/%s/resource", region),
		64);

	if (answer.known == LEND_ABSENT)
		lend_build_unreadable(&a->scan->build, &node->node, &node->resource, by,
				      answer.why);
	else
		lend_collect_u64(a->scan, &node->node, &node->resource, by, &answer);
}

/* "region" and digits: nothing else becomes part of a path in the guest. */
static bool is_region_name(const char *name)
{
	uint64_t number;

	return strncmp(name, "region", 6) == 0 && lend_parse_u64(name + 6, 10, &number);
}

/* false when it is not ndctl that can tell; a->why says why. */
static bool ask_ndctl(struct lend_agent *a, const char *socket, const char *of,
		      enum lend_exec *ret_exec)
{
	lend_auto_buf text = { 0 };
	struct lend_ndctl nd = { 0 };
	struct lend_err err = { 0 };
	uint32_t by_list, by_resource;

	*ret_exec = lend_agent_exec(a, &ask_list, NULL, "ndctl", &text);
	if (*ret_exec != LEND_EXEC_DONE)
		return false;
	/* ndctl prints nothing at all where there is no NVDIMM bus. */
	if (text.len > 0 &&
	    lend_ndctl_parse(&a->scan->memory, text.text, text.len, &nd, &err) < 0) {
		lend_buf_reset(&a->why);
		lend_buf_puts(&a->why, err.what);
		*ret_exec = LEND_EXEC_FAILED;
		return false;
	}
	by_list = lend_build_sighting(&a->scan->build, LEND_CLAIMED, "guest-agent",
				      "ndctl list -DRNiv", of);
	by_resource = lend_build_sighting(&a->scan->build, LEND_CLAIMED, "guest-agent",
					  "sys/bus/nd/devices/%s/resource", of);
	lend_collect_guest(a->scan, a->vm, "agent", socket, by_list);
	lend_collect_ndctl(a->scan, a->vm, &nd, by_list);
	for (size_t i = 0; i < nd.n_regions && i < REGIONS_MAX; i++) {
		if (is_region_name(nd.regions[i].dev))
			add_resource(a, nd.regions[i].dev, by_resource);
	}
	return true;
}

/* What knows most comes first: ndctl, a list of sysfs, single files of it. */
static void look_at(struct lend_agent *a, const char *socket)
{
	const char *of = lend_build_internf(&a->scan->build, "guest/%s", a->vm);
	enum lend_exec exec;
	bool seen = ask_ndctl(a, socket, of, &exec);

	if (!seen && exec == LEND_EXEC_NO_PROGRAM)
		seen = lend_guest_list_sysfs(a, socket, of, &exec);
	if (!seen && (exec == LEND_EXEC_NO_PROGRAM || exec == LEND_EXEC_OFF))
		seen = lend_guest_read_sysfs(a, socket, of);
	if (seen)
		lend_guest_names(a, of);
	else
		put_gap(a, a->hint == NULL ? "" : a->hint, lend_buf_text(&a->why));
}

static void cannot_ask(struct lend_agent *a, bool by_libvirt, const struct lend_answer *answer)
{
	if (answer->known == LEND_ABSENT && by_libvirt)
		put_gap(a, "install the part of lend that asks libvirt",
			"the program lend-via-libvirt is not there");
	else
		put_gap(a,
			answer->os_errno == EACCES ? "run as root"
						   : "is qemu-guest-agent running in it?",
			answer->known == LEND_ABSENT ? "the agent's socket is not there"
						     : answer->why);
}

/* libvirt is at the other end of the channel, and asks for us. */
static void ask_by_libvirt(struct lend_scan *scan, const struct lend_guest_source *guest)
{
	struct lend_agent a = { .scan = scan, .vm = guest->vm };
	const struct lend_answer *answer;
	lend_auto_talk talk =
		lend_talk_open(scan->io, LEND_VIA_QGA,
			       lend_arena_printf(&scan->memory, "libvirt-agent:%s %s",
						 lend_source_libvirt(guest->source), guest->vm),
			       NULL, &answer);

	if (talk == NULL && answer->known != LEND_NOT_ASKED)
		cannot_ask(&a, true, answer);
	if (talk == NULL)
		return;
	a.talk = talk;
	look_at(&a, guest->source);
	lend_buf_done(&a.why);
}

/* qemu is NULL when the socket is of no QEMU that is known. */
static void ask_agent(struct lend_scan *scan, const char *vm, const struct lend_scan_qemu *qemu,
		      const char *socket)
{
	struct lend_agent a = { .scan = scan, .vm = vm };
	const struct lend_answer *answer;
	lend_auto_talk talk = lend_talk_open(scan->io, LEND_VIA_QGA, socket, NULL, &answer);

	if (talk == NULL && answer->known != LEND_NOT_ASKED)
		cannot_ask(&a, false, answer);
	if (talk == NULL || (qemu != NULL && !lend_socket_is_peer(scan, qemu, talk)))
		return;
	a.talk = talk;
	look_at(&a, socket);
	lend_buf_done(&a.why);
}

static bool is_same_socket(struct lend_scan *scan, const char *a, const char *b)
{
	const struct lend_answer *stat_a = lend_io_ask(scan->io, &ask_socket, a);
	const struct lend_answer *stat_b = lend_io_ask(scan->io, &ask_socket, b);

	return stat_a->known == LEND_KNOWN && stat_b->known == LEND_KNOWN &&
	       stat_a->stat.inode == stat_b->stat.inode &&
	       stat_a->stat.dev_major == stat_b->stat.dev_major &&
	       stat_a->stat.dev_minor == stat_b->stat.dev_minor;
}

/* Connecting to a socket of a QEMU that waits would start it. */
static bool may_ask(struct lend_scan *scan, const struct lend_scan_socket *socket)
{
	const char *pid;
	uint64_t number;

	for (size_t i = 0; i < scan->n_qemus; i++) {
		if (scan->qemus[i].agent != NULL &&
		    is_same_socket(scan, scan->qemus[i].agent, socket->path))
			return scan->qemus[i].waiting == LEND_NOT_WAITING &&
			       lend_socket_may_ask_qemu(scan, &scan->qemus[i], LEND_VIA_QGA,
							socket->path);
	}
	pid = lend_socket_holder(scan, socket->path);
	for (size_t i = 0; i < scan->n_qemus && pid != NULL; i++) {
		if (scan->qemus[i].has_pid && lend_parse_u64(pid, 10, &number) &&
		    scan->qemus[i].pid == number)
			return scan->qemus[i].waiting == LEND_NOT_WAITING;
	}
	return lend_socket_may_ask(scan, socket, pid);
}

static const struct lend_scan_qemu *find_qemu(const struct lend_scan *scan, const char *vm)
{
	for (size_t i = 0; i < scan->n_qemus; i++) {
		if (strcmp(scan->qemus[i].vm->node.name, vm) == 0)
			return &scan->qemus[i];
	}
	return NULL;
}

static int ask_given(struct lend_scan *scan, struct lend_err *err)
{
	for (size_t i = 0; i < scan->n_guests; i++) {
		const char *uri = lend_source_libvirt(scan->guests[i].source);
		struct lend_scan_socket socket;

		if (uri != NULL && lend_libvirt_is_uri(uri)) {
			ask_by_libvirt(scan, &scan->guests[i]);
			continue;
		}
		if (uri != NULL) {
			lend_hint(err, "write --guest %.80s=libvirt:qemu:///system",
				  scan->guests[i].vm);
			return lend_fail(err, LEND_E_USAGE, "'%.120s' is no libvirt:URI",
					 scan->guests[i].source);
		}
		if (!lend_source_socket(&scan->memory, scan->guests[i].source, &socket))
			continue;
		if (socket.via != LEND_VIA_QGA || lend_is_tcp(socket.path)) {
			lend_hint(err, "write --guest %.80s=qga:SOCKET, or a file",
				  scan->guests[i].vm);
			return lend_fail(err, LEND_E_USAGE, "'%.120s' is no source of a guest",
					 scan->guests[i].source);
		}
		if (lend_io_is_live(scan->io) &&
		    lend_io_ask(scan->io, &ask_socket, socket.path)->known == LEND_ABSENT)
			return lend_fail(err, LEND_E_SYSTEM, "there is no socket '%.150s'",
					 socket.path);
		if (may_ask(scan, &socket))
			ask_agent(scan, scan->guests[i].vm, find_qemu(scan, scan->guests[i].vm),
				  socket.path);
	}
	return 0;
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	if (ask_given(scan, err) < 0)
		return -1;
	for (size_t i = 0; i < scan->n_qemus && !scan->remote; i++) {
		const struct lend_scan_qemu *qemu = &scan->qemus[i];
		const char *vm = qemu->vm->node.name;

		if (qemu->agent != NULL && qemu->waiting == LEND_NOT_WAITING &&
		    !scan->options->no_guests && lend_collect_guest_source(scan, vm) == NULL &&
		    lend_socket_may_ask_qemu(scan, qemu, LEND_VIA_QGA, qemu->agent))
			ask_agent(scan, vm, qemu, qemu->agent);
	}
	return 0;
}

extern const struct lend_collector lend_collector_guest_agent;
const struct lend_collector lend_collector_guest_agent = {
	.id = "guest-agent",
	.sees = "NVDIMMs inside guests by their agents",
	.of_remote = true,
	.collect = collect,
};
