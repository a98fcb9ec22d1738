/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend attach: an NVDIMM for a VM, now and from its next start on. */

#include <poll.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/change.h"
#include "cli/pmem-file.h"
#include "cli/wishes.h"
#include "collect/sources.h"
#include "io/io.h"
#include "render/plan-text.h"

enum { GUEST_MS = 10000, GUEST_TICK_MS = 200 };

static const struct lend_option options[] = {
	LEND_OPTION(LEND_OPTION_LIST, "pmem", '\0', pmem, "KEY=VALUE,...",
		    "the NVDIMM, with the keys of a wish: name and backing,\n"
		    "size when the backing is to be made; may be repeated"),
	LEND_OPTION(LEND_OPTION_FLAG, "live", '\0', live, NULL, "plug it into the running VM"),
	LEND_OPTION(LEND_OPTION_FLAG, "config", '\0', config, NULL,
		    "give it to the VM from the next start on"),
	LEND_OPTION(LEND_OPTION_FLAG, "plan", '\0', only_plan, NULL,
		    "show the plan and do nothing"),
	LEND_OPTION(LEND_OPTION_FLAG, "hmp", '\0', hmp, NULL,
		    "show what is plugged in as the human monitor takes it"),
	LEND_OPTION(LEND_OPTION_FLAG, "no-guests", '\0', no_guests, NULL,
		    "do not look into the guest afterwards"),
	LEND_OPTION_CONNECT,
	LEND_OPTION_JSON,
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_CHANGE,
	LEND_OPTION_COMMON,
};

/* A backing that is there says by itself how much of it the guest gets. */
static int take_size(struct lend_change *change, bool remote, struct lend_wish_pmem *pmem,
		     struct lend_err *err)
{
	struct lend_pmem_file file;
	struct lend_inside inside;
	uint64_t label;

	if (pmem->size_bytes.has)
		return 0;
	if (remote) {
		lend_hint(err, "size=1GiB: the backing without its label area; virsh vol-info "
			       "tells both together");
		return lend_fail(err, LEND_E_USAGE,
				 "%s: '%.100s' is on another host: say its size", pmem->name,
				 pmem->backing);
	}
	if (access(pmem->backing, F_OK) < 0) {
		lend_hint(err, "say how large it shall be: size=4GiB");
		return lend_fail(err, LEND_E_USAGE,
				 "%s: '%.100s' is not there, and no size is "
				 "said to make it",
				 pmem->name, pmem->backing);
	}
	if (lend_pmem_see_file(change, pmem->backing, (struct lend_opt_u64){ 0 }, &inside,
			       &file, err) < 0)
		return -1;
	if (!pmem->label_bytes.has && inside.labels != NULL)
		pmem->label_bytes = lend_opt(inside.labels->label_bytes);
	label = pmem->label_bytes.has ? pmem->label_bytes.v : 0;
	if (label >= inside.file_bytes)
		return lend_fail(err, LEND_E_USAGE, "%s: '%.100s' is no larger than its labels",
				 pmem->name, pmem->backing);
	if (!pmem->label_bytes.has)
		pmem->label_bytes = lend_opt(0);
	pmem->size_bytes = lend_opt(inside.file_bytes - label);
	return 0;
}

static int read_pmem(struct lend_change *change, struct lend_look *look,
		     const struct lend_args *args, struct lend_wish_pmem **ret,
		     struct lend_err *err)
{
	bool remote = args->connect != NULL && lend_libvirt_is_remote(args->connect);
	struct lend_wish_pmem *pmem =
		lend_arena_array(&look->arena, args->pmem.n, sizeof(*pmem));

	for (size_t i = 0; i < args->pmem.n; i++) {
		if (lend_wish_parse_pmem(&look->arena, args->pmem.items[i], &pmem[i], err) <
			    0 ||
		    take_size(change, remote, &pmem[i], err) < 0)
			return lend_where(err, "--pmem");
	}
	*ret = pmem;
	return 0;
}

/* ---- afterwards: does the guest have it? ---- */

enum seen { SEEN, NOT_YET, NO_WORD };

static bool is(const struct lend_map *map, size_t row, const char *column, const char *text)
{
	const char *value = lend_map_text(map, row, column);

	return value != NULL && strcmp(value, text) == 0;
}

static enum seen look_once(const struct lend_args *args, const char *vm, const char *device,
			   struct lend_buf *out, struct lend_err *err)
{
	static const char *const kinds[] = { "vm",      "device",    "backend",      "backing",
					     "nd-dimm", "nd-region", "nd-namespace", NULL };
	lend_auto_inventory *inv = NULL;
	struct lend_args looking = { .timeout = args->timeout };
	struct lend_map *map = NULL;
	enum seen seen = NO_WORD;

