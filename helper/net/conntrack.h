/* SPDX-License-Identifier: MIT */
/* The kernel's table of connections, which the host and all routed jails share. */
#ifndef LOGINJAIL_NET_CONNTRACK_H
#define LOGINJAIL_NET_CONNTRACK_H

#include <stddef.h>

#include "lib/err.h"
#include "net/link.h"

/*
 * Forget the connections from and to these addresses (of family 0: none) in the
 * calling thread's network; needs CAP_NET_ADMIN there, and no file.  Who could still
 * send by them is to be cut off before.  What it takes of memory and time is
 * bounded; -EOVERFLOW: more were left than that.
 */
int conntrack_forget(const struct link_address *v, size_t n, struct err *err);

#endif
