/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests over ssh: what their sysfs says, with the meanings of nd-sysfs.
 *
 * Asks  the guest, as io/remote.h asks any Linux host: sys/bus/nd/devices, its
 *       DMI UUID, the MACs of its NICs; what collect/guest-names.c asks
 * Adds  guest, nd-bus, nd-dimm, nd-region and nd-namespace nodes, trust "claimed"
 *
 * An address may lead to any machine, so the guest has to be the VM's by what
 * both sides state: the UUID of the VM is the product_uuid of its DMI table
 * (only root may read it there), a MAC that the VM was given is one of its
 * NICs.  QEMU gives every VM without a mac= the same ones: those are not
 * compared.  Without either the guest is not looked at, and a gap says so.
 *
 * VMware prints a VM's UUID in the order of its bytes, Linux as SMBIOS 2.6 has
 * it (first three fields turned): for a VM of ESXi both are that UUID.
 *
 * A capture does not have it, as with a guest's file: it is given again.
 */

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"
#include "base/uuid.h"
#include "collect/guest-names.h"
#include "collect/guest-ndctl.h"
#include "collect/nd-sysfs.h"
#include "collect/sources.h"
#include "io/ssh.h"

enum { NAMES_MAX = 4096, NICS_MAX = 256, MAC_TEXT = 17 };

#define ND "sys/bus/nd/devices"
static const struct lend_ask ask_nd = { .via = LEND_VIA_DIR, .key = ND };
static const struct lend_ask ask_nd_file = { .via = LEND_VIA_FILE, .key = ND "/%p" };
static const struct lend_ask ask_nd_link = { .via = LEND_VIA_LINK, .key = ND "/%p" };
static const struct lend_ask ask_nd_dir = { .via = LEND_VIA_DIR, .key = ND "/%p" };
static const struct lend_ask ask_uuid = { .via = LEND_VIA_FILE,
					  .key = "sys/class/dmi/id/product_uuid" };
static const struct lend_ask ask_nics = { .via = LEND_VIA_DIR, .key = "sys/class/net" };
static const struct lend_ask ask_mac = { .via = LEND_VIA_FILE,
					 .key = "sys/class/net/%s/address" };
static const struct lend_ask ask_device = { .via = LEND_VIA_LINK,
					    .key = "sys/class/net/%s/device" };

struct far_guest {
	struct lend_scan *scan;
	struct lend_io *io;
	const char *vm, *of;
};

/* What the VM was made with; NULL: that is not told. */
struct stated {
	const char *uuid;
	bool turned; /* its other order will do, too */
	const struct lend_qemu_args *args;
};

/* What comparing says. */
enum same { SAME, OTHER, CANNOT_TELL };

/* ---- is it that VM ---- */

static bool parse_uuid(const char *text, uint8_t ret[LEND_UUID_BYTES])
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		uint64_t digit;

		if (*text == '-')
			continue;
		if (n == 2 * LEND_UUID_BYTES || !lend_parse_u64n(text, 1, 16, &digit))
			return false;
		ret[n / 2] = (uint8_t)(n % 2 == 0 ? digit << 4 : ret[n / 2] | digit);
		n++;
	}
	return n == 2 * LEND_UUID_BYTES;
}

/* All zeros and all ones are how firmware says "none". */
static bool is_stated(const uint8_t uuid[LEND_UUID_BYTES])
{
	bool same = uuid[0] == 0 || uuid[0] == 0xff;

	for (size_t i = 1; i < LEND_UUID_BYTES; i++)
		same = same && uuid[i] == uuid[0];
	return !same;
}

static enum same compare_uuids(const struct stated *vm, const char *guest)
{
	uint8_t a[LEND_UUID_BYTES], b[LEND_UUID_BYTES];

	if (vm->uuid == NULL || guest == NULL || !parse_uuid(vm->uuid, a) ||
	    !parse_uuid(guest, b) || !is_stated(a) || !is_stated(b))
		return CANNOT_TELL;
	if (memcmp(a, b, sizeof(a)) == 0)
		return SAME;
	lend_uuid_swap_guid(b, b);
	return vm->turned && memcmp(a, b, sizeof(a)) == 0 ? SAME : OTHER;
}

