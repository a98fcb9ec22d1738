/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plan/pmem-file.h"

#include "base/err.h"
#include "base/num.h"
#include "format/nd-id.h"
#include "format/shell-words.h"
#include "format/size.h"
#include "plan/geometry.h"

static const char *size_text(struct lend_plan *plan, uint64_t bytes)
{
	lend_auto_buf text = { 0 };

	lend_size_format(&text, bytes);
	return lend_arena_strdup(&plan->arena, lend_buf_text(&text));
}

/* As a shell reads it. */
static const char *word(struct lend_plan *plan, const char *path)
{
	lend_auto_buf text = { 0 };

	lend_shell_quote(&text, path, strlen(path) + 1);
	return lend_arena_strdup(&plan->arena, lend_buf_text(&text));
}

static const char *number(struct lend_plan *plan, uint64_t value)
{
	return lend_arena_printf(&plan->arena, "%llu", (unsigned long long)value);
}

static uint64_t label_bytes_of(const struct lend_pmem_file *file)
{
	return file->inside->labels != NULL ? file->inside->labels->label_bytes : 0;
}

static uint32_t used_of(const struct lend_pmem_file *file)
{
	return file->inside->labels != NULL ? file->inside->labels->used : 0;
}

/* The plan, which is the caller's now; one that is refused has no steps. */
static struct lend_plan *take(struct lend_plan **plan)
{
	struct lend_plan *taken = *plan;

	if (lend_plan_is_refused(taken)) {
		taken->n_steps = 0;
		taken->n_after = 0;
	}
	*plan = NULL;
	return taken;
}

/* ---- what all of them refuse ---- */

static void refuse_labels(struct lend_plan *plan, const struct lend_inside *inside)
{
	const char *look = lend_arena_printf(&plan->arena, "lend pmem inspect %s",
					     word(plan, inside->path));

	switch (inside->verdict) {
	case LEND_INSIDE_DAMAGED:
		lend_plan_remark(plan, LEND_REMARK_REFUSE, look, "the labels of %s are damaged",
				 inside->path);
		break;
	case LEND_INSIDE_ELSEWHERE:
		lend_plan_remark(plan, LEND_REMARK_REFUSE, look,
				 "%s has labels, but not at its end: they are of another size= "
				 "or label-size=",
				 inside->path);
		break;
	case LEND_INSIDE_UNKNOWN:
	case LEND_INSIDE_BLANK:
	case LEND_INSIDE_LABELLED:
	case LEND_INSIDE_HIDDEN:
	case LEND_INSIDE_DATA:
		break;
	}
	if (inside->labels != NULL && inside->labels->index.major != 1)
		lend_plan_remark(plan, LEND_REMARK_REFUSE, NULL,
				 "%s has labels of version %u.%u, which are not written",
				 inside->path, inside->labels->index.major,
				 inside->labels->index.minor);
	for (size_t i = 0; i < inside->n_unseen; i++)
		lend_plan_remark(plan, LEND_REMARK_REFUSE, NULL,
				 "%s: not all of it could be seen: %s", inside->path,
				 inside->unseen[i]);
}

static void refuse_file(struct lend_plan *plan, const struct lend_pmem_file *file)
{
	if (file->inside->type != LEND_INSIDE_FILE)
		lend_plan_remark(plan, LEND_REMARK_REFUSE, NULL, "%s is no file",
				 file->inside->path);
	if (file->user != NULL)
		lend_plan_remark(plan, LEND_REMARK_REFUSE, "stop what uses it first",
				 "%s is in use by %s", file->inside->path, file->user);
	refuse_labels(plan, file->inside);
	if (file->inside->verdict != LEND_INSIDE_ELSEWHERE &&
	    file->inside->verdict != LEND_INSIDE_DAMAGED && file->inside->label_given &&
	    file->inside->labels == NULL && file->inside->label_bytes > 0)
		lend_plan_remark(plan, LEND_REMARK_REFUSE, NULL,
				 "%s has no labels in an area of %s at its end",
				 file->inside->path,
				 size_text(plan, file->inside->label_bytes));
}

static void refuse_read_only(struct lend_plan *plan, const char *path,
			     const struct lend_pmem_system *system)
{
	if (system->read_only != NULL)
		lend_plan_remark(plan, LEND_REMARK_REFUSE,
				 "mount it read-write, or run as one who may write there",
				 "%s cannot be changed: %s", path, system->read_only);
}

