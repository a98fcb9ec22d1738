/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/esx-disks.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "collect/esx.h"
#include "format/esx-uuid.h"
#include "model/kind-backing.h"

enum { MENTIONS_MAX = 65536, GAPS_MAX = 64 };

bool lend_esx_may_say(struct lend_esx_disks *disks)
{
	if (disks->n_gaps++ == GAPS_MAX)
		lend_build_gap(&disks->scan->build, "esx-files", true,
			       "give fewer files at a time",
			       "more of the files could not be read than are listed here");
	return disks->n_gaps <= GAPS_MAX;
}

/* Without "." and doubled slashes.  ".." stays: what lies there may be a link. */
static const char *tidy(struct lend_scan *scan, const char *path)
{
	lend_auto_buf out = { 0 };

	if (path[0] == '/')
		lend_buf_putc(&out, '/');
	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		if (len > 0 && (len != 1 || path[0] != '.')) {
			if (out.len > 0 && out.text[out.len - 1] != '/')
				lend_buf_putc(&out, '/');
			lend_buf_put(&out, path, len);
		}
		path += len + (path[len] == '/');
	}
	return lend_arena_strdup(&scan->memory, lend_buf_text(&out));
}

struct lend_esx_mention *lend_esx_mention(struct lend_esx_disks *disks,
					  enum lend_esx_place place, const char *path)
{
	struct lend_esx_mention *m;
	const char *slash;

	if (disks->n_mentions == MENTIONS_MAX) {
		lend_build_gap(&disks->scan->build, "esx-files", true,
			       "give fewer files at a time",
			       "the files name disks more than %d times: the rest is left out",
			       MENTIONS_MAX);
		return NULL;
	}
	m = LEND_PUSH(&disks->scan->memory, disks->mentions, disks->n_mentions,
		      disks->cap_mentions);
	m->order = disks->n_mentions;
	m->place = place;
	m->path = tidy(disks->scan, path);
	slash = strrchr(m->path, '/');
	m->base = slash == NULL ? m->path : slash + 1;
	return m;
}

/* ---- which names are one disk ---- */

static int compare_mentions(const void *pa, const void *pb)
{
	const struct lend_esx_mention *a = pa;
	const struct lend_esx_mention *b = pb;
	int r = strcmp(a->base, b->base);

	if (r != 0)
		return r;
	return a->order == b->order ? 0 : a->order < b->order ? -1 : 1;
}

/* What the mentions of one file name have in common. */
struct group {
	const char *path[LEND_ESX_PLACES]; /* the first of each place; NULL: none */
	bool several;                      /* they cannot all be the same disk */
	bool has_nvdimm;
};

static struct group look_at(const struct lend_esx_mention *m, size_t n)
{
	struct group g = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (m[i].key != NULL)
			continue;
		g.has_nvdimm = g.has_nvdimm || m[i].says == LEND_ESX_NVDIMM;
		if (g.path[m[i].place] == NULL)
			g.path[m[i].place] = m[i].path;
		else if (strcmp(g.path[m[i].place], m[i].path) != 0)
			g.several = true;
	}
	/* A VM's own folder never lies on the PMem datastore. */
	if (g.path[LEND_ESX_HOST] != NULL && g.path[LEND_ESX_HOME] != NULL)
		g.several = true;
	return g;
}

static const char *key_of(struct lend_esx_disks *disks, const struct group *g,
			  const struct lend_esx_mention *m)
{
	for (size_t i = 0; !g->several && i < LEND_ESX_PLACES; i++) {
		if (g->path[i] != NULL)
			return g->path[i];
	}
	/* The user's file of that name may have come from another folder of the host. */
	if (m->place == LEND_ESX_HOME && g->path[LEND_ESX_HOST] != NULL)
		return lend_build_internf(&disks->scan->build, "%s:%s", m->home, m->path);
	return m->path;
}

static void name_group(struct lend_esx_disks *disks, struct lend_esx_mention *m, size_t n)
{
	struct group g = look_at(m, n);

	for (size_t i = 0; i < n; i++) {
		if (m[i].key == NULL)
			m[i].key = key_of(disks, &g, &m[i]);
	}
	if (g.several && g.has_nvdimm &&
	    (g.path[LEND_ESX_LOCAL] != NULL || g.path[LEND_ESX_LOOSE] != NULL) &&
	    lend_esx_may_say(disks))
		lend_build_gap(&disks->scan->build, m->base, false,
			       "give vmkfstools -J getuuid the full path of the disk",
			       "several disks are called %s: the files do not say which of "
			       "them the .vmx attaches as NVDIMM",
			       m->base);
}

static void name_all(struct lend_esx_disks *disks)
{
	struct lend_esx_mention *m = disks->mentions;
	size_t end;

	if (disks->n_mentions > 0)
		qsort(m, disks->n_mentions, sizeof(*m), compare_mentions);
	for (size_t at = 0; at < disks->n_mentions; at = end) {
		end = at + 1;
		while (end < disks->n_mentions && strcmp(m[end].base, m[at].base) == 0)
			end++;
		name_group(disks, &m[at], end - at);
	}
}

/* ---- facts ---- */

static void put_uuid(struct lend_build *b, struct lend_backing *backing, uint32_t by,
		     const uint8_t uuid[16])
{
	static const char digits[] = "0123456789abcdef";
	char text[33];

	for (size_t i = 0; i < 16; i++) {
		text[i * 2] = digits[uuid[i] >> 4];
		text[i * 2 + 1] = digits[uuid[i] & 15];
	}
	text[32] = '\0';
	lend_build_text(b, &backing->node, &backing->uuid, by, text);
}

