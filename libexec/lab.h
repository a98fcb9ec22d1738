/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Real guests for "lend demo" and the lab tests.
 *
 * A lab owns a temporary folder, in which every socket, log and backing file
 * of its VMs lies, and the VMs themselves.  However the program ends, nothing
 * is left: a QEMU dies with the program that started it (parent-death signal),
 * and a small child of the lab removes the folder once the lab is gone.
 *
 * SIGINT, SIGTERM and SIGHUP end every wait: it returns -1, lab->caught tells
 * which signal it was.  Deadlines are absolute, in milliseconds of lend_now_ms().
 *
 *	struct lab lab;
 *	struct lab_dimm dimms[] = { { .id = "log", .pmem_bytes = LAB_UNIT, .slot = 3 } };
 *	struct lab_vm vm = { .name = "one", .dimms = dimms, .n_dimms = 1 };
 *
 *	lab_open(&lab, &options, err), lab_image(&lab, err);
 *	lab_vm_start(&lab, &vm, err), lab_vm_wait_agent(&lab, &vm, lab_in(20000), err);
 *	lab_vm_run(&lab, &vm, argv, lab_in(5000), &out, &status, err);
 *	lab_vm_stop(&vm), lab_close(&lab);
 */

#ifndef LEND_LIBEXEC_LAB_H
#define LEND_LIBEXEC_LAB_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/buf.h"
#include "base/json.h"
#include "io/io.h"
#include "lend/lend.h"

enum {
	LAB_PATH_MAX = 512,
	LAB_SOCKET_MAX = 108,  /* sun_path */
	LAB_SOURCE_MAX = 1024, /* as in qmp:PATH, VM=qga:PATH */
	LAB_MONITORS_MAX = 2,
};

#define LAB_MIB  ((uint64_t)1024 * 1024)
#define LAB_UNIT (128 * LAB_MIB) /* what every NVDIMM should be a multiple of */

/* ---- the session: lab.c ---- */

struct lab_options {
	const char *accel; /* NULL: KVM where a trial guest comes up with it, else TCG */
	void (*say)(void *arg, const char *line); /* progress; may be NULL */
	void *say_arg;
};

struct lab {
	struct lab_options options;
	char dir[LAB_PATH_MAX];             /* temporary */
	char programs[LAB_PATH_MAX];        /* the folder of the running program */
	char cache[LAB_PATH_MAX];           /* kept from call to call */
	char image[LAB_PATH_MAX + 32];      /* the folder with vmlinuz and initramfs */
	char host_image[LAB_PATH_MAX + 32]; /* as image, for lab_vm.is_host */
	char accel[16];
	int caught; /* a signal that ended a wait, or 0 */
	int signal_fd;
	int cleaner_fd;
	pid_t cleaner;
};

int lab_open(struct lab *lab, const struct lab_options *options,
	     struct lend_err *err) LEND_MUST_CHECK;
void lab_close(struct lab *lab);

void lab_say(const struct lab *lab, const char *fmt, ...) LEND_PRINTF(2, 3);

int64_t lab_in(int64_t ms);

/*
 * poll() with the signals of the lab: 1 when one of the n (at most 4) is
 * ready, 0 at the deadline, -1 when a signal came (*err says so).
 */
int lab_poll(struct lab *lab, struct pollfd *fds, size_t n, int64_t deadline,
	     struct lend_err *err) LEND_MUST_CHECK;

/* A file of the lab's folder; -1 when the path would be too long for a socket. */
int lab_path(const struct lab *lab, char *ret_path, size_t size, const char *name,
	     struct lend_err *err) LEND_MUST_CHECK;

/* ---- child processes: lab-child.c ---- */

struct lab_child {
	pid_t pid;
	int pidfd; /* meant when pid is not 0 */
	bool group;
};

struct lab_spawn {
	const char *const *argv; /* NULL at the end; found in PATH when without a slash */
	int out_fd;              /* 0: /dev/null */
	int err_fd;              /* 0: ours */
	int death_signal;        /* what the child gets when we die; 0: SIGKILL */
	bool group;              /* a process group of its own; stop ends all of it */
};

/* As execvp() would find it. */
bool lab_has_program(const char *name);

/* LEND_E_USAGE when there is no such program. */
int lab_child_start(const struct lab_spawn *spawn, struct lab_child *ret_child,
		    struct lend_err *err) LEND_MUST_CHECK;

