/* SPDX-License-Identifier: MIT */
/*
 * What is on disk about live jails, all of it root's alone:
 *
 *   /run/loginjail/lock/UID         held while a jail that UID's logins share is
 *                                   looked up or built, and in it UID's logins are
 *                                   counted (slots.h); never unlinked
 *   /run/loginjail/uid/UID          link whose text is the instance: the live one
 *                                   that further logins share
 *   /run/loginjail/jail/INSTANCE/   locked (flock) as long as its keeper lives
 *       keeper.sock                 leases
 *       upper                       link whose text is the upper layer's place
 *   /run/loginjail/off/             whose network is switched off; see gate/by_hand.h
 *   /run/loginjail/gate/            what keepers have seen of processes; see gate/process.c
 *   STATE/upper/INSTANCE/           the upper layers, where they go with the jail
 *   STATE/persistent/UID/           where they stay; see persistent.h
 *   STATE/templates/                see image.c
 *   STATE/subids                    see subid.h
 *   STATE/addresses                 see net/pool.h
 *
 * An instance is "UID-XXXXXXXX".  Its run directory is made first and removed
 * last, and whoever can lock it knows that its keeper is dead: so everything
 * that a killed keeper left can be found and finished by anybody.
 */
#ifndef LOGINJAIL_STATE_H
#define LOGINJAIL_STATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

#ifndef RUNDIR
#define RUNDIR "/run/loginjail"
#endif

#define INSTANCE_MAX 32

struct state {
	int run; /* RUNDIR */
	int jail, uid, lock;
};

#define STATE_CLOSED ((struct state){-EBADF, -EBADF, -EBADF, -EBADF})

/* Open RUNDIR and its parts, making what is missing. Refuses (-EPERM) a
 * directory that is not root's or that others may write. */
int state_open(struct state *s, struct err *err);
void state_close(struct state *s);

/* The administrator's state directory; made (0700) where only the last
 * component is missing. Returns a descriptor. */
int state_dir_open(const char *path, struct err *err);

/* Open the lock file of a user, whose every open is a holder of its own. */
int state_open_lock(const struct state *s, uid_t uid, struct err *err);

/* Take the lock of a user, waiting for it. Returns its descriptor. */
int state_lock_uid(const struct state *s, uid_t uid, struct err *err);

/* The live instance of a user; -ENOENT: none. */
int state_current(const struct state *s, uid_t uid, char instance[static INSTANCE_MAX]);

/* Make inst the live one. The caller holds the user's lock. */
int state_set_current(const struct state *s, uid_t uid, const char *instance, struct err *err);

/* Forget it, if it still is the live one. Takes the user's lock; who has that is
 * building the next one, and sees to this.  Returns 0 or -errno: then the user's next
 * login finds a name that leads nowhere, and replaces it. */
int state_unset_current(const struct state *s, uid_t uid, const char *instance);

/* Forget the user's last instance if it is there no more. The caller holds the lock. */
void state_forget_gone(const struct state *s, uid_t uid);

/* Make and lock a new instance. Returns the locked directory's descriptor: the
 * lock is held as long as any copy of it is open. */
int state_instance_new(const struct state *s, uid_t uid, char instance[static INSTANCE_MAX],
		       struct err *err);

/* Remove an instance's run directory, the last thing of a jail to go. */
int state_instance_remove(const struct state *s, const char *instance);

/* Is this a name that state_instance_new makes? */
bool state_instance_name(const char *name);

#endif
