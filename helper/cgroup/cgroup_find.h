/* SPDX-License-Identifier: MIT */
/* What the finding of cgroup hierarchies (cgroup.h) shares with the making of groups. */
#ifndef LOGINJAIL_CGROUP_FIND_H
#define LOGINJAIL_CGROUP_FIND_H

#include "cgroup.h"

/* NULL: v2 has no such controller. */
extern const char *const cgroup_v2_name[CGROUP_CONTROLLER_MAX];

/* Does the list (separated by commas or spaces) hold the word? */
bool cgroup_list_has(const char *list, const char *word);

#endif
