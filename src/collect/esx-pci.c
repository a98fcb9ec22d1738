/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI functions of a host of ESXi, who has them now and from its next boot
 * on, and what the VMkernel calls them: esxcli hardware pci list, pcipassthru
 * list, storage core adapter list, esx.conf.
 *
 * A flag for passthrough is of an address: who plugs another card in there
 * gives that one away (flag nodes).
 */

#include "base/num.h"
#include "collect/esx.h"
#include "model/kind-adapter.h"
#include "model/kind-flag.h"
#include "model/kind-vmnic.h"

enum { VMK_NAME_MAX = 64 };

static const char *const owner_names[] = {
	[LEND_ESX_OWNER_VMKERNEL] = "VMkernel",
	[LEND_ESX_OWNER_PASSTHRU] = "VM Passthru",
	[LEND_ESX_OWNER_UNKNOWN] = "Unknown",
};

struct lend_pci *lend_esx_find_pci(struct lend_esx_host *esx,
				   const struct lend_pci_address *address)
{
	char text[LEND_PCI_ADDRESS_TEXT];

	lend_pci_address_format(address, text);
	return (struct lend_pci *)lend_build_find(&esx->scan->build, LEND_KIND_PCI, NULL, text);
}

static struct lend_pci *make_pci(struct lend_esx_host *esx,
				 const struct lend_pci_address *address)
{
	char text[LEND_PCI_ADDRESS_TEXT];

	lend_pci_address_format(address, text);
	return (struct lend_pci *)lend_build_node(&esx->scan->build, LEND_KIND_PCI, NULL, text);
}

/* ---- names of the VMkernel ---- */

static bool is_of(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) == 0 && name[len] >= '0' && name[len] <= '9';
}

static void put_adapter(struct lend_esx_host *esx, const char *name, struct lend_pci *pci,
			uint32_t by)
{
	struct lend_adapter *a = (struct lend_adapter *)lend_build_node(
		&esx->scan->build, LEND_KIND_ADAPTER, NULL, name);

	if (pci == NULL || a->pci.known == LEND_KNOWN)
		return;
	lend_build_text(&esx->scan->build, &a->node, &a->pci, by, pci->node.name);
	lend_build_edge(&esx->scan->build, &a->node, &pci->node);
}

static void put_vmnic(struct lend_esx_host *esx, const char *name, struct lend_pci *pci,
		      uint32_t by)
{
	struct lend_vmnic *nic = (struct lend_vmnic *)lend_build_node(
		&esx->scan->build, LEND_KIND_VMNIC, NULL, name);

	if (pci == NULL || nic->pci.known == LEND_KNOWN)
		return;
	lend_build_text(&esx->scan->build, &nic->node, &nic->pci, by, pci->node.name);
	lend_build_edge(&esx->scan->build, &nic->node, &pci->node);
}

/* "vmhba0", or several with commas between. */
static void put_names(struct lend_esx_host *esx, struct lend_pci *pci, uint32_t by,
		      const char *names)
{
	if (names == NULL || names[0] == '\0')
		return;
	if (pci->vmkernel_name.known == LEND_NOT_ASKED)
		lend_build_text(&esx->scan->build, &pci->node, &pci->vmkernel_name, by, names);
	while (*names != '\0') {
		size_t len = strcspn(names, ", ");
		const char *name = lend_arena_strndup(&esx->scan->memory, names, len);

		if (len < VMK_NAME_MAX && is_of(name, "vmhba"))
			put_adapter(esx, name, pci, by);
		else if (len < VMK_NAME_MAX && is_of(name, "vmnic"))
			put_vmnic(esx, name, pci, by);
		names += len;
		names += strspn(names, ", ");
	}
}

/* ---- esxcli hardware pci list ---- */

static void put_owner(struct lend_esx_host *esx, struct lend_pci *pci, struct lend_fact *fact,
		      uint32_t by, enum lend_esx_owner owner)
{
	if (owner == LEND_ESX_OWNER_OTHER)
		lend_build_unreadable(&esx->scan->build, &pci->node, fact, by,
				      "the host says a word that lend does not know");
	else if (owner != LEND_ESX_OWNER_UNSET)
		lend_build_text(&esx->scan->build, &pci->node, fact, by, owner_names[owner]);
}

