/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan as text for people.  Everything is escaped; sizes have units. */

#ifndef LEND_RENDER_PLAN_TEXT_H
#define LEND_RENDER_PLAN_TEXT_H

#include "plan/plan.h"

/* Its title, then each step: what it is about, before and after, what a person would type, how
 * it goes back. */
void lend_render_plan(struct lend_buf *out, const struct lend_plan *plan);

/* "warning: ...", and a line with the hint. */
void lend_render_remark(struct lend_buf *out, const struct lend_remark *remark, bool hints);

/* What to know once it is done: how to reach the guest, how to take it back.  state_dir: NULL,
 * or what --state-dir said. */
void lend_render_after(struct lend_buf *out, const struct lend_plan *plan, const char *journal,
		       const char *state_dir);

/* As lend_state_text, with sizes for people. */
void lend_render_state(struct lend_buf *out, const struct lend_state *state);

#endif
