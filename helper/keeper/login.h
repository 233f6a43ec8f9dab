/* SPDX-License-Identifier: MIT */
/*
 * What the keeper knows of a login besides its lease, and how session_time ends one: by
 * TERM to the process that holds its PAM session.  sshd's monitor, su and login all
 * pass that on, end what they started, and close their connection; the session in the
 * jail gets what it gets of every closed connection.
 */
#ifndef LOGINJAIL_LOGIN_H
#define LOGINJAIL_LOGIN_H

#include <stdint.h>

#include "setup/jail.h"

#define LOGIN_NEVER INT64_MAX

struct login {
	int slot;	/* < 0: this is no login */
	int pidfd;	/* of its PAM process, owned; -EBADF where nothing ends it by time */
	uint32_t pid;	/* the same, to be shown */
	int64_t since;	/* CLOCK_REALTIME, s */
	int64_t ends;	/* when session_time is over; this and due by login_clock() */
	int64_t due;	/* when login_act has something to do */
	enum { LOGIN_RUNS, LOGIN_WARNED, LOGIN_TOLD, LOGIN_KILLED } stage;
};

#define NO_LOGIN ((struct login){.slot = -1, .pidfd = -EBADF, .due = LOGIN_NEVER})

/* CLOCK_BOOTTIME in ms: no clock that is set, and no sleep, prolongs a login. */
int64_t login_clock(void);

/* pidfd is taken over. -ESRCH: the login must be ended by time, and there is no pidfd. */
int login_begin(struct login *l, const struct jail *j, int slot, int pidfd, uint32_t pid);

/* What is due: a warning, or the end. */
void login_act(struct login *l, const struct jail *j, int64_t now);

/* Of a number of seconds that something may last, those before its end that the
 * warning comes. */
uint64_t login_lead(uint64_t seconds);

#endif
