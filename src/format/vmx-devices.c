/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the keys of a .vmx mean: NVDIMMs, PCI passthrough, reserved memory. */

#include "base/ascii.h"
#include "base/err.h"
#include "base/num.h"
#include "format/vmx.h"

/* ---- NVDIMMs ---- */

/* A number as ESXi would write it: no leading zero. */
static bool take_number(const char **at, uint32_t *ret)
{
	size_t len = 0;
	uint64_t n;

	while (lend_ascii_is_digit((*at)[len]))
		len++;
	if ((len > 1 && **at == '0') || !lend_parse_u64n(*at, len, 10, &n) || n > UINT32_MAX)
		return false;
	*at += len;
	*ret = (uint32_t)n;
	return true;
}

static bool is_nvdimm_file(const char *key, struct lend_vmx_nvdimm *ret)
{
	if (!lend_ascii_has_prefix(key, strlen(key), "nvdimm"))
		return false;
	key += strlen("nvdimm");
	return take_number(&key, &ret->controller) && *key++ == ':' &&
	       take_number(&key, &ret->unit) && lend_ascii_casecmp(key, ".fileName") == 0;
}

/* false only where the key is there and says no. */
static bool is_present(const struct lend_vmx *vmx, const char *key)
{
	const char *value = lend_vmx_get(vmx, key);
	bool present;

	return value == NULL || !lend_vmx_bool(value, &present) || present;
}

static int by_place(const void *a, const void *b)
{
	const struct lend_vmx_nvdimm *x = a;
	const struct lend_vmx_nvdimm *y = b;

	if (x->controller != y->controller)
		return x->controller < y->controller ? -1 : 1;
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

void lend_vmx_nvdimms(const struct lend_vmx *vmx, struct lend_arena *arena,
		      struct lend_vmx_nvdimm **ret_items, size_t *ret_n)
{
	struct lend_vmx_nvdimm *items = NULL;
	size_t n = 0;
	size_t cap = 0;

	for (size_t i = 0; i < vmx->n_sorted; i++) {
		const struct lend_vmx_line *line = &vmx->lines[vmx->sorted[i]];
		struct lend_vmx_nvdimm found = { 0 };
		char key[48];

		if (line->remark == LEND_VMX_DUPLICATE || !is_nvdimm_file(line->key, &found))
			continue;
		(void)snprintf(key, sizeof(key), "nvdimm%u:%u.present", found.controller,
			       found.unit);
		found.present = is_present(vmx, key);
		(void)snprintf(key, sizeof(key), "nvdimm%u.present", found.controller);
		found.present = found.present && is_present(vmx, key);
		found.file = line->value;
		*LEND_PUSH(arena, items, n, cap) = found;
	}
	if (n > 0)
		qsort(items, n, sizeof(*items), by_place);
	*ret_items = items;
	*ret_n = n;
}

static void set(struct lend_vmx *vmx, const char *start, const char *leaf, const char *value)
{
	lend_auto_buf key = { 0 };

	lend_buf_printf(&key, "%s.%s", start, leaf);
	lend_vmx_set(vmx, key.text, value);
}

void lend_vmx_set_nvdimm(struct lend_vmx *vmx, uint32_t controller, uint32_t unit,
			 const char *file)
{
	char start[40];

	(void)snprintf(start, sizeof(start), "nvdimm%u", controller);
	set(vmx, start, "present", "TRUE");
	(void)snprintf(start, sizeof(start), "nvdimm%u:%u", controller, unit);
	set(vmx, start, "present", "TRUE");
	set(vmx, start, "fileName", file);
}

/* ---- PCI passthrough ---- */

static size_t digits(const char *at)
{
	size_t n = 0;

	while (lend_ascii_is_digit(at[n]))
		n++;
	return n;
}

/*
 * Met on hosts: "00000:013:00.0" (8.0U3), "0:66:0.0" (8.0.2), "130:00.0" and
 * "06:00.0" (5.x); facts of docs/design/esxi-files.md.
 */
static enum lend_vmx_spelling spelling_of(const char *id, struct lend_pci_decimal *ret)
{
	struct lend_pci_address hex;
	const char *second;

	if (!lend_pci_decimal_parse(id, strlen(id), ret))
		return lend_pci_address_parse(id, strlen(id), &hex) ? LEND_VMX_ID_HEX
								    : LEND_VMX_ID_ODD;
	second = strchr(id, ':') + 1;
	if (strchr(second, ':') == NULL || digits(id) == 1 ||
	    (digits(id) == 5 && digits(second) == 3))
		return LEND_VMX_ID_HOST;
	return LEND_VMX_ID_UNSURE;
}

/* "0x8086"; "0" is what SR-IOV devices have.  Other digits could be of either base. */
static struct lend_opt_u64 read_id(const char *value)
{
	struct lend_opt_u64 none = { 0 };
	uint64_t id;

	if (value == NULL || !lend_ascii_has_prefix(value, strlen(value), "0x") ||
	    !lend_parse_u64(value, 0, &id) || id > 0xffff)
		return none;
	return lend_opt(id);
}

static bool is_passthru(const char *key, uint32_t *ret_number)
{
	static const char *const leaves[] = { ".present", ".id", ".allowedDevices" };

	if (!lend_ascii_has_prefix(key, strlen(key), "pciPassthru"))
		return false;
	key += strlen("pciPassthru");
	if (!take_number(&key, ret_number))
		return false;
	for (size_t i = 0; i < LEND_COUNT(leaves); i++) {
		if (lend_ascii_casecmp(key, leaves[i]) == 0)
			return true;
	}
	return false;
}

static const char *get(const struct lend_vmx *vmx, uint32_t number, const char *leaf)
{
	char key[64];

	(void)snprintf(key, sizeof(key), "pciPassthru%u.%s", number, leaf);
	return lend_vmx_get(vmx, key);
}

static void read_passthru(const struct lend_vmx *vmx, struct lend_vmx_passthru *p)
{
	const char *present = get(vmx, p->number, "present");

	p->present = present == NULL || !lend_vmx_bool(present, &p->present) || p->present;
	p->id = get(vmx, p->number, "id");
	p->spelling = p->id == NULL ? LEND_VMX_ID_NONE : spelling_of(p->id, &p->at);
	p->vendor = read_id(get(vmx, p->number, "vendorId"));
	p->device = read_id(get(vmx, p->number, "deviceId"));
	p->system_id = get(vmx, p->number, "systemId");
	p->pf_id = get(vmx, p->number, "pfId");
	p->allowed_devices = get(vmx, p->number, "allowedDevices");
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = ((const struct lend_vmx_passthru *)a)->number;
	uint32_t y = ((const struct lend_vmx_passthru *)b)->number;

	return x < y ? -1 : x > y;
}

void lend_vmx_passthrus(const struct lend_vmx *vmx, struct lend_arena *arena,
			struct lend_vmx_passthru **ret_items, size_t *ret_n)
{
	struct lend_vmx_passthru *items = NULL;
	size_t n = 0;
	size_t cap = 0;
	size_t kept = 0;

	for (size_t i = 0; i < vmx->n_sorted; i++) {
		uint32_t number;

		if (is_passthru(vmx->lines[vmx->sorted[i]].key, &number))
			LEND_PUSH(arena, items, n, cap)->number = number;
	}
	if (n > 0)
		qsort(items, n, sizeof(*items), by_number);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && items[kept - 1].number == items[i].number)
			continue;
		items[kept] = (struct lend_vmx_passthru){ .number = items[i].number };
		read_passthru(vmx, &items[kept++]);
	}
	*ret_items = items;
	*ret_n = kept;
}

