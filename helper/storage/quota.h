/* SPDX-License-Identifier: MIT */
/*
 * Project quotas of ext4 and xfs: every file below a directory counts for a number,
 * the project, whoever owns it and wherever it is linked or renamed to.
 */
#ifndef LOGINJAIL_QUOTA_H
#define LOGINJAIL_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

/* Does the file system of this directory refuse what is over a project's limits?
 * Accounting without enforcement is none. */
bool quota_enforced(int dir);

/* The project that a directory gives to what is made in it; 0: none. -errno. */
int quota_project(int dir, uint32_t *ret);

/* Have dir, which must be empty, and all that will be made below it count for
 * project.  Read back. */
int quota_assign(int dir, uint32_t project, struct err *err);

/* Set the limits of a project on dir's file system, and read them back.  0 of
 * either is none.  A limit in bytes is rounded down to whole blocks, however large. */
int quota_limit(int dir, uint32_t project, uint64_t bytes, uint64_t inodes, struct err *err);

/* How much counts for it, in bytes and a little for each file; 0: nothing; UINT64_MAX: that
 * can't be told. */
uint64_t quota_usage(int dir, uint32_t project);

/* rmtree_at(), and if nothing else has its number no limits for the project that the tree had of its own. */
int quota_rmtree(int dir, const char *name);

#endif