/* Every block will be a real one. */
static void refuse_no_room(struct lend_plan *plan, const char *path,
			   const struct lend_pmem_system *system, uint64_t bytes)
{
	if (system->read_only == NULL && system->free_bytes.has && bytes > system->free_bytes.v)
		lend_plan_remark(
			plan, LEND_REMARK_REFUSE, "free some room, or choose another folder",
			"there are %s free for %s, and %s are wanted",
			size_text(plan, system->free_bytes.v), path, size_text(plan, bytes));
}

static void refuse_place(struct lend_plan *plan, const struct lend_pmem_place *to)
{
	if (to->is_taken)
		lend_plan_remark(plan, LEND_REMARK_REFUSE,
				 "lend puts nothing over what is there; take another name",
				 "%s is there already", to->path);
	refuse_read_only(plan, to->path, &to->system);
}

/* ---- slots ---- */

struct slots {
	bool change;
	uint32_t from, to;
};

/* false: refused, or there is nothing to change. */
static bool all_of_one_slot(const struct lend_inside_area *area, uint32_t *ret_slot)
{
	if (area->n_namespaces == 0)
		return false;
	for (size_t i = 0; i < area->n_namespaces; i++) {
		const struct lend_inside_namespace *ns = &area->namespaces[i];

		if (!ns->has_qemu_slot || ns->qemu_slot != area->namespaces[0].qemu_slot)
			return false;
	}
	*ret_slot = area->namespaces[0].qemu_slot;
	return true;
}

static int choose_slots(struct lend_plan *plan, const struct lend_pmem_file *file,
			struct lend_opt_u64 wanted, struct slots *ret, struct lend_err *err)
{
	*ret = (struct slots){ 0 };
	if (!wanted.has)
		return 0;
	if (wanted.v >= LEND_ND_QEMU_SLOTS)
		return lend_fail(err, LEND_E_USAGE, "QEMU has slots 0 to 255, and no %llu",
				 (unsigned long long)wanted.v);
	if (used_of(file) == 0) {
		lend_plan_remark(plan, LEND_REMARK_NOTE, NULL,
				 "%s has no namespaces in labels, and is good for every slot",
				 file->inside->path);
		return 0;
	}
	if (!all_of_one_slot(file->inside->labels, &ret->from)) {
		lend_plan_remark(plan, LEND_REMARK_REFUSE,
				 "put it back into the slot and the VM it came from",
				 "the labels of %s are not all of one slot of QEMU",
				 file->inside->path);
		return 0;
	}
	ret->to = (uint32_t)wanted.v;
	ret->change = ret->from != ret->to;
	if (!ret->change)
		lend_plan_remark(plan, LEND_REMARK_NOTE, NULL,
				 "the labels of %s are of slot %u already", file->inside->path,
				 ret->to);
	return 0;
}

/* ---- steps ---- */

static void put_state(struct lend_plan *plan, struct lend_state *state, uint64_t size,
		      uint64_t label_bytes)
{
	lend_pairs_add_u64(&plan->arena, &state->pairs, "size", size);
	if (label_bytes > 0)
		lend_pairs_add_u64(&plan->arena, &state->pairs, "label-size", label_bytes);
}

static struct lend_step *add_step(struct lend_plan *plan, const char *kind, const char *path,
				  uint64_t label_bytes)
{
	struct lend_step *step = lend_plan_step(plan, kind, path);

	lend_plan_arg(plan, step, "label-size", number(plan, label_bytes));
	return step;
}

static void add_copy(struct lend_plan *plan, const struct lend_pmem_file *file, const char *to,
		     const struct slots *slots)
{
	struct lend_step *step = add_step(plan, "copy", to, label_bytes_of(file));

	lend_plan_arg(plan, step, "from", file->inside->path);
	lend_plan_arg(plan, step, "from-file", file->id);
	if (slots->change)
		lend_plan_arg(plan, step, "slot", number(plan, slots->to));
	step->before.absent = true;
	put_state(plan, &step->after, file->inside->file_bytes, label_bytes_of(file));
	step->back = LEND_BACK_IF_UNUSED;
	lend_plan_typed(plan, step, "cp --sparse=never -n %s %s",
			word(plan, file->inside->path), word(plan, to));
	if (slots->change)
		step->note = lend_arena_printf(&plan->arena,
					       "labels of slot %u are written for slot %u",
					       slots->from, slots->to);
}

