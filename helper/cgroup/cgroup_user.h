/* SPDX-License-Identifier: MIT */
/*
 * The group that all jails of a user are in, in the hierarchy that counts memory.
 *
 * What a jail has taken of memory and somebody else still has when it ends (a full memfd or
 * a deleted file that was passed by descriptor, a file in a shared file system in
 * memory) stays charged to the groups above its own, when that is removed.  So the
 * limit on memory is on the user's group as well, times the jails that may be at once, and that
 * group stays when the last jail has gone: who logs out and in again never has
 * more than the limit, whatever was done with it.  A little is added for each jail, since the
 * kernel charges to the user's group what it needs for the jail's: a jail's own limit is
 * the one to be hit.
 *
 * Page cache that a jail has filled is charged there, too, which the kernel takes back
 * when there is need.  A group that was without jails for a while is emptied of it, and
 * removed if no more than CGROUP_USER_REST is left, which the kernel itself may need.
 * There are as many such groups as users that have logged in since then.
 */
#ifndef LOGINJAIL_CGROUP_USER_H
#define LOGINJAIL_CGROUP_USER_H

#include <stddef.h>
#include <stdint.h>

#include "cgroup.h"
#include "cgroup_limits.h"
#include "lib/err.h"

#define CGROUP_USER_MAX 24 /* bytes of a group's name */
#define CGROUP_PATH_MAX (sizeof CGROUP_UNIT + CGROUP_USER_MAX + 64)

/* So much is added, and so much a group may have that is removed: at the most once in
 * CGROUP_USER_IDLE_S. */
#define CGROUP_USER_REST (UINT64_C(1) << 20)
#define CGROUP_USER_IDLE_S 3600

/* The name of the group of the user whose instance that is. */
void cgroup_user_name(const char *instance, char ret[static CGROUP_USER_MAX]);

/* Where the instance's group is in the hierarchy t, below its root; base is CGROUP_BASE or
 * CGROUP_UNIT. */
void cgroup_group_path(const struct cgroup_tree *t, const char *base, const char *instance,
		       char ret[static CGROUP_PATH_MAX]);

/*
 * Set the limits of the user's group user (a descriptor), in which the new jail's is
 * already.  Page cache that can't be had back, since another user's jail has locked pages of a
 * file that both see, is not held against the user: the limit is higher by so much.
 * Locks a byte of limits->lock meanwhile.
 * -EDQUOT: what is held of earlier jails leaves nothing to the new one.
 */
int cgroup_user_limit(const struct cgroup_tree *t, int user, const struct cgroup_limits *limits, struct err *err);

/* A jail of this instance's user has gone from the groups below base (a descriptor): from now on
 * the user's group is idle, unless there are others.  One that limits nothing is removed. */
void cgroup_user_left(const struct cgroup_tree *t, int base, const char *instance);

/*
 * Remove users' groups without jails that hold nothing, and BASE with the last.  Such that are
 * idle for idle_s seconds, at the most max of them; emptying one may wait for the disk.
 * Returns how many were removed.
 */
int cgroup_users_sweep(const struct cgroup *cg, int64_t idle_s, int max);

#endif
