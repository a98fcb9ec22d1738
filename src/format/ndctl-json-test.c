/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/ndctl-json.h"

#include <inttypes.h>

#include "tests/must.h"

/* ---- a one-line form of what was read ---- */

static void put_str(struct lend_buf *out, const char *key, const char *value)
{
	if (value != NULL)
		lend_buf_printf(out, " %s=%s", key, value);
}

static void put_u64(struct lend_buf *out, const char *key, struct lend_opt_u64 value)
{
	if (value.has)
		lend_buf_printf(out, " %s=%" PRIu64, key, value.v);
}

static void put_tri(struct lend_buf *out, const char *key, enum lend_tri value)
{
	if (value != LEND_TRI_UNSET)
		lend_buf_printf(out, " %s=%s", key, value == LEND_TRI_ON ? "on" : "off");
}

static void put_is(struct lend_buf *out, const char *word, bool is)
{
	if (is)
		lend_buf_printf(out, " %s", word);
}

static void show_dimm(struct lend_buf *out, const struct lend_ndctl_dimm *d)
{
	lend_buf_puts(out, d->dev);
	put_str(out, "id", d->id);
	put_u64(out, "handle", d->handle);
	put_u64(out, "phys", d->phys_id);
	put_is(out, "disabled", d->state_disabled);
	put_tri(out, "map", d->flag_failed_map);
	put_tri(out, "save", d->flag_failed_save);
	put_tri(out, "arm", d->flag_failed_arm);
	put_tri(out, "restore", d->flag_failed_restore);
	put_tri(out, "flush", d->flag_failed_flush);
	put_str(out, "security", d->security);
	put_str(out, "bus", d->bus);
	lend_buf_putc(out, ';');
}

static void show_region(struct lend_buf *out, const struct lend_ndctl_region *r)
{
	lend_buf_puts(out, r->dev);
	put_u64(out, "size", r->size);
	put_u64(out, "at", r->resource);
	put_u64(out, "align", r->align);
	put_u64(out, "avail", r->available_size);
	put_u64(out, "extent", r->max_available_extent);
	put_is(out, "rounded", r->size_rounded);
	put_str(out, "type", r->type);
	put_u64(out, "numa", r->numa_node);
	put_u64(out, "target", r->target_node);
	put_u64(out, "iset", r->iset_id);
	put_is(out, "disabled", r->state_disabled);
	put_str(out, "domain", r->persistence_domain);
	put_is(out, "mappings", r->has_mappings);
	for (size_t i = 0; i < r->n_mappings; i++) {
		lend_buf_printf(out, " (%s", r->mappings[i].dimm);
		put_u64(out, "offset", r->mappings[i].offset);
		put_u64(out, "length", r->mappings[i].length);
		put_u64(out, "position", r->mappings[i].position);
		lend_buf_putc(out, ')');
	}
	put_str(out, "bus", r->bus);
	lend_buf_putc(out, ';');
}

static void show_namespace(struct lend_buf *out, const struct lend_ndctl_namespace *n)
{
	lend_buf_puts(out, n->dev);
	put_str(out, "mode", n->mode);
	if (n->mode != n->mode_given)
		put_str(out, "given", n->mode_given);
	put_str(out, "map", n->map);
	put_u64(out, "size", n->size);
	put_is(out, "rounded", n->size_rounded);
	put_str(out, "uuid", n->uuid);
	put_str(out, "raw", n->raw_uuid);
	put_u64(out, "sector", n->sector_size);
	put_u64(out, "align", n->align);
	put_str(out, "blockdev", n->blockdev);
	put_str(out, "chardev", n->chardev);
	put_is(out, "disabled", n->state_disabled);
	put_str(out, "name", n->name);
	put_u64(out, "numa", n->numa_node);
	put_u64(out, "target", n->target_node);
	put_is(out, "idle", n->idle);
	put_str(out, "region", n->region);
	put_str(out, "bus", n->bus);
	lend_buf_putc(out, ';');
}