static void add_remove(struct lend_plan *plan, const struct lend_pmem_file *file,
		       const char *copy, const struct slots *slots)
{
	struct lend_step *step =
		add_step(plan, "remove", file->inside->path, label_bytes_of(file));

	lend_plan_arg(plan, step, "copy", copy);
	if (slots->change)
		lend_plan_arg(plan, step, "slot", number(plan, slots->from));
	put_state(plan, &step->before, file->inside->file_bytes, label_bytes_of(file));
	step->after.absent = true;
	step->back = LEND_BACK_EXACT;
	lend_plan_typed(plan, step, "cmp %s %s && rm %s", word(plan, file->inside->path),
			word(plan, copy), word(plan, file->inside->path));
}

static void add_relabel(struct lend_plan *plan, const struct lend_pmem_file *file,
			const struct slots *slots)
{
	struct lend_step *step =
		add_step(plan, "relabel", file->inside->path, label_bytes_of(file));

	lend_plan_arg(plan, step, "file", file->id);
	lend_pairs_add_u64(&plan->arena, &step->before.pairs, "slot", slots->from);
	lend_pairs_add_u64(&plan->arena, &step->after.pairs, "slot", slots->to);
	step->back = LEND_BACK_EXACT;
	step->note = "no other program can do that: ndctl writes labels of its own slot alone";
}

static void add_move(struct lend_plan *plan, const struct lend_pmem_file *file, const char *to)
{
	struct lend_step *step = lend_plan_step(plan, "move", to);

	lend_plan_arg(plan, step, "from", file->inside->path);
	lend_plan_arg(plan, step, "file", file->id);
	lend_pairs_add(&plan->arena, &step->before.pairs, "at", file->inside->path);
	lend_pairs_add(&plan->arena, &step->after.pairs, "at",
		       lend_arena_strdup(&plan->arena, to));
	step->back = LEND_BACK_EXACT;
	lend_plan_typed(plan, step, "mv -n %s %s", word(plan, file->inside->path),
			word(plan, to));
}

/* ---- for whoever starts QEMU ---- */

/* A comma ends a value of QEMU's options, two are one. */
static const char *value(struct lend_plan *plan, const char *path)
{
	lend_auto_buf text = { 0 };

	for (; *path != '\0'; path++) {
		lend_buf_putc(&text, *path);
		if (*path == ',')
			lend_buf_putc(&text, ',');
	}
	return lend_arena_strdup(&plan->arena, lend_buf_text(&text));
}

struct sizes {
	uint64_t guest_bytes, file_bytes, label_bytes;
	struct lend_opt_u64 align;
};

/* ",KEY=VALUE", or nothing. */
static const char *option(struct lend_plan *plan, const char *key, struct lend_opt_u64 of)
{
	return !of.has ? ""
		       : lend_arena_printf(&plan->arena, ",%s=%s", key, number(plan, of.v));
}

static void say(struct lend_plan *plan, const char *path, const struct sizes *sizes,
		struct lend_opt_u64 slot)
{
	struct lend_opt_u64 label = { .has = sizes->label_bytes > 0, .v = sizes->label_bytes };
	const char *object = lend_arena_printf(
		&plan->arena, "memory-backend-file,id=mem1,mem-path=%s,size=%s,share=on%s",
		value(plan, path), number(plan, sizes->file_bytes),
		option(plan, "align", sizes->align));

	lend_plan_after(plan, "the guest gets %s%s%s%s", size_text(plan, sizes->guest_bytes),
			label.has ? "; " : ", without labels",
			label.has ? size_text(plan, label.v) : "",
			label.has ? " more are the label area" : "");
	lend_plan_after(plan, "-object %s", word(plan, object));
	lend_plan_after(plan, "-device nvdimm,id=pmem1,memdev=mem1%s%s",
			option(plan, "slot", slot), option(plan, "label-size", label));
}

/* ---- new ---- */

static void change(struct lend_pairs *pairs, const char *key, const char *to)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->items[i].key, key) == 0)
			pairs->items[i].value = to;
	}
}

