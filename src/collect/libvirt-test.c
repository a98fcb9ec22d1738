/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A libvirt of another host, played by a script: what it tells, and what goes wrong. */

#include <sys/stat.h>
#include <unistd.h>

#include "collect/collect.h"
#include "collect/sources.h"
#include "model/inventory.h"
#include "model/kind-wanted.h"
#include "tests/must.h"

static char dir[] = "/tmp/lend-libvirt-test-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[100];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
	must(chmod(path_of(name), 0700) == 0);
}

#define XML(name, devices)                                                                     \
	"\"<domain type='kvm'><name>" name                                                     \
	"</name><memory unit='MiB'>512</memory><devices>" devices "</devices></domain>\""
#define DIMM(path)                                                                             \
	"<memory model='nvdimm' access='shared'><source><path>" path                           \
	"</path></source><target><size unit='MiB'>130</size><label><size>2048</size></label>"  \
	"</target></memory>"
#define HEAD       "{\"driver\":\"QEMU\",\"libvirt\":\"9.0.0\"}\n"
#define END(n, of) "{\"end\":" n ",\"of\":" of "}\n"
#define OFF(name, uuid, xml)                                                                   \
	"{\"name\":\"" name "\",\"uuid\":\"" uuid                                              \
	"\",\"state\":\"off\",\"persistent\":true,\"defined\":" xml "}\n"

/* What the program prints, and what is seen by it: "VM STATE DEVICE..." and gaps. */
static const struct {
	const char *what, *printed, *seen;
} rows[] = {
	{ "nothing", HEAD END("0", "0"), "" },
	{ "two of one name, by two UUIDs",
	  HEAD OFF("a", "u1", XML("a", DIMM("/p"))) OFF("a", "u2", XML("a", "")) END("2", "2"),
	  "vm/a off qemu\nvm/a#2 off qemu\ndevice/a:nvdimm0 130 MiB at /p\n" },
	{ "cut", HEAD OFF("a", "u1", XML("a", "")),
	  "vm/a off qemu\n"
	  "gap: libvirt qemu+ssh://h/system did not tell all of its domains\n" },
	{ "not all", HEAD END("0", "1"),
	  "gap: libvirt qemu+ssh://h/system did not tell all of its domains\n" },
	{ "nonsense", "hello\n",
	  "gap: libvirt qemu+ssh://h/system did not tell all of its domains\n" },
	{ "an empty answer", "",
	  "gap: libvirt qemu+ssh://h/system did not tell all of its domains\n" },
	{ "a domain that is broken",
	  HEAD OFF("a", "u1", "\"<domain><name>a</name><memory>x</memory></domain>\"")
		  OFF("b", "u2", XML("b", "")) END("2", "2"),
	  "vm/b off qemu\n"
	  "gap: what libvirt says of domain a cannot be read: a:1: <memory>: 'x' is no number\n" },
	{ "a domain that went away",
	  HEAD "{\"name\":\"a\",\"uuid\":\"u\",\"state\":\"off\",\"failed\":\"gone\"}\n" END(
		  "1", "1"),
	  "gap: libvirt did not tell all of domain a: gone\n" },
	{ "another hypervisor",
	  HEAD OFF("a", "u1", "\"<domain type='test'><name>a</name></domain>\"") END("1", "1"),
	  "vm/a off test\n" },
};

static void show(const struct lend_inventory *inv, struct lend_buf *out)
{
	for (size_t i = 0; i < inv->n_nodes; i++) {
		const struct lend_node *node = inv->nodes[i];

		if (node->kind == LEND_KIND_VM)
			lend_buf_printf(out, "%s %s %s\n", node->id,
					lend_as_vm(node)->state.v.str,
					lend_as_vm(node)->hypervisor.v.str);
		else if (node->kind == LEND_KIND_DEVICE) {
			const struct lend_node *b = lend_used_of(inv, node, LEND_KIND_BACKEND);

			lend_buf_printf(
				out, "%s %u MiB at %s\n", node->id,
				(unsigned int)(lend_as_backend(b)->size_bytes.v.u64 >> 20),
				lend_as_backend(b)->path.v.str);
		} else if (node->kind != LEND_KIND_BACKEND)
			lend_buf_printf(out, "and %s\n", node->id);
	}
	for (size_t i = 0; i < inv->n_gaps; i++)
		lend_buf_printf(out, "gap: %s\n", inv->gaps[i].what);
}

static void look(struct lend_buf *out, const char *record_to)
{
	static const char *const source = "libvirt:qemu+ssh://h/system";
	const struct lend_scan_options options =
		LEND_SCAN_OPTIONS(.sources = &source, .n_sources = 1, .record_to = record_to);
	struct lend_inventory *inv = NULL;

	must(lend_scan(&options, &inv, NULL) == 0);
	show(inv, out);
	lend_inventory_free(inv);
}

