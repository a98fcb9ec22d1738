/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where lend keeps its state, and whether that is a good place. */

#include <sys/stat.h>
#include <unistd.h>

#include "apply/journal.h"
#include "base/err.h"
#include "format/shell-words.h"

static bool is_set(const char *folder)
{
	return folder != NULL && folder[0] == '/';
}

int lend_places_find(struct lend_arena *arena, const char *state_dir, const char *runtime,
		     const char *state_home, const char *home, struct lend_places *ret,
		     struct lend_err *err)
{
	if (state_dir != NULL) {
		if (!is_set(state_dir))
			return lend_fail(err, LEND_E_USAGE, "'%.100s' is no absolute path",
					 state_dir);
		ret->state = lend_arena_strdup(arena, state_dir);
		ret->run = lend_arena_printf(arena, "%s/run", state_dir);
		return 0;
	}
	if (geteuid() == 0) {
		ret->state = "/var/lib/lend";
		ret->run = "/run/lend";
		return 0;
	}
	if (!is_set(state_home) && !is_set(home)) {
		lend_hint(err, "say where with --state-dir DIR");
		return lend_fail(err, LEND_E_USAGE, "neither HOME nor XDG_STATE_HOME is set");
	}
	ret->state = is_set(state_home)
			     ? lend_arena_printf(arena, "%s/lend", state_home)
			     : lend_arena_printf(arena, "%s/.local/state/lend", home);
	ret->run = is_set(runtime) ? lend_arena_printf(arena, "%s/lend", runtime)
				   : lend_arena_printf(arena, "%s/run", ret->state);
	return 0;
}

/* path is there. */
static int check_memory(struct lend_writer *w, const char *path, struct lend_err *err)
{
	bool is_volatile;

	if (lend_write_is_volatile(w, path, &is_volatile, err) < 0)
		return -1;
	if (!is_volatile)
		return 0;
	lend_hint(err, "choose one on a disk: --state-dir DIR");
	return lend_fail(
		err, LEND_E_REFUSED,
		"'%.100s' is in memory: after a crash nothing would say how to go back", path);
}

/* What is in it is obeyed by whoever takes back: nobody else may write it. */
static int check_folder(struct lend_writer *w, const char *path, struct lend_err *err)
{
	lend_auto_buf word = { 0 };
	struct stat st;

	if (lend_write_stat(w, path, &st, err) != 0)
		return lend_fail(err, LEND_E_SYSTEM, "'%.100s' is not there", path);
	if (!S_ISDIR(st.st_mode))
		return lend_fail(err, LEND_E_USAGE, "'%.100s' is no folder", path);
	if (st.st_uid != geteuid()) {
		lend_hint(err, "choose another one: --state-dir DIR");
		return lend_fail(err, LEND_E_REFUSED, "'%.100s' belongs to somebody else",
				 path);
	}
	if ((st.st_mode & 022) != 0) {
		lend_shell_quote(&word, path, strlen(path) + 1);
		lend_hint(err, "chmod go-w %s", lend_buf_text(&word));
		return lend_fail(err, LEND_E_REFUSED, "others can write in '%.100s'", path);
	}
	return check_memory(w, path, err);
}

/* What is not there will lie where the folder above it does. */
static int check_above(struct lend_writer *w, const char *path, struct lend_err *err)
{
	struct lend_arena arena = { 0 };
	char *above = lend_arena_strdup(&arena, path);
	struct stat st;
	char *slash;
	int r;

	while ((r = lend_write_stat(w, above, &st, err)) == 1 &&
	       (slash = strrchr(above, '/')) != NULL && above[1] != '\0')
		slash[slash == above] = '\0';
	if (r == 0)
		r = strcmp(above, path) == 0 ? check_folder(w, path, err)
					     : check_memory(w, above, err);
	lend_arena_done(&arena);
	return r < 0 ? -1 : 0;
}

int lend_state_check(const struct lend_places *places, struct lend_err *err)
{
	struct lend_writer *w = lend_writer_new(NULL);
	int r = check_above(w, places->state, err);

	lend_writer_free(w);
	return r < 0 ? lend_where(err, "the state folder") : 0;
}

int lend_state_ready(struct lend_writer *w, const struct lend_places *places,
		     struct lend_err *err)
{
	static const char *const below[] = { "journal", "lock", "vms" };
	struct lend_arena arena = { 0 };
	int r = 0;

	if (check_above(w, places->state, err) < 0 ||
	    lend_write_mkdir(w, places->state, err) < 0 ||
	    check_folder(w, places->state, err) < 0)
		return lend_where(err, "the state folder");
	for (size_t i = 0; i < LEND_COUNT(below) && r >= 0; i++)
		r = lend_write_mkdir(
			w, lend_arena_printf(&arena, "%s/%s", places->state, below[i]), err);
	lend_arena_done(&arena);
	return r < 0 ? -1 : 0;
}
