/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/wishes.h"

#include "base/err.h"
#include "base/json.h"
#include "io/out.h"

static bool is_plan(const struct lend_buf *text)
{
	static const char *const keys[] = { "lend-plan" };

	return lend_json_find_key(lend_buf_text(text), text->len, keys, LEND_COUNT(keys)) <
	       LEND_COUNT(keys);
}

static int load_plan(const char *path, const struct lend_buf *text, bool others,
		     struct lend_plan **ret_plan, struct lend_err *err)
{
	if (others) {
		lend_hint(err, "chmod go-w %.150s; when it is not yours, make the plan again",
			  path);
		return lend_fail(err, LEND_E_REFUSED,
				 "others can write '%.100s', so it is not done", path);
	}
	if (lend_plan_load_text(lend_buf_text(text), text->len, ret_plan, err) < 0)
		return lend_where(err, "%.100s", path);
	return 0;
}

int lend_wish_or_plan(struct lend_change *change, const struct lend_args *args,
		      const char *path, struct lend_plan **ret_plan, struct lend_err *err)
{
	lend_auto_buf text = { 0 };
	bool others;

	(void)change;
	(void)args;
	if (lend_in_file_whose(path, LEND_PLAN_BYTES_MAX, &text, &others, err) < 0)
		return -1;
	if (is_plan(&text))
		return load_plan(path, &text, others, ret_plan, err);
	return lend_fail(err, LEND_E_USAGE, "'%.100s' is no plan", path);
}
