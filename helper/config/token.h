/* SPDX-License-Identifier: MIT */
/* The items of a list, cut apart and put together again. */
#ifndef LOGINJAIL_CONFIG_TOKEN_H
#define LOGINJAIL_CONFIG_TOKEN_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/err.h"

/*
 * Take the next item off *p.  Blanks separate, and commas if those shall; what is in
 * double quotes is one piece, where a backslash takes the next character as it is.
 * Returns 1 with *ret (the caller's), 0 at the end, -EINVAL for a quote that is not
 * closed (err is set), -ENOMEM.
 */
int token_next(const char **p, bool commas, char **ret, struct err *err);

/*
 * Write an item so that token_next() reads it again.  keep: how many of its
 * first bytes stay before the quote, if one is needed (NAME= of NAME="a b").
 */
void token_write(FILE *f, const char *item, size_t keep);

#endif
