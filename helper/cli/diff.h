/* SPDX-License-Identifier: MIT */
/* Showing a change. */
#ifndef LOGINJAIL_CLI_DIFF_H
#define LOGINJAIL_CLI_DIFF_H

#include <stdio.h>

/*
 * Print the lines that differ, with three around them, as diff -u does.  Either text may
 * be NULL: no file.  0 or -ENOMEM.
 */
int diff_print(FILE *f, const char *path, const char *old, const char *new);

#endif
