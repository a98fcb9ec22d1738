/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a VM lets others than this host do with it. */

#include "model/kind-vm.h"
#include "rules/rules.h"

static bool is_qemu(const struct lend_view *view, const struct lend_node *node)
{
	(void)view;
	return lend_is_text(&lend_as_vm(node)->hypervisor, "qemu");
}

/* The same words for all, so that people read them once. */
static void tell(struct lend_findings *out, const struct lend_node *node,
		 const struct lend_fact *open, const char *what)
{
	if (open->known == LEND_KNOWN)
		lend_violated(out, node, "%s: %s", what, open->v.str);
	else if (open->known != LEND_ABSENT)
		lend_untold(out, node, "where it listens is not known");
}

static void vnc_locked(const struct lend_view *view, const struct lend_node *node,
		       struct lend_findings *out)
{
	(void)view;
	tell(out, node, &lend_as_vm(node)->open_vnc, "its screen is open to the network");
}

static void monitor_local(const struct lend_view *view, const struct lend_node *node,
			  struct lend_findings *out)
{
	(void)view;
	tell(out, node, &lend_as_vm(node)->open_monitors, "its control is open to the network");
}

static void ports_local(const struct lend_view *view, const struct lend_node *node,
			struct lend_findings *out)
{
	(void)view;
	tell(out, node, &lend_as_vm(node)->open_ports, "it listens on all addresses");
}

static const struct lend_rule rules[] = {
	{
		.id = "vnc-has-password",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_VM,
		.must = "VNC that others than this host can reach asks for a password, or a certificate",
		.why = "who reaches the port has the guest's screen, keyboard and mouse; many "
		       "guests are logged in there, or can be reset into a root shell",
		.hint = "-vnc 127.0.0.1:N, and ssh -L to it; or password-secret= of an -object "
			"secret; TLS alone locks nobody out, without verify-peer=on",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-host",
		.applies = is_qemu,
		.check = vnc_locked,
	},
	{
		.id = "monitor-not-open",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_VM,
		.must = "Monitors and gdb are not reached from the network, but with a certificate",
		.why = "neither asks who is there: a monitor reads and writes files and starts "
		       "programs as QEMU's user, gdb reads and writes all of the guest's "
		       "memory, pmem with it",
		.hint = "a Unix socket: -qmp unix:PATH,server=on,wait=off; -gdb "
			"tcp:127.0.0.1:PORT; TLS keeps people out only with verify-peer=on (the "
			"default of tls-creds-x509) or tls-creds-psk",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-host",
		.applies = is_qemu,
		.check = monitor_local,
	},
	{
		.id = "ports-not-open",
		.level = LEND_LEVEL_WARN,
		.on = LEND_KIND_VM,
		.must = "Forwards, serial ports and SPICE say on which address they listen",
		.why = "without an address that is every one of this host: who reaches the host "
		       "reaches the guest, past the host's own services and their rules",
		.hint = "an address: hostfwd=tcp:127.0.0.1:2222-:22",
		.proof = LEND_PROOF_LAB,
		.evidence = "rules-host",
		.applies = is_qemu,
		.check = ports_local,
	},
};

extern const struct lend_rules lend_rules_exposure;
const struct lend_rules lend_rules_exposure = {
	.subject = "exposure",
	.title = "Open to others",
	.rules = rules,
	.n = LEND_COUNT(rules),
};
