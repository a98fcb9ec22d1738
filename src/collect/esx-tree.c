/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/esx-tree.h"

#include <errno.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"
#include "format/tgz.h"
#include "format/vmdk.h"

enum {
	FILE_MAX = 16 << 20,
	DISK_MAX = 256 << 10, /* of a descriptor: what is longer is a disk's own data */
	FILES_MAX = 65536,
	ENTRIES_MAX = 262144, /* looked at, files and folders */
	BYTES_MAX = 128 << 20,
	DEPTH_MAX = 8,
	PARTS_MAX = 4096,
	STORE_HEAD = 16, /* "SQLite format 3" */
	NAME_MAX_WORDS = 96,
};

static const struct lend_ask ask_folder = { .via = LEND_VIA_DIR,
					    .key = "%p",
					    .limit_bytes = 4 << 20,
					    /* It shows what is somewhere else, too. */
					    .flags = LEND_ASK_NO_LINK };
static const struct lend_ask ask_top = { .via = LEND_VIA_DIR,
					 .key = "%p",
					 .limit_bytes = 4 << 20 };
static const struct lend_ask ask_file = { .via = LEND_VIA_FILE,
					  .key = "%p",
					  .limit_bytes = FILE_MAX };
static const struct lend_ask ask_disk = { .via = LEND_VIA_FILE,
					  .key = "%p",
					  .limit_bytes = DISK_MAX };
static const struct lend_ask ask_stat = { .via = LEND_VIA_STAT, .key = "%p" };

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static bool has_end(const char *name, const char *end)
{
	size_t len = strlen(name);

	return len >= strlen(end) && lend_ascii_casecmp(name + len - strlen(end), end) == 0;
}

/* ---- which files ---- */

/* Only letters and digits, small ones: people and programs join the words differently. */
static void put_letters(const char *name, char ret[NAME_MAX_WORDS])
{
	size_t n = 0;

	for (; *name != '\0' && n + 1 < NAME_MAX_WORDS; name++) {
		if (lend_ascii_is_digit(*name) || lend_ascii_is_alpha(*name))
			ret[n++] = (char)(*name >= 'A' && *name <= 'Z' ? *name + 32 : *name);
	}
	ret[n] = '\0';
}

enum lend_esx_command lend_esx_command_of_file(const char *path)
{
	char letters[NAME_MAX_WORDS];
	char words[NAME_MAX_WORDS];

	put_letters(base_of(path), letters);
	if (strstr(letters, "coredumppartitionget") != NULL ||
	    strstr(letters, "coredumpfileget") != NULL)
		return LEND_ESX_COREDUMP_GET;
	for (enum lend_esx_command c = 0; c < LEND_ESX_COMMANDS; c++) {
		put_letters(lend_esx_command_names[c], words);
		if (strstr(letters, words) != NULL)
			return c;
	}
	return LEND_ESX_COMMANDS;
}

static bool is_below_commands(const char *path)
{
	return strncmp(path, "commands/", 9) == 0;
}

bool lend_esx_is_store(const char *path)
{
	return strcmp(path, "etc/vmware/configstore/current-store-1") == 0 ||
	       strcmp(path, "var/lib/vmware/configstore/backup/current-store-1") == 0;
}

