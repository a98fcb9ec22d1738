/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "render/impact-text.h"

#include "model/kind-block.h"
#include "model/kind-datastore.h"
#include "model/kind-net.h"
#include "model/kind-pci.h"
#include "model/kind-process.h"
#include "model/kind-role.h"
#include "model/kind-vm.h"
#include "render/grid.h"

static void put_safe(struct lend_buf *out, const char *text)
{
	lend_buf_put_safe(out, text, strlen(text));
}

static void put_known(struct lend_buf *out, const char *before, const struct lend_fact *fact)
{
	if (fact->known != LEND_KNOWN)
		return;
	lend_buf_puts(out, before);
	put_safe(out, fact->v.str);
}

/* Its name, else its class, else the numbers that lspci -n has. */
static void put_product(struct lend_buf *out, const struct lend_pci *pci)
{
	if (pci->product.known == LEND_KNOWN)
		put_known(out, " ", &pci->product);
	else if (pci->class_name.known == LEND_KNOWN)
		put_known(out, " ", &pci->class_name);
	else if (pci->vendor_id.known == LEND_KNOWN && pci->device_id.known == LEND_KNOWN)
		lend_buf_printf(out, " [%04x:%04x]", (unsigned int)pci->vendor_id.v.u64,
				(unsigned int)pci->device_id.v.u64);
}

/* A disk right on the function, by its own name and serial; not its partitions. */
static void put_disk(struct lend_buf *out, const struct lend_block *block)
{
	lend_buf_puts(out, ", ");
	put_safe(out, block->node.name);
	put_known(out, " serial ", &block->serial);
}

void lend_render_function(struct lend_buf *out, const struct lend_inventory *inv,
			  const struct lend_node *node)
{
	const struct lend_node *user;

	put_safe(out, node->name);
	if (node->kind == LEND_KIND_PCI)
		put_product(out, lend_as_pci(node));
	if (node->kind == LEND_KIND_BLOCK)
		put_known(out, " holds ", &lend_as_block(node)->holds);
	for (size_t i = 0; (user = lend_user_of(inv, node, i)) != NULL; i++) {
		if (user->kind == LEND_KIND_BLOCK)
			put_disk(out, lend_as_block(user));
		if (user->kind == LEND_KIND_ADAPTER || user->kind == LEND_KIND_NET ||
		    user->kind == LEND_KIND_VMNIC) {
			lend_buf_puts(out, ", ");
			put_safe(out, user->name);
		}
	}
}

static void put_members(struct lend_buf *out, const struct lend_impact *impact)
{
	for (size_t i = 0; i < impact->n_members; i++) {
		const struct lend_impact_member *member = &impact->members[i];

		lend_buf_puts(out, member->because == NULL ? "given: " : "with it: ");
		lend_render_function(out, impact->inv, member->node);
		if (member->because != NULL) {
			lend_buf_puts(out, " (");
			lend_buf_puts(out, member->why);
			if (impact->n_members > 2) {
				lend_buf_puts(out, ": ");
				put_safe(out, member->because->name);
			}
			lend_buf_putc(out, ')');
		}
		lend_buf_putc(out, '\n');
	}
}

static void put_more(struct lend_buf *out, const struct lend_impact_hit *hit)
{
	if (hit->node->kind == LEND_KIND_ROLE)
		put_known(out, ", ", &lend_as_role(hit->node)->role);
	if (hit->node->kind == LEND_KIND_PROCESS)
		put_known(out, " ", &lend_as_process(hit->node)->command);
	if (hit->node->kind == LEND_KIND_NET &&
	    lend_as_net(hit->node)->space.known == LEND_KNOWN) {
		put_known(out, " (network namespace ", &lend_as_net(hit->node)->space);
		lend_buf_putc(out, ')');
	}
	if (hit->node->kind == LEND_KIND_BLOCK &&
	    lend_as_block(hit->node)->holds.known == LEND_KNOWN) {
		put_known(out, " (holds ", &lend_as_block(hit->node)->holds);
		lend_buf_puts(out, ", unused)");
	}
}

