/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names that change: what in a guest calls persistent memory /dev/pmemN.
 *
 * Asks  guest-file-read of /etc/fstab; guest-exec "/bin/sh -c" with a script
 *       that is always the same; over ssh the same file, and sh with the same
 *       script.  Of what it looks through, only the name of the file and the
 *       name of the device leave the guest
 * Adds  facts of guest nodes, trust "claimed"
 *
 * There may be passwords in such files, so no capture has them.
 */

#include "collect/guest-names.h"

#include "base/ascii.h"
#include "format/mountinfo.h"
#include "model/kind-guest.h"

enum {
	FSTAB_MAX = 32 << 10,
	NAMED_MAX = 16,
	DEVICE_MAX = 32, /* "/dev/pmem0.1s2" */
};

static const struct lend_ask ask_scripts = {
	.via = LEND_VIA_QGA,
	.key = "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/sh\","
	       "\"arg\":[\"-c\",\"%s\"],\"capture-output\":true}}",
	.limit_bytes = 256 << 10,
};

/*
 * Files below 64 KiB, 500 at most, and of each the first line that is no comment: "c" says
 * that there are more, "u" that the guest has no such tools.  Links are passed over: a unit
 * in NAME.wants is one that lies elsewhere, too.
 */
const char lend_guest_names_script[] =
	"for tool in awk find head tr xargs; do\n"
	"  command -v $tool >/dev/null 2>&1 || { echo u; exit 0; }\n"
	"done\n"
	"list() {\n"
	"  find /etc/rc.local /etc/rc.d/rc.local /etc/crypttab /etc/systemd/system"
	" /usr/local/bin /usr/local/sbin -maxdepth 2 -type f -size -128 2>/dev/null\n"
	"}\n"
	"list | awk 'NR == 501 { print \"c\"; exit }'\n"
	"list | head -n 500 | tr '\\n' '\\0' | LC_ALL=C xargs -0 awk '\n"
	"  /^[ \\t]*[#;]/ || (FILENAME in seen) { next }\n"
	"  match($0, /\\/dev\\/pmem[0-9][0-9a-z.]*/) {\n"
	"    seen[FILENAME] = 1\n"
	"    print \"n \" substr($0, RSTART, RLENGTH) \" \" FILENAME\n"
	"  }' /dev/null 2>/dev/null | head -n 100\n"
	"exit 0\n";

static const struct lend_ask ask_far_fstab = { .via = LEND_VIA_FILE,
					       .key = "etc/fstab",
					       .limit_bytes = FSTAB_MAX };
static const struct lend_ask ask_far_scripts = { .via = LEND_VIA_RUN,
						 .key = "sh -s",
						 .input = lend_guest_names_script,
						 .limit_bytes = 256 << 10 };

static bool is_pmem_name(const char *source)
{
	static const char start[] = "/dev/pmem";

	return strncmp(source, start, strlen(start)) == 0 &&
	       lend_ascii_is_digit(source[strlen(start)]);
}

/* "/dev/pmem0 at /data, ... and 3 more" */
struct names {
	struct lend_buf text;
	size_t n;
};

static void add_name(struct names *names, const char *device, const char *where,
		     const char *place)
{
	if (names->n++ < NAMED_MAX)
		lend_buf_printf(&names->text, "%s%s %s %s", names->n > 1 ? ", " : "", device,
				where, place);
}

static void put_names(struct lend_scan *scan, struct lend_guest *guest, struct lend_fact *fact,
		      uint32_t by, struct names *names)
{
	if (names->n > NAMED_MAX)
		lend_buf_printf(&names->text, " and %zu more", names->n - NAMED_MAX);
	if (names->n > 0)
		lend_build_text(&scan->build, &guest->node, fact, by, names->text.text);
	else
		lend_build_absent(&scan->build, &guest->node, fact, by);
	lend_buf_done(&names->text);
}

/* ---- what is mounted ---- */

static void put_lines(struct lend_scan *scan, struct lend_guest *guest, uint32_t by,
		      const struct lend_answer *answer)
{
	struct lend_span rest = { answer->bytes, answer->len };
	struct lend_fstab_line line;
	struct names names = { 0 };
	int r;

	while ((r = lend_fstab_line_next(&rest, &scan->memory, &line)) != 1) {
		if (r == 0 && is_pmem_name(line.source))
			add_name(&names, line.source, "at", line.point);
	}
	put_names(scan, guest, &guest->fstab_pmem, by, &names);
}

static void put_fstab(struct lend_scan *scan, struct lend_guest *guest, uint32_t by,
		      const struct lend_answer *answer)
{
	if (answer->known == LEND_KNOWN)
		put_lines(scan, guest, by, answer);
	else if (answer->known == LEND_ABSENT)
		lend_build_absent(&scan->build, &guest->node, &guest->fstab_pmem, by);
	else if (answer->known == LEND_UNREADABLE)
		lend_build_unreadable(&scan->build, &guest->node, &guest->fstab_pmem, by,
				      answer->why);
}

