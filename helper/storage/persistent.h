/* SPDX-License-Identifier: MIT */
/*
 * What is kept for users between their jails:
 *
 *   STATE/persistent/UID/		root's alone
 *	lock	held (flock) by the keeper and by PID 1 of the jail that uses it; both
 *		may be killed, so it is free only when both are gone
 *	holder	link whose text is the instance that has or had it
 *	record	what it was made for; written last: without it the rest is half made
 *	tree/	the upper layers' directories; or
 *	image	the file system that they are in (image.h)
 *
 * Only ever walked by who has the lock, and never by a path that a user could have
 * changed: what users make is below tree/NAME/u, or in the image.
 */
#ifndef LOGINJAIL_PERSISTENT_H
#define LOGINJAIL_PERSISTENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "setup/state.h"
#include "setup/subid.h"

#define PERSISTENT_DIR "persistent"
#define PERSISTENT_TREE "tree"
#define PERSISTENT_IMAGE "image"

struct persistent_record {
	char user[256];
	struct subids sub; /* what the ids in it are shifted by */
	char lower[64];	   /* the name of the root that it lies over */
	bool image;
};

/*
 * Open and lock the storage of uid, making its directory if need be.  The caller has
 * the user's lock (state_lock_uid).  Waits as long as a jail that is ending may take,
 * -EBUSY after that; needs SIGALRM, and leaves the process's alarm running.
 * On success *ret_dir and *ret_lock are the caller's.
 */
int persistent_open(int state_dir, uid_t uid, int *ret_dir, int *ret_lock, struct err *err);

/* Take fd's lock as above. */
int persistent_wait(int fd, struct err *err);

/* Wait for what is left of the jail that had this last: PID 1 gives the lock up before
 * it is dead, and where it was killed before the others are. */
int persistent_settle(const struct state *s, int dir, struct err *err);

/* Note who has it now. */
int persistent_hold(int dir, const char *instance, struct err *err);

/* -ENOENT: there is none, and what else there is is to be removed. */
int persistent_read(int dir, struct persistent_record *ret, struct err *err);

/* Also makes sure that all that was made before outlives a power cut. */
int persistent_write(int dir, const struct persistent_record *rec, struct err *err);

/* Remove what lies there without a record. */
int persistent_clear(int dir, struct err *err);

/*
 * Delete what is kept for uid: out of the way at once, then file by file.
 * -EBUSY where its jail lives or is ending, -ENOENT where there is nothing.
 */
int persistent_reset(const struct state *s, int state_dir, uid_t uid, struct err *err);

/* Finish what a reset that was killed has left; adds to *count.  0 or -errno. */
int persistent_sweep(int state_dir, int *count);

/* Call fn for each uid that something is kept for. */
int persistent_each(int state_dir, void (*fn)(uid_t uid, void *arg), void *arg);

#endif
