/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Planned command lines, taken by a real QEMU: it starts, and has its NVDIMMs
 * where the plan says.  Skipped without QEMU.
 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "plan/geometry.h"
#include "plan/qemu.h"
#include "tests/must.h"

enum { SKIP = 77, WAIT_MS = 20000, TICK_MS = 20 };

static char dir[] = "/tmp/lend-argv-test-XXXXXX";

static const struct row {
	const char *what;
	const char *pmem; /* %s is the folder */
	uint64_t kib[4];  /* of the backings */
	uint64_t at[4];   /* by slot; 0: there is none */
	const char *more;
} rows[] = {
	{ "two that follow each other",
	  "  - {name: a, size: 128 MiB, backing: %s/a}\n"
	  "  - {name: b, size: 256 MiB, backing: %s/b}\n",
	  { 130 << 10, 258 << 10 },
	  { 0x100000000, 0x108000000 },
	  "nvdimm-persistence: cpu\n" },
	{ "an odd one between them, and a slot apart",
	  "  - {name: z, size: 16 MiB, backing: %s/a}\n"
	  "  - {name: y, size: 128 MiB, backing: %s/b, slot: 3, persistence: none}\n"
	  "  - {name: x, size: 144 MiB, backing: %s/c, label: 128 KiB}\n"
	  "  - {name: w, size: 128 MiB, backing: %s/d, label: 0, align: 2 MiB}\n",
	  { 18 << 10, 130 << 10, (144 << 10) + 128, 128 << 10 },
	  { 0x100000000, 0x108000000, 0x118000000, 0x120000000 },
	  "network: user\nvnc: \"unix:%s/vnc\"\nmachine: pc\n" },
	{ "no NVDIMMs", NULL, { 0 }, { 0 }, "cpus: 2\n" },
};

static void put_folder(struct lend_buf *out, const char *text)
{
	const char *at;

	while ((at = strstr(text, "%s")) != NULL) {
		lend_buf_put(out, text, (size_t)(at - text));
		lend_buf_puts(out, dir);
		text = at + 2;
	}
	lend_buf_puts(out, text);
}

static void make_folders(void)
{
	static const char *const names[] = { "run", "run/t", "vms", "vms/t" };
	char path[100];

	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		must(mkdir(path, 0700) == 0);
	}
}

static struct lend_plan *plan_of(const char *yaml)
{
	struct lend_arena arena = { 0 };
	char run[100];
	struct lend_wish wish;
	struct lend_qemu_caps caps;
	struct lend_inventory *inv;
	struct lend_plan *plan;
	struct lend_err err = { 0 };
	struct lend_scan_options options = LEND_SCAN_OPTIONS(.n_sources = 0);
	struct lend_plan_request request = { .wish = &wish,
					     .caps = &caps,
					     .places = { .state = dir, .run = run } };

	(void)snprintf(run, sizeof(run), "%s/run", dir);
	if (lend_wish_parse(&arena, "w", yaml, strlen(yaml), &wish, &err) < 0)
		must_str(err.what, "a good wish");
	lend_plan_wants(&arena, &wish, &request.places, &options);
	must(lend_scan(&options, &inv, NULL) == 0);
	must(lend_qemu_caps_of(inv, &caps));
	if (caps.version == NULL) {
		(void)rmdir(dir);
		exit(SKIP);
	}
	request.inventory = inv;
	must(lend_plan_qemu(&request, &plan, NULL) == 0);
	for (size_t i = 0; i < plan->n_remarks; i++)
		must(plan->remarks[i].level != LEND_REMARK_REFUSE);
	lend_inventory_free(inv);
	lend_arena_done(&arena);
	return plan;
}

/* What the steps would make; with holes, which QEMU does not mind. */
static void make_backings(const struct lend_plan *plan, const struct row *r)
{
	size_t n = 0;
	uint64_t sum = 0, want = 0;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct lend_step *s = &plan->steps[i];
		uint64_t bytes;
		int fd;

		if (strcmp(s->kind, "backing") != 0)
			continue;
		must(lend_pairs_u64(&s->after.pairs, "size", &bytes));
		fd = creat(s->name, 0600);
		must(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0 && close(fd) == 0);
		sum += bytes;
		n++;
	}
	for (size_t i = 0; i < LEND_COUNT(r->kib); i++) {
		want += r->kib[i] << 10;
		n -= r->kib[i] != 0;
	}
	must_u64(n, 0);
	must_u64(sum, want);
}

