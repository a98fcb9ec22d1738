/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wishes that are good: read, written, read again. */

#include "format/wish-yaml.h"

#include "base/err.h"
#include "tests/must.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static struct lend_arena arena;

static struct lend_wish parse(const char *text)
{
	struct lend_wish wish = { 0 };
	struct lend_err err = { 0 };

	if (lend_wish_parse(&arena, "f", text, strlen(text), &wish, &err) < 0) {
		lend_auto_buf said = { 0 };

		lend_err_put(&err, true, &said);
		must_str(said.text, "");
	}
	return wish;
}

/* Both ways; the text is NULL when only the way back is of interest. */
static void writes(const struct lend_wish *wish, const char *want)
{
	lend_auto_buf out = { 0 };
	lend_auto_buf again = { 0 };
	struct lend_wish back;

	lend_wish_write(&out, wish, NULL);
	if (want != NULL)
		must_str(out.text, want);
	back = parse(out.text);
	must(lend_wish_same(wish, &back));
	lend_wish_write(&again, &back, NULL);
	must_str(again.text, out.text);
}

/* ---- all keys ---- */

static const char full[] = "vm: db1\n"
			   "hypervisor: libvirt\n"
			   "uuid: 2f1cf0ff-8a2e-4b64-a0c3-0e8f21c4d7e5\n"
			   "machine: q35\n"
			   "accel: kvm\n"
			   "cpu: host,-clwb\n"
			   "cpus: 4\n"
			   "memory: 16 GiB\n"
			   "max-memory: 64 GiB\n"
			   "slots: 8\n"
			   "room:\n"
			   "  slots: 2\n"
			   "  memory: 8 GiB\n"
			   "firmware: uefi\n"
			   "firmware-vars: /var/lib/vm/db1-vars.fd\n"
			   "kernel:\n"
			   "  image: /boot/vmlinuz\n"
			   "  initrd: /boot/initrd.img\n"
			   "  append: console=ttyS0 quiet\n"
			   "disk:\n"
			   "  - path: /var/lib/vm/db1.qcow2\n"
			   "    size: 20 GB\n"
			   "    format: qcow2\n"
			   "    bus: nvme\n"
			   "    readonly: true\n"
			   "  - /dev/sdb\n"
			   "install: https://example.org/debian.iso\n"
			   "boot: install\n"
			   "network: user\n"
			   "mac: \"52:54:00:12:34:56\"\n"
			   "ssh: 2222\n"
			   "forward:\n"
			   "  - \"8080:80\"\n"
			   "  - \"0.0.0.0:8443:443\"\n"
			   "  - \"[::1]:9000:90\"\n"
			   "vnc: \"127.0.0.1:0\"\n"
			   "agent: false\n"
			   "nvdimm-persistence: mem-ctrl\n"
			   "pmem:\n"
			   "  - name: log\n"
			   "    size: 4 GiB\n"
			   "    backing: /mnt/pmem0/db1-log.img\n"
			   "    label: 2 MiB\n"
			   "    slot: 3\n"
			   "    node: 1\n"
			   "    align: 2 MiB\n"
			   "    persistence: required\n"
			   "    readonly: false\n"
			   "    pmem: true\n"
			   "    share: true\n"
			   "  - name: data\n"
			   "    size: 1.5 GiB\n"
			   "    backing: /dev/dax0.0\n"
			   "    label: 0\n"
			   "pci:\n"
			   "  - vmd: \"0000:62:00.5\"\n"
			   "    expect: 8086:28c0\n"
			   "  - device: 0000:3b:00.0\n"
			   "  - serial: S4YNNE0N800001\n"
			   "numa:\n"
			   "  - memory: 16 GiB\n"
			   "    cpus: \"0-2,3\"\n"
			   "  - memory: 0\n"
			   "qemu: /usr/bin/qemu-system-x86_64\n"
			   "qemu-args:\n"
			   "  - \"-device\"\n"
			   "  - edu\n";

static void check_pmem(const struct lend_wish_pmem *pmem)
{
	must_u64(pmem->at.line, 40);
	must_u64(pmem->at.column, 5);
	must_str(pmem->name, "log");
	must_u64(pmem->size_bytes.v, 4 * GIB);
	must_str(pmem->backing, "/mnt/pmem0/db1-log.img");
	must_u64(pmem->label_bytes.v, 2 * MIB);
	must(pmem->slot.has && pmem->slot.v == 3);
	must(pmem->node.has && pmem->node.v == 1);
	must_u64(pmem->align_bytes.v, 2 * MIB);
	must(pmem->persistence == LEND_WISH_PERSISTENCE_REQUIRED);
	must(pmem->readonly == LEND_TRI_OFF);
	must(pmem->pmem == LEND_TRI_ON && pmem->share == LEND_TRI_ON);
	must(pmem[1].label_bytes.has && pmem[1].label_bytes.v == 0);
	must(!pmem[1].slot.has && pmem[1].share == LEND_TRI_UNSET);
	must(pmem[1].persistence == LEND_WISH_PERSISTENCE_UNSET);
}

