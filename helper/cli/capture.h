/* SPDX-License-Identifier: MIT */
/* What a program of the host says. */
#ifndef LOGINJAIL_CLI_CAPTURE_H
#define LOGINJAIL_CLI_CAPTURE_H

#include "cli/edit_file.h"

/*
 * Run argv[0], a path in the tree, with nothing to read, no descriptor of ours and the
 * environment envp.  *ret is the caller's: its standard output and error, up to 256 KiB, without
 * blanks at the end.  Returns its exit status (255 if a signal ended it, 127 if it can't be run),
 * or -errno.
 */
int capture(const struct tree *tree, char *const argv[], char *const envp[], char **ret);

#endif
