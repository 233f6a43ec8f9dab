/* SPDX-License-Identifier: MIT */
/* The map of ids for what a jail has of the host, where users may become root of theirs. */
#ifndef LOGINJAIL_HOSTMAP_H
#define LOGINJAIL_HOSTMAP_H

#include <stddef.h>
#include <stdint.h>

#include "setup/jail.h"

/*
 * A user namespace that maps every id to itself but for subordinate ones, which it
 * does not map: through a mount with this map nobody can make files
 * that are theirs, or give files to them.  So root of a jail leaves no set-uid
 * program of another uid on the host, and takes no room that no quota counts; it
 * has its power over the user's files, and the user theirs.  Those of other jails are
 * left out as well: their root may be given a directory that it opens from here.
 * Returns its descriptor, the caller's, or -errno.
 */
int hostmap_make(const struct jail *j, struct err *err);

/*
 * Such a map: of every id but the SUBID_COUNT from base, those of our pool, and what jails get
 * of an /etc/subuid with this text.  The ids in own are there in any case.  A map has
 * room for some tens of ranges: of more, the nearest are taken for one.
 * Returns the length, or -E2BIG.
 */
int hostmap_text(const char *subids, uint32_t base, const uint32_t *own, size_t nown, char *buf,
		 size_t size);

#endif
