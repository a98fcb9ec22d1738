/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running QEMUs, as their command lines say.
 *
 * Asks  /proc, /proc/PID/cmdline, and of QEMUs /proc/PID/cwd
 * Adds  vm, device and backend nodes; scan->qemus for the collectors behind
 *
 * Says nothing about what was added after the start: that is qemu-qmp's.
 */

#include <errno.h>
#include <inttypes.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "collect/collect.h"
#include "collect/libvirt.h"
#include "collect/processes.h"
#include "collect/qemu-qmp.h"
#include "collect/qemu-waiting.h"
#include "collect/socket-holder.h"
#include "collect/tcp-holder.h"
#include "model/vm-args.h"

/* More QEMUs than a machine can run: what is made of them takes longer than in proportion. */
enum { CMDLINE_MAX = 512 * 1024, QEMUS_MAX = 4096 };

/* One call where cmdline takes five; root alone is told, and kernel threads have none. */
static const struct lend_ask look_exe = { .via = LEND_VIA_MAGIC,
					  .key = "proc/%s/exe",
					  .flags = LEND_ASK_NOT_RECORDED };
/* Of every process, only to see whether it is a QEMU: not for a capture, command lines hold
 * secrets. */
static const struct lend_ask ask_which = { .via = LEND_VIA_FILE,
					   .key = "proc/%s/cmdline",
					   .limit_bytes = CMDLINE_MAX,
					   .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask ask_cmdline = { .via = LEND_VIA_FILE,
					     .key = "proc/%s/cmdline",
					     .limit_bytes = CMDLINE_MAX };
static const struct lend_ask ask_cwd = { .via = LEND_VIA_MAGIC, .key = "proc/%s/cwd" };
static const struct lend_ask look_maps = { .via = LEND_VIA_FILE,
					   .key = "proc/%s/maps",
					   .limit_bytes = LEND_MAPS_MAX,
					   .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask look_cwd = { .via = LEND_VIA_MAGIC,
					  .key = "proc/%s/cwd",
					  .flags = LEND_ASK_NOT_RECORDED };
static const struct lend_ask ask_socket = { .via = LEND_VIA_STAT,
					    .key = "%p",
					    .flags = LEND_ASK_MAY_HANG };

static const char *absolute(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			    const char *path)
{
	if (path[0] == '/' || qemu->cwd == NULL)
		return path;
	return lend_arena_printf(&scan->memory, "%s/%s", qemu->cwd, path);
}

/* The socket of a chardev as this process reaches it; NULL when it has none to connect to. */
static const char *socket_of(struct lend_scan *scan, const struct lend_scan_qemu *qemu,
			     size_t chardev)
{
	const struct lend_qemu_chardev *c = &qemu->args.chardevs[chardev];
	const char *path;

	if (c->path == NULL || c->kind != LEND_QEMU_CHARDEV_SOCKET ||
	    c->abstract == LEND_TRI_ON)
		return NULL;
	path = lend_collect_reach(scan, qemu, c->path);
	return lend_is_tcp(path) ? lend_arena_printf(&scan->memory, "./%s", path) : path;
}

/* One on TCP, when there is no other: whose a Unix socket is can be told with less doubt. */
static void add_tcp_monitor(struct lend_scan *scan, struct lend_scan_qemu *qemu, uint32_t by)
{
	const struct lend_qemu_args *args = &qemu->args;

	for (size_t i = 0; i < args->n_monitors && qemu->monitor == NULL; i++) {
		const struct lend_qemu_monitor *m = &args->monitors[i];

		if (m->control && m->has_chardev &&
		    args->chardevs[m->chardev].server == LEND_TRI_ON)
			qemu->monitor = lend_tcp_of_chardev(scan, &args->chardevs[m->chardev]);
		if (qemu->monitor != NULL)
			lend_build_text(&scan->build, &qemu->vm->node, &qemu->vm->monitor, by,
					qemu->monitor);
	}
}

static void put_socket(struct lend_scan *scan, struct lend_scan_qemu *qemu, uint32_t by,
		       struct lend_fact *fact, size_t chardev)
{
	lend_build_text(&scan->build, &qemu->vm->node, fact, by,
			absolute(scan, qemu, qemu->args.chardevs[chardev].path));
}

/* Without its monitor, what was plugged in later and what a config file says is not seen. */
static void check_unreachable(struct lend_scan *scan, const struct lend_scan_qemu *qemu)
{
	const struct lend_qemu_args *args = &qemu->args;

	if (qemu->domain != NULL || (!args->has_readconfig && !args->maxmem_bytes.has))
		return;
	lend_build_gap(&scan->build, qemu->vm->node.id, true,
		       lend_is_libvirts(args) ? "libvirt knows: libvirt:qemu:///system"
					      : "name its QMP socket: qmp:PATH",
		       "VM %s has no monitor on its command line that can be asked: %s",
		       qemu->vm->node.name,
		       args->has_readconfig ? "what its config file adds is not seen"
					    : "what was plugged in later is not seen");
}

/* Of several, the first; a socket that was named as SOURCE comes before all (use_socket). */
static void add_sockets(struct lend_scan *scan, struct lend_scan_qemu *qemu, uint32_t by)
{
	const struct lend_qemu_args *args = &qemu->args;
	struct lend_vm *vm = qemu->vm;

	if (qemu->domain != NULL)
		return; /* libvirt is at the other end of both */
	for (size_t i = 0; i < args->n_monitors && qemu->monitor == NULL; i++) {
		if (!args->monitors[i].control || !args->monitors[i].has_chardev)
			continue;
		qemu->monitor = socket_of(scan, qemu, args->monitors[i].chardev);
		if (qemu->monitor != NULL)
			put_socket(scan, qemu, by, &vm->monitor, args->monitors[i].chardev);
	}
	for (size_t i = 0; i < args->n_agents && qemu->agent == NULL; i++) {
		qemu->agent = socket_of(scan, qemu, args->agents[i]);
		if (qemu->agent != NULL)
			put_socket(scan, qemu, by, &vm->agent, args->agents[i]);
	}
	add_tcp_monitor(scan, qemu, by);
	if (qemu->monitor == NULL) {
		lend_build_absent(&scan->build, &vm->node, &vm->monitor, by);
		check_unreachable(scan, qemu);
	}
	if (qemu->agent == NULL)
		lend_build_absent(&scan->build, &vm->node, &vm->agent, by);
}

/* A socket that was named as SOURCE is the one to ask, even when there are others. */
static void use_socket(struct lend_scan *scan, struct lend_scan_qemu *qemu,
		       const struct lend_scan_socket *socket)
{
	struct lend_vm *vm = qemu->vm;
	uint32_t by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "qemu-proc",
					  "SOURCE", vm->node.id);
	bool monitor = socket->via == LEND_VIA_QMP;
	const char **at = monitor ? &qemu->monitor : &qemu->agent;

	if (*at != NULL)
		return;
	*at = socket->path;
	lend_build_text(&scan->build, &vm->node, monitor ? &vm->monitor : &vm->agent, by,
			socket->path);
}

static void add_vm(struct lend_scan *scan, struct lend_scan_qemu *qemu, uint32_t by)
{
	struct lend_vm *vm = qemu->vm;

	lend_build_u64(&scan->build, &vm->node, &vm->pid, by, qemu->pid);
	lend_build_vm_args(&scan->build, vm, lend_collect_trust(scan), by, "qemu", &qemu->args);
	/* Nothing of a place for one more device depends on it. */
	if (scan->options->room_in == NULL)
		lend_build_vm_ways(&scan->build, vm, lend_collect_trust(scan), by, &qemu->args);
	add_sockets(scan, qemu, by);
}

static void decide_waiting(struct lend_scan *scan, struct lend_scan_qemu *qemu)
{
	struct lend_vm *vm = qemu->vm;
	uint32_t by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "qemu-proc",
					  "proc/%s/maps", vm->node.id);

	qemu->waiting = lend_qemu_waiting(
		&qemu->args,
		lend_qemu_may_wait(&qemu->args) ? lend_collect_maps(scan, qemu) : NULL,
		qemu->cwd);
	if (qemu->waiting != LEND_NOT_WAITING)
		scan->some_wait = true;
	if (qemu->waiting == LEND_WAITING_CANNOT_TELL)
		lend_build_unreadable(&scan->build, &vm->node, &vm->waiting, by,
				      qemu->maps == NULL ? "its memory map could not be read"
							 : "its memory map does not tell");
	else
		lend_build_u64(&scan->build, &vm->node, &vm->waiting, by,
			       qemu->waiting == LEND_WAITING);
	if (qemu->waiting == LEND_WAITING)
		lend_build_gap(
			&scan->build, vm->node.id, true,
			"start the guest, or give its chardevs wait=off, then look again",
			"VM %s waits for the first client of a socket: it was not asked, because that would start it",
			vm->node.name);
	if (qemu->waiting == LEND_WAITING_CANNOT_TELL)
		lend_build_gap(
			&scan->build, vm->node.id, true,
			qemu->maps == NULL ? "run as root, or give its chardevs wait=off"
					   : "give its chardevs wait=off",
			"VM %s may wait for the first client of a socket: it was not asked, because that could start it",
			vm->node.name);
}

