/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lend's questions to ESXi and vCenter over their web service: the one program
 * that is linked with libcurl, since loading it takes longer than most of what
 * lend does.
 *
 *	lend-via-vsphere read vsphere://USER@HOST[:PORT][?pin=...|?cacert=...]
 *
 * The password comes on standard input, never as an argument and never by the
 * environment.  It prints JSON, a line each (docs/design/vsphere.md): the
 * server, its datacenters, datastores, hosts and VMs, UUIDs of NVDIMMs, and
 * {"end":{...}} with their numbers; or {"failed":...,"hint":...} where it had
 * to stop, so that what was read until then is known as a part.
 *
 * It asks only; to be allowed to read is enough.
 */

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "via-vsphere.h"

enum {
	PASSWORD_MAX = 4096,
	OUTPUT_MAX = 120 << 20,
	OBJECTS_MAX = 100 * 1000,
	PAGES_MAX = 10 * 1000,
	UUIDS_MAX = 20 * 1000,
	UUIDS_S = 30,
};

struct disk {
	const char *file, *datastore;
};

struct place {
	const char *datastore, *datacenter;
};

struct session {
	struct lend_arena memory;
	struct via_server *server;
	struct lend_vim_ref sessions, collector, views, root, disk_manager, view;
	bool has_disk_manager, logged_in;
	struct lend_buf line, request;
	size_t n_printed, n_objects;
	size_t n_hosts, n_vms;
	struct disk *disks;
	size_t n_disks, cap_disks;
	struct place *places;
	size_t n_places, cap_places;
};

/* ---- printing ---- */

static int print(struct session *s, struct lend_err *err)
{
	lend_buf_putc(&s->line, '\n');
	s->n_printed += s->line.len;
	if (s->n_printed > OUTPUT_MAX)
		return lend_fail(err, LEND_E_REMOTE, "the server tells more than %d MiB",
				 OUTPUT_MAX >> 20);
	if (fwrite(s->line.text, 1, s->line.len, stdout) != s->line.len)
		return lend_fail_errno(err, "write to standard output");
	lend_buf_reset(&s->line);
	return 0;
}

static int print_failed(struct session *s, const struct lend_err *err)
{
	struct lend_jsonw w = { .out = &s->line };

	lend_buf_reset(&s->line);
	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "failed", err->what);
	lend_jsonw_str(&w, "hint", err->hint);
	lend_jsonw_close(&w, '}');
	lend_buf_putc(&s->line, '\n');
	return fwrite(s->line.text, 1, s->line.len, stdout) == s->line.len &&
			       fflush(stdout) == 0
		       ? 0
		       : 1;
}

/* ---- faults ---- */

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* The type decides; what the server says for people may be in any language. */
static int fail_fault(const struct lend_vim_reply *reply, const char *doing,
		      struct lend_err *err)
{
	const char *fault = reply->fault;

	if (is(fault, "InvalidLogin")) {
		lend_hint(err, "after some wrong ones ESXi locks the account for 15 minutes");
		return lend_fail(err, LEND_E_REMOTE, "user or password is wrong");
	}
	if (is(fault, "NoPermission")) {
		lend_hint(err, "the role Read-only on all of it is enough");
		return lend_fail(err, LEND_E_REMOTE, "the user may not do this: %s", doing);
	}
	if (is(fault, "NotAuthenticated")) {
		lend_hint(err, "look again");
		return lend_fail(err, LEND_E_REMOTE, "the server ended our session (%s)",
				 doing);
	}
	return lend_fail(err, LEND_E_REMOTE, "%s: the server says %.60s: %.100s", doing,
			 fault[0] != '\0' ? fault : "a fault", reply->fault_says);
}

/* ---- requests ---- */

static int ask(struct session *s, const char *doing, lend_vim_take *take,
	       struct lend_vim_reply *ret_reply, struct lend_err *err)
{
	if (via_server_ask(s->server, &s->request, take, s, ret_reply, err) < 0)
		return -1;
	return ret_reply->fault != NULL ? fail_fault(ret_reply, doing, err) : 0;
}

static bool keep_ref(struct session *s, const struct lend_xml_node *node, const char *child,
		     struct lend_vim_ref *ret)
{
	struct lend_vim_ref ref;

	if (!lend_vim_ref_of(node, child, &ref))
		return false;
	ret->type = lend_arena_strdup(&s->memory, ref.type);
	ret->id = lend_arena_strdup(&s->memory, ref.id);
	return true;
}

static const char *text_of(const struct lend_xml_node *node, const char *child)
{
	const struct lend_xml_node *n = lend_xml_any(node, child);

	return n == NULL ? "" : n->text;
}

