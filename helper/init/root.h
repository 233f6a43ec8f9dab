/* SPDX-License-Identifier: MIT */
/*
 * What PID 1 does before it says INIT_ROOTED, in this order.  All of it can fail: it tells
 * set-up why then, and ends the process.
 */
#ifndef LOGINJAIL_INIT_ROOT_H
#define LOGINJAIL_INIT_ROOT_H

#include <linux/filter.h>

#include "lib/wire.h"

/* The socket to set-up, the keeper later. */
#define CTL 3

/* Tell set-up, with what errno says, and die. */
void give_up(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* A word to set-up or the keeper; dies where neither is there. */
void tell(char byte);

/* Network, ipc and uts. */
void make_namespaces(const struct init_spec *spec);

/* Waits for INIT_TREE: the tree is "t" below the working directory.  Says INIT_COPIED. */
void take_root(const struct init_spec *spec);

/* All but what drop_the_rest() needs.  filter has spec->filter_len instructions. */
void drop_privileges(const struct init_spec *spec, struct sock_filter *filter);

/* On INIT_OPEN, in the cgroup: what is kept then is for becoming the user in a child,
 * and for signals.  0 or -1. */
int drop_the_rest(const struct init_spec *spec);

#endif