/* A MAC that was given to a device of the VM; QEMU's own are in no command line. */
static bool has_mac(const struct stated *vm, const char *mac)
{
	static const char option[] = ",mac=";
	const char *at = vm->args == NULL ? NULL : vm->args->words;
	const char *end = at == NULL ? NULL : at + vm->args->words_len;
	const char *found;
	char text[MAC_TEXT + 1] = "";

	while (at != NULL &&
	       (found = memmem(at, (size_t)(end - at), option, strlen(option))) != NULL) {
		at = found + strlen(option);
		if (end - at < MAC_TEXT)
			return false;
		memcpy(text, at, MAC_TEXT);
		if (lend_ascii_casecmp(text, mac) == 0)
			return true;
	}
	return false;
}

/* Of NICs that are devices: a macvtap of the host has the MAC of a guest, too. */
static enum same compare_macs(const struct far_guest *g, const struct stated *vm)
{
	const struct lend_answer *nics = lend_io_ask(g->io, &ask_nics);
	enum same same = CANNOT_TELL;

	/* In a draft all of them are asked for. */
	for (size_t i = 0; nics->known == LEND_KNOWN && i < nics->n_names && i < NICS_MAX;
	     i++) {
		const char *name = nics->names[i];
		const struct lend_answer *device = lend_io_ask(g->io, &ask_device, name);
		const char *mac =
			lend_collect_text_of(g->scan, lend_io_ask(g->io, &ask_mac, name));

		if (mac != NULL && strlen(mac) == MAC_TEXT && device->known == LEND_KNOWN &&
		    has_mac(vm, mac))
			same = SAME;
	}
	return same;
}

static struct stated stated_of(const struct far_guest *g)
{
	const struct lend_vm *vm = (const struct lend_vm *)lend_build_find(
		&g->scan->build, LEND_KIND_VM, NULL, g->vm);
	struct stated ret = { 0 };

	if (vm == NULL)
		return ret;
	if (vm->uuid.known == LEND_KNOWN)
		ret.uuid = vm->uuid.v.str;
	ret.turned =
		vm->hypervisor.known == LEND_KNOWN && strcmp(vm->hypervisor.v.str, "esxi") == 0;
	for (size_t i = 0; i < g->scan->n_qemus; i++) {
		if (g->scan->qemus[i].vm != vm)
			continue;
		ret.args = &g->scan->qemus[i].args;
		if (ret.uuid == NULL)
			ret.uuid = ret.args->uuid;
	}
	return ret;
}

/* ---- what it has ---- */

static const struct lend_answer *get(void *arg, enum lend_via via, const char *path)
{
	const struct far_guest *g = arg;
	const struct lend_ask *ask = via == LEND_VIA_DIR    ? &ask_nd_dir
				     : via == LEND_VIA_LINK ? &ask_nd_link
							    : &ask_nd_file;

	return lend_io_ask(g->io, ask, path);
}

static void look(struct far_guest *g, const char *source)
{
	struct lend_build *b = &g->scan->build;
	const struct lend_answer *names = lend_io_ask(g->io, &ask_nd);
	struct lend_nd_source nd = { .get = get, .arg = g };
	uint32_t by = lend_build_sighting(b, LEND_CLAIMED, "guest-ssh", ND, g->of);

	if (names->known == LEND_UNREADABLE)
		lend_build_gap(b, g->of, true, "",
			       "the NVDIMMs of the guest of VM %s cannot be listed: %s", g->vm,
			       names->why);
	lend_collect_guest(g->scan, g->vm, "ssh", source, by);
	if (names->known == LEND_KNOWN) {
		nd.names = (const char *const *)names->names;
		nd.n_names = names->n_names < NAMES_MAX ? names->n_names : NAMES_MAX;
		lend_collect_nd(g->scan, g->vm, &nd, by);
	}
	lend_guest_names_far(g->scan, g->io, g->vm, g->of);
}

