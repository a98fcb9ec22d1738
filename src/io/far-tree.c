/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/far-tree.h"

#include <errno.h>
#include <stdlib.h>

#include "io/out.h"

enum { HOPS_MAX = 40, PATH_LEN_MAX = 8192 };

void lend_far_tree_done(struct lend_far_tree *tree)
{
	lend_arena_done(&tree->memory);
	free(tree->nodes);
	*tree = (struct lend_far_tree){ 0 };
}

static size_t place_of(const struct lend_far_tree *tree, const char *path, size_t len)
{
	size_t at = lend_hash_bytes(path, len) & (tree->size - 1);

	while (tree->nodes[at] != NULL && (strncmp(tree->nodes[at]->path, path, len) != 0 ||
					   tree->nodes[at]->path[len] != '\0'))
		at = (at + 1) & (tree->size - 1);
	return at;
}

static struct lend_far_node *find(const struct lend_far_tree *tree, const char *path,
				  size_t len)
{
	return tree->size == 0 ? NULL : tree->nodes[place_of(tree, path, len)];
}

static void grow(struct lend_far_tree *tree)
{
	size_t old_size = tree->size;
	struct lend_far_node **old = tree->nodes;

	tree->size = old_size == 0 ? 1024 : old_size * 2;
	tree->nodes = lend_xrealloc(NULL, tree->size * sizeof(*tree->nodes));
	memset(tree->nodes, 0, tree->size * sizeof(*tree->nodes));
	for (size_t i = 0; i < old_size; i++) {
		if (old[i] != NULL)
			tree->nodes[place_of(tree, old[i]->path, strlen(old[i]->path))] =
				old[i];
	}
	free(old);
}

struct lend_far_node *lend_far_node(struct lend_far_tree *tree, const char *path)
{
	size_t at;

	if (tree->n * 2 >= tree->size)
		grow(tree);
	at = place_of(tree, path, strlen(path));
	if (tree->nodes[at] == NULL) {
		tree->nodes[at] = LEND_NEW(&tree->memory, struct lend_far_node);
		tree->nodes[at]->path = lend_arena_strdup(&tree->memory, path);
		tree->n++;
	}
	return tree->nodes[at];
}

static void drop_last(struct lend_buf *path)
{
	while (path->len > 0 && path->text[--path->len] != '/')
		continue;
	path->text[path->len] = '\0';
}

static void add_part(struct lend_buf *path, const char *part, size_t len)
{
	if (path->len > 0)
		lend_buf_putc(path, '/');
	lend_buf_put(path, part, len);
}

void lend_far_real(const struct lend_far_tree *tree, const char *path, bool last,
		   struct lend_buf *ret)
{
	lend_auto_buf rest = { 0 };
	size_t at = 0;
	int hops = 0;

	lend_buf_puts(&rest, path);
	lend_buf_puts(ret, "");
	while (at < rest.len) {
		const char *part = rest.text + at;
		size_t len = strcspn(part, "/");
		const struct lend_far_node *node;

		at += len;
		at += strspn(rest.text + at, "/");
		if (len == 0 || (len == 1 && part[0] == '.'))
			continue;
		if (len == 2 && part[0] == '.' && part[1] == '.') {
			drop_last(ret);
			continue;
		}
		add_part(ret, part, len);
		node = find(tree, ret->text, ret->len);
		if (node == NULL || node->link == NULL || (at >= rest.len && !last))
			continue;
		if (++hops > HOPS_MAX || rest.len > PATH_LEN_MAX)
			return;
		/* Links of /proc (cwd, exe, pipes) are looked through by the kernel alone. */
		if (strncmp(ret->text, "proc/", 5) == 0)
			continue;
		drop_last(ret);
		if (node->link[0] == '/')
			lend_buf_reset(ret), lend_buf_puts(ret, "");
		{
			lend_auto_buf next = { 0 };

			lend_buf_printf(&next, "%s/%s", node->link, rest.text + at);
			lend_buf_reset(&rest);
			lend_buf_put(&rest, next.text, next.len);
			at = strspn(rest.text, "/");
		}
	}
}

/* Where the real path's last part begins; its folder is what is in front. */
static const char *split(const struct lend_buf *real, size_t *ret_folder_len)
{
	const char *slash = strrchr(lend_buf_text(real), '/');

	*ret_folder_len = slash == NULL ? 0 : (size_t)(slash - real->text);
	return slash == NULL ? lend_buf_text(real) : slash + 1;
}

struct lend_far_node *lend_far_add(struct lend_far_tree *tree, const char *path, char type,
				   const char *link, bool in_list)
{
	lend_auto_buf real = { 0 };
	struct lend_far_node *node;
	size_t folder_len;
	const char *name;

	lend_far_real(tree, path, false, &real);
	node = lend_far_node(tree, lend_buf_text(&real));
	/* Without a text it could not be read; why is told elsewhere, or asked again. */
	if (type == 'l' && *link != '\0')
		node->link = lend_arena_strdup(&tree->memory, link);
	if (type != 'l' || *link != '\0')
		node->seen = true;
	if (!in_list)
		return node;
	name = split(&real, &folder_len);
	if (name > real.text) {
		const char *folder = lend_arena_strndup(&tree->memory, real.text, folder_len);
		struct lend_far_node *above = lend_far_node(tree, folder);

		*LEND_PUSH(&tree->memory, above->names, above->n_names, above->cap_names) =
			node->path + (name - real.text);
	}
	return node;
}

