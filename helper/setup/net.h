/* SPDX-License-Identifier: MIT */
/* The network of a jail whose section says network = routed or bridge. */
#ifndef LOGINJAIL_NET_H
#define LOGINJAIL_NET_H

#include "jail.h"

/*
 * Give the jail its link, addresses and routes; its network namespace is open and empty,
 * and the caller holds the user's lock.  Refuses where the rules for its section are
 * not loaded as jail.ini has them.  On error net_end() is still to be called.
 */
int net_make(struct jail *j, struct err *err);

/*
 * Let the jail have its network, or none, whatever it has open.  For the keeper; needs CAP_NET_ADMIN.
 * Where that fails it is cut off for good, which is logged.
 */
int net_switch(struct jail *j, bool open);

/*
 * Where the rules are gone (somebody has flushed all of the host's), let nothing pass;
 * and again, when they are back.  For the keeper; needs CAP_NET_ADMIN.
 */
void net_follow_rules(struct jail *j);

/* Cut the jail off, if it is on; needs CAP_NET_ADMIN then, and no file. */
void net_end(struct jail *j);

/*
 * The resolv.conf that the section asks for; *ret is the caller's, NULL if it asks for
 * none.  forgeable: with servers as well for which something inside could answer.
 */
int net_resolv_text(const struct jail *j, bool forgeable, char **ret, struct err *err);

#endif
