/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks and files that the kernel gives to other machines: no program has
 * them open, and no mount names them.
 *
 * Asks  configfs: target/core (LIO) and nvmet/subsystems; of LIO, what its driver
 *       says of itself where nobody has said a path (that is left to tools)
 * Adds  export nodes with edges to the device, or to the mount of the file
 *
 * (Linux Documentation/target/tcmu-design.rst, drivers/target/target_core_configfs.c;
 * drivers/nvme/target/configfs.c.)
 */

#include "collect/block-find.h"
#include "collect/mount-list.h"
#include "model/kind-export.h"

enum { EXPORTS_MAX = 16384 };

#define LIO   "sys/kernel/config/target/core"
#define NVMET "sys/kernel/config/nvmet/subsystems"
static const struct lend_ask ask_cores = { .via = LEND_VIA_DIR, .key = LIO };
static const struct lend_ask ask_core = { .via = LEND_VIA_DIR, .key = LIO "/%s" };
static const struct lend_ask ask_udev_path = { .via = LEND_VIA_FILE,
					       .key = LIO "/%s/%s/udev_path" };
static const struct lend_ask ask_core_enable = { .via = LEND_VIA_FILE,
						 .key = LIO "/%s/%s/enable" };
static const struct lend_ask ask_info = { .via = LEND_VIA_FILE, .key = LIO "/%s/%s/info" };
static const struct lend_ask ask_subsystems = { .via = LEND_VIA_DIR, .key = NVMET };
static const struct lend_ask ask_spaces = { .via = LEND_VIA_DIR,
					    .key = NVMET "/%s/namespaces" };
static const struct lend_ask ask_device_path = { .via = LEND_VIA_FILE,
						 .key = NVMET "/%s/namespaces/%s/device_path" };
static const struct lend_ask ask_space_enable = { .via = LEND_VIA_FILE,
						  .key = NVMET "/%s/namespaces/%s/enable" };

struct look {
	struct lend_scan *scan;
	uint32_t by;
	struct lend_block_index blocks;
	struct lend_mount_list mounts;
	size_t n;
};

static void put_edge(struct look *l, struct lend_export *export, const char *path)
{
	struct lend_build *b = &l->scan->build;
	struct lend_block *block = lend_block_by_path(l->scan, &l->blocks, path);
	const struct lend_mounted *m = NULL;
	struct lend_node *mount = NULL;

	if (block != NULL) {
		lend_build_edge(b, &export->node, &block->node);
		return;
	}
	/* Mounts of block devices have nodes since mounts.c ran. */
	if (strncmp(path, "/dev/", 5) != 0)
		m = lend_mount_of_path(&l->mounts, path);
	if (m != NULL)
		mount = lend_build_find(b, LEND_KIND_MOUNT, NULL, m->line.point);
	if (mount != NULL)
		lend_build_edge(b, &export->node, mount);
	else
		lend_build_gap(b, export->node.id, true, "", "what %s lies on cannot be told",
			       path);
}

static const char *after(struct lend_arena *memory, struct lend_span line, const char *word)
{
	const char *text = lend_arena_strndup(memory, line.at, line.len);
	const char *at = strstr(text, word);

	return at == NULL ? NULL : at + strlen(word);
}

static size_t before(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at == NULL ? strlen(text) : (size_t)(at - text);
}

/*
 * Of LIO when nobody has told its udev_path: "iBlock device: sda ...", as the
 * kernel calls it, or "File: /path Size: ..."; NULL when it says neither.
 * (drivers/target/target_core_iblock.c, target_core_file.c: show_configfs_dev_params.)
 */
static const char *path_in_info(struct look *l, const char *group, const char *name)
{
	struct lend_arena *memory = &l->scan->memory;
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_info, group, name);
	struct lend_span rest = { answer->bytes, answer->len };
	struct lend_span line;

	while (answer->known == LEND_KNOWN && lend_span_next_line(&rest, &line)) {
		const char *device = after(memory, line, "iBlock device: ");
		const char *file = after(memory, line, " File: ");

		if (device != NULL && *device != '\0' && *device != ' ')
			return lend_arena_printf(memory, "/dev/%.*s", (int)strcspn(device, " "),
						 device);
		if (file != NULL && *file == '/')
			return lend_arena_strndup(memory, file, before(file, "  Size: "));
	}
	return NULL;
}