static void put_ids(struct lend_esx_host *esx, struct lend_pci *pci, uint32_t by,
		    const struct lend_esx_pci *p)
{
	lend_esx_put_u64(esx, &pci->node, &pci->vendor_id, by, p->vendor);
	lend_esx_put_u64(esx, &pci->node, &pci->device_id, by, p->device);
	lend_esx_put_u64(esx, &pci->node, &pci->subsystem_vendor, by, p->subvendor);
	lend_esx_put_u64(esx, &pci->node, &pci->subsystem_device, by, p->subdevice);
	/* The interface byte is in another row. */
	if (p->class.has)
		lend_build_u64(&esx->scan->build, &pci->node, &pci->class, by, p->class.v << 8);
	lend_esx_put_text(esx, &pci->node, &pci->vendor, by, p->vendor_name);
	lend_esx_put_text(esx, &pci->node, &pci->product, by, p->device_name);
	lend_esx_put_text(esx, &pci->node, &pci->driver, by, p->module);
	/* The largest number is how the host says that it knows none. */
	if (p->slot != NULL && strcmp(p->slot, "4294967295") != 0)
		lend_esx_put_text(esx, &pci->node, &pci->slot, by, p->slot);
	lend_esx_put_text(esx, &pci->node, &pci->reset_method, by, p->reset_method);
}

static void put_relative(struct lend_esx_host *esx, struct lend_pci *pci,
			 struct lend_fact *fact, uint32_t by, const struct lend_opt_pci *of)
{
	char text[LEND_PCI_ADDRESS_TEXT];

	if (!of->has)
		return;
	lend_pci_address_format(&of->v, text);
	/* A function that depends on itself stands alone. */
	if (strcmp(text, pci->node.name) == 0)
		return;
	lend_build_text(&esx->scan->build, &pci->node, fact, by, text);
}

static void put_function(struct lend_esx_host *esx, const struct lend_esx_pci *p, uint32_t by)
{
	struct lend_pci *pci;

	if (!p->address.has)
		return;
	pci = make_pci(esx, &p->address.v);
	put_ids(esx, pci, by, p);
	put_owner(esx, pci, &pci->owner, by, p->current);
	put_owner(esx, pci, &pci->next_owner, by, p->configured);
	lend_esx_put_tri(esx, &pci->node, &pci->capable, by, p->capable);
	put_relative(esx, pci, &pci->parent, by, &p->parent);
	put_relative(esx, pci, &pci->dependent, by, &p->dependent);
	put_names(esx, pci, by, p->vmkernel_name);
}

/* When all functions are there. */
static void put_parents(struct lend_esx_host *esx, const struct lend_esx_pci *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct lend_pci *pci = items[i].address.has
					       ? lend_esx_find_pci(esx, &items[i].address.v)
					       : NULL;
		struct lend_pci *parent =
			items[i].parent.has ? lend_esx_find_pci(esx, &items[i].parent.v) : NULL;

		if (pci != NULL && parent != NULL && pci != parent)
			lend_build_edge(&esx->scan->build, &pci->node, &parent->node);
	}
}

static void tell_disagreement(struct lend_esx_host *esx, const struct lend_pci *pci,
			      const char *who, const char *says)
{
	lend_esx_gap(esx, pci->node.id,
		     "esxcli hardware pci list, on the host, is what the host goes by",
		     "%s says that %s has it from the next boot on, and the list of PCI "
		     "functions says %s",
		     who, says, pci->next_owner.v.str);
}

/* What the list of functions says counts; who says something else is told. */
static void put_next_owner(struct lend_esx_host *esx, struct lend_pci *pci, uint32_t by,
			   const char *who, bool passthru)
{
	const char *owner =
		owner_names[passthru ? LEND_ESX_OWNER_PASSTHRU : LEND_ESX_OWNER_VMKERNEL];

	if (pci->next_owner.known == LEND_NOT_ASKED)
		lend_build_text(&esx->scan->build, &pci->node, &pci->next_owner, by, owner);
	else if (pci->next_owner.known == LEND_KNOWN &&
		 strcmp(pci->next_owner.v.str, owner) != 0)
		tell_disagreement(esx, pci, who, owner);
}

