/* SPDX-License-Identifier: MIT */
/* Reading the file that a verb was given. */
#ifndef LOGINJAIL_CLI_LOAD_H
#define LOGINJAIL_CLI_LOAD_H

#include "config/config.h"

/* config_read() of a path that may be relative. Tells stderr why it failed. 0 or -errno. */
int load_config(const char *path, struct config **ret);

/* "FILE:LINE: text" for each error. */
void print_errors(const struct config *config);

#endif
