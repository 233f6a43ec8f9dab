/* SPDX-License-Identifier: MIT */
/*
 * idle_time: a terminal of a session without input and output for that long is hung up.
 *
 * It is looked at only when it could be due: its times, which the kernel keeps, say
 * when it was busy last, and so when to look again.  These times have steps of eight
 * seconds, and are of a clock that may be set: a doubt is decided for the user.  They
 * are also the user's own, who can touch the terminal and be busy for ever.
 *
 * All times here are seconds of CLOCK_BOOTTIME but where it is said.
 */
#ifndef LOGINJAIL_IDLE_H
#define LOGINJAIL_IDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define IDLE_NEVER INT64_MAX

struct idle {
	int64_t due;	 /* when to look; IDLE_NEVER: there is nothing to look at */
	int64_t busy;	 /* no input or output later than this was seen */
	int64_t atime, mtime; /* of the terminal, when it was looked at; CLOCK_REALTIME */
	int64_t offset;	 /* of CLOCK_REALTIME then */
	int64_t warned;	 /* when, CLOCK_REALTIME; 0: not yet */
	unsigned int terminal; /* its number */
	enum { IDLE_NEW, IDLE_KNOWN, IDLE_HUNG_UP } stage;
};

enum idle_verdict {
	IDLE_WAIT,    /* nothing yet */
	IDLE_WARN,    /* tell the user: *left seconds */
	IDLE_HANG_UP, /* it has been idle for idle_time */
	IDLE_KILL,    /* its session is still there */
};

/* How long before the end the user is told. */
int64_t idle_lead(int64_t idle_time);

/* A session begins. */
void idle_begin(struct idle *it, int64_t idle_time);

/*
 * Its due time has come: what is to be done?  leader is the session's first process,
 * not yet reaped.  Allocates nothing.
 */
enum idle_verdict idle_look(struct idle *it, pid_t leader, int64_t idle_time, int64_t *left);

/* The process group in a terminal's foreground, of which leader's session is; 0: none. */
pid_t idle_foreground(pid_t leader);

/* ---- what idle_look decides by, for it and for its tests ---- */

struct idle_facts {
	int64_t now, real;     /* both clocks */
	int64_t atime, mtime; /* of the terminal */
};

enum idle_verdict idle_decide(struct idle *it, const struct idle_facts *f, int64_t idle_time,
			      int64_t *left);

#endif
