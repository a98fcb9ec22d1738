/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/num.h"
#include "io/child.h"
#include "io/inside.h"
#include "io/out.h"

enum {
	SAID_MAX = 8192,
	CONNECT_MS = 30000,
	PERSON_MS = 120000, /* to type a password */
	END_MS = 500,
	ARGS_MAX = 32,
};

struct lend_ssh {
	struct lend_ssh_target target;
	struct lend_arena memory;
	pid_t pid;
	int to; /* its standard input: a socket, so that writing never signals */
	int from, errors;
	bool alone; /* in a process group of its own: there is no terminal it may need */
	bool answered;
	bool over;
	struct lend_buf got;  /* not yet taken */
	struct lend_buf said; /* its errors */
	struct lend_reaper reaper;
};

void lend_sh_quote(struct lend_buf *out, const char *text)
{
	lend_buf_putc(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			lend_buf_puts(out, "'\\''");
		else
			lend_buf_putc(out, *text);
	}
	lend_buf_putc(out, '\'');
}

/* Neither an option nor anything that a ProxyCommand of the user's could give to a shell. */
static bool is_good(const char *text, size_t len, const char *besides)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!lend_ascii_is_alpha(c) && !(c >= '0' && c <= '9') &&
		    (c == '\0' || strchr(besides, c) == NULL))
			return false;
	}
	return len > 0 && len < 256 && text[0] != '-';
}

int lend_ssh_parse(struct lend_arena *arena, const char *text, struct lend_ssh_target *ret,
		   struct lend_err *err)
{
	const char *at = strrchr(text, '@');
	const char *host = at == NULL ? text : at + 1;
	const char *end = host + strlen(host);
	const char *colon = strrchr(host, ':');
	bool bracket = host[0] == '[';
	struct lend_ssh_target target = { .name = text };
	uint64_t port = 1;

	if (end > host && end[-1] == '/')
		end--; /* as URLs are written */
	if (bracket) {
		const char *close = strchr(host, ']');

		colon = close != NULL && close[1] == ':' ? close + 1 : NULL;
		if (close == NULL || (colon == NULL && close + 1 != end))
			goto bad;
	} else if (colon != NULL && strchr(host, ':') != colon) {
		colon = NULL; /* an IPv6 address alone */
	}
	if (colon != NULL) {
		if (!lend_parse_u64n(colon + 1, (size_t)(end - colon - 1), 10, &port) ||
		    port == 0 || port > 65535)
			goto bad;
		target.port = lend_arena_printf(arena, "%" PRIu64, port);
		end = colon;
	}
	host += bracket;
	end -= bracket;
	if (!is_good(host, (size_t)(end - host), ".-_:%") ||
	    (at != NULL && !is_good(text, (size_t)(at - text), ".-_+@\\")))
		goto bad;
	target.host = lend_arena_strndup(arena, host, (size_t)(end - host));
	if (at != NULL)
		target.user = lend_arena_strndup(arena, text, (size_t)(at - text));
	*ret = target;
	return 0;
bad:
	lend_hint(err, "write ssh://[user@]host[:port]");
	return lend_fail(err, LEND_E_USAGE, "'%.120s' is no host that ssh can be given", text);
}

static size_t put_args(const char *args[ARGS_MAX], const struct lend_ssh_target *target,
		       bool batch)
{
	/* Of the user's configuration only what would break or widen a look is overruled. */
	static const char *const fixed[] = {
		"ssh",
		"-T",
		"-x",
		"-a",
		"-oClearAllForwardings=yes",
		"-oRemoteCommand=none",
		"-oPermitLocalCommand=no",
		"-oConnectTimeout=20",
	};
	size_t n = 0;

	for (size_t i = 0; i < LEND_COUNT(fixed); i++)
		args[n++] = fixed[i];
	if (batch)
		args[n++] = "-oBatchMode=yes";
	if (target->port != NULL) {
		args[n++] = "-p";
		args[n++] = target->port;
	}
	if (target->user != NULL) {
		args[n++] = "-l";
		args[n++] = target->user;
	}
	args[n++] = "--";
	args[n++] = target->host;
	args[n++] = "exec sh -s"; /* any login shell knows both words */
	args[n] = NULL;
	return n;
}