static void put_descriptor(struct lend_build *b, struct lend_backing *backing,
			   const struct lend_esx_mention *m)
{
	const struct lend_vmdk *vmdk = m->vmdk;

	if (vmdk->has_size)
		lend_build_u64(b, &backing->node, &backing->size_bytes, m->by,
			       vmdk->size_bytes);
	else
		lend_build_absent(b, &backing->node, &backing->size_bytes, m->by);
	if (vmdk->uuid_unreadable) {
		lend_build_unreadable(b, &backing->node, &backing->uuid, m->by,
				      "ddb.uuid is not 16 bytes of two hex digits");
		return;
	}
	if (!vmdk->has_uuid && !vmdk->uuid_ambiguous)
		lend_build_absent(b, &backing->node, &backing->uuid, m->by);
	/* Lines that differ dispute each other. */
	for (size_t i = 0; i < vmdk->n_entries; i++) {
		const struct lend_vmdk_entry *e = &vmdk->entries[i];
		uint8_t uuid[16];

		if (lend_ascii_casecmp(e->key, "ddb.uuid") == 0 &&
		    lend_esx_uuid_parse(e->value, strlen(e->value), uuid))
			put_uuid(b, backing, m->by, uuid);
	}
}

/* A failed command or a disk on another bus is no reason to show a disk. */
static bool is_weak(const struct lend_esx_mention *m)
{
	return m->says == LEND_ESX_NO_UUID || m->says == LEND_ESX_ORDINARY;
}

static struct lend_backing *backing_of(struct lend_build *b, struct lend_esx_mention *m)
{
	struct lend_node *node;

	if (m->backing != NULL)
		return m->backing;
	node = is_weak(m) ? lend_build_find(b, LEND_KIND_BACKING, NULL, m->key)
			  : lend_build_node(b, LEND_KIND_BACKING, NULL, m->key);

	m->backing = (struct lend_backing *)node;
	return m->backing;
}

/* Of a saved host, the volume it lies on. */
static void put_volume(struct lend_esx_disks *disks, const struct lend_backing *backing,
		       const struct lend_esx_mention *m)
{
	struct lend_esx_host *esx = disks->scan->esx;
	struct lend_datastore *ds = NULL;
	const char *rest;

	if (m->place == LEND_ESX_HOST && lend_esx_is_host(esx))
		ds = lend_esx_volume_of(esx, m->path, &rest);
	if (ds != NULL)
		lend_build_edge(&disks->scan->build, &backing->node, &ds->node);
}

static void put_mention(struct lend_esx_disks *disks, struct lend_esx_mention *m)
{
	struct lend_build *b = &disks->scan->build;
	struct lend_backing *backing = backing_of(b, m);

	if (backing == NULL)
		return;
	if (backing->path.known == LEND_NOT_ASKED)
		lend_build_text(b, &backing->node, &backing->path, m->by, m->key);
	put_volume(disks, backing, m);
	switch (m->says) {
	case LEND_ESX_DESCRIPTOR:
		put_descriptor(b, backing, m);
		break;
	case LEND_ESX_UUID:
		put_uuid(b, backing, m->by, m->uuid);
		break;
	case LEND_ESX_NO_UUID:
		lend_build_unreadable(b, &backing->node, &backing->uuid, m->by, m->why);
		break;
	case LEND_ESX_NVDIMM:
		lend_build_edge(b, m->device, &backing->node);
		break;
	case LEND_ESX_ORDINARY:
	case LEND_ESX_VPMEM_DISK:
		break;
	}
}

/* Gives those of that kind their type, unless something before did. */
static void put_type(struct lend_esx_disks *disks,
		     bool (*is_it)(const struct lend_esx_mention *), const char *type)
{
	struct lend_build *b = &disks->scan->build;

	for (size_t i = 0; i < disks->n_mentions; i++) {
		struct lend_esx_mention *m = &disks->mentions[i];
		struct lend_backing *backing = is_it(m) ? backing_of(b, m) : NULL;

		if (backing != NULL && backing->type.known == LEND_NOT_ASKED)
			lend_build_text(b, &backing->node, &backing->type, m->by, type);
	}
}

static bool is_nvdimm(const struct lend_esx_mention *m)
{
	return m->says == LEND_ESX_NVDIMM;
}

static bool is_ordinary(const struct lend_esx_mention *m)
{
	return m->says == LEND_ESX_ORDINARY;
}

static bool is_vpmem_disk(const struct lend_esx_mention *m)
{
	return m->says == LEND_ESX_VPMEM_DISK;
}

static bool is_any(const struct lend_esx_mention *m)
{
	return m->key != NULL;
}

void lend_esx_disks_put(struct lend_esx_disks *disks)
{
	name_all(disks);
	for (size_t i = 0; i < disks->n_mentions; i++) {
		if (!is_weak(&disks->mentions[i]))
			put_mention(disks, &disks->mentions[i]);
	}
	for (size_t i = 0; i < disks->n_mentions; i++) {
		if (is_weak(&disks->mentions[i]))
			put_mention(disks, &disks->mentions[i]);
	}
	/* What attaches it decides, NVDIMM first: a disk may be both, in two VMs. */
	put_type(disks, is_nvdimm, "vmdk");
	put_type(disks, is_vpmem_disk, "vpmem disk");
	put_type(disks, is_ordinary, "vmdk disk");
	put_type(disks, is_any, "vmdk");
}