/* Relative ones are alike in many VMs. */
static const char *whole_path(struct lend_scan *scan, const char *pid, const char *path)
{
	const struct lend_answer *cwd;

	if (path[0] == '/')
		return path;
	cwd = lend_io_ask(scan->io, &ask_cwd, pid);
	return cwd->known != LEND_KNOWN
		       ? path
		       : lend_arena_printf(&scan->memory, "%s/%s", cwd->bytes, path);
}

static const char *name_of(struct lend_scan *scan, const struct lend_qemu_args *args,
			   const char *pid, bool *ret_unstable)
{
	*ret_unstable = false;
	if (args->name != NULL && args->name[0] != '\0')
		return args->name;
	if (args->uuid != NULL && args->uuid[0] != '\0')
		return args->uuid;
	for (size_t i = 0; i < args->n_monitors; i++) {
		const struct lend_qemu_monitor *m = &args->monitors[i];

		if (m->control && m->has_chardev && args->chardevs[m->chardev].path != NULL)
			return whole_path(scan, pid, args->chardevs[m->chardev].path);
	}
	*ret_unstable = true;
	return lend_build_internf(&scan->build, "pid-%s", pid);
}

/* The same socket can be reached by different paths. */
static bool is_socket(struct lend_scan *scan, const char *pid,
		      const struct lend_qemu_chardev *c, const struct lend_scan_socket *socket)
{
	const struct lend_answer *have;
	const char *path = c->path;

	if (lend_is_tcp(socket->path))
		return lend_tcp_is_chardev(scan, pid, c, socket->path);
	if (path == NULL || !socket->has_stat)
		return false;
	have = lend_io_ask(scan->io, &ask_socket,
			   lend_arena_printf(&scan->memory, "/proc/%s/%s/%s", pid,
					     path[0] == '/' ? "root" : "cwd", path));
	/* Another user's: the path is all there is. */
	if (have->known == LEND_UNREADABLE)
		return strcmp(path, socket->path) == 0;
	/* Another QEMU may have taken the path since; then it is that one's. */
	return have->known == LEND_KNOWN && have->stat.inode == socket->stat.inode &&
	       have->stat.dev_major == socket->stat.dev_major &&
	       have->stat.dev_minor == socket->stat.dev_minor &&
	       lend_socket_holds(scan, pid, socket->path) != LEND_HOLDS_NOT;
}

