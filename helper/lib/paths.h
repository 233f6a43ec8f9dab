/* SPDX-License-Identifier: MIT */
/* Absolute, normal paths, compared as text. */
#ifndef LOGINJAIL_PATHS_H
#define LOGINJAIL_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Is path top, or below it? */
static inline bool path_is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (strcmp(top, "/") == 0)
		return true;
	return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static inline bool text_in_list(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s, list[i]) == 0)
			return true;
	return false;
}

/* Of an array of strings. */
#define IN_LIST(s, list) text_in_list((s), (list), sizeof(list) / sizeof *(list))

#endif
