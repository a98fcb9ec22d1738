/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a wish to a VM of QEMU that runs; what all plans for VMs share. */

#include "plan/plan-qemu.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/err.h"
#include "format/qemu-opts.h"
#include "format/size.h"
#include "plan/libvirt.h"

/* sun_path without its NUL. */
enum { SOCKET_MAX = 107 };

static const uint64_t default_ram_bytes = (uint64_t)1 << 30;

/* ---- words ---- */

const char *lend_planning_text(struct lend_planning *p, const char *fmt, ...)
{
	lend_auto_buf out = { 0 };
	va_list ap;

	va_start(ap, fmt);
	lend_buf_vprintf(&out, fmt, ap);
	va_end(ap);
	return lend_arena_strdup(p->arena, lend_buf_text(&out));
}

const char *lend_planning_size(struct lend_planning *p, uint64_t bytes)
{
	lend_auto_buf out = { 0 };

	lend_size_format(&out, bytes);
	return lend_arena_strdup(p->arena, lend_buf_text(&out));
}

static void remark(struct lend_planning *p, enum lend_remark_level level, const char *hint,
		   const char *fmt, va_list ap)
{
	lend_auto_buf out = { 0 };

	lend_buf_vprintf(&out, fmt, ap);
	lend_plan_remark(p->plan, level, hint, "%s", lend_buf_text(&out));
}

#define REMARK(name, level)                                                                    \
	void name(struct lend_planning *p, const char *hint, const char *fmt, ...)             \
	{                                                                                      \
		va_list ap;                                                                    \
                                                                                               \
		va_start(ap, fmt);                                                             \
		remark(p, (level), hint, fmt, ap);                                             \
		va_end(ap);                                                                    \
	}

REMARK(lend_planning_refuse, LEND_REMARK_REFUSE)
REMARK(lend_planning_warn, LEND_REMARK_WARN)
REMARK(lend_planning_note, LEND_REMARK_NOTE)

/* ---- places ---- */

const char *lend_plan_record_path(struct lend_arena *arena, const struct lend_places *places,
				  const char *vm)
{
	return lend_arena_printf(arena, "%s/vms/%s/wish.yaml", places->state, vm);
}

const char *lend_planning_socket(struct lend_planning *p, const char *name)
{
	return lend_planning_text(p, "%s/%s/%s", p->request->places.run, p->vm_name, name);
}

const char *lend_planning_state(struct lend_planning *p, const char *name)
{
	return lend_planning_text(p, "%s/vms/%s/%s", p->request->places.state, p->vm_name,
				  name);
}

const char *lend_planning_word(struct lend_planning *p)
{
	lend_auto_buf out = { 0 };

	lend_qemu_opts_put(&out, NULL, "socket");
	lend_qemu_opts_put(&out, "id", "lend-qmp");
	lend_qemu_opts_put(&out, "path", lend_planning_socket(p, "qmp.sock"));
	lend_qemu_opts_put(&out, "server", "on");
	lend_qemu_opts_put(&out, "wait", "off");
	return lend_arena_strdup(p->arena, lend_buf_text(&out));
}

const struct lend_wanted_node *lend_planning_seen(const struct lend_planning *p,
						  const char *path)
{
	lend_auto_buf id = { 0 };
	const struct lend_node *node;

	lend_buf_printf(&id, "wanted/%s", path);
	node = lend_find(p->inv, lend_buf_text(&id));
	return node == NULL ? NULL : lend_as_wanted(node);
}

/* ---- what is there ---- */

static const struct lend_vm *find_vm(const struct lend_planning *p)
{
	lend_auto_buf id = { 0 };
	const struct lend_node *node;

	lend_buf_printf(&id, "vm/%s", p->vm_name);
	node = lend_find(p->inv, lend_buf_text(&id));
	return node == NULL ? NULL : lend_as_vm(node);
}

static int read_record(struct lend_planning *p, struct lend_err *err)
{
	const char *text = p->request->record;
	struct lend_wish *wish;

	if (text == NULL)
		return 0;
	wish = LEND_NEW(p->arena, struct lend_wish);
	if (lend_wish_parse(p->arena,
			    lend_plan_record_path(p->arena, &p->request->places, p->vm_name),
			    text, strlen(text), wish, err) < 0)
		return -1;
	p->recorded = wish;
	return 0;
}