static void check_lists(const struct lend_wish *w)
{
	must_u64(w->n_disks, 2);
	must_u64(w->disks[0].size_bytes.v, 20000000000);
	must_str(w->disks[0].format, "qcow2");
	must_str(w->disks[0].bus, "nvme");
	must(w->disks[0].readonly == LEND_TRI_ON);
	must_str(w->disks[1].path, "/dev/sdb");
	must(!w->disks[1].size_bytes.has);
	must_u64(w->n_forwards, 4);
	must(w->forwards[0].address == NULL);
	must_u64(w->forwards[0].host_port, 2222);
	must_u64(w->forwards[0].guest_port, 22);
	must_str(w->forwards[2].address, "0.0.0.0");
	must_str(w->forwards[3].address, "::1");
	must_u64(w->forwards[3].host_port, 9000);
	must_u64(w->forwards[3].guest_port, 90);
	must_u64(w->n_pci, 3);
	must_str(w->pci[0].vmd, "0000:62:00.5");
	must_str(w->pci[0].expect, "8086:28c0");
	must_str(w->pci[1].device, "0000:3b:00.0");
	must_str(w->pci[2].serial, "S4YNNE0N800001");
	must_u64(w->n_numa, 2);
	must_str(w->numa[0].cpus, "0-2,3");
	must(w->numa[1].cpus == NULL && w->numa[1].memory_bytes.has);
	must_u64(w->n_qemu_args, 2);
	must_str(w->qemu_args[0], "-device");
	must_u64(w->n_pmem, 2);
	check_pmem(w->pmem);
}

static void everything(void)
{
	struct lend_wish w = parse(full);

	must_str(w.vm, "db1");
	must_u64(w.vm_at.line, 1);
	must_u64(w.vm_at.column, 5);
	must(w.hypervisor == LEND_WISH_LIBVIRT);
	must_str(w.cpu, "host,-clwb");
	must_u64(w.cpus.v, 4);
	must_u64(w.memory_bytes.v, 16 * GIB);
	must_u64(w.memory_at.line, 8);
	must_u64(w.max_memory_bytes.v, 64 * GIB);
	must_u64(w.slots.v, 8);
	must_u64(w.room_slots.v, 2);
	must_u64(w.room_bytes.v, 8 * GIB);
	must_str(w.kernel, "/boot/vmlinuz");
	must_str(w.append, "console=ttyS0 quiet");
	must(w.network == LEND_WISH_NETWORK_USER);
	must_u64(w.vnc_at.line, 36);
	must(w.agent == LEND_TRI_OFF);
	must_str(w.nvdimm_persistence, "mem-ctrl");
	check_lists(&w);
	must(lend_wish_find_pmem(&w, "data") == &w.pmem[1]);
	must(lend_wish_find_pmem(&w, "dat") == NULL);
	writes(&w, full);
}

/* Each key is in the wish above, has a line of help, and an example where it has one value. */
static void lists_keys(void)
{
	struct lend_wish_key key;
	size_t n = 0;

	for (; lend_wish_key(n, &key); n++) {
		lend_auto_buf line = { 0 };
		bool list = strcmp(key.key, "room") == 0 || strcmp(key.key, "kernel") == 0 ||
			    strcmp(key.key, "disk") == 0 || strcmp(key.key, "pmem") == 0 ||
			    strcmp(key.key, "pci") == 0 || strcmp(key.key, "numa") == 0;

		must_in(key.key);
		lend_buf_printf(&line, "%s:", key.key);
		must(strstr(full, line.text) != NULL);
		must(key.help != NULL && *key.help != '\0' && strchr(key.help, '\n') == NULL);
		must(key.example != NULL || (list && *key.below == '\0'));
	}
	must_in("");
	must(n > 50);
}

/* ---- spellings ---- */

