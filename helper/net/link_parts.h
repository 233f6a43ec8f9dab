/* SPDX-License-Identifier: MIT */
/* What link.c and port.c put their requests together from; for them alone. */
#ifndef LOGINJAIL_NET_LINK_PARTS_H
#define LOGINJAIL_NET_LINK_PARTS_H

#include <stdint.h>

#include "net/link.h"
#include "net/nl.h"

/* The index of a link, or -errno. */
int link_find(struct nl_socket *s, const char *name);

/* The head of a message about links; index 0: it is named by an attribute. */
void link_put_info(struct nlmsghdr *h, unsigned int flags, int index);

/* Two requests: up, with no address that nobody gave it. */
void link_put_up(struct nl_socket *s, int index);

/* gateway: of the default route; NULL: a route to that address itself. */
void link_put_route(struct nl_socket *s, int index, const struct link_address *to, const uint8_t *gateway);

/* len: of the prefix of the net that it is in. */
void link_put_address(struct nl_socket *s, int index, const struct link_address *a, unsigned int len);

#endif
