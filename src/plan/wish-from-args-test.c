/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plan/wish-from-args.h"

#include "base/err.h"
#include "format/shell-words.h"
#include "model/build.h"
#include "model/kind-device.h"
#include "model/kind-vm.h"
#include "tests/must.h"

/* ---- nothing is lost ---- */

/* Command lines of all sorts; what they become is in tests/cases/wish-*. */
static const char *const lines[] = {
	"",
	"-hda /a.qcow2 -hdb /b.raw -hdc /c.img -cdrom /d.iso",
	"/a.raw -boot d",
	"-boot order=dc,menu=on -boot n",
	"-drive file=/a,format=raw,if=virtio,index=0 -drive file=/b,format=raw,if=virtio,index=5",
	"-drive file=/a,format=raw,cache=none -drive file=nbd:unix:/x,format=raw",
	"-drive file=/a,format=vmdk -drive file=/b,format=raw,if=scsi -drive if=none,id=e",
	"-drive id=d,if=none,file=/a,format=qcow2,readonly=on -device virtio-blk-pci,drive=d",
	"-drive id=d,if=none,file=/a,format=qcow2 -device virtio-blk-pci,drive=d,bootindex=1",
	"-drive id=d,if=none,file=/a,format=raw -drive id=d,if=none,file=/b,format=raw "
	"-device ide-hd,drive=d",
	"-blockdev driver=file,node-name=f,filename=/a -device ide-hd,drive=f",
	"-blockdev driver=qcow2,node-name=q,file=f -blockdev driver=file,node-name=f,filename=/a "
	"-device virtio-blk-pci,drive=q,id=x",
	"-blockdev driver=qcow2,node-name=q,file=q -device virtio-blk-pci,drive=q",
	"-blockdev '{\"driver\":\"raw\",\"node-name\":\"r\",\"file\":{\"driver\":\"file\","
	"\"filename\":\"/a\"},\"x\":[1]}' -device virtio-blk-pci,drive=r",
	"-bios /fw.bin -drive if=pflash,format=raw,file=/code,readonly=on",
	"-drive if=pflash,format=raw,file=/code,readonly=on -drive if=pflash,file=/vars,format=raw",
	"-drive if=pflash,format=raw,file=/code -drive if=pflash,unit=3,file=/vars,format=raw",
	"-nic none -net none",
	"-nic user,model=virtio,hostfwd=tcp::22-:22 -nic user,model=virtio",
	"-netdev user,id=a -netdev user,id=b -device e1000,netdev=a -device virtio-net,netdev=b",
	"-netdev user,id=a,hostfwd=tcp::2222-10.0.2.99:22 -device virtio-net-pci,netdev=a",
	"-netdev bridge,id=a,br=lan0 -device virtio-net-pci,netdev=a,mac=52:54:00:00:00:01",
	"-netdev bridge,id=a -device virtio-net-pci,netdev=a,mac=53:54:00:00:00:01",
	"-netdev tap,id=a,ifname=t0,script=no,downscript=no -device virtio-net-pci,netdev=a",
	"-netdev tap,id=a,ifname=t0 -device virtio-net-pci,netdev=a -netdev hubport",
	"-net nic,model=virtio,macaddr=52:54:00:00:00:02 -net bridge,br=br1",
	"-net nic -net nic -net user",
	"-machine pc,accel=xen -accel xen -accel",
	"-M q35,accel=kvm:tcg,usb -enable-kvm -accel tcg,thread=single",
	"-M pc+x,nvdimm=on,nvdimm-persistence=foo -smp 0 -smp x=1 -m lots -m 4G,foo=1",
	"-smp sockets=2,cores=2 -smp 1,sockets=1 -smp cpus=8,maxcpus=16",
	"-M q35,memory-backend=r -object memory-backend-ram,id=r,size=1G -m 1G",
	"-M q35,memory-backend=r -object memory-backend-memfd,id=r,size=1G,share=on",
	"-kernel /k -initrd /i -append 'a b' -dtb /d",
	"-kernel /k -kernel /l -initrd /i,/j -append",
	"-append x -initrd /i -uuid x -uuid 17CCD041-e7db-4387-9ce9-4e9f39f2392c",
	"-name guest=a,process=b -name c",
	"-numa node -numa node,nodeid=1",
	"-numa node,mem=64,cpus=0 -numa node,cpus=1,cpus=3,nodeid=1,mem=64M",
	"-numa node,nodeid=1 -numa cpu,node-id=0 -numa",
	"-object memory-backend-ram,id=r,size=1G -numa node,memdev=r -object memory-backend-ram,id=r",
	"-object memory-backend-file,id=m,mem-path=/n,size=1G,share -device nvdimm,memdev=m",
	"-object memory-backend-file,id=m,mem-path=/n,size=1G -device nvdimm,memdev=m,label-size=64K",
	"-object memory-backend-file,id=m,mem-path=/n,size=1G,x=1 -device nvdimm,memdev=m,slot=-1",
	"-object memory-backend-file,id=m,mem-path=/n,size=1G -device nvdimm,memdev=m,slot=two",
	"-object memory-backend-file,id=m,mem-path=/n/,size=1G -device nvdimm,memdev=m,id=9",
	"-object memory-backend-file,id=m,mem-path=/n,size=1G,share=maybe -device nvdimm,memdev=m",
	"-device nvdimm -device nvdimm,memdev=none -device pc-dimm,memdev=none",
	"-device '{\"driver\":\"nvdimm\",\"memdev\":\"m\"}' "
	"-object '{\"qom-type\":\"memory-backend-ram\",\"id\":\"m\",\"size\":1048576}' "
	"-m 1G,slots=2,maxmem=4G",
	"-device vfio-pci,host=3b:00.0 -device vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:3c:00.0",
	"-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/17ccd041-e7db-4387-9ce9-4e9f39f2392c",
	"-device vfio-pci,host=x -device vfio-pci,host=3b:00.0,romfile=",
	"-qmp unix:/q,server=on,wait=off -monitor none -qmp-pretty stdio -mon chardev=c",
	"-chardev socket,id=c,path=/c -mon c -device isa-serial,chardev=c",
	"-chardev socket,id=c,path=/c -mon c -chardev null,id=d -chardev id=e",
	"-serial chardev:c -chardev pty,id=c -serial tcp:host:1 -parallel none -serial /dev/ttyS0",
	"-chardev socket,id=g,path=/g,server,nowait -device virtio-serial "
	"-device virtserialport,chardev=g,name=org.qemu.guest_agent.0",
	"-chardev null,id=g -device virtio-serial -device virtconsole,chardev=g "
	"-device virtserialport,chardev=g,name=org.qemu.guest_agent.0",
	"-vnc :1 -vnc none -vnc unix:/v -vnc :0,password=on",
	"-vnc localhost:5 -display gtk -display none -nographic -vga std -sdl",
	"-S -daemonize -pidfile /p -nodefaults -incoming defer -preconfig -no-acpi -s -gdb tcp::1",
	"-unknown x -unknown -other - -- --name z --foo=bar -foo",
	"-readconfig /c -set device.x.y=z -add-fd fd=3,set=1 -netdev tap,id=a,fds=3:4",
	"-device '{\"driver\":' -object , -machine =x -drive a=1,=",
};

