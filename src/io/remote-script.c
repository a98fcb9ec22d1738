/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is sent to a remote Linux host: text of sh, with the programs that
 * every Linux has.  Paths are single-quoted words and never anything else.
 *
 * Each question is a section of the answer: "+N", the packed output, "=", the
 * packed messages, "-".  Only reading programs are run; nothing is written.
 */

#include <inttypes.h>

#include "io/remote.h"

/* Where collectors begin, with the links of what is there. */
static const char *const starts[] = {
	"sys/bus/pci/devices", "sys/bus/nd/devices", "sys/bus/dax/devices",
	"sys/class/block",     "sys/class/dax",      "sys/class/net",
};
static const char *const folders[] = { "proc", "sys/block", "sys/bus/pci/slots",
				       "sys/kernel/iommu_groups", "sys/fs/btrfs" };

static struct lend_remote_section *begin(struct lend_remote *remote, struct lend_buf *out,
					 enum lend_remote_what what, size_t limit)
{
	struct lend_remote_section *section = LEND_PUSH(
		&remote->memory, remote->sections, remote->n_sections, remote->cap_sections);

	/* Those of the exchange before lie in the same place. */
	*section = (struct lend_remote_section){ .what = what };
	lend_buf_printf(out, "q %zu %zu ", remote->n_sections - 1, limit + 1);
	return section;
}

static void put_quoted(struct lend_buf *out, const char *path, const char *end)
{
	lend_auto_buf whole = { 0 };

	lend_buf_printf(&whole, "/%s%s", path, end);
	lend_sh_quote(out, whole.text);
}

static void put_path(struct lend_buf *out, const char *path, const char *end)
{
	lend_buf_putc(out, ' ');
	put_quoted(out, path, end);
}

/* Programs print it as it is, in their messages, too. */
static bool is_plain(const char *path)
{
	size_t len = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_./:@,+=%~-");

	return path[len] == '\0' && len > 0 && len < 1024 && strstr(path, "..") == NULL;
}

/* Of sysfs and /proc alone: nothing there hangs, or says what a user made up. */
static bool goes_in_batch(const struct lend_remote_entry *entry, enum lend_via via)
{
	bool sys = strncmp(entry->path, "sys/", 4) == 0;
	bool proc = strncmp(entry->path, "proc/", 5) == 0;

	if (via == LEND_VIA_LINK && entry->via == LEND_VIA_MAGIC)
		return proc && is_plain(entry->path);
	return entry->via == via && (sys || (proc && via != LEND_VIA_FILE)) &&
	       is_plain(entry->path);
}

static void put_batches(struct lend_remote *remote, struct lend_buf *out, enum lend_via via,
			enum lend_remote_what what, const char *command)
{
	struct lend_remote_section *section = NULL;

	for (size_t i = 0; i < remote->n_wanted; i++) {
		struct lend_remote_entry *entry = remote->wanted[i];

		if (entry->state != LEND_REMOTE_NEW || !goes_in_batch(entry, via))
			continue;
		if (section == NULL || section->n == LEND_REMOTE_BATCH) {
			if (section != NULL)
				lend_buf_putc(out, '\n');
			section = begin(remote, out, what, LEND_REMOTE_SECTION_MAX);
			lend_buf_puts(out, command);
			section->entries = lend_arena_array(&remote->memory, LEND_REMOTE_BATCH,
							    sizeof(struct lend_remote_entry *));
		}
		section->entries[section->n++] = entry;
		entry->place = section->n;
		entry->state = LEND_REMOTE_SENT;
		put_path(out, entry->path, via == LEND_VIA_DIR ? "/" : "");
	}
	if (section != NULL)
		lend_buf_putc(out, '\n');
}

static void put_words(struct lend_buf *out, const char *key)
{
	while (*key != '\0') {
		size_t len = strcspn(key, " ");
		lend_auto_buf word = { 0 };

		lend_buf_put(&word, key, len);
		lend_buf_putc(out, ' ');
		lend_sh_quote(out, lend_buf_text(&word));
		key += len + (key[len] == ' ');
	}
}

static void put_alone(struct lend_remote *remote, struct lend_buf *out,
		      struct lend_remote_entry *entry)
{
	const char *patience = entry->may_hang ? "$T " : "";
	struct lend_remote_section *section =
		begin(remote, out, LEND_REMOTE_ONE,
		      entry->via == LEND_VIA_DIR ? LEND_REMOTE_SECTION_MAX : entry->limit);

