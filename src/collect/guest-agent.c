/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests, as their own ndctl lists them over the QEMU guest agent.
 *
 * Asks  guest-exec "ndctl list", guest-exec-status; guest-file-read of what
 *       ndctl does not print: the physical address of each region
 * Adds  guest, nd-dimm, nd-region and nd-namespace nodes, trust "claimed"
 *
 * The agent serves one client, so the conversation is short.  An agent's
 * socket can make QEMU wait for its first client, as a monitor's can: one
 * that may still wait is not connected to.
 */

#include <errno.h>
#include <inttypes.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "collect/guest-ndctl.h"
#include "collect/socket-holder.h"
#include "collect/sources.h"
#include "collect/tcp-holder.h"

enum {
	EXEC_MS = 10000, /* for ndctl in a guest that is emulated and busy */
	PAUSE_FIRST_MS = 5,
	PAUSE_MAX_MS = 100,
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
static const struct lend_ask ask_status = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":%s}}",
};
static const struct lend_ask ask_open = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-file-open\",\"arguments\":"
	       "{\"path\":\"/sys/bus/nd/devices/%s/resource\",\"mode\":\"r\"}}",
};
static const struct lend_ask ask_read = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-file-read\",\"arguments\":{\"handle\":%s,\"count\":64}}",
};
static const struct lend_ask ask_close = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-file-close\",\"arguments\":{\"handle\":%s}}",
};

struct agent {
	struct lend_scan *scan;
	const char *vm; /* name */
	struct lend_talk *talk;
	uint32_t by_list, by_resource;
};

static void put_gap(struct agent *a, const char *hint, const char *what)
{
	lend_build_gap(&a->scan->build, lend_build_internf(&a->scan->build, "guest/%s", a->vm),
		       true, hint, "the guest of VM %s was not seen: %s", a->vm, what);
}

/* The bytes of a base64 member; "" when it is not there, false when it is none. */
static bool get_bytes(const struct lend_json *object, const char *key, struct lend_buf *out)
{
	size_t len = 0;
	const char *text = lend_json_strn(lend_json_get(object, key), &len);

	lend_buf_puts(out, "");
	return text == NULL || lend_base64_decode(text, len, out);
}

