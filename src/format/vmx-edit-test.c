/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing a .vmx: devices and memory of passthrough, NVDIMMs. */

#include "base/err.h"
#include "format/vmx.h"
#include "tests/must.h"

static int parse(const char *text, struct lend_arena *arena, struct lend_vmx *ret_vmx)
{
	return lend_vmx_parse(text, strlen(text), arena, ret_vmx, NULL);
}

static void removes_lines(void)
{
	struct lend_arena arena = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_err err = { 0 };
	struct lend_vmx vmx;

	must(parse("# c\na = \"1\"\nb = 2\npciPassthru1.id = \"x\"\nA = \"3\"\n"
		   "PciPassthru10.id = \"y\"\npcipassthru1.present = \"TRUE\"\nwhat\n",
		   &arena, &vmx) == 0);
	must(lend_vmx_check(&vmx, &err) == -1);
	must_str(err.what, "lines 2 and 5 set the same key: A; ESXi refuses the VM");
	must_u64(lend_vmx_remove(&vmx, "A"), 2);
	must_u64(lend_vmx_remove(&vmx, "A"), 0);
	must_u64(vmx.n_duplicates, 0);
	must(lend_vmx_check(&vmx, NULL) == 0);
	must_u64(lend_vmx_remove_all(&vmx, "pciPassthru1."), 2);
	must_u64(lend_vmx_remove(&vmx, "b"), 1);
	must_u64(vmx.n_unquoted, 0);
	must(lend_vmx_get(&vmx, "pciPassthru1.id") == NULL);
	lend_vmx_write(&vmx, &out);
	must_str(out.text, "# c\nPciPassthru10.id = \"y\"\nwhat\n");
	lend_arena_done(&arena);
}

static const struct {
	const char *id;
	enum lend_vmx_spelling spelling;
	const char *hex; /* NULL: none */
} ids[] = {
	{ "00000:013:00.0", LEND_VMX_ID_HOST, "0000:0d:00.0" },
	{ "00000:098:00.5", LEND_VMX_ID_HOST, "0000:62:00.5" },
	{ "0:66:0.0", LEND_VMX_ID_HOST, "0000:42:00.0" },
	{ "06:00.0", LEND_VMX_ID_HOST, "0000:06:00.0" },
	{ "130:00.0", LEND_VMX_ID_HOST, "0000:82:00.0" },
	{ "00000:005:31.7", LEND_VMX_ID_HOST, "0000:05:1f.7" },
	{ "0000:42:00.0", LEND_VMX_ID_UNSURE, "0000:2a:00.0" },
	{ "00000:42:00.0", LEND_VMX_ID_UNSURE, "0000:2a:00.0" },
	{ "0000:0d:00.0", LEND_VMX_ID_HEX, NULL },
	{ "00000:256:00.0", LEND_VMX_ID_ODD, NULL },
	{ "00000:001:32.0", LEND_VMX_ID_ODD, NULL },
	{ "", LEND_VMX_ID_ODD, NULL },
	{ "vmhba0", LEND_VMX_ID_ODD, NULL },
};

static void reads_ids(void)
{
	for (size_t i = 0; i < LEND_COUNT(ids); i++) {
		struct lend_arena arena = { 0 };
		lend_auto_buf text = { 0 };
		struct lend_vmx_passthru *p;
		struct lend_vmx vmx;
		size_t n;

		must_in(ids[i].id);
		lend_buf_printf(&text, "pciPassthru0.id = \"%s\"\n", ids[i].id);
		must(parse(text.text, &arena, &vmx) == 0);
		lend_vmx_passthrus(&vmx, &arena, &p, &n);
		must_u64(n, 1);
		must_u64(p[0].spelling, ids[i].spelling);
		if (ids[i].hex != NULL) {
			struct lend_pci_address address = lend_pci_of_decimal(&p[0].at);
			char hex[LEND_PCI_ADDRESS_TEXT];

			lend_pci_address_format(&address, hex);
			must_str(hex, ids[i].hex);
		}
		lend_arena_done(&arena);
	}
	must_in("");
}