	section->entries = lend_arena_array(&remote->memory, 1, sizeof(entry));
	section->entries[section->n++] = entry;
	entry->state = LEND_REMOTE_SENT;
	switch (entry->via) {
	case LEND_VIA_FILE:
		lend_buf_printf(out, "%scat --", patience);
		put_path(out, entry->path, "");
		break;
	case LEND_VIA_RANGE:
		lend_buf_printf(out,
				"%sdd bs=65536 iflag=skip_bytes,count_bytes status=none "
				"skip=%" PRIu64 " count=%" PRIu64 " if=",
				patience, entry->offset, entry->len);
		put_quoted(out, entry->path, "");
		break;
	case LEND_VIA_DIR:
		lend_buf_printf(out, "%sfind", patience);
		put_path(out, entry->path, "/");
		lend_buf_puts(out, " -mindepth 1 -maxdepth 1 -print0");
		break;
	case LEND_VIA_STAT:
		lend_buf_puts(out, "st");
		put_path(out, entry->path, "");
		break;
	case LEND_VIA_SPACE:
		lend_buf_puts(out, "sp");
		put_path(out, entry->path, "");
		break;
	case LEND_VIA_RUN:
		if (entry->input != NULL) {
			lend_buf_puts(out, "inp ");
			lend_sh_quote(out, entry->input);
			lend_buf_putc(out, ' ');
		}
		lend_buf_puts(out, "${T:+timeout 10}");
		put_words(out, entry->key);
		break;
	default:
		lend_buf_puts(out, "readlink -nv --");
		put_path(out, entry->path, "");
	}
	lend_buf_putc(out, '\n');
}

static bool is_start(const char *path)
{
	for (size_t i = 0; i < LEND_COUNT(starts); i++) {
		if (strcmp(path, starts[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < LEND_COUNT(folders); i++) {
		if (strcmp(path, folders[i]) == 0)
			return true;
	}
	return false;
}

static void put_starts(struct lend_remote *remote, struct lend_buf *out)
{
	struct lend_remote_section *lists =
		begin(remote, out, LEND_REMOTE_LISTS, LEND_REMOTE_SECTION_MAX);

	lists->entries = lend_arena_array(&remote->memory, remote->n_wanted + 1,
					  sizeof(struct lend_remote_entry *));
	for (size_t i = 0; i < remote->n_wanted; i++) {
		struct lend_remote_entry *entry = remote->wanted[i];

		if (entry->via != LEND_VIA_DIR || !is_start(entry->path))
			continue;
		lists->entries[lists->n++] = entry;
		entry->state = LEND_REMOTE_SENT;
	}
	lend_buf_puts(out, "lst");
	for (size_t i = 0; i < LEND_COUNT(starts); i++)
		put_path(out, starts[i], "/");
	for (size_t i = 0; i < LEND_COUNT(folders); i++)
		put_path(out, folders[i], "/");
	lend_buf_putc(out, '\n');
	for (size_t i = 0; i < LEND_COUNT(starts); i++) {
		struct lend_remote_section *section =
			begin(remote, out, LEND_REMOTE_KIDS, LEND_REMOTE_SECTION_MAX);

		section->folder = starts[i];
		lend_buf_puts(out, "kid");
		put_path(out, starts[i], "/");
		lend_buf_putc(out, '\n');
	}
	begin(remote, out, LEND_REMOTE_UEVENTS, LEND_REMOTE_SECTION_MAX)->folder = starts[0];
	lend_buf_puts(out, "uev");
	put_path(out, starts[0], "/");
	lend_buf_putc(out, '\n');
	(void)begin(remote, out, LEND_REMOTE_LINKS, LEND_REMOTE_SECTION_MAX);
	lend_buf_puts(out, "exe\n");
}

void lend_remote_prologue(struct lend_buf *out)
{
	/* Programs are found and speak as here; the functions are kept as a text, too, for a
	 * shell that find starts. */
	lend_buf_puts(out, "unset LANGUAGE; LC_ALL=C; export LC_ALL\n"
			   "PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
			   "/sbin:/bin; export PATH\n"
			   "cd /; set -f; exec 3>&1\nF=");
	lend_sh_quote(out, lend_remote_common_sh);
	lend_buf_puts(out, "\neval \"$F\"\n"
			   "if base64 </dev/null >/dev/null 2>&1; then echo packed; else echo "
			   "plain; fi\n");
}

void lend_remote_script(struct lend_remote *remote, struct lend_buf *out)
{
	if (remote->rounds == 0) {
		lend_remote_prologue(out);
		lend_buf_puts(out, lend_remote_linux_sh);
		put_starts(remote, out);
		lend_buf_puts(out, "vmq\n");
	}
	put_batches(remote, out, LEND_VIA_LINK, LEND_REMOTE_LINKS, "lnk");
	put_batches(remote, out, LEND_VIA_DIR, LEND_REMOTE_LISTS, "lst");
	put_batches(remote, out, LEND_VIA_FILE, LEND_REMOTE_HEADS, "hds");
	for (size_t i = 0; i < remote->n_wanted; i++) {
		if (remote->wanted[i]->state == LEND_REMOTE_NEW)
			put_alone(remote, out, remote->wanted[i]);
	}
}
