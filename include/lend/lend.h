/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * liblend: which host thing is which guest thing.
 *
 * Ownership in one sentence: what a function hands out through a
 * "struct lend_x **ret_x" is yours and goes back with lend_x_free; every
 * "const" pointer belongs to the object it was asked from and dies with it.
 *
 * Functions that return int give 0 when done and -1 when not, with the reason
 * in *err; other positive values are named at the function.  The library
 * never prints and changes nothing on the host; only out of memory it ends
 * the program, with one line.
 *
 * NULL: err may be NULL, and so may every ret_ behind which "or NULL" stands;
 * nothing else, unless the function says so.  What is asked of a name or a
 * number that is not there is answered (NULL, false, LEND_NOT_ASKED), not an
 * error.  Text is UTF-8, as it was found: whoever prints it escapes it.
 */

#ifndef LEND_LEND_H
#define LEND_LEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEND_API       __attribute__((visibility("default")))
#define LEND_API_CHECK LEND_API __attribute__((warn_unused_result))

/* ---- errors ---- */

enum lend_errc {
	LEND_OK = 0,
	LEND_E_USAGE,   /* the request makes no sense */
	LEND_E_SYSTEM,  /* the kernel said no; os_errno says why */
	LEND_E_FORMAT,  /* the bytes do not parse */
	LEND_E_REMOTE,  /* a peer answered no, or did not answer */
	LEND_E_STALE,   /* the host is no longer what the plan was made for */
	LEND_E_REFUSED, /* a rule or a guard forbids it */
	LEND_E_HALF,    /* stopped half way; the journal knows where */
};

struct lend_err {
	enum lend_errc code;
	int os_errno;    /* 0 when no system call was involved */
	char what[200];  /* what happened, with the name of the thing */
	char where[200]; /* outermost first, "applying step 3: binding ..." */
	char hint[200];  /* one thing to try; may be empty */
};

/* ---- facts ---- */

enum lend_known {
	LEND_NOT_ASKED,  /* nobody looked */
	LEND_KNOWN,      /* seen, and this is the value */
	LEND_ABSENT,     /* looked, and there is no such thing */
	LEND_UNREADABLE, /* looked, and could not see; there is a reason */
	LEND_DISPUTED,   /* two sightings of the same trust disagree */
};

/* How far a fact can be trusted; the smaller the better. */
enum lend_trust {
	LEND_SEEN,      /* read by lend, or replayed from what lend read */
	LEND_RECORDED,  /* from a file that somebody else made */
	LEND_CLAIMED,   /* said by a guest */
	LEND_PREDICTED, /* computed, not seen */
};

/*
 * ---- inventory: one host with its VMs and their guests ----
 *
 * Several hosts are a chain: every function looks at the one it is given, but
 * saving and freeing go to the end.
 */

struct lend_inventory;
struct lend_node;

/* A guest to be looked at: the VM's name and where to look. */
struct lend_guest_source {
	const char *vm; /* the name that lend show prints for the VM */
	const char *
		source; /* a file with ndctl's JSON, a saved inventory, qga:PATH, libvirt:URI */
};

/* A file, folder or device of the host of which more is wanted, whether it is there or not. */
struct lend_wanted {
	const char *path;     /* absolute */
	uint64_t size_bytes;  /* of the NVDIMM backend that it shall be; 0: it shall be none */
	uint64_t label_bytes; /* the label area at the end of that; 0: none */
};