static const char *show(struct lend_buf *out, const struct lend_ndctl *nd)
{
	/* Capitals: the class was listed. */
	lend_buf_printf(out, "%s%s%s%s%s|", nd->has_buses ? "B" : "", nd->has_dimms ? "D" : "",
			nd->has_regions ? "R" : "", nd->has_namespaces ? "N" : "",
			nd->empty_list ? "0" : "");
	for (size_t i = 0; i < nd->n_buses; i++) {
		lend_buf_puts(out, nd->buses[i].dev);
		put_str(out, "provider", nd->buses[i].provider);
		lend_buf_putc(out, ';');
	}
	for (size_t i = 0; i < nd->n_dimms; i++)
		show_dimm(out, &nd->dimms[i]);
	for (size_t i = 0; i < nd->n_regions; i++)
		show_region(out, &nd->regions[i]);
	for (size_t i = 0; i < nd->n_namespaces; i++)
		show_namespace(out, &nd->namespaces[i]);
	return out->text;
}

/* want starts with "!" for what is refused, with the reason behind it. */
static const struct {
	const char *text;
	const char *want;
} documents[] = {
	/* shapes */
	{ "[{\"dev\":\"nmem1\",\"id\":\"8902-a2ebf260\",\"handle\":1,\"phys_id\":103},"
	  "{\"dev\":\"nmem0\",\"id\":\"8902-206b080c\",\"handle\":0,\"phys_id\":102}]\n",
	  "D|nmem1 id=8902-a2ebf260 handle=1 phys=103;nmem0 id=8902-206b080c handle=0 "
	  "phys=102;" },
	{ "{\"dev\":\"nmem0\",\"id\":\"8680-56341200\",\"handle\":\"0x1\",\"phys_id\":\"0\"}",
	  "D|nmem0 id=8680-56341200 handle=1 phys=0;" },
	{ "[]", "0|" },
	{ "{\"dimms\":[],\"regions\":[]}", "DR|" },
	{ "{\"dimms\":[{\"dev\":\"nmem0\",\"flag_failed_arm\":true,\"flag_failed_map\":false,"
	  "\"state\":\"disabled\",\"security\":\"locked\"}],\"regions\":[{\"dev\":\"region0\","
	  "\"size\":536870912,\"align\":16777216,\"available_size\":0,"
	  "\"max_available_extent\":0,\"type\":\"pmem\",\"numa_node\":0,\"target_node\":1,"
	  "\"iset_id\":10248187106440278,\"mappings\":[{\"dimm\":\"nmem0\",\"offset\":0,"
	  "\"length\":536870912,\"position\":0}],\"persistence_domain\":\"cpu_cache\","
	  "\"namespaces\":[{\"dev\":\"namespace0.0\",\"mode\":\"raw\",\"size\":0,"
	  "\"uuid\":\"00000000-0000-0000-0000-000000000000\",\"state\":\"disabled\"}]}]}",
	  "DRN|nmem0 disabled map=off arm=on security=locked;"
	  "region0 size=536870912 align=16777216 avail=0 extent=0 type=pmem numa=0 target=1 "
	  "iset=10248187106440278 domain=cpu_cache mappings (nmem0 offset=0 length=536870912 "
	  "position=0);namespace0.0 mode=raw size=0 "
	  "uuid=00000000-0000-0000-0000-000000000000 disabled idle region=region0;" },
	{ "[{\"provider\":\"ACPI.NFIT\",\"dev\":\"ndbus0\",\"dimms\":[{\"dev\":\"nmem0\"}],"
	  "\"regions\":[{\"dev\":\"region0\",\"namespaces\":[{\"dev\":\"namespace0.0\"}]}]},"
	  "{\"provider\":\"e820\",\"dev\":\"ndbus1\"}]",
	  "BDRN|ndbus0 provider=ACPI.NFIT;ndbus1 provider=e820;nmem0 bus=ndbus0;"
	  "region0 bus=ndbus0;namespace0.0 region=region0 bus=ndbus0;" },

	/* people's figures, old words */
	{ "[{\"dev\":\"namespace1.1\",\"mode\":\"devdax\",\"map\":\"dev\","
	  "\"size\":\"62.00 MiB (65.01 MB)\",\"uuid\":\"daea44cd\",\"raw_uuid\":\"76ac2de4\","
	  "\"daxregion\":{\"id\":1,\"devices\":[{\"chardev\":\"dax1.1\"}]},"
	  "\"align\":2097152,\"name\":\"beta-dax\"}]",
	  "N|namespace1.1 mode=devdax map=dev size=65011712 rounded uuid=daea44cd raw=76ac2de4 "
	  "align=2097152 chardev=dax1.1 name=beta-dax;" },
	{ "[{\"dev\":\"namespace0.0\",\"mode\":\"memory\",\"sector_size\":\"512\"},"
	  "{\"dev\":\"namespace0.1\",\"mode\":\"dax\"},{\"dev\":\"namespace0.2\","
	  "\"mode\":\"safe\",\"blockdev\":\"pmem0.2s\"}]",
	  "N|namespace0.0 mode=fsdax given=memory sector=512;"
	  "namespace0.1 mode=devdax given=dax;"
	  "namespace0.2 mode=sector given=safe blockdev=pmem0.2s;" },
	{ "{\"dev\":\"region0\",\"size\":\"512.00 MiB (536.87 MB)\",\"available_size\":0,"
	  "\"align\":\"16.00 MiB (16.78 MB)\",\"iset_id\":\"0x24686a3c8d2856\"}",
	  "R|region0 size=536870912 align=16777216 avail=0 rounded iset=10247904653289558;" },

	/* where a region lies, as a number or a pattern */
	{ "[{\"dev\":\"region0\",\"resource\":4294967296},"
	  "{\"dev\":\"region1\",\"resource\":\"0x100000000\"}]",
	  "R|region0 at=4294967296;region1 at=4294967296;" },

	/* wrong types are left out */
	{ "[{\"dev\":\"nmem0\",\"id\":7,\"handle\":{},\"phys_id\":-1,\"state\":[]},"
	  "{\"dev\":\"region0\",\"size\":\"big\",\"mappings\":[1,{\"dimm\":2},"
	  "{\"dimm\":\"nmem0\",\"length\":\"1.00 GiB (1.07 GB)\"}]},"
	  "{\"dev\":\"region1\",\"mappings\":{}},{\"dev\":9},7,\"x\",null]",
	  "DR|nmem0;region0 mappings (nmem0);region1;" },

	/* refused */
	{ "", "!there is no output of ndctl: it is empty" },
	{ " \n", "!there is no output of ndctl: it is empty" },
	{ "[{\"dev\":\"nmem0\",", "!the JSON ends in the middle, after 16 bytes" },
	{ "[{\"dev\":\"nmem0\"}] x", "!more text behind the JSON, at byte 18" },
	{ "{\"blockdevices\":[]}", "!it is JSON, but not of ndctl list" },
	{ "[{\"chardev\":\"dax0.0\",\"size\":1}]", "!it is JSON, but not of ndctl list" },
	{ "[7]", "!it is JSON, but not of ndctl list" },
};

