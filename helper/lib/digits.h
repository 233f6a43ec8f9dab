/* SPDX-License-Identifier: MIT */
/* Numbers in files that are not only ours. */
#ifndef LOGINJAIL_DIGITS_H
#define LOGINJAIL_DIGITS_H

#include <stddef.h>
#include <stdint.h>

/* A decimal number of 32 bits, of digits alone.  Returns what follows it, or NULL: none, or too large. */
static inline const char *digits_u32(const char *p, const char *end, uint32_t *ret)
{
	uint64_t v = 0;

	if (p == end || *p < '0' || *p > '9')
		return NULL;
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > UINT32_MAX)
			return NULL;
	}
	*ret = (uint32_t)v;
	return p;
}

#endif