/* Only ever grows, at its end; make it by LEND_SCAN_OPTIONS, or zero it and set size. */
struct lend_scan_options {
	size_t size;                /* sizeof(struct lend_scan_options) */
	const char *const *sources; /* SOURCE arguments as in lend(1); none means this host */
	size_t n_sources;
	const struct lend_guest_source *guests;
	size_t n_guests;
	const char *record_to;   /* NULL, or a directory that is made and becomes a capture */
	unsigned int timeout_ms; /* for each conversation; 0 means the defaults */
	bool no_guests;          /* do not ask guest agents */
	/*
	 * Kinds of things that are wanted (lend_kind); none means all.  Others may be
	 * there, too: what is cheap to see, and what is needed to see these.
	 */
	const char *const *kinds;
	size_t n_kinds;
	/*
	 * PCI addresses ("0000:62:00.5", "62:00.5") of which more is wanted than
	 * what can be read of thousands: it takes longer, and may wake a device.
	 * One that is not there is an error.
	 */
	const char *const *devices;
	size_t n_devices;
	/*
	 * What is recorded has other names, paths, UUIDs, serials and MAC addresses,
	 * the same one for the same, everywhere; they follow from nothing.
	 */
	bool anonymise;
	const struct lend_wanted *wanted;
	size_t n_wanted;
	/*
	 * A QEMU program (a name, or a path without spaces) that is started to be
	 * asked what it can do; NULL: none is.  What it said is kept in cache_dir
	 * (NULL: nowhere) for as long as the program stays the same.
	 */
	const char *qemu;
	const char *qemu_machine; /* machine type that it is asked about; NULL: q35 */
	bool qemu_try_kvm;        /* runs firmware with KVM for a moment */
	bool qemu_try_http;       /* asks whether it opens URLs */
	const char *cache_dir;
	/*
	 * NULL, or the VM that is to get one more memory device: only what a place
	 * for that depends on is asked of it, and of the others only whether they
	 * use what is wanted.
	 */
	const char *room_in;
	bool no_label_sizes; /* of devices, unless the command line says them */
	/* NULL, or the URI of a libvirt of this host that is asked besides all else. */
	const char *libvirt;
	/*
	 * Is called when a SOURCE (whose) needs a password: puts it into ret, of so
	 * many bytes with its NUL.  -1 and *err: there is none.  NULL: such a
	 * SOURCE is an error.
	 */
	int (*secret)(void *context, const char *whose, char *ret, size_t size,
		      struct lend_err *err);
	void *secret_context;
	bool no_monitors; /* QEMUs are what their command lines say */
};

/* LEND_SCAN_OPTIONS(.timeout_ms = 500) */
#define LEND_SCAN_OPTIONS(...)                                                                 \
	((struct lend_scan_options){ .size = sizeof(struct lend_scan_options), __VA_ARGS__ })

/*
 * Looks at the sources and makes an inventory, or a chain of them when they
 * are of several hosts, in the order of the sources.  What could not be seen
 * is a gap inside the inventory, not an error; an error is a source that is
 * not there or is not what it was called.
 */
LEND_API_CHECK int lend_scan(const struct lend_scan_options *options,
			     struct lend_inventory **ret_inventory, struct lend_err *err);

/* The JSON form (docs/inventory-json.md), a line for each host; *ret_text is yours, free() it.
 */
LEND_API_CHECK int lend_save(const struct lend_inventory *inventory, char **ret_text,
			     size_t *ret_len, struct lend_err *err);
LEND_API_CHECK int lend_load(const char *text, size_t len,
			     struct lend_inventory **ret_inventory, struct lend_err *err);
LEND_API void lend_inventory_free(struct lend_inventory *inventory); /* NULL is fine */
LEND_API const struct lend_inventory *lend_next_host(
	const struct lend_inventory *inventory); /* NULL is the end */

/*
 * Nodes in the order of listing: the host's own before those of guests, these
 * by guest; kinds in the order of lend_kind; names with their numbers by value.
 * NULL starts; NULL is the end.
 */
LEND_API const struct lend_node *lend_next(const struct lend_inventory *inventory,
					   const struct lend_node *after);
LEND_API const struct lend_node *lend_find(const struct lend_inventory *inventory,
					   const char *id);
LEND_API const char *lend_node_id(const struct lend_node *node);   /* "[guest/]kind/name" */
LEND_API const char *lend_node_kind(const struct lend_node *node); /* "vm", "nd-dimm", ... */
LEND_API const char *lend_node_name(const struct lend_node *node);

/*
 * The n-th node, from 0 and in the order of listing, that node uses (a device
 * its backend, a region its DIMMs), or that uses node; NULL at the end.
 */
LEND_API const struct lend_node *lend_used_by(const struct lend_inventory *inventory,
					      const struct lend_node *node, size_t n);
LEND_API const struct lend_node *lend_user_of(const struct lend_inventory *inventory,
					      const struct lend_node *node, size_t n);

/*
 * The n-th kind of node, and the n-th field of a kind, from 0, with one line
 * of help; false at the end.  ret_name, ret_help: or NULL.  Both are valid
 * for ever.
 */
LEND_API bool lend_kind(size_t n, const char **ret_name, const char **ret_help);
LEND_API bool lend_field(const char *kind, size_t n, const char **ret_name,
			 const char **ret_help);

/*
 * A field by the name it has in the JSON.  Anything but LEND_KNOWN leaves
 * *ret alone; a name that the kind does not have is LEND_NOT_ASKED.  Numbers
 * come back from number fields (sizes, "..._bytes", in bytes; true is 1), text
 * from every field (decimal, 0x form for addresses and other patterns,
 * "true"), always with a NUL at its end and cut where size, in bytes, is too
 * small for it; with size 0 nothing is written and ret may be NULL.
 */
LEND_API enum lend_known lend_get_u64(const struct lend_inventory *inventory,
				      const struct lend_node *node, const char *field,
				      uint64_t *ret);
