/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs run in a guest by its agent: guest-exec, guest-exec-status. */

#include "libexec/lab.h"

#include "base/err.h"

enum { TICK_MS = 20 };

static int base64_value(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c == '\0' ? NULL : strchr(digits, c);

	return p == NULL ? -1 : (int)(p - digits);
}

/* What the agent encoded; stops at the padding. */
static void put_base64(struct lend_buf *out, const char *text)
{
	unsigned int bits = 0;
	uint32_t held = 0;

	for (const char *p = text; *p != '\0' && base64_value(*p) >= 0; p++) {
		held = held << 6 | (uint32_t)base64_value(*p);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			lend_buf_putc(out, (char)(held >> bits & 0xff));
		}
	}
}

static void put_exec(struct lend_buf *out, const char *const *argv)
{
	struct lend_jsonw w = { .out = out };

	lend_jsonw_open(&w, NULL, '{');
	lend_jsonw_str(&w, "execute", "guest-exec");
	lend_jsonw_open(&w, "arguments", '{');
	lend_jsonw_str(&w, "path", argv[0]);
	lend_jsonw_open(&w, "arg", '[');
	for (size_t i = 1; argv[i] != NULL; i++)
		lend_jsonw_str(&w, NULL, argv[i]);
	lend_jsonw_close(&w, ']');
	lend_jsonw_bool(&w, "capture-output", true);
	lend_jsonw_close(&w, '}');
	lend_jsonw_close(&w, '}');
}

/* 0: it has ended and the results are there; 1: it still runs. */
static int ask_status(struct lab *lab, struct lab_talk *talk, uint64_t pid, int64_t deadline,
		      struct lend_buf *output, struct lend_buf *errors, int *ret_status,
		      struct lend_err *err)
{
	lend_auto_json struct lend_json *reply = NULL;
	lend_auto_buf request = { 0 };
	const struct lend_json *status;
	const char *text;
	bool exited = false;
	uint64_t code = 255;

	lend_buf_printf(&request,
			"{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":%llu}}",
			(unsigned long long)pid);
	if (lab_talk_ask(lab, talk, lend_buf_text(&request), deadline, &reply, err) < 0)
		return -1;
	status = lend_json_get(reply, "return");
	if (!lend_json_bool(lend_json_get(status, "exited"), &exited) || !exited)
		return 1;
	(void)lend_json_u64(lend_json_get(status, "exitcode"), &code);
	*ret_status = (int)code;
	text = lend_json_str(lend_json_get(status, "out-data"));
	if (text != NULL)
		put_base64(output, text);
	text = lend_json_str(lend_json_get(status, "err-data"));
	if (text != NULL && errors != NULL)
		put_base64(errors, text);
	return 0;
}

int lab_vm_run(struct lab *lab, struct lab_vm *vm, const char *const *argv, int64_t deadline,
	       struct lend_buf *output, struct lend_buf *errors, int *ret_status,
	       struct lend_err *err)
{
	lab_auto_talk talk = { .fd = -1, .peer = &vm->child };
	lend_auto_json struct lend_json *reply = NULL;
	lend_auto_buf request = { 0 };
	uint64_t pid;

	put_exec(&request, argv);
	if (lab_talk_agent(lab, &talk, vm->qga, deadline, err) < 0 ||
	    lab_talk_ask(lab, &talk, lend_buf_text(&request), deadline, &reply, err) < 0)
		return lend_where(err, "running %s in the guest %s", argv[0], vm->name);
	if (!lend_json_u64(lend_json_get(lend_json_get(reply, "return"), "pid"), &pid))
		return lend_fail(err, LEND_E_REMOTE, "the agent of %s gave no pid", vm->name);
	for (;;) {
		struct pollfd p = { .fd = vm->child.pidfd, .events = POLLIN };
		int r = ask_status(lab, &talk, pid, deadline, output, errors, ret_status, err);

		if (r < 0)
			return lend_where(err, "running %s in the guest %s", argv[0], vm->name);
		if (r == 0)
			return 0;
		if (lend_now_ms() >= deadline)
			return 1;
		if (lab_poll(lab, &p, 1, lab_in(TICK_MS), err) < 0)
			return -1;
	}
}
