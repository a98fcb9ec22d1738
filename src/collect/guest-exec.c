/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "collect/guest-exec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/num.h"

enum {
	EXEC_MS = 10000, /* for a program in a guest that is emulated and busy */
	PAUSE_FIRST_MS = 5,
	PAUSE_MAX_MS = 100,
};

static const struct lend_ask ask_status = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":%s}}",
};
static const struct lend_ask ask_open = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-file-open\",\"arguments\":"
	       "{\"path\":\"%s\",\"mode\":\"r\"}}",
};
static const struct lend_ask ask_read = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-file-read\",\"arguments\":{\"handle\":%s,\"count\":%s}}",
};
static const struct lend_ask ask_close = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-file-close\",\"arguments\":{\"handle\":%s}}",
};

static void say(struct lend_agent *a, const char *hint, const char *fmt, ...) LEND_PRINTF(3, 4);
static void say(struct lend_agent *a, const char *hint, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lend_buf_reset(&a->why);
	lend_buf_puts(&a->why, text);
	a->hint = hint;
}

/* The bytes of a base64 member; "" when it is not there, false when it is none. */
static bool get_bytes(const struct lend_json *object, const char *key, struct lend_buf *out)
{
	size_t len = 0;
	const char *text = lend_json_strn(lend_json_get(object, key), &len);

	lend_buf_puts(out, "");
	return text == NULL || lend_base64_decode(text, len, out);
}

/* ---- programs ---- */

