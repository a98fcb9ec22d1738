/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects as lines of JSON.  Texts are cut to a length, numbers checked; what
 * is not there is left out, and what the server says that we may not see is
 * in "missing".
 */

#include "format/vim-inside.h"

static void put_prop(struct lend_jsonw *w, const char *key, const struct lend_xml_node *object,
		     const char *path)
{
	const struct lend_xml_node *value = lend_vim_prop(object, path);

	put_text(w, key, value == NULL ? NULL : value->text);
}

/* xsd:short: 0x8086 comes as -32634. */
static void put_short(struct lend_jsonw *w, const char *key, const struct lend_xml_node *node,
		      const char *child)
{
	const char *text = text_of(node, child);
	bool minus = text != NULL && text[0] == '-';
	uint64_t value;

	if (text == NULL || !lend_parse_u64(text + minus, 10, &value) ||
	    value > (minus ? 0x8000 : 0xffff))
		return;
	lend_jsonw_u64(w, key, (minus ? 0x10000 - value : value) & 0xffff);
}

static void put_missing(struct lend_jsonw *w, const struct lend_xml_node *object)
{
	const struct lend_xml_node *set = lend_xml_any(object, "missingSet");
	size_t n = 0;

	if (set == NULL)
		return;
	lend_jsonw_open(w, "missing", '[');
	for (; set != NULL; set = next_of(set, &n)) {
		const struct lend_xml_node *fault = lend_xml_any(set, "fault");

		lend_jsonw_open(w, NULL, '{');
		put_child(w, "path", set, "path");
		put_text(w, "fault", lend_vim_type(lend_xml_any(fault, "fault")));
		lend_jsonw_close(w, '}');
	}
	lend_jsonw_close(w, ']');
}

/* ---- hosts ---- */

static void put_function(struct lend_jsonw *w, const struct lend_xml_node *device)
{
	lend_jsonw_open(w, NULL, '{');
	put_child(w, "id", device, "id");
	put_short(w, "class", device, "classId");
	put_short(w, "vendor", device, "vendorId");
	put_short(w, "device", device, "deviceId");
	put_short(w, "subvendor", device, "subVendorId");
	put_short(w, "subdevice", device, "subDeviceId");
	put_child(w, "vendor_name", device, "vendorName");
	put_child(w, "device_name", device, "deviceName");
	put_child(w, "parent", device, "parentBridge");
	lend_jsonw_close(w, '}');
}

static void put_passthru(struct lend_jsonw *w, const struct lend_xml_node *info)
{
	lend_jsonw_open(w, NULL, '{');
	put_child(w, "id", info, "id");
	put_child(w, "with", info, "dependentDevice");
	put_bool(w, "capable", text_of(info, "passthruCapable"));
	put_bool(w, "enabled", text_of(info, "passthruEnabled"));
	put_bool(w, "active", text_of(info, "passthruActive"));
	lend_jsonw_close(w, '}');
}

/* A physical NIC. */
static void put_port(struct lend_jsonw *w, const struct lend_xml_node *port)
{
	lend_jsonw_open(w, NULL, '{');
	put_child(w, "name", port, "device");
	put_child(w, "function", port, "pci");
	put_child(w, "driver", port, "driver");
	lend_jsonw_close(w, '}');
}

static void put_all(struct lend_jsonw *w, const char *key, const struct lend_xml_node *array,
		    const char *element,
		    void (*put)(struct lend_jsonw *w, const struct lend_xml_node *node))
{
	const struct lend_xml_node *node = lend_xml_any(array, element);
	size_t n = 0;

	if (array == NULL)
		return;
	lend_jsonw_open(w, key, '[');
	for (; node != NULL; node = next_of(node, &n))
		put(w, node);
	lend_jsonw_close(w, ']');
	if (n > LEND_VIM_DEVICES_MAX)
		lend_jsonw_bool(w, "cut", true);
}

