/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/qemu-args.h"

#include <inttypes.h>

#include "format/shell-words.h"
#include "tests/must.h"

/* ---- a one-line form of what was read, "-" for what was not given ---- */

static void put_str(struct lend_buf *out, const char *key, const char *value)
{
	if (value != NULL)
		lend_buf_printf(out, " %s=%s", key, value);
}

static void put_u64(struct lend_buf *out, const char *key, struct lend_opt_u64 value)
{
	if (value.has)
		lend_buf_printf(out, " %s=%" PRIu64, key, value.v);
}

static void put_tri(struct lend_buf *out, const char *key, enum lend_tri value)
{
	if (value != LEND_TRI_UNSET)
		lend_buf_printf(out, " %s=%s", key, value == LEND_TRI_ON ? "on" : "off");
}

static void show_backend(struct lend_buf *out, const struct lend_qemu_backend *b)
{
	lend_buf_printf(out, "B %s", b->type);
	put_str(out, "id", b->id);
	put_str(out, "path", b->path);
	put_u64(out, "size", b->size);
	put_u64(out, "align", b->align);
	put_u64(out, "offset", b->offset);
	put_tri(out, "share", b->share);
	put_tri(out, "pmem", b->pmem);
	put_tri(out, "readonly", b->readonly);
	put_tri(out, "prealloc", b->prealloc);
	put_tri(out, "discard", b->discard_data);
	lend_buf_putc(out, ';');
}

static void show_device(struct lend_buf *out, const struct lend_qemu_device *d)
{
	lend_buf_printf(out, "D %s", d->driver);
	put_str(out, "id", d->id);
	put_str(out, "memdev", d->memdev);
	put_str(out, "bus", d->bus);
	put_str(out, "addr", d->addr);
	put_u64(out, "address", d->address);
	put_u64(out, "slot", d->slot);
	put_u64(out, "label", d->label_bytes);
	put_u64(out, "node", d->node);
	put_tri(out, "unarmed", d->unarmed);
	put_str(out, "uuid", d->uuid);
	put_str(out, "host", d->host);
	put_str(out, "sysfsdev", d->sysfsdev);
	put_str(out, "chardev", d->chardev);
	put_str(out, "name", d->name);
	lend_buf_putc(out, ';');
}

static void show_chardev(struct lend_buf *out, const struct lend_qemu_chardev *c)
{
	lend_buf_printf(out, "C %s %s kind=%d", c->implied, c->backend, c->kind);
	put_str(out, "id", c->id);
	put_str(out, "path", c->path);
	put_tri(out, "abstract", c->abstract);
	put_str(out, "host", c->host);
	put_u64(out, "port", c->port);
	put_u64(out, "last", c->last_port);
	lend_buf_puts(out, c->wrapped ? " wrapped" : "");
	put_u64(out, "fd", c->fd);
	put_tri(out, "server", c->server);
	put_tri(out, "wait", c->wait);
	lend_buf_putc(out, ';');
}

static void show_head(struct lend_buf *out, const struct lend_qemu_args *a)
{
	put_str(out, "name", a->name);
	put_str(out, "uuid", a->uuid);
	put_str(out, "machine", a->machine);
	put_str(out, "accel", a->accel);
	put_tri(out, "nvdimm", a->nvdimm);
	put_tri(out, "acpi", a->acpi);
	put_str(out, "cpu", a->cpu);
	put_str(out, "persistence", a->nvdimm_persistence);
	put_str(out, "memory-backend", a->memory_backend);
	put_u64(out, "ram", a->ram_bytes);
	put_u64(out, "slots", a->slots);
	put_u64(out, "maxmem", a->maxmem_bytes);
	lend_buf_printf(out, "%s%s;", a->nodefaults ? " nodefaults" : "",
			a->has_readconfig ? " readconfig" : "");
}

