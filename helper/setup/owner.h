/* SPDX-License-Identifier: MIT */
/*
 * Making what belongs to somebody else at once: no chown and chmod after each of
 * the hundred names of a jail, and no moment at which they have another owner.
 */
#ifndef LOGINJAIL_OWNER_H
#define LOGINJAIL_OWNER_H

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

#endif
