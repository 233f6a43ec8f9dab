/* SPDX-License-Identifier: MIT */
/* Deleting what a user has filled. */
#ifndef LOGINJAIL_RMTREE_H
#define LOGINJAIL_RMTREE_H

/*
 * Delete dirfd/name, a file or a whole tree.  A tree may be of any depth: a
 * directory that is not empty is first moved up beside the others, so neither
 * stack nor descriptors grow with it.  Links are removed, never followed, and
 * nothing outside dirfd/name is touched.  0 also where it is not there.
 * Must not run beside somebody who still writes there.
 */
int rmtree_at(int dirfd, const char *name);

#endif
