/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vmdk.h"

#include "base/num.h"
#include "tests/must.h"

#define HEAD "# Disk DescriptorFile\n"
#define A    "60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0c"
#define B    "60 00 C2 9d 90 45 42 66-d7 cf ed f7 a2 eb f2 60"

static const char whole[] = "# Disk DescriptorFile\n"
			    "version=1\n"
			    "encoding=\"UTF-8\"\n"
			    "CID=6bf6e49f\n"
			    "parentCID=ffffffff\n"
			    "createType=\"vmfs\"\n"
			    "\n"
			    "# Extent description\n"
			    "RW 2097152 VMFS \"pmem-guest-001-flat.vmdk\"\n"
			    "\n"
			    "# The Disk Data Base\n"
			    "#DDB\n"
			    "\n"
			    "ddb.adapterType = \"lsilogic\"\n"
			    "ddb.longContentID = \"0123456789abcdef0123456789abcdef\"\n"
			    "ddb.unknown = \"kept\"\n"
			    "ddb.uuid = \"" A "\"\n"
			    "ddb.virtualHWVersion = \"14\"\n";

static int parse(const char *text, size_t len, struct lend_arena *arena,
		 struct lend_vmdk *ret_vmdk, struct lend_err *err)
{
	/* A block of just the right size, for the sanitizer. */
	char *exact = lend_arena_alloc(arena, len > 0 ? len : 1);

	memcpy(exact, text, len);
	return lend_vmdk_parse(exact, len, arena, ret_vmdk, err);
}

static void reads_a_whole_one(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_vmdk v;

	must(lend_vmdk_is_descriptor(whole, sizeof(whole) - 1));
	must(parse(whole, sizeof(whole) - 1, &arena, &v, &err) == 0);
	must(v.has_uuid && !v.uuid_ambiguous && !v.uuid_unreadable && !v.embedded);
	must_u64(v.uuid[0], 0x60);
	must_u64(v.uuid[15], 0x0c);
	must(v.has_size);
	must_u64(v.size_bytes, 1 << 30);
	must_str(v.create_type, "vmfs");
	must_str(v.cid, "6bf6e49f");
	must_str(v.parent_cid, "ffffffff");
	must_str(v.adapter_type, "lsilogic");
	must_str(v.long_content_id, "0123456789abcdef0123456789abcdef");
	must_u64(v.n_extents, 1);
	must_str(v.extents[0].access, "RW");
	must_str(v.extents[0].type, "VMFS");
	must_str(v.extents[0].file, "pmem-guest-001-flat.vmdk");
	must(!v.extents[0].has_offset);
	must_str(lend_vmdk_get(&v, "DDB.Unknown"), "kept");
	must(lend_vmdk_get(&v, "ddb.geometry.sectors") == NULL);
	must_u64(v.n_odd, 0);
	lend_vmdk_write(&v, &out);
	must_str(lend_buf_text(&out), whole);
	lend_arena_done(&arena);
}

enum { NO_UUID, UUID_A, AMBIGUOUS, UNREADABLE };

