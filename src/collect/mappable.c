/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks  a trial mapping of a file or device (io/probe.c); of DAX devices
 *       their driver, region and align in /sys/dev/char
 */

#include "collect/mappable.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"

/* It may lie on a network file system that died. */
static const struct lend_ask ask_probe = { .via = LEND_VIA_PROBE,
					   .key = "%p",
					   .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_subsystem = { .via = LEND_VIA_LINK,
					       .key = "sys/dev/char/%s/subsystem" };
static const struct lend_ask ask_driver = { .via = LEND_VIA_LINK,
					    .key = "sys/dev/char/%s/driver" };
static const struct lend_ask ask_mapped = { .via = LEND_VIA_MAPPED,
					    .key = "proc/%s@%s",
					    .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_align = { .via = LEND_VIA_FILE,
					   .key = "sys/dev/char/%s/align" };
static const struct lend_ask ask_device = { .via = LEND_VIA_LINK, .key = "sys/dev/char/%s" };

bool lend_collect_number_of(const struct lend_answer *answer, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	for (const char *at = answer->known == LEND_KNOWN ? answer->bytes : NULL; at != NULL;
	     at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, name, len) == 0 && at[len] == '=')
			return lend_parse_u64n(at + len + 1, strcspn(at + len + 1, " "), 10,
					       ret);
	}
	return false;
}

const char *lend_dax_region(struct lend_scan *scan, const char *path)
{
	const char *found = NULL;

	for (const char *at = path; at != NULL; at = strchr(at, '/')) {
		at += *at == '/';
		if ((strncmp(at, "region", 6) == 0 && lend_ascii_is_digit(at[6])) ||
		    (strncmp(at, "hmem.", 5) == 0 && lend_ascii_is_digit(at[5])))
			found = at;
	}
	return found == NULL ? NULL
			     : lend_arena_strndup(&scan->memory, found, strcspn(found, "/"));
}

/* What a trial tells; EINVAL and its like are no answer. */
static void put_flag(struct lend_scan *scan, const struct lend_mappable *m,
		     struct lend_fact *fact, uint32_t by, const struct lend_answer *answer,
		     const char *name)
{
	uint64_t v;

	if (lend_collect_number_of(answer, name, &v)) {
		lend_build_u64(&scan->build, m->node, fact, by, v != 0);
	} else if (answer->known == LEND_KNOWN || answer->known == LEND_UNREADABLE) {
		const char *why = "the kernel does not tell";

		if (answer->known == LEND_UNREADABLE)
			why = answer->why;
		else if (lend_collect_number_of(answer, "map_sync_errno", &v) &&
			 fact == m->map_sync)
			why = lend_build_internf(&scan->build,
						 "the trial mapping failed, errno %" PRIu64, v);
		lend_build_unreadable(&scan->build, m->node, fact, by, why);
	}
}

static void put_format(struct lend_scan *scan, const struct lend_mappable *m, uint32_t by,
		       const struct lend_answer *answer)
{
	static const char key[] = "format=";
	const char *at = answer->known == LEND_KNOWN ? strstr(answer->bytes, key) : NULL;

	if (at == NULL)
		return;
	at += strlen(key);
	lend_build_text(&scan->build, m->node, m->format, by,
			lend_arena_strndup(&scan->memory, at, strcspn(at, " ")));
}

static bool ends_in(const char *path, const char *name)
{
	const char *slash = path == NULL ? NULL : strrchr(path, '/');

	return slash != NULL && strcmp(slash + 1, name) == 0;
}

/* true for a DAX device. */
static bool put_device(struct lend_scan *scan, const struct lend_mappable *m, uint32_t by,
		       const struct lend_stat *st)
{
	const char *number = lend_build_internf(&scan->build, "%" PRIu32 ":%" PRIu32,
						st->rdev_major, st->rdev_minor);
	const char *text =
		lend_collect_text_of(scan, lend_io_ask(scan->io, &ask_subsystem, number));
	const struct lend_answer *driver;
	const char *region;

	if (!ends_in(text, "dax"))
		return false;
	driver = lend_io_ask(scan->io, &ask_driver, number);
	text = lend_collect_text_of(scan, driver);
	if (text != NULL && strrchr(text, '/') != NULL)
		lend_build_text(&scan->build, m->node, m->dax_driver, by,
				strrchr(text, '/') + 1);
	else
		lend_collect_text(scan, m->node, m->dax_driver, by, driver);
	region = lend_dax_region(
		scan, lend_collect_text_of(scan, lend_io_ask(scan->io, &ask_device, number)));
	if (region != NULL)
		lend_build_text(&scan->build, m->node, m->dax_region, by, region);
	if (m->align_bytes != NULL)
		lend_collect_u64(scan, m->node, m->align_bytes, by,
				 lend_io_ask(scan->io, &ask_align, number));
	return true;
}

void lend_collect_mappable(struct lend_scan *scan, const struct lend_mappable *m, uint32_t by,
			   const char *path, const struct lend_stat *st)
{
	const struct lend_answer *answer;

	if (!S_ISREG(st->mode) && !S_ISBLK(st->mode) &&
	    !(S_ISCHR(st->mode) && put_device(scan, m, by, st)))
		return;
	answer = lend_io_ask(scan->io, &ask_probe, path);
	put_flag(scan, m, m->dax, by, answer, "dax");
	put_flag(scan, m, m->map_sync, by, answer, "map_sync");
	put_format(scan, m, by, answer);
}

static bool is_on(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN && fact->v.u64 != 0;
}

static bool is_off(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN && fact->v.u64 == 0;
}

void lend_collect_mapped(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			 struct lend_backend *backend, const struct lend_stat *st)
{
	struct lend_build *b = &scan->build;
	const struct lend_answer *answer;
	struct lend_mappable m = { .node = &backend->node };
	uint32_t by;

	if (!qemu->has_pid || qemu->waiting != LEND_NOT_WAITING || !is_on(&backend->share) ||
	    is_off(&backend->pmem) || (!S_ISREG(st->mode) && !S_ISCHR(st->mode)))
		return;
	answer = lend_io_ask(
		scan->io, &ask_mapped, lend_arena_printf(&scan->memory, "%" PRIu64, qemu->pid),
		lend_arena_printf(&scan->memory, "%" PRIu32 ":%" PRIu32 ":%" PRIu64,
				  st->dev_major, st->dev_minor, st->inode));
	by = lend_build_sighting(b, lend_collect_trust(scan), "backing", "proc/%s/smaps",
				 qemu->vm->node.id);
	if (answer->known == LEND_ABSENT) {
		lend_build_unreadable(b, m.node, &backend->mapped_shared, by,
				      "no mapping of this file is seen");
		lend_build_unreadable(b, m.node, &backend->mapped_sync, by,
				      "no mapping of this file is seen");
		return;
	}
	put_flag(scan, &m, &backend->mapped_shared, by, answer, "shared");
	put_flag(scan, &m, &backend->mapped_sync, by, answer, "sync");
}
