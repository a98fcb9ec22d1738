/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules: what has to hold, and why.  A rule looks at one node of an inventory,
 * of what is or of what would be (plan/propose.h); it never sees a wish, and
 * cannot look at a host.
 *
 * One subject a file, a const table of rules; src/rules/meson.build lists the
 * subjects.  docs/rules.md is made from the tables (lend explain --markdown).
 */

#ifndef LEND_RULES_RULES_H
#define LEND_RULES_RULES_H

#include "base/arena.h"
#include "model/inventory.h"

enum lend_level { LEND_LEVEL_NOTE, LEND_LEVEL_WARN, LEND_LEVEL_REFUSE };

/* How it is known that breaking the rule does what its why says. */
enum lend_proof {
	LEND_PROOF_DOCS, /* evidence: document, section, source file */
	LEND_PROOF_LAB,  /* evidence: the test in tests/lab that lets it happen, and not happen
			  */
};

struct lend_findings;

/* What rules look at. */
struct lend_view {
	const struct lend_inventory *inv; /* what is, or would be */
	const struct lend_inventory *now; /* what is, when inv is what would be; else NULL */
	const char *vm; /* only what that one has, and its guest; NULL: all nodes */
	const struct lend_node *const *about; /* only these; NULL: all */
	size_t n_about;
};

struct lend_rule {
	const char *id; /* "dimm-base-aligned": what has to hold */
	enum lend_level level;
	uint32_t on;      /* kind of node */
	const char *must; /* a sentence */
	const char *why;
	const char *hint; /* the one change that cures it; a finding may have a closer one */
	enum lend_proof proof;
	const char *evidence;
	const char *unproven; /* of LEND_PROOF_DOCS: why the lab cannot show it */
	/*
	 * Names of fields of the node, with spaces between, that check reads.  One
	 * that is neither known nor absent makes "cannot tell" of it, and check is
	 * not called.  NULL: none.
	 */
	const char *needs;
	/* NULL (all), or: is the rule about this node? */
	bool (*applies)(const struct lend_view *view, const struct lend_node *node);
	void (*check)(const struct lend_view *view, const struct lend_node *node,
		      struct lend_findings *out);
};

struct lend_rules {
	const char *subject; /* "geometry": its file, its part of docs/rules.md */
	const char *title;   /* "Sizes, slots, addresses" */
	const struct lend_rule *rules;
	size_t n;
};

/* Is the node, of view->inv, what the view is about?  With a vm: its own, and what that uses.
 */
bool lend_view_has(const struct lend_view *view, const struct lend_node *node);

/* In the order of src/rules/meson.build. */
extern const struct lend_rules *const lend_rules_all[];
extern const size_t lend_n_rules_all;

/* NULL when there is none of that id. */
const struct lend_rule *lend_rule_of(const char *id);

const char *lend_level_name(enum lend_level level); /* "note", "warn", "refuse" */
bool lend_level_of_name(const char *name, enum lend_level *ret);

/* ---- for rules ---- */

/*
 * The node breaks the rule.  The text says how, without the node's name and
 * without a full stop: "its base 0x1ffe00000 is no multiple of 16 MiB".
 */
void lend_violated(struct lend_findings *out, const struct lend_node *node, const char *fmt,
		   ...) LEND_PRINTF(3, 4);
/* The hint of the finding that was added last, instead of the rule's own. */
void lend_cure(struct lend_findings *out, const char *fmt, ...) LEND_PRINTF(2, 3);
/* Whether it does cannot be told: "whether it is on DAX is not known". */
void lend_untold(struct lend_findings *out, const struct lend_node *node, const char *fmt, ...)
	LEND_PRINTF(3, 4);

/*
 * A field of another node than the rule's own (of its backend): when it is
 * neither known nor absent that is told of node, and NULL returned.  of: NULL
 * is as if the field were not known.
 */
const struct lend_fact *lend_needed(struct lend_findings *out, const struct lend_node *node,
				    const struct lend_node *of, const char *field);

/* The arena for texts, which lives as long as the findings. */
struct lend_arena *lend_findings_arena(struct lend_findings *out);

/* For applies of rules on devices. */
bool lend_rule_is_nvdimm(const struct lend_view *view, const struct lend_node *node);

/* For applies of rules on functions: a VM has it, or its driver waits for one. */
bool lend_rule_is_given(const struct lend_view *view, const struct lend_node *node);

/* "4 GiB", "4094 MiB", "1000 B": exact (format/size.h). */
const char *lend_size_words(struct lend_findings *out, uint64_t bytes);

static inline bool lend_is_text(const struct lend_fact *fact, const char *text)
{
	return fact->known == LEND_KNOWN && strcmp(fact->v.str, text) == 0;
}
static inline bool lend_is_on(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN && fact->v.u64 != 0;
}
static inline bool lend_is_off(const struct lend_fact *fact)
{
	return fact->known == LEND_KNOWN && fact->v.u64 == 0;
}

/* ---- for those who run them ---- */

struct lend_finding {
	const struct lend_rule *rule;
	const struct lend_node *node;
	bool untold; /* it cannot be told whether the node breaks it */
	const char *text;
	const char *hint; /* NULL: none */
	size_t order;     /* in which it was found */
};

struct lend_findings {
	struct lend_arena arena;
	struct lend_finding *items; /* by node in the order of listing, then as the rules are */
	size_t n, cap;
	const struct lend_rule *rule; /* that is running */
};

struct lend_rules_options {
	const char *const *only; /* ids or subjects; none means all */
	size_t n_only;
	const char *const *skip;
	size_t n_skip;
};

/* An id or subject that no rule has is LEND_E_USAGE.  Sets *ret_findings, for
 * lend_findings_done. */
int lend_rules_run(const struct lend_view *view, const struct lend_rules_options *options,
		   struct lend_findings *ret_findings, struct lend_err *err) LEND_MUST_CHECK;
void lend_findings_done(struct lend_findings *findings);
#define lend_auto_findings LEND_CLEANUP(lend_findings_done) struct lend_findings

#endif
