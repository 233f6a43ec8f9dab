/* SPDX-License-Identifier: MIT */
/* Run loginjail-setup and hear what this login is. */
#ifndef LOGINJAIL_ASK_SETUP_H
#define LOGINJAIL_ASK_SETUP_H

#include <sys/types.h>

#include "lib/fdio.h"
#include "lib/wire.h"

/* A set-up that was started and has not been heard yet. */
struct setup_call {
	int sock;
	pid_t by; /* who started it: its answer is not for a forked copy */
};

/*
 * Start loginjail-setup for this login; it is no child of ours, and whatever the
 * application does with SIGCHLD is as it was.  Returns 0 or -errno.
 */
int setup_start(const char *conf, const char *service, const char *user, struct setup_call *ret);

/*
 * Wait for its answer, for a little longer than set-up allows itself.
 * @reply: valid on 0 only; its text is one line.
 * @fds: what came with it, the caller's; -EBADF where there is none.
 * Returns 0, or -errno: no answer, which is a refusal.
 */
int setup_wait(struct setup_call *call, struct setup_reply *reply, int fds[PASS_FDS_MAX]);

/* Don't wait: a jail that was built for this login alone ends. */
void setup_abandon(struct setup_call *call);

#endif