static int open_service(struct session *s, struct lend_err *err)
{
	const struct lend_xml_node *content, *about;
	struct lend_jsonw w = { .out = &s->line };
	struct lend_vim_reply reply;

	lend_buf_reset(&s->request);
	lend_vim_ask_content(&s->request);
	if (ask(s, "asking what it is", NULL, &reply, err) < 0)
		return -1;
	content = reply.returnval;
	about = lend_xml_any(content, "about");
	if (!keep_ref(s, content, "sessionManager", &s->sessions) ||
	    !keep_ref(s, content, "propertyCollector", &s->collector) ||
	    !keep_ref(s, content, "viewManager", &s->views) ||
	    !keep_ref(s, content, "rootFolder", &s->root))
		return lend_fail(err, LEND_E_REMOTE,
				 "the server does not say how it is to be asked");
	s->has_disk_manager = keep_ref(s, content, "virtualDiskManager", &s->disk_manager);
	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "about", text_of(about, "fullName"));
	lend_jsonw_str(&w, "api", text_of(about, "apiType"));
	lend_jsonw_str(&w, "version", text_of(about, "apiVersion"));
	lend_jsonw_close(&w, '}');
	return print(s, err);
}

static int log_in(struct session *s, const struct lend_vim_url *url, const char *password,
		  struct lend_err *err)
{
	struct lend_vim_reply reply;
	int r;

	lend_buf_reset(&s->request);
	lend_vim_ask_login(&s->request, &s->sessions, url->user, password);
	r = ask(s, "logging in", NULL, &reply, err);
	explicit_bzero(s->request.text, s->request.len);
	s->logged_in = r == 0;
	return r;
}

/* Best effort: the server forgets sessions by itself, after half an hour. */
static void log_out(struct session *s)
{
	struct lend_vim_reply reply;
	struct lend_err err = { 0 };

	if (!s->logged_in)
		return;
	lend_buf_reset(&s->request);
	lend_vim_ask_logout(&s->request, &s->sessions);
	(void)!via_server_ask(s->server, &s->request, NULL, NULL, &reply, &err);
}

static int open_view(struct session *s, struct lend_err *err)
{
	static const char *const types[] = { "HostSystem", "VirtualMachine", "Datastore",
					     "Datacenter" };
	struct lend_vim_reply reply;

	lend_buf_reset(&s->request);
	lend_vim_ask_view(&s->request, &s->views, &s->root, types, LEND_COUNT(types));
	if (ask(s, "making a view of all there is", NULL, &reply, err) < 0)
		return -1;
	if (reply.returnval == NULL || reply.returnval->text[0] == '\0')
		return lend_fail(err, LEND_E_REMOTE, "the server made no view");
	s->view.type = "ContainerView";
	s->view.id = lend_arena_strdup(&s->memory, reply.returnval->text);
	return 0;
}

/* ---- objects ---- */

static void add_disk(void *context, const char *file, const char *datastore)
{
	struct session *s = context;
	struct disk *disk = LEND_PUSH(&s->memory, s->disks, s->n_disks, s->cap_disks);

	disk->file = lend_arena_strdup(&s->memory, file);
	disk->datastore = datastore == NULL ? "" : lend_arena_strdup(&s->memory, datastore);
}

static void keep_places(struct session *s, const struct lend_xml_node *object, const char *id)
{
	const struct lend_xml_node *ref =
		lend_xml_any(lend_vim_prop(object, "datastore"), "ManagedObjectReference");
	const char *datacenter = lend_arena_strdup(&s->memory, id);

	for (; ref != NULL; ref = lend_xml_any_again(ref)) {
		struct place *place =
			LEND_PUSH(&s->memory, s->places, s->n_places, s->cap_places);

		place->datastore = lend_arena_strdup(&s->memory, ref->text);
		place->datacenter = datacenter;
	}
}

static int take(void *context, const struct lend_xml_node *object, struct lend_err *err)
{
	struct session *s = context;
	const struct lend_vim_disks disks = { add_disk, s };
	struct lend_vim_ref ref;

	if (s->n_objects++ == OBJECTS_MAX)
		return lend_fail(err, LEND_E_REMOTE, "the server tells of more than %d things",
				 OBJECTS_MAX);
	if (!lend_vim_object(object, &ref))
		return 0;
	if (is(ref.type, "Datacenter"))
		keep_places(s, object, ref.id);
	s->n_hosts += is(ref.type, "HostSystem");
	s->n_vms += is(ref.type, "VirtualMachine");
	if (!lend_vim_put_object(&s->line, object, &disks)) {
		lend_buf_reset(&s->line);
		return 0;
	}
	return print(s, err);
}

static int read_objects(struct session *s, const char *type, unsigned int page,
			struct lend_err *err)
{
	struct lend_vim_reply reply;
	size_t n_pages = 0;

	lend_buf_reset(&s->request);
	lend_vim_ask_objects(&s->request, &s->collector, &s->view, type, page);
	for (;;) {
		if (ask(s, type, take, &reply, err) < 0)
			return -1;
		if (reply.token == NULL)
			return 0;
		if (n_pages++ == PAGES_MAX)
			return lend_fail(err, LEND_E_REMOTE,
					 "the list of the server has no end");
		lend_buf_reset(&s->request);
		lend_vim_ask_more(&s->request, &s->collector, reply.token);
	}
}

/* ---- UUIDs, which only a question for each disk tells ---- */

