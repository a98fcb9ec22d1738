/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Folders of loose files: what is kept of them, and what is not even read. */

#include "collect/sources.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/must.h"

#define UUID "UUID is 60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0c\n"

static char dir[] = "/tmp/lend-sources-test-XXXXXX";

static const char *path_of(const char *folder, const char *name)
{
	static char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s/%s", dir, folder, name);
	return path;
}

/* Zeros make up what is missing of size. */
static void put(const char *folder, const char *name, const char *text, off_t size)
{
	size_t len = strlen(text);
	int fd;

	(void)mkdir(path_of(folder, ""), 0700);
	fd = open(path_of(folder, name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	must((off_t)len >= size || ftruncate(fd, size) == 0);
	(void)close(fd);
}

static int open_folder(const char *folder, struct lend_sources *ret, struct lend_err *err)
{
	static char path[100];
	static const char *source = path;
	const struct lend_scan_options options = { .sources = &source, .n_sources = 1 };

	(void)snprintf(path, sizeof(path), "%s/%s", dir, folder);
	return lend_sources_open(&options, ret, err);
}

static const struct lend_scan_file *file_of(const struct lend_sources *s, const char *name)
{
	for (size_t i = 0; i < s->n_files; i++) {
		if (strcmp(s->files[i].name, name) == 0)
			return &s->files[i];
	}
	return NULL;
}

static void must_be(const struct lend_sources *s, const char *name, const char *broken)
{
	const struct lend_scan_file *file = file_of(s, name);

	must_in(name);
	must(file != NULL && (file->broken == NULL) == (broken == NULL));
	if (broken != NULL)
		must_str(file->broken, broken);
	must((file->len == 0) == (broken != NULL));
	must_in("");
}

static void keeps_what_is_known(void)
{
	struct lend_sources s;

	put("mixed", "a.json", "[{\"dev\":\"nmem0\"}]", 0);
	put("mixed", "cut.json", "[{\"dev\":\"nmem0\"", 0);
	put("mixed", "none.json", "[]\n", 0);
	put("mixed", "other.json", "{\"dev\":1}", 0);
	put("mixed", "session", UUID, 0);
	put("mixed", "torn", "UUID is 60 00\n", 0);
	put("mixed", "D.VMDK.UUID", UUID, 0);
	put("mixed", "d.vmdk", "# Disk DescriptorFile\n", 1000);
	put("mixed", "d-flat.vmdk", "", 1 << 30);
	put("mixed", "e.VMDK", "", 0);
	put("mixed", "y.VMX", "hello\n", 0);
	put("mixed", "z.vmx", UUID, 4097);
	put("mixed", "program", UUID, 4097);
	put("mixed", "readme", "hello\n", 0);
	must(mkdir(path_of("mixed", "folder.vmx"), 0700) == 0);
	must(mkfifo(path_of("mixed", "fifo.vmx"), 0600) == 0);
	must(open_folder("mixed", &s, NULL) == 0);
	must_be(&s, "a.json", NULL);
	must_str(file_of(&s, "a.json")->path, path_of("mixed", "a.json"));
	must_be(&s, "cut.json", NULL);
	must_be(&s, "none.json", NULL);
	must_be(&s, "session", NULL);
	must_be(&s, "torn", NULL);
	must_be(&s, "D.VMDK.UUID", NULL);
	must_be(&s, "d.vmdk", NULL);
	must_be(&s, "e.VMDK", "is called like a disk descriptor, but it is empty");
	must_be(&s, "y.VMX", "is called like a VM's configuration, but does not read like one");
	must_be(&s, "z.vmx", "is called like a VM's configuration, but does not read like one");
	must_be(&s, "fifo.vmx", "could not be read: is not a regular file");
	must_u64(s.n_files, 11);
	lend_sources_close(&s);
}

/* Much that is not ours costs nothing; too much of ours is told. */
static void has_limits(void)
{
	struct lend_err err = { 0 };
	struct lend_sources s;
	char name[20];

	for (int i = 0; i < 600; i++) {
		(void)snprintf(name, sizeof(name), "disk%d.img", i);
		put("many", name, "", 4 << 20);
	}
	put("many", "known", UUID, 0);
	must(open_folder("many", &s, &err) == 0);
	must_u64(s.n_files, 1);
	must_u64(s.files_bytes, strlen(UUID));
	lend_sources_close(&s);

	{
		char *text = malloc(4 << 20);

		must(text != NULL);
		memset(text, '\n', 4 << 20);
		memcpy(text, UUID, strlen(UUID));
		text[(4 << 20) - 1] = '\0';
		put("much", "0", text, 0);
		free(text);
	}
	for (int i = 1; i < 17; i++) {
		char first[200];

		(void)snprintf(first, sizeof(first), "%s", path_of("much", "0"));
		(void)snprintf(name, sizeof(name), "%d", i);
		must(link(first, path_of("much", name)) == 0);
	}
	must(open_folder("much", &s, &err) == -1);
	must(strstr(err.what, "have more than 64 MiB") != NULL);
	must_str(err.hint, "give fewer files at a time");
}

static void must_fail(const char *folder, const char *what)
{
	struct lend_err err = { 0 };
	struct lend_sources s;

	must(open_folder(folder, &s, &err) == -1);
	if (strstr(err.what, what) == NULL)
		must_str(err.what, what);
	if (strstr(err.what, folder) == NULL)
		must_str(err.what, folder);
}

static void wants_something(void)
{
	must(mkdir(path_of("empty", ""), 0700) == 0);
	must_fail("empty", "nothing in '");
	must(mkdir(path_of("nested", ""), 0700) == 0 &&
	     mkdir(path_of("nested", "sub"), 0700) == 0);
	must_fail("nested", "nothing in '");
	put("junk", "readme", "hello\n", 0);
	must_fail("junk", "is known to lend");
	put("half", "asks.jsonl", "", 0);
	must_fail("half", "is a capture that was not finished");
}

int main(void)
{
	char command[100];

	must(mkdtemp(dir) != NULL);
	keeps_what_is_known();
	has_limits();
	wants_something();
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
