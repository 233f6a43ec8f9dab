/* SPDX-License-Identifier: MIT */
/*
 * Memory that a user's ended jails still have (cgroup_held.h).  It counts against the
 * user's next jail, so that who passes memory on and logs in again does not get the limit
 * anew: the group in which it is charged is kept, its limits with it, and a file says
 * whose it is,
 *
 *   /run/loginjail/held/UID/INSTANCE
 *
 * which is made before anything goes that says so otherwise, the instance's run directory
 * above all, and before the user's next jail may be built (slots.h).  A killed keeper's
 * is made by who removes what it left (gc.c), or by the user's next login.  Each jail is
 * made with the limit less the sum of these; how many there are at a time is bounded by
 * `sessions`, and so is what a user has with scope = session: so many limits.
 *
 * Nobody else looks at these groups: they have no processes and no run directory. Whoever
 * finds one that is free removes it: the user's next login, or gc.
 */
#ifndef LOGINJAIL_HELD_H
#define LOGINJAIL_HELD_H

#include <stdint.h>

#include "cgroup/cgroup.h"
#include "config/options.h"
#include "lib/err.h"
#include "state.h"

/* Nothing runs in the instance any more: see whether memory is left of it, and if so record
 * that.  Returns 0 or -errno, and in *ret the bytes. */
int held_keep(const struct state *s, const struct cgroup *cg, const char *instance, uint64_t *ret,
	      struct err *err);

/* The groups of an instance that has ended, but for one that is recorded. */
int held_remove_rest(const struct state *s, const struct cgroup *cg, const char *instance);

/*
 * What the user's ended jails have, for a jail that is to be made with set.  last is an
 * instance whose keeper was killed and that may not be recorded yet, or NULL.  -EDQUOT: so
 * much that no jail is left of the limit.
 */
int held_sum(const struct state *s, const char *user, uid_t uid, const char *last,
	     const struct settings *set, uint64_t *ret, struct err *err);

/* Remove what has become free, of all users; adds to count. */
int held_sweep(const struct state *s, const struct cgroup *cg, int *count);

#endif
