/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backing files that hold data: grown, copied, moved, made ready for another slot. */

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/err.h"
#include "format/nd-id.h"
#include "format/nd-label.h"
#include "tests/must.h"
#include "tests/step-rig.h"

enum { KIB = 1024, SIZE = 1024 * KIB, LARGE = 2048 * KIB, LABEL = 128 * KIB };

static uint8_t label[LABEL], other[LABEL];
static const unsigned int minors[] = { 1, 2 };

static uint64_t cookie(unsigned int minor, uint32_t slot)
{
	struct lend_nd_id id = lend_nd_id_of_qemu_slot(slot);

	return minor == 1 ? lend_nd_cookie_v11(&id) : lend_nd_cookie_v12(&id);
}

static void add_namespace(unsigned int minor, uint32_t slot, const char *name)
{
	struct lend_nd_label ns = { .nlabel = 1, .has_v12 = minor == 2, .rawsize = 64 * KIB };
	struct lend_err err = { 0 };
	uint32_t place;

	(void)snprintf(ns.name, sizeof(ns.name), "%s", name);
	ns.isetcookie = cookie(minor, slot);
	memcpy(ns.type_guid, lend_nd_type_pmem, 16);
	must(lend_nd_area_add(label, LABEL, &ns, &place, &err) == 0);
}

/* A file with two namespaces of that slot, and some data. */
static void make_file(const char *path, unsigned int minor, uint32_t slot)
{
	struct lend_err err = { 0 };

	must(truncate(path, 0) == 0 || errno == ENOENT);
	must(lend_nd_area_init(label, LABEL, minor, &err) == 0);
	add_namespace(minor, slot, "log");
	add_namespace(minor, slot, "data");
	rig_write(path, "begin", 5, 0);
	rig_write(path, "middle", 6, 300 * KIB);
	rig_write(path, "end", 3, SIZE - LABEL - 3);
	rig_write(path, label, LABEL, SIZE - LABEL);
}

static void check_labels(const char *path, uint64_t end, unsigned int minor, uint32_t slot)
{
	static const char *const names[] = { "log", "data" };
	struct lend_err err = { 0 };
	struct lend_nd_index index;
	size_t n = 0;

	rig_read(path, other, LABEL, (off_t)(end - LABEL));
	must(lend_nd_index_read(other, LABEL, LABEL, &index, &err) == 0);
	must(index.block != NULL);
	must_u64(index.minor, minor);
	must_u64(lend_nd_index_used_count(&index), 2);
	for (uint32_t i = 0; i < index.nslot; i++) {
		struct lend_nd_label ns;

		if (!lend_nd_index_slot_used(&index, i))
			continue;
		must(lend_nd_label_read(other + lend_nd_index_slot_offset(&index, i),
					index.label_bytes, i, index.label_bytes, &ns,
					&err) == 0);
		must_str(ns.name, names[n++]);
		must_u64(ns.isetcookie, cookie(minor, slot));
		must_u64(ns.rawsize, 64 * KIB);
	}
}

static void check_data(const char *path)
{
	char bytes[8] = "";

	rig_read(path, bytes, 5, 0);
	must_str(bytes, "begin");
	rig_read(path, bytes, 6, 300 * KIB);
	must_str(bytes, "middle");
	rig_read(path, bytes, 8, SIZE - LABEL - 3 - 5);
	must(memcmp(bytes, "\0\0\0\0\0end", 8) == 0);
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	must(lstat(path, &st) == 0);
	return (uint64_t)st.st_size;
}

/* ---- relabel ---- */

static void relabels(void)
{
	for (size_t i = 0; i < LEND_COUNT(minors); i++) {
		struct rig rig;
		pid_t pid;

		rig_start(&rig, "relabel", NULL);
		rig_name(&rig, rig_path(&rig, "log.img"));
		rig_arg(&rig, "label-size", "131072");
		rig_states(&rig, "slot=0", "slot=3");
		make_file(rig.step.name, minors[i], 0);
		must(rig_do(&rig) == 0);
		check_labels(rig.step.name, SIZE, minors[i], 3);
		pid = rig_use(rig.step.name);
		must(rig_back(&rig) == LEND_WAIT);
		rig_release(pid);
		must(rig_back(&rig) == 0);
		check_labels(rig.step.name, SIZE, minors[i], 0);
		check_data(rig.step.name);
		must(unlink(rig.step.name) == 0);
		rig_done(&rig);
	}
}

