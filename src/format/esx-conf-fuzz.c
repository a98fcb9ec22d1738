/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: written unchanged they are the same; one key set or removed changes nothing else.
 */

#include "format/esx-conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void change(struct lend_esx_conf *conf, struct lend_arena *arena)
{
	static const char key[] = "/lend/fuzz";
	const char *first = conf->lines[conf->sorted[0]].key;
	size_t n = conf->n_sorted + (lend_esx_conf_find(conf, key) == NULL);
	lend_auto_buf out = { 0 };
	struct lend_esx_conf back;

	if (lend_esx_conf_set(conf, key, "a value", NULL) < 0)
		abort();
	lend_esx_conf_write(conf, &out);
	if (out.len > LEND_ESX_CONF_MAX)
		return;
	if (lend_esx_conf_parse(out.text, out.len, arena, &back, NULL) < 0 ||
	    back.n_sorted != n || back.n_junk != conf->n_junk)
		abort();
	for (size_t i = 0; i < n; i++) {
		const struct lend_esx_conf_line *line = &conf->lines[conf->sorted[i]];
		const char *value = lend_esx_conf_get(&back, line->key);

		if (value == NULL || strcmp(value, line->value) != 0)
			abort();
	}
	if (!lend_esx_conf_remove(conf, first) || lend_esx_conf_get(conf, first) != NULL ||
	    conf->n_sorted != n - 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lend_arena arena = { 0 };
	lend_auto_buf out = { 0 };
	struct lend_esx_conf_device *devices;
	struct lend_esx_conf_nic *nics;
	struct lend_esx_conf conf;
	size_t n;

	(void)lend_esx_conf_recognise((const char *)data, size);
	if (lend_esx_conf_parse((const char *)data, size, &arena, &conf, NULL) == 0) {
		lend_esx_conf_write(&conf, &out);
		if (out.len != size || memcmp(out.text, data, size) != 0)
			abort();
		lend_esx_conf_devices(&conf, &arena, &devices, &n);
		lend_esx_conf_nics(&conf, LEND_ESX_CONF_PNIC, &arena, &nics, &n);
		change(&conf, &arena);
	}
	lend_arena_done(&arena);
	return 0;
}
