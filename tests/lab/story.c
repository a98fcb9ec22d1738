/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a wish to a guest that keeps its data: what the man pages promise, by
 * the lend program alone.  A guest with two NVDIMMs, a namespace and a file
 * system on each by plain commands, a third one attached, all of it there
 * after a restart; taken back, what holds data is kept.
 */

#include <unistd.h>

#include "base/err.h"
#include "lent.h"

enum { N = 3 };

struct story {
	struct lent l;
	struct lab_vm vm;
	struct lend_buf before; /* what the guest said of its data, sorted */
};

static const char wish[] = "vm: %s\n"
			   "memory: 512 MiB\n"
			   "accel: %s\n"
			   "kernel:\n"
			   "  image: %s/vmlinuz\n"
			   "  initrd: %s/initramfs\n"
			   "  append: console=ttyS0 quiet panic=-1 cryptomgr.notests\n"
			   "room: {slots: 2, memory: 1 GiB}\n"
			   "pmem:\n"
			   "  - name: log\n"
			   "    size: 128 MiB\n"
			   "    backing: %s/log.img\n"
			   "  - name: data\n"
			   "    size: 256 MiB\n"
			   "    backing: %s/data.img\n";

/* A file system and a file on each that has none yet; says what is on it. */
static const char fill[] = "set -e\n"
			   "for d in /dev/pmem*; do\n"
			   "  n=${d##*/}\n"
			   "  [ ! -e /run/has-$n ] || continue\n"
			   "  mkfs.ext4 -q -F $d\n"
			   "  mkdir -p /mnt/$n\n"
			   "  mount -t ext4 $d /mnt/$n\n"
			   "  head -c 1000000 /dev/urandom >/mnt/$n/known\n"
			   "  sync\n"
			   "  umount /mnt/$n\n"
			   "  touch /run/has-$n\n"
			   "done\n";

/* A line for each: its region, its sectors, the sum of its file. */
static const char sums[] =
	"set -e\n"
	"for d in /dev/pmem*; do\n"
	"  n=${d##*/}\n"
	"  mkdir -p /mnt/$n\n"
	"  mount -t ext4 -o ro $d /mnt/$n\n"
	"  echo \"$n $(cat /sys/block/$n/size) $(sha256sum </mnt/$n/known)\"\n"
	"  umount /mnt/$n\n"
	"done\n";

static const char *const backings[] = { "log.img", "data.img", "third.img" };

static bool exists(struct story *s, const char *name)
{
	return access(lent_path(&s->l, name), F_OK) == 0;
}

static int write_wish(struct story *s, struct lend_err *err)
{
	const struct lab *lab = s->l.lab;
	lend_auto_buf text = { 0 };

	lend_buf_printf(&text, wish, s->l.name, lab->accel, lab->image, lab->image, s->l.dir,
			s->l.dir);
	return lent_write(&s->l, "vm.yaml", &text, err);
}

static int wait_up(struct story *s, struct lend_err *err)
{
	if (lent_vm(&s->l, &s->vm, err) < 0)
		return -1;
	return lab_vm_wait_agent(s->l.lab, &s->vm, lab_in(LAB_BOOT_MS), err);
}

/* ---- the guest ---- */

static int start_guest(struct story *s, struct lend_err *err)
{
	int r = lent_run(&s->l, err, "plan", lent_path(&s->l, "vm.yaml"));

	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, "qemu-system", "lend plan shows what would be typed");
	(void)lab_ok(s->l.tap, !exists(s, "log.img") && !exists(s, "state"),
		     "a plan makes nothing");
	r = lent_run(&s->l, err, "apply", lent_path(&s->l, "vm.yaml"));
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 2, "--yes", "lend apply asks, and nobody is there");
	(void)lab_ok(s->l.tap, !exists(s, "log.img"), "nothing is made without a yes");
	r = lent_run(&s->l, err, "apply", "--yes", lent_path(&s->l, "vm.yaml"));
	if (r < 0)
		return -1;
	if (!lent_ok(&s->l, r, 0, "lend undo 1", "lend apply does it"))
		return lend_fail(err, LEND_E_REMOTE, "there is no guest");
	return wait_up(s, err);
}

static int make_namespaces(struct story *s, unsigned int n, struct lend_err *err)
{
	for (unsigned int i = 0; i < n; i++) {
		lend_auto_buf out = { 0 };
		struct lend_err why = { 0 };

		(void)lab_ok(s->l.tap,
			     lab_did(lab_sh(s->l.lab, &s->vm, "ndctl create-namespace -m fsdax",
					    &out, &why),
				     &why) &&
				     strstr(lend_buf_text(&out), "\"mode\":\"fsdax\"") != NULL,
			     "plain ndctl create-namespace -m fsdax works");
	}
	(void)err;
	return 0;
}

