/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map's JSON against docs/map-json.md, hostile names, and a large host. */

#include <inttypes.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "model/map.h"
#include "tests/must.h"
#include "tests/sketch.h"

/* Types: s text, n number, x "0x" text; - null; o object; a array. */
struct shape {
	const char *key;
	const char *type;
};

static bool is_type(const struct lend_json *value, char type)
{
	const char *text = lend_json_str(value);
	uint64_t number;

	switch (type) {
	case 's':
		return text != NULL;
	case 'x':
		return text != NULL && strncmp(text, "0x", 2) == 0 && text[2] != '\0';
	case 'n':
		return lend_json_u64(value, &number);
	case 'o':
		return lend_json_kind(value) == LEND_JSON_OBJECT;
	case 'a':
		return lend_json_kind(value) == LEND_JSON_ARRAY;
	default:
		return value == NULL;
	}
}

/* "vm:s backing:o ...": these keys, in this order, of these types, and no others. */
static void must_have(const struct lend_json *object, const char *shape)
{
	struct lend_json_member member = { 0 };

	must(lend_json_kind(object) == LEND_JSON_OBJECT);
	while (lend_json_next(object, &member)) {
		size_t len = strcspn(shape, ":");

		if (strncmp(member.key, shape, len) != 0 || member.key[len] != '\0')
			must_str(member.key, shape);
		if (!is_type(member.value, shape[len + 1]))
			must_str(member.key, "of its type");
		shape += len + 2;
		shape += *shape == ' ';
	}
	must_str(shape, "");
}

static struct lend_json *json_of(const struct lend_inventory *inv)
{
	struct lend_map *map = NULL;
	struct lend_json *doc = NULL;
	struct lend_err err = { 0 };
	char *text = NULL;
	size_t len = 0;

	must(lend_map_make(inv, &map, &err) == 0);
	must(lend_map_save(map, &text, &len, &err) == 0);
	must(len == strlen(text) && strchr(text, '\n') == text + len - 1);
	if (lend_json_parse(text, len, &doc, &err) < 0)
		must_str(err.what, "valid JSON");
	free(text);
	lend_map_free(map);
	return doc;
}

static const char everything[] =
	"vm db1 hypervisor=qemu\n"
	"device db1:a <vm/db1 device_id=a driver=nvdimm slot=0 address=0x100000000 "
	"size_bytes=134217728 label_bytes=2097152\n"
	"backend db1:m <device/db1:a path=/p\n"
	"backing /p <backend/db1:m path=/p dev=259:3 inode=131 size_bytes=136314880\n"
	"device db1:b <vm/db1 driver=virtio-pmem !slot !label_bytes address=0x200000000\n"
	"backend db1:n <device/db1:b path=rel.img\n"
	"device db1:c <vm/db1 device_id=c driver=nvdimm slot=7\n"
	"guest db1 vm=db1\n"
	"@db1 nd-dimm nmem0 nfit_id=8680-56341200 handle=1\n"
	"@db1 nd-dimm nmem1\n"
	"@db1 nd-region region0 >nd-dimm/nmem0 resource=0x100000000\n"
	"@db1 nd-namespace namespace0.0 >nd-region/region0 mode=fsdax uuid=u blockdev=pmem0\n"
	"@db1 nd-namespace namespace0.1 >nd-region/region0\n"
	"@db1 nd-region region1 resource=0x200000000\n"
	"@db1 nd-region region2 resource=0x200000000\n"
	"vm db2 hypervisor=qemu\n"
	"device db2:d <vm/db2 device_id=d driver=nvdimm slot=3\n"
	"label db2:d:0 >device/db2:d mode=raw uuid=v\n"
	"backend db2:o <device/db2:d path=/q\n"
	"backing /q <backend/db2:o path=/q dev=259:3 inode=131\n"
	"backing z.vmdk type=vmdk uuid=60002c44d5a2f5a27e3bd1d1206b080c\n";

