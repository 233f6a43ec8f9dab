/* SPDX-License-Identifier: MIT */
/* The subordinate ids of a jail, and the maps of its user namespace. */
#ifndef LOGINJAIL_SUBID_H
#define LOGINJAIL_SUBID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

#define SUBID_COUNT 65536u

/*
 * Our own pool, for accounts that /etc/subuid does not name: above what the
 * usual directory services hand out (they end at 2,000,200,000) and below
 * systemd's foreign range (0x7ffe0000).
 */
#define SUBID_POOL_FIRST 0x77400000u
#define SUBID_POOL_END 0x7ffe0000u

struct subids {
	uid_t uid; /* first of SUBID_COUNT; also the owner of the user namespace */
	gid_t gid;
};

/*
 * The subordinate range of an account: from /etc/subuid and /etc/subgid where
 * they give it SUBID_COUNT ids, else from our own pool, allotted for good in
 * the file "subids" of the state directory, under a lock.
 * @etc: where subuid and subgid are ("/etc").
 */
int subids_get(const char *etc, int state_fd, const char *name, uid_t uid, struct subids *ret,
	       struct err *err);

/* A line "owner:start:count" of an /etc/subuid; count is 0 for one that is none. */
struct subid_line {
	const char *owner; /* in the text */
	size_t owner_len;
	uint32_t start, count;
};

/* Take one line off *text; false at the end. */
bool subid_line_next(const char **text, struct subid_line *ret);

/*
 * Find name or uid in the text of an /etc/subuid.  Returns 0 and the start of
 * the first range of at least SUBID_COUNT, -ENOENT where there is none.
 */
int subid_find(const char *text, const char *name, uid_t uid, uint32_t *ret_start);

/*
 * Write the map for one kind of id: the ids of own map to themselves, every
 * other id below SUBID_COUNT to base + id.  own must be sorted and without
 * doubles.  Returns the length, or -E2BIG.
 */
int idmap_text(const uint32_t *own, size_t nown, uint32_t base, char *buf, size_t size);

#endif
