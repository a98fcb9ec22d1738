/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest agent that answers well, badly, or with lies: each row is a capture
 * of one VM with what its agent said.
 */

#include <unistd.h>

#include "base/buf.h"
#include "collect/guest-names.h"
#include "format/nd-listing.h"
#include "lend/lend.h"
#include "model/kind-guest.h"
#include "tests/must.h"

#define EXEC                                                                                   \
	"{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"ndctl\","                       \
	"\"arg\":[\"list\",\"-DRNiv\"],\"capture-output\":true}}"
#define STATUS "{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":7}}"
#define OPEN                                                                                   \
	"{\"execute\":\"guest-file-open\",\"arguments\":"                                      \
	"{\"path\":\"/sys/bus/nd/devices/region0/resource\",\"mode\":\"r\"}}"
#define READ "{\"execute\":\"guest-file-read\",\"arguments\":{\"handle\":1,\"count\":64}}"
#define OPEN_BUS                                                                               \
	"{\"execute\":\"guest-file-open\",\"arguments\":"                                      \
	"{\"path\":\"/sys/bus/nd/drivers_autoprobe\",\"mode\":\"r\"}}"
#define OPEN_CPU                                                                               \
	"{\"execute\":\"guest-file-open\",\"arguments\":"                                      \
	"{\"path\":\"/sys/bus/cpu/drivers_autoprobe\",\"mode\":\"r\"}}"
#define OPEN_FSTAB                                                                             \
	"{\"execute\":\"guest-file-open\",\"arguments\":"                                      \
	"{\"path\":\"/etc/fstab\",\"mode\":\"r\"}}"
#define READ_FSTAB                                                                             \
	"{\"execute\":\"guest-file-read\",\"arguments\":{\"handle\":2,\"count\":32768}}"
#define NO_FILE(name)                                                                          \
	"{\"error\":{\"class\":\"GenericError\",\"desc\":\"" name                              \
	" (No such file or directory)\"}}"
#define OFF(command)                                                                           \
	"{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"Command " command                \
	" has been disabled\"}}"
#define ENDED "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"%s\"}}"
#define READ_MORE                                                                              \
	"{\"execute\":\"guest-file-read\",\"arguments\":{\"handle\":1,\"count\":4096}}"
#define PID7 "{\"return\":{\"pid\":7}}"

/* What ndctl printed; packed into base64 below. */
#define DIMM(id)                                                                               \
	"{\"dimms\":[{\"dev\":\"nmem0\",\"id\":\"" id "\",\"handle\":1}],\"regions\":"         \
	"[{\"dev\":\"region0\",\"size\":134217728,\"mappings\":[{\"dimm\":\"nmem0\"}]}]}"

static const char cmdline[] = "qemu-system-x86_64|-name|vm|-machine|q35,nvdimm=on|"
			      "-object|memory-backend-file,id=m,mem-path=/x,size=128M|"
			      "-device|nvdimm,id=d,memdev=m,slot=0|"
			      "-chardev|socket,path=/agent,server=on,wait=off,id=c|"
			      "-device|virtserialport,chardev=c,name=org.qemu.guest_agent.0|";

