/* SPDX-License-Identifier: MIT */
/* PID 1 of the jail: its birth, and its user namespace. */
#ifndef LOGINJAIL_SPAWN_H
#define LOGINJAIL_SPAWN_H

#include "jail.h"

/*
 * Start loginjail-init in new user and pid namespaces, in its cgroup where the
 * kernel can do that at birth.  The user namespace is owned by a subordinate uid of
 * the jail's that nobody has (subid.h): not by the user, whose host processes would have
 * all capabilities over it, and not by root, to whom the kernel would charge the jail's inotify
 * instances, message queues and namespaces.
 * What init must know has been sent to it before.
 * Fills init_pid, init_pidfd, init_ctl and userns (maps written).
 */
int spawn_init(struct jail *j, struct err *err);

/* Wait for one byte of init; another one, or its death, is an error. */
int spawn_expect(const struct jail *j, char byte, const char *what, struct err *err);

/* Tell init one byte. */
int spawn_tell(const struct jail *j, char byte, struct err *err);

#endif
