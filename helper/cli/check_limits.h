/* SPDX-License-Identifier: MIT */
/* check: limits that this machine has not got, or can't enforce. */
#ifndef LOGINJAIL_CLI_CHECK_LIMITS_H
#define LOGINJAIL_CLI_CHECK_LIMITS_H

#include "config/config.h"

/* Look at what each section itself says, and add the errors to config. -ENOMEM. */
int check_limits(struct config *config);

#endif
