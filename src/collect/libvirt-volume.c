/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a wish names on the host of a libvirt that is not this one: what that
 * libvirt's storage pools know of it.  No file of this host is looked at.
 *
 * Asks  libexec/lend-via-libvirt, for each path: size, blocks, label area
 * Adds  wanted/PATH; with a type that is unreadable where libvirt cannot tell
 *
 * A pool is not refreshed: that would be a change.
 */

#include <inttypes.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/json.h"
#include "collect/wanted.h"
#include "format/xml-tree.h"

enum { WANTED_MAX = 64, ANSWER_MAX = 8 << 20, DEADLINE_MS = 20 * 1000, AREA_MAX = 4 << 20 };

static const struct lend_ask ask_volume = { .via = LEND_VIA_RUN,
					    .key = "lend-via-libvirt volume %s %s %s %s",
					    .limit_bytes = ANSWER_MAX,
					    .deadline_ms = DEADLINE_MS };

struct look {
	struct lend_scan *scan;
	const struct lend_wanted *wanted;
	struct lend_wanted_node *node;
	uint32_t by;
};

/* One word of a command, escaped as in a URI. */
static const char *word_of(struct lend_scan *scan, const char *path)
{
	lend_auto_buf out = { 0 };

	for (; *path != '\0'; path++) {
		unsigned char c = (unsigned char)*path;

		if (c <= ' ' || c >= 0x7f || c == '%')
			lend_buf_printf(&out, "%%%02x", c);
		else
			lend_buf_putc(&out, (char)c);
	}
	return lend_arena_strdup(&scan->memory, lend_buf_text(&out));
}

static void put_text(struct look *l, struct lend_fact *fact, const char *value)
{
	lend_build_text(&l->scan->build, &l->node->node, fact, l->by, value);
}

static void put_u64(struct look *l, struct lend_fact *fact, const struct lend_json *json,
		    const char *key)
{
	uint64_t value;

	if (lend_json_u64(lend_json_get(json, key), &value))
		lend_build_u64(&l->scan->build, &l->node->node, fact, l->by, value);
}

static void cannot_tell(struct look *l, const char *why)
{
	lend_build_unreadable(&l->scan->build, &l->node->node, &l->node->type, l->by, why);
}

/* <volume><target><format type='raw'/>; block devices have none, and are raw. */
static void put_format(struct look *l, const struct lend_json *json, const char *type)
{
	const char *xml = lend_json_str(lend_json_get(json, "xml"));
	struct lend_xml_node *root = NULL;
	const char *format;

	if (xml == NULL ||
	    lend_xml_parse(&l->scan->memory, "volume", xml, strlen(xml), &root, NULL) < 0)
		return;
	format =
		lend_xml_attr(lend_xml_child(lend_xml_child(root, "target"), "format"), "type");
	if (format == NULL && strcmp(type, "block device") == 0)
		format = "raw";
	if (format != NULL && strcmp(format, "unknown") != 0)
		put_text(l, &l->node->format, format);
}

static void put_area(struct look *l, const struct lend_json *json)
{
	const char *failed = lend_json_str(lend_json_get(json, "area_failed"));
	const char *text = lend_json_str(lend_json_get(json, "area"));
	lend_auto_buf bytes = { 0 };

	if (text != NULL && lend_base64_decode(text, strlen(text), &bytes))
		lend_wanted_put_area(l->scan, l->node, l->by, l->wanted, lend_buf_text(&bytes),
				     bytes.len, NULL);
	else if (failed != NULL)
		lend_wanted_put_area(l->scan, l->node, l->by, l->wanted, NULL, 0, failed);
}

static void take(struct look *l, const struct lend_json *json)
{
	const char *failed = lend_json_str(lend_json_get(json, "failed"));
	const char *type = lend_json_str(lend_json_get(json, "type"));

	if (type == NULL) {
		cannot_tell(l, failed != NULL
				       ? failed
				       : "no active storage pool of that libvirt has it");
		return;
	}
	put_text(l, &l->node->type, type);
	put_u64(l, &l->node->size_bytes, json, "capacity");
	put_u64(l, &l->node->allocated_bytes, json, "allocation");
	put_format(l, json, type);
	put_area(l, json);
}

static void look_at(struct lend_scan *scan, const struct lend_wanted *wanted)
{
	uint64_t label = wanted->label_bytes <= AREA_MAX ? wanted->label_bytes : 0;
	const struct lend_answer *answer = lend_io_ask(
		scan->io, &ask_volume, scan->libvirts[0], word_of(scan, wanted->path),
		lend_arena_printf(&scan->memory, "%" PRIu64, wanted->size_bytes),
		lend_arena_printf(&scan->memory, "%" PRIu64, label));
	lend_auto_json struct lend_json *doc = NULL;
	struct look l = { .scan = scan, .wanted = wanted };

	if (answer->known == LEND_NOT_ASKED)
		return;
	l.node = (struct lend_wanted_node *)lend_build_node(&scan->build, LEND_KIND_WANTED,
							    NULL, wanted->path);
	l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "libvirt",
				   "storage volume", "");
	put_text(&l, &l.node->path, wanted->path);
	if (answer->known != LEND_KNOWN)
		cannot_tell(&l, answer->known == LEND_ABSENT ? "lend-via-libvirt is not there"
							     : answer->why);
	else if (lend_json_parse(answer->bytes, answer->len, &doc, NULL) < 0)
		cannot_tell(&l, "libvirt's answer is not whole");
	else
		take(&l, doc);
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	const struct lend_scan_options *o = scan->options;

	(void)err;
	if (!scan->remote || scan->n_libvirts != 1)
		return 0;
	for (size_t i = 0; i < o->n_wanted && i < WANTED_MAX; i++) {
		if (o->wanted[i].path != NULL && o->wanted[i].path[0] == '/')
			look_at(scan, &o->wanted[i]);
	}
	return 0;
}

extern const struct lend_collector lend_collector_libvirt_volume;
const struct lend_collector lend_collector_libvirt_volume = {
	.id = "libvirt-volume",
	.sees = "storage volumes that a wish names, of a libvirt on another host",
	.adds = LEND_ADDS(LEND_KIND_WANTED),
	.of_remote = true,
	.collect = collect,
};
