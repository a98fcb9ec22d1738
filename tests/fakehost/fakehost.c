/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/fakehost/fakehost.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

#include "base/err.h"
#include "tests/fakehost/inside.h"
#include "tests/must.h"

static const char monitor_option[] = "socket,id=lend-qmp,";

struct fakehost *fakehost_new(void)
{
	struct fakehost *host = mmap(NULL, sizeof(*host), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(host != MAP_FAILED);
	host->last_pid = 1 << 24; /* more than a kernel gives out */
	return host;
}

void fakehost_free(struct fakehost *host)
{
	(void)munmap(host, sizeof(*host));
}

/* ---- what was asked of it ---- */

void fake_count(struct fakehost *host, const char *command)
{
	for (size_t i = 0; i < FAKE_COUNTS; i++) {
		if (host->counts[i].n == 0)
			(void)snprintf(host->counts[i].command, FAKE_NAME, "%s", command);
		if (strcmp(host->counts[i].command, command) == 0) {
			host->counts[i].n++;
			return;
		}
	}
}

unsigned int fakehost_count(const struct fakehost *host, const char *command)
{
	for (size_t i = 0; i < FAKE_COUNTS; i++) {
		if (host->counts[i].n > 0 && strcmp(host->counts[i].command, command) == 0)
			return host->counts[i].n;
	}
	return 0;
}

void fakehost_fail(struct fakehost *host, const char *command, const char *text)
{
	(void)snprintf(host->fails, sizeof(host->fails), "%s", command);
	(void)snprintf(host->why, sizeof(host->why), "%s", text);
}

void fakehost_obeys(struct fakehost *host, bool obeys)
{
	host->disobeys = !obeys;
}

/* ---- processes ---- */

static struct fake_vm *vm_at(struct fakehost *host, const char *socket, bool *ret_agent)
{
	for (size_t i = 0; i < FAKE_VMS; i++) {
		struct fake_vm *vm = &host->vms[i];

		*ret_agent = strcmp(vm->agent, socket) == 0;
		if (vm->runs && (*ret_agent || strcmp(vm->monitor, socket) == 0))
			return vm;
	}
	return NULL;
}

/* The value of path= of a chardev. */
static void take_path(char *out, const char *option)
{
	const char *path = strstr(option, "path=");

	if (path != NULL)
		(void)snprintf(out, FAKE_TEXT, "%.*s", (int)strcspn(path + 5, ","), path + 5);
}

static void take_word(struct fake_vm *vm, const char *option, const char *value)
{
	if (strncmp(value, monitor_option, strlen(monitor_option)) == 0) {
		(void)snprintf(vm->word, sizeof(vm->word), "%s", value);
		take_path(vm->monitor, value);
	} else if (strcmp(option, "-chardev") == 0 && strncmp(value, "socket,", 7) == 0) {
		take_path(vm->agent, value);
	} else if (strcmp(option, "-object") == 0 || strcmp(option, "-device") == 0) {
		fake_plug_option(vm, option[1] == 'd', value);
	}
}

void fakehost_vm(struct fakehost *host, const char *const *argv)
{
	struct fake_vm *vm = host->vms;

	while (vm->runs)
		vm++;
	must(vm < host->vms + FAKE_VMS);
	*vm = (struct fake_vm){ .pid = ++host->last_pid };
	for (size_t i = 1; argv[i] != NULL; i++)
		take_word(vm, argv[i - 1], argv[i]);
	vm->runs = true; /* last: who dies in the middle has started nothing */
}

int fakehost_start(struct fakehost *host, const char *const *argv, const char *log,
		   struct lend_err *err)
{
	(void)log;
	fake_count(host, "start");
	if (strcmp(host->fails, "start") == 0) {
		errno = ENOENT;
		return lend_fail_errno(err, "start %s", argv[0]);
	}
	fakehost_vm(host, argv);
	return 0;
}

int fakehost_run(struct fakehost *host, const char *const *argv, struct lend_buf *out,
		 struct lend_err *err)
{
	(void)out;
	if (host->nd[0] != '\0')
		return fake_nd(host, argv, err);
	errno = ENOENT;
	return lend_fail_errno(err, "run %s", argv[0]);
}

int fakehost_find(struct fakehost *host, const char *word, pid_t *ret_pid, struct lend_err *err)
{
	(void)err;
	for (size_t i = 0; i < FAKE_VMS; i++) {
		if (!host->vms[i].runs || strcmp(host->vms[i].word, word) != 0)
			continue;
		*ret_pid = host->vms[i].pid;
		return 0;
	}
	return 1;
}

int fakehost_signal(struct fakehost *host, pid_t pid, int signal, struct lend_err *err)
{
	(void)err;
	fake_count(host, signal == SIGKILL ? "SIGKILL" : "SIGTERM");
	for (size_t i = 0; i < FAKE_VMS; i++) {
		if (host->vms[i].pid == pid)
			host->vms[i].runs = false;
	}
	return 0;
}

void fakehost_end_all(struct fakehost *host)
{
	for (size_t i = 0; i < FAKE_VMS; i++)
		host->vms[i].runs = host->domains[i].runs = false;
}

/* ---- conversations ---- */

static int nobody(const char *socket, struct lend_err *err)
{
	errno = ENOENT;
	return lend_fail_errno(err, "connect to the monitor at '%s'", socket);
}

int fakehost_peer(struct fakehost *host, const char *socket, pid_t *ret_pid,
		  struct lend_err *err)
{
	bool is_agent;
	const struct fake_vm *vm = vm_at(host, socket, &is_agent);

