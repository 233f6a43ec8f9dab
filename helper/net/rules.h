/* SPDX-License-Identifier: MIT */
/* What the table has for all sections alike: sets of addresses, and the hooks. */
#ifndef LOGINJAIL_NET_RULES_H
#define LOGINJAIL_NET_RULES_H

#include <stdio.h>

#include "config/types.h"

/* The chains that it leads to and are not in it are policy.c's. */
void rules_common(FILE *f, const struct prefixes *pool);

/* Two sets, of IPv4 and IPv6, in which the connections of a pool's addresses are counted. */
void rules_counters(FILE *f, const char *name, const struct prefixes *pool);

/* The chains of the table that bridges have. */
void rules_guard(FILE *f);

#endif
