/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lend says of IOMMU groups, held against what VFIO of a real kernel
 * does: a group behind a PCI bridge with the host's driver in it and without
 * (rule group-left-by-host), the AHCI controller in the group of the LPC
 * bridge, a virtual function beside its physical one that the host keeps,
 * memory of a file on DAX that cannot be pinned (pinned-backing-not-fsdax);
 * and a second boot without interrupt remapping (interrupts-isolated).
 */

#include <unistd.h>

#include "base/err.h"
#include "case.h"
#include "prove.h"

#define NEAR "0000:02:01.0" /* two cards behind one PCI bridge */
#define FAR  "0000:02:02.0"
#define AHCI "0000:00:1f.2"
#define VF   "0000:03:00.1"

static const char *const parts[] = {
	"-cpu",
	"max,-la57",
	"-device",
	"intel-iommu,intremap=on,caching-mode=on",
	"-device",
	"pcie-root-port,id=port1,chassis=1,slot=1,addr=2.0,multifunction=on",
	"-device",
	"pcie-root-port,id=port2,chassis=2,slot=2,addr=2.1",
	"-device",
	"pcie-pci-bridge,id=bridge,bus=port1",
	"-device",
	"e1000,bus=bridge,addr=1,mac=52:54:00:12:34:01",
	"-device",
	"e1000,bus=bridge,addr=2,mac=52:54:00:12:34:02",
	"-device",
	"nvme-subsys,id=virtual,nqn=virtual",
	"-device",
	"nvme,id=pf,serial=lab-virtual,subsys=virtual,sriov_max_vfs=4,"
	"sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=12,msix_qsize=8,bus=port2",
	NULL,
};

