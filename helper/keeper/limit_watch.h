/* SPDX-License-Identifier: MIT */
/*
 * Notice when a jail has reached its limit of memory or of processes, and say so in the
 * log and on its terminals.  The kernel tells; nothing is asked in between.
 */
#ifndef LOGINJAIL_LIMIT_WATCH_H
#define LOGINJAIL_LIMIT_WATCH_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "setup/jail.h"

enum { WATCH_MEMORY, WATCH_PIDS, WATCH_KINDS, WATCH_FDS = 2 * WATCH_KINDS };

struct limit_watch {
	const struct jail *j;
	struct {
		int event, timer; /* to be polled; negative: this kernel does not tell */
		uint64_t said;	  /* hits that were spoken of */
		bool muted;	  /* the timer runs, and the event is not polled */
		bool settling;	  /* an event was heard, and is not looked at yet */
	} of[WATCH_KINDS];
};

/* Begin.  What this kernel does not tell of is done without. */
void limit_watch_start(struct limit_watch *w, const struct jail *j);

/* Say what to poll for now: WATCH_FDS of them. */
void limit_watch_poll(const struct limit_watch *w, struct pollfd *p);

/* After a poll. */
void limit_watch_heard(struct limit_watch *w, const struct pollfd *p);

/* The jail has ended: say to the log what nobody has heard of yet. */
void limit_watch_end(struct limit_watch *w);

#endif
