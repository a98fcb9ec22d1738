/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A monitor that answers with the wrong types, and a socket that is no monitor: as captures. */

#include <unistd.h>

#include "base/buf.h"
#include "lend/lend.h"
#include "tests/must.h"

#define DEVICES                                                                                \
	"{\"return\":[{\"type\":\"nvdimm\",\"data\":{\"id\":\"d\",\"memdev\":\"/objects/m\","  \
	"\"slot\":0,\"addr\":4294967296,\"size\":134217728}}]}"
#define MEMDEVS "{\"return\":[{\"id\":\"m\",\"size\":134217728,\"share\":true}]}"
#define QOM_GET(path, property)                                                                \
	"{\"execute\":\"qom-get\",\"arguments\":{\"path\":\"" path                             \
	"\",\"property\":\"" property "\"}}"

static const struct row {
	const char *what;
	const char *devices, *memdevs, *path, *label; /* replies */
	const char *gap;                              /* part of one, NULL for none */
	enum lend_known known;                        /* of the backend's path */
} rows[] = {
	{ "well", DEVICES, MEMDEVS, "{\"return\":\"/nowhere\"}", "{\"return\":0}", NULL,
	  LEND_KNOWN },
	{ "a path that is a number", DEVICES, MEMDEVS, "{\"return\":4702111234474983745}",
	  "{\"return\":\"2M\"}", NULL, LEND_UNREADABLE },
	{ "a path that is a list", DEVICES, MEMDEVS, "{\"return\":[]}", "{\"return\":{}}", NULL,
	  LEND_UNREADABLE },
	{ "no list of devices", "{\"return\":{}}", MEMDEVS, "{}", "{}", "the answer is no list",
	  LEND_NOT_ASKED },
	{ "no list of backends", DEVICES, "{\"return\":7}", "{}", "{\"return\":0}",
	  "the answer is no list", LEND_NOT_ASKED },
};

static void put(const char *dir, const char *name, const char *text)
{
	char path[400];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	must(file != NULL);
	must(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void put_reply(struct lend_buf *asks, const char *key, const char *text)
{
	lend_buf_puts(asks, "{\"via\":\"qmp\",\"of\":\"/proc/1/root/s\",\"key\":\"");
	lend_buf_put_json(asks, key, strlen(key));
	lend_buf_puts(asks, "\",\"text\":\"");
	lend_buf_put_json(asks, text, strlen(text));
	lend_buf_puts(asks, "\"}\n");
}

static void put_process(struct lend_buf *asks, const char *args)
{
	lend_buf_puts(asks, "{\"via\":\"dir\",\"key\":\"proc\",\"names\":[\"1\"]}\n"
			    "{\"via\":\"file\",\"key\":\"proc/1/cmdline\",\"text\":\"");
	for (; *args != '\0'; args++) {
		if (*args == ' ')
			lend_buf_puts(asks, "\\u0000");
		else
			lend_buf_putc(asks, *args);
	}
	lend_buf_puts(asks, "\\u0000\"}\n");
}

static int scan(const char *dir, struct lend_inventory **ret_inventory, struct lend_err *err)
{
	const char *const source[] = { dir };
	struct lend_scan_options options = LEND_SCAN_OPTIONS(.sources = source, .n_sources = 1);

	return lend_scan(&options, ret_inventory, err);
}

static void check_row(const char *dir, const struct row *row)
{
	const struct lend_node *backend;
	struct lend_inventory *inv = NULL;
	struct lend_err err = { 0 };
	lend_auto_buf asks = { 0 };
	const char *what = NULL;
	char text[100];

	must_in(row->what);
	put(dir, "lend-capture.json", "{\"lend\":\"capture\",\"version\":1}\n");
	put_process(&asks, "qemu-system-x86_64 -name vm -qmp unix:/s,server=on,wait=off");
	put_reply(&asks, "", "{\"QMP\":{}}");
	put_reply(&asks, "{\"execute\":\"query-memory-devices\"}", row->devices);
	put_reply(&asks, "{\"execute\":\"query-memdev\"}", row->memdevs);
	put_reply(&asks, QOM_GET("/objects/m", "mem-path"), row->path);
	put_reply(&asks, QOM_GET("/machine/peripheral/d", "label-size"), row->label);
	put(dir, "asks.jsonl", asks.text);
	if (scan(dir, &inv, &err) < 0)
		must_str(err.what, "");
	(void)lend_gap(inv, 0, &what, NULL, NULL, NULL);
	must((what != NULL) == (row->gap != NULL));
	if (row->gap != NULL && strstr(what, row->gap) == NULL)
		must_str(what, row->gap);
	backend = lend_find(inv, "backend/vm:m");
	if (backend != NULL)
		must_u64(lend_get_text(inv, backend, "path", text, sizeof(text)), row->known);
	lend_inventory_free(inv);
}

/* A client there would stop the guest, or take its console away. */
static void refuses(const char *dir)
{
	static const char *const options[] = { "-gdb", "-serial", "-monitor" };
	static const char stat[] =
		"\",\"stat\":{\"mode\":49645,\"dev_major\":1,\"dev_minor\":0,\"rdev_major\":0,"
		"\"rdev_minor\":0,\"inode\":9,\"size_bytes\":0,\"allocated_bytes\":0,"
		"\"fs_magic\":\"0x0\"}}\n";

	for (size_t i = 0; i < LEND_COUNT(options); i++) {
		struct lend_inventory *inv = NULL;
		struct lend_err err = { 0 };
		lend_auto_buf asks = { 0 };
		char args[200];

		must_in(options[i]);
		put(dir, "lend-capture.json",
		    "{\"lend\":\"capture\",\"version\":1,\"sources\":[\"qmp:/s\"]}\n");
		(void)snprintf(args, sizeof(args),
			       "qemu-system-x86_64 -name vm %s unix:/s,server=on,wait=off",
			       options[i]);
		put_process(&asks, args);
		lend_buf_printf(&asks, "{\"via\":\"stat\",\"key\":\"s%s", stat);
		lend_buf_printf(&asks, "{\"via\":\"stat\",\"key\":\"proc/1/root//s%s", stat);
		put(dir, "asks.jsonl", asks.text);
		must(scan(dir, &inv, &err) == -1 && err.code == LEND_E_USAGE);
		must(strstr(err.what, "'/s' is no QMP monitor: VM vm has it as") != NULL);
	}
	must_in("");
}

int main(void)
{
	char dir[] = "/tmp/lend-qemu-qmp-test-XXXXXX";
	char command[100];

	must(mkdtemp(dir) != NULL);
	for (size_t i = 0; i < LEND_COUNT(rows); i++)
		check_row(dir, &rows[i]);
	refuses(dir);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
