/* SPDX-License-Identifier: MIT */
/*
 * A profile: for each system call whether a jail has it, and the error that it gets
 * where it has not.  A text, the built-in ones as well as those of an administrator:
 *
 *	# a comment
 *	include default | strict	all of it
 *	allow CALL ...
 *	errno ERROR CALL ...
 *
 * What is said last of a call holds; what nothing is said of is EPERM, or ENOSYS where
 * a C library does without.  What no jail has
 * and what none can be without (rules/floor*.rules, needed.rules) comes after all that.
 */
#ifndef LOGINJAIL_FILTER_PROFILE_H
#define LOGINJAIL_FILTER_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/builtin.h"
#include "filter/calls.h"
#include "lib/err.h"

struct profile {
	uint16_t refuse[CALL_END]; /* the error; 0: allowed */
	unsigned variant; /* FILTER_ROOT, FILTER_NESTED */
	bool open; /* newer calls are allowed, and arguments looked at for the floor's sake only */
};

/* What is wrong in a line; a text without full stop, with the remedy. */
typedef void profile_report(void *arg, unsigned line, const char *text);

/* Read an administrator's text, which ends with a NUL.  0, or -EINVAL after reports. */
int profile_read(const char *text, unsigned variant, struct profile *ret, profile_report *report, void *arg);

/* "default", "strict" or "off". */
int profile_builtin(const char *name, unsigned variant, struct profile *ret, struct err *err);

/* The text of a built-in profile, for people; NULL: none of that name. */
const char *profile_text(const char *name);

#endif
