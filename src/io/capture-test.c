/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Captures: what they keep of odd names, and that a damaged or unfinished one is told. */

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/inside.h"
#include "io/out.h"
#include "tests/must.h"

static char dir[] = "/tmp/lend-capture-test-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* What was asked for, and is no UTF-8, is what a replay is told. */
static void keeps_the_request(void)
{
	static const char *const sources[] = { "qmp:/run/a.qmp", "qmp:/run/\xff\".qmp" };
	static const struct lend_guest_source guests[] = { { "vm\xfe", "qga:/run/\xc3.qga" } };
	const struct lend_scan_options request = {
		.sources = sources, .n_sources = 2, .guests = guests, .n_guests = 1
	};
	static const struct lend_ask ask = { .via = LEND_VIA_FILE, .key = "proc/version" };
	const struct lend_scan_options *again;
	struct lend_io *io = lend_io_live();

	must(lend_io_record_to(io, in_dir("request"), &request, NULL) == 0);
	must(lend_io_ask(io, &ask)->known == LEND_KNOWN);
	must(lend_io_record_end(io, NULL) == 0);
	lend_io_free(io);
	must(lend_io_open_tree(in_dir("request"), &io, NULL) == 0);
	again = lend_io_request(io);
	must(again->n_sources == 2 && again->n_guests == 1);
	must_str(again->sources[0], sources[0]);
	must_str(again->sources[1], sources[1]);
	must_str(again->guests[0].vm, guests[0].vm);
	must_str(again->guests[0].source, guests[0].source);
	lend_io_free(io);
}

int main(void)
{
	char command[100];

	must(mkdtemp(dir) != NULL);
	keeps_the_request();
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
