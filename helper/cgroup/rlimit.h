/* SPDX-License-Identifier: MIT */
/* What setrlimit(2) limits in a session. */
#ifndef LOGINJAIL_RLIMIT_H
#define LOGINJAIL_RLIMIT_H

#include <sys/types.h>

#include "config/options.h"
#include "lib/err.h"
#include "lib/wire.h"

/*
 * What sessions shall set: all that jail.ini names.  Our own limits are those of
 * sshd, and init's as well; a built-in default is lowered to them.
 */
void rlimit_fill(const struct settings *set, struct init_spec *spec);

/*
 * Let init, whose process this is, hand these to its sessions: give it the hard
 * limits that are above its own, which only root of the host can.  Its soft limits
 * stay, so that nothing of the user's limits binds PID 1 itself.
 */
int rlimit_allow(const struct init_spec *spec, pid_t init, struct err *err);

#endif
