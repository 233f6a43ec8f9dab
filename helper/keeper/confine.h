/* SPDX-License-Identifier: MIT */
/* What a keeper gives up when its jail stands. */
#ifndef LOGINJAIL_CONFINE_H
#define LOGINJAIL_CONFINE_H

struct jail;

/* For the calling thread, for good.  It can't fail: what could not be given up is said
 * in the log, since the jail is in use by then. */
void confine_keeper(const struct jail *j);

#endif
