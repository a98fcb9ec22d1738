/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saved files of ESXi, from text to the rows of the map. */

#include "base/err.h"
#include "collect/guest-ndctl.h"
#include "model/kind-backing.h"
#include "tests/must.h"

extern const struct lend_collector lend_collector_esx_files;

#define DS "/vmfs/volumes/PMemDS-2ab23afe-ef87-eb45-9e0d-8db94ea7740d"

/* The worked example of "How To map VMware vSphere/ESXi PMem devices from the host to guest
 * VM" (S. Scargall, 2022). */
#define UUID_0 "60 00 C2 98 42 c7 54 f8-02 c2 d4 9b 20 6b 08 0c"
#define UUID_1 "60 00 C2 9d 90 45 42 66-d7 cf ed f7 a2 eb f2 60"
#define DIMMS                                                                                  \
	"{\"dev\":\"nmem1\",\"id\":\"8902-a2ebf260\",\"handle\":1,\"phys_id\":103},"           \
	"{\"dev\":\"nmem0\",\"id\":\"8902-206b080c\",\"handle\":0,\"phys_id\":102}"
#define ARTICLE "[" DIMMS "]"

#define SESSION                                                                                \
	"esx$ vmkfstools -J getuuid pmem-guest-001.vmdk\nUUID is " UUID_0 "\n\n"               \
	"esx$ vmkfstools -J getuuid pmem-guest-001_1.vmdk\nUUID is " UUID_1 "\n"

#define DESCRIPTOR(sectors, uuid_line)                                                         \
	"# Disk DescriptorFile\nversion=1\nCID=fffffffe\ncreateType=\"vmfs\"\n"                \
	"RW " sectors " VMFS \"d-flat.vmdk\"\nddb.virtualHWVersion = \"18\"\n" uuid_line

#define UUID_LINE(uuid) "ddb.uuid = \"" uuid "\"\n"

#define VMX(name, rest)                                                                        \
	"config.version = \"8\"\nvirtualHW.version = \"18\"\ndisplayName = \"" name            \
	"\"\nmemSize = \"4096\"\n"                                                             \
	"uuid.bios = \"56 4d 01 02 03 04 05 06-07 08 09 0a 0b 0c 0d 0e\"\n" rest

struct file {
	const char *name;
	const char *text;
};

struct result {
	struct lend_inventory *inv;
	struct lend_map *map;
};

static void add_guest(struct lend_scan *scan, const char *vm, const char *json)
{
	struct lend_ndctl nd;
	uint32_t by = lend_build_sighting(&scan->build, LEND_CLAIMED, "guest", "file", vm);

	must(lend_ndctl_parse(&scan->memory, json, strlen(json), &nd, NULL) == 0);
	lend_collect_guest(scan, vm, "file", "ndctl.json", by);
	lend_collect_ndctl(scan, vm, &nd, by);
}

static struct result run(const struct file *files, size_t n, const char *vm, const char *json)
{
	struct lend_scan_file scan_files[16];
	struct lend_scan scan = { .files = scan_files, .n_files = n };
	struct result result = { 0 };

	must(n <= LEND_COUNT(scan_files));
	for (size_t i = 0; i < n; i++)
		scan_files[i] = (struct lend_scan_file){ .name = files[i].name,
							 .bytes = files[i].text,
							 .len = strlen(files[i].text) };
	lend_build_init(&scan.build);
	must(lend_collector_esx_files.collect(&scan, NULL) == 0);
	if (vm != NULL)
		add_guest(&scan, vm, json);
	for (size_t i = 0; i < n; i++)
		must(scan_files[i].taken == (strstr(files[i].name, "unknown") == NULL));
	result.inv = lend_build_seal(&scan.build);
	lend_arena_done(&scan.memory);
	must(lend_map_make(result.inv, &result.map, NULL) == 0);
	return result;
}

static void done(struct result *r)
{
	lend_map_free(r->map);
	lend_inventory_free(r->inv);
}

static size_t row_of(const struct result *r, const char *vm, const char *backing)
{
	for (size_t i = 0; i < lend_map_count(r->map); i++) {
		const char *row_vm = lend_map_text(r->map, i, "vm");
		const char *row_backing = lend_map_text(r->map, i, "backing");

		if ((vm == NULL || (row_vm != NULL && strcmp(row_vm, vm) == 0)) &&
		    row_backing != NULL && strcmp(row_backing, backing) == 0)
			return i;
	}
	must_str("no such row", backing);
	return 0;
}

