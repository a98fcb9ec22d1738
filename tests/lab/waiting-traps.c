/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMUs that wait for a first client and look as if they did not: whatever
 * lend is told to look at, they must be left waiting.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "case.h"

enum { QUIET_MS = 50, WORDS_MAX = 64 };

/* Command lines: words between blanks, '@' is the folder of the trap. */
struct trap {
	const char *text;
	const char *args;
	const char *socket;    /* what QEMU waits at, and lend is told to look at */
	const char *older;     /* a QEMU that ran before, whose monitor is removed */
	const char *proxy;     /* what lend is told of instead: a listener that connects on */
	const char *config[2]; /* a file, and what is in it */
};

#define SOON "--timeout=0.5"

#define DIMM(id, path, size)                                                                   \
	"-m " size ",slots=2,maxmem=1G -object memory-backend-file,id=mem-" id                 \
	",mem-path=@/" path ",size=" size ",share=on -device nvdimm,id=" id ",memdev=mem-" id  \
	" "

static const struct trap traps[] = {
	{ .text = "a backing file named 1",
	  .args = DIMM("nv", "1", "64M") "-qmp unix:@/qmp,server=on",
	  .socket = "qmp" },
	{ .text = "a backing file named qemu, \"server\" without a value",
	  .args = DIMM("nv", "qemu", "64M") "-qmp unix:@/qmp,server",
	  .socket = "qmp" },
	{ .text = "a backing file named lib",
	  .args = DIMM("nv", "lib", "64M") "-qmp unix:@/qmp,server",
	  .socket = "qmp" },
	{ .text = "memory of the size of a thread's stack",
	  .args = DIMM("nv", "nv.img", "8M") "-qmp unix:@/qmp,server=on",
	  .socket = "qmp" },
	{ .text = "the path of an older VM's monitor",
	  .older = DIMM("d-old", "old.img", "64M") "-qmp unix:@/qmp,server=on,wait=off",
	  .args = DIMM("d-new", "new.img", "64M") "-qmp unix:@/qmp,server=on",
	  .socket = "qmp" },
	{ .text = "-chardev with -mon",
	  .args = DIMM("nv", "nv.img", "64M") "-chardev socket,id=c,path=@/qmp,server=on "
					      "-mon chardev=c,mode=control",
	  .socket = "qmp" },
	{ .text = "a monitor for people",
	  .args = DIMM("nv", "nv.img", "64M") "-monitor unix:@/hmp,server",
	  .socket = "hmp" },
	{ .text = "-readconfig",
	  .args = DIMM("nv", "nv.img", "64M") "-readconfig @/config",
	  .config = { "config", "[chardev \"c\"]\n"
				"  backend = \"socket\"\n"
				"  path = \"@/qmp\"\n"
				"  server = \"on\"\n"
				"[mon]\n"
				"  chardev = \"c\"\n"
				"  mode = \"control\"\n" },
	  .socket = "qmp" },
	/* Memory backends are mapped before QEMU waits for this one, its monitor is open. */
	{ .text = "a serial port",
	  .args = DIMM("nv", "nv.img", "64M") "-qmp unix:@/qmp,server=on,wait=off "
					      "-serial unix:@/serial,server",
	  .socket = "serial" },
	{ .text = "the channel of an agent",
	  .args = DIMM("nv", "nv.img",
		       "64M") "-qmp unix:@/qmp,server=on,wait=off "
			      "-chardev socket,id=a,path=@/qga,server=on "
			      "-device virtio-serial-pci -device virtserialport,"
			      "chardev=a,name=org.qemu.guest_agent.0",
	  .socket = "qga" },
	{ .text = "a proxy",
	  .args = DIMM("nv", "nv.img", "64M") "-qmp unix:@/qmp,server=on",
	  .socket = "qmp",
	  .proxy = "proxy" },
};

static const char proxy[] = "import socket, sys\n"
			    "front = socket.socket(socket.AF_UNIX)\n"
			    "front.bind(sys.argv[1])\n"
			    "front.listen()\n"
			    "ends = []\n"
			    "while True:\n"
			    "    ends.append(front.accept())\n"
			    "    ends.append(socket.socket(socket.AF_UNIX))\n"
			    "    ends[-1].connect(sys.argv[2])\n";

/* A trap that is set. */
struct set {
	struct lab *lab;
	const struct trap *trap;
	struct lend_arena arena;
	const char *dir;
	struct lab_child older;
	struct lab_child qemu;
	struct lab_child proxy;
};

