/* SPDX-License-Identifier: MIT */
/* What ends an error whose cause may be what a user has made of a kept tree. */
#ifndef LOGINJAIL_KEPT_H
#define LOGINJAIL_KEPT_H

#define KEPT_REMEDY "(left so in persistent storage? 'loginjail reset USER' empties that)"

#endif
