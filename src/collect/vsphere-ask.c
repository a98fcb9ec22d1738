/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one question to such a server, and its answer sorted by hosts.
 *
 * Asks  libexec/lend-via-vsphere; the password goes to its standard input and
 *       is in no capture
 */

#include "base/err.h"
#include "base/json.h"
#include "collect/vsphere.h"
#include "format/vim-url.h"

enum {
	ANSWER_MAX = 128 << 20,
	DEADLINE_MS = 300 * 1000,
	PASSWORD_MAX = 1024,
	HOSTS_MAX = 5000,
	VMS_MAX = 100 * 1000,
	VALUES_MAX = 400 * 1000, /* of one line */
};

static const char key[] = "lend-via-vsphere read %s";

const char *lend_vsphere_of_capture(const struct lend_io *io)
{
	const struct lend_scan_options *request = lend_io_request(io);

	for (size_t i = 0; request != NULL && i < request->n_sources; i++) {
		if (lend_vim_url_is(request->sources[i]))
			return request->sources[i];
	}
	return NULL;
}

/* ---- lines ---- */

static const char *text_of(struct lend_vsphere *v, const struct lend_json *doc,
			   const char *member)
{
	const char *text = lend_json_str(lend_json_get(doc, member));

	return text == NULL ? NULL : lend_arena_strdup(&v->memory, text);
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static bool take_host(struct lend_vsphere *v, const struct lend_json *doc,
		      struct lend_vsphere_line line)
{
	const char *ref = text_of(v, doc, "host");
	struct lend_vsphere_host *host;

	if (ref == NULL || v->n_hosts == HOSTS_MAX)
		return false;
	host = LEND_PUSH(&v->memory, v->hosts, v->n_hosts, v->cap_hosts);
	host->ref = ref;
	host->name = text_of(v, doc, "name");
	host->line = line;
	return true;
}

static bool take_vm(struct lend_vsphere *v, const struct lend_json *doc,
		    struct lend_vsphere_line line)
{
	struct lend_vsphere_vm *vm;

	if (v->n_vms == VMS_MAX)
		return false;
	vm = LEND_PUSH(&v->memory, v->vms, v->n_vms, v->cap_vms);
	vm->host = or_empty(text_of(v, doc, "host"));
	vm->name = or_empty(text_of(v, doc, "name"));
	vm->line = line;
	return true;
}

static bool take_disk(struct lend_vsphere *v, const struct lend_json *doc)
{
	struct lend_vsphere_disk *disk =
		LEND_PUSH(&v->memory, v->disks, v->n_disks, v->cap_disks);

	disk->file = or_empty(text_of(v, doc, "disk"));
	disk->datastore = or_empty(text_of(v, doc, "datastore"));
	disk->uuid = text_of(v, doc, "uuid");
	disk->fault = text_of(v, doc, "fault");
	return true;
}

const char *lend_vsphere_volume(struct lend_arena *arena, const char *path)
{
	static const char start[] = "/vmfs/volumes/";
	const char *at = path == NULL ? NULL : strstr(path, start);
	size_t len = at == NULL ? 0 : strcspn(at + strlen(start), "/");

	return len == 0 ? NULL : lend_arena_strndup(arena, at + strlen(start), len);
}

static bool take_datastore(struct lend_vsphere *v, const struct lend_json *doc)
{
	struct lend_vsphere_datastore *d;
	const char *volume =
		lend_vsphere_volume(&v->memory, lend_json_str(lend_json_get(doc, "url")));
	const char *name = text_of(v, doc, "name");

	if (volume == NULL || name == NULL || name[0] == '\0')
		return true;
	d = LEND_PUSH(&v->memory, v->datastores, v->n_datastores, v->cap_datastores);
	d->volume = volume;
	d->name = name;
	return true;
}

static bool take_end(struct lend_vsphere *v, const struct lend_json *end)
{
	uint64_t hosts, vms;

	v->whole = lend_json_u64(lend_json_get(end, "hosts"), &hosts) &&
		   lend_json_u64(lend_json_get(end, "vms"), &vms) && hosts == v->n_hosts &&
		   vms == v->n_vms;
	return false;
}

/* false: nothing behind it is read. */
static bool take_line(struct lend_vsphere *v, struct lend_vsphere_line line)
{
	static const char *const keys[] = { "host",   "vm",    "disk",       "end",
					    "failed", "about", "datacenter", "datastore" };
	size_t kind = lend_json_find_key(line.text, line.len, keys, LEND_COUNT(keys));
	lend_auto_json struct lend_json *doc = NULL;

	if (kind == LEND_COUNT(keys) ||
	    lend_json_parse_large(line.text, line.len, VALUES_MAX, &doc, NULL) < 0)
		return false;
	switch (kind) {
	case 0:
		return take_host(v, doc, line);
	case 1:
		return take_vm(v, doc, line);
	case 2:
		return take_disk(v, doc);
	case 3:
		return take_end(v, lend_json_get(doc, "end"));
	case 4:
		v->failed = or_empty(text_of(v, doc, "failed"));
		v->hint = or_empty(text_of(v, doc, "hint"));
		return false;
	case 7:
		return take_datastore(v, doc);
	default:
		return true; /* no use for it so far */
	}
}

/* ---- in order ---- */

static int compare_hosts(const void *pa, const void *pb)
{
	const struct lend_vsphere_host *a = pa;
	const struct lend_vsphere_host *b = pb;

	return strcmp(a->ref, b->ref);
}

static int compare_vms(const void *pa, const void *pb)
{
	const struct lend_vsphere_vm *a = pa;
	const struct lend_vsphere_vm *b = pb;
	int r = strcmp(a->host, b->host);

	if (r == 0)
		r = strcmp(a->name, b->name);
	return r != 0 ? r : a->line.text < b->line.text ? -1 : a->line.text > b->line.text;
}

static int compare_disks(const void *pa, const void *pb)
{
	const struct lend_vsphere_disk *a = pa;
	const struct lend_vsphere_disk *b = pb;
	int r = strcmp(a->file, b->file);

	return r != 0 ? r : strcmp(a->datastore, b->datastore);
}

static int compare_datastores(const void *pa, const void *pb)
{
	const struct lend_vsphere_datastore *a = pa;
	const struct lend_vsphere_datastore *b = pb;

	return strcmp(a->volume, b->volume);
}

const char *lend_vsphere_datastore_name(const struct lend_vsphere *v, const char *volume)
{
	const struct lend_vsphere_datastore wanted = { .volume = volume };
	const struct lend_vsphere_datastore *found =
		v->n_datastores == 0 ? NULL
				     : bsearch(&wanted, v->datastores, v->n_datastores,
					       sizeof(wanted), compare_datastores);

	return found == NULL ? NULL : found->name;
}

static void sort(struct lend_vsphere *v)
{
	size_t at = 0;

	if (v->n_hosts > 0)
		qsort(v->hosts, v->n_hosts, sizeof(*v->hosts), compare_hosts);
	if (v->n_vms > 0)
		qsort(v->vms, v->n_vms, sizeof(*v->vms), compare_vms);
	if (v->n_disks > 0)
		qsort(v->disks, v->n_disks, sizeof(*v->disks), compare_disks);
	if (v->n_datastores > 0)
		qsort(v->datastores, v->n_datastores, sizeof(*v->datastores),
		      compare_datastores);
	for (size_t i = 0; i < v->n_hosts; i++) {
		struct lend_vsphere_host *host = &v->hosts[i];

		while (at < v->n_vms && strcmp(v->vms[at].host, host->ref) < 0) {
			at++;
			v->n_homeless++;
		}
		host->first_vm = at;
		while (at < v->n_vms && strcmp(v->vms[at].host, host->ref) == 0)
			at++;
		host->n_vms = at - host->first_vm;
	}
	v->n_homeless += v->n_vms - at;
}

const struct lend_vsphere_disk *lend_vsphere_disk(const struct lend_vsphere *v,
						  const char *file, const char *datastore)
{
	const struct lend_vsphere_disk wanted = { .file = file,
						  .datastore = or_empty(datastore) };

	return v->n_disks == 0 ? NULL
			       : bsearch(&wanted, v->disks, v->n_disks, sizeof(*v->disks),
					 compare_disks);
}

size_t lend_vsphere_host_of(const struct lend_vsphere *v, const char *vm)
{
	for (size_t i = 0; i < v->n_hosts; i++) {
		const struct lend_vsphere_host *host = &v->hosts[i];

		for (size_t j = 0; j < host->n_vms; j++) {
			if (strcmp(v->vms[host->first_vm + j].name, vm) == 0)
				return i;
		}
	}
	return v->n_hosts;
}

/* ---- the question ---- */

static int no_answer(const struct lend_answer *answer, struct lend_err *err)
{
	if (answer->known == LEND_ABSENT) {
		lend_hint(err, "install the part of lend that asks vSphere, or build lend "
			       "with libcurl4-openssl-dev and libssl-dev");
		return lend_fail(err, LEND_E_SYSTEM,
				 "the program lend-via-vsphere is not there");
	}
	if (answer->known == LEND_NOT_ASKED)
		return lend_fail(err, LEND_E_FORMAT, "the capture does not have its answer");
	return lend_fail(err, LEND_E_REMOTE, "%s", answer->why);
}

/* Of "?host=NAME" nothing but that host is left. */
static int keep_one(struct lend_vsphere *v, struct lend_err *err)
{
	struct lend_vim_url url;
	size_t n = 0;

	if (lend_vim_url_parse(&v->memory, v->source, &url, err) < 0)
		return -1;
	if (url.only == NULL)
		return 0;
	for (size_t i = 0; i < v->n_hosts; i++) {
		const char *name = v->hosts[i].name;

		if (strcmp(v->hosts[i].ref, url.only) == 0 ||
		    (name != NULL && strcmp(name, url.only) == 0))
			v->hosts[n++] = v->hosts[i];
	}
	if (n == 0 && v->failed == NULL) {
		lend_hint(err, "lend show without host= names all of them");
		return lend_fail(err, LEND_E_USAGE, "none of its %zu hosts is called '%.100s'",
				 v->n_hosts, url.only);
	}
	v->n_hosts = n;
	return 0;
}

static int read_lines(struct lend_vsphere *v, const struct lend_answer *answer,
		      struct lend_err *err)
{
	const char *at = answer->bytes;
	const char *end = answer->bytes + answer->len;
	bool more = true;

	while (at < end && more) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline != NULL ? newline : end) - at);

		more = take_line(v, (struct lend_vsphere_line){ at, len });
		at += len + 1;
	}
	sort(v);
	if (v->n_hosts > 0 && keep_one(v, err) < 0)
		return -1;
	if (v->n_hosts > 0)
		return 0;
	if (v->failed != NULL) {
		lend_hint(err, "%s", v->hint);
		return lend_fail(err, LEND_E_REMOTE, "%s", v->failed);
	}
	lend_hint(err, "give the user the role Read-only on it, for all below it, too");
	return lend_fail(err, LEND_E_REMOTE, "it shows this user no host");
}

