/* SPDX-License-Identifier: MIT */
/* The map of ids for what a jail has of the host, where its user may become its root. */
#ifndef LOGINJAIL_HOSTMAP_H
#define LOGINJAIL_HOSTMAP_H

#include "setup/jail.h"

/*
 * A user namespace that maps every id to itself but for the jail's subordinate
 * ones, which it does not map: through a mount with this map nobody can make files
 * that are theirs, or give files to them.  So root of a jail leaves no set-uid
 * program of another uid on the host, and takes no room that no quota counts; it
 * has its power over the user's files, and the user theirs.
 * Returns its descriptor, the caller's, or -errno.
 */
int hostmap_make(const struct jail *j, struct err *err);

#endif