static const char *show(struct lend_buf *out, const struct lend_qemu_args *a)
{
	show_head(out, a);
	for (size_t i = 0; i < a->n_backends; i++)
		show_backend(out, &a->backends[i]);
	for (size_t i = 0; i < a->n_devices; i++)
		show_device(out, &a->devices[i]);
	for (size_t i = 0; i < a->n_chardevs; i++)
		show_chardev(out, &a->chardevs[i]);
	for (size_t i = 0; i < a->n_monitors; i++) {
		const struct lend_qemu_monitor *m = &a->monitors[i];

		lend_buf_printf(out, "M %s", m->control ? "qmp" : "hmp");
		if (m->has_chardev)
			lend_buf_printf(out, " at=%zu", m->chardev);
		put_str(out, "chardev", m->chardev_id);
		put_tri(out, "pretty", m->pretty);
		lend_buf_putc(out, ';');
	}
	for (size_t i = 0; i < a->n_agents; i++)
		lend_buf_printf(out, "A %zu;", a->agents[i]);
	for (size_t i = 0; i < a->n_remarks; i++)
		lend_buf_printf(out, "R%d %s %s;", a->remarks[i].kind, a->remarks[i].option,
				a->remarks[i].text);
	return out->text;
}

/* args: as typed, behind "qemu-kvm". */
static const struct {
	const char *args;
	const char *want;
} rows[] = {
	/* memory */
	{ "-m 4G,slots=4,maxmem=32G", " ram=4294967296 slots=4 maxmem=34359738368;" },
	{ "-m size=524288k,slots=4,maxmem=8388608k",
	  " ram=536870912 slots=4 maxmem=8589934592;" },
	{ "-m 512", " ram=536870912;" },
	{ "-m 512 -m slots=2,maxmem=1073741824", " ram=536870912 slots=2 maxmem=1073741824;" },
	{ "-m 1.5G", " ram=1610612736;" },
	{ "-m lots", ";R1 -m size: \"lots\" is not a size: it does not start with a number;" },
	{ "-m", ";R1 -m the value is missing: the command line ends here;" },
	{ "-machine q35,memory.size=1G -mem-path /dev/hugepages",
	  " machine=q35 ram=1073741824;" },

	/* machine */
	{ "-machine pc,accel=kvm,nvdimm=on -enable-kvm",
	  " machine=pc accel=kvm:kvm nvdimm=on;" },
	{ "-machine pc,nvdimm",
	  " machine=pc nvdimm=on;R0 -machine \"nvdimm\" is an old spelling of nvdimm=on;" },
	{ "-machine q35,acpi=off -cpu qemu64 -cpu max,-la57",
	  " machine=q35 acpi=off cpu=max,-la57;" },
	{ "-M pc,acpi=on -no-acpi", " machine=pc acpi=off;" },
	{ "-M q35 --machine nvdimm=on,nvdimm-persistence=cpu -accel tcg,thread=multi",
	  " machine=q35 accel=tcg nvdimm=on persistence=cpu;" },
	{ "-machine type=q35,nvdimm=maybe,memory-backend=ram0",
	  " machine=q35 memory-backend=ram0;R1 -machine nvdimm=maybe is not on or off;" },

	/* name and state */
	{ "-name guest=t1,debug-threads=on -uuid 17ccd041-e7db-4387-9ce9-4e9f39f2392c -S",
	  " name=t1 uuid=17ccd041-e7db-4387-9ce9-4e9f39f2392c;" },
	{ "-name 'a,,b' -preconfig -daemonize -nodefaults -incoming defer -readconfig x",
	  " name=a,b nodefaults readconfig;R1 -readconfig what the file x says is not looked "
	  "at;" },

	/* what must not derail the scan */
	{ "disk.img -nographic -S b.img -vnc :0 -unknown -name x -append '-S -m 1' -usb "
	  "-m 1G",
	  " name=x ram=1073741824;" },
	{ "-append -daemonize -kernel -S", ";" },
	{ "- -- -m 1G ''", " ram=1073741824;" },
	{ "-set device.n0.slot=3",
	  ";R1 -set \"device.n0.slot=3\" changes another option; that is not followed;" },
	{ "-drive media=cdrom,file=/x.iso,readonly",
	  ";R0 -drive \"readonly\" is an old spelling of readonly=on;" },

	/* backends and DIMMs */
	{ "-object memory-backend-file,id=mem1,share,mem-path=/a,,b,size=4G,align=2M,"
	  "discard-data=off -device nvdimm,memdev=mem1,id=nv1,label-size=2M",
	  ";B memory-backend-file id=mem1 path=/a,b size=4294967296 align=2097152 share=on "
	  "discard=off;D nvdimm id=nv1 memdev=mem1 label=2097152;"
	  "R0 -object \"share\" is an old spelling of share=on;" },
	{ "-object '{\"qom-type\":\"memory-backend-file\",\"id\":\"m0\",\"mem-path\":\"/n,0\","
	  "\"prealloc\":true,\"size\":536870912,\"readonly\":false,\"offset\":4096}'"
	  " -device '{\"driver\":\"nvdimm\",\"node\":0,\"label-size\":131072,"
	  "\"memdev\":\"m0\",\"id\":\"n0\",\"slot\":3,\"addr\":4294967296,\"unarmed\":true}'",
	  ";B memory-backend-file id=m0 path=/n,0 size=536870912 offset=4096 readonly=off "
	  "prealloc=on;D nvdimm id=n0 memdev=m0 addr=4294967296 address=4294967296 slot=3 "
	  "label=131072 node=0 unarmed=on;" },
	{ "-device nvdimm,memdev=m,slot=-1", ";D nvdimm memdev=m;" },
	{ "-device nvdimm,memdev=m,slot=two",
	  ";D nvdimm memdev=m;R1 -device slot=two is not a number;" },
	{ "-device virtio-pmem-pci,memdev=v,addr=0x5,bus=pci.3,memaddr=0x100000000",
	  ";D virtio-pmem-pci memdev=v bus=pci.3 addr=0x5 address=4294967296;" },
	{ "-device vfio-pci,host=0000:62:00.5,id=h0,addr=0x1.0x2",
	  ";D vfio-pci id=h0 addr=0x1.0x2 host=0000:62:00.5;" },
	{ "-device vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:62:00.5",
	  ";D vfio-pci sysfsdev=/sys/bus/pci/devices/0000:62:00.5;" },
	{ "-object iothread,id=i0 -object rng-random", ";" },
	{ "-object id=x -device id=y",
	  ";R1 -object there is no qom-type;R1 -device there is no driver;" },
	{ "-object '{\"qom-type\":' -device nvdimm,=",
	  ";R1 -object the JSON ends in the middle, after 12 bytes;"
	  "R1 -device a key is empty at byte 7;" },

	/* monitors */
	{ "-qmp unix:/p,server", ";C -qmp socket kind=1 id=compat_monitor0 path=/p server=on;"
				 "M qmp at=0 chardev=compat_monitor0;"
				 "R0 -qmp \"server\" is an old spelling of server=on;" },
	{ "-qmp unix:p,server=on,wait=off -monitor stdio -qmp-pretty chardev:c -monitor none",
	  ";C -qmp socket kind=1 id=compat_monitor0 path=p server=on wait=off;"
	  "C -monitor stdio kind=3 id=compat_monitor1;M qmp at=0 chardev=compat_monitor0;"
	  "M hmp at=1 chardev=compat_monitor1;M qmp chardev=c pretty=on;" },
	{ "-qmp tcp:localhost:4444,server,nowait",
	  ";C -qmp socket kind=1 id=compat_monitor0 host=localhost port=4444 server=on "
	  "wait=off;M qmp at=0 chardev=compat_monitor0;"
	  "R0 -qmp \"server\" is an old spelling of server=on;"
	  "R0 -qmp \"nowait\" is an old spelling of wait=off;" },
	{ "-qmp tcp:[::1]:4444,server=on,to=4450 -monitor telnet::23",
	  ";C -qmp socket kind=1 id=compat_monitor0 host=::1 port=4444 last=4450 server=on;"
	  "C -monitor socket kind=1 id=compat_monitor1 host= port=23 wrapped;"
	  "M qmp at=0 chardev=compat_monitor0;M hmp at=1 chardev=compat_monitor1;" },
	{ "-qmp tcp:4444", ";R1 -qmp \"tcp:4444\" is no known character device;" },
	{ "-mon chardev=c,mode=control,pretty=on -chardev "
	  "socket,id=c,path=/m,server=on,wait=off -mon '{\"chardev\":\"d\"}'",
	  ";C -chardev socket kind=1 id=c path=/m server=on wait=off;"
	  "M qmp at=0 chardev=c pretty=on;M hmp chardev=d;" },
	{ "-serial mon:stdio -serial none -serial file:/log -parallel /dev/parport0 -s",
	  ";C -serial stdio kind=3 id=serial0;C -serial file kind=5 id=serial2 path=/log;"
	  "C -parallel serial kind=0 id=parallel0 path=/dev/parport0;"
	  "C -s socket kind=1 id=gdb host= port=1234;M hmp at=0 chardev=serial0;" },

	/* chardevs and agents */
	{ "-chardev socket,id=t,host=0.0.0.0,port=4444,ipv4=on,server=on,tls-creds=c "
	  "-chardev socket,id=w,host=h,port=http,websocket=on,telnet=off",
	  ";C -chardev socket kind=1 id=t host=0.0.0.0 port=4444 wrapped server=on;"
	  "C -chardev socket kind=1 id=w host=h wrapped;" },
	{ "-chardev socket,id=a,fd=22,server=on -chardev spicevmc,id=b,name=vdagent "
	  "-chardev socket,id=q,path=/qga,abstract=on,reconnect=2 "
	  "-device virtserialport,chardev=q,name=org.qemu.guest_agent.0 "
	  "-device virtserialport,chardev=b,name=com.redhat.spice.0",
	  ";D virtserialport chardev=q name=org.qemu.guest_agent.0;"
	  "D virtserialport chardev=b name=com.redhat.spice.0;"
	  "C -chardev socket kind=1 id=a fd=22 server=on;C -chardev spicevmc kind=0 id=b;"
	  "C -chardev socket kind=1 id=q path=/qga abstract=on;A 2;" },
	{ "-chardev id=x", ";R1 -chardev there is no backend;" },
};

