/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees that stay inside themselves, recording and replay, peers that misbehave. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/inside.h"
#include "io/out.h"
#include "tests/must.h"

static char dir[] = "/tmp/lend-io-test-XXXXXX";

static const struct lend_ask file = { .via = LEND_VIA_FILE, .key = "%p", .limit_bytes = 100 };
static const struct lend_ask name = { .via = LEND_VIA_FILE, .key = "d/%s" };
static const struct lend_ask list = { .via = LEND_VIA_DIR, .key = "%p" };
static const struct lend_ask lnk = { .via = LEND_VIA_LINK, .key = "%p" };
static const struct lend_ask stats = { .via = LEND_VIA_STAT, .key = "%p" };
static const struct lend_ask slow = { .via = LEND_VIA_FILE,
				      .key = "%p",
				      .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask slow_stats = { .via = LEND_VIA_STAT,
					    .key = "%p",
					    .flags = LEND_ASK_MAY_HANG };
static const struct lend_ask range = { .via = LEND_VIA_RANGE, .key = "", .limit_bytes = 4096 };

static void put(const char *path, const char *text)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must(lend_out_deep_file_at(fd, path, text, strlen(text), NULL) == 0);
	(void)close(fd);
}

static void make_tree(void)
{
	char path[100];

	must(mkdtemp(dir) != NULL);
	put("t/d/one", "1\n");
	put("t/d/two", "22\n");
	put("t/long",
	    "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901");
	put("canary", "outside");
	(void)snprintf(path, sizeof(path), "%s/t/up", dir);
	must(symlink("../canary", path) == 0);
	(void)snprintf(path, sizeof(path), "%s/t/abs", dir);
	must(symlink("/d/one", path) == 0);
	(void)snprintf(path, sizeof(path), "%s/t/loop", dir);
	must(symlink("loop", path) == 0);
	(void)snprintf(path, sizeof(path), "%s/t/fifo", dir);
	must(mkfifo(path, 0600) == 0);
}

/* What must hold for the tree and for a capture of it alike; missing is what a missing file is.
 */
static void look(struct lend_io *io, enum lend_known missing)
{
	const struct lend_answer *a = lend_io_ask(io, &file, "d/one");

	must(a->known == LEND_KNOWN);
	must_str(a->bytes, "1\n");
	must_str(lend_io_ask(io, &name, "two")->bytes, "22\n");
	must(lend_io_ask(io, &name, "../../canary")->known == LEND_UNREADABLE);
	must(lend_io_ask(io, &name, "..")->known == LEND_UNREADABLE);
	must(lend_io_ask(io, &file, "none")->known == missing);
	must(lend_io_ask(io, &file, "long")->known == LEND_UNREADABLE);
	must(lend_io_ask(io, &file, "fifo")->known == LEND_UNREADABLE);
	a = lend_io_ask(io, &list, "d");
	must(a->known == LEND_KNOWN && a->n_names == 2);
	must_str(a->names[0], "one");
	must_str(lend_io_ask(io, &lnk, "abs")->bytes, "/d/one");
	must_str(lend_io_ask_range(io, &range, "d/two", 1, 10)->bytes, "2\n");
	a = lend_io_ask(io, &stats, "d/two");
	must(a->known == LEND_KNOWN && S_ISREG(a->stat.mode) && a->stat.size_bytes == 3 &&
	     a->stat.inode != 0);
}

static void trees(void)
{
	char path[100], capture[100], empty[100];
	struct lend_io *io = NULL;
	struct lend_err err = { 0 };

	(void)snprintf(path, sizeof(path), "%s/t", dir);
	(void)snprintf(capture, sizeof(capture), "%s/capture", dir);
	(void)snprintf(empty, sizeof(empty), "%s/t/d", dir);
	must(lend_io_open_tree(path, &io, &err) == 0);
	must(lend_io_record_to(io, empty, NULL, &err) == -1);
	must_str(err.hint, "name a folder that does not exist yet");
	must(lend_io_record_to(io, capture, NULL, NULL) == 0);
	look(io, LEND_NOT_ASKED);
	/* An absolute link stays inside; one that climbs out finds nothing. */
	must_str(lend_io_ask(io, &file, "abs")->bytes, "1\n");
	must(lend_io_ask(io, &file, "up")->known == LEND_NOT_ASKED);
	must(lend_io_ask(io, &file, "loop")->known == LEND_UNREADABLE);
	must(lend_io_record_end(io, NULL) == 0);
	lend_io_free(io);

	must(lend_io_open_tree(capture, &io, NULL) == 0);
	must(lend_io_is_replay(io));
	look(io, LEND_NOT_ASKED);
	must(lend_io_ask(io, &file, "never")->known == LEND_NOT_ASKED);
	lend_io_free(io);
}

