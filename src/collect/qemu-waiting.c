/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/qemu-waiting.h"

#include "collect/proc-maps.h"

enum {
	DEFAULT_RAM_BYTES = 128 << 20,
	/* Thread stacks and heaps are smaller: what has this size is guest memory. */
	BIG_BYTES = 64 << 20,
};

/* A chardev may hide where it is not seen: in a config file, behind a limit, in what was not
 * understood. */
static bool hides_chardevs(const struct lend_qemu_args *args)
{
	static const char *const memory_options[] = { "-object", "-device", "-m", "-machine",
						      "-accel" };

	if (args->has_readconfig)
		return true;
	for (size_t i = 0; i < args->n_remarks; i++) {
		const struct lend_qemu_remark *remark = &args->remarks[i];
		bool harmless = remark->kind == LEND_QEMU_OLD_SPELLING;

		for (size_t k = 0; k < LEND_COUNT(memory_options) && !harmless; k++)
			harmless = remark->kind == LEND_QEMU_NOT_UNDERSTOOD &&
				   strcmp(remark->option, memory_options[k]) == 0;
		if (!harmless)
			return true;
	}
	return false;
}

static bool waits(const struct lend_qemu_chardev *c)
{
	return c->kind == LEND_QEMU_CHARDEV_SOCKET && c->server == LEND_TRI_ON &&
	       c->wait != LEND_TRI_OFF;
}

static bool has_waiting_chardev(const struct lend_qemu_args *args)
{
	for (size_t i = 0; i < args->n_chardevs; i++) {
		if (waits(&args->chardevs[i]))
			return true;
	}
	return false;
}

bool lend_qemu_may_wait(const struct lend_qemu_args *args)
{
	return has_waiting_chardev(args) || hides_chardevs(args);
}

/* The path of a backing against that of the mapping, as QEMU's folder makes it whole. */
static bool is_path_of(const struct lend_mapping *m, const char *path, const char *cwd)
{
	size_t len = cwd == NULL ? 0 : strlen(cwd);

	if (path[0] == '/' || cwd == NULL)
		return path[0] == '/' && lend_mapping_is_of(m, path);
	return m->path_len > len + 1 && memcmp(m->path, cwd, len) == 0 && m->path[len] == '/' &&
	       m->path_len - len - 1 == strlen(path) &&
	       memcmp(m->path + len + 1, path, strlen(path)) == 0;
}

/* A backing is shared, or as long as its size= says: a library of the same path is neither. */
static bool is_backing(const struct lend_qemu_args *args, const struct lend_mapping *m,
		       const char *cwd)
{
	for (size_t i = 0; i < args->n_backends; i++) {
		const struct lend_qemu_backend *b = &args->backends[i];

		if (b->path != NULL && m->inode != 0 && is_path_of(m, b->path, cwd) &&
		    (m->perms[3] == 's' || (b->size.has && m->bytes == b->size.v)))
			return true;
		if (b->size.has && b->size.v >= BIG_BYTES && m->bytes == b->size.v)
			return true;
	}
	return false;
}

static bool is_writable_data(const struct lend_mapping *m)
{
	static const char heap[] = "[heap]";

	return m->perms[1] == 'w' && m->perms[2] != 'x' && !lend_mapping_is_of(m, heap);
}

/* Anonymous, as long as the RAM, and nothing else of QEMU has that size. */
static bool is_ram(const struct lend_qemu_args *args, const struct lend_mapping *m,
		   uint64_t ram)
{
	if (ram < BIG_BYTES || m->bytes < ram || m->inode != 0 || !is_writable_data(m) ||
	    args->memory_backend != NULL)
		return false;
	for (size_t i = 0; i < args->n_backends; i++) {
		if (args->backends[i].path == NULL && args->backends[i].size.has &&
		    args->backends[i].size.v >= ram)
			return false;
	}
	return true;
}

/* Chardevs of -serial and its like are made behind the memory backends, but before the RAM. */
static bool may_wait_late(const struct lend_qemu_args *args)
{
	static const char *const early[] = { "-chardev", "-qmp", "-qmp-pretty", "-monitor",
					     "-mon" };

	for (size_t i = 0; i < args->n_chardevs; i++) {
		bool is_early = !waits(&args->chardevs[i]);

		for (size_t k = 0; k < LEND_COUNT(early) && !is_early; k++)
			is_early = strcmp(args->chardevs[i].implied, early[k]) == 0;
		if (!is_early)
			return true;
	}
	return hides_chardevs(args);
}

enum lend_waiting lend_qemu_waiting(const struct lend_qemu_args *args, const char *maps,
				    const char *cwd)
{
	uint64_t ram = args->ram_bytes.has ? args->ram_bytes.v : DEFAULT_RAM_BYTES;
	bool late = may_wait_late(args);
	struct lend_mapping m;

	if (!lend_qemu_may_wait(args))
		return LEND_NOT_WAITING;
	if (maps == NULL)
		return LEND_WAITING_CANNOT_TELL;
	for (const char *at = maps; lend_mapping_next(&at, &m);) {
		if (is_ram(args, &m, ram))
			return LEND_NOT_WAITING;
		if (!late && m.perms[2] != 'x' &&
		    (is_backing(args, &m, cwd) ||
		     (is_writable_data(&m) && ram >= BIG_BYTES && m.bytes >= ram)))
			return LEND_NOT_WAITING;
	}
	/* The RAM of a small guest, or one that is a backend, could not have been told. */
	return ram < BIG_BYTES || args->memory_backend != NULL || hides_chardevs(args)
		       ? LEND_WAITING_CANNOT_TELL
		       : LEND_WAITING;
}