static const struct {
	const char *yaml;
	const char *written;
} spellings[] = {
	/* The example of the documentation. */
	{ "vm: db1\nhypervisor: qemu            # qemu | libvirt | esxi\nmemory: 16 GiB\ncpus: 4\n"
	  "pci:\n  - vmd: \"0000:62:00.5\"     # or device\n    expect: 8086:28C0\n",
	  "vm: db1\ncpus: 4\nmemory: 16 GiB\npci:\n  - vmd: \"0000:62:00.5\"\n    expect: 8086:28c0\n" },
	{ "vm: 010", "vm: \"010\"\n" },
	{ "vm: yes", "vm: \"yes\"\n" },
	{ "vm: '1'\r\ncpus: \"4\"\r\n", "vm: \"1\"\ncpus: 4\n" },
	{ "\xef\xbb\xbfvm: a", "vm: a\n" },
	{ "%YAML 1.2\n---\nvm: a\n...\n", "vm: a\n" },
	{ "{vm: a, cpus: 0x10}", "vm: a\ncpus: 16\n" },
	{ "\"vm\": a\n", "vm: a\n" },
	{ "cpus: 1\nvm: a\n", "vm: a\ncpus: 1\n" },
	{ "vm: a\nmemory: 4G", "vm: a\nmemory: 4 GiB\n" },
	{ "vm: a\nmemory: 4GiB", "vm: a\nmemory: 4 GiB\n" },
	{ "vm: a\nmemory: '4 gib'", "vm: a\nmemory: 4 GiB\n" },
	{ "vm: a\nmemory: 4 GB", "vm: a\nmemory: 4 GB\n" },
	{ "vm: a\nmemory: 4000000000 B", "vm: a\nmemory: 4 GB\n" },
	{ "vm: a\nmemory: 4500 MB", "vm: a\nmemory: 4500 MB\n" },
	{ "vm: a\nmemory: 1.5 GiB", "vm: a\nmemory: 1.5 GiB\n" },
	{ "vm: a\nroom: {memory: 0, slots: 0}", "vm: a\nroom:\n  slots: 0\n  memory: 0\n" },
	{ "vm: a\nroom: {memory: 0 GiB}", "vm: a\nroom:\n  memory: 0\n" },
	{ "vm: a\nroom: {}\nnuma: [{}]\nkernel: {image: /b}",
	  "vm: a\nkernel:\n  image: /b\nnuma:\n  - {}\n" },
	{ "vm: a\nagent: ON", "vm: a\nagent: true\n" },
	{ "vm: a\nagent: 'No'", "vm: a\nagent: false\n" },
	{ "vm: a\nuuid: 2F1CF0FF-8A2E-4B64-A0C3-0E8F21C4D7E5",
	  "vm: a\nuuid: 2f1cf0ff-8a2e-4b64-a0c3-0e8f21c4d7e5\n" },
	{ "vm: a\nmac: 52:54:00:AB:CD:EF", "vm: a\nmac: 52:54:00:ab:cd:ef\n" },
	{ "vm: a\npci: [{device: 3B:00.0}]", "vm: a\npci:\n  - device: 0000:3b:00.0\n" },
	{ "vm: a\npci: [{device: 0000:62:00.5}]",
	  "vm: a\npci:\n  - device: \"0000:62:00.5\"\n" },
	{ "vm: a\npci: [{serial: 0012}]", "vm: a\npci:\n  - serial: \"0012\"\n" },
	{ "vm: a\ndisk: /b", "vm: a\ndisk: /b\n" },
	{ "vm: a\ndisk: {path: /b}", "vm: a\ndisk: /b\n" },
	{ "vm: a\ndisk: {path: /b, bus: ide}", "vm: a\ndisk:\n  - path: /b\n    bus: ide\n" },
	{ "vm: a\ndisk: [/b, /c]", "vm: a\ndisk:\n  - /b\n  - /c\n" },
	{ "vm: a\ndisk: [{path: /b, readonly: on}, {path: /b, readonly: on}]", NULL },
	{ "vm: a\ndisk: []\npmem: []\npci: []", "vm: a\n" },
	{ "vm: a\nnetwork: none", "vm: a\nnetwork: none\n" },
	{ "vm: a\nnetwork: {bridge: br0}", "vm: a\nnetwork:\n  bridge: br0\n" },
	{ "vm: a\nnetwork:\n  tap: vnet0", "vm: a\nnetwork:\n  tap: vnet0\n" },
	{ "vm: a\nssh: localhost:22", "vm: a\nssh: \"127.0.0.1:22\"\n" },
	{ "vm: a\nforward: 80:80\nssh: 0.0.0.0:2222",
	  "vm: a\nssh: \"0.0.0.0:2222\"\nforward:\n  - \"80:80\"\n" },
	{ "vm: a\nforward: [80:80, 2222:22]", NULL },
	{ "vm: a\nforward: [2222:22, 80:80, 2223:22]",
	  "vm: a\nssh: 2222\nforward:\n  - \"80:80\"\n  - \"2223:22\"\n" },
	{ "vm: a\nforward: [127.0.0.1:80:80, 127.0.0.2:80:80, \"[::1]:80:80\"]", NULL },
	{ "vm: a\nvnc: none", "vm: a\n" },
	{ "vm: a\nvnc: :1", "vm: a\nvnc: \":1\"\n" },
	{ "vm: a\nvnc: unix:/run/a b", "vm: a\nvnc: unix:/run/a b\n" },
	{ "vm: a\nvnc: \"[::1]:5\"", "vm: a\nvnc: \"[::1]:5\"\n" },
	{ "vm: a\nfirmware: /usr/share/OVMF/OVMF_CODE_4M.fd",
	  "vm: a\nfirmware: /usr/share/OVMF/OVMF_CODE_4M.fd\n" },
	{ "vm: a\nqemu: qemu-system-x86_64", "vm: a\nqemu: qemu-system-x86_64\n" },
	{ "vm: a\nhypervisor: esxi", "vm: a\nhypervisor: esxi\n" },
	{ "vm: a\npmem: [{name: log, size: 1 GiB, backing: /b}]\ndisk: /log", NULL },
};