static void put_host(struct lend_jsonw *w, const struct lend_xml_node *object)
{
	put_prop(w, "name", object, "name");
	put_prop(w, "uuid", object, "summary.hardware.uuid");
	put_prop(w, "product", object, "config.product.fullName");
	put_prop(w, "connection", object, "runtime.connectionState");
	put_all(w, "pci", lend_vim_prop(object, "hardware.pciDevice"), "HostPciDevice",
		put_function);
	put_all(w, "passthru", lend_vim_prop(object, "config.pciPassthruInfo"),
		"HostPciPassthruInfo", put_passthru);
	put_all(w, "nics", lend_vim_prop(object, "config.network.pnic"), "PhysicalNic",
		put_port);
	lend_vim_put_storage(w, object);
}

/* ---- VMs ---- */

static const struct lend_xml_node *controller_of(const struct lend_xml_node *devices,
						 const struct lend_xml_node *device)
{
	const char *key = text_of(device, "controllerKey");
	const struct lend_xml_node *d = lend_xml_any(devices, "VirtualDevice");
	size_t n = 0;

	for (; d != NULL && key != NULL; d = next_of(d, &n)) {
		const char *own = text_of(d, "key");

		if (own != NULL && strcmp(own, key) == 0)
			return d;
	}
	return NULL;
}

