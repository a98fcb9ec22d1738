/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vim-vms.h"

#include "base/err.h"
#include "base/num.h"
#include "format/span.h"

static const char *const head[] = {
	"Vmid", "Name", "File", "Guest OS", "Version", "Annotation"
};

static bool is_head(struct lend_span line)
{
	line = lend_span_trim(line);
	for (size_t i = 0; i < LEND_COUNT(head); i++) {
		if (!lend_ascii_has_prefix(line.at, line.len, head[i]))
			return false;
		line = lend_span_trim((struct lend_span){ line.at + strlen(head[i]),
							  line.len - strlen(head[i]) });
	}
	return line.len == 0;
}

bool lend_vim_vms_recognise(const char *text, size_t len)
{
	struct lend_span rest = { text, len };
	struct lend_span line;

	while (lend_span_next_line(&rest, &line)) {
		if (is_head(line))
			return true;
	}
	return false;
}

static struct lend_span skip(struct lend_span s, size_t len)
{
	return (struct lend_span){ s.at + len, s.len - len };
}

/* Where "  " begins, or the whole length: columns stand two blanks apart or more. */
static size_t to_gap(struct lend_span s)
{
	for (size_t i = 0; i + 1 < s.len; i++) {
		if (s.at[i] == ' ' && s.at[i + 1] == ' ')
			return i;
	}
	return s.len;
}

/*
 * The length of "[datastore] dir/name.vmx" at the start of s; 0: it is none.
 * At its end stand two blanks, or the line ends: a name may have ".vmx" inside.
 */
static size_t file_len(struct lend_span s)
{
	const char *close = s.len > 1 && s.at[0] == '[' ? memchr(s.at, ']', s.len) : NULL;
	size_t start;

	if (close == NULL || close == s.at + 1 || close + 1 >= s.at + s.len || close[1] != ' ')
		return 0;
	start = (size_t)(close - s.at) + 2;
	for (size_t i = start + 1; i + 4 <= s.len; i++) {
		struct lend_span behind = skip(s, i + 4);

		if (lend_ascii_has_prefix(s.at + i, s.len - i, ".vmx") &&
		    (behind.len == 0 ||
		     (behind.at[0] == ' ' && (behind.len == 1 || behind.at[1] == ' '))))
			return i + 4;
		if (s.at[i] == ' ' && s.at[i - 1] == ' ')
			return 0; /* the next column */
	}
	return 0;
}

static const char *take_column(struct lend_arena *arena, struct lend_span *rest)
{
	struct lend_span word;

	*rest = lend_span_trim(*rest);
	if (rest->len == 0)
		return NULL;
	word = (struct lend_span){ rest->at, to_gap(*rest) };
	*rest = skip(*rest, word.len);
	return lend_arena_strndup(arena, word.at, word.len);
}

static void fill(struct lend_arena *arena, struct lend_span name, struct lend_span file,
		 struct lend_span rest, struct lend_vim_vm *vm)
{
	size_t store = (size_t)((const char *)memchr(file.at, ']', file.len) - file.at);

	name = lend_span_trim(name);
	vm->name = lend_arena_strndup(arena, name.at, name.len);
	vm->datastore = lend_arena_strndup(arena, file.at + 1, store - 1);
	vm->path = lend_arena_strndup(arena, file.at + store + 2, file.len - store - 2);
	vm->guest_os = take_column(arena, &rest);
	vm->version = take_column(arena, &rest);
	rest = lend_span_trim(rest);
	if (rest.len > 0)
		vm->annotation = lend_arena_strndup(arena, rest.at, rest.len);
}

/*
 * The files that begin a column; the first is *ret_file.  A VM may be called
 * "[a] b.vmx", and an annotation may say so: then there are two.
 */
static size_t find_files(struct lend_span s, struct lend_span *ret_file)
{
	size_t n = 0;

	for (size_t i = 1; i < s.len && n < 2; i++) {
		struct lend_span at = skip(s, i);

		if (s.at[i] != '[' || s.at[i - 1] != ' ' || (i > 1 && s.at[i - 2] != ' '))
			continue;
		at.len = file_len(at);
		if (at.len == 0)
			continue;
		if (n++ == 0)
			*ret_file = at;
		i += at.len - 1;
	}
	return n;
}

