/* SPDX-License-Identifier: MIT */
/* What a jail's user is told on the terminals. */
#ifndef LOGINJAIL_NOTICE_H
#define LOGINJAIL_NOTICE_H

/*
 * Write one line to each terminal (pts) of the jail; never blocks; call when
 * the fence was left (fence_leave).  A terminal that takes nothing just now gets nothing.
 */
void notice_terminals(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same, to the terminal of this number only, if there is one. */
void notice_terminal(unsigned int number, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
