/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kept and read again; what others could have written is not. */

#include "io/cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/must.h"

int main(void)
{
	char dir[] = "/tmp/lend-cache-test-XXXXXX";
	char deep[100], file[110];
	lend_auto_buf got = { 0 };

	must(mkdtemp(dir) != NULL);
	(void)snprintf(deep, sizeof(deep), "%s/a/b", dir);
	(void)snprintf(file, sizeof(file), "%s/one", deep);
	must(!lend_cache_read(deep, "one", &got));
	lend_cache_write(deep, "one", "text\n", 5);
	lend_cache_write(deep, "one", "more text\n", 10);
	must(lend_cache_read(deep, "one", &got));
	must_str(lend_buf_text(&got), "more text\n");
	lend_buf_reset(&got);
	must(chmod(file, 0666) == 0 && !lend_cache_read(deep, "one", &got));
	must(unlink(file) == 0 && symlink("/etc/hostname", file) == 0);
	must(!lend_cache_read(deep, "one", &got));
	must(unlink(file) == 0 && mkfifo(file, 0600) == 0);
	must(!lend_cache_read(deep, "one", &got));
	must(unlink(file) == 0);
	lend_cache_write("/proc/none", "one", "text", 4); /* nobody's error */
	must(rmdir(deep) == 0);
	(void)snprintf(deep, sizeof(deep), "%s/a", dir);
	must(rmdir(deep) == 0 && rmdir(dir) == 0);
	return 0;
}
