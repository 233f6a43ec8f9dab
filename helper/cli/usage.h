/* SPDX-License-Identifier: MIT */
/* What a live jail uses, as ps -l prints it. */
#ifndef LOGINJAIL_CLI_USAGE_H
#define LOGINJAIL_CLI_USAGE_H

/* The names of the columns. */
void usage_print_head(void);

/* A row, after the user's name and the section.  0, or -errno: -ENOENT where the jail
 * has just ended, and nothing is printed. */
int usage_print(const char *user, const char *section, const char *instance);

#endif