static const struct row {
	const char *what;
	const char *exec;   /* the reply; NULL ends the conversation */
	const char *status; /* "%s" is ndctl's output as base64 */
	const char *output; /* of ndctl */
	const char *open;   /* NULL: the file is not there */
	const char *read;
	const char *gap;     /* part of the gap, NULL when there is none */
	const char *verdict; /* of the one pair */
	const char
		*shell;  /* the reply to the script for sysfs; then output is what it prints */
	const char *bus; /* to the opening of a file of the nd bus */
	const char *cpu; /* and of another that is always there */
	const char *fstab;      /* its text; NULL: it was not asked */
	const char *scripts;    /* what that script printed; NULL: it was not asked */
	const char *in_scripts; /* what of it is told; "?REASON": that it is not known */
	const char *named;      /* what of it is told */
} rows[] = {
	{ "well", PID7, "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"%s\"}}",
	  DIMM("8680-56341200"), "{\"return\":1}",
	  "{\"return\":{\"buf-b64\":\"MHgxMDAwMDAwMDAK\"}}", NULL, "matched" },
	{ "a lie about the id", PID7,
	  "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"%s\"}}",
	  DIMM("8680-59341200"), NULL, NULL, NULL, "contradicted" },
	{ "an address that is none", PID7,
	  "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"%s\"}}",
	  DIMM("8680-56341200"), "{\"return\":1}", "{\"return\":{\"buf-b64\":\"Z29uZQ==\"}}",
	  NULL, "matched" },
	{ "an address in no base64", PID7,
	  "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"%s\"}}",
	  DIMM("8680-56341200"), "{\"return\":1}", "{\"return\":{\"buf-b64\":\"*\"}}", NULL,
	  "matched" },
	{ "no NVDIMM bus", PID7, "{\"return\":{\"exited\":true,\"exitcode\":0}}", "", NULL,
	  NULL, NULL, "unmatched" },
	{ "exec switched off",
	  "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"Command guest-exec has been "
	  "disabled\"}}",
	  NULL, "", NULL, NULL, "Command guest-exec has been disabled", "predicted" },
	{ "no ndctl",
	  "{\"error\":{\"class\":\"GenericError\",\"desc\":\"Failed to execute child process "
	  "(No such file or directory)\"}}",
	  NULL, "", NULL, NULL, "it has no ndctl", "predicted" },
	{ "no pid", "{\"return\":{}}", NULL, "", NULL, NULL, "has no \"pid\"", "predicted" },
	{ "no exited", PID7, "{\"return\":[]}", "", NULL, NULL, "has no \"exited\"",
	  "predicted" },
	{ "a bad status", PID7,
	  "{\"return\":{\"exited\":true,\"exitcode\":3,\"err-data\":\"b25lCnR3bwo=\"}}", "",
	  NULL, NULL, "ended with status 3: two", "predicted" },
	{ "a signal", PID7, "{\"return\":{\"exited\":true,\"signal\":9}}", "", NULL, NULL,
	  "ended by a signal", "predicted" },
	{ "said to be cut", PID7,
	  "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-truncated\":true,\"out-data\":\"%s\"}}",
	  "{\"dimms\":[", NULL, NULL, "cut off", "predicted" },
	{ "cut in half", PID7,
	  "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"%s\"}}",
	  "{\"dimms\":[{\"dev\":\"nmem0\",", NULL, NULL, "ends in the middle", "predicted" },
	{ "not ndctl's", PID7,
	  "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"%s\"}}", "hello", NULL,
	  NULL, "was not seen", "predicted" },
	{ "no base64", PID7, "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"*\"}}",
	  "", NULL, NULL, "no base64", "predicted" },
	{ "a region that is a path", PID7,
	  "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"%s\"}}",
	  "{\"regions\":[{\"dev\":\"region0/../../../etc/shadow\",\"size\":1}]}", NULL, NULL,
	  NULL, "unmatched" },
	{ "an fstab with names", PID7, ENDED, DIMM("8680-56341200"), NULL, NULL, NULL,
	  "matched",
	  .fstab = "/dev/pmem0 /data ext4 dax\nUUID=1 / ext4\n/dev/pmem1s /log xfs\n",
	  .named = "/dev/pmem0 at /data, /dev/pmem1s at /log" },
	{ "scripts with names", PID7, ENDED, DIMM("8680-56341200"), NULL, NULL, NULL, "matched",
	  .scripts = "n /dev/pmem0 /etc/rc.local\nn /dev/pmem1p1 /usr/local/bin/with blank\n",
	  .in_scripts =
		  "/dev/pmem0 in /etc/rc.local, /dev/pmem1p1 in /usr/local/bin/with blank" },
	{ "scripts without", PID7, ENDED, DIMM("8680-56341200"), NULL, NULL, NULL, "matched",
	  .scripts = "" },
	{ "more scripts than are looked at", PID7, ENDED, DIMM("8680-56341200"), NULL, NULL,
	  NULL, "matched", .scripts = "c\n",
	  .in_scripts = "?there are more than 500 files to look through" },
	{ "no tools to look at scripts", PID7, ENDED, DIMM("8680-56341200"), NULL, NULL, NULL,
	  "matched", .scripts = "u\n", .in_scripts = "?it lacks find, xargs or awk" },
	{ "an answer about scripts that is none", PID7, ENDED, DIMM("8680-56341200"), NULL,
	  NULL, NULL, "matched", .scripts = "n /dev/sda /etc/rc.local\nn\n n\nn /dev/pmem0",
	  .in_scripts = "?its answer was not understood" },
	{ "an fstab without", PID7, ENDED, DIMM("8680-56341200"), NULL, NULL, NULL, "matched",
	  .fstab = "/dev/pmemory /data ext4\n#/dev/pmem0 / ext4\n" },
	{ "by sysfs", NO_FILE("ndctl"), ENDED,
	  "l nmem0 /sys/devices/ndbus0/nmem0\nf nmem0/nfit/handle 0x1\n"
	  "f nmem0/nfit/id 8680-56341200\nl region0 /sys/devices/ndbus0/region0\n"
	  "f region0/resource 0x100000000\nf region0/size 134217728\n"
	  "f region0/mapping0 nmem0,0,134217728,0\nend\n",
	  NULL, NULL, NULL, "matched", .shell = PID7 },
	{ "by sysfs, a lie about the id", NO_FILE("ndctl"), ENDED,
	  "l nmem0 /\nf nmem0/nfit/handle 0x1\nf nmem0/nfit/id 8680-59341200\n"
	  "l region0 /\nf region0/size 134217728\nf region0/mapping0 nmem0,\nend\n",
	  NULL, NULL, NULL, "contradicted", .shell = PID7 },
	{ "by sysfs, names that are none", NO_FILE("ndctl"), ENDED,
	  "l nmem0/../../x /\nl region9999999999999999999999999999999999999999999999999999999999"
	  "99999999 /\nl namespace.. /\nl pfn0.0 /\nf region0/mapping0 ../x,\n"
	  "l namespace0.0 /\nf namespace0.0/holder dax0.0\nn dax0.0 dax../x\nend\n",
	  NULL, NULL, NULL, "unmatched", .shell = PID7 },
	{ "by sysfs, cut in half", NO_FILE("ndctl"), ENDED, "l nmem0 /\nf nmem0/nfit/han", NULL,
	  NULL, "has no end", "predicted", .shell = PID7 },
	{ "by sysfs, no bus", NO_FILE("ndctl"), ENDED, "end\n", NULL, NULL, NULL, "unmatched",
	  .shell = PID7 },
	{ "neither ndctl nor a shell", NO_FILE("ndctl"), NULL, "", NULL, NULL,
	  "it has neither ndctl nor /bin/sh", "predicted", .shell = NO_FILE("sh"),
	  .bus = OFF("guest-file-open") },
	{ "neither exec nor files", OFF("guest-exec"), NULL, "", NULL, NULL,
	  "Command guest-exec has been disabled", "predicted", .bus = OFF("guest-file-open"),
	  .cpu = OFF("guest-file-open") },
	{ "by files, no Linux", OFF("guest-exec"), NULL, "", NULL, NULL,
	  "its sysfs cannot be read: x (No such file or directory)", "predicted",
	  .bus = NO_FILE("x"), .cpu = NO_FILE("x") },
	{ "by files, no bus", OFF("guest-exec"), NULL, "", NULL,
	  "{\"return\":{\"buf-b64\":\"MQo=\"}}", "by single files only", "unmatched",
	  .bus = NO_FILE("x"), .cpu = "{\"return\":1}" },
};

