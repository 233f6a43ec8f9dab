/* SPDX-License-Identifier: MIT */
/* The files that the option seccomp names: what is wrong with them, and are they compiled. */
#ifndef LOGINJAIL_CLI_CHECK_FILTER_H
#define LOGINJAIL_CLI_CHECK_FILTER_H

#include <linux/filter.h>

#include "config/config.h"

/* Has section i of the config a file, that no section before has for the same sort of jail? */
bool filter_first(const struct config *config, size_t i);

/*
 * Read the file at path and compile it.  *text and *program are the caller's.  Returns
 * the number of instructions; a negative number with err, whose text has file and line.
 */
int filter_compile(const char *path, unsigned variant, char **text, struct sock_filter **program, struct err *err);

/* Add an error for each file that can't be used, or that is not compiled. 0 or -ENOMEM. */
int check_filters(struct config *config);

/* A line about the filter of a jail that is made now. */
void explain_filter(const struct config *config, const struct section *section);

#endif
