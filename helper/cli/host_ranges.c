/* SPDX-License-Identifier: MIT */
#include "cli/host_ranges.h"

#include <stdlib.h>
#include <string.h>

static uint64_t end_of(const struct id_range *r)
{
	return (uint64_t)r->start + r->count;
}

static int by_start(const void *a, const void *b)
{
	const struct id_range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

void ranges_overlaps(struct id_range *v, size_t n,
		     void (*fn)(void *arg, const struct id_range *a, const struct id_range *b), void *arg)
{
	/* Of those before, the one that ends last, and the last of those with another owner. */
	const struct id_range *longest = NULL, *other = NULL;

	if (n > 0)
		qsort(v, n, sizeof *v, by_start);
	for (struct id_range *r = v; r < v + n; r++) {
		const struct id_range *with = longest && strcmp(longest->owner, r->owner) == 0 ? other : longest;

		if (with && end_of(with) > r->start)
			fn(arg, with, r);
		if (!longest || strcmp(longest->owner, r->owner) == 0) {
			if (!longest || end_of(r) > end_of(longest))
				longest = r;
		} else if (end_of(r) > end_of(longest)) {
			other = longest;
			longest = r;
		} else if (!other || end_of(r) > end_of(other)) {
			other = r;
		}
	}
}

/* The index of the first id that is not below. */
static size_t lower_bound(const uint32_t *ids, size_t n, uint64_t id)
{
	size_t low = 0;

	while (n > low) {
		size_t middle = low + (n - low) / 2;

		if (ids[middle] < id)
			low = middle + 1;
		else
			n = middle;
	}
	return low;
}

void ranges_hold(const struct id_range *v, size_t n, const uint32_t *ids, size_t n_ids,
		 void (*fn)(void *arg, const struct id_range *range, uint32_t first, size_t n_held), void *arg)
{
	for (size_t i = 0; i < n; i++) {
		size_t first = lower_bound(ids, n_ids, v[i].start);
		size_t end = lower_bound(ids, n_ids, end_of(&v[i]));

		if (end > first)
			fn(arg, &v[i], ids[first], end - first);
	}
}
