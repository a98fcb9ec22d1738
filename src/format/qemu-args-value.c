/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single values of QEMU options, and the remarks about those that are odd. */

#include <stdarg.h>

#include "base/err.h"
#include "base/num.h"
#include "format/qemu-args-parse.h"
#include "format/size.h"

enum {
	REMARKS_MAX = 64,
	REMARK_BYTES = 200,
	QUOTE_MAX = 60, /* bytes of a value in a remark */
};

void lend_qemu_remark(struct lend_qemu_parser *p, enum lend_qemu_remark_kind kind,
		      const char *option, const char *fmt, ...)
{
	struct lend_qemu_args *out = p->out;
	struct lend_qemu_remark *remark;
	char text[REMARK_BYTES];
	va_list ap;

	if (out->n_remarks == REMARKS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	remark = LEND_PUSH(p->arena, out->remarks, out->n_remarks, out->cap_remarks);
	remark->kind = kind;
	remark->option = option;
	remark->text = lend_arena_strdup(p->arena, text);
}

bool lend_qemu_has_room(struct lend_qemu_parser *p, size_t n, const char *option)
{
	if (n < LEND_QEMU_ARGS_MAX)
		return true;
	lend_qemu_remark(p, LEND_QEMU_CUT, option, "more than %d of them: one was left out",
			 LEND_QEMU_ARGS_MAX);
	return false;
}

bool lend_qemu_pairs(struct lend_qemu_parser *p, const char *option, const char *value,
		     const char *implied, struct lend_qemu_opts *ret)
{
	struct lend_err err = { 0 };

	if (lend_qemu_opts_parse(p->arena, value, implied, ret, &err) < 0) {
		lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option, "%s", err.what);
		return false;
	}
	for (size_t i = 0; i < ret->n; i++) {
		const struct lend_qemu_pair *pair = &ret->pairs[i];

		if (pair->bare != NULL)
			lend_qemu_remark(p, LEND_QEMU_OLD_SPELLING, option,
					 "\"%.*s\" is an old spelling of %.*s=%s", QUOTE_MAX,
					 pair->bare, QUOTE_MAX, pair->key, pair->value);
	}
	return true;
}

static void not_understood(struct lend_qemu_parser *p, const char *option, const char *key,
			   const char *value, const char *want)
{
	lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option, "%s=%.*s is not %s", key,
			 QUOTE_MAX, value, want);
}

enum lend_tri lend_qemu_tri(struct lend_qemu_parser *p, const char *option,
			    const struct lend_qemu_opts *opts, const char *key)
{
	static const char *const words[][2] = {
		{ "on", "off" }, { "yes", "no" }, { "true", "false" }, { "y", "n" }
	};
	const char *value = lend_qemu_opts_get(opts, key);

	if (value == NULL)
		return LEND_TRI_UNSET;
	for (size_t i = 0; i < LEND_COUNT(words); i++) {
		if (strcmp(value, words[i][0]) == 0)
			return LEND_TRI_ON;
		if (strcmp(value, words[i][1]) == 0)
			return LEND_TRI_OFF;
	}
	not_understood(p, option, key, value, "on or off");
	return LEND_TRI_UNSET;
}

struct lend_opt_u64 lend_qemu_number(struct lend_qemu_parser *p, const char *option,
				     const struct lend_qemu_opts *opts, const char *key)
{
	const char *value = lend_qemu_opts_get(opts, key);
	struct lend_opt_u64 number = { 0 };

	/* -1 is the default of several properties and means that QEMU chooses. */
	if (value == NULL || strcmp(value, "-1") == 0)
		return number;
	number.has = lend_parse_u64(value, 0, &number.v);
	if (!number.has)
		not_understood(p, option, key, value, "a number");
	return number;
}

static struct lend_opt_u64 size_in(struct lend_qemu_parser *p, const char *option,
				   const struct lend_qemu_opts *opts, const char *key,
				   enum lend_size_style style)
{
	const char *value = lend_qemu_opts_get(opts, key);
	struct lend_opt_u64 size = { 0 };
	struct lend_err err = { 0 };

	if (value == NULL)
		return size;
	size.has = lend_size_parse(value, style, &size.v, &err) == 0;
	if (!size.has)
		lend_qemu_remark(p, LEND_QEMU_NOT_UNDERSTOOD, option, "%s: %s", key, err.what);
	return size;
}

struct lend_opt_u64 lend_qemu_size(struct lend_qemu_parser *p, const char *option,
				   const struct lend_qemu_opts *opts, const char *key)
{
	return size_in(p, option, opts, key, LEND_SIZE_QEMU);
}

struct lend_opt_u64 lend_qemu_size_mib(struct lend_qemu_parser *p, const char *option,
				       const struct lend_qemu_opts *opts, const char *key)
{
	return size_in(p, option, opts, key, LEND_SIZE_QEMU_MIB);
}

bool lend_qemu_is_dimm(const char *driver)
{
	return strcmp(driver, "nvdimm") == 0 || strcmp(driver, "spapr-nvdimm") == 0 ||
	       strcmp(driver, "pc-dimm") == 0;
}
