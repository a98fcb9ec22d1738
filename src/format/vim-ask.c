/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests, written as text: the values in them are escaped, all else is ours. */

#include "format/vim-props.h"
#include "format/vim-reply.h"

const struct lend_vim_props lend_vim_props[] = {
	{ "HostSystem",
	  { "name", "hardware.pciDevice", "config.pciPassthruInfo", "config.product.fullName",
	    "summary.hardware.uuid", "runtime.connectionState",
	    "config.storageDevice.hostBusAdapter", "config.network.pnic",
	    "config.storageDevice.scsiLun", "config.storageDevice.multipathInfo",
	    "config.storageDevice.scsiTopology", "config.fileSystemVolume.mountInfo",
	    "config.activeDiagnosticPartition" } },
	{ "VirtualMachine",
	  { "name", "config.uuid", "config.files.vmPathName", "config.hardware.memoryMB",
	    "config.hardware.device", "config.memoryReservationLockedToMax", "runtime.host",
	    "runtime.powerState", "runtime.connectionState" } },
	{ "Datastore", { "name", "summary", "host" } },
	{ "Datacenter", { "name", "datastore" } },
};
const size_t lend_n_vim_props = LEND_COUNT(lend_vim_props);

static void begin(struct lend_buf *out, const char *method, const struct lend_vim_ref *of)
{
	lend_buf_printf(out,
			"<?xml version='1.0' encoding='UTF-8'?>"
			"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' "
			"xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>"
			"<e:Body><%s xmlns='urn:vim25'><_this type='",
			method);
	lend_xml_put(out, of->type);
	lend_buf_puts(out, "'>");
	lend_xml_put(out, of->id);
	lend_buf_puts(out, "</_this>");
}

static void put(struct lend_buf *out, const char *name, const char *text)
{
	lend_buf_printf(out, "<%s>", name);
	lend_xml_put(out, text);
	lend_buf_printf(out, "</%s>", name);
}

static void put_ref(struct lend_buf *out, const char *name, const struct lend_vim_ref *ref)
{
	lend_buf_printf(out, "<%s type='", name);
	lend_xml_put(out, ref->type);
	lend_buf_puts(out, "'>");
	lend_xml_put(out, ref->id);
	lend_buf_printf(out, "</%s>", name);
}

static void finish(struct lend_buf *out, const char *method)
{
	lend_buf_printf(out, "</%s></e:Body></e:Envelope>", method);
}

void lend_vim_ask_content(struct lend_buf *out)
{
	static const struct lend_vim_ref instance = { "ServiceInstance", "ServiceInstance" };

	begin(out, "RetrieveServiceContent", &instance);
	finish(out, "RetrieveServiceContent");
}

void lend_vim_ask_login(struct lend_buf *out, const struct lend_vim_ref *sessions,
			const char *user, const char *password)
{
	begin(out, "Login", sessions);
	put(out, "userName", user);
	put(out, "password", password);
	/* Faults in words that people look for. */
	put(out, "locale", "en");
	finish(out, "Login");
}

void lend_vim_ask_logout(struct lend_buf *out, const struct lend_vim_ref *sessions)
{
	begin(out, "Logout", sessions);
	finish(out, "Logout");
}

void lend_vim_ask_view(struct lend_buf *out, const struct lend_vim_ref *views,
		       const struct lend_vim_ref *root, const char *const *types, size_t n)
{
	begin(out, "CreateContainerView", views);
	put_ref(out, "container", root);
	for (size_t i = 0; i < n; i++)
		put(out, "type", types[i]);
	put(out, "recursive", "true");
	finish(out, "CreateContainerView");
}

void lend_vim_ask_objects(struct lend_buf *out, const struct lend_vim_ref *collector,
			  const struct lend_vim_ref *view, const char *type, unsigned int page)
{
	const struct lend_vim_props *props = lend_vim_props;

	while (props < lend_vim_props + lend_n_vim_props - 1 && strcmp(props->type, type) != 0)
		props++;
	begin(out, "RetrievePropertiesEx", collector);
	lend_buf_puts(out, "<specSet><propSet>");
	put(out, "type", type);
	for (size_t i = 0; i < LEND_COUNT(props->paths) && props->paths[i] != NULL; i++)
		put(out, "pathSet", props->paths[i]);
	lend_buf_puts(out, "</propSet><objectSet>");
	put_ref(out, "obj", view);
	lend_buf_puts(out, "<skip>true</skip><selectSet xsi:type='TraversalSpec'>"
			   "<name>view</name><type>ContainerView</type><path>view</path>"
			   "<skip>false</skip></selectSet></objectSet></specSet><options>");
	lend_buf_printf(out, "<maxObjects>%u</maxObjects></options>", page);
	finish(out, "RetrievePropertiesEx");
}

void lend_vim_ask_more(struct lend_buf *out, const struct lend_vim_ref *collector,
		       const char *token)
{
	begin(out, "ContinueRetrievePropertiesEx", collector);
	put(out, "token", token);
	finish(out, "ContinueRetrievePropertiesEx");
}

void lend_vim_ask_uuid(struct lend_buf *out, const struct lend_vim_ref *disks, const char *file,
		       const char *datacenter)
{
	begin(out, "QueryVirtualDiskUuid", disks);
	put(out, "name", file);
	if (datacenter != NULL)
		put_ref(out, "datacenter", &(struct lend_vim_ref){ "Datacenter", datacenter });
	finish(out, "QueryVirtualDiskUuid");
}
