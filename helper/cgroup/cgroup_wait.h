/* SPDX-License-Identifier: MIT */
/* Seeing the end of all that a jail had. */
#ifndef LOGINJAIL_CGROUP_WAIT_H
#define LOGINJAIL_CGROUP_WAIT_H

#include "cgroup.h"

/* Wait until nothing runs in the groups that the instance has, of those that there are; all that
 * does must be ending.  -ETIMEDOUT after so many seconds, or another -errno. */
int cgroup_wait(const struct cgroup *cg, const char *instance, unsigned int seconds);

#endif