static void parse(struct lend_arena *arena, const char *line, struct lend_qemu_args *ret)
{
	const char *text = lend_arena_printf(arena, "qemu-system-x86_64 %s", line);
	const char *bytes;
	size_t len;
	size_t at = 0;

	must(lend_shell_words(arena, text, strlen(text), &at, &bytes, &len, NULL) == 0);
	lend_qemu_args_parse(arena, bytes, len, ret);
}

static bool is_noted(const struct lend_wish_made *made, const char *name)
{
	for (size_t i = 0; i < made->n_notes; i++) {
		if (strstr(made->notes[i], name) != NULL)
			return true;
	}
	return false;
}

/* Each option is in qemu-args at its place, or said, or left out with a note. */
static void account(const struct lend_qemu_args *args, const struct lend_wish_made *made)
{
	const struct lend_wish *wish = &made->wish;
	struct lend_qemu_option option;
	size_t n = 0, word = 0;

	for (size_t at = 0; lend_qemu_args_next(args, &at, &option); n++) {
		const struct lend_wish_option *o = &made->options[n];
		const char *value = o->rest != NULL ? o->rest : option.value;

		must_in(option.name != NULL ? option.name : option.value);
		must(n < made->n_options);
		must_str(o->option.name, option.name);
		must_str(o->option.value, option.value);
		if (o->fate == LEND_WISH_LEFT_OUT) {
			must(o->rest == NULL);
			must(is_noted(made, option.name != NULL ? option.name : "?"));
		}
		if (o->fate == LEND_WISH_LEFT_OUT ||
		    (o->fate == LEND_WISH_SAID && o->rest == NULL))
			continue;
		if (option.name != NULL)
			must_str(wish->qemu_args[word++], option.name);
		if (value != NULL)
			must_str(wish->qemu_args[word++], value);
	}
	must_u64(n, made->n_options);
	must_u64(word, wish->n_qemu_args);
}

