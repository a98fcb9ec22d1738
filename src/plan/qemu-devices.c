/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks, the ISO to install from, the network, firmware: steps and arguments. */

#include <inttypes.h>

#include "format/qemu-opts.h"
#include "plan/qemu.h"

static void arg2(struct lend_planning *p, const char *option, const char *value)
{
	lend_planning_arg(p, option);
	lend_planning_arg(p, value);
}

/* What is booted first has 1. */
enum boot { FIRST = 1, SECOND, THIRD };

static bool boots(const struct lend_planning *p, const char *what)
{
	return p->wish.boot != NULL && strcmp(p->wish.boot, what) == 0;
}

/* ---- disks ---- */

static void make_disk(struct lend_planning *p, const struct lend_wish_disk *d,
		      const struct lend_wanted_node *seen)
{
	struct lend_step *step;

	if (!d->size_bytes.has) {
		lend_planning_refuse(p, "say a size, and lend makes it", "there is no disk %s",
				     d->path);
		return;
	}
	if (d->format != NULL && strcmp(d->format, "raw") != 0) {
		lend_planning_refuse(p,
				     lend_planning_text(p, "qemu-img create -f %s %s %" PRIu64,
							d->format, d->path, d->size_bytes.v),
				     "there is no disk %s, and lend makes raw ones alone",
				     d->path);
		return;
	}
	/* It has holes: so much is not taken yet. */
	if (!lend_planning_can_make(p, "disk", d->path, seen, 0))
		return;
	step = lend_plan_step(p->plan, "disk", d->path);
	lend_plan_arg(p->plan, step, "vm", p->vm_name);
	lend_plan_arg(p->plan, step, "format", "raw");
	step->before.absent = true;
	lend_pairs_add_u64(p->arena, &step->after.pairs, "size", d->size_bytes.v);
	step->back = LEND_BACK_IF_UNUSED;
	lend_plan_typed(p->plan, step, "truncate -s %" PRIu64 " %s", d->size_bytes.v, d->path);
}

static void check_disk(struct lend_planning *p, const struct lend_wish_disk *d)
{
	const struct lend_wanted_node *seen = lend_planning_seen(p, d->path);
	const char *holder, *rule;

	if (seen == NULL || seen->type.known == LEND_NOT_ASKED) {
		lend_planning_refuse(p, "the capture was not made for this wish",
				     "whether the disk %s is there is not known", d->path);
		return;
	}
	if (seen->type.known == LEND_ABSENT) {
		make_disk(p, d, seen);
		return;
	}
	if (seen->type.known == LEND_UNREADABLE && p->request->remote) {
		lend_planning_refuse(
			p, "make a storage pool of its folder there",
			"whether the disk %s is there cannot be told from here: %s", d->path,
			seen->type.v.str);
		return;
	}
	if (!lend_fact_is(&seen->type, "file") && !lend_fact_is(&seen->type, "block device")) {
		lend_planning_refuse(p, NULL, "the disk %s is no file or block device",
				     d->path);
		return;
	}
	holder = lend_planning_holder(p, seen, &rule);
	if (holder != NULL && d->readonly != LEND_TRI_ON)
		lend_planning_refuse(p, "name another disk", "the disk %s is %s", d->path,
				     holder);
	if (lend_fact_off(&seen->writable) && d->readonly != LEND_TRI_ON)
		lend_planning_refuse(p, "run as root", "you may not write to the disk %s",
				     d->path);
	if (d->size_bytes.has && seen->size_bytes.known == LEND_KNOWN &&
	    (d->format == NULL || strcmp(d->format, "raw") == 0) &&
	    seen->size_bytes.v.u64 != d->size_bytes.v)
		lend_planning_note(p, NULL, "the disk %s is there, with %s; it stays as it is",
				   d->path, lend_planning_size(p, seen->size_bytes.v.u64));
}

static void drive(struct lend_planning *p, const char *id, const char *file, const char *format,
		  bool readonly, bool cdrom)
{
	lend_auto_buf out = { 0 };

	lend_qemu_opts_put(&out, "if", "none");
	lend_qemu_opts_put(&out, "id", id);
	lend_qemu_opts_put(&out, "file", file);
	lend_qemu_opts_put(&out, "format", format);
	if (cdrom)
		lend_qemu_opts_put(&out, "media", "cdrom");
	if (readonly)
		lend_qemu_opts_put(&out, "readonly", "on");
	arg2(p, "-drive", lend_buf_text(&out));
}

static const char *driver_of(const char *bus)
{
	if (bus == NULL || strcmp(bus, "virtio") == 0)
		return "virtio-blk-pci";
	if (strcmp(bus, "nvme") == 0)
		return "nvme";
	return strcmp(bus, "ide") == 0 ? "ide-hd" : "scsi-hd";
}

