/* SPDX-License-Identifier: MIT */
/*
 * The jail's root tree, in the private mount namespace of set-up:
 *
 *   upper layer (disk) / the jail's own layer (tmpfs) / the host's tree, its ids
 *   mapped; one such overlay for each file system that the tree is made of.  Or,
 *   instead of the host's, the tree that the option root names: always one
 *   + /dev, /dev/pts, /dev/shm, /tmp, /run, the home, the binds
 *
 * All is mounted by root in the host's user namespace; /proc and /sys are left
 * for PID 1, whose namespaces they show.
 */
#ifndef LOGINJAIL_TREE_H
#define LOGINJAIL_TREE_H

#include <string.h>

#include "setup/jail.h"

/* Is the jail's root made of the host's own tree? */
static inline bool tree_is_host(const struct jail *j)
{
	return strcmp(j->set->root, "host") == 0;
}

/* Open the account's home as the account, for home = bind, into j->home_fd. */
int tree_open_home(struct jail *j, struct err *err);

/* The staging tmpfs, on the instance's directory, with its names, into j->stage. */
int tree_stage(struct jail *j, struct err *err);

/* Fill the jail's own layer and make the devices and volumes that the tree and the
 * fence share: needs j->stage, the identity and the settings only. */
int tree_fill(struct jail *j, struct err *err);

/* Mount it all; needs j->userns with its maps written, and j->storage. */
int tree_mount(struct jail *j, struct err *err);

#endif