/* "nvdimm0:1": as a .vmx calls it. */
static void put_place(struct lend_jsonw *w, const struct lend_xml_node *devices,
		      const struct lend_xml_node *device, const char *bus)
{
	const char *number = text_of(controller_of(devices, device), "busNumber");
	const char *unit = text_of(device, "unitNumber");
	uint64_t b, u;
	char text[64];

	if (number == NULL || unit == NULL || !lend_parse_u64(number, 10, &b) ||
	    !lend_parse_u64(unit, 10, &u) || b > 255 || u > 255)
		return;
	(void)snprintf(text, sizeof(text), "%s%u:%u", bus, (unsigned int)b, (unsigned int)u);
	lend_jsonw_str(w, "id", text);
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static const char *bus_of(const struct lend_xml_node *devices,
			  const struct lend_xml_node *device)
{
	const char *type = lend_vim_type(controller_of(devices, device));

	return strcmp(type, "VirtualIDEController") == 0    ? "ide"
	       : strcmp(type, "VirtualNVMEController") == 0 ? "nvme"
	       : strcmp(type, "VirtualAHCIController") == 0 ? "sata"
							    : "scsi";
}

static void put_disk(struct lend_jsonw *w, const struct lend_xml_node *devices,
		     const struct lend_xml_node *device, bool nvdimm,
		     const struct lend_vim_disks *disks)
{
	const struct lend_xml_node *backing = lend_xml_any(device, "backing");
	const char *file = text_of(backing, "fileName");
	const char *datastore = text_of(backing, "datastore");

	lend_jsonw_open(w, NULL, '{');
	lend_jsonw_str(w, "kind", nvdimm ? "nvdimm" : "disk");
	put_place(w, devices, device, nvdimm ? "nvdimm" : bus_of(devices, device));
	put_child(w, "key", device, "key");
	put_child(w, "label", lend_xml_any(device, "deviceInfo"), "label");
	if (nvdimm)
		put_size(w, "bytes", text_of(device, "capacityInMB"), 1 << 20);
	else if (text_of(device, "capacityInBytes") != NULL)
		put_size(w, "bytes", text_of(device, "capacityInBytes"), 1);
	else
		put_size(w, "bytes", text_of(device, "capacityInKB"), 1024);
	put_text(w, "file", file);
	put_text(w, "datastore", datastore);
	put_child(w, "uuid", backing, "uuid");
	lend_jsonw_close(w, '}');
	if (nvdimm && disks != NULL && file != NULL && file[0] != '\0' &&
	    strlen(file) <= LEND_VIM_TEXT_MAX)
		disks->add(disks->context, file, datastore);
}

/* A fixed one names a function; a dynamic one what it was given at its start. */
static void put_assigned(struct lend_jsonw *w, const struct lend_xml_node *device)
{
	const struct lend_xml_node *backing = lend_xml_any(device, "backing");

	lend_jsonw_open(w, NULL, '{');
	lend_jsonw_str(w, "kind", "pci");
	lend_jsonw_str(w, "backing", lend_vim_type(backing));
	put_child(w, "label", lend_xml_any(device, "deviceInfo"), "label");
	put_child(w, "function", backing, "id");
	put_child(w, "function", backing, "assignedId");
	lend_jsonw_close(w, '}');
}

static void put_devices(struct lend_jsonw *w, const struct lend_xml_node *devices,
			const struct lend_vim_disks *disks)
{
	const struct lend_xml_node *d = lend_xml_any(devices, "VirtualDevice");
	size_t n = 0;

	if (devices == NULL)
		return;
	lend_jsonw_open(w, "devices", '[');
	for (; d != NULL; d = next_of(d, &n)) {
		const char *type = lend_vim_type(d);

		if (strcmp(type, "VirtualNVDIMM") == 0 || strcmp(type, "VirtualDisk") == 0)
			put_disk(w, devices, d, type[7] == 'N', disks);
		else if (starts_with(type, "VirtualPCIPassthrough") ||
			 strcmp(type, "VirtualSriovEthernetCard") == 0)
			put_assigned(w, d);
	}
	lend_jsonw_close(w, ']');
	if (n > LEND_VIM_DEVICES_MAX)
		lend_jsonw_bool(w, "cut", true);
}

static void put_vm(struct lend_jsonw *w, const struct lend_xml_node *object,
		   const struct lend_vim_disks *disks)
{
	const struct lend_xml_node *memory = lend_vim_prop(object, "config.hardware.memoryMB");
	const struct lend_xml_node *locked =
		lend_vim_prop(object, "config.memoryReservationLockedToMax");

	put_prop(w, "name", object, "name");
	put_prop(w, "uuid", object, "config.uuid");
	put_prop(w, "host", object, "runtime.host");
	put_prop(w, "state", object, "runtime.powerState");
	put_prop(w, "connection", object, "runtime.connectionState");
	put_prop(w, "config", object, "config.files.vmPathName");
	put_size(w, "memory", memory == NULL ? NULL : memory->text, 1 << 20);
	put_bool(w, "locked", locked == NULL ? NULL : locked->text);
	put_devices(w, lend_vim_prop(object, "config.hardware.device"), disks);
}

/* ---- datastores ---- */

static void put_mount(struct lend_jsonw *w, const struct lend_xml_node *mount)
{
	const struct lend_xml_node *info = lend_xml_any(mount, "mountInfo");

	lend_jsonw_open(w, NULL, '{');
	put_child(w, "host", mount, "key");
	put_child(w, "path", info, "path");
	put_bool(w, "accessible", text_of(info, "accessible"));
	lend_jsonw_close(w, '}');
}

static void put_datastore(struct lend_jsonw *w, const struct lend_xml_node *object)
{
	const struct lend_xml_node *summary = lend_vim_prop(object, "summary");

	put_prop(w, "name", object, "name");
	put_child(w, "type", summary, "type");
	put_size(w, "bytes", text_of(summary, "capacity"), 1);
	put_size(w, "free", text_of(summary, "freeSpace"), 1);
	put_bool(w, "accessible", text_of(summary, "accessible"));
	put_child(w, "url", summary, "url");
	put_all(w, "hosts", lend_vim_prop(object, "host"), "DatastoreHostMount", put_mount);
}

static void put_ref(struct lend_jsonw *w, const struct lend_xml_node *ref)
{
	put_text(w, NULL, ref->text);
}

bool lend_vim_put_object(struct lend_buf *out, const struct lend_xml_node *object,
			 const struct lend_vim_disks *disks)
{
	static const char *const types[][2] = { { "HostSystem", "host" },
						{ "VirtualMachine", "vm" },
						{ "Datastore", "datastore" },
						{ "Datacenter", "datacenter" } };
	struct lend_jsonw w = { .out = out };
	struct lend_vim_ref ref;
	size_t i = 0;

	if (!lend_vim_object(object, &ref))
		return false;
	while (i < LEND_COUNT(types) && strcmp(types[i][0], ref.type) != 0)
		i++;
	if (i == LEND_COUNT(types))
		return false;
	lend_jsonw_open(&w, NULL, '{');
	put_text(&w, types[i][1], ref.id);
	if (i == 0)
		put_host(&w, object);
	else if (i == 1)
		put_vm(&w, object, disks);
	else if (i == 2)
		put_datastore(&w, object);
	else
		put_all(&w, "datastores", lend_vim_prop(object, "datastore"),
			"ManagedObjectReference", put_ref);
	put_missing(&w, object);
	lend_jsonw_close(&w, '}');
	return true;
}
