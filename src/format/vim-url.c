/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vim-url.h"

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"

static const char scheme[] = "vsphere://";

bool lend_vim_url_is(const char *source)
{
	return strncmp(source, scheme, strlen(scheme)) == 0;
}

static int fail(struct lend_err *err, const char *what)
{
	lend_hint(err, "write vsphere://USER@HOST, vsphere://USER@HOST:PORT, and behind it "
		       "?pin=SHA256, ?cacert=FILE or ?host=NAME");
	return lend_fail(err, LEND_E_USAGE, "%s", what);
}

/* "AB:CD:..." or "abcd...", 32 bytes. */
static bool parse_pin(const char *text, size_t len, uint8_t ret[LEND_VIM_PIN_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i + 2 <= len && n < LEND_VIM_PIN_BYTES; i += 2) {
		uint64_t byte;

		if (n > 0 && text[i] == ':')
			i++;
		if (i + 2 > len || !lend_parse_u64n(text + i, 2, 16, &byte))
			return false;
		ret[n++] = (uint8_t)byte;
		if (n == LEND_VIM_PIN_BYTES)
			return i + 2 == len;
	}
	return false;
}

static int parse_option(struct lend_arena *arena, const char *text, size_t len,
			struct lend_vim_url *url, struct lend_err *err)
{
	if (len > 4 && strncmp(text, "pin=", 4) == 0) {
		if (!parse_pin(text + 4, len - 4, url->pin))
			return fail(err, "pin= takes the SHA-256 of a certificate: 64 hex "
					 "digits, colons between them or not");
		url->has_pin = true;
		return 0;
	}
	if (len > 7 && strncmp(text, "cacert=", 7) == 0) {
		url->cacert = lend_arena_strndup(arena, text + 7, len - 7);
		return 0;
	}
	if (len > 5 && strncmp(text, "host=", 5) == 0) {
		url->only = lend_arena_strndup(arena, text + 5, len - 5);
		return 0;
	}
	return fail(err, "behind the ? of vsphere:// only pin=, cacert= and host= are known");
}

static int parse_options(struct lend_arena *arena, const char *text, struct lend_vim_url *url,
			 struct lend_err *err)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "&");

		if (parse_option(arena, text, len, url, err) < 0)
			return -1;
		text += len + (text[len] == '&');
	}
	return 0;
}

static bool is_host(const char *host)
{
	size_t len = strlen(host);
	bool v6 = len > 3 && host[0] == '[' && host[len - 1] == ']';

	if (len == 0 || host[0] == '-' || host[0] == '.')
		return false;
	for (size_t i = v6; i < len - v6; i++) {
		char c = host[i];
		bool good = lend_ascii_is_alpha(c) || lend_ascii_is_digit(c) || c == '.' ||
			    c == '-';

		if (!good && !(v6 && c == ':'))
			return false;
	}
	return true;
}

/* "HOST", "HOST:PORT", "[::1]:PORT" */
static bool parse_authority(struct lend_arena *arena, const char *text, size_t len,
			    struct lend_vim_url *url)
{
	const char *end = text + len;
	const char *from = text[0] == '[' ? memchr(text, ']', len) : text;
	const char *colon = from == NULL ? NULL : memchr(from, ':', (size_t)(end - from));
	uint64_t port = 443;

	if (colon != NULL &&
	    (!lend_parse_u64n(colon + 1, (size_t)(end - colon - 1), 10, &port) || port == 0 ||
	     port > UINT16_MAX))
		return false;
	url->port = (uint32_t)port;
	url->host =
		lend_arena_strndup(arena, text, colon != NULL ? (size_t)(colon - text) : len);
	return is_host(url->host);
}

int lend_vim_url_parse(struct lend_arena *arena, const char *source, struct lend_vim_url *ret,
		       struct lend_err *err)
{
	struct lend_vim_url url = { 0 };
	const char *options, *end, *at;

	if (!lend_vim_url_is(source) || strlen(source) > LEND_VIM_URL_MAX)
		return fail(err, "this is no vsphere:// of at most 1024 bytes");
	for (const char *c = source; *c != '\0'; c++) {
		if (*c <= ' ' || *c >= 0x7f)
			return fail(err, "a vsphere:// has letters, digits and signs of ASCII "
					 "only, and no blank");
	}
	source += strlen(scheme);
	options = strchr(source, '?');
	end = options != NULL ? options : source + strlen(source);
	if (end > source && end[-1] == '/')
		end--;
	at = memrchr(source, '@', (size_t)(end - source));
	if (at == NULL || at == source)
		return fail(err, "vsphere:// lacks its user");
	if (memchr(source, ':', (size_t)(at - source)) != NULL) {
		lend_hint(err,
			  "leave it out: lend asks for it (see lend(1), LEND_PASSWORD_FILE)");
		return lend_fail(err, LEND_E_USAGE,
				 "a password does not belong into a command line: everybody "
				 "on this machine can read it there");
	}
	url.user = lend_arena_strndup(arena, source, (size_t)(at - source));
	if (!parse_authority(arena, at + 1, (size_t)(end - at - 1), &url))
		return fail(err, "vsphere:// has no HOST or HOST:PORT behind its user");
	if (options != NULL && parse_options(arena, options + 1, &url, err) < 0)
		return -1;
	*ret = url;
	return 0;
}