static void must_row(const struct result *r, const char *vm, const char *backing,
		     enum lend_verdict verdict, const char *dimm)
{
	size_t row = row_of(r, vm, backing);
	const char *got = lend_map_text(r->map, row, "dimm");

	must_u64(lend_map_verdict(r->map, row), verdict);
	must_str(got == NULL ? "-" : got, dimm == NULL ? "-" : dimm);
}

static void must_say(const struct result *r, const char *backing, const char *text)
{
	const char *evidence = lend_map_text(r->map, row_of(r, NULL, backing), "evidence");

	if (evidence == NULL || strstr(evidence, text) == NULL)
		must_str(evidence == NULL ? "" : evidence, text);
}

static const struct lend_backing *disk(const struct result *r, const char *id)
{
	const struct lend_node *node = lend_find(r->inv, id);

	if (node == NULL)
		must_str("no such node", id);
	return lend_as_backing(node);
}

static bool has_gap(const struct result *r, const char *text)
{
	const char *what, *hint;

	for (size_t i = 0; lend_gap(r->inv, i, &what, &hint, NULL, NULL); i++) {
		if (strstr(what, text) != NULL)
			return true;
	}
	return false;
}

#define RUN(files, vm, json) run(files, LEND_COUNT(files), vm, json)

/* ---- the article ---- */

static void article(void)
{
	static const struct file files[] = { { "session.txt", SESSION } };
	static const struct file crlf[] = {
		{ "pmem-guest-001.vmdk",
		  "# Disk DescriptorFile\r\nversion=1\r\nRW 2097152 VMFS \"f\"\r\n"
		  "ddb.uuid = \"" UUID_0 "\"\r\n" },
		{ "pmem-guest-001_1.vmdk.uuid", "UUID is " UUID_1 "\r\n" },
	};
	struct result r = RUN(files, "pmem-guest-001", ARTICLE);

	must_u64(lend_map_count(r.map), 2);
	must_row(&r, "pmem-guest-001", "pmem-guest-001.vmdk", LEND_MATCHED, "nmem0");
	must_row(&r, "pmem-guest-001", "pmem-guest-001_1.vmdk", LEND_MATCHED, "nmem1");
	must_str(disk(&r, "backing/pmem-guest-001.vmdk")->uuid.v.str,
		 "6000c29842c754f802c2d49b206b080c");
	must(disk(&r, "backing/pmem-guest-001.vmdk")->uuid.trust == LEND_RECORDED);
	done(&r);

	r = RUN(crlf, "pmem-guest-001", ARTICLE);
	must_u64(lend_map_count(r.map), 2);
	must_row(&r, "pmem-guest-001", "pmem-guest-001.vmdk", LEND_MATCHED, "nmem0");
	must_row(&r, "pmem-guest-001", "pmem-guest-001_1.vmdk", LEND_MATCHED, "nmem1");
	must_u64(disk(&r, "backing/pmem-guest-001.vmdk")->size_bytes.v.u64, 1 << 30);
	done(&r);

	/* Nobody looked into the guest. */
	r = RUN(files, NULL, NULL);
	must_row(&r, NULL, "pmem-guest-001.vmdk", LEND_PREDICTED_PAIR, NULL);
	done(&r);
}

