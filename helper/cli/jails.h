/* SPDX-License-Identifier: MIT */
/* Asking the keepers of live jails, for the verbs that do. */
#ifndef LOGINJAIL_CLI_JAILS_H
#define LOGINJAIL_CLI_JAILS_H

#include <stddef.h>

#include "lib/wire.h"

/* Ask the keeper of an instance and read its answer, which begins with the magic number.
 * -ENOENT, -ECONNREFUSED: it has ended. */
int jails_ask(const char *instance, enum keeper_verb verb, void *ret, size_t size);

/* The same for KEEPER_STATUS, with strings that end and can be printed. */
int jails_status(const char *instance, struct keeper_status *ret);

/* Call fn for every instance. Returns the worst exit status. */
int jails_each(int (*fn)(const char *instance, void *arg), void *arg);

/* Say what failed; returns the exit status for it. */
int jails_say(const char *what, int r);

#endif
