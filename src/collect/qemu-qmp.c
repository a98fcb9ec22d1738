/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What running QEMUs say over QMP: memory devices as they are now, hot-plugged
 * ones included, with the addresses that QEMU chose.
 *
 * Asks  query-memory-devices, query-memdev, qom-get
 * Adds  facts of vm, device and backend nodes
 *
 * QEMU reads its monitor a byte at a time (0.3 ms a question), and others may
 * want it: what the command line told is not asked again, and for a place for
 * one more device (room_in) no more than that depends on.
 */

#include <errno.h>
#include <inttypes.h>

#include "base/buf.h"
#include "base/json.h"
#include "collect/collect.h"
#include "collect/open-files.h"
#include "collect/qemu-qmp.h"
#include "collect/socket-holder.h"
#include "collect/tcp-holder.h"

enum { DEVICES_MAX = 4096 };

static const struct lend_ask ask_devices = { .via = LEND_VIA_QMP,
					     .key = "{\"execute\":\"query-memory-devices\"}" };
static const struct lend_ask ask_memdevs = { .via = LEND_VIA_QMP,
					     .key = "{\"execute\":\"query-memdev\"}" };
static const struct lend_ask ask_property = {
	.via = LEND_VIA_QMP,
	.key = "{\"execute\":\"qom-get\",\"arguments\":{\"path\":\"%s\",\"property\":\"%s\"}}",
};

struct qmp {
	struct lend_scan *scan;
	struct lend_scan_qemu *qemu;
	struct lend_talk *talk;
	uint32_t by_devices, by_memdevs, by_property;
};

/* A property into a fact; one that this QEMU does not have is absent. */
static void ask_into(struct qmp *q, struct lend_node *node, const struct lend_field *field,
		     const char *path, const char *property)
{
	const struct lend_answer *answer =
		lend_talk_ask(q->talk, &ask_property, path, property);
	struct lend_fact *fact = (struct lend_fact *)(void *)((char *)node + field->offset);
	struct lend_build *b = &q->scan->build;
	lend_auto_json struct lend_json *doc = NULL;
	const struct lend_json *value;
	const char *why;
	uint64_t number;
	bool flag;

	value = lend_collect_returned(answer, &doc, &why);
	if (field->type == LEND_FIELD_TEXT && lend_json_str(value) != NULL)
		lend_build_text(b, node, fact, q->by_property, lend_json_str(value));
	else if (field->type == LEND_FIELD_BOOL && lend_json_bool(value, &flag))
		lend_build_u64(b, node, fact, q->by_property, flag);
	else if (field->type != LEND_FIELD_TEXT && field->type != LEND_FIELD_BOOL &&
		 lend_json_u64(value, &number)) {
		/* QEMU says 0 for a device without labels, a backend without align=. */
		if (number == 0 &&
		    (strcmp(property, "label-size") == 0 || strcmp(property, "align") == 0))
			lend_build_absent(b, node, fact, q->by_property);
		else
			lend_build_u64(b, node, fact, q->by_property, number);
	} else if (answer->known == LEND_KNOWN && strstr(why, "not found") != NULL)
		lend_build_absent(b, node, fact, q->by_property);
	else if (answer->known != LEND_NOT_ASKED)
		lend_build_unreadable(b, node, fact, q->by_property,
				      value != NULL ? "not of its type" : why);
}

static void put_u64(struct qmp *q, struct lend_node *node, struct lend_fact *fact,
		    const struct lend_json *data, const char *key)
{
	uint64_t value;

	if (lend_json_u64(lend_json_get(data, key), &value))
		lend_build_u64(&q->scan->build, node, fact, q->by_devices, value);
}

