/* SPDX-License-Identifier: MIT */
/*
 * The wire between a bridge of the host's and a jail: a veth pair whose one end is born
 * inside, and whose other end is a port of the bridge.
 *
 * A jail is held to its hardware address and its addresses by a filter at the port,
 * which sees each frame before the bridge does, is of the link and goes with it:
 * nothing inside can change it, and no flushing of rules.  What else a jail may do is
 * decided by the host's rules (policy.h), which see what passes the bridge through
 * br_netfilter.  Ports of jails are isolated from each other, and learn nothing.
 *
 * The hardware address derives from the address, so that others may remember it, and
 * its entry in the bridge's table is what says that an address is taken.
 */
#ifndef LOGINJAIL_NET_PORT_H
#define LOGINJAIL_NET_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/types.h"
#include "lib/err.h"
#include "net/link.h"
#include "net/nl.h"

struct bridge {
	int index;
	uint32_t mtu;
};

/*
 * The bridge of that name; -errno with err, and the remedy, unless it is one, up, and
 * shows what passes it to the rules, in the families of the addresses.
 */
int bridge_find(struct nl_socket *host, const char *name, const struct prefixes *address, struct bridge *ret,
		struct err *err);

/* Is it one that loginjail net apply makes and net clear removes? */
bool bridge_is_ours(const char *name);

/*
 * Make such a bridge, up and showing the rules what passes it, without a port or an
 * address.  0 as well if there is a link of that name; the logins look what it is.
 */
int bridge_make(struct nl_socket *host, const char *name, struct err *err);

/* Remove it, if it is a bridge. 0 as well if there is none. */
int bridge_remove(struct nl_socket *host, const char *name);

/* Does a jail on the bridge have one of the addresses (or can't that be told)? */
bool port_taken(struct nl_socket *host, const struct bridge *bridge, const struct link_address address[static 2]);

/*
 * Make the pair, its other end in the network namespace net_ns.  -EEXIST: an address is
 * taken; nothing is left then, nor on any other error.
 */
int port_make(struct nl_socket *host, const struct bridge *bridge, const char *name, uint32_t group, int net_ns,
	      const struct link_address address[static 2], struct err *err);

/* The other end: jail is a socket of the jail's network namespace; gateway: one for each address. */
int port_inside(struct nl_socket *jail, const struct link_address address[static 2], const struct prefixes *gateway,
		struct err *err);

#endif
