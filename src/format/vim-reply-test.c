/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vim-reply.h"

#include "base/err.h"
#include "format/vim-url.h"
#include "tests/must.h"

#define XSI "http://www.w3.org/2001/XMLSchema-instance"
#define BEGIN                                                                                  \
	"<?xml version='1.0' encoding='UTF-8'?>"                                               \
	"<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body>"
#define END "</S:Body></S:Envelope>"

static int take(void *context, const struct lend_xml_node *object, struct lend_err *err)
{
	struct lend_buf *out = context;

	(void)err;
	must(lend_vim_put_object(out, object, NULL));
	lend_buf_putc(out, '\n');
	return 0;
}

/* In pieces of so many bytes. */
static int read_reply(const char *text, size_t piece, struct lend_buf *out,
		      struct lend_vim_reader **ret_reader, struct lend_vim_reply *ret,
		      struct lend_err *err)
{
	struct lend_vim_reader *reader = lend_vim_reader_new(take, out);
	size_t len = strlen(text);

	*ret_reader = reader;
	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;

		if (lend_vim_reader_put(reader, text + at, n, err) < 0)
			return -1;
	}
	return lend_vim_reader_end(reader, ret, err);
}

/* The prefix is another one than everybody else's, ids are signed. */
static const char host[] = BEGIN
	"<RetrievePropertiesExResponse xmlns='urn:vim25'><returnval><token>7</token><objects>"
	"<obj type='HostSystem'>host-9</obj>"
	"<propSet><name>name</name><val xmlns:XMLSchema-instance='" XSI "' "
	"XMLSchema-instance:type='xsd:string'>esx1</val></propSet>"
	"<propSet><name>hardware.pciDevice</name><val><HostPciDevice><id>0000:62:00.5</id>"
	"<classId>260</classId><vendorId>-32634</vendorId><deviceId>10432</deviceId>"
	"<subVendorId>99999</subVendorId></HostPciDevice></val></propSet>"
	"<propSet><name>config.pciPassthruInfo</name><val><HostPciPassthruInfo>"
	"<id>0000:62:00.5</id><dependentDevice>0000:62:00.5</dependentDevice>"
	"<passthruEnabled>true</passthruEnabled><passthruCapable>true</passthruCapable>"
	"<passthruActive>false</passthruActive></HostPciPassthruInfo></val></propSet>"
	"<propSet><name>config.network.pnic</name><val><PhysicalNic><device>vmnic0</device>"
	"<pci>0000:02:00.0</pci></PhysicalNic></val></propSet>"
	"</objects></returnval></RetrievePropertiesExResponse>" END;

static const char host_line[] =
	"{\"host\":\"host-9\",\"name\":\"esx1\",\"pci\":[{\"id\":\"0000:62:00.5\",\"class\":260,"
	"\"vendor\":32902,\"device\":10432}],\"passthru\":[{\"id\":\"0000:62:00.5\","
	"\"with\":\"0000:62:00.5\",\"capable\":true,\"enabled\":true,\"active\":false}],"
	"\"nics\":[{\"name\":\"vmnic0\",\"function\":\"0000:02:00.0\"}]}\n";

static void reads_host(void)
{
	for (size_t piece = 1; piece <= sizeof(host); piece += piece < 40 ? 1 : 400) {
		struct lend_vim_reader *reader;
		struct lend_vim_reply reply;
		struct lend_err err = { 0 };
		lend_auto_buf out = { 0 };

		must(read_reply(host, piece, &out, &reader, &reply, &err) == 0);
		must_str(out.text, host_line);
		must_str(reply.token, "7");
		must(reply.fault == NULL);
		lend_vim_reader_free(reader);
	}
}

