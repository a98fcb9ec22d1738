/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "must.h"

#include <inttypes.h>
#include <unistd.h>

static const char *row_now = "";

void must_in(const char *row)
{
	row_now = row;
}

static void say_where(const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: %s%s", file, line, row_now,
		      row_now[0] != '\0' ? ": " : "");
}

void must_check(const char *file, int line, const char *expr, bool ok)
{
	if (ok)
		return;
	say_where(file, line);
	(void)fprintf(stderr, "must(%s)\n", expr);
	exit(1);
}

void must_check_str(const char *file, int line, const char *expr, const char *got,
		    const char *want)
{
	if (got != NULL && want != NULL && strcmp(got, want) == 0)
		return;
	if (got == want)
		return;
	say_where(file, line);
	(void)fprintf(stderr, "%s\n  is   %s\n  want %s\n", expr, got == NULL ? "NULL" : got,
		      want == NULL ? "NULL" : want);
	exit(1);
}

void must_check_u64(const char *file, int line, const char *expr, uint64_t got, uint64_t want)
{
	if (got == want)
		return;
	say_where(file, line);
	(void)fprintf(stderr,
		      "%s is %" PRIu64 " (0x%" PRIx64 "), want %" PRIu64 " (0x%" PRIx64 ")\n",
		      expr, got, got, want, want);
	exit(1);
}

char *must_read(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rbe");
	size_t cap = 64 * 1024;
	size_t len = 0;
	char *text = malloc(cap + 1);

	if (f == NULL || text == NULL) {
		(void)fprintf(stderr, "cannot read %s\n", path);
		exit(1);
	}
	for (;;) {
		size_t n = fread(text + len, 1, cap - len, f);

		if (n == 0)
			break;
		len += n;
		if (len == cap) {
			cap *= 2;
			text = realloc(text, cap + 1);
			if (text == NULL)
				abort();
		}
	}
	(void)fclose(f);
	text[len] = '\0';
	*ret_len = len;
	return text;
}

double must_patience(void)
{
	const char *slow = getenv("LEND_SLOW");
	double times = slow == NULL ? 1 : strtod(slow, NULL);

	return times > 1 ? times : 1;
}

void must_leave(int status)
{
	char text[20];

	(void)fflush(NULL);
	(void)snprintf(text, sizeof(text), "exit %d", status);
	(void)execl("/bin/sh", "sh", "-c", text, (char *)NULL);
	_exit(127);
}
