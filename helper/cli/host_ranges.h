/* SPDX-License-Identifier: MIT */
/* Ranges of subordinate ids, and where they meet each other or real ids.  pure. */
#ifndef LOGINJAIL_CLI_HOST_RANGES_H
#define LOGINJAIL_CLI_HOST_RANGES_H

#include <stddef.h>
#include <stdint.h>

struct id_range {
	const char *owner; /* a user's name, or a number of no user; not owned */
	const char *file;  /* not owned */
	uint32_t start, count; /* count is not 0 */
};

/*
 * Sort them, and call fn for each that overlaps with an earlier one of another owner, with that.
 */
void ranges_overlaps(struct id_range *v, size_t n,
		     void (*fn)(void *arg, const struct id_range *a, const struct id_range *b), void *arg);

/*
 * Call fn for each range that holds some of ids, which are sorted, with the first of them and their
 * number.
 */
void ranges_hold(const struct id_range *v, size_t n, const uint32_t *ids, size_t n_ids,
		 void (*fn)(void *arg, const struct id_range *range, uint32_t first, size_t n_held), void *arg);

#endif
