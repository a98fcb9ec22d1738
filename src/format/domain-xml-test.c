/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/domain-xml.h"

#include "base/err.h"
#include "tests/must.h"

#define MIB ((uint64_t)1 << 20)

static void parse_file(const char *folder, const char *name, struct lend_arena *arena,
		       struct lend_domain *ret)
{
	lend_auto_buf path = { 0 };
	size_t len;
	char *text;

	lend_buf_printf(&path, "%s/%s", folder, name);
	text = must_read(path.text, &len);
	must(lend_domain_recognise(text, len));
	must(lend_domain_parse(arena, name, text, len, ret, NULL) == 0);
	free(text);
}

static void reads_a_live_one(const char *folder)
{
	struct lend_arena arena = { 0 };
	const struct lend_domain_memory *m;
	struct lend_domain d;

	parse_file(folder, "live", &arena, &d);
	must_str(d.type, "qemu");
	must(d.id.has);
	must_u64(d.id.v, 1);
	must_str(d.name, "lent1");
	must_str(d.uuid, "17ccd041-e7db-4387-9ce9-4e9f39f2392c");
	must_u64(d.max_memory_bytes.v, 8192 * MIB);
	must_u64(d.slots.v, 4);
	must_u64(d.vcpus.v, 1);
	must_str(d.machine, "pc-q35-7.2");
	must(d.acpi);
	must_u64(d.n_cells, 1);
	must_u64(d.cells[0].memory_bytes.v, 256 * MIB);
	must_str(d.cells[0].cpus, "0");
	must_u64(d.n_memories, 2);
	m = &d.memories[0];
	must_str(m->model, "nvdimm");
	must_str(m->access, "shared");
	must_str(m->path, "/var/lib/lend/n0");
	must_str(m->alias, "nvdimm0");
	must_u64(m->size_bytes.v, 130 * MIB);
	must_u64(m->label_bytes.v, 2 * MIB);
	must_u64(m->slot.v, 0);
	must_u64(m->base.v, UINT64_C(0x100000000));
	must_u64(m->node.v, 0);
	must(!m->pmem);
	must(!m->readonly);
	m = &d.memories[1];
	must_str(m->model, "virtio-pmem");
	must(!m->slot.has);
	must(!m->label_bytes.has);
	must(m->has_pci);
	must(d.agent);
	must_str(d.agent_path, "/var/lib/lend/agent.sock");
	must_u64(d.n_graphics, 1);
	must_str(d.graphics[0].listen, "127.0.0.1");
	must_u64(d.graphics[0].port.v, 5900);
	must_u64(d.n_others, 4);
	lend_arena_done(&arena);
}

static void reads_one_by_hand(const char *folder)
{
	struct lend_arena arena = { 0 };
	struct lend_domain d;

	parse_file(folder, "by-hand", &arena, &d);
	must(!d.id.has);
	must(!d.acpi);
	must_u64(d.memory_bytes.v, 1000 * 1000 * 1000);
	must_str(d.access, "shared");
	must_str(d.firmware, "efi");
	must_str(d.kernel, "/boot/vmlinuz");
	must_str(d.cpu_mode, "custom");
	must_str(d.cpu_model, "Skylake-Server");
	must_u64(d.n_memories, 1);
	must(d.memories[0].access == NULL);
	must(d.memories[0].pmem);
	must(d.memories[0].readonly);
	must_u64(d.memories[0].align_bytes.v, 2 * MIB);
	must_u64(d.memories[0].label_bytes.v, 128 << 10);
	must_u64(d.n_hostdevs, 2);
	must_u64(d.hostdevs[0].host.domain, 0x10000);
	must_u64(d.hostdevs[0].host.bus, 222);
	must_u64(d.hostdevs[0].host.device, 31);
	must_u64(d.hostdevs[0].managed, LEND_TRI_ON);
	must(d.hostdevs[1].unassigned);
	must_u64(d.n_disks, 2);
	must_str(d.disks[0].path, "/var/lib/lend/a b&c.img");
	must_str(d.disks[1].path, "/dev/sdz");
	must(d.disks[1].readonly);
	must_u64(d.n_interfaces, 2);
	must_str(d.interfaces[0].source, "br0");
	must_str(d.interfaces[1].source, "tap7");
	must(d.interfaces[1].unmanaged);
	must_u64(d.n_graphics, 2);
	must(!d.graphics[0].port.has);
	must(d.graphics[0].has_password);
	must_str(d.graphics[1].socket, "/run/vnc");
	must_u64(d.n_qemu_args, 2);
	must_str(d.qemu_args[1], "x=1,y='2'");
	lend_arena_done(&arena);
}

