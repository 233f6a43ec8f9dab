/* SPDX-License-Identifier: MIT */
/* Run loginjail-setup and hear what this login is. */
#ifndef LOGINJAIL_ASK_SETUP_H
#define LOGINJAIL_ASK_SETUP_H

#include "lib/fdio.h"
#include "lib/wire.h"

/*
 * Start loginjail-setup for this login and wait for its answer.  The process that
 * is started is reaped before this returns; whatever the application does with
 * SIGCHLD is as it was.
 * @reply: valid on 0 only; its text is one line.
 * @fds: what came with it, the caller's; -EBADF where there is none.
 * Returns 0, or -errno: no answer, which is a refusal.
 */
int ask_setup(const char *conf, const char *service, const char *user, struct setup_reply *reply,
	      int fds[PASS_FDS_MAX]);

#endif