static void check(const char *text, const char *want,
		  int parse(struct lend_arena *arena, const char *text, size_t len,
			    struct lend_ndctl *ret, struct lend_err *err))
{
	struct lend_arena arena = { 0 };
	struct lend_ndctl nd;
	struct lend_ndctl again;
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };
	lend_auto_buf json = { 0 };
	lend_auto_buf out2 = { 0 };

	must_in(text);
	if (parse(&arena, text, strlen(text), &nd, &err) < 0) {
		must_str(err.what, want + (*want == '!'));
		must(*want == '!');
	} else {
		must_str(show(&out, &nd), want);
		/* What is written reads back to the same. */
		lend_ndctl_write(&json, &nd);
		must(lend_ndctl_parse(&arena, json.text, json.len, &again, NULL) == 0);
		must_str(show(&out2, &again), want);
	}
	lend_arena_done(&arena);
	must_in("");
}

static void parses(void)
{
	for (size_t i = 0; i < LEND_COUNT(documents); i++)
		check(documents[i].text, documents[i].want, lend_ndctl_parse);
}

#define TORN(line)                                                                             \
	"!the JSON before line " line " starts in the middle: its beginning is missing"

static const struct {
	const char *text;
	const char *want;
} transcripts[] = {
	{ "guestvm $ sudo ndctl list -D\n[\n  {\n    \"dev\":\"nmem1\",\n    \"handle\":1\n  }\n]"
	  "\n\nesxi_host> df -h\n",
	  "D|nmem1 handle=1;" },
	/* prompts and kernel lines that start with a bracket; Windows line ends */
	{ "[root@vm ~]# ndctl list -R\r\n[\r\n  {\r\n    \"dev\":\"region0\"\r\n  }\r\n]\r\n"
	  "[    0.029245] ACPI: NFIT\r\n",
	  "R|region0;" },
	/* later ones replace their class, and only that */
	{ "[{\"dev\":\"nmem0\"}]\n[{\"dev\":\"region0\"}]\n$ x\n[{\"dev\":\"nmem1\"}]\n",
	  "DR|nmem1;region0;" },
	{ "[{\"dev\":\"nmem0\"}] {\"regions\":[]}", "DR|nmem0;" },
	/* what create-namespace prints counts only when nothing else is there */
	{ "[{\"dev\":\"namespace0.0\"}]\n{\"dev\":\"namespace0.1\"}\n", "N|namespace0.0;" },
	{ "{\"dev\":\"namespace0.0\",\"mode\":\"raw\"}\n{\"dev\":\"namespace0.1\"}\n"
	  "{\"dev\":\"namespace0.0\",\"mode\":\"fsdax\"}\n",
	  "N|namespace0.0 mode=fsdax;namespace0.1;" },
	/* other programs */
	{ "$ daxctl list\n[\n{\"chardev\":\"dax1.1\"}\n]\n$ ndctl list\n[]\n", "0|" },
	{ "$ lsblk -J\n{\"blockdevices\":[]}\n",
	  "!there is no output of ndctl list in this text" },
	{ "nothing here\n", "!there is no output of ndctl list in this text" },
	{ "", "!there is no output of ndctl list in this text" },
	/* cut off, at the end and before the next command */
	{ "$ ndctl list -D\n[\n  {\n    \"dev\":\"nm",
	  "!the JSON that starts at line 2 ends in the middle" },
	{ "$ ndctl list -D\n\n[", "!the JSON that starts at line 3 ends in the middle" },
	{ "[\n  {\n    \"dev\":\"nmem0\"\n$ ndctl list -R\n[{\"dev\":\"region0\"}]\n",
	  "!the JSON that starts at line 1 ends in the middle" },
	/* torn off at the beginning, whatever follows */
	{ "  {\n    \"dev\":\"nmem1\"\n  },\n  {\n    \"dev\":\"nmem0\"\n  }\n]\n", TORN("4") },
	{ "\"handle\":1\n}\n", TORN("2") },
	{ "},\n{\"dev\":\"nmem0\"}]\n", TORN("2") },
	{ "{\"dev\":\"nmem1\"},{\"dev\":\"nmem0\"}]", TORN("2") },
	{ "}\n]\n$ ndctl list -D\n[{\"dev\":\"nmem0\"}]\n", TORN("2") },
	/* brackets that others opened */
	{ "$ f() {\n> ndctl list -D\n> }\n}\n[\n  \"a\"\n]\n[{\"dev\":\"nmem0\"}]\n",
	  TORN("5") },
	{ "f() {\nndctl list -D\n}\n[\n  \"a\"\n]\n[{\"dev\":\"nmem0\"}]\n", "D|nmem0;" },
	{ "\xef\xbb\xbf[{\"dev\":\"nmem0\"}]\n", "D|nmem0;" },
	{ "a\n[{\"dev\":nmem0}]\n", "!not JSON at byte 9: null expected" },
};