/* By hand, from the API reference: a property each, as a server of 6.0 sends them. */
static const char storage[] = BEGIN
	"<RetrievePropertiesExResponse xmlns='urn:vim25' xmlns:i='" XSI "'><returnval><objects>"
	"<obj type='HostSystem'>host-9</obj>"
	"<propSet><name>config.storageDevice.hostBusAdapter</name>"
	"<val i:type='ArrayOfHostHostBusAdapter'><HostHostBusAdapter i:type='HostBlockHba'>"
	"<key>k-0</key><device>vmhba0</device><bus>0</bus><status>unknown</status>"
	"<driver>vmw_ahci</driver><pci>0000:00:1f.2</pci></HostHostBusAdapter></val></propSet>"
	"<propSet><name>config.storageDevice.scsiLun</name><val i:type='ArrayOfScsiLun'>"
	"<ScsiLun i:type='ScsiLun'><key>cd</key><canonicalName>mpx.vmhba0:C0:T1:L0"
	"</canonicalName></ScsiLun>"
	"<ScsiLun i:type='HostScsiDisk'><key>d-0</key><canonicalName>naa.6</canonicalName>"
	"<displayName>a disk</displayName><vendor>ATA     </vendor><model>SSD</model>"
	"<operationalState>ok</operationalState><operationalState>degraded</operationalState>"
	"<capacity><blockSize>512</blockSize><block>2048</block></capacity>"
	"<localDisk>true</localDisk></ScsiLun></val></propSet>"
	"<propSet><name>config.storageDevice.multipathInfo</name>"
	"<val i:type='HostMultipathInfo'><lun><key>u</key><id>u</id><lun>d-0</lun>"
	"<path><key>p</key><name>p</name><pathState>active</pathState><adapter>k-0</adapter>"
	"<lun>u</lun></path><path><key>q</key><name>q</name><pathState>standby</pathState>"
	"<state>dead</state><adapter>k-1</adapter><lun>u</lun></path></lun></val></propSet>"
	"<propSet><name>config.storageDevice.scsiTopology</name><val><adapter><key>t</key>"
	"<adapter>k-0</adapter><target><key>t0</key><target>0</target><lun><key>l</key>"
	"<lun>0</lun><scsiLun>d-0</scsiLun></lun></target></adapter></val></propSet>"
	"<propSet><name>config.fileSystemVolume.mountInfo</name><val><HostFileSystemMountInfo>"
	"<mountInfo><path>/vmfs/volumes/5f</path><accessMode>readWrite</accessMode>"
	"<accessible>true</accessible></mountInfo><volume i:type='HostVmfsVolume'>"
	"<type>VMFS</type><name>ds</name><capacity>4096</capacity><majorVersion>6</majorVersion>"
	"<uuid>5f</uuid><extent><diskName>naa.6</diskName><partition>3</partition></extent>"
	"<extent><diskName>naa.7</diskName><partition>1</partition></extent></volume>"
	"</HostFileSystemMountInfo></val></propSet>"
	"<propSet><name>config.activeDiagnosticPartition</name><val><slots>1</slots><id>"
	"<diskName>naa.6</diskName><partition>7</partition></id></val></propSet>"
	"</objects></returnval></RetrievePropertiesExResponse>" END;

static const char storage_line[] =
	"{\"host\":\"host-9\","
	"\"adapters\":[{\"name\":\"vmhba0\",\"function\":\"0000:00:1f.2\","
	"\"driver\":\"vmw_ahci\",\"key\":\"k-0\"}],"
	"\"disks\":[{\"key\":\"d-0\",\"name\":\"naa.6\",\"display\":\"a disk\","
	"\"vendor\":\"ATA\",\"model\":\"SSD\",\"state\":\"ok\",\"local\":true,"
	"\"bytes\":1048576}],"
	"\"paths\":[{\"adapter\":\"k-0\",\"disk\":\"d-0\",\"state\":\"active\"},"
	"{\"adapter\":\"k-1\",\"disk\":\"d-0\",\"state\":\"dead\"}],"
	"\"behind\":[{\"adapter\":\"k-0\",\"disk\":\"d-0\"}],"
	"\"volumes\":[{\"name\":\"ds\",\"type\":\"VMFS\",\"version\":\"6\",\"uuid\":\"5f\","
	"\"bytes\":4096,\"path\":\"/vmfs/volumes/5f\",\"accessible\":true,"
	"\"disks\":[\"naa.6\",\"naa.7\"]}],\"coredump\":\"naa.6\"}\n";