	if (vm == NULL)
		return nobody(socket, err);
	*ret_pid = vm->pid;
	return 0;
}

int fakehost_tell(struct fakehost *host, const char *socket, const char *request,
		  struct lend_buf *reply, struct lend_err *err)
{
	bool is_agent;
	struct fake_vm *vm = vm_at(host, socket, &is_agent);

	if (strncmp(socket, "libvirt:", strlen("libvirt:")) == 0) {
		fake_libvirt(host, request, reply);
		return 0;
	}
	if (vm == NULL)
		return nobody(socket, err);
	if (!is_agent) {
		fake_qmp(host, vm, request, reply);
		return 0;
	}
	fake_count(host, "guest-shutdown");
	if (strcmp(host->fails, "guest-shutdown") == 0)
		return lend_fail(err, LEND_E_REMOTE, "the guest agent gave no answer");
	vm->runs = vm->runs && host->disobeys;
	return 0;
}

/* ---- all of it ---- */

static int hook_run(void *context, const char *const *argv, struct lend_buf *out,
		    struct lend_err *err)
{
	return fakehost_run(context, argv, out, err);
}

static int hook_tell(void *context, const char *socket, const char *request,
		     struct lend_buf *reply, struct lend_err *err)
{
	return fakehost_tell(context, socket, request, reply, err);
}

static int hook_peer(void *context, const char *socket, pid_t *ret_pid, struct lend_err *err)
{
	return fakehost_peer(context, socket, ret_pid, err);
}

static int hook_start(void *context, const char *const *argv, const char *log,
		      struct lend_err *err)
{
	return fakehost_start(context, argv, log, err);
}

static int hook_find(void *context, const char *word, pid_t *ret_pid, struct lend_err *err)
{
	return fakehost_find(context, word, ret_pid, err);
}

static int hook_signal(void *context, pid_t pid, int signal, struct lend_err *err)
{
	return fakehost_signal(context, pid, signal, err);
}

void fakehost_hooks(struct fakehost *host, struct lend_write_hooks *ret)
{
	*ret = (struct lend_write_hooks){ .context = host,
					  .run = hook_run,
					  .tell = hook_tell,
					  .peer = hook_peer,
					  .start = hook_start,
					  .find = hook_find,
					  .signal = hook_signal };
}

void fakehost_text(const struct fakehost *host, struct lend_buf *out)
{
	fake_libvirt_text(host, out);
	for (size_t i = 0; i < FAKE_VMS; i++) {
		const struct fake_vm *vm = &host->vms[i];

		if (!vm->runs)
			continue;
		lend_buf_printf(out, "runs %s\n", vm->word);
		for (size_t k = 0; k < FAKE_THINGS; k++) {
			const struct fake_thing *thing = &vm->things[k];

			if (!thing->there)
				continue;
			lend_buf_printf(out, "  %s %s", thing->id, thing->type);
			for (size_t p = 0; p < thing->n; p++)
				lend_buf_printf(out, " %s=%s", thing->properties[p].key,
						thing->properties[p].json);
			lend_buf_putc(out, '\n');
		}
	}
}