static void parses_transcripts(void)
{
	for (size_t i = 0; i < LEND_COUNT(transcripts); i++)
		check(transcripts[i].text, transcripts[i].want, lend_ndctl_parse_transcript);
}

/* Not one byte of what ndctl printed can be missing in front. */
static void needs_its_beginning(void)
{
	static const char *const lists[] = {
		"[\n  {\n    \"dev\":\"nmem1\",\n    \"handle\":1\n  },\n"
		"  {\n    \"dev\":\"nmem0\",\n    \"handle\":0\n  }\n]\n",
		"[{\"dev\":\"nmem1\",\"handle\":1},{\"dev\":\"nmem0\",\"handle\":0}]\n",
		"{\n  \"dev\":\"nmem0\",\n  \"id\":\"8680-56341200\"\n}\n",
		"{\n  \"dimms\":[\n    {\n      \"dev\":\"nmem0\"\n    }\n  ],\n"
		"  \"regions\":[\n    {\n      \"dev\":\"region0\",\n"
		"      \"mappings\":[\n        {\n          \"dimm\":\"nmem0\"\n        }\n"
		"      ],\n      \"type\":\"pmem\",\n      \"namespaces\":[\n        {\n"
		"          \"dev\":\"namespace0.0\"\n        }\n      ]\n    }\n  ]\n}\n",
	};

	for (size_t i = 0; i < LEND_COUNT(lists); i++) {
		size_t len = strlen(lists[i]);
		struct lend_arena arena = { 0 };
		struct lend_ndctl nd;

		must(lend_ndctl_parse_transcript(&arena, lists[i], len, &nd, NULL) == 0);
		for (size_t cut = 1; cut < len; cut++) {
			struct lend_err err = { 0 };

			must_in(lists[i] + cut);
			must(lend_ndctl_parse_transcript(&arena, lists[i] + cut, len - cut, &nd,
							 &err) < 0);
		}
		lend_arena_done(&arena);
	}
	must_in("");
}

