/* SPDX-License-Identifier: MIT */
/* What the kernel has loaded of the rules. */
#ifndef LOGINJAIL_NET_TABLE_H
#define LOGINJAIL_NET_TABLE_H

#include <stdbool.h>

#include "lib/err.h"

/* Our two tables, which have the same name. */
enum table { TABLE_INET, TABLE_BRIDGE };

/* Is there a chain of that name in our table of the calling thread's network?  One
 * message.  -ENOENT: no. */
int table_has_chain(enum table table, const char *chain, struct err *err);

/*
 * A socket that can be read when rules of the calling thread's network have changed, once
 * for each transaction; not blocking.  The caller closes it.  Needs CAP_NET_ADMIN.
 */
int table_watch(struct err *err);

/* Is the table loaded, or are both, in whatever version?  Not, if that can't be told. */
bool table_loaded(bool both);

#endif
