/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend check in the lab, and command lines by hand. */

#include "prove.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

enum { WORDS_MAX = 24, FOUND_MAX = 256, SAID_MAX = 65536, START_MS = 10000 };

/* ---- lend check ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int lab_findings(const struct lend_buf *text, struct lend_buf *ret_found, struct lend_err *err)
{
	lend_auto_json struct lend_json *doc = NULL;
	struct lend_arena arena = { 0 };
	const struct lend_json *list;
	char *lines[FOUND_MAX];
	size_t n = 0;

	if (lend_json_parse(lend_buf_text(text), text->len, &doc, err) < 0)
		return lend_where(err, "reading what lend check printed");
	list = lend_json_get(doc, "findings");
	for (size_t i = 0; i < lend_json_count(list) && n < FOUND_MAX; i++) {
		const struct lend_json *f = lend_json_at(list, i);
		const char *rule = lend_json_str(lend_json_get(f, "rule"));
		const char *node = lend_json_str(lend_json_get(f, "node"));
		bool told = false;

		lab_note("%s%s: %s", lend_json_str(lend_json_get(f, "level")),
			 lend_json_bool(lend_json_get(f, "told"), &told) && told
				 ? ""
				 : ", cannot tell",
			 lend_json_str(lend_json_get(f, "text")));
		if (told)
			lines[n++] = lend_arena_printf(&arena, "%s %s\n",
						       rule != NULL ? rule : "plan",
						       node != NULL ? node : "-");
	}
	qsort(lines, n, sizeof(lines[0]), by_text);
	lend_buf_reset(ret_found);
	for (size_t i = 0; i < n; i++)
		lend_buf_puts(ret_found, lines[i]);
	lend_arena_done(&arena);
	return 0;
}

int lab_check(struct lab *lab, const char *const *words, struct lend_buf *ret_found,
	      struct lend_err *err)
{
	const char *argv[WORDS_MAX + 3] = { "check", "--json" };
	lend_auto_buf out = { 0 };
	int status = 0;
	int r;

	for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++)
		argv[i + 2] = words[i];
	r = lab_lend(lab, argv, &out, &status, err);
	if (r == 1)
		return lend_fail(err, LEND_E_USAGE, "there is no lend program");
	if (r < 0)
		return -1;
	if (status == 2)
		return lend_fail(err, LEND_E_REMOTE, "lend check ended with status 2");
	return lab_findings(&out, ret_found, err);
}

static size_t put_only(const char **words, size_t n, const char *const *only)
{
	for (; only != NULL && *only != NULL && n + 2 <= WORDS_MAX; only++) {
		words[n++] = "--only";
		words[n++] = *only;
	}
	return n;
}

int lab_check_vm(struct lab *lab, const struct lab_vm *vm, const char *const *only,
		 struct lend_buf *ret_found, struct lend_err *err)
{
	char source[LAB_SOCKET_MAX + 8];
	const char *words[WORDS_MAX + 1] = { source };

	(void)snprintf(source, sizeof(source), "qmp:%s", vm->qmp[0]);
	words[put_only(words, 1, only)] = NULL;
	return lab_check(lab, words, ret_found, err);
}

int lab_check_argv(struct lab *lab, const struct lab_vm *vm, const char *const *only,
		   struct lend_buf *ret_found, struct lend_err *err)
{
	char path[LAB_PATH_MAX];
	const char *words[WORDS_MAX + 1] = { "--wish", path };
	lend_auto_buf text = { 0 };
	lend_auto_fd int fd = -1;

	if (lab_path(lab, path, sizeof(path), "start.sh", err) < 0)
		return -1;
	lab_vm_command(vm, &text);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, lend_buf_text(&text), text.len) != (ssize_t)text.len)
		return lend_fail_errno(err, "write '%s'", path);
	words[put_only(words, 2, only)] = NULL;
	return lab_check(lab, words, ret_found, err);
}

bool lab_finds(const struct lend_buf *found, const char *rule, const char *node)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "%s %s\n", rule, node);
	return strstr(lend_buf_text(found), line) != NULL;
}

bool lab_found_ok(struct lab_tap *tap, const struct lend_buf *found, const char *want,
		  const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (lab_ok(tap, strcmp(lend_buf_text(found), want) == 0, "%s", text))
		return true;
	lab_note("it found:\n%swanted:\n%s", lend_buf_text(found), want);
	return false;
}

/* ---- command lines by hand ---- */

static const char *put_folder(const struct lab *lab, struct lend_arena *arena, const char *word,
			      size_t len)
{
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < len; i++) {
		if (word[i] != '@') {
			lend_buf_putc(&out, word[i]);
			continue;
		}
		for (const char *p = lab->dir; *p != '\0'; p++)
			lend_buf_puts(&out, *p == ',' ? ",," : (char[]){ *p, '\0' });
	}
	return lend_arena_strdup(arena, lend_buf_text(&out));
}