int lend_planning_init(struct lend_planning *p, const struct lend_plan_request *request,
		       const char *vm, struct lend_err *err)
{
	static const struct lend_qemu_caps nothing = { 0 };

	p->request = request;
	p->inv = request->inventory;
	p->caps = request->caps != NULL ? request->caps : &nothing;
	p->plan = lend_plan_new(
		"", vm, vm == NULL ? "host" : lend_arena_printf(&p->memory, "vm-%s", vm));
	p->arena = &p->plan->arena;
	p->vm_name = p->plan->vm;
	if (vm == NULL)
		return 0;
	p->plan->state = lend_arena_strdup(p->arena, p->request->places.state);
	p->vm = find_vm(p);
	p->is_ours = p->vm != NULL &&
		     lend_fact_is(&p->vm->monitor, lend_planning_socket(p, "qmp.sock"));
	if (request->wish != NULL)
		p->wish = *request->wish;
	if (read_record(p, err) < 0) {
		lend_hint(err, "it is written by lend alone; lend undo, or remove it");
		return lend_where(err, "reading what is recorded of %s", vm);
	}
	return 0;
}

void lend_planning_done(struct lend_planning *p)
{
	lend_plan_free(p->plan);
	lend_arena_done(&p->memory);
}

struct lend_plan *lend_planning_take(struct lend_planning *p, const char *title)
{
	struct lend_plan *plan = p->plan;

	plan->title = lend_arena_strdup(&plan->arena, title);
	if (lend_plan_is_refused(plan)) {
		plan->n_steps = 0; /* some of them would be wrong */
		plan->n_after = 0;
	}
	p->plan = NULL;
	return plan;
}

/* ---- the host ---- */

static const char *program_of(struct lend_planning *p)
{
	const char *name = p->wish.qemu != NULL ? p->wish.qemu : "qemu-system-x86_64";

	if (p->request->caps == NULL)
		lend_planning_refuse(p, "the capture was not made for this wish",
				     "what %s can do is not known", name);
	else if (p->caps->path == NULL)
		lend_planning_refuse(p, "apt-get install qemu-system-x86 (Debian)",
				     "there is no %s", name);
	else if (p->caps->version == NULL)
		lend_planning_refuse(p, NULL, "%s cannot be asked what it can do%s%s", name,
				     p->caps->why != NULL ? ": " : "",
				     p->caps->why != NULL ? p->caps->why : "");
	else
		return p->caps->path;
	return name;
}

static void choose_accel(struct lend_planning *p)
{
	const char *wished = p->wish.accel;
	const char *why = p->caps->kvm_why;

	if (wished != NULL && strcmp(wished, "tcg") == 0)
		return;
	if (p->caps->kvm == LEND_TRI_ON) {
		p->accel = LEND_ACCEL_KVM;
		return;
	}
	if (why == NULL)
		why = "nobody tried it";
	if (wished != NULL && strcmp(wished, "kvm") == 0)
		lend_planning_refuse(p, "accel: auto, or tcg", "KVM does not work here: %s",
				     why);
	else
		lend_planning_note(p, NULL, "without KVM the guest is slow: %s", why);
}

static void check_machine(struct lend_planning *p)
{
	size_t len = strcspn(p->cpu, ",");
	const char *model = lend_arena_strndup(p->arena, p->cpu, len);

	if (!lend_qemu_caps_lists(p->caps->machines, p->machine))
		lend_planning_refuse(p, "machine: q35", "this QEMU has no machine %s",
				     p->machine);
	else if (p->n_pmem > 0 && p->caps->machine_nvdimm == LEND_TRI_OFF)
		lend_planning_refuse(p, "machine: q35", "the machine %s has no NVDIMMs",
				     p->machine);
	if (p->wish.nvdimm_persistence != NULL && p->caps->machine_persistence == LEND_TRI_OFF)
		lend_planning_refuse(p, "leave nvdimm-persistence out",
				     "this QEMU has no nvdimm-persistence");
	if (!lend_qemu_caps_lists(p->caps->cpus, model))
		lend_planning_refuse(p, "leave cpu out, and lend takes the best there is",
				     "this QEMU has no CPU model %s", model);
	else if (strcmp(model, "host") == 0 && p->accel != LEND_ACCEL_KVM)
		lend_planning_refuse(p, "cpu: max", "the CPU model host needs KVM");
}