static void add_device(struct qmp *q, const struct lend_json *entry)
{
	const char *type = lend_json_str(lend_json_get(entry, "type"));
	const struct lend_json *data = lend_json_get(entry, "data");
	const char *id = lend_json_str(lend_json_get(data, "id"));
	const char *memdev = lend_json_str(lend_json_get(data, "memdev"));
	bool dimm = type != NULL && strcmp(type, "nvdimm") == 0;
	struct lend_build *b = &q->scan->build;
	struct lend_device *device;
	struct lend_node *node;
	bool hotplugged;

	if (memdev == NULL || !(dimm || (type != NULL && strcmp(type, "virtio-pmem") == 0)))
		return;
	memdev = basename(memdev); /* "/objects/m0" -> "m0" */
	device = lend_collect_device(q->scan, q->qemu->vm, id, memdev);
	node = &device->node;
	lend_build_text(b, node, &device->driver, q->by_devices, type);
	lend_build_text(b, node, &device->memdev, q->by_devices, memdev);
	lend_build_edge(b, node, &lend_collect_backend(q->scan, q->qemu->vm, memdev)->node);
	put_u64(q, node, &device->size_bytes, data, "size");
	put_u64(q, node, &device->address, data, dimm ? "addr" : "memaddr");
	if (dimm) {
		put_u64(q, node, &device->slot, data, "slot");
		put_u64(q, node, &device->numa_node, data, "node");
	} else {
		lend_build_absent(b, node, &device->slot, q->by_devices);
		lend_build_absent(b, node, &device->label_bytes, q->by_devices);
	}
	if (lend_json_bool(lend_json_get(data, "hotplugged"), &hotplugged))
		lend_build_u64(b, node, &device->hotplugged, q->by_devices, hotplugged);
	if (dimm && id != NULL && device->label_bytes.known == LEND_NOT_ASKED &&
	    !q->scan->options->no_label_sizes) {
		const char *path =
			lend_arena_printf(&q->scan->memory, "/machine/peripheral/%s", id);

		ask_into(q, node, lend_kind_field(LEND_KIND_DEVICE, "label_bytes"), path,
			 "label-size");
	}
}

/*
 * What the command line would have told of a backend that was plugged in.  With
 * what its backing is it says whether writes persist: nobody asks the one without
 * the other.
 */
static void ask_plugged(struct qmp *q, struct lend_backend *backend, const char *path)
{
	static const struct {
		const char *field, *property;
	} rows[] = {
		{ "type", "type" },         { "pmem", "pmem" },
		{ "readonly", "readonly" }, { "discard_data", "discard-data" },
		{ "align_bytes", "align" },
	};

	if (q->scan->options->room_in != NULL ||
	    (q->scan->wants & LEND_ADDS(LEND_KIND_BACKING)) == 0)
		return;
	for (size_t i = 0; i < LEND_COUNT(rows); i++)
		ask_into(q, &backend->node, lend_kind_field(LEND_KIND_BACKEND, rows[i].field),
			 path, rows[i].property);
}

/* Size and share of the backends that devices use; guest RAM is no backing of anything lent. */
static void add_memdev(struct qmp *q, const struct lend_json *entry)
{
	const char *id = lend_json_str(lend_json_get(entry, "id"));
	struct lend_build *b = &q->scan->build;
	struct lend_backend *backend;
	uint64_t size;
	bool share;

	if (id == NULL)
		return;
	backend = (struct lend_backend *)lend_build_find(
		b, LEND_KIND_BACKEND, NULL,
		lend_build_internf(b, "%s:%s", q->qemu->vm->node.name, id));
	if (backend == NULL)
		return;
	if (lend_json_u64(lend_json_get(entry, "size"), &size))
		lend_build_u64(b, &backend->node, &backend->size_bytes, q->by_memdevs, size);
	if (lend_json_bool(lend_json_get(entry, "share"), &share))
		lend_build_u64(b, &backend->node, &backend->share, q->by_memdevs, share);
	if (backend->path.known == LEND_NOT_ASKED) {
		const char *path = lend_arena_printf(&q->scan->memory, "/objects/%s", id);

		ask_into(q, &backend->node, lend_kind_field(LEND_KIND_BACKEND, "path"), path,
			 "mem-path");
		ask_into(q, &backend->node, lend_kind_field(LEND_KIND_BACKEND, "offset_bytes"),
			 path, "offset");
		ask_plugged(q, backend, path);
	}
}

