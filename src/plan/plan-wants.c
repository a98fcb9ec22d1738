/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a scan has to look at before a plan can be made; plans for a backing alone. */

#include "base/err.h"
#include "plan/qemu.h"

/* Everything that may use a backing. */
static const char *const kinds[] = { "vm",    "device", "backend", "backing", "block",
				     "mount", "swap",   "wanted",  "qemu" };

struct wants {
	struct lend_arena *arena;
	struct lend_wanted *items;
	size_t n, cap;
};

static void want(struct wants *w, const char *path, uint64_t size, uint64_t label)
{
	if (path != NULL && path[0] == '/')
		*LEND_PUSH(w->arena, w->items, w->n, w->cap) =
			(struct lend_wanted){ path, size, label };
}

static void want_pmem(struct wants *w, const struct lend_wish_pmem *pmem, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t label =
			pmem[i].label_bytes.has ? pmem[i].label_bytes.v : LEND_GEOMETRY_LABEL;
		uint64_t page = pmem[i].align_bytes.has && pmem[i].align_bytes.v != 0
					? pmem[i].align_bytes.v
					: LEND_GEOMETRY_PAGE;

		want(w, pmem[i].backing,
		     lend_geometry_backing(pmem[i].size_bytes.v, label, page), label);
	}
}

static void want_firmware(struct wants *w, const struct lend_wish *wish,
			  const struct lend_places *places)
{
	const char *code, *vars;

	if (wish->firmware == NULL)
		return;
	want(w, wish->firmware, 0, 0);
	want(w, wish->firmware_vars, 0, 0);
	if (strcmp(wish->firmware, "uefi") != 0)
		return;
	want(w, lend_arena_printf(w->arena, "%s/vms/%s/vars.fd", places->state, wish->vm), 0,
	     0);
	for (size_t i = 0; lend_planning_ovmf(i, &code, &vars); i++) {
		want(w, code, 0, 0);
		want(w, vars, 0, 0);
	}
}

static void fill(const struct wants *w, struct lend_scan_options *options)
{
	options->kinds = kinds;
	options->n_kinds = LEND_COUNT(kinds);
	options->wanted = w->items;
	options->n_wanted = w->n;
	options->no_guests = true;
}

void lend_plan_wants(struct lend_arena *arena, const struct lend_wish *wish,
		     const struct lend_places *places, struct lend_scan_options *options)
{
	struct wants w = { .arena = arena };
	const char *install;

	if (wish != NULL) {
		want_pmem(&w, wish->pmem, wish->n_pmem);
		for (size_t i = 0; i < wish->n_disks; i++)
			want(&w, wish->disks[i].path, 0, 0);
		want_firmware(&w, wish, places);
		want(&w, wish->kernel, 0, 0);
		want(&w, wish->initrd, 0, 0);
		want(&w, wish->install, 0, 0);
		install = wish->install;
		options->room_in = wish->vm;
		options->qemu = wish->qemu != NULL ? wish->qemu : "qemu-system-x86_64";
		options->qemu_machine = wish->machine;
		options->qemu_try_kvm = wish->accel == NULL || strcmp(wish->accel, "tcg") != 0;
		if (wish->hypervisor == LEND_WISH_LIBVIRT)
			options->libvirt = "qemu:///system";
		options->qemu_try_http = install != NULL && install[0] != '/';
	}
	fill(&w, options);
}

void lend_plan_wants_pmem(struct lend_arena *arena, const struct lend_wish_pmem *pmem,
			  size_t n_pmem, struct lend_scan_options *options)
{
	struct wants w = { .arena = arena };

	want_pmem(&w, pmem, n_pmem);
	options->qemu = "qemu-system-x86_64"; /* has it libpmem? */
	fill(&w, options);
}

/* As lend pmem inspect looks for them, and so grow, copy and move. */
static void check_label(struct lend_planning *p, const struct lend_wish_pmem *pmem)
{
	uint64_t bytes = pmem->label_bytes.has ? pmem->label_bytes.v : 0;

	if (bytes < LEND_GEOMETRY_LABEL_MIN) /* none, or what is refused as too small */
		return;
	if ((bytes & (bytes - 1)) != 0 || bytes > (uint64_t)32 << 20)
		lend_planning_refuse(
			p,
			"good are 128 KiB, 256 KiB, 512 KiB, 1 MiB and so on, twice each, "
			"to 32 MiB: --label-size 2MiB",
			"a label area of %s would not be found again",
			lend_planning_size(p, bytes));
}

int lend_plan_pmem_create(const struct lend_plan_request *request,
			  const struct lend_wish_pmem *pmem, struct lend_plan **ret,
			  struct lend_err *err)
{
	lend_auto_planning p = { 0 };
	struct lend_wish_pmem one = *pmem;

	if (lend_planning_init(&p, request, NULL, err) < 0)
		return -1;
	one.slot.has = false;
	one.readonly = LEND_TRI_UNSET;
	lend_planning_take_pmem(&p, &one, 1);
	/* Of any machine: where it will lie is not asked. */
	p.geometry = (struct lend_geometry){ .board = LEND_BOARD_Q35,
					     .ram_bytes = (uint64_t)1 << 30,
					     .dimms = p.dimms,
					     .n_dimms = 1 };
	lend_geometry_lay(p.plan, &p.geometry);
	check_label(&p, &one);
	if (p.pmem[0].seen != NULL && p.pmem[0].seen->type.known == LEND_KNOWN)
		lend_planning_refuse(&p, "name another file; lend pmem inspect looks into it",
				     "%s is there already", one.backing);
	if (!lend_plan_is_refused(p.plan))
		lend_planning_backing(&p, 0);
	*ret = lend_planning_take(&p,
				  lend_planning_text(&p, "make the backing %s", one.backing));
	return 0;
}
