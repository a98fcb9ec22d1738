/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading; the parts below <devices> are in domain-xml-devices.c. */

#include "format/domain-xml.h"

#include "base/err.h"
#include "base/num.h"
#include "format/domain-xml-parse.h"

static const char qemu_ns[] = "http://libvirt.org/schemas/domain/qemu/1.0";

static const struct {
	const char *unit;
	uint64_t bytes;
} units[] = {
	{ "b", 1 },
	{ "bytes", 1 },
	{ "KB", 1000 },
	{ "k", 1 << 10 },
	{ "KiB", 1 << 10 },
	{ "MB", 1000 * 1000 },
	{ "M", 1 << 20 },
	{ "MiB", 1 << 20 },
	{ "GB", 1000 * 1000 * 1000 },
	{ "G", 1 << 30 },
	{ "GiB", 1 << 30 },
	{ "TB", UINT64_C(1000000000000) },
	{ "T", UINT64_C(1) << 40 },
	{ "TiB", UINT64_C(1) << 40 },
	{ "PB", UINT64_C(1000000000000000) },
	{ "P", UINT64_C(1) << 50 },
	{ "PiB", UINT64_C(1) << 50 },
	{ "EB", UINT64_C(1000000000000000000) },
	{ "E", UINT64_C(1) << 60 },
	{ "EiB", UINT64_C(1) << 60 },
};

/* More than any host has; sums of such stay in 64 bits. */
static const uint64_t bytes_max = UINT64_C(1) << 52;

int lend_domain_size(const char *number, const char *unit, uint64_t *ret_bytes,
		     struct lend_err *err)
{
	uint64_t factor = 0, n, bytes;

	for (size_t i = 0; i < LEND_COUNT(units); i++) {
		if (strcasecmp(units[i].unit, unit == NULL ? "KiB" : unit) == 0)
			factor = units[i].bytes;
	}
	if (factor == 0)
		return lend_fail(err, LEND_E_FORMAT, "there is no unit '%.40s'", unit);
	if (!lend_parse_u64(number, 10, &n))
		return lend_fail(err, LEND_E_FORMAT, "'%.40s' is no number", number);
	if (!lend_mul_u64(n, factor, &bytes) || bytes > bytes_max)
		return lend_fail(err, LEND_E_FORMAT, "'%.40s %.10s' is too large", number,
				 unit == NULL ? "KiB" : unit);
	*ret_bytes = bytes;
	return 0;
}

/* ---- tools of both files ---- */

int lend_domain_fail(const struct lend_domain_reader *r, const struct lend_xml_node *node,
		     struct lend_err *err)
{
	lend_where(err, "<%.40s>", node->name);
	return lend_xml_where(err, r->file, node);
}

const char *lend_domain_text(const char *text)
{
	return text == NULL || text[0] == '\0' ? NULL : text;
}

int lend_domain_get_size(const struct lend_domain_reader *r, const struct lend_xml_node *parent,
			 const char *name, struct lend_opt_u64 *ret, struct lend_err *err)
{
	const struct lend_xml_node *node = lend_xml_child(parent, name);

	if (node == NULL)
		return 0;
	if (lend_domain_size(node->text, lend_xml_attr(node, "unit"), &ret->v, err) < 0)
		return lend_domain_fail(r, node, err);
	ret->has = true;
	return 0;
}

int lend_domain_number(const struct lend_domain_reader *r, const struct lend_xml_node *node,
		       const char *text, struct lend_opt_u64 *ret, struct lend_err *err)
{
	if (text == NULL)
		return 0;
	if (!lend_parse_u64(text, 0, &ret->v)) {
		lend_fail(err, LEND_E_FORMAT, "'%.40s' is no number", text);
		return lend_domain_fail(r, node, err);
	}
	ret->has = true;
	return 0;
}

