/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lend check: what every rule says of what is, or of what a wish would make. */

#include "base/err.h"
#include "cli/change.h"
#include "cli/findings.h"
#include "cli/wishes.h"
#include "format/domain-xml.h"
#include "io/out.h"
#include "plan/propose.h"

static const struct lend_option options[] = {
	LEND_OPTION_DEVICE,
	LEND_OPTION_GUEST,
	LEND_OPTION(LEND_OPTION_ONE, "wish", 'w', wish, "FILE",
		    "what that wish would make instead of what is; FILE\n"
		    "may be a QEMU command line, too; \"-\" is standard input"),
	LEND_OPTION(LEND_OPTION_LIST, "only", '\0', only, "RULE",
		    "only that rule or subject; may be repeated"),
	LEND_OPTION(LEND_OPTION_LIST, "skip", '\0', skip, "RULE",
		    "leave that rule or subject out; may be repeated"),
	LEND_OPTION(LEND_OPTION_TEXT, "fail-on", '\0', fail_on, "LEVEL",
		    "exit status 1 from that level on: note, warn, refuse;\n"
		    "warn by default"),
	LEND_OPTION_JSON,
	LEND_OPTION_NO_GUESTS,
	LEND_OPTION_TIMEOUT,
	LEND_OPTION_STATE_DIR,
	LEND_OPTION_COMMON,
};

struct check {
	const struct lend_args *args;
	struct lend_arena arena;
	struct lend_buf out;
	struct lend_findings_said said;
	bool foreign; /* of another architecture: no rule knows it */
};

static void check_done(struct check *c)
{
	lend_buf_done(&c->out);
	lend_arena_done(&c->arena);
}

static struct lend_rules_options rules_options(const struct lend_args *args)
{
	return (struct lend_rules_options){ .only = args->only.items,
					    .n_only = args->only.n,
					    .skip = args->skip.items,
					    .n_skip = args->skip.n };
}

static int add(struct check *c, const struct lend_inventory *first,
	       const struct lend_view *view, const struct lend_plan *plan, struct lend_err *err)
{
	struct lend_rules_options o = rules_options(c->args);
	lend_auto_findings findings = { .n = 0 };

	if (!c->foreign && lend_rules_run(view, &o, &findings, err) < 0)
		return -1;
	if (!c->args->json && findings.n > 0)
		lend_put_host(&c->out, first, view->inv);
	lend_findings_put(&c->out, &findings, c->args, &c->said);
	if (plan != NULL && c->args->only.n == 0)
		lend_findings_put_plan(&c->out, plan, &findings, c->args, &c->said);
	return 0;
}

