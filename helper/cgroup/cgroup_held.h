/* SPDX-License-Identifier: MIT */
/*
 * What the processes of a jail have taken of memory and somebody else still has when
 * they are dead: a full memfd, a deleted file, pipes and sockets with what is queued
 * in them, all of which can be passed by descriptor to who is in another jail.  It stays
 * charged to the group of the jail, and to nobody's when that is removed.
 *
 * All that is charged but what the kernel would give back by itself counts, so that
 * nothing has to be known of the kinds of memory there are: pages of a pipe for instance
 * are neither anonymous nor a file's when their process has gone and their file was cut.
 * Commonly that is the counter less the page cache and the slabs that can be had back,
 * which costs two small files.  Only where that leaves something the group is emptied and
 * its counter read, which then is what is held; it never grows, since who makes use
 * of what was passed pays for what is new.
 *
 * The statistics of newer kernels lag behind the counter by some dozens of pages for each
 * processor, and each has some in stock: less than CGROUP_HELD_NOISE is not looked
 * at, and so much a jail may leave behind for good.
 */
#ifndef LOGINJAIL_CGROUP_HELD_H
#define LOGINJAIL_CGROUP_HELD_H

#include <stdint.h>

#include "cgroup.h"

#define CGROUP_HELD_NOISE (UINT64_C(256) << 10)

/*
 * The bytes that the instance's group, in which nothing runs any more, still has; 0: none
 * worth it, no such group, or one that has no limit.  Waits a moment where there seem
 * to be some, for what is just being freed.
 */
uint64_t cgroup_held(const struct cgroup *cg, const char *instance);

/* The same of a group that was found to hold some, which was emptied then: at once. */
uint64_t cgroup_held_still(const struct cgroup *cg, const char *instance);

/* cgroup_remove of all but the group in the memory controller's hierarchy. */
int cgroup_remove_others(const struct cgroup *cg, const char *instance);

#endif