static void live(void)
{
	struct lend_io *io = lend_io_live();
	lend_auto_buf path = { 0 };

	lend_buf_printf(&path, "%s/t/d/one", dir);
	must_str(lend_io_ask(io, &file, path.text)->bytes, "1\n");
	must_str(lend_io_ask(io, &slow, path.text)->bytes, "1\n");
	must(lend_io_ask(io, &slow, "nonexistent-file")->known == LEND_ABSENT);
	must(lend_io_ask(io, &slow, "")->known == LEND_UNREADABLE);
	lend_io_free(io);
}

/* Asked at once or by a child, the answers are the same, with whatever was kept from earlier.
 */
static void now(void)
{
	static const char *const paths[] = {
		"",
		"proc/%d/root/",
		"proc/%d/cwd/",
		"proc/%d/root%s/t/d/one",
		"proc/%d/root%s/t/d/none",
		"proc/%d/root%s/t/d",
		"proc/%d/cwd%s/t/d/one",
		"proc/0/root/tmp",
		"proc/%d/root%s/canary",
		"proc/self/root/tmp",
	};
	int first_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct lend_io *io;

	(void)close(first_free);
	io = lend_io_live();
	for (size_t i = 0; i < 3 * LEND_COUNT(paths); i++) {
		struct lend_answer child = { .why = "", .bytes = "" };
		const struct lend_answer *a;
		char path[200];

		(void)snprintf(path, sizeof(path), paths[i % LEND_COUNT(paths)], (int)getpid(),
			       dir);
		must_in(path);
		if (i == 2 * LEND_COUNT(paths))
			lend_io_forget(io);
		a = lend_io_ask(io, &slow_stats, path);
		lend_root_ask_in_child(
			io, &(struct lend_root_ask){ .via = LEND_VIA_STAT, .path = path },
			lend_now_ms() + 5000, &child);
		must_u64(a->known, child.known);
		must_u64(a->os_errno, child.os_errno);
		must_u64(a->stat.inode, child.stat.inode);
		must_u64(a->stat.mode, child.stat.mode);
	}
	must_in("");
	lend_io_free(io);
	/* Nothing stays open. */
	must(open("/dev/null", O_RDONLY | O_CLOEXEC) == first_free);
	(void)close(first_free);
}

