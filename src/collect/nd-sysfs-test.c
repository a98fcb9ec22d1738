/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A made-up nd bus, from files to facts, live and as a recording. */

#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "collect/guest-ndctl.h"
#include "tests/must.h"
#include "tests/seen.h"

extern const struct lend_collector lend_collector_nd_sysfs;

#define ND "sys/bus/nd/devices/"

static const struct {
	const char *path;
	const char *text;
} files[] = {
	{ ND "ndbus0/provider", "ACPI.NFIT\n" },
	{ ND "nmem0/nfit/id", "8680-56341200\n" },
	{ ND "nmem0/nfit/handle", "0x1\n" },
	{ ND "nmem0/nfit/phys_id", "0x66\n" },
	{ ND "nmem0/nfit/flags", "\n" },
	{ ND "nmem0/available_slots", "1021\n" },
	{ ND "nmem1/nfit/handle", "none\n" },
	{ ND "nmem1/nfit/flags", "not_armed map_fail \n" },
	{ ND "region0/size", "268435456\n" },
	{ ND "region0/align", "0x1000000\n" },
	{ ND "region0/available_size", "0\n" },
	{ ND "region0/devtype", "nd_pmem\n" },
	{ ND "region0/set_cookie", "0x5f6b7c8d9e0f1a2b\n" },
	{ ND "region0/persistence_domain", "\n" },
	{ ND "region0/read_only", "1\n" },
	{ ND "region0/numa_node", "-1\n" },
	{ ND "region0/resource", "0x100000000\n" },
	{ ND "region0/mapping0", "nmem0,0,134217728,0\n" },
	{ ND "region0/mapping1", "nmem1,0,134217728,1\n" },
	{ ND "region1/read_only", "7\n" },
	{ ND "region1/numa_node", "0\n" },
	{ ND "region1/devtype", "nd_volatile\n" },
	{ ND "region1/persistence_domain", "cpu_cache\n" },
	{ ND "region1/mapping0", "../evil,0\n" },
	/* fsdax, with a name */
	{ ND "namespace0.0/mode", "memory\n" },
	{ ND "namespace0.0/size", "134217728\n" },
	{ ND "namespace0.0/uuid", "11111111-2222-3333-4444-555555555555\n" },
	{ ND "namespace0.0/alt_name", "log\n" },
	{ ND "namespace0.0/holder", "pfn0.1\n" },
	{ ND "pfn0.1/size", "130023424\n" },
	{ ND "pfn0.1/uuid", "aaaaaaaa-2222-3333-4444-555555555555\n" },
	{ ND "pfn0.1/block/pmem0/size", "1\n" },
	/* the empty seat */
	{ ND "namespace0.1/mode", "raw\n" },
	{ ND "namespace0.1/size", "0\n" },
	{ ND "namespace0.1/uuid", "\n" },
	{ ND "namespace0.1/holder", "\n" },
	/* sector */
	{ ND "namespace0.2/mode", "safe\n" },
	{ ND "namespace0.2/size", "67108864\n" },
	{ ND "namespace0.2/holder", "btt0.0\n" },
	{ ND "btt0.0/size", "66060288\n" },
	{ ND "btt0.0/sector_size", "512 520 [4096] 4104 \n" },
	{ ND "btt0.0/block/pmem0.2s/size", "1\n" },
	/* devdax */
	{ ND "namespace1.0/mode", "dax\n" },
	{ ND "namespace1.0/size", "67108864\n" },
	{ ND "namespace1.0/holder", "dax1.0\n" },
	{ ND "dax1.0/size", "64012288\n" },
	{ ND "dax1.0/dax1.0/size", "1\n" },
	{ ND "dax1.0/dax_region/id", "1\n" },
	/* raw; what it says of its holder is made up */
	{ ND "namespace1.1/mode", "raw\n" },
	{ ND "namespace1.1/size", "lots\n" },
	{ ND "namespace1.1/holder", "pfn/../../x\n" },
	{ ND "namespace1.1/block/pmem1/size", "1\n" },
	{ ND "nonsense/size", "1\n" },
};

static struct lend_inventory *look(const char *dir)
{
	struct lend_scan scan = { 0 };
	struct lend_inventory *inv;

	must(lend_io_open_tree(dir, &scan.io, NULL) == 0);
	lend_build_init(&scan.build);
	must(lend_collector_nd_sysfs.collect(&scan, NULL) == 0);
	inv = lend_build_seal(&scan.build);
	lend_io_free(scan.io);
	lend_arena_done(&scan.memory);
	return inv;
}

