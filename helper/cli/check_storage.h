/* SPDX-License-Identifier: MIT */
/* What of a section's storage this host can't give. */
#ifndef LOGINJAIL_CLI_CHECK_STORAGE_H
#define LOGINJAIL_CLI_CHECK_STORAGE_H

#include "config/config.h"

/* Adds its errors to config.  0, or -errno where that is not possible. */
int check_storage(struct config *config, const struct section *section);

#endif