/* What is written reads back to the same. */
static void read_back(struct lend_arena *arena, const struct lend_wish *wish)
{
	lend_auto_buf text = { 0 };
	struct lend_wish again;
	struct lend_err err = { 0 };

	lend_wish_write(&text, wish, "of a test\nin two lines");
	if (lend_wish_parse(arena, "it", text.text, text.len, &again, &err) < 0)
		must_str(err.what, "");
	must(lend_wish_same(wish, &again));
}

static void loses_nothing(void)
{
	for (size_t i = 0; i < LEND_COUNT(lines); i++) {
		const struct lend_wish_from from = { .name = "t", .dir = "/d" };
		struct lend_arena arena = { 0 };
		struct lend_wish_made made;
		struct lend_qemu_args args;
		struct lend_err err = { 0 };

		must_in(lines[i]);
		parse(&arena, lines[i], &args);
		must(lend_wish_from_args(&arena, &args, &from, &made, &err) == 0);
		account(&args, &made);
		must_in(lines[i]);
		if (lend_wish_check(&made.wish, "it", NULL) == 0)
			read_back(&arena, &made.wish);
		lend_arena_done(&arena);
	}
	must_in("");
}

/* ---- limits ---- */

static void limits(void)
{
	const struct lend_wish_from from = { 0 };
	struct lend_arena arena = { 0 };
	struct lend_wish_made made;
	struct lend_qemu_args args;
	lend_auto_buf bytes = { 0 };
	struct lend_err err = { 0 };

	lend_buf_put(&bytes, "qemu", 5);
	for (int i = 0; i < 20000; i++)
		lend_buf_put(&bytes, "-usb", 5);
	lend_qemu_args_parse(&arena, bytes.text, bytes.len, &args);
	must(lend_wish_from_args(&arena, &args, &from, &made, &err) < 0);
	must_str(err.what, "the command line has 20000 options, more than 16384");

	err = (struct lend_err){ 0 };
	lend_qemu_args_parse(&arena, bytes.text, 5 + 5 * 6000, &args);
	must(lend_wish_from_args(&arena, &args, &from, &made, &err) < 0);
	must(strstr(err.what, "are left for qemu-args") != NULL);

	err = (struct lend_err){ 0 };
	parse(&arena, "-smbios \xff", &args);
	must(lend_wish_from_args(&arena, &args, &from, &made, &err) < 0);
	must_str(err.what, "the argument '\xff' is no UTF-8");
	lend_arena_done(&arena);
}

/* ---- VMs that run ---- */

static const char dimm[] = "-name a -m 1G,slots=4,maxmem=8G -M q35,nvdimm=on "
			   "-object memory-backend-file,id=m0,mem-path=f0,size=128M,share=on "
			   "-device nvdimm,id=n0,memdev=m0";

