/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blank or not, holes, budgets, what is found; live, in a child, and out of a capture. */

#include <fcntl.h>
#include <unistd.h>

#include "io/inside.h"
#include "tests/must.h"

enum { KIB = 1024, MIB = 1024 * 1024 };
#define GIB (1024ull * MIB)

static char path[] = "/tmp/lend-content-test-XXXXXX";
static int fd;

static void put(uint64_t at, const char *bytes, size_t len)
{
	must(pwrite(fd, bytes, len, (off_t)at) == (ssize_t)len);
}

/* A new file of that size, all hole. */
static void fresh(uint64_t bytes)
{
	must(ftruncate(fd, 0) == 0 && ftruncate(fd, (off_t)bytes) == 0);
}

static struct lend_content look(uint64_t offset, uint64_t bytes, uint64_t budget,
				const char *find)
{
	struct lend_content_want want = {
		.offset = offset, .bytes = bytes, .budget = budget, .find = find
	};
	struct lend_reader reader = { .fd = fd };
	struct lend_content content;

	must(lend_content_look(&reader, &want, &content) == 0);
	return content;
}

/* false: this file system keeps no holes, as some do below /tmp. */
static bool knows_holes(void)
{
	struct lend_content c;

	fresh(MIB);
	c = look(0, MIB, 0, NULL);
	return c.counted && c.data_bytes == 0;
}

static void blank(void)
{
	static const char zeros[64 * KIB];
	struct lend_content c;

	fresh(64 * GIB);
	c = look(0, 64 * GIB, MIB, NULL);
	must(lend_content_is_blank(&c));
	must_u64(c.read_bytes, 0);
	must(c.counted && c.extents_whole && c.searched);
	must_u64(c.n_extents, 0);

	/* Zeros that were written are read, and are still zeros. */
	put(32 * GIB, zeros, sizeof(zeros));
	c = look(0, 64 * GIB, MIB, NULL);
	must(lend_content_is_blank(&c));
	must_u64(c.n_extents, 1);
	must_u64(c.extents[0].at, 32 * GIB);
	must_u64(c.data_bytes, sizeof(zeros));
	must_u64(c.read_bytes, sizeof(zeros));

	put(32 * GIB + 5000, "x", 1);
	c = look(0, 64 * GIB, MIB, NULL);
	must(!lend_content_is_blank(&c) && c.has_data && c.seen);
	must_u64(c.first, 32 * GIB + 5000);
	c = look(0, 32 * GIB + 5000, MIB, NULL);
	must(lend_content_is_blank(&c));
	c = look(32 * GIB + 5001, 32 * GIB - 5001, MIB, NULL);
	must(lend_content_is_blank(&c));
	c = look(32 * GIB + 5000, 1, MIB, NULL);
	must(c.has_data && c.first == 32 * GIB + 5000);
}

static void budgets(void)
{
	struct lend_content c;
	char *zeros = calloc(1, 4 * MIB);

	must(zeros != NULL);
	fresh(0);
	put(0, zeros, 4 * MIB);
	put(4 * MIB, "x", 1);
	free(zeros);
	c = look(0, 4 * MIB + 1, MIB, NULL);
	must(!c.has_data && !c.seen && !lend_content_is_blank(&c) && !c.searched);
	must_u64(c.read_bytes, MIB);
	c = look(0, 4 * MIB + 1, 4 * MIB, NULL);
	must(!c.has_data && !c.seen);
	c = look(0, 4 * MIB + 1, 4 * MIB + 1, NULL);
	must(c.has_data && c.seen && c.first == 4 * MIB);
	c = look(0, 4 * MIB, 4 * MIB, NULL);
	must(lend_content_is_blank(&c));
	c = look(0, 4 * MIB + 1, 0, NULL);
	must(!c.seen && c.read_bytes == 0);
	/* Behind the end there is nothing. */
	c = look(8 * MIB, MIB, MIB, NULL);
	must(lend_content_is_blank(&c));
}

static void finds(void)
{
	static const char word[] = "NAMESPACE_INDEX";
	const uint64_t places[] = { 0, 4096, 256 * KIB - 3, 600 * KIB };
	struct lend_content c;

	fresh(MIB);
	for (size_t i = 0; i < LEND_COUNT(places); i++)
		put(places[i], word, sizeof(word));
	put(200 * KIB, "NAMESPACE_INDEX!", 16); /* without the NUL */
	c = look(0, MIB, MIB, word);
	must(c.searched && c.has_data && c.first == 0);
	must_u64(c.n_found, LEND_COUNT(places));
	for (size_t i = 0; i < LEND_COUNT(places); i++)
		must_u64(c.found[i], places[i]);
	c = look(1, MIB - 1, MIB, word);
	must_u64(c.n_found, LEND_COUNT(places) - 1);
	c = look(0, MIB, 8 * KIB, word);
	must(!c.searched);
	must_u64(c.n_found, 2);
	for (uint64_t at = 0; at < 100 * 16; at += 16)
		put(at, word, sizeof(word));
	c = look(0, MIB, MIB, word);
	must_u64(c.n_found, LEND_FOUND_MAX);
}