/* The VM's own disk has the file name of its first vPMem disk, as on a real host. */
static void with_vmx(void)
{
	static const struct file files[] = {
		{ "pmem-guest-001.vmx",
		  VMX("guest one",
		      "scsi0:0.fileName = \"pmem-guest-001.vmdk\"\r\n"
		      "nvdimm0:0.present = \"TRUE\"\n"
		      "nvdimm0:0.fileName = \"" DS "/pmem-guest-001/pmem-guest-001.vmdk\"\n"
		      "nvdimm0:1.fileName = \"[PMemDS-2ab23afe-ef87-eb45-9e0d-"
		      "8db94ea7740d] pmem-guest-001/pmem-guest-001_1.vmdk\"\n"
		      "nvdimm0:2.present = \"FALSE\"\n"
		      "nvdimm0:2.fileName = \"gone.vmdk\"\n") },
		{ "session.txt",
		  "[root@esx:" DS "/pmem-guest-001] vmkfstools -J getuuid pmem-guest-001.vmdk\n"
		  "UUID is " UUID_0 "\n"
		  "[root@esx:" DS
		  "/pmem-guest-001] vmkfstools -J getuuid ./pmem-guest-001_1.vmdk\n"
		  "UUID is " UUID_1 "\n" },
		{ "unknown.txt", "hello\n" },
	};
	struct result r = RUN(files, "guest one", ARTICLE);
	uint64_t bytes = 0;
	char text[64];

	must_u64(lend_map_count(r.map), 2);
	must_row(&r, "guest one", DS "/pmem-guest-001/pmem-guest-001.vmdk", LEND_MATCHED,
		 "nmem0");
	must_row(&r, "guest one", DS "/pmem-guest-001/pmem-guest-001_1.vmdk", LEND_MATCHED,
		 "nmem1");
	must_str(lend_map_text(r.map, 0, "device"), "nvdimm0:0");
	must(lend_get_u64(r.inv, lend_find(r.inv, "vm/guest one"), "ram_bytes", &bytes) ==
	     LEND_KNOWN);
	must_u64(bytes, UINT64_C(4) << 30);
	must(lend_get_text(r.inv, lend_find(r.inv, "vm/guest one"), "uuid", text,
			   sizeof(text)) == LEND_KNOWN);
	must_str(text, "564d0102-0304-0506-0708-090a0b0c0d0e");
	must(lend_find(r.inv, "device/guest one:nvdimm0:2") == NULL);
	done(&r);
}

/* A descriptor by that name may be either disk: it is shown, and pinned to none. */
static void same_name(void)
{
	static const struct file files[] = {
		{ "vm.vmx", VMX("vm", "scsi0:0.fileName = \"vm.vmdk\"\n"
				      "nvdimm0:0.fileName = \"" DS "/vm/vm.vmdk\"\n") },
		{ "vm.vmdk", DESCRIPTOR("2097152", UUID_LINE(UUID_0)) },
	};
	struct result r = RUN(files, "vm", ARTICLE);

	must_row(&r, "vm", "vm.vmdk", LEND_MATCHED, "nmem0");
	must_row(&r, "vm", DS "/vm/vm.vmdk", LEND_UNMATCHED, NULL);
	must(has_gap(&r, "several disks are called vm.vmdk"));
	done(&r);
}

static void ordinary_disks(void)
{
	static const struct file files[] = {
		{ "vm/vm.vmx", VMX("vm", "scsi0:0.fileName = \"vm.vmdk\"\n"
					 "SATA0:1.FILENAME = \"vm_2.vmdk\"\n"
					 "ide1:0.fileName = \"/vmimages/tools.iso\"\n"
					 "nvdimm0:0.fileName = \"" DS "/vm/vm_1.vmdk\"\n") },
		{ "vm/vm.vmdk", DESCRIPTOR("4096", UUID_LINE(UUID_1)) },
		{ "vm/vm_1.vmdk", DESCRIPTOR("2097152", UUID_LINE(UUID_0)) },
		{ "vm/vm_2.vmdk", DESCRIPTOR("4096", "") },
	};
	struct result r = RUN(files, NULL, NULL);

	must_u64(lend_map_count(r.map), 1);
	must_row(&r, "vm", "vm/vm_1.vmdk", LEND_PREDICTED_PAIR, NULL);
	must_str(disk(&r, "backing/vm/vm.vmdk")->type.v.str, "vmdk disk");
	must_str(disk(&r, "backing/vm/vm_1.vmdk")->type.v.str, "vmdk");
	done(&r);

	/* A DIMM with the serial of an "ordinary" disk: then the name was wrong. */
	r = RUN(files, "vm", ARTICLE);
	must_u64(lend_map_count(r.map), 2);
	must_row(&r, "vm", "vm/vm_1.vmdk", LEND_MATCHED, "nmem0");
	must_row(&r, "vm", "vm/vm.vmdk", LEND_MATCHED, "nmem1");
	must_say(&r, "vm/vm.vmdk", "as an ordinary one");
	done(&r);
}

/* ---- twins ---- */