static void disk_args(struct lend_planning *p, size_t i, bool *scsi)
{
	const struct lend_wish_disk *d = &p->wish.disks[i];
	const char *driver = driver_of(d->bus);
	const char *id = lend_planning_text(p, "disk%zu", i);
	int first = boots(p, "install") || boots(p, "network") ? SECOND : FIRST;
	lend_auto_buf out = { 0 };

	if (strcmp(driver, "scsi-hd") == 0 && !*scsi) {
		*scsi = true;
		arg2(p, "-device", "virtio-scsi-pci");
	}
	drive(p, id, d->path, d->format != NULL ? d->format : "raw", d->readonly == LEND_TRI_ON,
	      false);
	lend_qemu_opts_put(&out, NULL, driver);
	lend_qemu_opts_put(&out, "drive", id);
	if (strcmp(driver, "nvme") == 0)
		lend_qemu_opts_put(&out, "serial", lend_planning_text(p, "lend-%s", id));
	if (i == 0)
		lend_qemu_opts_put(&out, "bootindex", lend_planning_text(p, "%d", first));
	arg2(p, "-device", lend_buf_text(&out));
}

static void check_iso(struct lend_planning *p, const char *iso)
{
	const struct lend_wanted_node *seen;

	if (iso[0] != '/') {
		if (p->caps->http == LEND_TRI_OFF)
			lend_planning_refuse(
				p,
				"apt-get install qemu-block-extra (Debian), or "
				"download it first",
				"this QEMU cannot read %s: it has no part for URLs", iso);
		return;
	}
	seen = lend_planning_seen(p, iso);
	if (seen != NULL && seen->type.known == LEND_ABSENT)
		lend_planning_refuse(p, "download it first", "there is no %s to install from",
				     iso);
}

static void install(struct lend_planning *p)
{
	lend_auto_buf out = { 0 };

	if (p->wish.install == NULL)
		return;
	check_iso(p, p->wish.install);
	drive(p, "install", p->wish.install, "raw", true, true);
	lend_qemu_opts_put(&out, NULL, "ide-cd");
	lend_qemu_opts_put(&out, "drive", "install");
	/* An empty disk is passed over, an installed one is not. */
	lend_qemu_opts_put(&out, "bootindex",
			   lend_planning_text(p, "%d", boots(p, "install") ? FIRST : THIRD));
	arg2(p, "-device", lend_buf_text(&out));
}

void lend_planning_disks(struct lend_planning *p)
{
	bool scsi = false;

	for (size_t i = 0; i < p->wish.n_disks; i++) {
		check_disk(p, &p->wish.disks[i]);
		disk_args(p, i, &scsi);
	}
	install(p);
}

/* ---- network ---- */

/* The same for a VM at each start, and another one for another VM; "52:54:00" is QEMU's. */
static const char *mac_of(struct lend_planning *p)
{
	uint32_t hash = lend_hash_text(p->vm_name);

	if (p->wish.mac != NULL)
		return p->wish.mac;
	return lend_planning_text(p, "52:54:00:%02x:%02x:%02x", hash >> 16 & 0xff,
				  hash >> 8 & 0xff, hash & 0xff);
}

static bool is_loopback(const char *address)
{
	return address == NULL || strncmp(address, "127.", 4) == 0 ||
	       strcmp(address, "::1") == 0 || strcmp(address, "localhost") == 0;
}

static void forward(struct lend_planning *p, struct lend_buf *out,
		    const struct lend_wish_forward *f)
{
	const char *address = f->address != NULL ? f->address : "127.0.0.1";

	if (strchr(address, ':') != NULL && address[0] != '[')
		address = lend_planning_text(p, "[%s]", address);
	lend_qemu_opts_put(
		out, "hostfwd",
		lend_planning_text(p, "tcp:%s:%u-:%u", address, f->host_port, f->guest_port));
	if (is_loopback(f->address))
		return;
	p->ports[p->n_ports++] = f->host_port;
	lend_planning_warn(p, "leave the address out: then this host alone has it",
			   "port %u of the guest can be reached from outside, at port %u of "
			   "this host",
			   f->guest_port, f->host_port);
}

static enum lend_wish_network network_of(const struct lend_planning *p)
{
	if (p->wish.network != LEND_WISH_NETWORK_UNSET)
		return p->wish.network;
	return p->wish.n_forwards > 0 ? LEND_WISH_NETWORK_USER : LEND_WISH_NETWORK_NONE;
}

