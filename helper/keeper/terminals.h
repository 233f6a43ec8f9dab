/* SPDX-License-Identifier: MIT */
/* The terminals of a jail, as its keeper sees them, which has left the fence (fence_leave). */
#ifndef LOGINJAIL_TERMINALS_H
#define LOGINJAIL_TERMINALS_H

#include <stdint.h>

/* Seconds since the last input or output on any of them, as their times say, which the
 * kernel keeps to eight seconds and their owner can change; -1: there is none. */
int64_t terminals_idle(void);

#endif