static void parse_typed(struct lend_arena *arena, const char *args, struct lend_qemu_args *ret)
{
	struct lend_err err = { 0 };
	const char *text = lend_arena_printf(arena, "qemu-kvm %s", args);
	const char *bytes;
	size_t len;
	size_t at = 0;

	must(lend_shell_words(arena, text, strlen(text), &at, &bytes, &len, &err) == 0);
	lend_qemu_args_parse(arena, bytes, len, ret);
}

static void parses(void)
{
	for (size_t i = 0; i < LEND_COUNT(rows); i++) {
		struct lend_arena arena = { 0 };
		struct lend_qemu_args args;
		lend_auto_buf out = { 0 };

		must_in(rows[i].args);
		parse_typed(&arena, rows[i].args, &args);
		must_str(show(&out, &args), rows[i].want);
		must_str(args.argv0, "qemu-kvm");
		must(lend_qemu_is_program(args.argv0));
		lend_arena_done(&arena);
	}
	must_in("");
}

/* Each word is in one option, those that nobody reads, too. */
static void lists_all(void)
{
	static const struct {
		const char *args;
		const char *want;
	} lists[] = {
		{ "a.img --drive file=x -S -foo bar -foo -baz b.img -append '-S x'",
		  "(a.img)-drive(file=x)-S-foo(bar)-foo-baz(b.img)-append(-S x)" },
		{ "- -- x -kernel", "--(x)-kernel!" },
		{ "-smp '' -m", "-smp()-m!" },
		{ "", "" },
	};

	for (size_t i = 0; i < LEND_COUNT(lists); i++) {
		struct lend_arena arena = { 0 };
		struct lend_qemu_option option;
		struct lend_qemu_args args;
		lend_auto_buf out = { 0 };

		must_in(lists[i].args);
		parse_typed(&arena, lists[i].args, &args);
		for (size_t at = 0; lend_qemu_args_next(&args, &at, &option);) {
			lend_buf_puts(&out, option.name != NULL ? option.name : "");
			if (option.value != NULL)
				lend_buf_printf(&out, "(%s)", option.value);
			lend_buf_puts(&out, option.cut ? "!" : "");
		}
		must_str(lend_buf_text(&out), lists[i].want);
		lend_arena_done(&arena);
	}
	must_in("");
	/* What is read from elsewhere has no words. */
	must(!lend_qemu_args_next(&(struct lend_qemu_args){ 0 }, &(size_t){ 0 },
				  &(struct lend_qemu_option){ 0 }));
}

