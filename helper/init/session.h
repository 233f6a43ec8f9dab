/* SPDX-License-Identifier: MIT */
/* One session: the child of PID 1 between fork and exec. */
#ifndef LOGINJAIL_SESSION_H
#define LOGINJAIL_SESSION_H

#include "lib/wire.h"

/*
 * Become the user, take the next connection that comes on sock, hand PID 1 a copy
 * of it through report, read there what loginjail-enter asks for, and execute it.
 * Called in the child, never returns.  Privileges are gone before anything of the
 * user's is waited for.
 */
void session_run(const struct init_spec *spec, int sock, int report) __attribute__((noreturn));

#endif