static void looks_at_slots(void)
{
	struct lend_err err = { 0 };
	struct rig rig;

	rig_start(&rig, "relabel", NULL);
	rig_name(&rig, rig_path(&rig, "log.img"));
	rig_arg(&rig, "label-size", "131072");
	must_str(rig_look(&rig), "absent");
	make_file(rig.step.name, 2, 255);
	must(strstr(rig_look(&rig), "slot=255") != NULL);
	add_namespace(2, 3, "foreign");
	rig_write(rig.step.name, label, LABEL, SIZE - LABEL);
	must(strstr(rig_look(&rig), "slot=others") != NULL);
	must(lend_nd_area_init(label, LABEL, 2, &err) == 0);
	rig_write(rig.step.name, label, LABEL, SIZE - LABEL);
	must(strstr(rig_look(&rig), "slot=none") != NULL);
	memset(label, 0, LABEL);
	rig_write(rig.step.name, label, LABEL, SIZE - LABEL);
	must(strstr(rig_look(&rig), "slot=damaged") != NULL);
	must(unlink(rig.step.name) == 0);
	rig_done(&rig);
}

/* More labels than there are places to write them anew. */
static void has_no_place(void)
{
	struct rig rig;

	rig_start(&rig, "relabel", NULL);
	rig_name(&rig, rig_path(&rig, "log.img"));
	rig_arg(&rig, "label-size", "131072");
	rig_states(&rig, "slot=0", "slot=3");
	make_file(rig.step.name, 2, 0);
	for (int i = 0; i < 253; i++)
		add_namespace(2, 0, "more");
	rig_write(rig.step.name, label, LABEL, SIZE - LABEL);
	must(rig_do(&rig) == -1);
	must_u64(rig.err.code, LEND_E_REFUSED);
	rig_read(rig.step.name, other, LABEL, SIZE - LABEL);
	must(memcmp(label, other, LABEL) == 0);
	must(unlink(rig.step.name) == 0);
	rig_done(&rig);
}

/* ---- grow ---- */

static void start_grow(struct rig *rig, const struct lend_write_hooks *hooks)
{
	rig_start(rig, "grow", hooks);
	rig_name(rig, rig_path(rig, "log.img"));
	rig_arg(rig, "label-size", "131072");
	rig_states(rig, "size=1048576 label-size=131072", "size=2097152 label-size=131072");
	make_file(rig->step.name, 2, 3);
}

static void grows(void)
{
	static const uint8_t zeros[LARGE - LABEL - SIZE];
	static uint8_t bytes[sizeof(zeros)];
	struct rig rig;
	pid_t pid;

	start_grow(&rig, NULL);
	must(rig_do(&rig) == 0);
	check_data(rig.step.name);
	check_labels(rig.step.name, LARGE, 2, 3);
	/* Also for the old size=. */
	check_labels(rig.step.name, SIZE, 2, 3);
	rig_read(rig.step.name, bytes, sizeof(bytes), SIZE);
	must(memcmp(bytes, zeros, sizeof(zeros)) == 0);
	pid = rig_use(rig.step.name);
	must(rig_back(&rig) == LEND_WAIT);
	rig_release(pid);
	must(rig_back(&rig) == 0);
	must_u64(size_of(rig.step.name), SIZE);
	check_labels(rig.step.name, SIZE, 2, 3);

	must_in("used since");
	must(rig_do(&rig) == 0);
	rig_write(rig.step.name, "x", 1, SIZE + 5);
	must(rig_back(&rig) == LEND_KEEP);
	must_str(rig.why, "was used in its new size: it holds data at offset 1048581");
	rig_write(rig.step.name, "", 1, SIZE + 5);
	add_namespace(2, 3, "new");
	rig_write(rig.step.name, label, LABEL, LARGE - LABEL);
	must(rig_back(&rig) == LEND_KEEP);
	must_str(rig.why, "was used in its new size: its labels have changed since");
	must_u64(size_of(rig.step.name), LARGE);
	must(unlink(rig.step.name) == 0);
	rig_done(&rig);
}

static void grows_without_labels(void)
{
	struct rig rig;

	rig_start(&rig, "grow", NULL);
	rig_name(&rig, rig_path(&rig, "raw.img"));
	rig_states(&rig, "size=1048576", "size=2097152");
	rig_write(rig.step.name, "x", 1, SIZE - 1);
	must(rig_do(&rig) == 0);
	must_u64(size_of(rig.step.name), LARGE);
	must(rig_back(&rig) == 0);
	must_u64(size_of(rig.step.name), SIZE);
	/* Cut while zeros were written. */
	must(truncate(rig.step.name, SIZE + 4096) == 0);
	must(rig_is_before(&rig));
	must(rig.kind->forget(&rig.doing, &rig.step, &rig.err) == 0);
	must_u64(size_of(rig.step.name), SIZE);
	must(unlink(rig.step.name) == 0);
	rig_done(&rig);
}

/* Nothing is done any more from the call "at" on, counted from 1; 0: all is. */
struct cut {
	unsigned int at, n;
};

