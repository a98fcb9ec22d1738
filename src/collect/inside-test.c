/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backings that are made here, byte by byte, and looked into: labels of both
 * versions, torn ones, moved ones, hostile ones.  The empty label areas are
 * those that ndctl made (format/corpus/nd-label), the info blocks those of
 * Linux.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "collect/inside.h"
#include "format/nd-id.h"
#include "tests/must.h"

enum { KIB = 1024, MIB = 1024 * 1024 };
#define GIB (1024ull * MIB)

static const char *corpus; /* src/format/corpus */
static char path[] = "/tmp/lend-inside-test-XXXXXX";
static int fd;
static struct lend_arena arena;
static struct lend_inside inside;

static void put(uint64_t at, const void *bytes, size_t len)
{
	must(pwrite(fd, bytes, len, (off_t)at) == (ssize_t)len);
}

static void fresh(uint64_t bytes)
{
	must(ftruncate(fd, 0) == 0 && ftruncate(fd, (off_t)bytes) == 0);
}

/* A file of the corpus, at that place. */
static void put_file(uint64_t at, const char *name)
{
	char full[4096];
	size_t len = 0;
	char *bytes;

	(void)snprintf(full, sizeof(full), "%s/%s", corpus, name);
	bytes = must_read(full, &len);
	put(at, bytes, len);
	free(bytes);
}

static struct lend_inside_options size_of(uint64_t size, uint64_t label)
{
	struct lend_inside_options options = { 0 };

	if (size > 0)
		options.size_bytes = lend_opt(size);
	if (label > 0)
		options.label_bytes = lend_opt(label);
	return options;
}

static int try_look(const struct lend_inside_options *options, struct lend_err *err)
{
	struct lend_io *io = lend_io_live();
	int r;

	lend_arena_clear(&arena);
	r = lend_inside_look(io, &arena, path, options, &inside, err);
	lend_io_free(io); /* nothing of the answers may be in what was returned */
	return r;
}

static enum lend_inside_verdict look(uint64_t size, uint64_t label)
{
	struct lend_inside_options options = size_of(size, label);
	struct lend_err err = { 0 };
	lend_auto_buf json = { 0 };

	must(try_look(&options, &err) == 0);
	lend_inside_put_json(&json, &inside);
	must(json.len > 0 && json.text[json.len - 1] == '\n');
	return inside.verdict;
}

static const struct lend_inside_note *find_note(const struct lend_inside_notes *notes,
						const char *word)
{
	for (size_t i = 0; i < notes->n; i++) {
		if (strstr(notes->items[i].text, word) != NULL)
			return &notes->items[i];
	}
	return NULL;
}

/* ---- areas ---- */

static struct lend_nd_label label_of(const char *name, uint64_t dpa, uint64_t bytes,
				     uint32_t slot, unsigned int minor)
{
	struct lend_nd_id id = lend_nd_id_of_qemu_slot(slot);
	struct lend_nd_label label = {
		.nlabel = 1, .dpa = dpa, .rawsize = bytes, .lbasize = 512, .has_v12 = minor == 2
	};

	label.isetcookie = minor == 2 ? lend_nd_cookie_v12(&id) : lend_nd_cookie_v11(&id);
	(void)snprintf(label.name, sizeof(label.name), "%s", name);
	memset(label.uuid, name[0], sizeof(label.uuid));
	memcpy(label.type_guid, lend_nd_type_pmem, sizeof(label.type_guid));
	return label;
}

/* An area with those labels, at the end of the first size bytes. */
static void put_area(uint64_t size, uint64_t area_bytes, unsigned int minor,
		     const struct lend_nd_label *labels, size_t n)
{
	uint8_t *area = calloc(1, area_bytes);
	struct lend_err err = { 0 };

	must(area != NULL && lend_nd_area_init(area, area_bytes, minor, &err) == 0);
	for (size_t i = 0; i < n; i++) {
		uint32_t slot;

		must(lend_nd_area_add(area, area_bytes, &labels[i], &slot, &err) == 0);
	}
	put(size - area_bytes, area, area_bytes);
	free(area);
}