static bool has_socket(struct lend_scan *scan, const char *pid,
		       const struct lend_qemu_args *args, const struct lend_scan_socket *socket)
{
	for (size_t i = 0; socket->via == LEND_VIA_QMP && i < args->n_monitors; i++) {
		const struct lend_qemu_monitor *m = &args->monitors[i];

		if (m->control && m->has_chardev &&
		    is_socket(scan, pid, &args->chardevs[m->chardev], socket))
			return true;
	}
	for (size_t i = 0; socket->via == LEND_VIA_QGA && i < args->n_agents; i++) {
		if (is_socket(scan, pid, &args->chardevs[args->agents[i]], socket))
			return true;
	}
	return false;
}

/* A client at a gdb socket stops the guest, one at a serial port takes the console away. */
static int check_use(struct lend_scan *scan, const char *pid, const struct lend_qemu_args *args,
		     const struct lend_scan_socket *socket, struct lend_err *err)
{
	bool unstable;

	for (size_t i = 0; i < args->n_chardevs; i++) {
		if (!is_socket(scan, pid, &args->chardevs[i], socket))
			continue;
		lend_hint(err, "lend show lists the monitors and agents of running QEMUs");
		return lend_fail(err, LEND_E_USAGE, "'%.90s' is no %s: VM %.60s has it as %s",
				 socket->path,
				 socket->via == LEND_VIA_QMP ? "QMP monitor" : "guest agent",
				 name_of(scan, args, pid, &unstable),
				 args->chardevs[i].implied);
	}
	return 0;
}

