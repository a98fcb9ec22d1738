/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One fact as people read it. */

#include "format/size.h"
#include "render/render.h"

static void put_value(struct lend_buf *out, const struct lend_field *field,
		      const struct lend_fact *fact)
{
	lend_auto_buf text = { 0 };

	if (field->type == LEND_FIELD_BYTES) {
		lend_size_format(out, fact->v.u64);
	} else if (field->type == LEND_FIELD_BOOL) {
		lend_buf_puts(out, fact->v.u64 != 0 ? "yes" : "no");
	} else {
		lend_fact_text(&text, field, fact);
		lend_buf_put_safe(out, lend_buf_text(&text), text.len);
	}
}

void lend_render_fact(struct lend_buf *out, const struct lend_inventory *inv,
		      const struct lend_node *node, const struct lend_field *field, bool utf8)
{
	const struct lend_fact *fact = lend_fact_at(node, field);
	const struct lend_dispute *other = NULL;

	switch ((enum lend_known)fact->known) {
	case LEND_NOT_ASKED:
		return;
	case LEND_ABSENT:
		lend_buf_putc(out, '-');
		return;
	case LEND_UNREADABLE:
		lend_buf_putc(out, '?');
		return;
	case LEND_KNOWN:
	case LEND_DISPUTED:
		put_value(out, field, fact);
		if (fact->trust == LEND_PREDICTED)
			lend_buf_puts(out, " (predicted)");
	}
	if (fact->known != LEND_DISPUTED)
		return;
	while ((other = lend_next_dispute(inv, node, field, other)) != NULL) {
		lend_buf_puts(out, utf8 ? " \xe2\x89\xa0 " : " != ");
		put_value(out, field, &other->fact);
	}
}