static const struct {
	const char *node, *field, *want;
} facts[] = {
	{ "nd-bus/ndbus0", "provider", "ACPI.NFIT" },
	{ "nd-dimm/nmem0", "nfit_id", "8680-56341200" },
	{ "nd-dimm/nmem0", "handle", "0x1" },
	{ "nd-dimm/nmem0", "phys_id", "102" },
	{ "nd-dimm/nmem0", "flags", "-" },
	{ "nd-dimm/nmem0", "available_slots", "1021" },
	{ "nd-dimm/nmem0", "bus", "ndbus0" },
	{ "nd-dimm/nmem1", "handle", "?" },
	{ "nd-dimm/nmem1", "flags", "not_armed map_fail" },
	{ "nd-dimm/nmem1", "nfit_id", "" },
	{ "nd-region/region0", "resource", "0x100000000" },
	{ "nd-region/region0", "size_bytes", "268435456" },
	{ "nd-region/region0", "align_bytes", "16777216" },
	{ "nd-region/region0", "available_bytes", "0" },
	{ "nd-region/region0", "type", "pmem" },
	{ "nd-region/region0", "cookie", "0x5f6b7c8d9e0f1a2b" },
	{ "nd-region/region0", "persistence_domain", "unknown" },
	{ "nd-region/region0", "read_only", "true" },
	{ "nd-region/region0", "numa_node", "-" },
	{ "nd-region/region0", "state", "" },
	{ "nd-region/region1", "type", "volatile" },
	{ "nd-region/region1", "persistence_domain", "cpu_cache" },
	{ "nd-region/region1", "read_only", "?" },
	{ "nd-region/region1", "numa_node", "0" },
	{ "nd-region/region1", "resource", "" },
	{ "nd-namespace/namespace0.0", "mode", "fsdax" },
	{ "nd-namespace/namespace0.0", "size_bytes", "130023424" },
	{ "nd-namespace/namespace0.0", "uuid", "aaaaaaaa-2222-3333-4444-555555555555" },
	{ "nd-namespace/namespace0.0", "raw_uuid", "11111111-2222-3333-4444-555555555555" },
	{ "nd-namespace/namespace0.0", "label_name", "log" },
	{ "nd-namespace/namespace0.0", "blockdev", "pmem0" },
	{ "nd-namespace/namespace0.0", "region", "region0" },
	{ "nd-namespace/namespace0.1", "state", "idle" },
	{ "nd-namespace/namespace0.1", "uuid", "-" },
	{ "nd-namespace/namespace0.2", "mode", "sector" },
	{ "nd-namespace/namespace0.2", "size_bytes", "66060288" },
	{ "nd-namespace/namespace0.2", "sector_size", "4096" },
	{ "nd-namespace/namespace0.2", "blockdev", "pmem0.2s" },
	{ "nd-namespace/namespace1.0", "mode", "devdax" },
	{ "nd-namespace/namespace1.0", "size_bytes", "64012288" },
	{ "nd-namespace/namespace1.0", "chardev", "dax1.0" },
	{ "nd-namespace/namespace1.0", "blockdev", "" },
	{ "nd-namespace/namespace1.1", "mode", "raw" },
	{ "nd-namespace/namespace1.1", "size_bytes", "?" },
	{ "nd-namespace/namespace1.1", "blockdev", "pmem1" },
};

static void made_up(const char *dir)
{
	struct lend_inventory *inv;
	char path[200], link[200];
	const char *what, *hint;
	size_t n = 0;

	for (size_t i = 0; i < LEND_COUNT(files); i++)
		put_file(dir, files[i].path, files[i].text);
	/* As on a host, one of them is a link to where it belongs. */
	(void)snprintf(path, sizeof(path), "%s/sys/devices/ndbus0", dir);
	(void)snprintf(link, sizeof(link), "%s/sys/devices", dir);
	must(mkdir(link, 0755) == 0 && mkdir(path, 0755) == 0);
	(void)snprintf(path, sizeof(path), "%s/sys/devices/ndbus0/nmem0", dir);
	(void)snprintf(link, sizeof(link), "%s/" ND "nmem0", dir);
	must(rename(link, path) == 0);
	must(symlink("../../../devices/ndbus0/nmem0", link) == 0);

	inv = look(dir);
	for (size_t i = 0; i < LEND_COUNT(facts); i++)
		must_say(inv, facts[i].node, facts[i].field, facts[i].want);
	must(uses(inv, "nd-region/region0", "nd-dimm/nmem0"));
	must(uses(inv, "nd-region/region0", "nd-dimm/nmem1"));
	must(uses(inv, "nd-namespace/namespace1.0", "nd-region/region1"));
	must(!lend_gap(inv, 0, &what, &hint, NULL, NULL));
	must(lend_find(inv, "nd-region/region0")->guest == NULL);
	for (const struct lend_node *node = NULL; (node = lend_next(inv, node)) != NULL;)
		n++;
	must_u64(n, 1 + 2 + 2 + 5);
	lend_inventory_free(inv);
}

