/* SPDX-License-Identifier: MIT */
/* Names and numbers of system calls, with those that are newer than this libseccomp. */
#ifndef LOGINJAIL_FILTER_CALLS_H
#define LOGINJAIL_FILTER_CALLS_H

/*
 * The last call that the profiles know is number CALL_END - 1: what is newer is not
 * there, as far as a jail can tell.  Raising it means to look at each call between.
 */
#define CALL_END 470

/* Its number on this machine, CALL_ELSEWHERE: only other machines have it, or CALL_UNKNOWN. */
enum { CALL_ELSEWHERE = -1, CALL_UNKNOWN = -2 };
int call_number(const char *name);

/* Is there a call of that number? */
int call_exists(int number);

#endif