static int cut_before(void *context, const char *call, const char *what, struct lend_err *err)
{
	struct cut *cut = context;

	cut->n++;
	if (cut->at == 0 || cut->n < cut->at)
		return 0;
	return lend_fail(err, LEND_E_SYSTEM, "cut before %s %s", call, what);
}

static void start_cut(struct rig *rig, const struct lend_write_hooks *hooks, bool grow)
{
	if (grow) {
		start_grow(rig, hooks);
		return;
	}
	rig_start(rig, "relabel", hooks);
	rig_name(rig, rig_path(rig, "log.img"));
	rig_arg(rig, "label-size", "131072");
	rig_states(rig, "slot=3", "slot=0");
	make_file(rig->step.name, 2, 3);
}

/* Wherever it is cut, it is one or the other, and what was there is there; its calls. */
static unsigned int cut_at(unsigned int at, bool grow)
{
	struct cut cut = { .at = at };
	struct lend_write_hooks hooks = { .context = &cut, .before = cut_before };
	unsigned int calls;
	struct rig rig;
	int r;

	start_cut(&rig, &hooks, grow);
	r = rig.kind->set(&rig.doing, &rig.step, &rig.step.before, &rig.step.after, &rig.err);
	must(r == (at == 0 ? 0 : -1));
	calls = cut.n;
	cut.at = 0;
	must(rig_is_before(&rig) != rig_is_after(&rig));
	if (rig_is_before(&rig)) {
		must(at != 0);
		if (rig.kind->forget != NULL)
			must(rig.kind->forget(&rig.doing, &rig.step, &rig.err) == 0);
		must_u64(size_of(rig.step.name), SIZE);
		check_labels(rig.step.name, SIZE, 2, 3);
		must(rig_do(&rig) == 0);
	}
	check_labels(rig.step.name, grow ? LARGE : SIZE, 2, grow ? 3 : 0);
	must(rig_back(&rig) == 0);
	check_labels(rig.step.name, SIZE, 2, 3);
	check_data(rig.step.name);
	must(unlink(rig.step.name) == 0);
	rig_done(&rig);
	return calls;
}

static void is_cut_anywhere(bool grow)
{
	unsigned int calls = cut_at(0, grow);

	must(calls > 3);
	for (unsigned int at = 1; at <= calls; at++)
		(void)cut_at(at, grow);
}

/* ---- copy, move ---- */

static void start_copy(struct rig *rig, const char *slot)
{
	rig_start(rig, "copy", NULL);
	rig_name(rig, rig_path(rig, "copy.img"));
	rig_arg(rig, "from", rig_path(rig, "log.img"));
	rig_arg(rig, "label-size", "131072");
	if (slot != NULL)
		rig_arg(rig, "slot", slot);
	rig_states(rig, "absent", "size=1048576 label-size=131072");
}

static void copies(void)
{
	for (size_t i = 0; i < LEND_COUNT(minors); i++) {
		struct rig rig;
		const char *from;
		struct stat st;
		pid_t pid;

		start_copy(&rig, i == 0 ? NULL : "3");
		from = lend_pairs_get(&rig.step.args, "from");
		make_file(from, minors[i], 0);
		pid = rig_use(from);
		must(rig_do(&rig) == -1);
		must_u64(rig.err.code, LEND_E_REFUSED);
		rig_release(pid);
		must(rig_do(&rig) == 0);
		check_data(rig.step.name);
		check_labels(rig.step.name, SIZE, minors[i], i == 0 ? 0 : 3);
		check_labels(from, SIZE, minors[i], 0);
		must(lstat(rig.step.name, &st) == 0);
		must(st.st_blocks * 512 >= SIZE);
		/* It has nothing that the first one has not. */
		must(rig_back(&rig) == 0);
		must(!rig_is_there(rig.step.name));

		must(rig_do(&rig) == 0);
		rig_write(rig.step.name, "new", 3, 100 * KIB);
		must(rig_back(&rig) == LEND_KEEP);
		must(strncmp(rig.why, "holds 2 namespaces: ", 20) == 0);
		rig_write(from, "new", 3, 100 * KIB);
		must(rig_back(&rig) == 0);

		must(rig_do(&rig) == 0);
		must(unlink(from) == 0);
		must(rig_back(&rig) == LEND_KEEP);
		must(unlink(rig.step.name) == 0);
		rig_done(&rig);
	}
}

