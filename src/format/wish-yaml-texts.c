/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of a wish, one at a time: what each may look like. */

#include <inttypes.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/near.h"
#include "base/num.h"
#include "format/pci-address.h"
#include "format/tcp-listen.h"
#include "format/wish-yaml-rows.h"

enum {
	VM_MAX = 63,
	ID_MAX = 40,
	SERIAL_MAX = 20,    /* NVMe Base Specification, Identify Controller */
	INTERFACE_MAX = 15, /* IFNAMSIZ with its NUL */
	PATH_LEN_MAX = 4095,
	QUOTE_MAX = 60,
	VNC_DISPLAY_MAX = 65535 - 5900,
};

static bool is_alnum(char c)
{
	return lend_ascii_is_digit(c) || lend_ascii_is_alpha(c);
}

/* Letters, digits, and these. */
static bool has_only(const char *text, const char *others)
{
	for (; *text != '\0'; text++) {
		if (!is_alnum(*text) && strchr(others, *text) == NULL)
			return false;
	}
	return true;
}

/* ---- names ---- */

int lend_wish_check_vm(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	(void)arena;
	if (is_alnum(**text) && strlen(*text) <= VM_MAX && has_only(*text, "-_."))
		return 0;
	lend_hint(err,
		  "use letters, digits, '-', '_' and '.', at most %d, a letter or digit first",
		  VM_MAX);
	return lend_wish_fail_text(*text, "cannot be the name of a VM", err);
}

/* QEMU takes these as ids (util/id.c, id_wellformed). */
int lend_wish_check_id(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	(void)arena;
	if (lend_ascii_is_alpha(**text) && strlen(*text) <= ID_MAX && has_only(*text, "-_."))
		return 0;
	lend_hint(err, "use letters, digits, '-', '_' and '.', at most %d, a letter first",
		  ID_MAX);
	return lend_wish_fail_text(*text, "cannot be the name of a device", err);
}

int lend_wish_check_machine(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	(void)arena;
	if (is_alnum(**text) && has_only(*text, "-_."))
		return 0;
	lend_hint(err, "write a name such as q35; properties go into qemu-args");
	return lend_wish_fail_text(*text, "is no machine type", err);
}

int lend_wish_check_interface(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	(void)arena;
	if (is_alnum(**text) && strlen(*text) <= INTERFACE_MAX && has_only(*text, "-_.@"))
		return 0;
	lend_hint(err, "such names have at most %d letters, digits, '-', '_', '.' and '@'",
		  INTERFACE_MAX);
	return lend_wish_fail_text(*text, "is no name of a network interface", err);
}

static char *lower(struct lend_arena *arena, const char *text)
{
	char *copy = lend_arena_strdup(arena, text);

	for (char *p = copy; *p != '\0'; p++)
		*p = lend_ascii_lower(*p);
	return copy;
}

/* "x" stands for a hexadecimal digit, everything else for itself. */
static bool has_form(const char *text, const char *form)
{
	for (; *form != '\0'; form++, text++) {
		if (*form == 'x' ? !lend_ascii_is_xdigit(*text) : *form != *text)
			return false;
	}
	return *text == '\0';
}