static void add_fstab(struct lend_agent *a, struct lend_guest *guest, const char *of)
{
	const struct lend_answer answer = lend_agent_read(a, "/etc/fstab", FSTAB_MAX);

	put_fstab(a->scan, guest,
		  lend_build_sighting(&a->scan->build, LEND_CLAIMED, "guest-agent", "etc/fstab",
				      of),
		  &answer);
}

/* ---- what is run ---- */

/* "n /dev/pmem0 /etc/rc.local"; false for what the script does not print. */
static bool take_line(struct lend_scan *scan, struct lend_span line, struct names *names)
{
	const char *text = lend_arena_strndup(&scan->memory, line.at, line.len);
	size_t len = line.len < 2 ? 0 : strcspn(text + 2, " ");

	if (line.len < 2 || text[0] != 'n' || text[1] != ' ' || text[2 + len] != ' ' ||
	    len > DEVICE_MAX || !is_pmem_name(text + 2))
		return false;
	add_name(names, lend_arena_strndup(&scan->memory, text + 2, len), "in",
		 text + 2 + len + 1);
	return true;
}

/* NULL, or why not all was seen. */
static const char *take_scripts(struct lend_scan *scan, const char *at, size_t len,
				struct names *names)
{
	const char *end = at + len;
	const char *why = NULL;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct lend_span line = { at, (size_t)((stop == NULL ? end : stop) - at) };

		if (line.len == 1 && *at == 'c')
			why = "there are more than 500 files to look through";
		else if (line.len == 1 && *at == 'u')
			why = "it lacks find, xargs or awk";
		else if (!take_line(scan, line, names))
			why = "its answer was not understood";
		at += line.len + 1;
	}
	return why;
}

/* why: not all was seen; what was found is bad enough. */
static void put_scripts(struct lend_scan *scan, struct lend_guest *guest, uint32_t by,
			struct names *names, const char *why)
{
	if (names->n > 0 || why == NULL)
		put_names(scan, guest, &guest->scripts_pmem, by, names);
	else
		lend_build_unreadable(&scan->build, &guest->node, &guest->scripts_pmem, by,
				      why);
}

static void add_scripts(struct lend_agent *a, struct lend_guest *guest, const char *of)
{
	struct lend_build *b = &a->scan->build;
	uint32_t by = lend_build_sighting(b, LEND_CLAIMED, "guest-agent", "scripts", of);
	lend_auto_buf out = { 0 };
	struct names names = { 0 };
	const char *why;

	if (lend_agent_exec(a, &ask_scripts, lend_guest_names_script, "/bin/sh", &out) !=
	    LEND_EXEC_DONE) {
		/* A capture does not have it. */
		if (lend_io_is_replay(a->scan->io))
			return;
		why = lend_build_intern(b, lend_buf_text(&a->why));
	} else {
		why = take_scripts(a->scan, lend_buf_text(&out), out.len, &names);
	}
	put_scripts(a->scan, guest, by, &names, why);
}

/* ---- both ---- */

void lend_guest_names(struct lend_agent *a, const char *of)
{
	struct lend_guest *guest = (struct lend_guest *)lend_build_find(
		&a->scan->build, LEND_KIND_GUEST, NULL, a->vm);

	if (guest == NULL || (a->scan->wants & LEND_ADDS(LEND_KIND_GUEST)) == 0 ||
	    lend_io_is_recording(a->scan->io))
		return;
	add_fstab(a, guest, of);
	add_scripts(a, guest, of);
}

void lend_guest_names_far(struct lend_scan *scan, struct lend_io *io, const char *vm,
			  const char *of)
{
	struct lend_guest *guest =
		(struct lend_guest *)lend_build_find(&scan->build, LEND_KIND_GUEST, NULL, vm);
	const struct lend_answer *answer;
	struct names names = { 0 };
	const char *why;
	uint32_t by;

	if (guest == NULL || (scan->wants & LEND_ADDS(LEND_KIND_GUEST)) == 0)
		return;
	by = lend_build_sighting(&scan->build, LEND_CLAIMED, "guest-ssh", "etc/fstab", of);
	put_fstab(scan, guest, by, lend_io_ask(io, &ask_far_fstab));
	answer = lend_io_ask(io, &ask_far_scripts);
	if (answer->known == LEND_NOT_ASKED)
		return;
	by = lend_build_sighting(&scan->build, LEND_CLAIMED, "guest-ssh", "scripts", of);
	why = answer->known == LEND_KNOWN
		      ? take_scripts(scan, answer->bytes, answer->len, &names)
		      : answer->why;
	put_scripts(scan, guest, by, &names, why);
}
