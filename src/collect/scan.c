/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From sources to sealed inventories, one a host. */

#include "collect/scan.h"
#include "base/err.h"
#include "collect/anonymise.h"
#include "collect/collect.h"
#include "collect/sources.h"
#include "collect/vsphere.h"
#include "model/predict.h"

/* The size of the options in the first version of lend.h, and more than any will have. */
enum {
	LEND_SCAN_OPTIONS_FIRST = offsetof(struct lend_scan_options, kinds),
	LEND_SCAN_OPTIONS_LAST = 4096
};

/* What the user said about a guest counts; a capture adds what it was told. */
static void take_guests(struct lend_scan *scan, const struct lend_guest_source *guests,
			size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool known = false;

		for (size_t j = 0; j < scan->n_guests && !known; j++)
			known = strcmp(scan->guests[j].vm, guests[i].vm) == 0 &&
				guests != scan->options->guests;
		if (!known)
			*LEND_PUSH(&scan->memory, scan->guests, scan->n_guests,
				   scan->cap_guests) = guests[i];
	}
}

/* A capture knows the sockets and guests it was asked for. */
static void take_request(struct lend_scan *scan)
{
	const struct lend_scan_options *request = lend_io_request(scan->io);
	const char **libvirts;
	size_t n = 0;

	if (request == NULL)
		return;
	scan->sockets =
		lend_arena_array(&scan->memory, request->n_sources + 1, sizeof(*scan->sockets));
	libvirts = lend_arena_array(&scan->memory, request->n_sources + 1, sizeof(*libvirts));
	for (size_t i = 0; i < request->n_sources; i++) {
		const char *uri = lend_source_libvirt(request->sources[i]);

		if (uri == NULL) {
			n += lend_source_socket(&scan->memory, request->sources[i],
						&scan->sockets[n]);
			continue;
		}
		libvirts[scan->n_libvirts++] = uri;
		scan->remote = scan->remote || lend_libvirt_is_remote(uri);
	}
	scan->n_sockets = n;
	scan->libvirts = libvirts;
	take_guests(scan, request->guests, request->n_guests);
}

/* Tells the capture what its replay must be asked. */
static int start_record(struct lend_scan *scan, struct lend_err *err)
{
	const char **sources = lend_arena_array(
		&scan->memory, scan->n_sockets + scan->n_libvirts + 2, sizeof(*sources));
	struct lend_guest_source *guests =
		lend_arena_array(&scan->memory, scan->n_guests + 1, sizeof(*guests));
	struct lend_scan_options request = { .sources = sources, .guests = guests };
	struct lend_scan_socket unused;

	if (scan->options->record_to == NULL)
		return 0;
	for (size_t i = 0; i < scan->n_sockets; i++)
		sources[i] =
			lend_arena_printf(&scan->memory, "%s:%s",
					  scan->sockets[i].via == LEND_VIA_QMP ? "qmp" : "qga",
					  scan->sockets[i].path);
	request.n_sources = scan->n_sockets;
	for (size_t i = 0; i < scan->n_libvirts && !scan->libvirt_besides; i++)
		sources[request.n_sources++] =
			lend_arena_printf(&scan->memory, "libvirt:%s", scan->libvirts[i]);
	/* A guest's file is not in the capture: it is given again. */
	for (size_t i = 0; i < scan->n_guests; i++) {
		if (lend_source_socket(&scan->memory, scan->guests[i].source, &unused) ||
		    lend_source_libvirt(scan->guests[i].source) != NULL)
			guests[request.n_guests++] = scan->guests[i];
	}
	if (scan->esx_files)
		sources[request.n_sources++] = LEND_SOURCE_ESXI_FILES;
	scan->request = request;
	return lend_io_record_to(scan->io, scan->options->record_to, &scan->request, err);
}

/* For those who ask for VMs by name: whoever asks for everything has no use for the bytes. */
static void keep_cmdlines(struct lend_scan *scan)
{
	if (scan->wants == UINT64_MAX || (scan->wants & LEND_ADDS(LEND_KIND_VM)) == 0)
		return;
	for (size_t i = 0; i < scan->n_qemus; i++) {
		const struct lend_scan_qemu *qemu = &scan->qemus[i];
		const struct lend_qemu_args *args = &qemu->args;

		if (args->argv0 != NULL)
			lend_build_cmdline(
				&scan->build, &qemu->vm->node, args->argv0,
				(size_t)(args->words + args->words_len - args->argv0),
				qemu->cwd);
	}
}