static const struct shape pair_shape[] = {
	{ "a",
	  "vm:s backing:o device:o guest:o verdict:s evidence:a candidates:a shared:a persistence:o" },
	{ "b",
	  "vm:s backing:o device:o guest:- verdict:s evidence:a candidates:a shared:a persistence:o" },
	{ "c",
	  "vm:s backing:- device:o guest:- verdict:s evidence:a candidates:a shared:a persistence:o" },
	{ "d",
	  "vm:s backing:o device:o guest:o verdict:s evidence:a candidates:a shared:a persistence:o" },
	{ "z",
	  "vm:- backing:o device:- guest:- verdict:s evidence:a candidates:a shared:a persistence:-" },
	{ "nmem1",
	  "vm:s backing:- device:- guest:o verdict:s evidence:a candidates:a shared:a persistence:-" },
};

static const struct lend_json *at(const struct lend_json *pairs, size_t i, const char *key)
{
	return lend_json_get(lend_json_at(pairs, i), key);
}

static void has_the_shapes(void)
{
	struct lend_inventory *inv = sketch(everything);
	lend_auto_json struct lend_json *doc = json_of(inv);
	const struct lend_json *pairs = lend_json_get(doc, "pairs");
	const struct lend_json *guest;

	must_have(doc, "version:n pairs:a");
	must_u64(lend_json_count(pairs), LEND_COUNT(pair_shape));
	for (size_t i = 0; i < LEND_COUNT(pair_shape); i++) {
		must_in(pair_shape[i].key);
		must_have(lend_json_at(pairs, i), pair_shape[i].type);
	}
	must_in("");
	must_have(at(pairs, 0, "backing"), "path:s dev:s inode:n size_bytes:n uuid:-");
	must_have(at(pairs, 0, "device"), "id:s slot:n address:x size_bytes:n label_bytes:n");
	guest = at(pairs, 0, "guest");
	must_have(guest, "dimm:s id:s handle:x region:s namespaces:a");
	must_have(lend_json_at(lend_json_get(guest, "namespaces"), 0),
		  "dev:s mode:s uuid:s blockdev:s chardev:-");
	must_have(lend_json_at(lend_json_get(guest, "namespaces"), 1),
		  "dev:s mode:- uuid:- blockdev:- chardev:-");
	must_have(at(pairs, 1, "backing"), "path:s dev:- inode:- size_bytes:- uuid:-");
	must_have(at(pairs, 1, "device"), "id:- slot:- address:x size_bytes:- label_bytes:-");
	must_str(lend_json_str(at(pairs, 1, "verdict")), "ambiguous");
	must_have(lend_json_at(at(pairs, 1, "candidates"), 1), "dimm:- id:- handle:- region:s");
	must_str(lend_json_str(at(pairs, 2, "verdict")), "unmatched");
	guest = at(pairs, 3, "guest");
	must_have(guest, "dimm:- id:s handle:x region:- namespaces:a");
	must_have(lend_json_at(lend_json_get(guest, "namespaces"), 0),
		  "dev:- mode:s uuid:s blockdev:- chardev:-");
	must_str(lend_json_str(at(pairs, 3, "verdict")), "predicted");
	must_have(at(pairs, 4, "backing"), "path:s dev:- inode:- size_bytes:- uuid:s");
	must_u64(lend_json_count(at(pairs, 4, "shared")), 0);
	must_have(lend_json_at(at(pairs, 0, "shared"), 0), "vm:s device:s path:s");
	must_have(lend_json_at(at(pairs, 3, "shared"), 0), "vm:s device:s path:s");
	must_have(at(pairs, 5, "guest"), "dimm:s id:- handle:- region:- namespaces:a");
	lend_inventory_free(inv);
}

