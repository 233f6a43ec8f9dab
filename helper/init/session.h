/* SPDX-License-Identifier: MIT */
/* One session: the child of PID 1 between fork and exec. */
#ifndef LOGINJAIL_SESSION_H
#define LOGINJAIL_SESSION_H

#include "lib/wire.h"

/*
 * Become the user, read on conn what loginjail-enter asks for, and execute it.
 * Called in the child, never returns.  Privileges are gone before the first
 * byte of the request is looked at.
 */
void session_run(const struct init_spec *spec, int conn) __attribute__((noreturn));

#endif
