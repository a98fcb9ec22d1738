/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMs of the lab: the command line, start, hot-plug, stop. */

#include "libexec/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

enum { QMP_MS = 5000, MARK_TICK_MS = 20 };

struct args {
	struct lend_arena *arena;
	const char **item;
	size_t n;
	size_t cap;
};

static void add(struct args *a, const char *text)
{
	*LEND_PUSH(a->arena, a->item, a->n, a->cap) = text;
}

static void add2(struct args *a, const char *option, const char *value)
{
	add(a, option);
	add(a, value);
}

/* In a QEMU option a comma ends the value; doubled it is a comma. */
static const char *comma(struct lend_arena *arena, const char *path)
{
	lend_auto_buf out = { 0 };

	for (const char *p = path; *p != '\0'; p++) {
		lend_buf_putc(&out, *p);
		if (*p == ',')
			lend_buf_putc(&out, ',');
	}
	return lend_arena_strdup(arena, lend_buf_text(&out));
}

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

static const char *backend_of(const struct args *a, const struct lab_dimm *dimm)
{
	unsigned long long bytes = lab_dimm_bytes(dimm);

	if (dimm->is_memory)
		return lend_arena_printf(a->arena, "memory-backend-ram,id=mem-%s,size=%llu",
					 dimm->id, bytes);
	return lend_arena_printf(
		a->arena, "memory-backend-file,id=mem-%s,mem-path=%s,size=%llu,share=%s%s",
		dimm->id, comma(a->arena, dimm->path), bytes, on_off(!dimm->is_private),
		dimm->is_readonly ? ",readonly=on" : "");
}

static void add_dimm(struct args *a, const struct lab_dimm *dimm)
{
	add2(a, "-object", backend_of(a, dimm));
	if (dimm->kind == LAB_VIRTIO_PMEM) {
		add2(a, "-device",
		     lend_arena_printf(a->arena, "virtio-pmem-pci,id=%s,memdev=mem-%s",
				       dimm->id, dimm->id));
		return;
	}
	add2(a, "-device",
	     lend_arena_printf(a->arena, "nvdimm,id=%s,memdev=mem-%s,slot=%u%s", dimm->id,
			       dimm->id, dimm->slot, dimm->is_unarmed ? ",unarmed=on" : ""));
	if (dimm->label_bytes != 0)
		a->item[a->n - 1] =
			lend_arena_printf(a->arena, "%s,label-size=%llu", a->item[a->n - 1],
					  (unsigned long long)dimm->label_bytes);
}

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
	return value != 0 ? value : otherwise;
}

static void add_machine(struct args *a, const struct lab *lab, const struct lab_vm *vm)
{
	uint64_t ram = or_default(vm->ram_bytes, 256 * LAB_MIB) / LAB_MIB;
	uint64_t most = ram + 4096;

	for (size_t i = 0; i < vm->n_dimms; i++)
		most += lab_dimm_bytes(&vm->dimms[i]) / LAB_MIB;
	add2(a, "-name", vm->name);
	add(a, "-nodefaults");
	add(a, "-no-user-config");
	add(a, "-no-reboot");
	add2(a, "-display", "none");
	add2(a, "-machine",
	     lend_arena_printf(a->arena, "%s,accel=%s,nvdimm=on",
			       vm->machine == NULL ? "q35" : vm->machine, lab->accel));
	/* max has rdrand: with qemu64 the first program waits a second for random numbers. */
	add2(a, "-cpu", "max");
	add2(a, "-smp",
	     lend_arena_printf(a->arena, "%u", (unsigned int)or_default(vm->cpus, 1)));
	add2(a, "-m",
	     lend_arena_printf(a->arena, "size=%lluM,slots=%u,maxmem=%lluM",
			       (unsigned long long)ram, (unsigned int)or_default(vm->slots, 8),
			       (unsigned long long)most));
}

static void add_kernel(struct args *a, const struct lab *lab, const struct lab_vm *vm)
{
	const char *image = vm->is_host ? lab->host_image : lab->image;

	add2(a, "-kernel", lend_arena_printf(a->arena, "%s/vmlinuz", image));
	add2(a, "-initrd",
	     vm->files != NULL ? vm->initrd
			       : lend_arena_printf(a->arena, "%s/initramfs", image));
	/* A guest that panics ends its QEMU; the self-tests of crypto cost 0.2 s. */
	add2(a, "-append",
	     lend_arena_printf(
		     a->arena, "console=ttyS0 quiet panic=-1 cryptomgr.notests%s%s%s%s",
		     vm->no_agent || vm->no_agent_inside ? " lend.noagent" : "",
		     vm->no_ndctl ? " lend.nondctl" : "", vm->kernel_args != NULL ? " " : "",
		     vm->kernel_args != NULL ? vm->kernel_args : ""));
	if (vm->run != NULL)
		add2(a, "-fw_cfg",
		     lend_arena_printf(a->arena, "name=opt/lend/run,file=%s",
				       comma(a->arena, vm->run)));
	add2(a, "-serial", lend_arena_printf(a->arena, "file:%s", comma(a->arena, vm->serial)));
}