static void spells(void)
{
	for (size_t i = 0; i < LEND_COUNT(spellings); i++) {
		struct lend_wish wish;

		must_in(spellings[i].yaml);
		wish = parse(spellings[i].yaml);
		writes(&wish, spellings[i].written);
	}
	must_in("");
}

/* Written safely, whatever it is; the plain ones stay plain. */
static void quotes(void)
{
	static const struct {
		const char *text;
		const char *written; /* NULL: in quotes, as JSON has it */
	} texts[] = {
		{ "", "\"\"" },
		{ "yes", "\"yes\"" },
		{ "No", "\"No\"" },
		{ "null", "\"null\"" },
		{ "~", "\"~\"" },
		{ "n", "\"n\"" },
		{ "010", "\"010\"" },
		{ "0x1F", "\"0x1F\"" },
		{ "0o17", "\"0o17\"" },
		{ "1e3", "\"1e3\"" },
		{ "1.5", "\"1.5\"" },
		{ "2024-01-01", "\"2024-01-01\"" },
		{ "12:30:00", "\"12:30:00\"" },
		{ ".inf", "\".inf\"" },
		{ "-device", "\"-device\"" },
		{ "a: b", "\"a: b\"" },
		{ "a:", "\"a:\"" },
		{ "a #b", "\"a #b\"" },
		{ "#b", "\"#b\"" },
		{ " a", "\" a\"" },
		{ "a ", "\"a \"" },
		{ "a  b", "\"a  b\"" },
		{ "[a]", "\"[a]\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\nb\tc\rd", "\"a\\nb\\u0009c\\u000dd\"" },
		{ "\x1b[0m\x7f", "\"\\u001b[0m\\u007f\"" },
		{ "\xc2\x85\xe2\x80\xa8\xef\xbb\xbf", "\"\\u0085\\u2028\\ufeff\"" },
		{ "\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", "\"\\ufffe\\uffff\xef\xbf\xbd\"" },
		{ "M\xc3\xbcller", "\"M\xc3\xbcller\"" },
		{ "---", "\"---\"" },
		{ "edu", "edu" },
		{ "console=ttyS0 quiet", "console=ttyS0 quiet" },
		{ "nvdimm,id=n0,memdev=m0", "nvdimm,id=n0,memdev=m0" },
		{ "/mnt/a", "/mnt/a" },
		{ "127.x", "127.x" },
	};

	for (size_t i = 0; i < LEND_COUNT(texts); i++) {
		const char *args[] = { texts[i].text };
		struct lend_wish wish = { .vm = "a", .qemu_args = args, .n_qemu_args = 1 };
		lend_auto_buf want = { 0 };

		must_in(texts[i].text);
		lend_buf_printf(&want, "vm: a\nqemu-args:\n  - %s\n", texts[i].written);
		writes(&wish, want.text);
	}
	must_in("");
}

static void comments(void)
{
	struct lend_wish wish = { .vm = "a" };
	lend_auto_buf out = { 0 };

	lend_wish_write(&out, &wish,
			"made by lend\n\nof \x1b[0m \xff \xe2\x80\xa8 M\xc3\xbcller\r\n");
	must_str(out.text, "# made by lend\n#\n# of ?[0m ? ? M\xc3\xbcller?\nvm: a\n");
	wish = parse(out.text);
}

/* ---- limits ---- */

