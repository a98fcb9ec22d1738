/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a fuzz target over the files of its corpus, for builds without
 * libFuzzer.  Arguments: files, or folders of files.  An empty corpus fails:
 * a replay that replays nothing would always be green.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>

#include "base/attr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rbe");
	size_t cap = 1 << 20;
	uint8_t *data = malloc(cap);
	uint8_t *exact;
	size_t len;

	if (f == NULL || data == NULL) {
		(void)fprintf(stderr, "cannot read %s: %s\n", path, strerror(errno));
		exit(1);
	}
	len = fread(data, 1, cap, f);
	(void)fclose(f);
	/* A block of just the right size, so that a sanitizer sees the first byte too many. */
	exact = malloc(len > 0 ? len : 1);
	if (exact == NULL)
		abort();
	memcpy(exact, data, len);
	(void)LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	free(data);
	return 1;
}

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		struct dirent *entry;

		if (dir == NULL) {
			n += replay_file(argv[i]);
			continue;
		}
		while ((entry = readdir(dir)) != NULL) {
			char path[PATH_MAX];

			if (entry->d_name[0] == '.')
				continue;
			(void)snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
			n += replay_file(path);
		}
		(void)closedir(dir);
	}
	printf("%d inputs\n", n);
	return n > 0 ? 0 : 1;
}
