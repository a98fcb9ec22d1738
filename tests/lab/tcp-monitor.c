/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Monitors on TCP: one is asked, one waits for its first client and is left
 * waiting, and a gdb stub, whose first client would stop the guest, is none.
 */

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "case.h"

enum { QUIET_MS = 50 };

struct end {
	const char *name;
	const char *wait; /* of its monitor */
	unsigned int port, gdb_port;
	char mark[LAB_PATH_MAX]; /* a file that QEMU makes when no client is missing */
	struct lab_child qemu;
};

static const struct lab_dimm wish = {
	.id = "tcp-dimm", .slot = 2, .pmem_bytes = 64 * LAB_MIB, .label_bytes = 2 * LAB_MIB
};

/* Ports that were free a moment ago. */
static int free_ports(unsigned int *ret, size_t n, struct lend_err *err)
{
	int fds[4] = { -1, -1, -1, -1 };
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		struct sockaddr_in address = { .sin_family = AF_INET,
					       .sin_addr = { htonl(INADDR_LOOPBACK) } };
		socklen_t size = sizeof(address);

		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fds[i] < 0 ||
		    bind(fds[i], (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		    getsockname(fds[i], (struct sockaddr *)&address, &size) < 0)
			r = lend_fail_errno(err, "find a free port");
		ret[i] = ntohs(address.sin_port);
	}
	for (size_t i = 0; i < n; i++)
		lend_close_fd(&fds[i]);
	return r;
}

static bool went_on(const struct end *end)
{
	return access(end->mark, F_OK) == 0;
}

/* Until the kernel lists the port, or the mark is there: without a connection. */
static int wait_up(struct lab *lab, struct end *end, bool waits, struct lend_err *err)
{
	int64_t deadline = lab_in(LAB_STEP_MS);
	char port[16];

	(void)snprintf(port, sizeof(port), ":%04X ", end->port);
	for (;;) {
		struct pollfd p = { .fd = end->qemu.pidfd, .events = POLLIN };
		lend_auto_fd int fd = open("/proc/net/tcp", O_RDONLY | O_CLOEXEC);
		lend_auto_buf table = { 0 };
		ssize_t n;
		int r;

		while (fd >= 0 && (n = read(fd, lend_buf_room(&table, 4096), 4096)) > 0)
			table.len += (size_t)n;
		lend_buf_puts(&table, "");
		if (strstr(table.text, port) != NULL && (waits || went_on(end)))
			return 0;
		r = lab_poll(lab, &p, 1, lab_in(10), err);
		if (r < 0)
			return -1;
		if (r == 1 || lend_now_ms() >= deadline)
			return lend_fail(err, LEND_E_REMOTE, "%s did not start", end->name);
	}
}

static int start(struct lab *lab, struct end *end, const struct lab_dimm *dimm,
		 struct lend_err *err)
{
	struct lend_arena arena = { 0 };
	const char *const argv[] = {
		lab_qemu(),
		"-name",
		end->name,
		"-nodefaults",
		"-no-user-config",
		"-display",
		"none",
		"-S",
		"-machine",
		"q35,accel=tcg,nvdimm=on",
		"-m",
		"128M,slots=4,maxmem=1G",
		"-object",
		lend_arena_printf(&arena,
				  "memory-backend-file,id=mem,share=on,mem-path=%s,size=%llu",
				  dimm->path, (unsigned long long)lab_dimm_bytes(dimm)),
		"-device",
		lend_arena_printf(&arena, "nvdimm,id=%s,memdev=mem,slot=2,label-size=2M",
				  dimm->id),
		"-qmp",
		lend_arena_printf(&arena, "tcp:127.0.0.1:%u,server=on%s", end->port, end->wait),
		"-gdb",
		lend_arena_printf(&arena, "tcp:127.0.0.1:%u", end->gdb_port),
		"-debugcon",
		lend_arena_printf(&arena, "file:%s", end->mark),
		NULL,
	};
	lend_auto_fd int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct lab_spawn spawn = { .argv = argv, .err_fd = quiet };
	int r = lab_child_start(&spawn, &end->qemu, err);

	lend_arena_done(&arena);
	return r < 0 ? -1 : wait_up(lab, end, end->wait[0] == '\0', err);
}

static bool still_waits(struct lab *lab, const struct end *end)
{
	struct pollfd p = { .fd = end->qemu.pidfd, .events = POLLIN };

	return lab_poll(lab, &p, 1, lab_in(QUIET_MS), NULL) == 0 && !went_on(end);
}