static void replay(struct lend_buf *out, const char *capture)
{
	const struct lend_scan_options options =
		LEND_SCAN_OPTIONS(.sources = &capture, .n_sources = 1);
	struct lend_inventory *inv = NULL;

	must(lend_scan(&options, &inv, NULL) == 0);
	show(inv, out);
	lend_inventory_free(inv);
}

static void tells_and_fails(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		lend_auto_buf out = { 0 };
		lend_auto_buf again = { 0 };
		char capture[100];

		must_in(rows[i].what);
		put("printed", rows[i].printed);
		(void)snprintf(capture, sizeof(capture), "%s/capture-%zu", dir, i);
		look(&out, capture);
		must_str(lend_buf_text(&out), rows[i].seen);
		replay(&again, capture);
		must_str(lend_buf_text(&again), rows[i].seen);
	}
	must_in("");
}

static void says_what_is_missing(void)
{
	lend_auto_buf out = { 0 };

	put("lend-via-libvirt", "#!/bin/sh\necho 'authentication failed: no' >&2\nexit 1\n");
	look(&out, NULL);
	must_str(lend_buf_text(&out),
		 "gap: libvirt qemu+ssh://h/system is not asked: lend-via-libvirt ended with "
		 "status 1: authentication failed: no\n");
	lend_buf_reset(&out);
	must(unlink(path_of("lend-via-libvirt")) == 0);
	look(&out, NULL);
	must_str(lend_buf_text(&out),
		 "gap: the program lend-via-libvirt is not there: libvirt is not asked\n");
}

/*
 * The agent of a guest behind libvirt.  The first line has 0xff in front and a number that
 * has to come back; ndctl is the second, its end the third, and then files are asked for.
 */
static const char agent[] =
	"#!/bin/sh\n"
	"here=${0%/*}\n"
	"[ \"$1\" = read ] && exec cat \"$here/printed\"\n"
	"[ \"$1|$2|$3\" = 'agent|qemu+ssh://h/system|a b' ] || exit 1\n"
	"while IFS= read -r line; do\n"
	"	case $line in\n"
	"	*sync*) id=${line##*:}; printf '\\377{\"return\":%s}\\n' \"${id%%\\}*}\" ;;\n"
	"	*exec-status*) cat \"$here/status\" ;;\n"
	"	*ndctl*) cat \"$here/exec\" ;;\n"
	"	*) echo '{\"error\":{\"class\":\"GenericError\",\"desc\":\"no\"}}' ;;\n"
	"	esac\n"
	"done\n";

static const struct {
	const char *what, *exec, *status, *seen;
} agents[] = {
	{ "a guest with one DIMM", "{\"return\":{\"pid\":7}}\n",
	  "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":"
	  "\"eyJkaW1tcyI6W3siZGV2Ijoibm1lbTAiLCJpZCI6Ijg2ODAtNTY0MTc5NzgiLCJoYW5kbGUiOjF9XX0=\""
	  "}}\n",
	  "vm/a b running qemu\nand guest/a b\nand a b/nd-dimm/nmem0\n" },
	{ "no agent in it",
	  "{\"error\":{\"class\":\"GenericError\",\"desc\":\"QEMU guest agent is not "
	  "connected\"}}\n",
	  "",
	  "vm/a b running qemu\n"
	  "gap: the guest of VM a b was not seen: QEMU guest agent is not connected\n" },
};

static void look_into(struct lend_buf *out, const char *source, const char *record_to,
		      bool by_request)
{
	static const struct lend_guest_source guest = { .vm = "a b",
							.source =
								"libvirt:qemu+ssh://h/system" };
	const struct lend_scan_options options =
		LEND_SCAN_OPTIONS(.sources = &source, .n_sources = 1,
				  .guests = by_request ? &guest : NULL, .n_guests = by_request,
				  .record_to = record_to);
	struct lend_inventory *inv = NULL;
	struct lend_err err = { 0 };

	if (lend_scan(&options, &inv, &err) < 0)
		lend_buf_printf(out, "%s\n", err.what);
	else
		show(inv, out);
	lend_inventory_free(inv);
}

/* On request alone; a capture has it, and its replay asks for it by itself. */
static void asks_the_agent(void)
{
	put("lend-via-libvirt", agent);
	put("printed",
	    HEAD "{\"name\":\"a b\",\"uuid\":\"u1\",\"state\":\"running\","
		 "\"persistent\":false,\"live\":" XML("a b", "") "}\n" END("1", "1"));
	for (size_t i = 0; i < LEND_COUNT(agents); i++) {
		lend_auto_buf out = { 0 };
		char capture[100];

		must_in(agents[i].what);
		put("exec", agents[i].exec);
		put("status", agents[i].status);
		(void)snprintf(capture, sizeof(capture), "%s/agent-%zu", dir, i);
		look_into(&out, "libvirt:qemu+ssh://h/system", capture, true);
		must_str(lend_buf_text(&out), agents[i].seen);
		lend_buf_reset(&out);
		look_into(&out, capture, NULL, false);
		must_str(lend_buf_text(&out), agents[i].seen);
		lend_buf_reset(&out);
		look_into(&out, "libvirt:qemu+ssh://h/system", NULL, false);
		must_str(lend_buf_text(&out), "vm/a b running qemu\n");
	}
	must_in("");
}

