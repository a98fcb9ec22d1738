/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A wish as a whole: what cannot be true at once, whatever the host is. */

#include <inttypes.h>

#include "base/err.h"
#include "base/num.h"
#include "format/size.h"
#include "format/tcp-listen.h"
#include "format/wish-yaml-rows.h"
#include "format/yaml-tree.h"

/* Why two things cannot both be. */
struct context {
	const struct lend_wish *wish;
	const char *file;
	struct lend_err *err;
};

static int at(const struct context *c, struct lend_wish_at place)
{
	return lend_yaml_where(c->err, c->file, place.line, place.column);
}

/* " (line 5)", or nothing for what was not read from a file. */
static const char *in_line(char text[32], struct lend_wish_at place)
{
	text[0] = '\0';
	if (place.line > 0)
		(void)snprintf(text, 32, " (line %" PRIu32 ")", place.line);
	return text;
}

/* What was not read from a file may be of any size. */
static uint64_t plus(uint64_t a, struct lend_opt_u64 b)
{
	if (b.has && !lend_add_u64(a, b.v, &a))
		return UINT64_MAX;
	return a;
}

/* ---- paths ---- */

/* The next component of a path; its length is 0 at the end. */
static const char *component(const char **path, size_t *ret_len)
{
	const char *p = *path;

	for (;;) {
		p += strspn(p, "/");
		*ret_len = strcspn(p, "/");
		if (*ret_len != 1 || *p != '.')
			break;
		p++;
	}
	*path = p + *ret_len;
	return p;
}

/* By their text: "//" and "/./" are "/". */
static bool same_path(const char *a, const char *b)
{
	for (;;) {
		size_t a_len, b_len;
		const char *x = component(&a, &a_len);
		const char *y = component(&b, &b_len);

		if (a_len != b_len || memcmp(x, y, a_len) != 0)
			return false;
		if (a_len == 0)
			return true;
	}
}

/* ---- pmem ---- */

int lend_wish_check_pmem(const struct lend_wish_pmem *pmem, struct lend_err *err)
{
	if (pmem->align_bytes.has && !lend_is_pow2(pmem->align_bytes.v)) {
		lend_hint(err, "write 2 MiB or 1 GiB, or leave it out");
		return lend_fail(err, LEND_E_FORMAT,
				 "pmem '%s': its alignment is no power of two", pmem->name);
	}
	if (pmem->persistence == LEND_WISH_PERSISTENCE_REQUIRED &&
	    pmem->share == LEND_TRI_OFF) {
		lend_hint(err, "leave 'share' out");
		return lend_fail(err, LEND_E_FORMAT,
				 "pmem '%s': without sharing nothing the guest writes is kept,"
				 " but persistence is required",
				 pmem->name);
	}
	return 0;
}

static int check_two_pmem(const struct context *c, const struct lend_wish_pmem *first,
			  const struct lend_wish_pmem *second)
{
	char line[32];

	(void)in_line(line, first->at);
	if (strcmp(first->name, second->name) == 0)
		(void)lend_fail(c->err, LEND_E_FORMAT, "a second pmem is called '%s'%s",
				second->name, line);
	else if (first->slot.has && second->slot.has && first->slot.v == second->slot.v)
		(void)lend_fail(c->err, LEND_E_FORMAT,
				"pmem '%s' has the slot %" PRIu64 ", and so has '%s'%s",
				second->name, second->slot.v, first->name, line);
	else if (same_path(first->backing, second->backing))
		(void)lend_fail(c->err, LEND_E_FORMAT, "pmem '%s' has the backing of '%s'%s",
				second->name, first->name, line);
	else
		return 0;
	return at(c, second->at);
}

static int check_pmem(const struct context *c)
{
	const struct lend_wish *w = c->wish;
	uint64_t more = plus(0, w->room_slots);

	for (size_t i = 0; i < w->n_pmem; i++) {
		const struct lend_wish_pmem *pmem = &w->pmem[i];

		if (lend_wish_check_pmem(pmem, c->err) < 0)
			return at(c, pmem->at);
		for (size_t j = 0; j < i; j++) {
			if (check_two_pmem(c, &w->pmem[j], pmem) < 0)
				return -1;
		}
		if (w->slots.has && pmem->slot.has && pmem->slot.v >= w->slots.v) {
			(void)lend_fail(c->err, LEND_E_FORMAT,
					"pmem '%s' has the slot %" PRIu64
					", but slots is %" PRIu64 ", counted from 0",
					pmem->name, pmem->slot.v, w->slots.v);
			return at(c, pmem->at);
		}
		if (w->n_numa > 0 && pmem->node.has && pmem->node.v >= w->n_numa) {
			(void)lend_fail(c->err, LEND_E_FORMAT,
					"pmem '%s' is at node %" PRIu64
					", but numa has %zu, counted from 0",
					pmem->name, pmem->node.v, w->n_numa);
			return at(c, pmem->at);
		}
	}
	if (w->slots.has && plus(w->n_pmem, w->room_slots) > w->slots.v) {
		lend_hint(c->err, "leave 'slots' out, and lend counts them");
		(void)lend_fail(c->err, LEND_E_FORMAT,
				"slots: %" PRIu64 " is too few for %zu pmem%s", w->slots.v,
				w->n_pmem, more > 0 ? " and the room" : "");
		return at(c, w->slots_at);
	}
	return 0;
}