/* 0 and the status of waitpid(); 1 when it still runs at the deadline; -1 when a signal came.
 */
int lab_child_wait(struct lab *lab, struct lab_child *child, int64_t deadline, int *ret_status,
		   struct lend_err *err) LEND_MUST_CHECK;

/* SIGTERM, a grace, SIGKILL; gone when it returns.  Fine for a child that is gone already. */
void lab_child_stop(struct lab_child *child, int grace_ms);

/*
 * How long it has waited for a processor, at most, while it could have run: on
 * a busy machine this is not its own time.  0 when the kernel does not say.
 */
int64_t lab_child_starved_ms(const struct lab_child *child);

/* Runs to its end; what it prints goes to *out (at most 16 MiB), or to our own when out is
 * NULL.
 */
int lab_run(struct lab *lab, const char *const *argv, int64_t deadline, struct lend_buf *out,
	    int *ret_status, struct lend_err *err) LEND_MUST_CHECK;

/* The lend program: $LEND, else the one of the build folder, else the installed one. */
void lab_find_lend(const struct lab *lab, char *ret_path, size_t size);

/* ---- the image and the accelerator: lab-image.c ---- */

/* Finds or makes the image (lend-guest-image), then settles lab->accel. */
int lab_image(struct lab *lab, struct lend_err *err) LEND_MUST_CHECK;
/* The larger one, for guests that play a host; after lab_image. */
int lab_host_image(struct lab *lab, struct lend_err *err) LEND_MUST_CHECK;

/* ---- files in the guest: lab-initrd.c ---- */

struct lab_file {
	const char *from; /* a regular file here; NULL at the end of a list */
	const char *to;   /* "usr/bin/lend": in a folder that the image has; may be executed */
};

/* Writes path: the initramfs of an image, and these files. */
int lab_initrd_make(const char *image, const struct lab_file *files, const char *path,
		    struct lend_err *err) LEND_MUST_CHECK;

/* ---- backing files: lab-dimm.c ---- */

enum lab_dimm_kind { LAB_NVDIMM, LAB_VIRTIO_PMEM };

struct lab_dimm {
	const char *id; /* the device; the backend is mem-ID, the file ID.img */
	enum lab_dimm_kind kind;
	unsigned int slot;        /* always given; virtio-pmem has none */
	uint64_t pmem_bytes;      /* what the guest gets */
	uint64_t label_bytes;     /* behind it; 0: none */
	unsigned int label_minor; /* 1 or 2: index blocks of that version; 0: left blank */
	bool is_private;          /* share=off: what the guest writes is lost */
	bool is_memory;           /* no file: gone with its VM */
	bool is_unarmed;          /* the guest is told that it does not persist */
	bool is_readonly;         /* QEMU has it open for reading alone */
	bool later;               /* not on the command line: lab_vm_plug */
	char path[LAB_PATH_MAX];  /* "": made by lab_dimm_make; else used as it is */
};

/* Every block reserved: a sparse file kills its VM when the file system fills up. */
int lab_dimm_make(struct lab *lab, struct lab_dimm *dimm, struct lend_err *err) LEND_MUST_CHECK;

static inline uint64_t lab_dimm_bytes(const struct lab_dimm *dimm)
{
	return dimm->pmem_bytes + dimm->label_bytes;
}

/* ---- VMs: lab-vm.c ---- */

struct lab_vm {
	/* The wish.  Zero is a good value for everything but the name. */
	const char *name;
	const char *machine;    /* q35 */
	uint64_t ram_bytes;     /* 256 MiB */
	unsigned int cpus;      /* 1 */
	unsigned int slots;     /* 8 */
	struct lab_dimm *dimms; /* those without a path get a file */
	size_t n_dimms;
	bool waiting;         /* the monitor is server without wait=off */
	bool no_agent;        /* neither the channel nor the agent */
	bool no_agent_inside; /* the channel, but nobody at its other end */
	bool no_ndctl;
	unsigned int monitors;   /* 1; at most LAB_MONITORS_MAX */
	const char *run;         /* a script file that the guest runs before its agent starts */
	const char *const *more; /* further arguments, NULL at the end; may be NULL */
	bool is_host;            /* boots the image of lab_host_image */
	const char *kernel_args; /* further words for the kernel; may be NULL */
	const struct lab_file *files; /* put into the guest; may be NULL */

