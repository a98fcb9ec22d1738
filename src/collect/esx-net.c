/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * By which NICs a host of ESXi is reached: VMkernel NICs and the physical ones
 * that carry their virtual switch, of esxcli network ip interface list, network
 * vswitch standard list, and esx.conf.
 *
 * A distributed switch is not told by any of them: that is a gap.
 */

#include "base/num.h"
#include "collect/esx.h"
#include "model/kind-vmk.h"
#include "model/kind-vmnic.h"

enum { SWITCHES_MAX = 512 };

#define SWITCH_PREFIX "/net/vswitch/child["

struct vswitch {
	const char *name, *uplinks, *portgroups; /* lists, ", " between; never NULL */
	uint32_t by;
};

struct net {
	struct lend_esx_host *esx;
	struct vswitch *switches;
	size_t n, cap;
};

/* "vmnic1" in "vmnic0, vmnic1" */
static bool has_part(const char *list, const char *part)
{
	size_t len = strlen(part);

	for (const char *at = list; len > 0 && (at = strstr(at, part)) != NULL; at++) {
		if ((at == list || (at >= list + 2 && memcmp(at - 2, ", ", 2) == 0)) &&
		    (at[len] == '\0' || strncmp(at + len, ", ", 2) == 0))
			return true;
	}
	return false;
}

static void take_list(struct net *net)
{
	const struct lend_esx_list *list = &net->esx->lists[LEND_ESX_VSWITCH_LIST];
	const struct lend_esx_vswitch *items =
		LEND_ESX_ITEMS(net->esx, LEND_ESX_VSWITCH_LIST, struct lend_esx_vswitch);

	for (size_t i = 0; i < list->n && net->n < SWITCHES_MAX; i++) {
		if (items[i].name != NULL)
			*LEND_PUSH(&net->esx->scan->memory, net->switches, net->n,
				   net->cap) = (struct vswitch){
				items[i].name, items[i].uplinks != NULL ? items[i].uplinks : "",
				items[i].portgroups != NULL ? items[i].portgroups : "", list->by
			};
	}
}

/* The switch of "/net/vswitch/child[0001]/...", the last one or a new one. */
static struct vswitch *switch_of(struct net *net, const char *key, const char **last)
{
	size_t len = strcspn(key + strlen(SWITCH_PREFIX), "]") + strlen(SWITCH_PREFIX);

	if (*last != NULL && strncmp(*last, key, len + 1) == 0)
		return &net->switches[net->n - 1];
	if (net->n == SWITCHES_MAX)
		return NULL;
	*last = key;
	*LEND_PUSH(&net->esx->scan->memory, net->switches, net->n, net->cap) =
		(struct vswitch){ "", "", "", net->esx->by_conf };
	return &net->switches[net->n - 1];
}

static void append(struct net *net, const char **list, const char *value)
{
	*list = lend_arena_printf(&net->esx->scan->memory, "%s%s%s", *list,
				  (*list)[0] == '\0' ? "" : ", ", value);
}

/* UNVERIFIED: the keys below /net/vswitch. */
static void take_conf(struct net *net)
{
	const struct lend_esx_conf *conf = &net->esx->conf;
	const char *last = NULL;

	for (size_t i = 0; i < conf->n_sorted; i++) {
		const struct lend_esx_conf_line *line = &conf->lines[conf->sorted[i]];
		struct vswitch *s;
		const char *rest;

		if (strncmp(line->key, SWITCH_PREFIX, strlen(SWITCH_PREFIX)) != 0)
			continue;
		s = switch_of(net, line->key, &last);
		rest = strchr(line->key, ']');
		if (s == NULL || rest == NULL || strlen(s->uplinks) > 4096 ||
		    strlen(s->portgroups) > 65536)
			continue;
		if (strcmp(rest, "]/name") == 0)
			s->name = line->value;
		else if (strncmp(rest, "]/uplinks/", 10) == 0 &&
			 strcmp(strrchr(rest, '/'), "/pnic") == 0)
			append(net, &s->uplinks, line->value);
		else if (strncmp(rest, "]/portgroup/", 12) == 0 &&
			 strcmp(strrchr(rest, '/'), "/name") == 0)
			append(net, &s->portgroups, line->value);
	}
}

static const struct vswitch *carrier_of(const struct net *net, const struct lend_vmk *vmk)
{
	for (size_t i = 0; i < net->n; i++) {
		const struct vswitch *s = &net->switches[i];

		if (vmk->vswitch.known == LEND_KNOWN
			    ? strcmp(s->name, vmk->vswitch.v.str) == 0
			    : vmk->portgroup.known == LEND_KNOWN &&
				      has_part(s->portgroups, vmk->portgroup.v.str))
			return s;
	}
	return NULL;
}

static struct lend_vmnic *next_nic(struct lend_esx_host *esx, size_t *at)
{
	const struct lend_inventory *inv = esx->scan->build.inv;

