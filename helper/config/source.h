/* SPDX-License-Identifier: MIT */
/* Getting a file's text, and knowing that nobody but root could have written it. */
#ifndef LOGINJAIL_CONFIG_SOURCE_H
#define LOGINJAIL_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

/*
 * Open path below dirfd and read it whole.  See config_read_at() for what is asked of the
 * file and the directories above it.
 *
 * 0: *ret_text (the caller's, with a NUL after it) and *ret_len.  If *ret_trusted is false the
 * text is good for looking at only and err says why.  Else -errno with err: it can't be read.
 */
int source_read(int dirfd, const char *path, uid_t owner, char **ret_text, size_t *ret_len,
		bool *ret_trusted, struct err *err);

#endif
