/* SPDX-License-Identifier: MIT */
/* A jail, made or undone. */
#ifndef LOGINJAIL_BUILD_H
#define LOGINJAIL_BUILD_H

#include "jail.h"

/*
 * Build the jail that j decides, up to a PID 1 in its root, this process being
 * in the fence.  Where init's cgroup could not be given at birth, it is being
 * moved; build_open waits for that.
 * Returns 0, or -errno after undoing what was done: nothing is left then.
 */
int build_jail(struct jail *j, struct err *err);

/* Close what was needed for building only. After the login has its answer: some of
 * it takes its time to go. */
void build_finish(struct jail *j);

/* Wait until init is in its cgroup, and let it accept sessions. */
int build_open(struct jail *j, struct err *err);

/* Remove what the jail left on disk and in the cgroups.  Init must be dead.
 * Complains to the log; somebody's next login tries again. */
void build_remove(struct jail *j);

#endif
