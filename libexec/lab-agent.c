/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs run in a guest by its agent: guest-exec, guest-exec-status. */

#include "libexec/lab.h"

#include "base/base64.h"
#include "base/err.h"

enum { TICK_MS = 20 };

/* The bytes of a member, nothing when it is not there; -1 when it is no base64. */
static int put_bytes(const struct lend_json *object, const char *key, struct lend_buf *out,
		     struct lend_err *err)
{
	size_t len = 0;
	const char *text = lend_json_strn(lend_json_get(object, key), &len);

	if (text != NULL && !lend_base64_decode(text, len, out))
		return lend_fail(err, LEND_E_REMOTE, "the agent's \"%s\" is no base64", key);
	return 0;
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
	if (put_bytes(status, "out-data", output, err) < 0 ||
	    (errors != NULL && put_bytes(status, "err-data", errors, err) < 0))
		return -1;
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
		if (lab_talk_is_late(&talk, deadline))
			return 1;
		if (lab_poll(lab, &p, 1, lab_in(TICK_MS), err) < 0)
			return -1;
	}
}