static int collect_these(struct lend_scan *scan, bool early, struct lend_err *err)
{
	for (size_t i = 0; i < lend_n_collectors; i++) {
		const struct lend_collector *collector = lend_collectors[i];

		if (early != (collector->needs_no_vm && scan->n_libvirts > 0))
			continue;
		if ((scan->files != NULL && !collector->of_files) ||
		    (scan->remote && !collector->of_remote))
			continue;
		if (collector->adds != 0 && (collector->adds & scan->wants) == 0)
			continue;
		if (collector->collect(scan, err) < 0)
			return -1;
	}
	return 0;
}

static int collect_all(struct lend_scan *scan, struct lend_err *err)
{
	/* Which QEMUs are meant is told by domains: what needs neither goes on meanwhile. */
	if (collect_these(scan, true, err) < 0)
		return -1;
	return collect_these(scan, false, err);
}

/*
 * Of another host nothing is known at first.  The collectors run as they do
 * on this one, what they lack is asked in one exchange, and they run again:
 * only the last time counts.
 */
static int ask_far(struct lend_scan *scan, struct lend_err *err)
{
	const char *first;
	size_t left;
	int r;

	do {
		struct lend_scan draft = { .draft = true,
					   .options = scan->options,
					   .wants = scan->wants,
					   .io = scan->io };
		struct lend_scan_options plain = *scan->options;

		plain.cache_dir = NULL;
		plain.record_to = NULL;
		draft.options = &plain;
		lend_build_init(&draft.build);
		/* What makes no sense may yet make some: the last time tells. */
		(void)!collect_all(&draft, NULL);
		lend_build_done(&draft.build);
		lend_talk_close(&draft.begun);
		lend_arena_done(&draft.memory);
		lend_io_forget(scan->io);
		r = lend_io_remote_round(scan->io, scan->options->timeout_ms, err);
	} while (r > 0);
	left = lend_io_remote_left(scan->io, &first);
	if (r == 0 && left > 0)
		lend_build_gap(&scan->build, "ssh", true, "run lend on that host itself",
			       "six exchanges with the host were not enough: %zu more %s "
			       "not asked, of /%.100s first",
			       left, left == 1 ? "question was" : "questions were", first);
	return r;
}

/* They were read before the scan began. */
static void record_files(struct lend_scan *scan)
{
	for (size_t i = 0; i < scan->n_files; i++) {
		const struct lend_scan_file *file = &scan->files[i];
		struct lend_answer answer = {
			.known = LEND_KNOWN, .why = "", .bytes = file->bytes, .len = file->len
		};

		if (file->broken != NULL) {
			answer.known = LEND_UNREADABLE;
			answer.why = file->broken;
		}
		lend_io_record_file(scan->io, file->name, &answer);
	}
}

static int run_collectors(struct lend_scan *scan, struct lend_err *err)
{
	lend_io_set_timeout(scan->io, scan->options->timeout_ms);
	if (lend_io_is_remote(scan->io) && ask_far(scan, err) < 0)
		return -1;
	if (start_record(scan, err) < 0)
		return -1;
	if (scan->options->anonymise)
		lend_io_record_rewritten(scan->io, lend_anonymise_rewrite(scan->anonymise));
	if (scan->esx_files)
		record_files(scan);
	if (collect_all(scan, err) < 0)
		return -1;
	keep_cmdlines(scan);
	for (size_t i = 0; i < scan->n_qemus; i++)
		lend_predict_vm(&scan->build, scan->qemus[i].vm, &scan->qemus[i].args);
	return 0;
}

/* A capture gets its new names from the inventory, which says what is one. */
static int end_record(struct lend_scan *scan, const struct lend_inventory *inv,
		      struct lend_err *err)
{
	if (scan->options->anonymise)
		lend_anonymise_take(scan->anonymise, inv);
	return lend_io_record_end(scan->io, err);
}

