/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a wished NVDIMM is backed by: made where nothing is, used where it
 * fits, refused where it would harm what is in it.
 */

#include <inttypes.h>

#include "format/shell-words.h"
#include "plan/qemu.h"

/* A character device has its own step; a file on hugetlbfs that of its pages. */
static uint64_t page_of(const struct lend_wanted_node *w)
{
	if (w == NULL)
		return 0;
	if (w->align_bytes.known == LEND_KNOWN)
		return w->align_bytes.v.u64;
	if (lend_fact_is(&w->fs, "hugetlbfs") && w->block_bytes.known == LEND_KNOWN)
		return w->block_bytes.v.u64;
	return 0;
}

static bool has_labels(const struct lend_wanted_node *w)
{
	return lend_fact_is(&w->label_state, "valid") ||
	       lend_fact_is(&w->label_state, "one index torn");
}

/* The slot that the record, or what is in the file, has for it. */
static void choose_slot(struct lend_planning *p, struct lend_planned_pmem *m)
{
	const struct lend_wish_pmem *before =
		p->recorded == NULL ? NULL : lend_wish_find_pmem(p->recorded, m->wish.name);

	if (m->wish.slot.has)
		return;
	if (before != NULL && before->slot.has && strcmp(before->backing, m->wish.backing) == 0)
		m->wish.slot = before->slot;
	else if (m->seen != NULL && has_labels(m->seen) &&
		 m->seen->label_slot.known == LEND_KNOWN) {
		m->wish.slot = lend_opt(m->seen->label_slot.v.u64);
		lend_planning_note(
			p, NULL, "%s: slot %" PRIu64 ", in which the labels of %s were written",
			m->wish.name, m->wish.slot.v, m->wish.backing);
	}
}

void lend_planning_take_pmem(struct lend_planning *p, const struct lend_wish_pmem *pmem,
			     size_t n)
{
	p->pmem = lend_arena_array(p->arena, n + 1, sizeof(*p->pmem));
	p->dimms = lend_arena_array(p->arena, n + 1, sizeof(*p->dimms));
	p->n_pmem = n;
	for (size_t i = 0; i < n; i++) {
		struct lend_planned_pmem *m = &p->pmem[i];

		m->wish = pmem[i];
		m->seen = lend_planning_seen(p, m->wish.backing);
		m->is_new = true;
		m->readonly = m->wish.readonly == LEND_TRI_ON;
		m->share = m->wish.share != LEND_TRI_OFF;
		choose_slot(p, m);
		p->dimms[i] = (struct lend_geometry_dimm){
			.name = m->wish.name,
			.guest_bytes = m->wish.size_bytes.v,
			.want_label = m->wish.label_bytes,
			.want_slot = m->wish.slot,
			.want_align = m->wish.align_bytes,
			.page_bytes = page_of(m->seen),
			.is_devdax =
				m->seen != NULL && lend_fact_is(&m->seen->type, "dax device"),
		};
	}
}

/* ---- made ---- */

const char *lend_planning_typed(struct lend_planning *p, const char *path)
{
	lend_auto_buf text = { 0 };

	lend_shell_quote(&text, path, strlen(path) + 1);
	return lend_arena_strdup(p->arena, lend_buf_text(&text));
}

static const char *folder_of(struct lend_planning *p, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path || slash == NULL
		       ? "/"
		       : lend_arena_strndup(p->arena, path, (size_t)(slash - path));
}

/* What this plan wants of that file system already, with it. */
static uint64_t take_room(struct lend_planning *p, const char *fs_dev, uint64_t bytes)
{
	size_t i = 0;

	while (i < p->n_taken && strcmp(p->taken_of[i], fs_dev) != 0)
		i++;
	if (i == LEND_COUNT(p->taken_of))
		return bytes;
	if (i == p->n_taken)
		p->taken_of[p->n_taken++] = fs_dev;
	p->taken_bytes[i] += bytes; /* at most 512 of 2^53 */
	return p->taken_bytes[i];
}

