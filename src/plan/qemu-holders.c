/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses a file or device already, as far as it was seen; or will, when it is started. */

#include "model/kind-backend.h"
#include "model/kind-backing.h"
#include "model/kind-block.h"
#include "model/kind-mount.h"
#include "model/kind-swap.h"
#include "plan/qemu.h"

static bool same_text(const struct lend_fact *a, const struct lend_fact *b)
{
	return a->known == LEND_KNOWN && b->known == LEND_KNOWN &&
	       strcmp(a->v.str, b->v.str) == 0;
}

static bool is_same(const struct lend_backing *b, const struct lend_wanted_node *w)
{
	if (same_text(&b->rdev, &w->rdev))
		return true;
	return b->inode.known == LEND_KNOWN && w->inode.known == LEND_KNOWN &&
	       b->inode.v.u64 == w->inode.v.u64 && same_text(&b->dev, &w->dev);
}

/* The path counts only where a number is not known: one file has many paths. */
static bool is_file_of(const struct lend_wanted_node *w, const struct lend_fact *path,
		       const struct lend_fact *dev, const struct lend_fact *inode)
{
	if (inode->known == LEND_KNOWN && w->inode.known == LEND_KNOWN &&
	    dev->known == LEND_KNOWN && w->dev.known == LEND_KNOWN)
		return path->known == LEND_KNOWN && inode->v.u64 == w->inode.v.u64 &&
		       same_text(dev, &w->dev);
	return same_text(path, &w->path);
}

/* The next name of a path, without "." and what ".." takes back; false at its start.  From
 * its end on, where that is known. */
static bool name_before(const char *path, size_t *at, const char **ret, size_t *ret_len)
{
	size_t up = 0;

	for (;;) {
		size_t end = *at, start;

		while (end > 0 && path[end - 1] == '/')
			end--;
		for (start = end; start > 0 && path[start - 1] != '/';)
			start--;
		*at = start;
		*ret = path + start;
		*ret_len = end - start;
		if (end == 0)
			return false;
		if (end - start == 1 && path[start] == '.')
			continue;
		if (end - start == 2 && strncmp(path + start, "..", 2) == 0)
			up++;
		else if (up == 0)
			return true;
		else
			up--;
	}
}

bool lend_planning_same_path(const char *a, const char *b)
{
	size_t at_a = strlen(a), at_b = strlen(b);
	const char *x, *y;
	size_t len_x, len_y;

	for (;;) {
		bool more_a = name_before(a, &at_a, &x, &len_x);
		bool more_b = name_before(b, &at_b, &y, &len_y);

		if (!more_a || !more_b)
			return more_a == more_b;
		if (len_x != len_y || strncmp(x, y, len_x) != 0)
			return false;
	}
}

/* A VM other than ours. */
static const char *of_vms(struct lend_planning *p, const struct lend_wanted_node *w)
{
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(p->inv, LEND_KIND_BACKING, n)) != NULL;) {
		const struct lend_node *user = lend_user_of_kind(p->inv, n, LEND_KIND_BACKEND);
		const struct lend_backend *backend =
			(const struct lend_backend *)(const void *)user;

		if (user == NULL || !is_same(lend_as_backing(n), w) ||
		    backend->vm.known != LEND_KNOWN)
			continue;
		if (p->vm_name != NULL && strcmp(backend->vm.v.str, p->vm_name) == 0 &&
		    p->vm != NULL)
			return lend_planning_text(p, "that of another NVDIMM of %s",
						  p->vm_name);
		return lend_planning_text(p, "in use by the VM %s", backend->vm.v.str);
	}
	return NULL;
}

/* Of another host no number of a file is known: by the path alone. */
const char *lend_planning_far_holder(struct lend_planning *p, const char *path)
{
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(p->inv, LEND_KIND_BACKEND, n)) != NULL;) {
		const struct lend_backend *b = lend_as_backend(n);

		if (b->path.known != LEND_KNOWN || b->vm.known != LEND_KNOWN ||
		    !lend_planning_same_path(b->path.v.str, path))
			continue;
		if (strcmp(b->vm.v.str, p->vm_name) == 0)
			return lend_planning_text(p, "that of another NVDIMM of %s",
						  p->vm_name);
		return lend_planning_text(p, "that of the VM %s, too", b->vm.v.str);
	}
	return NULL;
}

static const char *of_device(struct lend_planning *p, const struct lend_node *block)
{
	const struct lend_node *user;

	user = lend_user_of_kind(p->inv, block, LEND_KIND_MOUNT);
	if (user != NULL) {
		const struct lend_mount *m = lend_as_mount(user);

		return lend_planning_text(p, "mounted at %s",
					  m->path.known == LEND_KNOWN ? m->path.v.str
								      : user->name);
	}
	if (lend_user_of_kind(p->inv, block, LEND_KIND_SWAP) != NULL)
		return "swap space";
	user = lend_user_of_kind(p->inv, block, LEND_KIND_BLOCK);
	if (user != NULL)
		return lend_planning_text(p, "part of, or below, %s", user->name);
	if (lend_as_block(block)->used_by.known == LEND_KNOWN)
		return lend_planning_text(p, "in use by %s",
					  lend_as_block(block)->used_by.v.str);
	return NULL;
}

static const char *of_blocks(struct lend_planning *p, const struct lend_wanted_node *w)
{
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(p->inv, LEND_KIND_BLOCK, n)) != NULL;) {
		const struct lend_block *b = lend_as_block(n);

		if (is_file_of(w, &b->backing_file, &b->file_dev, &b->file_inode))
			return lend_planning_text(p, "what %s is made of", n->name);
		if (same_text(&b->dev, &w->rdev)) {
			const char *text = of_device(p, n);

			if (text != NULL)
				return text;
		}
	}
	return NULL;
}

static const char *of_swap(struct lend_planning *p, const struct lend_wanted_node *w)
{
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(p->inv, LEND_KIND_SWAP, n)) != NULL;) {
		const struct lend_swap *swap = lend_as_swap(n);

		if (!lend_fact_is(&swap->state, "deleted") &&
		    is_file_of(w, &swap->path, &swap->file_dev, &swap->file_inode))
			return "swap space";
	}
	return NULL;
}

const char *lend_planning_holder(struct lend_planning *p, const struct lend_wanted_node *w,
				 const char **ret_rule)
{
	const char *text = p->request->remote ? NULL : of_vms(p, w);

	*ret_rule = "backing-used-once";
	if (text != NULL)
		return text;
	*ret_rule = "backing-unused-by-host";
	text = of_blocks(p, w);
	if (text == NULL)
		text = of_swap(p, w);
	if (text != NULL)
		return text;
	*ret_rule = NULL;
	if (w->users.known == LEND_KNOWN)
		text = lend_planning_text(p, "in use by %s", w->users.v.str);
	return text;
}

void lend_planning_claims(struct lend_planning *p, const char *who, const char *path)
{
	for (size_t i = 0; i < p->request->n_claims; i++) {
		const struct lend_claim *c = &p->request->claims[i];

		if (strcmp(c->path, path) != 0 ||
		    (p->vm_name != NULL && strcmp(c->vm, p->vm_name) == 0))
			continue;
		if (p->vm_name == NULL) {
			lend_planning_warn(p, "when its file is elsewhere: mv it back instead",
					   "%s is recorded for the VM %s, as %s, and is not "
					   "there: the new one is blank",
					   path, c->vm, c->as);
			continue;
		}
		lend_planning_warn(p, "name another backing: only one of them can run",
				   "%s: %s is recorded for the VM %s, too, as %s", who, path,
				   c->vm, c->as);
	}
}