static void check_socket(struct lend_planning *p)
{
	const char *path = lend_planning_socket(p, "monitor.sock");

	if (strlen(path) > SOCKET_MAX)
		lend_planning_refuse(p, "choose a shorter place: --state-dir DIR",
				     "the path of a socket would be too long: %s", path);
}

/* What its QEMU can do its libvirt knows, and refuses what it cannot. */
static void far_host(struct lend_planning *p)
{
	const char *wished = p->wish.accel;

	if (wished == NULL || strcmp(wished, "auto") == 0)
		lend_planning_refuse(p, "accel: kvm, or tcg",
				     "whether KVM works on that host is not known");
	else
		p->accel = strcmp(wished, "kvm") == 0 ? LEND_ACCEL_KVM : LEND_ACCEL_TCG;
	p->program = p->wish.qemu;
}

void lend_planning_host(struct lend_planning *p)
{
	p->program = p->request->remote ? NULL : program_of(p);
	p->machine = p->wish.machine != NULL ? p->wish.machine : "q35";
	if (p->request->remote)
		far_host(p);
	else
		choose_accel(p);
	/* Both have clwb and clflushopt where they can be had: the guest flushes faster. */
	p->cpu = p->wish.cpu != NULL          ? p->wish.cpu
		 : p->accel == LEND_ACCEL_KVM ? "host"
					      : "max";
	check_machine(p);
	check_socket(p);
	if (p->wish.n_pci > 0)
		lend_planning_refuse(p, "leave pci: out",
				     "giving PCI devices away is not there yet");
	for (size_t i = 0; i < p->n_pmem; i++) {
		const struct lend_opt_u64 *node = &p->pmem[i].wish.node;
		size_t n = p->wish.n_numa > 0 ? p->wish.n_numa : 1;

		if (node->has && node->v >= n)
			lend_planning_refuse(p, "numa: lists the guest's nodes",
					     "%s: the guest has %zu NUMA node%s, and no node "
					     "%" PRIu64,
					     p->pmem[i].wish.name, n, n == 1 ? "" : "s",
					     node->v);
	}
}

/* ---- record ---- */

void lend_planning_settle(struct lend_planning *p)
{
	struct lend_wish_pmem *all =
		lend_arena_array(p->arena, p->n_pmem + 1, sizeof(struct lend_wish_pmem));

	for (size_t i = 0; i < p->n_pmem; i++) {
		all[i] = p->pmem[i].wish;
		all[i].slot = lend_opt(p->dimms[i].slot);
		all[i].label_bytes = lend_opt(p->dimms[i].label_bytes);
	}
	p->wish.pmem = all;
	p->wish.n_pmem = p->n_pmem;
}

void lend_planning_record(struct lend_planning *p)
{
	const char *old = p->request->record;
	lend_auto_buf text = { 0 };
	struct lend_step *step;

	lend_wish_write(&text, &p->wish, "The record of lend: what runs, or starts next.");
	if (old != NULL && strcmp(old, lend_buf_text(&text)) == 0)
		return;
	step = lend_plan_step(p->plan, "record", p->vm_name);
	lend_plan_arg(p->plan, step, "path", lend_planning_state(p, "wish.yaml"));
	step->before.absent = old == NULL;
	if (old != NULL)
		lend_pairs_add(p->arena, &step->before.pairs, "text", old);
	lend_pairs_add(p->arena, &step->after.pairs, "text", lend_buf_text(&text));
	step->back = LEND_BACK_EXACT;
	lend_plan_typed(p->plan, step, "cp WISH %s", lend_planning_state(p, "wish.yaml"));
}

/* ---- start ---- */

void lend_planning_put_target(struct lend_planning *p, struct lend_step *step)
{
	lend_plan_arg(p->plan, step, "vm", p->vm_name);
	if (p->is_ours) {
		lend_plan_arg(p->plan, step, "monitor", lend_planning_socket(p, "qmp.sock"));
		lend_plan_arg(p->plan, step, "word", lend_planning_word(p));
		/* Going back may mean to shut it down. */
		if (p->wish.agent != LEND_TRI_OFF)
			lend_plan_arg(p->plan, step, "agent",
				      lend_planning_socket(p, "agent.sock"));
	} else if (p->vm != NULL) {
		if (p->vm->monitor.known == LEND_KNOWN)
			lend_plan_arg(p->plan, step, "monitor", p->vm->monitor.v.str);
		if (p->vm->pid.known == LEND_KNOWN)
			lend_plan_arg(p->plan, step, "pid",
				      lend_planning_text(p, "%" PRIu64, p->vm->pid.v.u64));
	}
}