static int fill_all(struct story *s, unsigned int n, struct lend_err *err)
{
	lend_auto_buf out = { 0 };
	unsigned int lines = 0;

	lend_buf_reset(&s->before);
	if (lab_sh(s->l.lab, &s->vm, fill, &out, err) < 0 ||
	    lab_sh(s->l.lab, &s->vm, sums, &s->before, err) < 0)
		return -1;
	for (const char *p = lend_buf_text(&s->before); (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	(void)lab_ok(s->l.tap, lines == n, "%u file systems hold a file", n);
	return 0;
}

static int check_map(struct story *s, const char *const *ids, struct lend_err *err)
{
	lend_auto_json struct lend_json *map = NULL;
	lend_auto_buf out = { 0 };
	int status;

	/* Other VMs of this host are in it, too: its status may be about them. */
	if (lab_lend(s->l.lab, (const char *const[]){ "map", "--json", NULL }, &out, &status,
		     err) != 0)
		return lend_where(err, "lend map");
	if (lend_json_parse(lend_buf_text(&out), out.len, &map, err) < 0)
		return lend_where(err, "reading what lend map printed");
	for (; *ids != NULL; ids++) {
		const struct lend_json *pair = lab_pair(map, s->l.name, *ids);
		const char *verdict = lend_json_str(lend_json_get(pair, "verdict"));

		(void)lab_ok(s->l.tap, verdict != NULL && strcmp(verdict, "matched") == 0,
			     "lend map has %s matched", *ids);
	}
	return 0;
}

/* ---- a third one ---- */

static int attach(struct story *s, struct lend_err *err)
{
	char pmem[LAB_PATH_MAX + 64];
	int r;

	(void)snprintf(pmem, sizeof(pmem), "name=third,size=128MiB,backing=%s",
		       lent_path(&s->l, "third.img"));
	r = lent_run(&s->l, err, "attach", s->l.name, "--pmem", pmem);
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, "the guest has third as nmem",
		      "lend attach, and the guest has it");
	if (make_namespaces(s, 1, err) < 0 || fill_all(s, 3, err) < 0 ||
	    check_map(s, (const char *const[]){ "log", "data", "third", NULL }, err) < 0)
		return -1;
	r = lent_run(&s->l, err, "attach", s->l.name, "--pmem", pmem);
	if (r < 0)
		return -1;
	(void)lab_ok(s->l.tap, r != 0, "the same once more is refused");
	return 0;
}

static int restart(struct story *s, struct lend_err *err)
{
	lend_auto_buf after = { 0 };
	int r = lent_run(&s->l, err, "status");

	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, "plug-device", "lend status: all as lent");
	r = lent_run(&s->l, err, "stop", s->l.name);
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, NULL, "lend stop");
	lent_vm_done(&s->vm);
	(void)lab_ok(s->l.tap, lent_find(&s->l, &(pid_t){ 0 }, 1) == 0, "QEMU has ended");
	r = lent_run(&s->l, err, "status");
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 1, "stopped", "lend status says so");
	r = lent_run(&s->l, err, "start", s->l.name);
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, NULL, "lend start");
	if (wait_up(s, err) < 0)
		return -1;
	r = lab_did(lab_sh(s->l.lab, &s->vm, sums, &after, err), err) ? 0 : -1;
	if (!lab_ok(s->l.tap,
		    r == 0 && strcmp(lend_buf_text(&after), lend_buf_text(&s->before)) == 0,
		    "the data of all three is there after the restart"))
		lab_note("before:\n%s\nafter:\n%s", lend_buf_text(&s->before),
			 lend_buf_text(&after));
	r = lent_run(&s->l, err, "status");
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, NULL, "lend status: all as lent again");
	return check_map(s, (const char *const[]){ "log", "data", "third", NULL }, err);
}

/* ---- what is there, as a wish ---- */

static int round_trip(struct story *s, struct lend_err *err)
{
	lend_auto_buf text = { 0 };
	char record[LAB_PATH_MAX + 64];
	int status;
	int r;

	if (lab_lend(s->l.lab, (const char *const[]){ "wish", "--from", s->l.name, NULL },
		     &text, &status, err) != 0 ||
	    lent_write(&s->l, "from.yaml", &text, err) < 0)
		return lend_where(err, "lend wish");
	(void)lab_ok(s->l.tap, status == 0 && strstr(lend_buf_text(&text), "qemu-args") == NULL,
		     "lend wish --from says all of it in keys of a wish");
	(void)snprintf(record, sizeof(record), "%s/vms/%s/wish.yaml", s->l.state, s->l.name);
	r = lent_run(&s->l, err, "plan", record);
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, "nothing to do", "the recorded wish is what runs");
	/* It says what lend chose, so the record differs; nothing else may. */
	r = lent_run(&s->l, err, "plan", lent_path(&s->l, "from.yaml"));
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, NULL, "the wish that was made is planned");
	(void)lab_ok(s->l.tap,
		     strstr(lend_buf_text(&s->l.said), " 2 ") == NULL &&
			     strstr(lend_buf_text(&s->l.said), "backing ") == NULL &&
			     strstr(lend_buf_text(&s->l.said), "plug-") == NULL,
		     "it would change the record at most");
	return 0;
}

/* ---- back ---- */

