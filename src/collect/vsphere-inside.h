/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What vsphere.c and vsphere-storage.c share; nobody else includes it. */

#ifndef LEND_COLLECT_VSPHERE_INSIDE_H
#define LEND_COLLECT_VSPHERE_INSIDE_H

#include "base/json.h"
#include "collect/collect.h"
#include "collect/vsphere.h"
#include "model/kind-pci.h"

struct lend_far_host {
	struct lend_scan *scan;
	struct lend_build *build;
	const struct lend_vsphere *vsphere;
	const char *about;
	uint32_t by;
	size_t n_gaps;
	const char *last_name; /* of a VM, and how many had it */
	int n_same;
	bool has_storage; /* it is wanted, and was put */
	bool has_volumes; /* they are told: what is not among them is somewhere else */
};

/* Room for one more gap?  At the end of it that is told, once. */
bool lend_far_may_say(struct lend_far_host *h);

const char *lend_far_str(const struct lend_json *doc, const char *key);
bool lend_far_is_list(const struct lend_json *value);

/* Nothing, unless it is given. */
void lend_far_put_text(struct lend_far_host *h, struct lend_node *node, struct lend_fact *fact,
		       const char *text);
void lend_far_put_u64(struct lend_far_host *h, struct lend_node *node, struct lend_fact *fact,
		      const struct lend_json *value);

/* NULL when the text is no address, or there is none and it is not made. */
struct lend_pci *lend_far_find_pci(struct lend_far_host *h, const char *text, bool make);

/* Adapters, disks, volumes: of a host whose functions are known. */
void lend_far_put_storage(struct lend_far_host *h, const struct lend_json *doc);

/* The VM has "[DATASTORE] DIR/FILE". */
void lend_far_put_home(struct lend_far_host *h, struct lend_vm *vm, const char *file);

#endif