static void lists_devices(void)
{
	struct lend_arena arena = { 0 };
	struct lend_vmx_passthru *p;
	struct lend_vmx vmx;
	size_t n;

	must(parse("pciPassthru.use64bitMMIO = \"TRUE\"\n"
		   "pciPassthru10.present = \"TRUE\"\n"
		   "pciPassthru10.allowedDevices = \"0x8086:0x28c0\"\n"
		   "pciPassthru2.present = \"FALSE\"\npciPassthru2.id = \"00000:098:00.5\"\n"
		   "pciPassthru2.vendorId = \"0x8086\"\npciPassthru2.deviceId = \"0x28C0\"\n"
		   "pciPassthru2.systemId = \"5c8e\"\n"
		   "pciPassthru3.id = \"x\"\npciPassthru3.deviceId = \"0\"\n"
		   "pciPassthru3.vendorId = \"8086\"\npciPassthru3.pfId = \"0\"\n"
		   "pciPassthru4.vendorId = \"0x1\"\npciPassthru05.id = \"x\"\n",
		   &arena, &vmx) == 0);
	lend_vmx_passthrus(&vmx, &arena, &p, &n);
	must_u64(n, 3);
	must_u64(p[0].number, 2);
	must(!p[0].present);
	must_u64(p[0].vendor.v, 0x8086);
	must_u64(p[0].device.v, 0x28c0);
	must_str(p[0].system_id, "5c8e");
	must_u64(p[1].number, 3);
	must(p[1].present && !p[1].device.has && !p[1].vendor.has);
	must_str(p[1].pf_id, "0");
	must_u64(p[2].number, 10);
	must_u64(p[2].spelling, LEND_VMX_ID_NONE);
	must_str(p[2].allowed_devices, "0x8086:0x28c0");
	lend_arena_done(&arena);
}

static void adds_devices(void)
{
	static const struct lend_pci_address vmd = { .bus = 0x62, .function = 5 };
	struct lend_arena arena = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_vmx vmx;

	must(parse("memSize = \"16384\"\nsched.mem.min = 16384\n", &arena, &vmx) == 0);
	lend_vmx_set_passthru(&vmx, 0, &vmd, 0x8086, 0x28c0, NULL);
	lend_vmx_set_nvdimm(&vmx, 0, 1, "/vmfs/volumes/PMemDS-1/vm/vm_1.vmdk");
	must(lend_vmx_pin_memory(&vmx, NULL) == 0);
	lend_vmx_write(&vmx, &out);
	must_str(out.text, "memSize = \"16384\"\n"
			   "sched.mem.min = \"16384\"\n"
			   "pciPassthru0.present = \"TRUE\"\n"
			   "pciPassthru0.id = \"00000:098:00.5\"\n"
			   "pciPassthru0.deviceId = \"0x28c0\"\n"
			   "pciPassthru0.vendorId = \"0x8086\"\n"
			   "nvdimm0.present = \"TRUE\"\n"
			   "nvdimm0:1.present = \"TRUE\"\n"
			   "nvdimm0:1.fileName = \"/vmfs/volumes/PMemDS-1/vm/vm_1.vmdk\"\n"
			   "sched.mem.minSize = \"16384\"\n"
			   "sched.mem.pin = \"TRUE\"\n");
	lend_arena_done(&arena);
}

static void needs_a_size(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	struct lend_vmx vmx;

	must(parse("a = \"1\"\n", &arena, &vmx) == 0);
	must(lend_vmx_pin_memory(&vmx, &err) == -1);
	must_str(err.what, "memSize is missing, no number of MB");
	err = (struct lend_err){ 0 };
	must(parse("memSize = \"16G\"\n", &arena, &vmx) == 0);
	must(lend_vmx_pin_memory(&vmx, &err) == -1);
	must_str(err.what, "memSize is '16G', no number of MB");
	must(lend_vmx_get(&vmx, "sched.mem.pin") == NULL);
	lend_arena_done(&arena);
}

int main(void)
{
	removes_lines();
	reads_ids();
	lists_devices();
	adds_devices();
	needs_a_size();
	return 0;
}
