/* SPDX-License-Identifier: MIT */
/*
 * The logins of a user, counted over all jails, and the jails.  Each login has a slot: a
 * byte of the file RUNDIR/lock/UID that its keeper holds locked, by an open file
 * description of its own.  So a slot is taken in one step, whoever else tries; nobody
 * waits for anybody; and the kernel frees it however the keeper ends.  The lock on the
 * whole file that builders wait for (flock, state_lock_uid) is another, which these
 * don't touch.
 *
 * A jail outlives its logins: what is in it may ignore TERM and HUP for as long as
 * PID 1 has patience, and a next jail beside it would give its user the limits twice.
 * So a jail has a byte as well, that the keeper frees when all that was in it is
 * dead: one for the jail that a user's logins share, and one beside each slot for a jail
 * that is a login's alone.  Who builds takes it, and waits for it.  PID 1 has a copy of
 * the descriptor: where the keeper is killed, the byte is free when both are gone.
 */
#ifndef LOGINJAIL_SLOTS_H
#define LOGINJAIL_SLOTS_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "setup/state.h"

#define SLOTS_MAX 1024u

struct slots {
	int fd;
	uint64_t own[SLOTS_MAX / 64]; /* the kernel tells only of those of others */
};

#define SLOTS_CLOSED ((struct slots){.fd = -EBADF})

/* Slots are lost when the last copy of the descriptor is closed. */
int slots_open(const struct state *s, uid_t uid, struct slots *ret, struct err *err);
void slots_close(struct slots *slots);

/* Take one of the first max slots. Returns its number; -EUSERS: all are taken, by
 * this keeper or others. */
int slots_take(struct slots *slots, uint64_t max);
void slots_release(struct slots *slots, int slot);

/* The logins have ended; their jails have not, and keep their bytes until the close. */
void slots_release_all(struct slots *slots);

/* Wait until the user's last shared jail is dead, and take its place. */
int slots_take_shared_jail(const struct slots *slots, const char *user);

/* slots_take, and the place of a jail that is this login's alone: waits where each slot
 * that is free had a jail that is not dead yet. */
int slots_take_with_jail(struct slots *slots, const char *user, uint64_t max);

#endif