int lend_domain_many(const struct lend_domain_reader *r, const struct lend_xml_node *node,
		     size_t n, struct lend_err *err)
{
	if (n < LEND_DOMAIN_ITEMS_MAX)
		return 0;
	lend_fail(err, LEND_E_FORMAT, "there are more than %d", LEND_DOMAIN_ITEMS_MAX);
	return lend_domain_fail(r, node, err);
}

/* ---- above the devices ---- */

static int read_memory(const struct lend_domain_reader *r, const struct lend_xml_node *root,
		       struct lend_domain *d, struct lend_err *err)
{
	const struct lend_xml_node *max = lend_xml_child(root, "maxMemory");
	const struct lend_xml_node *access =
		lend_xml_child(lend_xml_child(root, "memoryBacking"), "access");

	d->access = lend_xml_attr(access, "mode");
	if (lend_domain_get_size(r, root, "memory", &d->memory_bytes, err) < 0 ||
	    lend_domain_get_size(r, root, "maxMemory", &d->max_memory_bytes, err) < 0)
		return -1;
	return max == NULL ? 0
			   : lend_domain_number(r, max, lend_xml_attr(max, "slots"), &d->slots,
						err);
}

static void read_os(const struct lend_xml_node *os, struct lend_domain *d)
{
	const struct lend_xml_node *type = lend_xml_child(os, "type");
	const struct lend_xml_node *boot = lend_xml_child(os, "boot");

	d->os_type = lend_domain_text(lend_xml_text(os, "type"));
	d->arch = lend_xml_attr(type, "arch");
	d->machine = lend_xml_attr(type, "machine");
	d->firmware = lend_xml_attr(os, "firmware");
	d->loader = lend_domain_text(lend_xml_text(os, "loader"));
	d->nvram = lend_domain_text(lend_xml_text(os, "nvram"));
	d->kernel = lend_domain_text(lend_xml_text(os, "kernel"));
	d->initrd = lend_domain_text(lend_xml_text(os, "initrd"));
	d->cmdline = lend_domain_text(lend_xml_text(os, "cmdline"));
	d->boot = lend_xml_attr(boot, "dev");
}

static int read_cells(const struct lend_domain_reader *r, const struct lend_xml_node *cpu,
		      struct lend_domain *d, struct lend_err *err)
{
	const struct lend_xml_node *node = lend_xml_child(lend_xml_child(cpu, "numa"), "cell");

	for (; node != NULL; node = lend_xml_again(node)) {
		const char *memory = lend_xml_attr(node, "memory");
		struct lend_domain_cell *cell;

		if (lend_domain_many(r, node, d->n_cells, err) < 0)
			return -1;
		cell = LEND_PUSH(r->arena, d->cells, d->n_cells, d->cap_cells);
		cell->cpus = lend_domain_text(lend_xml_attr(node, "cpus"));
		cell->access = lend_xml_attr(node, "memAccess");
		if (lend_domain_number(r, node, lend_xml_attr(node, "id"), &cell->id, err) < 0)
			return -1;
		if (memory == NULL)
			continue;
		if (lend_domain_size(memory, lend_xml_attr(node, "unit"), &cell->memory_bytes.v,
				     err) < 0)
			return lend_domain_fail(r, node, err);
		cell->memory_bytes.has = true;
	}
	return 0;
}

static int read_cpu(const struct lend_domain_reader *r, const struct lend_xml_node *root,
		    struct lend_domain *d, struct lend_err *err)
{
	const struct lend_xml_node *cpu = lend_xml_child(root, "cpu");
	const struct lend_xml_node *vcpu = lend_xml_child(root, "vcpu");

	d->cpu_mode = lend_xml_attr(cpu, "mode");
	d->cpu_model = lend_domain_text(lend_xml_text(cpu, "model"));
	if (vcpu != NULL && lend_domain_number(r, vcpu, vcpu->text, &d->vcpus, err) < 0)
		return -1;
	return read_cells(r, cpu, d, err);
}