/* One value of one element. */
static const struct {
	const char *number, *unit;
	uint64_t bytes; /* 0: refused with what */
	const char *what;
} sizes[] = {
	{ "1", NULL, 1024, NULL },
	{ "1", "KiB", 1024, NULL },
	{ "1", "k", 1024, NULL },
	{ "1", "KB", 1000, NULL },
	{ "3", "b", 3, NULL },
	{ "3", "bytes", 3, NULL },
	{ "2", "MB", 2000000, NULL },
	{ "2", "M", 2 * MIB, NULL },
	{ "2", "mib", 2 * MIB, NULL },
	{ "1", "G", 1024 * MIB, NULL },
	{ "1", "GB", 1000000000, NULL },
	{ "1", "T", 1024 * 1024 * MIB, NULL },
	{ "1", "KX", 0, "there is no unit 'KX'" },
	{ "0x10", "KiB", 0, "'0x10' is no number" },
	{ "-1", NULL, 0, "'-1' is no number" },
	{ "", NULL, 0, "'' is no number" },
	{ "5", "EiB", 0, "'5 EiB' is too large" },
	{ "99999999999999999999", "b", 0, "'99999999999999999999' is no number" },
};

static void reads_sizes(void)
{
	for (size_t i = 0; i < LEND_COUNT(sizes); i++) {
		struct lend_err err = { 0 };
		uint64_t bytes = 0;
		int r = lend_domain_size(sizes[i].number, sizes[i].unit, &bytes, &err);

		must_in(sizes[i].number);
		must(r == (sizes[i].what == NULL ? 0 : -1));
		must_u64(bytes, sizes[i].bytes);
		if (sizes[i].what != NULL)
			must_str(err.what, sizes[i].what);
	}
	must_in("");
}

static const struct {
	const char *xml;
	const char *where, *what;
} bad[] = {
	{ "<a/>", "f:1", "<a> is no domain of libvirt" },
	{ "<domstatus/>", "f:1", "<domstatus> is no domain of libvirt" },
	{ "<domain xmlns='urn:x'><name>a</name></domain>", "f:1",
	  "<domain> is no domain of libvirt" },
	{ "<domain/>", "f:1", "the domain has no name" },
	{ "<domain><name> </name></domain>", "f:1", "the domain has no name" },
	{ "<domain>\n<name>a</name>\n<memory unit='KX'>1</memory></domain>", "f:3: <memory>",
	  "there is no unit 'KX'" },
	{ "<domain><name>a</name><maxMemory slots='-1'>1</maxMemory></domain>",
	  "f:1: <maxMemory>", "'-1' is no number" },
	{ "<domain id='x'><name>a</name></domain>", "f:1: <domain>", "'x' is no number" },
	{ "<domain><name>a</name><devices><memory/></devices></domain>", "f:1: <memory>",
	  "it has no model" },
	{ "<domain><name>a</name><devices><memory model='nvdimm'><target><size>1.5</size>"
	  "</target></memory></devices></domain>",
	  "f:1: <size>", "'1.5' is no number" },
	{ "<domain><name>a</name><devices><hostdev type='pci'><source><address slot='0x20'/>"
	  "</source></hostdev></devices></domain>",
	  "f:1: <address>", "there is no slot '0x20'" },
};