/* One folder for many is missed once. */
static void refuse_no_folder(struct lend_planning *p, const char *who, const char *folder)
{
	const char *hint = lend_planning_text(p, "mkdir -p %s", lend_planning_typed(p, folder));

	for (size_t i = 0; i < p->plan->n_remarks; i++) {
		const char *said = p->plan->remarks[i].hint;

		if (said != NULL && strcmp(said, hint) == 0)
			return;
	}
	lend_planning_refuse(p, hint, "%s: there is no folder %s", who, folder);
}

bool lend_planning_can_make(struct lend_planning *p, const char *who, const char *path,
			    const struct lend_wanted_node *w, uint64_t bytes)
{
	const char *folder = folder_of(p, path);
	uint64_t taken;

	if (w->folder.known == LEND_ABSENT)
		refuse_no_folder(p, who, folder);
	else if (w->folder.known == LEND_UNREADABLE)
		lend_planning_refuse(p, "run as root", "%s: %s cannot be looked at: %s", who,
				     folder, w->folder.v.str);
	else if (w->folder.known == LEND_KNOWN && !lend_fact_is(&w->folder, "directory"))
		lend_planning_refuse(p, NULL, "%s: %s is no folder", who, folder);
	else if (strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/shm/", 9) != 0 &&
		 strncmp(path, "/dev/hugepages/", 15) != 0)
		lend_planning_refuse(p, NULL, "%s: there is no device %s", who, path);
	else if (lend_fact_on(&w->read_only))
		lend_planning_refuse(p, "choose another folder, or mount it read-write",
				     "%s: %s is mounted read-only", who, folder);
	else if (lend_fact_off(&w->writable))
		lend_planning_refuse(p, "run as root, or choose another folder",
				     "%s: you may not write in %s", who, folder);
	else if (p->request->sparse)
		return true;
	else if (w->free_bytes.known == LEND_KNOWN && w->fs_dev.known == LEND_KNOWN) {
		taken = take_room(p, w->fs_dev.v.str, bytes);
		if (taken <= w->free_bytes.v.u64)
			return true;
		lend_planning_refuse(p, "free some room, or choose another folder",
				     "%s: %s has %s free, and %s are wanted", who, folder,
				     lend_planning_size(p, w->free_bytes.v.u64),
				     lend_planning_size(p, taken));
	} else {
		return true;
	}
	return false;
}

static bool was_there(const struct lend_planning *p, const struct lend_planned_pmem *m)
{
	const struct lend_wish_pmem *before =
		p->recorded == NULL ? NULL : lend_wish_find_pmem(p->recorded, m->wish.name);

	return before != NULL && strcmp(before->backing, m->wish.backing) == 0;
}

/* false: refused. */
static bool make(struct lend_planning *p, size_t i)
{
	const struct lend_planned_pmem *m = &p->pmem[i];
	const struct lend_geometry_dimm *d = &p->dimms[i];
	struct lend_step *step;

	if (m->readonly) {
		lend_planning_refuse(p, "leave readonly out, or name a file that is there",
				     "%s: %s is to be read-only, and is not there",
				     m->wish.name, m->wish.backing);
		return false;
	}
	if (lend_fact_is(&m->seen->fs, "hugetlbfs") && d->label_bytes != 0) {
		lend_planning_refuse(p, "label: 0",
				     "%s: no label can be written into a file on hugetlbfs",
				     m->wish.name);
		return false;
	}
	if (!lend_planning_can_make(p, m->wish.name, m->wish.backing, m->seen,
				    d->backing_bytes))
		return false;
	lend_planning_claims(p, m->wish.name, m->wish.backing);
	if (was_there(p, m))
		lend_planning_warn(p, NULL,
				   "%s: %s was there when it was recorded, and is not; a new "
				   "one is blank",
				   m->wish.name, m->wish.backing);
	step = lend_plan_step(p->plan, "backing", m->wish.backing);
	if (p->vm_name != NULL)
		lend_plan_arg(p->plan, step, "vm", p->vm_name);
	lend_plan_arg(p->plan, step, "pmem", m->wish.name);
	lend_plan_arg(p->plan, step, "label-size",
		      lend_planning_text(p, "%" PRIu64, d->label_bytes));
	lend_plan_arg(p->plan, step, "label-version", "1.2");
	lend_plan_arg(p->plan, step, "blocks", "real");
	step->before.absent = true;
	lend_pairs_add_u64(p->arena, &step->after.pairs, "size", d->backing_bytes);
	if (d->label_bytes != 0)
		lend_pairs_add_u64(p->arena, &step->after.pairs, "label-size", d->label_bytes);
	step->back = LEND_BACK_IF_UNUSED;
	lend_plan_typed(p->plan, step, "fallocate -l %" PRIu64 " %s", d->backing_bytes,
			lend_planning_typed(p, m->wish.backing));
	if (d->label_bytes != 0)
		lend_plan_typed(p->plan, step,
				"# and, once in the guest: ndctl init-labels -f -V 1.2 nmemN; "
				"lend writes its index blocks now");
	return true;
}

