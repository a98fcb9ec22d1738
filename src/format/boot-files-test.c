/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/boot-files.h"

#include "base/attr.h"
#include "base/buf.h"
#include "tests/must.h"

static struct lend_span span(const char *text)
{
	return (struct lend_span){ text, strlen(text) };
}

static void test_crypttab(struct lend_arena *arena)
{
	struct lend_span rest = span("# <name> <source> <key> <options>\n"
				     "root UUID=\"1-2\" none luks,discard\n"
				     "alone\n"
				     "swap\t/dev/sda3 /dev/urandom swap,nofail\n"
				     " data /dev/sdb1");
	struct lend_crypttab_line c;

	must(lend_crypttab_line_next(&rest, arena, &c) == 0);
	must_str(c.name, "root");
	must_str(c.source, "UUID=1-2");
	must_str(c.options, "luks,discard");
	must(lend_crypttab_line_next(&rest, arena, &c) == 0);
	must_str(c.name, "swap");
	must_str(c.key, "/dev/urandom");
	must(lend_crypttab_line_next(&rest, arena, &c) == 0);
	must_str(c.name, "data");
	must_str(c.source, "/dev/sdb1");
	must_str(c.key, "");
	must(lend_crypttab_line_next(&rest, arena, &c) == 1);
}

static void test_mdadm(struct lend_arena *arena)
{
	struct lend_span rest =
		span("# comment\nHOMEHOST <system>\n"
		     "ARRAY /dev/md/0  metadata=1.2 UUID=0a:1b name=\"host one:0\" # ARRAY x\n"
		     "arr metadata=imsm uuid=c0:c1\n"
		     "\n"
		     "ARRAY /dev/md/vol container=c0:c1\n"
		     "   member=0 UUID=d0:d1\n"
		     "MAILADDR root\n"
		     "ARRAY <ignore> UUID=e0\n"
		     "ARRAYS /dev/md9\n");
	struct lend_mdadm_array m;

	must(lend_mdadm_array_next(&rest, arena, &m) == 0);
	must_str(m.device, "/dev/md/0");
	must_str(m.uuid, "0a:1b");
	must_str(m.name, "host one:0");
	must(lend_mdadm_array_next(&rest, arena, &m) == 0);
	must_str(m.device, "");
	must_str(m.uuid, "c0:c1");
	must(lend_mdadm_array_next(&rest, arena, &m) == 0);
	must_str(m.device, "/dev/md/vol");
	must_str(m.container, "c0:c1");
	must_str(m.uuid, "d0:d1");
	must(lend_mdadm_array_next(&rest, arena, &m) == 0);
	must_str(m.device, "<ignore>");
	must(lend_mdadm_array_next(&rest, arena, &m) == 1);
}

static void test_lvm(struct lend_arena *arena)
{
	struct lend_span rest = span(
		"# LVM uses devices listed in this file.\n"
		"VERSION=1.1.2\n"
		"IDTYPE=sys_wwid IDNAME=naa.5000 DEVNAME=/dev/sda3 PVID=tP4mXo5KGrn1 PART=3\n"
		"IDTYPE=devname IDNAME=/dev/vdb DEVNAME=/dev/vdb PVID=.\n");
	struct lend_lvm_device l;

	must(lend_lvm_device_next(&rest, arena, &l) == 0);
	must_str(l.id_type, "sys_wwid");
	must_str(l.id, "naa.5000");
	must_str(l.device, "/dev/sda3");
	must_str(l.pv, "tP4mXo5KGrn1");
	must_str(l.part, "3");
	must(lend_lvm_device_next(&rest, arena, &l) == 0);
	must_str(l.id, "/dev/vdb");
	must_str(l.pv, "");
	must_str(l.part, "");
	must(lend_lvm_device_next(&rest, arena, &l) == 1);
}

static void test_kernel(struct lend_arena *arena)
{
	static const char *const want[][2] = {
		{ "BOOT_IMAGE", "/vmlinuz" }, { "root", "UUID=1-2" }, { "ro", NULL },
		{ "dyndbg", "file a.c +p" },  { "a b", "c" },         { "resume", "" }
	};
	struct lend_span rest = span("BOOT_IMAGE=/vmlinuz root=UUID=1-2 ro dyndbg=\"file a.c "
				     "+p\" \"a b=c\" resume=\n");
	struct lend_kernel_word k;

	for (size_t i = 0; i < LEND_COUNT(want); i++) {
		must(lend_kernel_word_next(&rest, arena, &k) == 0);
		must_str(k.key, want[i][0]);
		if (want[i][1] == NULL)
			must(k.value == NULL);
		else
			must_str(k.value, want[i][1]);
	}
	must(lend_kernel_word_next(&rest, arena, &k) == 1);
}

static void test_multipath(struct lend_arena *arena)
{
	struct lend_span rest = span("# Multipath wwids, Version : 1.0\n/3600a/\n//\n3600b\n"
				     " /1ATA x/ \n/end");
	struct lend_multipath_binding b;
	const char *wwid;

	must(lend_multipath_wwid_next(&rest, arena, &wwid) == 0);
	must_str(wwid, "3600a");
	must(lend_multipath_wwid_next(&rest, arena, &wwid) == 0);
	must_str(wwid, "1ATA x");
	must(lend_multipath_wwid_next(&rest, arena, &wwid) == 1);
	rest = span("# alias wwid\nmpatha 3600a\n\tmpathb\t3600b more\nalone\n#x y\n");
	must(lend_multipath_binding_next(&rest, arena, &b) == 0);
	must_str(b.name, "mpatha");
	must_str(b.wwid, "3600a");
	must(lend_multipath_binding_next(&rest, arena, &b) == 0);
	must_str(b.name, "mpathb");
	must_str(b.wwid, "3600b");
	must(lend_multipath_binding_next(&rest, arena, &b) == 1);
}

static void test_aliases(struct lend_arena *arena)
{
	static const char text[] =
		"! wwid one alias two\ndefaults {\n\tuser_friendly_names yes\n}\n"
		"multipaths {\n multipath {\n  alias yellow # the old one\n"
		"  wwid \"36005 08\"\n  no_path_retry queue\n }\n"
		" multipath{wwid 36001 alias red}\n"
		" multipath {\n  wwid\n }\n multipath { alias lonely }\n"
		" multipath { wwid 36002\n alias \"cut";
	struct lend_span rest = { text, strlen(text) };
	struct lend_multipath_binding b;

	must(lend_multipath_alias_next(&rest, arena, &b) == 0);
	must_str(b.name, "yellow");
	must_str(b.wwid, "36005 08");
	must(lend_multipath_alias_next(&rest, arena, &b) == 0);
	must_str(b.name, "red");
	must_str(b.wwid, "36001");
	must(lend_multipath_alias_next(&rest, arena, &b) == 0);
	must_str(b.name, "cut");
	must_str(b.wwid, "36002");
	must(lend_multipath_alias_next(&rest, arena, &b) == 1);
}

int main(void)
{
	struct lend_arena arena = { 0 };

	test_crypttab(&arena);
	test_mdadm(&arena);
	test_lvm(&arena);
	test_kernel(&arena);
	test_multipath(&arena);
	test_aliases(&arena);
	lend_arena_done(&arena);
	return 0;
}
