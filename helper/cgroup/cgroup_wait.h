/* SPDX-License-Identifier: MIT */
/* Seeing the end of a jail that nobody keeps any more. */
#ifndef LOGINJAIL_CGROUP_WAIT_H
#define LOGINJAIL_CGROUP_WAIT_H

#include "cgroup.h"

/* Wait until nothing runs in the instance's groups; all that does must be ending.
 * -ETIMEDOUT after so many seconds. */
int cgroup_wait(const struct cgroup *cg, const char *instance, unsigned int seconds);

#endif
