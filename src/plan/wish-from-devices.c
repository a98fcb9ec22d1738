/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI devices of the host; and what lend makes by itself: monitors, consoles,
 * the agent's channel, the way QEMU is started.
 */

#include "format/pci-address.h"
#include "format/wish-yaml-rows.h"
#include "plan/wish-from-parts.h"

/* ---- PCI ---- */

static bool address_of(const struct lend_wish_item *item, struct lend_pci_address *ret)
{
	const char *host = lend_wish_get(item, "host");
	const char *sysfsdev = lend_wish_get(item, "sysfsdev");
	const char *name;

	if (host != NULL)
		return sysfsdev == NULL && lend_pci_address_parse(host, strlen(host), ret);
	/* Mediated devices and virtual functions by UUID are below the same folders. */
	name = sysfsdev == NULL ? NULL : strrchr(sysfsdev, '/');
	return name != NULL && lend_pci_address_parse(name + 1, strlen(name + 1), ret);
}

void lend_wish_from_pci(struct lend_wish_maker *m)
{
	struct lend_wish *wish = m->wish;

	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		struct lend_pci_address address;
		char text[LEND_PCI_ADDRESS_TEXT];

		if (item->device == NULL || !lend_wish_is_open(item) ||
		    strcmp(item->device->driver, "vfio-pci") != 0 ||
		    !lend_wish_has_only(item, "driver host sysfsdev id bus addr") ||
		    !address_of(item, &address) || wish->n_pci == LEND_WISH_ITEMS_MAX)
			continue;
		lend_pci_address_format(&address, text);
		LEND_PUSH(m->arena, wish->pci, wish->n_pci, wish->cap_pci)->device =
			lend_arena_strdup(m->arena, text);
		lend_wish_say(m, item, NULL);
		if (item->device->bus != NULL || item->device->addr != NULL)
			lend_wish_note(
				m, "left out: the place of %s in the guest (bus %s, addr %s)",
				text, item->device->bus != NULL ? item->device->bus : "any",
				item->device->addr != NULL ? item->device->addr : "any");
	}
}

/* ---- what lend does by itself ---- */

/* left gathers them for one note. */
static void leave(struct lend_wish_item *item, struct lend_buf *left)
{
	lend_wish_leave_out(item);
	lend_buf_printf(left, "%s%s", left->len > 0 ? ", " : "", item->name);
	if (item->out->option.value != NULL)
		lend_buf_printf(left, " %s", item->value);
}

/* A console that lend makes, too; not one that is a device of the host or a remote end. */
static bool is_local_console(const char *value)
{
	static const char *const starts[] = { "mon:", "stdio", "none",  "null",    "vc",
					      "pty",  "file:", "unix:", "chardev:" };

	for (size_t i = 0; i < LEND_COUNT(starts); i++) {
		if (strncmp(value, starts[i], strlen(starts[i])) == 0)
			return true;
	}
	return false;
}

static void take_own(struct lend_wish_maker *m, struct lend_wish_item *item,
		     struct lend_buf *left)
{
	const char *name = item->name;

	if (strcmp(name, "-display") == 0) {
		if (strcmp(item->value, "none") == 0)
			leave(item, left);
	} else if (lend_wish_is_one_of(name, "-incoming -preconfig")) {
		lend_wish_note(m, "left out: %s %s, with which the guest would not start", name,
			       item->value);
		lend_wish_leave_out(item);
	} else if (strcmp(name, "-no-acpi") == 0) {
		if (m->wish->n_pmem == 0)
			return;
		lend_wish_note(m, "left out: -no-acpi, with which QEMU refuses NVDIMMs");
		lend_wish_leave_out(item);
	} else {
		leave(item, left);
	}
}

static bool is_agent(const struct lend_wish_item *item)
{
	const char *name = lend_wish_get(item, "name");

	return item->device != NULL && name != NULL &&
	       strcmp(item->device->driver, "virtserialport") == 0 &&
	       strcmp(name, "org.qemu.guest_agent.0") == 0;
}

static bool is_serial_bus(const char *driver)
{
	return lend_wish_is_one_of(driver,
				   "virtio-serial virtio-serial-pci virtio-serial-device");
}

