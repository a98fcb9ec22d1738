/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/block-names.h"

#include <string.h>

#include "base/ascii.h"
#include "base/attr.h"

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* prefix and at least one digit */
static bool is_numbered(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0 &&
	       lend_ascii_is_digit(name[strlen(prefix)]);
}

/* "nvme3c0n1": how long "nvme3" is; 0 when the name is no path's. */
static size_t path_prefix(const char *name, const char **ret_n)
{
	const char *c, *n;

	if (!is_numbered(name, "nvme"))
		return 0;
	c = name + strlen("nvme");
	c += digits(c);
	if (*c != 'c' || digits(c + 1) == 0)
		return 0;
	n = c + 1 + digits(c + 1);
	if (*n != 'n' || digits(n + 1) == 0 || n[1 + digits(n + 1)] != '\0')
		return 0;
	*ret_n = n;
	return (size_t)(c - name);
}

const char *lend_block_head_name(struct lend_arena *memory, const char *name)
{
	const char *n;
	size_t len = path_prefix(name, &n);

	return len == 0 ? NULL : lend_arena_printf(memory, "%.*s%s", (int)len, name, n);
}

bool lend_block_is_controller(const char *name)
{
	return is_numbered(name, "nvme") && name[4 + digits(name + 4)] == '\0';
}

bool lend_block_is_loop(const char *name)
{
	static const char loop[] = "loop";

	return is_numbered(name, loop) &&
	       name[strlen(loop) + digits(name + strlen(loop))] == '\0';
}

bool lend_block_may_wait(const char *name)
{
	static const char *const prefixes[] = { "loop", "nbd", "zram", "ram" };

	for (size_t i = 0; i < LEND_COUNT(prefixes); i++) {
		if (is_numbered(name, prefixes[i]))
			return true;
	}
	return false;
}

const char *lend_block_type_by_name(const char *name, const char *path)
{
	static const char *const types[][2] = {
		{ "dm-", "dm" },       { "md", "md" },         { "loop", "loop" },
		{ "pmem", "pmem" },    { "sr", "rom" },        { "zram", "zram" },
		{ "nbd", "nbd" },      { "bcache", "bcache" }, { "drbd", "drbd" },
		{ "rbd", "rbd" },      { "zd", "zvol" },       { "ram", "ram" },
		{ "mtdblock", "mtd" },
	};
	const char *n;

	if (path_prefix(name, &n) > 0)
		return "nvme-path";
	if (path != NULL && strstr(path, "/nvme-subsystem/") != NULL)
		return "nvme-head";
	for (size_t i = 0; i < LEND_COUNT(types); i++) {
		if (is_numbered(name, types[i][0]))
			return types[i][1];
	}
	return NULL;
}

bool lend_block_has_sectors(const char *table, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = table; (at = strstr(at, name)) != NULL; at += len) {
		if (at > table && at[-1] == ' ' && (at[len] == '\n' || at[len] == '\0'))
			return true;
	}
	return false;
}
