/* SPDX-License-Identifier: MIT */
/* What the jail's own layer has for a tree that is not the host's. */
#ifndef LOGINJAIL_TREEFILES_H
#define LOGINJAIL_TREEFILES_H

#include "setup/jail.h"

/*
 * Its accounts with this user, its name, a resolver where it has the host's
 * network; and with inside_root what lets the user become root.  As for all that
 * fills the layer (layer.h), the caller is the jail's root on disk.
 */
int treefiles_make(struct jail *j, struct err *err);

/* Once the tree is mounted: is the login shell something to run? */
int treefiles_check_shell(const struct jail *j, struct err *err);

#endif
