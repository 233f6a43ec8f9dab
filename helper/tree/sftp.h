/* SPDX-License-Identifier: MIT */
/* An sftp server for trees that have none. */
#ifndef LOGINJAIL_SETUP_SFTP_H
#define LOGINJAIL_SETUP_SFTP_H

#include "setup/jail.h"

/*
 * If the mounted tree has no sftp server, show the host's in it, read-only: with the
 * libraries that it was linked with, and their loader, so that neither has to be in
 * the tree, or to match what is.  A host that has none has none to show.
 */
int sftp_provide(struct jail *j, struct err *err);

#endif
