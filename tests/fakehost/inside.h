/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What fakehost.c (processes) and qmp.c (what they answer) share. */

#ifndef LEND_TESTS_FAKEHOST_INSIDE_H
#define LEND_TESTS_FAKEHOST_INSIDE_H

#include "tests/fakehost/fakehost.h"

enum {
	FAKE_VMS = 4,
	FAKE_THINGS = 16,
	FAKE_PROPERTIES = 16,
	FAKE_COUNTS = 32,
	FAKE_NAME = 64,
	FAKE_TEXT = 256,
	FAKE_SLOTS = 8,
	FAKE_XML = 8192,
};

/* No pointers: it is seen by several processes. */
struct fake_property {
	char key[FAKE_NAME];
	char json[FAKE_TEXT];
};

/* An object or a device. */
struct fake_thing {
	bool there;
	bool is_device;
	char id[FAKE_NAME];
	char type[FAKE_NAME];
	size_t n;
	struct fake_property properties[FAKE_PROPERTIES];
};

struct fake_vm {
	bool runs;
	pid_t pid;
	char word[FAKE_TEXT];
	char monitor[FAKE_TEXT], agent[FAKE_TEXT];
	struct fake_thing things[FAKE_THINGS];
};

struct fake_domain {
	bool there, runs;
	char name[FAKE_NAME], uuid[FAKE_NAME];
	char defined[FAKE_XML], live[FAKE_XML];
};

struct fakehost {
	struct fake_domain domains[FAKE_VMS];
	struct fake_vm vms[FAKE_VMS];
	pid_t last_pid;
	char nd[FAKE_TEXT]; /* the folder that plays /sys and /dev; "": no memory */
	bool disobeys;
	char fails[FAKE_NAME], why[FAKE_TEXT];
	struct {
		char command[FAKE_NAME];
		unsigned int n;
	} counts[FAKE_COUNTS];
};

void fake_count(struct fakehost *host, const char *command);

/* Programs that make and mount namespaces. */
int fake_nd(struct fakehost *host, const char *const *argv, struct lend_err *err);

/* The reply of lend-via-libvirt; and what there is in its libvirt. */
void fake_libvirt(struct fakehost *host, const char *request, struct lend_buf *reply);
void fake_libvirt_text(const struct fakehost *host, struct lend_buf *out);

/* The reply of a running VM to a request on its monitor. */
void fake_qmp(struct fakehost *host, struct fake_vm *vm, const char *request,
	      struct lend_buf *reply);

/* An object or a device of the command line, "nvdimm,id=log,memdev=mem-log". */
void fake_plug_option(struct fake_vm *vm, bool is_device, const char *option);

const char *fake_property(const struct fake_thing *thing, const char *key); /* NULL: none */

#endif