static void vm_args(struct lend_planning *p, struct lend_step *step)
{
	lend_plan_arg(p->plan, step, "word", lend_planning_word(p));
	lend_plan_arg(p->plan, step, "monitor", lend_planning_socket(p, "qmp.sock"));
	if (p->wish.agent != LEND_TRI_OFF)
		lend_plan_arg(p->plan, step, "agent", lend_planning_socket(p, "agent.sock"));
	lend_plan_arg(p->plan, step, "folder",
		      lend_planning_text(p, "%s/%s", p->request->places.run, p->vm_name));
	lend_plan_arg(p->plan, step, "log", lend_planning_state(p, "qemu.log"));
}

static void run_vm(struct lend_planning *p)
{
	struct lend_step *step = lend_plan_step(p->plan, "vm", p->vm_name);

	for (size_t i = 0; i < p->n_argv; i++)
		lend_plan_arg(p->plan, step, "argv", p->argv[i]);
	vm_args(p, step);
	step->before.absent = true;
	lend_pairs_add(p->arena, &step->after.pairs, "runs", "yes");
	step->back = LEND_BACK_EXACT;
	lend_plan_typed_argv(p->plan, step, p->argv, p->n_argv);
}

static size_t count_refusals(const struct lend_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_remarks; i++)
		n += plan->remarks[i].level == LEND_REMARK_REFUSE;
	return n;
}

/* false: it refuses. */
static bool ask_geometry(struct lend_planning *p)
{
	size_t before = count_refusals(p->plan);

	p->geometry = (struct lend_geometry){
		.board = lend_predict_board_of(p->machine),
		.ram_bytes =
			p->wish.memory_bytes.has ? p->wish.memory_bytes.v : default_ram_bytes,
		.want_slots = p->wish.slots,
		.want_maxmem = p->wish.max_memory_bytes,
		.room_slots = p->wish.room_slots,
		.room_bytes = p->wish.room_bytes,
		.dimms = p->dimms,
		.n_dimms = p->n_pmem,
	};
	if (!p->wish.memory_bytes.has)
		lend_planning_note(p, "memory: 4 GiB", "the guest gets 1 GiB of memory");
	lend_geometry_lay(p->plan, &p->geometry);
	return count_refusals(p->plan) == before;
}

static void note_room(struct lend_planning *p)
{
	const struct lend_geometry *g = &p->geometry;

	if (g->spare_slots > 0 && p->n_pmem > 0)
		lend_planning_note(p, NULL,
				   "%" PRIu64
				   " slots and %s are kept free for NVDIMMs that are "
				   "plugged in later (room:)",
				   g->spare_slots, lend_planning_size(p, g->spare_bytes));
}

bool lend_planning_lay(struct lend_planning *p)
{
	lend_planning_take_pmem(p, p->wish.pmem, p->wish.n_pmem);
	lend_planning_host(p);
	if (!ask_geometry(p)) {
		if (!p->only_looking)
			return false; /* sizes and slots are not known */
		lend_geometry_as_wished(&p->geometry);
	}
	note_room(p);
	for (size_t i = 0; i < p->n_pmem; i++) {
		lend_planning_backing(p, i);
		lend_planning_persistence(p, i);
	}
	lend_planning_settle(p);
	return true;
}

/* All that a VM that does not run needs, but for the record. */
void lend_planning_start(struct lend_planning *p, bool with_record)
{
	if (!lend_planning_lay(p))
		return;
	lend_planning_argv(p);
	if (with_record)
		lend_planning_record(p);
	lend_planning_vars(p);
	lend_planning_rules(p);
	run_vm(p);
	lend_planning_reach(p);
}