	if (lend_args_scan(&looking, kinds, &inv, err) < 0 || lend_map_make(inv, &map, err) < 0)
		return NO_WORD;
	for (size_t row = 0; row < lend_map_count(map); row++) {
		const char *dimm = lend_map_text(map, row, "dimm");
		const char *region = lend_map_text(map, row, "region");

		if (!is(map, row, "vm", vm) || !is(map, row, "device", device))
			continue;
		if (lend_map_verdict(map, row) == LEND_MATCHED) {
			lend_buf_printf(out, "the guest has %s as %s, %s\n", device,
					dimm != NULL ? dimm : "?",
					region != NULL ? region : "?");
			seen = SEEN;
		} else if (lend_map_verdict(map, row) == LEND_UNMATCHED) {
			seen = NOT_YET;
		}
	}
	lend_map_free(map);
	return seen;
}

/* QEMU tells nobody when a guest has taken it: only the guest knows. */
static int confirm(const struct lend_change *change, const struct lend_args *args,
		   const char *vm, const char *device, struct lend_err *err)
{
	int64_t deadline = lend_now_ms() + GUEST_MS;
	lend_auto_buf out = { 0 };
	enum seen seen;

	do {
		struct lend_err ignored = { 0 };

		seen = look_once(args, vm, device, &out, &ignored);
		if (seen != NOT_YET)
			break;
		(void)poll(NULL, 0, GUEST_TICK_MS);
	} while (lend_now_ms() < deadline);
	if (seen == NOT_YET)
		lend_buf_printf(&out, "the guest does not show %s yet; lend map tells\n",
				device);
	else if (seen == NO_WORD)
		lend_buf_printf(&out,
				"whether the guest has %s cannot be told: no word from a guest "
				"agent\n",
				device);
	return lend_change_tell(change, &out, err);
}

static bool is_plugged(const struct lend_plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		if (strcmp(plan->steps[i].kind, "plug-device") == 0)
			return true;
	}
	return false;
}

static int attach(struct lend_change *change, struct lend_look *look,
		  const struct lend_args *args, const char *vm, struct lend_err *err)
{
	struct lend_scan_options scan = { 0 };
	lend_auto_plan *plan = NULL;
	struct lend_wish_pmem *pmem = NULL;
	int r;

	if (!args->only_plan)
		lend_look_begin(look, args);
	if (read_pmem(change, look, args, &pmem, err) < 0 ||
	    lend_look_record(change, look, vm, err) < 0)
		return -1;
	lend_plan_wants_pmem(&look->arena, pmem, args->pmem.n, &scan);
	scan.room_in = vm;
	scan.no_label_sizes = true; /* of those that are there */
	if (lend_look_at(look, args, &scan, err) < 0 ||
	    lend_look_domain(look, args, vm, err) < 0)
		return -1;
	change->options.line = look->line;
	look->request.live = args->live;
	look->request.config = args->config;
	if (lend_plan_attach(&look->request, vm, pmem, args->pmem.n, &plan, err) < 0)
		return -1;
	if (args->hmp)
		lend_plan_type_hmp(plan);
	r = lend_change_apply(change, plan, args, true, err);
	if (r != LEND_EXIT_GOOD || args->no_guests || args->only_plan || !is_plugged(plan))
		return r;
	for (size_t i = 0; i < args->pmem.n; i++) {
		if (confirm(change, args, vm, pmem[i].name, err) < 0)
			return -1;
	}
	return r;
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	lend_auto_look struct lend_look look = { 0 };
	lend_auto_change change;

	if (lend_change_init(&change, args, err) < 0)
		return -1;
	if (args->sources.n != 1 || args->pmem.n == 0) {
		lend_hint(err,
			  "lend attach db1 --pmem name=log,size=1GiB,backing=/mnt/log.img");
		return lend_fail(err, LEND_E_USAGE, "lend attach takes one VM and --pmem");
	}
	return attach(&change, &look, args, args->sources.items[0], err);
}

const struct lend_command lend_command_attach = {
	.name = "attach",
	.synopsis = "VM --pmem KEY=VALUE,...",
	.summary = "give a VM one more NVDIMM, also while it runs",
	.about = "Without --live and --config: into the VM when it runs, and into its record\n"
		 "when lend made it.  VMs that lend did not make can have it while they run.\n"
		 "QEMU cannot unplug an NVDIMM: it stays until the guest has stopped.\n",
	.examples = "  lend attach db1 --pmem name=log,size=1GiB,backing=/mnt/pmem0/log.img\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.files = true,
	.changes = true,
	.run = run,
};
