/* SPDX-License-Identifier: MIT */
/* FNV-1a: tells what has changed by itself, not what somebody forges. */
#ifndef LOGINJAIL_FILTER_HASH_H
#define LOGINJAIL_FILTER_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_more(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
