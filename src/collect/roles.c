/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What functions are besides storage and network: the console, a keyboard, a
 * serial port, the TPM, the watchdog, the way to the BMC.
 *
 * Asks  /sys/class/{graphics,tpm,watchdog,ipmi,tty,input}: where the links lead;
 *       boot_vga of displays
 * Adds  role nodes with edges to the functions their paths go through
 *
 * A frame buffer of the firmware (efifb, simplefb) has no function in its
 * path: it lies in the memory of the one that is boot_vga.
 *
 * (Linux Documentation/ABI/testing/sysfs-bus-pci, boot_vga; input(4): EV_REP
 * is what keyboards have.)
 */

#include "base/num.h"
#include "collect/pci.h"
#include "model/kind-role.h"

enum { DISPLAY = 0x03, EV_REP = 0x100000, NAMES_MAX = 4096 };

static const struct lend_ask ask_class = { .via = LEND_VIA_DIR, .key = "sys/class/%s" };
static const struct lend_ask ask_link = { .via = LEND_VIA_LINK, .key = "sys/class/%s/%s" };
static const struct lend_ask ask_events = { .via = LEND_VIA_FILE,
					    .key = "sys/class/input/%s/capabilities/ev" };
static const struct lend_ask ask_name = { .via = LEND_VIA_FILE, .key = "sys/class/%s/%s/name" };
static const struct lend_ask ask_boot_vga = { .via = LEND_VIA_FILE,
					      .key = "sys/bus/pci/devices/%s/boot_vga" };

static const struct {
	const char *folder;
	const char *prefix; /* of the names that count */
	const char *role;
} classes[] = {
	{ "graphics", "fb", "console" },  { "input", "input", "keyboard" },
	{ "ipmi", "ipmi", "BMC" },        { "tpm", "tpm", "TPM" },
	{ "tty", "ttyS", "serial port" }, { "watchdog", "watchdog", "watchdog" },
};

struct look {
	struct lend_scan *scan;
	uint32_t by;
	struct lend_node *boot_vga; /* NULL: none was seen */
};

static struct lend_node *function_of(struct look *l, const char *path)
{
	struct lend_pci_address address;
	char text[LEND_PCI_ADDRESS_TEXT];

	if (!lend_pci_address_in_path(path, &address))
		return NULL;
	lend_pci_address_format(&address, text);
	return lend_build_find(&l->scan->build, LEND_KIND_PCI, NULL, text);
}

static struct lend_role *put(struct look *l, const char *name, const char *role,
			     const struct lend_node *function)
{
	struct lend_build *b = &l->scan->build;
	struct lend_role *node =
		(struct lend_role *)lend_build_node(b, LEND_KIND_ROLE, NULL, name);

	lend_build_text(b, &node->node, &node->role, l->by, role);
	lend_build_edge(b, &node->node, function);
	return node;
}

static bool is_keyboard(struct look *l, const char *name)
{
	const char *text =
		lend_collect_text_of(l->scan, lend_io_ask(l->scan->io, &ask_events, name));
	uint64_t events;

	return text != NULL && lend_parse_u64(text, 16, &events) && (events & EV_REP) != 0;
}

static void look_at(struct look *l, size_t class, const char *name)
{
	const char *folder = classes[class].folder;
	const struct lend_answer *link = lend_io_ask(l->scan->io, &ask_link, folder, name);
	struct lend_node *function;
	struct lend_role *role;
	bool is_fb = strcmp(folder, "graphics") == 0;

	if (link->known != LEND_KNOWN)
		return;
	function = function_of(l, link->bytes);
	if (function == NULL && is_fb && strstr(link->bytes, "/virtual/") == NULL)
		function = l->boot_vga;
	if (function == NULL || (strcmp(folder, "input") == 0 && !is_keyboard(l, name)))
		return;
	role = put(l, name, classes[class].role, function);
	if (is_fb || strcmp(folder, "input") == 0)
		lend_collect_text(l->scan, &role->node, &role->product, l->by,
				  lend_io_ask(l->scan->io, &ask_name, folder, name));
}

static void read_class(struct look *l, size_t class)
{
	const struct lend_answer *names =
		lend_io_ask(l->scan->io, &ask_class, classes[class].folder);
	const char *prefix = classes[class].prefix;
	size_t n = strlen(prefix);

	for (size_t i = 0; names->known == LEND_KNOWN && i < names->n_names && i < NAMES_MAX;
	     i++) {
		if (strncmp(names->names[i], prefix, n) == 0 && names->names[i][n] >= '0' &&
		    names->names[i][n] <= '9')
			look_at(l, class, names->names[i]);
	}
}

static void find_boot_vga(struct look *l)
{
	struct lend_pci *pci;

	for (size_t at = 0; (pci = lend_pci_next(l->scan, &at)) != NULL;) {
		const struct lend_answer *answer;
		const char *text;

		if (pci->class.known != LEND_KNOWN || pci->class.v.u64 >> 16 != DISPLAY)
			continue;
		answer = lend_io_ask(l->scan->io, &ask_boot_vga, pci->node.name);
		text = lend_collect_text_of(l->scan, answer);
		if (text == NULL || strcmp(text, "1") != 0)
			continue;
		l->boot_vga = &pci->node;
		(void)put(l, "boot_vga", "console", &pci->node);
	}
}

static int collect(struct lend_scan *scan, struct lend_err *err)
{
	struct look l = { .scan = scan };
	size_t at = 0;

	(void)err;
	if (lend_scan_is_named(scan) || scan->options->room_in != NULL ||
	    lend_pci_next(scan, &at) == NULL)
		return 0;
	l.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "roles", "sys/class",
				   "");
	find_boot_vga(&l);
	for (size_t i = 0; i < LEND_COUNT(classes); i++)
		read_class(&l, i);
	return 0;
}

extern const struct lend_collector lend_collector_roles;
const struct lend_collector lend_collector_roles = {
	.id = "roles",
	.sees = "consoles, watchdogs and their like on the PCI functions of this host",
	.adds = LEND_ADDS(LEND_KIND_ROLE),
	.collect = collect,
};