static void put_path(struct look *l, struct lend_export *export,
		     const struct lend_answer *answer, const char *path)
{
	struct lend_build *b = &l->scan->build;

	if (answer->known == LEND_KNOWN && path != NULL) {
		lend_build_text(b, &export->node, &export->path, l->by, path);
		put_edge(l, export, path);
		return;
	}
	lend_collect_text(l->scan, &export->node, &export->path, l->by, answer);
	lend_build_gap(b, export->node.id, true,
		       answer->known == LEND_KNOWN ? "" : "run as root",
		       "which device is given to others cannot be read: %s",
		       answer->known == LEND_KNOWN ? "nobody has told it" : answer->why);
}

/* Memory; and programs that serve for themselves, and have open what they need. */
static bool stands_on_none(const char *group)
{
	return strncmp(group, "rd_", 3) == 0 || strncmp(group, "user_", 5) == 0;
}

static void put(struct look *l, const char *type, const char *group, const char *name,
		const struct lend_ask *path, const struct lend_ask *enable)
{
	struct lend_build *b = &l->scan->build;
	const struct lend_answer *answer = lend_io_ask(l->scan->io, path, group, name);
	const struct lend_answer *enabled;
	const char *text = lend_collect_text_of(l->scan, answer);
	struct lend_export *export;

	if (answer->known == LEND_ABSENT || l->n >= EXPORTS_MAX)
		return;
	enabled = lend_io_ask(l->scan->io, enable, group, name);
	if (text != NULL && text[0] != '/') {
		/* "(null)" and "" before it is set; not in use then, but of LIO. */
		if (strcmp(type, "lio") != 0 || enabled->known != LEND_KNOWN ||
		    enabled->len == 0 || enabled->bytes[0] != '1')
			return;
		if (stands_on_none(group))
			return;
		text = path_in_info(l, group, name);
	}
	l->n++;
	export = (struct lend_export *)lend_build_node(
		b, LEND_KIND_EXPORT, NULL,
		lend_arena_printf(&l->scan->memory, "%s %s/%s", type, group, name));
	lend_build_text(b, &export->node, &export->type, l->by, type);
	lend_build_text(b, &export->node, &export->target, l->by,
			strcmp(type, "lio") == 0 ? name : group);
	lend_collect_u64(l->scan, &export->node, &export->enabled, l->by, enabled);
	put_path(l, export, answer, text);
}

static void read_tree(struct look *l, const char *type, const struct lend_ask *top,
		      const struct lend_ask *inside, const struct lend_ask *path,
		      const struct lend_ask *enable)
{
	const struct lend_answer *groups = lend_io_ask(l->scan->io, top);

	if (groups->known == LEND_UNREADABLE)
		lend_build_gap(&l->scan->build, "block", true, "run as root",
			       "which disks other machines use cannot be listed: %s",
			       groups->why);
	for (size_t i = 0; groups->known == LEND_KNOWN && i < groups->n_names; i++) {
		const struct lend_answer *names =
			lend_io_ask(l->scan->io, inside, groups->names[i]);

		for (size_t j = 0; names->known == LEND_KNOWN && j < names->n_names; j++)
			put(l, type, groups->names[i], names->names[j], path, enable);
	}
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct look l = { .scan = scan };

	(void)err;
	if (lend_scan_is_named(scan) || scan->options->room_in != NULL)
		return 0;
	lend_block_index(scan, &l.blocks);
	if (l.blocks.n == 0)
		return 0;
	lend_mount_list_read(scan, &l.mounts);
	l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "exports",
				   "sys/kernel/config", "");
	read_tree(&l, "lio", &ask_cores, &ask_core, &ask_udev_path, &ask_core_enable);
	read_tree(&l, "nvmet", &ask_subsystems, &ask_spaces, &ask_device_path,
		  &ask_space_enable);
	return 0;
}

extern const struct lend_collector lend_collector_exports;
const struct lend_collector lend_collector_exports = {
	.id = "exports",
	.sees = "disks of this host that other machines use",
	.adds = LEND_ADDS(LEND_KIND_EXPORT),
	.collect = collect,
};
