/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory part of a QEMU command line, back as arguments. */

#include <inttypes.h>

#include "format/qemu-args-parse.h"

static void put_word(struct lend_buf *out, const char *word)
{
	lend_buf_put(out, word, strlen(word) + 1);
}

static void put_text(struct lend_buf *out, const char *key, const char *value)
{
	if (value != NULL)
		lend_qemu_opts_put(out, key, value);
}

/* Without its key, as people write it, where that reads back the same. */
static void put_first(struct lend_buf *out, const char *key, const char *value)
{
	const bool plain = value != NULL && *value != '\0' && *value != '{' &&
			   strpbrk(value, "=,") == NULL;

	put_text(out, plain ? NULL : key, value);
}

static void put_tri(struct lend_buf *out, const char *key, enum lend_tri value)
{
	if (value != LEND_TRI_UNSET)
		lend_qemu_opts_put(out, key, value == LEND_TRI_ON ? "on" : "off");
}

static void put_number(struct lend_buf *out, const char *key, struct lend_opt_u64 value)
{
	char text[24];

	if (!value.has)
		return;
	(void)snprintf(text, sizeof(text), "%" PRIu64, value.v);
	lend_qemu_opts_put(out, key, text);
}

/* In the largest whole unit; always with a suffix, since no suffix means MiB to -m. */
static void put_size(struct lend_buf *out, const char *key, struct lend_opt_u64 value)
{
	static const char suffixes[] = "BKMG";
	size_t unit = 0;
	char text[24];

	if (!value.has)
		return;
	while (value.v > 0 && value.v % 1024 == 0 && suffixes[unit + 1] != '\0') {
		value.v /= 1024;
		unit++;
	}
	(void)snprintf(text, sizeof(text), "%" PRIu64 "%c", value.v, suffixes[unit]);
	lend_qemu_opts_put(out, key, text);
}

static void put_backend(struct lend_buf *out, const struct lend_qemu_backend *b)
{
	put_word(out, "-object");
	put_first(out, "qom-type", b->type);
	put_text(out, "id", b->id);
	put_text(out, "mem-path", b->path);
	put_size(out, "size", b->size);
	put_size(out, "align", b->align);
	put_size(out, "offset", b->offset);
	put_tri(out, "share", b->share);
	put_tri(out, "pmem", b->pmem);
	put_tri(out, "readonly", b->readonly);
	put_tri(out, "prealloc", b->prealloc);
	put_tri(out, "discard-data", b->discard_data);
	lend_buf_putc(out, '\0');
}

static void put_device(struct lend_buf *out, const struct lend_qemu_device *d)
{
	char text[24];

	put_word(out, "-device");
	put_first(out, "driver", d->driver);
	put_text(out, "id", d->id);
	put_text(out, "memdev", d->memdev);
	put_text(out, "bus", d->bus);
	put_text(out, "addr", d->addr);
	/* Of DIMMs the address was said by addr= already. */
	if (d->address.has && !lend_qemu_is_dimm(d->driver)) {
		(void)snprintf(text, sizeof(text), "0x%" PRIx64, d->address.v);
		put_text(out, "memaddr", text);
	}
	put_number(out, "slot", d->slot);
	put_size(out, "label-size", d->label_bytes);
	put_number(out, "node", d->node);
	put_tri(out, "unarmed", d->unarmed);
	put_text(out, "uuid", d->uuid);
	lend_buf_putc(out, '\0');
}

static void put_machine(struct lend_buf *out, const struct lend_qemu_args *args)
{
	if (args->machine == NULL && args->nvdimm == LEND_TRI_UNSET &&
	    args->acpi == LEND_TRI_UNSET && args->nvdimm_persistence == NULL &&
	    args->memory_backend == NULL)
		return;
	put_word(out, "-machine");
	put_first(out, "type", args->machine);
	put_tri(out, "nvdimm", args->nvdimm);
	put_tri(out, "acpi", args->acpi);
	put_text(out, "nvdimm-persistence", args->nvdimm_persistence);
	put_text(out, "memory-backend", args->memory_backend);
	lend_buf_putc(out, '\0');
}

void lend_qemu_args_write(struct lend_buf *out, const struct lend_qemu_args *args)
{
	put_word(out, args->argv0 != NULL ? args->argv0 : "");
	put_machine(out, args);
	if (args->cpu != NULL) {
		put_word(out, "-cpu");
		put_word(out, args->cpu);
	}
	if (args->ram_bytes.has || args->slots.has || args->maxmem_bytes.has) {
		put_word(out, "-m");
		/* Without its key as long as it stands first. */
		put_size(out, NULL, args->ram_bytes);
		put_number(out, "slots", args->slots);
		put_size(out, "maxmem", args->maxmem_bytes);
		lend_buf_putc(out, '\0');
	}
	for (size_t i = 0; i < args->n_backends; i++)
		put_backend(out, &args->backends[i]);
	for (size_t i = 0; i < args->n_devices; i++) {
		if (args->devices[i].memdev != NULL)
			put_device(out, &args->devices[i]);
	}
}