static void put_passthru_list(struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_PASSTHRU_LIST];
	const struct lend_esx_passthru *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_PASSTHRU_LIST, struct lend_esx_passthru);

	for (size_t i = 0; i < list->n; i++) {
		if (items[i].address.has && items[i].enabled != LEND_TRI_UNSET)
			put_next_owner(esx, make_pci(esx, &items[i].address.v), list->by,
				       "pcipassthru list", items[i].enabled == LEND_TRI_ON);
	}
}

/* ---- esx.conf ---- */

static const char *spelling_name(enum lend_esx_conf_spelling spelling)
{
	static const char *const names[] = { "host", "unsure", "hex", "odd" };

	return names[spelling];
}

static void put_hex(struct lend_esx_host *esx, struct lend_node *node, struct lend_fact *fact,
		    const char *text)
{
	uint64_t value;

	if (text == NULL)
		return;
	if (strncmp(text, "0x", 2) == 0)
		text += 2;
	if (lend_parse_u64(text, 16, &value) && value <= UINT16_MAX)
		lend_build_u64(&esx->scan->build, node, fact, esx->by_conf, value);
}

static void put_flag(struct lend_esx_host *esx, const struct lend_esx_conf_device *d)
{
	struct lend_build *b = &esx->scan->build;
	struct lend_flag *flag =
		(struct lend_flag *)lend_build_node(b, LEND_KIND_FLAG, NULL, d->address);
	bool sure = d->spelling == LEND_ESX_CONF_HOST || d->spelling == LEND_ESX_CONF_UNSURE;
	struct lend_pci_address address;
	char text[LEND_PCI_ADDRESS_TEXT];
	struct lend_pci *pci;

	lend_build_text(b, &flag->node, &flag->spelling, esx->by_conf,
			spelling_name(d->spelling));
	lend_build_u64(b, &flag->node, &flag->line, esx->by_conf, d->owner_line);
	put_hex(esx, &flag->node, &flag->vendor_id, d->vendor);
	put_hex(esx, &flag->node, &flag->device_id, d->device);
	if (!sure) {
		lend_build_absent(b, &flag->node, &flag->address, esx->by_conf);
		return;
	}
	address = lend_pci_of_decimal(&d->at);
	lend_pci_address_format(&address, text);
	lend_build_text(b, &flag->node, &flag->address, esx->by_conf, text);
	pci = lend_esx_find_pci(esx, &address);
	if (pci != NULL)
		lend_build_edge(b, &flag->node, &pci->node);
	if (esx->lists[LEND_ESX_PCI_LIST].n > 0)
		lend_build_u64(b, &flag->node, &flag->there, esx->lists[LEND_ESX_PCI_LIST].by,
			       pci != NULL);
}

static void put_conf(struct lend_esx_host *esx)
{
	struct lend_esx_conf_device *items;
	bool has_list = esx->lists[LEND_ESX_PCI_LIST].n > 0;
	size_t n;

	lend_esx_conf_devices(&esx->conf, &esx->scan->memory, &items, &n);
	for (size_t i = 0; i < n; i++) {
		const struct lend_esx_conf_device *d = &items[i];
		bool passthru = d->owner != NULL && strcmp(d->owner, "passthru") == 0;
		struct lend_pci_address address;
		struct lend_pci *pci;

		if (d->spelling == LEND_ESX_CONF_HOST) {
			address = lend_pci_of_decimal(&d->at);
			/* With a list, what only esx.conf names is not in the host any more. */
			pci = has_list ? lend_esx_find_pci(esx, &address)
				       : make_pci(esx, &address);
			if (pci != NULL) {
				put_names(esx, pci, esx->by_conf, d->vmkname);
				put_next_owner(esx, pci, esx->by_conf, "esx.conf", passthru);
			}
		}
		if (passthru)
			put_flag(esx, d);
	}
}

