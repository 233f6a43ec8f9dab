/* SPDX-License-Identifier: MIT */
/* Orders for qsort(3) and bsearch(3). */
#ifndef LOGINJAIL_COMPARE_H
#define LOGINJAIL_COMPARE_H

#include <stdint.h>

/* Ids, of users and of groups. */
static inline int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

#endif
