/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QEMU command in what people typed or saved, and what of it nobody can see. */

#include "base/err.h"
#include "base/near.h"
#include "format/qemu-args-parse.h"
#include "format/shell-words.h"

/* Programs that start another one; their own options may take a value or not. */
static bool is_starter(const char *word)
{
	static const char *const starters[] = { "chrt",    "command", "doas",   "env",
						"exec",    "ionice",  "nice",   "nohup",
						"numactl", "prlimit", "setsid", "sudo",
						"taskset", "time" };
	const char *slash = strrchr(word, '/');

	for (size_t i = 0; i < LEND_COUNT(starters); i++) {
		if (strcmp(slash != NULL ? slash + 1 : word, starters[i]) == 0)
			return true;
	}
	return false;
}

static bool is_assignment(const char *word)
{
	return word[strcspn(word, "=/")] == '=';
}

/* The word of the command that is QEMU, NULL when it is another command. */
static const char *find_qemu(struct lend_qemu_words *w)
{
	const char *before = "";
	bool started = false;
	const char *word;

	for (; (word = lend_qemu_next_word(w)) != NULL; before = word) {
		/* "sudo -u qemu qemu-kvm": what follows an option may be its value. */
		const bool may_be_value = started && *before == '-';

		if (is_assignment(word) && *word != '-')
			continue;
		if (lend_qemu_is_program(word) && !(may_be_value && strcmp(word, "qemu") == 0))
			return word;
		if (is_starter(word))
			started = true;
		else if (!started ||
			 !(may_be_value || *word == '-' || strspn(word, "0123456789") > 0))
			return NULL;
	}
	return NULL;
}

/* A shell would have made other words of these. */
static void remark_expansion(struct lend_qemu_parser *p, const char *expands)
{
	if (expands != NULL)
		lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, "",
				 "a shell puts something in the place of %.80s: what it is "
				 "cannot be seen",
				 expands);
}

static void remark_files(struct lend_qemu_parser *p)
{
	struct lend_qemu_option option;

	for (size_t at = 0; lend_qemu_args_next(p->out, &at, &option);) {
		if (option.name == NULL && option.value[0] == '@')
			lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, "",
					 "QEMU takes %.60s for a disk image: it reads no "
					 "options from a file so",
					 option.value);
	}
}

/* All that these have, in any QEMU up to 10 (hw/mem/nvdimm.c, hw/mem/pc-dimm.c,
 * backends/hostmem.c, backends/hostmem-file.c). */
static const char *const of_nvdimm[] = { "driver",  "id",   "bus",        "memdev",
					 "slot",    "node", "addr",       "label-size",
					 "unarmed", "uuid", "hotplugged", "hotpluggable",
					 NULL };
static const char *const of_file[] = { "qom-type",
				       "id",
				       "mem-path",
				       "size",
				       "align",
				       "offset",
				       "share",
				       "pmem",
				       "readonly",
				       "rom",
				       "prealloc",
				       "prealloc-threads",
				       "prealloc-context",
				       "discard-data",
				       "merge",
				       "dump",
				       "reserve",
				       "host-nodes",
				       "policy",
				       "x-use-canonical-path-for-ramblock-id",
				       NULL };

/* "host-nodes.0" is one of host-nodes. */
static bool is_one_of(const char *key, const char *const *names)
{
	const size_t len = strcspn(key, ".");

	for (; *names != NULL; names++) {
		if (strlen(*names) == len && memcmp(*names, key, len) == 0)
			return true;
	}
	return false;
}

/* QEMU does not start with one that it does not have; a newer one may have more. */
static void remark_unknown(struct lend_qemu_parser *p, const struct lend_qemu_option *option,
			   const char *implied, const char *type, const char *const *names)
{
	struct lend_qemu_opts opts;

	if (lend_qemu_opts_parse(p->arena, option->value, implied, &opts, NULL) < 0 ||
	    lend_qemu_opts_get(&opts, implied) == NULL ||
	    strcmp(lend_qemu_opts_get(&opts, implied), type) != 0)
		return;
	for (size_t i = 0; i < opts.n; i++) {
		const char *key = opts.pairs[i].key;
		const char *near;

		if (is_one_of(key, names))
			continue;
		near = lend_near_word(key, names);
		lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option->name,
				 "%s has no property %.60s that is known%s%s", type, key,
				 near != NULL ? ": is it " : "", near != NULL ? near : "");
	}
}

static void remark_properties(struct lend_qemu_parser *p)
{
	struct lend_qemu_option option;

	for (size_t at = 0; lend_qemu_args_next(p->out, &at, &option);) {
		if (option.name == NULL || option.value == NULL)
			continue;
		if (strcmp(option.name, "-device") == 0)
			remark_unknown(p, &option, "driver", "nvdimm", of_nvdimm);
		if (strcmp(option.name, "-object") == 0)
			remark_unknown(p, &option, "qom-type", "memory-backend-file", of_file);
	}
}

/* A script may start several: which of them is meant, nobody says. */
static int count_more(struct lend_arena *arena, const char *text, size_t len, size_t at,
		      size_t *ret, struct lend_err *err)
{
	const char *bytes;
	size_t n;
	int r;

	*ret = 0;
	while ((r = lend_shell_words(arena, text, len, &at, &bytes, &n, err)) == 0) {
		struct lend_qemu_words w = { .at = bytes, .end = bytes + n };

		*ret += find_qemu(&w) != NULL;
	}
	return r < 0 ? -1 : 0;
}

static void remark_text(struct lend_arena *arena, const char *text, size_t len, size_t at,
			const char *expands, struct lend_qemu_args *ret)
{
	struct lend_qemu_parser p = { .arena = arena, .out = ret };
	struct lend_err err = { 0 };
	size_t more;

	remark_expansion(&p, expands);
	remark_files(&p);
	remark_properties(&p);
	if (count_more(arena, text, len, at, &more, &err) < 0)
		lend_qemu_remark(&p, LEND_QEMU_NOT_UNDERSTOOD, "", "what follows it: %s",
				 err.what);
	if (more > 0)
		lend_qemu_remark(&p, LEND_QEMU_NOT_UNDERSTOOD, "",
				 "there are %zu QEMU commands: only the first is looked at",
				 more + 1);
}

int lend_qemu_args_parse_text(struct lend_arena *arena, const char *text, size_t len,
			      struct lend_qemu_args *ret, struct lend_err *err)
{
	const char *bytes, *expands;
	size_t n;
	size_t at = 0;
	int r;

	while ((r = lend_shell_words_of(arena, text, len, &at, &bytes, &n, &expands, err)) ==
	       0) {
		struct lend_qemu_words w = { .at = bytes, .end = bytes + n };
		const char *qemu = find_qemu(&w);

		if (qemu == NULL)
			continue;
		lend_qemu_args_parse(arena, qemu, (size_t)(bytes + n - qemu), ret);
		remark_text(arena, text, len, at, expands, ret);
		return 0;
	}
	if (r < 0)
		return -1;
	return lend_fail(err, LEND_E_FORMAT, "there is no QEMU command in this text");
}