/* The agent's port, and the controller when nothing else is at one. */
static void take_agent(struct lend_wish_maker *m, struct lend_buf *left)
{
	struct lend_wish_item *bus = NULL;
	size_t n_agents = 0, n_others = 0, n_buses = 0;

	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (item->device == NULL)
			continue;
		if (is_agent(item)) {
			n_agents++;
			leave(item, left);
		} else if (lend_wish_is_one_of(item->device->driver,
					       "virtserialport virtconsole")) {
			n_others++;
		} else if (is_serial_bus(item->device->driver)) {
			n_buses++;
			bus = item;
		}
	}
	if (n_agents > 0 && n_others == 0 && n_buses == 1 && lend_wish_is_open(bus))
		leave(bus, left);
}

/* The source of random numbers, and what a screen needs besides: just as lend gives them. */
static bool is_given(const struct lend_wish_maker *m, const struct lend_wish_item *item)
{
	static const char *const always[] = { "rng-random,id=lend-rng,filename=/dev/urandom",
					      "virtio-rng-pci,rng=lend-rng" };

	for (size_t i = 0; i < LEND_COUNT(always); i++) {
		if (strcmp(item->value, always[i]) == 0)
			return true;
	}
	return m->wish->vnc != NULL && item->device != NULL &&
	       lend_wish_is_one_of(item->value, "VGA qemu-xhci usb-tablet");
}

/* Ids of chardevs that options use; those of the ones left out, or of the others. */
static void find_uses(struct lend_wish_maker *m, bool left_out, struct lend_wish_ids *ret)
{
	*ret = (struct lend_wish_ids){ 0 };
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		const char *id = item->part == LEND_WISH_PART_CHARDEV
					 ? NULL
					 : lend_wish_get(item, "chardev");

		if (strncmp(item->value, "chardev:", 8) == 0)
			id = item->value + 8;
		if (id != NULL && (item->out->fate == LEND_WISH_LEFT_OUT) == left_out)
			*LEND_PUSH(m->arena, ret->rows, ret->n, ret->cap) =
				(struct lend_wish_id){ .id = id, .item = item };
	}
	lend_wish_sort_ids(ret);
}

static void take_chardevs(struct lend_wish_maker *m, struct lend_buf *left)
{
	struct lend_wish_ids gone, kept;

	find_uses(m, true, &gone);
	find_uses(m, false, &kept);
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		const char *id = lend_wish_get(item, "id");

		if (item->part == LEND_WISH_PART_CHARDEV && id != NULL &&
		    lend_wish_has_id(&gone, id) && !lend_wish_has_id(&kept, id))
			leave(item, left);
	}
}

static void take_vnc(struct lend_wish_maker *m)
{
	struct lend_wish_item *item = lend_wish_last(m, "-vnc");
	const char *text, *path;

	if (item == NULL)
		return;
	text = item->value;
	if (strncmp(text, "unix:", 5) == 0 && strchr(text, ',') == NULL) {
		path = lend_wish_path(m, text + 5);
		text = path == NULL ? text : lend_arena_printf(m->arena, "unix:%s", path);
	}
	if (strchr(text, ',') != NULL || lend_wish_check_vnc(m->arena, &text, NULL) < 0)
		return;
	m->wish->vnc = text;
	lend_wish_say(m, item, NULL);
}

void lend_wish_from_sockets(struct lend_wish_maker *m)
{
	lend_auto_buf left = { 0 };

	take_vnc(m);
	for (struct lend_wish_item *item = NULL; (item = lend_wish_next(m, item)) != NULL;) {
		if (item->part == LEND_WISH_PART_OWN)
			take_own(m, item, &left);
		else if (item->part == LEND_WISH_PART_MONITOR)
			leave(item, &left);
		else if (is_given(m, item))
			leave(item, &left);
		else if (item->part == LEND_WISH_PART_SERIAL && is_local_console(item->value))
			leave(item, &left);
	}
	take_agent(m, &left);
	take_chardevs(m, &left);
	if (left.len > 0)
		lend_wish_note(m, "left out, because lend does it in its own way: %s",
			       left.text);
}
