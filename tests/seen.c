/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/seen.h"

#include <sys/stat.h>

#include "base/buf.h"
#include "tests/must.h"

void put_file(const char *root, const char *path, const char *text)
{
	char whole[400];
	FILE *file;

	(void)snprintf(whole, sizeof(whole), "%s/%s", root, path);
	for (char *p = whole + strlen(root) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		(void)mkdir(whole, 0755);
		*p = '/';
	}
	file = fopen(whole, "w");
	must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

void must_say(const struct lend_inventory *inv, const char *id, const char *field,
	      const char *want)
{
	const struct lend_node *node = lend_find(inv, id);
	const struct lend_field *f = node == NULL ? NULL : lend_kind_field(node->kind, field);
	lend_auto_buf text = { 0 };
	lend_auto_buf row = { 0 };

	lend_buf_printf(&row, "%s %s", id, field);
	must_in(row.text);
	must(f != NULL);
	switch (lend_fact_at(node, f)->known) {
	case LEND_ABSENT:
		lend_buf_putc(&text, '-');
		break;
	case LEND_UNREADABLE:
		lend_buf_putc(&text, '?');
		break;
	default:
		lend_fact_text(&text, f, lend_fact_at(node, f));
	}
	must_str(lend_buf_text(&text), want);
	must_in("");
}

bool uses(const struct lend_inventory *inv, const char *user, const char *used)
{
	const struct lend_node *node = lend_find(inv, user);
	const struct lend_node *other;

	must(node != NULL);
	for (size_t i = 0; (other = lend_used_by(inv, node, i)) != NULL; i++) {
		if (strcmp(lend_node_id(other), used) == 0)
			return true;
	}
	return false;
}
