/* SPDX-License-Identifier: MIT */
/*
 * What 'loginjail net off' has switched off: files below RUNDIR/off, named "all",
 * "jail-SECTION" and "user-UID", until 'net on' or the next boot.
 */
#ifndef LOGINJAIL_GATE_BY_HAND_H
#define LOGINJAIL_GATE_BY_HAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

enum by_hand { BY_HAND_ON, BY_HAND_OFF_ALL, BY_HAND_OFF_SECTION, BY_HAND_OFF_USER };

/* How it stands for a jail.  run: of RUNDIR.  What can't be told is off. */
enum by_hand by_hand_get(int run, const char *section, uid_t uid);

/* Switch all (section NULL and uid 0), a section, or a user. */
int by_hand_set(int run, const char *section, uid_t uid, bool off, struct err *err);

/* End all that is switched off. */
int by_hand_clear(int run, struct err *err);

#endif