/* Texts behind the heading; sectors is the sum of all extents. */
static const struct {
	const char *row;
	const char *text;
	const char *error; /* NULL: it can be read */
	int uuid;
	size_t n_extents;
	uint64_t sectors;
	size_t n_odd;
} texts[] = {
	{ "nothing but the heading", "", NULL, NO_UUID, 0, 0, 0 },
	{ "no uuid", "RW 8 FLAT \"a\" 0\n", NULL, NO_UUID, 1, 8, 0 },
	{ "spacing and case", " DDB.UUID=\"" A "\" \r\n\trw\t8  flat\t\"a b\"\r\n", NULL,
	  UUID_A, 1, 8, 0 },
	{ "uuid without quotes", "ddb.uuid = " A, NULL, UUID_A, 0, 0, 0 },
	{ "same uuid twice", "ddb.uuid = \"" A "\"\nddb.uuid = \"" A "\"\n", NULL, UUID_A, 0, 0,
	  0 },
	{ "two uuids", "ddb.uuid = \"" A "\"\nddb.uuid = \"" B "\"\nddb.uuid = \"" A "\"\n",
	  NULL, AMBIGUOUS, 0, 0, 0 },
	{ "cut uuid", "ddb.uuid = \"60 00 C2\"\n", NULL, UNREADABLE, 0, 0, 0 },
	{ "one cut, one whole", "ddb.uuid = \"60\"\nddb.uuid = \"" A "\"\n", NULL, UNREADABLE,
	  0, 0, 0 },
	{ "empty uuid", "ddb.uuid = \"\"\n", NULL, UNREADABLE, 0, 0, 0 },
	{ "several extents",
	  "RW 1 SPARSE \"a\"\nRDONLY 2 VMFSRDM \"b\"\nNOACCESS 3 ZERO\nRW 4 FLAT \"c\" 7\n",
	  NULL, NO_UUID, 4, 10, 0 },
	{ "raw disk of a Workstation",
	  "RW 63 FLAT \"\\\\.\\PhysicalDrive0\" 5 partitionUUID x y\n", NULL, NO_UUID, 1, 63,
	  0 },
	{ "odd lines", "what is this\n=5\nkey = \"open\nRWX=1\n", NULL, NO_UUID, 0, 0, 3 },
	{ "comments", "# ddb.uuid = \"" A "\"\n#RW 1 FLAT \"a\"\n", NULL, NO_UUID, 0, 0, 0 },
	{ "largest size", "RW 36028797018963967 FLAT \"a\"\n", NULL, NO_UUID, 1,
	  36028797018963967, 0 },
	{ "one beyond", "RW 36028797018963968 FLAT \"a\"\n",
	  "line 2: the disk is larger than 64 bits can say", 0, 0, 0, 0 },
	{ "sum beyond", "RW 36028797018963967 ZERO\nRW 1 ZERO\n",
	  "line 3: the disk is larger than 64 bits can say", 0, 0, 0, 0 },
	{ "number too long", "RW 99999999999999999999 ZERO\n", "line 2 is no extent", 0, 0, 0,
	  0 },
	{ "negative", "RW -1 ZERO\n", "line 2 is no extent", 0, 0, 0, 0 },
	{ "no number", "RW ZERO\n", "line 2 is no extent", 0, 0, 0, 0 },
	{ "no type", "RW 5\n", "line 2 is no extent", 0, 0, 0, 0 },
	{ "file for type", "RW 5 \"a\"\n", "line 2 is no extent", 0, 0, 0, 0 },
	{ "access alone", "\nRW\n", "line 3 is no extent", 0, 0, 0, 0 },
	{ "file without quotes", "RW 5 FLAT a\n", "line 2: the extent's file has no quotes", 0,
	  0, 0, 0 },
	{ "open quote", "RW 5 FLAT \"a\n", "line 2: the extent's file has no quotes", 0, 0, 0,
	  0 },
	{ "offset", "RW 5 FLAT \"a\" 1x\n", "line 2: the extent's offset is no number", 0, 0, 0,
	  0 },
};

static void goes_there_and_back(const struct lend_vmdk *v, const char *text)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf one = { 0 };
	lend_auto_buf two = { 0 };
	struct lend_vmdk back;

	lend_vmdk_write(v, &one);
	must_str(lend_buf_text(&one), text);
	must(parse(one.text, one.len, &arena, &back, &err) == 0);
	must_u64(back.size_bytes, v->size_bytes);
	must(back.has_uuid == v->has_uuid);
	must_u64(back.n_entries, v->n_entries);
	lend_vmdk_write(&back, &two);
	must_str(lend_buf_text(&two), lend_buf_text(&one));
	lend_arena_done(&arena);
}

static void reads_texts(void)
{
	for (size_t i = 0; i < LEND_COUNT(texts); i++) {
		struct lend_arena arena = { 0 };
		struct lend_err err = { 0 };
		lend_auto_buf text = { 0 };
		struct lend_vmdk v;

		must_in(texts[i].row);
		lend_buf_printf(&text, "%s%s", HEAD, texts[i].text);
		if (texts[i].error != NULL) {
			must(parse(text.text, text.len, &arena, &v, &err) == -1);
			must_str(err.what, texts[i].error);
			lend_arena_done(&arena);
			continue;
		}
		must(parse(text.text, text.len, &arena, &v, &err) == 0);
		must(v.has_uuid == (texts[i].uuid == UUID_A));
		must(v.uuid_ambiguous == (texts[i].uuid == AMBIGUOUS));
		must(v.uuid_unreadable == (texts[i].uuid == UNREADABLE));
		must_u64(v.n_extents, texts[i].n_extents);
		must(v.has_size == (texts[i].n_extents > 0));
		must_u64(v.size_bytes, texts[i].sectors * 512);
		must_u64(v.n_odd, texts[i].n_odd);
		must(v.create_type == NULL);
		goes_there_and_back(&v, text.text);
		lend_arena_done(&arena);
	}
	must_in("");
}

static void refuses(const char *row, const void *bytes, size_t len, const char *what)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	struct lend_vmdk v;

	must_in(row);
	must(!lend_vmdk_is_descriptor(bytes, len) || memchr(bytes, '\0', len) != NULL);
	must(parse(bytes, len, &arena, &v, &err) == -1);
	must_str(err.what, what);
	must(err.code == LEND_E_FORMAT);
	lend_arena_done(&arena);
	must_in("");
}

