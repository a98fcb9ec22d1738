/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies at mem-path=, who else uses it, and whether there is room for all of it. */

#include <inttypes.h>

#include "base/num.h"
#include "model/kind-backend.h"
#include "model/kind-backing.h"
#include "model/kind-block.h"
#include "model/kind-mount.h"
#include "model/kind-swap.h"
#include "model/kind-vm.h"
#include "model/kind-wanted.h"
#include "rules/rules.h"

static bool is_of_device(const struct lend_view *view, const struct lend_node *node)
{
	return lend_is_text(&lend_as_backend(node)->type, "memory-backend-file") &&
	       lend_user_of_kind(view->inv, node, LEND_KIND_DEVICE) != NULL;
}

/* Of a VM that would be; one that runs has what it was started with. */
static bool is_wished(const struct lend_view *view, const struct lend_node *node)
{
	return is_of_device(view, node) && lend_as_backend(node)->path.trust == LEND_PREDICTED;
}

static const struct lend_backing *backing_of(const struct lend_view *view,
					     const struct lend_node *node)
{
	const struct lend_node *backing = lend_used_of(view->inv, node, LEND_KIND_BACKING);

	return backing == NULL ? NULL : lend_as_backing(backing);
}

/* ---- what is there ---- */

static void is_there(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	const struct lend_backing *backing = backing_of(view, node);
	const struct lend_fact *type =
		lend_needed(out, node, backing == NULL ? NULL : &backing->node, "type");

	if (type != NULL && type->known == LEND_ABSENT)
		lend_violated(out, node, "there is no file %s", backing->node.name);
}

static void is_file(const struct lend_view *view, const struct lend_node *node,
		    struct lend_findings *out)
{
	const struct lend_backing *backing = backing_of(view, node);

	if (backing == NULL)
		return;
	if (lend_is_text(&backing->type, "directory"))
		lend_violated(out, node, "%s is a folder", backing->node.name);
	else if (lend_is_text(&backing->type, "other"))
		lend_violated(out, node, "%s is neither a file nor a device",
			      backing->node.name);
}

static void has_bytes(const struct lend_view *view, const struct lend_node *node,
		      struct lend_findings *out)
{
	const struct lend_backing *backing = backing_of(view, node);

	if (backing != NULL && lend_is_text(&backing->type, "file") &&
	    lend_is_off(&backing->size_bytes))
		lend_violated(out, node, "%s is empty", backing->node.name);
}

/* ---- who else ---- */

static bool is_block(const struct lend_backing *b)
{
	return lend_is_text(&b->type, "block device");
}

enum same { DIFFERENT, SAME, CANNOT_TELL };

/*
 * By numbers: one file has many paths, and one path is another file in another
 * container.  A device is what its own number says.
 */
static enum same is_same(const struct lend_backing *a, const struct lend_backing *b)
{
	if (a == b)
		return SAME;
	if (a->type.known == LEND_ABSENT || b->type.known == LEND_ABSENT ||
	    a->inode.known == LEND_ABSENT || b->inode.known == LEND_ABSENT)
		return DIFFERENT;
	if (a->rdev.known == LEND_KNOWN || b->rdev.known == LEND_KNOWN)
		return a->rdev.known == LEND_KNOWN && lend_is_text(&b->rdev, a->rdev.v.str) &&
				       is_block(a) == is_block(b)
			       ? SAME
			       : DIFFERENT;
	if (a->inode.known != LEND_KNOWN || b->inode.known != LEND_KNOWN ||
	    a->dev.known != LEND_KNOWN || b->dev.known != LEND_KNOWN)
		return CANNOT_TELL;
	return a->inode.v.u64 == b->inode.v.u64 && strcmp(a->dev.v.str, b->dev.v.str) == 0
		       ? SAME
		       : DIFFERENT;
}

static uint64_t start_of(const struct lend_backend *b)
{
	return b->offset_bytes.known == LEND_KNOWN ? b->offset_bytes.v.u64 : 0;
}

static uint64_t end_of(const struct lend_backend *b)
{
	uint64_t end;

	return b->size_bytes.known == LEND_KNOWN &&
			       lend_add_u64(start_of(b), b->size_bytes.v.u64, &end)
		       ? end
		       : UINT64_MAX;
}

