/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is sent to another host, and what it may answer; a real server is in tests/ssh. */

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/err.h"
#include "io/remote.h"
#include "tests/must.h"

static const struct lend_ask ask_file = { .via = LEND_VIA_FILE, .key = "%p" };
static const struct lend_ask ask_link = { .via = LEND_VIA_LINK, .key = "%p" };
static const struct lend_ask ask_dir = { .via = LEND_VIA_DIR, .key = "%p" };
static const struct lend_ask ask_stat = { .via = LEND_VIA_STAT, .key = "%p" };
static const struct lend_ask ask_probe = { .via = LEND_VIA_PROBE, .key = "%p" };

/* What a shell makes of the quoted text is the text. */
static void quotes_for_a_shell(void)
{
	static const char *const texts[] = {
		"plain",         "",     "it's", "'",          "''\\''", "a b\tc\n\nd",
		"$(touch x)`y`", "\\\n", "-n",   "*?[a]{b,c}", "~root",  "\xff\x80",
		"!x;&|<>#",
	};

	for (size_t i = 0; i < LEND_COUNT(texts); i++) {
		const char *argv[] = { "sh", "-c", NULL, NULL };
		lend_auto_buf script = { 0 };
		lend_auto_buf want = { 0 };
		struct lend_child child = { .argv = argv,
					    .limit = 1000,
					    .deadline = lend_now_ms() + 5000 };
		struct lend_reaper reaper = { .n = 0 };

		lend_buf_puts(&script, "printf '%s.' ");
		lend_sh_quote(&script, texts[i]);
		argv[2] = script.text;
		lend_buf_printf(&want, "%s.", texts[i]);
		lend_child_run(&child, &reaper);
		must(child.end == LEND_CHILD_ENDED);
		must(child.got.len == want.len);
		must(memcmp(child.got.text, want.text, want.len) == 0);
		lend_child_done(&child);
	}
}

static bool parses(const char *text, const char *user, const char *host, const char *port)
{
	struct lend_arena arena = { 0 };
	struct lend_ssh_target target;
	bool good = lend_ssh_parse(&arena, text, &target, NULL) == 0;

	if (good) {
		must((user == NULL) == (target.user == NULL));
		must(user == NULL || strcmp(user, target.user) == 0);
		must(strcmp(host, target.host) == 0);
		must((port == NULL) == (target.port == NULL));
		must(port == NULL || strcmp(port, target.port) == 0);
	}
	lend_arena_done(&arena);
	return good;
}

static void parses_hosts(void)
{
	static const char *const bad[] = {
		"",      "@",        "a@",   "-oProxyCommand=x",
		"-l@h",  "h:",       "h:0",  "h:65536",
		"h:22x", "h:-1",     "a b",  "h;id",
		"$(id)", "u@h/path", "[::1", "[::1]x",
		"[]",    "h\n",      "u'@h", "a\tb",
	};

	must(parses("h", NULL, "h", NULL));
	must(parses("h/", NULL, "h", NULL));
	must(parses("root@h.example.org:2222", "root", "h.example.org", "2222"));
	must(parses("DOM\\me@h", "DOM\\me", "h", NULL));
	must(parses("::1", NULL, "::1", NULL));
	must(parses("[fe80::1%eth0]:22", NULL, "fe80::1%eth0", "22"));
	must(parses("[::1]", NULL, "::1", NULL));
	for (size_t i = 0; i < LEND_COUNT(bad); i++)
		must(!parses(bad[i], NULL, "", NULL));
}

/* ---- answers ---- */

struct host {
	struct lend_io *io;
	struct lend_buf text;
};

static void open_host(struct host *host)
{
	struct lend_ssh_target target = { .name = "there", .host = "there" };
	lend_auto_buf script = { 0 };

	*host = (struct host){ .io = lend_io_open_remote(&target) };
	lend_remote_script(host->io->remote, &script);
	host->io->remote->n_sections = 0;
	host->io->remote->n_wanted = 0;
	host->io->remote->rounds = 1;
	lend_buf_puts(&host->text, "packed\n");
}

static void close_host(struct host *host)
{
	lend_io_free(host->io);
	lend_buf_done(&host->text);
}

