/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/sources.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/err.h"
#include "collect/esx-tree.h"
#include "collect/esx.h"
#include "format/esx-uuid.h"
#include "format/ndctl-json.h"
#include "format/tcp-listen.h"
#include "format/tgz.h"
#include "format/vim-url.h"
#include "format/vmdk.h"
#include "format/vmx.h"
#include "io/out.h"
#include "io/ssh.h"

enum {
	FILE_MAX = 4 << 20,  /* bytes of a loose file */
	DISK_HEAD = 1 << 20, /* of a .vmdk that may be the disk itself */
	SNIFF = 4096,        /* of any file in a folder, before it is read */
	FILES_MAX = 4096,
	FILES_BYTES_MAX = 64 << 20, /* of all loose files together */
	SAVED_MAX = 64 << 20,
	ARCHIVE_MAX = 1 << 30, /* of a vm-support bundle */
	LIBVIRT_URI_MAX = 1024,
};

static const char kinds_hint[] =
	"SOURCE is nothing for this host, a folder, a file, qmp:PATH, qmp:tcp:HOST:PORT, "
	"qga:PATH, libvirt:URI, ssh://[user@]host, esxi+ssh://[user@]host or vsphere://USER@HOST; "
	"see lend(1)";

static const struct lend_ask ask_stat = { .via = LEND_VIA_STAT,
					  .key = "%p",
					  .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask ask_names = { .via = LEND_VIA_DIR, .key = "." };
static const struct lend_ask ask_file = { .via = LEND_VIA_FILE,
					  .key = "%s",
					  .limit_bytes = FILE_MAX };
static const struct lend_ask ask_head = { .via = LEND_VIA_RANGE,
					  .key = "%s",
					  .limit_bytes = DISK_HEAD };

bool lend_source_socket(struct lend_arena *arena, const char *source,
			struct lend_scan_socket *ret)
{
	if (strncmp(source, "qmp:", 4) != 0 && strncmp(source, "qga:", 4) != 0)
		return false;
	*ret = (struct lend_scan_socket){
		.via = source[1] == 'm' ? LEND_VIA_QMP : LEND_VIA_QGA,
		.path = strncmp(source + 4, "tcp:", 4) == 0
				? lend_arena_strdup(arena, source + 4)
				: lend_in_absolute(arena, source + 4),
	};
	return true;
}

const char *lend_source_libvirt(const char *source)
{
	return strncmp(source, "libvirt:", strlen("libvirt:")) == 0
		       ? source + strlen("libvirt:")
		       : NULL;
}

bool lend_libvirt_is_remote(const char *uri)
{
	const char *authority = strstr(uri, "://");

	return authority != NULL && authority[3] != '/' && authority[3] != '\0';
}

static struct lend_source_host *host_of(struct lend_sources *s, enum lend_source_kind kind,
					bool shared)
{
	struct lend_source_host *host;

	for (size_t i = 0; shared && i < s->n_hosts; i++) {
		if (s->hosts[i].kind == kind)
			return &s->hosts[i];
	}
	host = LEND_PUSH(&s->memory, s->hosts, s->n_hosts, s->cap_hosts);
	host->kind = kind;
	return host;
}

/* QMP has no authentication: whoever reaches the port owns the VM. */
static int check_tcp(const char *source, const struct lend_scan_socket *socket,
		     struct lend_err *err)
{
	const char *text = socket->path + strlen("tcp:");
	struct lend_tcp_name name;

	if (socket->via != LEND_VIA_QMP) {
		lend_hint(err, "give the path of a Unix socket: qga:PATH");
		return lend_fail(err, LEND_E_USAGE, "'%.120s': an agent is not asked over TCP",
				 source);
	}
	if (!lend_tcp_name_parse(text, strlen(text), &name) || name.last != name.port) {
		lend_hint(err, "write qmp:tcp:127.0.0.1:4444");
		return lend_fail(err, LEND_E_USAGE, "'%.120s' is no qmp:tcp:HOST:PORT", source);
	}
	if (!lend_tcp_name_is_loopback(&name)) {
		lend_hint(err, "a monitor has no password, so it belongs on 127.0.0.1, ::1 or "
			       "a Unix socket; run lend on its own host");
		return lend_fail(err, LEND_E_USAGE,
				 "'%.120s': a monitor on TCP is asked over loopback only",
				 source);
	}
	return 0;
}

static int add_socket(struct lend_sources *s, struct lend_io *live, const char *source,
		      const struct lend_scan_socket *socket, struct lend_err *err)
{
	const struct lend_answer *answer;
	struct lend_scan_socket *named;

	if (strncmp(socket->path, "tcp:", 4) == 0) {
		if (check_tcp(source, socket, err) < 0)
			return -1;
		(void)host_of(s, LEND_SOURCE_HERE, true);
		*LEND_PUSH(&s->memory, s->sockets, s->n_sockets, s->cap_sockets) = *socket;
		return 0;
	}
	answer = lend_io_ask(live, &ask_stat, socket->path);
	if (answer->known == LEND_ABSENT) {
		lend_hint(err, "lend show lists the monitors of running QEMUs");
		return lend_fail(err, LEND_E_SYSTEM, "there is no socket '%.150s'",
				 socket->path);
	}
	if (answer->known == LEND_UNREADABLE && answer->os_errno != 0) {
		errno = answer->os_errno;
		return lend_fail_errno(err, "look at '%.150s'", socket->path);
	}
	if (answer->known == LEND_KNOWN && !S_ISSOCK(answer->stat.mode)) {
		lend_hint(err, "%s", kinds_hint);
		return lend_fail(err, LEND_E_USAGE, "'%.150s' is no socket", socket->path);
	}
	(void)host_of(s, LEND_SOURCE_HERE, true);
	named = LEND_PUSH(&s->memory, s->sockets, s->n_sockets, s->cap_sockets);
	*named = *socket;
	named->has_stat = answer->known == LEND_KNOWN;
	named->stat = answer->stat;
	return 0;
}

bool lend_libvirt_is_uri(const char *uri)
{
	bool good = strstr(uri, ":/") != NULL && strlen(uri) < LIBVIRT_URI_MAX && uri[0] != '-';

	for (const char *c = uri; *c != '\0'; c++)
		good = good && *c > ' ' && *c < 0x7f;
	return good;
}

static int add_libvirt(struct lend_sources *s, const char *source, const char *uri,
		       struct lend_err *err)
{
	if (!lend_libvirt_is_uri(uri)) {
		lend_hint(err, "write libvirt:qemu:///system");
		return lend_fail(err, LEND_E_USAGE, "'%.120s' is no libvirt:URI", source);
	}
	if (lend_libvirt_is_remote(uri)) {
		host_of(s, LEND_SOURCE_REMOTE, false)->name = uri;
		return 0;
	}
	(void)host_of(s, LEND_SOURCE_HERE, true);
	*LEND_PUSH(&s->memory, s->libvirts, s->n_libvirts, s->cap_libvirts) = uri;
	return 0;
}

bool lend_source_is_inventory(const char *text, size_t len)
{
	static const char want[] = "{\"lend\":\"inventory\"";
	size_t w = 0;

	for (size_t i = 0; i < len && w < sizeof(want) - 1; i++) {
		if (lend_ascii_is_space(text[i]))
			continue;
		if (text[i] != want[w++])
			return false;
	}
	return w == sizeof(want) - 1;
}

bool lend_source_names_nd(const char *text, size_t len)
{
	static const char *const names[] = { "\"nmem", "\"region", "\"namespace", "\"ndbus" };

	for (size_t i = 0; i < LEND_COUNT(names); i++) {
		if (memmem(text, len, names[i], strlen(names[i])) != NULL)
			return memmem(text, len, "\"dev\"", 5) != NULL;
	}
	return false;
}

/* ---- loose files ---- */

static struct lend_scan_file *add_loose(struct lend_sources *s, const char *name,
					const char *path)
{
	struct lend_scan_file *file = LEND_PUSH(&s->memory, s->files, s->n_files, s->cap_files);

	file->name = lend_arena_strdup(&s->memory, name);
	file->path = lend_arena_strdup(&s->memory, path);
	file->bytes = "";
	return file;
}

static int put_bytes(struct lend_sources *s, struct lend_scan_file *file, const char *bytes,
		     size_t len, struct lend_err *err)
{
	s->files_bytes += len;
	if (s->files_bytes > FILES_BYTES_MAX) {
		lend_hint(err, "give fewer files at a time");
		return lend_fail(err, LEND_E_USAGE,
				 "the files up to '%.150s' have more than %d MiB", file->path,
				 FILES_BYTES_MAX >> 20);
	}
	file->bytes = lend_arena_strndup(&s->memory, bytes, len);
	file->len = len;
	return 0;
}

static bool has_end(const char *name, const char *end)
{
	size_t len = strlen(name);

	return len > strlen(end) && lend_ascii_casecmp(name + len - strlen(end), end) == 0;
}

static bool is_archive_name(const char *path)
{
	return has_end(path, ".tgz") || has_end(path, ".tar.gz") || has_end(path, ".tar");
}

/* A vm-support bundle as it came. */
static int add_archive(struct lend_sources *s, const char *path, const struct lend_buf *bytes,
		       struct lend_err *err)
{
	struct lend_esx_bag bag = { .memory = &s->memory, .source = path };
	struct lend_source_host *host;

	if (lend_esx_archive_read(bytes->text, bytes->len, &bag, err) < 0)
		return lend_where(err, "%.150s", path);
	if (bag.n == 0) {
		lend_hint(err,
			  "known is what vm-support makes, or an archive of etc/ and vmfs/");
		return lend_fail(err, LEND_E_FORMAT, "'%.150s' is of no host of ESXi", path);
	}
	host = host_of(s, LEND_SOURCE_ESXI, false);
	host->files = bag.files;
	host->n_files = bag.n;
	return 0;
}

static int add_file(struct lend_sources *s, const char *path, struct lend_err *err)
{
	struct lend_scan_file *file;
	lend_auto_buf text = { 0 };

	if (lend_in_file(path, is_archive_name(path) ? ARCHIVE_MAX : SAVED_MAX, &text, err) < 0)
		return -1;
	if (lend_tgz_recognise(lend_buf_text(&text), text.len))
		return add_archive(s, path, &text, err);
	lend_buf_puts(&text, "");
	if (lend_source_is_inventory(text.text, text.len)) {
		struct lend_source_host *host = host_of(s, LEND_SOURCE_SAVED, false);

		host->name = path;
		host->text = text;
		text = (struct lend_buf){ 0 };
		return 0;
	}
	if (text.len > FILE_MAX)
		return lend_fail(err, LEND_E_FORMAT, "'%.150s' is longer than %d bytes", path,
				 FILE_MAX);
	(void)host_of(s, LEND_SOURCE_LOOSE, true);
	file = add_loose(s, path, path);
	file->named = true;
	return put_bytes(s, file, text.text, text.len, err);
}

/* What the name says of the content, NULL when nothing. */
static const char *promise_of(const char *name)
{
	static const char *const ends[][2] = {
		{ ".vmx", "a VM's configuration" },
		{ ".vmdk", "a disk descriptor" },
		{ ".uuid", "output of vmkfstools" },
	};

	for (size_t i = 0; i < LEND_COUNT(ends); i++) {
		if (has_end(name, ends[i][0]))
			return ends[i][1];
	}
	return NULL;
}

static bool is_sparse_disk(const char *bytes, size_t len)
{
	return len >= 4 && memcmp(bytes, "KDMV", 4) == 0;
}

/* Would some collector of files take it, be it only to say what is wrong with it? */
static bool is_known(const char *bytes, size_t len)
{
	struct lend_arena memory = { 0 };
	struct lend_ndctl nd;
	bool is;

	if (is_sparse_disk(bytes, len) || lend_vmdk_is_descriptor(bytes, len) ||
	    lend_vmx_recognise(bytes, len) || lend_esx_uuids_recognise(bytes, len) ||
	    lend_source_is_inventory(bytes, len) || lend_source_names_nd(bytes, len) ||
	    lend_esx_is_host_file(bytes, len))
		return true;
	/* An empty list names nothing. */
	is = lend_ndctl_parse_transcript(&memory, bytes, len, &nd, NULL) == 0;
	lend_arena_done(&memory);
	return is;
}

static void add_broken(struct lend_sources *s, const char *name, const char *path,
		       const char *why)
{
	add_loose(s, name, path)->broken = lend_arena_strdup(&s->memory, why);
}

/* The begin of a file tells whether reading on is worth it: NULL when it is not. */
static const struct lend_answer *read_loose(struct lend_io *io, const char *name)
{
	const struct lend_answer *head = lend_io_ask_range(io, &ask_head, name, 0, SNIFF);
	bool disk = has_end(name, ".vmdk");
	bool text = head->known == LEND_KNOWN && memchr(head->bytes, '\0', head->len) == NULL;

	if (head->known != LEND_KNOWN)
		return head->os_errno == EISDIR ? NULL : head;
	if (disk && (text || lend_vmdk_is_descriptor(head->bytes, head->len) ||
		     is_sparse_disk(head->bytes, head->len)))
		return lend_io_ask_range(io, &ask_head, name, 0, DISK_HEAD);
	/* A disk's own data mostly has the descriptor's ending. */
	if (disk || (!text && promise_of(name) == NULL))
		return NULL;
	return text ? lend_io_ask(io, &ask_file, name) : head;
}

static int add_loose_file(struct lend_sources *s, struct lend_io *io, const char *name,
			  const char *path, struct lend_err *err)
{
	const struct lend_answer *answer = read_loose(io, name);
	const char *promise = promise_of(name);
	lend_auto_buf why = { 0 };

	if (answer == NULL)
		return 0;
	if (answer->known == LEND_KNOWN && is_known(answer->bytes, answer->len))
		return put_bytes(s, add_loose(s, name, path), answer->bytes, answer->len, err);
	if (promise == NULL)
		return 0;
	if (answer->known != LEND_KNOWN)
		lend_buf_printf(&why, "could not be read: %s",
				answer->known == LEND_NOT_ASKED ? "it is a link to nowhere"
								: answer->why);
	else
		lend_buf_printf(&why, "is called like %s, but %s", promise,
				answer->len == 0 ? "it is empty" : "does not read like one");
	add_broken(s, name, path, why.text);
	return 0;
}

static bool has_name(const struct lend_answer *names, const char *name)
{
	for (size_t i = 0; i < names->n_names; i++) {
		if (strcmp(names->names[i], name) == 0)
			return true;
	}
	return false;
}

/* A folder with none of a host's own is one of loose files. */
static bool is_tree(const struct lend_answer *names)
{
	static const char *const tops[] = { "proc", "sys", "etc", "sos_commands" };

	for (size_t t = 0; t < LEND_COUNT(tops); t++) {
		if (has_name(names, tops[t]))
			return true;
	}
	return false;
}

/* /sys itself, copied to a folder of another name. */
static bool is_sys(const struct lend_answer *names)
{
	return has_name(names, "devices") &&
	       (has_name(names, "bus") || has_name(names, "class"));
}

static int nothing_known(const char *dir, bool unfinished, struct lend_err *err)
{
	if (unfinished) {
		lend_hint(err, "make it again with \"lend capture\"");
		return lend_fail(err, LEND_E_FORMAT,
				 "'%.150s' is a capture that was not finished", dir);
	}
	lend_hint(err,
		  "a saved host has proc/ or sys/ in it; loose files are ndctl's JSON, .vmdk "
		  "descriptors, .vmx and getuuid transcripts");
	return lend_fail(err, LEND_E_FORMAT, "nothing in '%.150s' is known to lend", dir);
}

static int add_loose_dir(struct lend_sources *s, const char *dir, struct lend_io *io,
			 const struct lend_answer *answer, struct lend_err *err)
{
	bool unfinished = has_name(answer, "asks.jsonl");
	size_t n = answer->n_names;
	size_t before = s->n_files;
	size_t len = strlen(dir);
	const char **names;

	if (n > FILES_MAX) {
		lend_hint(err, "name the files themselves");
		return lend_fail(err, LEND_E_USAGE, "'%.150s' has more than %d entries", dir,
				 FILES_MAX);
	}
	while (len > 1 && dir[len - 1] == '/')
		len--;
	names = lend_arena_array(&s->memory, n, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = lend_arena_strdup(&s->memory, answer->names[i]);
	for (size_t i = 0; i < n && !unfinished; i++) {
		const char *path =
			lend_arena_printf(&s->memory, "%.*s/%s", (int)len, dir, names[i]);

		lend_io_forget(io);
		if (add_loose_file(s, io, names[i], path, err) < 0)
			return -1;
	}
	if (s->n_files == before)
		return nothing_known(dir, unfinished, err);
	(void)host_of(s, LEND_SOURCE_LOOSE, true);
	return 0;
}

static int add_esx(struct lend_sources *s, const char *dir, const char *top, struct lend_io *io,
		   struct lend_err *err)
{
	struct lend_esx_bag bag = { .memory = &s->memory, .source = dir };
	struct lend_source_host *host;

	if (lend_esx_tree_read(io, top, &bag, err) < 0)
		return -1;
	if (bag.n == 0)
		return nothing_known(dir, false, err);
	host = host_of(s, LEND_SOURCE_ESXI, false);
	host->files = bag.files;
	host->n_files = bag.n;
	return 0;
}

static int add_dir(struct lend_sources *s, const char *dir, struct lend_err *err)
{
	struct lend_io *io = NULL;
	const struct lend_answer *names;
	const char *esx;
	int r = 0;

	if (lend_io_open_tree(dir, &io, err) < 0)
		return -1;
	names = lend_io_ask(io, &ask_names);
	if (names->known == LEND_UNREADABLE) {
		r = lend_fail(err, LEND_E_SYSTEM, "read the folder '%.150s': %s", dir,
			      names->why);
		lend_io_free(io);
		return r;
	}
	esx = lend_io_is_replay(io) ? NULL : lend_esx_top(io, names, &s->memory);
	if (esx != NULL) {
		r = add_esx(s, dir, esx, io, err);
		lend_io_free(io);
		return r;
	}
	if (!lend_io_is_replay(io) && !is_tree(names) && is_sys(names))
		lend_io_tree_is_below(io, "sys");
	if (lend_io_is_replay(io) || is_tree(names) || is_sys(names)) {
		struct lend_source_host *host = host_of(s, LEND_SOURCE_TREE, false);

		host->io = io;
		return 0;
	}
	r = add_loose_dir(s, dir, io, names, err);
	lend_io_free(io);
	return r;
}

/* All of it comes in one round, as the files of a saved host. */
static int add_esxi(struct lend_sources *s, const char *source,
		    const struct lend_ssh_target *target, uint32_t timeout_ms,
		    struct lend_err *err)
{
	struct lend_esx_bag bag = { .memory = &s->memory, .source = source };
	struct lend_io *io = lend_io_open_remote(target);
	struct lend_source_host *host;
	const char *path, *bytes;
	size_t at = 0, len;
	bool is_esxi = false;
	int r = lend_io_remote_round(io, timeout_ms, err);

	while (r >= 0 && lend_io_remote_file(io, &at, &path, &bytes, &len)) {
		is_esxi = is_esxi || strcmp(path, "etc/vmware/esx.conf") == 0;
		if (lend_esx_is_wanted(path))
			r = lend_esx_bag_put(&bag, path, bytes, len, err);
	}
	lend_io_free(io);
	if (r >= 0 && !is_esxi) {
		lend_hint(err, "a Linux host is ssh://%.60s", target->name);
		return lend_fail(
			err, LEND_E_REMOTE,
			"%.120s has no /etc/vmware/esx.conf that can be read: it is no "
			"host of ESXi, or this user is not its root",
			source);
	}
	if (r < 0)
		return -1;
	lend_esx_bag_end(&bag);
	host = host_of(s, LEND_SOURCE_ESXI, false);
	host->files = bag.files;
	host->n_files = bag.n;
	return 0;
}

/* 1: it is none.  A Linux host is asked when it is scanned. */
static int add_ssh(struct lend_sources *s, const char *source, uint32_t timeout_ms,
		   struct lend_err *err)
{
	static const char linux_host[] = "ssh://", esxi_host[] = "esxi+ssh://";
	bool esxi = strncmp(source, esxi_host, strlen(esxi_host)) == 0;
	struct lend_source_host *host;
	struct lend_ssh_target target;

	if (!esxi && strncmp(source, linux_host, strlen(linux_host)) != 0)
		return 1;
	if (lend_ssh_parse(&s->memory, source + strlen(esxi ? esxi_host : linux_host), &target,
			   err) < 0)
		return -1;
	target.esxi = esxi;
	if (esxi)
		return add_esxi(s, source, &target, timeout_ms, err);
	host = host_of(s, LEND_SOURCE_SSH, false);
	host->name = source;
	host->io = lend_io_open_remote(&target);
	return 0;
}

/* "scheme:" of a source that another version may know. */
static bool has_scheme(const char *source)
{
	size_t n = 0;

	while (lend_ascii_is_alpha(source[n]) || source[n] == '+')
		n++;
	return n > 1 && source[n] == ':';
}

static int add_source(struct lend_sources *s, struct lend_io *live, const char *source,
		      uint32_t timeout_ms, struct lend_err *err)
{
	struct lend_scan_socket socket;
	const struct lend_answer *answer;
	int r = add_ssh(s, source, timeout_ms, err);

	if (r <= 0)
		return r;
	if (lend_source_socket(&s->memory, source, &socket))
		return add_socket(s, live, source, &socket, err);
	if (lend_source_libvirt(source) != NULL)
		return add_libvirt(s, source, lend_source_libvirt(source), err);
	if (lend_vim_url_is(source)) {
		if (lend_vim_url_parse(&s->memory, source, &(struct lend_vim_url){ 0 }, err) <
		    0)
			return -1;
		host_of(s, LEND_SOURCE_VSPHERE, false)->name = source;
		return 0;
	}
	if (strcmp(source, "-") == 0)
		return add_file(s, source, err);
	answer = lend_io_ask(live, &ask_stat, lend_in_absolute(&s->memory, source));
	if (answer->known == LEND_KNOWN && S_ISDIR(answer->stat.mode))
		return add_dir(s, source, err);
	if (answer->known == LEND_ABSENT && has_scheme(source)) {
		lend_hint(err, "%s", kinds_hint);
		return lend_fail(err, LEND_E_USAGE, "this version cannot look at '%.120s'",
				 source);
	}
	if (answer->known == LEND_ABSENT)
		lend_hint(err, "%s", kinds_hint);
	return add_file(s, source, err);
}

int lend_sources_open(const struct lend_scan_options *options, struct lend_sources *ret,
		      struct lend_err *err)
{
	struct lend_io *live = lend_io_live();
	int r = 0;

	*ret = (struct lend_sources){ 0 };
	if (options->n_sources == 0)
		(void)host_of(ret, LEND_SOURCE_HERE, true);
	for (size_t i = 0; i < options->n_sources && r == 0; i++)
		r = add_source(ret, live, options->sources[i], options->timeout_ms, err);
	for (size_t i = 0; i < ret->n_hosts && r == 0; i++) {
		if (ret->hosts[i].kind == LEND_SOURCE_HERE) {
			ret->hosts[i].io = live;
			live = NULL;
		}
	}
	lend_io_free(live);
	if (r < 0)
		lend_sources_close(ret);
	return r;
}

void lend_sources_close(struct lend_sources *sources)
{
	for (size_t i = 0; i < sources->n_hosts; i++) {
		lend_io_free(sources->hosts[i].io);
		lend_buf_done(&sources->hosts[i].text);
	}
	lend_arena_done(&sources->memory);
	*sources = (struct lend_sources){ 0 };
}
