/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plan/wish-from-domain.h"

#include "base/err.h"
#include "tests/must.h"

/* Notes, then the wish. */
static const char *make(struct lend_arena *arena, const char *xml, size_t len,
			struct lend_err *err)
{
	struct lend_wish_made made;
	struct lend_domain d;
	lend_auto_buf out = { 0 };

	must(lend_domain_parse(arena, "f", xml, len, &d, NULL) == 0);
	if (lend_wish_from_domain(arena, &d, &made, err) < 0)
		return NULL;
	for (size_t i = 0; i < made.n_notes; i++)
		lend_buf_printf(&out, "# %s\n", made.notes[i]);
	lend_wish_write(&out, &made.wish, NULL);
	return lend_arena_strdup(arena, lend_buf_text(&out));
}

static void of_file(const char *folder, const char *name, const char *want)
{
	struct lend_arena arena = { 0 };
	char path[500];
	size_t len;
	char *xml;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	xml = must_read(path, &len);
	must_in(name);
	must_str(make(&arena, xml, len, NULL), want);
	must_in("");
	free(xml);
	lend_arena_done(&arena);
}

int main(int argc, char **argv)
{
	static const char dimm[] =
		"<domain type='kvm'><name>a</name><devices><memory model='dimm'><target>"
		"<size unit='MiB'>128</size></target></memory></devices></domain>";
	static const char test[] = "<domain type='test'><name>a</name></domain>";
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };

	must(argc == 2);
	must(strstr(make(&arena, dimm, strlen(dimm), &err), "# left out: a pc-dimm device\n") !=
	     NULL);
	of_file(argv[1], "live",
		"# left out: a virtio-pmem-pci device\n"
		"# left out: <channel>\n"
		"vm: lent1\n"
		"hypervisor: libvirt\n"
		"uuid: 17ccd041-e7db-4387-9ce9-4e9f39f2392c\n"
		"machine: pc-q35-7.2\n"
		"accel: tcg\n"
		"cpu: qemu64\n"
		"cpus: 1\n"
		"memory: 256 MiB\n"
		"max-memory: 8 GiB\n"
		"slots: 4\n"
		"vnc: \"127.0.0.1:0\"\n"
		"pmem:\n"
		"  - name: n0\n"
		"    size: 128 MiB\n"
		"    backing: /var/lib/lend/n0\n"
		"    label: 2 MiB\n"
		"    slot: 0\n"
		"    node: 0\n"
		"qemu: /usr/bin/qemu-system-x86_64\n");
	of_file(argv[1], "small",
		"# n0: without access='shared' what the guest writes is lost when it stops\n"
		"# left out: a virtio-pmem-pci device\n"
		"# /var/lib/lend/n0: libvirt makes whole 2 MiB of 511 MiB, and the label area moves with it\n"
		"# the domain has no <acpi/>: QEMU refuses its NVDIMMs; lend gives it\n"
		"vm: t1\n"
		"hypervisor: libvirt\n"
		"machine: q35\n"
		"accel: tcg\n"
		"cpus: 1\n"
		"memory: 512 MiB\n"
		"max-memory: 8 GiB\n"
		"slots: 4\n"
		"agent: false\n"
		"pmem:\n"
		"  - name: n0\n"
		"    size: 524160 KiB\n"
		"    backing: /var/lib/lend/n0\n"
		"    label: 128 KiB\n"
		"    slot: 0\n"
		"    node: 0\n"
		"    share: false\n"
		"  - name: n1\n"
		"    size: 512 MiB\n"
		"    backing: /var/lib/lend/n1\n"
		"    label: 0\n"
		"    slot: 1\n"
		"    node: 0\n"
		"    align: 2 MiB\n"
		"    persistence: none\n"
		"    pmem: true\n"
		"qemu: /usr/bin/qemu-system-x86_64\n");
	of_file(argv[1], "by-hand",
		"# the domain has no <acpi/>: QEMU refuses its NVDIMMs; lend gives it\n"
		"# left out: a second network interface\n"
		"# the display has a password: it is not in the wish\n"
		"# left out: display of the type vnc\n"
		"# left out: <hostdev>\n"
		"vm: hand\n"
		"hypervisor: libvirt\n"
		"accel: kvm\n"
		"cpu: Skylake-Server\n"
		"firmware: uefi\n"
		"kernel:\n"
		"  image: /boot/vmlinuz\n"
		"disk: \"/var/lib/lend/a b&c.img\"\n"
		"install: /dev/sdz\n"
		"boot: install\n"
		"network:\n"
		"  bridge: br0\n"
		"mac: \"52:54:00:00:00:01\"\n"
		"vnc: \":0\"\n"
		"agent: false\n"
		"pmem:\n"
		"  - name: dax0\n"
		"    size: 4194176 KiB\n"
		"    backing: /dev/dax0.0\n"
		"    label: 128 KiB\n"
		"    slot: 0\n"
		"    align: 2 MiB\n"
		"    persistence: none\n"
		"    pmem: true\n"
		"pci:\n"
		"  - device: 10000:de:1f.0\n"
		"  - device: \"0000:01:00.1\"\n"
		"qemu-args:\n"
		"  - \"-foo\"\n"
		"  - \"x=1,y='2'\"\n");
	must(make(&arena, test, strlen(test), &err) == NULL);
	must_str(err.what, "domain a is none of QEMU: its type is test");
	lend_arena_done(&arena);
	return 0;
}
