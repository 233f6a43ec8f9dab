/* SPDX-License-Identifier: MIT */
/*
 * The logins of a user, counted over all jails.  Each has a slot: a byte of the file
 * RUNDIR/lock/UID that its keeper holds locked, by an open file description of its own.
 * So a slot is taken in one step, whoever else tries; nobody waits for anybody; and the
 * kernel frees it however the keeper ends.  The lock on the whole file that builders
 * wait for (flock, state_lock_uid) is another, which these don't touch.
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

#endif