static const char *in_dir(struct set *set, const char *name)
{
	return lend_arena_printf(&set->arena, "%s/%s", set->dir, name);
}

static const char *expand(struct set *set, const char *text, size_t len)
{
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '@')
			lend_buf_puts(&out, set->dir);
		else
			lend_buf_putc(&out, text[i]);
	}
	return lend_arena_strdup(&set->arena, lend_buf_text(&out));
}

static int wait_file(struct set *set, const struct lab_child *maker, const char *path,
		     struct lend_err *err)
{
	int64_t deadline = lab_in(LAB_STEP_MS);

	while (access(path, F_OK) < 0) {
		struct pollfd p = { .fd = maker->pidfd, .events = POLLIN };
		int r = lab_poll(set->lab, &p, 1, lab_in(10), err);

		if (r < 0)
			return -1;
		if (r == 1 || lend_now_ms() >= deadline)
			return lend_fail(err, LEND_E_REMOTE, "nobody made '%s'", path);
	}
	return 0;
}

/* Up to the moment when its socket is there.  QEMU makes the mark when no client is missing. */
static int start(struct set *set, const char *name, const char *args, const char *socket,
		 struct lab_child *ret_child, struct lend_err *err)
{
	const char *argv[WORDS_MAX + 1] = {
		lab_qemu(),
		"-name",
		name,
		"-nodefaults",
		"-no-user-config",
		"-display",
		"none",
		"-S",
		"-machine",
		"q35,accel=tcg,nvdimm=on",
		"-debugcon",
		lend_arena_printf(&set->arena, "file:%s/%s.mark", set->dir, name),
	};
	struct lab_spawn spawn = { .argv = argv };
	lend_auto_fd int quiet = -1;
	size_t n = 0;

	while (argv[n] != NULL)
		n++;
	for (const char *at = args; *at != '\0' && n < WORDS_MAX;) {
		size_t len = strcspn(at, " ");

		argv[n++] = expand(set, at, len);
		at += len + strspn(at + len, " ");
	}
	quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	spawn.err_fd = quiet;
	if (lab_child_start(&spawn, ret_child, err) < 0)
		return -1;
	return wait_file(set, ret_child, in_dir(set, socket), err);
}

/* It runs, and its socket is no longer to be found. */
static int start_older(struct set *set, struct lend_err *err)
{
	lab_auto_talk talk = { .fd = -1, .peer = &set->older };
	const char *path = in_dir(set, set->trap->socket);

	if (start(set, "old", set->trap->older, set->trap->socket, &set->older, err) < 0 ||
	    lab_talk_qmp(set->lab, &talk, path, lab_in(LAB_STEP_MS), err) < 0)
		return -1;
	return unlink(path) < 0 ? lend_fail_errno(err, "remove '%s'", path) : 0;
}

static int start_proxy(struct set *set, struct lend_err *err)
{
	const char *front = in_dir(set, set->trap->proxy);
	const char *const argv[] = {
		"python3", "-c", proxy, front, in_dir(set, set->trap->socket), NULL
	};
	struct lab_spawn spawn = { .argv = argv };

	if (lab_child_start(&spawn, &set->proxy, err) < 0)
		return -1;
	return wait_file(set, &set->proxy, front, err);
}