/* A file that was named must be something; one in a folder only what its own name says. */
static int check_files(struct lend_scan *scan, struct lend_err *err)
{
	for (size_t i = 0; i < scan->n_files; i++) {
		const struct lend_scan_file *file = &scan->files[i];

		if (file->broken != NULL)
			lend_build_gap(&scan->build, file->name, true,
				       "copy it from the host again", "%s %s", file->name,
				       file->broken);
		if (file->taken || !file->named)
			continue;
		lend_hint(err, "known are ndctl's JSON, .vmdk descriptors, .vmx, getuuid "
			       "transcripts and saved inventories");
		return lend_fail(err, LEND_E_FORMAT, "'%.150s' is nothing that lend knows",
				 file->name);
	}
	return 0;
}

static void open_host(struct lend_scan *scan, struct lend_sources *sources,
		      struct lend_source_host *host)
{
	scan->io = host->io != NULL ? host->io : lend_io_live();
	host->io = NULL;
	if (host->kind == LEND_SOURCE_HERE) {
		scan->sockets = sources->sockets;
		scan->n_sockets = sources->n_sockets;
		scan->libvirts = sources->libvirts;
		scan->n_libvirts = sources->n_libvirts;
	}
	if (host->kind == LEND_SOURCE_REMOTE) {
		scan->libvirts = &host->name;
		scan->n_libvirts = 1;
		scan->remote = true;
	}
	if (host->kind == LEND_SOURCE_LOOSE) {
		scan->files = sources->files;
		scan->n_files = sources->n_files;
	}
	if (host->kind == LEND_SOURCE_ESXI) {
		scan->files = host->files;
		scan->n_files = host->n_files;
		scan->esx_files = true;
	}
	take_guests(scan, scan->options->guests, scan->options->n_guests);
	take_request(scan);
	if (scan->options->libvirt != NULL && scan->n_libvirts == 0 && scan->files == NULL) {
		scan->libvirts = &scan->options->libvirt;
		scan->n_libvirts = 1;
		scan->libvirt_besides = true;
	}
}

static int scan_host(const struct lend_scan_options *options, uint64_t wants,
		     struct lend_sources *sources, struct lend_source_host *host,
		     struct lend_inventory **ret_inventory, struct lend_line *begun,
		     struct lend_line **ret_line, struct lend_err *err)
{
	struct lend_scan scan = {
		.options = options, .wants = wants, .line = begun, .ret_line = ret_line
	};
	struct lend_inventory *inv = NULL;
	int r;

	if (host->kind == LEND_SOURCE_SAVED) {
		r = lend_load(lend_buf_text(&host->text), host->text.len, ret_inventory, err);
		return r < 0 ? lend_where(err, "%.150s", host->name) : 0;
	}
	lend_build_init(&scan.build);
	open_host(&scan, sources, host);
	if (options->anonymise)
		scan.anonymise = lend_anonymise_new();
	if (options->anonymise && scan.esx_files)
		lend_anonymise_is_esx(scan.anonymise);
	r = run_collectors(&scan, err);
	if (r == 0)
		r = check_files(&scan, err);
	if (r == 0)
		inv = lend_build_seal(&scan.build);
	else
		lend_build_done(&scan.build);
	if (r == 0)
		r = end_record(&scan, inv, err);
	lend_talk_close(&scan.begun);
	lend_io_free(scan.io);
	lend_anonymise_free(scan.anonymise);
	lend_arena_done(&scan.memory);
	if (r == 0)
		*ret_inventory = inv;
	else
		lend_inventory_free(inv);
	return r;
}

/* ---- hosts of one server ---- */

/* A guest is of the host that has its VM; of the first one when none has: that complains. */
static void take_far_guests(struct lend_scan *scan, const struct lend_vsphere *vsphere)
{
	const struct lend_scan_options *options = scan->options;

	for (size_t i = 0; i < options->n_guests; i++) {
		size_t of = lend_vsphere_host_of(vsphere, options->guests[i].vm);

		if (of == scan->vsphere_host ||
		    (of == vsphere->n_hosts && scan->vsphere_host == 0))
			*LEND_PUSH(&scan->memory, scan->guests, scan->n_guests,
				   scan->cap_guests) = options->guests[i];
	}
}

static int scan_far_host(const struct lend_scan_options *options, uint64_t wants,
			 struct lend_io *io, const struct lend_vsphere *vsphere, size_t i,
			 struct lend_inventory **ret_inventory, struct lend_err *err)
{
	struct lend_scan scan = { .options = options,
				  .wants = wants,
				  .io = io,
				  .remote = true,
				  .vsphere = vsphere,
				  .vsphere_host = i };
	int r;

