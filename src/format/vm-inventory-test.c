/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vm-inventory.h"

#include <string.h>

#include "tests/must.h"

#define ENTRY(path)                                                                            \
	"<ConfigEntry id=\"0001\"><objID>7</objID><vmxCfgPath>" path                           \
	"</vmxCfgPath></ConfigEntry>"

static const struct {
	const char *text;
	size_t n, n_odd;
	bool bad;
} tests[] = {
	{ "<ConfigRoot>" ENTRY("/vmfs/volumes/a/web &amp; db/web.vmx") "</ConfigRoot>", 1, 0,
	  false },
	{ "<ConfigRoot/>", 0, 0, false },
	{ "<ConfigRoot>" ENTRY("") ENTRY("web.vmx")
		  ENTRY("/vmfs/volumes/a/b.vmx") "</ConfigRoot>",
	  1, 2, false },
	{ "<ConfigRoot>" ENTRY("/vmfs/volumes/a/b.vmx"), 0, 0, true }, /* cut off */
	{ "<Inventar>" ENTRY("/vmfs/volumes/a/b.vmx") "</Inventar>", 0, 0, true },
	{ "<!DOCTYPE x [<!ENTITY a \"b\">]><ConfigRoot>&a;</ConfigRoot>", 0, 0, true },
	{ "", 0, 0, true },
	{ "SQLite format 3", 0, 0, true },
};

int main(void)
{
	struct lend_arena arena = { 0 };
	struct lend_vm_inventory vms;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		int r = lend_vm_inventory_parse(tests[i].text, strlen(tests[i].text), &arena,
						&vms, NULL);

		must_in(tests[i].text);
		must((r < 0) == tests[i].bad);
		if (r < 0)
			continue;
		must_u64(vms.n_paths, tests[i].n);
		must_u64(vms.n_odd, tests[i].n_odd);
		must((vms.first_odd > 0) == (vms.n_odd > 0));
	}
	must(lend_vm_inventory_parse(tests[0].text, strlen(tests[0].text), &arena, &vms,
				     NULL) == 0);
	must_str(vms.paths[0], "/vmfs/volumes/a/web & db/web.vmx");
	lend_arena_done(&arena);
	return 0;
}