/* What a program that ended badly said: its last line that is not empty. */
static void say_failure(struct lend_agent *a, const char *what, uint64_t status,
			const struct lend_buf *errors)
{
	const char *end = errors->text + errors->len;
	const char *start;

	while (end > errors->text && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	for (start = end; start > errors->text && start[-1] != '\n';)
		start--;
	say(a, "", "its %s ended with status %" PRIu64 "%s%.*s", what, status,
	    start < end ? ": " : "", (int)(end - start < 200 ? end - start : 200), start);
}

static bool take_output(struct lend_agent *a, const char *what, const struct lend_json *status,
			struct lend_buf *out)
{
	lend_auto_buf errors = { 0 };
	bool cut = false;
	uint64_t code = 0;

	if (!get_bytes(status, "out-data", out) || !get_bytes(status, "err-data", &errors)) {
		say(a, "", "its agent sent the output of %s as something that is no base64",
		    what);
		return false;
	}
	if (lend_json_bool(lend_json_get(status, "out-truncated"), &cut) && cut) {
		say(a, "save the output of ndctl list -DRNiv and give it with --guest",
		    "its agent cut off the output of %s", what);
		return false;
	}
	if (!lend_json_u64(lend_json_get(status, "exitcode"), &code)) {
		say(a, "", "its %s was ended by a signal", what);
		return false;
	}
	if (code != 0)
		say_failure(a, what, code, &errors);
	return code == 0;
}

/* Until the program has ended, or time is up. */
static bool wait_for(struct lend_agent *a, const char *what, uint64_t pid, struct lend_buf *out)
{
	char number[24];
	uint32_t limit_ms =
		a->scan->options->timeout_ms != 0 ? a->scan->options->timeout_ms : EXEC_MS;
	uint32_t pause_ms = PAUSE_FIRST_MS;

	(void)snprintf(number, sizeof(number), "%" PRIu64, pid);
	for (uint32_t waited_ms = 0; waited_ms < limit_ms; waited_ms += pause_ms) {
		lend_auto_json struct lend_json *doc = NULL;
		const struct lend_json *status;
		const char *why;
		bool exited;

		lend_talk_pause(a->talk, pause_ms);
		status = lend_collect_returned(lend_talk_ask(a->talk, &ask_status, number),
					       &doc, &why);
		if (!lend_json_bool(lend_json_get(status, "exited"), &exited)) {
			say(a, "", "%s",
			    status != NULL ? "its agent's answer has no \"exited\"" : why);
			return false;
		}
		if (exited)
			return take_output(a, what, status, out);
		if (waited_ms > 4 * pause_ms && pause_ms < PAUSE_MAX_MS)
			pause_ms *= 2;
	}
	say(a, "give it more time with --timeout", "its %s did not end in time", what);
	return false;
}

/* By a policy, or when it was built. */
static bool is_switched_off(const char *why)
{
	return strstr(why, "disabled") != NULL || strstr(why, "not been found") != NULL;
}

enum lend_exec lend_agent_exec(struct lend_agent *a, const struct lend_ask *ask,
			       const char *argument, const char *what, struct lend_buf *out)
{
	const struct lend_answer *answer = argument == NULL
						   ? lend_talk_ask(a->talk, ask)
						   : lend_talk_ask(a->talk, ask, argument);
	lend_auto_json struct lend_json *doc = NULL;
	const struct lend_json *reply;
	const char *why;
	uint64_t pid;

	reply = lend_collect_returned(answer, &doc, &why);
	if (lend_json_u64(lend_json_get(reply, "pid"), &pid))
		return wait_for(a, what, pid, out) ? LEND_EXEC_DONE : LEND_EXEC_FAILED;
	if (reply != NULL) {
		say(a, "", "its agent's answer has no \"pid\"");
		return LEND_EXEC_FAILED;
	}
	if (answer->known == LEND_KNOWN && strstr(why, "No such file") != NULL) {
		say(a, "install ndctl in the guest", "it has no %s", what);
		return LEND_EXEC_NO_PROGRAM;
	}
	if (answer->known == LEND_KNOWN && is_switched_off(why)) {
		say(a,
		    "allow guest-exec in the guest's agent, or save the output of ndctl list "
		    "-DRNiv there and give it with --guest",
		    "%s", why);
		return LEND_EXEC_OFF;
	}
	/* A capture of a version that went no further: its reason stays. */
	if (answer->known != LEND_NOT_ASKED || a->why.len == 0)
		say(a, "", "%s", why);
	return LEND_EXEC_FAILED;
}

/* ---- files ---- */

static const char *keep(struct lend_agent *a, const char *text)
{
	return lend_arena_strdup(&a->scan->memory, text);
}

struct lend_answer lend_agent_read(struct lend_agent *a, const char *path, uint32_t bytes_max)
{
	struct lend_answer ret = { .known = LEND_UNREADABLE, .bytes = "", .why = "" };
	const struct lend_answer *answer = lend_talk_ask(a->talk, &ask_open, path);
	lend_auto_json struct lend_json *open_doc = NULL;
	lend_auto_json struct lend_json *read_doc = NULL;
	lend_auto_buf bytes = { 0 };
	const struct lend_json *read;
	char handle[24];
	char count[12];
	uint64_t number;
	const char *why;

	if (!lend_json_u64(lend_collect_returned(answer, &open_doc, &why), &number)) {
		if (answer->known == LEND_NOT_ASKED)
			ret.known = LEND_NOT_ASKED;
		else if (answer->known == LEND_KNOWN && strstr(why, "No such file") != NULL)
			ret.known = LEND_ABSENT;
		else if (answer->known == LEND_KNOWN && is_switched_off(why))
			ret.os_errno = EPERM;
		else if (answer->known != LEND_KNOWN)
			ret.os_errno = ETIMEDOUT;
		ret.why = keep(a, why);
		return ret;
	}
	(void)snprintf(handle, sizeof(handle), "%" PRIu64, number);
	(void)snprintf(count, sizeof(count), "%" PRIu32, bytes_max);
	answer = lend_talk_ask(a->talk, &ask_read, handle, count);
	read = lend_collect_returned(answer, &read_doc, &why);
	(void)lend_talk_ask(a->talk, &ask_close, handle);
	if (read == NULL || !get_bytes(read, "buf-b64", &bytes)) {
		ret.why = read == NULL ? keep(a, why) : "no base64";
		return ret;
	}
	ret.known = LEND_KNOWN;
	ret.len = bytes.len;
	ret.bytes = lend_arena_strndup(&a->scan->memory, bytes.text, bytes.len);
	return ret;
}

bool lend_agent_is_off(const struct lend_answer *answer)
{
	return answer->known == LEND_UNREADABLE && answer->os_errno == EPERM;
}
