/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network card of a command line.
 *
 * A wish has one, of type virtio, behind the user network, a bridge or a tap
 * device.  Other cards stay in qemu-args, and the wish then asks for none.
 */

#include "base/num.h"
#include "format/wish-yaml-rows.h"
#include "plan/wish-from-parts.h"

/* What a card is connected to. */
struct net {
	enum lend_wish_network kind;
	const char *name;
	struct lend_wish_forward *forwards;
	size_t n_forwards, cap_forwards;
};

static bool take_port(const char *text, size_t len, uint16_t *ret)
{
	uint64_t port;

	if (!lend_parse_u64n(text, len, 10, &port) || port == 0 || port > UINT16_MAX)
		return false;
	*ret = (uint16_t)port;
	return true;
}

/* "tcp:ADDRESS:PORT-GUEST:PORT"; QEMU's "" is every address of the host. */
static bool forward_of(struct lend_wish_maker *m, const char *text,
		       struct lend_wish_forward *ret)
{
	const char *host = strncmp(text, "tcp:", 4) == 0 ? text + 4
			   : *text == ':'                ? text + 1
							 : NULL;
	const char *dash = host == NULL ? NULL : strchr(host, '-');
	const char *guest_colon = dash == NULL ? NULL : strrchr(dash, ':');
	const char *endpoint;

	*ret = (struct lend_wish_forward){ 0 };
	if (guest_colon == NULL ||
	    (guest_colon != dash + 1 && strncmp(dash + 1, "10.0.2.15:", 10) != 0) ||
	    !take_port(guest_colon + 1, strlen(guest_colon + 1), &ret->guest_port))
		return false;
	endpoint = lend_arena_printf(m->arena, "%s%.*s", *host == ':' ? "0.0.0.0" : "",
				     (int)(dash - host), host);
	return lend_wish_parse_endpoint(m->arena, endpoint, strlen(endpoint), &ret->address,
					&ret->host_port, NULL) == 0 &&
	       ret->address != NULL;
}

static bool forwards_of(struct lend_wish_maker *m, const struct lend_wish_item *item,
			struct net *net)
{
	for (size_t i = 0; i < item->opts.n; i++) {
		const struct lend_qemu_pair *pair = &item->opts.pairs[i];
		struct lend_wish_forward forward;

		if (strcmp(pair->key, "hostfwd") != 0)
			continue;
		if (net->n_forwards == LEND_WISH_ITEMS_MAX ||
		    !forward_of(m, pair->value, &forward))
			return false;
		*LEND_PUSH(m->arena, net->forwards, net->n_forwards, net->cap_forwards) =
			forward;
	}
	return true;
}

/* also: keys that say nothing about the connection */
static bool net_of(struct lend_wish_maker *m, const struct lend_wish_item *item,
		   const char *also, struct net *ret)
{
	const char *type = lend_wish_get(item, "type");
	lend_auto_buf keys = { 0 };

	*ret = (struct net){ 0 };
	if (type == NULL)
		return false;
	lend_buf_printf(&keys, "type %s ", also);
	if (strcmp(type, "user") == 0) {
		ret->kind = LEND_WISH_NETWORK_USER;
		lend_buf_puts(&keys, "hostfwd");
		return lend_wish_has_only(item, keys.text) && forwards_of(m, item, ret);
	}
	if (strcmp(type, "bridge") == 0) {
		ret->kind = LEND_WISH_NETWORK_BRIDGE;
		ret->name = lend_wish_get(item, "br");
		if (ret->name == NULL)
			ret->name = "br0";
		lend_buf_puts(&keys, "br");
	} else if (strcmp(type, "tap") == 0) {
		const char *up = lend_wish_get(item, "script");
		const char *down = lend_wish_get(item, "downscript");

		/* Without a word QEMU runs scripts. */
		if (up == NULL || down == NULL || strcmp(up, "no") != 0 ||
		    strcmp(down, "no") != 0)
			return false;
		ret->kind = LEND_WISH_NETWORK_TAP;
		ret->name = lend_wish_get(item, "ifname");
		lend_buf_puts(&keys, "ifname script downscript");
	}
	return ret->name != NULL && lend_wish_has_only(item, keys.text) &&
	       lend_wish_check_interface(m->arena, &ret->name, NULL) == 0;
}

static bool is_virtio(const char *model)
{
	return lend_wish_is_one_of(model, "virtio virtio-net virtio-net-pci");
}

