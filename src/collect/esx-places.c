/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths on a host of ESXi: how a volume is spelled in them, and the places
 * beside its disks that a .vmx names: swap, working folder, NVRAM, serial
 * ports, floppies.
 */

#include "base/ascii.h"
#include "collect/esx.h"

#define VOLUMES "/vmfs/volumes/"

enum { UUID_LEN = 35 }; /* "56bb2e55-8d0d4fd8-2b21-00241dd7b53a" */

/* The host writes a volume's UUID in small letters, and finds it in any. */
const char *lend_esx_volume_name(struct lend_arena *arena, const char *path, size_t len)
{
	lend_auto_buf small = { 0 };

	for (size_t i = 0; i < len; i++) {
		bool dash = i == 8 || i == 17 || i == 22;

		if (len != UUID_LEN || (dash ? path[i] != '-' : !lend_ascii_is_xdigit(path[i])))
			return lend_arena_strndup(arena, path, len);
		lend_buf_putc(&small, (char)(path[i] >= 'A' && path[i] <= 'F' ? path[i] + 32
									      : path[i]));
	}
	return lend_arena_strdup(arena, lend_buf_text(&small));
}

/*
 * Below /vmfs/volumes without ".", ".." and doubled slashes; VMFS has no links to
 * folders.  Anything else is as it was.
 */
const char *lend_esx_flat_path(struct lend_arena *arena, const char *path)
{
	char *out;
	size_t n = 0;

	if (strncmp(path, VOLUMES, strlen(VOLUMES)) != 0)
		return path;
	out = lend_arena_alloc(arena, strlen(path) + 1);
	for (const char *at = path; *at != '\0';) {
		size_t len;

		at += strspn(at, "/");
		len = strcspn(at, "/");
		if (len == 2 && memcmp(at, "..", 2) == 0) {
			while (n > 0 && out[--n] != '/')
				;
		} else if (len > 0 && !(len == 1 && at[0] == '.')) {
			out[n++] = '/';
			memcpy(out + n, at, len);
			n += len;
		}
		at += len;
	}
	out[n] = '\0';
	return out;
}

/* Keys whose value is a place.  Texts of people may quote a path. */
static bool is_place(const char *key)
{
	static const char *const ends[] = { ".fileName",         ".derivedName",
					    "workingDir",        "nvram",
					    ".directory",        "sched.swap.dir",
					    "checkpoint.vmState" };
	size_t len = strlen(key);

	for (size_t i = 0; i < LEND_COUNT(ends); i++) {
		if (len >= strlen(ends[i]) &&
		    lend_ascii_casecmp(key + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	}
	return false;
}

static bool is_present(struct lend_esx_host *esx, const struct lend_vmx *vmx, const char *key)
{
	const char *dot = strrchr(key, '.');
	const char *present =
		dot == NULL ? NULL
			    : lend_vmx_get(vmx,
					   lend_arena_printf(&esx->scan->memory, "%.*s.present",
							     (int)(dot - key), key));
	bool yes = true;

	return present == NULL || !lend_vmx_bool(present, &yes) || yes;
}

/* "/vmfs/volumes/DS/x", "[DS] x", "../../DS/x"; NULL: in its own folder, or nowhere. */
static const char *place_of(struct lend_esx_host *esx, const struct lend_esx_config *config,
			    const char *value)
{
	struct lend_arena *arena = &esx->scan->memory;
	const char *close = value[0] == '[' ? strstr(value, "] ") : NULL;
	const char *slash = config->path == NULL ? NULL : strrchr(config->path, '/');

	if (close != NULL)
		return lend_arena_printf(arena, VOLUMES "%.*s/%s", (int)(close - value) - 1,
					 value + 1, close + 2);
	if (value[0] == '/')
		return value;
	if (slash == NULL || strstr(value, "..") == NULL)
		return NULL;
	return lend_arena_printf(arena, "%.*s/%s", (int)(slash - config->path), config->path,
				 value);
}

void lend_esx_put_places(struct lend_esx_host *esx, const struct lend_esx_config *config)
{
	const struct lend_vmx *vmx = config->vmx;

	for (size_t i = 0; i < vmx->n_lines; i++) {
		const struct lend_vmx_line *line = &vmx->lines[i];
		struct lend_datastore *ds;
		const char *path, *rest;

		if (line->key == NULL || line->remark == LEND_VMX_DUPLICATE ||
		    !is_place(line->key) || !is_present(esx, vmx, line->key))
			continue;
		path = place_of(esx, config, line->value);
		if (path == NULL)
			continue;
		/* A folder may be the volume itself. */
		path = lend_arena_printf(&esx->scan->memory, "%s/",
					 lend_esx_flat_path(&esx->scan->memory, path));
		ds = lend_esx_volume_of(esx, path, &rest);
		if (ds != NULL)
			lend_build_edge(&esx->scan->build, &config->vm->node, &ds->node);
	}
}