static void nothing(void)
{
	fresh(64 * GIB);
	must(look(0, 0) == LEND_INSIDE_BLANK);
	must(inside.type == LEND_INSIDE_FILE && inside.file_bytes == 64 * GIB);
	must(inside.labels == NULL && inside.n_others == 0 && inside.n_unseen == 0);
	must(!lend_inside_is_bad(&inside) && !inside.first.has);
	must(look(0, 128 * KIB) == LEND_INSIDE_BLANK);
	fresh(0);
	must(look(0, 0) == LEND_INSIDE_BLANK);
	fresh(1);
	must(look(0, 0) == LEND_INSIDE_BLANK);
	put(0, "x", 1);
	must(look(0, 0) == LEND_INSIDE_DATA);
	must(!inside.has_hidden); /* a label does not fit at all */
}

static void empty_areas(void)
{
	static const char *const names[] = { "nd-label/v11-128k-slot0-empty",
					     "nd-label/v12-128k-slot0-empty" };

	for (unsigned int minor = 1; minor <= 2; minor++) {
		fresh(64 * MIB);
		put_file(64 * MIB - 128 * KIB, names[minor - 1]);
		must(look(0, 0) == LEND_INSIDE_LABELLED);
		must_u64(inside.labels->start, 64 * MIB - 128 * KIB);
		must_u64(inside.labels->index.minor, minor);
		must_u64(inside.labels->index.nslot, minor == 1 ? 1020 : 510);
		must_u64(inside.labels->index.seq, 3);
		must_u64(inside.labels->used, 0);
		must(inside.has_content && inside.content_seen && !inside.first.has);
		must(look(0, 128 * KIB) == LEND_INSIDE_LABELLED);

		/* Too short by one byte, too long by one; another label size. */
		must(look(64 * MIB - 1, 0) == LEND_INSIDE_ELSEWHERE);
		must_u64(inside.others[0]->size_bytes, 64 * MIB);
		must_u64(inside.others[0]->label_bytes, 128 * KIB);
		must(look(0, 256 * KIB) == LEND_INSIDE_ELSEWHERE);
		must(look(32 * MIB, 0) == LEND_INSIDE_ELSEWHERE);
		must(look(32 * MIB, 2 * MIB) == LEND_INSIDE_ELSEWHERE);
		must(!lend_inside_is_bad(&inside));
		put(5000, "x", 1);
		must(look(0, 0) == LEND_INSIDE_LABELLED);
		must(inside.first.has && inside.first.v == 5000);
	}
}

static void namespaces(void)
{
	for (unsigned int minor = 1; minor <= 2; minor++) {
		const struct lend_nd_label labels[] = {
			label_of("alpha", 0, 64 * MIB, 3, minor),
			label_of("beta", 64 * MIB, 64 * MIB, 3, minor),
		};
		const struct lend_inside_namespace *ns;

		fresh(130 * MIB);
		put_area(130 * MIB, 2 * MIB, minor, labels, 2);
		put_file(64 * MIB, "fs-magic/ext4"); /* 64 MiB long: it fits exactly */
		must(look(0, 0) == LEND_INSIDE_LABELLED);
		must_u64(inside.labels->used, 2);
		must_u64(inside.labels->n_namespaces, 2);
		must(!lend_inside_is_bad(&inside) && inside.n_unseen == 0);
		ns = &inside.labels->namespaces[0];
		must_str(ns->label.name, "alpha");
		must_str(ns->mode, "raw");
		must(ns->has_qemu_slot && ns->qemu_slot == 3);
		must(ns->holds.looked && !ns->holds.has_info && !ns->holds.has_fs);
		ns = &inside.labels->namespaces[1];
		must(ns->holds.has_fs && ns->holds.data_at == 64 * MIB);
		must_str(ns->holds.fs.type, "ext4");

		/* One that is longer than its namespace. */
		put_file(0, "fs-magic/xfs");
		must(look(0, 0) == LEND_INSIDE_LABELLED);
		ns = &inside.labels->namespaces[0];
		must_str(ns->holds.fs.type, "xfs");
		must(find_note(&ns->notes, "320 MiB long") != NULL);
		must(lend_inside_is_bad(&inside));
	}
}

