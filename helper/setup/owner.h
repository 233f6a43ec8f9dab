/* SPDX-License-Identifier: MIT */
/*
 * Acting as somebody else.  Making what belongs to somebody else at once: no chown and chmod after each of
 * the hundred names of a jail, and no moment at which they have another owner.
 */
#ifndef LOGINJAIL_OWNER_H
#define LOGINJAIL_OWNER_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

/*
 * From here to owner_back() what this thread makes belongs to uid and gid, with
 * exactly the mode that the call names.  It keeps all capabilities.  The umask is
 * the whole process's.
 */
int owner_take(uid_t uid, gid_t gid, struct err *err);

/* Root again, umask 022.  Does not return where that fails. */
void owner_back(void);

/*
 * Have this effective uid, with all capabilities, for the one call that looks at it.
 * This thread only: the C library's setresuid would change that of the cgroups, too.
 * Returns 0 or -errno; then all is as before.
 */
int owner_become(uid_t uid);

/* Root again.  Does not return where that fails. */
void owner_become_root(void);

/* Have only these capabilities in effect, of those that this thread has. 0 or -errno. */
int owner_narrow(uint64_t caps);

/* All of them again.  Does not return where that fails. */
void owner_raise(void);

#endif