static bool overlap(const struct lend_backend *a, const struct lend_backend *b)
{
	return start_of(a) < end_of(b) && start_of(b) < end_of(a);
}

/* What the guest writes reaches the file. */
static bool writes(const struct lend_backend *b)
{
	return !lend_is_off(&b->share) && !lend_is_on(&b->readonly);
}

static const char *name_of_user(const struct lend_view *view, const struct lend_node *backend)
{
	const struct lend_node *device =
		lend_user_of_kind(view->inv, backend, LEND_KIND_DEVICE);

	return device != NULL ? device->name : backend->name;
}

/* Another backend with some of the same bytes, of which one at least is written to. */
static const struct lend_node *rival_at(const struct lend_view *view,
					const struct lend_backend *backend,
					const struct lend_node *backing)
{
	const struct lend_node *user;

	for (size_t n = 0; (user = lend_user_of(view->inv, backing, n)) != NULL; n++) {
		const struct lend_backend *other = lend_as_backend(user);

		if (user->kind == LEND_KIND_BACKEND && other != backend &&
		    overlap(backend, other) && (writes(backend) || writes(other)))
			return user;
	}
	return NULL;
}

/*
 * Nobody at all has the file open: the kernel granted a lease on it.  A VM that
 * runs has its own one open, wherever that is.  overlayfs grants it too easily.
 */
static bool is_nobodys(const struct lend_view *view, const struct lend_backing *backing)
{
	const struct lend_inventory *inv = view->now != NULL ? view->now : view->inv;

	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(inv, LEND_KIND_WANTED, n)) != NULL;) {
		const struct lend_wanted_node *w = lend_as_wanted(n);

		if (w->path.known == LEND_KNOWN && lend_is_text(&backing->path, w->path.v.str))
			return w->users.known == LEND_ABSENT && w->fs.known == LEND_KNOWN &&
			       !lend_is_text(&w->fs, "overlay");
	}
	return false;
}

/* A process that is past its start: what it was given is open. */
static bool has_opened(const struct lend_view *view, const struct lend_node *backend)
{
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(view->inv, LEND_KIND_VM, n)) != NULL;) {
		const struct lend_vm *vm = lend_as_vm(n);

		if (lend_is_text(&lend_as_backend(backend)->vm, n->name))
			return vm->pid.known == LEND_KNOWN &&
			       (vm->waiting.known == LEND_NOT_ASKED ||
				lend_is_off(&vm->waiting));
	}
	return false;
}

static bool is_predicted(const struct lend_node *backend)
{
	return lend_as_backend(backend)->path.trust == LEND_PREDICTED;
}

/* That of a VM that would be, and that of one that runs: the numbers did not tell. */
static bool is_told_apart(const struct lend_view *view, const struct lend_node *node,
			  const struct lend_node *rival)
{
	bool would = is_predicted(node);
	const struct lend_node *runs = would ? rival : node;
	const struct lend_backing *backing = backing_of(view, would ? node : rival);

	return would != is_predicted(rival) && has_opened(view, runs) && backing != NULL &&
	       is_nobodys(view, backing);
}

static void used_once(const struct lend_view *view, const struct lend_node *node,
		      struct lend_findings *out)
{
	const struct lend_backing *backing = backing_of(view, node);
	const struct lend_backing *unknown = NULL;

	if (backing == NULL)
		return;
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(view->inv, LEND_KIND_BACKING, n)) != NULL;) {
		enum same same = is_same(backing, lend_as_backing(n));
		const struct lend_node *rival =
			same == DIFFERENT ? NULL : rival_at(view, lend_as_backend(node), n);

		if (rival == NULL)
			continue;
		if (same == CANNOT_TELL) {
			if (!is_told_apart(view, node, rival))
				unknown = lend_as_backing(n);
			continue;
		}
		lend_violated(out, node, "%s is the backing of %s, too%s%s", backing->node.name,
			      name_of_user(view, rival), n == &backing->node ? "" : ", as ",
			      n == &backing->node ? "" : n->name);
		return;
	}
	if (unknown != NULL)
		lend_untold(out, node, "whether %s and %s are one file is not known",
			    backing->node.name, unknown->node.name);
}