static const struct lab_dimm wish[] = {
	{ .id = "first",
	  .slot = 0,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
	{ .id = "second",
	  .slot = 1,
	  .pmem_bytes = LAB_UNIT,
	  .label_bytes = 2 * LAB_MIB,
	  .label_minor = 2 },
};

struct vfio {
	struct lab *lab;
	struct lab_tap *tap;
	struct lab_vm *vm;
};

static int tell(struct vfio *v, const char *script, const char *want, const char *about,
		struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (lab_sh(v->lab, v->vm, script, &out, err) < 0)
		return -1;
	if (want != NULL &&
	    !lab_ok(v->tap, strcmp(lend_buf_text(&out), want) == 0, "%s", about))
		lab_note("%s: %swanted: %s", script, lend_buf_text(&out), want);
	return 0;
}

/* Is the rule among what lend check finds inside? */
static int finds(struct vfio *v, const char *rule, bool want, const char *about,
		 struct lend_err *err)
{
	lend_auto_buf script = { 0 };
	lend_auto_buf out = { 0 };
	lend_auto_buf found = { 0 };

	lend_buf_printf(&script, "lend check --json --only %s || [ $? != 2 ]", rule);
	if (lab_sh(v->lab, v->vm, lend_buf_text(&script), &out, err) < 0 ||
	    lab_findings(&out, &found, err) < 0)
		return -1;
	if (!lab_ok(v->tap, (strstr(lend_buf_text(&found), rule) != NULL) == want,
		    "lend check %s %s: %s", want ? "finds" : "does not find", rule, about))
		lab_note("%s", lend_buf_text(&out));
	return 0;
}

static int groups(struct vfio *v, struct lend_err *err)
{
	if (tell(v, "machine-vfio-do give " NEAR, NULL, "", err) < 0 ||
	    finds(v, "group-left-by-host", true, "its neighbour is on e1000", err) < 0 ||
	    tell(v, "machine-vfio-do try " NEAR, "viable 0 container EPERM iommu EINVAL\n",
		 "the kernel refuses the group", err) < 0 ||
	    tell(v, "machine-vfio-do leave " FAR, NULL, "", err) < 0 ||
	    finds(v, "group-left-by-host", false, "its neighbour has no driver", err) < 0 ||
	    tell(v, "machine-vfio-do try " NEAR, "viable 1 container OK iommu OK\n",
		 "the kernel takes the group", err) < 0)
		return -1;
	if (tell(v, "machine-vfio-do give " AHCI, NULL, "", err) < 0 ||
	    tell(v,
		 "cd /sys/bus/pci/devices/0000:03:00.0 && echo 0 >sriov_drivers_autoprobe && "
		 "echo 1 >sriov_numvfs && machine-vfio-do give " VF,
		 NULL, "", err) < 0 ||
	    tell(v, "machine-vfio-do try " VF, "viable 1 container OK iommu OK\n",
		 "a virtual function is taken while the host has the physical one", err) < 0)
		return -1;
	return tell(
		v,
		"machine-vfio-do agree | grep -c same; machine-vfio-do agree | grep -c differs || :",
		"3\n0\n", "lend and the kernel agree about three groups", err);
}

/* A process that is called like a QEMU that would map that file. */
static int play(struct vfio *v, const char *path, struct lend_err *err)
{
	lend_auto_buf script = { 0 };

	lend_buf_printf(&script,
			"[ ! -e /run/pid ] || kill $(cat /run/pid); cp /usr/bin/vfio-try "
			"/usr/bin/qemu-system-x86_64; qemu-system-x86_64 -name db1 -machine "
			"q35,nvdimm=on -m 256M,slots=2,maxmem=1G -object "
			"memory-backend-file,id=m,mem-path=%s,size=16M,share=on -device "
			"nvdimm,memdev=m -device vfio-pci,host=" NEAR
			" </dev/null >/dev/null 2>&1 & echo $! >/run/pid",
			path);
	return tell(v, lend_buf_text(&script), NULL, "", err);
}

static int pinning(struct vfio *v, struct lend_err *err)
{
	static const char rule[] = "pinned-backing-not-fsdax";

	if (tell(v, "machine-vfio-do pmem", NULL, "", err) < 0 ||
	    play(v, "/srv/pmem/file", err) < 0 ||
	    finds(v, rule, true, "a file on DAX", err) < 0 ||
	    tell(v, "machine-vfio-do try " NEAR " /srv/pmem/file",
		 "viable 1 container OK iommu OK map EOPNOTSUPP\n",
		 "the kernel does not pin a file on DAX", err) < 0 ||
	    play(v, "/dev/dax1.0", err) < 0 || finds(v, rule, false, "a DAX device", err) < 0)
		return -1;
	return tell(v, "machine-vfio-do try " NEAR " /dev/dax1.0",
		    "viable 1 container OK iommu OK map OK\n", "the kernel pins a DAX device",
		    err);
}

static int without_remapping(struct vfio *v, struct lend_err *err)
{
	if (tell(v, "machine-vfio-do leave " FAR "; machine-vfio-do give " NEAR, NULL, "",
		 err) < 0 ||
	    finds(v, "interrupts-isolated", true, "intremap=off", err) < 0)
		return -1;
	return tell(v, "machine-vfio-do try " NEAR, "viable 1 container OK iommu EPERM\n",
		    "the kernel refuses an IOMMU that does not remap interrupts", err);
}

/* One boot. */
static int boot(struct lab *lab, struct lab_tap *tap, bool remaps, struct lend_err *err)
{
	struct lab_dimm dimms[LEND_COUNT(wish)];
	char lend[LAB_PATH_MAX + 32];
	const struct lab_file files[] = {
		{ lend, "usr/bin/lend" },
		{ LEND_LAB_FILES "/machine-vfio-do", "usr/bin/machine-vfio-do" },
		{ LEND_LAB_BUILT "/vfio-try", "usr/bin/vfio-try" },
		{ 0 },
	};
	struct lab_vm vm = { .name = remaps ? "vfio" : "unsafe",
			     .machine = "q35,kernel-irqchip=split",
			     .ram_bytes = 768 * LAB_MIB,
			     .cpus = 2,
			     .dimms = dimms,
			     .n_dimms = remaps ? LEND_COUNT(wish) : 0,
			     .is_host = true,
			     .kernel_args =
				     remaps ? "intel_iommu=on initcall_blacklist=shpcd_init"
					    : "intel_iommu=on intremap=off "
					      "initcall_blacklist=shpcd_init",
			     .files = files,
			     .more = parts };
	struct vfio v = { lab, tap, &vm };
	int r;

	memcpy(dimms, wish, sizeof(dimms));
	lab_find_lend(lab, lend, sizeof(lend));
	r = lab_boot(lab, &vm, err);
	if (r == 0 && remaps)
		r = finds(&v, "interrupts-isolated", false, "nothing is given", err);
	if (r == 0)
		r = remaps ? groups(&v, err) : without_remapping(&v, err);
	if (r == 0 && remaps)
		r = finds(&v, "interrupts-isolated", false, "interrupts are remapped", err);
	if (r == 0 && remaps)
		r = pinning(&v, err);
	lab_vm_stop(&vm);
	return r;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	char lend[LAB_PATH_MAX + 32];

	lab_find_lend(lab, lend, sizeof(lend));
	if (access(lend, X_OK) < 0) {
		lab_skip(tap, "no lend program", "lend runs in a guest that plays a host");
		return 0;
	}
	if (lab_host_image(lab, err) < 0 || boot(lab, tap, true, err) < 0)
		return -1;
	return boot(lab, tap, false, err);
}

const struct lab_shape lab_shape_machine_vfio = {
	.name = "machine-vfio",
	.about = "a guest that plays a host: what VFIO does, and lend says of it",
	.run = run,
};
