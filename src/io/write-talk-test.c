/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Monitors and agents that answer, refuse, mumble, hang up or belong to somebody else. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"
#include "io/io.h"
#include "io/line.h"
#include "io/write.h"
#include "tests/must.h"

#define GREETING "{\"QMP\":{\"version\":{},\"capabilities\":[]}}\n"

static char folder[64];
static char monitor[80];

enum peer { MONITOR, AGENT, SILENT, NO_QMP };

static void say(int fd, const char *text)
{
	must(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

/* To one line; false when the client is gone. */
static bool answer(int fd, enum peer peer, const char *line, unsigned int connections)
{
	char reply[200];
	const char *id = strstr(line, "\"id\":");

	if (strstr(line, "guest-sync-delimited") != NULL && id != NULL) {
		(void)snprintf(reply, sizeof(reply), "rest of another\xff{\"return\":%.*s}\n",
			       (int)strspn(id + 5, "0123456789"), id + 5);
		say(fd, reply);
	} else if (strstr(line, "object-add") != NULL) {
		say(fd, "{\"event\":\"STOP\"}\n{\"timestamp\":{},\"event\":\"RESUME\"}\n"
			"{\"return\":{}}\n");
	} else if (strstr(line, "count") != NULL) {
		(void)snprintf(reply, sizeof(reply), "{\"return\":%u}\n", connections);
		say(fd, reply);
	} else if (strstr(line, "refuse") != NULL) {
		say(fd,
		    "{\"error\":{\"class\":\"GenericError\",\"desc\":\"it is \\u001b busy\"}}\n");
	} else if (strstr(line, "die") != NULL) {
		say(fd, "{\"retu");
		return false;
	} else if (strstr(line, "hang") == NULL && peer == MONITOR) {
		say(fd, "{\"return\":{}}\n");
	}
	return true;
}

static void serve_one(int fd, enum peer peer, unsigned int connections)
{
	char line[1000];
	size_t len = 0;

	if (peer == MONITOR)
		say(fd, GREETING);
	if (peer == NO_QMP)
		say(fd, "{\"hello\":1}\n");
	while (len + 1 < sizeof(line) && recv(fd, line + len, 1, 0) == 1) {
		if (line[len++] != '\n')
			continue;
		line[len] = '\0';
		len = 0;
		if (peer != SILENT && !answer(fd, peer, line, connections))
			return;
	}
}

/* Until it is killed. */
static pid_t serve(int listener, enum peer peer)
{
	pid_t pid = fork();

	if (pid != 0) {
		(void)close(listener);
		return pid;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned int n = 1;; n++) {
		int fd = accept(listener, NULL, NULL);

		must(fd >= 0);
		serve_one(fd, peer, n);
		(void)close(fd);
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	(void)unlink(path);
	must(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(listen(fd, 8) == 0);
	return fd;
}

static pid_t serve_at(const char *path, enum peer peer)
{
	return serve(listen_at(path), peer);
}

static void end(pid_t pid)
{
	must(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

/* A process of its own that listens, and says by its status whether it was told a byte. */
static pid_t overhear(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	must(pipe(ready) == 0);
	pid = fork();
	if (pid == 0) {
		int listener = listen_at(monitor);
		int fd;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(ready[0]);
		(void)close(ready[1]);
		fd = accept(listener, NULL, NULL);
		must_leave(fd >= 0 && recv(fd, &byte, 1, 0) == 0 ? 0 : 1);
	}
	(void)close(ready[1]);
	must(pid > 0 && read(ready[0], &byte, 1) == 0); /* it listens */
	(void)close(ready[0]);
	return pid;
}

static void must_have_heard_nothing(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0) == pid && status == 0);
	must(unlink(monitor) == 0);
}

static int64_t soon(void)
{
	return lend_now_ms() + 20000;
}

static int tell(struct lend_writer *w, const char *request, struct lend_buf *reply,
		struct lend_err *err)
{
	*err = (struct lend_err){ 0 };
	return lend_write_tell(w, monitor, request, true, soon(), reply, err);
}

static unsigned int changes;

static int count(void *context, const char *call, const char *what, struct lend_err *err)
{
	(void)context, (void)call, (void)what, (void)err;
	changes++;
	return 0;
}

static void check_monitor(void)
{
	struct lend_writer *w = lend_writer_new(&(struct lend_write_hooks){ .before = count });
	static const char *const questions[] = { "{\"execute\":\"count\"}",
						 "{\"execute\":\"refuse\"}",
						 "{\"execute\":\"object-add\"}" };
	pid_t server = serve_at(monitor, MONITOR);
	struct lend_buf replies[3] = { { 0 } };
	struct lend_err err;
	lend_auto_buf reply = { 0 };
	pid_t peer = 0;

	must(lend_write_listens(w, monitor) && !lend_write_listens(w, folder));
	must(lend_write_peer(w, monitor, soon(), &peer, NULL) == 0);
	must(peer == getpid()); /* who called listen() */
	must(tell(w, "{\"execute\":\"object-add\"}", &reply, &err) == 0);
	must_str(lend_buf_text(&reply), "{\"return\":{}}");
	must_u64(changes, 1);
	must(tell(w, "{\"execute\":\"refuse\"}", NULL, &err) == -1);
	must(err.code == LEND_E_REMOTE);
	must_str(err.what, "the monitor says: it is \x1b busy");
	must(lend_write_ask(w, monitor, questions, 3, soon(), replies, NULL) == 0);
	must_str(lend_buf_text(&replies[0]), "{\"return\":1}");
	must(strstr(lend_buf_text(&replies[1]), "\"error\"") != NULL);
	must(strstr(lend_buf_text(&replies[2]), "\"return\"") != NULL);
	must_u64(changes, 2);
	for (size_t i = 0; i < LEND_COUNT(replies); i++)
		lend_buf_done(&replies[i]);

	must_in("one that goes away, then is back");
	must(tell(w, "{\"execute\":\"die\"}", NULL, &err) == -1);
	must(strstr(err.what, "the monitor closed the connection") != NULL);
	lend_buf_reset(&reply);
	must(tell(w, "{\"execute\":\"count\"}", &reply, &err) == 0);
	must_str(lend_buf_text(&reply), "{\"return\":2}");
	end(server);
	server = serve_at(monitor, MONITOR);
	lend_buf_reset(&reply);
	must(tell(w, "{\"execute\":\"count\"}", &reply, &err) == 0);
	must_str(lend_buf_text(&reply), "{\"return\":1}");

	must_in("a late reply is nobody's");
	err = (struct lend_err){ 0 };
	must(lend_write_tell(w, monitor, "{\"execute\":\"hang\"}", true, lend_now_ms() + 50,
			     NULL, &err) == -1);
	must(strstr(err.what, "gave no answer within") != NULL);
	must(tell(w, "{\"execute\":\"object-add\"}", NULL, &err) == 0);
	end(server);
	must(!lend_write_listens(w, monitor));
	err = (struct lend_err){ 0 };
	must(lend_write_peer(w, monitor, soon(), &peer, &err) == -1);
	must(err.os_errno == ECONNREFUSED);
	must(unlink(monitor) == 0);
	err = (struct lend_err){ 0 };
	must(lend_write_peer(w, monitor, soon(), &peer, &err) == -1 && err.os_errno == ENOENT);
	lend_writer_free(w);
	must_in("");
}

/* The monitor counts its connections: one that was hung up has forgotten the half. */
static void check_begun(void)
{
	pid_t server = serve_at(monitor, MONITOR);
	struct lend_writer *w = lend_writer_new(NULL);
	struct lend_buf said = { 0 };
	lend_auto_buf reply = { 0 };
	const char *question = "{\"execute\":\"count\"}";
	struct lend_err err;

	must_in("nobody to say it to yet");
	lend_write_begin(w, monitor, question);
	must(tell(w, question, &reply, &err) == 0);
	must_str(lend_buf_text(&reply), "{\"return\":1}");

	must_in("the rest of it");
	lend_write_begin(w, monitor, question);
	lend_write_begin(w, monitor, "{\"execute\":\"die\"}"); /* is not the first */
	lend_buf_reset(&reply);
	must(tell(w, question, &reply, &err) == 0);
	must_str(lend_buf_text(&reply), "{\"return\":1}");
	lend_write_begin(w, monitor, question);
	lend_buf_reset(&reply);
	must(tell(w, "{\"execute\":\"count\",\"id\":1}", &reply, &err) == 0);
	must_str(lend_buf_text(&reply), "{\"return\":1}");

	must_in("another one");
	lend_write_begin(w, monitor, "{\"execute\":\"die\"}");
	lend_buf_reset(&reply);
	must(tell(w, question, &reply, &err) == 0);
	must_str(lend_buf_text(&reply), "{\"return\":2}");
	lend_write_begin(w, monitor, question);
	must(lend_write_ask(w, monitor, &question, 1, soon(), &said, NULL) == 0);
	must_str(lend_buf_text(&said), "{\"return\":3}");
	lend_buf_done(&said);

	must_in("to one who has gone");
	lend_write_begin(w, monitor, question);
	end(server);
	server = serve_at(monitor, MONITOR);
	lend_buf_reset(&reply);
	must(tell(w, question, &reply, &err) == 0);
	must_str(lend_buf_text(&reply), "{\"return\":1}");
	lend_write_begin(w, monitor, question);
	lend_writer_free(w);
	end(server);
	must(unlink(monitor) == 0);
	must_in("");
}

/* Who listens is known before anything is said, and again when the connection was lost. */
static void check_proven(void)
{
	struct lend_writer *w = lend_writer_new(NULL);
	struct lend_io *io = lend_io_live();
	const struct lend_answer *answer;
	struct lend_err err = { 0 };
	pid_t other = overhear(), server, peer = 0;

	must_in("it is not the one");
	must(lend_write_peer(w, monitor, soon(), &peer, NULL) == 0 && peer == other);
	lend_write_hang_up(w);
	must_have_heard_nothing(other);
	other = overhear();
	must(lend_talk_open_of(io, LEND_VIA_QMP, monitor, (uint64_t)getpid(), &answer) == NULL);
	must(answer->known == LEND_UNREADABLE);
	must_str(answer->why, "another process listens there");
	must_have_heard_nothing(other);
	other = overhear();
	must(lend_write_tell_agent(w, monitor, getpid(), "{}", soon(), &err) == -1);
	must(err.code == LEND_E_STALE);
	must_have_heard_nothing(other);

	must_in("it was, and is no more");
	server = serve_at(monitor, MONITOR);
	must(lend_write_peer(w, monitor, soon(), &peer, NULL) == 0 && peer == getpid());
	must(lend_write_greet(w, monitor, soon(), NULL) == 0);
	must(tell(w, "{\"execute\":\"object-add\"}", NULL, &err) == 0);
	end(server);
	other = overhear();
	must(tell(w, "{\"execute\":\"object-add\"}", NULL, &err) == -1);
	must(err.code == LEND_E_STALE);
	must_have_heard_nothing(other);
	lend_writer_free(w);
	lend_io_free(io);
	must_in("");
}

static const struct lend_ask ask_count = { .via = LEND_VIA_QMP,
					   .key = "{\"execute\":\"count\"}" };
static const struct lend_ask ask_other = { .via = LEND_VIA_QMP,
					   .key = "{\"execute\":\"other\"}" };

/* One that was asked both, and has read the reply to the first at most. */
static struct lend_line *line_to(struct lend_io *io, bool read_first)
{
	static const struct lend_ask *const first[] = { &ask_count, &ask_other, NULL };
	const struct lend_answer *answer;
	struct lend_talk *talk = lend_talk_begin(io, monitor, (uint64_t)getpid(), first);

	must(talk != NULL);
	talk = lend_talk_go_on(talk, &answer);
	must(talk != NULL && answer->known == LEND_KNOWN);
	if (read_first)
		must(lend_talk_ask(talk, &ask_count)->known == LEND_KNOWN);
	return lend_talk_hand_over(&talk, monitor);
}

static const char *counted(struct lend_writer *w, struct lend_buf *reply)
{
	lend_buf_reset(reply);
	must(lend_write_tell(w, monitor, ask_count.key, false, soon(), reply, NULL) == 0);
	return lend_buf_text(reply);
}

/* The monitor counts its connections: the second one says 2. */
static void check_line(void)
{
	pid_t server = serve_at(monitor, MONITOR);
	struct lend_io *io = lend_io_live();
	struct lend_writer *w;
	struct lend_line *line;
	lend_auto_buf reply = { 0 };
	struct lend_err err;

	must(io != NULL);
	for (int read_first = 0; read_first < 2; read_first++) {
		must_in(read_first ? "half of it read" : "nothing read");
		w = lend_writer_new(NULL);
		line = line_to(io, read_first);
		must(line != NULL);
		lend_writer_take_line(w, line);
		lend_line_free(line);
		must_str(counted(w, &reply), read_first ? "{\"return\":2}" : "{\"return\":1}");
		must(tell(w, "{\"execute\":\"refuse\"}", NULL, &err) == -1);
		must(lend_write_was_refused(w));
		must_str(err.what, "the monitor says: it is \x1b busy");
		must_str(counted(w, &reply), read_first ? "{\"return\":2}" : "{\"return\":1}");
		must(tell(w, "{\"execute\":\"die\"}", NULL, &err) == -1);
		must(!lend_write_was_refused(w));
		lend_writer_free(w);
	}

	must_in("a line that died, and none");
	w = lend_writer_new(NULL);
	line = line_to(io, true);
	end(server);
	server = serve_at(monitor, MONITOR);
	lend_writer_take_line(w, line);
	lend_line_free(line);
	must_str(counted(w, &reply), "{\"return\":1}"); /* of the new one */
	lend_writer_take_line(w, NULL);
	must_str(counted(w, &reply), "{\"return\":2}");
	lend_writer_free(w);
	line = line_to(io, false);
	lend_line_free(line);
	must(lend_talk_begin(io, monitor, (uint64_t)getpid() + 1, NULL) == NULL);
	end(server);
	must(unlink(monitor) == 0);
	must(lend_talk_begin(io, monitor, (uint64_t)getpid(), NULL) == NULL);
	lend_io_free(io);
	must_in("");
}

static void check_others(void)
{
	struct lend_writer *w = lend_writer_new(NULL);
	pid_t server = serve_at(monitor, SILENT);
	struct lend_err err = { 0 };

	must(lend_write_tell(w, monitor, "{}", false, lend_now_ms() + 60, NULL, &err) == -1);
	must(strstr(err.what, "another client has it") != NULL);
	must_str(err.hint, "somebody else talks to this monitor: end that first");
	end(server);
	server = serve_at(monitor, NO_QMP);
	must(tell(w, "{}", NULL, &err) == -1);
	must(strstr(err.what, "what listens there does not speak QMP") != NULL);
	end(server);
	must(unlink(monitor) == 0);
	must(tell(w, "{}", NULL, &err) == -1 && err.os_errno == ENOENT);
	lend_writer_free(w);
}

static int reach(struct lend_writer *w, struct lend_err *err)
{
	pid_t peer;

	if (lend_write_peer(w, monitor, soon(), &peer, err) < 0)
		return -1;
	return lend_write_greet(w, monitor, soon(), err);
}

static int64_t ask_silent(struct lend_writer *w, const char *expected)
{
	int64_t start = lend_now_ms();
	struct lend_err err = { 0 };

	must(reach(w, &err) == -1);
	must(err.code == LEND_E_REMOTE && strstr(err.what, expected) != NULL);
	must(reach(w, NULL) == -1);
	err = (struct lend_err){ 0 };
	must(lend_write_tell(w, monitor, "{}", false, soon(), NULL, &err) == -1);
	must(err.code == LEND_E_REMOTE && strstr(err.what, "a moment ago") != NULL);
	must(strstr(err.what, monitor) != NULL);
	return lend_now_ms() - start;
}

/* Who only looks waits for a frozen one once: before its greeting, in its queue, later on. */
static void check_once(void)
{
	struct lend_writer *w = lend_writer_new(NULL);
	pid_t server = serve_at(monitor, SILENT);
	struct lend_err err = { 0 };
	int queue[2], listener;

	lend_writer_ask_once(w, 100);
	must(ask_silent(w, "another client has it") < 4000);
	end(server);
	must(ask_silent(w, "a moment ago") < 4000); /* also when it is gone by now */
	lend_writer_free(w);

	must_in("its queue is full");
	listener = listen_at(monitor);
	must(listen(listener, 0) == 0);
	for (size_t i = 0; i < LEND_COUNT(queue); i++) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };

		(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", monitor);
		queue[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		must(queue[i] >= 0);
		must((connect(queue[i], (struct sockaddr *)&address, sizeof(address)) == 0) ==
		     (i == 0));
	}
	w = lend_writer_new(NULL);
	lend_writer_ask_once(w, 100);
	must(ask_silent(w, "is busy") < 4000);
	lend_writer_free(w);
	for (size_t i = 0; i < LEND_COUNT(queue); i++)
		(void)close(queue[i]);
	(void)close(listener);

	must_in("it freezes in between");
	server = serve_at(monitor, MONITOR);
	w = lend_writer_new(NULL);
	lend_writer_ask_once(w, 100);
	must(lend_write_tell(w, monitor, "{\"execute\":\"hang\"}", false, soon(), NULL, &err) ==
	     -1);
	must(strstr(err.what, "gave no answer within") != NULL);
	must(ask_silent(w, "a moment ago") < 4000);
	end(server);
	must(unlink(monitor) == 0);
	lend_writer_free(w);
	must_in("");
}

static void check_tcp(void)
{
	struct lend_writer *w = lend_writer_new(NULL);
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(address);
	struct lend_err err = { 0 };
	char name[64];
	pid_t server, peer;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0);
	must(getsockname(fd, (struct sockaddr *)&address, &size) == 0 && listen(fd, 1) == 0);
	server = serve(fd, MONITOR);
	(void)snprintf(name, sizeof(name), "tcp:localhost:%u", ntohs(address.sin_port));
	must(lend_write_peer(w, name, soon(), &peer, &err) == 1);
	must(lend_write_tell(w, name, "{\"execute\":\"object-add\"}", true, soon(), NULL,
			     &err) == 0);
	must(lend_write_tell(w, "tcp:192.0.2.1:4444", "{}", false, soon(), NULL, &err) == -1);
	must(err.code == LEND_E_USAGE);
	end(server);
	lend_writer_free(w);
}

static void check_agent(void)
{
	static const char off[] = "{\"execute\":\"guest-shutdown\"}";
	struct lend_writer *w = lend_writer_new(NULL);
	pid_t server = serve_at(monitor, AGENT);
	struct lend_err err = { 0 };

	must(lend_write_tell_agent(w, monitor, getpid(), off, soon(), &err) == 0);
	must(lend_write_tell_agent(w, monitor, getpid(), "{\"execute\":\"die\"}", soon(),
				   &err) == 0);
	must(lend_write_tell_agent(w, monitor, getpid(), "{\"execute\":\"refuse\"}", soon(),
				   &err) == -1);
	must(strstr(err.what, "the guest agent says: it is") != NULL);
	end(server);
	server = serve_at(monitor, SILENT);
	err = (struct lend_err){ 0 };
	must(lend_write_tell_agent(w, monitor, getpid(), off, lend_now_ms() + 60, &err) == -1);
	must(strstr(err.what, "the guest agent gave no answer") != NULL);
	end(server);
	must(unlink(monitor) == 0);
	lend_writer_free(w);
}

int main(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/lend-write-talk-test-XXXXXX");
	must(mkdtemp(folder) != NULL);
	(void)snprintf(monitor, sizeof(monitor), "%s/qmp", folder);
	check_monitor();
	check_begun();
	check_proven();
	check_line();
	check_others();
	check_once();
	check_tcp();
	check_agent();
	must(rmdir(folder) == 0);
	return 0;
}
