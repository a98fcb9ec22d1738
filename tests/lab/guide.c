/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two-DIMM recipe of the QEMU vNVDIMM guide, as it is: what lend check
 * finds in it, a guest that was started with its memory confirms.  Repaired
 * as the hints say it is clean, lend apply starts it, and what the guide's
 * readers type next works.
 *
 * What the recipe opens to the network is not started; nor is its disk, which
 * has no system on it: both guests boot the kernel of the lab.
 */

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/out.h"
#include "lent.h"
#include "prove.h"

struct guide {
	struct lent l;
	struct lab_vm vm;
};

#define MEMORY "-m 4G,slots=4,maxmem=32G -smp 4 -machine pc,accel=%s,nvdimm=on "
#define DIMMS                                                                                  \
	"-object memory-backend-file,id=mem1,share%s,mem-path=%s/f27nvdimm0,size=4G "          \
	"-device nvdimm,memdev=mem1,id=nv1,label-size=2M "                                     \
	"-object memory-backend-file,id=mem2,share%s,mem-path=%s/f27nvdimm1,size=4G "          \
	"-device nvdimm,memdev=mem2,id=nv2,label-size=2M"

static const char *const images[] = { "f27nvdimm0", "f27nvdimm1" };

/* ---- what is found ---- */

/* The recipe, its files in that folder; "." begins where the reader stands. */
static int write_recipe(struct guide *g, const char *name, const char *dir,
			struct lend_err *err)
{
	lend_auto_buf text = { 0 };

	lend_buf_printf(&text,
			"qemu-system-x86_64 -drive file=%s/fedora27.raw,format=raw,index=0,"
			"media=disk " MEMORY
			"-vnc :0 -net nic -net user,hostfwd=tcp::2222-:22 " DIMMS "\n",
			dir, g->l.lab->accel, "", dir, "", dir);
	return lent_write(&g->l, name, &text, err);
}

static int check_recipe(struct guide *g, struct lend_err *err)
{
	static const char before[] = "backing-there backend/wished:mem1\n"
				     "backing-there backend/wished:mem2\n"
				     "cpu-flushes-well vm/wished\n"
				     "dimm-base-aligned device/wished:nv2\n"
				     "dimm-size-aligned device/wished:nv1\n"
				     "dimm-size-aligned device/wished:nv2\n"
				     "ports-not-open vm/wished\n"
				     "vnc-has-password vm/wished\n";
	lend_auto_buf found = { 0 };

	if (write_recipe(g, "recipe.sh", g->l.dir, err) < 0 ||
	    lab_check(g->l.lab,
		      (const char *[]){ "--wish", lent_path(&g->l, "recipe.sh"), NULL }, &found,
		      err) < 0)
		return -1;
	(void)lab_found_ok(g->l.tap, &found, before, "what lend check finds in the recipe");
	return 0;
}

/* ---- what a guest says ---- */

/* The lab's words, which the recipe has not. */
static int start_guest(struct guide *g, struct lend_err *err)
{
	struct lab *lab = g->l.lab;
	const char **argv;
	char line[4096];
	size_t n = 0;

	if (lab_path(lab, g->vm.qga, sizeof(g->vm.qga), "guide.qga", err) < 0)
		return -1;
	(void)snprintf(line, sizeof(line),
		       "-nodefaults -display none -no-reboot " MEMORY DIMMS
		       " -kernel %s/vmlinuz -initrd %s/initramfs -serial file:@/guide.serial "
		       "-chardev socket,id=qga,path=@/guide.qga,server=on,wait=off "
		       "-device virtio-serial-pci "
		       "-device virtserialport,chardev=qga,name=org.qemu.guest_agent.0 "
		       "-append APPEND",
		       lab->accel, "", g->l.dir, "", g->l.dir, lab->image, lab->image);
	if (lab_argv(lab, &g->vm, line, err) < 0)
		return -1;
	argv = (const char **)g->vm.argv;
	while (argv[n] != NULL && strcmp(argv[n], "APPEND") != 0)
		n++;
	if (argv[n] != NULL)
		argv[n] = "console=ttyS0 quiet panic=-1 cryptomgr.notests";
	if (lab_argv_start(lab, &g->vm, err) < 0 ||
	    lab_vm_wait_agent(lab, &g->vm, lab_in(LAB_BOOT_MS), err) < 0)
		return -1;
	return lab_guest_wait_regions(lab, &g->vm, LEND_COUNT(images), err);
}