	/* What start made of it. */
	struct lend_arena arena;
	const char *const *argv;
	struct lab_child child;
	char qmp[LAB_MONITORS_MAX][LAB_SOCKET_MAX];
	char qga[LAB_SOCKET_MAX];
	char serial[LAB_SOCKET_MAX];
	char errors[LAB_SOCKET_MAX];
	char initrd[LAB_SOCKET_MAX]; /* when there are files */
};

/* Missing backing files are made, QEMU is started; returns before the guest is up. */
int lab_vm_start(struct lab *lab, struct lab_vm *vm, struct lend_err *err) LEND_MUST_CHECK;

/* $LEND_QEMU, else qemu-system-x86_64. */
const char *lab_qemu(void);

/* The command line as one would type it. */
void lab_vm_command(const struct lab_vm *vm, struct lend_buf *out);

/* Until "lend-guest: up" was on the serial console; for guests without an agent. */
int lab_vm_wait_up(struct lab *lab, struct lab_vm *vm, int64_t deadline,
		   struct lend_err *err) LEND_MUST_CHECK;
int lab_vm_wait_agent(struct lab *lab, struct lab_vm *vm, int64_t deadline,
		      struct lend_err *err) LEND_MUST_CHECK;

/* Adds the backend and the device of a DIMM that is "later". */
int lab_vm_plug(struct lab *lab, struct lab_vm *vm, struct lab_dimm *dimm,
		struct lend_err *err) LEND_MUST_CHECK;

/* One request on a connection of its own to monitor 0; *ret_doc is the whole reply. */
int lab_vm_qmp(struct lab *lab, struct lab_vm *vm, const char *request,
	       struct lend_json **ret_doc, struct lend_err *err) LEND_MUST_CHECK;

/* Powers the guest off hard; sockets and logs stay until lab_close.  Fine when not started. */
void lab_vm_stop(struct lab_vm *vm);

/*
 * Runs a program in the guest by its agent and waits for it; output is what
 * it wrote to stdout, errors (may be NULL) what it wrote to stderr.
 * 0 whatever the exit status; 1 when it still runs at the deadline.
 */
int lab_vm_run(struct lab *lab, struct lab_vm *vm, const char *const *argv, int64_t deadline,
	       struct lend_buf *output, struct lend_buf *errors, int *ret_status,
	       struct lend_err *err) LEND_MUST_CHECK;

/* ---- conversations in JSON: lab-talk.c ---- */

/*
 * Deadlines are meant for a peer that runs: each is as much later as the peer
 * has waited for a processor since the conversation began.
 */
struct lab_talk {
	int fd;
	struct lend_buf in;
	const struct lab_child *peer; /* its death ends the wait; may be NULL */
	int64_t starved_ms;           /* of the peer, when it began */
	int64_t more_ms;              /* added to every deadline */
	bool has_begun;
};

#define lab_auto_talk LEND_CLEANUP(lab_talk_close) struct lab_talk

/* Only connects, trying again while there is no listener yet. */
int lab_talk_connect(struct lab *lab, struct lab_talk *talk, const char *path, int64_t deadline,
		     struct lend_err *err) LEND_MUST_CHECK;
/* Connects; greeting and qmp_capabilities. */
int lab_talk_qmp(struct lab *lab, struct lab_talk *talk, const char *path, int64_t deadline,
		 struct lend_err *err) LEND_MUST_CHECK;
/* Connects; guest-sync-delimited.  Before the guest is up this simply takes longer. */
int lab_talk_agent(struct lab *lab, struct lab_talk *talk, const char *path, int64_t deadline,
		   struct lend_err *err) LEND_MUST_CHECK;
void lab_talk_close(struct lab_talk *talk);
/* The deadline is over, whatever the peer had of the processor. */
bool lab_talk_is_late(struct lab_talk *talk, int64_t deadline);

/* Sends request (one JSON object) and reads the reply; events are passed over.  A reply that is
 * an error is -1, with its text. */
int lab_talk_ask(struct lab *lab, struct lab_talk *talk, const char *request, int64_t deadline,
		 struct lend_json **ret_doc, struct lend_err *err) LEND_MUST_CHECK;

#endif