int lend_wish_check_uuid(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	if (!has_form(*text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")) {
		lend_hint(err, "write what uuidgen prints");
		return lend_wish_fail_text(*text, "is no UUID", err);
	}
	*text = lower(arena, *text);
	return 0;
}

int lend_wish_check_mac(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	uint64_t first;

	if (!has_form(*text, "xx:xx:xx:xx:xx:xx") || !lend_parse_u64n(*text, 2, 16, &first)) {
		lend_hint(err, "write it as 52:54:00:a1:b2:c3");
		return lend_wish_fail_text(*text, "is no MAC address", err);
	}
	if ((first & 1) != 0) {
		lend_hint(err, "the first number has to be even, as in 52:54:00:a1:b2:c3");
		return lend_wish_fail_text(*text, "is an address of a group, not of one card",
					   err);
	}
	if (strcmp(*text, "00:00:00:00:00:00") == 0)
		return lend_wish_fail_text(*text, "is the address of no card", err);
	*text = lower(arena, *text);
	return 0;
}

/* ---- PCI ---- */

int lend_wish_check_pci(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	struct lend_pci_address address;
	char *canonical = lend_arena_alloc(arena, LEND_PCI_ADDRESS_TEXT);

	if (!lend_pci_address_parse(*text, strlen(*text), &address)) {
		lend_hint(err, "write it as lspci -D does: 0000:62:00.5");
		return lend_wish_fail_text(*text, "is no PCI address", err);
	}
	lend_pci_address_format(&address, canonical);
	*text = canonical;
	return 0;
}

int lend_wish_check_expect(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	if (!has_form(*text, "xxxx:xxxx")) {
		lend_hint(err, "write vendor and device as lspci -n does: 8086:28c0");
		return lend_wish_fail_text(*text, "is no pair of PCI ids", err);
	}
	*text = lower(arena, *text);
	return 0;
}

int lend_wish_check_serial(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	(void)arena;
	for (const char *p = *text; *p != '\0'; p++) {
		if (*p < ' ' || *p > '~')
			return lend_wish_fail_text(
				*text, "is no serial number: they are plain ASCII", err);
	}
	if (**text == '\0' || strlen(*text) > SERIAL_MAX) {
		lend_hint(err, "copy it from /sys/class/nvme/nvmeN/serial");
		return lend_wish_fail_text(
			*text, "is no serial number: they have 1 to 20 characters", err);
	}
	return 0;
}

/* ---- paths ---- */

static int check_path(const char *text, const char *what_else, struct lend_err *err)
{
	size_t len = strlen(text);

	if (*text != '/') {
		lend_hint(err, "write the path from / on%s", what_else);
		return lend_wish_fail_text(text, "is a relative path", err);
	}
	if (text[len - 1] == '/')
		return lend_wish_fail_text(text, "names a folder, not a file", err);
	if (len > PATH_LEN_MAX)
		return lend_wish_fail_text(text, "is too long for a path", err);
	return 0;
}

int lend_wish_check_path(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	(void)arena;
	return check_path(*text, "", err);
}

int lend_wish_check_program(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	(void)arena;
	if (is_alnum(**text) && strchr(*text, '/') == NULL)
		return 0;
	return check_path(*text, ", or a name that PATH finds", err);
}

int lend_wish_check_firmware(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	static const char *const words[] = { "bios", "uefi", NULL };
	const char *near = lend_near_word(*text, words);

	(void)arena;
	if (strcmp(*text, "bios") == 0 || strcmp(*text, "uefi") == 0)
		return 0;
	if (near != NULL) {
		lend_hint(err, "did you mean '%s'?", near);
		return lend_wish_fail_text(*text, "is neither bios nor uefi nor a path", err);
	}
	return check_path(*text, ", or one of bios, uefi", err);
}

int lend_wish_check_install(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	static const char *const schemes[] = { "https://", "http://", "ftp://", "ftps://" };

	(void)arena;
	for (size_t i = 0; i < LEND_COUNT(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (strncmp(*text, schemes[i], len) != 0)
			continue;
		if ((*text)[len] == '\0' || (*text)[len] == '/')
			return lend_wish_fail_text(*text, "names no host", err);
		for (const char *p = *text; *p != '\0'; p++) {
			if (*p <= ' ' || *p > '~')
				return lend_wish_fail_text(
					*text, "is no URL: they are plain ASCII", err);
		}
		return 0;
	}
	return check_path(*text, ", or a URL: http://, https:// or ftp://", err);
}

/* ---- processors ---- */

static bool take_cpu(const char **at, uint64_t *ret)
{
	size_t len = strspn(*at, "0123456789");

	if (!lend_parse_u64n(*at, len, 10, ret) || *ret >= LEND_WISH_CPUS_MAX)
		return false;
	*at += len;
	return true;
}

bool lend_wish_cpu_range(const char **at, uint64_t *ret_first, uint64_t *ret_last)
{
	const char *p = *at;

	if (!take_cpu(&p, ret_first))
		return false;
	*ret_last = *ret_first;
	if (*p == '-') {
		p++;
		if (!take_cpu(&p, ret_last) || *ret_last < *ret_first)
			return false;
	}
	if (*p == ',' && p[1] != '\0')
		p++;
	else if (*p != '\0')
		return false;
	*at = p;
	return true;
}

int lend_wish_check_cpus(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	const char *at = *text;
	uint64_t first, last;

	(void)arena;
	while (lend_wish_cpu_range(&at, &first, &last))
		;
	if (*at == '\0' && at != *text)
		return 0;
	lend_hint(err, "write processors as 0-3,8");
	return lend_wish_fail_text(*text, "is no list of processors", err);
}

/* ---- ports ---- */

int lend_wish_parse_endpoint(struct lend_arena *arena, const char *text, size_t len,
			     const char **ret_address, uint16_t *ret_port, struct lend_err *err)
{
	const char *colon = memrchr(text, ':', len);
	struct lend_tcp_name name;
	uint64_t port;

	if (colon == NULL) {
		if (!lend_parse_u64n(text, len, 10, &port) || port == 0 || port > UINT16_MAX ||
		    *text == '0')
			return lend_fail(err, LEND_E_FORMAT, "'%.*s' is no port (1 to 65535)",
					 (int)(len > QUOTE_MAX ? QUOTE_MAX : len), text);
		*ret_address = NULL;
		*ret_port = (uint16_t)port;
		return 0;
	}
	if (lend_tcp_name_parse(text, len, &name) && name.last == name.port &&
	    memchr(colon, '-', len - (size_t)(colon - text)) == NULL && colon[1] != '0') {
		bool wrapped = *text == '[';

		*ret_port = name.port;
		if (name.host == LEND_TCP_LOCALHOST && !wrapped) {
			*ret_address = "127.0.0.1";
			return 0;
		}
		if (wrapped == (name.host == LEND_TCP_V6) &&
		    (name.host == LEND_TCP_V4 || name.host == LEND_TCP_V6)) {
			*ret_address = lend_arena_strndup(arena, text + wrapped,
							  (size_t)(colon - text) -
								  2 * (size_t)wrapped);
			return 0;
		}
	}
	lend_hint(err,
		  "write PORT, 127.0.0.1:PORT, [::1]:PORT, or 0.0.0.0:PORT for all addresses");
	return lend_fail(err, LEND_E_FORMAT, "'%.*s' is no address and port",
			 (int)(len > QUOTE_MAX ? QUOTE_MAX : len), text);
}

/* An address that QEMU's VNC server can listen on, or nothing. */
static bool is_vnc_host(const char *text, size_t len)
{
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
		return len > 0 && strspn(text, "0123456789abcdefABCDEF:.") == len;
	}
	for (size_t i = 0; i < len; i++) {
		if (!is_alnum(text[i]) && strchr("-.", text[i]) == NULL)
			return false;
	}
	return len == 0 || is_alnum(*text);
}

int lend_wish_check_vnc(struct lend_arena *arena, const char **text, struct lend_err *err)
{
	const char *colon = strrchr(*text, ':');
	uint64_t display;

	(void)arena;
	if (strcmp(*text, "none") == 0) {
		*text = NULL;
		return 0;
	}
	if (strncmp(*text, "unix:", 5) == 0)
		return check_path(*text + 5, " behind unix:", err);
	if (colon != NULL && is_vnc_host(*text, (size_t)(colon - *text)) &&
	    lend_parse_u64(colon + 1, 10, &display) && display <= VNC_DISPLAY_MAX)
		return 0;
	lend_hint(
		err,
		"write ADDRESS:DISPLAY such as 127.0.0.1:0, which is port 5900, or unix:PATH");
	return lend_wish_fail_text(*text, "is no place for VNC", err);
}
