/* SPDX-License-Identifier: MIT */
/*
 * What jail.ini's sections mean for the network, as text that nft(8) reads.  Pure.
 *
 * The host's end of a jail's interface is in a group that the section's name gives
 * (policy_group), so the rules, made once from all sections, know it, and a login
 * changes none.  The chain of a section carries in its name a hash of all that
 * stands in the table about it: a set-up that finds the chain of its own section,
 * as it would be made now, knows that the table is loaded and not an old one.
 */
#ifndef LOGINJAIL_NET_POLICY_H
#define LOGINJAIL_NET_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "lib/err.h"
#include "net/link.h"

#define POLICY_TABLE "loginjail"
#define POLICY_CHAIN_MAX 64
/* Of the table of the same name that bridges have. */
#define POLICY_GUARD "forward"

/* All groups of jails, and what tells them from others'.  The first is no section's: what
 * is in it gets nowhere. */
#define POLICY_GROUPS UINT32_C(0x4c000000)
#define POLICY_GROUPS_MASK UINT32_C(0xff000000)

uint32_t policy_group(const char *section);

/* The chain that the table must have for that section. -ENOMEM. */
int policy_chain(const char *section, const struct settings *set, char name[static POLICY_CHAIN_MAX]);

/* A port can lead to one jail only, and the section is for more. */
bool policy_publishes_for_many(const struct section *section);
#define POLICY_PUBLISH_TEXT \
	"a port can lead to one jail only: name one user in 'users', and no 'groups'"

/*
 * Tells the addresses (of IPv4 and of IPv6, family 0 for none) of the jail of a section
 * that publishes ports.
 */
typedef int policy_address_fn(const struct section *section, struct link_address ret[static 2],
			      struct err *err);

/* How many sections there are of each. */
struct policy_count {
	size_t routed, bridged;
};

/*
 * The whole table, and that of bridges, as commands that replace what is loaded in one
 * transaction; *ret is the caller's. address: NULL leaves out what is published.
 * -EEXIST with err: two sections have the same group, publish the same port, or have
 * addresses of a bridge in common. -EINVAL: one publishes ports for many. -ENOMEM, or what
 * address returns.
 */
int policy_table(const struct config *config, policy_address_fn *address, char **ret,
		 struct policy_count *ret_count, struct err *err);

#endif
