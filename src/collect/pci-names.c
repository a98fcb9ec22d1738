/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of PCI functions, out of the first pci.ids that the host has.
 *
 * Asks  pci.ids, once; a capture keeps the lines that were of use
 *       (docs/capture.md), so that it shows the same names everywhere
 */

#include "collect/pci.h"
#include "format/pci-ids.h"

enum { IDS_MAX = 8 << 20 };

/* What update-pciids fetched is newer than what the package brought. */
static const struct lend_ask asks[] = {
	{ .via = LEND_VIA_FILE,
	  .key = "var/lib/pciutils/pci.ids",
	  .limit_bytes = IDS_MAX,
	  .flags = LEND_ASK_NOT_RECORDED },
	{ .via = LEND_VIA_FILE,
	  .key = "usr/share/misc/pci.ids",
	  .limit_bytes = IDS_MAX,
	  .flags = LEND_ASK_NOT_RECORDED },
	{ .via = LEND_VIA_FILE,
	  .key = "usr/share/hwdata/pci.ids",
	  .limit_bytes = IDS_MAX,
	  .flags = LEND_ASK_NOT_RECORDED },
};

/* The ids of a function, as pci.ids has them; a level of 0 is not known. */
struct wanted {
	struct {
		enum lend_pci_id_level level;
		uint64_t id;
	} vendor, product, subsystem, class_name;
};

static bool has(const struct lend_fact *fact, uint64_t max)
{
	return fact->known == LEND_KNOWN && fact->v.u64 <= max;
}

static struct wanted wanted_of(const struct lend_pci *pci)
{
	struct wanted w = { 0 };

	if (has(&pci->class, 0xffffff)) {
		w.class_name.level = LEND_PCI_ID_SUBCLASS;
		w.class_name.id = pci->class.v.u64 >> 8;
	}
	if (!has(&pci->vendor_id, 0xffff))
		return w;
	w.vendor.level = LEND_PCI_ID_VENDOR;
	w.vendor.id = pci->vendor_id.v.u64;
	if (!has(&pci->device_id, 0xffff))
		return w;
	w.product.level = LEND_PCI_ID_DEVICE;
	w.product.id = w.vendor.id << 16 | pci->device_id.v.u64;
	if (!has(&pci->subsystem_vendor, 0xffff) || !has(&pci->subsystem_device, 0xffff))
		return w;
	w.subsystem.level = LEND_PCI_ID_SUBSYSTEM;
	w.subsystem.id = w.product.id << 32 | pci->subsystem_vendor.v.u64 << 16 |
			 pci->subsystem_device.v.u64;
	return w;
}

static void collect_ids(struct lend_scan *scan, struct lend_pci_ids *ids)
{
	struct lend_pci *pci;

	for (size_t at = 0; (pci = lend_pci_next(scan, &at)) != NULL;) {
		struct wanted w = wanted_of(pci);

		if (w.vendor.level != 0)
			lend_pci_ids_want(ids, w.vendor.level, w.vendor.id);
		if (w.product.level != 0)
			lend_pci_ids_want(ids, w.product.level, w.product.id);
		if (w.subsystem.level != 0)
			lend_pci_ids_want(ids, w.subsystem.level, w.subsystem.id);
		if (w.class_name.level != 0)
			lend_pci_ids_want(ids, w.class_name.level, w.class_name.id);
	}
}

struct pen {
	struct lend_scan *scan;
	const struct lend_pci_ids *ids;
	uint32_t by;
};

static void put_name(const struct pen *pen, struct lend_pci *pci, struct lend_fact *fact,
		     enum lend_pci_id_level level, uint64_t id)
{
	struct lend_span name;
	char text[LEND_PCI_ID_NAME_MAX + 1];

	if (level == 0)
		return;
	name = lend_pci_ids_name(pen->ids, level, id);
	if (name.at == NULL && level == LEND_PCI_ID_SUBCLASS)
		name = lend_pci_ids_name(pen->ids, LEND_PCI_ID_CLASS, id >> 8);
	if (name.at == NULL) {
		lend_build_absent(&pen->scan->build, &pci->node, fact, pen->by);
		return;
	}
	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	lend_build_text(&pen->scan->build, &pci->node, fact, pen->by, text);
}

static void put_all(const struct pen *pen)
{
	struct lend_pci *pci;

	for (size_t at = 0; (pci = lend_pci_next(pen->scan, &at)) != NULL;) {
		struct wanted w = wanted_of(pci);

		put_name(pen, pci, &pci->vendor, w.vendor.level, w.vendor.id);
		put_name(pen, pci, &pci->product, w.product.level, w.product.id);
		put_name(pen, pci, &pci->subsystem, w.subsystem.level, w.subsystem.id);
		put_name(pen, pci, &pci->class_name, w.class_name.level, w.class_name.id);
	}
}

static void use(struct lend_scan *scan, struct lend_pci_ids *ids, const struct lend_ask *ask,
		const struct lend_answer *answer)
{
	struct pen pen = { .scan = scan, .ids = ids };

	if (lend_io_is_recording(scan->io)) {
		lend_auto_buf cut = { 0 };

		lend_pci_ids_cut(ids, answer->bytes, answer->len, &cut);
		lend_io_record_part(scan->io, ask, lend_buf_text(&cut), cut.len);
	}
	lend_pci_ids_read(ids, answer->bytes, answer->len);
	pen.by = lend_build_sighting(&scan->build, lend_collect_trust(scan), "pci", ask->key,
				     "");
	put_all(&pen);
}

void lend_pci_put_names(struct lend_scan *scan)
{
	struct lend_pci_ids ids = { .arena = &scan->memory };

	collect_ids(scan, &ids);
	for (size_t i = 0; i < LEND_COUNT(asks); i++) {
		const struct lend_answer *answer = lend_io_ask(scan->io, &asks[i]);

		if (answer->known == LEND_KNOWN) {
			use(scan, &ids, &asks[i], answer);
			lend_io_forget(scan->io);
			return;
		}
	}
	if (!lend_io_is_copy(scan->io))
		lend_build_gap(&scan->build, "pci", false,
			       "install pci.ids (Debian: package pci.ids)",
			       "there is no pci.ids: PCI functions have numbers, no names");
}