static void plugged(void)
{
	static const struct lend_wish_seen seen[] = {
		{ .id = "n0", .memdev = "m0", .is_nvdimm = true, .slot = { 2, true } },
		{ .id = "n1",
		  .memdev = "m1",
		  .is_nvdimm = true,
		  .path = "/f1",
		  .slot = { 0, true },
		  .size_bytes = { 126 << 20, true },
		  .label_bytes = { 2 << 20, true },
		  .backend_bytes = { 128 << 20, true },
		  .share = LEND_TRI_OFF,
		  .unarmed = LEND_TRI_ON },
		{ .id = "n2", .memdev = "m2", .is_nvdimm = true, .slot = { 1, true } },
		{ .id = "n3",
		  .memdev = "m3",
		  .is_nvdimm = true,
		  .path = "f3",
		  .size_bytes = { 126 << 20, true },
		  .backend_bytes = { 128 << 20, true } },
		{ .id = "v0", .memdev = "m4", .path = "/f4" },
	};
	const struct lend_wish_from from = { .dir = "/d/",
					     .seen = seen,
					     .n_seen = LEND_COUNT(seen) };
	struct lend_arena arena = { 0 };
	struct lend_wish_made made;
	struct lend_qemu_args args;

	parse(&arena, dimm, &args);
	must(lend_wish_from_args(&arena, &args, &from, &made, NULL) == 0);
	account(&args, &made);
	read_back(&arena, &made.wish);
	must_in("");
	must_u64(made.wish.n_pmem, 2);
	must_str(made.wish.pmem[0].backing, "/d/f0");
	must_u64(made.wish.pmem[0].slot.v, 2);
	must_str(made.wish.pmem[1].name, "n1");
	must_u64(made.wish.pmem[1].size_bytes.v, 126 << 20);
	must_u64(made.wish.pmem[1].label_bytes.v, 2 << 20);
	must(made.wish.pmem[1].slot.has && made.wish.pmem[1].slot.v == 0);
	must(made.wish.pmem[1].share == LEND_TRI_OFF);
	must(made.wish.pmem[1].persistence == LEND_WISH_PERSISTENCE_NONE);
	must(is_noted(&made, "n2 was plugged in later and is not here: its backing"));
	must(is_noted(&made, "n3 was plugged in later and is not here: its size"));
	must(is_noted(&made, "v0 was plugged in later and is not here: it is no NVDIMM"));
	lend_arena_done(&arena);
}

/* An inventory with one VM, as a scan leaves it. */
static struct lend_inventory *inventory(const struct lend_qemu_args *args,
					const char *hypervisor, const char *cwd)
{
	struct lend_build build;
	struct lend_vm *vm;
	uint32_t by;

	lend_build_init(&build);
	vm = (struct lend_vm *)lend_build_node(&build, LEND_KIND_VM, NULL, "a");
	by = lend_build_sighting(&build, LEND_SEEN, "qemu-proc", "cmdline", "vm/a");
	lend_build_text(&build, &vm->node, &vm->hypervisor, by, hypervisor);
	if (args != NULL)
		lend_build_cmdline(&build, &vm->node, args->argv0,
				   (size_t)(args->words + args->words_len - args->argv0), cwd);
	return lend_build_seal(&build);
}

/* NULL: it became a wish, of which the backing is put into *ret_backing. */
static const char *fails(struct lend_arena *arena, struct lend_inventory *inv, const char *dir,
			 const char **ret_backing)
{
	struct lend_wish_made made;
	struct lend_err err = { 0 };
	int r = lend_wish_from_vm(arena, inv, lend_find(inv, "vm/a"), dir, &made, &err);

	if (r == 0 && made.wish.n_pmem > 0)
		*ret_backing = lend_arena_strdup(arena, made.wish.pmem[0].backing);
	lend_inventory_free(inv);
	return r == 0 ? NULL : lend_arena_strdup(arena, err.what);
}

static void running(void)
{
	static const char relative[] =
		"'f0' is relative to where QEMU was started, which is not known";
	struct lend_arena arena = { 0 };
	const char *backing = NULL;
	struct lend_qemu_args args, daemon;

	parse(&arena, dimm, &args);
	parse(&arena, lend_arena_printf(&arena, "%s -daemonize", dimm), &daemon);
	must_str(fails(&arena, inventory(&args, "esxi", NULL), NULL, &backing),
		 "VM a is no QEMU: it has no command line");
	must_str(fails(&arena, inventory(NULL, "qemu", NULL), NULL, &backing),
		 "the command line of VM a was not seen");
	must_str(fails(&arena, inventory(&args, "qemu", NULL), NULL, &backing), relative);
	must_str(fails(&arena, inventory(&args, "qemu", "/c"), NULL, &backing), NULL);
	must_str(backing, "/c/f0");
	must_str(fails(&arena, inventory(&args, "qemu", "/c"), "/e", &backing), NULL);
	must_str(backing, "/e/f0");
	/* It went to "/" after it had opened the file elsewhere. */
	must_str(fails(&arena, inventory(&daemon, "qemu", "/"), NULL, &backing), relative);
	lend_arena_done(&arena);
}

int main(void)
{
	loses_nothing();
	limits();
	plugged();
	running();
	return 0;
}