static void put_base64(struct lend_buf *out, const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < len ? (uint8_t)text[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			lend_buf_putc(out,
				      i + k > len ? '=' : digits[bits >> (18 - 6 * k) & 63]);
	}
}

static void put_line(FILE *asks, const char *key, const char *text)
{
	lend_auto_buf line = { 0 };

	if (text == NULL)
		return;
	lend_buf_puts(&line, "{\"via\":\"qga\",\"of\":\"/proc/1/root/agent\",\"key\":\"");
	lend_buf_put_json(&line, key, strlen(key));
	lend_buf_puts(&line, "\",\"text\":\"");
	lend_buf_put_json(&line, text, strlen(text));
	lend_buf_puts(&line, "\"}\n");
	must(fputs(line.text, asks) >= 0);
}

static void put_fstab(FILE *asks, const char *text)
{
	lend_auto_buf reply = { 0 };

	if (text == NULL)
		return;
	put_line(asks, OPEN_FSTAB, "{\"return\":2}");
	lend_buf_puts(&reply, "{\"return\":{\"buf-b64\":\"");
	put_base64(&reply, text);
	lend_buf_puts(&reply, "\"}}");
	put_line(asks, READ_FSTAB, reply.text);
}

/* The program runs as ndctl did: its status has another number. */
static void put_scripts(FILE *asks, const char *text)
{
	lend_auto_buf ask = { 0 };
	lend_auto_buf reply = { 0 };

	if (text == NULL)
		return;
	lend_buf_puts(&ask, "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/sh\","
			    "\"arg\":[\"-c\",\"");
	lend_buf_put_json(&ask, lend_guest_names_script, strlen(lend_guest_names_script));
	lend_buf_puts(&ask, "\"],\"capture-output\":true}}");
	put_line(asks, ask.text, "{\"return\":{\"pid\":8}}");
	lend_buf_puts(&reply, "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"");
	put_base64(&reply, text);
	lend_buf_puts(&reply, "\"}}");
	put_line(asks, "{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":8}}",
		 reply.text);
}

