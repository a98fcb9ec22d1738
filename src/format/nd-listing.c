/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/nd-listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Words that every shell has built in; of each attribute the first line. */
const char lend_nd_listing_script[] =
	"cd /sys/bus/nd/devices 2>/dev/null || {\n"
	"  [ -d /sys/bus/cpu ] && echo end\n"
	"  exit\n"
	"}\n"
	"show() {\n"
	"  for path; do\n"
	"    [ -e \"$path\" ] || continue\n"
	"    text=\n"
	"    if { read -r text <\"$path\"; } 2>/dev/null || [ -n \"$text\" ]; then\n"
	"      printf 'f %s %s\\n' \"$path\" \"$text\"\n"
	"    else\n"
	"      printf 'u %s\\n' \"$path\"\n"
	"    fi\n"
	"  done\n"
	"}\n"
	"for d in *; do\n"
	"  case $d in\n"
	"  nmem*) show $d/nfit/id $d/nfit/handle $d/nfit/phys_id $d/nfit/flags"
	" $d/available_slots ;;\n"
	"  ndbus*) show $d/provider ;;\n"
	"  region*) show $d/size $d/align $d/available_size $d/nstype $d/devtype $d/set_cookie"
	" $d/persistence_domain $d/read_only $d/numa_node $d/resource $d/mapping[0-9]* ;;\n"
	"  namespace*|btt*|pfn*|dax*) show $d/mode $d/size $d/uuid $d/alt_name $d/holder"
	" $d/sector_size ;;\n"
	"  *) continue ;;\n"
	"  esac\n"
	"  (cd -P $d && printf 'l %s %s\\n' $d \"$PWD\")\n"
	"  [ ! -e $d/driver ] || printf 'e %s\\n' $d/driver\n"
	"  for path in $d/block/* $d/dax[0-9]*; do\n"
	"    [ ! -e \"$path\" ] || printf 'n %s %s\\n' \"${path%/*}\" \"${path##*/}\"\n"
	"  done\n"
	"done\n"
	"echo end\n";

static int by_place(const void *va, const void *vb)
{
	const struct lend_nd_entry *a = va;
	const struct lend_nd_entry *b = vb;
	int r;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	r = strcmp(a->path, b->path);
	if (r != 0)
		return r;
	return a->line < b->line ? -1 : a->line > b->line;
}

/* false when it is none. */
static bool parse_line(struct lend_arena *arena, const char *line, size_t len,
		       struct lend_nd_entry *ret)
{
	const char *end = line + len;
	const char *space;

	if (len < 3 || line[1] != ' ' || strchr("lfuen", line[0]) == NULL ||
	    memchr(line, '\0', len) != NULL)
		return false;
	ret->kind = line[0];
	line += 2;
	space = memchr(line, ' ', (size_t)(end - line));
	ret->path =
		lend_arena_strndup(arena, line, (size_t)((space == NULL ? end : space) - line));
	ret->text = space == NULL
			    ? ""
			    : lend_arena_strndup(arena, space + 1, (size_t)(end - space - 1));
	return ret->path[0] != '\0';
}

int lend_nd_listing_parse(struct lend_arena *arena, const char *text, size_t len,
			  struct lend_nd_listing *ret, struct lend_err *err)
{
	struct lend_nd_listing listing = { 0 };
	const char *end = text + len;
	bool ended = false;

	for (size_t line = 0; text < end && !ended; line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop == NULL ? end : stop) - text);
		struct lend_nd_entry entry = { .line = line };

		ended = stop != NULL && n == 3 && memcmp(text, "end", 3) == 0;
		if (!ended && parse_line(arena, text, n, &entry))
			*LEND_PUSH(arena, listing.entries, listing.n, listing.cap) = entry;
		if (listing.n > LEND_ND_LISTING_MAX)
			return lend_fail(err, LEND_E_FORMAT,
					 "the list of its nd bus has more than %d entries",
					 LEND_ND_LISTING_MAX);
		text = stop == NULL ? end : stop + 1;
	}
	if (!ended)
		return lend_fail(err, LEND_E_FORMAT, "the list of its nd bus has no end");
	if (listing.n > 0)
		qsort(listing.entries, listing.n, sizeof(*listing.entries), by_place);
	*ret = listing;
	return 0;
}

static bool is_before(const struct lend_nd_entry *e, char kind, const char *path)
{
	if (e->kind != kind)
		return e->kind < kind;
	return path != NULL && strcmp(e->path, path) < 0;
}

size_t lend_nd_listing_find(const struct lend_nd_listing *listing, char kind, const char *path,
			    const struct lend_nd_entry **ret)
{
	size_t low = 0, high = listing->n, n = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_before(&listing->entries[middle], kind, path))
			low = middle + 1;
		else
			high = middle;
	}
	while (low + n < listing->n && listing->entries[low + n].kind == kind &&
	       (path == NULL || strcmp(listing->entries[low + n].path, path) == 0))
		n++;
	*ret = n == 0 ? NULL : &listing->entries[low];
	return n;
}
