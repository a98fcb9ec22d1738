/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks the kernel what VFIO thinks, for the shape "machine-vfio": runs inside
 * its guest, and is linked statically.  Called qemu-system-x86_64 it is a
 * process of that name which maps its backings and does nothing else.
 *
 * usage: vfio-try GROUP [anon|PATH]
 *
 * Prints "viable 0|1 container OK|ERROR iommu OK|ERROR map OK|ERROR".
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BYTES = 2 * 1024 * 1024 };

static const char *result(int r)
{
	return r >= 0 ? "OK" : strerrorname_np(errno);
}

/* Fails only where the kernel refuses to pin what is mapped there. */
static int map(int container, const char *what)
{
	struct vfio_iommu_type1_dma_map dma = { .argsz = sizeof(dma),
						.flags = VFIO_DMA_MAP_FLAG_READ |
							 VFIO_DMA_MAP_FLAG_WRITE,
						.size = BYTES };
	int anon = strcmp(what, "anon") == 0;
	int fd = anon ? -1 : open(what, O_RDWR | O_CLOEXEC);
	void *at;

	if (!anon && fd < 0)
		return -1;
	at = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
		  anon ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -1;
	dma.vaddr = (uintptr_t)at;
	return ioctl(container, VFIO_IOMMU_MAP_DMA, &dma);
}

/* As a QEMU has its backings mapped. */
static void map_backings(char **argv)
{
	for (; *argv != NULL; argv++) {
		char *path = strstr(*argv, "mem-path=");
		int fd;

		if (path == NULL)
			continue;
		path = strndup(path + 9, strcspn(path + 9, ","));
		fd = open(path, O_RDWR | O_CLOEXEC);
		(void)mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	}
}

int main(int argc, char **argv)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int container, group;
	char path[64];

	if (strstr(argv[0], "qemu-system") != NULL) {
		map_backings(argv);
		for (;;)
			(void)pause();
	}
	if (argc < 2)
		return 2;
	(void)snprintf(path, sizeof(path), "/dev/vfio/%s", argv[1]);
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (container < 0 || group < 0 || ioctl(group, VFIO_GROUP_GET_STATUS, &status) < 0) {
		(void)printf("%s: %s\n", path, strerrorname_np(errno));
		return 1;
	}
	(void)printf("viable %d", (status.flags & VFIO_GROUP_FLAGS_VIABLE) != 0);
	(void)printf(" container %s",
		     result(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container)));
	(void)printf(" iommu %s", result(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU)));
	if (argc > 2)
		(void)printf(" map %s", result(map(container, argv[2])));
	(void)printf("\n");
	return 0;
}
