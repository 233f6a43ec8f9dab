/* SPDX-License-Identifier: MIT */
/* What the kernel has loaded of the rules. */
#ifndef LOGINJAIL_NET_TABLE_H
#define LOGINJAIL_NET_TABLE_H

#include "lib/err.h"

/* Is there a chain of that name in our table of the calling thread's network?  One
 * message.  -ENOENT: no. */
int table_has_chain(const char *chain, struct err *err);

#endif
