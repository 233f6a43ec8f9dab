/* SPDX-License-Identifier: MIT */
/*
 * Netlink, through libmnl.  The library is loaded by the first nl_open: most logins
 * have no use for it, and should not pay for it.
 */
#ifndef LOGINJAIL_NET_NL_H
#define LOGINJAIL_NET_NL_H

#include <libmnl/libmnl.h>

#include "lib/err.h"

#define NL_CALLS(X)                                                                              \
	X(socket_open2) X(socket_bind) X(socket_close) X(socket_sendto) X(socket_recvfrom)       \
	X(socket_get_portid) X(nlmsg_put_header) X(nlmsg_put_extra_header) X(nlmsg_ok)           \
	X(nlmsg_next) X(nlmsg_get_payload) X(nlmsg_get_payload_offset) X(attr_put) X(attr_put_u8) \
	X(attr_put_u32) X(attr_put_strz) X(attr_nest_start) X(attr_nest_end) X(attr_get_str)      \
	X(attr_get_u32) X(attr_get_type) X(attr_get_payload) X(attr_get_payload_len) X(attr_ok)   \
	X(attr_next)

/* libmnl's functions by their names without mnl_, once nl_open has succeeded. */
struct nl_calls {
#define NL_CALL(name) __typeof__(&mnl_##name) name;
	NL_CALLS(NL_CALL)
#undef NL_CALL
};
extern struct nl_calls nl;

/* A socket, and the requests that are to be sent next. */
struct nl_socket {
	struct mnl_socket *sock;
	struct nlmsghdr *last;
	size_t used;	       /* of room, by whole requests but the last */
	unsigned int seq, sent; /* of the last request; of the last one that was sent */
	_Alignas(8) char room[4096];
};

/* Open a socket in the network namespace of the calling thread. The caller closes it. */
int nl_open(struct nl_socket *s, int bus, struct err *err);

/* Of one that was not opened as well, if it is zeroed. */
void nl_close(struct nl_socket *s);

/*
 * Begin a request, after the last one.  Attributes are put by nl's functions; what is
 * put is bounded by the caller (a request here takes less than a quarter of the room,
 * or less than half and is sent alone).
 */
struct nlmsghdr *nl_request(struct nl_socket *s, uint16_t type, uint16_t flags);

/*
 * Send what was begun, in one go, and wait for the answer to each.  Returns 0, or the
 * -errno of the first that failed; the kernel goes on with the others all the same.
 * *ret_failed (may be NULL): which one that was, from 0.
 */
int nl_talk(struct nl_socket *s, unsigned int *ret_failed);

/* One request, answered by one message or by several (NLM_F_DUMP): each is handed to fn. */
int nl_ask(struct nl_socket *s, void (*fn)(const struct nlmsghdr *h, void *arg), void *arg);

#endif
