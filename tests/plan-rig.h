/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans of wishes on hosts of a few lines, and what their tests ask of them. */

#ifndef LEND_TESTS_PLAN_RIG_H
#define LEND_TESTS_PLAN_RIG_H

#include "plan/plan-qemu.h"

#define QEMU                                                                                   \
	"qemu qemu-system-x86_64 path=/usr/bin/qemu version=7.2.22 machine=pc-q35-7.2 "        \
	"nvdimm=1 persistence=1 pmem=1 readonly=1 align=1 label=1 "                            \
	"unarmed=1 http=0 kvm=1 machines=q35,pc-q35-7.2,pc,microvm cpus=max,host\n"
#define FS        "fs=ext4 fs_dev=254:0 free_bytes=1099511627776 block_bytes=4096 read_only=0 "
#define NEW(path) "wanted " path " path=" path " !type folder=directory " FS "writable=1\n"
#define NEW_ON(path, more)                                                                     \
	"wanted " path " path=" path " !type folder=directory " FS "writable=1 " more "\n"
#define FILE_OF(path, bytes, more)                                                             \
	"wanted " path " path=" path " type=file dev=254:0 inode=77 size_bytes=" bytes         \
	" allocated_bytes=" bytes " " FS "writable=1 " more "\n"
#define MIB130 "136314880"
#define VM     "vm: db1\nmemory: 1 GiB\n"
#define LOG    "pmem:\n  - name: log\n    size: 128 MiB\n    backing: /p/log\n"

/* The plan of that wish, on a host with QEMU and that; record: NULL, or what lend has of the
 * VM. */
void rig_plan(struct lend_arena *arena, const char *yaml, const char *host, const char *record,
	      struct lend_plan **ret);

/* The first refusal; NULL: none. */
const struct lend_remark *rig_refusal(const struct lend_plan *plan);
/* Is that one of its remarks? */
bool rig_says(const struct lend_plan *plan, const char *text);
/* The kinds of its steps: "backing record vm". */
void rig_must_steps(const struct lend_plan *plan, const char *want);

#endif