static void equal_tails(void)
{
	static const struct file files[] = {
		{ "a.vmdk", DESCRIPTOR("2097152", UUID_LINE(UUID_0)) },
		{ "b.vmdk", DESCRIPTOR("2097152", UUID_LINE("60 00 C2 91 11 11 11 11-22 22 22 "
							    "22 20 6b 08 0c")) },
		{ "c.vmdk.uuid", UUID_1 "\n" },
	};
	struct result r = RUN(files, "vm", ARTICLE);
	char *json;
	size_t len;

	must_row(&r, NULL, "a.vmdk", LEND_AMBIGUOUS, NULL);
	must_row(&r, NULL, "b.vmdk", LEND_AMBIGUOUS, NULL);
	must_row(&r, "vm", "c.vmdk", LEND_MATCHED, "nmem1");
	must_u64(lend_map_count(r.map), 3);
	must(lend_map_save(r.map, &json, &len, NULL) == 0);
	must(strstr(json, "\"candidates\":[{\"path\":\"b.vmdk\"},{\"dimm\":\"nmem0\"") != NULL);
	free(json);
	done(&r);
}

static void twins_apart(void)
{
	static const struct file files[] = {
		{ "a.vmx", VMX("a", "nvdimm0:0.fileName = \"" DS "/a/a_1.vmdk\"\n") },
		{ "b.vmx", VMX("b", "nvdimm0:0.fileName = \"" DS "/b/b_1.vmdk\"\n") },
		{ "a_1.vmdk", DESCRIPTOR("2097152", UUID_LINE(UUID_0)) },
		{ "b_1.vmdk",
		  DESCRIPTOR("2097152", UUID_LINE("60 00 C2 91 11 11 11 11-22 22 22 "
						  "22 20 6b 08 0c")) },
	};
	struct result r = RUN(files, "a", "[{\"dev\":\"nmem0\",\"id\":\"8902-206b080c\"}]");

	/* Each is attached to one VM, so they cannot be mixed up. */
	must_row(&r, "a", "a_1.vmdk", LEND_MATCHED, "nmem0");
	must_row(&r, "b", "b_1.vmdk", LEND_PREDICTED_PAIR, NULL);
	done(&r);
}

static void shared_disk(void)
{
	static const struct file files[] = {
		{ "a.vmx", VMX("a", "nvdimm0:0.fileName = \"" DS "/x/x_1.vmdk\"\n") },
		{ "b.vmx", VMX("b", "nvdimm0:0.fileName = \"" DS "/x/x_1.vmdk\"\n") },
		{ "x_1.vmdk", DESCRIPTOR("2097152", UUID_LINE(UUID_0)) },
	};
	struct result r = RUN(files, "b", ARTICLE);

	must_row(&r, "a", "x_1.vmdk", LEND_PREDICTED_PAIR, NULL);
	must_row(&r, "b", "x_1.vmdk", LEND_MATCHED, "nmem0");
	must_say(&r, "x_1.vmdk", "SHARED");
	done(&r);
}

/* ---- UUIDs that are missing, failed, disputed ---- */