static const struct lend_node *vm_with(const struct lend_view *view,
				       const struct lend_node *block,
				       const struct lend_backend *backend)
{
	const struct lend_node *user;

	for (size_t n = 0; (user = lend_user_of(view->inv, block, n)) != NULL; n++) {
		if (user->kind == LEND_KIND_VM && !lend_is_text(&backend->vm, user->name))
			return user;
	}
	return NULL;
}

/* Whoever stands on the block device; true when that was said. */
static bool tell_users(const struct lend_view *view, const struct lend_node *node,
		       const struct lend_node *block, struct lend_findings *out)
{
	const struct lend_node *user;

	user = lend_user_of_kind(view->inv, block, LEND_KIND_MOUNT);
	if (user != NULL) {
		const struct lend_fact *path = &lend_as_mount(user)->path;

		lend_violated(out, node, "%s is mounted at %s", block->name,
			      path->known == LEND_KNOWN ? path->v.str : user->name);
		return true;
	}
	if (lend_user_of_kind(view->inv, block, LEND_KIND_SWAP) != NULL) {
		lend_violated(out, node, "%s is swap space", block->name);
		return true;
	}
	user = lend_user_of_kind(view->inv, block, LEND_KIND_BLOCK);
	if (user != NULL) {
		lend_violated(out, node, "%s is part of %s, or lies on it", user->name,
			      block->name);
		return true;
	}
	user = vm_with(view, block, lend_as_backend(node));
	if (user == NULL)
		return false;
	lend_violated(out, node, "the VM %s has %s open", user->name, block->name);
	return true;
}

static void block_unused(const struct lend_view *view, const struct lend_node *node,
			 const struct lend_backing *backing, struct lend_findings *out)
{
	const struct lend_node *found = NULL;
	const struct lend_fact *used_by;

	if (backing->rdev.known != LEND_KNOWN)
		return;
	for (const struct lend_node *n = NULL;
	     found == NULL && (n = lend_next_of(view->inv, LEND_KIND_BLOCK, n)) != NULL;) {
		if (lend_is_text(&lend_as_block(n)->dev, backing->rdev.v.str))
			found = n;
	}
	if (found == NULL) {
		lend_untold(out, node, "who else uses %s was not seen", backing->node.name);
		return;
	}
	used_by = &lend_as_block(found)->used_by;
	if (!tell_users(view, node, found, out) && used_by->known == LEND_UNREADABLE)
		lend_untold(out, node, "who else uses %s cannot be told: %s", found->name,
			    used_by->v.str);
}

/* What the kernel has open, by its numbers; by its path only where one of them is not known. */
static bool is_file_of(const struct lend_backing *backing, const struct lend_fact *path,
		       const struct lend_fact *dev, const struct lend_fact *inode)
{
	if (path->known != LEND_KNOWN)
		return false;
	if (inode->known == LEND_KNOWN && backing->inode.known == LEND_KNOWN &&
	    dev->known == LEND_KNOWN && backing->dev.known == LEND_KNOWN)
		return inode->v.u64 == backing->inode.v.u64 &&
		       strcmp(dev->v.str, backing->dev.v.str) == 0;
	return lend_is_text(&backing->path, path->v.str);
}

static bool is_loop_on(const struct lend_block *loop, const struct lend_backing *backing)
{
	return is_file_of(backing, &loop->backing_file, &loop->file_dev, &loop->file_inode);
}

static bool is_swap_on(const struct lend_swap *swap, const struct lend_backing *backing)
{
	/* Of one that was removed the path is another file's by now. */
	return !lend_is_text(&swap->state, "deleted") &&
	       is_file_of(backing, &swap->path, &swap->file_dev, &swap->file_inode);
}