static void add_sockets(struct args *a, const struct lab_vm *vm)
{
	unsigned int monitors = vm->monitors == 0 ? 1 : vm->monitors;

	if (!vm->no_agent) {
		add2(a, "-chardev",
		     lend_arena_printf(a->arena, "socket,id=qga,path=%s,server=on,wait=off",
				       comma(a->arena, vm->qga)));
		add2(a, "-device", "virtio-serial-pci");
		add2(a, "-device", "virtserialport,chardev=qga,name=org.qemu.guest_agent.0");
	}
	for (unsigned int i = 0; i < monitors; i++)
		add2(a, "-qmp",
		     lend_arena_printf(a->arena, "unix:%s,server=on%s",
				       comma(a->arena, vm->qmp[i]),
				       vm->waiting ? "" : ",wait=off"));
}

const char *lab_qemu(void)
{
	const char *set = getenv("LEND_QEMU");

	return set != NULL && set[0] != '\0' ? set : "qemu-system-x86_64";
}

static void compose(const struct lab *lab, struct lab_vm *vm)
{
	struct args a = { .arena = &vm->arena };

	add(&a, lab_qemu());
	add_machine(&a, lab, vm);
	for (size_t i = 0; i < vm->n_dimms; i++)
		if (!vm->dimms[i].later)
			add_dimm(&a, &vm->dimms[i]);
	add_kernel(&a, lab, vm);
	add_sockets(&a, vm);
	for (const char *const *more = vm->more; more != NULL && *more != NULL; more++)
		add(&a, *more);
	add(&a, NULL);
	vm->argv = a.item;
}

static int name_files(const struct lab *lab, struct lab_vm *vm, struct lend_err *err)
{
	const struct {
		const char *suffix;
		char *path;
	} file[] = {
		{ "qmp", vm->qmp[0] },    { "qmp2", vm->qmp[1] }, { "qga", vm->qga },
		{ "serial", vm->serial }, { "err", vm->errors },  { "initramfs", vm->initrd },
	};

	for (size_t i = 0; i < LEND_COUNT(file); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "%s.%s", vm->name, file[i].suffix);
		if (lab_path(lab, file[i].path, LAB_SOCKET_MAX, name, err) < 0)
			return -1;
	}
	return 0;
}

static int make_initrd(const struct lab *lab, const struct lab_vm *vm, struct lend_err *err)
{
	char image[LAB_PATH_MAX + 64];

	if (vm->files == NULL)
		return 0;
	(void)snprintf(image, sizeof(image), "%s/initramfs",
		       vm->is_host ? lab->host_image : lab->image);
	return lab_initrd_make(image, vm->files, vm->initrd, err);
}

int lab_vm_start(struct lab *lab, struct lab_vm *vm, struct lend_err *err)
{
	struct lab_spawn spawn = { 0 };
	lend_auto_fd int errors = -1;

	vm->child = (struct lab_child){ 0 };
	if (name_files(lab, vm, err) < 0 || make_initrd(lab, vm, err) < 0)
		return -1;
	for (size_t i = 0; i < vm->n_dimms; i++)
		if (vm->dimms[i].path[0] == '\0' && lab_dimm_make(lab, &vm->dimms[i], err) < 0)
			return -1;
	compose(lab, vm);
	errors = open(vm->errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (errors < 0)
		return lend_fail_errno(err, "make '%s'", vm->errors);
	spawn.argv = vm->argv;
	spawn.err_fd = errors;
	return lab_child_start(&spawn, &vm->child, err);
}

static bool is_plain(const char *word)
{
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				"0123456789-_=,./:+@%");

	return n > 0 && word[n] == '\0';
}

void lab_vm_command(const struct lab_vm *vm, struct lend_buf *out)
{
	for (size_t i = 0; vm->argv[i] != NULL; i++) {
		const char *word = vm->argv[i];

		if (i > 0)
			lend_buf_puts(out, word[0] == '-' ? " \\\n  " : " ");
		if (is_plain(word)) {
			lend_buf_puts(out, word);
			continue;
		}
		lend_buf_putc(out, '\'');
		for (const char *p = word; *p != '\0'; p++) {
			if (*p == '\'')
				lend_buf_puts(out, "'\\'");
			lend_buf_putc(out, *p);
		}
		lend_buf_putc(out, '\'');
	}
	lend_buf_putc(out, '\n');
}

