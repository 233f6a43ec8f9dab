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
	uid_t uid; /* first of SUBID_COUNT */
	gid_t gid;
};

/*
 * Of them the last is no id of the jail's: no process in it has that, and no file is made
 * by one that has.  So it is the owner of the jail's user namespace, whose processes on
 * the host would have all capabilities in there.  Root of a jail can leave a set-uid
 * program of any of the others where an accomplice outside opens a directory for it.
 */
#define SUBID_MAPPED (SUBID_COUNT - 1)

static inline uid_t subids_owner(const struct subids *s)
{
	return s->uid + SUBID_MAPPED;
}

/* /etc/subuid and /etc/subgid as text. */
struct subid_files {
	char *uid, *gid;
};

/* @etc: where they are ("/etc").  *ret is the caller's, to be freed even after an error. */
int subid_files_read(const char *etc, struct subid_files *ret, struct err *err);
void subid_files_free(struct subid_files *f);

/*
 * The subordinate range of an account: from /etc/subuid and /etc/subgid where
 * they give it SUBID_COUNT ids, else from our own pool, allotted for good in
 * the file "subids" of the state directory, under a lock.
 */
int subids_get(const struct subid_files *etc, int state_fd, const char *name, uid_t uid,
	       struct subids *ret, struct err *err);

/* A line "owner:start:count" of an /etc/subuid; count is 0 for one that is none. */
struct subid_line {
	const char *owner; /* in the text */
	size_t owner_len;
	uint32_t start, count;
};

/* Take one line off *text; false at the end. */
bool subid_line_next(const char **text, struct subid_line *ret);

/* Would a jail get the first SUBID_COUNT of its ids? */
bool subid_line_fits(const struct subid_line *l);

/*
 * Find name or uid in the text of an /etc/subuid.  Returns 0 and the start of
 * the first range of at least SUBID_COUNT, -ENOENT where there is none.
 */
int subid_find(const char *text, const char *name, uid_t uid, uint32_t *ret_start);

/*
 * A user's own gids in the form that both kinds of map want them: the primary one and
 * the others, sorted, and each once, since twice the same would overlap itself.  own has room for
 * ngroups + 1.  Returns how many there are.
 */
size_t own_gids(gid_t gid, const gid_t *groups, size_t ngroups, uint32_t *own);

/*
 * Write the map for one kind of id: the ids of own map to themselves, every
 * other id below SUBID_MAPPED to base + id.  own must be sorted and without
 * doubles.  Returns the length, or -E2BIG.
 */
int idmap_text(const uint32_t *own, size_t nown, uint32_t base, char *buf, size_t size);

#endif
