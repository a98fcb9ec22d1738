/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network of the shape "machine": a card below a bridge, then a leg of a
 * bond.  Taking it away is a success for the kernel in both cases; lend impact
 * says before what will be, and a ping says afterwards what is.
 */

#include "base/json.h"
#include "machine.h"

#define CARD "0000:81:00.0"
/* As sshd says it; what asks is below sudo, as people do it. */
#define SESSION "SSH_CONNECTION='192.0.2.77 51234 192.0.2.10 22'"

const char *machine_hit_of(const struct lend_json *said, const char *id, const char *key)
{
	const struct lend_json *impact = lend_json_at(lend_json_get(said, "impacts"), 0);
	const struct lend_json *hits = lend_json_get(impact, "hits");

	for (size_t i = 0; i < lend_json_count(hits); i++) {
		const struct lend_json *hit = lend_json_at(hits, i);
		const char *name = lend_json_str(lend_json_get(hit, "id"));
		const char *value = lend_json_str(lend_json_get(hit, key));

		if (name != NULL && value != NULL && strcmp(name, id) == 0)
			return value;
	}
	return "";
}

const char *machine_now_of(const struct lend_json *said, const char *id)
{
	return machine_hit_of(said, id, "now");
}

static const struct {
	const char *id, *lost, *hurt;
} things[] = {
	{ "session/192.0.2.77:51234", "locked-out", "degraded" },
	{ "address/192.0.2.10/24 dev ", "lost", "degraded" },
	{ "route/default via 192.0.2.1 dev ", "lost", "degraded" },
};

static int check_before(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
			const char *script, const char *net, bool lost, struct lend_err *err)
{
	lend_auto_json struct lend_json *said = NULL;
	lend_auto_buf out = { 0 };

	if (lab_sh(lab, vm, script, &out, err) < 0 ||
	    lend_json_parse(lend_buf_text(&out), out.len, &said, err) < 0)
		return -1;
	for (size_t i = 0; i < LEND_COUNT(things); i++) {
		const char *want = lost ? things[i].lost : things[i].hurt;
		char id[80];

		(void)snprintf(id, sizeof(id), "%s%s", things[i].id, i > 0 ? net : "");
		if (!lab_ok(tap, strcmp(machine_now_of(said, id), want) == 0,
			    "lend impact says before: %s is %s", id, want))
			lab_note("%s", lend_buf_text(&out));
	}
	return 0;
}

static int check_ping(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm, const char *want,
		      const char *about, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (lab_sh(lab, vm, "machine-net ping", &out, err) < 0)
		return -1;
	if (!lab_ok(tap, strcmp(lend_buf_text(&out), want) == 0, "%s", about))
		lab_note("%s", lend_buf_text(&out));
	return 0;
}

static int take_away(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		     struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	if (lab_sh(lab, vm, "machine-net gone", &out, err) < 0)
		return -1;
	(void)lab_ok(tap, strcmp(lend_buf_text(&out), "unbound\n") == 0,
		     "the kernel lets go of the card, and reports success");
	return 0;
}

/* It has a driver, and nothing is to be seen of its interface: not harmless. */
static int check_away(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		      struct lend_err *err)
{
	lend_auto_buf folder = { 0 };
	lend_auto_buf said = { 0 };
	lend_auto_buf unused = { 0 };

	if (lab_sh(lab, vm, "machine-net back; machine-net away", &folder, err) < 0 ||
	    lab_sh(lab, vm, "lend impact " CARD " 2>&1; echo exit $?", &said, err) < 0)
		return -1;
	(void)lab_ok(tap, strcmp(lend_buf_text(&folder), "folder, 0 in it\n") == 0,
		     "of a card in another network namespace an empty folder is left");
	if (!lab_ok(tap,
		    strstr(lend_buf_text(&said), "network namespace") != NULL &&
			    strstr(lend_buf_text(&said), "exit 0") == NULL,
		    "lend impact says that it is there, and not that it is harmless"))
		lab_note("%s", lend_buf_text(&said));
	return lab_sh(lab, vm, "machine-net home; sleep 1; machine-net gone", &unused, err);
}

int machine_network(struct lab *lab, struct lab_tap *tap, struct lab_vm *vm,
		    struct lend_err *err)
{
	/* 1 is "something stands on it". */
	static const char plain[] = SESSION " lend impact --json " CARD " || [ $? = 1 ]";
	static const char sudo[] =
		SESSION " sh -c 'env -u SSH_CONNECTION lend impact --json " CARD
			" || [ $? = 1 ]; true'";
	lend_auto_buf unused = { 0 };

	if (lab_sh(lab, vm, "machine-net bridge", &unused, err) < 0 ||
	    check_ping(lab, tap, vm, "answers\n", "over a bridge, the other end answers", err) <
		    0 ||
	    check_before(lab, tap, vm, plain, "br0", true, err) < 0 ||
	    check_before(lab, tap, vm, sudo, "br0", true, err) < 0 ||
	    take_away(lab, tap, vm, err) < 0 ||
	    check_ping(lab, tap, vm, "silent\n", "nobody answers any more", err) < 0)
		return -1;
	if (lab_sh(lab, vm, "machine-net back && machine-net bond", &unused, err) < 0 ||
	    check_ping(lab, tap, vm, "answers\n", "over a bond, the other end answers", err) <
		    0 ||
	    check_before(lab, tap, vm, plain, "bond0", false, err) < 0 ||
	    take_away(lab, tap, vm, err) < 0)
		return -1;
	if (check_ping(lab, tap, vm, "answers\n", "it still does, over the other leg", err) < 0)
		return -1;
	return check_away(lab, tap, vm, err);
}
