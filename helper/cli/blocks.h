/* SPDX-License-Identifier: MIT */
/*
 * What setup adds to files that are not its own stands between two comments, so that
 * it can be found and taken out again: that, and nothing else.
 */
#ifndef LOGINJAIL_CLI_BLOCKS_H
#define LOGINJAIL_CLI_BLOCKS_H

#include <stdbool.h>

#include "lib/err.h"

/* Has it a line that begins a block? */
bool blocks_any(const char *text);

/*
 * Text without the blocks: byte for byte what it was before they were added.  Of a file that
 * was setup's and has lines of others by now, all but the lines that name our module.
 * *ret is the caller's; NULL where all of the file was setup's.  name is for messages.
 * -EINVAL for a block without begin or end, -ENOMEM.
 */
int blocks_strip(const char *name, const char *text, char **ret, struct err *err);

/*
 * Text with a block of these lines (each with its newline) before the first line
 * that is neither blank nor a comment, and another one at the end; either may be
 * NULL.  text NULL: a new file.  -EINVAL where the last line is to be continued.
 */
int blocks_add(const char *name, const char *text, const char *first, const char *last, char **ret,
	       struct err *err);

#endif