/* Until nothing new is asked for; what is made of it is thrown away. */
static int ask_far(const struct far_guest *real, const char *source, struct lend_err *err)
{
	int r;

	do {
		struct lend_scan draft = { .options = real->scan->options,
					   .wants = real->scan->wants,
					   .io = real->io };
		struct far_guest g = { &draft, real->io, real->vm, real->of };

		lend_build_init(&draft.build);
		(void)lend_io_ask(g.io, &ask_uuid);
		(void)compare_macs(&g, &(struct stated){ 0 });
		look(&g, source);
		lend_build_done(&draft.build);
		lend_arena_done(&draft.memory);
		lend_io_forget(real->io);
		r = lend_io_remote_round(real->io, real->scan->options->timeout_ms, err);
	} while (r > 0);
	return r;
}

static void tell_left(const struct far_guest *g)
{
	const char *first;
	size_t left = lend_io_remote_left(g->io, &first);

	if (left > 0)
		lend_build_gap(&g->scan->build, g->of, true,
			       "save what ndctl list -DRNiv prints in it, and give the file "
			       "with --guest",
			       "six exchanges with the guest of VM %s were not enough: of "
			       "%zu things /%.100s is first",
			       g->vm, left, first);
}

/* -1: the guest is another machine. */
static int take(struct far_guest *g, const char *source, struct lend_err *err)
{
	const struct stated vm = stated_of(g);
	const struct lend_answer *answer = lend_io_ask(g->io, &ask_uuid);
	const char *uuid = lend_collect_text_of(g->scan, answer);
	enum same same = compare_uuids(&vm, uuid);

	if (same == OTHER) {
		lend_hint(err, "give the address of the guest of that VM");
		return lend_fail(err, LEND_E_USAGE,
				 "--guest: %.80s is not VM %.60s: its DMI UUID is %.40s, and "
				 "the VM's %.40s",
				 source, g->vm, uuid, vm.uuid);
	}
	if (same == CANNOT_TELL && compare_macs(g, &vm) != SAME) {
		bool refused = vm.uuid != NULL && answer->known == LEND_UNREADABLE;

		lend_build_gap(&g->scan->build, g->of, true,
			       refused ? "let the user be root there"
				       : "start the VM with a -uuid, or save what ndctl list "
					 "-DRNiv prints in it, and give the file with --guest",
			       "the guest of VM %s was not seen: whether %s is it cannot be "
			       "told, by UUID or MAC%s%s",
			       g->vm, source, refused ? ": its DMI UUID: " : "",
			       refused ? answer->why : "");
		return 0;
	}
	look(g, source);
	tell_left(g);
	return 0;
}

static int ask_guest(struct lend_scan *scan, const struct lend_guest_source *guest,
		     struct lend_err *err)
{
	struct far_guest g = { .scan = scan, .vm = guest->vm };
	struct lend_ssh_target target;
	struct lend_err why = { 0 };
	int r = 0;

	if (lend_ssh_parse(&scan->memory, lend_source_ssh(guest->source), &target, err) < 0)
		return -1;
	g.of = lend_build_internf(&scan->build, "guest/%s", guest->vm);
	g.io = lend_io_open_remote(&target);
	if (ask_far(&g, guest->source, &why) == 0)
		r = take(&g, guest->source, err);
	else
		lend_build_gap(&scan->build, g.of, true, why.hint,
			       "the guest of VM %s was not seen: %s", guest->vm, why.what);
	lend_io_free(g.io);
	return r;
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	for (size_t i = 0; i < scan->n_guests && !scan->draft; i++) {
		if (lend_source_ssh(scan->guests[i].source) != NULL &&
		    ask_guest(scan, &scan->guests[i], err) < 0)
			return -1;
	}
	return 0;
}

extern const struct lend_collector lend_collector_guest_ssh;
const struct lend_collector lend_collector_guest_ssh = {
	.id = "guest-ssh",
	.sees = "NVDIMMs inside guests over ssh",
	.of_files = true,
	.of_remote = true,
	.collect = collect,
};
