/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command line of QEMU has of its host: ports, NUMA nodes, taps. */

#include "format/qemu-args-numa.h"
#include "format/qemu-args-ports.h"
#include "format/qemu-args-taps.h"
#include "tests/must.h"

static void parse_typed(struct lend_arena *arena, const char *words, struct lend_qemu_args *ret)
{
	const char *text = lend_arena_printf(arena, "qemu-kvm %s", words);

	must(lend_qemu_args_parse_text(arena, text, strlen(text), ret, NULL) == 0);
}

static void finds_ports(void)
{
	static const struct {
		const char *typed, *ports;
	} lines[] = {
		{ "-vnc :0", "vnc all [-vnc :0];" },
		{ "-vnc 192.0.2.1:1,to=9,password=on", "vnc one locked [-vnc 192.0.2.1:1];" },
		{ "-vnc :1,tls-creds=t -object tls-creds-x509,id=t,dir=/x,endpoint=server",
		  "vnc all locked [-vnc :1];" },
		{ "-object '{\"qom-type\":\"tls-creds-x509\",\"id\":\"t\",\"verify-peer\":false}' "
		  "-vnc :1,tls-creds=t",
		  "vnc all [-vnc :1];" },
		{ "-vnc :1,tls-creds=t -object tls-creds-anon,id=t", "vnc all [-vnc :1];" },
		{ "-vnc :1,tls-creds=t -object tls-creds-psk,id=t",
		  "vnc all locked [-vnc :1];" },
		{ "-vnc :1,tls-creds=u -object tls-creds-psk,id=t", "vnc all [-vnc :1];" },
		{ "-chardev socket,id=c,host=,port=1,server=on,tls-creds=t -mon c,mode=control "
		  "-object tls-creds-x509,id=t,dir=/x,endpoint=server",
		  "monitor all locked [-chardev :1];" },
		{ "-chardev socket,id=c,host=,port=1,server=on,tls-creds=t -serial chardev:c "
		  "-object tls-creds-x509,id=t,dir=/x,endpoint=server,verify-peer=off",
		  "other all [-chardev :1];" },
		{ "-chardev socket,id=c,host=,port=1,server=on,tls-creds=t -mon c,mode=control "
		  "-object tls-creds-anon,id=t",
		  "monitor all [-chardev :1];" },
		{ "-chardev socket,id=c,host=,port=1,server=on,tls-creds=t "
		  "-object tls-creds-psk,id=t,dir=/x",
		  "other all locked [-chardev :1];" },
		{ "-display '{\"type\":\"gtk\",\"gl\":\"on\"}'", "" },
		{ "-display '{\"type\":\"vnc\",\"vnc\":\":1\"}'", "partial" },
		{ "-vnc '{\"vnc\":\":1\"}'", "partial" },
		{ "-netdev '{\"type\":\"user\",\"hostfwd\":[{\"str\":\"tcp::2222-:22\"},{\"str\":\"udp:"
		  "127.0.0.1:1-:2\"}]}'",
		  "other all [hostfwd tcp::2222-:22];other self [hostfwd udp:127.0.0.1:1-:2];" },
		{ "-vnc [::]:1,password-secret=s", "vnc all locked [-vnc [::]:1];" },
		{ "-display vnc=127.0.0.1:0", "vnc self [-display vnc 127.0.0.1:0];" },
		{ "-vnc none -vnc unix:/x -vnc h:1,reverse=on -display gtk", "" },
		{ "-spice port=5930,disable-ticketing=on", "spice all [-spice :5930];" },
		{ "-spice port=5930,addr=::1,password=secret",
		  "spice self locked [-spice ::1:5930];" },
		{ "-spice unix=on,addr=/x,disable-ticketing", "" },
		{ "-qmp tcp::4444,server=on", "monitor all [-qmp :4444];" },
		{ "-chardev socket,id=m,host=0.0.0.0,port=1,server=on -mon chardev=m",
		  "monitor all [-chardev 0.0.0.0:1];" },
		{ "-monitor tcp:localhost:1,server=on",
		  "monitor self [-monitor localhost:1];" },
		{ "-s", "monitor all [-s :1234];" },
		{ "-gdb tcp:127.0.0.1:1", "monitor self [-gdb 127.0.0.1:1];" },
		{ "-serial tcp:192.0.2.1:1,server=on", "other one [-serial 192.0.2.1:1];" },
		{ "-serial tcp:192.0.2.1:1 -qmp unix:/x,server=on", "" },
		{ "-net user,hostfwd=tcp::2222-:22", "other all [hostfwd tcp::2222-:22];" },
		{ "-nic user,hostfwd=tcp:127.0.0.1:1-:2,hostfwd=::3-:4",
		  "other self [hostfwd tcp:127.0.0.1:1-:2];other all [hostfwd ::3-:4];" },
		{ "-netdev '{\"type\":\"user\",\"id\":\"n\",\"hostfwd\":[{\"str\":\"x\"}]}'",
		  "partial" },
		{ "-netdev socket,id=n,listen=:1", "other all [-netdev listen=:1];" },
		{ "-incoming tcp:0:4444", "other all [-incoming tcp:0:4444];" },
		{ "-readconfig x -vnc ,,", "vnc one [-vnc ,];partial" },
	};
	static const char *const kinds[] = { "vnc", "spice", "monitor", "other" };
	static const char *const reaches[] = { "self", "one", "all" };

	for (size_t i = 0; i < LEND_COUNT(lines); i++) {
		struct lend_arena arena = { 0 };
		struct lend_qemu_args args;
		struct lend_qemu_ports ports;
		lend_auto_buf out = { 0 };

		parse_typed(&arena, lines[i].typed, &args);
		lend_qemu_args_ports(&arena, &args, &ports);
		for (size_t j = 0; j < ports.n; j++)
			lend_buf_printf(&out, "%s %s%s [%s];", kinds[ports.items[j].kind],
					reaches[ports.items[j].reach],
					ports.items[j].locked ? " locked" : "",
					ports.items[j].text);
		if (ports.partial)
			lend_buf_puts(&out, "partial");
		must_str(lend_buf_text(&out), lines[i].ports);
		lend_arena_done(&arena);
	}
}