LEND_API enum lend_known lend_get_text(const struct lend_inventory *inventory,
				       const struct lend_node *node, const char *field,
				       char *ret, size_t size);

/* The size that lend_get_text needs for all of the text and its NUL; 0 unless LEND_KNOWN. */
LEND_API size_t lend_text_size(const struct lend_inventory *inventory,
			       const struct lend_node *node, const char *field);

/* Why the field is LEND_UNREADABLE; NULL when it is not. */
LEND_API const char *lend_get_reason(const struct lend_inventory *inventory,
				     const struct lend_node *node, const char *field);

/*
 * Who said what a field has (when LEND_DISPUTED, its first value): how far it
 * can be trusted, the collector, its question, and the id of the node that
 * was asked, "" for the host itself.  false when it is LEND_NOT_ASKED.
 * Every ret_: or NULL.
 */
LEND_API bool lend_get_source(const struct lend_inventory *inventory,
			      const struct lend_node *node, const char *field,
			      enum lend_trust *ret_trust, const char **ret_by,
			      const char **ret_ask, const char **ret_of);

/*
 * What could not be seen, the n-th from 0: the line, what to try ("" when
 * nothing), the node id or name of what was looked at, and whether an answer
 * may be incomplete because of it.  false at the end.  Every ret_: or NULL.
 */
LEND_API bool lend_gap(const struct lend_inventory *inventory, size_t n, const char **ret_what,
		       const char **ret_hint, const char **ret_about, bool *ret_matters);

/* ---- map: host backing, VM device, guest device ---- */

enum lend_verdict {
	LEND_MATCHED,
	LEND_PREDICTED_PAIR, /* no guest evidence: computed from slot and labels */
	LEND_AMBIGUOUS,      /* several guest devices fit; the candidates are listed */
	LEND_UNMATCHED,
	LEND_CONTRADICTED, /* evidence against the pair; listed */
};

struct lend_map;
struct stat;

/* A view of one host's inventory, which has to outlive it. */
LEND_API_CHECK int lend_map_make(const struct lend_inventory *inventory,
				 struct lend_map **ret_map, struct lend_err *err);
LEND_API void lend_map_free(struct lend_map *map); /* NULL is fine */

/*
 * Rows from 0: one for each device of a VM, then one for each disk without a
 * device, then one for each guest device that nothing explains.  Of a row
 * that is not there the verdict is LEND_UNMATCHED and everything else NULL.
 */
LEND_API size_t lend_map_count(const struct lend_map *map);
LEND_API enum lend_verdict lend_map_verdict(const struct lend_map *map, size_t row);

/*
 * Keeps the rows of a backing, of a device in a guest, or of both; NULL does
 * not ask.  A row that has it as a candidate stays, too.  backing is a path
 * as the map shows it; with *stat, what stat(2) says of that path on the
 * map's host (or NULL), the same file under another path is found as well.
 * guest_device is pmem0, dax0.0, nmem0, region0 or namespace0.0, with or
 * without /dev/.
 */
LEND_API void lend_map_filter(struct lend_map *map, const char *backing,
			      const struct stat *stat, const char *guest_device);

/* What the rows say together; of several hosts the largest counts. */
enum lend_map_outcome {
	LEND_MAP_NOTHING, /* there is no row */
	LEND_MAP_CLEAR,
	LEND_MAP_BLIND,   /* a row lacks its guest's word, or there is no row, and
			     something that matters could not be seen */
	LEND_MAP_UNCLEAR, /* a row is ambiguous or contradicted */
};
LEND_API enum lend_map_outcome lend_map_outcome(const struct lend_map *map);

/* The name of the n-th column, from 0; NULL at the end.  Valid for ever. */
LEND_API const char *lend_map_column(size_t n);

/*
 * A column of a row as text, in the units of lend_get_text; several
 * namespaces are joined by ",", lines of evidence by "; ".  NULL when the
 * source has no such thing, or there is no such column.
 */
LEND_API const char *lend_map_text(const struct lend_map *map, size_t row, const char *column);

/* The n-th line of evidence, and the n-th candidate, from 0; NULL at the end. */
LEND_API const char *lend_map_evidence(const struct lend_map *map, size_t row, size_t n);
LEND_API const char *lend_map_candidate(const struct lend_map *map, size_t row, size_t n);

/* The JSON form (docs/map-json.md), one document; *ret_text is yours, free() it. */
LEND_API_CHECK int lend_map_save(const struct lend_map *map, char **ret_text, size_t *ret_len,
				 struct lend_err *err);

/* "0.1.0" */
LEND_API const char *lend_version(void);

#ifdef __cplusplus
}
#endif

#endif
