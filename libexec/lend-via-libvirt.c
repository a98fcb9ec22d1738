/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lend's questions to libvirt: the one program that is linked with it, since
 * loading libvirt takes longer than most of what lend does.
 *
 *	lend-via-libvirt read URI           all domains over one read-only connection
 *	lend-via-libvirt serve URI          requests of who changes (via-libvirt-talk.c)
 *	lend-via-libvirt agent URI DOMAIN   requests to a guest agent: taints the domain
 *	lend-via-libvirt volume URI PATH END BYTES   a file of its host (via-libvirt-volume.c)
 *
 * read prints JSON, a line each: first the connection, then the domains, and {"end":N}
 * with their number, so that a list that was cut is known as such.  A domain
 * that runs has its live XML and, where it is another one, the one of its next
 * start; one that is off has the latter.
 *
 * Looking starts no daemon: neither by libvirt itself (LIBVIRT_AUTOSTART) nor by
 * systemd, which starts libvirtd when somebody connects to its socket.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "via-libvirt.h"

enum {
	XML_MAX = 4 << 20, /* of one domain */
	ALL_MAX = 60 << 20,
	REPLY_MAX = 8 << 20, /* as one object; with what escapes need below 16 MiB */
	DOMAINS_MAX = 16384,
};

void via_free_list(struct via_list *list)
{
	for (int i = 0; i < list->n; i++)
		(void)virDomainFree(list->items[i]);
	free(list->items);
	*list = (struct via_list){ 0 };
}

#define auto_list LEND_CLEANUP(via_free_list) struct via_list

static int fail(const char *what)
{
	const char *why = virGetLastErrorMessage();

	(void)fprintf(stderr, "%s%s%.200s\n", what, what[0] == '\0' ? "" : ": ", why);
	return 1;
}

/* libvirt would print every error by itself. */
static void say_nothing(void *context, virErrorPtr error)
{
	(void)context;
	(void)error;
}

/* ---- who would be started ---- */

/* libvirt's daemons hold a lock on their pid file as long as they run. */
static bool is_locked(const char *path)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	lend_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno != ENOENT; /* cannot tell: then it is asked */
	return fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool via_would_start_daemon(const char *uri)
{
	static const char *const daemons[] = { "/run/libvirtd.pid", "/run/virtqemud.pid" };

	if (!starts_with(uri, "qemu:///system") && !starts_with(uri, "qemu+unix:///system"))
		return false;
	if (strchr(uri, '?') != NULL || access("/run/systemd/system", F_OK) < 0)
		return false;
	for (size_t i = 0; i < LEND_COUNT(daemons); i++) {
		if (is_locked(daemons[i]))
			return false;
	}
	return true;
}

/* We were started with next to no environment; a session's daemon is found by this. */
static void set_environment(void)
{
	char path[64];
	struct stat st;

	(void)setenv("LIBVIRT_AUTOSTART", "0", 1);
	(void)snprintf(path, sizeof(path), "/run/user/%u", (unsigned int)geteuid());
	if (stat(path, &st) == 0 && st.st_uid == geteuid())
		(void)setenv("XDG_RUNTIME_DIR", path, 0);
}

/* ---- printing ---- */

static void put_version(struct lend_jsonw *w, const char *key, unsigned long version)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%lu.%lu.%lu", version / 1000000,
		       version / 1000 % 1000, version % 1000);
	lend_jsonw_str(w, key, text);
}

static int print(struct lend_buf *line)
{
	lend_buf_putc(line, '\n');
	if (fwrite(line->text, 1, line->len, stdout) != line->len) {
		(void)fprintf(stderr, "write to standard output: %s\n", strerror(errno));
		return 1;
	}
	lend_buf_reset(line);
	return 0;
}

static int print_connection(virConnectPtr connection, struct lend_buf *line)
{
	struct lend_jsonw w = { .out = line };
	unsigned long library = 0, hypervisor = 0;

	(void)virGetVersion(&library, NULL, NULL);
	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "driver", virConnectGetType(connection));
	put_version(&w, "libvirt", library);
	if (virConnectGetVersion(connection, &hypervisor) == 0 && hypervisor != 0)
		put_version(&w, "hypervisor", hypervisor);
	lend_jsonw_close(&w, '}');
	return print(line);
}

/* Returns the bytes it took; the domain may be gone since it was listed. */
static size_t put_xml(struct lend_jsonw *w, const char *key, virDomainPtr domain,
		      unsigned int flags)
{
	char *xml = virDomainGetXMLDesc(domain, flags);
	size_t len = xml == NULL ? 0 : strlen(xml);

	if (xml == NULL)
		lend_jsonw_str(w, "failed", virGetLastErrorMessage());
	else if (len > XML_MAX)
		lend_jsonw_str(w, "failed", "its XML is longer than 4 MiB");
	else
		lend_jsonw_strn(w, key, xml, len);
	free(xml);
	return len;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, VIR_UUID_BUFLEN);
}

/* The UUIDs of a list, sorted. */
struct uuids {
	unsigned char (*items)[VIR_UUID_BUFLEN];
	size_t n;
};

static bool has(const struct uuids *uuids, virDomainPtr domain)
{
	unsigned char uuid[VIR_UUID_BUFLEN];

	return uuids->n > 0 && virDomainGetUUID(domain, uuid) == 0 &&
	       bsearch(uuid, uuids->items, uuids->n, sizeof(uuid), compare) != NULL;
}