/* What is written reads back the same, and is written the same again. */
static void round_trips(void)
{
	static const char typed[] =
		"-machine q35,nvdimm=on,nvdimm-persistence=mem-ctrl,memory-backend=r "
		"-m 1536M,slots=4,maxmem=32G "
		"-object memory-backend-file,id=m0,mem-path=/a,,b,size=514M,align=2M,offset=1000b,"
		"share=on,pmem=on,readonly=off,prealloc=on,discard-data=off "
		"-device nvdimm,id=n0,memdev=m0,slot=3,addr=0x100000000,label-size=2M,node=1,"
		"unarmed=off,uuid=17ccd041-e7db-4387-9ce9-4e9f39f2392c "
		"-device virtio-pmem-pci,id=v0,memdev=v,bus=pci.3,addr=0x5,memaddr=0x200000000";
	static const char want[] =
		"qemu-kvm -machine q35,nvdimm=on,nvdimm-persistence=mem-ctrl,memory-backend=r "
		"-m 1536M,slots=4,maxmem=32G "
		"-object memory-backend-file,id=m0,mem-path=/a,,b,size=514M,align=2M,offset=1000B,"
		"share=on,pmem=on,readonly=off,prealloc=on,discard-data=off "
		"-device nvdimm,id=n0,memdev=m0,addr=0x100000000,slot=3,label-size=2M,node=1,"
		"unarmed=off,uuid=17ccd041-e7db-4387-9ce9-4e9f39f2392c "
		"-device virtio-pmem-pci,id=v0,memdev=v,bus=pci.3,addr=0x5,memaddr=0x200000000";
	struct lend_arena arena = { 0 };
	struct lend_qemu_args first;
	struct lend_qemu_args second;
	lend_auto_buf bytes = { 0 };
	lend_auto_buf line = { 0 };
	lend_auto_buf shown1 = { 0 };
	lend_auto_buf shown2 = { 0 };

	parse_typed(&arena, typed, &first);
	lend_qemu_args_write(&bytes, &first);
	lend_shell_quote(&line, bytes.text, bytes.len);
	must_str(line.text, want);
	lend_qemu_args_parse(&arena, bytes.text, bytes.len, &second);
	must_str(show(&shown2, &second), show(&shown1, &first));
	must_u64(second.n_remarks, 0);
	lend_arena_done(&arena);
}

