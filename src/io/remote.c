/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/remote.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "io/libexec.h"
#include "io/out.h"

struct lend_remote *lend_remote_new(const struct lend_ssh_target *target)
{
	struct lend_remote *remote = lend_xrealloc(NULL, sizeof(*remote));
	uint64_t nonce;

	*remote = (struct lend_remote){ .target = *target, .esxi = target->esxi };
	lend_random_bytes(&nonce, sizeof(nonce));
	(void)snprintf(remote->mark, sizeof(remote->mark), "lend-end-%016" PRIx64, nonce);
	return remote;
}

void lend_remote_free(struct lend_remote *remote)
{
	if (remote == NULL)
		return;
	lend_ssh_close(remote->ssh);
	lend_far_tree_done(&remote->tree);
	lend_arena_done(&remote->memory);
	free(remote->entries);
	free(remote);
}

static size_t place_of(const struct lend_remote *remote, enum lend_via via, const char *key)
{
	size_t at = (lend_hash_bytes(key, strlen(key)) + via) & (remote->size - 1);

	while (remote->entries[at] != NULL &&
	       (remote->entries[at]->via != via || strcmp(remote->entries[at]->key, key) != 0))
		at = (at + 1) & (remote->size - 1);
	return at;
}

struct lend_remote_entry *lend_remote_find(const struct lend_remote *remote, enum lend_via via,
					   const char *key)
{
	return remote->size == 0 ? NULL : remote->entries[place_of(remote, via, key)];
}

static void grow(struct lend_remote *remote)
{
	size_t old_size = remote->size;
	struct lend_remote_entry **old = remote->entries;

	remote->size = old_size == 0 ? 1024 : old_size * 2;
	remote->entries = lend_xrealloc(NULL, remote->size * sizeof(*remote->entries));
	memset(remote->entries, 0, remote->size * sizeof(*remote->entries));
	for (size_t i = 0; i < old_size; i++) {
		if (old[i] != NULL)
			remote->entries[place_of(remote, old[i]->via, old[i]->key)] = old[i];
	}
	free(old);
}

/* Some need lend itself over there. */
static bool can_be_asked(const struct lend_remote *remote, const struct lend_ask *ask,
			 const char *key)
{
	switch (ask->via) {
	case LEND_VIA_FILE:
	case LEND_VIA_RANGE:
	case LEND_VIA_DIR:
	case LEND_VIA_LINK:
	case LEND_VIA_MAGIC:
	case LEND_VIA_STAT:
	case LEND_VIA_SPACE:
		return !remote->esxi;
	case LEND_VIA_RUN:
		return !remote->esxi && !lend_libexec_is(key) && strncmp(key, "lend-", 5) != 0;
	default:
		return false;
	}
}

static struct lend_remote_entry *entry_of(struct lend_remote *remote,
					  const struct lend_ask *ask, const char *key,
					  const struct lend_root_ask *what)
{
	struct lend_remote_entry *entry;
	size_t at;

	if (remote->n * 2 >= remote->size)
		grow(remote);
	at = place_of(remote, ask->via, key);
	if (remote->entries[at] != NULL)
		return remote->entries[at];
	entry = LEND_NEW(&remote->memory, struct lend_remote_entry);
	*entry = (struct lend_remote_entry){
		.via = ask->via,
		.key = lend_arena_strdup(&remote->memory, key),
		.offset = what->offset,
		.len = what->len,
		.input = ask->input,
		.may_hang = (ask->flags & LEND_ASK_MAY_HANG) != 0,
		.answer = { .why = "", .bytes = "" },
	};
	entry->path = lend_arena_strdup(&remote->memory, what->path);
	entry->limit = what->limit > LEND_REMOTE_FILE_MAX ? what->limit : LEND_REMOTE_FILE_MAX;
	remote->entries[at] = entry;
	remote->n++;
	if (!can_be_asked(remote, ask, key))
		entry->state = LEND_REMOTE_NEVER;
	else
		*LEND_PUSH(&remote->memory, remote->wanted, remote->n_wanted,
			   remote->cap_wanted) = entry;
	return entry;
}

void lend_remote_answer(struct lend_io *io, const struct lend_ask *ask, const char *key,
			const struct lend_root_ask *what, struct lend_answer *answer)
{
	struct lend_remote *remote = io->remote;
	const struct lend_remote_entry *entry;

	answer->known = LEND_NOT_ASKED;
	if (lend_far_tree_answer(&remote->tree, ask->via, what->path, answer))
		return;
	if (remote->n >= (size_t)LEND_REMOTE_ASKS_MAX * LEND_REMOTE_ROUNDS)
		return;
	entry = entry_of(remote, ask, key, what);
	if (entry->state == LEND_REMOTE_DONE)
		*answer = entry->answer;
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(const struct lend_far_node *const *)a)->path,
		      (*(const struct lend_far_node *const *)b)->path);
}

bool lend_remote_next_file(struct lend_remote *remote, size_t *at, const char **ret_path,
			   const char **ret_bytes, size_t *ret_len)
{
	const struct lend_far_tree *tree = &remote->tree;

	if (remote->files == NULL) {
		remote->files = lend_arena_array(&remote->memory, tree->n + 1,
						 sizeof(struct lend_far_node *));
		for (size_t i = 0; i < tree->size; i++) {
			if (tree->nodes[i] != NULL && tree->nodes[i]->has_bytes)
				remote->files[remote->n_files++] = tree->nodes[i];
		}
		if (remote->n_files > 1)
			qsort(remote->files, remote->n_files, sizeof(*remote->files), by_path);
	}
	if (*at == remote->n_files)
		return false;
	*ret_path = remote->files[*at]->path;
	*ret_bytes = remote->files[*at]->bytes;
	*ret_len = remote->files[(*at)++]->len;
	return true;
}

size_t lend_remote_left(const struct lend_remote *remote, const char **ret_first)
{
	*ret_first = remote->n_wanted == 0 ? "" : remote->wanted[0]->key;
	return remote->n_wanted;
}

int lend_remote_round(struct lend_remote *remote, uint32_t timeout_ms, struct lend_err *err)
{
	uint32_t ms = timeout_ms != 0 ? timeout_ms : LEND_REMOTE_MS;
	lend_auto_buf script = { 0 };
	lend_auto_buf text = { 0 };

	if (remote->rounds == LEND_REMOTE_ROUNDS ||
	    (remote->rounds > 0 && remote->n_wanted == 0))
		return 0;
	if (remote->ssh == NULL &&
	    lend_ssh_open(&remote->target, timeout_ms, &remote->ssh, err) < 0)
		return -1;
	remote->n_sections = 0;
	if (remote->esxi)
		lend_remote_script_esxi(&script);
	else
		lend_remote_script(remote, &script);
	remote->n_wanted = 0;
	remote->rounds++;
	lend_buf_printf(&script, "echo %s\n", remote->mark);
	if (lend_ssh_exchange(remote->ssh, &script, remote->mark, LEND_REMOTE_ALL_MAX, ms,
			      &text, err) < 0 ||
	    lend_remote_take(remote, lend_buf_text(&text), text.len, err) < 0)
		return -1;
	return 1;
}
