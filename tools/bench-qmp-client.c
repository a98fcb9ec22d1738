/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The least a QMP client can do: bench-qmp-client SOCKET FILE [JOURNAL]
 *
 * Connects, reads the greeting, negotiates, sends the lines of FILE (one JSON
 * request each) one after the other, waiting for each reply, and prints the
 * microseconds all that took.  It parses nothing: a reply is a line that
 * begins with {"return" or {"error"; every other line is an event.  With
 * JOURNAL it is what the least careful tool would do: before it sends a line
 * it appends it to that file, with one fdatasync; an error then ends it.
 */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char in[1 << 20];
static size_t in_len;

static void die(const char *what)
{
	(void)fprintf(stderr, "bench-qmp-client: ");
	perror(what);
	exit(1);
}

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Takes one line from the socket into line; returns its length. */
static size_t read_line(int fd, char *line, size_t size)
{
	for (;;) {
		char *end = memchr(in, '\n', in_len);
		ssize_t n;

		if (end != NULL) {
			size_t len = (size_t)(end - in) + 1;
			size_t keep = len < size ? len : size - 1;

			memcpy(line, in, keep);
			line[keep] = '\0';
			in_len -= len;
			memmove(in, end + 1, in_len);
			return len;
		}
		if (in_len == sizeof(in))
			die("a line of more than 1 MiB");
		n = read(fd, in + in_len, sizeof(in) - in_len);
		if (n <= 0)
			die("read");
		in_len += (size_t)n;
	}
}

static void ask(int fd, const char *request, size_t len, bool strict)
{
	char line[256];

	if (write(fd, request, len) != (ssize_t)len)
		die("write");
	do
		(void)read_line(fd, line, sizeof(line));
	while (strncmp(line, "{\"return\"", 9) != 0 && strncmp(line, "{\"error\"", 8) != 0);
	if (strict && line[2] == 'e') {
		(void)fprintf(stderr, "bench-qmp-client: %s", line);
		exit(1);
	}
}

static void note(int fd, const char *line, size_t len)
{
	if (write(fd, line, len) != (ssize_t)len || fdatasync(fd) < 0)
		die("journal");
}

int main(int argc, char **argv)
{
	static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char *request = NULL;
	size_t cap = 0;
	ssize_t len;
	char line[64];
	FILE *requests;
	double began;
	int journal = -1;
	int fd;

	if (argc < 3 || argc > 4 || strlen(argv[1]) >= sizeof(addr.sun_path)) {
		(void)fprintf(stderr, "usage: bench-qmp-client SOCKET FILE [JOURNAL]\n");
		return 2;
	}
	requests = fopen(argv[2], "re");
	if (requests == NULL)
		die(argv[2]);
	memcpy(addr.sun_path, argv[1], strlen(argv[1]) + 1);

	began = now_us();
	if (argc == 4) {
		journal = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (journal < 0)
			die(argv[3]);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die(argv[1]);
	(void)read_line(fd, line, sizeof(line));
	ask(fd, hello, sizeof(hello) - 1, false);
	while ((len = getline(&request, &cap, requests)) > 0) {
		if (journal >= 0)
			note(journal, request, (size_t)len);
		ask(fd, request, (size_t)len, journal >= 0);
	}
	printf("%.0f\n", now_us() - began);

	free(request);
	(void)fclose(requests);
	(void)close(fd);
	return 0;
}
