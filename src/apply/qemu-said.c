/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts changed from release to release (6.0, 7.2, 8.2, 9.1, 10.0), so each
 * is known by a part that did not.
 */

#include "apply/qemu-said.h"

#include <stdbool.h>

static const struct known {
	const char *part;
	const char *hint;
} known[] = {
	{ "Could not access KVM",
	  "join the group kvm (log in again after that), or wish accel: tcg" },
	{ "failed to initialize kvm", "join the group kvm, or wish accel: tcg" },
	{ "nvdimm is not enabled", "the machine was started without nvdimm=on: start it anew "
				   "with an NVDIMM in its wish" },
	{ "memory hotplug is not enabled", "the machine has no ACPI: take q35 or pc" },
	{ "no slots where allocated", "the VM needs slots and max-memory in its wish" },
	{ "no free slots available", "wish more slots, and start the VM anew" },
	{ "not prepared for memory devices", "the VM needs slots and max-memory in its wish" },
	{ "not enough space, currently",
	  "wish more max-memory (or room), and start the VM anew" },
	{ "invalid value of maxmem", "max-memory has to be more than memory" },
	{ "slots specified but no max-size", "wish max-memory, too" },
	{ "is busy", "take another slot" },
	{ "invalid slot number", "take a slot that the VM has" },
	{ "already busy memdev", "a backing can be in one device only" },
	{ "Duplicate device ID", "the VM has a device of that name: take another one" },
	{ "attempt to add duplicate", "the VM has a backend of that name: take another one" },
	{ "too small to contain nvdimm label", "make the backing larger" },
	{ "backing store size", "the file is shorter than size=: see lend pmem inspect" },
	{ "is too small for 'size' option",
	  "the file is shorter than size=: see lend pmem inspect" },
	{ "can't open backing store", "is the file there, and may this user open it?" },
	{ "unable to map backing store",
	  "for a devdax device: align and size have to be whole units of its own" },
	{ "preallocating memory failed", "the file system is full" },
	{ "must be multiples of page size", "choose another align" },
	{ "property must be 'on' since memdev", "a read-only backing needs unarmed=on" },
	{ "Failed to get \"write\" lock", "another process uses that disk" },
	{ "Failed to get shared \"write\" lock", "another process uses that disk" },
	{ "Could not set up host forwarding rule",
	  "that port of the host is taken: forward another one" },
	{ "Address already in use", "that port or socket is taken: take another one" },
	{ "Cannot allocate memory", "the host has not enough free memory for this VM" },
	{ "Unknown protocol 'http", "install the package qemu-block-extra" },
	{ "not built with", "this QEMU was built without it" },
	{ "could not load PC BIOS", "install the firmware of QEMU (seabios)" },
	{ "no free memory slots left", "KVM has no more memory slots: plug in fewer devices" },
	{ "not enough free memory slots",
	  "KVM has no more memory slots: plug in fewer devices" },
	{ "nvdimm device hot unplug is not supported", "it goes when the VM stops" },
	{ "is in use, can not be deleted", "a device still uses it" },
};

const char *lend_qemu_hint(const char *message)
{
	for (size_t i = 0; i < LEND_COUNT(known); i++) {
		if (strstr(message, known[i].part) != NULL)
			return known[i].hint;
	}
	return NULL;
}

/* Behind "qemu-system-x86_64: ", or where the line begins. */
static size_t text_of(const char *line, size_t len)
{
	static const char prefix[] = "qemu-system-";
	const char *colon;

	if (len < sizeof(prefix) || memcmp(line, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	colon = memchr(line, ':', len);
	if (colon == NULL || (size_t)(colon - line) + 2 > len || colon[1] != ' ')
		return 0;
	return (size_t)(colon - line) + 2;
}

static bool is_warning(const char *text, size_t len)
{
	static const char *const words[] = { "warning:", "Warning:", "info:" };

	for (size_t i = 0; i < LEND_COUNT(words); i++) {
		if (memmem(text, len, words[i], strlen(words[i])) != NULL)
			return true;
	}
	return false;
}

bool lend_qemu_last_word(const char *log, size_t len, struct lend_buf *out)
{
	const char *best = NULL;
	size_t best_len = 0;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(log + at, '\n', len - at);
		size_t n = end == NULL ? len - at : (size_t)(end - log) - at;
		size_t skip = text_of(log + at, n);

		if (n > skip && !is_warning(log + at, n)) {
			best = log + at + skip;
			best_len = n - skip;
		}
		at += n + 1;
	}
	if (best == NULL)
		return false;
	if (best[best_len - 1] == '\r')
		best_len--;
	lend_buf_put(out, best, best_len);
	return true;
}