bool lend_esx_is_wanted(const char *path)
{
	static const char *const whole[] = { "etc/vmware/esx.conf", "etc/vmware/passthru.map",
					     "etc/vmware/hostd/vmInventory.xml" };
	static const char *const ends[] = { ".vmx", ".vmdk", ".vmdk.uuid" };
	static const char *const data[] = { "-flat.vmdk",     "-delta.vmdk", "-ctk.vmdk",
					    "-sesparse.vmdk", "-rdm.vmdk",   "-rdmp.vmdk" };
	const char *name = base_of(path);
	size_t cut = strcspn(name, ".");

	for (size_t i = 0; i < LEND_COUNT(whole); i++) {
		if (strcmp(path, whole[i]) == 0)
			return true;
	}
	if (lend_esx_is_store(path))
		return true;
	for (size_t i = 0; i < LEND_COUNT(data); i++) {
		if (has_end(name, data[i]))
			return false;
	}
	for (size_t i = 0; i < LEND_COUNT(ends); i++) {
		if (has_end(name, ends[i]))
			return true;
	}
	if (is_below_commands(path))
		return lend_esx_command_of_file(path) != LEND_ESX_COMMANDS ||
		       strstr(name, "getallvms") != NULL;
	/* What somebody put beside the copied tree: lists, ndctl's of guests. */
	if (strncmp(path, "etc/", 4) == 0 || strncmp(path, "var/", 4) == 0)
		return false;
	return has_end(name, ".json") || (has_end(name, ".txt") && cut > 0);
}

/* ---- the bag ---- */

int lend_esx_bag_put(struct lend_esx_bag *bag, const char *path, const char *bytes, size_t len,
		     struct lend_err *err)
{
	struct lend_scan_file *file;

	/* That it is there is all that is asked of it: it has passwords, too. */
	if (len > STORE_HEAD && lend_esx_is_store(path))
		len = STORE_HEAD;
	bag->bytes += len;
	if (bag->n == FILES_MAX || bag->bytes > BYTES_MAX)
		return lend_fail(err, LEND_E_FORMAT,
				 "'%.150s' has more than %d files, or more than %d MiB in them",
				 bag->source, FILES_MAX, BYTES_MAX >> 20);
	file = LEND_PUSH(bag->memory, bag->files, bag->n, bag->cap);
	file->name = lend_arena_strdup(bag->memory, path);
	file->path = file->name;
	file->bytes = lend_arena_strndup(bag->memory, bytes, len);
	file->len = len;
	if (!is_below_commands(path) && strchr(path, '/') != NULL)
		file->on_host = lend_arena_printf(bag->memory, "/%s", path);
	return 0;
}

static int by_name(const void *pa, const void *pb)
{
	return strcmp(((const struct lend_scan_file *)pa)->name,
		      ((const struct lend_scan_file *)pb)->name);
}

/* "x.txt.FRAG-00002": the length of "x.txt" and 2; false for all others. */
static bool is_part(const char *name, size_t *ret_len, uint64_t *ret_number)
{
	const char *mark = strstr(name, ".FRAG-");

	if (mark == NULL || !lend_parse_u64(mark + 6, 10, ret_number))
		return false;
	*ret_len = (size_t)(mark - name);
	return true;
}

/* Those from at on that are parts of one file, by number; how many they are. */
static size_t parts_at(const struct lend_esx_bag *bag, size_t at, bool *ret_whole)
{
	size_t len, other, n = 0;
	uint64_t number;

	*ret_whole = true;
	if (!is_part(bag->files[at].name, &len, &number))
		return 0;
	for (; at + n < bag->n && n < PARTS_MAX; n++) {
		const char *name = bag->files[at + n].name;

		if (!is_part(name, &other, &number) || other != len ||
		    strncmp(name, bag->files[at].name, len) != 0)
			break;
		*ret_whole = *ret_whole && number == n;
	}
	return n;
}

static struct lend_scan_file join(struct lend_esx_bag *bag, size_t at, size_t n, bool whole)
{
	struct lend_scan_file file = bag->files[at];
	lend_auto_buf bytes = { 0 };
	uint64_t number;
	size_t len = 0;

	(void)is_part(file.name, &len, &number);
	file.name = lend_arena_strndup(bag->memory, file.name, len);
	file.path = file.name;
	for (size_t i = 0; i < n; i++)
		lend_buf_put(&bytes, bag->files[at + i].bytes, bag->files[at + i].len);
	file.bytes = lend_arena_strndup(bag->memory, lend_buf_text(&bytes), bytes.len);
	file.len = bytes.len;
	if (!whole) {
		file.bytes = "";
		file.len = 0;
		file.broken = "lacks one of its parts";
	}
	return file;
}