void lend_far_put_bytes(struct lend_far_tree *tree, const char *path, const char *bytes,
			size_t len)
{
	lend_auto_buf real = { 0 };
	struct lend_far_node *node;

	lend_far_real(tree, path, true, &real);
	node = lend_far_node(tree, lend_buf_text(&real));
	node->seen = true;
	node->has_bytes = true;
	node->bytes = lend_arena_strndup(&tree->memory, bytes, len);
	node->len = len;
}

void lend_far_put_whole(struct lend_far_tree *tree, const char *path, const char *bytes,
			size_t len)
{
	lend_auto_buf upper = { 0 };

	if (find(tree, path, strlen(path)) == NULL)
		lend_far_put_bytes(tree, path, bytes, len);
	else
		return;
	lend_buf_puts(&upper, path);
	for (;;) {
		size_t folder_len;
		const char *name = split(&upper, &folder_len);
		char *folder = lend_arena_strndup(&tree->memory, upper.text, folder_len);
		struct lend_far_node *above = lend_far_node(tree, folder);
		bool known = above->listed;

		above->seen = above->listed = true;
		above->sorted = false;
		*LEND_PUSH(&tree->memory, above->names, above->n_names, above->cap_names) =
			lend_arena_strdup(&tree->memory, name);
		if (known || folder_len == 0)
			return;
		drop_last(&upper);
	}
}

/* As a listing of this host's has them; see root.c. */
static int by_length(const void *a, const void *b)
{
	const char *x = *(const char *const *)a;
	const char *y = *(const char *const *)b;
	size_t m = strlen(x), n = strlen(y);

	if (m != n)
		return m < n ? -1 : 1;
	return strcmp(x, y);
}

void lend_far_sort(const char **names, size_t n)
{
	if (n > 0)
		qsort(names, n, sizeof(*names), by_length);
}

static bool say_errno(struct lend_answer *answer, int os_errno)
{
	if (os_errno == 0)
		return false;
	lend_answer_errno(answer, os_errno);
	return true;
}

static bool say_names(struct lend_far_node *node, struct lend_answer *answer)
{
	if (node->dir_errno != 0 || !node->listed)
		return say_errno(answer, node->dir_errno);
	if (!node->sorted)
		lend_far_sort(node->names, node->n_names);
	node->sorted = true;
	answer->known = LEND_KNOWN;
	answer->names = node->names;
	answer->n_names = node->n_names;
	return true;
}

static bool say_link(const struct lend_far_node *node, struct lend_answer *answer)
{
	if (node->link_errno != 0)
		return say_errno(answer, node->link_errno);
	if (!node->seen)
		return false;
	answer->known = node->link == NULL ? LEND_ABSENT : LEND_KNOWN;
	if (node->link != NULL) {
		answer->bytes = node->link;
		answer->len = strlen(node->link);
	}
	return true;
}

/* Is what is not known of absent, as all of its folder is known? */
static bool is_absent(const struct lend_far_tree *tree, enum lend_via via,
		      const struct lend_buf *real)
{
	size_t len;
	const char *name = split(real, &len);
	const struct lend_far_node *above = find(tree, lend_buf_text(real), len);

	if (above == NULL || name[0] == '\0')
		return false;
	/* The folder itself is not there: find says so of what it was given. */
	if (above->dir_errno == ENOENT || above->dir_errno == ENOTDIR)
		return true;
	return above->listed || (above->links_seen && via == LEND_VIA_LINK);
}

bool lend_far_tree_answer(struct lend_far_tree *tree, enum lend_via via, const char *path,
			  struct lend_answer *answer)
{
	bool is_link = via == LEND_VIA_LINK || via == LEND_VIA_MAGIC;
	lend_auto_buf real = { 0 };
	struct lend_far_node *node;

	lend_far_real(tree, path, !is_link, &real);
	node = find(tree, lend_buf_text(&real), real.len);
	if (node == NULL || !node->seen) {
		if (node != NULL && is_link && say_errno(answer, node->link_errno))
			return true;
		if (node != NULL && via == LEND_VIA_DIR && say_names(node, answer))
			return true;
		if (node != NULL && via == LEND_VIA_FILE && say_errno(answer, node->file_errno))
			return true;
		if (!is_absent(tree, via, &real))
			return false;
		answer->known = LEND_ABSENT;
		return true;
	}
	if (is_link)
		return say_link(node, answer);
	if (via == LEND_VIA_DIR)
		return say_names(node, answer);
	if (via != LEND_VIA_FILE)
		return false;
	if (!node->has_bytes)
		return say_errno(answer, node->file_errno);
	answer->known = LEND_KNOWN;
	answer->bytes = node->bytes;
	answer->len = node->len;
	return true;
}
