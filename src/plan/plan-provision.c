/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a region to a namespace, a file system and a mount; what speaks against it. */

#include "plan/plan-provision.h"

#include "base/err.h"
#include "base/num.h"
#include "format/size.h"
#include "model/kind-mount.h"
#include "model/kind-nd-dimm.h"
#include "model/kind-nd-namespace.h"
#include "model/kind-nd-region.h"

const char *const lend_provision_kinds[] = { "nd-bus", "nd-dimm", "nd-region", "nd-namespace",
					     "dax",    "mount",   NULL };

enum { XFS_LEAST = 1 << 30 };

struct provision {
	const struct lend_provision_request *r;
	struct lend_plan *plan;
	const struct lend_nd_region *region;
	const char *name; /* "region0:lend-1a2b3c4d" */
	const char *label;
};

#define refuse(p, hint, ...) lend_plan_remark((p)->plan, LEND_REMARK_REFUSE, hint, __VA_ARGS__)
#define note(p, ...)         lend_plan_remark((p)->plan, LEND_REMARK_NOTE, NULL, __VA_ARGS__)

static const char *size_text(struct provision *p, uint64_t bytes)
{
	lend_auto_buf text = { 0 };

	lend_size_format(&text, bytes);
	return lend_arena_strdup(&p->plan->arena, lend_buf_text(&text));
}

static bool is(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}

static const struct lend_node *next_own(const struct lend_provision_request *r, uint32_t kind,
					const struct lend_node *after)
{
	do
		after = lend_next_of(r->inventory, kind, after);
	while (after != NULL && after->guest != NULL);
	return after;
}

/* ---- which region ---- */

static const char *region_names(struct provision *p)
{
	lend_auto_buf names = { 0 };

	for (const struct lend_node *n = NULL;
	     (n = next_own(p->r, LEND_KIND_ND_REGION, n)) != NULL;)
		lend_buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", n->name);
	return lend_arena_strdup(&p->plan->arena, lend_buf_text(&names));
}

static void find_region(struct provision *p)
{
	const struct lend_node *found = NULL;
	size_t n_regions = 0;

	for (const struct lend_node *n = NULL;
	     (n = next_own(p->r, LEND_KIND_ND_REGION, n)) != NULL;) {
		if (p->r->region != NULL && strcmp(n->name, p->r->region) != 0)
			continue;
		found = n;
		n_regions++;
	}
	if (n_regions == 1) {
		p->region = lend_as_nd_region(found);
		return;
	}
	if (p->r->region != NULL)
		refuse(p,
		       region_names(p)[0] != '\0' ? region_names(p)
						  : "lend show --table nd-region",
		       "this host has no region '%s'", p->r->region);
	else
		refuse(p, "name one of them", "this host has several regions: %s",
		       region_names(p));
}

/* ---- nothing but DIMMs ---- */

/*
 * The words of the vendor's guide; no lend has seen such a DIMM, so nobody
 * is told that it works.
 */
static void ask_for_a_region(struct provision *p)
{
	struct lend_step *step = lend_plan_step(p->plan, "manual", "a region");
	static const char *const lines[] = {
		"not tried by the makers of lend, follow the manual of your hardware:",
		"give the DIMMs to persistent memory (\"App Direct\"), in the firmware's setup "
		"or, for Intel Optane, by: ipmctl create -goal PersistentMemoryType=AppDirect",
		"this may erase what the DIMMs hold",
		"boot the host, then run lend pmem provision again",
	};

	step->before.absent = true;
	step->back = LEND_BACK_NEVER;
	for (size_t i = 0; i < LEND_COUNT(lines); i++)
		lend_plan_arg(p->plan, step, "do", lines[i]);
	lend_plan_arg(p->plan, step, "verify", "there");
	lend_plan_arg(p->plan, step, "path", "/sys/bus/nd/devices/region0");
	lend_pairs_add(&p->plan->arena, &step->after.pairs, "is", "yes");
	lend_plan_remark(p->plan, LEND_REMARK_WARN, NULL,
			 "the host has NVDIMMs and no region: nothing of them is set up as "
			 "persistent memory");
}

/* ---- what speaks against it ---- */