size_t via_put_domain(struct lend_jsonw *w, const char *key, virDomainPtr domain, bool paused,
		      bool persistent)
{
	bool runs = virDomainGetID(domain) != (unsigned int)-1;
	char uuid[VIR_UUID_STRING_BUFLEN] = "";
	size_t len = 0;

	(void)virDomainGetUUIDString(domain, uuid);
	lend_jsonw_open(w, key, '{');
	lend_jsonw_str(w, "name", virDomainGetName(domain));
	lend_jsonw_str(w, "uuid", uuid);
	lend_jsonw_str(w, "state", !runs ? "off" : paused ? "paused" : "running");
	lend_jsonw_bool(w, "persistent", persistent);
	if (runs)
		len += put_xml(w, "live", domain, 0);
	if (persistent)
		len += put_xml(w, "defined", domain, VIR_DOMAIN_XML_INACTIVE);
	lend_jsonw_close(w, '}');
	return len;
}

static int get(virConnectPtr connection, unsigned int flags, struct via_list *ret)
{
	ret->n = virConnectListAllDomains(connection, &ret->items, flags);
	if (ret->n >= 0)
		return 0;
	ret->n = 0;
	return -1;
}

static int get_uuids(virConnectPtr connection, unsigned int flags, struct uuids *ret)
{
	auto_list list = { 0 };

	if (get(connection, flags, &list) < 0)
		return -1;
	ret->items = lend_xrealloc(NULL, (size_t)(list.n + 1) * sizeof(*ret->items));
	for (int i = 0; i < list.n; i++)
		ret->n += virDomainGetUUID(list.items[i], ret->items[ret->n]) == 0;
	qsort(ret->items, ret->n, sizeof(*ret->items), compare);
	return 0;
}

struct lists {
	struct via_list all;
	struct uuids paused, persistent;
};

static void free_lists(struct lists *lists)
{
	via_free_list(&lists->all);
	free(lists->paused.items);
	free(lists->persistent.items);
}

#define auto_lists LEND_CLEANUP(free_lists) struct lists

/* Three questions instead of two of each domain. */
static int get_lists(virConnectPtr connection, struct lists *ret)
{
	if (get(connection, 0, &ret->all) < 0 ||
	    get_uuids(connection, VIR_CONNECT_LIST_DOMAINS_PAUSED, &ret->paused) < 0)
		return -1;
	return get_uuids(connection, VIR_CONNECT_LIST_DOMAINS_PERSISTENT, &ret->persistent);
}

static size_t put_one(struct lend_jsonw *w, const struct lists *lists, int n)
{
	virDomainPtr domain = lists->all.items[n];

	return via_put_domain(w, NULL, domain, has(&lists->paused, domain),
			      has(&lists->persistent, domain));
}

static int print_domains(virConnectPtr connection, struct lend_buf *line)
{
	auto_lists lists = { 0 };
	struct lend_jsonw w = { .out = line };
	size_t total = 0;
	int n = 0;

	if (get_lists(connection, &lists) < 0)
		return fail("list the domains");
	for (; n < lists.all.n && n < DOMAINS_MAX && total < ALL_MAX; n++) {
		struct lend_jsonw one = { .out = line };

		total += put_one(&one, &lists, n);
		if (print(line) != 0)
			return 1;
	}
	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_u64(&w, "end", (uint64_t)n);
	lend_jsonw_u64(&w, "of", (uint64_t)lists.all.n);
	lend_jsonw_close(&w, '}');
	return print(line);
}

int via_put_domains(struct lend_jsonw *w, virConnectPtr connection, struct via_list *seen)
{
	auto_lists lists = { 0 };
	size_t total = 0;

	if (get_lists(connection, &lists) < 0)
		return -1;
	lend_jsonw_u64(w, "of", (uint64_t)lists.all.n);
	lend_jsonw_open(w, "domains", '[');
	for (int n = 0; n < lists.all.n && n < DOMAINS_MAX && total < REPLY_MAX; n++)
		total += put_one(w, &lists, n);
	lend_jsonw_close(w, ']');
	via_free_list(seen);
	*seen = lists.all;
	lists.all = (struct via_list){ 0 };
	return 0;
}

static int read_all(const char *uri)
{
	auto_connection connection = NULL;
	lend_auto_buf line = { 0 };

	if (via_would_start_daemon(uri)) {
		(void)fprintf(stderr,
			      "libvirt's daemon does not run, and a question would start it\n");
		return 1;
	}
	connection = virConnectOpenReadOnly(uri);
	if (connection == NULL)
		return fail("");
	if (print_connection(connection, &line) != 0 || print_domains(connection, &line) != 0)
		return 1;
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	set_environment();
	virSetErrorFunc(NULL, say_nothing);
	if (argc == 3 && strcmp(argv[1], "read") == 0)
		return read_all(argv[2]);
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return via_serve(argv[2]);
	if (argc == 4 && strcmp(argv[1], "agent") == 0)
		return via_agent(argv[2], argv[3]);
	if (argc == 6 && strcmp(argv[1], "volume") == 0)
		return via_volume(argv[2], argv[3], argv[4], argv[5]);
	(void)fprintf(stderr, "usage: lend-via-libvirt read|serve URI | agent URI DOMAIN | "
			      "volume URI PATH END BYTES\n");
	return 2;
}
