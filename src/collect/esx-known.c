/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is it a list or a file of a host of ESXi?  By content alone. */

#include "collect/esx.h"

enum { GUESS_MAX = 4 << 20 };

bool lend_esx_is_host_file(const char *bytes, size_t len)
{
	struct lend_arena memory = { 0 };
	struct lend_esx_rows rows;
	bool is;

	if (len > GUESS_MAX)
		return false;
	if (lend_esx_conf_recognise(bytes, len) || lend_vim_vms_recognise(bytes, len))
		return true;
	is = lend_esx_rows_parse(bytes, len, &memory, &rows, NULL) == 0 &&
	     lend_esx_list_guess(&rows) != LEND_ESX_COMMANDS;
	lend_arena_done(&memory);
	return is;
}
