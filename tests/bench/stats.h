/* SPDX-License-Identifier: MIT */
/* Times of repeated runs, in nanoseconds, and what is said about them. */
#ifndef LOGINJAIL_BENCH_STATS_H
#define LOGINJAIL_BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct series {
	double *value;
	size_t n, room;
};

/* Now, CLOCK_MONOTONIC in nanoseconds. */
uint64_t stats_now(void);

/* Sleep until the monotonic clock shows that many nanoseconds. */
void stats_sleep_until(uint64_t when);

/* Append; leaves with 1 where there is no memory. */
void series_add(struct series *s, double value);

/* The q-quantile (0 to 1), interpolated; 0 of an empty series. Keeps the order of values. */
double series_quantile(const struct series *s, double q);

void series_free(struct series *s);

/*
 * How b compares with a, measured in pairs: ratio of medians, median of the
 * pairwise ratios, and the 95 % interval of that median (by order statistics).
 */
struct comparison {
	double ratio, pair_ratio, pair_low, pair_high;
};
struct comparison series_compare(const struct series *a, const struct series *b);

/* "median_us": .., "p95_us": .., "min_us": .. */
void series_print(FILE *out, const struct series *s);

/* "ratio": .., "pair_ratio": .., "pair_low": .., "pair_high": .. */
void comparison_print(FILE *out, const struct comparison *c);

#endif
