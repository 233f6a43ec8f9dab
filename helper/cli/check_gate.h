/* SPDX-License-Identifier: MIT */
/* Whether this host can tell of a section's gate, for loginjail check. */
#ifndef LOGINJAIL_CLI_CHECK_GATE_H
#define LOGINJAIL_CLI_CHECK_GATE_H

#include "config/config.h"

/* Adds an error to the config's; what comes from [defaults] is looked at there, once. */
int check_gate(struct config *config, const struct section *section);

#endif
