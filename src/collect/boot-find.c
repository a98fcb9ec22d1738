/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/boot.h"

#include "base/ascii.h"
#include "format/mountinfo.h"

static const struct lend_ask ask_folders = { .via = LEND_VIA_DIR, .key = "dev/disk" };
static const struct lend_ask ask_link = { .via = LEND_VIA_LINK, .key = "dev/disk/%s/%s" };

enum { NAMED_MAX = 1024 };

void lend_boot_init(struct lend_scan *scan, const char *collector, const char *ask,
		    struct lend_boot *ret)
{
	*ret = (struct lend_boot){ .scan = scan };
	lend_block_index(scan, &ret->blocks);
	ret->by =
		lend_build_sighting(&scan->build, lend_collect_trust(scan), collector, ask, "");
}

/* ---- names ---- */

/* The last name of where a link leads: "../../sda1". */
static struct lend_block *by_link(struct lend_boot *l, const char *to)
{
	const char *slash = strrchr(to, '/');

	return lend_block_by_name(l->scan, slash == NULL ? to : slash + 1);
}

/* Characters that udev does not put into a link are \xNN there (libudev, encode_string). */
static const char *encode(struct lend_boot *l, const char *name)
{
	lend_auto_buf out = { 0 };

	for (const char *c = name; *c != '\0'; c++) {
		if (lend_ascii_is_digit(*c) || lend_ascii_is_alpha(*c) ||
		    strchr("#+-.:=@_", *c) != NULL || (*c & 0x80) != 0)
			lend_buf_putc(&out, *c);
		else
			lend_buf_printf(&out, "\\x%02x", (unsigned int)(unsigned char)*c);
	}
	return lend_arena_strdup(&l->scan->memory, lend_buf_text(&out));
}

/* A folder without these is one that udev has not filled. */
static void ask_links(struct lend_boot *l)
{
	const struct lend_answer *answer = lend_io_ask(l->scan->io, &ask_folders);

	l->links = answer->known == LEND_KNOWN ? LEND_KNOWN : LEND_UNREADABLE;
	/* Another host that was not asked yet may have all of them. */
	l->links_named = answer->known == LEND_NOT_ASKED && lend_io_is_remote(l->scan->io);
	for (size_t i = 0; answer->known == LEND_KNOWN && i < answer->n_names; i++)
		l->links_named = l->links_named || strcmp(answer->names[i], "by-uuid") == 0 ||
				 strcmp(answer->names[i], "by-partuuid") == 0;
}

/* Was it found by what lies on a disk, where udev did not look? */
static bool find_named(struct lend_boot *l, const char *folder, const char *name,
		       struct lend_block **ret, const char **ret_why,
		       enum lend_known *ret_known)
{
	if (l->links_named || !lend_boot_is_name(folder, name))
		return false;
	*ret_known = lend_boot_find_name(l, folder, name, ret, ret_why);
	return true;
}

enum lend_known lend_boot_find_link(struct lend_boot *l, const char *folder, const char *name,
				    struct lend_block **ret, const char **ret_why)
{
	const struct lend_answer *answer = NULL;
	enum lend_known known;
	const char *link;

	if (*name == '\0' || strlen(name) > NAMED_MAX || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return LEND_ABSENT;
	if (l->links == LEND_NOT_ASKED)
		ask_links(l);
	link = encode(l, name);
	if (l->links == LEND_KNOWN) {
		answer = lend_io_ask(l->scan->io, &ask_link, folder, link);
		if (answer->known == LEND_KNOWN) {
			*ret = by_link(l, answer->bytes);
			*ret_why = "its link in /dev/disk leads to no device that was seen";
			return *ret != NULL ? LEND_KNOWN : LEND_UNREADABLE;
		}
	}
	if (find_named(l, folder, link, ret, ret_why, &known))
		return known;
	/* A copied tree may have some of the links only. */
	*ret_why = "there are no links in /dev/disk to tell by";
	return answer != NULL && answer->known == LEND_ABSENT ? LEND_ABSENT : LEND_UNREADABLE;
}

static const char *lower(struct lend_boot *l, const char *text)
{
	char *copy = lend_arena_strdup(&l->scan->memory, text);

	for (char *c = copy; *c != '\0'; c++)
		*c = lend_ascii_lower(*c);
	return copy;
}

static const char *upper(struct lend_boot *l, const char *text)
{
	char *copy = lend_arena_strdup(&l->scan->memory, text);

	for (char *c = copy; *c != '\0'; c++)
		*c = lend_ascii_upper(*c);
	return copy;
}

/* Capitals do not count in UUIDs; those of FAT have them in the link, all others do not. */
static enum lend_known find_uuid(struct lend_boot *l, const char *folder, const char *uuid,
				 struct lend_block **ret, const char **ret_why)
{
	const char *forms[] = { uuid, lower(l, uuid), upper(l, uuid) };
	enum lend_known known = LEND_ABSENT;

	for (size_t i = 0; i < LEND_COUNT(forms); i++) {
		enum lend_known of;
		const char *why;

		if (i > 0 && strcmp(forms[i], uuid) == 0)
			continue;
		of = lend_boot_find_link(l, folder, forms[i], ret, &why);
		if (of == LEND_KNOWN)
			return of;
		if (of == LEND_UNREADABLE && known != of)
			*ret_why = why;
		known = of == LEND_UNREADABLE ? of : known;
	}
	return known;
}

/* The text without quotes at its ends. */
static const char *unquote(struct lend_boot *l, const char *text)
{
	size_t len = strlen(text);

	if (len >= 2 && (*text == '"' || *text == '\'') && text[len - 1] == *text)
		return lend_arena_strndup(&l->scan->memory, text + 1, len - 2);
	return text;
}

/* "/dev/vg0/my-data" is the mapping "vg0-my--data" (lvm(8)). */
static struct lend_block *by_volume(struct lend_boot *l, const char *path)
{
	lend_auto_buf mapper = { 0 };
	const char *at = path + strlen("/dev/");
	const char *slash = strchr(at, '/');

