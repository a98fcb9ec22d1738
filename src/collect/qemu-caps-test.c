/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A QEMU that is a script: what is taken from its words, that it is asked once,
 * and that nothing is believed of one that says nothing of use.
 */

#include "model/qemu-caps.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/kind-wanted.h"
#include "tests/must.h"

static char dir[] = "/tmp/lend-qemu-caps-test-XXXXXX";

static const char good[] =
	"#!/bin/sh\n"
	"echo run >>%s/runs\n"
	"case \"$*\" in\n"
	"*http*) echo \"qemu: module block-block-curl not found\" >&2; exit 1;;\n"
	"*accel=kvm*) exit 0;;\n"
	"*'-machine none'*) cat >/dev/null\n"
	"echo '{\"QMP\": {}}'\n"
	"echo '{\"return\": {}}'\n"
	"echo '{\"return\": {\"qemu\": {\"major\": 8, \"minor\": 2, \"micro\": 1}}, \"id\": \"version\"}'\n"
	"echo '{\"timestamp\": {}, \"event\": \"SHUTDOWN\"}'\n"
	"echo '{\"return\": [{\"name\": \"rom\"}, {\"name\": \"align\"}], \"id\": \"backend\"}'\n"
	"echo '{\"return\": [{\"name\": \"label-size\"}], \"id\": \"device\"}'\n"
	"echo '{\"return\": [{\"name\": \"pc-q35-8.2\", \"alias\": \"q35\"}], \"id\": \"machines\"}'\n"
	"echo '{\"error\": {\"desc\": \"no\"}, \"id\": \"cpus\"}';;\n"
	"*) cat >/dev/null\n"
	"echo '{\"return\": [{\"name\": \"nvdimm\"}], \"id\": \"machine\"}'\n"
	"echo '{\"return\": \"pc-q35-8.2-machine\", \"id\": \"type\"}';;\n"
	"esac\n";

static const char bad[] = "#!/bin/sh\necho '{\"return\": [[[['; echo hello\n";

static void write_script(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	must(f != NULL && fprintf(f, text, dir) > 0 && fclose(f) == 0);
	must(chmod(path, 0755) == 0);
}

static size_t runs(void)
{
	char path[100];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/runs", dir);
	return stat(path, &st) < 0 ? 0 : (size_t)st.st_size / 4;
}

static struct lend_inventory *scan(const char *program, const char *cache, bool kvm)
{
	static const char *const kinds[] = { "qemu", "wanted" };
	struct lend_scan_options options =
		LEND_SCAN_OPTIONS(.kinds = kinds, .n_kinds = 2, .qemu = program,
				  .qemu_try_http = true, .qemu_try_kvm = kvm,
				  .cache_dir = cache);
	struct lend_inventory *inv;

	must(lend_scan(&options, &inv, NULL) == 0);
	return inv;
}

static void asks(const char *program, const char *cache)
{
	for (int i = 0; i < 2; i++) {
		struct lend_inventory *inv = scan(program, cache, false);
		struct lend_qemu_caps c;

		must(lend_qemu_caps_of(inv, &c));
		must_str(c.version, "8.2.1");
		must_str(c.machine, "pc-q35-8.2");
		must(c.why == NULL && c.cpus == NULL);
		must(c.backend_rom == LEND_TRI_ON && c.backend_pmem == LEND_TRI_OFF);
		must(c.device_label == LEND_TRI_ON && c.device_unarmed == LEND_TRI_OFF);
		must(c.machine_nvdimm == LEND_TRI_ON);
		must(c.machine_persistence == LEND_TRI_OFF);
		must(c.http == LEND_TRI_OFF && c.kvm == LEND_TRI_UNSET);
		must(lend_qemu_caps_lists(c.machines, "q35"));
		must(!lend_qemu_caps_lists(c.machines, "pc-q35-8"));
		must(!lend_qemu_caps_lists(c.machines, "35"));
		must(lend_qemu_caps_lists(c.cpus, "host"));
		lend_inventory_free(inv);
		must_u64(runs(), 3);
	}
}

