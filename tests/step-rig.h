/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One step, done and taken back without an engine: what a kind promises, on
 * real files in a folder of its own.
 */

#ifndef LEND_TESTS_STEP_RIG_H
#define LEND_TESTS_STEP_RIG_H

#include <sys/types.h>

#include "apply/step.h"

struct rig {
	struct lend_arena arena;
	struct lend_writer *writer;
	struct lend_consent consent;
	struct lend_step step;
	const struct lend_step_kind *kind;
	struct lend_doing doing; /* what prepare learned stays in it */
	struct lend_err err;     /* of the last call */
	const char *why;         /* of the last may */
};

/* The folder of this program's files, made with the first call, gone at its end. */
const char *rig_folder(void);
/* A path in it; valid until the rig is done. */
const char *rig_path(struct rig *rig, const char *name);

/* hooks: or NULL.  name is the step's: a whole path. */
void rig_start(struct rig *rig, const char *kind, const struct lend_write_hooks *hooks);
void rig_name(struct rig *rig, const char *name);
void rig_arg(struct rig *rig, const char *key, const char *value);
void rig_done(struct rig *rig);

/* before and after: "absent", or pairs "size=4096 label-size=512" in words. */
void rig_states(struct rig *rig, const char *before, const char *after);

bool rig_is_before(struct rig *rig);
bool rig_is_after(struct rig *rig);
/* What look says, as one line. */
const char *rig_look(struct rig *rig);

/* look, prepare, set, look: 0, or -1 and rig->err; then it was forgotten. */
int rig_do(struct rig *rig);
/* As may says; and when that is 0, set: 0, or -1 and rig->err. */
int rig_back(struct rig *rig);

/* Files of tests. */
void rig_write(const char *path, const void *bytes, size_t len, off_t offset);
void rig_read(const char *path, void *bytes, size_t len, off_t offset);
bool rig_is_there(const char *path);
/* What tells it from other files, as plans have it. */
const char *rig_id(struct rig *rig, const char *path);
/* How many names the folder of path has. */
size_t rig_names(const char *folder);

/* A child that has the file open until rig_release. */
pid_t rig_use(const char *path);
void rig_release(pid_t pid);

#endif