/* Others than root: one line for all of it. */
static void not_root(const char *dir)
{
	static const char *const names[] = { "region0", "region1" };
	struct lend_inventory *inv;
	const char *what, *hint;
	char path[200];

	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/" ND "%s/resource", dir, names[i]);
		put_file(dir, path + strlen(dir) + 1, "0x1\n");
		must(chmod(path, 0) == 0);
	}
	(void)snprintf(path, sizeof(path), "%s/" ND "region0/resource", dir);
	if (access(path, R_OK) == 0 && geteuid() == 0 && seteuid(65534) != 0)
		return;
	inv = look(dir);
	must(lend_get_text(inv, lend_find(inv, "nd-region/region0"), "resource", path,
			   sizeof(path)) == LEND_UNREADABLE);
	must(lend_gap(inv, 0, &what, &hint, NULL, NULL) &&
	     !lend_gap(inv, 1, &what, &hint, NULL, NULL));
	must_str(hint, "run as root");
	lend_inventory_free(inv);
	if (getuid() == 0)
		must(seteuid(0) == 0);
}

static void nothing(const char *dir)
{
	struct lend_inventory *inv = look(dir);
	const char *what, *hint;

	must(lend_next(inv, NULL) == NULL);
	must(!lend_gap(inv, 0, &what, &hint, NULL, NULL));
	lend_inventory_free(inv);
}

/* What ndctl said of the same machine at the same moment. */
static struct lend_inventory *look_ndctl(const char *dir)
{
	struct lend_scan scan = { 0 };
	struct lend_inventory *inv;
	struct lend_ndctl nd;
	char path[400];
	char *text;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/ndctl.json", dir);
	text = must_read(path, &len);
	lend_build_init(&scan.build);
	must(lend_ndctl_parse(&scan.memory, text, len, &nd, NULL) == 0);
	lend_collect_ndctl(&scan, NULL, &nd,
			   lend_build_sighting(&scan.build, LEND_CLAIMED, "ndctl", "list", ""));
	inv = lend_build_seal(&scan.build);
	lend_arena_done(&scan.memory);
	free(text);
	return inv;
}

/* Every node that ndctl lists is there, and what both know is the same. */
static void as_ndctl(const char *dir)
{
	struct lend_inventory *sysfs = look(dir);
	struct lend_inventory *ndctl = look_ndctl(dir);
	const struct lend_node *want = NULL;
	size_t n_same = 0;

	while ((want = lend_next(ndctl, want)) != NULL) {
		const struct lend_node *got = lend_find(sysfs, want->id);
		const struct lend_kind_info *kind = lend_kinds[want->kind];
		const struct lend_node *used;

		must_in(want->id);
		must(got != NULL);
		for (size_t i = 0; i < kind->n_fields; i++) {
			const char *field = kind->fields[i].name;
			char a[80], b[80];

			if (lend_get_text(ndctl, want, field, a, sizeof(a)) != LEND_KNOWN ||
			    lend_get_text(sysfs, got, field, b, sizeof(b)) != LEND_KNOWN)
				continue;
			must_str(b, a);
			n_same++;
		}
		for (size_t i = 0; (used = lend_used_by(ndctl, want, i)) != NULL; i++)
			must(uses(sysfs, want->id, used->id));
	}
	must_in("");
	must(n_same > 70); /* not because nothing could be compared */
	lend_inventory_free(ndctl);
	lend_inventory_free(sysfs);
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/lend-nd-test-XXXXXX";
	char command[60];

	must(mkdtemp(dir) != NULL && chmod(dir, 0755) == 0);
	must(argc == 2);
	as_ndctl(argv[1]);
	nothing(dir);
	made_up(dir);
	not_root(dir);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	must(system(command) == 0);
	return 0;
}
