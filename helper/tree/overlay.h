/* SPDX-License-Identifier: MIT */
/*
 * The overlays of which a jail's root consists: one for each file system of the
 * tree below it.
 */
#ifndef LOGINJAIL_OVERLAY_H
#define LOGINJAIL_OVERLAY_H

#include "setup/jail.h"

/*
 * Mount them all below the staging tmpfs, which must be the working directory, and
 * open their top as j->tree.  Needs j->userns with its maps written, j->storage and
 * the filled layer.  On an error what is mounted stays for the caller's mount
 * namespace to take with it.
 */
int overlays_mount(struct jail *j, struct err *err);

/* Fails with the remedy where the tree, other than the host's, can't be had with mapped ids. */
int overlay_check_tree(struct jail *j, struct err *err);

#endif