static int write_config(struct set *set, struct lend_err *err)
{
	const char *const *config = set->trap->config;
	const char *text = expand(set, config[1], strlen(config[1]));
	lend_auto_fd int fd =
		open(in_dir(set, config[0]), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return lend_fail_errno(err, "write '%s/%s'", set->dir, config[0]);
	return 0;
}

static bool still_waits(struct set *set)
{
	struct pollfd p = { .fd = set->qemu.pidfd, .events = POLLIN };
	int r = lab_poll(set->lab, &p, 1, lab_in(QUIET_MS), NULL);
	bool went_on = access(in_dir(set, "new.mark"), F_OK) == 0;

	if (r != 0 || went_on)
		lab_note("%s", went_on ? "QEMU went on" : "QEMU ended");
	return r == 0 && !went_on;
}

struct look {
	const char *text;
	const char *args[7];
};

/* 1: it no longer waits, there is nothing more to prove. */
static int look(struct set *set, struct lab_tap *tap, const struct look *look,
		struct lend_err *err)
{
	lend_auto_json struct lend_json *map = NULL;
	lend_auto_buf out = { 0 };
	int status = 0;
	int r = lab_lend(set->lab, look->args, &out, &status, err);

	if (r < 0)
		return -1;
	if (r == 1) {
		lab_skip(tap, "no lend program", "%s: left waiting by %s", set->trap->text,
			 look->text);
		return 0;
	}
	if (!lab_ok(tap, still_waits(set), "%s: left waiting by %s", set->trap->text,
		    look->text))
		return 1;
	if (set->trap->older == NULL || strcmp(look->args[0], "map") != 0)
		return 0;
	if (lend_json_parse(lend_buf_text(&out), out.len, &map, err) < 0)
		return lend_where(err, "reading what %s printed", look->text);
	(void)lab_ok(tap,
		     lab_pair(map, "old", "d-new") == NULL &&
			     lab_pair(map, "new", "d-old") == NULL,
		     "%s: each has its own devices", set->trap->text);
	return 0;
}

static int look_all(struct set *set, struct lab_tap *tap, struct lend_err *err)
{
	const char *front = set->trap->proxy != NULL ? set->trap->proxy : set->trap->socket;
	const char *path = in_dir(set, front);
	const char *qmp = lend_arena_printf(&set->arena, "qmp:%s", path);
	const char *guest = lend_arena_printf(&set->arena, "new=qga:%s", path);
	const struct look looks[] = {
		/* A short time for guests of others, which may be starting just now. */
		{ "lend show", { "show", "--json", SOON } },
		{ "lend map", { "map", "--json", SOON } },
		{ "lend map qmp:PATH", { "map", "--json", SOON, qmp } },
		{ "lend map --guest", { "map", "--json", SOON, "--guest", guest } },
		{ "lend map qmp:PATH --guest",
		  { "map", "--json", SOON, qmp, "--guest", guest } },
		{ "lend capture", { "capture", SOON, "--to", in_dir(set, "capture") } },
	};

	for (size_t i = 0; i < LEND_COUNT(looks); i++) {
		int r = look(set, tap, &looks[i], err);

		if (r != 0)
			return r;
	}
	return 0;
}

/* Else "left waiting" would say nothing. */
static void check_mark(struct set *set, struct lab_tap *tap)
{
	lab_auto_talk talk = { .fd = -1, .peer = &set->qemu };
	const char *path = in_dir(set, set->trap->socket);
	struct lend_err said = { 0 };

	(void)lab_ok(
		tap,
		lab_did(lab_talk_connect(set->lab, &talk, path, lab_in(LAB_STEP_MS), &said),
			&said) &&
			lab_did(wait_file(set, &set->qemu, in_dir(set, "new.mark"), &said),
				&said),
		"%s: a client lets it go on", set->trap->text);
}

static int prove(struct set *set, struct lab_tap *tap, struct lend_err *err)
{
	const struct trap *trap = set->trap;
	int r;

	if (trap->older != NULL && start_older(set, err) < 0)
		return -1;
	if (trap->config[0] != NULL && write_config(set, err) < 0)
		return -1;
	if (start(set, "new", trap->args, trap->socket, &set->qemu, err) < 0)
		return -1;
	if (trap->proxy != NULL && start_proxy(set, err) < 0)
		return -1;
	if (!lab_ok(tap, still_waits(set), "%s: QEMU waits", trap->text))
		return 0;
	r = look_all(set, tap, err);
	if (r == 0)
		check_mark(set, tap);
	return r < 0 ? -1 : 0;
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	int r = 0;

	for (size_t i = 0; i < LEND_COUNT(traps) && r == 0; i++) {
		struct set set = { .lab = lab, .trap = &traps[i] };

		set.dir = lend_arena_printf(&set.arena, "%s/%zu", lab->dir, i);
		r = mkdir(set.dir, 0700) < 0 ? lend_fail_errno(err, "make '%s'", set.dir) : 0;
		if (r == 0)
			r = prove(&set, tap, err);
		lab_child_stop(&set.proxy, 0);
		lab_child_stop(&set.qemu, 0);
		lab_child_stop(&set.older, 0);
		lend_arena_done(&set.arena);
	}
	return r;
}

const struct lab_shape lab_shape_waiting_traps = {
	.name = "waiting-traps",
	.about = "QEMUs that wait, and do not look like it",
	.run = run,
};