/* ---- esxcli storage core adapter list ---- */

/* ESXi 5.5 writes the address decimal, later ones hex: the one that there is. */
static struct lend_pci *described(struct lend_esx_host *esx, const struct lend_esx_adapter *a)
{
	struct lend_pci *hex = a->address.has ? lend_esx_find_pci(esx, &a->address.v) : NULL;
	struct lend_pci_decimal decimal;
	struct lend_pci_address address;
	struct lend_pci *other = NULL;

	if (a->maybe_decimal && a->description != NULL && a->description[0] == '(' &&
	    lend_pci_decimal_parse(a->description + 1, strcspn(a->description + 1, ")"),
				   &decimal)) {
		address = lend_pci_of_decimal(&decimal);
		other = lend_esx_find_pci(esx, &address);
	}
	if (hex != NULL && other != NULL) {
		lend_esx_gap(esx, a->name, "esxcli hardware pci list names the adapters, too",
			     "%s is %s or %s: its address may be decimal or hexadecimal",
			     a->name, hex->node.name, other->node.name);
		return NULL;
	}
	if (hex == NULL && other == NULL && a->address.has && !a->maybe_decimal)
		return make_pci(esx, &a->address.v);
	return hex != NULL ? hex : other;
}

static void put_adapters(struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_ADAPTER_LIST];
	const struct lend_esx_adapter *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_ADAPTER_LIST, struct lend_esx_adapter);

	for (size_t i = 0; i < list->n; i++) {
		const struct lend_esx_adapter *a = &items[i];
		struct lend_adapter *node;

		if (a->name == NULL || a->name[0] == '\0')
			continue;
		node = (struct lend_adapter *)lend_build_node(&esx->scan->build,
							      LEND_KIND_ADAPTER, NULL, a->name);
		lend_esx_put_text(esx, &node->node, &node->driver, list->by, a->driver);
		lend_esx_put_text(esx, &node->node, &node->link, list->by, a->link_state);
		lend_esx_put_text(esx, &node->node, &node->description, list->by,
				  a->description);
		if (node->pci.known == LEND_KNOWN)
			continue;
		put_adapter(esx, a->name, described(esx, a), list->by);
		/* iSCSI and its like are made of software. */
		if (node->pci.known == LEND_NOT_ASKED && !a->address.has && !a->maybe_decimal)
			lend_build_absent(&esx->scan->build, &node->node, &node->pci, list->by);
	}
}

static void put_nic_list(struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_NIC_LIST];
	const struct lend_esx_nic *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_NIC_LIST, struct lend_esx_nic);

	for (size_t i = 0; i < list->n; i++) {
		const struct lend_esx_nic *n = &items[i];
		struct lend_vmnic *node;

		if (n->name == NULL || n->name[0] == '\0')
			continue;
		put_vmnic(esx, n->name, n->address.has ? make_pci(esx, &n->address.v) : NULL,
			  list->by);
		node = (struct lend_vmnic *)lend_build_node(&esx->scan->build, LEND_KIND_VMNIC,
							    NULL, n->name);
		lend_esx_put_text(esx, &node->node, &node->driver, list->by, n->driver);
		lend_esx_put_text(esx, &node->node, &node->link, list->by, n->link_status);
		lend_esx_put_text(esx, &node->node, &node->mac, list->by, n->mac);
	}
}

void lend_esx_put_pci(struct lend_esx_host *esx)
{
	const struct lend_esx_list *list = &esx->lists[LEND_ESX_PCI_LIST];
	const struct lend_esx_pci *items =
		LEND_ESX_ITEMS(esx, LEND_ESX_PCI_LIST, struct lend_esx_pci);

	for (size_t i = 0; i < list->n; i++)
		put_function(esx, &items[i], list->by);
	put_parents(esx, items, list->n);
	put_passthru_list(esx);
	if (esx->has_conf)
		put_conf(esx);
	put_adapters(esx);
	put_nic_list(esx);
}
