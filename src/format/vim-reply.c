/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "format/vim-reply.h"

#include "base/err.h"

#define SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define XSI  "http://www.w3.org/2001/XMLSchema-instance"

struct lend_vim_reader {
	struct lend_arena memory;
	struct lend_xml_stream *xml;
};

static int take_nothing(void *context, const struct lend_xml_node *item, struct lend_err *err)
{
	(void)context;
	(void)item;
	(void)err;
	return 0;
}

struct lend_vim_reader *lend_vim_reader_new(lend_vim_take *take, void *context)
{
	const struct lend_xml_items items = { .item = "objects",
					      .take = take != NULL ? take : take_nothing,
					      .context = context,
					      .bytes_max = LEND_VIM_REPLY_MAX };
	struct lend_vim_reader *reader = lend_xrealloc(NULL, sizeof(*reader));

	*reader = (struct lend_vim_reader){ .xml = lend_xml_stream_new("the reply", &items) };
	return reader;
}

void lend_vim_reader_free(struct lend_vim_reader *reader)
{
	if (reader == NULL)
		return;
	lend_xml_stream_free(reader->xml);
	lend_arena_done(&reader->memory);
	free(reader);
}

int lend_vim_reader_put(struct lend_vim_reader *reader, const char *bytes, size_t len,
			struct lend_err *err)
{
	return lend_xml_stream_put(reader->xml, bytes, len, err);
}

const char *lend_vim_type(const struct lend_xml_node *node)
{
	const char *type = lend_xml_attr(node, XSI "\ntype");
	const char *colon = type == NULL ? NULL : strrchr(type, ':');

	return type == NULL ? "" : colon != NULL ? colon + 1 : type;
}

/* "InvalidLoginFault" is the element, "InvalidLogin" the type. */
static const char *fault_type(struct lend_vim_reader *reader, const struct lend_xml_node *fault)
{
	const struct lend_xml_node *detail = lend_xml_any(fault, "detail");
	const struct lend_xml_node *what = detail == NULL ? NULL : detail->first;
	const char *type = lend_vim_type(what);
	size_t len;

	if (what == NULL)
		return "";
	if (type[0] != '\0')
		return type;
	len = strlen(what->name);
	if (len > 5 && strcmp(what->name + len - 5, "Fault") == 0)
		len -= 5;
	return lend_arena_strndup(&reader->memory, what->name, len);
}

int lend_vim_reader_end(struct lend_vim_reader *reader, struct lend_vim_reply *ret_reply,
			struct lend_err *err)
{
	const struct lend_xml_node *root, *body, *first;
	const char *token;

	if (lend_xml_stream_end(reader->xml, &root, err) < 0)
		return -1;
	body = lend_xml_any(root, "Body");
	if (root->ns == NULL || strcmp(root->ns, SOAP) != 0 || body == NULL)
		return lend_fail(err, LEND_E_FORMAT,
				 "the reply is no SOAP envelope, its root is <%.40s>",
				 root->name);
	*ret_reply = (struct lend_vim_reply){ .fault_says = "" };
	first = body->first;
	if (first == NULL)
		return lend_fail(err, LEND_E_FORMAT, "the reply has nothing in it");
	if (strcmp(first->name, "Fault") == 0) {
		const struct lend_xml_node *says = lend_xml_any(first, "faultstring");

		ret_reply->fault = fault_type(reader, first);
		ret_reply->fault_says = says == NULL ? "" : says->text;
		return 0;
	}
	ret_reply->returnval = lend_xml_any(first, "returnval");
	token = ret_reply->returnval == NULL
			? NULL
			: (lend_xml_any(ret_reply->returnval, "token") != NULL
				   ? lend_xml_any(ret_reply->returnval, "token")->text
				   : NULL);
	ret_reply->token = token != NULL && token[0] != '\0' ? token : NULL;
	return 0;
}

bool lend_vim_ref_of(const struct lend_xml_node *node, const char *child,
		     struct lend_vim_ref *ret)
{
	const struct lend_xml_node *ref = lend_xml_any(node, child);
	const char *type = lend_xml_attr(ref, "type");

	if (type == NULL || ref->text[0] == '\0')
		return false;
	ret->type = type;
	ret->id = ref->text;
	return true;
}

bool lend_vim_object(const struct lend_xml_node *object, struct lend_vim_ref *ret)
{
	return lend_vim_ref_of(object, "obj", ret);
}

const struct lend_xml_node *lend_vim_prop(const struct lend_xml_node *object, const char *path)
{
	const struct lend_xml_node *set = lend_xml_any(object, "propSet");

	for (; set != NULL; set = lend_xml_any_again(set)) {
		const struct lend_xml_node *name = lend_xml_any(set, "name");

		if (name != NULL && strcmp(name->text, path) == 0)
			return lend_xml_any(set, "val");
	}
	return NULL;
}