static void finds_nodes(void)
{
	static const struct {
		const char *typed;
		uint64_t node;
		const char *nodes; /* NULL: none */
	} lines[] = {
		{ "-object memory-backend-ram,id=r,size=1G,host-nodes=1,policy=bind "
		  "-numa node,nodeid=0,memdev=r",
		  0, "1" },
		{ "-object memory-backend-ram,id=r,host-nodes=0-1,host-nodes=3 "
		  "-numa node -numa node,memdev=r",
		  1, "0-1,3" },
		{ "-object '{\"qom-type\":\"memory-backend-ram\",\"id\":\"r\","
		  "\"host-nodes\":[0,2],\"policy\":\"bind\"}' -machine q35,memory-backend=r",
		  0, "0,2" },
		{ "-object memory-backend-ram,id=r,host-nodes=1 -machine q35,memory-backend=r",
		  1, NULL },
		{ "-object memory-backend-ram,id=r -numa node,memdev=r", 0, NULL },
		{ "-numa node,mem=1G -numa dist,src=0,dst=1,val=20", 0, NULL },
	};

	for (size_t i = 0; i < LEND_COUNT(lines); i++) {
		struct lend_arena arena = { 0 };
		struct lend_qemu_args args;
		const char *nodes;

		parse_typed(&arena, lines[i].typed, &args);
		nodes = lend_qemu_args_host_nodes(&arena, &args, lines[i].node);
		must_str(nodes == NULL ? "" : nodes,
			 lines[i].nodes == NULL ? "" : lines[i].nodes);
		lend_arena_done(&arena);
	}
}

static void finds_taps(void)
{
	static const struct {
		const char *typed, *taps;
	} lines[] = {
		{ "-m 1G -net nic -netdev user,id=a -nic none", "" },
		{ "-netdev tap,id=n,ifname=tap0,script=no", "tap0 -;" },
		{ "-nic tap,ifname=a,,b,model=e1000 -net tap,ifname=c", "a,b -;c -;" },
		{ "-netdev '{\"type\":\"tap\",\"id\":\"n\",\"ifname\":\"tap0\",\"vhost\":true}'",
		  "tap0 -;" },
		{ "-netdev tap,fd=33,id=n,vhost=on,vhostfd=34", "- -;" },
		{ "-netdev bridge,id=n -netdev bridge,id=o,br=virbr0", "- br0;- virbr0;" },
		{ "-netdev tap,id=n,br=br1 -netdev tap,id=o,br=br1,helper=/x", "- -;- br1;" },
		{ "-netdev af-xdp,id=n,ifname=eth0,mode=native", "eth0 -;" },
		{ "-netdev '{' -readconfig x", "partial" },
	};

	for (size_t i = 0; i < LEND_COUNT(lines); i++) {
		struct lend_arena arena = { 0 };
		struct lend_qemu_args args;
		struct lend_qemu_taps taps;
		lend_auto_buf out = { 0 };

		parse_typed(&arena, lines[i].typed, &args);
		lend_qemu_args_taps(&arena, &args, &taps);
		for (size_t j = 0; j < taps.n; j++)
			lend_buf_printf(
				&out, "%s %s;",
				taps.items[j].ifname != NULL ? taps.items[j].ifname : "-",
				taps.items[j].bridge != NULL ? taps.items[j].bridge : "-");
		if (taps.partial)
			lend_buf_puts(&out, "partial");
		must_str(lend_buf_text(&out), lines[i].taps);
		lend_arena_done(&arena);
	}
}

int main(void)
{
	finds_nodes();
	finds_ports();
	finds_taps();
	return 0;
}