/* The wish gets it; model NULL is QEMU's own choice. */
static bool say_net(struct lend_wish_maker *m, const struct net *net, const char *model,
		    const char *mac)
{
	struct lend_wish *wish = m->wish;

	if ((model != NULL && !is_virtio(model)) || wish->network != LEND_WISH_NETWORK_UNSET ||
	    (mac != NULL && lend_wish_check_mac(m->arena, &mac, NULL) < 0))
		return false;
	if (model == NULL)
		lend_wish_note(m, "the network card was QEMU's usual one: lend gives virtio");
	wish->network = net->kind;
	wish->network_name = net->name;
	wish->mac = mac;
	wish->forwards = net->forwards;
	wish->n_forwards = net->n_forwards;
	wish->cap_forwards = net->cap_forwards;
	return true;
}

/* -nic TYPE,... is both. */
static void take_nic(struct lend_wish_maker *m, struct lend_wish_item *item)
{
	struct net net;

	if (net_of(m, item, "id model mac", &net) &&
	    say_net(m, &net, lend_wish_get(item, "model"), lend_wish_get(item, "mac")))
		lend_wish_say(m, item, NULL);
}

/* -netdev with the -device that names it */
static void take_netdev(struct lend_wish_maker *m, struct lend_wish_item *netdev)
{
	const char *id = lend_wish_get(netdev, "id");
	struct lend_wish_item *card = NULL;
	struct net net;

	if (id == NULL || !net_of(m, netdev, "id", &net))
		return;
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		const char *used = item->part == LEND_WISH_PART_DEVICE
					   ? lend_wish_get(item, "netdev")
					   : NULL;

		if (used != NULL && strcmp(used, id) == 0) {
			if (card != NULL)
				return;
			card = item;
		}
	}
	if (card == NULL || lend_wish_get(card, "driver") == NULL ||
	    !lend_wish_has_only(card, "driver netdev id mac") ||
	    !say_net(m, &net, lend_wish_get(card, "driver"), lend_wish_get(card, "mac")))
		return;
	lend_wish_say(m, netdev, NULL);
	lend_wish_say(m, card, NULL);
}

/* -net nic and -net user are joined by a hub: sayable when there is one of each. */
static void take_net(struct lend_wish_maker *m)
{
	struct lend_wish_item *card = NULL, *end = NULL;
	const char *model, *mac;
	struct net net;

	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		const char *type = lend_wish_get(item, "type");

		if (item->part != LEND_WISH_PART_NET || strcmp(item->name, "-net") != 0)
			continue;
		if (type == NULL)
			return;
		if (strcmp(type, "nic") == 0) {
			if (card != NULL)
				return;
			card = item;
		} else if (strcmp(type, "none") != 0) {
			if (end != NULL)
				return;
			end = item;
		}
	}
	if (card == NULL || end == NULL || !net_of(m, end, "id", &net) ||
	    !lend_wish_has_only(card, "type model macaddr"))
		return;
	model = lend_wish_get(card, "model");
	mac = lend_wish_get(card, "macaddr");
	if (!say_net(m, &net, model, mac))
		return;
	lend_wish_say(m, card, NULL);
	lend_wish_say(m, end, NULL);
}

void lend_wish_from_network(struct lend_wish_maker *m)
{
	bool any = false;

	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		const char *type = lend_wish_get(item, "type");

		if (item->part != LEND_WISH_PART_NET)
			continue;
		any = true;
		if (type != NULL && strcmp(type, "none") == 0 &&
		    lend_wish_has_only(item, "type")) {
			lend_wish_say(m, item, NULL);
			continue;
		}
		if (m->wish->network != LEND_WISH_NETWORK_UNSET)
			continue;
		if (strcmp(item->name, "-nic") == 0)
			take_nic(m, item);
		else if (strcmp(item->name, "-netdev") == 0)
			take_netdev(m, item);
	}
	if (m->wish->network == LEND_WISH_NETWORK_UNSET)
		take_net(m);
	if (m->wish->network != LEND_WISH_NETWORK_UNSET)
		return;
	/* Without a word about it, QEMU gives one to every guest. */
	if (!any && !m->args->nodefaults)
		(void)say_net(m, &(struct net){ .kind = LEND_WISH_NETWORK_USER }, NULL, NULL);
	else
		m->wish->network = LEND_WISH_NETWORK_NONE;
}