static void refuses_what_is_none(void)
{
	static uint8_t data[2048] = "KDMV";
	static const char nul[] = HEAD "version=1\n\0ddb.uuid = \"" A "\"\n";

	refuses("sparse", data, sizeof(data),
		"this is the disk's data (KDMV), not its descriptor");
	refuses("cut sparse", data, 4, "this is the disk's data (KDMV), not its descriptor");
	lend_put_le64(data + 28, 1);
	lend_put_le64(data + 36, 20);
	refuses("sparse, not read far enough", data, sizeof(data),
		"the descriptor inside this sparse disk (KDMV) lies beyond the 2048 bytes that were "
		"read");
	lend_put_le64(data + 28, UINT64_MAX / 512);
	refuses("sparse, far away", data, sizeof(data),
		"the descriptor inside this sparse disk (KDMV) lies beyond the 2048 bytes that were "
		"read");
	lend_put_le64(data + 28, UINT64_MAX);
	refuses("sparse, beyond 64 bits", data, sizeof(data),
		"this is the disk's data (KDMV), not its descriptor");
	lend_put_le64(data + 28, 1);
	lend_put_le64(data + 36, 1);
	refuses("sparse, nothing there", data, sizeof(data),
		"this is the disk's data (KDMV), not its descriptor");
	memcpy(data, "COWD", 4);
	refuses("sparse of old ESX", data, sizeof(data),
		"this is the disk's data (COWD), not its descriptor");
	memset(data, 0, sizeof(data));
	refuses("flat", data, sizeof(data),
		"this is the disk's data (binary), not its descriptor");
	refuses("text", "version=1\n", 10,
		"this is no disk descriptor: it does not begin with \"# Disk DescriptorFile\"");
	refuses("empty", "", 0,
		"this is no disk descriptor: it does not begin with \"# Disk DescriptorFile\"");
	refuses("NUL inside", nul, sizeof(nul), "the descriptor has a NUL byte at 32");
}

static void reads_what_is_inside(void)
{
	static uint8_t data[2048] = "KDMV";
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	struct lend_vmdk v;

	lend_put_le64(data + 28, 1);
	lend_put_le64(data + 36, 3);
	memcpy(data + 512, whole, sizeof(whole));
	data[512 + sizeof(whole)] = 'x'; /* behind the end nothing counts */
	must(parse((const char *)data, sizeof(data), &arena, &v, &err) == 0);
	must(v.embedded && v.has_uuid);
	must_u64(v.size_bytes, 1 << 30);
	lend_arena_done(&arena);
}

static void sees_headings(void)
{
	static const char bom[] = "\xef\xbb\xbf# Disk DescriptorFile\nCID=1\n";
	static const char padded[] = "\r\n # disk descriptorfile\n\0\0";
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	struct lend_vmdk v;

	must(lend_vmdk_is_descriptor(bom, sizeof(bom) - 1));
	must(parse(bom, sizeof(bom) - 1, &arena, &v, &err) == 0);
	must_str(v.cid, "1");
	must(lend_vmdk_is_descriptor(padded, sizeof(padded)));
	must(parse(padded, sizeof(padded), &arena, &v, &err) == 0);
	must(!lend_vmdk_is_descriptor("# Disk Descriptor", 17));
	lend_arena_done(&arena);
}

static void changes_entries(void)
{
	static const char text[] = HEAD "CID = 6bf6e49f\r\nodd line\r\nRW 8 FLAT \"a\" 0\r\n"
					"DDB.uuid=\"" A "\"\r\nddb.x = \"1\"\nddb.X = \"2\"";
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_vmdk v;

	must(parse(text, sizeof(text) - 1, &arena, &v, &err) == 0);
	must(lend_vmdk_set(&v, "ddb.UUID", B, &err) == 0);
	must_u64(v.uuid[15], 0x60);
	must(v.has_uuid);
	must(lend_vmdk_set(&v, "CID", "6bf6e49f", &err) ==
	     0); /* no change: as it was written */
	must(lend_vmdk_set(&v, "ddb.new", "7", &err) == 0);
	must(lend_vmdk_set(&v, "ddb.x", "3", &err) == -1);
	must_str(err.what, "lines 6 and 7 of the descriptor both give ddb.x");
	err = (struct lend_err){ 0 };
	must(lend_vmdk_set(&v, "parentCID", "ffffffff", &err) == -1);
	must_str(err.what, "the descriptor has no parentCID to change");
	must(lend_vmdk_set(&v, "ddb.new", "a\"b", NULL) == -1);
	must(lend_vmdk_set(&v, "ddb.new", "a\nb", NULL) == -1);
	must(lend_vmdk_set(&v, "ddb.a=\"b\"", "c", NULL) == -1);
	lend_vmdk_write(&v, &out);
	must_str(out.text, HEAD "CID = 6bf6e49f\r\nodd line\r\nRW 8 FLAT \"a\" 0\r\n"
				"DDB.uuid = \"" B "\"\nddb.x = \"1\"\nddb.X = \"2\"\n"
				"ddb.new = \"7\"\n");
	must(lend_vmdk_set(&v, "CID", "not hex", &err) == 0);
	lend_buf_reset(&out);
	lend_vmdk_write(&v, &out);
	must(strstr(out.text, "\nCID=\"not hex\"\n") != NULL);
	lend_arena_done(&arena);
}

int main(void)
{
	changes_entries();
	reads_a_whole_one();
	reads_texts();
	refuses_what_is_none();
	reads_what_is_inside();
	sees_headings();
	return 0;
}
