/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A question to a program: its standard output is the answer. */

#include <errno.h>
#include <inttypes.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "io/inside.h"

enum { WORDS_MAX = 64 };

/* The key in place: one space between words. */
static bool split(const char *words[WORDS_MAX + 1], char *key)
{
	size_t n = 0;

	while (n < WORDS_MAX) {
		words[n++] = key;
		key += strcspn(key, " ");
		if (*key == '\0') {
			words[n] = NULL;
			return words[0][0] != '\0';
		}
		*key++ = '\0';
	}
	return false;
}

static void take_errno(struct lend_io *io, const struct lend_child *child,
		       struct lend_answer *answer)
{
	lend_answer_errno(answer, child->os_errno);
	if (answer->known == LEND_UNREADABLE)
		lend_answer_why(io, answer, "%.40s cannot be run: %s", child->argv[0],
				answer->why);
}

static void take_end(struct lend_io *io, const struct lend_child *child, uint32_t ms,
		     struct lend_answer *answer)
{
	lend_auto_buf how = { 0 };

	switch (child->end) {
	case LEND_CHILD_NOT_STARTED:
		take_errno(io, child, answer);
		return;
	case LEND_CHILD_LATE:
		lend_answer_why(io, answer, "%.40s did not end within %" PRIu32 " ms",
				child->argv[0], ms);
		return;
	case LEND_CHILD_FLOODED:
		lend_answer_why(io, answer, "%.40s printed more than %zu bytes", child->argv[0],
				child->limit);
		return;
	case LEND_CHILD_ENDED:
		break;
	}
	if (WIFEXITED(child->status) && WEXITSTATUS(child->status) == 0) {
		lend_answer_bytes(io, answer, lend_buf_text(&child->got), child->got.len);
		return;
	}
	lend_child_tell(child, &how);
	lend_answer_why(io, answer, "%.40s %s", child->argv[0], how.text);
}

void lend_run_ask(struct lend_io *io, const struct lend_run_ask *ask,
		  struct lend_answer *answer)
{
	const char *words[WORDS_MAX + 1];
	struct lend_child child = { .argv = words,
				    .input = ask->input,
				    .limit = ask->limit,
				    .deadline = lend_now_ms() + ask->ms };
	lend_auto_buf text = { 0 };

	lend_buf_puts(&text, ask->key);
	if (!split(words, text.text)) {
		lend_answer_why(io, answer, "no command, or one of more than %d words",
				WORDS_MAX);
		return;
	}
	lend_child_run(&child, &io->reaper);
	take_end(io, &child, ask->ms, answer);
	lend_child_done(&child);
}