/* An address is what QEMU alone knows: nobody gave it one. */
static bool has_address(const struct lend_buf *out, const char *vm)
{
	lend_auto_json struct lend_json *map = NULL;
	const struct lend_json *device;

	if (lend_json_parse(lend_buf_text(out), out->len, &map, NULL) < 0)
		return false;
	device = lend_json_get(lab_pair(map, vm, wish.id), "device");
	return lend_json_str(lend_json_get(device, "address")) != NULL;
}

static int look(struct lab *lab, struct lab_tap *tap, const struct end *serves,
		const struct end *waits, struct lend_err *err)
{
	char source[3][64];
	char capture[LAB_PATH_MAX + 32];
	const struct {
		const char *text;
		const char *args[5];
		int exit; /* -1: whatever it is */
		bool asked;
	} looks[] = {
		{ "lend show", { "show", "--json", "--timeout=0.5" }, -1, false },
		{ "lend map", { "map", "--json", "--timeout=0.5" }, -1, true },
		{ "lend map qmp:tcp:", { "map", "--json", source[0] }, 0, true },
		{ "lend map qmp:tcp: of the waiting one",
		  { "map", "--json", source[1] },
		  4,
		  false },
		{ "lend map qmp:tcp: of a gdb stub", { "map", "--json", source[2] }, 2, false },
		{ "lend capture", { "capture", "--to", capture, source[0] }, 0, false },
		{ "lend map of the capture", { "map", "--json", capture }, 0, true },
	};

	(void)snprintf(source[0], sizeof(source[0]), "qmp:tcp:localhost:%u", serves->port);
	(void)snprintf(source[1], sizeof(source[1]), "qmp:tcp:127.0.0.1:%u", waits->port);
	(void)snprintf(source[2], sizeof(source[2]), "qmp:tcp:127.0.0.1:%u", serves->gdb_port);
	(void)snprintf(capture, sizeof(capture), "%s/capture", lab->dir);
	for (size_t i = 0; i < LEND_COUNT(looks); i++) {
		lend_auto_buf out = { 0 };
		int status = 0;
		int r = lab_lend(lab, looks[i].args, &out, &status, err);

		if (r < 0)
			return -1;
		if (r == 1) {
			lab_skip(tap, "no lend program", "%s", looks[i].text);
			continue;
		}
		(void)lab_ok(tap, still_waits(lab, waits), "left waiting by %s", looks[i].text);
		if (looks[i].exit >= 0)
			(void)lab_ok(tap, status == looks[i].exit, "%s ends with status %d",
				     looks[i].text, looks[i].exit);
		if (looks[i].asked)
			(void)lab_ok(tap, has_address(&out, serves->name),
				     "%s has the address that QEMU chose", looks[i].text);
	}
	return 0;
}

/* Else "left waiting" would say nothing. */
static int check_mark(struct lab *lab, struct lab_tap *tap, struct end *end,
		      struct lend_err *err)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons((uint16_t)end->port),
					     .sin_addr = { htonl(INADDR_LOOPBACK) } };
	lend_auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t deadline = lab_in(LAB_STEP_MS);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return lend_fail_errno(err, "connect to port %u", end->port);
	while (!went_on(end) && lend_now_ms() < deadline) {
		if (lab_poll(lab, NULL, 0, lab_in(10), err) < 0)
			return -1;
	}
	(void)lab_ok(tap, went_on(end), "a client lets it go on");
	return 0;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct end serves = { .name = "tcp-serves", .wait = ",wait=off" };
	struct end waits = { .name = "tcp-waits", .wait = "" };
	struct lab_dimm dimm = wish;
	unsigned int ports[4];
	int r = free_ports(ports, LEND_COUNT(ports), err);

	serves.port = ports[0];
	serves.gdb_port = ports[1];
	waits.port = ports[2];
	waits.gdb_port = ports[3];
	if (r < 0 || lab_dimm_make(lab, &dimm, err) < 0 ||
	    lab_path(lab, serves.mark, sizeof(serves.mark), "serves.mark", err) < 0 ||
	    lab_path(lab, waits.mark, sizeof(waits.mark), "waits.mark", err) < 0)
		return -1;
	r = start(lab, &serves, &dimm, err);
	if (r == 0)
		r = start(lab, &waits, &dimm, err);
	if (r == 0)
		r = look(lab, tap, &serves, &waits, err);
	if (r == 0)
		r = check_mark(lab, tap, &waits, err);
	lab_child_stop(&serves.qemu, 0);
	lab_child_stop(&waits.qemu, 0);
	return r;
}

const struct lab_shape lab_shape_tcp_monitor = {
	.name = "tcp-monitor",
	.about = "monitors on TCP, one of them waiting",
	.run = run,
};