static void file_unused(const struct lend_view *view, const struct lend_node *node,
			const struct lend_backing *backing, struct lend_findings *out)
{
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(view->inv, LEND_KIND_BLOCK, n)) != NULL;) {
		if (!is_loop_on(lend_as_block(n), backing))
			continue;
		lend_violated(out, node, "%s is what %s is made of", backing->node.name,
			      n->name);
		lend_cure(out, "losetup -d /dev/%s, once nothing is mounted from it", n->name);
		return;
	}
	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(view->inv, LEND_KIND_SWAP, n)) != NULL;) {
		if (!is_swap_on(lend_as_swap(n), backing))
			continue;
		lend_violated(out, node, "%s is swap space", backing->node.name);
		return;
	}
}

static void host_unused(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	const struct lend_backing *backing = backing_of(view, node);

	if (backing == NULL)
		return;
	if (is_block(backing))
		block_unused(view, node, backing, out);
	else if (lend_is_text(&backing->type, "file"))
		file_unused(view, node, backing, out);
}

/* ---- room ---- */

/* Of these there are no blocks to be counted. */
static bool has_blocks(const struct lend_backing *backing)
{
	return lend_is_text(&backing->type, "file") &&
	       !lend_is_text(&backing->fs, "hugetlbfs") && !lend_is_text(&backing->fs, "ramfs");
}

/* Bytes of it that have no blocks yet. */
static uint64_t missing_in(const struct lend_backing *backing,
			   const struct lend_backend *backend)
{
	uint64_t window = end_of(backend) - start_of(backend);
	uint64_t missing;

	if (!has_blocks(backing) || !writes(backend) ||
	    backing->size_bytes.known != LEND_KNOWN ||
	    backing->allocated_bytes.known != LEND_KNOWN ||
	    backing->allocated_bytes.v.u64 >= backing->size_bytes.v.u64)
		return 0;
	missing = backing->size_bytes.v.u64 - backing->allocated_bytes.v.u64;
	return missing < window ? missing : window;
}

/* In all backings on that file system. */
static uint64_t missing_on(const struct lend_view *view, const struct lend_fact *dev)
{
	uint64_t sum = 0;

	for (const struct lend_node *n = NULL;
	     (n = lend_next_of(view->inv, LEND_KIND_BACKING, n)) != NULL;) {
		const struct lend_node *user =
			lend_user_of_kind(view->inv, n, LEND_KIND_BACKEND);

		if (user != NULL && lend_is_text(&lend_as_backing(n)->dev, dev->v.str) &&
		    !lend_add_u64(sum, missing_in(lend_as_backing(n), lend_as_backend(user)),
				  &sum))
			return UINT64_MAX;
	}
	return sum;
}

static void cure_by_blocks(struct lend_findings *out, const struct lend_backing *backing)
{
	lend_cure(out, "fallocate -l %" PRIu64 " %s, while there is room",
		  backing->size_bytes.v.u64, backing->node.name);
}

static void has_room(const struct lend_view *view, const struct lend_node *node,
		     struct lend_findings *out)
{
	const struct lend_backing *backing = backing_of(view, node);
	const struct lend_fact *free_bytes;
	uint64_t missing, all;

	if (backing == NULL || !has_blocks(backing) ||
	    lend_needed(out, node, &backing->node, "allocated_bytes") == NULL)
		return;
	missing = missing_in(backing, lend_as_backend(node));
	if (missing == 0)
		return;
	free_bytes = &backing->free_bytes;
	if (free_bytes->known != LEND_KNOWN) {
		lend_untold(out, node,
			    "%s of %s have no blocks, and what is free there is not known",
			    lend_size_words(out, missing), backing->node.name);
		return;
	}
	all = backing->dev.known == LEND_KNOWN ? missing_on(view, &backing->dev) : missing;
	if (free_bytes->v.u64 < missing)
		lend_violated(out, node, "%s of %s have no blocks, and %s are free",
			      lend_size_words(out, missing), backing->node.name,
			      lend_size_words(out, free_bytes->v.u64));
	else if (free_bytes->v.u64 < all)
		lend_violated(out, node,
			      "%s of %s and of other backings there have no blocks, and %s are "
			      "free",
			      lend_size_words(out, all), backing->node.name,
			      lend_size_words(out, free_bytes->v.u64));
	else
		return;
	if (free_bytes->v.u64 < missing)
		lend_cure(out, "free some room, or put it on another file system; then "
			       "fallocate");
	else
		cure_by_blocks(out, backing);
}

