/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as what another host answers, in two exchanges; then questions of each kind. */

#include <stdlib.h>

#include "io/remote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first of each go in batches, the others alone. */
static const struct lend_ask asks[] = {
	{ .via = LEND_VIA_DIR, .key = "proc" },
	{ .via = LEND_VIA_DIR, .key = "sys/bus/pci/devices" },
	{ .via = LEND_VIA_DIR, .key = "sys/a" },
	{ .via = LEND_VIA_DIR, .key = "b" },
	{ .via = LEND_VIA_LINK, .key = "sys/l" },
	{ .via = LEND_VIA_LINK, .key = "sys/bus/pci/devices/0000:00:01.0" },
	{ .via = LEND_VIA_MAGIC, .key = "proc/1/exe" },
	{ .via = LEND_VIA_FILE, .key = "sys/a/x" },
	{ .via = LEND_VIA_FILE, .key = "sys/a/y" },
	{ .via = LEND_VIA_FILE, .key = "sys/bus/pci/devices/0000:00:01.0/uevent" },
	{ .via = LEND_VIA_FILE, .key = "etc/x" },
	{ .via = LEND_VIA_STAT, .key = "etc/x" },
	{ .via = LEND_VIA_SPACE, .key = "etc" },
	{ .via = LEND_VIA_RUN, .key = "ip -json rule show" },
};

static void check(const struct lend_answer *answer, enum lend_via via)
{
	if (answer->known == LEND_UNREADABLE && answer->why == NULL)
		abort();
	if (answer->known != LEND_KNOWN)
		return;
	if (via == LEND_VIA_DIR) {
		for (size_t i = 0; i < answer->n_names; i++) {
			if (answer->names[i] == NULL || strchr(answer->names[i], '/') != NULL)
				abort();
		}
	} else if (via != LEND_VIA_STAT &&
		   (answer->bytes == NULL || answer->bytes[answer->len] != '\0')) {
		abort();
	}
}

static void ask_all(struct lend_io *io)
{
	for (size_t i = 0; i < LEND_COUNT(asks); i++)
		check(lend_io_ask(io, &asks[i]), asks[i].via);
}

static bool exchange(struct lend_io *io, const char *text, size_t size)
{
	struct lend_remote *remote = io->remote;
	lend_auto_buf script = { 0 };
	struct lend_err err = { 0 };
	int r;

	remote->n_sections = 0;
	lend_remote_script(remote, &script);
	remote->n_wanted = 0;
	remote->rounds++;
	r = lend_remote_take(remote, text, size, &err);
	if (r < 0 && err.what[0] == '\0')
		abort();
	return r == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct lend_ssh_target target = { .name = "host" };
	struct lend_io *io = lend_io_open_remote(&target);
	const char *path, *bytes, *first;
	size_t len;

	ask_all(io);
	/* Sections of the second exchange have other numbers. */
	if (exchange(io, (const char *)data, size)) {
		ask_all(io);
		(void)exchange(io, (const char *)data, size);
	}
	ask_all(io);
	for (size_t at = 0; lend_remote_next_file(io->remote, &at, &path, &bytes, &len);) {
		if (path == NULL || bytes == NULL || bytes[len] != '\0')
			abort();
	}
	(void)lend_remote_left(io->remote, &first);
	lend_io_free(io);
	return 0;
}