void lend_plan_pmem_vary(struct lend_plan *plan, const struct lend_wish_pmem *pmem,
			 bool old_labels, bool sparse)
{
	uint64_t size = 0, label_bytes = 0;
	struct lend_step *step;

	if (plan->n_steps == 0)
		return;
	step = &plan->steps[0];
	if (old_labels)
		change(&step->args, "label-version", "1.1");
	if (sparse) {
		change(&step->args, "blocks", "sparse");
		lend_plan_remark(plan, LEND_REMARK_WARN, NULL,
				 "a sparse file kills its VM when the file system is full");
	}
	(void)lend_pairs_u64(&step->after.pairs, "size", &size);
	(void)lend_pairs_u64(&step->after.pairs, "label-size", &label_bytes);
	step->n_typed = 0;
	lend_plan_typed(plan, step, "%s %llu %s", sparse ? "truncate -s" : "fallocate -l",
			(unsigned long long)size, word(plan, step->name));
	if (label_bytes > 0)
		lend_plan_typed(plan, step,
				"# and once in the guest: ndctl init-labels -f%s nmem0",
				old_labels ? "" : " -V 1.2");
	say(plan, step->name,
	    &(struct sizes){ pmem->size_bytes.v, size, label_bytes, pmem->align_bytes },
	    (struct lend_opt_u64){ 0 });
}

/* ---- grow ---- */

static void check_size(struct lend_plan *plan, uint64_t guest_bytes)
{
	const char *near = lend_geometry_near(&plan->arena, guest_bytes);
	const char *size = size_text(plan, guest_bytes);

	if (guest_bytes % LEND_GEOMETRY_STEP != 0)
		lend_plan_remark(plan, LEND_REMARK_REFUSE, near,
				 "%s is no multiple of 16 MiB: ndctl in the guest would make "
				 "neither fsdax nor devdax of it",
				 size);
	else if (guest_bytes % LEND_GEOMETRY_UNIT != 0)
		lend_plan_remark(plan, LEND_REMARK_WARN, near,
				 "%s is no multiple of 128 MiB: of two such NVDIMMs the guest "
				 "can use one",
				 size);
}

static void check_growth(struct lend_plan *plan, const struct lend_pmem_file *file,
			 uint64_t size)
{
	const struct lend_inside *inside = file->inside;
	uint64_t label_bytes = label_bytes_of(file);
	const char *now = size_text(plan, inside->file_bytes - label_bytes);

	if (size <= inside->file_bytes)
		lend_plan_remark(plan, LEND_REMARK_REFUSE,
				 "to shrink, copy the data in the guest to a smaller one",
				 "%s gives %s to the guest already, and is never made smaller",
				 inside->path, now);
	else if (size - inside->file_bytes < label_bytes)
		lend_plan_remark(plan, LEND_REMARK_REFUSE, NULL,
				 "%s has to grow by %s at least, the size of its label area",
				 inside->path, size_text(plan, label_bytes));
	if (inside->labels == NULL && inside->raw.has_info && inside->raw.info_counts)
		lend_plan_remark(plan, LEND_REMARK_REFUSE,
				 "copy its data in the guest to a new NVDIMM with labels",
				 "%s is one namespace without labels, whose info block says "
				 "how large it is",
				 inside->path);
	else if (inside->labels == NULL && inside->verdict != LEND_INSIDE_DAMAGED &&
		 inside->verdict != LEND_INSIDE_ELSEWHERE)
		lend_plan_remark(plan, LEND_REMARK_NOTE, NULL,
				 "%s has no labels: all of it is one namespace, which grows",
				 inside->path);
}

int lend_plan_pmem_grow(const struct lend_pmem_file *file, uint64_t guest_bytes,
			struct lend_plan **ret_plan, struct lend_err *err)
{
	uint64_t label_bytes = label_bytes_of(file);
	const char *path = file->inside->path;
	struct lend_opt_u64 slot = { 0 };
	lend_auto_plan *plan = NULL;
	struct lend_step *step;
	uint64_t size;
	uint32_t of;

	if (guest_bytes == 0 || !lend_add_u64(guest_bytes, label_bytes, &size) ||
	    size > INT64_MAX)
		return lend_fail(err, LEND_E_USAGE, "no file can have that size");
	plan = lend_plan_new("", NULL, "host");
	plan->title = lend_arena_printf(&plan->arena, "grow %s", path);
	refuse_file(plan, file);
	refuse_read_only(plan, path, &file->system);
	check_size(plan, guest_bytes);
	check_growth(plan, file, size);
	if (size > file->inside->file_bytes)
		refuse_no_room(plan, path, &file->system, size - file->inside->file_bytes);

