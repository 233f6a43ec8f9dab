/* SPDX-License-Identifier: MIT */
/* A terminal that is not the jail's, and the pty that stands for it inside. */
#ifndef LOGINJAIL_PROXY_H
#define LOGINJAIL_PROXY_H

#include <signal.h>
#include <stdbool.h>

#include "lib/wire.h"

/*
 * su, login and administrators come with a terminal of the host's.  Nothing in
 * the jail may get hold of it: it would be read, and typed into (TIOCSTI).  So
 * the session has a pty of its own, and this copies between the two until conn
 * reports the end.
 * @tty: the terminal, put into raw mode and back. @master: the pty's.
 * @input: the session's standard input is the terminal.  Else it is not read: its
 * keys are for somebody else.
 * Returns what conn reported, or an event of 0 where conn broke off.
 */
struct session_reply proxy_run(int conn, int tty, int master, bool input);

#endif
