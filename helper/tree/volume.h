/* SPDX-License-Identifier: MIT */
/*
 * What the jail and its fence share, made in the staging tmpfs: /dev, a devpts,
 * and one tmpfs for all that lives in memory and may be written (/tmp, /dev/shm,
 * /run).
 */
#ifndef LOGINJAIL_VOLUME_H
#define LOGINJAIL_VOLUME_H

#include "setup/jail.h"

/* For between owner_take() and owner_back(). Needs j->stage with its names. */
int volumes_make(struct jail *j, struct err *err);

#endif