	step = add_step(plan, "grow", path, label_bytes);
	lend_plan_arg(plan, step, "file", file->id);
	put_state(plan, &step->before, file->inside->file_bytes, label_bytes);
	put_state(plan, &step->after, size, label_bytes);
	step->back = LEND_BACK_IF_UNUSED;
	lend_plan_typed(plan, step, "fallocate -l %llu %s", (unsigned long long)size,
			word(plan, path));
	if (label_bytes > 0) {
		lend_plan_typed(
			plan, step,
			"dd if=%s of=%s conv=notrunc bs=1M iflag=skip_bytes,count_bytes "
			"oflag=seek_bytes skip=%llu seek=%llu count=%llu",
			word(plan, path), word(plan, path),
			(unsigned long long)(file->inside->file_bytes - label_bytes),
			(unsigned long long)guest_bytes, (unsigned long long)label_bytes);
		if (all_of_one_slot(file->inside->labels, &of))
			slot = lend_opt(of);
	}
	say(plan, path, &(struct sizes){ guest_bytes, size, label_bytes, { 0 } }, slot);
	*ret_plan = take(&plan);
	return 0;
}

/* ---- copy, move ---- */

static void say_same(struct lend_plan *plan, const struct lend_pmem_file *file,
		     const char *path, struct lend_opt_u64 slot)
{
	uint64_t bytes = file->inside->file_bytes, label_bytes = label_bytes_of(file);

	say(plan, path, &(struct sizes){ bytes - label_bytes, bytes, label_bytes, { 0 } },
	    slot);
}

int lend_plan_pmem_copy(const struct lend_pmem_file *file, const struct lend_pmem_place *to,
			struct lend_opt_u64 slot, struct lend_plan **ret_plan,
			struct lend_err *err)
{
	lend_auto_plan *plan = lend_plan_new("", NULL, "host");
	struct slots slots;

	plan->title =
		lend_arena_printf(&plan->arena, "copy %s to %s", file->inside->path, to->path);
	refuse_file(plan, file);
	refuse_place(plan, to);
	refuse_no_room(plan, to->path, &to->system, file->inside->file_bytes);
	if (choose_slots(plan, file, slot, &slots, err) < 0)
		return -1;
	if (used_of(file) > 0)
		lend_plan_remark(plan, LEND_REMARK_NOTE, NULL,
				 "both have namespaces with the same UUIDs: never give both to "
				 "one guest");
	add_copy(plan, file, to->path, &slots);
	say_same(plan, file, to->path, slot);
	*ret_plan = take(&plan);
	return 0;
}

int lend_plan_pmem_move(const struct lend_pmem_file *file, const struct lend_pmem_place *to,
			struct lend_opt_u64 slot, struct lend_plan **ret_plan,
			struct lend_err *err)
{
	bool stays = strcmp(file->inside->path, to->path) == 0;
	lend_auto_plan *plan = NULL;
	struct slots slots;

	if (stays && !slot.has)
		return lend_fail(err, LEND_E_USAGE, "'%.100s' is there already", to->path);
	plan = lend_plan_new("", NULL, "host");
	plan->title = stays ? lend_arena_printf(&plan->arena, "make %s ready for slot %llu",
						to->path, (unsigned long long)slot.v)
			    : lend_arena_printf(&plan->arena, "move %s to %s",
						file->inside->path, to->path);
	refuse_file(plan, file);
	refuse_read_only(plan, file->inside->path, &file->system);
	if (!stays)
		refuse_place(plan, to);
	if (!stays && !to->same_system)
		refuse_no_room(plan, to->path, &to->system, file->inside->file_bytes);
	if (choose_slots(plan, file, slot, &slots, err) < 0)
		return -1;
	if (!stays && !to->same_system) {
		add_copy(plan, file, to->path, &slots);
		add_remove(plan, file, to->path, &slots);
	} else {
		if (slots.change)
			add_relabel(plan, file, &slots);
		if (!stays)
			add_move(plan, file, to->path);
	}
	say_same(plan, file, to->path, slot);
	*ret_plan = take(&plan);
	return 0;
}