static void look_at_process(struct lend_scan *scan, struct lend_scan_qemu *qemu,
			    const char *pid)
{
	const struct lend_answer *answer;

	qemu->has_pid = lend_parse_u64(pid, 10, &qemu->pid);
	answer = lend_io_ask(scan->io, &ask_cwd, pid);
	if (answer->known == LEND_KNOWN)
		qemu->cwd = lend_arena_strdup(&scan->memory, answer->bytes);
	qemu->foreign = answer->os_errno == EACCES || answer->os_errno == EPERM;
	if (qemu->foreign)
		lend_build_gap(
			&scan->build, qemu->vm->node.id, true, "run as root",
			"VM %s is another user's: its directory, memory map and guest stay hidden",
			qemu->vm->node.name);
}

/* stray is a socket that this process holds, though its command line does not say so. */
static void add_qemu(struct lend_scan *scan, const char *pid, const struct lend_qemu_args *args,
		     struct lend_scan_socket *stray)
{
	struct lend_scan_qemu *qemu;
	bool unstable;
	uint32_t by;

	if (lend_io_is_recording(scan->io))
		(void)lend_io_ask(scan->io, &ask_cmdline, pid);
	qemu = lend_collect_qemu(scan, name_of(scan, args, pid, &unstable));
	qemu->args = *args;
	lend_domain_take(scan, qemu);
	/* What the command line hides may also be a chardev that waits. */
	if (stray != NULL)
		qemu->args.has_readconfig = true;
	by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "qemu-proc",
				 ask_cmdline.key, qemu->vm->node.id);
	lend_build_u64(&scan->build, &qemu->vm->node, &qemu->vm->unstable_name, by, unstable);
	look_at_process(scan, qemu, pid);
	for (size_t i = 0; i < scan->n_sockets; i++) {
		const char *holder = scan->sockets[i].holder;

		if ((stray != NULL && &scan->sockets[i] == stray) ||
		    (holder != NULL && strcmp(holder, pid) == 0))
			use_socket(scan, qemu, &scan->sockets[i]);
	}
	add_vm(scan, qemu, by);
	decide_waiting(scan, qemu);
}

static bool read_args(struct lend_scan *scan, const char *pid, struct lend_qemu_args *args)
{
	const struct lend_answer *exe = lend_io_ask(scan->io, &look_exe, pid);
	bool is_qemu = exe->known == LEND_KNOWN && lend_qemu_is_program(exe->bytes);
	const struct lend_answer *cmdline;

	if (exe->known == LEND_ABSENT ||
	    (exe->known == LEND_KNOWN && !is_qemu && strstr(exe->bytes, "qemu") == NULL))
		return false;
	cmdline = lend_io_ask(scan->io, &ask_which, pid);
	if (cmdline->known == LEND_UNREADABLE)
		lend_build_gap(&scan->build, "proc", true, "",
			       "what process %s is cannot be read: %s", pid, cmdline->why);
	if (cmdline->known != LEND_KNOWN || cmdline->len == 0 ||
	    !(is_qemu || lend_qemu_is_program(cmdline->bytes)))
		return false;
	lend_qemu_args_parse(&scan->memory, cmdline->bytes, cmdline->len, args);
	return true;
}

static int look_at(struct lend_scan *scan, const char *pid, struct lend_err *err)
{
	bool wanted = !lend_scan_is_named(scan);
	const struct lend_answer *maps, *cwd;
	struct lend_qemu_args args;

	if (!read_args(scan, pid, &args))
		return 0;
	if (lend_domain_of(scan, args.uuid) != NULL)
		wanted = true;
	for (size_t i = 0; i < scan->n_sockets; i++) {
		if (has_socket(scan, pid, &args, &scan->sockets[i])) {
			scan->sockets[i].holder = lend_arena_strdup(&scan->memory, pid);
			wanted = true;
		} else if (check_use(scan, pid, &args, &scan->sockets[i], err) < 0) {
			return -1;
		}
	}
	if (wanted) {
		add_qemu(scan, pid, &args, NULL);
		return 0;
	}
	if (scan->some_wait || !lend_qemu_may_wait(&args))
		return 0;
	maps = lend_io_ask(scan->io, &look_maps, pid);
	cwd = lend_io_ask(scan->io, &look_cwd, pid);
	if (lend_qemu_waiting(&args, maps->known == LEND_KNOWN ? maps->bytes : NULL,
			      cwd->known == LEND_KNOWN ? cwd->bytes : NULL) != LEND_NOT_WAITING)
		scan->some_wait = true;
	return 0;
}