/* QEMU made them, and said nothing. */
static void confirm_files(struct guide *g)
{
	lend_auto_buf said = { 0 };
	struct lend_err ignored = { 0 };
	bool made = lab_argv_said(&g->vm, &said, &ignored) == 0;
	struct stat st;

	for (size_t i = 0; i < LEND_COUNT(images); i++)
		made = made && stat(lent_path(&g->l, images[i]), &st) == 0 &&
		       st.st_size == (off_t)4 << 30 && st.st_blocks < 2048;
	/* It does warn: of the "share" without "=on" in the same words. */
	lab_note("%s", lend_buf_text(&said));
	(void)lab_ok(g->l.tap, made && strstr(lend_buf_text(&said), "creat") == NULL,
		     "backing-there: QEMU makes empty files, without a word");
}

/* ndctl with "%s" for the region's number; what it says, both ways. */
static int ndctl(struct guide *g, unsigned int slot, const char *words, struct lend_buf *said,
		 struct lend_err *err)
{
	struct lab_place place;
	lend_auto_buf script = { 0 };

	if (lab_place(g->l.lab, &g->vm, slot, &place, err) < 0)
		return -1;
	lend_buf_reset(said);
	lend_buf_printf(&script, "r=%s d=%s; { %s; } 2>&1; true", place.region, place.dimm,
			words);
	if (lab_sh(g->l.lab, &g->vm, lend_buf_text(&script), said, err) < 0)
		return -1;
	lab_note("slot %u: %s", slot, lend_buf_text(said));
	return 0;
}

static int confirm_dimm(struct guide *g, unsigned int slot, struct lend_err *err)
{
	lend_auto_buf raw = { 0 };
	lend_auto_buf init = { 0 };
	lend_auto_buf made = { 0 };
	bool is_first = slot == 0;

	if (ndctl(g, slot, "ndctl create-namespace -f -m fsdax -e namespace${r#region}.0", &raw,
		  err) < 0 ||
	    ndctl(g, slot,
		  "ndctl disable-region $r && ndctl init-labels -f $d && ndctl enable-region $r",
		  &init, err) < 0 ||
	    ndctl(g, slot, "ndctl create-namespace -m fsdax -r $r", &made, err) < 0)
		return -1;
	(void)lab_ok(g->l.tap,
		     strstr(lend_buf_text(&raw), "size 0xffe00000 is misaligned") != NULL,
		     "dimm-size-aligned: ndctl makes no fsdax on the whole of nv%u", slot + 1);
	if (is_first)
		(void)lab_ok(g->l.tap,
			     strstr(lend_buf_text(&made), "\"mode\":\"fsdax\"") != NULL,
			     "labels-not-blank: with labels ndctl makes one on nv1");
	else
		(void)lab_ok(g->l.tap,
			     strstr(lend_buf_text(&made), "misaligned to 16M") != NULL,
			     "dimm-base-aligned: with labels ndctl makes none on nv2");
	return 0;
}

