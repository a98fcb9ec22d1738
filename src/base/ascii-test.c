/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/ascii.h"

#include "tests/must.h"

int main(void)
{
	must(lend_ascii_casecmp("", "") == 0);
	must(lend_ascii_casecmp("ddb.UUID", "DDB.uuid") == 0);
	must(lend_ascii_casecmp("a", "B") < 0);
	must(lend_ascii_casecmp("b", "A") > 0);
	must(lend_ascii_casecmp("a", "ab") < 0);
	must(lend_ascii_casecmp("ab", "A") > 0);
	must(lend_ascii_casecmp("[", "a") < 0);
	/* Beyond ASCII bytes are bytes, above all letters. */
	must(lend_ascii_casecmp("\xc3\x84", "\xc3\xa4") != 0);
	must(lend_ascii_casecmp("z", "\xff") < 0);

	must(lend_ascii_has_prefix("RW 5", 4, "rw"));
	must(lend_ascii_has_prefix("RW", 2, "rw"));
	must(!lend_ascii_has_prefix("R", 1, "rw"));
	must(!lend_ascii_has_prefix(NULL, 0, "rw"));
	must(lend_ascii_has_prefix(NULL, 0, ""));

	must(lend_ascii_is_digit('0') && lend_ascii_is_digit('9'));
	must(!lend_ascii_is_digit('/') && !lend_ascii_is_digit(':'));
	return 0;
}