static void write_capture(const char *dir, const struct row *row)
{
	lend_auto_buf output = { 0 };
	lend_auto_buf status = { 0 };
	lend_auto_buf args = { 0 };
	lend_auto_buf shell = { 0 };
	char path[400];
	const char *mark;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/lend-capture.json", dir);
	file = fopen(path, "w");
	must(file != NULL && fputs("{\"lend\":\"capture\",\"version\":1}\n", file) >= 0 &&
	     fclose(file) == 0);

	put_base64(&output, row->output);
	mark = row->status == NULL ? NULL : strstr(row->status, "%s");
	if (mark != NULL)
		lend_buf_printf(&status, "%.*s%s%s", (int)(mark - row->status), row->status,
				lend_buf_text(&output), mark + 2);
	else if (row->status != NULL)
		lend_buf_puts(&status, row->status);
	lend_buf_puts(&args, cmdline);
	for (size_t i = 0; i < args.len; i++)
		args.text[i] = args.text[i] == '|' ? '\0' : args.text[i];

	(void)snprintf(path, sizeof(path), "%s/asks.jsonl", dir);
	file = fopen(path, "w");
	must(file != NULL);
	must(fputs("{\"via\":\"dir\",\"key\":\"proc\",\"names\":[\"1\"]}\n"
		   "{\"via\":\"file\",\"key\":\"proc/1/cmdline\",\"text\":\"",
		   file) >= 0);
	for (const char *p = args.text; p < args.text + args.len; p += strlen(p) + 1)
		(void)fprintf(file, "%s\\u0000", p);
	must(fputs("\"}\n", file) >= 0);
	put_line(file, "", "");
	put_line(file, EXEC, row->exec);
	lend_buf_puts(&shell, "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/sh\","
			      "\"arg\":[\"-c\",\"");
	lend_buf_put_json(&shell, lend_nd_listing_script, strlen(lend_nd_listing_script));
	lend_buf_puts(&shell, "\"],\"capture-output\":true}}");
	put_line(file, shell.text, row->shell);
	put_line(file, OPEN_BUS, row->bus);
	put_line(file, OPEN_CPU, row->cpu);
	put_line(file, READ_MORE, row->cpu == NULL ? NULL : row->read);
	put_line(file, STATUS, row->status == NULL ? NULL : lend_buf_text(&status));
	put_line(file, OPEN, row->open);
	put_line(file, READ, row->read);
	put_fstab(file, row->fstab);
	put_scripts(file, row->scripts);
	must(fclose(file) == 0);
}

static void check_fstab(const struct lend_inventory *inv, const char *named)
{
	const struct lend_node *node = lend_find(inv, "guest/vm");
	const struct lend_fact *fact;

	must(node != NULL);
	fact = &lend_as_guest(node)->fstab_pmem;
	must(fact->known == (named != NULL ? LEND_KNOWN : LEND_ABSENT));
	if (named != NULL)
		must_str(fact->v.str, named);
}

static void check_scripts(const struct lend_inventory *inv, const struct row *row)
{
	const struct lend_node *node = lend_find(inv, "guest/vm");
	const struct lend_fact *fact;

	if (node == NULL)
		return;
	fact = &lend_as_guest(node)->scripts_pmem;
	if (row->scripts == NULL) {
		must(fact->known == LEND_NOT_ASKED);
	} else if (row->in_scripts == NULL) {
		must(fact->known == LEND_ABSENT);
	} else {
		bool hidden = row->in_scripts[0] == '?';

		must(fact->known == (hidden ? LEND_UNREADABLE : LEND_KNOWN));
		must_str(fact->v.str, row->in_scripts + hidden);
	}
}

static void check_row(const char *dir, const struct row *row)
{
	const char *const source[] = { dir };
	struct lend_scan_options options = { .size = sizeof(options),
					     .sources = source,
					     .n_sources = 1 };
	struct lend_inventory *inv = NULL;
	struct lend_err err = { 0 };
	struct lend_map *map = NULL;
	const char *what = "";
	const char *hint;
	bool has_gap = false;

	must_in(row->what);
	write_capture(dir, row);
	if (lend_scan(&options, &inv, &err) < 0)
		must_str(err.what, "");
	must(lend_map_make(inv, &map, NULL) == 0);
	for (size_t i = 0; lend_gap(inv, i, &what, &hint, NULL, NULL); i++) {
		has_gap = true;
		if (row->gap == NULL || strstr(what, row->gap) == NULL)
			must_str(what, row->gap == NULL ? "" : row->gap);
	}
	must(has_gap == (row->gap != NULL));
	must_str(lend_map_text(map, 0, "verdict"), row->verdict);
	if (row->fstab != NULL)
		check_fstab(inv, row->named);
	check_scripts(inv, row);
	lend_map_free(map);
	lend_inventory_free(inv);
}

int main(void)
{
	char dir[] = "/tmp/lend-guest-agent-test-XXXXXX";
	char path[400];

	must(mkdtemp(dir) != NULL);
	for (size_t i = 0; i < LEND_COUNT(rows); i++)
		check_row(dir, &rows[i]);
	must_in("");
	(void)snprintf(path, sizeof(path), "%s/asks.jsonl", dir);
	must(unlink(path) == 0);
	(void)snprintf(path, sizeof(path), "%s/lend-capture.json", dir);
	must(unlink(path) == 0 && rmdir(dir) == 0);
	return 0;
}
