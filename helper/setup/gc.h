/* SPDX-License-Identifier: MIT */
/* Finishing what killed keepers left. */
#ifndef LOGINJAIL_GC_H
#define LOGINJAIL_GC_H

#include "cgroup/cgroup.h"
#include "lib/err.h"
#include "state.h"

/* In an instance's directory: a link whose text is where its upper layer is. */
#define GC_UPPER_LINK "upper"

/* Is this instance there, and its keeper not? */
bool gc_dead(const struct state *s, const char *instance);

/*
 * End the link of such an instance, which lasts while sshd's process of a login is in its
 * network; nothing, where its keeper lives or it has none.  0 or -errno.
 */
int gc_cut_off(const struct state *s, const char *instance);

/* Is there anything to do? Cheap: looks at a few only where there are many, at
 * others each time; what one login does not see a later one does. */
bool gc_pending(const struct state *s, int state_dir);

/*
 * Remove every instance whose keeper is dead, with its cgroups and its upper
 * layer, the upper layers below state_dir/upper that no instance is left of (a
 * reboot empties /run), and what a killed reset left.  Returns how many were removed, or -errno of the
 * first that could not be; it goes on with the others.
 */
int gc_run(const struct state *s, int state_dir, const struct cgroup *cg, struct err *err);

#endif
