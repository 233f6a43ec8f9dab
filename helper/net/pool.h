/* SPDX-License-Identifier: MIT */
/*
 * Which user has which place in the pool: STATE/addresses, a line UID:SLOT:INDEX for
 * each; for a section whose jails are on a bridge STATE/addresses-PREFIX, with the first
 * prefix of 'address'.  Slot 0 is the user's first jail, which keeps it for good; 1 is one more that
 * lives at the same time, and so on: these are others' when nothing else is left and
 * they are not in use.  INDEX counts from the pool's first address, which nobody gets;
 * it is the same in both families.
 */
#ifndef LOGINJAIL_NET_POOL_H
#define LOGINJAIL_NET_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"
#include "lib/err.h"
#include "net/link.h"

#define POOL_FILE "addresses"

/* How many addresses it has: of the smaller of both prefixes. */
uint32_t pool_size(const struct prefixes *pool);

/* A pool, and where it is written who has what of it. */
struct pool {
	const struct prefixes *prefixes; /* the section's */
	const char *option;		 /* of jail.ini, that makes it larger */
	char file[sizeof POOL_FILE + 1 + PREFIX_TEXT_MAX];
};

/* That of a section's jails: of all routed ones, or of a bridge's. */
void pool_of(const struct settings *set, struct pool *ret);

/* Does a jail that lives have one of these addresses? */
typedef bool pool_used_fn(const struct link_address address[static 2], void *arg);

/*
 * The addresses of a user's slot, found or allotted under a lock.  used: NULL, and no
 * place of somebody's is taken over.  -ENOSPC: all are taken.
 */
int pool_get(const struct pool *pool, int state_dir, uid_t uid, unsigned int slot, pool_used_fn *used,
	     void *arg, struct link_address ret[static 2], struct err *err);

#endif