	if (slash == NULL || strchr(slash + 1, '/') != NULL)
		return NULL;
	lend_buf_puts(&mapper, "/dev/mapper/");
	for (; *at != '\0'; at++)
		lend_buf_puts(&mapper, *at == '-'    ? "--"
				       : at == slash ? "-"
						     : (const char[]){ *at, '\0' });
	return lend_block_by_path(l->scan, &l->blocks, lend_buf_text(&mapper));
}

static enum lend_known find_path(struct lend_boot *l, const char *path, struct lend_block **ret,
				 const char **ret_why)
{
	static const char disk[] = "/dev/disk/";
	const char *slash;

	if (strncmp(path, disk, strlen(disk)) == 0) {
		path += strlen(disk);
		slash = strchr(path, '/');
		if (slash == NULL || slash == path || strchr(slash + 1, '/') != NULL)
			return LEND_ABSENT;
		return lend_boot_find_link(
			l, lend_arena_strndup(&l->scan->memory, path, (size_t)(slash - path)),
			slash + 1, ret, ret_why);
	}
	*ret = lend_block_by_path(l->scan, &l->blocks, path);
	if (*ret == NULL)
		*ret = by_volume(l, path);
	return *ret != NULL ? LEND_KNOWN : LEND_ABSENT;
}

enum lend_known lend_boot_find(struct lend_boot *l, const char *needs, struct lend_block **ret,
			       const char **ret_why)
{
	static const struct {
		const char *tag, *folder;
		bool uuid;
	} tags[] = { { "UUID=", "by-uuid", true },
		     { "LABEL=", "by-label", false },
		     { "PARTUUID=", "by-partuuid", true },
		     { "PARTLABEL=", "by-partlabel", false },
		     { "ID=", "by-id", false } };
	uint32_t major, minor;

	*ret = NULL;
	*ret_why = "";
	for (size_t i = 0; i < LEND_COUNT(tags); i++) {
		const char *name = needs + strlen(tags[i].tag);

		if (strncmp(needs, tags[i].tag, strlen(tags[i].tag)) != 0)
			continue;
		name = unquote(l, name);
		return tags[i].uuid
			       ? find_uuid(l, tags[i].folder, name, ret, ret_why)
			       : lend_boot_find_link(l, tags[i].folder, name, ret, ret_why);
	}
	if (strncmp(needs, "/dev/", 5) == 0)
		return find_path(l, needs, ret, ret_why);
	if (!lend_device_number_parse(needs, strlen(needs), &major, &minor))
		return LEND_NOT_ASKED;
	*ret = lend_block_by_number(&l->blocks, major, minor);
	return *ret != NULL ? LEND_KNOWN : LEND_ABSENT;
}

/* ---- wants ---- */

struct lend_boot_want *lend_boot_want(struct lend_boot *l, const char *name, const char *needs,
				      bool required)
{
	struct lend_build *b = &l->scan->build;
	struct lend_boot_want *want;
	const char *own = name;

	for (unsigned int i = 2;
	     i < NAMED_MAX && lend_build_find(b, LEND_KIND_BOOT, NULL, own) != NULL; i++)
		own = lend_arena_printf(&l->scan->memory, "%s#%u", name, i);
	want = (struct lend_boot_want *)lend_build_node(b, LEND_KIND_BOOT, NULL, own);
	lend_build_text(b, &want->node, &want->source, l->by, l->source);
	lend_build_text(b, &want->node, &want->needs, l->by, needs);
	lend_build_u64(b, &want->node, &want->required, l->by, required);
	return want;
}

/* A name that nobody has is news where only some want it; one that somebody may have is not. */
void lend_boot_settle(struct lend_boot *l, struct lend_boot_want *want, enum lend_known known,
		      const struct lend_block *block, const char *why)
{
	struct lend_build *b = &l->scan->build;
	bool required = want->required.known == LEND_KNOWN && want->required.v.u64 != 0;

	if (known == LEND_KNOWN) {
		lend_build_absent(b, &want->node, &want->state, l->by);
		lend_build_edge(b, &want->node, &block->node);
	} else if (known == LEND_ABSENT) {
		lend_build_text(b, &want->node, &want->state, l->by, "missing");
		lend_build_gap(b, want->node.id, required, "",
			       "%s wants %s, which no device is called", l->source,
			       want->needs.v.str);
	} else {
		lend_build_unreadable(b, &want->node, &want->state, l->by, why);
		lend_build_gap(b, want->node.id, true,
			       strstr(why, "Permission denied") != NULL ? "run as root" : "",
			       "which device %s of %s is cannot be told: %s", want->needs.v.str,
			       l->source, why);
	}
}

bool lend_boot_has(struct lend_boot *l, const struct lend_answer *answer)
{
	if (answer->known == LEND_KNOWN)
		return true;
	if (answer->known == LEND_UNREADABLE)
		lend_build_gap(&l->scan->build, "boot", true, "run as root",
			       "%s cannot be read: %s", l->source, answer->why);
	return false;
}