static int confirm(struct guide *g, struct lend_err *err)
{
	/* Of the running VM; the CPU and the network are not asked for there. */
	static const char running[] = "dimm-base-aligned device/guide:nv2\n"
				      "dimm-size-aligned device/guide:nv1\n"
				      "dimm-size-aligned device/guide:nv2\n"
				      "labels-not-blank device/guide:nv1\n"
				      "labels-not-blank device/guide:nv2\n";
	static const char *const subjects[] = { "geometry", "labels", NULL };
	lend_auto_buf found = { 0 };
	lend_auto_buf flush = { 0 };

	if (start_guest(g, err) < 0)
		return -1;
	confirm_files(g);
	if (lab_check_vm(g->l.lab, &g->vm, subjects, &found, err) < 0)
		return -1;
	(void)lab_found_ok(g->l.tap, &found, running, "what it finds in the running VM");
	if (lab_sh(g->l.lab, &g->vm, "grep -c -w -e clwb -e clflushopt /proc/cpuinfo; true",
		   &flush, err) < 0)
		return -1;
	(void)lab_ok(g->l.tap, strcmp(lend_buf_text(&flush), "0\n") == 0,
		     "cpu-flushes-well: the guest has only clflush");
	for (unsigned int slot = 0; slot < LEND_COUNT(images); slot++) {
		if (confirm_dimm(g, slot, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- repaired ---- */

/* A port of this host alone that nobody has. */
static unsigned int free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	lend_auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		return 0;
	return ntohs(at.sin_port);
}

static void put_line(struct lend_buf *out, const struct lab *lab, const char *line, size_t len)
{
	static const char size[] = "    size: 4094 MiB", ssh[] = "ssh:", vnc[] = "vnc:";

	if (len == sizeof(size) - 1 && strncmp(line, size, len) == 0)
		lend_buf_puts(out, "    size: 4096 MiB");
	else if (strncmp(line, ssh, sizeof(ssh) - 1) == 0)
		lend_buf_printf(out, "ssh: \"127.0.0.1:%u\"", free_port());
	else if (strncmp(line, vnc, sizeof(vnc) - 1) == 0)
		/* As a display: from port 5900 on. */
		lend_buf_printf(out,
				"vnc: \"127.0.0.1:%u\"\nkernel:\n  image: %s/vmlinuz\n"
				"  initrd: %s/initramfs\n"
				"  append: console=ttyS0 quiet panic=-1 cryptomgr.notests",
				free_port() - 5900, lab->image, lab->image);
	else
		lend_buf_put(out, line, len);
	lend_buf_putc(out, '\n');
}

/* The wish that lend makes of the recipe, with what the hints say changed. */
static int repair(struct guide *g, struct lend_err *err)
{
	char name[64];
	lend_auto_buf from = { 0 };
	lend_auto_buf wish = { 0 };
	int status = -1;

	/* A VM without -name is called as its file is. */
	(void)snprintf(name, sizeof(name), "%s.sh", g->l.name);
	if (write_recipe(g, name, ".", err) < 0 ||
	    lab_lend(g->l.lab,
		     (const char *[]){ "wish", "--from", lent_path(&g->l, name), "--chdir",
				       g->l.dir, NULL },
		     &from, &status, err) < 0)
		return -1;
	(void)lab_ok(g->l.tap, status == 0 && strstr(lend_buf_text(&from), "qemu-args") == NULL,
		     "lend wish --from says all of the recipe in keys of a wish");
	for (const char *p = lend_buf_text(&from); *p != '\0';) {
		size_t len = strcspn(p, "\n");

		put_line(&wish, g->l.lab, p, len);
		p += len + (p[len] == '\n');
	}
	return lent_write(&g->l, "vm.yaml", &wish, err);
}

static int use_repaired(struct guide *g, struct lend_err *err)
{
	int r = lent_run(&g->l, err, "check", "--wish", lent_path(&g->l, "vm.yaml"));

	if (r < 0)
		return -1;
	lab_note("%s", lend_buf_text(&g->l.said));
	/* 4: a VM of somebody else on this host could not be asked. */
	(void)lab_ok(
		g->l.tap,
		r == 0 || (r == 4 && strstr(lend_buf_text(&g->l.said), "cannot tell") == NULL),
		"repaired, nothing is found from warn on");
	r = lent_run(&g->l, err, "apply", "--yes", lent_path(&g->l, "vm.yaml"));
	if (r < 0)
		return -1;
	if (!lent_ok(&g->l, r, 0, "lend undo 1", "lend apply starts it"))
		return 0;
	if (lent_vm(&g->l, &g->vm, err) < 0 ||
	    lab_vm_wait_agent(g->l.lab, &g->vm, lab_in(LAB_BOOT_MS), err) < 0 ||
	    lab_guest_wait_regions(g->l.lab, &g->vm, LEND_COUNT(images), err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(images); i++) {
		lend_auto_buf out = { 0 };
		struct lend_err why = { 0 };

		(void)lab_ok(g->l.tap,
			     lab_did(lab_sh(g->l.lab, &g->vm, "ndctl create-namespace -m fsdax",
					    &out, &why),
				     &why),
			     "plain ndctl create-namespace -m fsdax works, %zu of %zu", i + 1,
			     LEND_COUNT(images));
	}
	return 0;
}

static int prove(struct guide *g, struct lend_err *err)
{
	lend_auto_buf disk = { 0 };
	int r;

	lend_buf_puts(&disk, "a disk\n");
	if (lent_write(&g->l, "fedora27.raw", &disk, err) < 0 || check_recipe(g, err) < 0)
		return -1;
	g->vm.name = "guide";
	r = confirm(g, err);
	lab_vm_stop(&g->vm);
	for (size_t i = 0; i < LEND_COUNT(images); i++)
		(void)unlink(lent_path(&g->l, images[i]));
	if (r < 0 || repair(g, err) < 0)
		return -1;
	r = use_repaired(g, err);
	lent_vm_done(&g->vm);
	return r;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct guide g = { .vm.child.pidfd = -1 };
	int r = lent_open(&g.l, lab, tap, err);

	if (r == 0)
		r = prove(&g, err);
	else if (r == 1)
		r = 0;
	lent_close(&g.l);
	return r;
}

const struct lab_shape lab_shape_guide = {
	.name = "guide",
	.about = "the recipe of the QEMU vNVDIMM guide, checked and repaired",
	.run = run,
};
