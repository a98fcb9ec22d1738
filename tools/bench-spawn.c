/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Times programs side by side: bench-spawn TIMES A... -- B... [-- C...]
 *
 * Runs A, B, A, B ... TIMES times each, so that whatever else the machine
 * does hits both, and prints one line for each: the least and the median of
 * the microseconds from before the spawn until after the wait, and the most
 * memory that one of them had (KiB).  A program that does not end with status
 * 0 ends the measurement.  "{}" in an argument is the number of the run.
 */

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 8, TIMES_MAX = 20000, ARGS_MAX = 64, ARG_MAX_BYTES = 4096 };

static struct command {
	char **argv;
	double us[TIMES_MAX];
	long peak_kib;
} commands[COMMANDS_MAX];

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The arguments with the number of the run; the array is used again. */
static char **numbered(char **argv, long run)
{
	static char texts[ARGS_MAX][ARG_MAX_BYTES];
	static char *args[ARGS_MAX + 1];
	size_t n = 0;

	for (; argv[n] != NULL && n < ARGS_MAX; n++) {
		char *at = strstr(argv[n], "{}");

		args[n] = argv[n];
		if (at == NULL || strlen(argv[n]) + 24 > sizeof(texts[n]))
			continue;
		(void)snprintf(texts[n], sizeof(texts[n]), "%.*s%ld%s", (int)(at - argv[n]),
			       argv[n], run, at + 2);
		args[n] = texts[n];
		while ((at = strstr(texts[n], "{}")) != NULL) {
			char rest[ARG_MAX_BYTES];

			memcpy(rest, at + 2, strlen(at + 2) + 1);
			(void)snprintf(at, sizeof(texts[n]) - (size_t)(at - texts[n]), "%ld%s",
				       run, rest);
		}
	}
	args[n] = NULL;
	return args;
}

static double run_once(struct command *command, posix_spawn_file_actions_t *quiet, long run)
{
	char **argv = numbered(command->argv, run);
	double began = now_us();
	struct rusage usage;
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, argv[0], quiet, NULL, argv, environ) != 0) {
		(void)fprintf(stderr, "bench-spawn: cannot start %s\n", argv[0]);
		exit(1);
	}
	if (wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0) {
		(void)fprintf(stderr, "bench-spawn: %s did not end with status 0\n", argv[0]);
		exit(1);
	}
	if (usage.ru_maxrss > command->peak_kib)
		command->peak_kib = usage.ru_maxrss;
	return now_us() - began;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static int usage(void)
{
	(void)fprintf(stderr, "usage: bench-spawn TIMES A... -- B...\n");
	return 2;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t quiet;
	int n = 0;
	long times = argc > 2 ? strtol(argv[1], NULL, 10) : 0;

	if (times < 1 || times > TIMES_MAX)
		return usage();
	for (int i = 2; i < argc && n < COMMANDS_MAX; i++) {
		commands[n].argv = argv + i;
		while (i < argc && strcmp(argv[i], "--") != 0)
			i++;
		argv[i] = NULL;
		if (commands[n++].argv[0] == NULL)
			return usage();
	}

	(void)posix_spawn_file_actions_init(&quiet);
	(void)posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);

	/* Once without the clock: pages and caches get warm. */
	for (int c = 0; c < n; c++)
		(void)run_once(&commands[c], &quiet, 0);
	for (long t = 0; t < times; t++)
		for (int c = 0; c < n; c++)
			commands[c].us[t] = run_once(&commands[c], &quiet, t + 1);

	for (int c = 0; c < n; c++) {
		qsort(commands[c].us, (size_t)times, sizeof(double), by_size);
		printf("%.1f %.1f %ld\n", commands[c].us[0], commands[c].us[times / 2],
		       commands[c].peak_kib);
	}
	(void)posix_spawn_file_actions_destroy(&quiet);
	return 0;
}
