/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/collect.h"
#include "model/vm-args.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/num.h"
#include "format/span.h"

const char *lend_collect_text_of(struct lend_scan *scan, const struct lend_answer *answer)
{
	struct lend_span text =
		lend_span_trim((struct lend_span){ answer->bytes, answer->len });

	return answer->known != LEND_KNOWN
		       ? NULL
		       : lend_arena_strndup(&scan->memory, text.at, text.len);
}

enum lend_trust lend_collect_trust(const struct lend_scan *scan)
{
	return lend_io_is_copy(scan->io) ? LEND_RECORDED : LEND_SEEN;
}

static bool put_unknown(struct lend_scan *scan, struct lend_node *node, struct lend_fact *fact,
			uint32_t by, const struct lend_answer *answer)
{
	if (answer->known == LEND_KNOWN)
		return false;
	if (answer->known == LEND_ABSENT)
		lend_build_absent(&scan->build, node, fact, by);
	if (answer->known == LEND_UNREADABLE)
		lend_build_unreadable(&scan->build, node, fact, by, answer->why);
	return true;
}

void lend_collect_text(struct lend_scan *scan, struct lend_node *node, struct lend_fact *fact,
		       uint32_t by, const struct lend_answer *answer)
{
	if (!put_unknown(scan, node, fact, by, answer))
		lend_build_text(&scan->build, node, fact, by,
				lend_collect_text_of(scan, answer));
}

void lend_collect_u64(struct lend_scan *scan, struct lend_node *node, struct lend_fact *fact,
		      uint32_t by, const struct lend_answer *answer)
{
	uint64_t value;

	if (put_unknown(scan, node, fact, by, answer))
		return;
	if (lend_parse_u64(lend_collect_text_of(scan, answer), 0, &value))
		lend_build_u64(&scan->build, node, fact, by, value);
	else
		lend_build_unreadable(&scan->build, node, fact, by, "not a number");
}

struct lend_device *lend_collect_device(struct lend_scan *scan, struct lend_vm *vm,
					const char *id, const char *memdev)
{
	return lend_build_device(&scan->build, vm, lend_collect_trust(scan), id, memdev);
}

struct lend_backend *lend_collect_backend(struct lend_scan *scan, struct lend_vm *vm,
					  const char *id)
{
	return lend_build_backend(&scan->build, vm, lend_collect_trust(scan), id);
}

static bool is_vm(struct lend_scan *scan, const char *name, unsigned int number)
{
	lend_auto_buf full = { 0 };

	lend_buf_printf(&full, "%s#%u", name, number);
	return lend_build_find(&scan->build, LEND_KIND_VM, NULL, full.text) != NULL;
}

/*
 * Two VMs may have been started with one name; both are shown.  A number that is free behind
 * one that is not: where there are many, not one after the other.
 */
static const char *unique_name(struct lend_scan *scan, const char *name)
{
	unsigned int taken = 1, free = 2;

	if (lend_build_find(&scan->build, LEND_KIND_VM, NULL, name) == NULL)
		return name;
	while (is_vm(scan, name, free)) {
		taken = free;
		free *= 2;
	}
	while (free - taken > 1) {
		unsigned int middle = taken + (free - taken) / 2;

		if (is_vm(scan, name, middle))
			taken = middle;
		else
			free = middle;
	}
	return lend_build_internf(&scan->build, "%s#%u", name, free);
}

struct lend_vm *lend_collect_vm(struct lend_scan *scan, const char *name)
{
	return (struct lend_vm *)lend_build_node(&scan->build, LEND_KIND_VM, NULL,
						 unique_name(scan, name));
}

struct lend_scan_qemu *lend_collect_qemu(struct lend_scan *scan, const char *name)
{
	struct lend_scan_qemu *qemu;

	qemu = LEND_PUSH(&scan->memory, scan->qemus, scan->n_qemus, scan->cap_qemus);
	qemu->name = lend_arena_strdup(&scan->memory, name);
	qemu->vm = lend_collect_vm(scan, name);
	return qemu;
}

const char *lend_collect_reach(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			       const char *path)
{
	/* Without its /proc, an absolute path is all that is left, and right unless QEMU lives
	 * in a container. */
	if (!qemu->has_pid || qemu->foreign)
		return path;
	return lend_arena_printf(&scan->memory, "/proc/%" PRIu64 "/%s/%s", qemu->pid,
				 path[0] == '/' ? "root" : "cwd",
				 path[0] == '/' ? path + 1 : path);
}

const struct lend_json *lend_collect_returned(const struct lend_answer *answer,
					      struct lend_json **ret_doc, const char **ret_why)
{
	const struct lend_json *error;

	*ret_why =
		answer->known == LEND_NOT_ASKED ? "the capture does not have it" : answer->why;
	if (answer->known != LEND_KNOWN)
		return NULL;
	*ret_why = "the answer is no JSON";
	if (lend_json_parse(answer->bytes, answer->len, ret_doc, NULL) < 0)
		return NULL;
	error = lend_json_get(*ret_doc, "error");
	*ret_why = lend_json_str(lend_json_get(error, "desc"));
	if (*ret_why == NULL)
		*ret_why = "the answer has no \"return\"";
	return error != NULL ? NULL : lend_json_get(*ret_doc, "return");
}

const struct lend_guest_source *lend_collect_guest_source(const struct lend_scan *scan,
							  const char *vm)
{
	for (size_t i = 0; i < scan->n_guests; i++) {
		if (strcmp(scan->guests[i].vm, vm) == 0)
			return &scan->guests[i];
	}
	return NULL;
}

static const struct lend_ask ask_maps = { .via = LEND_VIA_FILE,
					  .key = "proc/%s/maps",
					  .limit_bytes = LEND_MAPS_MAX };

const char *lend_collect_maps(struct lend_scan *scan, struct lend_scan_qemu *qemu)
{
	const struct lend_answer *answer;

	if (!qemu->maps_asked && qemu->has_pid) {
		answer = lend_io_ask(scan->io, &ask_maps,
				     lend_arena_printf(&scan->memory, "%" PRIu64, qemu->pid));
		if (answer->known == LEND_KNOWN && answer->len > 0)
			qemu->maps =
				lend_arena_strndup(&scan->memory, answer->bytes, answer->len);
	}
	qemu->maps_asked = true;
	return qemu->maps;
}
