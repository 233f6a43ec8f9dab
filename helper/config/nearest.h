/* SPDX-License-Identifier: MIT */
/* Which of some words was probably meant by one that is none of them. */
#ifndef LOGINJAIL_CONFIG_NEAREST_H
#define LOGINJAIL_CONFIG_NEAREST_H

#include <stddef.h>

/* One of words, or NULL if none is near. */
const char *nearest_word(const char *word, const char *const *words, size_t n);

#endif
