/* SPDX-License-Identifier: MIT */
/* What set-up becomes once its jail lives. */
#ifndef LOGINJAIL_KEEPER_H
#define LOGINJAIL_KEEPER_H

#include "setup/jail.h"

/*
 * Hand the jail to the login that asked for it (reply_fd, the module's socket),
 * give up the user's lock, then keep the jail: give leases to further logins, notice when the last one ended,
 * wait out linger, end init, remove everything.  Never returns.
 */
void keeper_run(struct jail *j, int reply_fd, int uid_lock) __attribute__((noreturn));

/* Tell a module or a set-up, and the log, that the user has as many logins as may be. */
void keeper_refuse_more(int sock, const char *user, uint64_t limit);

/* Send a verdict and its descriptors to a module or a set-up. */
int keeper_reply(int sock, int verdict, const char *text, const int *fds, size_t nfds);

#endif
