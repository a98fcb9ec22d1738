/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connections to Unix sockets, and to TCP ports of this very machine. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/auto.h"
#include "io/inside.h"

/* Socket paths end at 107 bytes; a longer one is reached through its folder. */
static int fill_address(const char *path, struct sockaddr_un *address, int *ret_dir)
{
	const char *slash = strrchr(path, '/');
	int n;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) < sizeof(address->sun_path)) {
		memcpy(address->sun_path, path, strlen(path) + 1);
		return 0;
	}
	if (slash != NULL) {
		char folder[LEND_LIMIT_NAME];

		if ((size_t)(slash - path) >= sizeof(folder)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(folder, path, (size_t)(slash - path));
		folder[slash - path] = '\0';
		*ret_dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (*ret_dir < 0)
			return -1;
		n = snprintf(address->sun_path, sizeof(address->sun_path),
			     "/proc/self/fd/%d/%s", *ret_dir, slash + 1);
		if (n > 0 && (size_t)n < sizeof(address->sun_path))
			return 0;
	}
	errno = ENAMETOOLONG;
	return -1;
}

int lend_connect_unix(const char *path, int64_t deadline)
{
	lend_auto_fd int dir = -1;
	lend_auto_fd int fd = -1;
	struct sockaddr_un address;

	if (fill_address(path, &address, &dir) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* EAGAIN: the peer's queue is full of others who wait; there is nothing to poll for. */
	while (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		if (lend_ms_left(deadline) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		(void)poll(NULL, 0, 5);
	}
	return lend_steal_fd(&fd);
}

static int start_connect(int fd, const struct lend_loopback *at)
{
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
					 .sin6_port = htons(at->port),
					 .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(at->port) };

	if (at->v6)
		return connect(fd, (const struct sockaddr *)&v6, sizeof(v6));
	/* Whoever asks, nothing but this machine is reached. */
	if (at->v4[0] != 127) {
		errno = EACCES;
		return -1;
	}
	memcpy(&v4.sin_addr, at->v4, sizeof(at->v4));
	return connect(fd, (const struct sockaddr *)&v4, sizeof(v4));
}

int lend_connect_tcp(const struct lend_loopback *at, int64_t deadline)
{
	lend_auto_fd int fd = socket(at->v6 ? AF_INET6 : AF_INET,
				     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int failed = 0;
	int r;

	if (fd < 0)
		return -1;
	if (start_connect(fd, at) == 0)
		return lend_steal_fd(&fd);
	if (errno != EINPROGRESS && errno != EINTR)
		return -1;
	do {
		r = poll(&p, 1, lend_ms_left(deadline));
	} while (r < 0 && errno == EINTR);
	if (r > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) < 0)
		return -1;
	errno = r == 0 ? ETIMEDOUT : failed;
	return r <= 0 || failed != 0 ? -1 : lend_steal_fd(&fd);
}

pid_t lend_connect_peer(int fd)
{
	struct ucred peer = { .pid = 0 };
	socklen_t size = sizeof(peer);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return 0;
	return peer.pid > 0 ? peer.pid : 0;
}
