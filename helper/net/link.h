/* SPDX-License-Identifier: MIT */
/*
 * The wire between the host and a jail: a veth pair whose one end is born inside.
 *
 * Nothing is resolved on it: both ends have the same hardware address and NOARP, so
 * that a frame to whomever is one to the other end, and there is no ARP and no
 * neighbour discovery that could be forged.  The host has no address on it, only
 * a route to the jail's addresses, which must be nobody else's: that route is
 * also what says that an address is taken.
 */
#ifndef LOGINJAIL_NET_LINK_H
#define LOGINJAIL_NET_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "net/nl.h"

#define LINK_NAME_MAX 16
#define LINK_INSIDE "eth0"

struct link_address {
	int family; /* 0: there is none */
	uint8_t addr[16];
};

/* The name of the host's end: "lj" and as much of the instance as fits. */
void link_name(const char *instance, char name[static LINK_NAME_MAX]);

/*
 * Make the pair, its other end in the network namespace net_ns, and lead the
 * addresses (of IPv4 and of IPv6) to it.  -EEXIST: one of them is taken; nothing is
 * left then, nor on any other error.
 */
int link_make(struct nl_socket *host, const char *name, uint32_t group, int net_ns,
	      const struct link_address address[static 2], struct err *err);

/* The other end: jail is a socket of the jail's network namespace.  And again, after a link_pause
 * of LINK_INSIDE by that socket. */
int link_inside(struct nl_socket *jail, const struct link_address address[static 2], struct err *err);

/* Bound what that end of it sends, in bits per second. */
int link_limit(struct nl_socket *s, const char *name, uint64_t rate, struct err *err);

/*
 * Take the host's end down, so that nothing passes and nothing is led to it; and up
 * again, with the routes.  -EEXIST: somebody else has one of the addresses by now.
 */
int link_pause(struct nl_socket *host, const char *name);
int link_resume(struct nl_socket *host, const char *name, const struct link_address address[static 2]);

/* Remove a pair by its name.  0 as well if there is none. */
int link_remove(struct nl_socket *host, const char *name);

/*
 * The end of a jail's link: nothing passes any more, what the host remembers of its
 * connections is forgotten, and then the pair goes; its addresses are free from then on,
 * and no connection counts that was made by the jail.  addresses: of the link; NULL:
 * they are found by its routes.  0 as well if there is none.  That connections could
 * not be forgotten is logged: they end by themselves.
 */
int link_end(struct nl_socket *host, const char *name, const struct link_address addresses[2]);

/* Does the host lead one of the addresses to a link (or can't it tell)? */
bool link_taken(struct nl_socket *host, const struct link_address address[static 2]);

/*
 * The addresses of the jail, of IPv4 and of IPv6: what the host has routes to over the
 * link, or what the port of a bridge says (port.h).
 */
int link_addresses(struct nl_socket *host, const char *name, struct link_address ret[static 2]);

/* Call fn with the name of each link in the host's network that is in a jail's group. */
int link_each(struct nl_socket *host, void (*fn)(const char *name, void *arg), void *arg);

#endif