void lend_esx_bag_end(struct lend_esx_bag *bag)
{
	size_t to = 0;

	if (bag->n > 1)
		qsort(bag->files, bag->n, sizeof(*bag->files), by_name);
	for (size_t at = 0; at < bag->n;) {
		bool whole;
		size_t n = parts_at(bag, at, &whole);

		bag->files[to] = n == 0 ? bag->files[at] : join(bag, at, n, whole);
		at += n == 0 ? 1 : n;
		/* An archive may have a name twice: the last one counts, as with tar. */
		if (to > 0 && strcmp(bag->files[to - 1].name, bag->files[to].name) == 0)
			bag->files[to - 1] = bag->files[to];
		else
			to++;
	}
	bag->n = to;
}

/* ---- a folder ---- */

static bool is_there(struct lend_io *io, const char *path)
{
	return lend_io_ask(io, &ask_stat, path)->known == LEND_KNOWN;
}

/* vm-support makes esx.conf, commands/ and two logs; a copy has at least the first. */
static bool is_host(struct lend_io *io, struct lend_arena *memory, const char *top)
{
	const char *slash = top[0] == '\0' ? "" : "/";

	return is_there(io, lend_arena_printf(memory, "%s%setc/vmware/esx.conf", top, slash)) ||
	       is_there(io,
			lend_arena_printf(memory, "%s%scommands/localcli_hardware-pci-list.txt",
					  top, slash));
}

const char *lend_esx_top(struct lend_io *io, const struct lend_answer *names,
			 struct lend_arena *memory)
{
	const char *found = NULL;

	for (size_t i = 0; i < names->n_names; i++) {
		const char *name = names->names[i];

		if (strcmp(name, "etc") == 0 || strcmp(name, "commands") == 0) {
			if (is_host(io, memory, ""))
				return "";
		} else if (strncmp(name, "esx-", 4) == 0 && is_host(io, memory, name)) {
			/* Two bundles in one folder are two hosts: they are named one by one.
			 */
			if (found != NULL)
				return NULL;
			found = lend_arena_strdup(memory, name);
		}
	}
	return found;
}

static int read_file(struct lend_io *io, const char *path, const char *name,
		     struct lend_esx_bag *bag, struct lend_err *err)
{
	bool disk = has_end(name, ".vmdk");
	const struct lend_answer *answer = lend_io_ask(io, disk ? &ask_disk : &ask_file, path);

	if (answer->os_errno == EISDIR || answer->known == LEND_NOT_ASKED)
		return 0;
	/* A disk's own data has the descriptor's ending, too; too long is no error number. */
	if (disk &&
	    (answer->known == LEND_KNOWN ? !lend_vmdk_is_descriptor(answer->bytes, answer->len)
					 : answer->os_errno == 0))
		return 0;
	if (answer->known == LEND_KNOWN)
		return lend_esx_bag_put(bag, name, answer->bytes, answer->len, err);
	if (lend_esx_bag_put(bag, name, "", 0, err) < 0)
		return -1;
	bag->files[bag->n - 1].broken =
		lend_arena_printf(bag->memory, "could not be read: %s", answer->why);
	return 0;
}

static bool may_be_folder(const char *name)
{
	static const char *const never[] = { ".log",  ".gz",   ".txt",  ".nvram",
					     ".vmsd", ".vmxf", ".vswp", ".v00",
					     ".tgz",  ".json", ".xml" };

	for (size_t i = 0; i < LEND_COUNT(never); i++) {
		if (has_end(name, never[i]))
			return false;
	}
	return strcmp(name, "proc") != 0 && strcmp(name, "log") != 0 &&
	       strcmp(name, "core") != 0;
}

/* Of a part, the name of the whole. */
static size_t whole_len(const char *path)
{
	size_t len;
	uint64_t number;

	return is_part(path, &len, &number) ? len : strlen(path);
}

