/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/disk-names.h"

#include <string.h>

enum { VALUE_MAX = 1024 };

static bool is_one_of(const char *text, const char *const *list)
{
	while (*list != NULL && strcmp(*list, text) != 0)
		list++;
	return *list != NULL;
}

void lend_disk_names_parse(struct lend_span text, struct lend_arena *arena,
			   struct lend_disk_names *ret)
{
	struct lend_disk_names names = { "", "", "", "", "", "" };
	const struct {
		const char *key;
		const char **to;
	} keys[] = { { "ID_FS_TYPE=", &names.type },
		     { "ID_FS_USAGE=", &names.usage },
		     { "ID_FS_UUID_ENC=", &names.uuid },
		     { "ID_FS_LABEL_ENC=", &names.label },
		     { "ID_PART_ENTRY_UUID=", &names.part_uuid },
		     { "ID_PART_ENTRY_NAME=", &names.part_label } };
	struct lend_span line;

	while (lend_span_next_line(&text, &line)) {
		line = lend_span_trim(line);
		if (line.len > 2 && memcmp(line.at, "E:", 2) == 0)
			line = (struct lend_span){ line.at + 2, line.len - 2 };
		for (size_t i = 0; i < LEND_COUNT(keys); i++) {
			size_t n = strlen(keys[i].key);

			if (line.len >= n && memcmp(line.at, keys[i].key, n) == 0 &&
			    line.len - n <= VALUE_MAX)
				*keys[i].to =
					lend_arena_strndup(arena, line.at + n, line.len - n);
		}
	}
	*ret = names;
}

/* A UUID with other signs between its digits, or none. */
static bool same_digits(const char *a, const char *b)
{
	static const char between[] = "-:";

	for (;; a++, b++) {
		a += strspn(a, between);
		b += strspn(b, between);
		if (lend_ascii_lower(*a) != lend_ascii_lower(*b))
			return false;
		if (*a == '\0')
			return true;
	}
}

static bool is_member(const struct lend_disk_names *names, const char *type, const char *name,
		      const char *prefix)
{
	return strcmp(names->type, type) == 0 && *names->uuid != '\0' &&
	       strncmp(name, prefix, strlen(prefix)) == 0 &&
	       same_digits(names->uuid, name + strlen(prefix));
}

bool lend_disk_names_has(const struct lend_disk_names *names, const char *folder,
			 const char *name)
{
	static const char *const by_uuid[] = { "filesystem", "other", "crypto", NULL };
	bool linked = is_one_of(names->usage, by_uuid);

	if (*name == '\0')
		return false;
	if (strcmp(folder, "by-uuid") == 0)
		return linked && strcmp(names->uuid, name) == 0;
	if (strcmp(folder, "by-label") == 0)
		return linked && strcmp(names->label, name) == 0;
	if (strcmp(folder, "by-partuuid") == 0)
		return strcmp(names->part_uuid, name) == 0;
	if (strcmp(folder, "by-partlabel") == 0)
		return strcmp(names->part_label, name) == 0;
	return strcmp(folder, "by-id") == 0 &&
	       (is_member(names, "LVM2_member", name, "lvm-pv-uuid-") ||
		is_member(names, "linux_raid_member", name, "md-uuid-"));
}