int lab_argv(struct lab *lab, struct lab_vm *vm, const char *text, struct lend_err *err)
{
	const char **argv = NULL;
	size_t n = 0, cap = 0;
	char name[64];

	(void)snprintf(name, sizeof(name), "%s.qmp", vm->name);
	if (lab_path(lab, vm->qmp[0], sizeof(vm->qmp[0]), name, err) < 0)
		return -1;
	(void)snprintf(name, sizeof(name), "%s.err", vm->name);
	if (lab_path(lab, vm->errors, sizeof(vm->errors), name, err) < 0)
		return -1;
	(void)snprintf(name, sizeof(name), "%s.serial", vm->name);
	if (lab_path(lab, vm->serial, sizeof(vm->serial), name, err) < 0)
		return -1;
	*LEND_PUSH(&vm->arena, argv, n, cap) = lab_qemu();
	*LEND_PUSH(&vm->arena, argv, n, cap) = "-name";
	*LEND_PUSH(&vm->arena, argv, n, cap) = vm->name;
	*LEND_PUSH(&vm->arena, argv, n, cap) = "-qmp";
	*LEND_PUSH(&vm->arena, argv, n, cap) = put_folder(
		lab, &vm->arena,
		lend_arena_printf(&vm->arena, "unix:@/%s.qmp,server=on,wait=off", vm->name),
		strlen(vm->name) + strlen("unix:@/.qmp,server=on,wait=off"));
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		*LEND_PUSH(&vm->arena, argv, n, cap) = put_folder(lab, &vm->arena, text, len);
		text += len + (text[len] == ' ');
	}
	*LEND_PUSH(&vm->arena, argv, n, cap) = NULL;
	vm->argv = argv;
	return 0;
}

int lab_argv_start(struct lab *lab, struct lab_vm *vm, struct lend_err *err)
{
	struct lab_spawn spawn = { .argv = vm->argv };
	lend_auto_fd int errors =
		open(vm->errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)lab;
	if (errors < 0)
		return lend_fail_errno(err, "make '%s'", vm->errors);
	/* Of the one before: connect would find nobody there. */
	(void)unlink(vm->qmp[0]);
	spawn.err_fd = errors;
	return lab_child_start(&spawn, &vm->child, err);
}

int lab_argv_fails(struct lab *lab, struct lab_vm *vm, struct lend_err *err)
{
	lab_auto_talk talk = { .fd = -1, .peer = &vm->child };
	struct lend_err why = { 0 };
	int status = 0;

	if (lab_talk_qmp(lab, &talk, vm->qmp[0], lab_in(START_MS), &why) == 0)
		return 0;
	if (lab_child_wait(lab, &vm->child, lab_in(START_MS), &status, err) != 0)
		return lend_where(err, "waiting for QEMU, which does not answer");
	return 1;
}

int lab_argv_said(const struct lab_vm *vm, struct lend_buf *ret_said, struct lend_err *err)
{
	lend_auto_fd int fd = open(vm->errors, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	lend_buf_reset(ret_said);
	n = fd < 0 ? -1 : read(fd, lend_buf_room(ret_said, SAID_MAX), SAID_MAX);
	if (n < 0)
		return lend_fail_errno(err, "read '%s'", vm->errors);
	ret_said->len = (size_t)n;
	ret_said->text[n] = '\0';
	return 0;
}

int lab_sparse(struct lab *lab, const char *name, uint64_t bytes, struct lend_err *err)
{
	char path[LAB_PATH_MAX];
	lend_auto_fd int fd = -1;

	if (lab_path(lab, path, sizeof(path), name, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
		return lend_fail_errno(err, "make '%s'", path);
	return 0;
}

/* ---- in the guest ---- */

static void put_str(char *ret, size_t size, const struct lend_json *object, const char *key)
{
	const char *text = lend_json_str(lend_json_get(object, key));

	(void)snprintf(ret, size, "%s", text != NULL ? text : "");
}

int lab_place(struct lab *lab, struct lab_vm *vm, unsigned int slot, struct lab_place *ret,
	      struct lend_err *err)
{
	lend_auto_json struct lend_json *list = NULL;
	const struct lend_json *dimm, *region, *namespaces;

	memset(ret, 0, sizeof(*ret));
	if (lab_guest_list(lab, vm, &list, err) < 0)
		return -1;
	dimm = lab_guest_dimm(list, slot + 1);
	put_str(ret->dimm, sizeof(ret->dimm), dimm, "dev");
	region = lab_guest_region(list, ret->dimm);
	put_str(ret->region, sizeof(ret->region), region, "dev");
	if (ret->region[0] == '\0' ||
	    !lend_json_u64(lend_json_get(region, "size"), &ret->bytes))
		return lend_fail(err, LEND_E_REMOTE, "no region for slot %u", slot);
	namespaces = lend_json_get(region, "namespaces");
	for (size_t i = 0; i < lend_json_count(namespaces) && ret->blockdev[0] == '\0'; i++) {
		put_str(ret->blockdev, sizeof(ret->blockdev), lend_json_at(namespaces, i),
			"blockdev");
		put_str(ret->mode, sizeof(ret->mode), lend_json_at(namespaces, i), "mode");
	}
	return 0;
}

/* ---- crash-guest.s ---- */

int lab_wait_flushed(struct lab *lab, const char *said, struct lend_err *err)
{
	int64_t deadline = lab_in(LAB_STEP_MS);
	char text[20];

	for (;;) {
		lend_auto_fd int fd = open(said, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

		if (n >= 7)
			return 0;
		if (lend_now_ms() > deadline)
			return lend_fail(err, LEND_E_SYSTEM, "the guest has flushed nothing");
		if (lab_poll(lab, NULL, 0, lab_in(5), err) < 0)
			return -1;
	}
}

uint64_t lab_count_written(const char *path, char ret_head[4])
{
	lend_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char bytes[65536];
	uint64_t n = 0;
	ssize_t got;

	if (ret_head != NULL) {
		memset(ret_head, 0, 4);
		(void)!pread(fd, ret_head, 4, 0);
	}
	while (fd >= 0 && (got = read(fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < got; i++)
			n += bytes[i] == 'L';
	}
	return n;
}