static void limits(void)
{
	lend_auto_buf text = { 0 };
	struct lend_err err = { 0 };
	struct lend_wish wish;

	lend_buf_puts(&text, "vm: a\nqemu-args:\n");
	for (int i = 0; i < LEND_WISH_ARGS_MAX; i++)
		lend_buf_puts(&text, "- x\n");
	wish = parse(text.text);
	must_u64(wish.n_qemu_args, LEND_WISH_ARGS_MAX);
	lend_buf_puts(&text, "- x\n");
	must(lend_wish_parse(&arena, "f", text.text, text.len, &wish, &err) < 0);
	must_str(err.what, "4097 are too many: at most 4096");
	must_str(err.where, "f:3:1: qemu-args");

	lend_buf_reset(&text);
	lend_buf_puts(&text, "vm: a\ndisk:\n");
	for (int i = 0; i <= LEND_WISH_ITEMS_MAX; i++)
		lend_buf_puts(&text, "- /x\n");
	err = (struct lend_err){ 0 };
	must(lend_wish_parse(&arena, "f", text.text, text.len, &wish, &err) < 0);
	must_str(err.what, "257 are too many: at most 256");

	while (text.len <= LEND_WISH_BYTES_MAX)
		lend_buf_puts(&text, "# more\n");
	err = (struct lend_err){ 0 };
	must(lend_wish_parse(&arena, "f", text.text, text.len, &wish, &err) < 0);
	must(strstr(err.what, "bytes are too many for a wish") != NULL);
}

/* ---- one pmem ---- */

static const struct {
	const char *text;
	const char *says; /* NULL: it is good */
	const char *hint;
} pmems[] = {
	{ "name=log,size=4GiB,backing=/x", NULL, "" },
	{ "backing=/a,,b=c,name=log", NULL, "" },
	{ "name=log,backing=/x,", NULL, "" },
	{ "name=log,backing=/x,readonly=on,label=128K,slot=2", NULL, "" },
	{ "", "this pmem has no 'name'", "write 'name: log'" },
	{ "name=log", "this pmem has no 'backing'", "write 'backing: /mnt/pmem0/db1-log.img'" },
	{ "name=log,size=4,backing=/x", "size: '4' is no size: it has no unit",
	  "write the unit: '4 MiB', '4 GiB' or '4 B'" },
	{ "name=log,backing=x", "backing: 'x' is a relative path", "write the path from / on" },
	{ "name=log,backing=/x,name=b", "'name' is there twice", "" },
	{ "name=log,backing=/x,lable=0", "unknown key 'lable'", "did you mean 'label'?" },
	{ "name=log,backing=/x,readonly", "'readonly' has no '=' and no value",
	  "write name=NAME,size=SIZE,backing=PATH" },
	{ "name=,backing=/x", "name: the text is empty", "leave the line out" },
	{ ",", "'' has no '=' and no value", "write name=NAME,size=SIZE,backing=PATH" },
	{ "name=log,backing=/x,align=3MiB", "pmem 'log': its alignment is no power of two",
	  "write 2 MiB or 1 GiB, or leave it out" },
	{ "name=1,name=1,name=1,name=1,name=1,name=1,name=1,name=1,name=1,name=1,name=1,name=1,"
	  "name=1,name=1,name=1,name=1",
	  "name: '1' cannot be the name of a device", NULL },
	{ "slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,"
	  "slot=1,slot=1,slot=1,slot=1",
	  "'slot' is there twice", "" },
};

static void one_pmem(void)
{
	struct lend_wish_pmem pmem = { 0 };

	for (size_t i = 0; i < LEND_COUNT(pmems); i++) {
		struct lend_err err = { 0 };
		lend_auto_buf said = { 0 };
		int r;

		must_in(pmems[i].text);
		r = lend_wish_parse_pmem(&arena, pmems[i].text, &pmem, &err);
		must((r == 0) == (pmems[i].says == NULL));
		lend_err_put(&err, false, &said);
		must_str(lend_buf_text(&said), pmems[i].says == NULL ? "" : pmems[i].says);
		if (pmems[i].hint != NULL)
			must_str(err.hint, pmems[i].hint);
	}
	must_in("");
	must(lend_wish_parse_pmem(&arena, "backing=/a,,b=c,name=log,label=0", &pmem, NULL) ==
	     0);
	must_str(pmem.backing, "/a,b=c");
	must(!pmem.size_bytes.has && pmem.label_bytes.has && pmem.at.line == 0);
}

int main(void)
{
	everything();
	lists_keys();
	spells();
	quotes();
	comments();
	limits();
	one_pmem();
	lend_arena_done(&arena);
	return 0;
}