/* By the same words whatever the reason: a replay could not tell it. */
static void add_stray_tcp(struct lend_scan *scan, struct lend_scan_socket *socket)
{
	const char *name = lend_build_intern(&scan->build, socket->path);
	bool may_ask;

	if (lend_io_is_replay(scan->io)) {
		may_ask = lend_socket_is_recorded(scan, socket->via, socket->path);
	} else {
		const char *pid = lend_tcp_holder(scan, socket->path);
		struct lend_qemu_args args;

		may_ask = pid != NULL && !scan->some_wait && !read_args(scan, pid, &args);
	}
	if (may_ask)
		use_socket(scan, lend_collect_qemu(scan, name), socket);
	else
		lend_build_gap(
			&scan->build, name, true,
			"as root lend sees all processes; a Unix socket tells more: -qmp unix:PATH,server=on,wait=off",
			"no QEMU is seen to have its monitor at %s: it was not asked, because one that waits for its first client would start",
			name);
}

/* A socket that no command line names.  Its process may be a QEMU all the same. */
static void add_stray(struct lend_scan *scan, struct lend_scan_socket *socket)
{
	const char *pid;
	struct lend_qemu_args args;

	if (lend_is_tcp(socket->path)) {
		add_stray_tcp(scan, socket);
		return;
	}
	pid = lend_socket_holder(scan, socket->path);
	if (pid != NULL && read_args(scan, pid, &args))
		add_qemu(scan, pid, &args, socket);
	else if (lend_socket_may_ask(scan, socket, pid))
		use_socket(scan, lend_collect_qemu(scan, socket->path), socket);
}

/* Then the other processes do not matter, unless a guest's socket may turn out to be stray. */
static bool has_all_sockets(const struct lend_scan *scan)
{
	for (size_t i = 0; i < scan->n_sockets; i++) {
		if (scan->sockets[i].holder == NULL)
			return false;
	}
	return scan->n_sockets > 0 && scan->n_guests == 0 && scan->n_libvirts == 0;
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	size_t n;
	const char **pids = lend_list_processes(scan, !lend_scan_is_named(scan), &n);

	for (size_t i = 0; i < scan->n_sockets; i++) {
		const struct lend_answer *answer;

		if (lend_is_tcp(scan->sockets[i].path) ||
		    (scan->sockets[i].has_stat && !lend_io_is_recording(scan->io)))
			continue;
		answer = lend_io_ask(scan->io, &ask_socket, scan->sockets[i].path);
		scan->sockets[i].has_stat = answer->known == LEND_KNOWN;
		scan->sockets[i].stat = answer->stat;
	}
	for (size_t i = 0; i < n && !has_all_sockets(scan); i++) {
		if (scan->n_qemus == QEMUS_MAX) {
			lend_build_gap(&scan->build, "proc", true, "",
				       "there are more than %d QEMUs: the others are left out",
				       QEMUS_MAX);
			break;
		}
		/* VMs start after the system's own processes: the newest may be all it takes.
		 */
		if (look_at(scan, pids[scan->n_sockets > 0 ? n - 1 - i : i], err) < 0)
			return -1;
		/* Anybody can have a long command line; what is kept was copied. */
		lend_io_forget(scan->io);
	}
	for (size_t i = 0; i < scan->n_sockets; i++) {
		const char *path = scan->sockets[i].path;

		if (scan->sockets[i].holder != NULL)
			continue;
		if (lend_is_tcp(path) && lend_tcp_is_closed(scan, path)) {
			lend_hint(err, "lend show lists the monitors of running QEMUs");
			return lend_fail(err, LEND_E_SYSTEM, "nobody listens on '%.120s'",
					 path);
		}
		add_stray(scan, &scan->sockets[i]);
	}
	lend_qmp_begin(scan);
	return 0;
}

extern const struct lend_collector lend_collector_qemu_proc;
const struct lend_collector lend_collector_qemu_proc = {
	.id = "qemu-proc",
	.sees = "running QEMUs by their command lines",
	.collect = collect,
};