static const struct {
	const char *text;
	const char *argv0; /* NULL: no QEMU in it */
	const char *name;
} texts[] = {
	{ "LC_ALL=C /usr/bin/qemu-system-x86_64 -name a", "/usr/bin/qemu-system-x86_64", "a" },
	{ "# start it\nsudo -u qemu nice -n 5 qemu-kvm -name a\n", "qemu-kvm", "a" },
	{ "$ ls\nx\n$ exec qemu \\\n -name a \\\n", "qemu", "a" },
	{ "sudo apt install qemu-system-x86\n", NULL, NULL },
	{ "taskset 0x3 qemu-system-arm -name 'a", NULL, NULL },
	{ "EMULATOR=/usr/bin/qemu-system-x86_64 ./run\n", NULL, NULL },
	{ "", NULL, NULL },
};

static void finds_in_text(void)
{
	for (size_t i = 0; i < LEND_COUNT(texts); i++) {
		struct lend_arena arena = { 0 };
		struct lend_qemu_args args = { 0 };
		struct lend_err err = { 0 };
		int r = lend_qemu_args_parse_text(&arena, texts[i].text, strlen(texts[i].text),
						  &args, &err);

		must_in(texts[i].text);
		must(r == (texts[i].argv0 != NULL ? 0 : -1));
		must((err.code == LEND_OK) == (r == 0));
		must_str(args.argv0, texts[i].argv0);
		must_str(args.name, texts[i].name);
		lend_arena_done(&arena);
	}
	must_in("");
}