/* Of a VM that runs the loss is felt at once. */
static void put_state(struct lend_buf *out, const struct lend_vm *vm)
{
	if (vm->hypervisor.known != LEND_KNOWN || strcmp(vm->hypervisor.v.str, "esxi") != 0 ||
	    vm->state.known != LEND_KNOWN)
		return;
	lend_buf_puts(out, " (");
	put_safe(out, vm->state.v.str);
	lend_buf_putc(out, ')');
}

/* A bank has no name on older hosts. */
static void put_role(struct lend_buf *out, const struct lend_datastore *ds)
{
	if (ds->role.known != LEND_KNOWN)
		return;
	lend_buf_puts(out, " (");
	put_safe(out, ds->role.v.str);
	lend_buf_putc(out, ')');
}

static void put_hits(struct lend_buf *out, const struct lend_impact *impact,
		     const struct lend_style *style)
{
	lend_auto_grid struct lend_grid grid = { 0 };
	size_t n = 0;

	lend_grid_column(&grid, "now", false);
	lend_grid_column(&grid, "next_boot", false);
	lend_grid_column(&grid, "what", false);
	lend_grid_column(&grid, "by", false);
	for (size_t i = 0; i < impact->n_hits; i++) {
		const struct lend_impact_hit *hit = &impact->hits[i];
		lend_auto_buf what = { 0 };
		lend_auto_buf by = { 0 };

		if (!hit->shown)
			continue;
		n++;
		lend_buf_printf(&what, "%s ", lend_node_kind(hit->node));
		put_safe(&what, hit->node->name);
		put_more(&what, hit);
		if (hit->node->kind == LEND_KIND_DATASTORE)
			put_role(&what, lend_as_datastore(hit->node));
		if (hit->node->kind == LEND_KIND_VM)
			put_state(&what, lend_as_vm(hit->node));
		if ((hit->node->kind == LEND_KIND_BLOCK || hit->node->kind == LEND_KIND_NET) &&
		    hit->legs > hit->lost)
			lend_buf_printf(&what, " (%u of %u left)", hit->legs - hit->lost,
					hit->legs);
		lend_impact_chain(hit, &by);
		lend_grid_cell(&grid, lend_impact_level_text(hit->now));
		lend_grid_cell(&grid, lend_impact_level_text(hit->boot));
		lend_grid_cell(&grid, lend_buf_text(&what));
		lend_grid_cell(&grid, lend_buf_text(&by));
	}
	if (n == 0)
		lend_buf_puts(out, "nothing that was seen stands on it\n");
	else
		lend_grid_print(&grid, style, out);
}

/* Things to do first are no news of what stops working, so they come behind it. */
static void put_give(struct lend_buf *out, const struct lend_give *give)
{
	static const char *const words[] = {
		[LEND_GIVE_NOTE] = "mind",
		[LEND_GIVE_FIRST] = "first",
		[LEND_GIVE_UNKNOWN] = "cannot tell",
		[LEND_GIVE_NOT] = "cannot be given",
	};

	if (give->n > 0)
		lend_buf_putc(out, '\n');
	for (size_t i = 0; i < give->n; i++) {
		lend_buf_printf(out, "%s: ", words[give->lines[i].kind]);
		put_safe(out, give->lines[i].text);
		lend_buf_putc(out, '\n');
	}
}

void lend_render_impact(struct lend_buf *out, const struct lend_impact *impact,
			const struct lend_give *give, const struct lend_node *const *others,
			size_t n_others, const struct lend_style *style)
{
	put_members(out, impact);
	lend_buf_putc(out, '\n');
	put_hits(out, impact, style);
	for (size_t i = 0; i < impact->n_unknown; i++) {
		lend_buf_puts(out, "cannot tell: ");
		put_safe(out, impact->unknown[i]);
		lend_buf_putc(out, '\n');
	}
	for (size_t i = 0; i < impact->n_notes; i++) {
		lend_buf_puts(out, "note: ");
		put_safe(out, impact->notes[i]);
		lend_buf_putc(out, '\n');
	}
	put_give(out, give);
	for (size_t i = 0; i < n_others; i++) {
		lend_buf_puts(out, i == 0 ? "\ninstead: " : "instead: ");
		lend_render_function(out, impact->inv, others[i]);
		lend_buf_puts(out, ": nothing that was seen stands on it\n");
	}
}
