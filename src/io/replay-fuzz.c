/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the asks.jsonl of a capture; then a question of each kind that the corpus
 * answers. */

#include <fcntl.h>
#include <unistd.h>

#include "io/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct lend_ask asks[] = {
		{ .via = LEND_VIA_FILE, .key = "a" },  { .via = LEND_VIA_DIR, .key = "a" },
		{ .via = LEND_VIA_LINK, .key = "a" },  { .via = LEND_VIA_STAT, .key = "a" },
		{ .via = LEND_VIA_MAGIC, .key = "a" },
	};
	static const struct lend_ask query = { .via = LEND_VIA_QMP,
					       .key = "{\"execute\":\"q\"}" };
	struct lend_io io = { .root_fd = -1 };
	const struct lend_answer *answer;
	int dir_fd = open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	io.replay = lend_replay_of_text(dir_fd, (const char *)data, size, NULL);
	if (io.replay != NULL) {
		lend_auto_talk talk = NULL;

		for (size_t i = 0; i < LEND_COUNT(asks); i++)
			(void)lend_io_ask(&io, &asks[i]);
		talk = lend_talk_open(&io, LEND_VIA_QMP, "s", NULL, &answer);
		if (talk != NULL) {
			(void)lend_talk_ask(talk, &query);
			(void)lend_talk_ask(talk, &query);
		}
	}
	lend_replay_free(io.replay);
	lend_arena_done(&io.answers);
	(void)close(dir_fd);
	return 0;
}