/* A capture has the program's words, and nothing is run for its replay. */
static void replays(const char *program)
{
	char capture[100];
	static const char *const kinds[] = { "qemu" };
	const char *const sources[] = { capture };
	struct lend_scan_options options =
		LEND_SCAN_OPTIONS(.kinds = kinds, .n_kinds = 1, .qemu = program,
				  .qemu_try_http = true, .qemu_try_kvm = true,
				  .record_to = capture);
	size_t before;
	struct lend_inventory *live, *again;
	char *a = NULL, *b = NULL;
	size_t len;

	(void)snprintf(capture, sizeof(capture), "%s/capture", dir);
	must(lend_scan(&options, &live, NULL) == 0);
	before = runs();
	options.record_to = NULL;
	options.sources = sources;
	options.n_sources = 1;
	must(lend_scan(&options, &again, NULL) == 0);
	must_u64(runs(), before);
	must(lend_save(live, &a, &len, NULL) == 0 && lend_save(again, &b, &len, NULL) == 0);
	must_str(b, a);
	free(a);
	free(b);
	lend_inventory_free(live);
	lend_inventory_free(again);
}

static void paths(void)
{
	char file[100], missing[100], nowhere[120];
	const struct lend_wanted wanted[] = { { file, 1 << 20, 128 << 10 },
					      { missing, 1 << 20, 128 << 10 },
					      { nowhere, 0, 0 },
					      { "relative", 0, 0 } };
	static const char *const kinds[] = { "wanted" };
	struct lend_scan_options options =
		LEND_SCAN_OPTIONS(.kinds = kinds, .n_kinds = 1, .wanted = wanted,
				  .n_wanted = LEND_COUNT(wanted));
	const struct lend_wanted_node *w;
	struct lend_inventory *inv;
	char id[130];

	(void)snprintf(file, sizeof(file), "%s/file", dir);
	(void)snprintf(missing, sizeof(missing), "%s/missing", dir);
	(void)snprintf(nowhere, sizeof(nowhere), "%s/no/where", dir);
	must(close(creat(file, 0600)) == 0 && truncate(file, 1 << 20) == 0);
	must(lend_scan(&options, &inv, NULL) == 0);
	(void)snprintf(id, sizeof(id), "wanted/%s", file);
	w = lend_as_wanted(lend_find(inv, id));
	must_str(w->type.v.str, "file");
	must_u64(w->size_bytes.v.u64, 1 << 20);
	must_str(w->label_state.v.str, "none");
	must_str(w->tail.v.str, "zero");
	must(w->writable.known == LEND_KNOWN && w->writable.v.u64 == 1);
	(void)snprintf(id, sizeof(id), "wanted/%s", missing);
	w = lend_as_wanted(lend_find(inv, id));
	must(w->type.known == LEND_ABSENT && w->label_state.known == LEND_NOT_ASKED);
	must_str(w->folder.v.str, "directory");
	must(w->free_bytes.known == LEND_KNOWN);
	(void)snprintf(id, sizeof(id), "wanted/%s", nowhere);
	w = lend_as_wanted(lend_find(inv, id));
	must(w->type.known == LEND_ABSENT && w->folder.known == LEND_ABSENT);
	must(lend_find(inv, "wanted/relative") == NULL);
	lend_inventory_free(inv);
}

int main(void)
{
	char program[100], cache[100], command[100];
	struct lend_inventory *inv;
	struct lend_qemu_caps c;

	must(mkdtemp(dir) != NULL);
	(void)snprintf(program, sizeof(program), "%s/qemu-system-test", dir);
	(void)snprintf(cache, sizeof(cache), "%s/cache", dir);
	write_script(program, good);
	asks(program, cache);
	replays(program);

	write_script(program, bad); /* another program: asked anew */
	inv = scan(program, cache, false);
	must(lend_qemu_caps_of(inv, &c));
	must_str(c.why, "it does not talk QMP");
	must(c.version == NULL && c.backend_rom == LEND_TRI_UNSET);
	lend_inventory_free(inv);

	inv = scan("lend-no-such-qemu", cache, true);
	must(lend_qemu_caps_of(inv, &c) && c.path == NULL && c.why == NULL);
	lend_inventory_free(inv);
	paths();
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
