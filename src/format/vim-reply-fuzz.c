/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a reply, in pieces: every object becomes one line of JSON that reads back. */

#include "base/err.h"
#include "format/vim-reply.h"
#include "format/vim-url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(void *context, const char *file, const char *datastore)
{
	size_t *n = context;

	if (file[0] == '\0' || (datastore != NULL && strlen(datastore) > LEND_VIM_REPLY_MAX))
		abort();
	++*n;
}

static int take(void *context, const struct lend_xml_node *object, struct lend_err *err)
{
	const struct lend_vim_disks disks = { add, context };
	lend_auto_json struct lend_json *doc = NULL;
	lend_auto_buf line = { 0 };

	(void)err;
	if (!lend_vim_put_object(&line, object, &disks))
		return 0;
	if (lend_json_parse_large(line.text, line.len, 1000000, &doc, NULL) < 0 ||
	    memchr(line.text, '\n', line.len) != NULL)
		abort();
	return 0;
}

static void parse_url(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	struct lend_vim_url url;
	const char *text = lend_arena_strndup(&arena, (const char *)data, size);

	if (lend_vim_url_parse(&arena, text, &url, NULL) == 0 &&
	    (url.user[0] == '\0' || url.host[0] == '\0' || url.port == 0 || url.port > 65535))
		abort();
	lend_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n_disks = 0, at = 0;
	struct lend_vim_reader *reader = lend_vim_reader_new(take, &n_disks);
	struct lend_vim_reply reply;
	int r = 0;

	while (at < size && r == 0) {
		size_t len = size - at < 61 ? size - at : 61;

		r = lend_vim_reader_put(reader, (const char *)data + at, len, NULL);
		at += len;
	}
	if (r == 0 && lend_vim_reader_end(reader, &reply, NULL) == 0 &&
	    (reply.fault_says == NULL || (reply.token != NULL && reply.token[0] == '\0')))
		abort();
	lend_vim_reader_free(reader);
	parse_url(data, size);
	return 0;
}