/* ---- used as it is ---- */

static void check_bytes(struct lend_planning *p, size_t i, uint64_t is)
{
	const struct lend_planned_pmem *m = &p->pmem[i];
	const struct lend_geometry_dimm *d = &p->dimms[i];
	uint64_t could = is > d->label_bytes ? is - d->label_bytes : 0;
	const char *hint = "name another backing";

	if (is == d->backing_bytes)
		return;
	if (is > d->backing_bytes && !lend_fact_is(&m->seen->type, "file")) {
		lend_planning_note(p, NULL, "%s: %s of %s are not used", m->wish.name,
				   lend_planning_size(p, is - d->backing_bytes),
				   m->wish.backing);
		return;
	}
	if (could > 0 && could % LEND_GEOMETRY_STEP == 0)
		hint = lend_planning_text(
			p, "size: %s is what it is made for%s", lend_planning_size(p, could),
			is < d->backing_bytes ? ", or make it larger: lend pmem grow" : "");
	lend_planning_refuse(p, hint, "%s: %s has %s, and a DIMM of %s needs %s%s",
			     m->wish.name, m->wish.backing, lend_planning_size(p, is),
			     lend_planning_size(p, d->guest_bytes),
			     lend_planning_size(p, d->backing_bytes),
			     d->label_bytes != 0 ? " with its label area" : "");
	lend_plan_by_rule(p->plan, "backing-large-enough");
}

void lend_planning_unseen(struct lend_planning *p, size_t i, const char *hint, const char *text)
{
	bool all = p->pmem[i].unseen && p->pmem[i].seen != NULL &&
		   p->pmem[i].seen->type.known == LEND_UNREADABLE;

	p->pmem[i].unseen = true;
	if (all) /* nothing of it was seen, which is said */
		return;
	lend_planning_warn(p, hint, "%s: %s", p->pmem[i].wish.name, text);
}

static void check_slot(struct lend_planning *p, size_t i)
{
	const struct lend_planned_pmem *m = &p->pmem[i];
	const struct lend_fact *slot = &m->seen->label_slot;

	if (slot->known != LEND_KNOWN || slot->v.u64 == p->dimms[i].slot)
		return;
	lend_planning_refuse(p, lend_planning_text(p, "slot: %" PRIu64, slot->v.u64),
			     "%s: the labels of %s were written in slot %" PRIu64
			     ", in slot %" PRIu64 " the guest would not see its namespaces",
			     m->wish.name, m->wish.backing, slot->v.u64, p->dimms[i].slot);
	lend_plan_by_rule(p->plan, "labels-of-this-slot");
}

