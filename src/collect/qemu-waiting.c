/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/qemu-waiting.h"

#include "base/num.h"

enum { DEFAULT_RAM_BYTES = 128 << 20 };

bool lend_qemu_may_wait(const struct lend_qemu_args *args)
{
	/* A config file may hold such a chardev where we cannot see it. */
	if (args->has_readconfig)
		return true;
	for (size_t i = 0; i < args->n_chardevs; i++) {
		const struct lend_qemu_chardev *c = &args->chardevs[i];

		if (c->kind == LEND_QEMU_CHARDEV_SOCKET && c->server == LEND_TRI_ON &&
		    c->wait != LEND_TRI_OFF)
			return true;
	}
	return false;
}

/* "start-end perms ..." of a line of /proc/PID/maps; length 0 when it is none. */
static uint64_t mapping_bytes(const char *line, size_t len, const char **ret_rest)
{
	const char *dash = memchr(line, '-', len);
	const char *space = memchr(line, ' ', len);
	uint64_t start, end;

	if (dash == NULL || space == NULL || dash > space ||
	    !lend_parse_u64n(line, (size_t)(dash - line), 16, &start) ||
	    !lend_parse_u64n(dash + 1, (size_t)(space - dash - 1), 16, &end) || end < start)
		return 0;
	*ret_rest = space + 1;
	return end - start;
}

/* Guest memory is writable or a file of a backend; QEMU's own code, heap and thread stacks are
 * not meant. */
static bool is_guest_memory(const struct lend_qemu_args *args, uint64_t ram, uint64_t bytes,
			    const char *rest, size_t len)
{
	lend_auto_buf line = { 0 };

	lend_buf_put(&line, rest, len);
	for (size_t i = 0; i < args->n_backends; i++) {
		const char *path = args->backends[i].path;
		const char *base = path == NULL ? NULL : strrchr(path, '/');

		base = base == NULL ? path : base + 1;
		if (base != NULL && base[0] != '\0' && strstr(line.text, base) != NULL)
			return true;
		if (args->backends[i].size.has && bytes == args->backends[i].size.v &&
		    line.text[1] == 'w')
			return true;
	}
	if (len < 4 || rest[1] != 'w' || rest[2] == 'x' || strstr(line.text, "[heap]") != NULL)
		return false;
	/* Small guests: a big heap arena could be taken for their RAM, so only the exact size
	 * counts. */
	return bytes == ram || (bytes > ram && ram >= 64 << 20);
}

static bool memory_is_mapped(const struct lend_qemu_args *args, const char *maps)
{
	uint64_t ram = args->ram_bytes.has ? args->ram_bytes.v : DEFAULT_RAM_BYTES;

	while (*maps != '\0') {
		size_t len = strcspn(maps, "\n");
		const char *rest = NULL;
		uint64_t bytes = mapping_bytes(maps, len, &rest);

		if (bytes != 0 &&
		    is_guest_memory(args, ram, bytes, rest, (size_t)(maps + len - rest)))
			return true;
		maps += len + (maps[len] == '\n');
	}
	return false;
}

enum lend_waiting lend_qemu_waiting(const struct lend_qemu_args *args, const char *maps)
{
	if (!lend_qemu_may_wait(args))
		return LEND_NOT_WAITING;
	if (maps == NULL)
		return LEND_WAITING_CANNOT_TELL;
	if (memory_is_mapped(args, maps))
		return LEND_NOT_WAITING;
	return args->has_readconfig ? LEND_WAITING_CANNOT_TELL : LEND_WAITING;
}