static void odd_uuids(void)
{
	static const struct file files[] = {
		{ "none.vmdk", DESCRIPTOR("2048", "") },
		{ "bad.vmdk", DESCRIPTOR("2048", UUID_LINE("60 00")) },
		{ "two.vmdk", DESCRIPTOR("2048", UUID_LINE(UUID_0) UUID_LINE(UUID_1)) },
		{ "same.vmdk", DESCRIPTOR("2048", UUID_LINE(UUID_0)) },
		{ "differ.vmdk", DESCRIPTOR("2048", UUID_LINE(UUID_0)) },
		{ "failed.vmdk", DESCRIPTOR("2048", "") },
		{ "session.log",
		  "# vmkfstools -J getuuid /vmfs/volumes/p/v/same.vmdk\nUUID is " UUID_0 "\n"
		  "# vmkfstools -J getuuid differ.vmdk\nUUID is " UUID_1 "\n"
		  "# vmkfstools -J getuuid failed.vmdk\nFailed to open 'failed.vmdk': Busy\n"
		  "# vmkfstools -J getuuid typo.vmdk\nFailed: No such file\n" },
		{ "bare.txt", "UUID is " UUID_1 "\n" },
		{ "torn.vmdk", "# Disk DescriptorFile\nRW many VMFS \"x\"\n" },
		{ "sparse.vmdk", "KDMV" },
	};
	struct result r = RUN(files, NULL, NULL);

	must(disk(&r, "backing/none.vmdk")->uuid.known == LEND_ABSENT);
	must_say(&r, "none.vmdk", "no ddb.uuid");
	must(disk(&r, "backing/bad.vmdk")->uuid.known == LEND_UNREADABLE);
	must(disk(&r, "backing/two.vmdk")->uuid.known == LEND_DISPUTED);
	must(disk(&r, "backing/same.vmdk")->uuid.known == LEND_KNOWN);
	must(disk(&r, "backing/differ.vmdk")->uuid.known == LEND_DISPUTED);
	must_say(&r, "differ.vmdk", "disputed");
	must_row(&r, NULL, "bare.txt", LEND_PREDICTED_PAIR, NULL);
	must(has_gap(&r, "getuuid of failed.vmdk gave nothing: Failed to open"));
	must(has_gap(&r, "getuuid of typo.vmdk"));
	must(lend_find(r.inv, "backing/typo.vmdk") == NULL);
	must(has_gap(&r, "torn.vmdk, a disk descriptor: line 2"));
	must(has_gap(&r, "sparse.vmdk"));
	must_u64(lend_map_count(r.map), 7);
	done(&r);
}

/* Two folders with a disk of the same name each. */
static void two_folders(void)
{
	static const struct file files[] = {
		{ "a/disk.vmdk", DESCRIPTOR("2048", UUID_LINE(UUID_0)) },
		{ "b/disk.vmdk", DESCRIPTOR("2048", UUID_LINE(UUID_1)) },
		{ "a/a.vmx", VMX("", "nvdimm0:0.fileName = \"disk.vmdk\"\n") },
		{ "b/b.vmx", VMX("b", "nvdimm0:0.fileName = \"disk.vmdk\"\n"
				      "memSize = \"8\"\n") },
	};
	struct result r = RUN(files, "b", ARTICLE);

	must_row(&r, "a", "a/disk.vmdk", LEND_PREDICTED_PAIR, NULL);
	must_row(&r, "b", "b/disk.vmdk", LEND_MATCHED, "nmem1");
	must(has_gap(&r, "b/b.vmx has a key twice"));
	done(&r);
}

static void sizes(void)
{
	static const struct file files[] = {
		{ "a.vmdk", DESCRIPTOR("2097152", UUID_LINE(UUID_0)) },
		{ "b.vmdk", DESCRIPTOR("2097152", UUID_LINE(UUID_1)) },
	};
	struct result r = RUN(files, "vm",
			      "{\"dimms\":[" DIMMS "],\"regions\":["
			      "{\"dev\":\"region0\",\"size\":1073741824,\"mappings\":"
			      "[{\"dimm\":\"nmem0\"}]},"
			      "{\"dev\":\"region1\",\"size\":2147483648,\"mappings\":"
			      "[{\"dimm\":\"nmem1\"}]}]}");

	must_row(&r, "vm", "a.vmdk", LEND_MATCHED, "nmem0");
	must_str(lend_map_text(r.map, row_of(&r, NULL, "a.vmdk"), "region"), "region0");
	must_row(&r, "vm", "b.vmdk", LEND_CONTRADICTED, "nmem1");
	done(&r);
}

/* A session that shows a .vmx is a session, a .vmx that quotes a command is a .vmx. */
static void mixed(void)
{
	static const struct file files[] = {
		{ "notes", VMX("v", "annotation = \"vmkfstools -J getuuid x.vmdk\"\n") },
		{ "log", "# cat v.vmx\nmemSize = \"1\"\n# ls\nvm\n" SESSION },
	};
	struct result r = RUN(files, NULL, NULL);

	must(lend_find(r.inv, "vm/v") != NULL);
	must(lend_find(r.inv, "backing/pmem-guest-001.vmdk") != NULL);
	must_u64(lend_map_count(r.map), 2);
	done(&r);
}

int main(void)
{
	article();
	with_vmx();
	same_name();
	ordinary_disks();
	equal_tails();
	twins_apart();
	shared_disk();
	odd_uuids();
	two_folders();
	sizes();
	mixed();
	return 0;
}
