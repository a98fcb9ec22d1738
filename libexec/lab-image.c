/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest image, made once and kept; and whether KVM works with it.
 *
 * /dev/kvm may open and still be of no use: QEMU aborts, or the guest hangs.
 * Only a guest that came up is evidence, for this boot of the host.
 */

#include "libexec/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

enum {
	IMAGE_MS = 10 * 60 * 1000, /* the download of 27 MB on a slow line */
	TRIAL_MS = 5000,
	VERDICT_MAX = 64,
};

#define SYSTEM_CACHE "/var/cache/lend"

struct kind {
	const char *name;
	const char *system;
	const char *option; /* of lend-guest-image */
};

static const struct kind of_guest = { .name = "guest", .system = SYSTEM_CACHE "/guest" };
static const struct kind of_host = { .name = "host",
				     .system = SYSTEM_CACHE "/host",
				     .option = "--host" };

/* $LEND_CACHE_DIR; for root the system's cache; else the user's. */
static int find_cache(struct lab *lab, struct lend_err *err)
{
	const char *set = getenv("LEND_CACHE_DIR");
	const char *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	int n;

	if (set != NULL && set[0] != '\0')
		n = snprintf(lab->cache, sizeof(lab->cache), "%s", set);
	else if (geteuid() == 0)
		n = snprintf(lab->cache, sizeof(lab->cache), "%s", SYSTEM_CACHE);
	else if (xdg != NULL && xdg[0] == '/')
		n = snprintf(lab->cache, sizeof(lab->cache), "%s/lend", xdg);
	else if (home != NULL && home[0] == '/')
		n = snprintf(lab->cache, sizeof(lab->cache), "%s/.cache/lend", home);
	else
		n = -1;
	if (n > 0 && (size_t)n < sizeof(lab->cache) - 32)
		return 0;
	lend_hint(err, "set LEND_CACHE_DIR to a folder with 40 MB of room");
	return lend_fail(err, LEND_E_USAGE, "there is no place for the guest image");
}

/* Beside the running program; for a test program, beside lend-demo. */
static void find_script(const struct lab *lab, char *ret_path, size_t size)
{
	(void)snprintf(ret_path, size, "%s/lend-guest-image", lab->programs);
	if (access(ret_path, X_OK) < 0)
		(void)snprintf(ret_path, size, "%s/../../libexec/lend-guest-image",
			       lab->programs);
}

/* An image that root made serves everybody. */
static bool has_system_image(struct lab *lab, const struct kind *kind)
{
	char script[LAB_PATH_MAX + 64];
	const char *const argv[] = {
		script, "--look", "--to", kind->system, kind->option, NULL
	};
	int status = 0;

	find_script(lab, script, sizeof(script));
	return getenv("LEND_CACHE_DIR") == NULL &&
	       lab_run(lab, argv, lab_in(5000), NULL, &status, NULL) == 0 &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The script's lines: progress is passed on, the last error becomes ours. */
static void take_line(struct lab *lab, const char *line, struct lend_err *failure)
{
	static const char progress[] = "guest image: ";
	static const char error[] = "lend-guest-image: ";
	static const char hint[] = "hint: ";

	if (strncmp(line, progress, strlen(progress)) == 0)
		lab_say(lab, "%s", line);
	else if (strncmp(line, error, strlen(error)) == 0)
		(void)lend_fail(failure, LEND_E_SYSTEM, "%s", line + strlen(error));
	else if (strncmp(line, hint, strlen(hint)) == 0)
		lend_hint(failure, "%s", line + strlen(hint));
}

static int read_lines(struct lab *lab, int fd, struct lend_err *failure, struct lend_err *err)
{
	int64_t deadline = lab_in(IMAGE_MS);
	lend_auto_buf in = { 0 };

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int r = lab_poll(lab, &p, 1, deadline, err);
		char *end;
		ssize_t n;

		if (r < 0)
			return -1;
		if (r == 0)
			return lend_fail(err, LEND_E_SYSTEM, "not done in 10 minutes");
		n = read(fd, lend_buf_room(&in, 4096), 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		in.len += (size_t)n;
		in.text[in.len] = '\0';
		while ((end = strchr(in.text, '\n')) != NULL) {
			size_t len = (size_t)(end - in.text) + 1;

			*end = '\0';
			take_line(lab, in.text, failure);
			memmove(in.text, in.text + len, in.len - len + 1);
			in.len -= len;
		}
		if (in.len > 65536)
			lend_buf_reset(&in);
	}
}

static int make_image(struct lab *lab, const struct kind *kind, const char *to,
		      struct lend_err *err)
{
	char script[LAB_PATH_MAX + 64];
	const char *const argv[] = { script, "--to", to, kind->option, NULL };
	struct lab_spawn spawn = { .argv = argv, .death_signal = SIGTERM, .group = true };
	struct lend_err failure = { 0 };
	struct lab_child child;
	lend_auto_fd int from = -1;
	int status = -1;
	int ends[2];
	int r;

	find_script(lab, script, sizeof(script));
	if (pipe2(ends, O_CLOEXEC) < 0)
		return lend_fail_errno(err, "make a pipe");
	from = ends[0];
	spawn.err_fd = ends[1];
	r = lab_child_start(&spawn, &child, err);
	(void)close(ends[1]);
	if (r < 0)
		return -1;
	r = read_lines(lab, from, &failure, err);
	if (r == 0)
		r = lab_child_wait(lab, &child, lab_in(IMAGE_MS), &status, err);
	lab_child_stop(&child, 5000);
	if (r < 0)
		return lend_where(err, "making the guest image");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	(void)lend_fail(&failure, LEND_E_SYSTEM, "%s did not succeed", script);
	if (err != NULL)
		*err = failure;
	return lend_where(err, "making the guest image");
}

static void read_small(const char *path, char *ret_text, size_t size)
{
	lend_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret_text, size - 1);

	ret_text[n > 0 ? n : 0] = '\0';
	ret_text[strcspn(ret_text, "\n")] = '\0';
}