static int read_qemu_args(const struct lend_domain_reader *r, const struct lend_xml_node *root,
			  struct lend_domain *d, struct lend_err *err)
{
	for (const struct lend_xml_node *line = root->first; line != NULL; line = line->next) {
		if (line->ns == NULL || strcmp(line->ns, qemu_ns) != 0 ||
		    strcmp(line->name, "commandline") != 0)
			continue;
		for (const struct lend_xml_node *arg = line->first; arg != NULL;
		     arg = arg->next) {
			const char *value = lend_xml_attr(arg, "value");

			if (strcmp(arg->name, "arg") != 0 || value == NULL)
				continue;
			if (lend_domain_many(r, arg, d->n_qemu_args, err) < 0)
				return -1;
			*LEND_PUSH(r->arena, d->qemu_args, d->n_qemu_args, d->cap_qemu_args) =
				value;
		}
	}
	return 0;
}

bool lend_domain_recognise(const char *text, size_t len)
{
	static const char *const starts[] = { "<domain", "<domstatus" };
	struct lend_span s = lend_span_trim((struct lend_span){ text, len });

	/* Behind a declaration and comments, such as virsh puts in front. */
	while (s.len > 1 && s.at[0] == '<' && (s.at[1] == '?' || s.at[1] == '!')) {
		const char *close = s.at[1] == '?' ? "?>" : "-->";
		const char *end = memmem(s.at, s.len, close, strlen(close));

		if (end == NULL)
			return false;
		s.len -= (size_t)(end - s.at) + strlen(close);
		s.at = end + strlen(close);
		s = lend_span_trim(s);
	}
	for (size_t i = 0; i < LEND_COUNT(starts); i++) {
		size_t n = strlen(starts[i]);

		if (s.len >= n && memcmp(s.at, starts[i], n) == 0 &&
		    (s.len == n || s.at[n] == '>' || lend_ascii_is_space(s.at[n])))
			return true;
	}
	return false;
}

static int find_domain(const char *file, const struct lend_xml_node *root,
		       const struct lend_xml_node **ret, struct lend_err *err)
{
	const struct lend_xml_node *domain = root;

	if (root->ns == NULL && strcmp(root->name, "domstatus") == 0)
		domain = lend_xml_child(root, "domain");
	if (domain == NULL || domain->ns != NULL || strcmp(domain->name, "domain") != 0) {
		lend_fail(err, LEND_E_FORMAT, "<%.40s> is no domain of libvirt", root->name);
		return lend_xml_where(err, file, root);
	}
	*ret = domain;
	return 0;
}

int lend_domain_parse(struct lend_arena *arena, const char *file, const char *text, size_t len,
		      struct lend_domain *ret, struct lend_err *err)
{
	const struct lend_domain_reader r = { .arena = arena, .file = file };
	const struct lend_xml_node *domain = NULL;
	struct lend_xml_node *root = NULL;
	struct lend_domain d = { 0 };

	if (lend_xml_parse(arena, file, text, len, &root, err) < 0 || root == NULL ||
	    find_domain(file, root, &domain, err) < 0 || domain == NULL)
		return -1;
	d.type = lend_domain_text(lend_xml_attr(domain, "type"));
	d.name = lend_domain_text(lend_xml_text(domain, "name"));
	d.uuid = lend_domain_text(lend_xml_text(domain, "uuid"));
	if (d.name == NULL) {
		lend_fail(err, LEND_E_FORMAT, "the domain has no name");
		return lend_xml_where(err, file, domain);
	}
	d.acpi = lend_xml_child(lend_xml_child(domain, "features"), "acpi") != NULL;
	read_os(lend_xml_child(domain, "os"), &d);
	if (lend_domain_number(&r, domain, lend_xml_attr(domain, "id"), &d.id, err) < 0 ||
	    read_memory(&r, domain, &d, err) < 0 || read_cpu(&r, domain, &d, err) < 0 ||
	    lend_domain_devices(&r, lend_xml_child(domain, "devices"), &d, err) < 0 ||
	    read_qemu_args(&r, domain, &d, err) < 0)
		return -1;
	*ret = d;
	return 0;
}
