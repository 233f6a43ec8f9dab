/* SPDX-License-Identifier: MIT */
/*
 * A routed jail's network is open while its gate is (gate/gate.h) and nobody has switched it off
 * by hand (gate/by_hand.h).  If this keeper is killed, the jail ends, and what was closed
 * stays closed until then.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/inotify.h>
#include <syslog.h>

#include "gate/by_hand.h"
#include "keeper_parts.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "lib/wire.h"
#include "setup/net.h"
#include "setup/owner.h"

static const char *const by_hand_words[] = {
	[BY_HAND_OFF_ALL] = "switched off by hand, with all jails",
	[BY_HAND_OFF_SECTION] = "switched off by hand, with all jails of its section",
	[BY_HAND_OFF_USER] = "switched off by hand, with all jails of its user",
};

/* What closes it; "" if nothing does. */
static void why_closed(const struct jail *j, char *text, size_t size)
{
	const enum by_hand hand = by_hand_get(j->state.run, j->section, j->id->uid);
	_cleanup_free_ char *gate = NULL;

	if (hand != BY_HAND_ON)
		snprintf(text, size, "%s", by_hand_words[hand]);
	else if (j->gate.state == GATE_OPEN)
		snprintf(text, size, "%s", "");
	else
		snprintf(text, size, "gate %s: %s", option_print(OPTION_gate, j->set, &gate) ? "" : gate, j->gate.why);
}

static void follow(struct keeper *k)
{
	struct jail *j = k->j;
	const bool was = j->net.open;
	char why[320];

	why_closed(j, why, sizeof why);
	if (!j->net.name[0] || net_switch(j, !*why) || was == j->net.open)
		return;
	if (j->net.open)
		log_line(LOG_INFO, "%s: jail %s: its network is open", j->id->name, j->instance);
	else
		log_line(LOG_INFO, "%s: jail %s: its network is closed: %s", j->id->name, j->instance, why);
}

/*
 * The kernel counts inotify descriptors by user, root's with all that the host runs: so it
 * is made as the jail's own uid is, who has more for each jail.
 */
static int make_notify(const struct jail *j)
{
	int fd, r = owner_become(j->sub.uid);

	if (r)
		return r;
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	r = fd < 0 ? -errno : fd;
	owner_become_root();
	return r;
}

void gate_begin(struct keeper *k)
{
	struct jail *j = k->j;
	char why[320];

	if (!j->net.name[0])
		return;
	if (j->set->gate.kind != GATE_NONE) {
		/* Its thread has our directory, which the watching changes. */
		(void)cgroup_job_end(&j->cgroup_job, NULL);
		gate_watch(&j->gate, j->set->gate.kind == GATE_PROCESS ? -EBADF : make_notify(j));
	}
	follow(k);
	why_closed(j, why, sizeof why);
	if (*why)
		log_line(j->gate.state == GATE_UNFIT ? LOG_WARNING : LOG_INFO, "%s: jail %s: its network is closed: %s",
			 j->id->name, j->instance, why);
}

void gate_tells(struct keeper *k)
{
	struct gate *g = &k->j->gate;
	const enum gate_state was = g->state;

	if (!g->spec || g->spec->kind == GATE_NONE)
		return;
	/* Nothing is left to be opened, and it would be told of for ever. */
	if (!k->j->net.name[0]) {
		gate_close(g);
		return;
	}
	gate_hear(g, &k->poll[POLL_GATE]);
	if (g->state == GATE_UNFIT && was != GATE_UNFIT)
		log_line(LOG_WARNING, "%s: jail %s: its gate: %s", k->j->id->name, k->j->instance, g->why);
	if (g->state != was)
		follow(k);
}

void net_send(struct keeper *k, int fd)
{
	struct jail *j = k->j;
	struct keeper_net n = {.magic = WIRE_MAGIC, .linked = network_has_link(j->set->network)};
	char why[300];

	follow(k);
	why_closed(j, why, sizeof why);
	if (n.linked && (!j->net.name[0] || if_nametoindex(j->net.name) == 0))
		snprintf(n.text, sizeof n.text, "closed: its link is gone; 'loginjail kill' and a login make another");
	else if (n.linked && j->net.paused)
		snprintf(n.text, sizeof n.text, "closed: the rules are gone; run 'loginjail net apply'");
	else if (n.linked)
		snprintf(n.text, sizeof n.text, "%s%s", *why ? "closed: " : "open", why);
	text_defuse(n.text);
	(void)send_msg(fd, &n, sizeof n, NULL, 0);
}