/* 1: a VM; 0: begins as none, a further line of an annotation; -1: begins as one, and is odd.
 */
static int read_row(struct lend_arena *arena, struct lend_span line, struct lend_vim_vm *vm)
{
	struct lend_span file = { "", 0 };
	struct lend_span rest, name;
	size_t digits = 0;

	while (digits < line.len && lend_ascii_is_digit(line.at[digits]))
		digits++;
	if (digits == 0 || digits == line.len || line.at[digits] != ' ' ||
	    !lend_parse_u64n(line.at, digits, 10, &vm->id))
		return 0;
	rest = skip(line, digits);
	if (find_files(rest, &file) != 1)
		return memchr(rest.at, '[', rest.len) != NULL ? -1 : 0;
	name = (struct lend_span){ rest.at, (size_t)(file.at - rest.at) };
	if (lend_span_trim(name).len == 0)
		return -1;
	fill(arena, name, file, skip(rest, name.len + file.len), vm);
	return 1;
}

static int read_rows(struct lend_vim_vms *vms, struct lend_span rest, struct lend_arena *arena,
		     struct lend_err *err)
{
	struct lend_span line;
	unsigned int number = 0;
	bool in_list = false;

	while (lend_span_next_line(&rest, &line)) {
		struct lend_vim_vm vm = { .line = ++number };
		int r;

		while (line.len > 0 && lend_ascii_is_space(line.at[line.len - 1]))
			line.len--;
		if (!in_list) {
			in_list = is_head(line);
			continue;
		}
		r = read_row(arena, line, &vm);
		if (r < 0 && vms->n_odd++ == 0)
			vms->first_odd = number;
		if (r <= 0)
			continue;
		if (vms->n_vms == LEND_VIM_VMS_MAX)
			return lend_fail(err, LEND_E_FORMAT, "more than %d VMs",
					 LEND_VIM_VMS_MAX);
		*LEND_PUSH(arena, vms->vms, vms->n_vms, vms->cap_vms) = vm;
	}
	if (in_list)
		return 0;
	lend_hint(err, "save what vim-cmd vmsvc/getallvms prints, its first line included");
	return lend_fail(err, LEND_E_FORMAT, "no list of VMs: its head is not there");
}

int lend_vim_vms_parse(const char *text, size_t len, struct lend_arena *arena,
		       struct lend_vim_vms *ret_vms, struct lend_err *err)
{
	struct lend_vim_vms vms = { 0 };

	if (lend_span_check("a list of VMs", text, len, LEND_VIM_VMS_MAX_BYTES, err) < 0)
		return -1;
	if (read_rows(&vms, (struct lend_span){ text, len }, arena, err) < 0)
		return -1;
	*ret_vms = vms;
	return 0;
}

void lend_vim_vm_put_path(const struct lend_vim_vm *vm, struct lend_buf *out)
{
	lend_buf_printf(out, "/vmfs/volumes/%s/%s", vm->datastore, vm->path);
}

void lend_vim_vms_write(const struct lend_vim_vms *vms, struct lend_buf *out)
{
	for (size_t i = 0; i < LEND_COUNT(head); i++)
		lend_buf_printf(out, "%s%s", head[i], i + 1 < LEND_COUNT(head) ? "   " : "\n");
	for (size_t i = 0; i < vms->n_vms; i++) {
		const struct lend_vim_vm *vm = &vms->vms[i];

		lend_buf_printf(out, "%llu   %s   [%s] %s", (unsigned long long)vm->id,
				vm->name, vm->datastore, vm->path);
		if (vm->guest_os != NULL)
			lend_buf_printf(out, "   %s", vm->guest_os);
		if (vm->version != NULL)
			lend_buf_printf(out, "   %s", vm->version);
		if (vm->annotation != NULL)
			lend_buf_printf(out, "   %s", vm->annotation);
		lend_buf_putc(out, '\n');
	}
}