static int check_now(struct check *c, struct lend_inventory **first, struct lend_err *err)
{
	if (lend_args_scan(c->args, NULL, first, err) < 0)
		return -1;
	for (const struct lend_inventory *inv = *first; inv != NULL;
	     inv = lend_next_host(inv)) {
		struct lend_view view = { .inv = inv };

		if (add(c, *first, &view, NULL, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what would be ---- */

static int scan_for(struct check *c, const struct lend_proposal *proposal,
		    struct lend_look *look, struct lend_err *err)
{
	struct lend_scan_options scan = { .sources = c->args->sources.items,
					  .n_sources = c->args->sources.n };

	lend_propose_wants(&look->arena, proposal, &scan);
	scan.qemu =
		proposal->args->argv0 != NULL ? proposal->args->argv0 : "qemu-system-x86_64";
	return lend_look_at(look, c->args, &scan, err);
}

static int add_proposal(struct check *c, const struct lend_proposal *proposal,
			const struct lend_inventory *now, const struct lend_plan *plan,
			struct lend_err *err)
{
	lend_auto_inventory *then = NULL;
	struct lend_view view = { .now = now, .vm = proposal->vm };

	c->said.vm = proposal->vm;
	c->foreign = !lend_qemu_args_is_x86(proposal->args);
	lend_propose(now, proposal, &then);
	view.inv = then;
	if (add(c, then, &view, plan, err) < 0)
		return -1;
	c->foreign = false;
	lend_findings_put_unread(
		&c->out, lend_find(then, lend_arena_printf(&c->arena, "vm/%s", proposal->vm)),
		proposal->args, c->args, &c->said);
	return 0;
}

/* As a shell has it, or as /proc/PID/cmdline. */
static bool read_command_line(struct lend_arena *arena, const struct lend_buf *text,
			      struct lend_qemu_args *ret)
{
	struct lend_err ignored = { 0 };

	if (memchr(lend_buf_text(text), '\0', text->len) == NULL)
		return lend_qemu_args_parse_text(arena, lend_buf_text(text), text->len, ret,
						 &ignored) == 0;
	lend_qemu_args_parse(arena, lend_buf_text(text), text->len, ret);
	return ret->argv0 != NULL && lend_qemu_is_program(ret->argv0);
}

/* Where relative paths of the command line begin: it would be typed here. */
static const char *here(struct lend_arena *arena)
{
	const char *path = lend_in_absolute(arena, ".");
	size_t len = strlen(path);

	return len > 2 && strcmp(path + len - 2, "/.") == 0
		       ? lend_arena_strndup(arena, path, len - 2)
		       : path;
}

static int check_command_line(struct check *c, struct lend_look *look,
			      const struct lend_qemu_args *args, struct lend_err *err)
{
	struct lend_proposal proposal = { .args = args };

	proposal.vm = args->name != NULL && args->name[0] != '\0' ? args->name : "wished";
	proposal.cwd = here(&look->arena);
	if (scan_for(c, &proposal, look, err) < 0)
		return -1;
	return add_proposal(c, &proposal, look->inventory, NULL, err);
}

static int check_wish(struct check *c, struct lend_change *change, struct lend_look *look,
		      struct lend_err *err)
{
	lend_auto_plan *plan = NULL;
	struct lend_qemu_args args;
	struct lend_proposal proposal = { .vm = look->wish.vm, .args = &args };
	lend_auto_buf argv = { 0 };

	if (lend_look_wish(change, c->args, c->args->sources.items, c->args->sources.n, look,
			   err) < 0 ||
	    lend_plan_argv(&look->request, &argv, &plan, err) < 0)
		return -1;
	lend_qemu_args_parse(&look->arena, lend_buf_text(&argv), argv.len, &args);
	proposal.plan = plan;
	return add_proposal(c, &proposal, look->inventory, plan, err);
}

static int check_then(struct check *c, struct lend_look *look, struct lend_err *err)
{
	const char *path = c->args->wish;
	struct lend_err no_wish = { 0 };
	lend_auto_change change;
	lend_auto_buf text = { 0 };
	struct lend_qemu_args args;

	if (lend_change_init(&change, c->args, err) < 0 ||
	    lend_in_file(path, LEND_WISH_BYTES_MAX, &text, err) < 0)
		return -1;
	if (lend_domain_recognise(lend_buf_text(&text), text.len)) {
		lend_hint(err, "lend wish --from %.100s | lend check --wish -", path);
		return lend_fail(err, LEND_E_USAGE, "%.100s is a domain of libvirt, not a wish",
				 strcmp(path, "-") == 0 ? "standard input" : path);
	}
	if (lend_wish_parse(&look->arena, path, lend_buf_text(&text), text.len, &look->wish,
			    &no_wish) == 0)
		return check_wish(c, &change, look, err);
	if (!read_command_line(&look->arena, &text, &args)) {
		*err = no_wish;
		return -1;
	}
	return check_command_line(c, look, &args, err);
}

static int run(const struct lend_args *args, struct lend_err *err)
{
	struct check c = { .args = args };
	lend_auto_look struct lend_look look = { 0 };
	lend_auto_inventory *first = NULL;
	const struct lend_inventory *seen;
	int r;

	c.said.fail_on = LEND_LEVEL_WARN;
	if (args->fail_on != NULL && !lend_level_of_name(args->fail_on, &c.said.fail_on))
		return lend_fail(err, LEND_E_USAGE,
				 "--fail-on takes note, warn or refuse, not '%.60s'",
				 args->fail_on);
	lend_findings_begin(&c.out, args);
	r = args->wish != NULL ? check_then(&c, &look, err) : check_now(&c, &first, err);
	seen = args->wish != NULL ? look.inventory : first;
	if (r == 0) {
		lend_findings_end(&c.out, seen, args, &c.said);
		r = lend_out(&c.out, err);
	}
	if (r == 0 && !args->json)
		lend_print_gaps(seen, !args->no_hints);
	if (r == 0)
		r = lend_findings_status(&c.said, seen);
	check_done(&c);
	return r;
}

const struct lend_command lend_command_check = {
	.name = "check",
	.synopsis = "[OPTION...] [SOURCE...]",
	.summary = "what is wrong, or would be: the findings of every rule",
	.about =
		"A finding is a note, a warning, or refuses: what a refusal is about is not\n"
		"applied.  \"cannot tell\" says which fact is missing.\n\n"
		"Exit status: 1 with findings from --fail-on on; 4 when there are none, but a\n"
		"rule could not tell, or something that matters could not be seen.  With --wish\n"
		"what other VMs hide does not count.\n",
	.examples = "  lend check\n"
		    "  lend check --wish db1.yaml\n"
		    "  lend check --wish start-db1.sh --skip cpu-flushes-well\n",
	.options = options,
	.n_options = LEND_COUNT(options),
	.sources = true,
	.run = run,
};
