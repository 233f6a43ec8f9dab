/* SPDX-License-Identifier: MIT */
/* What there is of trees, without waiting for a server of theirs that is away. */
#ifndef LOGINJAIL_CLI_TREES_H
#define LOGINJAIL_CLI_TREES_H

#include "lib/err.h"
#include "tree/rootfs.h"

/* As rootfs_current (tree/rootfs.h), or -ETIMEDOUT. */
int trees_current(const char *trees, const char *name, char generation[static ROOTFS_GENERATION_MAX],
		  struct err *err);

/* Would a jail get that tree now?  0, what rootfs_open says, or -ETIMEDOUT. */
int trees_look(const char *trees, const char *name, struct err *err);

#endif
