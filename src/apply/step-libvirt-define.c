/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt-define: a domain that libvirt knows, whether it runs or not.
 *
 * lend chooses its UUID and has it in the intent, so that it is known again:
 * libvirt defines no second domain of that name, and another one's is never
 * taken for ours.
 */

#include <sys/random.h>

#include "apply/libvirt.h"
#include "base/err.h"
#include "base/uuid.h"
#include "plan/libvirt-state.h"

static int look(struct lend_doing *doing, const struct lend_step *step,
		struct lend_state *ret_state, struct lend_err *err)
{
	struct lend_libvirt domain;

	if (lend_libvirt_look(doing, step, &domain, err) < 0)
		return -1;
	*ret_state = (struct lend_state){ .absent = !domain.there };
	if (!domain.there)
		return 0;
	if (domain.has_defined)
		lend_libvirt_state(doing->arena, &domain.defined, false, ret_state);
	else
		lend_pairs_add(doing->arena, &ret_state->pairs, "persistent", "no");
	lend_pairs_add(doing->arena, &ret_state->pairs, "uuid", domain.uuid);
	return 0;
}

static int need_xml(struct lend_doing *doing, const struct lend_step *step, const char **ret,
		    struct lend_domain *domain, struct lend_err *err)
{
	if (lend_step_need(step, "xml", ret, err) < 0)
		return -1;
	return lend_domain_parse(doing->arena, step->name, *ret, strlen(*ret), domain, err);
}

static int prepare(struct lend_doing *doing, const struct lend_step *step, struct lend_err *err)
{
	struct lend_domain domain;
	char text[LEND_UUID_TEXT];
	uint8_t uuid[16];
	const char *xml;

	if (step->after.absent)
		return 0;
	if (need_xml(doing, step, &xml, &domain, err) < 0)
		return -1;
	if (getrandom(uuid, sizeof(uuid), 0) != sizeof(uuid))
		return lend_fail_errno(err, "choose a UUID");
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* RFC 4122: random */
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	lend_uuid_format(uuid, text);
	lend_pairs_add(doing->arena, &doing->learned, "uuid",
		       domain.uuid != NULL ? domain.uuid : text);
	return 0;
}

/* The plan's XML with the UUID that was chosen, in front of its name. */
static const char *with_uuid(struct lend_doing *doing, const char *xml,
			     const struct lend_domain *domain)
{
	const char *uuid = lend_pairs_get(&doing->learned, "uuid");
	const char *at = strstr(xml, "<name>");

	if (domain->uuid != NULL || uuid == NULL || at == NULL)
		return xml;
	return lend_arena_printf(doing->arena, "%.*s<uuid>%s</uuid>\n  %s", (int)(at - xml),
				 xml, uuid, at);
}

static int set(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, struct lend_err *err)
{
	struct lend_libvirt now;
	struct lend_domain domain;
	const char *xml;

	if (from->absent == to->absent)
		return lend_fail(err, LEND_E_USAGE,
				 "%s cannot be changed, only defined and undefined",
				 step->name);
	if (need_xml(doing, step, &xml, &domain, err) < 0 ||
	    lend_libvirt_look(doing, step, &now, err) < 0)
		return -1;
	if (to->absent)
		return now.there ? lend_libvirt_tell(doing, &now, "undefine", NULL, NULL, err)
				 : 0;
	return lend_libvirt_tell(doing, &now, "define", with_uuid(doing, xml, &domain), NULL,
				 err);
}

static int may(struct lend_doing *doing, const struct lend_step *step,
	       const struct lend_state *from, const struct lend_state *to, const char **ret_why,
	       struct lend_err *err)
{
	struct lend_libvirt domain;

	if (from->absent || !to->absent)
		return 0;
	if (lend_libvirt_look(doing, step, &domain, err) < 0)
		return -1;
	if (domain.runs)
		*ret_why = "it runs: it goes when it has stopped";
	else if (domain.saved)
		*ret_why = "it has a saved state: virsh managedsave-remove gives that up";
	return domain.runs || domain.saved ? LEND_WAIT : 0;
}

const struct lend_step_kind lend_step_libvirt_define = {
	.name = "libvirt-define",
	.does = "define a domain of libvirt",
	.look = look,
	.set = set,
	.prepare = prepare,
	.may = may,
};
