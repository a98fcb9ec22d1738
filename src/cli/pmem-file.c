/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/pmem-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/num.h"
#include "collect/inside.h"
#include "format/size.h"
#include "format/wish-yaml.h"
#include "io/alone.h"
#include "io/out.h"

static int resolve(struct lend_change *change, const char *path, const char **ret_path,
		   struct lend_err *err)
{
	char *found = realpath(path, NULL);

	if (found == NULL)
		return lend_fail_errno(err, "'%.150s'", path);
	*ret_path = lend_arena_strdup(&change->arena, found);
	free(found);
	return 0;
}

/* What could not be asked stays open: the step itself fails then. */
static struct lend_pmem_system system_of(const char *path)
{
	struct lend_pmem_system system = { 0 };
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return system;
	if ((fs.f_flag & ST_RDONLY) != 0)
		system.read_only = "its file system is mounted read-only";
	else if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0)
		system.read_only = "you may not write there";
	system.free_bytes =
		lend_opt((uint64_t)(geteuid() == 0 ? fs.f_bfree : fs.f_bavail) * fs.f_frsize);
	return system;
}

int lend_pmem_see_file(struct lend_change *change, const char *path,
		       struct lend_opt_u64 label_bytes, struct lend_inside *inside,
		       struct lend_pmem_file *ret_file, struct lend_err *err)
{
	struct lend_inside_options options = { .label_bytes = label_bytes };
	lend_auto_buf who = { 0 };
	struct lend_file_id id;
	struct lend_io *io;
	int r;

	if (resolve(change, path, &path, err) < 0)
		return -1;
	r = lend_alone_look(path, &id, &who, err);
	if (r < 0)
		return -1;
	io = lend_io_live();
	*ret_file = (struct lend_pmem_file){ .inside = inside, .system = system_of(path) };
	ret_file->id = lend_arena_strdup(&change->arena, id.text);
	if (r == LEND_ALONE_TAKEN)
		ret_file->user = lend_arena_strdup(&change->arena, lend_buf_text(&who));
	r = lend_inside_look(io, &change->arena, path, &options, inside, err);
	lend_io_free(io);
	return r;
}

/* With the folder as it really is called; the name in it need not be there. */
static int resolve_place(struct lend_change *change, const char *path, const char **ret_path,
			 struct stat *ret_folder, struct lend_pmem_system *ret_system,
			 struct lend_err *err)
{
	const char *whole = lend_in_absolute(&change->arena, path);
	const char *slash = strrchr(whole, '/');
	const char *folder;
	struct stat st;

	if (slash == NULL || slash[1] == '\0') {
		lend_hint(err, "name the file itself, not its folder");
		return lend_fail(err, LEND_E_USAGE, "'%.150s' is no name of a file", path);
	}
	folder = lend_arena_strndup(&change->arena, whole, (size_t)(slash - whole) + 1);
	if (resolve(change, folder, &folder, err) < 0)
		return -1;
	if (stat(folder, &st) < 0)
		return lend_fail_errno(err, "'%.150s'", folder);
	*ret_folder = st;
	*ret_system = system_of(folder);
	*ret_path = lend_arena_printf(&change->arena, "%s%s",
				      strcmp(folder, "/") == 0 ? "" : folder, slash);
	return 0;
}

int lend_pmem_see_place(struct lend_change *change, const struct lend_pmem_file *file,
			const char *path, struct lend_pmem_place *ret_place,
			struct lend_err *err)
{
	struct lend_pmem_place place = { 0 };
	struct stat folder = { 0 }, there;

	if (resolve_place(change, path, &place.path, &folder, &place.system, err) < 0)
		return -1;
	place.is_taken = lstat(place.path, &there) == 0;
	if (file != NULL && stat(file->inside->path, &there) == 0)
		place.same_system = there.st_dev == folder.st_dev;
	*ret_place = place;
	return 0;
}

static int read_slot(const struct lend_args *args, struct lend_opt_u64 *ret_slot,
		     struct lend_err *err)
{
	uint64_t slot;