static void put(struct host *host, const char *id, const char *bytes, size_t len,
		const char *said)
{
	lend_buf_printf(&host->text, "+%s\n", id);
	lend_base64_encode(bytes, len, &host->text);
	lend_buf_puts(&host->text, "\n=\n");
	lend_base64_encode(said, strlen(said), &host->text);
	lend_buf_puts(&host->text, "\n-\n");
}

static int take(struct host *host)
{
	int r = lend_remote_take(host->io->remote, host->text.text, host->text.len, NULL);

	lend_buf_reset(&host->text);
	return r;
}

#define PUT(host, id, bytes, said) put((host), (id), (bytes), sizeof(bytes) - 1, (said))

static const struct lend_answer *get(struct host *host, const struct lend_ask *ask,
				     const char *path)
{
	return lend_io_ask(host->io, ask, path);
}

static void follows_links(void)
{
	struct host h;

	open_host(&h);
	PUT(&h, ":list",
	    "/sys/bus/pci/devices/\0d\0\0"
	    "/sys/bus/pci/devices/0000:00:01.0\0l\0../../../devices/pci0/0000:00:01.0\0"
	    "/proc/\0d\0\0/proc/12\0d\0\0/proc/2\0d\0\0",
	    "find: '/sys/class/dax/': No such file or directory\n"
	    "find: '/root/x/': Permission denied\nlend: status 1\n");
	PUT(&h, ":list",
	    "/sys/devices/pci0/0000:00:01.0/\0d\0\0"
	    "/sys/devices/pci0/0000:00:01.0/driver\0l\0../../drivers/nvme\0",
	    "");
	must(take(&h) == 0);
	must(get(&h, &ask_dir, "sys/bus/pci/devices")->n_names == 1);
	must(strcmp(get(&h, &ask_dir, "proc")->names[0], "2") == 0);
	must(get(&h, &ask_dir, "sys/class/dax")->known == LEND_ABSENT);
	must(get(&h, &ask_dir, "root/x")->known == LEND_UNREADABLE);
	must(get(&h, &ask_dir, "root/x")->os_errno == EACCES);
	/* What a whole listing lacks is absent, by each name of the folder. */
	must(strcmp(get(&h, &ask_link, "sys/bus/pci/devices/0000:00:01.0/driver")->bytes,
		    "../../drivers/nvme") == 0);
	must(get(&h, &ask_link, "sys/bus/pci/devices/0000:00:01.0/iommu_group")->known ==
	     LEND_ABSENT);
	must(get(&h, &ask_file, "sys/bus/pci/devices/0000:00:02.0/class")->known ==
	     LEND_NOT_ASKED);
	must(get(&h, &ask_file, "etc/fstab")->known == LEND_NOT_ASKED);
	must(get(&h, &ask_probe, "etc/fstab")->known == LEND_NOT_ASKED);
	close_host(&h);
}

/* Questions that were not known, sent, and answered. */
static void answers_questions(void)
{
	lend_auto_buf script = { 0 };
	struct host h;

	open_host(&h);
	must(get(&h, &ask_file, "sys/a")->known == LEND_NOT_ASKED);
	must(get(&h, &ask_file, "sys/b")->known == LEND_NOT_ASKED);
	must(get(&h, &ask_file, "sys/c")->known == LEND_NOT_ASKED);
	must(get(&h, &ask_stat, "it's")->known == LEND_NOT_ASKED);
	must(get(&h, &ask_file, "etc/x")->known == LEND_NOT_ASKED);
	must(get(&h, &ask_probe, "etc/x")->known == LEND_NOT_ASKED);
	lend_remote_script(h.io->remote, &script);
	must(strstr(script.text, "hds '/sys/a' '/sys/b' '/sys/c'\n") != NULL);
	must(strstr(script.text, "st '/it'\\''s'\n") != NULL);
	must(h.io->remote->n_sections == 3);
	lend_buf_puts(&h.text, "packed\n");
	/* b says what looks like a's header, and c could not be read. */
	PUT(&h, "0", "==> /sys/a <==\n1\n\n==> /sys/b <==\n==> /sys/a <==\n",
	    "head: cannot open '/sys/c' for reading: Permission denied\n");
	PUT(&h, "1", "81a4 64768 7 100 8 512 0 0\nef53\n", "");
	PUT(&h, "2", "", "cat: /etc/x: Input/output error\nlend: status 1\n");
	must(take(&h) == 0);
	must(strcmp(get(&h, &ask_file, "sys/a")->bytes, "1\n") == 0);
	must(strcmp(get(&h, &ask_file, "sys/b")->bytes, "==> /sys/a <==\n") == 0);
	must(get(&h, &ask_file, "sys/c")->os_errno == EACCES);
	must(get(&h, &ask_stat, "it's")->stat.size_bytes == 100);
	must(get(&h, &ask_stat, "it's")->stat.dev_major == 253);
	must(get(&h, &ask_stat, "it's")->stat.fs_magic == 0xef53);
	must(get(&h, &ask_file, "etc/x")->known == LEND_UNREADABLE);
	must(get(&h, &ask_file, "etc/x")->os_errno == EIO);
	lend_buf_puts(&h.text, "packed\n");
	PUT(&h, "1", "81a4 64768 8 200 8 512 0 0\nef53\n", "");
	must(take(&h) < 0); /* it was answered */
	must(get(&h, &ask_stat, "it's")->stat.size_bytes == 100);
	close_host(&h);
}