static pid_t start(const struct lend_plan *plan)
{
	const struct lend_step *vm = &plan->steps[plan->n_steps - 1];
	const char *argv[200];
	size_t n = 0;
	pid_t pid;

	must_str(vm->kind, "vm");
	while ((argv[n] = lend_pairs_nth(&vm->args, "argv", n)) != NULL && n < 190)
		n++;
	argv[n++] = "-S"; /* nothing runs in it */
	argv[n] = NULL;
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	must(pid > 0);
	return pid;
}

static int dial(pid_t pid)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/run/t/qmp.sock", dir);
	for (int ms = 0; ms < WAIT_MS * must_patience(); ms += TICK_MS) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
			return fd;
		(void)close(fd);
		must(waitpid(pid, NULL, WNOHANG) == 0); /* it took the command line */
		(void)poll(NULL, 0, TICK_MS);
	}
	must(false);
	return -1;
}

/* The line that has "return" and the id. */
static struct lend_json *ask(int fd, const char *command)
{
	lend_auto_buf in = { 0 };
	char request[200];

	(void)snprintf(request, sizeof(request), "{\"execute\":\"%s\",\"id\":\"%s\"}\n",
		       command, command);
	must(write(fd, request, strlen(request)) > 0);
	for (;;) {
		ssize_t n = read(fd, lend_buf_room(&in, 65536), 65536);
		char *end;

		must(n > 0);
		in.len += (size_t)n;
		in.text[in.len] = '\0';
		while ((end = strchr(in.text, '\n')) != NULL) {
			struct lend_json *doc = NULL;
			const char *id;

			must(lend_json_parse(in.text, (size_t)(end - in.text), &doc, NULL) ==
			     0);
			id = lend_json_str(lend_json_get(doc, "id"));
			if (id != NULL && strcmp(id, command) == 0) {
				must(lend_json_get(doc, "return") != NULL);
				return doc;
			}
			lend_json_done(&doc);
			in.len -= (size_t)(end + 1 - in.text);
			memmove(in.text, end + 1, in.len + 1);
		}
	}
}

static void compare(int fd, const struct row *r)
{
	lend_auto_json struct lend_json *hello = ask(fd, "qmp_capabilities");
	lend_auto_json struct lend_json *doc = ask(fd, "query-memory-devices");
	const struct lend_json *list = lend_json_get(doc, "return");
	size_t n = 0;

	must(lend_json_has(hello, "return"));

	for (size_t i = 0; i < LEND_COUNT(r->at); i++)
		n += r->at[i] != 0;
	must_u64(lend_json_count(list), n);
	for (size_t i = 0; i < n; i++) {
		const struct lend_json *d = lend_json_get(lend_json_at(list, i), "data");
		uint64_t slot, at, size;

		must(lend_json_u64(lend_json_get(d, "slot"), &slot) && slot < 4);
		must(lend_json_u64(lend_json_get(d, "addr"), &at));
		must(lend_json_u64(lend_json_get(d, "size"), &size));
		must_u64(at, r->at[slot]);
		must_u64(at % LEND_GEOMETRY_UNIT, 0);
		must_u64(size % LEND_GEOMETRY_STEP, 0);
	}
}

static void one(const struct row *r)
{
	lend_auto_buf yaml = { 0 };
	lend_auto_plan *plan = NULL;
	pid_t pid;
	int fd;

	must_in(r->what);
	lend_buf_puts(&yaml, "vm: t\nmemory: 64 MiB\naccel: tcg\n");
	put_folder(&yaml, r->more);
	if (r->pmem != NULL) {
		lend_buf_puts(&yaml, "pmem:\n");
		put_folder(&yaml, r->pmem);
	}
	plan = plan_of(lend_buf_text(&yaml));
	make_backings(plan, r);
	pid = start(plan);
	fd = dial(pid);
	compare(fd, r);
	(void)close(fd);
	must(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

int main(void)
{
	must(mkdtemp(dir) != NULL && setenv("D", dir, 1) == 0);
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		if (i == 0)
			make_folders();
		one(&rows[i]);
		must(system("rm -f \"$D\"/? \"$D\"/run/t/* \"$D\"/vms/t/*") == 0);
	}
	must_in("");
	return system("rm -rf \"$D\"") == 0 ? 0 : 1;
}