/* A child that does not get to answer: the deadline has passed before it was asked. */
static void gives_up(void)
{
	struct lend_io *io = lend_io_live();
	struct lend_answer answer = { .why = "", .bytes = "" };

	lend_root_ask_in_child(io,
			       &(struct lend_root_ask){ .via = LEND_VIA_FILE,
							.path = "proc/version",
							.limit = 100 },
			       lend_now_ms() - 1, &answer);
	must(answer.known == LEND_UNREADABLE);
	must_str(answer.why, "no answer from the kernel in time");
	must(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	lend_io_free(io);
}

/* Not even SIGKILL helps one that hangs in the kernel.  Here it was not even sent. */
static void left_behind(void)
{
	struct lend_io *io = lend_io_live();
	int64_t began = lend_now_ms();
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pause();
	}
	lend_reap(&io->reaper, pid);
	must(lend_now_ms() - began < 5000 && io->reaper.n == 1);
	must(kill(pid, SIGKILL) == 0);
	must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	lend_io_free(io);
	must(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

#define GREETING "{\"QMP\":{\"version\":{}}}\r\n"
#define OK       "!{\"return\":{}}\r\n" /* ! waits for a request */

static const struct peer {
	const char *what;
	const char *says;     /* at once; "*" is garbage without end */
	const char *open_why; /* NULL: it opens */
	const char *ask_why;  /* NULL: it answers "return" */
	bool close;
} peers[] = {
	{ "good, with an event in between", GREETING OK "{\"event\":\"X\"}{\"return\":1}", NULL,
	  NULL, false },
	{ "silent", "",
	  "the monitor gave no greeting within 300 ms: another client has it, or it is no QMP",
	  NULL, false },
	{ "another protocol", "SSH-2.0-OpenSSH_9.2\r\n{}",
	  "what listens there does not speak QMP", NULL, false },
	{ "other JSON", "{\"hello\":1}", "what listens there does not speak QMP", NULL, false },
	{ "closes at once", "", "the monitor closed the connection", NULL, true },
	{ "gone between two questions", GREETING OK, NULL, "the monitor closed the connection",
	  true },
	{ "hangs after the greeting", GREETING OK, NULL,
	  "the monitor gave no answer within 300 ms", false },
	{ "cut in half", GREETING OK "{\"return\":[1,", NULL,
	  "the monitor closed the connection", true },
	{ "garbage for ever", GREETING OK "*", NULL,
	  "the monitor sent more than 100000 bytes without an end", false },
	{ "events for ever", GREETING OK "+", NULL, "the monitor gave no answer within 300 ms",
	  false },
	{ "not UTF-8", GREETING OK "\xff\xfe}", NULL, "what listens there does not speak QMP",
	  false },
};

static void say(int fd, const char *text)
{
	for (; *text != '\0'; text++) {
		while (*text == '*' && write(fd, "[[[[[[[[", 8) > 0)
			;
		if (*text == '~') {
			(void)poll(NULL, 0, 200);
			continue;
		}
		while (*text == '+' && write(fd, "{\"event\":\"X\"}", 13) > 0)
			;
		if (*text == '!') {
			char request[200];

			if (read(fd, request, sizeof(request)) <= 0)
				return;
			continue;
		}
		if (write(fd, text, 1) != 1)
			return;
	}
}

/* The peer of whoever connects to fd. */
static pid_t serve_on(int fd, const struct peer *peer)
{
	pid_t pid;

	must(listen(fd, 1) == 0);
	pid = fork();
	if (pid == 0) {
		int client;

		/* A test that fails must not leave its peer behind. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		client = accept(fd, NULL, NULL);

		(void)signal(SIGPIPE, SIG_IGN);
		say(client, peer->says);
		if (peer->close)
			(void)shutdown(client, SHUT_RDWR);
		(void)pause();
		_exit(0);
	}
	(void)close(fd);
	return pid;
}

static pid_t serve(const char *path, const struct peer *peer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	must(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return serve_on(fd, peer);
}

/* On a port of the kernel's choice; -1 where there is no such protocol. */
static int bind_port(bool v6, struct lend_loopback *ret)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr *address = v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
	socklen_t size = v6 ? sizeof(six) : sizeof(four);
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret = (struct lend_loopback){ .v6 = v6, .v4 = { 127, 0, 0, 1 } };
	memcpy(&four.sin_addr, ret->v4, sizeof(ret->v4));
	if (fd < 0 || bind(fd, address, size) < 0) {
		(void)close(fd);
		return -1;
	}
	must(getsockname(fd, address, &size) == 0);
	ret->port = ntohs(v6 ? six.sin6_port : four.sin_port);
	return fd;
}

static const struct lend_ask late_ask = { .via = LEND_VIA_QMP,
					  .key = "{\"execute\":\"%s\"}",
					  .limit_bytes = 100000 };
static const struct lend_ask early_ask = { .via = LEND_VIA_QMP,
					   .key = "{\"execute\":\"x\"}",
					   .limit_bytes = 100000 };

static void must_converse(const struct peer *peer, struct lend_talk *talk, bool early,
			  const struct lend_answer *answer)
{
	if (talk == NULL && peer->open_why == NULL)
		must_str(answer->why, "");
	must((talk == NULL) == (peer->open_why != NULL));
	if (talk == NULL) {
		must_str(answer->why, peer->open_why);
		return;
	}
	answer = early ? lend_talk_ask(talk, &early_ask)
		       : lend_talk_ask(talk, &late_ask, "query-\"x");
	must((answer->known == LEND_KNOWN) == (peer->ask_why == NULL));
	must_str(answer->known == LEND_KNOWN ? answer->bytes : answer->why,
		 peer->ask_why == NULL ? "{\"return\":1}" : peer->ask_why);
}

enum where { BY_PATH, BY_V4, BY_V6 };

/* early: the question goes out before the greeting came in. */
static void converses(enum where where, bool early)
{
	static const struct lend_ask *const first[] = { &early_ask, NULL };

	for (size_t i = 0; i < LEND_COUNT(peers); i++) {
		struct lend_io *io = lend_io_live();
		lend_auto_talk talk = NULL;
		const struct lend_answer *answer;
		struct lend_loopback at;
		char path[100];
		pid_t pid;

		must_in(peers[i].what);
		(void)snprintf(path, sizeof(path), "%s/%c%zu", dir, early ? 'e' : 's', i);
		if (where == BY_PATH) {
			pid = serve(path, &peers[i]);
		} else {
			int fd = bind_port(where == BY_V6, &at);

			pid = fd < 0 ? 0 : serve_on(fd, &peers[i]);
		}
		lend_io_set_timeout(io, 300);
		if (pid != 0 && where == BY_PATH)
			talk = lend_talk_open(io, LEND_VIA_QMP, path, early ? first : NULL,
					      &answer);
		else if (pid != 0)
			talk = lend_talk_open_tcp(io, "tcp:x", &at, early ? first : NULL,
						  &answer);
		if (pid != 0) {
			must_converse(&peers[i], talk, early, answer);
			must(talk == NULL || where == BY_PATH || lend_talk_peer(talk) == 0);
			(void)kill(pid, SIGKILL);
			(void)waitpid(pid, NULL, 0);
		}
		lend_talk_close(&talk);
		lend_io_free(io);
	}
	must_in("");
}

/* Nobody at the port; another machine; what is recorded of a refusal. */
static void ports(void)
{
	struct lend_io *io = lend_io_live();
	const struct lend_answer *answer;
	struct lend_loopback at;
	char capture[100];

	(void)snprintf(capture, sizeof(capture), "%s/refused", dir);
	must(lend_io_record_to(io, capture, NULL, NULL) == 0);
	(void)close(bind_port(false, &at));
	must(lend_talk_open_tcp(io, "tcp:nobody", &at, NULL, &answer) == NULL);
	must_str(answer->why, "nobody listens there any more");
	at.v4[0] = 10;
	must(lend_talk_open_tcp(io, "tcp:far", &at, NULL, &answer) == NULL &&
	     answer->known == LEND_UNREADABLE && answer->os_errno == EACCES);
	answer = lend_talk_refuse(io, LEND_VIA_QMP, "tcp:no", EPERM, "it is elsewhere");
	must(answer->known == LEND_UNREADABLE);
	must_str(answer->why, "it is elsewhere");
	must(lend_io_record_end(io, NULL) == 0);
	lend_io_free(io);
	must(lend_io_open_tree(capture, &io, NULL) == 0);
	must(lend_talk_open_tcp(io, "tcp:no", NULL, NULL, &answer) == NULL);
	must(answer->known == LEND_UNREADABLE && answer->os_errno == EPERM);
	must_str(answer->why, "it is elsewhere");
	must(lend_talk_open_tcp(io, "tcp:never", NULL, NULL, &answer) == NULL &&
	     answer->known == LEND_NOT_ASKED);
	lend_io_free(io);
}

#define JUST_IN_TIME "!~{\"return\":1}"

/* Each answer comes within the 300 ms of a question; all of them do not come within 600 ms. */
static void takes_its_time(void)
{
	static const struct peer peer = { .says = GREETING OK
					  "{\"return\":1}" JUST_IN_TIME JUST_IN_TIME
						  JUST_IN_TIME JUST_IN_TIME JUST_IN_TIME };
	static const struct lend_ask ask = { .via = LEND_VIA_QMP,
					     .key = "{\"execute\":\"x\"}" };
	static const char why[] = "the monitor took more than 600 ms in all";

	for (int paused = 0; paused < 2; paused++) {
		struct lend_io *io = lend_io_live();
		const struct lend_answer *answer;
		int64_t began = lend_now_ms();
		lend_auto_talk talk = NULL;
		int answers = 0;
		char path[100];
		pid_t pid;

		(void)snprintf(path, sizeof(path), "%s/late%d", dir, paused);
		pid = serve(path, &peer);
		lend_io_set_timeout(io, 300);
		talk = lend_talk_open(io, LEND_VIA_QMP, path, NULL, &answer);
		must(talk != NULL);
		if (paused)
			lend_talk_pause(talk, 60000);
		do
			answer = lend_talk_ask(talk, &ask);
		while (answer->known == LEND_KNOWN && ++answers < 6);
		must_str(answer->why, why);
		must(paused ? answers == 0 : answers >= 1 && answers <= 4);
		must_str(lend_talk_ask(talk, &ask)->why, why);
		must(lend_now_ms() - began < 5000);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		lend_talk_close(&talk);
		lend_io_free(io);
	}
}

static void no_socket(void)
{
	struct lend_io *io = lend_io_live();
	const struct lend_answer *answer;
	char path[100];

	(void)snprintf(path, sizeof(path), "%s/none", dir);
	must(lend_talk_open(io, LEND_VIA_QMP, path, NULL, &answer) == NULL &&
	     answer->known == LEND_ABSENT);
	(void)snprintf(path, sizeof(path), "%s/s0", dir);
	must(lend_talk_open(io, LEND_VIA_QMP, path, NULL, &answer) == NULL);
	must_str(answer->why, "nobody listens there any more");
	lend_io_free(io);
}

static void space(void)
{
	static const struct lend_ask ask = { .via = LEND_VIA_SPACE,
					     .key = "%p",
					     .flags = LEND_ASK_MAY_HANG };
	struct lend_io *io = lend_io_live();
	const struct lend_answer *answer = lend_io_ask(io, &ask, dir);

	must_u64(answer->known, LEND_KNOWN);
	must(strncmp(answer->bytes, "free=", 5) == 0);
	must(strstr(answer->bytes, " ro=0 writable=1 changed=") != NULL);
	must_u64(lend_io_ask(io, &ask, "/lend/is/not/there")->known, LEND_ABSENT);
	lend_io_free(io);
}

int main(void)
{
	char command[100];

	make_tree();
	space();
	trees();
	live();
	now();
	gives_up();
	left_behind();
	converses(BY_PATH, false);
	converses(BY_PATH, true);
	converses(BY_V4, true);
	converses(BY_V6, false);
	ports();
	takes_its_time();
	no_socket();
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