static int detach(struct story *s, struct lend_err *err)
{
	int r = lent_run(&s->l, err, "detach", s->l.name, "third", "--live");

	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 1, "QEMU cannot unplug", "lend detach --live is refused");
	r = lent_run(&s->l, err, "detach", s->l.name, "third");
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, "QEMU cannot unplug",
		      "lend detach: from the record, and says that it stays in the guest");
	return 0;
}

static bool are_there(struct story *s)
{
	for (size_t i = 0; i < N; i++) {
		if (!exists(s, backings[i]))
			return false;
	}
	return true;
}

static int undo(struct story *s, struct lend_err *err)
{
	char stop[64];
	lend_auto_buf after = { 0 };
	int r = lent_run(&s->l, err, "undo", s->l.name);

	if (r < 0)
		return -1;
	(void)lab_ok(s->l.tap, r == 1 || r == 3, "lend undo without consent ends with %d", r);
	(void)lab_ok(s->l.tap,
		     are_there(s) && lab_sh(s->l.lab, &s->vm, sums, &after, err) == 0 &&
			     strcmp(lend_buf_text(&after), lend_buf_text(&s->before)) == 0,
		     "the guest runs on with all its data");
	lent_vm_done(&s->vm);
	(void)snprintf(stop, sizeof(stop), "stop:%s", s->l.name);
	r = lent_run(&s->l, err, "undo", s->l.name, "--accept", stop);
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, "data.img", "lend undo --accept stop:VM");
	(void)lab_ok(s->l.tap, lent_find(&s->l, &(pid_t){ 0 }, 1) == 0, "the guest is stopped");
	for (size_t i = 0; i < N; i++)
		(void)lab_ok(s->l.tap,
			     exists(s, backings[i]) &&
				     strstr(lend_buf_text(&s->l.said), backings[i]) != NULL,
			     "%s, which holds data, is kept and named", backings[i]);
	return 0;
}

static int kept(struct story *s, struct lend_err *err)
{
	char record[LAB_PATH_MAX + 64];
	lend_auto_buf out = { 0 };
	int status;
	int r = lent_run(&s->l, err, "status");

	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, "kept", "lend status says what is kept");
	(void)snprintf(record, sizeof(record), "%s/vms/%s/wish.yaml", s->l.state, s->l.name);
	(void)lab_ok(s->l.tap, access(record, F_OK) < 0, "the record is gone");
	if (lab_lend(s->l.lab,
		     (const char *const[]){ "pmem", "inspect", lent_path(&s->l, "data.img"),
					    NULL },
		     &out, &status, err) != 0)
		return lend_where(err, "lend pmem inspect");
	(void)lab_ok(s->l.tap,
		     status == 0 && strstr(lend_buf_text(&out), "fsdax") != NULL &&
			     strstr(lend_buf_text(&out), "ext4") != NULL,
		     "lend pmem inspect shows its namespace and file system");
	r = lent_run(&s->l, err, "undo", s->l.name, "--discard", "log");
	if (r < 0)
		return -1;
	(void)lab_note("%s", lend_buf_text(&s->l.said));
	(void)lab_ok(s->l.tap,
		     !exists(s, "log.img") && exists(s, "data.img") && exists(s, "third.img"),
		     "lend undo --discard log drops that one only");
	return 0;
}

/* From the wish that was made of it; taken back before anybody has written: nothing stays. */
static int blank(struct story *s, struct lend_err *err)
{
	char stop[64];
	int r;

	for (size_t i = 0; i < N; i++)
		(void)unlink(lent_path(&s->l, backings[i]));
	r = lent_run(&s->l, err, "apply", "--yes", lent_path(&s->l, "from.yaml"));
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, NULL, "a VM is made from the wish of another");
	(void)snprintf(stop, sizeof(stop), "stop:%s", s->l.name);
	r = lent_run(&s->l, err, "undo", s->l.name, "--accept", stop);
	if (r < 0)
		return -1;
	(void)lent_ok(&s->l, r, 0, NULL, "taken back while the guest boots");
	(void)lab_ok(s->l.tap, lent_is_clean(&s->l), "nothing stays of it");
	return 0;
}

static int tell(struct story *s, struct lend_err *err)
{
	if (write_wish(s, err) < 0 || start_guest(s, err) < 0 ||
	    make_namespaces(s, 2, err) < 0 || fill_all(s, 2, err) < 0 ||
	    check_map(s, (const char *const[]){ "log", "data", NULL }, err) < 0 ||
	    attach(s, err) < 0 || restart(s, err) < 0 || round_trip(s, err) < 0 ||
	    detach(s, err) < 0 || undo(s, err) < 0 || kept(s, err) < 0)
		return -1;
	return blank(s, err);
}

static int run(struct lab *lab, struct lab_tap *tap, struct lend_err *err)
{
	struct story s = { .vm.child.pidfd = -1 };
	int r = lent_open(&s.l, lab, tap, err);

	if (r == 0)
		r = tell(&s, err);
	else if (r == 1)
		r = 0;
	lent_vm_done(&s.vm);
	lend_buf_done(&s.before);
	lent_close(&s.l);
	return r;
}

const struct lab_shape lab_shape_story = {
	.name = "story",
	.about = "from a wish to a guest that keeps its data, and back",
	.run = run,
};