/* With nothing read from the source but what is there. */
static void copy_is_refused(void)
{
	struct rig rig;
	const char *from;

	start_copy(&rig, "3");
	from = lend_pairs_get(&rig.step.args, "from");
	must(rig_do(&rig) == -1);
	must_u64(rig.err.code, LEND_E_STALE);
	make_file(from, 2, 0);
	must(truncate(from, SIZE + 4096) == 0);
	must(rig_do(&rig) == -1);
	must_u64(rig.err.code, LEND_E_STALE);
	make_file(from, 2, 0);
	memset(other, 0, LABEL);
	rig_write(from, other, LABEL, SIZE - LABEL);
	must(rig_do(&rig) == -1);
	must_u64(rig.err.code, LEND_E_STALE);
	make_file(from, 2, 0);
	rig_arg(&rig, "from-file", "1:1/1");
	must(rig_do(&rig) == -1);
	must_u64(rig.err.code, LEND_E_STALE);
	must_u64(rig_names(rig_folder()), 1);
	must(unlink(from) == 0);
	rig_done(&rig);
}

/* The second half of a move to another file system. */
static void removes(void)
{
	struct rig rig;
	const char *copy;

	rig_start(&rig, "remove", NULL);
	rig_name(&rig, rig_path(&rig, "log.img"));
	copy = rig_path(&rig, "copy.img");
	rig_arg(&rig, "copy", copy);
	rig_arg(&rig, "label-size", "131072");
	rig_arg(&rig, "slot", "0");
	rig_states(&rig, "size=1048576 label-size=131072", "absent");
	make_file(rig.step.name, 2, 0);
	make_file(copy, 2, 3);
	rig_write(copy, "M", 1, 300 * KIB);
	must(rig_do(&rig) == -1);
	must_u64(rig.err.code, LEND_E_REFUSED);
	must(rig_is_there(rig.step.name));
	rig_write(copy, "m", 1, 300 * KIB);
	must(rig_do(&rig) == 0);
	must(!rig_is_there(rig.step.name));
	/* With what was written since. */
	rig_write(copy, "since", 5, 500 * KIB);
	must(rig_back(&rig) == 0);
	check_labels(rig.step.name, SIZE, 2, 0);
	check_data(rig.step.name);
	rig_read(rig.step.name, other, 5, 500 * KIB);
	must(memcmp(other, "since", 5) == 0);
	must(unlink(copy) == 0 && unlink(rig.step.name) == 0);
	must_u64(rig_names(rig_folder()), 0);
	rig_done(&rig);
}

static int no_rename(void *context, const char *call, const char *what, struct lend_err *err)
{
	(void)context;
	(void)what;
	if (strcmp(call, "unlink") == 0)
		return lend_fail(err, LEND_E_SYSTEM, "no");
	if (strcmp(call, "rename") != 0)
		return 0;
	errno = EINVAL;
	return lend_fail_errno(err, "no");
}

static void moves(void)
{
	struct lend_write_hooks hooks = { .before = no_rename };
	const struct lend_write_hooks *all[] = { NULL, &hooks };

	for (size_t i = 0; i < LEND_COUNT(all); i++) {
		struct rig rig;
		const char *from;
		pid_t pid;
		int r;

		rig_start(&rig, "move", all[i]);
		rig_name(&rig, rig_path(&rig, "new.img"));
		from = rig_path(&rig, "log.img");
		rig_arg(&rig, "from", from);
		make_file(from, 2, 0);
		rig_states(&rig, lend_arena_printf(&rig.arena, "at=%s", from),
			   lend_arena_printf(&rig.arena, "at=%s", rig.step.name));
		rig_arg(&rig, "file", rig_id(&rig, from));
		r = rig.kind->set(&rig.doing, &rig.step, &rig.step.before, &rig.step.after,
				  &rig.err);
		if (i == 1) {
			/* Cut with both names: not yet moved. */
			must(r == -1);
			must(rig_is_there(from) && rig_is_there(rig.step.name));
			must(rig_is_before(&rig));
			lend_writer_free(rig.writer);
			rig.writer = rig.doing.writer = lend_writer_new(NULL);
			must(rig.kind->forget(&rig.doing, &rig.step, &rig.err) == 0);
			must(!rig_is_there(rig.step.name));
			must(rig_do(&rig) == 0);
		}
		must(rig_is_after(&rig));
		must(!rig_is_there(from));
		pid = rig_use(rig.step.name);
		must(rig_back(&rig) == LEND_WAIT);
		rig_release(pid);
		rig_write(from, "another", 7, 0);
		must(rig_back(&rig) == -1);
		must(unlink(from) == 0);
		must(rig_back(&rig) == 0);
		check_data(from);
		/* Never over another one. */
		rig_write(rig.step.name, "another", 7, 0);
		must(rig_do(&rig) == -1);
		check_data(from);
		must(unlink(from) == 0 && unlink(rig.step.name) == 0);
		must_u64(rig_names(rig_folder()), 0);
		rig_done(&rig);
	}
}

int main(void)
{
	relabels();
	looks_at_slots();
	has_no_place();
	grows();
	grows_without_labels();
	is_cut_anywhere(true);
	is_cut_anywhere(false);
	copies();
	copy_is_refused();
	removes();
	moves();
	return 0;
}
