/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a QEMU would give its guest, computed before it runs or where it cannot
 * be asked: slots, addresses, sizes, NFIT ids, and what happens to the guest.
 *
 * Says what happens, not whether that is good or bad.  Only what is known of
 * QEMU and Linux is said: what cannot be told stays unset, and cannot_tell
 * says why.  x86 machines (pc, q35).
 */

#ifndef LEND_MODEL_PREDICT_H
#define LEND_MODEL_PREDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "format/nd-id.h"
#include "format/opt.h"
#include "format/qemu-args.h"

struct lend_build;
struct lend_vm;

enum lend_predict_board {
	LEND_BOARD_UNKNOWN,
	LEND_BOARD_PC, /* i440fx */
	LEND_BOARD_Q35,
};

struct lend_predict_machine {
	enum lend_predict_board board;
	bool nvdimm;
	bool nvdimm_is_bare;           /* "nvdimm" without "=on" */
	struct lend_opt_u64 ram_bytes; /* unset: cannot be told */
	struct lend_opt_u64 slots;
	struct lend_opt_u64 maxmem_bytes;
};

enum lend_predict_driver {
	LEND_PREDICT_NVDIMM,
	LEND_PREDICT_PC_DIMM,     /* takes a slot and room */
	LEND_PREDICT_VIRTIO_PMEM, /* takes room */
	LEND_PREDICT_OTHER,       /* takes room we cannot tell */
};

enum lend_predict_labels {
	LEND_LABELS_UNKNOWN,
	LEND_LABELS_BLANK, /* zeros, as in a new file */
	LEND_LABELS_VALID,
};

/* A device in the order in which QEMU makes them; the answers are behind the question. */
struct lend_predict_device {
	const char *id;     /* of the device; NULL: it has none */
	const char *memdev; /* id of its backend */
	enum lend_predict_driver driver;
	bool later;       /* plugged into the running guest */
	bool has_backend; /* false: no backend of that id */
	bool is_memory;   /* the backend is no file */
	bool is_devdax;   /* /dev/dax*: every write is persistent */
	struct lend_opt_u64 want_slot;
	struct lend_opt_u64 want_address;
	struct lend_opt_u64 backend_bytes;
	struct lend_opt_u64 label_bytes; /* unset: none; 0 is not the same */
	struct lend_opt_u64 align_bytes; /* of the memory region; unset: cannot be told */
	bool share, pmem, readonly, unarmed, discard_data;
	enum lend_predict_labels labels;
	struct lend_opt_u64 label_slot; /* in which the labels were written */

	bool refused; /* QEMU does not make it */
	struct lend_opt_u64 slot;
	struct lend_opt_u64 address;
	struct lend_opt_u64 guest_bytes;
	struct lend_opt_u64 handle; /* NFIT, as nfit_id: nvdimm alone */
	char nfit_id[LEND_ND_ID_TEXT];
};

/* In the order in which they are told; those before LEND_EFFECT_BLANK_LABELS are refusals. */
enum lend_effect_kind {
	LEND_EFFECT_BARE_NVDIMM,
	LEND_EFFECT_NO_MAXMEM,
	LEND_EFFECT_MAXMEM_TOO_SMALL, /* not above the RAM */
	LEND_EFFECT_SLOTS_TOO_MANY,
	LEND_EFFECT_NVDIMM_OFF,
	LEND_EFFECT_NO_BACKEND,
	LEND_EFFECT_BACKEND_BUSY,
	LEND_EFFECT_NO_SIZE,
	LEND_EFFECT_BAD_ALIGN,
	LEND_EFFECT_LABEL_TOO_SMALL,
	LEND_EFFECT_LABEL_TOO_LARGE,
	LEND_EFFECT_NOT_UNARMED,
	LEND_EFFECT_NO_SLOTS,
	LEND_EFFECT_SLOT_RANGE,
	LEND_EFFECT_SLOT_BUSY,
	LEND_EFFECT_SLOTS_FULL,
	LEND_EFFECT_NO_SPACE,
	LEND_EFFECT_BAD_ADDRESS,
	LEND_EFFECT_BLANK_LABELS,
	LEND_EFFECT_NO_SPACE_LEFT, /* says ndctl; with bad sizes it says something else */
	LEND_EFFECT_NO_LABELS,
	LEND_EFFECT_LABELS_OF_OTHER_SLOT,
	LEND_EFFECT_BASE_UNMAPPED,
	LEND_EFFECT_BASE_MISALIGNED,
	LEND_EFFECT_SIZE_MISALIGNED,
	LEND_EFFECT_END_MISALIGNED,
	LEND_EFFECT_PRIVATE,
	LEND_EFFECT_VOLATILE,
	LEND_EFFECT_DISCARDED,
	LEND_EFFECT_PMEM_PRIVATE,
	LEND_EFFECT_PMEM_ASKS,
	LEND_EFFECT_NOT_SYNCED,
	LEND_EFFECT_PLUGGED,
	LEND_EFFECTS
};

enum { LEND_PREDICT_NO_DEVICE = UINT32_MAX };

struct lend_effect {
	enum lend_effect_kind kind;
	uint32_t device; /* index, or LEND_PREDICT_NO_DEVICE */
	uint64_t number; /* slot, address or bytes that it is about; 0 when none */
};

struct lend_predict {
	struct lend_predict_machine machine;
	struct lend_predict_device *devices;
	size_t n_devices, cap_devices;

	bool refused;            /* QEMU does not start; what comes behind is not computed */
	const char *cannot_tell; /* why some of it is unset; NULL when all was told */
	struct lend_effect *effects; /* by kind, then by device */
	size_t n_effects, cap_effects;
};

/* Answers for what is in machine and devices.  Memory comes from the arena. */
void lend_predict_layout(struct lend_arena *arena, struct lend_predict *p);

/* ---- for predict*.c alone: what happens to a device that is there ---- */
void lend_predict_effects(struct lend_arena *arena, struct lend_predict *p, size_t device);

/* ---- from a command line ---- */

struct lend_predict_options {
	size_t n_started; /* devices beyond so many are plugged in later; SIZE_MAX: none is */
	bool new_files;   /* the backing files are new, their label areas blank */
};

/* The same for a command line; texts live as long as args. */
void lend_predict_args(struct lend_arena *arena, const struct lend_qemu_args *args,
		       const struct lend_predict_options *options, struct lend_predict *ret);

/* By the name of a machine type; NULL: QEMU's own choice. */
enum lend_predict_board lend_predict_board_of(const char *machine);

bool lend_predict_has(const struct lend_predict *p, enum lend_effect_kind kind, size_t device);

/* "nv1, nv2: what happens", one line for each kind of effect; then what cannot be told. */
void lend_predict_lines(const struct lend_predict *p, struct lend_buf *out);

/*
 * Facts with trust LEND_PREDICTED for the devices that the command line names:
 * slot, address, size.  Before the seal; what somebody saw stays as it is.
 * Device nodes have the names that collectors give ("VM:ID", "VM:@MEMDEV");
 * those that are not there are not made.
 */
void lend_predict_vm(struct lend_build *build, const struct lend_vm *vm,
		     const struct lend_qemu_args *args);

#endif