/* As Linux made it: the label's UUID is the parent of its info block. */
static void fsdax(void)
{
	static const uint8_t uuid[16] = { 0x19, 0x51, 0xef, 0x1d, 0x01, 0xef, 0x4b, 0xd1,
					  0x9d, 0x57, 0xa0, 0xa5, 0x91, 0xea, 0x49, 0x7d };
	struct lend_nd_label label = label_of("alpha", 16 * MIB, 64 * MIB, 0, 2);
	const struct lend_inside_namespace *ns;

	memcpy(label.uuid, uuid, sizeof(uuid));
	memcpy(label.abstraction_guid, lend_nd_mode_guid(LEND_ND_MODE_PFN), 16);
	fresh(130 * MIB);
	put_area(130 * MIB, 2 * MIB, 2, &label, 1);
	must(look(0, 0) == LEND_INSIDE_LABELLED);
	must(find_note(&inside.labels->namespaces[0].notes, "no info block") != NULL);
	must(lend_inside_is_bad(&inside));

	put_file(16 * MIB + 4096, "nd-infoblock/pfn");
	put_file(18 * MIB, "fs-magic/ext3");
	must(look(0, 0) == LEND_INSIDE_LABELLED);
	must(!lend_inside_is_bad(&inside));
	ns = &inside.labels->namespaces[0];
	must(ns->holds.info_counts && ns->holds.has_data);
	must_str(ns->mode, "fsdax");
	must_u64(ns->holds.data_at, 18 * MIB);
	must_u64(ns->holds.data_bytes, 62 * MIB);
	must_str(ns->holds.fs.type, "ext3");

	/* Of another namespace; then damaged. */
	put_file(16 * MIB + 4096, "nd-infoblock/dax");
	must(look(0, 0) == LEND_INSIDE_LABELLED);
	ns = &inside.labels->namespaces[0];
	must(ns->holds.has_info && !ns->holds.info_counts);
	must(find_note(&ns->notes, "of another namespace") != NULL);
	put_file(16 * MIB + 4096, "nd-infoblock/pfn-checksum-bad");
	must(look(0, 0) == LEND_INSIDE_LABELLED);
	must(find_note(&inside.labels->namespaces[0].notes, "checksum") != NULL);
}

/* The content of a sector namespace is scattered. */
static void sectors(void)
{
	static const uint8_t uuid[16] = { 0x2a, 0x38, 0x5e, 0x7e, 0x45, 0x1f, 0x4e, 0xf1,
					  0xbd, 0x92, 0xf3, 0xdc, 0xac, 0xb2, 0x73, 0x0c };
	struct lend_nd_label label = label_of("gamma", 0, 64 * MIB, 0, 2);
	const struct lend_inside_namespace *ns;

	memcpy(label.uuid, uuid, sizeof(uuid));
	memcpy(label.abstraction_guid, lend_nd_mode_guid(LEND_ND_MODE_BTT2), 16);
	fresh(66 * MIB);
	put_area(66 * MIB, 2 * MIB, 2, &label, 1);
	put_file(0, "nd-infoblock/btt");
	must(look(0, 0) == LEND_INSIDE_LABELLED);
	ns = &inside.labels->namespaces[0];
	must(ns->holds.info_counts && !ns->holds.has_data && !ns->holds.has_fs);
	must_str(ns->mode, "sector");
	must(!lend_inside_is_bad(&inside));
}

static void spoil(uint64_t at)
{
	uint8_t byte = 0;

	must(pread(fd, &byte, 1, (off_t)at) == 1);
	byte ^= 0xff;
	put(at, &byte, 1);
}

static void torn(void)
{
	const struct lend_nd_label label = label_of("alpha", 0, 64 * MIB, 0, 2);
	const uint64_t start = 128 * MIB;

	for (unsigned int first = 0; first < 2; first++) {
		fresh(130 * MIB);
		put_area(130 * MIB, 2 * MIB, 2, &label, 1);
		spoil(start + first * 1280 + 100);
		must(look(0, 0) == LEND_INSIDE_LABELLED);
		must_u64(inside.labels->index.state, LEND_LABEL_ONE_TORN);
		must_u64(inside.labels->index.active, 1 - first);
		must(!lend_inside_is_bad(&inside));
		spoil(start + (1 - first) * 1280 + 100);
		must(look(0, 0) == LEND_INSIDE_DAMAGED);
		must(lend_inside_is_bad(&inside));
		must(find_note(&inside.notes, "checksum") != NULL);
	}
	fresh(130 * MIB);
	put_area(130 * MIB, 2 * MIB, 2, &label, 1);
	spoil(start + 2 * 1280 + 8); /* the label itself */
	must(look(0, 0) == LEND_INSIDE_LABELLED);
	must(lend_inside_is_bad(&inside) && inside.labels->n_namespaces == 0);
	must(find_note(&inside.notes, "label 0 is in use") != NULL);
}

