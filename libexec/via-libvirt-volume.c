/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a libvirt knows of a file or device of its host: it has it as a volume
 * of an active storage pool, or cannot tell.  One object, for
 *
 *	lend-via-libvirt volume URI PATH END BYTES
 *
 * with the BYTES in front of END in it, where label areas are.  Reading them
 * changes nothing, but libvirt hands them to connections alone that may write.
 * PATH is escaped as in a URI, so that it is one word.
 */

#include <inttypes.h>

#include "base/base64.h"
#include "base/num.h"
#include "via-libvirt.h"

enum { AREA_MAX = 4 << 20, PIECE = 64 << 10, XML_MAX = 1 << 20 };

static inline void drop_volume(virStorageVolPtr *volume)
{
	if (*volume != NULL)
		(void)virStorageVolFree(*volume);
}

static inline void drop_stream(virStreamPtr *stream)
{
	if (*stream != NULL)
		(void)virStreamFree(*stream);
}

#define auto_volume LEND_CLEANUP(drop_volume) virStorageVolPtr
#define auto_stream LEND_CLEANUP(drop_stream) virStreamPtr

static const char *why(void)
{
	const char *text = virGetLastErrorMessage();

	return text != NULL ? text : "libvirt did not say why";
}

/* false: libvirt has said why. */
static bool read_range(virConnectPtr connection, virStorageVolPtr volume, uint64_t at,
		       uint64_t bytes, struct lend_buf *ret)
{
	auto_stream stream = virStreamNew(connection, 0);

	if (stream == NULL || virStorageVolDownload(volume, stream, at, bytes, 0) < 0)
		return false;
	while (ret->len < bytes) {
		char *room = lend_buf_room(ret, PIECE);
		int n = virStreamRecv(stream, room, PIECE);

		if (n < 0) {
			(void)virStreamAbort(stream);
			return false;
		}
		if (n == 0)
			break;
		ret->len += (size_t)n;
	}
	return virStreamFinish(stream) == 0;
}

static void put_area(struct lend_jsonw *w, virConnectPtr connection, virStorageVolPtr volume,
		     uint64_t end, uint64_t bytes)
{
	lend_auto_buf area = { 0 };
	lend_auto_buf text = { 0 };

	if (!read_range(connection, volume, end - bytes, bytes, &area)) {
		lend_jsonw_str(w, "area_failed", why());
		return;
	}
	lend_base64_encode(area.text, area.len, &text);
	lend_jsonw_str(w, "area", lend_buf_text(&text));
}

static void put_volume(struct lend_jsonw *w, virConnectPtr connection, virStorageVolPtr volume,
		       uint64_t end, uint64_t bytes)
{
	char *xml = virStorageVolGetXMLDesc(volume, 0);
	virStorageVolInfo info;

	if (virStorageVolGetInfo(volume, &info) < 0) {
		lend_jsonw_str(w, "failed", why());
	} else {
		lend_jsonw_str(w, "type",
			       info.type == VIR_STORAGE_VOL_FILE    ? "file"
			       : info.type == VIR_STORAGE_VOL_BLOCK ? "block device"
								    : "volume of another kind");
		lend_jsonw_u64(w, "capacity", info.capacity);
		lend_jsonw_u64(w, "allocation", info.allocation);
		if (xml != NULL && strlen(xml) < XML_MAX)
			lend_jsonw_str(w, "xml", xml);
		if (bytes > 0 && bytes <= AREA_MAX && bytes <= end && end <= info.capacity)
			put_area(w, connection, volume, end, bytes);
	}
	free(xml);
}

/* "%2e" and its like. */
static bool unescape(const char *text, struct lend_buf *out)
{
	for (; *text != '\0'; text++) {
		uint64_t c;

		if (*text != '%') {
			lend_buf_putc(out, *text);
			continue;
		}
		if (text[1] == '\0' || !lend_parse_u64n(text + 1, 2, 16, &c) || c == 0)
			return false;
		lend_buf_putc(out, (char)c);
		text += 2;
	}
	return true;
}

static void look(struct lend_jsonw *w, const char *uri, const char *path, uint64_t end,
		 uint64_t bytes)
{
	auto_connection connection = virConnectOpen(uri);
	auto_volume volume = NULL;

	if (connection == NULL)
		connection = virConnectOpenReadOnly(uri);
	if (connection == NULL) {
		lend_jsonw_str(w, "failed", why());
		return;
	}
	volume = virStorageVolLookupByPath(connection, path);
	if (volume != NULL)
		put_volume(w, connection, volume, end, bytes);
	else if (virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL)
		lend_jsonw_bool(w, "unknown", true);
	else
		lend_jsonw_str(w, "failed", why());
}

int via_volume(const char *uri, const char *word, const char *end, const char *bytes)
{
	lend_auto_buf path = { 0 };
	lend_auto_buf line = { 0 };
	struct lend_jsonw w = { .out = &line };
	uint64_t at, n;

	if (!unescape(word, &path) || !lend_parse_u64(end, 10, &at) ||
	    !lend_parse_u64(bytes, 10, &n))
		return 2;
	lend_jsonw_open(&w, NULL, '{');
	look(&w, uri, lend_buf_text(&path), at, n);
	lend_jsonw_close(&w, '}');
	lend_buf_putc(&line, '\n');
	if (fwrite(line.text, 1, line.len, stdout) != line.len || fflush(stdout) != 0)
		return 1;
	return 0;
}
