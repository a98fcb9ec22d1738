/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests without ndctl: what their sysfs says, with the meanings of nd-sysfs.
 *
 * Asks  guest-exec "/bin/sh -c" with a script that is always the same
 *       (format/nd-listing.h): one question for all.  Where the agent may run
 *       nothing, guest-file-open and its like, which know no folders: names
 *       are tried as the kernel gives them, so links and the names of block
 *       devices stay unseen but for the usual ones
 * Adds  guest, nd-bus, nd-dimm, nd-region and nd-namespace nodes, trust "claimed"
 */

#include "collect/guest-sysfs.h"

#include <inttypes.h>

#include "base/ascii.h"
#include "base/err.h"
#include "collect/guest-ndctl.h"
#include "collect/nd-sysfs.h"
#include "format/nd-listing.h"

enum {
	NAMES_MAX = 4096,
	FILE_MAX = 4096,
	TRIED_MAX = 64,           /* of each kind */
	MISSES_MAX = 4,           /* in a row: numbers of what was unplugged are free */
	NAMESPACE_MISSES_MAX = 2, /* "namespace0.0" is there even when it is empty */
};

static const struct lend_ask ask_listing = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/sh\","
	       "\"arg\":[\"-c\",\"%s\"],\"capture-output\":true}}",
};

/* ---- a listing ---- */

struct from_listing {
	struct lend_agent *agent;
	struct lend_nd_listing listing;
};

static struct lend_answer *answer_new(struct lend_agent *a, enum lend_known known)
{
	struct lend_answer *answer = LEND_NEW(&a->scan->memory, struct lend_answer);

	answer->known = known;
	answer->why = "";
	answer->bytes = "";
	return answer;
}

static const struct lend_answer *get_names(struct from_listing *from, const char *path)
{
	struct lend_answer *answer = answer_new(from->agent, LEND_ABSENT);
	const struct lend_nd_entry *found;
	size_t n = lend_nd_listing_find(&from->listing, 'n', path, &found);

	if (n == 0)
		return answer;
	answer->known = LEND_KNOWN;
	answer->n_names = n < NAMES_MAX ? n : NAMES_MAX;
	answer->names = lend_arena_array(&from->agent->scan->memory, answer->n_names,
					 sizeof(*answer->names));
	for (size_t i = 0; i < answer->n_names; i++)
		answer->names[i] = found[i].text;
	return answer;
}

static const struct lend_answer *get_listed(void *arg, enum lend_via via, const char *path)
{
	struct from_listing *from = arg;
	struct lend_answer *answer = answer_new(from->agent, LEND_ABSENT);
	const char *kinds = via == LEND_VIA_LINK ? "le" : "fu";
	const struct lend_nd_entry *found = NULL;

	if (via == LEND_VIA_DIR)
		return get_names(from, path);
	for (; *kinds != '\0' && found == NULL; kinds++)
		(void)lend_nd_listing_find(&from->listing, *kinds, path, &found);
	if (found == NULL)
		return answer;
	answer->known = found->kind == 'u' ? LEND_UNREADABLE : LEND_KNOWN;
	if (found->kind == 'u')
		answer->why = "the guest cannot read it";
	answer->bytes = found->text;
	answer->len = strlen(found->text);
	return answer;
}

bool lend_guest_list_sysfs(struct lend_agent *a, const char *socket, const char *of,
			   enum lend_exec *ret_exec)
{
	struct from_listing from = { .agent = a };
	struct lend_nd_source source = { .get = get_listed, .arg = &from };
	const struct lend_nd_entry *devices;
	struct lend_err err = { 0 };
	lend_auto_buf text = { 0 };
	const char **names;
	uint32_t by;

	*ret_exec = lend_agent_exec(a, &ask_listing, lend_nd_listing_script, "/bin/sh", &text);
	if (*ret_exec == LEND_EXEC_NO_PROGRAM) {
		lend_buf_reset(&a->why);
		lend_buf_puts(&a->why, "it has neither ndctl nor /bin/sh");
	}
	if (*ret_exec != LEND_EXEC_DONE)
		return false;
	if (lend_nd_listing_parse(&a->scan->memory, lend_buf_text(&text), text.len,
				  &from.listing, &err) < 0) {
		lend_buf_reset(&a->why);
		lend_buf_puts(&a->why, err.what);
		a->hint = "install ndctl in the guest";
		*ret_exec = LEND_EXEC_FAILED;
		return false;
	}
	source.n_names = lend_nd_listing_find(&from.listing, 'l', NULL, &devices);
	if (source.n_names > NAMES_MAX)
		source.n_names = NAMES_MAX;
	names = lend_arena_array(&a->scan->memory, source.n_names + 1, sizeof(*names));
	for (size_t i = 0; i < source.n_names; i++)
		names[i] = devices[i].path;
	source.names = names;
	by = lend_build_sighting(&a->scan->build, LEND_CLAIMED, "guest-agent",
				 "sys/bus/nd/devices", of);
	lend_collect_guest(a->scan, a->vm, "agent-sysfs", socket, by);
	lend_collect_nd(a->scan, a->vm, &source, by);
	return true;
}

/* ---- single files ---- */

struct from_files {
	struct lend_agent *agent;
	const char **names;
	size_t n, cap;
};

static struct lend_answer read_below(struct from_files *from, const char *path)
{
	return lend_agent_read(
		from->agent,
		lend_arena_printf(&from->agent->scan->memory, "/sys/bus/nd/%s", path),
		FILE_MAX);
}

static bool is_there(struct from_files *from, const char *path)
{
	return read_below(from, path).known == LEND_KNOWN;
}