void lend_vmx_set_passthru(struct lend_vmx *vmx, uint32_t number,
			   const struct lend_pci_address *address, uint16_t vendor,
			   uint16_t device, const char *system_id)
{
	struct lend_pci_decimal d = lend_pci_to_decimal(address);
	char start[32];
	char text[32];

	(void)snprintf(start, sizeof(start), "pciPassthru%u", number);
	(void)snprintf(text, sizeof(text), "%05u:%03u:%02u.%u", d.segment, d.bus, d.slot,
		       d.function);
	set(vmx, start, "present", "TRUE");
	set(vmx, start, "id", text);
	(void)snprintf(text, sizeof(text), "0x%04x", device);
	set(vmx, start, "deviceId", text);
	(void)snprintf(text, sizeof(text), "0x%04x", vendor);
	set(vmx, start, "vendorId", text);
	if (system_id != NULL)
		set(vmx, start, "systemId", system_id);
}

/* ---- memory ---- */

int lend_vmx_pin_memory(struct lend_vmx *vmx, struct lend_err *err)
{
	const char *size = lend_vmx_get(vmx, "memSize");
	uint64_t mb;

	if (size == NULL || !lend_parse_u64(size, 10, &mb) || mb == 0)
		return lend_fail(err, LEND_E_FORMAT, "memSize is %s%s%s, no number of MB",
				 size == NULL ? "missing" : "'", size == NULL ? "" : size,
				 size == NULL ? "" : "'");
	lend_vmx_set(vmx, "sched.mem.min", size);
	lend_vmx_set(vmx, "sched.mem.minSize", size);
	lend_vmx_set(vmx, "sched.mem.pin", "TRUE");
	return 0;
}