/* The cache folder, when the system's image spared us making it. */
static void make_cache(const struct lab *lab)
{
	char path[LAB_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s", lab->cache);
	for (char *p = path + 1; *p != '\0'; p++)
		if (*p == '/') {
			*p = '\0';
			(void)mkdir(path, 0755);
			*p = '/';
		}
	(void)mkdir(path, 0755);
}

/* A guest that came up with KVM; anything else, a signal included, is "no". */
static bool kvm_works(struct lab *lab)
{
	struct lab_vm vm = { .name = "trial", .no_agent = true };
	struct lend_err err = { 0 };
	bool works;

	if (access("/dev/kvm", R_OK | W_OK) < 0)
		return false;
	lab_say(lab, "trying whether KVM works here");
	(void)snprintf(lab->accel, sizeof(lab->accel), "kvm");
	works = lab_vm_start(lab, &vm, &err) == 0 &&
		lab_vm_wait_up(lab, &vm, lab_in(TRIAL_MS), &err) == 0;
	lab_vm_stop(&vm);
	return works;
}

static void choose_accel(struct lab *lab)
{
	char path[LAB_PATH_MAX + 64];
	char boot[VERDICT_MAX];
	char had[VERDICT_MAX];
	char verdict[VERDICT_MAX + 16];
	lend_auto_fd int fd = -1;
	bool works;

	if (lab->options.accel != NULL) {
		(void)snprintf(lab->accel, sizeof(lab->accel), "%s", lab->options.accel);
		return;
	}
	(void)snprintf(lab->accel, sizeof(lab->accel), "tcg");
	if (access("/dev/kvm", R_OK | W_OK) < 0)
		return;
	read_small("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	(void)snprintf(path, sizeof(path), "%s/accel", lab->cache);
	read_small(path, had, sizeof(had));
	for (size_t i = 0; i < 2; i++) {
		const char *name = i == 0 ? "kvm" : "tcg";

		(void)snprintf(verdict, sizeof(verdict), "%s %s", boot, name);
		if (strcmp(had, verdict) == 0) {
			(void)snprintf(lab->accel, sizeof(lab->accel), "%s", name);
			return;
		}
	}
	works = kvm_works(lab);
	(void)snprintf(lab->accel, sizeof(lab->accel), "%s", works ? "kvm" : "tcg");
	if (lab->caught != 0)
		return;
	make_cache(lab);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd >= 0)
		(void)dprintf(fd, "%s %s\n", boot, lab->accel);
}

static int find_image(struct lab *lab, const struct kind *kind, char *ret_dir, size_t size,
		      struct lend_err *err)
{
	(void)snprintf(ret_dir, size, "%s/%s", lab->cache, kind->name);
	if (!has_system_image(lab, kind))
		return make_image(lab, kind, ret_dir, err);
	(void)snprintf(ret_dir, size, "%s", kind->system);
	return 0;
}

int lab_image(struct lab *lab, struct lend_err *err)
{
	/* Before anything is downloaded for it. */
	if (!lab_has_program(lab_qemu())) {
		lend_hint(err, "apt-get install qemu-system-x86");
		return lend_fail(err, LEND_E_USAGE, "%s is not installed", lab_qemu());
	}
	if (find_cache(lab, err) < 0)
		return -1;
	if (find_image(lab, &of_guest, lab->image, sizeof(lab->image), err) < 0)
		return -1;
	choose_accel(lab);
	return 0;
}

int lab_host_image(struct lab *lab, struct lend_err *err)
{
	return find_image(lab, &of_host, lab->host_image, sizeof(lab->host_image), err);
}