/* What its storage pools know of a path: ZEROS is 128 KiB of zeros. */
static const char volumes[] =
	"#!/bin/sh\n"
	"here=${0%/*}\n"
	"[ \"$1\" = read ] && echo '{\"end\":0,\"of\":0}' && exit\n"
	"[ \"$1|$2|$3|$4|$5\" = 'volume|qemu+ssh://h/system|/p/a%20%25b|1048576|131072' ] "
	"|| exit 1\n"
	"read -r line <\"$here/printed\"\n"
	"printf %s \"${line%%ZEROS*}\"\n"
	"case $line in *ZEROS*) head -c 131072 /dev/zero | base64 -w0\n"
	"printf %s \"${line#*ZEROS}\" ;; esac\n";

#define VOLUME                                                                                 \
	"\"type\":\"file\",\"capacity\":1048576,\"allocation\":4096,"                          \
	"\"xml\":\"<volume><target><format type='qcow2'/></target></volume>\""

static const struct {
	const char *what, *printed, *seen;
} known[] = {
	{ "a volume", "{" VOLUME ",\"area\":\"ZEROS\"}\n",
	  "file, 1048576 bytes, 4096 allocated, qcow2, labels none, tail zero" },
	{ "an area that is cut", "{" VOLUME ",\"area\":\"AAAA\"}\n",
	  "file, 1048576 bytes, 4096 allocated, qcow2, no labels: it is shorter than it says" },
	{ "an area that may not be read", "{" VOLUME ",\"area_failed\":\"forbidden\"}\n",
	  "file, 1048576 bytes, 4096 allocated, qcow2, no labels: forbidden" },
	{ "in no pool", "{\"unknown\":true}\n",
	  "no type: no active storage pool of that libvirt has it" },
	{ "no connection", "{\"failed\":\"refused\"}\n", "no type: refused" },
	{ "nonsense", "{\n", "no type: libvirt's answer is not whole" },
};

static void show_wanted(const struct lend_wanted_node *w, struct lend_buf *out)
{
	if (w->type.known != LEND_KNOWN) {
		lend_buf_printf(out, "no type: %s", w->type.v.str);
		return;
	}
	lend_buf_printf(out, "%s, %u bytes, %u allocated, %s, ", w->type.v.str,
			(unsigned int)w->size_bytes.v.u64,
			(unsigned int)w->allocated_bytes.v.u64, w->format.v.str);
	if (w->label_state.known == LEND_KNOWN)
		lend_buf_printf(out, "labels %s, tail %s", w->label_state.v.str, w->tail.v.str);
	else
		lend_buf_printf(out, "no labels: %s", w->label_state.v.str);
}

static void looks_up_volumes(void)
{
	static const char *const source = "libvirt:qemu+ssh://h/system";
	static const struct lend_wanted wanted = { "/p/a %b", 1 << 20, 128 << 10 };
	const struct lend_scan_options options =
		LEND_SCAN_OPTIONS(.sources = &source, .n_sources = 1, .wanted = &wanted,
				  .n_wanted = 1);

	put("lend-via-libvirt", volumes);
	for (size_t i = 0; i < LEND_COUNT(known); i++) {
		struct lend_inventory *inv = NULL;
		lend_auto_buf out = { 0 };

		must_in(known[i].what);
		put("printed", known[i].printed);
		must(lend_scan(&options, &inv, NULL) == 0);
		must(lend_find(inv, "wanted//p/a %b") != NULL);
		show_wanted(lend_as_wanted(lend_find(inv, "wanted//p/a %b")), &out);
		must_str(lend_buf_text(&out), known[i].seen);
		lend_inventory_free(inv);
	}
	must_in("");
}

static const struct {
	const char *uri;
	bool remote;
} uris[] = {
	{ "qemu:///system", false },          { "qemu+unix:///session", false },
	{ "test:///default", false },         { "qemu:///embed?root=/x", false },
	{ "qemu+ssh://root@h/system", true }, { "qemu://h/system", true },
	{ "qemu+tls://[::1]/system", true },
};

static void knows_what_is_remote(void)
{
	for (size_t i = 0; i < LEND_COUNT(uris); i++) {
		must_in(uris[i].uri);
		must(lend_libvirt_is_remote(uris[i].uri) == uris[i].remote);
	}
	must_in("");
}

int main(void)
{
	char command[200];

	must(mkdtemp(dir) != NULL && setenv("LEND_LIBEXEC", dir, 1) == 0);
	(void)snprintf(
		command, sizeof(command),
		"#!/bin/sh\n[ \"$1 $2\" = 'read qemu+ssh://h/system' ] && cat %s/printed\n",
		dir);
	put("lend-via-libvirt", command);
	tells_and_fails();
	says_what_is_missing();
	knows_what_is_remote();
	asks_the_agent();
	looks_up_volumes();
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