/* A namespace that fits no more where the window ends now. */
static void moved(void)
{
	const struct lend_nd_label label = label_of("alpha", 0, 64 * MIB, 7, 2);
	const uint64_t labels[] = { 128 * KIB, 256 * KIB, 2 * MIB, 16 * MIB, 200 * KIB };

	for (size_t i = 0; i < LEND_COUNT(labels); i++) {
		fresh(514 * MIB);
		put_area(512 * MIB, labels[i], 2, &label, 1);
		must(look(0, 0) == LEND_INSIDE_ELSEWHERE);
		must_u64(inside.n_others, 1);
		must_u64(inside.others[0]->size_bytes, 512 * MIB);
		must_u64(inside.others[0]->label_bytes, labels[i]);
		must_u64(inside.others[0]->namespaces[0].qemu_slot, 7);
		must(look(512 * MIB, labels[i]) == LEND_INSIDE_LABELLED);
	}
	/* Too much data to be searched: where people put it, it is found all the same. */
	for (uint64_t at = 0; at < 4 * MIB; at += 64 * KIB) {
		static char noise[64 * KIB];

		memset(noise, 'n', sizeof(noise));
		put(at, noise, sizeof(noise));
	}
	put_area(512 * MIB, 2 * MIB, 2, &label, 1);
	must(look(0, 0) == LEND_INSIDE_ELSEWHERE);
	must(look(0, 2 * MIB) == LEND_INSIDE_ELSEWHERE);
	must(look(256 * MIB, 2 * MIB) == LEND_INSIDE_ELSEWHERE);
}

static void windows(void)
{
	const struct lend_nd_label label = label_of("alpha", 0, 64 * MIB, 0, 2);
	struct lend_inside_options options = { .offset_bytes = lend_opt(256 * MIB),
					       .size_bytes = lend_opt(130 * MIB) };
	struct lend_err err = { 0 };

	fresh(512 * MIB);
	put_area(386 * MIB, 2 * MIB, 2, &label, 1);
	put_file(256 * MIB, "fs-magic/ext3");
	must(try_look(&options, &err) == 0);
	must(inside.verdict == LEND_INSIDE_LABELLED);
	must_u64(inside.labels->start, 384 * MIB);
	must_u64(inside.labels->size_bytes, 130 * MIB);
	must_u64(inside.labels->namespaces[0].holds.data_at, 256 * MIB);
	must(inside.labels->namespaces[0].holds.has_fs);

	must(look(513 * MIB, 0) != LEND_INSIDE_LABELLED);
	must(find_note(&inside.notes, "shorter than size=") != NULL);
}

static void several(void)
{
	const struct lend_nd_label label = label_of("alpha", 0, 64 * MIB, 0, 2);

	fresh(130 * MIB);
	put_area(130 * MIB, 2 * MIB, 2, &label, 1);
	put_area(130 * MIB, 128 * KIB, 2, NULL, 0); /* into the unused end of the larger one */
	must(look(0, 0) == LEND_INSIDE_LABELLED);
	must_u64(inside.labels->label_bytes, 2 * MIB);
	must_u64(inside.n_others, 1);
	must(find_note(&inside.notes, "several label sizes") != NULL);
	must(look(0, 128 * KIB) == LEND_INSIDE_LABELLED);
	must_u64(inside.labels->label_bytes, 128 * KIB);
}