/* The end of a small text file: what QEMU or the guest said last. */
static void last_line(const char *path, char *ret_line, size_t size)
{
	lend_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n = -1;
	char *start;

	ret_line[0] = '\0';
	if (fd >= 0) {
		off_t end = lseek(fd, 0, SEEK_END);

		n = pread(fd, text, sizeof(text) - 1,
			  end > (off_t)sizeof(text) - 1 ? end - (off_t)sizeof(text) + 1 : 0);
	}
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n <= 0)
		return;
	text[n] = '\0';
	start = strrchr(text, '\n');
	(void)snprintf(ret_line, size, "%.*s", (int)size - 1, start == NULL ? text : start + 1);
}

/* Puts QEMU's own last words behind an error that its end caused. */
static int vm_failed(const struct lab_vm *vm, struct lend_err *err)
{
	char line[160];

	last_line(vm->errors, line, sizeof(line));
	if (line[0] != '\0')
		lend_hint(err, "QEMU's last words: %s", line);
	return lend_where(err, "waiting for the guest %s", vm->name);
}

static bool file_has(const char *path, const char *mark)
{
	lend_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[65536];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	return n > 0 && memmem(text, (size_t)n, mark, strlen(mark)) != NULL;
}

int lab_vm_wait_up(struct lab *lab, struct lab_vm *vm, int64_t deadline, struct lend_err *err)
{
	int64_t starved = lab_child_starved_ms(&vm->child);

	while (!file_has(vm->serial, "lend-guest: up")) {
		struct pollfd p = { .fd = vm->child.pidfd, .events = POLLIN };
		int r = lab_poll(lab, &p, 1, lab_in(MARK_TICK_MS), err);

		if (r < 0)
			return -1;
		if (r == 1) {
			(void)lend_fail(err, LEND_E_REMOTE, "QEMU ended");
			return vm_failed(vm, err);
		}
		if (lend_now_ms() >= deadline &&
		    lend_now_ms() >= deadline + lab_child_starved_ms(&vm->child) - starved) {
			(void)lend_fail(err, LEND_E_REMOTE,
					"the guest did not come up in time");
			return vm_failed(vm, err);
		}
	}
	return 0;
}

int lab_vm_wait_agent(struct lab *lab, struct lab_vm *vm, int64_t deadline,
		      struct lend_err *err)
{
	lab_auto_talk talk = { .fd = -1, .peer = &vm->child };

	if (lab_talk_agent(lab, &talk, vm->qga, deadline, err) < 0)
		return vm_failed(vm, err);
	return 0;
}

int lab_vm_qmp(struct lab *lab, struct lab_vm *vm, const char *request,
	       struct lend_json **ret_doc, struct lend_err *err)
{
	lab_auto_talk talk = { .fd = -1, .peer = &vm->child };
	int64_t deadline = lab_in(QMP_MS);

	if (lab_talk_qmp(lab, &talk, vm->qmp[0], deadline, err) < 0)
		return -1;
	return lab_talk_ask(lab, &talk, request, deadline, ret_doc, err);
}

static void put_backend(const struct lab_dimm *dimm, struct lend_buf *out)
{
	struct lend_jsonw w = { .out = out };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "execute", "object-add");
	lend_jsonw_open(&w, "arguments", '{');
	lend_jsonw_str(&w, "qom-type", "memory-backend-file");
	lend_buf_printf(out, ",\"id\":\"mem-%s\"", dimm->id);
	lend_jsonw_str(&w, "mem-path", dimm->path);
	lend_jsonw_u64(&w, "size", lab_dimm_bytes(dimm));
	lend_jsonw_bool(&w, "share", !dimm->is_private);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
}

static void put_device(const struct lab_dimm *dimm, struct lend_buf *out)
{
	struct lend_jsonw w = { .out = out };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "execute", "device_add");
	lend_jsonw_open(&w, "arguments", '{');
	lend_jsonw_str(&w, "driver", "nvdimm");
	lend_jsonw_str(&w, "id", dimm->id);
	lend_buf_printf(out, ",\"memdev\":\"mem-%s\"", dimm->id);
	lend_jsonw_u64(&w, "slot", dimm->slot);
	if (dimm->label_bytes != 0)
		lend_jsonw_u64(&w, "label-size", dimm->label_bytes);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
}

int lab_vm_plug(struct lab *lab, struct lab_vm *vm, struct lab_dimm *dimm, struct lend_err *err)
{
	lend_auto_json struct lend_json *backend = NULL;
	lend_auto_json struct lend_json *device = NULL;
	lend_auto_buf request = { 0 };

	put_backend(dimm, &request);
	if (lab_vm_qmp(lab, vm, lend_buf_text(&request), &backend, err) < 0)
		return lend_where(err, "adding the backend mem-%s", dimm->id);
	lend_buf_reset(&request);
	put_device(dimm, &request);
	if (lab_vm_qmp(lab, vm, lend_buf_text(&request), &device, err) < 0)
		return lend_where(err, "adding the device %s", dimm->id);
	return 0;
}

void lab_vm_stop(struct lab_vm *vm)
{
	lab_child_stop(&vm->child, 0);
	lend_arena_done(&vm->arena);
	vm->argv = NULL;
}