void lend_planning_network(struct lend_planning *p)
{
	enum lend_wish_network network = network_of(p);
	lend_auto_buf out = { 0 };

	if (network == LEND_WISH_NETWORK_NONE)
		return;
	if (network == LEND_WISH_NETWORK_USER) {
		lend_qemu_opts_put(&out, NULL, "user");
		lend_qemu_opts_put(&out, "id", "net0");
		for (size_t i = 0; i < p->wish.n_forwards; i++)
			forward(p, &out, &p->wish.forwards[i]);
	} else {
		bool bridge = network == LEND_WISH_NETWORK_BRIDGE;

		lend_qemu_opts_put(&out, NULL, bridge ? "bridge" : "tap");
		lend_qemu_opts_put(&out, "id", "net0");
		lend_qemu_opts_put(&out, bridge ? "br" : "ifname", p->wish.network_name);
		if (!bridge) {
			lend_qemu_opts_put(&out, "script", "no");
			lend_qemu_opts_put(&out, "downscript", "no");
		}
	}
	arg2(p, "-netdev", lend_buf_text(&out));
	arg2(p, "-device",
	     lend_planning_text(p, "virtio-net-pci,netdev=net0,mac=%s%s", mac_of(p),
				boots(p, "network") ? ",bootindex=1" : ""));
}

/* ---- firmware ---- */

static const struct {
	const char *code, *vars;
} ovmf[] = {
	{ "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
	{ "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
	{ "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
	{ "/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
};

bool lend_planning_ovmf(size_t i, const char **ret_code, const char **ret_vars)
{
	if (i >= LEND_COUNT(ovmf))
		return false;
	*ret_code = ovmf[i].code;
	*ret_vars = ovmf[i].vars;
	return true;
}

static bool is_file(const struct lend_wanted_node *seen)
{
	return seen != NULL && lend_fact_is(&seen->type, "file");
}

static void pflash(struct lend_planning *p, const char *file, bool readonly)
{
	lend_auto_buf out = { 0 };

	lend_qemu_opts_put(&out, "if", "pflash");
	lend_qemu_opts_put(&out, "format", "raw");
	lend_qemu_opts_put(&out, "file", file);
	if (readonly)
		lend_qemu_opts_put(&out, "readonly", "on");
	arg2(p, "-drive", lend_buf_text(&out));
}

void lend_planning_firmware(struct lend_planning *p)
{
	const char *code = NULL, *template = NULL;
	const char *vars = p->wish.firmware_vars;
	const char *wished = p->wish.firmware;

	if (wished == NULL || strcmp(wished, "bios") == 0)
		return;
	if (strcmp(wished, "uefi") != 0) {
		if (!is_file(lend_planning_seen(p, wished)))
			lend_planning_refuse(p, NULL, "there is no firmware %s", wished);
		pflash(p, wished, true);
		if (vars != NULL)
			pflash(p, vars, false);
		return;
	}
	for (size_t i = 0; lend_planning_ovmf(i, &code, &template); i++) {
		if (is_file(lend_planning_seen(p, code)))
			break;
		code = NULL;
	}
	if (code == NULL) {
		lend_planning_refuse(p, "apt-get install ovmf (Debian), or firmware: PATH",
				     "there is no UEFI firmware for QEMU on this host");
		return;
	}
	if (vars == NULL)
		vars = lend_planning_state(p, "vars.fd");
	p->vars_from = template;
	p->vars = vars;
	pflash(p, code, true);
	pflash(p, vars, false);
}

/* The VM's own variables: a copy of the template, kept with its record. */
void lend_planning_vars(struct lend_planning *p)
{
	const char *template = p->vars_from;
	const char *path = p->vars;
	const struct lend_wanted_node *from;
	struct lend_step *step;

	if (template == NULL || is_file(lend_planning_seen(p, path)))
		return;
	from = lend_planning_seen(p, template);
	if (!is_file(from) || from->size_bytes.known != LEND_KNOWN ||
	    from->inode.known != LEND_KNOWN || from->dev.known != LEND_KNOWN) {
		lend_planning_refuse(p, "apt-get install ovmf (Debian)",
				     "there is no %s to copy the variables of UEFI from",
				     template);
		return;
	}
	step = lend_plan_step(p->plan, "copy", path);
	lend_plan_arg(p->plan, step, "vm", p->vm_name);
	lend_plan_arg(p->plan, step, "from", template);
	lend_plan_arg(p->plan, step, "from-file",
		      lend_planning_text(p, "%s/%" PRIu64, from->dev.v.str, from->inode.v.u64));
	lend_plan_arg(p->plan, step, "label-size", "0");
	step->before.absent = true;
	lend_pairs_add_u64(p->arena, &step->after.pairs, "size", from->size_bytes.v.u64);
	step->back = LEND_BACK_IF_UNUSED;
	lend_plan_typed(p->plan, step, "cp %s %s", template, path);
}