/* bytes of a /proc/PID/cmdline that is no command line */
static void odd_processes(void)
{
	struct lend_arena arena = { 0 };
	struct lend_qemu_args args;

	lend_qemu_args_parse(&arena, NULL, 0, &args);
	must(args.argv0 == NULL);
	lend_qemu_args_parse(&arena, "\0-S", 3, &args);
	must(args.argv0 == NULL);
	lend_qemu_args_parse(&arena, "sshd: user [priv]", 17, &args);
	must_str(args.argv0, "sshd: user [priv]");
	must_u64(args.words_len, 0); /* there was no NUL behind it */
	must(!lend_qemu_is_program(args.argv0));
	lend_qemu_args_parse(&arena, "/usr/bin/qemu-img\0-S", 20, &args);
	must(!lend_qemu_is_program(args.argv0));
	/* Cut in the middle of a word: no NUL at the end. */
	lend_qemu_args_parse(&arena,
			     "/usr/libexec/qemu-kvm\0-m\0"
			     "51",
			     27, &args);
	must(lend_qemu_is_program(args.argv0));
	must_u64(args.ram_bytes.v, 51 << 20);
	lend_qemu_args_parse(&arena, "/nix/.qemu-system-x86_64-wrapped", 32, &args);
	must(lend_qemu_is_program(args.argv0));
	must(lend_qemu_is_program("/usr/bin/kvm"));
	must(lend_qemu_is_program("/usr/libexec/qemu-kvm (deleted)"));
	must(lend_qemu_is_program("/usr/bin/qemu-system-x86_64 (deleted)"));
	must(!lend_qemu_is_program("/usr/sbin/kvm-clock"));
	must(!lend_qemu_is_program("/usr/bin/qemu-storage-daemon"));
	must(!lend_qemu_is_program(""));
	must(!lend_qemu_is_program("/"));
	lend_arena_done(&arena);
}

static void limits(void)
{
	struct lend_arena arena = { 0 };
	struct lend_qemu_args args;
	lend_auto_buf bytes = { 0 };

	lend_buf_put(&bytes, "qemu", 5);
	for (int i = 0; i <= LEND_QEMU_ARGS_MAX; i++)
		lend_buf_put(&bytes, "-device\0x", 10);
	lend_qemu_args_parse(&arena, bytes.text, bytes.len, &args);
	must_u64(args.n_devices, LEND_QEMU_ARGS_MAX);
	must_u64(args.n_remarks, 1);
	must(args.remarks[0].kind == LEND_QEMU_CUT);
	must_str(args.remarks[0].text, "more than 4096 of them: one was left out");

	lend_buf_reset(&bytes);
	lend_buf_put(&bytes, "qemu", 5);
	while (bytes.len <= LEND_QEMU_ARGS_BYTES_MAX)
		lend_buf_put(&bytes, "-accel\0kvm", 11);
	lend_qemu_args_parse(&arena, bytes.text, bytes.len, &args);
	must(strlen(args.accel) <= 512);
	must_str(args.remarks[0].text, "the command line is too long");
	lend_arena_done(&arena);
}

static void looks_up(void)
{
	struct lend_arena arena = { 0 };
	struct lend_qemu_args args;

	parse_typed(&arena, "-object memory-backend-ram -object memory-backend-ram,id=b",
		    &args);
	must(lend_qemu_args_backend(&args, "b") == &args.backends[1]);
	must(lend_qemu_args_backend(&args, "c") == NULL);
	must(lend_qemu_args_backend(&args, NULL) == NULL);
	lend_arena_done(&arena);
}

int main(void)
{
	parses();
	lists_all();
	round_trips();
	finds_in_text();
	odd_processes();
	limits();
	looks_up();
	return 0;
}