/* What a program that ended badly said: its last line that is not empty. */
static void put_failure(struct agent *a, uint64_t status, const struct lend_buf *errors)
{
	lend_auto_buf what = { 0 };
	const char *end = errors->text + errors->len;
	const char *start;

	while (end > errors->text && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	for (start = end; start > errors->text && start[-1] != '\n';)
		start--;
	lend_buf_printf(&what, "its ndctl ended with status %" PRIu64 "%s%.*s", status,
			start < end ? ": " : "", (int)(end - start < 200 ? end - start : 200),
			start);
	put_gap(a, "", what.text);
}

/* false when there is no complete output; the gap is then there. */
static bool take_output(struct agent *a, const struct lend_json *status, struct lend_buf *out)
{
	lend_auto_buf errors = { 0 };
	bool cut = false;
	uint64_t code = 0;

	if (!get_bytes(status, "out-data", out) || !get_bytes(status, "err-data", &errors)) {
		put_gap(a, "", "its agent sent ndctl's output as something that is no base64");
		return false;
	}
	if (lend_json_bool(lend_json_get(status, "out-truncated"), &cut) && cut) {
		put_gap(a, "save the output of ndctl list -DRNiv and give it with --guest",
			"its agent cut off ndctl's output");
		return false;
	}
	if (!lend_json_u64(lend_json_get(status, "exitcode"), &code)) {
		put_gap(a, "", "its ndctl was ended by a signal");
		return false;
	}
	if (code != 0) {
		put_failure(a, code, &errors);
		return false;
	}
	return true;
}

/* Until the program has ended, or time is up. */
static bool wait_for(struct agent *a, uint64_t pid, struct lend_buf *out)
{
	char number[24];
	uint32_t limit_ms =
		a->scan->options->timeout_ms != 0 ? a->scan->options->timeout_ms : EXEC_MS;
	uint32_t pause_ms = PAUSE_FIRST_MS;

	(void)snprintf(number, sizeof(number), "%" PRIu64, pid);
	for (uint32_t waited_ms = 0; waited_ms < limit_ms; waited_ms += pause_ms) {
		lend_auto_json struct lend_json *doc = NULL;
		const struct lend_json *status;
		const char *why;
		bool exited;

		lend_talk_pause(a->talk, pause_ms);
		status = lend_collect_returned(lend_talk_ask(a->talk, &ask_status, number),
					       &doc, &why);
		if (!lend_json_bool(lend_json_get(status, "exited"), &exited)) {
			put_gap(a, "",
				status != NULL ? "its agent's answer has no \"exited\"" : why);
			return false;
		}
		if (exited)
			return take_output(a, status, out);
		if (waited_ms > 4 * pause_ms && pause_ms < PAUSE_MAX_MS)
			pause_ms *= 2;
	}
	put_gap(a, "give it more time with --timeout", "its ndctl did not end in time");
	return false;
}

static bool list(struct agent *a, struct lend_buf *out)
{
	lend_auto_json struct lend_json *doc = NULL;
	const struct lend_json *reply;
	const char *why;
	uint64_t pid;

	reply = lend_collect_returned(lend_talk_ask(a->talk, &ask_list), &doc, &why);
	if (lend_json_u64(lend_json_get(reply, "pid"), &pid))
		return wait_for(a, pid, out);
	if (reply != NULL)
		put_gap(a, "", "its agent's answer has no \"pid\"");
	else if (strstr(why, "No such file") != NULL)
		put_gap(a, "install ndctl in the guest", "it has no ndctl");
	else if (strstr(why, "disabled") != NULL || strstr(why, "not been found") != NULL)
		put_gap(a,
			"allow guest-exec in the guest's agent, or save the output of ndctl list "
			"-DRNiv there and give it with --guest",
			why);
	else
		put_gap(a, "", why);
	return false;
}

/* The address of a region; root alone may read it, and the agent is root. */
static void add_resource(struct agent *a, const char *region)
{
	struct lend_nd_region *node = (struct lend_nd_region *)lend_build_find(
		&a->scan->build, LEND_KIND_ND_REGION, a->vm, region);
	lend_auto_json struct lend_json *open_doc = NULL;
	lend_auto_json struct lend_json *read_doc = NULL;
	lend_auto_buf bytes = { 0 };
	const struct lend_json *read;
	char handle[24];
	const char *why;
	uint64_t number, address;

	if (!lend_json_u64(lend_collect_returned(lend_talk_ask(a->talk, &ask_open, region),
						 &open_doc, &why),
			   &number)) {
		lend_build_unreadable(&a->scan->build, &node->node, &node->resource,
				      a->by_resource, why);
		return;
	}
	(void)snprintf(handle, sizeof(handle), "%" PRIu64, number);
	read = lend_collect_returned(lend_talk_ask(a->talk, &ask_read, handle), &read_doc,
				     &why);
	(void)lend_talk_ask(a->talk, &ask_close, handle);
	if (read == NULL || !get_bytes(read, "buf-b64", &bytes))
		lend_build_unreadable(&a->scan->build, &node->node, &node->resource,
				      a->by_resource, read == NULL ? why : "no base64");
	else if (lend_parse_u64n(bytes.text, strcspn(bytes.text, "\n"), 0, &address))
		lend_build_u64(&a->scan->build, &node->node, &node->resource, a->by_resource,
			       address);
	else
		lend_build_unreadable(&a->scan->build, &node->node, &node->resource,
				      a->by_resource, "not a number");
}

/* "region" and digits: nothing else becomes part of a path in the guest. */
static bool is_region_name(const char *name)
{
	uint64_t number;

	return strncmp(name, "region", 6) == 0 && lend_parse_u64(name + 6, 10, &number);
}

static void look_at(struct agent *a, const char *socket)
{
	lend_auto_buf text = { 0 };
	struct lend_ndctl nd = { 0 };
	struct lend_err err = { 0 };

	if (!list(a, &text))
		return;
	/* ndctl prints nothing at all where there is no NVDIMM bus. */
	if (text.len > 0 &&
	    lend_ndctl_parse(&a->scan->memory, text.text, text.len, &nd, &err) < 0) {
		put_gap(a, "", err.what);
		return;
	}
	lend_collect_guest(a->scan, a->vm, "agent", socket, a->by_list);
	lend_collect_ndctl(a->scan, a->vm, &nd, a->by_list);
	for (size_t i = 0; i < nd.n_regions && i < REGIONS_MAX; i++) {
		if (is_region_name(nd.regions[i].dev))
			add_resource(a, nd.regions[i].dev);
	}
}

/* qemu is NULL when the socket is of no QEMU that is known. */
static void ask_agent(struct lend_scan *scan, const char *vm, const struct lend_scan_qemu *qemu,
		      const char *socket)
{
	struct agent a = { .scan = scan, .vm = vm };
	const char *of = lend_build_internf(&scan->build, "guest/%s", vm);
	const struct lend_answer *answer;
	lend_auto_talk talk = lend_talk_open(scan->io, LEND_VIA_QGA, socket, NULL, &answer);

	if (talk == NULL && answer->known != LEND_NOT_ASKED)
		put_gap(&a,
			answer->os_errno == EACCES ? "run as root"
						   : "is qemu-guest-agent running in it?",
			answer->known == LEND_ABSENT ? "the agent's socket is not there"
						     : answer->why);
	if (talk == NULL || (qemu != NULL && !lend_socket_is_peer(scan, qemu, talk)))
		return;
	a.talk = talk;
	a.by_list = lend_build_sighting(&scan->build, LEND_CLAIMED, "guest-agent",
					"ndctl list -DRNiv", of);
	a.by_resource = lend_build_sighting(&scan->build, LEND_CLAIMED, "guest-agent",
					    "sys/bus/nd/devices/%s/resource", of);
	look_at(&a, socket);
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
		struct lend_scan_socket socket;

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
	for (size_t i = 0; i < scan->n_qemus; i++) {
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
	.collect = collect,
};
