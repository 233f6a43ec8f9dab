/* SPDX-License-Identifier: MIT */
/* What the files of the keeper share; nobody else's. */
#ifndef LOGINJAIL_KEEPER_PARTS_H
#define LOGINJAIL_KEEPER_PARTS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "setup/jail.h"
#include "limit_watch.h"
#include "login.h"

enum {
	POLL_INIT,
	POLL_SIGNAL,
	POLL_TIMER,
	POLL_CLOCK,
	POLL_CTL,
	POLL_LISTEN,
	POLL_RULES, /* of a routed jail */
	POLL_GATE,  /* GATE_FDS of them */
	POLL_WATCH = POLL_GATE + GATE_FDS, /* WATCH_FDS of them */
	POLL_FIXED = POLL_WATCH + WATCH_FDS
};

struct keeper {
	struct jail *j;
	struct pollfd *poll; /* POLL_FIXED, then one per connection */
	struct login *login; /* of the same places */
	size_t n, room, leases;
	int64_t started; /* CLOCK_REALTIME */
	int64_t clock;	 /* what POLL_CLOCK is set to */
	int64_t listen_again; /* by login_clock(): when nobody was to be accepted; or LOGIN_NEVER */
	uint8_t watch;	 /* the number of the last INIT_WATCH */
	bool lingering, ending;
	struct limit_watch limits;
};

/* ---- keeper_logins.c: the connections, and the logins that some of them are ---- */

/* fd is taken over unless this fails. With a login it is a lease's end. -ENOMEM. */
int connection_add(struct keeper *k, int fd, const struct login *login);

/* Close it. The last one takes its place. */
void connection_drop(struct keeper *k, size_t i);

/* A login more, its lease's other end sent over sock.  The slot and the pidfd are
 * taken over, whatever happens. */
int login_new(struct keeper *k, int sock, int slot, int pidfd, uint32_t pid);

/* Connection i asks for one: answer, and drop it.  The pidfd is taken over. */
void login_give(struct keeper *k, size_t i, int pidfd, uint32_t pid);

/* Accept nobody for a second, or until a connection is dropped. */
void listen_rest(struct keeper *k);

/* Have POLL_CLOCK wake us when the next login has something to come; and do that. */
void logins_set_clock(struct keeper *k);
void logins_hear_clock(struct keeper *k);

/* Answer KEEPER_LOGINS. */
void logins_send(struct keeper *k, int fd);

/* ---- keeper_rules.c: that a routed jail has rules ---- */

/* Set up POLL_RULES, and look for the first time. */
void rules_watch(struct keeper *k);

/* POLL_RULES has something to say. */
void rules_hear(struct keeper *k);

/* ---- keeper_gate.c: what opens and closes a routed jail's network ---- */

/* Watch the gate, and open the network if that is open. */
void gate_begin(struct keeper *k);

/* POLL_GATE has something to say. */
void gate_tells(struct keeper *k);

/* Answer KEEPER_NET. */
void net_send(struct keeper *k, int fd);

#endif