static void data(void)
{
	/* 64 MiB of ext4 in a larger backing: a label fits behind it. */
	fresh(128 * MIB);
	put_file(0, "fs-magic/ext4");
	must(look(0, 0) == LEND_INSIDE_DATA);
	must(inside.has_hidden && !inside.hidden_at.has && inside.raw.has_fs);
	must(look(66 * MIB, 0) == LEND_INSIDE_DATA);
	must(look(66 * MIB - 1, 0) == LEND_INSIDE_HIDDEN);
	must(inside.hides_fs && !lend_inside_is_bad(&inside));
	must(look(63 * MIB, 0) == LEND_INSIDE_HIDDEN);
	must(find_note(&inside.notes, "64 MiB long") != NULL && lend_inside_is_bad(&inside));

	fresh(128 * MIB);
	put(127 * MIB, "x", 1);
	must(look(0, 0) == LEND_INSIDE_HIDDEN);
	must_u64(inside.hidden_at.v, 127 * MIB);
	must(look(0, 128 * KIB) == LEND_INSIDE_DATA);

	fresh(MIB);
	put_file(0, "fs-magic/qcow2");
	must(look(0, 128 * KIB) == LEND_INSIDE_DATA);
	must(find_note(&inside.notes, "qcow2") != NULL && lend_inside_is_bad(&inside));
}

/* Zeros that were written: blank only once they were all read. */
static void zeros(void)
{
	struct lend_inside_options options = { .thorough = true };
	struct lend_err err = { 0 };
	char *none = calloc(1, 4 * MIB);

	must(none != NULL);
	fresh(0);
	put(0, none, 4 * MIB);
	must(look(0, 128 * KIB) == LEND_INSIDE_UNKNOWN);
	must(try_look(&options, &err) == 0);
	must(inside.verdict == LEND_INSIDE_BLANK);
	must_u64(inside.read_bytes, 4 * MIB);
	put(4 * MIB - 300 * KIB, "x", 1);
	must(look(0, 128 * KIB) == LEND_INSIDE_UNKNOWN);
	must(look(0, 512 * KIB) == LEND_INSIDE_HIDDEN);
	must(try_look(&options, &err) == 0);
	must(inside.verdict == LEND_INSIDE_HIDDEN);
	free(none);
}

static void hostile(void)
{
	const struct lend_nd_label labels[] = {
		label_of("end", UINT64_MAX, UINT64_MAX, 0, 2),
		label_of("wraps", UINT64_MAX - 4095, 8192, 0, 2),
		label_of("long", 0, UINT64_MAX, 0, 2),
		label_of("one", 0, 64 * MIB, 0, 2),
		label_of("two", 32 * MIB, 64 * MIB, 9, 2),
		label_of("none", 0, 0, 0, 2),
	};
	struct lend_nd_label odd = label_of("odd", 0, 64 * MIB, 300, 2);
	size_t beyond = 0;

	fresh(130 * MIB);
	put_area(130 * MIB, 2 * MIB, 2, labels, LEND_COUNT(labels));
	must(look(0, 0) == LEND_INSIDE_LABELLED);
	must_u64(inside.labels->n_namespaces, LEND_COUNT(labels));
	for (size_t i = 0; i < LEND_COUNT(labels); i++)
		beyond += find_note(&inside.labels->namespaces[i].notes, "beyond") != NULL;
	must_u64(beyond, 3);
	must(find_note(&inside.labels->namespaces[4].notes, "overlaps with label 3") != NULL);
	must(find_note(&inside.notes, "different slots") != NULL);

	odd.isetcookie = UINT64_MAX;
	odd.nlabel = 8;
	odd.flags = UINT32_MAX;
	memset(odd.name, 0x1b, LEND_ND_NAME_MAX);
	fresh(130 * MIB);
	put_area(130 * MIB, 2 * MIB, 2, &odd, 1);
	must(look(0, 0) == LEND_INSIDE_LABELLED);
	must(!inside.labels->namespaces[0].has_qemu_slot);
	must(!inside.labels->namespaces[0].holds.looked);
	must(find_note(&inside.labels->namespaces[0].notes, "cut short") != NULL);

	/* Signatures all over, none of them of an area. */
	fresh(16 * MIB);
	for (uint64_t at = 0; at < 16 * MIB; at += 64 * KIB)
		put(at, lend_nd_signature, sizeof(lend_nd_signature));
	must(look(0, 0) == LEND_INSIDE_DAMAGED);
	must(inside.n_others == 0 && lend_inside_is_bad(&inside));
}

