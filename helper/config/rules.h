/* SPDX-License-Identifier: MIT */
/* What must hold between values that are right each for itself. */
#ifndef LOGINJAIL_CONFIG_RULES_H
#define LOGINJAIL_CONFIG_RULES_H

#include "config/config.h"

/* Add an error for each rule that a section or the defaults break. -ENOMEM. */
int rules_check(struct config *config);

#endif
