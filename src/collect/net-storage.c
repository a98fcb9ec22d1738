/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts and disks that come from the network.
 *
 * Asks  the servers of mounts (collect/mounts.c has them);
 *       /sys/class/iscsi_session, of each session the addresses of its
 *       connections (drivers/scsi/scsi_transport_iscsi.c) and which disks lie
 *       below it; /sys/class/nvme, of each controller its transport and
 *       address (drivers/nvme/host/sysfs.c)
 * Adds  edges from them to the route to their server
 */

#include "collect/net.h"

#include "model/kind-block.h"
#include "model/kind-mount.h"

enum { CONTROLLERS_MAX = 4096 };

static const struct lend_ask ask_sessions = { .via = LEND_VIA_DIR,
					      .key = "sys/class/iscsi_session" };
static const struct lend_ask ask_peer = { .via = LEND_VIA_FILE,
					  .key = "sys/class/iscsi_connection/%s/address" };
static const struct lend_ask ask_target = {
	.via = LEND_VIA_FILE, .key = "sys/class/iscsi_connection/%s/persistent_address"
};
static const struct lend_ask ask_disk = { .via = LEND_VIA_LINK, .key = "sys/class/block/%s" };
static const struct lend_ask ask_nvme = { .via = LEND_VIA_DIR, .key = "sys/class/nvme" };
static const struct lend_ask ask_transport = { .via = LEND_VIA_FILE,
					       .key = "sys/class/nvme/%s/transport" };
static const struct lend_ask ask_address = { .via = LEND_VIA_FILE,
					     .key = "sys/class/nvme/%s/address" };
static const struct lend_ask ask_inside = { .via = LEND_VIA_DIR, .key = "sys/class/nvme/%s" };

/* ---- mounts ---- */

/* "192.0.2.1,192.0.2.2": ceph has several monitors, and may need any of them. */
static void put_mount(struct lend_net_look *look, const struct lend_mount *mount)
{
	const char *at = mount->server.v.str;

	for (;;) {
		size_t len = strcspn(at, ",");

		if (len > 0)
			lend_net_put_way(look, &mount->node, at, len);
		if (at[len] == '\0')
			return;
		at += len + 1;
	}
}

static void put_mounts(struct lend_net_look *look)
{
	const struct lend_inventory *inv = look->scan->build.inv;
	size_t n = inv->n_nodes;

	for (size_t i = 0; i < n; i++) {
		const struct lend_node *node = inv->nodes[i];

		if (node->kind != LEND_KIND_MOUNT || node->guest != NULL)
			continue;
		if (lend_as_mount(node)->server.known == LEND_KNOWN)
			put_mount(look, lend_as_mount(node));
		else if (lend_as_mount(node)->server.known == LEND_UNREADABLE)
			lend_net_put_way(look, node, "", 0);
	}
}

/* ---- iSCSI ---- */

/* ".../session3/target2:0:0/2:0:0:0/block/sda" */
static const char *session_of(struct lend_net_look *look, const char *path)
{
	const char *at = strstr(path, "/session");

	if (at == NULL)
		return NULL;
	at++;
	return lend_arena_strndup(&look->scan->memory, at, strcspn(at, "/"));
}

/* open-iscsi makes one connection for each session, and calls it 0. */
static void put_session(struct lend_net_look *look, const struct lend_node *disk,
			const char *session)
{
	struct lend_scan *scan = look->scan;
	const char *name =
		lend_arena_printf(&scan->memory, "connection%s:0", session + strlen("session"));
	const char *peer = lend_collect_text_of(scan, lend_io_ask(scan->io, &ask_peer, name));

	/* While the connection is down, only what it was told is known. */
	if (peer == NULL || *peer == '\0' || *peer == '<')
		peer = lend_collect_text_of(scan, lend_io_ask(scan->io, &ask_target, name));
	lend_net_put_way(look, disk, peer != NULL ? peer : "", peer != NULL ? strlen(peer) : 0);
}

static void put_iscsi(struct lend_net_look *look)
{
	const struct lend_answer *sessions = lend_io_ask(look->scan->io, &ask_sessions);
	const struct lend_inventory *inv = look->scan->build.inv;
	size_t n = inv->n_nodes;

	if (sessions->known != LEND_KNOWN || sessions->n_names == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct lend_node *node = inv->nodes[i];
		const struct lend_answer *link;
		const char *session;

		if (node->kind != LEND_KIND_BLOCK || node->guest != NULL ||
		    lend_as_block(node)->type.known != LEND_KNOWN ||
		    strcmp(lend_as_block(node)->type.v.str, "disk") != 0)
			continue;
		link = lend_io_ask(look->scan->io, &ask_disk, node->name);
		session = link->known == LEND_KNOWN ? session_of(look, link->bytes) : NULL;
		if (session != NULL)
			put_session(look, node, session);
	}
}

/* ---- NVMe over fabrics ---- */

/* "traddr=192.0.2.5,trsvcid=4420" */
static const char *traddr_of(const char *address, size_t *ret_len)
{
	static const char key[] = "traddr=";

	for (const char *at = address; *at != '\0'; at += at[0] == ',') {
		size_t len = strcspn(at, ",");

		if (strncmp(at, key, strlen(key)) == 0) {
			*ret_len = len - strlen(key);
			return at + strlen(key);
		}
		at += len;
	}
	return NULL;
}

/* Namespaces and paths to them: "nvme2n1", "nvme2c2n1". */
static void put_namespaces(struct lend_net_look *look, const char *controller,
			   const char *traddr, size_t len)
{
	const struct lend_answer *inside = lend_io_ask(look->scan->io, &ask_inside, controller);

	for (size_t i = 0; inside->known == LEND_KNOWN && i < inside->n_names; i++) {
		const struct lend_node *block =
			strncmp(inside->names[i], "nvme", 4) == 0
				? lend_build_find(&look->scan->build, LEND_KIND_BLOCK, NULL,
						  inside->names[i])
				: NULL;

		if (block != NULL)
			lend_net_put_way(look, block, traddr, len);
	}
}

static void put_nvme(struct lend_net_look *look)
{
	struct lend_scan *scan = look->scan;
	const struct lend_answer *all = lend_io_ask(scan->io, &ask_nvme);

	for (size_t i = 0; all->known == LEND_KNOWN && i < all->n_names && i < CONTROLLERS_MAX;
	     i++) {
		const char *name = all->names[i];
		const char *transport =
			lend_collect_text_of(scan, lend_io_ask(scan->io, &ask_transport, name));
		const char *address, *traddr;
		size_t len = 0;

		if (transport == NULL ||
		    (strcmp(transport, "tcp") != 0 && strcmp(transport, "rdma") != 0))
			continue;
		address = lend_collect_text_of(scan, lend_io_ask(scan->io, &ask_address, name));
		traddr = address != NULL ? traddr_of(address, &len) : NULL;
		put_namespaces(look, name, traddr != NULL ? traddr : "", len);
	}
}

void lend_net_put_storage(struct lend_net_look *look)
{
	put_mounts(look);
	put_iscsi(look);
	put_nvme(look);
}