/* As many labels as there can be: bounded, and said. */
static void many(void)
{
	enum { N = 510, AREA = 128 * KIB };
	static uint8_t area[AREA];
	struct lend_nd_index index;
	struct lend_err err = { 0 };

	must(lend_nd_area_init(area, AREA, 2, &err) == 0);
	for (uint32_t i = 0; i + 1 < N; i++) {
		struct lend_nd_label label = label_of("x", i * 4096ull, 4096, 0, 2);
		uint32_t slot;

		must(lend_nd_area_add(area, AREA, &label, &slot, &err) == 0);
	}
	must(lend_nd_index_read(area, AREA, AREA, &index, &err) == 0);
	fresh(64 * MIB);
	put(64 * MIB - AREA, area, AREA);
	must(look(0, 0) == LEND_INSIDE_LABELLED);
	must_u64(inside.labels->used, N - 1);
	must_u64(inside.labels->n_namespaces, 256);
	must(inside.n_unseen > 0);
}

/* One error, and not one for each place that was asked for. */
static void unreadable(void)
{
	const struct lend_inside_options options = { 0 };
	struct lend_err err = { 0 };
	bool root = geteuid() == 0;

	must(fchmod(fd, 0) == 0);
	must(!root || seteuid(65534) == 0);
	must(try_look(&options, &err) == -1);
	must(strstr(err.what, "cannot be read: Permission denied") != NULL);
	must(!root || seteuid(0) == 0);
	must(fchmod(fd, 0600) == 0);
}

static void refused(void)
{
	static const char *const names[] = { "/nonexistent/x", "/dev/null", "/tmp" };
	struct lend_inside_options options = { 0 };
	struct lend_io *io = lend_io_live();

	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		struct lend_err err = { 0 };

		must(lend_inside_look(io, &arena, names[i], &options, &inside, &err) == -1);
		must(err.code != LEND_OK && err.what[0] != '\0');
	}
	lend_io_free(io);
	fresh(MIB);
	unreadable();
	for (size_t i = 0; i < 6; i++) {
		const struct lend_inside_options bad[] = {
			{ .offset_bytes = lend_opt(UINT64_MAX) },
			{ .offset_bytes = lend_opt(MIB), .size_bytes = lend_opt(UINT64_MAX) },
			{ .size_bytes = lend_opt(UINT64_MAX) },
			{ .label_bytes = lend_opt(1) },
			{ .label_bytes = lend_opt(MIB) },
			{ .label_bytes = lend_opt(UINT64_MAX) },
		};
		struct lend_err err = { 0 };

		must(try_look(&bad[i], &err) == -1);
	}
}

/* A capture of it gives the same verdict, and holds nothing of its data. */
static void replayed(void)
{
	const struct lend_nd_label label = label_of("alpha", 0, 64 * MIB, 3, 2);
	struct lend_inside_options options = { 0 };
	char folder[] = "/tmp/lend-inside-test-XXXXXX", line[200];
	struct lend_err err = { 0 };
	struct lend_io *io = lend_io_live();

	fresh(130 * MIB);
	put_area(130 * MIB, 2 * MIB, 2, &label, 1);
	put(0, "a secret of the guest", 21);
	must(mkdtemp(folder) != NULL);
	must(lend_io_record_to(io, folder, NULL, &err) == 0);
	must(lend_inside_look(io, &arena, path, &options, &inside, &err) == 0);
	must(lend_io_record_end(io, &err) == 0);
	lend_io_free(io);
	(void)snprintf(line, sizeof(line), "! grep -rq 'a secret' %s", folder);
	must(system(line) == 0);

	must(lend_io_open_tree(folder, &io, &err) == 0);
	lend_arena_clear(&arena);
	must(lend_inside_look(io, &arena, path, &options, &inside, &err) == 0);
	must(inside.verdict == LEND_INSIDE_LABELLED && inside.n_unseen == 0);
	must(inside.labels->namespaces[0].qemu_slot == 3);
	must(!inside.labels->namespaces[0].holds.looked);
	lend_io_free(io);
	(void)snprintf(line, sizeof(line), "rm -r %s", folder);
	must(system(line) == 0);
}

int main(int argc, char **argv)
{
	must_u64(argc, 2);
	corpus = argv[1];
	fd = mkstemp(path);
	must(fd >= 0);
	nothing();
	empty_areas();
	namespaces();
	fsdax();
	sectors();
	torn();
	moved();
	windows();
	several();
	data();
	zeros();
	hostile();
	many();
	refused();
	replayed();
	lend_arena_done(&arena);
	(void)unlink(path);
	return 0;
}