	lend_build_init(&scan.build);
	take_far_guests(&scan, vsphere);
	r = run_collectors(&scan, err);
	if (r == 0)
		*ret_inventory = lend_build_seal(&scan.build);
	else
		lend_build_done(&scan.build);
	lend_arena_done(&scan.memory);
	return r;
}

static int scan_far_hosts(const struct lend_scan_options *options, uint64_t wants,
			  struct lend_io *io, const char *source,
			  struct lend_anonymise *anonymise, struct lend_inventory **end,
			  struct lend_err *err)
{
	struct lend_scan_options each = *options;
	struct lend_scan_options request = { .sources = &source, .n_sources = 1 };
	struct lend_vsphere vsphere;
	int r = 0;

	each.anonymise = false;
	each.record_to = NULL; /* one capture is of all of them */
	if (options->record_to != NULL &&
	    lend_io_record_to(io, options->record_to, &request, err) < 0)
		return -1;
	if (options->anonymise)
		lend_io_record_rewritten(io, lend_anonymise_rewrite(anonymise));
	if (lend_vsphere_ask(io, options, source, &vsphere, err) < 0)
		return -1;
	for (size_t i = 0; i < vsphere.n_hosts && r == 0; i++) {
		r = scan_far_host(&each, wants, io, &vsphere, i, end, err);
		if (r == 0)
			end = &(*end)->next;
	}
	lend_vsphere_done(&vsphere);
	return r == 0 ? lend_io_record_end(io, err) : -1;
}

/* "vsphere://..." itself, or that of a capture; NULL: something else. */
static const char *far_source(const struct lend_source_host *host)
{
	if (host->kind == LEND_SOURCE_VSPHERE)
		return host->name;
	return host->kind == LEND_SOURCE_TREE ? lend_vsphere_of_capture(host->io) : NULL;
}

static int scan_source(const struct lend_scan_options *options, uint64_t wants,
		       struct lend_sources *sources, struct lend_source_host *host,
		       struct lend_inventory **end, struct lend_line *begun,
		       struct lend_line **ret_line, struct lend_err *err)
{
	const char *source = far_source(host);
	struct lend_anonymise *anonymise;
	int r;

	if (source == NULL)
		return scan_host(options, wants, sources, host, end, begun, ret_line, err);
	if (host->io == NULL)
		host->io = lend_io_live();
	anonymise = options->anonymise ? lend_anonymise_new() : NULL;
	r = scan_far_hosts(options, wants, host->io, source, anonymise, end, err);
	lend_anonymise_free(anonymise);
	lend_io_free(host->io);
	host->io = NULL;
	return r;
}

static int take_wants(const struct lend_scan_options *options, uint64_t *ret_wants,
		      struct lend_err *err)
{
	*ret_wants = options->n_kinds == 0 ? UINT64_MAX : 0;
	for (size_t i = 0; i < options->n_kinds; i++) {
		const char *name = options->kinds[i];
		uint32_t kind = lend_kind_of_name(name, strlen(name));

		if (kind == LEND_KIND_COUNT)
			return lend_fail(err, LEND_E_USAGE, "there is no kind '%.60s'", name);
		*ret_wants |= LEND_ADDS(kind);
	}
	if (options->n_devices > 0)
		*ret_wants |= LEND_ADDS(LEND_KIND_PCI);
	return 0;
}

/* Its name is what the capture knows the conversation by. */
static int check_anonymous(const struct lend_scan_options *options, struct lend_err *err)
{
	for (size_t i = 0; i < options->n_guests && options->anonymise; i++) {
		if (lend_source_libvirt(options->guests[i].source) == NULL)
			continue;
		lend_hint(err,
			  "save what ndctl list -DRNiv prints in the guest, and give "
			  "--guest %.60s=FILE",
			  options->guests[i].vm);
		return lend_fail(err, LEND_E_USAGE,
				 "a guest that is asked through libvirt is not anonymised");
	}
	return 0;
}