static void refuses(void)
{
	for (size_t i = 0; i < LEND_COUNT(bad); i++) {
		struct lend_arena arena = { 0 };
		struct lend_err err = { 0 };
		struct lend_domain d;

		must_in(bad[i].xml);
		must(lend_domain_parse(&arena, "f", bad[i].xml, strlen(bad[i].xml), &d, &err) <
		     0);
		must_u64(err.code, LEND_E_FORMAT);
		must_str(err.what, bad[i].what);
		must_str(err.where, bad[i].where);
		lend_arena_done(&arena);
	}
	must_in("");
}

static void recognises(void)
{
	static const char *const yes[] = { "<domain>", " \n<domain type='kvm'>",
					   "<?xml version='1.0'?>\n<!-- a <b> -->\n<domain ",
					   "<domstatus state='x'>" };
	static const char *const no[] = { "",      "<domainsnapshot>", "<!-- <domain>",
					  "<?xml", "domain:",          "<dom" };

	for (size_t i = 0; i < LEND_COUNT(yes); i++) {
		must_in(yes[i]);
		must(lend_domain_recognise(yes[i], strlen(yes[i])));
	}
	for (size_t i = 0; i < LEND_COUNT(no); i++) {
		must_in(no[i]);
		must(!lend_domain_recognise(no[i], strlen(no[i])));
	}
	must_in("");
}

static void has_limits(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf xml = { 0 };
	struct lend_domain d;

	lend_buf_puts(&xml, "<domain><name>a</name><devices>");
	for (int i = 0; i <= LEND_DOMAIN_ITEMS_MAX; i++)
		lend_buf_puts(&xml, "<disk/>");
	lend_buf_puts(&xml, "</devices></domain>");
	must(lend_domain_parse(&arena, "f", xml.text, xml.len, &d, &err) < 0);
	must_str(err.what, "there are more than 4096");
	lend_arena_done(&arena);
}

static void writes_what_is_attached(void)
{
	static const char want[] = "<memory model='nvdimm' access='shared'>\n"
				   "  <source>\n"
				   "    <path>/a&lt;b</path>\n"
				   "  </source>\n"
				   "  <target>\n"
				   "    <size unit='KiB'>133120</size>\n"
				   "    <node>0</node>\n"
				   "    <label>\n"
				   "      <size unit='KiB'>2048</size>\n"
				   "    </label>\n"
				   "  </target>\n"
				   "  <address type='dimm' slot='3' base='0x100000000'/>\n"
				   "</memory>\n";
	const struct lend_domain_memory m = { .model = "nvdimm",
					      .access = "shared",
					      .path = "/a<b",
					      .size_bytes = lend_opt(130 * MIB),
					      .label_bytes = lend_opt(2 * MIB),
					      .node = lend_opt(0),
					      .slot = lend_opt(3),
					      .base = lend_opt(UINT64_C(1) << 32) };
	const struct lend_domain_hostdev h = {
		.host = { .domain = 0x10000, .bus = 0xde, .device = 31, .function = 1 },
		.managed = LEND_TRI_ON
	};
	lend_auto_buf out = { 0 };

	lend_domain_write_memory(&out, &m);
	must_str(lend_buf_text(&out), want);
	lend_buf_reset(&out);
	lend_domain_write_hostdev(&out, &h);
	must_str(lend_buf_text(&out),
		 "<hostdev mode='subsystem' type='pci' managed='yes'>\n"
		 "  <source>\n"
		 "    <address domain='0x10000' bus='0xde' slot='0x1f' function='0x1'/>\n"
		 "  </source>\n"
		 "</hostdev>\n");
}

int main(int argc, char **argv)
{
	must(argc == 2);
	reads_a_live_one(argv[1]);
	reads_one_by_hand(argv[1]);
	reads_sizes();
	refuses();
	recognises();
	has_limits();
	writes_what_is_attached();
	return 0;
}