static _Noreturn void child(const struct lend_ssh *ssh, int in, int out, int errors)
{
	static const char none[] = "lend: ssh cannot be run: ";
	const char *args[ARGS_MAX];
	const char *why;

	in = lend_above_standard(in);
	out = lend_above_standard(out);
	errors = lend_above_standard(errors);
	(void)put_args(args, &ssh->target, ssh->alone);
	if (ssh->alone)
		(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)signal(SIGPIPE, SIG_DFL);
	/* The user's environment: the agent's socket is in it. */
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(errors, STDERR_FILENO) >= 0)
		(void)execvp("ssh", (char *const *)(uintptr_t)args);
	why = strerrordesc_np(errno);
	(void)!write(errors, none, sizeof(none) - 1);
	(void)!write(errors, why, strlen(why));
	_exit(127);
}

/* Three of them: ssh makes what it has not block, and that is of both ends of a description. */
static int start(struct lend_ssh *ssh)
{
	lend_auto_fd int in = -1;
	lend_auto_fd int out = -1;
	lend_auto_fd int errors = -1;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	ssh->to = ends[0];
	in = ends[1];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	ssh->from = ends[0];
	out = ends[1];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	ssh->errors = ends[0];
	errors = ends[1];
	if (fcntl(ssh->to, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ssh->from, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ssh->errors, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	ssh->pid = fork();
	if (ssh->pid == 0)
		child(ssh, in, out, errors);
	if (ssh->pid > 0 && ssh->alone)
		(void)setpgid(ssh->pid, ssh->pid); /* whoever of the two comes first */
	return ssh->pid < 0 ? -1 : 0;
}

static void send_some(struct lend_ssh *ssh, const struct lend_buf *script, size_t *sent)
{
	ssize_t n = send(ssh->to, script->text + *sent, script->len - *sent, MSG_NOSIGNAL);

	if (n > 0)
		*sent += (size_t)n;
	else if (n < 0 && errno != EINTR && errno != EAGAIN)
		*sent = script->len; /* what it said before tells why */
}

/* The line end in what came in; from is where no earlier look has been. */
static bool find_end(const struct lend_ssh *ssh, const char *end, size_t *from, size_t *ret_at)
{
	size_t len = strlen(end);

	while (*from < ssh->got.len) {
		const char *line = ssh->got.text + *from;
		const char *stop = memchr(line, '\n', ssh->got.len - *from);

		if (stop == NULL)
			return false;
		if ((size_t)(stop - line) == len && memcmp(line, end, len) == 0) {
			*ret_at = *from;
			return true;
		}
		*from = (size_t)(stop + 1 - ssh->got.text);
	}
	return false;
}

static int fail_late(struct lend_ssh *ssh, uint32_t ms, struct lend_err *err)
{
	ssh->over = true;
	lend_hint(err, "give it more time: --timeout SECONDS");
	return lend_fail(err, LEND_E_REMOTE, "%.80s did not %s within %" PRIu32 " s",
			 ssh->target.name, ssh->answered ? "answer" : "let us in",
			 (ms + 999) / 1000);
}

static int fail_ended(struct lend_ssh *ssh, struct lend_err *err)
{
	int64_t deadline = lend_now_ms() + END_MS;

	/* Why may come a moment later. */
	while (ssh->errors >= 0 && lend_ms_left(deadline) > 0) {
		struct pollfd p = { .fd = ssh->errors, .events = POLLIN };

		if (poll(&p, 1, lend_ms_left(deadline)) > 0)
			lend_child_drain(&ssh->errors, &ssh->said, SAID_MAX);
	}
	ssh->over = true;
	return lend_ssh_fail(&ssh->target, lend_buf_text(&ssh->said), !ssh->answered, err);
}

int lend_ssh_exchange(struct lend_ssh *ssh, const struct lend_buf *script, const char *end,
		      size_t limit, uint32_t ms, struct lend_buf *out, struct lend_err *err)
{
	int64_t deadline = lend_now_ms() + ms;
	size_t sent = 0, from = 0, at = 0;

	if (ssh->over)
		return lend_fail(err, LEND_E_REMOTE, "%.80s is gone", ssh->target.name);
	while (!find_end(ssh, end, &from, &at)) {
		struct pollfd p[] = {
			{ .fd = sent < script->len ? ssh->to : -1, .events = POLLOUT },
			{ .fd = ssh->from, .events = POLLIN },
			{ .fd = ssh->errors, .events = POLLIN },
		};
		int r;

		if (ssh->got.len > limit) {
			ssh->over = true;
			lend_hint(err, "run lend on that host itself");
			return lend_fail(err, LEND_E_REMOTE, "%.80s said more than %zu MiB",
					 ssh->target.name, limit >> 20);
		}
		if (ssh->from < 0)
			return fail_ended(ssh, err);
		r = poll(p, LEND_COUNT(p), lend_ms_left(deadline));
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return fail_late(ssh, ms, err);
		if (p[0].revents != 0)
			send_some(ssh, script, &sent);
		if (p[1].revents != 0)
			lend_child_drain(&ssh->from, &ssh->got, limit);
		if (p[2].revents != 0)
			lend_child_drain(&ssh->errors, &ssh->said, SAID_MAX);
	}
	ssh->answered = true;
	lend_buf_put(out, ssh->got.text, at);
	lend_buf_drop(&ssh->got, at + strlen(end) + 1);
	return 0;
}

int lend_ssh_open(const struct lend_ssh_target *target, uint32_t timeout_ms,
		  struct lend_ssh **ret, struct lend_err *err)
{
	struct lend_ssh *ssh = lend_xrealloc(NULL, sizeof(*ssh));
	lend_auto_buf hello = { 0 };
	lend_auto_buf nothing = { 0 };
	char mark[64];
	uint64_t nonce;
	uint32_t ms;

	*ssh = (struct lend_ssh){
		.to = -1, .from = -1, .errors = -1, .pid = -1, .target = *target
	};
	ssh->alone = isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0;
	ms = timeout_ms != 0 ? timeout_ms : ssh->alone ? CONNECT_MS : PERSON_MS;
	lend_random_bytes(&nonce, sizeof(nonce));
	(void)snprintf(mark, sizeof(mark), "lend-here-%016" PRIx64, nonce);
	/* What the login's own files print comes before it. */
	lend_buf_printf(&hello, "echo; echo %s\n", mark);
	if (start(ssh) < 0) {
		(void)lend_fail_errno(err, "start ssh");
		lend_ssh_close(ssh);
		return -1;
	}
	if (lend_ssh_exchange(ssh, &hello, mark, 1 << 20, ms, &nothing, err) < 0) {
		lend_ssh_close(ssh);
		return -1;
	}
	*ret = ssh;
	return 0;
}

void lend_ssh_close(struct lend_ssh *ssh)
{
	if (ssh == NULL)
		return;
	lend_close_fd(&ssh->to);
	lend_close_fd(&ssh->from);
	lend_close_fd(&ssh->errors);
	if (ssh->pid > 0) {
		(void)kill(ssh->alone ? -ssh->pid : ssh->pid, SIGTERM);
		lend_reap(&ssh->reaper, ssh->pid);
	}
	lend_buf_done(&ssh->got);
	lend_buf_done(&ssh->said);
	lend_arena_done(&ssh->memory);
	free(ssh);
}