static void try_names(struct from_files *from, const char *prefix, const char *attribute,
		      unsigned int misses_max)
{
	struct lend_arena *arena = &from->agent->scan->memory;
	unsigned int misses = 0;

	for (unsigned int i = 0; i < TRIED_MAX && misses < misses_max; i++) {
		const char *name = lend_arena_printf(arena, "%s%u", prefix, i);

		if (is_there(from,
			     lend_arena_printf(arena, "devices/%s/%s", name, attribute))) {
			*LEND_PUSH(arena, from->names, from->n, from->cap) = name;
			misses = 0;
		} else {
			misses++;
		}
	}
}

static void try_all_names(struct from_files *from)
{
	size_t first, behind;

	try_names(from, "nmem", "nfit/handle", MISSES_MAX);
	first = from->n;
	try_names(from, "region", "size", MISSES_MAX);
	behind = from->n;
	for (size_t i = first; i < behind; i++)
		try_names(from,
			  lend_arena_printf(&from->agent->scan->memory, "namespace%s.",
					    from->names[i] + strlen("region")),
			  "size", NAMESPACE_MISSES_MAX);
}

/* "namespace1.0", "pfn1.0": its number, as in "pmem1". */
static const char *number_of(const char *device)
{
	return device + strcspn(device, "0123456789");
}

/*
 * pmem0, pmem0.1 behind the first, and with an s when sectors are atomic
 * (nvdimm_namespace_disk_name() of drivers/nvdimm/namespace_devs.c).  The
 * number behind the dot is that of the namespace, not of what holds it.
 */
static const struct lend_answer *guess_block(struct from_files *from, const char *folder)
{
	struct lend_arena *arena = &from->agent->scan->memory;
	struct lend_answer *answer = answer_new(from->agent, LEND_NOT_ASKED);
	const char *number = number_of(folder);
	size_t region = strcspn(number, "./");
	bool sectors = strncmp(folder, "btt", 3) == 0;

	for (unsigned int i = 0; i < MISSES_MAX; i++) {
		const char *name = lend_arena_printf(
			arena, "pmem%.*s%.*s%s", (int)region, number, i == 0 ? 0 : 2,
			(const char *[]){ "", ".1", ".2", ".3" }[i], sectors ? "s" : "");

		if (!is_there(from,
			      lend_arena_printf(arena, "devices/%s/%s/size", folder, name)))
			continue;
		answer->known = LEND_KNOWN;
		answer->names = lend_arena_array(arena, 1, sizeof(*answer->names));
		answer->names[0] = name;
		answer->n_names = 1;
		break;
	}
	return answer;
}

/* daxN.M below daxN.M. */
static const struct lend_answer *guess_inside(struct from_files *from, const char *device)
{
	struct lend_arena *arena = &from->agent->scan->memory;
	struct lend_answer *answer = answer_new(from->agent, LEND_NOT_ASKED);

	if (!is_there(from, lend_arena_printf(arena, "devices/%s/%s/size", device, device)))
		return answer;
	answer->known = LEND_KNOWN;
	answer->names = lend_arena_array(arena, 1, sizeof(*answer->names));
	answer->names[0] = device;
	answer->n_names = 1;
	return answer;
}

static const struct lend_answer *get_file(void *arg, enum lend_via via, const char *path)
{
	struct from_files *from = arg;
	struct lend_answer *answer;

	if (via == LEND_VIA_DIR)
		return strchr(path, '/') != NULL ? guess_block(from, path)
						 : guess_inside(from, path);
	answer = answer_new(from->agent, LEND_NOT_ASKED);
	if (via == LEND_VIA_FILE)
		*answer = read_below(from, lend_arena_printf(&from->agent->scan->memory,
							     "devices/%s", path));
	return answer;
}

/* Whether sysfs can be read and an nd bus is in it; false with agent->why. */
static bool has_bus(struct from_files *from, bool *ret_has)
{
	struct lend_agent *a = from->agent;
	struct lend_answer bus = read_below(from, "drivers_autoprobe");
	struct lend_answer other;

	*ret_has = bus.known == LEND_KNOWN;
	if (*ret_has)
		return true;
	other = lend_agent_read(a, "/sys/bus/cpu/drivers_autoprobe", FILE_MAX);
	if (bus.known == LEND_ABSENT && other.known == LEND_KNOWN)
		return true;
	/* Why nothing could be run stays the reason. */
	if (!lend_agent_is_off(&bus) && bus.known != LEND_NOT_ASKED)
		lend_buf_printf(&a->why, "; its sysfs cannot be read: %s", bus.why);
	return false;
}

bool lend_guest_read_sysfs(struct lend_agent *a, const char *socket, const char *of)
{
	struct from_files from = { .agent = a };
	struct lend_nd_source source = { .get = get_file, .arg = &from };
	struct lend_answer last;
	uint32_t by;
	bool has;

	if (!has_bus(&from, &has))
		return false;
	if (has)
		try_all_names(&from);
	by = lend_build_sighting(&a->scan->build, LEND_CLAIMED, "guest-agent",
				 "sys/bus/nd/devices/%s", of);
	source.names = from.names;
	source.n_names = from.n;
	lend_collect_guest(a->scan, a->vm, "agent-files", socket, by);
	lend_collect_nd(a->scan, a->vm, &source, by);
	last = lend_agent_read(a, "/sys/bus/cpu/drivers_autoprobe", FILE_MAX);
	lend_build_gap(&a->scan->build, of, last.known != LEND_KNOWN,
		       last.known == LEND_KNOWN ? a->hint : "give it more time with --timeout",
		       "the guest of VM %s was seen by single files only: %s", a->vm,
		       last.known == LEND_KNOWN ? "what has no usual name stays hidden"
						: last.why);
	return true;
}
