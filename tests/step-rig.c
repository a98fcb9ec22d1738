/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/step-rig.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "io/alone.h"
#include "tests/must.h"

static char folder[256];
static pid_t owner;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_folder(void)
{
	if (getpid() == owner)
		(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

const char *rig_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	if (folder[0] != '\0')
		return folder;
	(void)snprintf(folder, sizeof(folder), "%s/lend-step-XXXXXX",
		       tmp != NULL ? tmp : "/tmp");
	must(mkdtemp(folder) != NULL);
	owner = getpid();
	must(atexit(remove_folder) == 0);
	return folder;
}

const char *rig_path(struct rig *rig, const char *name)
{
	return lend_arena_printf(&rig->arena, "%s/%s", rig_folder(), name);
}

void rig_start(struct rig *rig, const char *kind, const struct lend_write_hooks *hooks)
{
	*rig = (struct rig){ .writer = lend_writer_new(hooks), .kind = lend_step_kind(kind) };
	must_in(kind);
	must(rig->kind != NULL);
	rig->step.kind = rig->kind->name;
	rig->doing = (struct lend_doing){
		.arena = &rig->arena,
		.writer = rig->writer,
		.consent = &rig->consent,
		.journal = "7",
	};
}

void rig_name(struct rig *rig, const char *name)
{
	rig->step.name = name;
}

void rig_arg(struct rig *rig, const char *key, const char *value)
{
	lend_pairs_add(&rig->arena, &rig->step.args, key, value);
}

void rig_done(struct rig *rig)
{
	lend_made_close(&rig->doing.made);
	lend_writer_free(rig->writer);
	lend_arena_done(&rig->arena);
}

static void read_state(struct rig *rig, const char *text, struct lend_state *state)
{
	*state = (struct lend_state){ .absent = strcmp(text, "absent") == 0 };
	for (size_t len; !state->absent && *text != '\0'; text += len) {
		const char *is = strchr(text, '=');

		must(is != NULL);
		len = strcspn(text, " ");
		lend_pairs_add(
			&rig->arena, &state->pairs,
			lend_arena_strndup(&rig->arena, text, (size_t)(is - text)),
			lend_arena_strndup(&rig->arena, is + 1, len - (size_t)(is + 1 - text)));
		len += strspn(text + len, " ");
	}
}

void rig_states(struct rig *rig, const char *before, const char *after)
{
	read_state(rig, before, &rig->step.before);
	read_state(rig, after, &rig->step.after);
}

static struct lend_state look(struct rig *rig)
{
	struct lend_state state = { 0 };
	struct lend_err err = { 0 };

	if (rig->kind->look(&rig->doing, &rig->step, &state, &err) != 0) {
		must_str(err.what, "");
		must(false);
	}
	return state;
}

const char *rig_look(struct rig *rig)
{
	struct lend_state state = look(rig);
	lend_auto_buf text = { 0 };

	lend_state_text(&text, &state);
	return lend_arena_strdup(&rig->arena, lend_buf_text(&text));
}

bool rig_is_before(struct rig *rig)
{
	struct lend_state state = look(rig);

	return lend_state_is(&state, &rig->step.before);
}

/* As the engine: with all that was learned. */
bool rig_is_after(struct rig *rig)
{
	struct lend_state state = look(rig);
	struct lend_state learned = { .pairs = rig->doing.learned };

	return lend_state_is(&state, &rig->step.after) &&
	       (rig->step.after.absent || lend_state_is(&state, &learned));
}

static void forget(struct rig *rig)
{
	struct lend_err ignored = { 0 };

	lend_made_close(&rig->doing.made);
	if (rig->kind->forget != NULL)
		(void)!rig->kind->forget(&rig->doing, &rig->step, &ignored);
}

int rig_do(struct rig *rig)
{
	struct lend_step *step = &rig->step;

	rig->err = (struct lend_err){ 0 };
	rig->doing.learned = (struct lend_pairs){ 0 };
	must(rig_is_before(rig));
	if ((rig->kind->prepare != NULL &&
	     rig->kind->prepare(&rig->doing, step, &rig->err) < 0) ||
	    rig->kind->set(&rig->doing, step, &step->before, &step->after, &rig->err) < 0) {
		forget(rig);
		return -1;
	}
	lend_made_close(&rig->doing.made);
	must(rig_is_after(rig));
	return 0;
}

int rig_back(struct rig *rig)
{
	struct lend_step *step = &rig->step;
	int r = 0;

	rig->err = (struct lend_err){ 0 };
	rig->why = NULL;
	if (rig->kind->may != NULL)
		r = rig->kind->may(&rig->doing, step, &step->after, &step->before, &rig->why,
				   &rig->err);
	if (r == 0) {
		r = rig->kind->set(&rig->doing, step, &step->after, &step->before, &rig->err);
		must(r < 0 || rig_is_before(rig));
	}
	forget(rig);
	return r;
}

void rig_write(const char *path, const void *bytes, size_t len, off_t offset)
{
	lend_auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	must(fd >= 0 && pwrite(fd, bytes, len, offset) == (ssize_t)len);
}

void rig_read(const char *path, void *bytes, size_t len, off_t offset)
{
	lend_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && pread(fd, bytes, len, offset) == (ssize_t)len);
}

bool rig_is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

const char *rig_id(struct rig *rig, const char *path)
{
	lend_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct lend_file_id id;
	struct lend_err err = { 0 };

	must(fd >= 0 && lend_file_id_of(fd, &id, &err) == 0);
	return lend_arena_strdup(&rig->arena, id.text);
}

size_t rig_names(const char *of)
{
	lend_auto_dir DIR *dir = opendir(of);
	size_t n = 0;

	must(dir != NULL);
	while (readdir(dir) != NULL)
		n++;
	return n - 2; /* . and .. */
}

pid_t rig_use(const char *path)
{
	pid_t parent = getpid();
	int ready[2];
	pid_t pid;
	char byte;

	must(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || open(path, O_RDWR | O_CLOEXEC) < 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	must(read(ready[0], &byte, 1) == 1);
	(void)close(ready[0]);
	return pid;
}

void rig_release(pid_t pid)
{
	must(kill(pid, SIGKILL) == 0);
	must(waitpid(pid, NULL, 0) == pid);
}