/* ---- memory ---- */

static int check_memory(const struct context *c)
{
	const struct lend_wish *w = c->wish;
	uint64_t sum = plus(plus(0, w->memory_bytes), w->room_bytes);
	lend_auto_buf have = { 0 };
	lend_auto_buf want = { 0 };

	for (size_t i = 0; i < w->n_pmem; i++)
		sum = plus(sum, w->pmem[i].size_bytes);
	if (!w->max_memory_bytes.has || sum <= w->max_memory_bytes.v)
		return 0;
	lend_size_format(&have, w->max_memory_bytes.v);
	lend_size_format(&want, sum);
	lend_hint(c->err, "leave 'max-memory' out, and lend computes it");
	(void)lend_fail(c->err, LEND_E_FORMAT,
			"max-memory: %s is too little: memory, pmem and room are %s", have.text,
			want.text);
	return at(c, w->max_memory_at);
}

static int check_numa_cpus(const struct context *c, size_t node, uint16_t *owner)
{
	const struct lend_wish_numa *numa = &c->wish->numa[node];
	const char *p = numa->cpus;
	uint64_t first, last;

	while (p != NULL && lend_wish_cpu_range(&p, &first, &last)) {
		for (uint64_t cpu = first; cpu <= last; cpu++) {
			if (owner[cpu] != 0) {
				(void)lend_fail(c->err, LEND_E_FORMAT,
						"processor %" PRIu64
						" is in two numa nodes, or twice in one",
						cpu);
				return at(c, numa->at);
			}
			owner[cpu] = (uint16_t)(node + 1);
		}
		if (c->wish->cpus.has && last >= c->wish->cpus.v) {
			(void)lend_fail(c->err, LEND_E_FORMAT,
					"there is no processor %" PRIu64 ": cpus is %" PRIu64
					", counted from 0",
					last, c->wish->cpus.v);
			return at(c, numa->at);
		}
	}
	return 0;
}

static int check_numa(const struct context *c)
{
	const struct lend_wish *w = c->wish;
	uint16_t owner[LEND_WISH_CPUS_MAX] = { 0 };
	uint64_t sum = 0;
	bool all = w->n_numa > 0;
	lend_auto_buf parts = { 0 };
	lend_auto_buf whole = { 0 };

	for (size_t i = 0; i < w->n_numa; i++) {
		if (check_numa_cpus(c, i, owner) < 0)
			return -1;
		sum = plus(sum, w->numa[i].memory_bytes);
		all = all && w->numa[i].memory_bytes.has;
	}
	if (!w->memory_bytes.has || sum == w->memory_bytes.v ||
	    (!all && sum < w->memory_bytes.v))
		return 0;
	lend_size_format(&parts, sum);
	lend_size_format(&whole, w->memory_bytes.v);
	(void)lend_fail(c->err, LEND_E_FORMAT, "memory: it is %s, but its numa nodes have %s",
			whole.text, parts.text);
	return at(c, w->memory_at);
}

/* ---- devices ---- */

static int check_pci(const struct context *c, size_t i)
{
	const struct lend_wish_pci *pci = &c->wish->pci[i];
	int n = (pci->device != NULL) + (pci->serial != NULL) + (pci->vmd != NULL);
	const char *address = pci->device != NULL ? pci->device : pci->vmd;
	char line[32];

	if (n != 1) {
		(void)lend_fail(c->err, LEND_E_FORMAT,
				"a pci item needs one of device, serial and vmd; this has %s",
				n == 0 ? "none" : "more");
		return at(c, pci->at);
	}
	for (size_t j = 0; j < i; j++) {
		const struct lend_wish_pci *other = &c->wish->pci[j];
		const char *taken = other->device != NULL ? other->device : other->vmd;

		if (address != NULL && taken != NULL
			    ? strcmp(address, taken) != 0
			    : pci->serial == NULL || other->serial == NULL ||
				      strcmp(pci->serial, other->serial) != 0)
			continue;
		(void)lend_fail(c->err, LEND_E_FORMAT, "'%s' is there twice%s",
				address != NULL ? address : pci->serial,
				in_line(line, other->at));
		return at(c, pci->at);
	}
	return 0;
}