static void many_extents(void)
{
	struct lend_content c;

	fresh(200 * MIB);
	for (uint64_t i = 0; i < 100; i++)
		put(i * 2 * MIB, "x", 1);
	c = look(0, 200 * MIB, 0, NULL);
	must(c.counted && !c.extents_whole);
	must_u64(c.n_extents, LEND_EXTENTS_MAX);
	must(c.data_bytes >= 100 && c.data_bytes <= 100 * 64 * KIB);
}

static void bad_wants(void)
{
	const struct lend_content_want wants[] = {
		{ .offset = UINT64_MAX, .bytes = 1 },
		{ .offset = 1, .bytes = UINT64_MAX },
		{ .offset = INT64_MAX, .bytes = 1 },
		{ .bytes = 1,
		  .find = "a text that is longer than all that anybody would look for with it, "
			  "by far" },
	};
	struct lend_reader reader = { .fd = fd };
	struct lend_content c;

	for (size_t i = 0; i < LEND_COUNT(wants); i++)
		must(lend_content_look(&reader, &wants[i], &c) == -1);
	reader.fd = -1;
	must(lend_content_look(&reader, &(struct lend_content_want){ .bytes = 1 }, &c) == -1);
}

/* As an answer: live and in a child the same; a device node is none of its business. */
static void asks(void)
{
	static const struct lend_ask here = { .via = LEND_VIA_CONTENT, .key = "" };
	static const struct lend_ask there = { .via = LEND_VIA_CONTENT,
					       .key = "",
					       .flags = LEND_ASK_MAY_HANG };
	struct lend_content_want want = { .bytes = MIB, .budget = MIB, .find = "B" };
	struct lend_content a = { 0 }, b = { 0 };
	struct lend_io *io = lend_io_live();
	const struct lend_answer *answer;

	fresh(MIB);
	put(5000, "AB", 3);
	must(lend_io_ask_content(io, &here, path, &want, &a)->known == LEND_KNOWN);
	must(a.has_data && a.first == 5000 && a.n_found == 1 && a.found[0] == 5001);
	must(lend_io_ask_content(io, &there, path, &want, &b)->known == LEND_KNOWN);
	must(memcmp(&a, &b, sizeof(a)) == 0);
	want.find = NULL;
	must(lend_io_ask_content(io, &there, path, &want, &b)->known == LEND_KNOWN);
	must(b.has_data && b.n_found == 0);
	answer = lend_io_ask_content(io, &there, "/nonexistent/x", &want, &b);
	must(answer->known == LEND_ABSENT);
	must(lend_io_ask_content(io, &there, "/dev/null", &want, &b)->known == LEND_UNREADABLE);
	must(lend_io_ask_content(io, &there, "/tmp", &want, &b)->known == LEND_UNREADABLE);
	lend_io_free(io);
}

static void text(void)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"{\"extents\":[1],\"extents_whole\":1}",
		"{\"extents\":[],\"extents_whole\":true,\"read_bytes\":-1,\"seen\":true,"
		"\"found\":[],\"searched\":true}",
		"{\"extents\":[1,18446744073709551615],\"extents_whole\":true,\"read_bytes\":1,"
		"\"seen\":true,\"found\":[],\"searched\":true}",
		"{\"extents\":[],\"extents_whole\":true,\"read_bytes\":1,\"seen\":true,"
		"\"found\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17],\"searched\":true}",
	};
	struct lend_content c = { 0 }, again;
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < LEND_COUNT(bad); i++)
		must(!lend_content_parse(bad[i], strlen(bad[i]), &again));
	c.extents[0] = (struct lend_extent){ 1, 2 };
	c.n_extents = 1;
	c.counted = c.has_data = c.seen = true;
	c.data_bytes = 2;
	c.first = 1;
	c.found[0] = 7;
	c.n_found = 1;
	lend_content_put(&out, &c);
	must(lend_content_parse(out.text, out.len, &again));
	must(memcmp(&c, &again, sizeof(c)) == 0);
}

int main(void)
{
	fd = mkstemp(path);
	must(fd >= 0);
	text();
	bad_wants();
	finds();
	budgets();
	asks();
	if (knows_holes()) {
		blank();
		many_extents();
	}
	(void)unlink(path);
	return 0;
}
