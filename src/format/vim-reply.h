/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a vSphere server (ESXi or vCenter, API "vim25") answers, and how it is
 * asked: SOAP envelopes, objects of the property collector.
 *
 * A reply comes in pieces and may be long; each object is turned into a line
 * of JSON as soon as it is complete, and forgotten.  Names are told apart by
 * namespace, never by prefix; what servers say for people ("faultstring") is
 * in their language, so faults are told apart by type.
 *
 * Types and properties: vSphere Web Services API reference, PropertyCollector,
 * HostSystem, VirtualMachine, Datastore, Datacenter.
 */

#ifndef LEND_FORMAT_VIM_REPLY_H
#define LEND_FORMAT_VIM_REPLY_H

#include "base/json.h"
#include "format/xml-tree.h"

enum {
	LEND_VIM_REPLY_MAX = 64 << 20, /* bytes of one reply */
	LEND_VIM_TEXT_MAX = 1024,      /* bytes of a name that is passed on */
	LEND_VIM_DEVICES_MAX = 4096,   /* of one host or VM that are passed on */
};

/* A managed object. */
struct lend_vim_ref {
	const char *type, *id;
};

/* ---- replies ---- */

struct lend_vim_reader;

/* An object of a RetrieveResult; it dies with the call.  -1 ends the reading. */
typedef int lend_vim_take(void *context, const struct lend_xml_node *object,
			  struct lend_err *err);

/* What else there is in the reply; lives as long as the reader. */
struct lend_vim_reply {
	const char *fault;      /* type of the fault, such as "InvalidLogin"; NULL: none */
	const char *fault_says; /* for people, in whatever language; never NULL */
	const char *token;      /* of the next page; NULL: this was the last */
	const struct lend_xml_node *returnval; /* the first; NULL: none */
};

/* take may be NULL. */
struct lend_vim_reader *lend_vim_reader_new(lend_vim_take *take, void *context);
int lend_vim_reader_put(struct lend_vim_reader *reader, const char *bytes, size_t len,
			struct lend_err *err) LEND_MUST_CHECK;
/* -1: it is no reply of such a server, or was cut. */
int lend_vim_reader_end(struct lend_vim_reader *reader, struct lend_vim_reply *ret_reply,
			struct lend_err *err) LEND_MUST_CHECK;
void lend_vim_reader_free(struct lend_vim_reader *reader); /* NULL is fine */

/* The reference that a child is; false when there is none. */
bool lend_vim_ref_of(const struct lend_xml_node *node, const char *child,
		     struct lend_vim_ref *ret);

/* Its xsi:type without prefix; "" when it has none. */
const char *lend_vim_type(const struct lend_xml_node *node);

/* ---- objects ---- */

/* "obj" of an object; false when it is none. */
bool lend_vim_object(const struct lend_xml_node *object, struct lend_vim_ref *ret);

/* The value of a property, NULL when it is not there. */
const struct lend_xml_node *lend_vim_prop(const struct lend_xml_node *object, const char *path);

/* Is told of each NVDIMM's file. */
struct lend_vim_disks {
	void (*add)(void *context, const char *file, const char *datastore);
	void *context;
};

/*
 * One line of JSON (docs/design/vsphere.md) without its end, of a HostSystem,
 * VirtualMachine, Datastore or Datacenter; false for anything else.
 */
bool lend_vim_put_object(struct lend_buf *out, const struct lend_xml_node *object,
			 const struct lend_vim_disks *disks);

/* ---- requests: a whole envelope each ---- */

void lend_vim_ask_content(struct lend_buf *out);
void lend_vim_ask_login(struct lend_buf *out, const struct lend_vim_ref *sessions,
			const char *user, const char *password);
void lend_vim_ask_logout(struct lend_buf *out, const struct lend_vim_ref *sessions);
/* A view of all objects of these types below root. */
void lend_vim_ask_view(struct lend_buf *out, const struct lend_vim_ref *views,
		       const struct lend_vim_ref *root, const char *const *types, size_t n);
/* The properties that lend_vim_put_object reads, of the objects of that type in the view. */
void lend_vim_ask_objects(struct lend_buf *out, const struct lend_vim_ref *collector,
			  const struct lend_vim_ref *view, const char *type, unsigned int page);
void lend_vim_ask_more(struct lend_buf *out, const struct lend_vim_ref *collector,
		       const char *token);
/* datacenter NULL: of an ESXi host, which has one only. */
void lend_vim_ask_uuid(struct lend_buf *out, const struct lend_vim_ref *disks, const char *file,
		       const char *datacenter);

#endif