	*ret_slot = (struct lend_opt_u64){ 0 };
	if (args->slot == NULL)
		return 0;
	if (!lend_parse_u64(args->slot, 10, &slot))
		return lend_fail(err, LEND_E_USAGE, "'%.40s' is no number of a slot",
				 args->slot);
	*ret_slot = lend_opt(slot);
	return 0;
}

int lend_pmem_label_size(const struct lend_args *args, struct lend_opt_u64 *ret,
			 struct lend_err *err)
{
	uint64_t bytes;

	*ret = (struct lend_opt_u64){ 0 };
	if (args->label_size == NULL)
		return 0;
	if (lend_pmem_size("label-size", args->label_size, &bytes, err) < 0)
		return -1;
	*ret = lend_opt(bytes);
	return 0;
}

int lend_pmem_see_two(struct lend_change *change, const struct lend_args *args,
		      struct lend_pmem_two *ret, struct lend_err *err)
{
	const char *const *paths = args->sources.items;
	struct lend_opt_u64 label;

	if (args->sources.n != 2) {
		lend_hint(err, "lend pmem %s FILE TO", args->name);
		return lend_fail(err, LEND_E_USAGE,
				 "the file and its new place have to be said");
	}
	if (read_slot(args, &ret->slot, err) < 0 ||
	    lend_pmem_label_size(args, &label, err) < 0 ||
	    lend_pmem_see_file(change, paths[0], label, &ret->inside, &ret->file, err) < 0)
		return -1;
	return lend_pmem_see_place(change, &ret->file, paths[1], &ret->place, err);
}

int lend_pmem_size(const char *name, const char *text, uint64_t *ret_bytes,
		   struct lend_err *err)
{
	if (lend_size_parse(text, LEND_SIZE_UNITS, ret_bytes, err) < 0) {
		lend_hint(err, "write 4GiB, 512M, or a number of bytes");
		return lend_where(err, "option '--%s'", name);
	}
	return 0;
}

static bool wish_has(const char *name, const char *record, const char *path)
{
	struct lend_arena arena = { 0 };
	struct lend_wish wish = { 0 };
	lend_auto_buf text = { 0 };
	struct lend_err err = { 0 };
	bool found = false;
	bool others;

	if (lend_in_file_whose(record, LEND_WISH_BYTES_MAX, &text, &others, &err) == 0 &&
	    lend_wish_parse(&arena, name, lend_buf_text(&text), text.len, &wish, &err) == 0) {
		for (size_t i = 0; i < wish.n_pmem; i++)
			found = found || strcmp(wish.pmem[i].backing, path) == 0;
	}
	lend_arena_done(&arena);
	return found;
}

void lend_pmem_warn_users(struct lend_change *change, struct lend_plan *plan, const char *path)
{
	const char *vms =
		lend_arena_printf(&change->arena, "%s/vms", change->options.places.state);
	lend_auto_dir DIR *dir = opendir(vms);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    !wish_has(entry->d_name,
			      lend_arena_printf(&change->arena, "%s/%s/wish.yaml", vms,
						entry->d_name),
			      path))
			continue;
		lend_plan_remark(plan, LEND_REMARK_WARN, "change the wish, too, and apply it",
				 "the wish of %s has %s as it is now", entry->d_name, path);
	}
}

/* What QEMU would have to be told. */
static int print_after(const struct lend_plan *plan, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	for (size_t i = 0; i < plan->n_after; i++) {
		lend_buf_put_safe(&out, plan->after[i], strlen(plan->after[i]));
		lend_buf_putc(&out, '\n');
	}
	return lend_out(&out, err);
}

int lend_pmem_apply(struct lend_change *change, const struct lend_plan *plan,
		    const struct lend_args *args, bool harmless, struct lend_err *err)
{
	int r = lend_change_apply(change, plan, args, harmless, err);

	if (r == LEND_EXIT_GOOD && args->only_plan && !args->json && print_after(plan, err) < 0)
		return -1;
	return r;
}