static void add_version(struct qmp *q, const struct lend_answer *greeting)
{
	lend_auto_json struct lend_json *doc = NULL;
	const struct lend_json *version;
	uint64_t major, minor, micro;
	uint32_t by;

	if (lend_json_parse(greeting->bytes, greeting->len, &doc, NULL) < 0)
		return;
	by = lend_build_sighting(&q->scan->build, LEND_SEEN, "qemu-qmp", "greeting",
				 q->qemu->vm->node.id);
	lend_build_text(&q->scan->build, &q->qemu->vm->node, &q->qemu->vm->hypervisor, by,
			"qemu");
	version = lend_json_get(lend_json_get(lend_json_get(doc, "QMP"), "version"), "qemu");
	if (lend_json_u64(lend_json_get(version, "major"), &major) &&
	    lend_json_u64(lend_json_get(version, "minor"), &minor) &&
	    lend_json_u64(lend_json_get(version, "micro"), &micro))
		lend_build_text(
			&q->scan->build, &q->qemu->vm->node, &q->qemu->vm->qemu_version, by,
			lend_build_internf(&q->scan->build, "%" PRIu64 ".%" PRIu64 ".%" PRIu64,
					   major, minor, micro));
}

/* false when the conversation broke; what came before stays. */
static bool ask_list(struct qmp *q, const struct lend_ask *ask,
		     void (*add)(struct qmp *, const struct lend_json *))
{
	lend_auto_json struct lend_json *doc = NULL;
	const struct lend_json *list;
	const char *why;

	list = lend_collect_returned(lend_talk_ask(q->talk, ask), &doc, &why);
	if (list != NULL && lend_json_kind(list) != LEND_JSON_ARRAY) {
		list = NULL;
		why = "the answer is no list";
	}
	if (list == NULL)
		lend_build_gap(&q->scan->build, q->qemu->vm->node.id, true, "",
			       "VM %s did not tell its memory devices: %s",
			       q->qemu->vm->node.name, why);
	for (size_t i = 0; i < lend_json_count(list); i++) {
		if (i == DEVICES_MAX) {
			lend_build_gap(
				&q->scan->build, q->qemu->vm->node.id, true, "",
				"VM %s has more than %d memory devices: the rest was left out",
				q->qemu->vm->node.name, DEVICES_MAX);
			break;
		}
		add(q, lend_json_at(list, i));
	}
	return list != NULL;
}

static const char *pid_of(struct lend_scan *scan, const struct lend_scan_qemu *qemu)
{
	return lend_arena_printf(&scan->memory, "%" PRIu64, qemu->pid);
}

/* A place is looked for, and this one uses nothing of what is wanted. */
static bool lacks_wanted(struct lend_scan *scan, const struct lend_scan_qemu *qemu)
{
	return scan->options->room_in != NULL && qemu->has_pid &&
	       !lend_may_have_wanted(scan, pid_of(scan, qemu));
}

static bool is_of_interest(struct lend_scan *scan, const struct lend_scan_qemu *qemu)
{
	return scan->options->room_in == NULL ||
	       strcmp(qemu->vm->node.name, scan->options->room_in) == 0 ||
	       !lacks_wanted(scan, qemu);
}

/* What the command line calls a QMP monitor, and the process holds. */
static bool is_its_own(struct lend_scan *scan, const struct lend_scan_qemu *qemu)
{
	return qemu->has_pid &&
	       lend_socket_holds(scan, pid_of(scan, qemu), qemu->monitor) == LEND_HOLDS;
}

/* What looked goes on with it to change. */
static bool keeps_line(const struct lend_scan *scan, const struct lend_scan_qemu *qemu)
{
	return scan->ret_line != NULL && *scan->ret_line == NULL &&
	       scan->options->room_in != NULL &&
	       strcmp(qemu->vm->node.name, scan->options->room_in) == 0;
}

static const struct lend_ask *const *first_asks(const struct lend_scan *scan)
{
	static const struct lend_ask *const both[] = { &ask_devices, &ask_memdevs, NULL };
	static const struct lend_ask *const one[] = { &ask_devices, NULL };

	return scan->options->room_in != NULL ? one : both;
}

/*
 * Where no QEMU waits for a client, connecting starts none, and the kernel says
 * who listens: that is less to look at than who holds the socket.  Else NULL.
 */
static struct lend_talk *begin(struct lend_scan *scan, const struct lend_scan_qemu *qemu)
{
	if (lend_is_tcp(qemu->monitor) || !qemu->has_pid || scan->some_wait)
		return NULL;
	return lend_talk_begin(scan->io, qemu->monitor, qemu->pid, first_asks(scan));
}

