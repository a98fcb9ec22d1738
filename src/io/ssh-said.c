/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What ssh said when it could not do its job, and what to try then.
 *
 * Its messages are English whatever the locale: OpenSSH has no translations.
 */

#include <string.h>

#include "base/err.h"
#include "io/ssh.h"

static const char esxi_hint[] =
	"ESXi has SSH off: host client, Manage, Services, TSM-SSH, Start (or the console: F2, "
	"Troubleshooting Options); Stop it there again afterwards";

/* The first row of which the text has a word counts. */
static const struct {
	const char *said;
	const char *what;
	const char *hint;
} known[] = {
	{ "REMOTE HOST IDENTIFICATION HAS CHANGED", "has another host key than before",
	  "somebody may stand in between; if the host was installed anew: ssh-keygen -R, then "
	  "connect once by hand" },
	{ "Host key verification failed", "has a host key that is not known here",
	  "connect once by hand with ssh, and compare the fingerprint" },
	{ "Permission denied (", "does not let this user in",
	  "give ssh a key of the host's (ssh-copy-id, ssh-add), or run lend in a terminal, "
	  "where ssh can ask" },
	{ "Too many authentication failures", "does not let this user in",
	  "name the key in ~/.ssh/config: IdentityFile with IdentitiesOnly yes" },
	{ "Connection refused", "refuses the connection",
	  "see whether sshd runs there, and on which port: ssh://HOST:PORT" },
	{ "Connection timed out", "does not answer", "see whether ssh reaches it by hand" },
	{ "Operation timed out", "does not answer", "see whether ssh reaches it by hand" },
	{ "No route to host", "cannot be reached", "see whether ssh reaches it by hand" },
	{ "Network is unreachable", "cannot be reached", "see whether ssh reaches it by hand" },
	{ "Could not resolve hostname", "is no name that can be resolved",
	  "write ssh://[user@]host[:port], as ssh knows the host" },
};

static bool is_noise(const char *line, size_t len)
{
	static const char *const noise[] = { "Warning: Permanently added", "Pseudo-terminal",
					     "Connection to ", "** " };

	if (len == 0 || line[0] == '@')
		return true;
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
		if (strncmp(line, noise[i], strlen(noise[i])) == 0)
			return true;
	}
	return false;
}

/* The last line that says something. */
static size_t last_line(const char *said, const char **ret)
{
	size_t best = 0;

	*ret = "";
	for (const char *at = said; *at != '\0';) {
		size_t len = strcspn(at, "\r\n");

		if (!is_noise(at, len)) {
			*ret = at;
			best = len;
		}
		at += len;
		at += strspn(at, "\r\n");
	}
	return best < 120 ? best : 120;
}

int lend_ssh_fail(const struct lend_ssh_target *target, const char *said, bool early,
		  struct lend_err *err)
{
	const char *line;
	size_t len = last_line(said, &line);

	for (size_t i = 0; early && i < sizeof(known) / sizeof(known[0]); i++) {
		if (strstr(said, known[i].said) == NULL)
			continue;
		lend_hint(err, "%s",
			  target->esxi && strcmp(known[i].said, "Connection refused") == 0
				  ? esxi_hint
				  : known[i].hint);
		return lend_fail(err, LEND_E_REMOTE, "%.80s %s", target->name, known[i].what);
	}
	lend_hint(err, "see whether this works by hand: ssh %s%.10s%s%.60s%s%.120s true",
		  target->port != NULL ? "-p " : "", target->port != NULL ? target->port : "",
		  target->port != NULL ? " " : "", target->user != NULL ? target->user : "",
		  target->user != NULL ? "@" : "", target->host);
	if (len > 0)
		return lend_fail(err, LEND_E_REMOTE, "%.80s %s: %.*s", target->name,
				 early ? "could not be asked" : "went away", (int)len, line);
	return lend_fail(err, LEND_E_REMOTE, "%.80s %s", target->name,
			 early ? "ended the connection before it answered"
			       : "ended the connection in the middle of an answer");
}