	while (*at < inv->n_nodes) {
		struct lend_node *node = inv->nodes[(*at)++];

		if (node->kind == LEND_KIND_VMNIC)
			return (struct lend_vmnic *)node;
	}
	return NULL;
}

static void carry(struct net *net, struct lend_vmk *vmk)
{
	struct lend_build *b = &net->esx->scan->build;
	const struct vswitch *s = carrier_of(net, vmk);
	struct lend_vmnic *nic, *only = NULL;
	size_t n = 0;

	if (s != NULL && vmk->vswitch.known == LEND_NOT_ASKED && s->name[0] != '\0')
		lend_build_text(b, &vmk->node, &vmk->vswitch, s->by, s->name);
	for (size_t at = 0; (nic = next_nic(net->esx, &at)) != NULL; n++) {
		only = nic;
		if (s != NULL && has_part(s->uplinks, nic->node.name))
			lend_build_edge(b, &vmk->node, &nic->node);
	}
	if (s != NULL)
		return;
	if (n == 1)
		lend_build_edge(b, &vmk->node, &only->node);
	else if (n > 1)
		lend_esx_gap(net->esx, vmk->node.id,
			     "save esxcli network vswitch standard list, too",
			     "which NICs carry %s is not known", vmk->node.name);
}

/* What VMs lose with a NIC. */
static void put_uplinks(struct net *net)
{
	struct lend_vmnic *nic;

	for (size_t at = 0; (nic = next_nic(net->esx, &at)) != NULL;) {
		for (size_t i = 0; i < net->n; i++) {
			const struct vswitch *s = &net->switches[i];

			if (nic->vswitch.known == LEND_NOT_ASKED && s->name[0] != '\0' &&
			    has_part(s->uplinks, nic->node.name))
				lend_build_text(&net->esx->scan->build, &nic->node,
						&nic->vswitch, s->by, s->name);
		}
	}
}

static struct lend_vmk *vmk_of(struct lend_esx_host *esx, const char *name)
{
	return (struct lend_vmk *)lend_build_node(&esx->scan->build, LEND_KIND_VMK, NULL, name);
}

static void put_list(struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_VMKNIC_LIST];
	const struct lend_esx_vmknic *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_VMKNIC_LIST, struct lend_esx_vmknic);

	for (size_t i = 0; i < list->n; i++) {
		struct lend_vmk *vmk;

		if (items[i].name == NULL || items[i].name[0] == '\0')
			continue;
		vmk = vmk_of(esx, items[i].name);
		lend_esx_put_text(esx, &vmk->node, &vmk->mac, list->by, items[i].mac);
		lend_esx_put_text(esx, &vmk->node, &vmk->portgroup, list->by,
				  items[i].portgroup);
		lend_esx_put_text(esx, &vmk->node, &vmk->vswitch, list->by, items[i].portset);
	}
}

static void put_conf(struct lend_esx_host *esx)
{
	struct lend_esx_conf_nic *items;
	size_t n;

	lend_esx_conf_nics(&esx->conf, LEND_ESX_CONF_VMKNIC, &esx->scan->memory, &items, &n);
	for (size_t i = 0; i < n; i++) {
		struct lend_vmk *vmk;

		if (items[i].name == NULL || items[i].name[0] == '\0')
			continue;
		vmk = vmk_of(esx, items[i].name);
		lend_esx_put_text(esx, &vmk->node, &vmk->ipv4, esx->by_conf, items[i].ipv4);
		if (vmk->mac.known == LEND_NOT_ASKED)
			lend_esx_put_text(esx, &vmk->node, &vmk->mac, esx->by_conf,
					  items[i].mac);
		if (vmk->portgroup.known == LEND_NOT_ASKED)
			lend_esx_put_text(esx, &vmk->node, &vmk->portgroup, esx->by_conf,
					  items[i].portgroup);
	}
}

void lend_esx_put_nics(struct lend_esx_host *esx)
{
	struct net net = { .esx = esx };
	const struct lend_inventory *inv = esx->scan->build.inv;

	put_list(esx);
	take_list(&net);
	if (esx->has_conf) {
		put_conf(esx);
		take_conf(&net);
	}
	put_uplinks(&net);
	for (size_t i = 0; i < inv->n_nodes; i++) {
		struct lend_vmk *vmk = (struct lend_vmk *)inv->nodes[i];
		bool management;

		if (vmk->node.kind != LEND_KIND_VMK)
			continue;
		management = strcmp(vmk->node.name, "vmk0") == 0 ||
			     (vmk->portgroup.known == LEND_KNOWN &&
			      strstr(vmk->portgroup.v.str, "Management") != NULL);
		lend_build_u64(&esx->scan->build, &vmk->node, &vmk->management,
			       esx->lists[LEND_ESX_VMKNIC_LIST].seen
				       ? esx->lists[LEND_ESX_VMKNIC_LIST].by
				       : esx->by_conf,
			       management);
		carry(&net, vmk);
	}
}