static void refuses_nonsense(void)
{
	static const char *const bad[] = { "+0\n",      "+99\n=\n-\n",
					   "hello\n",   "+/x\n%%\n=\n-\n",
					   "+\n=\n-\n", "+:file\n=\n" };

	for (size_t i = 0; i < LEND_COUNT(bad); i++) {
		struct host h;

		open_host(&h);
		lend_buf_puts(&h.text, bad[i]);
		must(take(&h) < 0);
		close_host(&h);
	}
}

/* Nothing of it is an error; all of it is nothing. */
static void survives_nonsense(void)
{
	struct host h;

	open_host(&h);
	PUT(&h, ":list", "/a", "");
	PUT(&h, ":list", "//\0d\0\0/\0d\0\0a\0l\0b\0/x\0l\0y", "");
	PUT(&h, ":links", "/l\0l\0l\0/m/n\0l\0../../../../m\0/o\0l\0/o/o/o\0",
	    "find: '': x\n: \n'");
	PUT(&h, ":file", "99\n/a\n", "");
	PUT(&h, ":file", "18446744073709551615\n/a\n", "");
	PUT(&h, ":file", "0\n\nx", "");
	PUT(&h, "///", "x", "");
	must(take(&h) == 0);
	must(get(&h, &ask_file, "l/x")->known != LEND_KNOWN);
	must(get(&h, &ask_file, "o/x")->known != LEND_KNOWN);
	must(get(&h, &ask_file, "m/n/n/n/n")->known != LEND_KNOWN);
	must(get(&h, &ask_file, "a")->known != LEND_KNOWN);
	close_host(&h);
}

/* Without base64 each line has a blank in front. */
static void reads_plain_lines(void)
{
	struct host h;

	open_host(&h);
	lend_buf_reset(&h.text);
	lend_buf_puts(&h.text,
		      "plain\n+/etc/a\n one\n =\n -\n +x\n\n=\n-\n+/etc/b\n no end\n=\n-\n");
	must(take(&h) == 0);
	must(strcmp(get(&h, &ask_file, "etc/a")->bytes, "one\n=\n-\n+x\n") == 0);
	must(strcmp(get(&h, &ask_file, "etc/b")->bytes, "no end") == 0);
	close_host(&h);
}

static void says_what_ssh_said(void)
{
	struct lend_ssh_target target = { .name = "u@h", .host = "h", .esxi = true };
	struct lend_err err = { 0 };

	must(lend_ssh_fail(&target, "ssh: connect to host h port 22: Connection refused\r\n",
			   true, &err) < 0);
	must(strcmp(err.what, "u@h refuses the connection") == 0);
	must(strstr(err.hint, "TSM-SSH") != NULL);
	err = (struct lend_err){ 0 };
	must(lend_ssh_fail(&target, "Connection to h closed by remote host.\r\nboom\n", false,
			   &err) < 0);
	must(strcmp(err.what, "u@h went away: boom") == 0);
}

int main(void)
{
	quotes_for_a_shell();
	parses_hosts();
	follows_links();
	answers_questions();
	refuses_nonsense();
	survives_nonsense();
	reads_plain_lines();
	says_what_ssh_said();
	return 0;
}