/* What is asked for must have one meaning. */
static int check_request(const struct lend_scan_options *options,
			 const struct lend_sources *sources, struct lend_err *err)
{
	enum lend_source_kind kind = sources->hosts[0].kind;

	if (sources->n_hosts > 1 && options->record_to != NULL)
		return lend_fail(err, LEND_E_USAGE, "a capture is of one host, not of %zu",
				 sources->n_hosts);
	if (options->anonymise && options->record_to == NULL)
		return lend_fail(err, LEND_E_USAGE, "only a capture is anonymised");
	if (sources->n_hosts > 1 && options->n_guests > 0) {
		lend_hint(err, "name one host at a time");
		return lend_fail(err, LEND_E_USAGE,
				 "which of %zu hosts the guest is on is not said",
				 sources->n_hosts);
	}
	if (check_anonymous(options, err) < 0)
		return -1;
	if (options->anonymise && kind == LEND_SOURCE_REMOTE) {
		lend_hint(err, "run lend capture on that host");
		return lend_fail(err, LEND_E_USAGE,
				 "a capture of another host's libvirt is not anonymised");
	}
	if (options->record_to != NULL && kind != LEND_SOURCE_HERE &&
	    kind != LEND_SOURCE_TREE && kind != LEND_SOURCE_REMOTE && kind != LEND_SOURCE_SSH &&
	    kind != LEND_SOURCE_VSPHERE && kind != LEND_SOURCE_ESXI)
		return lend_fail(err, LEND_E_USAGE, "a capture is of a host, not of files");
	if (sources->n_hosts > 1 && options->n_devices > 0) {
		lend_hint(err, "name one host at a time");
		return lend_fail(err, LEND_E_USAGE,
				 "which of %zu hosts the device is in is not said",
				 sources->n_hosts);
	}
	if (options->n_guests > 0 && kind == LEND_SOURCE_SAVED) {
		lend_hint(err, "give a capture, or look at the host itself");
		return lend_fail(err, LEND_E_USAGE,
				 "a guest cannot be added to a saved inventory");
	}
	return 0;
}

/*
 * A program that was built with a smaller struct gets the defaults for the
 * rest; one with a larger struct must not want what this library lacks.
 */
static int take_options(const struct lend_scan_options *given, struct lend_scan_options *ret,
			struct lend_err *err)
{
	const char *bytes = (const char *)given;

	if (given->size < LEND_SCAN_OPTIONS_FIRST || given->size > LEND_SCAN_OPTIONS_LAST) {
		lend_hint(err, "make the options by LEND_SCAN_OPTIONS");
		return lend_fail(err, LEND_E_USAGE, "the scan options have no size");
	}
	for (size_t i = sizeof(*ret); i < given->size; i++) {
		if (bytes[i] != 0)
			return lend_fail(err, LEND_E_USAGE,
					 "a scan option is not known to lend %s", LEND_VERSION);
	}
	*ret = (struct lend_scan_options){ 0 };
	memcpy(ret, given, given->size < sizeof(*ret) ? given->size : sizeof(*ret));
	return 0;
}

static int scan_all(const struct lend_scan_options *given,
		    struct lend_inventory **ret_inventory, struct lend_line *begun,
		    struct lend_line **ret_line, struct lend_err *err)
{
	struct lend_scan_options whole;
	const struct lend_scan_options *options = &whole;
	struct lend_inventory *first = NULL;
	struct lend_inventory **end = &first;
	struct lend_sources sources;
	uint64_t wants;
	int r;

	if (take_options(given, &whole, err) < 0 || take_wants(&whole, &wants, err) < 0 ||
	    lend_sources_open(options, &sources, err) < 0)
		return -1;
	r = check_request(options, &sources, err);
	for (size_t i = 0; i < sources.n_hosts && r == 0; i++) {
		r = scan_source(options, wants, &sources, &sources.hosts[i], end, begun,
				ret_line, err);
		while (*end != NULL)
			end = &(*end)->next;
	}
	lend_sources_close(&sources);
	if (r == 0)
		*ret_inventory = first;
	else
		lend_inventory_free(first);
	return r;
}

int lend_scan(const struct lend_scan_options *options, struct lend_inventory **ret_inventory,
	      struct lend_err *err)
{
	return scan_all(options, ret_inventory, NULL, NULL, err);
}

int lend_scan_with_line(const struct lend_scan_options *options,
			struct lend_inventory **ret_inventory, struct lend_line **line,
			struct lend_err *err)
{
	struct lend_line *begun = *line;
	int r;

	*line = NULL;
	r = scan_all(options, ret_inventory, begun, line, err);
	lend_line_free(begun);
	if (r == 0)
		return 0;
	lend_line_free(*line);
	*line = NULL;
	return -1;
}