static void has_all_blocks(const struct lend_view *view, const struct lend_node *node,
			   struct lend_findings *out)
{
	const struct lend_backing *backing = backing_of(view, node);
	uint64_t missing;

	if (backing == NULL)
		return;
	missing = missing_in(backing, lend_as_backend(node));
	/* With no room for them, or none that is known of, the other rule says so. */
	if (missing == 0 || backing->free_bytes.known != LEND_KNOWN ||
	    backing->free_bytes.v.u64 < missing)
		return;
	lend_violated(out, node, "%s of %s have no blocks", lend_size_words(out, missing),
		      backing->node.name);
	cure_by_blocks(out, backing);
}

static const struct lend_rule rules[] = {
	{
		.id = "backing-there",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_BACKEND,
		.must = "The file of a backend is there before QEMU starts",
		.why = "QEMU makes an empty one without a word, for anybody to read: after a "
		       "slip in a path the guest has a new, blank NVDIMM, and its data seems "
		       "lost",
		.hint = "mem-path= of the right file; lend pmem create makes a new one",
		.proof = LEND_PROOF_LAB,
		.evidence = "guide",
		.applies = is_wished,
		.check = is_there,
	},
	{
		.id = "backing-no-folder",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_BACKEND,
		.must = "mem-path= names a file or a device",
		.why = "in a folder QEMU makes a file without a name: all that the guest writes "
		       "is gone with its VM",
		.hint = "mem-path= of a file in it",
		.proof = LEND_PROOF_LAB,
		.evidence = "backing-traps",
		.applies = is_of_device,
		.check = is_file,
	},
	{
		.id = "backing-not-empty",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_BACKEND,
		.must = "The file of a backend is not empty",
		.why = "QEMU makes it as long as size= says, of holes: the guest has a blank "
		       "NVDIMM; one that was emptied while its VM runs kills it",
		.hint = "lend pmem create makes one with blocks and labels; or another file",
		.proof = LEND_PROOF_LAB,
		.evidence = "backing-traps",
		.applies = is_of_device,
		.check = has_bytes,
	},
	{
		.id = "backing-used-once",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_BACKEND,
		.must = "No two devices of any VM share bytes of a backing that one of them "
			"writes to",
		.why = "QEMU takes no lock: both guests write to one file system, and neither "
		       "is told until it is destroyed",
		.hint = "a backing for each; with offset= and size= windows that do not "
			"overlap",
		.proof = LEND_PROOF_LAB,
		.evidence = "two-vms",
		.applies = is_of_device,
		.check = used_once,
	},
	{
		.id = "backing-unused-by-host",
		.level = LEND_LEVEL_REFUSE,
		.on = LEND_KIND_BACKEND,
		.must = "What backs an NVDIMM is not mounted, swap, part of another device or "
			"the file of a loop device on the host",
		.why = "host and guest write to the same bytes, each with its own idea of what "
		       "is in them: the file system is destroyed",
		.hint = "umount it, or another backing",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-host",
		.applies = is_of_device,
		.check = host_unused,
	},
	{
		.id = "backing-room-left",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_BACKEND,
		.must = "The file system of a backing has room for the blocks that it lacks",
		.why = "the guest that writes where no block can be had gets no error: its VM is "
		       "killed by SIGBUS, at any time",
		.hint = "fallocate -l SIZE FILE",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-host",
		.applies = is_of_device,
		.check = has_room,
	},
	{
		.id = "backing-has-blocks",
		.level = LEND_LEVEL_NOTE,
		.on = LEND_KIND_BACKEND,
		.must = "The file of a backend has no holes",
		.why = "today there is room for them; when others have filled the file system, "
		       "the guest that writes into a hole is killed",
		.hint = "fallocate -l SIZE FILE",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-host",
		.applies = is_of_device,
		.check = has_all_blocks,
	},
};

extern const struct lend_rules lend_rules_backing;
const struct lend_rules lend_rules_backing = {
	.subject = "backing",
	.title = "What backs it",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
