/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This host, recorded and replayed to the same inventory; and when a QEMU waits. */

#include <unistd.h>

#include "collect/qemu-waiting.h"
#include "tests/must.h"

#define BACKING(path, size) "-object|memory-backend-file,id=m,mem-path=" path ",size=" size "|"

static const struct {
	const char *what;
	const char *args; /* "|" stands for the NUL between arguments */
	const char *maps;
	enum lend_waiting want;
} rows[] = {
	{ "wait=off", "qemu-system-x86_64|-qmp|unix:/s,server=on,wait=off|", NULL,
	  LEND_NOT_WAITING },
	{ "nothing mapped", "qemu-system-x86_64|-m|256|-qmp|unix:/s,server|",
	  "7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \n", LEND_WAITING },
	{ "RAM mapped", "qemu-system-x86_64|-m|256|-qmp|unix:/s,server|",
	  "7f0000000000-7f0010000000 rw-p 00000000 00:00 0 \n", LEND_NOT_WAITING },
	{ "code is not RAM", "qemu-system-x86_64|-m|256|-qmp|unix:/s,server|",
	  "7f0000000000-7f0040000000 rwxp 00000000 00:00 0 \n", LEND_WAITING },
	{ "no maps", "qemu-system-x86_64|-qmp|unix:/s,server|", NULL,
	  LEND_WAITING_CANNOT_TELL },
	{ "config file", "qemu-system-x86_64|-readconfig|f|", "", LEND_WAITING_CANNOT_TELL },
	{ "a chardev that was not understood", "qemu-system-x86_64|-chardev|id=x|", "",
	  LEND_WAITING_CANNOT_TELL },
	{ "a backing named 1",
	  "qemu-system-x86_64|-m|256|-qmp|unix:/s,server|" BACKING("1", "8M"),
	  "7f0000000000-7f0000100000 r-xp 00100000 fe:01 1111 /usr/bin/qemu-system-x86_64\n",
	  LEND_WAITING },
	{ "a backing named like a library",
	  "qemu-system-x86_64|-m|256|-qmp|unix:/s,server|" BACKING("/lib/libc.so", "1G"),
	  "7f0000000000-7f0000100000 r--p 00100000 fe:01 1111 /lib/libc.so\n", LEND_WAITING },
	{ "a stack of 8 MiB is no backing",
	  "qemu-system-x86_64|-m|256|-qmp|unix:/s,server|" BACKING("/b", "8M"),
	  "7f0000000000-7f0000800000 rw-p 00000000 00:00 0 \n", LEND_WAITING },
	{ "a stack of 8 MiB is no RAM", "qemu-system-x86_64|-m|8|-qmp|unix:/s,server|",
	  "7f0000000000-7f0000800000 rw-p 00000000 00:00 0 \n", LEND_WAITING_CANNOT_TELL },
	{ "a small guest whose backing is mapped",
	  "qemu-system-x86_64|-m|8|-qmp|unix:/s,server|" BACKING("/b", "8M"),
	  "7f0000000000-7f0000800000 rw-s 00000000 fe:01 99 /b\n", LEND_NOT_WAITING },
	{ "a backing in QEMU's folder",
	  "qemu-system-x86_64|-m|8|-qmp|unix:/s,server|" BACKING("d/b", "8M"),
	  "7f0000000000-7f0000800000 rw-s 00000000 fe:01 99 /run/d/b\n", LEND_NOT_WAITING },
	{ "one of the same name elsewhere",
	  "qemu-system-x86_64|-m|256|-qmp|unix:/s,server|" BACKING("b", "8M"),
	  "7f0000000000-7f0000800000 rw-s 00000000 fe:01 99 /tmp/b\n", LEND_WAITING },
	{ "a backing that was removed",
	  "qemu-system-x86_64|-m|8|-qmp|unix:/s,server|" BACKING("/b", "8M"),
	  "7f0000000000-7f0000800000 rw-s 00000000 fe:01 99 /b (deleted)\n", LEND_NOT_WAITING },
	{ "lines that are none", "qemu-system-x86_64|-m|256|-qmp|unix:/s,server|",
	  "\n-\nx y\n7f00-7e00 rw-p 0 0 0 \n7f0000000000-7f0010000000 rw-p 0 0 z \n",
	  LEND_WAITING },
};

static void waits(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_arena arena = { 0 };
		struct lend_qemu_args args;
		char *bytes = lend_arena_strdup(&arena, rows[i].args);
		size_t len = strlen(bytes);

		must_in(rows[i].what);
		for (size_t n = 0; n < len; n++)
			bytes[n] = bytes[n] == '|' ? '\0' : bytes[n];
		lend_qemu_args_parse(&arena, bytes, len, &args);
		must_u64(lend_qemu_waiting(&args, rows[i].maps, "/run"), rows[i].want);
		lend_arena_done(&arena);
	}
	must_in("");
}

static char *look(const char *source, const char *record_to)
{
	struct lend_scan_options options = { .size = sizeof(options),
					     .n_sources = source != NULL,
					     .record_to = record_to };
	struct lend_inventory *inv = NULL;
	struct lend_err err = { 0 };
	char *text = NULL;
	size_t len;

	options.sources = &source;
	if (lend_scan(&options, &inv, &err) < 0)
		must_str(err.what, "");
	must(lend_find(inv, "host/this") != NULL);
	must(lend_save(inv, &text, &len, NULL) == 0);
	lend_inventory_free(inv);
	return text;
}

static bool is_replayed(void)
{
	char dir[] = "/tmp/lend-scan-test-XXXXXX";
	char command[60];
	char *live, *again;
	bool same;

	must(mkdtemp(dir) != NULL);
	live = look(NULL, dir);
	again = look(dir, NULL);
	same = strcmp(again, live) == 0;
	free(live);
	free(again);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	must(system(command) == 0);
	return same;
}

/* Of this host, on which a VM may end while it is looked at: then once more. */
static void replays(void)
{
	for (unsigned int i = 0; i < 5; i++) {
		if (is_replayed())
			return;
	}
	must(!"a capture replays to what was seen");
}

int main(void)
{
	waits();
	replays();
	return 0;
}