static void reads_storage(void)
{
	struct lend_vim_reader *reader;
	struct lend_vim_reply reply;
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };

	must(read_reply(storage, 64, &out, &reader, &reply, &err) == 0);
	must_str(out.text, storage_line);
	lend_vim_reader_free(reader);
}

static const char vm[] = BEGIN
	"<RetrievePropertiesExResponse xmlns='urn:vim25' xmlns:i='" XSI "'><returnval><objects>"
	"<obj type='VirtualMachine'>vm-3</obj>"
	"<propSet><name>config.hardware.device</name><val>"
	"<VirtualDevice i:type='VirtualNVDIMMController'><key>26000</key>"
	"<busNumber>0</busNumber></VirtualDevice>"
	"<VirtualDevice i:type='VirtualNVDIMM'><key>27001</key><deviceInfo><label>NVDIMM 2</label>"
	"</deviceInfo><backing i:type='VirtualNVDIMMBackingInfo'>"
	"<fileName>[PMemDS] a/a_1.vmdk</fileName><datastore type='Datastore'>ds-1</datastore>"
	"</backing><controllerKey>26000</controllerKey><unitNumber>1</unitNumber>"
	"<capacityInMB>1024</capacityInMB></VirtualDevice>"
	"<VirtualDevice i:type='VirtualPCIPassthrough'><key>13000</key>"
	"<backing i:type='VirtualPCIPassthroughDeviceBackingInfo'><id>0000:03:00.0</id></backing>"
	"</VirtualDevice></val></propSet>"
	"<missingSet><path>name</path><fault><fault i:type='NoPermission'/></fault></missingSet>"
	"</objects></returnval></RetrievePropertiesExResponse>" END;

static const char vm_line[] =
	"{\"vm\":\"vm-3\",\"devices\":[{\"kind\":\"nvdimm\",\"id\":\"nvdimm0:1\",\"key\":\"27001\","
	"\"label\":\"NVDIMM 2\",\"bytes\":1073741824,\"file\":\"[PMemDS] a/a_1.vmdk\","
	"\"datastore\":\"ds-1\"},{\"kind\":\"pci\","
	"\"backing\":\"VirtualPCIPassthroughDeviceBackingInfo\",\"function\":\"0000:03:00.0\"}],"
	"\"missing\":[{\"path\":\"name\",\"fault\":\"NoPermission\"}]}\n";

static void reads_vm(void)
{
	struct lend_vim_reader *reader;
	struct lend_vim_reply reply;
	struct lend_err err = { 0 };
	lend_auto_buf out = { 0 };

	must(read_reply(vm, 100, &out, &reader, &reply, &err) == 0);
	must_str(out.text, vm_line);
	must(reply.token == NULL);
	lend_vim_reader_free(reader);
}

static void reads_fault(void)
{
	static const char text[] =
		BEGIN "<S:Fault><faultcode>ServerFaultCode</faultcode>"
		      "<faultstring>Anmeldung nicht m\xc3\xb6glich</faultstring><detail>"
		      "<InvalidLoginFault xmlns='urn:vim25'/></detail></S:Fault>" END;
	struct lend_vim_reader *reader;
	struct lend_vim_reply reply;
	struct lend_err err = { 0 };

	must(read_reply(text, 7, NULL, &reader, &reply, &err) == 0);
	must_str(reply.fault, "InvalidLogin");
	must_str(reply.fault_says, "Anmeldung nicht m\xc3\xb6glich");
	lend_vim_reader_free(reader);
}

static void refuses(void)
{
	static const char *const bad[] = {
		"",        "<html><body>Please log in</body></html>",
		BEGIN,     BEGIN "<a>" END,
		BEGIN END, "<!DOCTYPE a [<!ENTITY b 'c'>]>" BEGIN "<a>&b;</a>" END,
	};

	for (size_t i = 0; i < LEND_COUNT(bad); i++) {
		struct lend_vim_reader *reader;
		struct lend_vim_reply reply;
		struct lend_err err = { 0 };

		must_in(bad[i]);
		must(read_reply(bad[i], 50, NULL, &reader, &reply, &err) < 0);
		must(err.what[0] != '\0');
		lend_vim_reader_free(reader);
	}
	must_in("");
}