/* Names that would break out of a string, a line or a terminal. */
static void escapes(void)
{
	struct lend_inventory *inv = sketch(
		"vm a\"b\\x1b[31m hypervisor=qemu\n"
		"device d <vm/a\"b\\x1b[31m device_id=\\xff\\xfe\\x0a driver=nvdimm "
		"slot=0\n"
		"backend m <device/d path=/x\\x22,\\x7d\\xc3\\x28\n"
		"guest a\"b\\x1b[31m\n"
		"@a\"b\\x1b[31m nd-dimm nmem0\\x09\\x80 handle=1 nfit_id=\\\\x00\\xf8\n");
	lend_auto_json struct lend_json *doc = json_of(inv);
	const struct lend_json *pairs = lend_json_get(doc, "pairs");

	must_str(lend_json_str(at(pairs, 0, "vm")), "a\"b\x1b[31m");
	must_str(lend_json_str(lend_json_get(at(pairs, 0, "device"), "id")), "\\xff\\xfe\n");
	must_str(lend_json_str(lend_json_get(at(pairs, 0, "backing"), "path")), "/x\",}\\xc3(");
	must_str(lend_json_str(lend_json_get(at(pairs, 0, "guest"), "dimm")), "nmem0\t\\x80");
	must_str(lend_json_str(at(pairs, 0, "verdict")), "contradicted");
	lend_inventory_free(inv);
}

static void is_empty(void)
{
	struct lend_inventory *inv = sketch("");
	lend_auto_json struct lend_json *doc = json_of(inv);

	must_have(doc, "version:n pairs:a");
	must_u64(lend_json_count(lend_json_get(doc, "pairs")), 0);
	lend_inventory_free(inv);
}

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* vms VMs with 256 DIMMs each; all at one address, on one file, when they are hostile. */
static struct lend_inventory *large(unsigned int vms, bool hostile)
{
	struct lend_build build;

	lend_build_init(&build);
	for (unsigned int i = 0; i < vms * 256; i++) {
		unsigned int vm = i / 256;
		unsigned int n = i % 256;
		uint64_t address = 0x100000000 + (hostile ? 0 : (uint64_t)n << 27);
		lend_auto_buf text = { 0 };

		lend_buf_printf(&text,
				"vm v%u hypervisor=qemu\nguest v%u vm=v%u\n"
				"device v%u:d%u <vm/v%u driver=nvdimm slot=%u address=%" PRIu64
				"\nbackend v%u:m%u <device/v%u:d%u\n"
				"backing /p/%u <backend/v%u:m%u dev=1:2 inode=%u\n",
				vm, vm, vm, vm, n, vm, n, address, vm, n, vm, n,
				hostile ? 0 : i, vm, n, hostile ? 0 : i);
		lend_buf_printf(&text,
				"@v%u nd-dimm nmem%u handle=%u\n"
				"@v%u nd-region region%u >nd-dimm/nmem%u resource=%" PRIu64
				"\n@v%u nd-namespace namespace%u.0 >nd-region/region%u\n",
				vm, 255 - n, n + 1, vm, n, 255 - n, address, vm, n, n);
		sketch_add(&build, lend_buf_text(&text));
	}
	return lend_build_seal(&build);
}

static void is_quick(void)
{
	for (int hostile = 0; hostile < 2; hostile++) {
		struct lend_inventory *inv = large(16, hostile != 0);
		struct lend_map *map = NULL;
		double began = seconds();
		char *text = NULL;
		size_t len;
		double took;

		must(lend_map_make(inv, &map, NULL) == 0);
		must(lend_map_save(map, &text, &len, NULL) == 0);
		took = seconds() - began;
		must(lend_map_count(map) >= 4096);
		for (size_t i = 0; i < lend_map_count(map) && !hostile; i++)
			must(lend_map_verdict(map, i) == LEND_MATCHED);
		(void)printf("%s: %.1f ms\n", hostile ? "hostile" : "large", took * 1e3);
		/* 30 ms on a slow machine; the limit leaves room for sanitizers and slow
		 * machines. */
		must(took < 1.0 * must_patience());
		free(text);
		lend_map_free(map);
		lend_inventory_free(inv);
	}
}

int main(void)
{
	has_the_shapes();
	escapes();
	is_empty();
	is_quick();
	return 0;
}
