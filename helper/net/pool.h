/* SPDX-License-Identifier: MIT */
/*
 * Which user has which place in the pool: STATE/addresses, a line UID:SLOT:INDEX for
 * each, only ever appended to.  Slot 0 is the user's first jail, 1 one more that
 * lives at the same time, and so on.  INDEX counts from the pool's first address,
 * which nobody gets; it is the same in both families.
 */
#ifndef LOGINJAIL_NET_POOL_H
#define LOGINJAIL_NET_POOL_H

#include <stdint.h>
#include <sys/types.h>

#include "config/types.h"
#include "lib/err.h"
#include "net/link.h"

#define POOL_FILE "addresses"

/* How many addresses it has: of the smaller of both prefixes. */
uint32_t pool_size(const struct prefixes *pool);

/*
 * The addresses of a user's slot, found or allotted under a lock.  -ENOSPC: all are
 * taken.
 */
int pool_get(const struct prefixes *pool, int state_dir, uid_t uid, unsigned int slot,
	     struct link_address ret[static 2], struct err *err);

#endif
