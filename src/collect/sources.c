/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/sources-inside.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/err.h"
#include "collect/esx-tree.h"
#include "format/tcp-listen.h"
#include "format/vim-url.h"
#include "io/out.h"
#include "io/ssh.h"

enum { LIBVIRT_URI_MAX = 1024 };

static const char kinds_hint[] =
	"SOURCE is nothing for this host, a folder, a file, qmp:PATH, qmp:tcp:HOST:PORT, "
	"qga:PATH, libvirt:URI, ssh://[user@]host, esxi+ssh://[user@]host or vsphere://USER@HOST; "
	"see lend(1)";

static const struct lend_ask ask_stat = { .via = LEND_VIA_STAT,
					  .key = "%p",
					  .flags = LEND_ASK_MAY_HANG };

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

const char *lend_source_ssh(const char *source)
{
	return strncmp(source, "ssh://", strlen("ssh://")) == 0 ? source + strlen("ssh://")
								: NULL;
}

bool lend_libvirt_is_remote(const char *uri)
{
	const char *authority = strstr(uri, "://");

	return authority != NULL && authority[3] != '/' && authority[3] != '\0';
}

struct lend_source_host *lend_sources_host(struct lend_sources *s, enum lend_source_kind kind,
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
		(void)lend_sources_host(s, LEND_SOURCE_HERE, true);
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
	(void)lend_sources_host(s, LEND_SOURCE_HERE, true);
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
		lend_sources_host(s, LEND_SOURCE_REMOTE, false)->name = uri;
		return 0;
	}
	(void)lend_sources_host(s, LEND_SOURCE_HERE, true);
	*LEND_PUSH(&s->memory, s->libvirts, s->n_libvirts, s->cap_libvirts) = uri;
	return 0;
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
	host = lend_sources_host(s, LEND_SOURCE_ESXI, false);
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
	host = lend_sources_host(s, LEND_SOURCE_SSH, false);
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
		lend_sources_host(s, LEND_SOURCE_VSPHERE, false)->name = source;
		return 0;
	}
	if (strcmp(source, "-") == 0)
		return lend_sources_add_file(s, source, err);
	answer = lend_io_ask(live, &ask_stat, lend_in_absolute(&s->memory, source));
	if (answer->known == LEND_KNOWN && S_ISDIR(answer->stat.mode))
		return lend_sources_add_dir(s, source, err);
	if (answer->known == LEND_ABSENT && has_scheme(source)) {
		lend_hint(err, "%s", kinds_hint);
		return lend_fail(err, LEND_E_USAGE, "this version cannot look at '%.120s'",
				 source);
	}
	if (answer->known == LEND_ABSENT)
		lend_hint(err, "%s", kinds_hint);
	return lend_sources_add_file(s, source, err);
}

int lend_sources_open(const struct lend_scan_options *options, struct lend_sources *ret,
		      struct lend_err *err)
{
	struct lend_io *live = lend_io_live();
	int r = 0;

	*ret = (struct lend_sources){ 0 };
	if (options->n_sources == 0)
		(void)lend_sources_host(ret, LEND_SOURCE_HERE, true);
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
