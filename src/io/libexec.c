/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "io/libexec.h"

#include <limits.h>
#include <unistd.h>

#include "base/arena.h"
#include "io/child.h"

bool lend_libexec_is(const char *word)
{
	return strncmp(word, "lend-via-", strlen("lend-via-")) == 0 &&
	       strchr(word, '/') == NULL;
}

bool lend_libexec_find(const char *name, struct lend_buf *path)
{
	const char *asked = secure_getenv("LEND_LIBEXEC");
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self));

	lend_buf_reset(path);
	if (asked != NULL && asked[0] != '\0') {
		lend_buf_printf(path, "%s/%s", asked, name);
		return access(path->text, X_OK) == 0;
	}
	if (len > 0 && (size_t)len < sizeof(self)) {
		while (len > 0 && self[len - 1] != '/')
			len--;
		lend_buf_printf(path, "%.*s../../libexec/%s", (int)len, self, name);
		if (access(path->text, X_OK) == 0)
			return true;
	}
	lend_buf_reset(path);
	lend_buf_printf(path, "%s/%s", LEND_LIBEXECDIR, name);
	return access(path->text, X_OK) == 0;
}

/* NAME=VALUE, where the environment has it. */
static const char *variable(const char *name)
{
	const char *value = secure_getenv(name);

	return value != NULL ? value - strlen(name) - 1 : NULL;
}

void lend_libexec_environment(const char *ret[LEND_LIBEXEC_VARIABLES])
{
	static const char *const kept[] = { "HOME", "SSH_AUTH_SOCK" };
	size_t n = 0;

	ret[n++] = "PATH=" LEND_PROGRAM_PATH;
	ret[n++] = "LC_ALL=C";
	for (size_t i = 0; i < LEND_COUNT(kept); i++) {
		ret[n] = variable(kept[i]);
		n += ret[n] != NULL;
	}
	ret[n] = NULL;
}
