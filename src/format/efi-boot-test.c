/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/efi-boot.h"

#include <string.h>

#include "tests/must.h"

#define HEAD   "\7\0\0\0"
#define DEBIAN "d\0e\0b\0i\0\xe4\0n\0\0\0"
#define FILE_  "\4\4\x0a\0\\\0x\0\0\0"
#define END_   "\x7f\xff\4\0"
#define HD(signature, type)                                                                    \
	"\4\1\x2a\0\2\0\0\0\0\x08\0\0\0\0\0\0\0\0\x10\0\0\0\0\0" signature "\2" type
#define GUID     "\xf9\x5f\xbb\x2f\x38\x7a\xd1\x4a\x9c\x4c\x2b\x7b\x0b\x1c\x3a\x55"
#define MBR      "\x4d\x3c\x2b\x1a\0\0\0\0\0\0\0\0\0\0\0\0"
#define UUID     "2fbb5ff9-7a38-4ad1-9c4c-2b7b0b1c3a55"
#define T(text_) text_, sizeof(text_) - 1

static const struct {
	const char *bytes;
	size_t len;
	const char *part; /* NULL: no load option */
} options[] = {
	{ T(HEAD "\1\0\0\0\x38\0" DEBIAN HD(GUID, "\2") FILE_ END_), UUID },
	{ T(HEAD "\1\0\0\0\x38\0" DEBIAN HD(MBR, "\1") FILE_ END_), "1a2b3c4d-02" },
	/* no signature; a path that is none; a node that ends behind the path */
	{ T(HEAD "\1\0\0\0\x38\0" DEBIAN HD(GUID, "\0") FILE_ END_), "" },
	{ T(HEAD "\1\0\0\0\x04\0" DEBIAN END_), "" },
	{ T(HEAD "\1\0\0\0\x29\0" DEBIAN HD(GUID, "\2")), "" },
	{ T(HEAD "\1\0\0\0\x04\0" DEBIAN "\4\1\0\0"), "" },
	{ T(HEAD "\1\0\0\0\0\0" DEBIAN), "" },
	/* data behind the path are the loader's own */
	{ T(HEAD "\1\0\0\0\x2a\0" DEBIAN HD(GUID, "\2") "more"), UUID },
	{ T(HEAD "\1\0\0\0\x30\0" DEBIAN HD(GUID, "\2")), NULL },
	{ T(HEAD "\1\0\0\0\0\0"
		 "d\0e\0"),
	  NULL },
	{ T(HEAD "\1\0\0\0\0"), NULL },
	{ "", 0, NULL },
};

static void test_numbers(void)
{
	static const char order[] = HEAD "\1\0\0\0\x0a\x20";
	uint16_t ret[LEND_EFI_ORDER_MAX];
	uint16_t current = 0;
	size_t n = 0;

	must(lend_efi_order_parse(order, sizeof(order) - 1, ret, &n));
	must_u64(n, 3);
	must_u64(ret[0], 1);
	must_u64(ret[2], 0x200a);
	must(!lend_efi_order_parse(order, 5, ret, &n));
	must(!lend_efi_order_parse(order, 2, ret, &n));
	must(lend_efi_order_parse(order, 4, ret, &n) && n == 0);
	must(lend_efi_current_parse(HEAD "\3\0", 6, &current));
	must_u64(current, 3);
	must(!lend_efi_current_parse(HEAD "\3", 5, &current));
	must(lend_efi_option_name("Boot000A-8be4df61-93ca-11d2-aa0d-00e098032b8c", &current));
	must_u64(current, 10);
	must(!lend_efi_option_name("BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c", &current));
	must(!lend_efi_option_name("Boot0001-12345678-93ca-11d2-aa0d-00e098032b8c", &current));
	must(!lend_efi_option_name("Boot", &current));
}

static void test_mask(void)
{
	static const char given[] =
		HEAD "\1\0\0\0\x38\0" DEBIAN HD(GUID, "\2") FILE_ END_ "more";
	uint8_t bytes[sizeof(given) - 1];
	struct lend_efi_option option;
	uint8_t *guid;

	memcpy(bytes, given, sizeof(bytes));
	must(lend_efi_option_mask(bytes, sizeof(bytes), &guid));
	must(guid != NULL && memcmp(guid, GUID, 16) == 0);
	must(lend_efi_option_parse(bytes, sizeof(bytes), &option));
	must_str(option.part, UUID);
	must_str(option.title, "xxxxxx");
	must(memcmp(bytes + sizeof(bytes) - 4, "\0\0\0\0", 4) == 0);
	must(memcmp(bytes + sizeof(bytes) - 8, END_, 4) == 0);
	must(memchr(bytes, '\\', sizeof(bytes)) == NULL);
	must(!lend_efi_option_mask(bytes, 5, &guid));
}

int main(void)
{
	for (size_t i = 0; i < LEND_COUNT(options); i++) {
		struct lend_efi_option option;

		if (!lend_efi_option_parse(options[i].bytes, options[i].len, &option)) {
			must(options[i].part == NULL);
			continue;
		}
		must(options[i].part != NULL && option.active);
		must_str(option.part, options[i].part);
		must_str(option.title, "debi\xc3\xa4n");
	}
	test_numbers();
	test_mask();
	return 0;
}