static void check_labels(struct lend_planning *p, size_t i)
{
	const struct lend_planned_pmem *m = &p->pmem[i];
	const struct lend_wanted_node *w = m->seen;
	const char *label = lend_planning_size(p, p->dimms[i].label_bytes);
	const char *inspect = lend_planning_text(p, "look at it: lend pmem inspect %s",
						 lend_planning_typed(p, m->wish.backing));

	if (p->dimms[i].label_bytes == 0)
		return;
	if (has_labels(w)) {
		check_slot(p, i);
		if (lend_fact_is(&w->label_state, "one index torn")) {
			lend_planning_note(p, inspect,
					   "%s: one index block of %s is torn, the guest uses "
					   "the other one",
					   m->wish.name, m->wish.backing);
			lend_plan_by_rule(p->plan, "labels-both-valid");
		}
	} else if (lend_fact_is(&w->label_state, "damaged")) {
		lend_planning_refuse(p, inspect, "%s: the label area of %s is damaged",
				     m->wish.name, m->wish.backing);
		lend_plan_by_rule(p->plan, "labels-valid");
	} else if (lend_fact_is(&w->tail, "data")) {
		lend_planning_refuse(p, "label: 0, or name another backing",
				     "%s: a label area of %s would hide data at the end of %s",
				     m->wish.name, label, m->wish.backing);
		lend_plan_by_rule(p->plan, "labels-hide-nothing");
	} else if (w->label_state.known == LEND_KNOWN) {
		lend_planning_warn(p, "ndctl init-labels -f nmemN in the guest, once",
				   "%s: the label area of %s is blank, and ndctl "
				   "create-namespace fails until it has index blocks",
				   m->wish.name, m->wish.backing);
		lend_plan_by_rule(p->plan, "labels-not-blank");
	} else if (p->request->remote) {
		lend_planning_unseen(
			p, i, NULL,
			lend_planning_text(
				p, "the labels of %s cannot be read%s%s", m->wish.backing,
				w->label_state.known == LEND_UNREADABLE ? ": " : "",
				w->label_state.known == LEND_UNREADABLE ? w->label_state.v.str
									: ""));
	} else {
		lend_planning_refuse(
			p, "run as root", "%s: the labels of %s cannot be read%s%s",
			m->wish.name, m->wish.backing,
			w->label_state.known == LEND_UNREADABLE ? ": " : "",
			w->label_state.known == LEND_UNREADABLE ? w->label_state.v.str : "");
	}
}

static void use(struct lend_planning *p, size_t i)
{
	const struct lend_planned_pmem *m = &p->pmem[i];
	const struct lend_wanted_node *w = m->seen;
	const char *rule;
	const char *holder = lend_planning_holder(p, w, &rule);
	bool file = lend_fact_is(&w->type, "file");

	if (lend_fact_is(&w->type, "symbolic link")) {
		lend_planning_refuse(p, "make what it leads to, or name another backing",
				     "%s: %s is a symbolic link that leads to nothing",
				     m->wish.name, m->wish.backing);
		p->pmem[i].has_no_backing = true;
		return;
	}
	if (!file && !lend_fact_is(&w->type, "block device") &&
	    !lend_fact_is(&w->type, "dax device")) {
		lend_planning_refuse(p, "name a file in it", "%s: %s is a %s", m->wish.name,
				     m->wish.backing, w->type.v.str);
		return;
	}
	if (holder != NULL) {
		lend_planning_refuse(p, "name another backing", "%s: %s is %s", m->wish.name,
				     m->wish.backing, holder);
		if (rule != NULL)
			lend_plan_by_rule(p->plan, rule);
		return;
	}
	if (p->request->remote)
		lend_planning_warn(p, NULL,
				   "%s: who has %s open on that host, but for its libvirt's "
				   "domains, cannot be told from here",
				   m->wish.name, m->wish.backing);
	lend_planning_claims(p, m->wish.name, m->wish.backing);
	if (lend_fact_off(&w->writable) && !m->readonly)
		lend_planning_refuse(p, "run as root, or readonly: on",
				     "%s: you may not write to %s", m->wish.name,
				     m->wish.backing);
	if (w->size_bytes.known != LEND_KNOWN) {
		lend_planning_refuse(p, "run as root", "%s: the size of %s is not known",
				     m->wish.name, m->wish.backing);
		return;
	}
	check_bytes(p, i, w->size_bytes.v.u64);
	if (w->size_bytes.v.u64 < p->dimms[i].backing_bytes ||
	    (file && w->size_bytes.v.u64 != p->dimms[i].backing_bytes))
		return;
	check_labels(p, i);
	if (file && w->allocated_bytes.known == LEND_KNOWN &&
	    w->allocated_bytes.v.u64 < w->size_bytes.v.u64)
		lend_planning_warn(p,
				   lend_planning_text(p, "fallocate -l %" PRIu64 " %s",
						      w->size_bytes.v.u64, m->wish.backing),
				   "%s: %s has holes: when the file system is full, its guest "
				   "is killed",
				   m->wish.name, m->wish.backing);
}