static const char *count(struct lend_planning *p, size_t n, const char *what)
{
	return lend_planning_text(p, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

static bool check_hypervisor(struct lend_planning *p)
{
	if (p->wish.hypervisor != LEND_WISH_ESXI)
		return true;
	lend_planning_refuse(p, "hypervisor: qemu, or do it with the means of that hypervisor",
			     "lend applies wishes to QEMU and libvirt; ESXi is not there yet");
	return false;
}

static void refuse_foreign(struct lend_planning *p)
{
	lend_planning_refuse(
		p, lend_planning_text(p, "lend attach %s --pmem ... plugs into it", p->vm_name),
		"a VM of the name %s runs, and lend did not start it", p->vm_name);
}

int lend_plan_qemu(const struct lend_plan_request *request, struct lend_plan **ret,
		   struct lend_err *err)
{
	lend_auto_planning p = { 0 };
	const char *title;

	if (lend_planning_init(&p, request, request->wish->vm, err) < 0)
		return -1;
	title = lend_planning_text(&p, "start %s%s%s", p.vm_name,
				   p.wish.n_pmem > 0 ? " with " : "",
				   p.wish.n_pmem > 0 ? count(&p, p.wish.n_pmem, "NVDIMM") : "");
	if (!check_hypervisor(&p)) {
		/* said */
	} else if (request->libvirt != NULL && p.wish.hypervisor != LEND_WISH_LIBVIRT) {
		lend_planning_refuse(&p, "hypervisor: libvirt",
				     "the wish is not for libvirt, and --connect names one");
	} else if (p.wish.hypervisor == LEND_WISH_LIBVIRT) {
		lend_planning_define(&p);
	} else if (p.vm != NULL && !p.is_ours) {
		refuse_foreign(&p);
	} else if (p.vm != NULL) {
		title = lend_planning_text(&p, "change %s", p.vm_name);
		lend_planning_change(&p);
	} else {
		lend_planning_start(&p, true);
	}
	*ret = lend_planning_take(&p, title);
	return 0;
}

int lend_plan_argv(const struct lend_plan_request *request, struct lend_buf *ret_argv,
		   struct lend_plan **ret_plan, struct lend_err *err)
{
	lend_auto_planning p = { 0 };

	if (lend_planning_init(&p, request, request->wish->vm, err) < 0)
		return -1;
	p.vm = NULL;
	p.is_ours = false;
	p.only_looking = true;
	lend_planning_start(&p, false);
	for (size_t i = 0; i < p.n_argv; i++)
		lend_buf_put(ret_argv, p.argv[i], strlen(p.argv[i]) + 1);
	/* With its steps: they tell which files it makes. */
	*ret_plan = p.plan;
	p.plan = NULL;
	return 0;
}

/* What the VM had and has not any more is not made anew, blank, without a word. */
static void refuse_lost(struct lend_planning *p)
{
	size_t n = p->plan->n_steps;

	for (size_t i = 0; i < n; i++) {
		const struct lend_step *step = &p->plan->steps[i];

		if (strcmp(step->kind, "vm") != 0)
			lend_planning_refuse(p,
					     "lend apply WISH makes a new one, which is blank",
					     "%s is not there any more", step->name);
	}
}

int lend_plan_start(const struct lend_plan_request *request, struct lend_plan **ret,
		    struct lend_err *err)
{
	lend_auto_planning p = { 0 };

	if (lend_planning_init(&p, request, request->wish->vm, err) < 0)
		return -1;
	if (p.vm != NULL && !p.is_ours)
		refuse_foreign(&p);
	else if (p.vm == NULL)
		lend_planning_start(&p, false);
	refuse_lost(&p);
	p.plan->passing = true;
	*ret = lend_planning_take(&p, lend_planning_text(&p, "start %s", p.vm_name));
	return 0;
}

int lend_plan_stop(const struct lend_plan_request *request, const char *vm,
		   struct lend_plan **ret, struct lend_err *err)
{
	lend_auto_planning p = { 0 };
	struct lend_step *step;

	if (lend_planning_init(&p, request, vm, err) < 0)
		return -1;
	if (p.vm != NULL && !p.is_ours) {
		lend_planning_refuse(&p, "stop it as it was started", "lend did not start %s",
				     vm);
	} else if (p.vm != NULL) {
		step = lend_plan_step(p.plan, "vm", p.vm_name);
		vm_args(&p, step);
		lend_pairs_add(p.arena, &step->before.pairs, "runs", "yes");
		step->after.absent = true;
		step->back = LEND_BACK_EXACT;
		lend_plan_typed(p.plan, step, "echo system_powerdown | socat - UNIX-CONNECT:%s",
				lend_planning_socket(&p, "monitor.sock"));
	}
	p.plan->passing = true;
	*ret = lend_planning_take(&p, lend_planning_text(&p, "stop %s", p.vm_name));
	return 0;
}
