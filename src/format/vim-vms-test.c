/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vim-vms.h"

#include "base/err.h"
#include "tests/must.h"

#define HEAD "Vmid   Name   File   Guest OS   Version   Annotation\n"

static const struct {
	const char *text; /* behind the head */
	const char *vms;  /* "id:name:datastore:path:guest:version:annotation|..." */
	size_t odd;
} lists[] = {
	{ "", "", 0 },
	{ "1      web    [ds1] web/web.vmx   otherGuest   vmx-14              \n",
	  "1:web:ds1:web/web.vmx:otherGuest:vmx-14:-", 0 },
	{ "12     my vm  [my data] my vm/my vm.vmx   other Guest   vmx-14   a  b\nsecond line\n"
	  "3 apples\n\n4      x      [d] x.vmx   g   vmx-7\r\n",
	  "12:my vm:my data:my vm/my vm.vmx:other Guest:vmx-14:a  b|4:x:d:x.vmx:g:vmx-7:-", 0 },
	{ "1      a [b] c  [ds1] a/a.vmx   g   vmx-14\n", "1:a [b] c:ds1:a/a.vmx:g:vmx-14:-",
	  0 },
	{ "1      a      [ds1] a.vmx b/a.vmx   g   vmx-14\n",
	  "1:a:ds1:a.vmx b/a.vmx:g:vmx-14:-", 0 },
	{ "1      [x] a.vmx   [ds1] a/a.vmx   g   vmx-14\n", "", 1 },
	{ "1      a      [ds1] a/a.vmx   g   vmx-14   see [ds2] b/b.vmx\n",
	  "1:a:ds1:a/a.vmx:g:vmx-14:see [ds2] b/b.vmx", 0 },
	{ "1 [x] a.vmx  [ds1] a/a.vmx   g   vmx-14\n", "", 1 },
	{ "1      a      [ds1] a/a.vmx   g   vmx-14   see  [ds2] b/b.vmx\n", "", 1 },
	{ "1      a      [ds1] a/a.vm   g   vmx-14\n", "", 1 },
	{ "99999999999999999999   a   [ds1] a/a.vmx   g   vmx-14\n", "", 0 },
	{ "1      a      [ds1] a/a.vmx\n", "1:a:ds1:a/a.vmx:-:-:-", 0 },
	{ "1      \xc3\xa4      [ds1] \xc3\xa4/\xc3\xa4.vmx   g   vmx-14\n",
	  "1:\xc3\xa4:ds1:\xc3\xa4/\xc3\xa4.vmx:g:vmx-14:-", 0 },
};

static const char *or_dash(const char *text)
{
	return text == NULL ? "-" : text;
}

static void put(struct lend_buf *out, const struct lend_vim_vms *vms)
{
	for (size_t i = 0; i < vms->n_vms; i++) {
		const struct lend_vim_vm *vm = &vms->vms[i];

		lend_buf_printf(out, "%s%llu:%s:%s:%s:%s:%s:%s", i > 0 ? "|" : "",
				(unsigned long long)vm->id, vm->name, vm->datastore, vm->path,
				or_dash(vm->guest_os), or_dash(vm->version),
				or_dash(vm->annotation));
	}
}

static void reads(void)
{
	for (size_t i = 0; i < LEND_COUNT(lists); i++) {
		struct lend_arena arena = { 0 };
		struct lend_vim_vms vms;
		lend_auto_buf text = { 0 };
		lend_auto_buf out = { 0 };

		must_in(lists[i].text);
		lend_buf_printf(&text, "%s%s", HEAD, lists[i].text);
		must(lend_vim_vms_recognise(text.text, text.len));
		must(lend_vim_vms_parse(text.text, text.len, &arena, &vms, NULL) == 0);
		put(&out, &vms);
		must_str(lend_buf_text(&out), lists[i].vms);
		must_u64(vms.n_odd, lists[i].odd);
		lend_buf_reset(&text);
		lend_vim_vms_write(&vms, &text);
		must(lend_vim_vms_parse(text.text, text.len, &arena, &vms, NULL) == 0);
		lend_buf_reset(&out);
		put(&out, &vms);
		must_str(lend_buf_text(&out), lists[i].vms);
		lend_arena_done(&arena);
	}
	must_in("");
}

static void refuses(void)
{
	struct lend_arena arena = { 0 };
	struct lend_err err = { 0 };
	lend_auto_buf text = { 0 };
	struct lend_vim_vms vms;

	must(lend_vim_vms_parse("", 0, &arena, &vms, &err) == -1);
	must_str(err.what, "no list of VMs: its head is not there");
	must(lend_vim_vms_parse("1  a  [d] a.vmx\n", 16, &arena, &vms, NULL) == -1);
	must(lend_vim_vms_parse("a\0b", 3, &arena, &vms, NULL) == -1);
	lend_buf_puts(&text, HEAD);
	for (int i = 0; i <= LEND_VIM_VMS_MAX; i++)
		lend_buf_puts(&text, "1  a  [d] a.vmx\n");
	must(lend_vim_vms_parse(text.text, text.len, &arena, &vms, NULL) == -1);
	must(!lend_vim_vms_recognise("Vmid Name\n", 10));
	lend_arena_done(&arena);
}

static void puts_paths(void)
{
	struct lend_vim_vm vm = { .datastore = "my data", .path = "a/a.vmx" };
	lend_auto_buf out = { 0 };

	lend_vim_vm_put_path(&vm, &out);
	must_str(out.text, "/vmfs/volumes/my data/a/a.vmx");
}

int main(void)
{
	reads();
	refuses();
	puts_paths();
	return 0;
}