static void says_where(void)
{
	static const char text[] = "a\n\n[{\"dev\":nmem0}]\n";
	struct lend_arena arena = { 0 };
	struct lend_ndctl nd;
	struct lend_err err = { 0 };

	must(lend_ndctl_parse_transcript(&arena, text, strlen(text), &nd, &err) < 0);
	must_str(err.where, "the JSON at line 3");
	lend_arena_done(&arena);
}

static void writes_as_ndctl(void)
{
	static const char text[] = "{\n"
				   " \"dimms\":[\n"
				   "  {\n"
				   "   \"dev\":\"nmem0\",\n"
				   "   \"handle\":1\n"
				   "  }\n"
				   " ],\n"
				   " \"regions\":[\n"
				   "  {\n"
				   "   \"dev\":\"region0\",\n"
				   "   \"size\":\"62.91 MiB (65.97 MB)\",\n"
				   "   \"namespaces\":[\n"
				   "    {\n"
				   "     \"dev\":\"namespace0.0\"\n"
				   "    }\n"
				   "   ]\n"
				   "  }\n"
				   " ]\n"
				   "}\n";
	struct lend_arena arena = { 0 };
	struct lend_ndctl nd;
	lend_auto_buf out = { 0 };

	must(lend_ndctl_parse(&arena, text, strlen(text), &nd, NULL) == 0);
	lend_ndctl_write(&out, &nd);
	must_str(out.text, text);
	lend_arena_done(&arena);
}

static void limits(void)
{
	struct lend_arena arena = { 0 };
	struct lend_ndctl nd = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf text = { 0 };

	lend_buf_putc(&text, '[');
	for (int i = 0; i <= LEND_NDCTL_MAX; i++)
		lend_buf_printf(&text, "%s{\"dev\":\"nmem%d\"}", i > 0 ? "," : "", i);
	lend_buf_putc(&text, ']');
	must(lend_ndctl_parse(&arena, text.text, text.len, &nd, &err) < 0);
	must_str(err.what, "more than 4096 DIMMs");
	must(!nd.has_dimms);
	lend_arena_done(&arena);
}

int main(void)
{
	parses();
	parses_transcripts();
	needs_its_beginning();
	says_where();
	writes_as_ndctl();
	limits();
	return 0;
}