/* Blanks without end. */
static void is_bounded(void)
{
	static char blanks[1 << 20];
	struct lend_vim_reader *reader = lend_vim_reader_new(NULL, NULL);
	struct lend_err err = { 0 };
	int r = lend_vim_reader_put(reader, "<a>", 3, &err);

	memset(blanks, ' ', sizeof(blanks));
	for (size_t i = 0; i <= LEND_VIM_REPLY_MAX / sizeof(blanks) && r == 0; i++)
		r = lend_vim_reader_put(reader, blanks, sizeof(blanks), &err);
	must(r < 0);
	lend_vim_reader_free(reader);
}

static void asks(void)
{
	static const struct lend_vim_ref sessions = { "SessionManager", "sm'1" };
	lend_auto_buf out = { 0 };

	lend_vim_ask_login(&out, &sessions, "a<b", "&\"]]>");
	must(strstr(out.text, "<_this type='SessionManager'>sm&#39;1</_this>") != NULL);
	must(strstr(out.text, "<userName>a&lt;b</userName>"
			      "<password>&amp;&#34;]]&gt;</password>") != NULL);
}

static const struct {
	const char *text;
	const char *user, *host; /* NULL: is none */
	unsigned int port;
	bool pin;
} urls[] = {
	{ "vsphere://root@esx1", "root", "esx1", 443, false },
	{ "vsphere://a@vsphere.local@vc.example.com:8443/", "a@vsphere.local", "vc.example.com",
	  8443, false },
	{ "vsphere://DOM\\u@[::1]:9", "DOM\\u", "[::1]", 9, false },
	{ "vsphere://u@h?pin=000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F",
	  "u", "h", 443, true },
	{ "vsphere://u@h?pin=00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14:"
	  "15:16:17:18:19:1A:1B:1C:1D:1E:1F",
	  "u", "h", 443, true },
	{ "vsphere://u@h?pin=00", NULL, NULL, 0, false },
	{ "vsphere://u@h?pin=000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F00",
	  NULL, NULL, 0, false },
	{ "vsphere://u@h?cacert=/etc/ca.pem", "u", "h", 443, false },
	{ "vsphere://u@h?host=esx1&cacert=/etc/ca.pem", "u", "h", 443, false },
	{ "vsphere://u@h?insecure=1", NULL, NULL, 0, false },
	{ "vsphere://u:secret@h", NULL, NULL, 0, false },
	{ "vsphere://h", NULL, NULL, 0, false },
	{ "vsphere://@h", NULL, NULL, 0, false },
	{ "vsphere://u@", NULL, NULL, 0, false },
	{ "vsphere://u@-h", NULL, NULL, 0, false },
	{ "vsphere://u@h:0", NULL, NULL, 0, false },
	{ "vsphere://u@h:65536", NULL, NULL, 0, false },
	{ "vsphere://u@h/../x", NULL, NULL, 0, false },
	{ "vsphere://u@h x", NULL, NULL, 0, false },
	{ "vsphere://u@[::1", NULL, NULL, 0, false },
};

static void reads_urls(void)
{
	struct lend_arena arena = { 0 };

	for (size_t i = 0; i < LEND_COUNT(urls); i++) {
		struct lend_err err = { 0 };
		struct lend_vim_url url;
		int r = lend_vim_url_parse(&arena, urls[i].text, &url, &err);

		must_in(urls[i].text);
		must((r == 0) == (urls[i].user != NULL));
		if (r < 0) {
			must(err.what[0] != '\0' && err.hint[0] != '\0');
			must(strstr(err.what, "secret") == NULL);
			continue;
		}
		must_str(url.user, urls[i].user);
		must_str(url.host, urls[i].host);
		must_u64(url.port, urls[i].port);
		must(url.has_pin == urls[i].pin);
		must_u64(url.pin[31], urls[i].pin ? 0x1f : 0);
	}
	must_in("");
	lend_arena_done(&arena);
}

int main(void)
{
	reads_host();
	reads_storage();
	reads_vm();
	reads_fault();
	refuses();
	is_bounded();
	asks();
	reads_urls();
	return 0;
}