static bool is_same_number(const struct lend_fact *a, const struct lend_fact *b)
{
	return a->known == LEND_KNOWN && b->known == LEND_KNOWN && a->v.u64 == b->v.u64;
}

static bool is_same_dev(const struct lend_fact *a, const struct lend_fact *b)
{
	return a->known == LEND_KNOWN && b->known == LEND_KNOWN &&
	       strcmp(a->v.str, b->v.str) == 0;
}

/* By numbers; of what is not there, those of its folder and the last name. */
static bool is_same_file(const struct lend_wanted_node *a, const struct lend_wanted_node *b)
{
	if (a->type.known == LEND_ABSENT && b->type.known == LEND_ABSENT)
		return is_same_dev(&a->fs_dev, &b->fs_dev) &&
		       is_same_number(&a->folder_inode, &b->folder_inode) &&
		       strcmp(basename(a->node.name), basename(b->node.name)) == 0;
	return is_same_dev(&a->dev, &b->dev) && is_same_number(&a->inode, &b->inode);
}

static void check_twice(struct lend_planning *p, size_t i)
{
	const struct lend_wanted_node *a = p->pmem[i].seen;

	for (size_t j = 0; j < i; j++) {
		const struct lend_wanted_node *b = p->pmem[j].seen;
		bool same = lend_planning_same_path(p->pmem[i].wish.backing,
						    p->pmem[j].wish.backing);

		if (!same && a != NULL && b != NULL)
			same = is_same_file(a, b);
		if (same)
			lend_planning_refuse(p, "one backing for each",
					     "%s: its backing is that of %s",
					     p->pmem[i].wish.name, p->pmem[j].wish.name);
	}
}

void lend_planning_backing(struct lend_planning *p, size_t i)
{
	struct lend_planned_pmem *m = &p->pmem[i];
	const char *holder =
		p->request->remote ? lend_planning_far_holder(p, m->wish.backing) : NULL;

	check_twice(p, i);
	if (holder != NULL)
		lend_planning_refuse(p, "name another backing", "%s: %s is %s", m->wish.name,
				     m->wish.backing, holder);
	else if (m->seen == NULL || m->seen->type.known == LEND_NOT_ASKED ||
		 m->seen->type.known == LEND_DISPUTED)
		lend_planning_refuse(p, "the capture was not made for this wish",
				     "%s: whether %s is there is not known", m->wish.name,
				     m->wish.backing);
	else if (m->seen->type.known == LEND_UNREADABLE && p->request->remote)
		lend_planning_unseen(
			p, i,
			lend_planning_text(p,
					   "a storage pool of its folder there (virsh "
					   "pool-create-as, pool-refresh) lets libvirt tell, "
					   "or run lend on that host; when %s is not there, "
					   "QEMU makes a file of holes",
					   m->wish.backing),
			lend_planning_text(p,
					   "whether %s is there, and what is in it, cannot be "
					   "told from here: %s",
					   m->wish.backing, m->seen->type.v.str));
	else if (m->seen->type.known == LEND_UNREADABLE)
		lend_planning_refuse(p, "run as root", "%s: %s cannot be looked at: %s",
				     m->wish.name, m->wish.backing, m->seen->type.v.str);
	else if (m->seen->type.known == LEND_ABSENT)
		m->has_no_backing = !make(p, i);
	else
		use(p, i);
}