/* *ret_greeting is NULL when it was not tried, and people know why. */
static struct lend_talk *open_monitor(struct lend_scan *scan, struct lend_scan_qemu *qemu,
				      const struct lend_answer **ret_greeting)
{
	const struct lend_ask *const *first = first_asks(scan);
	struct lend_talk *begun = scan->begun;

	*ret_greeting = NULL;
	if (begun != NULL && scan->begun_with == qemu) {
		scan->begun = NULL;
		return lend_talk_go_on(begun, ret_greeting);
	}
	if (lend_is_tcp(qemu->monitor))
		return lend_tcp_talk(scan, qemu, first, ret_greeting);
	if (!lend_io_is_recording(scan->io) && (begun = begin(scan, qemu)) != NULL)
		return lend_talk_go_on(begun, ret_greeting);
	if (!lend_socket_may_ask_qemu(scan, qemu, LEND_VIA_QMP, qemu->monitor))
		return NULL;
	if (is_its_own(scan, qemu) || !qemu->has_pid)
		return lend_talk_open(scan->io, LEND_VIA_QMP, qemu->monitor,
				      qemu->has_pid ? first : NULL, ret_greeting);
	/* Whose the socket is could not be seen; who listened on it can. */
	return lend_talk_open_of(scan->io, LEND_VIA_QMP, qemu->monitor, qemu->pid,
				 ret_greeting);
}

static bool has_monitor(const struct lend_scan_qemu *qemu)
{
	return qemu->monitor != NULL && qemu->waiting == LEND_NOT_WAITING;
}

/* What is unclear about it is said when it is asked. */
void lend_qmp_begin(struct lend_scan *scan)
{
	for (size_t i = 0; i < scan->n_qemus; i++) {
		struct lend_scan_qemu *qemu = &scan->qemus[i];

		if (!has_monitor(qemu) || !keeps_line(scan, qemu))
			continue;
		scan->begun = begin(scan, qemu);
		scan->begun_with = qemu;
		return;
	}
}

static void look_at(struct lend_scan *scan, struct lend_scan_qemu *qemu)
{
	const char *vm = qemu->vm->node.id;
	struct qmp q = { .scan = scan, .qemu = qemu };
	const struct lend_answer *greeting;
	lend_auto_talk talk = NULL;

	talk = open_monitor(scan, qemu, &greeting);
	if (talk == NULL) {
		if (greeting != NULL && greeting->known != LEND_NOT_ASKED)
			lend_build_gap(
				&scan->build, vm, true,
				greeting->os_errno == EACCES ? "run as root"
				: lend_io_is_remote(scan->io)
					? "run lend on that host itself"
					: "give lend a monitor of its own: a second -qmp unix:PATH,server=on,wait=off",
				"the monitor of VM %s cannot be asked: %s", qemu->vm->node.name,
				greeting->known == LEND_ABSENT ? "its socket is not there"
							       : greeting->why);
		return;
	}
	if (!lend_socket_is_peer(scan, qemu, talk))
		return;
	q.talk = talk;
	q.by_devices = lend_build_sighting(&scan->build, LEND_SEEN, "qemu-qmp",
					   "query-memory-devices", vm);
	q.by_memdevs =
		lend_build_sighting(&scan->build, LEND_SEEN, "qemu-qmp", "query-memdev", vm);
	q.by_property = lend_build_sighting(&scan->build, LEND_SEEN, "qemu-qmp", "qom-get", vm);
	add_version(&q, greeting);
	if (qemu->has_pid && !lend_wanted_is_free(scan))
		lend_read_open_files(scan, pid_of(scan, qemu));
	if (ask_list(&q, &ask_devices, add_device) && !lacks_wanted(scan, qemu))
		(void)ask_list(&q, &ask_memdevs, add_memdev);
	if (keeps_line(scan, qemu) && qemu->vm->monitor.known == LEND_KNOWN)
		*scan->ret_line = lend_talk_hand_over(&talk, qemu->vm->monitor.v.str);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	(void)err;
	for (size_t i = 0; i < scan->n_qemus && !scan->options->no_monitors; i++) {
		if (has_monitor(&scan->qemus[i]) && is_of_interest(scan, &scan->qemus[i]))
			look_at(scan, &scan->qemus[i]);
	}
	return 0;
}

extern const struct lend_collector lend_collector_qemu_qmp;
const struct lend_collector lend_collector_qemu_qmp = {
	.id = "qemu-qmp",
	.sees = "memory devices of running QEMUs over QMP",
	.collect = collect,
};
