/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/kind-vm.h"

#include "base/attr.h"

/* clang-format off */
static const struct lend_field fields[] = {
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, hypervisor, "qemu or esxi; of another one, as libvirt calls it"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_vm, pid, "process id of its QEMU"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_vm, unstable_name, "true when the name is only a process id"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_vm, uuid, LEND_HIDE_UUID,
		"-uuid, or uuid.bios of a .vmx"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, machine, "machine type as given"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, qemu_version, "version in the QMP greeting"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_vm, nvdimm, "machine option nvdimm=on"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, persistence, "machine option nvdimm-persistence"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_vm, acpi, "the machine has ACPI, which NVDIMMs need"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, cpu, "-cpu as given"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_vm, ram_bytes, "-m size"),
	LEND_FIELD(LEND_FIELD_COUNT, lend_vm, slots, "-m slots"),
	LEND_FIELD(LEND_FIELD_BYTES, lend_vm, maxmem_bytes, "-m maxmem"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, double_ids, "of a VM that would be: ids that two devices, or two backends have"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, double_memdevs, "of a VM that would be: backends that two devices want"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, missing_memdevs, "of a VM that would be: backends that a device wants and nobody makes"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, open_vnc, "VNC without a password, for others than this host"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, open_monitors, "monitors and gdb on all addresses of this host"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, open_ports, "forwards, serial ports, SPICE without a password on all addresses"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, incoming, "how its memory comes from another host at the start: tcp, defer, ..."),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, rollback, "-loadvm, -snapshot: what goes back to an older state"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_vm, waiting, "true while it waits for the first client of a chardev"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, state, "running, paused, off: of a domain of libvirt, or of a VM of ESXi"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, libvirt, "connection to the libvirt that it belongs to"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_vm, defined, "libvirt keeps it when it is off"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, next_slots, "slots of its NVDIMMs from its next start on, when libvirt will give it others than now"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_vm, config, LEND_HIDE_PATH,
		"its .vmx, on the host"),
	LEND_FIELD(LEND_FIELD_BOOL, lend_vm, registered, "of ESXi: the host has it in its list; false: its .vmx only lies on a volume"),
	LEND_FIELD(LEND_FIELD_TEXT, lend_vm, passthru_other, "of ESXi: a function that it was made for, and another one is there"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_vm, monitor, LEND_HIDE_PATH,
		"QMP socket"),
	LEND_FIELD_HIDE(LEND_FIELD_TEXT, lend_vm, agent, LEND_HIDE_PATH,
		"guest agent socket"),
};
/* clang-format on */

extern const struct lend_kind_info lend_kind_vm;
const struct lend_kind_info lend_kind_vm = {
	.name = "vm",
	.help = "virtual machines",
	.size = sizeof(struct lend_vm),
	.fields = fields,
	.n_fields = LEND_COUNT(fields),
};