static void check_state(struct provision *p)
{
	const struct lend_nd_region *region = p->region;
	const char *name = region->node.name;

	if (is(&region->state, "disabled"))
		refuse(p, "ndctl enable-region", "%s is disabled", name);
	if (region->read_only.known == LEND_KNOWN && region->read_only.v.u64 != 0)
		refuse(p, "a DIMM that is not armed makes it so: lend show --table nd-dimm",
		       "%s is read-only", name);
	if (region->type.known == LEND_KNOWN && strcmp(region->type.v.str, "pmem") != 0)
		refuse(p, NULL, "%s is of type %s, not persistent memory", name,
		       region->type.v.str);
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)) != NULL; at += len) {
		if ((at == text || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}

/* Words of /sys/bus/nd/devices/nmemN/nfit/flags (Linux drivers/acpi/nfit/core.c). */
static void check_dimm(struct provision *p, const struct lend_nd_dimm *dimm)
{
	static const char *const bad[] = { "save_fail", "restore_fail", "flush_fail",
					   "map_fail" };

	if (dimm->flags.known == LEND_KNOWN) {
		for (size_t i = 0; i < LEND_COUNT(bad); i++) {
			if (has_word(dimm->flags.v.str, bad[i]))
				refuse(p, "lend show --table nd-dimm",
				       "%s says %s: it may lose data", dimm->node.name, bad[i]);
		}
	}
	if (dimm->available_slots.known == LEND_KNOWN && dimm->available_slots.v.u64 == 0)
		refuse(p, "ndctl list -N shows the namespaces",
		       "%s has no room for another label", dimm->node.name);
}

static void check_dimms(struct provision *p)
{
	const struct lend_inventory *inv = p->r->inventory;

	for (size_t i = 0; i < inv->n_edges; i++) {
		const struct lend_node *used = inv->nodes[inv->edges[i].used];

		if (inv->edges[i].user == p->region->node.index &&
		    used->kind == LEND_KIND_ND_DIMM)
			check_dimm(p, (const struct lend_nd_dimm *)(const void *)used);
	}
}

/* "namespace0.0 (fsdax, 62 MiB)"; has_labels: one of them has a UUID. */
static const char *namespaces(struct provision *p, bool *ret_labels)
{
	lend_auto_buf text = { 0 };

	*ret_labels = false;
	for (const struct lend_node *n = NULL;
	     (n = next_own(p->r, LEND_KIND_ND_NAMESPACE, n)) != NULL;) {
		const struct lend_nd_namespace *ns = lend_as_nd_namespace(n);

		if (!is(&ns->region, p->region->node.name) || is(&ns->state, "idle"))
			continue;
		lend_buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", n->name);
		if (ns->mode.known == LEND_KNOWN && ns->size_bytes.known == LEND_KNOWN)
			lend_buf_printf(&text, " (%s, %s)", ns->mode.v.str,
					size_text(p, ns->size_bytes.v.u64));
		*ret_labels = *ret_labels || ns->uuid.known == LEND_KNOWN;
	}
	return lend_arena_strdup(&p->plan->arena, lend_buf_text(&text));
}

static void refuse_no_room(struct provision *p)
{
	const char *name = p->region->node.name;
	bool has_labels;
	const char *taken = namespaces(p, &has_labels);

	if (taken[0] != '\0' && has_labels)
		refuse(p, "ndctl destroy-namespace frees room, and destroys what is in it",
		       "%s has no room: %s", name, taken);
	else
		refuse(p,
		       "ndctl read-labels shows them; ndctl init-labels writes new ones, "
		       "and hides what the old ones described",
		       "%s has no labels that the kernel can use, so that no namespace can be "
		       "made%s%s",
		       name, taken[0] != '\0' ? "; all of it is " : "", taken);
}

static void check_size(struct provision *p, uint64_t free_bytes)
{
	const struct lend_provision_request *r = p->r;
	const struct lend_fact *align = &p->region->align_bytes;
	uint64_t unit = align->known == LEND_KNOWN ? align->v.u64 : 0;

	if (!r->has_size) {
		note(p, "no size was given: the largest free piece of %s is taken, of %s",
		     p->region->node.name, size_text(p, free_bytes));
		return;
	}
	if (r->size_bytes == 0 || (unit != 0 && r->size_bytes % unit != 0))
		refuse(p,
		       lend_arena_printf(&p->plan->arena, "take a multiple of %s",
					 size_text(p, unit)),
		       "%s is no multiple of %s, the unit of %s", size_text(p, r->size_bytes),
		       size_text(p, unit), p->region->node.name);
	if (r->has_align && r->align_bytes != 0 && r->size_bytes % r->align_bytes != 0)
		refuse(p, NULL, "%s is no multiple of --align %s", size_text(p, r->size_bytes),
		       size_text(p, r->align_bytes));
	if (r->size_bytes > free_bytes)
		refuse(p, NULL, "%s has %s free, not %s", p->region->node.name,
		       size_text(p, free_bytes), size_text(p, r->size_bytes));
}

/* ndctl makes neither fsdax nor devdax in a region that begins or ends inside a unit. */
static void check_unit(struct provision *p)
{
	const struct lend_nd_region *region = p->region;
	uint64_t unit = region->align_bytes.v.u64;

	if (region->align_bytes.known != LEND_KNOWN || unit == 0)
		return;
	if ((region->resource.known == LEND_KNOWN && region->resource.v.u64 % unit != 0) ||
	    (region->size_bytes.known == LEND_KNOWN && region->size_bytes.v.u64 % unit != 0))
		refuse(p, "only sector and raw namespaces can be made in it",
		       "%s does not begin and end at a multiple of %s, its unit",
		       region->node.name, size_text(p, unit));
}

/* With extents of 2 MiB mkfs.xfs wants a log of 64 MiB, and several of them in each part. */
static void check_xfs(struct provision *p, uint64_t free_bytes)
{
	uint64_t bytes = p->r->has_size ? p->r->size_bytes : free_bytes;

	if (p->r->fs != NULL && strcmp(p->r->fs, "xfs") == 0 && bytes <= XFS_LEAST)
		refuse(p, "take more of it, or ext4", "%s is too little for XFS",
		       size_text(p, bytes));
}

static void check_room(struct provision *p)
{
	const struct lend_fact *available = &p->region->available_bytes;

	check_unit(p);
	if (available->known != LEND_KNOWN)
		refuse(p, "run it as root", "how much of %s is free cannot be told",
		       p->region->node.name);
	else if (available->v.u64 == 0)
		refuse_no_room(p);
	else
		check_size(p, available->v.u64);
	if (available->known == LEND_KNOWN)
		check_xfs(p, available->v.u64);
}

static void check_mount(struct provision *p)
{
	const char *path = p->r->mount;

	for (const struct lend_node *n = NULL;
	     (n = next_own(p->r, LEND_KIND_MOUNT, n)) != NULL;) {
		if (is(&lend_as_mount(n)->path, path))
			refuse(p, "take another folder", "something is mounted at %s already",
			       path);
	}
}

/* ---- steps ---- */

static struct lend_step *add(struct provision *p, const char *kind, const char *name,
			     enum lend_back back)
{
	struct lend_step *step = lend_plan_step(p->plan, kind, name);

	step->before.absent = true;
	step->back = back;
	lend_plan_arg(p->plan, step, "namespace", p->r->namespace_uuid);
	return step;
}

static void arg_u64(struct provision *p, struct lend_step *step, const char *key,
		    uint64_t value)
{
	lend_pairs_add_u64(&p->plan->arena, &step->args, key, value);
}

static void after(struct provision *p, struct lend_step *step, const char *key,
		  const char *value)
{
	lend_pairs_add(&p->plan->arena, &step->after.pairs, key, value);
}

static void add_namespace(struct provision *p)
{
	const struct lend_provision_request *r = p->r;
	struct lend_step *step = add(p, "nd-namespace", p->name, LEND_BACK_IF_UNUSED);
	const char *mode = r->devdax ? "devdax" : "fsdax";
	const char *region = p->region->node.name;
	lend_auto_buf more = { 0 };

	lend_plan_arg(p->plan, step, "region", region);
	lend_plan_arg(p->plan, step, "mode", mode);
	lend_plan_arg(p->plan, step, "label", p->label);
	if (r->has_size) {
		arg_u64(p, step, "size", r->size_bytes);
		lend_buf_printf(&more, " -s %llu", (unsigned long long)r->size_bytes);
	}
	if (r->has_align) {
		arg_u64(p, step, "align", r->align_bytes);
		lend_buf_printf(&more, " -a %llu", (unsigned long long)r->align_bytes);
	}
	after(p, step, "mode", mode);
	after(p, step, "uuid", r->namespace_uuid);
	lend_plan_typed(p->plan, step, "ndctl create-namespace -r %s -m %s%s -n %s -u %s",
			region, mode, lend_buf_text(&more), p->label, r->namespace_uuid);
}

static void add_fs(struct provision *p)
{
	struct lend_step *step = add(p, "file-system", p->name, LEND_BACK_IF_UNUSED);

	after(p, step, "type", p->r->fs);
	after(p, step, "uuid", p->r->fs_uuid);
	if (strcmp(p->r->fs, "xfs") == 0)
		lend_plan_typed(p->plan, step,
				"mkfs.xfs -K -d su=2m,sw=1 -m uuid=%s,reflink=0 /dev/pmemN",
				p->r->fs_uuid);
	else
		lend_plan_typed(p->plan, step,
				"mkfs.ext4 -b 4096 -E "
				"stride=512,stripe_width=512,nodiscard -U %s /dev/pmemN",
				p->r->fs_uuid);
}

static void add_mount(struct provision *p)
{
	const struct lend_provision_request *r = p->r;
	struct lend_step *step = add(p, "mount", r->mount, LEND_BACK_EXACT);

	after(p, step, "namespace", r->namespace_uuid);
	after(p, step, "type", r->fs);
	after(p, step, "dax", "on");
	lend_plan_typed(p->plan, step, "mount -t %s -o dax /dev/pmemN %s", r->fs, r->mount);
	note(p,
	     "the mount lasts until the host boots; for /etc/fstab: UUID=%s %s %s "
	     "dax,nofail 0 0",
	     r->fs_uuid, r->mount, r->fs);
	lend_plan_after(p->plan, "a backing: lend pmem create --size 4GiB %s/NAME.img",
			r->mount);
}

static void say_costs(struct provision *p)
{
	const struct lend_provision_request *r = p->r;

	note(p, "64 bytes of each 4 KiB are taken for what the kernel keeps about pages");
	if (!r->devdax && r->fs == NULL)
		note(p, "without a file system, /dev/pmemN is no DAX memory for a VM");
}

static void add_steps(struct provision *p)
{
	add_namespace(p);
	if (p->r->fs != NULL)
		add_fs(p);
	if (p->r->mount != NULL)
		add_mount(p);
	if (p->r->devdax)
		lend_plan_after(p->plan, "lend show --table dax names the device of %s",
				p->name);
	say_costs(p);
}

/* ---- all of it ---- */

static int check_request(const struct lend_provision_request *r, struct lend_err *err)
{
	if (r->devdax && (r->fs != NULL || r->mount != NULL))
		return lend_fail(err, LEND_E_USAGE,
				 "a devdax namespace has no file system, and is not mounted");
	if (r->mount != NULL && r->fs == NULL)
		return lend_fail(err, LEND_E_USAGE, "there is no file system to be mounted");
	if (r->fs != NULL && strcmp(r->fs, "ext4") != 0 && strcmp(r->fs, "xfs") != 0)
		return lend_fail(err, LEND_E_USAGE, "'%.20s' is neither ext4 nor xfs", r->fs);
	if (r->mount != NULL && (r->mount[0] != '/' || r->mount[1] == '\0'))
		return lend_fail(err, LEND_E_USAGE, "'%.100s' is no folder to mount at",
				 r->mount);
	if (r->has_align && r->align_bytes != 4096 && r->align_bytes != (2 << 20) &&
	    r->align_bytes != (1 << 30))
		return lend_fail(err, LEND_E_USAGE, "pages have 4 KiB, 2 MiB or 1 GiB");
	return 0;
}

static void check(struct provision *p)
{
	find_region(p);
	if (p->region == NULL)
		return;
	check_state(p);
	check_dimms(p);
	check_room(p);
	if (p->r->mount != NULL)
		check_mount(p);
}

int lend_plan_provision(const struct lend_provision_request *request, struct lend_plan **ret,
			struct lend_err *err)
{
	lend_auto_plan *plan = lend_plan_new("provision persistent memory", NULL, "host");
	struct provision p = { .r = request, .plan = plan };

	if (check_request(request, err) < 0)
		return -1;
	if (next_own(request, LEND_KIND_ND_REGION, NULL) == NULL) {
		plan->title = "set persistent memory up";
		if (next_own(request, LEND_KIND_ND_DIMM, NULL) != NULL)
			ask_for_a_region(&p);
		else
			refuse(&p, "lend pmem create makes a backing on any file system",
			       "this host has no persistent memory");
	} else {
		check(&p);
	}
	if (p.region != NULL) {
		p.label = lend_arena_printf(&plan->arena, "lend-%.8s", request->namespace_uuid);
		p.name = lend_arena_printf(&plan->arena, "%s:%s", p.region->node.name, p.label);
		plan->title = lend_arena_printf(
			&plan->arena, "provision %s: %s%s%s%s%s", p.region->node.name,
			request->devdax ? "devdax" : "fsdax", request->fs != NULL ? ", " : "",
			request->fs != NULL ? request->fs : "",
			request->mount != NULL ? " at " : "",
			request->mount != NULL ? request->mount : "");
		if (!lend_plan_is_refused(plan))
			add_steps(&p);
	}
	*ret = plan;
	plan = NULL;
	return 0;
}