static int get_password(struct lend_io *io, const struct lend_scan_options *options,
			const char *source, char *password, struct lend_err *err)
{
	if (lend_io_is_replay(io))
		return 0;
	if (options->secret == NULL)
		return lend_fail(err, LEND_E_USAGE, "it needs a password, and nobody is asked");
	return options->secret(options->secret_context, source, password, PASSWORD_MAX, err);
}

int lend_vsphere_ask(struct lend_io *io, const struct lend_scan_options *options,
		     const char *source, struct lend_vsphere *ret, struct lend_err *err)
{
	char password[PASSWORD_MAX] = "";
	const struct lend_ask ask = {
		.via = LEND_VIA_RUN,
		.key = key,
		.limit_bytes = ANSWER_MAX,
		.deadline_ms = options->timeout_ms > 0 ? options->timeout_ms : DEADLINE_MS,
		.input = password,
	};
	const struct lend_answer *answer;
	int r;

	*ret = (struct lend_vsphere){ .source = source };
	if (get_password(io, options, source, password, err) < 0)
		return -1;
	answer = lend_io_ask(io, &ask, source);
	explicit_bzero(password, sizeof(password));
	r = answer->known == LEND_KNOWN ? read_lines(ret, answer, err) : no_answer(answer, err);
	if (r < 0) {
		lend_vsphere_done(ret);
		return lend_where(err, "%.150s", source);
	}
	return 0;
}

void lend_vsphere_done(struct lend_vsphere *v)
{
	lend_arena_done(&v->memory);
	*v = (struct lend_vsphere){ 0 };
}
