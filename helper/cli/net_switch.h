/* SPDX-License-Identifier: MIT */
/* net on, off, status: routed jails' networks by hand. */
#ifndef LOGINJAIL_CLI_NET_SWITCH_H
#define LOGINJAIL_CLI_NET_SWITCH_H

#include "config/config.h"

/*
 * Switch the network of all jails (name NULL), of a section's or a user's, those that live
 * and those that come; return when it holds.  Returns the exit status.
 */
int net_switch_by_hand(const struct config *config, const char *name, bool off);

/* Print how it stands for each routed jail. */
int net_status(void);

#endif