static int compare_disks(const void *pa, const void *pb)
{
	const struct disk *a = pa;
	const struct disk *b = pb;
	int r = strcmp(a->file, b->file);

	return r != 0 ? r : strcmp(a->datastore, b->datastore);
}

static int compare_places(const void *pa, const void *pb)
{
	const struct place *a = pa;
	const struct place *b = pb;

	return strcmp(a->datastore, b->datastore);
}

static const char *datacenter_of(const struct session *s, const struct disk *disk)
{
	const struct place key = { .datastore = disk->datastore };
	const struct place *place = s->n_places == 0
					    ? NULL
					    : bsearch(&key, s->places, s->n_places,
						      sizeof(*s->places), compare_places);

	return place == NULL || is(place->datacenter, "ha-datacenter") ? NULL
								       : place->datacenter;
}

static int read_uuid(struct session *s, const struct disk *disk, bool late,
		     struct lend_err *err)
{
	struct lend_jsonw w = { .out = &s->line };
	struct lend_vim_reply reply = { .fault = "it would take too long" };

	if (!late) {
		lend_buf_reset(&s->request);
		lend_vim_ask_uuid(&s->request, &s->disk_manager, disk->file,
				  datacenter_of(s, disk));
		if (via_server_ask(s->server, &s->request, NULL, NULL, &reply, err) < 0)
			return -1;
	}
	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "disk", disk->file);
	lend_jsonw_str(&w, "datastore", disk->datastore);
	if (reply.fault != NULL)
		lend_jsonw_str(&w, "fault", reply.fault);
	else if (reply.returnval != NULL)
		lend_jsonw_str(&w, "uuid", reply.returnval->text);
	lend_jsonw_close(&w, '}');
	return print(s, err);
}

static int read_uuids(struct session *s, struct lend_err *err)
{
	time_t end = time(NULL) + UUIDS_S;
	size_t n = 0;

	if (!s->has_disk_manager || s->n_disks == 0)
		return 0;
	qsort(s->disks, s->n_disks, sizeof(*s->disks), compare_disks);
	if (s->n_places > 0)
		qsort(s->places, s->n_places, sizeof(*s->places), compare_places);
	for (size_t i = 0; i < s->n_disks; i++) {
		if (i > 0 && compare_disks(&s->disks[i], &s->disks[i - 1]) == 0)
			continue;
		if (read_uuid(s, &s->disks[i], n++ >= UUIDS_MAX || time(NULL) > end, err) < 0)
			return -1;
	}
	return 0;
}

static int print_end(struct session *s, struct lend_err *err)
{
	struct lend_jsonw w = { .out = &s->line };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_open(&w, "end", '{');
	lend_jsonw_u64(&w, "hosts", s->n_hosts);
	lend_jsonw_u64(&w, "vms", s->n_vms);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
	return print(s, err);
}

static int read_all(struct session *s, const char *source, const char *password,
		    struct lend_err *err)
{
	struct lend_vim_url url;

	if (lend_vim_url_parse(&s->memory, source, &url, err) < 0)
		return -1;
	s->server = via_server_new(&url, err);
	if (s->server == NULL || open_service(s, err) < 0 ||
	    log_in(s, &url, password, err) < 0 || open_view(s, err) < 0)
		return -1;
	/* Hosts first: when something breaks, it is known whose VMs are not. */
	if (read_objects(s, "HostSystem", 25, err) < 0 ||
	    read_objects(s, "Datacenter", 100, err) < 0 ||
	    read_objects(s, "Datastore", 100, err) < 0 ||
	    read_objects(s, "VirtualMachine", 100, err) < 0 || read_uuids(s, err) < 0)
		return -1;
	return print_end(s, err);
}

/* One line, or all there is. */
static bool read_password(char password[PASSWORD_MAX])
{
	size_t len = 0;

	while (len < PASSWORD_MAX - 1) {
		ssize_t n = read(STDIN_FILENO, password + len, PASSWORD_MAX - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	password[len] = '\0';
	password[strcspn(password, "\r\n")] = '\0';
	return password[0] != '\0';
}

int main(int argc, char **argv)
{
	struct session s = { .n_hosts = 0 };
	struct lend_err err = { 0 };
	char password[PASSWORD_MAX];
	int status = 0;

	if (argc != 3 || strcmp(argv[1], "read") != 0) {
		(void)fprintf(stderr, "usage: lend-via-vsphere read vsphere://USER@HOST\n");
		return 2;
	}
	if (!read_password(password))
		(void)lend_fail(&err, LEND_E_USAGE, "there is no password");
	if (err.code != LEND_OK || read_all(&s, argv[2], password, &err) < 0)
		status = print_failed(&s, &err);
	explicit_bzero(password, sizeof(password));
	if (s.server != NULL)
		log_out(&s);
	if (fflush(stdout) != 0)
		status = 1;
	via_server_free(s.server);
	lend_buf_done(&s.line);
	lend_buf_done(&s.request);
	lend_arena_done(&s.memory);
	return status;
}