static int walk(struct lend_io *io, const char *top, const char *folder, unsigned int depth,
		struct lend_esx_bag *bag, struct lend_err *err)
{
	const char *full =
		lend_arena_printf(bag->memory, "%s%s%s", top,
				  top[0] != '\0' && folder[0] != '\0' ? "/" : "", folder);
	const struct lend_answer *answer;
	const char **names;
	size_t n;

	answer = lend_io_ask(io, depth == 0 ? &ask_top : &ask_folder,
			     full[0] == '\0' ? "." : full);
	n = answer->known == LEND_KNOWN ? answer->n_names : 0;
	bag->entries += n;
	if (bag->entries > ENTRIES_MAX)
		return lend_fail(err, LEND_E_FORMAT, "'%.150s' has more than %d entries",
				 bag->source, ENTRIES_MAX);
	names = lend_arena_array(bag->memory, n, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = lend_arena_strdup(bag->memory, answer->names[i]);
	for (size_t i = 0; i < n; i++) {
		const char *path = lend_arena_printf(bag->memory, "%s%s%s", folder,
						     folder[0] == '\0' ? "" : "/", names[i]);
		int r = 0;

		lend_io_forget(io);
		if (lend_esx_is_wanted(lend_arena_strndup(bag->memory, path, whole_len(path))))
			r = read_file(io,
				      lend_arena_printf(bag->memory, "%s%s%s", top,
							top[0] == '\0' ? "" : "/", path),
				      path, bag, err);
		else if (depth < DEPTH_MAX && may_be_folder(names[i]))
			r = walk(io, top, path, depth + 1, bag, err);
		if (r < 0)
			return -1;
	}
	return 0;
}

int lend_esx_tree_read(struct lend_io *io, const char *top, struct lend_esx_bag *bag,
		       struct lend_err *err)
{
	if (walk(io, top, "", 0, bag, err) < 0)
		return -1;
	lend_esx_bag_end(bag);
	return 0;
}

/* ---- an archive ---- */

struct archive {
	struct lend_esx_bag *bag;
	const char *top; /* with its slash; NULL: none was met yet */
};

/* Behind "esx-HOST-DATE--TIME-PID/"; NULL when it is below another one than the first. */
static const char *behind_top(struct archive *a, const char *path)
{
	size_t len = strcspn(path, "/") + 1;

	if (strncmp(path, "esx-", 4) != 0 || path[len - 1] == '\0')
		return path;
	if (a->top == NULL)
		a->top = lend_arena_strndup(a->bag->memory, path, len);
	return strncmp(path, a->top, strlen(a->top)) == 0 ? path + len : NULL;
}

static bool wants_member(void *context, const char *path)
{
	struct archive *a = context;

	path = behind_top(a, path);
	return path != NULL &&
	       lend_esx_is_wanted(lend_arena_strndup(a->bag->memory, path, whole_len(path)));
}

static int take_member(void *context, const char *path, const char *bytes, size_t len,
		       struct lend_err *err)
{
	struct archive *a = context;

	path = behind_top(a, path);
	/* A disk's own data. */
	if (has_end(path, ".vmdk") && (len > DISK_MAX || !lend_vmdk_is_descriptor(bytes, len)))
		return 0;
	return lend_esx_bag_put(a->bag, path, bytes, len, err);
}

int lend_esx_archive_read(const char *bytes, size_t len, struct lend_esx_bag *bag,
			  struct lend_err *err)
{
	struct archive archive = { .bag = bag };
	const struct lend_tgz_taker taker = { &archive, wants_member, take_member };
	const char *cut;

	if (lend_tgz_read(bytes, len, &taker, &cut, err) < 0)
		return -1;
	lend_esx_bag_end(bag);
	if (bag->n == 0 || cut == NULL)
		return 0;
	if (lend_esx_bag_put(bag, bag->source, "", 0, err) < 0)
		return -1;
	bag->files[bag->n - 1].broken =
		lend_arena_printf(bag->memory, "could not be read to its end: %s", cut);
	return 0;
}