static int check_disk(const struct context *c, size_t i)
{
	const struct lend_wish_disk *disk = &c->wish->disks[i];
	char line[32];

	for (size_t j = 0; j < i; j++) {
		const struct lend_wish_disk *other = &c->wish->disks[j];

		/* Any number may read. */
		if (!same_path(disk->path, other->path) ||
		    (disk->readonly == LEND_TRI_ON && other->readonly == LEND_TRI_ON))
			continue;
		(void)lend_fail(c->err, LEND_E_FORMAT, "a second disk has the path '%.60s'%s",
				disk->path, in_line(line, other->at));
		return at(c, disk->at);
	}
	for (size_t j = 0; j < c->wish->n_pmem; j++) {
		const struct lend_wish_pmem *pmem = &c->wish->pmem[j];

		if (!same_path(disk->path, pmem->backing))
			continue;
		(void)lend_fail(c->err, LEND_E_FORMAT,
				"this disk is the backing of pmem '%s'%s", pmem->name,
				in_line(line, pmem->at));
		return at(c, disk->at);
	}
	return 0;
}

/* ---- network ---- */

static struct lend_tcp_name host_side(const struct lend_wish_forward *f)
{
	struct lend_tcp_name name = { 0 };
	lend_auto_buf text = { 0 };

	lend_tcp_name_put(&text, f->address == NULL ? "127.0.0.1" : f->address, f->host_port,
			  f->host_port);
	if (!lend_tcp_name_parse(text.text, text.len, &name))
		name = (struct lend_tcp_name){ .host = LEND_TCP_OTHER };
	return name;
}

static int check_forward(const struct context *c, size_t i)
{
	const struct lend_wish_forward *f = &c->wish->forwards[i];
	struct lend_tcp_name mine = host_side(f);
	char line[32];
	bool late;

	for (size_t j = 0; j < i; j++) {
		const struct lend_wish_forward *other = &c->wish->forwards[j];
		struct lend_tcp_name taken = host_side(other);

		if (f->host_port != other->host_port || mine.host != taken.host ||
		    (!lend_tcp_name_covers(&mine, &taken) &&
		     !lend_tcp_name_covers(&taken, &mine)))
			continue;
		/* ssh is the first one, wherever it stands in the file. */
		late = f->at.line >= other->at.line;
		lend_hint(c->err, "each needs a port of the host of its own");
		(void)lend_fail(c->err, LEND_E_FORMAT,
				"port %u of the host is forwarded twice%s", f->host_port,
				in_line(line, late ? other->at : f->at));
		return at(c, late ? f->at : other->at);
	}
	return 0;
}

static int check_network(const struct context *c)
{
	const struct lend_wish *w = c->wish;

	for (size_t i = 0; i < w->n_forwards; i++) {
		if (check_forward(c, i) < 0)
			return -1;
	}
	if (w->n_forwards > 0 && w->network != LEND_WISH_NETWORK_UNSET &&
	    w->network != LEND_WISH_NETWORK_USER) {
		lend_hint(c->err, "leave 'network' out, or write 'network: user'");
		(void)lend_fail(c->err, LEND_E_FORMAT,
				"ports are forwarded by the user network only");
		return at(c, w->forwards[0].at);
	}
	return 0;
}

/* ---- the whole ---- */

static int check_boot(const struct context *c)
{
	const struct lend_wish *w = c->wish;
	const char *boot = w->boot == NULL ? "" : w->boot;
	const char *what = NULL;

	if (strcmp(boot, "install") == 0 && w->install == NULL)
		what = "boot is install, but there is no install medium";
	else if (strcmp(boot, "network") == 0 && w->network == LEND_WISH_NETWORK_NONE)
		what = "boot is network, but network is none";
	else if (w->firmware != NULL && strcmp(w->firmware, "bios") == 0 &&
		 w->firmware_vars != NULL)
		what = "firmware is bios, but firmware-vars are of uefi";
	if (what == NULL)
		return 0;
	(void)lend_fail(c->err, LEND_E_FORMAT, "%s", what);
	return lend_where(c->err, "%s", c->file);
}

int lend_wish_check(const struct lend_wish *wish, const char *file, struct lend_err *err)
{
	struct context c = { .wish = wish, .file = file, .err = err };

	if (check_pmem(&c) < 0 || check_memory(&c) < 0 || check_numa(&c) < 0)
		return -1;
	for (size_t i = 0; i < wish->n_pci; i++) {
		if (check_pci(&c, i) < 0)
			return -1;
	}
	for (size_t i = 0; i < wish->n_disks; i++) {
		if (check_disk(&c, i) < 0)
			return -1;
	}
	if (check_network(&c) < 0)
		return -1;
	return check_boot(&c);
}
